/*
 * The prefilter rules out nothing that an operator would match: random
 * expressions and phrases over random values, by literals alone and with the
 * library.
 */

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

#include "prefilter_ut.h"


#define NPATTERNS 24
#define NVALUES 80

typedef struct {
    char                    text[NPATTERNS][128];
    api_prefilter_pattern_t patterns[NPATTERNS];
    pcre2_code             *re[NPATTERNS];
    uint32_t                index[NPATTERNS];
    api_prefilter_group_t   group;
    api_prefilter_set_t     set;
    api_span_t              values[NVALUES];
    uint8_t                 bytes[NVALUES][64];
} world_t;

static pcre2_match_data *match;


static size_t
random_text(ut_rand_t *r, char *out, size_t room, int depth)
{
    size_t                   i, n, len;
    static const char *const parts[] = { "a", "b", "c", "1", "ab", "B1",
        "[ab]", "[^a]", "\\w", "\\s", "\\d+", ".*", "^", "$", "\\b", "x",
        "(?i)", "\\xff", "\\xfe", "[^c]+", "\\n", "0x", "(?!b)", "(?<=c)",
        "a+b", "c{2,}", ".{3}" };

    n = 2 + ut_below(r, 4);

    for (i = 0, len = 0; i < n && len + 30 < room; i++) {
        if (depth > 0 && ut_below(r, 4) == 0) {
            len += (size_t) sprintf(out + len, "(?:");
            len += random_text(r, out + len, room - len - 10, depth - 1);
            len +=
                (size_t) sprintf(out + len, ut_below(r, 3) == 0 ? ")?" : ")");
        }

        len += (size_t) sprintf(out + len, "%s",
            parts[ut_below(r, sizeof(parts) / sizeof(parts[0]))]);

        if (ut_below(r, 8) == 0) {
            len += (size_t) sprintf(out + len, "|");
        }
    }

    return len;
}


static void
make_pattern(world_t *w, ut_rand_t *r, uint32_t i)
{
    int                      code;
    size_t                   len, offset;
    api_prefilter_pattern_t *p;

    p = &w->patterns[i];
    memset(p, 0, sizeof(*p));
    p->bit = i;
    w->index[i] = i;
    w->re[i] = NULL;

    if (i % 8 == 7) {
        p->kind = API_PREFILTER_PHRASES;
        p->phrases = phrases;
        p->nphrases = 1 + (uint32_t) ut_below(r, NPHRASES);
        return;
    }

    p->flags = (uint8_t) ut_below(r, 4);

    do {
        len = random_text(r, w->text[i], sizeof(w->text[i]), 2);
        w->re[i] = pcre2_compile((PCRE2_SPTR) w->text[i], len,
            PCRE2_DOTALL | PCRE2_MULTILINE
                | (p->flags & API_PREFILTER_CASELESS ? PCRE2_CASELESS : 0),
            &code, &offset, NULL);
    } while (w->re[i] == NULL);

    p->text = api_span(w->text[i], len);
}


static void
make_value(world_t *w, ut_rand_t *r, uint32_t i)
{
    size_t            j, len;
    static const char bytes[] = "aabbccAB11x0 \n\xff\xfe\xff.";

    len = ut_below(r, i % 10 == 0 ? 64 : 10);

    for (j = 0; j < len; j++) {
        w->bytes[i][j] =
            (uint8_t) (ut_below(r, 12) == 0
                           ? ut_rand(r)
                           : (uint64_t) bytes[ut_below(r, sizeof(bytes) - 1)]);
    }

    w->values[i] = api_span(w->bytes[i], len);
}


static void
make_world(world_t *w, ut_rand_t *r)
{
    uint32_t i;

    for (i = 0; i < NPATTERNS; i++) {
        make_pattern(w, r, i);
    }

    for (i = 0; i < NVALUES; i++) {
        make_value(w, r, i);
    }

    w->group.patterns = w->index;
    w->group.n = NPATTERNS;
    w->set.patterns = w->patterns;
    w->set.npatterns = NPATTERNS;
    w->set.groups = &w->group;
    w->set.ngroups = 1;
    w->set.bits = NPATTERNS;
}


static void
free_world(world_t *w)
{
    uint32_t i;

    for (i = 0; i < NPATTERNS; i++) {
        pcre2_code_free(w->re[i]);
    }
}


static bool
phrase_in(const api_prefilter_pattern_t *p, api_span_t value)
{
    size_t   i;
    uint32_t n;

    for (n = 0; n < p->nphrases; n++) {
        for (i = 0; i + p->phrases[n].len <= value.len; i++) {
            if (api_span_eq_nocase(api_span(value.data + i, p->phrases[n].len),
                    p->phrases[n]))
            {
                return true;
            }
        }
    }

    return false;
}


/* What the operator itself says. */

static bool
truth(const world_t *w, uint32_t pattern, api_span_t value)
{
    size_t                         i;
    uint8_t                        low[64], c;
    const api_prefilter_pattern_t *p;

    p = &w->patterns[pattern];

    if (p->kind == API_PREFILTER_PHRASES) {
        return phrase_in(p, value);
    }

    for (i = 0; i < value.len; i++) {
        c = value.data[i];
        low[i] = (uint8_t) ((p->flags & API_PREFILTER_LOWERCASE) && c >= 'A'
                                    && c <= 'Z'
                                ? c + 32
                                : c);
    }

    return pcre2_match(w->re[pattern], low, value.len, 0, 0, match, NULL) >= 0;
}


/* How many pairs are candidates; false when a match is none. */

static bool
check(const world_t *w, const api_prefilter_t *pf,
    api_prefilter_scratch_t *scratch, uint32_t *candidates)
{
    bool                 ok, is;
    uint32_t             i, j;
    api_arena_t          arena;
    api_prefilter_hits_t hits;
    api_prefilter_text_t text;

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    api_prefilter_text_init(&text, &arena);

    for (i = 0, ok = true; i < NVALUES; i++) {
        ok = ok
             && api_prefilter_text_add(&text, ut_guard(w->values[i]), NULL)
                    == API_OK;
    }

    ok = ok && api_prefilter_scan(pf, 0, &text, scratch, &hits) == API_OK;

    for (i = 0; i < NPATTERNS && ok; i++) {
        for (j = 0; j < NVALUES && ok; j++) {
            is = api_prefilter_candidate(&hits, i, j);
            *candidates += is;
            ok = is || !truth(w, i, w->values[j]);

            if (!ok) {
                fprintf(stderr, "# missed: /%.*s/ flags %u value %u\n",
                    (int) w->patterns[i].text.len, w->text[i],
                    (unsigned) w->patterns[i].flags, (unsigned) j);
            }
        }
    }

    api_arena_free(&arena);
    ut_guard_reset();

    return ok;
}


/* Scans go through the library whatever they cost. */

static bool
check_library(const world_t *w, api_prefilter_t *pf, uint32_t *candidates)
{
    bool                     ok;
    api_err_t                err;
    api_span_t               file;
    api_prefilter_scratch_t *scratch;

    if (api_prefilter_compile(&w->set, &hs, &api_alloc_libc, &file, &err)
        != API_OK)
    {
        fprintf(stderr, "# %s\n", err.text);
        return false;
    }

    ok = api_prefilter_attach(pf, &hs, file, &err) == API_OK
         && api_prefilter_scratch_create(&scratch, pf, &api_alloc_libc)
                == API_OK;

    if (ok) {
        pf->eager = true;
        ok = check(w, pf, scratch, candidates);
        api_prefilter_scratch_free(scratch);
    }

    api_alloc_libc.free(NULL, (void *) (uintptr_t) file.data);

    return ok;
}


static void
test_random(ut_rand_t *r)
{
    bool                     ok;
    world_t                  w;
    unsigned                 i;
    uint32_t                 literals, scanned;
    api_prefilter_t         *pf;
    api_prefilter_scratch_t *scratch;

    for (i = 0, ok = true, literals = 0, scanned = 0; i < 20 && ok; i++) {
        make_world(&w, r);

        ok = api_prefilter_create(&pf, &w.set, &api_alloc_libc, NULL) == API_OK
             && api_prefilter_scratch_create(&scratch, pf, &api_alloc_libc)
                    == API_OK;

        if (ok) {
            scratch->epoch = i == 0 ? (UINT32_C(1) << 30) - 20 : 0;
            ok = check(&w, pf, scratch, &literals);
            api_prefilter_scratch_free(scratch);
            ok = ok && check_library(&w, pf, &scanned);
            api_prefilter_free(pf);
        }

        free_world(&w);
    }

    ut_ok(ok, "no match is ruled out, by literals or by the library");
    ut_ok(scanned < literals && literals < i * NPATTERNS * NVALUES * 9 / 10,
        "something is: %u, then %u of %u are left", (unsigned) literals,
        (unsigned) scanned, i * NPATTERNS * NVALUES);
}


static const char *const benign[] = { "", "Sechskantschraube M8",
    "a union of states", "select all", "java script", "2026-11-25T10:00:00Z",
    "0.75", "ACME" };


static void
scan(const api_prefilter_t *pf, uint32_t group, api_arena_t *arena,
    const char *const *values, uint32_t n, api_prefilter_hits_t *hits)
{
    int                      rc;
    uint32_t                 i;
    api_prefilter_text_t     text;
    api_prefilter_scratch_t *scratch;

    rc = api_prefilter_scratch_create(&scratch, pf, &api_alloc_libc);
    api_prefilter_text_init(&text, arena);

    for (i = 0; i < n && rc == API_OK; i++) {
        rc = api_prefilter_text_add(
            &text, api_span(values[i], strlen(values[i])), NULL);
    }

    rc = rc == API_OK ? api_prefilter_scan(pf, group, &text, scratch, hits)
                      : rc;
    ut_int(
        rc, API_OK, "%u values in group %u", (unsigned) n, (unsigned) group);
    api_prefilter_scratch_free(scratch);
}


static void
test_rules(void)
{
    uint32_t             i;
    api_arena_t          arena;
    api_prefilter_t     *pf;
    api_prefilter_hits_t hits;
    const char *values[] = { "x", "UNION  SELECT", "<SCRIPT >", "zab1z" };

    ut_int(api_prefilter_create(&pf, &set, &api_alloc_libc, NULL), API_OK,
        "a set is made");
    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    scan(pf, 0, &arena, values, 4, &hits);
    ut_ok(api_prefilter_any(&hits, 0), "a literal in another case");
    ut_ok(api_prefilter_candidate(&hits, 0, 1), "its value");
    ut_ok(!api_prefilter_candidate(&hits, 0, 0), "no other");
    ut_ok(api_prefilter_candidate(&hits, 3, 2), "one of two of a bit");
    ut_ok(!api_prefilter_candidate(&hits, 3, 1), "and nowhere else");
    ut_ok(api_prefilter_candidate(&hits, 2, 3), "a phrase");
    ut_ok(api_prefilter_always(pf, 1) && api_prefilter_always(pf, 70),
        "without literals, or not understood: always");
    ut_ok(api_prefilter_candidate(&hits, 1, 0)
              && api_prefilter_candidate(&hits, 70, 3),
        "candidates everywhere");
    ut_ok(!api_prefilter_always(pf, 71) && !api_prefilter_any(&hits, 71),
        "what lower case never has: never");

    scan(pf, 1, &arena, values, 4, &hits);
    ut_ok(api_prefilter_candidate(&hits, 3, 2), "the other group: its own");
    ut_ok(!api_prefilter_any(&hits, 0) && !api_prefilter_any(&hits, 1)
              && !api_prefilter_any(&hits, 70),
        "and nothing of the first");

    scan(pf, 0, &arena, benign, sizeof(benign) / sizeof(benign[0]), &hits);
    ut_int(hits.pairs, 0, "benign values are no candidates");

    for (i = 0; i < 80; i++) {
        ut_ok(api_prefilter_any(&hits, i) == api_prefilter_always(pf, i),
            "bit %u", (unsigned) i);
    }

    scan(pf, 0, &arena, NULL, 0, &hits);
    ut_ok(!api_prefilter_any(&hits, 0), "no values, no candidates");

    ut_ok(strcmp(api_prefilter_stat(pf).engine, "literals") == 0,
        "says how it scans");
    ut_int(api_prefilter_stat(pf).always, 2, "and how many it cannot help");

    api_arena_free(&arena);
    api_prefilter_free(pf);
}


/* Bytes that most texts have are looked for where a mask wants them: by each
   pattern that has one, in either case, and by more of them than are kept
   apart. */

#define NCOMMON 40

typedef struct {
    char                    text[NCOMMON];
    api_span_t              phrase[NCOMMON];
    uint32_t                index[NCOMMON];
    api_prefilter_pattern_t pattern[NCOMMON];
    api_prefilter_group_t   group;
    api_prefilter_set_t     set;
} commons_t;


static void
commons_make(commons_t *c)
{
    uint32_t i;

    memset(c, 0, sizeof(*c));

    for (i = 0; i < NCOMMON; i++) {
        c->text[i] = "etao .-1ER"[i % 10];
        c->phrase[i] = api_span(&c->text[i], 1);
        c->pattern[i].bit = i;
        c->pattern[i].kind = API_PREFILTER_PHRASES;
        c->pattern[i].phrases = &c->phrase[i];
        c->pattern[i].nphrases = 1;
        c->index[i] = i;
    }

    c->group = (api_prefilter_group_t){ c->index, NCOMMON };
    c->set =
        (api_prefilter_set_t){ c->pattern, NCOMMON, &c->group, 1, NCOMMON };
}


static void
test_common(void)
{
    int                      rc;
    uint32_t                 i, k;
    unsigned                 bad;
    commons_t                c;
    api_arena_t              arena;
    api_prefilter_t         *pf;
    api_prefilter_hits_t     hits;
    api_prefilter_text_t     t;
    api_prefilter_scratch_t *scratch;

    static const uint64_t    none[2] = { 0, 0 };
    static const uint64_t    only[2] = { 1 << 5 | 1 << 30, 0 };
    static const char *const in[] = { "tea.TEA", "rR", "", "", "1" };

    commons_make(&c);
    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    ut_int(api_prefilter_create(&pf, &c.set, &api_alloc_libc, NULL), API_OK,
        "a set of bytes");
    ut_int(api_prefilter_scratch_create(&scratch, pf, &api_alloc_libc), API_OK,
        "... and a scratch");
    api_prefilter_text_init(&t, &arena);
    rc = api_prefilter_text_add(&t, ut_guard(API_SPAN("TEA.")), NULL);
    rc |= api_prefilter_text_add(&t, ut_guard(API_SPAN("r")), NULL);
    rc |= api_prefilter_text_add(&t, ut_guard(API_SPAN("a. - e")), none);
    rc |= api_prefilter_text_add(&t, ut_guard(API_SPAN("a. - e")), only);
    rc |= api_prefilter_text_add(&t, ut_guard(API_SPAN("12")), NULL);
    ut_int(rc, API_OK, "five texts");
    ut_int(api_prefilter_scan(pf, 0, &t, scratch, &hits), API_OK, "a scan");

    for (i = 0, bad = 0; i < NCOMMON; i++) {
        for (k = 0; k < 5; k++) {
            bool wanted =
                k == 3 ? i == 5 || i == 30 : strchr(in[k], c.text[i]) != NULL;

            bad += api_prefilter_candidate(&hits, i, k) != wanted;
        }
    }

    ut_int(bad, 0, "each that is there, and no other");
    api_prefilter_scratch_free(scratch);
    api_prefilter_free(pf);
    api_arena_free(&arena);
    ut_guard_reset();
}


int
main(void)
{
    ut_rand_t r = { 11 };

    if (!prefilter_ut_load()) {
        return ut_done();
    }

    match = pcre2_match_data_create(64, NULL);

    test_rules();
    test_common();
    test_random(&r);

    pcre2_match_data_free(match);

    return ut_done();
}
