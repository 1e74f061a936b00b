#include "api_metrics.h"
#include "api_utf8.h"


#define API_METRICS_NUMBER 32
#define API_METRICS_MAX_DECIMALS 9
#define API_METRICS_MARK 17 /* what a value that was cut ends in */


void
api_metrics_init(
    api_metrics_t *m, char *buf, size_t size, api_metrics_format_t format)
{
    memset(m, 0, sizeof(api_metrics_t));

    m->start = buf;
    m->pos = buf;
    m->end = buf + size;
    m->format = format;
}


/* Bytes, all or none of a line: whoever writes one keeps where it began. */

static void
api_metrics_put(api_metrics_t *m, api_span_t s)
{
    if ((size_t) (m->end - m->pos) < s.len) {
        m->full = 1;
        return;
    }

    if (s.len) {
        memcpy(m->pos, s.data, s.len);
        m->pos += s.len;
    }
}


static bool
api_metrics_line(api_metrics_t *m, char *from)
{
    api_metrics_put(m, API_SPAN("\n"));

    if (m->full) {
        m->pos = from;
    }

    return !m->full;
}


static bool
api_metrics_is_name(api_span_t s)
{
    size_t i;

    for (i = 0; i < s.len; i++) {
        if (!((s.data[i] >= 'a' && s.data[i] <= 'z') || s.data[i] == '_'
                || (i && s.data[i] >= '0' && s.data[i] <= '9')))
        {
            return false;
        }
    }

    return s.len != 0;
}


static bool
api_metrics_ends(api_span_t s, api_span_t tail)
{
    return s.len >= tail.len
           && memcmp(s.data + s.len - tail.len, tail.data, tail.len) == 0;
}


/* A family's name: with the prefix of the suite, without a suffix that the
   formats give a meaning to. */

static bool
api_metrics_is_family(api_span_t s)
{
    size_t i;

    static const api_span_t suffix[] = {
        { (const uint8_t *) "_total", 6 },
        { (const uint8_t *) "_count", 6 },
        { (const uint8_t *) "_sum", 4 },
        { (const uint8_t *) "_bucket", 7 },
        { (const uint8_t *) "_created", 8 },
    };

    for (i = 0; i < sizeof(suffix) / sizeof(suffix[0]); i++) {
        if (api_metrics_ends(s, suffix[i])) {
            return false;
        }
    }

    return s.len > 7 && memcmp(s.data, "apisec_", 7) == 0
           && api_metrics_is_name(s);
}


/*
 * FNV-1a, without a secret.  Names of families are of the suite and do not
 * meet: the second would be a misuse.  Values of labels are of configurations
 * and of documents that those name, and whoever writes these can make two of
 * them meet as they are written: both lines are there then, with the same
 * labels, and a reader keeps one of them or refuses the text.  He could as
 * well leave the names out.
 */

static uint64_t
api_metrics_hash(api_span_t name)
{
    size_t   i;
    uint64_t h = UINT64_C(14695981039346656037);

    for (i = 0; i < name.len; i++) {
        h = (h ^ name.data[i]) * UINT64_C(1099511628211);
    }

    return h;
}


/* Was there a family of that name before? */

static bool
api_metrics_seen(const api_metrics_t *m, uint64_t name)
{
    size_t i;

    for (i = 0; i < m->nfamilies; i++) {
        if (m->families[i] == name) {
            return true;
        }
    }

    return false;
}


static api_span_t
api_metrics_suffix(const api_metrics_t *m)
{
    return m->kind == API_METRIC_COUNTER ? API_SPAN("_total") : API_SPAN("");
}


/* The first character of s as it is written: backslash, line feed and quote
   with a backslash; never a byte that is no UTF-8, never another control
   character.  *taken are its bytes in s; returned are those in out. */

static size_t
api_metrics_char(api_span_t s, char out[4], size_t *taken)
{
    uint8_t c = s.data[0];

    *taken = 1;

    if (c == '\\' || c == '"' || c == '\n') {
        out[0] = '\\';
        out[1] = c == '\n' ? 'n' : (char) c;
        return 2;
    }

    if (c < 0x80) {
        out[0] = c < 0x20 || c == 0x7f ? '?' : (char) c;
        return 1;
    }

    *taken = api_utf8_seq(s.data, s.data + s.len);

    if (*taken == 0) {
        *taken = 1;
        out[0] = '?';
        return 1;
    }

    memcpy(out, s.data, *taken);

    return *taken;
}


/* Help and label values.  What is left of s did not fit: whole characters are
   written only. */

static size_t
api_metrics_escape(api_span_t *s, char *out, size_t size)
{
    char   one[4];
    size_t n = 0, len, taken;

    while (s->len) {
        len = api_metrics_char(*s, one, &taken);

        if (len > size - n) {
            break;
        }

        memcpy(out + n, one, len);
        n += len;
        *s = api_span(s->data + taken, s->len - taken);
    }

    return n;
}


/* A label's value.  One that is too long ends in a mark of all of it: two that
   begin alike are two series still. */

static size_t
api_metrics_text(api_span_t value, char *out)
{
    size_t     n, i;
    uint64_t   hash;
    api_span_t rest = value;

    n = api_metrics_escape(&rest, out, API_METRICS_VALUE);

    if (rest.len == 0) {
        return n;
    }

    rest = value;
    hash = api_metrics_hash(value);
    n = api_metrics_escape(&rest, out, API_METRICS_VALUE - API_METRICS_MARK);
    out[n++] = '~';

    for (i = 0; i < 16; i++) {
        out[n++] = "0123456789abcdef"[hash >> (60 - 4 * i) & 15];
    }

    return n;
}


void
api_metrics_family(
    api_metrics_t *m, api_metric_t kind, api_span_t name, api_span_t help)
{
    size_t     n;
    char      *from, text[256];
    uint64_t   hash;
    api_span_t suffix, rest = help;

    static const char *const kinds[] = { "counter", "gauge", "histogram" };

    m->kind = kind;
    m->name = name;
    m->nlabels = 0;

    n = api_metrics_escape(&rest, text, sizeof(text));
    hash = api_metrics_hash(name);

    suffix = m->format == API_METRICS_PROMETHEUS ? api_metrics_suffix(m)
                                                 : API_SPAN("");

    if (!api_metrics_is_family(name) || n == 0 || rest.len
        || m->nfamilies == API_METRICS_FAMILIES || api_metrics_seen(m, hash))
    {
        m->misused = 1;
        m->name = api_span(NULL, 0);
        return;
    }

    from = m->pos;

    api_metrics_put(m, API_SPAN("# HELP "));
    api_metrics_put(m, name);
    api_metrics_put(m, suffix);
    api_metrics_put(m, API_SPAN(" "));
    api_metrics_put(m, api_span(text, n));
    api_metrics_put(m, API_SPAN("\n# TYPE "));
    api_metrics_put(m, name);
    api_metrics_put(m, suffix);
    api_metrics_put(m, API_SPAN(" "));
    api_metrics_put(m, api_span(kinds[kind], strlen(kinds[kind])));

    if (api_metrics_line(m, from)) {
        m->families[m->nfamilies++] = hash;
    }
}


void
api_metrics_label(api_metrics_t *m, api_span_t name, api_span_t value)
{
    char   text[API_METRICS_VALUE], *p;
    size_t n;

    n = api_metrics_text(value, text);

    if (!api_metrics_is_name(name) || m->name.data == NULL
        || api_span_eq(name, API_SPAN("le"))
        || sizeof(m->labels) - m->nlabels < name.len + n + 4)
    {
        m->misused = 1;
        return;
    }

    p = m->labels + m->nlabels;

    if (m->nlabels) {
        *p++ = ',';
    }

    memcpy(p, name.data, name.len);
    p += name.len;
    *p++ = '=';
    *p++ = '"';
    memcpy(p, text, n);
    p += n;
    *p++ = '"';

    m->nlabels = (size_t) (p - m->labels);
}


/* v / 10^decimals, without zeros at the end; written up to `end`. */

static api_span_t
api_metrics_number(char *end, uint64_t v, bool minus, unsigned decimals)
{
    char    *p;
    unsigned i;

    p = end;

    for (i = 0; i < decimals && v % 10 == 0; i++) {
        v /= 10;
    }

    decimals -= i;

    for (i = 0; v || i <= decimals; i++) {
        if (decimals && i == decimals) {
            *--p = '.';
        }

        *--p = (char) ('0' + v % 10);
        v /= 10;
    }

    if (minus) {
        *--p = '-';
    }

    return api_span(p, (size_t) (end - p));
}


static api_span_t
api_metrics_signed(char *end, int64_t v, unsigned decimals)
{
    return api_metrics_number(
        end, v < 0 ? 0 - (uint64_t) v : (uint64_t) v, v < 0, decimals);
}


/* One line; le is the bound of a bucket, or empty. */

static void
api_metrics_sample(
    api_metrics_t *m, api_span_t suffix, api_span_t le, api_span_t value)
{
    char *from;

    if (m->name.data == NULL) {
        m->misused = 1;
        return;
    }

    from = m->pos;

    api_metrics_put(m, m->name);
    api_metrics_put(m, suffix);

    if (m->nlabels || le.len) {
        api_metrics_put(m, API_SPAN("{"));
        api_metrics_put(m, api_span(m->labels, m->nlabels));

        if (le.len) {
            api_metrics_put(
                m, m->nlabels ? API_SPAN(",le=\"") : API_SPAN("le=\""));
            api_metrics_put(m, le);
            api_metrics_put(m, API_SPAN("\""));
        }

        api_metrics_put(m, API_SPAN("}"));
    }

    api_metrics_put(m, API_SPAN(" "));
    api_metrics_put(m, value);
    (void) api_metrics_line(m, from);
}


static void
api_metrics_value(api_metrics_t *m, api_span_t value, bool negative)
{
    if (m->kind == API_METRIC_HISTOGRAM
        || (m->kind == API_METRIC_COUNTER && negative))
    {
        m->misused = 1;

    } else {
        api_metrics_sample(m, api_metrics_suffix(m), API_SPAN(""), value);
    }

    m->nlabels = 0;
}


void
api_metrics_uint(api_metrics_t *m, uint64_t v)
{
    char buf[API_METRICS_NUMBER];

    api_metrics_value(
        m, api_metrics_number(buf + sizeof(buf), v, false, 0), false);
}


void
api_metrics_int(api_metrics_t *m, int64_t v)
{
    api_metrics_fixed(m, v, 0);
}


void
api_metrics_fixed(api_metrics_t *m, int64_t v, unsigned decimals)
{
    char buf[API_METRICS_NUMBER];

    if (decimals > API_METRICS_MAX_DECIMALS) {
        m->misused = 1;
        return;
    }

    api_metrics_value(
        m, api_metrics_signed(buf + sizeof(buf), v, decimals), v < 0);
}


void
api_metrics_histogram(api_metrics_t *m, const int64_t *bounds,
    const uint64_t *counts, size_t n, int64_t sum, unsigned decimals)
{
    char     le[API_METRICS_NUMBER], buf[API_METRICS_NUMBER];
    size_t   i;
    uint64_t count;

    if (m->kind != API_METRIC_HISTOGRAM || decimals > API_METRICS_MAX_DECIMALS)
    {
        m->misused = 1;
        return;
    }

    for (count = 0, i = 0; i < n; i++) {
        count += counts[i];

        if (i && bounds[i] <= bounds[i - 1]) {
            m->misused = 1;
        }

        api_metrics_sample(m, API_SPAN("_bucket"),
            api_metrics_signed(le + sizeof(le), bounds[i], decimals),
            api_metrics_number(buf + sizeof(buf), count, false, 0));
    }

    count += counts[n];

    api_metrics_sample(m, API_SPAN("_bucket"), API_SPAN("+Inf"),
        api_metrics_number(buf + sizeof(buf), count, false, 0));
    api_metrics_sample(m, API_SPAN("_sum"), API_SPAN(""),
        api_metrics_signed(buf + sizeof(buf), sum, decimals));
    api_metrics_sample(m, API_SPAN("_count"), API_SPAN(""),
        api_metrics_number(buf + sizeof(buf), count, false, 0));

    m->nlabels = 0;
}


api_span_t
api_metrics_onward(api_metrics_t *m, char *buf, size_t size)
{
    api_span_t piece;

    piece = api_span(m->start, (size_t) (m->pos - m->start));

    m->start = buf;
    m->pos = buf;
    m->end = buf + (m->full ? 0 : size);

    return piece;
}


int
api_metrics_done(api_metrics_t *m, api_span_t *out)
{
    if (m->format == API_METRICS_OPENMETRICS) {
        api_metrics_put(m, API_SPAN("# EOF\n"));
    }

    if (m->misused) {
        return API_INTERNAL;
    }

    if (m->full) {
        return API_LIMIT;
    }

    *out = api_span(m->start, (size_t) (m->pos - m->start));

    return API_OK;
}
