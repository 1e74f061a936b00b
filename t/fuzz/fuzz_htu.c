/*
 * Input: htu, a line feed, the authority, a line feed, the path of a request
 * by https.  What is the same must be the same the other way round, and after
 * all that is written in escapes has been decoded (but slashes: they are no
 * ends of a segment).
 */

#include "api_htu.h"
#include "fuzz.h"


static int
value(uint8_t c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}


/* Decode everything but slashes, then drop "/." and "/x/.." by a stack of segments: a
   coarser sameness than the one under test. */

static size_t
coarse(api_span_t path, uint8_t *out)
{
    int    c;
    size_t i, n = 0, len = 0, start, *stack;

    if (path.len == 0) {
        out[0] = '/';
        return 1;
    }

    for (i = 0; i < path.len; i++) {
        if (path.data[i] == '%' && i + 2 < path.len
            && value(path.data[i + 1]) >= 0 && value(path.data[i + 2]) >= 0)
        {
            c = value(path.data[i + 1]) * 16 + value(path.data[i + 2]);
            out[len++] = (uint8_t) (c == '/' ? 0 : c);
            i += 2;

        } else {
            out[len++] = path.data[i];
        }
    }

    stack = malloc((len + 1) * sizeof(*stack));
    MUST(stack);

    for (i = 0, start = 0, n = 0; i < len;) {
        size_t end = i + 1, seg;

        while (end < len && out[end] != '/') {
            end++;
        }

        seg = end - i;

        if (seg == 3 && out[i + 1] == '.' && out[i + 2] == '.') {
            start = n ? stack[--n] : 0;
        } else if (!(seg == 2 && out[i + 1] == '.')) {
            stack[n++] = start;
            memmove(out + start, out + i, seg);
            start += seg;
            i = end;
            continue;
        }

        i = end;

        if (i == len) {
            out[start++] = '/';
        }
    }

    free(stack);

    return start;
}


static void
check_same(const api_htu_t *a, const api_htu_t *b)
{
    size_t     len_a, len_b;
    uint8_t   *buf_a = malloc(a->path.len + 2);
    uint8_t   *buf_b = malloc(b->path.len + 2);
    api_span_t path = b->path;
    size_t     i;

    MUST(buf_a && buf_b);

    for (i = 0; i < path.len && path.data[i] != '?' && path.data[i] != '#';
         i++) {
    }

    path.len = i;

    len_a = coarse(a->path, buf_a);
    len_b = coarse(path, buf_b);
    MUST(len_a == len_b && memcmp(buf_a, buf_b, len_a) == 0);

    free(buf_a);
    free(buf_b);
}


static void
look(api_span_t htu, const api_htu_t *request)
{
    int         rc, turned;
    uint8_t    *p, *text;
    api_htu_t   parts, other;
    api_arena_t arena;

    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    rc = api_htu_check(htu, request, &arena);
    MUST(rc == API_OK || rc == API_DENIED || rc == API_INVALID);

    if (rc == API_OK) {
        MUST(api_htu_split(htu, &parts) == API_OK);
        MUST(api_htu_same_origin(&parts, request));
        MUST(api_htu_same_origin(request, &parts));
        check_same(&parts, request);

        /* the request's URI as htu, htu as the request */

        p = text = malloc(8 + request->authority.len + request->path.len + 1);
        MUST(text);
        memcpy(p, "https://", 8);
        memcpy(p += 8, request->authority.data, request->authority.len);
        p += request->authority.len;
        memcpy(p, request->path.data, request->path.len);
        p += request->path.len;

        turned =
            api_htu_check(api_span(text, (size_t) (p - text)), &parts, &arena);

        if (api_htu_split(api_span(text, (size_t) (p - text)), &other)
                == API_OK
            && api_span_eq(other.authority, request->authority))
        {
            MUST(turned == API_OK);
        }

        free(text);
    }

    api_arena_free(&arena);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *a, *b, *end = data + size;
    api_htu_t      request;

    a = size ? memchr(data, '\n', size) : NULL;
    b = a ? memchr(a + 1, '\n', (size_t) (end - a - 1)) : NULL;

    if (b) {
        request.scheme = API_SPAN("https");
        request.authority = api_span(a + 1, (size_t) (b - a - 1));
        request.path = api_span(b + 1, (size_t) (end - b - 1));

        look(api_span(data, (size_t) (a - data)), &request);
    }

    return 0;
}
