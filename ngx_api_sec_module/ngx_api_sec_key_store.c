
/*
 * api_key_store NAME FILE pepper=SRC [header=NAME|off] [query=NAME]
 *
 * The file is read again when it changes.  The pepper is not: other keys
 * belong to another pepper, so it changes with a reload.
 */

#include "ngx_api_sec_key.h"


#define NGX_API_SEC_KEY_STORE_MAX  (16 * 1024 * 1024)


static char *ngx_api_sec_key_store_places(ngx_conf_t *cf,
    ngx_api_sec_key_store_t *store);
static char *ngx_api_sec_key_store_pepper(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf, ngx_api_sec_key_store_t *store);
static int ngx_api_sec_key_store_load(void *data, api_span_t text,
    api_err_t *err);
static void ngx_api_sec_key_store_cleanup(void *data);


char *
ngx_api_sec_key_store(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_main_conf_t *mcf = conf;

    char                      *rv;
    ngx_str_t                 *value;
    ngx_pool_cleanup_t        *cln;
    ngx_api_sec_key_store_t   *store, **p;

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("pepper"), NGX_API_OPT_STR,
          offsetof(ngx_api_sec_key_store_t, pepper), NULL },
        { ngx_string("header"), NGX_API_OPT_STR,
          offsetof(ngx_api_sec_key_store_t, header), NULL },
        { ngx_string("query"), NGX_API_OPT_STR,
          offsetof(ngx_api_sec_key_store_t, query), NULL },
        ngx_api_null_opt
    };

    value = cf->args->elts;

    if (ngx_api_sec_method_key.find(mcf, &value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate api_key_store \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    store = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_key_store_t));
    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_api_sec_key_state_t));
    p = ngx_array_push(&mcf->key_stores);

    if (store == NULL || cln == NULL || p == NULL) {
        return NGX_CONF_ERROR;
    }

    *p = store;

    store->name = value[1];
    store->seed = mcf->seed;
    store->state = cln->data;

    ngx_memzero(store->state, sizeof(ngx_api_sec_key_state_t));
    cln->handler = ngx_api_sec_key_store_cleanup;

    rv = ngx_api_conf_opts(cf, 3, opts, store);

    if (rv == NGX_CONF_OK) {
        rv = ngx_api_sec_key_store_places(cf, store);
    }

    if (rv == NGX_CONF_OK) {
        rv = ngx_api_sec_key_store_pepper(cf, mcf, store);
    }

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    return ngx_api_watch_add(cf, &mcf->watches, &value[2],
                             NGX_API_SEC_KEY_STORE_MAX,
                             ngx_api_sec_key_store_load, store);
}


/* Where clients put their keys. */

static char *
ngx_api_sec_key_store_places(ngx_conf_t *cf, ngx_api_sec_key_store_t *store)
{
    u_char      c;
    ngx_str_t  *name;
    ngx_uint_t  i, n;

    static const char *const  places[] = { "header", "parameter" };

    if (store->header.len == 0) {
        ngx_str_set(&store->header, "X-API-Key");

    } else if (store->header.len == 3
               && ngx_strncmp(store->header.data, "off", 3) == 0)
    {
        store->header.len = 0;
    }

    if (store->header.len == 0 && store->query.len == 0) {
        return "looks nowhere for a key: write \"query=NAME\" besides "
               "\"header=off\"";
    }

    for (n = 0; n < 2; n++) {
        name = n ? &store->query : &store->header;

        for (i = 0; i < name->len; i++) {
            c = ngx_tolower(name->data[i]);

            if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-'
                && c != '_')
            {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "\"%V\" is no name for a %s: write "
                                   "letters, digits, \"-\" and \"_\"",
                                   name, places[n]);
                return NGX_CONF_ERROR;
            }
        }
    }

    if (store->query.len) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "keys in the query are written to access logs and "
                           "browser histories: prefer \"header=\"");
    }

    store->field.len = store->header.len;
    store->field.data = ngx_pnalloc(cf->pool, store->header.len);
    if (store->field.data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_strlow(store->field.data, store->header.data, store->header.len);

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_key_store_pepper(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_key_store_t *store)
{
    ngx_str_t         *text;
    ngx_api_source_t   source;

    if (store->pepper.len == 0) {
        return "needs \"pepper=SOURCE\", the secret that the keys are hashed "
               "under: file:PATH, cred:NAME or env:NAME";
    }

    if (ngx_api_conf_secret(cf, &store->pepper, ngx_api_sec_permissions(mcf),
                            &source)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    text = &source.text;

    /* an editor's or echo's newline is not part of the secret */

    if (text->len && text->data[text->len - 1] == '\n') {
        text->len--;
    }

    store->state->pepper = malloc(text->len + 1);

    if (store->state->pepper) {
        store->state->len = text->len;
        ngx_memcpy(store->state->pepper, text->data, text->len);
    }

    ngx_explicit_memzero(text->data, text->len);

    return store->state->pepper ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static int
ngx_api_sec_key_store_load(void *data, api_span_t text, api_err_t *err)
{
    ngx_api_sec_key_store_t *store = data;

    int                        rc;
    api_keystore_t            *keys;
    api_keystore_opts_t        opts;
    ngx_api_sec_key_state_t   *state;

    ngx_memzero(&opts, sizeof(api_keystore_opts_t));

    opts.max_bytes = NGX_API_SEC_KEY_STORE_MAX;
    opts.seed = store->seed;

    state = store->state;

    rc = api_keystore_parse(&keys, text, api_span(state->pepper, state->len),
                            &opts, &api_alloc_libc, err);

    if (rc != API_OK) {
        return rc;
    }

    api_keystore_free(state->keys);
    state->keys = keys;

    return API_OK;
}


static void
ngx_api_sec_key_store_cleanup(void *data)
{
    ngx_api_sec_key_state_t *state = data;

    api_keystore_free(state->keys);

    if (state->pepper) {
        ngx_explicit_memzero(state->pepper, state->len);
        free(state->pepper);
    }
}
