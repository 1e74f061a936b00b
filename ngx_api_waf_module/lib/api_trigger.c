#include "api_transform.h"
#include "api_words.h"


/*
 * One word a byte value: what it is (bits 0-34), what it may be the second of
 * (40-47), and what the first of (48-55), so that the pairs of two neighbours
 * come out of one shift and one AND.
 */

#define FIRST(trig) ((trig) << 8)

#define BLANK (FIRST(API_TRIG_BLANK2) | API_TRIG_BLANK2)

#define CONTROL API_TRIG_CONTROL
#define C4 CONTROL, CONTROL, CONTROL, CONTROL
#define WHITE (API_TRIG_WHITE | BLANK)
#define DIGIT API_TRIG_DIGIT
#define D5 DIGIT, DIGIT, DIGIT, DIGIT, DIGIT
#define UPPER API_TRIG_UPPER
#define U13                                                                   \
    UPPER, UPPER, UPPER, UPPER, UPPER, UPPER, UPPER, UPPER, UPPER, UPPER,     \
        UPPER, UPPER, UPPER
#define LOWER API_TRIG_LOWER
#define L13                                                                   \
    LOWER, LOWER, LOWER, LOWER, LOWER, LOWER, LOWER, LOWER, LOWER, LOWER,     \
        LOWER, LOWER, LOWER
#define HIGH API_TRIG_HIGH
#define H8 HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH
#define H32 H8, H8, H8, H8

#define SPACE (API_TRIG_SPACE | BLANK | FIRST(API_TRIG_SPACE_ARG))
#define PAREN_OPEN (API_TRIG_PAREN | API_TRIG_SPACE_ARG)
#define STAR (API_TRIG_STAR | API_TRIG_OPEN | FIRST(API_TRIG_CLOSE))
#define DASH (API_TRIG_DASH | API_TRIG_DASH2 | FIRST(API_TRIG_DASH2))
#define DOT                                                                   \
    (API_TRIG_DOT | FIRST(API_TRIG_PATH) | FIRST(API_TRIG_DOTS)               \
        | API_TRIG_DOTS)
#define SLASH                                                                 \
    (API_TRIG_SLASH | API_TRIG_PATH | FIRST(API_TRIG_PATH) | API_TRIG_CLOSE   \
        | FIRST(API_TRIG_OPEN) | API_TRIG_SPACE_ARG)

/* clang-format off */

static const api_trigger_t api_trigger_bytes[256] = {
    API_TRIG_NUL, C4, C4,                                       /* 00-08 */
    WHITE, WHITE, WHITE, WHITE, WHITE,                          /* 09-0d */
    C4, C4, C4, C4, CONTROL, CONTROL,                           /* 0e-1f */
    SPACE, API_TRIG_PUNCT, API_TRIG_QUOTE, API_TRIG_HASH,       /* sp ! " # */
    API_TRIG_DOLLAR, API_TRIG_PERCENT, API_TRIG_AMP, API_TRIG_QUOTE,
    PAREN_OPEN, API_TRIG_PAREN, STAR, API_TRIG_PLUS,            /* ( ) * + */
    API_TRIG_COMMA, DASH, DOT, SLASH,                           /* , - . / */
    D5, D5,
    API_TRIG_COLON, API_TRIG_SEMICOLON, API_TRIG_ANGLE, API_TRIG_EQUALS,
    API_TRIG_ANGLE, API_TRIG_PUNCT, API_TRIG_PUNCT,             /* > ? @ */
    U13, U13,
    API_TRIG_BRACE, API_TRIG_BACKSLASH, API_TRIG_BRACE, API_TRIG_CARET,
    API_TRIG_UNDER, API_TRIG_BACKQUOTE,                         /* _ ` */
    L13, L13,
    API_TRIG_BRACE, API_TRIG_PIPE, API_TRIG_BRACE, API_TRIG_PUNCT,
    CONTROL,
    H32, H32, H32, H32
};

/* clang-format on */

#define API_TRIGGER_SINGLE (API_TRIG(35) - 1)
#define API_TRIGGER_PAIRS (API_TRIG(48) - API_TRIG(40))


#if API_WORDS_SSE2

/*
 * Sixteen bytes at a time.  Letters, digits, blanks and what is above ASCII
 * are told by comparing; of these only two blanks are a pair.  The others, few
 * in most values, are looked up one by one.
 */

typedef struct {
    __m128i       lower;
    __m128i       upper;
    __m128i       digit;
    __m128i       space;
    __m128i       pairs;
    __m128i       high; /* in the top bits */
    api_trigger_t rest;
} trigger_seen_t;


static inline api_trigger_t
trigger_any(__m128i x, api_trigger_t trigger)
{
    return _mm_movemask_epi8(x) != 0 ? trigger : 0;
}


static inline __m128i
trigger_blank(__m128i x)
{
    return _mm_or_si128(api_words_is(x, ' '), api_words_range(x, '\t', 5));
}


/* Neighbours in x; y has for each byte the one before it. */

static api_trigger_t
trigger_pairs(__m128i x, __m128i y)
{
    __m128i twins, slash, path, dots, args;

    twins = _mm_cmpeq_epi8(x, y);
    slash = api_words_is(x, '/');
    dots = _mm_or_si128(api_words_is(y, '/'), api_words_is(y, '.'));
    path = _mm_and_si128(slash, dots);
    args = _mm_and_si128(
        api_words_is(y, ' '), _mm_or_si128(slash, api_words_is(x, '(')));

    return trigger_any(path, API_TRIG_PATH)
           | trigger_any(args, API_TRIG_SPACE_ARG)
           | trigger_any(
               _mm_and_si128(api_words_is(x, '*'), api_words_is(y, '/')),
               API_TRIG_OPEN)
           | trigger_any(
               _mm_and_si128(slash, api_words_is(y, '*')), API_TRIG_CLOSE)
           | trigger_any(_mm_and_si128(trigger_blank(x), trigger_blank(y)),
               API_TRIG_BLANK2)
           | trigger_any(
               _mm_and_si128(twins, api_words_is(x, '-')), API_TRIG_DASH2)
           | trigger_any(
               _mm_and_si128(twins, api_words_is(x, '.')), API_TRIG_DOTS);
}


/* Those that make a pair with a byte that is another. */

#define TRIGGER_MATES                                                         \
    (API_TRIG_SLASH | API_TRIG_STAR | API_TRIG_PAREN | API_TRIG_WHITE)

/* A block x, which stands at p and is not behind `last`; y has for each byte
   the one before it, or NUL where there is none. */

static inline void
trigger_block(trigger_seen_t *s, __m128i x, __m128i y, const uint8_t *p,
    const uint8_t *last)
{
    __m128i       lower, upper, digit, space, known, twins;
    uint64_t      others, alike;
    api_trigger_t all;

    lower = api_words_range(x, 'a', 26);
    upper = api_words_range(x, 'A', 26);
    digit = api_words_range(x, '0', 10);
    space = api_words_is(x, ' ');
    twins = _mm_cmpeq_epi8(x, y);
    known =
        _mm_or_si128(_mm_or_si128(lower, upper), _mm_or_si128(digit, space));

    s->lower = _mm_or_si128(s->lower, lower);
    s->upper = _mm_or_si128(s->upper, upper);
    s->digit = _mm_or_si128(s->digit, digit);
    s->space = _mm_or_si128(s->space, space);
    s->high = _mm_or_si128(s->high, x);
    s->pairs = _mm_or_si128(s->pairs, _mm_and_si128(space, twins));

    others = (unsigned) _mm_movemask_epi8(_mm_or_si128(known, x))
             ^ UINT64_C(0xffff);

    if (others == 0) {
        return;
    }

    all = 0;
    alike = (unsigned) _mm_movemask_epi8(twins) & others;

    do {
        all |= api_trigger_bytes[p[__builtin_ctzll(others)]];
        others &= others - 1;
    } while (others != 0);

    if ((all & TRIGGER_MATES) || alike != 0) {
        s->rest |= trigger_pairs(x, y);
    }

    if (p < last) { /* a blank in the next block is not looked up */
        s->rest |= api_trigger_bytes[p[15]] >> 8 & api_trigger_bytes[p[16]]
                   & API_TRIG_BLANK2;
    }

    s->rest |= all & API_TRIGGER_SINGLE;
}


/* Less than sixteen bytes, four at least: as many of the first, then of the
   last, as make a block.  Each with the one before it in *y. */

static inline __m128i
trigger_short(api_span_t value, uint8_t copy[16], __m128i *y)
{
    __m128i        x;
    uint32_t       four[2];
    uint64_t       eight[2];
    const uint8_t *end;

    end = value.data + value.len;

    if (value.len >= 8) {
        memcpy(&eight[0], value.data, 8);
        memcpy(&eight[1], end - 8, 8);
        x = _mm_set_epi64x((int64_t) eight[1], (int64_t) eight[0]);
        *y = _mm_slli_epi64(x, 8);

    } else {
        memcpy(&four[0], value.data, 4);
        memcpy(&four[1], end - 4, 4);
        eight[0] = four[0] | (uint64_t) four[1] << 32;
        x = _mm_set1_epi64x((int64_t) eight[0]);
        *y = _mm_slli_epi32(x, 8);
    }

    _mm_storeu_si128((__m128i *) (void *) copy, x);

    return x;
}


static inline bool
trigger_fast(api_trigger_t *all, api_span_t value)
{
    __m128i        none, x, y;
    uint8_t        copy[16];
    const uint8_t *p, *last;
    trigger_seen_t s;

    none = _mm_setzero_si128();
    s = (trigger_seen_t){ none, none, none, none, none, none, 0 };

    if (value.len >= 16) {
        p = value.data;
        last = p + value.len - 16;
        x = api_words_load(p);
        y = _mm_slli_si128(x, 1);

    } else if (value.len >= 4) {
        x = trigger_short(value, copy, &y);
        p = copy;
        last = p;

    } else {
        return false;
    }

    for (;;) {
        trigger_block(&s, x, y, p, last);

        if (p == last) {
            break;
        }

        /* the last sixteen are a block, also where it is some of them twice */

        p = last - p > 16 ? p + 16 : last;
        x = api_words_load(p);
        y = api_words_load(p - 1);
    }

    *all |= s.rest | trigger_any(s.pairs, API_TRIG_BLANK2)
            | trigger_any(s.lower, API_TRIG_LOWER)
            | trigger_any(s.upper, API_TRIG_UPPER)
            | trigger_any(s.digit, API_TRIG_DIGIT)
            | trigger_any(s.space, API_TRIG_SPACE)
            | trigger_any(s.high, API_TRIG_HIGH);

    return true;
}

#else

static inline bool
trigger_fast(api_trigger_t *all, api_span_t value)
{
    (void) all;
    (void) value;

    return false;
}

#endif


/* What has been read: bytes, and pairs of neighbours. */

typedef struct {
    api_trigger_t all;
    api_trigger_t pairs;
} trigger_read_t;


static void
trigger_four(trigger_read_t *r, api_trigger_t *prev, const uint8_t *p)
{
    api_trigger_t one, two, three, four;

    one = api_trigger_bytes[p[0]];
    two = api_trigger_bytes[p[1]];
    three = api_trigger_bytes[p[2]];
    four = api_trigger_bytes[p[3]];
    r->pairs |= (*prev >> 8 & one) | (one >> 8 & two) | (two >> 8 & three)
                | (three >> 8 & four);
    r->all |= one | two | three | four;
    *prev = four;
}


/* A byte after the other; eight of them where they are nothing but words. */

static api_trigger_t
trigger_each(api_span_t value)
{
    uint64_t       blanks;
    api_trigger_t  one, prev;
    const uint8_t *p, *end;
    trigger_read_t r = { 0, 0 };

    p = value.data;
    end = p + value.len;
    prev = 0;

    for (; end - p >= API_WORDS_SIZE; p += API_WORDS_SIZE) {
        if (!api_words(p, &blanks)) {
            trigger_four(&r, &prev, p);
            trigger_four(&r, &prev, p + 4);
            continue;
        }

        /* of eight, some are letters */

        r.pairs |= prev >> 8 & api_trigger_bytes[*p];
        r.all |= LOWER | (blanks ? SPACE : 0);
        prev = api_trigger_bytes[p[API_WORDS_SIZE - 1]];
    }

    for (; p < end; p++) {
        one = api_trigger_bytes[*p];
        r.pairs |= prev >> 8 & one;
        r.all |= one;
        prev = one;
    }

    return (r.all & API_TRIGGER_SINGLE) | (r.pairs & API_TRIGGER_PAIRS);
}


/* What the first and the last byte say. */

static api_trigger_t
trigger_ends(api_span_t value)
{
    uint8_t       last;
    api_trigger_t all;

    all = 0;
    last = value.data[value.len - 1];

    if ((api_trigger_bytes[value.data[0]] | api_trigger_bytes[last])
        & (API_TRIG_SPACE | API_TRIG_WHITE))
    {
        all |= API_TRIG_EDGE;
    }

    if (last == '.') {
        all |= API_TRIG_DOT_END;
    }

    return all;
}


api_trigger_t
api_transform_triggers(api_span_t value)
{
    api_trigger_t all;

    if (value.len == 0) {
        return API_TRIG_ALWAYS;
    }

    all = API_TRIG_ALWAYS | API_TRIG_BYTES | trigger_ends(value);

    if (!trigger_fast(&all, value)) {
        all |= trigger_each(value);
    }

    return all;
}


/* Bytes that a command line loses, and that it makes blanks of; any two of
   those left may be neighbours now. */

#define LINE_LOST                                                             \
    (API_TRIG_UPPER | API_TRIG_QUOTE | API_TRIG_BACKSLASH | API_TRIG_CARET    \
        | API_TRIG_COMMA | API_TRIG_SEMICOLON)
#define LINE_BLANKS                                                           \
    (API_TRIG_SPACE | API_TRIG_WHITE | API_TRIG_COMMA | API_TRIG_SEMICOLON)

api_trigger_t
api_transform_triggers_left(
    api_transform_t id, api_trigger_t triggers, api_span_t out)
{
    size_t        i;
    api_trigger_t all;

    static const struct {
        api_trigger_t of;
        api_trigger_t pairs;
    } neighbours[] = {
        { API_TRIG_SLASH, API_TRIG_PATH | API_TRIG_SPACE_ARG },
        { API_TRIG_STAR, API_TRIG_OPEN | API_TRIG_CLOSE },
        { API_TRIG_PAREN, API_TRIG_SPACE_ARG },
        { API_TRIG_DASH, API_TRIG_DASH2 },
        { API_TRIG_DOT, API_TRIG_DOTS },
        { API_TRIG_WHITE, API_TRIG_BLANK2 },
    };

    if (id != API_T_CMD_LINE || out.len == 0) {
        return ~(api_trigger_t) 0;
    }

    all = triggers & (API_TRIG_CHARS | API_TRIG_ALWAYS | API_TRIG_BYTES)
          & ~LINE_LOST;
    all |= triggers & API_TRIG_UPPER ? API_TRIG_LOWER : 0;
    all |= triggers & LINE_BLANKS ? API_TRIG_SPACE : 0;

    for (i = 0; i < sizeof(neighbours) / sizeof(neighbours[0]); i++) {
        all |= triggers & neighbours[i].of ? neighbours[i].pairs : 0;
    }

    return all | trigger_ends(out);
}
