/* Paths: normalised as nginx does, raw segments, where the two disagree. */

#include "api_path.h"
#include "ut.h"


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


#define E API_PATH_F_ESCAPED
#define D API_PATH_F_DOTS
#define ED (API_PATH_F_ESCAPED | API_PATH_F_DOTS | API_PATH_F_ENC_DOTS)
#define S (API_PATH_F_ESCAPED | API_PATH_F_SLASH)
#define SEMI (API_PATH_F_SEMICOLON | API_PATH_F_DOTS_SEMI)
#define BAD API_PATH_F_DISAGREE

static const struct {
    const char *target;
    const char *uri;
    const char *segs; /* joined by | */
    unsigned    flags;
    bool        keep; /* merge_slashes off */
} good[] = {
    { "/", "/", "", 0, false },
    { "/a", "/a", "a", 0, false },
    { "/a/b", "/a/b", "a|b", 0, false },
    { "/a/b/", "/a/b/", "a|b|", 0, false },
    { "/a?b/c", "/a", "a", 0, false },
    { "/a#b?c", "/a", "a", API_PATH_F_FRAGMENT, false },
    { "?x=1", "/", "", 0, false },
    { "", "/", "", 0, false },
    { "/a//b", "/a/b", "a|b", API_PATH_F_EMPTY, false },
    { "//", "/", "", API_PATH_F_EMPTY, false },
    { "/a//", "/a/", "a|", API_PATH_F_EMPTY, false },
    { "/a//b", "/a//b", "a||b", API_PATH_F_EMPTY, true },
    { "//", "//", "|", API_PATH_F_EMPTY, true },
    { "/a//../b", "/a/b", "a|b", API_PATH_F_EMPTY | D, true },
    { "/a//../b", "/b", "b", API_PATH_F_EMPTY | D, false },
    { "/a/./b", "/a/b", "a|b", D, false },
    { "/a/.", "/a/", "a|", D, false },
    { "/a/..", "/", "", D, false },
    { "/a/../b", "/b", "b", D, false },
    { "/a/b/..", "/a/", "a|", D, false },
    { "/a/b/../../c", "/c", "c", D, false },
    { "/.", "/", "", D, false },
    { "/..a/...", "/..a/...", "..a|...", 0, false },
    { "/.a/a.", "/.a/a.", ".a|a.", 0, false },
    { "/%61", "/a", "%61", E, false },
    { "/a%2Fb", "/a/b", "a%2Fb", S, false },
    { "/a%2fb/c", "/a/b/c", "a%2fb|c", S, false },
    { "/a/%2e/b", "/a/b", "a|b", ED, false },
    { "/a/%2e%2E/b", "/b", "b", ED, false },
    { "/a/.%2e/b", "/b", "b", ED, false },
    { "/%2525", "/%25", "%2525", E, false },
    { "/a%3Fb", "/a?b", "a%3Fb", E, false },
    { "/a%23b", "/a#b", "a%23b", E, false },
    { "/a%5cb", "/a\\b", "a%5cb", E | API_PATH_F_BACKSLASH, false },
    { "/a\\b", "/a\\b", "a\\b", API_PATH_F_BACKSLASH, false },
    { "/a;x=1/b", "/a;x=1/b", "a;x=1|b", API_PATH_F_SEMICOLON, false },
    { "/a/..;/b", "/a/..;/b", "a|..;|b", SEMI, false },
    { "/a/.;x=1/b", "/a/.;x=1/b", "a|.;x=1|b", SEMI, false },
    { "/a/%2e.;x", "/a/..;x", "a|%2e.;x", SEMI | E, false },
    { "/a/..%3bx", "/a/..;x", "a|..%3bx", API_PATH_F_DOTS_SEMI | E, false },
    { "/a/%2E%2e%3B", "/a/..;", "a|%2E%2e%3B", API_PATH_F_DOTS_SEMI | E,
        false },
    { "/a/x%2f..;/b", "/a/x/..;/b", "a|x%2f..;|b", SEMI | S, false },
    { "/a/x%2F.%2e%3Bv%2fb", "/a/x/..;v/b", "a|x%2F.%2e%3Bv%2fb",
        API_PATH_F_DOTS_SEMI | S, false },
    { "/a/%2f..;/b", "/a//..;/b", "a|%2f..;|b", SEMI | S, true },
    { "/a/x;v=%2f.;", "/a/x;v=/.;", "a|x;v=%2f.;", SEMI | S, false },
    { "/a/x%2f..y;v%2f.z%2f;", "/a/x/..y;v/.z/;", "a|x%2f..y;v%2f.z%2f;",
        API_PATH_F_SEMICOLON | S, false },
    { "/..a;/...;", "/..a;/...;", "..a;|...;", API_PATH_F_SEMICOLON, false },
    { "/a%0a", "/a\n", "a%0a", E | API_PATH_F_CONTROL, false },
    { "/%ff", "/\xff", "%ff", E | API_PATH_F_UTF8, false },
    { "/%c3%a9", "/\xc3\xa9", "%c3%a9", E, false },
    { "/a%2F%2Fb", "/a/b", "a%2F%2Fb", S | BAD, false },
    { "/a%2F/b", "/a/b", "a%2F|b", S | BAD, false },
    { "/a/%2Fb", "/a/b", "a|%2Fb", S | BAD, false },
    { "/a%2F..%2Fb", "/b", "a%2F..%2Fb", S | BAD, false },
    { "/a/..%2fb", "/b", "a|..%2fb", S | BAD, false },
    { "/a/x%2f../b", "/a/b", "a|x%2f..|b", S | BAD, false },
    { "/%2f/..", "//", "", S | D | BAD, true },
    { "/a%2fb/..", "/a/", "", S | D | BAD, false },
    { "/a%2fb/../..", "/", "", S | D | BAD, false },
    { "/a%2f%2e/b", "/a/b", "a%2f%2e|b", S | BAD, false },
    { "/a%2F%2Fb", "/a//b", "a%2F%2Fb", S, true },
};


static void
check_good(size_t i)
{
    size_t      n;
    uint32_t    k;
    uint8_t     got[64];
    api_err_t   err;
    api_path_t  p;
    api_arena_t a;

    api_arena_init(&a, &api_alloc_libc, 0, 0);

    if (ut_int(api_path_parse(&p, ut_guard(str(good[i].target)), !good[i].keep,
                   NULL, &a, &err),
            API_OK, "\"%s\"", good[i].target))
    {
        ut_span(p.uri, str(good[i].uri), "as nginx sees it");

        for (k = 0, n = 0; k < p.nseg; k++) {
            if (k) {
                got[n++] = '|';
            }

            if (p.seg[k].len) {
                memcpy(got + n, p.seg[k].data, p.seg[k].len);
                n += p.seg[k].len;
            }
        }

        ut_span(api_span(got, n), str(good[i].segs), "its segments");
        ut_int(p.flags, good[i].flags, "its flags");
    }

    api_arena_free(&a);
}


static const struct {
    const char *target;
    int         rc;
    int         code;
} bad[] = {
    { "a", API_SYNTAX, API_PATH_E_START },
    { "*", API_SYNTAX, API_PATH_E_START },
    { "/..", API_SYNTAX, API_PATH_E_ABOVE },
    { "/../a", API_SYNTAX, API_PATH_E_ABOVE },
    { "/a/../..", API_SYNTAX, API_PATH_E_ABOVE },
    { "/%2e%2e", API_SYNTAX, API_PATH_E_ABOVE },
    { "//..", API_SYNTAX, API_PATH_E_ABOVE },
    { "/%", API_SYNTAX, API_PATH_E_PERCENT },
    { "/%4", API_SYNTAX, API_PATH_E_PERCENT },
    { "/%4x", API_SYNTAX, API_PATH_E_PERCENT },
    { "/%4/1", API_SYNTAX, API_PATH_E_PERCENT },
    { "/a%00", API_SYNTAX, API_PATH_E_NUL },
    { "/1/2/3/4", API_LIMIT, API_PATH_E_SEGMENTS },
    { "/123456789abcdef0", API_LIMIT, API_PATH_E_LEN },
};


static void
check_bad(size_t i)
{
    api_err_t         err = { 0 };
    api_path_t        p;
    api_arena_t       a;
    api_path_limits_t small = { 16, 3 };

    api_arena_init(&a, &api_alloc_libc, 0, 0);
    ut_int(api_path_parse(
               &p, ut_guard(str(bad[i].target)), true, &small, &a, &err),
        bad[i].rc, "\"%s\" is refused", bad[i].target);
    ut_int(
        err.code, bad[i].code, "for its %s", api_path_error_name(bad[i].code));
    api_arena_free(&a);
}


static void
test_query(void)
{
    api_err_t   err;
    api_path_t  p;
    api_arena_t a;

    api_arena_init(&a, &api_alloc_libc, 0, 0);
    api_path_parse(&p, str("/a?b=c?d#e"), true, NULL, &a, &err);
    ut_span(p.query, str("b=c?d"), "the query is cut out");
    ut_ok(p.has_query, "and there is one");
    api_path_parse(&p, str("/a?"), true, NULL, &a, &err);
    ut_ok(p.has_query && p.query.len == 0, "also an empty one");
    api_path_parse(&p, str("/a#?b"), true, NULL, &a, &err);
    ut_ok(!p.has_query, "not behind #");

    ut_int(api_path_split(&p, str("/a%2Fb//c/"), NULL, &a, &err), API_OK,
        "what nginx has decoded is only split");
    ut_int(p.nseg, 4, "into its segments");
    ut_span(p.seg[0], str("a%2Fb"), "untouched");
    ut_ok(p.flags == API_PATH_F_DECODED, "and known as decoded");
    ut_int(api_path_split(&p, str("a"), NULL, &a, &err), API_SYNTAX,
        "a path begins with a slash");
    api_arena_free(&a);
}


static void
test_memory(void)
{
    int         rc;
    size_t      n;
    api_err_t   err;
    api_path_t  p;
    ut_alloc_t  u;
    api_arena_t a;

    for (n = 1;; n++) {
        ut_arm(&u, n);
        api_arena_init(&a, &u.alloc, 16, 0);
        rc = api_path_parse(&p, str("/a/b/c%20d"), true, NULL, &a, &err);
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

    test_query();
    test_memory();

    return ut_done();
}
