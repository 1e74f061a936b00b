/* Input: a pattern, a newline, a subject.  What is taken compiles, and matches
   within its budget; a row of classes says what PCRE2 says of it. */

#include "api_regex.h"
#include "api_utf8.h"
#include "fuzz.h"


static int
match(api_span_t pattern, api_span_t subject)
{
    int              rc;
    api_regex_t     *re;
    api_arena_t      arena;
    api_regex_work_t w;

    if (api_regex_compile(&re, pattern, &api_alloc_libc, NULL) != API_OK) {
        return API_SYNTAX;
    }

    memset(&w, 0, sizeof(w));
    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    w.arena = &arena;
    w.left = 100000;

    rc = api_regex_match(re, subject, &w);
    MUST(rc == API_OK || rc == API_DENIED || rc == API_LIMIT);
    MUST(w.left <= 100000);

    api_arena_free(&arena);
    api_regex_free(re);

    return rc;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int            rc, again;
    uint8_t        grouped[260];
    api_span_t     p, s;
    const uint8_t *end;

    end = size ? memchr(data, '\n', size) : NULL;
    p = api_span(data, end ? (size_t) (end - data) : size);
    s = end ? api_span(end + 1, size - p.len - 1) : API_SPAN("");

    if (api_utf8_valid(s) != s.len || s.len > 2000) {
        return 0;
    }

    rc = match(p, s);

    if (rc == API_SYNTAX || p.len > 250) {
        return 0;
    }

    /* in a group it is no row any more, and goes to PCRE2 */

    memcpy(grouped, "(?:", 3);
    memcpy(grouped + 3, p.data, p.len);
    memcpy(grouped + 3 + p.len, ")", 1);
    again = match(api_span(grouped, p.len + 4), s);

    MUST(again == rc || again == API_LIMIT || rc == API_LIMIT);

    return 0;
}
