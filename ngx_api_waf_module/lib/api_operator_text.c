/* Operators that compare text and numbers. */

#define _GNU_SOURCE /* memmem */

#include "api_operator_int.h"


/* Where b stands in a from `from` on; SIZE_MAX: nowhere. */

static size_t
text_find(api_span_t a, api_span_t b, size_t from)
{
    const uint8_t *p;

    if (from > a.len || b.len > a.len - from) {
        return SIZE_MAX;
    }

    if (b.len == 0) {
        return from;
    }

    p = memmem(a.data + from, a.len - from, b.data, b.len);

    return p ? (size_t) (p - a.data) : SIZE_MAX;
}


int
api_operator_run_contains(const api_operator_run_t *run)
{
    if (text_find(run->value, run->arg, 0) == SIZE_MAX) {
        return 0;
    }

    api_operator_capture(run->captures, run->arg);

    return 1;
}


/* No letter of ASCII stands at `at`, and something does. */

static bool
word_edge(api_span_t s, size_t at)
{
    return at < s.len
           && !((s.data[at] >= 'A' && s.data[at] <= 'Z')
                || (s.data[at] >= 'a' && s.data[at] <= 'z'));
}


static bool
word_stands(api_span_t s, size_t at, size_t len)
{
    bool front, back;

    front = at > 0 && word_edge(s, at - 1);
    back = word_edge(s, at + len);

    return (at == 0 && back) || (at + len == s.len && front)
           || (front && back);
}


int
api_operator_run_word(const api_operator_run_t *run)
{
    size_t at;

    if (run->arg.len == 0 || api_span_eq(run->value, run->arg)) {
        return 1;
    }

    for (at = text_find(run->value, run->arg, 0); at != SIZE_MAX;
         at = text_find(run->value, run->arg, at + 1))
    {
        if (word_stands(run->value, at, run->arg.len)) {
            return 1;
        }
    }

    return 0;
}


int
api_operator_run_begins(const api_operator_run_t *run)
{
    return run->arg.len == 0
           || (run->value.len >= run->arg.len
               && memcmp(run->value.data, run->arg.data, run->arg.len) == 0);
}


int
api_operator_run_ends(const api_operator_run_t *run)
{
    size_t at;

    if (run->value.len < run->arg.len) {
        return 0;
    }

    at = run->value.len - run->arg.len;

    return run->arg.len == 0
           || memcmp(run->value.data + at, run->arg.data, run->arg.len) == 0;
}


int
api_operator_run_streq(const api_operator_run_t *run)
{
    return api_span_eq(run->value, run->arg);
}


int
api_operator_run_within(const api_operator_run_t *run)
{
    return text_find(run->arg, run->value, 0) != SIZE_MAX;
}


/* Sign and digits behind blanks; false: no digit, or beyond int64_t (*n is
   the nearest). */

static bool
number_read(api_span_t s, int64_t *n)
{
    bool     neg = false;
    size_t   i = 0;
    uint64_t v = 0, limit;
    unsigned d;

    while (i < s.len
           && (s.data[i] == ' ' || (s.data[i] >= 9 && s.data[i] <= 13))) {
        i++;
    }

    if (i < s.len && (s.data[i] == '-' || s.data[i] == '+')) {
        neg = s.data[i] == '-';
        i++;
    }

    *n = 0;

    if (i == s.len || s.data[i] < '0' || s.data[i] > '9') {
        return false;
    }

    limit = neg ? (uint64_t) INT64_MAX + 1 : (uint64_t) INT64_MAX;

    for (; i < s.len && s.data[i] >= '0' && s.data[i] <= '9'; i++) {
        d = (unsigned) (s.data[i] - '0');

        if (v > (limit - d) / 10) {
            *n = neg ? INT64_MIN : INT64_MAX;
            return false;
        }

        v = v * 10 + d;
    }

    *n = neg ? (int64_t) (0 - v) : (int64_t) v;

    return true;
}


int64_t
api_operator_atoll(api_span_t s)
{
    int64_t n;

    number_read(s, &n);

    return n;
}


int64_t
api_operator_stoi(api_span_t s)
{
    int64_t n;

    return number_read(s, &n) && n >= INT32_MIN && n <= INT32_MAX ? n : 0;
}


int
api_operator_run_number(const api_operator_run_t *run)
{
    int64_t               a, b;
    const api_operator_t *op = run->op;

    if (op->id == API_OPERATOR_EQ) {
        b = op->macro ? api_operator_stoi(run->arg) : op->number;
        return api_operator_stoi(run->value) == b;
    }

    a = api_operator_atoll(run->value);
    b = op->macro ? api_operator_atoll(run->arg) : op->number;

    switch (op->id) {

    case API_OPERATOR_GE:
        return a >= b;

    case API_OPERATOR_GT:
        return a > b;

    case API_OPERATOR_LE:
        return a <= b;

    default:
        return a < b;
    }
}
