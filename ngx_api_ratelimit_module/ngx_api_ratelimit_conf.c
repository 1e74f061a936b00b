
#include "ngx_api_ratelimit.h"


static void ngx_api_ratelimit_status(const ngx_api_door_t *door,
    api_writer_t *w);


void *
ngx_api_ratelimit_create_main_conf(ngx_conf_t *cf)
{
    ngx_api_ratelimit_main_conf_t  *mcf;

    mcf = ngx_pcalloc(cf->pool, sizeof(ngx_api_ratelimit_main_conf_t));
    if (mcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     mcf->used = 0;
     *     mcf->bans = NULL;
     *     mcf->watches.timer = NULL;
     */

    ngx_api_door_init(&mcf->door, NGX_API_RATELIMIT);
    mcf->door.status = ngx_api_ratelimit_status;
    mcf->door.tally = &mcf->tenant;

    if (ngx_array_init(&mcf->watches.files, cf->pool, 2, sizeof(void *))
        != NGX_OK)
    {
        return NULL;
    }

    ngx_api_tally_init(&mcf->tenant, "ratelimit");

    return mcf;
}


void *
ngx_api_ratelimit_create_loc_conf(ngx_conf_t *cf)
{
    /*
     * set by ngx_pcalloc():
     *
     *     lcf->bans = { NULL, 0 };
     */

    return ngx_pcalloc(cf->pool, sizeof(ngx_api_ratelimit_loc_conf_t));
}


char *
ngx_api_ratelimit_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_api_ratelimit_loc_conf_t *prev = parent;
    ngx_api_ratelimit_loc_conf_t *conf = child;

    if (ngx_api_conf_list_join(cf, &conf->bans, &prev->bans)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (conf->bans.items
        && conf->bans.items->nelts > NGX_API_RATELIMIT_BANS)
    {
        return "has more than 8 lines of api_ratelimit_ban in one place: "
               "merge some, or drop those from above by off";
    }

    return NGX_CONF_OK;
}


static void
ngx_api_ratelimit_status(const ngx_api_door_t *door, api_writer_t *w)
{
    const ngx_api_ratelimit_main_conf_t  *mcf;

    mcf = (const ngx_api_ratelimit_main_conf_t *) door;

    ngx_api_tally_status(&mcf->tenant, w);
}
