#include "api_waf_scan_int.h"
#include "api_waf_spare.h"
#include "api_words.h"


/* A text of the part that is filled, of value number `value`. */

static bool
scan_text(api_waf_tx_t *tx, api_waf_scan_batch_t *b, uint32_t value,
    api_span_t text, const uint64_t *only)
{
    uint32_t             room, *values;
    api_waf_scan_part_t *part;

    part = b->parts;

    if (part == NULL || part->scanned || part->text.len >= API_WAF_SCAN_PART) {
        part = api_arena_calloc(tx->arena, 1, sizeof(*part));

        if (part == NULL) {
            return api_waf_scan_nomem(tx);
        }

        api_prefilter_text_init(&part->text, tx->arena);
        part->next = b->parts;
        b->parts = part;
    }

    if (part->text.n == part->room) {
        room = part->room * 2 + 64;
        values = api_arena_grow(tx->arena, part->value,
            part->room * sizeof(uint32_t), room * sizeof(uint32_t));

        if (values == NULL
            || api_prefilter_text_reserve(&part->text, room) != API_OK) {
            return api_waf_scan_nomem(tx);
        }

        part->value = values;
        part->room = room;
    }

    part->value[part->text.n] = value;

    return api_prefilter_text_add(&part->text, text, only) == API_OK
           || api_waf_scan_nomem(tx);
}


/* Of the patterns `of`, those that see what chains of these ranks leave; or,
   `left` out, all but those that see nothing else. */

static const uint64_t *
scan_mask(api_waf_tx_t *tx, api_waf_scan_batch_t *b, const uint64_t *of,
    uint64_t ranks, bool left)
{
    uint32_t              i, words;
    uint64_t             *mask, all;
    const uint64_t       *m;
    const api_waf_scan_t *scan;
    api_waf_scan_mask_t  *known;

    ranks ^= left ? UINT64_MAX : 0;
    known = &b->masks[((uintptr_t) of / 8 + ranks * 5 + (ranks >> 7))
                      % API_WAF_SCAN_MASKS];

    if (known->mask != NULL && known->of == of && known->ranks == ranks) {
        return known->mask;
    }

    scan = tx->p->scan;
    words = scan->set.npatterns / 64 + 1;
    mask = api_arena_alloc(tx->arena, words * sizeof(uint64_t));

    if (mask == NULL) {
        (void) api_waf_scan_nomem(tx);
        return NULL;
    }

    memset(mask, 0, words * sizeof(uint64_t));

    for (all = left ? ~ranks : ranks; all != 0; all &= all - 1) {
        m = left ? scan->only[__builtin_ctzll(all)]
                 : scan->sees[__builtin_ctzll(all)];

        for (i = 0; i < words; i++) {
            mask[i] |= m[i];
        }
    }

    for (i = 0; i < words; i++) {
        mask[i] = (left ? ~mask[i] : mask[i]) & of[i];
    }

    *known = (api_waf_scan_mask_t){ of, ranks, mask };

    return mask;
}


/* What transformations have made of a text, on the way of some chain. */

typedef struct {
    api_span_t     in;
    const uint8_t *ids;
    uint32_t       n;
    api_span_t     out;
    api_trigger_t  bits; /* of out; 0: nobody has asked for them */
} scan_step_t;

/* What chains have made of one value so far; and the texts that are not the
   value, with the ranks that leave them. */

typedef struct {
    api_arena_t *arena;
    scan_step_t  step[API_WAF_SCAN_CHAINS];
    uint32_t     nsteps;
    api_span_t   text[API_WAF_SCAN_CHAINS];
    uint64_t     ranks[API_WAF_SCAN_CHAINS];
    uint32_t     ntexts;
    uint64_t     changed;
} scan_made_t;

/* A text on the way, and what is still to be done to it. */

typedef struct {
    api_span_t     text;
    api_trigger_t  bits;
    const uint8_t *ids;
    uint32_t       n;
} scan_way_t;


/* Transformations that change nothing, and those that another chain has done
   already, are behind us. */

static void
scan_advance(scan_made_t *m, scan_way_t *w)
{
    uint32_t     i;
    scan_step_t *s, *best;

    for (;;) {
        while (w->n > 0
               && (w->bits & api_transform_mask((api_transform_t) w->ids[0]))
                      == 0)
        {
            w->ids++;
            w->n--;
        }

        best = NULL;

        for (i = 0; i < m->nsteps && w->n > 0; i++) {
            s = &m->step[i];

            if (s->in.data == w->text.data && s->in.len == w->text.len
                && s->n <= w->n && (best == NULL || s->n > best->n)
                && memcmp(s->ids, w->ids, s->n) == 0)
            {
                best = s;
            }
        }

        if (best == NULL) {
            return;
        }

        w->text = best->out;
        w->ids += best->n;
        w->n -= best->n;

        if (w->n == 0) {
            return;
        }

        if (best->bits == 0 && best->n == 1) {
            w->bits = api_transform_triggers_left(
                (api_transform_t) best->ids[0], w->bits, best->out);

            if ((w->bits & api_transform_chain_mask(w->ids, w->n)) == 0) {
                continue;
            }
        }

        if (best->bits == 0) {
            best->bits = api_transform_triggers(best->out);
        }

        w->bits = best->bits;
    }
}


/* Is nothing left but letters that become small, to a scan that does not tell
   them apart? */

static bool
scan_same(const api_waf_scan_t *scan, const scan_way_t *w)
{
    return w->ids[0] == API_T_LOWERCASE && api_prefilter_caseless(scan->pf)
           && (api_transform_chain_mask(w->ids + 1, w->n - 1)
                  & (w->bits | API_TRIG_LOWER))
                  == 0;
}


/* The value as the chain of rank r leaves it. */

static bool
scan_transform(api_waf_tx_t *tx, scan_made_t *m, uint32_t r, api_span_t *value,
    api_trigger_t bits)
{
    scan_way_t                  w;
    api_span_t                  out;
    const api_waf_scan_t       *scan;
    const api_waf_scan_chain_t *c;

    scan = tx->p->scan;
    c = &scan->chain[scan->ranked[r]];
    w = (scan_way_t){ *value, bits, c->ids, c->n };
    scan_advance(m, &w);

    if (w.n > 0 && !scan_same(scan, &w)) {
        if (!api_waf_work(tx, 60 + w.text.len * w.n)) {
            return false;
        }

        if (api_transform_chain_known(
                w.ids, w.n, &tx->p->transform, w.text, w.bits, m->arena, &out)
            != API_OK)
        {
            return api_waf_scan_nomem(tx);
        }

        m->step[m->nsteps++] = (scan_step_t){ w.text, w.ids, w.n, out,
            out.data == w.text.data && out.len == w.text.len ? w.bits : 0 };
        w.text = out;
    }

    *value = w.text;

    return true;
}


/* Are two texts the same to a scan, which may not tell letters by their case? */

static bool
scan_alike(const api_waf_scan_t *scan, api_span_t a, api_span_t b)
{
    if (a.len != b.len) {
        return false;
    }

    if (a.data == b.data || a.len == 0) {
        return true;
    }

    return api_prefilter_caseless(scan->pf)
               ? api_words_alike(a.data, b.data, a.len)
               : memcmp(a.data, b.data, a.len) == 0;
}


/* Rank r leaves another text. */

static void
scan_note(
    const api_waf_scan_t *scan, scan_made_t *m, uint32_t r, api_span_t text)
{
    uint32_t i;

    m->changed |= UINT64_C(1) << r;

    for (i = 0; i < m->ntexts; i++) {
        if (scan_alike(scan, m->text[i], text)) {
            m->ranks[i] |= UINT64_C(1) << r;
            return;
        }
    }

    m->text[m->ntexts] = text;
    m->ranks[m->ntexts++] = UINT64_C(1) << r;
}


/* The texts that were made, for the patterns that see them. */

static bool
scan_changed(api_waf_tx_t *tx, api_waf_scan_batch_t *b, const uint64_t *only,
    const scan_made_t *m)
{
    uint32_t        i;
    const uint64_t *mask;

    for (i = 0; i < m->ntexts; i++) {
        if (m->text[i].len == 0) {
            continue; /* who matches that is always run */
        }

        mask = scan_mask(tx, b, only, m->ranks[i], false);

        if (mask == NULL || !scan_text(tx, b, b->n, m->text[i], mask)) {
            return false;
        }
    }

    return true;
}


/* ... and the value, for those that see nothing else. */

static bool
scan_texts(api_waf_tx_t *tx, api_waf_scan_batch_t *b, const uint64_t *only,
    api_span_t value, const scan_made_t *m)
{
    const uint64_t *mask;

    mask = m->changed == 0 ? only : scan_mask(tx, b, only, m->changed, true);

    return mask != NULL
           && (value.len == 0 || scan_text(tx, b, b->n, value, mask))
           && scan_changed(tx, b, only, m);
}


/* Ranks of the chains that may change a value and that somebody looks behind. */

static uint64_t
scan_want(const api_waf_scan_t *scan, const api_waf_scan_need_t *need,
    api_trigger_t bits)
{
    uint64_t      want;
    api_trigger_t t;

    for (t = bits & scan->triggers, want = 0; t != 0; t &= t - 1) {
        want |= scan->by_trigger[__builtin_ctzll(t)];
    }

    return want & need->chains;
}


/* Texts take up as much as they may before they are scanned. */

static bool
scan_kept(const api_waf_tx_t *tx, const scan_made_t *m)
{
    return m->arena == &tx->texts && m->arena->held >= API_WAF_SCAN_KEPT;
}


/* One chain after the other, until the budget is below `until`; or, of a long
   value, enough is kept.  What is left stays in *want. */

static bool
scan_chains(api_waf_tx_t *tx, scan_made_t *m, uint64_t *want, api_span_t value,
    api_trigger_t bits, uint64_t until)
{
    uint32_t   r;
    api_span_t out;

    while (*want != 0) {
        r = (uint32_t) __builtin_ctzll(*want);
        *want &= *want - 1;
        out = value;

        if (!scan_transform(tx, m, r, &out, bits)) {
            return false;
        }

        if (!scan_alike(tx->p->scan, value, out)) {
            scan_note(tx->p->scan, m, r, out);
        }

        if (tx->budget.left < until
            || (value.len >= API_WAF_SCAN_PART && scan_kept(tx, m)))
        {
            break;
        }
    }

    return true;
}


static void
scan_made_begin(api_waf_tx_t *tx, scan_made_t *m, api_span_t value)
{
    m->arena = api_waf_spare(tx, value.len);
    m->nsteps = 0;
    m->ntexts = 0;
    m->changed = 0;
}


/* A long value, and how far it has come. */

struct api_waf_scan_long_s {
    scan_made_t made;
    uint64_t    want;
    bool        due; /* the texts so far are in parts, to be scanned */
};


/* True: they are, and gone.  False: later, or the tx has failed. */

static bool
scan_long_due(
    api_waf_tx_t *tx, api_waf_scan_batch_t *b, scan_made_t *m, uint64_t until)
{
    if (api_waf_scan_parts(tx, b, true, until)) {
        return false;
    }

    api_waf_scan_spare(tx, b);
    m->nsteps = 0;
    m->ntexts = 0;

    return true;
}


/* As many chains as this turn has room for, and texts. */

static bool
scan_long_more(api_waf_tx_t *tx, api_waf_scan_batch_t *b,
    const api_waf_scan_need_t *need, api_span_t value, api_trigger_t bits,
    uint64_t until)
{
    struct api_waf_scan_long_s *l;

    for (l = b->last; l->want != 0; l->due = true) {
        if (l->due && !scan_long_due(tx, b, &l->made, until)) {
            return !tx->failure;
        }

        l->due = false;

        if (!scan_chains(tx, &l->made, &l->want, value, bits, until)) {
            return false;
        }

        if (l->want == 0 || !scan_kept(tx, &l->made)) {
            break;
        }

        if (!scan_changed(tx, b, need->only, &l->made)) {
            return false;
        }
    }

    if (l->want != 0) {
        return true;
    }

    b->midway = false;

    return scan_texts(tx, b, need->only, value, &l->made);
}


static bool
scan_add_long(api_waf_tx_t *tx, api_waf_scan_batch_t *b,
    const api_waf_scan_need_t *need, api_span_t value, api_trigger_t bits,
    uint64_t until)
{
    struct api_waf_scan_long_s *l;

    if (b->last == NULL) {
        b->last = api_arena_calloc(tx->arena, 1, sizeof(*b->last));

        if (b->last == NULL) {
            return api_waf_scan_nomem(tx);
        }
    }

    l = b->last;

    if (!b->midway) {
        scan_made_begin(tx, &l->made, value);
        l->want = scan_want(tx->p->scan, need, bits);
        l->due = false;
        b->midway = true;
    }

    return scan_long_more(tx, b, need, value, bits, until);
}


/* A name or value: as it came, and behind each chain that changes it. */

bool
api_waf_scan_add(api_waf_tx_t *tx, api_waf_scan_batch_t *b,
    const api_waf_scan_need_t *need, api_span_t value, api_trigger_t bits,
    uint64_t until)
{
    uint64_t    want;
    scan_made_t made;

    if (need->chains == 0) {
        return true;
    }

    if (value.len >= API_WAF_SCAN_PART) {
        return scan_add_long(tx, b, need, value, bits, until);
    }

    scan_made_begin(tx, &made, value);
    want = scan_want(tx->p->scan, need, bits);

    return scan_chains(tx, &made, &want, value, bits, 0)
           && scan_texts(tx, b, need->only, value, &made);
}
