// check.mjs BOM CONTAINERFILE MANIFEST: the bill of materials against the schema
// of CycloneDX, the Containerfile against a parser of somebody else, the manifest
// against the schemas of Kubernetes.  A line each; exit code 1 when one is wrong.

import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import Ajv from 'ajv';
import formats from 'ajv-formats';
import { validate } from 'dockerfile-utils';
import { parseAllDocuments } from 'yaml';

const require = createRequire(import.meta.url);
const library = path.dirname(require.resolve('@cyclonedx/cyclonedx-library/package.json'));
const read = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));
const schema = (name) => read(path.join(library, 'res/schema', name));
const [bom, containerfile, manifest] = process.argv.slice(2);

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

// Those schemas take what they do not know, as a cluster does not: a member that
// they never ask for is nobody's.

function watched(value, at, unknown) {
    if (value === null || typeof value !== 'object') {
        return value;
    }

    const left = new Map(Object.keys(value).map((k) => [k, `${at}/${k}`]));
    const inside = new Map();

    unknown.push(left);
    return new Proxy(value, {
        get(target, name) {
            left.delete(name);
            if (!inside.has(name)) {
                inside.set(name, typeof name === 'string' && Object.hasOwn(target, name)
                    ? watched(target[name], `${at}/${name}`, unknown) : target[name]);
            }
            return inside.get(name);
        },
    });
}

function kubernetes(doc) {
    const [group, version] = doc.apiVersion.includes('/')
        ? doc.apiVersion.split('/') : ['core', doc.apiVersion];
    const capital = (s) => s[0].toUpperCase() + s.slice(1);
    const name = `IoK8sApi${capital(group.split('.')[0])}${capital(version)}${doc.kind}.js`;
    const file = path.join(path.dirname(require.resolve('kubernetes-models/package.json')),
        '_schemas', name);

    if (!fs.existsSync(file)) {
        return [`there is no ${doc.apiVersion} ${doc.kind}`];
    }

    const { validate: valid } = require(file);
    const unknown = [];

    valid(watched(doc, '', unknown));
    return [...(valid.errors ?? []).map((e) => `${doc.kind}${e.instancePath} ${e.keyword} `
        + JSON.stringify(e.params)),
        ...unknown.flatMap((left) => [...left.values()])
            .map((at) => `${doc.kind}${at} is not known`)];
}

report('manifest', parseAllDocuments(fs.readFileSync(manifest, 'utf8'), { version: '1.1' })
    .flatMap((d) => [...d.errors.map((e) => e.message), ...kubernetes(d.toJS())]));

process.exit(failed ? 1 : 0);
