/* UTF-8 against a definition by ranges, and what cuts and converts it. */

#include "api_utf8.h"
#include "ut.h"


/* The well-formed sequences, as table 3-7 of the Unicode standard has them. */

static const struct {
    size_t  n;
    uint8_t lo[4], hi[4];
} forms[] = {
    { 1, { 0x00 }, { 0x7f } },
    { 2, { 0xc2, 0x80 }, { 0xdf, 0xbf } },
    { 3, { 0xe0, 0xa0, 0x80 }, { 0xe0, 0xbf, 0xbf } },
    { 3, { 0xe1, 0x80, 0x80 }, { 0xec, 0xbf, 0xbf } },
    { 3, { 0xed, 0x80, 0x80 }, { 0xed, 0x9f, 0xbf } },
    { 3, { 0xee, 0x80, 0x80 }, { 0xef, 0xbf, 0xbf } },
    { 4, { 0xf0, 0x90, 0x80, 0x80 }, { 0xf0, 0xbf, 0xbf, 0xbf } },
    { 4, { 0xf1, 0x80, 0x80, 0x80 }, { 0xf3, 0xbf, 0xbf, 0xbf } },
    { 4, { 0xf4, 0x80, 0x80, 0x80 }, { 0xf4, 0x8f, 0xbf, 0xbf } },
};


static size_t
seq_by_table(const uint8_t *p, size_t n)
{
    size_t i, k;

    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {

        if (forms[i].n > n) {
            continue;
        }

        for (k = 0; k < forms[i].n; k++) {
            if (p[k] < forms[i].lo[k] || p[k] > forms[i].hi[k]) {
                break;
            }
        }

        if (k == forms[i].n) {
            return k;
        }
    }

    return 0;
}


/* Every pair of first bytes with every kind of byte behind them, at every
   length. */

static void
test_seq(void)
{
    size_t   n;
    unsigned a, b, c, d, bad;
    uint8_t  s[4];

    static const uint8_t tail[] = { 0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0,
        0xbf, 0xc0, 0xff };

    bad = 0;

    for (a = 0; a < 256; a++) {
        for (b = 0; b < 256; b++) {
            for (c = 0; c < sizeof(tail); c++) {
                for (d = 0; d < sizeof(tail); d++) {
                    s[0] = (uint8_t) a;
                    s[1] = (uint8_t) b;
                    s[2] = tail[c];
                    s[3] = tail[d];

                    for (n = 1; n <= 4; n++) {
                        bad += api_utf8_seq(s, s + n) != seq_by_table(s, n);
                    }
                }
            }
        }
    }

    ut_int(bad, 0, "sequences that the table judges otherwise");
    ut_int(api_utf8_seq(s, s), 0, "no sequence in no bytes");
}


static void
test_round_trip(void)
{
    size_t   n;
    uint32_t cp, back;
    unsigned bad;
    uint8_t  buf[4];

    bad = 0;

    for (cp = 0; cp < 0x110000; cp++) {
        n = api_utf8_encode(cp, buf);

        if (cp >= 0xd800 && cp < 0xe000) {
            bad += n != 0;
            continue;
        }

        bad += n == 0 || api_utf8_seq(buf, buf + n) != n
               || api_utf8_decode(buf, &back) != n || back != cp;
    }

    ut_int(bad, 0, "code points that do not come back");
    ut_int(api_utf8_encode(0x110000, buf), 0, "nothing past U+10FFFF");
    ut_int(api_utf8_encode(UINT32_MAX, buf), 0, "nor far past it");
}


/* A bad byte at every place of texts of every length up to 40, against a
   page that cannot be read. */

static void
test_valid(void)
{
    size_t     len, at;
    unsigned   bad;
    uint8_t    text[40];
    api_span_t s;

    bad = 0;

    for (len = 0; len <= sizeof(text); len++) {
        for (at = 0; at <= len; at++) {
            memset(text, 'a', sizeof(text));

            if (at < len) {
                text[at] = 0x80;
            }

            s = ut_guard(api_span(text, len));
            bad += api_utf8_valid(s) != at;
        }

        ut_guard_reset();
    }

    ut_int(bad, 0, "places of a bad byte missed");

    for (len = 0; len < 30; len++) {
        memset(text, 'a', sizeof(text));
        memcpy(text + len, "\xf0\x9f\x98\x80", 4);

        ut_int(api_utf8_valid(ut_guard(api_span(text, len + 4))), len + 4,
            "four bytes at %zu", len);
        ut_int(api_utf8_valid(ut_guard(api_span(text, len + 3))), len,
            "cut short at %zu", len);
    }

    ut_int(api_utf8_valid(api_span(NULL, 0)), 0, "nothing is valid");
    ut_int(api_utf8_valid(API_SPAN("\xc3\xa9\xe2\x82\xac\xed\xa0\x80")), 5,
        "up to a surrogate");
}


static void
test_cut(void)
{
    size_t     max;
    api_span_t s;

    /* a, two, three and four bytes: cuts are allowed at 1, 3, 6 and 10 */

    static const size_t want[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10 };

    s = ut_guard(API_SPAN("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"));

    for (max = 0; max < sizeof(want) / sizeof(want[0]); max++) {
        ut_int(api_utf8_cut(s, max).len, want[max], "cut at %zu", max);
    }

    ut_int(api_utf8_cut(API_SPAN("\x80\x80\x80\x80\x80\x80"), 5).len, 5,
        "bytes that are not UTF-8 are cut where asked");
    ut_int(api_utf8_cut(API_SPAN("\x80\x80"), 1).len, 1, "also at the front");
    ut_int(api_utf8_cut(api_span(NULL, 0), 0).len, 0, "nothing to cut");
}


int
main(void)
{
    test_seq();
    test_round_trip();
    test_valid();
    test_cut();

    return ut_done();
}
