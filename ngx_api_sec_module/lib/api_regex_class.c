#include "api_regex_int.h"
#include "api_utf8.h"


/* White space and line ends of ECMA-262, and all other characters. */

#define ECMA_SPACE                                                            \
    "\\t\\n\\x{b}\\f\\r\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}"   \
    "\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}"
#define ECMA_NOT_SPACE                                                        \
    "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-"   \
    "\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}"      \
    "\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}"


static const struct {
    char        name;
    const char *set; /* as it stands in a class */
} sets[] = {
    { 'd', "0-9" },
    { 'D', "\\x{0}-\\x{2f}\\x{3a}-\\x{10ffff}" },
    { 'w', "A-Za-z0-9_" },
    { 'W', "\\x{0}-\\x{2f}\\x{3a}-\\x{40}\\x{5b}-\\x{5e}\\x{60}\\x{7b}-"
           "\\x{10ffff}" },
    { 's', ECMA_SPACE },
    { 'S', ECMA_NOT_SPACE },
};

static const struct {
    char     name;
    uint32_t cp;
} controls[] = {
    { 'f', 0x0c },
    { 'n', 0x0a },
    { 'r', 0x0d },
    { 't', 0x09 },
    { 'v', 0x0b },
};

/* General categories by their long names (UAX 44); the short ones are
   PCRE2's own. */

static const char *const categories[][2] = {
    { "Cased_Letter", "L&" },
    { "Close_Punctuation", "Pe" },
    { "Connector_Punctuation", "Pc" },
    { "Control", "Cc" },
    { "Currency_Symbol", "Sc" },
    { "Dash_Punctuation", "Pd" },
    { "Decimal_Number", "Nd" },
    { "Enclosing_Mark", "Me" },
    { "Final_Punctuation", "Pf" },
    { "Format", "Cf" },
    { "Initial_Punctuation", "Pi" },
    { "LC", "L&" },
    { "Letter", "L" },
    { "Letter_Number", "Nl" },
    { "Line_Separator", "Zl" },
    { "Lowercase_Letter", "Ll" },
    { "Mark", "M" },
    { "Math_Symbol", "Sm" },
    { "Modifier_Letter", "Lm" },
    { "Modifier_Symbol", "Sk" },
    { "Nonspacing_Mark", "Mn" },
    { "Number", "N" },
    { "Open_Punctuation", "Ps" },
    { "Other", "C" },
    { "Other_Letter", "Lo" },
    { "Other_Number", "No" },
    { "Other_Punctuation", "Po" },
    { "Other_Symbol", "So" },
    { "Paragraph_Separator", "Zp" },
    { "Private_Use", "Co" },
    { "Punctuation", "P" },
    { "Separator", "Z" },
    { "Space_Separator", "Zs" },
    { "Spacing_Mark", "Mc" },
    { "Surrogate", "Cs" },
    { "Symbol", "S" },
    { "Titlecase_Letter", "Lt" },
    { "Unassigned", "Cn" },
    { "Uppercase_Letter", "Lu" },
    { "digit", "Nd" },
    { "punct", "P" },
    { "cntrl", "Cc" },
};


static int
class_hex(uint8_t c)
{
    if ((uint8_t) (c - '0') < 10) {
        return c - '0';
    }

    c |= 0x20;

    return (uint8_t) (c - 'a') < 6 ? c - 'a' + 10 : -1;
}


/* n hexadecimal digits, `skip` places on. */

static bool
class_digits(const api_ecma_t *t, size_t skip, size_t n, uint32_t *v)
{
    int    d;
    size_t i;

    for (i = 0, *v = 0; i < n; i++) {
        d = class_hex(api_ecma_peek(t, skip + i));

        if (d < 0) {
            return false;
        }

        *v = *v << 4 | (uint32_t) d;
    }

    return true;
}


/* \uHHHH, \u{H...}, and two \u that are one character. */

static int
class_unicode(api_ecma_t *t, uint32_t *cp)
{
    size_t   n;
    uint32_t low;

    if (api_ecma_peek(t, 2) == '{') {
        for (n = 3; n < 16 && class_hex(api_ecma_peek(t, n)) >= 0; n++) {
            /* void */
        }

        if (n == 3 || n > 11 || api_ecma_peek(t, n) != '}'
            || !class_digits(t, 3, n - 3, cp) || *cp > 0x10ffff)
        {
            return api_ecma_fail(t, API_SYNTAX, "\\u{ without a code point");
        }

        t->at += n + 1;

    } else if (class_digits(t, 2, 4, cp)) {
        t->at += 6;

        if (*cp >= 0xd800 && *cp < 0xdc00 && api_ecma_peek(t, 0) == '\\'
            && api_ecma_peek(t, 1) == 'u' && class_digits(t, 2, 4, &low)
            && low >= 0xdc00 && low < 0xe000)
        {
            *cp = 0x10000 + ((*cp & 0x3ff) << 10) + (low & 0x3ff);
            t->at += 6;
        }

    } else {
        return api_ecma_fail(
            t, API_SYNTAX, "\\u without four hexadecimal digits");
    }

    /* text in UTF-8 has no lone surrogates */

    if (*cp >= 0xd800 && *cp < 0xe000) {
        *cp = API_ECMA_NO_CHAR;
    }

    return t->rc;
}


/* The name of a property without what says of which kind it is. */

static api_span_t
class_property_name(api_span_t s)
{
    size_t i;

    static const char *const kinds[] = { "General_Category=", "gc=", "Script=",
        "sc=", "Script_Extensions=", "scx=" };

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (s.len > strlen(kinds[i])
            && memcmp(s.data, kinds[i], strlen(kinds[i])) == 0)
        {
            return api_span(
                s.data + strlen(kinds[i]), s.len - strlen(kinds[i]));
        }
    }

    return s;
}


/* \p{...} and \P{...}: PCRE2 says later whether it knows the name. */

static int
class_property(api_ecma_t *t)
{
    size_t     i, n;
    api_span_t name;

    for (n = 3; api_ecma_peek(t, n) && api_ecma_peek(t, n) != '}'; n++) {
        /* void */
    }

    if (api_ecma_peek(t, 2) != '{' || api_ecma_peek(t, n) != '}' || n == 3) {
        return api_ecma_fail(
            t, API_UNSUPPORTED, "\\p without the name of a property in {}");
    }

    name = class_property_name(api_span(t->p.data + t->at + 3, n - 3));

    for (i = 0; i < sizeof(categories) / sizeof(categories[0]); i++) {
        if (api_span_eq(
                name, api_span(categories[i][0], strlen(categories[i][0])))) {
            name = api_span(categories[i][1], strlen(categories[i][1]));
            break;
        }
    }

    api_ecma_put(t, api_ecma_peek(t, 1) == 'p' ? "\\p{" : "\\P{");
    api_ecma_put_bytes(t, name);
    api_ecma_put(t, "}");
    t->at += n + 1;

    return t->rc;
}


/* \1 and \k<name>; the groups are counted by PCRE2. */

static int
class_backref(api_ecma_t *t)
{
    size_t n;

    t->backref = true;
    n = 2;

    if (api_ecma_peek(t, 1) == 'k') {
        while (api_ecma_peek(t, n) && api_ecma_peek(t, n) != '>') {
            n++;
        }

        if (api_ecma_peek(t, 2) != '<' || api_ecma_peek(t, n++) != '>') {
            return api_ecma_fail(
                t, API_UNSUPPORTED, "\\k without the name of a group in <>");
        }

        api_ecma_put_bytes(t, api_span(t->p.data + t->at, n));
        t->at += n;
        return t->rc;
    }

    while ((uint8_t) (api_ecma_peek(t, n) - '0') < 10) {
        n++;
    }

    api_ecma_put(t, "\\g{");
    api_ecma_put_bytes(t, api_span(t->p.data + t->at + 1, n - 1));
    api_ecma_put(t, "}");
    t->at += n;

    return t->rc;
}


static bool
class_named_set(api_ecma_t *t, bool in_class)
{
    size_t i;

    for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        if ((char) api_ecma_peek(t, 1) == sets[i].name) {
            api_ecma_put(t, in_class ? "" : "[");
            api_ecma_put(t, sets[i].set);
            api_ecma_put(t, in_class ? "" : "]");
            t->at += 2;
            return true;
        }
    }

    return false;
}


static bool
class_control(api_ecma_t *t, bool in_class, uint32_t *cp)
{
    size_t  i;
    uint8_t c;

    c = api_ecma_peek(t, 1);

    for (i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
        if ((char) c == controls[i].name) {
            *cp = controls[i].cp;
            t->at += 2;
            return true;
        }
    }

    if (c == 'b' && in_class) {
        *cp = 8;
        t->at += 2;
        return true;
    }

    if (c == 'c' && (uint8_t) ((api_ecma_peek(t, 2) | 0x20) - 'a') < 26) {
        *cp = api_ecma_peek(t, 2) & 31;
        t->at += 3;
        return true;
    }

    if (c == '0' && (uint8_t) (api_ecma_peek(t, 2) - '0') >= 10) {
        *cp = 0;
        t->at += 2;
        return true;
    }

    if (c == 'x' && class_digits(t, 2, 2, cp)) {
        t->at += 4;
        return true;
    }

    return false;
}


int
api_ecma_escape(api_ecma_t *t, bool in_class, bool *set, uint32_t *cp)
{
    uint8_t c;

    *set = true;
    *cp = API_ECMA_NO_CHAR;

    if (t->at + 1 >= t->p.len) {
        return api_ecma_fail(t, API_SYNTAX, "a \\ at the end");
    }

    c = api_ecma_peek(t, 1);

    if (class_named_set(t, in_class)) {
        return t->rc;
    }

    if (c == 'p' || c == 'P') {
        return class_property(t);
    }

    if (!in_class && ((uint8_t) (c - '1') < 9 || c == 'k')) {
        return class_backref(t);
    }

    *set = false;

    if (c == 'u') {
        return class_unicode(t, cp);
    }

    if (class_control(t, in_class, cp)) {
        return t->rc;
    }

    /* what stands for itself; a letter or digit means something else in other
       languages, \Z and \h and \8, and its author may have meant that */

    if ((uint8_t) ((c | 0x20) - 'a') < 26 || (uint8_t) (c - '0') < 10) {
        return api_ecma_fail(t, API_UNSUPPORTED,
            "an escape that ECMA-262 does not have; write the character "
            "itself if that is meant");
    }

    t->at++;
    t->at += api_utf8_decode(t->p.data + t->at, cp);

    return t->rc;
}


/* A member of the class at t->at: one character, or a set. */

static int
class_atom(api_ecma_t *t, bool *set, uint32_t *cp)
{
    if (t->p.data[t->at] == '\\') {
        return api_ecma_escape(t, true, set, cp);
    }

    *set = false;
    t->at += api_utf8_decode(t->p.data + t->at, cp);

    return t->rc;
}


/* One member or range of a class. */

static int
class_member(api_ecma_t *t)
{
    bool     set, set2;
    uint32_t lo, hi;

    if (class_atom(t, &set, &lo) != API_OK) {
        return t->rc;
    }

    if (!set && lo != API_ECMA_NO_CHAR) {
        api_ecma_put_cp(t, lo);
    }

    if (api_ecma_peek(t, 0) != '-' || api_ecma_peek(t, 1) == ']'
        || t->at + 1 >= t->p.len)
    {
        return t->rc;
    }

    t->at++;

    if (set) {
        /* [\d-x]: the hyphen is one */

        api_ecma_put_cp(t, '-');
        return t->rc;
    }

    if (api_ecma_peek(t, 0) == '\\' && strchr("dDwWsSpP", api_ecma_peek(t, 1)))
    {
        api_ecma_put_cp(t, '-');
        return class_atom(t, &set2, &hi);
    }

    if (class_atom(t, &set2, &hi) != API_OK) {
        return t->rc;
    }

    if (lo == API_ECMA_NO_CHAR || hi == API_ECMA_NO_CHAR) {
        /* between surrogates there is nothing */

        return lo == hi ? t->rc
                        : api_ecma_fail(t, API_UNSUPPORTED,
                            "a range from or to a lone surrogate");
    }

    if (hi < lo) {
        return api_ecma_fail(t, API_SYNTAX, "a range out of order");
    }

    api_ecma_put(t, "-");
    api_ecma_put_cp(t, hi);

    return t->rc;
}


int
api_ecma_class(api_ecma_t *t)
{
    bool   negated;
    size_t start;

    t->at++;
    negated = api_ecma_peek(t, 0) == '^';
    t->at += negated;

    if (api_ecma_peek(t, 0) == ']') {
        api_ecma_put(t, negated ? "[\\x{0}-\\x{10ffff}]" : "(?!)");
        t->at++;
        return t->rc;
    }

    api_ecma_put(t, negated ? "[^" : "[");
    start = t->len;

    while (t->rc == API_OK && t->at < t->p.len && t->p.data[t->at] != ']') {
        class_member(t);
    }

    if (t->rc == API_OK && t->at == t->p.len) {
        return api_ecma_fail(t, API_SYNTAX, "a [ without its ]");
    }

    if (t->len == start) {
        /* nothing but lone surrogates */

        t->len = start - 1 - negated;
        api_ecma_put(t, negated ? "[\\x{0}-\\x{10ffff}]" : "(?!)");

    } else {
        api_ecma_put(t, "]");
    }

    t->at++;

    return t->rc;
}
