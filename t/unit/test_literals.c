/* Literals that every match must contain, against PCRE2. */

#include "api_literals.h"
#include "pattern_ut.h"

#include <stdio.h>


/* Is a string of the set in the subject, in any case? */

static bool
set_in(const api_literals_t *set, const uint8_t *text, size_t len)
{
    size_t   i, j;
    uint8_t  c;
    uint32_t n;

    for (n = 0; n < set->n; n++) {
        for (i = 0; i + set->items[n].len <= len; i++) {
            for (j = 0; j < set->items[n].len; j++) {
                c = text[i + j];
                c = (uint8_t) (c >= 'A' && c <= 'Z' ? c + 32 : c);

                if (c != set->items[n].data[j]) {
                    break;
                }
            }

            if (j == set->items[n].len) {
                return true;
            }
        }
    }

    return false;
}


static bool
literals_hold(const char *text, size_t len, uint32_t *sets_found)
{
    bool           ok;
    size_t         i;
    uint32_t       n, k;
    api_arena_t    arena;
    pcre2_code    *re;
    api_pattern_t *tree;
    api_literals_t sets[API_LITERALS_SETS];

    re = compile(text, len, PCRE2_DOTALL | PCRE2_MULTILINE);
    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    ok = re != NULL
         && api_pattern_parse(&tree, api_span(text, len), 0, &arena, NULL)
                == API_OK
         && api_literals_find(tree, 1000.0, &arena, sets, &n) == API_OK;

    for (k = 0; ok && k < n; k++) {
        ++*sets_found;

        for (i = 0; i < SUBJECTS && ok; i++) {
            ok = matches(re, subjects[i].text, subjects[i].len) != 1
                 || set_in(&sets[k], subjects[i].text, subjects[i].len);
        }
    }

    if (!ok && re != NULL) {
        fprintf(stderr, "# /%s/ has no such literal\n", text);
    }

    ok = ok || re == NULL;
    pcre2_code_free(re);
    api_arena_free(&arena);

    return ok;
}


static void
test_literals(ut_rand_t *r)
{
    bool     ok;
    char     text[512];
    size_t   i, len;
    uint32_t sets;

    for (i = 0, ok = true, sets = 0; i < pattern_ut_n; i++) {
        ok = literals_hold(
                 pattern_ut[i].text, strlen(pattern_ut[i].text), &sets)
             && ok;
    }

    for (i = 0; i < 1500 && ok; i++) {
        len = random_pattern(r, text, sizeof(text), 3);
        ok = literals_hold(text, len, &sets);
    }

    ut_ok(ok, "every match has a literal of each set");
    ut_ok(sets > 500, "%u sets", (unsigned) sets);
}


static void
expect_literals(const char *text, const char *want)
{
    char           got[256];
    size_t         len;
    uint32_t       i, n;
    api_arena_t    arena;
    api_pattern_t *tree;
    api_literals_t sets[API_LITERALS_SETS];

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    got[0] = '\0';

    if (api_pattern_parse(&tree, api_span(text, strlen(text)), 0, &arena, NULL)
            == API_OK
        && api_literals_find(tree, 0.2, &arena, sets, &n) == API_OK && n > 0)
    {
        for (i = 0, len = 0; i < sets[0].n && len < 200; i++) {
            len += (size_t) snprintf(got + len, sizeof(got) - len, "%s%.*s",
                i > 0 ? " " : "", (int) sets[0].items[i].len,
                sets[0].items[i].data);
        }
    }

    ut_span(api_span(got, strlen(got)), api_span(want, strlen(want)),
        "literals of /%s/", text);
    api_arena_free(&arena);
}


int
main(void)
{
    ut_rand_t r = { 20261126 };

    make_subjects(&r);

    test_literals(&r);

    expect_literals("(?i)union[ +]+select", " select +select");
    expect_literals("ab[xy]z", "abxz abyz");
    expect_literals("qu+x", "qu");
    expect_literals("(?:sleep|benchmark)\\(", "benchmark( sleep(");
    expect_literals("^\\w+$", "");
    expect_literals("a?", "");

    return ut_done();
}
