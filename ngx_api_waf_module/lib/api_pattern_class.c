#include "api_pattern_int.h"


/* Ranges in pairs, as PCRE2's tables of the C locale have them. */

static const struct {
    const char *name;
    const char *ranges;
} posix[] = {
    { "alpha", "azAZ" },
    { "lower", "az" },
    { "upper", "AZ" },
    { "alnum", "azAZ09" },
    { "ascii", "\x01\x7f" }, /* NUL is added */
    { "blank", "  \t\t" },
    { "cntrl", "\x01\x1f\x7f\x7f" }, /* here too */
    { "digit", "09" },
    { "graph", "!~" },
    { "print", " ~" },
    { "punct", "!/:@[`{~" },
    { "space", "\t\r  " },
    { "word", "azAZ09__" },
    { "xdigit", "09afAF" },
};


/* [:name:] at the reader, behind its [. */

static int
posix_read(api_pattern_reader_t *p, api_byteset_t *set)
{
    bool           inverse;
    size_t         i, len;
    api_byteset_t  named;
    const uint8_t *from, *to;

    from = p->pos + 1;
    inverse = from < p->end && *from == '^';
    from += inverse;

    for (to = from; to < p->end && *to >= 'a' && *to <= 'z'; to++) {
        /* void */
    }

    len = (size_t) (to - from);

    for (i = 0; i < sizeof(posix) / sizeof(posix[0]); i++) {
        if (strlen(posix[i].name) == len
            && memcmp(posix[i].name, from, len) == 0) {
            break;
        }
    }

    if (i == sizeof(posix) / sizeof(posix[0]) || p->end - to < 2
        || to[0] != ':' || to[1] != ']')
    {
        return API_INVALID;
    }

    memset(&named, 0, sizeof(named));
    api_pattern_ranges(&named, posix[i].ranges);

    if (posix[i].ranges[0] == '\x01') {
        api_byteset_add(&named, 0);
    }

    if (p->options & API_PATTERN_I) {
        api_byteset_caseless(&named);
    }

    if (inverse) {
        api_byteset_invert(&named);
    }

    api_byteset_join(set, &named);
    p->pos = to + 2;

    return API_OK;
}


/* What looks like [:name:] has its end before any ] or \. */

static bool
posix_starts(const api_pattern_reader_t *p)
{
    int            mark;
    const uint8_t *s;

    mark = api_pattern_peek(p, 0);

    if (mark != ':' && mark != '.' && mark != '=') {
        return false;
    }

    for (s = p->pos + 1; s + 1 < p->end; s++) {
        if (*s == mark && s[1] == ']') {
            return true;
        }

        if (*s == ']' || *s == '\\') {
            return false;
        }
    }

    return false;
}


/*
 * One item of a class.  *single is the byte when it is one, which may begin or
 * end a range; -1: it is a set, already joined.
 */

static int
class_item(api_pattern_reader_t *p, api_byteset_t *set, int *single)
{
    int           c, rc;
    unsigned      i;
    api_byteset_t one;

    *single = -1;
    c = *p->pos++;

    if (p->quoted || (c != '[' && c != '\\')) {
        *single = c;
        return API_OK;
    }

    if (c == '[') {
        if (!posix_starts(p)) {
            *single = c;
            return API_OK;
        }

        rc = posix_read(p, set);

        return rc == API_INVALID
                   ? api_pattern_bad(p, API_SYNTAX, "no such POSIX class")
                   : rc;
    }

    memset(&one, 0, sizeof(one));
    rc = api_pattern_escape(p, true, &one);

    if (rc != API_OK) {
        return rc == API_INVALID
                   ? api_pattern_bad(p, API_SYNTAX, "no such escape")
                   : rc;
    }

    if (api_byteset_count(&one) != 1) {
        api_byteset_join(set, &one);
        return API_OK;
    }

    for (i = 0; !api_byteset_has(&one, i); i++) {
        /* void */
    }

    *single = (int) i;

    return API_OK;
}


/* Blanks of (?xx), the ends of quoted text, as they count for nothing. */

static void
class_skip(api_pattern_reader_t *p)
{
    int c, next;

    for (;;) {
        c = api_pattern_peek(p, 0);
        next = api_pattern_peek(p, 1);

        if (c == '\\' && (next == 'E' || (next == 'Q' && !p->quoted))) {
            p->quoted = next == 'Q';
            p->pos += 2;

        } else if (!p->quoted && (p->options & API_PATTERN_XX)
                   && (c == ' ' || c == '\t'))
        {
            p->pos++;

        } else {
            return;
        }
    }
}


/* Behind `from`: the rest of a range, if there is one. */

static int
class_range(api_pattern_reader_t *p, api_byteset_t *set, int from)
{
    int rc, to;

    class_skip(p);

    if (p->quoted || api_pattern_peek(p, 0) != '-'
        || api_pattern_peek(p, 1) == ']' || api_pattern_peek(p, 1) < 0)
    {
        api_byteset_add(set, (unsigned) from);
        return API_OK;
    }

    p->pos++;

    class_skip(p);

    if (api_pattern_peek(p, 0) < 0
        || (!p->quoted && api_pattern_peek(p, 0) == ']'))
    {
        to = -1; /* only \E stood between the hyphen and the end */

    } else {
        rc = class_item(p, set, &to);

        if (rc != API_OK) {
            return rc;
        }
    }

    if (to >= 0 && to < from) {
        return api_pattern_bad(p, API_SYNTAX, "a range is the wrong way");
    }

    if (to >= 0) {
        api_byteset_range(set, (unsigned) from, (unsigned) to);
        return API_OK;
    }

    api_byteset_add(set, (unsigned) from);
    api_byteset_add(set, '-');

    return API_OK;
}


/* What may stand before the first item: \E, \Q\E, blanks of (?xx), one ^. */

static bool
class_start(api_pattern_reader_t *p)
{
    int  c, next;
    bool inverse;

    for (inverse = false;; p->pos++) {
        c = api_pattern_peek(p, 0);
        next = api_pattern_peek(p, 1);

        if (c == '\\' && next == 'E') {
            p->pos++;

        } else if (c == '\\' && next == 'Q' && api_pattern_peek(p, 2) == '\\'
                   && api_pattern_peek(p, 3) == 'E')
        {
            p->pos += 3;

        } else if (c == '^' && !inverse) {
            inverse = true;

        } else if (!(p->options & API_PATTERN_XX) || (c != ' ' && c != '\t')) {
            return inverse;
        }
    }
}


int
api_pattern_class(api_pattern_reader_t *p, api_byteset_t *set)
{
    int  rc, single;
    bool inverse, first;

    memset(set, 0, sizeof(*set));
    inverse = class_start(p);

    for (first = true;; first = false) {
        class_skip(p);

        if (p->pos == p->end) {
            return api_pattern_bad(p, API_SYNTAX, "a class is not closed");
        }

        if (*p->pos == ']' && !p->quoted && !first) {
            break;
        }

        rc = class_item(p, set, &single);

        if (rc == API_OK && single >= 0) {
            rc = class_range(p, set, single);
        }

        if (rc != API_OK) {
            return rc;
        }
    }

    p->pos++;

    if (p->options & API_PATTERN_I) {
        api_byteset_caseless(set);
    }

    if (inverse) {
        api_byteset_invert(set);
    }

    return API_OK;
}
