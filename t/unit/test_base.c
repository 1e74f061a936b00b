/* Spans, errors, and the arena. */

#include "api_arena.h"
#include "ut.h"

#include <stdlib.h>


static void
test_spans(void)
{
    int        i, wrong;
    size_t     len;
    uint8_t    a[40], b[40];
    api_span_t none = { NULL, 0 };

    ut_ok(api_span_eq(none, API_SPAN("")), "no bytes are no bytes");
    ut_ok(api_span_eq_nocase(API_SPAN("BeArEr"), API_SPAN("bEaReR")),
        "without case");
    ut_ok(!api_span_eq_nocase(API_SPAN("ab"), API_SPAN("abc")), "lengths");
    ut_ok(!api_span_eq(API_SPAN("ab"), API_SPAN("aB")), "with case");

    /* only letters have a case: '@' and '`', '[' and '{' differ by 0x20 */

    for (wrong = 0, i = 0; i < 65536; i++) {
        a[0] = (uint8_t) (i >> 8);
        b[0] = (uint8_t) i;

        wrong += api_span_eq_nocase(api_span(a, 1), api_span(b, 1))
                 != (a[0] == b[0]
                     || ((a[0] ^ b[0]) == 0x20 && (a[0] | 0x20) >= 'a'
                         && (a[0] | 0x20) <= 'z'));
        wrong +=
            api_span_eq_secret(api_span(a, 1), api_span(b, 1)) != (*a == *b);
    }

    ut_int(wrong, 0, "every pair of bytes, without case and as a secret");

    ut_ok(api_span_eq_secret(API_SPAN("secret"), API_SPAN("secret")),
        "equal secrets");
    ut_ok(!api_span_eq_secret(API_SPAN("secret"), API_SPAN("Secret")),
        "the first byte differs");
    ut_ok(!api_span_eq_secret(API_SPAN("secret"), API_SPAN("secreT")),
        "the last byte differs");
    ut_ok(!api_span_eq_secret(API_SPAN("secret"), API_SPAN("secrets")),
        "lengths of secrets differ");
    ut_ok(api_span_eq_secret(none, none), "empty secrets");

    /* of each length, with one bit of difference anywhere and with none */

    for (wrong = 0, len = 0; len <= sizeof(a); len++) {
        for (i = 0; i < (int) sizeof(a); i++) {
            a[i] = b[i] = (uint8_t) (i * 37);
        }

        wrong +=
            !api_span_eq_secret(ut_guard(api_span(a, len)), api_span(b, len));

        for (i = 0; i < 8 * (int) len; i++) {
            b[i / 8] ^= (uint8_t) (1 << i % 8);
            wrong += api_span_eq_secret(api_span(a, len), api_span(b, len));
            b[i / 8] ^= (uint8_t) (1 << i % 8);
        }

        ut_guard_reset();
    }

    ut_int(wrong, 0, "every bit of a secret counts");
}


static void
test_fail(void)
{
    api_err_t err;
    char      text[400];

    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';

    ut_int(api_fail(NULL, API_LIMIT, 3, 4, "%s", text), API_LIMIT, "no err");
    ut_int(api_fail(&err, API_SYNTAX, 7, 9, "at %d", 5), API_SYNTAX, "rc");
    ut_int(err.code, 7, "code");
    ut_int((int) err.pos, 9, "pos");
    ut_ok(strcmp(err.text, "at 5") == 0, "text");

    api_fail(&err, API_SYNTAX, 1, 0, "%s", text);
    ut_int((int) strlen(err.text), API_ERR_TEXT - 1, "a long text is cut");
}


/* An allocator that aligns as little as nginx's pools do, and frees nothing
   by itself. */

typedef struct {
    _Alignas(16) uint8_t mem[65536];
    size_t pos;
} pool_t;

static void *
pool_alloc(void *ctx, size_t size)
{
    pool_t *p = ctx;
    void   *q;

    size = (size + 7) & ~(size_t) 7;

    if (size > sizeof(p->mem) - p->pos) {
        return NULL;
    }

    q = p->mem + p->pos;
    p->pos += size;

    return q;
}


static void
test_pool(void)
{
    int         i;
    void       *p;
    bool        aligned;
    size_t      held;
    pool_t     *pool;
    api_alloc_t alloc = { pool_alloc, NULL, NULL };
    api_arena_t a;

    pool = calloc(1, sizeof(*pool));

    if (pool == NULL) {
        return;
    }

    pool->pos = 8;
    alloc.ctx = pool;
    aligned = true;

    api_arena_init(&a, &alloc, 100, 8192);

    for (i = 0; i < 30; i++) {
        p = api_arena_alloc(&a, (size_t) i);
        aligned = aligned && p && (uintptr_t) p % API_ARENA_ALIGN == 0;
        memset(p, 0xff, (size_t) i);
    }

    ut_ok(aligned, "aligned to 16 over an allocator that aligns to 8");

    held = a.held;
    api_arena_rewind(&a, (api_arena_mark_t){ NULL, NULL });
    ut_int((int) a.held, (int) held, "what cannot be freed stays counted");

    for (i = 0; i < 1000; i++) {
        api_arena_alloc(&a, 100);
        api_arena_rewind(&a, (api_arena_mark_t){ NULL, NULL });
    }

    ut_ok(pool->pos < 9000, "so that the cap bounds a pool too");

    api_arena_free(&a);
    ut_int((int) a.held, 0, "until the arena is given up");

    free(pool);
}


static void
test_cap(void)
{
    size_t      n;
    ut_alloc_t  u;
    api_arena_t a;

    ut_arm(&u, 0);
    api_arena_init(&a, &u.alloc, 4096, 1000);

    ut_ok(api_arena_alloc(&a, 16) != NULL, "a cap below the chunk size");
    ut_ok(api_arena_alloc(&a, 2000) == NULL, "more than the cap");
    ut_ok(api_arena_alloc(&a, SIZE_MAX / 2) == NULL, "much more");
    ut_ok(a.held <= 1000, "held is under the cap");

    for (n = 16; api_arena_alloc(&a, 16); n += 16) {
        /* void */
    }

    ut_ok(n >= 900 && n <= 1000, "the cap can be used up");
    api_arena_free(&a);
    ut_int((int) u.live, 0, "nothing stays");

    api_arena_init(&a, &u.alloc, 64, 0);
    ut_ok(api_arena_alloc(&a, SIZE_MAX) == NULL, "SIZE_MAX");
    ut_ok(api_arena_calloc(&a, SIZE_MAX / 4, 8) == NULL, "n * size");
    ut_ok(api_arena_grow(&a, NULL, 0, SIZE_MAX) == NULL, "grow to it");
    api_arena_free(&a);

    ut_arm(&u, 2);
    api_arena_init(&a, &u.alloc, 64, 0);
    ut_ok(api_arena_alloc(&a, 64) != NULL, "first chunk");
    ut_ok(api_arena_alloc(&a, 1) == NULL, "the allocator says no");
    ut_ok(api_arena_alloc(&a, 1) != NULL, "and yes again");
    api_arena_free(&a);
    ut_int((int) u.live, 0, "nothing stays");
}


static void
test_grow(void)
{
    uint8_t    *p, *q, *other;
    ut_alloc_t  u;
    api_arena_t a;

    ut_arm(&u, 0);
    api_arena_init(&a, &u.alloc, 256, 0);

    p = api_arena_grow(&a, NULL, 0, 10);
    memset(p, 'a', 10);
    q = api_arena_grow(&a, p, 10, 100);
    ut_ok(p == q, "the newest block grows in place");
    memset(q, 'a', 100);

    other = api_arena_alloc(&a, 1);
    ut_ok(other >= q + 100, "the next one stands behind it");

    p = api_arena_grow(&a, q, 100, 101);
    ut_ok(p == other + API_ARENA_ALIGN, "an older one moves");
    ut_ok(memcmp(p, q, 100) == 0, "with its bytes");

    q = api_arena_grow(&a, p, 101, 5000);
    ut_ok(q != p && memcmp(p, q, 101) == 0, "into a chunk of its own");
    memset(q, 'b', 5000);

    p = api_arena_grow(&a, q, 5000, 8);
    ut_ok(p == q, "a smaller size leaves it");

    p = api_arena_grow(&a, q, 8, 5000);
    ut_ok(p && memcmp(p, "bbbbbbbb", 8) == 0, "and the rest is forgotten");

    api_arena_free(&a);
    ut_int((int) u.live, 0, "nothing stays");
}


/* Random blocks, marks and rewinds: no block may overlap one that lives. */

typedef struct {
    uint8_t *p;
    size_t   n;
    uint8_t  fill;
} block_t;

static bool
intact(const block_t *b, size_t n)
{
    size_t i, j;

    for (i = 0; i < n; i++) {
        for (j = 0; j < b[i].n; j++) {
            if (b[i].p[j] != b[i].fill) {
                return false;
            }
        }
    }

    return true;
}


static void
test_random(void)
{
    bool             ok;
    size_t           n, nmarks, at[8];
    block_t          b[200];
    ut_rand_t        r = { 7 };
    ut_alloc_t       u;
    unsigned         round;
    api_arena_t      a;
    api_arena_mark_t mark[8];

    ut_arm(&u, 0);
    api_arena_init(&a, &u.alloc, 128, 0);
    n = nmarks = 0;
    ok = true;

    for (round = 0; round < 20000 && ok; round++) {

        switch (ut_below(&r, 8)) {

        case 0:
            if (nmarks < 8) {
                mark[nmarks] = api_arena_mark(&a);
                at[nmarks++] = n;
            }
            break;

        case 1:
            if (nmarks) {
                nmarks = ut_below(&r, nmarks);
                api_arena_rewind(&a, mark[nmarks]);
                n = at[nmarks];
            }
            break;

        default:
            if (n == 200) {
                api_arena_free(&a);
                n = nmarks = 0;
                ok = u.live == 0 && a.held == 0;
            }

            b[n].n = ut_below(&r, 300);
            b[n].fill = (uint8_t) ut_rand(&r);
            b[n].p = api_arena_alloc(&a, b[n].n);
            ok = ok && (uintptr_t) b[n].p % API_ARENA_ALIGN == 0;
            memset(b[n].p, b[n].fill, b[n].n);
            n++;
        }

        ok = ok && (round % 16 || intact(b, n));
    }

    ut_ok(ok, "blocks that live are never touched");
    api_arena_free(&a);
    ut_int((int) u.live, 0, "nothing stays");
}


static void
test_dup(void)
{
    api_span_t  s;
    api_arena_t a;

    api_arena_init(&a, &api_alloc_libc, 0, 0);

    s = api_arena_dup(&a, API_SPAN("a\0b"));
    ut_span(s, API_SPAN("a\0b"), "a copy");
    ut_int(s.data[3], 0, "with a NUL behind");

    s = api_arena_dup(&a, api_span(NULL, 0));
    ut_ok(s.data != NULL && s.len == 0, "a copy of nothing is no failure");
    ut_ok(api_arena_alloc(&a, 0) != api_arena_alloc(&a, 0),
        "blocks of no bytes differ");

    api_arena_free(&a);
}


int
main(void)
{
    test_spans();
    test_fail();
    test_dup();
    test_cap();
    test_pool();
    test_grow();
    test_random();

    return ut_done();
}
