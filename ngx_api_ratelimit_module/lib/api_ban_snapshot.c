#include "api_ban_snapshot.h"

#include "api_snapfile.h"


#define API_BAN_KIND UINT32_C(0x534e4142)
#define API_BAN_RECORDS 32 /* gathered before they are written */

static const api_snapshot_head_t api_ban_snapshot_want = {
    .kind = API_BAN_KIND,
    .layout = 1,
    .record = sizeof(api_ban_entry_t),
};


int
api_ban_save(const api_ban_t *t, uint64_t wall, uint64_t now,
    api_ban_sink_t sink, void *ctx)
{
    size_t                at;
    uint8_t               head[API_SNAPSHOT_HEAD], block[API_SNAPSHOT_BLOCK];
    uint32_t              n;
    api_span_t            records;
    api_ban_entry_t       e[API_BAN_RECORDS];
    api_snapshot_head_t   h;
    api_snapshot_writer_t w;

    h = api_ban_snapshot_want;
    h.wall = wall;
    h.clock = now;
    h.seed = api_ban_seed(t);

    api_snapshot_begin(&w, &h, head);

    if (!sink(ctx, api_span(head, sizeof(head)))) {
        return API_INTERNAL;
    }

    at = 0;

    do {
        for (n = 0; n < API_BAN_RECORDS && api_ban_next(t, now, &at, &e[n]);
             n++) {
            /* void */
        }

        records = api_span(e, n * sizeof(e[0]));
        api_snapshot_block(&w, n, records, block);

        if (!sink(ctx, api_span(block, sizeof(block)))
            || (n && !sink(ctx, records))) {
            return API_INTERNAL;
        }

    } while (n);

    return API_OK;
}


int
api_ban_restore(api_ban_t *t, api_span_t file, uint64_t wall, uint64_t now,
    api_ban_restored_t *done, api_err_t *err)
{
    int                   rc;
    const uint8_t        *p;
    api_sipkey_t          seed;
    api_ban_entry_t       e;
    api_snapshot_reader_t r;

    memset(done, 0, sizeof(*done));

    rc = api_snapshot_open(&r, file, &api_ban_snapshot_want, err);
    if (rc != API_OK) {
        return rc;
    }

    seed = api_ban_seed(t);

    if (api_ban_changes(t) == 0) {
        api_ban_reseed(t, r.head.seed);

    } else if (seed.k0 != r.head.seed.k0 || seed.k1 != r.head.seed.k1) {
        return api_fail(err, API_INVALID, API_SNAPSHOT_E_KIND, 0,
            "it is of a table that began apart from this one");
    }

    while ((p = api_snapshot_next(&r)) != NULL) {
        memcpy(&e, p, sizeof(e));

        e.since = api_snapshot_time(&r.head, e.since, wall, now, 1);
        e.until = api_snapshot_time(&r.head, e.until, wall, now, 1);
        e.forget = api_snapshot_time(&r.head, e.forget, wall, now, 1);
        e.since = e.since > now ? now : e.since;

        switch (api_ban_put(t, &e, now)) {
        case API_OK:
            done->taken++;
            break;
        case API_LIMIT:
            done->lost++;
            break;
        default:
            done->unsound++;
        }
    }

    return API_OK;
}
