#include "api_hs.h"


#define HS(name, compiler)                                                    \
    {                                                                         \
        "hs_" #name, offsetof(api_hs_t, name), compiler                       \
    }

static const struct {
    const char *name;
    size_t      offset;
    bool        compiler;
} hs_symbols[] = {
    HS(version, false),
    HS(valid_platform, false),
    HS(deserialize_database, false),
    HS(database_size, false),
    HS(free_database, false),
    HS(alloc_scratch, false),
    HS(scratch_size, false),
    HS(free_scratch, false),
    HS(scan, false),
    HS(compile_multi, true),
    HS(free_compile_error, true),
    HS(serialize_database, true),
};


int
api_hs_load(api_hs_t *hs, bool                          compiler,
    void *(*symbol)(void *ctx, const char *name), void *ctx, api_err_t *err)
{
    void  *p;
    size_t i;

    memset(hs, 0, sizeof(*hs));

    for (i = 0; i < sizeof(hs_symbols) / sizeof(hs_symbols[0]); i++) {
        if (hs_symbols[i].compiler && !compiler) {
            continue;
        }

        p = symbol(ctx, hs_symbols[i].name);

        if (p == NULL) {
            return api_fail(err, API_INVALID, 0, 0, "%s is not in the library",
                hs_symbols[i].name);
        }

        memcpy((char *) hs + hs_symbols[i].offset, &p, sizeof(p));
    }

    return API_OK;
}
