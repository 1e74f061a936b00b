/* Formats: samples, and every prefix of them at the end of readable memory.
   The test suite has the rest. */

#include "api_format.h"
#include "ut.h"

#include <stdio.h>


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


static const struct {
    const char *format;
    const char *value;
    bool        good;
} samples[] = {
    { "date-time", "2024-02-29T23:59:59.123+05:30", true },
    { "date-time", "2023-02-29T00:00:00Z", false },
    { "date-time", "1900-02-29T00:00:00Z", false },
    { "date-time", "2000-02-29t00:00:00z", true },
    { "date-time", "2024-01-01 00:00:00Z", false },
    { "date-time", "2024-01-01T00:00:00", false },
    { "date-time", "2016-12-31T23:59:60Z", true },
    { "date-time", "2016-12-31T22:59:60Z", false },
    { "time", "08:30:06.Z", false },
    { "time", "24:00:00Z", false },
    { "duration", "P1Y2M3DT4H5M6S", true },
    { "duration", "P1YT5M", true },
    { "duration", "P1Y3D", false },
    { "duration", "P1D1Y", false },
    { "duration", "PT", false },
    { "email", "a.b+c@example.com", true },
    { "email", "\"a b\"@example.com", true },
    { "email", "a@[192.0.2.1]", true },
    { "email", "a@[IPv6:2001:db8::1]", true },
    { "email", "a..b@example.com", false },
    { "email", "a@b@c", false },
    { "email", "a@-b.c", false },
    { "email", "a\n@b.c", false },
    { "hostname", "a.b-c.d", true },
    { "hostname", "a..b", false },
    { "hostname", "a.", false },
    { "idn-hostname", "xn--ihqwcrb4cv8a8dqg056pqjye", true },
    { "idn-hostname",
        "b\xc3\xbc"
        "cher.example",
        true },
    { "idn-hostname",
        "a\xe2\x80\x8b"
        "b",
        false },
    { "ipv4", "192.0.2.1", true },
    { "ipv4", "192.0.2.01", false },
    { "ipv4", "192.0.2", false },
    { "ipv6", "::ffff:192.0.2.1", true },
    { "ipv6", "fe80::1%eth0", false },
    { "ipv6", "1::2::3", false },
    { "uri", "https://u:p@[2001:db8::1]:80/a/b;c?d=e#f", true },
    { "uri", "https://a b", false },
    { "uri", "/relative", false },
    { "uri", "https://a/%zz", false },
    { "uri", "https://a/\xc3\xa9", false },
    { "uri", "javascript:alert(1)", true },
    { "uri-reference", "a:b", true },
    { "uri-reference", "./a:b", true },
    { "uri-reference", "1a:b", false },
    { "iri", "https://a/\xc3\xa9", true },
    { "uri-template", "/a/{b}{?c*,d:3}{#e}", true },
    { "uri-template", "/a/{b", false },
    { "uri-template", "/a/}", false },
    { "uri-template", "{b:10000}", false },
    { "uuid", "123e4567-e89b-12d3-a456-426614174000", true },
    { "uuid", "123e4567e89b12d3a456426614174000", false },
    { "uuid", "{123e4567-e89b-12d3-a456-426614174000}", false },
    { "json-pointer", "/a~0~1/0", true },
    { "json-pointer", "/a~2", false },
    { "relative-json-pointer", "1/a", true },
    { "relative-json-pointer", "0#", true },
    { "relative-json-pointer", "01/a", false },
    { "regex", "^(a|b)$", true },
    { "regex", "(a", false },
    { "byte", "YWI=", true },
    { "byte", "YQ==", true },
    { "byte", "YQ=", false },
    { "byte", "Y===", false },
    { "byte", "YW\nI", false },
    { "base64url", "_-8", true },
    { "base64url", "YQ==", true },
    { "base64url", "a", false },
    { "base64url", "+/8=", false },
};


static void
test_samples(void)
{
    int        format;
    size_t     i, n;
    api_span_t s;

    for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        format = api_format_find(str(samples[i].format));

        if (!ut_ok(format >= 0, "%s is known", samples[i].format)) {
            continue;
        }

        ut_span(str(api_format_name(format)), str(samples[i].format),
            "by its name");
        s = str(samples[i].value);
        ut_int(api_format_check(format, ut_guard(s)), samples[i].good,
            "sample %zu, %s", i, samples[i].format);

        /* a string is UTF-8: it does not end within a character */

        for (n = 0; n < s.len; n++) {
            if ((s.data[n] & 0xc0) != 0x80) {
                (void) api_format_check(format, ut_guard(api_span(s.data, n)));
            }
        }

        ut_guard_reset();
    }
}


int
main(void)
{
    test_samples();

    ut_ok(api_format_find(API_SPAN("nonsense")) < 0, "an unknown one");
    ut_ok(api_format_is_free(API_SPAN("password")), "nothing to check");
    ut_ok(!api_format_is_free(API_SPAN("nonsense")), "not for that one");

    return ut_done();
}
