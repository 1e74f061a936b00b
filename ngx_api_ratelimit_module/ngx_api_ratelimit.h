
/*
 * ngx_api_ratelimit_module: what its files share.
 *
 * A policy says what is counted, by which key, in which zone; a switch
 * (api_ratelimit) names policies where requests are.  For each request an
 * item is made of a policy: its key as a fingerprint, its cost, what was
 * decided.  Items live until the request is logged, where charges that depend
 * on the response are settled.
 */

#ifndef _NGX_API_RATELIMIT_H_INCLUDED_
#define _NGX_API_RATELIMIT_H_INCLUDED_


#include "ngx_api_refuse.h"
#include "ngx_api_tally.h"
#include "ngx_api_watch.h"
#include "ngx_api_zone.h"
#include "api_addr.h"
#include "api_lanes.h"
#include "api_quota.h"
#include "api_table.h"


#define NGX_API_RATELIMIT_NAME_MAX  64

/* Where a policy is decided: policy->at. */

#define NGX_API_RATELIMIT_ADDRESS   0    /* PREACCESS: nobody is known yet */
#define NGX_API_RATELIMIT_IDENTITY  1    /* PRECONTENT, authorized */

/* An empty key. */

#define NGX_API_RATELIMIT_SKIP      0
#define NGX_API_RATELIMIT_DENY      1

/* Which phases a configuration needs, and which a location: bits of used. */

#define NGX_API_RATELIMIT_USES_LIMIT         0x01  /* at=address */
#define NGX_API_RATELIMIT_USES_IDENTITY      0x02
#define NGX_API_RATELIMIT_USES_BAN           0x10  /* at=address */
#define NGX_API_RATELIMIT_USES_BAN_IDENTITY  0x20


typedef struct ngx_api_ratelimit_bans_s  ngx_api_ratelimit_bans_t;
typedef struct ngx_api_ratelimit_ban_s  ngx_api_ratelimit_ban_t;


/*
 * A zone holds one kind of thing: that of the policies that use it, an
 * api_table_kind_t or this.
 */

#define NGX_API_RATELIMIT_LANES  4

/* That of a process, which sets it when it starts; changes while it runs. */

typedef struct {
    int                         n;        /* -1: none */
    time_t                      reaped;   /* looked for the dead last */
} ngx_api_ratelimit_lane_t;

typedef struct {
    ngx_str_t                   name;
    ngx_shm_zone_t             *shm;
    ngx_uint_t                  kind;     /* 0: unused */
    ngx_uint_t                  full;     /* api_full_t */

    void                       *data;     /* shared: api_table_t, or lanes */
    size_t                      size;     /* of data */

    ngx_flag_t                  snapshot;
    ngx_uint_t                  fresh;    /* being made: nobody uses it */
    struct ngx_api_keeper_s    *keeper;   /* NULL: no snapshot */
    struct ngx_api_kept_s    *kept;     /* shared */

    uint32_t                    lanes;    /* of processes, if it is new */
    ngx_api_ratelimit_lane_t   *lane;     /* concurrency */
} ngx_api_ratelimit_zone_t;


typedef struct ngx_api_ratelimit_store_s   ngx_api_ratelimit_store_t;
typedef struct ngx_api_ratelimit_policy_s  ngx_api_ratelimit_policy_t;
typedef struct ngx_api_ratelimit_item_s    ngx_api_ratelimit_item_t;
typedef struct ngx_api_ratelimit_ask_s     ngx_api_ratelimit_ask_t;


/* What a client is told about an item; times in ns from item->now on. */

typedef struct {
    uint64_t                    limit;
    uint64_t                    left;
    uint64_t                    next;     /* until there is more */
    uint64_t                    wait;     /* until this request would pass;
                                             UINT64_MAX: never */
} ngx_api_ratelimit_report_t;


/* The kinds of policies.  Functions return api_limit_rc_t. */

typedef struct {
    ngx_str_t                   directive;
    ngx_str_t                   reason;   /* when it is over */
    ngx_uint_t                  table;    /* kind of its zone */

    /* cost and limit are set: read what else the request says; NGX_OK,
       NGX_DECLINED: unlimited, NGX_ERROR: no value that makes sense */
    ngx_int_t                 (*prepare)(ngx_http_request_t *r,
                                  ngx_api_ratelimit_item_t *item);

    int                       (*peek)(ngx_api_ratelimit_item_t *item);
    int                       (*charge)(ngx_http_request_t *r,
                                  ngx_api_ratelimit_item_t *item);
    void                      (*refund)(ngx_api_ratelimit_item_t *item,
                                  uint64_t cost);

    /* more, after the fact; NULL: cannot */
    void                      (*more)(ngx_api_ratelimit_item_t *item,
                                  uint64_t cost);

    void                      (*report)(const ngx_api_ratelimit_item_t *item,
                                  ngx_api_ratelimit_report_t *report);
} ngx_api_ratelimit_kind_t;


/* Statuses of responses: 401, 4xx. */

typedef struct {
    uint16_t                    from;
    uint16_t                    to;
} ngx_api_ratelimit_range_t;


/* Where a worker remembers when it last logged; changes while it runs. */

typedef struct {
    time_t                      second;
    ngx_uint_t                  left_out;
} ngx_api_ratelimit_sample_t;

/* One line a second: a flood must not become a flood of the log.  1: log, and
   *left_out lines were not since the last; 0: do not. */

ngx_uint_t ngx_api_ratelimit_sample(ngx_api_ratelimit_sample_t *sample,
    ngx_uint_t *left_out);


/* The periods that a worker was in last: by the clock, and by the later of the
   clock and one that nobody sets.  Changes while it runs. */

typedef struct {
    api_period_t                now;
    api_period_t                last;
    int64_t                     later;    /* end of the one behind it */
} ngx_api_ratelimit_calendar_t;


struct ngx_api_ratelimit_policy_s {
    ngx_str_t                         name;
    const ngx_api_ratelimit_kind_t   *kind;
    uint64_t                          id;     /* api_table_policy */
    uint64_t                          term;   /* the same: period and unit */

    ngx_str_t                         zone_name;
    ngx_api_ratelimit_zone_t         *zone;

    ngx_str_t                         store_name;
    ngx_api_ratelimit_store_t        *store;  /* NULL: this machine alone */

    ngx_http_complex_value_t          key;
    ngx_int_t                         variable; /* the key is this one alone,
                                                   or NGX_ERROR */
    ngx_http_complex_value_t         *when;   /* NULL: always */

    /* fixed values, and those that a request has to be asked for, or NULL */

    api_gcra_t                        gcra;
    ngx_http_complex_value_t         *rate;
    ngx_http_complex_value_t         *burst;
    uint64_t                          limit;  /* window, quota, concurrency */
    ngx_http_complex_value_t         *limit_value;
    uint64_t                          cost;
    ngx_http_complex_value_t         *cost_value;

    api_window_t                      window; /* length 0: none */
    uint64_t                          delay;  /* requests that need not wait;
                                                 NGX_API_RATELIMIT_NODELAY */
    ngx_array_t                      *charge; /* ngx_api_ratelimit_range_t */
    ngx_array_t                      *refund;
    uint8_t                           bytes;
    uint8_t                           settle; /* of these, any */
    uint8_t                           fixed;  /* gcra holds for everybody */
    uint8_t                           sync;   /* the store decides */

    api_quota_t                       quota;
    const api_tz_t                   *tz;     /* NULL: UTC */
    ngx_api_ratelimit_calendar_t     *calendar; /* of a quota */

    ngx_uint_t                        at;
    ngx_uint_t                        empty;
    ngx_uint_t                        status;

    ngx_str_t                         header; /* RateLimit-Policy's item, or
                                                 empty: not fixed */
    ngx_api_ratelimit_sample_t       *sample;

    ngx_str_t                         file;   /* where it stands */
    ngx_uint_t                        line;
};

#define NGX_API_RATELIMIT_NODELAY  UINT64_MAX


/* What the store said of an item (sync=always): item->ask. */

typedef enum {
    NGX_API_RATELIMIT_UNASKED = 0,
    NGX_API_RATELIMIT_ASKED,
    NGX_API_RATELIMIT_GRANTED,
    NGX_API_RATELIMIT_REFUSED,
    NGX_API_RATELIMIT_UNSENT,     /* it never heard of it */
    NGX_API_RATELIMIT_UNKNOWN     /* no answer: it may have counted */
} ngx_api_ratelimit_ask_e;

struct ngx_api_ratelimit_item_s {
    ngx_api_ratelimit_item_t         *next;
    const ngx_api_ratelimit_policy_t *policy;

    ngx_str_t                         key;
    uint64_t                          tag;
    uint64_t                          cost;
    uint64_t                          limit;
    const api_gcra_t                 *gcra;
    api_gcra_t                       *shared; /* of a store that is away */
    api_term_t                        term;   /* of a quota */
    api_now_t                         now;    /* when it was decided */
    uint64_t                          state;  /* tat, or used */
    api_window_report_t               window;
    void                             *hold;   /* concurrency */

    uint8_t                           rc;       /* api_limit_rc_t */
    uint8_t                           charged;  /* flags from here on */
    uint8_t                           monitor;
    uint8_t                           over;
    uint8_t                           fault;    /* no decision was possible */
    uint8_t                           away;     /* by a store's on_error= */
    uint8_t                           fresh;    /* made in this phase */
    uint8_t                           ask;      /* ngx_api_ratelimit_ask_e */
};


/*
 * What is known of a main request, in the record: rules that were in force
 * where it has been, for an error_page leads elsewhere before LOG.
 */

#define NGX_API_RATELIMIT_BANS  8    /* of one location */

typedef struct {
    const ngx_api_ratelimit_ban_t    *first[NGX_API_RATELIMIT_BANS];
    const ngx_api_ratelimit_ban_t   **lines;     /* those, or more */
    ngx_uint_t                        n;
    ngx_uint_t                        room;
    ngx_uint_t                        banned;    /* refused: no strikes */
} ngx_api_ratelimit_ban_ctx_t;


/* record->own[NGX_API_RATELIMIT] */

typedef struct {
    ngx_api_ratelimit_ban_ctx_t       ban;
    ngx_api_ratelimit_item_t          first;     /* room for the first item */
    ngx_api_ratelimit_item_t         *items;
    ngx_api_ratelimit_item_t         *last;
    const ngx_api_ratelimit_item_t   *refused;   /* that decided */
    uint64_t                          retry;     /* ns; 0: unknown */
    uint64_t                          delay;     /* ns that it waited */
    ngx_api_ratelimit_ask_t          *asks;      /* for which it waits */
    ngx_uint_t                        asking;    /* of them without answer */
    uint8_t                           waiting;
    uint8_t                           delays;    /* some item may have to */
    uint8_t                           settle;    /* LOG has charges to see */
    uint8_t                           monitor;   /* would have been refused */
} ngx_api_ratelimit_ctx_t;


/* An api_ratelimit's name. */

typedef struct {
    ngx_str_t                         name;
    const ngx_api_ratelimit_policy_t *policy;
    ngx_api_mode_t                    mode;
    ngx_str_t                         file;
    ngx_uint_t                        line;
} ngx_api_ratelimit_use_t;


#define NGX_API_RATELIMIT_DRAFT   0x01
#define NGX_API_RATELIMIT_LEGACY  0x02

typedef struct {
    ngx_api_conf_list_t               uses;      /* ngx_api_ratelimit_use_t */
    ngx_uint_t                        used;      /* NGX_API_RATELIMIT_USES_* */
    ngx_uint_t                        headers;
    ngx_uint_t                        jitter;    /* s */
    ngx_api_conf_list_t               bans;      /* ngx_api_ratelimit_ban_t */
} ngx_api_ratelimit_loc_conf_t;


typedef struct {
    ngx_api_door_t                    door;      /* must be first */
    ngx_api_self_t                    self;
    ngx_shm_zone_t                   *zone;      /* of the suite */
    ngx_api_tenant_t                  tenant;

    ngx_array_t                       stores;    /* of pointers */
    ngx_array_t                       zones;     /* of pointers */
    ngx_array_t                       policies;  /* of pointers */
    ngx_array_t                       uses;      /* of pointers */
    ngx_uint_t                        used;      /* NGX_API_RATELIMIT_USES_* */
    ngx_uint_t                        ipv4;      /* api_ratelimit_net */
    ngx_uint_t                        ipv6;

    ngx_api_ratelimit_bans_t         *bans;      /* NULL: no line about bans */
    ngx_api_watches_t                 watches;
} ngx_api_ratelimit_main_conf_t;


extern ngx_module_t  ngx_api_ratelimit_module;

/* Does the location of r ask for one of these?  It is made at merge; handlers
   ask first, so that a location without limits pays nothing for others. */

#define ngx_api_ratelimit_here(r, features)                                   \
    (((const ngx_api_ratelimit_loc_conf_t *)                                  \
      ngx_http_get_module_loc_conf(r, ngx_api_ratelimit_module))->used        \
     & (features))

extern ngx_command_t  ngx_api_ratelimit_commands[];


/* ngx_api_ratelimit_module.c: NULL without memory; *rec is the record it
   belongs to.  peek: NULL when there is none yet. */

ngx_api_ratelimit_ctx_t *ngx_api_ratelimit_ctx(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf, ngx_api_record_t **rec);
ngx_api_ratelimit_ctx_t *ngx_api_ratelimit_peek_ctx(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf);

/* The mode of a switch below the ceiling of api_mode. */

static ngx_inline ngx_uint_t
ngx_api_ratelimit_mode(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf, const ngx_api_mode_t *mode)
{
    ngx_uint_t               own, ceiling;
    const ngx_api_shared_t  *shared;

    shared = ngx_api_shared(r, mcf->self.sec);

    own = mode->cv ? ngx_api_mode(r, mode) : mode->fixed;
    ceiling = shared->mode.cv ? ngx_api_mode(r, &shared->mode)
                              : shared->mode.fixed;

    return ngx_min(own, ceiling);
}


/* ngx_api_ratelimit_zone.c */

char *ngx_api_ratelimit_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_api_ratelimit_zone_t *ngx_api_ratelimit_zone_find(
    const ngx_api_ratelimit_main_conf_t *mcf, const ngx_str_t *name);

/* All policies are bound: may the old memory be kept? */

void ngx_api_ratelimit_zone_check(ngx_api_ratelimit_zone_t *zone);

/* Both clocks, now. */

void ngx_api_ratelimit_now(api_now_t *now);


/* ngx_api_ratelimit_policy.c */

char *ngx_api_ratelimit_policy(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_api_ratelimit_resolve(ngx_conf_t *cf,
    ngx_api_ratelimit_main_conf_t *mcf);


/* ngx_api_ratelimit_kind.c */

extern const ngx_api_ratelimit_kind_t  ngx_api_ratelimit_rate;
extern const ngx_api_ratelimit_kind_t  ngx_api_ratelimit_window;


/* ngx_api_ratelimit_quota.c */

char *ngx_api_ratelimit_quota(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


/* ngx_api_ratelimit_concurrency.c */

char *ngx_api_ratelimit_concurrency(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* A process begins and ends. */

void ngx_api_ratelimit_lanes_join(const ngx_api_ratelimit_main_conf_t *mcf,
    ngx_log_t *log);
void ngx_api_ratelimit_lanes_leave(const ngx_api_ratelimit_main_conf_t *mcf);

/*
 * A name for a process that no later one bears: its number, and when it began,
 * where the system tells.  Is it still there?
 */

uint64_t ngx_api_ratelimit_process(ngx_pid_t pid);
bool ngx_api_ratelimit_alive(void *ctx, uint64_t name);


/* ngx_api_ratelimit_handler.c */

ngx_int_t ngx_api_ratelimit_address_handler(ngx_http_request_t *r);
ngx_int_t ngx_api_ratelimit_identity_handler(ngx_http_request_t *r);


/* ngx_api_ratelimit_delay.c: NGX_AGAIN, NGX_DECLINED: it need not wait, or a
   status */

ngx_int_t ngx_api_ratelimit_wait(ngx_http_request_t *r,
    ngx_api_ratelimit_ctx_t *ctx);

/* Nanoseconds by which it has to be behind, now. */

uint64_t ngx_api_ratelimit_delay_of(const ngx_api_ratelimit_item_t *item);


/* ngx_api_ratelimit_store_ask.c: sync=always, up to so many a second */

#define NGX_API_RATELIMIT_SYNC_MAX  UINT64_C(10000)

ngx_int_t ngx_api_ratelimit_ask_all(ngx_http_request_t *r,
    ngx_api_ratelimit_ctx_t *ctx, ngx_api_ratelimit_item_t *first);


/* ngx_api_ratelimit_settle.c: LOG */

void ngx_api_ratelimit_settle(ngx_http_request_t *r,
    ngx_api_ratelimit_ctx_t *ctx);


/* ngx_api_ratelimit_answer.c */

ngx_int_t ngx_api_ratelimit_refuse(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_ratelimit_ctx_t *ctx, ngx_api_ratelimit_item_t *item,
    ngx_uint_t mode);
ngx_int_t ngx_api_ratelimit_headers(ngx_http_request_t *r,
    const ngx_api_ratelimit_ctx_t *ctx,
    const ngx_api_ratelimit_loc_conf_t *lcf);

/* RateLimit-Policy's item for a limit; room for it. */

#define NGX_API_RATELIMIT_HEADER_MAX                                          \
    (NGX_API_RATELIMIT_NAME_MAX + 2 * NGX_INT64_LEN                           \
     + sizeof("\"\";q=;w=;qu=\"concurrent-requests\""))

u_char *ngx_api_ratelimit_header_policy(u_char *p,
    const ngx_api_ratelimit_policy_t *policy, const api_gcra_t *gcra,
    uint64_t limit);

/* The item that says most: refused, or with the least left. */

const ngx_api_ratelimit_item_t *ngx_api_ratelimit_tightest(
    const ngx_api_ratelimit_ctx_t *ctx, ngx_api_ratelimit_report_t *report);


/* ngx_api_ratelimit_vars.c */

ngx_int_t ngx_api_ratelimit_add_variables(ngx_conf_t *cf);

/*
 * The network that stands for a client, by api_ratelimit_net.  0: he has none
 * (a unix socket).
 */

ngx_uint_t ngx_api_ratelimit_client(const ngx_http_request_t *r,
    api_addr_t *addr, api_net_t *net);

/* That of an address which somebody typed. */

void ngx_api_ratelimit_client_net(const ngx_api_ratelimit_main_conf_t *mcf,
    const api_addr_t *addr, api_net_t *net);

/* As it is shown and typed: without the prefix length of one address. */

size_t ngx_api_ratelimit_client_text(const api_net_t *net,
    char out[API_NET_TEXT]);


/* ngx_api_ratelimit_conf.c */

char *ngx_api_ratelimit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_api_ratelimit_set_headers(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_api_ratelimit_net(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
void *ngx_api_ratelimit_create_main_conf(ngx_conf_t *cf);
char *ngx_api_ratelimit_init_main_conf(ngx_conf_t *cf, void *conf);
void *ngx_api_ratelimit_create_loc_conf(ngx_conf_t *cf);
char *ngx_api_ratelimit_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);


#endif /* _NGX_API_RATELIMIT_H_INCLUDED_ */
