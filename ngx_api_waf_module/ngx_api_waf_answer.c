
/*
 * What becomes of a verdict: the refusal, the decision in the record, what
 * variables say.
 */

#include "ngx_api_waf.h"


static ngx_int_t ngx_api_waf_failed(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run, const api_waf_verdict_t *v);
static ngx_int_t ngx_api_waf_detail(ngx_http_request_t *r,
    ngx_api_waf_run_t *run, const api_waf_verdict_t *v, ngx_str_t *detail);
static ngx_int_t ngx_api_waf_redirect(ngx_http_request_t *r,
    ngx_api_waf_run_t *run, api_span_t location);


typedef enum {
    NGX_API_WAF_NO_RULE = 0,
    NGX_API_WAF_NO_FAILED,
    NGX_API_WAF_NO_WORK,
    NGX_API_WAF_NO_OVER,
    NGX_API_WAF_NO_STREAM,
    NGX_API_WAF_NO_LONG,
    NGX_API_WAF_NO_CODED
} ngx_api_waf_no_e;


static const ngx_api_why_t  ngx_api_waf_nos[] = {

    { NGX_API_CHECK_WAF, NGX_HTTP_FORBIDDEN,
      ngx_string("rule"), ngx_null_string,
      ngx_string("request_blocked"),
      ngx_string("The request was blocked"), ngx_null_string },

    { NGX_API_CHECK_WAF, NGX_HTTP_SERVICE_UNAVAILABLE,
      ngx_string("failed"), ngx_null_string,
      ngx_string("inspection_failed"),
      ngx_string("The request could not be inspected"), ngx_null_string },

    { NGX_API_CHECK_WAF, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
      ngx_string("work"),
      ngx_string("it costs more than its size allows: api_waf_budget"),
      ngx_string("inspection_too_costly"),
      ngx_string("The request is too costly to inspect"), ngx_null_string },

    { NGX_API_CHECK_WAF, NGX_HTTP_FORBIDDEN,
      ngx_string("arguments"),
      ngx_string("more arguments than are inspected: SecArgumentsLimit"),
      ngx_string("request_blocked"),
      ngx_string("The request was blocked"), ngx_null_string },

    { NGX_API_CHECK_WAF, NGX_HTTP_UNSUPPORTED_MEDIA_TYPE,
      ngx_string("grpc"),
      ngx_string("where gRPC belongs, api_waf takes skip=grpc"),
      ngx_string("unsupported_media_type"),
      ngx_string("gRPC is not served here"), ngx_null_string },

    { NGX_API_CHECK_WAF, NGX_HTTP_BAD_GATEWAY,
      ngx_string("response_too_large"),
      ngx_string("the response is longer than SecResponseBodyLimit"),
      ngx_string("response_blocked"),
      ngx_string("The response was blocked"), ngx_null_string },

    { NGX_API_CHECK_WAF, NGX_HTTP_BAD_GATEWAY,
      ngx_string("response_coding"),
      ngx_string("the response is in a coding that rules cannot read: "
                 "proxy_set_header Accept-Encoding \"\""),
      ngx_string("response_blocked"),
      ngx_string("The response was blocked"), ngx_null_string }
};


static const ngx_str_t  ngx_api_waf_passed_reason = ngx_string("passed");
static const ngx_str_t  ngx_api_waf_scored_reason = ngx_string("scored");


static ngx_int_t
ngx_api_waf_failed(ngx_http_request_t *r, const ngx_api_waf_main_conf_t *mcf,
    ngx_api_record_t *rec, ngx_api_waf_run_t *run, const api_waf_verdict_t *v)
{
    ngx_api_why_t  why;

    if (run->action == NGX_API_WAF_BROKEN
        && run->mode != NGX_API_MODE_ENFORCE)
    {
        return NGX_DECLINED;    /* an earlier phase has told it */
    }

    why = ngx_api_waf_nos[v->over ? NGX_API_WAF_NO_WORK
                                  : NGX_API_WAF_NO_FAILED];
    run->action = NGX_API_WAF_BROKEN;

    if (v->over && v->phase >= API_WAF_RESPONSE_HEADERS_PHASE) {
        why.status = NGX_HTTP_BAD_GATEWAY;
    }

    if (v->failure && !v->over) {
        why.detail.data = (u_char *) (uintptr_t) v->failure;
        why.detail.len = ngx_strlen(v->failure);
    }

    ngx_log_error((v->over ? NGX_LOG_WARN : NGX_LOG_ERR), r->connection->log,
                  0, "%V: an inspection by \"%V\" failed: %V",
                  &ngx_api_module_names[NGX_API_WAF],
                  &run->policy->set->text, &why.detail);

    return ngx_api_waf_refuse(r, mcf, rec, run, &why);
}


ngx_int_t
ngx_api_waf_verdict(ngx_http_request_t *r, const ngx_api_waf_main_conf_t *mcf,
    ngx_api_record_t *rec, ngx_api_waf_run_t *run, api_waf_rc_t rc)
{
    ngx_api_why_t      why;
    api_waf_verdict_t  v;

    api_waf_tx_verdict(run->tx, &v);

    if (rc == API_WAF_FAILED) {
        return ngx_api_waf_failed(r, mcf, rec, run, &v);
    }

    if (rc == API_WAF_PASS && !v.would) {
        return NGX_DECLINED;
    }

    why = ngx_api_waf_nos[NGX_API_WAF_NO_RULE];

    if (v.status >= NGX_HTTP_SPECIAL_RESPONSE && v.status < 600) {
        why.status = v.status;
    }

    if (rc == API_WAF_DROP) {
        why.status = NGX_HTTP_CLOSE;
    }

    if (v.phase >= API_WAF_RESPONSE_HEADERS_PHASE) {
        why.code = ngx_api_waf_nos[NGX_API_WAF_NO_LONG].code;
        why.title = ngx_api_waf_nos[NGX_API_WAF_NO_LONG].title;
    }

    if (ngx_api_waf_detail(r, run, &v, &why.detail) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == API_WAF_DENY && v.location.data
        && run->mode == NGX_API_MODE_ENFORCE
        && ngx_api_waf_redirect(r, run, v.location) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_api_waf_refuse(r, mcf, rec, run, &why);
}


/* A verdict that would have been counts once a request. */

ngx_int_t
ngx_api_waf_refuse(ngx_http_request_t *r, const ngx_api_waf_main_conf_t *mcf,
    ngx_api_record_t *rec, ngx_api_waf_run_t *run, const ngx_api_why_t *why)
{
    ngx_int_t  rc;

    if (run->mode == NGX_API_MODE_ENFORCE) {
        run->refused = 1;
        run->action = run->action == NGX_API_WAF_BROKEN
                      ? NGX_API_WAF_BROKEN : NGX_API_WAF_REFUSED;
        run->why = *why;

    } else if (run->action == NGX_API_WAF_MONITORED) {
        return NGX_DECLINED;

    } else if (run->action != NGX_API_WAF_BROKEN) {
        run->action = NGX_API_WAF_MONITORED;
    }

    rc = ngx_api_refuse(r, &mcf->self, rec, why, run->mode);

    if (rc == NGX_DECLINED && run->refused) {
        run->refused = 0;    /* an exception */
        run->action = NGX_API_WAF_MONITORED;
        run->mode = NGX_API_MODE_MONITOR;
    }

    return rc;
}


ngx_int_t
ngx_api_waf_again(ngx_http_request_t *r, const ngx_api_waf_main_conf_t *mcf,
    ngx_api_record_t *rec, ngx_api_waf_run_t *run)
{
    return ngx_api_refuse(r, &mcf->self, rec, &run->why, run->mode);
}


ngx_int_t
ngx_api_waf_over(ngx_http_request_t *r, const ngx_api_waf_main_conf_t *mcf,
    ngx_api_record_t *rec, ngx_api_waf_run_t *run)
{
    ngx_api_why_t  why;

    why = ngx_api_waf_nos[NGX_API_WAF_NO_OVER];

    return ngx_api_waf_refuse(r, mcf, rec, run, &why);
}


ngx_int_t
ngx_api_waf_stream(ngx_http_request_t *r, const ngx_api_waf_main_conf_t *mcf,
    ngx_api_record_t *rec, ngx_api_waf_run_t *run)
{
    ngx_api_why_t  why;

    why = ngx_api_waf_nos[NGX_API_WAF_NO_STREAM];

    return ngx_api_waf_refuse(r, mcf, rec, run, &why);
}


ngx_int_t
ngx_api_waf_long(ngx_http_request_t *r, const ngx_api_waf_main_conf_t *mcf,
    ngx_api_record_t *rec, ngx_api_waf_run_t *run)
{
    ngx_api_why_t  why;

    why = ngx_api_waf_nos[NGX_API_WAF_NO_LONG];

    return ngx_api_waf_refuse(r, mcf, rec, run, &why);
}


/* A phase that cannot be left and gone on with has more to do than it may. */

ngx_int_t
ngx_api_waf_costly(ngx_http_request_t *r, const ngx_api_waf_main_conf_t *mcf,
    ngx_api_record_t *rec, ngx_api_waf_run_t *run)
{
    ngx_api_why_t  why;

    why = ngx_api_waf_nos[NGX_API_WAF_NO_WORK];
    why.status = NGX_HTTP_BAD_GATEWAY;
    ngx_str_set(&why.detail, "rules of phase 3, or of phase 4 without a body, "
                             "take longer than nginx can wait for them");
    run->action = NGX_API_WAF_BROKEN;

    return ngx_api_waf_refuse(r, mcf, rec, run, &why);
}


ngx_int_t
ngx_api_waf_coded(ngx_http_request_t *r, const ngx_api_waf_main_conf_t *mcf,
    ngx_api_record_t *rec, ngx_api_waf_run_t *run)
{
    ngx_api_why_t  why;

    why = ngx_api_waf_nos[NGX_API_WAF_NO_CODED];

    return ngx_api_waf_refuse(r, mcf, rec, run, &why);
}


/* "rule 949110, score 15, by 942100, 949110": ids and numbers, nothing that
   the client sent. */

static ngx_int_t
ngx_api_waf_detail(ngx_http_request_t *r, ngx_api_waf_run_t *run,
    const api_waf_verdict_t *v, ngx_str_t *detail)
{
    size_t     len;
    int64_t    score;
    ngx_str_t  rules;

    score = v->phase >= API_WAF_RESPONSE_HEADERS_PHASE ? run->score_out
                                                       : run->score;
    rules = run->listed;
    len = sizeof("rule , score , by ") + NGX_INT32_LEN + NGX_INT64_LEN
          + rules.len;

    detail->data = ngx_pnalloc(r->main->pool, len);
    if (detail->data == NULL) {
        return NGX_ERROR;
    }

    detail->len = ngx_sprintf(detail->data, "rule %uD, score %L, by %V",
                              v->id, score, &rules)
                  - detail->data;

    return NGX_OK;
}


static ngx_int_t
ngx_api_waf_redirect(ngx_http_request_t *r, ngx_api_waf_run_t *run,
    api_span_t location)
{
    size_t     i;
    ngx_str_t  value;

    value.len = location.len;
    value.data = ngx_pnalloc(r->pool, location.len + 1);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    /* macros may have put in what a client sent */

    for (i = 0; i < location.len; i++) {
        value.data[i] = location.data[i] < 0x20 || location.data[i] == 0x7f
                        ? '_' : location.data[i];
    }

    run->location = value;

    ngx_http_clear_location(r);

    r->headers_out.location = ngx_api_add_header(r, "Location", &value);

    return r->headers_out.location ? NGX_OK : NGX_ERROR;
}


void
ngx_api_waf_passed(ngx_api_record_t *rec, ngx_api_waf_run_t *run)
{
    if (run->action != NGX_API_WAF_NOTHING) {
        return;
    }

    run->action = NGX_API_WAF_PASSED;

    ngx_api_record_decide(rec, NGX_API_CHECK_WAF, NGX_API_ALLOW, 0,
                          run->rules.len ? &ngx_api_waf_scored_reason
                                         : &ngx_api_waf_passed_reason,
                          run->rules.len ? &run->listed : NULL);
}
