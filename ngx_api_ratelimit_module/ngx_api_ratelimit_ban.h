
/*
 * api_ratelimit_ban: who has broken the rules too often is turned away for a
 * while.
 *
 *   PREACCESS, PRECONTENT   is the key banned?  -> 429
 *   LOG                     what was refused, or answered with a status that
 *                           counts, is a strike
 *
 *   ngx_api_ratelimit_ban.c        is a request banned?
 *   ngx_api_ratelimit_ban_strike.c is it a strike?
 *   ngx_api_ratelimit_ban_conf.c   the directives
 *   ngx_api_ratelimit_ban_zone.c   the shared memory
 *   ngx_api_ratelimit_ban_admin.c  what the operator sees and changes
 */

#ifndef _NGX_API_RATELIMIT_BAN_H_INCLUDED_
#define _NGX_API_RATELIMIT_BAN_H_INCLUDED_


#include "ngx_api_ratelimit.h"
#include "api_addr.h"
#include "api_ban.h"
#include "api_list.h"
#include "ngx_api_ratelimit_keep.h"


#define NGX_API_RATELIMIT_AT_ADDRESS   0
#define NGX_API_RATELIMIT_AT_IDENTITY  1

#define NGX_API_RATELIMIT_BAN_SIZE     (1024 * 1024)

/* Spaces of api_ban_key: addresses; others by a hash of key=.  Bans that are
   only watched (monitor) stand apart from those in force. */

#define NGX_API_RATELIMIT_SPACE_ADDRESS  0
#define NGX_API_RATELIMIT_SPACE_MONITOR  (UINT64_C(1) << 63)

/* cause of an entry: a check, or a status, or this */

#define NGX_API_RATELIMIT_CAUSE_STATUS  0x10000
#define NGX_API_RATELIMIT_CAUSE_HAND    0x20000


/* One line. */

struct ngx_api_ratelimit_ban_s {
    uint64_t                    checks;    /* bits of ngx_api_check_e */
    ngx_array_t                 statuses;  /* of ngx_uint_t */
    api_ban_rule_t              rule;      /* strikes 0: only looks */
    uint64_t                    id;        /* the same over reloads */

    ngx_http_complex_value_t   *key;       /* NULL: the client's network */
    uint64_t                    space;
    unsigned                    shown:1;   /* the key may be seen */

    ngx_uint_t                  at;
    ngx_uint_t                  status;
    ngx_api_mode_t              mode;

    ngx_api_ratelimit_sample_t *refused;   /* lines in the log */
    ngx_api_ratelimit_sample_t *banned;
};


typedef struct {
    api_list_t                 *list;      /* swapped as a whole */
} ngx_api_ratelimit_allow_t;


struct ngx_api_ratelimit_bans_s {
    ngx_shm_zone_t             *zone;
    ngx_slab_pool_t            *shpool;
    api_ban_t                  *table;     /* set when the zone is made */
    size_t                      size;      /* 0: not said */
    ngx_flag_t                  snapshot;
    ngx_api_keeper_t  keeper;

    ngx_array_t                 nets;      /* of api_net_t: allowed */
    ngx_array_t                 files;     /* of ngx_api_ratelimit_allow_t * */
    api_sipkey_t                seed;
};


/* ngx_api_ratelimit_ban_conf.c */

char *ngx_api_ratelimit_ban(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_api_ratelimit_ban_allow(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_api_ratelimit_ban_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* postconfiguration, init_process, exit_process */

ngx_int_t ngx_api_ratelimit_ban_init(ngx_conf_t *cf,
    ngx_api_ratelimit_main_conf_t *mcf);
ngx_int_t ngx_api_ratelimit_ban_start(ngx_cycle_t *cycle,
    ngx_api_ratelimit_bans_t *bans);
void ngx_api_ratelimit_ban_end(ngx_api_ratelimit_bans_t *bans);

ngx_int_t ngx_api_ratelimit_ban_address_handler(ngx_http_request_t *r);
ngx_int_t ngx_api_ratelimit_ban_identity_handler(ngx_http_request_t *r);
void ngx_api_ratelimit_ban_log(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf, ngx_api_record_t *rec);


/* ngx_api_ratelimit_ban.c: who a line looks at.  NGX_DECLINED: the key is
   empty, the line does not apply. */

typedef struct {
    uint64_t                    key;
    api_span_t                  text;      /* to be shown */
} ngx_api_ratelimit_ban_key_t;

ngx_int_t ngx_api_ratelimit_ban_key(ngx_http_request_t *r,
    const ngx_api_ratelimit_bans_t *bans, const ngx_api_ratelimit_ban_t *ban,
    ngx_uint_t mode, ngx_api_ratelimit_ban_key_t *key);
ngx_uint_t ngx_api_ratelimit_ban_allowed(ngx_http_request_t *r,
    const ngx_api_ratelimit_bans_t *bans);


/* In main_conf, made by the first line about bans. */

ngx_api_ratelimit_bans_t *ngx_api_ratelimit_bans(ngx_conf_t *cf,
    ngx_api_ratelimit_main_conf_t *mcf);

/* A ban found no room: one line a minute. */

void ngx_api_ratelimit_ban_lost(const ngx_api_ratelimit_bans_t *bans,
    ngx_log_t *log);

/* The table's clock: ms, monotonic, the same in all processes. */

uint64_t ngx_api_ratelimit_ban_now(void);


#endif /* _NGX_API_RATELIMIT_BAN_H_INCLUDED_ */
