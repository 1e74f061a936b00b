
#include "ngx_api_ratelimit_store.h"
#include "ngx_api_ratelimit_kind.h"


static ngx_int_t ngx_api_ratelimit_stored_prepare(ngx_http_request_t *r,
    ngx_api_ratelimit_item_t *item);
static int ngx_api_ratelimit_stored_charge(ngx_http_request_t *r,
    ngx_api_ratelimit_item_t *item);
static int ngx_api_ratelimit_stored_peek(ngx_api_ratelimit_item_t *item);
static void ngx_api_ratelimit_stored_refund(ngx_api_ratelimit_item_t *item,
    uint64_t cost);
static void ngx_api_ratelimit_stored_more(ngx_api_ratelimit_item_t *item,
    uint64_t cost);
static ngx_uint_t ngx_api_ratelimit_stored_away(
    ngx_api_ratelimit_item_t *item, int *rc);
static void ngx_api_ratelimit_stored_share(ngx_api_ratelimit_item_t *item,
    const ngx_api_ratelimit_store_state_t *state);
static ngx_uint_t ngx_api_ratelimit_merge_words(
    const ngx_api_ratelimit_link_t *link,
    const ngx_api_ratelimit_flight_t *flight, uint32_t n, u_char *p,
    u_char *last, api_span_t *words);
static u_char *ngx_api_ratelimit_merge_word(u_char *p, u_char *last,
    int64_t ns, api_span_t *word);


/*
 * KEYS: keys.  ARGV, four for each, in microseconds: n, d - now, cap, and how
 * far ahead the TAT may be afterwards, or -1 for what was admitted already.
 * The clock is the store's own, so that those of the nodes need not agree,
 * and a key never outlives its debt.  A debt beyond the cap is cut: a clock
 * that jumped locks nobody out.  Returns how far each is ahead of now; what
 * is not admitted changes nothing, and its number is -1 less that.  Fractions
 * of a microsecond are kept as far as a double has room for them.
 */

const char  ngx_api_ratelimit_merge_script[] =
    "local t=redis.call('TIME')\n"
    "local now=t[1]*1000000+t[2]\n"
    "local out={}\n"
    "for i,k in ipairs(KEYS) do\n"
    "local cap=now+ARGV[4*i-1]\n"
    "local lim=tonumber(ARGV[4*i])\n"
    "local g=redis.pcall('GET',k)\n"
    "g=type(g)=='string' and tonumber(g) or 0\n"
    "local r=math.min(cap,math.max(math.min(g,cap)+ARGV[4*i-3],"
    "now+ARGV[4*i-2]))\n"
    "if lim>=0 and r-now>lim then\n"
    "out[i]=-1-math.max(math.min(g,cap)-now,0)\n"
    "else\n"
    "if r>now then\n"
    "redis.call('SET',k,string.format('%.2f',r),"
    "'PX',math.ceil((r-now)/1000)+1)\n"
    "elseif g>0 then redis.call('DEL',k) end\n"
    "out[i]=r-now\n"
    "end\n"
    "end\n"
    "return out\n";

const ngx_api_ratelimit_kind_t  ngx_api_ratelimit_stored = {
    ngx_string("api_ratelimit_policy"),
    ngx_string("rate"),
    API_TABLE_RATE,
    ngx_api_ratelimit_stored_prepare,
    ngx_api_ratelimit_stored_peek,
    ngx_api_ratelimit_stored_charge,
    ngx_api_ratelimit_stored_refund,
    ngx_api_ratelimit_stored_more,
    ngx_api_ratelimit_rate_report
};


/* What nodes admitted apart may be more than one burst together.  Where the
   rate is not the same for all requests of a key, one with a higher rate must
   not cut what is owed at a lower one, at least not to less than a day. */

void
ngx_api_ratelimit_stored_widen(const ngx_api_ratelimit_policy_t *policy,
    api_gcra_t *gcra)
{
    uint64_t  ns;

    ns = api_rate_ns(&gcra->rate, gcra->tau);

    if (policy->rate || policy->burst) {
        ns = ngx_max(ns, NGX_API_RATELIMIT_OVERDRAFT);
    }

    api_gcra_overdraft(gcra, ns);
}


static ngx_int_t
ngx_api_ratelimit_stored_prepare(ngx_http_request_t *r,
    ngx_api_ratelimit_item_t *item)
{
    ngx_int_t  rc;

    rc = ngx_api_ratelimit_rate_prepare(r, item);

    if (rc != NGX_OK) {
        return rc;
    }

    if (item->gcra != &item->policy->gcra) {

        /* made for this request */
        ngx_api_ratelimit_stored_widen(item->policy,
                                       (api_gcra_t *) item->gcra);
    }

    if (item->policy->store->on_error == NGX_API_RATELIMIT_SHARE) {
        item->shared = ngx_pcalloc(r->pool, sizeof(api_gcra_t));

        if (item->shared == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* Has the store decided, or on_error= because it is away?  Then *rc is it. */

static ngx_uint_t
ngx_api_ratelimit_stored_away(ngx_api_ratelimit_item_t *item, int *rc)
{
    const ngx_api_ratelimit_store_t  *store;

    store = item->policy->store;

    switch (item->ask) {

    case NGX_API_RATELIMIT_GRANTED:
        *rc = API_LIMIT_PASS;
        return 1;

    case NGX_API_RATELIMIT_REFUSED:
        *rc = API_LIMIT_OVER;
        return 1;

    case NGX_API_RATELIMIT_UNSENT:
    case NGX_API_RATELIMIT_UNKNOWN:
        break;

    default:
        if (ngx_api_ratelimit_store_up(store)) {
            return 0;
        }
    }

    switch (store->on_error) {

    case NGX_API_RATELIMIT_PASS:
        item->state = 0;
        *rc = API_LIMIT_PASS;
        return 1;

    case NGX_API_RATELIMIT_STOP:
        item->state = item->now.mono + API_NS;
        item->away = 1;
        *rc = API_LIMIT_FULL;
        return 1;

    case NGX_API_RATELIMIT_SHARE:
        ngx_api_ratelimit_stored_share(item, store->state);
        return 0;

    default: /* NGX_API_RATELIMIT_LOCAL */
        return 0;
    }
}


/* Of N nodes each admits an N-th. */

static void
ngx_api_ratelimit_stored_share(ngx_api_ratelimit_item_t *item,
    const ngx_api_ratelimit_store_state_t *state)
{
    uint64_t     nodes, burst;
    api_rate_t   rate;

    nodes = state->nodes;

    if (nodes < 2 || item->shared == NULL || item->shared->burst
        || item->gcra->rate.period > API_RATE_PERIOD_MAX / nodes)
    {
        return;
    }

    burst = ngx_max(item->gcra->burst / nodes, 1);

    if (api_rate_make(item->gcra->rate.count,
                      item->gcra->rate.period * nodes, &rate)
        == API_OK
        && api_gcra_init(item->shared, &rate, burst) == API_OK)
    {
        item->gcra = item->shared;
    }
}


static int
ngx_api_ratelimit_stored_peek(ngx_api_ratelimit_item_t *item)
{
    int  rc;

    return ngx_api_ratelimit_stored_away(item, &rc)
           ? rc : ngx_api_ratelimit_rate_peek(item);
}


static int
ngx_api_ratelimit_stored_charge(ngx_http_request_t *r,
    ngx_api_ratelimit_item_t *item)
{
    int  rc;

    if (ngx_api_ratelimit_stored_away(item, &rc)) {
        return rc;
    }

    rc = ngx_api_ratelimit_rate_charge(r, item);

    /* what may have been counted is not counted twice */

    if (rc == API_LIMIT_PASS && item->cost
        && item->ask != NGX_API_RATELIMIT_UNKNOWN)
    {
        ngx_api_ratelimit_tell(item, item->now.mono, item->cost, 0);
    }

    return rc;
}


static void
ngx_api_ratelimit_stored_refund(ngx_api_ratelimit_item_t *item, uint64_t cost)
{
    if (item->state == 0) {
        return;    /* on_error=pass: nothing was charged */
    }

    item->ask = NGX_API_RATELIMIT_UNASKED;

    ngx_api_ratelimit_rate_refund(item, cost);
    ngx_api_ratelimit_tell(item, 0, cost, 1);
}


static void
ngx_api_ratelimit_stored_more(ngx_api_ratelimit_item_t *item, uint64_t cost)
{
    api_now_t  now;

    ngx_api_ratelimit_now(&now);

    ngx_api_ratelimit_rate_more(item, cost);
    ngx_api_ratelimit_tell(item, now.mono, cost, 0);
}


/* The longest command has 4 lengths more than its text. */

ngx_api_ratelimit_flight_t *
ngx_api_ratelimit_merge_flight(ngx_api_ratelimit_link_t *link)
{
    if (link->nflights == NGX_API_RATELIMIT_FLYING
        || NGX_API_RATELIMIT_OUT - (link->out_len - link->out_pos)
           < 2 * NGX_API_RATELIMIT_TEXT)
    {
        return NULL;
    }

    return &link->flights[(link->first + link->nflights)
                          % NGX_API_RATELIMIT_FLYING];
}


ngx_int_t
ngx_api_ratelimit_merge_say(ngx_api_ratelimit_link_t *link, ngx_uint_t kind,
    ngx_api_ratelimit_flight_t *flight, uint32_t n)
{
    ngx_uint_t  nwords;
    api_span_t  words[3 + 5 * NGX_API_RATELIMIT_BATCH];
    u_char      text[NGX_API_RATELIMIT_TEXT];

    nwords = ngx_api_ratelimit_merge_words(link, flight, n, text,
                                           text + sizeof(text), words);

    if (ngx_api_ratelimit_talk_say(link, kind, words, nwords) == NULL) {
        return NGX_DECLINED;
    }

    flight->n = n;

    return NGX_OK;
}


/* One command with what waits longest; NGX_DECLINED: nothing, or no room. */

ngx_int_t
ngx_api_ratelimit_merge_send(ngx_api_ratelimit_link_t *link)
{
    uint32_t                     n;
    ngx_api_ratelimit_flight_t  *flight;

    flight = ngx_api_ratelimit_merge_flight(link);

    if (flight == NULL) {
        return NGX_DECLINED;
    }

    for ( ;; ) {
        n = api_merge_take(&link->waiting, flight->entries,
                           NGX_API_RATELIMIT_BATCH);

        if (n == 0) {
            return NGX_DECLINED;
        }

        if (ngx_api_ratelimit_tell_policy(link, flight->entries[0].policy)) {
            break;
        }

        /* a worker before the last reload had it: nobody is limited by it */

        (void) ngx_atomic_fetch_add(&link->store->state->dropped, n);
    }

    if (ngx_api_ratelimit_merge_say(link, NGX_API_RATELIMIT_R_MERGE, flight,
                                    n)
        != NGX_OK)
    {
        api_merge_back(&link->waiting, flight->entries, n);
        return NGX_DECLINED;
    }

    (void) ngx_atomic_fetch_add(&link->store->state->merges, 1);
    (void) ngx_atomic_fetch_add(&link->store->state->keys, n);

    return NGX_OK;
}


/* Keys of a policy have one hash tag, so that they lie in one slot. */

static ngx_uint_t
ngx_api_ratelimit_merge_words(const ngx_api_ratelimit_link_t *link,
    const ngx_api_ratelimit_flight_t *flight, uint32_t n, u_char *p,
    u_char *last, api_span_t *words)
{
    int64_t                              d;
    uint32_t                             i;
    api_now_t                            now;
    api_span_t                          *word;
    const api_merge_entry_t             *e;
    const ngx_api_ratelimit_policy_t    *policy;

    policy = ngx_api_ratelimit_tell_policy(link, flight->entries[0].policy);

    ngx_api_ratelimit_now(&now);

    words[0] = API_SPAN("EVALSHA");
    words[1] = api_span(link->sha, NGX_API_RATELIMIT_SHA);
    words[2].data = p;
    p = ngx_slprintf(p, last, "%uD", n);
    words[2].len = p - words[2].data;

    for (i = 0; i < n; i++) {
        e = &flight->entries[i];

        words[3 + i].data = p;
        p = ngx_slprintf(p, last, "%V{%V}:%*s", &link->store->prefix,
                         &policy->name, (size_t) API_MERGE_NAME, e->name);
        words[3 + i].len = p - words[3 + i].data;
    }

    for (i = 0; i < n; i++) {
        e = &flight->entries[i];

        d = e->m.d == INT64_MIN ? -API_MERGE_MAX
                                : e->m.d - (int64_t) now.mono;

        word = &words[3 + n + 4 * i];

        p = ngx_api_ratelimit_merge_word(p, last, e->m.n, word++);
        p = ngx_api_ratelimit_merge_word(p, last, d, word++);
        p = ngx_api_ratelimit_merge_word(p, last, e->cap, word++);

        if (e->limit < 0) {
            *word = API_SPAN("-1");

        } else {
            p = ngx_api_ratelimit_merge_word(p, last, e->limit, word);
        }
    }

    return 3 + 5 * n;
}


/* In microseconds, with three digits more. */

static u_char *
ngx_api_ratelimit_merge_word(u_char *p, u_char *last, int64_t ns,
    api_span_t *word)
{
    word->data = p;
    p = ngx_slprintf(p, last, "%s%L.%03L", ns < 0 ? "-" : "",
                     ngx_abs(ns) / 1000, ngx_abs(ns) % 1000);
    word->len = p - word->data;

    return p;
}


/* The store's TATs: ours are not below them from now on. */

void
ngx_api_ratelimit_merge_answer(ngx_api_ratelimit_link_t *link,
    const ngx_api_ratelimit_flight_t *flight, const api_resp_reply_t *reply)
{
    int64_t                              ahead, tat;
    uint32_t                             i;
    api_now_t                            now;
    const api_merge_entry_t             *e, *more;
    const ngx_api_ratelimit_zone_t      *zone;
    const ngx_api_ratelimit_policy_t    *policy;

    if (reply->type != API_RESP_ARRAY || reply->nitems != flight->n) {
        (void) ngx_atomic_fetch_add(&link->store->state->errors, 1);
        return;
    }

    /* what was admitted since by any worker is now in waiting */

    if (ngx_api_ratelimit_tell_take(link) && !link->flush.timer_set) {
        ngx_add_timer(&link->flush, link->store->flush);
    }

    ngx_api_ratelimit_now(&now);
    policy = ngx_api_ratelimit_tell_policy(link, flight->entries[0].policy);
    zone = policy->zone;

    for (i = 0; i < flight->n; i++) {
        e = &flight->entries[i];

        /* any number may come from there */

        ahead = ngx_max(reply->items[i], 0);
        ahead = ahead > API_MERGE_MAX / 1000 ? API_MERGE_MAX : ahead * 1000;
        ahead = ngx_min(ahead, e->cap);

        more = api_merge_find(&link->waiting, e->policy, e->key);
        tat = api_merge_adopt(0, more ? &more->m : NULL, (int64_t) now.mono,
                              ahead);

        if (tat > (int64_t) now.mono) {
            api_table_rate_raise(zone->data, e->key, (uint64_t) tat, &now,
                                 (api_full_t) zone->full);
        }
    }
}
