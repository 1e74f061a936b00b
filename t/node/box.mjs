// Boxes of api_audit_encrypt (api_seal_box.h) by node:crypto alone.
//
//   node box.mjs                    the published one of test_seal_box.c
//   node box.mjs KEYFILE <LOG       events of a log, what is in their boxes

import { createPrivateKey, createPublicKey, diffieHellman, hkdfSync,
         createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const b64 = (b) => Buffer.from(b).toString('base64url');
const priv = (raw) => createPrivateKey({ key: Buffer.concat([
    Buffer.from('302e020100300506032b656e04220420', 'hex'), raw]),
    format: 'der', type: 'pkcs8' });
const pub = (raw) => createPublicKey({ key: Buffer.concat([
    Buffer.from('302a300506032b656e032100', 'hex'), raw]),
    format: 'der', type: 'spki' });
const rawPub = (key) => createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(12);

function key(mine, theirs, by, to) {
    const z = diffieHellman({ privateKey: mine, publicKey: theirs });
    return Buffer.from(hkdfSync('sha256', z, Buffer.concat([by, to]), 'apisec box 1', 32));
}

function nonce(n) {
    const out = Buffer.alloc(12);
    out.writeBigUInt64BE(BigInt(n), 4);
    return out;
}

const aad = (belongs) => Buffer.from('apisec box 1\n' + belongs);

if (process.argv[2] === undefined) {
    const secret = priv(Buffer.from('a secret of the reader, 32 bytes'));
    const seed = priv(Buffer.from('an ephemeral key of a writer....'));
    const to = rawPub(secret), by = rawPub(seed);
    const c = createCipheriv('aes-256-gcm', key(seed, pub(to), by, to), nonce(0));
    const p = Buffer.alloc(32);
    p.write('alice');
    p[5] = 0x80;
    c.setAAD(aad('support'));
    const box = Buffer.concat([c.update(p), c.final(), c.getAuthTag()]);
    console.log(b64(box) + '\n' + b64(by) + '\n'
        + createHash('sha256').update(to).digest('hex').slice(0, 8));
} else {
    const text = readFileSync(process.argv[2], 'utf8').trim();
    const secret = priv(Buffer.from(text.split('+')[1], 'base64url'));
    const to = rawPub(secret);

    for (const line of readFileSync(0, 'utf8').split('\n')) {
        const event = line && JSON.parse(line);
        if (!event || !event.box) continue;
        const by = Buffer.from(event.box.by, 'base64url');
        const data = Buffer.from(event.box.data, 'base64url');
        const d = createDecipheriv('aes-256-gcm', key(secret, pub(by), by, to), nonce(event.box.n));
        d.setAAD(aad(event.support_id));
        d.setAuthTag(data.subarray(-16));
        const p = Buffer.concat([d.update(data.subarray(0, -16)), d.final()]);
        console.log(p.subarray(0, p.lastIndexOf(0x80)).toString());
    }
}
