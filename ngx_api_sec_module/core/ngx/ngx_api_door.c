
#include "ngx_api_door.h"


const ngx_str_t  ngx_api_module_names[] = {
    ngx_string("ngx_api_sec_module"),
    ngx_string("ngx_api_ratelimit_module"),
    ngx_string("ngx_api_waf_module")
};


static const ngx_api_shared_t  ngx_api_shared_defaults = {
    { NGX_API_MODE_ENFORCE, NULL },
    NGX_API_REJECT_PROBLEM,
    NGX_API_DETAIL_CODE,
    ngx_null_string,
    1024 * 1024,
    0,
    0,
    0
};


void
ngx_api_door_init(ngx_api_door_t *door, ngx_uint_t id)
{
    door->magic = NGX_API_DOOR_MAGIC;
    door->abi = NGX_API_DOOR_ABI;
    door->name = ngx_api_module_names[id];
    door->id = id;
}


ngx_int_t
ngx_api_door_find(ngx_conf_t *cf, ngx_uint_t id, const ngx_api_door_t **peer)
{
    ngx_uint_t             i;
    ngx_module_t          *m;
    ngx_api_door_t        *door;
    ngx_http_conf_ctx_t   *ctx;

    *peer = NULL;
    ctx = cf->ctx;

    for (i = 0; cf->cycle->modules[i]; i++) {
        m = cf->cycle->modules[i];

        if (m->type != NGX_HTTP_MODULE
            || ngx_strcmp(m->name, ngx_api_module_names[id].data) != 0)
        {
            continue;
        }

        door = ctx->main_conf[m->ctx_index];

        if (door == NULL || door->magic != NGX_API_DOOR_MAGIC
            || door->abi != NGX_API_DOOR_ABI)
        {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "%V is of another release than the other api "
                          "modules: install all of one release",
                          &ngx_api_module_names[id]);
            return NGX_ERROR;
        }

        *peer = door;
    }

    return NGX_OK;
}


static const ngx_api_door_t *
ngx_api_door_of(void **main_conf, ngx_module_t **modules, ngx_uint_t id)
{
    ngx_uint_t             i;
    ngx_module_t          *m;
    const ngx_api_door_t  *door;

    for (i = 0; modules[i]; i++) {
        m = modules[i];

        if (m->type == NGX_HTTP_MODULE
            && ngx_strcmp(m->name, ngx_api_module_names[id].data) == 0)
        {
            door = main_conf[m->ctx_index];

            return door && door->magic == NGX_API_DOOR_MAGIC
                   && door->abi == NGX_API_DOOR_ABI ? door : NULL;
        }
    }

    return NULL;
}


const ngx_api_door_t *
ngx_api_door(ngx_http_request_t *r, ngx_uint_t id)
{
    return ngx_api_door_of(r->main_conf, ngx_cycle->modules, id);
}


void
ngx_api_door_watched(ngx_cycle_t *cycle, ngx_api_watches_t *watches)
{
    const ngx_api_door_t       *sec;
    const ngx_http_conf_ctx_t  *ctx;

    ctx = (ngx_http_conf_ctx_t *) ngx_get_conf(cycle->conf_ctx,
                                               ngx_http_module);

    sec = ctx ? ngx_api_door_of(ctx->main_conf, cycle->modules, NGX_API_SEC)
              : NULL;

    watches->told = sec ? sec->watched : NULL;
}


const ngx_api_shared_t *
ngx_api_shared(ngx_http_request_t *r, const ngx_api_door_t *sec)
{
    return sec ? sec->shared(r) : &ngx_api_shared_defaults;
}


ngx_int_t
ngx_api_phase_handler(ngx_conf_t *cf, ngx_uint_t phase,
    ngx_http_handler_pt handler, ngx_uint_t front)
{
    ngx_array_t                *handlers;
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    handlers = &cmcf->phases[phase].handlers;

    h = ngx_array_push(handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    if (front) {
        h = handlers->elts;
        ngx_memmove(h + 1, h, (handlers->nelts - 1) * sizeof(*h));
    }

    *h = handler;

    return NGX_OK;
}


/* Monotonic, in nanoseconds. */

int64_t
ngx_api_clock(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}


ngx_int_t
ngx_api_timed(ngx_http_request_t *r, const ngx_api_door_t *sec,
    ngx_api_phase_e phase, ngx_http_handler_pt handler)
{
    int64_t    begin;
    ngx_int_t  rc;

    if (sec == NULL || sec->observe == NULL) {
        return handler(r);
    }

    begin = ngx_api_clock();

    rc = handler(r);    /* r may be gone */

    sec->observe(sec, phase, ngx_api_clock() - begin);

    return rc;
}
