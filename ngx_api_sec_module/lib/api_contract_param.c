#include "api_contract_int.h"

#include "api_cookie.h"
#include "api_percent.h"
#include "api_token.h"
#include "api_utf8.h"


static void
api_contract_style_fault(api_contract_run_t *run, const api_param_t *param,
    const api_style_run_t *style, int rc)
{
    if (rc == API_NOMEM) {
        run->rc = rc;
        return;
    }

    api_contract_fault(run, 400, "parameter", param->in, param->name,
        style->keyword, "%s", style->what);
}


static void
api_contract_style_init(api_contract_run_t *run, api_style_run_t *style,
    api_tape_t *tape, bool decode, bool plus)
{
    memset(style, 0, sizeof(*style));
    style->schema = run->spec->schema;
    style->arena = run->arena;
    style->tape = tape;
    style->seed = run->spec->seed;
    style->decode = decode;
    style->plus = plus;
    api_tape_init(tape, run->arena, run->spec->seed);
}


static void
api_contract_tape(
    api_contract_run_t *run, const api_param_t *param, api_tape_t *tape)
{
    int        rc;
    api_json_t json;

    rc = api_tape_done(tape, &json);

    if (rc == API_NOMEM || rc == API_INTERNAL) {
        run->rc = API_NOMEM;

    } else if (rc != API_OK) {
        api_contract_fault(run, 400, "parameter", param->in, param->name,
            "limit", "too long");

    } else {
        api_contract_validate(run, 400, "parameter", param->in, param->name,
            param->schema, &json);
    }
}


/* content: a JSON or plain text, percent-decoded first. */

static void
api_contract_content(api_contract_run_t *run, const api_param_t *param,
    api_span_t raw, bool decode, bool plus)
{
    uint8_t   *p;
    unsigned   how, flags;
    api_json_t json;
    api_tape_t tape;

    how = plus ? API_PERCENT_PLUS : 0;
    flags = 0;

    if (decode && api_percent_has(raw, how)) {
        p = api_arena_alloc(run->arena, raw.len);

        if (p == NULL) {
            run->rc = API_NOMEM;
            return;
        }

        raw = api_span(p, api_percent_decode(raw, how, p, &flags));
    }

    if ((flags & API_PERCENT_F_BAD) || api_utf8_valid(raw) != raw.len) {
        api_contract_fault(run, 400, "parameter", param->in, param->name,
            "encoding", "not UTF-8, or a %% without two hex digits");
        return;
    }

    if (param->style == API_STYLE_TEXT) {
        api_tape_init(&tape, run->arena, run->spec->seed);
        api_tape_text(
            &tape, raw, api_style_types(run->spec->schema, param->schema));
        api_contract_tape(run, param, &tape);

    } else if (api_contract_json(run, param->in, param->name, raw, &json)) {
        api_contract_validate(run, 400, "parameter", param->in, param->name,
            param->schema, &json);
    }
}


void
api_contract_piece(api_contract_run_t *run, const api_param_t *param,
    api_span_t raw, bool decode, bool plus)
{
    int             rc;
    api_tape_t      tape;
    api_style_run_t style;

    if (param->style == API_STYLE_JSON || param->style == API_STYLE_TEXT) {
        api_contract_content(run, param, raw, decode, plus);
        return;
    }

    api_contract_style_init(run, &style, &tape, decode, plus);
    rc = api_style_value(&style, param, raw);

    if (rc != API_OK) {
        api_contract_style_fault(run, param, &style, rc);
        return;
    }

    api_contract_tape(run, param, &tape);
}


void
api_contract_missing(api_contract_run_t *run, const api_param_t *param)
{
    if (param->required) {
        api_contract_fault(run, 400, "parameter", param->in, param->name,
            "required", "it is missing");
    }
}


static void
api_contract_path(api_contract_run_t *run)
{
    uint32_t i, slot;

    for (i = 0; i < run->rules->first[API_IN_QUERY]; i++) {
        slot = run->rules->slot[i];

        if (slot < run->verdict->route.match.nvalues
            && api_contract_goes_on(run)) {
            api_contract_piece(run, run->rules->params[i],
                run->verdict->route.match.value[slot], !run->decoded, false);
        }
    }
}


static void
api_contract_pairs_param(api_contract_run_t *run, const api_param_t *param,
    const api_pairs_t *pairs, bool *used, bool plus)
{
    int             rc;
    bool            found;
    uint32_t        at;
    api_tape_t      tape;
    api_style_run_t style;

    at = api_pairs_find(pairs, param->name, 0);

    if (param->style == API_STYLE_JSON || param->style == API_STYLE_TEXT) {
        if (at == API_PAIR_NONE) {
            api_contract_missing(run, param);
            return;
        }

        used[at] = true;

        if (api_pairs_find(pairs, param->name, at + 1) != API_PAIR_NONE) {
            api_contract_fault(run, 400, "parameter", param->in, param->name,
                "duplicate", "it stands there more than once");
            return;
        }

        api_contract_content(
            run, param, pairs->pair[at].raw_value, true, plus);
        return;
    }

    /* allowEmptyValue: ?flag and ?flag= say nothing more */

    if (param->empty && at != API_PAIR_NONE
        && pairs->pair[at].raw_value.len == 0
        && api_pairs_find(pairs, param->name, at + 1) == API_PAIR_NONE)
    {
        used[at] = true;
        return;
    }

    api_contract_style_init(run, &style, &tape, true, plus);
    rc = api_style_pairs(&style, param, pairs, used, &found);

    if (rc != API_OK) {
        api_contract_style_fault(run, param, &style, rc);

    } else if (!found) {
        api_contract_missing(run, param);

    } else {
        api_contract_tape(run, param, &tape);
    }
}


/* Objects that are spread over pairs take what nobody else does: last. */

static bool
api_contract_is_open(const api_param_t *param)
{
    return param->style == API_STYLE_FORM && param->explode
           && (param->types & API_SCHEMA_T_OBJECT)
           && param->types != API_SCHEMA_T_ANY;
}


static void
api_contract_pairs(
    api_contract_run_t *run, api_in_t in, const api_pairs_t *pairs, bool *used)
{
    int                round;
    uint32_t           i;
    const api_param_t *param;

    for (round = 0; round < 2; round++) {
        for (i = run->rules->first[in]; i < run->rules->first[in + 1]; i++) {
            param = run->rules->params[i];

            if (api_contract_is_open(param) == (round == 1)
                && api_contract_goes_on(run)) {
                api_contract_pairs_param(
                    run, param, pairs, used, in == API_IN_QUERY);
            }
        }
    }
}


/* A place that a security scheme of the description has for its key. */

bool
api_contract_is_key(
    const api_contract_run_t *run, api_in_t in, api_span_t name)
{
    uint32_t            i;
    const api_scheme_t *s;

    for (i = 0; i < run->spec->nschemes; i++) {
        s = &run->spec->schemes[i];

        if (s->type == API_SCHEME_API_KEY && s->in == in
            && (in == API_IN_HEADER ? api_span_eq_nocase(s->param, name)
                                    : api_span_eq(s->param, name)))
        {
            return true;
        }
    }

    return false;
}


static void
api_contract_unknown(api_contract_run_t *run, api_in_t in,
    const api_pairs_t *pairs, const bool *used)
{
    uint32_t i;

    for (i = 0; i < pairs->n && api_contract_goes_on(run); i++) {
        if (used[i]) {
            continue;
        }

        if (in == API_IN_QUERY
            && api_contract_overrides(run, pairs->pair[i].name)) {
            api_contract_fault(run, 400, "parameter", in, pairs->pair[i].name,
                "unknown", "a parameter must not change the method");

        } else if ((in != API_IN_QUERY || run->opts->deny_query)
                   && !api_contract_is_key(run, in, pairs->pair[i].name))
        {
            api_contract_fault(run, 400, "parameter", in, pairs->pair[i].name,
                "unknown", "the operation has no such parameter");
        }
    }
}


static bool
api_contract_is_reserved(const api_contract_run_t *run, api_span_t name)
{
    uint32_t           i;
    const api_param_t *param;

    for (i = run->rules->first[API_IN_QUERY];
         i < run->rules->first[API_IN_QUERY + 1]; i++)
    {
        param = run->rules->params[i];

        if (param->reserved && api_span_eq(param->name, name)) {
            return true;
        }
    }

    return false;
}


/* Some read ";" as "&": what stands behind it would be a parameter that nobody
   has looked at.  Values that may have it as it is say so: allowReserved. */

static void
api_contract_semicolons(api_contract_run_t *run, const api_pairs_t *pairs)
{
    uint32_t i;

    if (!(pairs->flags & API_PAIR_F_SEMICOLON)) {
        return;
    }

    for (i = 0; i < pairs->n && api_contract_goes_on(run); i++) {
        if ((pairs->pair[i].flags & API_PAIR_F_SEMICOLON)
            && !api_contract_is_reserved(run, pairs->pair[i].name))
        {
            api_contract_fault(run, 400, "parameter", API_IN_QUERY,
                pairs->pair[i].name, "encoding",
                "a \";\" is to be written %%3B");
        }
    }
}


static void
api_contract_query(api_contract_run_t *run, const api_path_t *path)
{
    bool       *used;
    api_err_t   err;
    api_pairs_t pairs;
    int         rc;

    rc = api_urlencoded_parse(&pairs, path->query, API_URLENCODED_STRICT,
        run->opts->form, run->arena, &err);
    used = api_arena_calloc(run->arena, pairs.n, sizeof(*used));

    if (rc == API_NOMEM || used == NULL) {
        run->rc = API_NOMEM;
        return;
    }

    if (rc != API_OK) {
        api_contract_fault(run, 400, "parameter", API_IN_QUERY, API_SPAN(""),
            rc == API_LIMIT ? "limit" : "encoding", "%s", err.text);
        return;
    }

    if (run->opts->deny_query) {
        api_contract_semicolons(run, &pairs);
    }

    api_contract_pairs(run, API_IN_QUERY, &pairs, used);

    if (run->opts->deny_query || run->opts->deny_override) {
        api_contract_unknown(run, API_IN_QUERY, &pairs, used);
    }
}


static void
api_contract_cookies(api_contract_run_t *run)
{
    int         rc;
    bool       *used;
    size_t      i, n;
    api_err_t   err;
    api_span_t *lines;
    api_pairs_t pairs;

    if (run->rules->first[API_IN_COOKIE] == run->rules->first[API_IN_BODY]
        && !run->opts->deny_cookies)
    {
        return;
    }

    lines = api_arena_calloc(run->arena, run->nfields, sizeof(*lines));

    if (lines == NULL) {
        run->rc = API_NOMEM;
        return;
    }

    for (i = 0, n = 0; i < run->nfields; i++) {
        if (api_span_eq_nocase(run->fields[i].name, API_SPAN("cookie"))) {
            lines[n++] = run->fields[i].value;
        }
    }

    rc = api_cookie_parse(&pairs, lines, n, 0, NULL, run->arena, &err);
    used = api_arena_calloc(run->arena, pairs.n, sizeof(*used));

    if (rc == API_NOMEM || used == NULL) {
        run->rc = API_NOMEM;
        return;
    }

    if (rc != API_OK) {
        api_contract_fault(run, 400, "parameter", API_IN_COOKIE, API_SPAN(""),
            "limit", "%s", err.text);
        return;
    }

    api_contract_pairs(run, API_IN_COOKIE, &pairs, used);

    if (run->opts->deny_cookies) {
        api_contract_unknown(run, API_IN_COOKIE, &pairs, used);
    }
}


void
api_contract_params(api_contract_run_t *run, const api_path_t *path)
{
    api_contract_path(run);
    api_contract_query(run, path);
    api_contract_headers(run);
    api_contract_cookies(run);
}
