
/*
 * api_require: may this caller do this?  In PRECONTENT, so that satisfy any
 * cannot skip it.
 */

#include "ngx_api_sec_require.h"


static ngx_uint_t ngx_api_sec_require_passes(
    const ngx_api_sec_caller_t *caller, const ngx_api_sec_require_t *req);
static ngx_uint_t ngx_api_sec_test_passes(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_test_t *test);
static ngx_uint_t ngx_api_sec_test_match(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_test_t *test, const api_operand_t *value);
static ngx_int_t ngx_api_sec_require_refuse(
    const ngx_api_sec_caller_t *caller, const ngx_api_sec_require_t *req);


static const ngx_str_t  ngx_api_sec_require_allowed = ngx_string("granted");


ngx_int_t
ngx_api_sec_require_check(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_loc_conf_t *lcf)
{
    ngx_int_t                       rc;
    ngx_uint_t                      i;
    ngx_api_sec_caller_t            caller;
    ngx_api_sec_require_t * const  *req;

    rc = ngx_api_sec_caller(r, mcf, lcf, &caller);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_DECLINED
                                  : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    req = lcf->require.items->elts;

    for (i = 0; i < lcf->require.items->nelts; i++) {
        if (ngx_api_sec_require_passes(&caller, req[i])) {
            continue;
        }

        rc = ngx_api_sec_require_refuse(&caller, req[i]);

        /* what an exception lets pass says nothing of the others */

        if (rc != NGX_DECLINED || caller.mode != NGX_API_MODE_ENFORCE) {
            return rc;
        }
    }

    ngx_api_record_decide(caller.rec, NGX_API_CHECK_REQUIRE, NGX_API_ALLOW, 0,
                          &ngx_api_sec_require_allowed, NULL);

    return NGX_DECLINED;
}


static ngx_uint_t
ngx_api_sec_require_passes(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_require_t *req)
{
    ngx_uint_t                 i;
    const ngx_api_sec_test_t  *test;

    test = req->tests.elts;

    for (i = 0; i < req->tests.nelts; i++) {
        if (ngx_api_sec_test_passes(caller, &test[i])) {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_api_sec_test_passes(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_test_t *test)
{
    api_operand_t  value;

    if (test->scopes.names.nelts) {
        return ngx_api_sec_scopes_pass(caller, &test->scopes);
    }

    /*
     * What is absent, and what may be read in two ways, passes nothing, "ne"
     * included.  An empty string claim is there.
     */

    if (ngx_api_sec_operand(caller, &test->operand, &value)
        != NGX_API_SEC_VALUE
        && value.doc == NULL)
    {
        return 0;
    }

    return test->op == API_CLAIM_MATCH
           ? ngx_api_sec_test_match(caller, test, &value)
           : api_operand_test(&value, test->op, test->values.elts,
                              test->values.nelts);
}


ngx_uint_t
ngx_api_sec_scopes_pass(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_scopes_t *scopes)
{
    return caller->verified && scopes->names.nelts
           && ngx_api_sec_granted(caller->ctx, scopes->names.elts,
                                  scopes->names.nelts, !scopes->any);
}


/* The expression has a limit of steps in front: see its compilation. */

static ngx_uint_t
ngx_api_sec_test_match(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_test_t *test, const api_operand_t *value)
{
#if (NGX_PCRE)
    ngx_int_t   n;
    ngx_str_t   s;
    api_span_t  text;

    text = value->text;

    if (value->doc
        && (value->tok == API_JSON_NONE
            || value->doc->tok[value->tok].type != API_JSON_STRING
            || api_json_string(value->doc, value->tok, &caller->ctx->arena,
                               &text)
               != API_OK))
    {
        return 0;
    }

    s = ngx_api_str(text);
    n = ngx_regex_exec(test->regex, &s, NULL, 0);

    if (n < 0 && n != NGX_REGEX_NO_MATCHED) {
        ngx_log_error(NGX_LOG_WARN, caller->r->connection->log, 0,
                      "the expression of \"~\" in api_require gave up on a "
                      "value of %uz bytes: %i", text.len, n);
    }

    return n >= 0;
#else
    return 0;
#endif
}


static ngx_int_t
ngx_api_sec_require_refuse(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_require_t *req)
{
    ngx_api_why_t  why;

    ngx_memzero(&why, sizeof(ngx_api_why_t));

    why.check = NGX_API_CHECK_REQUIRE;
    why.detail = req->text;
    ngx_str_set(&why.reason, "not_granted");
    ngx_str_set(&why.code, "forbidden");
    ngx_str_set(&why.title, "This caller may not do this");

    return ngx_api_sec_not_granted(caller, &why, req->claims, &req->scope);
}


ngx_int_t
ngx_api_sec_not_granted(const ngx_api_sec_caller_t *caller,
    ngx_api_why_t *why, ngx_uint_t claims, const ngx_str_t *scope)
{
    const char                *error;
    const ngx_api_sec_use_t   *use;
    const ngx_api_sec_auth_t  *auth;

    auth = caller->lcf->auth;
    why->status = NGX_HTTP_FORBIDDEN;
    error = "insufficient_scope";

    if (caller->verified && scope->len) {
        ngx_str_set(&why->reason, "insufficient_scope");
        ngx_str_set(&why->code, "insufficient_scope");

        if (caller->ctx->nids && caller->ctx->ids[0].claims) {
            ngx_str_set(&why->title, "The access token lacks a scope");

        } else {
            ngx_str_set(&why->title, "The credential lacks a scope");
        }
    }

    if (!caller->verified && claims) {
        ngx_str_set(&why->reason, "no_credential");
    }

    /* a 401 without a challenge is none (RFC 9110 section 15.5.2) */

    if (!caller->verified && claims && auth) {
        why->status = NGX_HTTP_UNAUTHORIZED;
        error = NULL;

        use = auth->uses.elts;
        why->code = use->method->missing;
        why->title = use->method->wanted;

        if (auth->uses.nelts > 1) {
            ngx_str_set(&why->code, "missing_credential");
            ngx_str_set(&why->title, "A credential is required");
        }
    }

    if (caller->mode == NGX_API_MODE_ENFORCE && auth
        && ngx_api_sec_challenge(caller->r, auth, error,
                                 (const char *) why->title.data,
                                 error ? scope : NULL, &why->challenge)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_api_refuse(caller->r, &caller->mcf->self, caller->rec, why,
                          caller->mode);
}
