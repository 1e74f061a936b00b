/* Input: a pattern, a NUL, a text.  Each place of the text where PCRE2 finds
   that a match begins is found. */

#define PCRE2_CODE_UNIT_WIDTH 8

#include "api_reverse.h"

#include <pcre2.h>
#include <stdlib.h>

#define MUST(cond) ((cond) ? (void) 0 : abort())
#define PLACES 300 /* of a text */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
check(const api_reverse_t *rev, const pcre2_code *code, api_span_t text,
    size_t room)
{
    size_t               at[PLACES + 1], n, i, k, from;
    uint64_t             left = UINT64_C(1) << 40;
    pcre2_match_data    *found;
    pcre2_match_context *limits;
    api_reverse_cache_t *cache;

    cache = api_reverse_cache_create(&api_alloc_libc, 1);
    found = pcre2_match_data_create(1, NULL);
    limits = pcre2_match_context_create(NULL);
    MUST(cache && found && limits);
    pcre2_set_match_limit(limits, 2000);
    from = 0;

    do {
        n = api_reverse_find(rev, cache, text, from, at, room, &left);
        MUST(n <= room);

        for (i = from, k = 0; i <= text.len && (n < room || k < n); i++) {
            if (k < n && at[k] == i) {
                k++;
                continue;
            }

            MUST(k == n || at[k] > i);
            MUST(pcre2_match(code, text.data, text.len, i,
                     PCRE2_ANCHORED | PCRE2_NO_UTF_CHECK, found, limits)
                 < 0);
        }

        MUST(k == n);
        from = n ? at[n - 1] + 1 : text.len + 1;
    } while (n == room && from <= text.len);

    pcre2_match_context_free(limits);
    pcre2_match_data_free(found);
    api_reverse_cache_free(cache);
}


/* The same, ahead from each place. */

static void
check_ahead(const api_reverse_t *rev, const pcre2_code *code, api_span_t text)
{
    size_t               i;
    uint64_t             left = UINT64_C(1) << 40;
    pcre2_match_data    *found;
    pcre2_match_context *limits;
    api_reverse_cache_t *cache;

    cache = api_reverse_cache_create(&api_alloc_libc, 1);
    found = pcre2_match_data_create(1, NULL);
    limits = pcre2_match_context_create(NULL);
    MUST(cache && found && limits);
    pcre2_set_match_limit(limits, 2000);

    for (i = 0; i <= text.len; i++) {
        MUST(api_reverse_ahead(rev, cache, text, i, &left) == API_REVERSE_MAYBE
             || pcre2_match(code, text.data, text.len, i,
                    PCRE2_ANCHORED | PCRE2_NO_UTF_CHECK, found, limits)
                    < 0);
    }

    pcre2_match_context_free(limits);
    pcre2_match_data_free(found);
    api_reverse_cache_free(cache);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                  error;
    size_t               at;
    api_span_t           pattern, text;
    pcre2_code          *code;
    api_arena_t          arena;
    const uint8_t       *nul;
    const api_reverse_t *rev;

    nul = size ? memchr(data, 0, size) : NULL;

    if (nul == NULL || size - (size_t) (nul - data) > PLACES) {
        return 0;
    }

    pattern = api_span(data, (size_t) (nul - data));
    text = api_span(nul + 1, size - pattern.len - 1);
    code = pcre2_compile(pattern.data, pattern.len,
        PCRE2_DOTALL | PCRE2_MULTILINE, &error, &at, NULL);

    if (code == NULL) {
        return 0;
    }

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    MUST(api_reverse_make(&rev, pattern, &arena) == API_OK);

    if (rev != NULL) {
        check(rev, code, text, PLACES + 1);
        check(rev, code, text, 2);
    }

    MUST(api_reverse_make_ahead(&rev, pattern, &arena) == API_OK);

    if (rev != NULL) {
        check_ahead(rev, code, text);
    }

    api_arena_free(&arena);
    pcre2_code_free(code);

    return 0;
}
