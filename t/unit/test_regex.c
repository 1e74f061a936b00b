/* Patterns of ECMA-262: what matches, what is refused, rows of classes against
   PCRE2, the budget. */

#include "api_regex.h"
#include "ut.h"


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


static int
match(api_span_t pattern, api_span_t subject, uint64_t budget, uint64_t *left)
{
    int              rc;
    api_err_t        err;
    api_regex_t     *re;
    api_arena_t      arena;
    api_regex_work_t w;

    rc = api_regex_compile(&re, pattern, &api_alloc_libc, &err);

    if (rc != API_OK) {
        return rc;
    }

    memset(&w, 0, sizeof(w));
    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    w.arena = &arena;
    w.left = budget;
    rc = api_regex_match(re, ut_guard(subject), &w);

    if (left) {
        *left = w.left;
    }

    ut_guard_reset();
    api_arena_free(&arena);
    api_regex_free(re);

    return rc;
}


#define YES API_OK
#define NO API_DENIED

static const struct {
    const char *pattern;
    const char *subject;
    int         want;
} matches[] = {
    { "", "", YES },
    { "", "x", YES },
    { "a", "bab", YES },
    { "^a$", "a", YES },
    { "^a$", "a\n", NO },
    { "^(?:a)$", "a\n", NO },
    { "^a", "\na", NO },
    { "a$", "a\nb", NO },
    { "^.$", "\n", NO },
    { "^.$", "\xe2\x80\xa8", NO },
    { "^.$", "\xf0\x9f\x98\x80", YES },
    { "^[^a]$", "\xf0\x9f\x98\x80", YES },
    { "^[^a]{2}$", "\xf0\x9f\x98\x80", NO },
    { "^\\d$", "\xd9\xa1", NO },
    { "^\\D$", "\xd9\xa1", YES },
    { "^\\w$", "\xc3\xa9", NO },
    { "^\\W$", "\xc3\xa9", YES },
    { "^\\s$", "\xc2\xa0", YES },
    { "^\\s$", "\xef\xbb\xbf", YES },
    { "^\\s$", "\xe1\xa0\x8e", NO },
    { "^\\S$", "\xc2\xa0", NO },
    { "^[\\S]$", "\xc2\xa0", NO },
    { "^[\\s\\S]$", "\xc2\xa0", YES },
    { "^\\v$", "\x0b", YES },
    { "^\\v$", "\n", NO },
    { "^\\cA$", "\x01", YES },
    { "^\\x41\\u0042\\u{43}$", "ABC", YES },
    { "^\\ud83d\\ude00$", "\xf0\x9f\x98\x80", YES },
    { "^[\\ud83d\\ude00-\\ud83d\\ude02]$", "\xf0\x9f\x98\x81", YES },
    { "\\ud83d", "\xf0\x9f\x98\x80", NO },
    { "^[\\ud800-\\udfff]$", "a", NO },
    { "^[^\\ud800-\\udfff]$", "a", YES },
    { "[]", "a", NO },
    { "^[^]$", "\n", YES },
    { "^[[]$", "[", YES },
    { "^[[:alpha:]]$", "a", NO },
    { "^[a-]$", "-", YES },
    { "^[\\w-.]+$", "a-.", YES },
    { "^[\\d-x]+$", "1-x", YES },
    { "^[+--]$", ",", YES },
    { "^a{2,3}$", "aa", YES },
    { "^a{2,3}$", "aaaa", NO },
    { "^a{,3}$", "a{,3}", YES },
    { "^a{}$", "a{}", YES },
    { "^{$", "{", YES },
    { "^a]}$", "a]}", YES },
    { "^a+?b$", "aab", YES },
    { "^(a)|b$", "xb", YES },
    { "^(?=.*\\d)(?!.*x).+$", "ab1", YES },
    { "^(?=.*\\d)(?!.*x).+$", "ax1", NO },
    { "(?<=a)b", "ab", YES },
    { "(?<!a)b", "ab", NO },
    { "^(?<y>\\d)\\k<y>$", "11", YES },
    { "^(a)?b\\1$", "b", YES },
    { "^\\p{Letter}+$", "\xc3\xa9", YES },
    { "^\\p{Script=Greek}$", "\xce\xb1", YES },
    { "^\\P{Lu}$", "A", NO },
    { "^\\p{digit}$", "7", YES },
    { "^\\/\\-\\.\\#$", "/-.#", YES },
    { "\\bx\\b", "a x b", YES },
    { "^[\\b]$", "\b", YES },
    { "^#x y$", "#x y", YES },
    { "^\\\xc3\xa9$", "\xc3\xa9", YES },

    { "(", "", API_SYNTAX },
    { ")", "", API_SYNTAX },
    { "[a", "", API_SYNTAX },
    { "[b-a]", "", API_SYNTAX },
    { "*", "", API_SYNTAX },
    { "a**", "", API_SYNTAX },
    { "a++", "", API_SYNTAX },
    { "a?+", "", API_SYNTAX },
    { "a{1}{2}", "", API_SYNTAX },
    { "a{3,2}", "", API_SYNTAX },
    { "^*", "", API_SYNTAX },
    { "a|*", "", API_SYNTAX },
    { "(*UTF)a", "", API_SYNTAX },
    { "(?i)a", "", API_SYNTAX },
    { "(?>a)", "", API_SYNTAX },
    { "(?P<n>a)", "", API_SYNTAX },
    { "(?|a)", "", API_SYNTAX },
    { "(?#c)", "", API_SYNTAX },
    { "\\", "", API_SYNTAX },
    { "\\u12", "", API_SYNTAX },
    { "\\u{110000}", "", API_SYNTAX },
    { "\xff", "", API_SYNTAX },
    { "\\A", "", API_UNSUPPORTED },
    { "\\Z", "", API_UNSUPPORTED },
    { "\\Qa\\E", "", API_UNSUPPORTED },
    { "\\h", "", API_UNSUPPORTED },
    { "\\C", "", API_UNSUPPORTED },
    { "\\R", "", API_UNSUPPORTED },
    { "\\8", "", API_UNSUPPORTED },
    { "\\p{IsLetter}", "", API_UNSUPPORTED },
    { "\\pL", "", API_UNSUPPORTED },
    { "(a){70000}", "", API_UNSUPPORTED },
};


static void
test_matches(void)
{
    size_t i;

    for (i = 0; i < sizeof(matches) / sizeof(matches[0]); i++) {
        ut_int(match(str(matches[i].pattern), str(matches[i].subject), 100000,
                   NULL),
            matches[i].want, "pattern %zu: %s", i, matches[i].pattern);
    }
}


/* Rows of classes, put together at random, say what PCRE2 says of the same in
   a group. */

static const char *const atoms[] = { "a", "b", "[a-c]", "[^b]", "\\d",
    "[0-9a]", "-", "\\.", "[\\w]", "\\w", "[b-d1]", "x" };
static const char *const counts[] = { "", "", "", "+", "*", "?", "{2}",
    "{1,3}", "{2,}" };
static const char *const chars[] = { "a", "b", "c", "1", "0", "-", ".", "x",
    "_", "\xc3\xa9", "\xf0\x9f\x98\x80", "\n" };


static void
test_rows(void)
{
    int       i, k, n;
    char      row[200], group[220], subject[80];
    int       a, b, hits;
    ut_rand_t r = { 42 };

    hits = 0;

    for (i = 0; i < 4000; i++) {
        strcpy(row, "^");

        for (n = (int) ut_below(&r, 5), k = 0; k < n; k++) {
            strcat(row, atoms[ut_below(&r, 12)]);
            strcat(row, counts[ut_below(&r, 9)]);
        }

        strcat(row, ut_below(&r, 3) ? "$" : "");
        strcpy(group, "(?:");
        strcat(group, row);
        strcat(group, ")");
        subject[0] = '\0';

        for (n = (int) ut_below(&r, 8), k = 0; k < n; k++) {
            strcat(subject, chars[ut_below(&r, 12)]);
        }

        a = match(str(row), str(subject), 100000, NULL);
        b = match(str(group), str(subject), 100000, NULL);
        hits += a == API_OK;

        if (a != b) {
            break;
        }
    }

    ut_int(
        i, 4000, "rows and PCRE2 agree; the last was %s on %s", row, subject);
    ut_ok(hits > 200 && hits < 3800, "%d of them match", hits);
}


static void
test_budget(void)
{
    uint64_t left;
    char     subject[5000];

    memset(subject, 'a', sizeof(subject));

    ut_int(match(API_SPAN("^a+$"), api_span(subject, 1600), 200, &left), YES,
        "a row is linear");
    ut_int(left, 200 - 1 - 100, "a unit, and one for 16 bytes");
    ut_int(match(API_SPAN("^a+$"), api_span(subject, 1600), 100, &left),
        API_LIMIT, "not enough for it");
    ut_int(match(API_SPAN("a+[xy]"), api_span(subject, 5000), 1000, NULL),
        API_LIMIT, "what may begin anywhere costs its square");
    ut_int(match(API_SPAN("[xy]a"), api_span(subject, 5000), 1000, NULL), NO,
        "unless nothing in it repeats");
    ut_int(match(API_SPAN("a[xy]*"), api_span(subject, 5000), 1000, NULL), YES,
        "or what repeats is the end");
    ut_int(match(API_SPAN("(a)\\1"), api_span(subject, 600), 1000000, NULL),
        API_LIMIT, "subjects of back references are short");
    ut_int(match(API_SPAN("^(a+)+$"), API_SPAN("aaaaaaaaaaaaaaaaaaaaaaaaa!"),
               100000, &left),
        API_LIMIT, "given up");
    ut_ok(left < 100000 - API_REGEX_GIVEN_UP, "at its price");
    ut_int(match(API_SPAN("^(a|b)+$"), api_span(subject, 5000), 100000, &left),
        YES, "a stack that grows");
    ut_ok(left < 100000 - 2000, "at its price");
}


static const struct {
    const char *pattern;
    unsigned    want;
} warns[] = {
    { "(a+)+", API_REGEX_W_NESTED },
    { "(a*)*", API_REGEX_W_NESTED },
    { "((a+)b)*", API_REGEX_W_NESTED },
    { "(a+|b){2,}", API_REGEX_W_NESTED },
    { "(a+)?", 0 },
    { "(a{1,5})+", 0 },
    { "(ab)+c+", 0 },
    { "/^a$/", API_REGEX_W_SLASHES },
    { "^/a/b", 0 },
};


static void
test_warnings(void)
{
    size_t       i;
    api_regex_t *re;

    for (i = 0; i < sizeof(warns) / sizeof(warns[0]); i++) {
        if (ut_int(api_regex_compile(
                       &re, str(warns[i].pattern), &api_alloc_libc, NULL),
                API_OK, "%s", warns[i].pattern))
        {
            ut_int(api_regex_warnings(re), warns[i].want, "its warnings");
            api_regex_free(re);
        }
    }
}


static void
test_oom(void)
{
    int          rc;
    size_t       n;
    ut_alloc_t   u;
    api_regex_t *re;

    for (n = 1;; n++) {
        ut_arm(&u, n);
        rc = api_regex_compile(
            &re, API_SPAN("^(a|[b-d]+)\\s.x$"), &u.alloc, NULL);

        if (rc == API_OK) {
            api_regex_free(re);
        }

        if (u.live || u.calls < n || rc != API_NOMEM) {
            break;
        }
    }

    ut_int(u.live, 0, "nothing is left");
    ut_int(rc, API_OK, "at last it is compiled");
}


int
main(void)
{
    test_matches();
    test_rows();
    test_budget();
    test_warnings();
    test_oom();

    return ut_done();
}
