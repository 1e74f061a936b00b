/* Revocations: the text, who is meant, the table that is written while it is
   read. */

#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "api_revoked_pack.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>


static const api_sipkey_t seed = { 41, 42 };


static api_span_t
str(const char *s)
{
    return s ? api_span(s, strlen(s)) : api_span(NULL, 0);
}


static api_revoked_of_t
of(const char *jti, const char *sub, const char *issuer, int64_t iat)
{
    api_revoked_of_t o;

    memset(&o, 0, sizeof(o));
    o.values[API_REVOKED_JTI] = str(jti);
    o.values[API_REVOKED_SUB] = str(sub);
    o.issuer = str(issuer);
    o.iat = iat;

    return o;
}


static const struct {
    const char *text;
    const char *jti, *sub, *issuer;
    int64_t     iat;
    int         kind;
} finds[] = {
    { "", "a", "b", "i", 5, API_REVOKED_NKINDS },
    { "# jti a\n\n", "a", "b", "i", 5, API_REVOKED_NKINDS },
    { "jti a", "a", "b", "i", 5, API_REVOKED_JTI },
    { "jti a", "A", "b", "i", 5, API_REVOKED_NKINDS },
    { "jti a", "b", "a", "i", 5, API_REVOKED_NKINDS },
    { "jti a", NULL, NULL, NULL, 5, API_REVOKED_NKINDS },
    { "  jti\ta # why\r\nsub b\r\n", "x", "b", "i", 5, API_REVOKED_SUB },
    { "sub b before=5", "x", "b", "i", 4, API_REVOKED_SUB },
    { "sub b before=5", "x", "b", "i", 5, API_REVOKED_NKINDS },
    { "sub b before=5", "x", "b", "i", INT64_MIN, API_REVOKED_SUB },
    { "sub b before=5\nsub b before=9", "x", "b", "i", 7, API_REVOKED_SUB },
    { "sub b before=9\nsub b before=5", "x", "b", "i", 7, API_REVOKED_SUB },
    { "sub b issuer=i", "x", "b", "i", 5, API_REVOKED_SUB },
    { "sub b issuer=j", "x", "b", "i", 5, API_REVOKED_NKINDS },
    { "sub \"b c # d\"", "x", "b c # d", "i", 5, API_REVOKED_SUB },
    { "sub \"b\\\"\\\\\"", "x", "b\"\\", "i", 5, API_REVOKED_SUB },
    { "sub b issuer=\"i j\"", "x", "b", "i j", 5, API_REVOKED_SUB },
};

static const char *const broken[] = { "jti", "jti \"\"", "jwt a", "JTI a",
    "jti a b", "jti a before=", "jti a before=x", "jti a before=-1",
    "jti a before=1e9", "jti a before=9999999999999",
    "jti a issuer=", "jti \"a", "jti \"a\\n\"", "jti a\nsub \"b\nkid c" };


static void
test_text(void)
{
    size_t           i;
    char             big[300];
    api_err_t        err;
    api_revoked_t   *list;
    api_revoked_of_t o;

    for (i = 0; i < sizeof(finds) / sizeof(finds[0]); i++) {
        ut_int(api_revoked_parse(&list, ut_guard(str(finds[i].text)), seed,
                   &api_alloc_libc, &err),
            API_OK, "text %zu", i);
        o = of(finds[i].jti, finds[i].sub, finds[i].issuer, finds[i].iat);
        ut_int((int) api_revoked_find(list, &o), finds[i].kind, "... found");
        api_revoked_free(list);
        ut_guard_reset();
    }

    for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        ut_int(api_revoked_parse(&list, ut_guard(str(broken[i])), seed,
                   &api_alloc_libc, &err),
            API_SYNTAX, "broken %zu: %s", i, err.text);
        ut_guard_reset();
    }

    memset(big, 'a', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    memcpy(big, "jti ", 4);
    ut_int(api_revoked_parse(&list, str(big), seed, &api_alloc_libc, &err),
        API_SYNTAX, "a value too long");

    o = of("a", "b", "i", 5);
    ut_int((int) api_revoked_find(NULL, &o), API_REVOKED_NKINDS, "no list");
}


static void
test_memory(void)
{
    int            rc;
    size_t         n;
    ut_alloc_t     u;
    api_revoked_t *list;

    for (n = 1;; n++) {
        ut_arm(&u, n);
        rc = api_revoked_parse(
            &list, API_SPAN("jti a\nsub b\n"), seed, &u.alloc, NULL);
        api_revoked_free(list);
        ut_int(u.live, 0, "allocation %zu: nothing is left", n);

        if (u.calls < n) {
            break;
        }

        ut_int(rc, API_NOMEM, "... and it failed");
    }
}


static api_revoked_entry_t
entry_of(const char *value, const char *issuer, int64_t before)
{
    api_revoked_entry_t e = { API_REVOKED_SUB, str(value), str(issuer),
        before };

    return e;
}


static void
test_table(void)
{
    int                  i, put, rc;
    char                 name[32];
    void                *mem = calloc(1, 65536);
    size_t               at;
    api_revoked_of_t     o, p;
    api_revoked_entry_t  e;
    api_revoked_table_t *t;

    ut_ok(api_revoked_table_at(mem, 65536) == NULL, "not made");
    t = api_revoked_table_init(mem, 65536, seed);
    ut_ok(t && api_revoked_table_at(mem, 65536) == t, "made and found");

    o = of("x", "alice", "corp", 100);
    p = of("x", "alice", "partner", 100);

    e = entry_of("alice", "corp", API_REVOKED_ALWAYS);
    ut_int(api_revoked_table_put(t, &e), API_OK, "put");
    ut_int((int) api_revoked_table_find(t, &o), API_REVOKED_SUB, "found");
    ut_int((int) api_revoked_table_find(t, &p), API_REVOKED_NKINDS,
        "... of that issuer alone");

    e.before = 100;
    ut_int(api_revoked_table_put(t, &e), API_OK, "another time");
    ut_int((int) api_revoked_table_find(t, &o), API_REVOKED_NKINDS,
        "... replaces the first");
    ut_int((int) api_revoked_table_count(t), 1, "... and is the same one");

    e = entry_of("alice", NULL, API_REVOKED_ALWAYS);
    ut_int(api_revoked_table_put(t, &e), API_OK, "of any issuer");
    ut_int((int) api_revoked_table_find(t, &p), API_REVOKED_SUB, "... found");
    ut_int(api_revoked_table_take(t, &e), API_OK, "taken away");
    ut_int((int) api_revoked_table_find(t, &p), API_REVOKED_NKINDS,
        "... is gone");
    ut_int(api_revoked_table_take(t, &e), API_DENIED, "... once");

    at = 0;
    ut_ok(api_revoked_table_next(t, &at, &e)
              && api_span_eq(e.value, API_SPAN("alice"))
              && api_span_eq(e.issuer, API_SPAN("corp")) && e.before == 100
              && !api_revoked_table_next(t, &at, &e),
        "listed");

    for (i = 0, put = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "user-%d", i);
        e = entry_of(name, NULL, API_REVOKED_ALWAYS);
        rc = api_revoked_table_put(t, &e);
        put += rc == API_OK;
        o = of(NULL, name, "corp", 1);

        if ((rc == API_OK)
            != (api_revoked_table_find(t, &o) == API_REVOKED_SUB)) {
            ut_ok(false, "what was put is found, what was not is not");
        }
    }

    ut_ok(put > 100 && put < (int) api_revoked_table_places(t),
        "a full table says so: %d of 1000", put);
    free(mem);
}


/* A reader sees an entry wholly or not at all. */

static void
test_race(void)
{
    int                  i, status;
    void                *mem;
    api_revoked_of_t     o;
    api_revoked_entry_t  e;
    api_revoked_table_t *t;

    mem = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
        -1, 0);
    t = api_revoked_table_init(mem, 65536, seed);

    if (fork() == 0) {
        for (i = 0; i < 300000; i++) {
            e = entry_of(i % 2 ? "alice" : "bob", NULL, 100);
            (void) api_revoked_table_put(t, &e);
            (void) api_revoked_table_take(t, &e);
        }

        _exit(0);
    }

    for (i = 0; i < 300000; i++) {
        o = of(NULL, "carol", "corp", 1);

        if (api_revoked_table_find(t, &o) != API_REVOKED_NKINDS) {
            break;
        }
    }

    ut_int(i, 300000, "nobody is refused for another one");
    wait(&status);
    ut_int((int) api_revoked_table_count(t), 0, "and the count is right");
}


static api_revoked_entry_t
entry(api_revoked_kind_t kind, const char *issuer, const char *value,
    int64_t before)
{
    api_revoked_entry_t e;

    e.kind = kind;
    e.value = str(value);
    e.issuer = str(issuer);
    e.before = before;

    return e;
}


/* A table, packed in pieces of two, as the bytes of a file. */

static size_t
packed(const api_revoked_table_t *t, uint8_t *file, int32_t spoil)
{
    size_t                at = 0, len = API_SNAPSHOT_HEAD;
    uint32_t              n;
    api_snapshot_head_t   head;
    api_revoked_record_t  records[2];
    api_snapshot_writer_t w;

    api_revoked_head(&head);
    api_snapshot_begin(&w, &head, file);

    do {
        n = api_revoked_pack(t, &at, records, 2);

        if (n && spoil >= 0) {
            ((uint32_t *) &records[0])[spoil] = 1000;
        }

        api_snapshot_block(
            &w, n, api_span(records, n * sizeof(records[0])), file + len);
        len += API_SNAPSHOT_BLOCK;
        memcpy(file + len, records, n * sizeof(records[0]));
        len += n * sizeof(records[0]);
    } while (n);

    return len;
}


static void
test_pack_room(const api_revoked_table_t *t, uint8_t *file)
{
    int                  i;
    void                *mem;
    size_t               len;
    api_err_t            err;
    api_revoked_table_t *to;
    api_revoked_entry_t  e;
    api_revoked_merged_t done;

    mem = calloc(1, 4096);
    to = api_revoked_table_init(mem, 4096, seed);
    for (i = 0; i < 1000; i++) {
        e = entry(API_REVOKED_JTI, "", "abcdefgh", i);
        e.value = api_span(file + i, 8);
        (void) api_revoked_table_put(to, &e);
    }

    len = packed(t, file, -1);
    (void) api_revoked_merge(to, api_span(file, len), &done, &err);
    ut_ok(done.lost > 0 && done.lost + done.taken == 5, "no room: counted");

    ut_ok(
        api_revoked_merge(to, api_span(file, len - 1), &done, &err) != API_OK,
        "a file that is cut");

    free(mem);
}


static void
test_pack(void)
{
    int                  i;
    size_t               len;
    uint8_t             *file = calloc(1, 65536);
    void                *mem[2];
    api_err_t            err;
    api_revoked_of_t     o;
    api_revoked_table_t *t, *to;
    api_revoked_entry_t  e;
    api_revoked_merged_t done;

    mem[0] = calloc(1, 65536);
    t = api_revoked_table_init(mem[0], 65536, seed);
    mem[1] = calloc(1, 65536);
    to = api_revoked_table_init(mem[1], 65536, seed);

    for (i = 0; i < 5; i++) {
        e = entry(API_REVOKED_SUB, i % 2 ? "corp" : "", "someone", 100 + i);
        e.value.len -= (size_t) i;
        (void) api_revoked_table_put(t, &e);
    }

    len = packed(t, file, -1);
    ut_int(api_revoked_merge(to, api_span(file, len), &done, &err), API_OK,
        "what was packed is taken");
    ut_int((int) done.taken, 5, "all of it");
    ut_int((int) api_revoked_table_count(to), 5, "and no more");

    o = of(NULL, "someon", "corp", 100);
    ut_int(api_revoked_table_find(to, &o), API_REVOKED_SUB, "as it was");
    o.iat = 101;
    ut_int(api_revoked_table_find(to, &o), API_REVOKED_NKINDS, "its time too");

    /* of two that say the same the one that revokes more stands */

    e = entry(API_REVOKED_SUB, "", "someone", 500);
    (void) api_revoked_table_put(to, &e);
    (void) api_revoked_merge(to, api_span(file, len), &done, &err);
    o = of(NULL, "someone", "x", 499);
    ut_int(api_revoked_table_find(to, &o), API_REVOKED_SUB, "the later one");

    for (i = 0; i < 4; i++) {
        len = packed(t, file, i);
        ut_int(api_revoked_merge(to, api_span(file, len), &done, &err), API_OK,
            "a file with records that make no sense");
        ut_int((int) done.unsound, 3, "they are counted");
    }

    test_pack_room(t, file);

    free(mem[0]);
    free(mem[1]);
    free(file);
}

int
main(void)
{
    test_pack();
    test_text();
    test_memory();
    test_table();
    test_race();

    return ut_done();
}
