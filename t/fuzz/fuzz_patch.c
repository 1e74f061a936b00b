/* Input: a file of patches.  What loads has all that a patch must have. */

#include "api_patch.h"
#include "fuzz.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t           i;
    api_err_t          err;
    api_patches_t     *list;
    const api_patch_t *p;

    memset(&err, 0, sizeof(err));

    if (api_patches_parse(&list, api_span(data, size), &api_alloc_libc, &err)
        != API_OK)
    {
        MUST(err.code > API_PATCH_E_NONE && err.code < API_PATCH_E_NOMEM);
        MUST(strncmp(err.text, "line ", 5) == 0);
        return 0;
    }

    for (i = 0; i < api_patches_count(list); i++) {
        p = api_patches_at(list, i);
        MUST(p->id.len > 0 && p->path.len > 0 && p->path.data[0] == '/');
        MUST(p->match.len > 0 && p->owner.len > 0 && p->op != NULL);
        MUST(p->expires > 0 && p->expires % 86400 == 0);
    }

    api_patches_free(list);

    return 0;
}
