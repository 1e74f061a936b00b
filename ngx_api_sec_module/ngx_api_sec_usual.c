
/*
 * api_behavior anomaly: each operation of the inventory, bucket by bucket,
 * against what is usual for it.  One worker does it for all: whoever finds
 * that the bucket is over.  Nothing of it is in the path of a request.
 */

#include "ngx_api_sec_behavior.h"


typedef struct {
    ngx_connection_t            dummy;
    ngx_event_t                 event;
} ngx_api_sec_usual_timer_t;


static void ngx_api_sec_usual_tick(ngx_event_t *ev);
static void ngx_api_sec_usual_bucket(const ngx_api_sec_main_conf_t *mcf);
static void ngx_api_sec_usual_next(const ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_usual_t *u, const api_inv_view_t *view);
static void ngx_api_sec_usual_alarm(const ngx_api_sec_main_conf_t *mcf,
    const ngx_api_sec_usual_t *u, const api_inv_view_t *view,
    ngx_uint_t signal, double value);


/* Counts vary by chance; means of a request do not so. */

static const api_baseline_rules_t  ngx_api_sec_usual_rules[] = {
    { 0.1F, 4, 10, 3, 1, 60, 2, 5 },        /* requests */
    { 0.1F, 4, 10, 3, 1, 60, 2, 5 },        /* 4xx */
    { 0.1F, 4, 5, 3, 1, 60, 2, 5 },         /* 5xx */
    { 0.1F, 4, 4096, 3, 0, 60, 2, 5 },      /* bytes a request */
    { 0.1F, 4, 50, 3, 0, 60, 2, 5 }         /* milliseconds a request */
};


ngx_int_t
ngx_api_sec_usual_start(ngx_cycle_t *cycle, ngx_api_sec_main_conf_t *mcf)
{
    ngx_event_t                *ev;
    ngx_api_sec_usual_timer_t  *timer;

    if (mcf->behaviors->anomaly == NULL
        || ngx_api_sec_behaved(mcf->behaviors) == NULL
        || ngx_process == NGX_PROCESS_HELPER)
    {
        return NGX_OK;
    }

    timer = ngx_pcalloc(cycle->pool, sizeof(ngx_api_sec_usual_timer_t));
    if (timer == NULL) {
        return NGX_ERROR;
    }

    ev = &timer->event;
    timer->dummy.fd = (ngx_socket_t) -1;
    timer->dummy.data = mcf;

    ev->handler = ngx_api_sec_usual_tick;
    ev->data = timer;
    ev->log = cycle->log;
    ev->cancelable = 1;

    mcf->behaviors->timer = ev;

    ngx_add_timer(ev, 200);

    return NGX_OK;
}


static void
ngx_api_sec_usual_tick(ngx_event_t *ev)
{
    ngx_msec_t                      period;
    ngx_connection_t               *c;
    ngx_atomic_uint_t               next;
    ngx_api_sec_behaved_t          *z;
    const ngx_api_sec_main_conf_t  *mcf;

    c = ev->data;
    mcf = c->data;
    z = ngx_api_sec_behaved(mcf->behaviors);

    period = (ngx_msec_t) mcf->behaviors->anomaly->window * 1000;
    next = z->next;

    if ((ngx_atomic_int_t) (ngx_current_msec - next) >= 0
        && ngx_atomic_cmp_set(&z->next, next, ngx_current_msec + period)
        && next != 0)
    {
        ngx_api_sec_usual_bucket(mcf);
    }

    if (!ngx_exiting && !ngx_terminate) {
        ngx_add_timer(ev, 200);
    }
}


static void
ngx_api_sec_usual_bucket(const ngx_api_sec_main_conf_t *mcf)
{
    ngx_uint_t              n;
    api_inv_op_t            op;
    api_inv_view_t          view;
    ngx_api_sec_usual_t    *usual;
    const api_inventory_t  *inv;

    inv = ngx_api_sec_inventory_at(mcf->inventories);
    usual = ngx_api_sec_usual(mcf->behaviors, &n);

    if (inv == NULL) {
        return;
    }

    for (op = 1; op <= api_inventory_top(inv) && op <= n; op++) {
        if (api_inventory_view(inv, op, &view)) {
            ngx_api_sec_usual_next(mcf, &usual[op - 1], &view);
        }
    }
}


static void
ngx_api_sec_usual_next(const ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_usual_t *u, const api_inv_view_t *view)
{
    double                  value[NGX_API_SEC_SIGNALS], requests;
    uint64_t                now[NGX_API_SEC_SIGNALS];
    ngx_uint_t              i, fresh;
    api_baseline_rules_t    rules;
    api_baseline_change_t   change;

    now[0] = api_inv_requests(view);
    now[1] = view->status[API_INV_4XX];
    now[2] = view->status[API_INV_5XX];
    now[3] = view->bytes_out;
    now[4] = view->ms;

    /* another operation in its place, or counts that were brought over */

    fresh = u->id != view->id || now[0] < u->before[0];

    if (fresh) {
        ngx_memzero(u, sizeof(ngx_api_sec_usual_t));
        u->id = view->id;
    }

    for (i = 0; i < NGX_API_SEC_SIGNALS; i++) {
        value[i] = (double) (now[i] - u->before[i]);
        u->before[i] = now[i];
    }

    if (fresh) {
        return;
    }

    requests = value[0];

    for (i = 0; i < NGX_API_SEC_SIGNALS; i++) {
        rules = ngx_api_sec_usual_rules[i];
        rules.warmup = (unsigned) mcf->behaviors->anomaly->warmup;
        rules.threshold = (float) mcf->behaviors->anomaly->over;

        if (i >= 3) {
            if (requests < 10) {
                continue;    /* a mean of few says little */
            }

            value[i] /= requests;
        }

        change = api_baseline_next(&u->line[i], &rules, value[i]);

        if (change == API_BASELINE_RAISED) {
            ngx_api_sec_usual_alarm(mcf, u, view, i, value[i]);

        } else if (change == API_BASELINE_RESOLVED) {
            ngx_api_sec_alert_resolve(mcf, view->id ^ (i + 1));
        }
    }
}


static void
ngx_api_sec_usual_alarm(const ngx_api_sec_main_conf_t *mcf,
    const ngx_api_sec_usual_t *u, const api_inv_view_t *view,
    ngx_uint_t signal, double value)
{
    u_char               name[NGX_API_SEC_ALERT_TEXT], *p;
    ngx_str_t            method, template;
    ngx_api_sec_alarm_t  alarm;

    method = ngx_api_str(api_method_name(view->method));
    template = ngx_api_str(view->template);

    p = ngx_snprintf(name, sizeof(name), "%V %V", &method, &template);

    ngx_memzero(&alarm, sizeof(ngx_api_sec_alarm_t));

    alarm.kind = NGX_API_SEC_ANOMALY;
    alarm.signal = signal;
    alarm.action = mcf->behaviors->anomaly->action;
    alarm.id = view->id ^ (signal + 1);
    alarm.host = view->host;
    alarm.operation = api_span(name, p - name);
    alarm.value = (uint32_t) value;
    alarm.usual = (uint32_t) u->line[signal].mean;

    ngx_api_sec_alert_raise(NULL, mcf, &alarm);
}
