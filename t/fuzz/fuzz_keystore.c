/*
 * Input: '0', the number of the allocation that fails (0: none) and a store;
 * or '1' and what a client presents to a store with one key in it, which is
 * the key alone.
 */

#include "api_keystore.h"
#include "fuzz.h"

#include <openssl/err.h>

#define NOW 1700000000
#define MAX_KEYS 8
#define MAX_BYTES 65536

/* HMAC-SHA-256 of GOOD under the pepper below. */

#define GOOD "ak_AAAAAAAA_abcdefghijklmnopqrstuvwxyz012345_6091adac"
#define HASH "e9083ee10c83ee62ec1c69ee7634bc3da23d0ba614ad642790afc7b2a82e6217"


static const char pepper[] = "0123456789abcdef0123456789abcdef";
static const char one[] = "{\"keys\":[{\"id\":\"AAAAAAAA\",\"hash\":"
                          "\"hmac-sha256:" HASH "\",\"principal\":\"p\"}]}";


static void
look_store(size_t fail_at, api_span_t json)
{
    int                         rc;
    fuzz_counter_t              c = { fail_at, 0, 0 };
    api_err_t                   err = { 0, 0, "" };
    api_alloc_t                 alloc = { fuzz_alloc, fuzz_free, &c };
    api_keystore_t             *store = NULL;
    api_keystore_opts_t         opts = { MAX_BYTES, MAX_KEYS, { 1, 2 } };
    const api_keystore_entry_t *entry;

    rc = api_keystore_parse(&store, json, api_span(pepper, sizeof(pepper) - 1),
        &opts, &alloc, &err);

    if (rc == API_OK) {
        MUST(api_keystore_count(store) <= MAX_KEYS);
        MUST(json.len <= MAX_BYTES);

        rc = api_keystore_check(
            store, api_span(GOOD, sizeof(GOOD) - 1), NOW, &entry);
        MUST(rc != API_KEYSTORE_MALFORMED && rc != API_KEYSTORE_CHECKSUM);
        MUST(rc != API_KEYSTORE_OK
             || (entry && !entry->revoked && entry->nbf <= NOW
                 && entry->exp > NOW && entry->principal.len));

        api_keystore_free(store);

    } else {
        MUST(rc != API_INTERNAL);
        MUST(rc != API_NOMEM || (fail_at && c.calls >= fail_at));
        fuzz_text(&err);
    }

    MUST(c.live == 0 && ERR_peek_error() == 0);
}


static void
look_key(api_span_t key)
{
    int                         code;
    bool                        good;
    api_err_t                   err;
    static api_keystore_t      *store;
    static api_keystore_opts_t  opts;
    const api_keystore_entry_t *entry;

    MUST(store
         || api_keystore_parse(&store, api_span(one, sizeof(one) - 1),
                api_span(pepper, sizeof(pepper) - 1), &opts, &api_alloc_libc,
                &err)
                == API_OK);

    code = api_keystore_check(store, key, NOW, &entry);
    good = api_span_eq(key, api_span(GOOD, sizeof(GOOD) - 1));

    MUST((code == API_KEYSTORE_OK) == good && (entry != NULL) == good);
    MUST(good || code == API_KEYSTORE_MALFORMED
         || code == API_KEYSTORE_CHECKSUM || code == API_KEYSTORE_UNKNOWN);
    MUST(ERR_peek_error() == 0);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1 && data[0] == '0') {
        look_store(data[1], api_span(data + 2, size - 2));

    } else if (size && data[0] == '1') {
        look_key(api_span(data + 1, size - 1));
    }

    return 0;
}
