#include "api_doc_int.h"


static bool
doc_ends(api_span_t s, const char *end)
{
    size_t n;

    n = strlen(end);

    return s.len >= n && memcmp(s.data + s.len - n, end, n) == 0;
}


/* A byte order mark says nothing in UTF-8; files of some editors have it. */

static api_span_t
doc_skip_bom(api_span_t s)
{
    if (s.len >= 3 && memcmp(s.data, "\xef\xbb\xbf", 3) == 0) {
        return api_span(s.data + 3, s.len - 3);
    }

    return s;
}


static bool
doc_is_json(api_span_t name, api_span_t text)
{
    size_t i;

    for (i = 0; i < text.len && text.data[i] <= ' '; i++) {
        /* void */
    }

    return doc_ends(name, ".json")
           || (i < text.len && (text.data[i] == '{' || text.data[i] == '['));
}


static bool
doc_is_yaml(api_span_t name)
{
    return doc_ends(name, ".yaml") || doc_ends(name, ".yml");
}


static uint32_t
doc_line(api_span_t text, size_t pos)
{
    size_t   i;
    uint32_t line;

    line = 1;

    for (i = 0; i < pos && i < text.len; i++) {
        line += text.data[i] == '\n';
    }

    return line;
}


/* The line of the last token that begins at or before byte `pos` of a JSON
   text from YAML. */

static uint32_t
doc_yaml_line(const api_doc_yaml_t *yaml, size_t pos)
{
    uint32_t lo, hi, mid;

    lo = 0;
    hi = yaml->nmarks;

    while (lo < hi) {
        mid = lo + (hi - lo) / 2;

        if (yaml->marks[mid].off <= pos) {
            lo = mid + 1;

        } else {
            hi = mid;
        }
    }

    return lo ? yaml->marks[lo - 1].line : 1;
}


/* The parser knows bytes; operators want lines. */

static int
doc_json_fail(api_err_t *err, int rc, const api_err_t *cause, uint32_t line)
{
    int code;

    code = rc == API_DUPLICATE ? API_DOC_E_DUPLICATE
           : rc == API_LIMIT   ? API_DOC_E_LIMIT
           : rc == API_NOMEM   ? API_DOC_E_NOMEM
                               : API_DOC_E_JSON;

    return api_fail(
        err, rc, code, cause->pos, "line %u: %s", line, cause->text);
}


/* A tape of the size it has, out of the larger one in `scratch`. */

static int
doc_keep_tape(api_doc_t *doc, api_arena_t *arena)
{
    size_t          size;
    api_json_tok_t *tok;

    size = doc->json.ntok * sizeof(*tok);
    tok = api_arena_alloc(arena, size);

    if (tok == NULL) {
        return API_NOMEM;
    }

    memcpy(tok, doc->json.tok, size);
    doc->json.tok = tok;

    return API_OK;
}


static int
doc_tape(api_doc_t *doc, api_span_t text, const api_doc_yaml_t *yaml,
    api_arena_t *scratch, api_err_t *err)
{
    int               rc;
    api_err_t         cause;
    api_json_limits_t limits;

    limits.depth = doc->docs->limits.depth;
    limits.tokens = doc->docs->limits.tokens;
    limits.members = UINT32_MAX;
    limits.name = 1 << 16;
    limits.string = UINT32_MAX;
    limits.number = 1 << 12;

    rc = api_json_parse(&doc->json, text, &limits, API_JSON_ALLOW_NUL,
        doc->docs->seed, scratch, &cause);

    if (rc != API_OK) {
        return doc_json_fail(err, rc, &cause,
            yaml ? doc_yaml_line(yaml, cause.pos) : doc_line(text, cause.pos));
    }

    rc = doc_keep_tape(doc, &doc->docs->arena);

    return rc == API_OK ? API_OK : api_doc_nomem(err);
}


static int
doc_from_yaml(
    api_doc_t *doc, api_span_t text, api_arena_t *scratch, api_err_t *err)
{
    int            rc;
    uint32_t       i;
    api_doc_yaml_t yaml;

    rc = api_doc_yaml(text, &doc->docs->limits, scratch, &yaml, err);
    if (rc != API_OK) {
        return rc;
    }

    /* the tape points into the text, which stays; the scratch does not */

    yaml.json = api_arena_dup(&doc->docs->arena, yaml.json);
    if (yaml.json.data == NULL) {
        return api_doc_nomem(err);
    }

    rc = doc_tape(doc, yaml.json, &yaml, scratch, err);
    if (rc != API_OK) {
        return rc;
    }

    doc->lines = api_arena_alloc(
        &doc->docs->arena, doc->json.ntok * sizeof(*doc->lines));

    if (doc->lines == NULL) {
        return api_doc_nomem(err);
    }

    for (i = 0; i < doc->json.ntok; i++) {
        doc->lines[i] = yaml.marks[i].line;
    }

    doc->yaml = true;

    return API_OK;
}


int
api_doc_read(api_doc_t *doc, api_span_t text, api_err_t *err)
{
    int         rc;
    api_arena_t scratch;

    api_arena_init(
        &scratch, doc->docs->alloc, 65536, doc->docs->limits.memory);

    text = doc_skip_bom(text);

    if (doc_is_json(doc->name, text)) {
        rc = doc_tape(doc, text, NULL, &scratch, err);

        /* YAML may begin with a brace too */

        if (rc == API_SYNTAX && doc_is_yaml(doc->name)) {
            rc = doc_from_yaml(doc, text, &scratch, err);
        }

    } else {
        rc = doc_from_yaml(doc, text, &scratch, err);
    }

    api_arena_free(&scratch);

    if (rc != API_OK) {
        return rc;
    }

    return api_doc_index(doc) == API_OK ? API_OK : api_doc_nomem(err);
}
