/* Operators that check a form: bytes, encodings, addresses. */

#include "api_operator_int.h"

#include "api_percent.h"
#include "api_utf8.h"

#include <stdio.h>
#include <stdlib.h>


static int
range_fail(const api_operator_make_t *m, api_span_t item)
{
    return api_fail(m->err, API_SYNTAX, API_OPERATOR_E_RANGE, 0,
        "\"%.*s\" is no byte or range of bytes; write such as 9, 10, 32-126, "
        "from 0 to 255",
        item.len > 40 ? 40 : (int) item.len,
        item.len ? (const char *) item.data : "");
}


/* A number from 0 to 255 in *s, which moves on. */

static bool
range_number(api_span_t *s, unsigned *n)
{
    size_t i;

    *s = api_operator_trim(*s);
    *n = 0;

    for (i = 0; i < s->len && s->data[i] >= '0' && s->data[i] <= '9'; i++) {
        *n = *n * 10 + (unsigned) (s->data[i] - '0');
        if (*n > 255) {
            return false;
        }
    }

    *s = api_operator_trim(api_span(s->data + i, s->len - i));

    return i > 0;
}


static int
range_item(api_operator_t *op, api_span_t item, const api_operator_make_t *m)
{
    unsigned   from, to;
    api_span_t s = item;

    if (!range_number(&s, &from)) {
        return range_fail(m, item);
    }

    to = from;

    if (s.len && s.data[0] == '-') {
        s = api_span(s.data + 1, s.len - 1);

        if (!range_number(&s, &to)) {
            return range_fail(m, item);
        }
    }

    if (s.len || to < from) {
        return range_fail(m, item);
    }

    for (; from <= to; from++) {
        op->bytes[from >> 5] |= 1U << (from & 31);
    }

    return API_OK;
}


int
api_operator_make_range(api_operator_t *op, const api_operator_make_t *m)
{
    int        rc;
    size_t     i, from;
    api_span_t s = op->arg;

    for (i = 0, from = 0, rc = API_OK; rc == API_OK && i <= s.len; i++) {
        if (i == s.len || s.data[i] == ',') {
            rc = range_item(op, api_span(s.data + from, i - from), m);
            from = i + 1;
        }
    }

    return rc;
}


int
api_operator_run_range(const api_operator_run_t *run)
{
    size_t          i;
    const uint32_t *bytes = run->op->bytes;

    for (i = 0; i < run->value.len; i++) {
        if (!(bytes[run->value.data[i] >> 5] >> (run->value.data[i] & 31) & 1))
        {
            return 1;
        }
    }

    return 0;
}


/* A % that two hexadecimal digits do not follow. */

int
api_operator_run_url(const api_operator_run_t *run)
{
    size_t     i;
    api_span_t s = run->value;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] != '%') {
            continue;
        }

        if (s.len - i < 3 || api_percent_hex(s.data[i + 1]) > 15
            || api_percent_hex(s.data[i + 2]) > 15)
        {
            return 1;
        }

        i += 2;
    }

    return 0;
}


int
api_operator_run_utf8(const api_operator_run_t *run)
{
    return api_utf8_valid(run->value) != run->value.len;
}


/* Networks in ranges that do not overlap, in order: a small one within a large
   one is left out, so that a look-up is one binary search. */

static int
ip_cmp(const void *pa, const void *pb)
{
    int              d;
    const api_net_t *a = pa, *b = pb;

    d = api_addr_cmp(&a->addr, &b->addr);

    return d ? d : (a->bits > b->bits) - (a->bits < b->bits);
}


static void
ip_sort(api_operator_t *op)
{
    uint32_t i, n = 0;

    qsort(op->net, op->nnet, sizeof(api_net_t), ip_cmp);

    for (i = 0; i < op->nnet; i++) {
        if (n == 0 || !api_net_has(&op->net[n - 1], &op->net[i].addr)) {
            op->net[n++] = op->net[i];
        }
    }

    op->nnet = n;
}


typedef struct {
    api_operator_t            *op;
    const api_operator_make_t *m;
    uint32_t                   room;
    uint32_t                   line; /* 0: not of a file */
} ip_load_t;


static int
ip_fail(const ip_load_t *l, api_span_t item)
{
    char where[32] = "";

    if (l->line) {
        snprintf(where, sizeof(where), "line %u: ", l->line);
    }

    return api_fail(l->m->err, API_INVALID, API_OPERATOR_E_ADDRESS, 0,
        "%s\"%.*s\" is no address or network; write such as 192.0.2.7, "
        "10.0.0.0/8, 2001:db8::/32",
        where, item.len > 40 ? 40 : (int) item.len,
        item.len ? (const char *) item.data : "");
}


static int
ip_add(ip_load_t *l, api_span_t item)
{
    size_t          size = sizeof(api_net_t);
    uint32_t        room;
    api_net_t       net;
    api_net_code_t  code;
    api_operator_t *op = l->op;

    code = api_net_parse(item, &net);

    /* host bits are no mistake in ModSecurity, and the network is clear */

    if (code != API_NET_OK && code != API_NET_HOST_BITS) {
        return ip_fail(l, item);
    }

    if (op->nnet == l->room) {
        room = l->room ? l->room * 2 : 16;
        op->net =
            api_arena_grow(l->m->arena, op->net, l->room * size, room * size);
        if (op->net == NULL) {
            return api_fail(
                l->m->err, API_NOMEM, API_OPERATOR_E_NOMEM, 0, "no memory");
        }
        l->room = room;
    }

    op->net[op->nnet++] = net;

    return API_OK;
}


/* Items of a line between commas; an empty one is none. */

static int
ip_line(ip_load_t *l, api_span_t s)
{
    int        rc = API_OK;
    size_t     i, from;
    api_span_t item;

    for (i = 0, from = 0; rc == API_OK && i <= s.len; i++) {
        if (i == s.len || s.data[i] == ',') {
            item = api_operator_trim(api_span(s.data + from, i - from));
            from = i + 1;

            if (item.len) {
                rc = ip_add(l, item);
            }
        }
    }

    return rc;
}


static int
ip_done(const ip_load_t *l)
{
    if (l->op->nnet == 0) {
        return api_fail(l->m->err, API_INVALID, API_OPERATOR_E_ADDRESS, 0,
            "no address or network in it");
    }

    ip_sort(l->op);

    return API_OK;
}


int
api_operator_make_ip(api_operator_t *op, const api_operator_make_t *m)
{
    int       rc;
    ip_load_t l = { op, m, 0, 0 };

    rc = ip_line(&l, op->arg);

    return rc == API_OK ? ip_done(&l) : rc;
}


int
api_operator_make_ip_file(api_operator_t *op, const api_operator_make_t *m)
{
    int            rc;
    size_t         i, from;
    ip_load_t      l = { op, m, 0, 0 };
    api_span_t     text, line;
    const uint8_t *hash;

    rc = api_operator_read(op, m, &text);

    for (i = 0, from = 0; rc == API_OK && i <= text.len; i++) {
        if (i < text.len && text.data[i] != '\n') {
            continue;
        }

        line = api_span(text.data + from, i - from);
        from = i + 1;
        l.line++;

        hash = line.len ? memchr(line.data, '#', line.len) : NULL;
        if (hash) {
            line.len = (size_t) (hash - line.data);
        }

        rc = ip_line(&l, line);
    }

    return rc == API_OK ? ip_done(&l) : rc;
}


int
api_operator_run_ip(const api_operator_run_t *run)
{
    uint32_t              lo, hi, mid;
    api_addr_t            addr;
    const api_operator_t *op = run->op;

    if (!api_addr_parse(run->value, &addr)) {
        return 0;
    }

    for (lo = 0, hi = op->nnet; lo < hi;) {
        mid = lo + (hi - lo) / 2;

        if (api_addr_cmp(&op->net[mid].addr, &addr) <= 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }

    return lo > 0 && api_net_has(&op->net[lo - 1], &addr);
}
