
#include "ngx_api_sec_monitor.h"
#include "ngx_api_sec_status.h"


typedef struct {
    const char                 *family;
    const char                 *help;
    api_span_t                  first;        /* labels */
    api_span_t                  second;
} ngx_api_sec_names_t;


static void ngx_api_sec_monitor_times(const api_counters_t *c,
    api_metrics_t *m);
static void ngx_api_sec_monitor_histogram(const api_counters_t *c,
    uint32_t at, const int64_t *bounds, uint32_t n, unsigned decimals,
    api_metrics_t *m);
static void ngx_api_sec_monitor_phases(const api_counters_t *c,
    api_metrics_t *m);
static void ngx_api_sec_monitor_statuses(const api_counters_t *c,
    api_metrics_t *m);
static void ngx_api_sec_monitor_family(const api_series_t *s,
    ngx_api_family_e family, api_metrics_t *m);


static const ngx_api_sec_names_t  ngx_api_sec_names[NGX_API_NFAMILIES] = {
    { "apisec_denied",
      "Refusals, by check and reason.",
      { (const uint8_t *) "check", 5 },
      { (const uint8_t *) "reason", 6 } },
    { "apisec_would_deny",
      "What a check in monitor mode would have refused.",
      { (const uint8_t *) "check", 5 },
      { (const uint8_t *) "reason", 6 } },
    { "apisec_auth_results",
      "Authentications, by method and result.",
      { (const uint8_t *) "method", 6 },
      { (const uint8_t *) "result", 6 } },
    { "apisec_schema_violations",
      "Faults that contracts found, by part of the request and keyword.",
      { (const uint8_t *) "in", 2 },
      { (const uint8_t *) "keyword", 7 } },
    { "apisec_ratelimit_decisions",
      "Requests a limit has decided on.",
      { (const uint8_t *) "limit", 5 },
      { (const uint8_t *) "result", 6 } },
    { "apisec_waf_matches",
      "Rules that matched, by class and severity.",
      { (const uint8_t *) "class", 5 },
      { (const uint8_t *) "severity", 8 } }
};


void
ngx_api_sec_monitor_metrics(const ngx_api_sec_main_conf_t *mcf,
    api_metrics_t *m)
{
    ngx_uint_t             i;
    const api_series_t    *s;
    const api_counters_t  *c;

    c = ngx_api_sec_monitor_counters(mcf->monitor);
    s = ngx_api_sec_monitor_series(mcf->monitor);

    if (c == NULL || s == NULL) {
        return;
    }

    for (i = 0; i < NGX_API_NFAMILIES; i++) {
        ngx_api_sec_monitor_family(s, i, m);
    }

    ngx_api_sec_monitor_statuses(c, m);
    ngx_api_sec_monitor_times(c, m);
    ngx_api_sec_monitor_phases(c, m);
}


/* The nameless one: there were more names than the table holds. */

static void
ngx_api_sec_monitor_family(const api_series_t *s,
    ngx_api_family_e family, api_metrics_t *m)
{
    uint32_t                    i;
    uint64_t                    n;
    api_span_t                  name;
    const uint8_t              *end, *nul;
    const ngx_api_sec_names_t  *names;

    names = &ngx_api_sec_names[family];

    api_metrics_family(m, API_METRIC_COUNTER,
                       api_span(names->family, ngx_strlen(names->family)),
                       api_span(names->help, ngx_strlen(names->help)));

    for (i = 0; i < api_series_count(s); i++) {
        if (!api_series_get(s, i, &name, &n)) {
            continue;
        }

        if (name.len == 0) {
            if (family == NGX_API_FAMILY_DENIED) {
                api_metrics_label(m, names->first, API_SPAN("other"));
                api_metrics_label(m, names->second, API_SPAN("other"));
                api_metrics_uint(m, n);
            }

            continue;
        }

        nul = ngx_strlchr((u_char *) (uintptr_t) name.data,
                          (u_char *) (uintptr_t) name.data + name.len, '\0');

        if (name.data[0] != 'a' + family || nul == NULL) {
            continue;
        }

        end = name.data + name.len;

        api_metrics_label(m, names->first,
                          api_span(name.data + 1, nul - name.data - 1));
        api_metrics_label(m, names->second,
                          api_span(nul + 1, end - nul - 1));
        api_metrics_uint(m, n);
    }
}


static void
ngx_api_sec_monitor_statuses(const api_counters_t *c, api_metrics_t *m)
{
    ngx_uint_t  i;

    static const api_span_t  classes[NGX_API_SEC_NSTATUS] = {
        { (const uint8_t *) "1xx", 3 },
        { (const uint8_t *) "2xx", 3 },
        { (const uint8_t *) "3xx", 3 },
        { (const uint8_t *) "4xx", 3 },
        { (const uint8_t *) "5xx", 3 },
        { (const uint8_t *) "none", 4 }
    };

    api_metrics_family(m, API_METRIC_COUNTER, API_SPAN("apisec_responses"),
                       API_SPAN("All requests, by the class of the status."));

    for (i = 0; i < NGX_API_SEC_NSTATUS; i++) {
        api_metrics_label(m, API_SPAN("status"), classes[i]);
        api_metrics_uint(m, api_counters_sum(c,
                                             NGX_API_SEC_COUNT_STATUS + i));
    }
}


static void
ngx_api_sec_monitor_times(const api_counters_t *c, api_metrics_t *m)
{
    api_metrics_family(m, API_METRIC_HISTOGRAM,
                       API_SPAN("apisec_request_duration_seconds"),
                       API_SPAN("From the first byte of a request to its "
                                "end."));
    ngx_api_sec_monitor_histogram(c, NGX_API_SEC_COUNT_REQUEST,
                                  ngx_api_sec_time_bounds,
                                  NGX_API_SEC_TIME_BOUNDS, 3, m);

    api_metrics_family(m, API_METRIC_HISTOGRAM,
                       API_SPAN("apisec_upstream_duration_seconds"),
                       API_SPAN("What upstreams took, those that were tried "
                                "together."));
    ngx_api_sec_monitor_histogram(c, NGX_API_SEC_COUNT_UPSTREAM,
                                  ngx_api_sec_time_bounds,
                                  NGX_API_SEC_TIME_BOUNDS, 3, m);
}


static void
ngx_api_sec_monitor_phases(const api_counters_t *c, api_metrics_t *m)
{
    ngx_uint_t  i;

    static const api_span_t  phases[NGX_API_NPHASES] = {
        { (const uint8_t *) "auth", 4 },
        { (const uint8_t *) "authorize", 9 },
        { (const uint8_t *) "body", 4 },
        { (const uint8_t *) "schema", 6 },
        { (const uint8_t *) "graphql", 7 },
        { (const uint8_t *) "record", 6 },
        { (const uint8_t *) "limit", 5 },
        { (const uint8_t *) "waf", 3 }
    };

    api_metrics_family(m, API_METRIC_HISTOGRAM,
                       API_SPAN("apisec_phase_duration_seconds"),
                       API_SPAN("What a worker is busy with a check, for each "
                                "call."));

    for (i = 0; i < NGX_API_NPHASES; i++) {
        api_metrics_label(m, API_SPAN("phase"), phases[i]);
        ngx_api_sec_monitor_histogram(c,
                                      NGX_API_SEC_COUNT_PHASES
                                      + i * NGX_API_SEC_PHASE_COUNTERS,
                                      ngx_api_sec_phase_bounds,
                                      NGX_API_SEC_PHASE_BOUNDS, 9, m);
    }
}


static void
ngx_api_sec_monitor_histogram(const api_counters_t *c, uint32_t at,
    const int64_t *bounds, uint32_t n, unsigned decimals, api_metrics_t *m)
{
    uint32_t  i;
    uint64_t  counts[NGX_API_SEC_PHASE_BOUNDS + 1];

    for (i = 0; i <= n; i++) {
        counts[i] = api_counters_sum(c, at + i);
    }

    api_metrics_histogram(m, bounds, counts, n,
                          (int64_t) api_counters_sum(c, at + n + 1),
                          decimals);
}


/* Pairs of labels that are told apart: what comes then is "other". */

void
ngx_api_sec_monitor_status(const ngx_api_sec_main_conf_t *mcf,
    api_writer_t *w)
{
    uint32_t             i, used;
    uint64_t             n;
    api_span_t           name;
    const api_series_t  *s;

    s = ngx_api_sec_monitor_series(mcf->monitor);

    if (s == NULL) {
        return;
    }

    for (i = 0, used = 0; i < api_series_count(s); i++) {
        used += api_series_get(s, i, &name, &n) && name.len;
    }

    ngx_api_sec_status_table(w, API_SPAN("metrics_labels"),
                             api_series_count(s) - 1, used);
}
