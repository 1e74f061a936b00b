// A DPoP proof (RFC 9449) by the npm package jose, on standard output.
//
//     node demo-proof.mjs KEY.jwk TOKEN.jwt METHOD URL

import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as jose from 'jose';

const [file, token, htm, htu] = process.argv.slice(2);
const { d, ...jwk } = JSON.parse(readFileSync(file, 'utf8'));
const ath = createHash('sha256').update(readFileSync(token, 'utf8').trim())
    .digest('base64url');

console.log(await new jose.SignJWT({ jti: randomUUID(), htm, htu, ath })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
    .setIssuedAt()
    .sign(await jose.importJWK({ ...jwk, d }, 'ES256')));
