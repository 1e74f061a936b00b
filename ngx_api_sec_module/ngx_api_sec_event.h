
/*
 * Parts of the event of a request.
 *
 *   ngx_api_sec_audit_event.c   the whole, who, what was decided
 *   ngx_api_sec_audit_http.c    from where, and what was asked for
 *   ngx_api_sec_audit_encrypt.c what is for the eyes of one reader
 */

#ifndef _NGX_API_SEC_EVENT_H_INCLUDED_
#define _NGX_API_SEC_EVENT_H_INCLUDED_


#include "ngx_api_sec_schema.h"
#include "ngx_api_sec_audit.h"


#define NGX_API_SEC_EVENT_PATH     1024
#define NGX_API_SEC_EVENT_QUERY    16
#define NGX_API_SEC_EVENT_DETAIL   160


/* How an event is written: in full, or so that it fits whatever was sent. */

typedef struct {
    size_t                      path;
    size_t                      who;
    size_t                      detail;
    ngx_uint_t                  query;        /* names */
    ngx_uint_t                  agent;
} ngx_api_sec_event_caps_t;


/* What was replaced; names in `redacted`. */

typedef struct {
    uint32_t                    path;         /* a bit a segment */
    uint32_t                    host;
    uint32_t                    agent;
    uint32_t                    query;        /* there are values, or names */
    uint32_t                    fields;       /* NGX_API_SEC_REDACT_* */
} ngx_api_sec_event_masked_t;


void ngx_api_sec_event_client(const ngx_api_sec_event_t *e,
    ngx_api_sec_event_masked_t *m, api_writer_t *w);
void ngx_api_sec_event_http(const ngx_api_sec_event_t *e,
    const ngx_api_sec_event_caps_t *caps, ngx_api_sec_event_masked_t *m,
    api_writer_t *w);
void ngx_api_sec_event_box(const ngx_api_sec_event_t *e,
    const ngx_api_sec_event_caps_t *caps, api_writer_t *w);
const ngx_api_sec_routed_t *ngx_api_sec_event_routed(
    const ngx_api_sec_event_t *e);
void ngx_api_sec_event_pseudonym(const ngx_api_sec_event_t *e,
    const char *name, api_span_t value, api_writer_t *w);
void ngx_api_sec_event_text(api_writer_t *w, const char *name,
    const ngx_str_t *value, size_t max);
void ngx_api_sec_event_int(api_writer_t *w, const char *name,
    int64_t value);


#endif /* _NGX_API_SEC_EVENT_H_INCLUDED_ */
