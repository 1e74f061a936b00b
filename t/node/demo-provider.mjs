// The demo's identity provider while it runs: its key set over HTTP, and a key
// that is changed.
//
//     node demo-provider.mjs DIR      prints the port it listens on
//
//     GET  /jwks.json    the public keys; at first those of DIR/jwks.json
//     POST /rotate       signs with a new EdDSA key from now on, published
//                        beside the old one; DIR/rotated.jwt is by the new key
//     POST /drop         publishes the old one no longer

import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import * as jose from 'jose';

const [dir] = process.argv.slice(2);
const alg = 'EdDSA';
let { keys } = JSON.parse(readFileSync(`${dir}/jwks.json`, 'utf8'));
let current = keys.find((key) => key.alg === alg).kid;

async function rotate() {
    const { publicKey, privateKey } = await jose.generateKeyPair(alg);
    const jwk = await jose.exportJWK(publicKey);
    const kid = await jose.calculateJwkThumbprint(jwk);

    keys.push({ ...jwk, kid, alg, use: 'sig' });
    current = kid;

    writeFileSync(`${dir}/rotated.jwt`, await new jose.SignJWT(
        { sub: 'bob', scope: 'orders:read' })
        .setProtectedHeader({ alg, kid, typ: 'at+jwt' })
        .setIssuer('https://idp.example').setAudience('orders')
        .setIssuedAt().setExpirationTime('1h').sign(privateKey));
}

function drop() {
    keys = keys.filter((key) => key.alg !== alg || key.kid === current);
}

const does = { 'GET /jwks.json': () => {}, 'POST /rotate': rotate,
               'POST /drop': drop };

const server = createServer(async (request, response) => {
    const act = does[`${request.method} ${request.url}`];
    await act?.();
    response.writeHead(act ? 200 : 404, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ keys }) + '\n');
});

server.listen(0, '127.0.0.1', () => console.log(server.address().port));
