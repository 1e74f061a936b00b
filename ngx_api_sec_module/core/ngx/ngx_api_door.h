
/*
 * The door at configuration time.  The main conf of each module of the suite
 * begins with an ngx_api_door_t; the others find it by the module's name in
 * cycle->modules and talk through it, within one configuration and one
 * process.  Nothing else of a module is known to the others.
 */

#ifndef _NGX_API_DOOR_H_INCLUDED_
#define _NGX_API_DOOR_H_INCLUDED_


#include "ngx_api_conf.h"
#include "ngx_api_record.h"
#include "ngx_api_watch.h"
#include "ngx_api_zone.h"
#include "api_json.h"
#include "api_metrics.h"
#include "api_writer.h"


#define NGX_API_DOOR_MAGIC  0x524f4f44
#define NGX_API_DOOR_ABI    6

#define NGX_API_VERSION     "0.1"


/* Settings of a location that belong to sec and hold for all (api_mode...). */

#define NGX_API_REJECT_PROBLEM  0
#define NGX_API_REJECT_EMPTY    1

#define NGX_API_DETAIL_NONE     0
#define NGX_API_DETAIL_CODE     1
#define NGX_API_DETAIL_FULL     2

#define NGX_API_TYPE_BASE_MAX   200

typedef struct {
    ngx_api_mode_t              mode;         /* api_mode: the ceiling */

    ngx_uint_t                  reject;       /* api_reject */
    ngx_uint_t                  detail;
    ngx_str_t                   type_base;

    size_t                      body_limit;   /* api_body_limit */
    ngx_uint_t                  body_over;
    size_t                      decode_max;   /* api_body_decode; 0: off */
    ngx_uint_t                  decode_ratio;
} ngx_api_shared_t;


/* What the processes of one worker hold together; not configuration. */

typedef struct {
    size_t                      body_budget;
    size_t                      body_held;
} ngx_api_worker_t;


typedef struct ngx_api_door_s  ngx_api_door_t;


/* Families of metrics with names that come up as requests are decided, and
   phases that are timed. */

typedef enum {
    NGX_API_FAMILY_DENIED = 0,                /* check, reason */
    NGX_API_FAMILY_WOULD_DENY,                /* check, reason */
    NGX_API_FAMILY_AUTH,                      /* method, result */
    NGX_API_FAMILY_SCHEMA,                    /* in, keyword */
    NGX_API_FAMILY_LIMIT,                     /* limit, result */
    NGX_API_FAMILY_WAF,                       /* class, severity */
    NGX_API_NFAMILIES
} ngx_api_family_e;

typedef enum {
    NGX_API_PHASE_AUTH = 0,
    NGX_API_PHASE_AUTHORIZE,
    NGX_API_PHASE_BODY,
    NGX_API_PHASE_SCHEMA,
    NGX_API_PHASE_GRAPHQL,
    NGX_API_PHASE_RECORD,
    NGX_API_PHASE_LIMIT,
    NGX_API_PHASE_WAF,
    NGX_API_NPHASES
} ngx_api_phase_e;


/*
 * A request for a resource below api_status, "SECTION" or "SECTION/PATH".
 * The frame has seen to the caller, the method and the body's type, size and
 * syntax; a method other than GET comes only where api_status allows writing.
 *
 * The handler writes one JSON value to w and returns the status, 200 or 201;
 * 204 with nothing written.  A GET whose answer does not fit is asked again
 * with a larger w, up to NGX_API_ADMIN_MAX: what may be longer is paged
 * (`?after=&limit=` in r->args).  A status from 400 on is answered by a
 * problem document: title for the client, a line without what it sent.
 * To send something other than JSON, set type and raw.
 *
 * What may take long is made in slices of some hundred microseconds: a GET
 * sets slice, and data in r->pool, and returns 200.  Then slice is called
 * until it says NGX_OK, and between two calls the worker serves who else has
 * come.  NGX_AGAIN: there is more.  NGX_ABORT: it does not fit.  NGX_ERROR.
 * A slice ends when w has less than NGX_API_ADMIN_ITEM left; when a value does
 * not fit it rewinds w and sets again, and has an empty w of
 * NGX_API_ADMIN_SLICE next.  With type set, what it puts into raw is sent in
 * place of w.  Memory is taken for the whole answer, which is told how long it
 * is in sent.
 */

#define NGX_API_ADMIN_MAX   (1024 * 1024)
#define NGX_API_ADMIN_BODY  65536

#define NGX_API_ADMIN_SLICE 65536
#define NGX_API_ADMIN_ITEM  8192
#define NGX_API_ADMIN_WHOLE (8 * 1024 * 1024)

typedef struct ngx_api_admin_s  ngx_api_admin_t;

struct ngx_api_admin_s {
    ngx_http_request_t         *r;
    ngx_uint_t                  method;       /* HEAD comes as GET */
    ngx_str_t                   path;         /* decoded; empty: none */
    const api_json_t           *body;         /* NULL: none was sent */
    api_arena_t                *arena;        /* of the request */
    api_writer_t               *w;

    ngx_str_t                   title;        /* of a problem */
    ngx_str_t                   type;         /* Content-Type of raw */
    ngx_str_t                   raw;

    ngx_int_t                 (*slice)(ngx_api_admin_t *a);
    void                       *data;
    size_t                      sent;         /* bytes before w, or raw */
    unsigned                    again:1;
};

typedef struct {
    ngx_str_t                   name;         /* a-z: "bans" */
    ngx_uint_t                  methods;      /* NGX_HTTP_GET|... */
    ngx_uint_t                (*handler)(const ngx_api_door_t *door,
                                  ngx_api_admin_t *a);
} ngx_api_section_t;

#define ngx_api_null_section  { ngx_null_string, 0, NULL }


struct ngx_api_door_s {
    uint32_t                    magic;
    uint32_t                    abi;
    ngx_str_t                   name;
    ngx_uint_t                  id;           /* ngx_api_module_e */

    /* sec only, else NULL: what holds for r */
    const ngx_api_shared_t   *(*shared)(ngx_http_request_t *r);
    ngx_api_worker_t           *worker;

    /* sec only, set in postconfiguration: the handler that runs last of those
       which authorize, in PRECONTENT; NULL: none is hooked */
    ngx_http_handler_pt         authorized;

    /* sec only, else NULL: api_state, where snapshots are */
    const ngx_str_t            *state;

    /* sec only, else NULL: who may be able to read a secret's file
       (NGX_API_SECRET_*), for a directive that names one.  From the first on
       it does not change. */
    ngx_uint_t                (*permissions)(const ngx_api_door_t *door);

    /* May requests come?  NGX_OK, or NGX_AGAIN and why not. */
    ngx_int_t                 (*ready)(const ngx_api_door_t *door,
                                  ngx_str_t *why);

    /* Requests by verdict (ngx_api_tally.h), or NULL. */
    const ngx_api_tenant_t     *tally;

    /* Members of the module's object in a status document, or NULL. */
    void                      (*status)(const ngx_api_door_t *door,
                                  api_writer_t *w);

    /* Families of the module's own, apisec_*, or NULL. */
    void                      (*metrics)(const ngx_api_door_t *door,
                                  api_metrics_t *m);

    /* Resources below api_status, up to a null one; or NULL. */
    const ngx_api_section_t    *sections;

    /* sec only, else NULL: does a rule not hold for r now (api_exception)?
       Then it is noted.  And the ids of such rules of the WAF, at most max. */
    ngx_uint_t                (*except)(ngx_http_request_t *r,
                                  ngx_uint_t check, const ngx_str_t *reason);
    ngx_uint_t                (*except_rules)(ngx_http_request_t *r,
                                  uint32_t *ids, ngx_uint_t max);

    /* sec only, else NULL: an event in the audit log, of that kind and with
       that JSON value; nothing personal or secret in it.  NGX_DECLINED when
       there is no log. */
    ngx_int_t                 (*note)(const ngx_api_door_t *door,
                                  ngx_http_request_t *r, const char *kind,
                                  api_span_t body);

    /* sec only, else NULL: one more in a family of metrics, with the values
       of its two labels, which come from the configuration or are words of
       ours; and how long a phase has kept the worker, in nanoseconds. */
    void                      (*count)(const ngx_api_door_t *door,
                                  ngx_api_family_e family,
                                  const ngx_str_t *first,
                                  const ngx_str_t *second);
    void                      (*observe)(const ngx_api_door_t *door,
                                  ngx_api_phase_e phase, int64_t ns);

    /* sec only, else NULL: an event about a watched file, by whichever process
       it is that tells. */
    ngx_api_watch_told_pt       watched;
};


void ngx_api_door_init(ngx_api_door_t *door, ngx_uint_t id);

/*
 * From directives on: the door of a peer, or NULL when it is not loaded.  A
 * peer of another release sets *peer to NULL and returns NGX_ERROR, logged.
 */

ngx_int_t ngx_api_door_find(ngx_conf_t *cf, ngx_uint_t id,
    const ngx_api_door_t **peer);

/* The same for a request: NULL when it is not loaded. */

const ngx_api_door_t *ngx_api_door(ngx_http_request_t *r, ngx_uint_t id);

/* init_process: sec, where it is loaded, is told of changes of these files. */

void ngx_api_door_watched(ngx_cycle_t *cycle, ngx_api_watches_t *watches);

/* sec's settings for r, or the defaults when sec is not loaded. */

const ngx_api_shared_t *ngx_api_shared(ngx_http_request_t *r,
    const ngx_api_door_t *sec);

/* Run a handler, and tell sec how long it took, where sec counts. */

ngx_int_t ngx_api_timed(ngx_http_request_t *r, const ngx_api_door_t *sec,
    ngx_api_phase_e phase, ngx_http_handler_pt handler);
int64_t ngx_api_clock(void);

extern const ngx_str_t  ngx_api_module_names[NGX_API_NMODULES];


/*
 * Put a handler at the front of a phase's array, so that it runs after the
 * handlers already there (arrays run backwards, the log phase forward).
 */

ngx_int_t ngx_api_phase_handler(ngx_conf_t *cf, ngx_uint_t phase,
    ngx_http_handler_pt handler, ngx_uint_t front);


#endif /* _NGX_API_DOOR_H_INCLUDED_ */
