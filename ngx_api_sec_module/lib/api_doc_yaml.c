#include "api_doc_int.h"

#include <yaml.h>


#define YAML_STR "tag:yaml.org,2002:str"

/* Aliases may add this much to any document, however small. */

#define YAML_ALIAS_FREE 65536

#define YAML_ANCHORS 4096 /* an alias looks for its own among all */


/* What an anchor names: a piece of the JSON text, and its tokens. */

typedef struct {
    api_span_t name;
    uint32_t   from, to; /* bytes; to == 0: still open */
    uint32_t   tok, ntok;
} yaml_anchor_t;

/* An open sequence or mapping. */

typedef struct {
    bool     mapping;
    bool     value;  /* mapping: a name has been read */
    bool     first;  /* nothing in it yet */
    uint32_t anchor; /* index + 1; 0: none */
} yaml_level_t;

typedef struct {
    api_arena_t *arena;
    api_err_t   *err;

    uint8_t *json;
    size_t   len, cap, limit;
    size_t   aliased, alias_limit;

    api_doc_mark_t *marks;
    uint32_t        nmarks, mark_cap, mark_limit;

    yaml_anchor_t *anchors;
    uint32_t       nanchors, anchor_cap;

    yaml_level_t *levels;
    uint32_t      depth, max_depth;

    uint32_t line; /* of the event */
    bool     document;
} yaml_reader_t;


static int
yaml_fail(yaml_reader_t *y, int rc, const char *text)
{
    int code;

    code = rc == API_LIMIT   ? API_DOC_E_LIMIT
           : rc == API_NOMEM ? API_DOC_E_NOMEM
                             : API_DOC_E_YAML;

    return api_fail(y->err, rc, code, y->line, "line %u: %s", y->line, text);
}


static int
yaml_nomem(yaml_reader_t *y)
{
    return yaml_fail(y, API_NOMEM, "out of memory");
}


/* Room for one more element of an array that doubles. */

static void *
yaml_room(
    yaml_reader_t *y, void *array, uint32_t used, uint32_t *cap, size_t size)
{
    uint32_t n;

    if (used < *cap) {
        return array;
    }

    n = *cap ? 2 * *cap : 64;
    array = api_arena_grow(y->arena, array, used * size, n * size);
    *cap = array ? n : *cap;

    return array;
}


static int
yaml_put(yaml_reader_t *y, const void *p, size_t n)
{
    size_t   cap;
    uint8_t *json;

    if (n > y->limit - y->len) {
        return yaml_fail(y, API_LIMIT,
            "the document is larger than allowed, with its aliases");
    }

    if (n > y->cap - y->len) {
        cap = 2 * y->cap + n + 256;
        json = api_arena_grow(y->arena, y->json, y->len, cap);

        if (json == NULL) {
            return yaml_nomem(y);
        }

        y->json = json;
        y->cap = cap;
    }

    if (n) {
        memcpy(y->json + y->len, p, n);
        y->len += n;
    }

    return API_OK;
}


static int
yaml_put_text(yaml_reader_t *y, const char *s)
{
    return yaml_put(y, s, strlen(s));
}


static int
yaml_mark(yaml_reader_t *y, uint32_t line, size_t off)
{
    if (y->nmarks >= y->mark_limit) {
        return yaml_fail(y, API_LIMIT, "too many values in the document");
    }

    y->marks =
        yaml_room(y, y->marks, y->nmarks, &y->mark_cap, sizeof(*y->marks));

    if (y->marks == NULL) {
        return yaml_nomem(y);
    }

    y->marks[y->nmarks++] = (api_doc_mark_t){ (uint32_t) off, line };

    return API_OK;
}


/* The separator before a value or name, and the note where it begins. */

static int
yaml_begin(yaml_reader_t *y)
{
    int           rc;
    yaml_level_t *l;

    if (y->depth) {
        l = &y->levels[y->depth - 1];

        rc = l->mapping && l->value ? yaml_put_text(y, ":")
             : l->first             ? API_OK
                                    : yaml_put_text(y, ",");
        l->first = false;
        l->value = l->mapping && !l->value;

        if (rc != API_OK) {
            return rc;
        }
    }

    return yaml_mark(y, y->line, y->len);
}


/* Does the event to come stand for the name of a member? */

static bool
yaml_at_name(const yaml_reader_t *y)
{
    return y->depth && y->levels[y->depth - 1].mapping
           && !y->levels[y->depth - 1].value;
}


static int
yaml_put_quoted(yaml_reader_t *y, api_span_t s)
{
    int               rc;
    size_t            i, from;
    char              esc[6] = { '\\', 'u', '0', '0', 0, 0 };
    static const char hex[] = "0123456789abcdef";

    rc = yaml_put_text(y, "\"");

    for (i = 0, from = 0; rc == API_OK && i < s.len; i++) {
        if (s.data[i] >= 0x20 && s.data[i] != '"' && s.data[i] != '\\') {
            continue;
        }

        esc[4] = hex[s.data[i] >> 4];
        esc[5] = hex[s.data[i] & 15];

        rc = yaml_put(y, s.data + from, i - from);
        rc = rc == API_OK ? yaml_put(y, esc, sizeof(esc)) : rc;
        from = i + 1;
    }

    rc = rc == API_OK ? yaml_put(y, s.data + from, s.len - from) : rc;

    return rc == API_OK ? yaml_put_text(y, "\"") : rc;
}


static int
yaml_put_plain(yaml_reader_t *y, api_span_t s)
{
    int             rc;
    unsigned        i;
    api_doc_plain_t plain;

    api_doc_plain(s, &plain);

    switch (plain.type) {
    case API_DOC_PLAIN_WORD:
        return yaml_put_text(y, plain.word);
    case API_DOC_PLAIN_STRING:
        return yaml_put_quoted(y, s);
    case API_DOC_PLAIN_NEVER:
        return yaml_fail(y, API_UNSUPPORTED,
            "infinity and not-a-number are no values in JSON; quote it if a "
            "string is meant");
    default:
        break;
    }

    for (i = 0, rc = API_OK; rc == API_OK && i < plain.nparts; i++) {
        rc = yaml_put(y, plain.part[i].data, plain.part[i].len);
    }

    return rc;
}


static int
yaml_anchor(yaml_reader_t *y, const yaml_char_t *name, uint32_t *index)
{
    yaml_anchor_t *a;

    *index = 0;

    if (name == NULL) {
        return API_OK;
    }

    if (y->nanchors == YAML_ANCHORS) {
        return yaml_fail(y, API_LIMIT, "too many anchors");
    }

    y->anchors = yaml_room(
        y, y->anchors, y->nanchors, &y->anchor_cap, sizeof(*y->anchors));

    if (y->anchors == NULL) {
        return yaml_nomem(y);
    }

    a = &y->anchors[y->nanchors++];
    a->name =
        api_arena_dup(y->arena, api_span(name, strlen((const char *) name)));
    a->from = (uint32_t) y->len;
    a->to = 0;
    a->tok = y->nmarks;

    *index = y->nanchors;

    return a->name.data ? API_OK : yaml_nomem(y);
}


/* What the anchor stands at is complete. `from` is behind its separator. */

static void
yaml_anchored(yaml_reader_t *y, uint32_t index)
{
    yaml_anchor_t *a;

    if (index && y->anchors) {
        a = &y->anchors[index - 1];
        a->from = y->marks[a->tok].off;
        a->to = (uint32_t) y->len;
        a->ntok = y->nmarks - a->tok;
    }
}


static int
yaml_scalar(yaml_reader_t *y, const yaml_event_t *e)
{
    int         rc;
    bool        plain, name;
    uint32_t    anchor;
    api_span_t  s;
    const char *tag;

    s = api_span(e->data.scalar.value, e->data.scalar.length);
    tag = (const char *) e->data.scalar.tag;
    plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    name = yaml_at_name(y);

    if (tag && strcmp(tag, YAML_STR) != 0 && strcmp(tag, "!") != 0) {
        return yaml_fail(y, API_UNSUPPORTED,
            "tags other than !!str are not read; write the value plainly");
    }

    if (name && plain && !tag && api_span_eq(s, API_SPAN("<<"))) {
        return yaml_fail(y, API_UNSUPPORTED,
            "merge keys (<<) are not part of YAML 1.2; write the members out");
    }

    rc = yaml_anchor(y, e->data.scalar.anchor, &anchor);
    rc = rc == API_OK ? yaml_begin(y) : rc;

    if (rc == API_OK) {
        rc = plain && !tag && !name ? yaml_put_plain(y, s)
                                    : yaml_put_quoted(y, s);
    }

    if (rc == API_OK) {
        yaml_anchored(y, anchor);
    }

    return rc;
}


static int
yaml_open(yaml_reader_t *y, bool mapping, const yaml_char_t *name,
    const yaml_char_t *tag)
{
    int      rc;
    uint32_t anchor;

    if (yaml_at_name(y)) {
        return yaml_fail(y, API_UNSUPPORTED,
            "a name has to be a scalar, not a list or a mapping");
    }

    if (tag) {
        return yaml_fail(
            y, API_UNSUPPORTED, "tags are not read; write the value plainly");
    }

    if (y->depth >= y->max_depth) {
        return yaml_fail(y, API_LIMIT, "too many levels in each other");
    }

    rc = yaml_anchor(y, name, &anchor);
    rc = rc == API_OK ? yaml_begin(y) : rc;
    rc = rc == API_OK ? yaml_put_text(y, mapping ? "{" : "[") : rc;

    y->levels[y->depth++] = (yaml_level_t){ mapping, false, true, anchor };

    return rc;
}


static int
yaml_close(yaml_reader_t *y)
{
    int           rc;
    yaml_level_t *l;

    l = &y->levels[--y->depth];
    rc = yaml_put_text(y, l->mapping ? "}" : "]");

    if (rc == API_OK) {
        yaml_anchored(y, l->anchor);
    }

    return rc;
}


/* Which of those of the name is meant: the last before the alias. */

static yaml_anchor_t *
yaml_find(yaml_reader_t *y, api_span_t name)
{
    uint32_t i;

    for (i = y->nanchors; i; i--) {
        if (api_span_eq(y->anchors[i - 1].name, name)) {
            return &y->anchors[i - 1];
        }
    }

    return NULL;
}


static int
yaml_copy(yaml_reader_t *y, yaml_anchor_t a)
{
    int            rc;
    size_t         at, n;
    uint32_t       i;
    api_doc_mark_t m;

    n = a.to - a.from;
    at = y->len;

    for (i = 1; i < a.ntok; i++) {
        m = y->marks[a.tok + i];
        rc = yaml_mark(y, m.line, at + (m.off - a.from));

        if (rc != API_OK) {
            return rc;
        }
    }

    /* the arena keeps the bytes in place when the text moves */

    return yaml_put(y, y->json + a.from, n);
}


static int
yaml_alias(yaml_reader_t *y, const yaml_char_t *name)
{
    int            rc;
    yaml_anchor_t *a;

    if (yaml_at_name(y)) {
        return yaml_fail(y, API_UNSUPPORTED, "an alias cannot be a name");
    }

    a = yaml_find(y, api_span(name, strlen((const char *) name)));

    if (a == NULL) {
        return yaml_fail(
            y, API_SYNTAX, "an alias without an anchor before it");
    }

    if (a->to == 0) {
        return yaml_fail(
            y, API_UNSUPPORTED, "an alias to something it stands in");
    }

    y->aliased += a->to - a->from;

    if (y->aliased > y->alias_limit) {
        return yaml_fail(y, API_LIMIT, "aliases make the document too large");
    }

    rc = yaml_begin(y);

    return rc == API_OK ? yaml_copy(y, *a) : rc;
}


static int
yaml_event(yaml_reader_t *y, const yaml_event_t *e)
{
    y->line = (uint32_t) e->start_mark.line + 1;

    switch (e->type) {

    case YAML_DOCUMENT_START_EVENT:
        if (y->document) {
            return yaml_fail(
                y, API_UNSUPPORTED, "a second document in one file");
        }

        y->document = true;
        return API_OK;

    case YAML_SCALAR_EVENT:
        return yaml_scalar(y, e);

    case YAML_SEQUENCE_START_EVENT:
        return yaml_open(y, false, e->data.sequence_start.anchor,
            e->data.sequence_start.tag);

    case YAML_MAPPING_START_EVENT:
        return yaml_open(
            y, true, e->data.mapping_start.anchor, e->data.mapping_start.tag);

    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return yaml_close(y);

    case YAML_ALIAS_EVENT:
        return yaml_alias(y, e->data.alias.anchor);

    default:
        return API_OK;
    }
}


static int
yaml_broken(yaml_reader_t *y, const yaml_parser_t *parser)
{
    char text[128];

    if (parser->error == YAML_MEMORY_ERROR) {
        return yaml_nomem(y);
    }

    y->line = (uint32_t) parser->problem_mark.line + 1;
    strncpy(text, parser->problem ? parser->problem : "not YAML",
        sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';

    return yaml_fail(y, API_SYNTAX, text);
}


static int
yaml_events(yaml_reader_t *y, yaml_parser_t *parser)
{
    int          rc;
    bool         end;
    yaml_event_t e;

    do {
        if (!yaml_parser_parse(parser, &e)) {
            return yaml_broken(y, parser);
        }

        end = e.type == YAML_STREAM_END_EVENT;
        rc = yaml_event(y, &e);
        yaml_event_delete(&e);

    } while (rc == API_OK && !end);

    if (rc == API_OK && !y->document) {
        return yaml_fail(y, API_SYNTAX, "the document is empty");
    }

    return rc;
}


static int
yaml_start(yaml_reader_t *y, api_span_t text, const api_doc_limits_t *limits)
{
    y->limit = limits->text < UINT32_MAX ? limits->text : UINT32_MAX;
    y->mark_limit = limits->tokens;
    y->max_depth = limits->depth;
    y->alias_limit = API_DOC_ALIAS_FACTOR * text.len + YAML_ALIAS_FREE;
    y->cap = text.len + 256;
    y->line = 1;

    y->json = api_arena_alloc(y->arena, y->cap);
    y->levels = api_arena_alloc(
        y->arena, (y->max_depth + (size_t) 1) * sizeof(*y->levels));

    return y->json && y->levels ? API_OK : yaml_nomem(y);
}


int
api_doc_yaml(api_span_t text, const api_doc_limits_t *limits,
    api_arena_t *arena, api_doc_yaml_t *out, api_err_t *err)
{
    int           rc;
    yaml_parser_t parser;
    yaml_reader_t y;

    memset(&y, 0, sizeof(y));
    y.arena = arena;
    y.err = err;

    rc = yaml_start(&y, text, limits);
    if (rc != API_OK) {
        return rc;
    }

    if (!yaml_parser_initialize(&parser)) {
        return yaml_nomem(&y);
    }

    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, text.data, text.len);

    rc = yaml_events(&y, &parser);
    yaml_parser_delete(&parser);

    out->json = api_span(y.json, y.len);
    out->marks = y.marks;
    out->nmarks = y.nmarks;

    return rc;
}
