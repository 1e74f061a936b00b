
#include "ngx_api_sec_revoke.h"


#define NGX_API_REVOCATIONS_MAX  (8 * 1024 * 1024)

static int ngx_api_sec_revoke_load(void *data, api_span_t text,
    api_err_t *err);
static void ngx_api_sec_revoke_cleanup(void *data);
static void ngx_api_sec_revoke_init(void *data, size_t size);
static ngx_int_t ngx_api_sec_revoke_carry(void *data, size_t size,
    const void *old, size_t old_size);
static api_revoked_table_t *ngx_api_sec_revoke_at(void *data, size_t size);
static ngx_uint_t ngx_api_sec_revoke_asks(
    const ngx_api_sec_main_conf_t *mcf);
static api_revoked_kind_t ngx_api_sec_revoke_find(
    const ngx_api_sec_main_conf_t *mcf, const api_revoked_of_t *of);
static ngx_uint_t ngx_api_sec_revoke_signer(
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_ctx_t *ctx,
    const api_revoked_of_t *of);
static ngx_int_t ngx_api_sec_revoke_of(ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_identity_t *id, api_revoked_of_t *of);
static ngx_int_t ngx_api_sec_revoke_member(ngx_api_sec_ctx_t *ctx,
    const api_json_t *doc, const char *name, api_span_t *value);


char *
ngx_api_sec_revocations(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_main_conf_t *mcf = conf;

    ngx_str_t                   *value;
    ngx_uint_t                   i;
    ngx_pool_cleanup_t          *cln;
    ngx_api_sec_revocations_t   *rv, **p;

    value = cf->args->elts;
    p = mcf->revocations.elts;

    for (i = 0; i < mcf->revocations.nelts; i++) {
        if (p[i]->name.len == value[1].len
            && ngx_memcmp(p[i]->name.data, value[1].data, value[1].len) == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate api_revocations \"%V\"", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_api_sec_revocations_t));
    p = ngx_array_push(&mcf->revocations);

    if (cln == NULL || p == NULL) {
        return NGX_CONF_ERROR;
    }

    rv = cln->data;
    ngx_memzero(rv, sizeof(ngx_api_sec_revocations_t));

    cln->handler = ngx_api_sec_revoke_cleanup;

    rv->name = value[1];
    rv->seed = mcf->seed;
    *p = rv;

    if (value[2].len > 5 && ngx_strncmp(value[2].data, "file:", 5) == 0) {
        value[2].data += 5;
        value[2].len -= 5;
    }

    return ngx_api_watch_add(cf, &mcf->watches, &value[2],
                             NGX_API_REVOCATIONS_MAX, ngx_api_sec_revoke_load,
                             rv);
}


static int
ngx_api_sec_revoke_load(void *data, api_span_t text, api_err_t *err)
{
    ngx_api_sec_revocations_t *rv = data;

    int             rc;
    api_revoked_t  *list;

    rc = api_revoked_parse(&list, text, rv->seed, &api_alloc_libc, err);

    if (rc == API_OK) {
        api_revoked_free(rv->list);
        rv->list = list;
    }

    return rc;
}


static void
ngx_api_sec_revoke_cleanup(void *data)
{
    ngx_api_sec_revocations_t *rv = data;

    api_revoked_free(rv->list);
}


ngx_int_t
ngx_api_sec_revoke_zone(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    size_t  size;

    if (mcf->zone == NULL || mcf->auths.nelts == 0) {
        return NGX_OK;
    }

    size = mcf->shares.revocations ? mcf->shares.revocations
                                   : mcf->zone->shm.size / 32;

    ngx_str_set(&mcf->revoked.name, "revocations");
    mcf->revoked.abi = 2;
    mcf->revoked.size = ngx_max(size - size % ngx_pagesize,
                                2 * (size_t) API_REVOKED_TABLE_MIN);
    mcf->revoked.init = ngx_api_sec_revoke_init;
    mcf->revoked.carry = ngx_api_sec_revoke_carry;

    if (ngx_api_zone_tenant(cf, mcf->zone, &mcf->revoked) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_api_sec_revoke_keep(cf, mcf);
}


static void
ngx_api_sec_revoke_init(void *data, size_t size)
{
    ngx_api_sec_revoke_zone_t *z = data;

    (void) ngx_api_random(z->seed, sizeof(z->seed));
    (void) api_revoked_table_init(z->table,
                                  size - sizeof(ngx_api_sec_revoke_zone_t),
                                  api_sipkey(z->seed));
}


static ngx_int_t
ngx_api_sec_revoke_carry(void *data, size_t size, const void *old,
    size_t old_size)
{
    ngx_api_sec_revoke_zone_t *z = data;
    const ngx_api_sec_revoke_zone_t *was = old;

    size_t                 i;
    api_revoked_entry_t    entry;
    api_revoked_table_t   *to, *from;

    to = ngx_api_sec_revoke_at(data, size);
    from = ngx_api_sec_revoke_at((void *) (uintptr_t) old, old_size);

    if (to == NULL) {
        return NGX_DECLINED;
    }

    i = 0;

    while (from && api_revoked_table_next(from, &i, &entry)) {
        if (api_revoked_table_put(to, &entry) != API_OK) {
            return NGX_DECLINED;
        }
    }

    z->loaded = was->loaded;
    z->changes = was->changes;
    z->kept.file = was->kept.file;
    z->kept.saved = was->kept.saved;

    return NGX_OK;
}


static api_revoked_table_t *
ngx_api_sec_revoke_at(void *data, size_t size)
{
    ngx_api_sec_revoke_zone_t *z = data;

    return api_revoked_table_at(z->table,
                                size - sizeof(ngx_api_sec_revoke_zone_t));
}


api_revoked_table_t *
ngx_api_sec_revoked_table(const ngx_api_sec_main_conf_t *mcf)
{
    return mcf->revoked.data ? ngx_api_sec_revoke_at(mcf->revoked.data,
                                                     mcf->revoked.size)
                             : NULL;
}


ngx_uint_t
ngx_api_sec_revoked(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_identity_t *id, ngx_api_sec_fault_t *fault)
{
    api_revoked_of_t    of;
    api_revoked_kind_t  kind;

    if (!ngx_api_sec_revoke_asks(mcf)) {
        return 0;
    }

    if (ngx_api_sec_revoke_of(ctx, id, &of) != NGX_OK) {
        fault->status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        ngx_str_set(&fault->reason, "nomem");
        ngx_str_set(&fault->code, "internal_error");
        ngx_str_set(&fault->title, "The request could not be checked");

        return 1;
    }

    kind = ngx_api_sec_revoke_find(mcf, &of);

    if (kind == API_REVOKED_NKINDS
        && id->method == &ngx_api_sec_method_jwt
        && ctx->jwt.kid.data == NULL
        && ngx_api_sec_revoke_signer(mcf, ctx, &of))
    {
        kind = API_REVOKED_KID;
    }

    if (kind == API_REVOKED_NKINDS) {
        return 0;
    }

    fault->status = NGX_HTTP_UNAUTHORIZED;
    ngx_str_set(&fault->reason, "revoked");
    ngx_api_sec_fault_detail(r, fault, api_revoked_kinds[kind]);

    if (id->claims) {
        fault->error = "invalid_token";
        ngx_str_set(&fault->code, "invalid_token");
        ngx_str_set(&fault->title, "The access token is not valid");

    } else {
        ngx_str_set(&fault->code, "invalid_credential");
        ngx_str_set(&fault->title, "The credential is not valid");
    }

    return 1;
}


static api_revoked_kind_t
ngx_api_sec_revoke_find(const ngx_api_sec_main_conf_t *mcf,
    const api_revoked_of_t *of)
{
    ngx_uint_t                          i;
    api_revoked_kind_t                  kind;
    api_revoked_table_t                *table;
    ngx_api_sec_revocations_t * const  *rv;

    rv = mcf->revocations.elts;

    for (i = 0; i < mcf->revocations.nelts; i++) {
        kind = api_revoked_find(rv[i]->list, of);

        if (kind != API_REVOKED_NKINDS) {
            return kind;
        }
    }

    table = ngx_api_sec_revoked_table(mcf);

    return table ? api_revoked_table_find(table, of) : API_REVOKED_NKINDS;
}


/*
 * Who has a key that is revoked makes tokens without a kid.  Which key such a
 * token was good under is not remembered: those that are revoked try again.
 */

static ngx_uint_t
ngx_api_sec_revoke_signer(const ngx_api_sec_main_conf_t *mcf,
    const ngx_api_sec_ctx_t *ctx, const api_revoked_of_t *of)
{
    int                          rc;
    size_t                       it;
    ngx_str_t                    name;
    api_jwk_t                   *key;
    api_revoked_of_t             signer;
    const ngx_api_sec_issuer_t  *issuer;

    name = ngx_api_str(of->issuer);
    issuer = ngx_api_sec_issuer_find(mcf, &name);

    if (issuer == NULL) {
        return 1;
    }

    ngx_memzero(&signer, sizeof(api_revoked_of_t));

    signer.issuer = of->issuer;
    signer.iat = of->iat;
    it = 0;

    for ( ;; ) {
        key = api_jwks_find(issuer->keys->set, ctx->jwt.alg, ctx->jwt.kid,
                            &it);
        if (key == NULL) {
            return 0;
        }

        signer.values[API_REVOKED_KID] = api_jwk_kid(key);

        if (signer.values[API_REVOKED_KID].len == 0
            || ngx_api_sec_revoke_find(mcf, &signer) == API_REVOKED_NKINDS)
        {
            continue;
        }

        rc = api_jws_verify(key, ctx->jwt.alg, ctx->jwt.jws.input,
                            ctx->jwt.signature);

        if (rc == API_OK || rc == API_INTERNAL) {
            return 1;
        }
    }
}


static ngx_uint_t
ngx_api_sec_revoke_asks(const ngx_api_sec_main_conf_t *mcf)
{
    ngx_uint_t                          i;
    api_revoked_table_t                *table;
    ngx_api_sec_revocations_t * const  *rv;

    rv = mcf->revocations.elts;

    for (i = 0; i < mcf->revocations.nelts; i++) {
        if (api_revoked_count(rv[i]->list)) {
            return 1;
        }
    }

    table = ngx_api_sec_revoked_table(mcf);

    return table && api_revoked_table_count(table);
}


/* jti, sub, kid, client; of an API key its id, and the principal as sub. */

static ngx_int_t
ngx_api_sec_revoke_of(ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_identity_t *id, api_revoked_of_t *of)
{
    api_span_t  *values;

    ngx_memzero(of, sizeof(api_revoked_of_t));

    of->issuer = ngx_api_span(id->name);
    of->iat = id->iat ? id->iat : INT64_MIN;

    values = of->values;

    if (id->principal.len) {
        values[API_REVOKED_SUB] = ngx_api_span(&id->principal);
    }

    values[API_REVOKED_KID] = id->key;

    if (id->header
        && ngx_api_sec_revoke_member(ctx, id->header, "kid",
                                     &values[API_REVOKED_KID])
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (id->claims == NULL) {
        return NGX_OK;
    }

    if (ngx_api_sec_revoke_member(ctx, id->claims, "jti",
                                  &values[API_REVOKED_JTI])
        != NGX_OK
        || ngx_api_sec_revoke_member(ctx, id->claims, "client_id",
                                     &values[API_REVOKED_CLIENT])
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return values[API_REVOKED_CLIENT].data
           ? NGX_OK
           : ngx_api_sec_revoke_member(ctx, id->claims, "azp",
                                       &values[API_REVOKED_CLIENT]);
}


static ngx_int_t
ngx_api_sec_revoke_member(ngx_api_sec_ctx_t *ctx, const api_json_t *doc,
    const char *name, api_span_t *value)
{
    uint32_t    i;
    api_span_t  want;

    want = api_span(name, ngx_strlen(name));
    *value = api_span(NULL, 0);

    for (i = 1; i < doc->tok[0].u.next; i = api_json_next(doc, i)) {

        if (!api_json_string_eq(doc, i, want)) {
            continue;
        }

        return doc->tok[i + 1].type != API_JSON_STRING
               || api_json_string(doc, i + 1, &ctx->arena, value) == API_OK
               ? NGX_OK : NGX_ERROR;
    }

    return NGX_OK;
}
