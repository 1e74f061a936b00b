#include "api_waf_scan_int.h"


/* Work units of a byte that is scanned, of a value that is looked at, of a text
   of its own, of a pattern that it might match. */

#define SCAN_WORK 3
#define SCAN_ITEM 60
#define SCAN_TEXT 60
#define SCAN_HIT 60

bool
api_waf_scan_nomem(api_waf_tx_t *tx)
{
    api_waf_failed(tx, "no memory");

    return false;
}


/* Who looks at the value of this name. */

static const api_waf_scan_need_t *
scan_need(const api_waf_scan_t *scan, uint32_t var, api_span_t name)
{
    uint32_t i;

    if ((scan->lens[var] >> (name.len % 64) & 1) == 0) {
        return &scan->need[var][0];
    }

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
    first = set->count > 0 && set->items[0].seq >= b->from ? 0 : set->count;

    while (first > 0 && set->items[first - 1].seq >= b->from) {
        first--;
    }

    n = set->count - first;
    b->begun = true;
    b->i = 0;
    b->names.end = 0;
    b->total = any[0] && any[1] ? n * 2 : n;

    if (n > 0) {
        b->first[b->var] = first;
        b->count[b->var] = n;
        b->base[b->var][1] = any[1] ? b->n : API_WAF_NONE;
        b->base[b->var][0] = any[0] ? b->n + (any[1] ? n : 0) : API_WAF_NONE;
        api_waf_scan_room(tx, b, b->total);
    }
}


/* Rules without a pattern that the value's triggers let try. */

static bool
scan_tries(api_waf_tx_t *tx, api_waf_scan_batch_t *b,
    const api_waf_scan_need_t *need, api_trigger_t bits)
{
    uint32_t              i, n, bit;
    uint64_t              set;
    const api_waf_scan_t *scan;

    scan = tx->p->scan;
    n = scan->bits - scan->set.bits;

    for (i = 0; need->tries != NULL && i <= n / 64; i++) {
        for (set = need->tries[i]; set != 0; set &= set - 1) {
            bit = i * 64 + (uint32_t) __builtin_ctzll(set);

            if ((bits & scan->tries[bit])
                && !api_waf_scan_pair(tx, b, scan->set.bits + bit))
            {
                return false;
            }
        }
    }

    return true;
}


/* A look at a text says that no rule wants anything of it. */

static bool
scan_closed(const api_waf_scan_need_t *need, api_span_t text)
{
    return need->gate != NULL && text.len >= API_PREFILTER_GATE_LEAST
           && text.len < API_WAF_SCAN_PART
           && memchr(text.data, '%', text.len) == NULL
           && memchr(text.data, 0, text.len) == NULL
           && api_prefilter_gate_closed(need->gate, text);
}


/* Names, then values, of one set, as far as rules look at them. */

static bool
scan_item(api_waf_tx_t *tx, api_waf_scan_batch_t *b, uint64_t until)
{
    bool                       names, known;
    uint32_t                   n;
    uint64_t                  *bits;
    api_span_t                 text;
    api_waf_value_t           *v;
    const api_waf_scan_need_t *need;

    n = b->count[b->var];
    v = &tx->values->set[b->var]
             .items[b->first[b->var] + b->i - (b->i < n ? 0 : n)];
    names = b->i < n && b->base[b->var][1] != API_WAF_NONE;

    if (b->n < b->seen_room && !b->midway) {
        b->seen[b->n].entry = NULL;
        b->seen[b->n].open = false;
        b->seen[b->n].asked = false;
    }

    need = names ? &tx->p->scan->need[b->var][1]
                 : scan_need(tx->p->scan, b->var, v->name);
    text = names ? v->name : v->value;
    bits = names ? &v->name_bits : &v->value_bits;

    if (need->chains == 0 && need->tries == NULL) {
        return true;
    }

    if (!b->midway) {
        known = api_waf_scan_known(tx, b, need, v, names, bits);

        if (names) {
            api_waf_scan_named(b, known);
        }

        if (known) {
            return !tx->failure;
        }

        if (scan_closed(need, text)) {
            return api_waf_work(tx, SCAN_WORK * (uint64_t) text.len);
        }

        *bits = api_transform_triggers(text);

        if (b->n < b->seen_room && b->seen[b->n].open) {
            b->seen[b->n].entry->triggers = *bits;
        }

        if (!scan_tries(tx, b, need, *bits)) {
            return false;
        }
    }

    return api_waf_scan_add(tx, b, need, text, *bits, until);
}


/* Names that are known together: they are behind us.  False: the tx failed. */

static bool
scan_names(api_waf_tx_t *tx, api_waf_scan_batch_t *b)
{
    uint32_t n;

    if (b->midway || b->i != b->names.end || b->i >= b->count[b->var]
        || b->base[b->var][1] == API_WAF_NONE)
    {
        return true;
    }

    n = api_waf_scan_names(tx, b, &tx->p->scan->need[b->var][1]);
    b->i += n;
    b->n += n;

    return api_waf_work(tx, SCAN_ITEM * (uint64_t) n);
}


static bool
scan_part(api_waf_tx_t *tx, api_waf_scan_part_t *part)
{
    uint32_t              i, words;
    api_prefilter_hits_t *hits;

    if (!api_waf_work(tx, SCAN_WORK * (uint64_t) part->text.len
                              + SCAN_TEXT * (uint64_t) part->text.n))
    {
        return false;
    }

    part->scanned = true;
    hits = &part->hits;

    /* without memory for hits everything is a candidate */

    (void) api_prefilter_scan(
        tx->p->scan->pf, 0, &part->text, tx->env->scan->pf, hits);

    words = (tx->p->scan->set.bits + 63) / 64;

    for (i = 0; i < words; i++) {
        tx->scan->live[i] |=
            hits->bits == NULL ? UINT64_MAX : hits->bits[i] | hits->always[i];
    }

    return api_waf_work(tx, SCAN_HIT * (uint64_t) hits->pairs);
}


/* The oldest part that is full and not scanned, or not scanned; NULL: none.
   Those that are stand together, at the beginning. */

static api_waf_scan_part_t *
scan_due(const api_waf_scan_batch_t *b, bool all)
{
    api_waf_scan_part_t *part, *due;

    due = NULL;

    for (part = b->parts; part != NULL && !part->scanned; part = part->next) {
        if (all || part->text.len >= API_WAF_SCAN_PART) {
            due = part;
        }
    }

    return due;
}


/* Is there one that is full? */

static bool
scan_is_due(const api_waf_scan_batch_t *b)
{
    const api_waf_scan_part_t *part;

    part = b->parts;

    return part != NULL && !part->scanned
           && (part->text.len >= API_WAF_SCAN_PART
               || (part->next != NULL && !part->next->scanned));
}


bool
api_waf_scan_parts(
    api_waf_tx_t *tx, api_waf_scan_batch_t *b, bool all, uint64_t until)
{
    api_waf_scan_part_t *part;

    while ((part = scan_due(b, all)) != NULL) {
        if (tx->budget.left < until || !scan_part(tx, part)) {
            return true;
        }
    }

    return false;
}


void
api_waf_scan_spare(api_waf_tx_t *tx, const api_waf_scan_batch_t *b)
{
    api_arena_rewind(&tx->texts, b->mark);
}


/* What is full is scanned; and where texts take up memory that is to come again,
   all.  The same. */

static bool
scan_full(api_waf_tx_t *tx, api_waf_scan_batch_t *b, uint64_t until)
{
    if (scan_is_due(b)) {
        b->empty = tx->texts.chunks != NULL;

        if (!b->empty) {
            return api_waf_scan_parts(tx, b, false, until);
        }
    }

    if (b->empty && !b->midway) {
        if (api_waf_scan_parts(tx, b, true, until)) {
            return true;
        }

        api_waf_scan_spare(tx, b);
        b->empty = false;
    }

    return false;
}


/* The same. */

static bool
scan_collect(api_waf_tx_t *tx, api_waf_scan_batch_t *b, uint64_t until)
{
    for (; b->nlook < tx->p->scan->nlook; b->nlook++) {
        if (!b->begun) {
            b->var = tx->p->scan->look[b->nlook];
            scan_begin_set(tx, b);
        }

        while (b->i < b->total) {
            if (scan_full(tx, b, until) || tx->budget.left < until) {
                return true;
            }

            if (!scan_names(tx, b)) {
                return true;
            }

            if (b->i == b->total) {
                break;
            }

            if ((!b->midway && !api_waf_work(tx, SCAN_ITEM))
                || !scan_item(tx, b, until)) {
                return true;
            }

            if (!b->midway) {
                b->i++;
                b->n++;
            }
        }

        b->begun = false;
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

    if (scan_collect(tx, b, until) || api_waf_scan_parts(tx, b, true, until)) {
        return !tx->failure;
    }

    api_waf_scan_spare(tx, b);

    b->words = (b->n + 63) / 64;
    b->row = api_arena_alloc(tx->arena, b->words * sizeof(uint64_t));

    if (b->row == NULL) {
        (void) api_waf_scan_nomem(tx);
    }

    api_waf_scan_keep(tx, b);
    tx->scan->busy = NULL;

    return false;
}


static bool
scan_start(api_waf_tx_t *tx)
{
    tx->scan = api_arena_calloc(tx->arena, 1, sizeof(*tx->scan));

    if (tx->scan == NULL) {
        return api_waf_scan_nomem(tx);
    }

    tx->scan->live = api_arena_calloc(
        tx->arena, tx->p->scan->bits / 64 + 1, sizeof(uint64_t));

    return tx->scan->live != NULL || api_waf_scan_nomem(tx);
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

    /* more phases than there are, or one was given up before all of its values
       were looked at: rule by rule */

    if (run->nbatches == API_WAF_SCAN_BATCHES || run->busy != NULL) {
        tx->scan = NULL;
        return;
    }

    b = api_arena_calloc(tx->arena, 1, sizeof(*b));

    if (b == NULL) {
        (void) api_waf_scan_nomem(tx);
        return;
    }

    memset(b->base, 0xff, sizeof(b->base)); /* NONE */

    b->from = run->seq;
    b->to = seq;
    b->owner = ++tx->env->scan->owner;
    b->mark = api_arena_mark(&tx->texts);
    run->batch[run->nbatches++] = b;
    run->seq = seq;
    run->busy = b;
}
