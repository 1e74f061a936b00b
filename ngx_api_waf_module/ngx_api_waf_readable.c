
/*
 * What rules of phase 4 can read of a response: which bodies, and out of which
 * coding.  A body in gzip is looked at decoded, and goes on as it came.
 */

#include "ngx_api_waf.h"
#include "api_gzip.h"


static ngx_uint_t ngx_api_waf_readable_type(const ngx_http_request_t *r,
    api_span_t types);


ngx_int_t
ngx_api_waf_readable(ngx_http_request_t *r, ngx_api_waf_run_t *run)
{
    api_span_t                 coding;
    const ngx_table_elt_t     *h;
    const api_waf_settings_t  *s;

    s = api_waf_tx_settings(run->tx);

    if (!s->response_body
        || r->method == NGX_HTTP_HEAD
        || r->headers_out.content_length_n == 0
        || r->headers_out.status == NGX_HTTP_NO_CONTENT
        || !ngx_api_waf_readable_type(r, s->response_types))
    {
        return NGX_DECLINED;
    }

    h = r->headers_out.content_encoding;

    if (h == NULL || h->hash == 0 || h->value.len == 0) {
        return NGX_OK;
    }

    coding = ngx_api_span(&h->value);

    if (api_span_eq_nocase(coding, API_SPAN("identity"))) {
        return NGX_OK;
    }

    run->gzip = api_span_eq_nocase(coding, API_SPAN("gzip"))
                || api_span_eq_nocase(coding, API_SPAN("x-gzip"));

    return run->gzip ? NGX_OK : NGX_ABORT;
}


/* SecResponseBodyMimeType; without it text/plain and text/html. */

static ngx_uint_t
ngx_api_waf_readable_type(const ngx_http_request_t *r, api_span_t types)
{
    api_span_t  type, rest, one;

    rest = ngx_api_span(&r->headers_out.content_type);
    type = ngx_api_header_word(&rest, ';');
    rest = types.len ? types : API_SPAN("text/plain text/html");

    while (rest.len) {
        one = ngx_api_header_word(&rest, ' ');

        if (one.len && api_span_eq_nocase(one, type)) {
            return 1;
        }
    }

    return 0;
}


/*
 * The held body as rules read it.  *cut: there is more of it.  NGX_DECLINED:
 * it is not what its coding says; NGX_ERROR: no memory.
 */

ngx_int_t
ngx_api_waf_readable_text(ngx_api_waf_run_t *run, api_span_t *text,
    ngx_uint_t *cut)
{
    int                rc;
    bool               more;
    api_err_t          err;
    api_span_t         held;
    api_gzip_limits_t  limits;

    held = api_span(run->held, run->held_len);
    *text = held;

    if (!run->gzip || held.len == 0) {
        return NGX_OK;
    }

    limits.size = ngx_api_waf_answer_limit(run);
    limits.ratio = 0;
    limits.members = 0;

    rc = api_gzip_decode_some(&held, 1, &limits, &run->arena, text, &more,
                              &err);

    if (rc == API_OK) {
        *cut |= more;
        return NGX_OK;
    }

    *text = api_span(NULL, 0);

    return rc == API_NOMEM ? NGX_ERROR : NGX_DECLINED;
}


/*
 * A body that rules cannot read passes, and it is told, as one that is longer
 * than they read; or it is refused with SecResponseBodyLimitAction Reject.
 */

ngx_int_t
ngx_api_waf_unread(ngx_http_request_t *r, const ngx_api_waf_main_conf_t *mcf,
    ngx_api_record_t *rec, ngx_api_waf_run_t *run)
{
    ngx_str_t               coding;
    const ngx_table_elt_t  *h;

    if (api_waf_tx_settings(run->tx)->response_body_reject) {
        return ngx_api_waf_coded(r, mcf, rec, run);
    }

    ngx_str_set(&coding, "none");
    h = r->headers_out.content_encoding;

    if (h) {
        coding = h->value;
        coding.len = ngx_min(coding.len, 32);
    }

    ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                  "%V: rules of phase 4 could not read a response in the "
                  "coding \"%V\": write proxy_set_header Accept-Encoding \"\"",
                  &ngx_api_module_names[NGX_API_WAF], &coding);

    return NGX_DECLINED;
}
