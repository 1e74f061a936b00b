// Tokens of the demo that the npm package jose makes, good and bad ones.
//
//     node demo-tokens.mjs DIR STARTER
//
// Writes DIR/jwks.json, the public keys of an identity provider of its own,
// and one file DIR/NAME.jwt a token.  STARTER is a folder made by apisec
// init: the forged tokens claim to be from there.

import { readFileSync, writeFileSync } from 'node:fs';
import * as jose from 'jose';

const [dir, starter] = process.argv.slice(2);
const issuer = 'https://idp.example';

function read(name) {
    return JSON.parse(readFileSync(`${starter}/${name}`, 'utf8'));
}

function write(name, text) {
    writeFileSync(`${dir}/${name}`, text);
}

function claims(iss, scope) {
    const now = Math.floor(Date.now() / 1000);
    return { iss, sub: 'bob', aud: 'orders', scope, iat: now,
             exp: now + 3600 };
}

function sign(header, payload, key) {
    return new jose.SignJWT(payload).setProtectedHeader(header).sign(key);
}


// What a provider does: a key for each algorithm, named by its thumbprint.

const keys = [];
let provider;

for (const alg of ['RS256', 'PS256', 'EdDSA']) {
    const { publicKey, privateKey } =
        await jose.generateKeyPair(alg, { extractable: true });
    const jwk = await jose.exportJWK(publicKey);
    const kid = await jose.calculateJwkThumbprint(jwk);

    keys.push({ ...jwk, kid, alg, use: 'sig' });
    provider = { kid, alg, key: privateKey };
    write(`${alg}.jwt`, await sign({ alg, kid, typ: 'at+jwt' },
        claims(issuer, 'orders:read orders:write'), privateKey));
}

// A token for one client alone: bound to its key (DPoP, RFC 9449). A thief has
// the token, and a key of his own.

for (const name of ['client', 'thief']) {
    const { publicKey, privateKey } =
        await jose.generateKeyPair('ES256', { extractable: true });
    write(`${name}.jwk`, JSON.stringify(await jose.exportJWK(privateKey)));

    if (name === 'client') {
        const { kid, alg, key } = provider;
        const jkt =
            await jose.calculateJwkThumbprint(await jose.exportJWK(publicKey));

        write('bound.jwt', await sign({ alg, kid, typ: 'at+jwt' },
            { ...claims(issuer, 'orders:read'), cnf: { jkt } }, key));
    }
}

write('jwks.json', JSON.stringify({ keys }, null, 2) + '\n');


// What an attacker does who knows all that is public.

const [jwk] = read('keys/jwks.json').keys;
const good = claims(read('apisec.json').issuer, 'orders:read orders:write');

const pem = await jose.exportSPKI(await jose.importJWK(jwk, 'ES256'));
write('confused.jwt', await sign({ alg: 'HS256', kid: jwk.kid }, good,
    new TextEncoder().encode(pem)));

const unsigned = new jose.UnsecuredJWT(good).encode();
write('none.jwt', unsigned);
write('none-signed.jwt', unsigned + 'AAAA');

const other = await jose.generateKeyPair('ES256');
write('wrong-key.jwt', await sign({ alg: 'ES256', kid: jwk.kid }, good,
    other.privateKey));

const [header, payload, signature] =
    readFileSync(`${dir}/RS256.jwt`, 'utf8').split('.');
const changed = JSON.parse(Buffer.from(payload, 'base64url'));
changed.sub = 'admin';
write('tampered.jwt', [header,
    jose.base64url.encode(JSON.stringify(changed)), signature].join('.'));
