/* Bodies of YAML: libyaml's events; aliases are not expanded. */

#include "api_values_int.h"

#include <yaml.h>


#define YAML_DEPTH 64

/* A value is read in one go, and may be the whole document. */

#define YAML_LONGEST (512 * 1024)

#define YAML_EVENT 32 /* bytes that an event counts as */

/* libyaml compares each %TAG with those before it. */

#define YAML_DIRECTIVES 32


/* Names as those of JSON: yaml.a.array_0.b */

typedef struct {
    size_t   path;  /* bytes of the name of what is within */
    size_t   own;   /* bytes of the name of the sequence or mapping itself */
    uint32_t count; /* sequence: the element that comes next */
    bool     mapping;
    bool     value;   /* mapping: the name of a member was read */
    bool     as_name; /* it stands where a name stands: ? {a: b} */
} yaml_level_t;

typedef struct {
    api_values_t     *b;
    api_span_t        body;
    yaml_parser_t     parser;
    api_values_path_t path;
    uint32_t          depth;
    const char       *fault;
    yaml_level_t      level[YAML_DEPTH];
} yaml_read_t;


static void
yaml_path_add(yaml_read_t *y, api_span_t s)
{
    (void) api_values_path_add(y->b, &y->path, s);
}


/* The name of what comes now: of the member whose name was read, or with its
   number. */

static void
yaml_path(yaml_read_t *y)
{
    char          text[API_VALUES_DIGITS];
    yaml_level_t *l;

    if (y->depth == 0) {
        y->path.len = 0;
        yaml_path_add(y, API_SPAN("yaml"));
        return;
    }

    l = &y->level[y->depth - 1];

    if (!l->mapping) {
        y->path.len = l->own;
        yaml_path_add(y, API_SPAN(".array_"));
        yaml_path_add(y, api_values_digits(text, l->count++));
        return;
    }

    y->path.len = l->value ? l->path : l->own;
}


static void
yaml_arg(yaml_read_t *y, const yaml_char_t *s, size_t len)
{
    api_span_t name, value;

    value = api_arena_dup(y->b->arena, api_span(s, len));

    if (value.data == NULL
        || !api_values_path_name(y->b, &y->path, api_span("", 0), &name))
    {
        y->b->nomem = true;
        return;
    }

    api_values_arg(y->b, API_WAF_ARGS_UNPACKED, name, value);
}


/* A tag names what a reader makes of its value: some make any object of it. */

static void
yaml_tag(yaml_read_t *y, const yaml_char_t *tag)
{
    static const char core[] = "tag:yaml.org,2002:";
    static const char full[] = "!!";
    size_t            n = tag ? strlen((const char *) tag) : 0;
    api_span_t        part[2];

    if (n < 2) {
        return;
    }

    part[0] = API_SPAN("");
    part[1] = api_span(tag, n);

    if (n > sizeof(core) - 1 && memcmp(tag, core, sizeof(core) - 1) == 0) {
        part[0] = api_span(full, 2);
        part[1] = api_span(tag + sizeof(core) - 1, n - sizeof(core) + 1);
    }

    part[0] = api_values_join(y->b, part, 2);
    yaml_arg(y, part[0].data, part[0].len);
}


/* The name of a member, and it is looked at as a name by that of its value. */

static void
yaml_name(yaml_read_t *y, api_span_t name)
{
    yaml_level_t *l = &y->level[y->depth - 1];

    y->path.len = l->own;
    yaml_path_add(y, API_SPAN("."));
    yaml_path_add(y, name.len ? name : API_SPAN("empty-key"));
    l->path = y->path.len;
    l->value = true;
}


static bool
yaml_at_name(const yaml_read_t *y)
{
    return y->depth && y->level[y->depth - 1].mapping
           && !y->level[y->depth - 1].value;
}


static void
yaml_done(yaml_read_t *y)
{
    if (y->depth && y->level[y->depth - 1].mapping) {
        y->level[y->depth - 1].value = false;
    }
}


static void
yaml_scalar(yaml_read_t *y, const yaml_event_t *e)
{
    const yaml_char_t *s = e->data.scalar.value;
    size_t             n = e->data.scalar.length;

    if (yaml_at_name(y)) {
        yaml_name(y, api_span(s, n));
        return;
    }

    yaml_path(y);
    yaml_tag(y, e->data.scalar.tag);
    yaml_arg(y, s, n);
    yaml_done(y);
}


static void
yaml_open(yaml_read_t *y, bool mapping, const yaml_char_t *tag)
{
    bool          as_name;
    yaml_level_t *l;

    if (y->depth == YAML_DEPTH) {
        y->fault = "deeper than allowed";
        return;
    }

    as_name = yaml_at_name(y);
    yaml_path(y);
    yaml_tag(y, tag);

    l = &y->level[y->depth++];
    memset(l, 0, sizeof(*l));
    l->mapping = mapping;
    l->as_name = as_name;
    l->own = y->path.len;
    l->path = y->path.len;
}


static void
yaml_close(yaml_read_t *y)
{
    y->depth -= y->depth > 0;

    if (y->depth) {
        y->level[y->depth - 1].path = y->level[y->depth - 1].own;
        y->level[y->depth - 1].value =
            y->level[y->depth - 1].mapping && y->level[y->depth].as_name;
    }
}


static void
yaml_event(yaml_read_t *y, const yaml_event_t *e)
{
    switch (e->type) {

    case YAML_SCALAR_EVENT:
        yaml_scalar(y, e);
        break;

    case YAML_ALIAS_EVENT:
        if (yaml_at_name(y)) {
            yaml_name(y, API_SPAN("alias"));
        } else {
            yaml_path(y);
            yaml_done(y);
        }
        break;

    case YAML_SEQUENCE_START_EVENT:
        yaml_open(y, false, e->data.sequence_start.tag);
        break;

    case YAML_MAPPING_START_EVENT:
        yaml_open(y, true, e->data.mapping_start.tag);
        break;

    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        yaml_close(y);
        break;

    default:
        break;
    }
}


/* What a lenient reader may make of it. */

static void
yaml_refuse(api_values_t *b, const char *fault, api_span_t body)
{
    api_values_body_fault(b, "YAML", "%s", fault);
    api_values_arg(b, API_WAF_ARGS_UNPACKED, API_SPAN("body"), body);
}


/* libyaml says by itself how far it has come. */

static bool
yaml_more(api_values_t *b, void *work)
{
    bool         end = false;
    size_t       from, n;
    yaml_read_t *y = work;
    yaml_event_t event;

    from = y->parser.mark.index;

    for (n = 0; !end && y->fault == NULL && !b->nomem && !b->over; n++) {
        if (n * YAML_EVENT >= b->slice
            || y->parser.mark.index - from >= b->slice) {
            return true;
        }

        if (!yaml_parser_parse(&y->parser, &event)) {
            b->nomem |= y->parser.error == YAML_MEMORY_ERROR;
            y->fault = "not a document";
            break;
        }

        yaml_event(y, &event);
        end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }

    if (y->fault) {
        yaml_refuse(b, y->fault, y->body);
    }

    return false;
}


static void
yaml_end(void *work)
{
    yaml_read_t *y = work;

    yaml_parser_delete(&y->parser);
}


static bool
yaml_directives(api_span_t s)
{
    uint32_t       n = 0;
    const uint8_t *p = s.data, *end = s.data + s.len;

    while (n <= YAML_DIRECTIVES
           && (p = memchr(p, '%', (size_t) (end - p))) != NULL)
    {
        p++;
        n += end - p >= 3 && memcmp(p, "TAG", 3) == 0;
    }

    return n <= YAML_DIRECTIVES;
}


void
api_values_yaml(api_values_t *b, api_span_t body)
{
    yaml_read_t                   *y;
    static const api_values_part_t part = { yaml_more, yaml_end };

    if (body.len > YAML_LONGEST) {
        yaml_refuse(b, "longer than 512 KB", body);
        return;
    }

    if (!yaml_directives(body)) {
        yaml_refuse(b, "more directives than allowed", body);
        return;
    }

    y = api_arena_calloc(b->arena, 1, sizeof(yaml_read_t));

    if (y == NULL || !yaml_parser_initialize(&y->parser)) {
        b->nomem = true;
        return;
    }

    y->b = b;
    y->body = body;
    yaml_parser_set_input_string(&y->parser, body.data, body.len);
    api_values_part(b, &part, y);
}
