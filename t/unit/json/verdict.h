/* What the JSON parser says of a text, for its unit tests. */

#ifndef JSON_VERDICT_H
#define JSON_VERDICT_H

#include "api_json.h"
#include "../ut.h"


static const api_sipkey_t seed = { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u };

static api_arena_t arena;


typedef struct {
    int rc;
    int code;
    int pos;
} verdict_t;


/* Parse a copy of text that ends at an unreadable page, and one that begins
   behind one: both must say the same. */

static inline verdict_t
parse_as(api_span_t text, const api_json_limits_t *limits, unsigned flags)
{
    int              i;
    api_err_t        err;
    verdict_t        v[2];
    api_json_t       doc;
    api_arena_mark_t mark;

    for (i = 0; i < 2; i++) {
        mark = api_arena_mark(&arena);
        memset(&err, 0, sizeof(err));
        v[i].rc =
            api_json_parse(&doc, i ? ut_guard_front(text) : ut_guard(text),
                limits, flags, seed, &arena, &err);
        v[i].code = err.code;
        v[i].pos = (int) err.pos;
        api_arena_rewind(&arena, mark);
    }

    if (memcmp(&v[0], &v[1], sizeof(v[0])) != 0) {
        v[0].rc = 99;
    }

    return v[0];
}


#endif /* JSON_VERDICT_H */
