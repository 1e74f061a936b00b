/* Input: a line of options, a schema, a line "%%", a value.  Whatever the
   schema, what was compiled runs within its limits: a refusal has a reason
   that can be said, steps and errors keep to their limits, and the verdict
   with a direction, or a second time, is one of the two. */

#include "api_schema.h"
#include "fuzz.h"


static const api_sipkey_t seed = { 7, 8 };

static const api_doc_limits_t doc_limits = { 1 << 16, 1 << 26, 2, 60, 4000 };

static const api_schema_limits_t run_limits = { 500, 20000, 20000, 6 };


static api_schema_t *
compile(api_span_t text, uint8_t options, uint32_t *entry)
{
    char                 buf[600];
    api_err_t            err;
    api_docs_t          *docs;
    api_arena_t          arena;
    api_schema_t        *schema;
    api_problems_t       problems;
    const api_doc_t     *doc;
    api_docs_opts_t      docs_opts = { &doc_limits, NULL, seed, false };
    api_schema_opts_t    opts = { (options & 1) != 0, (options & 2) != 0 };
    api_schema_build_t  *build;
    const api_problem_t *p;

    schema = NULL;
    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    api_problems_init(&problems, &arena, 50);
    MUST(api_docs_create(&docs, &docs_opts, &api_alloc_libc) == API_OK);

    if (api_docs_add(docs, API_SPAN("d.yaml"), text, &doc, &err) == API_OK) {
        MUST(api_schema_build(&build, docs, &opts, &problems, &api_alloc_libc)
             == API_OK);

        (void) api_schema_add(build, api_doc_root(doc),
            (api_schema_dialect_t) (options / 4 % API_SCHEMA_NDIALECTS),
            entry);

        if (api_schema_finish(build, &schema) != API_OK) {
            schema = NULL;
            MUST(problems.errors > 0);
        }
    }

    for (p = problems.first; p; p = p->next) {
        MUST(api_problem_print(p, buf, sizeof(buf)) < sizeof(buf));
    }

    /* the program does not need them */

    api_docs_free(docs);
    api_arena_free(&arena);

    return schema;
}


static int
run(const api_schema_t *schema, uint32_t entry, const api_json_t *json,
    api_schema_direction_t direction)
{
    int                   rc;
    char                  text[200];
    uint32_t              i;
    api_arena_t           arena;
    api_schema_result_t   result;
    api_schema_run_opts_t opts = { direction, &run_limits };

    api_arena_init(&arena, &api_alloc_libc, 0, 1 << 26);
    rc = api_schema_run(schema, entry, json, 0, &opts, &arena, &result);

    MUST(rc == API_OK || rc == API_DENIED || rc == API_LIMIT);
    MUST((rc == API_OK) == (result.nerrors == 0));
    MUST(result.nerrors <= run_limits.errors + 1);
    MUST(result.steps <= 2 * run_limits.steps);

    for (i = 0; i < result.nerrors; i++) {
        MUST(result.errors[i].tok < json->ntok);
        MUST(api_schema_error_text(
                 schema, &result.errors[i], text, sizeof(text))
             > 0);
    }

    api_arena_free(&arena);

    return rc;
}


/* Where the line "%%" begins. */

static size_t
split(api_span_t s)
{
    size_t i;

    for (i = 0; i + 4 <= s.len; i++) {
        if (memcmp(s.data + i, "\n%%\n", 4) == 0) {
            return i;
        }
    }

    return s.len;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int           rc;
    size_t        at;
    uint32_t      entry;
    api_json_t    json;
    api_span_t    s;
    api_arena_t   arena;
    api_schema_t *schema;

    if (size < 2) {
        return 0;
    }

    s = api_span(data + 2, size - 2);
    at = split(s);
    schema = compile(api_span(s.data, at), (uint8_t) (data[0] - '0'), &entry);

    if (schema == NULL || at == s.len) {
        api_schema_free(schema);
        return 0;
    }

    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    if (api_json_parse(&json, api_span(s.data + at + 4, s.len - at - 4), NULL,
            API_JSON_ALLOW_NUL, seed, &arena, NULL)
        == API_OK)
    {
        rc = run(schema, entry, &json, API_SCHEMA_ANY_WAY);
        MUST(run(schema, entry, &json, API_SCHEMA_ANY_WAY) == rc);
        (void) run(schema, entry, &json, API_SCHEMA_REQUEST);
        (void) run(schema, entry, &json, API_SCHEMA_RESPONSE);
    }

    api_arena_free(&arena);
    api_schema_free(schema);

    return 0;
}
