
/*
 * api_auth: is the credential what it claims to be?
 *
 * A verdict belongs to the policy (the api_auth) it was reached under.  It is
 * kept in the record: after an internal redirect the same policy takes it
 * from there, another one starts anew.
 */

#include "ngx_api_sec.h"


static ngx_int_t ngx_api_sec_auth_answer(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_sec_ctx_t *ctx, ngx_uint_t another);
static void ngx_api_sec_authenticate(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_auth_t *auth);
static int ngx_api_sec_jwt(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_auth_t *auth, api_span_t token, api_err_t *err);
static ngx_int_t ngx_api_sec_auth_refuse(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_sec_ctx_t *ctx);
static const char *ngx_api_sec_auth_public(int code);


/* Reasons that are not the token's: behind the codes of api_jwt.h. */

#define NGX_API_AUTH_MISSING_CODE    (API_JWT_NCODES)
#define NGX_API_AUTH_REQUEST_CODE    (API_JWT_NCODES + 1)


static const ngx_str_t  ngx_api_sec_auth_allowed[] = {
    ngx_string("verified"),
    ngx_string("anonymous")
};


ngx_int_t
ngx_api_sec_access_handler(ngx_http_request_t *r)
{
    ngx_uint_t                       mode, another;
    ngx_api_record_t                *rec;
    ngx_api_sec_ctx_t               *ctx;
    const ngx_api_sec_auth_t        *auth;
    const ngx_api_sec_loc_conf_t    *lcf;
    const ngx_api_sec_main_conf_t   *mcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);
    auth = lcf->auth;

    if (auth == NULL) {
        return NGX_DECLINED;
    }

    mode = ngx_api_sec_mode(r, lcf, &auth->mode);

    if (mode == NGX_API_MODE_OFF) {
        return NGX_DECLINED;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);

    ctx = ngx_api_sec_ctx(r, mcf, &rec);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->mode = mode;

    another = (ctx->auth != auth);

    if (another) {
        ngx_api_sec_authenticate(r, mcf, ctx, auth);
    }

    return ngx_api_sec_auth_answer(r, mcf, rec, ctx, another);
}


/* What ACCESS is told: another says that the verdict is of just now. */

static ngx_int_t
ngx_api_sec_auth_answer(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_sec_ctx_t *ctx, ngx_uint_t another)
{
    switch (ctx->result) {

    case NGX_API_AUTH_OK:
        ngx_api_record_decide(rec, NGX_API_CHECK_AUTH, NGX_API_ALLOW, 0,
                              &ngx_api_sec_auth_allowed[0], NULL);

        if (rec->refusal.status && another) {
            /* error_page led to another policy, which takes the token */
            ngx_api_refuse_overruled(r, rec);
        }

        /* NGX_OK would open the location under satisfy any */

        return ctx->mode == NGX_API_MODE_ENFORCE ? NGX_OK : NGX_DECLINED;

    case NGX_API_AUTH_MISSING:
        if (ctx->auth->optional) {
            ngx_api_record_decide(rec, NGX_API_CHECK_AUTH, NGX_API_ALLOW, 0,
                                  &ngx_api_sec_auth_allowed[1], NULL);
            return NGX_DECLINED;
        }

        /* fall through */

    default:
        return ngx_api_sec_auth_refuse(r, mcf, rec, ctx);
    }
}


static void
ngx_api_sec_authenticate(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_auth_t *auth)
{
    api_err_t   err;
    api_span_t  token;

    ctx->auth = auth;
    ctx->issuer = NULL;
    ngx_str_null(&ctx->principal);
    ngx_str_null(&ctx->error);
    ngx_str_null(&ctx->detail);

    if (!ctx->arena_ready) {
        ngx_api_pool_alloc(&ctx->alloc, r->main->pool);
        api_arena_init(&ctx->arena, &ctx->alloc, 2048, 0);
        ctx->arena_ready = 1;
    }

    switch (ngx_api_sec_token(r, &token)) {

    case NGX_API_TOKEN_NONE:
        ctx->result = NGX_API_AUTH_MISSING;
        ctx->code = NGX_API_AUTH_MISSING_CODE;
        ngx_str_set(&ctx->error, "missing");
        return;

    case NGX_API_TOKEN_MALFORMED:
        ctx->result = NGX_API_AUTH_INVALID;
        ctx->code = NGX_API_AUTH_REQUEST_CODE;
        ngx_str_set(&ctx->error, "invalid_request");
        ngx_str_set(&ctx->detail,
                    "what follows \"Bearer\" in Authorization is no token");
        return;

    default: /* NGX_API_TOKEN_ONE */
        break;
    }

    err.text[0] = '\0';
    ctx->code = ngx_api_sec_jwt(r, mcf, ctx, auth, token, &err);

    if (ctx->code == API_JWT_OK) {
        ctx->result = NGX_API_AUTH_OK;
        ctx->principal = ngx_api_str(ctx->jwt.sub);
        return;
    }

    ctx->result = NGX_API_AUTH_INVALID;
    ctx->error.data = (u_char *) (uintptr_t) api_jwt_code_name(ctx->code);
    ctx->error.len = ngx_strlen(ctx->error.data);

    ctx->detail.len = ngx_strlen(err.text);
    ctx->detail.data = ngx_pnalloc(r->main->pool, ctx->detail.len);

    if (ctx->detail.data == NULL) {
        ctx->detail.len = 0;
        return;
    }

    ngx_memcpy(ctx->detail.data, err.text, ctx->detail.len);
}


/*
 * The issuer is chosen by the token's own word, and then has to prove it: by
 * the keys of that issuer and no other.
 */

static int
ngx_api_sec_jwt(ngx_http_request_t *r, const ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_ctx_t *ctx, const ngx_api_sec_auth_t *auth, api_span_t token,
    api_err_t *err)
{
    int                            code;
    ngx_uint_t                     i;
    const ngx_api_sec_issuer_t    *issuer;
    ngx_api_sec_issuer_t * const  *issuers;

    code = api_jwt_parse(&ctx->jwt, token, NULL, mcf->seed, &ctx->arena, err);

    if (code != API_JWT_OK) {
        return code;
    }

    issuers = auth->issuers.elts;
    issuer = issuers[0];

    for (i = 1; i < auth->issuers.nelts; i++) {
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

    code = api_jwt_verify(&ctx->jwt, issuer->keys->set, err);

    if (code == API_JWT_OK) {
        ctx->issuer = issuer;
    }

    return code;
}


/*
 * What the client learns: that its token has expired (it can get a new one),
 * otherwise only that it is not good.  A wrong signature and an unknown key
 * look the same.
 */

static ngx_int_t
ngx_api_sec_auth_refuse(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_sec_ctx_t *ctx)
{
    const char     *error, *description;
    ngx_api_why_t   why;

    ngx_memzero(&why, sizeof(ngx_api_why_t));

    why.check = NGX_API_CHECK_AUTH;
    why.reason = ctx->error;
    why.detail = ctx->detail;

    switch (ctx->code) {

    case API_JWT_NOMEM:
    case API_JWT_INTERNAL:
        why.status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        ngx_str_set(&why.code, "internal_error");
        ngx_str_set(&why.title, "The request could not be checked");

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "ngx_api_sec_module: verification failed: %V",
                      &ctx->detail);

        return ngx_api_refuse(r, &mcf->self, rec, &why, ctx->mode);

    case NGX_API_AUTH_MISSING_CODE:
        why.status = NGX_HTTP_UNAUTHORIZED;
        ngx_str_set(&why.code, "missing_token");
        ngx_str_set(&why.title, "A bearer token is required");
        error = NULL;
        description = NULL;
        break;

    case NGX_API_AUTH_REQUEST_CODE:
        why.status = NGX_HTTP_BAD_REQUEST;
        ngx_str_set(&why.code, "invalid_request");
        ngx_str_set(&why.title, "The Authorization header is malformed");
        error = "invalid_request";
        description = (const char *) why.title.data;
        break;

    default:
        why.status = NGX_HTTP_UNAUTHORIZED;
        ngx_str_set(&why.code, "invalid_token");
        error = "invalid_token";
        description = ngx_api_sec_auth_public(ctx->code);
        why.title.data = (u_char *) (uintptr_t) description;
        why.title.len = ngx_strlen(description);
    }

    if (ctx->mode == NGX_API_MODE_ENFORCE
        && ngx_api_sec_challenge(r, ctx->auth, error, description, NULL,
                                 &why.challenge)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_api_refuse(r, &mcf->self, rec, &why, ctx->mode);
}


static const char *
ngx_api_sec_auth_public(int code)
{
    return code == API_JWT_EXPIRED ? "The access token has expired"
                                   : "The access token is not valid";
}


/* RFC 6750 section 3; no error when no token was presented. */

ngx_int_t
ngx_api_sec_challenge(ngx_http_request_t *r, const ngx_api_sec_auth_t *auth,
    const char *error, const char *description, const ngx_str_t *scope,
    ngx_str_t *out)
{
    size_t                         len;
    u_char                        *p, *last;
    const ngx_api_shared_t        *shared;
    const ngx_api_sec_main_conf_t *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    shared = ngx_api_shared(r, mcf->self.sec);

    len = 256 + API_TEXT_HTTP_MAX(auth->realm.len) + (scope ? scope->len : 0);

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    out->data = p;
    last = p + len;

    p = ngx_cpymem(p, "Bearer realm=\"", sizeof("Bearer realm=\"") - 1);
    p += api_text_http(ngx_api_span(&auth->realm), (char *) p,
                       API_TEXT_HTTP_MAX(auth->realm.len), NULL);
    *p++ = '"';

    if (error) {
        p = ngx_slprintf(p, last, ", error=\"%s\"", error);
    }

    if (error && description && shared->detail != NGX_API_DETAIL_NONE) {
        p = ngx_slprintf(p, last, ", error_description=\"%s\"", description);
    }

    if (scope && scope->len) {
        p = ngx_slprintf(p, last, ", scope=\"%V\"", scope);
    }

    out->len = p - out->data;

    return NGX_OK;
}
