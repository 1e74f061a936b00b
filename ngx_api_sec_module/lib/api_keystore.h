/*
 * API keys: a store of their hashes, and the check of one that is presented.
 *
 *     ak_<id>_<secret>_<crc>    8 and 32 characters of 0-9 A-Z a-z; the CRC-32
 *                               (ISO 3309) of all before its underscore, in 8
 *                               digits of lower-case hex
 *
 * The store is a JSON object {"keys": [...]} with an object a key:
 *
 *     id         of the key; unique
 *     hash       "hmac-sha256:<hex>" of the whole key under the pepper
 *     principal  whom it stands for; several keys may have the same, so that
 *                a client can change from one to the next
 *     plan, owner, scopes, nbf, exp, status   optional; status is "active" or
 *                "revoked"
 *
 * Strict JSON; a member that is not one of these is refused: a misspelt
 * "exp" must not mean for ever.
 *
 * Time of a check depends on the length of what is presented alone, whether
 * its id is known or not: an unknown id costs the same HMAC.  One thread at a
 * time per store.
 */

#ifndef API_KEYSTORE_H
#define API_KEYSTORE_H

#include "api_json.h"


#define API_KEYSTORE_MIN_PEPPER 32
#define API_KEYSTORE_KEY_LEN 53

typedef struct api_keystore_s api_keystore_t;

typedef struct {
    api_span_t        id;
    api_span_t        principal;
    api_span_t        plan;  /* data NULL: none */
    api_span_t        owner; /* likewise */
    const api_span_t *scopes;
    size_t            nscopes;
    int64_t           nbf; /* INT64_MIN: none */
    int64_t           exp; /* INT64_MAX: never */
    bool              revoked;
    uint8_t           hash[32];
} api_keystore_entry_t;

typedef enum {
    API_KEYSTORE_OK = 0,
    API_KEYSTORE_MALFORMED, /* not the form of a key */
    API_KEYSTORE_CHECKSUM,  /* mistyped or cut: no key of ours */
    API_KEYSTORE_UNKNOWN,   /* no such id, or not its secret */
    API_KEYSTORE_REVOKED,
    API_KEYSTORE_NOT_YET_VALID,
    API_KEYSTORE_EXPIRED,
    API_KEYSTORE_INTERNAL,
    API_KEYSTORE_NCODES
} api_keystore_code_t;

/* "key_checksum", ...: stable. */

const char *api_keystore_code_name(int code);

typedef struct {
    size_t       max_bytes; /* 0: 16 MiB */
    size_t       max_keys;  /* 0: 100 000 */
    api_sipkey_t seed;
} api_keystore_opts_t;

/*
 * Make a store of json, which is not needed afterwards.  API_OK; API_SYNTAX,
 * API_DUPLICATE, API_INVALID, API_LIMIT, API_NOMEM or API_INTERNAL with a line
 * in err->text that names the entry by its place and id.  The pepper has
 * API_KEYSTORE_MIN_PEPPER bytes at least and is copied.
 */

int
api_keystore_parse(api_keystore_t **store, api_span_t json, api_span_t pepper,
    const api_keystore_opts_t *opts, const api_alloc_t *alloc, api_err_t *err);

/* Wipes the pepper.  NULL is fine. */

void api_keystore_free(api_keystore_t *store);

size_t api_keystore_count(const api_keystore_t *store);

/* How many are of use now, and when the next of these ends (Unix time; 0: none
   does). */

typedef struct {
    size_t  valid; /* not begun yet among them */
    size_t  expired;
    size_t  revoked;
    int64_t next;
} api_keystore_ages_t;

void api_keystore_ages(
    const api_keystore_t *store, int64_t now, api_keystore_ages_t *ages);

/*
 * Check what a client presented.  *entry is set when its id and secret are
 * good, also when it is revoked or out of date (for the record), otherwise
 * NULL; it lives as long as the store.
 */

int api_keystore_check(api_keystore_t *store, api_span_t key, int64_t now,
    const api_keystore_entry_t **entry);


#endif /* API_KEYSTORE_H */
