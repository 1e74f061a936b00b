#include "api_claim.h"
#include "api_claim_chars.h"


static const char *const api_claim_ops[API_CLAIM_NOPS] = {
    [API_CLAIM_EQ] = "eq",
    [API_CLAIM_NE] = "ne",
    [API_CLAIM_IN] = "in",
    [API_CLAIM_ANY] = "any",
    [API_CLAIM_CONTAINS] = "contains",
    [API_CLAIM_PREFIX] = "prefix",
    [API_CLAIM_MATCH] = "~",
    [API_CLAIM_EXISTS] = "exists",
    [API_CLAIM_GT] = "gt",
    [API_CLAIM_GE] = "ge",
    [API_CLAIM_LT] = "lt",
    [API_CLAIM_LE] = "le",
};


api_claim_op_t
api_claim_op(api_span_t name)
{
    int op;

    for (op = 0; op < API_CLAIM_NOPS; op++) {
        if (api_span_eq(name,
                api_span(api_claim_ops[op], strlen(api_claim_ops[op])))) {
            break;
        }
    }

    return (api_claim_op_t) op;
}


const char *
api_claim_op_name(api_claim_op_t op)
{
    return (unsigned) op < API_CLAIM_NOPS ? api_claim_ops[op] : NULL;
}


/* Skip digits at *i; false when there are none. */

static bool
api_claim_digits(api_span_t s, size_t *i)
{
    size_t from;

    for (from = *i; *i < s.len && s.data[*i] >= '0' && s.data[*i] <= '9';
         (*i)++) {
        /* void */
    }

    return *i > from;
}


static inline bool
api_claim_char(api_span_t s, size_t *i, char a, char b)
{
    if (*i < s.len && (s.data[*i] == a || s.data[*i] == b)) {
        (*i)++;
        return true;
    }

    return false;
}


/* All of s is a number as RFC 8259 section 6 has it. */

static bool
api_claim_is_number(api_span_t s)
{
    size_t i, from;

    i = 0;
    api_claim_char(s, &i, '-', '-');
    from = i;

    if (!api_claim_digits(s, &i) || (s.data[from] == '0' && i - from > 1)) {
        return false;
    }

    if (api_claim_char(s, &i, '.', '.') && !api_claim_digits(s, &i)) {
        return false;
    }

    if (api_claim_char(s, &i, 'e', 'E')) {
        api_claim_char(s, &i, '+', '-');

        if (!api_claim_digits(s, &i)) {
            return false;
        }
    }

    return i == s.len;
}


static inline bool
api_claim_is_order(api_claim_op_t op)
{
    return op >= API_CLAIM_GT && op <= API_CLAIM_LE;
}


bool
api_claim_values_ok(
    api_claim_op_t op, const api_span_t *values, size_t nvalues)
{
    size_t i;

    if (op == API_CLAIM_EXISTS) {
        return nvalues == 0;
    }

    if (nvalues == 0 || (unsigned) op >= API_CLAIM_NOPS) {
        return false;
    }

    if (api_claim_is_order(op)) {
        return nvalues == 1 && api_claim_is_number(values[0]);
    }

    switch (op) {

    case API_CLAIM_EQ:
    case API_CLAIM_NE:
    case API_CLAIM_MATCH:
        return nvalues == 1;

    case API_CLAIM_PREFIX:
        for (i = 0; i < nvalues; i++) {
            if (values[i].len == 0) {
                return false;
            }
        }

        return true;

    default:
        return true;
    }
}


/* Strings, character by character */

api_claim_chars_t
api_claim_chars(const api_json_t *doc, uint32_t tok)
{
    const uint8_t *p;

    p = doc->text + doc->tok[tok].off;

    return (api_claim_chars_t){ p, p + doc->tok[tok].len, { 0 }, 0, 0 };
}


static bool
api_claim_has_prefix(const api_json_t *doc, uint32_t tok, api_span_t prefix)
{
    size_t            i;
    api_claim_chars_t c;

    c = api_claim_chars(doc, tok);

    for (i = 0; i < prefix.len; i++) {
        if (api_claim_next(&c) != prefix.data[i]) {
            return false;
        }
    }

    return prefix.len != 0;
}


/* An empty word is none, so two spaces are as good as one. */

static bool
api_claim_has_word(const api_json_t *doc, uint32_t tok, api_span_t word)
{
    int               ch;
    size_t            n;
    bool              same;
    api_claim_chars_t c;

    c = api_claim_chars(doc, tok);
    same = true;
    n = 0;

    do {
        ch = api_claim_next(&c);

        if (ch == ' ' || ch == -1) {
            if (same && n && n == word.len) {
                return true;
            }

            same = true;
            n = 0;

        } else if (same) {
            same = n < word.len && word.data[n] == ch;
            n++;
        }

    } while (ch != -1);

    return false;
}


/* Scalars */

static bool
api_claim_equal(const api_json_t *doc, uint32_t tok, api_span_t value)
{
    switch (doc->tok[tok].type) {

    case API_JSON_STRING:
        return api_json_string_eq(doc, tok, value);

    case API_JSON_INT:
    case API_JSON_REAL:
        return api_claim_is_number(value)
               && api_json_number_cmp(api_json_raw(doc, tok), value) == 0;

    case API_JSON_TRUE:
        return api_span_eq(value, API_SPAN("true"));

    case API_JSON_FALSE:
        return api_span_eq(value, API_SPAN("false"));

    default:
        return false;
    }
}


static bool
api_claim_equal_one(const api_json_t *doc, uint32_t tok,
    const api_span_t *values, size_t nvalues)
{
    size_t i;

    for (i = 0; i < nvalues; i++) {
        if (api_claim_equal(doc, tok, values[i])) {
            return true;
        }
    }

    return false;
}


static bool
api_claim_order(
    const api_json_t *doc, uint32_t tok, api_claim_op_t op, api_span_t value)
{
    int cmp;

    if ((doc->tok[tok].type != API_JSON_INT
            && doc->tok[tok].type != API_JSON_REAL)
        || !api_claim_is_number(value))
    {
        return false;
    }

    cmp = api_json_number_cmp(api_json_raw(doc, tok), value);

    switch (op) {
    case API_CLAIM_GT:
        return cmp > 0;
    case API_CLAIM_GE:
        return cmp >= 0;
    case API_CLAIM_LT:
        return cmp < 0;
    case API_CLAIM_LE:
        return cmp <= 0;
    default:
        return false;
    }
}


/* Arrays, and strings as lists of words */

static bool
api_claim_has(const api_json_t *doc, uint32_t tok, api_span_t value)
{
    uint32_t i, end;

    if (doc->tok[tok].type == API_JSON_STRING) {
        return api_claim_has_word(doc, tok, value);
    }

    if (doc->tok[tok].type != API_JSON_ARRAY) {
        return false;
    }

    end = api_json_next(doc, tok);

    for (i = tok + 1; i < end; i = api_json_next(doc, i)) {
        if (api_claim_equal(doc, i, value)) {
            return true;
        }
    }

    return false;
}


static bool
api_claim_has_many(const api_json_t *doc, uint32_t tok,
    const api_span_t *values, size_t nvalues, bool all)
{
    size_t i;

    for (i = 0; i < nvalues; i++) {
        if (api_claim_has(doc, tok, values[i]) != all) {
            return !all;
        }
    }

    return all && nvalues;
}


static bool
api_claim_prefixes(const api_json_t *doc, uint32_t tok,
    const api_span_t *values, size_t nvalues)
{
    size_t i;

    if (doc->tok[tok].type != API_JSON_STRING) {
        return false;
    }

    for (i = 0; i < nvalues; i++) {
        if (api_claim_has_prefix(doc, tok, values[i])) {
            return true;
        }
    }

    return false;
}


bool
api_claim_test(const api_json_t *doc, uint32_t tok, api_claim_op_t op,
    const api_span_t *values, size_t nvalues)
{
    if (tok == API_JSON_NONE || doc->tok[tok].type == API_JSON_NULL) {
        return false;
    }

    if (op == API_CLAIM_EXISTS) {
        return true;
    }

    if (api_claim_is_order(op)) {
        return nvalues == 1 && api_claim_order(doc, tok, op, values[0]);
    }

    switch (op) {

    case API_CLAIM_EQ:
    case API_CLAIM_IN:
        return api_claim_equal_one(doc, tok, values, nvalues);

    case API_CLAIM_NE:
        return nvalues && doc->tok[tok].type < API_JSON_NAME
               && !api_claim_equal_one(doc, tok, values, nvalues);

    case API_CLAIM_ANY:
        return api_claim_has_many(doc, tok, values, nvalues, false);

    case API_CLAIM_CONTAINS:
        return api_claim_has_many(doc, tok, values, nvalues, true);

    case API_CLAIM_PREFIX:
        return api_claim_prefixes(doc, tok, values, nvalues);

    default:
        return false;
    }
}


/* Numbers in an array of scopes are no scopes: equality of strings only. */

static bool
api_claim_granted(const api_json_t *doc, uint32_t tok, api_span_t scope)
{
    uint32_t i, end;

    if (doc->tok[tok].type != API_JSON_ARRAY) {
        return doc->tok[tok].type == API_JSON_STRING
               && api_claim_has_word(doc, tok, scope);
    }

    end = api_json_next(doc, tok);

    for (i = tok + 1; i < end; i = api_json_next(doc, i)) {
        if (doc->tok[i].type == API_JSON_STRING
            && api_json_string_eq(doc, i, scope)) {
            return scope.len != 0;
        }
    }

    return false;
}


bool
api_claim_scopes(const api_json_t *doc, uint32_t root,
    const api_span_t *wanted, size_t n, bool all)
{
    size_t   i;
    uint32_t tok;

    tok = api_json_get(doc, root, API_SPAN("scope"));

    if (tok == API_JSON_NONE || doc->tok[tok].type == API_JSON_NULL) {
        tok = api_json_get(doc, root, API_SPAN("scp"));
    }

    if (tok == API_JSON_NONE) {
        return false;
    }

    for (i = 0; i < n; i++) {
        if (api_claim_granted(doc, tok, wanted[i]) != all) {
            return !all;
        }
    }

    return all && n;
}
