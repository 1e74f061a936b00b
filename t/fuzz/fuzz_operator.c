/* Input: an operator's name, a NUL, its argument, a NUL, a value.  Whatever
   loads can be matched; what is simple agrees with a naive reading. */

#include "api_operator.h"
#include "fuzz.h"


static api_span_t file;


static int
read_file(void *ctx, api_span_t name, api_span_t *text, api_err_t *err)
{
    (void) ctx;
    (void) name;
    (void) err;

    *text = file;

    return API_OK;
}


static uint8_t
fold(uint8_t c, bool caseless)
{
    return caseless && c >= 'A' && c <= 'Z' ? (uint8_t) (c | 0x20) : c;
}


static bool
naive_at(api_span_t s, size_t at, api_span_t what, bool caseless)
{
    size_t i;

    for (i = 0; i < what.len && at + i < s.len; i++) {
        if (fold(s.data[at + i], caseless) != fold(what.data[i], caseless)) {
            return false;
        }
    }

    return i == what.len;
}


static bool
naive_has(api_span_t s, api_span_t what, bool caseless)
{
    size_t i;

    for (i = 0; i <= s.len; i++) {
        if (naive_at(s, i, what, caseless)) {
            return true;
        }
    }

    return false;
}


static bool
naive_pm(const api_operator_t *op, api_span_t value)
{
    uint32_t   i;
    bool       has = false;
    api_span_t phrase;

    for (i = 0; api_operator_phrase(op, i, &phrase); i++) {
        has |= naive_has(value, phrase, true);
    }

    return has;
}


static void
check(const api_operator_t *op, api_span_t value, int rc,
    const api_captures_t *cap)
{
    api_span_t arg = api_operator_arg(op);

    MUST(rc == 0 || rc == 1 || rc == API_LIMIT);
    MUST(cap->n <= API_OPERATOR_CAPTURES);

    switch (api_operator_id(op)) {

    case API_OPERATOR_PM:
        MUST(rc == naive_pm(op, value));
        break;

    case API_OPERATOR_CONTAINS:
    case API_OPERATOR_STRMATCH:
        MUST(rc == naive_has(value, arg, false));
        break;

    case API_OPERATOR_WITHIN:
        MUST(rc == naive_has(arg, value, false));
        break;

    case API_OPERATOR_BEGINS_WITH:
        MUST(rc == naive_at(value, 0, arg, false));
        break;

    case API_OPERATOR_ENDS_WITH:
        MUST(rc
             == (arg.len <= value.len
                 && naive_at(value, value.len - arg.len, arg, false)));
        break;

    case API_OPERATOR_INERT:
    case API_OPERATOR_NO_MATCH:
        MUST(rc == 0);
        break;

    default:
        break;
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                rc;
    api_span_t         rest = api_span(data, size), name, arg;
    api_err_t          err;
    api_arena_t        arena;
    api_budget_t       budget = { 10000000 };
    api_scratch_t     *scratch;
    api_captures_t     cap;
    api_operator_t    *op;
    api_operator_env_t env = { read_file, NULL, 1000, 1000 };

    name = fuzz_next(&rest);
    arg = fuzz_next(&rest);
    file = arg;

    if (arg.len > 2000) {
        return 0;
    }

    memset(&err, 0, sizeof(err));
    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    rc = api_operator_compile(&op, name, arg, &env, &arena, &err);

    if (rc != API_OK) {
        MUST(
            err.code > API_OPERATOR_E_NONE && err.code < API_OPERATOR_NERRORS);
        MUST(err.text[0] != 0);
        api_arena_free(&arena);
        return 0;
    }

    scratch = api_scratch_create(&api_alloc_libc);
    MUST(scratch != NULL);
    cap.n = 0;
    rc = api_operator_match(op, rest, arg, &cap, &budget, scratch);

    if (rc != API_INTERNAL) {
        check(op, rest, rc, &cap);
    }

    api_scratch_free(scratch);
    api_operator_free(op);
    api_arena_free(&arena);

    return 0;
}
