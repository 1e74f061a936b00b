
/*
 * api_schema_security SPEC SCHEME METHOD=NAME[,NAME]
 *
 * A document says which of its security schemes an operation asks for; a line
 * of these says which credential of api_auth that is.  api_auth verifies what
 * a request presents; here it is seen whether that is what its operation asks
 * for, with the scopes.  A scheme counts when one and the same credential is
 * of one of its names and grants its scopes.
 */

#include "ngx_api_sec_schema.h"


static char *ngx_api_sec_scheme_add(ngx_conf_t *cf,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_scheme_t *scheme);
static const api_scheme_t *ngx_api_sec_scheme_of(
    const ngx_api_sec_spec_t *spec, const ngx_str_t *name);
static const ngx_api_sec_scheme_t *ngx_api_sec_scheme_map(
    const ngx_api_sec_spec_t *spec, const api_scheme_t *scheme);
static ngx_uint_t ngx_api_sec_need_can_be_met(const ngx_api_sec_spec_t *spec,
    const api_need_t *need, const ngx_api_sec_auth_t *auth);
static ngx_uint_t ngx_api_sec_need_met(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_spec_t *spec, const api_need_t *need,
    ngx_uint_t scopes);
static ngx_uint_t ngx_api_sec_needs_met(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_spec_t *spec, const api_operation_t *op,
    ngx_uint_t scopes);
static ngx_uint_t ngx_api_sec_named(const ngx_array_t *names,
    const ngx_str_t *name);
static ngx_uint_t ngx_api_sec_identity_grants(
    const ngx_api_sec_identity_t *id, const api_need_t *need);
static ngx_int_t ngx_api_sec_needs_refuse(ngx_api_sec_caller_t *caller,
    ngx_api_sec_call_t *call);
static ngx_int_t ngx_api_sec_needs_scope(ngx_http_request_t *r,
    const api_operation_t *op, ngx_str_t *scope);
static const api_need_t *ngx_api_sec_needs_some(const api_operation_t *op);
static ngx_uint_t ngx_api_sec_scope_token(api_span_t scope);


char *
ngx_api_sec_schema_security(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_main_conf_t *mcf = conf;

    ngx_str_t              *value;
    ngx_uint_t              n;
    ngx_array_t            *names[NGX_API_SEC_NMETHODS];
    ngx_api_sec_scheme_t   *scheme, **p;

    /* in the order of ngx_api_sec_methods */

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("jwt"), NGX_API_OPT_WORDS, 0, NULL },
        { ngx_string("key"), NGX_API_OPT_WORDS, sizeof(void *), NULL },
        { ngx_string("mtls"), NGX_API_OPT_WORDS, 2 * sizeof(void *), NULL },
        { ngx_string("introspect"), NGX_API_OPT_WORDS, 3 * sizeof(void *),
          NULL },
        ngx_api_null_opt
    };

    ngx_memzero(names, sizeof(names));

    if (ngx_api_conf_opts(cf, 3, opts, names) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    scheme = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_scheme_t));
    p = ngx_array_push(&mcf->specs->schemes);

    if (scheme == NULL || p == NULL) {
        return NGX_CONF_ERROR;
    }

    *p = scheme;

    value = cf->args->elts;

    scheme->spec = value[1];
    scheme->scheme = value[2];
    scheme->file = cf->conf_file->file.name;
    scheme->line = cf->conf_file->line;

    for (n = 0; ngx_api_sec_methods[n]; n++) {
        if (names[n]) {
            scheme->method = ngx_api_sec_methods[n];
            scheme->names = names[n];
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_api_sec_schemes_resolve(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    ngx_uint_t               i;
    ngx_api_sec_scheme_t   **scheme;

    scheme = mcf->specs->schemes.elts;

    for (i = 0; i < mcf->specs->schemes.nelts; i++) {
        if (ngx_api_sec_scheme_add(cf, mcf, scheme[i]) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_scheme_add(ngx_conf_t *cf, const ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_scheme_t *scheme)
{
    ngx_str_t             *name;
    ngx_uint_t             i;
    const char            *what;
    const ngx_str_t       *which;
    ngx_api_sec_spec_t    *spec;
    ngx_api_sec_scheme_t **p;

    which = &scheme->spec;
    what = "no api_schema_spec";
    spec = ngx_api_sec_spec_find(mcf, which);

    if (spec == NULL) {
        goto failed;
    }

    which = &scheme->scheme;
    what = "the document has no security scheme";

    if (ngx_api_sec_scheme_of(spec, which) == NULL) {
        goto failed;
    }

    p = spec->schemes.elts;

    for (i = 0; i < spec->schemes.nelts; i++) {
        if (p[i]->scheme.len == which->len
            && ngx_strncmp(p[i]->scheme.data, which->data, which->len) == 0)
        {
            what = "there is another line for the scheme";
            goto failed;
        }
    }

    name = scheme->names->elts;

    for (i = 0; i < scheme->names->nelts; i++) {
        if (scheme->method->find(mcf, &name[i]) == NULL) {
            which = &name[i];
            what = "nothing is defined by the name";
            goto failed;
        }
    }

    p = ngx_array_push(&spec->schemes);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    *p = scheme;

    return NGX_CONF_OK;

failed:

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "%s \"%V\" for \"api_schema_security\" in %V:%ui", what,
                  which, &scheme->file, scheme->line);

    return NGX_CONF_ERROR;
}


static const api_scheme_t *
ngx_api_sec_scheme_of(const ngx_api_sec_spec_t *spec, const ngx_str_t *name)
{
    uint32_t             n;
    const api_scheme_t  *scheme;

    for (n = 0; (scheme = api_openapi_scheme(spec->doc, n)) != NULL; n++) {
        if (api_span_eq(scheme->name, ngx_api_span(name))) {
            return scheme;
        }
    }

    return NULL;
}


static const ngx_api_sec_scheme_t *
ngx_api_sec_scheme_map(const ngx_api_sec_spec_t *spec,
    const api_scheme_t *scheme)
{
    ngx_uint_t                     i;
    ngx_api_sec_scheme_t * const  *p;

    p = spec->schemes.elts;

    for (i = 0; i < spec->schemes.nelts; i++) {
        if (api_span_eq(ngx_api_span(&p[i]->scheme), scheme->name)) {
            return p[i];
        }
    }

    return NULL;
}


static ngx_uint_t
ngx_api_sec_need_can_be_met(const ngx_api_sec_spec_t *spec,
    const api_need_t *need, const ngx_api_sec_auth_t *auth)
{
    ngx_str_t                   *name;
    ngx_uint_t                   i;
    const ngx_api_sec_use_t     *use;
    const ngx_api_sec_scheme_t  *map;

    map = ngx_api_sec_scheme_map(spec, need->scheme);
    use = map && auth ? ngx_api_sec_auth_use(auth, map->method) : NULL;

    if (use == NULL) {
        return 0;
    }

    name = use->names->elts;

    for (i = 0; i < use->names->nelts; i++) {
        if (ngx_api_sec_named(map->names, &name[i])) {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
ngx_api_sec_needs_can_be_met(const ngx_api_sec_spec_t *spec,
    const api_operation_t *op, const ngx_api_sec_auth_t *auth,
    const api_need_t **unmet)
{
    uint32_t                  i, n;
    const api_requirement_t  *req;

    for (i = 0; i < op->nrequirements; i++) {
        req = &op->requirements[i];

        for (n = 0; n < req->nneeds; n++) {
            if (!ngx_api_sec_need_can_be_met(spec, &req->needs[n], auth)) {
                *unmet = &req->needs[n];
                break;
            }
        }

        if (n == req->nneeds) {
            return 1;
        }
    }

    return op->nrequirements == 0;
}


ngx_int_t
ngx_api_sec_schema_authorize(ngx_http_request_t *r)
{
    ngx_int_t              rc;
    ngx_api_sec_call_t     call;
    ngx_api_sec_caller_t   caller;

    rc = ngx_api_sec_call(r, &call);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_DECLINED
                                  : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (call.op == NULL || call.op->nrequirements == 0) {
        return NGX_DECLINED;
    }

    rc = ngx_api_sec_caller(r, call.mcf, call.lcf, &caller);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_DECLINED
                                  : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    caller.mode = ngx_min(caller.mode, call.mode);

    if (ngx_api_sec_needs_met(&caller, call.rules->contract->spec, call.op,
                              1))
    {
        return NGX_DECLINED;
    }

    return ngx_api_sec_needs_refuse(&caller, &call);
}


/* Any one of the requirements; of it everything. */

static ngx_uint_t
ngx_api_sec_needs_met(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_spec_t *spec, const api_operation_t *op,
    ngx_uint_t scopes)
{
    uint32_t                  i, n;
    const api_requirement_t  *req;

    for (i = 0; i < op->nrequirements; i++) {
        req = &op->requirements[i];

        for (n = 0; n < req->nneeds; n++) {
            if (!ngx_api_sec_need_met(caller, spec, &req->needs[n], scopes)) {
                break;
            }
        }

        if (n == req->nneeds) {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_api_sec_need_met(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_spec_t *spec, const api_need_t *need,
    ngx_uint_t scopes)
{
    ngx_uint_t                     i;
    const ngx_api_sec_scheme_t    *map;
    const ngx_api_sec_identity_t  *id;

    map = ngx_api_sec_scheme_map(spec, need->scheme);

    if (map == NULL || !caller->verified) {
        return 0;
    }

    for (i = 0; i < caller->ctx->nids; i++) {
        id = &caller->ctx->ids[i];

        if (id->method == map->method
            && ngx_api_sec_named(map->names, id->name)
            && (!scopes || ngx_api_sec_identity_grants(id, need)))
        {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_api_sec_named(const ngx_array_t *names, const ngx_str_t *name)
{
    ngx_uint_t        i;
    const ngx_str_t  *s;

    s = names->elts;

    for (i = 0; i < names->nelts; i++) {
        if (s[i].len == name->len
            && ngx_strncmp(s[i].data, name->data, name->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_api_sec_identity_grants(const ngx_api_sec_identity_t *id,
    const api_need_t *need)
{
    uint32_t    i;
    ngx_uint_t  n;

    if (need->nscopes == 0) {
        return 1;
    }

    if (id->claims) {
        return api_claim_scopes(id->claims, 0, need->scopes, need->nscopes,
                                1);
    }

    for (i = 0; i < need->nscopes; i++) {
        for (n = 0; n < id->nscopes; n++) {
            if (api_span_eq(need->scopes[i], id->scopes[n])) {
                break;
            }
        }

        if (n == id->nscopes) {
            return 0;
        }
    }

    return 1;
}


/*
 * 401 where nothing was presented that api_auth could verify; 403 where what
 * was verified is of another scheme or lacks a scope, and where no api_auth
 * stands at all.
 */

static ngx_int_t
ngx_api_sec_needs_refuse(ngx_api_sec_caller_t *caller,
    ngx_api_sec_call_t *call)
{
    ngx_int_t      rc;
    ngx_uint_t     right;
    ngx_str_t      scope;
    ngx_api_why_t  why;

    static const ngx_str_t  reason = ngx_string("security");

    ngx_memzero(&why, sizeof(ngx_api_why_t));
    ngx_str_null(&scope);

    right = ngx_api_sec_needs_met(caller, call->rules->contract->spec,
                                  call->op, 0);

    if (right && ngx_api_sec_needs_scope(caller->r, call->op, &scope)
                 != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    why.check = NGX_API_CHECK_SCHEMA;
    why.detail = ngx_api_str(call->op->id);
    ngx_str_set(&why.reason, "security");
    ngx_str_set(&why.code, "forbidden");
    ngx_str_set(&why.title, "This caller may not do this");

    rc = ngx_api_sec_not_granted(caller, &why, 1, &scope);

    return ngx_api_sec_schema_note(call, rc, &reason);
}


static ngx_int_t
ngx_api_sec_needs_scope(ngx_http_request_t *r, const api_operation_t *op,
    ngx_str_t *scope)
{
    size_t             len;
    u_char            *p;
    uint32_t           k;
    const api_need_t  *need;

    need = ngx_api_sec_needs_some(op);

    if (need == NULL) {
        return NGX_OK;
    }

    for (len = 0, k = 0; k < need->nscopes; k++) {

        if (!ngx_api_sec_scope_token(need->scopes[k])) {
            return NGX_OK;    /* nothing for a header */
        }

        len += need->scopes[k].len + 1;
    }

    p = ngx_pnalloc(r->main->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    scope->data = p;

    for (k = 0; k < need->nscopes; k++) {
        if (k) {
            *p++ = ' ';
        }

        p = ngx_cpymem(p, need->scopes[k].data, need->scopes[k].len);
    }

    scope->len = p - scope->data;

    return NGX_OK;
}


/* The first that asks for scopes. */

static const api_need_t *
ngx_api_sec_needs_some(const api_operation_t *op)
{
    uint32_t                  i, n;
    const api_requirement_t  *req;

    for (i = 0; i < op->nrequirements; i++) {
        req = &op->requirements[i];

        for (n = 0; n < req->nneeds; n++) {
            if (req->needs[n].nscopes) {
                return &req->needs[n];
            }
        }
    }

    return NULL;
}


/* RFC 6749 section 3.3 */

static ngx_uint_t
ngx_api_sec_scope_token(api_span_t scope)
{
    size_t  i;

    for (i = 0; i < scope.len; i++) {
        if (scope.data[i] <= ' ' || scope.data[i] >= 0x7f
            || scope.data[i] == '"' || scope.data[i] == '\\')
        {
            return 0;
        }
    }

    return scope.len != 0;
}
