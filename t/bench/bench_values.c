/*
 * What a value costs before any pattern looks at it: triggers, a chain of
 * transformations where it changes something and where it does not, and the
 * tokenizers beside libinjection's (where libmodsecurity.so.3 is in the
 * library path).  Nanoseconds a byte, the best of many rounds; the ratio is
 * what counts.
 */

#define _DEFAULT_SOURCE

#include "api_sqli.h"
#include "api_xss.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 60

static int (*their_sqli)(const char *s, size_t n, char *fingerprint);
static int (*their_xss)(const char *s, size_t n);

typedef void (*work_t)(api_span_t value);

static api_arena_t       arena;
static volatile unsigned sink;

static const uint8_t chain[] = { API_T_UTF8_TO_UNICODE, API_T_URL_DECODE_UNI,
    API_T_HTML_ENTITY_DECODE, API_T_JS_DECODE, API_T_CSS_DECODE,
    API_T_REMOVE_NULLS };


static double
now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);

    return (double) ts.tv_sec * 1e9 + (double) ts.tv_nsec;
}


static void
work_triggers(api_span_t value)
{
    sink += api_transform_triggers(value) != 0;
}


static void
work_chain(api_span_t value)
{
    api_span_t       out;
    api_arena_mark_t mark;

    mark = api_arena_mark(&arena);
    sink +=
        api_transform_chain(chain, sizeof(chain), NULL, value, &arena, &out)
        == API_OK;
    api_arena_rewind(&arena, mark);
}


static void
work_sqli(api_span_t value)
{
    sink += api_sqli_detect(value, NULL);
}


static void
work_xss(api_span_t value)
{
    sink += api_xss_detect(value, NULL);
}


static void
work_their_sqli(api_span_t value)
{
    char fingerprint[16];

    sink += their_sqli((const char *) value.data, value.len, fingerprint) != 0;
}


static void
work_their_xss(api_span_t value)
{
    sink += their_xss((const char *) value.data, value.len) != 0;
}


static const char *const prose =
    "Please select one of the items from the list and order it by phone; it's "
    "5 o'clock and we're open. Union Square, 24\" screens, 10% off & more. ";

static const char *const mixed =
    "it%27s a caf\xc3\xa9 &amp; bar, 10%25 off \\u0026 more; ";

static const char *const words[] = { "AB-1234", "2026-11-25T10:00:00Z", "Ann",
    "550e8400-e29b-41d4-a716-446655440000", "EUR", "10.50", "open",
    "ann@example.com" };

#define NWORDS (sizeof(words) / sizeof(words[0]))


static api_span_t
fill(const char *piece, size_t n)
{
    size_t   i, len;
    uint8_t *text;

    len = strlen(piece);
    text = malloc(n + 1);

    for (i = 0; text && i < n; i++) {
        text[i] = (uint8_t) piece[i % len];
    }

    if (text) {
        text[n] = '\0'; /* libinjection's callers have it */
    }

    return api_span(text, text ? n : 0);
}


static double
one(work_t work, api_span_t value)
{
    int    i;
    double from, t, best;

    best = 1e18;

    for (i = 0; i < ROUNDS; i++) {
        from = now();
        work(value);
        t = now() - from;
        best = t < best ? t : best;
    }

    return best / (double) value.len;
}


/* Small values, as most are. */

static double
many(work_t work)
{
    int    i, k;
    size_t w, bytes;
    double from, t, best;

    best = 1e18;

    for (i = 0; i < ROUNDS; i++) {
        from = now();

        for (k = 0, bytes = 0; k < 100; k++) {
            for (w = 0; w < NWORDS; w++) {
                work(api_span(words[w], strlen(words[w])));
                bytes += strlen(words[w]);
            }
        }

        t = (now() - from) / (double) bytes;
        best = t < best ? t : best;
    }

    return best;
}


static void
row(const char *name, work_t ours, work_t theirs, api_span_t value)
{
    double a, b;

    a = value.len ? one(ours, value) : many(ours);
    printf("%-44s %6.2f ns/B", name, a);

    if (theirs) {
        b = value.len ? one(theirs, value) : many(theirs);
        printf("   libinjection %6.2f   ratio %.2f", b, a / b);
    }

    printf("\n");
}


int
main(void)
{
    void      *lib, *symbol;
    work_t     sqli, xss;
    api_span_t small, text;

    lib = dlopen("libmodsecurity.so.3", RTLD_NOW);
    symbol = lib ? dlsym(lib, "libinjection_sqli") : NULL;
    memcpy(&their_sqli, &symbol, sizeof(symbol));
    symbol = lib ? dlsym(lib, "libinjection_xss") : NULL;
    memcpy(&their_xss, &symbol, sizeof(symbol));

    sqli = their_sqli ? work_their_sqli : NULL;
    xss = their_xss ? work_their_xss : NULL;
    small = api_span(NULL, 0);
    text = fill(prose, 16384);

    api_arena_init(&arena, &api_alloc_libc, 1 << 20, 0);

    row("triggers, small values", work_triggers, NULL, small);
    row("triggers, prose", work_triggers, NULL, text);
    row("six transformations that change nothing", work_chain, NULL, small);
    row("six transformations, prose", work_chain, NULL, text);
    row("six transformations that all change", work_chain, NULL,
        fill(mixed, 16384));
    row("@detectSQLi, small values", work_sqli, sqli, small);
    row("@detectSQLi, prose", work_sqli, sqli, text);
    row("@detectSQLi, quotes", work_sqli, sqli, fill("' ", 16384));
    row("@detectSQLi, digits and commas", work_sqli, sqli,
        fill("1, 2, ", 16384));
    row("@detectXSS, small values", work_xss, xss, small);
    row("@detectXSS, prose", work_xss, xss, text);
    row("@detectXSS, tags", work_xss, xss, fill("<a b='c'>d</a> ", 16384));

    return 0;
}
