
#include "ngx_api_record.h"
#include "ngx_api_conf.h"


static ngx_uint_t ngx_api_record_defined(
    const ngx_http_core_main_conf_t *cmcf, const ngx_str_t *name);
static ngx_api_record_t *ngx_api_record_make(ngx_http_request_t *r,
    ngx_int_t index, size_t room);
static ngx_int_t ngx_api_record_nothing(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_api_record_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_api_support_id_make(ngx_http_request_t *r,
    ngx_http_variable_value_t *v);


static ngx_str_t  ngx_api_record_name = ngx_string(NGX_API_RECORD_NAME);
static ngx_str_t  ngx_api_request_id_name = ngx_string("request_id");


/*
 * Of each process: bytes from the system for its next ids.  nginx takes them
 * for each id from OpenSSL's generator, at 5000 instructions, which makes a
 * flood of refusals dearer than what it refuses.  256 bytes are what a signal
 * does not interrupt.
 */

typedef struct {
    ngx_pid_t                   pid;       /* whose they are: not a parent's */
    ngx_uint_t                  left;
    u_char                      bytes[256];
} ngx_api_ids_t;

#define NGX_API_ID_BYTES  16

static ngx_api_ids_t  ngx_api_ids;


const ngx_str_t  ngx_api_check_names[] = {
    ngx_string("cors"),
    ngx_string("auth"),
    ngx_string("require"),
    ngx_string("bind"),
    ngx_string("body"),
    ngx_string("schema"),
    ngx_string("limit"),
    ngx_string("ban"),
    ngx_string("waf"),
    ngx_string("audit"),
    ngx_string("leak"),
    ngx_string("behavior")
};


const ngx_str_t  ngx_api_verdict_names[] = {
    ngx_string("allow"),
    ngx_string("monitor"),
    ngx_string("deny")
};


typedef enum {
    NGX_API_VAR_SUPPORT_ID,
    NGX_API_VAR_DECISION,
    NGX_API_VAR_REASON
} ngx_api_record_var_e;


typedef struct {
    ngx_uint_t  which;
    ngx_int_t   record;
    ngx_int_t   request_id;
} ngx_api_record_vars_t;


static ngx_str_t  ngx_api_record_vars[] = {
    ngx_string("api_support_id"),
    ngx_string("api_decision"),
    ngx_string("api_reason")
};


ngx_int_t
ngx_api_record_index(ngx_conf_t *cf)
{
    ngx_int_t                   index;
    ngx_http_variable_t        *v;
    ngx_http_core_main_conf_t  *cmcf;

    index = ngx_http_get_variable_index(cf, &ngx_api_record_name);

    if (index == NGX_ERROR) {
        return NGX_ERROR;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    /* "$api record/1" in quotes: set, map and others would take it */

    if (ngx_api_record_defined(cmcf, &ngx_api_record_name)) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "the variable \"$%V\" is not for configurations: "
                      "give yours another name", &ngx_api_record_name);
        return NGX_ERROR;
    }

    v = cmcf->variables.elts;

    if (v[index].get_handler == NULL) {
        v[index].get_handler = ngx_api_record_nothing;
    }

    return index;
}


static ngx_uint_t
ngx_api_record_defined(const ngx_http_core_main_conf_t *cmcf,
    const ngx_str_t *name)
{
    ngx_uint_t             i;
    const ngx_hash_key_t  *key;

    key = cmcf->variables_keys->keys.elts;

    for (i = 0; i < cmcf->variables_keys->keys.nelts; i++) {
        if (key[i].key.len == name->len
            && ngx_strncmp(key[i].key.data, name->data, name->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_api_record_nothing(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    v->not_found = 1;

    return NGX_OK;
}


ngx_api_record_t *
ngx_api_record(ngx_http_request_t *r, ngx_int_t index)
{
    ngx_api_record_t  *rec;

    rec = ngx_api_record_peek(r, index);

    return rec ? rec : ngx_api_record_make(r, index, 0);
}


ngx_api_record_t *
ngx_api_record_own(ngx_http_request_t *r, ngx_int_t index, ngx_uint_t id,
    size_t size)
{
    ngx_api_record_t  *rec;

    rec = ngx_api_record_peek(r, index);

    if (rec == NULL) {
        rec = ngx_api_record_make(r, index, size);

        if (rec) {
            rec->own[id] = rec + 1;
        }

        return rec;
    }

    if (rec->own[id] == NULL) {
        rec->own[id] = ngx_pcalloc(r->main->pool, size);
    }

    return rec->own[id] ? rec : NULL;
}


/* A new one, with so much zeroed room behind it. */

static ngx_api_record_t *
ngx_api_record_make(ngx_http_request_t *r, ngx_int_t index, size_t room)
{
    ngx_api_record_t           *rec;
    ngx_http_variable_value_t  *v;

    rec = ngx_palloc(r->main->pool, sizeof(ngx_api_record_t) + room);
    if (rec == NULL) {
        return NULL;
    }

    /* decisions are written before they are counted */

    ngx_memzero(&rec->refusal, sizeof(ngx_api_record_t)
                               - offsetof(ngx_api_record_t, refusal) + room);

    rec->magic = NGX_API_RECORD_MAGIC;
    rec->ndecisions = 0;

    v = &r->main->variables[index];

    v->len = sizeof(ngx_api_record_t);
    v->data = (u_char *) rec;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return rec;
}


void
ngx_api_record_decide(ngx_api_record_t *rec, ngx_uint_t check,
    ngx_uint_t verdict, ngx_uint_t status, const ngx_str_t *reason,
    const ngx_str_t *detail)
{
    uint32_t             i;
    ngx_api_decision_t  *d;

    for (i = 0; i < rec->ndecisions; i++) {
        if (rec->decisions[i].check == check) {
            break;
        }
    }

    if (i == NGX_API_MAX_DECISIONS) {
        return;
    }

    d = &rec->decisions[i];

    if (i == rec->ndecisions) {
        rec->ndecisions++;

    } else if (d->verdict > verdict) {
        return;
    }

    d->check = (uint8_t) check;
    d->verdict = (uint8_t) verdict;
    d->status = (uint16_t) status;
    d->reason = *reason;

    if (detail) {
        d->detail = *detail;

    } else {
        ngx_str_null(&d->detail);
    }
}


ngx_uint_t
ngx_api_record_verdict(const ngx_api_record_t *rec,
    const ngx_api_decision_t **why)
{
    uint32_t    i;
    ngx_uint_t  verdict;

    *why = NULL;
    verdict = NGX_API_ALLOW;

    for (i = 0; i < rec->ndecisions; i++) {
        if (rec->decisions[i].verdict > verdict) {
            verdict = rec->decisions[i].verdict;
            *why = &rec->decisions[i];
        }
    }

    return verdict;
}


ngx_int_t
ngx_api_support_id_index(ngx_conf_t *cf)
{
    return ngx_http_get_variable_index(cf, &ngx_api_request_id_name);
}


const ngx_str_t *
ngx_api_support_id(ngx_http_request_t *r, ngx_api_record_t *rec,
    ngx_int_t request_id)
{
    ngx_http_variable_value_t  *v;

    if (rec->support_id.data) {
        return &rec->support_id;
    }

    v = &r->main->variables[request_id];

    if (v->valid || v->not_found || ngx_api_support_id_make(r, v) != NGX_OK) {
        v = ngx_http_get_indexed_variable(r->main, request_id);
    }

    if (v == NULL || v->not_found) {
        ngx_str_set(&rec->support_id, "-");

    } else {
        rec->support_id.len = v->len;
        rec->support_id.data = v->data;
    }

    return &rec->support_id;
}


/* The value of $request_id, which nobody has asked for yet. */

static ngx_int_t
ngx_api_support_id_make(ngx_http_request_t *r, ngx_http_variable_value_t *v)
{
    u_char         *id, *bytes;
    ngx_api_ids_t  *ids;

    ids = &ngx_api_ids;

    if (ids->pid != ngx_pid || ids->left == 0) {
        if (ngx_api_random(ids->bytes, sizeof(ids->bytes)) != NGX_OK) {
            return NGX_ERROR;
        }

        ids->pid = ngx_pid;
        ids->left = sizeof(ids->bytes) / NGX_API_ID_BYTES;
    }

    id = ngx_pnalloc(r->main->pool, 2 * NGX_API_ID_BYTES);
    if (id == NULL) {
        return NGX_ERROR;
    }

    bytes = &ids->bytes[--ids->left * NGX_API_ID_BYTES];

    (void) ngx_hex_dump(id, bytes, NGX_API_ID_BYTES);
    ngx_memzero(bytes, NGX_API_ID_BYTES);

    v->len = 2 * NGX_API_ID_BYTES;
    v->data = id;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


ngx_int_t
ngx_api_record_variables(ngx_conf_t *cf)
{
    ngx_uint_t                  i;
    ngx_api_record_vars_t      *vars;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    if (ngx_api_record_defined(cmcf, &ngx_api_record_vars[0])) {
        return NGX_OK;    /* by another module of the suite */
    }

    for (i = 0; i < sizeof(ngx_api_record_vars) / sizeof(ngx_str_t); i++) {
        vars = ngx_palloc(cf->pool, sizeof(ngx_api_record_vars_t));
        if (vars == NULL) {
            return NGX_ERROR;
        }

        vars->which = i;
        vars->record = ngx_api_record_index(cf);
        vars->request_id = ngx_api_support_id_index(cf);

        if (vars->record == NGX_ERROR || vars->request_id == NGX_ERROR
            || ngx_api_add_variable(cf, &ngx_api_record_vars[i],
                                    ngx_api_record_variable,
                                    (uintptr_t) vars, 0)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_api_record_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_api_record_vars_t *vars = (ngx_api_record_vars_t *) data;

    const ngx_str_t           *value;
    ngx_api_record_t          *rec;
    const ngx_api_decision_t  *why;

    rec = ngx_api_record(r, vars->record);
    if (rec == NULL) {
        return NGX_ERROR;
    }

    switch (vars->which) {

    case NGX_API_VAR_SUPPORT_ID:
        value = ngx_api_support_id(r, rec, vars->request_id);
        break;

    case NGX_API_VAR_DECISION:
        value = &ngx_api_verdict_names[ngx_api_record_verdict(rec, &why)];

        if (rec->ndecisions == 0) {
            value = NULL;
        }

        break;

    default: /* NGX_API_VAR_REASON */
        (void) ngx_api_record_verdict(rec, &why);
        value = why ? &why->reason : NULL;
    }

    ngx_api_set_variable(v, value);

    return NGX_OK;
}


ngx_int_t
ngx_api_add_variable(ngx_conf_t *cf, ngx_str_t *name,
    ngx_http_get_variable_pt get, uintptr_t data, ngx_uint_t flags)
{
    ngx_http_variable_t  *v;

    v = ngx_http_add_variable(cf, name, flags | NGX_HTTP_VAR_NOCACHEABLE);
    if (v == NULL) {
        return NGX_ERROR;
    }

    v->get_handler = get;
    v->data = data;

    return NGX_OK;
}


void
ngx_api_set_variable(ngx_http_variable_value_t *v, const ngx_str_t *value)
{
    v->valid = 1;
    v->no_cacheable = 0;
    v->escape = 0;
    v->not_found = (value == NULL);

    if (value) {
        v->len = value->len;
        v->data = value->data;
    }
}
