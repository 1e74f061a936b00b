#include "api_literals.h"


/*
 * Minus the binary logarithm, in eighths, of how often a byte (in lower case)
 * stands in the text of requests: names, numbers, words, a little JSON.
 */

static const uint8_t literals_rarity[256] = {
    ['\t'] = 72,
    ['\n'] = 64,
    ['\r'] = 68,
    [' '] = 29,
    ['!'] = 76,
    ['"'] = 64,
    ['#'] = 80,
    ['$'] = 80,
    ['%'] = 68,
    ['&'] = 68,
    ['\''] = 68,
    ['('] = 68,
    [')'] = 68,
    ['*'] = 76,
    ['+'] = 68,
    [','] = 52,
    ['-'] = 44,
    ['.'] = 44,
    ['/'] = 48,
    ['0'] = 38,
    ['1'] = 39,
    ['2'] = 41,
    ['3'] = 44,
    ['4'] = 44,
    ['5'] = 44,
    ['6'] = 46,
    ['7'] = 47,
    ['8'] = 46,
    ['9'] = 46,
    [':'] = 54,
    [';'] = 68,
    ['<'] = 76,
    ['='] = 56,
    ['>'] = 76,
    ['?'] = 70,
    ['@'] = 68,
    ['['] = 72,
    ['\\'] = 76,
    [']'] = 72,
    ['^'] = 86,
    ['_'] = 46,
    ['`'] = 80,
    ['{'] = 72,
    ['|'] = 78,
    ['}'] = 72,
    ['~'] = 84,
    ['a'] = 32,
    ['b'] = 50,
    ['c'] = 42,
    ['d'] = 40,
    ['e'] = 29,
    ['f'] = 48,
    ['g'] = 49,
    ['h'] = 43,
    ['i'] = 33,
    ['j'] = 70,
    ['k'] = 56,
    ['l'] = 40,
    ['m'] = 43,
    ['n'] = 34,
    ['o'] = 34,
    ['p'] = 46,
    ['q'] = 76,
    ['r'] = 35,
    ['s'] = 35,
    ['t'] = 32,
    ['u'] = 44,
    ['v'] = 56,
    ['w'] = 50,
    ['x'] = 64,
    ['y'] = 48,
    ['z'] = 72,
};


static unsigned
literals_bits(uint8_t c)
{
    return literals_rarity[c] != 0 ? literals_rarity[c] : 88;
}


double
api_literals_chance(api_span_t literal)
{
    size_t   i;
    double   chance;
    unsigned bits;

    for (i = 0, bits = 0; i < literal.len; i++) {
        bits += literals_bits(literal.data[i]);
    }

    for (chance = 1.0; bits >= 8 && chance > 1e-15; bits -= 8) {
        chance /= 2;
    }

    return chance;
}


api_span_t
api_literals_rarest(api_span_t literal, size_t len)
{
    size_t   i, best;
    unsigned bits, most;

    if (literal.len <= len) {
        return literal;
    }

    for (i = 0, bits = 0; i < len; i++) {
        bits += literals_bits(literal.data[i]);
    }

    for (best = 0, most = bits; i < literal.len; i++) {
        bits += literals_bits(literal.data[i]);
        bits -= literals_bits(literal.data[i - len]);

        if (bits > most) {
            most = bits;
            best = i - len + 1;
        }
    }

    return api_span(literal.data + best, len);
}
