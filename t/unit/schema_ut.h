/* A schema of a few lines, compiled, for tests. */

#ifndef SCHEMA_UT_H
#define SCHEMA_UT_H

#include "api_schema.h"


extern const api_sipkey_t schema_seed;

typedef struct {
    api_docs_t    *docs;
    api_arena_t    arena;
    api_problems_t problems;
    api_schema_t  *schema;
    uint32_t       entry;
} schema_ut_t;

/* The schema at `pointer` of the document `text`, JSON or YAML, as p->schema;
   NULL with the problems in the list.  p is to be destroyed in any case. */

int schema_compile(schema_ut_t *p, const char *text, const char *pointer,
    api_schema_dialect_t dialect, bool strict, const api_alloc_t *alloc);

void schema_destroy(schema_ut_t *p);


#endif /* SCHEMA_UT_H */
