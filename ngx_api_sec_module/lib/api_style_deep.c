#include "api_style.h"

/*
 * deepObject: a[b][c]=1.  A tree of what is in the brackets, each node known
 * by the text up to its bracket; then the tree is walked by the links between
 * its nodes and written to the tape.
 */

#define API_DEEP_NONE UINT32_MAX

typedef struct {
    api_span_t        key;
    const api_pair_t *leaf; /* NULL: members follow */
    uint32_t          parent, first, last, next;
    uint32_t          kids;
    uint32_t          entry;
    bool              array;
} api_deep_node_t;

typedef struct {
    api_style_run_t *run;
    api_deep_node_t *node; /* node[0] is the parameter */
    uint32_t         n;
    api_names_t      names;
} api_deep_t;


static uint32_t
api_deep_add(api_deep_t *deep, uint32_t parent, api_span_t key)
{
    api_deep_node_t *node, *up;

    node = &deep->node[deep->n];
    up = &deep->node[parent];
    node->key = key;
    node->parent = parent;
    node->first = node->next = API_DEEP_NONE;

    if (up->kids++) {
        deep->node[up->last].next = deep->n;

    } else {
        up->first = deep->n;
    }

    up->last = deep->n;

    return deep->n++;
}


/* How many brackets a name has behind `from`; 0 when they are not in order. */

static uint32_t
api_deep_brackets(api_span_t name, size_t from)
{
    bool     open;
    size_t   i;
    uint32_t n;

    open = false;

    for (i = from, n = 0; i < name.len; i++) {
        if (!open && name.data[i] == '[') {
            open = true;

        } else if (open && name.data[i] == ']') {
            open = false;
            n++;

        } else if (!open || name.data[i] == '[') {
            return 0;
        }
    }

    return open || n > API_STYLE_MAX_DEPTH ? 0 : n;
}


/* One pair to its place in the tree. */

static int
api_deep_put(api_deep_t *deep, const api_pair_t *pair, size_t from)
{
    size_t         open, close;
    uint32_t       at, up, known;
    api_span_t     key;
    const uint8_t *p;

    up = 0;

    for (open = from; open < pair->name.len; open = close + 1) {
        p = memchr(pair->name.data + open, ']', pair->name.len - open);
        close = (size_t) (p - pair->name.data);
        key = api_span(pair->name.data + open + 1, close - open - 1);

        if (deep->node[up].leaf) {
            break;
        }

        if (key.len == 0) {

            /* [] adds an element, and is the last bracket */

            if (close + 1 < pair->name.len) {
                return api_style_bad(deep->run, API_SYNTAX, "style",
                    "[] may only be the last bracket");
            }

            up = api_deep_add(deep, up, key);
            continue;
        }

        known = api_names_put(
            &deep->names, api_span(pair->name.data, close + 1), deep->n);
        at = known == deep->n ? api_deep_add(deep, up, key) : known;
        up = at;
    }

    if (deep->node[up].leaf || deep->node[up].kids) {
        return api_style_bad(deep->run, API_DUPLICATE, "duplicate",
            "a member stands there twice");
    }

    deep->node[up].leaf = pair;

    return API_OK;
}


static bool
api_deep_is_index(api_span_t key, uint32_t i)
{
    uint32_t v;
    size_t   k;

    if (key.len == 0) {
        return true;
    }

    for (k = 0, v = 0; k < key.len; k++) {
        if (key.data[k] < '0' || key.data[k] > '9' || key.len > 6
            || (k == 1 && *key.data == '0'))
        {
            return false;
        }

        v = v * 10 + (key.data[k] - '0');
    }

    return v == i;
}


/* Are the members of the node the elements of an array: 0, 1, 2 ..., or all
   of them []? */

static bool
api_deep_indexed(const api_deep_t *deep, uint32_t at)
{
    bool     empty;
    uint32_t i, kid;

    empty = deep->node[deep->node[at].first].key.len == 0;

    for (i = 0, kid = deep->node[at].first; kid != API_DEEP_NONE;
         i++, kid = deep->node[kid].next)
    {
        if ((deep->node[kid].key.len == 0) != empty
            || !api_deep_is_index(deep->node[kid].key, i))
        {
            return false;
        }
    }

    return true;
}


static bool
api_deep_has_empty(const api_deep_t *deep, uint32_t at)
{
    uint32_t kid;

    for (kid = deep->node[at].first; kid != API_DEEP_NONE;
         kid = deep->node[kid].next)
    {
        if (deep->node[kid].key.len == 0) {
            return true;
        }
    }

    return false;
}


static int
api_deep_open(api_deep_t *deep, uint32_t at)
{
    unsigned         types;
    api_deep_node_t *node;

    node = &deep->node[at];
    types = node->entry == API_SCHEMA_NONE
                ? API_SCHEMA_T_ANY
                : api_schema_types(deep->run->schema, node->entry);

    node->array = (types & API_SCHEMA_T_ARRAY) && api_deep_indexed(deep, at);

    if (!node->array && api_deep_has_empty(deep, at)) {
        return api_style_bad(
            deep->run, API_SYNTAX, "style", "[] where no array may be");
    }

    if (!node->array && !(types & API_SCHEMA_T_OBJECT)) {
        return api_style_bad(deep->run, API_SYNTAX, "style",
            "elements of an array are [], or [0], [1] and so on in order");
    }

    if (node->array) {
        api_tape_array(deep->run->tape);

    } else {
        api_tape_object(deep->run->tape);
    }

    return API_OK;
}


static uint32_t
api_deep_entry(const api_deep_t *deep, uint32_t at, uint32_t i)
{
    const api_deep_node_t *up;

    up = &deep->node[deep->node[at].parent];

    if (up->entry == API_SCHEMA_NONE) {
        return API_SCHEMA_NONE;
    }

    return up->array ? api_schema_element(deep->run->schema, up->entry, i)
                     : api_schema_member(
                         deep->run->schema, up->entry, deep->node[at].key);
}


/* The tree in order: down to the first member, else on to the next one, else
   up until there is a next one.  Depth is limited, so is `index`. */

static int
api_deep_write(api_deep_t *deep)
{
    int              rc;
    uint32_t         at, depth, index[API_STYLE_MAX_DEPTH + 2] = { 0 };
    api_deep_node_t *node;

    depth = 0;

    for (at = 0;;) {
        node = &deep->node[at];

        if (at) {
            node->entry = api_deep_entry(deep, at, index[depth]++);

            if (!deep->node[node->parent].array) {
                api_tape_name(deep->run->tape, node->key);
            }
        }

        rc = node->leaf ? api_style_scalar(
                 deep->run, node->leaf->raw_value, node->entry)
                        : api_deep_open(deep, at);

        if (rc != API_OK) {
            return rc;
        }

        if (node->leaf == NULL) {
            at = node->first;
            index[++depth] = 0;
            continue;
        }

        while (at && deep->node[at].next == API_DEEP_NONE) {
            at = deep->node[at].parent;
            depth--;
            api_tape_end(deep->run->tape);
        }

        if (at == 0) {
            return API_OK;
        }

        at = deep->node[at].next;
    }
}


/* Does the name begin with the parameter's and go on with a bracket? */

static bool
api_deep_of(api_span_t name, const api_param_t *param)
{
    size_t len;

    len = param->name.len;

    return name.len > len && name.data[len] == '['
           && (len == 0 || memcmp(name.data, param->name.data, len) == 0);
}


static bool
api_deep_is(api_span_t name, const api_param_t *param)
{
    return api_span_eq(name, param->name) || api_deep_of(name, param);
}


int
api_style_deep(api_style_run_t *run, const api_param_t *param,
    const api_pairs_t *pairs, bool *used, bool *found)
{
    int        rc;
    uint32_t   i, n, brackets;
    api_deep_t deep;

    memset(&deep, 0, sizeof(deep));
    deep.run = run;

    for (i = 0, n = 0; i < pairs->n; i++) {
        if (used[i]) {
            continue;
        }

        if (api_span_eq(pairs->pair[i].name, param->name)) {
            n++;
            *found = true;

        } else if (api_deep_of(pairs->pair[i].name, param)) {
            brackets = api_deep_brackets(pairs->pair[i].name, param->name.len);

            if (brackets == 0) {
                used[i] = *found = true;
                return api_style_bad(run, API_SYNTAX, "style",
                    "brackets that do not pair, or too many");
            }

            n += brackets;
            *found = true;
        }
    }

    if (!*found) {
        return API_OK;
    }

    deep.node = api_arena_calloc(run->arena, n + 1, sizeof(*deep.node));

    if (deep.node == NULL
        || !api_names_init(&deep.names, n, run->seed, run->arena))
    {
        return api_style_bad(run, API_NOMEM, "memory", "no memory");
    }

    deep.n = 1;
    deep.node[0].first = deep.node[0].next = API_DEEP_NONE;
    deep.node[0].entry = param->schema;

    /* the same pairs again: a parameter named a[b] has taken its own */
    for (i = 0; i < pairs->n; i++) {
        if (!used[i] && api_deep_is(pairs->pair[i].name, param)) {
            used[i] = true;
            rc = api_deep_put(&deep, &pairs->pair[i], param->name.len);

            if (rc != API_OK) {
                return rc;
            }
        }
    }

    return api_deep_write(&deep);
}
