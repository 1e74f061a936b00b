
/*
 * api_list: a watched file of values and networks, asked by a variable.
 */

#include "ngx_api_sec.h"


#define NGX_API_SEC_LIST_MAX     (64 * 1024 * 1024)
#define NGX_API_SEC_LIST_PREFIX  "api_list_"


typedef struct {
    ngx_str_t                   name;
    ngx_http_complex_value_t    key;
    api_sipkey_t                seed;
    api_list_t                 *entries;    /* swapped as a whole */
} ngx_api_sec_list_t;


static ngx_int_t ngx_api_sec_list_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static char *ngx_api_sec_list_name(ngx_conf_t *cf,
    const ngx_api_sec_main_conf_t *mcf, const ngx_str_t *name);
static char *ngx_api_sec_list_define(ngx_conf_t *cf,
    ngx_api_sec_list_t *list);
static int ngx_api_sec_list_load(void *data, api_span_t text,
    api_err_t *err);
static void ngx_api_sec_list_cleanup(void *data);


static ngx_int_t
ngx_api_sec_list_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    const ngx_api_sec_list_t *list = (const ngx_api_sec_list_t *) data;

    ngx_str_t   key, copy;
    api_span_t  value;

    if (ngx_http_complex_value(r, (ngx_http_complex_value_t *) &list->key,
                               &key)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_str_set(&copy, "");

    if (api_list_find(list->entries, ngx_api_span(&key), &value)
        && value.len)
    {
        /* the list may be swapped while the request still lives */

        copy.len = value.len;
        copy.data = ngx_pnalloc(r->pool, value.len);
        if (copy.data == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(copy.data, value.data, value.len);
    }

    ngx_api_set_variable(v, &copy);

    return NGX_OK;
}


char *
ngx_api_sec_list(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_main_conf_t *mcf = conf;

    ngx_str_t            *value, key;
    ngx_pool_cleanup_t   *cln;
    ngx_api_sec_list_t   *list, **p;

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("key"), NGX_API_OPT_STR, 0, NULL },
        ngx_api_null_opt
    };

    value = cf->args->elts;

    if (ngx_api_sec_list_name(cf, mcf, &value[1]) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_str_set(&key, "$remote_addr");

    if (ngx_api_conf_opts(cf, 3, opts, &key) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_api_sec_list_t));
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    list = cln->data;

    ngx_memzero(list, sizeof(ngx_api_sec_list_t));

    cln->handler = ngx_api_sec_list_cleanup;

    list->name = value[1];

    if (ngx_api_random(&list->seed, sizeof(api_sipkey_t)) != NGX_OK
        || ngx_api_conf_value(cf, &key, &list->key) != NGX_CONF_OK
        || ngx_api_sec_list_define(cf, list) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    p = ngx_array_push(&mcf->lists);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    *p = list;

    return ngx_api_watch_add(cf, &mcf->watches, &value[2],
                             NGX_API_SEC_LIST_MAX, ngx_api_sec_list_load,
                             list);
}


static char *
ngx_api_sec_list_name(ngx_conf_t *cf, const ngx_api_sec_main_conf_t *mcf,
    const ngx_str_t *name)
{
    u_char                        c;
    ngx_uint_t                    i;
    ngx_api_sec_list_t * const   *lists;

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_') {
            break;
        }
    }

    if (name->len == 0 || i < name->len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no name for a list, which becomes "
                           "a part of a variable's: write a-z, 0-9 and _",
                           name);
        return NGX_CONF_ERROR;
    }

    lists = mcf->lists.elts;

    for (i = 0; i < mcf->lists.nelts; i++) {
        if (lists[i]->name.len == name->len
            && ngx_strncmp(lists[i]->name.data, name->data, name->len) == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "there is an api_list \"%V\" already", name);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/* One variable a list, so that nginx itself knows of those there are not. */

static char *
ngx_api_sec_list_define(ngx_conf_t *cf, ngx_api_sec_list_t *list)
{
    ngx_str_t  name;

    name.len = sizeof(NGX_API_SEC_LIST_PREFIX) - 1 + list->name.len;
    name.data = ngx_pnalloc(cf->pool, name.len);
    if (name.data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_sprintf(name.data, NGX_API_SEC_LIST_PREFIX "%V", &list->name);

    return ngx_api_add_variable(cf, &name, ngx_api_sec_list_variable,
                                (uintptr_t) list, 0)
           == NGX_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static int
ngx_api_sec_list_load(void *data, api_span_t text, api_err_t *err)
{
    ngx_api_sec_list_t *list = data;

    int          rc;
    api_list_t  *entries;

    rc = api_list_parse(&entries, text, NULL, list->seed, &api_alloc_libc,
                        err);

    if (rc != API_OK) {
        return rc;
    }

    api_list_free(list->entries);
    list->entries = entries;

    return API_OK;
}


static void
ngx_api_sec_list_cleanup(void *data)
{
    ngx_api_sec_list_t *list = data;

    api_list_free(list->entries);
}
