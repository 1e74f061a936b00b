/* Sensitive data: each kind, its near misses, every way to cut the text, and
   time that grows with the text alone. */

#define _POSIX_C_SOURCE 200809L

#include "api_sensitive_int.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>


#define ALL ((1U << API_NSENSITIVE) - 1)

typedef struct {
    const char *text;
    unsigned    kind; /* API_NSENSITIVE: none */
} row_t;

/* Numbers of test, as their issuers publish them; keys are made up. */

static const row_t rows[] = {
    { "4111111111111111", API_SENSITIVE_CARD },
    { "card 4111 1111 1111 1111.", API_SENSITIVE_CARD },
    { "5555-5555-5555-4444", API_SENSITIVE_CARD },
    { "\"pan\":\"378282246310005\"", API_SENSITIVE_CARD },
    { "6011000990139424", API_SENSITIVE_CARD },
    { "4111111111111112", API_NSENSITIVE },        /* Luhn */
    { "9111111111111118", API_NSENSITIVE },        /* no scheme */
    { "41111111111111110000000", API_NSENSITIVE }, /* longer */
    { "x4111111111111111", API_NSENSITIVE },       /* in a word */
    { "4111111111111111a", API_NSENSITIVE },
    { "1732531200000", API_NSENSITIVE }, /* a time */
    { "DE89370400440532013000", API_SENSITIVE_IBAN },
    { "DE89 3704 0044 0532 0130 00", API_SENSITIVE_IBAN },
    { "GB82WEST12345698765432", API_SENSITIVE_IBAN },
    { "DE89370400440532013001", API_NSENSITIVE },
    { "XX89370400440532013000", API_NSENSITIVE },
    { "DE8937040044053201300", API_NSENSITIVE },
    { "write to jane.doe+x@mail.example.com, please", API_SENSITIVE_EMAIL },
    { "a@b.co", API_SENSITIVE_EMAIL },
    { "a@b", API_NSENSITIVE },
    { "@example.com", API_NSENSITIVE },
    { "a@.example", API_NSENSITIVE },
    { "user@host.", API_NSENSITIVE },
    { "ssn: 078-05-1120", API_SENSITIVE_NATIONAL },
    { "000-05-1120", API_NSENSITIVE },
    { "666-05-1120", API_NSENSITIVE },
    { "078-00-1120", API_NSENSITIVE },
    { "44051401359", API_SENSITIVE_NATIONAL }, /* PESEL */
    { "44051401358", API_NSENSITIVE },
    { "12345678Z", API_SENSITIVE_NATIONAL }, /* DNI */
    { "12345678A", API_NSENSITIVE },
    { "AB123456C", API_SENSITIVE_NATIONAL }, /* NINO */
    { "AD123456C", API_NSENSITIVE },
    { "AB123456E", API_NSENSITIVE },
    { "RSSMRA85T10A562S", API_SENSITIVE_NATIONAL },
    { "RSSMRA85T10A562T", API_NSENSITIVE },
    { "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLWhlcmU",
        API_SENSITIVE_JWT },
    { "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.AAAAAAAAAAAA\"",
        API_SENSITIVE_JWT },
    { "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0", API_NSENSITIVE },
    { "eyJhbGciOiJIUzI1NiJ9.xxJzdWIiOiIxIn0.c2lnbmF0dXJl", API_NSENSITIVE },
    { "AKIAIOSFODNN7EXAMPLE", API_SENSITIVE_CLOUD_KEY },
    { "AKIAIOSFODNN7EXAMPL", API_NSENSITIVE },
    { "AKIAIOSFODNN7EXAMPLEE", API_NSENSITIVE },
    { "AKIAAAAAAAAAAAAAAAAA", API_NSENSITIVE },
    { "ghp_0123456789abcdefghijABCDEFGHIJ012345", API_SENSITIVE_CLOUD_KEY },
    { "ghp_0123456789", API_NSENSITIVE },
    { "key=sk_live_4eC39HqLyjWDarjtT1zdp7dc", API_SENSITIVE_CLOUD_KEY },
    { "sk_test_4eC39HqLyjWDarjtT1zdp7dc", API_NSENSITIVE },
    { "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY", API_SENSITIVE_CLOUD_KEY },
    { "glpat-abcDEF012345-_abcDEF", API_SENSITIVE_CLOUD_KEY },
    { "shpat_0123456789abcdef0123456789abcdef", API_SENSITIVE_CLOUD_KEY },
    { "shpat_0123456789abcdef0123456789abcdeg", API_NSENSITIVE },
    { "-----BEGIN RSA PRIVATE KEY-----\nMIIE", API_SENSITIVE_PRIVATE_KEY },
    { "-----BEGIN PRIVATE KEY-----", API_SENSITIVE_PRIVATE_KEY },
    { "-----BEGIN PUBLIC KEY-----", API_NSENSITIVE },
    { "Traceback (most recent call last):\n", API_SENSITIVE_STACK_TRACE },
    { "x\n\tat com.example.Orders.get(Orders.java:17)",
        API_SENSITIVE_STACK_TRACE },
    { "{\"e\":\"Error\\n    at get (/srv/app/orders.js:12:3)\"}",
        API_SENSITIVE_STACK_TRACE },
    { "\n   at Shop.Orders.Get() in C:\\x.cs:line 12",
        API_SENSITIVE_STACK_TRACE },
    { "goroutine 17 [running]:", API_SENSITIVE_STACK_TRACE },
    { "look at Orders.java:17", API_NSENSITIVE },
    { "meet me at noon", API_NSENSITIVE },
    { "postgres://app:s3cret@db/orders", API_SENSITIVE_PASSWORD },
    { "https://user@example/", API_NSENSITIVE },
    { "https://example.org:8080/a", API_NSENSITIVE },
    { "{\"env\":\"A=1\\nAKIAIOSFODNN7EXAMPLE\\nB=2\"}",
        API_SENSITIVE_CLOUD_KEY }, /* behind an escape of JSON */
    { "\"k\\u003dAKIAIOSFODNN7EXAMPLE\"", API_SENSITIVE_CLOUD_KEY },
    { "?key%3DAKIAIOSFODNN7EXAMPLE&", API_SENSITIVE_CLOUD_KEY },
    { "\"\\teyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLWhlcmU\"",
        API_SENSITIVE_JWT },
    { "\"pan:\\u00a04111111111111111\"", API_SENSITIVE_CARD },
    { "\"x\\nTraceback (most recent call last):\\n\"",
        API_SENSITIVE_STACK_TRACE },
    { "  File \"/srv/app/orders.py\", line 17, in get",
        API_SENSITIVE_STACK_TRACE },
    { "\\n  File \\\"/srv/app/orders.py\\\", line 17, in get",
        API_SENSITIVE_STACK_TRACE },
    { "File \"orders.py\" has a line", API_NSENSITIVE },
    { "wordAKIAIOSFODNN7EXAMPLE", API_NSENSITIVE },
    { "u003dAKIAIOSFODNN7EXAMPLE", API_NSENSITIVE },
    { "\\qAKIAIOSFODNN7EXAMPLE", API_NSENSITIVE },
    { "3DAKIAIOSFODNN7EXAMPLE", API_NSENSITIVE },
    { "", API_NSENSITIVE },
};

#define NROWS (sizeof(rows) / sizeof(rows[0]))


static unsigned
want(const row_t *row)
{
    return row->kind == API_NSENSITIVE ? 0 : 1U << row->kind;
}


static void
test_rows(void)
{
    size_t               i;
    api_span_t           s;
    api_sensitive_find_t find;

    for (i = 0; i < NROWS; i++) {
        s = ut_guard(api_span(rows[i].text, strlen(rows[i].text)));
        ut_int(
            api_sensitive_kinds(s, ALL), want(&rows[i]), "%s", rows[i].text);
        ut_int(api_sensitive_kinds(s, ALL & ~want(&rows[i])), 0,
            "... when it is not wanted");

        if (api_sensitive_next(s, 0, ALL, &find)) {
            ut_ok(find.from < find.to && find.to <= s.len, "... where");
        }

        s = ut_guard_front(s);
        ut_int(api_sensitive_kinds(s, ALL), want(&rows[i]), "... in front");
    }

    ut_guard_reset();
}


/* All of them in one text, cut at any place, come one by one. */

static void
test_pieces(void)
{
    char                 text[8192];
    size_t               i, n, len, bad;
    ut_rand_t            rand = { 5 };
    api_sensitive_scan_t scan;

    for (bad = 0, i = 0; i < NROWS; i++) {
        len = (size_t) snprintf(text, sizeof(text), "%*s {\"a\": \"%s\" } %*s",
            (int) (i * 7 % 300), "", rows[i].text, (int) (i * 13 % 300), "");

        for (n = 1; n <= len; n++) {
            api_sensitive_begin(&scan, ALL, sizeof(text));
            api_sensitive_feed(&scan, api_span(text, n));
            api_sensitive_feed(&scan, api_span(text + n, len - n));
            api_sensitive_end(&scan);
            bad += scan.found != api_sensitive_kinds(api_span(text, len), ALL);
        }
    }

    ut_int(bad, 0, "two pieces say what one says");

    for (bad = 0, i = 0; i < NROWS; i++) {
        size_t from;

        len = (size_t) snprintf(
            text, sizeof(text), "%*s %s %*s", 290, "", rows[i].text, 290, "");
        api_sensitive_begin(&scan, ALL, sizeof(text));

        for (from = 0; from < len; from += n) {
            n = 1 + ut_below(&rand, 9);
            n = n > len - from ? len - from : n;
            api_sensitive_feed(&scan, api_span(text + from, n));
        }

        api_sensitive_end(&scan);
        bad += scan.found != api_sensitive_kinds(api_span(text, len), ALL);
    }

    ut_int(bad, 0, "many small ones too");

    api_sensitive_begin(&scan, ALL, 10);
    api_sensitive_feed(&scan, API_SPAN("0123456789 4111111111111111"));
    api_sensitive_end(&scan);
    ut_int(scan.found, 0, "nothing behind the budget");

    api_sensitive_begin(&scan, ALL, 100);
    api_sensitive_feed(&scan, API_SPAN("4111111111111111"));
    ut_int(scan.found, 0, "what may go on is not decided");
    api_sensitive_end(&scan);
    ut_int(scan.found, 1U << API_SENSITIVE_CARD, "... until it ends");
}


/* A word that is longer than the overlap is one word in small pieces too, and
   a token whose head is long is a token wherever the pieces begin. */

static void
test_long(void)
{
    char                 text[2048];
    size_t               i, n, from, bad, seen;
    ut_rand_t            rand = { 11 };
    api_sensitive_scan_t scan;

    for (i = 0; i < sizeof(text); i++) {
        text[i] = (char) ('0' + ut_below(&rand, 10));
    }

    ut_int(api_sensitive_kinds(api_span(text, sizeof(text)), ALL), 0,
        "a number of 2048 digits is no card");

    for (bad = 0, n = 1; n < 300; n++) {
        api_sensitive_begin(&scan, ALL, sizeof(text));

        for (from = 0; from < sizeof(text); from += n) {
            api_sensitive_feed(
                &scan, api_span(text + from,
                           n > sizeof(text) - from ? sizeof(text) - from : n));
        }

        bad += scan.found != 0;
    }

    ut_int(bad, 0, "... in pieces of any size");

    memset(text, ' ', sizeof(text));
    memcpy(text + 700, "eyJ", 3);
    memset(text + 703, 'h', 150);
    memcpy(text + 853, ".eyJ", 4);
    memset(text + 857, 'p', 600);
    memcpy(text + 1457, ".signature", 10);

    for (seen = 0, i = 0; i < 900; i++) {
        api_sensitive_begin(&scan, ALL, sizeof(text));
        api_sensitive_feed(&scan, api_span(text, i));
        api_sensitive_feed(&scan, api_span(text + i, sizeof(text) - i));
        api_sensitive_end(&scan);
        seen += scan.found == 1U << API_SENSITIVE_JWT;
    }

    ut_int(seen, 900, "a token with a head of 150 letters, cut anywhere");
}


/* Every find is in order and within; nothing is found twice. */

static void
test_order(void)
{
    char                 text[4096];
    size_t               i, at, len, n;
    api_sensitive_find_t find;

    for (len = 0, i = 0; i < NROWS; i++) {
        len += (size_t) snprintf(
            text + len, sizeof(text) - len, "%s\n", rows[i].text);
    }

    for (n = 0, at = 0;
         api_sensitive_next(api_span(text, len), at, ALL, &find); n++)
    {
        if (find.from < at || find.to <= find.from || find.to > len) {
            break;
        }

        at = find.to;
    }

    ut_ok(!api_sensitive_next(api_span(text, len), at, ALL, &find) && n > 20,
        "%zu finds, one behind the other", n);
}


static double
seconds(const char *unit, size_t len)
{
    char           *text;
    size_t          i, n;
    unsigned        kinds;
    struct timespec a, b;

    n = strlen(unit);
    text = malloc(len);
    if (text == NULL) {
        abort();
    }

    for (i = 0; i < len; i++) {
        text[i] = unit[i % n];
    }

    (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    kinds = api_sensitive_kinds(api_span(text, len), ALL);
    (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    free(text);

    return (double) (b.tv_sec - a.tv_sec)
           + (double) (b.tv_nsec - a.tv_nsec) / 1e9 + (kinds ? 0 : 1e-9);
}


static void
test_time(void)
{
    size_t i;
    double one, four;

    static const char *const bad[] = { "eyJ-", "eyJhbGciOi.ey", "ghp_", "hvs.",
        "\\n at ", "at ", "://a:", "a@b.", "4111 ", "4-", "AB12", "DE89 ",
        "-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "goroutine ", "a.b@",
        "123-45-", "\\neyJ", "%3DeyJa", "File \"", "\\u0041" };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        one = seconds(bad[i], 1 << 18);
        four = seconds(bad[i], 1 << 20);
        ut_ok(four < one * 8 + 0.05, "\"%s\": %.3f s, four times as much %.3f",
            bad[i][0] == '\\' ? "at" : bad[i], one, four);
    }
}


static void
test_names(void)
{
    unsigned i;

    for (i = 0; i < API_NSENSITIVE; i++) {
        ut_int(api_sensitive_of(api_span(
                   api_sensitive_name(i), strlen(api_sensitive_name(i)))),
            i, "%s", api_sensitive_name(i));
    }

    ut_int(api_sensitive_of(API_SPAN("x")), API_NSENSITIVE, "no kind");
}


/* Sixteen bytes at a time and byte by byte find the same, wherever it stands. */

static void
test_blocks(void)
{
    bool                 a, b;
    char                 text_of[160];
    size_t               n, len, from, shift;
    uint64_t             seed = 88172645463325252u;
    unsigned             i, faults = 0, found = 0;
    api_span_t           s;
    api_sensitive_find_t x, y;

    static const char *const parts[] = { "4111 1111 1111 1111", "jane@a.org",
        "078-05-1120", "DE89370400440532013000", "AKIAIOSFODNN7EXAMPLE",
        "-----BEGIN PRIVATE KEY-----", "\\n", "\\u003d", "%3D", "://u:p@h/",
        "    at x.y(Z.java:3)", "\\nat x (z.js:1)", "2026-11-24T10:00:00Z",
        "\"id\":1842,", "goroutine 7 [running]", "\xc3\xa4", " ", "a", "-",
        ":", "eyJhbGciOiJub25l.eyJzdWIiOiJhYmMi.c2lnbmF0dXJl", "90090515836",
        "12345678Z", "AB123456C", "File \"x\", line 3", "word", "9" };

    for (i = 0; i < 60000; i++) {
        for (len = 0; len + 52 < sizeof(text_of);) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            n = strlen(parts[seed % (sizeof(parts) / sizeof(parts[0]))]);
            memcpy(text_of + len,
                parts[seed % (sizeof(parts) / sizeof(parts[0]))], n);
            len += n;
        }

        shift = i % 17;
        s = api_span(text_of + shift, len - shift);

        for (from = 0; from < s.len; from = x.to) {
            a = api_sensitive_next(s, from, (1U << API_NSENSITIVE) - 1, &x);
            b = api_sensitive_next_plain(
                s, from, (1U << API_NSENSITIVE) - 1, &y);

            if (a != b
                || (a
                    && (x.kind != y.kind || x.from != y.from || x.to != y.to)))
            {
                faults++;
            }

            if (!a || !b) {
                break;
            }

            found++;
        }
    }

    ut_int(faults, 0, "in blocks as byte by byte");
    ut_ok(found > 50000, "... with finds: %u", found);
}


int
main(void)
{
    test_blocks();
    test_rows();
    test_pieces();
    test_long();
    test_order();
    test_names();
    test_time();

    return ut_done();
}
