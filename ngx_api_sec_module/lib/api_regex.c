#include "api_regex_int.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>


/* Steps of PCRE2 from one place of the subject. */

#define REGEX_MATCH_LIMIT 20000
#define REGEX_DEPTH_LIMIT 20000

/* The stack of a match that the usual 32 KB do not suffice for, and its price
   in units. */

#define REGEX_STACK_MIN (64 << 10)
#define REGEX_STACK_MAX (1 << 20)
#define REGEX_LARGE 2000

typedef enum { REGEX_LINEAR = 0, REGEX_SQUARE, REGEX_BACKREF } regex_cost_t;

struct api_regex_s {
    const api_alloc_t   *alloc;
    pcre2_code          *code; /* NULL: the row */
    pcre2_match_context *limits;
    regex_cost_t         cost;
    bool                 jit;
    unsigned             warnings;
    api_row_t            row;
};


static void
regex_release(const api_alloc_t *alloc, void *p)
{
    if (p && alloc->free) {
        alloc->free(alloc->ctx, p);
    }
}


void
api_regex_free(api_regex_t *re)
{
    if (re) {
        pcre2_code_free(re->code);
        pcre2_match_context_free(re->limits);
        regex_release(re->alloc, re);
    }
}


static int
regex_limits(api_regex_t *re)
{
    re->limits = pcre2_match_context_create(NULL);

    if (re->limits == NULL) {
        return API_NOMEM;
    }

    pcre2_set_match_limit(re->limits, REGEX_MATCH_LIMIT);
    pcre2_set_depth_limit(re->limits, REGEX_DEPTH_LIMIT);

    return API_OK;
}


static int
regex_pcre2(api_regex_t *re, const api_ecma_t *t, api_err_t *err)
{
    int         code;
    size_t      at;
    PCRE2_UCHAR text[160];

    static const uint8_t empty[1];

    re->code = pcre2_compile(t->out ? t->out : empty, t->len,
        PCRE2_UTF | PCRE2_ALLOW_EMPTY_CLASS | PCRE2_MATCH_UNSET_BACKREF
            | PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UCP,
        &code, &at, NULL);

    if (re->code == NULL) {
        if (code == PCRE2_ERROR_HEAP_FAILED || code == PCRE2_ERROR_NOMEMORY) {
            return api_fail(err, API_NOMEM, 0, 0, "out of memory");
        }

        pcre2_get_error_message(code, text, sizeof(text));
        return api_fail(err, API_UNSUPPORTED, 0, 0, "%s", (char *) text);
    }

    re->jit = pcre2_jit_compile(re->code, PCRE2_JIT_COMPLETE) == 0;

    return regex_limits(re);
}


static int
regex_build(api_regex_t *re, api_span_t pattern, api_err_t *err)
{
    int        rc;
    api_ecma_t t;

    memset(&t, 0, sizeof(t));
    t.p = pattern;
    t.alloc = re->alloc;
    t.err = err;

    /* also what the row matches is looked through, for what is wrong in it */

    rc = api_ecma_translate(&t);

    if (rc == API_OK) {
        re->warnings = t.warnings;
        re->cost = t.backref ? REGEX_BACKREF
                   : t.unbounded + !t.anchored > 1 || t.warnings
                       ? REGEX_SQUARE
                       : REGEX_LINEAR;

        if (!api_row_parse(pattern, &re->row)) {
            rc = regex_pcre2(re, &t, err);
        }
    }

    regex_release(re->alloc, t.out);

    return rc;
}


int
api_regex_compile(api_regex_t **out, api_span_t pattern,
    const api_alloc_t *alloc, api_err_t *err)
{
    int          rc;
    api_regex_t *re;

    re = alloc->alloc(alloc->ctx, sizeof(*re));

    if (re == NULL) {
        return api_fail(err, API_NOMEM, 0, 0, "out of memory");
    }

    memset(re, 0, sizeof(*re));
    re->alloc = alloc;

    rc = regex_build(re, pattern, err);

    if (rc != API_OK) {
        api_regex_free(re);
        return rc;
    }

    *out = re;

    return API_OK;
}


bool
api_regex_syntax(api_span_t pattern, const api_alloc_t *alloc)
{
    int        rc;
    api_ecma_t t;

    memset(&t, 0, sizeof(t));
    t.p = pattern;
    t.alloc = alloc;

    rc = api_ecma_translate(&t);
    regex_release(alloc, t.out);

    return rc == API_OK;
}


unsigned
api_regex_warnings(const api_regex_t *re)
{
    return re->warnings;
}


/* What a subject of n bytes may cost at most, in units. */

static bool
regex_charge(const api_regex_t *re, size_t n, api_regex_work_t *w)
{
    uint64_t cost;

    cost = 1 + n / 16;

    if (re->code && re->cost != REGEX_LINEAR) {
        cost += (uint64_t) n * n / 512;
    }

    if (cost > w->left
        || (re->cost == REGEX_BACKREF && n > API_REGEX_BACKREF_SUBJECT))
    {
        return false;
    }

    w->left -= cost;

    return true;
}


static void *
regex_malloc(size_t size, void *arena)
{
    return api_arena_alloc(arena, size);
}


static void
regex_mfree(void *p, void *arena)
{
    (void) p;
    (void) arena;
}


int
api_regex_ready(api_regex_work_t *w)
{
    pcre2_general_context *general;

    if (w->match == NULL) {
        general =
            pcre2_general_context_create(regex_malloc, regex_mfree, w->arena);
        w->match = general ? pcre2_match_data_create(1, general) : NULL;
    }

    return w->match ? API_OK : API_NOMEM;
}


/*
 * Once more with a larger stack, for a long subject of a pattern that repeats
 * a group.  It is made for this one match, and paid for.
 */

static int
regex_run_large(const api_regex_t *re, api_span_t s, pcre2_match_data *data)
{
    int                  rc;
    pcre2_jit_stack     *stack;
    pcre2_match_context *limits;

    rc = PCRE2_ERROR_NOMEMORY;
    limits = pcre2_match_context_copy(re->limits);
    stack = pcre2_jit_stack_create(REGEX_STACK_MIN, REGEX_STACK_MAX, NULL);

    if (limits && stack) {
        pcre2_jit_stack_assign(limits, NULL, stack);
        rc = pcre2_jit_match(re->code, s.data, s.len, 0, 0, data, limits);
    }

    pcre2_jit_stack_free(stack);
    pcre2_match_context_free(limits);

    return rc;
}


static int
regex_run(const api_regex_t *re, api_span_t s, pcre2_match_data *data)
{
    static const uint8_t empty[1];

    if (s.len == 0) {
        s.data = empty;
    }

    if (re->jit) {
        return pcre2_jit_match(
            re->code, s.data, s.len, 0, 0, data, re->limits);
    }

    return pcre2_match(
        re->code, s.data, s.len, 0, PCRE2_NO_UTF_CHECK, data, re->limits);
}


int
api_regex_match(const api_regex_t *re, api_span_t s, api_regex_work_t *w)
{
    int rc;

    if (!regex_charge(re, s.len, w)) {
        return API_LIMIT;
    }

    if (re->code == NULL) {
        return api_row_match(&re->row, s) ? API_OK : API_DENIED;
    }

    if (api_regex_ready(w) != API_OK) {
        return API_NOMEM;
    }

    rc = regex_run(re, s, w->match);

    if (rc == PCRE2_ERROR_JIT_STACKLIMIT && w->left >= REGEX_LARGE) {
        w->left -= REGEX_LARGE;
        rc = regex_run_large(re, s, w->match);
    }

    if (rc >= 0) {
        return API_OK;
    }

    if (rc == PCRE2_ERROR_NOMATCH) {
        return API_DENIED;
    }

    w->left -= w->left < API_REGEX_GIVEN_UP ? w->left : API_REGEX_GIVEN_UP;

    return API_LIMIT;
}
