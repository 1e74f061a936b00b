
/*
 * api_ratelimit_store: a Redis or Valkey that several nginx count in.
 *
 *   ngx_api_ratelimit_store_conf.c    the directive
 *   ngx_api_ratelimit_store_state.c   what workers share
 *   ngx_api_ratelimit_store_link.c    a worker's connection
 *   ngx_api_ratelimit_store_tls.c     its TLS
 *   ngx_api_ratelimit_store_talk.c    what is said on it
 *   ngx_api_ratelimit_store_tell.c    what limits have to tell, and who tells
 *   ngx_api_ratelimit_store_merge.c   ... as commands and answers
 *   ngx_api_ratelimit_store_ask.c     ... and to ask
 *
 * A request is decided by what this machine knows, at once; what it admitted
 * is told to the store now and then, and what others admitted is learned from
 * the answer (api_merge.h).  No request waits for the store, but for those of
 * policies with sync=always.
 */

#ifndef _NGX_API_RATELIMIT_STORE_H_INCLUDED_
#define _NGX_API_RATELIMIT_STORE_H_INCLUDED_


#include "ngx_api_ratelimit.h"
#include "api_tell.h"
#include "api_resp.h"


#define NGX_API_RATELIMIT_LOCAL  0    /* on_error= */
#define NGX_API_RATELIMIT_SHARE  1
#define NGX_API_RATELIMIT_PASS   2
#define NGX_API_RATELIMIT_STOP   3

#define NGX_API_RATELIMIT_BATCH    64    /* keys in a command */
#define NGX_API_RATELIMIT_FLYING   16    /* commands without an answer */
#define NGX_API_RATELIMIT_TEXT     (NGX_API_RATELIMIT_BATCH * 288)
#define NGX_API_RATELIMIT_WAITING  8192  /* keys a worker has taken to tell */
#define NGX_API_RATELIMIT_OUT      65536

#define NGX_API_RATELIMIT_FAULTS   3     /* in a row: the store is down */
#define NGX_API_RATELIMIT_BEAT     5000  /* ms between signs of life */

#define NGX_API_RATELIMIT_SHA      40

#define NGX_API_RATELIMIT_SLACK    UINT64_C(1000000)  /* ns */


/* All workers of this nginx, and of one that takes over: shared memory. */

typedef struct {
    ngx_atomic_t                faults;    /* in a row */
    ngx_atomic_t                retry;     /* ms: the next one may try then */
    ngx_atomic_t                beat;      /* ms: the next sign of life */
    ngx_atomic_t                nodes;     /* that gave one; 0: unknown */
    u_char                      node[32];  /* our name among them */

    ngx_atomic_t                merges;    /* commands */
    ngx_atomic_t                keys;      /* in them */
    ngx_atomic_t                asks;      /* requests that waited */
    ngx_atomic_t                lost;      /* keys told, without an answer */
    ngx_atomic_t                dropped;   /* keys that found no room */
    ngx_atomic_t                errors;    /* answers that are errors */
    ngx_atomic_t                connects;
    ngx_atomic_t                failures;  /* of connections */
    ngx_atomic_t                logged;    /* s */
} ngx_api_ratelimit_store_state_t;


typedef struct ngx_api_ratelimit_link_s  ngx_api_ratelimit_link_t;

struct ngx_api_ratelimit_store_s {
    ngx_str_t                   name;
    ngx_url_t                   url;
    ngx_str_t                   host;      /* without brackets */
    ngx_str_t                   user;      /* or empty */
    ngx_str_t                   db;        /* or empty */
    ngx_str_t                   prefix;
    ngx_msec_t                  timeout;
    ngx_msec_t                  flush;
    ngx_uint_t                  on_error;
    unsigned                    tls:1;
    unsigned                    named:1;   /* the host is no address */

#if (NGX_SSL)
    ngx_ssl_t                  *ssl;
#endif

    const ngx_http_core_loc_conf_t  *clcf; /* has the resolver */

    ngx_shm_zone_t             *shm;
    ngx_api_ratelimit_store_state_t *state;   /* in it */

    ngx_shm_zone_t             *lanes;
    uint32_t                    nlanes;    /* if it is new */
    api_tell_t                 *tell;      /* in it: what workers note */

    /* of a process: what a watched file holds; its connection */
    ngx_str_t                   password;
    ngx_api_ratelimit_link_t   *link;
};


typedef enum {
    NGX_API_RATELIMIT_R_STATUS = 0,    /* of the greeting */
    NGX_API_RATELIMIT_R_SCRIPT,
    NGX_API_RATELIMIT_R_MERGE,
    NGX_API_RATELIMIT_R_ASK,
    NGX_API_RATELIMIT_R_BEAT
} ngx_api_ratelimit_reply_e;


/*
 * A request that waits for the store, in its pool.
 *
 *   link->asks -----------> flight->asks[] ----> item->ask: granted, refused
 *    ^   |     at the end     |  |  |
 *    |   |     of the turn    |  |  +- fault, no array: unknown
 *    |   |                    |  +---- it was not written: unsent
 *    +-- | ---- NOSCRIPT -----+
 *        +-- no connection, no time left: unsent
 *
 * When the last of a request has come, its connection's write event is posted
 * and the phase runs again.  A request that ends takes its asks out of where
 * they are.
 */

struct ngx_api_ratelimit_ask_s {
    ngx_queue_t                 queue;
    ngx_api_ratelimit_ask_t   **place;     /* in a flight, or NULL */
    ngx_api_ratelimit_ask_t    *next;      /* of the request */
    ngx_http_request_t         *request;
    ngx_api_ratelimit_ctx_t    *ctx;
    ngx_api_ratelimit_item_t   *item;
    ngx_uint_t                  waits;     /* in link->asks */
};


/* A command that was written and not answered yet. */

typedef struct {
    ngx_uint_t                  kind;
    ngx_msec_t                  since;
    uint64_t                    offset;    /* in what is written */
    uint32_t                    n;
    api_merge_entry_t           entries[NGX_API_RATELIMIT_BATCH];
    ngx_api_ratelimit_ask_t    *asks[NGX_API_RATELIMIT_BATCH];
} ngx_api_ratelimit_flight_t;


/*
 * A worker's connection to a store.
 *
 *          first thing to tell
 *   IDLE -----------------------> RESOLVING ----> CONNECTING --> SHAKING (TLS)
 *    ^   \--- an address: ------------------------^   |             |
 *    |                                                v             v
 *    |  fault, timeout, the end  <---------------- GREETING: AUTH, SELECT,
 *    |  of the worker                              SCRIPT LOAD; all answered
 *    +------------------------------ READY <----------+
 *
 * After a fault it stays IDLE until the retry timer says otherwise.  What was
 * written and not answered is lost: whether it was done nobody knows, and to
 * tell it twice would charge twice.  What was not written is told later.
 */

typedef enum {
    NGX_API_RATELIMIT_IDLE = 0,
    NGX_API_RATELIMIT_RESOLVING,
    NGX_API_RATELIMIT_CONNECTING,
    NGX_API_RATELIMIT_SHAKING,
    NGX_API_RATELIMIT_GREETING,
    NGX_API_RATELIMIT_READY
} ngx_api_ratelimit_link_e;

struct ngx_api_ratelimit_link_s {
    ngx_api_ratelimit_store_t  *store;
    ngx_uint_t                  phase;

    ngx_connection_t           *c;
    ngx_peer_connection_t       peer;
    ngx_pool_t                 *pool;      /* of the connection */
    ngx_resolver_ctx_t         *resolving;
    ngx_sockaddr_t              sockaddr;

    api_resp_t                 *resp;
    api_tell_who_t              who;
    int                         lane;      /* in store->tell, or -1 */
    unsigned                    teller:1;  /* for all workers, as of late */
    unsigned                    early:1;   /* the lane fills: at once */
    api_merge_table_t           waiting;   /* taken from lanes, or sync= */
    ngx_queue_t                 asks;
    ngx_uint_t                  urgent;    /* of waiting: before asks */
    const ngx_array_t          *policies;
    u_char                      sha[NGX_API_RATELIMIT_SHA];

    /* answers come in the order of the commands */
    ngx_api_ratelimit_flight_t  flights[NGX_API_RATELIMIT_FLYING];
    ngx_uint_t                  first;
    ngx_uint_t                  nflights;
    ngx_uint_t                  loading;   /* the script is on its way */

    u_char                     *out;
    size_t                      out_pos;
    size_t                      out_len;
    uint64_t                    queued;    /* bytes, of this connection */
    uint64_t                    sent;

    ngx_connection_t            dummy;     /* of the timers */
    ngx_event_t                 flush;
    ngx_event_t                 asker;     /* posted, no timer */
    ngx_event_t                 timeout;
    ngx_event_t                 retry;
};


/* ngx_api_ratelimit_store_conf.c */

char *ngx_api_ratelimit_store(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_api_ratelimit_store_t *ngx_api_ratelimit_store_find(
    const ngx_api_ratelimit_main_conf_t *mcf, const ngx_str_t *name);
char *ngx_api_ratelimit_store_bind(ngx_conf_t *cf,
    const ngx_api_ratelimit_main_conf_t *mcf,
    ngx_api_ratelimit_policy_t *policy);


/* ngx_api_ratelimit_store_state.c */

ngx_int_t ngx_api_ratelimit_store_zone(ngx_conf_t *cf,
    ngx_api_ratelimit_store_t *store);
ngx_int_t ngx_api_ratelimit_store_start(ngx_cycle_t *cycle,
    const ngx_api_ratelimit_main_conf_t *mcf);
void ngx_api_ratelimit_store_end(const ngx_api_ratelimit_main_conf_t *mcf);

/* Is it there, as far as anybody knows? */

ngx_uint_t ngx_api_ratelimit_store_up(const ngx_api_ratelimit_store_t *store);


/* ngx_api_ratelimit_store_link.c */

void ngx_api_ratelimit_link_open(ngx_api_ratelimit_link_t *link);
void ngx_api_ratelimit_link_write(ngx_api_ratelimit_link_t *link);
void ngx_api_ratelimit_link_close(ngx_api_ratelimit_link_t *link);

/* It is of no use any more: close it, count the fault, try again later. */

void ngx_api_ratelimit_link_fault(ngx_api_ratelimit_link_t *link,
    const char *what, const char *detail);

/* A line about the store, once in ten seconds for all workers. */

void ngx_api_ratelimit_link_log(ngx_api_ratelimit_link_t *link,
    ngx_uint_t level, const char *what, const char *detail);

void ngx_api_ratelimit_link_retry(ngx_event_t *ev);
void ngx_api_ratelimit_link_timeout(ngx_event_t *ev);
void ngx_api_ratelimit_link_read_handler(ngx_event_t *rev);
void ngx_api_ratelimit_link_write_handler(ngx_event_t *wev);


/* ngx_api_ratelimit_store_tls.c */

#if (NGX_SSL)
void ngx_api_ratelimit_link_shake(ngx_api_ratelimit_link_t *link);
#endif


/* ngx_api_ratelimit_store_talk.c */

void ngx_api_ratelimit_talk_greet(ngx_api_ratelimit_link_t *link);
ngx_int_t ngx_api_ratelimit_talk_read(ngx_api_ratelimit_link_t *link,
    api_span_t bytes);
void ngx_api_ratelimit_talk_flush(ngx_event_t *ev);
void ngx_api_ratelimit_talk_last(ngx_api_ratelimit_link_t *link);
void ngx_api_ratelimit_talk_clock(ngx_api_ratelimit_link_t *link);

/* Put a command of n words behind what is to be written. */

ngx_api_ratelimit_flight_t *ngx_api_ratelimit_talk_say(
    ngx_api_ratelimit_link_t *link, ngx_uint_t kind, const api_span_t *words,
    ngx_uint_t n);


/* ngx_api_ratelimit_store_tell.c */

void ngx_api_ratelimit_tell(const ngx_api_ratelimit_item_t *item,
    uint64_t now, uint64_t cost, ngx_uint_t back);

/* Is there something this worker has to tell now?  If not, the timer says when
   to ask again. */

ngx_uint_t ngx_api_ratelimit_tell_turn(ngx_api_ratelimit_link_t *link);

/* Take what stands in the lanes: of all if it is the teller; or in its own. */

uint32_t ngx_api_ratelimit_tell_take(ngx_api_ratelimit_link_t *link);
uint32_t ngx_api_ratelimit_tell_own(ngx_api_ratelimit_link_t *link);

/* NULL: none of this configuration. */

const ngx_api_ratelimit_policy_t *ngx_api_ratelimit_tell_policy(
    const ngx_api_ratelimit_link_t *link, uint64_t id);

/* The name of an item's key in the store. */

void ngx_api_ratelimit_store_name(const ngx_api_ratelimit_item_t *item,
    api_merge_entry_t *e);


/* ngx_api_ratelimit_store_merge.c */

extern const ngx_api_ratelimit_kind_t  ngx_api_ratelimit_stored;

void ngx_api_ratelimit_stored_widen(const ngx_api_ratelimit_policy_t *policy,
    api_gcra_t *gcra);
ngx_int_t ngx_api_ratelimit_merge_send(ngx_api_ratelimit_link_t *link);
void ngx_api_ratelimit_merge_answer(ngx_api_ratelimit_link_t *link,
    const ngx_api_ratelimit_flight_t *flight, const api_resp_reply_t *reply);

extern const char  ngx_api_ratelimit_merge_script[];

/* Room for one more command, or NULL; send it with n of its entries. */

ngx_api_ratelimit_flight_t *ngx_api_ratelimit_merge_flight(
    ngx_api_ratelimit_link_t *link);
ngx_int_t ngx_api_ratelimit_merge_say(ngx_api_ratelimit_link_t *link,
    ngx_uint_t kind, ngx_api_ratelimit_flight_t *flight, uint32_t n);


/* ngx_api_ratelimit_store_ask.c */

void ngx_api_ratelimit_ask_flush(ngx_event_t *ev);

/* Does a request wait? */

ngx_uint_t ngx_api_ratelimit_ask_any(const ngx_api_ratelimit_link_t *link);
void ngx_api_ratelimit_ask_write(ngx_api_ratelimit_link_t *link);
ngx_int_t ngx_api_ratelimit_ask_send(ngx_api_ratelimit_link_t *link);
void ngx_api_ratelimit_ask_answer(ngx_api_ratelimit_link_t *link,
    ngx_api_ratelimit_flight_t *flight, const api_resp_reply_t *reply);
void ngx_api_ratelimit_ask_back(ngx_api_ratelimit_link_t *link,
    ngx_api_ratelimit_flight_t *flight);
void ngx_api_ratelimit_ask_lost(ngx_api_ratelimit_flight_t *flight,
    ngx_uint_t answer);
void ngx_api_ratelimit_ask_fail(ngx_api_ratelimit_link_t *link);


#endif /* _NGX_API_RATELIMIT_STORE_H_INCLUDED_ */
