
/*
 * What all workers know of DPoP: the proofs that were used, and the key that
 * nonces are made with.  Survives a reload.
 */

#include "ngx_api_sec_introspect.h"


#define NGX_API_PROOFS_NAME  "proofs"
#define NGX_API_PROOFS_ABI   2
#define NGX_API_NONCE_LIFE   300

typedef struct {
    api_nonce_key_t             nonce;
    uint64_t                    ready;
    uint64_t                    table[];     /* api_replay_t */
} ngx_api_sec_proofs_zone_t;


static ngx_api_sec_proofs_t *ngx_api_sec_proofs_create(ngx_conf_t *cf,
    api_sipkey_t seed);
static void ngx_api_sec_proofs_init(void *data, size_t size);
static void ngx_api_sec_proofs_migrate(void *data, size_t size,
    const void *old, size_t old_size);
static void ngx_api_sec_proofs_cleanup(void *data);
static const ngx_str_t *ngx_api_sec_proofs_wanted(
    const ngx_api_sec_main_conf_t *mcf, int64_t *life);
static ngx_uint_t ngx_api_sec_proofs_life(const ngx_api_sec_bound_t *bind,
    int64_t *life);
static ngx_api_sec_proofs_zone_t *ngx_api_sec_proofs_shared(
    const ngx_api_sec_main_conf_t *mcf);


static ngx_api_sec_proofs_t *
ngx_api_sec_proofs_create(ngx_conf_t *cf, api_sipkey_t seed)
{
    ngx_pool_cleanup_t    *cln;
    ngx_api_sec_proofs_t  *proofs;

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_api_sec_proofs_t));
    if (cln == NULL) {
        return NULL;
    }

    proofs = cln->data;
    ngx_memzero(proofs, sizeof(ngx_api_sec_proofs_t));

    ngx_str_set(&proofs->tenant.name, NGX_API_PROOFS_NAME);
    proofs->tenant.abi = NGX_API_PROOFS_ABI;
    proofs->tenant.init = ngx_api_sec_proofs_init;
    proofs->tenant.migrate = ngx_api_sec_proofs_migrate;

    if (api_dpop_keys_create(&proofs->keys, seed, &api_alloc_libc) != API_OK)
    {
        return NULL;
    }

    cln->handler = ngx_api_sec_proofs_cleanup;

    return proofs;
}


static void
ngx_api_sec_proofs_cleanup(void *data)
{
    ngx_api_sec_proofs_t *proofs = data;

    api_dpop_keys_free(proofs->keys);
}


/* Who takes proofs, or NULL; how long one is good, at the longest. */

static const ngx_str_t *
ngx_api_sec_proofs_wanted(const ngx_api_sec_main_conf_t *mcf, int64_t *life)
{
    ngx_uint_t                         i;
    const ngx_str_t                   *name;
    ngx_api_sec_issuer_t * const      *issuer;
    ngx_api_sec_introspect_t * const  *ai;

    name = NULL;
    *life = 0;
    ai = mcf->introspects.elts;

    for (i = 0; i < mcf->introspects.nelts; i++) {
        if (ngx_api_sec_proofs_life(&ai[i]->bind, life)) {
            name = &ai[i]->name;
        }
    }

    issuer = mcf->issuers.elts;

    for (i = 0; i < mcf->issuers.nelts; i++) {
        if (ngx_api_sec_proofs_life(&issuer[i]->bind, life)) {
            name = &issuer[i]->name;
        }
    }

    return name;
}


/* From the earliest time that it is taken to the last. */

static ngx_uint_t
ngx_api_sec_proofs_life(const ngx_api_sec_bound_t *bind, int64_t *life)
{
    if (bind->dpop) {
        *life = ngx_max(*life,
                        bind->policy.max_age + 2 * bind->policy.leeway);
    }

    return bind->dpop;
}


ngx_int_t
ngx_api_sec_proofs_zone(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    size_t                   size;
    int64_t                  life;
    ngx_api_sec_proofs_t    *proofs;
    const ngx_str_t         *name;

    name = ngx_api_sec_proofs_wanted(mcf, &life);

    if (name == NULL) {
        return NGX_OK;
    }

    if (mcf->zone == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"bind dpop\" in \"%V\" needs shared "
                      "memory, where proofs are kept that were used: write "
                      "\"api_zone main 1m;\" in http", name);
        return NGX_ERROR;
    }

    proofs = ngx_api_sec_proofs_create(cf, mcf->seed);
    mcf->proofs = proofs;

    if (proofs == NULL) {
        return NGX_ERROR;
    }

    proofs->life = life;
    size = mcf->shares.proofs;

    if (size == 0) {
        size = mcf->zone->shm.size / 8;
    }

    proofs->tenant.size = ngx_max(size - size % ngx_pagesize, ngx_pagesize);

    return ngx_api_zone_tenant(cf, mcf->zone, &proofs->tenant);
}


static void
ngx_api_sec_proofs_init(void *data, size_t size)
{
    ngx_api_sec_proofs_zone_t *z = data;

    api_sipkey_t  seed;

    if (ngx_api_random(&seed, sizeof(api_sipkey_t)) != NGX_OK
        || ngx_api_random(&z->nonce, sizeof(api_nonce_key_t)) != NGX_OK)
    {
        return;    /* not ready: every proof is refused */
    }

    (void) api_replay_init(z->table, size - sizeof(ngx_api_sec_proofs_zone_t),
                           seed, ngx_time());
    z->ready = 1;
}


static void
ngx_api_sec_proofs_migrate(void *data, size_t size, const void *old,
    size_t old_size)
{
    ngx_api_sec_proofs_zone_t *z = data;
    const ngx_api_sec_proofs_zone_t *from = old;

    if (z->ready && from->ready) {
        z->nonce = from->nonce;
        api_replay_migrate((api_replay_t *) z->table,
                           (const api_replay_t *) from->table);
    }
}


static ngx_api_sec_proofs_zone_t *
ngx_api_sec_proofs_shared(const ngx_api_sec_main_conf_t *mcf)
{
    ngx_api_sec_proofs_zone_t  *z;

    z = mcf->proofs ? mcf->proofs->tenant.data : NULL;

    return z && z->ready ? z : NULL;
}


int
ngx_api_sec_proofs_use(const ngx_api_sec_main_conf_t *mcf,
    const api_dpop_t *dpop, const api_dpop_policy_t *policy,
    const ngx_api_sec_identity_t *id)
{
    int                         rc;
    api_replay_use_t            use;
    ngx_slab_pool_t            *shpool;
    ngx_api_sec_proofs_zone_t  *z;

    z = ngx_api_sec_proofs_shared(mcf);

    if (z == NULL) {
        return API_INTERNAL;
    }

    use.owner = api_span(dpop->jkt, sizeof(dpop->jkt));
    use.id = dpop->jti;
    use.realm = ngx_api_span(id->name);
    use.principal = id->principal.len ? ngx_api_span(&id->principal)
                                      : use.owner;
    use.made = dpop->iat;
    use.until = dpop->iat + policy->max_age + policy->leeway;

    /* the mutex of the zone: nginx unlocks it when a worker dies */

    shpool = (ngx_slab_pool_t *) mcf->zone->shm.addr;

    ngx_shmtx_lock(&shpool->mutex);

    rc = api_replay_use((api_replay_t *) z->table, &use, mcf->proofs->life,
                        ngx_time());

    ngx_shmtx_unlock(&shpool->mutex);

    return rc;
}


ngx_int_t
ngx_api_sec_proofs_nonce(const ngx_api_sec_main_conf_t *mcf,
    char nonce[API_NONCE_LEN])
{
    const ngx_api_sec_proofs_zone_t  *z;

    z = ngx_api_sec_proofs_shared(mcf);

    if (z == NULL) {
        return NGX_ERROR;
    }

    api_nonce_make(&z->nonce, ngx_time(), nonce);

    return NGX_OK;
}


ngx_int_t
ngx_api_sec_proofs_check(const ngx_api_sec_main_conf_t *mcf,
    api_span_t nonce, bool *renew)
{
    const ngx_api_sec_proofs_zone_t  *z;

    z = ngx_api_sec_proofs_shared(mcf);

    if (z == NULL) {
        return NGX_ERROR;
    }

    return api_nonce_check(&z->nonce, nonce, ngx_time(), NGX_API_NONCE_LIFE,
                           renew)
           == API_OK ? NGX_OK : NGX_DECLINED;
}


void
ngx_api_sec_proofs_status(const ngx_api_sec_main_conf_t *mcf, api_writer_t *w)
{
    api_replay_stat_t           stat;
    ngx_api_sec_proofs_zone_t  *z;

    z = ngx_api_sec_proofs_shared(mcf);

    if (z == NULL) {
        return;
    }

    stat = api_replay_stat((const api_replay_t *) z->table);

    api_writer_name(w, API_SPAN("proofs"));
    api_writer_object(w);
    api_writer_name(w, API_SPAN("places"));
    api_writer_uint(w, stat.room);
    api_writer_name(w, API_SPAN("used"));
    api_writer_uint(w, stat.used);
    api_writer_name(w, API_SPAN("repeated"));
    api_writer_uint(w, stat.repeated);
    api_writer_name(w, API_SPAN("evicted"));
    api_writer_uint(w, stat.dropped);
    api_writer_name(w, API_SPAN("unknown"));
    api_writer_uint(w, stat.refused);
    api_writer_name(w, API_SPAN("over_share"));
    api_writer_uint(w, stat.over);
    api_writer_end(w);
}
