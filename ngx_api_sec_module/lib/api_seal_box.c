#include "api_seal_box.h"
#include "api_base64.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>


#define BLOCK 32
#define TAG 16
#define NONCE 12
#define NUMBERS ((uint64_t) 1 << 32)
#define PADDED (API_SEAL_BOX_MAX + BLOCK)

static const char info[] = "apisec box 1";

struct api_seal_box_s {
    const api_alloc_t *alloc;
    EVP_CIPHER_CTX    *ctx;
    uint64_t           next;
    char               by[API_SEAL_BOX_BY];
};

struct api_seal_opener_s {
    const api_alloc_t *alloc;
    EVP_CIPHER_CTX    *ctx;
    uint8_t            secret[API_SEAL_BOX_KEY];
    uint8_t            open[API_SEAL_BOX_KEY];
    uint8_t            by[API_SEAL_BOX_KEY]; /* that ctx has the key of */
    bool               keyed;
    char               to[API_SEAL_BOX_TO];
};


/* Before a key as text. */

static api_span_t
lead_of(bool is_secret)
{
    return is_secret ? API_SPAN("APISEC-LOG-READER-SECRET+")
                     : API_SPAN("apisec-log-reader+");
}


static int
internal(void)
{
    ERR_clear_error();

    return API_INTERNAL;
}


int
api_seal_box_public(
    const uint8_t secret[API_SEAL_BOX_KEY], uint8_t open[API_SEAL_BOX_KEY])
{
    bool      ok;
    size_t    len = API_SEAL_BOX_KEY;
    EVP_PKEY *key;

    ERR_clear_error();
    key = EVP_PKEY_new_raw_private_key(
        EVP_PKEY_X25519, NULL, secret, API_SEAL_BOX_KEY);
    ok = key && EVP_PKEY_get_raw_public_key(key, open, &len) == 1;
    EVP_PKEY_free(key);

    return ok ? API_OK : internal();
}


size_t
api_seal_box_text(const uint8_t key[API_SEAL_BOX_KEY], bool is_secret,
    char out[API_SEAL_BOX_KEY_MAX])
{
    api_span_t lead = lead_of(is_secret);

    memcpy(out, lead.data, lead.len);

    return lead.len
           + api_base64url_encode(
               api_span(key, API_SEAL_BOX_KEY), out + lead.len);
}


bool
api_seal_box_read(
    api_span_t text, uint8_t key[API_SEAL_BOX_KEY], bool *is_secret)
{
    size_t     len;
    api_span_t lead;

    while (text.len && text.data[text.len - 1] <= ' ') {
        text.len--;
    }

    *is_secret = text.len && text.data[0] == 'A';
    lead = lead_of(*is_secret);

    return text.len == lead.len + API_SEAL_BOX_BY
           && memcmp(text.data, lead.data, lead.len) == 0
           && api_base64url_decode(
                  api_span(text.data + lead.len, API_SEAL_BOX_BY), key, &len)
                  == API_OK;
}


int
api_seal_box_name(
    const uint8_t open[API_SEAL_BOX_KEY], char out[API_SEAL_BOX_TO])
{
    int     i;
    uint8_t sum[32];

    ERR_clear_error();

    if (EVP_Digest(open, API_SEAL_BOX_KEY, sum, NULL, EVP_sha256(), NULL) != 1)
    {
        return internal();
    }

    for (i = 0; i < API_SEAL_BOX_TO; i++) {
        out[i] = "0123456789abcdef"[sum[i / 2] >> (i % 2 ? 0 : 4) & 15];
    }

    return API_OK;
}


/* Z of a private key and the public one of the other side. */

static int
agree(const uint8_t mine[API_SEAL_BOX_KEY],
    const uint8_t theirs[API_SEAL_BOX_KEY], uint8_t z[API_SEAL_BOX_KEY])
{
    bool          ok;
    size_t        len = API_SEAL_BOX_KEY;
    EVP_PKEY     *a, *b;
    EVP_PKEY_CTX *ctx;

    a = EVP_PKEY_new_raw_private_key(
        EVP_PKEY_X25519, NULL, mine, API_SEAL_BOX_KEY);
    b = EVP_PKEY_new_raw_public_key(
        EVP_PKEY_X25519, NULL, theirs, API_SEAL_BOX_KEY);
    ctx = a ? EVP_PKEY_CTX_new(a, NULL) : NULL;

    /* refuses points of small order, whose Z is zero */

    ok = ctx && b && EVP_PKEY_derive_init(ctx) == 1
         && EVP_PKEY_derive_set_peer(ctx, b) == 1
         && EVP_PKEY_derive(ctx, z, &len) == 1;

    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(a);
    EVP_PKEY_free(b);
    ERR_clear_error();

    return ok ? API_OK : API_INVALID;
}


/* K, of one block: HMAC(HMAC(salt, Z), info || 1) */

static int
derive(const uint8_t z[API_SEAL_BOX_KEY], const uint8_t by[API_SEAL_BOX_KEY],
    const uint8_t to[API_SEAL_BOX_KEY], uint8_t key[API_SEAL_BOX_KEY])
{
    bool    ok;
    uint8_t salt[2 * API_SEAL_BOX_KEY], prk[32], text[sizeof(info)];

    memcpy(salt, by, API_SEAL_BOX_KEY);
    memcpy(salt + API_SEAL_BOX_KEY, to, API_SEAL_BOX_KEY);
    memcpy(text, info, sizeof(info) - 1);
    text[sizeof(info) - 1] = 1;

    ok =
        HMAC(EVP_sha256(), salt, sizeof(salt), z, API_SEAL_BOX_KEY, prk, NULL)
        && HMAC(EVP_sha256(), prk, sizeof(prk), text, sizeof(text), key, NULL);

    OPENSSL_cleanse(prk, sizeof(prk));

    return ok ? API_OK : internal();
}


/* The cipher of ctx gets the key that both sides agree on. */

static int
key_of(EVP_CIPHER_CTX *ctx, int encrypt, const uint8_t *mine,
    const uint8_t *theirs, const uint8_t *by, const uint8_t *to)
{
    int     rc;
    uint8_t z[API_SEAL_BOX_KEY], key[API_SEAL_BOX_KEY];

    rc = agree(mine, theirs, z);

    if (rc == API_OK) {
        rc = derive(z, by, to, key);
    }

    if (rc == API_OK
        && EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, NULL, encrypt)
               != 1)
    {
        rc = internal();
    }

    OPENSSL_cleanse(z, sizeof(z));
    OPENSSL_cleanse(key, sizeof(key));

    return rc;
}


int
api_seal_box_create(api_seal_box_t **out, const uint8_t to[API_SEAL_BOX_KEY],
    const uint8_t seed[API_SEAL_BOX_KEY], const api_alloc_t *alloc)
{
    int             rc;
    uint8_t         by[API_SEAL_BOX_KEY];
    api_seal_box_t *box;

    ERR_clear_error();

    box = alloc->alloc(alloc->ctx, sizeof(*box));
    if (box == NULL) {
        return API_NOMEM;
    }

    memset(box, 0, sizeof(*box));
    box->alloc = alloc;
    box->ctx = EVP_CIPHER_CTX_new();
    rc = box->ctx ? api_seal_box_public(seed, by) : API_NOMEM;

    if (rc == API_OK) {
        (void) api_base64url_encode(api_span(by, sizeof(by)), box->by);
        rc = key_of(box->ctx, 1, seed, to, by, to);
    }

    if (rc != API_OK) {
        api_seal_box_free(box);
        return rc;
    }

    *out = box;

    return API_OK;
}


void
api_seal_box_free(api_seal_box_t *box)
{
    if (box == NULL) {
        return;
    }

    EVP_CIPHER_CTX_free(box->ctx);

    if (box->alloc->free) {
        box->alloc->free(box->alloc->ctx, box);
    }
}


const char *
api_seal_box_by(const api_seal_box_t *box)
{
    return box->by;
}


/* Nonce n, and the additional data. */

static bool
begin(EVP_CIPHER_CTX *ctx, int encrypt, uint64_t n, api_span_t belongs)
{
    int     i, len;
    uint8_t nonce[NONCE] = { 0 };

    for (i = 0; i < 8; i++) {
        nonce[NONCE - 1 - i] = (uint8_t) (n >> 8 * i);
    }

    return EVP_CipherInit_ex(ctx, NULL, NULL, NULL, nonce, encrypt) == 1
           && EVP_CipherUpdate(
                  ctx, NULL, &len, (const uint8_t *) "apisec box 1\n", 13)
                  == 1
           && (belongs.len == 0
               || EVP_CipherUpdate(
                      ctx, NULL, &len, belongs.data, (int) belongs.len)
                      == 1);
}


int
api_seal_box_close(api_seal_box_t *box, api_span_t belongs, api_span_t text,
    char *out, uint64_t *n)
{
    int     len;
    size_t  padded;
    uint8_t p[PADDED + TAG];

    if (text.len > API_SEAL_BOX_MAX || belongs.len > API_SEAL_BOX_MAX
        || box->next == NUMBERS)
    {
        return API_LIMIT;
    }

    padded = (text.len + BLOCK) / BLOCK * BLOCK;
    memset(p + text.len, 0, padded - text.len);

    if (text.len) {
        memcpy(p, text.data, text.len);
    }

    p[text.len] = 0x80;

    if (!begin(box->ctx, 1, box->next, belongs)
        || EVP_EncryptUpdate(box->ctx, p, &len, p, (int) padded) != 1
        || EVP_EncryptFinal_ex(box->ctx, p + padded, &len) != 1
        || EVP_CIPHER_CTX_ctrl(box->ctx, EVP_CTRL_GCM_GET_TAG, TAG, p + padded)
               != 1)
    {
        OPENSSL_cleanse(p, sizeof(p));
        return internal();
    }

    *n = box->next++;
    (void) api_base64url_encode(api_span(p, padded + TAG), out);

    return API_OK;
}


int
api_seal_opener_create(api_seal_opener_t **out,
    const uint8_t secret[API_SEAL_BOX_KEY], const api_alloc_t *alloc)
{
    int                rc;
    api_seal_opener_t *o;

    o = alloc->alloc(alloc->ctx, sizeof(*o));
    if (o == NULL) {
        return API_NOMEM;
    }

    memset(o, 0, sizeof(*o));
    o->alloc = alloc;
    memcpy(o->secret, secret, API_SEAL_BOX_KEY);
    o->ctx = EVP_CIPHER_CTX_new();
    rc = o->ctx ? api_seal_box_public(secret, o->open) : API_NOMEM;

    if (rc == API_OK) {
        rc = api_seal_box_name(o->open, o->to);
    }

    if (rc != API_OK) {
        api_seal_opener_free(o);
        return rc;
    }

    *out = o;

    return API_OK;
}


void
api_seal_opener_free(api_seal_opener_t *o)
{
    if (o == NULL) {
        return;
    }

    EVP_CIPHER_CTX_free(o->ctx);
    OPENSSL_cleanse(o->secret, sizeof(o->secret));

    if (o->alloc->free) {
        o->alloc->free(o->alloc->ctx, o);
    }
}


const char *
api_seal_opener_to(const api_seal_opener_t *o)
{
    return o->to;
}


/* The text before the padding; false: there is none. */

static bool
unpad(const uint8_t *p, size_t n, size_t *len)
{
    size_t end = n;

    while (end && p[end - 1] == 0) {
        end--;
    }

    *len = end - (end > 0);

    return end && p[end - 1] == 0x80 && n - end < BLOCK;
}


int
api_seal_open(api_seal_opener_t *o, api_span_t by_text, uint64_t n,
    api_span_t belongs, api_span_t box, char *out, size_t *len)
{
    int     got, rc;
    size_t  size;
    uint8_t by[API_SEAL_BOX_KEY], p[PADDED + TAG];

    if (by_text.len != API_SEAL_BOX_BY || belongs.len > API_SEAL_BOX_MAX
        || box.len > API_SEAL_BOX_SIZE(API_SEAL_BOX_MAX)
        || api_base64url_decode(by_text, by, &size) != API_OK
        || api_base64url_decode(box, p, &size) != API_OK || size < BLOCK + TAG
        || (size - TAG) % BLOCK)
    {
        return API_SYNTAX;
    }

    ERR_clear_error();

    if (!o->keyed || memcmp(o->by, by, sizeof(by)) != 0) {
        o->keyed = false;
        rc = key_of(o->ctx, 0, o->secret, by, by, o->open);

        if (rc != API_OK) {
            return rc == API_INVALID ? API_DENIED : rc;
        }

        memcpy(o->by, by, sizeof(by));
        o->keyed = true;
    }

    size -= TAG;

    if (!begin(o->ctx, 0, n, belongs)
        || EVP_DecryptUpdate(o->ctx, p, &got, p, (int) size) != 1
        || EVP_CIPHER_CTX_ctrl(o->ctx, EVP_CTRL_GCM_SET_TAG, TAG, p + size)
               != 1)
    {
        return internal();
    }

    if (EVP_DecryptFinal_ex(o->ctx, p + size, &got) != 1
        || !unpad(p, size, len) || *len > API_SEAL_BOX_MAX)
    {
        ERR_clear_error();
        OPENSSL_cleanse(p, sizeof(p));
        return API_DENIED;
    }

    memcpy(out, p, *len);
    OPENSSL_cleanse(p, sizeof(p));

    return API_OK;
}
