/* The URI of a DPoP proof against that of the request. */

#include "api_htu.h"
#include "ut.h"


static api_arena_t arena;


static api_span_t
span(const char *s)
{
    return api_span(s, strlen(s));
}


static int
check(const char *htu, const char *scheme, const char *authority,
    const char *path)
{
    int       rc;
    api_htu_t request;

    request.scheme = span(scheme);
    request.authority = ut_guard(span(authority));
    request.path = ut_guard(span(path));

    rc = api_htu_check(ut_guard(span(htu)), &request, &arena);
    ut_guard_reset();

    return rc;
}


static void
test_same(void)
{
    static const struct {
        const char *htu, *authority, *path;
    } cases[] = {
        { "https://api.example/v1", "api.example", "/v1" },
        { "https://api.example/v1", "api.example", "/v1?q=1" },
        { "https://api.example/v1?q=2", "api.example", "/v1" },
        { "https://api.example/v1#f", "api.example", "/v1?a?b#c" },
        { "HTTPS://API.example/v1", "api.EXAMPLE", "/v1" },
        { "https://api.example:443/v1", "api.example", "/v1" },
        { "https://api.example/v1", "api.example:443", "/v1" },
        { "https://api.example:/v1", "api.example", "/v1" },
        { "https://api.example:8443/", "api.example:08443", "/" },
        { "https://api.example", "api.example", "/" },
        { "https://api.example?x", "api.example", "/" },
        { "https://[2001:DB8::1]/a", "[2001:db8::1]:443", "/a" },
        { "https://a.b/%7Euser", "a.b", "/~user" },
        { "https://a.b/a%2fb", "a.b", "/a%2Fb" },
        { "https://a.b/%61%2E", "a.b", "/a." },
        { "https://a.b/a/./b/../c", "a.b", "/a/c" },
        { "https://a.b/a/%2e%2e/c", "a.b", "/c" },
        { "https://a.b/../../c", "a.b", "/c" },
        { "https://a.b/a/..", "a.b", "/" },
        { "https://a.b/a/.", "a.b", "/a/" },
        { "https://a.b/%C3%A4", "a.b", "/\xc3\xa4" },
        { "https://a.b/a%zz", "a.b", "/a%zz" },
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ut_int(check(cases[i].htu, "https", cases[i].authority, cases[i].path),
            API_OK, "%s is %s %s", cases[i].htu, cases[i].authority,
            cases[i].path);
    }
}


static void
test_other(void)
{
    static const struct {
        const char *htu, *scheme, *authority, *path;
        int         rc;
    } cases[] = {
        { "https://a.b/v1", "https", "a.b", "/v2", API_DENIED },
        { "https://a.b/v1", "https", "a.b", "/V1", API_DENIED },
        { "https://a.b/v1", "https", "a.b", "/v1/", API_DENIED },
        { "https://a.b/v1", "https", "a.b", "//v1", API_DENIED },
        { "https://a.b/a/b", "https", "a.b", "/a%2Fb", API_DENIED },
        { "https://a.b/a;x", "https", "a.b", "/a%3Bx", API_DENIED },
        { "https://a.b/a%25", "https", "a.b", "/a%", API_DENIED },
        { "https://a.b/a/...", "https", "a.b", "/a/", API_DENIED },
        { "https://a.b/v1", "http", "a.b", "/v1", API_DENIED },
        { "http://a.b/v1", "https", "a.b:80", "/v1", API_DENIED },
        { "https://a.b/v1", "https", "a.b:8443", "/v1", API_DENIED },
        { "https://a.b:1443/v1", "https", "a.b", "/v1", API_DENIED },
        { "https://a.b:65979/v1", "https", "a.b", "/v1", API_DENIED },
        { "https://a.b:0/v1", "https", "a.b:0", "/v1", API_DENIED },
        { "https://a.b:000443/v1", "https", "a.b", "/v1", API_DENIED },
        { "https://x.a.b/v1", "https", "a.b", "/v1", API_DENIED },
        { "https://a.b.x/v1", "https", "a.b", "/v1", API_DENIED },
        { "https://a.b./v1", "https", "a.b", "/v1", API_DENIED },
        { "https://a.b/v1", "https", "", "/v1", API_DENIED },
        { "https://:443/v1", "https", "", "/v1", API_DENIED },
        { "https://a.b", "https", "a.b", "*", API_DENIED },
        { "https://u@a.b/v1", "https", "a.b", "/v1", API_INVALID },
        { "https://a.b@c/v1", "https", "a.b", "/v1", API_INVALID },
        { "https:///v1", "https", "a.b", "/v1", API_INVALID },
        { "https:/a.b/v1", "https", "a.b", "/v1", API_INVALID },
        { "https:a.b/v1", "https", "a.b", "/v1", API_INVALID },
        { "//a.b/v1", "https", "a.b", "/v1", API_INVALID },
        { "/v1", "https", "a.b", "/v1", API_INVALID },
        { "wss://a.b/v1", "wss", "a.b", "/v1", API_INVALID },
        { "", "https", "a.b", "/v1", API_INVALID },
        { "https://", "https", "a.b", "/", API_INVALID },
        { "https://a.b/v 1", "https", "a.b", "/v 1", API_INVALID },
        { "https://a.b/\xc3\xa4", "https", "a.b", "/\xc3\xa4", API_INVALID },
        { "https://a.b/%z", "https", "a.b", "/a", API_INVALID },
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ut_int(check(cases[i].htu, cases[i].scheme, cases[i].authority,
                   cases[i].path),
            cases[i].rc, "%s is not %s %s", cases[i].htu, cases[i].authority,
            cases[i].path);
    }
}


/* Each allocation fails once; what was taken goes back. */

static void
test_nomem(void)
{
    int         rc;
    size_t      n;
    api_htu_t   request = { API_SPAN("https"), API_SPAN("a.b"),
          API_SPAN("/%7e") };
    ut_alloc_t  u;
    api_arena_t a;

    for (n = 1;; n++) {
        ut_arm(&u, n);
        api_arena_init(&a, &u.alloc, 16, 0);

        rc = api_htu_check(API_SPAN("https://a.b/~"), &request, &a);

        api_arena_free(&a);
        ut_int(u.live, 0, "allocation %zu: nothing is left", n);

        if (u.calls < n) {
            break;
        }

        ut_int(rc, API_NOMEM, "allocation %zu fails", n);
    }

    ut_int(rc, API_OK, "then it gets through");
    ut_ok(n > 1, "memory was taken");
}


int
main(void)
{
    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    test_same();
    test_other();
    test_nomem();

    api_arena_free(&arena);

    return ut_done();
}
