
#include "ngx_api_conf.h"


static char *ngx_api_conf_opt(ngx_conf_t *cf, const ngx_api_opt_t *opt,
    ngx_str_t *arg, ngx_str_t *value, void *base);
static char *ngx_api_conf_words(ngx_conf_t *cf, ngx_str_t *value,
    ngx_array_t **words);
static char *ngx_api_conf_unknown(ngx_conf_t *cf, const ngx_api_opt_t *opts,
    ngx_str_t *arg);
static char *ngx_api_conf_invalid(ngx_conf_t *cf, const ngx_api_opt_t *opt,
    ngx_str_t *arg);


const ngx_str_t  ngx_api_mode_names[] = {
    ngx_string("off"),
    ngx_string("monitor"),
    ngx_string("enforce"),
    ngx_null_string
};


char *
ngx_api_conf_mode(ngx_conf_t *cf, ngx_str_t *value, ngx_api_mode_t *mode)
{
    ngx_int_t  n;

    n = ngx_api_conf_enum(value, ngx_api_mode_names);

    if (n != NGX_ERROR) {
        mode->fixed = n;
        mode->cv = NULL;
        return NGX_CONF_OK;
    }

    if (ngx_http_script_variables_count(value) == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown mode \"%V\": write enforce, monitor, off "
                           "or a variable that holds one of them", value);
        return NGX_CONF_ERROR;
    }

    mode->fixed = NGX_API_MODE_ENFORCE;
    mode->cv = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (mode->cv == NULL) {
        return NGX_CONF_ERROR;
    }

    return ngx_api_conf_value(cf, value, mode->cv);
}


char *
ngx_api_conf_value(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_complex_value_t *cv)
{
    ngx_http_compile_complex_value_t  ccv;

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = value;
    ccv.complex_value = cv;

    return ngx_http_compile_complex_value(&ccv) == NGX_OK ? NGX_CONF_OK
                                                          : NGX_CONF_ERROR;
}


void
ngx_api_merge_mode(ngx_api_mode_t *conf, const ngx_api_mode_t *prev,
    ngx_uint_t dflt)
{
    if (conf->fixed != NGX_CONF_UNSET_UINT) {
        return;
    }

    *conf = *prev;

    if (conf->fixed == NGX_CONF_UNSET_UINT) {
        conf->fixed = dflt;
    }
}


ngx_uint_t
ngx_api_mode(ngx_http_request_t *r, const ngx_api_mode_t *mode)
{
    ngx_int_t  n;
    ngx_str_t  value;

    if (mode->cv == NULL) {
        return mode->fixed;
    }

    if (ngx_http_complex_value(r, mode->cv, &value) != NGX_OK) {
        return NGX_API_MODE_ENFORCE;
    }

    n = ngx_api_conf_enum(&value, ngx_api_mode_names);

    return n == NGX_ERROR ? NGX_API_MODE_ENFORCE : (ngx_uint_t) n;
}


ngx_int_t
ngx_api_conf_enum(const ngx_str_t *value, const ngx_str_t *names)
{
    ngx_int_t  i;

    for (i = 0; names[i].len; i++) {
        if (names[i].len == value->len
            && ngx_strncmp(names[i].data, value->data, value->len) == 0)
        {
            return i;
        }
    }

    return NGX_ERROR;
}


char *
ngx_api_conf_opts(ngx_conf_t *cf, ngx_uint_t first, const ngx_api_opt_t *opts,
    void *base)
{
    char        *rv;
    uint64_t     seen;
    ngx_str_t   *arg, value;
    ngx_uint_t   i, n;

    arg = cf->args->elts;
    seen = 0;

    for (i = first; i < cf->args->nelts; i++) {

        ngx_str_null(&value);

        for (n = 0; opts[n].name.len; n++) {
            if (arg[i].len < opts[n].name.len
                || ngx_strncmp(arg[i].data, opts[n].name.data,
                               opts[n].name.len)
                   != 0)
            {
                continue;
            }

            value.data = arg[i].data + opts[n].name.len;
            value.len = arg[i].len - opts[n].name.len;

            if (opts[n].type == NGX_API_OPT_FLAG ? value.len == 0
                                                 : value.len && *value.data
                                                   == '=')
            {
                break;
            }
        }

        if (opts[n].name.len == 0) {
            return ngx_api_conf_unknown(cf, opts, &arg[i]);
        }

        if (seen & (UINT64_C(1) << n)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" stands twice: write it once",
                               &opts[n].name);
            return NGX_CONF_ERROR;
        }

        seen |= UINT64_C(1) << n;

        if (value.len) {
            value.data++;
            value.len--;
        }

        rv = ngx_api_conf_opt(cf, &opts[n], &arg[i], &value, base);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_api_conf_opt(ngx_conf_t *cf, const ngx_api_opt_t *opt, ngx_str_t *arg,
    ngx_str_t *value, void *base)
{
    void       *p;
    ssize_t     size;
    ngx_int_t   n;

    p = (u_char *) base + opt->offset;
    n = NGX_ERROR;

    switch (opt->type) {

    case NGX_API_OPT_FLAG:
        *(ngx_flag_t *) p = 1;
        return NGX_CONF_OK;

    case NGX_API_OPT_MODE:
        return ngx_api_conf_mode(cf, value, p);

    case NGX_API_OPT_WORDS:
        return ngx_api_conf_words(cf, value, p);

    case NGX_API_OPT_STR:
        if (value->len) {
            *(ngx_str_t *) p = *value;
            return NGX_CONF_OK;
        }
        break;

    case NGX_API_OPT_SIZE:
        size = ngx_parse_size(value);
        if (size != NGX_ERROR) {
            *(size_t *) p = (size_t) size;
            return NGX_CONF_OK;
        }
        break;

    case NGX_API_OPT_SEC:
        n = ngx_parse_time(value, 1);
        if (n != NGX_ERROR) {
            *(time_t *) p = (time_t) n;
            return NGX_CONF_OK;
        }
        break;

    case NGX_API_OPT_NUM:
        n = ngx_atoi(value->data, value->len);
        if (n != NGX_ERROR) {
            *(ngx_uint_t *) p = n;
            return NGX_CONF_OK;
        }
        break;

    default: /* NGX_API_OPT_ENUM */
        n = ngx_api_conf_enum(value, opt->names);
        if (n != NGX_ERROR) {
            *(ngx_uint_t *) p = n;
            return NGX_CONF_OK;
        }
    }

    return ngx_api_conf_invalid(cf, opt, arg);
}


static char *
ngx_api_conf_invalid(ngx_conf_t *cf, const ngx_api_opt_t *opt, ngx_str_t *arg)
{
    u_char       buf[NGX_MAX_CONF_ERRSTR / 2], *p;
    ngx_uint_t   n;
    const char  *hint;

    switch (opt->type) {

    case NGX_API_OPT_STR:
        hint = " a value";
        break;

    case NGX_API_OPT_SIZE:
        hint = " a size, for example 64k";
        break;

    case NGX_API_OPT_SEC:
        hint = " a time, for example 30s";
        break;

    case NGX_API_OPT_NUM:
        hint = " a number";
        break;

    default: /* NGX_API_OPT_ENUM */
        hint = " one of:";
    }

    p = ngx_slprintf(buf, buf + sizeof(buf), "%s", hint);

    for (n = 0; opt->names && opt->names[n].len; n++) {
        p = ngx_slprintf(p, buf + sizeof(buf), " %V", &opt->names[n]);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value in \"%V\": write%*s", arg,
                       (size_t) (p - buf), buf);

    return NGX_CONF_ERROR;
}


static char *
ngx_api_conf_words(ngx_conf_t *cf, ngx_str_t *value, ngx_array_t **words)
{
    u_char     *p, *last, *comma;
    ngx_str_t  *word;

    *words = ngx_array_create(cf->pool, 4, sizeof(ngx_str_t));
    if (*words == NULL) {
        return NGX_CONF_ERROR;
    }

    p = value->data;
    last = p + value->len;

    for ( ;; ) {
        comma = ngx_strlchr(p, last, ',');

        if (comma == NULL) {
            comma = last;
        }

        if (comma == p) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "empty name in the list \"%V\"", value);
            return NGX_CONF_ERROR;
        }

        word = ngx_array_push(*words);
        if (word == NULL) {
            return NGX_CONF_ERROR;
        }

        word->data = p;
        word->len = comma - p;

        if (comma == last) {
            return NGX_CONF_OK;
        }

        p = comma + 1;
    }
}


static char *
ngx_api_conf_unknown(ngx_conf_t *cf, const ngx_api_opt_t *opts,
    ngx_str_t *arg)
{
    u_char      buf[NGX_MAX_CONF_ERRSTR / 2], *p;
    ngx_str_t  *directive;
    ngx_uint_t  n;

    directive = cf->args->elts;
    p = buf;

    for (n = 0; opts[n].name.len; n++) {
        p = ngx_slprintf(p, buf + sizeof(buf), " %V%s", &opts[n].name,
                         opts[n].type == NGX_API_OPT_FLAG ? "" : "=");
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown parameter \"%V\" of \"%V\", which takes:%*s",
                       arg, &directive[0], (size_t) (p - buf), buf);

    return NGX_CONF_ERROR;
}


char *
ngx_api_conf_list_add(ngx_conf_t *cf, ngx_api_conf_list_t *list, void *item)
{
    void  **p;

    if (list->items == NULL) {
        list->items = ngx_array_create(cf->pool, 4, sizeof(void *));
        if (list->items == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    p = ngx_array_push(list->items);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    *p = item;

    return NGX_CONF_OK;
}


char *
ngx_api_conf_list_join(ngx_conf_t *cf, ngx_api_conf_list_t *conf,
    const ngx_api_conf_list_t *prev)
{
    void                **from, **own;
    ngx_uint_t            i;
    ngx_api_conf_list_t   all;

    if (conf->off || prev->items == NULL) {
        return NGX_CONF_OK;
    }

    if (conf->items == NULL) {
        /* shared with the level above, and from here on only read */
        conf->items = prev->items;
        return NGX_CONF_OK;
    }

    ngx_memzero(&all, sizeof(ngx_api_conf_list_t));

    from = prev->items->elts;
    own = conf->items->elts;

    for (i = 0; i < prev->items->nelts + conf->items->nelts; i++) {
        if (ngx_api_conf_list_add(cf, &all,
                                  i < prev->items->nelts
                                  ? from[i] : own[i - prev->items->nelts])
            != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    conf->items = all.items;

    return NGX_CONF_OK;
}
