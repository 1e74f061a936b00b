
#include "ngx_api_sec_govern.h"
#include "ngx_api_sec_schema.h"


static ngx_uint_t ngx_api_sec_except_scope(ngx_http_request_t *r,
    const ngx_api_sec_ctx_t *ctx, const ngx_api_sec_exception_t *e);
static ngx_uint_t ngx_api_sec_except_operation(const ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_exception_t *e);
static ngx_uint_t ngx_api_sec_except_path(ngx_http_request_t *r,
    const ngx_api_sec_ctx_t *ctx, const ngx_str_t *begins);
static ngx_uint_t ngx_api_sec_except_twice(const ngx_str_t *uri);
static ngx_uint_t ngx_api_sec_except_begins(const ngx_str_t *path,
    const ngx_str_t *begins);
static ngx_uint_t ngx_api_sec_except_net(const ngx_http_request_t *r,
    const api_net_t *net);
static ngx_int_t ngx_api_sec_except_note(ngx_http_request_t *r,
    ngx_api_sec_ctx_t *ctx, const ngx_api_sec_exception_t *e);
static ngx_api_sec_ctx_t *ngx_api_sec_except_ctx(ngx_http_request_t *r,
    const ngx_array_t **list);


void
ngx_api_sec_govern_begin(ngx_http_request_t *r, ngx_api_sec_ctx_t *ctx)
{
    const ngx_api_sec_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);

    if (lcf->govern == NULL) {
        return;
    }

    /* without memory, what is refused is refused */

    ctx->governed = ngx_pcalloc(r->main->pool,
                                sizeof(ngx_api_sec_governed_t));

    if (ctx->governed) {
        ctx->governed->policy = lcf->govern->policy;
    }
}


const ngx_api_sec_policy_t *
ngx_api_sec_govern_policy(const ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_loc_conf_t *lcf)
{
    if (ctx && ctx->governed) {
        return ctx->governed->policy;
    }

    return lcf->govern ? lcf->govern->policy : NULL;
}


/* NULL: nothing is excepted here.  Nor is it in api_status: what was meant for
   an API above it would let others look at its gate, and change it. */

static ngx_api_sec_ctx_t *
ngx_api_sec_except_ctx(ngx_http_request_t *r, const ngx_array_t **list)
{
    ngx_api_record_t               *rec;
    const ngx_api_sec_loc_conf_t   *lcf;
    const ngx_api_sec_main_conf_t  *mcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);

    if (lcf->govern == NULL || lcf->govern->exceptions.items == NULL
        || lcf->status)
    {
        return NULL;
    }

    *list = lcf->govern->exceptions.items;
    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);

    return ngx_api_sec_ctx(r, mcf, &rec);
}


ngx_uint_t
ngx_api_sec_except(ngx_http_request_t *r, ngx_uint_t check,
    const ngx_str_t *reason)
{
    ngx_uint_t                              i;
    const ngx_array_t                      *list;
    ngx_api_sec_ctx_t                      *ctx;
    const ngx_api_sec_exception_t          *e;
    const ngx_api_sec_exception_t * const  *item;

    ctx = ngx_api_sec_except_ctx(r, &list);
    if (ctx == NULL) {
        return 0;
    }

    item = list->elts;

    for (i = 0; i < list->nelts; i++) {
        e = item[i];

        if (e->check == check && e->waf == 0
            && (e->reason.len == 0
                || (e->reason.len == reason->len
                    && ngx_strncmp(e->reason.data, reason->data, reason->len)
                       == 0))
            && ngx_api_sec_except_scope(r, ctx, e))
        {
            return ngx_api_sec_except_note(r, ctx, e) == NGX_OK;
        }
    }

    return 0;
}


ngx_uint_t
ngx_api_sec_except_rules(ngx_http_request_t *r, uint32_t *ids, ngx_uint_t max)
{
    ngx_uint_t                              i, n;
    const ngx_array_t                      *list;
    ngx_api_sec_ctx_t                      *ctx;
    const ngx_api_sec_exception_t * const  *item;

    ctx = ngx_api_sec_except_ctx(r, &list);
    if (ctx == NULL) {
        return 0;
    }

    item = list->elts;

    for (i = 0, n = 0; i < list->nelts && n < max; i++) {
        if (item[i]->waf && ngx_api_sec_except_scope(r, ctx, item[i])
            && ngx_api_sec_except_note(r, ctx, item[i]) == NGX_OK)
        {
            ids[n++] = item[i]->waf;
        }
    }

    return n;
}


/* Who is nobody yet, and what is no operation, fits no scope that asks. */

static ngx_uint_t
ngx_api_sec_except_scope(ngx_http_request_t *r, const ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_exception_t *e)
{
    const ngx_api_sec_identity_t  *id;

    if (ngx_time() >= e->until) {
        return 0;
    }

    if (e->path.len && !ngx_api_sec_except_path(r, ctx, &e->path)) {
        return 0;
    }

    if (e->has_net && !ngx_api_sec_except_net(r, &e->net)) {
        return 0;
    }

    if (e->operation.len && !ngx_api_sec_except_operation(ctx, e)) {
        return 0;
    }

    if (e->principal.len == 0 && e->issuer.len == 0) {
        return 1;
    }

    id = ngx_api_sec_identity((ngx_api_sec_ctx_t *) (uintptr_t) ctx);

    return id
           && (e->principal.len == 0
               || api_span_eq(ngx_api_span(&id->principal),
                              ngx_api_span(&e->principal)))
           && (e->issuer.len == 0
               || api_span_eq(ngx_api_span(id->name),
                              ngx_api_span(&e->issuer)));
}


/* Two documents may have an operation of the same name. */

static ngx_uint_t
ngx_api_sec_except_operation(const ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_exception_t *e)
{
    const ngx_api_sec_routed_t  *routed = ctx->routed;

    return routed && routed->route.op
           && api_span_eq(routed->route.op->id, ngx_api_span(&e->operation))
           && (e->contract.len == 0
               || api_span_eq(ngx_api_span(&routed->contract->spec->name),
                              ngx_api_span(&e->contract)));
}


/*
 * The path as nginx reads it, if whoever is behind us cannot read another one
 * in it: /import/..;/x, /x/..%2fimport and /import/%252e%252e/x fit no scope.
 */

static ngx_uint_t
ngx_api_sec_except_path(ngx_http_request_t *r, const ngx_api_sec_ctx_t *ctx,
    const ngx_str_t *begins)
{
    int                        rc;
    api_path_t                 path;
    api_arena_t               *arena;
    ngx_http_core_srv_conf_t  *cscf;

    if (!ngx_api_sec_except_begins(&r->uri, begins)) {
        return 0;
    }

    arena = ngx_api_sec_arena(r, (ngx_api_sec_ctx_t *) (uintptr_t) ctx);

    if (r->valid_unparsed_uri) {
        cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);
        rc = api_path_parse(&path, ngx_api_span(&r->unparsed_uri),
                            cscf->merge_slashes, NULL, arena, NULL);

    } else {
        rc = api_path_split(&path, ngx_api_span(&r->uri), NULL, arena, NULL);
    }

    if (rc != API_OK || (path.flags & API_PATH_TWO_READINGS)
        || ngx_api_sec_except_twice(&r->uri))
    {
        return 0;
    }

    /* an encoded slash is a slash to some, so the beginning has none */

    return !(path.flags & API_PATH_F_SLASH)
           || ngx_api_sec_except_begins(&r->unparsed_uri, begins);
}


/* Decoded once more, is there a dot, a slash, a backslash, a semicolon, or an
   escape? */

static ngx_uint_t
ngx_api_sec_except_twice(const ngx_str_t *uri)
{
    size_t   i;
    u_char   c, d;

    for (i = 0; i + 2 < uri->len; i++) {
        if (uri->data[i] != '%') {
            continue;
        }

        c = uri->data[i + 1];
        d = (u_char) (uri->data[i + 2] | 0x20);

        if ((c == '2' && (d == 'e' || d == 'f' || uri->data[i + 2] == '5'))
            || (c == '3' && d == 'b') || (c == '5' && d == 'c'))
        {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_api_sec_except_begins(const ngx_str_t *path, const ngx_str_t *begins)
{
    return path->len >= begins->len
           && ngx_strncmp(path->data, begins->data, begins->len) == 0;
}


static ngx_uint_t
ngx_api_sec_except_net(const ngx_http_request_t *r, const api_net_t *net)
{
    api_addr_t              addr;
    const struct sockaddr  *sa = r->connection->sockaddr;

    switch (sa->sa_family) {

    case AF_INET:
        addr = api_addr_v4((const uint8_t *)
                           &((const struct sockaddr_in *) sa)->sin_addr);
        return api_net_has(net, &addr);

#if (NGX_HAVE_INET6)
    case AF_INET6:
        addr = api_addr_v6(((const struct sockaddr_in6 *) sa)
                           ->sin6_addr.s6_addr);
        return api_net_has(net, &addr);
#endif

    default:
        return 0;
    }
}


/* What cannot be noted is not excepted. */

static ngx_int_t
ngx_api_sec_except_note(ngx_http_request_t *r, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_exception_t *e)
{
    ngx_uint_t               i;
    ngx_api_sec_governed_t  *g;

    g = ctx->governed;

    if (g == NULL) {
        g = ngx_pcalloc(r->main->pool, sizeof(ngx_api_sec_governed_t));
        if (g == NULL) {
            return NGX_ERROR;
        }

        ctx->governed = g;
    }

    for (i = 0; i < g->n; i++) {
        if (g->excepted[i] == e) {
            return NGX_OK;
        }
    }

    if (g->n == NGX_API_SEC_EXCEPTED_MAX) {
        return NGX_ERROR;
    }

    g->excepted[g->n++] = e;

    ngx_api_sec_govern_use(ngx_http_get_module_main_conf(r,
                                                         ngx_api_sec_module),
                           e);

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "ngx_api_sec_module: exception \"%V\" of %V: rule %V does "
                  "not hold", &e->id, &e->owner, &e->rule);

    return NGX_OK;
}
