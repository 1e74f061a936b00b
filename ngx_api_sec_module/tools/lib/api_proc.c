#include "api_proc.h"

#include <string.h>


/* The next line, without its end; false at the end of the text. */

static bool
next_line(api_span_t *text, api_span_t *line)
{
    const unsigned char *end;

    if (text->len == 0) {
        return false;
    }

    end = memchr(text->data, '\n', text->len);
    line->data = text->data;
    line->len = end ? (size_t) (end - text->data) : text->len;

    text->data += line->len + (end != NULL);
    text->len -= line->len + (end != NULL);

    return true;
}


/* What follows a word at the beginning of a line, less blanks. */

static bool
after(api_span_t line, const char *word, api_span_t *rest)
{
    size_t n = strlen(word);

    if (line.len < n || memcmp(line.data, word, n) != 0) {
        return false;
    }

    while (n < line.len && (line.data[n] == ' ' || line.data[n] == '\t')) {
        n++;
    }

    *rest = api_span(line.data + n, line.len - n);

    return true;
}


static bool
number(api_span_t text, uint64_t *value)
{
    size_t   i;
    unsigned digit;
    uint64_t v = 0;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            break;
        }

        digit = (unsigned) (text.data[i] - '0');

        if (v > (UINT64_MAX - digit) / 10) {
            return false;
        }

        v = v * 10 + digit;
    }

    *value = v;

    return i > 0;
}


bool
api_proc_limit(api_span_t limits, const char *name, uint64_t *soft)
{
    api_span_t line, rest;

    while (next_line(&limits, &line)) {
        if (!after(line, name, &rest)) {
            continue;
        }

        if (rest.len >= 9 && memcmp(rest.data, "unlimited", 9) == 0) {
            *soft = API_PROC_UNLIMITED;
            return true;
        }

        return number(rest, soft);
    }

    return false;
}


bool
api_proc_status(api_span_t status, const char *name, uint64_t *value)
{
    api_span_t line, rest;

    while (next_line(&status, &line)) {
        if (after(line, name, &rest) && rest.len && rest.data[0] == ':'
            && after(rest, ":", &rest))
        {
            return number(rest, value);
        }
    }

    return false;
}


api_span_t
api_proc_stale(api_span_t maps)
{
    static const char    gone[] = " (deleted)";
    static const char    part[] = "/ngx_api_";
    size_t               n = sizeof(gone) - 1;
    api_span_t           line;
    const unsigned char *slash;

    while (next_line(&maps, &line)) {
        if (line.len <= n || memcmp(line.data + line.len - n, gone, n) != 0) {
            continue;
        }

        line.len -= n;
        slash = memchr(line.data, '/', line.len);

        if (slash == NULL) {
            continue;
        }

        line.len -= (size_t) (slash - line.data);
        line.data = slash;

        while ((slash = memchr(line.data + 1, '/', line.len - 1)) != NULL) {
            line.len -= (size_t) (slash - line.data);
            line.data = slash;
        }

        if (line.len > sizeof(part) - 1
            && memcmp(line.data, part, sizeof(part) - 1) == 0)
        {
            return api_span(line.data + 1, line.len - 1);
        }
    }

    return api_span(NULL, 0);
}
