#include "api_addr.h"

#include <stdio.h>


static uint64_t
api_addr_be64(const uint8_t *p)
{
    size_t   i;
    uint64_t v;

    v = 0;

    for (i = 0; i < 8; i++) {
        v = v << 8 | p[i];
    }

    return v;
}


api_addr_t
api_addr_v4(const uint8_t bytes[4])
{
    uint64_t v;

    v = (uint64_t) bytes[0] << 24 | (uint64_t) bytes[1] << 16
        | (uint64_t) bytes[2] << 8 | bytes[3];

    return (api_addr_t){ 0, v, false };
}


#define API_ADDR_MAPPED UINT64_C(0xffff) /* lo >> 32 of ::ffff:0:0/96 */

static bool
api_addr_is_mapped(uint64_t hi, uint64_t lo)
{
    return hi == 0 && lo >> 32 == API_ADDR_MAPPED;
}


api_addr_t
api_addr_v6(const uint8_t bytes[16])
{
    uint64_t hi, lo;

    hi = api_addr_be64(bytes);
    lo = api_addr_be64(bytes + 8);

    if (api_addr_is_mapped(hi, lo)) {
        return (api_addr_t){ 0, lo & UINT32_MAX, false };
    }

    return (api_addr_t){ hi, lo, true };
}


/* A number at *p without leading zeros and not above max, -1 if there is
   none; *p is moved behind it. */

static int
api_addr_number(const uint8_t **p, const uint8_t *e, int max)
{
    int            v;
    const uint8_t *s;

    v = 0;

    for (s = *p; *p < e && **p >= '0' && **p <= '9'; (*p)++) {
        v = v * 10 + (**p - '0');

        if (v > max) {
            return -1;
        }
    }

    if (*p == s || (*s == '0' && *p - s > 1)) {
        return -1;
    }

    return v;
}


/* Dotted decimal from p to the very end e. */

static bool
api_addr_dotted(const uint8_t *p, const uint8_t *e, uint8_t out[4])
{
    int i, v;

    for (i = 0; i < 4; i++) {
        if (i && (p == e || *p++ != '.')) {
            return false;
        }

        v = api_addr_number(&p, e, 255);
        if (v < 0) {
            return false;
        }

        out[i] = (uint8_t) v;
    }

    return p == e;
}


static int
api_addr_hex(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}


/* One to four hex digits at *p; -1 if there are none, or more. */

static int32_t
api_addr_group(const uint8_t **p, const uint8_t *e)
{
    int     n, d;
    int32_t v;

    v = 0;

    for (n = 0; *p < e && (d = api_addr_hex(**p)) >= 0; n++, (*p)++) {
        if (n == 4) {
            return -1;
        }

        v = v << 4 | d;
    }

    return n ? v : -1;
}


/* The groups and the place of "::" among them, in bytes. */

typedef struct {
    uint8_t bytes[16];
    size_t  n;
    size_t  gap; /* 16: none seen */
} api_addr_groups_t;

/* The group or dotted tail at *p. */

static bool
api_addr_take(api_addr_groups_t *g, const uint8_t **p, const uint8_t *e)
{
    int32_t        v;
    const uint8_t *s;

    s = *p;
    v = api_addr_group(p, e);

    if (*p < e && **p == '.') {
        if (g->n > 12 || !api_addr_dotted(s, e, g->bytes + g->n)) {
            return false;
        }

        g->n += 4;
        *p = e;

        return true;
    }

    if (v < 0 || g->n == 16) {
        return false;
    }

    g->bytes[g->n++] = (uint8_t) (v >> 8);
    g->bytes[g->n++] = (uint8_t) v;

    return true;
}


static bool
api_addr_colons(api_span_t text, uint8_t out[16])
{
    size_t            tail;
    const uint8_t    *p, *e;
    api_addr_groups_t g = { { 0 }, 0, 16 };

    p = text.data;
    e = p + text.len;

    if (text.len >= 2 && p[0] == ':' && p[1] == ':') {
        g.gap = 0;
        p += 2;
    }

    while (p < e) {
        if (!api_addr_take(&g, &p, e)) {
            return false;
        }

        if (p == e) {
            break;
        }

        if (*p++ != ':' || p == e) {
            return false;
        }

        if (*p == ':') {
            if (g.gap != 16) {
                return false;
            }

            g.gap = g.n;
            p++;
        }
    }

    /* "::" stands for one group at least */

    if (g.gap == 16 ? g.n != 16 : g.n > 14) {
        return false;
    }

    memset(out, 0, 16);
    tail = g.gap == 16 ? 0 : g.n - g.gap;
    memcpy(out, g.bytes, g.n - tail);
    memcpy(out + 16 - tail, g.bytes + g.n - tail, tail);

    return true;
}


bool
api_addr_parse(api_span_t text, api_addr_t *addr)
{
    uint8_t b[16];

    if (text.len < 2 || text.len > 45) {
        return false;
    }

    if (memchr(text.data, ':', text.len)) {
        if (!api_addr_colons(text, b)) {
            return false;
        }

        *addr = api_addr_v6(b);
        return true;
    }

    if (!api_addr_dotted(text.data, text.data + text.len, b)) {
        return false;
    }

    *addr = api_addr_v4(b);

    return true;
}


/* The bits behind a prefix, as a mask. */

static void
api_net_hostmask(const api_net_t *net, uint64_t *hi, uint64_t *lo)
{
    unsigned n;

    n = (net->addr.v6 ? 128u : 32u) - net->bits;

    *hi = n <= 64 ? 0 : n == 128 ? UINT64_MAX : (UINT64_C(1) << (n - 64)) - 1;
    *lo = n >= 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
}


api_net_code_t
api_net_parse(api_span_t text, api_net_t *net)
{
    int            bits, max;
    bool           mapped;
    uint64_t       hi, lo;
    api_span_t     head;
    const uint8_t *p, *e;

    if (text.len == 0) {
        return API_NET_ADDRESS;
    }

    p = memchr(text.data, '/', text.len);
    e = text.data + text.len;

    head = p ? api_span(text.data, (size_t) (p - text.data)) : text;

    if (!api_addr_parse(head, &net->addr)) {
        return API_NET_ADDRESS;
    }

    max = net->addr.v6 ? 128 : 32;
    net->bits = (uint8_t) max;

    if (p == NULL) {
        return API_NET_OK;
    }

    mapped = !net->addr.v6 && memchr(head.data, ':', head.len);

    p++;
    bits = api_addr_number(&p, e, mapped ? 128 : max);

    if (mapped) {
        bits -= 96;
    }

    if (bits < 0 || p != e) {
        return API_NET_BITS;
    }

    net->bits = (uint8_t) bits;
    api_net_hostmask(net, &hi, &lo);

    if (net->addr.hi & hi || net->addr.lo & lo) {
        net->addr.hi &= ~hi;
        net->addr.lo &= ~lo;

        return API_NET_HOST_BITS;
    }

    return API_NET_OK;
}


int
api_addr_cmp(const api_addr_t *a, const api_addr_t *b)
{
    if (a->v6 != b->v6) {
        return a->v6 ? 1 : -1;
    }

    if (a->hi != b->hi) {
        return a->hi < b->hi ? -1 : 1;
    }

    return a->lo == b->lo ? 0 : a->lo < b->lo ? -1 : 1;
}


api_addr_t
api_net_last(const api_net_t *net)
{
    uint64_t hi, lo;

    api_net_hostmask(net, &hi, &lo);

    if (!net->addr.v6) {
        hi = 0;
    }

    return (api_addr_t){ net->addr.hi | hi, net->addr.lo | lo, net->addr.v6 };
}


bool
api_net_has(const api_net_t *net, const api_addr_t *addr)
{
    api_addr_t last;

    last = api_net_last(net);

    return addr->v6 == net->addr.v6 && api_addr_cmp(addr, &net->addr) >= 0
           && api_addr_cmp(addr, &last) <= 0;
}


static unsigned
api_addr_nth(const api_addr_t *a, unsigned i)
{
    return (unsigned) ((i < 4 ? a->hi : a->lo) >> (48 - i % 4 * 16) & 0xffff);
}


/* The longest run of two or more zero groups, the first of equals. */

static unsigned
api_addr_zeros(const api_addr_t *a, unsigned *len)
{
    unsigned i, n, best;

    best = 8;
    *len = 1;

    for (i = 0; i < 8; i += n + 1) {
        for (n = 0; i + n < 8 && api_addr_nth(a, i + n) == 0; n++) {
            /* void */
        }

        if (n > *len) {
            best = i;
            *len = n;
        }
    }

    return best;
}


size_t
api_addr_print(const api_addr_t *addr, char out[API_ADDR_TEXT])
{
    size_t   pos;
    unsigned i, gap, len;

    if (!addr->v6) {
        return (size_t) snprintf(out, API_ADDR_TEXT, "%u.%u.%u.%u",
            (unsigned) (addr->lo >> 24 & 255),
            (unsigned) (addr->lo >> 16 & 255),
            (unsigned) (addr->lo >> 8 & 255), (unsigned) (addr->lo & 255));
    }

    pos = 0;
    gap = api_addr_zeros(addr, &len);

    for (i = 0; i < 8; i++) {
        if (i == gap) {
            pos += (size_t) snprintf(out + pos, API_ADDR_TEXT - pos, "::");
            i += len - 1;
            continue;
        }

        pos += (size_t) snprintf(out + pos, API_ADDR_TEXT - pos, "%s%x",
            i && i != gap + len ? ":" : "", api_addr_nth(addr, i));
    }

    return pos;
}


size_t
api_net_print(const api_net_t *net, char out[API_NET_TEXT])
{
    size_t n;

    n = api_addr_print(&net->addr, out);

    return n + (size_t) snprintf(out + n, API_NET_TEXT - n, "/%u", net->bits);
}
