
/*
 * An event into the lane of this process: room, its end, what was lost.
 */

#include "ngx_api_sec_audit.h"


static ngx_api_sec_writer_t *ngx_api_sec_audit_writer(
    const ngx_api_sec_sink_t *sink);
static void ngx_api_sec_audit_end(ngx_api_sec_writer_t *w,
    api_spool_kind_t kind, char *room, size_t len);
static u_char *ngx_api_sec_audit_seal_end(ngx_api_sec_writer_t *w, char *room,
    u_char *p, uint8_t *head);


/* In a process that has never been told to begin: that of master_process off
   behind a reload. */

static ngx_api_sec_writer_t *
ngx_api_sec_audit_writer(const ngx_api_sec_sink_t *sink)
{
    if (sink->writer->own == NULL
        && (ngx_process != NGX_PROCESS_SINGLE
            || ngx_api_sec_writer_start(sink, (ngx_cycle_t *) ngx_cycle)
               != NGX_OK))
    {
        return NULL;
    }

    return sink->writer;
}


char *
ngx_api_sec_audit_begin(const ngx_api_sec_sink_t *sink, ngx_uint_t minor)
{
    char                  *room;
    api_spool_t           *lane;
    ngx_api_sec_writer_t  *w;

    w = ngx_api_sec_audit_writer(sink);
    if (w == NULL) {
        return NULL;
    }

    lane = w->own;

    if (!api_spool_pressed(lane)) {
        ngx_api_sec_audit_gap(w, lane);
    }

    room = api_spool_begin(lane, API_SPOOL_COUNT, API_SPOOL_EVENT);

    if (room == NULL) {
        api_spool_lose(lane, API_SPOOL_OVERFLOW);
        return NULL;
    }

    if (minor && ngx_api_sec_writer_down(w)) {
        api_spool_lose(lane, API_SPOOL_DEGRADED);
        return NULL;
    }

    return room;
}


void
ngx_api_sec_audit_oversize(const ngx_api_sec_sink_t *sink)
{
    api_spool_lose(sink->writer->own, API_SPOOL_OVERSIZE);

    ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                  "api_audit \"%V\": an event does not fit in %d bytes",
                  &sink->name, API_SPOOL_EVENT);
}


void
ngx_api_sec_audit_commit(const ngx_api_sec_sink_t *sink, char *room,
    size_t len)
{
    ngx_api_sec_audit_end(sink->writer, API_SPOOL_COUNT, room, len);
    ngx_api_sec_writer_wake(sink->writer);
}


void
ngx_api_sec_audit_aside(ngx_api_sec_writer_t *w, char *room, size_t len)
{
    ngx_api_sec_audit_end(w, API_SPOOL_ASIDE, room, len);
}


/*
 * The end of the object goes, what ends each event comes in its place.  The
 * lane has the event before its chain is said to have it: who dies between
 * leaves a chain that goes further than was noted.
 */

static void
ngx_api_sec_audit_end(ngx_api_sec_writer_t *w, api_spool_kind_t kind,
    char *room, size_t len)
{
    u_char             *p;
    api_spool_t        *lane = w->own;
    api_spool_place_t   place;

    place = *api_spool_place(lane);
    place.seq++;

    p = ngx_cpymem(room + len - 1, w->tail, w->tail_len);
    p = ngx_sprintf(p, "%uL", place.seq);

    if (w->seal) {
        p = ngx_api_sec_audit_seal_end(w, room, p, place.head);
    }

    *p++ = '}';
    *p++ = LF;

    api_spool_commit(lane, kind, (char *) p - room);
    api_spool_move(lane, &place);
}


/* The first event in a file that was opened anew names the one before it. */

static u_char *
ngx_api_sec_audit_seal_end(ngx_api_sec_writer_t *w, char *room, u_char *p,
    uint8_t *head)
{
    if (w->fresh) {
        w->fresh = 0;

        p = ngx_cpymem(p, ",\"prev\":\"", 9);
        api_seal_text(head, (char *) p);
        p += API_SEAL_TEXT;
        *p++ = '"';
    }

    if (api_seal_next(w->seal, head, api_span(room, (char *) p - room))
        != API_OK)
    {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "api_audit \"%V\": an event could not be sealed",
                      &w->sink->name);
        return p;    /* and verify will say so */
    }

    p = ngx_cpymem(p, ",\"seal\":\"", 9);
    api_seal_text(head, (char *) p);
    p += API_SEAL_TEXT;
    *p++ = '"';

    return p;
}


void
ngx_api_sec_audit_head(api_writer_t *w, const char *kind)
{
    u_char      *p;
    ngx_tm_t     tm;
    ngx_time_t  *tp;

    static u_char  buf[sizeof("\"2026-11-24T10:00:00.123Z\"")];
    static time_t  sec;    /* of the process: a date is good for a second */

    tp = ngx_timeofday();

    if (tp->sec != sec) {
        sec = tp->sec;
        ngx_gmtime(sec, &tm);

        (void) ngx_snprintf(buf, sizeof(buf),
                            "\"%4d-%02d-%02dT%02d:%02d:%02d.000Z\"",
                            tm.ngx_tm_year, tm.ngx_tm_mon, tm.ngx_tm_mday,
                            tm.ngx_tm_hour, tm.ngx_tm_min, tm.ngx_tm_sec);
    }

    p = buf + sizeof("\"2026-11-24T10:00:00.") - 1;
    p[0] = (u_char) ('0' + tp->msec / 100);
    p[1] = (u_char) ('0' + tp->msec / 10 % 10);
    p[2] = (u_char) ('0' + tp->msec % 10);

    api_writer_object(w);
    api_writer_name(w, API_SPAN("v"));
    api_writer_int(w, 1);
    api_writer_name(w, API_SPAN("kind"));
    api_writer_string(w, api_span(kind, ngx_strlen(kind)));
    api_writer_name(w, API_SPAN("time"));
    api_writer_raw(w, api_span(buf, sizeof(buf) - 1));
}


/*
 * "count" is what was lost since the last such event of that chain, "total"
 * since its beginning: an event that comes twice does not count twice.  Of our
 * own losses one tells a second: where each other event is left out, there
 * would be as many of these.
 */

void
ngx_api_sec_audit_gap(ngx_api_sec_writer_t *w, api_spool_t *lane)
{
    char          *room;
    uint64_t       lost;
    api_span_t     text;
    ngx_uint_t     i;
    api_writer_t   out;

    lost = api_spool_lost(lane);

    if (!api_spool_untold(lane)
        || (lane == w->own && w->gapped == ngx_time() && !w->ending))
    {
        return;
    }

    room = api_spool_begin(w->own, API_SPOOL_ASIDE, API_SPOOL_EVENT);

    if (room == NULL) {
        return;
    }

    api_writer_init(&out, room, API_SPOOL_EVENT - NGX_API_SEC_EVENT_TAIL);
    ngx_api_sec_audit_head(&out, "gap");

    api_writer_name(&out, API_SPAN("gap"));
    api_writer_object(&out);
    api_writer_name(&out, API_SPAN("chain"));
    api_writer_string(&out, api_span(api_spool_place(lane)->chain,
                                     API_SEAL_CHAIN));
    api_writer_name(&out, API_SPAN("count"));
    api_writer_uint(&out, lost - lane->told);
    api_writer_name(&out, API_SPAN("total"));
    api_writer_uint(&out, lost);
    api_writer_name(&out, API_SPAN("causes"));
    api_writer_object(&out);

    for (i = 0; i < API_SPOOL_NCAUSES; i++) {
        if (lane->lost[i]) {
            api_writer_name(&out, api_span(api_spool_causes[i],
                                           ngx_strlen(api_spool_causes[i])));
            api_writer_uint(&out, lane->lost[i]);
        }
    }

    api_writer_end(&out);
    api_writer_end(&out);
    api_writer_end(&out);

    if (api_writer_done(&out, &text) == API_OK) {
        ngx_api_sec_audit_end(w, API_SPOOL_ASIDE, room, text.len);
        lane->told = lost;
        w->gapped = lane == w->own ? ngx_time() : w->gapped;
        ngx_api_sec_writer_wake(w);
    }
}
