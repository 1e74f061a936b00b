/* Input: a value.  What is found holds for a copy elsewhere and read in parts, has
   a form, a place within the value, and a trigger. */

#include "api_xss.h"
#include "fuzz.h"


static int
in_parts(api_span_t value, size_t bytes)
{
    int            rc;
    api_arena_t    arena;
    api_xss_job_t *job;

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    job = api_xss_job(value, &arena);
    MUST(job != NULL);

    do {
        rc = api_xss_job_more(job, bytes);
    } while (rc == API_XSS_MORE);

    api_arena_free(&arena);

    return rc;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool      found;
    uint8_t  *copy;
    api_xss_t how;

    memset(&how, 0, sizeof(how));
    found = api_xss_detect(api_span(data, size), &how);

    copy = malloc(size + 1);
    MUST(copy != NULL);

    if (size) {
        memcpy(copy, data, size);
    }

    MUST(api_xss_detect(api_span(copy, size), NULL) == found);
    MUST(in_parts(api_span(copy, size), 1 + size % 7) == found);
    free(copy);

    if (!found) {
        return 0;
    }

    MUST(how.form != NULL && how.form[0]);
    MUST(how.context <= API_XSS_BACKQUOTE);
    MUST(how.pos < size);
    MUST(api_transform_triggers(api_span(data, size)) & API_XSS_TRIGGERS);

    return 0;
}
