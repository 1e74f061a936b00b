
#include "ngx_api_ratelimit_ban.h"


static ngx_int_t ngx_api_ratelimit_ban_handler(ngx_http_request_t *r,
    ngx_uint_t at);
static ngx_int_t ngx_api_ratelimit_ban_refuse(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf,
    const ngx_api_ratelimit_ban_t *ban, ngx_uint_t mode,
    const ngx_api_ratelimit_ban_key_t *key, uint64_t ms);
static void ngx_api_ratelimit_ban_say(ngx_http_request_t *r,
    const ngx_api_ratelimit_ban_t *ban, api_span_t key, ngx_uint_t mode,
    uint64_t ms);
static void ngx_api_ratelimit_ban_note(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf,
    const ngx_api_conf_list_t *list);
static ngx_uint_t ngx_api_ratelimit_ban_room(ngx_http_request_t *r,
    ngx_api_ratelimit_ban_ctx_t *ctx);


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
                                  ngx_min(key->text.len, API_BAN_TEXT),
                                  key->text.data, (ms + 999) / 1000)
                     - text;

    if (mode == NGX_API_MODE_ENFORCE) {
        after.data = p;
        after.len = ngx_sprintf(p, "%uL", (ms + 999) / 1000) - p;

        if (ngx_api_add_header(r, "Retry-After", &after) == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ctx->ban.banned = 1;
    }

    ngx_api_ratelimit_ban_say(r, ban, key->text, mode, ms);

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
    const ngx_api_ratelimit_ban_t *ban, api_span_t key, ngx_uint_t mode,
    uint64_t ms)
{
    size_t      len;
    ngx_uint_t  left_out;
    char        text[API_TEXT_LOG_MAX(API_BAN_TEXT)];

    if (!ngx_api_ratelimit_sample(ban->refused, &left_out)) {
        return;
    }

    len = api_text_log(api_span(key.data, ngx_min(key.len, API_BAN_TEXT)),
                       text, sizeof(text), NULL);

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "%V: %s %ui ban banned: %*s for %uL s, and %ui more since "
                  "the last line like this",
                  &ngx_api_module_names[NGX_API_RATELIMIT],
                  mode == NGX_API_MODE_ENFORCE ? "refused" : "would refuse",
                  ban->status, len, text, (ms + 999) / 1000, left_out);
}


ngx_int_t
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


ngx_uint_t
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

        if (n == ctx->ban.n && ngx_api_ratelimit_ban_room(r, &ctx->ban)) {
            ctx->ban.lines[ctx->ban.n++] = ban[i];
        }
    }
}


/* For one more line: redirects lead through several locations. */

static ngx_uint_t
ngx_api_ratelimit_ban_room(ngx_http_request_t *r,
    ngx_api_ratelimit_ban_ctx_t *ctx)
{
    const ngx_api_ratelimit_ban_t  **lines;

    if (ctx->lines == NULL) {
        ctx->lines = ctx->first;
        ctx->room = NGX_API_RATELIMIT_BANS;
    }

    if (ctx->n < ctx->room) {
        return 1;
    }

    lines = ngx_palloc(r->main->pool, 2 * ctx->room * sizeof(*lines));
    if (lines == NULL) {
        return 0;
    }

    ngx_memcpy(lines, ctx->lines, ctx->n * sizeof(*lines));
    ctx->lines = lines;
    ctx->room *= 2;

    return 1;
}
