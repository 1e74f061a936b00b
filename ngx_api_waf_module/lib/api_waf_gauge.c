/* What a benign document costs under a program of rules. */

#include "api_waf_int.h"
#include "api_waf_scan.h"

#include "api_values.h"


/*
 * What APIs are sent that means well: many short values; a long text; what is
 * no text, in base64.  The dearest of them by its size is what is benign.  A
 * text about programs, with marks and code in it, takes rules three times as
 * long as other text, and has room in what a budget of five allows.
 */

typedef struct {
    const char *head;
    const char *part;
    const char *tail;
    size_t      times; /* that the part stands there */
} gauge_body_t;

static const gauge_body_t gauge_bodies[] = {
    { "{\"items\":[",
        "{\"name\":\"green tea no 17\",\"price\":21.25,\"quantity\":17,"
        "\"sku\":\"AB-1629\",\"note\":\"to be left at the gate\"},",
        "{}],\"total\":340.0}", 16 },

    { "{\"text\":\"",
        "The parcel came on Tuesday, two days late, and one of the cups was "
        "broken. I have asked twice whether it can be sent again; nobody has "
        "answered so far. Could you tell me what to do with the rest of the "
        "order, please? If it helps, I am at home from 9 to 12 on Friday - "
        "and the neighbours (No. 17) take parcels at any time. Many thanks! ",
        "\"}", 16 },

    { "{\"data\":\"",
        "iVBORw0KGgoAAAANSUhEUgAAA+gAAAH0CAYAAACuKActAAAAOXRFWHRTb2Z0d2FyZQBN"
        "pHxZ9Kk3mU2+eQv7Rw1cJ0sTzLyBfD8oXgA5nCjVh6aWqEuPbYlItS4NrKFmZOdGe+aX"
        "+V/0xk3Jc8Ts1bRyQp5LwE9nHfUo2MgKz7DaViY6CtSXqjPhGBdAeNZmI4rFlTuOxWv0"
        "9yLq3bRkV1nJc5sHgXt8fDoEa7KwPzUiYmCj6QS2hTeBAGdNrMl4ZxIpFuOWv0K+q9Vb",
        "\"}", 64 },
};

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


static api_span_t
gauge_text(const gauge_body_t *b, api_arena_t *arena)
{
    char  *text, *p;
    size_t i, head, part, tail;

    head = strlen(b->head);
    part = strlen(b->part);
    tail = strlen(b->tail);
    text = api_arena_alloc(arena, head + b->times * part + tail);

    if (text == NULL) {
        return (api_span_t){ NULL, 0 };
    }

    memcpy(text, b->head, head);
    p = text + head;

    for (i = 0; i < b->times; i++, p += part) {
        memcpy(p, b->part, part);
    }

    memcpy(p, b->tail, tail);

    return api_span(text, (size_t) (p - text) + tail);
}


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
    bool        ok;
    size_t      i;
    uint64_t    work, head;
    api_span_t  body;
    api_arena_t arena;
    gauge_t     g = { view, alloc, { 0 } };

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

    api_arena_init(&arena, alloc, 0, 0);
    ok = gauge_run(&g, API_SPAN("{}"), &head);
    *units = 0;

    for (i = 0; ok && i < sizeof(gauge_bodies) / sizeof(gauge_bodies[0]); i++)
    {
        body = gauge_text(&gauge_bodies[i], &arena);
        ok = body.data && gauge_run(&g, body, &work);

        if (ok && work > head) {
            work = (work - head) * 1024 / body.len;
            *units = work > *units ? work : *units;
        }
    }

    api_arena_free(&arena);
    api_waf_scan_scratch_free(g.env.scan);
    api_scratch_free(g.env.scratch);

    if (!ok) {
        return API_NOMEM;
    }

    return API_OK;
}
