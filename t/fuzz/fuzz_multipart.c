/* Input: a line with the content type, then the body.  Parts lie in the body
   one behind the other; what strict takes is taken without it, the same. */

#include "api_multipart.h"
#include "fuzz.h"


static void
check_parts(const api_multipart_t *mp, api_span_t body)
{
    size_t         i;
    api_span_t     h, name, value;
    const uint8_t *at;

    at = body.data;

    for (i = 0; i < mp->n; i++) {
        MUST(mp->part[i].headers.data >= at);
        MUST(mp->part[i].body.data
             >= mp->part[i].headers.data + mp->part[i].headers.len);
        at = mp->part[i].body.data + mp->part[i].body.len;
        MUST(at <= body.data + body.len);
        MUST((mp->part[i].flags & ~mp->flags) == 0);
        h = mp->part[i].headers;

        while (api_multipart_header(&h, &name, &value)) {
            MUST(value.data + value.len <= body.data + body.len);
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int             rc, strict;
    size_t          i;
    api_err_t       err = { 0 };
    api_span_t      type, body;
    api_arena_t     a;
    const uint8_t  *lf;
    api_multipart_t mp, sp;

    lf = size ? memchr(data, '\n', size) : NULL;

    if (lf == NULL) {
        return 0;
    }

    type = api_span(data, (size_t) (lf - data));
    body = api_span(lf + 1, size - type.len - 1);
    api_arena_init(&a, &api_alloc_libc, 0, 1 << 22);

    strict = api_multipart_parse(
        &sp, type, body, API_MULTIPART_STRICT, NULL, &a, &err);
    rc = api_multipart_parse(&mp, type, body, 0, NULL, &a, &err);

    MUST(strict != API_OK || rc == API_OK);
    MUST(rc != API_OK || strict == API_OK
         || (mp.flags & API_MULTIPART_STRICT_MASK));

    if (rc == API_OK) {
        MUST(mp.n > 0);
        check_parts(&mp, body);

    } else {
        MUST(mp.n == 0 && err.pos <= body.len);
    }

    for (i = 0; strict == API_OK && i < sp.n; i++) {
        MUST(sp.n == mp.n);
        MUST(sp.part[i].name.data
             && sp.part[i].name.data == mp.part[i].name.data);
        MUST(api_span_eq(sp.part[i].body, mp.part[i].body));
    }

    api_arena_free(&a);

    return 0;
}
