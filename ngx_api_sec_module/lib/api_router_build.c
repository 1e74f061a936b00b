#include "api_router_int.h"

#include "api_percent.h"

#include <stdio.h>


static const char *const api_router_errors[API_ROUTER_NERRORS] = {
    [API_ROUTER_E_NONE] = "none",
    [API_ROUTER_E_SLASH] = "slash",
    [API_ROUTER_E_BRACE] = "brace",
    [API_ROUTER_E_ADJACENT] = "adjacent",
    [API_ROUTER_E_NAME] = "name",
    [API_ROUTER_E_QUERY] = "query",
    [API_ROUTER_E_PERCENT] = "percent",
    [API_ROUTER_E_DOTS] = "dots",
    [API_ROUTER_E_LIMIT] = "limit",
    [API_ROUTER_E_CLASH] = "clash",
    [API_ROUTER_E_AMBIGUOUS] = "ambiguous",
    [API_ROUTER_E_NOMEM] = "no_memory",
};


const char *
api_router_error_name(int code)
{
    return code >= 0 && code < API_ROUTER_NERRORS ? api_router_errors[code]
                                                  : "unknown";
}


static int
api_router_nomem(api_err_t *err)
{
    return api_fail(err, API_NOMEM, API_ROUTER_E_NOMEM, 0, "no memory");
}


static api_router_node_t *
api_router_node(api_router_t *router)
{
    api_router_node_t *node;

    node = api_arena_calloc(&router->arena, 1, sizeof(*node));

    if (node) {
        node->route = API_ROUTER_NONE;
        router->nodes++;
    }

    return node;
}


int
api_router_create(api_router_t **router, const api_alloc_t *alloc)
{
    api_router_t *r;

    r = alloc->alloc(alloc->ctx, sizeof(*r));
    if (r == NULL) {
        return API_NOMEM;
    }

    memset(r, 0, sizeof(*r));
    api_arena_init(&r->arena, alloc, 16384, 0);
    r->root = api_router_node(r);

    if (r->root == NULL) {
        api_router_free(r);
        return API_NOMEM;
    }

    *router = r;

    return API_OK;
}


void
api_router_free(api_router_t *router)
{
    const api_alloc_t *alloc;

    if (router == NULL) {
        return;
    }

    alloc = router->arena.alloc;
    api_arena_free(&router->arena);

    if (alloc->free) {
        alloc->free(alloc->ctx, router);
    }
}


uint32_t
api_router_names(api_span_t tmpl, api_span_t names[API_ROUTER_MAX_PARAMS])
{
    size_t   i, from;
    uint32_t n;

    for (i = 0, from = 0, n = 0; i < tmpl.len; i++) {
        if (tmpl.data[i] == '{') {
            from = i + 1;

        } else if (tmpl.data[i] == '}' && n < API_ROUTER_MAX_PARAMS) {
            names[n++] = api_span(tmpl.data + from, i - from);
        }
    }

    return n;
}


/* Braces pair and hold a name, no two parameters touch. */

static int
api_router_check_braces(api_span_t tmpl, api_err_t *err)
{
    bool   open;
    size_t i;

    for (i = 0, open = false; i < tmpl.len; i++) {
        if (tmpl.data[i] == '{' && !open) {
            open = true;

            if (i && tmpl.data[i - 1] == '}') {
                return api_fail(err, API_SYNTAX, API_ROUTER_E_ADJACENT, i,
                    "two parameters touch each other: where one ends is "
                    "anybody's guess; put a character between them");
            }

        } else if (tmpl.data[i] == '}' && open && tmpl.data[i - 1] != '{') {
            open = false;

        } else if (tmpl.data[i] == '{' || tmpl.data[i] == '}'
                   || (open && tmpl.data[i] == '/'))
        {
            break;
        }
    }

    return i == tmpl.len && !open
               ? API_OK
               : api_fail(err, API_SYNTAX, API_ROUTER_E_BRACE, i,
                   "\"{\" and \"}\" must enclose the name of a parameter");
}


static int
api_router_check_names(api_span_t tmpl, api_err_t *err)
{
    uint32_t   i, k, n;
    api_span_t names[API_ROUTER_MAX_PARAMS];

    n = api_router_names(tmpl, names);

    for (i = 0; i < n; i++) {
        for (k = 0; k < i; k++) {
            if (api_span_eq_nocase(names[i], names[k])) {
                return api_fail(err, API_SYNTAX, API_ROUTER_E_NAME,
                    (size_t) (names[i].data - tmpl.data),
                    "two parameters have one name (case is no difference)");
            }
        }
    }

    return API_OK;
}


static int
api_router_check(api_span_t tmpl, api_err_t *err)
{
    int      rc;
    size_t   i;
    uint32_t segments, params;

    if (tmpl.len == 0 || tmpl.data[0] != '/') {
        return api_fail(err, API_SYNTAX, API_ROUTER_E_SLASH, 0,
            "a path begins with \"/\"");
    }

    for (i = 0, segments = 0, params = 0; i < tmpl.len; i++) {
        segments += tmpl.data[i] == '/';
        params += tmpl.data[i] == '{';

        if (tmpl.data[i] == '?' || tmpl.data[i] == '#') {
            return api_fail(err, API_SYNTAX, API_ROUTER_E_QUERY, i,
                "a path has neither \"?\" nor \"#\"; describe the query by "
                "parameters");
        }
    }

    if (segments > API_ROUTER_MAX_SEGMENTS || params > API_ROUTER_MAX_PARAMS) {
        return api_fail(err, API_LIMIT, API_ROUTER_E_LIMIT, 0,
            "a path has at most %d segments and %d parameters",
            API_ROUTER_MAX_SEGMENTS, API_ROUTER_MAX_PARAMS);
    }

    rc = api_router_check_braces(tmpl, err);

    return rc == API_OK ? api_router_check_names(tmpl, err) : rc;
}


/* Room for one more literal, the table at most half full. */

static bool
api_router_room(api_router_t *router, api_router_node_t *node)
{
    uint32_t           i, old;
    api_router_slot_t *from, *s;

    old = node->slots ? node->mask + 1 : 0;

    if (node->nlit + 1 <= old / 2) {
        return true;
    }

    from = node->slots;
    node->mask = (old ? old * 2 : 2) - 1;
    node->slots =
        api_arena_calloc(&router->arena, (size_t) node->mask + 1, sizeof(*s));

    if (node->slots == NULL) {
        node->slots = from;
        node->mask = old ? old - 1 : 0;
        return false;
    }

    for (i = 0; i < old; i++) {
        if (from[i].text) {
            *api_router_slot(node, from[i].text, from[i].len, from[i].hash) =
                from[i];
        }
    }

    return true;
}


static int
api_router_add_literal(api_router_t *router, api_router_node_t *node,
    api_span_t seg, api_router_node_t **next, api_err_t *err)
{
    uint32_t           hash;
    unsigned           flags;
    uint8_t            buf[API_ROUTER_MAX_LITERAL];
    api_span_t         lit;
    api_router_slot_t *s;

    if (seg.len > sizeof(buf)) {
        return api_fail(err, API_LIMIT, API_ROUTER_E_LIMIT, 0,
            "a segment is longer than %d bytes", API_ROUTER_MAX_LITERAL);
    }

    flags = 0;
    lit = api_span(buf, api_percent_decode(seg, 0, buf, &flags));

    if (flags & (API_PERCENT_F_BAD | API_PERCENT_F_NUL)) {
        return api_fail(err, API_SYNTAX, API_ROUTER_E_PERCENT, 0,
            "a \"%%\" that two hex digits do not follow, or %%00; write "
            "%%25 for the sign itself");
    }

    if (api_span_eq(lit, API_SPAN(".")) || api_span_eq(lit, API_SPAN(".."))) {
        return api_fail(err, API_SYNTAX, API_ROUTER_E_DOTS, 0,
            "no request has a segment \".\" or \"..\": they are resolved "
            "before");
    }

    if (!api_router_room(router, node)) {
        return api_router_nomem(err);
    }

    hash = api_router_hash(lit.data, lit.len);
    s = api_router_slot(node, lit.data, (uint32_t) lit.len, hash);

    if (s->text == NULL) {
        lit = api_arena_dup(&router->arena, lit);
        *next = api_router_node(router);

        if (lit.data == NULL || *next == NULL) {
            return api_router_nomem(err);
        }

        *s = (api_router_slot_t){ lit.data, (uint32_t) lit.len, hash, *next };
        node->nlit++;
    }

    *next = s->node;

    return API_OK;
}


/* The literals of a mixed segment, around its parameters. */

static api_router_mixed_t *
api_router_cut(api_router_t *router, api_span_t seg)
{
    size_t              i, from;
    uint32_t            n;
    api_router_mixed_t *m;

    seg = api_arena_dup(&router->arena, seg);

    for (i = 0, n = 0; seg.data && i < seg.len; i++) {
        n += seg.data[i] == '{';
    }

    m = api_arena_calloc(&router->arena, 1, sizeof(*m));

    if (m) {
        m->lit = api_arena_calloc(&router->arena, n + 1, sizeof(*m->lit));
    }

    if (seg.data == NULL || m == NULL || m->lit == NULL) {
        return NULL;
    }

    for (i = 0, from = 0; i <= seg.len; i++) {
        if (i == seg.len || seg.data[i] == '{') {
            m->lit[m->n] = api_span(seg.data + from, i - from);
            m->len += (uint32_t) (i - from);
            m->n += i < seg.len;

        } else if (seg.data[i] == '}') {
            from = i + 1;
        }
    }

    return m;
}


static bool
api_router_same(const api_router_mixed_t *a, const api_router_mixed_t *b)
{
    uint32_t i;

    for (i = 0; a->n == b->n && i <= a->n; i++) {
        if (!api_span_eq(a->lit[i], b->lit[i])) {
            return false;
        }
    }

    return a->n == b->n;
}


static int
api_router_add_mixed(api_router_t *router, api_router_node_t *node,
    api_span_t seg, api_router_node_t **next, api_err_t *err)
{
    api_router_mixed_t *m, **at;

    m = api_router_cut(router, seg);

    if (m == NULL) {
        return api_router_nomem(err);
    }

    for (at = &node->mixed; *at && (*at)->len >= m->len; at = &(*at)->next) {
        if (api_router_same(*at, m)) {
            *next = (*at)->node;
            return API_OK;
        }
    }

    m->node = api_router_node(router);

    if (m->node == NULL) {
        return api_router_nomem(err);
    }

    m->next = *at;
    *at = m;
    *next = m->node;

    return API_OK;
}


static int
api_router_segment(api_router_t *router, api_router_node_t *node,
    api_span_t seg, api_router_node_t **next, api_err_t *err)
{
    const uint8_t *open;

    open = seg.len ? memchr(seg.data, '{', seg.len) : NULL;

    if (open == NULL) {
        return api_router_add_literal(router, node, seg, next, err);
    }

    if (open > seg.data
        || memchr(open, '}', seg.len) != seg.data + seg.len - 1) {
        return api_router_add_mixed(router, node, seg, next, err);
    }

    if (node->param == NULL) {
        node->param = api_router_node(router);
    }

    *next = node->param;

    return *next ? API_OK : api_router_nomem(err);
}


int
api_router_add(api_router_t *router, api_span_t tmpl, uint32_t route,
    uint32_t *clash, api_err_t *err)
{
    int                rc;
    uint32_t           depth;
    const uint8_t     *p, *e, *end;
    api_router_node_t *node;

    rc = api_router_check(tmpl, err);

    if (rc != API_OK) {
        return rc;
    }

    node = router->root;
    end = tmpl.data + tmpl.len;
    depth = 0;

    for (p = tmpl.data + 1;; p = e + 1) {
        e = p < end ? memchr(p, '/', (size_t) (end - p)) : NULL;
        rc = api_router_segment(router, node,
            api_span(p, (size_t) ((e ? e : end) - p)), &node, err);

        if (rc != API_OK) {
            return rc;
        }

        depth++;

        if (e == NULL) {
            break;
        }
    }

    if (node->route != API_ROUTER_NONE
        && (node->route != route || !api_span_eq(node->tmpl, tmpl)))
    {
        *clash = node->route;
        return api_fail(err, API_DUPLICATE, API_ROUTER_E_CLASH, 0,
            "another path of the document takes the same requests");
    }

    node->tmpl = api_arena_dup(&router->arena, tmpl);

    if (node->tmpl.data == NULL) {
        return api_router_nomem(err);
    }

    node->route = route;
    router->depth = depth > router->depth ? depth : router->depth;

    return API_OK;
}


static bool
api_router_starts(api_span_t a, api_span_t b)
{
    size_t n;

    n = a.len < b.len ? a.len : b.len;

    return n == 0 || memcmp(a.data, b.data, n) == 0;
}


static bool
api_router_ends(api_span_t a, api_span_t b)
{
    size_t n;

    n = a.len < b.len ? a.len : b.len;

    return n == 0 || memcmp(a.data + a.len - n, b.data + b.len - n, n) == 0;
}


/* A route below node, for a message. */

static uint32_t
api_router_below(const api_router_node_t *node)
{
    uint32_t i;

    while (node->route == API_ROUTER_NONE) {
        if (node->param) {
            node = node->param;

        } else if (node->mixed) {
            node = node->mixed->node;

        } else if (node->slots == NULL) {
            break; /* of a template that was refused half way */

        } else {
            for (i = 0; node->slots[i].text == NULL; i++) {
                /* void */
            }

            node = node->slots[i].node;
        }
    }

    return node->route;
}


/* Two shapes of equal weight that may both fit one text: neither comes before
   the other by any rule a reader of the document could know. */

static int
api_router_ambiguous(
    const api_router_node_t *node, uint32_t *clash, api_err_t *err)
{
    const api_router_mixed_t *a, *b;

    for (a = node->mixed; a; a = a->next) {
        for (b = a->next; b && b->len == a->len; b = b->next) {
            if (api_router_starts(a->lit[0], b->lit[0])
                && api_router_ends(a->lit[a->n], b->lit[b->n]))
            {
                *clash = api_router_below(b->node);
                return api_fail(err, API_DUPLICATE, API_ROUTER_E_AMBIGUOUS,
                    api_router_below(a->node),
                    "two segments may take the same text, and neither is "
                    "more concrete than the other");
            }
        }
    }

    return API_OK;
}


/* All nodes, by a list that the arena holds: templates may be many. */

int
api_router_finish(api_router_t *router, uint32_t *clash, api_err_t *err)
{
    int                       rc;
    uint32_t                  i, n, at;
    api_arena_mark_t          mark;
    const api_router_node_t **list, *node;
    const api_router_mixed_t *m;

    mark = api_arena_mark(&router->arena);
    list = api_arena_alloc(&router->arena, router->nodes * sizeof(void *));

    if (list == NULL) {
        return api_router_nomem(err);
    }

    list[0] = router->root;
    rc = API_OK;

    for (at = 0, n = 1; at < n && rc == API_OK; at++) {
        node = list[at];
        rc = api_router_ambiguous(node, clash, err);

        for (i = 0; node->slots && i <= node->mask; i++) {
            if (node->slots[i].text) {
                list[n++] = node->slots[i].node;
            }
        }

        for (m = node->mixed; m; m = m->next) {
            list[n++] = m->node;
        }

        if (node->param) {
            list[n++] = node->param;
        }
    }

    api_arena_rewind(&router->arena, mark);

    return rc;
}
