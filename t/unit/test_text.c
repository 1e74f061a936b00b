/* Escaping: what comes out, where it is cut, and that it can be read back. */

#include "api_json.h"
#include "api_text.h"
#include "api_utf8.h"
#include "ut.h"


typedef size_t (*escape_pt)(
    api_span_t s, char *out, size_t size, size_t *taken);

static const api_sipkey_t seed = { 1, 2 };

static const struct {
    const char *name;
    escape_pt   escape;
    size_t      worst; /* bytes for one */
} forms[] = {
    { "json", api_text_json, API_TEXT_JSON_MAX(1) },
    { "http", api_text_http, API_TEXT_HTTP_MAX(1) },
    { "oauth", api_text_oauth, 1 },
    { "log", api_text_log, API_TEXT_LOG_MAX(1) },
};

#define S(literal)                                                            \
    {                                                                         \
        (const uint8_t *) (literal), sizeof(literal) - 1                      \
    }

static const struct {
    size_t     form;
    api_span_t in;
    api_span_t out;
} cases[] = {
    { 0, S(""), S("") },
    { 0, S("plain text, 8+ bytes"), S("plain text, 8+ bytes") },
    { 0, S("say \"hi\" \\o/"), S("say \\\"hi\\\" \\\\o/") },
    { 0, S("\b\f\n\r\t"), S("\\b\\f\\n\\r\\t") },
    { 0, S("\0\x01\x1f\x7f"), S("\\u0000\\u0001\\u001f\\u007f") },
    { 0, S("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80"),
        S("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80") },
    { 0, S("a\xff\xfe z"), S("a\\ufffd\\ufffd z") },
    { 0, S("\xc3"), S("\\ufffd") },
    { 0, S("\xf0\x9f\x98"), S("\\ufffd\\ufffd\\ufffd") },
    { 0, S("\xc0\xaf"), S("\\ufffd\\ufffd") },
    { 0, S("\xed\xa0\x80"), S("\\ufffd\\ufffd\\ufffd") },
    { 0, S("\xef\xbf\xbd"), S("\xef\xbf\xbd") },
    { 0, S("\xc2\x85\xc2\x9b\xc2\xa0"), S("\\u0085\\u009b\xc2\xa0") },
    { 0, S("\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xae\xe2\x81\xa6\xef\xbb\xbf"),
        S("\\u2028\\u2029\\u202e\\u2066\\ufeff") },
    { 1, S("a \"b\" \\c"), S("a \\\"b\\\" \\\\c") },
    { 1, S("x\r\nSet-Cookie: y\0\x7f\t"), S("x??Set-Cookie: y???") },
    { 1, S("gr\xc3\xbc\xc3\x9f"), S("gr????") },
    { 2, S("claim \"aud\" \\ \xc3\xbc\n"), S("claim 'aud' ' ???") },
    { 3, S("a\nb\r\tc \"\\"), S("a\\nb\\r\\tc \\\"\\\\") },
    { 3, S("\0\b\f\x1b[31m\x7f\xc3\xbc"),
        S("\\x00\\x08\\x0c\\x1b[31m\\x7f\\xc3\\xbc") },
};


static void
test_cases(void)
{
    char       out[256];
    size_t     i, n, taken;
    api_span_t in;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        in = ut_guard(cases[i].in);
        n = forms[cases[i].form].escape(in, out, sizeof(out), &taken);
        ut_span(api_span(out, n), cases[i].out, "%s, case %zu",
            forms[cases[i].form].name, i);
        ut_int((int) taken, (int) in.len, "all of case %zu", i);
    }
}


/* Every size of buffer: never more than fits, always a prefix of the whole,
   never half an escape, and the rest continues where it stopped. */

static bool
cuts_well(escape_pt escape, api_span_t in)
{
    char       whole[2048], part[2048];
    size_t     n, a, b, size, taken, more;
    api_span_t room;

    n = escape(in, whole, sizeof(whole), &taken);

    if (taken != in.len) {
        return false;
    }

    for (size = 0; size <= n; size++) {
        ut_guard_reset();
        memset(part, '#', sizeof(part));
        room = ut_guard(api_span(part, size));

        a = escape(in, (char *) (uintptr_t) room.data, size, &taken);

        if (a > size || memcmp(room.data, whole, a) != 0) {
            return false;
        }

        b = escape(api_span(in.data + taken, in.len - taken), part,
            sizeof(part), &more);

        if (taken + more != in.len || a + b != n
            || memcmp(part, whole + a, b) != 0) {
            return false;
        }

        if (size == n && a != n) {
            return false;
        }
    }

    return true;
}


static api_span_t
random_text(ut_rand_t *r, uint8_t *buf, size_t max)
{
    size_t   i, n;
    uint32_t cp;

    n = ut_below(r, max - 4);

    for (i = 0; i < n;) {
        switch (ut_below(r, 4)) {
        case 0:
            buf[i++] = (uint8_t) ut_rand(r);
            break;
        case 1:
            cp = (uint32_t) ut_below(r, ut_below(r, 2) ? 0x3000 : 0x110000);
            i += api_utf8_encode(cp, buf + i);
            break;
        default:
            buf[i++] = (uint8_t) (' ' + ut_below(r, 95));
        }
    }

    return api_span(buf, i);
}


/* What our parser reads back from the JSON form. */

static bool
reads_back(api_span_t in, api_arena_t *arena)
{
    char       out[2048];
    size_t     n, i, k;
    api_span_t got;
    api_json_t doc;

    out[0] = '"';
    n = 1 + api_text_json(in, out + 1, sizeof(out) - 2, NULL);
    out[n++] = '"';

    if (api_json_parse(&doc, api_span(out, n), NULL, API_JSON_ALLOW_NUL, seed,
            arena, NULL)
            != API_OK
        || api_json_string(&doc, 0, arena, &got) != API_OK)
    {
        return false;
    }

    for (i = 0, k = 0; i < in.len;) {
        size_t len = api_utf8_seq(in.data + i, in.data + in.len);

        if (len == 0) {
            if (got.len - k < 3 || memcmp(got.data + k, "\xef\xbf\xbd", 3)) {
                return false;
            }

            k += 3;
            i++;
            continue;
        }

        if (got.len - k < len || memcmp(got.data + k, in.data + i, len)) {
            return false;
        }

        k += len;
        i += len;
    }

    return k == got.len;
}


static void
test_random(void)
{
    bool        cut[4] = { true, true, true, true }, back, printable;
    char        out[1024];
    size_t      f, i, k, n;
    uint8_t     buf[200];
    ut_rand_t   r = { 42 };
    api_span_t  in;
    api_arena_t arena;

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    back = printable = true;

    for (i = 0; i < 3000; i++) {
        in = random_text(&r, buf, i < 200 ? sizeof(buf) : 40);

        for (f = 0; f < 4; f++) {
            if (i < 200) {
                cut[f] = cut[f] && cuts_well(forms[f].escape, in);
            }

            n = forms[f].escape(in, out, sizeof(out), NULL);
            printable = printable && n <= in.len * forms[f].worst;

            for (k = 0; k < n; k++) {
                printable = printable && (uint8_t) out[k] >= 0x20
                            && (f == 0 || (uint8_t) out[k] < 0x7f);
            }
        }

        back = back && reads_back(in, &arena);
        api_arena_rewind(&arena, (api_arena_mark_t){ NULL, NULL });
    }

    for (f = 0; f < 4; f++) {
        ut_ok(cut[f], "%s: cut at every size", forms[f].name);
    }

    ut_ok(printable, "never a control character, never over the worst case");
    ut_ok(back, "the parser reads back what was escaped");

    api_arena_free(&arena);
}


int
main(void)
{
    test_cases();
    test_random();

    return ut_done();
}
