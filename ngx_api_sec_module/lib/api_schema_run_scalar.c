#include "api_schema_run_int.h"
#include "api_format.h"


/* Values of an enum that are compared one by one. */

#define SCALAR_FEW 8


static api_span_t
scalar_raw(const run_t *v, uint32_t tok)
{
    return api_span(
        v->json->text + v->json->tok[tok].off, v->json->tok[tok].len);
}


/* Does the token have the text of one of few strings? */

static bool
scalar_in_few(const run_t *v, const api_op_t *op, api_span_t s)
{
    uint32_t              i;
    const api_json_tok_t *t;

    for (i = 0; i < op->b; i++) {
        t = &v->s->values.tok[v->s->consts[op->a + i].tok];

        if (t->len == s.len && t->type == API_JSON_STRING
            && memcmp(v->s->values.text + t->off, s.data, s.len) == 0)
        {
            return true;
        }
    }

    return false;
}


/* The first of the values with a hash not below it. */

static uint32_t
scalar_lower(const run_t *v, const api_op_t *op, uint64_t hash)
{
    uint32_t lo, hi, mid;

    lo = op->a;
    hi = op->a + op->b;

    while (lo < hi) {
        mid = lo + (hi - lo) / 2;

        if (v->s->consts[mid].hash < hash) {
            lo = mid + 1;

        } else {
            hi = mid;
        }
    }

    return lo;
}


static run_rc_t
scalar_enum(run_t *v, run_frame_t *f, const api_op_t *op, uint32_t tok)
{
    int                   rc;
    bool                  equal;
    uint32_t              i;
    uint64_t              hash;
    const api_json_tok_t *t;

    t = &v->json->tok[tok];

    if (op->b <= SCALAR_FEW
        && (t->type == API_JSON_STRING || t->type == API_JSON_NAME)
        && !(t->flags & API_JSON_F_ESCAPED))
    {
        return scalar_in_few(v, op, scalar_raw(v, tok))
                   ? RUN_OK
                   : run_error(v, f, tok, op->keyword, op->a);
    }

    rc = api_value_hash(&v->work, v->json, tok, &hash);
    equal = false;
    i = scalar_lower(v, op, hash);

    while (rc == API_OK && !equal && i < op->a + op->b
           && v->s->consts[i].hash == hash)
    {
        rc = api_value_equal(&v->work, v->json, tok, &v->s->values,
            v->s->consts[i++].tok, &equal);
    }

    if (rc != API_OK) {
        return run_stop(v, rc);
    }

    return equal ? RUN_OK : run_error(v, f, tok, op->keyword, op->a);
}


static run_rc_t
scalar_multiple(run_t *v, run_frame_t *f, const api_op_t *op, uint32_t tok)
{
    if (api_decimal_is_multiple(scalar_raw(v, tok), &v->s->divisors[op->a])) {
        return RUN_OK;
    }

    return run_error(v, f, tok, API_SCHEMA_K_MULTIPLE_OF, op->a);
}


/* The number at tok, read once for all bounds of a node. */

static bool
scalar_small(run_t *v, uint32_t tok)
{
    if (v->number.tok != tok || !v->number.read) {
        v->number.tok = tok;
        v->number.read = true;
        v->number.small = api_decimal_small(
            scalar_raw(v, tok), &v->number.v, &v->number.scale);
    }

    return v->number.small;
}


/* -1, 0, 1: the number at tok below, at, above that of the schema. */

static int
scalar_cmp(run_t *v, uint32_t tok, const api_number_t *n)
{
    if (n->small && scalar_small(v, tok)) {
        return v->number.scale == n->scale
                   ? (v->number.v > n->v) - (v->number.v < n->v)
                   : api_decimal_cmp(
                       v->number.v, v->number.scale, n->v, n->scale);
    }

    return api_json_number_cmp(scalar_raw(v, tok), n->text);
}


static run_rc_t
scalar_bound(run_t *v, run_frame_t *f, const api_op_t *op, uint32_t tok)
{
    int  cmp;
    bool ok;

    cmp = scalar_cmp(v, tok, &v->s->numbers[op->a]);

    ok = op->c == API_SCHEMA_K_MAXIMUM             ? cmp <= 0
         : op->c == API_SCHEMA_K_EXCLUSIVE_MAXIMUM ? cmp < 0
         : op->c == API_SCHEMA_K_MINIMUM           ? cmp >= 0
                                                   : cmp > 0;

    return ok ? RUN_OK
              : run_error(v, f, tok, op->keyword, (uint32_t) (op - v->s->ops));
}


/* Characters of valid UTF-8. */

static size_t
scalar_length(api_span_t s)
{
    size_t   i, n;
    uint64_t w;

    n = s.len;

    for (i = 0; i + 8 <= s.len; i += 8) {
        memcpy(&w, s.data + i, 8);

        /* bytes 10xxxxxx */

        w = w >> 7 & ~w >> 6 & UINT64_C(0x0101010101010101);
        n -= (size_t) (w * UINT64_C(0x0101010101010101) >> 56);
    }

    for (/* void */; i < s.len; i++) {
        n -= (s.data[i] & 0xc0) == 0x80;
    }

    return n;
}


static run_rc_t
scalar_lengths(run_t *v, run_frame_t *f, const api_op_t *op, uint32_t tok)
{
    size_t     n;
    api_span_t s;

    if (!run_text(v, tok, &s)) {
        return run_stop(v, API_NOMEM);
    }

    /* n bytes are n characters at most, and n / 4 at least */

    if (s.len <= op->b && s.len / 4 >= op->a) {
        return RUN_OK;
    }

    n = scalar_length(s);

    if (n < op->a) {
        return run_error(v, f, tok, API_SCHEMA_K_MIN_LENGTH, op->a);
    }

    if (n > op->b) {
        return run_error(v, f, tok, API_SCHEMA_K_MAX_LENGTH, op->b);
    }

    return RUN_OK;
}


static run_rc_t
scalar_pattern(run_t *v, run_frame_t *f, const api_op_t *op, uint32_t tok)
{
    int        rc;
    api_span_t s;

    if (!run_text(v, tok, &s)) {
        return run_stop(v, API_NOMEM);
    }

    rc = api_regex_match(v->s->regexes[op->a], s, &v->regex);

    if (rc == API_OK) {
        return RUN_OK;
    }

    return rc == API_DENIED ? run_error(v, f, tok, API_SCHEMA_K_PATTERN, op->a)
                            : run_stop(v, rc);
}


static run_rc_t
scalar_format(run_t *v, run_frame_t *f, const api_op_t *op, uint32_t tok)
{
    api_span_t s;

    if (!run_text(v, tok, &s)) {
        return run_stop(v, API_NOMEM);
    }

    return api_format_check((int) op->a, s)
               ? RUN_OK
               : run_error(v, f, tok, API_SCHEMA_K_FORMAT,
                   (uint32_t) (op - v->s->ops));
}


static inline run_rc_t
scalar_op(run_t *v, run_frame_t *f, const api_op_t *op, uint32_t tok)
{
    switch (op->code) {
    case API_OP_ENUM:
        return scalar_enum(v, f, op, tok);
    case API_OP_MULTIPLE:
        return scalar_multiple(v, f, op, tok);
    case API_OP_BOUND:
        return scalar_bound(v, f, op, tok);
    case API_OP_LENGTH:
        return scalar_lengths(v, f, op, tok);
    case API_OP_PATTERN:
        return scalar_pattern(v, f, op, tok);
    default:
        return scalar_format(v, f, op, tok);
    }
}


run_rc_t
run_scalar(run_t *v, run_frame_t *f, const api_op_t *op, uint32_t tok)
{
    return scalar_op(v, f, op, tok);
}


run_rc_t
run_scalars(run_t *v, run_frame_t *f, const api_node_prog_t *n, uint32_t tok)
{
    run_rc_t        rc, all;
    unsigned        mask;
    const api_op_t *op, *end;

    mask = run_mask(v->json->tok[tok].type);
    op = v->s->ops + n->ops;
    end = op + n->nops;

    for (all = RUN_OK; op < end; op++) {
        if (!(op->types & mask)) {
            continue;
        }

        rc = scalar_op(v, f, op, tok);

        if (rc != RUN_OK) {
            all = rc;

            if (rc == RUN_STOP || f->quiet) {
                break;
            }
        }
    }

    return all;
}


/* With texts decoded into the arena, which takes them back; in a branch
   nobody is told. */

static run_rc_t
scalar_aside(run_t *v, run_frame_t *f, const api_node_prog_t *n, uint32_t tok,
    unsigned how)
{
    uint8_t          quiet;
    run_rc_t         rc;
    api_arena_mark_t mark;

    /* what stays has to be there before the mark */

    if (v->s->nregexes && api_regex_ready(&v->regex) != API_OK) {
        return run_stop(v, API_NOMEM);
    }

    quiet = f->quiet;
    f->quiet |= (how & (RUN_BRANCH | RUN_ASIDE)) != 0;
    mark = api_arena_mark(v->arena);

    rc = run_scalars(v, f, n, tok);

    if (v->json->tok[tok].flags & API_JSON_F_ESCAPED) {
        api_arena_rewind(v->arena, mark);
    }

    f->quiet = quiet;

    return rc;
}


run_rc_t
run_leaf(run_t *v, run_frame_t *f, const api_node_prog_t *n, uint32_t tok,
    unsigned how)
{
    if ((how & (RUN_BRANCH | RUN_ASIDE))
        || (v->json->tok[tok].flags & API_JSON_F_ESCAPED))
    {
        return scalar_aside(v, f, n, tok, how);
    }

    return run_scalars(v, f, n, tok);
}
