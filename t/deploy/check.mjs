// check.mjs BOM CONTAINERFILE: the bill of materials against the schema of
// CycloneDX, the Containerfile against a parser of somebody else.  A line each;
// exit code 1 when one is wrong.

import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import Ajv from 'ajv';
import formats from 'ajv-formats';
import { validate } from 'dockerfile-utils';

const require = createRequire(import.meta.url);
const library = path.dirname(require.resolve('@cyclonedx/cyclonedx-library/package.json'));
const read = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));
const schema = (name) => read(path.join(library, 'res/schema', name));
const [bom, containerfile] = process.argv.slice(2);

// Addresses may be international ones, which ajv-formats does not know.

const ajv = new Ajv({ strict: false, allErrors: true,
    formats: { 'idn-email': /@/, 'iri-reference': true } });

formats(ajv);
for (const name of ['spdx', 'jsf-0.82']) {
    ajv.addSchema(schema(`${name}.SNAPSHOT.schema.json`),
        `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
}

const good = ajv.compile(schema('bom-1.5.SNAPSHOT.schema.json'));
let failed = false;

function report(what, faults) {
    console.log(`${what}: ${faults.length ? faults.join('; ') : 'valid'}`);
    failed ||= faults.length > 0;
}

good(read(bom));
report('bill of materials',
    (good.errors ?? []).map((e) => `${e.instancePath} ${e.message}`));

report('Containerfile',
    validate(fs.readFileSync(containerfile, 'utf8'))
        .map((d) => `line ${d.range.start.line + 1}: ${d.message}`));

process.exit(failed ? 1 : 0);
