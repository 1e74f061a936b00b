/* Input: PATH, LF, VALUE, LF, claims.  Whatever they are, tests agree with
   each other and with the decoded text of the claim. */

#include "api_claim.h"
#include "fuzz.h"


static const api_sipkey_t seed = { 31, 32 };


static api_span_t
line(api_span_t *rest)
{
    api_span_t     s;
    const uint8_t *p;

    p = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;

    if (p == NULL) {
        s = *rest;
        *rest = api_span(NULL, 0);
        return s;
    }

    s = api_span(rest->data, (size_t) (p - rest->data));
    *rest = api_span(p + 1, rest->len - s.len - 1);

    return s;
}


static bool
has_word(api_span_t text, api_span_t word)
{
    size_t i, from;

    if (word.len == 0) {
        return false;
    }

    for (i = 0, from = 0; i <= text.len; i++) {
        if (i == text.len || text.data[i] == ' ') {
            if (api_span_eq(api_span(text.data + from, i - from), word)) {
                return true;
            }

            from = i + 1;
        }
    }

    return false;
}


static void
check_string(
    const api_json_t *doc, uint32_t tok, api_span_t value, api_arena_t *arena)
{
    bool       same, prefix;
    api_span_t text, again;

    MUST(api_json_string(doc, tok, arena, &text) == API_OK);
    MUST(api_claim_text(doc, tok, arena, &again) == API_OK);
    MUST(api_span_eq(text, again));

    same = api_span_eq(text, value);
    prefix = value.len && value.len <= text.len
             && memcmp(text.data, value.data, value.len) == 0;

    MUST(api_claim_test(doc, tok, API_CLAIM_EQ, &value, 1) == same);
    MUST(api_claim_test(doc, tok, API_CLAIM_NE, &value, 1) == !same);
    MUST(api_claim_test(doc, tok, API_CLAIM_PREFIX, &value, 1) == prefix);
    MUST(api_claim_test(doc, tok, API_CLAIM_ANY, &value, 1)
         == has_word(text, value));
}


static void
check_tests(const api_json_t *doc, uint32_t tok, api_span_t value)
{
    int  op;
    bool r[API_CLAIM_NOPS];

    for (op = 0; op < API_CLAIM_NOPS; op++) {
        r[op] = api_claim_test(doc, tok, (api_claim_op_t) op, &value, 1);

        MUST(!api_claim_test(doc, tok, (api_claim_op_t) op, NULL, 0)
             || op == API_CLAIM_EXISTS);
    }

    MUST(r[API_CLAIM_EQ] == r[API_CLAIM_IN]);
    MUST(!(r[API_CLAIM_EQ] && r[API_CLAIM_NE]));
    MUST(r[API_CLAIM_ANY] == r[API_CLAIM_CONTAINS]);
    MUST(!r[API_CLAIM_MATCH]);

    if (r[API_CLAIM_GE] || r[API_CLAIM_LE]) {
        MUST(r[API_CLAIM_GT] == !r[API_CLAIM_LE]);
        MUST(r[API_CLAIM_LT] == !r[API_CLAIM_GE]);
        MUST(r[API_CLAIM_EQ] == (r[API_CLAIM_GE] && r[API_CLAIM_LE]));

    } else {
        MUST(!r[API_CLAIM_GT] && !r[API_CLAIM_LT]);
    }

    for (op = 0; op < API_CLAIM_NOPS; op++) {
        MUST(!r[op] || r[API_CLAIM_EXISTS]);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t         tok;
    api_err_t        err;
    api_span_t       rest, text, value, out;
    api_json_t       doc;
    api_arena_t      arena;
    api_claim_path_t path;

    rest = api_span(data, size);
    text = line(&rest);
    value = line(&rest);

    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    if (api_claim_path_parse(&path, text, &arena, &err) != API_OK) {
        MUST(err.pos <= text.len);

    } else if (api_json_parse(&doc, rest, NULL, 0, seed, &arena, NULL)
               == API_OK) {
        MUST(path.nsteps >= 1 && path.nsteps <= API_CLAIM_MAX_STEPS);
        MUST(path.steps[0].name.data != NULL);

        tok = api_claim_find(&doc, 0, &path);
        MUST(tok == API_JSON_NONE || tok < doc.ntok);

        check_tests(&doc, tok, value);
        MUST(api_claim_text(&doc, tok, &arena, &out) == API_OK);

        if (tok != API_JSON_NONE && doc.tok[tok].type == API_JSON_STRING) {
            check_string(&doc, tok, value, &arena);
        }

        if (api_claim_scopes(&doc, 0, &value, 1, true)) {
            MUST(value.len != 0);
        }

        MUST(api_claim_scopes(&doc, 0, &value, 1, true)
             == api_claim_scopes(&doc, 0, &value, 1, false));
    }

    api_arena_free(&arena);

    return 0;
}
