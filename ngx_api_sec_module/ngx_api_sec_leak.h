
/*
 * api_leak: credentials and the inside of programs in responses; and what
 * api_inventory looks for in them.
 *
 *   ngx_api_sec_leak_conf.c   the directive
 *   ngx_api_sec_leak.c        the filters: look on, or hold and decide
 *   ngx_api_sec_leak_find.c   what was found, where, and how it is masked
 *   ngx_api_sec_leak_ask.c    what can be read, and what is asked for
 */

#ifndef _NGX_API_SEC_LEAK_H_INCLUDED_
#define _NGX_API_SEC_LEAK_H_INCLUDED_


#include "ngx_api_sec_inventory.h"
#include "api_sensitive.h"


#define NGX_API_SEC_LEAK_LOG    0
#define NGX_API_SEC_LEAK_MASK   1
#define NGX_API_SEC_LEAK_BLOCK  2

/* A line api_leak. */

struct ngx_api_sec_leak_s {
    ngx_uint_t                  action;
    unsigned                    kinds;       /* bits */
    size_t                      max;
    ngx_array_t                *names;       /* as they were written */
};


typedef enum {
    NGX_API_SEC_SCAN_OFF = 0,
    NGX_API_SEC_SCAN_WATCHING,
    NGX_API_SEC_SCAN_HOLDING,
    NGX_API_SEC_SCAN_DONE,
    NGX_API_SEC_SCAN_REFUSED
} ngx_api_sec_scan_e;


/* A response on its way; in the ctx of the request. */

struct ngx_api_sec_scan_s {
    ngx_uint_t                  state;
    const ngx_api_sec_leak_t   *leak;        /* NULL: api_inventory alone */
    ngx_uint_t                  action;
    ngx_uint_t                  encoded;     /* nothing can be seen */
    unsigned                    found;       /* kinds, all that were seen */
    api_sensitive_scan_t        scan;

    api_alloc_t                 alloc;       /* of what is held */
    u_char                     *data;
    size_t                      len;
    size_t                      room;

    ngx_uint_t                  nfields;     /* sensitive members by name */
    struct {
        u_char                  name[API_INV_PARAM_NAME];
        u_char                  len;
        uint32_t                classes;
    } field[4];
};


/* postconfiguration, before the filters of the module itself */

void ngx_api_sec_leak_filters(void);

/* ngx_api_sec_leak_ask.c: is there text in it, and is it encoded? */

ngx_uint_t ngx_api_sec_leak_text(const ngx_http_request_t *r,
    const ngx_api_sec_leak_t *leak);
ngx_uint_t ngx_api_sec_leak_encoded(const ngx_http_request_t *r);

/* PRECONTENT, LOG: see ngx_api_sec_phases.c */

ngx_int_t ngx_api_sec_leak_ask(ngx_http_request_t *r);
ngx_int_t ngx_api_sec_leak_end(ngx_http_request_t *r);

/* ngx_api_sec_leak_find.c */

void ngx_api_sec_leak_fields(ngx_api_sec_scan_t *scan, api_span_t text,
    unsigned kinds);
void ngx_api_sec_leak_mask(u_char *data, size_t len, unsigned kinds);

/* The first of the kinds, as the reason of a decision. */

const ngx_str_t *ngx_api_sec_leak_reason(unsigned kinds);
unsigned ngx_api_sec_leak_excepted(ngx_http_request_t *r, unsigned kinds);


#endif /* _NGX_API_SEC_LEAK_H_INCLUDED_ */
