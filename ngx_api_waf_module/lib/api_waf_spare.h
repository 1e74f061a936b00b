/*
 * Memory of a transaction that is used again, for api_waf_*.c alone.
 *
 * What transformations make of long values is a megabyte each time, and a
 * request under many rules makes dozens of them.  They do not stay in the
 * request's arena to its end: they are of an arena of their own, tx->texts,
 * whose chunks are blocks of the request's arena that come again.  So the
 * limit of that arena holds for them, and goes with it what they hold.
 *
 * Who lets texts go: a scan, when it has scanned them; a rule, a value's text
 * that does not match; and the phase, before and behind a rule, if none is a
 * value that has matched, which might be asked for (MATCHED_VAR and its like).
 * What is kept of a text beyond that is a copy.
 *
 * Blocks are allocated from tx->arena at any time: it must not be rewound to a
 * mark from before a text was made.
 */

#ifndef API_WAF_SPARE_H
#define API_WAF_SPARE_H

#include "api_waf_int.h"
#include "api_waf_size.h"


/* Where what is made of a value of n bytes goes: tx->arena, or tx->texts. */

api_arena_t *api_waf_spare_texts(api_waf_tx_t *tx);

static inline api_arena_t *
api_waf_spare(api_waf_tx_t *tx, size_t n)
{
    return n < API_WAF_SPARE_TEXT && tx->arena->held < API_WAF_SPARE_HELD
               ? tx->arena
               : api_waf_spare_texts(tx);
}


/* No rule runs: texts go, if none is what a rule has matched. */

void api_waf_spare_free(api_waf_tx_t *tx);

static inline void
api_waf_spare_end(api_waf_tx_t *tx)
{
    if (tx->texts.chunks != NULL) {
        api_waf_spare_free(tx);
    }
}


/* The value of what has matched: it may have gone, and is made again. */

api_span_t api_waf_spare_value(api_waf_tx_t *tx, api_waf_item_t *item);

/* A span that may be of a text, at most max bytes of it, to stay: itself if it
   is of none.  data NULL: no memory, the tx has failed. */

api_span_t api_waf_spare_keep(api_waf_tx_t *tx, api_span_t s, size_t max);


#endif /* API_WAF_SPARE_H */
