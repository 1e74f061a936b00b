/* The body of a request: which reader it has, and what went wrong. */

#include "api_values_int.h"

#include "api_media.h"

#include <stdarg.h>
#include <stdio.h>


void
api_values_body_fault(api_values_t *b, const char *who, const char *fmt, ...)
{
    int        n;
    char       text[200];
    va_list    ap;
    api_span_t part[3];

    part[0] = api_waf_values_get(b->values, API_WAF_REQBODY_ERROR);

    if (part[0].len == 1 && part[0].data[0] == '1') {
        return;
    }

    va_start(ap, fmt);
    n = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);

    if (n < 0 || (size_t) n >= sizeof(text)) {
        n = (int) sizeof(text) - 1;
    }

    part[0] = api_span(who, strlen(who));
    part[1] = API_SPAN(" parsing error: ");
    part[2] = api_span(text, (size_t) n);
    part[0] = api_values_join(b, part, 3);

    api_values_set(b, API_WAF_REQBODY_ERROR, API_SPAN("1"));
    api_values_set(b, API_WAF_REQBODY_ERROR_MSG, part[0]);
    api_values_set(b, API_WAF_REQBODY_PROCESSOR_ERROR, API_SPAN("1"));
    api_values_set(b, API_WAF_REQBODY_PROCESSOR_ERROR_MSG, part[0]);
}


/* application/graphql is no processor that a rule can name. */

typedef enum {
    BODY_RAW = 0,
    BODY_FORM,
    BODY_MULTIPART,
    BODY_JSON,
    BODY_XML,
    BODY_GRAPHQL,
    BODY_JSON_LINES,
    BODY_YAML
} values_body_t;


static bool
values_body_is_lines(api_span_t essence)
{
    size_t i;

    static const char *const types[] = { "application/x-ndjson",
        "application/ndjson", "application/jsonl", "application/x-jsonlines",
        "application/jsonlines", "application/x-json-stream",
        "application/json-seq" };

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (api_span_eq_nocase(essence, api_span(types[i], strlen(types[i]))))
        {
            return true;
        }
    }

    return false;
}


static bool
values_body_is_yaml(const api_media_t *m)
{
    return api_span_eq_nocase(m->subtype, API_SPAN("yaml"))
           || api_span_eq_nocase(m->subtype, API_SPAN("x-yaml"))
           || api_span_eq_nocase(m->suffix, API_SPAN("yaml"));
}


static values_body_t
values_body_by_type(const api_values_t *b)
{
    api_media_t m;

    if (api_values_type_is(b->type, "multipart/form-data")) {
        return BODY_MULTIPART;
    }

    if (api_values_type_is(b->type, "application/x-www-form-urlencoded")) {
        return BODY_FORM;
    }

    if (!b->conf->by_type || api_media_parse(&m, b->type) != API_OK) {
        return BODY_RAW;
    }

    if (api_media_is_json(&m)) {
        return BODY_JSON;
    }

    if (api_span_eq_nocase(m.subtype, API_SPAN("xml"))
        || api_span_eq_nocase(m.suffix, API_SPAN("xml")))
    {
        return BODY_XML;
    }

    if (api_span_eq_nocase(m.essence, API_SPAN("application/graphql"))) {
        return BODY_GRAPHQL;
    }

    if (values_body_is_lines(m.essence)) {
        return BODY_JSON_LINES;
    }

    if (b->conf->unpacked && values_body_is_yaml(&m)) {
        return BODY_YAML;
    }

    return api_span_eq_nocase(m.type, API_SPAN("multipart")) ? BODY_MULTIPART
                                                             : BODY_RAW;
}


static values_body_t
values_body_kind(const api_values_t *b, api_waf_body_t how)
{
    switch (how) {

    case API_WAF_BODY_URLENCODED:
        return BODY_FORM;

    case API_WAF_BODY_JSON:
        return BODY_JSON;

    case API_WAF_BODY_XML:
        return BODY_XML;

    case API_WAF_BODY_MULTIPART:
        return BODY_MULTIPART;

    default:
        return values_body_by_type(b);
    }
}


/* A body of no type that we read may be read by the application all the same:
   what looks like JSON is taken for such, the rest for text. */

static void
values_body_raw(api_values_t *b, api_span_t body)
{
    if (b->conf->by_type && !api_values_json_sniff(b, body)
        && b->conf->unpacked) {
        api_values_text(b, body);
    }
}


/* What curl -d sends where nobody said what it is: a form to those who believe
   the header, JSON to those who do not, though it be none that is strict. */

static void
values_body_form(api_values_t *b, api_span_t body)
{
    size_t i = 0;

    if (!b->conf->by_type || api_values_json_sniff(b, body)
        || b->conf->unpacked == 0)
    {
        return;
    }

    while (i < body.len && body.data[i] <= ' ') {
        i++;
    }

    if (i < body.len && (body.data[i] == '{' || body.data[i] == '[')) {
        api_values_lenient(b, API_WAF_ARGS_UNPACKED, API_SPAN("body"), body);
    }
}


static void
values_body_read(api_values_t *b, values_body_t kind, api_span_t body)
{
    static const char *const names[] = { "", "URLENCODED", "MULTIPART", "JSON",
        "XML", "GRAPHQL", "JSON", "YAML" };

    if (kind != BODY_RAW) {
        api_values_set(b, API_WAF_REQBODY_PROCESSOR,
            api_span(names[kind], strlen(names[kind])));
    }

    if (body.len == 0 && kind != BODY_MULTIPART && kind != BODY_XML) {
        return;
    }

    switch (kind) {

    case BODY_FORM:
        api_values_pairs(b, API_WAF_ARGS_POST, body);
        values_body_form(b, body);
        break;

    case BODY_MULTIPART:
        api_values_multipart(b, body);
        break;

    case BODY_JSON:
        api_values_json(b, body);
        break;

    case BODY_JSON_LINES:
        api_values_json_lines(b, body);
        break;

    case BODY_XML:
        api_values_xml(b, body);
        break;

    case BODY_GRAPHQL:
        api_values_arg(b, API_WAF_ARGS_POST, API_SPAN("graphql"), body);
        if (!api_values_graphql(b, API_WAF_ARGS_POST, body)) {
            api_values_body_fault(b, "GraphQL", "not a document");
        }
        break;

    case BODY_YAML:
        api_values_yaml(b, body);
        break;

    default:
        values_body_raw(b, body);
    }
}


static void
values_full_request(api_values_t *b, api_span_t body)
{
    uint32_t                    i, n = 0;
    api_span_t                  full, *part;
    const api_values_request_t *r = b->request;

    part = api_arena_calloc(
        b->arena, 4 * (size_t) r->nfields + 2, sizeof(api_span_t));

    if (part == NULL) {
        b->nomem = true;
        return;
    }

    for (i = 0; i < r->nfields; i++) {
        part[n++] = r->field[i].name;
        part[n++] = API_SPAN(": ");
        part[n++] = r->field[i].value;
        part[n++] = API_SPAN("\n");
    }

    part[n++] = API_SPAN("\n\n");
    part[n++] = body;

    full = api_values_join(b, part, n);
    api_values_set(b, API_WAF_FULL_REQUEST, full);
    api_values_set_int(b, API_WAF_FULL_REQUEST_LENGTH, (int64_t) full.len);
}


/* Its kind is read, then what is inside its values, then what is said of the
   whole. */

struct api_values_reader_s {
    const api_values_part_t *part; /* NULL: none that goes on */
    void                    *work;
    api_span_t               body;
    bool                     unpacks; /* the last part */
};


void
api_values_part(api_values_t *b, const api_values_part_t *part, void *work)
{
    b->reader->part = part;
    b->reader->work = work;
}


static void
values_part_end(api_values_reader_t *r)
{
    if (r->part && r->part->end) {
        r->part->end(r->work);
    }

    r->part = NULL;
}


static void
values_body_whole(api_values_t *b)
{
    api_span_t body = b->reader->body;

    api_values_sizes(b);

    if (body.len) {
        api_values_set(b, API_WAF_REQUEST_BODY, body);
        api_values_set_int(b, API_WAF_REQUEST_BODY_LENGTH, (int64_t) body.len);
    }

    if (b->over) {
        api_values_body_fault(b, "Request", "more arguments than allowed");
    }

    if (b->conf->full_request) {
        values_full_request(b, body);
    }
}


int
api_values_body_start(
    api_values_t *b, api_span_t body, api_waf_body_t how, bool truncated)
{
    values_body_t kind = values_body_kind(b, how);

    b->reader = api_arena_calloc(b->arena, 1, sizeof(*b->reader));

    if (b->reader == NULL) {
        b->nomem = true;
        return API_NOMEM;
    }

    b->reader->body = body;

    api_values_set_int(b, API_WAF_INBOUND_DATA_ERROR, truncated);
    api_values_set(b, API_WAF_REQBODY_ERROR, API_SPAN("0"));
    api_values_set(b, API_WAF_REQBODY_PROCESSOR_ERROR, API_SPAN("0"));

    if (b->types > 1 && body.len) {
        api_values_body_fault(b, "Content-Type", "it stands more than once");
    }

    /* a rule that says XML means a document; a type alone may mean nothing */

    if (kind == BODY_XML && body.len == 0 && how != API_WAF_BODY_XML) {
        kind = BODY_RAW;
    }

    api_values_grant(b, body.len);
    values_body_read(b, kind, body);

    return b->nomem ? API_NOMEM : API_OK;
}


bool
api_values_body_more(api_values_t *b, int *rc)
{
    api_values_reader_t *r = b->reader;

    while (!b->nomem) {
        if (r->part && r->part->more(b, r->work) && !b->nomem) {
            return true;
        }

        values_part_end(r);

        if (r->unpacks) {
            values_body_whole(b);
            break;
        }

        r->unpacks = true;
        api_values_unpack(b);
    }

    *rc = b->nomem ? API_NOMEM : API_OK;

    return false;
}


void
api_values_body_end(api_values_t *b)
{
    if (b->reader) {
        values_part_end(b->reader);
    }
}


int
api_values_body(
    api_values_t *b, api_span_t body, api_waf_body_t how, bool truncated)
{
    int rc;

    rc = api_values_body_start(b, body, how, truncated);

    while (rc == API_OK && api_values_body_more(b, &rc)) {
        /* void */
    }

    api_values_body_end(b);

    return rc;
}
