#include "api_waf_long.h"
#include "api_waf_plan.h"
#include "api_waf_scan_int.h"
#include "api_waf_spare.h"


void *
api_waf_more(api_waf_tx_t *tx, api_waf_vec_t *v, uint32_t n, size_t size)
{
    void    *items;
    uint32_t room;

    if (n > v->room - v->n) {
        room = v->room ? v->room * 2 : 8;
        room = v->n + n > room ? v->n + n : room;
        items =
            api_arena_grow(tx->arena, v->items, v->room * size, room * size);

        if (items == NULL) {
            api_waf_failed(tx, "no memory");
            return NULL;
        }

        v->items = items;
        v->room = room;
    }

    return (char *) v->items + v->n * size;
}


void *
api_waf_push(api_waf_tx_t *tx, api_waf_vec_t *v, size_t size)
{
    void *item = api_waf_more(tx, v, 1, size);

    if (item != NULL) {
        memset(item, 0, size);
        v->n++;
    }

    return item;
}


void
api_waf_failed(api_waf_tx_t *tx, const char *why)
{
    if (tx->failure == NULL) {
        tx->failure = why;
    }
}


static bool
api_waf_fix(api_waf_tx_t *tx)
{
    uint32_t                 i;
    const api_waf_view_tx_t *set;

    if (tx->view->ntx == 0) {
        return true;
    }

    tx->slot_fixed = api_arena_calloc(
        tx->arena, tx->p->nslots / 64 + 1, sizeof(*tx->slot_fixed));

    if (tx->slot_fixed == NULL) {
        return false;
    }

    for (i = 0; i < tx->view->ntx; i++) {
        set = &tx->view->tx[i];
        tx->slot[set->slot].name = tx->p->slot[set->slot].name;
        tx->slot[set->slot].value = set->value;
        tx->slot_fixed[set->slot / 64] |= UINT64_C(1) << (set->slot % 64);
    }

    return true;
}


api_waf_tx_t *
api_waf_tx_create(const api_waf_view_t *view, api_waf_values_t *values,
    const api_waf_env_t *env, api_arena_t *arena)
{
    uint32_t      i;
    api_waf_tx_t *tx;

    tx = api_arena_calloc(arena, 1, sizeof(*tx));

    if (tx == NULL) {
        return NULL;
    }

    tx->view = view;
    tx->p = view->program;
    tx->values = values;
    tx->env = env;
    tx->arena = arena;
    tx->settings = tx->p->settings;
    tx->status = 200;
    tx->highest = 255;
    tx->budget.left = env->budget ? env->budget : API_WAF_BUDGET;
    tx->spend = tx->budget.left;

    if (env->engine != API_WAF_ENGINE_OFF) {
        tx->settings.engine = env->engine;
    }

    tx->slot = api_arena_alloc(arena, (tx->p->nslots + 1) * sizeof(*tx->slot));

    if (tx->slot == NULL) {
        return NULL;
    }

    /* a cell without a value has no name */

    for (i = 0; i < tx->p->nslots; i++) {
        tx->slot[i].value = (api_span_t){ NULL, 0 };
    }

    return api_waf_fix(tx) ? tx : NULL;
}


void
api_waf_tx_grant(api_waf_tx_t *tx, uint64_t units)
{
    if (tx->failure == NULL && units <= UINT64_MAX - tx->spend) {
        tx->budget.left += units;
        tx->spend += units;
    }
}


static bool
api_waf_rule_removed(const api_waf_tx_t *tx, uint32_t rule)
{
    uint64_t bit;

    bit = UINT64_C(1) << (rule % 64);

    return tx->p->rule[rule].removed
           || (tx->view->removed && (tx->view->removed[rule / 64] & bit))
           || (tx->removed && (tx->removed[rule / 64] & bit));
}


/* allow ends the phase, the request phases, or all but logging. */

static bool
api_waf_allowed(api_waf_tx_t *tx)
{
    if (tx->allow == API_WAF_DIS_ALLOW && tx->phase != API_WAF_LOGGING_PHASE) {
        return true;
    }

    if (tx->allow == API_WAF_DIS_ALLOW_REQUEST
        && tx->phase <= API_WAF_REQUEST_BODY_PHASE)
    {
        return true;
    }

    tx->allow = API_WAF_DIS_NONE;

    return false;
}


/* What is known beforehand is done, and rules that cannot match are passed, up
   to one that is run. */

static void
api_waf_pass(api_waf_tx_t *tx, const api_waf_phase_prog_t *prog)
{
    uint32_t rule, from;

    if (tx->planned) {
        api_waf_plan_go(tx);
        return;
    }

    if (tx->scan == NULL || tx->skip > 0 || tx->allow != API_WAF_DIS_NONE
        || tx->view->removed != NULL || tx->removed != NULL)
    {
        return;
    }

    for (from = tx->pos; tx->pos < prog->n; tx->pos++) {
        rule = prog->step[tx->pos].rule;

        if (rule == API_WAF_NONE || !api_waf_scan_skips(tx, rule)) {
            break;
        }
    }

    if (tx->pos != from) {
        tx->matched.value = (api_span_t){ NULL, 0 };
        tx->matches.n = 0;
    }
}


/* False: something of long values is to be done first, or of many the rest,
   later. */

static bool
api_waf_step_run(api_waf_tx_t *tx, const api_waf_rule_t *rule, uint64_t until)
{
    tx->rest.until = until;

    if (tx->rest.rule == NULL) { /* else what has matched may be of a text */
        api_waf_spare_end(tx);
    }

    if (tx->rest.rule == NULL && until > 0
        && tx->values->longest >= API_WAF_LONG
        && api_waf_long_more(tx, rule, until))
    {
        tx->pos--;
        return false;
    }

    (void) api_waf_eval(tx, rule);

    if (tx->rest.rule != NULL) {
        tx->pos--;
        return false;
    }

    tx->longs = NULL;
    api_waf_spare_end(tx);

    return true;
}


/* True: there is more to do in this phase, later. */

static bool
api_waf_steps(api_waf_tx_t *tx, uint64_t slice)
{
    uint64_t                    until;
    const api_waf_step_t       *step;
    const api_waf_phase_prog_t *prog;

    prog = &tx->p->phase[tx->phase];
    until = slice && tx->budget.left > slice ? tx->budget.left - slice : 0;

    if (api_waf_scan_more(tx, until)) {
        return true;
    }

    if (tx->failure) {
        return false;
    }

    while (tx->pos < prog->n) {
        if (tx->budget.left < until) {
            return true;
        }

        if (tx->rest.rule == NULL) {
            api_waf_pass(tx, prog);
        }

        if (tx->pos >= prog->n) {
            break;
        }

        step = &prog->step[tx->pos++];

        if (step->rule == API_WAF_NONE) {
            continue;
        }

        if (tx->skip) {
            tx->skip--;
            continue;
        }

        if (tx->allow != API_WAF_DIS_NONE
            || api_waf_rule_removed(tx, step->rule)) {
            continue;
        }

        if (api_waf_scan_skips(tx, step->rule)) {
            tx->matched.value = (api_span_t){ NULL, 0 };
            tx->matches.n = 0;
            continue;
        }

        if (!api_waf_step_run(tx, &tx->p->rule[step->rule], until)) {
            return !tx->failure;
        }

        if (tx->stop || tx->failure) {
            break;
        }
    }

    return false;
}


api_waf_rc_t
api_waf_tx_run(api_waf_tx_t *tx, api_waf_phase_t phase, uint64_t slice)
{
    if (tx->failure) {
        return API_WAF_FAILED;
    }

    if (tx->settings.engine == API_WAF_ENGINE_OFF
        || (tx->stop && phase != API_WAF_LOGGING_PHASE))
    {
        return tx->stop ? tx->verdict.rc : API_WAF_PASS;
    }

    if (tx->phase != phase) {
        tx->phase = (uint8_t) phase;
        tx->stop = false;
        tx->rest.rule = NULL;
        tx->pos = api_waf_allowed(tx) ? tx->p->phase[phase].n : 0;

        if (tx->pos < tx->p->phase[phase].n) {
            api_waf_plan_begin(tx);
            api_waf_scan_phase(tx);
        }
    }

    if (!tx->failure && api_waf_steps(tx, slice)) {
        return API_WAF_AGAIN;
    }

    if (tx->failure) {
        tx->verdict.rc = API_WAF_FAILED;
        tx->verdict.phase = tx->phase;
        tx->verdict.failure = tx->failure;
        tx->verdict.over = tx->budget.left == 0;
        return API_WAF_FAILED;
    }

    return tx->stop ? tx->verdict.rc : API_WAF_PASS;
}


const api_waf_settings_t *
api_waf_tx_settings(const api_waf_tx_t *tx)
{
    return &tx->settings;
}


void
api_waf_tx_verdict(const api_waf_tx_t *tx, api_waf_verdict_t *verdict)
{
    *verdict = tx->verdict;
}


api_span_t
api_waf_tx_get(const api_waf_tx_t *tx, api_span_t name)
{
    const api_waf_cell_t *cell;

    cell = api_waf_cell(tx, API_WAF_NONE, name);

    return cell ? cell->value : (api_span_t){ NULL, 0 };
}


static int64_t
api_waf_tx_number(const api_waf_tx_t *tx, uint32_t slot)
{
    api_span_t s;

    s = tx->slot[slot].value;

    return s.data == NULL || (s.len == 1 && s.data[0] == '0')
               ? 0
               : api_waf_stoi(s);
}


/*
 * CRS 3 adds to anomaly_score_plN, CRS 4 to inbound_anomaly_score_plN while
 * rules match, and both sum them up at the end under names of their own: the
 * largest of these is the score.
 */

int64_t
api_waf_tx_score(const api_waf_tx_t *tx, bool outbound)
{
    int64_t  n, sum, most;
    uint32_t i, parts, levels;

    parts = outbound ? API_WAF_SLOT_OUT_PARTS : API_WAF_SLOT_IN_PARTS;
    levels = outbound ? API_WAF_SLOT_LEVELS : API_WAF_SLOT_OUT;
    most = 0;

    for (i = outbound ? API_WAF_SLOT_OUT : API_WAF_SLOT_IN; i < parts; i++) {
        n = api_waf_tx_number(tx, i);
        most = n > most ? n : most;
    }

    for (; i < levels; i += 4) {
        sum = api_waf_tx_number(tx, i) + api_waf_tx_number(tx, i + 1)
              + api_waf_tx_number(tx, i + 2) + api_waf_tx_number(tx, i + 3);
        most = sum > most ? sum : most;
    }

    return most;
}


size_t
api_waf_tx_matches(const api_waf_tx_t *tx)
{
    return tx->kept.n;
}


const api_waf_match_t *
api_waf_tx_match(const api_waf_tx_t *tx, size_t i)
{
    return i < tx->kept.n ? *API_WAF_AT(const api_waf_match_t *, tx->kept, i)
                          : NULL;
}


size_t
api_waf_tx_logged(const api_waf_tx_t *tx, size_t i)
{
    const api_waf_match_t *const *kept;

    kept = tx->kept.items;

    while (i < tx->kept.n && !kept[i]->log) {
        i++;
    }

    return i;
}


uint64_t
api_waf_tx_matched(const api_waf_tx_t *tx)
{
    return tx->nmatched;
}


uint64_t
api_waf_tx_work(const api_waf_tx_t *tx)
{
    return tx->spend - tx->budget.left;
}
