#include "api_sqli_int.h"
#include "api_words.h"

/*
 * Before any reading: which types could the tokens of a value have, in
 * whichever context, and is there a form of these alone?  Each byte is looked
 * at once.  What says more than a reading would (words in comments and
 * strings, calls of what is no function) costs the reading; nothing that one
 * finds is missed.
 */

typedef enum {
    GATE_PLAIN = 0,
    GATE_WORD = API_SQLI_GATE_WORD,
    GATE_QUOTE,
    GATE_COMPARE,
    GATE_SEMICOLON,
    GATE_OPEN,
    GATE_TWICE, /* means something where two of it stand: && || -- */
    GATE_SLASH,
    GATE_MYSQL, /* # and \\ are others to MySQL */
    GATE_NAME,  /* begins a name in brackets */
    GATE_AT,
    GATE_STAR,
    GATE_FLIP
} gate_kind_t;

#define W8 1, 1, 1, 1, 1, 1, 1, 1
#define W32 W8, W8, W8, W8

/* clang-format off */

const uint8_t api_sqli_gate_kind[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, GATE_FLIP, GATE_QUOTE, GATE_MYSQL, 1, 0, GATE_TWICE, GATE_QUOTE,
    GATE_OPEN, 0, GATE_STAR, 0, 0, GATE_TWICE, 0, GATE_SLASH,
    W8, 1, 1, 0, GATE_SEMICOLON, GATE_COMPARE, GATE_COMPARE, GATE_COMPARE,
    GATE_COMPARE,
    GATE_AT, 1, 1, 1, 1, 1, 1, 1, W8, W8, 1, 1, 1, GATE_NAME, GATE_MYSQL,
    0, 0, 1,
    GATE_NAME, 1, 1, 1, 1, 1, 1, 1, W8, W8, 1, 1, 1, GATE_OPEN, GATE_TWICE, 0,
    GATE_FLIP, 0,
    W32, 0, 1, 1, 1, 1, 1, 1, 1, W8, W8, W8, W32, W32
};

/* clang-format on */

#define G SQ_BIT


void
api_sqli_gate_init(api_sqli_gate_t *g, api_span_t value)
{
    g->begin = value.data;
    g->p = value.data;
    g->end = value.data + value.len;
    g->types = 0;
    g->open = false;
    g->mysql = false;
    g->flip = false;
    g->dollar = value.len > 0 && memchr(value.data, '$', value.len) != NULL;
    g->quotes = 0;
}


/* The types of a word, with the next one where it is the first of two. */

static void
gate_word_type(api_sqli_gate_t *g, api_span_t word)
{
    api_sqli_type_t type;
    const uint8_t  *p, *from;

    type = api_sqli_word(word);

    if (type == SQ_W_FIRST) {
        p = word.data + word.len;

        while (p < g->end && api_sqli_blank(*p)) {
            p++;
        }

        for (from = p; p < g->end && api_sqli_word_byte(*p); p++) {
            /* void */
        }

        type = api_sqli_words(word, api_span(from, (size_t) (p - from)));
    }

    g->types |= UINT64_C(1) << type;

    if (type == SQ_NAME && api_sqli_dangerous(word)) {
        g->types |= G(CATALOG);
    }
}


/* Digits, exponents and the like may end at any byte: what follows is a word
   then. */

static void
gate_number(api_sqli_gate_t *g, const uint8_t *p, const uint8_t *to)
{
    g->types |= G(NUMBER);

    for (/* void */; p < to; p++) {
        if (*p == '$') {
            g->types |= G(STRING); /* $tag$...$tag$ */

        } else if (api_sqli_letter_byte(*p)) {
            gate_word_type(g, api_span(p, (size_t) (to - p)));
        }
    }
}


/* Behind a number that ends in a dot. */

static bool
gate_broken(const api_sqli_gate_t *g, const uint8_t *p)
{
    return p - g->begin >= 2 && p[-1] == '.'
           && (p[-2] == '.' || api_sqli_digit(p[-2]));
}


/* $tag$...$tag$ may end within a run, and what follows is a word then. */

static void
gate_dollar(api_sqli_gate_t *g, const uint8_t *p, const uint8_t *to)
{
    for (/* void */; p + 1 < to; p++) {
        if (*p == '$' && p[1] != '$') {
            gate_number(g, p + 1, to);
            return;
        }
    }
}


/* What is behind a run of word bytes matters as well. */

static void
gate_run(api_sqli_gate_t *g, const uint8_t *from, const uint8_t *to)
{
    if (!api_sqli_letter_byte(*from) || gate_broken(g, from)) {
        gate_number(g, from, to);

    } else {
        gate_word_type(g, api_span(from, (size_t) (to - from)));

        if (g->dollar) {
            gate_dollar(g, from, to);
        }
    }

    if (to < g->end && *to == '(') {
        g->types |= G(CALL);
        g->types |= g->types & G(W_DANGER) ? G(DANGER) : 0;
    }
}


/* Words that are common in texts. */

#define GATE_LIGHT                                                            \
    (LOGIC | G(COMPARE) | G(ARITH) | G(NAME) | G(FROM) | G(WHERE) | G(SET)    \
        | G(KEYWORD) | G(FILLER) | G(NOT) | G(W_FUNCTION))

/* Nothing but one of these, or a name, as most are: done with it. */

static inline bool
gate_light(api_sqli_gate_t *g, const uint8_t *from, const uint8_t *to)
{
    unsigned   type;
    api_span_t word;

    word = api_span(from, (size_t) (to - from));

    if (!api_sqli_letter_byte(*from) || (to < g->end && *to == '(')
        || (from > g->begin && from[-1] == '.')
        || (g->dollar && memchr(from, '$', word.len) != NULL)
        || api_sqli_perhaps_dangerous(word))
    {
        return false;
    }

    type = api_sqli_guess(word);

    if (!(GATE_LIGHT >> type & 1)) {
        return false;
    }

    g->types |= UINT64_C(1) << type;

    return true;
}


/* The top bit of each of eight bytes that is no letter of ASCII; and how many
   bytes stand before the first of those. */

static inline uint64_t
gate_others(const uint8_t *p)
{
    uint64_t w = api_words_eight(p), x;

    x = (w | API_WORDS_EACH(0x20)) & ~API_WORDS_TOPS;

    return ~((x + API_WORDS_EACH(0x80 - 'a'))
               & ~(x + API_WORDS_EACH(0x7f - 'z')) & ~w)
           & API_WORDS_TOPS;
}


static inline unsigned
gate_first(uint64_t tops)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (unsigned) __builtin_ctzll(tops) / 8;
#else
    return (unsigned) __builtin_clzll(tops) / 8;
#endif
}


/* Behind a run of word bytes. */

static inline const uint8_t *
gate_run_end(const uint8_t *p, const uint8_t *end)
{
    uint64_t others;

    while (end - p >= API_WORDS_SIZE) {
        others = gate_others(p);

        if (others == 0) {
            p += API_WORDS_SIZE;
            continue;
        }

        p += gate_first(others);

        if (api_sqli_gate_kind[*p] != GATE_WORD) {
            return p;
        }

        p++; /* no letter, but _ or a digit */
    }

    while (p < end && api_sqli_gate_kind[*p] == GATE_WORD) {
        p++;
    }

    return p;
}


/* Two of a byte, and what else means something behind one. */

static void
gate_twice(api_sqli_gate_t *g, const uint8_t *p)
{
    uint8_t c = *p;

    if (g->end - p < 2) {
        return;
    }

    if (c == '/') {
        if (p[1] == '*') {
            g->types |= G(COMMENT);
            g->types |= g->end - p > 2 && p[2] == '!' ? G(SPECIAL) : 0;
        }

    } else if (p[1] == c) {
        g->types |= c == '&'   ? G(LOGIC)
                    : c == '|' ? G(CONCAT)
                    : c == '-' ? G(COMMENT)
                               : G(CATALOG); /* @@ */
        g->mysql |= c == '-';
    }
}


static void
gate_mark(api_sqli_gate_t *g, const uint8_t *p, gate_kind_t kind)
{
    uint8_t c;

    c = *p;

    switch (kind) {
    case GATE_QUOTE:
        g->types |= G(STRING);
        g->quotes |= c == '"' ? 1 << API_SQLI_DOUBLE : 1 << API_SQLI_SINGLE;
        break;

    case GATE_COMPARE:
        g->types |= G(COMPARE);
        break;

    case GATE_SEMICOLON:
        g->types |= G(SEMICOLON);
        break;

    case GATE_OPEN:
        g->open = true;
        break;

    case GATE_MYSQL:
        g->types |= c == '#' ? G(COMMENT) : 0;
        g->mysql = true;
        break;

    case GATE_NAME:
        g->types |= G(CATALOG);
        break;

    case GATE_AT:
        g->types |= G(VARIABLE) | G(COMPARE);
        gate_twice(g, p);
        break;

    case GATE_STAR:
        g->types |= G(NUMBER); /* of all columns */
        break;

    case GATE_FLIP:
        g->flip = true;
        g->types |= c == '~' ? G(COMPARE) : 0;
        break;

    default: /* GATE_TWICE, GATE_SLASH */
        gate_twice(g, p);
        break;
    }
}


bool
api_sqli_gate_more(api_sqli_gate_t *g, size_t bytes)
{
    uint8_t        kind;
    const uint8_t *p, *from, *end, *pause;

    end = g->end;
    pause = (size_t) (end - g->p) > bytes ? g->p + bytes : end;

    for (p = g->p; p < pause;) {
        kind = api_sqli_gate_kind[*p];

        if (kind == GATE_WORD) {
            from = p;
            p = gate_run_end(p + 1, end);

            if (!gate_light(g, from, p)) {
                gate_run(g, from, p);
            }

            continue;
        }

        if (kind != GATE_PLAIN) {
            gate_mark(g, p, (gate_kind_t) kind);
        }

        p++;
    }

    g->p = p;

    return p < end;
}


/* What types become together. */

uint64_t
api_sqli_gate_types(const api_sqli_gate_t *g)
{
    uint64_t types;

    types = g->types | G(NAME) | G(ARITH) | G(COMMA) | G(PUNCT) | G(END);

    if (g->open) {
        types |= types & (G(W_FUNCTION) | G(W_DANGER)) ? G(FUNCTION) : 0;
        types |= types & G(SELECT) ? G(SUBSELECT) : 0;
    }

    if (g->flip && types & G(NUMBER)) {
        types |= G(VARIABLE); /* ~0 */
    }

    if (types & G(UNION) && types & G(KEYWORD)) {
        types |= G(SELECT) | (g->open ? G(SUBSELECT) : 0); /* TABLE name */
    }

    return types;
}
