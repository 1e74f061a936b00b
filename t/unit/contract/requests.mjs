// For each operation of a description: a valid request made from it, and for
// each thing it asks a request in which that one thing is wrong.
//
//     node requests.mjs FILE.json > requests
//     diff_contract FILE.json < requests
//
// A line each: what is expected, method, target, headers, body (hex, - none),
// and where it comes from.  Expected is "ok" or "STATUS KEYWORD".

import { readFileSync } from 'node:fs';

const file = process.argv[2];
const doc = JSON.parse(readFileSync(file, 'utf8'));
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
const out = [];
const left = {};

const hex = (s) => (s === '' ? '-' : Buffer.from(s, 'utf8').toString('hex'));
const leave = (why) => { left[why] = (left[why] ?? 0) + 1; };

function deref(node) {
  for (let i = 0; node && node.$ref !== undefined && i < 100; i++) {
    node = node.$ref.slice(2).split('/')
      .map((s) => decodeURIComponent(s).replace(/~1/g, '/').replace(/~0/g, '~'))
      .reduce((n, s) => n?.[s], doc);
  }
  return node;
}

// The schema with what allOf adds; `loose` where several schemas could be
// meant, so that nothing certain can be said of a wrong value.

function flat(schema, depth = 0) {
  schema = deref(schema) ?? {};
  if (schema === true) return {};
  if (depth > 30) return { loose: true, ...schema };
  const { allOf = [], ...own } = schema;
  const all = { ...own };
  if (own.properties) all.properties = { ...own.properties };
  for (const part of allOf.map((s) => flat(s, depth + 1))) {
    for (const [k, v] of Object.entries(part)) {
      if (k === 'properties') all.properties = { ...v, ...all.properties };
      else if (k === 'required') all.required = [...new Set([...(all.required ?? []), ...v])];
      else if (k === 'loose') all.loose = true;
      else if (all[k] === undefined) all[k] = v;
      else if (k === 'additionalProperties') all.loose = true;
    }
  }
  const several = all.oneOf ?? all.anyOf;
  if (several) {
    const { oneOf, anyOf, ...rest } = all;
    const list = several.map((s) => flat(s, depth + 1));
    const pick = list.find((s) => s.type === 'object') ?? list.find((s) => !s.enum?.includes('')) ?? list[0];
    const names = pick.properties ? Object.keys(pick.properties) : [];
    return { ...pick, ...rest, loose: true, names,
      properties: { ...pick.properties, ...rest.properties },
      required: [...new Set([...(pick.required ?? []), ...(rest.required ?? [])])] };
  }
  if (all.not || all.if || all.dependentSchemas || all.patternProperties) all.loose = true;
  return all;
}

const type = (s) => (Array.isArray(s.type) ? s.type.find((t) => t !== 'null') : s.type)
  ?? (s.properties ? 'object' : s.items ? 'array' : undefined);

const FORMATS = {
  'date-time': '2024-02-29T12:00:00Z', date: '2024-02-29', time: '12:00:00Z',
  uuid: '123e4567-e89b-12d3-a456-426614174000', email: 'a@example.com',
  uri: 'https://example.com/a', url: 'https://example.com/a', hostname: 'example.com',
  ipv4: '192.0.2.1', ipv6: '2001:db8::1', ip: '192.0.2.1', byte: 'YWJj', binary: 'abc',
  'uri-reference': '/a', duration: 'P1D', timestamp: '2024-02-29T12:00:00Z',
};

const TRIES = ['a', 'abc', 'ABC', '1', '12', '0', 'a1', '2024-02-29', 'abcdef12', '0123456789abcdef',
  'a'.repeat(40), '0'.repeat(40), '+15551234567', 'a/b', 'a-b', '12:00', 'example.com', '#aabbcc', 'aabbcc',
  '1.0', 'a@example.com', '2024-02-29T12:00:00Z', 'en', 'en-US', 'US', 'USD', '123e4567-e89b-12d3-a456-426614174000',
  'https://example.com/a'];

class Cannot extends Error {}

function text(s) {
  const fits = (v) => [...v].length >= (s.minLength ?? 0) && [...v].length <= (s.maxLength ?? Infinity)
    && (!s.pattern || new RegExp(s.pattern, 'u').test(v));
  const tries = [s.example, s.default, ...(s.examples ?? []), FORMATS[s.format], ...TRIES]
    .filter((v) => typeof v === 'string' && (!s.format || !FORMATS[s.format] || v === FORMATS[s.format]));
  let found;
  try { found = tries.find(fits); } catch { /* a pattern that JavaScript refuses */ }
  if (found !== undefined) return found;
  if (!s.pattern && !s.format) return 'a'.repeat(s.minLength ?? 1);
  throw new Cannot('no text for its pattern');
}

function number(s, whole) {
  const low = typeof s.exclusiveMinimum === 'number' ? s.exclusiveMinimum + 1
    : (s.minimum ?? 0) + (s.exclusiveMinimum === true ? 1 : 0);
  const high = typeof s.exclusiveMaximum === 'number' ? s.exclusiveMaximum - 1
    : (s.maximum ?? Infinity) - (s.exclusiveMaximum === true ? 1 : 0);
  let v = Math.max(low, Math.min(1, high));
  if (s.multipleOf) v = Math.ceil(v / s.multipleOf) * s.multipleOf;
  return whole ? Math.ceil(v) : v;
}

function value(schema, depth = 0) {
  const s = flat(schema);
  if (s.const !== undefined) return s.const;
  if (s.enum) return s.enum.find((v) => v !== null && v !== '') ?? s.enum[0];
  switch (type(s)) {
    case 'integer': return number(s, true);
    case 'number': return number(s, false);
    case 'boolean': return true;
    case 'array': {
      const n = Math.max(s.minItems ?? 0, depth > 8 ? 0 : 1);
      if (n > 1 && s.uniqueItems) {
        const e = flat(s.items);
        if (e.enum?.length >= n) return e.enum.slice(0, n);
        if (type(e) === 'integer') return [...Array(n)].map((_, i) => number(e, true) + i);
        if (type(e) === 'string' && !e.pattern && !e.format) return [...Array(n)].map((_, i) => 'a' + i);
        throw new Cannot('several different elements');
      }
      if (depth > 12) throw new Cannot('a schema without an end');
      return [...Array(n)].map(() => value(s.items ?? {}, depth + 1));
    }
    case 'object': return object(s, depth);
    case 'null': return null;
    case undefined: return 'a';
    default: return text(s);
  }
}

function object(s, depth) {
  const o = {};
  if (depth > 12) throw new Cannot('a schema without an end');
  for (const [name, p] of Object.entries(s.properties ?? {})) {
    const f = flat(p);
    const must = s.required?.includes(name);
    if (f.readOnly || f === false) continue;
    if (!must && (depth > 1 || f.loose || (s.loose && !s.names?.includes(name)))) continue;
    try { o[name] = value(p, depth + 1); } catch (e) { if (must) throw e; }
  }
  for (const name of s.required ?? []) {
    if (o[name] === undefined && !(s.properties?.[name] && flat(s.properties[name]).readOnly)) {
      o[name] = value(s.properties?.[name] ?? {}, depth + 1);
    }
  }
  for (let i = Object.keys(o).length; i < (s.minProperties ?? 0); i++) {
    o['k' + i] = value(s.additionalProperties === true ? {} : s.additionalProperties ?? {}, depth + 1);
  }
  return o;
}

// A value of the same place that the schema refuses, and the keyword.

function* wrong(schema) {
  const s = flat(schema);
  if (s.loose || s.nullable || Array.isArray(s.type)) return;
  const t = type(s);
  if (s.enum && t === 'string') { yield ['no-such-value', 'enum']; return; }
  if (s.enum || s.const !== undefined) return;
  if (t === 'integer' || t === 'number') {
    yield ['x', 'type'];
    if (typeof s.maximum === 'number' && s.maximum < 1e15) yield [Math.floor(s.maximum) + 1, 'maximum'];
    if (typeof s.minimum === 'number' && s.minimum > -1e15) yield [Math.ceil(s.minimum) - 1, 'minimum'];
  }
  if (t === 'integer') yield [1.5, 'type'];
  if (t === 'boolean') yield ['x', 'type'];
  if (t === 'string' && s.maxLength < 10000 && !s.pattern && !s.format) {
    yield ['a'.repeat(s.maxLength + 1), 'maxLength'];
  }
  if (t === 'string' && s.format === 'date-time') yield ['yesterday', 'format'];
  if (t === 'string' && s.format === 'uuid') yield ['1234', 'format'];
}

const encode = (v) => encodeURIComponent(typeof v === 'object' ? JSON.stringify(v) : String(v));

function deep(name, v, into) {
  if (Array.isArray(v)) v.forEach((e, i) => deep(`${name}[${i}]`, e, into));
  else if (v && typeof v === 'object') {
    for (const [k, e] of Object.entries(v)) deep(`${name}[${k}]`, e, into);
  } else into.push([name, v]);
}

// Pairs of a query or a form; null: this value has no form in this style.

function pairs(name, v, style = 'form', explode = style === 'form' || style === 'deepObject') {
  const list = [];
  if (style === 'deepObject' && typeof v === 'object') {
    deep(name, v, list);
    return list.length ? list : null;
  }
  const simple = (e) => e === null || typeof e !== 'object';
  if (simple(v)) return [[name, v]];
  if (Array.isArray(v)) {
    if (!v.every(simple) || v.length === 0) return null;
    if (explode) return v.map((e) => [name, e]);
    const by = { form: ',', spaceDelimited: '%20', pipeDelimited: '|' }[style];
    return [[name, null, v.map(encode).join(by)]];
  }
  if (!Object.values(v).every(simple) || Object.keys(v).length === 0) return null;
  return explode ? Object.entries(v)
    : [[name, null, Object.entries(v).map(([k, e]) => `${encode(k)},${encode(e)}`).join(',')]];
}

const query = (list) => list.map(([n, v, raw]) => `${encode(n)}=${raw ?? encode(v)}`).join('&');

function base(op, item) {
  const url = (op.servers ?? item.servers ?? doc.servers ?? [{ url: '' }])[0];
  let path = url.url.replace(/^([a-z]+:)?\/\/[^/]*/i, '');
  path = path.replace(/\{([^}]*)\}/g, (_, n) => url.variables[n].enum?.[0] ?? url.variables[n].default);
  return path.replace(/\/+$/, '');
}

function emit(expected, r, where) {
  const list = r.query.filter((p) => p !== null);
  const target = base(r.op, r.item) + r.path + (list.length ? '?' + query(list) : '');
  out.push([expected, r.method.toUpperCase(), hex(target), hex(r.headers.map((h) => h.join(': ')).join('\n')),
    r.body === null ? '-' : hex(r.body), where].join('\t'));
}

const ignored = (p) => p.in === 'header' && /^(accept|content-type|authorization)$/i.test(p.name);
const schemaOf = (p) => p.schema ?? Object.values(p.content ?? {})[0]?.schema ?? {};

function parametersOf(op, item) {
  const all = new Map();
  for (const p of [...(item.parameters ?? []), ...(op.parameters ?? [])].map(deref)) {
    if (!ignored(p)) all.set(p.in + ' ' + p.name, p);
  }
  return [...all.values()];
}

// The parts of a request that come from one parameter.

function place(p, v) {
  if (p.content) {
    return { query: [[p.name, JSON.stringify(v)]], text: JSON.stringify(v) };
  }
  if (p.in === 'query' || p.in === 'cookie') return { query: pairs(p.name, v, p.style, p.explode) };
  const one = Array.isArray(v) ? v : typeof v === 'object' ? Object.entries(v).flat() : [v];
  const raw = one.map((e) => (p.in === 'path' ? encode(e) : String(e)));
  return { text: raw.join(',') };
}

function build(method, path, op, item, values, body) {
  const r = { method, op, item, path, query: [], headers: [], body: null };
  const cookies = [];
  for (const [p, v] of values) {
    const at = place(p, v);
    if (p.in === 'query') r.query.push(...(at.query ?? [null]));
    else if (p.in === 'path') r.path = r.path.replace(`{${p.name}}`, () => at.text);
    else if (p.in === 'header') r.headers.push([p.name, at.text]);
    else cookies.push(...at.query.map(([n, x]) => `${n}=${x}`));
  }
  if (cookies.length) r.headers.push(['Cookie', cookies.join('; ')]);
  if (body) {
    r.headers.push(['Content-Type', body.type]);
    r.body = body.text;
  }
  return r;
}

// With an object in it that has no members, which no form can say.

const hollow = (v) => v !== null && typeof v === 'object'
  && (Object.keys(v).length === 0 || Object.values(v).some(hollow));

function bodyText(media, type, v) {
  if (/json/i.test(type)) return JSON.stringify(v);
  if (type === 'application/x-www-form-urlencoded') {
    const list = [];
    for (const [name, e] of Object.entries(v)) {
      if (hollow(e) && !flat(media.schema).required?.includes(name)) {
        delete v[name];
        continue;
      }
      const how = media.encoding?.[name];
      const made = pairs(name, e, how?.style, how?.explode);
      if (made) list.push(...made);
      else if (media.schema && flat(media.schema).required?.includes(name)) throw new Cannot('no form for a field');
    }
    return query(list);
  }
  if (/^text\/plain/.test(type)) return String(v);
  throw new Cannot('a body of type ' + type);
}

function bodyOf(op) {
  const rb = deref(op.requestBody);
  if (!rb) return null;
  const types = Object.keys(rb.content ?? {});
  const type = types.find((t) => /json/i.test(t)) ?? types.find((t) => /urlencoded/.test(t)) ?? types[0];
  if (type === undefined || type.includes('*')) return null;
  return { rb, type, media: deref(rb.content[type]) };
}

// Every member that is wrong by itself, to three levels.  In a form an object
// without members is not there at all, and so cannot lack one.

const empty = (v) => v !== null && typeof v === 'object' && Object.values(v).every(empty);

function* wrongMembers(schema, v, form, depth = 0) {
  const s = flat(schema);
  if (s.loose || depth > 2 || v === null || typeof v !== 'object' || Array.isArray(v)) return;
  for (const name of s.required ?? []) {
    const { [name]: gone, ...rest } = v;
    const there = !form || depth === 0 || !empty(rest);
    if (gone !== undefined && there) yield [rest, 'required'];
  }
  if (s.additionalProperties === false) yield [{ ...v, 'no such member': 1 }, 'additionalProperties'];
  for (const [name, p] of Object.entries(s.properties ?? {})) {
    for (const [bad, keyword] of wrong(p)) yield [{ ...v, [name]: bad }, keyword];
    for (const [bad, keyword] of wrongMembers(p, v[name], form, depth + 1)) yield [{ ...v, [name]: bad }, keyword];
  }
}

// Methods of all paths that take a request: where the most concrete one lacks
// the method, the next one has its turn.

const templates = Object.entries(doc.paths).map(([path, node]) => {
  const re = path.split(/\{[^}]*\}/).map((s) => s.replace(/[.*+?^$()|[\]\\{}]/g, '\\$&')).join('[^/]+');
  return [new RegExp(`^${re}$`), METHODS.filter((m) => deref(node)[m])];
});

const methodsOf = (path) => new Set(templates.filter(([re]) => re.test(path)).flatMap(([, m]) => m));

function operation(method, path, op, item) {
  const where = `${method} ${path}`;
  const params = parametersOf(op, item);
  const values = [];
  for (const p of params) {
    const s = flat(schemaOf(p));
    if (!p.required && s.loose) continue;
    try {
      const v = value(schemaOf(p));
      if (p.in === 'query' && !p.content && pairs(p.name, v, p.style, p.explode) === null) {
        if (p.required) throw new Cannot('no form for a parameter');
        continue;
      }
      values.push([p, v]);
    } catch (e) { if (p.required) throw e; }
  }
  const spec = bodyOf(op);
  let body = null;
  let v;
  if (spec) {
    v = value(spec.media.schema ?? {});
    body = { type: spec.type, text: bodyText(spec.media, spec.type, v) };
    if (body.text === '') body = null;
    if (body === null && spec.rb.required) { leave('nothing to send in a body'); return; }
  } else if (op.requestBody && deref(op.requestBody).required) {
    leave('a media range'); return;
  }
  const make = (vals, b = body) => build(method, path, op, item, vals, b);
  emit('ok', make(values), where);

  emit('400 unknown', make([...values, [{ in: 'query', name: 'no-such-parameter' }, 1]]), where);
  const taken = methodsOf(make(values).path);
  const other = METHODS.find((m) => !taken.has(m) && m !== 'trace' && m !== 'head');
  if (other) emit('405 -', { ...make(values), method: other }, where);
  for (const [i, [p, good]] of values.entries()) {
    if (p.in !== 'path' && p.required) {
      emit('400 required', make(values.toSpliced ? values.toSpliced(i, 1) : values.filter((_, k) => k !== i)), where);
    }
    if (p.content || typeof good === 'object') continue;
    for (const [bad, keyword] of wrong(schemaOf(p))) {
      emit(`400 ${keyword}`, make(values.map((e, k) => (k === i ? [p, bad] : e))), `${where} ${p.in} ${p.name}`);
    }
    if (p.in === 'query') emit('400 duplicate', make([...values, [p, good]]), `${where} ${p.name}`);
  }
  if (!body) return;
  emit('415 mediaType', make(values, { ...body, type: 'application/x-none' }), where);
  if (spec.rb.required) emit('400 required', make(values, null), where);
  if (/json/i.test(spec.type)) {
    emit('400 syntax', make(values, { ...body, text: body.text + 'x' }), where);
    if (v !== null && typeof v === 'object' && !Array.isArray(v) && Object.keys(v).length) {
      const name = Object.keys(v)[0];
      emit('400 duplicate', make(values, { ...body,
        text: `${body.text.slice(0, -1)},${JSON.stringify(name)}:${JSON.stringify(v[name])}}` }), where);
    }
  }
  for (const [bad, keyword] of wrongMembers(spec.media.schema ?? {}, v, !/json/i.test(spec.type))) {
    let t;
    try { t = bodyText(spec.media, spec.type, bad); } catch { continue; }
    if (t === '') continue;
    const unknown = keyword === 'additionalProperties' && !/json/i.test(spec.type);
    emit(`422 ${keyword}`, make(values, { ...body, text: t }), where + (unknown ? ' field' : ''));
  }
}

for (const [path, node] of Object.entries(doc.paths)) {
  const item = deref(node);
  for (const method of METHODS) {
    if (!item[method]) continue;
    leave('operations');
    try { operation(method, path, item[method], item); } catch (e) {
      if (!(e instanceof Cannot)) throw e;
      leave(e.message);
    }
  }
}

process.stdout.write(out.join('\n') + '\n');
process.stderr.write(JSON.stringify(left) + '\n');
