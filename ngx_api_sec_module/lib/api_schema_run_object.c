#include "api_schema_run_int.h"


/* What is done with a member: the next to do when the operation is called
   again. */

enum { MEMBER_NAME = 0, MEMBER_PROPERTY, MEMBER_PATTERNS, MEMBER_OTHER };

/* Whether the operation has begun. */

enum { OBJECT_NEW = 0, OBJECT_MEMBERS };


/* The property that the name at token k stands for, or NULL. */

static inline const api_prop_t *
object_find(const run_t *v, const api_object_t *o, uint32_t k)
{
    uint32_t              i, slot, hash;
    const api_prop_t     *p;
    const api_json_tok_t *t;

    t = &v->json->tok[k];
    hash = t->u.hash;

    for (i = hash;; i++) {
        slot = v->s->slots[o->slots + (i & o->mask)];

        if (slot == 0) {
            return NULL;
        }

        p = &v->s->props[o->props + slot - 1];

        if (p->hash != hash) {
            continue;
        }

        if (t->flags & API_JSON_F_ESCAPED
                ? api_json_string_eq(v->json, k, api_span(p->text, p->len))
                : t->len == p->len
                      && memcmp(v->json->text + t->off, p->text, p->len) == 0)
        {
            return p;
        }
    }
}


static run_rc_t
object_begin(run_t *v, run_frame_t *f, const api_object_t *o)
{
    run_rc_t              rc;
    const api_json_tok_t *t;

    t = &v->json->tok[f->tok];
    f->state = OBJECT_MEMBERS;
    f->k = f->tok + 1;
    f->n = t->len;

    if (o->nbits && !run_bits(v, (o->nbits + 63) / 64, &f->seen)) {
        return RUN_STOP;
    }

    if (t->len < o->min) {
        rc = run_error(v, f, f->tok, API_SCHEMA_K_MIN_PROPERTIES, o->min);

        if (run_ends(f, rc)) {
            return rc;
        }
    }

    if (t->len > o->max) {
        return run_error(v, f, f->tok, API_SCHEMA_K_MAX_PROPERTIES, o->max);
    }

    return RUN_OK;
}


/* A member that the direction does not have. */

static run_rc_t
object_direction(run_t *v, run_frame_t *f, uint32_t node, uint32_t tok)
{
    uint8_t flags;

    flags = v->s->nodes[node].flags;

    if (v->direction == API_SCHEMA_REQUEST && (flags & API_NODE_F_READ)) {
        return run_error(v, f, tok, API_SCHEMA_K_READ_ONLY, 0);
    }

    if (v->direction == API_SCHEMA_RESPONSE && (flags & API_NODE_F_WRITE)) {
        return run_error(v, f, tok, API_SCHEMA_K_WRITE_ONLY, 0);
    }

    return RUN_OK;
}


static run_rc_t
object_property(run_t *v, run_frame_t *f, const api_object_t *o)
{
    run_rc_t          rc;
    const api_prop_t *p;

    p = o->nprops ? object_find(v, o, f->k) : NULL;

    if (p == NULL) {
        return RUN_OK;
    }

    if (p->bit != API_PROP_NONE) {
        v->bits[f->seen + p->bit / 64] |= UINT64_C(1) << (p->bit & 63);
    }

    if (p->node == API_SCHEMA_NONE) {
        return RUN_OK;
    }

    f->matched = true;

    if (v->direction != API_SCHEMA_ANY_WAY) {
        rc = object_direction(v, f, p->node, f->k + 1);

        if (run_ends(f, rc)) {
            return rc;
        }
    }

    return run_apply(v, f, p->node, f->k + 1, RUN_VALUE);
}


/* Does the pattern match the name at f->k?  What an escaped name decodes to is
   given back before anything else takes memory. */

static int
object_matches(run_t *v, const run_frame_t *f, uint32_t regex)
{
    int              rc;
    api_span_t       name;
    api_arena_mark_t mark;

    if (api_regex_ready(&v->regex) != API_OK) {
        return API_NOMEM;
    }

    mark = api_arena_mark(v->arena);

    rc = run_text(v, f->k, &name)
             ? api_regex_match(v->s->regexes[regex], name, &v->regex)
             : API_NOMEM;

    if (v->json->tok[f->k].flags & API_JSON_F_ESCAPED) {
        api_arena_rewind(v->arena, mark);
    }

    return rc;
}


/* Patterns from the f->j-th on. */

static run_rc_t
object_patterns(run_t *v, run_frame_t *f, const api_object_t *o)
{
    int                       rc;
    run_rc_t                  applied;
    const api_pattern_prop_t *p;

    while (f->j < o->npatterns) {
        p = &v->s->patterns[o->patterns + f->j++];
        rc = object_matches(v, f, p->regex);

        if (rc == API_DENIED) {
            continue;
        }

        if (rc != API_OK || !run_spend(v, 1)) {
            return run_stop(v, rc == API_OK ? API_LIMIT : rc);
        }

        f->matched = true;
        applied = run_apply(v, f, p->node, f->k + 1, RUN_VALUE);

        if (run_ends(f, applied)) {
            return applied;
        }
    }

    return RUN_OK;
}


/* A member that neither properties nor patterns know. */

static run_rc_t
object_other(run_t *v, run_frame_t *f, const api_object_t *o)
{
    if (f->matched) {
        return RUN_OK;
    }

    if (o->additional == API_SCHEMA_NONE) {
        return f->plain ? run_error(
                   v, f, f->k, API_SCHEMA_K_ADDITIONAL_PROPERTIES, 0)
                        : RUN_OK;
    }

    f->matched = true;

    if (run_is_false(v, o->additional)) {
        return run_error(v, f, f->k, API_SCHEMA_K_ADDITIONAL_PROPERTIES, 0);
    }

    return run_apply(v, f, o->additional, f->k + 1, RUN_VALUE);
}


/* What is left to do with the member at f->k. */

static run_rc_t
object_member(run_t *v, run_frame_t *f, const api_object_t *o)
{
    run_rc_t rc;

    if (f->state == OBJECT_MEMBERS + MEMBER_NAME) {
        f->state = OBJECT_MEMBERS + MEMBER_PROPERTY;

        if (o->names != API_SCHEMA_NONE) {
            rc = run_apply(v, f, o->names, f->k, RUN_VALUE);

            if (run_ends(f, rc)) {
                return rc;
            }
        }
    }

    if (f->state == OBJECT_MEMBERS + MEMBER_PROPERTY) {
        f->state = OBJECT_MEMBERS + MEMBER_PATTERNS;
        rc = object_property(v, f, o);

        if (run_ends(f, rc)) {
            return rc;
        }
    }

    if (f->state == OBJECT_MEMBERS + MEMBER_PATTERNS) {
        rc = object_patterns(v, f, o);

        if (run_ends(f, rc)) {
            return rc;
        }

        f->state = OBJECT_MEMBERS + MEMBER_OTHER;
        rc = object_other(v, f, o);

        if (run_ends(f, rc)) {
            return rc;
        }
    }

    return RUN_OK;
}


/* The name of the property with that bit. */

static uint32_t
object_bit_name(const run_t *v, const api_object_t *o, uint32_t bit)
{
    uint32_t i;

    for (i = 0; i < o->nprops; i++) {
        if (v->s->props[o->props + i].bit == bit) {
            return v->s->props[o->props + i].name;
        }
    }

    return 0;
}


static run_rc_t
object_required(run_t *v, run_frame_t *f, const api_object_t *o)
{
    uint32_t        i, bit, nwords;
    run_rc_t        rc;
    uint64_t        missing;
    const uint64_t *need;

    nwords = (o->nbits + 63) / 64;
    need = v->s->words + o->required + (uint32_t) v->direction * nwords;

    for (i = 0; i < nwords; i++) {
        missing = need[i] & ~v->bits[f->seen + i];

        for (bit = 0; missing; bit++, missing >>= 1) {
            if (!(missing & 1)) {
                continue;
            }

            rc = run_error(v, f, f->tok, API_SCHEMA_K_REQUIRED,
                f->quiet ? 0 : object_bit_name(v, o, i * 64 + bit));

            if (run_ends(f, rc)) {
                return rc;
            }
        }
    }

    return RUN_OK;
}


static bool
object_seen(const run_t *v, const run_frame_t *f, uint32_t bit)
{
    return v->bits[f->seen + bit / 64] >> (bit & 63) & 1;
}


static run_rc_t
object_needs(run_t *v, run_frame_t *f, const api_object_t *o)
{
    uint32_t          i;
    run_rc_t          rc;
    const api_need_t *n;

    if (!run_spend(v, o->nneeds)) {
        return run_stop(v, API_LIMIT);
    }

    for (i = 0; i < o->nneeds; i++) {
        n = &v->s->needs[o->needs + i];

        if (!object_seen(v, f, n->when) || object_seen(v, f, n->need)) {
            continue;
        }

        rc = run_error(v, f, f->tok, API_SCHEMA_K_DEPENDENT_REQUIRED,
            object_bit_name(v, o, n->need));

        if (run_ends(f, rc)) {
            return rc;
        }
    }

    return RUN_OK;
}


/* The slow part of the next: what is no scalar, is not of its type, or nobody
   knows. */

static run_rc_t
object_plain_member(run_t *v, run_frame_t *f, const api_object_t *o,
    const api_prop_t *p, uint32_t k)
{
    run_rc_t rc;

    if (p && p->node != API_SCHEMA_NONE) {
        if (v->direction != API_SCHEMA_ANY_WAY) {
            rc = object_direction(v, f, p->node, k + 1);

            if (run_ends(f, rc)) {
                return rc;
            }
        }

        return run_apply(v, f, p->node, k + 1, RUN_VALUE);
    }

    if (o->additional != API_SCHEMA_NONE && !run_is_false(v, o->additional)) {
        return run_apply(v, f, o->additional, k + 1, RUN_VALUE);
    }

    return o->additional != API_SCHEMA_NONE || f->plain
               ? run_error(v, f, k, API_SCHEMA_K_ADDITIONAL_PROPERTIES, 0)
               : RUN_OK;
}


/* A scalar that can be judged at once, and is not hidden by the direction. */

static inline const api_node_prog_t *
object_scalar(const run_t *v, const api_prop_t *p, const api_json_tok_t *value,
    unsigned hidden)
{
    const api_node_prog_t *n;

    if (p == NULL || p->node == API_SCHEMA_NONE) {
        return NULL;
    }

    n = &v->s->nodes[p->node];

    return (n->flags & API_NODE_F_SCALAR) && !(n->flags & hidden)
                   && (n->types & run_mask(value->type))
                   && !(value->flags & API_JSON_F_ESCAPED) && v->work.left
               ? n
               : NULL;
}


/* Members of an object that has properties and additionalProperties at most:
   there is but one thing to do with each, and nobody asks which there were. */

static run_rc_t
object_plain(run_t *v, run_frame_t *f, const api_object_t *o)
{
    uint32_t               k, n, next;
    run_rc_t               rc;
    unsigned               hidden;
    uint64_t              *seen;
    const api_prop_t      *p;
    const api_json_tok_t  *value;
    const api_node_prog_t *node;

    hidden = v->direction == API_SCHEMA_REQUEST    ? API_NODE_F_READ
             : v->direction == API_SCHEMA_RESPONSE ? API_NODE_F_WRITE
                                                   : 0;
    seen = o->nbits ? v->bits + f->seen : NULL;

    for (k = f->k, n = f->n; n; k = next, n--) {
        value = &v->json->tok[k + 1];
        next = value->type >= API_JSON_ARRAY ? value->u.next : k + 2;
        p = object_find(v, o, k);

        if (seen && p && p->bit != API_PROP_NONE) {
            seen[p->bit / 64] |= UINT64_C(1) << (p->bit & 63);
        }

        node = object_scalar(v, p, value, hidden);

        if (node) {
            v->work.left--;
            rc = run_scalars(v, f, node, k + 1);

        } else {
            /* the frame may wait here for that of another */

            f->k = next;
            f->n = n - 1;
            rc = object_plain_member(v, f, o, p, k);
        }

        if (rc != RUN_OK && run_ends(f, rc)) {
            return rc;
        }
    }

    f->n = 0;

    return RUN_OK;
}


static run_rc_t
object_members(run_t *v, run_frame_t *f, const api_object_t *o)
{
    run_rc_t rc;

    while (f->n) {
        rc = object_member(v, f, o);

        if (run_ends(f, rc)) {
            return rc;
        }

        if (f->matched) {
            run_mark(v, f, f->i);
        }

        f->k = api_json_next(v->json, f->k);
        f->i++;
        f->n--;
        f->j = 0;
        f->matched = false;
        f->state = OBJECT_MEMBERS + MEMBER_NAME;
    }

    return RUN_OK;
}


run_rc_t
run_object(run_t *v, run_frame_t *f, const api_op_t *op)
{
    run_rc_t            rc;
    const api_object_t *o;

    o = &v->s->objects[op->a];

    if (f->state == OBJECT_NEW) {
        rc = object_begin(v, f, o);

        if (run_ends(f, rc)) {
            return rc;
        }
    }

    rc = o->plain && f->eval == 0 ? object_plain(v, f, o)
                                  : object_members(v, f, o);

    if (rc != RUN_OK && run_ends(f, rc)) {
        return rc;
    }

    rc = object_required(v, f, o);

    if (run_ends(f, rc)) {
        return rc;
    }

    return object_needs(v, f, o);
}


/* Members that none of the schemas in place has looked at, where an object is
   to be closed. */

run_rc_t
run_close(run_t *v, run_frame_t *f)
{
    uint32_t i, k, n;
    run_rc_t rc;

    n = v->json->tok[f->tok].len;

    if (!run_spend(v, 1 + n / 8)) {
        return run_stop(v, API_LIMIT);
    }

    for (i = 0, k = f->tok + 1; i < n; i++, k = api_json_next(v->json, k)) {
        if (run_marked(v, f, i)) {
            continue;
        }

        rc = run_error(v, f, k, API_SCHEMA_K_ADDITIONAL_PROPERTIES, 0);

        if (run_ends(f, rc)) {
            return rc;
        }
    }

    return RUN_OK;
}


/* The members or elements that nothing has looked at, from the f->i-th on.
   Behind it all have been. */

run_rc_t
run_unevaluated(run_t *v, run_frame_t *f, const api_op_t *op)
{
    bool     object;
    uint32_t node, tok;
    run_rc_t rc;

    object = f->mask == API_SCHEMA_T_OBJECT;
    node = object ? op->a : op->b;

    if (node == API_SCHEMA_NONE || !f->ok) {
        return RUN_OK;
    }

    if (f->state == 0) {
        f->state = 1;
        f->k = f->tok + 1;
        f->n = v->json->tok[f->tok].len;
    }

    while (f->n) {
        tok = f->k;
        f->k = api_json_next(v->json, f->k);
        f->n--;

        if (run_marked(v, f, f->i++)) {
            continue;
        }

        run_mark(v, f, f->i - 1);

        rc = run_is_false(v, node)
                 ? run_error(v, f, tok,
                     object ? API_SCHEMA_K_UNEVALUATED_PROPERTIES
                            : API_SCHEMA_K_UNEVALUATED_ITEMS,
                     0)
                 : run_apply(v, f, node, tok + object, RUN_VALUE);

        if (run_ends(f, rc)) {
            return rc;
        }
    }

    return RUN_OK;
}
