
/*
 * api_status/history and api_status/recent: the last hour, the last refusals,
 * the rules of the WAF that have matched.
 */

#include "ngx_api_sec_recent.h"
#include "ngx_api_sec_inventory.h"
#include "ngx_api_sec_monitor.h"


#define NGX_API_SEC_RECENT_RULES  128                /* ids that are counted */
#define NGX_API_SEC_RECENT_LEAST  (1024 * 1024)      /* of the api_zone */
#define NGX_API_SEC_RECENT_IDS    32                 /* of a request */


static void ngx_api_sec_recent_init(void *data, size_t size);
static size_t ngx_api_sec_recent_head(void);
static const ngx_api_decision_t *ngx_api_sec_recent_worst(
    const ngx_api_record_t *rec);
static void ngx_api_sec_recent_note(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_record_t *rec,
    const ngx_api_decision_t *d, api_recent_t *recent);
static void ngx_api_sec_recent_rules(ngx_http_request_t *r,
    const ngx_api_sec_lately_t *lately);
static void ngx_api_sec_recent_item(api_writer_t *w,
    const api_recent_note_t *note);
static void ngx_api_sec_recent_member(api_writer_t *w, const char *name,
    const char *value);
static void ngx_api_sec_recent_matched(const ngx_api_sec_lately_t *lately,
    api_writer_t *w);


ngx_int_t
ngx_api_sec_recent_create(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    ngx_api_sec_lately_t  *lately;

    lately = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_lately_t));
    if (lately == NULL) {
        return NGX_ERROR;
    }

    ngx_str_set(&lately->tenant.name, "recent");
    lately->tenant.abi = 1;
    lately->tenant.init = ngx_api_sec_recent_init;
    lately->rules = NGX_ERROR;

    mcf->lately = lately;

    return NGX_OK;
}


ngx_int_t
ngx_api_sec_recent_zone(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    ngx_uint_t             i;
    ngx_api_sec_lately_t  *lately;

    static ngx_str_t  name = ngx_string("api_waf_rules");

    lately = mcf->lately;

    if (mcf->zone == NULL || mcf->statuses.nelts == 0
        || mcf->zone->shm.size < NGX_API_SEC_RECENT_LEAST)
    {
        return NGX_OK;
    }

    for (i = 0; cf->cycle->modules[i]; i++) {
        if (ngx_strcmp(cf->cycle->modules[i]->name,
                       ngx_api_module_names[NGX_API_WAF].data)
            == 0)
        {
            lately->rules = ngx_http_get_variable_index(cf, &name);

            if (lately->rules == NGX_ERROR) {
                return NGX_ERROR;
            }
        }
    }

    lately->tenant.size = ngx_api_sec_recent_head()
                          + api_series_size(NGX_API_SEC_RECENT_RULES);
    lately->tenant.size = ngx_align(lately->tenant.size, ngx_pagesize);

    return ngx_api_zone_tenant(cf, mcf->zone, &lately->tenant);
}


static size_t
ngx_api_sec_recent_head(void)
{
    return ngx_align(api_recent_size(), 64);
}


static void
ngx_api_sec_recent_init(void *data, size_t size)
{
    api_recent_init(data);

    (void) api_series_init((u_char *) data + ngx_api_sec_recent_head(),
                           api_series_size(NGX_API_SEC_RECENT_RULES));
}


ngx_int_t
ngx_api_sec_recent_handler(ngx_http_request_t *r)
{
    api_recent_t                   *recent;
    api_recent_count_t              verdict;
    const ngx_api_record_t         *rec;
    const ngx_api_decision_t       *d;
    const ngx_api_sec_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    recent = api_recent_at(mcf->lately->tenant.data);

    if (recent == NULL || r != r->main) {
        return NGX_OK;
    }

    rec = ngx_api_record_peek(r, mcf->self.record);
    d = rec && rec->ndecisions ? ngx_api_sec_recent_worst(rec) : NULL;

    verdict = d == NULL ? API_RECENT_NCOUNTS
              : d->verdict == NGX_API_DENY ? API_RECENT_DENIED
              : d->verdict == NGX_API_MONITOR ? API_RECENT_WATCHED
                                              : API_RECENT_ALLOWED;

    api_recent_add(recent, ngx_time(), verdict,
                   (unsigned) ngx_api_sec_status_of(r));

    if (d && d->verdict != NGX_API_ALLOW) {
        ngx_api_sec_recent_note(r, mcf, rec, d, recent);
    }

    if (d && mcf->lately->rules != NGX_ERROR) {
        ngx_api_sec_recent_rules(r, mcf->lately);
    }

    return NGX_OK;
}


static const ngx_api_decision_t *
ngx_api_sec_recent_worst(const ngx_api_record_t *rec)
{
    uint32_t                   i;
    const ngx_api_decision_t  *worst;

    worst = &rec->decisions[0];

    for (i = 1; i < rec->ndecisions; i++) {
        if (rec->decisions[i].verdict > worst->verdict) {
            worst = &rec->decisions[i];
        }
    }

    return worst;
}


static void
ngx_api_sec_recent_note(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_record_t *rec,
    const ngx_api_decision_t *d, api_recent_t *recent)
{
    api_recent_note_t         note;
    const ngx_api_sec_ctx_t  *ctx;

    ctx = rec->own[NGX_API_SEC];

    ngx_memzero(&note, sizeof(api_recent_note_t));

    note.time = ngx_time();
    note.status = d->status;
    note.denied = d->verdict == NGX_API_DENY;
    note.operation = ctx ? ctx->operation : 0;

    if (ctx && ctx->routed && ctx->routed->result == NGX_API_SEC_ROUTE_FOUND) {
        api_recent_text(note.name, sizeof(note.name),
                        ctx->routed->route.op->id);
    }

    api_recent_text(note.check, sizeof(note.check),
                    ngx_api_span(&ngx_api_check_names[d->check]));
    api_recent_text(note.reason, sizeof(note.reason),
                    ngx_api_span(&d->reason));
    api_recent_text(note.support_id, sizeof(note.support_id),
                    ngx_api_span(&rec->support_id));

    api_recent_note(recent, &note);
}


/* Ids with commas between them. */

static void
ngx_api_sec_recent_rules(ngx_http_request_t *r,
    const ngx_api_sec_lately_t *lately)
{
    size_t                            n;
    api_span_t                        rest;
    ngx_uint_t                        i;
    api_series_t                     *series;
    const ngx_http_variable_value_t  *v;

    v = ngx_http_get_indexed_variable(r, lately->rules);

    if (v == NULL || v->not_found || v->len == 0) {
        return;
    }

    series = api_series_at((u_char *) lately->tenant.data
                           + ngx_api_sec_recent_head());
    rest = api_span(v->data, v->len);

    for (i = 0; series && rest.len && i < NGX_API_SEC_RECENT_IDS; i++) {
        for (n = 0; n < rest.len && rest.data[n] != ','; n++) { /* void */ }

        if (n) {
            api_series_add(series, api_span(rest.data, n), 1);
        }

        n = ngx_min(n + 1, rest.len);
        rest = api_span(rest.data + n, rest.len - n);
    }
}


/* {"piece": 10, "end": TIME, "columns": [...], "pieces": [...]}, the oldest
   first; null: nothing came. */

ngx_uint_t
ngx_api_sec_history_section(const ngx_api_door_t *door, ngx_api_admin_t *a)
{
    time_t                          now;
    uint32_t                        counts[API_RECENT_NCOUNTS];
    ngx_uint_t                      i, k;
    const api_recent_t             *recent;
    const ngx_api_sec_main_conf_t  *mcf;

    static const char *const  columns[] =
        { "allow", "deny", "monitor", "ok", "4xx", "5xx" };

    mcf = (const ngx_api_sec_main_conf_t *) door;
    recent = api_recent_at(mcf->lately->tenant.data);

    if (recent == NULL || a->path.len) {
        return NGX_HTTP_NOT_FOUND;
    }

    now = ngx_time();

    api_writer_object(a->w);
    api_writer_name(a->w, API_SPAN("piece"));
    api_writer_uint(a->w, API_RECENT_PIECE);
    api_writer_name(a->w, API_SPAN("end"));
    api_writer_int(a->w, now / API_RECENT_PIECE * API_RECENT_PIECE);

    api_writer_name(a->w, API_SPAN("columns"));
    api_writer_array(a->w);

    for (k = 0; k < API_RECENT_NCOUNTS; k++) {
        api_writer_string(a->w, api_span(columns[k], ngx_strlen(columns[k])));
    }

    api_writer_end(a->w);

    api_writer_name(a->w, API_SPAN("pieces"));
    api_writer_array(a->w);

    for (i = API_RECENT_PIECES - 1; i > 0; i--) {
        if (!api_recent_piece(recent, now, (unsigned) i, counts)) {
            api_writer_null(a->w);
            continue;
        }

        api_writer_array(a->w);

        for (k = 0; k < API_RECENT_NCOUNTS; k++) {
            api_writer_uint(a->w, counts[k]);
        }

        api_writer_end(a->w);
    }

    api_writer_end(a->w);
    api_writer_end(a->w);

    return NGX_HTTP_OK;
}


/* ?operation=ID: those of one operation of the inventory. */

ngx_uint_t
ngx_api_sec_recent_section(const ngx_api_door_t *door, ngx_api_admin_t *a)
{
    u_char                          id[17];
    unsigned                        i;
    ngx_str_t                       wanted;
    ngx_uint_t                      all;
    api_recent_note_t               note;
    const api_recent_t             *recent;
    const ngx_api_sec_main_conf_t  *mcf;

    mcf = (const ngx_api_sec_main_conf_t *) door;
    recent = api_recent_at(mcf->lately->tenant.data);

    if (recent == NULL || a->path.len) {
        return NGX_HTTP_NOT_FOUND;
    }

    all = ngx_http_arg(a->r, (u_char *) "operation", 9, &wanted) != NGX_OK;

    api_writer_object(a->w);
    api_writer_name(a->w, API_SPAN("items"));
    api_writer_array(a->w);

    for (i = 0; i < API_RECENT_NOTES; i++) {
        if (!api_recent_get(recent, i, &note)) {
            continue;
        }

        (void) ngx_snprintf(id, sizeof(id), "%016xL",
                            (int64_t) note.operation);

        if (all || (note.operation
                    && api_span_eq(api_span(id, 16), ngx_api_span(&wanted))))
        {
            ngx_api_sec_recent_item(a->w, &note);
        }
    }

    api_writer_end(a->w);
    ngx_api_sec_recent_matched(mcf->lately, a->w);
    api_writer_end(a->w);

    return NGX_HTTP_OK;
}


static void
ngx_api_sec_recent_item(api_writer_t *w, const api_recent_note_t *note)
{
    char  id[17];

    api_writer_object(w);
    api_writer_name(w, API_SPAN("time"));
    api_writer_int(w, note->time);
    ngx_api_sec_recent_member(w, "verdict",
                              note->denied ? "deny" : "monitor");
    api_writer_name(w, API_SPAN("status"));
    api_writer_uint(w, note->status);
    ngx_api_sec_recent_member(w, "check", note->check);
    ngx_api_sec_recent_member(w, "reason", note->reason);

    if (note->name[0]) {
        ngx_api_sec_recent_member(w, "operation", note->name);
    }

    if (note->operation) {
        *ngx_snprintf((u_char *) id, sizeof(id) - 1, "%016xL",
                      (int64_t) note->operation) = '\0';
        ngx_api_sec_recent_member(w, "operation_id", id);
    }

    ngx_api_sec_recent_member(w, "support_id", note->support_id);
    api_writer_end(w);
}


static void
ngx_api_sec_recent_member(api_writer_t *w, const char *name,
    const char *value)
{
    api_writer_name(w, api_span(name, ngx_strlen(name)));
    api_writer_string(w, api_span(value, ngx_strlen(value)));
}


/* Ids of rules of the WAF, and how many requests each has matched. */

static void
ngx_api_sec_recent_matched(const ngx_api_sec_lately_t *lately,
    api_writer_t *w)
{
    uint32_t             i;
    uint64_t             n;
    api_span_t           name;
    const api_series_t  *series;

    if (lately->rules == NGX_ERROR) {
        return;
    }

    series = api_series_at((u_char *) lately->tenant.data
                           + ngx_api_sec_recent_head());

    api_writer_name(w, API_SPAN("rules"));
    api_writer_array(w);

    for (i = 0; series && i < api_series_count(series); i++) {
        if (!api_series_get(series, i, &name, &n) || n == 0) {
            continue;
        }

        api_writer_object(w);
        api_writer_name(w, API_SPAN("id"));
        api_writer_string(w, name.len ? name : API_SPAN("others"));
        api_writer_name(w, API_SPAN("requests"));
        api_writer_uint(w, n);
        api_writer_end(w);
    }

    api_writer_end(w);
}
