#include "api_operator_int.h"
#include "api_pattern.h"
#include "api_sqli.h"
#include "api_xss.h"


/*
 * What a value must have for an operator to match it, as triggers.
 *
 * Each match of a pattern has at least one byte of each SET of its tree that
 * is not optional.  The one whose bytes are rarest in what people send is the
 * gate: for `(?:;|\||&)\s*ls\b` it is ; | and &.
 */

typedef struct {
    api_trigger_t mask;
    uint32_t      cost; /* how many values will have it; NEVER: no gate */
} operator_gate_t;

#define GATE_NONE UINT32_MAX
#define GATE_PAIR 5

static const struct {
    api_trigger_t trigger;
    uint32_t      cost;
} operator_costs[] = {
    { API_TRIG_LOWER, 1000 },
    { API_TRIG_UPPER, 500 },
    { API_TRIG_DIGIT, 500 },
    { API_TRIG_SPACE, 400 },
    { API_TRIG_UNDER, 200 },
    { API_TRIG_DOT, 200 },
    { API_TRIG_DASH, 200 },
    { API_TRIG_SLASH, 100 },
    { API_TRIG_COMMA, 100 },
    { API_TRIG_SEMICOLON, 30 },
    { API_TRIG_COLON, 60 },
    { API_TRIG_HIGH, 50 },
    { API_TRIG_QUOTE, 40 },
    { API_TRIG_EQUALS, 40 },
    { API_TRIG_PUNCT, 40 },
    { API_TRIG_PAREN, 30 },
    { API_TRIG_PERCENT, 20 },
    { API_TRIG_PLUS, 20 },
    { API_TRIG_AMP, 20 },
    { API_TRIG_BRACE, 20 },
};


static uint32_t
operator_cost(api_trigger_t mask)
{
    size_t   i;
    uint32_t cost;

    cost = 1;

    for (i = 0; i < sizeof(operator_costs) / sizeof(operator_costs[0]); i++) {
        if (mask & operator_costs[i].trigger) {
            cost += operator_costs[i].cost;
        }
    }

    return cost;
}


static api_trigger_t
operator_byte(unsigned c)
{
    uint8_t byte;

    byte = (uint8_t) c;

    return api_transform_triggers(api_span(&byte, 1)) & API_TRIG_CHARS;
}


static operator_gate_t
operator_set(const api_byteset_t *set)
{
    unsigned        c;
    operator_gate_t g = { 0, 0 };

    for (c = 0; c < 256; c++) {
        if (api_byteset_has(set, c)) {
            g.mask |= operator_byte(c);
        }
    }

    g.cost = operator_cost(g.mask);

    return g;
}


/* Two neighbours that have a trigger as a pair: the dots of ../ */

static operator_gate_t
operator_pair(const api_pattern_t *a, const api_pattern_t *b)
{
    uint8_t         byte[2];
    unsigned        c;
    operator_gate_t g = { 0, GATE_NONE };

    if (b == NULL || a->kind != API_PATTERN_SET || b->kind != API_PATTERN_SET
        || api_byteset_count(&a->set) != 1 || api_byteset_count(&b->set) != 1)
    {
        return g;
    }

    byte[0] = 0;
    byte[1] = 0;

    for (c = 0; c < 256; c++) {
        byte[0] = api_byteset_has(&a->set, c) ? (uint8_t) c : byte[0];
        byte[1] = api_byteset_has(&b->set, c) ? (uint8_t) c : byte[1];
    }

    g.mask = api_transform_triggers(api_span(byte, 2)) & API_TRIG_PAIRS;
    g.cost = g.mask ? GATE_PAIR : GATE_NONE;

    return g;
}


/* A tree is at most API_PATTERN_DEPTH deep. */

static operator_gate_t
operator_gate(const api_pattern_t *tree)
{
    operator_gate_t      g, best = { 0, GATE_NONE };
    const api_pattern_t *child;

    switch (tree->kind) {
    case API_PATTERN_SET:
        return operator_set(&tree->set);

    case API_PATTERN_REP:
        return tree->min ? operator_gate(tree->first) : best;

    case API_PATTERN_CAT:
        for (child = tree->first; child; child = child->next) {
            g = operator_gate(child);
            best = g.cost < best.cost ? g : best;
            g = operator_pair(child, child->next);
            best = g.cost < best.cost ? g : best;
        }

        return best;

    case API_PATTERN_ALT:
        best.cost = 0;

        for (child = tree->first; child; child = child->next) {
            g = operator_gate(child);

            if (g.cost == GATE_NONE) {
                return g;
            }

            best.mask |= g.mask;
        }

        best.cost = operator_cost(best.mask);

        return best;

    default:
        return best;
    }
}


static api_trigger_t
operator_rx_triggers(const api_operator_t *op, api_arena_t *arena)
{
    api_pattern_t   *tree;
    operator_gate_t  g;
    api_arena_mark_t mark;

    mark = api_arena_mark(arena);
    g.cost = GATE_NONE;

    if (!op->macro
        && api_pattern_parse(&tree, op->arg, 0, arena, NULL) == API_OK) {
        g = operator_gate(tree);
    }

    api_arena_rewind(arena, mark);

    return g.cost == GATE_NONE || g.mask == 0 ? API_TRIG_ALWAYS : g.mask;
}


/* A value has a byte that is not in the range only if it has the trigger of
   that byte. */

static api_trigger_t
operator_range_triggers(const api_operator_t *op)
{
    unsigned      c;
    api_trigger_t mask;

    mask = 0;

    for (c = 0; c < 256; c++) {
        if ((op->bytes[c / 32] >> (c % 32) & 1) == 0) {
            mask |= operator_byte(c);
        }
    }

    return mask;
}


api_trigger_t
api_operator_triggers(const api_operator_t *op, api_arena_t *arena)
{
    switch (op->id) {
    case API_OPERATOR_RX:
        return operator_rx_triggers(op, arena);

    case API_OPERATOR_BYTE_RANGE:
        return operator_range_triggers(op);

    case API_OPERATOR_SQLI:
        return API_SQLI_TRIGGERS;

    case API_OPERATOR_XSS:
        return API_XSS_TRIGGERS;

    case API_OPERATOR_URL_ENCODING:
        return API_TRIG_PERCENT;

    default:
        return API_TRIG_ALWAYS;
    }
}
