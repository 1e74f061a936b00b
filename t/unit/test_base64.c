#include "api_base64.h"
#include "ut.h"

#include <stdio.h>


static int
decode(const char *text, uint8_t *out, size_t *len)
{
    return api_base64url_decode(
        ut_guard(api_span(text, strlen(text))), out, len);
}


static void
test_vectors(void)
{
    size_t  i, len;
    char    text[16];
    uint8_t out[16];

    /* RFC 4648 section 10 without padding, RFC 7515 appendix C */

    static const struct {
        const char *bytes;
        size_t      n;
        const char *text;
    } v[] = {
        { "", 0, "" },
        { "f", 1, "Zg" },
        { "fo", 2, "Zm8" },
        { "foo", 3, "Zm9v" },
        { "foob", 4, "Zm9vYg" },
        { "fooba", 5, "Zm9vYmE" },
        { "foobar", 6, "Zm9vYmFy" },
        { "\x03\xec\xff\xe0\xc1", 5, "A-z_4ME" },
    };

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        len =
            api_base64url_encode(ut_guard(api_span(v[i].bytes, v[i].n)), text);
        ut_span(api_span(text, len), api_span(v[i].text, strlen(v[i].text)),
            "encodes to %s", v[i].text);

        ut_int(decode(v[i].text, out, &len), API_OK, "decodes %s", v[i].text);
        ut_span(api_span(out, len), api_span(v[i].bytes, v[i].n),
            "... to its bytes");
    }
}


static void
test_refusals(void)
{
    size_t  i, len;
    uint8_t out[32];

    static const struct {
        const char *text;
        size_t      pos;
        const char *why;
    } v[] = {
        { "A", 0, "one letter" },
        { "AAAAA", 4, "four letters and one" },
        { "AAAAAAAAA", 8, "eight letters and one" },
        { "Zg==", 2, "padding" },
        { "Zm8=", 3, "padding of one" },
        { "Zm9v=", 4, "padding behind a whole group" },
        { "Zg=", 2, "half of a padding" },
        { "A+AA", 1, "+ of plain base64" },
        { "AA/A", 2, "/ of plain base64" },
        { "AAA.", 3, "a dot" },
        { " AAA", 0, "a space" },
        { "AAAA\n", 4, "a newline" },
        { "AAAA\nAAA", 4, "a newline inside" },
        { "AAAAA\xc3\xa9", 5, "UTF-8" },
        { "Zh", 1, "trailing bits of one byte: 1" },
        { "Zo", 1, "trailing bits of one byte: 8" },
        { "Zm9", 2, "trailing bits of two bytes: 1" },
        { "Zm-", 2, "trailing bits of two bytes: 2" },
        { "AAAAZm9", 6, "trailing bits behind a group" },
        { "AAAA!AAAA!", 4, "the first of two" },
        { "AAAAA!", 5, "in the tail" },
        { "AAAA!A", 4, "in the tail, first" },
        { "AAAAAA!", 6, "in the tail, third" },
    };

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        ut_int(decode(v[i].text, out, &len), API_SYNTAX, "%s", v[i].why);
        ut_int(len, v[i].pos, "... at its offset");
    }

    ut_int(api_base64url_decode(api_span("AA\0A", 4), out, &len), API_SYNTAX,
        "a NUL byte");
    ut_int(len, 2, "... at its offset");
}


/* Of all groups of two and three letters exactly those are taken that the
   encoder writes; of single bytes exactly 64 are letters. */

static void
test_one_spelling(void)
{
    int      a, b, c, good2, good3, letters, again;
    size_t   len;
    char     text[4];
    uint8_t  in[4], out[3];
    unsigned bad = 0;

    good2 = good3 = letters = again = 0;

    for (a = 0; a < 256; a++) {
        memset(in, 'A', 4);
        in[a % 4] = (uint8_t) a;
        letters += api_base64url_decode(api_span(in, 4), out, &len) == API_OK;

        for (b = 0; b < 256; b++) {
            in[0] = (uint8_t) a;
            in[1] = (uint8_t) b;

            if (api_base64url_decode(api_span(in, 2), out, &len) == API_OK) {
                good2++;
                again += api_base64url_encode(api_span(out, len), text) == 2
                         && memcmp(text, in, 2) == 0;
            }

            for (c = 0; c < 256; c++) {
                in[2] = (uint8_t) c;

                if (api_base64url_decode(api_span(in, 3), out, &len) == API_OK)
                {
                    good3++;
                    bad += api_base64url_encode(api_span(out, len), text) != 3
                           || memcmp(text, in, 3) != 0;
                }
            }
        }
    }

    ut_int(letters, 64, "64 letters");
    ut_int(good2, 256, "one spelling for each byte");
    ut_int(again, 256, "... which is the encoder's");
    ut_int(good3, 65536, "one spelling for each two bytes");
    ut_int(bad, 0, "... which is the encoder's");
}


/* Every length to 300, against guard pages on both sides of input and
   output. */

static void
test_lengths(void)
{
    size_t     n, k, len;
    char      *text;
    uint8_t    bytes[300];
    unsigned   wrong = 0;
    api_span_t in, room, out;
    ut_rand_t  r = { 1 };

    static uint8_t zeros[512];

    for (n = 0; n < sizeof(bytes); n++) {
        for (k = 0; k < n; k++) {
            bytes[k] = (uint8_t) ut_rand(&r);
        }

        room = ut_guard(api_span(zeros, api_base64url_encoded_len(n)));
        text = (char *) (uintptr_t) room.data;

        wrong += api_base64url_encode(ut_guard(api_span(bytes, n)), text)
                 != room.len;

        in = n % 2 ? ut_guard(room) : ut_guard_front(room);
        out = ut_guard(api_span(zeros, api_base64url_decoded_len(in.len)));

        wrong +=
            api_base64url_decode(in, (uint8_t *) (uintptr_t) out.data, &len)
            != API_OK;
        wrong += len != n || out.len != n || memcmp(out.data, bytes, n) != 0;

        ut_guard_reset();
    }

    ut_int(wrong, 0, "300 lengths, there and back");
}


int
main(void)
{
    test_vectors();
    test_refusals();
    test_one_spelling();
    test_lengths();

    return ut_done();
}
