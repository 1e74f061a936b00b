
/*
 * The method key of api_auth: an API key of one of the stores named.
 *
 * A key stands in the header of its store, or in the query if the store looks
 * there.  Several in one request have to be the same: whoever checks one and
 * an upstream that reads another would not mean the same client.
 */

#include "ngx_api_sec_key.h"
#include "ngx_api_header.h"


static void *ngx_api_sec_key_find(const ngx_api_sec_main_conf_t *mcf,
    const ngx_str_t *name);
static ngx_uint_t ngx_api_sec_key_check(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_use_t *use, ngx_api_sec_identity_t *id,
    ngx_api_sec_fault_t *fault);
static ngx_int_t ngx_api_sec_key_presented(ngx_http_request_t *r,
    const ngx_api_sec_use_t *use, api_span_t *key);
static ngx_int_t ngx_api_sec_key_one(api_span_t *key, const ngx_str_t *value);
static ngx_int_t ngx_api_sec_key_query(ngx_http_request_t *r,
    const ngx_str_t *name, api_span_t *key);
static ngx_int_t ngx_api_sec_key_identify(ngx_http_request_t *r,
    const api_keystore_entry_t *entry, ngx_api_sec_identity_t *id);
static void ngx_api_sec_key_fault(int code,
    const api_keystore_entry_t *entry, ngx_http_request_t *r,
    ngx_api_sec_fault_t *fault);
static u_char *ngx_api_sec_key_challenge(ngx_http_request_t *r,
    const ngx_api_sec_auth_t *auth, const ngx_api_sec_challenge_t *what,
    u_char *p, u_char *last);
static ngx_int_t ngx_api_sec_key_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


const ngx_api_sec_method_t  ngx_api_sec_method_key = {
    ngx_string("key"),
    ngx_string("api_key_store"),
    ngx_string("missing_key"),
    ngx_string("An API key is required"),
    ngx_api_sec_key_find,
    NULL,
    ngx_api_sec_key_check,
    ngx_api_sec_key_challenge
};


static void *
ngx_api_sec_key_find(const ngx_api_sec_main_conf_t *mcf,
    const ngx_str_t *name)
{
    ngx_uint_t                         i;
    ngx_api_sec_key_store_t * const   *store;

    store = mcf->key_stores.elts;

    for (i = 0; i < mcf->key_stores.nelts; i++) {
        if (store[i]->name.len == name->len
            && ngx_strncmp(store[i]->name.data, name->data, name->len) == 0)
        {
            return store[i];
        }
    }

    return NULL;
}


static ngx_uint_t
ngx_api_sec_key_check(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_use_t *use, ngx_api_sec_identity_t *id,
    ngx_api_sec_fault_t *fault)
{
    int                                code;
    api_span_t                         key;
    ngx_uint_t                         i;
    const api_keystore_entry_t        *entry;
    ngx_api_sec_key_store_t * const   *store;

    switch (ngx_api_sec_key_presented(r, use, &key)) {

    case NGX_DECLINED:
        return NGX_API_AUTH_MISSING;

    case NGX_ERROR:
        fault->status = NGX_HTTP_BAD_REQUEST;
        ngx_str_set(&fault->reason, "several_keys");
        ngx_str_set(&fault->code, "invalid_request");
        ngx_str_set(&fault->title, "The request has several API keys");
        return NGX_API_AUTH_INVALID;

    case NGX_ABORT:
        ngx_api_sec_key_fault(API_KEYSTORE_INTERNAL, NULL, r, fault);
        return NGX_API_AUTH_INVALID;

    default: /* NGX_OK */
        break;
    }

    store = use->things.elts;
    entry = NULL;
    code = API_KEYSTORE_UNKNOWN;

    for (i = 0; i < use->things.nelts && code == API_KEYSTORE_UNKNOWN; i++) {
        code = api_keystore_check(store[i]->state->keys, key, ngx_time(),
                                  &entry);
        id->name = &store[i]->name;
    }

    if (code != API_KEYSTORE_OK) {
        ngx_api_sec_key_fault(code, entry, r, fault);
        return NGX_API_AUTH_INVALID;
    }

    if (ngx_api_sec_key_identify(r, entry, id) != NGX_OK) {
        ngx_api_sec_key_fault(API_KEYSTORE_INTERNAL, NULL, r, fault);
        return NGX_API_AUTH_INVALID;
    }

    return NGX_API_AUTH_OK;
}


/* NGX_OK: one; NGX_DECLINED: none; NGX_ERROR: several that differ; NGX_ABORT:
   no memory. */

static ngx_int_t
ngx_api_sec_key_presented(ngx_http_request_t *r, const ngx_api_sec_use_t *use,
    api_span_t *key)
{
    ngx_int_t                          rc;
    ngx_uint_t                         i;
    const ngx_str_t                   *value;
    ngx_api_sec_key_store_t * const   *store;

    *key = api_span(NULL, 0);
    store = use->things.elts;

    for (i = 0; i < use->things.nelts; i++) {

        if (store[i]->header.len) {
            if (ngx_api_header_alike(r, &store[i]->field, &value) != NGX_OK)
            {
                return NGX_ERROR;
            }

            if (value && ngx_api_sec_key_one(key, value) != NGX_OK) {
                return NGX_ERROR;
            }
        }

        rc = store[i]->query.len
             ? ngx_api_sec_key_query(r, &store[i]->query, key) : NGX_OK;

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return key->data ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_api_sec_key_one(api_span_t *key, const ngx_str_t *value)
{
    api_span_t  one;

    one = value->len ? ngx_api_span(value) : API_SPAN("");

    if (key->data == NULL) {
        *key = one;
        return NGX_OK;
    }

    return api_span_eq(*key, one) ? NGX_OK : NGX_ERROR;
}


/*
 * A key has no character that has to be escaped: a value that is, is no key.
 * Its name is read as an upstream reads it, decoded.
 */

static ngx_int_t
ngx_api_sec_key_query(ngx_http_request_t *r, const ngx_str_t *name,
    api_span_t *key)
{
    size_t      i;
    ngx_str_t   value;
    api_span_t  rest, pair, word;

    rest = ngx_api_span(&r->args);

    while (rest.len) {
        for (i = 0; i < rest.len && rest.data[i] != '&'; i++) { /* void */ }

        pair = api_span(rest.data, i);
        rest.data += ngx_min(i + 1, rest.len);
        rest.len -= ngx_min(i + 1, rest.len);

        for (i = 0; i < pair.len && pair.data[i] != '='; i++) { /* void */ }

        if (i == pair.len) {
            continue;
        }

        word = api_span(pair.data, i);

        if (ngx_api_sec_token_decode(r, &word) != NGX_OK) {
            return NGX_ABORT;
        }

        if (!api_span_eq(word, ngx_api_span(name))) {
            continue;
        }

        value.data = (u_char *) (uintptr_t) pair.data + i + 1;
        value.len = pair.len - i - 1;

        if (ngx_api_sec_key_one(key, &value) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* The store may be swapped while the request still lives. */

static ngx_int_t
ngx_api_sec_key_identify(ngx_http_request_t *r,
    const api_keystore_entry_t *entry, ngx_api_sec_identity_t *id)
{
    u_char       *p;
    size_t        len;
    ngx_uint_t    i;
    api_span_t   *to, *scopes;

    len = entry->id.len + entry->principal.len + entry->plan.len
          + entry->owner.len;

    for (i = 0; i < entry->nscopes; i++) {
        len += entry->scopes[i].len;
    }

    scopes = ngx_palloc(r->main->pool,
                        (entry->nscopes + 1) * sizeof(api_span_t) + len);
    if (scopes == NULL) {
        return NGX_ERROR;
    }

    p = (u_char *) (scopes + entry->nscopes + 1);
    to = &scopes[entry->nscopes];

    *to = api_span(p, entry->principal.len);
    p = ngx_cpymem(p, entry->principal.data, entry->principal.len);
    id->principal = ngx_api_str(*to);

    id->key = api_span(p, entry->id.len);
    p = ngx_cpymem(p, entry->id.data, entry->id.len);

    if (entry->plan.data) {
        id->plan = api_span(p, entry->plan.len);
        p = ngx_cpymem(p, entry->plan.data, entry->plan.len);
    }

    if (entry->owner.data) {
        id->owner = api_span(p, entry->owner.len);
        p = ngx_cpymem(p, entry->owner.data, entry->owner.len);
    }

    for (i = 0; i < entry->nscopes; i++) {
        scopes[i] = api_span(p, entry->scopes[i].len);
        p = ngx_cpymem(p, entry->scopes[i].data, entry->scopes[i].len);
    }

    id->scopes = scopes;
    id->nscopes = entry->nscopes;

    return NGX_OK;
}


/* What the client learns: that its key has expired, or cannot be a key at all;
   a revoked one and one that never was look the same. */

static void
ngx_api_sec_key_fault(int code, const api_keystore_entry_t *entry,
    ngx_http_request_t *r, ngx_api_sec_fault_t *fault)
{
    char  text[32 + API_KEYSTORE_KEY_LEN];

    fault->reason.data = (u_char *) (uintptr_t) api_keystore_code_name(code);
    fault->reason.len = ngx_strlen(fault->reason.data);

    if (entry) {
        *ngx_snprintf((u_char *) text, sizeof(text) - 1, "the key with the id "
                      "%*s", entry->id.len, entry->id.data)
            = '\0';
        ngx_api_sec_fault_detail(r, fault, text);
    }

    if (code == API_KEYSTORE_INTERNAL) {
        fault->status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        ngx_str_set(&fault->code, "internal_error");
        ngx_str_set(&fault->title, "The request could not be checked");
        return;
    }

    fault->status = NGX_HTTP_UNAUTHORIZED;
    ngx_str_set(&fault->code, "invalid_key");

    switch (code) {

    case API_KEYSTORE_EXPIRED:
        ngx_str_set(&fault->title, "The API key has expired");
        break;

    case API_KEYSTORE_MALFORMED:
    case API_KEYSTORE_CHECKSUM:
        ngx_str_set(&fault->title, "The API key is mistyped or cut");
        break;

    default:
        ngx_str_set(&fault->title, "The API key is not valid");
    }
}


/*
 * No RFC has a scheme for API keys, and RFC 9110 wants a challenge with every
 * 401.  Errors of tokens are none of keys, except that a scope is lacking.
 */

static u_char *
ngx_api_sec_key_challenge(ngx_http_request_t *r,
    const ngx_api_sec_auth_t *auth, const ngx_api_sec_challenge_t *what,
    u_char *p, u_char *last)
{
    const ngx_api_sec_use_t           *use;
    ngx_api_sec_key_store_t * const   *store;

    p = ngx_cpymem(p, "ApiKey", sizeof("ApiKey") - 1);
    p = ngx_api_sec_challenge_realm(auth, p);

    use = ngx_api_sec_auth_use(auth, &ngx_api_sec_method_key);
    store = use->things.elts;

    p = store[0]->header.len
        ? ngx_slprintf(p, last, ", header=\"%V\"", &store[0]->header)
        : ngx_slprintf(p, last, ", query=\"%V\"", &store[0]->query);

    return what->scope ? ngx_api_sec_challenge_error(r, what, p, last) : p;
}


typedef struct {
    ngx_str_t   name;
    size_t      offset;      /* of an api_span_t in the identity */
} ngx_api_sec_key_var_t;

static ngx_api_sec_key_var_t  ngx_api_sec_key_vars[] = {
    { ngx_string("api_key_id"), offsetof(ngx_api_sec_identity_t, key) },
    { ngx_string("api_key_owner"), offsetof(ngx_api_sec_identity_t, owner) },
    { ngx_string("api_key_plan"), offsetof(ngx_api_sec_identity_t, plan) },
    { ngx_null_string, 0 }
};


ngx_int_t
ngx_api_sec_key_variables(ngx_conf_t *cf)
{
    ngx_api_sec_key_var_t  *var;

    for (var = ngx_api_sec_key_vars; var->name.len; var++) {
        if (ngx_api_add_variable(cf, &var->name, ngx_api_sec_key_variable,
                                 var->offset, 0)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_api_sec_key_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t                       value;
    ngx_api_record_t               *rec;
    const ngx_api_sec_identity_t   *id;
    const ngx_api_sec_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    rec = ngx_api_record_peek(r, mcf->self.record);
    id = rec ? ngx_api_sec_key_identity(rec->own[NGX_API_SEC]) : NULL;

    if (id == NULL) {
        ngx_api_set_variable(v, NULL);
        return NGX_OK;
    }

    value = ngx_api_str(*(const api_span_t *) ((u_char *) id + data));
    ngx_api_set_variable(v, value.len ? &value : NULL);

    return NGX_OK;
}
