/*
 * Trees against PCRE2: what an expression matches, a search for its tree
 * finds, whole or trimmed; and a tree that is exact finds no more.
 */

#include "api_literals.h"
#include "pattern_ut.h"

#include <stdio.h>
#include <stdlib.h>


static const char *const refused[] = {
    "a{,3}",
    "a{ 1}",
    "(?x)a\x85+",
    "a{1, 2}",
    "(*UTF)a",
    "(*ACCEPT)a",
    "a(*SKIP)b",
    "(*pla:a)b",
    "\\N{U+41}",
    "(?C1)a",
    "(?(VERSION>=10)a",
    "(?Q)a",
    "a)",
    "(a",
    "[a",
    "[a\\",
    "a\\",
    "*a",
    "(?<n",
    "\\x{1",
    "\\x{100}",
    "\\o{400}",
    "[z-a]",
    "[[:nope:]]",
    "a{3,2}",
    "a{70000}",
    "\\i",
    "\\Lx",
    "(?P!a)",
    "\\p{L",
    "\\g{1",
};

static const unsigned sizes[] = { UINT32_MAX, 100, 6, 2, 1 };

#define NSIZES (sizeof(sizes) / sizeof(sizes[0]))
/* The subject as the tree is to see it; what PCRE2 sees is `seen`. */

static void
map_subject(const subject_t *s, unsigned flags, uint8_t *seen, uint8_t *held)
{
    size_t  i;
    uint8_t c;

    for (i = 0; i < s->len; i++) {
        c = s->text[i];
        seen[i] =
            (uint8_t) ((flags & API_PATTERN_LOWERCASE) && c >= 'A' && c <= 'Z'
                           ? c + 32
                           : c);
        held[i] = (flags & API_PATTERN_NOFF) && c == 0xff ? 0xfe : c;
    }
}


static bool
held_up(const pcre2_code *re, const pcre2_code *tree, unsigned flags,
    bool exact, const char *text)
{
    int     a, b;
    size_t  i;
    uint8_t seen[sizeof(subjects[0].text)], held[sizeof(seen)];

    for (i = 0; i < SUBJECTS; i++) {
        map_subject(&subjects[i], flags, seen, held);
        a = matches(re, seen, subjects[i].len);
        b = matches(tree, held, subjects[i].len);

        if ((a == 1 && b == 0) || (exact && a == 0 && b == 1)) {
            fprintf(stderr, "# /%s/ flags %u: subject %zu \"%.*s\" %d %d\n",
                text, flags, i, (int) subjects[i].len, seen, a, b);
            return false;
        }
    }

    return true;
}


/* Whole and in every size; literals too. */

static bool
tree_holds(const char *text, size_t len, unsigned flags, bool exact)
{
    bool           ok;
    size_t         i;
    api_err_t      err;
    api_arena_t    arena;
    api_span_t     out;
    pcre2_code    *re, *tree;
    api_pattern_t *whole, *small;

    re = compile(text, len,
        PCRE2_DOTALL | PCRE2_MULTILINE
            | (flags & API_PATTERN_CASELESS ? PCRE2_CASELESS : 0));
    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    ok = api_pattern_parse(&whole, api_span(text, len), flags, &arena, &err)
         == API_OK;

    if (!ok) {
        fprintf(stderr, "# /%s/: %s at %zu\n", text, err.text, err.pos);
    }

    for (i = 0; i < NSIZES && ok && re != NULL; i++) {
        small = whole;

        if (i > 0) {
            ok = api_pattern_trim(&small, sizes[i - 1], &arena) == API_OK;
        }

        if (api_pattern_never(small)) {
            continue;
        }

        ok = ok && api_pattern_write(small, &arena, &out) == API_OK;
        tree = ok ? compile((const char *) out.data, out.len, PCRE2_MULTILINE)
                  : NULL;
        ok = tree != NULL
             && held_up(re, tree, flags,
                 exact && i < 2 && (flags & API_PATTERN_NOFF) == 0, text);

        if (tree == NULL) {
            fprintf(stderr, "# /%s/: not written\n", text);
        }

        pcre2_code_free(tree);
    }

    pcre2_code_free(re);
    api_arena_free(&arena);

    return ok;
}


static void
test_table(void)
{
    size_t   i;
    unsigned flags;
    bool     ok;

    for (i = 0; i < pattern_ut_n; i++) {
        for (flags = 0, ok = true; flags < 8; flags++) {
            ok = tree_holds(pattern_ut[i].text, strlen(pattern_ut[i].text),
                     flags, pattern_ut[i].exact)
                 && ok;
        }

        ut_ok(ok, "/%s/", pattern_ut[i].text);
    }
}


static void
test_refused(void)
{
    int            rc;
    size_t         i;
    api_err_t      err;
    api_arena_t    arena;
    api_pattern_t *tree;

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        api_arena_init(&arena, &api_alloc_libc, 0, 0);
        memset(&err, 0, sizeof(err));
        rc = api_pattern_parse(&tree,
            ut_guard(api_span(refused[i], strlen(refused[i]))), 0, &arena,
            &err);
        ut_ok((rc == API_SYNTAX || rc == API_UNSUPPORTED) && err.text[0] != 0
                  && err.pos <= strlen(refused[i]),
            "/%s/ is refused: %s", refused[i], err.text);
        api_arena_free(&arena);
        ut_guard_reset();
    }
}


static void
test_random(ut_rand_t *r)
{
    bool        ok;
    char        text[512];
    size_t      len;
    unsigned    i, valid;
    pcre2_code *re;

    for (i = 0, valid = 0, ok = true; i < 1500 && ok; i++) {
        len = random_pattern(r, text, sizeof(text), 3);
        re = compile(text, len, PCRE2_DOTALL | PCRE2_MULTILINE);

        if (re == NULL) {
            continue;
        }

        pcre2_code_free(re);
        valid++;
        ok = tree_holds(text, len, (unsigned) ut_below(r, 8), false);
    }

    ut_ok(ok, "random expressions: a match is found in every tree");
    ut_ok(valid > 500, "%u of them were valid", valid);
}


/* Each allocation fails once. */

static void
test_memory(void)
{
    int            rc;
    size_t         n;
    uint32_t       nsets;
    ut_alloc_t     u;
    api_arena_t    arena;
    api_span_t     out;
    api_pattern_t *tree;
    api_literals_t sets[API_LITERALS_SETS];

    for (n = 1;; n++) {
        ut_arm(&u, n);
        api_arena_init(&arena, &u.alloc, 64, 0);

        rc = api_pattern_parse(&tree,
            API_SPAN("(?i)un(?:ion|known)\\s+(?:all\\s)?select[^a]{2,9}"), 0,
            &arena, NULL);

        if (rc == API_OK) {
            rc = api_literals_find(tree, 1, &arena, sets, &nsets);
        }

        if (rc == API_OK) {
            rc = api_pattern_trim(&tree, 12, &arena);
        }

        if (rc == API_OK) {
            rc = api_pattern_write(tree, &arena, &out);
        }

        api_arena_free(&arena);

        if (u.live != 0 || (u.calls >= n && rc != API_NOMEM)) {
            break;
        }

        if (u.calls < n) {
            ut_int(rc, API_OK, "with memory it works");
            ut_ok(n > 20, "no memory at each of %zu calls", n);
            return;
        }
    }

    ut_ok(false, "no memory at call %zu: %d, %zu live", n, rc, u.live);
}


static void
test_hostile(void)
{
    int            rc;
    char          *deep;
    api_arena_t    arena;
    api_pattern_t *tree;

    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    deep = malloc(1000001);

    if (deep == NULL) {
        return;
    }

    memset(deep, '(', 1000000);
    rc = api_pattern_parse(&tree, api_span(deep, 1000000), 0, &arena, NULL);
    ut_int(rc, API_UNSUPPORTED, "a million groups in one another");

    memset(deep, 'a', 1000000);
    rc = api_pattern_parse(&tree, api_span(deep, 1000000), 0, &arena, NULL);
    ut_int(rc, API_LIMIT, "a million letters");

    rc = api_pattern_parse(&tree,
        API_SPAN("((((a{60000}){60000}){60000}){60000}){60000}"), 0, &arena,
        NULL);
    ut_int(rc, API_OK, "repeats of repeats are read");
    ut_ok(api_pattern_size(tree) == UINT32_MAX, "their size saturates");
    ut_ok(api_pattern_min(tree) == UINT32_MAX, "their least length too");
    ut_ok(api_pattern_trim(&tree, 100, &arena) == API_OK
              && api_pattern_size(tree) <= 100,
        "and they can be trimmed");

    free(deep);
    api_arena_free(&arena);
}


int
main(void)
{
    ut_rand_t r = { 20261125 };

    make_subjects(&r);

    test_table();
    test_refused();
    test_random(&r);
    test_memory();
    test_hostile();

    return ut_done();
}
