// What diff_http says of queries, multipart bodies and GraphQL documents,
// compared with URLSearchParams, formData() of undici, and graphql-js.
//
//     diff_http KIND ... | node node.mjs KIND FOLDER-OF-NODE_MODULES
//
// Differences that are meant are named below; any other fails.

import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { isUtf8 } from 'node:buffer';

const [kind, modules] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin });
const tally = {};
const load = createRequire(`${modules}/x.js`);
const bytes = (hex) => Buffer.from(hex, 'hex');
const count = (what) => { tally[what] = (tally[what] ?? 0) + 1; };
let bad = 0;

function differ(input, why) {
  if (++bad <= 10) console.log(`${why}: ${JSON.stringify(input.toString('latin1'))}`);
}

// Bytes that are not UTF-8 are kept here and become U+FFFD there.

function urlencoded(input, ours) {
  const theirs = [...new URLSearchParams('?' + input.toString('latin1')
    .replace(/[\x80-\xff]/g, (c) => '%' + c.charCodeAt(0).toString(16)))];
  const mine = ours.split('|').slice(0, -1)
    .map((pair) => pair.split(',').map((h) => bytes(h).toString('utf8')));
  if (JSON.stringify(mine) !== JSON.stringify(theirs)) differ(input, 'pairs');
}

// Whatever strict takes, undici must read as the same parts.  It decodes %22,
// %0D and %0A in names, as the WHATWG asks of whoever wrote them, and gives a
// file a content type: neither is compared.

let Response;

async function multipart(input, ours) {
  const lf = input.indexOf(10);
  const type = input.subarray(0, lf).toString('latin1');
  const body = input.subarray(lf + 1);
  if (!type.toLowerCase().includes('form-data')) { count('not form-data'); return; }
  let form;
  try {
    form = await new Response(body, { headers: { 'content-type': type } }).formData();
  } catch {
    // It reads less than the RFCs allow.
    count('undici refuses');
    return;
  }
  const theirs = [];
  for (const [name, value] of form) {
    theirs.push(typeof value === 'string' ? [name, '-', Buffer.from(value)]
      : [name, value.name, Buffer.from(await value.arrayBuffer())]);
  }
  const mine = ours.split('|').slice(0, -1).map((part) => part.split(','));
  const same = mine.length === theirs.length && mine.every(([n, f, b], i) =>
    unescape22(bytes(n)) === unescape22(theirs[i][0])
    && (f === '-' ? theirs[i][1] === '-' : unescape22(bytes(f)) === unescape22(theirs[i][1]))
    && (f === '-' ? text(bytes(b)) === theirs[i][2].toString() : bytes(b).equals(theirs[i][2])));
  count('compared');
  if (!same) differ(input, 'parts');
}

const text = (b) => new TextDecoder().decode(b);
const unescape22 = (s) => s.toString('utf8')
  .replace(/%22|%0d|%0a/gi, (m) => decodeURIComponent(m));

let graphql;

function strings(graph) {
  const found = [];
  let fields = 0;
  graphql.visit(graph, { enter(node) {
    if (node.kind === 'Field') fields++;
    if (node.kind === 'StringValue') found.push(node.value);
  } });
  return [fields, found];
}

// \u{...} and empty variable names are of a later specification; graphql-js
// reads them, and what is not UTF-8 cannot be given to it.

function graph(input, ours) {
  const source = input.toString('utf8');
  if (!isUtf8(input) || source.includes('\\u{')) { count('skipped'); return; }
  if (ours === '?') { count('refused beyond the grammar'); return; }
  let theirs = null;
  try { theirs = graphql.parse(source); } catch { /* null */ }
  if (theirs && theirs.definitions.some((d) => !/^(Operation|Fragment)/.test(d.kind))) {
    theirs = null;
  }
  if (theirs && !theirs.definitions.some((d) => d.kind.startsWith('Op'))) theirs = null;
  if ((ours === '-') !== (theirs === null)) {
    differ(input, ours === '-' ? 'only graphql-js takes it' : 'only we take it');
  } else if (theirs) {
    const [fields, found] = strings(theirs);
    const [n, ...mine] = ours.split('|').slice(0, -1);
    count('taken by both');
    if (parseInt(n, 16) !== fields) differ(input, 'fields');
    if (JSON.stringify(mine.map((h) => bytes(h).toString('utf8'))) !== JSON.stringify(found)) {
      differ(input, 'strings');
    }
  } else {
    count('refused by both');
  }
}

const compare = { urlencoded, multipart, graphql: graph }[kind];

if (kind === 'graphql') graphql = load('graphql');

// Node's own undici differs from release to release.

if (kind === 'multipart') ({ Response } = load('undici'));

for await (const line of lines) {
  const [input, ours] = line.split('\t');
  count('inputs');
  if (ours === '-' && kind !== 'graphql') { count('refused'); continue; }
  await compare(bytes(input), ours);
}

console.log(JSON.stringify(tally));
process.exit(bad ? 1 : 0);
