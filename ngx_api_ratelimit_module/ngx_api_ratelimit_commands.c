
/*
 * The directives of ngx_api_ratelimit_module: where each may stand, and who
 * reads it.  What it means is said in docs/directives.
 */

#include "ngx_api_ratelimit_ban.h"
#include "ngx_api_ratelimit_store.h"


#define NGX_API_RATELIMIT_HSLX                                                \
    NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF                    \
    |NGX_HTTP_LIF_CONF|NGX_HTTP_LMT_CONF

#define NGX_API_RATELIMIT_LOC(name, args, set)                                \
    { ngx_string(name), NGX_API_RATELIMIT_HSLX|(args), set,                   \
      NGX_HTTP_LOC_CONF_OFFSET, 0, NULL }

#define NGX_API_RATELIMIT_MAIN(name, args, set)                               \
    { ngx_string(name), NGX_HTTP_MAIN_CONF|(args), set,                       \
      NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL }


ngx_command_t  ngx_api_ratelimit_commands[] = {

    NGX_API_RATELIMIT_MAIN("api_ratelimit_zone", NGX_CONF_2MORE,
                           ngx_api_ratelimit_zone),
    NGX_API_RATELIMIT_MAIN("api_ratelimit_policy", NGX_CONF_2MORE,
                           ngx_api_ratelimit_policy),
    NGX_API_RATELIMIT_MAIN("api_ratelimit_quota", NGX_CONF_2MORE,
                           ngx_api_ratelimit_quota),
    NGX_API_RATELIMIT_MAIN("api_ratelimit_concurrency", NGX_CONF_2MORE,
                           ngx_api_ratelimit_concurrency),
    NGX_API_RATELIMIT_MAIN("api_ratelimit_net", NGX_CONF_1MORE,
                           ngx_api_ratelimit_net),

    NGX_API_RATELIMIT_LOC("api_ratelimit", NGX_CONF_1MORE,
                          ngx_api_ratelimit),
    NGX_API_RATELIMIT_LOC("api_ratelimit_headers", NGX_CONF_TAKE12,
                          ngx_api_ratelimit_set_headers),

    NGX_API_RATELIMIT_MAIN("api_ratelimit_store", NGX_CONF_2MORE,
                           ngx_api_ratelimit_store),

    /* bans */

    NGX_API_RATELIMIT_LOC("api_ratelimit_ban", NGX_CONF_1MORE,
                          ngx_api_ratelimit_ban),
    NGX_API_RATELIMIT_MAIN("api_ratelimit_ban_allow", NGX_CONF_1MORE,
                           ngx_api_ratelimit_ban_allow),
    NGX_API_RATELIMIT_MAIN("api_ratelimit_ban_zone", NGX_CONF_TAKE12,
                           ngx_api_ratelimit_ban_zone),

    ngx_null_command
};
