#include "api_prefilter_gate.h"

#include "api_prefilter_int.h"
#include "api_words.h"

#include <stdlib.h>


#define GATE_BUCKETS 8
#define GATE_WINDOWS 96
#define GATE_PATTERNS 16
#define GATE_BYTES 4
#define GATE_CASE 0x20202020
#define GATE_SHORT 2 /* buckets of windows of two bytes, and of three */

/* A literal in lower case, and four bytes of it as a number, the first one
   lowest.  Of one of two or three bytes, those behind it may be any. */

typedef struct {
    uint32_t bytes; /* with GATE_CASE, as far as the mask goes */
    uint32_t mask;
    uint8_t  at; /* of the literal */
    uint8_t  len;
    uint8_t  literal[API_LITERALS_LEN];
} gate_window_t;

struct api_prefilter_gate_s {
    uint8_t       low[GATE_BYTES][16];
    uint8_t       high[GATE_BYTES][16];
    uint32_t      first[GATE_BUCKETS + 1]; /* window of a bucket */
    gate_window_t window[GATE_WINDOWS];
};

/* API_SCALAR does without. */

#if defined(__x86_64__) && defined(__GNUC__) && !defined(API_SCALAR)

#include <tmmintrin.h>

#define GATE_SSSE3 __attribute__((target("ssse3")))


/* Is the literal in the text, its window at p? */

static bool
gate_whole(const gate_window_t *w, api_span_t text, const uint8_t *p)
{
    uint8_t  c;
    uint32_t i;

    if (p - text.data < w->at
        || text.data + text.len - p < (ptrdiff_t) w->len - w->at)
    {
        return false;
    }

    for (i = 0, p -= w->at; i < w->len; i++) {
        c = api_lower(p[i]);

        if (c != w->literal[i] && (c != '+' || w->literal[i] != ' ')) {
            return false;
        }
    }

    return true;
}


/* Is a literal of these buckets there, where the bytes x are?  Any bit that tells
   letters by their case is set in those of windows. */

static bool
gate_is(const api_prefilter_gate_t *g, api_span_t text, const uint8_t *p,
    uint32_t x, uint32_t buckets)
{
    uint32_t             i, k;
    const gate_window_t *w;

    x |= GATE_CASE;

    for (; buckets != 0; buckets &= buckets - 1) {
        k = (uint32_t) __builtin_ctz(buckets);

        for (i = g->first[k]; i < g->first[k + 1]; i++) {
            w = &g->window[i];

            if ((x & w->mask) == w->bytes && gate_whole(w, text, p)) {
                return true;
            }
        }
    }

    return false;
}


static inline GATE_SSSE3 __m128i
gate_load(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *) (const void *) p);
}


/* The buckets that byte i of a window leaves of each place. */

static inline GATE_SSSE3 __m128i
gate_byte(const api_prefilter_gate_t *g, const uint8_t *p, unsigned i)
{
    __m128i x, half;

    x = gate_load(p + i);
    half = _mm_set1_epi8(0x0f);

    return _mm_and_si128(
        _mm_shuffle_epi8(gate_load(g->low[i]), _mm_and_si128(x, half)),
        _mm_shuffle_epi8(
            gate_load(g->high[i]), _mm_and_si128(_mm_srli_epi16(x, 4), half)));
}


/* Is there a literal at any of sixteen places from p on?  It reads nineteen
   bytes. */

static inline GATE_SSSE3 bool
gate_block(const api_prefilter_gate_t *g, api_span_t text, const uint8_t *p)
{
    __m128i  x;
    uint8_t  buckets[16];
    uint32_t places, i;

    x = _mm_and_si128(_mm_and_si128(gate_byte(g, p, 0), gate_byte(g, p, 1)),
        _mm_and_si128(gate_byte(g, p, 2), gate_byte(g, p, 3)));
    places =
        (uint32_t) _mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_setzero_si128()))
        ^ 0xffff;

    if (places == 0) {
        return false;
    }

    _mm_storeu_si128((__m128i *) (void *) buckets, x);

    for (; places != 0; places &= places - 1) {
        i = (uint32_t) __builtin_ctz(places);

        if (gate_is(g, text, p + i, api_words_four(p + i), buckets[i])) {
            return true;
        }
    }

    return false;
}


static GATE_SSSE3 bool
gate_closed(const api_prefilter_gate_t *g, api_span_t text)
{
    const uint8_t *p, *last;

    last = text.data + text.len - (16 + GATE_BYTES - 1);

    for (p = text.data; p < last; p += 16) {
        if (gate_block(g, text, p)) {
            return false;
        }
    }

    if (gate_block(g, text, last)) {
        return false;
    }

    p = text.data + text.len - GATE_BYTES;

    return !gate_is(
               g, text, p + 1, api_words_four(p) >> 8, (1U << GATE_SHORT) - 1)
           && !gate_is(g, text, p + 2, api_words_four(p) >> 16,
               (1U << GATE_SHORT) - 1);
}


static bool
gate_machine(void)
{
    return __builtin_cpu_supports("ssse3");
}

#else

static bool
gate_closed(const api_prefilter_gate_t *g, api_span_t text)
{
    (void) g;
    (void) text;

    return false;
}


static bool
gate_machine(void)
{
    return false;
}

#endif


bool
api_prefilter_gate_closed(const api_prefilter_gate_t *gate, api_span_t text)
{
    return gate_closed(gate, text);
}


typedef struct {
    gate_window_t window[GATE_WINDOWS];
    uint32_t      n;
    api_arena_t   pieces; /* what finding literals takes */
    bool          none;   /* there is no gate */
} gate_make_t;


static uint32_t
gate_number(api_span_t s)
{
    size_t   i;
    uint32_t x;

    for (i = 0, x = 0; i < s.len; i++) {
        x |= (uint32_t) s.data[i] << (8 * i);
    }

    return x;
}


/* The window of a literal: a blank may have been a +. */

static void
gate_window(gate_window_t *w, api_span_t s)
{
    size_t     i, len;
    double     chance, best;
    api_span_t part;

    static const uint32_t masks[GATE_BYTES + 1] = { 0, 0, 0xffff, 0xffffff,
        0xffffffff };

    memset(w, 0, sizeof(*w));
    memcpy(w->literal, s.data, s.len);
    w->len = (uint8_t) s.len;
    len = s.len < GATE_BYTES ? s.len : GATE_BYTES;
    best = 2;

    for (i = 0; masks[len] != 0 && i + len <= s.len; i++) {
        part = api_span(s.data + i, len);
        chance = api_literals_chance(part);

        if (chance < best && memchr(part.data, ' ', len) == NULL) {
            best = chance;
            w->at = (uint8_t) i;
            w->bytes = gate_number(part);
            w->mask = masks[len];
        }
    }
}


/* Without the blanks around it, of which some literals have each. */

static void
gate_literal(gate_make_t *m, api_span_t s)
{
    uint32_t       k;
    gate_window_t *w;

    while (s.len > 0 && api_is_blank(s.data[0])) {
        s = api_span(s.data + 1, s.len - 1);
    }

    while (s.len > 0 && api_is_blank(s.data[s.len - 1])) {
        s.len--;
    }

    for (k = 0; k < m->n; k++) {
        w = &m->window[k];

        if (api_span_eq(api_span(w->literal, w->len), s)) {
            return;
        }
    }

    if (m->n == GATE_WINDOWS || s.len > API_LITERALS_LEN) {
        m->none = true;
        return;
    }

    w = &m->window[m->n++];
    gate_window(w, s);
    m->none |= w->mask == 0;
}


static int
gate_rx(gate_make_t *m, const api_prefilter_pattern_t *pattern)
{
    int            rc;
    uint32_t       i, n;
    api_pattern_t *tree;
    api_literals_t sets[API_LITERALS_SETS];

    rc = api_prefilter_tree(pattern, 0, &m->pieces, &tree);

    if (rc != API_OK || tree == NULL || api_pattern_never(tree)) {
        m->none |= rc == API_OK && tree == NULL;
        return rc;
    }

    rc = api_literals_find(tree, 1, &m->pieces, sets, &n);

    if (rc != API_OK) {
        return rc;
    }

    m->none |= n == 0;

    for (i = 0; n > 0 && i < sets[0].n && !m->none; i++) {
        gate_literal(m, sets[0].items[i]);
    }

    return API_OK;
}


static int
gate_pattern(gate_make_t *m, const api_prefilter_pattern_t *pattern)
{
    size_t     k;
    uint8_t    lower[API_LITERALS_LEN];
    uint32_t   i;
    api_span_t phrase;

    if (pattern->kind == API_PREFILTER_RX) {
        return gate_rx(m, pattern);
    }

    for (i = 0; i < pattern->nphrases && !m->none; i++) {
        phrase = api_literals_rarest(pattern->phrases[i], sizeof(lower));

        for (k = 0; k < phrase.len; k++) {
            lower[k] = api_lower(phrase.data[k]);
        }

        gate_literal(m, api_span(lower, phrase.len));
    }

    return API_OK;
}


/* Those of two bytes in front, then of three, then by what they begin with. */

static int
gate_order(const void *a, const void *b)
{
    uint32_t             x, y;
    const gate_window_t *v, *w;

    v = a;
    w = b;

    if (v->mask != w->mask) {
        return v->mask < w->mask ? -1 : 1;
    }

    x = __builtin_bswap32(v->bytes);
    y = __builtin_bswap32(w->bytes);

    return x < y ? -1 : x > y;
}


static void
gate_enter(api_prefilter_gate_t *g, const gate_window_t *w, unsigned bucket)
{
    uint8_t  c, bit;
    unsigned i, k;

    bit = (uint8_t) (1U << bucket);

    for (i = 0; i < GATE_BYTES; i++) {
        c = (uint8_t) (w->bytes >> (8 * i));

        for (k = 0; k < 16 && (w->mask >> (8 * i) & 0xff) == 0; k++) {
            g->low[i][k] |= bit;
            g->high[i][k] |= bit;
        }

        g->low[i][c & 0x0f] |= bit;
        g->high[i][c >> 4] |= bit;

        if (c >= 'a' && c <= 'z') {
            g->high[i][(c ^ 0x20) >> 4] |= bit;
        }
    }
}


/* Windows in order, as many in each bucket; short ones have their own. */

static void
gate_fill(api_prefilter_gate_t *g, gate_make_t *m)
{
    uint32_t i, k, each;

    qsort(m->window, m->n, sizeof(m->window[0]), gate_order);
    memcpy(g->window, m->window, m->n * sizeof(m->window[0]));

    for (k = 1, i = 0; k <= GATE_SHORT; k++) {
        while (i < m->n && m->window[i].mask >> (8 * (k + 1)) == 0) {
            i++;
        }

        g->first[k] = i;
    }

    each = (m->n - i + GATE_BUCKETS - GATE_SHORT - 1)
           / (GATE_BUCKETS - GATE_SHORT);

    for (; k <= GATE_BUCKETS; k++) {
        i = i + each < m->n ? i + each : m->n;
        g->first[k] = i;
    }

    for (k = 0; k < GATE_BUCKETS; k++) {
        for (i = g->first[k]; i < g->first[k + 1]; i++) {
            gate_enter(g, &g->window[i], k);
            g->window[i].bytes |= GATE_CASE & g->window[i].mask;
        }
    }
}


int
api_prefilter_gate_create(const api_prefilter_gate_t **gate,
    const api_prefilter_set_t *set, const uint64_t *only, api_arena_t *arena)
{
    int                   rc;
    uint32_t              i, patterns;
    gate_make_t           m;
    api_prefilter_gate_t *g;

    *gate = NULL;

    for (i = 0, patterns = 0; i < set->npatterns; i++) {
        patterns += only[i / 64] >> (i % 64) & 1;
    }

    if (patterns > GATE_PATTERNS || !gate_machine()) {
        return API_OK;
    }

    memset(&m, 0, sizeof(m));
    api_arena_init(&m.pieces, arena->alloc, 65536, 0);

    for (i = 0, rc = API_OK; i < set->npatterns && rc == API_OK; i++) {
        if (only[i / 64] >> (i % 64) & 1) {
            rc = gate_pattern(&m, &set->patterns[i]);
        }
    }

    api_arena_free(&m.pieces);

    if (rc != API_OK || m.none) {
        return rc;
    }

    g = api_arena_calloc(arena, 1, sizeof(*g));

    if (g == NULL) {
        return API_NOMEM;
    }

    gate_fill(g, &m);
    *gate = g;

    return API_OK;
}
