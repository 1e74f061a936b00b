
/*
 * Counters of the record: those of processes that have gone, and of the lanes
 * of those that are there.
 */

#include "ngx_api_sec_audit.h"


typedef struct {
    uint64_t                    kept;
    uint64_t                    lost[API_SPOOL_NCAUSES];
    uint64_t                    pending;
    uint64_t                    lanes;        /* with an owner */
} ngx_api_sec_audit_sum_t;


static const ngx_api_sec_lanes_t *ngx_api_sec_audit_sum(
    const ngx_api_sec_sink_t *sink, ngx_api_sec_audit_sum_t *sum);
static void ngx_api_sec_audit_family(const ngx_api_sec_main_conf_t *mcf,
    api_metrics_t *m, ngx_uint_t which);
static ngx_uint_t ngx_api_sec_audit_again(ngx_api_watch_t *const *w,
    ngx_uint_t n);
static uint64_t ngx_api_sec_audit_epoch(const ngx_api_sec_lanes_t *lanes);
static void ngx_api_sec_audit_sealed(const ngx_api_sec_sink_t *sink,
    const ngx_api_sec_lanes_t *lanes, api_writer_t *w);
static void ngx_api_sec_audit_sample(const ngx_api_sec_sink_t *sink,
    api_metrics_t *m, ngx_uint_t which);


typedef enum {
    NGX_API_SEC_AUDIT_EVENTS = 0,
    NGX_API_SEC_AUDIT_LOST,
    NGX_API_SEC_AUDIT_BYTES,
    NGX_API_SEC_AUDIT_ERRORS,
    NGX_API_SEC_AUDIT_QUEUE,
    NGX_API_SEC_AUDIT_WROTE,
    NGX_API_SEC_AUDIT_EPOCH,
    NGX_API_SEC_AUDIT_SEALED,
    NGX_API_SEC_AUDIT_NFAMILIES
} ngx_api_sec_audit_family_e;

typedef struct {
    api_metric_t                kind;
    const char                 *name;
    const char                 *help;
} ngx_api_sec_audit_metric_t;


static const ngx_api_sec_audit_metric_t  ngx_api_sec_audit_families[] = {
    { API_METRIC_COUNTER, "apisec_audit_events",
      "Events queued, by sink." },
    { API_METRIC_COUNTER, "apisec_audit_lost",
      "Events lost, by sink and cause; events of kind gap tell of each." },
    { API_METRIC_COUNTER, "apisec_audit_written_bytes",
      "Bytes that the sink has taken." },
    { API_METRIC_COUNTER, "apisec_audit_write_errors",
      "Writes that failed, without those that found a pipe full." },
    { API_METRIC_GAUGE, "apisec_audit_queue_bytes",
      "Bytes of events that wait to be written." },
    { API_METRIC_GAUGE, "apisec_audit_last_write_timestamp_seconds",
      "When the sink has last taken something; 0: never." },
    { API_METRIC_GAUGE, "apisec_audit_seal_epoch",
      "The epoch that is sealed next, where there is an api_audit_seal." },
    { API_METRIC_GAUGE, "apisec_audit_sealed_timestamp_seconds",
      "Up to when the log is sealed: the end of the last epoch that is." }
};


static const ngx_api_sec_lanes_t *
ngx_api_sec_audit_sum(const ngx_api_sec_sink_t *sink,
    ngx_api_sec_audit_sum_t *sum)
{
    ngx_uint_t                  i, n;
    ngx_slab_pool_t            *shpool;
    const api_spool_t          *lane;
    const ngx_api_sec_lanes_t  *lanes;

    ngx_memzero(sum, sizeof(ngx_api_sec_audit_sum_t));

    shpool = (ngx_slab_pool_t *) sink->zone->shm.addr;
    lanes = shpool->data;

    sum->kept = lanes->kept;

    for (n = 0; n < API_SPOOL_NCAUSES; n++) {
        sum->lost[n] = lanes->lost[n];
    }

    for (i = 0; i < lanes->nlanes; i++) {
        lane = ngx_api_sec_lanes_at(lanes, i);

        sum->kept += api_spool_kept(lane);
        sum->pending += api_spool_pending(lane);
        sum->lanes += (api_spool_owner(lane) != 0);

        for (n = 0; n < API_SPOOL_NCAUSES; n++) {
            sum->lost[n] += lane->lost[n];
        }
    }

    return lanes;
}


void
ngx_api_sec_audit_metrics(const ngx_api_sec_main_conf_t *mcf,
    api_metrics_t *m)
{
    ngx_uint_t  i;

    if (mcf->audits->sinks.nelts == 0) {
        return;
    }

    for (i = 0; i < NGX_API_SEC_AUDIT_NFAMILIES; i++) {
        ngx_api_sec_audit_family(mcf, m, i);
    }
}


static void
ngx_api_sec_audit_family(const ngx_api_sec_main_conf_t *mcf,
    api_metrics_t *m, ngx_uint_t which)
{
    ngx_uint_t                         i;
    ngx_api_sec_sink_t               **sink;
    const ngx_api_sec_audit_metric_t  *family;

    family = &ngx_api_sec_audit_families[which];

    api_metrics_family(m, family->kind,
                       api_span(family->name, ngx_strlen(family->name)),
                       api_span(family->help, ngx_strlen(family->help)));

    sink = mcf->audits->sinks.elts;

    for (i = 0; i < mcf->audits->sinks.nelts; i++) {
        ngx_api_sec_audit_sample(sink[i], m, which);
    }
}


/* The one that is sealed next; all before it are. */

static uint64_t
ngx_api_sec_audit_epoch(const ngx_api_sec_lanes_t *lanes)
{
    return lanes->seal.slot[lanes->seal.which & 1].epoch;
}


static void
ngx_api_sec_audit_sample(const ngx_api_sec_sink_t *sink, api_metrics_t *m,
    ngx_uint_t which)
{
    uint64_t                    value;
    ngx_uint_t                  n;
    ngx_api_sec_audit_sum_t     sum;
    const ngx_api_sec_lanes_t  *lanes;

    lanes = ngx_api_sec_audit_sum(sink, &sum);

    if (which == NGX_API_SEC_AUDIT_EPOCH || which == NGX_API_SEC_AUDIT_SEALED)
    {
        if (sink->audits->signer && lanes->seal.set) {
            api_metrics_label(m, API_SPAN("sink"), ngx_api_span(&sink->name));
            value = ngx_api_sec_audit_epoch(lanes);
            api_metrics_uint(m, which == NGX_API_SEC_AUDIT_EPOCH
                                ? value : value * sink->audits->length);
        }

        return;
    }

    if (which == NGX_API_SEC_AUDIT_LOST) {
        for (n = 0; n < API_SPOOL_NCAUSES; n++) {
            api_metrics_label(m, API_SPAN("sink"), ngx_api_span(&sink->name));
            api_metrics_label(m, API_SPAN("cause"),
                              api_span(api_spool_causes[n],
                                       ngx_strlen(api_spool_causes[n])));
            api_metrics_uint(m, sum.lost[n]);
        }

        return;
    }

    value = which == NGX_API_SEC_AUDIT_EVENTS ? sum.kept
            : which == NGX_API_SEC_AUDIT_BYTES ? lanes->bytes
            : which == NGX_API_SEC_AUDIT_ERRORS ? lanes->errors
            : which == NGX_API_SEC_AUDIT_QUEUE ? sum.pending
            : lanes->wrote;

    api_metrics_label(m, API_SPAN("sink"), ngx_api_span(&sink->name));
    api_metrics_uint(m, value);
}


/* What may be said of the chains: nothing secret, and nothing that would help
   to forge one. */

static void
ngx_api_sec_audit_sealed(const ngx_api_sec_sink_t *sink,
    const ngx_api_sec_lanes_t *lanes, api_writer_t *w)
{
    uint64_t  epoch, sealed;

    epoch = ngx_api_sec_audit_epoch(lanes);
    sealed = epoch * sink->audits->length;

    api_writer_name(w, API_SPAN("seal"));
    api_writer_object(w);
    api_writer_name(w, API_SPAN("epoch"));
    api_writer_uint(w, epoch);
    api_writer_name(w, API_SPAN("length"));
    api_writer_uint(w, sink->audits->length);
    api_writer_name(w, API_SPAN("sealed_at"));
    api_writer_uint(w, sealed);

    /* as apisec log verify asks of a log that goes on */

    api_writer_name(w, API_SPAN("late"));
    api_writer_bool(w, sealed + 3 * (uint64_t) sink->audits->length
                       < (uint64_t) ngx_time());
    api_writer_name(w, API_SPAN("ended"));
    api_writer_uint(w, ngx_min(lanes->seal.nparted, NGX_API_SEC_PARTED));
    api_writer_end(w);
}


/* A member of sec's object in the status document. */

void
ngx_api_sec_audit_status(const ngx_api_sec_main_conf_t *mcf, api_writer_t *w)
{
    ngx_uint_t                   i, n;
    ngx_api_sec_sink_t         **sink;
    ngx_api_sec_audit_sum_t      sum;
    const ngx_api_sec_lanes_t   *lanes;

    if (mcf->audits->sinks.nelts == 0) {
        return;
    }

    api_writer_name(w, API_SPAN("audit"));
    api_writer_array(w);

    sink = mcf->audits->sinks.elts;

    for (i = 0; i < mcf->audits->sinks.nelts; i++) {
        lanes = ngx_api_sec_audit_sum(sink[i], &sum);

        api_writer_object(w);
        api_writer_name(w, API_SPAN("sink"));
        api_writer_string(w, ngx_api_span(&sink[i]->name));
        api_writer_name(w, API_SPAN("events"));
        api_writer_uint(w, sum.kept);
        api_writer_name(w, API_SPAN("lost"));
        api_writer_object(w);

        for (n = 0; n < API_SPOOL_NCAUSES; n++) {
            api_writer_name(w, api_span(api_spool_causes[n],
                                        ngx_strlen(api_spool_causes[n])));
            api_writer_uint(w, sum.lost[n]);
        }

        api_writer_end(w);
        api_writer_name(w, API_SPAN("queue_bytes"));
        api_writer_uint(w, sum.pending);
        api_writer_name(w, API_SPAN("write_errors"));
        api_writer_uint(w, lanes->errors);
        api_writer_name(w, API_SPAN("last_write"));
        api_writer_uint(w, lanes->wrote);
        api_writer_name(w, API_SPAN("processes"));
        api_writer_uint(w, sum.lanes);

        if (sink[i]->audits->signer && lanes->seal.set) {
            ngx_api_sec_audit_sealed(sink[i], lanes, w);
        }

        api_writer_end(w);
    }

    api_writer_end(w);
}


/* How old keys and lists are: of each file that is watched. */

void
ngx_api_sec_audit_files(const ngx_api_sec_main_conf_t *mcf,
    api_metrics_t *m)
{
    ngx_uint_t          i;
    ngx_api_watch_t   **w;

    if (mcf->audits->rev.len) {
        api_metrics_family(m, API_METRIC_GAUGE,
                           API_SPAN("apisec_policy_info"),
                           API_SPAN("1, for the revision of the configuration "
                                    "that events name."));
        api_metrics_label(m, API_SPAN("rev"),
                          ngx_api_span(&mcf->audits->rev));
        api_metrics_uint(m, 1);
    }

    w = mcf->watches.files.elts;

    if (mcf->watches.files.nelts == 0) {
        return;
    }

    api_metrics_family(m, API_METRIC_GAUGE,
                       API_SPAN("apisec_file_changed_timestamp_seconds"),
                       API_SPAN("When a file of keys or a list was changed "
                                "last; 0: it is gone."));

    for (i = 0; i < mcf->watches.files.nelts; i++) {
        if (!ngx_api_sec_audit_again(w, i)) {
            api_metrics_label(m, API_SPAN("file"), ngx_api_span(&w[i]->path));
            api_metrics_int(m, w[i]->look.mtime.tv_sec);
        }
    }

    api_metrics_family(m, API_METRIC_GAUGE, API_SPAN("apisec_file_stale"),
                       API_SPAN("1 when what the file holds now was refused, "
                                "and what it held before is in use."));

    for (i = 0; i < mcf->watches.files.nelts; i++) {
        if (!ngx_api_sec_audit_again(w, i)) {
            api_metrics_label(m, API_SPAN("file"), ngx_api_span(&w[i]->path));
            api_metrics_uint(m, w[i]->stale);
        }
    }
}


/* Was that file told of? */

static ngx_uint_t
ngx_api_sec_audit_again(ngx_api_watch_t *const *w, ngx_uint_t n)
{
    ngx_uint_t  i;

    for (i = 0; i < n; i++) {
        if (w[i]->path.len == w[n]->path.len
            && ngx_strcmp(w[i]->path.data, w[n]->path.data) == 0)
        {
            return 1;
        }
    }

    return 0;
}
