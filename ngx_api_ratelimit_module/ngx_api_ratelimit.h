
/*
 * Private to this folder: what the files of ngx_api_ratelimit_module share.
 */

#ifndef _NGX_API_RATELIMIT_H_INCLUDED_
#define _NGX_API_RATELIMIT_H_INCLUDED_


#include "ngx_api_refuse.h"
#include "ngx_api_tally.h"
#include "ngx_api_watch.h"


typedef struct ngx_api_ratelimit_bans_s  ngx_api_ratelimit_bans_t;
typedef struct ngx_api_ratelimit_ban_s  ngx_api_ratelimit_ban_t;


/* Which phases a configuration needs: bits of used. */

#define NGX_API_RATELIMIT_USES_BAN           0x10  /* at=address */
#define NGX_API_RATELIMIT_USES_BAN_IDENTITY  0x20


typedef struct {
    ngx_api_door_t              door;         /* must be first */
    ngx_api_self_t              self;
    ngx_shm_zone_t             *zone;
    ngx_api_tenant_t            tenant;
    ngx_uint_t                  used;         /* ..._USES_* */

    ngx_api_ratelimit_bans_t   *bans;         /* NULL: no line about bans */
    ngx_api_watches_t           watches;
} ngx_api_ratelimit_main_conf_t;


typedef struct {
    ngx_api_conf_list_t         bans;         /* of ngx_api_ratelimit_ban_t */
} ngx_api_ratelimit_loc_conf_t;


/*
 * What is known of a main request, in the record: rules that were in force
 * where it has been, for an error_page leads elsewhere before LOG.
 */

#define NGX_API_RATELIMIT_BANS  8

typedef struct {
    const ngx_api_ratelimit_ban_t  *lines[NGX_API_RATELIMIT_BANS];
    ngx_uint_t                      n;
    ngx_uint_t                      banned;   /* refused: no strikes */
} ngx_api_ratelimit_ban_ctx_t;


/* record->own[NGX_API_RATELIMIT] */

typedef struct {
    ngx_api_ratelimit_ban_ctx_t     ban;
} ngx_api_ratelimit_ctx_t;


extern ngx_module_t   ngx_api_ratelimit_module;
extern ngx_command_t  ngx_api_ratelimit_commands[];


/* NULL without memory; *rec is the record it belongs to. */

ngx_api_ratelimit_ctx_t *ngx_api_ratelimit_ctx(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf, ngx_api_record_t **rec);

/* The mode of a switch below the ceiling of api_mode. */

ngx_uint_t ngx_api_ratelimit_mode(ngx_http_request_t *r,
    const ngx_api_ratelimit_main_conf_t *mcf, const ngx_api_mode_t *mode);


void *ngx_api_ratelimit_create_main_conf(ngx_conf_t *cf);
void *ngx_api_ratelimit_create_loc_conf(ngx_conf_t *cf);
char *ngx_api_ratelimit_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);


#endif /* _NGX_API_RATELIMIT_H_INCLUDED_ */
