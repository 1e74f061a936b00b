#include "api_schema_build.h"


static bool
build_room(api_schema_build_t *b, api_vec_t *vec, uint32_t n)
{
    uint8_t *p;
    uint32_t cap;

    if (b->rc != API_OK) {
        return false;
    }

    if (n > API_BUILD_MAX - vec->n) {
        b->rc = API_LIMIT;
        return false;
    }

    if (n <= vec->cap - vec->n) {
        return true;
    }

    cap = 2 * vec->cap + n + 32;
    p = api_arena_grow(&b->arena, vec->p, (size_t) vec->n * vec->size,
        (size_t) cap * vec->size);

    if (p == NULL) {
        b->rc = API_NOMEM;
        return false;
    }

    vec->p = p;
    vec->cap = cap;

    return true;
}


uint32_t
api_build_push(api_schema_build_t *b, api_vec_t *vec, const void *item)
{
    if (!build_room(b, vec, 1)) {
        return 0;
    }

    memcpy(vec->p + (size_t) vec->n * vec->size, item, vec->size);

    return vec->n++;
}


uint32_t
api_build_extend(api_schema_build_t *b, api_vec_t *vec, uint32_t n)
{
    if (!build_room(b, vec, n)) {
        return 0;
    }

    if (n) {
        memset(
            vec->p + (size_t) vec->n * vec->size, 0, (size_t) n * vec->size);
    }

    vec->n += n;

    return vec->n - n;
}


static uint32_t
build_hash(api_node_t n)
{
    uintptr_t h;

    h = (uintptr_t) n.doc >> 4;
    h = (h ^ n.at) * (uintptr_t) 0x9e3779b97f4a7c15u;

    return (uint32_t) (h >> 20);
}


static api_map_slot_t *
build_slot(const api_schema_build_t *b, api_node_t n)
{
    uint32_t        i;
    api_map_slot_t *s;

    for (i = build_hash(n);; i++) {
        s = &b->map[i & b->map_mask];

        if (s->node == 0 || (s->doc == n.doc && s->at == n.at)) {
            return s;
        }
    }
}


static bool
build_map_grow(api_schema_build_t *b)
{
    uint32_t        i, size;
    api_map_slot_t *old;

    if (b->map && b->sources.n < b->map_mask / 2) {
        return true;
    }

    size = b->map ? 2 * (b->map_mask + 1) : 256;
    old = b->map;
    b->map = api_arena_calloc(&b->arena, size, sizeof(*b->map));

    if (b->map == NULL) {
        b->map = old;
        b->rc = API_NOMEM;
        return false;
    }

    b->map_mask = size - 1;

    for (i = 0; old && i < size / 2; i++) {
        if (old[i].node) {
            *build_slot(b, (api_node_t){ old[i].doc, old[i].at }) = old[i];
        }
    }

    return true;
}


uint32_t
api_build_node(api_schema_build_t *b, api_node_t n, uint32_t resource)
{
    uint32_t        node;
    api_source_t    source;
    api_map_slot_t *s;

    if (b->rc != API_OK || !build_map_grow(b)) {
        return 0;
    }

    s = build_slot(b, n);

    if (s->node) {
        return s->node - 1;
    }

    source.node = n;
    source.resource = api_scan_own(b, n, resource);

    node = api_build_push(b, &b->sources, &source);
    api_build_extend(b, &b->nodes, 1);

    *s = (api_map_slot_t){ n.doc, n.at, node + 1 };

    return node;
}


uint32_t
api_build_name(api_schema_build_t *b, api_span_t s)
{
    return api_build_push(b, &b->names, &s);
}


void
api_build_op(api_schema_build_t *b, uint32_t node, const api_op_t *op)
{
    uint32_t         at;
    api_node_prog_t *n;

    at = api_build_push(b, &b->ops, op);
    n = API_VEC(b->nodes, api_node_prog_t, node);

    if (b->rc == API_OK) {
        n->ops = n->nops ? n->ops : at;
        n->nops++;
    }
}


static void
build_vec(api_vec_t *vec, uint32_t size)
{
    vec->size = size;
}


static void
build_vecs(api_schema_build_t *b)
{
    build_vec(&b->sources, sizeof(api_source_t));
    build_vec(&b->resources, sizeof(api_resource_t));
    build_vec(&b->named, sizeof(api_named_t));
    build_vec(&b->scanned, sizeof(const api_doc_t *));
    build_vec(&b->nodes, sizeof(api_node_prog_t));
    build_vec(&b->ops, sizeof(api_op_t));
    build_vec(&b->list, sizeof(uint32_t));
    build_vec(&b->names, sizeof(api_span_t));
    build_vec(&b->props, sizeof(api_prop_t));
    build_vec(&b->slots, sizeof(uint32_t));
    build_vec(&b->patterns, sizeof(api_pattern_prop_t));
    build_vec(&b->needs, sizeof(api_need_t));
    build_vec(&b->words, sizeof(uint64_t));
    build_vec(&b->objects, sizeof(api_object_t));
    build_vec(&b->arrays, sizeof(api_array_t));
    build_vec(&b->numbers, sizeof(api_number_t));
    build_vec(&b->divisors, sizeof(api_decimal_divisor_t));
    build_vec(&b->regexes, sizeof(api_regex_t *));
    build_vec(&b->texts, sizeof(api_span_t));
    build_vec(&b->anchors, sizeof(api_anchor_t));
    build_vec(&b->discriminators, sizeof(api_discriminator_t));
    build_vec(&b->cases, sizeof(api_case_t));
    build_vec(&b->consts, sizeof(api_const_t));
}


int
api_schema_build(api_schema_build_t **build, api_docs_t *docs,
    const api_schema_opts_t *opts, api_problems_t *problems,
    const api_alloc_t *alloc)
{
    api_schema_build_t *b;

    b = alloc->alloc(alloc->ctx, sizeof(*b));
    if (b == NULL) {
        return API_NOMEM;
    }

    memset(b, 0, sizeof(*b));

    b->alloc = alloc;
    b->docs = docs;
    b->problems = problems;
    b->anything = API_BUILD_NONE;

    if (opts) {
        b->opts = *opts;
    }

    api_arena_init(&b->arena, alloc, 65536, 0);
    api_tape_init(&b->values, &b->arena, api_docs_seed(docs));
    build_vecs(b);
    api_kw_init(b);

    *build = b;

    return API_OK;
}


void
api_build_work(api_schema_build_t *b)
{
    while (b->rc == API_OK && b->done < b->sources.n) {
        api_compile_node(b, b->done++);
    }
}


int
api_schema_add(api_schema_build_t *b, api_node_t node,
    api_schema_dialect_t dialect, uint32_t *entry)
{
    uint32_t resource;

    resource = api_scan_resource(b, node, dialect);
    api_scan(b, node, resource);

    *entry = api_build_node(b, node, resource);

    api_build_work(b);

    return b->rc;
}


void
api_schema_drop(api_schema_build_t *b)
{
    uint32_t i;

    if (b == NULL) {
        return;
    }

    for (i = 0; i < b->regexes.n; i++) {
        api_regex_free(*API_VEC(b->regexes, api_regex_t *, i));
    }

    api_arena_free(&b->arena);

    if (b->alloc->free) {
        b->alloc->free(b->alloc->ctx, b);
    }
}


void
api_schema_free(api_schema_t *schema)
{
    uint32_t           i;
    const api_alloc_t *alloc;

    if (schema == NULL) {
        return;
    }

    for (i = 0; i < schema->nregexes; i++) {
        api_regex_free(schema->regexes[i]);
    }

    alloc = schema->alloc;
    api_arena_free(&schema->arena);

    if (alloc->free) {
        alloc->free(alloc->ctx, schema);
    }
}


size_t
api_schema_memory(const api_schema_t *schema)
{
    return sizeof(*schema) + schema->arena.held;
}


/* The array of a vector, of its exact size, in the program. */

static void *
build_keep(api_schema_build_t *b, api_schema_t *s, const api_vec_t *vec)
{
    void  *p;
    size_t size;

    size = (size_t) vec->n * vec->size;
    p = api_arena_alloc(&s->arena, size);

    if (p == NULL) {
        b->rc = API_NOMEM;
        return NULL;
    }

    if (size) {
        memcpy(p, vec->p, size);
    }

    return p;
}


static api_span_t
build_keep_span(api_schema_build_t *b, api_schema_t *s, api_span_t text)
{
    api_span_t copy;

    copy = api_arena_dup(&s->arena, text);

    if (copy.data == NULL) {
        b->rc = API_NOMEM;
    }

    return copy;
}


/* The program outlives the documents: what points into them is copied. */

static void
build_keep_texts(api_schema_build_t *b, api_schema_t *s)
{
    uint32_t i;

    for (i = 0; b->rc == API_OK && i < b->names.n; i++) {
        s->names[i] = build_keep_span(b, s, s->names[i]);
    }

    for (i = 0; b->rc == API_OK && i < b->props.n; i++) {
        s->props[i].text = s->names[s->props[i].name].data;
        s->props[i].len = s->names[s->props[i].name].len;
    }

    for (i = 0; b->rc == API_OK && i < b->texts.n; i++) {
        s->sources[i] = build_keep_span(b, s, s->sources[i]);
    }

    for (i = 0; b->rc == API_OK && i < b->numbers.n; i++) {
        s->numbers[i].text = build_keep_span(b, s, s->numbers[i].text);
    }
}


static void
build_keep_values(api_schema_build_t *b, api_schema_t *s)
{
    size_t     size;
    api_json_t json;

    s->values.seed = s->seed;

    if (b->rc != API_OK || b->values.ntok == 0) {
        return;
    }

    b->rc = api_tape_done(&b->values, &json);
    if (b->rc != API_OK) {
        return;
    }

    size = json.ntok * sizeof(*json.tok);
    s->values = json;
    s->values.tok = api_arena_alloc(&s->arena, size);
    s->values.text = build_keep_span(b, s, api_span(json.text, json.len)).data;

    if (s->values.tok == NULL) {
        b->rc = API_NOMEM;
        return;
    }

    memcpy(s->values.tok, json.tok, size);
}


static void
build_keep_all(api_schema_build_t *b, api_schema_t *s)
{
    s->nodes = build_keep(b, s, &b->nodes);
    s->ops = build_keep(b, s, &b->ops);
    s->list = build_keep(b, s, &b->list);
    s->names = build_keep(b, s, &b->names);
    s->props = build_keep(b, s, &b->props);
    s->slots = build_keep(b, s, &b->slots);
    s->patterns = build_keep(b, s, &b->patterns);
    s->needs = build_keep(b, s, &b->needs);
    s->words = build_keep(b, s, &b->words);
    s->objects = build_keep(b, s, &b->objects);
    s->arrays = build_keep(b, s, &b->arrays);
    s->numbers = build_keep(b, s, &b->numbers);
    s->divisors = build_keep(b, s, &b->divisors);
    s->regexes = build_keep(b, s, &b->regexes);
    s->sources = build_keep(b, s, &b->texts);
    s->anchors = build_keep(b, s, &b->anchors);
    s->discriminators = build_keep(b, s, &b->discriminators);
    s->cases = build_keep(b, s, &b->cases);
    s->consts = build_keep(b, s, &b->consts);
    s->nnodes = b->nodes.n;
    s->nops = b->ops.n;

    build_keep_texts(b, s);
    build_keep_values(b, s);
}


static int
build_program(api_schema_build_t *b, api_schema_t **out)
{
    api_schema_t *s;

    s = b->alloc->alloc(b->alloc->ctx, sizeof(*s));
    if (s == NULL) {
        return API_NOMEM;
    }

    memset(s, 0, sizeof(*s));
    s->alloc = b->alloc;
    s->seed = api_docs_seed(b->docs);
    s->strict = b->opts.strict;
    api_arena_init(&s->arena, b->alloc, 65536, 0);

    build_keep_all(b, s);

    if (b->rc != API_OK) {
        api_schema_free(s);
        return b->rc;
    }

    /* now they are the program's */

    s->nregexes = b->regexes.n;
    b->regexes.n = 0;
    *out = s;

    return API_OK;
}


int
api_schema_finish(api_schema_build_t *b, api_schema_t **schema)
{
    int rc;

    if (b->rc == API_OK) {
        api_link(b);
    }

    rc = b->rc;

    if (rc == API_OK && b->problems->nomem) {
        rc = API_NOMEM;
    }

    if (rc == API_OK && b->problems->errors) {
        rc = API_INVALID;
    }

    if (rc == API_OK) {
        rc = build_program(b, schema);
    }

    api_schema_drop(b);

    return rc;
}
