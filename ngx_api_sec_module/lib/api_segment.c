#include "api_segment.h"


/* Classes of characters, and how many of each there are. */

typedef struct {
    uint32_t digit, lower, upper, hex; /* hex: letters a-f, A-F */
    uint32_t dash, dot, colon, at, under, other;
    uint32_t changes; /* from letter to digit and back */
} api_segment_count_t;

#define API_SEGMENT_LONG 16  /* a token is at least that long */
#define API_SEGMENT_SLUG 10  /* ... one with many digits that long */
#define API_SEGMENT_TEXT 256 /* longer values are not looked at */


static bool
api_segment_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}


static void
api_segment_letter(api_segment_count_t *n, uint8_t c)
{
    uint8_t low;

    low = c | 0x20;

    if (c & 0x20) {
        n->lower++;

    } else {
        n->upper++;
    }

    n->hex += low <= 'f';
}


static void
api_segment_sign(api_segment_count_t *n, uint8_t c)
{
    switch (c) {
    case '-':
        n->dash++;
        break;
    case '.':
        n->dot++;
        break;
    case ':':
        n->colon++;
        break;
    case '@':
        n->at++;
        break;
    case '_':
        n->under++;
        break;
    default:
        n->other++;
        break;
    }
}


static api_segment_count_t
api_segment_count(api_span_t s)
{
    size_t              i;
    uint8_t             c, low;
    unsigned            kind, last;
    api_segment_count_t n;

    memset(&n, 0, sizeof(n));

    for (last = 0, i = 0; i < s.len; i++) {
        c = s.data[i];
        low = c | 0x20;
        kind = 0;

        if (api_segment_digit(c)) {
            n.digit++;
            kind = 1;

        } else if (low >= 'a' && low <= 'z') {
            api_segment_letter(&n, c);
            kind = 2;

        } else {
            api_segment_sign(&n, c);
        }

        n.changes += kind && last && kind != last;
        last = kind ? kind : last;
    }

    return n;
}


/* 8-4-4-4-12 */

static bool
api_segment_uuid(api_span_t s, const api_segment_count_t *n)
{
    return s.len == 36 && n->dash == 4 && s.data[8] == '-' && s.data[13] == '-'
           && s.data[18] == '-' && s.data[23] == '-'
           && n->digit + n->hex == 32;
}


static bool
api_segment_date(api_span_t s)
{
    size_t i;

    static const char form[] = "dddd-dd-dd";

    if (s.len < 10) {
        return false;
    }

    for (i = 0; i < 10; i++) {
        if (form[i] == 'd' ? !api_segment_digit(s.data[i])
                           : s.data[i] != (uint8_t) form[i])
        {
            return false;
        }
    }

    return s.len == 10 || s.data[10] == 'T' || s.data[10] == 't'
           || s.data[10] == ' ';
}


static bool
api_segment_email(api_span_t s, const api_segment_count_t *n)
{
    size_t         domain;
    const uint8_t *at;

    at = n->at == 1 ? memchr(s.data, '@', s.len) : NULL;

    if (at == NULL || at == s.data) {
        return false;
    }

    domain = s.len - (size_t) (at - s.data) - 1;

    return domain > 3 && memchr(at + 1, '.', domain - 1) != NULL;
}


static bool
api_segment_ip(const api_segment_count_t *n)
{
    uint32_t others;

    others = n->lower + n->upper + n->dash + n->at + n->under + n->other;

    if (n->colon == 0) {
        return others == 0 && n->dot == 3 && n->digit >= 4 && n->digit <= 12;
    }

    return n->colon >= 2 && n->lower + n->upper == n->hex && n->dash == 0
           && n->under == 0 && n->other == 0 && n->at == 0;
}


static bool
api_segment_version(api_span_t s, const api_segment_count_t *n)
{
    return s.len <= 6 && (s.data[0] | 0x20) == 'v'
           && n->digit + n->dot == s.len - 1 && api_segment_digit(s.data[1]);
}


/* Letters and digits that take turns, or digits enough: no word is so. */

static bool
api_segment_token(api_span_t s, const api_segment_count_t *n)
{
    uint32_t letters;

    letters = n->lower + n->upper;

    if (n->colon || n->at || n->other || n->digit == 0) {
        return false;
    }

    /* AKIA..., hvs.CAES...: long, and in no way a word */

    if (s.len >= API_SEGMENT_LONG
        && (n->lower == 0 || (n->dot && n->upper && n->digit >= 4)))
    {
        return true;
    }

    if (n->dot) {
        return false;
    }

    if (s.len >= API_SEGMENT_LONG && letters
        && (n->changes >= 4 || n->digit >= 8)) {
        return true;
    }

    if (s.len >= API_SEGMENT_SLUG && n->digit * 2 >= letters) {
        return true;
    }

    /* ord-1842, INV_20260044, u83 */

    return n->digit >= 3 || (n->digit * 2 >= letters && letters <= 4);
}


static api_segment_t
api_segment_kind(api_span_t s, const api_segment_count_t *n)
{
    if (n->digit == s.len
        || (n->digit == s.len - 1 && n->digit && s.data[0] == '-'))
    {
        return API_SEGMENT_INT;
    }

    if (api_segment_uuid(s, n)) {
        return API_SEGMENT_UUID;
    }

    if (api_segment_date(s)) {
        return API_SEGMENT_DATE;
    }

    if (api_segment_email(s, n)) {
        return API_SEGMENT_EMAIL;
    }

    if (api_segment_ip(n)) {
        return API_SEGMENT_ADDRESS;
    }

    if (s.len >= API_SEGMENT_LONG && n->digit + n->hex == s.len && n->digit) {
        return API_SEGMENT_HEX;
    }

    if (api_segment_version(s, n)) {
        return API_SEGMENT_WORD;
    }

    return api_segment_token(s, n) ? API_SEGMENT_TOKEN : API_SEGMENT_WORD;
}


api_segment_t
api_segment_of_path(api_span_t s)
{
    api_segment_t       kind;
    api_segment_count_t n;

    if (s.len == 0) {
        return API_SEGMENT_WORD;
    }

    if (s.len > API_SEGMENT_TEXT) {
        return API_SEGMENT_OTHER;
    }

    n = api_segment_count(s);
    kind = api_segment_kind(s, &n);

    if (kind == API_SEGMENT_WORD
        && (n.other || s.len > API_SEGMENT_MAX
            || (n.digit && n.digit + n.dot + n.dash == s.len)))
    {
        return API_SEGMENT_OTHER;
    }

    return kind;
}


static bool
api_segment_is(api_span_t s, const char *word)
{
    return api_span_eq_nocase(s, api_span(word, strlen(word)));
}


api_segment_t
api_segment_of_value(api_span_t s)
{
    uint32_t            signs;
    api_segment_count_t n;

    if (s.len == 0 || s.len > API_SEGMENT_TEXT) {
        return API_SEGMENT_WORD;
    }

    if (api_segment_is(s, "true") || api_segment_is(s, "false")) {
        return API_SEGMENT_BOOL;
    }

    n = api_segment_count(s);
    signs = n.dash == 1 && s.data[0] == '-' ? 1 : 0;

    if (n.digit && n.dot == 1 && n.digit + 1 + signs == s.len) {
        return API_SEGMENT_NUMBER;
    }

    return api_segment_kind(s, &n);
}


typedef struct {
    const char *name;
    const char *type;
    const char *format;
} api_segment_row_t;

static const api_segment_row_t api_segment_rows[API_NSEGMENTS] = {
    { "string", "string", NULL },
    { "integer", "integer", NULL },
    { "number", "number", NULL },
    { "boolean", "boolean", NULL },
    { "uuid", "string", "uuid" },
    { "date", "string", NULL },
    { "email", "string", "email" },
    { "address", "string", NULL },
    { "hex", "string", NULL },
    { "token", "string", NULL },
    { "other", "string", NULL },
};


const char *
api_segment_name(unsigned type)
{
    return type < API_NSEGMENTS ? api_segment_rows[type].name : "";
}


const char *
api_segment_schema(unsigned type, const char **format)
{
    if (type >= API_NSEGMENTS) {
        type = API_SEGMENT_WORD;
    }

    *format = api_segment_rows[type].format;

    return api_segment_rows[type].type;
}
