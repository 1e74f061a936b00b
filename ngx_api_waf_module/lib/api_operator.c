/* The table of operators: names, how each is made and run. */

#include "api_operator_int.h"

#include "api_sqli.h"
#include "api_xss.h"

#include <stdlib.h>


#define OP_MACRO 0x01  /* takes macros, expanded at each match */
#define OP_NO_ARG 0x02 /* without an argument; one that is there is ignored */
#define OP_EMPTY 0x04  /* the argument may be empty */

struct api_operator_def_s {
    const char       *name;
    api_operator_id_t id;
    unsigned          flags;
    unsigned          weight; /* work units a byte */
    int (*make)(api_operator_t *op, const api_operator_make_t *m);
    int (*run)(const api_operator_run_t *run);
    const char *inert;
};

static int operator_run_sqli(const api_operator_run_t *run);
static int operator_run_xss(const api_operator_run_t *run);
static int operator_run_never(const api_operator_run_t *run);
static int operator_run_always(const api_operator_run_t *run);

#define NO_GEO "there is no database of places here"
#define NO_RBL                                                                \
    "a worker must not wait for a name server; see api_list and "             \
    "api_ratelimit_ban"
#define NO_GSB "there is no database of addresses here"
#define NO_RUN "a worker must not run a program"

/* The first of an id gives its name. */

static const api_operator_def_t operators[] = {
    { "rx", API_OPERATOR_RX, OP_MACRO | OP_EMPTY, 4, api_operator_make_rx,
        api_operator_run_rx, NULL },
    { "rxGlobal", API_OPERATOR_RX_GLOBAL, OP_MACRO | OP_EMPTY, 4,
        api_operator_make_rx, api_operator_run_rx, NULL },
    { "pm", API_OPERATOR_PM, 0, 4, api_operator_make_pm, api_operator_run_pm,
        NULL },
    { "pmFromFile", API_OPERATOR_PM, 0, 4, api_operator_make_pm_file,
        api_operator_run_pm, NULL },
    { "pmf", API_OPERATOR_PM, 0, 4, api_operator_make_pm_file,
        api_operator_run_pm, NULL },
    { "contains", API_OPERATOR_CONTAINS, OP_MACRO | OP_EMPTY, 1, NULL,
        api_operator_run_contains, NULL },
    { "containsWord", API_OPERATOR_CONTAINS_WORD, OP_MACRO | OP_EMPTY, 1, NULL,
        api_operator_run_word, NULL },
    { "beginsWith", API_OPERATOR_BEGINS_WITH, OP_MACRO | OP_EMPTY, 0, NULL,
        api_operator_run_begins, NULL },
    { "endsWith", API_OPERATOR_ENDS_WITH, OP_MACRO | OP_EMPTY, 0, NULL,
        api_operator_run_ends, NULL },
    { "streq", API_OPERATOR_STREQ, OP_MACRO | OP_EMPTY, 0, NULL,
        api_operator_run_streq, NULL },
    { "strmatch", API_OPERATOR_STRMATCH, OP_MACRO | OP_EMPTY, 1, NULL,
        api_operator_run_contains, NULL },
    { "within", API_OPERATOR_WITHIN, OP_MACRO | OP_EMPTY, 1, NULL,
        api_operator_run_within, NULL },
    { "eq", API_OPERATOR_EQ, OP_MACRO | OP_EMPTY, 0, NULL,
        api_operator_run_number, NULL },
    { "ge", API_OPERATOR_GE, OP_MACRO | OP_EMPTY, 0, NULL,
        api_operator_run_number, NULL },
    { "gt", API_OPERATOR_GT, OP_MACRO | OP_EMPTY, 0, NULL,
        api_operator_run_number, NULL },
    { "le", API_OPERATOR_LE, OP_MACRO | OP_EMPTY, 0, NULL,
        api_operator_run_number, NULL },
    { "lt", API_OPERATOR_LT, OP_MACRO | OP_EMPTY, 0, NULL,
        api_operator_run_number, NULL },
    { "ipMatch", API_OPERATOR_IP_MATCH, 0, 1, api_operator_make_ip,
        api_operator_run_ip, NULL },
    { "ipMatchFromFile", API_OPERATOR_IP_MATCH, 0, 1,
        api_operator_make_ip_file, api_operator_run_ip, NULL },
    { "ipMatchF", API_OPERATOR_IP_MATCH, 0, 1, api_operator_make_ip_file,
        api_operator_run_ip, NULL },
    { "validateByteRange", API_OPERATOR_BYTE_RANGE, 0, 1,
        api_operator_make_range, api_operator_run_range, NULL },
    { "validateUrlEncoding", API_OPERATOR_URL_ENCODING, OP_NO_ARG, 1, NULL,
        api_operator_run_url, NULL },
    { "validateUtf8Encoding", API_OPERATOR_UTF8_ENCODING, OP_NO_ARG, 1, NULL,
        api_operator_run_utf8, NULL },
    { "detectSQLi", API_OPERATOR_SQLI, OP_NO_ARG, 4, NULL, operator_run_sqli,
        NULL },
    { "detectXSS", API_OPERATOR_XSS, OP_NO_ARG, 8, NULL, operator_run_xss,
        NULL },
    { "verifyCC", API_OPERATOR_VERIFY_CC, 0, 4, api_operator_make_rx,
        api_operator_run_cc, NULL },
    { "noMatch", API_OPERATOR_NO_MATCH, OP_NO_ARG, 0, NULL, operator_run_never,
        NULL },
    { "unconditionalMatch", API_OPERATOR_UNCONDITIONAL, OP_NO_ARG, 0, NULL,
        operator_run_always, NULL },
    { "geoLookup", API_OPERATOR_INERT, OP_NO_ARG, 0, NULL, operator_run_never,
        NO_GEO },
    { "rbl", API_OPERATOR_INERT, OP_NO_ARG, 0, NULL, operator_run_never,
        NO_RBL },
    { "gsbLookup", API_OPERATOR_INERT, OP_NO_ARG, 0, NULL, operator_run_never,
        NO_GSB },
    { "inspectFile", API_OPERATOR_INERT, OP_NO_ARG, 0, NULL,
        operator_run_never, NO_RUN },
};

#define NOPERATORS (sizeof(operators) / sizeof(operators[0]))

static const char *const error_names[API_OPERATOR_NERRORS] = {
    "none",
    "name",
    "argument",
    "macro",
    "pattern",
    "phrase",
    "range",
    "address",
    "file",
    "size",
    "nomem",
};


const char *
api_operator_error_name(int code)
{
    return code >= 0 && code < API_OPERATOR_NERRORS ? error_names[code] : "?";
}


const char *
api_operator_name(api_operator_id_t id)
{
    size_t i;

    if (id == API_OPERATOR_INERT) {
        return "inert";
    }

    for (i = 0; i < NOPERATORS; i++) {
        if (operators[i].id == id) {
            return operators[i].name;
        }
    }

    return "?";
}


static const api_operator_def_t *
operator_find(api_span_t name)
{
    size_t i;

    for (i = 0; i < NOPERATORS; i++) {
        if (api_span_eq_nocase(
                name, api_span(operators[i].name, strlen(operators[i].name))))
        {
            return &operators[i];
        }
    }

    return NULL;
}


/* Something between %{ and }. */

static bool
operator_has_macro(api_span_t s)
{
    size_t i;

    for (i = 0; i + 1 < s.len; i++) {
        if (s.data[i] == '%' && s.data[i + 1] == '{') {
            return memchr(s.data + i, '}', s.len - i) != NULL;
        }
    }

    return false;
}


static int
operator_check_arg(
    const api_operator_def_t *def, api_span_t arg, api_err_t *err)
{
    if (def->flags & OP_NO_ARG) {
        return API_OK;
    }

    if (arg.len == 0 && !(def->flags & OP_EMPTY)) {
        return api_fail(err, API_INVALID, API_OPERATOR_E_ARGUMENT, 0,
            "@%s needs an argument", def->name);
    }

    if (!(def->flags & OP_MACRO) && operator_has_macro(arg)) {
        return api_fail(err, API_INVALID, API_OPERATOR_E_MACRO, 0,
            "@%s takes no macro: what it looks for is compiled once, at load",
            def->name);
    }

    return API_OK;
}


int
api_operator_compile(api_operator_t **out, api_span_t name, api_span_t arg,
    const api_operator_env_t *env, api_arena_t *arena, api_err_t *err)
{
    int                       rc;
    api_operator_t           *op;
    const api_operator_def_t *def;
    api_operator_make_t       m = { env, arena, err };

    def = operator_find(name);

    if (def == NULL) {
        return api_fail(err, API_UNSUPPORTED, API_OPERATOR_E_NAME, 0,
            "there is no operator @%.*s", name.len > 40 ? 40 : (int) name.len,
            name.len ? (const char *) name.data : "");
    }

    rc = operator_check_arg(def, arg, err);

    if (rc != API_OK) {
        return rc;
    }

    op = api_arena_calloc(arena, 1, sizeof(*op));

    if (op == NULL) {
        return api_fail(err, API_NOMEM, API_OPERATOR_E_NOMEM, 0, "no memory");
    }

    op->def = def;
    op->id = def->id;
    op->arg = arg;
    op->inert = def->inert;
    op->macro = (def->flags & OP_MACRO) && operator_has_macro(arg);
    op->number = def->id == API_OPERATOR_EQ ? api_operator_stoi(arg)
                                            : api_operator_atoll(arg);

    rc = def->make ? def->make(op, &m) : API_OK;

    if (rc != API_OK) {
        api_operator_free(op);
        return rc;
    }

    *out = op;

    return API_OK;
}


void
api_operator_free(api_operator_t *op)
{
    if (op != NULL) {
        api_operator_code_release(op->shared);
        op->shared = NULL;
        op->code = NULL;
    }
}


api_operator_id_t
api_operator_id(const api_operator_t *op)
{
    return op->id;
}


api_span_t
api_operator_arg(const api_operator_t *op)
{
    return op->arg;
}


bool
api_operator_macro(const api_operator_t *op)
{
    return op->macro;
}


const char *
api_operator_inert(const api_operator_t *op)
{
    return op->inert;
}


bool
api_operator_phrase(const api_operator_t *op, uint32_t n, api_span_t *phrase)
{
    if (op->pm == NULL || n >= op->pm->nphrase) {
        return false;
    }

    *phrase = op->pm->phrase[n];

    return true;
}


int
api_operator_read(
    api_operator_t *op, const api_operator_make_t *m, api_span_t *text)
{
    if (m->env == NULL || m->env->read == NULL) {
        return api_fail(m->err, API_INVALID, API_OPERATOR_E_FILE, 0,
            "no files can be read here");
    }

    return m->env->read(m->env->ctx, api_operator_trim(op->arg), text, m->err);
}


api_span_t
api_operator_trim(api_span_t s)
{
    while (s.len && (s.data[0] == ' ' || (s.data[0] >= 9 && s.data[0] <= 13)))
    {
        s.data++;
        s.len--;
    }

    while (s.len
           && (s.data[s.len - 1] == ' '
               || (s.data[s.len - 1] >= 9 && s.data[s.len - 1] <= 13)))
    {
        s.len--;
    }

    return s;
}


void
api_operator_capture(api_captures_t *captures, api_span_t text)
{
    if (captures != NULL) {
        captures->n = 1;
        captures->text[0] = text;
    }
}


#define JIT_STACK_MIN (32 * 1024)
#define JIT_STACK_MAX (512 * 1024)
#define REVERSE_CACHE (1024 * 1024)
#define HEAP_LIMIT (20 * 1024) /* KiB, of the interpreter */

api_scratch_t *
api_scratch_create(const api_alloc_t *alloc)
{
    api_scratch_t *s;

    s = alloc->alloc(alloc->ctx, sizeof(*s));

    if (s == NULL) {
        return NULL;
    }

    memset(s, 0, sizeof(*s));
    s->alloc = alloc;
    s->data = pcre2_match_data_create(API_OPERATOR_CAPTURES, NULL);
    s->context = pcre2_match_context_create(NULL);
    s->stack = pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX, NULL);
    s->reverse = api_reverse_cache_create(alloc, REVERSE_CACHE);

    if (s->data == NULL || s->context == NULL || s->reverse == NULL) {
        api_scratch_free(s);
        return NULL;
    }

    pcre2_set_heap_limit(s->context, HEAP_LIMIT);

    if (s->stack != NULL) {
        pcre2_jit_stack_assign(s->context, NULL, s->stack);
    }

    return s;
}


void
api_scratch_clock(api_scratch_t *s, uint64_t (*clock)(void))
{
    s->clock = clock;
}


void
api_scratch_free(api_scratch_t *s)
{
    size_t             i;
    const api_alloc_t *alloc;

    if (s == NULL) {
        return;
    }

    for (i = 0; i < API_OPERATOR_CACHE; i++) {
        pcre2_code_free(s->cache[i].code);
    }

    api_reverse_cache_free(s->reverse);
    pcre2_match_data_free(s->data);
    pcre2_match_context_free(s->context);
    pcre2_jit_stack_free(s->stack);

    alloc = s->alloc;

    if (alloc->free) {
        alloc->free(alloc->ctx, s);
    }
}


#define MATCH_COST 40 /* besides bytes */

static bool
operator_charge(
    const api_operator_t *op, size_t len, size_t more, api_budget_t *budget)
{
    uint64_t cost;

    cost = MATCH_COST + (uint64_t) op->def->weight * len + more;

    if (budget->left < cost) {
        budget->left = 0;
        return false;
    }

    budget->left -= cost;

    return true;
}


bool
api_operator_charge(const api_operator_t *op, size_t len, api_budget_t *budget)
{
    return operator_charge(op, len, 0, budget);
}


int
api_operator_match(const api_operator_t *op, api_span_t value, api_span_t arg,
    api_captures_t *captures, api_budget_t *budget, api_scratch_t *scratch)
{
    api_operator_run_t run;

    run.op = op;
    run.value = value;
    run.arg = op->macro ? arg : op->arg;
    run.captures = captures;
    run.budget = budget;
    run.scratch = scratch;

    if (!operator_charge(op, value.len, op->macro ? arg.len : 0, budget)) {
        return API_LIMIT;
    }

    if (captures != NULL) {
        captures->n = 0;
    }

    return op->def->run(&run);
}


#define SQLI_TOKEN 25 /* work units */

void
api_operator_charge_tokens(uint32_t tokens, api_budget_t *budget)
{
    uint64_t cost;

    cost = (uint64_t) SQLI_TOKEN * tokens;
    budget->left -= cost < budget->left ? cost : budget->left;
}


static int
operator_run_sqli(const api_operator_run_t *run)
{
    bool       found;
    size_t     len;
    api_sqli_t how;

    found = api_sqli_detect(run->value, &how);
    api_operator_charge_tokens(how.tokens, run->budget);

    if (!found) {
        return 0;
    }

    len = strlen(how.fingerprint);
    memcpy(run->scratch->note, how.fingerprint, len);
    api_operator_capture(run->captures, api_span(run->scratch->note, len));

    return 1;
}


static int
operator_run_xss(const api_operator_run_t *run)
{
    if (!api_xss_detect(run->value, NULL)) {
        return 0;
    }

    api_operator_capture(run->captures, run->value);

    return 1;
}


static int
operator_run_never(const api_operator_run_t *run)
{
    (void) run;
    return 0;
}


static int
operator_run_always(const api_operator_run_t *run)
{
    (void) run;
    return 1;
}
