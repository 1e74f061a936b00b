
/*
 * Phases of nginx in which rules run.
 *
 *   PREACCESS   the headers are kept as the client sent them: what is set or
 *               taken away later (api_forward_token) is no business of rules
 *   PRECONTENT  behind the contract: phase 1, the body, phase 2
 *   LOG         phase 5
 *
 * A policy runs once a request, in whichever location it is met first; a
 * location of another policy, that a redirect leads to, starts anew.
 */

#include "ngx_api_waf.h"
#include "ngx_api_wait.h"


static ngx_api_waf_ctx_t *ngx_api_waf_ctx(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t **rec);
static ngx_int_t ngx_api_waf_request(ngx_http_request_t *r);
static ngx_uint_t ngx_api_waf_mode(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, const ngx_api_waf_loc_conf_t *lcf);
static ngx_uint_t ngx_api_waf_page(const ngx_http_request_t *r,
    const ngx_api_record_t *rec);
static ngx_api_waf_run_t *ngx_api_waf_run_of(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, const ngx_api_waf_loc_conf_t *lcf,
    ngx_api_record_t *rec, ngx_api_waf_ctx_t *ctx, ngx_uint_t mode);
static ngx_uint_t ngx_api_waf_covers(const ngx_api_waf_excepted_t *had,
    ngx_uint_t mode, const ngx_api_waf_excepted_t *here);
static ngx_int_t ngx_api_waf_inspect(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, const ngx_api_waf_loc_conf_t *lcf,
    ngx_api_record_t *rec, ngx_api_waf_run_t *run);
static ngx_int_t ngx_api_waf_phase(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run, api_waf_phase_t phase);
static ngx_int_t ngx_api_waf_body(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, const ngx_api_waf_loc_conf_t *lcf,
    ngx_api_record_t *rec, ngx_api_waf_run_t *run);
static void ngx_api_waf_log_phase(ngx_http_request_t *r,
    ngx_api_waf_run_t *run);
static ngx_int_t ngx_api_waf_values(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run, api_span_t text, ngx_uint_t partial);
static ngx_int_t ngx_api_waf_values_more(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run);


static ngx_api_waf_ctx_t *
ngx_api_waf_ctx(ngx_http_request_t *r, const ngx_api_waf_main_conf_t *mcf,
    ngx_api_record_t **rec)
{
    ngx_api_waf_ctx_t  *ctx;

    *rec = ngx_api_record(r, mcf->self.record);
    if (*rec == NULL) {
        return NULL;
    }

    ctx = (*rec)->own[NGX_API_WAF];

    if (ctx == NULL) {
        ctx = ngx_pcalloc(r->main->pool, sizeof(ngx_api_waf_ctx_t));
        if (ctx == NULL) {
            return NULL;
        }

        (*rec)->own[NGX_API_WAF] = ctx;
    }

    if (!ctx->saved) {
        ctx->headers = r->headers_in.headers;
        ctx->saved = 1;
    }

    return ctx;
}


ngx_int_t
ngx_api_waf_early_handler(ngx_http_request_t *r)
{
    ngx_api_record_t               *rec;
    const ngx_api_waf_loc_conf_t   *lcf;
    const ngx_api_waf_main_conf_t  *mcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_waf_module);

    if (r != r->main || lcf->policy == NULL) {
        return NGX_DECLINED;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_api_waf_module);

    return ngx_api_waf_ctx(r, mcf, &rec) ? NGX_DECLINED
                                         : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


ngx_int_t
ngx_api_waf_handler(ngx_http_request_t *r)
{
    const ngx_api_waf_loc_conf_t   *lcf;
    const ngx_api_waf_main_conf_t  *mcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_waf_module);

    if (r != r->main || lcf->policy == NULL) {
        return NGX_DECLINED;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_api_waf_module);

    return ngx_api_timed(r, mcf->self.sec, NGX_API_PHASE_WAF,
                         ngx_api_waf_request);
}


static ngx_int_t
ngx_api_waf_request(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_uint_t                      mode;
    ngx_api_record_t               *rec;
    ngx_api_waf_ctx_t              *ctx;
    ngx_api_waf_run_t              *run;
    const ngx_api_waf_loc_conf_t   *lcf;
    const ngx_api_waf_main_conf_t  *mcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_waf_module);
    mcf = ngx_http_get_module_main_conf(r, ngx_api_waf_module);
    mode = ngx_api_waf_mode(r, mcf, lcf);

    if (mode == NGX_API_MODE_OFF) {
        return NGX_DECLINED;
    }

    ctx = ngx_api_waf_ctx(r, mcf, &rec);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_api_waf_page(r, rec)) {
        return NGX_DECLINED;
    }

    run = ngx_api_waf_run_of(r, mcf, lcf, rec, ctx, mode);

    if (run == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_api_waf_inspect(r, mcf, lcf, rec, run);

    return rc == NGX_AGAIN ? ngx_api_wait(r, 1) : rc;
}


static ngx_uint_t
ngx_api_waf_mode(ngx_http_request_t *r, const ngx_api_waf_main_conf_t *mcf,
    const ngx_api_waf_loc_conf_t *lcf)
{
    ngx_uint_t               own, ceiling;
    const ngx_api_shared_t  *shared;

    shared = ngx_api_shared(r, mcf->self.sec);

    own = ngx_api_mode(r, &lcf->mode);
    ceiling = ngx_api_mode(r, &shared->mode);

    return ngx_min(own, ceiling);
}


/*
 * A refusal led here by an error_page.  What stands here may be a page, which
 * nothing of the request gets to.  Anywhere else the client could choose to be
 * refused, and have an upstream read what nobody has seen.
 */

static ngx_uint_t
ngx_api_waf_page(const ngx_http_request_t *r, const ngx_api_record_t *rec)
{
    return rec->refusal.status
           && rec->refusal.uri_changes != r->uri_changes
           && r->content_handler == NULL
           && (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD));
}


static ngx_api_waf_run_t *
ngx_api_waf_run_of(ngx_http_request_t *r, const ngx_api_waf_main_conf_t *mcf,
    const ngx_api_waf_loc_conf_t *lcf, ngx_api_record_t *rec,
    ngx_api_waf_ctx_t *ctx, ngx_uint_t mode)
{
    ngx_api_waf_run_t       *run;
    ngx_api_waf_excepted_t   excepted;

    /* called again: what held then holds */

    run = ctx->runs;

    if (run && run->policy == lcf->policy && run->place == r->loc_conf
        && run->uri_changes == r->uri_changes && run->asked >= mode)
    {
        return run;
    }

    ngx_api_waf_except(r, mcf, mode, &excepted);

    for (run = ctx->runs; run; run = run->next) {

        /* one that only watched is no excuse where another location refuses */

        if (run->policy == lcf->policy
            && ngx_api_waf_covers(&run->excepted, run->mode, &excepted))
        {
            return run;
        }
    }

    run = ngx_api_waf_run_create(r, mcf, rec, lcf->policy, &ctx->headers,
                                 &excepted);

    if (run) {
        run->place = r->loc_conf;
        run->uri_changes = r->uri_changes;
        run->asked = mode;
        run->next = ctx->runs;
        ctx->runs = run;
    }

    return run;
}


/* Did it look at all that is to be looked at here? */

static ngx_uint_t
ngx_api_waf_covers(const ngx_api_waf_excepted_t *had, ngx_uint_t mode,
    const ngx_api_waf_excepted_t *here)
{
    ngx_uint_t  i, k;

    for (i = 0; i < had->nrules; i++) {

        for (k = 0; k < here->nrules; k++) {
            if (had->rules[i] == here->rules[k]) {
                break;
            }
        }

        if (k == here->nrules) {
            return 0;
        }
    }

    return mode >= here->mode;
}


static ngx_int_t
ngx_api_waf_inspect(ngx_http_request_t *r, const ngx_api_waf_main_conf_t *mcf,
    const ngx_api_waf_loc_conf_t *lcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run)
{
    ngx_int_t  rc;

    if (run->refused) {
        return ngx_api_waf_again(r, mcf, rec, run);
    }

    if (run->state == NGX_API_WAF_FRESH) {
        rc = ngx_api_waf_phase(r, mcf, rec, run,
                               API_WAF_REQUEST_HEADERS_PHASE);
        if (rc != NGX_DECLINED) {
            return rc;
        }

        run->state = NGX_API_WAF_HEADERS;
    }

    if (run->state == NGX_API_WAF_HEADERS) {
        rc = run->reading ? ngx_api_waf_values_more(r, mcf, rec, run)
                          : ngx_api_waf_body(r, mcf, lcf, rec, run);

        if (rc == NGX_DECLINED) {
            rc = ngx_api_waf_patch_check(r, mcf, lcf, rec, run);
        }

        if (rc != NGX_DECLINED) {
            return rc;
        }

        run->state = NGX_API_WAF_BODY;
    }

    if (run->state == NGX_API_WAF_BODY) {
        rc = ngx_api_waf_phase(r, mcf, rec, run, API_WAF_REQUEST_BODY_PHASE);

        if (rc != NGX_DECLINED) {
            return rc;
        }

        run->state = NGX_API_WAF_DONE;
        ngx_api_waf_passed(rec, run);
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_api_waf_phase(ngx_http_request_t *r, const ngx_api_waf_main_conf_t *mcf,
    ngx_api_record_t *rec, ngx_api_waf_run_t *run, api_waf_phase_t phase)
{
    api_waf_rc_t  rc;

    rc = ngx_api_waf_run_phase(r, run, phase, NGX_API_WAF_SLICE);

    if (rc == API_WAF_AGAIN) {
        return NGX_AGAIN;
    }

    if (ngx_api_waf_run_note(r, run) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_api_waf_verdict(r, mcf, rec, run, rc);
}


/*
 * The body is read when the rules of phase 1 have let the request pass, and
 * only where the rules want it.
 */

static ngx_int_t
ngx_api_waf_body(ngx_http_request_t *r, const ngx_api_waf_main_conf_t *mcf,
    const ngx_api_waf_loc_conf_t *lcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run)
{
    ngx_int_t        rc;
    api_span_t       none;
    ngx_api_body_t  *body;

    none = api_span(NULL, 0);

    if (!api_waf_tx_settings(run->tx)->request_body) {
        return ngx_api_waf_values(r, mcf, rec, run, none, 0);
    }

    rc = ngx_api_body_read(r, &mcf->self, rec, &body);

    if (rc != NGX_OK) {
        return rc;
    }

    if (body->skipped) {
        return lcf->grpc ? ngx_api_waf_values(r, mcf, rec, run, none, 1)
                         : ngx_api_waf_stream(r, mcf, rec, run);
    }

    if (body->failed) {
        rc = ngx_api_body_refuse(r, &mcf->self, rec, body, run->mode);

        if (rc != NGX_DECLINED) {
            run->action = NGX_API_WAF_REFUSED;
            return rc;
        }

        return ngx_api_waf_values(r, mcf, rec, run, none, 1);
    }

    return ngx_api_waf_values(r, mcf, rec, run, body->text, body->partial);
}


/*
 * What later phases may look at is copied: the body goes back to the budget
 * at the end of PRECONTENT.
 */

static ngx_int_t
ngx_api_waf_values(ngx_http_request_t *r, const ngx_api_waf_main_conf_t *mcf,
    ngx_api_record_t *rec, ngx_api_waf_run_t *run, api_span_t text,
    ngx_uint_t partial)
{
    api_waf_body_t  how;

    if (text.len && (run->policy->set->phases >> 3)) {
        text = api_arena_dup(&run->arena, text);

        if (text.data == NULL) {
            return ngx_api_waf_verdict(r, mcf, rec, run, API_WAF_FAILED);
        }
    }

    ngx_api_waf_run_grant(run, text.len);
    how = api_waf_tx_settings(run->tx)->body;

    if (api_values_body_start(&run->builder, text, how, partial) != API_OK) {
        return ngx_api_waf_verdict(r, mcf, rec, run, API_WAF_FAILED);
    }

    run->reading = 1;

    return ngx_api_waf_values_more(r, mcf, rec, run);
}


/* A slice; the next one when others have had their turn. */

static ngx_int_t
ngx_api_waf_values_more(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run)
{
    int  rc;

    if (api_values_body_more(&run->builder, &rc)) {
        return NGX_AGAIN;
    }

    run->reading = 0;

    if (rc != API_OK) {
        return ngx_api_waf_verdict(r, mcf, rec, run, API_WAF_FAILED);
    }

    return run->builder.over ? ngx_api_waf_over(r, mcf, rec, run)
                             : NGX_DECLINED;
}


/* Runs last in PRECONTENT: all modules have had their look. */

ngx_int_t
ngx_api_waf_release_handler(ngx_http_request_t *r)
{
    ngx_api_record_t               *rec;
    ngx_api_waf_ctx_t              *ctx;
    ngx_api_waf_run_t              *run;
    const ngx_api_waf_main_conf_t  *mcf;

    if (r != r->main) {
        return NGX_DECLINED;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_api_waf_module);
    rec = ngx_api_record_peek(r, mcf->self.record);
    ctx = ngx_api_waf_ctx_of(rec);

    if (ctx == NULL) {
        return NGX_DECLINED;
    }

    for (run = ctx->runs; run; run = run->next) {
        if (run->state == NGX_API_WAF_DONE
            && (run->policy->set->phases >> 3) == 0)
        {
            ngx_api_waf_run_end(run);
        }
    }

    ngx_api_body_release(r, &mcf->self);

    return NGX_DECLINED;
}


/* Nobody can wait for it, and nothing is decided in it. */

static void
ngx_api_waf_log_phase(ngx_http_request_t *r, ngx_api_waf_run_t *run)
{
    if (ngx_api_waf_run_phase(r, run, API_WAF_LOGGING_PHASE,
                              NGX_API_WAF_SHORT)
        == API_WAF_AGAIN)
    {
        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "%V: rules of phase 5 of \"%V\" were left before their "
                      "end: they take too long",
                      &ngx_api_module_names[NGX_API_WAF],
                      &run->policy->set->text);
    }

    (void) ngx_api_waf_run_note(r, run);
}


void
ngx_api_waf_log_request(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec)
{
    ngx_api_waf_ctx_t  *ctx;
    ngx_api_waf_run_t  *run;

    ctx = ngx_api_waf_ctx_of(rec);

    for (run = ctx ? ctx->runs : NULL; run; run = run->next) {

        if (run->live && !run->closed
            && (run->policy->set->phases >> API_WAF_LOGGING_PHASE & 1))
        {
            run->closed = 1;

            ngx_api_waf_log_phase(r, run);
        }

        ngx_api_waf_run_end(run);
    }
}
