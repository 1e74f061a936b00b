#include "api_poison.h"
#include "api_waf_spare.h"


/* More than that are not looked at: they may be of texts. */

#define SPARE_MATCHES 1024

struct api_waf_block_s {
    api_waf_block_t *next;
    size_t           size; /* of the data behind it */
    bool             used;
};

#define SPARE_HEAD                                                            \
    ((sizeof(api_waf_block_t) + API_ARENA_ALIGN - 1)                          \
        & ~(size_t) (API_ARENA_ALIGN - 1))


static const uint8_t *
spare_data(const api_waf_block_t *b)
{
    return (const uint8_t *) b + SPARE_HEAD;
}


/* The smallest that is large enough. */

static void *
spare_take(void *ctx, size_t n)
{
    size_t           size;
    api_waf_tx_t    *tx;
    api_waf_block_t *b, *best;

    tx = ctx;
    best = NULL;

    for (b = tx->blocks; b != NULL; b = b->next) {
        if (!b->used && b->size >= n && (best == NULL || b->size < best->size))
        {
            best = b;
        }
    }

    if (best == NULL) {
        if (n > SIZE_MAX / 2) {
            return NULL;
        }

        size = (SPARE_HEAD + n + API_WAF_SPARE_BLOCK - 1) / API_WAF_SPARE_BLOCK
               * API_WAF_SPARE_BLOCK;
        best = api_arena_alloc(tx->arena, size);

        if (best == NULL) {
            return NULL;
        }

        best->size = size - SPARE_HEAD;
        best->next = tx->blocks;
        tx->blocks = best;
    }

    best->used = true;
    api_unpoison((uint8_t *) best + SPARE_HEAD, best->size);

    return (uint8_t *) best + SPARE_HEAD;
}


static void
spare_give(void *ctx, void *p)
{
    api_waf_block_t *b;

    (void) ctx;
    b = (api_waf_block_t *) (void *) ((uint8_t *) p - SPARE_HEAD);
    b->used = false;
    api_poison(p, b->size);
}


api_arena_t *
api_waf_spare_texts(api_waf_tx_t *tx)
{
    if (tx->texts.alloc == NULL) {
        tx->spare = (api_alloc_t){ spare_take, spare_give, tx };

        /* a chunk of many texts is a block, head and all */

        api_arena_init(&tx->texts, &tx->spare, API_WAF_SPARE_BLOCK - 256, 0);
    }

    return &tx->texts;
}


static bool
spare_has(const api_waf_tx_t *tx, api_span_t s)
{
    const api_waf_block_t *b;

    for (b = tx->blocks; b != NULL; b = b->next) {
        if (s.data >= spare_data(b) && s.data < spare_data(b) + b->size) {
            return true;
        }
    }

    return false;
}


/* Can it be made again of something that stays? */

static bool
spare_stays(const api_waf_tx_t *tx, const api_waf_item_t *item)
{
    return item->gone || !spare_has(tx, item->value)
           || (item->chain != API_WAF_NONE && !spare_has(tx, item->of));
}


static void
spare_go(const api_waf_tx_t *tx, api_waf_item_t *item)
{
    if (!item->gone && spare_has(tx, item->value)) {
        item->gone = true;
        item->value = item->of;
    }
}


void
api_waf_spare_free(api_waf_tx_t *tx)
{
    uint32_t i;

    if (tx->longs != NULL || tx->matches.n > SPARE_MATCHES
        || (tx->matched.value.data != NULL && !spare_stays(tx, &tx->matched)))
    {
        return;
    }

    for (i = 0; i < tx->matches.n; i++) {
        if (!spare_stays(tx, API_WAF_AT(api_waf_item_t, tx->matches, i))) {
            return;
        }
    }

    for (i = 0; i < tx->matches.n; i++) {
        spare_go(tx, API_WAF_AT(api_waf_item_t, tx->matches, i));
    }

    if (tx->matched.value.data != NULL) {
        spare_go(tx, &tx->matched);
    }

    api_arena_free(&tx->texts);
}


api_span_t
api_waf_spare_value(api_waf_tx_t *tx, api_waf_item_t *item)
{
    api_span_t             text;
    const api_waf_chain_t *chain;

    if (!item->gone || item->value.data == NULL) {
        return item->value;
    }

    chain = &tx->p->chain[item->chain];

    if (!api_waf_work(tx, item->of.len * chain->n)
        || api_transform_chain(chain->ids, chain->n, &tx->p->transform,
               item->of, api_waf_spare(tx, item->of.len), &text)
               != API_OK)
    {
        api_waf_failed(tx, "no memory");
        return API_SPAN("");
    }

    item->gone = false;
    item->value = text;

    return text;
}


api_span_t
api_waf_spare_keep(api_waf_tx_t *tx, api_span_t s, size_t max)
{
    if (!spare_has(tx, s)) {
        return s;
    }

    s.len = s.len < max ? s.len : max;
    s = api_arena_dup(tx->arena, s);

    if (s.data == NULL) {
        api_waf_failed(tx, "no memory");
    }

    return s;
}
