
/*
 * A statement about an epoch, while it is made.
 *
 *   ngx_api_sec_audit_seal_conf.c  api_audit_seal
 *   ngx_api_sec_audit_seal.c       when, and what it says
 *   ngx_api_sec_audit_statement.c  ... as events
 */

#ifndef _NGX_API_SEC_SEAL_H_INCLUDED_
#define _NGX_API_SEC_SEAL_H_INCLUDED_


#include "ngx_api_sec_audit.h"


#define NGX_API_SEC_SEAL_PART   16            /* chains in one event */
#define NGX_API_SEC_SEAL_HEADS  (192 + NGX_API_SEC_PARTED)

/* Of those that have ended, in one statement: it has to fit into the smallest
   lane.  The last one has all of them, for then there is time to write. */

#define NGX_API_SEC_SEAL_PARTED  384

typedef struct {
    api_seal_span_t             span;
    api_seal_head_t             heads[NGX_API_SEC_SEAL_HEADS];
    ngx_uint_t                  n;
    ngx_uint_t                  parted;       /* how many of them have gone */
    api_seal_tree_t             tree;         /* with this statement */
    api_seal_tree_t             before;
    uint8_t                     key[API_SEAL_LEN];
    uint8_t                     mac[API_SEAL_LEN];
    char                        note[API_SEAL_NOTE_MAX];
    size_t                      note_len;
} ngx_api_sec_statement_t;


/* To the lane of the process; false: there is no room. */

ngx_uint_t ngx_api_sec_seal_write(ngx_api_sec_writer_t *w,
    const ngx_api_sec_statement_t *s);


#endif /* _NGX_API_SEC_SEAL_H_INCLUDED_ */
