/*
 * Input: text.  What is decoded encodes to the same text, so that no value has
 * two spellings; what is refused is refused at its first fault.
 */

#include "api_base64.h"
#include "fuzz.h"


static bool
is_letter(uint8_t c)
{
    return c < 0x80
           && memchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                     "0123456789-_",
               c, 64);
}


static void
check_refused(api_span_t s, size_t pos)
{
    size_t i;

    MUST(pos < s.len);

    for (i = 0; i < pos; i++) {
        MUST(is_letter(s.data[i]));
    }

    /* a letter at fault is the last: a stray one, or with bits to spare */

    MUST(!is_letter(s.data[pos]) || (pos == s.len - 1 && s.len % 4 != 0));
}


static void
check_bytes(api_span_t s)
{
    size_t   n, len;
    char    *text = malloc(api_base64url_encoded_len(s.len) + 1);
    uint8_t *out = malloc(s.len + 1);

    MUST(text && out);

    n = api_base64url_encode(s, text);
    MUST(n == api_base64url_encoded_len(s.len));
    MUST(api_base64url_decoded_len(n) == s.len);
    MUST(api_base64url_decode(api_span(text, n), out, &len) == API_OK);
    MUST(api_span_eq(api_span(out, len), s));

    free(text);
    free(out);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int        rc;
    size_t     len, room;
    char      *text;
    uint8_t   *out;
    api_span_t s = api_span(data, size);

    room = api_base64url_decoded_len(size);
    out = malloc(room ? room : 1);
    text = malloc(size + 1);
    MUST(out && text);

    rc = api_base64url_decode(s, out, &len);

    if (rc == API_OK) {
        MUST(len == room);
        MUST(api_base64url_encode(api_span(out, len), text) == size);
        MUST(size == 0 || memcmp(text, data, size) == 0);
    } else {
        MUST(rc == API_SYNTAX);
        check_refused(s, len);
    }

    check_bytes(s);
    free(text);
    free(out);

    return 0;
}
