#include "api_schema_run_int.h"


#define RUN_DEPTH 4096
#define RUN_STEPS 10000
#define RUN_STEPS_TOKEN 50
#define RUN_REGEX 200000
#define RUN_REGEX_BYTE 4
#define RUN_ERRORS 8


static const run_op_pt operations[API_NOPS] = {
    [API_OP_OBJECT] = run_object,
    [API_OP_ARRAY] = run_array,
    [API_OP_ALL] = run_all,
    [API_OP_REF] = run_ref,
    [API_OP_ANY] = run_any,
    [API_OP_ONE] = run_one,
    [API_OP_NOT] = run_not,
    [API_OP_IF] = run_if,
    [API_OP_DEPENDENT] = run_dependent,
    [API_OP_DYNAMIC] = run_dynamic,
    [API_OP_DISCRIMINATOR] = run_discriminator,
    [API_OP_UNEVALUATED] = run_unevaluated,
};


run_rc_t
run_stop(run_t *v, int rc)
{
    v->rc = rc;

    return RUN_STOP;
}


run_rc_t
run_error(run_t *v, run_frame_t *f, uint32_t tok, api_schema_keyword_t keyword,
    uint32_t detail)
{
    if (f->quiet) {
        return RUN_FAIL;
    }

    if (v->nerrors == v->max_errors) {
        v->more = true;
        return run_stop(v, API_DENIED);
    }

    v->errors[v->nerrors++] =
        (api_schema_error_t){ tok, (uint16_t) keyword, detail };

    return RUN_FAIL;
}


bool
run_type(const run_t *v, const api_node_prog_t *n, uint32_t tok)
{
    const api_json_tok_t *t;

    t = &v->json->tok[tok];

    if (n->types & run_mask(t->type)) {
        return true;
    }

    return t->type == API_JSON_REAL && (n->types & API_SCHEMA_T_INTEGER)
           && !(n->flags & API_NODE_F_LEXICAL)
           && api_decimal_is_integer(api_span(v->json->text + t->off, t->len));
}


bool
run_text(run_t *v, uint32_t tok, api_span_t *s)
{
    const api_json_tok_t *t;

    t = &v->json->tok[tok];

    if (!(t->flags & API_JSON_F_ESCAPED)) {
        *s = api_span(v->json->text + t->off, t->len);
        return true;
    }

    return api_json_string(v->json, tok, v->arena, s) == API_OK;
}


run_rc_t
run_mistyped(
    run_t *v, run_frame_t *f, uint32_t node, uint32_t tok, unsigned how)
{
    const api_node_prog_t *n;

    n = &v->s->nodes[node];

    if (!run_type(v, n, tok)) {
        return how & (RUN_BRANCH | RUN_ASIDE)
                   ? RUN_FAIL
                   : run_error(v, f, tok,
                       n->types || n->nops ? API_SCHEMA_K_TYPE
                                           : API_SCHEMA_K_FALSE,
                       n->types);
    }

    if (n->nops == 0) {
        return RUN_OK;
    }

    return n->flags & API_NODE_F_SCALAR ? run_leaf(v, f, n, tok, how)
                                        : run_push(v, f, node, tok, how);
}


/* The next operation of the frame on top. */

static run_rc_t
run_operation(run_t *v, run_frame_t *f)
{
    const api_op_t *op;

    op = &v->s->ops[f->op];

    if (!(op->types & f->mask)) {
        return RUN_OK;
    }

    if (!run_spend(v, 1)) {
        return run_stop(v, API_LIMIT);
    }

    if (op->code >= API_OP_SCALAR) {
        return operations[op->code](v, f, op);
    }

    return run_scalar(v, f, op, f->tok);
}


/* On to the next operation, with nothing left of this one. */

static void
run_next(run_frame_t *f)
{
    f->op++;
    f->i = 0;
    f->j = 0;
    f->k = 0;
    f->n = 0;
    f->state = 0;
    f->matched = 0;
    f->judge = 0;
}


/* The frame that was waiting hears v->ret; a quiet one that needed it ends,
   and so does the one that waited for that. */

static void
run_hear(run_t *v)
{
    run_frame_t *f;

    while (v->nframes) {
        f = &v->frames[v->nframes - 1];

        if (f->judge || v->ret) {
            return;
        }

        f->ok = false;

        if (!f->quiet) {
            return;
        }

        run_pop(v, false);
    }
}


/* The frame on top is done. */

static void
run_done(run_t *v, bool result)
{
    run_pop(v, result);

    if (!result) {
        run_hear(v);
    }
}


static void
run_loop(run_t *v)
{
    run_rc_t     rc;
    run_frame_t *f;

    while (v->nframes) {
        f = &v->frames[v->nframes - 1];

        if (f->op == f->op_end) {
            rc = f->close && f->ok ? run_close(v, f) : RUN_OK;

            if (rc == RUN_STOP) {
                return;
            }

            run_done(v, f->ok && rc == RUN_OK);
            continue;
        }

        rc = run_operation(v, f);

        if (rc == RUN_OK) {
            run_next(f);

        } else if (rc == RUN_STOP) {
            return;

        } else if (rc == RUN_FAIL) {
            f->ok = false;

            if (f->quiet) {
                run_done(v, false);

            } else {
                run_next(f);
            }
        }
    }
}


/* One round: quiet, or with errors. */

static int
run_round(run_t *v, uint32_t entry, uint32_t at, bool quiet)
{
    run_rc_t    rc;
    run_frame_t outside;

    memset(&outside, 0, sizeof(outside));
    outside.quiet = quiet;
    outside.strict = v->s->strict;
    outside.ok = true;

    v->nframes = 0;
    v->nbits = 0;
    v->rc = API_OK;
    v->ret = false;

    rc = run_apply(v, &outside, entry, at, RUN_VALUE);

    if (rc == RUN_CALL) {
        run_loop(v);
        rc = v->ret ? RUN_OK : RUN_FAIL;
    }

    if (v->rc != API_OK) {
        return v->rc;
    }

    return rc == RUN_OK ? API_OK : API_DENIED;
}


static void
run_budget(run_t *v, const api_schema_limits_t *l)
{
    v->max_frames = l && l->depth ? l->depth : RUN_DEPTH;
    v->max_errors = l && l->errors ? l->errors : RUN_ERRORS;
    v->work.left =
        l && l->steps ? l->steps
                      : RUN_STEPS + (uint64_t) v->json->ntok * RUN_STEPS_TOKEN;
    v->regex.left = l && l->regex
                        ? l->regex
                        : RUN_REGEX + (uint64_t) v->json->len * RUN_REGEX_BYTE;

    if (v->max_errors > API_SCHEMA_MAX_ERRORS) {
        v->max_errors = API_SCHEMA_MAX_ERRORS;
    }
}


/* The second round, for the errors; the answer stays what it was. */

static int
run_explain(run_t *v, uint32_t entry, uint32_t at,
    const api_schema_run_opts_t *opts, int rc, api_schema_result_t *result)
{
    int      second;
    uint64_t steps;

    v->errors = api_arena_calloc(
        v->arena, API_SCHEMA_MAX_ERRORS + 1, sizeof(*v->errors));

    if (v->errors == NULL) {
        return API_NOMEM;
    }

    second = rc;

    if (rc == API_DENIED) {
        run_budget(v, opts ? opts->limits : NULL);
        steps = v->work.left;
        second = run_round(v, entry, at, false);
        result->steps += steps - v->work.left;
    }

    if (second == API_LIMIT || v->nerrors == 0) {
        v->errors[v->nerrors++] = (api_schema_error_t){ at,
            second == API_LIMIT ? API_SCHEMA_K_LIMIT : API_SCHEMA_K_FALSE, 0 };
    }

    result->errors = v->errors;
    result->nerrors = v->nerrors;
    result->more = v->more;

    return second == API_NOMEM ? API_NOMEM : rc;
}


int
api_schema_run(const api_schema_t *schema, uint32_t entry,
    const api_json_t *json, uint32_t at, const api_schema_run_opts_t *opts,
    api_arena_t *arena, api_schema_result_t *result)
{
    int      rc;
    run_t    v;
    uint64_t steps;

    memset(result, 0, sizeof(*result));

    if (json->seed.k0 != schema->seed.k0 || json->seed.k1 != schema->seed.k1
        || entry >= schema->nnodes)
    {
        return API_INTERNAL;
    }

    memset(&v, 0, sizeof(v));
    v.s = schema;
    v.json = json;
    v.direction = opts ? opts->direction : API_SCHEMA_ANY_WAY;
    v.arena = arena;
    v.work.key = api_schema_value_key(schema);
    v.work.arena = arena;
    v.regex.arena = arena;

    run_budget(&v, opts ? opts->limits : NULL);
    steps = v.work.left;
    rc = run_round(&v, entry, at, true);
    result->steps = steps - v.work.left;

    if (rc == API_DENIED || rc == API_LIMIT) {
        rc = run_explain(&v, entry, at, opts, rc, result);
    }

    return rc;
}
