
/*
 * LOG: what was refused, or answered with a status that counts, is a strike
 * against the keys of the lines that were in force where the request has been.
 */

#include "ngx_api_ratelimit_ban.h"


static void ngx_api_ratelimit_ban_lines(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf, const ngx_api_record_t *rec,
    const ngx_api_ratelimit_ban_t * const *ban, ngx_uint_t n);
static void ngx_api_ratelimit_ban_judge(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf,
    const ngx_api_ratelimit_ban_t *ban, const ngx_api_record_t *rec,
    ngx_uint_t mode);
static ngx_uint_t ngx_api_ratelimit_ban_cause(ngx_http_request_t *r,
    const ngx_api_ratelimit_ban_t *ban, const ngx_api_record_t *rec,
    ngx_uint_t mode, uint32_t *cause);
static void ngx_api_ratelimit_ban_strike(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf,
    const ngx_api_ratelimit_ban_t *ban, ngx_uint_t mode, uint32_t cause,
    const ngx_api_ratelimit_ban_key_t *key);
static void ngx_api_ratelimit_ban_event(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf, ngx_uint_t mode, uint64_t ms);
static void ngx_api_ratelimit_ban_tell(ngx_http_request_t *r,
    const ngx_api_ratelimit_ban_t *ban, ngx_uint_t mode, api_span_t key,
    uint64_t ms);


void
ngx_api_ratelimit_ban_log(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf, ngx_api_record_t *rec)
{
    const ngx_api_ratelimit_ctx_t       *ctx;
    const ngx_api_ratelimit_loc_conf_t  *lcf;

    ctx = rec ? rec->own[NGX_API_RATELIMIT] : NULL;

    if (ctx && ctx->ban.n) {
        if (!ctx->ban.banned) {
            ngx_api_ratelimit_ban_lines(r, mcf, rec, ctx->ban.lines,
                                        ctx->ban.n);
        }

        return;
    }

    /* answered before PREACCESS: return, a request that is none */

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_ratelimit_module);

    if (lcf == NULL || lcf->bans.items == NULL) {
        return;
    }

    ngx_api_ratelimit_ban_lines(r, mcf, rec, lcf->bans.items->elts,
                                lcf->bans.items->nelts);
}


/* A line that stands on two levels, or two that differ in their status alone,
   are one strike: they share a counter. */

static void
ngx_api_ratelimit_ban_lines(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf, const ngx_api_record_t *rec,
    const ngx_api_ratelimit_ban_t * const *ban, ngx_uint_t n)
{
    ngx_uint_t  i, j, mode;

    for (i = 0; i < n; i++) {

        if (ban[i]->rule.strikes == 0) {
            continue;
        }

        mode = ngx_api_ratelimit_mode(r, mcf, &ban[i]->mode);

        for (j = 0; j < i; j++) {
            if (ban[j]->id == ban[i]->id
                && ngx_api_ratelimit_mode(r, mcf, &ban[j]->mode) == mode)
            {
                break;
            }
        }

        if (j == i) {
            ngx_api_ratelimit_ban_judge(r, mcf, ban[i], rec, mode);
        }
    }
}


static void
ngx_api_ratelimit_ban_judge(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf,
    const ngx_api_ratelimit_ban_t *ban, const ngx_api_record_t *rec,
    ngx_uint_t mode)
{
    uint32_t                     cause;
    ngx_api_ratelimit_ban_key_t  key;

    if (mode == NGX_API_MODE_OFF
        || !ngx_api_ratelimit_ban_cause(r, ban, rec, mode, &cause)
        || ngx_api_ratelimit_ban_allowed(r, mcf->bans)
        || ngx_api_ratelimit_ban_key(r, mcf->bans, ban, mode, &key) != NGX_OK)
    {
        return;
    }

    ngx_api_ratelimit_ban_strike(r, mcf, ban, mode, cause, &key);
}


/*
 * Has the request done what the line counts?  A refusal that another module
 * has overruled (satisfy any) has no status any more.  A line that is only
 * watched also counts what would have been refused.
 */

static ngx_uint_t
ngx_api_ratelimit_ban_cause(ngx_http_request_t *r,
    const ngx_api_ratelimit_ban_t *ban, const ngx_api_record_t *rec,
    ngx_uint_t mode, uint32_t *cause)
{
    uint32_t     i, n;
    ngx_uint_t  *status, answered;

    n = rec ? rec->ndecisions : 0;

    for (i = 0; i < n; i++) {

        if ((ban->checks & (UINT64_C(1) << rec->decisions[i].check)) == 0) {
            continue;
        }

        if (rec->decisions[i].verdict == NGX_API_DENY
            ? rec->refusal.status != 0
            : (rec->decisions[i].verdict == NGX_API_MONITOR
               && mode == NGX_API_MODE_MONITOR))
        {
            *cause = rec->decisions[i].check;
            return 1;
        }
    }

    answered = r->err_status ? r->err_status : r->headers_out.status;
    status = ban->statuses.elts;

    for (i = 0; i < ban->statuses.nelts; i++) {
        if (status[i] == answered) {
            *cause = NGX_API_RATELIMIT_CAUSE_STATUS + (uint32_t) answered;
            return 1;
        }
    }

    return 0;
}


static void
ngx_api_ratelimit_ban_strike(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf,
    const ngx_api_ratelimit_ban_t *ban, ngx_uint_t mode, uint32_t cause,
    const ngx_api_ratelimit_ban_key_t *key)
{
    uint64_t           ms;
    api_ban_strike_t   strike;
    api_ban_verdict_t  verdict;

    strike.rule = ban->id;
    strike.key = key->key;
    strike.space = ban->space;
    strike.cause = cause;
    strike.text = key->text;

    if (mode == NGX_API_MODE_MONITOR) {
        strike.space |= NGX_API_RATELIMIT_SPACE_MONITOR;
    }

    ms = 0;

    ngx_shmtx_lock(&mcf->bans->shpool->mutex);

    verdict = api_ban_strike(mcf->bans->table, &ban->rule, &strike,
                             ngx_api_ratelimit_ban_now(), &ms);

    ngx_shmtx_unlock(&mcf->bans->shpool->mutex);

    if (verdict == API_BAN_BANNED) {
        ngx_api_ratelimit_ban_event(r, mcf, mode, ms);
        ngx_api_ratelimit_ban_tell(r, ban, mode, key->text, ms);
    }

    if (verdict == API_BAN_LOST) {
        ngx_api_ratelimit_ban_lost(mcf->bans, r->connection->log);
    }
}


/* An event in the audit log; who it is, that of the request says. */

static void
ngx_api_ratelimit_ban_event(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf, ngx_uint_t mode, uint64_t ms)
{
    char                    buf[256];
    api_span_t              body;
    api_writer_t            w;
    ngx_api_record_t       *rec;
    const ngx_str_t        *id;
    const ngx_api_door_t   *sec = mcf->self.sec;

    rec = ngx_api_record_peek(r, mcf->self.record);

    if (sec == NULL || sec->note == NULL || rec == NULL) {
        return;
    }

    id = ngx_api_support_id(r, rec, mcf->self.request_id);

    api_writer_init(&w, buf, sizeof(buf));
    api_writer_object(&w);
    api_writer_name(&w, API_SPAN("support_id"));
    api_writer_string(&w, ngx_api_span(id));
    api_writer_name(&w, API_SPAN("mode"));
    api_writer_string(&w, ngx_api_span(&ngx_api_mode_names[mode]));
    api_writer_name(&w, API_SPAN("seconds"));
    api_writer_uint(&w, (ms + 999) / 1000);
    api_writer_end(&w);

    if (api_writer_done(&w, &body) == API_OK) {
        (void) sec->note(sec, r, "ban", body);
    }
}


/* Who bans himself under many names writes one line a second all the same. */

static void
ngx_api_ratelimit_ban_tell(ngx_http_request_t *r,
    const ngx_api_ratelimit_ban_t *ban, ngx_uint_t mode, api_span_t key,
    uint64_t ms)
{
    size_t      len;
    ngx_uint_t  left_out;
    char        text[API_TEXT_LOG_MAX(API_BAN_TEXT)];

    if (!ngx_api_ratelimit_sample(ban->banned, &left_out)) {
        return;
    }

    len = api_text_log(api_span(key.data, ngx_min(key.len, API_BAN_TEXT)),
                       text, sizeof(text), NULL);

    ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                  "api_ratelimit: %s \"%*s\" for %uL s, and %ui more since "
                  "the last line like this",
                  mode == NGX_API_MODE_MONITOR ? "would ban" : "banned",
                  len, text, (ms + 999) / 1000, left_out);
}
