
/*
 * Kinds of policies: a rate (GCRA), a sliding window.  Each reads what its
 * limit is for this request, asks and charges the table, and says what a
 * client is told.
 */

#include "ngx_api_ratelimit.h"
#include "ngx_api_ratelimit_kind.h"


static ngx_int_t ngx_api_ratelimit_window_prepare(ngx_http_request_t *r,
    ngx_api_ratelimit_item_t *item);
static int ngx_api_ratelimit_window_peek(ngx_api_ratelimit_item_t *item);
static int ngx_api_ratelimit_window_charge(ngx_http_request_t *r,
    ngx_api_ratelimit_item_t *item);
static void ngx_api_ratelimit_window_refund(ngx_api_ratelimit_item_t *item,
    uint64_t cost);
static void ngx_api_ratelimit_window_report(
    const ngx_api_ratelimit_item_t *item, ngx_api_ratelimit_report_t *report);


const ngx_api_ratelimit_kind_t  ngx_api_ratelimit_rate = {
    ngx_string("api_ratelimit_policy"),
    ngx_string("rate"),
    API_TABLE_RATE,
    ngx_api_ratelimit_rate_prepare,
    ngx_api_ratelimit_rate_peek,
    ngx_api_ratelimit_rate_charge,
    ngx_api_ratelimit_rate_refund,
    ngx_api_ratelimit_rate_more,
    ngx_api_ratelimit_rate_report
};


const ngx_api_ratelimit_kind_t  ngx_api_ratelimit_window = {
    ngx_string("api_ratelimit_policy"),
    ngx_string("window"),
    API_TABLE_WINDOW,
    ngx_api_ratelimit_window_prepare,
    ngx_api_ratelimit_window_peek,
    ngx_api_ratelimit_window_charge,
    ngx_api_ratelimit_window_refund,
    NULL,
    ngx_api_ratelimit_window_report
};


ngx_int_t
ngx_api_ratelimit_value(ngx_http_request_t *r,
    const ngx_http_complex_value_t *cv, ngx_uint_t bytes, uint64_t *n)
{
    ngx_str_t  text;

    if (ngx_http_complex_value(r, (ngx_http_complex_value_t *) cv, &text)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_api_ratelimit_number(&text, bytes, n);
}


ngx_int_t
ngx_api_ratelimit_number(const ngx_str_t *text, ngx_uint_t bytes, uint64_t *n)
{
    size_t  i, digits;

    static const char  units[] = "bkmg";
    const char        *unit;

    digits = text->len;

    if (digits == sizeof("off") - 1 && ngx_strncmp(text->data, "off", 3) == 0)
    {
        return NGX_DECLINED;
    }

    unit = NULL;

    if (bytes && digits) {
        unit = ngx_strchr(units, ngx_tolower(text->data[digits - 1]));
        digits -= (unit != NULL);
    }

    if (digits == 0 || digits > 15) {
        return NGX_ERROR;
    }

    *n = 0;

    for (i = 0; i < digits; i++) {
        if (text->data[i] < '0' || text->data[i] > '9') {
            return NGX_ERROR;
        }

        *n = *n * 10 + (uint64_t) (text->data[i] - '0');
    }

    if (unit) {
        i = 10 * (unit - units);

        if (*n > API_COUNT_MAX >> i) {
            return NGX_ERROR;
        }

        *n <<= i;
    }

    return NGX_OK;
}


/* "off" is no limit: a plan that has none. */

static ngx_int_t
ngx_api_ratelimit_rate_value(ngx_http_request_t *r,
    const ngx_api_ratelimit_policy_t *policy, api_rate_t *rate)
{
    ngx_str_t  text;

    if (policy->rate == NULL) {
        *rate = policy->gcra.rate;
        return NGX_OK;
    }

    if (ngx_http_complex_value(r, policy->rate, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    if (text.len == sizeof("off") - 1
        && ngx_strncmp(text.data, "off", text.len) == 0)
    {
        return NGX_DECLINED;
    }

    if (api_rate_parse(ngx_api_span(&text), rate, NULL) != API_OK
        || rate->bytes != policy->bytes)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_api_ratelimit_rate_prepare(ngx_http_request_t *r,
    ngx_api_ratelimit_item_t *item)
{
    ngx_int_t                          rc;
    uint64_t                           burst;
    api_gcra_t                        *gcra;
    api_rate_t                         rate;
    const ngx_api_ratelimit_policy_t  *policy;

    policy = item->policy;

    gcra = ngx_palloc(r->pool, sizeof(api_gcra_t));
    if (gcra == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_api_ratelimit_rate_value(r, policy, &rate);

    if (rc != NGX_OK) {
        return rc;
    }

    burst = policy->gcra.burst;

    if (policy->burst) {
        rc = ngx_api_ratelimit_value(r, policy->burst, policy->bytes, &burst);

        if (rc != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (api_gcra_init(gcra, &rate, burst) != API_OK) {
        return NGX_ERROR;
    }

    /* what another rate or burst of this key has left owing is owed */

    api_gcra_overdraft(gcra, policy->bytes ? NGX_API_RATELIMIT_OVERDRAFT
                                           : API_GCRA_TAU_MAX);

    item->gcra = gcra;

    return NGX_OK;
}


int
ngx_api_ratelimit_rate_peek(ngx_api_ratelimit_item_t *item)
{
    return api_table_rate_peek(item->policy->zone->data, item->tag,
                               item->gcra, item->cost, &item->now,
                               &item->state);
}


int
ngx_api_ratelimit_rate_charge(ngx_http_request_t *r,
    ngx_api_ratelimit_item_t *item)
{
    const ngx_api_ratelimit_zone_t  *zone;

    zone = item->policy->zone;

    return api_table_rate(zone->data, item->tag, item->gcra, item->cost,
                          &item->now, (api_full_t) zone->full, &item->state);
}


void
ngx_api_ratelimit_rate_refund(ngx_api_ratelimit_item_t *item, uint64_t cost)
{
    api_table_rate_refund(item->policy->zone->data, item->tag, item->gcra,
                          cost);
}


void
ngx_api_ratelimit_rate_more(ngx_api_ratelimit_item_t *item, uint64_t cost)
{
    api_now_t                        now;
    const ngx_api_ratelimit_zone_t  *zone;

    zone = item->policy->zone;

    ngx_api_ratelimit_now(&now);

    api_table_rate_charge(zone->data, item->tag, item->gcra, cost, &now,
                          (api_full_t) zone->full);
}


void
ngx_api_ratelimit_rate_report(const ngx_api_ratelimit_item_t *item,
    ngx_api_ratelimit_report_t *report)
{
    api_gcra_report_t  gcra;

    report->limit = item->gcra->burst;

    if (item->rc == API_LIMIT_FULL) {
        report->left = 0;
        report->next = item->state > item->now.mono
                       ? item->state - item->now.mono : 0;
        report->wait = report->next;
        return;
    }

    api_gcra_report(item->gcra, item->state, item->now.mono, &gcra);

    report->left = gcra.left;
    report->next = gcra.next;
    report->wait = 0;

    if (item->rc != API_LIMIT_PASS) {
        report->wait = api_gcra_wait(item->gcra, item->state, item->now.mono,
                                     item->cost);
    }
}


/* A limit of rate * window requests. */

ngx_int_t
ngx_api_ratelimit_window_limit(const api_rate_t *rate, uint64_t length,
    uint64_t *limit)
{
    api_u128_t  n;

    n = (api_u128_t) rate->count * length * API_NS / rate->period;

    if (n == 0 || n > API_WINDOW_MAX) {
        return NGX_ERROR;
    }

    *limit = (uint64_t) n;

    return NGX_OK;
}


static ngx_int_t
ngx_api_ratelimit_window_prepare(ngx_http_request_t *r,
    ngx_api_ratelimit_item_t *item)
{
    ngx_int_t                          rc;
    api_rate_t                         rate;
    const ngx_api_ratelimit_policy_t  *policy;

    policy = item->policy;

    if (policy->rate == NULL) {
        item->limit = policy->window.limit;
        return NGX_OK;
    }

    rc = ngx_api_ratelimit_rate_value(r, policy, &rate);

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_api_ratelimit_window_limit(&rate, policy->window.length,
                                          &item->limit);
}


static int
ngx_api_ratelimit_window_peek(ngx_api_ratelimit_item_t *item)
{
    api_window_t  w;

    w.length = item->policy->window.length;
    w.limit = item->limit;

    return api_table_window_peek(item->policy->zone->data, item->tag, &w,
                                 item->cost, &item->now, &item->window);
}


static int
ngx_api_ratelimit_window_charge(ngx_http_request_t *r,
    ngx_api_ratelimit_item_t *item)
{
    api_window_t                     w;
    const ngx_api_ratelimit_zone_t  *zone;

    zone = item->policy->zone;

    w.length = item->policy->window.length;
    w.limit = item->limit;

    return api_table_window(zone->data, item->tag, &w, item->cost, &item->now,
                            (api_full_t) zone->full, &item->window);
}


static void
ngx_api_ratelimit_window_refund(ngx_api_ratelimit_item_t *item, uint64_t cost)
{
    api_window_t  w;

    w.length = item->policy->window.length;
    w.limit = item->limit;

    api_table_window_refund(item->policy->zone->data, item->tag, &w, cost,
                            &item->now);
}


static void
ngx_api_ratelimit_window_report(const ngx_api_ratelimit_item_t *item,
    ngx_api_ratelimit_report_t *report)
{
    report->limit = item->limit;
    report->left = item->window.used < item->limit
                   ? item->limit - item->window.used : 0;
    report->next = item->window.next;
    report->wait = item->window.wait;

    if (item->rc == API_LIMIT_NEVER) {
        report->wait = UINT64_MAX;

    } else if (item->rc == API_LIMIT_FULL) {
        report->left = 0;
        report->wait = item->policy->window.length * API_NS;
    }
}
