
#include "ngx_api_ratelimit_store.h"
#include "api_addr.h"


typedef struct {
    ngx_str_t                   password;
    ngx_str_t                   timeout;
    ngx_str_t                   flush;
    ngx_str_t                   prefix;
    ngx_str_t                   db;
    ngx_str_t                   ca;
    ngx_uint_t                  on_error;
} ngx_api_ratelimit_store_args_t;


static char *ngx_api_ratelimit_store_define(ngx_conf_t *cf,
    ngx_api_ratelimit_main_conf_t *mcf, ngx_api_ratelimit_store_t *store,
    ngx_api_ratelimit_store_args_t *args);
static char *ngx_api_ratelimit_store_times(ngx_conf_t *cf,
    const ngx_api_ratelimit_store_args_t *args,
    ngx_api_ratelimit_store_t *store);
static char *ngx_api_ratelimit_store_url(ngx_conf_t *cf,
    ngx_api_ratelimit_store_t *store, ngx_str_t *value);
static char *ngx_api_ratelimit_store_host(ngx_conf_t *cf,
    ngx_api_ratelimit_store_t *store, ngx_str_t *host);
static char *ngx_api_ratelimit_store_password(ngx_conf_t *cf,
    ngx_api_ratelimit_main_conf_t *mcf, ngx_api_ratelimit_store_t *store,
    ngx_str_t *value);
static int ngx_api_ratelimit_store_load(void *data, api_span_t text,
    api_err_t *err);
static void ngx_api_ratelimit_store_forget(void *data);
static char *ngx_api_ratelimit_store_tls(ngx_conf_t *cf,
    ngx_api_ratelimit_store_t *store, ngx_str_t *ca);


#define NGX_API_RATELIMIT_PASSWORD_MAX  512


static const ngx_str_t  ngx_api_ratelimit_on_errors[] = {
    ngx_string("local"),
    ngx_string("share"),
    ngx_string("pass"),
    ngx_string("deny"),
    ngx_null_string
};


char *
ngx_api_ratelimit_store(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_ratelimit_main_conf_t *mcf = conf;

    ngx_str_t                       *value;
    ngx_api_ratelimit_store_t       *store, **p;
    ngx_api_ratelimit_store_args_t   args;

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("password"), NGX_API_OPT_STR,
          offsetof(ngx_api_ratelimit_store_args_t, password), NULL },
        { ngx_string("timeout"), NGX_API_OPT_STR,
          offsetof(ngx_api_ratelimit_store_args_t, timeout), NULL },
        { ngx_string("flush"), NGX_API_OPT_STR,
          offsetof(ngx_api_ratelimit_store_args_t, flush), NULL },
        { ngx_string("prefix"), NGX_API_OPT_STR,
          offsetof(ngx_api_ratelimit_store_args_t, prefix), NULL },
        { ngx_string("db"), NGX_API_OPT_STR,
          offsetof(ngx_api_ratelimit_store_args_t, db), NULL },
        { ngx_string("ca"), NGX_API_OPT_STR,
          offsetof(ngx_api_ratelimit_store_args_t, ca), NULL },
        { ngx_string("on_error"), NGX_API_OPT_ENUM,
          offsetof(ngx_api_ratelimit_store_args_t, on_error),
          ngx_api_ratelimit_on_errors },
        ngx_api_null_opt
    };

    value = cf->args->elts;

    if (ngx_api_ratelimit_store_find(mcf, &value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate api_ratelimit_store \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    store = ngx_pcalloc(cf->pool, sizeof(ngx_api_ratelimit_store_t));
    p = ngx_array_push(&mcf->stores);

    if (store == NULL || p == NULL) {
        return NGX_CONF_ERROR;
    }

    *p = store;
    store->name = value[1];

    ngx_memzero(&args, sizeof(ngx_api_ratelimit_store_args_t));
    ngx_str_set(&args.prefix, "apisec:");

    if (ngx_api_conf_opts(cf, 3, opts, &args) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    return ngx_api_ratelimit_store_define(cf, mcf, store, &args);
}


static char *
ngx_api_ratelimit_store_define(ngx_conf_t *cf,
    ngx_api_ratelimit_main_conf_t *mcf, ngx_api_ratelimit_store_t *store,
    ngx_api_ratelimit_store_args_t *args)
{
    char       *rv;
    ngx_str_t  *value;

    value = cf->args->elts;

    if (args->prefix.len > 64 || ngx_strlchr(args->prefix.data,
                                             args->prefix.data
                                             + args->prefix.len, '{'))
    {
        return "takes a prefix= of 64 bytes at most, without a {";
    }

    store->prefix = args->prefix;
    store->on_error = args->on_error;
    store->db = args->db;

    rv = ngx_api_ratelimit_store_times(cf, args, store);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    rv = ngx_api_ratelimit_store_url(cf, store, &value[2]);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    rv = ngx_api_ratelimit_store_password(cf, mcf, store, &args->password);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    rv = ngx_api_ratelimit_store_tls(cf, store, &args->ca);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    store->clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    return ngx_api_ratelimit_store_zone(cf, store) == NGX_OK ? NGX_CONF_OK
                                                             : NGX_CONF_ERROR;
}


ngx_api_ratelimit_store_t *
ngx_api_ratelimit_store_find(const ngx_api_ratelimit_main_conf_t *mcf,
    const ngx_str_t *name)
{
    ngx_uint_t                   i;
    ngx_api_ratelimit_store_t  **store;

    store = mcf->stores.elts;

    for (i = 0; i < mcf->stores.nelts; i++) {
        if (api_span_eq(ngx_api_span(&store[i]->name), ngx_api_span(name))) {
            return store[i];
        }
    }

    return NULL;
}


char *
ngx_api_ratelimit_store_bind(ngx_conf_t *cf,
    const ngx_api_ratelimit_main_conf_t *mcf,
    ngx_api_ratelimit_policy_t *policy)
{
    policy->store = ngx_api_ratelimit_store_find(mcf, &policy->store_name);

    if (policy->store == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "there is no store \"%V\": add "
                      "\"api_ratelimit_store %V redis://HOST;\" in %V:%ui",
                      &policy->store_name, &policy->store_name, &policy->file,
                      policy->line);
        return NGX_CONF_ERROR;
    }

    if (policy->gcra.burst) {
        ngx_api_ratelimit_stored_widen(policy, &policy->gcra);
    }

    return NGX_CONF_OK;
}


static char *
ngx_api_ratelimit_store_times(ngx_conf_t *cf,
    const ngx_api_ratelimit_store_args_t *args,
    ngx_api_ratelimit_store_t *store)
{
    ngx_int_t  timeout, flush;

    timeout = args->timeout.len
              ? ngx_parse_time((ngx_str_t *) &args->timeout, 0) : 50;
    flush = args->flush.len
            ? ngx_parse_time((ngx_str_t *) &args->flush, 0) : 100;

    if (timeout < 5 || timeout > 60000) {
        return "takes a timeout= from 5ms to 60s";
    }

    if (flush < 5 || flush > 1000) {
        return "takes a flush= from 5ms to 1s";
    }

    store->timeout = timeout;
    store->flush = flush;

    return NGX_CONF_OK;
}


/* redis://[USER@]HOST[:PORT][/DB], rediss://..., unix:/PATH */

static char *
ngx_api_ratelimit_store_url(ngx_conf_t *cf, ngx_api_ratelimit_store_t *store,
    ngx_str_t *value)
{
    u_char     *p, *at, *slash, *last;
    ngx_int_t   db;
    ngx_str_t   rest;

    rest = *value;

    if (ngx_strncmp(rest.data, "unix:", 5) == 0) {
        store->url.url = rest;

    } else {
        if (ngx_strncmp(rest.data, "redis://", 8) == 0) {
            p = rest.data + 8;

        } else if (ngx_strncmp(rest.data, "rediss://", 9) == 0) {
            p = rest.data + 9;
            store->tls = 1;

        } else {
            return "takes redis://HOST, rediss://HOST or unix:/PATH";
        }

        last = rest.data + rest.len;
        at = ngx_strlchr(p, last, '@');

        if (at) {
            store->user.data = p;
            store->user.len = at - p;
            p = at + 1;

            if (ngx_strlchr(store->user.data, at, ':')) {
                return "has a password in its URL: name it by "
                       "password=file:PATH, cred:NAME or env:NAME";
            }
        }

        slash = ngx_strlchr(p, last, '/');

        if (slash && slash + 1 < last) {
            store->db.data = slash + 1;
            store->db.len = last - store->db.data;
        }

        store->url.url.data = p;
        store->url.url.len = (slash ? slash : last) - p;
        store->url.default_port = 6379;
    }

    db = store->db.len ? ngx_atoi(store->db.data, store->db.len) : 0;

    if (db == NGX_ERROR || db > 9999) {
        return "takes the number of a database";
    }

    return ngx_api_ratelimit_store_host(cf, store, &store->url.host);
}


static char *
ngx_api_ratelimit_store_host(ngx_conf_t *cf, ngx_api_ratelimit_store_t *store,
    ngx_str_t *host)
{
    api_addr_t  addr;

    if (ngx_parse_url(cf->pool, &store->url) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the store's host \"%V\" cannot be used: %s",
                           &store->url.url, store->url.err
                                            ? store->url.err : "no memory");
        return NGX_CONF_ERROR;
    }

    if (host->len > 2 && host->data[0] == '[') {
        host->data++;
        host->len -= 2;
    }

    store->host.len = host->len;
    store->host.data = ngx_pnalloc(cf->pool, host->len + 1);
    if (store->host.data == NULL) {
        return NGX_CONF_ERROR;
    }

    (void) ngx_cpystrn(store->host.data, host->data, host->len + 1);

    store->named = store->url.family != AF_UNIX
                   && !api_addr_parse(ngx_api_span(&store->host), &addr);

    return NGX_CONF_OK;
}


static char *
ngx_api_ratelimit_store_password(ngx_conf_t *cf,
    ngx_api_ratelimit_main_conf_t *mcf, ngx_api_ratelimit_store_t *store,
    ngx_str_t *value)
{
    api_err_t              err;
    ngx_uint_t             permissions;
    ngx_api_source_t       source;
    ngx_pool_cleanup_t    *cln;
    const ngx_api_door_t  *sec;

    if (value->len == 0) {
        return store->user.len ? "needs a password= for the user in its URL"
                               : NGX_CONF_OK;
    }

    if (ngx_api_door_find(cf, NGX_API_SEC, &sec) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    permissions = sec ? sec->permissions(sec) : NGX_API_SECRET_STRICT;

    if (ngx_api_conf_secret(cf, value, permissions, &source)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    store->password.data = ngx_pnalloc(cf->pool,
                                       NGX_API_RATELIMIT_PASSWORD_MAX);
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (store->password.data == NULL || cln == NULL) {
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_api_ratelimit_store_forget;
    cln->data = store;

    if (value->data[0] == 'f') {
        ngx_explicit_memzero(source.text.data, source.text.len);

        return ngx_api_watch_add(cf, &mcf->watches, &source.path,
                                 NGX_API_RATELIMIT_PASSWORD_MAX,
                                 ngx_api_ratelimit_store_load, store);
    }

    if (ngx_api_ratelimit_store_load(store, ngx_api_span(&source.text), &err)
        != API_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\": %s", value,
                           err.text);
        return NGX_CONF_ERROR;
    }

    ngx_explicit_memzero(source.text.data, source.text.len);

    return NGX_CONF_OK;
}


/* A new one is used for the next connection. */

static int
ngx_api_ratelimit_store_load(void *data, api_span_t text, api_err_t *err)
{
    ngx_api_ratelimit_store_t *store = data;

    while (text.len && (text.data[text.len - 1] == LF
                        || text.data[text.len - 1] == CR))
    {
        text.len--;
    }

    if (text.len == 0 || text.len > NGX_API_RATELIMIT_PASSWORD_MAX) {
        return api_fail(err, API_INVALID, 0, 0,
                        "a password has 1 to %d bytes",
                        NGX_API_RATELIMIT_PASSWORD_MAX);
    }

    ngx_memcpy(store->password.data, text.data, text.len);
    store->password.len = text.len;

    return API_OK;
}


static void
ngx_api_ratelimit_store_forget(void *data)
{
    ngx_api_ratelimit_store_t *store = data;

    ngx_explicit_memzero(store->password.data, store->password.len);
    store->password.len = 0;
}


#if (NGX_SSL)

/* Certificates in a directory bear a hash of their subject: 1f2e3d4c.0 */

static ngx_uint_t
ngx_api_ratelimit_store_hashed(const char *path)
{
    DIR            *dir;
    ngx_uint_t      found;
    struct dirent  *e;

    dir = opendir(path);
    if (dir == NULL) {
        return 0;
    }

    found = 0;

    while (!found && (e = readdir(dir)) != NULL) {
        found = strspn(e->d_name, "0123456789abcdef") == 8
                && e->d_name[8] == '.';
    }

    (void) closedir(dir);

    return found;
}


/* Where OpenSSL looks for certificates, is there anything?  It does not say,
   and trusts nobody when there is not. */

static ngx_uint_t
ngx_api_ratelimit_store_trusts(void)
{
    const char       *path;
    ngx_file_info_t   fi;

    path = getenv(X509_get_default_cert_file_env());
    path = path ? path : X509_get_default_cert_file();

    if (ngx_file_info(path, &fi) != NGX_FILE_ERROR) {
        return 1;
    }

    path = getenv(X509_get_default_cert_dir_env());
    path = path ? path : X509_get_default_cert_dir();

    return ngx_strchr(path, ':') || ngx_api_ratelimit_store_hashed(path);
}

#endif


static char *
ngx_api_ratelimit_store_tls(ngx_conf_t *cf, ngx_api_ratelimit_store_t *store,
    ngx_str_t *ca)
{
#if (NGX_SSL)
    ngx_pool_cleanup_t  *cln;
#endif

    if (!store->tls) {
        return ca->len ? "takes ca= with rediss:// only" : NGX_CONF_OK;
    }

#if (NGX_SSL)

    store->ssl = ngx_pcalloc(cf->pool, sizeof(ngx_ssl_t));
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (store->ssl == NULL || cln == NULL) {
        return NGX_CONF_ERROR;
    }

    store->ssl->log = cf->log;

    if (ngx_ssl_create(store->ssl, NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3, NULL)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_ssl_cleanup_ctx;
    cln->data = store->ssl;

    if (ca->len) {
        if (ngx_api_conf_path(cf, ca) != NGX_CONF_OK
            || ngx_ssl_trusted_certificate(cf, store->ssl, ca, 3) != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }

        ERR_clear_error();

    } else if (!ngx_api_ratelimit_store_trusts()
               || SSL_CTX_set_default_verify_paths(store->ssl->ctx) != 1)
    {
        return "needs ca=: there are no certificates of the system";
    }

    return NGX_CONF_OK;

#else

    return "needs an nginx with TLS for rediss://";

#endif
}
