#include "api_snapfile.h"


#define API_SNAPSHOT_ORDER UINT32_C(0x01020304)
#define API_SNAPSHOT_VERSION 1

static const uint8_t api_snapshot_magic[8] = "apisnap\n";
static const char    api_snapshot_key[16] = "api/snapshot/1";


/* As it lies in the file. */

typedef struct {
    uint8_t  magic[8];
    uint32_t order;
    uint32_t version;
    uint32_t kind;
    uint32_t layout;
    uint32_t record;
    uint32_t zero;
    uint64_t wall;
    uint64_t clock;
    uint64_t seed[2];
} api_snapshot_raw_t;

typedef struct {
    uint32_t n;
    uint32_t zero;
    uint64_t check;
} api_snapshot_raw_block_t;

_Static_assert(sizeof(api_snapshot_raw_t) == API_SNAPSHOT_HEAD, "head");
_Static_assert(
    sizeof(api_snapshot_raw_block_t) == API_SNAPSHOT_BLOCK, "block");


static uint64_t
api_snapshot_check(uint64_t before, uint64_t n, api_span_t s)
{
    return api_siphash24((api_sipkey_t){ before, n }, s);
}


/* The check that the first block goes on from. */

static uint64_t
api_snapshot_first(const uint8_t head[API_SNAPSHOT_HEAD])
{
    return api_siphash24(api_sipkey((const uint8_t *) api_snapshot_key),
        api_span(head, API_SNAPSHOT_HEAD));
}


void
api_snapshot_begin(api_snapshot_writer_t *w, const api_snapshot_head_t *head,
    uint8_t out[API_SNAPSHOT_HEAD])
{
    api_snapshot_raw_t raw;

    memset(&raw, 0, sizeof(raw));
    memcpy(raw.magic, api_snapshot_magic, sizeof(raw.magic));
    raw.order = API_SNAPSHOT_ORDER;
    raw.version = API_SNAPSHOT_VERSION;
    raw.kind = head->kind;
    raw.layout = head->layout;
    raw.record = head->record;
    raw.wall = head->wall;
    raw.clock = head->clock;
    raw.seed[0] = head->seed.k0;
    raw.seed[1] = head->seed.k1;
    memcpy(out, &raw, sizeof(raw));

    w->check = api_snapshot_first(out);
    w->n = 0;
}


/* The number of records is part of what is checked: it is the key's half. */

void
api_snapshot_block(api_snapshot_writer_t *w, uint32_t n, api_span_t records,
    uint8_t out[API_SNAPSHOT_BLOCK])
{
    api_snapshot_raw_block_t raw;

    w->check = api_snapshot_check(w->check, w->n << 32 | n, records);
    w->n++;

    raw.n = n;
    raw.zero = 0;
    raw.check = w->check;
    memcpy(out, &raw, sizeof(raw));
}


static int
api_snapshot_head(
    api_snapshot_reader_t *r, const api_snapshot_head_t *want, api_err_t *err)
{
    api_snapshot_raw_t raw;

    if (r->file.len < API_SNAPSHOT_HEAD) {
        return api_fail(err, API_SYNTAX, API_SNAPSHOT_E_HEAD, 0,
            "it is too short to be a snapshot");
    }

    memcpy(&raw, r->file.data, sizeof(raw));

    if (memcmp(raw.magic, api_snapshot_magic, sizeof(raw.magic)) != 0) {
        return api_fail(
            err, API_SYNTAX, API_SNAPSHOT_E_HEAD, 0, "it is no snapshot");
    }

    if (raw.order != API_SNAPSHOT_ORDER) {
        return api_fail(err, API_UNSUPPORTED, API_SNAPSHOT_E_ORDER, 8,
            "it is of a machine with another byte order");
    }

    if (raw.version != API_SNAPSHOT_VERSION) {
        return api_fail(err, API_UNSUPPORTED, API_SNAPSHOT_E_VERSION, 12,
            "its version is %u, not %u", raw.version, API_SNAPSHOT_VERSION);
    }

    if (raw.kind != want->kind) {
        return api_fail(err, API_INVALID, API_SNAPSHOT_E_KIND, 16,
            "it is of another kind of table");
    }

    if (raw.layout != want->layout || raw.record != want->record
        || raw.record == 0 || raw.record > 65536)
    {
        return api_fail(err, API_UNSUPPORTED, API_SNAPSHOT_E_LAYOUT, 20,
            "it is of a release with another layout");
    }

    r->head = *want;
    r->head.wall = raw.wall;
    r->head.clock = raw.clock;
    r->head.seed.k0 = raw.seed[0];
    r->head.seed.k1 = raw.seed[1];

    return API_OK;
}


int
api_snapshot_open(api_snapshot_reader_t *r, api_span_t file,
    const api_snapshot_head_t *want, api_err_t *err)
{
    int                      rc;
    size_t                   at, len;
    uint64_t                 check, n;
    api_snapshot_raw_block_t raw;

    r->file = file;
    r->at = API_SNAPSHOT_HEAD;
    r->left = 0;

    rc = api_snapshot_head(r, want, err);
    if (rc != API_OK) {
        return rc;
    }

    at = API_SNAPSHOT_HEAD;
    check = api_snapshot_first(file.data);

    for (n = 0;; n++) {
        if (file.len - at < API_SNAPSHOT_BLOCK) {
            return api_fail(err, API_SYNTAX, API_SNAPSHOT_E_TORN, at,
                "it ends after %zu bytes, before its end", file.len);
        }

        memcpy(&raw, file.data + at, sizeof(raw));
        at += API_SNAPSHOT_BLOCK;

        if (raw.n > API_SNAPSHOT_RECORDS || raw.zero != 0) {
            return api_fail(err, API_SYNTAX, API_SNAPSHOT_E_CHECK, at,
                "the block before byte %zu is damaged", at);
        }

        len = (size_t) raw.n * r->head.record;

        if (file.len - at < len) {
            return api_fail(err, API_SYNTAX, API_SNAPSHOT_E_TORN, at,
                "it ends after %zu bytes, before its end", file.len);
        }

        check = api_snapshot_check(
            check, n << 32 | raw.n, api_span(file.data + at, len));

        if (check != raw.check) {
            return api_fail(err, API_SYNTAX, API_SNAPSHOT_E_CHECK, at,
                "its check does not hold at byte %zu", at);
        }

        at += len;

        if (raw.n == 0) {
            break;
        }
    }

    if (at != file.len) {
        return api_fail(err, API_SYNTAX, API_SNAPSHOT_E_TAIL, at,
            "something follows its end");
    }

    return API_OK;
}


const uint8_t *
api_snapshot_next(api_snapshot_reader_t *r)
{
    const uint8_t           *p;
    api_snapshot_raw_block_t raw;

    if (r->left == 0) {
        memcpy(&raw, r->file.data + r->at, sizeof(raw));

        if (raw.n == 0) {
            return NULL;
        }

        r->left = raw.n;
        r->at += API_SNAPSHOT_BLOCK;
    }

    p = r->file.data + r->at;
    r->at += r->head.record;
    r->left--;

    return p;
}


uint64_t
api_snapshot_time(const api_snapshot_head_t *head, uint64_t t, uint64_t wall,
    uint64_t clock, uint64_t per_ms)
{
    uint64_t passed, ahead;

    passed = wall > head->wall ? wall - head->wall : 0;

    if (passed > UINT64_MAX / 2 / per_ms) {
        return 0;
    }

    passed *= per_ms;

    /* a time ahead of the file's clock */

    if (t >= head->clock) {
        ahead = t - head->clock;

        if (ahead >= passed) {
            ahead -= passed;
            return ahead > UINT64_MAX - clock ? UINT64_MAX : clock + ahead;
        }

        passed -= ahead;

    } else if (passed > UINT64_MAX - (head->clock - t)) {
        return 0;

    } else {
        passed += head->clock - t;
    }

    return clock > passed ? clock - passed : 0;
}
