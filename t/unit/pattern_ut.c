#include "pattern_ut.h"

#include <stdio.h>


const pattern_ut_t pattern_ut[] = {
    { "abc", true },
    { "(?i)a[b-d]c", true },
    { "a(?i)b|c", true },
    { "(a(?i)b|c)d", true },
    { "(?i:a)b", true },
    { "(?-i)a(?^)b", true },
    { "[^a]b", true },
    { "(?i)[^a]b", true },
    { "[]a]b|[^]a]c", true },
    { "[a\\]b]", true },
    { "[\\d\\-a]c", true },
    { "[a-\\d]", true },
    { "[\\x61-\\x63]+", true },
    { "[[:alpha:]_]\\d", true },
    { "[[:^digit:]]0", true },
    { "[[:space:]]|[[:punct:]]b", true },
    { "[\\Qa-c]\\E]b", true },
    { "[a\\E-c]b", true },
    { "(?xx)[a b]c", true },
    { "(?xxx)[^ b]c", true },
    { "(?xx)a(?x)[^ b]c", true },
    { "\\Qa.b\\E+", true },
    { "a\\Q\\E+b", true },
    { "a(?#comment)+b", true },
    { "(?x) a + # one\n b", true },
    { "a.b", true },
    { "(?-s)a.b", true },
    { "a\\Nb", true },
    { "^a", true },
    { "b$", true },
    { "^$", true },
    { "\\bab\\b", true },
    { "a\\Bb", true },
    { "a{2}|b{2,}|c{1,2}d", true },
    { "a{2", true },
    { "a{,b", true },
    { "x{}y", true },
    { "(?:ab){2,3}c", true },
    { "(a|b|)c", true },
    { "(|a)b", true },
    { "a*?b+?c??d", true },
    { "\\x41\\x{42}\\o{103}\\x44|\\0a", true },
    { "a[a\\Q-\\Ec]b", true },
    { "[\\Q\\E]a]b", true },
    { "[^\\E]a]b", true },
    { "a\\103", false },
    { "\\cA\\e\\f\\n\\r\\t\\a", true },
    { "\\h\\H\\v\\V\\s\\S\\w\\W\\d\\D", true },
    { "(?<n>a)(?'m'b)(?P<o>c)", true },
    { "(?|(a)|(b))c", true },
    { "\\.\\*\\-\\@", true },
    { "a\\/b", true },
    { "[\\b]a", true },
    { "[\\101-\\103]", true },
    { "\xff|\xfe\x80", true },
    { "a++b", false },
    { "(?>a+)b", false },
    { "(?=ab)a", false },
    { "a(?!b)c?", false },
    { "(?<=a)b", false },
    { "(?<!a)b", false },
    { "(a|b)\\1", false },
    { "(a|b)\\g{1}c", false },
    { "(?<n>a|b)\\k<n>", false },
    { "(?P<n>a|b)(?P=n)", false },
    { "(a(?1)?b)", false },
    { "a(?R)?b", false },
    { "(?<q>a)(?&q)b", false },
    { "(a)?(?(1)b|c)", false },
    { "(?(?=a)ab|cd)", false },
    { "a\\Kb", false },
    { "\\Aa|b\\z|c\\Z", false },
    { "(?-m)^a$", false },
    { "a\\Rb", false },
    { "\\p{L}a", false },
    { "(?=[A-Z])\\w+@", false },
    { "x*+y", false },
};

const size_t pattern_ut_n = sizeof(pattern_ut) / sizeof(pattern_ut[0]);

subject_t subjects[SUBJECTS];


void
make_subjects(ut_rand_t *r)
{
    size_t            i, j;
    static const char bytes[] = "aabbccABCdDyx0_1. \n\n\t\r@#{}],2-\\*";

    for (i = 0; i < SUBJECTS; i++) {
        subjects[i].len = ut_below(r, i < 30 ? 4 : sizeof(subjects[i].text));

        for (j = 0; j < subjects[i].len; j++) {
            subjects[i].text[j] =
                (uint8_t) (ut_below(r, 16) == 0
                               ? ut_rand(r)
                               : (uint64_t)
                                   bytes[ut_below(r, sizeof(bytes) - 1)]);
        }
    }
}


pcre2_code *
compile(const char *text, size_t len, unsigned options)
{
    int    code;
    size_t offset;

    return pcre2_compile(
        (PCRE2_SPTR) text, len, options, &code, &offset, NULL);
}


int
matches(const pcre2_code *re, const uint8_t *text, size_t len)
{
    int               rc;
    pcre2_match_data *match;

    match = pcre2_match_data_create(1, NULL);
    rc = pcre2_match(re, text, len, 0, 0, match, NULL);
    pcre2_match_data_free(match);

    return rc >= 0 ? 1 : rc == PCRE2_ERROR_NOMATCH ? 0 : -1;
}


size_t
random_pattern(ut_rand_t *r, char *out, size_t room, int depth)
{
    size_t                   i, n, len;
    static const char *const atoms[] = { "a", "b", "c", "A", ".", "[ab]",
        "[^a]", "\\w", "\\s", "\\d", "\\W", "^", "$", "\\b", "\\B", "\\x0a",
        "[a-c]", "[^\\n]", "_", "0", "\\n", "(?i)", "(?-i)", "[[:alpha:]]",
        "\\.", "(?=a)", "(?!b)", "(?<=c)", "(?<!a)", "\\xff" };
    static const char *const opens[] = { "(", "(?:", "(?>",
        "(?i:", "(?=", "(?!", "(?|", "(?s-i:" };
    static const char *const times[] = { "*", "+", "?", "{2}", "{1,3}", "{0}",
        "{2,}", "*?", "++", "??" };

    n = 1 + ut_below(r, 4);

    for (i = 0, len = 0; i < n && len + 40 < room; i++) {
        if (depth > 0 && ut_below(r, 3) == 0) {
            len += (size_t) sprintf(out + len, "%s",
                opens[ut_below(r, sizeof(opens) / sizeof(opens[0]))]);
            len += random_pattern(r, out + len, room - len - 20, depth - 1);
            len += (size_t) sprintf(out + len, ")");
        } else {
            len += (size_t) sprintf(out + len, "%s",
                atoms[ut_below(r, sizeof(atoms) / sizeof(atoms[0]))]);
        }

        if (ut_below(r, 3) == 0) {
            len += (size_t) sprintf(out + len, "%s",
                times[ut_below(r, sizeof(times) / sizeof(times[0]))]);
        }

        if (ut_below(r, 6) == 0) {
            len += (size_t) sprintf(out + len, "|");
        }
    }

    out[len] = '\0';

    return len;
}
