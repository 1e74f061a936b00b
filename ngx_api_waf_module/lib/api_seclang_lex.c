#include "api_seclang_int.h"


bool
api_seclang_is(api_span_t s, const char *word)
{
    return api_span_eq_nocase(s, api_span(word, strlen(word)));
}


bool
api_seclang_number(api_span_t s, uint64_t max, uint64_t *n)
{
    size_t   i;
    uint64_t v;

    if (s.len == 0 || s.len > 19) {
        return false;
    }

    v = 0;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] < '0' || s.data[i] > '9') {
            return false;
        }

        v = v * 10 + (uint64_t) (s.data[i] - '0');
    }

    *n = v;

    return v <= max;
}


static bool
api_seclang_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}


api_span_t
api_seclang_trim(api_span_t s)
{
    while (s.len && (api_seclang_blank(*s.data) || *s.data == '\n')) {
        s.data++;
        s.len--;
    }

    while (
        s.len
        && (api_seclang_blank(s.data[s.len - 1]) || s.data[s.len - 1] == '\n'))
    {
        s.len--;
    }

    return s;
}


bool
api_seclang_cut(api_span_t *rest, uint8_t separator, api_span_t *part)
{
    const uint8_t *p;

    if (rest->len == 0) {
        return false;
    }

    p = memchr(rest->data, separator, rest->len);

    if (p == NULL) {
        *part = *rest;
        rest->len = 0;
        return true;
    }

    *part = api_span(rest->data, (size_t) (p - rest->data));
    rest->len -= part->len + 1;
    rest->data = p + 1;

    return true;
}


/* Bytes of a backslash and a line end at p; 0: there is none. */

static size_t
api_seclang_continued(const api_seclang_lex_t *lex, const uint8_t *p)
{
    if (*p != '\\') {
        return 0;
    }

    if (lex->end - p > 1 && p[1] == '\n') {
        return 2;
    }

    return lex->end - p > 2 && p[1] == '\r' && p[2] == '\n' ? 3 : 0;
}


/* A comment goes on behind a backslash if it hides a rule: a rule of several
   lines is put out by one # at its beginning. */

static void
api_seclang_comment(api_seclang_lex_t *lex)
{
    bool           rule;
    size_t         n;
    const uint8_t *p;

    for (p = lex->pos + 1; p < lex->end && (*p == ' ' || *p == '\t'); p++) {
        /* void */
    }

    n = (size_t) (lex->end - p);
    rule = (n > 7 && api_seclang_is(api_span(p, 7), "SecRule"))
           || (n > 9 && api_seclang_is(api_span(p, 9), "SecAction"));

    for (p = lex->pos; p < lex->end && *p != '\n'; p++) {
        n = rule ? api_seclang_continued(lex, p) : 0;

        if (n) {
            lex->line++;
            p += n - 1;
        }
    }

    lex->pos = p;
}


/* To the first byte of a directive. */

static void
api_seclang_skip(api_seclang_lex_t *lex)
{
    while (lex->pos < lex->end) {
        if (*lex->pos == '#') {
            api_seclang_comment(lex);
            continue;
        }

        if (*lex->pos == '\n') {
            lex->line++;

        } else if (!api_seclang_blank(*lex->pos)) {
            return;
        }

        lex->pos++;
    }
}


/* Blanks and continuations between words. */

static void
api_seclang_gap(api_seclang_lex_t *lex)
{
    size_t n;

    while (lex->pos < lex->end) {
        n = api_seclang_continued(lex, lex->pos);

        if (n) {
            lex->line++;
            lex->pos += n;

        } else if (api_seclang_blank(*lex->pos)) {
            lex->pos++;

        } else {
            return;
        }
    }
}


/*
 * A quote behind an odd number of backslashes does not close.  Backslashes
 * stay: the operator or action makes of them what it makes of them.
 */

static int
api_seclang_quoted(
    api_seclang_t *s, api_seclang_lex_t *lex, uint8_t *out, size_t *len)
{
    bool     escaped;
    size_t   n, k;
    uint32_t line;

    k = 0;
    line = lex->line;
    escaped = false;

    for (lex->pos++; lex->pos < lex->end; lex->pos++) {
        n = escaped ? 0 : api_seclang_continued(lex, lex->pos);

        if (n) {
            lex->line++;
            lex->pos += n - 1;
            continue;
        }

        if (*lex->pos == '"' && !escaped) {
            lex->pos++;
            *len = k;
            return API_OK;
        }

        lex->line += *lex->pos == '\n';
        escaped = *lex->pos == '\\' && !escaped;
        out[k++] = *lex->pos;
    }

    s->line = line;

    return api_seclang_fail(s, API_SYNTAX, API_SECLANG_E_QUOTE,
        "a quote that is opened here is not closed; write \" at its end");
}


static void
api_seclang_bare(api_seclang_lex_t *lex, uint8_t *out, size_t *len)
{
    size_t k;

    for (k = 0; lex->pos < lex->end; lex->pos++) {
        if (api_seclang_blank(*lex->pos) || *lex->pos == '\n'
            || api_seclang_continued(lex, lex->pos))
        {
            break;
        }

        out[k++] = *lex->pos;
    }

    *len = k;
}


int
api_seclang_next(
    api_seclang_t *s, api_seclang_lex_t *lex, api_span_t *word, uint32_t *n)
{
    int      rc;
    size_t   len;
    uint8_t *out;

    *n = 0;
    api_seclang_skip(lex);
    s->line = lex->line;

    for (;;) {
        api_seclang_gap(lex);

        if (lex->pos == lex->end || *lex->pos == '\n') {
            return API_OK;
        }

        if (*n == API_SECLANG_WORDS) {
            return api_seclang_fail(s, API_LIMIT, API_SECLANG_E_WORDS,
                "more than %u words in one directive; write several",
                (unsigned) API_SECLANG_WORDS);
        }

        rc = API_OK;
        len = 0;
        out = lex->out;

        if (*lex->pos == '"') {
            rc = api_seclang_quoted(s, lex, out, &len);
        } else {
            api_seclang_bare(lex, out, &len);
        }

        if (rc != API_OK) {
            return rc;
        }

        out[len] = '\0';
        lex->out += len + 1;
        word[(*n)++] = api_span(out, len);
    }
}
