
/*
 * What api_status and api_health tell.
 */

#include "ngx_api_sec_status.h"
#include "ngx_api_sec_behavior.h"
#include "ngx_api_sec_govern.h"
#include "ngx_api_sec_recent.h"


static ngx_uint_t ngx_api_sec_report_document(const ngx_api_door_t *door,
    ngx_api_admin_t *a);
static void ngx_api_sec_report_time(api_writer_t *w, const char *name,
    time_t t);
static void ngx_api_sec_report_sections(ngx_http_request_t *r,
    api_writer_t *w);
static ngx_uint_t ngx_api_sec_report_keys(const ngx_api_door_t *door,
    ngx_api_admin_t *a);
static void ngx_api_sec_report_key(const api_jwk_t *key, api_writer_t *w);
static void ngx_api_sec_report_module(const ngx_api_door_t *door,
    api_writer_t *w);


const ngx_api_section_t  ngx_api_sec_status_document =
    { ngx_null_string, NGX_HTTP_GET, ngx_api_sec_report_document };


const ngx_api_section_t  ngx_api_sec_sections[] = {
    { ngx_string("ui"), NGX_HTTP_GET, ngx_api_sec_page },
    { ngx_string("metrics"), NGX_HTTP_GET, ngx_api_sec_metrics_section },
    { ngx_string("keys"), NGX_HTTP_GET, ngx_api_sec_report_keys },
    { ngx_string("inventory"), NGX_HTTP_GET, ngx_api_sec_inventory_section },
    { ngx_string("governance"), NGX_HTTP_GET, ngx_api_sec_govern_section },
    { ngx_string("alerts"), NGX_HTTP_GET, ngx_api_sec_alert_section },
    { ngx_string("history"), NGX_HTTP_GET, ngx_api_sec_history_section },
    { ngx_string("recent"), NGX_HTTP_GET, ngx_api_sec_recent_section },
    { ngx_string("revocations"), NGX_HTTP_GET|NGX_HTTP_POST|NGX_HTTP_DELETE,
      ngx_api_sec_revoke_section },
    ngx_api_null_section
};


static ngx_uint_t
ngx_api_sec_report_document(const ngx_api_door_t *door, ngx_api_admin_t *a)
{
    const ngx_api_sec_loc_conf_t   *lcf;
    const ngx_api_sec_main_conf_t  *mcf;

    mcf = (const ngx_api_sec_main_conf_t *) door;
    lcf = ngx_http_get_module_loc_conf(a->r, ngx_api_sec_module);

    api_writer_object(a->w);

    api_writer_name(a->w, API_SPAN("version"));
    api_writer_string(a->w, API_SPAN(NGX_API_VERSION));
    api_writer_name(a->w, API_SPAN("nginx"));
    api_writer_string(a->w, API_SPAN(NGINX_VERSION));
    api_writer_name(a->w, API_SPAN("pid"));
    api_writer_int(a->w, ngx_pid);

    ngx_api_sec_report_time(a->w, "time", ngx_time());
    ngx_api_sec_report_time(a->w, "loaded", mcf->loaded);

    ngx_api_sec_report_modules(a->r, a->w);
    ngx_api_sec_report_zone(mcf, a->w);
    ngx_api_sec_status_sliced(a->w);
    ngx_api_sec_report_issuers(mcf, a->w);
    ngx_api_sec_report_sections(a->r, a->w);

    api_writer_name(a->w, API_SPAN("write"));
    api_writer_bool(a->w, lcf->status->write);

    api_writer_end(a->w);

    return NGX_HTTP_OK;
}


static void
ngx_api_sec_report_time(api_writer_t *w, const char *name, time_t t)
{
    u_char    buf[sizeof("2026-11-24T10:00:00Z")];
    ngx_tm_t  tm;

    ngx_gmtime(t, &tm);

    (void) ngx_snprintf(buf, sizeof(buf), "%4d-%02d-%02dT%02d:%02d:%02dZ",
                        tm.ngx_tm_year, tm.ngx_tm_mon, tm.ngx_tm_mday,
                        tm.ngx_tm_hour, tm.ngx_tm_min, tm.ngx_tm_sec);

    api_writer_name(w, api_span(name, ngx_strlen(name)));
    api_writer_string(w, api_span(buf, sizeof(buf) - 1));
}


/* Those that may be asked for in this location. */

static void
ngx_api_sec_report_sections(ngx_http_request_t *r, api_writer_t *w)
{
    ngx_uint_t                      i;
    const ngx_api_door_t           *door;
    const ngx_api_section_t        *s;
    const ngx_api_sec_loc_conf_t   *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);

    api_writer_name(w, API_SPAN("sections"));
    api_writer_array(w);

    for (i = 0; i < NGX_API_NMODULES; i++) {
        door = ngx_api_door(r, i);

        if (door == NULL || door->sections == NULL) {
            continue;
        }

        for (s = door->sections; s->handler; s++) {
            if (ngx_api_sec_status_shown(lcf->status, &s->name)) {
                api_writer_string(w, ngx_api_span(&s->name));
            }
        }
    }

    api_writer_end(w);
}


/* Which keys this worker verifies with: names, never the keys. */

static ngx_uint_t
ngx_api_sec_report_keys(const ngx_api_door_t *door, ngx_api_admin_t *a)
{
    size_t                           k;
    ngx_uint_t                       i;
    ngx_api_sec_issuer_t * const    *issuer;
    const ngx_api_sec_main_conf_t   *mcf;

    if (a->path.len) {
        return NGX_HTTP_NOT_FOUND;
    }

    mcf = (const ngx_api_sec_main_conf_t *) door;
    issuer = mcf->issuers.elts;

    api_writer_object(a->w);

    for (i = 0; i < mcf->issuers.nelts; i++) {
        api_writer_name(a->w, ngx_api_span(&issuer[i]->name));
        api_writer_array(a->w);

        for (k = 0; k < api_jwks_count(issuer[i]->keys->set); k++) {
            ngx_api_sec_report_key(api_jwks_key(issuer[i]->keys->set, k),
                                   a->w);
        }

        api_writer_end(a->w);
    }

    api_writer_end(a->w);

    return NGX_HTTP_OK;
}


static void
ngx_api_sec_report_key(const api_jwk_t *key, api_writer_t *w)
{
    int          alg;
    api_span_t   kid;
    const char  *name;

    static const api_span_t  types[] = {
        { (const uint8_t *) "oct", 3 },
        { (const uint8_t *) "RSA", 3 },
        { (const uint8_t *) "EC", 2 },
        { (const uint8_t *) "OKP", 3 }
    };

    kid = api_jwk_kid(key);

    api_writer_object(w);
    api_writer_name(w, API_SPAN("kid"));

    if (kid.data) {
        (void) api_writer_cut(w, kid, 256);

    } else {
        api_writer_null(w);
    }

    api_writer_name(w, API_SPAN("kty"));
    api_writer_string(w, types[api_jwk_type(key)]);
    api_writer_name(w, API_SPAN("algs"));
    api_writer_array(w);

    for (alg = API_JWS_UNKNOWN + 1; alg < API_JWS_NALGS; alg++) {
        if (api_jwk_algs(key) & API_JWS_BIT(alg)) {
            name = api_jws_alg_name(alg);
            api_writer_string(w, api_span(name, ngx_strlen(name)));
        }
    }

    api_writer_end(w);
    api_writer_end(w);
}


void
ngx_api_sec_report_modules(ngx_http_request_t *r, api_writer_t *w)
{
    ngx_uint_t             id;
    const ngx_api_door_t  *door;

    api_writer_name(w, API_SPAN("modules"));
    api_writer_object(w);

    for (id = 0; id < NGX_API_NMODULES; id++) {
        door = ngx_api_door(r, id);

        if (door) {
            ngx_api_sec_report_module(door, w);
        }
    }

    api_writer_end(w);
}


static void
ngx_api_sec_report_module(const ngx_api_door_t *door, api_writer_t *w)
{
    ngx_int_t  rc;
    ngx_str_t  why;

    rc = door->ready ? door->ready(door, &why) : NGX_OK;

    api_writer_name(w, ngx_api_span(&door->name));
    api_writer_object(w);
    api_writer_name(w, API_SPAN("ready"));
    api_writer_bool(w, rc == NGX_OK);

    if (rc != NGX_OK) {
        api_writer_name(w, API_SPAN("why"));
        api_writer_string(w, ngx_api_span(&why));
    }

    if (door->status) {
        door->status(door, w);
    }

    api_writer_end(w);
}


void
ngx_api_sec_report_zone(const ngx_api_sec_main_conf_t *mcf, api_writer_t *w)
{
    ngx_uint_t                  i;
    const ngx_api_zone_t       *zone;
    ngx_api_tenant_t * const   *tenant;

    if (mcf->zone == NULL) {
        return;
    }

    zone = mcf->zone->data;
    tenant = zone->tenants.elts;

    api_writer_name(w, API_SPAN("zone"));
    api_writer_object(w);
    api_writer_name(w, API_SPAN("name"));
    api_writer_string(w, ngx_api_span(&mcf->zone->shm.name));
    api_writer_name(w, API_SPAN("size"));
    api_writer_uint(w, mcf->zone->shm.size);
    api_writer_name(w, API_SPAN("tenants"));
    api_writer_array(w);

    for (i = 0; i < zone->tenants.nelts; i++) {
        api_writer_object(w);
        api_writer_name(w, API_SPAN("name"));
        api_writer_string(w, ngx_api_span(&tenant[i]->name));
        api_writer_name(w, API_SPAN("size"));
        api_writer_uint(w, tenant[i]->size);
        api_writer_end(w);
    }

    api_writer_end(w);
    api_writer_end(w);
}


void
ngx_api_sec_report_issuers(const ngx_api_sec_main_conf_t *mcf,
    api_writer_t *w)
{
    ngx_uint_t                       i;
    ngx_api_sec_issuer_t * const    *issuer;

    issuer = mcf->issuers.elts;

    api_writer_name(w, API_SPAN("issuers"));
    api_writer_array(w);

    for (i = 0; i < mcf->issuers.nelts; i++) {
        api_writer_object(w);
        api_writer_name(w, API_SPAN("name"));
        (void) api_writer_cut(w, ngx_api_span(&issuer[i]->name), 256);
        api_writer_name(w, API_SPAN("keys"));
        api_writer_uint(w, api_jwks_count(issuer[i]->keys->set));
        ngx_api_sec_remote_status(mcf, issuer[i], w);
        api_writer_end(w);
    }

    api_writer_end(w);
}


void
ngx_api_sec_status_cache(api_writer_t *w, uint64_t places, uint64_t hits,
    uint64_t misses, uint64_t added, uint64_t evicted)
{
    api_writer_name(w, API_SPAN("places"));
    api_writer_uint(w, places);
    api_writer_name(w, API_SPAN("hits"));
    api_writer_uint(w, hits);
    api_writer_name(w, API_SPAN("misses"));
    api_writer_uint(w, misses);
    api_writer_name(w, API_SPAN("added"));
    api_writer_uint(w, added);
    api_writer_name(w, API_SPAN("evicted"));
    api_writer_uint(w, evicted);
}


void
ngx_api_sec_status_table(api_writer_t *w, api_span_t name, uint64_t places,
    uint64_t used)
{
    api_writer_name(w, name);
    api_writer_object(w);
    api_writer_name(w, API_SPAN("places"));
    api_writer_uint(w, places);
    api_writer_name(w, API_SPAN("used"));
    api_writer_uint(w, used);
    api_writer_end(w);
}
