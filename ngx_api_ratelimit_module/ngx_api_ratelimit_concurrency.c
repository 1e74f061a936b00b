
/*
 * api_ratelimit_concurrency: how many requests of a key are under way.  A
 * request holds one from its phase on until its memory is given back; what a
 * worker held that was killed is given back by the others.
 */

#include "ngx_api_ratelimit.h"
#include "ngx_api_ratelimit_kind.h"


static ngx_int_t ngx_api_ratelimit_lanes_prepare(ngx_http_request_t *r,
    ngx_api_ratelimit_item_t *item);
static int ngx_api_ratelimit_lanes_peek(ngx_api_ratelimit_item_t *item);
static int ngx_api_ratelimit_lanes_charge(ngx_http_request_t *r,
    ngx_api_ratelimit_item_t *item);
static void ngx_api_ratelimit_lanes_refund(ngx_api_ratelimit_item_t *item,
    uint64_t cost);
static void ngx_api_ratelimit_lanes_report(
    const ngx_api_ratelimit_item_t *item, ngx_api_ratelimit_report_t *report);
static void ngx_api_ratelimit_lanes_cleanup(void *data);
static ngx_uint_t ngx_api_ratelimit_lanes_reap(
    const ngx_api_ratelimit_zone_t *zone);


static const ngx_api_ratelimit_kind_t  ngx_api_ratelimit_lanes_kind = {
    ngx_string("api_ratelimit_concurrency"),
    ngx_string("concurrency"),
    NGX_API_RATELIMIT_LANES,
    ngx_api_ratelimit_lanes_prepare,
    ngx_api_ratelimit_lanes_peek,
    ngx_api_ratelimit_lanes_charge,
    ngx_api_ratelimit_lanes_refund,
    NULL,
    ngx_api_ratelimit_lanes_report
};


static ngx_int_t
ngx_api_ratelimit_lanes_prepare(ngx_http_request_t *r,
    ngx_api_ratelimit_item_t *item)
{
    const ngx_api_ratelimit_policy_t  *policy;

    policy = item->policy;
    item->limit = policy->limit;

    return policy->limit_value
           ? ngx_api_ratelimit_value(r, policy->limit_value, 0, &item->limit)
           : NGX_OK;
}


static int
ngx_api_ratelimit_lanes_peek(ngx_api_ratelimit_item_t *item)
{
    const ngx_api_ratelimit_zone_t  *zone;

    zone = item->policy->zone;
    item->state = api_lanes_used(zone->data, item->tag);

    if (item->state >= item->limit && ngx_api_ratelimit_lanes_reap(zone)) {
        item->state = api_lanes_used(zone->data, item->tag);
    }

    return item->state < item->limit ? API_LIMIT_PASS : API_LIMIT_OVER;
}


static int
ngx_api_ratelimit_lanes_charge(ngx_http_request_t *r,
    ngx_api_ratelimit_item_t *item)
{
    api_lanes_rc_t                   rc;
    ngx_pool_cleanup_t              *cln;
    const ngx_api_ratelimit_zone_t  *zone;

    zone = item->policy->zone;
    cln = ngx_pool_cleanup_add(r->pool, 0);

    if (cln == NULL) {
        return API_LIMIT_FULL;
    }

    if (zone->lane->n < 0) {
        (void) ngx_api_ratelimit_lanes_reap(zone);
    }

    if (zone->lane->n < 0) {
        return API_LIMIT_FULL;
    }

    rc = api_lanes_take(zone->data, zone->lane->n, item->tag, item->limit,
                        &item->state, &item->hold);

    if (rc != API_LANES_HELD && ngx_api_ratelimit_lanes_reap(zone)) {
        rc = api_lanes_take(zone->data, zone->lane->n, item->tag, item->limit,
                            &item->state, &item->hold);
    }

    if (rc != API_LANES_HELD) {
        return rc == API_LANES_OVER ? API_LIMIT_OVER : API_LIMIT_FULL;
    }

    cln->handler = ngx_api_ratelimit_lanes_cleanup;
    cln->data = item;

    return API_LIMIT_PASS;
}


static void
ngx_api_ratelimit_lanes_cleanup(void *data)
{
    ngx_api_ratelimit_item_t *item = data;

    ngx_api_ratelimit_lanes_refund(item, 1);
}


static void
ngx_api_ratelimit_lanes_refund(ngx_api_ratelimit_item_t *item, uint64_t cost)
{
    const ngx_api_ratelimit_zone_t  *zone;

    zone = item->policy->zone;

    if (item->hold && zone->lane->n >= 0) {
        api_lanes_drop(zone->data, zone->lane->n, item->hold);
        item->hold = NULL;
    }
}


/* Nobody knows when one of them ends: the client may try in a second. */

static void
ngx_api_ratelimit_lanes_report(const ngx_api_ratelimit_item_t *item,
    ngx_api_ratelimit_report_t *report)
{
    report->limit = item->limit;
    report->left = item->state < item->limit ? item->limit - item->state : 0;
    report->next = 0;
    report->wait = item->rc == API_LIMIT_PASS ? 0 : API_NS;

    if (item->rc == API_LIMIT_FULL) {
        report->left = 0;
    }
}


char *
ngx_api_ratelimit_concurrency(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_ratelimit_policy_t  *policy;
    ngx_api_ratelimit_words_t    words;

    static const ngx_api_opt_t  opts[] = {
        NGX_API_RATELIMIT_COMMON_WORDS,
        NGX_API_RATELIMIT_WORD("limit", NGX_API_OPT_STR, limit, NULL),
        ngx_api_null_opt
    };

    policy = ngx_api_ratelimit_define(cf, conf, &words, opts);

    if (policy == NULL
        || ngx_api_ratelimit_common(cf, policy, &words) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    policy->kind = &ngx_api_ratelimit_lanes_kind;

    if (words.limit.len == 0) {
        return "needs a limit, for example limit=10";
    }

    if (ngx_api_ratelimit_compile(cf, &words.limit, &policy->limit_value)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (policy->limit_value == NULL
        && (ngx_api_ratelimit_number(&words.limit, 0, &policy->limit)
            != NGX_OK
            || policy->limit == 0))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"limit=%V\" is none: write how many may be "
                           "under way at once, from 1 on", &words.limit);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


void
ngx_api_ratelimit_lanes_join(const ngx_api_ratelimit_main_conf_t *mcf,
    ngx_log_t *log)
{
    ngx_uint_t                         i;
    const ngx_api_ratelimit_zone_t    *zone;
    ngx_api_ratelimit_zone_t * const  *zones;

    zones = mcf->zones.elts;

    for (i = 0; i < mcf->zones.nelts; i++) {
        zone = zones[i];

        if (zone->kind != NGX_API_RATELIMIT_LANES) {
            continue;
        }

        zone->lane->n = api_lanes_join(zone->data,
                                     ngx_api_ratelimit_process(ngx_pid),
                                     ngx_api_ratelimit_alive, NULL);

        if (zone->lane->n < 0) {
            ngx_log_error(NGX_LOG_ALERT, log, 0,
                          "api_ratelimit_zone \"%V\" has no lane left for "
                          "this worker, which refuses until old ones have "
                          "gone: change its size to make it anew",
                          &zone->name);
        }
    }
}


void
ngx_api_ratelimit_lanes_leave(const ngx_api_ratelimit_main_conf_t *mcf)
{
    ngx_uint_t                         i;
    ngx_api_ratelimit_zone_t * const  *zone;

    zone = mcf->zones.elts;

    for (i = 0; i < mcf->zones.nelts; i++) {
        if (zone[i]->kind == NGX_API_RATELIMIT_LANES
            && zone[i]->lane->n >= 0)
        {
            api_lanes_leave(zone[i]->data, zone[i]->lane->n);
            zone[i]->lane->n = -1;
        }
    }
}


/* Once a second at most: is what counts against this request still alive? */

static ngx_uint_t
ngx_api_ratelimit_lanes_reap(const ngx_api_ratelimit_zone_t *zone)
{
    uint64_t  name;

    if (zone->lane->reaped == ngx_time()) {
        return 0;
    }

    zone->lane->reaped = ngx_time();
    name = ngx_api_ratelimit_process(ngx_pid);

    if (zone->lane->n < 0) {
        zone->lane->n = api_lanes_join(zone->data, name,
                                     ngx_api_ratelimit_alive, NULL);
    }

    return (ngx_uint_t) api_lanes_reap(zone->data, name,
                                       ngx_api_ratelimit_alive, NULL);
}


/* The number, and above it field 22 of Linux' /proc/PID/stat. */

uint64_t
ngx_api_ratelimit_process(ngx_pid_t pid)
{
    u_char       path[sizeof("/proc//stat") + NGX_INT64_LEN], text[1024];
    u_char      *p, *last;
    ssize_t      n;
    ngx_fd_t     fd;
    uint64_t     name, began;
    ngx_uint_t   field;

    name = (uint64_t) pid & 0xffffffff;

    ngx_sprintf(path, "/proc/%P/stat%Z", pid);

    fd = ngx_open_file(path, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);
    if (fd == NGX_INVALID_FILE) {
        return name;
    }

    n = ngx_read_fd(fd, text, sizeof(text));
    (void) ngx_close_file(fd);

    if (n <= 0) {
        return name;
    }

    /* the name of the program, field 2, may hold blanks and parentheses */

    last = text + n;

    for (p = last; p > text && p[-1] != ')'; p--) { /* void */ }

    for (field = 2; field < 22 && p < last; p++) {
        field += (*p == ' ');
    }

    for (began = 0; p < last && *p >= '0' && *p <= '9'; p++) {
        began = began * 10 + (uint64_t) (*p - '0');
    }

    return name | (began & 0xffffffff) << 32;
}


bool
ngx_api_ratelimit_alive(void *ctx, uint64_t name)
{
    uint64_t   now;
    ngx_pid_t  pid;

    pid = (ngx_pid_t) (name & 0xffffffff);

    if (kill(pid, 0) == -1 && ngx_errno == NGX_ESRCH) {
        return false;
    }

    now = ngx_api_ratelimit_process(pid);

    return now >> 32 == 0 || now == name;    /* hidden, or the same */
}
