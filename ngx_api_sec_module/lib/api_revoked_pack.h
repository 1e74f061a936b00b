/*
 * The table of what is revoked as records of a snapshot (api_snapfile.h), so
 * that it outlives nginx.  Records are copied out under the caller's lock and
 * written without it.
 *
 * A file is merged in, never put in place of what is there: of two that say
 * the same the one that revokes more stands.  Nothing of it is trusted; a
 * record that makes no sense is counted, and so is one without room: whoever
 * reads has to treat both as a file that was not taken.
 */

#ifndef API_REVOKED_PACK_H
#define API_REVOKED_PACK_H

#include "api_revoked.h"
#include "api_snapfile.h"


typedef struct {
    uint32_t kind;
    uint32_t value_len;
    uint32_t issuer_len;
    uint32_t spare; /* 0 */
    int64_t  before;
    uint8_t  value[API_REVOKED_VALUE];
    uint8_t  issuer[API_REVOKED_ISSUER];
} api_revoked_record_t;

/* Kind, layout and record of the file; the rest is zeroed. */

void api_revoked_head(api_snapshot_head_t *head);

/* Copy up to max entries from place *at on, which is moved; how many. */

uint32_t api_revoked_pack(const api_revoked_table_t *table, size_t *at,
    api_revoked_record_t *to, uint32_t max);

typedef struct {
    size_t taken; /* or known already */
    size_t lost;  /* no room */
    size_t unsound;
} api_revoked_merged_t;

/* Under the lock.  API_OK, or what api_snapshot_open says of the file. */

int api_revoked_merge(api_revoked_table_t *table, api_span_t file,
    api_revoked_merged_t *done, api_err_t *err);


#endif /* API_REVOKED_PACK_H */
