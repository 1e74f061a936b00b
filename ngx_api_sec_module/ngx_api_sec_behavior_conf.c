
#include "ngx_api_sec_behavior.h"


#define NGX_API_SEC_BEHAVIOR_LEAST  (64 * 1024)


static void ngx_api_sec_behavior_init(void *data, size_t size);
static char *ngx_api_sec_behavior_made(ngx_conf_t *cf,
    ngx_api_sec_behavior_t *line);
static char *ngx_api_sec_behavior_check(ngx_api_sec_behavior_t *line);
static ngx_uint_t ngx_api_sec_usual_room(size_t size);


const ngx_str_t  ngx_api_sec_behavior_names[] = {
    ngx_string("enumeration"),
    ngx_string("stuffing"),
    ngx_string("scanner"),
    ngx_string("sharing"),
    ngx_string("errors"),
    ngx_string("anomaly"),
    ngx_null_string
};

const ngx_str_t  ngx_api_sec_action_names[] = {
    ngx_string("record"),
    ngx_string("alert"),
    ngx_string("tag"),
    ngx_string("throttle"),
    ngx_string("ban"),
    ngx_null_string
};

/* over= and window= when they are not given. */

static const ngx_uint_t  ngx_api_sec_behavior_over[NGX_API_SEC_NBEHAVIORS] = {
    30, 20, 20, 10, 20, 4
};

static const time_t  ngx_api_sec_behavior_window[NGX_API_SEC_NBEHAVIORS] = {
    60, 60, 60, 600, 60, 60
};


char *
ngx_api_sec_behavior(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    ngx_int_t                n;
    ngx_str_t               *value;
    ngx_api_sec_behavior_t  *line;

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("over"), NGX_API_OPT_NUM,
          offsetof(ngx_api_sec_behavior_t, over), NULL },
        { ngx_string("action"), NGX_API_OPT_ENUM,
          offsetof(ngx_api_sec_behavior_t, action),
          ngx_api_sec_action_names },
        { ngx_string("ttl"), NGX_API_OPT_SEC,
          offsetof(ngx_api_sec_behavior_t, ttl), NULL },
        { ngx_string("window"), NGX_API_OPT_SEC,
          offsetof(ngx_api_sec_behavior_t, window), NULL },
        { ngx_string("warmup"), NGX_API_OPT_NUM,
          offsetof(ngx_api_sec_behavior_t, warmup), NULL },
        { ngx_string("by"), NGX_API_OPT_STR,
          offsetof(ngx_api_sec_behavior_t, by), NULL },
        ngx_api_null_opt
    };

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        lcf->behavior.off = 1;
        return NGX_CONF_OK;
    }

    n = ngx_api_conf_enum(&value[1], ngx_api_sec_behavior_names);

    if (n == NGX_ERROR) {
        return "takes enumeration, stuffing, scanner, sharing, errors, "
               "anomaly or off first";
    }

    line = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_behavior_t));
    if (line == NULL) {
        return NGX_CONF_ERROR;
    }

    line->kind = n;
    line->over = ngx_api_sec_behavior_over[n];
    line->window = ngx_api_sec_behavior_window[n];
    line->action = NGX_API_SEC_ALERT;
    line->ttl = 600;
    line->warmup = 60;

    if (ngx_api_conf_opts(cf, 2, opts, line) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_api_sec_uses(cf, NGX_API_SEC_USES_BEHAVIOR);

    if (ngx_api_sec_behavior_made(cf, line) != NGX_CONF_OK
        || ngx_api_conf_list_add(cf, &lcf->behavior, line) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_api_sec_behavior_check(line);
}


static char *
ngx_api_sec_behavior_made(ngx_conf_t *cf, ngx_api_sec_behavior_t *line)
{
    ngx_api_sec_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_api_sec_module);
    mcf->behaviors->used = 1;

    line->counter = ngx_crc32_short(line->by.data, line->by.len)
                    ^ (uint32_t) line->window;

    if (line->kind == NGX_API_SEC_ANOMALY && mcf->behaviors->anomaly == NULL) {
        mcf->behaviors->anomaly = line;
    }

    if (line->by.len == 0) {
        return NGX_CONF_OK;
    }

    line->thing = ngx_pcalloc(cf->pool, sizeof(ngx_http_complex_value_t));

    return line->thing
           ? ngx_api_conf_value(cf, &line->by, line->thing) : NGX_CONF_ERROR;
}


static char *
ngx_api_sec_behavior_check(ngx_api_sec_behavior_t *line)
{
    if (line->over < 1 || line->over > 10000 || line->window < 1
        || line->window > 86400 || line->ttl < 1 || line->ttl > 30 * 86400
        || line->warmup < 5 || line->warmup > 10000)
    {
        return "takes over= of 1 to 10000, window= of 1s to 1d, ttl= of 1s to "
               "30d, warmup= of 5 to 10000";
    }

    if (line->thing && line->kind != NGX_API_SEC_STUFFING
        && line->kind != NGX_API_SEC_ENUMERATION)
    {
        return "takes by= with stuffing (the name somebody tries to log in "
               "with) and enumeration (the object) alone";
    }

    if (line->kind >= NGX_API_SEC_ERRORS
        && line->action > NGX_API_SEC_ALERT)
    {
        return "takes action=record or alert with errors and anomaly, which "
               "are of operations and nobody's";
    }

    return NGX_CONF_OK;
}


char *
ngx_api_sec_alert_spool(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_main_conf_t *mcf = conf;

    ngx_str_t        *value;
    ngx_file_info_t   fi;

    if (mcf->behaviors->spool) {
        return "is duplicate";
    }

    value = cf->args->elts;
    mcf->behaviors->spool = ngx_conf_open_file(cf->cycle, &value[1]);

    if (mcf->behaviors->spool == NULL) {
        return NGX_CONF_ERROR;
    }

    /* a pipe that nobody reads would hold up a worker */

    if (ngx_file_info(mcf->behaviors->spool->name.data, &fi) != NGX_FILE_ERROR
        && !ngx_is_file(&fi))
    {
        return "takes a regular file";
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_api_sec_behavior_create(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    ngx_api_sec_behaviors_t  *b;

    b = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_behaviors_t));
    if (b == NULL) {
        return NGX_ERROR;
    }

    ngx_str_set(&b->tenant.name, "behavior");
    b->tenant.abi = 2;
    b->tenant.init = ngx_api_sec_behavior_init;

    mcf->behaviors = b;

    return NGX_OK;
}


ngx_int_t
ngx_api_sec_behavior_zone(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    size_t                    size;
    ngx_api_sec_behaviors_t  *b;

    b = mcf->behaviors;

    if (!b->used) {
        return NGX_OK;
    }

    if (mcf->zone == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"api_behavior\" needs shared memory: write "
                      "\"api_zone main 8m;\" in http");
        return NGX_ERROR;
    }

    if (b->anomaly && !mcf->inventories->used) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"api_behavior anomaly\" looks at what api_inventory "
                      "counts: write \"api_inventory;\" beside it");
        return NGX_ERROR;
    }

    size = mcf->shares.behavior ? mcf->shares.behavior
                                : mcf->zone->shm.size / 8;
    size = ngx_align(size, ngx_pagesize);

    if (size < NGX_API_SEC_BEHAVIOR_LEAST) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "the share of \"api_behavior\" in api_zone \"%V\" is "
                      "too small: give it \"behavior=64k\" or more",
                      &mcf->zone->shm.name);
        return NGX_ERROR;
    }

    b->tenant.size = size;
    b->zone = mcf->zone;

    return ngx_api_zone_tenant(cf, mcf->zone, &b->tenant);
}


/* A quarter of the share is for operations; the rest for subjects. */

static ngx_uint_t
ngx_api_sec_usual_room(size_t size)
{
    return size / 4 / sizeof(ngx_api_sec_usual_t);
}


static void
ngx_api_sec_behavior_init(void *data, size_t size)
{
    size_t                  used;
    ngx_api_sec_behaved_t  *z = data;

    used = ngx_align(sizeof(ngx_api_sec_behaved_t)
                     + ngx_api_sec_usual_room(size)
                       * sizeof(ngx_api_sec_usual_t), 64);

    if (ngx_api_random(z->key, sizeof(z->key)) == NGX_OK) {
        (void) api_behave_init((u_char *) data + used, size - used);
    }
}


ngx_api_sec_behaved_t *
ngx_api_sec_behaved(const ngx_api_sec_behaviors_t *b)
{
    return b->tenant.data;
}


ngx_api_sec_usual_t *
ngx_api_sec_usual(const ngx_api_sec_behaviors_t *b, ngx_uint_t *n)
{
    *n = ngx_api_sec_usual_room(b->tenant.size);

    return (ngx_api_sec_usual_t *) (ngx_api_sec_behaved(b) + 1);
}


api_behave_t *
ngx_api_sec_behave(const ngx_api_sec_behaviors_t *b)
{
    size_t   used;
    u_char  *data;

    data = b->tenant.data;

    used = ngx_align(sizeof(ngx_api_sec_behaved_t)
                     + ngx_api_sec_usual_room(b->tenant.size)
                       * sizeof(ngx_api_sec_usual_t), 64);

    return data ? api_behave_at(data + used) : NULL;
}
