
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
static void ngx_api_sec_auth_begin(ngx_http_request_t *r,
    ngx_api_sec_ctx_t *ctx, const ngx_api_sec_auth_t *auth);
static ngx_int_t ngx_api_sec_authenticate(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx);
static ngx_uint_t ngx_api_sec_auth_step(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_use_t *use);
static void ngx_api_sec_auth_decide(ngx_api_sec_ctx_t *ctx);
static void ngx_api_sec_auth_missing(ngx_api_sec_ctx_t *ctx);
static ngx_int_t ngx_api_sec_auth_refuse(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_sec_ctx_t *ctx);
static ngx_int_t ngx_api_sec_auth_retry(ngx_http_request_t *r,
    ngx_uint_t seconds);


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

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    rec = ngx_api_record_peek(r, mcf->self.record);
    ctx = rec ? rec->own[NGX_API_SEC] : NULL;

    if (ctx && ctx->auth == auth && ctx->waiting) {
        mode = ctx->mode;    /* called again: what held then holds */
        ngx_api_sec_waited(r);

    } else {
        mode = ngx_api_sec_mode(r, lcf, &auth->mode);
    }

    if (mode == NGX_API_MODE_OFF) {
        return NGX_DECLINED;
    }

    ctx = ngx_api_sec_ctx(r, mcf, &rec);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->mode = mode;

    another = (ctx->auth != auth || ctx->waiting);

    if (ctx->auth != auth) {
        ngx_api_sec_auth_begin(r, ctx, auth);
    }

    if (another && ngx_api_sec_authenticate(r, mcf, ctx) == NGX_AGAIN) {
        return NGX_AGAIN;
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
        if (ctx->auth->optional && ctx->nids == 0) {
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
ngx_api_sec_auth_begin(ngx_http_request_t *r, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_auth_t *auth)
{
    ctx->auth = auth;
    ctx->result = NGX_API_AUTH_NONE;
    ctx->step = 0;
    ctx->nids = 0;
    ctx->waiting = 0;
    ctx->taken = 0;
    ctx->parsed = 0;
    ctx->seen = NGX_API_SEEN_NONE;
    ctx->asked = NULL;
    ngx_memzero(&ctx->remote, sizeof(ngx_api_sec_remote_wait_t));
    ngx_memzero(&ctx->fault, sizeof(ngx_api_sec_fault_t));

    (void) ngx_api_sec_arena(r, ctx);
}


/*
 * Every method is asked, also when an earlier one was satisfied: a credential
 * that is presented has to be good.
 */

static ngx_int_t
ngx_api_sec_authenticate(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx)
{
    ngx_uint_t                result;
    const ngx_api_sec_use_t  *use;

    use = ctx->auth->uses.elts;

    while (ctx->step < ctx->auth->uses.nelts) {

        result = ngx_api_sec_auth_step(r, mcf, ctx, &use[ctx->step]);

        if (result == NGX_API_AUTH_AGAIN) {
            ctx->waiting = 1;
            return NGX_AGAIN;
        }

        ctx->step++;

        if (result == NGX_API_AUTH_INVALID
            || result == NGX_API_AUTH_UNAVAILABLE)
        {
            ctx->waiting = 0;
            ctx->result = result;
            ctx->nids = 0;
            return NGX_OK;
        }
    }

    ctx->waiting = 0;
    ngx_api_sec_auth_decide(ctx);

    return NGX_OK;
}


static ngx_uint_t
ngx_api_sec_auth_step(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_use_t *use)
{
    ngx_uint_t               result;
    ngx_api_sec_fault_t      fault;
    ngx_api_sec_identity_t  *id;

    id = &ctx->ids[ctx->nids];

    ngx_memzero(id, sizeof(ngx_api_sec_identity_t));
    ngx_memzero(&fault, sizeof(ngx_api_sec_fault_t));

    id->method = use->method;
    id->name = use->names->elts;
    fault.method = use->method;

    result = use->method->check(r, mcf, ctx, use, id, &fault);

    if (result == NGX_API_AUTH_OK
        && ngx_api_sec_revoked(r, mcf, ctx, id, &fault))
    {
        result = NGX_API_AUTH_INVALID;
    }

    switch (result) {

    case NGX_API_AUTH_OK:
        ctx->nids++;
        break;

    case NGX_API_AUTH_INVALID:
    case NGX_API_AUTH_UNAVAILABLE:
        ctx->fault = fault;
        break;

    default: /* NGX_API_AUTH_MISSING, NGX_API_AUTH_AGAIN */
        break;
    }

    return result;
}


/* Nothing that was presented is bad. */

static void
ngx_api_sec_auth_decide(ngx_api_sec_ctx_t *ctx)
{
    ngx_uint_t  needed;

    needed = ctx->auth->all ? ctx->auth->uses.nelts : 1;

    if (ctx->nids >= needed) {
        ctx->result = NGX_API_AUTH_OK;
        return;
    }

    ctx->result = NGX_API_AUTH_MISSING;
    ngx_api_sec_auth_missing(ctx);
}


static void
ngx_api_sec_auth_missing(ngx_api_sec_ctx_t *ctx)
{
    ngx_uint_t                 i, n;
    ngx_api_sec_fault_t       *fault;
    const ngx_api_sec_use_t   *use;

    fault = &ctx->fault;

    fault->status = NGX_HTTP_UNAUTHORIZED;
    ngx_str_set(&fault->reason, "missing");

    use = ctx->auth->uses.elts;
    fault->code = use[0].method->missing;
    fault->title = use[0].method->wanted;

    for (i = 1; i < ctx->auth->uses.nelts; i++) {
        if (use[i].method->missing.data != use[0].method->missing.data) {
            ngx_str_set(&fault->code, "missing_credential");
            ngx_str_set(&fault->title, "A credential is required");
        }
    }

    if (!ctx->auth->all || ctx->nids == 0) {
        return;
    }

    /* which of them? */

    for (i = 0; i < ctx->auth->uses.nelts; i++) {
        for (n = 0; n < ctx->nids; n++) {
            if (ctx->ids[n].method == use[i].method) {
                break;
            }
        }

        if (n == ctx->nids) {
            fault->detail = use[i].method->wanted;
            fault->code = use[i].method->missing;
            fault->title = use[i].method->wanted;
            return;
        }
    }
}


static ngx_int_t
ngx_api_sec_auth_refuse(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_sec_ctx_t *ctx)
{
    ngx_uint_t                  mode;
    ngx_api_why_t               why;
    const ngx_api_sec_fault_t  *fault;

    fault = &ctx->fault;

    ngx_memzero(&why, sizeof(ngx_api_why_t));

    why.check = NGX_API_CHECK_AUTH;
    why.status = fault->status;
    why.reason = fault->reason;
    why.detail = fault->detail;
    why.code = fault->code;
    why.title = fault->title;

    if (fault->status == NGX_HTTP_INTERNAL_SERVER_ERROR) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "ngx_api_sec_module: verification failed: %V",
                      &fault->detail);
    }

    mode = ngx_api_excepted_mode(r, &mcf->self, NGX_API_CHECK_AUTH,
                                 &why.reason, ctx->mode);

    if (mode != NGX_API_MODE_ENFORCE) {
        return ngx_api_refuse(r, &mcf->self, rec, &why, mode);
    }

    if ((fault->status == NGX_HTTP_UNAUTHORIZED || fault->error)
        && ngx_api_sec_challenge(r, ctx->auth, fault->error,
                                 fault->error
                                     ? (const char *) fault->title.data
                                     : NULL,
                                 NULL, &why.challenge)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (fault->retry && ngx_api_sec_auth_retry(r, fault->retry) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_api_refuse(r, &mcf->self, rec, &why, ctx->mode);
}


static ngx_int_t
ngx_api_sec_auth_retry(ngx_http_request_t *r, ngx_uint_t seconds)
{
    ngx_str_t  value;

    value.data = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = ngx_sprintf(value.data, "%ui", seconds) - value.data;

    return ngx_api_add_header(r, "Retry-After", &value) ? NGX_OK : NGX_ERROR;
}


#define NGX_API_CHALLENGE_ROOM  512


ngx_int_t
ngx_api_sec_challenge(ngx_http_request_t *r, const ngx_api_sec_auth_t *auth,
    const char *error, const char *description, const ngx_str_t *scope,
    ngx_str_t *out)
{
    size_t                      len;
    u_char                     *p, *last, *begin;
    ngx_uint_t                  i, n;
    ngx_api_sec_challenge_t     what;
    const ngx_api_sec_use_t    *use;

    use = auth->uses.elts;

    len = 2 * auth->uses.nelts    /* Bearer and DPoP */
          * (NGX_API_CHALLENGE_ROOM + API_TEXT_HTTP_MAX(auth->realm.len)
             + (scope ? scope->len : 0));

    begin = ngx_pnalloc(r->pool, len);
    if (begin == NULL) {
        return NGX_ERROR;
    }

    p = begin;
    last = begin + len;

    what.error = error;
    what.description = description;
    what.scope = scope;

    for (i = 0; i < auth->uses.nelts; i++) {

        for (n = 0; n < i; n++) {
            if (use[n].method->challenge == use[i].method->challenge) {
                break;
            }
        }

        if (n < i || use[i].method->challenge == NULL) {
            continue;
        }

        if (p != begin) {
            *p++ = ',';
            *p++ = ' ';
        }

        p = use[i].method->challenge(r, auth, &what, p, last);
    }

    out->data = begin;
    out->len = p - begin;

    return NGX_OK;
}


u_char *
ngx_api_sec_challenge_realm(const ngx_api_sec_auth_t *auth, u_char *p)
{
    p = ngx_cpymem(p, " realm=\"", sizeof(" realm=\"") - 1);
    p += api_text_http(ngx_api_span(&auth->realm), (char *) p,
                       API_TEXT_HTTP_MAX(auth->realm.len), NULL);
    *p++ = '"';

    return p;
}


/* RFC 6750 section 3; no error when nothing was presented. */

u_char *
ngx_api_sec_challenge_error(ngx_http_request_t *r,
    const ngx_api_sec_challenge_t *what, u_char *p, u_char *last)
{
    const ngx_api_shared_t         *shared;
    const ngx_api_sec_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    shared = ngx_api_shared(r, mcf->self.sec);

    if (what->error) {
        p = ngx_slprintf(p, last, ", error=\"%s\"", what->error);
    }

    if (what->error && what->description
        && shared->detail != NGX_API_DETAIL_NONE)
    {
        p = ngx_slprintf(p, last, ", error_description=\"%s\"",
                         what->description);
    }

    if (what->scope && what->scope->len) {
        p = ngx_slprintf(p, last, ", scope=\"%V\"", what->scope);
    }

    return p;
}


void
ngx_api_sec_fault_detail(ngx_http_request_t *r, ngx_api_sec_fault_t *fault,
    const char *text)
{
    fault->detail.len = ngx_strlen(text);
    fault->detail.data = ngx_pnalloc(r->main->pool, fault->detail.len + 1);

    if (fault->detail.data == NULL) {
        fault->detail.len = 0;
        return;
    }

    ngx_memcpy(fault->detail.data, text, fault->detail.len + 1);
}
