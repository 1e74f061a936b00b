#include "api_waf_spare.h"

#include <limits.h>


int64_t
api_waf_stoi(api_span_t s)
{
    bool    minus;
    size_t  i;
    int64_t n;

    for (i = 0; i < s.len
                && (s.data[i] == ' ' || (s.data[i] >= 9 && s.data[i] <= 13));
         i++)
    {
        /* void */
    }

    minus = i < s.len && s.data[i] == '-';
    i += i < s.len && (s.data[i] == '-' || s.data[i] == '+');

    for (n = 0; i < s.len && s.data[i] >= '0' && s.data[i] <= '9'; i++) {
        n = n * 10 + (s.data[i] - '0');

        if (n > (int64_t) INT_MAX + 1) {
            return 0;
        }
    }

    n = minus ? -n : n;

    return n > INT_MAX ? 0 : n;
}


api_span_t
api_waf_number(api_waf_tx_t *tx, int64_t n)
{
    api_span_t text = api_waf_decimal(tx->arena, n);

    if (text.data == NULL) {
        api_waf_failed(tx, "no memory");
    }

    return text;
}


api_span_t
api_waf_full_name(api_waf_tx_t *tx, api_waf_var_t var, api_span_t name)
{
    uint8_t   *out;
    api_span_t first;

    first = api_waf_var_name(var);

    if (name.data == NULL) {
        return first;
    }

    out = api_arena_alloc(tx->arena, first.len + 1 + name.len + 1);

    if (out == NULL) {
        api_waf_failed(tx, "no memory");
        return first;
    }

    memcpy(out, first.data, first.len);
    out[first.len] = ':';

    if (name.len) {
        memcpy(out + first.len + 1, name.data, name.len);
    }

    return api_span(out, first.len + 1 + name.len);
}


static bool
api_waf_take_first(api_waf_tx_t *tx, const api_waf_item_t *item, void *ctx)
{
    api_span_t *out;

    (void) tx;
    out = ctx;
    *out = item->value;

    return false;
}


api_span_t
api_waf_first(
    api_waf_tx_t *tx, const api_waf_rule_t *rule, const api_waf_piece_t *piece)
{
    api_span_t       out;
    api_waf_target_t target;

    memset(&target, 0, sizeof(target));

    target.pick.var = (uint16_t) piece->var;
    target.pick.sel = piece->text.data ? API_WAF_SEL_NAME : API_WAF_SEL_ALL;
    target.pick.name = piece->text;
    target.pick.slot = piece->slot;

    out = (api_span_t){ NULL, 0 };
    api_waf_each(tx, rule, &target, api_waf_take_first, &out);

    return out;
}


/* A copy of a text that a macro alone is.  What has matched is that from now on:
   rules say and set it several times. */

static api_span_t
macro_keep(api_waf_tx_t *tx, const api_waf_piece_t *piece, api_span_t s)
{
    api_span_t kept;

    kept = api_waf_spare_keep(tx, s, SIZE_MAX);

    if (piece->var == API_WAF_MATCHED_VAR && kept.data != NULL) {
        tx->matched.value = kept;
    }

    return kept;
}


/* stays: beyond the rule. */

static api_span_t
macro_expand(api_waf_tx_t *tx, const api_waf_rule_t *rule,
    const api_waf_text_t *text, size_t max, bool stays)
{
    size_t                 n, part;
    uint8_t               *out;
    uint32_t               i;
    api_span_t             piece[API_WAF_PIECES];
    const api_waf_piece_t *p;

    if (text->n == 0) {
        return text->text;
    }

    n = 0;

    for (i = 0; i < text->n; i++) {
        p = &text->piece[i];
        piece[i] =
            p->var == API_WAF_NVARS ? p->text : api_waf_first(tx, rule, p);
        n += piece[i].len;
    }

    if (text->n == 1) {
        if (stays) {
            piece[0] = macro_keep(tx, &text->piece[0], piece[0]);
        }

        return piece[0].data ? piece[0] : API_SPAN("");
    }

    n = n < max ? n : max;
    out = api_waf_work(tx, n) ? api_arena_alloc(tx->arena, n + 1) : NULL;

    if (out == NULL) {
        api_waf_failed(tx, "no memory");
        return API_SPAN("");
    }

    n = 0;

    for (i = 0; i < text->n; i++) {
        part = piece[i].len < max - n ? piece[i].len : max - n;

        if (part) {
            memcpy(out + n, piece[i].data, part);
        }

        n += part;
    }

    return api_span(out, n);
}


api_span_t
api_waf_expand(api_waf_tx_t *tx, const api_waf_rule_t *rule,
    const api_waf_text_t *text, size_t max)
{
    return macro_expand(tx, rule, text, max, true);
}


api_span_t
api_waf_expand_now(api_waf_tx_t *tx, const api_waf_rule_t *rule,
    const api_waf_text_t *text, size_t max)
{
    return macro_expand(tx, rule, text, max, false);
}
