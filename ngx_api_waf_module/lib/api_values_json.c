/* JSON bodies. */

#include "api_values_int.h"

#include "api_json.h"


#define JSON_LEVELS 16 /* at first */

/* Lines are short as a rule, and each is a document: they count as more. */

#define JSON_LINE 2


/*
 * Names as ModSecurity makes them: {"a":[{"b":1},[2]]} has json.a.array_0.b
 * and json.a.array_1.array_0; an empty name is "empty-key".
 */

typedef struct {
    uint32_t end;   /* token behind it */
    uint32_t count; /* of an array: the element that comes next */
    uint32_t path;  /* bytes of what names within it begin with */
    bool     array;
} json_level_t;

/* level[0] is around the document: what is in there has the name of the whole,
   and nothing behind it. */

typedef struct {
    api_values_t     *b;
    api_waf_var_t     var;
    const api_json_t *doc;
    api_json_t        parsed; /* what doc points to */
    json_level_t     *level;
    uint32_t          depth;  /* level[depth] is around what comes now */
    uint32_t          levels; /* there is room for */
    size_t            root;   /* bytes of the name of the whole document */
    api_values_path_t path;
} json_walk_t;


/* A view of the text but where it has escapes. */

static inline bool
json_text(json_walk_t *w, uint32_t i, api_span_t *s)
{
    const api_json_tok_t *t = &w->doc->tok[i];

    if ((t->flags & API_JSON_F_ESCAPED) == 0) {
        *s = api_span(w->doc->text + t->off, t->len);
        return true;
    }

    return api_values_unescape(
        w->b, api_span(w->doc->text + t->off, t->len), s);
}


static bool
json_room(json_walk_t *w)
{
    uint32_t      room = w->levels * 2;
    json_level_t *l;

    l = api_arena_grow(w->b->arena, w->level, w->levels * sizeof(json_level_t),
        room * sizeof(json_level_t));

    if (l == NULL) {
        w->b->nomem = true;
        return false;
    }

    w->level = l;
    w->levels = room;

    return true;
}


/* Into the container at i, which is called own within what is around it. */

static bool
json_push(json_walk_t *w, uint32_t i, api_span_t own)
{
    bool          array = w->doc->tok[i].type == API_JSON_ARRAY;
    json_level_t *l;

    if (w->depth + 1 == w->levels && !json_room(w)) {
        return false;
    }

    if (!api_values_path_add(w->b, &w->path, own)
        || !api_values_path_add(
            w->b, &w->path, array ? API_SPAN(".array_") : API_SPAN(".")))
    {
        return false;
    }

    l = &w->level[++w->depth];
    l->end = w->doc->tok[i].u.next;
    l->count = 0;
    l->array = array;
    l->path = (uint32_t) w->path.len;

    return true;
}


/* The member of a request of GraphQL (GraphQL over HTTP, section 5): "query" of
   the object at the root, or of those in the array at the root. */

static bool
json_is_query(const json_walk_t *w, uint32_t i)
{
    return w->b->conf->graphql && w->var == API_WAF_ARGS_POST && w->depth > 0
           && w->depth <= 2 && !w->level[w->depth].array
           && (w->depth == 1 || w->level[1].array)
           && api_json_string_eq(w->doc, i - 1, API_SPAN("query"));
}


static bool
json_leaf(json_walk_t *w, uint32_t i, api_span_t own)
{
    api_span_t            name, value;
    const api_json_tok_t *t = &w->doc->tok[i];

    if (t->type == API_JSON_STRING) {
        if (!json_text(w, i, &value)) {
            return false;
        }

    } else if (t->type == API_JSON_NULL) {
        value = api_span("", 0);

    } else {
        value = api_span(w->doc->text + t->off, t->len);
    }

    if (!api_values_path_name(w->b, &w->path, own, &name)) {
        return false;
    }

    api_values_arg(w->b, w->var, name, value);

    if (t->type == API_JSON_STRING && w->depth <= 2 && json_is_query(w, i)) {
        api_values_graphql(w->b, API_WAF_ARGS_POST, value);
    }

    return !w->b->nomem && !w->b->over;
}


/* What the value that comes now is called in what is around it, but for an
   array's, a member's name: own stays what it was. */

static inline void
json_around(json_walk_t *w, uint32_t i, char *digits, api_span_t *own)
{
    json_level_t *top = &w->level[w->depth];

    while (i >= top->end) {
        top = &w->level[--w->depth];
    }

    w->path.len = top->path;

    if (top->array) {
        *own = api_values_digits(digits, top->count++);
    }
}


static void
json_walk(json_walk_t *w)
{
    bool                  going = true;
    char                  digits[API_VALUES_DIGITS];
    uint32_t              i;
    api_span_t            own = api_span("", 0);
    const api_json_tok_t *t;

    w->level[0] = (json_level_t){ UINT32_MAX, 0, (uint32_t) w->root, false };
    w->depth = 0;

    for (i = 0; i < w->doc->ntok && going; i++) {
        t = &w->doc->tok[i];

        if (t->type == API_JSON_NAME) {
            going = json_text(w, i, &own);
            own = own.len ? own : API_SPAN("empty-key");
            continue;
        }

        json_around(w, i, digits, &own);

        going = t->type < API_JSON_ARRAY ? json_leaf(w, i, own)
                                         : json_push(w, i, own);
    }
}


/* What a walk works in, once for all documents of a body. */

static bool
json_walker(
    json_walk_t *w, api_values_t *b, api_waf_var_t var, api_span_t root)
{
    memset(w, 0, sizeof(*w));
    w->b = b;
    w->var = var;
    w->root = root.len;
    w->levels = JSON_LEVELS;
    w->level = api_arena_alloc(b->arena, JSON_LEVELS * sizeof(json_level_t));
    b->nomem |= w->level == NULL;

    return api_values_path_add(b, &w->path, root) && !b->nomem;
}


/* Of the tokens of a document half or more are values, as a rule. */

static void
json_reserve(json_walk_t *w)
{
    uint32_t n = w->doc->ntok / 2, left = api_values_left(w->b, w->var);

    w->b->nomem |=
        api_waf_values_reserve(w->b->values, w->var, n < left ? n : left)
        != API_OK;
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
    json_reserve(w);
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

    if (json_walker(&w, b, API_WAF_ARGS_POST, API_SPAN("json"))) {
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

    if (!json_walker(&w, b, API_WAF_ARGS_UNPACKED, name)) {
        return false;
    }

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


typedef struct {
    json_walk_t walk;
    api_span_t  rest;
    uint8_t     mark;
    bool        said; /* the body says that it is JSON */
} json_lines_t;


/* Has nothing that is kept taken memory since? */

static bool
json_untouched(const json_walk_t *w, const json_walk_t *was,
    const api_waf_set_t *set, const api_waf_set_t *set_was)
{
    return set->count == set_was->count && set->room == set_was->room
           && w->levels == was->levels && w->path.room == was->path.room
           && w->path.block == was->path.block;
}


static bool
json_lines_more(api_values_t *b, void *work)
{
    size_t               len;
    api_span_t           line;
    json_walk_t          was;
    json_lines_t        *l = work;
    api_waf_set_t        set_was;
    api_arena_mark_t     before;
    const api_waf_set_t *set = &b->values->set[API_WAF_ARGS_POST];

    len = l->rest.len;

    while ((len - l->rest.len) * JSON_LINE < b->slice) {
        if (b->nomem || b->over || !json_line(&l->rest, l->mark, &line)) {
            return false;
        }

        was = l->walk;
        set_was = *set;
        before = api_arena_mark(b->arena);
        json_document(&l->walk, line, l->said);

        if (!b->over && json_untouched(&l->walk, &was, set, &set_was)) {
            api_arena_rewind(b->arena, before);
        }
    }

    return true;
}


static void
json_lines(api_values_t *b, api_span_t body, bool said)
{
    json_lines_t                  *l;
    static const api_values_part_t part = { json_lines_more, NULL };

    l = api_arena_calloc(b->arena, 1, sizeof(json_lines_t));

    if (l == NULL) {
        b->nomem = true;
        return;
    }

    l->mark = memchr(body.data, 0x1e, body.len) ? 0x1e : '\n';
    l->rest = body;
    l->said = said;

    if (json_walker(&l->walk, b, API_WAF_ARGS_POST, API_SPAN("json"))) {
        api_values_part(b, &part, l);
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
        || !json_walker(&w, b, API_WAF_ARGS_POST, API_SPAN("json")))
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
