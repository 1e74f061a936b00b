
/*
 * Variables: what was decided, and the client's network.
 */

#include "ngx_api_ratelimit.h"


static ngx_int_t ngx_api_ratelimit_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static const ngx_str_t *ngx_api_ratelimit_outcome(
    const ngx_api_ratelimit_ctx_t *ctx);
static ngx_int_t ngx_api_ratelimit_net_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_uint_t ngx_api_ratelimit_address(const ngx_connection_t *c,
    api_addr_t *addr);


typedef enum {
    NGX_API_RATELIMIT_VAR_STATUS = 0,
    NGX_API_RATELIMIT_VAR_POLICY,
    NGX_API_RATELIMIT_VAR_REMAINING,
    NGX_API_RATELIMIT_VAR_RESET
} ngx_api_ratelimit_var_e;


static ngx_str_t  ngx_api_ratelimit_vars[] = {
    ngx_string("api_ratelimit_status"),
    ngx_string("api_ratelimit_policy"),
    ngx_string("api_ratelimit_remaining"),
    ngx_string("api_ratelimit_reset"),
    ngx_null_string
};


static ngx_str_t  ngx_api_client_net = ngx_string("api_client_net");


static const ngx_str_t  ngx_api_ratelimit_outcomes[] = {
    ngx_string("passed"),
    ngx_string("delayed"),
    ngx_string("monitor"),
    ngx_string("refused")
};


ngx_int_t
ngx_api_ratelimit_add_variables(ngx_conf_t *cf)
{
    ngx_uint_t  i;

    for (i = 0; ngx_api_ratelimit_vars[i].len; i++) {
        if (ngx_api_add_variable(cf, &ngx_api_ratelimit_vars[i],
                                 ngx_api_ratelimit_variable, i, 0)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return ngx_api_add_variable(cf, &ngx_api_client_net,
                                ngx_api_ratelimit_net_variable, 0, 0);
}


static ngx_int_t
ngx_api_ratelimit_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    uint64_t                               n;
    ngx_str_t                              text;
    ngx_api_ratelimit_report_t             report;
    const ngx_api_ratelimit_ctx_t         *ctx;
    const ngx_api_ratelimit_item_t        *item;
    const ngx_api_ratelimit_main_conf_t   *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_ratelimit_module);
    ctx = ngx_api_ratelimit_peek_ctx(r, mcf);
    item = ctx ? ngx_api_ratelimit_tightest(ctx, &report) : NULL;

    if (item == NULL) {
        ngx_api_set_variable(v, NULL);
        return NGX_OK;
    }

    switch (data) {

    case NGX_API_RATELIMIT_VAR_STATUS:
        ngx_api_set_variable(v, ngx_api_ratelimit_outcome(ctx));
        return NGX_OK;

    case NGX_API_RATELIMIT_VAR_POLICY:
        ngx_api_set_variable(v, &item->policy->name);
        return NGX_OK;

    case NGX_API_RATELIMIT_VAR_REMAINING:
        n = report.left;
        break;

    default: /* NGX_API_RATELIMIT_VAR_RESET */
        n = report.next / API_NS + (report.next % API_NS != 0);
    }

    text.data = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    text.len = ngx_sprintf(text.data, "%uL", n) - text.data;

    ngx_api_set_variable(v, &text);

    return NGX_OK;
}


static const ngx_str_t *
ngx_api_ratelimit_outcome(const ngx_api_ratelimit_ctx_t *ctx)
{
    if (ctx->refused) {
        return &ngx_api_ratelimit_outcomes[3];
    }

    if (ctx->monitor) {
        return &ngx_api_ratelimit_outcomes[2];
    }

    return &ngx_api_ratelimit_outcomes[ctx->delay != 0];
}


/* One client: an IPv4 address, an IPv6 /64, or as api_ratelimit_net says. */

static ngx_int_t
ngx_api_ratelimit_net_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t   text;
    api_net_t   net;
    api_addr_t  addr;

    if (!ngx_api_ratelimit_client(r, &addr, &net)
        || (net.bits == 32 && r->connection->sockaddr->sa_family == AF_INET))
    {
        ngx_api_set_variable(v, &r->connection->addr_text);
        return NGX_OK;
    }

    text.data = ngx_pnalloc(r->pool, API_NET_TEXT);
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    text.len = ngx_api_ratelimit_client_text(&net, (char *) text.data);

    ngx_api_set_variable(v, &text);

    return NGX_OK;
}


ngx_uint_t
ngx_api_ratelimit_client(const ngx_http_request_t *r, api_addr_t *addr,
    api_net_t *net)
{
    const ngx_api_ratelimit_main_conf_t  *mcf;

    if (!ngx_api_ratelimit_address(r->connection, addr)) {
        return 0;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_api_ratelimit_module);

    ngx_api_ratelimit_client_net(mcf, addr, net);

    return 1;
}


void
ngx_api_ratelimit_client_net(const ngx_api_ratelimit_main_conf_t *mcf,
    const api_addr_t *addr, api_net_t *net)
{
    ngx_uint_t  bits;

    bits = addr->v6 ? mcf->ipv6 : mcf->ipv4;

    net->addr = *addr;
    net->bits = (uint8_t) bits;

    if (!addr->v6) {
        net->addr.lo &= (UINT64_C(0xffffffff) << (32 - bits)) & 0xffffffff;

    } else if (bits <= 64) {
        net->addr.hi &= UINT64_MAX << (64 - bits);
        net->addr.lo = 0;

    } else {
        net->addr.lo &= UINT64_MAX << (128 - bits);
    }
}


size_t
ngx_api_ratelimit_client_text(const api_net_t *net, char out[API_NET_TEXT])
{
    return net->bits == (net->addr.v6 ? 128 : 32)
           ? api_addr_print(&net->addr, out) : api_net_print(net, out);
}


static ngx_uint_t
ngx_api_ratelimit_address(const ngx_connection_t *c, api_addr_t *addr)
{
    const struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    const struct sockaddr_in6  *sin6;
#endif

    switch (c->sockaddr->sa_family) {

    case AF_INET:
        sin = (const struct sockaddr_in *) c->sockaddr;
        *addr = api_addr_v4((const uint8_t *) &sin->sin_addr);
        return 1;

#if (NGX_HAVE_INET6)
    case AF_INET6:
        sin6 = (const struct sockaddr_in6 *) c->sockaddr;
        *addr = api_addr_v6(sin6->sin6_addr.s6_addr);
        return 1;
#endif

    default:
        return 0;
    }
}
