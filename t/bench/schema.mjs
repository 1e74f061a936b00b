// What ajv takes for the same: JSON.parse and its generated code, nanoseconds
// of CPU time, medians of rounds: "BYTES PARSE CHECK BOTH".
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../node/', import.meta.url));
const Ajv = require('ajv/dist/2020').default;

const [schemaFile, docFile] = process.argv.slice(2);
const text = readFileSync(docFile);
const check = new Ajv({ strict: false })
    .compile(JSON.parse(readFileSync(schemaFile, 'utf8')));
const value = JSON.parse(text.toString());

if (!check(value)) {
    console.error(check.errors);
    process.exit(1);
}

function measure(f) {
    for (let i = 0; i < 20000; i++) {
        f();
    }
    const all = [];
    for (let r = 0; r < 15; r++) {
        const start = process.cpuUsage();
        let n = 0;
        let us;
        do {
            for (let i = 0; i < 200; i++) {
                f();
            }
            n += 200;
            const d = process.cpuUsage(start);
            us = d.user + d.system;
        } while (us < 20000);
        all.push(us * 1000 / n);
    }
    return all.sort((a, b) => a - b)[7];
}

// A body comes as bytes.
const parse = measure(() => JSON.parse(text.toString()));
const only = measure(() => check(value));
const both = measure(() => check(JSON.parse(text.toString())));
console.log(text.length, parse.toFixed(0), only.toFixed(0), both.toFixed(0));
