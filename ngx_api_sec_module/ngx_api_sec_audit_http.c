
/*
 * The event of a request: from where, and what was asked for.  What the
 * client wrote is in it as far as it names parts of the API.
 */

#include "ngx_api_sec_event.h"


static void ngx_api_sec_event_numbers(const ngx_api_sec_event_t *e,
    api_writer_t *w);
static void ngx_api_sec_event_host(const ngx_api_sec_event_t *e,
    ngx_api_sec_event_masked_t *m, api_writer_t *w);
static void ngx_api_sec_event_path(const ngx_api_sec_event_t *e,
    const ngx_api_sec_event_caps_t *caps, ngx_api_sec_event_masked_t *m,
    api_writer_t *w);
static void ngx_api_sec_event_query(const ngx_api_sec_event_t *e,
    const ngx_api_sec_event_caps_t *caps, ngx_api_sec_event_masked_t *m,
    api_writer_t *w);
static void ngx_api_sec_event_agent(const ngx_api_sec_event_t *e,
    ngx_api_sec_event_masked_t *m, api_writer_t *w);


void
ngx_api_sec_event_client(const ngx_api_sec_event_t *e,
    ngx_api_sec_event_masked_t *m, api_writer_t *w)
{
    const ngx_connection_t  *c = e->r->connection;

    api_writer_name(w, API_SPAN("client"));
    api_writer_object(w);

    if (e->redact & NGX_API_SEC_REDACT_CLIENT) {
        m->fields |= NGX_API_SEC_REDACT_CLIENT;
        ngx_api_sec_event_pseudonym(e, "ip", ngx_api_span(&c->addr_text), w);

    } else {
        ngx_api_sec_event_text(w, "ip", &c->addr_text, 64);
        ngx_api_sec_event_int(w, "port", ngx_inet_get_port(c->sockaddr));
    }

    api_writer_end(w);
}


void
ngx_api_sec_event_http(const ngx_api_sec_event_t *e,
    const ngx_api_sec_event_caps_t *caps, ngx_api_sec_event_masked_t *m,
    api_writer_t *w)
{
    const ngx_http_request_t        *r = e->r;
    const ngx_http_core_srv_conf_t  *cscf;

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    api_writer_name(w, API_SPAN("http"));
    api_writer_object(w);

    ngx_api_sec_event_text(w, "method", &r->method_name, 32);
    ngx_api_sec_event_host(e, m, w);
    ngx_api_sec_event_path(e, caps, m, w);
    ngx_api_sec_event_query(e, caps, m, w);

    if (r->http_protocol.len) {
        ngx_api_sec_event_text(w, "proto", &r->http_protocol, 16);
    }

    ngx_api_sec_event_text(w, "server", &cscf->server_name, 256);
    ngx_api_sec_event_numbers(e, w);

    if (caps->agent) {
        ngx_api_sec_event_agent(e, m, w);
    }

    api_writer_end(w);
}


static void
ngx_api_sec_event_numbers(const ngx_api_sec_event_t *e, api_writer_t *w)
{
    ngx_uint_t                  status;
    const ngx_http_request_t   *r = e->r;

    status = r->err_status ? r->err_status : r->headers_out.status;

    ngx_api_sec_event_int(w, "status", status);

    if (r->upstream && r->upstream->state && r->upstream->state->status) {
        ngx_api_sec_event_int(w, "upstream_status",
                              r->upstream->state->status);
    }

    ngx_api_sec_event_int(w, "bytes_in", r->request_length);
    ngx_api_sec_event_int(w, "bytes_out", r->connection->sent);
}


static void
ngx_api_sec_event_host(const ngx_api_sec_event_t *e,
    ngx_api_sec_event_masked_t *m, api_writer_t *w)
{
    char        buf[256];
    size_t      n;
    api_span_t  host;

    host = ngx_api_span(&e->r->headers_in.server);

    if (e->redact & NGX_API_SEC_REDACT_HOST) {
        m->fields |= NGX_API_SEC_REDACT_HOST;
        ngx_api_sec_event_pseudonym(e, "host", host, w);
        return;
    }

    n = api_redact_host(e->mcf->audits->key, host, buf, sizeof(buf),
                        &m->host);

    api_writer_name(w, API_SPAN("host"));
    api_writer_string(w, api_span(buf, n));
}


static void
ngx_api_sec_event_path(const ngx_api_sec_event_t *e,
    const ngx_api_sec_event_caps_t *caps, ngx_api_sec_event_masked_t *m,
    api_writer_t *w)
{
    char                         buf[NGX_API_SEC_EVENT_PATH];
    size_t                       n;
    api_span_t                   path;
    const u_char                *query;
    const ngx_api_sec_routed_t  *routed;

    /* as the client sent it, whatever was rewritten since; without query */

    path = ngx_api_span(&e->r->unparsed_uri);
    query = path.len ? memchr(path.data, '?', path.len) : NULL;

    if (query) {
        path.len = query - path.data;
    }

    if (e->redact & NGX_API_SEC_REDACT_PATH) {
        m->fields |= NGX_API_SEC_REDACT_PATH;
        ngx_api_sec_event_pseudonym(e, "path", path, w);
        return;
    }

    routed = ngx_api_sec_event_routed(e);

    if (routed && routed->contract->path == NGX_API_SEC_PATH_CLIENT) {
        n = api_redact_template(e->mcf->audits->key, routed->route.op->route,
                                routed->route.match.value,
                                routed->route.match.nvalues, buf, caps->path,
                                &m->path);

    } else {
        n = api_redact_path(e->mcf->audits->key, path, buf, caps->path,
                            &m->path);
    }

    api_writer_name(w, API_SPAN("path"));
    api_writer_string(w, api_span(buf, n));
}


/* Names, not values. */

static void
ngx_api_sec_event_query(const ngx_api_sec_event_t *e,
    const ngx_api_sec_event_caps_t *caps, ngx_api_sec_event_masked_t *m,
    api_writer_t *w)
{
    char           buf[API_REDACT_PSEUDONYM];
    ngx_uint_t     n;
    api_span_t     name;
    const u_char  *p, *end, *amp, *eq;

    end = e->r->unparsed_uri.data + e->r->unparsed_uri.len;
    p = ngx_strlchr(e->r->unparsed_uri.data, (u_char *) end, '?');

    if (p == NULL) {
        return;
    }

    m->query = 1;

    if (caps->query == 0
        || (e->redact & NGX_API_SEC_REDACT_QUERY))
    {
        return;
    }

    api_writer_name(w, API_SPAN("query"));
    api_writer_array(w);

    for (p++, n = 0; p < end && n < caps->query; p = amp + 1, n++) {
        amp = memchr(p, '&', end - p);
        amp = amp ? amp : end;
        eq = memchr(p, '=', amp - p);

        name = api_span(p, (eq ? eq : amp) - p);

        if (!api_redact_name(name)) {
            api_redact_pseudonym(e->mcf->audits->key, name, buf);
            name = api_span(buf, sizeof(buf));
        }

        api_writer_string(w, name);
    }

    api_writer_end(w);
}


static void
ngx_api_sec_event_agent(const ngx_api_sec_event_t *e,
    ngx_api_sec_event_masked_t *m, api_writer_t *w)
{
    char                    buf[128];
    size_t                  n;
    const ngx_table_elt_t  *h = e->r->headers_in.user_agent;

    if (h == NULL) {
        return;
    }

    if (e->redact & NGX_API_SEC_REDACT_AGENT) {
        m->agent = 1;
        return;
    }

    n = api_redact_agent(ngx_api_span(&h->value), buf, sizeof(buf),
                         &m->agent);

    if (n) {
        api_writer_name(w, API_SPAN("agent"));
        api_writer_string(w, api_span(buf, n));
    }
}
