/* Input: a byte of options, then a Cookie field; a line feed cuts it in two.
   A value that strict takes has only the bytes of the RFC. */

#include "api_cookie.h"
#include "api_token.h"
#include "fuzz.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t         i, n;
    api_err_t      err = { 0 };
    api_span_t     line[2];
    api_arena_t    a;
    api_pairs_t    p;
    const uint8_t *lf;

    if (size == 0) {
        return 0;
    }

    lf = memchr(data + 1, '\n', size - 1);
    line[0] = api_span(data + 1, lf ? (size_t) (lf - data) - 1 : size - 1);
    line[1] = lf ? api_span(lf + 1, size - 1 - (size_t) (lf - data))
                 : api_span(data, 0);

    api_arena_init(&a, &api_alloc_libc, 0, 1 << 20);

    if (api_cookie_parse(&p, line, 2, data[0] & 1, NULL, &a, &err) != API_OK) {
        MUST(p.n == 0 && err.code > 0);
        api_arena_free(&a);
        return 0;
    }

    for (i = 0; i < p.n; i++) {
        MUST(p.pair[i].name.len <= 256 && p.pair[i].value.len <= 4096);

        if (data[0] & 1) {
            MUST(api_token_is(p.pair[i].name));

            for (n = 0; n < p.pair[i].value.len; n++) {
                MUST(p.pair[i].value.data[n] > 0x20);
                MUST(p.pair[i].value.data[n] < 0x7f);
                MUST(p.pair[i].value.data[n] != ';');
            }
        }
    }

    api_arena_free(&a);

    return 0;
}
