#include "api_text.h"
#include "api_utf8.h"


#define API_TEXT_ESCAPE_MAX 6 /* \uXXXX */

static const char api_text_hex[] = "0123456789abcdef";


#define API_TEXT_ONES UINT64_C(0x0101010101010101)
#define API_TEXT_HIGH UINT64_C(0x8080808080808080)

/* Non-zero when one of the bytes of w is 0. */

static inline uint64_t
api_text_has_zero(uint64_t w)
{
    return (w - API_TEXT_ONES) & ~w & API_TEXT_HIGH;
}


static inline bool
api_text_is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}


/*
 * Length of the run at p that every form copies as it is: printable ASCII but
 * for the quote and the backslash.  Eight bytes at a time; carries of the word
 * test can only blame the neighbour of a byte that is at fault itself.
 */

static size_t
api_text_plain(const uint8_t *p, size_t len)
{
    size_t   i;
    uint64_t w, bad;

    for (i = 0; len - i >= 8; i += 8) {
        memcpy(&w, p + i, 8);

        bad = (w - API_TEXT_ONES * 0x20) | w | (w + API_TEXT_ONES);
        bad &= API_TEXT_HIGH;
        bad |= api_text_has_zero(w ^ (API_TEXT_ONES * '"'));
        bad |= api_text_has_zero(w ^ (API_TEXT_ONES * '\\'));

        if (bad) {
            break;
        }
    }

    while (i < len && api_text_is_plain(p[i])) {
        i++;
    }

    return i;
}


/* Length of the escape of the character at the front of s, written to e, and
   how many bytes of s it stands for. */

typedef size_t (*api_text_escape_pt)(
    api_span_t s, uint8_t e[API_TEXT_ESCAPE_MAX], size_t *used);


static size_t
api_text_run(api_span_t s, char *out, size_t size, size_t *taken,
    api_text_escape_pt escape)
{
    size_t  i, n, len, pos;
    uint8_t e[API_TEXT_ESCAPE_MAX];

    pos = 0;

    for (i = 0; i < s.len && pos < size; i += n) {
        n = s.len - i < size - pos ? s.len - i : size - pos;
        n = api_text_plain(s.data + i, n);

        if (n) {
            memcpy(out + pos, s.data + i, n);
            pos += n;
            continue;
        }

        len = escape(api_span(s.data + i, s.len - i), e, &n);

        if (len > size - pos) {
            break;
        }

        memcpy(out + pos, e, len);
        pos += len;
    }

    if (taken) {
        *taken = i;
    }

    return pos;
}


static size_t
api_text_u(uint8_t e[API_TEXT_ESCAPE_MAX], uint32_t cp)
{
    e[0] = '\\';
    e[1] = 'u';
    e[2] = (uint8_t) api_text_hex[cp >> 12 & 15];
    e[3] = (uint8_t) api_text_hex[cp >> 8 & 15];
    e[4] = (uint8_t) api_text_hex[cp >> 4 & 15];
    e[5] = (uint8_t) api_text_hex[cp & 15];

    return 6;
}


/* Characters that make a log line read as something it is not. */

static bool
api_text_is_sly(uint32_t cp)
{
    return (cp >= 0x7f && cp <= 0x9f) || cp == 0x061c /* Arabic letter mark */
           || cp == 0x200e || cp == 0x200f            /* direction marks */
           || (cp >= 0x2028 && cp <= 0x202e) /* separators, embeddings */
           || (cp >= 0x2066 && cp <= 0x2069) /* isolates */
           || cp == 0xfeff;                  /* byte order mark */
}


/* The letter of a two-character escape; 0: there is none. */

static uint8_t
api_text_letter(uint8_t c)
{
    switch (c) {
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    case '"':
    case '\\':
        return c;
    default:
        return 0;
    }
}


static size_t
api_text_json_escape(
    api_span_t s, uint8_t e[API_TEXT_ESCAPE_MAX], size_t *used)
{
    uint8_t  c;
    uint32_t cp;

    *used = 1;
    c = api_text_letter(s.data[0]);

    if (c) {
        e[0] = '\\';
        e[1] = c;
        return 2;
    }

    if (s.data[0] < 0x80) {
        return api_text_u(e, s.data[0]);
    }

    if (api_utf8_seq(s.data, s.data + s.len) == 0) {
        return api_text_u(e, 0xfffd);
    }

    *used = api_utf8_decode(s.data, &cp);

    if (api_text_is_sly(cp)) {
        return api_text_u(e, cp);
    }

    memcpy(e, s.data, *used);

    return *used;
}


static size_t
api_text_http_escape(
    api_span_t s, uint8_t e[API_TEXT_ESCAPE_MAX], size_t *used)
{
    *used = 1;

    if (s.data[0] == '"' || s.data[0] == '\\') {
        e[0] = '\\';
        e[1] = s.data[0];
        return 2;
    }

    e[0] = '?';

    return 1;
}


static size_t
api_text_oauth_escape(
    api_span_t s, uint8_t e[API_TEXT_ESCAPE_MAX], size_t *used)
{
    *used = 1;
    e[0] = s.data[0] == '"' || s.data[0] == '\\' ? '\'' : '?';

    return 1;
}


static size_t
api_text_log_escape(api_span_t s, uint8_t e[API_TEXT_ESCAPE_MAX], size_t *used)
{
    uint8_t c;

    *used = 1;
    e[0] = '\\';
    c = api_text_letter(s.data[0]);

    if (c && c != 'b' && c != 'f') {
        e[1] = c;
        return 2;
    }

    e[1] = 'x';
    e[2] = (uint8_t) api_text_hex[s.data[0] >> 4];
    e[3] = (uint8_t) api_text_hex[s.data[0] & 15];

    return 4;
}


size_t
api_text_json(api_span_t s, char *out, size_t size, size_t *taken)
{
    return api_text_run(s, out, size, taken, api_text_json_escape);
}


size_t
api_text_http(api_span_t s, char *out, size_t size, size_t *taken)
{
    return api_text_run(s, out, size, taken, api_text_http_escape);
}


size_t
api_text_oauth(api_span_t s, char *out, size_t size, size_t *taken)
{
    return api_text_run(s, out, size, taken, api_text_oauth_escape);
}


size_t
api_text_log(api_span_t s, char *out, size_t size, size_t *taken)
{
    return api_text_run(s, out, size, taken, api_text_log_escape);
}
