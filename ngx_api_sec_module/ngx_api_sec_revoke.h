
/*
 * What is revoked: lists in files (api_revocations), and a table in the zone
 * that api_status writes.  Asked with every request, behind everything that
 * is remembered of a credential.
 */

#ifndef _NGX_API_SEC_REVOKE_H_INCLUDED_
#define _NGX_API_SEC_REVOKE_H_INCLUDED_


#include "ngx_api_sec.h"
#include "ngx_api_keeper.h"
#include "api_revoked.h"


/* In the zone: a key of its own, so that nobody can make hashes meet. */

typedef struct {
    uint8_t                     seed[16];
    ngx_atomic_t                changes;
    ngx_atomic_t                loaded;       /* what was kept is in it */
    ngx_api_kept_t              kept;
    uint64_t                    table[];
} ngx_api_sec_revoke_zone_t;


typedef struct {
    ngx_str_t                   name;
    api_revoked_t              *list;         /* swapped as a whole */
    api_sipkey_t                seed;
} ngx_api_sec_revocations_t;


/* ngx_api_sec_revoke_keep.c: what api_status takes is kept over a restart */

ngx_int_t ngx_api_sec_revoke_keep(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf);

/* The table, or NULL. */

api_revoked_table_t *ngx_api_sec_revoked_table(
    const ngx_api_sec_main_conf_t *mcf);

/* How full it is, for api_status. */

void ngx_api_sec_revoked_status(const ngx_api_sec_main_conf_t *mcf,
    api_writer_t *w);


#endif /* _NGX_API_SEC_REVOKE_H_INCLUDED_ */
