
/*
 * Tokens that were verified before, in the zone and in this process.
 */

#include "ngx_api_sec.h"
#include "ngx_api_sec_status.h"


#define NGX_API_TOKENS_NAME  "tokens"
#define NGX_API_TOKENS_ABI   1
#define NGX_API_TOKENS_MEMO  1024    /* of 8 KiB at most */

/* In the zone: a key of its own, so that digests tell nobody anything. */

typedef struct {
    uint8_t                     key[API_JWS_SHA_LEN];
    uint64_t                    seen[];
} ngx_api_sec_tokens_zone_t;


typedef struct {
    api_memo_t                 *memo;
    const api_memo_entry_t     *entry;
} ngx_api_sec_tokens_hold_t;


static void ngx_api_sec_tokens_init(void *data, size_t size);
static void ngx_api_sec_tokens_cleanup(void *data);
static void ngx_api_sec_tokens_release(void *data);
static api_seen_t *ngx_api_sec_tokens_seen(const ngx_api_sec_tokens_t *t);


ngx_api_sec_tokens_t *
ngx_api_sec_tokens_create(ngx_conf_t *cf)
{
    ngx_pool_cleanup_t    *cln;
    ngx_api_sec_tokens_t  *t;

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_api_sec_tokens_t));
    if (cln == NULL) {
        return NULL;
    }

    t = cln->data;
    ngx_memzero(t, sizeof(ngx_api_sec_tokens_t));

    cln->handler = ngx_api_sec_tokens_cleanup;

    ngx_str_set(&t->tenant.name, NGX_API_TOKENS_NAME);
    t->tenant.abi = NGX_API_TOKENS_ABI;
    t->tenant.init = ngx_api_sec_tokens_init;

    t->hash = api_jws_sha_create(&api_alloc_libc);

    if (t->hash == NULL
        || ngx_api_random(&t->seed, sizeof(api_sipkey_t)) != NGX_OK)
    {
        return NULL;
    }

    return t;
}


static void
ngx_api_sec_tokens_cleanup(void *data)
{
    ngx_api_sec_tokens_t *t = data;

    api_memo_free(t->memo);
    api_jws_sha_free(t->hash);
}


ngx_int_t
ngx_api_sec_tokens_zone(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    size_t                 size;
    ngx_uint_t             i, caches;
    ngx_api_sec_tokens_t  *t;
    ngx_api_sec_issuer_t  **issuer;

    caches = 0;
    issuer = mcf->issuers.elts;

    for (i = 0; i < mcf->issuers.nelts; i++) {
        caches |= (issuer[i]->cache != 0);
    }

    if (!caches) {
        return NGX_OK;
    }

    t = mcf->tokens;

    t->memo = api_memo_create(&api_alloc_libc, NGX_API_TOKENS_MEMO, t->seed);

    if (mcf->zone == NULL) {
        return NGX_OK;
    }

    size = mcf->shares.tokens;

    if (size == 0) {
        size = mcf->zone->shm.size / (mcf->zone->shm.size < 1024 * 1024
                                      ? 8 : 4);
    }

    t->tenant.size = ngx_max(size - size % ngx_pagesize, ngx_pagesize);

    return ngx_api_zone_tenant(cf, mcf->zone, &t->tenant);
}


/* A zone whose size has changed starts with nothing seen. */

static void
ngx_api_sec_tokens_init(void *data, size_t size)
{
    ngx_api_sec_tokens_zone_t *z = data;

    /* without a key the tokens stay unseen */

    if (ngx_api_random(z->key, sizeof(z->key)) == NGX_OK) {
        (void) api_seen_init(z->seen,
                             size - sizeof(ngx_api_sec_tokens_zone_t));
    }
}


static api_seen_t *
ngx_api_sec_tokens_seen(const ngx_api_sec_tokens_t *t)
{
    ngx_api_sec_tokens_zone_t  *z;

    z = t->tenant.data;

    if (z == NULL) {
        return NULL;
    }

    return api_seen_at(z->seen,
                       t->tenant.size - sizeof(ngx_api_sec_tokens_zone_t));
}


ngx_int_t
ngx_api_sec_tokens_digest(const ngx_api_sec_main_conf_t *mcf,
    const uint8_t print[API_JWS_SHA_LEN], api_span_t token,
    uint8_t digest[API_JWS_SHA_LEN])
{
    api_span_t                        pieces[3];
    const ngx_api_sec_tokens_zone_t  *z;

    z = mcf->tokens->tenant.data;

    if (z == NULL) {
        return NGX_DECLINED;
    }

    pieces[0] = api_span(z->key, sizeof(z->key));
    pieces[1] = api_span(print, API_JWS_SHA_LEN);
    pieces[2] = token;

    return api_jws_sha(mcf->tokens->hash, pieces, 3, digest) == API_OK
           ? NGX_OK : NGX_DECLINED;
}


ngx_uint_t
ngx_api_sec_tokens_find(const ngx_api_sec_main_conf_t *mcf,
    const uint8_t digest[API_JWS_SHA_LEN])
{
    api_seen_t  *seen;

    seen = ngx_api_sec_tokens_seen(mcf->tokens);

    return seen && api_seen_find(seen, digest, ngx_time());
}


void
ngx_api_sec_tokens_add(const ngx_api_sec_main_conf_t *mcf,
    const uint8_t digest[API_JWS_SHA_LEN], api_span_t subject,
    int64_t until)
{
    api_seen_t                       *seen;
    const ngx_api_sec_tokens_zone_t  *z;

    z = mcf->tokens->tenant.data;
    seen = ngx_api_sec_tokens_seen(mcf->tokens);

    if (seen) {
        api_seen_add(seen, digest,
                     api_siphash13(api_sipkey(z->key), subject), until,
                     ngx_time());
    }
}


const api_memo_entry_t *
ngx_api_sec_tokens_memo(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, api_span_t token)
{
    api_memo_t                 *memo;
    ngx_pool_cleanup_t         *cln;
    const api_memo_entry_t     *entry;
    ngx_api_sec_tokens_hold_t  *hold;

    memo = mcf->tokens->memo;

    if (memo == NULL || token.len == 0) {
        return NULL;
    }

    entry = api_memo_find(memo, token);
    if (entry == NULL) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(r->main->pool,
                               sizeof(ngx_api_sec_tokens_hold_t));
    if (cln == NULL) {
        api_memo_release(memo, entry);
        return NULL;
    }

    hold = cln->data;
    hold->memo = memo;
    hold->entry = entry;
    cln->handler = ngx_api_sec_tokens_release;

    return entry;
}


static void
ngx_api_sec_tokens_release(void *data)
{
    ngx_api_sec_tokens_hold_t *hold = data;

    api_memo_release(hold->memo, hold->entry);
}


void
ngx_api_sec_tokens_status(const ngx_api_sec_main_conf_t *mcf,
    api_writer_t *w)
{
    api_seen_t        *seen;
    api_seen_stats_t   stats;

    seen = ngx_api_sec_tokens_seen(mcf->tokens);

    if (seen == NULL) {
        return;
    }

    api_seen_stats(seen, &stats);

    api_writer_name(w, API_SPAN("tokens"));
    api_writer_object(w);
    ngx_api_sec_status_cache(w, stats.entries, stats.hits, stats.misses,
                             stats.added, stats.evicted);
    api_writer_name(w, API_SPAN("evicted_by_own"));
    api_writer_uint(w, stats.own);
    api_writer_end(w);
}
