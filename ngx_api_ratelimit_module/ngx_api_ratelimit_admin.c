
/*
 * Resources below api_status.
 *
 *   GET    bans[?after=N&limit=N]   bans in force, and what is remembered
 *   GET    bans/ADDRESS, bans/ID    one of them
 *   POST   bans                     {"address": "192.0.2.1", "for": 3600}
 *   DELETE bans/ADDRESS, bans/ID    lifted
 */

#include "ngx_api_ratelimit_ban.h"
#include "ngx_api_ratelimit_report.h"
#include "ngx_api_page.h"


static ngx_uint_t ngx_api_ratelimit_admin_bans(const ngx_api_door_t *door,
    ngx_api_admin_t *a);
static ngx_uint_t ngx_api_ratelimit_bans_list(
    const ngx_api_ratelimit_bans_t *bans, ngx_api_admin_t *a);
static ngx_uint_t ngx_api_ratelimit_bans_add(
    const ngx_api_ratelimit_main_conf_t *mcf, ngx_api_admin_t *a);
static ngx_uint_t ngx_api_ratelimit_bans_one(
    const ngx_api_ratelimit_main_conf_t *mcf, ngx_api_admin_t *a);
static ngx_uint_t ngx_api_ratelimit_bans_lift(
    const ngx_api_ratelimit_main_conf_t *mcf, ngx_api_admin_t *a);
static ngx_uint_t ngx_api_ratelimit_bans_key(
    const ngx_api_ratelimit_main_conf_t *mcf, api_span_t text, uint64_t *key,
    char *shown, size_t *len);
static void ngx_api_ratelimit_ban_write(const api_ban_entry_t *e,
    uint64_t now, api_writer_t *w);
static void ngx_api_ratelimit_ban_cause_write(uint32_t cause,
    api_writer_t *w);
static ngx_uint_t ngx_api_ratelimit_admin_problem(ngx_api_admin_t *a,
    ngx_uint_t status, const char *title);


#define NGX_API_RATELIMIT_PAGE  100


const ngx_api_section_t  ngx_api_ratelimit_sections[] = {
    { ngx_string("bans"),
      NGX_HTTP_GET|NGX_HTTP_POST|NGX_HTTP_DELETE,
      ngx_api_ratelimit_admin_bans },
    { ngx_string("limits"), NGX_HTTP_GET|NGX_HTTP_DELETE,
      ngx_api_ratelimit_admin_limits },
    ngx_api_null_section
};


static ngx_uint_t
ngx_api_ratelimit_admin_problem(ngx_api_admin_t *a, ngx_uint_t status,
    const char *title)
{
    a->title.data = (u_char *) (uintptr_t) title;
    a->title.len = ngx_strlen(title);

    return status;
}


static ngx_uint_t
ngx_api_ratelimit_admin_bans(const ngx_api_door_t *door, ngx_api_admin_t *a)
{
    const ngx_api_ratelimit_bans_t       *bans;
    const ngx_api_ratelimit_main_conf_t  *mcf;

    mcf = (const ngx_api_ratelimit_main_conf_t *) door;
    bans = mcf->bans;

    if (bans == NULL) {
        return ngx_api_ratelimit_admin_problem(a, NGX_HTTP_NOT_FOUND,
                            "There is no api_ratelimit_ban here");
    }

    switch (a->method) {

    case NGX_HTTP_POST:
        return ngx_api_ratelimit_bans_add(mcf, a);

    case NGX_HTTP_DELETE:
        return ngx_api_ratelimit_bans_lift(mcf, a);

    default:
        return a->path.len ? ngx_api_ratelimit_bans_one(mcf, a)
                           : ngx_api_ratelimit_bans_list(bans, a);
    }
}


static ngx_uint_t
ngx_api_ratelimit_bans_list(const ngx_api_ratelimit_bans_t *bans,
    ngx_api_admin_t *a)
{
    size_t           at;
    uint64_t         now;
    ngx_uint_t       n, limit;
    api_ban_entry_t  e;

    now = ngx_api_ratelimit_ban_now();
    at = ngx_api_admin_number(a, "after", 0, NGX_MAX_INT_T_VALUE);
    limit = ngx_api_admin_number(a, "limit", NGX_API_RATELIMIT_PAGE,
                                 NGX_MAX_INT_T_VALUE);
    limit = ngx_min(limit, 10 * NGX_API_RATELIMIT_PAGE);

    api_writer_object(a->w);
    api_writer_name(a->w, API_SPAN("bans"));
    api_writer_array(a->w);

    for (n = 0; n < limit; n++) {
        if (!api_ban_next(bans->table, now, &at, &e)) {
            at = 0;
            break;
        }

        ngx_api_ratelimit_ban_write(&e, now, a->w);
    }

    api_writer_end(a->w);
    ngx_api_admin_next(a, at);
    api_writer_end(a->w);

    return NGX_HTTP_OK;
}


static void
ngx_api_ratelimit_ban_write(const api_ban_entry_t *e, uint64_t now,
    api_writer_t *w)
{
    char  id[17];

    (void) ngx_sprintf((u_char *) id, "%016xL", e->key);

    api_writer_object(w);
    api_writer_name(w, API_SPAN("id"));
    api_writer_string(w, api_span(id, 16));
    api_writer_name(w, API_SPAN("key"));
    api_writer_string(w, api_span(e->text, e->text_len));
    api_writer_name(w, API_SPAN("in_force"));
    api_writer_bool(w, e->until > now);
    api_writer_name(w, API_SPAN("mode"));
    api_writer_string(w, e->space & NGX_API_RATELIMIT_SPACE_MONITOR
                         ? API_SPAN("monitor") : API_SPAN("enforce"));
    api_writer_name(w, API_SPAN("ends_in"));
    api_writer_fixed(w, e->until > now ? (int64_t) (e->until - now) : 0, 3);
    api_writer_name(w, API_SPAN("began_before"));
    api_writer_fixed(w, (int64_t) (now > e->since ? now - e->since : 0), 3);
    api_writer_name(w, API_SPAN("forgotten_in"));
    api_writer_fixed(w, (int64_t) (e->forget - now), 3);
    api_writer_name(w, API_SPAN("bans"));
    api_writer_uint(w, e->level);
    api_writer_name(w, API_SPAN("refused"));
    api_writer_uint(w, e->hits);
    api_writer_name(w, API_SPAN("cause"));
    ngx_api_ratelimit_ban_cause_write(e->cause, w);
    api_writer_end(w);
}


static void
ngx_api_ratelimit_ban_cause_write(uint32_t cause, api_writer_t *w)
{
    if (cause < NGX_API_NCHECKS) {
        api_writer_string(w, ngx_api_span(&ngx_api_check_names[cause]));

    } else if (cause & NGX_API_RATELIMIT_CAUSE_HAND) {
        api_writer_string(w, API_SPAN("hand"));

    } else {
        api_writer_uint(w, cause & 0xffff);
    }
}


/*
 * What stands for a client by api_ratelimit_net, or an address of his, in
 * text; or an id of 16 hexadecimal digits.  0: none of these.
 */

static ngx_uint_t
ngx_api_ratelimit_bans_key(const ngx_api_ratelimit_main_conf_t *mcf,
    api_span_t text, uint64_t *key, char *shown, size_t *len)
{
    size_t     i;
    u_char     c;
    api_net_t  typed, net;

    if (api_net_parse(text, &typed) == API_NET_OK) {
        ngx_api_ratelimit_client_net(mcf, &typed.addr, &net);

        if (typed.bits == net.bits
            || typed.bits == (typed.addr.v6 ? 128 : 32))
        {
            *len = ngx_api_ratelimit_client_text(&net, shown);
            *key = api_ban_key(mcf->bans->table,
                               NGX_API_RATELIMIT_SPACE_ADDRESS,
                               api_span(shown, *len));
            return 1;
        }
    }

    *len = 0;
    *key = 0;

    for (i = 0; i < text.len && i < 16; i++) {
        c = text.data[i];

        if (c >= '0' && c <= '9') {
            c -= '0';

        } else if (c >= 'a' && c <= 'f') {
            c -= 'a' - 10;

        } else {
            return 0;
        }

        *key = *key << 4 | c;
    }

    return text.len == 16;
}


static ngx_uint_t
ngx_api_ratelimit_bans_one(const ngx_api_ratelimit_main_conf_t *mcf,
    ngx_api_admin_t *a)
{
    char                             shown[API_NET_TEXT];
    size_t                           at, len;
    uint64_t                         key, now;
    api_ban_entry_t                  e;
    const ngx_api_ratelimit_bans_t  *bans;

    bans = mcf->bans;

    if (!ngx_api_ratelimit_bans_key(mcf, ngx_api_span(&a->path), &key, shown,
                                    &len))
    {
        return ngx_api_ratelimit_admin_problem(a, NGX_HTTP_BAD_REQUEST,
                            "Name an address, a network as "
                            "api_ratelimit_net has them, or the id of a ban");
    }

    now = ngx_api_ratelimit_ban_now();
    at = 0;

    while (api_ban_next(bans->table, now, &at, &e)) {
        if (e.key == key) {
            ngx_api_ratelimit_ban_write(&e, now, a->w);
            return NGX_HTTP_OK;
        }
    }

    return ngx_api_ratelimit_admin_problem(a, NGX_HTTP_NOT_FOUND,
                                           "There is no such ban");
}


static ngx_uint_t
ngx_api_ratelimit_bans_lift(const ngx_api_ratelimit_main_conf_t *mcf,
    ngx_api_admin_t *a)
{
    char                             shown[API_NET_TEXT];
    bool                             lifted;
    size_t                           len;
    uint64_t                         key;
    const ngx_api_ratelimit_bans_t  *bans;

    bans = mcf->bans;

    if (!ngx_api_ratelimit_bans_key(mcf, ngx_api_span(&a->path), &key, shown,
                                    &len))
    {
        return ngx_api_ratelimit_admin_problem(a, NGX_HTTP_BAD_REQUEST,
                            "Name an address, a network as "
                            "api_ratelimit_net has them, or the id of a ban");
    }

    ngx_shmtx_lock(&bans->shpool->mutex);
    lifted = api_ban_lift(bans->table, key);
    ngx_shmtx_unlock(&bans->shpool->mutex);

    if (!lifted) {
        return ngx_api_ratelimit_admin_problem(a, NGX_HTTP_NOT_FOUND,
                                               "There is no such ban");
    }

    return NGX_HTTP_NO_CONTENT;
}


static ngx_uint_t
ngx_api_ratelimit_bans_add(const ngx_api_ratelimit_main_conf_t *mcf,
    ngx_api_admin_t *a)
{
    int                              rc;
    char                             shown[API_NET_TEXT];
    size_t                           len;
    int64_t                          seconds;
    uint32_t                         i;
    uint64_t                         now;
    api_span_t                       address;
    api_ban_entry_t                  e;
    const ngx_api_ratelimit_bans_t  *bans;

    bans = mcf->bans;

    ngx_memzero(&e, sizeof(api_ban_entry_t));
    seconds = 0;

    if (a->path.len || a->body == NULL
        || (i = api_json_get(a->body, 0, API_SPAN("address")))
           == API_JSON_NONE
        || api_json_string(a->body, i, a->arena, &address) != API_OK
        || (i = api_json_get(a->body, 0, API_SPAN("for"))) == API_JSON_NONE
        || !api_json_int64(a->body, i, &seconds)
        || seconds < 1 || seconds > API_BAN_TIME_MAX / 1000
        || !ngx_api_ratelimit_bans_key(mcf, address, &e.key, shown, &len)
        || len == 0)
    {
        return ngx_api_ratelimit_admin_problem(a, NGX_HTTP_BAD_REQUEST,
                            "Send {\"address\": \"192.0.2.1\", \"for\": "
                            "3600}: one client's address, and seconds");
    }

    now = ngx_api_ratelimit_ban_now();

    e.space = NGX_API_RATELIMIT_SPACE_ADDRESS;
    e.since = now;
    e.until = now + (uint64_t) seconds * 1000;
    e.forget = e.until;
    e.cause = NGX_API_RATELIMIT_CAUSE_HAND;
    e.text_len = (uint32_t) len;
    ngx_memcpy(e.text, shown, len);

    ngx_shmtx_lock(&bans->shpool->mutex);
    rc = api_ban_put(bans->table, &e, now);
    ngx_shmtx_unlock(&bans->shpool->mutex);

    if (rc != API_OK) {
        return ngx_api_ratelimit_admin_problem(a,
                            NGX_HTTP_SERVICE_UNAVAILABLE,
                            "All places for bans are taken");
    }

    ngx_api_ratelimit_ban_write(&e, now, a->w);

    return NGX_HTTP_CREATED;
}
