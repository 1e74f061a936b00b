/*
 * Is a DPoP proof for this request?  The comparison of htu (RFC 9449 4.3) with
 * the URI that was requested, after the normalization of RFC 3986 6.2.2 and
 * 6.2.3: letters of scheme, host and percent escapes, escapes of unreserved
 * characters, dot segments, an empty path, the default port.  Query and
 * fragment do not count.  What nginx does beyond that (merging slashes,
 * decoding %2F) is no equivalence of URIs and does not count.
 *
 * Pure, takes memory from the arena only where the two are not spelled alike.
 */

#ifndef API_HTU_H
#define API_HTU_H

#include "api_arena.h"


/* The request, as the client wrote it. */

typedef struct {
    api_span_t scheme;    /* "https" or "http" */
    api_span_t authority; /* host, or host:port */
    api_span_t path;      /* as sent; a query behind it is ignored */
} api_htu_t;

/*
 * API_OK when htu names the same; API_DENIED when it names something else;
 * API_INVALID when it is no absolute http or https URI without user; a path of
 * the request that is none is API_DENIED; API_NOMEM.
 */

int
api_htu_check(api_span_t htu, const api_htu_t *request, api_arena_t *arena);

/* The parts of an absolute URI; API_OK or API_INVALID. */

int api_htu_split(api_span_t uri, api_htu_t *parts);

/* Do two mean one scheme, host and port? */

bool api_htu_same_origin(const api_htu_t *a, const api_htu_t *b);


#endif /* API_HTU_H */
