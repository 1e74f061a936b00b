#include "api_debver.h"

#include <string.h>


typedef struct {
    api_span_t epoch;
    api_span_t upstream;
    api_span_t revision;
} parts_t;


static bool
is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}


static bool
is_letter(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}


static parts_t
split(api_span_t v)
{
    size_t  i;
    parts_t p = { api_span("0", 1), v, api_span("0", 1) };

    for (i = 0; i < v.len; i++) {
        if (v.data[i] == ':') {
            p.epoch = api_span(v.data, i);
            p.upstream = api_span(v.data + i + 1, v.len - i - 1);
            break;
        }
    }

    for (i = p.upstream.len; i > 0; i--) {
        if (p.upstream.data[i - 1] == '-') {
            p.revision = api_span(p.upstream.data + i, p.upstream.len - i);
            p.upstream.len = i - 1;
            break;
        }
    }

    return p;
}


/* Of what is no digit: ~ before the end, the end before letters, letters
   before all else. */

static int
weight(api_span_t s, size_t i)
{
    unsigned char c;

    if (i >= s.len || is_digit(s.data[i])) {
        return 0;
    }

    c = s.data[i];

    if (c == '~') {
        return -1;
    }

    return is_letter(c) ? c : c + 256;
}


static void
skip_zeros(api_span_t s, size_t *i)
{
    while (*i < s.len && s.data[*i] == '0') {
        (*i)++;
    }
}


/* Two numbers of any length: the longer one is the larger one. */

static int
compare_numbers(api_span_t a, size_t *i, api_span_t b, size_t *j)
{
    int first = 0;

    skip_zeros(a, i);
    skip_zeros(b, j);

    while (*i < a.len && *j < b.len && is_digit(a.data[*i])
           && is_digit(b.data[*j]))
    {
        if (first == 0) {
            first = a.data[*i] - b.data[*j];
        }

        (*i)++;
        (*j)++;
    }

    if (*i < a.len && is_digit(a.data[*i])) {
        return 1;
    }

    if (*j < b.len && is_digit(b.data[*j])) {
        return -1;
    }

    return first;
}


static int
compare(api_span_t a, api_span_t b)
{
    int    rc;
    size_t i = 0, j = 0;

    while (i < a.len || j < b.len) {
        while ((i < a.len && !is_digit(a.data[i]))
               || (j < b.len && !is_digit(b.data[j])))
        {
            rc = weight(a, i) - weight(b, j);
            if (rc != 0) {
                return rc;
            }

            i++;
            j++;
        }

        rc = compare_numbers(a, &i, b, &j);
        if (rc != 0) {
            return rc;
        }
    }

    return 0;
}


int
api_debver_compare(api_span_t a, api_span_t b)
{
    int     rc;
    parts_t x = split(a), y = split(b);

    rc = compare(x.epoch, y.epoch);

    if (rc == 0) {
        rc = compare(x.upstream, y.upstream);
    }

    if (rc == 0) {
        rc = compare(x.revision, y.revision);
    }

    return rc;
}


api_span_t
api_debver_upstream(api_span_t version)
{
    return split(version).upstream;
}
