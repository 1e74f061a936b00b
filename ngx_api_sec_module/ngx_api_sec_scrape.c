
/*
 * The section "metrics" of api_status.  What is of fixed number is written in
 * one slice; operations, in those that follow.
 */

#include "ngx_api_sec_status.h"
#include "ngx_api_sec_monitor.h"
#include "ngx_api_sec_inventory.h"
#include "ngx_api_sec_behavior.h"
#include "ngx_api_sec_govern.h"
#include "ngx_api_sec_audit.h"


#define NGX_API_SEC_METRICS_SIZE  65536
#define NGX_API_SEC_METRICS_MAX   (4 * 1024 * 1024)


typedef struct {
    api_metrics_t                   m;
    api_metrics_format_t            format;
    ngx_api_sec_series_t           *series;   /* NULL: none, or not begun */
    unsigned                        begun:1;
} ngx_api_sec_scrape_t;


static ngx_int_t ngx_api_sec_scrape_slice(ngx_api_admin_t *a);
static ngx_int_t ngx_api_sec_scrape_begin(ngx_api_admin_t *a,
    ngx_api_sec_scrape_t *s);
static ngx_int_t ngx_api_sec_scrape_onward(ngx_api_admin_t *a,
    ngx_api_sec_scrape_t *s);
static api_metrics_format_t ngx_api_sec_scrape_format(ngx_http_request_t *r);
static void ngx_api_sec_scrape_families(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, api_metrics_t *m);
static void ngx_api_sec_scrape_verdicts(const ngx_api_door_t *door,
    api_metrics_t *m);
static void ngx_api_sec_scrape_tenants(const ngx_api_sec_main_conf_t *mcf,
    api_metrics_t *m);


ngx_uint_t
ngx_api_sec_metrics_section(const ngx_api_door_t *door, ngx_api_admin_t *a)
{
    ngx_api_sec_scrape_t  *s;

    static const ngx_str_t  types[] = {
        ngx_string("text/plain; version=0.0.4; charset=utf-8"),
        ngx_string("application/openmetrics-text; version=1.0.0; "
                   "charset=utf-8")
    };

    if (a->path.len) {
        return NGX_HTTP_NOT_FOUND;
    }

    s = ngx_pcalloc(a->r->pool, sizeof(ngx_api_sec_scrape_t));
    if (s == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    s->format = ngx_api_sec_scrape_format(a->r);

    a->type = types[s->format];
    a->slice = ngx_api_sec_scrape_slice;
    a->data = s;

    return NGX_HTTP_OK;
}


static ngx_int_t
ngx_api_sec_scrape_slice(ngx_api_admin_t *a)
{
    ngx_int_t              rc;
    api_span_t             text;
    ngx_api_sec_scrape_t  *s;

    s = a->data;

    if (!s->begun) {
        s->begun = 1;
        rc = ngx_api_sec_scrape_begin(a, s);

    } else {
        rc = s->series ? ngx_api_sec_inventory_series(s->series, &s->m)
                       : NGX_OK;
    }

    if (rc == NGX_AGAIN) {
        return ngx_api_sec_scrape_onward(a, s);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    rc = api_metrics_done(&s->m, &text);

    if (rc != API_OK) {
        return rc == API_LIMIT ? NGX_ABORT : NGX_ERROR;
    }

    a->raw = ngx_api_str(text);

    return NGX_OK;
}


/* NGX_AGAIN, for operations and the end follow. */

static ngx_int_t
ngx_api_sec_scrape_begin(ngx_api_admin_t *a, ngx_api_sec_scrape_t *s)
{
    char                           *buf;
    size_t                          size;
    const ngx_api_sec_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(a->r, ngx_api_sec_module);

    if (ngx_api_sec_inventory_scrape(mcf, a->r->pool, &s->series) != NGX_OK) {
        return NGX_ERROR;
    }

    for (size = ngx_max(NGX_API_SEC_METRICS_SIZE, mcf->monitor->text);
         size <= NGX_API_SEC_METRICS_MAX;
         size *= 4)
    {
        buf = ngx_palloc(a->r->pool, size);
        if (buf == NULL) {
            return NGX_ERROR;
        }

        api_metrics_init(&s->m, buf, size, s->format);
        ngx_api_sec_scrape_families(a->r, mcf, &s->m);

        if (s->m.misused) {
            return NGX_ERROR;
        }

        if (!s->m.full) {
            mcf->monitor->text = size;
            return NGX_AGAIN;
        }

        ngx_pfree(a->r->pool, buf);
    }

    return NGX_ABORT;
}


/* Another buffer, when this one has no room for the lines of an operation. */

static ngx_int_t
ngx_api_sec_scrape_onward(ngx_api_admin_t *a, ngx_api_sec_scrape_t *s)
{
    char  *buf;

    if (api_metrics_room(&s->m) >= NGX_API_SEC_SERIES_ROOM) {
        return NGX_AGAIN;
    }

    buf = ngx_palloc(a->r->pool, NGX_API_ADMIN_SLICE);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    a->raw = ngx_api_str(api_metrics_onward(&s->m, buf, NGX_API_ADMIN_SLICE));

    return NGX_AGAIN;
}


static api_metrics_format_t
ngx_api_sec_scrape_format(ngx_http_request_t *r)
{
    api_span_t        list, item;
    const ngx_str_t  *accept;

    (void) ngx_api_header_in(r, "accept", &accept);

    list = accept ? ngx_api_span(accept) : api_span(NULL, 0);

    while (list.len) {
        item = ngx_api_header_word(&list, ',');

        if (api_span_eq_nocase(ngx_api_header_word(&item, ';'),
                               API_SPAN("application/openmetrics-text")))
        {
            return API_METRICS_OPENMETRICS;
        }
    }

    return API_METRICS_PROMETHEUS;
}


static void
ngx_api_sec_scrape_families(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, api_metrics_t *m)
{
    ngx_str_t              why;
    ngx_uint_t             i;
    const ngx_api_door_t  *doors[NGX_API_NMODULES];

    for (i = 0; i < NGX_API_NMODULES; i++) {
        doors[i] = ngx_api_door(r, i);
    }

    api_metrics_family(m, API_METRIC_GAUGE, API_SPAN("apisec_build_info"),
                       API_SPAN("1, for the release in its labels."));
    api_metrics_label(m, API_SPAN("version"), API_SPAN(NGX_API_VERSION));
    api_metrics_label(m, API_SPAN("nginx_version"), API_SPAN(NGINX_VERSION));
    api_metrics_uint(m, 1);

    api_metrics_family(m, API_METRIC_GAUGE,
                       API_SPAN("apisec_config_reload_timestamp_seconds"),
                       API_SPAN("When the configuration was loaded."));
    api_metrics_int(m, mcf->loaded);

    ngx_api_sec_audit_files(mcf, m);

    api_metrics_family(m, API_METRIC_GAUGE, API_SPAN("apisec_module_ready"),
                       API_SPAN("1 when requests may come."));

    for (i = 0; i < NGX_API_NMODULES; i++) {
        if (doors[i]) {
            api_metrics_label(m, API_SPAN("module"),
                              ngx_api_span(&ngx_api_module_names[i]));
            api_metrics_uint(m, doors[i]->ready == NULL
                                || doors[i]->ready(doors[i], &why) == NGX_OK);
        }
    }

    api_metrics_family(m, API_METRIC_COUNTER, API_SPAN("apisec_requests"),
                       API_SPAN("Requests with a decision, by the harshest "
                                "verdict; only with an api_zone."));

    for (i = 0; i < NGX_API_NMODULES; i++) {
        if (doors[i]) {
            ngx_api_sec_scrape_verdicts(doors[i], m);
        }
    }

    ngx_api_sec_scrape_tenants(mcf, m);

    for (i = 0; i < NGX_API_NMODULES; i++) {
        if (doors[i] && doors[i]->metrics) {
            doors[i]->metrics(doors[i], m);
        }
    }
}


static void
ngx_api_sec_scrape_verdicts(const ngx_api_door_t *door, api_metrics_t *m)
{
    ngx_uint_t              v;
    const ngx_api_tally_t  *tally;

    tally = door->tally ? door->tally->data : NULL;

    if (tally == NULL) {
        return;
    }

    for (v = 0; v < NGX_API_NVERDICTS; v++) {
        api_metrics_label(m, API_SPAN("module"), ngx_api_span(&door->name));
        api_metrics_label(m, API_SPAN("verdict"),
                          ngx_api_span(&ngx_api_verdict_names[v]));
        api_metrics_uint(m, tally->verdicts[v]);
    }
}


static void
ngx_api_sec_scrape_tenants(const ngx_api_sec_main_conf_t *mcf,
    api_metrics_t *m)
{
    ngx_uint_t                  i;
    const ngx_api_zone_t       *zone;
    ngx_api_tenant_t * const   *tenant;

    if (mcf->zone == NULL) {
        return;
    }

    zone = mcf->zone->data;
    tenant = zone->tenants.elts;

    api_metrics_family(m, API_METRIC_GAUGE, API_SPAN("apisec_zone_size_bytes"),
                       API_SPAN("Size of the api_zone."));
    api_metrics_uint(m, mcf->zone->shm.size);

    api_metrics_family(m, API_METRIC_GAUGE,
                       API_SPAN("apisec_zone_tenant_size_bytes"),
                       API_SPAN("What a table has of the api_zone."));

    for (i = 0; i < zone->tenants.nelts; i++) {
        api_metrics_label(m, API_SPAN("tenant"),
                          ngx_api_span(&tenant[i]->name));
        api_metrics_uint(m, tenant[i]->size);
    }
}


void
ngx_api_sec_metrics(const ngx_api_door_t *door, api_metrics_t *m)
{
    ngx_uint_t                       i;
    ngx_api_sec_issuer_t * const    *issuer;
    const ngx_api_sec_main_conf_t   *mcf;

    mcf = (const ngx_api_sec_main_conf_t *) door;
    issuer = mcf->issuers.elts;

    api_metrics_family(m, API_METRIC_GAUGE, API_SPAN("apisec_jwks_keys"),
                       API_SPAN("Keys an issuer has in this worker."));

    for (i = 0; i < mcf->issuers.nelts; i++) {
        api_metrics_label(m, API_SPAN("issuer"),
                          ngx_api_span(&issuer[i]->name));
        api_metrics_uint(m, api_jwks_count(issuer[i]->keys->set));
    }

    ngx_api_sec_secrets_metrics(mcf, m);
    ngx_api_sec_monitor_metrics(mcf, m);
    ngx_api_sec_alert_metrics(mcf, m);
    ngx_api_sec_audit_metrics(mcf, m);
    ngx_api_sec_govern_metrics(mcf, m);
}
