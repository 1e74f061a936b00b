// The lab's API: weak on purpose, and only for 127.0.0.1.  Each weakness has
// the number of the exercise that uses it.
//
//     node weak-api.mjs      prints two ports: of the API, of a service inside
//
//     POST   /v1/login                     {"user", "password"}
//     GET    /v1/customers/ID              PATCH {"name"}
//     GET    /v1/customers/ID/parcels
//     GET    /v1/parcels?limit=N
//     GET    /v1/parcels/ID                DELETE: for staff
//     POST   /v1/coupons                   {"code"}
//     POST   /v1/webhooks                  {"url"}
//     GET    /v0/parcels                   an older version

import { createServer, get } from 'node:http';

const passwords = new Map([['alice', 'tulip'], ['bob', 'cactus']]);

const customers = new Map([
    ['alice', { id: 'alice', name: 'Alice', role: 'customer', credit: 0 }],
    ['bob', { id: 'bob', name: 'Bob', role: 'customer', credit: 0 }],
]);

const card = '4111111111111111';
const parcels = new Map([7, 8, 9, 10].map((id) => [id, {
    id, to: id % 2 ? 'alice' : 'bob', item: `parcel ${id}`, payment: { card },
}]));

class Refused extends Error {
    constructor(status, message) {
        super(message);
        this.status = status;
    }
}

async function json(request) {
    let all = '';
    for await (const chunk of request.setEncoding('utf8')) all += chunk;
    return JSON.parse(all);
}

// 2: whoever writes a token is believed; nobody looks at the signature.

function caller(request) {
    const token = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url');

    try {
        return JSON.parse(payload.toString());
    } catch {
        throw new Refused(401, 'no token');
    }
}

function find(map, id) {
    if (!map.has(id)) throw new Refused(404, 'not found');
    return map.get(id);
}

function fetchText(url) {
    return new Promise((resolve) => {
        const request = get(url, { timeout: 500 }, async (response) => {
            let all = '';
            for await (const chunk of response.setEncoding('utf8')) all += chunk;
            resolve(all.slice(0, 1000));
        });
        request.on('timeout', () => request.destroy());
        request.on('error', () => resolve(null));
        setTimeout(() => request.destroy(), 1000).unref();
    });
}

// METHOD and path pattern: what is answered, as [STATUS, VALUE].

const routes = [
    // 3: as many guesses as anybody likes

    ['POST', /^\/v1\/login$/, async (_, request) => {
        const { user, password } = await json(request);
        const right = passwords.has(user) && passwords.get(user) === password;
        return right ? [200, { welcome: user }] : [401, { error: 'wrong' }];
    }],

    // 1: nobody asks whose it is

    ['GET', /^\/v1\/customers\/([^/]+)\/parcels$/, ([id], request) => {
        caller(request);
        const own = [...parcels.values()].filter((parcel) => parcel.to === id);
        return [200, own.map(({ id, to, item }) => ({ id, to, item }))];
    }],

    ['GET', /^\/v1\/customers\/([^/]+)$/, ([id], request) => {
        caller(request);
        return [200, find(customers, id)];
    }],

    // 4: every member that comes is taken

    ['PATCH', /^\/v1\/customers\/([^/]+)$/, async ([id], request) => {
        caller(request);
        return [200, Object.assign(find(customers, id), await json(request))];
    }],

    // 6: as many as the client asks for

    ['GET', /^\/v1\/parcels$/, (_, request, query) => {
        caller(request);
        const all = [...parcels.values()];
        const limit = Number(query.get('limit') ?? 20);
        return [200, Array.from({ length: limit }, (_, n) => {
            const { id, to, item } = all[n % all.length];
            return { id, to, item };
        })];
    }],

    // 5: the whole record, the card with it

    ['GET', /^\/v1\/parcels\/(\d+)$/, ([id], request) => {
        caller(request);
        return [200, find(parcels, Number(id))];
    }],

    // 7: what staff may do, anybody may

    ['DELETE', /^\/v1\/parcels\/(\d+)$/, ([id], request) => {
        caller(request);
        find(parcels, Number(id));
        parcels.delete(Number(id));
        return [200, { deleted: Number(id) }];
    }],

    // 8: a coupon is good again and again

    ['POST', /^\/v1\/coupons$/, async (_, request) => {
        const customer = find(customers, caller(request).sub);
        const { code } = await json(request);
        if (code === 'WELCOME') customer.credit += 5;
        return [200, { credit: customer.credit }];
    }],

    // 9: the server fetches what a client names

    ['POST', /^\/v1\/webhooks$/, async (_, request) => {
        caller(request);
        const { url } = await json(request);
        const preview = url.startsWith('http:') ? await fetchText(url) : null;
        return [201, { url, preview }];
    }],

    // 10: the version before, which everybody forgot

    ['GET', /^\/v0\/parcels$/, () => [200, [...parcels.values()]]],
];

async function serve(request) {
    const { pathname, searchParams } = new URL(request.url, 'http://parcels');

    for (const [method, pattern, handler] of routes) {
        const match = pattern.exec(pathname);
        if (match && method === request.method) {
            const words = match.slice(1).map(decodeURIComponent);
            return handler(words, request, searchParams);
        }
    }
    throw new Refused(404, 'not found');
}

const api = createServer(async (request, response) => {
    let status;
    let value;

    try {
        [status, value] = await serve(request);
    } catch (error) {
        [status, value] = [error.status ?? 400, { error: error.message }];
    }

    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(value) + '\n');
});

// What a machine in the cloud has beside it: keys, for whoever is inside.

const inside = createServer((_, response) => {
    response.end('{"key": "key-of-the-machine"}\n');
});

api.listen(0, '127.0.0.1', () => {
    inside.listen(0, '127.0.0.1', () => {
        console.log(`${api.address().port} ${inside.address().port}`);
    });
});
