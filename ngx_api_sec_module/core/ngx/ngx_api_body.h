
/*
 * The one reader of request bodies.  Whichever module wants the body first
 * has it read; the others find it in the record.
 *
 *   NONE --ngx_api_body_read--> READING --> DONE (ok or refused)
 *                                  |
 *                                  +--> gone: client abort, I/O error; the
 *                                       request ends, nobody is called
 *
 * While READING the request belongs to nginx's body reader; the handler has
 * returned NGX_DONE, and phases are run again by the reader when it has
 * finished.
 */

#ifndef _NGX_API_BODY_H_INCLUDED_
#define _NGX_API_BODY_H_INCLUDED_


#include "ngx_api_refuse.h"
#include "api_json.h"


#define NGX_API_BODY_OVER_DENY     0
#define NGX_API_BODY_OVER_PARTIAL  1


typedef enum {
    NGX_API_BODY_NONE = 0,
    NGX_API_BODY_READING,
    NGX_API_BODY_DONE
} ngx_api_body_state_e;


struct ngx_api_body_s {
    ngx_uint_t                  state;
    api_span_t                  raw;      /* in one piece, as sent */
    api_span_t                  text;     /* decoded; raw when not encoded */
    off_t                       length;   /* of all that was sent */
    unsigned                    partial:1;  /* raw is the beginning only */
    unsigned                    decoded:1;
    unsigned                    failed:1; /* refused by the reader: see why */
    ngx_api_why_t               why;

    unsigned                    parsed:1; /* json or json_error is set */
    api_json_t                  json;
    int                         json_rc;
    api_err_t                   json_err;
    api_alloc_t                 alloc;
    api_arena_t                 arena;
};


/*
 * To be called from a PRECONTENT handler, r being the main request:
 *
 *   NGX_OK        *body is there (perhaps failed: refuse with body->why);
 *                 its length is 0 for a request without one
 *   NGX_DONE      it is being read: return NGX_DONE; the phases run again
 *   NGX_ERROR, a status  return it
 */

ngx_int_t ngx_api_body_read(ngx_http_request_t *r,
    const ngx_api_self_t *self, ngx_api_record_t *rec,
    ngx_api_body_t **body);

/* Parse body->text as JSON, once; API_OK or why not, also kept in *body. */

int ngx_api_body_json(ngx_api_body_t *body, const api_json_limits_t *limits,
    api_sipkey_t seed);


#endif /* _NGX_API_BODY_H_INCLUDED_ */
