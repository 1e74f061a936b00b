// Is a file SARIF 2.1.0? Its schema comes from npm.

import fs from 'node:fs';
import { createRequire } from 'node:module';
import Ajv from 'ajv-draft-04';
import formats from 'ajv-formats';

const require = createRequire(import.meta.url);
const folder = require.resolve('@microsoft/jest-sarif/package.json')
    .replace(/package\.json$/, 'lib/schemas/');
const schema = JSON.parse(fs.readFileSync(folder + 'sarif-2.1.0-rtm.5.json'));
const ajv = new Ajv({ strict: false, allErrors: true,
                       unicodeRegExp: false });

formats(ajv);
const valid = ajv.compile(schema);
let bad = 0;

for (const file of process.argv.slice(2)) {
    if (!valid(JSON.parse(fs.readFileSync(file)))) {
        bad++;
        console.log(file, JSON.stringify(valid.errors.slice(0, 5), null, 1));
    }
}

process.exit(bad ? 1 : 0);
