#include "api_operand.h"
#include "api_claim_chars.h"
#include "api_utf8.h"


static inline api_json_type_t
api_operand_type(const api_operand_t *v)
{
    return v->tok == API_JSON_NONE
               ? API_JSON_NULL
               : (api_json_type_t) v->doc->tok[v->tok].type;
}


bool
api_operand_exists(const api_operand_t *v)
{
    api_json_type_t type;

    if (v->doc == NULL) {
        return v->text.len != 0;
    }

    type = api_operand_type(v);

    return type != API_JSON_NULL
           && !(type == API_JSON_STRING && v->doc->tok[v->tok].len == 0);
}


/* A claim and text. */

static bool
api_operand_spells(const api_operand_t *claim, api_span_t text)
{
    switch (api_operand_type(claim)) {

    case API_JSON_STRING:
        return api_json_string_eq(claim->doc, claim->tok, text);

    case API_JSON_INT:
        return api_span_eq(api_json_raw(claim->doc, claim->tok), text);

    default:
        return false;
    }
}


static bool
api_operand_same_string(const api_operand_t *a, const api_operand_t *b)
{
    int               ch;
    api_claim_chars_t x, y;

    x = api_claim_chars(a->doc, a->tok);
    y = api_claim_chars(b->doc, b->tok);

    do {
        ch = api_claim_next(&x);

        if (ch != api_claim_next(&y)) {
            return false;
        }

    } while (ch != -1);

    return true;
}


bool
api_operand_equal(const api_operand_t *a, const api_operand_t *b)
{
    if (!api_operand_exists(a) || !api_operand_exists(b)) {
        return false;
    }

    if (a->doc == NULL) {
        return b->doc ? api_operand_spells(b, a->text)
                      : api_span_eq(a->text, b->text);
    }

    if (b->doc == NULL) {
        return api_operand_spells(a, b->text);
    }

    if (api_operand_type(a) == API_JSON_STRING
        && api_operand_type(b) == API_JSON_STRING)
    {
        return api_operand_same_string(a, b);
    }

    return api_operand_type(a) == API_JSON_INT
           && api_operand_type(b) == API_JSON_INT
           && api_span_eq(
               api_json_raw(a->doc, a->tok), api_json_raw(b->doc, b->tok));
}


bool
api_operand_in(const api_operand_t *v, const api_operand_t *list)
{
    uint32_t      i, end;
    api_operand_t element;

    if (list->doc == NULL || api_operand_type(list) != API_JSON_ARRAY) {
        return false;
    }

    end = api_json_next(list->doc, list->tok);

    for (i = list->tok + 1; i < end; i = api_json_next(list->doc, i)) {
        element = api_operand_claim(list->doc, i);

        if (api_operand_equal(v, &element)) {
            return true;
        }
    }

    return false;
}


static bool
api_operand_has_word(api_span_t text, api_span_t word)
{
    size_t i, from;

    for (i = 0, from = 0; i <= text.len; i++) {
        if (i < text.len && text.data[i] != ' ') {
            continue;
        }

        if (word.len
            && api_span_eq(word, api_span(text.data + from, i - from))) {
            return true;
        }

        from = i + 1;
    }

    return false;
}


/* One value; those of a list are put together by the caller. */

static bool
api_operand_text_is(api_span_t text, api_claim_op_t op, api_span_t value)
{
    switch (op) {

    case API_CLAIM_EQ:
    case API_CLAIM_NE:
    case API_CLAIM_IN:
        return api_span_eq(text, value);

    case API_CLAIM_ANY:
    case API_CLAIM_CONTAINS:
        return api_operand_has_word(text, value);

    case API_CLAIM_PREFIX:
        return value.len && value.len <= text.len
               && memcmp(text.data, value.data, value.len) == 0;

    default:
        return false;
    }
}


static bool
api_operand_text_order(api_span_t text, api_claim_op_t op, api_span_t value)
{
    int cmp;

    if (!api_claim_values_ok(op, &text, 1)
        || !api_claim_values_ok(op, &value, 1)) {
        return false;
    }

    cmp = api_json_number_cmp(text, value);

    switch (op) {
    case API_CLAIM_GT:
        return cmp > 0;
    case API_CLAIM_GE:
        return cmp >= 0;
    case API_CLAIM_LT:
        return cmp < 0;
    default:
        return cmp <= 0;
    }
}


static bool
api_operand_text_test(api_span_t text, api_claim_op_t op,
    const api_span_t *values, size_t nvalues)
{
    bool   all;
    size_t i;

    if (text.len == 0) {
        return false;
    }

    if (op == API_CLAIM_EXISTS) {
        return true;
    }

    if (op >= API_CLAIM_GT && op <= API_CLAIM_LE) {
        return nvalues == 1 && api_operand_text_order(text, op, values[0]);
    }

    if (op == API_CLAIM_MATCH || (unsigned) op >= API_CLAIM_NOPS) {
        return false;
    }

    all = op == API_CLAIM_CONTAINS;

    for (i = 0; i < nvalues; i++) {
        if (api_operand_text_is(text, op, values[i]) != all) {
            return op == API_CLAIM_NE ? false : !all;
        }
    }

    return nvalues && (all || op == API_CLAIM_NE);
}


bool
api_operand_test(const api_operand_t *v, api_claim_op_t op,
    const api_span_t *values, size_t nvalues)
{
    return v->doc ? api_claim_test(v->doc, v->tok, op, values, nvalues)
                  : api_operand_text_test(v->text, op, values, nvalues);
}


/* n hex digits behind the i bytes before. */

static bool
api_operand_has_hex(api_span_t s, size_t i, size_t n)
{
    uint8_t c;

    if (s.len - i < n) {
        return false;
    }

    for (n += i; i < n; i++) {
        c = s.data[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')
                || (c >= 'A' && c <= 'F')))
        {
            return false;
        }
    }

    return true;
}


bool
api_operand_ambiguous(api_span_t text)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] < 0x20 || text.data[i] == 0x7f) {
            return true;
        }

        if (text.data[i] != '%') {
            continue;
        }

        if (api_operand_has_hex(text, i + 1, 2)
            || (i + 1 < text.len && (text.data[i + 1] | 0x20) == 'u'
                && api_operand_has_hex(text, i + 2, 4)))
        {
            return true;
        }
    }

    return api_utf8_valid(text) != text.len;
}


static inline uint8_t
api_operand_fold(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return (uint8_t) (c | 0x20);
    }

    return c == '.' || c == ' ' || c == '-' ? (uint8_t) '_' : c;
}


bool
api_operand_alike(api_span_t other, api_span_t name)
{
    size_t i, n;

    if (api_span_eq(other, name)) {
        return true;
    }

    for (i = 0; i < other.len && other.data[i] == ' '; i++) {
        /* void */
    }

    for (n = 0; n < name.len; n++, i++) {
        if (i == other.len
            || api_operand_fold(other.data[i])
                   != api_operand_fold(name.data[n]))
        {
            return false;
        }
    }

    return i == other.len || other.data[i] == '[' || other.data[i] == ' '
           || other.data[i] == '\0';
}
