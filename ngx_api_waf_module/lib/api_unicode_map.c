#include "api_transform_int.h"


enum { API_UNICODE_E_PAIR = 1, API_UNICODE_E_CODEPAGE };


/* Blanks part the words of the file. */

static bool
api_unicode_word(api_span_t text, size_t *pos, api_span_t *word)
{
    size_t from;

    while (*pos < text.len && api_is_blank(text.data[*pos])) {
        (*pos)++;
    }

    from = *pos;

    while (*pos < text.len && !api_is_blank(text.data[*pos])) {
        (*pos)++;
    }

    *word = api_span(text.data + from, *pos - from);

    return *pos > from;
}


static bool
api_unicode_number(api_span_t s, unsigned base, uint32_t *value)
{
    size_t   i;
    unsigned digit;

    *value = 0;

    for (i = 0; i < s.len && i < 8; i++) {
        digit = api_percent_hex(s.data[i]);
        if (digit >= base) {
            return false;
        }

        *value = *value * base + digit;
    }

    return i > 0 && i == s.len;
}


/* HHHH:HH */

static bool
api_unicode_pair(api_unicode_map_t *map, api_span_t word)
{
    uint32_t       code, byte;
    const uint8_t *colon;

    colon = memchr(word.data, ':', word.len);

    if (colon == NULL
        || !api_unicode_number(
            api_span(word.data, (size_t) (colon - word.data)), 16, &code)
        || !api_unicode_number(
            api_span(colon + 1, word.len - (size_t) (colon - word.data) - 1),
            16, &byte)
        || code > 0xffff || byte > 0xff)
    {
        return false;
    }

    map->best[code] = (int16_t) byte;

    return true;
}


static unsigned
api_unicode_line(api_span_t text, size_t pos)
{
    size_t   i;
    unsigned line;

    line = 1;

    for (i = 0; i < pos; i++) {
        line += text.data[i] == '\n';
    }

    return line;
}


/*
 * The file: words without a colon (a number that names a code page, and what
 * is said about it), then the pairs of that page.
 */

int
api_unicode_map_read(
    api_unicode_map_t *map, api_span_t text, unsigned codepage, api_err_t *err)
{
    bool       found, pairs;
    size_t     pos;
    uint32_t   page;
    api_span_t word;

    memset(map->best, 0xff, sizeof(map->best));

    /* what RFC 3490 section 3.1 takes for a dot */

    map->best[0x002e] = map->best[0x3002] = '.';
    map->best[0xff0e] = map->best[0xff61] = '.';

    found = false;
    pairs = false;
    pos = 0;

    while (api_unicode_word(text, &pos, &word)) {
        if (memchr(word.data, ':', word.len) == NULL) {
            if (pairs) {
                break;
            }

            found =
                found
                || (api_unicode_number(word, 10, &page) && page == codepage);
            continue;
        }

        if (!found) {
            continue;
        }

        pairs = true;

        if (!api_unicode_pair(map, word)) {
            pos -= word.len;
            return api_fail(err, API_SYNTAX, API_UNICODE_E_PAIR, pos,
                "line %u: a pair of a code page reads HHHH:HH, a code point "
                "and the byte it becomes, both in hex",
                api_unicode_line(text, pos));
        }
    }

    if (!pairs) {
        return api_fail(err, API_INVALID, API_UNICODE_E_CODEPAGE, 0,
            "no code page %u in this file; SecUnicodeMapFile names the file "
            "and one of its pages, such as 20127",
            codepage);
    }

    return API_OK;
}
