/* Input: a file of code pages, of which page 1 is wanted. */

#include "api_transform.h"
#include "fuzz.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                      rc;
    size_t                   i;
    api_err_t                err;
    static api_unicode_map_t map;

    memset(&err, 0, sizeof(err));
    rc = api_unicode_map_read(&map, api_span(data, size), 1, &err);

    if (rc != API_OK) {
        MUST(rc == API_SYNTAX || rc == API_INVALID);
        MUST(err.code != 0 && err.pos <= size && err.text[0]);
        return 0;
    }

    for (i = 0; i < 65536; i++) {
        MUST(map.best[i] >= -1 && map.best[i] <= 255);
    }

    return 0;
}
