
/*
 * The event of a request, as docs/audit-event.schema.json has it.  Never in
 * it: tokens, bodies, values of a query or of headers.  What may be somebody's
 * number or name is a pseudonym (api_redact.h), and `redacted` says where.
 */

#include "ngx_api_sec_event.h"
#include "ngx_api_sec_govern.h"


static int ngx_api_sec_event_render(const ngx_api_sec_event_t *e,
    const ngx_api_sec_event_caps_t *caps, ngx_uint_t cut, api_writer_t *w);
static void ngx_api_sec_event_api(const ngx_api_sec_event_t *e,
    api_writer_t *w);
static void ngx_api_sec_event_who(const ngx_api_sec_event_t *e,
    const ngx_api_sec_event_caps_t *caps, ngx_api_sec_event_masked_t *m,
    api_writer_t *w);
static void ngx_api_sec_event_decisions(const ngx_api_sec_event_t *e,
    const ngx_api_sec_event_caps_t *caps, api_writer_t *w);
static void ngx_api_sec_event_times(const ngx_api_sec_event_t *e,
    api_writer_t *w);
static void ngx_api_sec_event_tls(const ngx_api_sec_event_t *e,
    api_writer_t *w);
static void ngx_api_sec_event_redacted(const ngx_api_sec_event_masked_t *m,
    api_writer_t *w);


static const ngx_api_sec_event_caps_t  ngx_api_sec_event_full =
    { NGX_API_SEC_EVENT_PATH, 256, NGX_API_SEC_EVENT_DETAIL,
      NGX_API_SEC_EVENT_QUERY, 1 };

static const ngx_api_sec_event_caps_t  ngx_api_sec_event_small =
    { 256, 64, 0, 0, 0 };


int
ngx_api_sec_audit_event(const ngx_api_sec_event_t *e, char *room, size_t size,
    api_span_t *text)
{
    api_writer_t  w;

    api_writer_init(&w, room, size);
    (void) ngx_api_sec_event_render(e, &ngx_api_sec_event_full, 0, &w);

    if (api_writer_done(&w, text) == API_OK) {
        return API_OK;
    }

    api_writer_init(&w, room, size);
    (void) ngx_api_sec_event_render(e, &ngx_api_sec_event_small, 1, &w);

    return api_writer_done(&w, text);
}


static int
ngx_api_sec_event_render(const ngx_api_sec_event_t *e,
    const ngx_api_sec_event_caps_t *caps, ngx_uint_t cut, api_writer_t *w)
{
    ngx_api_sec_event_masked_t  m;

    ngx_memzero(&m, sizeof(ngx_api_sec_event_masked_t));

    ngx_api_sec_audit_head(w, "request");
    ngx_api_sec_event_text(w, "support_id",
                           ngx_api_support_id(e->r, e->rec,
                                              e->mcf->self.request_id),
                           64);

    ngx_api_sec_event_client(e, &m, w);
    ngx_api_sec_event_http(e, caps, &m, w);
    ngx_api_sec_event_api(e, w);
    ngx_api_sec_event_who(e, caps, &m, w);

    ngx_api_sec_event_text(w, "verdict", &ngx_api_verdict_names[e->verdict],
                           16);

    if (e->why) {
        ngx_api_sec_event_text(w, "by", &ngx_api_check_names[e->why->check],
                               16);
        ngx_api_sec_event_text(w, "reason", &e->why->reason, 64);
    }

    ngx_api_sec_event_decisions(e, caps, w);

    if (e->upgrade) {
        ngx_api_sec_event_text(w, "upgrade", e->upgrade, 16);
    }

    if (e->sample) {
        ngx_api_sec_event_int(w, "sample", e->sample);
    }

    if (e->mcf->audits->rev.len) {
        ngx_api_sec_event_text(w, "policy", &e->mcf->audits->rev, 16);
    }

    ngx_api_sec_govern_event(e->rec->own[NGX_API_SEC], e->lcf, w);
    ngx_api_sec_event_times(e, w);
    ngx_api_sec_event_tls(e, w);
    ngx_api_sec_event_redacted(&m, w);
    ngx_api_sec_event_box(e, caps, w);

    if (cut) {
        api_writer_name(w, API_SPAN("truncated"));
        api_writer_bool(w, true);
    }

    api_writer_end(w);

    return API_OK;
}


/* Of the client's own path: what was rewritten later may have none. */

const ngx_api_sec_routed_t *
ngx_api_sec_event_routed(const ngx_api_sec_event_t *e)
{
    const ngx_api_sec_ctx_t  *ctx;

    ctx = e->rec->own[NGX_API_SEC];

    return ctx && ctx->routed && ctx->routed->route.op ? ctx->routed : NULL;
}


static void
ngx_api_sec_event_api(const ngx_api_sec_event_t *e, api_writer_t *w)
{
    ngx_str_t                    id, route;
    const ngx_api_sec_routed_t  *routed;

    routed = ngx_api_sec_event_routed(e);

    if (routed == NULL) {
        return;
    }

    id = ngx_api_str(routed->route.op->id);
    route = ngx_api_str(routed->route.op->route);

    api_writer_name(w, API_SPAN("api"));
    api_writer_object(w);
    ngx_api_sec_event_text(w, "spec", &routed->contract->spec->name, 64);
    ngx_api_sec_event_text(w, "operation", &id, 128);
    ngx_api_sec_event_text(w, "template", &route, 256);

    if (routed->route.op->deprecated) {
        api_writer_name(w, API_SPAN("deprecated"));
        api_writer_bool(w, true);
    }

    api_writer_end(w);
}


static void
ngx_api_sec_event_who(const ngx_api_sec_event_t *e,
    const ngx_api_sec_event_caps_t *caps, ngx_api_sec_event_masked_t *m,
    api_writer_t *w)
{
    const ngx_api_sec_identity_t  *id;

    id = ngx_api_sec_identity(e->rec->own[NGX_API_SEC]);

    if (id == NULL) {
        return;
    }

    api_writer_name(w, API_SPAN("principal"));
    api_writer_object(w);
    ngx_api_sec_event_text(w, "type", &id->method->name, 16);

    if (e->redact & NGX_API_SEC_REDACT_PRINCIPAL) {
        m->fields |= NGX_API_SEC_REDACT_PRINCIPAL;
        ngx_api_sec_event_pseudonym(e, "id", ngx_api_span(&id->principal), w);

    } else {
        ngx_api_sec_event_text(w, "id", &id->principal, caps->who);
    }

    ngx_api_sec_event_text(w, "issuer", id->name, 64);
    api_writer_end(w);
}


static void
ngx_api_sec_event_decisions(const ngx_api_sec_event_t *e,
    const ngx_api_sec_event_caps_t *caps, api_writer_t *w)
{
    char                       detail[NGX_API_SEC_EVENT_DETAIL];
    size_t                     n;
    uint32_t                   i;
    const ngx_api_decision_t  *d;

    api_writer_name(w, API_SPAN("decisions"));
    api_writer_array(w);

    for (i = 0; i < e->rec->ndecisions; i++) {
        d = &e->rec->decisions[i];

        api_writer_object(w);
        ngx_api_sec_event_text(w, "check", &ngx_api_check_names[d->check],
                               16);
        ngx_api_sec_event_text(w, "verdict",
                               &ngx_api_verdict_names[d->verdict], 16);

        if (d->status && d->verdict != NGX_API_ALLOW) {
            ngx_api_sec_event_int(w, "status", d->status);
        }

        ngx_api_sec_event_text(w, "reason", &d->reason, 64);

        if (d->detail.len && caps->detail) {
            n = api_redact_line(ngx_api_span(&d->detail), detail,
                                caps->detail);
            api_writer_name(w, API_SPAN("detail"));
            api_writer_string(w, api_span(detail, n));
        }

        api_writer_end(w);
    }

    api_writer_end(w);
}


static void
ngx_api_sec_event_times(const ngx_api_sec_event_t *e, api_writer_t *w)
{
    ngx_uint_t                        i;
    ngx_msec_int_t                    ms;
    const ngx_time_t                 *tp;
    const ngx_http_request_t         *r = e->r;
    const ngx_http_upstream_state_t  *state;

    tp = ngx_timeofday();
    ms = (ngx_msec_int_t) ((tp->sec - r->start_sec) * 1000
                           + (tp->msec - r->start_msec));

    api_writer_name(w, API_SPAN("ms"));
    api_writer_object(w);
    ngx_api_sec_event_int(w, "total", ngx_max(ms, 0));

    if (r->upstream_states && r->upstream_states->nelts) {
        state = r->upstream_states->elts;
        ms = 0;

        for (i = 0; i < r->upstream_states->nelts; i++) {
            if (state[i].response_time != (ngx_msec_t) -1) {
                ms += state[i].response_time;
            }
        }

        ngx_api_sec_event_int(w, "upstream", ngx_max(ms, 0));
    }

    api_writer_end(w);
}


static void
ngx_api_sec_event_tls(const ngx_api_sec_event_t *e, api_writer_t *w)
{
#if (NGX_HTTP_SSL)
    const char              *name;
    const ngx_connection_t  *c = e->r->connection;

    if (c->ssl == NULL) {
        return;
    }

    api_writer_name(w, API_SPAN("tls"));
    api_writer_object(w);

    name = SSL_get_version(c->ssl->connection);
    api_writer_name(w, API_SPAN("version"));
    api_writer_string(w, api_span(name, ngx_strlen(name)));

    name = SSL_get_cipher_name(c->ssl->connection);
    api_writer_name(w, API_SPAN("cipher"));
    api_writer_string(w, api_span(name, ngx_strlen(name)));

    api_writer_end(w);
#endif
}


/* In the order of the bits. */

static const char *const  ngx_api_sec_event_fields[] = {
    "client.ip", "principal.id", "http.agent", "http.path", "http.query",
    "http.host"
};


static void
ngx_api_sec_event_redacted(const ngx_api_sec_event_masked_t *m,
    api_writer_t *w)
{
    uint32_t    fields;
    ngx_uint_t  i;

    fields = m->fields | (m->path ? NGX_API_SEC_REDACT_PATH : 0)
             | (m->host ? NGX_API_SEC_REDACT_HOST : 0)
             | (m->agent ? NGX_API_SEC_REDACT_AGENT : 0)
             | (m->query ? NGX_API_SEC_REDACT_QUERY : 0);

    if (fields == 0) {
        return;
    }

    api_writer_name(w, API_SPAN("redacted"));
    api_writer_array(w);

    for (i = 0; i < sizeof(ngx_api_sec_event_fields) / sizeof(char *); i++) {
        if (fields & ((uint32_t) 1 << i)) {
            api_writer_string(w,
                              api_span(ngx_api_sec_event_fields[i],
                                       ngx_strlen(
                                           ngx_api_sec_event_fields[i])));
        }
    }

    api_writer_end(w);
}


void
ngx_api_sec_event_pseudonym(const ngx_api_sec_event_t *e, const char *name,
    api_span_t value, api_writer_t *w)
{
    char  buf[API_REDACT_PSEUDONYM];

    api_redact_pseudonym(e->mcf->audits->key, value, buf);

    api_writer_name(w, api_span(name, ngx_strlen(name)));
    api_writer_string(w, api_span(buf, sizeof(buf)));
}


void
ngx_api_sec_event_text(api_writer_t *w, const char *name,
    const ngx_str_t *value, size_t max)
{
    api_writer_name(w, api_span(name, ngx_strlen(name)));
    (void) api_writer_cut(w, ngx_api_span(value), max);
}


void
ngx_api_sec_event_int(api_writer_t *w, const char *name, int64_t value)
{
    api_writer_name(w, api_span(name, ngx_strlen(name)));
    api_writer_int(w, value);
}
