/*
 * Databases of the prefilter: files that were not made here and now are
 * refused, a library that fails, memory that is not had.
 */

#include <stdlib.h>

#include "prefilter_ut.h"


static void
test_keys(void)
{
    char                    a[API_PREFILTER_KEY], b[API_PREFILTER_KEY];
    api_prefilter_set_t     other;
    api_prefilter_pattern_t changed[7];

    api_prefilter_key(&set, &api_alloc_libc, a);
    api_prefilter_key(&set, &api_alloc_libc, b);
    ut_ok(strcmp(a, b) == 0 && strlen(a) == 32, "a key is a key: %s", a);

    memcpy(changed, rules, sizeof(changed));
    other = set;
    other.patterns = changed;

    changed[0].text.len--;
    api_prefilter_key(&other, &api_alloc_libc, b);
    ut_ok(strcmp(a, b) != 0, "another text, another key");

    changed[0].text.len++;
    changed[3].flags = 0;
    api_prefilter_key(&other, &api_alloc_libc, b);
    ut_ok(strcmp(a, b) != 0, "other flags");

    changed[3].flags = rules[3].flags;
    changed[2].nphrases--;
    api_prefilter_key(&other, &api_alloc_libc, b);
    ut_ok(strcmp(a, b) != 0, "other phrases");
}


static void
test_bad_sets(void)
{
    api_err_t               err;
    uint32_t                far[] = { 9 };
    api_prefilter_t        *pf;
    api_prefilter_set_t     bad;
    api_prefilter_group_t   group = { far, 1 };
    api_prefilter_pattern_t one;

    bad = set;
    bad.bits = 71;
    ut_int(api_prefilter_create(&pf, &bad, &api_alloc_libc, &err), API_INVALID,
        "%s", "a bit out of range");
    ut_int(err.code, API_PREFILTER_E_SET, "says what: %s", err.text);

    bad = set;
    bad.groups = &group;
    bad.ngroups = 1;
    ut_int(api_prefilter_create(&pf, &bad, &api_alloc_libc, &err), API_INVALID,
        "a pattern out of range");

    one = rules[0];
    one.kind = 7;
    bad = set;
    bad.patterns = &one;
    bad.npatterns = 1;
    bad.ngroups = 0;
    ut_int(api_prefilter_create(&pf, &bad, &api_alloc_libc, &err), API_INVALID,
        "a kind that is none");

    bad.bits = API_PREFILTER_BITS + 1;
    ut_int(api_prefilter_create(&pf, &bad, &api_alloc_libc, &err), API_LIMIT,
        "too many bits");

    memset(&bad, 0, sizeof(bad));
    ut_int(api_prefilter_create(&pf, &bad, &api_alloc_libc, &err), API_OK,
        "nothing at all");
    api_prefilter_free(pf);
}


/* Attach a copy with one byte changed, or a part of it. */

static int
attach(api_prefilter_t *pf, api_span_t file, size_t len, size_t at,
    api_err_t *err)
{
    int      rc;
    uint8_t *copy;

    copy = malloc(len + 1);

    if (copy == NULL) {
        return API_NOMEM;
    }

    memcpy(copy, file.data, len);

    if (at < len) {
        copy[at] ^= 0x20;
    }

    rc = api_prefilter_attach(pf, &hs, ut_guard(api_span(copy, len)), err);

    free(copy);
    ut_guard_reset();

    return rc;
}


static const char *
version_other(void)
{
    return "5.4.8 2020-01-01";
}


static void
test_files(void)
{
    int              rc;
    bool             ok;
    size_t           i;
    api_hs_t         other;
    api_err_t        err;
    api_span_t       file;
    api_prefilter_t *pf, *foreign;

    rc = api_prefilter_compile(&set, &hs, &api_alloc_libc, &file, &err);

    if (!ut_ok(rc == API_OK, "a set is compiled")) {
        return;
    }

    api_prefilter_create(&pf, &set, &api_alloc_libc, NULL);

    for (i = 0, ok = true; i < file.len; i += i < 400 ? 1 : 97) {
        ok = ok && attach(pf, file, i, i, &err) == API_INVALID
             && attach(pf, file, file.len, i, &err) == API_INVALID
             && pf->db == NULL;
    }

    ut_ok(ok, "cut short or changed: refused, nothing is attached");

    other = hs;
    other.version = version_other;
    ut_int(api_prefilter_attach(pf, &other, file, &err), API_INVALID,
        "of another version of the library");
    ut_int(err.code, API_PREFILTER_E_OTHER, "says so: %s", err.text);

    ut_int(attach(pf, file, file.len, file.len, &err), API_OK, "as it is");
    ut_ok(strcmp(api_prefilter_stat(pf).engine, hs.version()) == 0,
        "the library is named: %s", api_prefilter_stat(pf).engine);
    ut_ok(api_prefilter_stat(pf).scanned > 0
              && api_prefilter_stat(pf).database > 0,
        "with patterns in it");
    ut_int(attach(pf, file, 10, 10, &err), API_INVALID, "a bad one later");
    ut_ok(pf->db != NULL, "leaves the good one");
    ut_int(attach(pf, file, file.len, file.len, &err), API_OK, "once more");
    api_prefilter_free(pf);

    {
        api_prefilter_set_t fewer = set;

        fewer.npatterns = 3;
        fewer.ngroups = 0;
        api_prefilter_create(&foreign, &fewer, &api_alloc_libc, NULL);
        ut_int(attach(foreign, file, file.len, file.len, &err), API_INVALID,
            "of another set");
        ut_int(err.code, API_PREFILTER_E_OTHER, "says so: %s", err.text);
        api_prefilter_free(foreign);
    }

    api_alloc_libc.free(NULL, (void *) (uintptr_t) file.data);
}


/* Prose with an attack in it costs a scan of the library, and only then. */

static void
test_price(void)
{
    int                      i;
    char                     prose[4000];
    uint32_t                 all[8];
    api_err_t                err;
    api_prefilter_set_t      many;
    api_prefilter_group_t    group = { all, 8 };
    api_prefilter_pattern_t  same[8];
    api_span_t               file;
    api_arena_t              arena;
    api_prefilter_t         *pf;
    api_prefilter_hits_t     hits;
    api_prefilter_text_t     text;
    api_prefilter_scratch_t *scratch;

    for (i = 0; i < 250; i++) {
        memcpy(prose + i * 16, "union & select. ", 16);
    }

    for (i = 0; i < 8; i++) {
        all[i] = (uint32_t) i;
        same[i] = rules[0];
        same[i].bit = (uint32_t) i;
    }

    many = set;
    many.patterns = same;
    many.npatterns = 8;
    many.groups = &group;
    many.ngroups = 1;

    api_prefilter_compile(&many, &hs, &api_alloc_libc, &file, &err);
    api_prefilter_create(&pf, &many, &api_alloc_libc, NULL);
    api_prefilter_attach(pf, &hs, file, NULL);
    api_prefilter_scratch_create(&scratch, pf, &api_alloc_libc);
    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    for (i = 0; i < 4; i++) {
        if (i == 3) {
            memcpy(prose + 3000, "union\nselect", 12);
        }

        api_prefilter_text_init(&text, &arena);
        api_prefilter_text_add(&text, api_span("a select z", 10), NULL);
        api_prefilter_text_add(
            &text, api_span(prose, i == 0 ? 0 : 4000), NULL);
        api_prefilter_text_add(&text, api_span("b select z", 10), NULL);
        api_prefilter_scan(pf, 0, &text, scratch, &hits);

        ut_ok(api_prefilter_candidate(&hits, 0, 1) == (i == 3),
            "long ones are looked at again: %d", i);
    }

    api_arena_free(&arena);
    api_prefilter_scratch_free(scratch);
    api_prefilter_free(pf);
    api_alloc_libc.free(NULL, (void *) (uintptr_t) file.data);
}


/* A library that fails in the middle, or matches without end. */

static int
scan_fails(const void *db, const char *data, unsigned len, unsigned flags,
    void *scratch, api_hs_match_pt found, void *ctx)
{
    (void) db;
    (void) data;
    (void) len;
    (void) flags;
    (void) scratch;
    (void) found;
    (void) ctx;

    return -1;
}


static int
scan_floods(const void *db, const char *data, unsigned len, unsigned flags,
    void *scratch, api_hs_match_pt found, void *ctx)
{
    unsigned i;

    (void) db;
    (void) data;
    (void) flags;
    (void) scratch;

    for (i = 0; i < 100 * len; i++) {
        if (found(6, 0, 1 + i % len, 0, ctx) != 0) {
            return -3;
        }
    }

    return 0;
}


static void
test_library_fails(void)
{
    int                      i;
    api_hs_t                 bad;
    api_err_t                err;
    api_span_t               file;
    api_arena_t              arena;
    api_prefilter_t         *pf;
    api_prefilter_hits_t     hits;
    api_prefilter_text_t     text;
    api_prefilter_scratch_t *scratch;

    api_prefilter_compile(&set, &hs, &api_alloc_libc, &file, &err);

    for (i = 0; i < 2; i++) {
        bad = hs;
        bad.scan = i == 0 ? scan_fails : scan_floods;

        api_prefilter_create(&pf, &set, &api_alloc_libc, NULL);
        api_prefilter_attach(pf, &bad, file, NULL);
        pf->eager = true;
        api_prefilter_scratch_create(&scratch, pf, &api_alloc_libc);
        api_arena_init(&arena, &api_alloc_libc, 0, 0);
        api_prefilter_text_init(&text, &arena);
        api_prefilter_text_add(&text, API_SPAN("x select y"), NULL);
        ut_int(api_prefilter_scan(pf, 0, &text, scratch, &hits), API_OK,
            "a scan fails");
        ut_ok(api_prefilter_candidate(&hits, 0, 0),
            "then what literals left stays");
        api_arena_free(&arena);
        api_prefilter_scratch_free(scratch);
        api_prefilter_free(pf);
    }

    api_alloc_libc.free(NULL, (void *) (uintptr_t) file.data);
}


/* One whole life; API_NOMEM from wherever memory was not had. */

static int
life(const api_alloc_t *alloc, api_span_t file)
{
    int                      i, rc;
    api_arena_t              arena;
    api_prefilter_t         *pf;
    api_prefilter_hits_t     hits;
    api_prefilter_text_t     text;
    api_prefilter_scratch_t *scratch;

    rc = api_prefilter_create(&pf, &set, alloc, NULL);

    if (rc != API_OK) {
        return rc;
    }

    rc = api_prefilter_attach(pf, &hs, file, NULL);
    pf->eager = true;

    if (rc == API_OK) {
        rc = api_prefilter_scratch_create(&scratch, pf, alloc);
    }

    if (rc == API_OK) {
        api_arena_init(&arena, alloc, 64, 0);
        api_prefilter_text_init(&text, &arena);

        for (i = 0; i < 400 && rc == API_OK; i++) {
            rc = api_prefilter_text_add(
                &text, API_SPAN("union select 0x"), NULL);
        }

        if (rc == API_OK) {
            rc = api_prefilter_scan(pf, 0, &text, scratch, &hits);

            if (rc != API_OK && !api_prefilter_candidate(&hits, 71, 399)) {
                rc = API_INTERNAL; /* it has to be, when nothing is known */
            }
        }

        api_arena_free(&arena);
        api_prefilter_scratch_free(scratch);
    }

    api_prefilter_free(pf);

    return rc;
}


static void
test_memory(void)
{
    int        rc, rc2;
    size_t     n, nomem;
    api_err_t  err;
    api_span_t file, made;
    ut_alloc_t u;

    api_prefilter_compile(&set, &hs, &api_alloc_libc, &file, &err);

    for (n = 1, nomem = 0;; n++) {
        ut_arm(&u, n);
        rc = life(&u.alloc, file);
        nomem += rc == API_NOMEM;

        if (u.live != 0 || u.calls < n || (rc != API_NOMEM && rc != API_OK)) {
            break;
        }
    }

    ut_ok(u.live == 0 && u.calls < n && rc == API_OK && nomem > 15,
        "no memory at each of %zu calls (%zu of them told)", n, nomem);

    for (n = 1;; n++) {
        ut_arm(&u, n);
        rc2 = api_prefilter_compile(&set, &hs, &u.alloc, &made, &err);

        if (rc2 == API_OK) {
            u.alloc.free(u.alloc.ctx, (void *) (uintptr_t) made.data);
        }

        if (u.live != 0 || u.calls < n || rc2 != API_NOMEM) {
            break;
        }
    }

    ut_ok(u.live == 0 && u.calls < n && rc2 == API_OK,
        "nor to compile, at each of %zu calls", n);

    api_alloc_libc.free(NULL, (void *) (uintptr_t) file.data);
}


int
main(void)
{
    if (!prefilter_ut_load()) {
        return ut_done();
    }

    test_keys();
    test_bad_sets();
    test_files();
    test_price();
    test_library_fails();
    test_memory();

    return ut_done();
}
