#include "api_schema_build.h"


/* The object being put together; its number is known from the start. */

typedef struct {
    api_schema_build_t  *b;
    const api_compile_t *c;
    api_object_t         o;
    uint32_t room; /* properties that its hash table has room for */
} object_t;


static api_node_t
object_kw(const object_t *t, api_kw_t kw)
{
    return t->c->k->v[kw];
}


/* Is the keyword there, and an object?  A problem when it is something else. */

static bool
object_map(object_t *t, api_kw_t kw)
{
    if (!api_node_ok(object_kw(t, kw))) {
        return false;
    }

    if (!api_node_is(object_kw(t, kw), API_JSON_OBJECT)) {
        api_compile_bad(t->b, t->c, kw, "an object");
        return false;
    }

    return true;
}


/* At most so many names: of members, of lists, of lists in maps. */

static uint32_t
object_names(const object_t *t)
{
    uint32_t        n;
    api_kw_t        kw;
    api_node_t      v;
    api_node_iter_t it;

    n = api_node_count(object_kw(t, KW_PROPERTIES))
        + api_node_count(object_kw(t, KW_REQUIRED));

    for (kw = KW_DEPENDENCIES; kw <= KW_DEPENDENT_REQUIRED; kw++) {
        it = api_node_iter(object_kw(t, kw));

        while (api_node_next(&it, NULL, &v)) {
            n += 1 + api_node_count(v);
        }
    }

    return n;
}


static void
object_table(object_t *t)
{
    uint32_t size;

    t->room = object_names(t);
    t->o.props = t->b->props.n;

    for (size = 1; size < 2 * t->room; size *= 2) {
        /* void */
    }

    t->o.slots = api_build_extend(t->b, &t->b->slots, size);
    t->o.mask = size - 1;
}


/* The property of that name; a new one without a schema if there is none. */

static api_prop_t *
object_prop(object_t *t, api_span_t name)
{
    uint32_t    i, *slot;
    api_prop_t  p;
    api_prop_t *old;

    memset(&p, 0, sizeof(p));
    p.hash = api_json_hash(api_docs_seed(t->b->docs), name);
    p.node = API_BUILD_NONE;
    p.bit = API_PROP_NONE;

    if (t->b->rc != API_OK) {
        return NULL;
    }

    for (i = p.hash;; i++) {
        slot = API_VEC(t->b->slots, uint32_t, t->o.slots + (i & t->o.mask));

        if (*slot == 0) {
            break;
        }

        old = API_VEC(t->b->props, api_prop_t, t->o.props + *slot - 1);

        if (old->hash == p.hash
            && api_span_eq(*API_VEC(t->b->names, api_span_t, old->name), name))
        {
            return old;
        }
    }

    p.name = api_build_name(t->b, name);
    api_build_push(t->b, &t->b->props, &p);

    if (t->b->rc != API_OK) {
        return NULL;
    }

    *slot = ++t->o.nprops;

    return API_VEC(t->b->props, api_prop_t, t->o.props + t->o.nprops - 1);
}


/* The bit that tells whether the member was there. */

static uint32_t
object_bit(object_t *t, api_span_t name)
{
    api_prop_t *p;

    p = object_prop(t, name);

    if (p == NULL) {
        return 0;
    }

    if (p->bit == API_PROP_NONE) {
        p->bit = t->o.nbits++;
    }

    return p->bit;
}


static void
object_properties(object_t *t)
{
    uint32_t        node;
    api_node_t      v;
    api_span_t      name;
    api_prop_t     *p;
    api_node_iter_t it;

    if (!object_map(t, KW_PROPERTIES)) {
        return;
    }

    it = api_node_iter(object_kw(t, KW_PROPERTIES));

    while (api_node_next(&it, &name, &v)) {
        node = api_build_node(t->b, v, t->c->resource);
        p = object_prop(t, name);

        if (p == NULL) {
            return;
        }

        p->node = node;
    }
}


static void
object_patterns(object_t *t)
{
    uint32_t           i;
    api_node_t         v;
    api_span_t         name;
    api_node_iter_t    it;
    api_pattern_prop_t p;

    t->o.patterns = t->b->patterns.n;

    if (!object_map(t, KW_PATTERN_PROPERTIES)) {
        return;
    }

    it = api_node_iter(object_kw(t, KW_PATTERN_PROPERTIES));

    for (i = 0; api_node_next(&it, &name, &v); i++) {
        p.regex = api_compile_regex(t->b, v, name);
        p.node = api_build_node(t->b, v, t->c->resource);

        if (p.regex == API_BUILD_NONE) {
            continue;
        }

        api_build_push(t->b, &t->b->patterns, &p);
        t->o.npatterns++;
    }
}


/* A list of names; draft 4's may not be empty, which nobody cares about. */

static bool
object_list(object_t *t, api_kw_t kw, api_node_t n)
{
    api_node_t      v;
    api_node_iter_t it;

    if (!api_node_is(n, API_JSON_ARRAY)) {
        api_problem_error(t->b->problems, n, "%s has to be a list of names",
            api_kw_name(kw));
        return false;
    }

    for (it = api_node_iter(n); api_node_next(&it, NULL, &v);) {
        if (!api_node_is(v, API_JSON_STRING)) {
            api_problem_error(t->b->problems, v,
                "%s has to be a list of names", api_kw_name(kw));
            return false;
        }
    }

    return true;
}


/* The words of what is required: three rows, by direction, filled in for
   requests and responses when it is known which members are readOnly. */

static void
object_required(object_t *t)
{
    bool            old;
    uint32_t        bit, nwords;
    api_node_t      v, n;
    api_node_iter_t it;

    n = object_kw(t, KW_REQUIRED);

    /* OpenAPI 2.0 and draft 3 have a boolean in the member's own schema */

    old = api_node_is(n, API_JSON_TRUE) || api_node_is(n, API_JSON_FALSE);

    if (old && api_dialect_is_openapi(t->c->dialect)) {
        api_problem_warning(t->b->problems, n,
            "required as a boolean has no effect; name the member in the "
            "list of the object around it");
        n = API_NODE_NONE;

    } else if (api_node_ok(n) && !object_list(t, KW_REQUIRED, n)) {
        n = API_NODE_NONE;
    }

    for (it = api_node_iter(n); api_node_next(&it, NULL, &v);) {
        (void) object_bit(t, api_node_string(v));
    }

    /* the bits of dependencies came before */

    nwords = (t->o.nbits + 63) / 64;
    t->o.required = api_build_extend(t->b, &t->b->words, 3 * nwords);

    for (it = api_node_iter(n); api_node_next(&it, NULL, &v);) {
        bit = object_bit(t, api_node_string(v));

        if (t->b->rc == API_OK) {
            *API_VEC(t->b->words, uint64_t, t->o.required + bit / 64) |=
                UINT64_C(1) << (bit & 63);
        }
    }
}


static void
object_need(object_t *t, api_span_t when, api_node_t list)
{
    api_node_t      v;
    api_need_t      need;
    api_node_iter_t it;

    for (it = api_node_iter(list); api_node_next(&it, NULL, &v);) {
        need.when = object_bit(t, when);
        need.need = object_bit(t, api_node_string(v));
        api_build_push(t->b, &t->b->needs, &need);
        t->o.nneeds++;
    }
}


/* The lists of dependentRequired and dependencies; the schemas of the latter
   are operations of their own. */

static void
object_needs(object_t *t)
{
    api_kw_t        kw;
    api_node_t      v;
    api_span_t      name;
    api_node_iter_t it;

    t->o.needs = t->b->needs.n;

    for (kw = KW_DEPENDENCIES; kw <= KW_DEPENDENT_REQUIRED; kw++) {
        if (!object_map(t, kw)) {
            continue;
        }

        it = api_node_iter(object_kw(t, kw));

        while (api_node_next(&it, &name, &v)) {
            if (kw == KW_DEPENDENCIES && !api_node_is(v, API_JSON_ARRAY)) {
                /* draft 4 and OpenAPI have the name of one alone nowhere */
                continue;
            }

            if (object_list(t, kw, v)) {
                object_need(t, name, v);
            }
        }
    }
}


/* additionalProperties may be a boolean even where schemas may not. */

static uint32_t
object_additional(object_t *t)
{
    return api_compile_sub(t->b, t->c, KW_ADDITIONAL_PROPERTIES);
}


static bool
object_is_said(const api_compile_t *c)
{
    unsigned              i;
    static const api_kw_t kws[] = { KW_PROPERTIES, KW_PATTERN_PROPERTIES,
        KW_ADDITIONAL_PROPERTIES, KW_PROPERTY_NAMES, KW_REQUIRED,
        KW_MAX_PROPERTIES, KW_MIN_PROPERTIES, KW_DEPENDENCIES,
        KW_DEPENDENT_REQUIRED };

    for (i = 0; i < sizeof(kws) / sizeof(kws[0]); i++) {
        if (api_node_ok(c->k->v[kws[i]])) {
            return true;
        }
    }

    return false;
}


void
api_compile_object(api_schema_build_t *b, const api_compile_t *c)
{
    api_op_t op;
    object_t t;

    if (!object_is_said(c)) {
        return;
    }

    memset(&t, 0, sizeof(t));
    t.b = b;
    t.c = c;

    object_table(&t);
    object_properties(&t);
    object_needs(&t);
    object_required(&t);
    object_patterns(&t);

    t.o.additional = object_additional(&t);
    t.o.names = api_compile_sub(b, c, KW_PROPERTY_NAMES);
    t.o.min = api_compile_count(b, c, KW_MIN_PROPERTIES, 0);
    t.o.max = api_compile_count(b, c, KW_MAX_PROPERTIES, UINT32_MAX);

    t.o.plain = t.o.names == API_BUILD_NONE && t.o.npatterns == 0;

    if (t.o.nprops || t.o.npatterns) {
        API_VEC(b->nodes, api_node_prog_t, c->node)->flags |= API_NODE_F_NAMES;
    }

    memset(&op, 0, sizeof(op));
    op.code = API_OP_OBJECT;
    op.types = API_SCHEMA_T_OBJECT;
    op.a = api_build_push(b, &b->objects, &t.o);
    api_build_op(b, c->node, &op);
}
