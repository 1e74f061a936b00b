/*
 * One request through the WAF in four ways, for targets that compare them:
 * rule by rule, with the prefilter, with the prefilter and what is known
 * beforehand, in slices, and with what is known of values seen before.  Each
 * says the same.
 */

#ifndef FUZZ_WAF_H
#define FUZZ_WAF_H

#include "api_operator.h"
#include "api_seclang.h"
#include "api_values.h"
#include "api_waf_scan.h"
#include "fuzz.h"


/* What a target does before each phase: add values. */

typedef void (*fuzz_fill_pt)(const void *ctx, api_waf_tx_t *tx,
    api_waf_values_t *values, api_values_t *b, int phase);

typedef struct {
    const api_waf_view_t    *view;
    const api_values_conf_t *conf;
    api_waf_scan_scratch_t  *scan;
    api_waf_scan_scratch_t  *memo; /* with what values before left in it */
    api_scratch_t           *scratch;
    api_waf_engine_t         engine;
    fuzz_fill_pt             fill;
    const void              *ctx;
} fuzz_waf_t;

typedef struct {
    uint64_t          traces; /* a hash of all that a trace says */
    uint64_t          kept;   /* ... and of what is told of matches */
    uint64_t          matched;
    uint32_t          ids[API_WAF_MATCHES];
    size_t            n;
    int64_t           score;
    bool              limit; /* a pattern took more steps than it may */
    api_waf_verdict_t verdict;
} fuzz_said_t;

/* PLANNED: a memo and the plans, which a trace keeps out. */

enum { FUZZ_PLAIN, FUZZ_SCAN, FUZZ_SLICES, FUZZ_MEMO, FUZZ_PLANNED };

#define FUZZ_WORK (UINT64_C(1) << 40)


static inline void
fuzz_mix(uint64_t *hash, api_span_t v)
{
    *hash = api_siphash13((api_sipkey_t){ *hash, v.len }, v);
}


static inline void
fuzz_mix_number(uint64_t *hash, uint64_t n)
{
    fuzz_mix(hash, api_span(&n, sizeof(n)));
}


static inline void
fuzz_trace(void *ctx, const api_waf_trace_t *t)
{
    uint64_t *hash = ctx;

    fuzz_mix_number(hash, t->id);
    fuzz_mix_number(hash, (uint64_t) t->link << 8 | t->whole);
    fuzz_mix_number(hash, (uint64_t) t->score);
    fuzz_mix(hash, t->var_name);
    fuzz_mix(hash, t->value);
    fuzz_mix(hash, t->transformed);
    fuzz_mix(hash, t->logdata);
}


static inline void
fuzz_said(fuzz_said_t *said, const api_waf_tx_t *tx)
{
    size_t                 i;
    const api_waf_match_t *m;

    said->n = api_waf_tx_matches(tx);
    said->matched = api_waf_tx_matched(tx);
    said->score = api_waf_tx_score(tx, false);
    said->limit =
        api_waf_tx_get(tx, API_SPAN("MSC_PCRE_LIMITS_EXCEEDED")).data != NULL;
    api_waf_tx_verdict(tx, &said->verdict);

    for (i = 0; i < said->n; i++) {
        m = api_waf_tx_match(tx, i);
        said->ids[i] = m->id;
        fuzz_mix_number(&said->kept, m->id);
        fuzz_mix_number(&said->kept, (uint64_t) m->phase << 8 | m->severity);
        fuzz_mix_number(&said->kept, m->log);
        fuzz_mix(&said->kept, m->var_name);
        fuzz_mix(&said->kept, m->value);
        fuzz_mix(&said->kept, m->msg);
        fuzz_mix(&said->kept, m->logdata);
    }
}


static inline void
fuzz_waf_run(const fuzz_waf_t *f, int how, fuzz_said_t *said)
{
    int              phase;
    uint64_t         slice;
    api_arena_t      arena;
    api_values_t     b;
    api_waf_tx_t    *tx;
    api_waf_env_t    env;
    api_waf_rc_t     rc;
    api_waf_values_t values;

    memset(said, 0, sizeof(*said));
    memset(&env, 0, sizeof(env));
    env.now = 1000000000;
    env.engine = f->engine;
    env.budget = FUZZ_WORK;
    env.scratch = f->scratch;
    env.scan = how == FUZZ_PLAIN ? NULL : how >= FUZZ_MEMO ? f->memo : f->scan;
    env.trace = how == FUZZ_SLICES || how == FUZZ_PLANNED ? NULL : fuzz_trace;
    env.trace_ctx = &said->traces;
    slice = how == FUZZ_SLICES ? 50 : 0;

    api_arena_init(&arena, &api_alloc_libc, 0, 64 << 20);
    api_waf_values_init(&values, &arena, 0);
    api_values_init(&b, &values, f->conf, (api_sipkey_t){ 1, 2 }, &arena);
    tx = api_waf_tx_create(f->view, &values, &env, &arena);
    MUST(tx != NULL);

    for (phase = 1, rc = API_WAF_PASS; phase <= 5; phase++) {
        if (rc == API_WAF_PASS) {
            f->fill(f->ctx, tx, &values, &b, phase);
        } else if (phase < 5) {
            continue;
        }

        do {
            rc = api_waf_tx_run(tx, (api_waf_phase_t) phase, slice);
            MUST(rc != API_WAF_AGAIN || slice);
        } while (rc == API_WAF_AGAIN);
    }

    fuzz_said(said, tx);
    api_arena_free(&arena);
}


/* What values before have left says nothing else: the first of four runs finds
   some of it, the others find all. */

static inline bool
fuzz_waf_remembers(const fuzz_waf_t *f, const fuzz_said_t *said)
{
    int         i;
    fuzz_said_t memo;

    for (i = 0; i < 4; i++) {
        fuzz_waf_run(f, i % 2 ? FUZZ_PLANNED : FUZZ_MEMO, &memo);

        if (memo.limit || memo.verdict.failure) {
            return false;
        }

        MUST(i % 2 || said->traces == memo.traces);
        MUST(said->kept == memo.kept && said->matched == memo.matched);
        MUST(said->score == memo.score);
        MUST(said->verdict.rc == memo.verdict.rc
             && said->verdict.id == memo.verdict.id
             && said->verdict.status == memo.verdict.status);
    }

    return true;
}


/* All of them; false: a limit was met, and they may differ.  What the first one
   said is in *said. */

static inline bool
fuzz_waf_same(const fuzz_waf_t *f, fuzz_said_t *said)
{
    fuzz_said_t scan, slices;

    fuzz_waf_run(f, FUZZ_PLAIN, said);
    fuzz_waf_run(f, FUZZ_SCAN, &scan);
    fuzz_waf_run(f, FUZZ_SLICES, &slices);

    if (said->limit || scan.limit || slices.limit || said->verdict.failure
        || scan.verdict.failure || slices.verdict.failure)
    {
        return false;
    }

    MUST(said->traces == scan.traces);
    MUST(said->kept == scan.kept && said->kept == slices.kept);
    MUST(said->matched == scan.matched && said->matched == slices.matched);
    MUST(said->score == scan.score && said->score == slices.score);
    MUST(said->verdict.rc == scan.verdict.rc
         && said->verdict.rc == slices.verdict.rc);
    MUST(said->verdict.id == scan.verdict.id
         && said->verdict.id == slices.verdict.id);
    MUST(said->verdict.status == scan.verdict.status
         && said->verdict.status == slices.verdict.status);

    return fuzz_waf_remembers(f, said);
}


/* What rules may be read from: nothing. */

static inline int
fuzz_no_file(void *ctx, const char *path, api_span_t *text, api_err_t *err)
{
    (void) ctx;
    (void) path;
    (void) text;

    return api_fail(err, API_INVALID, 0, 0, "no files here");
}


static inline int
fuzz_no_glob(void *ctx, const char *pattern, size_t index, const char **path)
{
    (void) ctx;
    (void) pattern;
    (void) index;
    (void) path;

    return API_INVALID;
}


#endif /* FUZZ_WAF_H */
