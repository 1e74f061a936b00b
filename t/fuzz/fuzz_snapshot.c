/* Input: a file of bans.  Whatever it is, a table stays one in which every ban
   is sound; what is taken is saved and taken again. */

#include "api_ban_snapshot.h"
#include "fuzz.h"


#define SIZE API_BAN_SIZE_MIN


static _Alignas(64) uint8_t memory[SIZE];


static bool
count(void *ctx, api_span_t bytes)
{
    *(size_t *) ctx += bytes.len;

    return true;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                rc;
    size_t             at, n;
    uint64_t           now;
    api_err_t          err;
    api_ban_t         *t;
    api_ban_entry_t    e;
    api_ban_restored_t done;

    memset(memory, 0, SIZE);
    t = api_ban_init(memory, SIZE, (api_sipkey_t){ 1, 2 });
    now = 1000000;

    rc = api_ban_restore(
        t, api_span(data, size), UINT64_C(1700000000000), now, &done, &err);

    if (rc != API_OK) {
        MUST(err.code != 0 && err.text[0] != '\0');
        MUST(api_ban_changes(t) == 0);
        return 0;
    }

    for (at = 0, n = 0; api_ban_next(t, now, &at, &e); n++) {
        MUST(e.key != 0 && e.since <= now && e.until <= e.forget);
        MUST(e.text_len <= API_BAN_TEXT);
    }

    MUST(n <= done.taken);

    at = 0;
    MUST(api_ban_save(t, 1, now, count, &at) == API_OK);

    return 0;
}
