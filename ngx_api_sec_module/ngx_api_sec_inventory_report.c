
/*
 * The inventory at api_status.
 *
 *     inventory                 operations: ?after=ID&limit=N&state=NAME
 *     inventory/ID              one of them
 *     inventory/openapi         OpenAPI 3.1 of what was learned
 *     inventory/overlay         ... of what no contract has, as an Overlay
 *
 * All but one of them are made in slices.  An operation is told as it is at
 * one moment, and which there are as of the first slice.
 */

#include "ngx_api_sec_inventory.h"
#include "ngx_api_sec_status.h"
#include "ngx_api_page.h"
#include "api_sensitive.h"


#define NGX_API_SEC_INVENTORY_LIMIT   100
#define NGX_API_SEC_INVENTORY_MAX     1000000

#define NGX_API_SEC_INVENTORY_WRITE   16      /* of a slice: written, */
#define NGX_API_SEC_INVENTORY_LOOK    128     /* looked at, */
#define NGX_API_SEC_INVENTORY_MARK    1024    /* and only marked */


/* A list that is being made. */

typedef struct {
    const ngx_api_sec_main_conf_t  *mcf;
    const api_inventory_t          *inv;
    ngx_int_t                     (*step)(ngx_api_admin_t *a);
    ngx_uint_t                      wanted;   /* API_INV_NSTATES: all */
    uint64_t                        limit;
    uint64_t                        n;
    api_inv_op_t                    top;
    api_inv_op_t                    op;
    api_inv_op_t                    next;     /* 0: that was the last */

    u_char                        **called;   /* by contract, by operation */
    ngx_uint_t                      spec;
    uint32_t                        orphan;
} ngx_api_sec_listing_t;


typedef struct {
    api_inv_export_t                export;
    ngx_uint_t                      overlay;
} ngx_api_sec_export_t;


static ngx_uint_t ngx_api_sec_inventory_export(const api_inventory_t *inv,
    ngx_api_admin_t *a, ngx_uint_t overlay);
static ngx_int_t ngx_api_sec_inventory_export_slice(ngx_api_admin_t *a);
static ngx_uint_t ngx_api_sec_inventory_list(
    const ngx_api_sec_main_conf_t *mcf, ngx_api_admin_t *a,
    const api_inventory_t *inv);
static void ngx_api_sec_inventory_head_of(ngx_api_admin_t *a,
    const ngx_api_sec_listing_t *l);
static ngx_int_t ngx_api_sec_inventory_slice(ngx_api_admin_t *a);
static ngx_int_t ngx_api_sec_inventory_items(ngx_api_admin_t *a);
static ngx_int_t ngx_api_sec_inventory_mark(ngx_api_admin_t *a);
static ngx_int_t ngx_api_sec_inventory_orphans(ngx_api_admin_t *a);
static ngx_int_t ngx_api_sec_inventory_called(ngx_api_admin_t *a,
    ngx_api_sec_listing_t *l);
static const ngx_api_sec_spec_t *ngx_api_sec_inventory_spec(
    const ngx_api_sec_main_conf_t *mcf, api_span_t name, ngx_uint_t *n);
static ngx_uint_t ngx_api_sec_inventory_one(
    const ngx_api_sec_main_conf_t *mcf, ngx_api_admin_t *a,
    const api_inventory_t *inv);
static ngx_uint_t ngx_api_sec_inventory_told(
    const ngx_api_sec_main_conf_t *mcf, const api_inventory_t *inv,
    api_inv_op_t op, api_inv_view_t *view, api_inv_verdict_t *verdict);


ngx_uint_t
ngx_api_sec_inventory_section(const ngx_api_door_t *door, ngx_api_admin_t *a)
{
    const api_inventory_t          *inv;
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
        return ngx_api_sec_inventory_export(inv, a, 0);
    }

    if (api_span_eq(ngx_api_span(&a->path), API_SPAN("overlay"))) {
        return ngx_api_sec_inventory_export(inv, a, 1);
    }

    return a->path.len ? ngx_api_sec_inventory_one(mcf, a, inv)
                       : ngx_api_sec_inventory_list(mcf, a, inv);
}


const api_operation_t *
ngx_api_sec_inventory_known(const ngx_api_sec_main_conf_t *mcf,
    const api_inv_what_t *what, api_span_t name)
{
    ngx_uint_t                 n;
    const ngx_api_sec_spec_t  *spec;

    spec = ngx_api_sec_inventory_spec(mcf, name, &n);

    return spec ? api_openapi_served(spec->doc, what->template, what->method)
                : NULL;
}


static const ngx_api_sec_spec_t *
ngx_api_sec_inventory_spec(const ngx_api_sec_main_conf_t *mcf,
    api_span_t name, ngx_uint_t *n)
{
    ngx_uint_t                    i;
    ngx_api_sec_spec_t * const   *spec;

    spec = mcf->specs->specs.elts;

    for (i = 0; name.len && i < mcf->specs->specs.nelts; i++) {
        if (api_span_eq(name, ngx_api_span(&spec[i]->name))) {
            *n = i;
            return spec[i];
        }
    }

    return NULL;
}


static ngx_uint_t
ngx_api_sec_inventory_export(const api_inventory_t *inv, ngx_api_admin_t *a,
    ngx_uint_t overlay)
{
    ngx_api_sec_export_t  *x;

    x = ngx_palloc(a->r->pool, sizeof(ngx_api_sec_export_t));
    if (x == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    x->overlay = overlay;
    api_inventory_export(&x->export, inv, overlay, a->w);

    a->slice = ngx_api_sec_inventory_export_slice;
    a->data = x;

    return NGX_HTTP_OK;
}


static ngx_int_t
ngx_api_sec_inventory_export_slice(ngx_api_admin_t *a)
{
    ngx_uint_t              n;
    api_writer_mark_t       mark;
    ngx_api_sec_export_t   *x;
    api_inv_export_t        before;

    x = a->data;

    /* a path looks for its other methods among all operations */

    for (n = 0;
         n < NGX_API_SEC_INVENTORY_WRITE;
         n += 1 + x->export.top / 512)
    {
        if (api_writer_room(a->w) < NGX_API_ADMIN_ITEM) {
            return NGX_AGAIN;
        }

        before = x->export;
        mark = api_writer_mark(a->w);

        if (!api_inventory_export_next(&x->export, a->w,
                                       NGX_API_SEC_INVENTORY_MARK,
                                       api_sensitive_name))
        {
            api_inventory_export_end(a->w);
            return NGX_OK;
        }

        if (api_writer_full(a->w)) {
            api_writer_rewind(a->w, mark);
            x->export = before;
            a->again = 1;
            return NGX_AGAIN;
        }

        /* it has only looked */

        if (a->w->pos == mark.pos) {
            return NGX_AGAIN;
        }
    }

    return NGX_AGAIN;
}


static ngx_uint_t
ngx_api_sec_inventory_list(const ngx_api_sec_main_conf_t *mcf,
    ngx_api_admin_t *a, const api_inventory_t *inv)
{
    ngx_str_t               value;
    ngx_api_sec_listing_t  *l;

    static const ngx_str_t  states =
                 ngx_string("state= is documented, shadow, zombie or orphan");

    l = ngx_pcalloc(a->r->pool, sizeof(ngx_api_sec_listing_t));
    if (l == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    l->wanted = API_INV_NSTATES;

    if (ngx_http_arg(a->r, (u_char *) "state", 5, &value) == NGX_OK) {
        l->wanted = api_inv_state_of(ngx_api_span(&value));

        if (l->wanted == API_INV_NSTATES) {
            a->title = states;
            return NGX_HTTP_BAD_REQUEST;
        }
    }

    l->mcf = mcf;
    l->inv = inv;
    l->top = api_inventory_top(inv);
    l->op = (api_inv_op_t) ngx_api_admin_number(a, "after", 0,
                                                NGX_API_SEC_INVENTORY_MAX)
            + 1;
    l->limit = ngx_api_admin_number(a, "limit", NGX_API_SEC_INVENTORY_LIMIT,
                                    NGX_API_SEC_INVENTORY_MAX);
    l->step = ngx_api_sec_inventory_items;

    ngx_api_sec_inventory_head_of(a, l);

    a->slice = ngx_api_sec_inventory_slice;
    a->data = l;

    return NGX_HTTP_OK;
}


static void
ngx_api_sec_inventory_head_of(ngx_api_admin_t *a,
    const ngx_api_sec_listing_t *l)
{
    api_inv_totals_t               totals;
    ngx_api_sec_inventory_zone_t  *zone;

    zone = ngx_api_sec_inventory_head(l->mcf->inventories);
    api_inventory_totals(l->inv, &totals);

    api_writer_object(a->w);
    api_inventory_json_totals(a->w, &totals);
    api_writer_name(a->w, API_SPAN("saves"));
    api_writer_uint(a->w, zone->saves);
    api_writer_name(a->w, API_SPAN("save_failures"));
    api_writer_uint(a->w, zone->failures);
    api_writer_name(a->w, API_SPAN("items"));
    api_writer_array(a->w);
}


static ngx_int_t
ngx_api_sec_inventory_slice(ngx_api_admin_t *a)
{
    ngx_int_t               rc;
    ngx_api_sec_listing_t  *l;

    l = a->data;
    rc = l->step(a);

    if (rc != NGX_OK) {
        return rc;
    }

    api_writer_end(a->w);
    ngx_api_admin_next(a, l->next);
    api_writer_end(a->w);

    return NGX_OK;
}


/* A page has an end: so many, or so many bytes. */

static ngx_int_t
ngx_api_sec_inventory_items(ngx_api_admin_t *a)
{
    ngx_uint_t              n, written;
    api_inv_view_t          view;
    api_inv_verdict_t       verdict;
    api_writer_mark_t       mark;
    ngx_api_sec_listing_t  *l;

    l = a->data;
    written = 0;

    for (n = 0; l->op <= l->top; l->op++) {
        if (l->n == l->limit || a->sent >= NGX_API_ADMIN_MAX) {
            l->next = l->op - 1;
            return NGX_OK;
        }

        if (n++ == NGX_API_SEC_INVENTORY_LOOK
            || written == NGX_API_SEC_INVENTORY_WRITE
            || api_writer_room(a->w) < NGX_API_ADMIN_ITEM)
        {
            return NGX_AGAIN;
        }

        if (!ngx_api_sec_inventory_told(l->mcf, l->inv, l->op, &view,
                                        &verdict)
            || (l->wanted != API_INV_NSTATES && l->wanted != verdict.state))
        {
            continue;
        }

        mark = api_writer_mark(a->w);
        api_inventory_json(a->w, &view, &verdict, api_sensitive_name);

        if (api_writer_full(a->w)) {
            api_writer_rewind(a->w, mark);
            a->again = 1;
            return NGX_AGAIN;
        }

        l->n++;
        written++;
    }

    if (l->wanted != API_INV_NSTATES && l->wanted != API_INV_ORPHAN) {
        return NGX_OK;
    }

    l->op = 1;
    l->step = ngx_api_sec_inventory_mark;

    return ngx_api_sec_inventory_called(a, l);
}


/* Marks for the operations of contracts that have been called. */

static ngx_int_t
ngx_api_sec_inventory_called(ngx_api_admin_t *a, ngx_api_sec_listing_t *l)
{
    ngx_uint_t                    i;
    ngx_api_sec_spec_t * const   *spec;

    spec = l->mcf->specs->specs.elts;

    i = l->mcf->specs->specs.nelts + 1;
    l->called = ngx_palloc(a->r->pool, i * sizeof(u_char *));

    if (l->called == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < l->mcf->specs->specs.nelts; i++) {
        l->called[i] = ngx_pcalloc(a->r->pool,
                                   api_openapi_count(spec[i]->doc) + 1);
        if (l->called[i] == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_AGAIN;
}


static ngx_int_t
ngx_api_sec_inventory_mark(ngx_api_admin_t *a)
{
    ngx_uint_t                  i, n;
    api_span_t                  name;
    api_inv_what_t              what;
    ngx_api_sec_listing_t      *l;
    const api_operation_t      *known;
    const ngx_api_sec_spec_t   *spec;

    l = a->data;

    for (n = 0; l->op <= l->top; l->op++) {
        if (n++ == NGX_API_SEC_INVENTORY_MARK) {
            return NGX_AGAIN;
        }

        if (!api_inventory_what(l->inv, l->op, &what, &name)) {
            continue;
        }

        spec = ngx_api_sec_inventory_spec(l->mcf, name, &i);
        known = spec ? api_openapi_served(spec->doc, what.template,
                                          what.method)
                     : NULL;

        if (known) {
            l->called[i][known->index] = 1;
        }
    }

    l->step = ngx_api_sec_inventory_orphans;

    return NGX_AGAIN;
}


/* Operations of contracts that nobody has called at all. */

static ngx_int_t
ngx_api_sec_inventory_orphans(ngx_api_admin_t *a)
{
    ngx_uint_t                    n;
    api_writer_mark_t             mark;
    ngx_api_sec_listing_t        *l;
    ngx_api_sec_spec_t * const   *spec;

    l = a->data;
    spec = l->mcf->specs->specs.elts;

    n = 0;

    while (l->spec < l->mcf->specs->specs.nelts) {
        if (l->orphan == api_openapi_count(spec[l->spec]->doc)) {
            l->spec++;
            l->orphan = 0;
            continue;
        }

        if (n++ == NGX_API_SEC_INVENTORY_LOOK
            || api_writer_room(a->w) < NGX_API_ADMIN_ITEM)
        {
            return NGX_AGAIN;
        }

        if (!l->called[l->spec][l->orphan]) {
            mark = api_writer_mark(a->w);
            api_inventory_json_orphan(a->w,
                                      api_openapi_at(spec[l->spec]->doc,
                                                     l->orphan),
                                      ngx_api_span(&spec[l->spec]->name));

            if (api_writer_full(a->w)) {
                api_writer_rewind(a->w, mark);
                a->again = 1;
                return NGX_AGAIN;
            }
        }

        l->orphan++;
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_api_sec_inventory_one(const ngx_api_sec_main_conf_t *mcf,
    ngx_api_admin_t *a, const api_inventory_t *inv)
{
    u_char              id[17];
    api_inv_op_t        op, top;
    api_inv_view_t      view;
    api_inv_verdict_t   verdict;

    static const ngx_str_t  none = ngx_string("There is no such operation");

    top = api_inventory_top(inv);

    for (op = a->path.len == 16 ? 1 : top + 1; op <= top; op++) {
        (void) ngx_snprintf(id, sizeof(id), "%016xL",
                            (int64_t) api_inventory_id(inv, op));

        if (ngx_memcmp(a->path.data, id, 16) == 0
            && ngx_api_sec_inventory_told(mcf, inv, op, &view, &verdict))
        {
            api_inventory_json(a->w, &view, &verdict, api_sensitive_name);
            return NGX_HTTP_OK;
        }
    }

    a->title = none;

    return NGX_HTTP_NOT_FOUND;
}


/* An operation as it is now; 0: it is none. */

static ngx_uint_t
ngx_api_sec_inventory_told(const ngx_api_sec_main_conf_t *mcf,
    const api_inventory_t *inv, api_inv_op_t op, api_inv_view_t *view,
    api_inv_verdict_t *verdict)
{
    api_span_t              spec;
    api_inv_what_t          what;
    const api_operation_t  *known;

    if (!api_inventory_what(inv, op, &what, &spec)
        || !api_inventory_view(inv, op, view))
    {
        return 0;
    }

    known = ngx_api_sec_inventory_known(mcf, &what, spec);
    *verdict = api_inventory_judge(view, known, false, ngx_time());

    return 1;
}


/* How full it is: of what runs out first, each. */

void
ngx_api_sec_inventory_status(const ngx_api_sec_main_conf_t *mcf,
    api_writer_t *w)
{
    api_inv_totals_t        totals;
    const api_inventory_t  *inv;

    inv = ngx_api_sec_inventory_at(mcf->inventories);

    if (inv == NULL) {
        return;
    }

    api_inventory_totals(inv, &totals);

    ngx_api_sec_status_table(w, API_SPAN("inventory_operations"),
                             totals.max_ops, totals.ops);
    ngx_api_sec_status_table(w, API_SPAN("inventory_nodes"),
                             totals.max_nodes, totals.nodes);
    ngx_api_sec_status_table(w, API_SPAN("inventory_strings"),
                             totals.max_strings, totals.strings);
}
