
/*
 * api_require: may this caller do this?  In PRECONTENT, so that satisfy any
 * cannot skip it.
 */

#include "ngx_api_sec_require.h"


static ngx_uint_t ngx_api_sec_require_passes(ngx_http_request_t *r,
    ngx_api_sec_ctx_t *ctx, ngx_uint_t verified,
    const ngx_api_sec_require_t *req);
static ngx_uint_t ngx_api_sec_test_passes(ngx_http_request_t *r,
    ngx_api_sec_ctx_t *ctx, const ngx_api_sec_test_t *test);
static ngx_uint_t ngx_api_sec_test_claim(ngx_http_request_t *r,
    ngx_api_sec_ctx_t *ctx, const ngx_api_sec_test_t *test);
static ngx_uint_t ngx_api_sec_test_variable(ngx_http_request_t *r,
    const ngx_api_sec_test_t *test);
static ngx_uint_t ngx_api_sec_test_match(ngx_http_request_t *r,
    const ngx_api_sec_test_t *test, api_span_t text);
static ngx_int_t ngx_api_sec_require_refuse(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_loc_conf_t *lcf,
    ngx_api_record_t *rec, ngx_uint_t verified, ngx_uint_t mode,
    const ngx_api_sec_require_t *req);


static const ngx_str_t  ngx_api_sec_require_allowed = ngx_string("granted");


ngx_int_t
ngx_api_sec_require_check(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_loc_conf_t *lcf)
{
    ngx_uint_t                      i, mode, verified;
    ngx_api_record_t               *rec;
    ngx_api_sec_ctx_t              *ctx;
    ngx_api_sec_require_t * const  *req;

    static const ngx_api_mode_t  enforce = { NGX_API_MODE_ENFORCE, NULL };

    mode = ngx_api_sec_mode(r, lcf, lcf->auth ? &lcf->auth->mode : &enforce);

    if (mode == NGX_API_MODE_OFF) {
        return NGX_DECLINED;
    }

    ctx = ngx_api_sec_ctx(r, mcf, &rec);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* a credential counts under the policy it was verified for */

    verified = lcf->auth && ctx->auth == lcf->auth
               && ctx->result == NGX_API_AUTH_OK;

    req = lcf->require.items->elts;

    for (i = 0; i < lcf->require.items->nelts; i++) {
        if (!ngx_api_sec_require_passes(r, ctx, verified, req[i])) {
            return ngx_api_sec_require_refuse(r, mcf, lcf, rec, verified,
                                              mode, req[i]);
        }
    }

    ngx_api_record_decide(rec, NGX_API_CHECK_REQUIRE, NGX_API_ALLOW, 0,
                          &ngx_api_sec_require_allowed, NULL);

    return NGX_DECLINED;
}


static ngx_uint_t
ngx_api_sec_require_passes(ngx_http_request_t *r, ngx_api_sec_ctx_t *ctx,
    ngx_uint_t verified, const ngx_api_sec_require_t *req)
{
    ngx_uint_t                 i;
    const ngx_api_sec_test_t  *test;

    test = req->tests.elts;

    for (i = 0; i < req->tests.nelts; i++) {
        if (!verified && test[i].kind != NGX_API_SEC_TEST_VARIABLE) {
            continue;
        }

        if (ngx_api_sec_test_passes(r, ctx, &test[i])) {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_api_sec_test_passes(ngx_http_request_t *r, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_test_t *test)
{
    switch (test->kind) {

    case NGX_API_SEC_TEST_SCOPE:
        return ngx_api_sec_granted(ctx, test->values.elts,
                                   test->values.nelts, !test->any);

    case NGX_API_SEC_TEST_CLAIM:
        return ngx_api_sec_test_claim(r, ctx, test);

    default: /* NGX_API_SEC_TEST_VARIABLE */
        return ngx_api_sec_test_variable(r, test);
    }
}


static ngx_uint_t
ngx_api_sec_test_claim(ngx_http_request_t *r, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_test_t *test)
{
    uint32_t           tok;
    api_span_t         text;
    const api_json_t  *claims;

    claims = ngx_api_sec_claims(ctx);

    if (claims == NULL) {
        return 0;
    }

    tok = api_claim_find(claims, 0, &test->path);

    if (test->op != API_CLAIM_MATCH) {
        return api_claim_test(claims, tok, test->op, test->values.elts,
                              test->values.nelts);
    }

    if (tok == API_JSON_NONE || claims->tok[tok].type != API_JSON_STRING
        || api_json_string(claims, tok, &ctx->arena, &text) != API_OK)
    {
        return 0;
    }

    return ngx_api_sec_test_match(r, test, text);
}


/* A variable that is empty is not there. */

static ngx_uint_t
ngx_api_sec_test_variable(ngx_http_request_t *r,
    const ngx_api_sec_test_t *test)
{
    ngx_str_t          value;
    ngx_uint_t         i, equal;
    api_span_t         text;
    const api_span_t  *want;

    if (ngx_http_complex_value(r, (ngx_http_complex_value_t *) &test->cv,
                               &value)
        != NGX_OK
        || value.len == 0)
    {
        return 0;
    }

    text = ngx_api_span(&value);
    want = test->values.elts;

    switch (test->op) {

    case API_CLAIM_EXISTS:
        return 1;

    case API_CLAIM_MATCH:
        return ngx_api_sec_test_match(r, test, text);

    case API_CLAIM_PREFIX:
        for (i = 0; i < test->values.nelts; i++) {
            if (want[i].len <= text.len
                && ngx_memcmp(want[i].data, text.data, want[i].len) == 0)
            {
                return 1;
            }
        }

        return 0;

    default: /* API_CLAIM_EQ, API_CLAIM_IN, API_CLAIM_NE */
        equal = 0;

        for (i = 0; i < test->values.nelts; i++) {
            equal |= api_span_eq(want[i], text);
        }

        return test->op == API_CLAIM_NE ? !equal : equal;
    }
}


static ngx_uint_t
ngx_api_sec_test_match(ngx_http_request_t *r, const ngx_api_sec_test_t *test,
    api_span_t text)
{
#if (NGX_PCRE)
    ngx_int_t  n;
    ngx_str_t  s;

    s = ngx_api_str(text);
    n = ngx_regex_exec(test->regex, &s, NULL, 0);

    if (n < 0 && n != NGX_REGEX_NO_MATCHED) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      ngx_regex_exec_n " failed in api_require: %i", n);
    }

    return n >= 0;
#else
    return 0;
#endif
}


static ngx_int_t
ngx_api_sec_require_refuse(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_loc_conf_t *lcf,
    ngx_api_record_t *rec, ngx_uint_t verified, ngx_uint_t mode,
    const ngx_api_sec_require_t *req)
{
    const char     *error;
    ngx_api_why_t   why;

    ngx_memzero(&why, sizeof(ngx_api_why_t));

    why.check = NGX_API_CHECK_REQUIRE;
    why.detail = req->text;
    error = "insufficient_scope";

    why.status = NGX_HTTP_FORBIDDEN;
    ngx_str_set(&why.reason, "not_granted");
    ngx_str_set(&why.code, "forbidden");
    ngx_str_set(&why.title, "This caller may not do this");

    if (verified && req->scope.len) {
        ngx_str_set(&why.reason, "insufficient_scope");
        ngx_str_set(&why.code, "insufficient_scope");
        ngx_str_set(&why.title, "The access token lacks a scope");
    }

    if (!verified && req->claims) {
        ngx_str_set(&why.reason, "no_credential");
    }

    /* a 401 without a challenge is none (RFC 9110 section 15.5.2) */

    if (!verified && req->claims && lcf->auth) {
        why.status = NGX_HTTP_UNAUTHORIZED;
        ngx_str_set(&why.code, "missing_token");
        ngx_str_set(&why.title, "A bearer token is required");
        error = NULL;
    }

    if (mode == NGX_API_MODE_ENFORCE && lcf->auth
        && ngx_api_sec_challenge(r, lcf->auth, error,
                                 (const char *) why.title.data,
                                 error ? &req->scope : NULL, &why.challenge)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_api_refuse(r, &mcf->self, rec, &why, mode);
}
