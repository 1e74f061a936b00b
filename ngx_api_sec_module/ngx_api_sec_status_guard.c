
/*
 * Who may use api_status, beyond what allow, deny and api_auth say.
 */

#include "ngx_api_sec_status.h"


static ngx_uint_t ngx_api_sec_status_is_named(api_span_t host,
    api_span_t name);
static ngx_uint_t ngx_api_sec_status_is_local(const ngx_str_t *host);
static ngx_uint_t ngx_api_sec_status_known_caller(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_loc_conf_t *lcf);
static ngx_int_t ngx_api_sec_status_refuse(ngx_http_request_t *r,
    ngx_uint_t status, const char *reason, const char *title);


/*
 * DNS rebinding: a page of evil.example whose name now resolves to us sends
 * its own name in Host.  An address, localhost and the names of the server
 * cannot be had that way.
 */

ngx_int_t
ngx_api_sec_status_host(ngx_http_request_t *r,
    const ngx_api_sec_status_t *status)
{
    api_span_t        host;
    ngx_uint_t        i;
    const ngx_str_t  *name;

    host = ngx_api_span(&r->headers_in.server);

    if (host.len == 0 || ngx_api_sec_status_is_local(&r->headers_in.server)) {
        return NGX_DECLINED;
    }

    name = status->names.elts;

    for (i = 0; i < status->names.nelts; i++) {
        if (ngx_api_sec_status_is_named(host, ngx_api_span(&name[i]))) {
            return NGX_DECLINED;
        }
    }

    return ngx_api_sec_status_refuse(r, NGX_HTTP_MISDIRECTED_REQUEST,
                                     "foreign_host",
                                     "This host is no server_name here");
}


/* "a.example", "*.a.example" and ".a.example"; other patterns, which somebody
   may find a name for, are no names here. */

static ngx_uint_t
ngx_api_sec_status_is_named(api_span_t host, api_span_t name)
{
    if (name.len > 2 && name.data[0] == '*') {
        name = api_span(name.data + 1, name.len - 1);

    } else if (name.len > 1 && name.data[0] == '.'
               && api_span_eq(host, api_span(name.data + 1, name.len - 1)))
    {
        return 1;
    }

    if (name.len > 1 && name.data[0] == '.') {
        return host.len > name.len
               && ngx_memcmp(host.data + host.len - name.len, name.data,
                             name.len) == 0;
    }

    return name.len && api_span_eq(host, name);
}


static ngx_uint_t
ngx_api_sec_status_is_local(const ngx_str_t *host)
{
    if (host->data[0] == '[') {
        return 1;
    }

    if (host->len == 9 && ngx_strncmp(host->data, "localhost", 9) == 0) {
        return 1;
    }

    return ngx_inet_addr(host->data, host->len) != INADDR_NONE;
}


ngx_int_t
ngx_api_sec_status_may_write(ngx_http_request_t *r,
    const ngx_api_sec_loc_conf_t *lcf)
{
    ngx_int_t                       rc;
    const ngx_str_t                *value;
    const ngx_api_sec_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);

    if (!lcf->status->write) {
        return ngx_api_sec_status_refuse(r, NGX_HTTP_FORBIDDEN, "read_only",
                                         "Nothing can be changed here");
    }

    rc = ngx_api_header_in(r, NGX_API_SEC_ADMIN_HEADER, &value);

    if (rc != NGX_OK || value == NULL || value->len != 1
        || value->data[0] != '1')
    {
        return ngx_api_sec_status_refuse(r, NGX_HTTP_FORBIDDEN,
                                  "no_admin_header",
                                  "The header \"X-Api-Admin: 1\" is missing");
    }

    if (!ngx_api_sec_status_known_caller(r, mcf, lcf)) {
        return ngx_api_sec_status_refuse(r, NGX_HTTP_FORBIDDEN,
                                         "no_credential",
                                         "A credential is required");
    }

    return NGX_DECLINED;
}


/* The configuration was checked, but satisfy any, `if` and limit_except may
   lead here without api_auth. */

static ngx_uint_t
ngx_api_sec_status_known_caller(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_loc_conf_t *lcf)
{
    ngx_api_record_t         *rec;
    const ngx_api_sec_ctx_t  *ctx;

    if (r->connection->listening
        && r->connection->listening->sockaddr->sa_family == AF_UNIX)
    {
        return 1;
    }

    rec = ngx_api_record_peek(r, mcf->self.record);
    ctx = rec ? rec->own[NGX_API_SEC] : NULL;

    return ctx && lcf->auth && lcf->require.items && ctx->auth == lcf->auth
           && ctx->result == NGX_API_AUTH_OK
           && ngx_api_sec_mode(r, lcf, &lcf->auth->mode)
              == NGX_API_MODE_ENFORCE;
}


static ngx_int_t
ngx_api_sec_status_refuse(ngx_http_request_t *r, ngx_uint_t status,
    const char *reason, const char *title)
{
    ngx_api_why_t                   why;
    ngx_api_record_t               *rec;
    const ngx_api_sec_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);

    rec = ngx_api_record(r, mcf->self.record);
    if (rec == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(&why, sizeof(ngx_api_why_t));

    why.check = NGX_API_CHECK_REQUIRE;
    why.status = status;
    why.reason = ngx_api_str(api_span(reason, ngx_strlen(reason)));
    why.code = why.reason;
    why.title = ngx_api_str(api_span(title, ngx_strlen(title)));

    return ngx_api_refuse(r, &mcf->self, rec, &why, NGX_API_MODE_ENFORCE);
}
