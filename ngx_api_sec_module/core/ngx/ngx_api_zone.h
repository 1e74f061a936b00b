
/*
 * The shared-memory zone: one for the suite (api_zone), made by sec, found by
 * the others by its tag.  Its root page lists the tenants; each has an arena
 * of fixed size, so no table that strangers fill starves another.
 *
 * A tenant is offered in postconfiguration and made (or found again) when the
 * zone is: an arena that does not fit is an error of the configuration, not of
 * a request.  State survives a reload.  When the size of the zone or of a
 * tenant has changed, a new zone is made for this one reload and the tenants
 * copy what they can from the old, which is not touched: the reload may still
 * fail, and old workers go on using it.
 */

#ifndef _NGX_API_ZONE_H_INCLUDED_
#define _NGX_API_ZONE_H_INCLUDED_


#include "ngx_api_compat.h"


#define NGX_API_ZONE_MAGIC    0x314e5a41
#define NGX_API_ZONE_TENANTS  16


/* What lies in shared memory: pointers into the zone itself only. */

typedef struct {
    u_char                      name[16];
    uint32_t                    abi;
    size_t                      size;
    void                       *data;
} ngx_api_zone_slot_t;

typedef struct {
    uint32_t                    magic;
    uint32_t                    n;
    ngx_api_zone_slot_t         slots[NGX_API_ZONE_TENANTS];
} ngx_api_zone_root_t;


typedef struct ngx_api_tenant_s  ngx_api_tenant_t;

struct ngx_api_tenant_s {
    ngx_str_t                   name;         /* 15 bytes at most */
    uint32_t                    abi;
    size_t                      size;

    /* fresh and zeroed memory; may be NULL */
    void                      (*init)(void *data, size_t size);

    /* bring over what an old zone holds; NULL: start empty */
    void                      (*migrate)(void *data, size_t size,
                                  const void *old, size_t old_size);

    void                       *data;         /* set when the zone is made */

    /* in place of migrate, where nothing may be lost: NGX_DECLINED when it
       does not fit, and the reload is refused */
    ngx_int_t                 (*carry)(void *data, size_t size,
                                  const void *old, size_t old_size);
};


/* Kept in zone->data while a configuration lives. */

typedef struct {
    uint32_t                    magic;
    ngx_array_t                 tenants;      /* of ngx_api_tenant_t * */
} ngx_api_zone_t;


/* The directive of sec; name and size as given. */

ngx_shm_zone_t *ngx_api_zone_add(ngx_conf_t *cf, ngx_str_t *name,
    size_t size);

/* postconfiguration: the suite's zone, or NULL when there is none. */

ngx_shm_zone_t *ngx_api_zone_find(ngx_conf_t *cf);

/* postconfiguration: take part.  tenant lives as long as the configuration. */

ngx_int_t ngx_api_zone_tenant(ngx_conf_t *cf, ngx_shm_zone_t *zone,
    ngx_api_tenant_t *tenant);


/*
 * nginx asks noreuse of the new zone whether to make memory, and later of the
 * old one whether to give its back: one that was set for a single reload would
 * have the memory in use given back at the next.  So whoever sets it says of
 * the zone of the same name in the running configuration: that it may be
 * reused, when the new zone is added; that it may not, when fresh memory is
 * made beside it.
 */

void ngx_api_zone_before(const ngx_shm_zone_t *zone, ngx_uint_t noreuse);


#endif /* _NGX_API_ZONE_H_INCLUDED_ */
