/*
 * References of one document to another (RFC 3986): taken apart, and resolved
 * against a base.
 *
 * A base without a scheme is allowed, "dir/orders.yaml": references are then
 * paths beside it.  The result is never asked of a network; it is a name.
 */

#ifndef API_URI_H
#define API_URI_H

#include "api_arena.h"


/* Components as they stand, without their delimiters; data == NULL when the
   component is not there, which is not the same as empty.  path is always
   there. */

typedef struct {
    api_span_t scheme;
    api_span_t authority;
    api_span_t path;
    api_span_t query;
    api_span_t fragment;
} api_uri_t;


/* Any text has components; nothing is checked but the scheme's characters. */

api_uri_t api_uri_split(api_span_t s);

/*
 * The target of `ref` at `base`, without its fragment (section 5.2, with dot
 * segments removed).  Where a path without a scheme climbs above its root the
 * dot segments that are too many stay in front, "../x", so that the caller
 * can refuse it.  API_OK or API_NOMEM; *out is in the arena, NUL behind it.
 */

int api_uri_resolve(
    api_span_t base, api_span_t ref, api_arena_t *arena, api_span_t *out);

/* Part of `s` before and behind its first '#'; *fragment has data == NULL
   when there is none. */

api_span_t api_uri_defragment(api_span_t s, api_span_t *fragment);

/* %XX decoded once.  API_INVALID for a % without two hexadecimal digits,
   API_NOMEM; *out is s itself when it has no %. */

int api_uri_decode(api_span_t s, api_arena_t *arena, api_span_t *out);


#endif /* API_URI_H */
