// Is it a description of an API that others take for one?  And an Overlay?
//
//   node check-openapi.mjs FILE OVERLAY
//
// FILE is validated against the schema of OpenAPI by a package that is not
// ours; OVERLAY against the rules of the Overlay Specification 1.0.0, section
// 4.4, and applied to a description, which has to be one still.

import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';

const [file, overlayFile] = process.argv.slice(2);
const read = name => JSON.parse(readFileSync(name, 'utf8'));
const faults = [];

async function check(what, document) {
  const result = await new Validator().validate(structuredClone(document));
  if (!result.valid) faults.push(`${what}: ${JSON.stringify(result.errors)}`);
}

function has(what, object, members, optional = []) {
  for (const [name, type] of Object.entries(members)) {
    if (typeof object?.[name] !== type) faults.push(`${what}: ${name} is no ${type}`);
  }
  for (const name of Object.keys(object ?? {})) {
    if (!(name in members) && !optional.includes(name) && !name.startsWith('x-')) faults.push(`${what}: ${name} is no member`);
  }
}

function merge(to, from) {
  for (const [name, value] of Object.entries(from)) {
    if (value && typeof value === 'object' && !Array.isArray(value)
        && to[name] && typeof to[name] === 'object') merge(to[name], value);
    else to[name] = value;
  }
}

const document = read(file);
await check('the description', document);

const overlay = read(overlayFile);
has('the overlay', overlay, { overlay: 'string', info: 'object', actions: 'object' }, ['extends']);
has('its info', overlay.info, { title: 'string', version: 'string' });
if (!/^1\.0\.\d+$/.test(overlay.overlay)) faults.push(`version ${overlay.overlay}`);
if (!Array.isArray(overlay.actions) || !overlay.actions.length) faults.push('no actions');

const target = { openapi: '3.1.0', info: { title: 'a', version: '1' }, paths: {} };
for (const action of overlay.actions) {
  has('an action', action, { target: 'string', update: 'object' }, ['description', 'remove']);
  if (action.target !== '$.paths') faults.push(`another target: ${action.target}`);
  merge(target.paths, action.update);
}
await check('what the overlay makes', target);

console.log(JSON.stringify({ faults, paths: Object.keys(document.paths).length, added: Object.keys(target.paths).length }));
