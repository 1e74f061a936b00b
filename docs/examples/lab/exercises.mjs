// The lab's exercises: what the attacker sends, how it is seen that it worked,
// and what an honest client sends at the same place.
//
// title, owasp   what it is
// page           in docs/, which explains it
// attack         requests, one after the other
// harm(answers)  true: the attack worked
// status, reason of the last answer when the gateway stands before it; without
//                a status the answer comes, but without the harm
// twin, well(answer)

const decode = (answer) => JSON.parse(answer.body);

function forged(sub) {
    const part = (value) =>
        Buffer.from(JSON.stringify(value)).toString('base64url');
    const expires = Math.floor(Date.now() / 1000) + 600;
    return part({ alg: 'none', typ: 'JWT' }) + '.' + part({
        iss: 'https://lab.example', aud: 'parcels', sub,
        scope: 'parcels:read parcels:admin', exp: expires,
    }) + '.';
}

export function exercises({ alice, bob, staff, insidePort }) {
    const login = (password, from) => ({
        method: 'POST', path: '/v1/login',
        headers: { 'X-Forwarded-For': from },
        json: { user: 'alice', password },
    });
    const coupon = (token) => ({
        method: 'POST', path: '/v1/coupons', token, json: { code: 'WELCOME' },
    });

    return [{
        title: "somebody else's parcels",
        owasp: 'API1:2023 Broken Object Level Authorization',
        page: 'guide/object-level.md',
        attack: [{ path: '/v1/customers/bob/parcels', token: alice }],
        harm: ([got]) => got.status === 200 && /"to":"bob"/.test(got.body),
        status: 403, reason: 'other_owner',
        twin: { path: '/v1/customers/alice/parcels', token: alice },
        well: (got) => got.status === 200 && /"to":"alice"/.test(got.body),
    }, {
        title: 'a token nobody signed',
        owasp: 'API2:2023 Broken Authentication',
        page: 'directives/jwt.md',
        attack: [{ path: '/v1/customers/bob', token: forged('bob') }],
        harm: ([got]) => got.status === 200 && /"name":"Bob"/.test(got.body),
        status: 401, reason: 'malformed',
        twin: { path: '/v1/customers/bob', token: bob },
        well: (got) => got.status === 200,
    }, {
        title: 'guessing a password',
        owasp: 'API2:2023 Broken Authentication',
        page: 'directives/ban.md',
        attack: ['rose', 'daisy', 'lily', 'poppy', 'tulip'].map(
            (word) => login(word, '192.0.2.66')),
        harm: (got) => got.at(-1).status === 200,
        status: 429, reason: 'banned',
        twin: login('tulip', '192.0.2.7'),
        well: (got) => got.status === 200,
    }, {
        title: 'a member of the record that is not yours to set',
        owasp: 'API3:2023 Broken Object Property Level Authorization',
        page: 'guide/contract.md',
        attack: [{ method: 'PATCH', path: '/v1/customers/alice', token: alice,
                   json: { name: 'Alice', role: 'admin', credit: 9999 } }],
        harm: ([got]) => got.status === 200 && decode(got).role === 'admin',
        status: 422, reason: 'body',
        twin: { method: 'PATCH', path: '/v1/customers/alice', token: alice,
                json: { name: 'Alice A.' } },
        well: (got) => decode(got).name === 'Alice A.',
    }, {
        title: 'more in the answer than the page shows',
        owasp: 'API3:2023 Broken Object Property Level Authorization',
        page: 'directives/leak.md',
        attack: [{ path: '/v1/parcels/7', token: alice }],
        harm: ([got]) => /4111111111111111/.test(got.body),
        reason: 'card',
        twin: { path: '/v1/parcels/7', token: alice },
        well: (got) => got.status === 200 && decode(got).item === 'parcel 7',
    }, {
        title: 'a list as long as you like',
        owasp: 'API4:2023 Unrestricted Resource Consumption',
        page: 'directives/schema.md',
        attack: [{ path: '/v1/parcels?limit=200000', token: alice }],
        harm: ([got]) => got.body.length > 5_000_000,
        status: 400, reason: 'parameter',
        twin: { path: '/v1/parcels?limit=20', token: alice },
        well: (got) => got.status === 200 && decode(got).length === 20,
    }, {
        title: 'what only staff may do',
        owasp: 'API5:2023 Broken Function Level Authorization',
        page: 'directives/require.md',
        attack: [{ method: 'DELETE', path: '/v1/parcels/9', token: alice }],
        harm: ([got]) => got.status === 200 && decode(got).deleted === 9,
        status: 403, reason: 'insufficient_scope',
        twin: { method: 'DELETE', path: '/v1/parcels/10', token: staff },
        well: (got) => got.status === 200,
    }, {
        title: 'one coupon, five times',
        owasp: 'API6:2023 Unrestricted Access to Sensitive Business Flows',
        page: 'guide/limits.md',
        attack: Array.from({ length: 5 }, () => coupon(alice)),
        harm: (got) => got.filter(({ status }) => status === 200).length > 1,
        status: 429, reason: 'rate',
        twin: coupon(bob),
        well: (got) => got.status === 200 && decode(got).credit >= 5,
    }, {
        title: 'an address inside, fetched by the server',
        owasp: 'API7:2023 Server Side Request Forgery',
        page: 'guide/waf-core-rules.md',
        attack: [{ method: 'POST', path: '/v1/webhooks', token: alice,
                   json: { url: `http://127.0.0.1:${insidePort}/keys` } }],
        harm: ([got]) => /key-of-the-machine/.test(got.body),
        status: 403, reason: 'rule',
        twin: { method: 'POST', path: '/v1/webhooks', token: alice,
                json: { url: 'https://hooks.example/parcels' } },
        well: (got) => got.status === 201,
    }, {
        title: 'the version before, which everybody forgot',
        owasp: 'API9:2023 Improper Inventory Management',
        page: 'directives/inventory.md',
        attack: [{ path: '/v0/parcels', token: alice }],
        harm: ([got]) => got.status === 200 && /"card"/.test(got.body),
        status: 404, reason: 'path',
        twin: { path: '/v1/parcels', token: alice },
        well: (got) => got.status === 200,
    }];
}
