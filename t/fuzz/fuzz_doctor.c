/* Input: versions, a line each, compared two and three at a time: an order is
   the same from both sides, and what is before another is before all behind
   it.  And the same as text of /proc. */

#include "api_debver.h"
#include "api_proc.h"
#include "fuzz.h"

#include <string.h>

#define LINES 8


static int
sign(api_span_t a, api_span_t b)
{
    int rc = api_debver_compare(a, b);

    return (rc > 0) - (rc < 0);
}


static void
check_order(const api_span_t *v, size_t n)
{
    size_t     i, j, k;
    api_span_t part;

    for (i = 0; i < n; i++) {
        part = api_debver_upstream(v[i]);
        MUST(sign(v[i], v[i]) == 0);
        MUST(part.len <= v[i].len);

        for (j = 0; j < n; j++) {
            MUST(sign(v[i], v[j]) == -sign(v[j], v[i]));

            for (k = 0; k < n; k++) {
                MUST(sign(v[i], v[j]) > 0 || sign(v[j], v[k]) > 0
                     || sign(v[i], v[k]) <= 0);
            }
        }
    }
}


static void
check_proc(api_span_t text)
{
    uint64_t   n;
    api_span_t gone;

    (void) api_proc_limit(text, "Max open files", &n);
    (void) api_proc_status(text, "NoNewPrivs", &n);
    gone = api_proc_stale(text);

    if (gone.data) {
        MUST(gone.data >= text.data);
        MUST(gone.data + gone.len <= text.data + text.len);
        MUST(gone.len > 8 && memcmp(gone.data, "ngx_api_", 8) == 0);
        MUST(memchr(gone.data, '/', gone.len) == NULL);
        MUST(memchr(gone.data, '\n', gone.len) == NULL);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t     i, from, n = 0;
    api_span_t v[LINES];

    for (i = 0, from = 0; i <= size && n < LINES; i++) {
        if (i == size || data[i] == '\n') {
            v[n++] = api_span(data + from, i - from);
            from = i + 1;
        }
    }

    check_order(v, n);
    check_proc(api_span(data, size));

    return 0;
}
