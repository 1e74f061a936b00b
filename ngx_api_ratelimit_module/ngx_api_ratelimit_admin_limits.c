
/*
 * Limits below api_status.
 *
 *   GET    limits               policies; of each zone, who is deepest in debt
 *   GET    limits/POLICY/KEY    what is on record
 *   DELETE limits/POLICY/KEY    forgotten
 *
 * Keys are not kept, only fingerprints: the ids of the deepest say that there
 * are such, and are found again by asking for a key.
 */

#include "ngx_api_ratelimit_report.h"


#define NGX_API_RATELIMIT_TOP    10
#define NGX_API_RATELIMIT_LINES  262144    /* 16 MB, some milliseconds */


typedef struct {
    uint64_t                    debt;
    uint64_t                    tag;
} ngx_api_ratelimit_debt_t;

typedef struct {
    const api_table_t          *table;
    api_now_t                   now;
    ngx_uint_t                  n;
    ngx_api_ratelimit_debt_t    debts[NGX_API_RATELIMIT_TOP];
} ngx_api_ratelimit_top_t;


static ngx_uint_t ngx_api_ratelimit_limits_list(
    const ngx_api_ratelimit_main_conf_t *mcf, api_writer_t *w);
static void ngx_api_ratelimit_limits_top(const ngx_api_ratelimit_zone_t *zone,
    api_writer_t *w);
static bool ngx_api_ratelimit_limits_visit(void *ctx, api_slot_t slot);
static void ngx_api_ratelimit_debt_write(const ngx_api_ratelimit_zone_t *zone,
    uint64_t tag, uint64_t debt, api_writer_t *w);
static const ngx_api_ratelimit_policy_t *ngx_api_ratelimit_limits_find(
    const ngx_api_ratelimit_main_conf_t *mcf, const ngx_str_t *path,
    ngx_str_t *key);


ngx_uint_t
ngx_api_ratelimit_admin_limits(const ngx_api_door_t *door, ngx_api_admin_t *a)
{
    uint64_t                              tag;
    ngx_str_t                             key;
    api_now_t                             now;
    api_slot_t                            slot;
    api_table_t                          *table;
    const ngx_api_ratelimit_policy_t     *policy;
    const ngx_api_ratelimit_main_conf_t  *mcf;

    mcf = (const ngx_api_ratelimit_main_conf_t *) door;

    if (a->path.len == 0 && a->method == NGX_HTTP_GET) {
        return ngx_api_ratelimit_limits_list(mcf, a->w);
    }

    policy = ngx_api_ratelimit_limits_find(mcf, &a->path, &key);

    if (policy == NULL) {
        ngx_str_set(&a->title, "Name a limit that is no concurrency, and a "
                    "key: limits/NAME/KEY");
        return NGX_HTTP_NOT_FOUND;
    }

    ngx_api_ratelimit_now(&now);

    table = policy->zone->data;
    tag = api_table_tag(table, policy->id, ngx_api_span(&key));

    if (a->method == NGX_HTTP_DELETE) {
        api_table_reset(table, tag);
        return NGX_HTTP_NO_CONTENT;
    }

    ngx_api_ratelimit_debt_write(policy->zone, tag,
                                 api_table_get(table, tag, &now, &slot)
                                 ? api_table_debt(table, slot, &now) : 0,
                                 a->w);

    return NGX_HTTP_OK;
}


static const ngx_api_ratelimit_policy_t *
ngx_api_ratelimit_limits_find(const ngx_api_ratelimit_main_conf_t *mcf,
    const ngx_str_t *path, ngx_str_t *key)
{
    u_char                       *slash, *last;
    api_span_t                    name;
    ngx_uint_t                    i;
    ngx_api_ratelimit_policy_t  **policy;

    last = path->data + path->len;
    slash = ngx_strlchr(path->data, last, '/');

    if (slash == NULL || slash + 1 == last) {
        return NULL;
    }

    name = api_span(path->data, slash - path->data);

    key->data = slash + 1;
    key->len = last - key->data;

    policy = mcf->policies.elts;

    for (i = 0; i < mcf->policies.nelts; i++) {
        if (api_span_eq(ngx_api_span(&policy[i]->name), name)) {
            return policy[i]->zone->kind == NGX_API_RATELIMIT_LANES
                   ? NULL : policy[i];
        }
    }

    return NULL;
}


static ngx_uint_t
ngx_api_ratelimit_limits_list(const ngx_api_ratelimit_main_conf_t *mcf,
    api_writer_t *w)
{
    ngx_uint_t                           i;
    ngx_api_ratelimit_zone_t * const    *zone;
    ngx_api_ratelimit_policy_t * const  *policy;

    policy = mcf->policies.elts;
    zone = mcf->zones.elts;

    api_writer_object(w);
    api_writer_name(w, API_SPAN("limits"));
    api_writer_array(w);

    for (i = 0; i < mcf->policies.nelts; i++) {
        api_writer_object(w);
        api_writer_name(w, API_SPAN("name"));
        api_writer_string(w, ngx_api_span(&policy[i]->name));
        api_writer_name(w, API_SPAN("kind"));
        api_writer_string(w, ngx_api_span(&policy[i]->kind->reason));
        api_writer_name(w, API_SPAN("zone"));
        api_writer_string(w, ngx_api_span(&policy[i]->zone->name));

        if (policy[i]->store_name.len) {
            api_writer_name(w, API_SPAN("store"));
            api_writer_string(w, ngx_api_span(&policy[i]->store_name));
        }

        api_writer_end(w);
    }

    api_writer_end(w);
    api_writer_name(w, API_SPAN("deepest"));
    api_writer_object(w);

    for (i = 0; i < mcf->zones.nelts; i++) {
        if (zone[i]->data && zone[i]->kind
            && zone[i]->kind != NGX_API_RATELIMIT_LANES)
        {
            ngx_api_ratelimit_limits_top(zone[i], w);
        }
    }

    api_writer_end(w);
    api_writer_end(w);

    return NGX_HTTP_OK;
}


/* Of a very large zone, a part that begins anywhere. */

static void
ngx_api_ratelimit_limits_top(const ngx_api_ratelimit_zone_t *zone,
    api_writer_t *w)
{
    uint64_t                  first;
    ngx_uint_t                i;
    ngx_api_ratelimit_top_t   top;

    ngx_memzero(&top, sizeof(ngx_api_ratelimit_top_t));

    top.table = zone->data;
    ngx_api_ratelimit_now(&top.now);

    first = top.table->lines > NGX_API_RATELIMIT_LINES
            ? (uint64_t) ngx_random() % (top.table->lines
                                         - NGX_API_RATELIMIT_LINES)
            : 0;

    (void) api_table_walk(top.table, first, NGX_API_RATELIMIT_LINES, &top.now,
                          ngx_api_ratelimit_limits_visit, &top);

    api_writer_name(w, ngx_api_span(&zone->name));
    api_writer_array(w);

    for (i = 0; i < top.n; i++) {
        ngx_api_ratelimit_debt_write(zone, top.debts[i].tag,
                                     top.debts[i].debt, w);
    }

    api_writer_end(w);
}


/* Kept in order, the deepest first. */

static bool
ngx_api_ratelimit_limits_visit(void *ctx, api_slot_t slot)
{
    ngx_api_ratelimit_top_t *top = ctx;

    uint64_t    debt;
    ngx_uint_t  i;

    debt = api_table_debt(top->table, slot, &top->now);

    for (i = top->n; i > 0 && top->debts[i - 1].debt < debt; i--) {
        if (i < NGX_API_RATELIMIT_TOP) {
            top->debts[i] = top->debts[i - 1];
        }
    }

    if (i < NGX_API_RATELIMIT_TOP) {
        top->debts[i].debt = debt;
        top->debts[i].tag = api_table_id(top->table, slot);
        top->n += top->n < NGX_API_RATELIMIT_TOP;
    }

    return true;
}


static void
ngx_api_ratelimit_debt_write(const ngx_api_ratelimit_zone_t *zone,
    uint64_t tag, uint64_t debt, api_writer_t *w)
{
    char  id[17];

    (void) ngx_sprintf((u_char *) id, "%016xL", tag);

    api_writer_object(w);
    api_writer_name(w, API_SPAN("id"));
    api_writer_string(w, api_span(id, 16));

    if (zone->kind == API_TABLE_RATE) {
        api_writer_name(w, API_SPAN("seconds"));
        api_writer_fixed(w, (int64_t) (debt / 1000000), 3);

    } else {
        api_writer_name(w, API_SPAN("used"));
        api_writer_uint(w, debt);
    }

    api_writer_end(w);
}
