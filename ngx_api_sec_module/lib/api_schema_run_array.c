#include "api_schema_run_int.h"


enum { ARRAY_NEW = 0, ARRAY_ITEMS, ARRAY_CONTAINS };


static run_rc_t
array_unique(run_t *v, run_frame_t *f)
{
    int      rc;
    uint32_t first;

    rc = api_value_unique(&v->work, v->json, f->tok, &first);

    if (rc != API_OK) {
        return run_stop(v, rc);
    }

    return first == API_JSON_NONE
               ? RUN_OK
               : run_error(v, f, first, API_SCHEMA_K_UNIQUE_ITEMS, 0);
}


static run_rc_t
array_begin(run_t *v, run_frame_t *f, const api_array_t *a)
{
    run_rc_t              rc;
    const api_json_tok_t *t;

    t = &v->json->tok[f->tok];
    f->state = ARRAY_ITEMS;
    f->k = f->tok + 1;
    f->n = t->len;

    if (t->len < a->min) {
        rc = run_error(v, f, f->tok, API_SCHEMA_K_MIN_ITEMS, a->min);

        if (run_ends(f, rc)) {
            return rc;
        }
    }

    if (t->len > a->max) {
        rc = run_error(v, f, f->tok, API_SCHEMA_K_MAX_ITEMS, a->max);

        if (run_ends(f, rc)) {
            return rc;
        }
    }

    return a->unique ? array_unique(v, f) : RUN_OK;
}


/* Each element by the schema of its place, from the f->i-th on. */

static run_rc_t
array_items(run_t *v, run_frame_t *f, const api_array_t *a)
{
    uint32_t node, tok;
    run_rc_t rc;

    while (f->n) {
        node = f->i < a->nprefix ? v->s->list[a->prefix + f->i] : a->items;

        if (node == API_SCHEMA_NONE) {
            break;
        }

        tok = f->k;
        f->k = api_json_next(v->json, f->k);
        f->n--;
        run_mark(v, f, f->i++);

        rc = run_is_false(v, node)
                 ? run_error(v, f, tok, API_SCHEMA_K_ITEMS, 0)
                 : run_apply(v, f, node, tok, RUN_VALUE);

        if (run_ends(f, rc)) {
            return rc;
        }
    }

    return RUN_OK;
}


static void
array_found(run_t *v, run_frame_t *f, const api_array_t *a)
{
    f->j++;

    if (a->marks) {
        run_mark(v, f, f->i - 1);
    }
}


/* How many elements, f->j, satisfy the schema; no more than one has to know. */

static run_rc_t
array_count(run_t *v, run_frame_t *f, const api_array_t *a)
{
    uint32_t tok;
    run_rc_t rc;

    if (f->judge && v->ret) {
        array_found(v, f, a);
    }

    f->judge = true;

    while (f->n) {
        if (f->j >= a->min_contains && a->max_contains == UINT32_MAX
            && !(f->eval && a->marks))
        {
            break;
        }

        tok = f->k;
        f->k = api_json_next(v->json, f->k);
        f->n--;
        f->i++;

        rc = run_apply(v, f, a->contains, tok, RUN_VALUE | RUN_ASIDE);

        if (rc == RUN_CALL || rc == RUN_STOP) {
            return rc;
        }

        if (rc == RUN_OK) {
            array_found(v, f, a);
        }
    }

    return RUN_OK;
}


static run_rc_t
array_contains(run_t *v, run_frame_t *f, const api_array_t *a)
{
    run_rc_t rc;

    rc = array_count(v, f, a);

    if (rc != RUN_OK) {
        return rc;
    }

    if (f->j < a->min_contains) {
        return run_error(v, f, f->tok,
            a->min_contains == 1 ? API_SCHEMA_K_CONTAINS
                                 : API_SCHEMA_K_MIN_CONTAINS,
            a->min_contains);
    }

    return f->j > a->max_contains ? run_error(
               v, f, f->tok, API_SCHEMA_K_MAX_CONTAINS, a->max_contains)
                                  : RUN_OK;
}


run_rc_t
run_array(run_t *v, run_frame_t *f, const api_op_t *op)
{
    run_rc_t           rc;
    const api_array_t *a;

    a = &v->s->arrays[op->a];

    if (f->state == ARRAY_NEW) {
        rc = array_begin(v, f, a);

        if (run_ends(f, rc)) {
            return rc;
        }
    }

    if (f->state == ARRAY_ITEMS) {
        rc = array_items(v, f, a);

        if (run_ends(f, rc)) {
            return rc;
        }

        f->state = ARRAY_CONTAINS;
        f->k = f->tok + 1;
        f->n = v->json->tok[f->tok].len;
        f->i = 0;
        f->j = 0;
    }

    return a->contains == API_SCHEMA_NONE ? RUN_OK : array_contains(v, f, a);
}
