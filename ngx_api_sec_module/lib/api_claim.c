#include "api_claim.h"
#include "api_utf8.h"


static const char *const api_claim_errors[API_CLAIM_NERRORS] = {
    [API_CLAIM_E_NONE] = "none",
    [API_CLAIM_E_EMPTY] = "empty_name",
    [API_CLAIM_E_UTF8] = "utf8",
    [API_CLAIM_E_CHARACTER] = "character",
    [API_CLAIM_E_INDEX] = "index",
    [API_CLAIM_E_QUOTE] = "quote",
    [API_CLAIM_E_ESCAPE] = "escape",
    [API_CLAIM_E_STEPS] = "steps",
    [API_CLAIM_E_NOMEM] = "no_memory",
};


const char *
api_claim_error_name(int code)
{
    return code >= 0 && code < API_CLAIM_NERRORS ? api_claim_errors[code]
                                                 : "unknown";
}


typedef struct {
    api_claim_path_t *path;
    api_span_t        text;
    size_t            pos;
    api_arena_t      *arena;
    api_err_t        *err;
} api_claim_parse_t;


static int
api_claim_syntax(const api_claim_parse_t *p, int code, const char *what)
{
    return api_fail(p->err, API_SYNTAX, code, p->pos, "claim path: %s", what);
}


static int
api_claim_nomem(const api_claim_parse_t *p)
{
    return api_fail(p->err, API_NOMEM, API_CLAIM_E_NOMEM, p->pos, "no memory");
}


static inline bool
api_claim_at(const api_claim_parse_t *p, uint8_t c)
{
    return p->pos < p->text.len && p->text.data[p->pos] == c;
}


static int
api_claim_bare(api_claim_parse_t *p, api_claim_step_t *step)
{
    size_t  from;
    uint8_t c;

    for (from = p->pos; p->pos < p->text.len; p->pos++) {
        c = p->text.data[p->pos];

        if (c == '.' || c == '[') {
            break;
        }

        if (c <= 0x20 || c == 0x7f || c == ']' || c == '"') {
            return api_claim_syntax(p, API_CLAIM_E_CHARACTER,
                "a name with this character stands as [\"NAME\"]");
        }
    }

    if (p->pos == from) {
        return api_claim_syntax(
            p, API_CLAIM_E_EMPTY, "a name must stand here");
    }

    step->name = api_span(p->text.data + from, p->pos - from);

    return API_OK;
}


/* Behind [" up to "]; the copy is never longer than what is written. */

static int
api_claim_quoted(api_claim_parse_t *p, api_claim_step_t *step)
{
    size_t  n;
    uint8_t c, *d;

    d = api_arena_alloc(p->arena, p->text.len - p->pos);
    if (d == NULL) {
        return api_claim_nomem(p);
    }

    for (n = 0; p->pos < p->text.len && !api_claim_at(p, '"'); p->pos++) {
        c = p->text.data[p->pos];

        if (c == '\\') {
            p->pos++;

            if (!api_claim_at(p, '\\') && !api_claim_at(p, '"')) {
                return api_claim_syntax(p, API_CLAIM_E_ESCAPE,
                    "\\ in quotes stands only before \\ and \"");
            }

            c = p->text.data[p->pos];
        }

        d[n++] = c;
    }

    if (p->text.len - p->pos < 2 || p->text.data[p->pos + 1] != ']') {
        return api_claim_syntax(
            p, API_CLAIM_E_QUOTE, "a name in quotes ends with \"]");
    }

    p->pos += 2;
    step->name = api_span(d, n);

    return API_OK;
}


static int
api_claim_index(api_claim_parse_t *p, api_claim_step_t *step)
{
    size_t   from;
    uint8_t  c;
    uint64_t v;

    v = 0;

    for (from = p->pos; p->pos < p->text.len; p->pos++) {
        c = p->text.data[p->pos];

        if (c < '0' || c > '9' || v >= UINT32_MAX / 10
            || (v == 0 && p->pos > from)) {
            break;
        }

        v = v * 10 + (uint64_t) (c - '0');
    }

    if (p->pos == from || !api_claim_at(p, ']')) {
        return api_claim_syntax(p, API_CLAIM_E_INDEX,
            "[ is followed by a number and ] or by a name in quotes");
    }

    p->pos++;

    step->name = api_span(NULL, 0);
    step->index = (uint32_t) v;

    return API_OK;
}


static int
api_claim_step(api_claim_parse_t *p, api_claim_step_t *step)
{
    bool first;

    first = p->pos == 0;

    if (api_claim_at(p, '[')) {
        p->pos++;

        if (api_claim_at(p, '"')) {
            p->pos++;
            return api_claim_quoted(p, step);
        }

        if (first) {
            return api_claim_syntax(p, API_CLAIM_E_INDEX,
                "the claims are no array; begin with a name");
        }

        return api_claim_index(p, step);
    }

    if (!first) {
        if (!api_claim_at(p, '.')) {
            return api_claim_syntax(
                p, API_CLAIM_E_CHARACTER, ". or [ must follow ]");
        }

        p->pos++;
    }

    return api_claim_bare(p, step);
}


int
api_claim_path_parse(api_claim_path_t *path, api_span_t text,
    api_arena_t *arena, api_err_t *err)
{
    int               rc;
    api_claim_step_t *steps;
    api_claim_parse_t p = { path, text, 0, arena, err };

    p.pos = api_utf8_valid(text);

    if (p.pos < text.len) {
        return api_claim_syntax(&p, API_CLAIM_E_UTF8, "not UTF-8");
    }

    p.pos = 0;
    p.text = api_arena_dup(arena, text);
    steps = api_arena_calloc(arena, API_CLAIM_MAX_STEPS, sizeof(*steps));

    if (p.text.data == NULL || steps == NULL) {
        return api_claim_nomem(&p);
    }

    path->whole = p.text;
    path->steps = steps;
    path->nsteps = 0;

    do {
        if (path->nsteps == API_CLAIM_MAX_STEPS) {
            return api_fail(err, API_LIMIT, API_CLAIM_E_STEPS, p.pos,
                "claim path: more than %d steps", API_CLAIM_MAX_STEPS);
        }

        rc = api_claim_step(&p, &steps[path->nsteps++]);

        if (rc != API_OK) {
            return rc;
        }

    } while (p.pos < p.text.len);

    return API_OK;
}


uint32_t
api_claim_find(
    const api_json_t *doc, uint32_t root, const api_claim_path_t *path)
{
    uint32_t                i, tok;
    const api_claim_step_t *step;

    tok = api_json_get(doc, root, path->whole);

    if (tok != API_JSON_NONE) {
        return tok;
    }

    if (path->nsteps == 1 && api_span_eq(path->steps[0].name, path->whole)) {
        return API_JSON_NONE;
    }

    tok = root;

    for (i = 0; i < path->nsteps && tok != API_JSON_NONE; i++) {
        step = &path->steps[i];

        tok = step->name.data ? api_json_get(doc, tok, step->name)
                              : api_json_at(doc, tok, step->index);
    }

    return tok;
}
