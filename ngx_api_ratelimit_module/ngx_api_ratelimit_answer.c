
/*
 * What a client is told: 429 with Retry-After and a problem document, and the
 * fields RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers,
 * structured fields of RFC 9651) or their older relatives on every response.
 */

#include "ngx_api_ratelimit.h"


static void ngx_api_ratelimit_log(ngx_http_request_t *r,
    const ngx_api_ratelimit_item_t *item, const ngx_str_t *reason,
    ngx_uint_t mode);
static ngx_int_t ngx_api_ratelimit_violated(ngx_http_request_t *r,
    const ngx_api_ratelimit_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_api_ratelimit_retry_after(ngx_http_request_t *r,
    const ngx_api_ratelimit_ctx_t *ctx, ngx_uint_t jitter);
static ngx_int_t ngx_api_ratelimit_draft(ngx_http_request_t *r,
    const ngx_api_ratelimit_ctx_t *ctx);
static u_char *ngx_api_ratelimit_header_limit(u_char *p,
    const ngx_api_ratelimit_item_t *item,
    const ngx_api_ratelimit_report_t *report);
static ngx_int_t ngx_api_ratelimit_legacy(ngx_http_request_t *r,
    const ngx_api_ratelimit_ctx_t *ctx);
static ngx_int_t ngx_api_ratelimit_add_number(ngx_http_request_t *r,
    const char *name, uint64_t n);
static ngx_uint_t ngx_api_ratelimit_tell(const ngx_api_ratelimit_item_t *item);


#define NGX_API_RATELIMIT_VIOLATED_MAX  8


static const ngx_str_t  ngx_api_ratelimit_type = ngx_string(
    "https://iana.org/assignments/http-problem-types#quota-exceeded");
static const ngx_str_t  ngx_api_ratelimit_reduced = ngx_string(
    "https://iana.org/assignments/http-problem-types"
    "#temporary-reduced-capacity");
static const ngx_str_t  ngx_api_ratelimit_member =
    ngx_string("violated-policies");
static const ngx_str_t  ngx_api_ratelimit_code = ngx_string("rate_limited");
static const ngx_str_t  ngx_api_ratelimit_title =
    ngx_string("Too many requests");

static const ngx_str_t  ngx_api_ratelimit_fault = ngx_string("value");
static const ngx_str_t  ngx_api_ratelimit_cost = ngx_string("cost");
static const ngx_str_t  ngx_api_ratelimit_away = ngx_string("store_down");
static const ngx_str_t  ngx_api_ratelimit_full = ngx_string("zone_full");


static ngx_inline uint64_t
ngx_api_ratelimit_seconds(uint64_t ns)
{
    return ns / API_NS + (ns % API_NS != 0);
}


static ngx_inline ngx_uint_t
ngx_api_ratelimit_status(const ngx_api_ratelimit_item_t *item)
{
    return item->away ? NGX_HTTP_SERVICE_UNAVAILABLE : item->policy->status;
}


static const ngx_str_t *
ngx_api_ratelimit_reason(const ngx_api_ratelimit_item_t *item)
{
    if (item->fault) {
        return &ngx_api_ratelimit_fault;
    }

    if (item->away) {
        return &ngx_api_ratelimit_away;
    }

    switch (item->rc) {

    case API_LIMIT_NEVER:
        return &ngx_api_ratelimit_cost;

    case API_LIMIT_FULL:
        return &ngx_api_ratelimit_full;

    default:
        return &item->policy->kind->reason;
    }
}


ngx_int_t
ngx_api_ratelimit_refuse(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_ratelimit_ctx_t *ctx, ngx_api_ratelimit_item_t *item,
    ngx_uint_t mode)
{
    ngx_int_t                   rc;
    ngx_str_t                   violated;
    ngx_api_why_t               why;
    ngx_api_ratelimit_report_t  report;

    ngx_memzero(&why, sizeof(ngx_api_why_t));

    why.check = NGX_API_CHECK_LIMIT;
    why.status = ngx_api_ratelimit_status(item);
    why.reason = *ngx_api_ratelimit_reason(item);
    why.detail = item->policy->name;
    why.code = ngx_api_ratelimit_code;
    why.title = ngx_api_ratelimit_title;

    ngx_api_ratelimit_log(r, item, &why.reason, mode);

    rc = ngx_api_refuse_quietly(r, &mcf->self, rec, &why, mode);

    if (mode != NGX_API_MODE_ENFORCE) {
        return rc;
    }

    ctx->refused = item;
    ctx->retry = 0;

    if (!item->fault) {
        item->policy->kind->report(item, &report);
        ctx->retry = report.wait == UINT64_MAX ? 0 : report.wait;
    }

    if (ngx_api_ratelimit_violated(r, ctx, &violated) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_api_refuse_problem_type(rec, item->away ? &ngx_api_ratelimit_reduced
                                                : &ngx_api_ratelimit_type,
                                &ngx_api_ratelimit_member, &violated);

    return rc;
}


/* One line a second for each policy and worker. */

static void
ngx_api_ratelimit_log(ngx_http_request_t *r,
    const ngx_api_ratelimit_item_t *item, const ngx_str_t *reason,
    ngx_uint_t mode)
{
    ngx_uint_t  left_out;

    if (!ngx_api_ratelimit_sample(item->policy->sample, &left_out)) {
        return;
    }

    ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                  "%V: %s %ui limit %V: \"%V\", and %ui more since the last "
                  "line like this", &ngx_api_module_names[NGX_API_RATELIMIT],
                  mode == NGX_API_MODE_ENFORCE ? "refused" : "would refuse",
                  item->policy->status, reason, &item->policy->name,
                  left_out);
}


ngx_uint_t
ngx_api_ratelimit_sample(ngx_api_ratelimit_sample_t *sample,
    ngx_uint_t *left_out)
{
    if (sample->second == ngx_time()) {
        sample->left_out++;
        return 0;
    }

    *left_out = sample->left_out;

    sample->second = ngx_time();
    sample->left_out = 0;

    return 1;
}


static ngx_int_t
ngx_api_ratelimit_violated(ngx_http_request_t *r,
    const ngx_api_ratelimit_ctx_t *ctx, ngx_str_t *value)
{
    u_char                          *p;
    ngx_uint_t                       n;
    const ngx_api_ratelimit_item_t  *item;

    p = ngx_pnalloc(r->pool, NGX_API_RATELIMIT_VIOLATED_MAX
                             * (NGX_API_RATELIMIT_NAME_MAX + 3) + 2);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value->data = p;
    *p++ = '[';

    for (item = ctx->items, n = 0; item; item = item->next) {
        if (item->over && !item->monitor
            && n < NGX_API_RATELIMIT_VIOLATED_MAX)
        {
            p = ngx_sprintf(p, "%s\"%V\"", n++ ? "," : "",
                            &item->policy->name);
        }
    }

    *p++ = ']';
    value->len = p - value->data;

    return NGX_OK;
}


/* Does the client learn of this one? */

static ngx_uint_t
ngx_api_ratelimit_tell(const ngx_api_ratelimit_item_t *item)
{
    return !item->monitor && !item->fault;
}


const ngx_api_ratelimit_item_t *
ngx_api_ratelimit_tightest(const ngx_api_ratelimit_ctx_t *ctx,
    ngx_api_ratelimit_report_t *report)
{
    ngx_api_ratelimit_report_t       at;
    const ngx_api_ratelimit_item_t  *item, *tightest;

    tightest = ctx->refused;

    if (tightest) {
        ngx_memzero(report, sizeof(ngx_api_ratelimit_report_t));

        if (!tightest->fault) {
            tightest->policy->kind->report(tightest, report);
        }

        return tightest;
    }

    for (item = ctx->items; item; item = item->next) {
        if (item->fault) {
            tightest = tightest ? tightest : item;
            continue;
        }

        item->policy->kind->report(item, &at);

        if (tightest == NULL
            || (api_u128_t) at.left * report->limit
               < (api_u128_t) report->left * at.limit)
        {
            tightest = item;
            *report = at;
        }
    }

    return tightest;
}


ngx_int_t
ngx_api_ratelimit_headers(ngx_http_request_t *r,
    const ngx_api_ratelimit_ctx_t *ctx,
    const ngx_api_ratelimit_loc_conf_t *lcf)
{
    if (ctx->refused && ctx->retry
        && r->headers_out.status == ngx_api_ratelimit_status(ctx->refused)
        && ngx_api_ratelimit_retry_after(r, ctx, lcf->jitter) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (r->headers_out.status == NGX_HTTP_NOT_MODIFIED) {
        return NGX_OK;    /* it would change what a cache has stored */
    }

    if ((lcf->headers & NGX_API_RATELIMIT_DRAFT)
        && ngx_api_ratelimit_draft(r, ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if ((lcf->headers & NGX_API_RATELIMIT_LEGACY)
        && ngx_api_ratelimit_legacy(r, ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* Never too early; the jitter comes on top, so that not all come at once. */

static ngx_int_t
ngx_api_ratelimit_retry_after(ngx_http_request_t *r,
    const ngx_api_ratelimit_ctx_t *ctx, ngx_uint_t jitter)
{
    uint64_t  seconds;

    seconds = ngx_api_ratelimit_seconds(ctx->retry);

    if (jitter) {
        seconds += (uint64_t) ngx_random() % (jitter + 1);
    }

    return ngx_api_ratelimit_add_number(r, "Retry-After", seconds);
}


static ngx_int_t
ngx_api_ratelimit_draft(ngx_http_request_t *r,
    const ngx_api_ratelimit_ctx_t *ctx)
{
    u_char                          *p, *q;
    size_t                           n;
    ngx_str_t                        limits, policies;
    ngx_api_ratelimit_report_t       report;
    const ngx_api_ratelimit_item_t  *item, *last;

    for (item = ctx->items, last = NULL, n = 0; item; item = item->next) {
        if (ngx_api_ratelimit_tell(item)) {
            last = item;
            n++;
        }
    }

    if (n == 0) {
        return NGX_OK;
    }

    limits.data = ngx_pnalloc(r->pool, 2 * n
                                       * (NGX_API_RATELIMIT_HEADER_MAX + 2));
    if (limits.data == NULL) {
        return NGX_ERROR;
    }

    p = limits.data;
    q = p + n * (NGX_API_RATELIMIT_HEADER_MAX + 2);
    policies.data = q;

    for (item = ctx->items; item; item = item->next) {
        if (!ngx_api_ratelimit_tell(item)) {
            continue;
        }

        item->policy->kind->report(item, &report);

        p = ngx_api_ratelimit_header_limit(p, item, &report);
        q = item->policy->header.len
            ? ngx_cpymem(q, item->policy->header.data,
                         item->policy->header.len)
            : ngx_api_ratelimit_header_policy(q, item->policy, item->gcra,
                                              report.limit);

        if (item != last) {
            p = ngx_cpymem(p, ", ", 2);
            q = ngx_cpymem(q, ", ", 2);
        }
    }

    limits.len = p - limits.data;
    policies.len = q - policies.data;

    return ngx_api_add_header(r, "RateLimit-Policy", &policies)
           && ngx_api_add_header(r, "RateLimit", &limits) ? NGX_OK
                                                          : NGX_ERROR;
}


static u_char *
ngx_api_ratelimit_header_limit(u_char *p,
    const ngx_api_ratelimit_item_t *item,
    const ngx_api_ratelimit_report_t *report)
{
    p = ngx_sprintf(p, "\"%V\";r=%uL", &item->policy->name, report->left);

    if (item->policy->kind->table == NGX_API_RATELIMIT_LANES) {
        return p;    /* nobody knows when */
    }

    return ngx_sprintf(p, ";t=%uL", ngx_api_ratelimit_seconds(report->next));
}


u_char *
ngx_api_ratelimit_header_policy(u_char *p,
    const ngx_api_ratelimit_policy_t *policy, const api_gcra_t *gcra,
    uint64_t limit)
{
    if (policy->kind->table == API_TABLE_RATE) {
        p = ngx_sprintf(p, "\"%V\";q=%uL;w=%uL", &policy->name, gcra->burst,
                        ngx_api_ratelimit_seconds(
                            api_rate_ns(&gcra->rate, gcra->tau)));

    } else {
        p = ngx_sprintf(p, "\"%V\";q=%uL", &policy->name, limit);
    }

    if (policy->window.length) {
        p = ngx_sprintf(p, ";w=%uL", policy->window.length);

    } else if (policy->calendar) {
        p = ngx_sprintf(p, ";w=%L", policy->calendar->now.end
                                    - policy->calendar->now.begin);

    } else if (policy->kind->table == NGX_API_RATELIMIT_LANES) {
        p = ngx_cpymem(p, ";qu=\"concurrent-requests\"",
                       sizeof(";qu=\"concurrent-requests\"") - 1);
    }

    if (policy->bytes) {
        p = ngx_cpymem(p, ";qu=\"content-bytes\"",
                       sizeof(";qu=\"content-bytes\"") - 1);
    }

    return p;
}


static ngx_int_t
ngx_api_ratelimit_legacy(ngx_http_request_t *r,
    const ngx_api_ratelimit_ctx_t *ctx)
{
    ngx_api_ratelimit_report_t       report;
    const ngx_api_ratelimit_item_t  *item;

    item = ngx_api_ratelimit_tightest(ctx, &report);

    if (item == NULL || !ngx_api_ratelimit_tell(item)) {
        return NGX_OK;
    }

    if (ngx_api_ratelimit_add_number(r, "X-RateLimit-Limit", report.limit)
        != NGX_OK
        || ngx_api_ratelimit_add_number(r, "X-RateLimit-Remaining",
                                        report.left)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_api_ratelimit_add_number(r, "X-RateLimit-Reset",
                                        ngx_api_ratelimit_seconds(
                                            report.next));
}


static ngx_int_t
ngx_api_ratelimit_add_number(ngx_http_request_t *r, const char *name,
    uint64_t n)
{
    ngx_str_t  value;

    value.data = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = ngx_sprintf(value.data, "%uL", n) - value.data;

    return ngx_api_add_header(r, name, &value) ? NGX_OK : NGX_ERROR;
}
