// diff-schema DIFF_SCHEMA KNOWN SEED COUNT FILE...
//
// For the schemas of real OpenAPI documents: values made to fit them, and
// values with something changed, judged by ajv and by diff_schema.  Every
// disagreement that KNOWN does not explain is printed; the status is then 1.

import { readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import Ajv from 'ajv';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const [tool, knownFile, seedText, countText, ...files] = process.argv.slice(2);
const count = Number(countText);
let state = BigInt(seedText) * 2862933555777941757n + 3037000493n;

function rand(n) {
    state = (state * 6364136223846793005n + 1442695040888963407n)
        & 0xffffffffffffffffn;
    return Number((state >> 33n) % BigInt(n));
}

const pick = (list) => list[rand(list.length)];

// Keywords of JSON Schema in place of those of OpenAPI 3.0; what ajv cannot
// say exactly (64-bit numbers, readOnly) is not asked of it.
function plain(s, openapi30, top) {
    if (Array.isArray(s)) {
        return s.map((x) => plain(x, openapi30));
    }
    if (s === null || typeof s !== 'object') {
        return s;
    }
    if (openapi30 && typeof s.$ref === 'string') {
        return { $ref: s.$ref };
    }
    const out = {};
    for (const [k, v] of Object.entries(s)) {
        if (['properties', 'patternProperties', 'dependentSchemas'].includes(k)) {
            out[k] = Object.fromEntries(Object.entries(v)
                .map(([n, x]) => [n, plain(x, openapi30)]));
        } else if (['items', 'additionalProperties', 'allOf', 'anyOf',
            'oneOf', 'not', 'if', 'then', 'else', 'contains', 'propertyNames',
            'prefixItems', 'unevaluatedProperties'].includes(k)) {
            out[k] = plain(v, openapi30);
        } else if (!['example', 'examples', 'discriminator', 'xml',
            'nullable', 'externalDocs', 'default', 'description', 'title',
            'deprecated', 'readOnly', 'writeOnly'].includes(k)
            && !k.startsWith('x-')) {
            out[k] = v;
        }
    }
    if (openapi30) {
        for (const [a, b] of [['maximum', 'exclusiveMaximum'],
            ['minimum', 'exclusiveMinimum']]) {
            if (out[b] === true && out[a] !== undefined) {
                out[b] = out[a];
                delete out[a];
            } else if (typeof out[b] === 'boolean') {
                delete out[b];
            }
        }
        if (s.nullable === true && typeof out.type === 'string') {
            out.type = [out.type, 'null'];
        }
    }
    return out;
}

const strings = ['', 'a', 'abc', '2024-02-29', '2023-02-29',
    '2024-01-01T00:00:00Z', 'user@example.com', 'https://example.com/x',
    '123e4567-e89b-12d3-a456-426614174000', '127.0.0.1', '::1', 'é😀', 'null',
    'x'.repeat(300), '#ff0000', '1', 'true'];

function make(s, defs, depth) {
    if (s === true || s === undefined || depth > 8) {
        return pick([null, 1, 'a', {}, []]);
    }
    if (s.$ref) {
        return make(defs[s.$ref.split('/').pop()], defs, depth + 1);
    }
    if (s.enum && rand(10)) {
        return pick(s.enum);
    }
    if ('const' in s) {
        return s.const;
    }
    if (s.allOf) {
        const parts = s.allOf.map((x) => make(x, defs, depth + 1));
        return parts.every((p) => p && typeof p === 'object'
            && !Array.isArray(p)) ? Object.assign({}, ...parts) : parts[0];
    }
    if (s.anyOf || s.oneOf) {
        return make(pick(s.anyOf || s.oneOf), defs, depth + 1);
    }
    const type = Array.isArray(s.type) ? pick(s.type)
        : s.type || (s.properties ? 'object' : s.items ? 'array' : 'string');
    switch (type) {
    case 'null':
        return null;
    case 'boolean':
        return rand(2) === 1;
    case 'integer':
        return pick([0, 1, -1, 42, 2147483647, 2147483648, s.minimum ?? 3,
            s.maximum ?? 7]);
    case 'number':
        return pick([0, 1.5, -0.25, 1e10, 100, s.minimum ?? 3,
            s.maximum ?? 7]);
    case 'array': {
        const n = Math.min(s.minItems ?? 0, 5) + rand(3);
        return Array.from({ length: n }, () => make(s.items, defs, depth + 1));
    }
    case 'object': {
        const out = {};
        for (const [k, v] of Object.entries(s.properties || {})) {
            if ((s.required || []).includes(k) || (depth < 4 && rand(3))) {
                out[k] = make(v, defs, depth + 1);
            }
        }
        if (typeof s.additionalProperties === 'object' && rand(2)) {
            out.extra = make(s.additionalProperties, defs, depth + 1);
        }
        return out;
    }
    default: {
        const known = { 'date-time': 5, date: 3, email: 6, uri: 7, uuid: 8,
            ipv4: 9, ipv6: 10 }[s.format];
        if (known && rand(5)) {
            return strings[known];
        }
        return s.minLength > 3 ? 'y'.repeat(s.minLength) : pick(strings);
    }
    }
}

// One thing in the value, somewhere, is another.
function change(v) {
    if (v && typeof v === 'object' && rand(4)) {
        const keys = Object.keys(v);
        if (keys.length) {
            const k = pick(keys);
            const copy = Array.isArray(v) ? [...v] : { ...v };
            if (rand(5) === 0) {
                if (Array.isArray(copy)) {
                    copy.push(copy[0]);
                } else {
                    delete copy[k];
                }
            } else {
                copy[k] = change(v[k]);
            }
            return copy;
        }
    }
    return pick([null, true, 0, 1.5, -3, 1e20, '', 'abc', [], [null], {},
        { a: 1 }, ...strings]);
}

const escape = (s) => s.replaceAll('~', '~0').replaceAll('/', '~1');
const known = readFileSync(knownFile, 'utf8').split('\n')
    .filter((l) => l.includes(' | ')).map((l) => l.split(' | '));
const used = new Set();
let asked = 0;
let valid = 0;
let bad = 0;

function explained(name, keyword) {
    const hit = known.find(([n, k]) => (n === '*' || n === name)
        && k === keyword);
    if (hit) {
        used.add(hit[0] + hit[1]);
    }
    return hit !== undefined;
}

function keywordOf(check, ours) {
    return ours === 'ok' ? check.errors[0].keyword : ours.split(' ')[1];
}

for (const file of files) {
    const doc = JSON.parse(readFileSync(file, 'utf8'));
    const openapi30 = doc.openapi.startsWith('3.0');
    const defs = Object.fromEntries(Object.entries(doc.components.schemas)
        .filter(([, s]) => !JSON.stringify(s).includes('"discriminator"'))
        .map(([n, s]) => [n, plain(s, openapi30)]));
    const ajv = new (openapi30 ? Ajv : Ajv2020)({ strict: false,
        validateFormats: true, logger: false, unicodeRegExp: false });
    addFormats(ajv);
    // ajv-formats takes any integer for int64 and any number for float.
    ajv.addFormat('int64', { type: 'number', validate: (x) =>
        Number.isInteger(x) && x >= -(2 ** 63) && x < 2 ** 63 });
    ajv.addFormat('float', { type: 'number', validate: (x) =>
        Math.abs(x) <= 3.4028234663852886e38 });
    ajv.addSchema({ $id: 'http://x/', components: { schemas: defs } });

    const names = Object.keys(defs);
    const lines = [];
    const asks = [];
    for (let i = 0; i < count; i++) {
        const name = pick(names);
        let check;
        try {
            check = ajv.getSchema(
                `http://x/#/components/schemas/${encodeURIComponent(escape(name))}`);
        } catch {
            continue;   // ajv cannot compile it
        }
        if (!check) {
            continue;
        }
        lines.push('@/components/schemas/' + escape(name));
        for (let k = 0; k < 20; k++) {
            let v = make(defs[name], defs, 0);
            for (let c = rand(3); c > 0; c--) {
                v = change(v);
            }
            const text = JSON.stringify(v);
            if (text === undefined || text.length > 100000) {
                continue;
            }
            lines.push(text);
            asks.push([name, text, check]);
        }
    }

    const run = spawnSync(tool,
        [file, openapi30 ? 'openapi-3.0' : 'openapi-3.1'],
        { input: lines.join('\n') + '\n', maxBuffer: 1 << 28 });
    const out = run.stdout.toString().trimEnd().split('\n');
    if (run.status !== 0 || out.length !== asks.length) {
        console.log(`${file}: ${out.length} answers to ${asks.length}`);
        bad++;
        continue;
    }
    asks.forEach(([name, text, check], i) => {
        if (out[i] === 'none' || out[i] === 'json') {
            console.log(`${file} ${name}: ${out[i]}: ${text.slice(0, 200)}`);
            bad++;
            return;
        }
        const theirs = check(JSON.parse(text));
        asked++;
        valid += theirs;
        if (theirs !== (out[i] === 'ok')) {
            const keyword = keywordOf(check, out[i]);
            if (!explained(name, keyword)) {
                console.log(`${name}: ajv says ${theirs
                    ? 'ok' : JSON.stringify(check.errors[0])}, we say `
                    + `${out[i]}: ${text.slice(0, 300)}`);
                bad++;
            }
        }
    });
}

console.log(`${asked} values, ${valid} valid; ${bad} disagreements`
    + ` unexplained, ${used.size} kinds explained`);
process.exit(bad || asked < 1000 || valid < 50 ? 1 : 0);
