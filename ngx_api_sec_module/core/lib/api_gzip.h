/*
 * Decodes a gzip body (RFC 1952) with zlib's inflate into one piece of
 * memory.  Members may follow one another; anything else behind the last one
 * is refused, as are a wrong CRC-32 or length and a body that ends too early:
 * what the application will decode must be what was inspected.
 */

#ifndef API_GZIP_H
#define API_GZIP_H

#include "api_arena.h"


/*
 * A body is over the ratio when it decodes to more than `ratio` times its own
 * length and to more than API_GZIP_SMALL bytes: little bodies of white space
 * compress well and harm nobody.  Deflate itself ends at about 1030.
 */

#define API_GZIP_SMALL 65536

typedef struct {
    size_t   size;    /* decoded bytes, all members together; 0: nothing may
                         come out */
    uint32_t ratio;   /* 0: any */
    uint32_t members; /* 0: 16 */
} api_gzip_limits_t;

typedef enum {
    API_GZIP_E_NONE = 0,
    API_GZIP_E_HEADER,    /* does not begin as gzip, or unknown flags */
    API_GZIP_E_DATA,      /* bad deflate data, CRC or length */
    API_GZIP_E_TRUNCATED, /* ends within a member; empty */
    API_GZIP_E_TRAILING,  /* something else behind a member */
    API_GZIP_E_SIZE,
    API_GZIP_E_RATIO,
    API_GZIP_E_MEMBERS,
    API_GZIP_E_NOMEM,
    API_GZIP_E_ZLIB, /* zlib failed where it should not */
    API_GZIP_NERRORS
} api_gzip_error_t;

/* "truncated", ...: stable. */

const char *api_gzip_error_name(int code);

/*
 * Decode the n spans of in, which are one body, into arena.  Returns API_OK
 * and *out, followed by a NUL that out->len does not count; API_SYNTAX,
 * API_LIMIT, API_NOMEM or API_INTERNAL otherwise, err->pos near the encoded
 * byte at fault, and nothing stays taken from the arena.
 *
 * The output grows by doubling, so that up to twice the decoded size is taken
 * from the arena at most; the length at the end of the body is believed as a
 * first guess as far as its own length and the limits make it possible.
 * zlib's own state (some 50 KiB) comes from the arena's allocator, outside of
 * its cap, and goes back before the function returns.
 */

int api_gzip_decode(const api_span_t *in, size_t n,
    const api_gzip_limits_t *limits, api_arena_t *arena, api_span_t *out,
    api_err_t *err);

/*
 * The same for what is only looked at: where size or ratio is reached, or the
 * body ends too early, API_OK and what came out by then, and *cut is true.
 */

int api_gzip_decode_some(const api_span_t *in, size_t n,
    const api_gzip_limits_t *limits, api_arena_t *arena, api_span_t *out,
    bool *cut, api_err_t *err);


#endif /* API_GZIP_H */
