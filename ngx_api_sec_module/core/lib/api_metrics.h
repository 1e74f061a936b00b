/*
 * Writes metrics into a fixed buffer: the Prometheus text format 0.0.4, or
 * OpenMetrics 1.0 where the reader asks for it.
 *
 *     api_metrics_init(&m, buf, sizeof(buf), API_METRICS_PROMETHEUS);
 *     api_metrics_family(&m, API_METRIC_COUNTER, API_SPAN("apisec_requests"),
 *         API_SPAN("Requests decided, by verdict."));
 *     api_metrics_label(&m, API_SPAN("verdict"), API_SPAN("deny"));
 *     api_metrics_uint(&m, 17);
 *     rc = api_metrics_done(&m, &text);
 *
 * Names of families begin with apisec_ and go without _total: counters get it
 * from here, as each of the two formats wants it.  All samples of a family
 * stand behind one api_metrics_family: a family belongs to one module.
 *
 * A line that does not fit is not written and is remembered, a call that the
 * format does not allow (a bad name, a family twice, a sample without one) is
 * ignored and remembered: callers look once, at the end.  No memory is taken.
 */

#ifndef API_METRICS_H
#define API_METRICS_H

#include "api_base.h"


typedef enum {
    API_METRICS_PROMETHEUS,
    API_METRICS_OPENMETRICS
} api_metrics_format_t;

typedef enum {
    API_METRIC_COUNTER, /* only grows, but for restarts */
    API_METRIC_GAUGE,
    API_METRIC_HISTOGRAM
} api_metric_t;

#define API_METRICS_LABELS 768   /* bytes of the labels of one sample */
#define API_METRICS_VALUE 160    /* ... of the value of one, as written */
#define API_METRICS_FAMILIES 160 /* of one text */

typedef struct {
    char                *start;
    char                *pos;
    char                *end;
    api_metrics_format_t format;
    api_metric_t         kind;
    api_span_t           name; /* of the family; the caller's bytes */
    uint64_t             families[API_METRICS_FAMILIES]; /* hashes of names */
    size_t               nfamilies;
    size_t               nlabels;
    char                 labels[API_METRICS_LABELS]; /* of the next sample */
    unsigned             full : 1;
    unsigned             misused : 1;
} api_metrics_t;


void api_metrics_init(
    api_metrics_t *m, char *buf, size_t size, api_metrics_format_t format);

/* name and help stay where they are until the next family. */

void api_metrics_family(
    api_metrics_t *m, api_metric_t kind, api_span_t name, api_span_t help);

/*
 * A label of the next sample.  Any bytes: what is not UTF-8 becomes "?", and
 * what is longer than API_METRICS_VALUE, as it is written, is cut and ends in
 * "~" and a hash of it.  Values come from the configuration and from documents
 * it names, never from requests: each is a series.  The hash is no secret: who
 * writes two values can make them one, and the series stands twice then.
 */

void api_metrics_label(api_metrics_t *m, api_span_t name, api_span_t value);

/* Samples of counters and gauges. */

void api_metrics_uint(api_metrics_t *m, uint64_t v);
void api_metrics_int(api_metrics_t *m, int64_t v);

/* v / 10^decimals, at most 9 of them: seconds from milliseconds with 3. */

void api_metrics_fixed(api_metrics_t *m, int64_t v, unsigned decimals);

/*
 * All samples of a histogram with the labels given: bounds[i] / 10^decimals
 * are the upper bounds, growing, and counts[i] how many lie in that bucket
 * alone; counts has one more, what lies above.  sum has the same decimals.
 */

void api_metrics_histogram(api_metrics_t *m, const int64_t *bounds,
    const uint64_t *counts, size_t n, int64_t sum, unsigned decimals);

/* Bytes that may still be written. */

static inline size_t
api_metrics_room(const api_metrics_t *m)
{
    return (size_t) (m->end - m->pos);
}

/* Go on in another buffer, for a text that is made in pieces: what stands in
   the one before is returned.  Not when something did not fit. */

api_span_t api_metrics_onward(api_metrics_t *m, char *buf, size_t size);

/*
 * API_OK and the text; API_LIMIT when something did not fit, API_INTERNAL
 * after misuse.  *out is set in the first case only.
 */

int api_metrics_done(api_metrics_t *m, api_span_t *out);


#endif /* API_METRICS_H */
