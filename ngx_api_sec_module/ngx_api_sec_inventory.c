
/*
 * A request that has ended belongs to an operation: of its contract, or of
 * what was learned.
 */

#include "ngx_api_sec_inventory.h"
#include "ngx_api_sec_monitor.h"
#include "ngx_api_sec_govern.h"


static api_inv_op_t ngx_api_sec_inventory_op(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_loc_conf_t *lcf,
    const ngx_api_record_t *rec, api_inventory_t *inv);
static api_inv_op_t ngx_api_sec_inventory_documented(
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_loc_conf_t *lcf,
    api_inventory_t *inv, const ngx_str_t *host,
    const ngx_api_sec_ctx_t *ctx);
static api_span_t ngx_api_sec_inventory_owner(const ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_loc_conf_t *lcf);
static ngx_uint_t ngx_api_sec_inventory_owned(
    const ngx_api_sec_inventories_t *inv, api_inv_op_t op);
static ngx_int_t ngx_api_sec_inventory_method(const ngx_str_t *name);
static uint64_t ngx_api_sec_inventory_who(ngx_http_request_t *r,
    const ngx_api_record_t *rec, const api_inventory_t *inv);


ngx_int_t
ngx_api_sec_inventory_handler(ngx_http_request_t *r)
{
    api_inv_op_t                    op;
    api_inv_seen_t                  seen;
    api_inventory_t                *inv;
    ngx_api_record_t               *rec;
    ngx_api_sec_ctx_t              *ctx;
    const ngx_api_sec_loc_conf_t   *lcf;
    ngx_api_sec_inventory_zone_t   *zone;
    const ngx_api_sec_main_conf_t  *mcf;

    if (r != r->main) {
        return NGX_OK;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    rec = ngx_api_record_peek(r, mcf->self.record);
    lcf = ngx_api_sec_entered(r, rec);
    inv = ngx_api_sec_inventory_at(mcf->inventories);

    if (lcf->inventory == NULL || inv == NULL || r->method_name.len == 0
        || r->unparsed_uri.len == 0)
    {
        return NGX_OK;
    }

    op = ngx_api_sec_inventory_op(r, mcf, lcf, rec, inv);

    ctx = rec ? rec->own[NGX_API_SEC] : NULL;

    if (ctx) {
        ctx->operation = api_inventory_id(inv, op);
    }

    ngx_api_sec_inventory_look(r, rec, inv, &seen);
    api_inventory_see(inv, op, &seen);

    if (seen.status >= 200 && seen.status < 400) {
        ngx_api_sec_inventory_params(r, rec ? rec->own[NGX_API_SEC] : NULL,
                                     inv, op);
    }

    zone = ngx_api_sec_inventory_head(mcf->inventories);
    (void) ngx_atomic_fetch_add(&zone->seen, 1);

    return NGX_OK;
}


/* The server it is in, as the configuration calls it: names that clients send
   are without number. */

static api_inv_op_t
ngx_api_sec_inventory_op(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_loc_conf_t *lcf,
    const ngx_api_record_t *rec, api_inventory_t *inv)
{
    u_char                         *query;
    ngx_int_t                       method;
    api_inv_op_t                    op;
    api_inv_path_t                  path;
    const ngx_api_sec_ctx_t        *ctx;
    const ngx_http_core_srv_conf_t *cscf;

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);
    ctx = rec ? rec->own[NGX_API_SEC] : NULL;

    if (ctx && ctx->routed && ctx->routed->result == NGX_API_SEC_ROUTE_FOUND) {
        return ngx_api_sec_inventory_documented(mcf, lcf, inv,
                                                &cscf->server_name, ctx);
    }

    method = ngx_api_sec_inventory_method(&r->method_name);
    if (method == NGX_ERROR) {
        return API_INV_OTHER;
    }

    path.host = ngx_api_span(&cscf->server_name);
    path.path = ngx_api_span(&r->unparsed_uri);
    path.method = method;
    path.served = ngx_api_sec_inventory_served(r, rec);
    path.who = ngx_api_sec_inventory_who(r, rec, inv);
    path.now = ngx_time();

    query = ngx_strlchr(r->unparsed_uri.data,
                        r->unparsed_uri.data + r->unparsed_uri.len, '?');

    if (query) {
        path.path.len = query - r->unparsed_uri.data;
    }

    ngx_api_sec_inventory_lock(mcf->inventories);
    op = api_inventory_learn(inv, &path, &lcf->inventory->rules);

    if (op != API_INV_OTHER
        && !ngx_api_sec_inventory_owned(mcf->inventories, op))
    {
        api_inventory_own(inv, op, ngx_api_sec_inventory_owner(ctx, lcf));
    }

    ngx_api_sec_inventory_unlock(mcf->inventories);

    return op;
}


/* The document says whose it is, else the policy of the location. */

static api_inv_op_t
ngx_api_sec_inventory_documented(const ngx_api_sec_main_conf_t *mcf,
    const ngx_api_sec_loc_conf_t *lcf, api_inventory_t *inv,
    const ngx_str_t *host, const ngx_api_sec_ctx_t *ctx)
{
    ngx_uint_t                   fresh;
    api_inv_op_t                 op;
    api_inv_doc_t                doc;
    api_inv_what_t               what;
    const api_operation_t       *known;
    const ngx_api_sec_spec_t    *spec;

    known = ctx->routed->route.op;
    spec = ctx->routed->contract->spec;

    what.host = ngx_api_span(host);
    what.template = known->route;
    what.method = known->method;

    doc.spec = ngx_api_span(&spec->name);
    doc.owner = known->owner;
    doc.revision = spec->revision;
    doc.deprecated = known->deprecated;

    op = api_inventory_find(inv, &what);

    if (doc.owner.len == 0) {
        fresh = op == API_INV_NONE
                || !ngx_api_sec_inventory_owned(mcf->inventories, op);
        doc.owner = fresh ? ngx_api_sec_inventory_owner(ctx, lcf)
                          : api_inventory_owner(inv, op);
    }

    if (op == API_INV_NONE || !api_inventory_current(inv, op, &doc)) {
        ngx_api_sec_inventory_lock(mcf->inventories);
        op = api_inventory_enter(inv, &what, &doc, ngx_time());
        ngx_api_sec_inventory_unlock(mcf->inventories);

        (void) ngx_api_sec_inventory_owned(mcf->inventories, op);
    }

    return op;
}


static api_span_t
ngx_api_sec_inventory_owner(const ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_loc_conf_t *lcf)
{
    const ngx_api_sec_policy_t  *policy;

    policy = ngx_api_sec_govern_policy(ctx, lcf);

    return policy ? ngx_api_span(&policy->owner) : api_span(NULL, 0);
}


/* Has this process written down, under this configuration, whose it is?  From
   now on it has: an operation that several policies reach belongs to the one
   that came first, and does not change hands with each request. */

static ngx_uint_t
ngx_api_sec_inventory_owned(const ngx_api_sec_inventories_t *inv,
    api_inv_op_t op)
{
    ngx_uint_t  bit, was;

    if (inv->owned == NULL || op >= inv->nowned) {
        return 1;
    }

    bit = 1 << op % 8;
    was = inv->owned[op / 8] & bit;
    inv->owned[op / 8] |= (u_char) bit;

    return was != 0;
}


/* HEAD is GET: who learns from traffic cannot tell them apart. */

static ngx_int_t
ngx_api_sec_inventory_method(const ngx_str_t *name)
{
    ngx_int_t  i;

    for (i = 0; i < API_INV_METHODS; i++) {
        if (api_span_eq(api_method_name(i), ngx_api_span(name))) {
            return i == API_METHOD_HEAD ? API_METHOD_GET : i;
        }
    }

    return NGX_ERROR;
}


static uint64_t
ngx_api_sec_inventory_who(ngx_http_request_t *r, const ngx_api_record_t *rec,
    const api_inventory_t *inv)
{
    const ngx_api_sec_identity_t  *id;

    id = rec ? ngx_api_sec_identity(rec->own[NGX_API_SEC]) : NULL;

    return api_siphash13(api_inventory_key(inv),
                         id && id->principal.len
                         ? ngx_api_span(&id->principal)
                         : ngx_api_span(&r->connection->addr_text));
}
