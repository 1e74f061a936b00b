#include "api_transform_int.h"


#define API_COMMENT_STARTS(text)                                              \
    (left >= sizeof(text) - 1 && memcmp(p, text, sizeof(text) - 1) == 0)


API_TRANSFORM_KERNEL(api_transform_replace_comments)
{
    size_t   i;
    bool     inside;
    uint8_t *d;

    (void) env;

    d = out;
    inside = false;

    for (i = 0; i < n; i++) {
        if (!inside && in[i] == '/' && n - i > 1 && in[i + 1] == '*') {
            inside = true;
            i++;

        } else if (!inside) {
            *d++ = in[i];

        } else if (in[i] == '*' && n - i > 1 && in[i + 1] == '/') {
            inside = false;
            *d++ = ' ';
            i++;
        }
    }

    if (inside) {
        *d++ = ' ';
    }

    return (size_t) (d - out);
}


/* The length of what opens a comment at p, or of what closes one. */

static size_t
api_comment_open(const uint8_t *p, size_t left)
{
    return API_COMMENT_STARTS("/*") ? 2 : API_COMMENT_STARTS("<!--") ? 4 : 0;
}


static size_t
api_comment_close(const uint8_t *p, size_t left)
{
    return API_COMMENT_STARTS("*/") ? 2 : API_COMMENT_STARTS("-->") ? 3 : 0;
}


static bool
api_comment_line(const uint8_t *p, size_t left)
{
    return *p == '#' || API_COMMENT_STARTS("--");
}


/*
 * Quirks kept: the byte behind a comment is copied unseen, and is a NUL where
 * the value ends there.
 */

API_TRANSFORM_KERNEL(api_transform_remove_comments)
{
    bool     inside;
    size_t   i, len;
    uint8_t *d;

    (void) env;

    d = out;
    inside = false;

    for (i = 0; i < n; /* void */) {
        len = inside ? api_comment_close(in + i, n - i)
                     : api_comment_open(in + i, n - i);

        if (len == 0) {
            if (!inside && api_comment_line(in + i, n - i)) {
                break;
            }

            if (!inside) {
                *d++ = in[i];
            }

            i++;
            continue;
        }

        i += len;

        if (inside) {
            *d++ = i < n ? in[i] : '\0';
            i++;
        }

        inside = !inside;
    }

    if (inside) {
        *d++ = ' ';
    }

    return (size_t) (d - out);
}


static size_t
api_comment_mark(const uint8_t *p, size_t left)
{
    size_t len;

    len = api_comment_open(p, left);

    if (len == 0) {
        len = api_comment_close(p, left);
    }

    if (len == 0 && api_comment_line(p, left)) {
        len = *p == '#' ? 1 : 2;
    }

    return len;
}


API_TRANSFORM_KERNEL(api_transform_remove_comments_char)
{
    size_t   i, len;
    uint8_t *d;

    (void) env;

    d = out;

    for (i = 0; i < n; /* void */) {
        len = api_comment_mark(in + i, n - i);

        if (len == 0) {
            *d++ = in[i++];
            continue;
        }

        i += len;
    }

    return (size_t) (d - out);
}
