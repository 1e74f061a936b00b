
/*
 * How often exceptions were used: which may go, and which are a hole.  A share
 * of the zone, so the numbers are of all workers and survive reloads.
 *
 * A slot belongs to the name of an exception.  The master gives them out once
 * the zone is there; an old worker that still counts for a name that has lost
 * its slot counts for nobody.
 */

#include "ngx_api_sec_govern.h"


#define NGX_API_SEC_USED_MIN  128    /* slots: more exceptions, more pages */


typedef struct {
    uint64_t                    key;          /* 0: free */
    ngx_atomic_t                requests;
    ngx_atomic_t                last;
} ngx_api_sec_used_slot_t;


static void ngx_api_sec_used_migrate(void *data, size_t size, const void *old,
    size_t old_size);
static ngx_uint_t ngx_api_sec_used_wanted(const ngx_api_sec_main_conf_t *mcf,
    uint64_t key);
static ngx_api_sec_used_slot_t *ngx_api_sec_used_slot(
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_exception_t *e);


ngx_int_t
ngx_api_sec_govern_zone(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    size_t                            n;
    ngx_uint_t                        i;
    api_sipkey_t                      key;
    ngx_api_sec_exception_t * const  *e;

    if (mcf->zone == NULL || mcf->exceptions.nelts == 0) {
        return NGX_OK;
    }

    /* names are the administrator's: there is nobody to hide a key from */

    ngx_memzero(&key, sizeof(api_sipkey_t));

    e = mcf->exceptions.elts;

    for (i = 0; i < mcf->exceptions.nelts; i++) {
        e[i]->key = api_siphash13(key, ngx_api_span(&e[i]->id)) | 1;
    }

    for (n = NGX_API_SEC_USED_MIN; n < mcf->exceptions.nelts; n *= 2) {
        /* void */
    }

    ngx_str_set(&mcf->excepted.name, "exceptions");
    mcf->excepted.abi = 1;
    mcf->excepted.size = n * sizeof(ngx_api_sec_used_slot_t);
    mcf->excepted.migrate = ngx_api_sec_used_migrate;

    return ngx_api_zone_tenant(cf, mcf->zone, &mcf->excepted);
}


static void
ngx_api_sec_used_migrate(void *data, size_t size, const void *old,
    size_t old_size)
{
    ngx_memcpy(data, old, ngx_min(size, old_size));
}


/* Those that have a slot keep it; others take one that nobody wants. */

void
ngx_api_sec_govern_slots(const ngx_api_sec_main_conf_t *mcf)
{
    ngx_uint_t                        i, n, s;
    ngx_api_sec_used_slot_t          *slot;
    ngx_api_sec_exception_t * const  *e;

    slot = mcf->excepted.data;

    if (slot == NULL) {
        return;
    }

    e = mcf->exceptions.elts;
    n = mcf->excepted.size / sizeof(ngx_api_sec_used_slot_t);

    for (i = 0; i < mcf->exceptions.nelts; i++) {
        for (s = 0; s < n && slot[s].key != e[i]->key; s++) {
            /* void */
        }

        if (s == n) {
            for (s = 0;
                 s < n && ngx_api_sec_used_wanted(mcf, slot[s].key);
                 s++)
            {
                /* void */
            }

            if (s == n) {
                e[i]->key = 0;    /* cannot be: there are n or fewer names */
                continue;
            }

            slot[s].key = e[i]->key;
            slot[s].requests = 0;
            slot[s].last = 0;
        }

        e[i]->slot = (uint32_t) s;
    }
}


static ngx_uint_t
ngx_api_sec_used_wanted(const ngx_api_sec_main_conf_t *mcf, uint64_t key)
{
    ngx_uint_t                              i;
    const ngx_api_sec_exception_t * const  *e;

    e = mcf->exceptions.elts;

    for (i = 0; i < mcf->exceptions.nelts; i++) {
        if (e[i]->key == key) {
            return 1;
        }
    }

    return 0;
}


static ngx_api_sec_used_slot_t *
ngx_api_sec_used_slot(const ngx_api_sec_main_conf_t *mcf,
    const ngx_api_sec_exception_t *e)
{
    ngx_api_sec_used_slot_t  *slot;

    slot = mcf->excepted.data;

    return slot && e->key && slot[e->slot].key == e->key ? &slot[e->slot]
                                                         : NULL;
}


void
ngx_api_sec_govern_use(const ngx_api_sec_main_conf_t *mcf,
    const ngx_api_sec_exception_t *e)
{
    ngx_api_sec_used_slot_t  *slot;

    slot = ngx_api_sec_used_slot(mcf, e);

    if (slot) {
        (void) ngx_atomic_fetch_add(&slot->requests, 1);
        slot->last = (ngx_atomic_uint_t) ngx_time();
    }
}


ngx_api_sec_used_t
ngx_api_sec_govern_used(const ngx_api_sec_main_conf_t *mcf,
    const ngx_api_sec_exception_t *e)
{
    ngx_api_sec_used_t              used;
    const ngx_api_sec_used_slot_t  *slot;

    ngx_memzero(&used, sizeof(ngx_api_sec_used_t));

    slot = ngx_api_sec_used_slot(mcf, e);

    if (slot) {
        used.requests = slot->requests;
        used.last = (int64_t) slot->last;
    }

    return used;
}
