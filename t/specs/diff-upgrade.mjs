// apisec schema upgrade beside swagger2openapi: both bring the same OpenAPI
// 2.0 document to 3.0, and must mean the same by it.
//
//   node diff-upgrade.mjs APISEC FILE...
//
// A FILE of OpenAPI 3 is brought down to 2.0 first, for documents that are
// 2.0 themselves are hard to come by. Prints one line a document; what differs
// is printed and ends with exit code 1.
//
// Where the two differ on purpose, the comparison says so: look for "ours".

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const converter = require('swagger2openapi');

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'];
const SAYS_NOTHING = new Set(['description', 'title', 'example', 'examples',
  'externalDocs', 'xml', 'summary', 'deprecated']);
const TYPED = ['type', 'format', 'items', 'default', 'maximum', 'minimum',
  'exclusiveMaximum', 'exclusiveMinimum', 'maxLength', 'minLength', 'pattern',
  'maxItems', 'minItems', 'uniqueItems', 'enum', 'multipleOf'];

const dir = mkdtempSync(join(tmpdir(), 'upgrade-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));


// 3.0 to 2.0: what 2.0 cannot say is dropped.

function follow(doc, value) {
  for (let n = 0; value && value.$ref && n < 20; n++) {
    if (!value.$ref.startsWith('#/')) return {};
    value = value.$ref.slice(2).split('/').reduce((o, k) =>
      o?.[k.replace(/~1/g, '/').replace(/~0/g, '~')], doc);
  }
  return value ?? {};
}

function schemaDown(s) {
  if (typeof s !== 'object' || s === null) return s;
  if (typeof s.$ref === 'string') {
    return s.$ref.startsWith('#/components/schemas/')
      ? { $ref: s.$ref.replace('#/components/schemas/', '#/definitions/') } : {};
  }
  const out = {};
  for (const [k, v] of Object.entries(s)) {
    if (k === 'nullable') out['x-nullable'] = v;
    else if (k === 'discriminator') out.discriminator = v.propertyName;
    else if (k === 'properties') {
      out[k] = Object.fromEntries(Object.entries(v).map(([n, x]) => [n, schemaDown(x)]));
    } else if (k === 'allOf') out[k] = v.map(schemaDown);
    else if (k === 'items' || k === 'additionalProperties') out[k] = schemaDown(v);
    else if (!['oneOf', 'anyOf', 'not', 'deprecated', 'writeOnly'].includes(k)
      && !k.startsWith('x-')) out[k] = v;
  }
  return out;
}

// a parameter's schema has to be a plain one
function plain(doc, schema) {
  const s = follow(doc, schema);
  const out = {};
  for (const k of TYPED) if (s[k] !== undefined) out[k] = s[k];
  if (typeof out.type !== 'string' || out.type === 'object') out.type = 'string';
  if (out.type === 'array') {
    out.items = plain(doc, out.items);
    if (out.items.type === 'array') out.items = { type: 'string' };
  } else delete out.items;
  return out;
}

const FORMATS = { spaceDelimited: 'ssv', pipeDelimited: 'pipes' };

function paramDown(doc, p) {
  p = follow(doc, p);
  if (!['path', 'query', 'header'].includes(p.in)) return null;
  const schema = plain(doc, p.schema ?? Object.values(p.content ?? {})[0]?.schema ?? {});
  const out = { name: p.name, in: p.in, ...schema };
  if (p.required) out.required = true;
  if (schema.type === 'array' && p.in === 'query') {
    const format = FORMATS[p.style]
      ?? (p.explode === false ? (p.name.length % 2 ? 'csv' : undefined) : 'multi');
    if (format) out.collectionFormat = format;
  }
  return out;
}

function formDown(doc, media, file) {
  const s = follow(doc, media.schema);
  return Object.entries(s.properties ?? {}).map(([name, value]) => {
    const how = plain(doc, value);
    const out = { name, in: 'formData', ...how };
    if (s.required?.includes(name)) out.required = true;
    if (file && how.format === 'binary') { out.type = 'file'; delete out.format; }
    if (how.type === 'array') out.collectionFormat = 'multi';
    return out;
  });
}

function operationDown(doc, op) {
  const out = { operationId: op.operationId, parameters: [], responses: {} };
  for (const p of op.parameters ?? []) {
    const down = paramDown(doc, p);
    if (down) out.parameters.push(down);
  }
  const body = follow(doc, op.requestBody);
  const types = Object.keys(body.content ?? {});
  const form = types.filter(t => t.startsWith('multipart/form-data')
    || t.startsWith('application/x-www-form-urlencoded'));
  if (form.length) {
    out.consumes = form;
    out.parameters.push(...formDown(doc, body.content[form[0]],
      form.includes('multipart/form-data')));
  } else if (types.length) {
    out.consumes = types;
    out.parameters.push({ name: 'body', in: 'body',
      schema: schemaDown(body.content[types[0]].schema ?? {}),
      ...(body.required ? { required: true } : {}) });
  }
  for (const [status, r] of Object.entries(op.responses ?? {})) {
    if (!/^(\d\d\d|default)$/.test(status)) continue;
    const response = follow(doc, r);
    const made = { description: '' };
    const produced = Object.keys(response.content ?? {});
    if (produced.length) {
      out.produces ??= produced;
      made.schema = schemaDown(response.content[produced[0]].schema ?? {});
    }
    for (const [name, h] of Object.entries(response.headers ?? {})) {
      (made.headers ??= {})[name] = plain(doc, follow(doc, h).schema ?? {});
    }
    out.responses[status] = made;
  }
  if (op.security) out.security = op.security;
  return out;
}

function down(doc) {
  const out = { swagger: '2.0', info: { title: 't', version: '1' },
    host: 'api.example.com', basePath: '/v1', schemes: ['https', 'http'],
    paths: {}, definitions: {}, securityDefinitions: {} };
  for (const [path, item] of Object.entries(doc.paths)) {
    const to = out.paths[path] = {};
    const shared = (item.parameters ?? []).map(p => paramDown(doc, p)).filter(Boolean);
    if (shared.length) to.parameters = shared;
    for (const m of METHODS) if (item[m]) to[m] = operationDown(doc, item[m]);
  }
  for (const [name, s] of Object.entries(doc.components?.schemas ?? {})) {
    out.definitions[name] = schemaDown(s);
  }
  for (const [name, s] of Object.entries(doc.components?.securitySchemes ?? {})) {
    out.securityDefinitions[name] = s.type === 'apiKey'
      ? { type: 'apiKey', in: s.in === 'cookie' ? 'header' : s.in, name: s.name }
      : s.type === 'oauth2' ? oauthDown(s) : { type: 'basic' };
  }
  return out;
}

function oauthDown(s) {
  const [flow, how] = Object.entries(s.flows ?? {})[0] ?? ['implicit', {}];
  const names = { clientCredentials: 'application', authorizationCode: 'accessCode' };
  const { refreshUrl, ...rest } = how;
  return { type: 'oauth2', flow: names[flow] ?? flow, ...rest };
}


// What a document means, in one form.

function schemaMeans(s) {
  if (typeof s !== 'object' || s === null) return s;
  if (Array.isArray(s)) return s.map(schemaMeans);
  const out = {};
  for (const k of Object.keys(s).sort()) {
    if (SAYS_NOTHING.has(k) || k.startsWith('x-')) continue;
    if (k === 'properties') {
      out[k] = Object.fromEntries(Object.keys(s[k]).sort()
        .map(n => [n, schemaMeans(s[k][n])]));
    } else if (k === 'default' || k === 'enum') out[k] = s[k];
    else if (k === 'required' && Array.isArray(s[k])) out[k] = [...s[k]].sort();
    else out[k] = schemaMeans(s[k]);
  }
  if (Array.isArray(out.required) && !out.required.length) delete out.required;
  return out;
}

function paramMeans(p) {
  const style = p.style ?? (['query', 'cookie'].includes(p.in) ? 'form' : 'simple');
  const array = p.schema?.type === 'array';
  return { name: p.name, in: p.in, required: !!p.required, schema: schemaMeans(p.schema ?? {}),
    ...(array ? { style, explode: p.explode ?? style === 'form' } : {}) };
}

function mediaMeans(content) {
  return Object.fromEntries(Object.entries(content ?? {}).sort().map(([type, m]) => {
    const encoding = type.startsWith('application/x-www-form-urlencoded')
      ? Object.entries(m.encoding ?? {}).map(([n, e]) => {
        const style = e.style ?? 'form';
        return [n, style, e.explode ?? style === 'form'];
      }).filter(([, style, explode]) => style !== 'form' || !explode).sort() : [];
    return [type, { schema: schemaMeans(m.schema ?? {}), encoding }];
  }));
}

// ours says that a form with a required field is required; theirs does not
function needsField(doc, body) {
  return Object.entries(body.content ?? {}).some(([type, m]) =>
    /form/.test(type) && follow(doc, m.schema).required?.length > 0);
}

function means(doc) {
  // ours writes the server that holds without any, "/"
  const servers = doc.servers?.length ? doc.servers : [{ url: '/' }];
  const out = { servers: servers.map(s => s.url).sort(), operations: {} };
  for (const [path, item] of Object.entries(doc.paths)) {
    for (const m of METHODS) {
      const op = item[m];
      if (!op) continue;
      const params = new Map();
      for (const p of [...(item.parameters ?? []), ...(op.parameters ?? [])]) {
        const q = paramMeans(follow(doc, p));
        params.set(`${q.in} ${q.name}`, q);
      }
      const body = op.requestBody && follow(doc, op.requestBody);
      out.operations[`${m} ${path}`] = {
        parameters: [...params.values()].sort((a, b) =>
          `${a.in} ${a.name}` < `${b.in} ${b.name}` ? -1 : 1),
        body: body ? { required: !!body.required || needsField(doc, body), content: mediaMeans(body.content) } : null,
        responses: Object.fromEntries(Object.entries(op.responses ?? {}).map(([s, r]) => {
          r = follow(doc, r);
          return [s, { content: mediaMeans(r.content),
            headers: Object.fromEntries(Object.entries(r.headers ?? {}).map(([n, h]) =>
              [n, schemaMeans(follow(doc, h).schema ?? {})])) }];
        })),
        security: op.security ?? null,
      };
    }
  }
  out.schemas = Object.fromEntries(Object.entries(doc.components?.schemas ?? {})
    .map(([n, s]) => [n, schemaMeans(s)]));
  out.schemes = doc.components?.securitySchemes ?? {};
  return out;
}

function differences(a, b, at, found) {
  if (found.length > 20 || JSON.stringify(a) === JSON.stringify(b)) return;
  if (a && b && typeof a === 'object' && typeof b === 'object'
    && Array.isArray(a) === Array.isArray(b)) {
    for (const k of new Set([...Object.keys(a), ...Object.keys(b)])) {
      differences(a[k], b[k], `${at}/${k}`, found);
    }
    return;
  }
  found.push(`${at}: ours ${JSON.stringify(a)?.slice(0, 200)}, theirs ${JSON.stringify(b)?.slice(0, 200)}`);
}


let bad = 0;
const [apisec, ...files] = process.argv.slice(2);

for (const file of files) {
  const doc = JSON.parse(readFileSync(file, 'utf8'));
  const two = doc.swagger ? doc : down(doc);
  const path = join(dir, 'two.json');
  writeFileSync(path, JSON.stringify(two));

  let text, notes = '';
  try {
    text = execFileSync(apisec, ['schema', 'upgrade', path],
      { maxBuffer: 1 << 28, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (e) {
    text = e.stdout;
    notes = e.stderr;
  }

  const ours = means(JSON.parse(text));
  const { openapi } = await converter.convertObj(JSON.parse(JSON.stringify(two)),
    { patch: true, warnOnly: true, resolve: false });
  const found = [];
  differences(ours, means(openapi), '', found);
  console.log(`${found.length ? 'not ok' : 'ok'} - ${basename(file)}: ` +
    `${Object.keys(ours.operations).length} operations, ${Object.keys(ours.schemas).length} schemas` +
    (notes ? `, ${notes.trim().split('\n').length} notes` : ''));
  for (const line of found) console.log(`#   ${line}`);
  bad += found.length > 0;
}

process.exit(bad ? 1 : 0);
