/* What a benign document costs under a program of rules. */

#include "api_waf_int.h"
#include "api_waf_scan.h"

#include "api_values.h"


/* Some items of an order, as an API has them: numbers, words, short texts. */

#define ITEM                                                                  \
    "{\"name\":\"green tea no 17\",\"price\":21.25,\"quantity\":17,"          \
    "\"sku\":\"AB-1629\",\"note\":\"to be left at the gate\"}"
#define ITEMS ITEM "," ITEM "," ITEM "," ITEM

static const char gauge_body[] =
    "{\"items\":[" ITEMS "," ITEMS "," ITEMS "," ITEMS "],\"total\":340.0}";

typedef struct {
    const api_waf_view_t *view;
    const api_alloc_t    *alloc;
    api_waf_env_t         env;
} gauge_t;

static const api_values_field_t gauge_fields[] = {
    { { (const uint8_t *) "Host", 4 },
        { (const uint8_t *) "api.example.com", 15 } },
    { { (const uint8_t *) "User-Agent", 10 },
        { (const uint8_t *) "curl/8.4.0", 10 } },
    { { (const uint8_t *) "Accept", 6 }, { (const uint8_t *) "*/*", 3 } },
    { { (const uint8_t *) "Content-Type", 12 },
        { (const uint8_t *) "application/json", 16 } },
};


/* Work of one request; false: no memory. */

static bool
gauge_run(const gauge_t *g, api_span_t body, uint64_t *work)
{
    bool                 ok;
    api_arena_t          arena;
    api_values_t         b;
    api_waf_tx_t        *tx;
    api_waf_values_t     values;
    api_values_conf_t    conf;
    api_values_request_t q;

    memset(&q, 0, sizeof(q));
    q.method = API_SPAN("POST");
    q.uri = API_SPAN("/orders");
    q.protocol = API_SPAN("HTTP/1.1");
    q.field = gauge_fields;
    q.nfields = sizeof(gauge_fields) / sizeof(gauge_fields[0]);
    q.remote_addr = API_SPAN("192.0.2.1");
    q.server_addr = API_SPAN("192.0.2.2");

    api_arena_init(&arena, g->alloc, 16384, 0);
    api_waf_values_init(&values, &arena, 0);
    api_values_conf(&conf, &g->view->program->settings);
    api_values_init(&b, &values, &conf, g->env.seed, &arena);
    tx = api_waf_tx_create(g->view, &values, &g->env, &arena);

    ok =
        tx != NULL && api_values_request(&b, &q) == API_OK
        && api_waf_tx_run(tx, API_WAF_REQUEST_HEADERS_PHASE, 0)
               != API_WAF_FAILED
        && api_values_body(&b, body, tx->settings.body, false) == API_OK
        && api_waf_tx_run(tx, API_WAF_REQUEST_BODY_PHASE, 0) != API_WAF_FAILED;

    if (ok) {
        *work = api_waf_tx_work(tx);
    }

    api_arena_free(&arena);

    return ok;
}


int
api_waf_view_gauge(
    const api_waf_view_t *view, const api_alloc_t *alloc, uint64_t *units)
{
    bool     ok;
    uint64_t whole, head;
    gauge_t  g = { view, alloc, { 0 } };

    g.env.engine = API_WAF_ENGINE_DETECT;
    g.env.now = 1700000000;
    g.env.scratch = api_scratch_create(alloc);

    if (g.env.scratch == NULL
        || api_waf_scan_scratch_create(&g.env.scan, view->program, alloc)
               != API_OK)
    {
        api_scratch_free(g.env.scratch);
        return API_NOMEM;
    }

    ok = gauge_run(&g, API_SPAN("{}"), &head)
         && gauge_run(&g, API_SPAN(gauge_body), &whole);

    api_waf_scan_scratch_free(g.env.scan);
    api_scratch_free(g.env.scratch);

    if (!ok) {
        return API_NOMEM;
    }

    *units =
        whole > head ? (whole - head) * 1024 / (sizeof(gauge_body) - 3) : 0;

    return API_OK;
}
