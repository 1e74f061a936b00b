
/*
 * api_status: what the modules tell of themselves, and what may be changed
 * while nginx runs.
 *
 *   ngx_api_sec_status_conf.c    the directive, and when writing is safe
 *   ngx_api_sec_status.c         one request: which section, its body
 *   ngx_api_sec_status_guard.c   who may
 *   ngx_api_sec_status_answer.c  what is sent
 *   ngx_api_sec_status_slices.c  ... when making it takes long
 *   ngx_api_sec_page.c           the page for people
 *   ngx_api_sec_report.c         the document, what sec has to tell
 *   ngx_api_sec_scrape.c         metrics
 *   ngx_api_sec_secrets.c        ... of keys
 */

#ifndef _NGX_API_SEC_STATUS_H_INCLUDED_
#define _NGX_API_SEC_STATUS_H_INCLUDED_


#include "ngx_api_sec.h"
#include "ngx_api_header.h"


#define NGX_API_SEC_ADMIN_HEADER  "x-api-admin"


struct ngx_api_sec_status_s {
    ngx_flag_t                      write;
    ngx_array_t                    *sections;  /* of ngx_str_t; NULL: all */

    ngx_str_t                       file;
    ngx_uint_t                      line;

    /* where it stands: set when the location is merged */
    const ngx_api_sec_loc_conf_t   *lcf;
    const ngx_http_core_srv_conf_t *server;

    ngx_array_t                     names;     /* of it; of ngx_str_t */
};


ngx_int_t ngx_api_sec_status_handler(ngx_http_request_t *r);

/* A member of the document: a table, its places and how many are taken.  It is
   apisec doctor that looks at them. */

void ngx_api_sec_status_table(api_writer_t *w, api_span_t name,
    uint64_t places, uint64_t used);

/* Within an object: what a cache has come to. */

void ngx_api_sec_status_cache(api_writer_t *w, uint64_t places, uint64_t hits,
    uint64_t misses, uint64_t added, uint64_t evicted);

/* The section of that name and the door it belongs to, or NULL. */

const ngx_api_section_t *ngx_api_sec_status_find(
    const ngx_api_door_t * const *doors, const ngx_str_t *name,
    const ngx_api_door_t **door);

/* Does this directive let the section be seen? */

ngx_uint_t ngx_api_sec_status_shown(const ngx_api_sec_status_t *status,
    const ngx_str_t *name);

/* NGX_DECLINED: may; otherwise refused, to be returned. */

ngx_int_t ngx_api_sec_status_host(ngx_http_request_t *r,
    const ngx_api_sec_status_t *status);
ngx_int_t ngx_api_sec_status_may_write(ngx_http_request_t *r,
    const ngx_api_sec_loc_conf_t *lcf);

/* What a content handler returns. */

ngx_int_t ngx_api_sec_status_send(ngx_http_request_t *r, ngx_uint_t status,
    const ngx_str_t *type, api_span_t text);
ngx_int_t ngx_api_sec_send(ngx_http_request_t *r, ngx_uint_t status,
    const ngx_str_t *type, const ngx_str_t *cache, api_span_t text);
ngx_int_t ngx_api_sec_send_head(ngx_http_request_t *r, ngx_uint_t status,
    const ngx_str_t *type, const ngx_str_t *cache, off_t len);

/* The handler has set slice: the answer is made and sent.  NGX_DONE. */

ngx_int_t ngx_api_sec_status_slices(const ngx_api_admin_t *a,
    ngx_uint_t status, const ngx_str_t *section);

/* What this worker has made so, as members of an object. */

void ngx_api_sec_status_sliced(api_writer_t *w);
ngx_int_t ngx_api_sec_status_problem(ngx_http_request_t *r,
    ngx_uint_t status, const ngx_str_t *title);
ngx_int_t ngx_api_sec_status_not_allowed(ngx_http_request_t *r,
    const ngx_api_section_t *section);

/* Resources that sec has for itself. */

extern const ngx_api_section_t  ngx_api_sec_sections[];
extern const ngx_api_section_t  ngx_api_sec_status_document;

/* Key sets from elsewhere, and when keys of clients end. */

void ngx_api_sec_secrets_metrics(const ngx_api_sec_main_conf_t *mcf,
    api_metrics_t *m);

ngx_uint_t ngx_api_sec_metrics_section(const ngx_api_door_t *door,
    ngx_api_admin_t *a);

/* The page; postconfiguration: the policy of its scripts, made once. */

ngx_uint_t ngx_api_sec_page(const ngx_api_door_t *door, ngx_api_admin_t *a);
ngx_int_t ngx_api_sec_page_init(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf);

/* Does who asks for the location itself want it? */

ngx_uint_t ngx_api_sec_page_wanted(ngx_http_request_t *r,
    const ngx_api_sec_status_t *status);

/* Members of a JSON object, for api_health too. */

void ngx_api_sec_report_modules(ngx_http_request_t *r, api_writer_t *w);
void ngx_api_sec_report_zone(const ngx_api_sec_main_conf_t *mcf,
    api_writer_t *w);
void ngx_api_sec_report_issuers(const ngx_api_sec_main_conf_t *mcf,
    api_writer_t *w);


#endif /* _NGX_API_SEC_STATUS_H_INCLUDED_ */
