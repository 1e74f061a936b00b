// An OpenID provider for the tests: key set, JWT and opaque access tokens,
// introspection. POST /rotate signs with another key from then on, which is
// published beside the old one; POST /drop takes the old one away.

import http from 'node:http';
import { generateKeyPair, exportJWK } from 'jose';
import Provider from 'oidc-provider';

const port = Number(process.argv[2]);
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
        client_id: 'gateway', client_secret: 'gateway:s3cret', redirect_uris: [], response_types: [],
        grant_types: ['client_credentials'], id_token_signed_response_alg: 'ES256',
      },
    ],
    clientAuthMethods: ['client_secret_basic'],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true },
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

http.createServer(async (request, response) => {
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
}).listen(port, '127.0.0.1', () => console.log('ready'));
