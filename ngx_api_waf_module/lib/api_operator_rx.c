/* @rx and @verifyCC: PCRE2 with ModSecurity's flags, JIT, and limits. */

#include "api_operator_int.h"
#include "api_words.h"

/*
 * PCRE2 counts its match limit anew at each start in the subject.  A pattern
 * that backtracks far at one start stops there and then; one that does so a
 * little at each is bounded by limit times length, so the limit is the smaller
 * the longer the value: what is left of the budget, spread over its bytes.
 */

#define MATCH_LIMIT 100000
#define MATCH_LIMIT_MIN 1000
#define DEPTH_LIMIT 10000

static int
rx_pattern_fail(const api_operator_make_t *m, int code, size_t at)
{
    PCRE2_UCHAR text[120];

    if (code == PCRE2_ERROR_NOMEMORY) {
        return api_fail(
            m->err, API_NOMEM, API_OPERATOR_E_NOMEM, 0, "no memory");
    }

    pcre2_get_error_message(code, text, sizeof(text));

    return api_fail(m->err, API_SYNTAX, API_OPERATOR_E_PATTERN, at,
        "PCRE2 refuses the pattern at its byte %zu: %s", at,
        (const char *) text);
}


pcre2_code *
api_operator_rx_compile(
    api_span_t pattern, uint32_t flags, int *code, size_t *at)
{
    return pcre2_compile(pattern.len ? pattern.data : (const uint8_t *) "",
        pattern.len, flags | PCRE2_DOTALL | PCRE2_MULTILINE, code, at, NULL);
}


int
api_operator_make_rx(api_operator_t *op, const api_operator_make_t *m)
{
    int    code;
    size_t at;

    if (!op->macro) {
        op->shared = api_operator_code_take(op->arg, &code, &at);

        if (op->shared == NULL) {
            return rx_pattern_fail(m, code, at);
        }

        op->code = api_operator_code(op->shared, &op->jit);
    }

    if (op->jit
        && (api_operator_starts(&op->starts, op->arg, m->arena) != API_OK
            || api_reverse_make(&op->reverse, op->arg, m->arena) != API_OK
            || (op->starts != NULL
                && api_reverse_make_ahead(&op->ahead, op->arg, m->arena)
                       != API_OK)))
    {
        return api_fail(
            m->err, API_NOMEM, API_OPERATOR_E_NOMEM, 0, "no memory");
    }

    op->match_limit =
        m->env && m->env->match_limit ? m->env->match_limit : MATCH_LIMIT;
    op->depth_limit =
        m->env && m->env->depth_limit ? m->env->depth_limit : DEPTH_LIMIT;

    return API_OK;
}


static uint32_t
rx_limit(const api_operator_run_t *run)
{
    uint64_t fair;

    fair = run->budget->left / (run->value.len + 1);

    if (fair < MATCH_LIMIT_MIN) {
        fair = MATCH_LIMIT_MIN;
    }

    return fair < run->op->match_limit ? (uint32_t) fair
                                       : run->op->match_limit;
}


/* PCRE2's answer from `start` on. */

static int
rx_exec(const api_operator_run_t *run, const pcre2_code *code, size_t start)
{
    int                   rc;
    uint32_t              limit;
    const uint8_t        *s;
    api_scratch_t        *w = run->scratch;
    const api_operator_t *op = run->op;

    s = run->value.data ? run->value.data : (const uint8_t *) "";
    limit = rx_limit(run);
    pcre2_set_match_limit(w->context, limit);
    rc = PCRE2_ERROR_JIT_STACKLIMIT;

    if (op->jit) {
        rc = pcre2_jit_match(
            code, s, run->value.len, start, 0, w->data, w->context);
    }

    if (rc == PCRE2_ERROR_JIT_STACKLIMIT) {
        pcre2_set_depth_limit(w->context, op->depth_limit);
        rc = pcre2_match(code, s, run->value.len, start,
            PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, w->data, w->context);
    }

    if (rc == PCRE2_ERROR_MATCHLIMIT) {
        run->budget->left -=
            run->budget->left < limit ? run->budget->left : limit;
    }

    return rc;
}


/* What time it is, where that is worth being asked. */

#define RX_LONG 256

static uint64_t
rx_clock(const api_operator_run_t *run)
{
    return run->scratch->clock != NULL && run->value.len >= RX_LONG
               ? run->scratch->clock()
               : 0;
}


/* What has passed since *before, which becomes now, is charged; 0: nothing
   is.  False: the budget is spent. */

static bool
rx_charge(const api_operator_run_t *run, uint64_t *before)
{
    uint64_t now, spent;

    if (*before == 0) {
        return true;
    }

    now = run->scratch->clock();
    spent = now > *before ? now - *before : 0;
    *before = now;
    run->budget->left -= spent < run->budget->left ? spent : run->budget->left;

    return run->budget->left > 0;
}


/* The same for a long value, when nothing tells where a match can begin: starts
   up to a limit, then up to the next, which is the nearer the more time they
   take. */

#define RX_FIRST 1024   /* bytes */
#define RX_LEAST 16     /* bytes */
#define RX_TIME 1000000 /* nanoseconds */

static int
rx_in_pieces(const api_operator_run_t *run, uint64_t before)
{
    int      rc;
    size_t   from, next, step;
    uint64_t began;

    step = RX_FIRST;
    rc = PCRE2_ERROR_NOMATCH;

    for (from = 0; from <= run->value.len && rc == PCRE2_ERROR_NOMATCH;
         from = next)
    {
        next = from + step;
        began = before;
        pcre2_set_offset_limit(run->scratch->context, next - 1);
        rc = rx_exec(run, run->op->code, from);
        pcre2_set_offset_limit(run->scratch->context, PCRE2_UNSET);

        if (!rx_charge(run, &before)) {
            return PCRE2_ERROR_MATCHLIMIT;
        }

        if (before - began < RX_TIME / 4) {
            step *= 2;
        } else if (before - began > RX_TIME && step > RX_LEAST) {
            step /= 2;
        }
    }

    return rc;
}


/* The next place, from `at` on, where a match can begin as far as one byte
   tells; beyond the end: there is none. */

static size_t
rx_next(const api_operator_run_t *run, size_t at)
{
    size_t         i, len;
    const uint8_t *s, *starts;

    starts = run->op->starts;
    i = at;
    s = run->value.data;
    len = run->value.len;

    if ((starts['\n'] & API_OPERATOR_LINE) && (at == 0 || s[at - 1] == '\n')) {
        return at;
    }

    if ((starts[' '] & API_OPERATOR_WORDS) == 0) {
        i = (size_t) (api_words_find(s + i, s + len, starts) - s);
    }

    while (i < len && (starts[s[i]] & API_OPERATOR_FOUND) == 0) {
        i++;
    }

    if (i == len) {
        return len + 1;
    }

    return starts[s[i]] & API_OPERATOR_START ? i : i + 1;
}


/* PCRE2's answer at one place alone. */

static int
rx_here(const api_operator_run_t *run, size_t at)
{
    int rc;

    pcre2_set_offset_limit(run->scratch->context, at);
    rc = rx_exec(run, run->op->code, at);
    pcre2_set_offset_limit(run->scratch->context, PCRE2_UNSET);

    return rc;
}


/* At the places where a match can begin, which a pass over the value from its
   end tells: most often there is none. */

#define RX_PLACES 32

static int
rx_at_places(const api_operator_run_t *run, size_t from)
{
    int      rc;
    size_t   i, n, at[RX_PLACES];
    uint64_t before;

    before = 0;

    for (rc = PCRE2_ERROR_NOMATCH;
         rc == PCRE2_ERROR_NOMATCH && from <= run->value.len;
         from = at[n - 1] + 1)
    {
        n = api_reverse_find(run->op->reverse, run->scratch->reverse,
            run->value, from, at, RX_PLACES, &run->budget->left);

        if (n == SIZE_MAX) {
            return PCRE2_ERROR_MATCHLIMIT;
        }

        before = n > 0 && before == 0 ? rx_clock(run) : before;

        for (i = 0; i < n && rc == PCRE2_ERROR_NOMATCH; i++) {
            rc = rx_here(run, at[i]);
        }

        if (n > 0 && !rx_charge(run, &before)) {
            return PCRE2_ERROR_MATCHLIMIT;
        }

        if (n < RX_PLACES) {
            break;
        }
    }

    return rc;
}


/*
 * Where places are few: ahead from each of them, which ends soon.  Where that
 * has taken as much as a pass would, it goes on with one.
 */

static int
rx_ahead(const api_operator_run_t *run)
{
    int                  rc;
    size_t               at;
    uint64_t             before, enough, now;
    api_reverse_answer_t answer;

    before = 0;
    rc = PCRE2_ERROR_NOMATCH;
    now = run->budget->left;
    enough = (uint64_t) run->value.len + 4096;

    for (at = rx_next(run, 0);
         rc == PCRE2_ERROR_NOMATCH && at <= run->value.len;
         at = at < run->value.len ? rx_next(run, at + 1) : at + 1)
    {
        if (now - run->budget->left > enough) {
            return rx_at_places(run, at);
        }

        answer = api_reverse_ahead(run->op->ahead, run->scratch->reverse,
            run->value, at, &run->budget->left);

        if (answer == API_REVERSE_SPENT) {
            return PCRE2_ERROR_MATCHLIMIT;
        }

        if (answer == API_REVERSE_MAYBE) {
            before = before == 0 ? rx_clock(run) : before;
            rc = rx_here(run, at);

            if (!rx_charge(run, &before)) {
                return PCRE2_ERROR_MATCHLIMIT;
            }
        }
    }

    return rc;
}


static int
rx_run(const api_operator_run_t *run, const pcre2_code *code)
{
    uint64_t before;

    if (run->op->reverse != NULL && run->value.len > 0) {
        return run->op->ahead != NULL ? rx_ahead(run) : rx_at_places(run, 0);
    }

    before = rx_clock(run);

    return before != 0 && code == run->op->code ? rx_in_pieces(run, before)
                                                : rx_exec(run, code, 0);
}


static int
rx_error(int rc)
{
    switch (rc) {

    case PCRE2_ERROR_MATCHLIMIT:
    case PCRE2_ERROR_DEPTHLIMIT:
    case PCRE2_ERROR_HEAPLIMIT:
    case PCRE2_ERROR_JIT_STACKLIMIT:
    case PCRE2_ERROR_NOMEMORY:
        return API_LIMIT;

    default:
        return API_INTERNAL;
    }
}


static void
rx_captures(const api_operator_run_t *run, int n)
{
    int             i;
    size_t         *o, from, to;
    api_captures_t *c = run->captures;

    if (n == 0 || n > API_OPERATOR_CAPTURES) {
        n = API_OPERATOR_CAPTURES; /* more groups than TX has numbers */
    }

    o = pcre2_get_ovector_pointer(run->scratch->data);
    c->n = (uint32_t) n;

    for (i = 0; i < n; i++) {
        from = o[2 * i];
        to = o[2 * i + 1];
        c->text[i] = (api_span_t){ NULL, 0 };

        if (from != PCRE2_UNSET && from <= to) {
            c->text[i] = api_span(
                run->value.data ? run->value.data + from : (uint8_t *) "",
                to - from);
        }
    }
}


/*
 * A pattern with macros in it, as they are now.  It is compiled without JIT;
 * one that PCRE2 refuses matches nothing, as in ModSecurity.
 */

#define RX_COMPILE_COST 20000

static pcre2_code *
rx_expanded(const api_operator_run_t *run)
{
    int                   code;
    size_t                i, at;
    api_scratch_t        *w = run->scratch;
    api_operator_cache_t *c;

    for (i = 0; i < API_OPERATOR_CACHE; i++) {
        c = &w->cache[i];

        if (c->code && api_span_eq(run->arg, api_span(c->text, c->len))) {
            return c->code;
        }
    }

    if (run->arg.len > API_OPERATOR_CACHE_TEXT
        || run->budget->left < RX_COMPILE_COST)
    {
        return NULL;
    }

    run->budget->left -= RX_COMPILE_COST;
    c = &w->cache[w->next++ % API_OPERATOR_CACHE];
    pcre2_code_free(c->code);
    c->code = api_operator_rx_compile(run->arg, 0, &code, &at);

    if (run->arg.len) {
        memcpy(c->text, run->arg.data, run->arg.len);
    }

    c->len = run->arg.len;

    return c->code;
}


int
api_operator_run_rx(const api_operator_run_t *run)
{
    int               rc;
    const pcre2_code *code = run->op->code;

    if (run->op->macro) {
        code = rx_expanded(run);

        if (code == NULL) {
            return run->arg.len > API_OPERATOR_CACHE_TEXT ? API_LIMIT : 0;
        }
    }

    rc = rx_run(run, code);

    if (rc == PCRE2_ERROR_NOMATCH) {
        return 0;
    }

    if (rc < 0) {
        return rx_error(rc);
    }

    if (run->captures) {
        rx_captures(run, rc);
    }

    return 1;
}


/* ISO/IEC 7812-1 annex B: from the right every second digit counts twice. */

static bool
cc_luhn(api_span_t s)
{
    size_t   i;
    unsigned d, sum = 0, digits = 0;

    for (i = s.len; i-- > 0;) {
        if (s.data[i] < '0' || s.data[i] > '9') {
            continue;
        }

        d = (unsigned) (s.data[i] - '0') << (digits & 1);
        sum += d > 9 ? d - 9 : d;
        digits++;
    }

    return digits > 0 && sum % 10 == 0;
}


/* Every text that the pattern finds, and those that begin within it. */

int
api_operator_run_cc(const api_operator_run_t *run)
{
    int        rc;
    size_t     at, *o;
    api_span_t text;

    for (at = 0; at < run->value.len;) {
        rc = rx_exec(run, run->op->code, at);

        if (rc == PCRE2_ERROR_NOMATCH) {
            return 0;
        }

        if (rc < 0) {
            return rx_error(rc);
        }

        o = pcre2_get_ovector_pointer(run->scratch->data);

        if (o[0] > o[1] || run->value.data == NULL) {
            return 0; /* \K in a lookahead */
        }

        text = api_span(run->value.data + o[0], o[1] - o[0]);

        if (cc_luhn(text)) {
            api_operator_capture(run->captures, text);
            return 1;
        }

        at = o[0] >= at ? o[0] + 1 : at + 1;

        if (run->budget->left < text.len + 16) {
            run->budget->left = 0;
            return API_LIMIT;
        }

        run->budget->left -= text.len + 16;
    }

    return 0;
}
