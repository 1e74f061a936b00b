/* Lines of a log that are none: halves, of a writer that was killed. */

#include "api_seal_check_int.h"


#define TORN_MAX 8192


/* Might nginx have been killed while it wrote that?  A machine that stops may
   leave zeros in place of bytes. */

static bool
half(const char *text, size_t len)
{
    static const char begins[] = "{\"v\":1,\"kind\":\"";
    size_t            n = sizeof(begins) - 1;

    while (len && text[len - 1] == '\0') {
        len--;
    }

    return memcmp(text, begins, len < n ? len : n) == 0;
}


/* Half a line, or something else: it may be the beginning of one to come. */

int
api_seal_torn(api_seal_check_t *c, api_span_t line, uint64_t place)
{
    unsigned i;

    for (i = 0; i < c->ntorn; i++) { /* who writes is alone: one half a time */
        c->torn_end[i] &= c->torn_done[i];
        c->torn_done[i] = true;
    }

    if (c->ntorn == TORN || line.len > TORN_MAX) {
        api_seal_tell(c, API_SEAL_CHANGED, place,
            "this is no line that was written here");
        return API_OK;
    }

    c->torn[c->ntorn] = c->alloc->alloc(c->alloc->ctx, line.len);

    if (c->torn[c->ntorn] == NULL) {
        return API_NOMEM;
    }

    memcpy(c->torn[c->ntorn], line.data, line.len);
    c->torn_len[c->ntorn] = line.len;
    c->torn_end[c->ntorn] = true;
    c->torn_done[c->ntorn] = false;
    c->torn_place[c->ntorn++] = place;

    return API_OK;
}


void
api_seal_mend(api_seal_check_t *c, api_span_t line, bool begins)
{
    unsigned i;

    for (i = 0; i < c->ntorn; i++) {
        c->torn_end[i] &= begins || c->torn_done[i];
        c->torn_done[i] = true;

        if (c->torn_len[i] < line.len
            && memcmp(c->torn[i], line.data, c->torn_len[i]) == 0)
        {
            api_seal_drop(c, c->torn[i]);
            c->ntorn--;
            c->torn[i] = c->torn[c->ntorn];
            c->torn_len[i] = c->torn_len[c->ntorn];
            c->torn_place[i] = c->torn_place[c->ntorn];
            c->torn_end[i] = c->torn_end[c->ntorn];
            c->torn_done[i] = c->torn_done[c->ntorn];
            i--;
        }
    }
}


/* Half lines that were not repeated. */

void
api_seal_halves(api_seal_check_t *c)
{
    unsigned i;

    for (i = 0; i < c->ntorn; i++) {
        if (c->torn_end[i] && half(c->torn[i], c->torn_len[i])) {
            api_seal_tell(c, API_SEAL_MISSING, c->torn_place[i],
                "half a line: nginx was killed while it wrote it");
            continue;
        }

        api_seal_tell(c, API_SEAL_CHANGED, c->torn_place[i],
            "this is no line that was written here");
    }
}
