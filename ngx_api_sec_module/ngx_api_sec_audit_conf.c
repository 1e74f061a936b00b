
/*
 * api_audit, api_audit_key, api_audit_redact.
 */

#include "ngx_api_sec_audit.h"
#include "api_jws_sha.h"


static char *ngx_api_sec_audit_events(ngx_conf_t *cf,
    ngx_api_sec_audit_t *audit);
static char *ngx_api_sec_audit_sink(ngx_conf_t *cf, ngx_str_t *target,
    ngx_api_sec_audit_t *audit);


#define NGX_API_SEC_AUDIT_SAMPLES  1000000


char *
ngx_api_sec_audit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    ngx_str_t            *value;
    ngx_api_sec_audit_t  *audit;

    static const ngx_str_t  on_error[] = {
        ngx_string("pass"),
        ngx_string("degrade"),
        ngx_string("deny"),
        ngx_null_string
    };

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("events"), NGX_API_OPT_STR,
          offsetof(ngx_api_sec_audit_t, what), NULL },
        { ngx_string("always"), NGX_API_OPT_WORDS,
          offsetof(ngx_api_sec_audit_t, always), NULL },
        { ngx_string("on_error"), NGX_API_OPT_ENUM,
          offsetof(ngx_api_sec_audit_t, on_error), on_error },
        { ngx_string("threads"), NGX_API_OPT_STR,
          offsetof(ngx_api_sec_audit_t, pool), NULL },
        { ngx_string("buffer"), NGX_API_OPT_SIZE,
          offsetof(ngx_api_sec_audit_t, buffer), NULL },
        ngx_api_null_opt
    };

    if (lcf->audit != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        lcf->audit = NULL;
        return NGX_CONF_OK;
    }

    audit = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_audit_t));
    if (audit == NULL) {
        return NGX_CONF_ERROR;
    }

    audit->on_error = NGX_API_SEC_AUDIT_DEGRADE;
    lcf->audit = audit;

    if (ngx_api_conf_opts(cf, 2, opts, audit) != NGX_CONF_OK
        || ngx_api_sec_audit_events(cf, audit) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_api_sec_uses(cf, NGX_API_SEC_USES_AUDIT);

    if (audit->on_error == NGX_API_SEC_AUDIT_DENY) {
        ngx_api_sec_uses(cf, NGX_API_SEC_USES_AUDIT_DENY);
    }

    return ngx_api_sec_audit_sink(cf, &value[1], audit);
}


static char *
ngx_api_sec_audit_events(ngx_conf_t *cf, ngx_api_sec_audit_t *audit)
{
    ngx_int_t   n;
    ngx_str_t  *what = &audit->what;

    if (what->len == 0 || ngx_strcmp(what->data, "all") == 0) {
        audit->events = NGX_API_SEC_AUDIT_ALL;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(what->data, "denied") == 0) {
        audit->events = NGX_API_SEC_AUDIT_DENIED;
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(what->data, "sample:", 7) == 0) {
        n = ngx_atoi(what->data + 7, what->len - 7);

        if (n >= 1 && n <= NGX_API_SEC_AUDIT_SAMPLES) {
            audit->events = NGX_API_SEC_AUDIT_SAMPLE;
            audit->sample = n;
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value in \"events=%V\": write all, denied, or "
                       "sample:N for what is refused and one of N others, N "
                       "from 1 to 1000000", what);

    return NGX_CONF_ERROR;
}


/* Lines with one target share it. */

static char *
ngx_api_sec_audit_sink(ngx_conf_t *cf, ngx_str_t *target,
    ngx_api_sec_audit_t *audit)
{
    ngx_str_t                        name;
    const ngx_api_sec_sink_t        *sink;
    const ngx_api_sec_main_conf_t   *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_api_sec_module);
    name = *target;

    if (name.len == 0) {
        return "takes a path, stdout, syslog:server=..., or off";
    }

    if (ngx_http_script_variables_count(&name)) {
        return "takes a path without variables: one file for all requests of "
               "a location";
    }

    if (audit->buffer && (audit->buffer < API_SPOOL_MIN
                          || audit->buffer > API_SPOOL_MAX))
    {
        return "takes a buffer from 64k to 8m";
    }

    if (ngx_strcmp(name.data, "stdout") != 0
        && ngx_strncmp(name.data, "syslog:", 7) != 0
        && ngx_conf_full_name(cf->cycle, &name, 0) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    sink = ngx_api_sec_sink_find(mcf->audits, &name);

    if (sink == NULL) {
        audit->sink = ngx_api_sec_sink_add(cf, mcf->audits, &name, audit);

        return audit->sink ? NGX_CONF_OK : NGX_CONF_ERROR;
    }

    audit->sink = sink;

    if ((audit->buffer && audit->buffer != sink->buffer)
        || (audit->pool.len
            && (audit->pool.len != sink->pool.len
                || ngx_strcmp(audit->pool.data, sink->pool.data) != 0)))
    {
        return "differs in buffer= or threads= from the first line with that "
               "target: write them there alone";
    }

    return NGX_CONF_OK;
}


char *
ngx_api_sec_audit_key(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_main_conf_t *mcf = conf;

    u_char             sum[API_JWS_SHA_LEN];
    ngx_str_t         *value;
    api_span_t         pieces[2];
    api_alloc_t        alloc;
    api_jws_sha_t     *sha;
    ngx_api_source_t   source;

    if (mcf->audits->key_set) {
        return "is duplicate";
    }

    value = cf->args->elts;
    mcf->secrets = 1;
    mcf->audits->key_set = 1;

    if (ngx_api_conf_secret(cf, &value[1], ngx_api_sec_permissions(mcf),
                            &source)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (source.text.len < 16) {
        return "takes a secret of 16 bytes or more: run  openssl rand -hex 32 "
               ">FILE";
    }

    ngx_api_pool_alloc(&alloc, cf->pool);

    sha = api_jws_sha_create(&alloc);
    pieces[0] = API_SPAN("apisec pseudonyms 1\n");
    pieces[1] = ngx_api_span(&source.text);

    if (sha == NULL || api_jws_sha(sha, pieces, 2, sum) != API_OK) {
        api_jws_sha_free(sha);
        return NGX_CONF_ERROR;
    }

    api_jws_sha_free(sha);

    mcf->audits->key = api_sipkey(sum);
    (void) ngx_hex_dump(mcf->audits->key_id, sum + 16, 4);

    ngx_explicit_memzero(sum, sizeof(sum));
    ngx_explicit_memzero(source.text.data, source.text.len);

    return NGX_CONF_OK;
}


char *
ngx_api_sec_audit_redact(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    ngx_int_t    n;
    ngx_str_t   *value;
    ngx_uint_t   i;

    /* in the order of the bits */

    static const ngx_str_t  names[] = {
        ngx_string("client"),
        ngx_string("principal"),
        ngx_string("agent"),
        ngx_string("path"),
        ngx_string("query"),
        ngx_string("host"),
        ngx_null_string
    };

    if (lcf->audit_redact != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    lcf->audit_redact = 0;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    for (i = 1; i < cf->args->nelts; i++) {
        n = ngx_api_conf_enum(&value[i], names);

        if (n == NGX_ERROR) {
            return "takes client, principal, agent, path, query and host, or "
                   "off";
        }

        lcf->audit_redact |= (ngx_uint_t) 1 << n;
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_api_sec_audit_create(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    ngx_api_sec_audits_t  *audits;

    audits = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_audits_t));

    if (audits == NULL
        || ngx_array_init(&audits->sinks, cf->pool, 2, sizeof(void *))
           != NGX_OK
        || ngx_api_random(&audits->key, sizeof(api_sipkey_t)) != NGX_OK)
    {
        return NGX_ERROR;
    }

    mcf->door.note = ngx_api_sec_audit_door;
    mcf->door.watched = ngx_api_sec_audit_file;

    ngx_memcpy(audits->key_id, "00000000", sizeof(audits->key_id));
    audits->host = cf->cycle->hostname;
    audits->uid = geteuid();
    mcf->audits = audits;

    return NGX_OK;
}


ngx_uint_t
ngx_api_sec_audit_uses(const ngx_api_sec_loc_conf_t *conf)
{
    if (conf->audit == NULL) {
        return 0;
    }

    return conf->audit->on_error == NGX_API_SEC_AUDIT_DENY
           ? NGX_API_SEC_USES_AUDIT|NGX_API_SEC_USES_AUDIT_DENY
           : NGX_API_SEC_USES_AUDIT;
}


void
ngx_api_sec_audit_merge(ngx_api_sec_loc_conf_t *conf,
    const ngx_api_sec_loc_conf_t *prev)
{
    ngx_conf_merge_ptr_value(conf->audit, prev->audit, NULL);
    ngx_conf_merge_uint_value(conf->audit_redact, prev->audit_redact, 0);
}
