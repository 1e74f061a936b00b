
/*
 * Who was verified, for all who ask: variables, api_require, the audit.
 */

#include "ngx_api_sec.h"


const ngx_api_sec_identity_t *
ngx_api_sec_identity(const ngx_api_sec_ctx_t *ctx)
{
    return ctx && ctx->result == NGX_API_AUTH_OK ? &ctx->ids[0] : NULL;
}


const api_json_t *
ngx_api_sec_claims(const ngx_api_sec_ctx_t *ctx)
{
    ngx_uint_t  i;

    if (ngx_api_sec_identity(ctx) == NULL) {
        return NULL;
    }

    for (i = 0; i < ctx->nids; i++) {
        if (ctx->ids[i].claims) {
            return ctx->ids[i].claims;
        }
    }

    return NULL;
}


const api_json_t *
ngx_api_sec_token_header(const ngx_api_sec_ctx_t *ctx)
{
    ngx_uint_t  i;

    if (ngx_api_sec_identity(ctx) == NULL) {
        return NULL;
    }

    for (i = 0; i < ctx->nids; i++) {
        if (ctx->ids[i].header) {
            return ctx->ids[i].header;
        }
    }

    return NULL;
}


const ngx_api_sec_identity_t *
ngx_api_sec_key_identity(const ngx_api_sec_ctx_t *ctx)
{
    ngx_uint_t  i;

    if (ngx_api_sec_identity(ctx) == NULL) {
        return NULL;
    }

    for (i = 0; i < ctx->nids; i++) {
        if (ctx->ids[i].key.data) {
            return &ctx->ids[i];
        }
    }

    return NULL;
}


/* One credential has to grant what is wanted: grants do not add up. */

ngx_uint_t
ngx_api_sec_granted(const ngx_api_sec_ctx_t *ctx, const api_span_t *wanted,
    ngx_uint_t n, ngx_uint_t all)
{
    ngx_uint_t                     i, k, m, found;
    const ngx_api_sec_identity_t  *id;

    if (ngx_api_sec_identity(ctx) == NULL || n == 0) {
        return 0;
    }

    for (i = 0; i < ctx->nids; i++) {
        id = &ctx->ids[i];

        if (id->claims) {
            if (api_claim_scopes(id->claims, 0, wanted, n, all)) {
                return 1;
            }

            continue;
        }

        found = 0;

        for (k = 0; k < n; k++) {
            for (m = 0; m < id->nscopes; m++) {
                if (api_span_eq(wanted[k], id->scopes[m])) {
                    found++;
                    break;
                }
            }
        }

        if (all ? found == n : found > 0) {
            return 1;
        }
    }

    return 0;
}
