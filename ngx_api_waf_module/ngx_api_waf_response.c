
/*
 * Phases 3 and 4: rules on what the application answers, only where a rule
 * set has such rules.
 *
 *   NONE --phase 3--+--> DONE        no body to look at: phase 4 at once
 *                   +--> HOLDING     enforce: header and body wait for phase 4
 *                   +--> WATCHING    monitor: a copy is made as it passes
 *                   +--> REPLACED    phase 3 said no
 *   HOLDING, WATCHING --all of it--> JUDGING --phase 4--> DONE, REPLACED
 *
 * Phase 4 goes in slices, with other requests between them (JUDGING, see
 * ngx_api_waf_turn.c); what an application sends meanwhile waits behind what
 * is held, or passes in monitor.  Phase 3, which nobody can wait for, is
 * bounded.
 *
 * What is held is bounded by SecResponseBodyLimit.  A longer body is looked at
 * as far as that, and then flows on (ProcessPartial), or is refused (Reject).
 */

#include "ngx_api_waf.h"


static ngx_api_waf_run_t *ngx_api_waf_answering(ngx_http_request_t *r,
    const ngx_api_record_t *rec);
static ngx_int_t ngx_api_waf_answer_phase3(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run);
static ngx_int_t ngx_api_waf_answer_phase4(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run, ngx_uint_t partial);
static ngx_int_t ngx_api_waf_answer_values(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run, ngx_uint_t partial);
static ngx_int_t ngx_api_waf_answer_body(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run, ngx_chain_t *in, ngx_chain_t **out);
static ngx_int_t ngx_api_waf_answer_more(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run, ngx_chain_t *in, ngx_chain_t **out);
static ngx_int_t ngx_api_waf_answer_slice(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run, uint64_t slice);
static ngx_int_t ngx_api_waf_answer_end(ngx_http_request_t *r,
    ngx_api_waf_run_t *run, ngx_int_t verdict, ngx_chain_t **out);
static ngx_int_t ngx_api_waf_answer_fields(ngx_http_request_t *r,
    ngx_api_waf_run_t *run, uint32_t *n, api_values_field_t **fields);
static ngx_int_t ngx_api_waf_answer_replace(ngx_http_request_t *r,
    ngx_api_waf_run_t *run, ngx_int_t status);


/* The inspection that belongs to what is answered now. */

static ngx_api_waf_run_t *
ngx_api_waf_answering(ngx_http_request_t *r, const ngx_api_record_t *rec)
{
    ngx_api_waf_ctx_t             *ctx;
    ngx_api_waf_run_t             *run;
    const ngx_api_waf_loc_conf_t  *lcf;

    ctx = ngx_api_waf_ctx_of(rec);
    lcf = ngx_http_get_module_loc_conf(r, ngx_api_waf_module);

    for (run = ctx ? ctx->runs : NULL; run; run = run->next) {
        if (run->policy == lcf->policy && run->state == NGX_API_WAF_DONE) {
            return run;
        }
    }

    return NULL;
}


ngx_int_t
ngx_api_waf_response_header(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec)
{
    ngx_int_t                 rc;
    ngx_api_waf_run_t        *run;
    const ngx_api_refusal_t  *refusal;

    run = ngx_api_waf_answering(r, rec);
    refusal = &rec->refusal;

    if (run == NULL || !run->live || run->refused
        || run->answer != NGX_API_WAF_ANSWER_NONE
        || (run->policy->set->phases >> API_WAF_RESPONSE_HEADERS_PHASE) == 0
        || r->headers_out.status == NGX_HTTP_NOT_MODIFIED
        || r->headers_out.status == NGX_HTTP_SWITCHING_PROTOCOLS
        || (refusal->status && refusal->status == r->headers_out.status
            && refusal->uri_changes == r->uri_changes
            && refusal->upstream == r->upstream))
    {
        return NGX_DECLINED;
    }

    run->answer = NGX_API_WAF_ANSWER_DONE;
    rc = ngx_api_waf_answer_phase3(r, mcf, rec, run);

    if (rc != NGX_DECLINED) {
        return ngx_api_waf_answer_replace(r, run, rc);
    }

    if ((run->policy->set->phases >> API_WAF_RESPONSE_BODY_PHASE & 1) == 0) {
        return NGX_DECLINED;
    }

    rc = ngx_api_waf_readable(r, run);

    if (rc != NGX_OK) {
        rc = ngx_api_waf_answer_phase4(r, mcf, rec, run, rc == NGX_ABORT);

        return rc == NGX_DECLINED ? NGX_DECLINED
                                  : ngx_api_waf_answer_replace(r, run, rc);
    }

    /* a range of it would be cut out before we see it */

    ngx_http_clear_accept_ranges(r);
    r->main_filter_need_in_memory = 1;

    if (run->mode != NGX_API_MODE_ENFORCE) {
        run->answer = NGX_API_WAF_ANSWER_WATCHING;
        return NGX_DECLINED;
    }

    run->answer = NGX_API_WAF_ANSWER_HOLDING;

    return NGX_OK;
}


static ngx_int_t
ngx_api_waf_answer_phase3(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run)
{
    uint32_t             n;
    api_waf_rc_t         rc;
    api_values_field_t  *fields;

    if (ngx_api_waf_answer_fields(r, run, &n, &fields) != NGX_OK
        || api_values_response(&run->builder,
                               (unsigned) r->headers_out.status,
                               API_SPAN("HTTP/1.1"), fields, n)
           != API_OK)
    {
        return ngx_api_waf_verdict(r, mcf, rec, run, API_WAF_FAILED);
    }

    ngx_api_waf_run_grant(run, ngx_api_waf_size(fields, n));
    rc = ngx_api_waf_run_phase(r, run, API_WAF_RESPONSE_HEADERS_PHASE,
                               NGX_API_WAF_SHORT);

    if (rc == API_WAF_AGAIN) {
        return ngx_api_waf_costly(r, mcf, rec, run);
    }

    return ngx_api_waf_run_note(r, run) == NGX_OK
           ? ngx_api_waf_verdict(r, mcf, rec, run, rc)
           : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* Without a body, and so at once. */

static ngx_int_t
ngx_api_waf_answer_phase4(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run, ngx_uint_t partial)
{
    ngx_int_t  rc;

    rc = ngx_api_waf_answer_values(r, mcf, rec, run, partial);

    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_api_waf_answer_slice(r, mcf, rec, run, NGX_API_WAF_SHORT);

    return rc == NGX_AGAIN ? ngx_api_waf_costly(r, mcf, rec, run) : rc;
}


/* What phase 4 looks at.  NGX_OK, or what becomes of the response. */

static ngx_int_t
ngx_api_waf_answer_values(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run, ngx_uint_t partial)
{
    ngx_int_t   read;
    api_span_t  text;

    read = partial && run->answer == NGX_API_WAF_ANSWER_DONE
           ? NGX_DECLINED : ngx_api_waf_readable_text(run, &text, &partial);

    if (read == NGX_DECLINED) {
        text = api_span(NULL, 0);
        partial = 1;

        read = ngx_api_waf_unread(r, mcf, rec, run);

        if (read != NGX_DECLINED) {
            return read;
        }

        read = NGX_OK;
    }

    if (read == NGX_ERROR
        || api_values_response_body(&run->builder, text, partial) != API_OK)
    {
        return ngx_api_waf_verdict(r, mcf, rec, run, API_WAF_FAILED);
    }

    ngx_api_waf_run_grant(run, text.len);

    return NGX_OK;
}


/* NGX_AGAIN: there is more to do; NGX_DECLINED: it passes. */

static ngx_int_t
ngx_api_waf_answer_slice(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run, uint64_t slice)
{
    api_waf_rc_t  rc;

    rc = ngx_api_waf_run_phase(r, run, API_WAF_RESPONSE_BODY_PHASE, slice);

    if (rc == API_WAF_AGAIN) {
        return NGX_AGAIN;
    }

    return ngx_api_waf_run_note(r, run) == NGX_OK
           ? ngx_api_waf_verdict(r, mcf, rec, run, rc)
           : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* Those that nginx keeps elsewhere are put to the others. */

static ngx_int_t
ngx_api_waf_answer_fields(ngx_http_request_t *r, ngx_api_waf_run_t *run,
    uint32_t *n, api_values_field_t **fields)
{
    size_t                  count;
    ngx_uint_t              i;
    api_values_field_t     *field;
    const ngx_list_part_t  *part;
    const ngx_table_elt_t  *h;

    count = 1;

    for (part = &r->headers_out.headers.part; part; part = part->next) {
        count += part->nelts;
    }

    field = api_arena_calloc(&run->arena, count, sizeof(api_values_field_t));
    if (field == NULL) {
        return NGX_ERROR;
    }

    *fields = field;

    for (part = &r->headers_out.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].hash) {
                field->name = ngx_api_span(&h[i].key);
                field->value = ngx_api_span(&h[i].value);
                field++;
            }
        }
    }

    if (r->headers_out.content_type.len) {
        field->name = API_SPAN("Content-Type");
        field->value = ngx_api_span(&r->headers_out.content_type);
        field++;
    }

    *n = (uint32_t) (field - *fields);

    return NGX_OK;
}


/* Once more from the top, with nothing of the application in it; our header
   filter makes a problem of it. */

static ngx_int_t
ngx_api_waf_answer_replace(ngx_http_request_t *r, ngx_api_waf_run_t *run,
    ngx_int_t status)
{
    ngx_int_t  rc;

    run->answer = NGX_API_WAF_ANSWER_REPLACED;

    if (status < NGX_HTTP_SPECIAL_RESPONSE || status > 599) {
        status = NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_clean_header(r);

    r->err_status = status;
    r->headers_out.status = status;

    if (status == NGX_HTTP_CLOSE) {
        return NGX_ERROR;    /* nothing has been sent: the connection goes */
    }

    if (run->location.len) {
        r->headers_out.location = ngx_api_add_header(r, "Location",
                                                     &run->location);
        if (r->headers_out.location == NULL) {
            return NGX_ERROR;
        }
    }

    rc = ngx_http_top_header_filter(r);

    return rc == NGX_ERROR ? NGX_ERROR : NGX_DONE;
}


/*
 * NGX_DECLINED: in goes on as it is; NGX_OK: nothing is to be sent now;
 * NGX_AGAIN: the header is to be sent, then *out; NGX_DONE: the problem has
 * been begun, its body is to be sent; or an error.
 */

ngx_int_t
ngx_api_waf_response_body(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_chain_t *in, ngx_chain_t **out)
{
    ngx_api_record_t   *rec;
    ngx_api_waf_run_t  *run;

    rec = ngx_api_record_peek(r, mcf->self.record);
    run = ngx_api_waf_answering(r, rec);

    if (run == NULL) {
        return NGX_DECLINED;
    }

    if (run->answer == NGX_API_WAF_ANSWER_JUDGING) {
        return ngx_api_waf_answer_more(r, mcf, rec, run, in, out);
    }

    if (in == NULL) {
        return NGX_DECLINED;
    }

    switch (run->answer) {

    case NGX_API_WAF_ANSWER_HOLDING:
    case NGX_API_WAF_ANSWER_WATCHING:
        return ngx_api_waf_answer_body(r, mcf, rec, run, in, out);

    case NGX_API_WAF_ANSWER_REPLACED:
        ngx_api_waf_held_drop(in);
        return NGX_OK;

    default:
        return NGX_DECLINED;
    }
}


/* Of the body, as long as not all of it, or all that is looked at, is here. */

static ngx_int_t
ngx_api_waf_answer_body(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run, ngx_chain_t *in, ngx_chain_t **out)
{
    ngx_int_t   rc, verdict;
    ngx_uint_t  last;

    run->holds = run->answer == NGX_API_WAF_ANSWER_HOLDING;
    rc = ngx_api_waf_held_take(r, run, &in, &last);

    if (rc == NGX_OK && !last) {
        return run->holds ? NGX_OK : NGX_DECLINED;
    }

    run->last = last;

    if (run->holds && !last
        && ngx_chain_add_copy(r->pool, &run->rest, in) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (rc == NGX_ERROR) {

        /* a full budget is no way around the rules */

        verdict = ngx_api_waf_verdict(r, mcf, rec, run, API_WAF_FAILED);

    } else if (rc == NGX_ABORT
               && api_waf_tx_settings(run->tx)->response_body_reject)
    {
        verdict = ngx_api_waf_long(r, mcf, rec, run);

    } else {
        verdict = ngx_api_waf_answer_values(r, mcf, rec, run, rc != NGX_OK);
    }

    if (verdict == NGX_OK) {
        run->answer = NGX_API_WAF_ANSWER_JUDGING;
        run->due = 1;
        return ngx_api_waf_answer_more(r, mcf, rec, run, NULL, out);
    }

    return ngx_api_waf_answer_end(r, run, verdict, out);
}


/* A slice of phase 4 when its turn has come; in is what came meanwhile. */

static ngx_int_t
ngx_api_waf_answer_more(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run, ngx_chain_t *in, ngx_chain_t **out)
{
    ngx_int_t  rc;

    if (run->holds
        && ngx_chain_add_copy(r->pool, &run->rest, in) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (!run->due) {
        return run->holds ? NGX_OK : NGX_DECLINED;
    }

    run->due = 0;
    rc = ngx_api_waf_answer_slice(r, mcf, rec, run, NGX_API_WAF_SLICE);

    if (rc == NGX_AGAIN) {
        ngx_api_waf_turn(r, run);
        return run->holds ? NGX_OK : NGX_DECLINED;
    }

    ngx_api_waf_turn_end(r, run);

    return ngx_api_waf_answer_end(r, run, rc, out);
}


static ngx_int_t
ngx_api_waf_answer_end(ngx_http_request_t *r, ngx_api_waf_run_t *run,
    ngx_int_t verdict, ngx_chain_t **out)
{
    run->answer = NGX_API_WAF_ANSWER_DONE;

    if (!run->holds) {
        return NGX_DECLINED;
    }

    if (verdict != NGX_DECLINED) {
        ngx_api_waf_held_drop(run->rest);
        return ngx_api_waf_answer_replace(r, run, verdict);
    }

    return ngx_api_waf_held_give(r, run, run->rest, run->last, out);
}


/* The header waits: what a subrequest (slice) sends now would stand before it,
   unseen. */

ngx_uint_t
ngx_api_waf_response_in_pieces(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf)
{
    ngx_api_waf_run_t  *run;

    run = ngx_api_waf_answering(r->main,
                                ngx_api_record_peek(r, mcf->self.record));

    if (run == NULL || run->answer != NGX_API_WAF_ANSWER_HOLDING
        || r->background || r->subrequest_in_memory)
    {
        return 0;
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "%V: a response that is put together of subrequests "
                  "(slice) cannot be held for rules of phase 4",
                  &ngx_api_module_names[NGX_API_WAF]);

    return 1;
}
