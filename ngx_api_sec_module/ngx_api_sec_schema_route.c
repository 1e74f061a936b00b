
/*
 * The operation of a request: found when somebody first asks, from PREACCESS
 * on, by the path and the method alone, and kept.
 *
 * Segments are those of the path as it was sent.  Whoever is behind us may
 * normalise or decode that path once more, or not at all; where that could
 * make another path of it, the request is of no operation.
 */

#include "ngx_api_sec_schema.h"


static void ngx_api_sec_route_find(ngx_http_request_t *r,
    const ngx_api_sec_rules_t *rules, ngx_api_sec_ctx_t *ctx,
    ngx_api_sec_routed_t *routed);
static ngx_uint_t ngx_api_sec_route_path(ngx_http_request_t *r,
    const ngx_api_sec_contract_t *contract, ngx_api_sec_ctx_t *ctx,
    ngx_api_sec_routed_t *routed);
static ngx_uint_t ngx_api_sec_route_same(const ngx_http_request_t *r,
    const ngx_api_sec_rules_t *rules, const ngx_api_sec_routed_t *routed);


const ngx_api_sec_routed_t *
ngx_api_sec_route(ngx_http_request_t *r, const ngx_api_sec_rules_t *rules,
    ngx_api_sec_ctx_t *ctx)
{
    ngx_api_sec_routed_t  *routed;

    if (ctx->routed && ngx_api_sec_route_same(r, rules, ctx->routed)) {
        return ctx->routed;
    }

    /* those of another location may still be pointed at */

    routed = ngx_pcalloc(r->main->pool, sizeof(ngx_api_sec_routed_t));
    if (routed == NULL) {
        return NULL;
    }

    ngx_api_sec_route_find(r, rules, ctx, routed);
    ctx->routed = routed;

    return routed;
}


static ngx_uint_t
ngx_api_sec_route_same(const ngx_http_request_t *r,
    const ngx_api_sec_rules_t *rules, const ngx_api_sec_routed_t *routed)
{
    if (routed->contract != rules->contract
        || routed->head_as_get
           != ((rules->opts.route_flags & API_ROUTE_HEAD_AS_GET) != 0))
    {
        return 0;
    }

    if (rules->contract->path == NGX_API_SEC_PATH_CLIENT) {

        /*
         * It was the client's, and stays so: an error_page that turns POST
         * into GET makes no other operation of it.
         */
        return routed->client || !r->valid_unparsed_uri;
    }

    return routed->method.data == r->method_name.data
           && routed->uri.data == r->uri.data
           && routed->uri.len == r->uri.len
           && routed->args.data == r->args.data
           && routed->args.len == r->args.len;
}


static void
ngx_api_sec_route_find(ngx_http_request_t *r,
    const ngx_api_sec_rules_t *rules, ngx_api_sec_ctx_t *ctx,
    ngx_api_sec_routed_t *routed)
{
    int  rc;

    routed->contract = rules->contract;
    routed->head_as_get = (rules->opts.route_flags & API_ROUTE_HEAD_AS_GET)
                          != 0;
    routed->method = r->method_name;
    routed->uri = r->uri;
    routed->args = r->args;

    routed->result = ngx_api_sec_route_path(r, rules->contract, ctx, routed);

    if (routed->result != NGX_API_SEC_ROUTE_FOUND) {
        return;
    }

    rc = api_openapi_route(rules->contract->spec->doc,
                           ngx_api_span(&routed->method), &routed->path,
                           rules->opts.route_flags, &routed->route);

    if (rc == API_DENIED) {
        routed->result = NGX_API_SEC_ROUTE_METHOD;

    } else if (rc != API_OK) {
        routed->result = NGX_API_SEC_ROUTE_PATH;
    }
}


static ngx_uint_t
ngx_api_sec_route_path(ngx_http_request_t *r,
    const ngx_api_sec_contract_t *contract, ngx_api_sec_ctx_t *ctx,
    ngx_api_sec_routed_t *routed)
{
    unsigned                   flags;
    api_arena_t               *arena;
    ngx_http_core_srv_conf_t  *cscf;

    arena = ngx_api_sec_arena(r, ctx);

    if (contract->path == NGX_API_SEC_PATH_REWRITTEN
        && !r->valid_unparsed_uri)
    {
        if (api_path_split(&routed->path, ngx_api_span(&r->uri), NULL, arena,
                           NULL)
            != API_OK)
        {
            return NGX_API_SEC_ROUTE_SYNTAX;
        }

        routed->path.query = ngx_api_span(&r->args);
        routed->path.has_query = r->args.len != 0;

        return routed->path.flags & API_PATH_TWO_READINGS
               ? NGX_API_SEC_ROUTE_READINGS : NGX_API_SEC_ROUTE_FOUND;
    }

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    if (api_path_parse(&routed->path, ngx_api_span(&r->unparsed_uri),
                       cscf->merge_slashes, NULL, arena, NULL)
        != API_OK)
    {
        return NGX_API_SEC_ROUTE_SYNTAX;
    }

    routed->client = r->valid_unparsed_uri;

    flags = API_PATH_TWO_READINGS;

    if (contract->slash == NGX_API_SEC_DENY) {
        flags |= API_PATH_F_SLASH;
    }

    if ((routed->path.flags & flags)
        || (r->valid_unparsed_uri
            && !api_span_eq(routed->path.uri, ngx_api_span(&r->uri))))
    {
        return NGX_API_SEC_ROUTE_READINGS;
    }

    return NGX_API_SEC_ROUTE_FOUND;
}


ngx_uint_t
ngx_api_sec_schema_mode(ngx_http_request_t *r,
    const ngx_api_sec_loc_conf_t *lcf, const ngx_api_sec_rules_t *rules,
    const api_operation_t *op)
{
    ngx_uint_t                      mode;
    const ngx_api_sec_operation_t  *line;

    mode = ngx_api_sec_mode(r, lcf, &rules->contract->mode);
    line = op && rules->operations ? rules->operations[op->index] : NULL;

    if (line) {
        mode = ngx_min(mode, ngx_api_mode(r, &line->mode));
    }

    return mode;
}
