
/*
 * What api_status and its metrics tell of rule sets.
 */

#include "ngx_api_waf.h"


static void ngx_api_waf_report_patches(const ngx_api_waf_main_conf_t *mcf,
    api_writer_t *w);
static void ngx_api_waf_metrics_patches(const ngx_api_waf_main_conf_t *mcf,
    api_metrics_t *m);
static void ngx_api_waf_report_set(const ngx_api_waf_set_t *set,
    api_writer_t *w);


void
ngx_api_waf_report(const ngx_api_door_t *door, api_writer_t *w)
{
    ngx_uint_t                       i;
    ngx_api_waf_set_t * const       *set;
    const ngx_api_waf_main_conf_t   *mcf;

    mcf = (const ngx_api_waf_main_conf_t *) door;

    ngx_api_tally_status(&mcf->tenant, w);

    if (mcf->sets.nelts == 0) {
        return;
    }

    set = mcf->sets.elts;

    api_writer_name(w, API_SPAN("rulesets"));
    api_writer_array(w);

    for (i = 0; i < mcf->sets.nelts; i++) {
        ngx_api_waf_report_set(set[i], w);
    }

    api_writer_end(w);

    if (mcf->patches.nelts) {
        ngx_api_waf_report_patches(mcf, w);
    }
}


static void
ngx_api_waf_report_patches(const ngx_api_waf_main_conf_t *mcf,
    api_writer_t *w)
{
    ngx_uint_t  valid, expired;

    ngx_api_waf_patch_count(mcf, &valid, &expired);

    api_writer_name(w, API_SPAN("patches"));
    api_writer_object(w);
    api_writer_name(w, API_SPAN("valid"));
    api_writer_uint(w, valid);
    api_writer_name(w, API_SPAN("expired"));
    api_writer_uint(w, expired);
    api_writer_end(w);
}


static void
ngx_api_waf_report_set(const ngx_api_waf_set_t *set, api_writer_t *w)
{
    uint32_t              i, n, left;
    api_waf_rule_info_t   info;
    api_prefilter_stat_t  stat;

    stat = api_prefilter_stat(api_waf_program_prefilter(set->program));
    n = api_waf_program_rules(set->program);

    for (i = 0, left = 0; i < n; i++) {
        api_waf_program_rule(set->program, i, &info);
        left += !info.removed;
    }

    api_writer_object(w);
    api_writer_name(w, API_SPAN("name"));
    api_writer_string(w, ngx_api_span(&set->text));
    api_writer_name(w, API_SPAN("rules"));
    api_writer_uint(w, left);
    api_writer_name(w, API_SPAN("removed"));
    api_writer_uint(w, n - left);
    api_writer_name(w, API_SPAN("notes"));
    api_writer_uint(w, api_seclang_notes(set->loader));
    api_writer_name(w, API_SPAN("prefilter"));
    api_writer_string(w, api_span(stat.engine, ngx_strlen(stat.engine)));
    api_writer_end(w);
}


void
ngx_api_waf_metrics(const ngx_api_door_t *door, api_metrics_t *m)
{
    ngx_uint_t                       i;
    ngx_api_waf_set_t * const       *set;
    const ngx_api_waf_main_conf_t   *mcf;

    mcf = (const ngx_api_waf_main_conf_t *) door;

    if (mcf->sets.nelts == 0) {
        return;
    }

    set = mcf->sets.elts;

    api_metrics_family(m, API_METRIC_GAUGE, API_SPAN("apisec_waf_rules"),
                       API_SPAN("Rules of a rule set, as it was loaded."));

    for (i = 0; i < mcf->sets.nelts; i++) {
        api_metrics_label(m, API_SPAN("ruleset"), ngx_api_span(&set[i]->text));
        api_metrics_uint(m, api_waf_program_rules(set[i]->program));
    }

    if (mcf->patches.nelts) {
        ngx_api_waf_metrics_patches(mcf, m);
    }
}


static void
ngx_api_waf_metrics_patches(const ngx_api_waf_main_conf_t *mcf,
    api_metrics_t *m)
{
    ngx_uint_t  valid, expired;

    ngx_api_waf_patch_count(mcf, &valid, &expired);

    api_metrics_family(m, API_METRIC_GAUGE, API_SPAN("apisec_waf_patches"),
                       API_SPAN("Virtual patches, by whether they hold."));
    api_metrics_label(m, API_SPAN("state"), API_SPAN("valid"));
    api_metrics_uint(m, valid);
    api_metrics_label(m, API_SPAN("state"), API_SPAN("expired"));
    api_metrics_uint(m, expired);
}
