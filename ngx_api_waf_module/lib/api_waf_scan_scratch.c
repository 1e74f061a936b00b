#include "api_waf_scan_int.h"


void
api_waf_scan_free(api_waf_scan_t *scan)
{
    if (scan != NULL) {
        api_prefilter_free(scan->pf);
    }
}


api_prefilter_t *
api_waf_program_prefilter(const api_waf_program_t *p)
{
    return p->scan->pf;
}


const api_prefilter_set_t *
api_waf_program_patterns(const api_waf_program_t *p)
{
    return &p->scan->set;
}


bool
api_waf_program_unscanned(const api_waf_program_t *p, uint32_t i)
{
    uint32_t              k;
    const api_waf_pick_t *pick;
    const api_waf_rule_t *rule;

    static const api_trigger_t plain = API_TRIG_ALWAYS | API_TRIG_BYTES
                                       | API_TRIG_UPPER | API_TRIG_LOWER
                                       | API_TRIG_DIGIT;

    rule = &p->rule[p->head[i]];

    if (rule->removed || rule->bit < p->scan->set.bits || rule->op == NULL
        || api_operator_id(rule->op) != API_OPERATOR_RX
        || (rule->triggers & plain) == 0
        || rule->level > api_waf_program_level(p))
    {
        return false;
    }

    for (k = 0; k < rule->ntargets; k++) {
        pick = &rule->target[k].pick;

        if (!pick->count && pick->var < API_WAF_MATCHED_VAR
            && pick->sel != API_WAF_SEL_NAME
            && api_waf_var_kind((api_waf_var_t) pick->var) == API_WAF_K_DICT)
        {
            return true;
        }
    }

    return false;
}


int
api_waf_scan_scratch_create(api_waf_scan_scratch_t **scratch,
    const api_waf_program_t *p, const api_alloc_t *alloc)
{
    int                     rc;
    api_waf_scan_scratch_t *s;

    s = alloc->alloc(alloc->ctx, sizeof(*s));

    if (s == NULL) {
        return API_NOMEM;
    }

    s->alloc = alloc;
    s->memo = NULL;
    s->owner = 0;
    rc = api_prefilter_scratch_create(&s->pf, p->scan->pf, alloc);

    if (rc != API_OK) {
        s->pf = NULL;
        api_waf_scan_scratch_free(s);
        return rc;
    }

    *scratch = s;

    return API_OK;
}


int
api_waf_scan_remember(
    api_waf_scan_scratch_t *scratch, uint32_t entries, api_sipkey_t key)
{
    return api_waf_memo_create(&scratch->memo, entries, key, scratch->alloc);
}


void
api_waf_scan_scratch_free(api_waf_scan_scratch_t *scratch)
{
    if (scratch != NULL) {
        api_prefilter_scratch_free(scratch->pf);
        api_waf_memo_free(scratch->memo);

        if (scratch->alloc->free != NULL) {
            scratch->alloc->free(scratch->alloc->ctx, scratch);
        }
    }
}
