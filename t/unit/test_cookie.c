/* Cookies: pairs, flags, strictness. */

#include "api_cookie.h"
#include "ut.h"


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


static const struct {
    const char *line[2];
    const char *pairs;
    unsigned    flags;
    int         strict; /* code of the error, 0: none */
} cases[] = {
    { { "" }, "", 0, 0 },
    { { "a=b" }, "a=b|", 0, 0 },
    { { "a=b; c=d" }, "a=b|c=d|", 0, 0 },
    { { "a=b", "c=d; a=e" }, "a=b|c=d|a=e|", 0, 0 },
    { { "a=" }, "a=|", 0, 0 },
    { { "a=b=c==" }, "a=b=c==|", 0, 0 },
    { { "a=%41+" }, "a=%41+|", 0, 0 },
    { { "a=\"x y\"" }, "a=\"x y\"|", API_PAIR_F_QUOTED | API_PAIR_F_OCTET,
        API_COOKIE_E_OCTET },
    { { "a=\"xy\"" }, "a=\"xy\"|", API_PAIR_F_QUOTED, 0 },
    { { "a=b;c=d" }, "a=b|c=d|", API_PAIR_F_SPACE, 0 },
    { { " a=b" }, "a=b|", API_PAIR_F_SPACE, 0 },
    { { "a = b" }, "a=b|", API_PAIR_F_SPACE, 0 },
    { { "a=b;\tc=d" }, "a=b|c=d|", API_PAIR_F_SPACE, 0 },
    { { "a=b;;; c=d;" }, "a=b|c=d|", 0, 0 },
    { { "a" }, "a=|", API_PAIR_F_BARE, API_COOKIE_E_BARE },
    { { "=a" }, "=a|", API_PAIR_F_OCTET, API_COOKIE_E_NAME },
    { { "a b=c" }, "a b=c|", API_PAIR_F_OCTET, API_COOKIE_E_NAME },
    { { "a=b c" }, "a=b c|", API_PAIR_F_OCTET, API_COOKIE_E_OCTET },
    { { "a=b, c=d" }, "a=b, c=d|", API_PAIR_F_OCTET, API_COOKIE_E_OCTET },
    { { "a=b\"c" }, "a=b\"c|", API_PAIR_F_OCTET, API_COOKIE_E_OCTET },
    { { "a=b\\c" }, "a=b\\c|", API_PAIR_F_OCTET, API_COOKIE_E_OCTET },
    { { "a=\x01" }, "a=\x01|", API_PAIR_F_OCTET | API_PAIR_F_CONTROL,
        API_COOKIE_E_OCTET },
    { { "a=\xc3\xa9" }, "a=\xc3\xa9|", API_PAIR_F_OCTET, API_COOKIE_E_OCTET },
    { { "a=\xff" }, "a=\xff|", API_PAIR_F_OCTET | API_PAIR_F_UTF8,
        API_COOKIE_E_OCTET },
    { { "$Version=1; a=b" }, "$Version=1|a=b|", API_PAIR_F_DOLLAR,
        API_COOKIE_E_DOLLAR },
    { { "a=\"b; c=d\"" }, "a=\"b|c=d\"|", API_PAIR_F_OCTET,
        API_COOKIE_E_OCTET },
    { { "__Host-a=1" }, "__Host-a=1|", 0, 0 },
};


static void
check(size_t i)
{
    size_t      n, nlines;
    uint32_t    k;
    uint8_t     got[256];
    api_err_t   err = { 0 };
    api_span_t  lines[2];
    api_arena_t a;
    api_pairs_t p;

    api_arena_init(&a, &api_alloc_libc, 0, 0);
    nlines = cases[i].line[1] ? 2 : 1;

    for (n = 0; n < nlines; n++) {
        lines[n] = ut_guard(str(cases[i].line[n]));
    }

    ut_int(api_cookie_parse(&p, lines, nlines, 0, NULL, &a, &err), API_OK,
        "\"%s\"", cases[i].line[0]);

    for (k = 0, n = 0; k < p.n; k++) {
        memcpy(got + n, p.pair[k].name.data, p.pair[k].name.len);
        n += p.pair[k].name.len;
        got[n++] = '=';
        memcpy(got + n, p.pair[k].value.data, p.pair[k].value.len);
        n += p.pair[k].value.len;
        got[n++] = '|';
    }

    ut_span(api_span(got, n), str(cases[i].pairs), "its cookies");
    ut_int(p.flags, cases[i].flags, "its flags");

    ut_int(
        api_cookie_parse(&p, lines, nlines, API_COOKIE_STRICT, NULL, &a, &err),
        cases[i].strict ? API_SYNTAX : API_OK, "strict");

    if (cases[i].strict) {
        ut_int(err.code, cases[i].strict, "because of its %s",
            api_cookie_error_name(cases[i].strict));
    }

    api_arena_free(&a);
}


static void
test_limits(void)
{
    size_t              n;
    api_err_t           err = { 0 };
    api_span_t          line;
    ut_alloc_t          u;
    api_arena_t         a;
    api_pairs_t         p;
    api_cookie_limits_t limits = { 2, 3, 4 };

    api_arena_init(&a, &api_alloc_libc, 0, 0);

    line = str("a=1; b=2; c=3");
    ut_int(api_cookie_parse(&p, &line, 1, 0, &limits, &a, &err), API_LIMIT,
        "too many");
    ut_int(err.code, API_COOKIE_E_PAIRS, "cookies");
    line = str("a=1; abcd=2");
    ut_int(api_cookie_parse(&p, &line, 1, 0, &limits, &a, &err), API_LIMIT,
        "too long");
    ut_int(err.code, API_COOKIE_E_NAME_LEN, "a name");
    ut_int(err.pos, 1, "of the second cookie");
    line = str("a=12345");
    ut_int(api_cookie_parse(&p, &line, 1, 0, &limits, &a, &err), API_LIMIT,
        "too long");
    ut_int(err.code, API_COOKIE_E_VALUE_LEN, "a value");
    line = str("abc=1234;;;;;;;;; ; ; b=2");
    ut_int(api_cookie_parse(&p, &line, 1, 0, &limits, &a, &err), API_OK,
        "what is empty does not count");
    api_arena_free(&a);

    for (n = 1;; n++) {
        int rc;

        ut_arm(&u, n);
        api_arena_init(&a, &u.alloc, 64, 0);
        rc = api_cookie_parse(&p, &line, 1, 0, NULL, &a, &err);
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

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check(i);
    }

    test_limits();

    return ut_done();
}
