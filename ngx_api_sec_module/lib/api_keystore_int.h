/*
 * The inside of a store, for api_keystore*.c alone.
 */

#ifndef API_KEYSTORE_INT_H
#define API_KEYSTORE_INT_H

#include "api_keystore.h"
#include "api_jwk.h"


#define KEYSTORE_PREFIX 3 /* "ak_" */
#define KEYSTORE_ID 8
#define KEYSTORE_SECRET 32
#define KEYSTORE_CRC 8
#define KEYSTORE_BODY (KEYSTORE_PREFIX + KEYSTORE_ID + 1 + KEYSTORE_SECRET)


struct api_keystore_s {
    const api_alloc_t    *alloc;
    api_arena_t           arena;
    api_jwks_t           *pepper; /* the one HMAC key */
    api_sipkey_t          seed;
    api_keystore_entry_t *entries;
    size_t                nentries;
    uint32_t             *slots; /* index + 1 of an entry; 0: free */
    size_t                mask;
    int64_t              *ends; /* of those not revoked, in order */
    size_t                nends;
};


int api_keystore_sort(api_keystore_t *store); /* ends */


bool api_keystore_alnum(const uint8_t *p, size_t n);
int  api_keystore_hex(uint8_t c); /* -1: none, upper case neither */

/* The slot of id: its entry's, or the free one where it would stand. */

uint32_t *api_keystore_slot(const api_keystore_t *store, api_span_t id);


#endif /* API_KEYSTORE_INT_H */
