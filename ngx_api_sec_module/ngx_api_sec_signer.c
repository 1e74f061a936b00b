
/*
 * Keys that sign tokens for the upstream.
 */

#include "ngx_api_sec_assert.h"


#define NGX_API_SEC_SIGNER_MAX  65536


static int ngx_api_sec_signer_load(void *data, api_span_t text,
    api_err_t *err);
static void ngx_api_sec_signer_cleanup(void *data);
static void ngx_api_sec_signer_jwk(const api_minter_t *minter,
    const api_minter_t **seen, ngx_uint_t *n, ngx_uint_t max,
    api_writer_t *w);


ngx_api_sec_signer_t *
ngx_api_sec_signer_open(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf,
    ngx_str_t *value)
{
    int                     rc;
    api_err_t               err;
    ngx_str_t               path;
    ngx_api_source_t        source;
    ngx_pool_cleanup_t     *cln;
    ngx_api_sec_signer_t  **p;

    p = ngx_array_push(&mcf->signers);
    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_api_sec_signer_t));

    if (p == NULL || cln == NULL) {
        return NULL;
    }

    *p = cln->data;
    ngx_memzero(*p, sizeof(ngx_api_sec_signer_t));
    cln->handler = ngx_api_sec_signer_cleanup;

    if (ngx_api_conf_secret(cf, value, ngx_api_sec_permissions(mcf), &source)
        != NGX_CONF_OK)
    {
        return NULL;
    }

    if (ngx_strncmp(value->data, "file:", 5) == 0) {
        path = source.path;
        ngx_explicit_memzero(source.text.data, source.text.len);

        return ngx_api_watch_add(cf, &mcf->watches, &path,
                                 NGX_API_SEC_SIGNER_MAX,
                                 ngx_api_sec_signer_load, *p)
               == NGX_CONF_OK ? *p : NULL;
    }

    rc = ngx_api_sec_signer_load(*p, ngx_api_span(&source.text), &err);

    ngx_explicit_memzero(source.text.data, source.text.len);

    if (rc != API_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "key \"%V\": %s", value,
                           err.text);
        return NULL;
    }

    return *p;
}


static int
ngx_api_sec_signer_load(void *data, api_span_t text, api_err_t *err)
{
    ngx_api_sec_signer_t *signer = data;

    int            rc;
    api_minter_t  *minter;

    rc = api_minter_create(&minter, text, &api_alloc_libc, err);

    if (rc != API_OK) {
        return rc;
    }

    if (signer->minter == NULL) {
        signer->minter = minter;
        return API_OK;
    }

    /* one that has not yet signed anything is forgotten */

    api_minter_free(signer->next);

    signer->next = minter;
    signer->since = ngx_time() + NGX_API_SEC_SIGNER_DELAY;

    return API_OK;
}


static void
ngx_api_sec_signer_cleanup(void *data)
{
    ngx_api_sec_signer_t *signer = data;

    api_minter_free(signer->minter);
    api_minter_free(signer->next);
    api_minter_free(signer->previous);
}


const api_minter_t *
ngx_api_sec_signer(ngx_api_sec_signer_t *signer, time_t now)
{
    if (signer->next && now >= signer->since) {
        api_minter_free(signer->previous);

        signer->previous = signer->minter;
        signer->minter = signer->next;
        signer->next = NULL;
        signer->generation++;
    }

    return signer->minter;
}


void
ngx_api_sec_signers_jwks(const ngx_api_sec_main_conf_t *mcf, api_writer_t *w)
{
    ngx_uint_t                       i, n;
    const api_minter_t              *seen[64];
    ngx_api_sec_signer_t * const    *signer;

    signer = mcf->signers.elts;
    n = 0;

    for (i = 0; i < mcf->signers.nelts; i++) {
        ngx_api_sec_signer_jwk(signer[i]->minter, seen, &n, 64, w);
        ngx_api_sec_signer_jwk(signer[i]->next, seen, &n, 64, w);
        ngx_api_sec_signer_jwk(signer[i]->previous, seen, &n, 64, w);
    }
}


/* Several lines may sign with one key: a set has each name once. */

static void
ngx_api_sec_signer_jwk(const api_minter_t *minter, const api_minter_t **seen,
    ngx_uint_t *n, ngx_uint_t max, api_writer_t *w)
{
    ngx_uint_t  i;

    if (minter == NULL) {
        return;
    }

    for (i = 0; i < *n; i++) {
        if (api_span_eq(api_minter_kid(seen[i]), api_minter_kid(minter))) {
            return;
        }
    }

    if (*n < max) {
        seen[(*n)++] = minter;
    }

    api_writer_raw(w, api_minter_jwk(minter));
}
