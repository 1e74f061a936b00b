/* What the scan has found, for the rule that is next: a row of bits, one for each
   value of a batch. */

#include "api_waf_scan_int.h"


static void
scan_row_add(api_waf_scan_batch_t *b, uint32_t value)
{
    if (b->none) {
        memset(b->row, 0, b->words * sizeof(uint64_t));
        b->none = false;
    }

    b->row[value / 64] |= UINT64_C(1) << (value % 64);
}


/* The values of which any text is a candidate for the bit, which is a
   pattern's. */

static void
scan_row_parts(api_waf_scan_batch_t *b, uint32_t bit)
{
    uint32_t                   w;
    uint64_t                   set;
    const uint64_t            *found;
    const api_waf_scan_part_t *part;

    for (part = b->parts; part != NULL; part = part->next) {
        b->all |= part->hits.bits == NULL;
        found = api_prefilter_find(&part->hits, bit);

        if (found == NULL) {
            continue;
        }

        for (w = 0; w < part->hits.words; w++) {
            for (set = found[w]; set != 0; set &= set - 1) {
                scan_row_add(
                    b, part->value[w * 64 + (uint32_t) __builtin_ctzll(set)]);
            }
        }
    }
}


static void
scan_row(const api_waf_tx_t *tx, api_waf_scan_batch_t *b, uint32_t bit)
{
    uint32_t k;

    b->all = false;
    b->none = true;

    if (bit < tx->p->scan->set.bits) {
        scan_row_parts(b, bit);
    }

    for (k = b->head != NULL ? b->head[bit] : API_WAF_NONE; k != API_WAF_NONE;
         k = b->pair[k].next)
    {
        scan_row_add(b, b->pair[k].value);
    }
}


void
api_waf_scan_begin(api_waf_tx_t *tx, const api_waf_rule_t *rule)
{
    uint32_t            i;
    api_waf_scan_run_t *run;

    run = tx->scan;

    if (run == NULL) {
        return;
    }

    run->rule = rule != NULL && rule->bit != API_WAF_NONE ? rule : NULL;

    for (i = 0; run->rule != NULL && i < run->nbatches; i++) {
        scan_row(tx, run->batch[i], rule->bit);
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


static void
scan_at(const api_waf_tx_t *tx, api_waf_scan_batch_t *b, uint32_t number)
{
    tx->scan->at = b;
    tx->scan->number = number;
}


uint32_t
api_waf_scan_next(
    const api_waf_tx_t *tx, api_waf_var_t stored, bool names, uint32_t i)
{
    uint32_t              k, base, at;
    const api_waf_set_t  *set;
    api_waf_scan_batch_t *b;

    set = &tx->values->set[stored];
    tx->scan->at = NULL;

    while (i < set->count) {
        b = NULL;

        for (k = 0; k < tx->scan->nbatches && b == NULL; k++) {
            if (set->items[i].seq < tx->scan->batch[k]->to) {
                b = tx->scan->batch[k];
            }
        }

        if (b == NULL || b->base[stored][names] == API_WAF_NONE) {
            return i;
        }

        base = b->base[stored][names];

        if (b->all) {
            scan_at(tx, b, base + i - b->first[stored]);
            return i;
        }

        if (b->none) {
            i = b->first[stored] + b->count[stored];
            continue;
        }

        at = scan_find(
            b->row, base + i - b->first[stored], base + b->count[stored]);

        if (at < base + b->count[stored]) {
            scan_at(tx, b, at);
            return at - base + b->first[stored];
        }

        i = b->first[stored] + b->count[stored];
    }

    return set->count;
}
