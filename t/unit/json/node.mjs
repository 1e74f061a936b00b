// What node's JSON.parse says of the texts of `diff_json emit`:
//
//     diff_json emit t/unit/json/conformance.txt 200000 1 \
//         | node t/unit/json/node.mjs
//
// JSON.parse takes text, not bytes, keeps the last of two equal names, and
// accepts escapes of lone surrogates; these are the only allowed differences.

import { createInterface } from 'node:readline';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const counts = { texts: 0, accepted: 0, explained: 0, differences: 0 };

function verdict(bytes) {
    try {
        return { value: JSON.parse(decoder.decode(bytes)) };
    } catch {
        return null;
    }
}

// More names are written than a parsed object keeps: one stood twice.  Every
// colon outside of strings belongs to a name.

function namesWritten(text) {
    return text.replace(/"(?:[^"\\]|\\.)*"/gs, '').split(':').length - 1;
}

// String.prototype.isWellFormed came with Node 20

const lone = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

function walk(value, see) {
    if (typeof value === 'string') {
        see.lone ||= lone.test(value);
    } else if (value && typeof value === 'object') {
        for (const [name, member] of Object.entries(value)) {
            if (!Array.isArray(value)) {
                see.names++;
                walk(name, see);
            }
            walk(member, see);
        }
    }
    return see;
}

function explained(ours, bytes, value) {
    const see = walk(value, { names: 0, lone: false });
    const twice = namesWritten(decoder.decode(bytes)) > see.names;

    // of what a second equal name replaced, node keeps nothing to look at

    // a number is 100 bytes long at most

    const long = /[-+.eE0-9]{101}/.test(decoder.decode(bytes));

    return ours === 'duplicate_name' ? twice
        : ours === 'number_limit' ? long
        : ours === 'surrogate' ? see.lone || twice
        : false;
}

for await (const line of createInterface({ input: process.stdin })) {
    const [ours, hex] = line.split(' ');
    const bytes = Buffer.from(hex, 'hex');
    const theirs = verdict(bytes);

    counts.texts++;
    counts.accepted += ours === 'ok';

    if ((ours === 'ok') === (theirs !== null)) {
        continue;
    }

    if (theirs && explained(ours, bytes, theirs.value)) {
        counts.explained++;
        continue;
    }

    counts.differences++;
    console.log(`ours: ${ours}, node: ${theirs ? 'ok' : 'refused'}: `
        + JSON.stringify(bytes.toString('latin1')));
}

console.log(counts);
process.exit(counts.differences || !counts.texts ? 1 : 0);
