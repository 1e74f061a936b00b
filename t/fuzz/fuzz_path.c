/* Input: a byte of options, then a target.  What comes out is normalised:
   doing it again to the result, escaped, changes nothing. */

#include "api_path.h"
#include "fuzz.h"


static api_span_t
escape(api_span_t uri, api_arena_t *a)
{
    size_t            i, n;
    uint8_t          *out;
    static const char hex[] = "0123456789ABCDEF";

    out = api_arena_alloc(a, uri.len * 3 + 1);

    for (i = 0, n = 0; i < uri.len; i++) {
        if (uri.data[i] == '%' || uri.data[i] == '?' || uri.data[i] == '#') {
            out[n++] = '%';
            out[n++] = (uint8_t) hex[uri.data[i] >> 4];
            out[n++] = (uint8_t) hex[uri.data[i] & 15];

        } else {
            out[n++] = uri.data[i];
        }
    }

    return api_span(out, n);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool        merge;
    size_t      i;
    api_err_t   err = { 0 };
    api_path_t  p, q;
    api_arena_t a;

    static const api_path_limits_t limits = { 8192, 8192 };
    static const api_path_limits_t more = { 32768, 32768 };

    if (size == 0) {
        return 0;
    }

    merge = data[0] & 1;
    api_arena_init(&a, &api_alloc_libc, 0, 1 << 22);

    if (api_path_parse(
            &p, api_span(data + 1, size - 1), merge, &limits, &a, &err)
        != API_OK)
    {
        MUST(err.code > 0 && err.code < API_PATH_E_NOMEM);
        api_arena_free(&a);
        return 0;
    }

    MUST(p.uri.len > 0 && p.uri.data[0] == '/');
    MUST(p.nseg > 0 || (p.flags & API_PATH_F_DISAGREE));
    MUST(api_path_parse(&q, escape(p.uri, &a), merge, &more, &a, &err)
         == API_OK);
    MUST(api_span_eq(p.uri, q.uri));
    MUST(!(q.flags & (API_PATH_F_DISAGREE | API_PATH_F_DOTS)));

    for (i = 0; i < p.nseg; i++) {
        MUST(p.seg[i].len == 0
             || memchr(p.seg[i].data, '/', p.seg[i].len) == NULL);
    }

    MUST(api_path_split(&q, p.uri, &more, &a, &err) == API_OK);
    MUST((p.flags & (API_PATH_F_SLASH | API_PATH_F_DISAGREE))
         || q.nseg == p.nseg);
    api_arena_free(&a);

    return 0;
}
