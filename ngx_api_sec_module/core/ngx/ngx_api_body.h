
/*
 * The one reader of request bodies.  Whichever module wants the body first
 * has it read; the others find it in the record, as it was sent and decoded.
 *
 *   NONE --ngx_api_body_read--> READING --> DONE
 *                                  |
 *                                  +--> GONE
 *
 * READING  The request belongs to nginx's reader, the handler has returned
 *          NGX_DONE.  nginx runs the phases again when it has all of it: DONE.
 * GONE     It gave up: a broken or too large chunk, a timeout.  Nobody is
 *          called then; if an error_page brings the request back, there is
 *          no body, for us as for an upstream.
 *
 * A body that breaks a setting (api_body_limit, api_body_decode) is `failed`;
 * one that does so by its header alone is not read for that.  The settings
 * are those of the location: where an internal redirect leads to others, the
 * body is looked at anew, never read twice.
 *
 * What is sent upstream stays as it came.  The body of a gRPC request is not
 * read at all: it is a stream that may wait for answers.  That is the word of
 * the client; see to it that it does not open a way around an inspection.
 *
 * All memory taken here counts under api_body_budget.  It goes back when the
 * last inspection is over, not when the request ends: an upstream may take
 * its time, and a client may read the answer slowly.  Whoever asks later, in
 * the location of a redirect, gets the same made again.
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
    NGX_API_BODY_DONE,
    NGX_API_BODY_GONE
} ngx_api_body_state_e;


struct ngx_api_body_s {
    ngx_uint_t                  state;
    api_span_t                  raw;      /* in one piece, as sent */
    api_span_t                  text;     /* decoded; raw when not encoded */
    off_t                       length;   /* of all that was sent */
    unsigned                    partial:1;  /* raw is the beginning only */
    unsigned                    decoded:1;
    unsigned                    skipped:1;  /* gRPC: there may be a body */
    unsigned                    failed:1; /* see why */
    ngx_api_why_t               why;
    ngx_str_t                   accept;   /* with it: the codings we know */

    unsigned                    parsed:1; /* json or json_err is set */
    api_json_t                  json;
    int                         json_rc;
    api_err_t                   json_err;
    api_alloc_t                 alloc;
    api_arena_t                 arena;

    /* of the reader alone */
    unsigned                    viewed:1;
    ngx_uint_t                  coding;
    ngx_uint_t                  uri_changes;  /* when reading began */
    api_span_t                  held;         /* raw, as far as gathered */
    size_t                      limit;        /* settings of this view */
    ngx_uint_t                  over;
    size_t                      decode_max;
    ngx_uint_t                  decode_ratio;
    ngx_api_worker_t           *worker;
};


/*
 * To be called from a PRECONTENT handler, r being the main request:
 *
 *   NGX_OK        *body is there (perhaps skipped or failed); its length is 0
 *                 for a request without one
 *   NGX_DONE      it is being read: return NGX_DONE; the phases run again
 *   NGX_ERROR, a status  return it
 */

ngx_int_t ngx_api_body_read(ngx_http_request_t *r,
    const ngx_api_self_t *self, ngx_api_record_t *rec,
    ngx_api_body_t **body);

/* Refuse a body that has failed: ngx_api_refuse with body->why, and with the
   Accept-Encoding that belongs to a 415 (RFC 9110 section 15.5.16). */

ngx_int_t ngx_api_body_refuse(ngx_http_request_t *r,
    const ngx_api_self_t *self, ngx_api_record_t *rec, ngx_api_body_t *body,
    ngx_uint_t mode);

/*
 * Parse body->text as JSON, once; API_OK or why not, also kept in *body.
 * After API_NOMEM, which nearly always is the budget, the body has failed.
 */

int ngx_api_body_json(ngx_api_body_t *body, const api_json_limits_t *limits,
    api_sipkey_t seed);

/* Memory for the body of a response, under the same budget; each block is to
   be given back. */

void ngx_api_body_budget(const ngx_api_self_t *self, api_alloc_t *alloc);

/*
 * What was copied, decoded and parsed goes back to the budget.  Each module
 * that reads bodies calls it
 *
 *   - from a handler that it puts at the front of PRECONTENT (which is the end
 *     of it): whichever comes first, all modules have had their look by then;
 *   - from its header filter, of the main request: a refusal does not get to
 *     the end of PRECONTENT.
 *
 * Nothing that outlives the handler which looked (a decision, a refusal, what
 * the log phase writes) may point into raw, text, json or json_err: copy it
 * to the pool of the request.
 */

void ngx_api_body_release(ngx_http_request_t *r, const ngx_api_self_t *self);


#endif /* _NGX_API_BODY_H_INCLUDED_ */
