
/*
 * The LOG phase: which requests have an event, and events about other things.
 */

#include "ngx_api_sec_schema.h"
#include "ngx_api_sec_audit.h"


static ngx_uint_t ngx_api_sec_audit_wanted(ngx_api_sec_event_t *e);
static void ngx_api_sec_audit_unknown(const ngx_api_sec_sink_t *sink);
static ngx_uint_t ngx_api_sec_audit_operation(const ngx_api_sec_event_t *e);
static void ngx_api_sec_audit_send(ngx_api_sec_event_t *e);
static ngx_uint_t ngx_api_sec_audit_sampled(const ngx_api_sec_event_t *e);


static const ngx_str_t  ngx_api_sec_audit_opened = ngx_string("open");
static const ngx_str_t  ngx_api_sec_audit_closed = ngx_string("close");


/* A request may come here broken, without a location, without a record. */

ngx_int_t
ngx_api_sec_log_handler(ngx_http_request_t *r)
{
    ngx_api_sec_event_t  e;

    if (r != r->main) {
        return NGX_OK;
    }

    ngx_memzero(&e, sizeof(ngx_api_sec_event_t));

    e.r = r;
    e.mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    e.lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);

    if (e.lcf->audit == NULL && e.mcf->tenant.data == NULL) {
        return NGX_OK;
    }

    e.rec = ngx_api_record_peek(r, e.mcf->self.record);

    if (e.rec) {
        e.verdict = ngx_api_record_verdict(e.rec, &e.why);
        ngx_api_tally(&e.mcf->tenant, e.rec);
    }

    if (r->headers_out.status == NGX_HTTP_SWITCHING_PROTOCOLS) {
        e.upgrade = &ngx_api_sec_audit_closed;
    }

    if (e.lcf->audit && ngx_api_sec_audit_wanted(&e)) {
        ngx_api_sec_audit_send(&e);
    }

    return NGX_OK;
}


void
ngx_api_sec_audit_upgrade(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_loc_conf_t *lcf)
{
    ngx_api_sec_event_t  e;

    if (lcf->audit == NULL) {
        return;
    }

    ngx_memzero(&e, sizeof(ngx_api_sec_event_t));

    e.r = r;
    e.mcf = mcf;
    e.lcf = lcf;
    e.upgrade = &ngx_api_sec_audit_opened;
    e.rec = ngx_api_record_peek(r, mcf->self.record);

    if (e.rec) {
        e.verdict = ngx_api_record_verdict(e.rec, &e.why);
    }

    if (ngx_api_sec_audit_wanted(&e)) {
        ngx_api_sec_audit_send(&e);
    }
}


/* By what api_audit says; there is a record then. */

static ngx_uint_t
ngx_api_sec_audit_wanted(ngx_api_sec_event_t *e)
{
    const ngx_api_sec_audit_t  *audit = e->lcf->audit;

    if (e->rec == NULL) {
        if (audit->events == NGX_API_SEC_AUDIT_DENIED) {
            return 0;
        }

        e->rec = ngx_api_record(e->r, e->mcf->self.record);

        if (e->rec == NULL) {
            ngx_api_sec_audit_unknown(audit->sink);
            return 0;
        }
    }

    if (e->verdict != NGX_API_ALLOW
        || audit->events == NGX_API_SEC_AUDIT_ALL
        || ngx_api_sec_audit_operation(e))
    {
        return 1;
    }

    if (audit->events == NGX_API_SEC_AUDIT_DENIED) {
        return 0;
    }

    e->sample = audit->sample;

    return ngx_api_sec_audit_sampled(e);
}


/* No memory for a record: a loss like others. */

static void
ngx_api_sec_audit_unknown(const ngx_api_sec_sink_t *sink)
{
    if (ngx_api_sec_audit_begin(sink, 0)) {
        api_spool_lose(sink->writer->own, API_SPOOL_MEMORY);
    }
}


/* One of those that always= names? */

static ngx_uint_t
ngx_api_sec_audit_operation(const ngx_api_sec_event_t *e)
{
    ngx_str_t                   *name;
    ngx_uint_t                   i;
    const ngx_array_t           *always;
    const api_operation_t       *op;
    const ngx_api_sec_ctx_t     *ctx;

    always = e->lcf->audit->always;
    ctx = e->rec->own[NGX_API_SEC];

    if (always == NULL || ctx == NULL || ctx->routed == NULL
        || ctx->routed->route.op == NULL)
    {
        return 0;
    }

    op = ctx->routed->route.op;
    name = always->elts;

    for (i = 0; i < always->nelts; i++) {
        if (api_span_eq(ngx_api_span(&name[i]), op->id)) {
            return 1;
        }
    }

    return 0;
}


/* By its id, so that several nodes choose the same ones. */

static ngx_uint_t
ngx_api_sec_audit_sampled(const ngx_api_sec_event_t *e)
{
    const ngx_str_t  *id;

    id = ngx_api_support_id(e->r, e->rec, e->mcf->self.request_id);

    return ngx_murmur_hash2(id->data, id->len) % e->sample == 0;
}


static void
ngx_api_sec_audit_send(ngx_api_sec_event_t *e)
{
    char                       *room;
    ngx_uint_t                  minor;
    api_span_t                  text;
    const ngx_api_sec_audit_t  *audit = e->lcf->audit;

    /* of a path, a host and an agent there is something to show as well */

    e->redact = e->lcf->audit_redact
                | (ngx_api_sec_encrypted(e->mcf->audits)
                   & (NGX_API_SEC_REDACT_CLIENT|NGX_API_SEC_REDACT_PRINCIPAL));

    minor = e->verdict == NGX_API_ALLOW
            && audit->on_error == NGX_API_SEC_AUDIT_DEGRADE;

    room = ngx_api_sec_audit_begin(audit->sink, minor);

    if (room == NULL) {
        return;
    }

    if (ngx_api_sec_audit_event(e, room,
                                API_SPOOL_EVENT - NGX_API_SEC_EVENT_TAIL,
                                &text)
        != API_OK)
    {
        ngx_api_sec_audit_oversize(audit->sink);
        return;
    }

    ngx_api_sec_audit_commit(audit->sink, room, text.len);
}


/* on_error=deny: no request without its event. */

ngx_int_t
ngx_api_sec_audit_deny_handler(ngx_http_request_t *r)
{
    ngx_api_record_t                *rec;
    const ngx_api_sec_loc_conf_t    *lcf;
    const ngx_api_sec_main_conf_t   *mcf;

    static const ngx_api_why_t  why = {
        NGX_API_CHECK_AUDIT, NGX_HTTP_SERVICE_UNAVAILABLE,
        ngx_string("unwritable"), ngx_null_string,
        ngx_string("unavailable"),
        ngx_string("The service cannot be used now"), ngx_null_string
    };

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);

    if (r != r->main || lcf->audit == NULL
        || lcf->audit->on_error != NGX_API_SEC_AUDIT_DENY
        || !ngx_api_sec_writer_down(lcf->audit->sink->writer))
    {
        return NGX_DECLINED;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    rec = ngx_api_record(r, mcf->self.record);

    return rec ? ngx_api_refuse(r, &mcf->self, rec, &why,
                                ngx_api_mode(r, &lcf->shared.mode))
               : NGX_ERROR;
}


ngx_int_t
ngx_api_sec_audit_start(const ngx_api_sec_main_conf_t *mcf,
    ngx_cycle_t *cycle)
{
    ngx_uint_t             i;
    ngx_api_sec_sink_t   **sink;

    sink = mcf->audits->sinks.elts;

    if (ngx_process != NGX_PROCESS_WORKER
        && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;    /* it serves no requests */
    }

    for (i = 0; i < mcf->audits->sinks.nelts; i++) {
        if (ngx_api_sec_writer_start(sink[i], cycle) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    ngx_api_sec_audit_loaded(mcf);

    return NGX_OK;
}


void
ngx_api_sec_audit_stop(const ngx_api_sec_main_conf_t *mcf, ngx_cycle_t *cycle)
{
    ngx_uint_t             i;
    ngx_api_sec_sink_t   **sink;

    sink = mcf->audits->sinks.elts;

    for (i = 0; i < mcf->audits->sinks.nelts; i++) {
        ngx_api_sec_writer_stop(sink[i], cycle);
    }
}


/* In the master, when all others are gone: what was left by those who were
   killed when nobody came behind them. */

void
ngx_api_sec_audit_sweep(const ngx_api_sec_main_conf_t *mcf, ngx_cycle_t *cycle)
{
    ngx_uint_t             i;
    ngx_slab_pool_t       *shpool;
    ngx_api_sec_sink_t   **sink;

    sink = mcf->audits->sinks.elts;

    for (i = 0; i < mcf->audits->sinks.nelts; i++) {
        shpool = (ngx_slab_pool_t *) sink[i]->zone->shm.addr;

        if (ngx_api_sec_lanes_orphaned(shpool->data)
            && ngx_api_sec_writer_open(sink[i], cycle) == NGX_OK)
        {
            ngx_api_sec_writer_stop(sink[i], cycle);
        }
    }
}


/* For the other modules, through the door. */

ngx_int_t
ngx_api_sec_audit_door(const ngx_api_door_t *door, ngx_http_request_t *r,
    const char *kind, api_span_t body)
{
    return ngx_api_sec_audit_note(r, (const ngx_api_sec_main_conf_t *) door,
                                  kind, body);
}


ngx_int_t
ngx_api_sec_audit_note(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const char *kind, api_span_t body)
{
    char                      *room;
    api_span_t                 text;
    api_writer_t               w;
    const ngx_api_sec_sink_t  *sink;

    if (mcf->audits->sinks.nelts == 0) {
        return NGX_DECLINED;
    }

    sink = *(ngx_api_sec_sink_t **) mcf->audits->sinks.elts;
    room = ngx_api_sec_audit_begin(sink, 0);

    if (room == NULL) {
        return NGX_DECLINED;
    }

    api_writer_init(&w, room, API_SPOOL_EVENT - NGX_API_SEC_EVENT_TAIL);
    ngx_api_sec_audit_head(&w, kind);
    api_writer_name(&w, api_span(kind, ngx_strlen(kind)));
    api_writer_raw(&w, body);
    api_writer_end(&w);

    if (api_writer_done(&w, &text) != API_OK) {
        ngx_api_sec_audit_oversize(sink);
        return NGX_DECLINED;
    }

    ngx_api_sec_audit_commit(sink, room, text.len);

    return NGX_OK;
}
