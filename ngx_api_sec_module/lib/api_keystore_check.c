#include "api_keystore_int.h"

#include <zlib.h>


static const char *const names[] = {
    "ok",
    "key_malformed",
    "key_checksum",
    "unknown_key",
    "key_revoked",
    "key_not_yet_valid",
    "key_expired",
    "internal",
};


const char *
api_keystore_code_name(int code)
{
    return code >= 0 && code < API_KEYSTORE_NCODES ? names[code] : "unknown";
}


static bool
is_alnum(uint8_t c)
{
    return (uint8_t) (c - '0') < 10 || (uint8_t) ((c | 0x20) - 'a') < 26;
}


/* The high bit of each byte that is from low to high; all are below 0x80. */

#define BYTES UINT64_C(0x0101010101010101)

static uint64_t
in_range(uint64_t x, uint64_t low, uint64_t high)
{
    return (x + (0x80 - low) * BYTES) & ~(x + (0x7f - high) * BYTES);
}


static bool
all_alnum(const uint8_t p[8])
{
    uint64_t x, is;

    memcpy(&x, p, sizeof(x));
    is = in_range(x, '0', '9') | in_range(x | 0x20 * BYTES, 'a', 'z');

    return (is & ~x & 0x80 * BYTES) == 0x80 * BYTES;
}


int
api_keystore_hex(uint8_t c)
{
    if ((uint8_t) (c - '0') < 10) {
        return c - '0';
    }

    return (uint8_t) (c - 'a') < 6 ? c - 'a' + 10 : -1;
}


bool
api_keystore_alnum(const uint8_t *p, size_t n)
{
    for (/* void */; n >= 8 && all_alnum(p); n -= 8) {
        p += 8;
    }

    while (n && is_alnum(*p)) {
        p++;
        n--;
    }

    return n == 0;
}


uint32_t *
api_keystore_slot(const api_keystore_t *store, api_span_t id)
{
    size_t    i;
    uint32_t *slot;

    for (i = (size_t) api_siphash13(store->seed, id);; i++) {
        slot = &store->slots[i & store->mask];

        if (*slot == 0 || api_span_eq(store->entries[*slot - 1].id, id)) {
            return slot;
        }
    }
}


static int
check_form(api_span_t key)
{
    int      digit;
    size_t   i;
    uint32_t crc = 0;

    if (key.len != API_KEYSTORE_KEY_LEN || memcmp(key.data, "ak_", 3) != 0
        || !api_keystore_alnum(key.data + KEYSTORE_PREFIX, KEYSTORE_ID)
        || key.data[KEYSTORE_PREFIX + KEYSTORE_ID] != '_'
        || !api_keystore_alnum(
            key.data + KEYSTORE_PREFIX + KEYSTORE_ID + 1, KEYSTORE_SECRET)
        || key.data[KEYSTORE_BODY] != '_')
    {
        return API_KEYSTORE_MALFORMED;
    }

    for (i = KEYSTORE_BODY + 1; i < key.len; i++) {
        digit = api_keystore_hex(key.data[i]);

        if (digit < 0) {
            return API_KEYSTORE_MALFORMED;
        }

        crc = crc << 4 | (uint32_t) digit;
    }

    return crc == (uint32_t) crc32(0, key.data, KEYSTORE_BODY)
               ? API_KEYSTORE_OK
               : API_KEYSTORE_CHECKSUM;
}


int
api_keystore_check(api_keystore_t *store, api_span_t key, int64_t now,
    const api_keystore_entry_t **out)
{
    static const api_keystore_entry_t nobody;

    int                         rc;
    uint32_t                   *slot;
    const api_keystore_entry_t *entry;

    *out = NULL;

    rc = check_form(key);
    if (rc != API_KEYSTORE_OK) {
        return rc;
    }

    slot = api_keystore_slot(
        store, api_span(key.data + KEYSTORE_PREFIX, KEYSTORE_ID));
    entry = *slot ? &store->entries[*slot - 1] : &nobody;

    rc = api_jws_verify(api_jwks_key(store->pepper, 0), API_JWS_HS256, key,
        api_span(entry->hash, sizeof(entry->hash)));

    if (rc != API_OK && rc != API_DENIED) {
        return API_KEYSTORE_INTERNAL;
    }

    if (rc == API_DENIED || entry == &nobody) {
        return API_KEYSTORE_UNKNOWN;
    }

    *out = entry;

    if (entry->revoked) {
        return API_KEYSTORE_REVOKED;
    }

    if (now < entry->nbf) {
        return API_KEYSTORE_NOT_YET_VALID;
    }

    return now < entry->exp ? API_KEYSTORE_OK : API_KEYSTORE_EXPIRED;
}
