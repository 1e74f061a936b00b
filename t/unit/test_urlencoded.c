/* Queries and forms: what a pair is, each flag, each refusal, limits. */

#include "api_percent.h"
#include "api_urlencoded.h"
#include "ut.h"


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


static const struct {
    const char *text;
    const char *pairs; /* name=value| of each, decoded */
    unsigned    flags; /* of all */
    unsigned    how;
} good[] = {
    { "", "", 0, 0 },
    { "&", "", 0, 0 },
    { "&&&", "", 0, 0 },
    { "a=1", "a=1|", 0, 0 },
    { "a=1&b=2", "a=1|b=2|", 0, 0 },
    { "&a=1&&b=2&", "a=1|b=2|", 0, 0 },
    { "a", "a=|", API_PAIR_F_BARE, 0 },
    { "a=", "a=|", 0, 0 },
    { "=", "=|", 0, 0 },
    { "=a", "=a|", 0, 0 },
    { "a==b", "a==b|", 0, 0 },
    { "a=b=c", "a=b=c|", 0, 0 },
    { "a=1&a=2&A=3", "a=1|a=2|A=3|", 0, 0 },
    { "a+b=c+d", "a b=c d|", API_PAIR_F_ESCAPED, 0 },
    { "a%20b=c%2Bd", "a b=c+d|", API_PAIR_F_ESCAPED, 0 },
    { "%26=%3D&x=y", "&==|x=y|", API_PAIR_F_ESCAPED, 0 },
    { "a%3db=c", "a=b=c|", API_PAIR_F_ESCAPED, 0 },
    { "a=%2541", "a=%41|", API_PAIR_F_ESCAPED, 0 },
    { "a=%c3%A9", "a=\xc3\xa9|", API_PAIR_F_ESCAPED, 0 },
    { "a=\xc3\xa9", "a=\xc3\xa9|", 0, 0 },
    { "a=%", "a=%|", API_PAIR_F_PERCENT, 0 },
    { "a=%4", "a=%4|", API_PAIR_F_PERCENT, 0 },
    { "a=%zz%41", "a=%zzA|", API_PAIR_F_PERCENT | API_PAIR_F_ESCAPED, 0 },
    { "a=%u0041", "a=%u0041|", API_PAIR_F_PERCENT, 0 },
    { "a=%%34%31", "a=%41|", API_PAIR_F_PERCENT | API_PAIR_F_ESCAPED, 0 },
    { "a=%4&1=b", "a=%4|1=b|", API_PAIR_F_PERCENT, 0 },
    { "a=%0a", "a=\n|", API_PAIR_F_ESCAPED | API_PAIR_F_CONTROL, 0 },
    { "a=%7f", "a=\x7f|", API_PAIR_F_ESCAPED | API_PAIR_F_CONTROL, 0 },
    { "a=%ff", "a=\xff|", API_PAIR_F_ESCAPED | API_PAIR_F_UTF8, 0 },
    { "a=%c0%af", "a=\xc0\xaf|", API_PAIR_F_ESCAPED | API_PAIR_F_UTF8, 0 },
    { "a=1;b=2", "a=1;b=2|", API_PAIR_F_SEMICOLON, 0 },
    { "a=1;b=2", "a=1|b=2|", 0, API_URLENCODED_SEMICOLON },
    { "a=1;&;b=2;", "a=1|b=2|", 0, API_URLENCODED_SEMICOLON },
    { "a=%3B", "a=;|", API_PAIR_F_ESCAPED, API_URLENCODED_SEMICOLON },
    { "a[]=1&a[b][c]=2", "a[]=1|a[b][c]=2|", 0, 0 },
    { "a=%c3%A9&b=+", "a=\xc3\xa9|b= |", API_PAIR_F_ESCAPED,
        API_URLENCODED_STRICT },
};


static void
check_good(size_t i)
{
    size_t      n;
    uint32_t    k;
    uint8_t     got[256];
    api_err_t   err;
    api_arena_t a;
    api_pairs_t pairs;

    api_arena_init(&a, &api_alloc_libc, 0, 0);

    if (ut_int(api_urlencoded_parse(&pairs, ut_guard(str(good[i].text)),
                   good[i].how, NULL, &a, &err),
            API_OK, "\"%s\"", good[i].text))
    {
        for (k = 0, n = 0; k < pairs.n; k++) {
            memcpy(got + n, pairs.pair[k].name.data, pairs.pair[k].name.len);
            n += pairs.pair[k].name.len;
            got[n++] = '=';

            if (pairs.pair[k].value.len) {
                memcpy(got + n, pairs.pair[k].value.data,
                    pairs.pair[k].value.len);
                n += pairs.pair[k].value.len;
            }

            got[n++] = '|';
        }

        ut_span(api_span(got, n), str(good[i].pairs), "its pairs");
        ut_int(pairs.flags, good[i].flags, "its flags");
    }

    api_arena_free(&a);
}


static const api_urlencoded_limits_t small = { 16, 3, 2, 3 };

static const struct {
    const char *text;
    size_t      len; /* 0: strlen */
    int         rc;
    int         code;
    size_t      pos;
    unsigned    how;
} bad[] = {
    { "a=%", 0, API_SYNTAX, API_URLENCODED_E_PERCENT, 0, 1 },
    { "a=1&b=%4", 0, API_SYNTAX, API_URLENCODED_E_PERCENT, 4, 1 },
    { "b=1&%zz=1", 0, API_SYNTAX, API_URLENCODED_E_PERCENT, 4, 1 },
    { "a=%00", 0, API_SYNTAX, API_URLENCODED_E_NUL, 0, 1 },
    { "a=\0", 3, API_SYNTAX, API_URLENCODED_E_NUL, 0, 1 },
    { "a=1&b=%ff", 0, API_SYNTAX, API_URLENCODED_E_UTF8, 4, 3 },
    { "b=%ff&a=1", 0, API_SYNTAX, API_URLENCODED_E_UTF8, 0, 1 },
    { "%c0%80=1", 0, API_SYNTAX, API_URLENCODED_E_UTF8, 0, 1 },
    { "a=1&b=2&c=3&d=4", 0, API_LIMIT, API_URLENCODED_E_PAIRS, 0, 3 },
    { "a=1&bbb=2", 0, API_LIMIT, API_URLENCODED_E_NAME_LEN, 4, 3 },
    { "a=1&b=1234", 0, API_LIMIT, API_URLENCODED_E_VALUE_LEN, 4, 3 },
    { "a=1&b=2&c=3&&&&&&", 0, API_LIMIT, API_URLENCODED_E_TEXT_LEN, 16, 3 },
};


static void
check_bad(size_t i)
{
    api_err_t   err = { 0 };
    api_span_t  text;
    api_arena_t a;
    api_pairs_t pairs;

    api_arena_init(&a, &api_alloc_libc, 0, 0);
    text = bad[i].len ? api_span(bad[i].text, bad[i].len) : str(bad[i].text);

    ut_int(api_urlencoded_parse(&pairs, ut_guard(text), bad[i].how & 1,
               bad[i].how & 2 ? &small : NULL, &a, &err),
        bad[i].rc, "\"%s\" is refused", bad[i].text);
    ut_int(err.code, bad[i].code, "for %s",
        api_urlencoded_error_name(bad[i].code));
    ut_int(err.pos, bad[i].pos, "at its place");
    ut_int(pairs.n, 0, "without pairs");

    api_arena_free(&a);
}


static void
test_find(void)
{
    api_span_t  v;
    api_arena_t a;
    api_pairs_t p;

    api_arena_init(&a, &api_alloc_libc, 0, 0);
    api_urlencoded_parse(&p, str("a=1&b=2&a=3&%62x=4"), 0, NULL, &a, NULL);

    ut_int(api_pairs_find(&p, str("a"), 0), 0, "the first");
    ut_int(api_pairs_find(&p, str("a"), 1), 2, "the next");
    ut_int(api_pairs_find(&p, str("bx"), 0), 3, "by its decoded name");
    ut_ok(api_pairs_find(&p, str("c"), 0) == API_PAIR_NONE, "none");

    ut_int(api_pairs_once(&p, str("b"), &v), API_OK, "b stands once");
    ut_span(v, str("2"), "with its value");
    ut_int(api_pairs_once(&p, str("a"), &v), API_DUPLICATE, "a twice");
    ut_int(api_pairs_once(&p, str("c"), &v), API_INVALID, "c never");

    ut_span(p.pair[3].raw_name, str("%62x"), "raw names are kept");
    api_arena_free(&a);
}


/* 100 000 pairs take as many steps, and no more memory than two blocks. */

static void
test_many(void)
{
    size_t                  i, n;
    static char             text[400000];
    ut_alloc_t              u;
    api_err_t               err;
    api_arena_t             a;
    api_pairs_t             p;
    api_urlencoded_limits_t limits = { sizeof(text), 200000, 10, 10 };

    for (i = 0; i < sizeof(text); i += 4) {
        memcpy(text + i, i % 8 ? "a=%&" : "b=+&", 4);
    }

    ut_arm(&u, 0);
    api_arena_init(&a, &u.alloc, 0, 0);
    ut_int(api_urlencoded_parse(
               &p, api_span(text, sizeof(text)), 0, NULL, &a, &err),
        API_LIMIT, "100 000 pairs are too many by default");
    ut_int(u.calls, 0, "which is known before memory is taken");
    ut_int(api_urlencoded_parse(
               &p, api_span(text, sizeof(text)), 0, &limits, &a, &err),
        API_OK, "with other limits they are taken");
    ut_int(p.n, 100000, "all of them");
    ut_ok(u.calls <= 2, "in two blocks of memory");
    api_arena_free(&a);

    for (n = 1;; n++) {
        int rc;

        ut_arm(&u, n);
        api_arena_init(&a, &u.alloc, 64, 0);
        rc = api_urlencoded_parse(&p, str("a=%41&b=2"), 0, NULL, &a, &err);
        api_arena_free(&a);

        if (u.calls < n) {
            break;
        }

        ut_int(rc, API_NOMEM, "allocation %zu fails", n);
        ut_int(u.live, 0, "nothing is left");
    }
}


int
main(void)
{
    size_t i;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        check_good(i);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        check_bad(i);
    }

    test_find();
    test_many();
    ut_ok(strcmp(api_urlencoded_error_name(-1), "unknown") == 0, "unknown");

    return ut_done();
}
