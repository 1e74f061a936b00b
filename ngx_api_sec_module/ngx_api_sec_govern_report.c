
/*
 * Policies and exceptions, in events, metrics and api_status.
 */

#include "ngx_api_sec_govern.h"
#include "ngx_api_sec_event.h"


static void ngx_api_sec_govern_text(api_writer_t *w, const char *name,
    const ngx_str_t *value);
static void ngx_api_sec_govern_expiries(const ngx_api_sec_main_conf_t *mcf,
    api_metrics_t *m);
static void ngx_api_sec_govern_exception(const ngx_api_sec_main_conf_t *mcf,
    const ngx_api_sec_exception_t *e, api_writer_t *w);


void
ngx_api_sec_govern_event(const ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_loc_conf_t *lcf, api_writer_t *w)
{
    ngx_uint_t                     i;
    const ngx_api_sec_policy_t    *policy;
    const ngx_api_sec_governed_t  *g;

    g = ctx ? ctx->governed : NULL;
    policy = ngx_api_sec_govern_policy(ctx, lcf);

    if (policy == NULL && (g == NULL || g->n == 0)) {
        return;
    }

    api_writer_name(w, API_SPAN("governance"));
    api_writer_object(w);

    if (policy) {
        ngx_api_sec_event_text(w, "policy", &policy->id, 64);
        ngx_api_sec_event_text(w, "owner", &policy->owner, 64);
    }

    if (g && g->n) {
        api_writer_name(w, API_SPAN("exceptions"));
        api_writer_array(w);

        for (i = 0; i < g->n; i++) {
            (void) api_writer_cut(w, ngx_api_span(&g->excepted[i]->id), 64);
        }

        api_writer_end(w);
    }

    api_writer_end(w);
}


void
ngx_api_sec_govern_metrics(const ngx_api_sec_main_conf_t *mcf,
    api_metrics_t *m)
{
    ngx_uint_t                           i;
    const ngx_api_sec_policy_t * const  *policy;

    policy = mcf->policies.elts;

    if (mcf->policies.nelts) {
        api_metrics_family(m, API_METRIC_GAUGE,
                           API_SPAN("apisec_policy_review_timestamp_seconds"),
                           API_SPAN("When a policy is to be reviewed; 0: not "
                                    "said."));
    }

    for (i = 0; i < mcf->policies.nelts; i++) {
        if (policy[i]->again) {
            continue;
        }

        api_metrics_label(m, API_SPAN("policy"), ngx_api_span(&policy[i]->id));
        api_metrics_label(m, API_SPAN("owner"),
                          ngx_api_span(&policy[i]->owner));
        api_metrics_int(m, policy[i]->review_first);
    }

    if (mcf->exceptions.nelts) {
        ngx_api_sec_govern_expiries(mcf, m);
    }
}


static void
ngx_api_sec_govern_expiries(const ngx_api_sec_main_conf_t *mcf,
    api_metrics_t *m)
{
    ngx_uint_t                              i;
    const ngx_api_sec_exception_t * const  *e;

    e = mcf->exceptions.elts;

    api_metrics_family(m, API_METRIC_GAUGE,
                       API_SPAN("apisec_exception_expiry_timestamp_seconds"),
                       API_SPAN("When an exception ends, or has ended."));

    for (i = 0; i < mcf->exceptions.nelts; i++) {
        api_metrics_label(m, API_SPAN("exception"), ngx_api_span(&e[i]->id));
        api_metrics_label(m, API_SPAN("rule"), ngx_api_span(&e[i]->rule));
        api_metrics_label(m, API_SPAN("owner"), ngx_api_span(&e[i]->owner));
        api_metrics_int(m, e[i]->until);
    }

    api_metrics_family(m, API_METRIC_GAUGE,
                       API_SPAN("apisec_exception_expired"),
                       API_SPAN("1 for an exception that has ended and still "
                                "stands in the configuration."));

    for (i = 0; i < mcf->exceptions.nelts; i++) {
        api_metrics_label(m, API_SPAN("exception"), ngx_api_span(&e[i]->id));
        api_metrics_label(m, API_SPAN("owner"), ngx_api_span(&e[i]->owner));
        api_metrics_uint(m, e[i]->until <= ngx_time());
    }

    if (mcf->zone == NULL) {
        return;
    }

    api_metrics_family(m, API_METRIC_COUNTER,
                       API_SPAN("apisec_exception_requests"),
                       API_SPAN("Requests that an exception has let pass."));

    for (i = 0; i < mcf->exceptions.nelts; i++) {
        api_metrics_label(m, API_SPAN("exception"), ngx_api_span(&e[i]->id));
        api_metrics_label(m, API_SPAN("owner"), ngx_api_span(&e[i]->owner));
        api_metrics_uint(m, ngx_api_sec_govern_used(mcf, e[i]).requests);
    }
}


ngx_uint_t
ngx_api_sec_govern_section(const ngx_api_door_t *door, ngx_api_admin_t *a)
{
    ngx_uint_t                              i;
    api_writer_t                           *w = a->w;
    const ngx_api_sec_policy_t * const     *policy;
    const ngx_api_sec_main_conf_t          *mcf;
    const ngx_api_sec_exception_t * const  *e;

    if (a->path.len) {
        ngx_str_set(&a->title, "There is no such resource");
        return NGX_HTTP_NOT_FOUND;
    }

    mcf = (const ngx_api_sec_main_conf_t *) door;

    api_writer_object(w);
    api_writer_name(w, API_SPAN("policies"));
    api_writer_array(w);

    policy = mcf->policies.elts;

    for (i = 0; i < mcf->policies.nelts; i++) {
        api_writer_object(w);
        ngx_api_sec_govern_text(w, "policy", &policy[i]->id);
        ngx_api_sec_govern_text(w, "owner", &policy[i]->owner);
        ngx_api_sec_govern_text(w, "review_by", &policy[i]->review);
        api_writer_name(w, API_SPAN("overdue"));
        api_writer_bool(w, policy[i]->review_by
                           && policy[i]->review_by <= ngx_time());
        api_writer_end(w);
    }

    api_writer_end(w);
    api_writer_name(w, API_SPAN("exceptions"));
    api_writer_array(w);

    e = mcf->exceptions.elts;

    for (i = 0; i < mcf->exceptions.nelts; i++) {
        ngx_api_sec_govern_exception(mcf, e[i], w);
    }

    api_writer_end(w);
    api_writer_end(w);

    return NGX_HTTP_OK;
}


static void
ngx_api_sec_govern_exception(const ngx_api_sec_main_conf_t *mcf,
    const ngx_api_sec_exception_t *e, api_writer_t *w)
{
    ngx_api_sec_used_t  used;

    used = ngx_api_sec_govern_used(mcf, e);

    api_writer_object(w);
    ngx_api_sec_govern_text(w, "exception", &e->id);
    ngx_api_sec_govern_text(w, "rule", &e->rule);
    ngx_api_sec_govern_text(w, "owner", &e->owner);
    ngx_api_sec_govern_text(w, "ticket", &e->ticket);
    ngx_api_sec_govern_text(w, "expires", &e->expires);
    ngx_api_sec_govern_text(w, "contract", &e->contract);
    ngx_api_sec_govern_text(w, "operation", &e->operation);
    ngx_api_sec_govern_text(w, "principal", &e->principal);
    ngx_api_sec_govern_text(w, "issuer", &e->issuer);
    ngx_api_sec_govern_text(w, "path", &e->path);
    api_writer_name(w, API_SPAN("expired"));
    api_writer_bool(w, e->until <= ngx_time());

    if (mcf->zone) {
        api_writer_name(w, API_SPAN("requests"));
        api_writer_uint(w, used.requests);
    }

    if (used.last) {
        api_writer_name(w, API_SPAN("last"));
        api_writer_int(w, used.last);
    }

    api_writer_end(w);
}


static void
ngx_api_sec_govern_text(api_writer_t *w, const char *name,
    const ngx_str_t *value)
{
    if (value->len) {
        api_writer_name(w, api_span(name, ngx_strlen(name)));
        api_writer_string(w, ngx_api_span(value));
    }
}
