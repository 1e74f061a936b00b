
/*
 * Alerts: the last ones in the zone, an event in the audit, a line in the
 * spool for apisec alert forward.  The event has no address and no name in it.
 */

#include "ngx_api_sec_behavior.h"
#include "ngx_api_sec_audit.h"


static void ngx_api_sec_alert_lock(const ngx_api_sec_main_conf_t *mcf,
    ngx_uint_t lock);
static ngx_api_sec_alert_t *ngx_api_sec_alert_find(ngx_api_sec_behaved_t *z,
    uint64_t id);
static ngx_api_sec_alert_t *ngx_api_sec_alert_place(
    ngx_api_sec_behaved_t *z, ngx_uint_t kind);
static ngx_uint_t ngx_api_sec_alert_may(ngx_api_sec_behaved_t *z);
static void ngx_api_sec_alert_text(u_char *to, uint8_t *len, api_span_t s);
static void ngx_api_sec_alert_json(api_writer_t *w,
    const ngx_api_sec_alert_t *a, ngx_uint_t personal);
static void ngx_api_sec_alert_time(api_writer_t *w, const char *name,
    int64_t t);
static void ngx_api_sec_alert_member(api_writer_t *w, const char *name,
    const u_char *data, size_t len);
static void ngx_api_sec_alert_tell(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_alert_t *a);


static const ngx_str_t  ngx_api_sec_signals[NGX_API_SEC_SIGNALS] = {
    ngx_string("requests"),
    ngx_string("refused"),
    ngx_string("failed"),
    ngx_string("bytes"),
    ngx_string("duration")
};


static void
ngx_api_sec_alert_lock(const ngx_api_sec_main_conf_t *mcf, ngx_uint_t lock)
{
    ngx_slab_pool_t  *shpool;

    shpool = (ngx_slab_pool_t *) mcf->behaviors->zone->shm.addr;

    if (lock) {
        ngx_shmtx_lock(&shpool->mutex);

    } else {
        ngx_shmtx_unlock(&shpool->mutex);
    }
}


static ngx_api_sec_alert_t *
ngx_api_sec_alert_find(ngx_api_sec_behaved_t *z, uint64_t id)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_API_SEC_ALERTS; i++) {
        if (z->alerts[i].id == id) {
            return &z->alerts[i];
        }
    }

    return NULL;
}


/* Whose place it takes: a free one, the oldest that is over, or the oldest; of
   its own kind where that has had its part, so that many scanners do not drive
   out the one alert of another kind. */

static ngx_api_sec_alert_t *
ngx_api_sec_alert_place(ngx_api_sec_behaved_t *z, ngx_uint_t kind)
{
    ngx_uint_t            i, own;
    ngx_api_sec_alert_t  *a, *best;

    for (own = 0, i = 0; i < NGX_API_SEC_ALERTS; i++) {
        a = &z->alerts[i];

        if (a->id == 0) {
            return a;
        }

        own += a->kind == kind;
    }

    for (best = NULL, i = 0; i < NGX_API_SEC_ALERTS; i++) {
        a = &z->alerts[i];

        if (own >= NGX_API_SEC_ALERTS_KIND && a->kind != kind) {
            continue;
        }

        if (best == NULL || (a->ends != 0) > (best->ends != 0)
            || ((a->ends != 0) == (best->ends != 0)
                && a->updated < best->updated))
        {
            best = a;
        }
    }

    return best;
}


/* A flood of callers is no flood of events, lines and messages. */

static ngx_uint_t
ngx_api_sec_alert_may(ngx_api_sec_behaved_t *z)
{
    ngx_atomic_uint_t  minute, was, n;

    minute = (ngx_atomic_uint_t) ngx_time() / 60;
    was = z->minute;

    if (was != minute && ngx_atomic_cmp_set(&z->minute, was, minute)) {
        z->told = 0;
    }

    n = ngx_atomic_fetch_add(&z->told, 1);

    if (n < NGX_API_SEC_ALERTS_TOLD) {
        return 1;
    }

    (void) ngx_atomic_fetch_add(&z->held, 1);

    if (n == NGX_API_SEC_ALERTS_TOLD) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "more than %d alerts in a minute: the others are "
                      "counted, and neither in the audit nor in the spool",
                      NGX_API_SEC_ALERTS_TOLD);
    }

    return 0;
}


static void
ngx_api_sec_alert_text(u_char *to, uint8_t *len, api_span_t s)
{
    *len = (uint8_t) ngx_min(s.len, NGX_API_SEC_ALERT_TEXT);

    if (*len) {
        ngx_memcpy(to, s.data, *len);
    }
}


void
ngx_api_sec_alert_raise(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_alarm_t *alarm)
{
    ngx_api_sec_alert_t     copy, *a;
    ngx_api_sec_behaved_t  *z;

    z = ngx_api_sec_behaved(mcf->behaviors);

    (void) ngx_atomic_fetch_add(&z->raised[alarm->kind], 1);

    ngx_api_sec_alert_lock(mcf, 1);

    a = ngx_api_sec_alert_find(z, alarm->id);

    if (a == NULL) {
        a = ngx_api_sec_alert_place(z, alarm->kind);
        ngx_memzero(a, sizeof(ngx_api_sec_alert_t));
        a->id = alarm->id;
    }

    a->starts = ngx_time();
    a->updated = ngx_time();
    a->ends = alarm->ends;
    a->count++;
    a->value = alarm->value;
    a->usual = alarm->usual;
    a->kind = (uint8_t) alarm->kind;
    a->signal = (uint8_t) alarm->signal;
    a->action = (uint8_t) alarm->action;

    ngx_api_sec_alert_text(a->host, &a->len[0], alarm->host);
    ngx_api_sec_alert_text(a->operation, &a->len[1], alarm->operation);
    ngx_api_sec_alert_text(a->subject, &a->len[2], alarm->subject);

    copy = *a;

    ngx_api_sec_alert_lock(mcf, 0);

    if (copy.action != NGX_API_SEC_RECORD && ngx_api_sec_alert_may(z)) {
        ngx_api_sec_alert_tell(r, mcf, &copy);
    }
}


void
ngx_api_sec_alert_resolve(const ngx_api_sec_main_conf_t *mcf, uint64_t id)
{
    ngx_uint_t              found;
    ngx_api_sec_alert_t     copy, *a;
    ngx_api_sec_behaved_t  *z;

    z = ngx_api_sec_behaved(mcf->behaviors);
    found = 0;

    ngx_api_sec_alert_lock(mcf, 1);

    a = ngx_api_sec_alert_find(z, id);

    if (a && a->ends == 0) {
        a->ends = ngx_time();
        a->updated = ngx_time();
        copy = *a;
        found = 1;
    }

    ngx_api_sec_alert_lock(mcf, 0);

    if (found && copy.action != NGX_API_SEC_RECORD) {
        ngx_api_sec_alert_tell(NULL, mcf, &copy);
    }
}


/* The audit, without whom; the spool, with. */

static void
ngx_api_sec_alert_tell(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_alert_t *a)
{
    char                     buf[4096];
    ssize_t                  n;
    api_span_t               text;
    api_writer_t             w;
    ngx_api_sec_behaved_t   *z;

    z = ngx_api_sec_behaved(mcf->behaviors);

    api_writer_init(&w, buf, sizeof(buf));
    ngx_api_sec_alert_json(&w, a, 0);

    if (api_writer_done(&w, &text) == API_OK) {
        (void) ngx_api_sec_audit_note(r, mcf, "alert", text);
    }

    if (mcf->behaviors->spool == NULL) {
        return;
    }

    api_writer_init(&w, buf, sizeof(buf) - 1);
    ngx_api_sec_alert_json(&w, a, 1);

    if (api_writer_done(&w, &text) != API_OK) {
        return;
    }

    buf[text.len] = '\n';

    n = ngx_write_fd(mcf->behaviors->spool->fd, buf, text.len + 1);

    if (n != (ssize_t) text.len + 1
        && ngx_atomic_fetch_add(&z->lost, 1) % 100 == 0)
    {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, n == -1 ? ngx_errno : 0,
                      "an alert could not be written to \"%V\"",
                      &mcf->behaviors->spool->name);
    }
}


static void
ngx_api_sec_alert_member(api_writer_t *w, const char *name,
    const u_char *data, size_t len)
{
    api_writer_name(w, api_span(name, ngx_strlen(name)));
    (void) api_writer_cut(w, api_span(data, len), NGX_API_SEC_ALERT_TEXT);
}


static void
ngx_api_sec_alert_time(api_writer_t *w, const char *name, int64_t t)
{
    u_char    buf[sizeof("2026-11-24T10:00:00Z")];
    ngx_tm_t  tm;

    ngx_gmtime((time_t) t, &tm);

    (void) ngx_snprintf(buf, sizeof(buf), "%4d-%02d-%02dT%02d:%02d:%02dZ",
                        tm.ngx_tm_year, tm.ngx_tm_mon, tm.ngx_tm_mday,
                        tm.ngx_tm_hour, tm.ngx_tm_min, tm.ngx_tm_sec);

    ngx_api_sec_alert_member(w, name, buf, sizeof(buf) - 1);
}


/* The shape that Alertmanager takes. */

static void
ngx_api_sec_alert_json(api_writer_t *w, const ngx_api_sec_alert_t *a,
    ngx_uint_t personal)
{
    u_char            id[17];
    const ngx_str_t  *name;

    (void) ngx_snprintf(id, sizeof(id), "%016xL", (int64_t) a->id);
    name = &ngx_api_sec_behavior_names[a->kind];

    api_writer_object(w);

    api_writer_name(w, API_SPAN("labels"));
    api_writer_object(w);
    ngx_api_sec_alert_member(w, "alertname", name->data, name->len);
    ngx_api_sec_alert_member(w, "fingerprint", id, 16);
    ngx_api_sec_alert_member(w, "severity",
                             (u_char *) (a->kind == NGX_API_SEC_ERRORS
                                         ? "critical" : "warning"),
                             a->kind == NGX_API_SEC_ERRORS ? 8 : 7);
    ngx_api_sec_alert_member(w, "host", a->host, a->len[0]);

    if (a->len[1]) {
        ngx_api_sec_alert_member(w, "operation", a->operation, a->len[1]);
    }

    if (a->kind == NGX_API_SEC_ANOMALY) {
        name = &ngx_api_sec_signals[a->signal];
        ngx_api_sec_alert_member(w, "signal", name->data, name->len);
    }

    api_writer_end(w);

    api_writer_name(w, API_SPAN("annotations"));
    api_writer_object(w);

    if (personal && a->len[2]) {
        ngx_api_sec_alert_member(w, "subject", a->subject, a->len[2]);
    }

    name = &ngx_api_sec_action_names[a->action];
    ngx_api_sec_alert_member(w, "action", name->data, name->len);
    api_writer_name(w, API_SPAN("value"));
    api_writer_uint(w, a->value);
    api_writer_name(w, a->kind == NGX_API_SEC_ANOMALY ? API_SPAN("usual")
                                                      : API_SPAN("over"));
    api_writer_uint(w, a->usual);
    api_writer_name(w, API_SPAN("count"));
    api_writer_uint(w, a->count);
    api_writer_end(w);

    ngx_api_sec_alert_time(w, "startsAt", a->starts);

    if (a->ends) {
        ngx_api_sec_alert_time(w, "endsAt", a->ends);
    }

    api_writer_end(w);
}


ngx_uint_t
ngx_api_sec_alert_section(const ngx_api_door_t *door, ngx_api_admin_t *a)
{
    ngx_uint_t                      i;
    ngx_api_sec_alert_t             copy;
    ngx_api_sec_behaved_t          *z;
    const ngx_api_sec_main_conf_t  *mcf;

    static const ngx_str_t  none =
                            ngx_string("There is no api_behavior configured");

    if (a->path.len) {
        return NGX_HTTP_NOT_FOUND;
    }

    mcf = (const ngx_api_sec_main_conf_t *) door;
    z = ngx_api_sec_behaved(mcf->behaviors);

    if (z == NULL) {
        a->title = none;
        return NGX_HTTP_NOT_FOUND;
    }

    api_writer_array(a->w);

    for (i = 0; i < NGX_API_SEC_ALERTS; i++) {
        ngx_api_sec_alert_lock(mcf, 1);
        copy = z->alerts[i];
        ngx_api_sec_alert_lock(mcf, 0);

        if (copy.id) {
            ngx_api_sec_alert_json(a->w, &copy, 1);
        }
    }

    api_writer_end(a->w);

    return NGX_HTTP_OK;
}


void
ngx_api_sec_alert_metrics(const ngx_api_sec_main_conf_t *mcf,
    api_metrics_t *m)
{
    ngx_uint_t              i, k, n;
    ngx_api_sec_behaved_t  *z;

    z = ngx_api_sec_behaved(mcf->behaviors);

    if (z == NULL) {
        return;
    }

    api_metrics_family(m, API_METRIC_COUNTER, API_SPAN("apisec_alerts"),
                       API_SPAN("Behaviours and anomalies that were seen."));

    for (i = 0; i < NGX_API_SEC_NBEHAVIORS; i++) {
        api_metrics_label(m, API_SPAN("rule"),
                          ngx_api_span(&ngx_api_sec_behavior_names[i]));
        api_metrics_uint(m, z->raised[i]);
    }

    api_metrics_family(m, API_METRIC_COUNTER, API_SPAN("apisec_alerts_held"),
                       API_SPAN("Alerts that were not told: too many in a "
                                "minute."));
    api_metrics_uint(m, z->held);

    api_metrics_family(m, API_METRIC_COUNTER, API_SPAN("apisec_alerts_lost"),
                       API_SPAN("Alerts that the spool did not take."));
    api_metrics_uint(m, z->lost);

    api_metrics_family(m, API_METRIC_GAUGE, API_SPAN("apisec_alerts_active"),
                       API_SPAN("... that are not over."));

    for (i = 0; i < NGX_API_SEC_NBEHAVIORS; i++) {
        for (n = 0, k = 0; k < NGX_API_SEC_ALERTS; k++) {
            n += z->alerts[k].id && z->alerts[k].kind == i
                 && (z->alerts[k].ends == 0
                     || z->alerts[k].ends > ngx_time());
        }

        api_metrics_label(m, API_SPAN("rule"),
                          ngx_api_span(&ngx_api_sec_behavior_names[i]));
        api_metrics_uint(m, n);
    }
}
