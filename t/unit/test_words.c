/* What reads many bytes at a time where SSE2 is, and what reads without it, say
   the same of each value. */

/* With it, under other names. */

#define api_words wide_words
#define api_words_copy wide_copy
#define api_words_alike wide_alike
#define api_words_find wide_find
#define api_lower wide_lower
#define api_is_blank wide_is_blank
#define api_words_four wide_four
#define api_words_eight wide_eight
#include "api_words.h"
#undef api_words
#undef api_words_copy
#undef api_words_alike
#undef api_words_find
#undef api_lower
#undef api_is_blank
#undef api_words_four
#undef api_words_eight

/* Without, and what is built of it; the libraries have the same with it. */

#undef API_WORDS_H
#undef API_WORDS_SSE2
#define API_SCALAR 1
#define api_transform_triggers words_triggers
#define api_transform_triggers_left words_triggers_left
#define api_transform_url_encode_room words_url_encode_room
#define api_transform_utf8_room words_utf8_room
#include "api_transform_int.h"

#undef API_TRANSFORM_KERNEL
#define API_TRANSFORM_KERNEL(name)                                            \
    static size_t __attribute__((unused))                                     \
    words_##name(const api_transform_env_t *env, const uint8_t *in, size_t n, \
        uint8_t *out)

#include "api_transform_escape.c"
#include "api_transform_text.c"
#include "api_transform_url.c"
#include "api_trigger.c"
#undef api_transform_triggers
#undef api_transform_triggers_left

#include "ut.h"

api_trigger_t api_transform_triggers(api_span_t value);

#define ROUNDS 20000
#define LONGEST 90
#define UNTOUCHED 0xa5


/* None makes more than it reads. */

#define KERNEL(name)                                                          \
    {                                                                         \
#name, name, words_##name                                             \
    }

static const struct {
    const char             *name;
    api_transform_kernel_t *wide;
    api_transform_kernel_t *scalar;
} kernels[] = {
    KERNEL(api_transform_cmd_line),
    KERNEL(api_transform_css_decode),
    KERNEL(api_transform_escape_seq_decode),
    KERNEL(api_transform_html_entity_decode),
    KERNEL(api_transform_js_decode),
    KERNEL(api_transform_lowercase),
    KERNEL(api_transform_url_decode),
    KERNEL(api_transform_url_decode_uni),
};

#define KERNELS (sizeof(kernels) / sizeof(kernels[0]))

/* Ends of what is a letter, a digit, or ASCII; escapes; the same with and
   without the bit that makes letters small. */

static const uint8_t hostile[] = { 0, '\t', '\n', '\r', 0x1f, ' ', ' ', '!',
    '"', '&', '\'', '(', '*', '+', ',', '-', '.', '/', '0', '9', ':', ';', '@',
    'A', 'Z', '[', '\\', ']', '^', '_', '`', 'a', 'z', '{', '}', '~', '%', 'u',
    'x', '#', 0x7f, 0x80, 0x8a, 0xa0, 0xc1, 0xda, 0xe1, 0xfa, 0xff };


static uint8_t
one_of(ut_rand_t *rand, const void *bytes, size_t n)
{
    return ((const uint8_t *) bytes)[ut_below(rand, n)];
}


/* Of all bytes, of hostile ones, of few that are next to one another, of words,
   of words with something between them. */

static size_t
make(ut_rand_t *rand, uint8_t *value)
{
    size_t   i, len;
    uint32_t kind;

    static const char few[] = "  //**..--((\t\n";
    static const char words[] = "in the end, 42 of them; Then ";
    static const char plain[] =
        "and So it was  WITH 1234567890 of the others ";

    len = ut_below(rand, LONGEST + 1);
    kind = (uint32_t) ut_below(rand, 5);

    for (i = 0; i < len; i++) {
        value[i] = kind == 0   ? (uint8_t) ut_below(rand, 256)
                   : kind == 1 ? one_of(rand, hostile, sizeof(hostile))
                   : kind == 2 ? one_of(rand, few, sizeof(few) - 1)
                   : kind == 3
                       ? (uint8_t) words[(i + len) % (sizeof(words) - 1)]
                   : ut_below(rand, 24) == 0
                       ? one_of(rand, hostile, sizeof(hostile))
                       : (uint8_t) plain[(i + len) % (sizeof(plain) - 1)];
    }

    return len;
}


static void
test_triggers(void)
{
    int        i;
    uint8_t    value[LONGEST];
    unsigned   same;
    ut_rand_t  rand = { 11 };
    api_span_t back, front;

    for (i = 0, same = 0; i < ROUNDS; i++) {
        back = ut_guard(api_span(value, make(&rand, value)));
        front = ut_guard_front(back);
        same += api_transform_triggers(back) == words_triggers(back)
                && api_transform_triggers(front) == words_triggers(front);
        ut_guard_reset();
    }

    ut_int(same, ROUNDS, "triggers of values");
}


/* What was made, and that nothing behind it was written. */

typedef struct {
    size_t  n;
    uint8_t bytes[LONGEST + 1];
} made_t;


static bool
made_same(const made_t *a, const made_t *b)
{
    return a->n == b->n && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}


static void
test_copy(void)
{
    int        i;
    char       a, b;
    made_t     wide, scalar;
    uint8_t    value[LONGEST];
    unsigned   same, cut;
    ut_rand_t  rand = { 12 };
    api_span_t in;

    for (i = 0, same = 0, cut = 0; i < ROUNDS; i++) {
        in = ut_guard(api_span(value, make(&rand, value)));
        a = (char) one_of(&rand, hostile, sizeof(hostile));
        b = (char) one_of(&rand, hostile, sizeof(hostile));
        memset(&wide, UNTOUCHED, sizeof(wide));
        memset(&scalar, UNTOUCHED, sizeof(scalar));

        wide.n = wide_copy(in.data, in.len, a, b, wide.bytes);
        scalar.n = api_words_copy(in.data, in.len, a, b, scalar.bytes);
        same += made_same(&wide, &scalar);
        cut += wide.n < in.len && wide.n >= 16;
        ut_guard_reset();
    }

    ut_int(same, ROUNDS, "copies up to a byte");
    ut_ok(cut > ROUNDS / 10, "%u of them end behind the first sixteen", cut);
}


/* The same but for a bit of some bytes: the one of letters, mostly. */

static void
test_alike(void)
{
    int        i;
    bool       is;
    size_t     k, n;
    uint8_t    value[LONGEST], other[LONGEST];
    unsigned   same, alike;
    ut_rand_t  rand = { 13 };
    api_span_t a, b;

    for (i = 0, same = 0, alike = 0; i < ROUNDS; i++) {
        n = make(&rand, value);
        memcpy(other, value, n);

        for (k = 0; k < n; k++) {
            if (api_lower(value[k] | 0x20) != api_lower(value[k] & 0xdf)
                    ? ut_below(&rand, 64) == 0
                    : ut_below(&rand, 2) == 0)
            {
                other[k] ^= 0x20;
            }
        }

        if (n && ut_below(&rand, 4) == 0) {
            other[ut_below(&rand, n)] ^= (uint8_t) (1U << ut_below(&rand, 8));
        }

        a = ut_guard(api_span(value, n));
        b = ut_guard(api_span(other, n));
        is = wide_alike(a.data, b.data, n);
        same += is == api_words_alike(a.data, b.data, n);
        alike += is && n >= 16;
        ut_guard_reset();
    }

    ut_int(same, ROUNDS, "pairs that are alike, or not");
    ut_ok(alike > ROUNDS / 10 && alike < ROUNDS / 10 * 9,
        "%u are, and have sixteen bytes and more", alike);
}


/* A table of one byte, of some, of all that may be in one. */

static void
make_table(ut_rand_t *rand, uint8_t table[256])
{
    int      c;
    uint64_t every = UINT64_C(1) << (ut_below(rand, 3) * 3);

    memset(table, 0, 256);

    for (c = 0; c < 256; c++) {
        table[c] = c != ' ' && (c < '0' || c > '9')
                   && (c > 0x7f || (c | 0x20) < 'a' || (c | 0x20) > 'z')
                   && ut_below(rand, every) == 0;
    }
}


static void
test_find(void)
{
    int            i;
    uint8_t        value[LONGEST], table[256];
    unsigned       same, found;
    ut_rand_t      rand = { 14 };
    api_span_t     s;
    const uint8_t *p, *end;

    for (i = 0, same = 0, found = 0; i < ROUNDS; i++) {
        make_table(&rand, table);
        s = ut_guard(api_span(value, make(&rand, value)));
        end = s.data + s.len;
        p = wide_find(s.data, end, table);
        same += p == api_words_find(s.data, end, table);
        found += p < end && p - s.data >= 16;
        ut_guard_reset();
    }

    ut_int(same, ROUNDS, "bytes that are looked for");
    ut_ok(found > ROUNDS / 20, "%u stand behind the first sixteen", found);
}


/* Into other room, and in place, which may be read while it is written. */

static unsigned
kernel_same(size_t k, api_span_t in)
{
    made_t  wide, scalar;
    uint8_t place[LONGEST + 1];

    memset(&wide, UNTOUCHED, sizeof(wide));
    memset(&scalar, UNTOUCHED, sizeof(scalar));
    memset(place, UNTOUCHED, sizeof(place));

    wide.n = kernels[k].wide(NULL, in.data, in.len, wide.bytes);
    scalar.n = kernels[k].scalar(NULL, in.data, in.len, scalar.bytes);

    if (!made_same(&wide, &scalar)) {
        return 0;
    }

    if (in.len) {
        memcpy(place, in.data, in.len);
    }

    return kernels[k].wide(NULL, place, in.len, place) == wide.n
           && memcmp(place, wide.bytes, wide.n) == 0
           && place[in.len] == UNTOUCHED;
}


static void
test_kernels(void)
{
    int        i;
    size_t     k;
    uint8_t    value[LONGEST];
    unsigned   same[KERNELS] = { 0 };
    ut_rand_t  rand = { 15 };
    api_span_t in;

    for (i = 0; i < ROUNDS; i++) {
        in = ut_guard(api_span(value, make(&rand, value)));

        for (k = 0; k < KERNELS; k++) {
            same[k] += kernel_same(k, in);
        }

        ut_guard_reset();
    }

    for (k = 0; k < KERNELS; k++) {
        ut_int(same[k], ROUNDS, "values for %s", kernels[k].name);
    }
}


int
main(void)
{
    test_triggers();
    test_copy();
    test_alike();
    test_find();
    test_kernels();

    return ut_done();
}
