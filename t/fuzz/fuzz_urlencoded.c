/* Input: a byte of options, then a query.  The raw parts and the separators
   are all of the text; decoding a raw part gives the part. */

#include "api_percent.h"
#include "api_urlencoded.h"
#include "fuzz.h"


static void
check(api_span_t raw, api_span_t decoded)
{
    size_t   n;
    uint8_t *out;
    unsigned flags;

    flags = 0;
    out = malloc(raw.len + 1);
    n = api_percent_decode(raw, API_PERCENT_PLUS, out, &flags);
    MUST(api_span_eq(api_span(out, n), decoded));
    MUST(api_percent_has(raw, API_PERCENT_PLUS) || n == raw.len);
    free(out);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t            i, used, seps;
    unsigned          how;
    api_err_t         err = { 0 };
    api_arena_t       a;
    api_pairs_t       p;
    const api_pair_t *pair;

    if (size == 0) {
        return 0;
    }

    how = data[0] & 3;
    api_arena_init(&a, &api_alloc_libc, 0, 1 << 20);

    if (api_urlencoded_parse(
            &p, api_span(data + 1, size - 1), how, NULL, &a, &err)
        != API_OK)
    {
        MUST(p.n == 0 && err.code > 0 && err.pos < size);
        api_arena_free(&a);
        return 0;
    }

    used = 0;

    for (i = 0; i < p.n; i++) {
        pair = &p.pair[i];
        MUST(pair->raw_name.data > data);
        MUST(pair->raw_value.data + pair->raw_value.len <= data + size);
        used += pair->raw_name.len + pair->raw_value.len
                + !(pair->flags & API_PAIR_F_BARE);
        check(pair->raw_name, pair->name);
        check(pair->raw_value, pair->value);
    }

    for (i = 1, seps = 0; i < size; i++) {
        seps += data[i] == '&'
                || (data[i] == ';' && (how & API_URLENCODED_SEMICOLON));
    }

    MUST(used + seps == size - 1);
    api_arena_free(&a);

    return 0;
}
