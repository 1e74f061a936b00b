
/*
 * Who did what: a request that has ended, as an act of a behaviour.
 */

#include "ngx_api_sec_behavior.h"
#include "ngx_api_sec_monitor.h"


static uint64_t ngx_api_sec_deed_by(ngx_http_request_t *r,
    const ngx_api_sec_behavior_t *line, api_sipkey_t key);
static void ngx_api_sec_deed_things(ngx_http_request_t *r,
    const ngx_api_sec_behavior_t *line, api_sipkey_t key, api_span_t path,
    ngx_uint_t status, ngx_api_sec_deed_t *deed);
static api_span_t ngx_api_sec_behavior_place(ngx_http_request_t *r);
static uint64_t ngx_api_sec_behavior_net(ngx_http_request_t *r,
    api_sipkey_t key);
static ngx_uint_t ngx_api_sec_behavior_object(api_span_t path);


void
ngx_api_sec_deed(ngx_http_request_t *r, const ngx_api_sec_main_conf_t *mcf,
    const ngx_api_record_t *rec, const ngx_api_sec_behavior_t *line,
    ngx_api_sec_deed_t *deed)
{
    u_char                         *query;
    api_span_t                      path;
    api_sipkey_t                    key;
    const ngx_api_sec_ctx_t        *ctx;

    ngx_memzero(deed, sizeof(ngx_api_sec_deed_t));

    key = api_sipkey(ngx_api_sec_behaved(mcf->behaviors)->key);
    ctx = rec ? rec->own[NGX_API_SEC] : NULL;

    path = ngx_api_span(&r->unparsed_uri);
    query = ngx_strlchr((u_char *) (uintptr_t) path.data,
                        (u_char *) (uintptr_t) path.data + path.len, '?');

    if (query) {
        path.len = query - path.data;
    }

    if (ctx && ctx->routed && ctx->routed->result == NGX_API_SEC_ROUTE_FOUND) {
        deed->operation = ctx->routed->route.op->id;
    }

    deed->subject = ngx_api_sec_behavior_subject(r, rec, line->kind);

    if (line->kind == NGX_API_SEC_ERRORS) {
        deed->subject = deed->operation.len ? deed->operation
                                            : API_SPAN("undocumented");
    }

    if (deed->subject.len == 0 || line->kind == NGX_API_SEC_ANOMALY) {
        return;
    }

    deed->mark = ngx_api_sec_behavior_hash(key, line->kind, deed->subject);
    key.k1 ^= (uint64_t) line->counter + 1;
    deed->act.subject = ngx_api_sec_behavior_hash(key, line->kind,
                                                  deed->subject);
    deed->act.now = ngx_time();
    deed->act.window = (uint32_t) line->window;

    ngx_api_sec_deed_things(r, line, key, path, ngx_api_sec_answered(r, rec),
                            deed);
}


/* by=, 0: it is empty. */

static uint64_t
ngx_api_sec_deed_by(ngx_http_request_t *r, const ngx_api_sec_behavior_t *line,
    api_sipkey_t key)
{
    ngx_str_t  value;

    return ngx_http_complex_value(r, line->thing, &value) == NGX_OK
           && value.len
           ? api_siphash13(key, ngx_api_span(&value)) : 0;
}


static void
ngx_api_sec_deed_things(ngx_http_request_t *r,
    const ngx_api_sec_behavior_t *line, api_sipkey_t key, api_span_t path,
    ngx_uint_t status, ngx_api_sec_deed_t *deed)
{

    switch (line->kind) {

    case NGX_API_SEC_ENUMERATION:
        deed->act.bad = status == NGX_HTTP_FORBIDDEN
                        || status == NGX_HTTP_NOT_FOUND;
        deed->act.thing = line->thing ? ngx_api_sec_deed_by(r, line, key)
                                      : api_siphash13(key, path);
        deed->counts = line->thing ? deed->act.thing != 0
                                   : ngx_api_sec_behavior_object(path);
        break;

    case NGX_API_SEC_STUFFING:
        deed->counts = 1;
        deed->act.bad = status == NGX_HTTP_UNAUTHORIZED
                        || status == NGX_HTTP_FORBIDDEN
                        || status == NGX_HTTP_BAD_REQUEST;

        if (deed->act.bad && line->thing) {
            deed->act.thing = ngx_api_sec_deed_by(r, line, key);
        }

        break;

    case NGX_API_SEC_SCANNER:
        deed->counts = status == NGX_HTTP_NOT_FOUND
                       || status == NGX_HTTP_NOT_ALLOWED
                       || status == NGX_HTTP_FORBIDDEN
                       || status == NGX_HTTP_BAD_REQUEST;
        deed->act.bad = 1;
        deed->act.thing = api_siphash13(key, path);
        break;

    case NGX_API_SEC_SHARING:
        deed->counts = 1;
        deed->act.thing = ngx_api_sec_behavior_net(r, key);
        break;

    default:    /* NGX_API_SEC_ERRORS */
        deed->counts = 1;
        deed->act.bad = status >= NGX_HTTP_INTERNAL_SERVER_ERROR;
        break;
    }
}


/* Objects are looked for by whoever is logged in, else from an address; len 0:
   nobody to be counted. */

api_span_t
ngx_api_sec_behavior_subject(ngx_http_request_t *r,
    const ngx_api_record_t *rec, ngx_uint_t kind)
{
    const ngx_api_sec_identity_t  *id;

    id = rec ? ngx_api_sec_identity(rec->own[NGX_API_SEC]) : NULL;

    switch (kind) {

    case NGX_API_SEC_SHARING:
        return id ? ngx_api_span(&id->principal) : api_span(NULL, 0);

    case NGX_API_SEC_ENUMERATION:
        return id && id->principal.len ? ngx_api_span(&id->principal)
                                       : ngx_api_sec_behavior_place(r);

    default:
        return ngx_api_sec_behavior_place(r);
    }
}


/* An address, of IPv6 its /64: whoever has one has all that are in it. */

static api_span_t
ngx_api_sec_behavior_place(ngx_http_request_t *r)
{
#if (NGX_HAVE_INET6)
    size_t                len;
    u_char               *p;
    struct sockaddr_in6   net, *sin6;

    sin6 = (struct sockaddr_in6 *) r->connection->sockaddr;

    if (sin6->sin6_family == AF_INET6
        && !IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr))
    {
        p = ngx_pnalloc(r->pool, NGX_INET6_ADDRSTRLEN + sizeof("/64"));

        if (p) {
            net = *sin6;
            ngx_memzero(&net.sin6_addr.s6_addr[8], 8);
            len = ngx_inet6_ntop(net.sin6_addr.s6_addr, p,
                                 NGX_INET6_ADDRSTRLEN);
            ngx_memcpy(p + len, "/64", 3);

            return api_span(p, len + 3);
        }
    }
#endif

    return ngx_api_span(&r->connection->addr_text);
}


uint64_t
ngx_api_sec_behavior_hash(api_sipkey_t key, ngx_uint_t kind,
    api_span_t subject)
{
    uint64_t  hash;

    key.k0 ^= kind + 1;
    hash = api_siphash13(key, subject);

    return hash ? hash : 1;
}


/* /24 and /48: an address that changes within its network is one place. */

static uint64_t
ngx_api_sec_behavior_net(ngx_http_request_t *r, api_sipkey_t key)
{
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif
    struct sockaddr_in   *sin;

    switch (r->connection->sockaddr->sa_family) {

#if (NGX_HAVE_INET6)
    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) r->connection->sockaddr;

        if (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
            return api_siphash13(key,
                                 api_span(&sin6->sin6_addr.s6_addr[12], 3));
        }

        return api_siphash13(key, api_span(&sin6->sin6_addr, 6));
#endif

    case AF_INET:
        sin = (struct sockaddr_in *) r->connection->sockaddr;
        return api_siphash13(key, api_span(&sin->sin_addr, 3));

    default:
        return 1;
    }
}


/* Is some segment of the path an identifier? */

static ngx_uint_t
ngx_api_sec_behavior_object(api_span_t path)
{
    size_t  i, from;

    for (from = 1, i = 1; i <= path.len; i++) {
        if (i < path.len && path.data[i] != '/') {
            continue;
        }

        if (api_segment_of_path(api_span(path.data + from, i - from))
            != API_SEGMENT_WORD)
        {
            return 1;
        }

        from = i + 1;
    }

    return 0;
}
