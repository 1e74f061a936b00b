/* States, and how an operation differs from what its contract says. */

#include "api_inventory_report.h"
#include "api_openapi_int.h"


static const char *const api_inv_states[API_INV_NSTATES] = { "documented",
    "shadow", "zombie", "orphan" };

static const char *const api_inv_findings[API_INV_NFINDINGS] = { "auth_drift",
    "type_drift", "parameter_drift", "open_success", "sensitive_request",
    "sensitive_response" };


const char *
api_inv_state_name(unsigned state)
{
    return state < API_INV_NSTATES ? api_inv_states[state] : "";
}


unsigned
api_inv_state_of(api_span_t name)
{
    unsigned i;

    for (i = 0; i < API_INV_NSTATES; i++) {
        if (api_span_eq(name,
                api_span(api_inv_states[i], strlen(api_inv_states[i])))) {
            break;
        }
    }

    return i;
}


const char *
api_inv_finding_name(unsigned bit)
{
    return bit < API_INV_NFINDINGS ? api_inv_findings[bit] : "";
}


/* Does each way in ask for a credential? */

static bool
api_inv_asks(const api_operation_t *op)
{
    uint32_t i;

    for (i = 0; i < op->nrequirements; i++) {
        if (op->requirements[i].nneeds == 0) {
            return false;
        }
    }

    return op->nrequirements != 0;
}


static bool
api_inv_has_param(const api_operation_t *op, api_span_t name)
{
    uint32_t              i;
    const api_op_rules_t *r;

    r = op->rules;

    for (i = r->first[API_IN_QUERY]; i < r->first[API_IN_HEADER]; i++) {

        /* a[b]=1 and a.b=1 are of the parameter a */

        if (api_span_eq(r->params[i]->name, name)
            || (name.len > r->params[i]->name.len
                && (r->params[i]->style == API_STYLE_DEEP
                    || r->params[i]->explode)
                && memcmp(name.data, r->params[i]->name.data,
                       r->params[i]->name.len)
                       == 0))
        {
            return true;
        }
    }

    return false;
}


static bool
api_inv_param_drift(const api_inv_view_t *v, const api_operation_t *op)
{
    unsigned i;

    for (i = 0; i < v->nparams; i++) {
        if (v->params[i].place == API_INV_QUERY
            && !api_inv_has_param(op, v->params[i].span))
        {
            return true;
        }
    }

    return false;
}


static uint32_t
api_inv_taken(const api_media_rule_t *const *media, uint32_t n)
{
    uint32_t   i, bits;
    api_span_t range;

    for (bits = 0, i = 0; i < n; i++) {
        range = media[i]->range.essence;

        if (range.len && memchr(range.data, '*', range.len)) {
            return UINT32_MAX;
        }

        bits |= 1U << api_inv_type_of(range);
    }

    return bits;
}


static bool
api_inv_type_drift(const api_inv_view_t *v, const api_operation_t *op)
{
    uint32_t                       seen, in, out, i;
    const api_op_rules_t          *r;
    const api_media_rule_t *const *media;

    r = op->rules;
    in = 1U << API_INV_TYPE_NONE;

    if (r->body) {
        media = (const api_media_rule_t *const *) r->body->media;
        in |= api_inv_taken(media, r->body->nmedia);
    }

    for (out = 1U << API_INV_TYPE_NONE, i = 0; i < r->nresponses; i++) {
        media = (const api_media_rule_t *const *) r->responses[i]->media;

        /* a response without content says nothing of it */

        out |= r->responses[i]->nmedia
                   ? api_inv_taken(media, r->responses[i]->nmedia)
                   : 0;
    }

    if (out == 1U << API_INV_TYPE_NONE) {
        out = UINT32_MAX;
    }

    seen = (v->types_in & ~in) | (v->types_out & ~out);

    return seen != 0;
}


static api_inv_state_t
api_inv_judge_state(const api_inv_view_t *v, const api_operation_t *op,
    bool known, int64_t now)
{
    bool there, over;

    there = op || (known && v->documented);

    if (!there) {
        return v->documented ? API_INV_ZOMBIE : API_INV_SHADOW;
    }

    over = op ? op->deprecated || (op->has_sunset && op->sunset <= now)
              : v->deprecated;

    if (v->status[API_INV_2XX] + v->status[API_INV_3XX] == 0) {
        return API_INV_ORPHAN;
    }

    return over ? API_INV_ZOMBIE : API_INV_DOCUMENTED;
}


api_inv_verdict_t
api_inventory_judge(const api_inv_view_t *v, const api_operation_t *op,
    bool known, int64_t now)
{
    api_inv_verdict_t verdict;

    verdict.state = api_inv_judge_state(v, op, known, now);
    verdict.findings = 0;

    if (op) {
        if (v->open_success && api_inv_asks(op)) {
            verdict.findings |= API_INV_DRIFT_AUTH;
        }

        if (api_inv_type_drift(v, op)) {
            verdict.findings |= API_INV_DRIFT_TYPE;
        }

        if (api_inv_param_drift(v, op)) {
            verdict.findings |= API_INV_DRIFT_PARAM;
        }
    }

    if (v->open_success && verdict.state == API_INV_SHADOW) {
        verdict.findings |= API_INV_OPEN;
    }

    verdict.findings |= v->classes_in ? API_INV_SENSITIVE_IN : 0;
    verdict.findings |= v->classes_out ? API_INV_SENSITIVE_OUT : 0;

    return verdict;
}
