/* @pm against a naive search, over random phrases and texts. */

#include "api_operator.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>


static api_scratch_t *scratch;


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


static api_operator_t *
make(api_arena_t *arena, const char *arg)
{
    api_err_t       err;
    api_operator_t *op;

    if (api_operator_compile(&op, str("pm"), str(arg), NULL, arena, &err)
        != API_OK)
    {
        printf("# %s\n", err.text);
        exit(1);
    }

    return op;
}


/* Random phrases and texts over few letters. */

static api_span_t
random_text(ut_rand_t *r, uint8_t *to, size_t max)
{
    size_t i, n = ut_below(r, max + 1);

    for (i = 0; i < n; i++) {
        to[i] = (uint8_t) ("abAB\xe4"[ut_below(r, 5)]);
    }

    return api_span(to, n);
}


static uint8_t
lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t) (c | 0x20) : c;
}


static bool
naive_has(api_span_t text, api_span_t phrase)
{
    size_t i, j;

    for (i = 0; i + phrase.len <= text.len; i++) {
        for (j = 0; j < phrase.len
                    && lower(text.data[i + j]) == lower(phrase.data[j]);
             j++)
        {
            /* void */
        }

        if (j == phrase.len) {
            return true;
        }
    }

    return false;
}


static void
test_pm_naive(void)
{
    int             bad = 0, hits = 0;
    char            arg[200];
    size_t          n, i, k;
    uint8_t         buf[8][8], text[24];
    bool            want;
    api_span_t      phrase[8], value;
    ut_rand_t       r = { 7 };
    api_arena_t     arena;
    api_budget_t    budget = { UINT64_MAX };
    api_operator_t *op;

    for (i = 0; i < 2000; i++) {
        api_arena_init(&arena, &api_alloc_libc, 0, 0);
        n = 0;
        arg[0] = 0;

        for (k = 0; k < 1 + ut_below(&r, 8); k++) {
            phrase[k] = random_text(&r, buf[k], 6);
            memcpy(arg + n, phrase[k].data, phrase[k].len);
            n += phrase[k].len;
            arg[n++] = ' ';
            arg[n] = 0;
        }

        if (n == k) {
            api_arena_free(&arena);
            continue; /* blanks only */
        }

        op = make(&arena, arg);

        for (n = 0; n < 20; n++) {
            value = random_text(&r, text, sizeof(text));
            want = false;

            for (size_t j = 0; j < k; j++) {
                want |= phrase[j].len && naive_has(value, phrase[j]);
            }

            bad += api_operator_match(
                       op, ut_guard(value), str(""), NULL, &budget, scratch)
                   != want;
            hits += want;
        }

        ut_guard_reset();
        api_arena_free(&arena);
    }

    ut_int(bad, 0, "@pm finds what a naive search finds");
    ut_ok(hits > 10000, "and there was something to find");
}


int
main(void)
{
    scratch = api_scratch_create(&api_alloc_libc);
    test_pm_naive();
    api_scratch_free(scratch);

    return ut_done();
}
