
/*
 * The method introspect of api_auth: whoever issued the token is asked.
 *
 * An answer that it is active is remembered, under the digest of the token,
 * no longer than `cache` and its exp say; one that it is not, never.
 */

#include "ngx_api_sec_introspect.h"


#define NGX_API_INTROSPECT_MAX   65536      /* bytes of an answer */
#define NGX_API_INTROSPECT_WAIT  10000      /* milliseconds */
#define NGX_API_INTROSPECT_LOST  10         /* seconds an outage is believed */


static void *ngx_api_sec_introspect_thing(const ngx_api_sec_main_conf_t *mcf,
    const ngx_str_t *name);
static char *ngx_api_sec_introspect_fits(ngx_conf_t *cf,
    ngx_api_sec_auth_t *auth, const ngx_api_sec_use_t *use);
static ngx_uint_t ngx_api_sec_introspect_check(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_use_t *use, ngx_api_sec_identity_t *id,
    ngx_api_sec_fault_t *fault);
static ngx_uint_t ngx_api_sec_introspect_ask(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_introspect_t *ai, ngx_api_sec_identity_t *id,
    ngx_api_sec_fault_t *fault);
static ngx_api_sec_asked_t *ngx_api_sec_introspect_begin(
    ngx_http_request_t *r, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_introspect_t *ai);
static ngx_int_t ngx_api_sec_introspect_body(ngx_http_request_t *r,
    api_span_t token, ngx_str_t *body);
static void ngx_api_sec_introspect_finish(ngx_http_request_t *r,
    ngx_api_sec_fetch_t *f);
static ngx_uint_t ngx_api_sec_introspect_answer(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_introspect_t *ai, api_span_t text,
    ngx_api_sec_identity_t *id, ngx_api_sec_fault_t *fault);
static ngx_int_t ngx_api_sec_introspect_digest(
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_introspect_t *ai,
    api_span_t token, uint8_t digest[API_JWS_SHA_LEN]);
static ngx_uint_t ngx_api_sec_introspect_known(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_introspect_t *ai, api_span_t *text);
static void ngx_api_sec_introspect_remember(
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_introspect_t *ai, api_span_t text);
static ngx_uint_t ngx_api_sec_introspect_spent(ngx_http_request_t *r,
    const ngx_api_sec_introspect_t *ai, ngx_api_sec_fault_t *fault);
static ngx_uint_t ngx_api_sec_introspect_lost(ngx_http_request_t *r,
    const ngx_api_sec_introspect_t *ai, const char *why,
    ngx_api_sec_fault_t *fault);
static void ngx_api_sec_introspect_unavailable(ngx_api_sec_fault_t *fault);


const ngx_api_sec_method_t  ngx_api_sec_method_introspect = {
    ngx_string("introspect"),
    ngx_string("api_introspect"),
    ngx_string("missing_token"),
    ngx_string("A bearer token is required"),
    ngx_api_sec_introspect_thing,
    ngx_api_sec_introspect_fits,
    ngx_api_sec_introspect_check,
    ngx_api_sec_bearer_challenge
};


static void *
ngx_api_sec_introspect_thing(const ngx_api_sec_main_conf_t *mcf,
    const ngx_str_t *name)
{
    return ngx_api_sec_introspect_find(mcf, name);
}


static char *
ngx_api_sec_introspect_fits(ngx_conf_t *cf, ngx_api_sec_auth_t *auth,
    const ngx_api_sec_use_t *use)
{
    ngx_api_sec_introspect_t * const  *ai;

    ai = use->things.elts;

    if (use->things.nelts > 1) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"api_auth\" in %V:%ui takes one api_introspect: "
                      "nothing in an opaque token tells whom to ask",
                      &auth->file, auth->line);
        return NGX_CONF_ERROR;
    }

    return ngx_api_sec_places_join(&auth->places, &ai[0]->places) == NGX_OK
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static ngx_uint_t
ngx_api_sec_introspect_check(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_use_t *use, ngx_api_sec_identity_t *id,
    ngx_api_sec_fault_t *fault)
{
    api_span_t                       text;
    const ngx_api_sec_introspect_t  *ai;

    ai = ((ngx_api_sec_introspect_t **) use->things.elts)[0];

    if (ngx_api_sec_token_take(r, ctx) != NGX_OK) {
        return ngx_api_sec_introspect_lost(r, ai, "no memory", fault);
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

    if (!ngx_api_sec_token_of(ctx, use->method)
        || !ngx_api_sec_token_allowed(&ctx->token, ctx->auth, &ai->places))
    {
        return NGX_API_AUTH_MISSING;
    }

    id->name = &ai->name;

    if (ctx->asked == NULL
        && ngx_api_sec_introspect_known(r, mcf, ctx, ai, &text))
    {
        ctx->seen = NGX_API_SEEN_ZONE;
        return ngx_api_sec_introspect_answer(r, mcf, ctx, ai, text, id, fault);
    }

    return ngx_api_sec_introspect_ask(r, mcf, ctx, ai, id, fault);
}


static ngx_uint_t
ngx_api_sec_introspect_ask(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_introspect_t *ai, ngx_api_sec_identity_t *id,
    ngx_api_sec_fault_t *fault)
{
    u_char                line[32];
    ngx_msec_int_t        left;
    ngx_api_sec_asked_t  *asked;

    if (ctx->asked == NULL) {
        if (ngx_api_sec_budget_take(r, mcf) != NGX_OK) {
            return ngx_api_sec_introspect_spent(r, ai, fault);
        }

        ctx->asked = ngx_api_sec_introspect_begin(r, ctx, ai);

        if (ctx->asked == NULL) {
            return ngx_api_sec_introspect_lost(r, ai, "it was not asked",
                                               fault);
        }
    }

    asked = ctx->asked;
    ctx->seen = NGX_API_SEEN_MISS;

    if (!asked->fetch.done) {
        left = (ngx_msec_int_t) (asked->until - ngx_current_msec);

        if (left <= 0) {
            return ngx_api_sec_introspect_lost(r, ai, "it takes too long",
                                               fault);
        }

        return ngx_api_sec_wait(r, ctx, left, 0) == NGX_OK
               ? NGX_API_AUTH_AGAIN
               : ngx_api_sec_introspect_lost(r, ai, "no memory", fault);
    }

    if (asked->fetch.too_large) {
        return ngx_api_sec_introspect_lost(r, ai, "its answer is too large",
                                           fault);
    }

    if (asked->fetch.status != NGX_HTTP_OK) {
        *ngx_sprintf(line, "status %ui", asked->fetch.status) = '\0';
        return ngx_api_sec_introspect_lost(r, ai, (char *) line, fault);
    }

    return ngx_api_sec_introspect_answer(r, mcf, ctx, ai,
                                         api_span(asked->fetch.text,
                                                  asked->fetch.len),
                                         id, fault);
}


/*
 * While nobody answers, nothing is given back: whoever floods a provider until
 * it fails must not be let through to it for that.  But it is not known then
 * that the credentials were bad: nobody is told so, or banned for it.
 */

static ngx_uint_t
ngx_api_sec_introspect_spent(ngx_http_request_t *r,
    const ngx_api_sec_introspect_t *ai, ngx_api_sec_fault_t *fault)
{
    if (ai->login->lost == 0
        || ngx_time() - ai->login->lost > NGX_API_INTROSPECT_LOST)
    {
        return ngx_api_sec_budget_fault(fault);
    }

    ngx_api_sec_introspect_unavailable(fault);
    ngx_api_sec_fault_detail(r, fault, "not asked again so soon");

    return NGX_API_AUTH_UNAVAILABLE;
}


static ngx_api_sec_asked_t *
ngx_api_sec_introspect_begin(ngx_http_request_t *r, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_introspect_t *ai)
{
    ngx_api_sec_asked_t  *asked;

    asked = ngx_pcalloc(r->main->pool, sizeof(ngx_api_sec_asked_t));
    if (asked == NULL) {
        return NULL;
    }

    asked->until = ngx_current_msec + NGX_API_INTROSPECT_WAIT;
    asked->fetch.target = &ai->goal;
    asked->fetch.max = NGX_API_INTROSPECT_MAX;
    asked->fetch.finish = ngx_api_sec_introspect_finish;

    if (ai->login->basic) {
        asked->fetch.authorization.len = ai->login->len;
        asked->fetch.authorization.data = ngx_pnalloc(r->main->pool,
                                                      ai->login->len);
        if (asked->fetch.authorization.data == NULL) {
            return NULL;
        }

        ngx_memcpy(asked->fetch.authorization.data, ai->login->basic,
                   ai->login->len);
    }

    if (ngx_api_sec_introspect_body(r, ctx->token.token, &asked->fetch.body)
        != NGX_OK
        || ngx_api_sec_fetch(r, ctx, &asked->fetch) != NGX_OK)
    {
        return NULL;
    }

    return asked;
}


static ngx_int_t
ngx_api_sec_introspect_body(ngx_http_request_t *r, api_span_t token,
    ngx_str_t *body)
{
    u_char  *p;

    static const char  hint[] = "&token_type_hint=access_token";

    p = ngx_pnalloc(r->main->pool, sizeof("token=") + 3 * token.len
                                   + sizeof(hint));
    if (p == NULL) {
        return NGX_ERROR;
    }

    body->data = p;

    p = ngx_cpymem(p, "token=", sizeof("token=") - 1);
    p = (u_char *) ngx_escape_uri(p, (u_char *) (uintptr_t) token.data,
                                  token.len, NGX_ESCAPE_URI_COMPONENT);
    p = ngx_cpymem(p, hint, sizeof(hint) - 1);

    body->len = p - body->data;

    return NGX_OK;
}


/* The request that waits is woken by the fetch itself. */

static void
ngx_api_sec_introspect_finish(ngx_http_request_t *r, ngx_api_sec_fetch_t *f)
{
    if (f->status != NGX_HTTP_OK) {
        f->len = 0;
    }
}


static ngx_uint_t
ngx_api_sec_introspect_answer(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_introspect_t *ai, api_span_t text,
    ngx_api_sec_identity_t *id, ngx_api_sec_fault_t *fault)
{
    int                   code;
    api_err_t             err;
    api_introspection_t  *in;

    in = api_arena_alloc(&ctx->arena, sizeof(api_introspection_t));

    if (in == NULL
        || api_introspect_parse(in, text, mcf->seed, &ctx->arena, &err)
           != API_OK)
    {
        return ngx_api_sec_introspect_lost(r, ai, in ? err.text : "no memory",
                                           fault);
    }

    ai->login->lost = 0;

    if (in->active && ctx->seen == NGX_API_SEEN_MISS) {
        ngx_api_sec_budget_give(r, mcf);
    }

    if (!in->active) {
        fault->status = NGX_HTTP_UNAUTHORIZED;
        fault->error = "invalid_token";
        ngx_str_set(&fault->reason, "inactive");
        ngx_str_set(&fault->code, "invalid_token");
        ngx_str_set(&fault->title, "The access token is not valid");
        return NGX_API_AUTH_INVALID;
    }

    code = api_introspect_check(in, &ai->policy, ngx_time(), &err);

    if (code != API_JWT_OK) {
        ngx_api_sec_jwt_fault(r, code, &err, fault);
        return NGX_API_AUTH_INVALID;
    }

    id->principal = ngx_api_str(in->sub.data ? in->sub
                                             : in->username.data
                                               ? in->username : in->client);
    id->claims = &in->claims;
    id->iat = in->has_iat ? in->iat : 0;

    if (ngx_api_sec_proof(r, mcf, ctx, &ai->bind, id, fault)
        != NGX_API_AUTH_OK)
    {
        return NGX_API_AUTH_INVALID;
    }

    if (ctx->seen == NGX_API_SEEN_MISS) {
        ctx->answer_exp = in->has_exp ? in->exp + ai->policy.leeway
                                      : INT64_MAX;
        ngx_api_sec_introspect_remember(mcf, ctx, ai, text);
    }

    return NGX_API_AUTH_OK;
}


/* Of the token, and of whom the answer is from and is to be. */

static ngx_int_t
ngx_api_sec_introspect_digest(const ngx_api_sec_main_conf_t *mcf,
    const ngx_api_sec_introspect_t *ai, api_span_t token,
    uint8_t digest[API_JWS_SHA_LEN])
{
    size_t      sizes[3];
    api_span_t  pieces[5];

    sizes[0] = ai->name.len;
    sizes[1] = ai->goal.uri.len;
    sizes[2] = ai->client.len;

    pieces[0] = api_span(sizes, sizeof(sizes));
    pieces[1] = ngx_api_span(&ai->name);
    pieces[2] = ngx_api_span(&ai->goal.uri);
    pieces[3] = ngx_api_span(&ai->client);
    pieces[4] = token;

    return api_jws_sha(mcf->tokens->hash, pieces, 5, digest) == API_OK
           ? NGX_OK : NGX_ERROR;
}


static ngx_uint_t
ngx_api_sec_introspect_known(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_introspect_t *ai, api_span_t *text)
{
    size_t          len;
    u_char          buf[API_ANSWERS_MAX], *p;
    uint8_t         digest[API_JWS_SHA_LEN];
    api_answers_t  *answers;

    answers = ai->cache ? ngx_api_sec_answers(mcf) : NULL;

    if (answers == NULL
        || ngx_api_sec_introspect_digest(mcf, ai, ctx->token.token, digest)
           != NGX_OK
        || !api_answers_find(answers, digest, ngx_time(), buf, &len))
    {
        return 0;
    }

    p = ngx_pnalloc(r->main->pool, len + 1);
    if (p == NULL) {
        return 0;
    }

    ngx_memcpy(p, buf, len);
    *text = api_span(p, len);

    return 1;
}


static void
ngx_api_sec_introspect_remember(const ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_ctx_t *ctx, const ngx_api_sec_introspect_t *ai,
    api_span_t text)
{
    int64_t         until;
    uint8_t         digest[API_JWS_SHA_LEN];
    api_answers_t  *answers;

    answers = ai->cache ? ngx_api_sec_answers(mcf) : NULL;

    if (answers == NULL
        || ngx_api_sec_introspect_digest(mcf, ai, ctx->token.token, digest)
           != NGX_OK)
    {
        return;
    }

    until = ngx_time() + ai->cache;
    until = ngx_min(until, ctx->answer_exp);

    api_answers_add(answers, digest, text, until, ngx_time());
}


static ngx_uint_t
ngx_api_sec_introspect_lost(ngx_http_request_t *r,
    const ngx_api_sec_introspect_t *ai, const char *why,
    ngx_api_sec_fault_t *fault)
{
    ngx_uint_t  severity;

    severity = ngx_time() - ai->login->logged < 60 ? NGX_LOG_INFO
                                                   : NGX_LOG_ERR;

    ngx_log_error(severity, r->connection->log, 0,
                  "api_introspect \"%V\": no answer from \"%V\": %s",
                  &ai->name, &ai->goal.uri, why);

    if (severity == NGX_LOG_ERR) {    /* one line a minute */
        ai->login->logged = ngx_time();
    }

    ai->login->lost = ngx_time();

    ngx_api_sec_introspect_unavailable(fault);
    ngx_api_sec_fault_detail(r, fault, why);

    return NGX_API_AUTH_UNAVAILABLE;
}


static void
ngx_api_sec_introspect_unavailable(ngx_api_sec_fault_t *fault)
{
    fault->status = NGX_HTTP_SERVICE_UNAVAILABLE;
    fault->retry = 1;
    ngx_str_set(&fault->reason, "introspection_unavailable");
    ngx_str_set(&fault->code, "unavailable");
    ngx_str_set(&fault->title, "The credential cannot be checked now");
}
