
/*
 * Metrics of the inventory.  Labels are of contracts alone: what was learned
 * is in numbers by state.
 */

#include "ngx_api_sec_inventory.h"
#include "api_sensitive.h"


#define NGX_API_SEC_SERIES_MAX    500     /* operations with series */

#define NGX_API_SEC_SERIES_TAKE   4096    /* of a slice: looked through, */
#define NGX_API_SEC_SERIES_WRITE  32      /* written, */
#define NGX_API_SEC_SERIES_JUDGE  128     /* judged */


typedef struct {
    const api_operation_t          *known;
    api_span_t                      spec;
    api_span_t                      host;
    api_inv_counts_t                counts;
} ngx_api_sec_series_op_t;


typedef ngx_uint_t (*ngx_api_sec_series_pt)(const ngx_api_sec_series_op_t *op,
    api_metrics_t *m);

typedef struct {
    api_metric_t                    kind;
    const char                     *name;
    const char                     *help;
    ngx_api_sec_series_pt           write;
} ngx_api_sec_series_family_t;


struct ngx_api_sec_series_s {
    const ngx_api_sec_main_conf_t  *mcf;
    const api_inventory_t          *inv;
    ngx_int_t                     (*step)(ngx_api_sec_series_t *s,
                                      api_metrics_t *m);
    const ngx_api_sec_series_family_t
                                   *family;
    api_inv_op_t                    op;
    ngx_uint_t                      n;        /* written of the family */
    ngx_uint_t                      headed;   /* its head is */
    ngx_uint_t                      nops;
    ngx_uint_t                      states[API_INV_NSTATES];
    ngx_api_sec_series_op_t         ops[NGX_API_SEC_SERIES_MAX];
};


static ngx_int_t ngx_api_sec_series_take(ngx_api_sec_series_t *s,
    api_metrics_t *m);
static ngx_int_t ngx_api_sec_series_write(ngx_api_sec_series_t *s,
    api_metrics_t *m);
static ngx_int_t ngx_api_sec_series_judge(ngx_api_sec_series_t *s,
    api_metrics_t *m);
static void ngx_api_sec_series_totals(ngx_api_sec_series_t *s,
    api_metrics_t *m);
static void ngx_api_sec_series_labels(const ngx_api_sec_series_op_t *op,
    api_metrics_t *m);
static ngx_uint_t ngx_api_sec_series_responses(
    const ngx_api_sec_series_op_t *op, api_metrics_t *m);
static ngx_uint_t ngx_api_sec_series_times(const ngx_api_sec_series_op_t *op,
    api_metrics_t *m);
static ngx_uint_t ngx_api_sec_series_classes(
    const ngx_api_sec_series_op_t *op, api_metrics_t *m);


static const ngx_api_sec_series_family_t  ngx_api_sec_series_families[] = {
    { API_METRIC_COUNTER, "apisec_operation_responses",
      "Requests of an operation of a contract, by the class of the status.",
      ngx_api_sec_series_responses },
    { API_METRIC_HISTOGRAM, "apisec_operation_duration_seconds",
      "How long requests of an operation took.", ngx_api_sec_series_times },
    { API_METRIC_GAUGE, "apisec_operation_sensitive_data",
      "1 for what has been seen in requests and responses of an operation.",
      ngx_api_sec_series_classes },
    { 0, NULL, NULL, NULL }
};


ngx_int_t
ngx_api_sec_inventory_scrape(const ngx_api_sec_main_conf_t *mcf,
    ngx_pool_t *pool, ngx_api_sec_series_t **series)
{
    ngx_api_sec_series_t   *s;
    const api_inventory_t  *inv;

    *series = NULL;
    inv = ngx_api_sec_inventory_at(mcf->inventories);

    if (inv == NULL) {
        return NGX_OK;
    }

    s = ngx_palloc(pool, sizeof(ngx_api_sec_series_t));
    if (s == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(s, offsetof(ngx_api_sec_series_t, ops));

    s->mcf = mcf;
    s->inv = inv;
    s->op = 1;
    s->step = ngx_api_sec_series_take;
    s->family = ngx_api_sec_series_families;

    *series = s;

    return NGX_OK;
}


ngx_int_t
ngx_api_sec_inventory_series(ngx_api_sec_series_t *s, api_metrics_t *m)
{
    return s->step(s, m);
}


/* In one slice, but where there are thousands. */

static ngx_int_t
ngx_api_sec_series_take(ngx_api_sec_series_t *s, api_metrics_t *m)
{
    ngx_uint_t                n;
    api_span_t                spec;
    api_inv_op_t              top;
    api_inv_what_t            what;
    const api_operation_t    *known;
    ngx_api_sec_series_op_t  *op;

    top = api_inventory_top(s->inv);

    for (n = 0;
         s->op <= top && s->nops < NGX_API_SEC_SERIES_MAX;
         n++, s->op++)
    {
        if (n == NGX_API_SEC_SERIES_TAKE) {
            return NGX_AGAIN;
        }

        if (!api_inventory_what(s->inv, s->op, &what, &spec)) {
            continue;
        }

        known = ngx_api_sec_inventory_known(s->mcf, &what, spec);

        if (known) {
            op = &s->ops[s->nops++];
            op->known = known;
            op->spec = spec;
            op->host = what.host;
            api_inventory_counts(s->inv, s->op, &op->counts);
        }
    }

    s->step = ngx_api_sec_series_write;

    return NGX_AGAIN;
}


static ngx_int_t
ngx_api_sec_series_write(ngx_api_sec_series_t *s, api_metrics_t *m)
{
    ngx_uint_t                          n;
    const ngx_api_sec_series_family_t  *f;

    f = s->family;

    if (!s->headed) {
        s->headed = 1;
        api_metrics_family(m, f->kind, api_span(f->name, ngx_strlen(f->name)),
                           api_span(f->help, ngx_strlen(f->help)));
    }

    for (n = 0;
         s->n < s->nops && n < NGX_API_SEC_SERIES_WRITE
         && api_metrics_room(m) >= NGX_API_SEC_SERIES_ROOM;
         s->n++)
    {
        n += f->write(&s->ops[s->n], m);
    }

    if (s->n == s->nops) {
        s->n = 0;
        s->op = 1;
        s->headed = 0;
        s->family++;
        s->step = s->family->name ? ngx_api_sec_series_write
                                  : ngx_api_sec_series_judge;
    }

    return NGX_AGAIN;
}


static ngx_int_t
ngx_api_sec_series_judge(ngx_api_sec_series_t *s, api_metrics_t *m)
{
    ngx_uint_t               n;
    api_span_t               spec;
    api_inv_op_t             top;
    api_inv_what_t           what;
    api_inv_view_t           view;
    const api_operation_t   *known;

    top = api_inventory_top(s->inv);

    for (n = 0; s->op <= top; s->op++) {
        if (n++ == NGX_API_SEC_SERIES_JUDGE) {
            return NGX_AGAIN;
        }

        if (api_inventory_what(s->inv, s->op, &what, &spec)
            && api_inventory_view(s->inv, s->op, &view))
        {
            known = ngx_api_sec_inventory_known(s->mcf, &what, spec);
            s->states[api_inventory_judge(&view, known, false,
                                          ngx_time()).state]++;
        }
    }

    if (api_metrics_room(m) < NGX_API_SEC_SERIES_ROOM) {
        return NGX_AGAIN;
    }

    ngx_api_sec_series_totals(s, m);

    return NGX_OK;
}


static void
ngx_api_sec_series_totals(ngx_api_sec_series_t *s, api_metrics_t *m)
{
    ngx_uint_t        i;
    api_inv_totals_t  totals;

    api_inventory_totals(s->inv, &totals);

    api_metrics_family(m, API_METRIC_GAUGE,
                       API_SPAN("apisec_inventory_operations"),
                       API_SPAN("Operations that were seen, by state."));

    for (i = 0; i < API_INV_NSTATES; i++) {
        api_metrics_label(m, API_SPAN("state"),
                          api_span(api_inv_state_name(i),
                                   ngx_strlen(api_inv_state_name(i))));
        api_metrics_uint(m, s->states[i]);
    }

    api_metrics_family(m, API_METRIC_COUNTER,
                       API_SPAN("apisec_inventory_overflow"),
                       API_SPAN("What found no room in the inventory."));
    api_metrics_uint(m, totals.overflow);

    api_metrics_family(m, API_METRIC_COUNTER,
                       API_SPAN("apisec_inventory_forgotten"),
                       API_SPAN("Learned operations that nobody has called "
                                "for as long as forget= says."));
    api_metrics_uint(m, totals.forgotten);
}


static void
ngx_api_sec_series_labels(const ngx_api_sec_series_op_t *op, api_metrics_t *m)
{
    api_metrics_label(m, API_SPAN("api"), op->spec);
    api_metrics_label(m, API_SPAN("host"), op->host);
    api_metrics_label(m, API_SPAN("operation"), op->known->id);
}


/* They return what it is of a slice. */

static ngx_uint_t
ngx_api_sec_series_responses(const ngx_api_sec_series_op_t *op,
    api_metrics_t *m)
{
    ngx_uint_t  i;

    static const api_span_t  classes[] = {
        { (const uint8_t *) "1xx", 3 },
        { (const uint8_t *) "2xx", 3 },
        { (const uint8_t *) "3xx", 3 },
        { (const uint8_t *) "4xx", 3 },
        { (const uint8_t *) "5xx", 3 }
    };

    for (i = API_INV_1XX; i <= API_INV_5XX; i++) {
        if (op->counts.status[i]) {
            ngx_api_sec_series_labels(op, m);
            api_metrics_label(m, API_SPAN("status"), classes[i]);
            api_metrics_uint(m, op->counts.status[i]);
        }
    }

    return 1;
}


static ngx_uint_t
ngx_api_sec_series_times(const ngx_api_sec_series_op_t *op, api_metrics_t *m)
{
    uint64_t    counts[API_INV_TIMES + 1];
    ngx_uint_t  i;

    for (i = 0; i <= API_INV_TIMES; i++) {
        counts[i] = op->counts.times[i];
    }

    ngx_api_sec_series_labels(op, m);
    api_metrics_histogram(m, api_inv_time_bounds, counts, API_INV_TIMES,
                          (int64_t) op->counts.ms, 3);

    return 1;
}


static ngx_uint_t
ngx_api_sec_series_classes(const ngx_api_sec_series_op_t *op,
    api_metrics_t *m)
{
    uint32_t     bits;
    ngx_uint_t   i, out, n;
    const char  *name;

    for (n = 0, out = 0; out < 2; out++) {
        bits = out ? op->counts.classes_out : op->counts.classes_in;

        for (i = 0; i < API_NSENSITIVE; i++) {
            if (!(bits >> i & 1)) {
                continue;
            }

            name = api_sensitive_name(i);
            n = 1;

            ngx_api_sec_series_labels(op, m);
            api_metrics_label(m, API_SPAN("class"),
                              api_span(name, ngx_strlen(name)));
            api_metrics_label(m, API_SPAN("direction"),
                              out ? API_SPAN("response")
                                  : API_SPAN("request"));
            api_metrics_uint(m, 1);
        }
    }

    return n;
}
