
/*
 * Rules of phase 4 in slices.  The request is kept by a flag of r->buffered,
 * as filters do that have not sent all; an event of its own has the next slice
 * run when the worker has looked at its other connections: those of the
 * connection belong to whoever sends the response.
 */

#include "ngx_api_waf.h"


static void ngx_api_waf_turn_handler(ngx_event_t *ev);


/* Of r->buffered, which has four bits; the image filter has this one, and what
   it sends is no text. */

#define NGX_API_WAF_BUFFERED  0x08


void
ngx_api_waf_turn(ngx_http_request_t *r, ngx_api_waf_run_t *run)
{
    r->buffered |= NGX_API_WAF_BUFFERED;

    run->request_of = r;
    run->turn.handler = ngx_api_waf_turn_handler;
    run->turn.data = run;
    run->turn.log = r->connection->log;

    ngx_post_event(&run->turn, &ngx_posted_next_events);
}


void
ngx_api_waf_turn_end(ngx_http_request_t *r, ngx_api_waf_run_t *run)
{
    r->buffered &= ~NGX_API_WAF_BUFFERED;

    if (run->turn.posted) {
        ngx_delete_posted_event(&run->turn);
    }
}


static void
ngx_api_waf_turn_handler(ngx_event_t *ev)
{
    ngx_connection_t    *c;
    ngx_api_waf_run_t   *run;
    ngx_http_request_t  *r;

    run = ev->data;
    r = run->request_of;
    c = r->connection;

    run->due = 1;

    ngx_http_set_log_request(c->log, r);

    if (ngx_http_output_filter(r, NULL) == NGX_ERROR) {
        ngx_http_finalize_request(r, NGX_ERROR);

    } else if ((r->buffered & NGX_API_WAF_BUFFERED) == 0) {

        /* whoever sends goes on */

        ngx_post_event(c->write, &ngx_posted_events);
    }

    ngx_http_run_posted_requests(c);
}
