
/*
 * Configuration of the module as a whole, and the directives that belong to
 * the suite rather than to a feature.
 */

#include "ngx_api_sec_forward.h"
#include "ngx_api_sec_monitor.h"
#include "ngx_api_sec_behavior.h"
#include "ngx_api_sec_govern.h"
#include "ngx_api_sec_schema.h"
#include "ngx_api_sec_status.h"
#include "ngx_api_sec_audit.h"
#include "ngx_api_sec_recent.h"
#include "ngx_api_sec_revoke.h"
#include "ngx_api_sec_introspect.h"
#include "ngx_api_sec_inventory.h"


static ngx_int_t ngx_api_sec_create_record(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf);
static const ngx_api_shared_t *ngx_api_sec_shared(ngx_http_request_t *r);
static ngx_uint_t ngx_api_sec_door_permissions(const ngx_api_door_t *door);
static void ngx_api_sec_counts(const ngx_api_door_t *door, api_writer_t *w);
static void ngx_api_sec_merge_shared(ngx_api_shared_t *conf,
    const ngx_api_shared_t *prev);
static ngx_uint_t ngx_api_sec_merge_uses(const ngx_api_sec_loc_conf_t *conf);


void *
ngx_api_sec_create_main_conf(ngx_conf_t *cf)
{
    ngx_api_sec_main_conf_t  *mcf;

    mcf = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_main_conf_t));
    if (mcf == NULL) {
        return NULL;
    }

    /* set by ngx_pcalloc(): zone, state */

    ngx_api_door_init(&mcf->door, NGX_API_SEC);

    mcf->door.shared = ngx_api_sec_shared;
    mcf->door.ready = ngx_api_sec_ready;
    mcf->door.status = ngx_api_sec_counts;
    mcf->door.tally = &mcf->tenant;
    mcf->door.metrics = ngx_api_sec_metrics;
    mcf->door.sections = ngx_api_sec_sections;
    mcf->door.state = &mcf->state;
    mcf->door.permissions = ngx_api_sec_door_permissions;
    mcf->door.worker = ngx_pcalloc(cf->pool, sizeof(ngx_api_worker_t));
    mcf->tokens = ngx_api_sec_tokens_create(cf);

    if (mcf->door.worker == NULL || mcf->tokens == NULL
        || ngx_array_init(&mcf->issuers, cf->pool, 4, sizeof(void *))
           != NGX_OK
        || ngx_array_init(&mcf->key_stores, cf->pool, 4, sizeof(void *))
           != NGX_OK
        || ngx_array_init(&mcf->mtls, cf->pool, 1, sizeof(void *)) != NGX_OK
        || ngx_array_init(&mcf->introspects, cf->pool, 2, sizeof(void *))
           != NGX_OK
        || ngx_array_init(&mcf->revocations, cf->pool, 1, sizeof(void *))
           != NGX_OK
        || ngx_array_init(&mcf->auths, cf->pool, 4, sizeof(void *)) != NGX_OK
        || ngx_array_init(&mcf->lists, cf->pool, 4, sizeof(void *)) != NGX_OK
        || ngx_api_sec_govern_create(cf, mcf) != NGX_OK
        || ngx_array_init(&mcf->signers, cf->pool, 1, sizeof(void *))
           != NGX_OK
        || ngx_array_init(&mcf->path_operands, cf->pool, 1,
                          sizeof(ngx_api_sec_operand_place_t))
           != NGX_OK
        || ngx_array_init(&mcf->statuses, cf->pool, 1, sizeof(void *))
           != NGX_OK
        || ngx_array_init(&mcf->watches.files, cf->pool, 4, sizeof(void *))
           != NGX_OK
        || ngx_api_random(&mcf->seed, sizeof(api_sipkey_t)) != NGX_OK
        || ngx_api_sec_specs_init(cf, mcf) != NGX_CONF_OK
        || ngx_api_sec_create_record(cf, mcf) != NGX_OK)
    {
        return NULL;
    }

    mcf->loaded = ngx_time();
    mcf->permissions = NGX_CONF_UNSET_UINT;
    mcf->body_budget = NGX_CONF_UNSET_SIZE;
    ngx_api_tally_init(&mcf->tenant, "sec");

    return mcf;
}


/* What is kept of requests. */

static ngx_int_t
ngx_api_sec_create_record(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    return ngx_api_sec_audit_create(cf, mcf) == NGX_OK
           && ngx_api_sec_monitor_create(cf, mcf) == NGX_OK
           && ngx_api_sec_inventory_create(cf, mcf) == NGX_OK
           && ngx_api_sec_behavior_create(cf, mcf) == NGX_OK
           && ngx_api_sec_recent_create(cf, mcf) == NGX_OK
           ? NGX_OK : NGX_ERROR;
}


char *
ngx_api_sec_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_api_sec_main_conf_t *mcf = conf;

    ngx_conf_init_uint_value(mcf->permissions, NGX_API_SECRET_STRICT);
    ngx_conf_init_size_value(mcf->body_budget, 64 * 1024 * 1024);

    mcf->door.worker->body_budget = mcf->body_budget;

    if (mcf->state.len == 0) {
        ngx_str_set(&mcf->state, "/var/lib/nginx/api");
    }

    if (ngx_api_sec_seal_init(cf, mcf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_api_sec_auth_resolve(cf, mcf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    return ngx_api_sec_schemes_resolve(cf, mcf);
}


void *
ngx_api_sec_create_srv_conf(ngx_conf_t *cf)
{
    ngx_api_sec_srv_conf_t  *scf;

    scf = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_srv_conf_t));

    if (scf == NULL
        || ngx_array_init(&scf->forward_names, cf->pool, 1, sizeof(ngx_str_t))
           != NGX_OK)
    {
        return NULL;
    }

    return scf;
}


void *
ngx_api_sec_create_loc_conf(ngx_conf_t *cf)
{
    ngx_api_sec_loc_conf_t  *lcf;

    lcf = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_loc_conf_t));
    if (lcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     lcf->shared.type_base = { 0, NULL };
     *     lcf->require = { NULL, 0 };
     *     lcf->bind = { NULL, 0 };
     *     lcf->forward = { NULL, 0 };
     *     lcf->status = NULL;
     */

    lcf->shared.mode.fixed = NGX_CONF_UNSET_UINT;
    lcf->shared.reject = NGX_CONF_UNSET_UINT;
    lcf->shared.detail = NGX_CONF_UNSET_UINT;
    lcf->shared.body_limit = NGX_CONF_UNSET_SIZE;
    lcf->shared.body_over = NGX_CONF_UNSET_UINT;
    lcf->shared.decode_max = NGX_CONF_UNSET_SIZE;
    lcf->shared.decode_ratio = NGX_CONF_UNSET_UINT;

    lcf->auth = NGX_CONF_UNSET_PTR;
    lcf->budget.period = NGX_CONF_UNSET_MSEC;
    lcf->cors = NGX_CONF_UNSET_PTR;
    lcf->graphql = NGX_CONF_UNSET_PTR;
    lcf->inventory = NGX_CONF_UNSET_PTR;
    lcf->leak = NGX_CONF_UNSET_PTR;
    lcf->origins = NGX_CONF_UNSET_PTR;
    lcf->strip = NGX_CONF_UNSET_UINT;
    lcf->assert = NGX_CONF_UNSET_PTR;
    lcf->audit = NGX_CONF_UNSET_PTR;
    lcf->audit_redact = NGX_CONF_UNSET_UINT;
    lcf->body = NGX_CONF_UNSET_UINT;
    lcf->body_mode.fixed = NGX_CONF_UNSET_UINT;

    return ngx_api_sec_schema_create(cf, lcf) == NGX_OK ? lcf : NULL;
}


char *
ngx_api_sec_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_api_sec_loc_conf_t *prev = parent;
    ngx_api_sec_loc_conf_t *conf = child;

    ngx_api_sec_merge_shared(&conf->shared, &prev->shared);

    ngx_conf_merge_ptr_value(conf->auth, prev->auth, NULL);
    ngx_api_sec_merge_budget(&conf->budget, &prev->budget);
    ngx_api_sec_mtls_merged(cf, conf->auth);
    ngx_conf_merge_ptr_value(conf->cors, prev->cors, NULL);
    ngx_conf_merge_ptr_value(conf->graphql, prev->graphql, NULL);
    ngx_conf_merge_ptr_value(conf->inventory, prev->inventory, NULL);
    ngx_conf_merge_ptr_value(conf->leak, prev->leak, NULL);
    ngx_conf_merge_ptr_value(conf->origins, prev->origins, NULL);

    ngx_api_sec_audit_merge(conf, prev);

    ngx_conf_merge_uint_value(conf->body, prev->body, NGX_API_SEC_BODY_OFF);
    ngx_api_merge_mode(&conf->body_mode, &prev->body_mode,
                       NGX_API_MODE_ENFORCE);

    ngx_api_sec_status_merge(cf, conf, prev);

    if (ngx_api_conf_list_join(cf, &conf->bind, &prev->bind) != NGX_CONF_OK
        || ngx_api_sec_govern_merge(cf, conf, prev) != NGX_CONF_OK
        || ngx_api_conf_list_join(cf, &conf->behavior, &prev->behavior)
           != NGX_CONF_OK
        || ngx_api_sec_forward_merge(cf, conf, prev) != NGX_CONF_OK
        || ngx_api_sec_schema_merge(cf, conf, prev) != NGX_CONF_OK
        || ngx_api_conf_list_join(cf, &conf->require, &prev->require)
           != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    conf->uses = ngx_api_sec_merge_uses(conf);

    return NGX_CONF_OK;
}


/* All else is merged: what does a request here need? */

static ngx_uint_t
ngx_api_sec_merge_uses(const ngx_api_sec_loc_conf_t *conf)
{
    ngx_uint_t  uses;

    uses = 0;

    uses |= conf->cors ? NGX_API_SEC_USES_CORS : 0;
    uses |= conf->origins ? NGX_API_SEC_USES_ORIGIN : 0;
    uses |= conf->auth ? NGX_API_SEC_USES_AUTH : 0;
    uses |= conf->require.items || conf->bind.items
            ? NGX_API_SEC_USES_REQUIRE : 0;
    uses |= conf->schema->rules ? NGX_API_SEC_USES_SCHEMA : 0;
    uses |= conf->body != NGX_API_SEC_BODY_OFF ? NGX_API_SEC_USES_BODY : 0;
    uses |= conf->schema->bare_rules ? NGX_API_SEC_USES_BARE : 0;
    uses |= conf->behavior.items ? NGX_API_SEC_USES_BEHAVIOR : 0;
    uses |= conf->inventory ? NGX_API_SEC_USES_INVENTORY : 0;
    uses |= conf->leak ? NGX_API_SEC_USES_LEAK : 0;
    uses |= conf->graphql ? NGX_API_SEC_USES_GRAPHQL : 0;
    uses |= conf->forward.items || conf->strip || conf->assert
            ? NGX_API_SEC_USES_FORWARD : 0;
    uses |= ngx_api_sec_audit_uses(conf);

    return uses;
}


static void
ngx_api_sec_merge_shared(ngx_api_shared_t *conf, const ngx_api_shared_t *prev)
{
    ngx_api_merge_mode(&conf->mode, &prev->mode, NGX_API_MODE_ENFORCE);

    if (conf->reject == NGX_CONF_UNSET_UINT) {
        conf->type_base = prev->type_base;
    }

    ngx_conf_merge_uint_value(conf->reject, prev->reject,
                              NGX_API_REJECT_PROBLEM);
    ngx_conf_merge_uint_value(conf->detail, prev->detail,
                              NGX_API_DETAIL_CODE);

    ngx_conf_merge_size_value(conf->body_limit, prev->body_limit,
                              1024 * 1024);
    ngx_conf_merge_uint_value(conf->body_over, prev->body_over,
                              NGX_API_BODY_OVER_DENY);
    ngx_conf_merge_size_value(conf->decode_max, prev->decode_max, 0);
    ngx_conf_merge_uint_value(conf->decode_ratio, prev->decode_ratio, 0);
}


static const ngx_api_shared_t *
ngx_api_sec_shared(ngx_http_request_t *r)
{
    const ngx_api_sec_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);

    return &lcf->shared;
}


static void
ngx_api_sec_counts(const ngx_api_door_t *door, api_writer_t *w)
{
    const ngx_api_sec_main_conf_t  *mcf;

    mcf = (const ngx_api_sec_main_conf_t *) door;

    ngx_api_tally_status(&mcf->tenant, w);
    ngx_api_sec_tokens_status(mcf, w);
    ngx_api_sec_proofs_status(mcf, w);
    ngx_api_sec_revoked_status(mcf, w);
    ngx_api_sec_answers_status(mcf, w);
    ngx_api_sec_monitor_status(mcf, w);
    ngx_api_sec_inventory_status(mcf, w);
    ngx_api_sec_specs_status(mcf, w);
    ngx_api_sec_audit_status(mcf, w);
}


void
ngx_api_sec_uses(ngx_conf_t *cf, ngx_uint_t feature)
{
    ngx_api_sec_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_api_sec_module);
    mcf->uses |= feature;
}


char *
ngx_api_sec_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_main_conf_t *mcf = conf;

    ssize_t     size;
    ngx_str_t  *value;

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("tokens"), NGX_API_OPT_SIZE,
          offsetof(ngx_api_sec_shares_t, tokens), NULL },
        { ngx_string("proofs"), NGX_API_OPT_SIZE,
          offsetof(ngx_api_sec_shares_t, proofs), NULL },
        { ngx_string("answers"), NGX_API_OPT_SIZE,
          offsetof(ngx_api_sec_shares_t, answers), NULL },
        { ngx_string("revocations"), NGX_API_OPT_SIZE,
          offsetof(ngx_api_sec_shares_t, revocations), NULL },
        { ngx_string("metrics"), NGX_API_OPT_SIZE,
          offsetof(ngx_api_sec_shares_t, metrics), NULL },
        { ngx_string("inventory"), NGX_API_OPT_SIZE,
          offsetof(ngx_api_sec_shares_t, inventory), NULL },
        { ngx_string("behavior"), NGX_API_OPT_SIZE,
          offsetof(ngx_api_sec_shares_t, behavior), NULL },
        ngx_api_null_opt
    };

    if (mcf->zone) {
        return "is duplicate: there is one zone for all modules";
    }

    value = cf->args->elts;
    size = ngx_parse_size(&value[2]);

    if (size == NGX_ERROR || size < (ssize_t) (8 * ngx_pagesize)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no size for a zone: write 32k or more, "
                           "for example 1m", &value[2]);
        return NGX_CONF_ERROR;
    }

    if (ngx_api_conf_opts(cf, 3, opts, &mcf->shares) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_api_sec_uses(cf, NGX_API_SEC_USES_AUDIT);    /* counters */

    mcf->zone = ngx_api_zone_add(cf, &value[1], (size_t) size);

    return mcf->zone ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_api_sec_state(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_main_conf_t *mcf = conf;

    ngx_str_t        *value;
    ngx_file_info_t   fi;

    if (mcf->state.len) {
        return "is duplicate";
    }

    value = cf->args->elts;
    mcf->state = value[1];

    if (ngx_api_conf_path(cf, &mcf->state) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_file_info(mcf->state.data, &fi) == NGX_FILE_ERROR
        || !ngx_is_dir(&fi))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no directory: run  install -d -m 0700 "
                           "%V", &mcf->state, &mcf->state);
        return NGX_CONF_ERROR;
    }

    if (fi.st_mode & 07) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the state directory \"%V\" is open to everybody: "
                           "run  chmod o= %V", &mcf->state, &mcf->state);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_api_sec_door_permissions(const ngx_api_door_t *door)
{
    return ngx_api_sec_permissions((ngx_api_sec_main_conf_t *) door);
}


char *
ngx_api_sec_secret_permissions(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_main_conf_t *mcf = conf;

    ngx_int_t   n;
    ngx_str_t  *value;

    static const ngx_str_t  names[] = {
        ngx_string("strict"),
        ngx_string("group"),
        ngx_string("warn"),
        ngx_null_string
    };

    if (mcf->permissions != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    if (mcf->secrets) {
        return "must stand before the first directive that names a secret";
    }

    value = cf->args->elts;
    n = ngx_api_conf_enum(&value[1], names);

    if (n == NGX_ERROR) {
        return "takes strict, group or warn";
    }

    mcf->permissions = n;

    return NGX_CONF_OK;
}


char *
ngx_api_sec_api_mode(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    ngx_str_t  *value;

    if (lcf->shared.mode.fixed != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    return ngx_api_conf_mode(cf, &value[1], &lcf->shared.mode);
}


char *
ngx_api_sec_reject(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    ngx_int_t   n;
    ngx_str_t  *value;

    static const ngx_str_t  forms[] = {
        ngx_string("problem"),
        ngx_string("empty"),
        ngx_null_string
    };

    static const ngx_str_t  details[] = {
        ngx_string("none"),
        ngx_string("code"),
        ngx_string("full"),
        ngx_null_string
    };

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("detail"), NGX_API_OPT_ENUM,
          offsetof(ngx_api_shared_t, detail), details },
        { ngx_string("type_base"), NGX_API_OPT_STR,
          offsetof(ngx_api_shared_t, type_base), NULL },
        ngx_api_null_opt
    };

    if (lcf->shared.reject != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    n = ngx_api_conf_enum(&value[1], forms);

    if (n == NGX_ERROR) {
        return "takes problem or empty first";
    }

    lcf->shared.reject = n;
    lcf->shared.detail = NGX_API_DETAIL_CODE;

    if (ngx_api_conf_opts(cf, 2, opts, &lcf->shared) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (lcf->shared.type_base.len > NGX_API_TYPE_BASE_MAX) {
        return "takes a type_base of 200 bytes at most";
    }

    return NGX_CONF_OK;
}
