#include "api_graphql_int.h"

#include "api_utf8.h"


const api_graphql_limits_t api_graphql_limits_default = { 65536, 10000, 15,
    1000, 30, 50, 50, 50, 10, 10, 100 };

static const char *const api_graphql_errors[API_GRAPHQL_NERRORS] = {
    [API_GRAPHQL_E_NONE] = "none",
    [API_GRAPHQL_E_SIZE] = "size",
    [API_GRAPHQL_E_NODES] = "nodes",
    [API_GRAPHQL_E_DEPTH] = "depth",
    [API_GRAPHQL_E_FIELDS] = "fields",
    [API_GRAPHQL_E_ALIASES] = "aliases",
    [API_GRAPHQL_E_ROOT] = "root_fields",
    [API_GRAPHQL_E_DIRECTIVES] = "directives",
    [API_GRAPHQL_E_FRAGMENTS] = "fragments",
    [API_GRAPHQL_E_OPERATIONS] = "operations",
    [API_GRAPHQL_E_VALUES] = "value_depth",
    [API_GRAPHQL_E_NAMES] = "names",
    [API_GRAPHQL_E_UTF8] = "utf8",
    [API_GRAPHQL_E_CHARACTER] = "character",
    [API_GRAPHQL_E_STRING] = "string",
    [API_GRAPHQL_E_NUMBER] = "number",
    [API_GRAPHQL_E_TOKEN] = "token",
    [API_GRAPHQL_E_EMPTY] = "empty",
    [API_GRAPHQL_E_DEFINITION] = "definition",
    [API_GRAPHQL_E_DUPLICATE] = "duplicate",
    [API_GRAPHQL_E_ANONYMOUS] = "anonymous",
    [API_GRAPHQL_E_UNKNOWN] = "unknown_fragment",
    [API_GRAPHQL_E_CYCLE] = "fragment_cycle",
    [API_GRAPHQL_E_NOMEM] = "no_memory",
};


const char *
api_graphql_error_name(int code)
{
    return code >= 0 && code < API_GRAPHQL_NERRORS ? api_graphql_errors[code]
                                                   : "unknown";
}


int
api_graphql_bad(
    const api_graphql_run_t *run, int rc, int code, const char *what)
{
    return api_fail(
        run->err, rc, code, (size_t) (run->at - run->start), "%s", what);
}


int
api_graphql_unexpected(const api_graphql_run_t *run, const char *wanted)
{
    return api_fail(run->err, API_SYNTAX, API_GRAPHQL_E_TOKEN,
        (size_t) (run->at - run->start), "%s was expected", wanted);
}


int
api_graphql_add(api_graphql_run_t *run, api_graphql_type_t type,
    api_span_t name, api_span_t text, uint32_t depth)
{
    uint32_t            room;
    api_graphql_node_t *node;

    if (run->doc->n == run->limits->nodes) {
        return api_graphql_bad(run, API_LIMIT, API_GRAPHQL_E_NODES,
            "the document has too many nodes");
    }

    if (run->doc->n == run->room) {
        room = run->room ? run->room * 2 : 32;
        node = api_arena_grow(run->arena, run->doc->node,
            run->room * sizeof(*node), room * sizeof(*node));

        if (node == NULL) {
            return api_graphql_bad(
                run, API_NOMEM, API_GRAPHQL_E_NOMEM, "no memory");
        }

        run->doc->node = node;
        run->room = room;
    }

    node = &run->doc->node[run->doc->n++];
    node->name = name;
    node->text = text;
    node->def = run->def;
    node->prev = API_GRAPHQL_FIRST;
    node->depth = (uint16_t) (depth < UINT16_MAX ? depth : UINT16_MAX);
    node->type = (uint8_t) type;

    return API_OK;
}


static int
api_graphql_expect(api_graphql_run_t *run, int token, const char *what)
{
    return run->token == token ? api_graphql_next(run)
                               : api_graphql_unexpected(run, what);
}


static bool
api_graphql_word(const api_graphql_run_t *run, const char *word)
{
    return run->token == API_GRAPHQL_T_NAME && run->text.len == strlen(word)
           && memcmp(run->text.data, word, run->text.len) == 0;
}


/* A type, [[Name!]!]!, up to the token behind it. */

static int
api_graphql_read_type(api_graphql_run_t *run)
{
    int      rc;
    uint32_t open;

    rc = API_OK;

    for (open = 0; rc == API_OK && run->token == '['; open++) {
        rc = api_graphql_next(run);
    }

    if (rc == API_OK) {
        rc = api_graphql_expect(run, API_GRAPHQL_T_NAME, "a type");
    }

    for (; rc == API_OK; open--) {
        if (run->token == '!') {
            rc = api_graphql_next(run);
        }

        if (open == 0) {
            break;
        }

        if (rc == API_OK) {
            rc = api_graphql_expect(run, ']', "\"]\"");
        }
    }

    return rc;
}


/* $name: type = default @directives, both without variables (Const) */

static int
api_graphql_variable(api_graphql_run_t *run, uint32_t *prev)
{
    int            rc;
    uint32_t       n;
    api_span_t     name;
    const uint8_t *from;

    rc = api_graphql_expect(run, '$', "a variable");

    if (rc != API_OK) {
        return rc;
    }

    name = run->text;

    if ((rc = api_graphql_expect(run, API_GRAPHQL_T_NAME, "a name")) != API_OK
        || (rc = api_graphql_expect(run, ':', "\":\"")) != API_OK)
    {
        return rc;
    }

    from = run->at;
    n = run->doc->n;
    rc =
        api_graphql_add(run, API_GRAPHQL_VARIABLE, name, api_span(from, 0), 0);

    if (rc != API_OK || (rc = api_graphql_chain(run, prev)) != API_OK
        || (rc = api_graphql_read_type(run)) != API_OK)
    {
        return rc;
    }

    run->doc->node[n].text.len = (size_t) (run->last - from);
    run->fixed = true;

    if (run->token == '=') {
        rc = api_graphql_next(run);
        rc = rc == API_OK ? api_graphql_value(run) : rc;
    }

    rc = rc == API_OK ? api_graphql_directives(run) : rc;
    run->fixed = false;

    return rc;
}


static int
api_graphql_variables(api_graphql_run_t *run)
{
    int      rc;
    uint32_t prev;

    if (run->token != '(') {
        return API_OK;
    }

    prev = API_GRAPHQL_FIRST;
    rc = api_graphql_next(run);

    do {
        rc = rc == API_OK ? api_graphql_variable(run, &prev) : rc;
    } while (rc == API_OK && run->token != ')');

    return rc == API_OK ? api_graphql_next(run) : rc;
}


/* alias: name(arguments) @directives */

static int
api_graphql_field(api_graphql_run_t *run)
{
    int        rc;
    api_span_t name, alias;

    name = run->text;
    alias = api_span(name.data, 0);
    rc = api_graphql_next(run);

    if (rc == API_OK && run->token == ':') {
        alias = name;
        rc = api_graphql_next(run);
        name = run->text;

        if (rc == API_OK) {
            rc = api_graphql_expect(run, API_GRAPHQL_T_NAME, "a field");
        }
    }

    if (rc == API_OK) {
        rc = api_graphql_add(run, API_GRAPHQL_FIELD, name, alias, run->depth);
    }

    if (rc == API_OK) {
        rc = api_graphql_arguments(run);
    }

    return rc == API_OK ? api_graphql_directives(run) : rc;
}


/* Behind "...": a spread, or a fragment in place, whose set must follow. */

static int
api_graphql_dots(api_graphql_run_t *run, bool *may_open)
{
    int        rc;
    bool       inlined;
    api_span_t name;

    rc = api_graphql_next(run);

    if (rc != API_OK) {
        return rc;
    }

    name = api_span(run->at, 0);
    inlined = run->token != API_GRAPHQL_T_NAME;

    if (api_graphql_word(run, "on")) {
        inlined = true;
        rc = api_graphql_next(run);

        if (rc == API_OK && run->token != API_GRAPHQL_T_NAME) {
            return api_graphql_unexpected(run, "a type");
        }
    }

    if (rc == API_OK && run->token == API_GRAPHQL_T_NAME) {
        name = run->text;
        rc = api_graphql_next(run);
    }

    if (rc == API_OK) {
        rc = api_graphql_add(run,
            inlined ? API_GRAPHQL_INLINE : API_GRAPHQL_SPREAD, name,
            API_SPAN(""), run->depth);
    }

    if (rc == API_OK) {
        rc = api_graphql_directives(run);
    }

    *may_open = inlined;

    if (rc == API_OK && inlined && run->token != '{') {
        return api_graphql_unexpected(run, "\"{\"");
    }

    return rc;
}


static int
api_graphql_open_set(api_graphql_run_t *run, bool by_field)
{
    int rc;

    if (run->sets == API_GRAPHQL_MAX_SETS) {
        return api_graphql_bad(run, API_LIMIT, API_GRAPHQL_E_DEPTH,
            "selections are nested too deep");
    }

    run->by_field[run->sets++] = by_field;
    run->depth += by_field;
    rc = api_graphql_next(run);

    if (rc == API_OK && run->token == '}') {
        return api_graphql_unexpected(run, "a selection");
    }

    return rc;
}


/*
 * The selection set that begins at hand, with all sets in it: `open` says
 * whether the selection before may have one, by_field whether it is a field.
 */

static int
api_graphql_selections(api_graphql_run_t *run)
{
    int  rc;
    bool open, by_field;

    if (run->token != '{') {
        return api_graphql_unexpected(run, "\"{\"");
    }

    run->sets = 0;
    run->depth = 0;
    open = true;
    by_field = false;

    do {
        if (run->token == '{' && open) {
            rc = api_graphql_open_set(run, by_field);
            open = false;

        } else if (run->token == '}') {
            run->depth -= run->by_field[--run->sets];
            rc = api_graphql_next(run);
            open = false;

        } else if (run->token == '.') {
            rc = api_graphql_dots(run, &open);
            by_field = false;

        } else if (run->token == API_GRAPHQL_T_NAME) {
            rc = api_graphql_field(run);
            open = by_field = true;

        } else {
            return api_graphql_unexpected(run, "a selection");
        }
    } while (rc == API_OK && run->sets);

    return rc;
}


static int
api_graphql_operation(api_graphql_run_t *run)
{
    int        rc;
    api_span_t kind, name;

    run->depth = 0;
    kind = api_span(run->at, 0);
    name = kind;
    rc = API_OK;

    if (run->token == API_GRAPHQL_T_NAME) {
        kind = run->text;
        run->doc->mutation |= api_graphql_word(run, "mutation");
        run->doc->subscription |= api_graphql_word(run, "subscription");
        rc = api_graphql_next(run);

        if (rc == API_OK && run->token == API_GRAPHQL_T_NAME) {
            name = run->text;
            rc = api_graphql_next(run);
        }
    }

    if (rc == API_OK) {
        rc = api_graphql_add(run, API_GRAPHQL_OPERATION, name, kind, 0);
    }

    if (kind.len) {
        rc = rc == API_OK ? api_graphql_variables(run) : rc;
        rc = rc == API_OK ? api_graphql_directives(run) : rc;
    }

    if (rc == API_OK && run->doc->operations++ == run->limits->operations) {
        return api_graphql_bad(run, API_LIMIT, API_GRAPHQL_E_OPERATIONS,
            "the document has too many operations");
    }

    return rc == API_OK ? api_graphql_selections(run) : rc;
}


static int
api_graphql_fragment(api_graphql_run_t *run)
{
    int        rc;
    api_span_t name, on;

    run->depth = 0;
    rc = api_graphql_next(run);

    if (rc != API_OK) {
        return rc;
    }

    name = run->text;

    if (run->token != API_GRAPHQL_T_NAME || api_graphql_word(run, "on")) {
        return api_graphql_unexpected(run, "the name of a fragment");
    }

    rc = api_graphql_next(run);

    if (rc == API_OK && !api_graphql_word(run, "on")) {
        return api_graphql_unexpected(run, "\"on\"");
    }

    rc = rc == API_OK ? api_graphql_next(run) : rc;
    on = run->text;
    rc = rc == API_OK ? api_graphql_expect(run, API_GRAPHQL_T_NAME, "a type")
                      : rc;
    rc = rc == API_OK ? api_graphql_add(run, API_GRAPHQL_FRAGMENT, name, on, 0)
                      : rc;
    rc = rc == API_OK ? api_graphql_directives(run) : rc;

    if (rc == API_OK && run->doc->fragments++ == run->limits->fragments) {
        return api_graphql_bad(run, API_LIMIT, API_GRAPHQL_E_FRAGMENTS,
            "the document has too many fragments");
    }

    return rc == API_OK ? api_graphql_selections(run) : rc;
}


static bool
api_graphql_is_definition(const api_graphql_run_t *run)
{
    size_t                   i;
    static const char *const words[] = { "schema", "scalar", "type",
        "interface", "union", "enum", "input", "directive", "extend" };

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (api_graphql_word(run, words[i])) {
            return true;
        }
    }

    return run->token == API_GRAPHQL_T_STRING
           || run->token == API_GRAPHQL_T_BLOCK;
}


static int
api_graphql_document(api_graphql_run_t *run)
{
    int rc;

    rc = api_graphql_next(run);

    for (; rc == API_OK && run->token != API_GRAPHQL_T_END; run->def++) {

        if (run->token == '{' || api_graphql_word(run, "query")
            || api_graphql_word(run, "mutation")
            || api_graphql_word(run, "subscription"))
        {
            rc = api_graphql_operation(run);

        } else if (api_graphql_word(run, "fragment")) {
            rc = api_graphql_fragment(run);

        } else if (api_graphql_is_definition(run)) {
            return api_graphql_bad(run, API_UNSUPPORTED,
                API_GRAPHQL_E_DEFINITION, "a request does not define types");

        } else {
            return api_graphql_unexpected(run, "an operation or a fragment");
        }
    }

    if (rc == API_OK && run->doc->operations == 0) {
        return api_graphql_bad(run, API_SYNTAX, API_GRAPHQL_E_EMPTY,
            "the document has no operation");
    }

    return rc;
}


int
api_graphql_parse(api_graphql_t *doc, api_span_t text,
    const api_graphql_limits_t *limits, api_arena_t *arena, api_err_t *err)
{
    int               rc;
    size_t            valid;
    api_graphql_run_t run;

    memset(doc, 0, sizeof(*doc));
    memset(&run, 0, sizeof(run));
    run.limits = limits ? limits : &api_graphql_limits_default;
    run.doc = doc;
    run.arena = arena;
    run.err = err;
    run.start = run.p = run.at = text.data;
    run.end = text.data + text.len;

    if (text.len > run.limits->size) {
        return api_fail(err, API_LIMIT, API_GRAPHQL_E_SIZE, run.limits->size,
            "the document is longer than %u bytes", run.limits->size);
    }

    valid = api_utf8_valid(text);

    if (valid != text.len) {
        return api_fail(
            err, API_SYNTAX, API_GRAPHQL_E_UTF8, valid, "not UTF-8");
    }

    rc = api_graphql_document(&run);

    return rc == API_OK ? api_graphql_measure(&run) : rc;
}
