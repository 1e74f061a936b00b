/* RFC 3986: the examples of section 5.4, bases without a scheme, decoding. */

#include "api_uri.h"
#include "ut.h"


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


static const struct {
    const char *base;
    const char *ref;
    const char *want;
} resolves[] = {
#define RFC "http://a/b/c/d;p?q"
    { RFC, "g:h", "g:h" },
    { RFC, "g", "http://a/b/c/g" },
    { RFC, "./g", "http://a/b/c/g" },
    { RFC, "g/", "http://a/b/c/g/" },
    { RFC, "/g", "http://a/g" },
    { RFC, "//g", "http://g" },
    { RFC, "?y", "http://a/b/c/d;p?y" },
    { RFC, "g?y", "http://a/b/c/g?y" },
    { RFC, "#s", "http://a/b/c/d;p?q" },
    { RFC, "g#s", "http://a/b/c/g" },
    { RFC, "g?y#s", "http://a/b/c/g?y" },
    { RFC, ";x", "http://a/b/c/;x" },
    { RFC, "g;x", "http://a/b/c/g;x" },
    { RFC, "", "http://a/b/c/d;p?q" },
    { RFC, ".", "http://a/b/c/" },
    { RFC, "./", "http://a/b/c/" },
    { RFC, "..", "http://a/b/" },
    { RFC, "../", "http://a/b/" },
    { RFC, "../g", "http://a/b/g" },
    { RFC, "../..", "http://a/" },
    { RFC, "../../", "http://a/" },
    { RFC, "../../g", "http://a/g" },
    { RFC, "../../../g", "http://a/g" },
    { RFC, "../../../../g", "http://a/g" },
    { RFC, "/./g", "http://a/g" },
    { RFC, "/../g", "http://a/g" },
    { RFC, "g.", "http://a/b/c/g." },
    { RFC, ".g", "http://a/b/c/.g" },
    { RFC, "g..", "http://a/b/c/g.." },
    { RFC, "..g", "http://a/b/c/..g" },
    { RFC, "./../g", "http://a/b/g" },
    { RFC, "./g/.", "http://a/b/c/g/" },
    { RFC, "g/./h", "http://a/b/c/g/h" },
    { RFC, "g/../h", "http://a/b/c/h" },
    { RFC, "g;x=1/./y", "http://a/b/c/g;x=1/y" },
    { RFC, "g;x=1/../y", "http://a/b/c/y" },
    { RFC, "g?y/./x", "http://a/b/c/g?y/./x" },
    { RFC, "http:g", "http:g" },
    { "http://a", "b", "http://a/b" },
    { "http://a?x", "b", "http://a/b" },
    { "urn:uuid:feedbeef", "#x", "urn:uuid:feedbeef" },
    { "a.yaml", "b.yaml", "b.yaml" },
    { "d/a.yaml", "b.yaml", "d/b.yaml" },
    { "d/a.yaml", "../b.yaml", "b.yaml" },
    { "d/a.yaml", "../../b.yaml", "../b.yaml" },
    { "a.yaml", "../../b.yaml", "../../b.yaml" },
    { "a.yaml", "../x/../../b", "../../b" },
    { "d/e/a.yaml", "../../../b", "../b" },
    { "", "b.yaml", "b.yaml" },
    { "a.yaml", "/x/../../y", "/y" },
};


int
main(void)
{
    size_t      i;
    api_uri_t   u;
    api_span_t  out;
    api_arena_t arena;

    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    for (i = 0; i < sizeof(resolves) / sizeof(resolves[0]); i++) {
        ut_int(api_uri_resolve(ut_guard(str(resolves[i].base)),
                   ut_guard(str(resolves[i].ref)), &arena, &out),
            API_OK, "resolved");
        ut_span(out, str(resolves[i].want), "%s at %s", resolves[i].ref,
            resolves[i].base);
        ut_guard_reset();
    }

    u = api_uri_split(API_SPAN("a:b#"));
    ut_ok(u.fragment.data && u.fragment.len == 0, "an empty fragment");
    ut_ok(u.query.data == NULL && u.authority.data == NULL, "no query");
    ut_ok(api_uri_split(API_SPAN("1a:b")).scheme.data == NULL, "no scheme");

    ut_int(api_uri_decode(API_SPAN("a%2Fb%00"), &arena, &out), API_OK, "%%");
    ut_span(out, API_SPAN("a/b\0"), "decoded");
    ut_int(api_uri_decode(API_SPAN("a%2"), &arena, &out), API_INVALID, "%%2");
    ut_int(api_uri_decode(API_SPAN("%2g"), &arena, &out), API_INVALID, "%%2g");
    ut_int(api_uri_decode(ut_guard(API_SPAN("%")), &arena, &out), API_INVALID,
        "%%");

    api_arena_free(&arena);

    return ut_done();
}
