// A second opinion on RateLimit-Policy and RateLimit, by the npm package
// structured-headers (RFC 9651) and the rules of
// draft-ietf-httpapi-ratelimit-headers: reads from standard input a JSON array
// of [policy, limit], writes an array of { policies, limits } or { error }.

import { readFileSync } from 'node:fs';
import { parseList } from 'structured-headers';

const counts = (n) => Number.isInteger(n) && n >= 0;

// Parameters by name: required or not, and what they may be.
const policy = {
    q: [true, counts],
    w: [false, (n) => counts(n) && n > 0],
    qu: [false, (s) => ['content-bytes', 'concurrent-requests'].includes(s)],
};
const limit = { r: [true, counts], t: [false, counts] };

function read(text, rules) {
    const found = {};

    for (const [name, parameters] of parseList(text)) {
        if (typeof name !== 'string') {
            throw new Error('a name that is no string');
        }
        if (found[name]) {
            throw new Error(`${name} stands twice`);
        }
        for (const [key, value] of parameters) {
            if (!rules[key]?.[1](value)) {
                throw new Error(`${name}: bad ${key}`);
            }
        }
        for (const [key, [required]] of Object.entries(rules)) {
            if (required && !parameters.has(key)) {
                throw new Error(`${name}: no ${key}`);
            }
        }
        found[name] = Object.fromEntries(parameters);
    }

    return found;
}

function answer([policyText, limitText]) {
    try {
        const policies = read(policyText, policy);
        const limits = read(limitText, limit);

        for (const name of Object.keys(limits)) {
            if (!policies[name]) {
                throw new Error(`${name} has no policy`);
            }
            if (limits[name].r > policies[name].q) {
                throw new Error(`${name} has more left than there is`);
            }
        }
        return { policies, limits };
    } catch (error) {
        return { error: error.message };
    }
}

const questions = JSON.parse(readFileSync(0, 'utf8'));
console.log(JSON.stringify(questions.map(answer)));
