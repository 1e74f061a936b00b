// A service that verifies tokens, as people put one behind auth_request:
//
//     node verifier.mjs JWKS-FILE      prints the port it listens on
//
// 204 for a good token of https://idp.example with scope orders:read, or 401.

import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { createLocalJWKSet, jwtVerify } from 'jose';

const keys = createLocalJWKSet(JSON.parse(readFileSync(process.argv[2], 'utf8')));
const rules = { issuer: 'https://idp.example', audience: 'orders',
                algorithms: ['ES256'] };

async function status({ headers }) {
    const token = headers.authorization?.replace(/^Bearer /, '') ?? '';

    try {
        const { payload } = await jwtVerify(token, keys, rules);
        return payload.scope?.split(' ').includes('orders:read') ? 204 : 403;
    } catch {
        return 401;
    }
}

const server = createServer(async (request, response) => {
    response.writeHead(await status(request)).end();
});

server.listen(0, '127.0.0.1', () => {
    console.log(server.address().port);
});
