/*
 * The interface of Hyperscan 5 (Wang et al., NSDI 2019) and of its fork
 * Vectorscan, as far as it is used: one table of functions, taken from
 * whichever of the two is on the machine.  No header of theirs is needed to
 * build, none of their libraries to load.
 *
 * Who fills it opens libhs_runtime.so.5 (nginx) or libhs.so.5 (to compile).
 */

#ifndef API_HS_H
#define API_HS_H

#include "api_base.h"


#define API_HS_RUNTIME "libhs_runtime.so.5"
#define API_HS_COMPILER "libhs.so.5"

#define API_HS_MULTILINE 4
#define API_HS_MODE_BLOCK 1
#define API_HS_SUCCESS 0
#define API_HS_NOMEM (-2)

typedef struct {
    char *message;
    int   expression;
} api_hs_error_t;

typedef int (*api_hs_match_pt)(unsigned id, unsigned long long from,
    unsigned long long to, unsigned flags, void *ctx);

/* Names and parameters are those of hs_runtime.h and hs_compile.h. */

typedef struct api_hs_s {
    const char *(*version)(void);
    int (*valid_platform)(void);
    int (*deserialize_database)(const char *bytes, size_t len, void **db);
    int (*database_size)(const void *db, size_t *size);
    int (*free_database)(void *db);
    int (*alloc_scratch)(const void *db, void **scratch);
    int (*scratch_size)(const void *scratch, size_t *size);
    int (*free_scratch)(void *scratch);
    int (*scan)(const void *db, const char *data, unsigned len, unsigned flags,
        void *scratch, api_hs_match_pt match, void *ctx);

    /* of the compiler; else NULL */

    int (*compile_multi)(const char *const *expressions, const unsigned *flags,
        const unsigned *ids, unsigned n, unsigned mode, const void *platform,
        void **db, api_hs_error_t **error);
    int (*free_compile_error)(api_hs_error_t *error);
    int (*serialize_database)(const void *db, char **bytes, size_t *len);

    /* Not of the library: a clock, in nanoseconds, for what a scan costs;
       NULL: it is not measured. */

    uint64_t (*clock)(void);
} api_hs_t;

/*
 * Fill the table.  symbol answers the address of a function, or NULL.
 * API_OK, or API_INVALID with the name that is missing in err->text.
 */

int api_hs_load(api_hs_t *hs, bool                      compiler,
    void *(*symbol)(void *ctx, const char *name), void *ctx, api_err_t *err);


#endif /* API_HS_H */
