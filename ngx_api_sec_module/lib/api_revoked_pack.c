#include "api_revoked_pack.h"


#define REVOKED_KIND 0x52564b44 /* "RVKD" */
#define REVOKED_LAYOUT 1


void
api_revoked_head(api_snapshot_head_t *head)
{
    memset(head, 0, sizeof(*head));

    head->kind = REVOKED_KIND;
    head->layout = REVOKED_LAYOUT;
    head->record = sizeof(api_revoked_record_t);
}


uint32_t
api_revoked_pack(const api_revoked_table_t *table, size_t *at,
    api_revoked_record_t *to, uint32_t max)
{
    uint32_t            n;
    api_revoked_entry_t entry;

    for (n = 0; n < max && api_revoked_table_next(table, at, &entry); n++) {
        memset(&to[n], 0, sizeof(*to));

        to[n].kind = (uint32_t) entry.kind;
        to[n].value_len = (uint32_t) entry.value.len;
        to[n].issuer_len = (uint32_t) entry.issuer.len;
        to[n].before = entry.before;

        memcpy(to[n].value, entry.value.data, entry.value.len);

        if (entry.issuer.len) {
            memcpy(to[n].issuer, entry.issuer.data, entry.issuer.len);
        }
    }

    return n;
}


static bool
unpack(const api_revoked_record_t *record, api_revoked_entry_t *entry)
{
    if (record->kind >= API_REVOKED_NKINDS || record->spare != 0
        || record->value_len == 0 || record->value_len > API_REVOKED_VALUE
        || record->issuer_len > API_REVOKED_ISSUER)
    {
        return false;
    }

    entry->kind = (api_revoked_kind_t) record->kind;
    entry->value = api_span(record->value, record->value_len);
    entry->issuer = api_span(record->issuer, record->issuer_len);
    entry->before = record->before;

    return true;
}


int
api_revoked_merge(api_revoked_table_t *table, api_span_t file,
    api_revoked_merged_t *done, api_err_t *err)
{
    int                   rc;
    const uint8_t        *p;
    api_revoked_entry_t   entry;
    api_revoked_record_t  record;
    api_snapshot_head_t   want;
    api_snapshot_reader_t reader;

    memset(done, 0, sizeof(*done));
    api_revoked_head(&want);

    rc = api_snapshot_open(&reader, file, &want, err);
    if (rc != API_OK) {
        return rc;
    }

    while ((p = api_snapshot_next(&reader)) != NULL) {
        memcpy(&record, p, sizeof(record));

        if (!unpack(&record, &entry)) {
            done->unsound++;

        } else if (api_revoked_table_add(table, &entry) == API_OK) {
            done->taken++;

        } else {
            done->lost++;
        }
    }

    return API_OK;
}
