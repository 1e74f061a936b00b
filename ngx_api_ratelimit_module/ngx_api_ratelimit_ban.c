
#include "ngx_api_ratelimit_ban.h"


typedef struct {
    uint64_t                    key;
    api_span_t                  text;      /* to be shown */
} ngx_api_ratelimit_ban_key_t;


static ngx_int_t ngx_api_ratelimit_ban_handler(ngx_http_request_t *r,
    ngx_uint_t at);
static ngx_int_t ngx_api_ratelimit_ban_refuse(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf,
    const ngx_api_ratelimit_ban_t *ban, ngx_uint_t mode,
    const ngx_api_ratelimit_ban_key_t *key, uint64_t ms);
static void ngx_api_ratelimit_ban_say(ngx_http_request_t *r,
    const ngx_api_ratelimit_ban_t *ban, const ngx_str_t *who,
    ngx_uint_t mode);
static ngx_int_t ngx_api_ratelimit_ban_key(ngx_http_request_t *r,
    const ngx_api_ratelimit_bans_t *bans, const ngx_api_ratelimit_ban_t *ban,
    ngx_uint_t mode, ngx_api_ratelimit_ban_key_t *key);
static ngx_uint_t ngx_api_ratelimit_ban_allowed(ngx_http_request_t *r,
    const ngx_api_ratelimit_bans_t *bans);
static void ngx_api_ratelimit_ban_note(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf,
    const ngx_api_conf_list_t *list);
static void ngx_api_ratelimit_ban_judge(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf,
    const ngx_api_ratelimit_ban_t *ban, const ngx_api_record_t *rec);
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


static const ngx_str_t  ngx_api_ratelimit_ban_none = ngx_null_string;
static const ngx_str_t  ngx_api_ratelimit_ban_type = ngx_string(
    "https://iana.org/assignments/http-problem-types"
    "#abnormal-usage-detected");


ngx_int_t
ngx_api_ratelimit_ban_address_handler(ngx_http_request_t *r)
{
    return ngx_api_ratelimit_here(r, NGX_API_RATELIMIT_USES_BAN)
           ? ngx_api_ratelimit_ban_handler(r, NGX_API_RATELIMIT_AT_ADDRESS)
           : NGX_DECLINED;
}


ngx_int_t
ngx_api_ratelimit_ban_identity_handler(ngx_http_request_t *r)
{
    return ngx_api_ratelimit_here(r, NGX_API_RATELIMIT_USES_BAN_IDENTITY)
           ? ngx_api_ratelimit_ban_handler(r, NGX_API_RATELIMIT_AT_IDENTITY)
           : NGX_DECLINED;
}


static ngx_int_t
ngx_api_ratelimit_ban_handler(ngx_http_request_t *r, ngx_uint_t at)
{
    uint64_t                              ms;
    ngx_int_t                             rc;
    ngx_uint_t                            i, mode;
    ngx_api_ratelimit_ban_t             **ban;
    ngx_api_ratelimit_ban_key_t           key;
    const ngx_api_ratelimit_loc_conf_t   *lcf;
    const ngx_api_ratelimit_main_conf_t  *mcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_ratelimit_module);

    if (r != r->main) {
        return NGX_DECLINED;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_api_ratelimit_module);

    ngx_api_ratelimit_ban_note(r, mcf, &lcf->bans);

    ban = lcf->bans.items->elts;

    for (i = 0; i < lcf->bans.items->nelts; i++) {

        if (ban[i]->at != at) {
            continue;
        }

        mode = ngx_api_ratelimit_mode(r, mcf, &ban[i]->mode);

        if (mode == NGX_API_MODE_OFF) {
            continue;
        }

        rc = ngx_api_ratelimit_ban_key(r, mcf->bans, ban[i], mode, &key);

        if (rc == NGX_DECLINED) {
            continue;
        }

        if (rc == NGX_ERROR) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ms = api_ban_find(mcf->bans->table, key.key,
                          ngx_api_ratelimit_ban_now());

        if (ms == 0 || ngx_api_ratelimit_ban_allowed(r, mcf->bans)) {
            continue;
        }

        rc = ngx_api_ratelimit_ban_refuse(r, mcf, ban[i], mode, &key, ms);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_api_ratelimit_ban_refuse(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf,
    const ngx_api_ratelimit_ban_t *ban, ngx_uint_t mode,
    const ngx_api_ratelimit_ban_key_t *key, uint64_t ms)
{
    u_char                   *p, *text;
    ngx_int_t                 rc;
    ngx_str_t                 after;
    ngx_api_why_t             why;
    ngx_api_record_t         *rec;
    ngx_api_ratelimit_ctx_t  *ctx;

    ctx = ngx_api_ratelimit_ctx(r, mcf, &rec);

    text = ngx_pnalloc(r->main->pool, API_BAN_TEXT + 64);
    p = ngx_pnalloc(r->pool, NGX_INT64_LEN);

    if (ctx == NULL || text == NULL || p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(&why, sizeof(ngx_api_why_t));

    why.check = NGX_API_CHECK_BAN;
    why.status = ban->status;
    ngx_str_set(&why.reason, "banned");
    ngx_str_set(&why.code, "banned");
    ngx_str_set(&why.title, "Too many violations: wait before you try again");

    why.detail.data = text;
    why.detail.len = ngx_snprintf(text, API_BAN_TEXT + 64, "%*s for %uL s",
                                  key->text.len, key->text.data,
                                  (ms + 999) / 1000)
                     - text;

    if (mode == NGX_API_MODE_ENFORCE) {
        after.data = p;
        after.len = ngx_sprintf(p, "%uL", (ms + 999) / 1000) - p;

        if (ngx_api_add_header(r, "Retry-After", &after) == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ctx->ban.banned = 1;
    }

    ngx_api_ratelimit_ban_say(r, ban, &why.detail, mode);

    rc = ngx_api_refuse_quietly(r, &mcf->self, rec, &why, mode);

    if (mode == NGX_API_MODE_ENFORCE) {
        ngx_api_refuse_problem_type(rec, &ngx_api_ratelimit_ban_type,
                                    &ngx_api_ratelimit_ban_none,
                                    &ngx_api_ratelimit_ban_none);
    }

    return rc;
}


/* One line a second for each of api_ratelimit_ban and worker. */

static void
ngx_api_ratelimit_ban_say(ngx_http_request_t *r,
    const ngx_api_ratelimit_ban_t *ban, const ngx_str_t *who, ngx_uint_t mode)
{
    ngx_uint_t  left_out;

    if (!ngx_api_ratelimit_sample(ban->refused, &left_out)) {
        return;
    }

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "%V: %s %ui ban banned: %V, and %ui more since the last "
                  "line like this", &ngx_api_module_names[NGX_API_RATELIMIT],
                  mode == NGX_API_MODE_ENFORCE ? "refused" : "would refuse",
                  ban->status, who, left_out);
}


/* NGX_DECLINED: the key is empty, the line does not apply. */

static ngx_int_t
ngx_api_ratelimit_ban_key(ngx_http_request_t *r,
    const ngx_api_ratelimit_bans_t *bans, const ngx_api_ratelimit_ban_t *ban,
    ngx_uint_t mode, ngx_api_ratelimit_ban_key_t *key)
{
    char       *text;
    size_t      len;
    uint64_t    space;
    api_net_t   net;
    ngx_str_t   value;
    api_addr_t  addr;

    space = ban->space;

    if (mode == NGX_API_MODE_MONITOR) {
        space |= NGX_API_RATELIMIT_SPACE_MONITOR;
    }

    if (ban->key == NULL) {
        if (!ngx_api_ratelimit_client(r, &addr, &net)) {
            return NGX_DECLINED;
        }

        text = ngx_pnalloc(r->main->pool, API_NET_TEXT);
        if (text == NULL) {
            return NGX_ERROR;
        }

        len = ngx_api_ratelimit_client_text(&net, text);
        key->text = api_span(text, len);
        key->key = api_ban_key(bans->table, space, key->text);

        return NGX_OK;
    }

    if (ngx_http_complex_value(r, ban->key, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    if (value.len == 0) {
        return NGX_DECLINED;
    }

    key->text = ngx_api_span(&value);
    key->key = api_ban_key(bans->table, space, key->text);

    if (!ban->shown) {

        /* it may be a secret */

        text = ngx_pnalloc(r->main->pool, 16);
        if (text == NULL) {
            return NGX_ERROR;
        }

        (void) ngx_sprintf((u_char *) text, "%016xL", key->key);
        key->text = api_span(text, 16);
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_api_ratelimit_ban_allowed(ngx_http_request_t *r,
    const ngx_api_ratelimit_bans_t *bans)
{
    api_net_t                   *net, client;
    ngx_uint_t                   i;
    api_addr_t                   addr;
    ngx_api_ratelimit_allow_t  **file;

    if (!ngx_api_ratelimit_client(r, &addr, &client)) {
        return 0;
    }

    net = bans->nets.elts;

    for (i = 0; i < bans->nets.nelts; i++) {
        if (api_net_has(&net[i], &addr)) {
            return 1;
        }
    }

    file = bans->files.elts;

    for (i = 0; i < bans->files.nelts; i++) {
        if (api_list_find_addr(file[i]->list, &addr, NULL)) {
            return 1;
        }
    }

    return 0;
}


/* Lines in force here count in LOG, wherever the request goes from here. */

static void
ngx_api_ratelimit_ban_note(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf, const ngx_api_conf_list_t *list)
{
    ngx_uint_t                 i, n;
    ngx_api_record_t          *rec;
    ngx_api_ratelimit_ctx_t   *ctx;
    ngx_api_ratelimit_ban_t  **ban;

    ctx = ngx_api_ratelimit_ctx(r, mcf, &rec);
    if (ctx == NULL) {
        return;
    }

    ban = list->items->elts;

    for (i = 0; i < list->items->nelts; i++) {

        for (n = 0; n < ctx->ban.n && ctx->ban.lines[n] != ban[i]; n++) {
            /* void */
        }

        if (n == ctx->ban.n && n < NGX_API_RATELIMIT_BANS) {
            ctx->ban.lines[ctx->ban.n++] = ban[i];
        }
    }
}


void
ngx_api_ratelimit_ban_log(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf, ngx_api_record_t *rec)
{
    ngx_uint_t                            i;
    ngx_api_ratelimit_ban_t             **ban;
    const ngx_api_ratelimit_ctx_t        *ctx;
    const ngx_api_ratelimit_loc_conf_t   *lcf;

    ctx = rec ? rec->own[NGX_API_RATELIMIT] : NULL;

    if (ctx && ctx->ban.n) {
        for (i = 0; !ctx->ban.banned && i < ctx->ban.n; i++) {
            ngx_api_ratelimit_ban_judge(r, mcf, ctx->ban.lines[i], rec);
        }

        return;
    }

    /* answered before PREACCESS: return, a request that is none */

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_ratelimit_module);

    if (lcf == NULL || lcf->bans.items == NULL) {
        return;
    }

    ban = lcf->bans.items->elts;

    for (i = 0; i < lcf->bans.items->nelts; i++) {
        ngx_api_ratelimit_ban_judge(r, mcf, ban[i], rec);
    }
}


static void
ngx_api_ratelimit_ban_judge(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf,
    const ngx_api_ratelimit_ban_t *ban, const ngx_api_record_t *rec)
{
    uint32_t                     cause;
    ngx_uint_t                   mode;
    ngx_api_ratelimit_ban_key_t  key;

    if (ban->rule.strikes == 0) {
        return;
    }

    mode = ngx_api_ratelimit_mode(r, mcf, &ban->mode);

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
