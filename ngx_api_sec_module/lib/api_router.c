#include "api_router_int.h"

#include "api_percent.h"


/* A multiplicative hash of 8 bytes at a time: the tables are the operator's,
   a stranger can only look up. */

uint32_t
api_router_hash(const uint8_t *p, size_t len)
{
    uint64_t h, x;

    h = 0x9e3779b97f4a7c15u ^ len;

    for (; len >= 8; p += 8, len -= 8) {
        memcpy(&x, p, 8);
        h = (h ^ x) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }

    for (x = 0; len; len--) {
        x = x << 8 | p[len - 1];
    }

    h = (h ^ x) * 0xff51afd7ed558ccdu;

    return (uint32_t) (h ^ h >> 32);
}


api_router_slot_t *
api_router_slot(const api_router_node_t *node, const uint8_t *p, uint32_t len,
    uint32_t hash)
{
    uint32_t           i;
    api_router_slot_t *s;

    for (i = hash & node->mask;; i = (i + 1) & node->mask) {
        s = &node->slots[i];

        if (s->text == NULL
            || (s->hash == hash && s->len == len
                && memcmp(s->text, p, len) == 0))
        {
            return s;
        }
    }
}


/* First place of lit in s that leaves a byte before it, or NULL. */

static const uint8_t *
api_router_place(api_span_t s, api_span_t lit)
{
    const uint8_t *p, *last;

    if (s.len < lit.len + 1) {
        return NULL;
    }

    last = s.data + (s.len - lit.len);

    for (p = s.data + 1; p <= last; p++) {
        if (memcmp(p, lit.data, lit.len) == 0) {
            return p;
        }
    }

    return NULL;
}


bool
api_router_fits(
    const api_router_mixed_t *mixed, api_span_t raw, api_span_t *value)
{
    uint32_t       i;
    api_span_t     lit;
    const uint8_t *p;

    if (raw.len < mixed->len + mixed->n) {
        return false;
    }

    lit = mixed->lit[0];

    if (lit.len && memcmp(raw.data, lit.data, lit.len) != 0) {
        return false;
    }

    raw = api_span(raw.data + lit.len, raw.len - lit.len);
    lit = mixed->lit[mixed->n];

    if (lit.len
        && memcmp(raw.data + raw.len - lit.len, lit.data, lit.len) != 0) {
        return false;
    }

    raw.len -= lit.len;

    for (i = 1; i < mixed->n; i++) {
        lit = mixed->lit[i];
        p = api_router_place(raw, lit);

        if (p == NULL) {
            return false;
        }

        value[i - 1] = api_span(raw.data, (size_t) (p - raw.data));
        raw.len -= value[i - 1].len + lit.len;
        raw.data = p + lit.len;
    }

    value[i - 1] = raw;

    return raw.len > 0;
}


/* What is still to be tried at a segment. */

typedef struct {
    const api_router_node_t  *node;
    const api_router_mixed_t *mixed;   /* next one to try */
    uint32_t                  nvalues; /* before this segment */
    uint8_t                   stage;   /* 0 literal, 1 mixed, 2 parameter */
} api_router_frame_t;


static const api_router_node_t *
api_router_literal(const api_router_node_t *node, api_span_t raw, bool decoded)
{
    uint8_t  buf[API_ROUTER_MAX_LITERAL * 3];
    unsigned flags;

    if (node->slots == NULL) {
        return NULL;
    }

    if (!decoded && raw.len && memchr(raw.data, '%', raw.len)) {
        if (raw.len > sizeof(buf)) {
            return NULL;
        }

        flags = 0;
        raw = api_span(buf, api_percent_decode(raw, 0, buf, &flags));
    }

    if (raw.len > API_ROUTER_MAX_LITERAL) {
        return NULL;
    }

    return api_router_slot(
        node, raw.data, (uint32_t) raw.len, api_router_hash(raw.data, raw.len))
        ->node;
}


/* The next branch of the frame that the segment may take, or NULL. */

static const api_router_node_t *
api_router_step(api_router_frame_t *f, api_span_t raw, bool decoded,
    api_router_match_t *match)
{
    const api_router_node_t  *next;
    const api_router_mixed_t *m;

    match->nvalues = f->nvalues;

    if (f->stage == 0) {
        f->stage = 1;
        f->mixed = f->node->mixed;
        next = api_router_literal(f->node, raw, decoded);

        if (next) {
            return next;
        }
    }

    if (f->stage == 1) {
        while (f->mixed) {
            m = f->mixed;
            f->mixed = m->next;

            if (api_router_fits(m, raw, &match->value[f->nvalues])) {
                match->nvalues += m->n;
                return m->node;
            }
        }

        f->stage = 2;
    }

    if (f->stage == 2) {
        f->stage = 3;

        if (f->node->param && raw.len) {
            match->value[match->nvalues++] = raw;
            return f->node->param;
        }
    }

    return NULL;
}


bool
api_router_choose(const api_router_t *router, const api_path_t *path,
    api_router_accept_t accept, void *ctx, api_router_match_t *match)
{
    bool                     decoded;
    uint32_t                 d;
    api_router_match_t       refused;
    const api_router_node_t *next;
    api_router_frame_t       frame[API_ROUTER_MAX_SEGMENTS];

    match->route = refused.route = API_ROUTER_NONE;
    match->nvalues = 0;

    if (path->nseg == 0 || path->nseg > router->depth
        || (path->flags & API_PATH_F_DISAGREE))
    {
        return false;
    }

    decoded = path->flags & API_PATH_F_DECODED;
    d = 0;
    frame[0] = (api_router_frame_t){ router->root, NULL, 0, 0 };

    for (;;) {
        next = api_router_step(&frame[d], path->seg[d], decoded, match);

        if (next == NULL) {
            if (d-- == 0) {
                break;
            }

            continue;
        }

        if (d + 1 < path->nseg) {
            frame[++d] = (api_router_frame_t){ next, NULL, match->nvalues, 0 };
            continue;
        }

        if (next->route == API_ROUTER_NONE) {
            continue;
        }

        match->route = next->route;

        if (accept == NULL || accept(ctx, next->route)) {
            return true;
        }

        if (refused.route == API_ROUTER_NONE) {
            refused = *match;
        }
    }

    match->route = refused.route;

    if (refused.route != API_ROUTER_NONE) {
        *match = refused;
    }

    return false;
}


bool
api_router_match(const api_router_t *router, const api_path_t *path,
    api_router_match_t *match)
{
    return api_router_choose(router, path, NULL, NULL, match);
}


api_router_stat_t
api_router_stat(const api_router_t *router)
{
    return (api_router_stat_t){ router->nodes,
        sizeof(*router) + router->arena.held };
}
