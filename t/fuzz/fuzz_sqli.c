/*
 * Input: a value.  What is found holds for a copy elsewhere, without any token
 * left out, and read in parts; it has a form and a fingerprint, and a trigger.
 */

#include "api_sqli_int.h"
#include "fuzz.h"


static int
in_parts(api_span_t value, size_t bytes, api_sqli_t *how)
{
    int             rc;
    api_arena_t     arena;
    api_sqli_job_t *job;

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    job = api_sqli_job(value, &arena);
    MUST(job != NULL);

    do {
        rc = api_sqli_job_more(job, bytes);
    } while (rc == API_SQLI_MORE);

    *how = *api_sqli_job_how(job);
    api_arena_free(&arena);

    return rc;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool       found;
    size_t     len;
    uint8_t   *copy;
    api_sqli_t how, parts;

    memset(&how, 0, sizeof(how));
    found = api_sqli_detect(api_span(data, size), &how);

    copy = malloc(size + 1);
    MUST(copy != NULL);

    if (size) {
        memcpy(copy, data, size);
    }

    MUST(api_sqli_detect(api_span(copy, size), NULL) == found);
    MUST(api_sqli_detect_all(api_span(copy, size), NULL) == found);
    free(copy);

    MUST(in_parts(api_span(data, size), 1 + size % 7, &parts) == found);

    if (!found) {
        return 0;
    }

    MUST(strcmp(parts.fingerprint, how.fingerprint) == 0);
    len = strlen(how.fingerprint);
    MUST(len > 0 && len <= API_SQLI_FINGERPRINT);
    MUST(how.form != NULL && how.form[0]);
    MUST(how.context <= API_SQLI_DOUBLE);
    MUST(how.context == API_SQLI_BARE || how.fingerprint[0] == 's');
    MUST(api_transform_triggers(api_span(data, size)) & API_SQLI_TRIGGERS);

    return 0;
}
