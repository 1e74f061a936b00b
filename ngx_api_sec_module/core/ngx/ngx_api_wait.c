
#include "ngx_api_wait.h"


static void ngx_api_waited(ngx_http_request_t *r);


ngx_int_t
ngx_api_wait(ngx_http_request_t *r, ngx_msec_t ms)
{
    if (ngx_handle_read_event(r->connection->read, 0) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_api_waited;

    r->connection->write->delayed = 1;
    ngx_add_timer(r->connection->write, ngx_max(ms, 1));

    return NGX_AGAIN;
}


static void
ngx_api_waited(ngx_http_request_t *r)
{
    ngx_event_t  *wev;

    wev = r->connection->write;

    if (wev->delayed) {
        if (ngx_handle_write_event(wev, 0) != NGX_OK) {
            ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        }

        return;
    }

    ngx_api_wait_end(r);
}


void
ngx_api_wait_end(ngx_http_request_t *r)
{
    if (ngx_handle_read_event(r->connection->read, 0) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    ngx_http_core_run_phases(r);
}
