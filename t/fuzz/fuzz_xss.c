/* Input: a value.  What is found holds for a copy elsewhere, has a form, a
   place within the value, and a trigger. */

#include "api_xss.h"
#include "fuzz.h"


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
