
/*
 * The method jwt of api_auth: a signed token of one of the issuers named.
 */

#include "ngx_api_sec.h"


static void *ngx_api_sec_jwt_find(const ngx_api_sec_main_conf_t *mcf,
    const ngx_str_t *name);
static char *ngx_api_sec_jwt_fits(ngx_conf_t *cf,
    const ngx_api_sec_auth_t *auth, const ngx_api_sec_use_t *use);
static ngx_uint_t ngx_api_sec_jwt_check(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_use_t *use, ngx_api_sec_identity_t *id,
    ngx_api_sec_fault_t *fault);
static int ngx_api_sec_jwt_verify(const ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_ctx_t *ctx, const ngx_api_sec_use_t *use, api_span_t token,
    ngx_api_sec_identity_t *id, api_err_t *err);
static void ngx_api_sec_jwt_fault(ngx_http_request_t *r, int code,
    const api_err_t *err, ngx_api_sec_fault_t *fault);


const ngx_api_sec_method_t  ngx_api_sec_method_jwt = {
    ngx_string("jwt"),
    ngx_string("api_jwt_issuer"),
    ngx_string("missing_token"),
    ngx_string("A bearer token is required"),
    ngx_api_sec_jwt_find,
    ngx_api_sec_jwt_fits,
    ngx_api_sec_jwt_check,
    ngx_api_sec_bearer_challenge
};


static void *
ngx_api_sec_jwt_find(const ngx_api_sec_main_conf_t *mcf,
    const ngx_str_t *name)
{
    return ngx_api_sec_issuer_find(mcf, name);
}


/* The claim iss has to tell which of them a token is for. */

static char *
ngx_api_sec_jwt_fits(ngx_conf_t *cf, const ngx_api_sec_auth_t *auth,
    const ngx_api_sec_use_t *use)
{
    ngx_uint_t                     i, n;
    ngx_api_sec_issuer_t * const  *issuer;

    issuer = use->things.elts;

    for (i = 1; i < use->things.nelts; i++) {
        for (n = 0; n < i; n++) {

            if (!api_span_eq(issuer[i]->policy.issuer,
                             issuer[n]->policy.issuer))
            {
                continue;
            }

            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "api_jwt_issuer \"%V\" and \"%V\" have the same "
                          "\"issuer\": \"api_auth\" in %V:%ui takes one "
                          "of them", &issuer[n]->name, &issuer[i]->name,
                          &auth->file, auth->line);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_api_sec_jwt_check(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_use_t *use, ngx_api_sec_identity_t *id,
    ngx_api_sec_fault_t *fault)
{
    int         code;
    api_err_t   err;
    api_span_t  token;

    switch (ngx_api_sec_token(r, &token)) {

    case NGX_API_TOKEN_NONE:
        return NGX_API_AUTH_MISSING;

    case NGX_API_TOKEN_MALFORMED:
        fault->status = NGX_HTTP_BAD_REQUEST;
        fault->error = "invalid_request";
        ngx_str_set(&fault->reason, "invalid_request");
        ngx_str_set(&fault->code, "invalid_request");
        ngx_str_set(&fault->title, "The Authorization header is malformed");
        ngx_str_set(&fault->detail,
                    "what follows \"Bearer\" in Authorization is no token");
        return NGX_API_AUTH_INVALID;

    default: /* NGX_API_TOKEN_ONE */
        break;
    }

    err.text[0] = '\0';
    code = ngx_api_sec_jwt_verify(mcf, ctx, use, token, id, &err);

    if (code != API_JWT_OK) {
        ngx_api_sec_jwt_fault(r, code, &err, fault);
        return NGX_API_AUTH_INVALID;
    }

    id->principal = ngx_api_str(ctx->jwt.sub);
    id->claims = &ctx->jwt.claims;
    id->header = &ctx->jwt.header;

    return NGX_API_AUTH_OK;
}


/*
 * The issuer is chosen by the token's own word, and then has to prove it: by
 * the keys of that issuer and no other.
 */

static int
ngx_api_sec_jwt_verify(const ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_ctx_t *ctx, const ngx_api_sec_use_t *use, api_span_t token,
    ngx_api_sec_identity_t *id, api_err_t *err)
{
    int                            code;
    ngx_uint_t                     i;
    const ngx_api_sec_issuer_t    *issuer;
    ngx_api_sec_issuer_t * const  *issuers;

    code = api_jwt_parse(&ctx->jwt, token, NULL, mcf->seed, &ctx->arena, err);

    if (code != API_JWT_OK) {
        return code;
    }

    issuers = use->things.elts;
    issuer = issuers[0];

    for (i = 1; i < use->things.nelts; i++) {
        if (ctx->jwt.iss.data
            && api_span_eq(ctx->jwt.iss, issuers[i]->policy.issuer))
        {
            issuer = issuers[i];
            break;
        }
    }

    code = api_jwt_check(&ctx->jwt, &issuer->policy, ngx_time(), err);

    if (code != API_JWT_OK) {
        return code;
    }

    id->name = &issuer->name;

    return api_jwt_verify(&ctx->jwt, issuer->keys->set, err);
}


/*
 * What the client learns: that its token has expired (it can get a new one),
 * otherwise only that it is not good.  A wrong signature and an unknown key
 * look the same.
 */

static void
ngx_api_sec_jwt_fault(ngx_http_request_t *r, int code, const api_err_t *err,
    ngx_api_sec_fault_t *fault)
{
    fault->reason.data = (u_char *) (uintptr_t) api_jwt_code_name(code);
    fault->reason.len = ngx_strlen(fault->reason.data);

    ngx_api_sec_fault_detail(r, fault, err->text);

    if (code == API_JWT_NOMEM || code == API_JWT_INTERNAL) {
        fault->status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        ngx_str_set(&fault->code, "internal_error");
        ngx_str_set(&fault->title, "The request could not be checked");
        return;
    }

    fault->status = NGX_HTTP_UNAUTHORIZED;
    fault->error = "invalid_token";
    ngx_str_set(&fault->code, "invalid_token");

    if (code == API_JWT_EXPIRED) {
        ngx_str_set(&fault->title, "The access token has expired");

    } else {
        ngx_str_set(&fault->title, "The access token is not valid");
    }
}


u_char *
ngx_api_sec_bearer_challenge(ngx_http_request_t *r,
    const ngx_api_sec_auth_t *auth, const ngx_api_sec_challenge_t *what,
    u_char *p, u_char *last)
{
    p = ngx_cpymem(p, "Bearer", sizeof("Bearer") - 1);
    p = ngx_api_sec_challenge_realm(auth, p);

    return ngx_api_sec_challenge_error(r, what, p, last);
}
