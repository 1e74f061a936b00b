/* What the files of the schema runner share; nobody else includes this. */

#ifndef API_SCHEMA_RUN_INT_H
#define API_SCHEMA_RUN_INT_H

#include "api_schema_prog.h"
#include "api_value.h"


/*
 * A node being run over a token.  Operations that need the answer of another
 * node put a frame for it on the stack and are called again when it is there:
 *
 *     op called ──> RUN_OK ──> next op ──> ... ──> the frame is done
 *        ^  |
 *        |  └─> RUN_CALL: frame of the other node is run, v->ret is its answer
 *        └────────┘         (false, and the op did not ask to judge it: failed)
 *
 * A quiet frame ends at its first failure and tells nobody; another one goes
 * on and collects errors.
 */

typedef enum { RUN_FAIL = 0, RUN_OK, RUN_CALL, RUN_STOP } run_rc_t;

typedef struct {
    uint32_t node;
    uint32_t tok;
    uint32_t op; /* in the program, of the next or waiting operation */
    uint32_t op_end;

    /* of the operation: zero when it begins */

    uint32_t i, j, k, n;
    uint32_t seen; /* word of the bits of members that were there */
    uint8_t  state;
    uint8_t  matched;

    uint8_t mask; /* type of the token */
    uint8_t quiet;
    uint8_t ok;
    uint8_t judge;  /* the operation looks at v->ret itself */
    uint8_t whole;  /* the value was met here, not within allOf */
    uint8_t strict; /* closed objects are to be closed here */
    uint8_t close;  /* ... and this is one, put together in place */
    uint8_t plain;  /* ... or by itself */

    /* Members or elements that some schema in place has looked at: the word
       + 1 of their bits, 0 when nobody asks; and of those of the frame that
       is told when this one succeeds. */

    uint32_t eval, outer;
    uint32_t bits; /* words in use before */
} run_frame_t;

typedef struct {
    const api_schema_t    *s;
    const api_json_t      *json;
    api_schema_direction_t direction;

    run_frame_t *frames;
    uint32_t     nframes, frame_cap, max_frames;

    uint64_t *bits;
    uint32_t  nbits, bit_cap;

    api_value_work_t work; /* its `left` are the steps */
    api_regex_work_t regex;
    api_arena_t     *arena;

    bool ret;
    int  rc; /* why it stopped */

    /* The number that was read last. */

    struct {
        uint32_t tok;
        bool     read, small;
        uint8_t  scale;
        int64_t  v;
    } number;

    api_schema_error_t *errors;
    uint32_t            nerrors, max_errors;
    bool                more;
} run_t;


/* How a node is applied. */

#define RUN_VALUE 0x01  /* to another value: a member, an element, a name */
#define RUN_BRANCH 0x02 /* it may fail: quiet, seen by nobody until it holds */
#define RUN_ASIDE 0x04  /* a question only: not, contains */
#define RUN_OPEN 0x10   /* strict closes nothing in it: if */
#define RUN_PART 0x08   /* one of several that are met together: allOf */

/* Note an error unless f is quiet; RUN_FAIL, or RUN_STOP when it was the last
   that is kept. */

run_rc_t run_error(run_t *v, run_frame_t *f, uint32_t tok,
    api_schema_keyword_t keyword, uint32_t detail);

run_rc_t run_stop(run_t *v, int rc);

/* A frame for the node over the token, applied by `by`: RUN_CALL; and its
   end. */

run_rc_t run_push(run_t *v, const run_frame_t *by, uint32_t node, uint32_t tok,
    unsigned how);
void     run_pop(run_t *v, bool result);

/* Type of a token.  Of a number with a fraction or exponent the text says
   whether it is an integer. */

static inline uint8_t
run_mask(uint8_t type)
{
    static const uint8_t masks[API_JSON_NTYPES] = {
        [API_JSON_NULL] = API_SCHEMA_T_NULL,
        [API_JSON_FALSE] = API_SCHEMA_T_BOOLEAN,
        [API_JSON_TRUE] = API_SCHEMA_T_BOOLEAN,
        [API_JSON_INT] = API_SCHEMA_T_INTEGER,
        [API_JSON_REAL] = API_SCHEMA_T_REAL,
        [API_JSON_STRING] = API_SCHEMA_T_STRING,
        [API_JSON_NAME] = API_SCHEMA_T_STRING,
        [API_JSON_ARRAY] = API_SCHEMA_T_ARRAY,
        [API_JSON_OBJECT] = API_SCHEMA_T_OBJECT,
    };

    return masks[type];
}

/* n zeroed words; the index of the first. */

bool run_bits(run_t *v, uint32_t n, uint32_t *first);

static inline void
run_mark(run_t *v, const run_frame_t *f, uint32_t i)
{
    if (f->eval) {
        v->bits[f->eval - 1 + (i >> 6)] |= UINT64_C(1) << (i & 63);
    }
}

static inline bool
run_marked(const run_t *v, const run_frame_t *f, uint32_t i)
{
    return v->bits[f->eval - 1 + (i >> 6)] >> (i & 63) & 1;
}

/*
 * Has the operation to return what came of a part of it?  A failure does not
 * end a frame that collects them.
 */

static inline bool
run_ends(run_frame_t *f, run_rc_t rc)
{
    if (rc == RUN_FAIL) {
        f->ok = false;
        return f->quiet;
    }

    return rc != RUN_OK;
}

static inline bool
run_spend(run_t *v, uint64_t n)
{
    if (n > v->work.left) {
        return false;
    }

    v->work.left -= n;

    return true;
}

static inline bool
run_is_false(const run_t *v, uint32_t node)
{
    return v->s->nodes[node].types == 0 && v->s->nodes[node].nops == 0;
}

/* Could the token be of a type that the node allows? */

bool run_type(const run_t *v, const api_node_prog_t *n, uint32_t tok);

/* The decoded text of a string or name; in the arena when it has escapes. */

bool run_text(run_t *v, uint32_t tok, api_span_t *s);

/* Operations on scalars: one; all of a node that has no others, over a token
   without escapes; and over any, applied in some way. */

run_rc_t
run_scalar(run_t *v, run_frame_t *f, const api_op_t *op, uint32_t tok);
run_rc_t
run_scalars(run_t *v, run_frame_t *f, const api_node_prog_t *n, uint32_t tok);
run_rc_t run_leaf(run_t *v, run_frame_t *f, const api_node_prog_t *n,
    uint32_t tok, unsigned how);

/* The token is, perhaps, of no type that the node allows. */

run_rc_t run_mistyped(
    run_t *v, run_frame_t *f, uint32_t node, uint32_t tok, unsigned how);

/* The node over the token: at once, or by a frame that is put on top. */

static inline run_rc_t
run_apply(run_t *v, run_frame_t *f, uint32_t node, uint32_t tok, unsigned how)
{
    const api_node_prog_t *n;

    n = &v->s->nodes[node];

    if (v->work.left == 0) {
        return run_stop(v, API_LIMIT);
    }

    v->work.left--;

    if (!(n->types & run_mask(v->json->tok[tok].type))) {
        return run_mistyped(v, f, node, tok, how);
    }

    if (n->nops == 0) {
        return RUN_OK;
    }

    return n->flags & API_NODE_F_SCALAR ? run_leaf(v, f, n, tok, how)
                                        : run_push(v, f, node, tok, how);
}

typedef run_rc_t (*run_op_pt)(run_t *v, run_frame_t *f, const api_op_t *op);

run_rc_t run_object(run_t *v, run_frame_t *f, const api_op_t *op);
run_rc_t run_array(run_t *v, run_frame_t *f, const api_op_t *op);
run_rc_t run_all(run_t *v, run_frame_t *f, const api_op_t *op);
run_rc_t run_ref(run_t *v, run_frame_t *f, const api_op_t *op);
run_rc_t run_any(run_t *v, run_frame_t *f, const api_op_t *op);
run_rc_t run_one(run_t *v, run_frame_t *f, const api_op_t *op);
run_rc_t run_not(run_t *v, run_frame_t *f, const api_op_t *op);
run_rc_t run_if(run_t *v, run_frame_t *f, const api_op_t *op);
run_rc_t run_dependent(run_t *v, run_frame_t *f, const api_op_t *op);
run_rc_t run_dynamic(run_t *v, run_frame_t *f, const api_op_t *op);
run_rc_t run_discriminator(run_t *v, run_frame_t *f, const api_op_t *op);
run_rc_t run_unevaluated(run_t *v, run_frame_t *f, const api_op_t *op);

/* The end of a frame with `close`. */

run_rc_t run_close(run_t *v, run_frame_t *f);


#endif /* API_SCHEMA_RUN_INT_H */
