
/*
 * What limits and bans remember, over a restart (ngx_api_keeper.h).
 */

#ifndef _NGX_API_RATELIMIT_KEEP_H_INCLUDED_
#define _NGX_API_RATELIMIT_KEEP_H_INCLUDED_


#include "ngx_api_ratelimit.h"
#include "ngx_api_keeper.h"


/*
 * ngx_api_ratelimit_keep.c: postconfiguration, a keeper of NAME in the state
 * directory, which has to be there; and the three of a keeper for all zones.
 */

ngx_int_t ngx_api_ratelimit_keeper(ngx_conf_t *cf,
    const ngx_api_ratelimit_main_conf_t *mcf, ngx_api_keeper_t *keeper,
    const ngx_str_t *name);

ngx_int_t ngx_api_ratelimit_keep_init(ngx_conf_t *cf,
    const ngx_api_ratelimit_main_conf_t *mcf);
ngx_int_t ngx_api_ratelimit_keep_start(ngx_cycle_t *cycle,
    const ngx_api_ratelimit_main_conf_t *mcf);
void ngx_api_ratelimit_keep_end(const ngx_api_ratelimit_main_conf_t *mcf);


#endif /* _NGX_API_RATELIMIT_KEEP_H_INCLUDED_ */
