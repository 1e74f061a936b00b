
/*
 * What api_status and its metrics tell of rule sets.
 */

#include "ngx_api_waf.h"
#include "api_collections.h"


#define NGX_API_WAF_COUNTED  64    /* logged matches of a request */


static void ngx_api_waf_report_collections(
    const ngx_api_waf_main_conf_t *mcf, api_writer_t *w);
static void ngx_api_waf_report_patches(const ngx_api_waf_main_conf_t *mcf,
    api_writer_t *w);
static void ngx_api_waf_metrics_patches(const ngx_api_waf_main_conf_t *mcf,
    api_metrics_t *m);
static void ngx_api_waf_count_rule(const ngx_api_door_t *sec,
    const api_waf_program_t *program, const api_waf_match_t *m);
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
    ngx_api_waf_report_collections(mcf, w);

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


/* Members that have expired hold their place until it is wanted: no `used` is
   told of, for a table that has been in use for long is always full. */

static void
ngx_api_waf_report_collections(const ngx_api_waf_main_conf_t *mcf,
    api_writer_t *w)
{
    api_collections_stat_t  stat;

    if (mcf->collections.data == NULL) {
        return;
    }

    stat = api_collections_stat(mcf->collections.data);

    api_writer_name(w, API_SPAN("collections"));
    api_writer_object(w);
    api_writer_name(w, API_SPAN("places"));
    api_writer_uint(w, stat.room);
    api_writer_name(w, API_SPAN("evicted"));
    api_writer_uint(w, stat.evicted);
    api_writer_name(w, API_SPAN("refused"));
    api_writer_uint(w, stat.refused);
    api_writer_end(w);
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


/* Rules that are logged, each once. */

void
ngx_api_waf_count(ngx_http_request_t *r, ngx_api_waf_run_t *run)
{
    size_t                          i, k, n;
    const api_waf_match_t          *m;
    const ngx_api_door_t           *sec;
    const ngx_api_waf_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_waf_module);
    sec = mcf->self.sec;

    if (sec == NULL || sec->count == NULL) {
        return;
    }

    n = api_waf_tx_matches(run->tx);

    for (i = api_waf_tx_logged(run->tx, run->counted);
         i < n && run->told < NGX_API_WAF_COUNTED;
         i = api_waf_tx_logged(run->tx, i + 1))
    {
        m = api_waf_tx_match(run->tx, i);
        run->told++;

        for (k = api_waf_tx_logged(run->tx, 0); k < i;
             k = api_waf_tx_logged(run->tx, k + 1))
        {
            if (api_waf_tx_match(run->tx, k)->id == m->id) {
                break;
            }
        }

        if (k == i) {
            ngx_api_waf_count_rule(sec, run->policy->set->program, m);
        }
    }

    run->counted = n;
}


/* Its class is its first tag that begins with "attack-", as the Core Rule Set
   has them; else "other". */

static void
ngx_api_waf_count_rule(const ngx_api_door_t *sec,
    const api_waf_program_t *program, const api_waf_match_t *m)
{
    uint32_t              i, n;
    ngx_str_t             class;
    api_span_t            tag;
    api_waf_rule_info_t   info;

    static const ngx_str_t  severities[] = {
        ngx_string("emergency"),
        ngx_string("alert"),
        ngx_string("critical"),
        ngx_string("error"),
        ngx_string("warning"),
        ngx_string("notice"),
        ngx_string("info"),
        ngx_string("debug"),
        ngx_string("none")
    };

    ngx_str_set(&class, "other");
    info.ntags = 0;
    i = 0;

    if (api_waf_program_find(program, m->id, &i)) {
        api_waf_program_rule(program, i, &info);
    }

    for (n = 0; n < info.ntags; n++) {
        tag = api_waf_program_tag(program, i, n);

        if (tag.len > 7 && ngx_memcmp(tag.data, "attack-", 7) == 0) {
            class.data = (u_char *) (uintptr_t) tag.data + 7;
            class.len = tag.len - 7;
            break;
        }
    }

    sec->count(sec, NGX_API_FAMILY_WAF, &class,
               &severities[ngx_min(m->severity, 8)]);
}
