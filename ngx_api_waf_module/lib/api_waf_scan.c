#include "api_waf_scan_int.h"


/* Work units a byte of one scan: about what it costs in nanoseconds. */

#define SCAN_WORK 4


static bool
scan_nomem(api_waf_tx_t *tx)
{
    api_waf_failed(tx, "no memory");

    return false;
}


/* Value `index` of the batch as chain c leaves it: another one. */

static bool
scan_change(api_waf_tx_t *tx, api_waf_scan_batch_t *b, uint32_t c,
    uint32_t index, api_span_t value)
{
    uint32_t                room, *indexes;
    api_waf_scan_changed_t *ch;

    if (b->changed[c] == NULL) {
        b->changed[c] = api_arena_calloc(tx->arena, 1, sizeof(*ch));

        if (b->changed[c] == NULL) {
            return scan_nomem(tx);
        }

        api_prefilter_text_init(&b->changed[c]->text, tx->arena);
    }

    ch = b->changed[c];

    if (ch->text.n == ch->room) {
        room = ch->room * 2 + 8;
        indexes = api_arena_grow(tx->arena, ch->index,
            ch->room * sizeof(uint32_t), room * sizeof(uint32_t));

        if (indexes == NULL) {
            return scan_nomem(tx);
        }

        ch->index = indexes;
        ch->room = room;
    }

    ch->index[ch->text.n] = index;

    return api_prefilter_text_add(&ch->text, value) == API_OK
           || scan_nomem(tx);
}


/* As a chain leaves it; the same span when it changes nothing. */

static bool
scan_transform(api_waf_tx_t *tx, const api_waf_scan_chain_t *c,
    api_trigger_t bits, api_span_t value, api_span_t *out)
{
    if (!api_waf_work(tx, value.len * c->n)) {
        return false;
    }

    return api_transform_chain_known(
               c->ids, c->n, &tx->p->transform, value, bits, tx->arena, out)
               == API_OK
           || scan_nomem(tx);
}


/* A name or value: as it came, and behind each chain that changes it. */

static bool
scan_add(api_waf_tx_t *tx, api_waf_scan_batch_t *b, uint64_t need,
    api_span_t value, api_trigger_t bits)
{
    uint32_t              c, index;
    api_span_t            out;
    const api_waf_scan_t *scan;

    scan = tx->p->scan;
    index = b->text.n;

    if (api_prefilter_text_add(
            &b->text, need == 0 ? (api_span_t){ NULL, 0 } : value)
        != API_OK)
    {
        return scan_nomem(tx);
    }

    for (need &= ~UINT64_C(1); need != 0; need &= need - 1) {
        c = (uint32_t) __builtin_ctzll(need);

        if ((bits & scan->chain[c].mask) == 0) {
            continue;
        }

        if (!scan_transform(tx, &scan->chain[c], bits, value, &out)) {
            return false;
        }

        if ((out.data != value.data || out.len != value.len)
            && !scan_change(tx, b, c, index, out))
        {
            return false;
        }
    }

    return true;
}


/* Chains of rules that look at this one. */

static uint64_t
scan_need(const api_waf_scan_t *scan, uint32_t var, api_span_t name)
{
    uint32_t i;
    uint64_t need;

    need = scan->need[var][0];

    for (i = scan->first[var]; i < scan->first[var + 1]; i++) {
        if (api_span_eq_nocase(scan->named[i].name, name)) {
            need |= scan->named[i].chains;
        }
    }

    return need;
}


/* Names, then values, of one set, as far as rules look at them. */

static bool
scan_collect(api_waf_tx_t *tx, api_waf_scan_batch_t *b, uint32_t var)
{
    uint32_t              i, first;
    api_waf_set_t        *set;
    api_waf_value_t      *v;
    const api_waf_scan_t *scan;

    scan = tx->p->scan;
    set = &tx->values->set[var];
    first = set->count;

    while (first > 0 && set->items[first - 1].seq >= b->from) {
        first--;
    }

    for (i = first; i < set->count; i++) {
        v = &set->items[i];
        v->name_bits = api_transform_triggers(v->name);
        v->value_bits = api_transform_triggers(v->value);
    }

    b->first[var] = first;
    b->count[var] = set->count - first;
    b->base[var][0] = API_WAF_NONE;
    b->base[var][1] = scan->any[var][1] ? b->text.n : API_WAF_NONE;

    for (i = first; i < set->count && scan->any[var][1]; i++) {
        v = &set->items[i];

        if (!scan_add(tx, b, scan->need[var][1], v->name, v->name_bits)) {
            return false;
        }
    }

    b->base[var][0] = scan->any[var][0] ? b->text.n : API_WAF_NONE;

    for (i = first; i < set->count && scan->any[var][0]; i++) {
        v = &set->items[i];

        if (!scan_add(tx, b, scan_need(scan, var, v->name), v->value,
                v->value_bits)) {
            return false;
        }
    }

    return true;
}


static bool
scan_text(api_waf_tx_t *tx, uint32_t group, const api_prefilter_text_t *text,
    api_prefilter_hits_t *hits)
{
    uint32_t i, words;

    if (!api_waf_work(tx, SCAN_WORK * (uint64_t) text->len + text->n)) {
        return false;
    }

    /* without memory for hits everything is a candidate */

    (void) api_prefilter_scan(
        tx->p->scan->pf, group, text, tx->env->scan->pf, hits);

    words = (tx->p->scan->set.bits + 63) / 64;

    for (i = 0; i < words; i++) {
        tx->scan->live[i] |=
            hits->bits == NULL ? UINT64_MAX : hits->bits[i] | hits->always[i];
    }

    return true;
}


static bool
scan_batch(api_waf_tx_t *tx, api_waf_scan_batch_t *b)
{
    uint32_t var, c;

    for (var = 0; var < API_WAF_NSTORED; var++) {
        if (!scan_collect(tx, b, var)) {
            return false;
        }
    }

    b->words = (b->text.n + 63) / 64;
    b->row = api_arena_alloc(tx->arena, b->words * sizeof(uint64_t));
    b->part = api_arena_alloc(tx->arena, b->words * sizeof(uint64_t));

    if (b->row == NULL || b->part == NULL) {
        return scan_nomem(tx);
    }

    if (!scan_text(tx, 0, &b->text, &b->hits)) {
        return false;
    }

    for (c = 1; c < tx->p->scan->nchains; c++) {
        if (b->changed[c] != NULL
            && !scan_text(tx, c, &b->changed[c]->text, &b->changed[c]->hits))
        {
            return false;
        }
    }

    return true;
}


static bool
scan_start(api_waf_tx_t *tx)
{
    tx->scan = api_arena_calloc(tx->arena, 1, sizeof(*tx->scan));

    if (tx->scan == NULL) {
        return scan_nomem(tx);
    }

    tx->scan->live = api_arena_calloc(
        tx->arena, tx->p->scan->set.bits / 64 + 1, sizeof(uint64_t));

    return tx->scan->live != NULL || scan_nomem(tx);
}


void
api_waf_scan_phase(api_waf_tx_t *tx)
{
    uint32_t              seq;
    api_waf_scan_run_t   *run;
    api_waf_scan_batch_t *b;

    if (tx->p->scan == NULL || tx->env->scan == NULL) {
        return;
    }

    if (tx->scan == NULL && !scan_start(tx)) {
        return;
    }

    run = tx->scan;
    run->rule = NULL;
    seq = tx->values->seq;

    if (seq == run->seq) {
        return;
    }

    if (run->nbatches == API_WAF_SCAN_BATCHES) {
        tx->scan = NULL; /* more phases than there are: rule by rule */
        return;
    }

    b = api_arena_calloc(tx->arena, 1, sizeof(*b));

    if (b == NULL) {
        (void) scan_nomem(tx);
        return;
    }

    b->changed =
        api_arena_calloc(tx->arena, tx->p->scan->nchains, sizeof(void *));

    if (b->changed == NULL) {
        (void) scan_nomem(tx);
        return;
    }

    api_prefilter_text_init(&b->text, tx->arena);
    b->from = run->seq;
    b->to = seq;
    run->batch[run->nbatches++] = b;
    run->seq = seq;

    (void) scan_batch(tx, b);
}


/*
 * Joins to the row of a rule: values as they came where a chain changes
 * nothing, what the chain makes of them where it does.
 */

static void
scan_row(api_waf_scan_batch_t *b, uint32_t bit, uint32_t chain)
{
    uint32_t                i, at;
    uint64_t                mask;
    api_waf_scan_changed_t *ch;

    ch = b->changed[chain];
    b->all |= b->hits.bits == NULL || (ch != NULL && ch->hits.bits == NULL);

    if (b->all
        || (!api_prefilter_any(&b->hits, bit)
            && (ch == NULL || !api_prefilter_any(&ch->hits, bit))))
    {
        return;
    }

    b->none = false;
    api_prefilter_row(&b->hits, bit, b->part);

    for (i = 0; ch != NULL && i < ch->text.n; i++) {
        at = ch->index[i];
        mask = UINT64_C(1) << (at % 64);
        b->part[at / 64] &= ~mask;

        if (api_prefilter_candidate(&ch->hits, bit, i)) {
            b->part[at / 64] |= mask;
        }
    }

    for (i = 0; i < b->words; i++) {
        b->row[i] |= b->part[i];
    }
}


void
api_waf_scan_begin(api_waf_tx_t *tx, const api_waf_rule_t *rule)
{
    uint32_t              i;
    uint64_t              chains;
    api_waf_scan_run_t   *run;
    api_waf_scan_batch_t *b;

    run = tx->scan;

    if (run == NULL) {
        return;
    }

    run->rule = rule != NULL && rule->bit != API_WAF_NONE ? rule : NULL;

    if (run->rule == NULL) {
        return;
    }

    for (i = 0; i < run->nbatches; i++) {
        b = run->batch[i];
        b->all = false;
        b->none = true;
        memset(b->row, 0, b->words * sizeof(uint64_t));

        for (chains = tx->p->scan->chains_of[rule - tx->p->rule]; chains != 0;
             chains &= chains - 1)
        {
            scan_row(b, rule->bit, (uint32_t) __builtin_ctzll(chains));
        }
    }
}


/* From bit i on, below end; end: there is none. */

static uint32_t
scan_find(const uint64_t *row, uint32_t i, uint32_t end)
{
    uint64_t word;

    while (i < end) {
        word = row[i / 64] >> (i % 64);

        if (word != 0) {
            i += (uint32_t) __builtin_ctzll(word);
            return i < end ? i : end;
        }

        i = (i / 64 + 1) * 64;
    }

    return end;
}


uint32_t
api_waf_scan_next(
    const api_waf_tx_t *tx, api_waf_var_t stored, bool names, uint32_t i)
{
    uint32_t                    k, base, at;
    const api_waf_set_t        *set;
    const api_waf_scan_batch_t *b;

    set = &tx->values->set[stored];

    while (i < set->count) {
        b = NULL;

        for (k = 0; k < tx->scan->nbatches && b == NULL; k++) {
            if (set->items[i].seq < tx->scan->batch[k]->to) {
                b = tx->scan->batch[k];
            }
        }

        if (b == NULL || b->all || b->base[stored][names] == API_WAF_NONE) {
            return i;
        }

        base = b->base[stored][names];

        if (b->none) {
            i = b->first[stored] + b->count[stored];
            continue;
        }

        at = scan_find(
            b->row, base + i - b->first[stored], base + b->count[stored]);

        if (at < base + b->count[stored]) {
            return at - base + b->first[stored];
        }

        i = b->first[stored] + b->count[stored];
    }

    return set->count;
}
