// Lines of JSON against a JSON Schema:  node check-events.mjs SCHEMA < LINES

import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

const ajv = new Ajv({ allErrors: true, strict: false });
formats(ajv);
const validate = ajv.compile(JSON.parse(readFileSync(process.argv[2], 'utf8')));
const faults = [];
let lines = 0;

for (const line of readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
  lines++;
  if (!validate(JSON.parse(line))) faults.push({ line, errors: validate.errors });
}

console.log(JSON.stringify({ lines, faults }));
