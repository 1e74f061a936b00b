/* Lines of a sealed log as text: statements, and lines taken apart. */

#include "api_seal.h"


/* Digits of v to out; returns their number. */

static size_t
number(uint64_t v, char *out)
{
    char   buf[20];
    size_t n = 0, i;

    do {
        buf[n++] = (char) ('0' + v % 10);
        v /= 10;
    } while (v);

    for (i = 0; i < n; i++) {
        out[i] = buf[n - 1 - i];
    }

    return n;
}


static char *
put(char *p, const void *bytes, size_t len)
{
    memcpy(p, bytes, len);

    return p + len;
}


size_t
api_seal_statement(const api_seal_span_t *span, const api_seal_head_t *heads,
    size_t n, char *out)
{
    char  *p = out;
    size_t i;

    p = put(p, "apisec seal 1\n", 14);
    p = put(p, span->log, API_SEAL_CHAIN);
    *p++ = ' ';
    p = put(p, span->after, API_SEAL_CHAIN);
    *p++ = '\n';
    p += number(span->from, p);
    *p++ = ' ';
    p += number(span->epoch, p);
    *p++ = ' ';
    p += number(span->length, p);
    *p++ = ' ';
    *p++ = span->stop ? '1' : '0';
    *p++ = '\n';

    for (i = 0; i < n; i++) {
        p = put(p, heads[i].chain, API_SEAL_CHAIN);
        *p++ = ' ';
        p += number(heads[i].seq, p);
        *p++ = ' ';
        api_seal_text(heads[i].head, p);
        p += API_SEAL_TEXT;

        if (heads[i].due) {
            *p++ = ' ';
            p += number(heads[i].due, p);
        }

        *p++ = '\n';
    }

    return (size_t) (p - out);
}


/* Does s end with: lead, len bytes, then trail?  The bytes to *out, and s is
   what stands before. */

static bool
cut(api_span_t *s, const char *lead, size_t len, const char *trail,
    api_span_t *out)
{
    size_t         a = strlen(lead), b = strlen(trail), all = a + len + b;
    const uint8_t *p;

    if (s->len < all) {
        return false;
    }

    p = s->data + s->len - all;

    if (memcmp(p, lead, a) != 0 || memcmp(p + a + len, trail, b) != 0) {
        return false;
    }

    *out = api_span(p + a, len);
    s->len -= all;

    return true;
}


/* ,"seq":N at the end of s */

static bool
cut_seq(api_span_t *s, uint64_t *seq)
{
    uint64_t   unit = 1;
    unsigned   digits = 0;
    api_span_t empty;

    for (*seq = 0; s->len && digits < 19; digits++) {
        uint8_t c = s->data[s->len - 1];

        if (c < '0' || c > '9') {
            break;
        }

        *seq += unit * (uint64_t) (c - '0');
        unit *= 10;
        s->len--;
    }

    return digits && *seq && cut(s, ",\"seq\":", 0, "", &empty);
}


static bool
begins(api_span_t s, const char *with, size_t at)
{
    size_t len = strlen(with);

    return s.len >= at + len && memcmp(s.data + at, with, len) == 0;
}


/* {"v":1,"kind":"K","time":"T", */

static bool
head(api_span_t line, api_seal_line_t *out)
{
    static const char first[] = "{\"v\":1,\"kind\":\"";
    static const char then[] = "\",\"time\":\"";
    size_t            n = sizeof(first) - 1, end;

    if (!begins(line, first, 0)) {
        return false;
    }

    for (end = n; end < line.len && line.data[end] != '"'; end++) {
    }

    out->kind = api_span(line.data + n, end - n);

    if (!begins(line, then, end)) {
        return false;
    }

    end += sizeof(then) - 1;

    if (line.len < end + 26 || line.data[end + 24] != '"') {
        return false;
    }

    out->time = api_span(line.data + end, 24);

    return true;
}


bool
api_seal_line(api_span_t line, api_seal_line_t *out)
{
    api_span_t s = line, text;

    out->sealed = cut(&s, ",\"seal\":\"", API_SEAL_TEXT, "\"}", &text)
                  && api_seal_read(text, out->seal);

    if (!out->sealed) {
        s = line;

        if (s.len == 0 || s.data[s.len - 1] != '}') {
            return false;
        }

        s.len--;
    }

    out->bytes = s;
    out->has_prev = cut(&s, ",\"prev\":\"", API_SEAL_TEXT, "\"", &text);

    if (out->has_prev && !api_seal_read(text, out->prev)) {
        return false;
    }

    return cut_seq(&s, &out->seq)
           && cut(&s, ",\"chain\":\"", API_SEAL_CHAIN, "\"", &out->chain)
           && head(line, out);
}


/* Digits at p, len of them; -1 when there are others. */

static int64_t
digits(const uint8_t *p, size_t len)
{
    int64_t v = 0;

    while (len--) {
        if (*p < '0' || *p > '9') {
            return -1;
        }

        v = v * 10 + (*p++ - '0');
    }

    return v;
}


int64_t
api_seal_time(api_span_t time)
{
    int64_t        y, mo, d, h, mi, s, days;
    const uint8_t *p = time.data;

    if (time.len < 19) {
        return -1;
    }

    y = digits(p, 4);
    mo = digits(p + 5, 2);
    d = digits(p + 8, 2);
    h = digits(p + 11, 2);
    mi = digits(p + 14, 2);
    s = digits(p + 17, 2);

    if (y < 1970 || mo < 1 || mo > 12 || d < 1 || d > 31 || h < 0 || h > 23
        || mi < 0 || mi > 59 || s < 0 || s > 60)
    {
        return -1;
    }

    /* days from civil: years begin in March, so a leap day is the last */

    y -= mo <= 2;
    mo += mo > 2 ? -3 : 9;
    days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * mo + 2) / 5 + d - 1
           - 719468;

    return ((days * 24 + h) * 60 + mi) * 60 + s;
}
