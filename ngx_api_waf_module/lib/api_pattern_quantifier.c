#include "api_pattern_int.h"


/*
 * What counts for nothing: \E, \Q, blanks and # of (?x), (?#...).  A
 * quantifier behind it belongs to what stands before it.
 */

int
api_pattern_blank(api_pattern_reader_t *p)
{
    int            c, next;
    const uint8_t *line;

    for (;;) {
        c = api_pattern_peek(p, 0);
        next = api_pattern_peek(p, 1);

        if (c == '\\' && (next == 'E' || (next == 'Q' && !p->quoted))) {
            p->quoted = next == 'Q';
            p->pos += 2;
            continue;
        }

        if (p->quoted) {
            return API_OK;
        }

        if (c == '(' && next == '?' && api_pattern_peek(p, 2) == '#') {
            if (api_pattern_skip(p, ')') != API_OK) {
                return API_SYNTAX;
            }

            continue;
        }

        if (p->options & API_PATTERN_X && c == 0x85) {
            return api_pattern_bad(
                p, API_UNSUPPORTED, "blank in some versions, not in others");
        }

        if (p->options & API_PATTERN_X
            && (c == ' ' || (c >= '\t' && c <= '\r'))) {
            p->pos++;
            continue;
        }

        if (!(p->options & API_PATTERN_X) || c != '#') {
            return API_OK;
        }

        line = memchr(p->pos, '\n', (size_t) (p->end - p->pos));
        p->pos = line == NULL ? p->end : line + 1;
    }
}


/* Digits of a quantifier; false: none, or more than PCRE2 takes. */

static bool
parse_number(const uint8_t **s, const uint8_t *end, uint32_t *n)
{
    const uint8_t *from;

    for (from = *s, *n = 0; *s < end && **s >= '0' && **s <= '9'; (*s)++) {
        if (*n > 65535) {
            return false;
        }
        *n = *n * 10 + (uint32_t) (**s - '0');
    }

    return *s > from && *n <= 65535;
}


/*
 * {n} {n,} {n,m} at the reader, the second with max INF.  API_INVALID: a
 * brace that stands for itself.
 */

static int
parse_braces(api_pattern_reader_t *p, uint32_t *min, uint32_t *max)
{
    bool           digit;
    const uint8_t *s;

    s = p->pos + 1;

    if (parse_number(&s, p->end, min)) {
        *max = *min;

        if (s < p->end && *s == ',') {
            s++;
            *max = API_PATTERN_INF;

            if (s < p->end && *s >= '0' && *s <= '9'
                && !parse_number(&s, p->end, max)) {
                return api_pattern_bad(p, API_SYNTAX, "too large a number");
            }
        }

        if (s < p->end && *s == '}') {
            p->pos = s + 1;
            return *max < *min ? api_pattern_bad(p, API_SYNTAX, "{m,n}, m > n")
                               : API_OK;
        }
    }

    /* {,3} and { 1 } are quantifiers from 10.43 on */

    for (s = p->pos + 1, digit = false;
         s < p->end
         && (*s == ' ' || *s == '\t' || *s == ',' || (*s >= '0' && *s <= '9'));
         s++)
    {
        digit |= *s >= '0' && *s <= '9';
    }

    return digit && s < p->end && *s == '}'
               ? api_pattern_bad(p, API_UNSUPPORTED, "a quantifier?")
               : API_INVALID;
}


/* A quantifier at the reader, with its ? or +.  API_INVALID: there is none. */

int
api_pattern_quantifier(api_pattern_reader_t *p, uint32_t *min, uint32_t *max)
{
    int c, rc;

    c = p->quoted ? -1 : api_pattern_peek(p, 0);

    if (c == '{') {
        rc = parse_braces(p, min, max);

        if (rc != API_OK) {
            return rc;
        }

    } else if (c == '*' || c == '+' || c == '?') {
        *min = c == '+';
        *max = c == '?' ? 1 : API_PATTERN_INF;
        p->pos++;

    } else {
        return API_INVALID;
    }

    c = api_pattern_peek(p, 0);
    p->pos += c == '?' || c == '+';

    return API_OK;
}
