// An OpenID provider for the tests: key set, JWT and opaque access tokens,
// introspection, tokens bound by DPoP and (client bank) to TLS certificates.
// POST /rotate signs with another key from then on, which is published beside
// the old one; POST /drop takes the old one away.
//
//     node provider.mjs PORT [TLS-PORT KEY-FILE CERTIFICATE-FILE]

import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { generateKeyPair, exportJWK } from 'jose';
import Provider from 'oidc-provider';

const [port, tlsPort, keyFile, certFile] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

let serial = 0;
let keys = [];

async function newKey() {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { ...await exportJWK(privateKey), kid: `k${++serial}`, use: 'sig', alg: 'ES256' };
}

function provider() {
  return new Provider(issuer, {
    jwks: { keys },
    cookies: { keys: ['test'] },
    scopes: ['read'],
    clients: [
      {
        client_id: 'shop', client_secret: 'shop-secret', redirect_uris: [], response_types: [],
        grant_types: ['client_credentials'], id_token_signed_response_alg: 'ES256',
      },
      {
        client_id: 'bank', client_secret: 'bank-secret', redirect_uris: [], response_types: [],
        grant_types: ['client_credentials'], id_token_signed_response_alg: 'ES256',
        tls_client_certificate_bound_access_tokens: true,
      },
      {
        client_id: 'gateway', client_secret: 'gateway:s3cret', redirect_uris: [], response_types: [],
        grant_types: ['client_credentials'], id_token_signed_response_alg: 'ES256',
      },
    ],
    clientAuthMethods: ['client_secret_basic'],
    enabledJWA: { dPoPSigningAlgValues: ['ES256', 'RS256', 'EdDSA'] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true },
      mTLS: {
        enabled: true, certificateBoundAccessTokens: true,
        getCertificate: (ctx) => ctx.socket.getPeerX509Certificate?.(),
      },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        getResourceServerInfo: (ctx, resource) => ({
          scope: 'read', audience: resource, accessTokenTTL: 600,
          accessTokenFormat: resource === 'urn:jwt' ? 'jwt' : 'opaque',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    ttl: { ClientCredentials: 600 },
  }).callback();
}

keys = [await newKey()];
let answer = provider();

async function serve(request, response) {
  if (request.url === '/rotate') {
    keys = [await newKey(), ...keys];
  } else if (request.url === '/drop') {
    keys = keys.slice(0, 1);
  } else {
    answer(request, response);
    return;
  }
  answer = provider();
  response.end(JSON.stringify(keys.map((key) => key.kid)));
}

function listen(server, at) {
  return new Promise((ready) => { server.listen(Number(at), '127.0.0.1', ready); });
}

if (tlsPort) {
  await listen(https.createServer({
    key: fs.readFileSync(keyFile),
    cert: fs.readFileSync(certFile),
    requestCert: true,
    rejectUnauthorized: false,
  }, serve), tlsPort);
}

await listen(http.createServer(serve), port);
console.log('ready');
