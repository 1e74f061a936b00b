/*
 * A box as text: whatever comes, it opens only if it was closed by who knew
 * the reader, which is nobody here; and what is closed opens again.
 */

#include "api_seal_box.h"
#include "fuzz.h"


static const uint8_t reader[32] = "the secret of a reader, 32 bytes";
static const uint8_t writer[32] = "the one of a writer, 32 bytes...";

static api_seal_opener_t *opener;
static api_seal_box_t    *box;


static void
start(void)
{
    uint8_t open[32];

    if (opener == NULL
        && (api_seal_opener_create(&opener, reader, &api_alloc_libc) != API_OK
            || api_seal_box_public(reader, open) != API_OK
            || api_seal_box_create(&box, open, writer, &api_alloc_libc)
                   != API_OK))
    {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char       out[API_SEAL_BOX_SIZE(API_SEAL_BOX_MAX)];
    char       back[API_SEAL_BOX_MAX];
    bool       is_secret;
    size_t     len, cut = size < API_SEAL_BOX_BY ? size : API_SEAL_BOX_BY;
    uint8_t    key[API_SEAL_BOX_KEY];
    uint64_t   n;
    api_span_t by, all = api_span(data, size);

    start();

    by = api_span(api_seal_box_by(box), API_SEAL_BOX_BY);

    (void) api_seal_box_read(all, key, &is_secret);

    if (api_seal_open(opener, api_span(data, cut), 0, API_SPAN(""),
            api_span(data + cut, size - cut), back, &len)
            == API_OK
        || api_seal_open(opener, by, 1, API_SPAN("x"), all, back, &len)
               == API_OK)
    {
        abort();
    }

    if (size > API_SEAL_BOX_MAX) {
        return 0;
    }

    if (api_seal_box_close(box, API_SPAN("fuzz"), all, out, &n) != API_OK) {
        api_seal_box_free(box); /* at the end of its numbers */
        opener = NULL;
        return 0;
    }

    if (api_seal_open(opener, by, n, API_SPAN("fuzz"),
            api_span(out, API_SEAL_BOX_SIZE(size)), back, &len)
            != API_OK
        || len != size || (size && memcmp(back, data, size) != 0))
    {
        abort();
    }

    return 0;
}
