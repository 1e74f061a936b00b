#include "api_schema_run_int.h"


run_rc_t
run_all(run_t *v, run_frame_t *f, const api_op_t *op)
{
    run_rc_t rc;

    while (f->i < op->b) {
        rc = run_apply(v, f, v->s->list[op->a + f->i++], f->tok, RUN_PART);

        if (run_ends(f, rc)) {
            return rc;
        }
    }

    return RUN_OK;
}


/* Once, and what comes of it is the answer. */

static run_rc_t
apply_once(run_t *v, run_frame_t *f, uint32_t node, unsigned how)
{
    if (f->state) {
        return RUN_OK;
    }

    f->state = 1;

    return run_apply(v, f, node, f->tok, how);
}


run_rc_t
run_ref(run_t *v, run_frame_t *f, const api_op_t *op)
{
    return apply_once(v, f, op->a, 0);
}


/* The one branch whose types fit, when errors are wanted: its errors say more
   than that none of many holds. */

static uint32_t
apply_only(const run_t *v, const run_frame_t *f, const api_op_t *op)
{
    uint32_t i, node, only;

    only = API_SCHEMA_NONE;

    for (i = 0; i < op->b && !f->quiet; i++) {
        node = v->s->list[op->a + i];

        if (!run_type(v, &v->s->nodes[node], f->tok)) {
            continue;
        }

        if (only != API_SCHEMA_NONE) {
            return API_SCHEMA_NONE;
        }

        only = node;
    }

    return only;
}


enum { UNION_NEW = 0, UNION_TRY, UNION_ONLY };


/*
 * Branches from the f->i-th on; f->n of them hold.  RUN_OK when all that
 * matter have been tried, `enough` of them, or all when it matters which
 * members they look at.
 */

static run_rc_t
apply_branches(run_t *v, run_frame_t *f, const api_op_t *op, uint32_t enough)
{
    run_rc_t rc;

    f->n += f->judge && v->ret;
    f->judge = true;

    while (f->i < op->b && f->n < enough) {
        rc = run_apply(v, f, v->s->list[op->a + f->i++], f->tok, RUN_BRANCH);

        if (rc == RUN_CALL || rc == RUN_STOP) {
            return rc;
        }

        f->n += rc == RUN_OK;
    }

    return RUN_OK;
}


/* Begin a union: with its only possible branch, if there is but one. */

static run_rc_t
apply_union(run_t *v, run_frame_t *f, const api_op_t *op)
{
    uint32_t only;

    f->state = UNION_TRY;
    only = apply_only(v, f, op);

    if (only == API_SCHEMA_NONE) {
        return RUN_OK;
    }

    f->state = UNION_ONLY;
    f->judge = false;

    return run_apply(v, f, only, f->tok, 0);
}


run_rc_t
run_any(run_t *v, run_frame_t *f, const api_op_t *op)
{
    run_rc_t rc;

    if (f->state == UNION_NEW) {
        rc = apply_union(v, f, op);

        if (f->state == UNION_ONLY) {
            return rc;
        }
    }

    if (f->state == UNION_ONLY) {
        return RUN_OK;
    }

    rc = apply_branches(v, f, op, f->eval ? UINT32_MAX : 1);

    if (rc != RUN_OK) {
        return rc;
    }

    return f->n ? RUN_OK : run_error(v, f, f->tok, API_SCHEMA_K_ANY_OF, op->b);
}


run_rc_t
run_one(run_t *v, run_frame_t *f, const api_op_t *op)
{
    run_rc_t rc;

    if (f->state == UNION_NEW) {
        rc = apply_union(v, f, op);

        if (f->state == UNION_ONLY) {
            return rc;
        }
    }

    if (f->state == UNION_ONLY) {
        return RUN_OK;
    }

    rc = apply_branches(v, f, op, 2);

    if (rc != RUN_OK) {
        return rc;
    }

    return f->n == 1 ? RUN_OK
                     : run_error(v, f, f->tok, API_SCHEMA_K_ONE_OF, f->n);
}


run_rc_t
run_not(run_t *v, run_frame_t *f, const api_op_t *op)
{
    run_rc_t rc;

    if (f->state == 0) {
        f->state = 1;
        f->judge = true;
        rc = run_apply(v, f, op->a, f->tok, RUN_ASIDE);

        if (rc == RUN_CALL || rc == RUN_STOP) {
            return rc;
        }

        v->ret = rc == RUN_OK;
    }

    return v->ret ? run_error(v, f, f->tok, API_SCHEMA_K_NOT, 0) : RUN_OK;
}


enum { IF_NEW = 0, IF_ASKED, IF_DONE };


run_rc_t
run_if(run_t *v, run_frame_t *f, const api_op_t *op)
{
    run_rc_t rc;
    uint32_t node;

    if (f->state == IF_NEW) {
        f->state = IF_ASKED;
        f->judge = true;

        /* what it looks at counts when it holds */

        rc = run_apply(v, f, op->a, f->tok, RUN_BRANCH | RUN_OPEN);

        if (rc == RUN_CALL || rc == RUN_STOP) {
            return rc;
        }

        v->ret = rc == RUN_OK;
    }

    if (f->state == IF_DONE) {
        return RUN_OK;
    }

    f->state = IF_DONE;
    f->judge = false;
    node = v->ret ? op->b : op->c;

    return node == API_SCHEMA_NONE ? RUN_OK : run_apply(v, f, node, f->tok, 0);
}


run_rc_t
run_dependent(run_t *v, run_frame_t *f, const api_op_t *op)
{
    if (f->state) {
        return RUN_OK;
    }

    if (!run_spend(v, v->json->tok[f->tok].len)) {
        return run_stop(v, API_LIMIT);
    }

    if (api_json_get(v->json, f->tok, v->s->names[op->a]) == API_JSON_NONE) {
        return RUN_OK;
    }

    return apply_once(v, f, op->b, 0);
}


/* The anchor in the resource that was entered first. */

run_rc_t
run_dynamic(run_t *v, run_frame_t *f, const api_op_t *op)
{
    uint32_t            i, k, resource;
    const api_anchor_t *a;

    if (f->state) {
        return RUN_OK;
    }

    for (i = 0; i < v->nframes; i++) {
        resource = v->s->nodes[v->frames[i].node].resource;

        if (!run_spend(v, 1)) {
            return run_stop(v, API_LIMIT);
        }

        for (k = 0; k < op->b; k++) {
            a = &v->s->anchors[op->a + k];

            if (a->resource == resource) {
                return apply_once(v, f, a->node, 0);
            }
        }
    }

    return apply_once(v, f, op->c, 0);
}


/* The schema that the value of the member names; API_SCHEMA_NONE + false when
   there is none. */

static bool
apply_case(
    run_t *v, const api_discriminator_t *d, uint32_t tok, uint32_t *node)
{
    uint32_t          i;
    const api_case_t *c;

    for (i = 0; i < d->n; i++) {
        c = &v->s->cases[d->first + i];

        if (api_json_string_eq(v->json, tok, v->s->names[c->value])) {
            *node = c->node;
            return true;
        }
    }

    return false;
}


run_rc_t
run_discriminator(run_t *v, run_frame_t *f, const api_op_t *op)
{
    uint32_t                   tok, node;
    const api_discriminator_t *d;

    d = &v->s->discriminators[op->a];

    if (f->state || (d->base && !f->whole)) {
        return RUN_OK;
    }

    if (f->mask != API_SCHEMA_T_OBJECT) {
        return d->base ? RUN_OK
                       : run_error(
                           v, f, f->tok, API_SCHEMA_K_DISCRIMINATOR, d->name);
    }

    if (!run_spend(v, v->json->tok[f->tok].len + d->n)) {
        return run_stop(v, API_LIMIT);
    }

    tok = api_json_get(v->json, f->tok, v->s->names[d->name]);

    if (tok == API_JSON_NONE || v->json->tok[tok].type != API_JSON_STRING
        || !apply_case(v, d, tok, &node))
    {
        return run_error(v, f, tok == API_JSON_NONE ? f->tok : tok,
            API_SCHEMA_K_DISCRIMINATOR, d->name);
    }

    return node == API_SCHEMA_NONE
               ? RUN_OK
               : apply_once(v, f, node, d->base ? RUN_PART : 0);
}
