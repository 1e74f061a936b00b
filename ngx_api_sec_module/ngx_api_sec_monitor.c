
/*
 * What is counted of requests.  The zone's share holds the table of names,
 * then the counters.
 */

#include "ngx_api_sec_monitor.h"
#include "ngx_api_sec_schema.h"


#define NGX_API_SEC_MONITOR_NAMES  256
#define NGX_API_SEC_MONITOR_ZONE   (256 * 1024)    /* the least */
#define NGX_API_SEC_MONITOR_MAX    (512 * 1024)    /* of a share not given */


static void ngx_api_sec_monitor_init(void *data, size_t size);
static void ngx_api_sec_monitor_migrate(void *data, size_t size,
    const void *old, size_t old_size);
static bool ngx_api_sec_monitor_alive(uint32_t pid);
static size_t ngx_api_sec_monitor_names(void);
static ngx_uint_t ngx_api_sec_phase_used(ngx_http_request_t *r,
    ngx_uint_t phase);
static void ngx_api_sec_monitor_decisions(const ngx_api_door_t *door,
    const ngx_api_record_t *rec);
static api_span_t ngx_api_sec_monitor_name(u_char *buf,
    ngx_api_family_e family, const ngx_str_t *first, const ngx_str_t *second);


const int64_t  ngx_api_sec_phase_bounds[NGX_API_SEC_PHASE_BOUNDS] = {
    1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000,
    1000000, 2000000, 5000000, 10000000, 100000000
};

const int64_t  ngx_api_sec_time_bounds[NGX_API_SEC_TIME_BOUNDS] = {
    1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000
};


ngx_int_t
ngx_api_sec_monitor_create(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    ngx_api_sec_monitor_t  *m;

    m = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_monitor_t));
    if (m == NULL) {
        return NGX_ERROR;
    }

    ngx_str_set(&m->tenant.name, "metrics");
    m->tenant.abi = 2;
    m->tenant.init = ngx_api_sec_monitor_init;
    m->tenant.migrate = ngx_api_sec_monitor_migrate;

    mcf->monitor = m;

    return NGX_OK;
}


/* A small zone has room for the verdicts alone. */

ngx_int_t
ngx_api_sec_monitor_zone(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    size_t  size, least;

    if (mcf->zone == NULL
        || (mcf->shares.metrics == 0
            && mcf->zone->shm.size < NGX_API_SEC_MONITOR_ZONE))
    {
        return NGX_OK;
    }

    least = ngx_api_sec_monitor_names()
            + api_counters_size(NGX_API_SEC_NCOUNTERS, 1);

    size = mcf->shares.metrics;

    if (size == 0) {
        size = ngx_min(mcf->zone->shm.size / 32, NGX_API_SEC_MONITOR_MAX);
        size = ngx_max(size, least);

    } else if (size < least) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"metrics=\" of \"api_zone\" is too small for the "
                      "counters of one process: give it %uz or more", least);
        return NGX_ERROR;
    }

    mcf->monitor->tenant.size = ngx_align(size, ngx_pagesize);

    /* where nobody counts, nobody need look at a clock */

    mcf->door.count = ngx_api_sec_count;
    mcf->door.observe = ngx_api_sec_observe;

    return ngx_api_zone_tenant(cf, mcf->zone, &mcf->monitor->tenant);
}


static size_t
ngx_api_sec_monitor_names(void)
{
    return ngx_align(api_series_size(NGX_API_SEC_MONITOR_NAMES), 64);
}


static void
ngx_api_sec_monitor_init(void *data, size_t size)
{
    size_t  names;

    names = ngx_api_sec_monitor_names();

    (void) api_series_init(data,
                           api_series_size(NGX_API_SEC_MONITOR_NAMES));
    (void) api_counters_init((u_char *) data + names, size - names,
                             NGX_API_SEC_NCOUNTERS);
}


static void
ngx_api_sec_monitor_migrate(void *data, size_t size, const void *old,
    size_t old_size)
{
    u_char                *from;
    size_t                 names;
    const api_series_t    *series;
    const api_counters_t  *counters;

    names = ngx_api_sec_monitor_names();
    from = (u_char *) (uintptr_t) old;

    series = api_series_at(from);
    counters = api_counters_at(from + names, NGX_API_SEC_NCOUNTERS);

    if (series && counters) {
        api_series_take(api_series_at(data), series);
        api_counters_take(api_counters_at((u_char *) data + names,
                                          NGX_API_SEC_NCOUNTERS),
                          counters);
    }
}


api_series_t *
ngx_api_sec_monitor_series(const ngx_api_sec_monitor_t *m)
{
    return api_series_at(m->tenant.data);
}


api_counters_t *
ngx_api_sec_monitor_counters(const ngx_api_sec_monitor_t *m)
{
    u_char  *data;

    data = m->tenant.data;

    return data ? api_counters_at(data + ngx_api_sec_monitor_names(),
                                  NGX_API_SEC_NCOUNTERS)
                : NULL;
}


void
ngx_api_sec_monitor_start(ngx_api_sec_main_conf_t *mcf)
{
    api_counters_t  *c;

    c = ngx_api_sec_monitor_counters(mcf->monitor);

    if (c && ngx_process != NGX_PROCESS_HELPER) {
        api_counters_claim(c, (uint32_t) ngx_pid, ngx_api_sec_monitor_alive,
                           &mcf->monitor->lane);
    }
}


void
ngx_api_sec_monitor_stop(ngx_api_sec_main_conf_t *mcf)
{
    api_counters_release(&mcf->monitor->lane);
}


static bool
ngx_api_sec_monitor_alive(uint32_t pid)
{
    return kill((pid_t) pid, 0) == 0 || ngx_errno != ESRCH;
}


ngx_int_t
ngx_api_sec_timed(ngx_http_request_t *r, ngx_uint_t phase,
    ngx_http_handler_pt handler)
{
    const ngx_api_sec_main_conf_t   *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);

    if (mcf->monitor->lane.v == NULL || !ngx_api_sec_phase_used(r, phase)) {
        return handler(r);
    }

    return ngx_api_timed(r, &mcf->door, phase, handler);
}


void
ngx_api_sec_observe(const ngx_api_door_t *door, ngx_api_phase_e phase,
    int64_t ns)
{
    const ngx_api_sec_main_conf_t  *mcf;

    mcf = (const ngx_api_sec_main_conf_t *) door;

    api_lane_observe(&mcf->monitor->lane,
                     NGX_API_SEC_COUNT_PHASES
                     + phase * NGX_API_SEC_PHASE_COUNTERS,
                     ngx_api_sec_phase_bounds, NGX_API_SEC_PHASE_BOUNDS, ns);
}


/* Does anything stand in the location for it? */

static ngx_uint_t
ngx_api_sec_phase_used(ngx_http_request_t *r, ngx_uint_t phase)
{
    const ngx_api_sec_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);

    switch (phase) {

    case NGX_API_PHASE_AUTH:
        return lcf->auth != NULL;

    case NGX_API_PHASE_AUTHORIZE:
        return lcf->require.items || lcf->bind.items
               || lcf->schema->rules != NULL;

    case NGX_API_PHASE_BODY:
        return lcf->body != NGX_API_SEC_BODY_OFF;

    case NGX_API_PHASE_SCHEMA:
        return lcf->schema->rules != NULL;

    case NGX_API_PHASE_GRAPHQL:
        return lcf->graphql != NULL;

    default:    /* NGX_API_PHASE_RECORD */
        return r == r->main;
    }
}


ngx_uint_t
ngx_api_sec_status_of(const ngx_http_request_t *r)
{
    return r->err_status ? r->err_status : r->headers_out.status;
}


ngx_msec_int_t
ngx_api_sec_took(const ngx_http_request_t *r)
{
    ngx_time_t      *tp;
    ngx_msec_int_t   ms;

    tp = ngx_timeofday();

    ms = (ngx_msec_int_t) ((tp->sec - r->start_sec) * 1000
                           + (tp->msec - r->start_msec));

    return ngx_max(ms, 0);
}


/* Of all peers that were tried. */

ngx_msec_int_t
ngx_api_sec_upstream_took(const ngx_http_request_t *r)
{
    ngx_uint_t                       i;
    ngx_msec_int_t                   ms;
    const ngx_http_upstream_state_t *state;

    if (r->upstream_states == NULL || r->upstream_states->nelts == 0) {
        return -1;
    }

    state = r->upstream_states->elts;
    ms = 0;

    for (i = 0; i < r->upstream_states->nelts; i++) {
        if (state[i].peer && state[i].response_time != (ngx_msec_t) -1) {
            ms += (ngx_msec_int_t) state[i].response_time;
        }
    }

    return ms;
}


ngx_int_t
ngx_api_sec_monitor_handler(ngx_http_request_t *r)
{
    ngx_uint_t                       class;
    ngx_msec_int_t                   ms;
    const api_lane_t                *lane;
    const ngx_api_record_t          *rec;
    const ngx_api_sec_main_conf_t   *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    lane = &mcf->monitor->lane;

    if (r != r->main || lane->v == NULL) {
        return NGX_OK;
    }

    class = ngx_api_sec_status_of(r) / 100;

    api_lane_add(lane, NGX_API_SEC_COUNT_STATUS
                       + (class >= 1 && class <= 5 ? class - 1 : 5), 1);

    api_lane_observe(lane, NGX_API_SEC_COUNT_REQUEST, ngx_api_sec_time_bounds,
                     NGX_API_SEC_TIME_BOUNDS, ngx_api_sec_took(r));

    ms = ngx_api_sec_upstream_took(r);

    if (ms >= 0) {
        api_lane_observe(lane, NGX_API_SEC_COUNT_UPSTREAM,
                         ngx_api_sec_time_bounds, NGX_API_SEC_TIME_BOUNDS,
                         ms);
    }

    rec = ngx_api_record_peek(r, mcf->self.record);

    if (rec) {
        ngx_api_sec_monitor_decisions(&mcf->door, rec);
    }

    return NGX_OK;
}


static void
ngx_api_sec_monitor_decisions(const ngx_api_door_t *door,
    const ngx_api_record_t *rec)
{
    uint32_t                        i;
    ngx_str_t                       reason;
    const ngx_str_t                *method;
    const ngx_api_decision_t       *d;
    const ngx_api_sec_ctx_t        *ctx;
    const ngx_api_sec_identity_t   *id;

    static const ngx_str_t  none = ngx_string("none");
    static const ngx_str_t  ok = ngx_string("ok");

    ctx = rec->own[NGX_API_SEC];

    for (i = 0; i < rec->ndecisions; i++) {
        d = &rec->decisions[i];

        if (d->verdict != NGX_API_ALLOW) {
            ngx_api_sec_count(door, d->verdict == NGX_API_DENY
                                    ? NGX_API_FAMILY_DENIED
                                    : NGX_API_FAMILY_WOULD_DENY,
                              &ngx_api_check_names[d->check], &d->reason);
        }

        if (d->check != NGX_API_CHECK_AUTH || ctx == NULL) {
            continue;
        }

        id = ngx_api_sec_identity(ctx);
        method = id ? &id->method->name
                    : ctx->fault.method ? &ctx->fault.method->name : &none;

        reason = d->verdict == NGX_API_ALLOW && id ? ok : d->reason;

        ngx_api_sec_count(door, NGX_API_FAMILY_AUTH, method, &reason);
    }
}


/* The label that comes last is cut where both are too long. */

static api_span_t
ngx_api_sec_monitor_name(u_char *buf, ngx_api_family_e family,
    const ngx_str_t *first, const ngx_str_t *second)
{
    u_char  *p;

    buf[0] = (u_char) ('a' + family);

    p = ngx_cpymem(buf + 1, first->data, ngx_min(first->len, 32));
    *p++ = '\0';
    p = ngx_cpymem(p, second->data,
                   ngx_min(second->len,
                           (size_t) (buf + API_SERIES_NAME - p)));

    return api_span(buf, p - buf);
}


void
ngx_api_sec_count(const ngx_api_door_t *door, ngx_api_family_e family,
    const ngx_str_t *first, const ngx_str_t *second)
{
    u_char                          buf[API_SERIES_NAME];
    api_series_t                   *series;
    const ngx_api_sec_main_conf_t  *mcf;

    mcf = (const ngx_api_sec_main_conf_t *) door;
    series = ngx_api_sec_monitor_series(mcf->monitor);

    if (series) {
        api_series_add(series, ngx_api_sec_monitor_name(buf, family, first,
                                                        second), 1);
    }
}
