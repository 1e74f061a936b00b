// A second opinion on tokens and keys, by the npm package jose: reads from
// standard input a JSON array of questions, writes an array of answers.
//
//     { token, jwk | secret | jwks, options }
//                                        -> { header, claims } or { error }
//     { jwk }                            -> { thumbprint }
//
// secret is base64url.

import { readFileSync } from 'node:fs';
import * as jose from 'jose';

async function verify({ token, jwk, secret, jwks, options }) {
    if (jwks) {
        const { payload, protectedHeader } = await jose.jwtVerify(
            token, jose.createLocalJWKSet(jwks), options);
        return { header: protectedHeader, claims: payload };
    }

    const { alg } = jose.decodeProtectedHeader(token);
    const key = secret ? jose.base64url.decode(secret)
                       : await jose.importJWK(jwk, alg);
    const { payload, protectedHeader } =
        await jose.jwtVerify(token, key, options);
    return { header: protectedHeader, claims: payload };
}

async function answer(question) {
    try {
        return question.token
            ? await verify(question)
            : { thumbprint: await jose.calculateJwkThumbprint(question.jwk) };
    } catch (error) {
        return { error: error.code ?? error.message };
    }
}

const questions = JSON.parse(readFileSync(0, 'utf8'));
console.log(JSON.stringify(await Promise.all(questions.map(answer))));
