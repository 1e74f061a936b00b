#include "api_seal_note.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>


#define ED25519 1 /* the algorithm, in texts of keys */
#define KEY_LEN 32
#define SIG_LEN 64
#define HASH_LEN 4

#define DASH "\xe2\x80\x94 " /* an em dash and a space */

struct api_seal_signer_s {
    const api_alloc_t *alloc;
    EVP_PKEY          *pkey;
    uint8_t            name[API_SEAL_NAME_MAX];
    size_t             name_len;
    uint8_t            hash[HASH_LEN];
    bool               is_private;
};


static api_span_t
trim(api_span_t s)
{
    while (s.len && s.data[s.len - 1] <= ' ') {
        s.len--;
    }

    return s;
}


/* Standard base64 of s, padded, of exactly len bytes. */

static bool
decode(api_span_t s, uint8_t *out, size_t len)
{
    int     n;
    uint8_t buf[128];
    size_t  pad = (3 - len % 3) % 3;

    if (s.len != (len + 2) / 3 * 4 || s.len > sizeof(buf) / 3 * 4 - 4) {
        return false;
    }

    n = EVP_DecodeBlock(buf, s.data, (int) s.len);

    if (n < 0 || (size_t) n != len + pad || (pad && s.data[s.len - pad] != '=')
        || (pad == 0 && s.data[s.len - 1] == '='))
    {
        return false;
    }

    memcpy(out, buf, len);
    OPENSSL_cleanse(buf, sizeof(buf));

    return true;
}


static size_t
encode(const uint8_t *bytes, size_t len, char *out)
{
    char buf[160];
    int  n = EVP_EncodeBlock((uint8_t *) buf, bytes, (int) len);

    memcpy(out, buf, (size_t) n);
    OPENSSL_cleanse(buf, sizeof(buf));

    return (size_t) n;
}


static int
public_bytes(const api_seal_signer_t *signer, uint8_t out[1 + KEY_LEN])
{
    size_t len = KEY_LEN;

    out[0] = ED25519;

    if (EVP_PKEY_get_raw_public_key(signer->pkey, out + 1, &len) != 1
        || len != KEY_LEN)
    {
        ERR_clear_error();
        return API_INTERNAL;
    }

    return API_OK;
}


static int
set_hash(api_seal_signer_t *signer)
{
    uint8_t text[API_SEAL_NAME_MAX + 2 + KEY_LEN], sum[SHA256_DIGEST_LENGTH];

    memcpy(text, signer->name, signer->name_len);
    text[signer->name_len] = '\n';

    if (public_bytes(signer, text + signer->name_len + 1) != API_OK) {
        return API_INTERNAL;
    }

    (void) SHA256(text, signer->name_len + 2 + KEY_LEN, sum);
    memcpy(signer->hash, sum, HASH_LEN);

    return API_OK;
}


static bool
name_ok(api_span_t name)
{
    size_t i;

    if (name.len == 0 || name.len > API_SEAL_NAME_MAX) {
        return false;
    }

    for (i = 0; i < name.len; i++) {
        if (name.data[i] <= ' ' || name.data[i] > '~' || name.data[i] == '+'
            || name.data[i] == '"' || name.data[i] == '\\')
        {
            return false;
        }
    }

    return true;
}


static int
make(api_seal_signer_t **out, api_span_t name, const uint8_t key[KEY_LEN],
    bool is_private, const api_alloc_t *alloc, api_err_t *err)
{
    api_seal_signer_t *signer;

    if (!name_ok(name)) {
        return api_fail(err, API_SYNTAX, 0, 0,
            "the name of a key has 1 to %d printable characters, none of them"
            " + \" or \\",
            API_SEAL_NAME_MAX);
    }

    signer = alloc->alloc(alloc->ctx, sizeof(*signer));
    if (signer == NULL) {
        return api_fail(err, API_NOMEM, 0, 0, "no memory");
    }

    ERR_clear_error();
    memset(signer, 0, sizeof(*signer));

    signer->alloc = alloc;
    signer->is_private = is_private;
    signer->name_len = name.len;
    memcpy(signer->name, name.data, name.len);

    signer->pkey = is_private ? EVP_PKEY_new_raw_private_key(
                       EVP_PKEY_ED25519, NULL, key, KEY_LEN)
                              : EVP_PKEY_new_raw_public_key(
                                  EVP_PKEY_ED25519, NULL, key, KEY_LEN);

    if (signer->pkey == NULL || set_hash(signer) != API_OK) {
        ERR_clear_error();
        api_seal_signer_free(signer);
        return api_fail(err, API_INTERNAL, 0, 0, "OpenSSL takes no such key");
    }

    *out = signer;

    return API_OK;
}


int
api_seal_signer_make(api_seal_signer_t **signer, api_span_t name,
    const uint8_t seed[32], const api_alloc_t *alloc, api_err_t *err)
{
    return make(signer, name, seed, true, alloc, err);
}


void
api_seal_signer_free(api_seal_signer_t *signer)
{
    if (signer == NULL) {
        return;
    }

    EVP_PKEY_free(signer->pkey);

    if (signer->alloc->free) {
        signer->alloc->free(signer->alloc->ctx, signer);
    }
}


/* NAME+HASH+KEY */

static bool
split(api_span_t s, api_span_t part[3])
{
    int            i;
    const uint8_t *plus;

    for (i = 0; i < 2; i++) {
        plus = s.len ? memchr(s.data, '+', s.len) : NULL;

        if (plus == NULL) {
            return false;
        }

        part[i] = api_span(s.data, (size_t) (plus - s.data));
        s = api_span(plus + 1, s.len - part[i].len - 1);
    }

    part[2] = s;

    return true;
}


static void
hex(const uint8_t bytes[HASH_LEN], char out[2 * HASH_LEN])
{
    size_t i;

    for (i = 0; i < HASH_LEN; i++) {
        out[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
}


int
api_seal_signer_read(api_seal_signer_t **signer, api_span_t text,
    const api_alloc_t *alloc, api_err_t *err)
{
    int              rc;
    char             sum[2 * HASH_LEN];
    bool             is_private;
    uint8_t          key[1 + KEY_LEN];
    api_span_t       part[3];
    const api_span_t prefix = API_SPAN("PRIVATE+KEY+");

    text = trim(text);

    is_private = text.len > prefix.len
                 && memcmp(text.data, prefix.data, prefix.len) == 0;

    if (is_private) {
        text = api_span(text.data + prefix.len, text.len - prefix.len);
    }

    if (!split(text, part) || !decode(part[2], key, sizeof(key))
        || key[0] != ED25519)
    {
        return api_fail(err, API_SYNTAX, 0, 0,
            "that is no key of a signed note: apisec log keygen makes one");
    }

    rc = make(signer, part[0], key + 1, is_private, alloc, err);
    OPENSSL_cleanse(key, sizeof(key));

    if (rc != API_OK) {
        return rc;
    }

    hex((*signer)->hash, sum);

    if (!api_span_eq(part[1], api_span(sum, sizeof(sum)))) {
        api_seal_signer_free(*signer);
        *signer = NULL;
        return api_fail(err, API_SYNTAX, 0, 0,
            "the hash in the key is not that of its name and bytes");
    }

    return API_OK;
}


bool
api_seal_signer_private(const api_seal_signer_t *signer)
{
    return signer->is_private;
}


api_span_t
api_seal_signer_name(const api_seal_signer_t *signer)
{
    return api_span(signer->name, signer->name_len);
}


static char *
put(char *p, const void *bytes, size_t len)
{
    memcpy(p, bytes, len);

    return p + len;
}


int
api_seal_signer_text(const api_seal_signer_t *signer, bool is_private,
    char out[API_SEAL_KEY_TEXT], size_t *len)
{
    char   *p = out;
    size_t  n = KEY_LEN;
    uint8_t key[1 + KEY_LEN];

    if (is_private && !signer->is_private) {
        return API_INVALID;
    }

    if (!is_private) {
        if (public_bytes(signer, key) != API_OK) {
            return API_INTERNAL;
        }

    } else {
        key[0] = ED25519;

        if (EVP_PKEY_get_raw_private_key(signer->pkey, key + 1, &n) != 1) {
            ERR_clear_error();
            return API_INTERNAL;
        }

        p = put(p, "PRIVATE+KEY+", 12);
    }

    p = put(p, signer->name, signer->name_len);
    *p++ = '+';
    hex(signer->hash, p);
    p += 2 * HASH_LEN;
    *p++ = '+';
    p += encode(key, sizeof(key), p);

    OPENSSL_cleanse(key, sizeof(key));
    *len = (size_t) (p - out);

    return API_OK;
}


static size_t
number(uint64_t v, char *out)
{
    char   buf[20];
    size_t n = sizeof(buf);

    do {
        buf[--n] = (char) ('0' + v % 10);
        v /= 10;
    } while (v);

    memcpy(out, buf + n, sizeof(buf) - n);

    return sizeof(buf) - n;
}


int
api_seal_note_sign(const api_seal_signer_t *signer,
    const api_seal_checkpoint_t *point, char *out, size_t *len)
{
    int         ok;
    char       *p = out;
    size_t      text, n = SIG_LEN;
    uint8_t     sig[HASH_LEN + SIG_LEN];
    EVP_MD_CTX *ctx;

    if (point->origin.len > 128) {
        return API_LIMIT;
    }

    p = put(p, point->origin.data, point->origin.len);
    *p++ = '\n';
    p += number(point->size, p);
    *p++ = '\n';
    p += encode(point->root, API_SEAL_LEN, p);
    *p++ = '\n';
    text = (size_t) (p - out);

    ERR_clear_error();
    ctx = EVP_MD_CTX_new();

    ok =
        ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, signer->pkey) == 1
        && EVP_DigestSign(ctx, sig + HASH_LEN, &n, (const uint8_t *) out, text)
               == 1;

    EVP_MD_CTX_free(ctx);
    ERR_clear_error();

    if (!ok) {
        return API_INTERNAL;
    }

    memcpy(sig, signer->hash, HASH_LEN);

    *p++ = '\n';
    p = put(p, DASH, sizeof(DASH) - 1);
    p = put(p, signer->name, signer->name_len);
    *p++ = ' ';
    p += encode(sig, sizeof(sig), p);
    *p++ = '\n';
    *len = (size_t) (p - out);

    return API_OK;
}


/* The next line of *s, without its end; false: there is none. */

static bool
take(api_span_t *s, api_span_t *line)
{
    const uint8_t *end = s->len ? memchr(s->data, '\n', s->len) : NULL;

    if (end == NULL) {
        return false;
    }

    *line = api_span(s->data, (size_t) (end - s->data));
    *s = api_span(end + 1, s->len - line->len - 1);

    return true;
}


static bool
read_point(api_span_t *s, api_seal_checkpoint_t *point)
{
    size_t     i;
    api_span_t size, root, empty;

    if (!take(s, &point->origin) || !take(s, &size) || !take(s, &root)
        || !take(s, &empty) || empty.len || size.len == 0 || size.len > 18
        || !decode(root, point->root, API_SEAL_LEN))
    {
        return false;
    }

    point->size = 0;

    for (i = 0; i < size.len; i++) {
        if (size.data[i] < '0' || size.data[i] > '9') {
            return false;
        }

        point->size = point->size * 10 + (uint64_t) (size.data[i] - '0');
    }

    return true;
}


static bool
verify(const api_seal_signer_t *signer, const uint8_t sig[SIG_LEN],
    api_span_t text)
{
    bool        ok;
    EVP_MD_CTX *ctx;

    ERR_clear_error();
    ctx = EVP_MD_CTX_new();

    ok = ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, signer->pkey) == 1
         && EVP_DigestVerify(ctx, sig, SIG_LEN, text.data, text.len) == 1;

    EVP_MD_CTX_free(ctx);
    ERR_clear_error();

    return ok;
}


int
api_seal_note_open(const api_seal_signer_t *signer, api_span_t note,
    api_seal_checkpoint_t *point)
{
    size_t     skip = sizeof(DASH) - 1 + signer->name_len + 1;
    uint8_t    sig[HASH_LEN + SIG_LEN];
    api_span_t rest = note, line, text;

    if (!read_point(&rest, point)) {
        return API_SYNTAX;
    }

    text = api_span(note.data, note.len - rest.len - 1);

    /* signatures of others, witnesses, may stand there too */

    while (take(&rest, &line)) {
        if (line.len > skip && memcmp(line.data, DASH, sizeof(DASH) - 1) == 0
            && memcmp(line.data + sizeof(DASH) - 1, signer->name,
                   signer->name_len)
                   == 0
            && line.data[skip - 1] == ' '
            && decode(
                api_span(line.data + skip, line.len - skip), sig, sizeof(sig))
            && memcmp(sig, signer->hash, HASH_LEN) == 0
            && verify(signer, sig + HASH_LEN, text))
        {
            return API_OK;
        }
    }

    return API_DENIED;
}
