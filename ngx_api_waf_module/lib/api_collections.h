/*
 * Collections of rules that outlive a request (IP, GLOBAL, ...): a table of
 * members in memory that processes share.
 *
 * Members are in sets of eight, by a hash of collection, key and name; in a
 * full set the one that has not been used for longest gives way, so that
 * strangers who make many keys push out each other's, at a known price.  A
 * member is at most API_COLLECTIONS_MEMBER bytes, key, name and value
 * together.
 *
 * Offsets only, no pointers: the memory may lie at different addresses.
 * Nothing here locks; the caller holds one lock for each call.  Calls take a
 * bounded time, and no memory.
 */

#ifndef API_COLLECTIONS_H
#define API_COLLECTIONS_H

#include "api_siphash.h"
#include "api_waf.h"


#define API_COLLECTIONS_MEMBER 432

typedef struct api_collections_s api_collections_t;

/*
 * Take size bytes of zeroed memory, aligned to 16.  NULL when not even one set
 * fits (API_COLLECTIONS_MIN does).
 */

#define API_COLLECTIONS_MIN 8192

api_collections_t *
api_collections_make(void *memory, size_t size, api_sipkey_t seed);

/* What api_waf_store_t asks; now in seconds.  timeout: how long a member stays
   that nothing else was said of. */

int api_collections_get(api_collections_t *c, int64_t now, api_waf_var_t var,
    api_span_t key, api_span_t name, char *buf, size_t *len);
int api_collections_set(api_collections_t *c, int64_t now, int64_t timeout,
    api_waf_var_t var, api_span_t key, api_span_t name, api_span_t value);
int api_collections_add(api_collections_t *c, int64_t now, int64_t timeout,
    api_waf_var_t var, api_span_t key, api_span_t name, int64_t delta,
    int64_t *sum);
int api_collections_touch(api_collections_t *c, int64_t now, api_waf_var_t var,
    api_span_t key, api_span_t name, int64_t expires);

typedef struct {
    uint64_t room;    /* members that fit */
    uint64_t used;    /* expired ones counted, until they give way */
    uint64_t evicted; /* before their time */
    uint64_t refused; /* too long */
} api_collections_stat_t;

api_collections_stat_t api_collections_stat(const api_collections_t *c);


#endif /* API_COLLECTIONS_H */
