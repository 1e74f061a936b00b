#include "api_contract_int.h"

#include "api_utf8.h"

/*
 * Forms and multipart bodies: their fields are the members of one object on a
 * tape, which the schema of the body then validates as if it were JSON.
 */

#define API_CONTRACT_REGEX 100000 /* units, of one body */

typedef struct {
    api_contract_run_t     *run;
    const api_media_rule_t *rule;
    api_style_run_t         style;
    api_tape_t              tape;
    uint32_t                nfaults; /* of the run before */
    api_regex_work_t        work;    /* for names that are no properties */
} api_form_t;


static void
api_form_init(
    api_form_t *form, api_contract_run_t *run, const api_media_rule_t *rule)
{
    memset(form, 0, sizeof(*form));
    form->run = run;
    form->rule = rule;
    form->nfaults = run->nfaults;
    form->work.left = API_CONTRACT_REGEX;
    form->work.arena = run->arena;
    form->style.schema = run->spec->schema;
    form->style.arena = run->arena;
    form->style.tape = &form->tape;
    form->style.seed = run->spec->seed;
    form->style.decode = true;
    form->style.plus = true;
    api_tape_init(&form->tape, run->arena, run->spec->seed);
    api_tape_object(&form->tape);
}


static void
api_form_fault(api_form_t *form, unsigned status, api_span_t name,
    const char *keyword, const char *what)
{
    api_contract_fault(form->run, status,
        status == 422 ? "body" : "body_syntax", API_IN_BODY, name, keyword,
        "%s", what);
}


/* Only what could be read in full: a field at fault is not there, and would
   be called missing too. */

static void
api_form_validate(api_form_t *form)
{
    int        rc;
    api_json_t json;

    if (form->run->rc != API_OK || form->run->nfaults != form->nfaults) {
        return;
    }

    api_tape_end(&form->tape);
    rc = api_tape_done(&form->tape, &json);

    if (rc != API_OK) {
        form->run->rc = API_NOMEM;
        return;
    }

    api_contract_validate(form->run, 422, "body", API_IN_BODY, API_SPAN(""),
        form->rule->schema, &json);
}


/* The entry of a field that its rule does not name: of a pattern, or of
   additionalProperties; API_SCHEMA_NONE: the schema is silent. */

static uint32_t
api_form_member(api_form_t *form, api_span_t name)
{
    return form->rule->schema == API_SCHEMA_NONE
               ? API_SCHEMA_NONE
               : api_schema_named(form->run->spec->schema, form->rule->schema,
                   name, &form->work);
}


static const api_field_rule_t *
api_form_field(const api_form_t *form, api_span_t name)
{
    uint32_t i;

    for (i = 0; i < form->rule->nfields; i++) {
        if (api_span_eq(form->rule->fields[i].param.name, name)) {
            return &form->rule->fields[i];
        }
    }

    return NULL;
}


static bool
api_form_json(api_form_t *form, const api_field_rule_t *field,
    const api_pairs_t *pairs, uint32_t at, api_json_t *json)
{
    api_span_t name;

    name = field->param.name;

    if (api_pairs_find(pairs, name, at + 1) != API_PAIR_NONE) {
        api_form_fault(form, 400, name, "duplicate",
            "it stands there more than once, and has one value");
        return false;
    }

    return api_contract_json(
        form->run, API_IN_BODY, name, pairs->pair[at].value, json);
}


/*
 * A field that the schema has as a property.  Its value is decoded to a tape
 * of its own: whether it is there at all is known only behind.
 */

static void
api_form_known(api_form_t *form, const api_field_rule_t *field,
    const api_pairs_t *pairs, bool *used)
{
    int             rc;
    bool            found;
    uint32_t        at;
    api_json_t      json;
    api_tape_t      tape;
    api_style_run_t style;

    style = form->style;
    style.tape = &tape;
    api_tape_init(&tape, form->run->arena, form->run->spec->seed);
    at = api_pairs_find(pairs, field->param.name, 0);

    if (field->param.style == API_STYLE_JSON) {
        if (at == API_PAIR_NONE) {
            return;
        }

        used[at] = true;

        if (!api_form_json(form, field, pairs, at, &json)) {
            return;
        }

        api_tape_name(&form->tape, field->param.name);
        api_tape_copy(&form->tape, &json, 0);
        return;
    }

    rc = api_style_pairs(&style, &field->param, pairs, used, &found);

    if (rc == API_NOMEM) {
        form->run->rc = rc;
        return;
    }

    if (rc != API_OK) {
        api_form_fault(
            form, 400, field->param.name, style.keyword, style.what);
        return;
    }

    if (!found) {
        return;
    }

    if (api_tape_done(&tape, &json) != API_OK) {
        form->run->rc = API_NOMEM;
        return;
    }

    api_tape_name(&form->tape, field->param.name);
    api_tape_copy(&form->tape, &json, 0);
}


/* What is left: additional properties, and what nobody knows. */

static void
api_form_others(api_form_t *form, const api_pairs_t *pairs, const bool *used)
{
    uint32_t          i, entry;
    api_names_t       names;
    const api_pair_t *pair;

    if (!api_names_init(
            &names, pairs->n, form->run->spec->seed, form->run->arena)) {
        form->run->rc = API_NOMEM;
        return;
    }

    for (i = 0; i < pairs->n && api_contract_goes_on(form->run); i++) {
        pair = &pairs->pair[i];

        if (used[i]) {
            continue;
        }

        entry = api_form_member(form, pair->name);

        if (api_contract_refuses(form->run, form->rule, pair->name, entry)) {
            continue;
        }

        if (api_names_put(&names, pair->name, i) != i) {
            api_form_fault(form, 400, pair->name, "duplicate",
                "it stands there more than once, and has one value");

        } else {
            api_tape_name(&form->tape, pair->name);
            api_style_text(&form->style, pair->value, entry);
        }
    }
}


void
api_contract_form(
    api_contract_run_t *run, const api_media_rule_t *rule, api_span_t body)
{
    int                     rc, round;
    bool                   *used, spread;
    uint32_t                i;
    api_err_t               err;
    api_form_t              form;
    api_pairs_t             pairs;
    const api_field_rule_t *field;

    rc = api_urlencoded_parse(&pairs, body, API_URLENCODED_STRICT,
        run->opts->form, run->arena, &err);
    used = api_arena_calloc(run->arena, pairs.n, sizeof(*used));

    if (rc == API_NOMEM || used == NULL) {
        run->rc = API_NOMEM;
        return;
    }

    if (rc != API_OK) {
        api_contract_fault(run, rc == API_LIMIT ? 413 : 400,
            rc == API_LIMIT ? "body_limit" : "body_syntax", API_IN_BODY,
            API_SPAN(""), rc == API_LIMIT ? "limit" : "encoding", "%s",
            err.text);
        return;
    }

    api_form_init(&form, run, rule);

    if (run->opts->deny_body && (pairs.flags & API_PAIR_F_SEMICOLON)) {
        api_contract_form_semicolons(run, rule, &pairs);
    }

    /* objects spread over pairs take what no other field does: last */

    for (round = 0; round < 2; round++) {
        for (i = 0; i < rule->nfields && api_contract_goes_on(run); i++) {
            field = &rule->fields[i];
            spread = field->param.style == API_STYLE_FORM
                     && field->param.explode
                     && field->param.types == API_SCHEMA_T_OBJECT;

            if (spread == (round == 1)) {
                api_form_known(&form, field, &pairs, used);
            }
        }
    }

    if (run->rc == API_OK) {
        api_form_others(&form, &pairs, used);
    }

    api_form_validate(&form);
}


/* From here on: multipart. */

static bool
api_form_has_type(const api_field_rule_t *field, const api_media_t *type)
{
    uint32_t i;

    for (i = 0; i < field->ntypes; i++) {
        if (api_media_match(&field->types[i], type)) {
            return true;
        }
    }

    return field->ntypes == 0;
}


/* The type a part has: declared, or by default (RFC 7578 section 4.4). */

static bool
api_form_part_type(api_form_t *form, const api_multipart_part_t *part,
    const api_field_rule_t *field, api_media_t *type)
{
    api_span_t text;

    text = part->type.data       ? part->type
           : part->filename.data ? API_SPAN("application/octet-stream")
                                 : API_SPAN("text/plain");

    if (api_media_parse(type, text) != API_OK) {
        api_form_fault(form, 422, part->name, "mediaType",
            "the Content-Type of the part is no media type");
        return false;
    }

    if (field && part->type.data && !api_form_has_type(field, type)) {
        api_form_fault(form, 422, part->name, "mediaType",
            "the part may not have this media type");
        return false;
    }

    if (field && !field->binary && part->filename.data
        && form->rule->schema != API_SCHEMA_NONE && !api_media_is_json(type))
    {
        api_form_fault(form, 422, part->name, "file",
            "a file where the schema has a value");
        return false;
    }

    return true;
}


static void
api_form_part_text(api_form_t *form, const api_multipart_part_t *part,
    const api_media_t *type, uint32_t entry)
{
    int               rc;
    api_media_param_t p;

    rc = api_media_get(type, API_SPAN("charset"), &p);

    if (rc != API_INVALID
        && (rc != API_OK
            || (!api_span_eq_nocase(p.value, API_SPAN("utf-8"))
                && !api_span_eq_nocase(p.value, API_SPAN("us-ascii")))))
    {
        api_form_fault(form, 422, part->name, "mediaType",
            "the charset of a part has to be UTF-8");
        return;
    }

    if (api_utf8_valid(part->body) != part->body.len) {
        api_form_fault(form, 400, part->name, "encoding", "not UTF-8");
        return;
    }

    api_style_text(&form->style, part->body, entry);
}


/* The value of one part, for the entry. */

static void
api_form_part(api_form_t *form, const api_multipart_part_t *part,
    const api_field_rule_t *field, uint32_t entry)
{
    unsigned    types;
    api_json_t  json;
    api_media_t type;

    if (!api_form_part_type(form, part, field, &type)) {
        return;
    }

    types = api_style_types(form->run->spec->schema, entry);

    if (field && field->binary) {
        if (field->measured) {
            api_contract_bytes(form->run, &form->tape, part->body);

        } else {
            api_tape_string(&form->tape, API_SPAN(""));
        }

    } else if (api_media_is_json(&type)
               || (part->type.data == NULL && (types & API_SCHEMA_T_OBJECT)
                   && !(types & API_SCHEMA_T_STRING)))
    {
        if (api_contract_json(
                form->run, API_IN_BODY, part->name, part->body, &json)) {
            api_tape_copy(&form->tape, &json, 0);
        }

    } else {
        api_form_part_text(form, part, &type, entry);
    }
}


/* Headers of the part that `encoding` asks for. */

static void
api_form_part_headers(api_form_t *form, const api_multipart_part_t *part,
    const api_field_rule_t *field)
{
    size_t             n;
    uint32_t           i;
    api_span_t         rest, name, value;
    api_field_t       *fields;
    api_contract_run_t inner;

    if (field == NULL || field->nheaders == 0) {
        return;
    }

    rest = part->headers;

    for (n = 0; api_multipart_header(&rest, &name, &value); n++) {
        /* void */
    }

    fields = api_arena_calloc(form->run->arena, n, sizeof(*fields));

    if (fields == NULL) {
        form->run->rc = API_NOMEM;
        return;
    }

    rest = part->headers;

    for (n = 0; api_multipart_header(&rest, &name, &value); n++) {
        fields[n] = (api_field_t){ name, value };
    }

    inner = *form->run;
    inner.fields = fields;
    inner.nfields = n;

    for (i = 0; i < field->nheaders && api_contract_goes_on(&inner); i++) {
        api_contract_header(&inner, field->headers[i]);
    }

    form->run->faults = inner.faults;
    form->run->nfaults = inner.nfaults;
    form->run->rc = inner.rc;
}


/* All parts of the name that the part `at` is the first of; next[] links
   them. */

static void
api_form_name(api_form_t *form, const api_multipart_t *mp,
    const uint32_t *next, uint32_t at)
{
    bool                    many;
    uint32_t                i, k, entry, element;
    api_span_t              name;
    const api_schema_t     *schema;
    const api_field_rule_t *field;

    schema = form->run->spec->schema;
    name = mp->part[at].name;
    field = api_form_field(form, name);

    entry = field ? field->param.schema : api_form_member(form, name);

    if (field == NULL
        && api_contract_refuses(form->run, form->rule, name, entry)) {
        return;
    }

    many = entry != API_SCHEMA_NONE
           && (api_schema_types(schema, entry) & API_SCHEMA_T_ARRAY)
           && (next[at] != 0
               || !(api_schema_types(schema, entry) & API_SCHEMA_T_STRING));

    if (next[at] && !many) {
        api_form_fault(form, 400, name, "duplicate",
            "it stands there more than once, and has one value");
        return;
    }

    /* an array may also come as one part of JSON */

    if (many && next[at] == 0 && mp->part[at].type.data) {
        api_media_t type;

        many = api_media_parse(&type, mp->part[at].type) != API_OK
               || !api_media_is_json(&type);
    }

    api_tape_name(&form->tape, name);

    if (!many) {
        api_form_part_headers(form, &mp->part[at], field);
        api_form_part(form, &mp->part[at], field, entry);
        return;
    }

    api_tape_array(&form->tape);

    for (i = at + 1, k = 0; i && api_contract_goes_on(form->run);
         i = next[i - 1], k++)
    {
        element = api_schema_element(schema, entry, k);
        api_form_part_headers(form, &mp->part[i - 1], field);
        api_form_part(form, &mp->part[i - 1], field, element);
    }

    api_tape_end(&form->tape);
}


static void
api_form_parts(api_form_t *form, const api_multipart_t *mp)
{
    bool       *later;
    uint32_t    i, first, *next, *last;
    api_names_t names;

    next = api_arena_calloc(form->run->arena, mp->n, sizeof(*next));
    last = api_arena_calloc(form->run->arena, mp->n, sizeof(*last));
    later = api_arena_calloc(form->run->arena, mp->n, sizeof(*later));

    if (next == NULL || last == NULL || later == NULL
        || !api_names_init(
            &names, mp->n, form->run->spec->seed, form->run->arena))
    {
        form->run->rc = API_NOMEM;
        return;
    }

    for (i = 0; i < mp->n; i++) {
        first = api_names_put(&names, mp->part[i].name, i);
        later[i] = first != i;

        if (later[i]) {
            next[last[first]] = i + 1;
        }

        last[first] = i;
    }

    for (i = 0; i < mp->n && api_contract_goes_on(form->run); i++) {
        if (!later[i]) {
            api_form_name(form, mp, next, i);
        }
    }
}


void
api_contract_multipart(api_contract_run_t *run, const api_media_rule_t *rule,
    api_span_t type, api_span_t body)
{
    int             rc;
    api_err_t       err;
    api_form_t      form;
    api_multipart_t mp;

    rc = api_multipart_parse(&mp, type, body, API_MULTIPART_STRICT,
        run->opts->multipart, run->arena, &err);

    if (rc == API_NOMEM) {
        run->rc = rc;
        return;
    }

    if (rc != API_OK) {
        api_contract_fault(run, rc == API_LIMIT ? 413 : 400,
            rc == API_LIMIT ? "body_limit" : "body_syntax", API_IN_BODY,
            API_SPAN(""), rc == API_LIMIT ? "limit" : "syntax",
            "%s at byte %zu", err.text, err.pos);
        return;
    }

    api_form_init(&form, run, rule);
    api_form_parts(&form, &mp);
    api_form_validate(&form);
}
