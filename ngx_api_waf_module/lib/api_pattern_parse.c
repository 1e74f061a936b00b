#include "api_pattern_int.h"


api_pattern_t *
api_pattern_node(api_pattern_reader_t *p, api_pattern_kind_t kind)
{
    api_pattern_t *node;

    if (p->nodes == API_PATTERN_NODES) {
        return NULL;
    }

    node = api_arena_calloc(p->arena, 1, sizeof(*node));

    if (node != NULL) {
        node->kind = kind;
        p->nodes++;
    }

    return node;
}


static int
parse_nomem(const api_pattern_reader_t *p)
{
    return p->nodes == API_PATTERN_NODES
               ? api_pattern_bad(p, API_LIMIT, "too large an expression")
               : api_pattern_bad(p, API_NOMEM, "no memory");
}


int
api_pattern_kind(
    api_pattern_reader_t *p, api_pattern_kind_t kind, api_pattern_t **node)
{
    *node = api_pattern_node(p, kind);

    if (*node != NULL) {
        return API_OK;
    }

    (void) parse_nomem(p);

    return p->nodes == API_PATTERN_NODES ? API_LIMIT : API_NOMEM;
}


static int
parse_set(
    api_pattern_reader_t *p, const api_byteset_t *set, api_pattern_t **node)
{
    int rc;

    rc = api_pattern_kind(p, API_PATTERN_SET, node);

    if (rc != API_OK) {
        return rc;
    }

    (*node)->set = *set;

    return API_OK;
}


static int
parse_byte(api_pattern_reader_t *p, uint8_t c, api_pattern_t **node)
{
    api_byteset_t set;

    memset(&set, 0, sizeof(set));
    api_byteset_add(&set, c);

    if (p->options & API_PATTERN_I) {
        api_byteset_caseless(&set);
    }

    return parse_set(p, &set, node);
}


/* child{min,max} */

static int
parse_repeat(api_pattern_reader_t *p, api_pattern_t *child, uint32_t min,
    uint32_t max, api_pattern_t **node)
{
    int rc;

    rc = api_pattern_kind(p, API_PATTERN_REP, node);

    if (rc != API_OK) {
        return rc;
    }

    (*node)->min = min;
    (*node)->max = max;
    (*node)->first = child;

    return API_OK;
}


/* Any string: what a back reference, a recursion, \X or \R may stand for. */

int
api_pattern_anything(api_pattern_reader_t *p, api_pattern_t **node)
{
    api_byteset_t  set;
    api_pattern_t *byte;

    memset(&set, 0xff, sizeof(set));

    if (parse_set(p, &set, &byte) != API_OK) {
        return parse_nomem(p);
    }

    return parse_repeat(p, byte, 0, API_PATTERN_INF, node);
}


/* Up to behind the next `end`. */

int
api_pattern_skip(api_pattern_reader_t *p, uint8_t end)
{
    const uint8_t *s;

    s = memchr(p->pos, end, (size_t) (p->end - p->pos));

    if (s == NULL) {
        return api_pattern_bad(p, API_SYNTAX, "no %c to its end", end);
    }

    p->pos = s + 1;

    return API_OK;
}


/* \g{...} \g1 \g<...> \k{...}: a reference or a call, by any name. */

static int
parse_reference(api_pattern_reader_t *p, api_pattern_t **node)
{
    int open;

    p->pos++;
    open = api_pattern_peek(p, 0);

    if (open == '{' || open == '<' || open == '\'') {
        p->pos++;

        if (api_pattern_skip(p, open == '{'   ? '}'
                                : open == '<' ? '>'
                                              : '\'')
            != API_OK)
        {
            return API_SYNTAX;
        }

        return api_pattern_anything(p, node);
    }

    if (open == '-' || open == '+') {
        p->pos++;
    }

    while (api_pattern_peek(p, 0) >= '0' && api_pattern_peek(p, 0) <= '9') {
        p->pos++;
    }

    return api_pattern_anything(p, node);
}


/* \1, \12: a reference, or an octal code, which any string covers as well. */

static int
parse_numbered(api_pattern_reader_t *p, api_pattern_t **node)
{
    while (api_pattern_peek(p, 0) >= '0' && api_pattern_peek(p, 0) <= '9') {
        p->pos++;
    }

    return api_pattern_anything(p, node);
}


/* Behind a backslash: what is no set of bytes. */

static int
parse_special(api_pattern_reader_t *p, api_pattern_t **node)
{
    int           c;
    api_byteset_t set;

    c = api_pattern_peek(p, 0);

    if (c >= '1' && c <= '9') {
        return parse_numbered(p, node);
    }

    if (c == 'g' || c == 'k') {
        return parse_reference(p, node);
    }

    p->pos++;

    switch (c) {
    case 'b':
        return api_pattern_kind(p, API_PATTERN_WORD, node);
    case 'B':
        return api_pattern_kind(p, API_PATTERN_INNER, node);
    case 'A':
        return api_pattern_kind(p, API_PATTERN_BOL, node);
    case 'z':
    case 'Z':
        return api_pattern_kind(p, API_PATTERN_EOL, node);
    case 'G':
    case 'K':
        return api_pattern_kind(p, API_PATTERN_CAT, node);
    case 'R':
    case 'X':
        return api_pattern_anything(p, node);
    case 'C':
        memset(&set, 0xff, sizeof(set));
        return parse_set(p, &set, node);
    case 'N':
        if (api_pattern_peek(p, 0) == '{') {
            return api_pattern_bad(p, API_UNSUPPORTED, "\\N{");
        }
        memset(&set, 0xff, sizeof(set));
        api_byteset_remove(&set, '\n');
        return parse_set(p, &set, node);
    default:
        return api_pattern_bad(p, API_SYNTAX, "no such escape");
    }
}


static int
parse_backslash(api_pattern_reader_t *p, api_pattern_t **node)
{
    int           rc;
    api_byteset_t set;

    memset(&set, 0, sizeof(set));
    rc = api_pattern_escape(p, false, &set);

    if (rc == API_INVALID) {
        return parse_special(p, node);
    }

    if (rc != API_OK) {
        return rc;
    }

    if (p->options & API_PATTERN_I) {
        api_byteset_caseless(&set);
    }

    return parse_set(p, &set, node);
}


static int
parse_atom(api_pattern_reader_t *p, api_pattern_t **node)
{
    int           rc;
    uint8_t       c;
    api_byteset_t set;

    c = *p->pos++;

    if (p->quoted) {
        return parse_byte(p, c, node);
    }

    switch (c) {
    case '\\':
        return parse_backslash(p, node);
    case '[':
        rc = api_pattern_class(p, &set);
        return rc == API_OK ? parse_set(p, &set, node) : rc;
    case '(':
        return api_pattern_open(p, node);
    case '^':
        return api_pattern_kind(p, API_PATTERN_BOL, node);
    case '$':
        return api_pattern_kind(p, API_PATTERN_EOL, node);
    case '.':
        memset(&set, 0xff, sizeof(set));
        if (!(p->options & API_PATTERN_S)) {
            api_byteset_remove(&set, '\n');
        }
        return parse_set(p, &set, node);
    case '*':
    case '+':
    case '?':
        return api_pattern_bad(p, API_SYNTAX, "nothing to repeat");
    default:
        return parse_byte(p, c, node);
    }
}


/* An atom and what repeats it. */

static int
parse_item(api_pattern_reader_t *p, api_pattern_t **node)
{
    int      rc;
    uint32_t min, max;

    rc = parse_atom(p, node);

    while (rc == API_OK) {
        rc = api_pattern_blank(p);

        if (rc == API_OK) {
            rc = api_pattern_quantifier(p, &min, &max);
        }

        if (rc != API_OK) {
            break;
        }

        rc = parse_repeat(p, *node, min, max, node);
    }

    return rc == API_INVALID ? API_OK : rc;
}


/* Up to a | or ) or the end. */

static int
parse_sequence(api_pattern_reader_t *p, api_pattern_t **node)
{
    int             rc;
    api_pattern_t **last;

    rc = api_pattern_kind(p, API_PATTERN_CAT, node);

    if (rc != API_OK) {
        return rc;
    }

    for (last = &(*node)->first;; last = &(*last)->next) {
        rc = api_pattern_blank(p);

        if (rc != API_OK || p->pos == p->end
            || (!p->quoted && (*p->pos == '|' || *p->pos == ')')))
        {
            return rc;
        }

        rc = parse_item(p, last);

        if (rc != API_OK) {
            return rc;
        }
    }
}


int
api_pattern_alternatives(api_pattern_reader_t *p, api_pattern_t **node)
{
    int             rc;
    api_pattern_t **last;

    if (++p->depth > API_PATTERN_DEPTH) {
        return api_pattern_bad(p, API_UNSUPPORTED, "groups too deep");
    }

    rc = api_pattern_kind(p, API_PATTERN_ALT, node);

    if (rc != API_OK) {
        return rc;
    }

    for (last = &(*node)->first;; last = &(*last)->next) {
        rc = parse_sequence(p, last);

        if (rc != API_OK || api_pattern_peek(p, 0) != '|') {
            break;
        }

        p->pos++;
    }

    p->depth--;

    if (rc == API_OK && (*node)->first->next == NULL) {
        *node = (*node)->first;
    }

    return rc;
}


/* The preimage of a set under what happens to a subject on its way. */

static void
parse_map_set(api_byteset_t *set, unsigned flags)
{
    unsigned c;

    if (flags & API_PATTERN_LOWERCASE) {
        for (c = 'A'; c <= 'Z'; c++) {
            api_byteset_remove(set, c);

            if (api_byteset_has(set, c + 32)) {
                api_byteset_add(set, c);
            }
        }
    }

    if (flags & API_PATTERN_NOFF) {
        if (api_byteset_has(set, 0xff)) {
            api_byteset_add(set, 0xfe);
        }

        api_byteset_remove(set, 0xff);
    }
}


static void
parse_map(api_pattern_t *node, unsigned flags)
{
    api_pattern_t *child;

    if (node->kind == API_PATTERN_SET) {
        parse_map_set(&node->set, flags);
    }

    for (child = node->first; child != NULL; child = child->next) {
        parse_map(child, flags);
    }
}


int
api_pattern_parse(api_pattern_t **tree, api_span_t text, unsigned flags,
    api_arena_t *arena, api_err_t *err)
{
    int                  rc;
    api_pattern_reader_t p;

    memset(&p, 0, sizeof(p));

    if (text.len == 0) {
        text = API_SPAN("");
    }

    p.start = text.data;
    p.pos = text.data;
    p.end = text.data + text.len;
    p.arena = arena;
    p.err = err;
    p.options =
        API_PATTERN_S | (flags & API_PATTERN_CASELESS ? API_PATTERN_I : 0);

    rc = api_pattern_alternatives(&p, tree);

    if (rc != API_OK) {
        return rc;
    }

    if (p.pos != p.end) {
        return api_pattern_bad(&p, API_SYNTAX, "a ) that closes nothing");
    }

    parse_map(*tree, flags);

    return API_OK;
}


int
api_pattern_phrase(api_pattern_t **tree, api_span_t phrase, unsigned flags,
    api_arena_t *arena)
{
    int                  rc;
    size_t               i;
    api_pattern_t      **last;
    api_pattern_reader_t p;

    memset(&p, 0, sizeof(p));
    p.arena = arena;
    p.options = flags & API_PATTERN_CASELESS ? API_PATTERN_I : 0;

    rc = api_pattern_kind(&p, API_PATTERN_CAT, tree);

    if (rc != API_OK) {
        return rc;
    }

    for (i = 0, last = &(*tree)->first; i < phrase.len && rc == API_OK; i++) {
        rc = parse_byte(&p, phrase.data[i], last);

        if (rc == API_OK) {
            last = &(*last)->next;
        }
    }

    if (rc == API_OK) {
        parse_map(*tree, flags);
    }

    return rc;
}
