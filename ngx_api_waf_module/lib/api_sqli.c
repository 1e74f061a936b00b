#include "api_sqli_int.h"


/* Of the context in which a value begins. */

static const uint8_t api_sqli_quotes[] = { 0, '\'', '"' };


static void
api_sqli_say(api_sqli_t *how, const api_sqli_fold_t *f,
    api_sqli_context_t context, bool mysql)
{
    unsigned i;

    how->context = context;
    how->mysql = mysql;
    how->form = f->form;

    for (i = 0; i < f->n && i < API_SQLI_FINGERPRINT; i++) {
        how->fingerprint[i] = api_sqli_letter(f->tape[i]);
    }

    how->fingerprint[i] = '\0';
}


/* Is the string that ends the value, in turn with operators, the one that the
   quote behind the value will close? */

static bool
api_sqli_balanced(const api_sqli_fold_t *f, const api_sqli_token_t *last)
{
    return f->chain && f->solid && f->n > 1 && last->type == SQ_STRING
           && !last->closed && last->quote == f->quote;
}


/*
 * One reading of a value.  Where nothing that a form needs is in reach, dull
 * tokens (words, commas, operators) wait: what comes then sees the last of
 * them, and those before are left out.  That is exact while the last ones
 * fill all a form can look at; where they do not, the reading goes back and
 * folds each token.
 */

#define SQLI_PENDING 16 /* a power of two */

typedef struct {
    api_sqli_fold_t  f;
    api_sqli_lexer_t lex;
    api_sqli_token_t token;
    api_sqli_token_t pending[SQLI_PENDING];
    size_t           npending; /* those left out are counted */
    api_sqli_lexer_t from;     /* where the first of them begins */
    uint32_t         tokens;   /* so far */
    bool             all;      /* each token is folded */
    bool             chains;   /* nothing else is looked for */
} api_sqli_reading_t;

typedef enum { READING_NO = 0, READING_FOUND, READING_MORE } api_sqli_state_t;

static bool
api_sqli_waits(api_sqli_reading_t *r, const api_sqli_lexer_t *before)
{
    const api_sqli_token_t *last;

    if (r->all || r->token.star || r->token.flip
        || !(API_SQLI_DULL_TOKENS >> r->token.type & 1)
        || (r->npending == 0 && !api_sqli_steady(&r->f)))
    {
        return false;
    }

    last =
        r->npending > 0 ? &r->pending[(r->npending - 1) % SQLI_PENDING] : NULL;

    if (last == NULL) {
        r->from = *before;

    } else if (last->type == SQ_NAME && r->token.type == SQ_NAME) {
        api_sqli_skip_names(&r->lex);
    }

    r->pending[r->npending++ % SQLI_PENDING] = r->token;

    return true;
}


/* What waits is folded; false: the reading goes back to the first of it. */

static bool
api_sqli_catch_up(api_sqli_reading_t *r)
{
    size_t          i;
    unsigned        mark;
    api_sqli_fold_t f;

    api_sqli_room(&r->f, SQLI_PENDING + 1);
    f = r->f;
    mark = f.n;
    i = r->npending < SQLI_PENDING ? 0 : r->npending - SQLI_PENDING;

    for (/* void */; i < r->npending; i++) {
        (void) api_sqli_fold(&f, &r->pending[i % SQLI_PENDING]);
    }

    if (r->npending > SQLI_PENDING && f.n < mark + API_SQLI_FORM) {
        r->lex = r->from;
        r->all = true;
        r->npending = 0;

        return false;
    }

    r->f = f;
    r->npending = 0;

    return true;
}


/* Stops behind lex.pause. */

static api_sqli_state_t
api_sqli_go(api_sqli_reading_t *r)
{
    api_sqli_lexer_t before;

    for (;;) {
        if (r->lex.p >= r->lex.pause && r->lex.p < r->lex.end) {
            return READING_MORE;
        }

        before = r->lex;
        r->tokens++;

        if (!api_sqli_next(&r->lex, &r->token)) {
            if (r->npending == 0 || api_sqli_catch_up(r)) {
                return READING_NO;
            }

            continue;
        }

        if (api_sqli_waits(r, &before)
            || (r->npending > 0 && !api_sqli_catch_up(r))) {
            continue;
        }

        if (api_sqli_fold(&r->f, &r->token)) {
            return READING_FOUND;
        }

        if (r->chains && !r->f.chain) {
            return READING_NO;
        }
    }
}


static bool
api_sqli_finish(api_sqli_reading_t *r)
{
    if (api_sqli_balanced(&r->f, &r->token)) {
        r->f.form = "chain";
        return true;
    }

    return api_sqli_fold_end(&r->f);
}


/* What makes MySQL read a value differently. */

static bool
api_sqli_is_mysql(api_span_t value)
{
    return memchr(value.data, '#', value.len) != NULL
           || memchr(value.data, '\\', value.len) != NULL
           || api_sqli_behind(
                  value.data, value.data + value.len, API_SPAN("--"))
                  != NULL;
}


/* A value that is looked at, perhaps in parts: first for what it could hold,
   then in each context, without and with what MySQL knows. */

struct api_sqli_job_s {
    api_span_t         value;
    api_sqli_gate_t    gate;
    api_sqli_reading_t r;
    api_sqli_t         how;
    unsigned           context;
    unsigned           mysql;
    unsigned           readings; /* of a context */
    bool               all;
    bool               gated;
    bool               entered; /* a reading has begun */
};

static void
api_sqli_begin(api_sqli_job_t *job, api_span_t value, bool all)
{
    job->value = value;
    job->context = value.len > 0 ? API_SQLI_BARE : API_SQLI_DOUBLE + 1;
    job->mysql = 0;
    job->readings = 1;
    job->all = all;
    job->gated = all || value.len == 0;
    job->entered = false;
    job->how.tokens = 0;
    job->r.chains = false;

    if (value.len == 0) {
        return; /* its data may be NULL */
    }

    api_sqli_gate_init(&job->gate, value);

    if (all) {
        job->readings = api_sqli_is_mysql(value) ? 2 : 1;
        job->gate.quotes = 1U << API_SQLI_SINGLE | 1U << API_SQLI_DOUBLE;
    }
}


/* What the gate says: all readings, those of chains, or none. */

static void
api_sqli_gated(api_sqli_job_t *job)
{
    job->gated = true;
    job->readings = job->gate.mysql ? 2 : 1;

    if (!api_sqli_possible(api_sqli_gate_types(&job->gate))) {
        job->r.chains = true;
        job->context =
            job->gate.quotes != 0 ? API_SQLI_SINGLE : API_SQLI_DOUBLE + 1;
    }
}


/* False: the value never stands in this context. */

static bool
api_sqli_enter(api_sqli_job_t *job)
{
    uint8_t             quote;
    api_sqli_reading_t *r;

    r = &job->r;
    quote = api_sqli_quotes[job->context];

    if (quote != 0 && !(job->gate.quotes >> job->context & 1)) {
        return false;
    }

    memset(&r->token, 0, sizeof(r->token));
    api_sqli_fold_init(&r->f, quote);

    r->lex.p = job->value.data;
    r->lex.end = job->value.data + job->value.len;
    r->lex.pause = r->lex.end;
    r->lex.mysql = job->mysql != 0;
    r->lex.tries = 0;
    r->npending = 0;
    r->tokens = 0;
    r->all = job->all;

    if (quote != 0) {
        api_sqli_string(&r->lex, quote, &r->token);
        (void) api_sqli_fold(&r->f, &r->token); /* no form is one string */
    }

    return quote == 0 || r->token.closed;
}


/* What was read last is done with. */

static void
api_sqli_leave(api_sqli_job_t *job)
{
    job->entered = false;
    job->mysql++;

    if (job->mysql == job->readings) {
        job->mysql = 0;
        job->context++;
    }
}


static bool
api_sqli_more(api_sqli_job_t *job, size_t bytes)
{
    size_t              left;
    api_sqli_state_t    state;
    api_sqli_reading_t *r;

    r = &job->r;

    if (!job->entered && !api_sqli_enter(job)) {
        api_sqli_leave(job);
        return false;
    }

    job->entered = true;
    left = (size_t) (r->lex.end - r->lex.p);
    r->lex.pause = left > bytes ? r->lex.p + bytes : r->lex.end;
    state = api_sqli_go(r);

    if (state == READING_MORE) {
        return false;
    }

    job->how.tokens += r->tokens;

    if (state == READING_FOUND || api_sqli_finish(r)) {
        api_sqli_say(&job->how, &r->f, (api_sqli_context_t) job->context,
            job->mysql != 0);

        return true;
    }

    api_sqli_leave(job);

    return false;
}


int
api_sqli_job_more(api_sqli_job_t *job, size_t bytes)
{
    if (!job->gated) {
        if (!api_sqli_gate_more(&job->gate, bytes)) {
            api_sqli_gated(job);
        }

    } else if (job->context <= API_SQLI_DOUBLE && api_sqli_more(job, bytes)) {
        return 1;
    }

    return job->context <= API_SQLI_DOUBLE ? API_SQLI_MORE : 0;
}


api_sqli_job_t *
api_sqli_job(api_span_t value, api_arena_t *arena)
{
    api_sqli_job_t *job;

    job = api_arena_alloc(arena, sizeof(*job));

    if (job != NULL) {
        api_sqli_begin(job, value, false);
    }

    return job;
}


const api_sqli_t *
api_sqli_job_how(const api_sqli_job_t *job)
{
    return &job->how;
}


static bool
api_sqli_any(api_span_t value, bool all, api_sqli_t *how)
{
    int            rc;
    api_sqli_job_t job;

    api_sqli_begin(&job, value, all);

    do {
        rc = api_sqli_job_more(&job, SIZE_MAX);
    } while (rc == API_SQLI_MORE);

    if (how != NULL && rc == 1) {
        *how = job.how;

    } else if (how != NULL) {
        how->tokens = job.how.tokens;
    }

    return rc == 1;
}


bool
api_sqli_detect(api_span_t value, api_sqli_t *how)
{
    return api_sqli_any(value, false, how);
}


bool
api_sqli_detect_all(api_span_t value, api_sqli_t *how)
{
    return api_sqli_any(value, true, how);
}
