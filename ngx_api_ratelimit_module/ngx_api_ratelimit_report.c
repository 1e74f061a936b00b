
/*
 * What the module tells of itself: members of the status document, metrics.
 */

#include "ngx_api_ratelimit_ban.h"
#include "ngx_api_ratelimit_store.h"
#include "ngx_api_ratelimit_report.h"


static void ngx_api_ratelimit_report_zones(
    const ngx_api_ratelimit_main_conf_t *mcf, api_writer_t *w);
static void ngx_api_ratelimit_report_bans(
    const ngx_api_ratelimit_bans_t *bans, api_writer_t *w);
static void ngx_api_ratelimit_report_stores(
    const ngx_api_ratelimit_main_conf_t *mcf, api_writer_t *w);
static ngx_uint_t ngx_api_ratelimit_report_table(
    const ngx_api_ratelimit_zone_t *zone);
static void ngx_api_ratelimit_metrics_zones(
    const ngx_api_ratelimit_main_conf_t *mcf, api_metrics_t *m);
static void ngx_api_ratelimit_metrics_bans(
    const ngx_api_ratelimit_bans_t *bans, api_metrics_t *m);
static void ngx_api_ratelimit_metrics_stores(
    const ngx_api_ratelimit_main_conf_t *mcf, api_metrics_t *m);


/* Living slots are estimated from so many lines. */

#define NGX_API_RATELIMIT_SAMPLE  1024


/* Numbers of a store, under the names that JSON and metrics have for them. */

typedef struct {
    ngx_str_t                   name;
    ngx_str_t                   family;
    ngx_str_t                   help;
    size_t                      offset;
} ngx_api_ratelimit_number_t;

#define NGX_API_RATELIMIT_NUMBER(name, help)                                  \
    { ngx_string(#name), ngx_string("apisec_ratelimit_store_" #name),         \
      ngx_string(help), offsetof(ngx_api_ratelimit_store_state_t, name) }

static const ngx_api_ratelimit_number_t  ngx_api_ratelimit_numbers[] = {
    NGX_API_RATELIMIT_NUMBER(merges, "Commands sent to the store."),
    NGX_API_RATELIMIT_NUMBER(keys, "Keys told in them."),
    NGX_API_RATELIMIT_NUMBER(asks, "Requests that asked the store."),
    NGX_API_RATELIMIT_NUMBER(lost, "Keys told that got no answer."),
    NGX_API_RATELIMIT_NUMBER(dropped, "Keys that found no room to wait."),
    NGX_API_RATELIMIT_NUMBER(errors, "Answers that were errors."),
    NGX_API_RATELIMIT_NUMBER(connects, "Connections begun."),
    NGX_API_RATELIMIT_NUMBER(failures, "Connections that failed."),
    { ngx_null_string, ngx_null_string, ngx_null_string, 0 }
};


void
ngx_api_ratelimit_report(const ngx_api_door_t *door, api_writer_t *w)
{
    const ngx_api_ratelimit_main_conf_t  *mcf;

    mcf = (const ngx_api_ratelimit_main_conf_t *) door;

    ngx_api_tally_status(&mcf->tenant, w);
    ngx_api_ratelimit_report_zones(mcf, w);

    if (mcf->bans && mcf->bans->table) {
        ngx_api_ratelimit_report_bans(mcf->bans, w);
    }

    ngx_api_ratelimit_report_stores(mcf, w);
}


/* Does the zone hold a table, and not the lanes of concurrency? */

static ngx_uint_t
ngx_api_ratelimit_report_table(const ngx_api_ratelimit_zone_t *zone)
{
    return zone->data && zone->kind && zone->kind != NGX_API_RATELIMIT_LANES;
}


static void
ngx_api_ratelimit_report_zones(const ngx_api_ratelimit_main_conf_t *mcf,
    api_writer_t *w)
{
    api_now_t                   now;
    ngx_uint_t                  i;
    api_table_stat_t            stat;
    ngx_api_ratelimit_zone_t  **zone;

    ngx_api_ratelimit_now(&now);

    zone = mcf->zones.elts;

    api_writer_name(w, API_SPAN("zones"));
    api_writer_object(w);

    for (i = 0; i < mcf->zones.nelts; i++) {
        if (!ngx_api_ratelimit_report_table(zone[i])) {
            continue;
        }

        api_table_stat(zone[i]->data, &stat);

        api_writer_name(w, ngx_api_span(&zone[i]->name));
        api_writer_object(w);
        api_writer_name(w, API_SPAN("slots"));
        api_writer_uint(w, api_table_slots(zone[i]->data));
        api_writer_name(w, API_SPAN("live"));
        api_writer_uint(w, api_table_live(zone[i]->data,
                                          NGX_API_RATELIMIT_SAMPLE, &now));
        api_writer_name(w, API_SPAN("evicted"));
        api_writer_uint(w, stat.evicted);
        api_writer_name(w, API_SPAN("shared"));
        api_writer_uint(w, stat.shared);
        api_writer_name(w, API_SPAN("denied"));
        api_writer_uint(w, stat.denied);
        api_writer_end(w);
    }

    api_writer_end(w);
}


static void
ngx_api_ratelimit_report_bans(const ngx_api_ratelimit_bans_t *bans,
    api_writer_t *w)
{
    api_ban_stat_t  stat;

    api_ban_stat(bans->table, ngx_api_ratelimit_ban_now(), &stat);

    api_writer_name(w, API_SPAN("bans"));
    api_writer_object(w);
    api_writer_name(w, API_SPAN("places"));
    api_writer_uint(w, stat.bans_room);
    api_writer_name(w, API_SPAN("in_force"));
    api_writer_uint(w, stat.bans);
    api_writer_name(w, API_SPAN("remembered"));
    api_writer_uint(w, stat.remembered);
    api_writer_name(w, API_SPAN("strikes"));
    api_writer_uint(w, stat.strikes);
    api_writer_name(w, API_SPAN("banned"));
    api_writer_uint(w, stat.banned);
    api_writer_name(w, API_SPAN("lost"));
    api_writer_uint(w, stat.bans_lost);
    api_writer_name(w, API_SPAN("strikes_dropped"));
    api_writer_uint(w, stat.strikes_dropped);
    api_writer_end(w);
}


static void
ngx_api_ratelimit_report_stores(const ngx_api_ratelimit_main_conf_t *mcf,
    api_writer_t *w)
{
    ngx_uint_t                          i;
    ngx_api_ratelimit_store_t         **store;
    const ngx_api_ratelimit_number_t   *n;

    store = mcf->stores.elts;

    api_writer_name(w, API_SPAN("stores"));
    api_writer_object(w);

    for (i = 0; i < mcf->stores.nelts; i++) {
        api_writer_name(w, ngx_api_span(&store[i]->name));
        api_writer_object(w);
        api_writer_name(w, API_SPAN("up"));
        api_writer_bool(w, ngx_api_ratelimit_store_up(store[i]));
        api_writer_name(w, API_SPAN("nodes"));
        api_writer_uint(w, store[i]->state->nodes);

        for (n = ngx_api_ratelimit_numbers; n->name.len; n++) {
            api_writer_name(w, ngx_api_span(&n->name));
            api_writer_uint(w, *(ngx_atomic_t *) ((u_char *) store[i]->state
                                                  + n->offset));
        }

        api_writer_end(w);
    }

    api_writer_end(w);
}


void
ngx_api_ratelimit_metrics(const ngx_api_door_t *door, api_metrics_t *m)
{
    const ngx_api_ratelimit_main_conf_t  *mcf;

    mcf = (const ngx_api_ratelimit_main_conf_t *) door;

    ngx_api_ratelimit_metrics_zones(mcf, m);

    if (mcf->bans && mcf->bans->table) {
        ngx_api_ratelimit_metrics_bans(mcf->bans, m);
    }

    if (mcf->stores.nelts) {
        ngx_api_ratelimit_metrics_stores(mcf, m);
    }
}


static void
ngx_api_ratelimit_metrics_zones(const ngx_api_ratelimit_main_conf_t *mcf,
    api_metrics_t *m)
{
    api_now_t                   now;
    ngx_uint_t                  i, f;
    api_table_stat_t            stat;
    ngx_api_ratelimit_zone_t  **zone;

    static const struct {
        api_metric_t  kind;
        ngx_str_t     name;
        ngx_str_t     help;
    } families[] = {
        { API_METRIC_GAUGE, ngx_string("apisec_ratelimit_zone_slots"),
          ngx_string("Keys a zone has room for.") },
        { API_METRIC_GAUGE, ngx_string("apisec_ratelimit_zone_live"),
          ngx_string("Keys with debt in it, estimated.") },
        { API_METRIC_COUNTER, ngx_string("apisec_ratelimit_zone_evicted"),
          ngx_string("Keys with debt that gave way to others.") }
    };

    ngx_api_ratelimit_now(&now);
    zone = mcf->zones.elts;

    for (f = 0; mcf->zones.nelts && f < 3; f++) {
        api_metrics_family(m, families[f].kind,
                           ngx_api_span(&families[f].name),
                           ngx_api_span(&families[f].help));

        for (i = 0; i < mcf->zones.nelts; i++) {
            if (!ngx_api_ratelimit_report_table(zone[i])) {
                continue;
            }

            api_table_stat(zone[i]->data, &stat);
            api_metrics_label(m, API_SPAN("zone"),
                              ngx_api_span(&zone[i]->name));
            api_metrics_uint(m, f == 0 ? api_table_slots(zone[i]->data)
                                : f == 1
                                ? api_table_live(zone[i]->data,
                                                 NGX_API_RATELIMIT_SAMPLE,
                                                 &now)
                                : stat.evicted);
        }
    }
}


static void
ngx_api_ratelimit_metrics_bans(const ngx_api_ratelimit_bans_t *bans,
    api_metrics_t *m)
{
    api_ban_stat_t  stat;

    api_ban_stat(bans->table, ngx_api_ratelimit_ban_now(), &stat);

    api_metrics_family(m, API_METRIC_GAUGE, API_SPAN("apisec_bans"),
                       API_SPAN("Bans in force."));
    api_metrics_uint(m, stat.bans);

    api_metrics_family(m, API_METRIC_COUNTER, API_SPAN("apisec_bans_begun"),
                       API_SPAN("Bans that strikes led to."));
    api_metrics_uint(m, stat.banned);

    api_metrics_family(m, API_METRIC_COUNTER, API_SPAN("apisec_strikes"),
                       API_SPAN("Strikes counted."));
    api_metrics_uint(m, stat.strikes);

    api_metrics_family(m, API_METRIC_COUNTER, API_SPAN("apisec_bans_lost"),
                       API_SPAN("Bans that found no room."));
    api_metrics_uint(m, stat.bans_lost);
}


static void
ngx_api_ratelimit_metrics_stores(const ngx_api_ratelimit_main_conf_t *mcf,
    api_metrics_t *m)
{
    ngx_uint_t                          i;
    ngx_api_ratelimit_store_t         **store;
    const ngx_api_ratelimit_number_t   *n;

    store = mcf->stores.elts;

    api_metrics_family(m, API_METRIC_GAUGE,
                       API_SPAN("apisec_ratelimit_store_up"),
                       API_SPAN("Whether the store answers."));

    for (i = 0; i < mcf->stores.nelts; i++) {
        api_metrics_label(m, API_SPAN("store"),
                          ngx_api_span(&store[i]->name));
        api_metrics_uint(m, ngx_api_ratelimit_store_up(store[i]));
    }

    for (n = ngx_api_ratelimit_numbers; n->name.len; n++) {
        api_metrics_family(m, API_METRIC_COUNTER, ngx_api_span(&n->family),
                           ngx_api_span(&n->help));

        for (i = 0; i < mcf->stores.nelts; i++) {
            api_metrics_label(m, API_SPAN("store"),
                              ngx_api_span(&store[i]->name));
            api_metrics_uint(m, *(ngx_atomic_t *) ((u_char *) store[i]->state
                                                   + n->offset));
        }
    }
}
