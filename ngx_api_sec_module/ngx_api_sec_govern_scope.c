
/*
 * scope= of api_exception: as it is written, and what it names.
 */

#include "ngx_api_sec_govern.h"
#include "ngx_api_sec_auth.h"
#include "ngx_api_sec_introspect.h"
#include "ngx_api_sec_key.h"
#include "ngx_api_sec_mtls.h"
#include "ngx_api_sec_schema.h"


typedef enum {
    NGX_API_SEC_SCOPE_OPERATION = 0,
    NGX_API_SEC_SCOPE_PRINCIPAL,
    NGX_API_SEC_SCOPE_ISSUER,
    NGX_API_SEC_SCOPE_PATH,
    NGX_API_SEC_SCOPE_ADDRESS,
    NGX_API_SEC_NSCOPES
} ngx_api_sec_scope_e;


static char *ngx_api_sec_scope_part(ngx_conf_t *cf,
    ngx_api_sec_exception_t *e, ngx_str_t part);
static char *ngx_api_sec_scope_set(ngx_conf_t *cf, ngx_api_sec_exception_t *e,
    ngx_uint_t which, ngx_str_t *value);
static char *ngx_api_sec_scope_operation(ngx_conf_t *cf,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_exception_t *e);
static ngx_uint_t ngx_api_sec_scope_contract(
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_exception_t *e);
static ngx_uint_t ngx_api_sec_scope_issuer(const ngx_api_sec_main_conf_t *mcf,
    const ngx_str_t *name);


static const ngx_str_t  ngx_api_sec_scope_keys[NGX_API_SEC_NSCOPES] = {
    ngx_string("operation:"),
    ngx_string("principal:"),
    ngx_string("issuer:"),
    ngx_string("path:"),
    ngx_string("address:")
};


/* KEY:VALUE[,KEY:VALUE...], all of which have to fit. */

char *
ngx_api_sec_exception_scope(ngx_conf_t *cf, ngx_api_sec_exception_t *e,
    const ngx_str_t *scope)
{
    u_char     *p, *comma, *end;
    ngx_str_t   part;

    p = scope->data;
    end = p + scope->len;

    while (p < end) {
        comma = ngx_strlchr(p, end, ',');
        comma = comma ? comma : end;
        part.data = p;
        part.len = comma - p;

        if (ngx_api_sec_scope_part(cf, e, part) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }

        p = comma + 1;
    }

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_scope_part(ngx_conf_t *cf, ngx_api_sec_exception_t *e,
    ngx_str_t part)
{
    ngx_str_t         value;
    ngx_uint_t        i;
    const ngx_str_t  *key;

    for (i = 0; i < NGX_API_SEC_NSCOPES; i++) {
        key = &ngx_api_sec_scope_keys[i];

        if (part.len > key->len
            && ngx_strncmp(part.data, key->data, key->len) == 0)
        {
            value.data = part.data + key->len;
            value.len = part.len - key->len;

            return ngx_api_sec_scope_set(cf, e, i, &value);
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "api_exception: scope= takes operation:ID, "
                       "operation:CONTRACT/ID, principal:NAME, issuer:NAME, "
                       "path:/BEGINNING and address:NETWORK, with commas "
                       "between them: \"%V\"", &part);

    return NGX_CONF_ERROR;
}


static char *
ngx_api_sec_scope_set(ngx_conf_t *cf, ngx_api_sec_exception_t *e,
    ngx_uint_t which, ngx_str_t *value)
{
    ngx_str_t  *to;

    to = which == NGX_API_SEC_SCOPE_OPERATION ? &e->operation
         : which == NGX_API_SEC_SCOPE_PRINCIPAL ? &e->principal
         : which == NGX_API_SEC_SCOPE_ISSUER ? &e->issuer : &e->path;

    if (which == NGX_API_SEC_SCOPE_ADDRESS ? e->has_net : to->len != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "api_exception: \"%V\" stands twice in scope=",
                           &ngx_api_sec_scope_keys[which]);
        return NGX_CONF_ERROR;
    }

    if (which != NGX_API_SEC_SCOPE_ADDRESS) {
        *to = *value;
        return NGX_CONF_OK;
    }

    if (api_net_parse(ngx_api_span(value), &e->net) != API_NET_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "api_exception: no address or network: \"%V\"",
                           value);
        return NGX_CONF_ERROR;
    }

    e->has_net = 1;

    return NGX_CONF_OK;
}


/* Names of things that may be defined behind the exception. */

char *
ngx_api_sec_govern_resolve(ngx_conf_t *cf, const ngx_api_sec_main_conf_t *mcf)
{
    ngx_uint_t                        i;
    ngx_api_sec_exception_t * const  *e;

    e = mcf->exceptions.elts;

    for (i = 0; i < mcf->exceptions.nelts; i++) {
        if (e[i]->operation.len
            && ngx_api_sec_scope_operation(cf, mcf, e[i]) != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }

        if (e[i]->issuer.len
            && !ngx_api_sec_scope_issuer(mcf, &e[i]->issuer))
        {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "api_exception \"%V\" in %V:%ui: nothing that "
                          "api_auth could take is called \"%V\": issuer: is "
                          "the NAME of an api_jwt_issuer, api_key_store, "
                          "api_mtls or api_introspect", &e[i]->id, &e[i]->file,
                          e[i]->line, &e[i]->issuer);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/* An operation that no contract has would never fit; one that two have would
   fit both. */

static char *
ngx_api_sec_scope_operation(ngx_conf_t *cf,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_exception_t *e)
{
    ngx_uint_t                          i, n;
    const ngx_api_sec_spec_t * const   *spec;

    if (ngx_api_sec_scope_contract(mcf, e)) {
        return NGX_CONF_OK;
    }

    spec = mcf->specs->specs.elts;

    for (i = 0, n = 0; i < mcf->specs->specs.nelts; i++) {
        n += api_openapi_find(spec[i]->doc, ngx_api_span(&e->operation))
             != NULL;
    }

    if (n == 1) {
        return NGX_CONF_OK;
    }

    if (n == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "api_exception \"%V\" in %V:%ui: no api_schema_spec has "
                      "an operation \"%V\"", &e->id, &e->file, e->line,
                      &e->operation);

    } else {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "api_exception \"%V\" in %V:%ui: several "
                      "api_schema_spec have an operation \"%V\": say which, "
                      "as in operation:CONTRACT/%V", &e->id, &e->file,
                      e->line, &e->operation, &e->operation);
    }

    return NGX_CONF_ERROR;
}


/* CONTRACT/ID.  There are ids with a slash in them: "GET /orders". */

static ngx_uint_t
ngx_api_sec_scope_contract(const ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_exception_t *e)
{
    u_char                    *slash, *end;
    ngx_str_t                  name, id;
    const ngx_api_sec_spec_t  *spec;

    end = e->operation.data + e->operation.len;
    slash = ngx_strlchr(e->operation.data, end, '/');

    if (slash == NULL) {
        return 0;
    }

    name.data = e->operation.data;
    name.len = slash - name.data;
    id.data = slash + 1;
    id.len = end - id.data;

    spec = ngx_api_sec_spec_find(mcf, &name);

    if (spec == NULL
        || api_openapi_find(spec->doc, ngx_api_span(&id)) == NULL)
    {
        return 0;
    }

    e->contract = name;
    e->operation = id;

    return 1;
}


/* Each list is of pointers to structs that know their name. */

#define ngx_api_sec_scope_named(list, type, called)                          \
    for (i = 0; i < (list).nelts; i++) {                                     \
        const ngx_str_t  *n = &((type **) (list).elts)[i]->name;             \
                                                                             \
        if (n->len == (called)->len                                          \
            && ngx_strncmp(n->data, (called)->data, n->len) == 0)            \
        {                                                                    \
            return 1;                                                        \
        }                                                                    \
    }

static ngx_uint_t
ngx_api_sec_scope_issuer(const ngx_api_sec_main_conf_t *mcf,
    const ngx_str_t *name)
{
    ngx_uint_t  i;

    ngx_api_sec_scope_named(mcf->issuers, ngx_api_sec_issuer_t, name)
    ngx_api_sec_scope_named(mcf->key_stores, ngx_api_sec_key_store_t, name)
    ngx_api_sec_scope_named(mcf->mtls, ngx_api_sec_mtls_t, name)
    ngx_api_sec_scope_named(mcf->introspects, ngx_api_sec_introspect_t, name)

    return 0;
}
