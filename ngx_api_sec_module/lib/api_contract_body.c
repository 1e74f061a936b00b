#include "api_contract_int.h"

#include "api_utf8.h"


static void
api_contract_media_fault(api_contract_run_t *run, const char *what)
{
    api_contract_fault(run, 415, "media_type", API_IN_BODY, API_SPAN(""),
        "mediaType", "%s", what);
}


bool
api_contract_json(api_contract_run_t *run, api_in_t in, api_span_t name,
    api_span_t text, api_json_t *json)
{
    int         rc;
    bool        body;
    unsigned    status;
    api_err_t   err;
    const char *code;

    rc = api_json_parse(
        json, text, run->opts->json, 0, run->spec->seed, run->arena, &err);

    if (rc == API_OK) {
        return true;
    }

    if (rc == API_NOMEM) {
        run->rc = rc;
        return false;
    }

    body = in == API_IN_BODY;
    status = body && rc == API_LIMIT ? 413 : 400;
    code = !body             ? "parameter"
           : rc == API_LIMIT ? "body_limit"
                             : "body_syntax";
    api_contract_fault(run, status, code, in, name,
        rc == API_LIMIT       ? "limit"
        : rc == API_DUPLICATE ? "duplicate"
                              : "syntax",
        "%s", err.text);

    return false;
}


void
api_contract_bytes(api_contract_run_t *run, api_tape_t *tape, api_span_t body)
{
    size_t   i, n;
    uint8_t *p;

    p = api_arena_alloc(run->arena, body.len * 2 + 1);

    if (p == NULL) {
        run->rc = API_NOMEM;
        return;
    }

    for (i = 0, n = 0; i < body.len; i++) {
        n += api_utf8_encode(body.data[i], p + n);
    }

    api_tape_string(tape, api_span(p, n));
}


/* The best of the media types that are declared; NULL: none covers it. */

const api_media_rule_t *
api_contract_rule(
    const api_media_rule_t *const *media, uint32_t n, const api_media_t *type)
{
    unsigned                match, best;
    uint32_t                i;
    const api_media_rule_t *rule;

    rule = NULL;
    best = 0;

    for (i = 0; i < n; i++) {
        match = api_media_match(&media[i]->range, type);

        if (match > best) {
            best = match;
            rule = media[i];
        }
    }

    return rule;
}


/* Only UTF-8 is read: a reader behind us that believes another charset would
   see another text. */

static bool
api_contract_charset(api_contract_run_t *run, const api_media_t *type)
{
    int               rc;
    api_media_param_t p;

    rc = api_media_get(type, API_SPAN("charset"), &p);

    if (rc == API_INVALID
        || (rc == API_OK
            && (api_span_eq_nocase(p.value, API_SPAN("utf-8"))
                || api_span_eq_nocase(p.value, API_SPAN("us-ascii")))))
    {
        return true;
    }

    api_contract_media_fault(run, "the charset has to be UTF-8");

    return false;
}


static void
api_contract_run_tape(api_contract_run_t *run, const api_media_rule_t *rule,
    const api_tape_t *tape)
{
    int        rc;
    api_json_t json;

    rc = api_tape_done((api_tape_t *) (uintptr_t) tape, &json);

    if (rc != API_OK) {
        run->rc = API_NOMEM;
        return;
    }

    api_contract_validate(
        run, 422, "body", API_IN_BODY, API_SPAN(""), rule->schema, &json);
}


static bool
api_contract_is_reserved_field(const api_media_rule_t *rule, api_span_t name)
{
    uint32_t i;

    for (i = 0; i < rule->nfields; i++) {
        if (api_span_eq(rule->fields[i].param.name, name)) {
            return rule->fields[i].param.reserved;
        }
    }

    return false;
}


/* As in a query: some read ";" as "&". */

void
api_contract_form_semicolons(api_contract_run_t *run,
    const api_media_rule_t *rule, const api_pairs_t *pairs)
{
    uint32_t          i;
    const api_pair_t *pair;

    for (i = 0; i < pairs->n && api_contract_goes_on(run); i++) {
        pair = &pairs->pair[i];

        if ((pair->flags & API_PAIR_F_SEMICOLON)
            && !api_contract_is_reserved_field(rule, pair->name))
        {
            api_contract_fault(run, 400, "body_syntax", API_IN_BODY,
                pair->name, "encoding", "a \";\" is to be written %%3B");
        }
    }
}


/* Of a field that no rule is for. */

bool
api_contract_refuses(api_contract_run_t *run, const api_media_rule_t *rule,
    api_span_t name, uint32_t entry)
{
    if (api_contract_overrides(run, name)) {
        api_contract_fault(run, 400, "body", API_IN_BODY, name, "unknown",
            "a field must not change the method");
        return true;
    }

    if (entry != API_SCHEMA_NONE || !run->opts->deny_body
        || rule->schema == API_SCHEMA_NONE)
    {
        return false;
    }

    api_contract_fault(run, 422, "body", API_IN_BODY, name, "unknown",
        "the form has no such field");

    return true;
}


/* A body that is one string: of characters, or of bytes. */

static void
api_contract_string(api_contract_run_t *run, const api_media_rule_t *rule,
    const api_media_t *type, api_span_t body)
{
    bool       text;
    api_tape_t tape;

    text = api_span_eq_nocase(type->type, API_SPAN("text")) && !rule->binary;

    if (text && !api_contract_charset(run, type)) {
        return;
    }

    if (text && api_utf8_valid(body) != body.len) {
        api_contract_fault(run, 400, "body_syntax", API_IN_BODY, API_SPAN(""),
            "encoding", "not UTF-8");
        return;
    }

    if (rule->schema == API_SCHEMA_NONE) {
        return;
    }

    api_tape_init(&tape, run->arena, run->spec->seed);

    if (text) {
        api_tape_string(&tape, body);

    } else if (rule->binary && !rule->measured) {
        api_tape_string(&tape, API_SPAN(""));

    } else {
        api_contract_bytes(run, &tape, body);
    }

    api_contract_run_tape(run, rule, &tape);
}


static void
api_contract_json_body(api_contract_run_t *run, const api_media_rule_t *rule,
    const api_media_t *type, api_span_t body, const api_json_t *json)
{
    api_json_t own;

    if (!api_contract_charset(run, type)) {
        return;
    }

    if (json == NULL) {
        if (!api_contract_json(run, API_IN_BODY, API_SPAN(""), body, &own)) {
            return;
        }

        json = &own;
    }

    api_contract_validate(
        run, 422, "body", API_IN_BODY, API_SPAN(""), rule->schema, json);
}


const api_media_rule_t *
api_contract_media(api_contract_run_t *run,
    const api_media_rule_t *const *media, uint32_t nmedia, api_span_t *text,
    api_media_t *type)
{
    uint32_t                n;
    const api_media_rule_t *rule;

    *text = API_SPAN("");
    n = api_contract_field(run, API_SPAN("content-type"), text);

    if (n != 1) {
        api_contract_media_fault(
            run, n ? "more than one Content-Type" : "Content-Type is missing");
        return NULL;
    }

    if (api_media_parse(type, *text) != API_OK) {
        api_contract_media_fault(run, "Content-Type is no media type");
        return NULL;
    }

    rule = api_contract_rule(media, nmedia, type);

    if (rule == NULL) {
        api_contract_media_fault(
            run, run->direction == API_SCHEMA_RESPONSE
                     ? "the response is not described in this media type"
                     : "the operation does not take this media type");
    }

    return rule;
}


void
api_contract_body(api_contract_run_t *run,
    const api_media_rule_t *const *media, uint32_t nmedia, api_span_t body,
    const api_json_t *json)
{
    api_span_t              text;
    api_media_t             type;
    const api_media_rule_t *rule;

    rule = api_contract_media(run, media, nmedia, &text, &type);

    if (rule == NULL) {
        return;
    }

    /* bytes are bytes, whatever the client calls them */

    if (!rule->binary && api_media_is_json(&type)) {
        api_contract_json_body(run, rule, &type, body, json);

    } else if (!rule->binary
               && api_span_eq_nocase(type.essence,
                   API_SPAN("application/x-www-form-urlencoded")))
    {
        if (api_contract_charset(run, &type)) {
            api_contract_form(run, rule, body);
        }

    } else if (!rule->binary
               && api_span_eq_nocase(
                   type.essence, API_SPAN("multipart/form-data")))
    {
        api_contract_multipart(run, rule, text, body);

    } else {
        api_contract_string(run, rule, &type, body);
    }
}
