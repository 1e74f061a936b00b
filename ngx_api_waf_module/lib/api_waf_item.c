#include "api_waf_scan_int.h"
#include "api_waf_spare.h"

#include <stdio.h>


/* One walk over the values of a target. */

typedef struct {
    api_waf_tx_t           *tx;
    const api_waf_rule_t   *rule;
    const api_waf_target_t *target;
    api_waf_each_pt         fn;
    void                   *ctx;
} api_waf_walk_t;


/* !ARGS:x of the same rule; ModSecurity compares these in any case. */

static bool
api_waf_excepted(const api_waf_walk_t *w, api_span_t name)
{
    int                   rc;
    uint32_t              i;
    const api_waf_pick_t *pick;

    for (i = 0; i < w->target->nexcept; i++) {
        pick = &w->tx->p->pick[w->target->except[i]];

        if (pick->sel == API_WAF_SEL_RX) {
            rc = api_operator_match(pick->rx, name, (api_span_t){ NULL, 0 },
                NULL, &w->tx->budget, w->tx->env->scratch);

            if (rc == 1) {
                return true;
            }

        } else if (api_span_eq_nocase(pick->name, name)) {
            return true;
        }
    }

    return false;
}


static bool
api_waf_wanted(const api_waf_walk_t *w, api_span_t name)
{
    const api_waf_pick_t *pick;

    pick = &w->target->pick;

    switch (pick->sel) {
    case API_WAF_SEL_NAME:
        return pick->name.len == name.len
               && api_span_eq_nocase(pick->name, name);

    case API_WAF_SEL_RX:
        if (api_operator_match(pick->rx, name, (api_span_t){ NULL, 0 }, NULL,
                &w->tx->budget, w->tx->env->scratch)
            != 1)
        {
            return false;
        }
        break;

    default:
        break;
    }

    return w->target->nexcept == 0 || !api_waf_excepted(w, name);
}


/* Is this a target of the rule whose candidates are known?  Macros that are
   expanded meanwhile walk with targets of their own. */

static bool
api_waf_walk_scanned(const api_waf_walk_t *w)
{
    const api_waf_rule_t *rule;

    rule = w->tx->scan != NULL ? w->tx->scan->rule : NULL;

    return rule != NULL && rule == w->rule && w->target >= rule->target
           && w->target < rule->target + rule->ntargets
           && !w->target->pick.count;
}


static void
api_waf_look(api_waf_value_t *v, bool names)
{
    if (names) {
        v->name_bits = api_transform_triggers(v->name);
    } else {
        v->value_bits = api_transform_triggers(v->value);
    }
}


/* False: fn has enough, or the budget is spent. */

static bool
api_waf_walk_set(const api_waf_walk_t *w, api_waf_var_t stored, bool names,
    api_waf_var_t as)
{
    bool                 scanned;
    uint32_t             i;
    api_waf_item_t       item;
    api_waf_value_t     *v;
    const api_waf_set_t *set;

    set = &w->tx->values->set[stored];
    scanned = api_waf_walk_scanned(w);

    if (!api_waf_work(w->tx, scanned ? 1 : set->count)) {
        return false;
    }

    for (i = 0; i < set->count; i++) {
        if (scanned) {
            i = api_waf_scan_next(w->tx, stored, names, i);

            if (i == set->count) {
                break;
            }
        }

        v = &set->items[i];

        if (w->tx->scan != NULL && (names ? v->name_bits : v->value_bits) == 0)
        {
            api_waf_look(v, names);
        }

        if (!api_waf_wanted(w, v->name)) {
            continue;
        }

        item.var = as;
        item.name = v->name;
        item.value = names ? v->name : v->value;
        item.bits = names ? v->name_bits : v->value_bits;
        item.ref = v->seq * 2 + names;

        if (!w->fn(w->tx, &item, w->ctx)) {
            return false;
        }
    }

    return true;
}


static const struct {
    api_waf_var_t var;
    api_waf_var_t of;
} api_waf_names[] = {
    { API_WAF_ARGS_GET_NAMES, API_WAF_ARGS_GET },
    { API_WAF_ARGS_POST_NAMES, API_WAF_ARGS_POST },
    { API_WAF_ARGS_UNPACKED_NAMES, API_WAF_ARGS_UNPACKED },
    { API_WAF_REQUEST_HEADERS_NAMES, API_WAF_REQUEST_HEADERS },
    { API_WAF_REQUEST_COOKIES_NAMES, API_WAF_REQUEST_COOKIES },
    { API_WAF_RESPONSE_HEADERS_NAMES, API_WAF_RESPONSE_HEADERS },
};


static bool
api_waf_walk_view(const api_waf_walk_t *w, api_waf_var_t var)
{
    bool   names;
    size_t i;

    if (var == API_WAF_ARGS || var == API_WAF_ARGS_NAMES) {
        names = var == API_WAF_ARGS_NAMES;
        return api_waf_walk_set(w, API_WAF_ARGS_GET, names, var)
               && api_waf_walk_set(w, API_WAF_ARGS_POST, names, var);
    }

    for (i = 0; i < sizeof(api_waf_names) / sizeof(api_waf_names[0]); i++) {
        if (api_waf_names[i].var == var) {
            return api_waf_walk_set(w, api_waf_names[i].of, true, var);
        }
    }

    return true;
}


static bool
api_waf_walk_one(const api_waf_walk_t *w, api_waf_var_t var, api_span_t name,
    api_span_t value)
{
    api_waf_item_t item;

    item.var = var;
    item.name = name;
    item.value = value;
    item.bits = 0;
    item.ref = API_WAF_NONE;

    return w->fn(w->tx, &item, w->ctx);
}


/* Rules may write TX meanwhile: what was there before is walked over. */

static void
api_waf_walk_tx(const api_waf_walk_t *w)
{
    uint32_t              i, n, rows;
    api_waf_tx_t         *tx;
    api_waf_cell_t       *cells, *cell;
    const uint32_t       *slots;
    const api_waf_pick_t *pick;

    tx = w->tx;
    pick = &w->target->pick;
    slots = pick->sel == API_WAF_SEL_RX ? pick->slots : NULL;
    rows = slots || pick->sel == API_WAF_SEL_RX ? pick->nslots : tx->p->nslots;
    n = 0;

    cells = api_waf_work(tx, rows + tx->extra.n) ? api_arena_alloc(
                tx->arena, (rows + tx->extra.n) * sizeof(*cells))
                                                 : NULL;

    if (cells == NULL) {
        api_waf_failed(tx, "no memory");
        return;
    }

    for (i = 0; i < rows; i++) {
        cell = &tx->slot[slots ? slots[i] : i];

        if (cell->value.data && !api_waf_excepted(w, cell->name)) {
            cells[n++] = *cell;
        }
    }

    for (i = 0; i < tx->extra.n; i++) {
        cell = API_WAF_AT(api_waf_cell_t, tx->extra, i);

        if (cell->value.data && api_waf_wanted(w, cell->name)) {
            cells[n++] = *cell;
        }
    }

    for (i = 0; i < n; i++) {
        if (!api_waf_walk_one(w, API_WAF_TX, cells[i].name, cells[i].value)) {
            return;
        }
    }
}


static void
api_waf_walk_store(const api_waf_walk_t *w, api_waf_var_t var)
{
    api_span_t            value;
    const api_waf_cell_t *cell;
    const api_waf_pick_t *pick;

    pick = &w->target->pick;

    if (var == API_WAF_TX && pick->sel != API_WAF_SEL_NAME) {
        api_waf_walk_tx(w);
        return;
    }

    if (var == API_WAF_TX) {
        cell = api_waf_cell(w->tx, pick->slot, pick->name);

        if (cell) {
            (void) api_waf_walk_one(w, var, cell->name, cell->value);
        }

        return;
    }

    value = api_waf_stored(w->tx, var, pick->name);

    if (value.data) {
        (void) api_waf_walk_one(w, var, pick->name, value);
    }
}


static void
api_waf_walk_matched(const api_waf_walk_t *w, api_waf_var_t var)
{
    uint32_t        i, n;
    api_span_t      name, value;
    api_waf_item_t *items;

    /* A match of this very rule may add to the list, and move it. */

    items = w->tx->matches.items;
    n = w->tx->matches.n;

    if (!api_waf_work(w->tx, n)) {
        return;
    }

    for (i = 0; i < n; i++) {
        name = api_waf_full_name(w->tx, items[i].var, items[i].name);

        if (!api_waf_wanted(w, name)) {
            continue;
        }

        value = var == API_WAF_MATCHED_VARS
                    ? api_waf_spare_value(w->tx, &items[i])
                    : name;

        if (!api_waf_walk_one(w, var, name, value)) {
            return;
        }
    }
}


/* RULE: of the rule that runs, or the first up its chain that says it. */

static api_span_t
api_waf_of_rule(api_waf_tx_t *tx, const api_waf_rule_t *rule, api_span_t name)
{
    const api_waf_rule_t *first;

    first = &tx->p->rule[rule->head];

    for (;; rule--) {
        if (api_span_eq_nocase(name, API_SPAN("id")) && rule->id) {
            return api_waf_number(tx, rule->id);
        }

        if (api_span_eq_nocase(name, API_SPAN("rev")) && rule->rev.len) {
            return rule->rev;
        }

        if (api_span_eq_nocase(name, API_SPAN("severity"))
            && rule->severity != 255) {
            return api_waf_number(tx, rule->severity);
        }

        if (api_span_eq_nocase(name, API_SPAN("msg")) && rule->msg.text.len) {
            return rule->msg.text;
        }

        if (api_span_eq_nocase(name, API_SPAN("logdata"))
            && rule->logdata.text.len) {
            return rule->logdata.text;
        }

        if (rule == first) {
            return (api_span_t){ NULL, 0 };
        }
    }
}


static void
api_waf_walk_rule(const api_waf_walk_t *w)
{
    size_t     i;
    api_span_t name, value;

    static const char *const names[] = { "id", "rev", "severity", "logdata",
        "msg" };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        name = api_span(names[i], strlen(names[i]));

        if (!api_waf_wanted(w, name)) {
            continue;
        }

        value = api_waf_of_rule(w->tx, w->rule, name);

        if (value.data && !api_waf_walk_one(w, API_WAF_RULE, name, value)) {
            return;
        }
    }
}


static void
api_waf_walk_env(const api_waf_walk_t *w)
{
    uint32_t              i;
    const api_waf_cell_t *cell;

    for (i = 0; i < w->tx->env_vars.n; i++) {
        cell = API_WAF_AT(api_waf_cell_t, w->tx->env_vars, i);

        if (api_waf_wanted(w, cell->name)
            && !api_waf_walk_one(w, API_WAF_ENV, cell->name, cell->value))
        {
            return;
        }
    }
}


/* Days since 1970 to a date: H. Hinnant, chrono-compatible low-level date
   algorithms. */

static void
api_waf_date(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
    int64_t era, of_era, y, of_year, m;

    days += 719468;
    era = (days >= 0 ? days : days - 146096) / 146097;
    of_era = days - era * 146097;
    y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    of_year = of_era - (365 * y + y / 4 - y / 100);
    m = (5 * of_year + 2) / 153;

    *day = of_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = y + era * 400 + (*month <= 2);
}


static api_span_t
api_waf_time(api_waf_tx_t *tx, api_waf_var_t var)
{
    char    buf[16];
    int64_t t, days, sec, year, month, day;

    t = tx->env->now + tx->env->utc_offset;
    days = t / 86400 - (t % 86400 < 0);
    sec = t - days * 86400;
    api_waf_date(days, &year, &month, &day);

    switch (var) {
    case API_WAF_TIME:
        (void) snprintf(buf, sizeof(buf), "%02d:%02d:%02d", (int) (sec / 3600),
            (int) (sec / 60 % 60), (int) (sec % 60));
        return api_arena_dup(tx->arena, api_span(buf, 8));

    case API_WAF_TIME_EPOCH:
        return api_waf_number(tx, tx->env->now);

    case API_WAF_TIME_DAY:
        return api_waf_number(tx, day);

    case API_WAF_TIME_HOUR:
        return api_waf_number(tx, sec / 3600);

    case API_WAF_TIME_MIN:
        return api_waf_number(tx, sec / 60 % 60);

    case API_WAF_TIME_SEC:
        return api_waf_number(tx, sec % 60);

    case API_WAF_TIME_MON:
        return api_waf_number(tx, month);

    case API_WAF_TIME_WDAY:
        return api_waf_number(tx, ((days + 4) % 7 + 7) % 7);

    default:
        return api_waf_number(tx, year);
    }
}


/* The value of a scalar; data NULL: not there. */

static api_span_t
api_waf_scalar(api_waf_tx_t *tx, api_waf_var_t var)
{
    switch (var) {
    case API_WAF_MATCHED_VAR:
        return api_waf_spare_value(tx, &tx->matched);

    case API_WAF_MATCHED_VAR_NAME:
        return tx->matched.value.data
                   ? api_waf_full_name(tx, tx->matched.var, tx->matched.name)
                   : (api_span_t){ NULL, 0 };

    case API_WAF_SESSIONID:
        return tx->key[API_WAF_SESSION - API_WAF_IP];

    case API_WAF_USERID:
        return tx->key[API_WAF_USER - API_WAF_IP];

    case API_WAF_DURATION:
        return api_waf_number(tx, tx->env->duration);

    case API_WAF_HIGHEST_SEVERITY:
        return api_waf_number(tx, tx->highest);

    case API_WAF_MODSEC_BUILD:
        return API_SPAN("030009100");

    case API_WAF_WEBAPPID:
        return tx->p->webappid;

    default:
        return api_waf_time(tx, var);
    }
}


static void
api_waf_walk(const api_waf_walk_t *w)
{
    api_span_t    value;
    api_waf_var_t var;

    var = (api_waf_var_t) w->target->pick.var;

    if (var < API_WAF_NSTORED) {
        (void) api_waf_walk_set(w, var, false, var);
        return;
    }

    if (var >= API_WAF_ARGS && var <= API_WAF_RESPONSE_HEADERS_NAMES) {
        (void) api_waf_walk_view(w, var);
        return;
    }

    switch (var) {
    case API_WAF_TX:
    case API_WAF_IP:
    case API_WAF_GLOBAL:
    case API_WAF_RESOURCE:
    case API_WAF_SESSION:
    case API_WAF_USER:
        api_waf_walk_store(w, var);
        return;

    case API_WAF_MATCHED_VARS:
    case API_WAF_MATCHED_VARS_NAMES:
        api_waf_walk_matched(w, var);
        return;

    case API_WAF_RULE:
        api_waf_walk_rule(w);
        return;

    case API_WAF_ENV:
        api_waf_walk_env(w);
        return;

    case API_WAF_GEO:
        return;

    default:
        value = api_waf_scalar(w->tx, var);

        if (value.data) {
            (void) api_waf_walk_one(w, var, (api_span_t){ NULL, 0 }, value);
        }
        return;
    }
}


void
api_waf_each(api_waf_tx_t *tx, const api_waf_rule_t *rule,
    const api_waf_target_t *target, api_waf_each_pt fn, void *ctx)
{
    api_waf_walk_t w = { tx, rule, target, fn, ctx };

    api_waf_walk(&w);
}
