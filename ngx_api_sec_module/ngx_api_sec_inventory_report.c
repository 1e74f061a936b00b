
/*
 * The inventory at api_status, and as metrics.
 *
 *     inventory                 operations: ?after=ID&limit=N&state=NAME
 *     inventory/ID              one of them
 *     inventory/openapi         OpenAPI 3.1 of what was learned
 *     inventory/overlay         ... of what no contract has, as an Overlay
 */

#include "ngx_api_sec_inventory.h"
#include "ngx_api_page.h"
#include "api_sensitive.h"


#define NGX_API_SEC_INVENTORY_LIMIT   100
#define NGX_API_SEC_INVENTORY_MAX     1000000
#define NGX_API_SEC_INVENTORY_SERIES  500    /* operations with metrics */


/* Which operations of contracts are in the inventory: by its number. */

typedef struct {
    const api_inventory_t      *inv;
    const api_operation_t     **known;
    api_inv_op_t                top;
} ngx_api_sec_catalog_t;


static ngx_int_t ngx_api_sec_catalog(const ngx_api_sec_main_conf_t *mcf,
    const api_inventory_t *inv, ngx_pool_t *pool, ngx_api_sec_catalog_t *cat);
static void ngx_api_sec_catalog_spec(const ngx_api_sec_spec_t *spec,
    ngx_api_sec_catalog_t *cat);
static ngx_uint_t ngx_api_sec_inventory_list(
    const ngx_api_sec_main_conf_t *mcf, ngx_api_admin_t *a,
    const ngx_api_sec_catalog_t *cat);
static api_inv_op_t ngx_api_sec_inventory_items(ngx_api_admin_t *a,
    const ngx_api_sec_catalog_t *cat, ngx_uint_t wanted);
static ngx_uint_t ngx_api_sec_inventory_one(ngx_api_admin_t *a,
    const ngx_api_sec_catalog_t *cat);
static void ngx_api_sec_inventory_orphans(const ngx_api_sec_main_conf_t *mcf,
    ngx_api_admin_t *a, const ngx_api_sec_catalog_t *cat);
static ngx_uint_t ngx_api_sec_orphan(const ngx_api_sec_catalog_t *cat,
    const api_operation_t *op);
static void ngx_api_sec_inventory_series(const ngx_api_sec_catalog_t *cat,
    api_metrics_t *m);
static ngx_uint_t ngx_api_sec_inventory_labels(
    const ngx_api_sec_catalog_t *cat, api_inv_op_t op, api_inv_view_t *view,
    api_metrics_t *m, ngx_uint_t write);


ngx_uint_t
ngx_api_sec_inventory_section(const ngx_api_door_t *door, ngx_api_admin_t *a)
{
    int                             rc;
    const api_inventory_t          *inv;
    ngx_api_sec_catalog_t           cat;
    const ngx_api_sec_main_conf_t  *mcf;

    static const ngx_str_t  none =
                           ngx_string("There is no api_inventory configured");

    mcf = (const ngx_api_sec_main_conf_t *) door;
    inv = ngx_api_sec_inventory_at(mcf->inventories);

    if (inv == NULL) {
        a->title = none;
        return NGX_HTTP_NOT_FOUND;
    }

    if (api_span_eq(ngx_api_span(&a->path), API_SPAN("openapi"))) {
        rc = api_inventory_openapi(inv, api_span(NULL, 0), false, a->w,
                                   api_sensitive_name);
        return rc == API_OK || rc == API_LIMIT
               ? NGX_HTTP_OK : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (api_span_eq(ngx_api_span(&a->path), API_SPAN("overlay"))) {
        rc = api_inventory_overlay(inv, api_span(NULL, 0), a->w,
                                   api_sensitive_name);
        return rc == API_OK || rc == API_LIMIT
               ? NGX_HTTP_OK : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_api_sec_catalog(mcf, inv, a->r->pool, &cat) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return a->path.len ? ngx_api_sec_inventory_one(a, &cat)
                       : ngx_api_sec_inventory_list(mcf, a, &cat);
}


static ngx_int_t
ngx_api_sec_catalog(const ngx_api_sec_main_conf_t *mcf,
    const api_inventory_t *inv, ngx_pool_t *pool, ngx_api_sec_catalog_t *cat)
{
    ngx_uint_t                    i;
    ngx_api_sec_spec_t * const   *spec;

    cat->inv = inv;
    cat->top = api_inventory_top(inv);
    cat->known = ngx_pcalloc(pool, (cat->top + 1) * sizeof(void *));

    if (cat->known == NULL) {
        return NGX_ERROR;
    }

    spec = mcf->specs->specs.elts;

    for (i = 0; i < mcf->specs->specs.nelts; i++) {
        ngx_api_sec_catalog_spec(spec[i], cat);
    }

    return NGX_OK;
}


/* An operation may be served by several servers. */

static void
ngx_api_sec_catalog_spec(const ngx_api_sec_spec_t *spec,
    ngx_api_sec_catalog_t *cat)
{
    uint32_t                 n;
    api_inv_op_t             op;
    api_inv_view_t           view;
    const api_operation_t   *known;

    for (op = 1; op <= cat->top; op++) {
        if (!api_inventory_view(cat->inv, op, &view)
            || !api_span_eq(view.spec, ngx_api_span(&spec->name)))
        {
            continue;
        }

        for (n = 0; n < api_openapi_count(spec->doc); n++) {
            known = api_openapi_at(spec->doc, n);

            if (known->method == view.method
                && api_span_eq(known->route, view.template))
            {
                cat->known[op] = known;
                break;
            }
        }
    }
}


static ngx_uint_t
ngx_api_sec_inventory_list(const ngx_api_sec_main_conf_t *mcf,
    ngx_api_admin_t *a, const ngx_api_sec_catalog_t *cat)
{
    ngx_str_t                       value;
    ngx_uint_t                      wanted;
    api_inv_op_t                    op;
    api_inv_totals_t                totals;
    ngx_api_sec_inventory_zone_t   *zone;

    static const ngx_str_t  states =
                 ngx_string("state= is documented, shadow, zombie or orphan");

    wanted = API_INV_NSTATES;

    if (ngx_http_arg(a->r, (u_char *) "state", 5, &value) == NGX_OK) {
        wanted = api_inv_state_of(ngx_api_span(&value));

        if (wanted == API_INV_NSTATES) {
            a->title = states;
            return NGX_HTTP_BAD_REQUEST;
        }
    }

    zone = ngx_api_sec_inventory_head(mcf->inventories);
    api_inventory_totals(cat->inv, &totals);

    api_writer_object(a->w);
    api_inventory_json_totals(a->w, &totals);
    api_writer_name(a->w, API_SPAN("saves"));
    api_writer_uint(a->w, zone->saves);
    api_writer_name(a->w, API_SPAN("save_failures"));
    api_writer_uint(a->w, zone->failures);
    api_writer_name(a->w, API_SPAN("items"));
    api_writer_array(a->w);

    op = ngx_api_sec_inventory_items(a, cat, wanted);

    if (op == 0 && (wanted == API_INV_NSTATES || wanted == API_INV_ORPHAN)) {
        ngx_api_sec_inventory_orphans(mcf, a, cat);
    }

    api_writer_end(a->w);
    ngx_api_admin_next(a, op);
    api_writer_end(a->w);

    return NGX_HTTP_OK;
}


/* The last that was written when there may be more, else 0. */

static api_inv_op_t
ngx_api_sec_inventory_items(ngx_api_admin_t *a,
    const ngx_api_sec_catalog_t *cat, ngx_uint_t wanted)
{
    uint64_t            limit, n;
    api_inv_op_t        op;
    api_inv_view_t      view;
    api_inv_verdict_t   verdict;

    op = (api_inv_op_t) ngx_api_admin_number(a, "after", 0,
                                             NGX_API_SEC_INVENTORY_MAX);
    limit = ngx_api_admin_number(a, "limit", NGX_API_SEC_INVENTORY_LIMIT,
                                 NGX_API_SEC_INVENTORY_MAX);

    for (n = 0, op++; op <= cat->top; op++) {
        if (n == limit) {
            return op - 1;
        }

        if (!api_inventory_view(cat->inv, op, &view)) {
            continue;
        }

        verdict = api_inventory_judge(&view, cat->known[op], false,
                                      ngx_time());

        if (wanted == API_INV_NSTATES || wanted == verdict.state) {
            api_inventory_json(a->w, &view, &verdict, api_sensitive_name);
            n++;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_api_sec_inventory_one(ngx_api_admin_t *a,
    const ngx_api_sec_catalog_t *cat)
{
    u_char              id[17];
    api_inv_op_t        op;
    api_inv_view_t      view;
    api_inv_verdict_t   verdict;

    static const ngx_str_t  none = ngx_string("There is no such operation");

    for (op = 1; op <= cat->top; op++) {
        if (!api_inventory_view(cat->inv, op, &view)) {
            continue;
        }

        (void) ngx_snprintf(id, sizeof(id), "%016xL", (int64_t) view.id);

        if (a->path.len == 16 && ngx_memcmp(a->path.data, id, 16) == 0) {
            verdict = api_inventory_judge(&view, cat->known[op], false,
                                          ngx_time());
            api_inventory_json(a->w, &view, &verdict, api_sensitive_name);
            return NGX_HTTP_OK;
        }
    }

    a->title = none;

    return NGX_HTTP_NOT_FOUND;
}


/* Operations of contracts that nobody has called at all. */

static void
ngx_api_sec_inventory_orphans(const ngx_api_sec_main_conf_t *mcf,
    ngx_api_admin_t *a, const ngx_api_sec_catalog_t *cat)
{
    uint32_t                      n;
    ngx_uint_t                    i;
    const api_operation_t        *op;
    ngx_api_sec_spec_t * const   *spec;

    spec = mcf->specs->specs.elts;

    for (i = 0; i < mcf->specs->specs.nelts; i++) {
        for (n = 0; n < api_openapi_count(spec[i]->doc); n++) {
            op = api_openapi_at(spec[i]->doc, n);

            if (ngx_api_sec_orphan(cat, op)) {
                api_inventory_json_orphan(a->w, op,
                                          ngx_api_span(&spec[i]->name));
            }
        }
    }
}


static ngx_uint_t
ngx_api_sec_orphan(const ngx_api_sec_catalog_t *cat,
    const api_operation_t *op)
{
    api_inv_op_t  at;

    for (at = 1; at <= cat->top; at++) {
        if (cat->known[at] == op) {
            return 0;
        }
    }

    return 1;
}


void
ngx_api_sec_inventory_metrics(const ngx_api_sec_main_conf_t *mcf,
    api_metrics_t *m)
{
    uint64_t                counts[API_INV_NSTATES];
    ngx_pool_t             *pool;
    ngx_uint_t              i;
    api_inv_op_t            op;
    api_inv_view_t          view;
    api_inv_totals_t        totals;
    api_inv_verdict_t       verdict;
    const api_inventory_t  *inv;
    ngx_api_sec_catalog_t   cat;

    inv = ngx_api_sec_inventory_at(mcf->inventories);
    if (inv == NULL) {
        return;
    }

    pool = ngx_create_pool(16384, ngx_cycle->log);
    if (pool == NULL) {
        return;
    }

    if (ngx_api_sec_catalog(mcf, inv, pool, &cat) != NGX_OK) {
        ngx_destroy_pool(pool);
        return;
    }

    ngx_memzero(counts, sizeof(counts));
    api_inventory_totals(inv, &totals);

    for (op = 1; op <= cat.top; op++) {
        if (api_inventory_view(inv, op, &view)) {
            verdict = api_inventory_judge(&view, cat.known[op], false,
                                          ngx_time());
            counts[verdict.state]++;
        }
    }

    api_metrics_family(m, API_METRIC_GAUGE,
                       API_SPAN("apisec_inventory_operations"),
                       API_SPAN("Operations that were seen, by state."));

    for (i = 0; i < API_INV_NSTATES; i++) {
        api_metrics_label(m, API_SPAN("state"),
                          api_span(api_inv_state_name(i),
                                   ngx_strlen(api_inv_state_name(i))));
        api_metrics_uint(m, counts[i]);
    }

    api_metrics_family(m, API_METRIC_COUNTER,
                       API_SPAN("apisec_inventory_overflow"),
                       API_SPAN("What found no room in the inventory."));
    api_metrics_uint(m, totals.overflow);

    ngx_api_sec_inventory_series(&cat, m);
    ngx_destroy_pool(pool);
}


/* Labels are of contracts alone; all other operations are one. */

static ngx_uint_t
ngx_api_sec_inventory_labels(const ngx_api_sec_catalog_t *cat,
    api_inv_op_t op, api_inv_view_t *view, api_metrics_t *m, ngx_uint_t write)
{
    if (cat->known[op] == NULL || !api_inventory_view(cat->inv, op, view)) {
        return 0;
    }

    if (write) {
        api_metrics_label(m, API_SPAN("api"), view->spec);
        api_metrics_label(m, API_SPAN("host"), view->host);
        api_metrics_label(m, API_SPAN("operation"), cat->known[op]->id);
    }

    return 1;
}


static void
ngx_api_sec_inventory_series(const ngx_api_sec_catalog_t *cat,
    api_metrics_t *m)
{
    uint64_t        counts[API_INV_TIMES + 1];
    ngx_uint_t      i, n;
    api_inv_op_t    op;
    api_inv_view_t  view;

    static const api_span_t  classes[] = {
        { (const uint8_t *) "1xx", 3 },
        { (const uint8_t *) "2xx", 3 },
        { (const uint8_t *) "3xx", 3 },
        { (const uint8_t *) "4xx", 3 },
        { (const uint8_t *) "5xx", 3 }
    };

    api_metrics_family(m, API_METRIC_COUNTER,
                       API_SPAN("apisec_operation_responses"),
                       API_SPAN("Requests of an operation of a contract, by "
                                "the class of the status."));

    for (n = 0, op = 1;
         op <= cat->top && n < NGX_API_SEC_INVENTORY_SERIES;
         op++)
    {
        if (!ngx_api_sec_inventory_labels(cat, op, &view, m, 0)) {
            continue;
        }

        n++;

        for (i = API_INV_1XX; i <= API_INV_5XX; i++) {
            if (view.status[i]) {
                (void) ngx_api_sec_inventory_labels(cat, op, &view, m, 1);
                api_metrics_label(m, API_SPAN("status"), classes[i]);
                api_metrics_uint(m, view.status[i]);
            }
        }
    }

    api_metrics_family(m, API_METRIC_HISTOGRAM,
                       API_SPAN("apisec_operation_duration_seconds"),
                       API_SPAN("How long requests of an operation took."));

    for (n = 0, op = 1;
         op <= cat->top && n < NGX_API_SEC_INVENTORY_SERIES;
         op++)
    {
        if (!ngx_api_sec_inventory_labels(cat, op, &view, m, 1)) {
            continue;
        }

        n++;

        for (i = 0; i <= API_INV_TIMES; i++) {
            counts[i] = view.times[i];
        }

        api_metrics_histogram(m, api_inv_time_bounds, counts, API_INV_TIMES,
                              (int64_t) view.ms, 3);
    }
}
