/*
 * Duplicate member names: found wherever they stand, by whatever spelling,
 * in objects of every size, and in bounded work even when the sender knows
 * the seed.
 */

#include "api_json_hash.h"
#include "json/check.h"
#include "json/verdict.h"

#include <stdio.h>


/* Under this seed the second factor of the hash is zero for all names of up
   to 8 bytes: they all have the hash 0. */

static const api_sipkey_t broken = { 1, API_JSON_K1 };

static char text[1 << 23];


/* Write to dst an object of n names; name number `again`, if not 0, is name 0
   with an escape. */

static api_span_t
object_of(char *dst, size_t n, size_t again, const char *value)
{
    char  *p;
    size_t i;

    p = dst;
    *p++ = '{';

    for (i = 0; i < n; i++) {
        p += sprintf(p, "\"%s%zx\":%s,", i && i == again ? "\\u0078" : "x",
            i == again ? 0 : i, value);
    }

    p[n ? -1 : 0] = '}';

    return api_span(dst, (size_t) (p - dst) + !n);
}


static void
test_sizes(void)
{
    int                 rc, k;
    size_t              n, again, wrong;
    api_err_t           err;
    api_json_t          doc;
    api_span_t          s;
    const api_sipkey_t *seeds[] = { &seed, &broken };

    for (k = 0; k < 2; k++) {
        wrong = 0;

        for (n = 1; n < 150; n++) {
            rc = api_json_parse(&doc, object_of(text, n, 0, "[]"), NULL, 0,
                *seeds[k], &arena, &err);
            wrong += rc != API_OK || doc.tok[0].len != n;

            for (again = 1; again<n; again += n> 70 ? 7 : 1) {
                s = object_of(text, n, again, "{\"x0\":0}");
                rc = api_json_parse(&doc, s, NULL, 0, *seeds[k], &arena, &err);

                wrong += rc != API_DUPLICATE
                         || err.code != API_JSON_E_DUPLICATE
                         || memcmp(s.data + err.pos, "\"\\u0078", 7) != 0;
            }

            api_arena_free(&arena);
        }

        ut_int(wrong, 0, "objects of 1 to 149 names, seed %d", k);
    }
}


/* Two names, the second spelled in every way: bytes or escape, character by
   character. */

static void
test_spellings(void)
{
    char       buf[128], *p;
    size_t     i, wrong;
    unsigned   how;
    verdict_t  v;
    api_span_t s;

    wrong = 0;

    for (how = 0; how < 1u << 6; how++) {
        p = buf;
        p += sprintf(p, "{\"issuer\":1,\"");

        for (i = 0; i < 6; i++) {
            p += sprintf(p, how >> i & 1 ? "\\u%04X" : "%c", "issuer"[i]);
        }

        p += sprintf(p, "\":2}");
        s = api_span(buf, (size_t) (p - buf));
        v = parse_as(s, NULL, 0);
        wrong += v.code != API_JSON_E_DUPLICATE || v.pos != 12;
    }

    ut_int(wrong, 0, "64 spellings of one name");
}


static const struct {
    bool        same;
    const char *text;
} pairs[] = {
    { true, "{\"\xc3\xa9\":1,\"\\u00e9\":2}" },
    { true, "{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":2}" },
    { true, "{\"\\ud83d\\ude00\":1,\"\\uD83D\\uDE00\":2}" },
    { true, "{\"\\n\":1,\"\\u000a\":2}" },
    { true, "{\"\\/\":1,\"/\":2}" },
    { true, "{\"\\\"\":1,\"\\u0022\":2}" },
    { true, "{\"\\\\\":1,\"\\u005c\":2}" },
    { true, "{\"\":1,\"\":2}" },
    { true, "{\"a\":1,\"b\":{\"a\":1},\"a\":2}" },
    { true, "{\"a\":{\"b\":1,\"b\":2}}" },
    { true, "[{\"a\":1},{\"a\":1,\"a\":2}]" },
    { true, "{\"0123456789abcdefg\":1,\"0123456789\\u0061bcdefg\":2}" },
    { true, "{\"0123456789abcdef0123456789abcdefg\":1,"
            "\"0123456789abcdef0123456789abcde\\u0066g\":2}" },
    { false, "{\"a\":1,\"A\":2}" },
    { false, "{\"a\":1,\"aa\":2,\"aaa\":3}" },
    { false, "{\"e\xcc\x81\":1,\"\xc3\xa9\":2}" },
    { false, "{\"\\u0061\":1,\"\\\\u0061\":2}" },
    { false, "{\"a\":{\"a\":{\"a\":1}}}" },
    { false, "[{\"a\":1},{\"a\":1}]" },
    { false, "{\"0123456789abcdef\":1,\"0123456789abcdef0\":2}" },
};


static void
test_pairs(void)
{
    size_t    i;
    verdict_t v;

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        v = parse_as(api_span(pairs[i].text, strlen(pairs[i].text)), NULL, 0);
        ut_int(
            v.rc, pairs[i].same ? API_DUPLICATE : API_OK, "%s", pairs[i].text);
    }
}


/* The hash on the tape is that of the decoded bytes, at every length, with
   and without escapes. */

static void
test_hash(void)
{
    char       buf[256], *p;
    size_t     n, i, esc, wrong;
    uint8_t    name[70];
    api_json_t doc;

    wrong = 0;

    for (n = 0; n <= sizeof(name); n++) {
        for (esc = 0; esc <= n; esc++) {
            p = buf;
            p += sprintf(p, "{\"");

            for (i = 0; i < n; i++) {
                name[i] = (uint8_t) ('a' + i % 26);
                p += sprintf(p, i + 1 == esc ? "\\u%04x" : "%c", name[i]);
            }

            p += sprintf(p, "\":%*d}", n & 1 ? 20 : 1, 1);

            wrong += api_json_parse(&doc, api_span(buf, (size_t) (p - buf)),
                         NULL, 0, seed, &arena, NULL)
                     != API_OK;
            wrong += doc.tok[1].u.hash
                     != api_json_hash(seed, ut_guard(api_span(name, n)));
            api_arena_free(&arena);
        }

        ut_guard_reset();
    }

    ut_int(wrong, 0, "hashes that differ");
    ut_ok(api_json_hash(seed, API_SPAN("a"))
              != api_json_hash(broken, API_SPAN("a")),
        "the seed counts");
    ut_ok(api_json_hash(seed, API_SPAN("a"))
              != api_json_hash(seed, API_SPAN("a\0")),
        "the length counts");
}


/* How the hashes of usual names spread: among 2^16 names some 2^32 / 2^33
   pairs collide by chance. */

static void
test_spread(void)
{
    char            buf[32];
    int             n;
    size_t          i, same;
    static uint32_t h[1 << 16];
    static uint64_t seen[1 << 14];
    api_sipkey_t    key;

    static const char *const forms[][2] = { { "", "" }, { "field_", "" },
        { "", "-and-a-tail" } };

    for (n = 0; n < 3; n++) {
        key = api_sipkey((const uint8_t *) "a seed of 16 by");
        memset(seen, 0, sizeof(seen));
        same = 0;

        for (i = 0; i < sizeof(h) / sizeof(h[0]); i++) {
            sprintf(buf, "%s%zx%s", forms[n][0], i, forms[n][1]);
            h[i] = api_json_hash(key, api_span(buf, strlen(buf)));

            /* a set of 2^20 bits: about 2^16 * 2^16 / 2^21 = 2048 meet */

            same += seen[h[i] >> 6 & 0x3fff] >> (h[i] & 63) & 1;
            seen[h[i] >> 6 & 0x3fff] |= (uint64_t) 1 << (h[i] & 63);
        }

        ut_ok(same > 1700 && same < 2300, "%s...%s: %zu meet in 2^20",
            forms[n][0], forms[n][1], same);
    }
}


static uint64_t
work_of(api_span_t s, api_sipkey_t key, int want)
{
    int               rc;
    uint64_t          work;
    api_err_t         err;
    api_json_t        doc;
    api_json_limits_t limits;

    memset(&limits, 0xff, sizeof(limits));
    work = 0;
    rc = api_json_parse_work(&doc, s, &limits, 0, key, &arena, &err, &work);
    api_arena_free(&arena);

    ut_int(rc, want, "parses, work %llu", (unsigned long long) work);

    return work;
}


/*
 * Work grows as n log n at most: with twice the names at most 2.4 times as
 * much, and never more than some steps a name.  The seed is good, then such
 * that all names have the same hash.
 */

static void
test_work(void)
{
    size_t   n;
    uint64_t work, before;

    before = 0;

    for (n = 1000; n <= 128000; n *= 2) {
        work = work_of(object_of(text, n, 0, "1"), seed, API_OK);
        ut_ok(work < 12 * n, "good seed, %zu names", n);
    }

    for (n = 1000; n <= 128000; n *= 2) {
        work = work_of(object_of(text, n, 0, "1"), broken, API_OK);
        ut_ok(
            before == 0 || work < before * 24 / 10, "bad seed, %zu names", n);
        ut_ok(work < 64 * n + 5000, "bad seed, %zu names, steps a name", n);
        before = work;
    }

    work = work_of(object_of(text, 64000, 63999, "1"), broken, API_DUPLICATE);
    ut_ok(work < 64 * 64000, "bad seed, a duplicate in the end");
}


/* Many objects of many names: as siblings, and each in the last. */

static void
test_shapes(void)
{
    char    *p, inner[2048];
    size_t   i, k, n;
    uint64_t work;

    p = inner;

    for (k = 0; k < 60; k++) {
        p += sprintf(p, "\"n%zu\":1,", k);
    }

    sprintf(p, "\"z\":");

    for (n = 500; n <= 4000; n *= 2) {
        p = text;
        *p++ = '[';

        for (i = 0; i < n; i++) {
            p += sprintf(p, "{%s0},", inner);
        }

        p[-1] = ']';
        work = work_of(api_span(text, (size_t) (p - text)), seed, API_OK);
        ut_ok(work < 61 * n * 8, "%zu siblings, good seed", n);
        work = work_of(api_span(text, (size_t) (p - text)), broken, API_OK);
        ut_ok(work < 61 * n * 64, "%zu siblings, bad seed", n);

        p = text;

        for (i = 0; i < n; i++) {
            p += sprintf(p, "{%s", inner);
        }

        *p++ = '0';
        memset(p, '}', n);
        p += n;

        work = work_of(api_span(text, (size_t) (p - text)), seed, API_OK);
        ut_ok(work < 61 * n * 8, "%zu levels, good seed", n);
        work = work_of(api_span(text, (size_t) (p - text)), broken, API_OK);
        ut_ok(work < 61 * n * 128, "%zu levels, bad seed", n);
    }
}


/* Usual objects cost nothing off the short path, also with equal siblings. */

static void
test_usual(void)
{
    char  *p;
    size_t i;

    p = text;
    *p++ = '[';

    for (i = 0; i < 1000; i++) {
        p += sprintf(p, "{\"id\":1,\"in\":{\"id\":1,\"name\":2,\"a\":3},"
                        "\"name\":2,\"b\":3,\"c\":4,\"d\":{}},");
    }

    p[-1] = ']';
    ut_int(work_of(api_span(text, (size_t) (p - text)), seed, API_OK), 0,
        "no steps at all");
}


/* Making the table anew under very many levels. */

static void
test_depth(void)
{
    char    *p;
    size_t   i;
    uint64_t work;

    p = text;

    for (i = 0; i < 60000; i++) {
        p += sprintf(p, "{\"a\":");
    }

    *p++ = '[';

    for (i = 0; i < 500; i++) {
        p += object_of(p, 61, 0, "1").len;
        *p++ = ',';
    }

    p[-1] = ']';
    memset(p, '}', 60000);
    p += 60000;

    work = work_of(api_span(text, (size_t) (p - text)), seed, API_OK);
    ut_ok(work < 61 * 500 * 8 + 4 * 60000, "60000 levels");
}


/*
 * An object of 100 names whose every tenth value is a larger object of the
 * same names, so that both kinds use the table in turn; name 99 is name k.
 */

static api_span_t
interleaved(size_t k)
{
    char  *p;
    size_t i;

    p = text;
    *p++ = '{';

    for (i = 0; i < 100; i++) {
        p += sprintf(p, "\"x%zx\":", i == 99 ? k : i);
        p += i % 10 == 9 ? object_of(p, 70 + i, 0, "null").len
                         : (size_t) sprintf(p, "{}");
        *p++ = ',';
    }

    p[-1] = '}';

    return api_span(text, (size_t) (p - text));
}


static void
test_interleaved(api_sipkey_t key)
{
    size_t      k, wrong;
    api_json_t  doc;
    const char *bad;

    wrong = 0;

    for (k = 0; k < 99; k++) {
        wrong +=
            api_json_parse(&doc, interleaved(k), NULL, 0, key, &arena, NULL)
            != API_DUPLICATE;
    }

    ut_int(wrong, 0, "duplicates of an outer object missed");

    bad = "parse";

    if (api_json_parse(&doc, interleaved(99), NULL, 0, key, &arena, NULL)
        == API_OK)
    {
        bad = json_check(&doc, &api_json_limits_default, 0, &arena);
    }

    ut_ok(bad == NULL, "no duplicate: %s", bad ? bad : "all holds");
    api_arena_free(&arena);
}


/* In the table an outer object meets the names of closed inner ones, which
   are the same and have the same hash: they are none of its own. */

static void
test_neighbours(void)
{
    char      *p;
    size_t     i, wrong, shift;
    api_json_t doc;

    wrong = 0;

    for (shift = 0; shift < 40; shift++) {
        p = text
            + sprintf(text, "[%.*s{", (int) (2 * shift),
                "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,"
                "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,");

        for (i = 0; i < 60; i++) {
            p += sprintf(p, "\"x%zx\":", (i + 27) % 60);
            p += i < 33 ? (size_t) sprintf(p, "0")
                        : object_of(p, 60, 0, "1").len;
            *p++ = ',';
        }

        p[-1] = '}';
        *p++ = ']';

        wrong += api_json_parse(&doc, api_span(text, (size_t) (p - text)),
                     NULL, 0, broken, &arena, NULL)
                 != API_OK;
        api_arena_free(&arena);
    }

    ut_int(wrong, 0, "names of closed objects taken for own ones");
}


/* Of two duplicates the first in the text is reported, sorted or not. */

static void
test_first(api_sipkey_t key)
{
    int        i;
    char      *p;
    size_t     a, b;
    api_err_t  err;
    api_json_t doc;

    for (i = 0; i < 2; i++) {
        p = text + object_of(text, 150, 0, "1").len - 1;
        a = (size_t) (p - text) + 1;
        p += sprintf(p, ",\"x%d\":1,\"y\":1", i ? 3 : 5);
        b = (size_t) (p - text) + 1;
        p += sprintf(p, ",\"x%d\":1}", i ? 5 : 3);

        api_json_parse(&doc, api_span(text, (size_t) (p - text)), NULL, 0, key,
            &arena, &err);
        ut_ok(err.code == API_JSON_E_DUPLICATE && err.pos == a && a < b,
            "the first of two");
    }
}


int
main(void)
{
    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    test_sizes();
    test_spellings();
    test_pairs();
    test_hash();
    test_spread();
    test_work();
    test_shapes();
    test_interleaved(seed);
    test_interleaved(broken);
    test_neighbours();
    test_first(seed);
    test_first(broken);
    test_usual();
    test_depth();

    api_arena_free(&arena);

    return ut_done();
}
