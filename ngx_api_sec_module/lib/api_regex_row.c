#include "api_regex_int.h"


static bool
row_has(const api_row_item_t *item, uint8_t c)
{
    return item->set[c >> 5] >> (c & 31) & 1;
}


static void
row_add(api_row_item_t *item, unsigned from, unsigned to)
{
    for (/* void */; from <= to; from++) {
        item->set[from >> 5] |= UINT32_C(1) << (from & 31);
    }
}


/* \d, \w and punctuation; others are left to PCRE2. */

static bool
row_escape(api_row_item_t *item, uint8_t c, bool *single)
{
    *single = false;

    switch (c) {
    case 'd':
        row_add(item, '0', '9');
        return true;
    case 'w':
        row_add(item, '0', '9');
        row_add(item, 'A', 'Z');
        row_add(item, 'a', 'z');
        row_add(item, '_', '_');
        return true;
    default:
        break;
    }

    if (c > 0x20 && c < 0x7f && strchr("^$\\.*+?()[]{}|/-_:,@#", c)
        && c != '_') {
        *single = true;
        row_add(item, c, c);
        return true;
    }

    return false;
}


/* One character of a class at *p, or a range from it. */

static bool
row_class_atom(api_row_item_t *item, const uint8_t **p, const uint8_t *e)
{
    bool    single;
    uint8_t lo, hi;

    lo = *(*p)++;

    if (lo == '\\') {
        if (*p == e) {
            return false;
        }

        lo = *(*p)++;

        if (!row_escape(item, lo, &single)) {
            return false;
        }

        if (!single) {
            /* [\d-x] is for PCRE2 */

            return *p < e && (**p != '-' || (e - *p > 1 && (*p)[1] == ']'));
        }

    } else if (lo < 0x20 || lo >= 0x7f) {
        return false;
    }

    row_add(item, lo, lo);

    if (e - *p < 2 || **p != '-' || (*p)[1] == ']') {
        return true;
    }

    hi = (*p)[1];

    if (hi == '\\' || hi < lo || hi >= 0x7f) {
        return false;
    }

    row_add(item, lo, hi);
    *p += 2;

    return true;
}


static bool
row_class(api_row_item_t *item, const uint8_t **p, const uint8_t *e)
{
    unsigned i;
    bool     negated;

    negated = *p < e && **p == '^';
    *p += negated;

    if (*p == e || **p == ']') {
        return false;
    }

    while (*p < e && **p != ']') {
        if (!row_class_atom(item, p, e)) {
            return false;
        }
    }

    if (*p == e) {
        return false;
    }

    ++*p;

    if (negated) {
        item->other = true;

        for (i = 0; i < 4; i++) {
            item->set[i] = ~item->set[i];
        }
    }

    return true;
}


static bool
row_atom(api_row_item_t *item, const uint8_t **p, const uint8_t *e)
{
    bool    single;
    uint8_t c;

    memset(item, 0, sizeof(*item));
    item->min = 1;
    item->max = 1;

    c = *(*p)++;

    if (c == '[') {
        return row_class(item, p, e);
    }

    if (c == '\\') {
        return *p < e && row_escape(item, *(*p)++, &single);
    }

    if (c < 0x20 || c >= 0x7f || strchr("^$.*+?()]{}|", c)) {
        return false;
    }

    row_add(item, c, c);

    return true;
}


static bool
row_number(const uint8_t **p, const uint8_t *e, uint32_t *v)
{
    const uint8_t *start;

    start = *p;

    for (*v = 0; *p < e && (uint8_t) (**p - '0') < 10; ++*p) {
        if (*v > 100000000) {
            return false;
        }

        *v = *v * 10 + (uint32_t) (**p - '0');
    }

    return *p > start;
}


static bool
row_braces(api_row_item_t *item, const uint8_t **p, const uint8_t *e)
{
    if (!row_number(p, e, &item->min)) {
        return false;
    }

    item->max = item->min;

    if (*p < e && **p == ',') {
        ++*p;
        item->max = UINT32_MAX;

        if (*p < e && **p != '}' && !row_number(p, e, &item->max)) {
            return false;
        }
    }

    return *p < e && *(*p)++ == '}' && item->min <= item->max;
}


static bool
row_quantifier(api_row_item_t *item, const uint8_t **p, const uint8_t *e)
{
    uint8_t c;

    c = *p < e ? **p : 0;

    if (c != '*' && c != '+' && c != '?' && c != '{') {
        return true;
    }

    ++*p;

    if (c == '{') {
        if (!row_braces(item, p, e)) {
            return false;
        }

    } else {
        item->min = c == '+';
        item->max = c == '?' ? 1 : UINT32_MAX;
    }

    return *p == e || !strchr("*+?{", **p);
}


static bool
row_disjoint(const api_row_item_t *a, const api_row_item_t *b)
{
    unsigned i;

    for (i = 0; i < 4; i++) {
        if (a->set[i] & b->set[i]) {
            return false;
        }
    }

    return !(a->other && b->other);
}


/*
 * Taking as many as there are is right when nothing that may follow could
 * have taken one of them: everything up to the next item that has to come.
 */

static bool
row_is_greedy(const api_row_t *row)
{
    unsigned i, k;

    for (i = 0; i < row->n; i++) {
        if (row->item[i].min == row->item[i].max) {
            continue;
        }

        for (k = i + 1; k < row->n; k++) {
            if (!row_disjoint(&row->item[i], &row->item[k])) {
                return false;
            }

            if (row->item[k].min) {
                break;
            }
        }
    }

    return true;
}


bool
api_row_parse(api_span_t pattern, api_row_t *row)
{
    const uint8_t *p, *e;

    memset(row, 0, sizeof(*row));

    if (pattern.len == 0 || pattern.data[0] != '^') {
        return false;
    }

    p = pattern.data + 1;
    e = pattern.data + pattern.len;

    while (p < e) {
        if (*p == '$' && p + 1 == e) {
            row->end = true;
            break;
        }

        if (row->n == API_ROW_MAX || !row_atom(&row->item[row->n], &p, e)
            || !row_quantifier(&row->item[row->n], &p, e))
        {
            return false;
        }

        row->n++;
    }

    return row_is_greedy(row);
}


/* As many ASCII characters of the item as there are before e. */

static inline const uint8_t *
row_ascii(const api_row_item_t *item, const uint8_t *p, const uint8_t *e)
{
    while (p < e && *p < 0x80 && row_has(item, *p)) {
        p++;
    }

    return p;
}


/* As many characters of any kind. */

static const uint8_t *
row_any(const api_row_item_t *item, const uint8_t *p, const uint8_t *e,
    uint32_t *n)
{
    for (*n = 0; *n < item->max && p < e; ++*n) {
        if (*p >= 0x80) {
            p += *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;

        } else if (row_has(item, *p)) {
            p++;

        } else {
            break;
        }
    }

    return p;
}


bool
api_row_match(const api_row_t *row, api_span_t s)
{
    uint32_t              n;
    unsigned              i;
    const uint8_t        *p, *e, *start;
    const api_row_item_t *item;

    p = s.data;
    e = p + s.len;

    for (i = 0; i < row->n; i++) {
        item = &row->item[i];

        if (item->other) {
            p = row_any(item, p, e, &n);

        } else {
            start = p;
            p = row_ascii(
                item, p, (size_t) (e - p) > item->max ? p + item->max : e);
            n = (uint32_t) (p - start);
        }

        if (n < item->min) {
            return false;
        }
    }

    return p == e || !row->end;
}
