/* Kinds of segments and values; counting without remembering. */

#include "api_hll.h"
#include "api_inventory.h"
#include "api_segment.h"
#include "ut.h"

#include <math.h>


typedef struct {
    const char   *text;
    api_segment_t path;
    api_segment_t value;
} row_t;

static const row_t rows[] = {
    { "orders", API_SEGMENT_WORD, API_SEGMENT_WORD },
    { "v1", API_SEGMENT_WORD, API_SEGMENT_WORD },
    { "v2.1", API_SEGMENT_WORD, API_SEGMENT_WORD },
    { "oauth2", API_SEGMENT_WORD, API_SEGMENT_WORD },
    { "line-items", API_SEGMENT_WORD, API_SEGMENT_WORD },
    { "users.json", API_SEGMENT_WORD, API_SEGMENT_WORD },
    { "17", API_SEGMENT_INT, API_SEGMENT_INT },
    { "-17", API_SEGMENT_INT, API_SEGMENT_INT },
    { "-", API_SEGMENT_WORD, API_SEGMENT_WORD },
    { "1.5", API_SEGMENT_OTHER, API_SEGMENT_NUMBER },
    { "-1.5", API_SEGMENT_OTHER, API_SEGMENT_NUMBER },
    { "true", API_SEGMENT_WORD, API_SEGMENT_BOOL },
    { "6f9619ff-8b86-d011-b42d-00cf4fc964ff", API_SEGMENT_UUID,
        API_SEGMENT_UUID },
    { "6f9619ff-8b86-d011-b42d-00cf4fc964fg", API_SEGMENT_TOKEN,
        API_SEGMENT_TOKEN },
    { "2026-11-25", API_SEGMENT_DATE, API_SEGMENT_DATE },
    { "2026-11-25T10:00:00Z", API_SEGMENT_DATE, API_SEGMENT_DATE },
    { "a@example.com", API_SEGMENT_EMAIL, API_SEGMENT_EMAIL },
    { "192.0.2.1", API_SEGMENT_ADDRESS, API_SEGMENT_ADDRESS },
    { "2001:db8::1", API_SEGMENT_ADDRESS, API_SEGMENT_ADDRESS },
    { "507f1f77bcf86cd799439011", API_SEGMENT_HEX, API_SEGMENT_HEX },
    { "01ARZ3NDEKTSV4RRFFQ69G5FAV", API_SEGMENT_TOKEN, API_SEGMENT_TOKEN },
    { "ord-1842", API_SEGMENT_TOKEN, API_SEGMENT_TOKEN },
    { "u83", API_SEGMENT_TOKEN, API_SEGMENT_TOKEN },
    { "caf%C3%A9", API_SEGMENT_OTHER, API_SEGMENT_WORD },
    { "a-very-long-segment-that-nobody-calls-a-resource-so", API_SEGMENT_OTHER,
        API_SEGMENT_WORD },
    { "", API_SEGMENT_WORD, API_SEGMENT_WORD },
};


static void
test_kinds(void)
{
    size_t     i;
    api_span_t s;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        s = ut_guard(api_span(rows[i].text, strlen(rows[i].text)));
        ut_int(api_segment_of_path(s), rows[i].path, "path %s", rows[i].text);
        ut_int(
            api_segment_of_value(s), rows[i].value, "value %s", rows[i].text);
    }

    ut_guard_reset();
}


static void
test_names(void)
{
    unsigned    i;
    const char *format;

    for (i = 0; i < API_NSEGMENTS; i++) {
        ut_ok(api_segment_name(i)[0] != '\0', "%u has a name", i);
        ut_ok(api_segment_schema(i, &format)[0] != '\0', "... and a type");
    }

    ut_ok(api_segment_name(API_NSEGMENTS)[0] == '\0', "no more");
}


/* Over many sets the mean error is that of the paper. */

static void
test_hll(void)
{
    double    sum, bias, error;
    unsigned  i, k, n;
    uint64_t  hash;
    api_hll_t h, other;
    ut_rand_t rand = { 11 };

    static const unsigned sizes[] = { 1, 5, 20, 100, 1000, 50000 };

    for (k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
        for (sum = 0, bias = 0, n = 0; n < 100; n++) {
            memset(&h, 0, sizeof(h));

            for (i = 0; i < sizes[k]; i++) {
                api_hll_add(&h, ut_rand(&rand));
            }

            error = (double) api_hll_count(&h) / sizes[k] - 1;
            sum += error * error;
            bias += error;
        }

        ut_ok(sqrt(sum / 100) < 0.17 && fabs(bias / 100) < 0.06,
            "%u: error %.3f, bias %.3f", sizes[k], sqrt(sum / 100),
            bias / 100);
    }

    memset(&h, 0, sizeof(h));
    memset(&other, 0, sizeof(other));
    ut_int(api_hll_count(&h), 0, "nothing is nothing");

    for (i = 0; i < 300; i++) {
        hash = ut_rand(&rand);

        if (i < 200) {
            api_hll_add(&h, hash);
        }

        if (i >= 100) {
            api_hll_add(&other, hash);
        }
    }

    api_hll_merge(&h, &other);
    ut_ok(api_hll_count(&h) > 200 && api_hll_count(&h) < 400, "a union: %u",
        api_hll_count(&h));

    memset(&h, 255, sizeof(h));
    ut_int(api_hll_count(&h), UINT32_MAX, "no more than it can say");
}


/* Content types. */

static void
test_types(void)
{
    size_t i;

    static const struct {
        const char *text;
        unsigned    type;
    } row[] = { { "application/json", API_INV_TYPE_JSON },
        { "Application/JSON; charset=utf-8", API_INV_TYPE_JSON },
        { "application/problem+json ", API_INV_TYPE_JSON },
        { "application/x-www-form-urlencoded", API_INV_TYPE_FORM },
        { "multipart/form-data; boundary=x", API_INV_TYPE_MULTIPART },
        { "image/svg+xml", API_INV_TYPE_XML },
        { "text/html", API_INV_TYPE_HTML },
        { "text/plain", API_INV_TYPE_TEXT },
        { "text/event-stream", API_INV_TYPE_EVENTS },
        { "application/grpc+proto", API_INV_TYPE_GRPC },
        { "image/png", API_INV_TYPE_BINARY }, { "", API_INV_TYPE_NONE } };

    for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        ut_int(api_inv_type_of(
                   ut_guard(api_span(row[i].text, strlen(row[i].text)))),
            row[i].type, "%s", row[i].text);
    }

    ut_guard_reset();
}


int
main(void)
{
    test_types();
    test_kinds();
    test_names();
    test_hll();

    return ut_done();
}
