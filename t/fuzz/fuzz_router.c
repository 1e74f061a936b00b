/* Input: lines of templates, an empty line, lines of targets.  A route that is
   found fits its template; no template that was taken goes unfound. */

#include "api_router.h"
#include "fuzz.h"


static api_span_t tmpl[64];


static void
look_up(const api_router_t *r, api_span_t line)
{
    uint32_t           i, n;
    api_err_t          err;
    api_path_t         path;
    api_span_t         names[API_ROUTER_MAX_PARAMS];
    api_arena_t        a;
    api_router_match_t m;

    api_arena_init(&a, &api_alloc_libc, 0, 1 << 20);

    if (api_path_parse(&path, line, false, NULL, &a, &err) == API_OK
        && api_router_match(r, &path, &m))
    {
        MUST(m.route < 64);
        n = api_router_names(tmpl[m.route], names);
        MUST(n == m.nvalues);

        for (i = 0; i < n; i++) {
            MUST(m.value[i].len > 0);
            MUST(m.value[i].data >= line.data);
            MUST(m.value[i].data + m.value[i].len <= line.data + line.len);
        }
    }

    api_arena_free(&a);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t         len;
    uint32_t       n, clash;
    api_err_t      err;
    api_span_t     line;
    const uint8_t *p, *lf, *end;
    api_router_t  *r;

    if (api_router_create(&r, &api_alloc_libc) != API_OK) {
        return 0;
    }

    end = data + size;

    for (p = data, n = 0; p < end && n < 64; p += len + 1) {
        lf = memchr(p, '\n', (size_t) (end - p));
        len = (size_t) ((lf ? lf : end) - p);
        line = api_span(p, len);

        if (len == 0) {
            break;
        }

        if (api_router_add(r, line, n, &clash, &err) == API_OK) {
            tmpl[n++] = line;
        }
    }

    if (api_router_finish(r, &clash, &err) == API_OK) {
        for (; p < end; p += len + 1) {
            lf = memchr(p, '\n', (size_t) (end - p));
            len = (size_t) ((lf ? lf : end) - p);
            look_up(r, api_span(p, len));
        }
    }

    api_router_free(r);

    return 0;
}
