/*
 * The path of a request, twice: as nginx normalises it ($uri), and as raw
 * segments, which is what a template of paths is matched against, so that
 * %2F in a value makes no segment.
 *
 * The same text is normalised in the same way as by nginx's
 * ngx_http_parse_complex_uri (t/suite/path.t compares them): ? and # end the
 * path, %XX is decoded once, /./ and /../ are resolved, written with %2e too,
 * and // is one / where merge_slashes is on.
 *
 * Where the raw segments, decoded, do not spell what nginx made of the path
 * (an encoded slash beside a dot segment or another slash, such as
 * /a/..%2f..%2fb), the two sides would route differently: such a path has
 * API_PATH_F_DISAGREE and must be refused by whoever routes by segments.
 *
 * Time O(n), two allocations.
 */

#ifndef API_PATH_H
#define API_PATH_H

#include "api_arena.h"


#define API_PATH_F_ESCAPED 0x0001   /* some %XX */
#define API_PATH_F_SLASH 0x0002     /* %2F */
#define API_PATH_F_DOTS 0x0004      /* a segment . or .., which is gone */
#define API_PATH_F_ENC_DOTS 0x0008  /* ... and was written with %2E */
#define API_PATH_F_EMPTY 0x0010     /* // */
#define API_PATH_F_BACKSLASH 0x0020 /* \ or %5C */
#define API_PATH_F_SEMICOLON 0x0040 /* raw ; (matrix parameters) */
#define API_PATH_F_CONTROL 0x0080   /* 0x01-0x1f, 0x7f, decoded */
#define API_PATH_F_UTF8 0x0100      /* decoded, it is not UTF-8 */
#define API_PATH_F_FRAGMENT 0x0200  /* # */
#define API_PATH_F_DISAGREE 0x0400  /* see above */
#define API_PATH_F_DECODED 0x0800   /* from api_path_split: no % to decode */
#define API_PATH_F_DOTS_SEMI 0x1000 /* a segment . or .. but for a ;... */

/* With one of these somebody who normalises or decodes the path once more may
   see other segments; and with API_PATH_F_SLASH, if he decodes it first. */

#define API_PATH_TWO_READINGS                                                 \
    (API_PATH_F_DOTS | API_PATH_F_ENC_DOTS | API_PATH_F_EMPTY                 \
        | API_PATH_F_BACKSLASH | API_PATH_F_CONTROL | API_PATH_F_UTF8         \
        | API_PATH_F_FRAGMENT | API_PATH_F_DISAGREE | API_PATH_F_DOTS_SEMI)

typedef struct {
    uint32_t bytes;
    uint32_t segments;
} api_path_limits_t;

/* 8 KiB, 256 segments. */

extern const api_path_limits_t api_path_limits_default;

typedef struct {
    api_span_t        uri;   /* decoded and normalised; begins with / */
    const api_span_t *seg;   /* raw segments; a path that ends in / has an
                              empty one at the end, / itself has one */
    uint32_t          nseg;  /* 0: they lead above the root, and disagree */
    api_span_t        query; /* behind the ?, without # and what follows */
    bool              has_query;
    unsigned          flags;
} api_path_t;

typedef enum {
    API_PATH_E_NONE = 0,
    API_PATH_E_LEN,
    API_PATH_E_SEGMENTS,
    API_PATH_E_START,   /* neither / nor, as of http://host?x, empty */
    API_PATH_E_PERCENT, /* % without two hex digits */
    API_PATH_E_NUL,
    API_PATH_E_ABOVE, /* .. above the root */
    API_PATH_E_NOMEM,
    API_PATH_NERRORS
} api_path_error_t;

const char *api_path_error_name(int code);

/*
 * Parse the target of a request (nginx: unparsed_uri).  `limits` NULL: the
 * default.  Returns API_OK, API_SYNTAX, API_LIMIT or API_NOMEM.
 * The segments point into target.
 */

int api_path_parse(api_path_t *path, api_span_t target, bool merge_slashes,
    const api_path_limits_t *limits, api_arena_t *arena, api_err_t *err);

/* Only cut uri, which is normalised and decoded already ($uri), into
   segments. */

int api_path_split(api_path_t *path, api_span_t uri,
    const api_path_limits_t *limits, api_arena_t *arena, api_err_t *err);


#endif /* API_PATH_H */
