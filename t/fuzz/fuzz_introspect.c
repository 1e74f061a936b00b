/*
 * Input: the number of the allocation that fails (0: none), then an answer of
 * RFC 7662.  What is taken keeps what api_jwt_introspect.h promises; a rule
 * of the policy that the answer breaks is never passed over.
 */

#include "api_jwt_introspect.h"
#include "fuzz.h"


#define NOW 1700000000


static void
check_rules(const api_introspection_t *in)
{
    int              code;
    api_err_t        err = { 0, 0, "" };
    api_span_t       audience = API_SPAN("orders");
    api_jwt_policy_t policy = { .leeway = 5 };

    code = api_introspect_check(in, &policy, NOW, &err);

    if (code == API_JWT_OK) {
        MUST(!in->has_exp || NOW < in->exp + 5);
        MUST(!in->has_nbf || NOW >= in->nbf - 5);

    } else {
        MUST(code == API_JWT_EXPIRED || code == API_JWT_NOT_YET_VALID);
        fuzz_text(&err);
        MUST(err.code == code);
    }

    policy.issuer = API_SPAN("https://idp");
    policy.audience = &audience;
    policy.naudience = 1;

    if (api_introspect_check(in, &policy, NOW, &err) == API_JWT_OK) {
        MUST(api_span_eq(in->iss, policy.issuer));
        MUST(in->aud != API_JSON_NONE);
        MUST(code == API_JWT_OK);
    }
}


static void
check_parsed(const api_introspection_t *in)
{
    uint32_t tok = api_json_get(&in->claims, 0, API_SPAN("active"));

    MUST(tok != API_JSON_NONE);
    MUST(in->claims.tok[tok].type
         == (in->active ? API_JSON_TRUE : API_JSON_FALSE));

    if (in->active) {
        check_rules(in);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                 rc;
    fuzz_counter_t      c = { 0, 0, 0 };
    api_err_t           err = { 0, 0, "" };
    api_alloc_t         alloc = { fuzz_alloc, fuzz_free, &c };
    api_arena_t         arena;
    api_introspection_t in;

    if (size < 1) {
        return 0;
    }

    c.fail_at = data[0];
    api_arena_init(&arena, &alloc, 0, 0);

    rc = api_introspect_parse(&in, api_span(data + 1, size - 1),
        (api_sipkey_t){ 1, 2 }, &arena, &err);

    if (rc == API_OK) {
        check_parsed(&in);

    } else {
        MUST(rc == API_SYNTAX || rc == API_DUPLICATE || rc == API_LIMIT
             || rc == API_NOMEM || rc == API_INVALID);
        MUST(rc != API_NOMEM || c.calls >= c.fail_at);
        MUST(rc != API_NOMEM || c.fail_at != 0);
        fuzz_text(&err);
    }

    api_arena_free(&arena);
    MUST(c.live == 0);

    return 0;
}
