#include "api_schema_run_int.h"


bool
run_bits(run_t *v, uint32_t n, uint32_t *first)
{
    uint32_t  cap;
    uint64_t *bits;

    if (!run_spend(v, n)) {
        v->rc = API_LIMIT;
        return false;
    }

    if (n > v->bit_cap - v->nbits) {
        cap = 2 * v->bit_cap + n + 64;
        bits = api_arena_grow(
            v->arena, v->bits, v->nbits * sizeof(*bits), cap * sizeof(*bits));

        if (bits == NULL) {
            v->rc = API_NOMEM;
            return false;
        }

        v->bits = bits;
        v->bit_cap = cap;
    }

    if (n) {
        memset(v->bits + v->nbits, 0, n * sizeof(*v->bits));
    }

    *first = v->nbits;
    v->nbits += n;

    return true;
}


static bool
run_room(run_t *v)
{
    uint32_t     cap;
    run_frame_t *frames;

    if (v->nframes >= v->max_frames) {
        v->rc = API_LIMIT;
        return false;
    }

    cap = v->frame_cap ? 2 * v->frame_cap : 16;
    cap = cap < v->max_frames ? cap : v->max_frames;
    frames = api_arena_grow(v->arena, v->frames, v->nframes * sizeof(*frames),
        cap * sizeof(*frames));

    if (frames == NULL) {
        v->rc = API_NOMEM;
        return false;
    }

    v->frames = frames;
    v->frame_cap = cap;

    return true;
}


/* Words of bits for the children of the token. */

static uint32_t
run_words(const run_t *v, uint32_t tok)
{
    return (v->json->tok[tok].len + 63) / 64;
}


static bool
run_eval(run_t *v, run_frame_t *f)
{
    uint32_t first;

    if (!run_bits(v, run_words(v, f->tok), &first)) {
        return false;
    }

    f->eval = first + 1;

    return true;
}


static void
run_frame(run_t *v, run_frame_t *f, uint32_t node, uint32_t tok)
{
    const api_node_prog_t *n;

    n = &v->s->nodes[node];

    memset(f, 0, sizeof(*f));
    f->node = node;
    f->tok = tok;
    f->op = n->ops;
    f->op_end = n->ops + n->nops;
    f->mask = run_mask(v->json->tok[tok].type);
    f->ok = true;
    f->bits = v->nbits;
}


/* What a frame has from the one that applies it. */

typedef struct {
    uint32_t eval;
    uint8_t  quiet, strict, whole;
} run_by_t;


static bool
run_inherit(run_t *v, run_frame_t *f, const run_by_t *by, unsigned how)
{
    uint32_t outer;
    uint8_t  flags;

    flags = v->s->nodes[f->node].flags;

    if (how == RUN_VALUE && !by->strict && !(flags & API_NODE_F_EVALUATES)) {
        /* what most are: nothing to be told to anybody but the verdict */

        f->quiet = by->quiet;
        f->whole = true;
        return true;
    }

    f->quiet = by->quiet || (how & (RUN_BRANCH | RUN_ASIDE));
    f->strict = by->strict && !(how & (RUN_ASIDE | RUN_OPEN));
    f->whole = (how & RUN_VALUE) || (by->whole && !(how & RUN_PART));

    if (f->strict && (how & RUN_VALUE) && f->mask == API_SCHEMA_T_OBJECT
        && (flags & API_NODE_F_NAMES))
    {
        f->plain = (flags & API_NODE_F_PLAIN) != 0;
        f->close = !f->plain;
    }

    outer = how & (RUN_VALUE | RUN_ASIDE) ? 0 : by->eval;
    f->eval = outer;

    if (!(f->mask & (API_SCHEMA_T_ARRAY | API_SCHEMA_T_OBJECT))) {
        f->eval = 0;
        return true;
    }

    if ((flags & API_NODE_F_EVALUATES) || f->close
        || (outer && (how & RUN_BRANCH)))
    {
        f->outer = outer;
        return run_eval(v, f);
    }

    return true;
}


run_rc_t
run_push(
    run_t *v, const run_frame_t *by, uint32_t node, uint32_t tok, unsigned how)
{
    run_by_t     from;
    run_frame_t *f;

    /* frames may move when there is no room for another */

    from = (run_by_t){ by->eval, by->quiet, by->strict, by->whole };

    if (v->nframes == v->frame_cap && !run_room(v)) {
        return RUN_STOP;
    }

    f = &v->frames[v->nframes];
    run_frame(v, f, node, tok);

    if (!run_inherit(v, f, &from, how)) {
        return RUN_STOP;
    }

    v->nframes++;

    return RUN_CALL;
}


void
run_pop(run_t *v, bool result)
{
    uint32_t           i, n;
    const run_frame_t *f;

    f = &v->frames[--v->nframes];

    if (result && f->outer) {
        n = run_words(v, f->tok);

        for (i = 0; i < n; i++) {
            v->bits[f->outer - 1 + i] |= v->bits[f->eval - 1 + i];
        }
    }

    v->nbits = f->bits;
    v->ret = result;
}
