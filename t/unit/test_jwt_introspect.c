/* Answers of RFC 7662: what is active, what is no answer, the rules. */

#include "api_jwt_introspect.h"
#include "ut.h"


static const api_sipkey_t seed = { 31, 32 };

static api_arena_t arena;


static const struct {
    const char *text;
    int         rc;
    bool        active;
} answers[] = {
    { "{\"active\":true}", API_OK, true },
    { "{\"active\":false}", API_OK, false },
    { "{\"active\":false,\"exp\":\"never\",\"sub\":5}", API_OK, false },
    { "{\"active\":true,\"sub\":\"a\",\"exp\":4e9,\"nbf\":1.5,\"aud\":[\"x\"],"
      "\"iss\":\"i\",\"client_id\":\"c\",\"username\":\"u\",\"jti\":\"j\"}",
        API_OK, true },
    { "{\"active\":true,\"sub\":null,\"exp\":null,\"aud\":null}", API_OK,
        true },
    { "", API_SYNTAX, false },
    { "null", API_INVALID, false },
    { "true", API_INVALID, false },
    { "[{\"active\":true}]", API_INVALID, false },
    { "{}", API_INVALID, false },
    { "{\"active\":\"true\"}", API_INVALID, false },
    { "{\"active\":1}", API_INVALID, false },
    { "{\"active\":null}", API_INVALID, false },
    { "{\"Active\":true}", API_INVALID, false },
    { "{\"active\":false,\"active\":true}", API_DUPLICATE, false },
    { "{\"active\":false,\"act\\u0069ve\":true}", API_DUPLICATE, false },
    { "{\"active\":true} ", API_OK, true },
    { "{\"active\":true}x", API_SYNTAX, false },
    { "{\"active\":true", API_SYNTAX, false },
    { "{\"active\":true,\"sub\":5}", API_INVALID, false },
    { "{\"active\":true,\"iss\":[\"i\"]}", API_INVALID, false },
    { "{\"active\":true,\"exp\":\"4000000000\"}", API_INVALID, false },
    { "{\"active\":true,\"exp\":1e400}", API_INVALID, false },
    { "{\"active\":true,\"aud\":5}", API_INVALID, false },
    { "{\"active\":true,\"aud\":[\"a\",5]}", API_INVALID, false },
    { "{\"active\":true,\"client_id\":{}}", API_INVALID, false },
};


static void
test_parse(void)
{
    int                 rc;
    size_t              i;
    api_err_t           err;
    api_introspection_t in;

    for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        rc = api_introspect_parse(&in,
            ut_guard(api_span(answers[i].text, strlen(answers[i].text))), seed,
            &arena, &err);
        ut_int(rc, answers[i].rc, "%s", answers[i].text);
        ut_ok(rc != API_OK || in.active == answers[i].active, "... active");
        ut_guard_reset();
    }
}


static const struct {
    const char *text;
    const char *issuer;
    const char *audience;
    const char *require;
    int         code;
} rules[] = {
    { "{\"active\":true}", NULL, NULL, NULL, API_JWT_OK },
    { "{\"active\":true}", "i", NULL, NULL, API_JWT_ISSUER },
    { "{\"active\":true,\"iss\":\"i\"}", "i", NULL, NULL, API_JWT_OK },
    { "{\"active\":true,\"iss\":\"ii\"}", "i", NULL, NULL, API_JWT_ISSUER },
    { "{\"active\":true}", NULL, "a", NULL, API_JWT_AUDIENCE },
    { "{\"active\":true,\"aud\":\"a\"}", NULL, "a", NULL, API_JWT_OK },
    { "{\"active\":true,\"aud\":\"ab\"}", NULL, "a", NULL, API_JWT_AUDIENCE },
    { "{\"active\":true,\"aud\":[\"b\",\"a\"]}", NULL, "a", NULL, API_JWT_OK },
    { "{\"active\":true,\"aud\":[]}", NULL, "a", NULL, API_JWT_AUDIENCE },
    { "{\"active\":true,\"exp\":1010}", NULL, NULL, NULL, API_JWT_OK },
    { "{\"active\":true,\"exp\":995}", NULL, NULL, NULL, API_JWT_EXPIRED },
    { "{\"active\":true,\"exp\":996}", NULL, NULL, NULL, API_JWT_OK },
    { "{\"active\":true,\"nbf\":1005}", NULL, NULL, NULL, API_JWT_OK },
    { "{\"active\":true,\"nbf\":1006}", NULL, NULL, NULL,
        API_JWT_NOT_YET_VALID },
    { "{\"active\":true}", NULL, NULL, "sub", API_JWT_CLAIM_MISSING },
    { "{\"active\":true,\"sub\":null}", NULL, NULL, "sub",
        API_JWT_CLAIM_MISSING },
    { "{\"active\":true,\"sub\":\"\"}", NULL, NULL, "sub", API_JWT_OK },
};


static api_span_t
str(const char *s)
{
    return s ? api_span(s, strlen(s)) : api_span(NULL, 0);
}


static void
test_check(void)
{
    size_t              i;
    api_err_t           err;
    api_span_t          audience, require;
    api_jwt_policy_t    policy;
    api_introspection_t in;

    for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        memset(&policy, 0, sizeof(policy));

        audience = str(rules[i].audience);
        require = str(rules[i].require);
        policy.issuer = str(rules[i].issuer);
        policy.audience = &audience;
        policy.naudience = rules[i].audience != NULL;
        policy.require = &require;
        policy.nrequire = rules[i].require != NULL;
        policy.leeway = 5;

        (void) api_introspect_parse(
            &in, str(rules[i].text), seed, &arena, NULL);
        ut_int(api_introspect_check(&in, &policy, 1000, &err), rules[i].code,
            "%s", rules[i].text);
    }
}


static void
test_memory(void)
{
    int                 rc;
    size_t              n;
    api_arena_t         a;
    ut_alloc_t          u;
    api_introspection_t in;

    for (n = 1;; n++) {
        ut_arm(&u, n);
        api_arena_init(&a, &u.alloc, 64, 0);
        rc = api_introspect_parse(&in,
            API_SPAN("{\"active\":true,\"sub\":\"\\u0061lice\","
                     "\"client_id\":\"\\u0061bcdefghijklmnopqrstuvwxyz\"}"),
            seed, &a, NULL);
        api_arena_free(&a);

        if (u.calls < n) {
            break;
        }

        ut_int(rc, API_NOMEM, "allocation %zu fails", n);
        ut_int(u.live, 0, "... nothing is left");
    }

    ut_int(rc, API_OK, "and with all of them it is well");
}


int
main(void)
{
    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    test_parse();
    test_check();
    test_memory();

    api_arena_free(&arena);

    return ut_done();
}
