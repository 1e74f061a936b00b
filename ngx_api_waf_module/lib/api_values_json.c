/* JSON bodies. */

#include "api_values_int.h"

#include "api_json.h"

#include <stdio.h>


/*
 * Names as ModSecurity makes them: {"a":[{"b":1},[2]]} has json.a.array_0.b
 * and json.a.array_1.array_0; an empty name is "empty-key".
 */

typedef struct {
    uint32_t end;   /* token behind it */
    uint32_t count; /* of an array: the element that comes next */
    uint32_t path;  /* bytes of the path of what is around it */
    bool     array;
} json_level_t;

typedef struct {
    api_values_t     *b;
    api_waf_var_t     var;
    api_span_t        root; /* name of the whole document */
    const api_json_t *doc;
    api_json_t        parsed; /* what doc points to */
    json_level_t     *level;
    uint32_t          nlevel;
    uint8_t          *path;
    size_t            len;
    size_t            room;
} json_walk_t;


static bool
json_path_add(json_walk_t *w, api_span_t s)
{
    size_t   room;
    uint8_t *p;

    if (w->len + s.len > w->room) {
        room = w->room * 2 + s.len;
        p = api_arena_grow(w->b->arena, w->path, w->room, room);
        if (p == NULL) {
            w->b->nomem = true;
            return false;
        }
        w->path = p;
        w->room = room;
    }

    if (s.len) {
        memcpy(w->path + w->len, s.data, s.len);
        w->len += s.len;
    }

    return true;
}


/* Name of the value at i to the path: of a member, or none in an array. */

static void
json_path_name(json_walk_t *w, uint32_t i)
{
    api_span_t name;

    if (w->nlevel == 0) {
        json_path_add(w, w->root);
        return;
    }

    if (w->level[w->nlevel - 1].array) {
        return;
    }

    if (api_json_string(w->doc, i - 1, w->b->arena, &name) != API_OK) {
        w->b->nomem = true;
        return;
    }

    json_path_add(w, name.len ? name : API_SPAN("empty-key"));
}


/* What the container at the top puts before its next child. */

static void
json_path_top(json_walk_t *w)
{
    int           n;
    char          text[24];
    json_level_t *top;

    if (w->nlevel == 0) {
        return;
    }

    top = &w->level[w->nlevel - 1];

    if (!top->array) {
        json_path_add(w, API_SPAN("."));
        return;
    }

    n = snprintf(text, sizeof(text), ".array_%u", top->count++);
    json_path_add(w, api_span(text, (size_t) n));
}


static void
json_push(json_walk_t *w, uint32_t i)
{
    json_level_t *l = &w->level[w->nlevel++];

    l->end = w->doc->tok[i].u.next;
    l->count = 0;
    l->array = w->doc->tok[i].type == API_JSON_ARRAY;
    l->path = (uint32_t) w->len;
}


/* The member of a request of GraphQL (GraphQL over HTTP, section 5): "query" of
   the object at the root, or of those in the array at the root. */

static bool
json_is_query(const json_walk_t *w, uint32_t i)
{
    uint32_t depth = w->nlevel;

    return w->b->conf->graphql && w->var == API_WAF_ARGS_POST && depth > 0
           && depth <= 2 && !w->level[depth - 1].array
           && (depth == 1 || w->level[0].array)
           && api_json_string_eq(w->doc, i - 1, API_SPAN("query"));
}


static void
json_leaf(json_walk_t *w, uint32_t i)
{
    uint8_t              *name;
    api_span_t            value;
    const api_json_tok_t *t = &w->doc->tok[i];

    if (api_values_full(w->b, w->var)) {
        w->b->over = true;
        return;
    }

    if (t->type == API_JSON_STRING) {
        if (api_json_string(w->doc, i, w->b->arena, &value) != API_OK) {
            w->b->nomem = true;
            return;
        }

    } else if (t->type == API_JSON_NULL) {
        value = api_span("", 0);

    } else {
        value = api_json_raw(w->doc, i);
    }

    name = api_arena_alloc(w->b->arena, w->len);
    if (name == NULL) {
        w->b->nomem = true;
        return;
    }

    memcpy(name, w->path, w->len);
    api_values_arg(w->b, w->var, api_span(name, w->len), value);

    if (t->type == API_JSON_STRING && json_is_query(w, i)) {
        api_values_graphql(w->b, API_WAF_ARGS_POST, value);
    }
}


static void
json_walk(json_walk_t *w)
{
    size_t                base;
    uint32_t              i;
    const api_json_tok_t *t;

    for (i = 0; i < w->doc->ntok && !w->b->nomem && !w->b->over; i++) {
        while (w->nlevel && i >= w->level[w->nlevel - 1].end) {
            w->nlevel--;
        }

        w->len = w->nlevel ? w->level[w->nlevel - 1].path : 0;
        t = &w->doc->tok[i];

        if (t->type == API_JSON_NAME) {
            continue;
        }

        base = w->len;
        json_path_top(w);
        json_path_name(w, i);

        if (t->type >= API_JSON_ARRAY) {
            json_push(w, i);
        } else {
            json_leaf(w, i);
            w->len = base;
        }
    }
}


/* What a walk works in, once for all documents of a body. */

static bool
json_walker(json_walk_t *w, api_values_t *b)
{
    memset(w, 0, sizeof(*w));
    w->b = b;
    w->var = API_WAF_ARGS_POST;
    w->root = API_SPAN("json");
    w->room = 256;
    w->path = api_arena_alloc(b->arena, w->room);
    w->level = api_arena_calloc(
        b->arena, (size_t) b->conf->json_depth + 1, sizeof(json_level_t));

    b->nomem |= w->path == NULL || w->level == NULL;

    return !b->nomem;
}


static int
json_read(json_walk_t *w, api_span_t body, api_err_t *err)
{
    int               rc;
    api_values_t     *b = w->b;
    api_json_limits_t limits = api_json_limits_default;

    limits.depth = b->conf->json_depth;
    limits.members = UINT32_MAX;
    limits.name = UINT32_MAX;
    limits.string = UINT32_MAX;
    limits.number = UINT32_MAX;

    rc = api_json_parse(
        &w->parsed, body, &limits, API_JSON_ALLOW_NUL, b->seed, b->arena, err);

    if (rc != API_OK) {
        return rc;
    }

    w->doc = &w->parsed;
    w->len = 0;
    w->nlevel = 0;
    json_walk(w);

    return API_OK;
}


/* said: the body says that it is JSON; what is not is a fault then. */

static void
json_document(json_walk_t *w, api_span_t text, bool said)
{
    int              rc;
    api_err_t        err;
    api_values_t    *b = w->b;
    api_arena_mark_t mark = api_arena_mark(b->arena);

    rc = json_read(w, text, &err);

    if (rc == API_NOMEM) {
        b->nomem = true;

    } else if (rc != API_OK) {
        api_arena_rewind(b->arena, mark);

        if (said) {
            api_values_body_fault(b, "JSON", "%s at byte %zu",
                api_json_error_name(err.code), err.pos);
        }

        api_values_arg(b, API_WAF_ARGS_POST, API_SPAN("json"), text);
        api_values_lenient(b, API_WAF_ARGS_POST, API_SPAN("json"), text);
    }
}


void
api_values_json(api_values_t *b, api_span_t body)
{
    json_walk_t w;

    if (json_walker(&w, b)) {
        json_document(&w, body, true);
    }
}


bool
api_values_json_inner(api_values_t *b, api_span_t name, api_span_t text)
{
    int              rc;
    api_err_t        err;
    json_walk_t      w;
    api_arena_mark_t mark = api_arena_mark(b->arena);

    if (!json_walker(&w, b)) {
        return false;
    }

    w.var = API_WAF_ARGS_UNPACKED;
    w.root = name;
    rc = json_read(&w, text, &err);

    if (rc == API_NOMEM) {
        b->nomem = true;

    } else if (rc != API_OK) {
        api_arena_rewind(b->arena, mark);
    }

    return rc == API_OK;
}


/* The next of several documents: a line, or (RFC 7464) what stands behind a
   record separator. */

static bool
json_line(api_span_t *rest, uint8_t mark, api_span_t *line)
{
    const uint8_t *end;

    do {
        if (rest->len == 0) {
            return false;
        }

        end = memchr(rest->data, mark, rest->len);
        *line =
            end ? api_span(rest->data, (size_t) (end - rest->data)) : *rest;
        rest->data += line->len + (end != NULL);
        rest->len -= line->len + (end != NULL);

        while (line->len && line->data[0] <= ' ') {
            line->data++;
            line->len--;
        }
    } while (line->len == 0);

    return true;
}


static void
json_lines(api_values_t *b, api_span_t body, bool said)
{
    uint8_t          mark, *path;
    uint32_t         args;
    api_span_t       line;
    json_walk_t      w;
    api_arena_mark_t before;

    mark = memchr(body.data, 0x1e, body.len) ? 0x1e : '\n';

    if (!json_walker(&w, b)) {
        return;
    }

    before = api_arena_mark(b->arena);

    while (!b->nomem && !b->over && json_line(&body, mark, &line)) {
        args = b->args;
        path = w.path;
        json_document(&w, line, said);

        if (b->args == args && w.path == path) { /* nothing points there */
            api_arena_rewind(b->arena, before);
        }

        before = api_arena_mark(b->arena);
    }
}


void
api_values_json_lines(api_values_t *b, api_span_t body)
{
    json_lines(b, body, true);
}


/* Nothing is kept of it. */

static bool
json_is_document(api_values_t *b, api_span_t text)
{
    int               rc;
    api_err_t         err;
    api_json_t        doc;
    api_arena_mark_t  mark = api_arena_mark(b->arena);
    api_json_limits_t limits = api_json_limits_default;

    limits.depth = b->conf->json_depth;
    rc = api_json_parse(
        &doc, text, &limits, API_JSON_ALLOW_NUL, b->seed, b->arena, &err);
    api_arena_rewind(b->arena, mark);
    b->nomem |= rc == API_NOMEM;

    return rc == API_OK;
}


/* Begins as JSON does, and is it; or its first line of several is. */

bool
api_values_json_sniff(api_values_t *b, api_span_t body)
{
    int              rc;
    api_err_t        err;
    api_span_t       rest = body, line;
    json_walk_t      w;
    api_arena_mark_t mark = api_arena_mark(b->arena);

    while (rest.len && rest.data[0] <= ' ') {
        rest = api_span(rest.data + 1, rest.len - 1);
    }

    if (rest.len == 0 || (rest.data[0] != '{' && rest.data[0] != '[')
        || !json_walker(&w, b))
    {
        return false;
    }

    rc = json_read(&w, body, &err);

    if (rc == API_NOMEM) {
        b->nomem = true;

    } else if (rc != API_OK) {
        api_arena_rewind(b->arena, mark);
    }

    if (rc == API_OK || b->nomem) {
        return rc == API_OK;
    }

    if (!json_line(&rest, '\n', &line) || rest.len == 0
        || !json_is_document(b, line))
    {
        return false;
    }

    json_lines(b, body, false);

    return true;
}
