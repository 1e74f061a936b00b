
#include "ngx_api_sec_forward.h"
#include "ngx_api_sec_assert.h"
#include "api_token.h"


static ngx_uint_t ngx_api_sec_forward_is_used(const ngx_str_t *lowcase);
static char *ngx_api_sec_forward_join(ngx_conf_t *cf,
    ngx_api_conf_list_t *conf, const ngx_api_conf_list_t *prev);
static ngx_int_t ngx_api_sec_forward_own(ngx_conf_t *cf,
    const ngx_str_t *lowcase);
static ngx_api_sec_forward_t *ngx_api_sec_forward_find(
    const ngx_array_t *lines, const ngx_str_t *lowcase);


/* api_forward HEADER OPERAND | off */

char *
ngx_api_sec_forward(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    ngx_str_t              *value;
    ngx_api_sec_forward_t  *line;

    value = cf->args->elts;

    if (cf->args->nelts == 2) {
        if (ngx_strcmp(value[1].data, "off") != 0) {
            return "takes HEADER OPERAND, for example X-User claim:sub, or "
                   "off";
        }

        lcf->forward.off = 1;
        return NGX_CONF_OK;
    }

    line = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_forward_t));
    if (line == NULL) {
        return NGX_CONF_ERROR;
    }

    line->name = value[1];

    if (ngx_api_sec_forward_name(cf, &line->name, &line->lowcase) != NGX_OK
        || ngx_api_sec_operand_conf(cf, &value[2], &line->operand)
           != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (ngx_api_sec_forward_find(lcf->forward.items, &line->lowcase)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the header \"%V\" has a value already at this "
                           "level", &line->name);
        return NGX_CONF_ERROR;
    }

    return ngx_api_conf_list_add(cf, &lcf->forward, line);
}


/*
 * A header that is ours alone: it goes out of every request, and neither nginx
 * nor a proxy on the way gives it a meaning.
 */

ngx_int_t
ngx_api_sec_forward_name(ngx_conf_t *cf, ngx_str_t *name, ngx_str_t *lowcase)
{
    if (!api_token_is(ngx_api_span(name))) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no name of a header", name);
        return NGX_ERROR;
    }

    lowcase->len = name->len;
    lowcase->data = ngx_pnalloc(cf->pool, name->len);

    if (lowcase->data == NULL) {
        return NGX_ERROR;
    }

    ngx_strlow(lowcase->data, name->data, name->len);

    if (ngx_api_sec_forward_is_used(lowcase)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has a meaning in HTTP or for nginx, and is "
                           "taken out of every request: choose a name of your "
                           "own, for example X-User", name);
        return NGX_ERROR;
    }

    ngx_api_sec_uses(cf, NGX_API_SEC_USES_FORWARD);

    return NGX_OK;
}


static ngx_uint_t
ngx_api_sec_forward_is_used(const ngx_str_t *lowcase)
{
    ngx_uint_t               i;
    const ngx_http_header_t *h;

    static const ngx_str_t  others[] = {
        ngx_string("accept"),
        ngx_string("dpop"),
        ngx_string("forwarded"),
        ngx_string("origin"),
        ngx_string("trailer"),
        ngx_string("x-api-admin"),
        ngx_string("x-forwarded-for"),
        ngx_string("x-real-ip"),
        ngx_null_string
    };

    for (h = ngx_http_headers_in; h->name.len; h++) {
        if (h->name.len == lowcase->len
            && ngx_strncasecmp(h->name.data, lowcase->data, lowcase->len)
               == 0)
        {
            return 1;
        }
    }

    for (i = 0; others[i].len; i++) {
        if (api_span_eq(ngx_api_span(&others[i]), ngx_api_span(lowcase))) {
            return 1;
        }
    }

    return 0;
}


static ngx_api_sec_forward_t *
ngx_api_sec_forward_find(const ngx_array_t *lines, const ngx_str_t *lowcase)
{
    ngx_uint_t              i;
    ngx_api_sec_forward_t **line;

    line = lines ? lines->elts : NULL;

    for (i = 0; lines && i < lines->nelts; i++) {
        if (api_span_eq(ngx_api_span(&line[i]->lowcase),
                        ngx_api_span(lowcase)))
        {
            return line[i];
        }
    }

    return NULL;
}


/* What is ours in one location is the client's in none of the server. */

static ngx_int_t
ngx_api_sec_forward_own(ngx_conf_t *cf, const ngx_str_t *lowcase)
{
    ngx_str_t               *name;
    ngx_uint_t               i;
    ngx_api_sec_srv_conf_t  *scf;

    scf = ngx_http_conf_get_module_srv_conf(cf, ngx_api_sec_module);
    name = scf->forward_names.elts;

    for (i = 0; i < scf->forward_names.nelts; i++) {
        if (api_span_eq(ngx_api_span(&name[i]), ngx_api_span(lowcase))) {
            return NGX_OK;
        }
    }

    name = ngx_array_push(&scf->forward_names);
    if (name == NULL) {
        return NGX_ERROR;
    }

    *name = *lowcase;
    scf->forward_bits |= ngx_api_sec_forward_bit(lowcase);

    return NGX_OK;
}


/* Lines add up; one with the same header replaces that of above. */

char *
ngx_api_sec_forward_merge(ngx_conf_t *cf, ngx_api_sec_loc_conf_t *conf,
    const ngx_api_sec_loc_conf_t *prev)
{
    ngx_uint_t               i;
    ngx_api_sec_forward_t  **line;

    ngx_conf_merge_uint_value(conf->strip, prev->strip, 0);
    ngx_conf_merge_ptr_value(conf->assert, prev->assert, NULL);

    if (ngx_api_sec_forward_join(cf, &conf->forward, &prev->forward)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    line = conf->forward.items ? conf->forward.items->elts : NULL;

    for (i = 0; line && i < conf->forward.items->nelts; i++) {
        if (ngx_api_sec_forward_own(cf, &line[i]->lowcase) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (conf->assert && !conf->assert->bearer
        && ngx_api_sec_forward_own(cf, &conf->assert->lowcase) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (conf->assert
        && ngx_api_sec_forward_find(conf->forward.items,
                                    &conf->assert->lowcase))
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "api_forward and api_identity_token both set the header "
                      "\"%V\"", &conf->assert->name);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_forward_join(ngx_conf_t *cf, ngx_api_conf_list_t *conf,
    const ngx_api_conf_list_t *prev)
{
    ngx_uint_t               i;
    ngx_api_conf_list_t      own;
    ngx_api_sec_forward_t  **line;

    if (conf->off || prev->items == NULL) {
        return NGX_CONF_OK;
    }

    own = *conf;
    conf->items = NULL;
    line = prev->items->elts;

    for (i = 0; i < prev->items->nelts; i++) {
        if (!ngx_api_sec_forward_find(own.items, &line[i]->lowcase)
            && ngx_api_conf_list_add(cf, conf, line[i]) != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    line = own.items ? own.items->elts : NULL;

    for (i = 0; line && i < own.items->nelts; i++) {
        if (ngx_api_conf_list_add(cf, conf, line[i]) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/* api_forward_token keep | strip */

char *
ngx_api_sec_forward_token(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    ngx_int_t   n;
    ngx_str_t  *value;

    static const ngx_str_t  names[] = {
        ngx_string("keep"),
        ngx_string("strip"),
        ngx_null_string
    };

    if (lcf->strip != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    n = ngx_api_conf_enum(&value[1], names);

    if (n == NGX_ERROR) {
        return "takes keep or strip";
    }

    lcf->strip = n;

    if (n) {
        ngx_api_sec_uses(cf, NGX_API_SEC_USES_FORWARD);
    }

    return NGX_CONF_OK;
}
