/*
 * Input: a value.  What is found holds for a copy elsewhere, has a form and a
 * fingerprint, and a trigger.
 */

#include "api_sqli_int.h"
#include "fuzz.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool       found;
    size_t     len;
    uint8_t   *copy;
    api_sqli_t how;

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

    if (!found) {
        return 0;
    }

    len = strlen(how.fingerprint);
    MUST(len > 0 && len <= API_SQLI_FINGERPRINT);
    MUST(how.form != NULL && how.form[0]);
    MUST(how.context <= API_SQLI_DOUBLE);
    MUST(how.context == API_SQLI_BARE || how.fingerprint[0] == 's');
    MUST(api_transform_triggers(api_span(data, size)) & API_SQLI_TRIGGERS);

    return 0;
}
