
/*
 * What is revoked: lists in files (api_revocations), and a table in the zone
 * that api_status writes.  Asked with every request, behind everything that
 * is remembered of a credential.
 */

#ifndef _NGX_API_SEC_REVOKE_H_INCLUDED_
#define _NGX_API_SEC_REVOKE_H_INCLUDED_


#include "ngx_api_sec.h"
#include "api_revoked.h"


typedef struct {
    ngx_str_t                   name;
    api_revoked_t              *list;         /* swapped as a whole */
    api_sipkey_t                seed;
} ngx_api_sec_revocations_t;


/* The table, or NULL. */

api_revoked_table_t *ngx_api_sec_revoked_table(
    const ngx_api_sec_main_conf_t *mcf);


#endif /* _NGX_API_SEC_REVOKE_H_INCLUDED_ */
