/* Input: what a server sends.  In one piece and in pieces it is the same list
   of replies, each within its limits. */

#include "api_resp.h"
#include "fuzz.h"


static uint64_t
mix(uint64_t h, uint64_t v)
{
    return (h ^ v) * UINT64_C(0x100000001b3);
}


/* A number for all replies until the first fault. */

static uint64_t
run(const uint8_t *data, size_t size, size_t piece)
{
    bool             done;
    size_t           at, len;
    uint32_t         i;
    uint64_t         h;
    api_err_t        err;
    api_resp_t      *r;
    api_resp_reply_t reply;

    h = 1;
    r = api_resp_create();
    MUST(r);

    for (at = 0; at < size; at += len) {
        len = size - at < piece ? size - at : piece;

        if (api_resp_feed(r, api_span(data + at, len), &err) != API_OK) {
            break;
        }

        for (done = true; done;) {
            if (api_resp_next(r, &reply, &done, &err) != API_OK) {
                api_resp_free(r);
                return mix(h, 99);
            }

            if (!done) {
                break;
            }

            MUST(
                reply.type >= API_RESP_STATUS && reply.type <= API_RESP_ARRAY);
            MUST(reply.nitems <= API_RESP_ITEMS);
            MUST(reply.text_len <= API_RESP_TEXT);
            MUST(reply.text[reply.text_len] == '\0');
            MUST(api_resp_error(&reply)->remedy);

            h = mix(h, reply.type);
            h = mix(h, reply.type == API_RESP_INTEGER
                           ? (uint64_t) reply.integer
                           : reply.text_len);

            for (i = 0; i < reply.nitems; i++) {
                h = mix(h, (uint64_t) reply.items[i]);
            }
        }
    }

    api_resp_free(r);

    return h;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t whole;

    if (size > 4096) {
        return 0;
    }

    whole = run(data, size, size ? size : 1);
    MUST(run(data, size, 1) == whole);
    MUST(run(data, size, 7) == whole);

    return 0;
}
