#include "api_pattern_int.h"


/* Letters behind (? that switch options, up to : or ) which stays. */

static int
parse_options(api_pattern_reader_t *p)
{
    int      c;
    bool     on, twice;
    unsigned bit;

    for (on = true, twice = false;; p->pos++) {
        c = api_pattern_peek(p, 0);

        switch (c) {
        case ':':
        case ')':
            return API_OK;
        case '^':
            p->options &= ~(unsigned) (API_PATTERN_I | API_PATTERN_S
                                       | API_PATTERN_X | API_PATTERN_XX);
            continue;
        case '-':
            on = false;
            continue;
        case 'i':
            bit = API_PATTERN_I;
            break;
        case 's':
            bit = API_PATTERN_S;
            break;
        case 'x':
            bit = API_PATTERN_X;
            if (!on || api_pattern_peek(p, 1) == 'x') {
                bit |= API_PATTERN_XX;
                twice = on;
                p->pos += on;
            } else if (!twice) { /* xxx is xx, x alone takes it back */
                p->options &= ~(unsigned) API_PATTERN_XX;
            }
            break;
        case 'm':
        case 'n':
        case 'J':
        case 'U':
            continue;
        default:
            return api_pattern_bad(p, API_UNSUPPORTED, "no such option");
        }

        p->options = on ? p->options | bit : p->options & ~bit;
    }
}


static int
parse_close(api_pattern_reader_t *p)
{
    if (api_pattern_peek(p, 0) != ')') {
        return api_pattern_bad(p, API_SYNTAX, "a group is not closed");
    }

    p->pos++;

    return API_OK;
}


/* What is in a group, and its ). */

static int
parse_inside(api_pattern_reader_t *p, api_pattern_t **node)
{
    int      rc;
    unsigned options;

    options = p->options;
    rc = api_pattern_alternatives(p, node);

    if (rc == API_OK) {
        rc = parse_close(p);
    }

    p->options = options;

    return rc;
}


/* An assertion: read, and left out. */

static int
parse_assertion(api_pattern_reader_t *p, api_pattern_t **node)
{
    int rc;

    rc = parse_inside(p, node);

    return rc == API_OK ? api_pattern_kind(p, API_PATTERN_CAT, node) : rc;
}


/* Behind (?( : the condition, then the branches, of which one may lack. */

static int
parse_condition(api_pattern_reader_t *p, api_pattern_t **node)
{
    int            rc, next;
    api_pattern_t *empty;

    next = api_pattern_peek(p, 1);

    if (api_pattern_peek(p, 0) == '*') {
        return api_pattern_bad(p, API_UNSUPPORTED, "a verb");
    }

    if (api_pattern_peek(p, 0) == '?') {
        if (next != '=' && next != '!' && next != '<') {
            return api_pattern_bad(p, API_UNSUPPORTED, "such a condition");
        }

        p->pos += next == '<' ? 3 : 2;

        if (p->pos > p->end) {
            return api_pattern_bad(p, API_SYNTAX, "a condition is open");
        }

        rc = parse_assertion(p, node);

    } else {
        rc = api_pattern_skip(p, ')');
    }

    if (rc == API_OK) {
        rc = parse_inside(p, node);
    }

    if (rc != API_OK) {
        return rc;
    }

    rc = api_pattern_kind(p, API_PATTERN_CAT, &empty);

    if (rc != API_OK) {
        return rc;
    }

    empty->next = *node;

    rc = api_pattern_kind(p, API_PATTERN_ALT, node);

    if (rc == API_OK) {
        (*node)->first = empty;
    }

    return rc;
}


/* (?<name>...), (?'name'...), (?P...) */

static int
parse_named(api_pattern_reader_t *p, uint8_t end, api_pattern_t **node)
{
    return api_pattern_skip(p, end) == API_OK ? parse_inside(p, node)
                                              : API_SYNTAX;
}


static int
parse_python(api_pattern_reader_t *p, api_pattern_t **node)
{
    int c;

    c = api_pattern_peek(p, 0);
    p->pos++;

    if (c == '<') {
        return parse_named(p, '>', node);
    }

    if (c == '=' || c == '>') {
        return api_pattern_skip(p, ')') == API_OK
                   ? api_pattern_anything(p, node)
                   : API_SYNTAX;
    }

    return api_pattern_bad(p, API_SYNTAX, "(?P what");
}


/* (?R), (?1), (?+1), (?-1), (?&name): a call, of whatever matches. */

static bool
parse_is_call(const api_pattern_reader_t *p, int c)
{
    int next;

    next = api_pattern_peek(p, 1);

    return c == 'R' || c == '&' || (c >= '0' && c <= '9')
           || ((c == '+' || c == '-') && next >= '0' && next <= '9');
}


static int
parse_switches(api_pattern_reader_t *p, api_pattern_t **node)
{
    int      rc;
    unsigned before;

    before = p->options;
    rc = parse_options(p);

    if (rc != API_OK) {
        return rc;
    }

    if (*p->pos++ == ')') { /* until the group around it ends */
        return api_pattern_kind(p, API_PATTERN_CAT, node);
    }

    rc = parse_inside(p, node);
    p->options = before;

    return rc;
}


/* Behind (? */

static int
parse_question(api_pattern_reader_t *p, api_pattern_t **node)
{
    int c, next;

    c = api_pattern_peek(p, 0);
    next = api_pattern_peek(p, 1);

    if (parse_is_call(p, c)) {
        return api_pattern_skip(p, ')') == API_OK
                   ? api_pattern_anything(p, node)
                   : API_SYNTAX;
    }

    switch (c) {
    case '|':
    case '>':
        p->pos++;
        return parse_inside(p, node);
    case '=':
    case '!':
    case '*':
        p->pos++;
        return parse_assertion(p, node);
    case '<':
        p->pos++;
        if (next == '=' || next == '!' || next == '*') {
            p->pos++;
            return parse_assertion(p, node);
        }
        return parse_named(p, '>', node);
    case '\'':
        p->pos++;
        return parse_named(p, '\'', node);
    case 'P':
        p->pos++;
        return parse_python(p, node);
    case '(':
        p->pos++;
        return parse_condition(p, node);
    default:
        return parse_switches(p, node);
    }
}


int
api_pattern_open(api_pattern_reader_t *p, api_pattern_t **node)
{
    int c;

    c = api_pattern_peek(p, 0);

    if (c == '*') {
        return api_pattern_bad(p, API_UNSUPPORTED, "a verb");
    }

    if (c == '?') {
        p->pos++;
        return parse_question(p, node);
    }

    return parse_inside(p, node);
}
