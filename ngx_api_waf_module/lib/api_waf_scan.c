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
    uint32_t index, api_span_t value, const uint64_t *only)
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

    return api_prefilter_text_add(&ch->text, value, only) == API_OK
           || scan_nomem(tx);
}


/* What chains have made of one value so far, by rank. */

typedef struct {
    api_span_t    value[API_WAF_SCAN_CHAINS];
    api_trigger_t bits[API_WAF_SCAN_CHAINS];
    uint64_t      done;
} scan_made_t;


/* The value as the chain of rank r leaves it, from what a shorter one left. */

static bool
scan_transform(api_waf_tx_t *tx, scan_made_t *m, uint32_t r, api_span_t *value,
    api_trigger_t bits)
{
    uint32_t                    p, n;
    api_span_t                  in;
    const uint8_t              *ids;
    const api_waf_scan_t       *scan;
    const api_waf_scan_chain_t *c;

    scan = tx->p->scan;
    c = &scan->chain[scan->ranked[r]];
    p = scan->parent[r];
    in = *value;
    ids = c->ids;
    n = c->n;

    if (m->done >> p & 1) {
        in = m->value[p];
        bits = m->bits[p];
        ids += scan->chain[scan->ranked[p]].n;
        n -= scan->chain[scan->ranked[p]].n;
    }

    if (!api_waf_work(tx, in.len * n)) {
        return false;
    }

    *value = in;

    if (api_transform_chain_known(
            ids, n, &tx->p->transform, in, bits, tx->arena, value)
        != API_OK)
    {
        return scan_nomem(tx);
    }

    if (scan->parents >> r & 1) {
        m->done |= UINT64_C(1) << r;
        m->value[r] = *value;
        m->bits[r] = value->data == in.data && value->len == in.len
                         ? bits
                         : api_transform_triggers(*value);
    }

    return true;
}


/* A name or value: as it came, and behind each chain that changes it. */

static bool
scan_add(api_waf_tx_t *tx, api_waf_scan_batch_t *b,
    const api_waf_scan_need_t *need, api_span_t value, api_trigger_t bits)
{
    uint32_t              r, index;
    uint64_t              want;
    api_span_t            out;
    scan_made_t           made;
    api_trigger_t         t;
    const api_waf_scan_t *scan;

    scan = tx->p->scan;
    index = b->text.n;

    if (api_prefilter_text_add(&b->text,
            need->chains == 0 ? (api_span_t){ NULL, 0 } : value, need->only)
        != API_OK)
    {
        return scan_nomem(tx);
    }

    for (t = bits & scan->triggers, want = 0; t != 0; t &= t - 1) {
        want |= scan->by_trigger[__builtin_ctzll(t)];
    }

    made.done = 0;

    for (want &= need->chains; want != 0; want &= want - 1) {
        r = (uint32_t) __builtin_ctzll(want);
        out = value;

        if (!scan_transform(tx, &made, r, &out, bits)) {
            return false;
        }

        if ((out.data != value.data || out.len != value.len)
            && !scan_change(tx, b, scan->ranked[r], index, out, need->only))
        {
            return false;
        }
    }

    return true;
}


/* Who looks at the value of this name. */

static const api_waf_scan_need_t *
scan_need(const api_waf_scan_t *scan, uint32_t var, api_span_t name)
{
    uint32_t i;

    for (i = scan->first[var]; i < scan->first[var + 1]; i++) {
        if (scan->named[i].name.len == name.len
            && api_span_eq_nocase(scan->named[i].name, name))
        {
            return &scan->named[i].need;
        }
    }

    return &scan->need[var][0];
}


/* Which items of a set are new, and where they will stand. */

static void
scan_begin_set(api_waf_tx_t *tx, api_waf_scan_batch_t *b)
{
    uint32_t             first, n;
    const bool          *any;
    const api_waf_set_t *set;

    any = tx->p->scan->any[b->var];
    set = &tx->values->set[b->var];
    first = set->count;

    while (first > 0 && set->items[first - 1].seq >= b->from) {
        first--;
    }

    n = set->count - first;
    b->first[b->var] = first;
    b->count[b->var] = n;
    b->base[b->var][1] = any[1] ? b->text.n : API_WAF_NONE;
    b->base[b->var][0] = any[0] ? b->text.n + (any[1] ? n : 0) : API_WAF_NONE;
    b->total = any[0] + any[1] == 2 ? n * 2 : any[0] + any[1] == 1 ? n : 0;
    b->i = 0;
    b->begun = true;
}


/* Names, then values, of one set, as far as rules look at them. */

static bool
scan_item(api_waf_tx_t *tx, api_waf_scan_batch_t *b)
{
    uint32_t              n;
    api_waf_value_t      *v;
    const api_waf_scan_t *scan;

    scan = tx->p->scan;
    n = b->count[b->var];
    v = &tx->values->set[b->var].items[b->first[b->var] + b->i % n];

    if (b->i < n && scan->any[b->var][1]) {
        v->name_bits = api_transform_triggers(v->name);
        return scan_add(tx, b, &scan->need[b->var][1], v->name, v->name_bits);
    }

    v->value_bits = api_transform_triggers(v->value);

    return scan_add(
        tx, b, scan_need(scan, b->var, v->name), v->value, v->value_bits);
}


/* True: there is more. */

static bool
scan_collect(api_waf_tx_t *tx, api_waf_scan_batch_t *b, uint64_t until)
{
    for (; b->var < API_WAF_NSTORED; b->var++) {
        if (!b->begun) {
            scan_begin_set(tx, b);
        }

        for (; b->i < b->total; b->i++) {
            if (tx->budget.left < until) {
                return true;
            }

            if (!api_waf_work(tx, 1) || !scan_item(tx, b)) {
                return false;
            }
        }

        b->begun = false;
    }

    return false;
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


static void
scan_over(api_waf_tx_t *tx, api_waf_scan_batch_t *b)
{
    uint32_t                i;
    api_waf_scan_changed_t *ch;

    ch = b->changed[b->group];
    ch->over = api_arena_calloc(tx->arena, b->words, sizeof(uint64_t));

    if (ch->over == NULL) {
        (void) scan_nomem(tx);
        return;
    }

    for (i = 0; i < ch->text.n; i++) {
        ch->over[ch->index[i] / 64] |= UINT64_C(1) << (ch->index[i] % 64);
    }
}


/* True: there is more. */

static bool
scan_groups(api_waf_tx_t *tx, api_waf_scan_batch_t *b, uint64_t until)
{
    api_waf_scan_changed_t *ch;

    if (b->row == NULL) {
        b->words = (b->text.n + 63) / 64;
        b->row = api_arena_alloc(tx->arena, b->words * sizeof(uint64_t));

        if (b->row == NULL) {
            return scan_nomem(tx);
        }
    }

    for (; b->group < tx->p->scan->nchains; b->group++) {
        ch = b->changed[b->group];

        if (b->group > 0 && ch == NULL) {
            continue;
        }

        if (tx->budget.left < until) {
            return true;
        }

        if (!scan_text(tx, b->group, ch ? &ch->text : &b->text,
                ch ? &ch->hits : &b->hits))
        {
            return false;
        }

        if (ch != NULL) {
            scan_over(tx, b);
        }
    }

    return false;
}


bool
api_waf_scan_more(api_waf_tx_t *tx, uint64_t until)
{
    api_waf_scan_batch_t *b;

    b = tx->scan ? tx->scan->busy : NULL;

    if (b == NULL) {
        return false;
    }

    if (scan_collect(tx, b, until)
        || (!tx->failure && scan_groups(tx, b, until))) {
        return true;
    }

    tx->scan->busy = NULL;

    return false;
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
    run->busy = b;
}


/*
 * Joins to the row of a rule: values as they came where a chain changes
 * nothing, what the chain makes of them where it does.
 */

static void
scan_row(api_waf_scan_batch_t *b, uint32_t bit, uint32_t chain)
{
    uint32_t                i, w;
    uint64_t                set;
    const uint64_t         *came, *made;
    api_waf_scan_changed_t *ch;

    ch = b->changed[chain];
    b->all |= b->hits.bits == NULL || (ch != NULL && ch->hits.bits == NULL);

    if (b->all) {
        return;
    }

    came = api_prefilter_find(&b->hits, bit);
    made = ch != NULL ? api_prefilter_find(&ch->hits, bit) : NULL;
    b->none &= came == NULL && made == NULL;

    for (i = 0; came != NULL && i < b->words; i++) {
        b->row[i] |= ch != NULL ? came[i] & ~ch->over[i] : came[i];
    }

    for (w = 0; made != NULL && w < ch->hits.words; w++) {
        for (set = made[w]; set != 0; set &= set - 1) {
            i = ch->index[w * 64 + (uint32_t) __builtin_ctzll(set)];
            b->row[i / 64] |= UINT64_C(1) << (i % 64);
        }
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
