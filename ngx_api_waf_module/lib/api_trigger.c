#include "api_transform.h"
#include "api_words.h"


/*
 * One word a byte value: what it is (bits 0-31), what it may be the second of
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
    API_TRIG_COLON, API_TRIG_COMMA, API_TRIG_ANGLE, API_TRIG_EQUALS,
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

#define API_TRIGGER_SINGLE (API_TRIG(32) - 1)
#define API_TRIGGER_PAIRS (API_TRIG(48) - API_TRIG(40))


/* What has been read: bytes, pairs of neighbours, the last byte. */

typedef struct {
    api_trigger_t all;
    api_trigger_t pairs;
    api_trigger_t prev;
} trigger_read_t;


static inline void
trigger_four(trigger_read_t *r, const uint8_t *p)
{
    api_trigger_t one, two, three, four;

    one = api_trigger_bytes[p[0]];
    two = api_trigger_bytes[p[1]];
    three = api_trigger_bytes[p[2]];
    four = api_trigger_bytes[p[3]];
    r->pairs |= (r->prev >> 8 & one) | (one >> 8 & two) | (two >> 8 & three)
                | (three >> 8 & four);
    r->all |= one | two | three | four;
    r->prev = four;
}


/* Eight bytes at a time, as far as that goes. */

static const uint8_t *
trigger_words(trigger_read_t *r, const uint8_t *p, const uint8_t *end)
{
    uint64_t blanks;

    for (; end - p >= API_WORDS_SIZE; p += API_WORDS_SIZE) {
        if (!api_words(p, &blanks)) {
            trigger_four(r, p);
            trigger_four(r, p + 4);
            continue;
        }

        /* of eight, some are letters */

        r->pairs |= r->prev >> 8 & api_trigger_bytes[*p];
        r->all |= LOWER | (blanks ? SPACE : 0);
        r->prev = api_trigger_bytes[p[API_WORDS_SIZE - 1]];
    }

    return p;
}


/* Shorter values are seldom several words. */

#define TRIGGER_LONG 32

api_trigger_t
api_transform_triggers(api_span_t value)
{
    uint8_t        last;
    api_trigger_t  all, one;
    const uint8_t *p, *end;
    trigger_read_t r = { 0, 0, 0 };

    if (value.len == 0) {
        return API_TRIG_ALWAYS;
    }

    p = value.data;
    end = p + value.len;

    if (value.len >= TRIGGER_LONG) {
        p = trigger_words(&r, p, end);
    }

    for (; end - p >= 4; p += 4) {
        trigger_four(&r, p);
    }

    for (; p < end; p++) {
        one = api_trigger_bytes[*p];
        r.pairs |= r.prev >> 8 & one;
        r.all |= one;
        r.prev = one;
    }

    all = r.all & API_TRIGGER_SINGLE;
    all |= r.pairs & API_TRIGGER_PAIRS;
    all |= API_TRIG_ALWAYS | API_TRIG_BYTES;

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
