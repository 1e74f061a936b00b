
/*
 * api_ratelimit_quota: so many in a period of the calendar.
 */

#include "ngx_api_ratelimit.h"
#include "ngx_api_ratelimit_kind.h"


static ngx_int_t ngx_api_ratelimit_quota_prepare(ngx_http_request_t *r,
    ngx_api_ratelimit_item_t *item);
static void ngx_api_ratelimit_quota_term(
    const ngx_api_ratelimit_policy_t *policy, ngx_api_ratelimit_item_t *item);
static int ngx_api_ratelimit_quota_peek(ngx_api_ratelimit_item_t *item);
static int ngx_api_ratelimit_quota_charge(ngx_http_request_t *r,
    ngx_api_ratelimit_item_t *item);
static void ngx_api_ratelimit_quota_refund(ngx_api_ratelimit_item_t *item,
    uint64_t cost);
static void ngx_api_ratelimit_quota_more(ngx_api_ratelimit_item_t *item,
    uint64_t cost);
static void ngx_api_ratelimit_quota_report(
    const ngx_api_ratelimit_item_t *item, ngx_api_ratelimit_report_t *report);
static char *ngx_api_ratelimit_quota_limit(ngx_conf_t *cf,
    ngx_api_ratelimit_policy_t *policy,
    const ngx_api_ratelimit_words_t *words);
static char *ngx_api_ratelimit_quota_zone(ngx_conf_t *cf,
    ngx_api_ratelimit_policy_t *policy, const ngx_str_t *name);
static ngx_uint_t ngx_api_ratelimit_quota_zone_name(const ngx_str_t *name);


#define NGX_API_RATELIMIT_ZONEINFO  "/usr/share/zoneinfo/"


static const ngx_api_ratelimit_kind_t  ngx_api_ratelimit_quota_kind = {
    ngx_string("api_ratelimit_quota"),
    ngx_string("quota"),
    API_TABLE_COUNT,
    ngx_api_ratelimit_quota_prepare,
    ngx_api_ratelimit_quota_peek,
    ngx_api_ratelimit_quota_charge,
    ngx_api_ratelimit_quota_refund,
    ngx_api_ratelimit_quota_more,
    ngx_api_ratelimit_quota_report
};


static ngx_int_t
ngx_api_ratelimit_quota_prepare(ngx_http_request_t *r,
    ngx_api_ratelimit_item_t *item)
{
    ngx_int_t                          rc;
    const ngx_api_ratelimit_policy_t  *policy;

    policy = item->policy;
    item->limit = policy->limit;

    if (policy->limit_value) {
        rc = ngx_api_ratelimit_value(r, policy->limit_value, policy->bytes,
                                     &item->limit);
        if (rc != NGX_OK) {
            return rc;
        }

        if (item->limit > API_COUNT_MAX) {
            return NGX_ERROR;
        }
    }

    ngx_api_ratelimit_quota_term(policy, item);

    return NGX_OK;
}


/*
 * A clock that is set back does not bring back what was used up: counts of
 * periods that have begun by a clock that nobody sets hold, and those of the
 * one behind it.  Others are of a clock that was ahead for a while.
 */

static void
ngx_api_ratelimit_quota_term(const ngx_api_ratelimit_policy_t *policy,
    ngx_api_ratelimit_item_t *item)
{
    int64_t                        wall, last;
    ngx_api_ratelimit_calendar_t  *c;

    c = policy->calendar;
    wall = (int64_t) item->now.wall;
    last = (int64_t) api_table_steady(policy->zone->data, &item->now);
    last = ngx_max(last, wall);

    if (wall < c->now.begin || wall >= c->now.end) {
        c->now = api_quota_period(&policy->quota, policy->tz, wall);
    }

    if (last < c->last.begin || last >= c->last.end) {
        c->last = api_quota_period(&policy->quota, policy->tz, last);
        c->later = api_quota_period(&policy->quota, policy->tz,
                                    c->last.end).end;
    }

    item->term.end = (uint64_t) c->now.end;
    item->term.later = (uint64_t) c->later;
}


static int
ngx_api_ratelimit_quota_peek(ngx_api_ratelimit_item_t *item)
{
    return api_table_quota_peek(item->policy->zone->data, item->tag,
                                &item->term, item->limit, item->cost,
                                &item->state);
}


static int
ngx_api_ratelimit_quota_charge(ngx_http_request_t *r,
    ngx_api_ratelimit_item_t *item)
{
    const ngx_api_ratelimit_zone_t  *zone;

    zone = item->policy->zone;

    return api_table_quota(zone->data, item->tag, &item->term, item->limit,
                           item->cost, &item->now, (api_full_t) zone->full,
                           &item->state);
}


static void
ngx_api_ratelimit_quota_refund(ngx_api_ratelimit_item_t *item, uint64_t cost)
{
    api_table_quota_refund(item->policy->zone->data, item->tag,
                           item->term.end, cost);
}


/* Also when the period is over by now: it was asked for in that one. */

static void
ngx_api_ratelimit_quota_more(ngx_api_ratelimit_item_t *item, uint64_t cost)
{
    const ngx_api_ratelimit_zone_t  *zone;

    zone = item->policy->zone;

    api_table_quota_charge(zone->data, item->tag, &item->term, cost,
                           &item->now, (api_full_t) zone->full);
}


static void
ngx_api_ratelimit_quota_report(const ngx_api_ratelimit_item_t *item,
    ngx_api_ratelimit_report_t *report)
{
    report->limit = item->limit;
    report->left = item->state < item->limit ? item->limit - item->state : 0;
    report->next = (item->term.end - item->now.wall) * API_NS;
    report->wait = item->rc == API_LIMIT_PASS ? 0 : report->next;

    if (item->rc == API_LIMIT_NEVER) {
        report->wait = UINT64_MAX;

    } else if (item->rc == API_LIMIT_FULL) {
        report->left = 0;
    }
}


char *
ngx_api_ratelimit_quota(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                        *rv;
    ngx_str_t                    utc = ngx_string("UTC");
    ngx_api_ratelimit_policy_t  *policy;
    ngx_api_ratelimit_words_t    words;

    static const ngx_str_t  units[] = {
        ngx_string("requests"),
        ngx_string("bytes"),
        ngx_null_string
    };

    static const ngx_api_opt_t  opts[] = {
        NGX_API_RATELIMIT_COMMON_WORDS,
        NGX_API_RATELIMIT_CHARGE_WORDS,
        NGX_API_RATELIMIT_WORD("limit", NGX_API_OPT_STR, limit, NULL),
        NGX_API_RATELIMIT_WORD("period", NGX_API_OPT_STR, period, NULL),
        NGX_API_RATELIMIT_WORD("tz", NGX_API_OPT_STR, tz, NULL),
        NGX_API_RATELIMIT_WORD("unit", NGX_API_OPT_ENUM, unit, units),
        ngx_api_null_opt
    };

    policy = ngx_api_ratelimit_define(cf, conf, &words, opts);

    if (policy == NULL
        || ngx_api_ratelimit_common(cf, policy, &words) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    policy->kind = &ngx_api_ratelimit_quota_kind;

    rv = ngx_api_ratelimit_charges(cf, policy, &words);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (policy->bytes || (words.unit && words.charge)) {
        return "counts bytes with unit=bytes, and then all of them";
    }

    policy->bytes = (words.unit != 0);

    rv = ngx_api_ratelimit_quota_limit(cf, policy, &words);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (words.tz.len == 0) {
        words.tz = utc;
    }

    /* another period or unit is another count */

    policy->term = api_table_policy(ngx_api_span(&words.period),
                                    api_table_policy(ngx_api_span(&words.tz),
                                                     words.unit));
    policy->id = api_table_policy(ngx_api_span(&policy->name), policy->term);

    return ngx_api_ratelimit_quota_zone(cf, policy, &words.tz);
}


static char *
ngx_api_ratelimit_quota_limit(ngx_conf_t *cf,
    ngx_api_ratelimit_policy_t *policy, const ngx_api_ratelimit_words_t *words)
{
    if (words->limit.len == 0
        || !api_quota_parse(ngx_api_span(&words->period), &policy->quota))
    {
        return "needs limit= and period= of hour, day, week, month or up to "
               "366d, for example limit=100000 period=month";
    }

    policy->calendar = ngx_pcalloc(cf->pool,
                                   sizeof(ngx_api_ratelimit_calendar_t));

    if (policy->calendar == NULL
        || ngx_api_ratelimit_compile(cf, &words->limit, &policy->limit_value)
           != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (policy->limit_value == NULL
        && (ngx_api_ratelimit_number(&words->limit, policy->bytes,
                                     &policy->limit)
            != NGX_OK
            || policy->limit > API_COUNT_MAX))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"limit=%V\" is none: write a number up to "
                           "281474976710655, for bytes also 50g",
                           &words->limit);
        return NGX_CONF_ERROR;
    }

    if (policy->limit_value == NULL && policy->cost_value == NULL
        && policy->cost > policy->limit)
    {
        return "has a cost that is larger than the limit, so that no request "
               "would ever pass";
    }

    return NGX_CONF_OK;
}


static char *
ngx_api_ratelimit_quota_zone(ngx_conf_t *cf,
    ngx_api_ratelimit_policy_t *policy, const ngx_str_t *name)
{
    api_tz_t        *tz;
    api_err_t        err;
    ngx_str_t        path, text;
    api_alloc_t      alloc;
    ngx_file_info_t  fi;

    if (name->len == 3 && ngx_strncmp(name->data, "UTC", 3) == 0) {
        return NGX_CONF_OK;
    }

    path.len = sizeof(NGX_API_RATELIMIT_ZONEINFO) - 1 + name->len;
    path.data = ngx_pnalloc(cf->pool, path.len + 1);
    if (path.data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_sprintf(path.data, "%s%V%Z", NGX_API_RATELIMIT_ZONEINFO, name);

    if (!ngx_api_ratelimit_quota_zone_name(name)
        || ngx_file_info(path.data, &fi) == NGX_FILE_ERROR
        || !ngx_is_file(&fi))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "there is no time zone \"%V\" below %s: write "
                           "one like Europe/Berlin, or install the package "
                           "tzdata", name, NGX_API_RATELIMIT_ZONEINFO);
        return NGX_CONF_ERROR;
    }

    if (ngx_api_conf_file(cf, &path, API_TZ_FILE_MAX, &text) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_api_pool_alloc(&alloc, cf->pool);

    if (api_tz_parse(ngx_api_span(&text), &alloc, &tz, &err) != API_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" is %s", &path,
                           err.text);
        return NGX_CONF_ERROR;
    }

    policy->tz = tz;

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_api_ratelimit_quota_zone_name(const ngx_str_t *name)
{
    u_char      c;
    ngx_uint_t  i;

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
            && (c < '0' || c > '9')
            && (i == 0 || (c != '/' && c != '_' && c != '-' && c != '+')))
        {
            return 0;
        }
    }

    return name->len > 0 && name->len < 64;
}
