/*
 * Verdicts of the schema engine for somebody to compare with.
 *
 *     diff_schema DOCUMENT DIALECT < LINES
 *
 * A line is "@POINTER", which makes the schema there the one that counts, or
 * a value, which is answered by a line "ok", "POINTER KEYWORD", "json" (it is
 * not JSON as we read it), or "none" when the schema was refused.
 */

#define _POSIX_C_SOURCE 200809L

#include "api_schema.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>


static const api_sipkey_t seed = { 17, 18 };

typedef struct {
    api_docs_t          *docs;
    const api_doc_t     *doc;
    api_schema_dialect_t dialect;
    api_schema_t        *schema;
    uint32_t             entry;
} diff_t;


static void
choose(diff_t *d, api_span_t pointer)
{
    api_node_t          node;
    api_arena_t         arena;
    api_problems_t      problems;
    api_schema_opts_t   opts = { false, false };
    api_schema_build_t *build;

    api_schema_free(d->schema);
    d->schema = NULL;

    node = api_node_find(api_doc_root(d->doc), pointer);
    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    api_problems_init(&problems, &arena, 1);

    if (api_node_ok(node)
        && api_schema_build(&build, d->docs, &opts, &problems, &api_alloc_libc)
               == API_OK)
    {
        (void) api_schema_add(build, node, d->dialect, &d->entry);
        (void) api_schema_finish(build, &d->schema);
    }

    api_arena_free(&arena);
}


static void
answer(diff_t *d, api_span_t text)
{
    int                 rc;
    api_json_t          json;
    api_arena_t         arena;
    api_schema_result_t result;

    if (d->schema == NULL) {
        puts("none");
        return;
    }

    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    if (api_json_parse(
            &json, text, NULL, API_JSON_ALLOW_NUL, seed, &arena, NULL)
        != API_OK)
    {
        puts("json");

    } else {
        rc = api_schema_run(
            d->schema, d->entry, &json, 0, NULL, &arena, &result);

        if (rc == API_OK) {
            puts("ok");

        } else {
            printf("%u %s\n", result.errors[0].tok,
                api_schema_keyword_name(result.errors[0].keyword));
        }
    }

    api_arena_free(&arena);
}


int
main(int argc, char **argv)
{
    char           *line;
    size_t          size;
    ssize_t         n;
    diff_t          d;
    api_err_t       err;
    api_span_t      text;
    api_docs_opts_t opts = { NULL, NULL, seed, false };

    memset(&d, 0, sizeof(d));

    if (argc != 3
        || !api_schema_dialect(api_span(argv[2], strlen(argv[2])), &d.dialect)
        || (text = ut_file(argv[1])).data == NULL
        || api_docs_create(&d.docs, &opts, &api_alloc_libc) != API_OK
        || api_docs_add(
               d.docs, api_span(argv[1], strlen(argv[1])), text, &d.doc, &err)
               != API_OK)
    {
        fprintf(stderr, "usage: diff_schema DOCUMENT DIALECT < LINES\n");
        return 2;
    }

    for (line = NULL, size = 0; (n = getline(&line, &size, stdin)) > 0;) {
        n -= line[n - 1] == '\n';

        if (line[0] == '@') {
            choose(&d, api_span(line + 1, (size_t) n - 1));

        } else {
            answer(&d, api_span(line, (size_t) n));
        }
    }

    free(line);
    api_schema_free(d.schema);
    api_docs_free(d.docs);
    free((void *) (uintptr_t) text.data);

    return 0;
}
