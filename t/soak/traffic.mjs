// Traffic for the soak: benign and hostile requests over HTTP/1.1 and HTTP/2,
// each with the statuses it may get.
//
//     node traffic.mjs CONFIG.json
//
// CONFIG: {h1, h2, seconds, seed, clients, tokens: {...}, key}.  The last line
// on standard output is a JSON report: requests, answers, statuses, resets,
// and the answers that were not as expected.

import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:http2';
import { readFileSync } from 'node:fs';

const config = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const until = Date.now() + config.seconds * 1000;
const report = { sent: 0, answers: 0, resets: 0, wrong: 0, statuses: {},
                 scenarios: {}, examples: {} };


// Numbers that the seed gives again (xorshift32).

function random(seed) {
    let state = seed >>> 0 || 1;
    return (n) => {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        state >>>= 0;
        return state % n;
    };
}


// [weight, name, statuses, make(random)].  A request is {method, path,
// headers, json, body, token}.

const { alice, bob, spare, narrow, limited } = config.tokens;

function tampered(token) {
    const at = token.lastIndexOf('.') + 1;
    const other = token[at] === 'A' ? 'B' : 'A';
    return token.slice(0, at) + other + token.slice(at + 1);
}

function unsigned(token) {
    const header = Buffer.from('{"alg":"none","typ":"JWT"}');
    return `${header.toString('base64url')}.${token.split('.')[1]}.`;
}

const json = (method, path, value, token = alice) =>
    ({ method, path, json: value, token });
const get = (path, token = alice) => ({ method: 'GET', path, token });
const address = (next) => `198.51.${next(100)}.${next(250) + 1}`;

const scenarios = [
    [20, 'list', [200], (next) => get(`/v1/parcels?limit=${next(20) + 1}`)],
    [10, 'own', [200], () => get('/v1/customers/alice/parcels')],
    [10, 'one', [200], (next) => get(`/v1/parcels/${next(4) + 7}`, bob)],
    [6, 'change', [200], (next) => json('PATCH', '/v1/customers/alice',
        { name: `Alice ${next(1000)}` })],
    [6, 'webhook', [201], (next) => json('POST', '/v1/webhooks',
        { url: `https://hooks.example/${next(1000)}` })],
    [6, 'key', [200], () => ({ method: 'GET', path: '/keyed/parcels',
        headers: { 'x-api-key': config.key } })],
    [4, 'spare', [200, 401], () => get('/v1/parcels', spare)],
    [6, 'limited', [200, 429], () => get('/limited/parcels', limited)],
    [4, 'login', [200], (next) => ({ method: 'POST', path: '/v1/login',
        json: { user: 'alice', password: 'tulip' },
        headers: { 'x-forwarded-for': address(next) } })],

    [4, 'guess', [401, 429], (next) => ({ method: 'POST', path: '/v1/login',
        json: { user: 'alice', password: `rose${next(100)}` },
        headers: { 'x-forwarded-for': `203.0.113.${next(20) + 1}` } })],
    [4, 'nobody', [401], () => get('/v1/parcels', null)],
    [4, 'tampered', [401], () => get('/v1/parcels', tampered(alice))],
    [3, 'none', [401], () => get('/v1/parcels', unsigned(alice))],
    [3, 'garbage', [401, 400], (next) => get('/v1/parcels',
        'x'.repeat(next(3000) + 1))],
    [4, 'foreign', [403], () => get('/v1/customers/bob/parcels')],
    [3, 'scope', [403], () => ({ method: 'DELETE', path: '/v1/parcels/7',
        token: alice })],
    [2, 'no scope', [403], () => get('/v1/parcels', narrow)],
    [4, 'extra', [422], () => json('PATCH', '/v1/customers/alice',
        { name: 'A', role: 'admin' })],
    [3, 'type', [422], () => json('PATCH', '/v1/customers/alice',
        { name: 7 })],
    [3, 'cut off', [400], () => ({ method: 'PATCH', token: alice,
        path: '/v1/customers/alice', body: '{"name":"A"',
        headers: { 'content-type': 'application/json' } })],
    [2, 'twice', [400], () => ({ method: 'PATCH', token: alice,
        path: '/v1/customers/alice', body: '{"name":"A","name":"B"}',
        headers: { 'content-type': 'application/json' } })],
    [2, 'media', [415], () => ({ method: 'PATCH', token: alice,
        path: '/v1/customers/alice', body: 'name=A',
        headers: { 'content-type': 'text/csv' } })],
    [4, 'sql', [403], (next) => json('PATCH', '/v1/customers/alice',
        { name: `x' UNION SELECT ${next(9)},password FROM users-- ` })],
    [3, 'html', [403], () => json('PATCH', '/v1/customers/alice',
        { name: '<script>alert(document.cookie)</script>' })],
    [3, 'inside', [403], (next) => json('POST', '/v1/webhooks',
        { url: `http://127.0.0.1:${next(60000) + 1}/keys` })],
    [4, 'nowhere', [404], (next) => get(`/v1/${next(1e9)}/${next(1e9)}`)],
    [2, 'dots', [400, 404], () => get('/v1/..%2f..%2fetc/passwd')],
    [2, 'method', [405], () => ({ method: 'PUT', path: '/v1/parcels',
        token: alice, json: {} })],
    [2, 'parameter', [400], (next) => get(`/v1/parcels?x${next(99)}=1`)],
    [1, 'large', [413], () => ({ method: 'PATCH', token: alice,
        path: '/v1/customers/alice', body: ' '.repeat(3 << 20),
        headers: { 'content-type': 'application/json' } })],
];

const total = scenarios.reduce((sum, [weight]) => sum + weight, 0);

function pick(next) {
    let n = next(total);
    for (const scenario of scenarios) {
        n -= scenario[0];
        if (n < 0) return scenario;
    }
    return scenarios[0];
}


function headersOf({ headers, json: value, token }) {
    return { ...(value && { 'content-type': 'application/json' }),
             ...(token && { authorization: `Bearer ${token}` }), ...headers };
}

const bodyOf = (wanted) =>
    wanted.body ?? (wanted.json && JSON.stringify(wanted.json));

// A status; 0 when the connection went.

function ask1(agent, wanted) {
    return new Promise((done) => {
        const body = bodyOf(wanted);
        const request = httpRequest({
            host: '127.0.0.1', port: config.h1, agent, timeout: 60000,
            method: wanted.method, path: wanted.path,
            headers: { ...headersOf(wanted),
                       ...(body && { 'content-length': body.length }) },
        }, (response) => {
            response.on('error', () => done(response.statusCode));
            response.on('end', () => done(response.statusCode));
            response.resume();
        });
        request.on('timeout', () => request.destroy());
        request.on('error', () => done(0));
        request.end(body);
    });
}

function session() {
    const made = connect(`http://127.0.0.1:${config.h2}`);
    made.on('error', () => {});
    return made;
}

function ask2(client, wanted) {
    return new Promise((done) => {
        let status = 0;
        let stream;

        try {
            stream = client.request({
                ':method': wanted.method, ':path': wanted.path,
                ...headersOf(wanted) });
        } catch {
            done(0);
            return;
        }

        stream.setTimeout(60000, () => stream.close());
        stream.on('response', (head) => { status = head[':status']; });
        stream.on('error', () => {});
        stream.on('close', () => done(status));
        stream.resume();
        stream.end(bodyOf(wanted));
    });
}


function note(scenario, status, version) {
    const [, name, allowed] = scenario;

    report.scenarios[name] = (report.scenarios[name] ?? 0) + 1;

    if (status === 0) {
        report.resets++;
        return;
    }

    report.answers++;
    report.statuses[status] = (report.statuses[status] ?? 0) + 1;

    if (!allowed.includes(status)) {
        const line = `${name} over ${version}: ${status}, expected `
            + allowed.join(' or ');
        report.wrong++;
        report.examples[line] = (report.examples[line] ?? 0) + 1;
    }
}

async function client1(seed) {
    const next = random(seed);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });

    while (Date.now() < until) {
        const scenario = pick(next);
        report.sent++;
        note(scenario, await ask1(agent, scenario[3](next)), 'HTTP/1.1');
    }
    agent.destroy();
}

async function client2(seed) {
    const next = random(seed);
    let client = session();

    while (Date.now() < until) {
        if (client.destroyed || client.closed) client = session();

        const round = Array.from({ length: next(4) + 1 }, () => pick(next));
        report.sent += round.length;

        await Promise.all(round.map(async (scenario) => {
            const status = await ask2(client, scenario[3](next));
            note(scenario, status, 'HTTP/2');
        }));
    }
    client.close();
}


const clients = [];

for (let n = 0; n < config.clients; n++) {
    clients.push(n % 3 === 2 ? client2(config.seed + n + 1)
                             : client1(config.seed + n + 1));
}

await Promise.all(clients);
console.log(JSON.stringify(report));
process.exit(0);
