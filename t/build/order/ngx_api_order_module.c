/*
 * Prints the names of all modules in the order of cycle->modules, which is
 * the order that decides who sees a request first.
 */

#include <ngx_config.h>
#include <ngx_core.h>


static ngx_int_t ngx_api_order_init(ngx_cycle_t *cycle);


static ngx_core_module_t  ngx_api_order_ctx = {
    ngx_string("api_order"),
    NULL,
    NULL
};


ngx_module_t  ngx_api_order_module = {
    NGX_MODULE_V1,
    &ngx_api_order_ctx,                    /* module context */
    NULL,                                  /* module directives */
    NGX_CORE_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_api_order_init,                    /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_api_order_init(ngx_cycle_t *cycle)
{
    ngx_uint_t  i;

    for (i = 0; i < cycle->modules_n; i++) {
        ngx_log_error(NGX_LOG_NOTICE, cycle->log, 0, "order: %s",
                      cycle->modules[i]->name);
    }

    return NGX_OK;
}
