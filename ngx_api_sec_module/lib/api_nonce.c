#include "api_base64.h"
#include "api_nonce.h"


#define NONCE_TIME 8
#define NONCE_TAG 16
#define NONCE_BYTES (NONCE_TIME + NONCE_TAG)


static void
put64(uint8_t *p, uint64_t v)
{
    unsigned i;

    for (i = 0; i < 8; i++) {
        p[i] = (uint8_t) (v >> (56 - 8 * i));
    }
}


static void
fill(const api_nonce_key_t *key, uint64_t time, uint8_t out[NONCE_BYTES])
{
    unsigned i;

    put64(out, time);

    for (i = 0; i < 2; i++) {
        put64(out + NONCE_TIME + 8 * i,
            api_siphash24(key->half[i], api_span(out, NONCE_TIME)));
    }
}


void
api_nonce_make(
    const api_nonce_key_t *key, int64_t now, char out[API_NONCE_LEN])
{
    uint8_t bytes[NONCE_BYTES];

    fill(key, (uint64_t) now, bytes);
    api_base64url_encode(api_span(bytes, sizeof(bytes)), out);
}


int
api_nonce_check(const api_nonce_key_t *key, api_span_t nonce, int64_t now,
    int64_t life, bool *renew)
{
    size_t   i, len;
    int64_t  made;
    uint8_t  bytes[NONCE_BYTES], want[NONCE_BYTES];
    uint64_t time = 0;

    *renew = true;

    if (nonce.len != API_NONCE_LEN
        || api_base64url_decode(nonce, bytes, &len) != API_OK)
    {
        return API_DENIED;
    }

    for (i = 0; i < NONCE_TIME; i++) {
        time = time << 8 | bytes[i];
    }

    fill(key, time, want);

    if (!api_span_eq_secret(
            api_span(bytes, sizeof(bytes)), api_span(want, sizeof(want))))
    {
        return API_DENIED;
    }

    /* ours, so it is the time of a clock of ours: one may be ahead a little */

    made = (int64_t) time;

    if (now - made >= life || made - now > life) {
        return API_DENIED;
    }

    *renew = now - made > life / 2;

    return API_OK;
}
