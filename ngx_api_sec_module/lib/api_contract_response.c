#include "api_contract_int.h"


/* The closest one: a status of its own, its class, default. */

static const api_response_rule_t *
api_contract_status(const api_op_rules_t *rules, unsigned status)
{
    uint32_t                   i;
    const api_response_rule_t *r, *best;

    best = NULL;

    for (i = 0; i < rules->nresponses; i++) {
        r = rules->responses[i];

        if (status >= r->from && status <= r->to
            && (best == NULL || r->to - r->from < best->to - best->from))
        {
            best = r;
        }
    }

    return best;
}


/* RFC 9110: what cannot have a body, whatever its headers say. */

static bool
api_contract_bodiless(const api_response_t *r)
{
    return r->head || r->status < 200 || r->status == 204 || r->status == 304;
}


static void
api_contract_response_body(api_contract_run_t *run,
    const api_response_t *response, const api_response_rule_t *rule)
{
    api_span_t  text;
    api_media_t type;

    if (!response->has_body
        || (response->body.len == 0 && !response->skip_body)) {
        if (rule->nmedia) {
            api_contract_fault(run, 502, "body", API_IN_BODY, API_SPAN(""),
                "required", "the body is missing");
        }

        return;
    }

    if (rule->nmedia == 0) {

        /* the length alone says no body, until the first byte is there */

        if (!response->skip_body) {
            api_contract_fault(run, 502, "body", API_IN_BODY, API_SPAN(""),
                "body", "the response has no body");
        }

        return;
    }

    if (response->skip_body) {
        (void) api_contract_media(
            run, rule->media, rule->nmedia, &text, &type);
        return;
    }

    api_contract_body(
        run, rule->media, rule->nmedia, response->body, response->json);
}


int
api_contract_response(const api_openapi_t *spec,
    const api_response_t *response, const api_contract_opts_t *opts,
    api_arena_t *arena, api_verdict_t *verdict)
{
    uint32_t                   i;
    api_contract_run_t         run;
    const api_response_rule_t *rule;

    api_contract_init(&run, spec, opts, arena, verdict);
    run.direction = API_SCHEMA_RESPONSE;
    run.rules = response->op->rules;
    run.fields = response->fields;
    run.nfields = response->nfields;
    verdict->op = response->op;
    rule = api_contract_status(run.rules, response->status);

    if (rule == NULL) {
        api_contract_fault(&run, 502, "status", API_IN_BODY, API_SPAN(""),
            "status", "the operation has no response of status %u",
            response->status);
        return api_contract_done(&run);
    }

    for (i = 0; i < rule->nheaders && api_contract_goes_on(&run); i++) {
        api_contract_header(&run, rule->headers[i]);
    }

    if (!api_contract_bodiless(response) && api_contract_goes_on(&run)) {
        api_contract_response_body(&run, response, rule);
    }

    if (verdict->status) {
        verdict->status = 502;
    }

    return api_contract_done(&run);
}


/* Nothing is asked of it, or it is a stream. */

static bool
api_contract_unseen(const api_media_rule_t *rule, const api_media_t *type)
{
    return api_openapi_streams(&rule, 1) || (rule->binary && !rule->measured)
           || (rule->schema == API_SCHEMA_NONE && !api_media_is_json(type));
}


bool
api_contract_reads_response(const api_response_t *response)
{
    api_span_t                 text;
    api_media_t                type;
    api_contract_run_t         run;
    const api_media_rule_t    *media;
    const api_response_rule_t *rule;

    rule = api_contract_status(response->op->rules, response->status);

    if (rule == NULL || response->op->streams
        || api_contract_bodiless(response)) {
        return false;
    }

    if (rule->nmedia == 0) {
        return true; /* there is to be none */
    }

    memset(&run, 0, sizeof(run));
    run.fields = response->fields;
    run.nfields = response->nfields;

    text = API_SPAN("");

    if (api_contract_field(&run, API_SPAN("content-type"), &text) != 1
        || api_media_parse(&type, text) != API_OK)
    {
        return false;
    }

    media = api_contract_rule(rule->media, rule->nmedia, &type);

    return media && !api_contract_unseen(media, &type);
}
