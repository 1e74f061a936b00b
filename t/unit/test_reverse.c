/*
 * Where matches can begin, beside PCRE2 tried at each place: none is missed,
 * and where the tree is the pattern none is added; whatever the size of the
 * cache, of the list of places, and of what may be spent.
 */

#define PCRE2_CODE_UNIT_WIDTH 8

#include "api_reverse.h"
#include "ut.h"

#include <pcre2.h>
#include <stdio.h>


/* `wide`: PCRE2 knows of matches that there are not. */

static const struct {
    const char *pattern;
    bool        wide;
} patterns[] = {
    { "a", false },
    { "ab|b", false },
    { "^a", false },
    { "a$", false },
    { "^$", true }, /* not behind the last line end, says PCRE2 */
    { "(?:^|;)\\s*ls\\b", false },
    { "\\bunion\\b.*?\\bselect\\b", false },
    { "\\Bn", false },
    { "a{2,4}b", false },
    { "(?:ab){3}", false },
    { "(?:a|b*)*c", false },
    { "(?i)SeLeCt", false },
    { "[^a-y ]+\\n", false },
    { "<\\?(?!xml)", true },
    { "(?<=x)y", true },
    { "(a+)b\\1", true },
    { "(?>a+)a", true },
    { "\\Aab", true },
    { "b\\z", true },
    { "x.{0,400}y", false },
    { "(?:[a-c]{0,300}x){1,200}y", true },
    { "(?:s|se|sel|sele|selec)(?:elect|lect|ect|ct|t) ", false },
    { "['\"`]\\s*(?:or|and)\\s*['\"`]?\\d", false },
    { "[\\x80-\\xff]{2}", false },
};

#define PATTERNS (sizeof(patterns) / sizeof(patterns[0]))

static const char *const pieces[] = { "a", "b", "c", "ab", "x", "y", "xy", " ",
    "\n", "ls", "; ls", "union ", "select ", "sel", "n", "z", "' or 1",
    "\xc3\xa4", "<?", "<?xml", "plain text ", "aaaaaaa", "SELECT", "\"and 2" };

#define PIECES (sizeof(pieces) / sizeof(pieces[0]))
#define BUMP (1024 * 1024)
#define LONG 300

typedef struct {
    pcre2_code       *code;
    pcre2_match_data *data;
} peer_t;


static bool
peer_at(const peer_t *peer, api_span_t text, size_t at)
{
    return pcre2_match(peer->code, text.data, text.len, at,
               PCRE2_ANCHORED | PCRE2_NO_UTF_CHECK, peer->data, NULL)
           >= 0;
}


static api_span_t
random_text(ut_rand_t *r, char *text)
{
    size_t      len, n;
    const char *piece;

    for (n = ut_below(r, 30), len = 0; n > 0; n--) {
        piece = pieces[ut_below(r, PIECES)];

        if (len + strlen(piece) <= LONG) {
            memcpy(text + len, piece, strlen(piece));
            len += strlen(piece);
        }
    }

    return ut_guard_front(ut_guard(api_span(text, len)));
}


/* All places of a text, `room` at a time; the number of them that PCRE2 does
   not know, or -1: one of its own is missing. */

static int
compare(const api_reverse_t *rev, api_reverse_cache_t *cache,
    const peer_t *peer, api_span_t text, size_t room)
{
    int      more;
    size_t   at[LONG + 1], from, next, n, i;
    uint64_t left = UINT64_C(1) << 40;

    for (from = 0, more = 0; from <= text.len;) {
        n = api_reverse_find(rev, cache, text, from, at, room, &left);

        for (i = 0, next = from; i < n; i++) {
            for (; next < at[i]; next++) {
                if (peer_at(peer, text, next)) {
                    return -1;
                }
            }

            more += !peer_at(peer, text, next++);
        }

        for (; n < room && next <= text.len; next++) {
            if (peer_at(peer, text, next)) {
                return -1;
            }
        }

        from = next;
    }

    return more;
}


/* Ahead from each place; as above. */

static int
compare_ahead(const api_reverse_t *rev, api_reverse_cache_t *cache,
    const peer_t *peer, api_span_t text)
{
    int                  more;
    bool                 is;
    size_t               at;
    uint64_t             left = UINT64_C(1) << 40;
    api_reverse_answer_t answer;

    for (at = 0, more = 0; at <= text.len; at++) {
        is = peer_at(peer, text, at);
        answer = api_reverse_ahead(rev, cache, text, at, &left);

        if (answer == API_REVERSE_SPENT || (is && answer != API_REVERSE_MAYBE))
        {
            return -1;
        }

        more += !is && answer == API_REVERSE_MAYBE;
    }

    return more;
}


static bool
test_pattern(size_t i, api_reverse_cache_t *cache, size_t room)
{
    int                  rc, code;
    char                 text[LONG];
    size_t               at, n, more;
    peer_t               peer;
    ut_rand_t            r = { 3 + i };
    api_span_t           value;
    api_arena_t          arena;
    const api_reverse_t *rev, *ahead;

    peer.code =
        pcre2_compile((PCRE2_SPTR) patterns[i].pattern, PCRE2_ZERO_TERMINATED,
            PCRE2_DOTALL | PCRE2_MULTILINE, &code, &at, NULL);
    peer.data = pcre2_match_data_create(1, NULL);
    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    rc = api_reverse_make(&rev,
        api_span(patterns[i].pattern, strlen(patterns[i].pattern)), &arena);

    if (rc == API_OK) {
        rc = api_reverse_make_ahead(&ahead,
            api_span(patterns[i].pattern, strlen(patterns[i].pattern)),
            &arena);
    }

    for (n = 0, more = 0; n < 300 && rc == API_OK && rev != NULL && ahead; n++)
    {
        value = random_text(&r, text);
        rc = compare(rev, cache, &peer, value, room);
        more += rc > 0 ? (size_t) rc : 0;

        if (rc >= 0) {
            rc = compare_ahead(ahead, cache, &peer, value);
            more += rc > 0 ? (size_t) rc : 0;
        }

        ut_guard_reset();

        if (rc < 0) {
            break;
        }

        rc = API_OK;
    }

    pcre2_match_data_free(peer.data);
    pcre2_code_free(peer.code);
    api_arena_free(&arena);

    if (n < 300 || (more > 0 && !patterns[i].wide)) {
        fprintf(stderr, "# %s, %zu places at a time: %zu of %zu texts\n",
            patterns[i].pattern, room, more, n);
        return false;
    }

    return true;
}


static void
test_all(size_t bytes, size_t room)
{
    bool                 ok;
    size_t               i, k;
    api_reverse_cache_t *cache;

    cache = api_reverse_cache_create(&api_alloc_libc, bytes);

    for (k = 0, ok = cache != NULL; k < 2; k++) {
        for (i = 0; i < PATTERNS && ok; i++) {
            ok = test_pattern(i, cache, room);
        }
    }

    ut_ok(ok, "%zu patterns, a cache of %zu bytes, %zu places", PATTERNS,
        bytes, room);
    api_reverse_cache_free(cache);
}


/* More states than the cache has room for: forgotten, made again, paid for. */

static void
test_states(void)
{
    size_t               n, i, at[4];
    uint8_t              text[20000];
    uint64_t             left;
    ut_rand_t            r = { 5 };
    api_arena_t          arena;
    const api_reverse_t *rev;
    api_reverse_cache_t *cache;

    static const char pattern[] = "z[ab]{14}b[ab]{0,60}a";

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    cache = api_reverse_cache_create(&api_alloc_libc, 1);

    for (i = 0; i < sizeof(text); i++) {
        text[i] = ut_below(&r, 2) ? 'a' : 'b';
    }

    text[100] = 'z';
    n = api_reverse_make(&rev, API_SPAN(pattern), &arena) == API_OK && rev ? 1
                                                                           : 0;
    ut_int((long long) n, 1, "a pattern of many states");
    left = UINT64_C(1) << 40;
    n = api_reverse_find(
        rev, cache, api_span(text, sizeof(text)), 0, at, 4, &left);
    ut_ok(n == (text[115] == 'b') && (n == 0 || at[0] == 100),
        "finds what is there");
    left = (UINT64_C(1) << 40) - left;
    ut_ok(left > sizeof(text) * 100, "states are paid for: %llu",
        (unsigned long long) left);
    left /= 2;
    n = api_reverse_find(
        rev, cache, api_span(text, sizeof(text)), 0, at, 4, &left);
    ut_ok(n == SIZE_MAX && left == 0, "as long as there is something left");

    api_reverse_cache_free(cache);
    api_arena_free(&arena);
}


/* Memory that is given from the beginning each time. */

typedef struct {
    uint8_t *block;
    size_t   used;
} bump_t;


static void *
bump_alloc(void *ctx, size_t size)
{
    bump_t *b = ctx;
    size_t  at = b->used;

    b->used += (size + 15) / 16 * 16;

    return b->used <= BUMP ? b->block + at : NULL;
}


static void
bump_free(void *ctx, void *p)
{
    (void) ctx;
    (void) p;
}


/* Rules that are read anew stand where others stood. */

static void
test_anew(void)
{
    size_t               i, n, at[4];
    uint64_t             left;
    bump_t               bump;
    uintptr_t            was;
    api_alloc_t          alloc = { bump_alloc, bump_free, &bump };
    api_arena_t          arena;
    const api_reverse_t *rev;
    api_reverse_cache_t *cache;

    const api_span_t pattern[] = { API_SPAN("a[bc]d"), API_SPAN("x[yz]*w|bcd"),
        API_SPAN("a[bc]d") };

    bump.block = malloc(BUMP);
    cache = api_reverse_cache_create(&api_alloc_libc, 1);
    was = 0;

    for (i = 0; i < 3; i++) {
        bump.used = 0;
        api_arena_init(&arena, &alloc, 0, 0);
        ut_int(api_reverse_make(&rev, pattern[i], &arena), API_OK, "%s",
            (const char *) pattern[i].data);
        ut_ok(was == 0 || was == (uintptr_t) rev, "... where another stood");
        was = (uintptr_t) rev;
        left = UINT64_C(1) << 40;
        n = api_reverse_find(
            rev, cache, API_SPAN("--abd-xyzzyw-abcd"), 0, at, 4, &left);
        ut_ok(n == 1 + (i == 1) && at[0] == (i == 1 ? 6U : 2U)
                  && (n == 1 || at[1] == 14),
            "... is searched for, not that one");
        api_arena_free(&arena);
    }

    api_reverse_cache_free(cache);
    free(bump.block);
}


static void
test_large(void)
{
    api_arena_t          arena;
    const api_reverse_t *rev;

    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    ut_ok(api_reverse_make(&rev, API_SPAN("(a"), &arena) == API_OK
              && rev == NULL,
        "none of what is no pattern");
    ut_ok(api_reverse_make(&rev, API_SPAN("(?:a{900}b){1,900}"), &arena)
                  == API_OK
              && rev != NULL,
        "large repeats are not all counted");
    ut_ok(api_reverse_make(&rev,
              API_SPAN("((((((a{8}b){8}c){8}d){8}e){8}f){8}g){8}"), &arena)
                  == API_OK
              && rev == NULL,
        "none of what stays too large");

    api_arena_free(&arena);
}


static void
test_memory(void)
{
    int                  rc;
    size_t               n;
    ut_alloc_t           u;
    api_arena_t          arena;
    const api_reverse_t *rev;
    api_reverse_cache_t *cache;

    for (n = 1;; n++) {
        ut_arm(&u, n);
        api_arena_init(&arena, &u.alloc, 0, 0);
        rc = api_reverse_make(&rev, API_SPAN("a[bc]{3}d|e"), &arena);
        cache = api_reverse_cache_create(&u.alloc, 1);

        if (u.calls >= n && rc == API_OK && cache != NULL) {
            ut_ok(false, "call %zu failed and nobody noticed", n);
        }

        api_reverse_cache_free(cache);
        api_arena_free(&arena);

        if (u.live != 0) {
            ut_ok(false, "call %zu: %zu blocks are lost", n, u.live);
        }

        if (u.calls < n) {
            break;
        }
    }

    ut_ok(n > 3, "memory may end at each of %zu calls", n - 1);
}


int
main(void)
{
    test_all(1 << 20, LONG + 1);
    test_all(1 << 20, 3);
    test_all(1, 1);
    test_states();
    test_anew();
    test_large();
    test_memory();

    return ut_done();
}
