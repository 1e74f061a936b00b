
/*
 * The method jwt of api_auth: a signed token of one of the issuers named.
 */

#include "ngx_api_sec.h"


static void *ngx_api_sec_jwt_find(const ngx_api_sec_main_conf_t *mcf,
    const ngx_str_t *name);
static char *ngx_api_sec_jwt_fits(ngx_conf_t *cf,
    ngx_api_sec_auth_t *auth, const ngx_api_sec_use_t *use);
static ngx_uint_t ngx_api_sec_jwt_check(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_use_t *use, ngx_api_sec_identity_t *id,
    ngx_api_sec_fault_t *fault);
static ngx_uint_t ngx_api_sec_jwt_identify(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_use_t *use, ngx_api_sec_identity_t *id,
    ngx_api_sec_fault_t *fault);
static int ngx_api_sec_jwt_verify(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_use_t *use, ngx_api_sec_identity_t *id,
    api_err_t *err);
static int ngx_api_sec_jwt_keys(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_issuer_t *issuer, api_err_t *err);
static int ngx_api_sec_jwt_parse(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    api_err_t *err);
static const ngx_api_sec_issuer_t *ngx_api_sec_jwt_issuer_of(
    const api_jwt_t *jwt, const ngx_api_sec_use_t *use);
static int ngx_api_sec_jwt_signature(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_issuer_t *issuer, api_err_t *err);
static int ngx_api_sec_jwt_spend(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_issuer_t *issuer, api_err_t *err);


/* Beyond the codes of api_jwt.h. */

#define NGX_API_JWT_WAITS    (API_JWT_NCODES)
#define NGX_API_JWT_NO_KEYS  (API_JWT_NCODES + 1)
#define NGX_API_JWT_BUDGET   (API_JWT_NCODES + 2)


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
ngx_api_sec_jwt_fits(ngx_conf_t *cf, ngx_api_sec_auth_t *auth,
    const ngx_api_sec_use_t *use)
{
    ngx_uint_t                     i, n;
    ngx_api_sec_issuer_t * const  *issuer;

    issuer = use->things.elts;

    for (i = 0; i < use->things.nelts; i++) {

        ngx_api_sec_remote_used(issuer[i], auth->server);

        switch (ngx_api_sec_places_join(&auth->places, &issuer[i]->places)) {

        case NGX_OK:
            break;

        case NGX_DECLINED:
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "the issuers of \"api_auth\" in %V:%ui name too "
                          "many places for a token", &auth->file,
                          auth->line);
            /* fall through */

        default:
            return NGX_CONF_ERROR;
        }

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
    int        code;
    api_err_t  err;

    err.text[0] = '\0';

    if (ngx_api_sec_token_take(r, ctx) != NGX_OK) {
        ngx_api_sec_jwt_fault(r, API_JWT_NOMEM, &err, fault);
        return NGX_API_AUTH_INVALID;
    }

    switch (ctx->token.state) {

    case NGX_API_TOKEN_NONE:
        return NGX_API_AUTH_MISSING;

    case NGX_API_TOKEN_ONE:
        break;

    default:
        ngx_api_sec_bearer_fault(&ctx->token, fault);
        return NGX_API_AUTH_INVALID;
    }

    if (!ngx_api_sec_token_of(ctx, use->method)) {
        return NGX_API_AUTH_MISSING;
    }

    code = ngx_api_sec_jwt_verify(r, mcf, ctx, use, id, &err);

    switch (code) {

    case API_JWT_OK:
        return ngx_api_sec_jwt_identify(r, mcf, ctx, use, id, fault);

    case NGX_API_JWT_WAITS:
        return NGX_API_AUTH_AGAIN;

    case NGX_API_JWT_NO_KEYS:
        fault->status = NGX_HTTP_SERVICE_UNAVAILABLE;
        fault->retry = 1;
        ngx_str_set(&fault->reason, "keys_unavailable");
        ngx_str_set(&fault->code, "unavailable");
        ngx_str_set(&fault->title, "The credential cannot be checked now");
        return NGX_API_AUTH_UNAVAILABLE;

    case NGX_API_JWT_BUDGET:
        return ngx_api_sec_budget_fault(fault);

    default:
        ngx_api_sec_jwt_fault(r, code, &err, fault);
        return NGX_API_AUTH_INVALID;
    }
}


/* The token is good: is it in the right hands? */

static ngx_uint_t
ngx_api_sec_jwt_identify(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_use_t *use, ngx_api_sec_identity_t *id,
    ngx_api_sec_fault_t *fault)
{
    const ngx_api_sec_issuer_t  *issuer;

    issuer = ngx_api_sec_jwt_issuer_of(&ctx->jwt, use);

    id->principal = ngx_api_str(ctx->jwt.sub);
    id->claims = &ctx->jwt.claims;
    id->header = &ctx->jwt.header;
    id->iat = ctx->jwt.has_iat ? ctx->jwt.iat : 0;

    return ngx_api_sec_proof(r, mcf, ctx, &issuer->bind, id, fault);
}


void
ngx_api_sec_bearer_fault(const ngx_api_sec_token_t *token,
    ngx_api_sec_fault_t *fault)
{
    fault->status = NGX_HTTP_BAD_REQUEST;
    fault->error = "invalid_request";
    ngx_str_set(&fault->reason, "invalid_request");
    ngx_str_set(&fault->code, "invalid_request");

    if (token->state == NGX_API_TOKEN_SEVERAL) {
        ngx_str_set(&fault->title, "The request has several tokens");
        ngx_str_set(&fault->detail,
                    "the tokens in the request are not the same");

    } else if (token->places == 1) {
        ngx_str_set(&fault->title, "The Authorization header is malformed");
        ngx_str_set(&fault->detail,
                    "what follows \"Bearer\" in Authorization is no token");

    } else {
        ngx_str_set(&fault->title, "The token is malformed");
        ngx_str_set(&fault->detail,
                    "what stands where a token may be is none");
    }
}


/*
 * The issuer is chosen by the token's own word, and then has to prove it: by
 * the keys of that issuer and no other.  What is remembered of a token spares
 * us to parse it and to verify its signature, nothing else.
 */

static int
ngx_api_sec_jwt_verify(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_use_t *use, ngx_api_sec_identity_t *id,
    api_err_t *err)
{
    int                          code;
    const ngx_api_sec_issuer_t  *issuer;

    code = ngx_api_sec_jwt_parse(r, mcf, ctx, err);

    if (code != API_JWT_OK) {
        return code;
    }

    issuer = ngx_api_sec_jwt_issuer_of(&ctx->jwt, use);

    code = api_jwt_check(&ctx->jwt, &issuer->policy, ngx_time(), err);

    if (code != API_JWT_OK) {
        return code;
    }

    if (!ngx_api_sec_token_allowed(&ctx->token, ctx->auth, &issuer->places)) {
        (void) api_fail(err, API_JWT_ISSUER, 0, 0,
                        "tokens of api_jwt_issuer \"%.*s\" do not stand "
                        "where this one does", (int) issuer->name.len,
                        issuer->name.data);
        return API_JWT_ISSUER;
    }

    id->name = &issuer->name;

    return ngx_api_sec_jwt_keys(r, mcf, ctx, issuer, err);
}


/* The rules are kept; now for the signature, by keys that may be elsewhere. */

static int
ngx_api_sec_jwt_keys(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_issuer_t *issuer, api_err_t *err)
{
    int                      code;
    const api_memo_entry_t  *memo;

    switch (ngx_api_sec_remote_keys(r, mcf, ctx, issuer)) {

    case NGX_OK:
        break;

    case NGX_AGAIN:
        return NGX_API_JWT_WAITS;

    default:
        return NGX_API_JWT_NO_KEYS;
    }

    memo = ctx->memo;

    if (memo && memo->owner == issuer && issuer->cache
        && memo->epoch == issuer->keys->epoch && ngx_time() < memo->until)
    {
        ctx->seen = NGX_API_SEEN_MEMO;
        return API_JWT_OK;
    }

    code = ngx_api_sec_jwt_signature(r, mcf, ctx, issuer, err);

    if (code != API_JWT_KEY_UNKNOWN) {
        return code;
    }

    switch (ngx_api_sec_remote_unknown(r, mcf, ctx, issuer)) {

    case NGX_OK:
        return ngx_api_sec_jwt_signature(r, mcf, ctx, issuer, err);

    case NGX_AGAIN:
        return NGX_API_JWT_WAITS;

    default:
        return code;
    }
}


/* Once, however often the request has to wait. */

static int
ngx_api_sec_jwt_parse(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    api_err_t *err)
{
    int  code;

    if (ctx->parsed) {
        return API_JWT_OK;
    }

    ctx->memo = ngx_api_sec_tokens_memo(r, mcf, ctx->token.token);

    if (ctx->memo) {
        ctx->jwt = ctx->memo->jwt;

    } else {
        code = api_jwt_parse(&ctx->jwt, ctx->token.token, NULL, mcf->seed,
                             &ctx->arena, err);
        if (code != API_JWT_OK) {
            return code;
        }
    }

    ctx->parsed = 1;

    return API_JWT_OK;
}


static const ngx_api_sec_issuer_t *
ngx_api_sec_jwt_issuer_of(const api_jwt_t *jwt, const ngx_api_sec_use_t *use)
{
    ngx_uint_t                     i;
    ngx_api_sec_issuer_t * const  *issuers;

    issuers = use->things.elts;

    for (i = 1; i < use->things.nelts; i++) {
        if (jwt->iss.data
            && api_span_eq(jwt->iss, issuers[i]->policy.issuer))
        {
            return issuers[i];
        }
    }

    return issuers[0];    /* whose check then tells that it is not */
}


/* Seen under these very keys, or verified and from now on seen. */

static int
ngx_api_sec_jwt_signature(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_issuer_t *issuer, api_err_t *err)
{
    int         code;
    int64_t     until;
    uint8_t     digest[API_JWS_SHA_LEN];
    api_span_t  token;
    ngx_uint_t  named;

    token = ctx->token.token;

    if (issuer->cache == 0) {
        return ngx_api_sec_jwt_spend(r, mcf, ctx, issuer, err);
    }

    named = ngx_api_sec_tokens_digest(mcf, issuer->keys->print, token, digest)
            == NGX_OK;

    until = ngx_time() + issuer->cache;

    if (ctx->jwt.has_exp) {
        until = ngx_min(until, ctx->jwt.exp + issuer->policy.leeway);
    }

    if (named && ngx_api_sec_tokens_find(mcf, digest)) {
        ctx->seen = NGX_API_SEEN_ZONE;

    } else {
        ctx->seen = NGX_API_SEEN_MISS;

        code = ngx_api_sec_jwt_spend(r, mcf, ctx, issuer, err);

        if (code != API_JWT_OK) {
            return code;
        }

        if (named) {
            ngx_api_sec_tokens_add(mcf, digest, ctx->jwt.sub, until);
        }
    }

    if (mcf->tokens->memo) {
        api_memo_add(mcf->tokens->memo, token, &ctx->jwt, issuer,
                     issuer->keys->epoch, until);
    }

    return API_JWT_OK;
}


/* The public-key operation: good ones are free, others are counted. */

static int
ngx_api_sec_jwt_spend(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_issuer_t *issuer, api_err_t *err)
{
    int  code;

    if (ngx_api_sec_budget_take(r, mcf) != NGX_OK) {
        return NGX_API_JWT_BUDGET;
    }

    code = api_jwt_verify(&ctx->jwt, issuer->keys->set, err);

    if (code != API_JWT_SIGNATURE) {
        ngx_api_sec_budget_give(r, mcf);
    }

    return code;
}


/*
 * What the client learns: that its token has expired (it can get a new one),
 * otherwise only that it is not good.  A wrong signature and an unknown key
 * look the same.
 */

void
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
    ngx_uint_t                 dpop;
    const ngx_str_t           *algs;
    ngx_api_sec_challenge_t    other;

    static const ngx_api_sec_challenge_t  none;

    algs = ngx_api_sec_proof_algs(auth, &dpop);

    if (algs == NULL) {
        dpop = 0;

    } else if (dpop == NGX_API_PROOF_ONE) {
        dpop = ngx_api_sec_token_is_dpop(r);

    } else {
        return ngx_api_sec_dpop_challenge(r, auth, what, algs, p, last);
    }

    /* what is wrong is said to the scheme that was used */

    other = dpop ? none : *what;

    p = ngx_cpymem(p, "Bearer", sizeof("Bearer") - 1);
    p = ngx_api_sec_challenge_realm(auth, p);
    p = ngx_api_sec_challenge_error(r, &other, p, last);

    if (algs == NULL) {
        return p;
    }

    other = dpop ? *what : none;
    *p++ = ',';
    *p++ = ' ';

    return ngx_api_sec_dpop_challenge(r, auth, &other, algs, p, last);
}
