/*
 * The gate is never closed to a text that one of its patterns matches, as it
 * stands or with + as a blank: literals at each place, and random texts against
 * PCRE2.  Other texts find it closed.
 */

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>

#include "api_prefilter_gate.h"
#include "ut.h"


#define NPATTERNS 7
#define TEXT_MOST 256
#define MASK(n) ((UINT64_C(1) << (n)) - 1)

static const api_span_t gate_phrases[] = {
    { (const uint8_t *) "Select It", 9 }, { (const uint8_t *) "]]>", 3 }
};

#define RX(s, flags)                                                          \
    {                                                                         \
        0, API_PREFILTER_RX, flags, { (const uint8_t *) (s), sizeof(s) - 1 }, \
            NULL, 0                                                           \
    }

static const api_prefilter_pattern_t patterns[NPATTERNS] = {
    RX("(?i)<!(?:DOCTYPE\\s|ENTITY\\s)", 0), RX("\\xac\\xed|gASV[A-Za-z]", 0),
    RX("^c(?:os|nt)\\n\\w", API_PREFILTER_LOWERCASE),
    RX("q:\\d{1,3}:\\{|\"[@$]type\"", API_PREFILTER_CASELESS),
    { 0, API_PREFILTER_PHRASES, 0, { NULL, 0 }, gate_phrases, 2 },
    RX("x", 0),          /* one byte: no gate */
    RX("[a-z]+\\d+", 0), /* no literal */
};

static const api_prefilter_set_t set = { patterns, NPATTERNS, NULL, 0, 1 };

/* What a match needs, in a form that is one; and where it may stand: anywhere,
   or at the beginning of a line. */

static const char *const literals[] = { "<!DOCTYPE ", "<!doctype\t",
    "<!Entity\n", "\xac\xed", "gASVa", "\ncos\na", "\ncnt\nb", "q:17:{",
    "\"@Type\"", "\"$TYPE\"", "SELECT it", "select+IT", "]]>" };

#define NLITERALS (sizeof(literals) / sizeof(literals[0]))

static const api_prefilter_gate_t *gate;
static api_arena_t                 arena;


static const api_prefilter_gate_t *
make(uint64_t only)
{
    uint64_t                    mask[2] = { only, 0 };
    const api_prefilter_gate_t *g;

    ut_int(api_prefilter_gate_create(&g, &set, mask, &arena), API_OK,
        "a gate of %llx", (unsigned long long) only);

    return g;
}


static bool
closed(const uint8_t *text, size_t len)
{
    bool is;

    is = api_prefilter_gate_closed(gate, ut_guard(api_span(text, len)));
    is &= api_prefilter_gate_closed(gate, ut_guard_front(api_span(text, len)));
    ut_guard_reset();

    return is;
}


/* Each literal at each place of texts of several lengths, and its first byte
   alone. */

static void
test_places(void)
{
    size_t   i, at, len, n;
    uint8_t  text[TEXT_MOST];
    unsigned missed, open;

    for (i = 0, missed = 0, open = 0; i < NLITERALS; i++) {
        n = strlen(literals[i]);

        for (len = API_PREFILTER_GATE_LEAST; len < 100; len += 7) {
            for (at = 0; at + n <= len; at++) {
                memset(text, 'e', len);
                memcpy(text + at, literals[i], n);
                missed += closed(text, len);
                memset(text + at + 1, 'e', n - 1);
                open += !closed(text, len);
            }
        }
    }

    ut_int(missed, 0, "a literal is seen wherever it stands");
    ut_int(open, 0, "and not where all but its first byte are others");
}


/* Does any pattern of the gate match, by the operator itself? */

static bool
truth(pcre2_code *const *re, pcre2_match_data *match, const uint8_t *text,
    size_t len)
{
    size_t  i, k;
    uint8_t low[TEXT_MOST];

    for (k = 0; k < len; k++) {
        low[k] = text[k] >= 'A' && text[k] <= 'Z' ? text[k] | 0x20 : text[k];
    }

    for (i = 0; i < 5; i++) {
        if (re[i] != NULL
            && pcre2_match(re[i],
                   patterns[i].flags & API_PREFILTER_LOWERCASE ? low : text,
                   len, 0, 0, match, NULL)
                   >= 0)
        {
            return true;
        }

        for (k = 0; re[i] == NULL && k + 9 <= len; k++) {
            if (memcmp(low + k, "select it", 9) == 0
                || memcmp(low + k, "]]>", 3) == 0) {
                return true;
            }
        }
    }

    return false;
}


/* Filling and pieces of literals; some of the filling is JSON. */

static size_t
random_text(ut_rand_t *r, uint8_t *text)
{
    size_t            len, n, most;
    const char       *piece;
    static const char json[] = "{\"sku\": \"AB-1\", \"n\":{\"x\":[1,2.5]},"
                               "\"mail\":\"a@example.com\",\"t\":\"17:q\"}";

    most = API_PREFILTER_GATE_LEAST
           + ut_below(r, TEXT_MOST - API_PREFILTER_GATE_LEAST);

    for (len = 0; len < most; len += n) {
        piece = literals[ut_below(r, NLITERALS)];
        n = strlen(piece);
        n = ut_below(r, 8) == 0 ? n : ut_below(r, n);

        if (ut_below(r, 3) > 0) {
            piece = json + ut_below(r, 40);
            n = 1 + ut_below(r, 20);
        }

        n = n < most - len ? n : most - len;
        memcpy(text + len, piece, n);

        if (n > 0 && ut_below(r, 4) == 0) {
            text[len + ut_below(r, n)] = (uint8_t) ut_rand(r);
        }
    }

    return len;
}


static void
test_random(ut_rand_t *r)
{
    int               code;
    bool              is;
    size_t            i, k, len, offset;
    uint8_t           text[TEXT_MOST];
    unsigned          matched, missed, shut;
    pcre2_code       *re[5];
    pcre2_match_data *match;

    for (i = 0; i < 5; i++) {
        re[i] = patterns[i].kind == API_PREFILTER_RX ? pcre2_compile(
                    patterns[i].text.data, patterns[i].text.len,
                    PCRE2_DOTALL | PCRE2_MULTILINE
                        | (patterns[i].flags & API_PREFILTER_CASELESS
                                ? PCRE2_CASELESS
                                : 0),
                    &code, &offset, NULL)
                                                     : NULL;
    }

    match = pcre2_match_data_create(8, NULL);

    for (i = 0, matched = 0, missed = 0, shut = 0; i < 60000; i++) {
        len = random_text(r, text);
        is = closed(text, len);
        shut += is;

        for (k = 0; i % 2 && k < len; k++) {
            text[k] = text[k] == '+' ? ' ' : text[k];
        }

        if (truth(re, match, text, len)) {
            matched++;
            missed += is;
        }
    }

    pcre2_match_data_free(match);

    for (i = 0; i < 5; i++) {
        pcre2_code_free(re[i]);
    }

    ut_int(missed, 0, "of %u texts that match none is ruled out", matched);
    ut_ok(matched > 1000 && shut > 1000, "%u of others are", shut);
}


static void
test_none(void)
{
    ut_ok(make(UINT64_C(1) << 5) == NULL, "of one byte there is none");
    ut_ok(make(UINT64_C(1) << 6) == NULL, "nor of no literal");
    ut_ok(make(MASK(5) | UINT64_C(1) << 6) == NULL, "nor with others");
}


static void
test_many(void)
{
    uint32_t                    i;
    uint64_t                    only[2] = { MASK(17), 0 };
    api_prefilter_set_t         many;
    api_prefilter_pattern_t     p[17];
    const api_prefilter_gate_t *g;

    for (i = 0; i < 17; i++) {
        p[i] = patterns[0];
    }

    many = (api_prefilter_set_t){ p, 17, NULL, 0, 1 };
    ut_ok(api_prefilter_gate_create(&g, &many, only, &arena) == API_OK
              && g == NULL,
        "nor for more than sixteen patterns");
    only[0] = MASK(16);
    ut_ok(api_prefilter_gate_create(&g, &many, only, &arena) == API_OK
              && g != NULL,
        "for sixteen there is");
}


static void
test_memory(void)
{
    int                         rc;
    size_t                      n;
    uint64_t                    only[2] = { MASK(5), 0 };
    ut_alloc_t                  u;
    api_arena_t                 a;
    const api_prefilter_gate_t *g;

    for (n = 1, rc = API_NOMEM; rc == API_NOMEM && n < 1000; n++) {
        ut_arm(&u, n);
        api_arena_init(&a, &u.alloc, 4096, 0);
        rc = api_prefilter_gate_create(&g, &set, only, &a);
        api_arena_free(&a);

        if (rc == API_NOMEM && g != NULL) {
            break;
        }
    }

    ut_ok(rc == API_OK && n > 2, "without memory there is none: %zu times", n);
}


int
main(void)
{
    ut_rand_t r = { 7 };

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    gate = make(MASK(5));

    if (gate == NULL) {
        ut_ok(true, "this machine has none");
        return ut_done();
    }

    test_places();
    test_random(&r);
    test_none();
    test_many();
    test_memory();
    api_arena_free(&arena);

    return ut_done();
}
