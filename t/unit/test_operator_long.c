/*
 * @rx on long values: in pieces, and from the places where a match can begin,
 * the answer is that of one run; what takes long is charged to the budget and
 * ends with it.
 */

#include "api_operator_int.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>


static const char *const patterns[] = { "select.{0,20}from", "^a", "b$",
    "(?:;|\\||&|\\n)\\s*(cat|ls)\\b", "(?:^|=)\\s*(ls|id)", "(?<=x)y",
    "\\bunion\\b.*?\\bselect\\b", "['\"`]\\s*(or|and)", "[<>]\\w", "\\Aab",
    "z\\Z", "(a+)+$", "(?:^|[\\\\/])\\.\\.(?:[\\\\/]|$)", "$", "(?i)SeLeCt",
    "\\n\\z", "(?:=|;|<)x(?=y)", "a\\Kb;", "(?m-s:;.)", "[;|{][^;]*;" };

#define PATTERNS (sizeof(patterns) / sizeof(patterns[0]))

static const char *const pieces[] = { "select ", "from ", "a", "b", "; ",
    "cat ", "ls", "|", "=", "\n", "xy", "union ", "' or ", "<x", "../", "..",
    "ab", "z", " ", "plain text of some length ", "Select", ";x", "id" };

#define PIECES (sizeof(pieces) / sizeof(pieces[0]))

#define PLAIN 19 /* of them */

/* No clock, one in which nothing takes long, and one in which all does. */

static const uint64_t steps[] = { 0, 1, 3000000 };

static uint64_t now;
static uint64_t tick; /* of each look at the clock */


static uint64_t
clock_of_test(void)
{
    now += tick;

    return now;
}


static int
match(const api_operator_t *op, api_span_t value, api_scratch_t *scratch,
    uint64_t step, api_captures_t *c)
{
    api_budget_t budget = { UINT64_C(1) << 60 };

    tick = step;
    api_scratch_clock(scratch, step ? clock_of_test : NULL);

    return api_operator_match(
        op, value, (api_span_t){ NULL, 0 }, c, &budget, scratch);
}


static bool
same(const api_captures_t *a, const api_captures_t *b)
{
    uint32_t i;

    if (a->n != b->n) {
        return false;
    }

    for (i = 0; i < a->n; i++) {
        if (a->text[i].data != b->text[i].data
            || a->text[i].len != b->text[i].len) {
            return false;
        }
    }

    return true;
}


/* As PCRE2 says it itself, once over the whole value. */

static int
plain(const api_operator_t *op, api_span_t value, api_scratch_t *scratch,
    api_captures_t *c)
{
    api_operator_t whole = *op;

    whole.reverse = NULL;

    return match(&whole, value, scratch, 0, c);
}


static void
test_same(api_arena_t *arena, api_scratch_t *scratch)
{
    int             rc;
    bool            ok;
    char            text[4096];
    size_t          i, k, n, len, hits, here;
    ut_rand_t       r = { 11 };
    const char     *piece;
    api_span_t      value;
    api_captures_t  want, got;
    api_operator_t *op;

    for (i = 0, hits = 0, here = 0, ok = true; i < PATTERNS && ok; i++) {
        if (api_operator_compile(&op, API_SPAN("rx"),
                api_span(patterns[i], strlen(patterns[i])), NULL, arena, NULL)
            != API_OK)
        {
            ut_ok(false, "%s", patterns[i]);
            return;
        }

        here += op->reverse != NULL;

        for (n = 0; n < 400 && ok; n++) {
            for (k = ut_below(&r, 200), len = 0; k > 0; k--) {
                piece = pieces[ut_below(&r, 3) ? PLAIN : ut_below(&r, PIECES)];
                memcpy(text + len, piece, strlen(piece));
                len += strlen(piece);
                len = len > 4000 ? 4000 : len;
            }

            value = api_span(text, len);
            rc = plain(op, value, scratch, &want);
            hits += rc == 1;

            for (k = 0; k < 3 && ok; k++) {
                ok = match(op, value, scratch, steps[k], &got) == rc
                     && (rc != 1 || same(&want, &got));
            }
        }

        if (!ok) {
            fprintf(stderr, "# %s: %d for %.*s\n", patterns[i], rc, (int) len,
                text);
        }

        api_operator_free(op);
    }

    ut_ok(ok, "%zu patterns say the same in pieces", i);
    ut_ok(hits > PATTERNS * 40, "%zu matches", hits);
    ut_int((long long) here, PATTERNS, "all are tried where they can begin");
}


/* A pattern that would take the square of a value's length: it does where
   PCRE2 alone knows that there is no match, and is charged for it. */

static void
test_charged(api_arena_t *arena, api_scratch_t *scratch, const char *pattern,
    const char *unit, bool square)
{
    int             rc;
    char           *text;
    size_t          i, len;
    api_budget_t    budget = { 50000000 };
    api_operator_t *op;

    len = 200000;
    text = malloc(len);

    if (text == NULL
        || api_operator_compile(&op, API_SPAN("rx"),
               api_span(pattern, strlen(pattern)), NULL, arena, NULL)
               != API_OK)
    {
        ut_ok(false, "%s", pattern);
        return;
    }

    for (i = 0; i < len; i++) {
        text[i] = unit[i % strlen(unit)];
    }

    tick = 1000000; /* a millisecond a look: as if it took that long */
    api_scratch_clock(scratch, clock_of_test);
    rc = api_operator_match(op, api_span(text, len), (api_span_t){ NULL, 0 },
        NULL, &budget, scratch);

    if (square) {
        ut_int(rc, API_LIMIT, "%s ends with the budget", pattern);
        ut_int((long long) budget.left, 0, "which is spent");

    } else {
        ut_int(rc, 0, "%s: no match", pattern);
        ut_ok(budget.left > 50000000 - 7 * len, "at %llu for %zu bytes",
            (unsigned long long) (50000000 - budget.left), len);
    }

    api_operator_free(op);
    free(text);
}


int
main(void)
{
    api_arena_t    arena;
    api_scratch_t *scratch;

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    scratch = api_scratch_create(&api_alloc_libc);

    if (scratch == NULL) {
        return 1;
    }

    test_same(&arena, scratch);
    test_charged(&arena, scratch, "(?:;|\\||&)\\s*(?:[|\\w/]+/)?(?:ls|cat)",
        "|", false);
    test_charged(
        &arena, scratch, "union[a-z ]*q|nothing at all", "union ", false);
    test_charged(&arena, scratch, "<\\?(?!xml).*?q.*?z", "<?", false);
    test_charged(&arena, scratch, "union(?=[a-z ]*q)", "union ", true);
    test_charged(&arena, scratch, "a(?=[^q]*q)", "a", true);

    api_scratch_free(scratch);
    api_arena_free(&arena);

    return ut_done();
}
