
/*
 * Virtual patches: api_waf_patch, inline or from a watched file.
 */

#include "ngx_api_waf.h"


static char *ngx_api_waf_patch_inline(ngx_conf_t *cf,
    ngx_api_waf_patches_t *p);
static int ngx_api_waf_patch_load(void *data, api_span_t text,
    api_err_t *err);
static void ngx_api_waf_patch_free(void *data);
static void ngx_api_waf_patch_expired(const api_patches_t *list,
    time_t from, time_t to, ngx_log_t *log);
static void ngx_api_waf_patch_timer(ngx_event_t *ev);


#define NGX_API_WAF_PATCH_MAX  (1024 * 1024)

/* How soon it is told that one has expired. */

#define NGX_API_WAF_PATCH_LOOK  1000


/* State of the process that tells.  nginx logs the descriptor of what a timer
   belongs to. */

typedef struct {
    ngx_connection_t            dummy;
    const ngx_api_waf_main_conf_t *mcf;
    time_t                      seen;         /* told up to here */
} ngx_api_waf_patch_look_t;


static const ngx_api_why_t  ngx_api_waf_patched = {
    NGX_API_CHECK_WAF, NGX_HTTP_FORBIDDEN,
    ngx_string("patch"), ngx_null_string,
    ngx_string("request_blocked"),
    ngx_string("The request was blocked"), ngx_null_string
};


char *
ngx_api_waf_patch(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_waf_loc_conf_t *lcf = conf;

    ngx_str_t                *value;
    ngx_pool_cleanup_t       *cln;
    ngx_api_waf_patches_t    *p, **slot;
    ngx_api_waf_main_conf_t  *mcf;

    value = cf->args->elts;
    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_api_waf_module);
    lcf->own = 1;

    if (cf->args->nelts == 2 && value[1].len == 3
        && ngx_strncmp(value[1].data, "off", 3) == 0)
    {
        lcf->patches.off = 1;
        return NGX_CONF_OK;
    }

    p = ngx_pcalloc(cf->pool, sizeof(ngx_api_waf_patches_t));
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (p == NULL || cln == NULL) {
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_api_waf_patch_free;
    cln->data = p;

    slot = ngx_array_push(&mcf->patches);
    if (slot == NULL) {
        return NGX_CONF_ERROR;
    }

    *slot = p;

    if (ngx_api_conf_list_add(cf, &lcf->patches, p) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts > 2) {
        return ngx_api_waf_patch_inline(cf, p);
    }

    if (ngx_api_conf_path(cf, &value[1]) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    return ngx_api_watch_add(cf, &mcf->watches, &value[1],
                             NGX_API_WAF_PATCH_MAX, ngx_api_waf_patch_load,
                             p);
}


/* The words of the directive are a line of such a file. */

static char *
ngx_api_waf_patch_inline(ngx_conf_t *cf, ngx_api_waf_patches_t *p)
{
    u_char      *text, *q;
    size_t       len, k;
    api_err_t    err;
    ngx_str_t   *value;
    ngx_uint_t   i;

    value = cf->args->elts;

    for (i = 1, len = 0; i < cf->args->nelts; i++) {
        len += 2 * value[i].len + 3;
    }

    text = ngx_pnalloc(cf->pool, len);
    if (text == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1, q = text; i < cf->args->nelts; i++) {
        *q++ = '"';

        for (k = 0; k < value[i].len; k++) {
            if (value[i].data[k] == '"') {
                *q++ = '\\';
            }
            *q++ = value[i].data[k] == '\n' ? ' ' : value[i].data[k];
        }

        *q++ = '"';
        *q++ = ' ';
    }

    if (api_patches_parse(&p->list, api_span(text, q - text), &api_alloc_libc,
                          &err)
        != API_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "api_waf_patch: %s",
                           err.text + sizeof("line 1: ") - 1);
        return NGX_CONF_ERROR;
    }

    ngx_api_waf_patch_expired(p->list, 0, ngx_time(), cf->log);

    return NGX_CONF_OK;
}


static int
ngx_api_waf_patch_load(void *data, api_span_t text, api_err_t *err)
{
    ngx_api_waf_patches_t *p = data;

    int             rc;
    api_patches_t  *list;

    rc = api_patches_parse(&list, text, &api_alloc_libc, err);

    if (rc != API_OK) {
        return rc;
    }

    ngx_api_waf_patch_expired(list, 0, ngx_time(), ngx_cycle->log);

    api_patches_free(p->list);
    p->list = list;

    return API_OK;
}


/* Those that expired behind from, and not behind to. */

static void
ngx_api_waf_patch_expired(const api_patches_t *list, time_t from, time_t to,
    ngx_log_t *log)
{
    uint32_t            i;
    ngx_str_t           id, owner;
    const api_patch_t  *patch;

    for (i = 0; i < api_patches_count(list); i++) {
        patch = api_patches_at(list, i);

        if (patch->expires <= from || patch->expires > to) {
            continue;
        }

        id = ngx_api_str(patch->id);
        owner = ngx_api_str(patch->owner);

        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "%V: the patch \"%V\" has expired and stops nothing: "
                      "\"%V\" knows whether it can go",
                      &ngx_api_module_names[NGX_API_WAF], &id, &owner);
    }
}


/*
 * One worker tells what expires while nginx runs.  A file that changes is read
 * by each worker, which tells of what has expired by then.
 */

ngx_int_t
ngx_api_waf_patch_start(ngx_cycle_t *cycle,
    const ngx_api_waf_main_conf_t *mcf)
{
    ngx_event_t               *ev;
    ngx_api_waf_patch_look_t  *look;

    if (mcf->patches.nelts == 0 || ngx_worker != 0) {
        return NGX_OK;
    }

    ev = ngx_pcalloc(cycle->pool, sizeof(ngx_event_t));
    look = ngx_pcalloc(cycle->pool, sizeof(ngx_api_waf_patch_look_t));

    if (ev == NULL || look == NULL) {
        return NGX_ERROR;
    }

    look->dummy.fd = (ngx_socket_t) -1;
    look->mcf = mcf;
    look->seen = ngx_time();

    ev->handler = ngx_api_waf_patch_timer;
    ev->data = look;
    ev->log = cycle->log;
    ev->cancelable = 1;

    ngx_add_timer(ev, NGX_API_WAF_PATCH_LOOK);

    return NGX_OK;
}


static void
ngx_api_waf_patch_timer(ngx_event_t *ev)
{
    time_t                          now;
    ngx_uint_t                      i;
    ngx_api_waf_patch_look_t       *look;
    ngx_api_waf_patches_t * const  *p;

    look = ev->data;
    now = ngx_time();
    p = look->mcf->patches.elts;

    for (i = 0; i < look->mcf->patches.nelts; i++) {
        ngx_api_waf_patch_expired(p[i]->list, look->seen, now, ev->log);
    }

    look->seen = ngx_max(now, look->seen);

    ngx_add_timer(ev, NGX_API_WAF_PATCH_LOOK);
}


void
ngx_api_waf_patch_count(const ngx_api_waf_main_conf_t *mcf, ngx_uint_t *valid,
    ngx_uint_t *expired)
{
    uint32_t                        i;
    ngx_uint_t                      k;
    ngx_api_waf_patches_t * const  *p;

    *valid = 0;
    *expired = 0;
    p = mcf->patches.elts;

    for (k = 0; k < mcf->patches.nelts; k++) {
        for (i = 0; i < api_patches_count(p[k]->list); i++) {
            if (api_patches_at(p[k]->list, i)->expires > ngx_time()) {
                (*valid)++;

            } else {
                (*expired)++;
            }
        }
    }
}


static void
ngx_api_waf_patch_free(void *data)
{
    ngx_api_waf_patches_t *p = data;

    api_patches_free(p->list);
    p->list = NULL;
}


ngx_int_t
ngx_api_waf_patch_check(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, const ngx_api_waf_loc_conf_t *lcf,
    ngx_api_record_t *rec, ngx_api_waf_run_t *run)
{
    ngx_str_t                       id;
    ngx_uint_t                      i;
    api_span_t                      paths[2];
    api_budget_t                    budget;
    ngx_api_why_t                   why;
    const api_patch_t              *patch;
    ngx_api_waf_patches_t * const  *p;

    if (lcf->patches.items == NULL) {
        return NGX_DECLINED;
    }

    /* as nginx reads the path, and as it was sent */

    paths[0] = ngx_api_span(&r->uri);
    paths[1] = api_waf_values_get(&run->values, API_WAF_REQUEST_FILENAME);

    budget.left = 500 * 1000 * 1000;
    p = lcf->patches.items->elts;

    for (i = 0; i < lcf->patches.items->nelts; i++) {

        if (api_patches_find(p[i]->list, paths, 2, &run->values, ngx_time(),
                             &budget, mcf->worker->scratch, &patch)
            != API_OK)
        {
            return ngx_api_waf_verdict(r, mcf, rec, run, API_WAF_FAILED);
        }

        if (patch == NULL) {
            continue;
        }

        /* the list may be another one before the log is written */

        why = ngx_api_waf_patched;
        id = ngx_api_str(patch->id);
        why.detail.len = id.len;
        why.detail.data = ngx_pstrdup(r->main->pool, &id);

        if (why.detail.data == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return ngx_api_waf_refuse(r, mcf, rec, run, &why);
    }

    return NGX_DECLINED;
}
