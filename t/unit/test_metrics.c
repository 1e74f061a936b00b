/* The metrics writer: both formats, escapes, what it refuses, every size. */

#include "api_metrics.h"
#include "ut.h"


static char          buf[4096];
static api_metrics_t m;


static api_span_t
done(void)
{
    api_span_t out;

    return api_metrics_done(&m, &out) == API_OK ? out : API_SPAN("(none)");
}


static int
verdict(void)
{
    api_span_t out;

    return api_metrics_done(&m, &out);
}


static void
start(api_metrics_format_t format)
{
    api_metrics_init(&m, buf, sizeof(buf), format);
}


static void
family(api_metric_t kind, const char *name)
{
    api_metrics_family(&m, kind, api_span(name, strlen(name)), API_SPAN("H."));
}


static void
write_all(void)
{
    static const int64_t  bounds[] = { 1, 500, 1000 };
    static const uint64_t counts[] = { 3, 0, 2, 1 };

    family(API_METRIC_COUNTER, "apisec_denied");
    api_metrics_label(&m, API_SPAN("module"), API_SPAN("sec"));
    api_metrics_label(&m, API_SPAN("reason"), API_SPAN("a\"b\\c\nd"));
    api_metrics_uint(&m, UINT64_MAX);
    api_metrics_uint(&m, 0);

    family(API_METRIC_GAUGE, "apisec_age_seconds");
    api_metrics_int(&m, INT64_MIN);
    api_metrics_fixed(&m, -1500, 3);
    api_metrics_fixed(&m, 5, 3);
    api_metrics_fixed(&m, 7000, 3);

    family(API_METRIC_HISTOGRAM, "apisec_wait_seconds");
    api_metrics_label(&m, API_SPAN("phase"), API_SPAN("x"));
    api_metrics_histogram(&m, bounds, counts, 3, 2345, 3);
    api_metrics_histogram(&m, bounds, counts, 0, 0, 0);
}


#define BODY                                                                  \
    "_total{module=\"sec\",reason=\"a\\\"b\\\\c\\nd\"} "                      \
    "18446744073709551615\n"                                                  \
    "apisec_denied_total 0\n"                                                 \
    "# HELP apisec_age_seconds H.\n# TYPE apisec_age_seconds gauge\n"         \
    "apisec_age_seconds -9223372036854775808\n"                               \
    "apisec_age_seconds -1.5\n"                                               \
    "apisec_age_seconds 0.005\n"                                              \
    "apisec_age_seconds 7\n"                                                  \
    "# HELP apisec_wait_seconds H.\n# TYPE apisec_wait_seconds histogram\n"   \
    "apisec_wait_seconds_bucket{phase=\"x\",le=\"0.001\"} 3\n"                \
    "apisec_wait_seconds_bucket{phase=\"x\",le=\"0.5\"} 3\n"                  \
    "apisec_wait_seconds_bucket{phase=\"x\",le=\"1\"} 5\n"                    \
    "apisec_wait_seconds_bucket{phase=\"x\",le=\"+Inf\"} 6\n"                 \
    "apisec_wait_seconds_sum{phase=\"x\"} 2.345\n"                            \
    "apisec_wait_seconds_count{phase=\"x\"} 6\n"                              \
    "apisec_wait_seconds_bucket{le=\"+Inf\"} 3\n"                             \
    "apisec_wait_seconds_sum 0\n"                                             \
    "apisec_wait_seconds_count 3\n"

#define TEXT                                                                  \
    "# HELP apisec_denied_total H.\n# TYPE apisec_denied_total counter\n"     \
    "apisec_denied" BODY

#define OPEN                                                                  \
    "# HELP apisec_denied H.\n# TYPE apisec_denied counter\n"                 \
    "apisec_denied" BODY "# EOF\n"


static void
test_text(void)
{
    bool       ok;
    size_t     size;
    api_span_t got;

    start(API_METRICS_PROMETHEUS);
    write_all();
    ut_span(done(), API_SPAN(TEXT), "Prometheus text");

    start(API_METRICS_OPENMETRICS);
    write_all();
    ut_span(done(), API_SPAN(OPEN), "OpenMetrics");

    start(API_METRICS_PROMETHEUS);
    ut_span(done(), API_SPAN(""), "nothing is fine");

    for (ok = true, size = 0; size < sizeof(OPEN) - 1; size++) {
        memset(buf + size, 'X', sizeof(buf) - size);
        api_metrics_init(&m, buf, size, API_METRICS_OPENMETRICS);
        write_all();

        ok = ok && api_metrics_done(&m, &got) == API_LIMIT && buf[size] == 'X'
             && (m.pos == m.start || m.pos[-1] == '\n');
    }

    ut_ok(ok, "no size below: whole lines only, nothing behind the end");
}


static void
test_bytes(void)
{
    size_t n;
    char   text[3];

    start(API_METRICS_PROMETHEUS);
    family(API_METRIC_GAUGE, "apisec_x");
    api_metrics_label(&m, API_SPAN("v"),
        API_SPAN("\xc3\xa9\xff\xe2\x82 \x7f\t\xf0\x9f\x98\x80"));
    api_metrics_int(&m, 1);
    ut_span(done(),
        API_SPAN("# HELP apisec_x H.\n# TYPE apisec_x gauge\n"
                 "apisec_x{v=\"\xc3\xa9??? ??\xf0\x9f\x98\x80\"} 1\n"),
        "bytes that are no UTF-8, and control characters");

    start(API_METRICS_PROMETHEUS);
    family(API_METRIC_GAUGE, "apisec_x");

    for (n = 0; n < 256; n++) {
        text[0] = 'a';
        text[1] = (char) n;
        text[2] = 'z';
        api_metrics_label(
            &m, API_SPAN("v"), ut_guard(api_span(text, sizeof(text))));
        m.nlabels = 0;
    }

    ut_int(verdict(), API_OK, "every byte, at the end of its page");
    ut_guard_reset();
}


/* The value of the label that was written, by its length and its end. */

static api_span_t
value_of(api_span_t v)
{
    api_span_t   line;
    const size_t before = sizeof("apisec_x{v=\"") - 1;

    start(API_METRICS_PROMETHEUS);
    family(API_METRIC_GAUGE, "apisec_x");
    line.data = (const uint8_t *) m.pos;
    api_metrics_label(&m, API_SPAN("v"), v);
    api_metrics_uint(&m, 1);
    line.len = (size_t) ((const uint8_t *) m.pos - line.data);

    return verdict() == API_OK ? api_span(
               line.data + before, line.len - before - (sizeof("\"} 1\n") - 1))
                               : API_SPAN("(none)");
}


/* n bytes as they are written: x, and at the end a character of one, two,
   three or four of them. */

static api_span_t
ends_in(char *out, size_t n, api_span_t last, size_t written)
{
    memset(out, 'x', n - written);
    memcpy(out + n - written, last.data, last.len);

    return api_span(out, n - written + last.len);
}


static void
test_edge(void)
{
    char       text[API_METRICS_VALUE + 1];
    size_t     i, n;
    api_span_t v, in;

    static const struct {
        api_span_t  last;
        size_t      written;
        const char *name;
    } ends[] = {
        { { (const uint8_t *) "y", 1 }, 1, "a letter" },
        { { (const uint8_t *) "\xff", 1 }, 1, "a byte that is no UTF-8" },
        { { (const uint8_t *) "\"", 1 }, 2, "a quote" },
        { { (const uint8_t *) "\n", 1 }, 2, "a line feed" },
        { { (const uint8_t *) "\xc3\xa9", 2 }, 2, "two bytes" },
        { { (const uint8_t *) "\xe2\x82\xac", 3 }, 3, "three bytes" },
        { { (const uint8_t *) "\xf0\x9f\x98\x80", 4 }, 4, "four bytes" },
    };

    for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        for (n = API_METRICS_VALUE - 4; n <= API_METRICS_VALUE + 1; n++) {
            in = ends_in(text, n, ends[i].last, ends[i].written);
            v = value_of(ut_guard(in));

            if (n <= API_METRICS_VALUE) {
                ut_ok(v.len == n && v.data[n - 17] == 'x',
                    "%s up to %zu is whole", ends[i].name, n);
            } else {
                ut_ok(v.len == API_METRICS_VALUE && v.data[v.len - 17] == '~',
                    "%s up to %zu is cut", ends[i].name, n);
            }
        }
    }

    ut_guard_reset();
}


/* A long name is a series of its own, and no reason to tell nothing. */

static void
test_long(void)
{
    char       one[4096], two[4096], kept[API_METRICS_VALUE];
    size_t     i;
    bool       ok;
    api_span_t v;

    for (i = 0, ok = true; i <= API_METRICS_VALUE; i++) {
        memset(one, 'x', sizeof(one));
        v = value_of(api_span(one, i));
        ok = ok && v.len == i;
    }

    ut_ok(ok, "what fits is whole");

    memset(one, 'x', sizeof(one));
    memset(two, 'x', sizeof(two));
    two[sizeof(two) - 1] = 'y';

    v = value_of(ut_guard(api_span(one, sizeof(one))));
    ut_ok(v.len <= API_METRICS_VALUE && v.data[v.len - 17] == '~',
        "what does not is cut");
    memcpy(kept, v.data, v.len);
    ut_ok(api_span_eq(
              api_span(kept, v.len), value_of(api_span(one, sizeof(one)))),
        "... the same each time");
    ut_ok(!api_span_eq(
              api_span(kept, v.len), value_of(api_span(two, sizeof(two)))),
        "... and two that begin alike are two");

    ut_ok(api_span_eq(api_span(kept, v.len),
              value_of(ut_guard(api_span(kept, v.len)))),
        "who writes the cut form of another writes the same: no misuse");

    for (i = 0; i < sizeof(one); i += 3) {
        memcpy(one + i, "\xe2\x82\xac", i + 3 <= sizeof(one) ? 3 : 1);
    }

    v = value_of(api_span(one, sizeof(one)));
    ut_ok((v.len - 17) % 3 == 0 && v.data[v.len - 17] == '~',
        "never within a character");

    memset(one, '"', sizeof(one));
    v = value_of(api_span(one, sizeof(one)));
    ut_ok((v.len - 17) % 2 == 0 && v.data[v.len - 18] == '"'
              && v.data[v.len - 19] == '\\',
        "nor within an escape");
    ut_guard_reset();
}


static void
misuse(const char *what)
{
    ut_int(verdict(), API_INTERNAL, "%s", what);
    start(API_METRICS_PROMETHEUS);
}


static void
test_misuse(void)
{
    size_t i;

    static const int64_t     down[] = { 2, 1 };
    static const uint64_t    counts[] = { 0, 0, 0 };
    static const char *const bad[] = { "apisec_", "other_x", "apisec_X",
        "apisec_a-b", "apisec_x_total", "apisec_x_count", "apisec_x_sum",
        "apisec_x_bucket", "apisec_x_created", "" };

    start(API_METRICS_PROMETHEUS);

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        family(API_METRIC_GAUGE, bad[i]);
        misuse(bad[i]);
    }

    family(API_METRIC_COUNTER, "apisec_a");
    family(API_METRIC_GAUGE, "apisec_ab");
    family(API_METRIC_GAUGE, "apisec_b");
    ut_int(verdict(), API_OK, "names that look alike are others");
    family(API_METRIC_COUNTER, "apisec_a");
    misuse("a family that comes twice");

    api_metrics_uint(&m, 1);
    misuse("a sample without a family");

    family(API_METRIC_GAUGE, "apisec_x");
    api_metrics_label(&m, API_SPAN("le"), API_SPAN("1"));
    misuse("the label of a bucket");

    family(API_METRIC_GAUGE, "apisec_x");
    api_metrics_label(&m, API_SPAN("a b"), API_SPAN("1"));
    misuse("a label with a blank");

    family(API_METRIC_COUNTER, "apisec_x");
    api_metrics_int(&m, -1);
    misuse("a counter below 0");

    family(API_METRIC_HISTOGRAM, "apisec_x");
    api_metrics_int(&m, 1);
    misuse("a histogram that is a number");

    family(API_METRIC_HISTOGRAM, "apisec_x");
    api_metrics_histogram(&m, down, counts, 2, 0, 0);
    misuse("bounds that fall");

    family(API_METRIC_GAUGE, "apisec_x");
    api_metrics_fixed(&m, 1, 10);
    misuse("too many decimals");

    api_metrics_family(
        &m, API_METRIC_GAUGE, API_SPAN("apisec_x"), API_SPAN(""));
    misuse("a family without help");
}


static void
test_many(void)
{
    size_t i;
    char   much[API_METRICS_LABELS];

    start(API_METRICS_PROMETHEUS);
    memset(much, 'x', sizeof(much));
    family(API_METRIC_GAUGE, "apisec_x");

    for (i = 0; i < API_METRICS_LABELS / API_METRICS_VALUE + 1; i++) {
        api_metrics_label(&m, API_SPAN("a"), api_span(much, sizeof(much)));
    }

    misuse("labels that do not fit");
}


/* In pieces: the same bytes, and a family is known in each of them. */

static void
test_onward(void)
{
    char       other[4096];
    size_t     n;
    api_span_t piece, last;

    start(API_METRICS_PROMETHEUS);
    family(API_METRIC_COUNTER, "apisec_one");
    api_metrics_uint(&m, 1);
    n = (size_t) (m.pos - m.start);
    ut_int((long) api_metrics_room(&m), (long) (sizeof(buf) - n), "room");

    piece = api_metrics_onward(&m, other, sizeof(other));
    ut_ok(piece.data == (uint8_t *) buf && piece.len == n, "a piece");

    api_metrics_uint(&m, 2);
    ut_int(api_metrics_done(&m, &last), API_OK, "... and the next");
    ut_ok(api_span_eq(last, API_SPAN("apisec_one_total 2\n")),
        "... goes on in the family");

    family(API_METRIC_COUNTER, "apisec_one");
    ut_int(verdict(), API_INTERNAL, "a family of another piece, again");
}


int
main(void)
{
    test_onward();
    test_text();
    test_bytes();
    test_edge();
    test_long();
    test_misuse();
    test_many();

    return ut_done();
}
