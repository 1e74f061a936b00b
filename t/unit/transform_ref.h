/*
 * Transformations once more, naively: a rule at a time, each byte pushed to
 * the end of a text, numbers by libc.  For the unit test and the fuzz target;
 * what is absent here is compared with ModSecurity itself (t/waf/transform.t).
 */

#ifndef TRANSFORM_REF_H
#define TRANSFORM_REF_H

#include "api_transform.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define REF_MAX 8192

typedef struct {
    uint8_t data[REF_MAX];
    size_t  len;
} ref_text_t;


static inline void
ref_push(ref_text_t *t, int c)
{
    if (t->len == REF_MAX) {
        abort();
    }

    t->data[t->len++] = (uint8_t) c;
}


/* Are there n hex (octal, decimal) digits at i? */

static inline bool
ref_digits(api_span_t in, size_t i, size_t n, const char *set)
{
    size_t k;

    for (k = 0; k < n; k++) {
        if (i + k >= in.len || in.data[i + k] == 0
            || strchr(set, in.data[i + k]) == NULL)
        {
            return false;
        }
    }

    return true;
}

#define REF_HEX "0123456789abcdefABCDEF"
#define REF_OCTAL "01234567"


static inline unsigned long long
ref_number(api_span_t in, size_t i, size_t n, int base)
{
    char text[REF_MAX];

    memcpy(text, in.data + i, n);
    text[n] = '\0';

    return (unsigned long long) strtoll(text, NULL, base);
}


static inline bool
ref_at(api_span_t in, size_t i, const char *text)
{
    return i + strlen(text) <= in.len
           && memcmp(in.data + i, text, strlen(text)) == 0;
}


/* The low byte; full-width forms made ASCII. */

static inline int
ref_wide(unsigned long long code)
{
    return (
        int) ((code >= 0xff01 && code <= 0xff5e ? code - 0xff00 + 0x20 : code)
              & 0xff);
}


static inline void
ref_url(api_span_t in, bool uni, ref_text_t *t)
{
    size_t i;

    for (i = 0; i < in.len; i++) {
        if (in.data[i] == '+') {
            ref_push(t, ' ');

        } else if (uni && (ref_at(in, i, "%u") || ref_at(in, i, "%U"))
                   && ref_digits(in, i + 2, 4, REF_HEX))
        {
            ref_push(t, ref_wide(ref_number(in, i + 2, 4, 16)));
            i += 5;

        } else if (in.data[i] == '%' && ref_digits(in, i + 1, 2, REF_HEX)) {
            ref_push(t, (int) ref_number(in, i + 1, 2, 16));
            i += 2;

        } else {
            ref_push(t, in.data[i]);
        }
    }
}


static inline void
ref_js(api_span_t in, ref_text_t *t)
{
    size_t      i, n;
    const char *p;

    for (i = 0; i < in.len; i++) {
        if (in.data[i] != '\\' || i + 1 == in.len) {
            ref_push(t, in.data[i]);

        } else if (ref_at(in, i, "\\u") && ref_digits(in, i + 2, 4, REF_HEX)) {
            ref_push(t, ref_wide(ref_number(in, i + 2, 4, 16)));
            i += 5;

        } else if (ref_at(in, i, "\\x") && ref_digits(in, i + 2, 2, REF_HEX)) {
            ref_push(t, (int) ref_number(in, i + 2, 2, 16));
            i += 3;

        } else if (ref_digits(in, i + 1, 1, REF_OCTAL)) {
            for (n = 3; !ref_digits(in, i + 1, n, REF_OCTAL)
                        || ref_number(in, i + 1, n, 8) > 255;
                 n--)
            {
                /* void */
            }

            ref_push(t, (int) ref_number(in, i + 1, n, 8));
            i += n;

        } else {
            p = in.data[i + 1]
                    ? strchr("a\ab\bf\fn\nr\rt\tv\v", in.data[i + 1])
                    : NULL;
            i++;
            ref_push(t, p && isalpha(in.data[i]) ? p[1] : in.data[i]);
        }
    }
}


static inline void
ref_css(api_span_t in, ref_text_t *t)
{
    size_t             i, n;
    unsigned long long code;

    for (i = 0; i < in.len; i++) {
        if (in.data[i] != '\\') {
            ref_push(t, in.data[i]);
            continue;
        }

        for (n = 6; n > 0 && !ref_digits(in, i + 1, n, REF_HEX); n--) {
            /* void */
        }

        if (n) {
            code = ref_number(in, i + 1, n, 16);
            ref_push(t, n < 4 ? (int) (code & 0xff) : ref_wide(code));
            i += n;
            i += i + 1 < in.len && isspace(in.data[i + 1]);

        } else if (ref_at(in, i, "\\\n")) {
            i++;

        } else if (i + 1 < in.len) {
            ref_push(t, in.data[++i]);
        }
    }
}


static inline void
ref_html(api_span_t in, ref_text_t *t)
{
    size_t             i, n, from;
    unsigned           k;
    static const char *names[] = { "quot\"", "amp&", "lt<", "gt>",
        "nbsp\xa0" };

    for (i = 0; i < in.len; i++) {
        from = ref_at(in, i, "&#x") || ref_at(in, i, "&#X") ? 3
               : ref_at(in, i, "&#")                        ? 2
                                                            : 1;

        for (n = 0; in.data[i] == '&' && i + from + n < in.len; n++) {
            if (from == 3   ? !isxdigit(in.data[i + from + n])
                : from == 2 ? !isdigit(in.data[i + from + n])
                            : !isalnum(in.data[i + from + n]))
            {
                break;
            }
        }

        for (k = 0; from == 1 && n && k < 5; k++) {
            if (strlen(names[k]) == n + 1
                && api_span_eq_nocase(
                    api_span(in.data + i + 1, n), api_span(names[k], n)))
            {
                break;
            }
        }

        if (n == 0 || (from == 1 && k == 5)) {
            ref_push(t, in.data[i]);
            continue;
        }

        ref_push(t,
            from == 1 ? names[k][n]
                      : (int) (ref_number(in, i + from, n, from == 3 ? 16 : 10)
                               & 0xff));
        i += from + n - 1;
        i += ref_at(in, i + 1, ";");
    }
}


static inline void
ref_cmd_line(api_span_t in, ref_text_t *t)
{
    size_t i;

    for (i = 0; i < in.len; i++) {
        if (in.data[i] && strchr("\"'\\^", in.data[i])) {
            continue;
        }

        if (in.data[i] && strchr(" ,;\t\r\n", in.data[i])) {
            if (t->len == 0 || t->data[t->len - 1] != ' ') {
                ref_push(t, ' ');
            }

            continue;
        }

        if ((in.data[i] == '/' || in.data[i] == '(') && t->len
            && t->data[t->len - 1] == ' ')
        {
            t->len--;
        }

        ref_push(t, tolower(in.data[i]));
    }
}


static inline void
ref_replace_comments(api_span_t in, ref_text_t *t)
{
    size_t i;

    for (i = 0; i < in.len; i++) {
        if (!ref_at(in, i, "/*")) {
            ref_push(t, in.data[i]);
            continue;
        }

        for (i += 2; i < in.len && !ref_at(in, i, "*/"); i++) {
            /* void */
        }

        i++;
        ref_push(t, ' ');
    }
}


static inline void
ref_comments_char(api_span_t in, ref_text_t *t)
{
    size_t             i, k;
    static const char *marks[] = { "/*", "*/", "<!--", "-->", "--", "#" };

    for (i = 0; i < in.len; /* void */) {
        for (k = 0; k < 6 && !ref_at(in, i, marks[k]); k++) {
            /* void */
        }

        if (k < 6) {
            i += strlen(marks[k]);

        } else {
            ref_push(t, in.data[i++]);
        }
    }
}


/* Those that look at one byte at a time. */

static inline void
ref_bytes(api_transform_t id, api_span_t in, ref_text_t *t)
{
    size_t i;

    for (i = 0; i < in.len; i++) {
        int c = in.data[i];

        switch (id) {
        case API_T_LOWERCASE:
            ref_push(t, tolower(c));
            break;
        case API_T_UPPERCASE:
            ref_push(t, toupper(c));
            break;
        case API_T_REMOVE_NULLS:
            t->len += c != 0;
            t->data[t->len - (c != 0)] = (uint8_t) c;
            break;
        case API_T_REPLACE_NULLS:
            ref_push(t, c ? c : ' ');
            break;
        case API_T_REMOVE_WHITESPACE:
            if (!isspace(c) && c != 0xa0 && c != 0xc2) {
                ref_push(t, c);
            }
            break;
        case API_T_COMPRESS_WHITESPACE:
            if (!isspace(c)) {
                ref_push(t, c);
            } else if (i == 0 || !isspace(in.data[i - 1])) {
                ref_push(t, ' ');
            }
            break;
        case API_T_PARITY_ZERO_7BIT:
            ref_push(t, c & 0x7f);
            break;
        default:
            abort();
        }
    }
}


static inline void
ref_printed(api_transform_t id, api_span_t in, ref_text_t *t)
{
    size_t i;
    char   text[8];

    for (i = 0; i < in.len; i++) {
        snprintf(text, sizeof(text),
            id == API_T_HEX_ENCODE                     ? "%02x"
            : isalnum(in.data[i]) || in.data[i] == '*' ? "%c"
            : in.data[i] == ' '                        ? "+"
                                                       : "%%%02x",
            in.data[i]);

        for (const char *p = text; *p; p++) {
            ref_push(t, *p);
        }
    }
}


/* False: there is no naive one. */

static inline bool
ref_transform(api_transform_t id, api_span_t in, ref_text_t *t)
{
    t->len = 0;

    switch (id) {
    case API_T_URL_DECODE:
    case API_T_URL_DECODE_UNI:
        ref_url(in, id == API_T_URL_DECODE_UNI, t);
        return true;
    case API_T_JS_DECODE:
        ref_js(in, t);
        return true;
    case API_T_CSS_DECODE:
        ref_css(in, t);
        return true;
    case API_T_HTML_ENTITY_DECODE:
        ref_html(in, t);
        return true;
    case API_T_CMD_LINE:
        ref_cmd_line(in, t);
        return true;
    case API_T_REPLACE_COMMENTS:
        ref_replace_comments(in, t);
        return true;
    case API_T_REMOVE_COMMENTS_CHAR:
        ref_comments_char(in, t);
        return true;
    case API_T_HEX_ENCODE:
    case API_T_URL_ENCODE:
        ref_printed(id, in, t);
        return true;
    case API_T_LOWERCASE:
    case API_T_UPPERCASE:
    case API_T_REMOVE_NULLS:
    case API_T_REPLACE_NULLS:
    case API_T_REMOVE_WHITESPACE:
    case API_T_COMPRESS_WHITESPACE:
    case API_T_PARITY_ZERO_7BIT:
        ref_bytes(id, in, t);
        return true;
    default:
        return false;
    }
}


#endif /* TRANSFORM_REF_H */
