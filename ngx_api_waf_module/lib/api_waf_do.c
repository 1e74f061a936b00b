#include "api_waf_int.h"


/* Only when the engine is on; else it is kept what would have been done. */

static void
api_waf_disrupt(api_waf_tx_t *tx, const api_waf_rule_t *rule,
    api_waf_disrupt_t how, const api_waf_text_t *location)
{
    api_span_t        to;
    api_waf_verdict_t v;

    memset(&v, 0, sizeof(v));

    if (how == API_WAF_DIS_PASS) {
        if (tx->settings.engine == API_WAF_ENGINE_ON) {
            tx->status = 200;
            tx->stop = false;
        }
        return;
    }

    if (how >= API_WAF_DIS_ALLOW) {
        if (tx->settings.engine == API_WAF_ENGINE_ON) {
            tx->allow = how;
            tx->planned = false;
        }
        return;
    }

    v.rc = how == API_WAF_DIS_DROP ? API_WAF_DROP : API_WAF_DENY;
    v.phase = tx->phase;
    v.id = tx->p->rule[rule->head].id;
    v.msg = tx->words.msg;
    v.status = tx->status == 200 ? 403 : tx->status;

    if (how == API_WAF_DIS_REDIRECT) {
        to = api_waf_expand(tx, rule, location, API_WAF_TEXT_MAX);
        v.location = to.data ? to : API_SPAN("");
        v.status = tx->status >= 301 && tx->status <= 307 ? tx->status : 302;
    }

    if (tx->settings.engine == API_WAF_ENGINE_ON) {
        tx->status = v.status;
        tx->stop = true;
        tx->verdict = v;

    } else if (!tx->verdict.would) {
        v.rc = API_WAF_PASS;
        v.would = true;
        tx->verdict = v;
    }
}


static bool
api_waf_removable(api_waf_tx_t *tx)
{
    if (tx->removed == NULL) {
        tx->removed = api_arena_calloc(
            tx->arena, tx->p->nrules / 64 + 1, sizeof(*tx->removed));
    }

    return tx->removed != NULL;
}


bool
api_waf_tx_remove(api_waf_tx_t *tx, uint32_t id)
{
    uint32_t i;

    if (!api_waf_program_find(tx->p, id, &i)) {
        return true;
    }

    if (!api_waf_removable(tx)) {
        return false;
    }

    tx->removed[i / 64] |= UINT64_C(1) << (i % 64);

    return true;
}


static void
api_waf_remove(api_waf_tx_t *tx, const api_waf_action_t *action)
{
    uint32_t i, rule;

    tx->planned = false;

    if (!api_waf_work(tx, action->nrules)) {
        return;
    }

    if (!api_waf_removable(tx)) {
        api_waf_failed(tx, "no memory");
        return;
    }

    for (i = 0; i < action->nrules; i++) {
        rule = action->rules[i];
        tx->removed[rule / 64] |= UINT64_C(1) << (rule % 64);
    }
}


static void
api_waf_remove_target(api_waf_tx_t *tx, const api_waf_action_t *action)
{
    uint32_t        i;
    api_waf_drop_t *drop;

    tx->planned = false;

    for (i = 0; i < tx->drops.n; i++) {
        if (API_WAF_AT(api_waf_drop_t, tx->drops, i)->action == action) {
            return;
        }
    }

    drop = api_waf_push(tx, &tx->drops, sizeof(*drop));

    if (drop) {
        drop->action = action;
    }
}


static void
api_waf_setenv(
    api_waf_tx_t *tx, const api_waf_rule_t *rule, const api_waf_action_t *a)
{
    uint32_t        i;
    api_span_t      value;
    api_waf_cell_t *cell;

    value = api_waf_expand(tx, rule, &a->text, API_WAF_TEXT_MAX);

    for (i = 0; i < tx->env_vars.n; i++) {
        cell = API_WAF_AT(api_waf_cell_t, tx->env_vars, i);

        if (api_span_eq(cell->name, a->name.text)) {
            cell->value = value;
            return;
        }
    }

    cell = api_waf_push(tx, &tx->env_vars, sizeof(*cell));

    if (cell) {
        cell->name = a->name.text;
        cell->value = value;
    }
}


/* A rule cannot switch on what is off, or refuse where we only watch. */

static void
api_waf_set_engine(api_waf_tx_t *tx, api_waf_engine_t engine)
{
    api_waf_engine_t most;

    most = tx->env->engine;
    tx->settings.engine = most && engine > most ? most : engine;
    tx->settings.engine_said = true;
}


/* Rules behind this one may ask for REQBODY_PROCESSOR. */

static void
api_waf_set_body(api_waf_tx_t *tx, api_waf_body_t body)
{
    const char *name;

    static const char *const names[] = { "", "URLENCODED", "JSON", "XML",
        "MULTIPART" };

    name = names[body];
    tx->settings.body = body;

    if (api_waf_values_set(tx->values, API_WAF_REQBODY_PROCESSOR,
            api_span(name, strlen(name)))
        != API_OK)
    {
        api_waf_failed(tx, "no memory");
    }
}


/* ctl: what the request is treated by from now on. */

static void
api_waf_ctl(api_waf_tx_t *tx, const api_waf_action_t *a)
{
    switch ((api_waf_do_t) a->what) {
    case API_WAF_DO_AUDIT:
        tx->settings.audit = a->number != 0;
        break;

    case API_WAF_DO_ENGINE:
        api_waf_set_engine(tx, (api_waf_engine_t) a->number);
        break;

    case API_WAF_DO_BODY_ACCESS:
        tx->settings.request_body = a->number != 0;
        break;

    case API_WAF_DO_BODY_FORCE:
        tx->settings.force_request_body = a->number != 0;
        break;

    case API_WAF_DO_BODY_PROCESSOR:
        api_waf_set_body(tx, (api_waf_body_t) a->number);
        break;

    case API_WAF_DO_REMOVE:
        api_waf_remove(tx, a);
        break;

    default:
        api_waf_remove_target(tx, a);
        break;
    }
}


/* Collections, and what is told to others. */

static void
api_waf_name(
    api_waf_tx_t *tx, const api_waf_rule_t *rule, const api_waf_action_t *a)
{
    uint32_t key;

    switch ((api_waf_do_t) a->what) {
    case API_WAF_DO_SETENV:
        api_waf_setenv(tx, rule, a);
        return;

    case API_WAF_DO_EXPIREVAR:
        api_waf_expire(tx, rule, a);
        return;

    case API_WAF_DO_SETSID:
        key = API_WAF_SESSION;
        break;

    case API_WAF_DO_SETUID:
        key = API_WAF_USER;
        break;

    case API_WAF_DO_SETRSC:
        key = API_WAF_RESOURCE;
        break;

    default:
        key = a->var; /* initcol */
        break;
    }

    tx->key[key - API_WAF_IP] =
        api_waf_expand(tx, rule, &a->text, API_WAF_STORE_VALUE);
}


static void
api_waf_block(api_waf_tx_t *tx, const api_waf_rule_t *rule)
{
    const api_waf_phase_prog_t *phase;

    phase = &tx->p->phase[tx->phase];

    if (phase->disrupt != API_WAF_DIS_NONE) {
        api_waf_disrupt(
            tx, rule, (api_waf_disrupt_t) phase->disrupt, &phase->location);
    }
}


static void
api_waf_act(
    api_waf_tx_t *tx, const api_waf_rule_t *rule, const api_waf_action_t *a)
{
    switch ((api_waf_do_t) a->what) {
    case API_WAF_DO_LOG:
    case API_WAF_DO_NOLOG:
        tx->words.log = a->what == API_WAF_DO_LOG;
        break;

    case API_WAF_DO_STATUS:
        tx->status = (uint16_t) a->number;
        break;

    case API_WAF_DO_SKIP:
        tx->skip = a->number;
        tx->planned = false;
        break;

    case API_WAF_DO_SKIP_AFTER:
        tx->pos = a->number;
        tx->hopes = false;
        break;

    case API_WAF_DO_BLOCK:
        api_waf_block(tx, rule);
        break;

    case API_WAF_DO_INITCOL:
    case API_WAF_DO_SETSID:
    case API_WAF_DO_SETUID:
    case API_WAF_DO_SETRSC:
    case API_WAF_DO_SETENV:
    case API_WAF_DO_EXPIREVAR:
        api_waf_name(tx, rule, a);
        break;

    default:
        api_waf_ctl(tx, a);
        break;
    }
}


void
api_waf_say(api_waf_tx_t *tx, const api_waf_rule_t *rule)
{
    if (rule->severity != 255) {
        tx->words.severity = rule->severity;

        if (tx->highest > rule->severity) {
            tx->highest = rule->severity;
        }
    }

    if (rule->logdata.text.data) {
        tx->words.logdata =
            api_waf_expand(tx, rule, &rule->logdata, API_WAF_LOG_TEXT);
    }

    if (rule->msg.text.data) {
        tx->words.msg = api_waf_expand(tx, rule, &rule->msg, API_WAF_LOG_TEXT);
    }
}


void
api_waf_do(api_waf_tx_t *tx, const api_waf_rule_t *rule)
{
    uint32_t                    i;
    const api_waf_phase_prog_t *phase;

    phase = &tx->p->phase[tx->phase];

    for (i = 0; i < phase->nactions; i++) {
        if (phase->action[i].what != API_WAF_DO_BLOCK) {
            api_waf_act(tx, rule, &phase->action[i]);
        }
    }

    api_waf_say(tx, rule);

    for (i = 0; i < rule->nactions; i++) {
        api_waf_act(tx, rule, &rule->action[i]);
    }

    if (rule->disrupt != API_WAF_DIS_NONE) {
        api_waf_disrupt(
            tx, rule, (api_waf_disrupt_t) rule->disrupt, &rule->location);
    }
}
