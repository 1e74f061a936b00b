#include "api_pattern_int.h"


/* Ranges in pairs, as PCRE2's tables of the C locale have them; of the letters
   behind a backslash.  Upper case is what is left. */

static const struct {
    uint8_t     letter;
    const char *ranges;
} escapes[] = {
    { 'd', "09" },
    { 's', "\t\r  " },
    { 'w', "azAZ09__" },
    { 'h', "\t\t  \xa0\xa0" },
    { 'v', "\n\r\x85\x85" },
};

static const uint8_t controls[256] = {
    ['a'] = 7,
    ['e'] = 27,
    ['f'] = 12,
    ['n'] = 10,
    ['r'] = 13,
    ['t'] = 9,
};


void
api_pattern_ranges(api_byteset_t *set, const char *ranges)
{
    for (; *ranges != '\0'; ranges += 2) {
        api_byteset_range(set, (uint8_t) ranges[0], (uint8_t) ranges[1]);
    }
}


static int
digit_of(int c, int base)
{
    int v;

    if (c >= '0' && c <= '9') {
        v = c - '0';
    } else if (c >= 'a' && c <= 'f') {
        v = c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
        v = c - 'A' + 10;
    } else {
        return -1;
    }

    return v < base ? v : -1;
}


/* Up to `most` digits at the reader; the number of them. */

static size_t
digits(api_pattern_reader_t *p, int base, size_t most, uint32_t *v)
{
    int    d;
    size_t n;

    for (n = 0, *v = 0; n < most; n++) {
        d = digit_of(api_pattern_peek(p, 0), base);

        if (d < 0 || *v > 0xffffff) {
            break;
        }

        *v = *v * (uint32_t) base + (uint32_t) d;
        p->pos++;
    }

    return n;
}


/* Behind \x{ or \o{. */

static int
code_braced(api_pattern_reader_t *p, int base, uint32_t *c)
{
    if (digits(p, base, 16, c) == 0 || api_pattern_peek(p, 0) != '}'
        || *c > 255) {
        return api_pattern_bad(p, API_SYNTAX, "no byte in braces");
    }

    p->pos++;

    return API_OK;
}


/* \xHH, \x{HH}, \o{OOO}, \cX, \0OO: behind their letter. */

static int
code_read(api_pattern_reader_t *p, uint8_t letter, uint32_t *c)
{
    int next;

    next = api_pattern_peek(p, 0);

    switch (letter) {

    case 'x':
        if (next == '{') {
            p->pos++;
            return code_braced(p, 16, c);
        }

        digits(p, 16, 2, c);
        return API_OK;

    case 'o':
        if (next != '{') {
            return api_pattern_bad(p, API_SYNTAX, "\\o without braces");
        }

        p->pos++;
        return code_braced(p, 8, c);

    case '0':
        digits(p, 8, 2, c);
        return API_OK;

    default: /* c */
        if (next < 32 || next > 126) {
            return api_pattern_bad(p, API_SYNTAX, "\\c without a character");
        }

        p->pos++;
        *c = (uint32_t) (next >= 'a' && next <= 'z' ? next - 32 : next) ^ 64;
        return API_OK;
    }
}


/* A property: widened to every byte, as its tables are not here. */

static int
property(api_pattern_reader_t *p, api_byteset_t *set)
{
    if (api_pattern_peek(p, 0) == '{') {
        while (api_pattern_peek(p, 0) != '}') {
            if (p->pos == p->end) {
                return api_pattern_bad(p, API_SYNTAX, "a property is open");
            }
            p->pos++;
        }
    }

    if (p->pos == p->end) {
        return api_pattern_bad(p, API_SYNTAX, "a property is missing");
    }

    p->pos++;
    api_byteset_range(set, 0, 255);

    return API_OK;
}


static bool
escape_named(uint8_t c, api_byteset_t *set)
{
    size_t        i;
    api_byteset_t named;

    for (i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
        if ((c | 0x20) != escapes[i].letter) {
            continue;
        }

        memset(&named, 0, sizeof(named));
        api_pattern_ranges(&named, escapes[i].ranges);

        if (c != escapes[i].letter) {
            api_byteset_invert(&named);
        }

        api_byteset_join(set, &named);
        return true;
    }

    return false;
}


/* \1 to \377 within a class: octal; \8 and \9 are the digits. */

static int
octal(api_pattern_reader_t *p, uint8_t first, api_byteset_t *set)
{
    uint32_t c;

    if (first >= '8') {
        api_byteset_add(set, first);
        return API_OK;
    }

    p->pos--;
    digits(p, 8, 3, &c);

    if (c > 255) {
        return api_pattern_bad(p, API_SYNTAX, "an octal code above 377");
    }

    api_byteset_add(set, c);

    return API_OK;
}


int
api_pattern_escape(api_pattern_reader_t *p, bool in_class, api_byteset_t *set)
{
    int      next;
    uint8_t  c;
    uint32_t code;

    next = api_pattern_peek(p, 0);

    if (next < 0) {
        return api_pattern_bad(p, API_SYNTAX, "a backslash at the end");
    }

    c = (uint8_t) next;

    if (c == 'b' && in_class) {
        p->pos++;
        api_byteset_add(set, 8);
        return API_OK;
    }

    if (strchr("xoc0", c) != NULL && c != 0) {
        p->pos++;

        if (code_read(p, c, &code) != API_OK) {
            return API_SYNTAX;
        }

        api_byteset_add(set, code);
        return API_OK;
    }

    if (controls[c] != 0 || escape_named(c, set)) {
        p->pos++;

        if (controls[c] != 0) {
            api_byteset_add(set, controls[c]);
        }

        return API_OK;
    }

    if (c == 'p' || c == 'P') {
        p->pos++;
        return property(p, set);
    }

    if (c >= '1' && c <= '9' && in_class) {
        p->pos++;
        return octal(p, c, set);
    }

    if ((c >= '1' && c <= '9') || (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')) {
        return API_INVALID; /* no set: the caller knows it, or nobody */
    }

    p->pos++;
    api_byteset_add(set, c);

    return API_OK;
}
