/* multipart/form-data: parts, each flag next to a body without it, limits. */

#include "api_media.h"
#include "api_multipart.h"
#include "ut.h"

#include <stdlib.h>


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


#define CT "multipart/form-data; boundary=B"
#define CD "Content-Disposition: form-data; name=\"a\""
#define END "\r\n--B--\r\n"
#define F(name) API_MULTIPART_F_##name
#define OK 0

static const struct {
    const char *type;
    const char *body;
    const char *parts; /* name[@filename][#type]=body| */
    unsigned    flags;
} cases[] = {
    { CT, "--B\r\n" CD "\r\n\r\nx" END, "a=x|", OK },
    { CT, "--B\r\n" CD "\r\n\r\n" END, "a=|", OK },
    { CT, "--B\r\n" CD "\r\n\r\nx\r\n--B--", "a=x|", OK },
    { CT,
        "--B\r\n" CD "\r\n\r\nx\r\n--B\r\n" CD "; filename=\"f\"\r\n"
        "Content-Type: text/plain\r\n\r\ny" END,
        "a=x|a@f#text/plain=y|", OK },
    { CT, "--B\r\n" CD "; filename=\"\"\r\n\r\n" END, "a@=|", OK },
    { CT, "--B\r\nCONTENT-disposition:form-data;NAME=a\r\n\r\nx" END, "a=x|",
        OK },
    { CT, "--B\r\n" CD "\r\n\r\nx\r\n-B\r\nB--\r\n--\n-" END,
        "a=x\r\n-B\r\nB--\r\n--\n-|", F(UNMATCHED) },
    { CT, "--B\r\n" CD "\r\n\r\n\r\n\r\n" END, "a=\r\n\r\n|", OK },
    { "Multipart/Form-Data; Charset=x; BOUNDARY=B ; y=z",
        "--B\r\n" CD "\r\n\r\nx" END, "a=x|", OK },
    { CT,
        "--B\r\nX: y\r\n" CD
        "\r\nContent-Transfer-Encoding: 8BIT\r\n\r\nx" END,
        "a=x|", OK },

    /* the content type */
    { "multipart/form-data; boundary=\"B\"", "--B\r\n" CD "\r\n\r\nx" END,
        "a=x|", F(BOUNDARY_QUOTED) },
    { "multipart/form-data; boundary=\"B c\"",
        "--B c\r\n" CD "\r\n\r\nx\r\n--B c--\r\n", "a=x|",
        F(BOUNDARY_QUOTED) | F(BOUNDARY_WHITESPACE) },
    { "multipart/form-data; boundary = B", "--B\r\n" CD "\r\n\r\nx" END,
        "a=x|", F(BOUNDARY_WHITESPACE) },
    { "multipart/form-data; boundary=B; boundary=C",
        "--B\r\n" CD "\r\n\r\nx" END, "a=x|", F(BOUNDARY) },
    { "multipart/form-data; boundary*0=C; boundary=B",
        "--B\r\n" CD "\r\n\r\nx" END, "a=x|", F(BOUNDARY) },
    { "multipart/form-data; boundary=B|", "--B|\r\n" CD "\r\n\r\nx\r\n--B|--",
        "a=x|", F(BOUNDARY) },

    /* the framing */
    { CT, "x\r\n--B\r\n" CD "\r\n\r\nx" END, "a=x|", F(DATA_BEFORE) },
    { CT, "\r\n--B\r\n" CD "\r\n\r\nx" END, "a=x|", F(DATA_BEFORE) },
    { CT, "--B\r\n" CD "\r\n\r\nx" END "y", "a=x|", F(DATA_AFTER) },
    { CT, "--B\r\n" CD "\r\n\r\nx" END "--B\r\n" CD "\r\n\r\ny" END, "a=x|",
        F(DATA_AFTER) },
    { CT, "--B\n" CD "\n\nx\n--B--\n", "a=x|", F(LF_LINE) },
    { CT, "--B\r\n" CD "\n\r\nx" END, "a=x|", F(LF_LINE) | F(CRLF_LF) },
    { CT, "--B\r\n" CD "\r\n\r\nx\n--B--\r\n", "a=x|",
        F(LF_LINE) | F(CRLF_LF) },
    { CT, "--B\r\n" CD "\r\n\r\nx\r\n--BC" END, "a=x\r\n--BC|", F(NEAR) },
    { CT, "--B\r\n" CD "\r\n\r\nx\r\n--B-\r\ny" END, "a=x\r\n--B-\r\ny|",
        F(NEAR) },
    { CT, "--B\r\n" CD "\r\n\r\nx\r\n--B--y" END, "a=x\r\n--B--y|", F(NEAR) },
    { CT, "--B \t\r\n" CD "\r\n\r\nx" END, "a=x|", F(PADDING) },
    { CT, "--B\r\n" CD "\r\n\r\nx", "a=x|", F(INCOMPLETE) },
    { CT, "--B\r\n" CD "\r\n\r\nx\r\n--B", "a=x\r\n--B|",
        F(INCOMPLETE) | F(NEAR) },
    { CT, "--B\r\n", "=|", F(INCOMPLETE) | F(INVALID_PART) },
    { CT, "--B\r\n" CD "\r\n\r\nx\r\n--other--" END, "a=x\r\n--other--|",
        F(UNMATCHED) },
    { CT, "--B\r\n" CD "\r\n\r\nx\r\n--\xff" END, "a=x\r\n--\xff|", OK },

    /* parts */
    { CT, "--B\r\nContent-Disposition: form-data;\r\n name=\"a\"\r\n\r\nx" END,
        "a=x|", F(HEADER_FOLDING) },
    { CT, "--B\r\n x: y\r\n" CD "\r\n\r\nx" END, "a=x|",
        F(INVALID_FOLDING) | F(INVALID_PART) },
    { CT, "--B\r\nContent-Disposition: form-data name=\"a\"\r\n\r\nx" END,
        "a=x|", F(MISSING_SEMICOLON) },
    { CT, "--B\r\n" CD " filename=\"f\"\r\n\r\nx" END, "a@f=x|",
        F(MISSING_SEMICOLON) },
    { CT, "--B\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx" END,
        "a=x|", F(INVALID_QUOTING) },
    { CT, "--B\r\nContent-Disposition: form-data; name='a'\r\n\r\nx" END,
        "'a'=x|", F(INVALID_QUOTING) },
    { CT, "--B\r\nContent-Disposition: form-data; name = a\r\n\r\nx" END,
        "a=x|", F(INVALID_QUOTING) },
    { CT, "--B\r\nContent-Disposition: form-data; name\r\n\r\nx" END, "=x|",
        F(INVALID_QUOTING) | F(INVALID_PART) },
    { CT, "--B\r\nX: y\r\n\r\nx" END, "=x|", F(INVALID_PART) },
    { CT, "--B\r\n\r\nx" END, "=x|", F(INVALID_PART) },
    { CT, "--B\r\n" CD "\r\n" CD "\r\n\r\nx" END, "a=x|", F(INVALID_PART) },
    { CT, "--B\r\n" CD "; name=b\r\n\r\nx" END, "a=x|", F(INVALID_PART) },
    { CT, "--B\r\nContent-Disposition: attachment; name=a\r\n\r\nx" END,
        "a=x|", F(INVALID_PART) },
    { CT, "--B\r\n" CD "\r\nhello\r\n\r\nx" END, "a=x|", F(INVALID_PART) },
    { CT, "--B\r\n" CD "\r\nX : y\r\n\r\nx" END, "a=x|", F(INVALID_PART) },
    { CT, "--B\r\n" CD "\r\n\r\n--B--\r\n", "a=|", F(INVALID_PART) },
    { CT, "--B\r\n" CD "\r\n--B--\r\n", "a=|", F(INVALID_PART) },
    { CT, "--B\r\n--B\r\n" CD "\r\n\r\nx" END, "=|a=x|", F(INVALID_PART) },
    { CT,
        "--B\r\n" CD "\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n\r\nx" END,
        "a#a/b=x|", F(INVALID_PART) },
    { CT, "--B\r\n" CD "; filename*=UTF-8''%66\r\n\r\nx" END, "a=x|",
        F(EXTENDED) },
    { CT, "--B\r\n" CD "; name*0=b\r\n\r\nx" END, "a=x|", F(EXTENDED) },
    { CT, "--B\r\n" CD "; filename=\"a\\\"b\\\\c\\d\"\r\n\r\nx" END,
        "a@a\"b\\c\\d=x|", F(ESCAPE) },
    { CT, "--B\r\n" CD "\r\nContent-Transfer-Encoding: base64\r\n\r\nx" END,
        "a=x|", F(ENCODING) },
    { CT,
        "--B\r\n" CD
        "\r\nContent-Type: multipart/mixed; boundary=C\r\n\r\nx" END,
        "a#multipart/mixed; boundary=C=x|", F(NESTED) },
    { CT, "--B\r\n" CD "\r\nX: \x01\r\n\r\nx" END, "a=x|", F(CONTROL) },
    { CT, "--B\r\n" CD "\rX: y\r\n\r\nx" END, "a=x|",
        F(CONTROL) | F(INVALID_QUOTING) | F(MISSING_SEMICOLON) },
    { CT, "--B\r\n" CD "; filename=\"\xff\"\r\n\r\nx" END, "a@\xff=x|",
        F(UTF8) },
    { CT, "--B\r\n" CD "; filename=\"\xc3\xa9\"\r\n\r\nx" END, "a@\xc3\xa9=x|",
        OK },
};


static size_t
add(uint8_t *out, char before, api_span_t s)
{
    size_t n;

    n = 0;

    if (before) {
        out[n++] = (uint8_t) before;
    }

    if (s.len) {
        memcpy(out + n, s.data, s.len);
    }

    return n + s.len;
}


static api_span_t
render(const api_multipart_t *mp)
{
    size_t                      n;
    uint32_t                    i;
    static uint8_t              out[4096];
    const api_multipart_part_t *p;

    for (i = 0, n = 0; i < mp->n; i++) {
        p = &mp->part[i];
        n += add(out + n, 0, p->name);

        if (p->filename.data) {
            n += add(out + n, '@', p->filename);
        }

        if (p->type.data) {
            n += add(out + n, '#', p->type);
        }

        n += add(out + n, '=', p->body);
        out[n++] = '|';
    }

    return api_span(out, n);
}


static void
check(size_t i)
{
    int             rc;
    unsigned        strict;
    api_err_t       err = { 0 };
    api_span_t      body;
    api_arena_t     a;
    api_multipart_t mp;

    api_arena_init(&a, &api_alloc_libc, 0, 0);
    body = ut_guard(str(cases[i].body));
    rc = api_multipart_parse(
        &mp, ut_guard(str(cases[i].type)), body, 0, NULL, &a, &err);

    if (ut_int(rc, API_OK, "body %zu", i)) {
        ut_span(render(&mp), str(cases[i].parts), "its parts");
        ut_int(mp.flags, cases[i].flags, "its flags: %s",
            api_multipart_flag_name(mp.flags));
    }

    strict = cases[i].flags & API_MULTIPART_STRICT_MASK;
    rc = api_multipart_parse(&mp, ut_guard_front(str(cases[i].type)), body,
        API_MULTIPART_STRICT, NULL, &a, &err);
    ut_int(rc, strict ? API_SYNTAX : API_OK, "strict");

    if (strict) {
        ut_int(err.code, API_MULTIPART_E_STRICT, "says why: %s", err.text);
        ut_ok(err.pos <= body.len, "and where");
    }

    api_arena_free(&a);
}


static const struct {
    const char *type;
    const char *body;
    int         rc;
    int         code;
} bad[] = {
    { "text/plain; boundary=B", "--B--", API_INVALID, API_MULTIPART_E_TYPE },
    { "", "--B--", API_INVALID, API_MULTIPART_E_TYPE },
    { "multipart/form-data", "--B--", API_INVALID, API_MULTIPART_E_BOUNDARY },
    { "multipart/form-data; boundary=", "--B--", API_INVALID,
        API_MULTIPART_E_BOUNDARY },
    { "multipart/form-data; boundary=\"\"", "--\r\n", API_INVALID,
        API_MULTIPART_E_BOUNDARY },
    { CT, "", API_SYNTAX, API_MULTIPART_E_NO_PART },
    { CT, "x", API_SYNTAX, API_MULTIPART_E_NO_PART },
    { CT, "--B--\r\n", API_SYNTAX, API_MULTIPART_E_NO_PART },
    { CT, "--B", API_SYNTAX, API_MULTIPART_E_NO_PART },
    { CT, "x--B\r\n" CD "\r\n\r\nx" END, API_SYNTAX, API_MULTIPART_E_NO_PART },
    { CT,
        "--B\r\n" CD "\r\n\r\n\r\n--B\r\n" CD "\r\n\r\n\r\n--B\r\n" CD
        "\r\n\r\n" END,
        API_LIMIT, API_MULTIPART_E_PARTS },
    { CT,
        "--B\r\n" CD "; filename=f\r\n\r\n\r\n--B\r\n" CD
        "; filename=f\r\n\r\n" END,
        API_LIMIT, API_MULTIPART_E_FILES },
    { CT,
        "--B\r\nContent-Disposition: form-data; name=1234567890x\r\n\r\n" END,
        API_LIMIT, API_MULTIPART_E_NAME_LEN },
    { CT,
        "--B\r\n" CD
        "\r\nX: 1234567890123456789012345678901234567890\r\n\r\n" END,
        API_LIMIT, API_MULTIPART_E_HEADERS },
};


static void
check_bad(size_t i)
{
    api_err_t              err = { 0 };
    api_arena_t            a;
    api_multipart_t        mp;
    api_multipart_limits_t small = { 2, 1, 80, 10 };

    api_arena_init(&a, &api_alloc_libc, 0, 0);
    ut_int(api_multipart_parse(&mp, ut_guard(str(bad[i].type)),
               ut_guard(str(bad[i].body)), 0, &small, &a, &err),
        bad[i].rc, "bad %zu is refused", i);
    ut_int(err.code, bad[i].code, "for its %s",
        api_multipart_error_name(bad[i].code));
    ut_int(mp.n, 0, "no parts are given");
    api_arena_free(&a);
}


/* 1e5 parts, 1e6 lines: linear; every allocation fails once. */

static void
test_size(void)
{
    int             rc;
    size_t          n;
    uint8_t        *body;
    api_err_t       err = { 0 };
    ut_alloc_t      u;
    api_arena_t     a;
    api_multipart_t mp;
    const char     *one = "--B\r\n" CD "\r\n\r\nx\r\n";

    body = malloc(100000 * strlen(one));
    api_arena_init(&a, &api_alloc_libc, 0, 0);

    for (n = 0; n < 100000; n++) {
        memcpy(body + n * strlen(one), one, strlen(one));
    }

    rc = api_multipart_parse(
        &mp, str(CT), api_span(body, 100000 * strlen(one)), 0, NULL, &a, &err);
    ut_int(rc, API_LIMIT, "1e5 parts are too many");
    ut_ok(a.held < 512 * 1024, "and cost no more than the limit");

    memset(body, '\n', 1000000);
    memcpy(body, "--B\n\n", 5);
    rc = api_multipart_parse(
        &mp, str(CT), api_span(body, 1000000), 0, NULL, &a, &err);
    ut_int(rc, API_OK, "a million lines are one part");
    ut_ok(mp.flags & F(INCOMPLETE), "that does not end");
    free(body);
    api_arena_free(&a);

    for (n = 1;; n++) {
        ut_arm(&u, n);
        api_arena_init(&a, &u.alloc, 64, 0);
        rc = api_multipart_parse(&mp, str(CT),
            str("--B\r\n" CD "; filename=\"\\\"\"\r\n\r\n" END), 0, NULL, &a,
            &err);
        api_arena_free(&a);

        if (u.calls < n) {
            break;
        }

        ut_int(rc, API_NOMEM, "allocation %zu fails", n);
        ut_int(u.live, 0, "nothing is left");
    }
}


static void
test_headers(void)
{
    api_span_t h, name, value;

    h = str("A: b\r\nC:\r\nnone\r\nD:  e\r\n\tf \r\n");
    ut_ok(api_multipart_header(&h, &name, &value), "a header");
    ut_span(name, str("A"), "its name");
    ut_span(value, str("b"), "its value");
    ut_ok(api_multipart_header(&h, &name, &value), "another one");
    ut_span(value, str(""), "without a value");
    ut_ok(api_multipart_header(&h, &name, &value), "a line that is none");
    ut_span(name, str(""), "has no name");
    ut_span(value, str("none"), "but text");
    ut_ok(api_multipart_header(&h, &name, &value), "a folded one");
    ut_span(value, str("e\r\n\tf"), "has its line end");
    ut_ok(!api_multipart_header(&h, &name, &value), "no more");
}


static const struct {
    const char *range;
    const char *media;
    unsigned    match;
} ranges[] = {
    { "application/json", "Application/JSON; charset=utf-8", 4 },
    { "application/json", "application/jsonx", 0 },
    { "application/*+json", "application/problem+json", 3 },
    { "application/*+json", "application/json", 0 },
    { "application/*+json", "text/problem+json", 0 },
    { "application/*", "application/json", 2 },
    { "application/*", "text/json", 0 },
    { "*/*", "text/json", 1 },
    { "*/json", "text/json", 0 },
    { "application/problem+json", "application/problem+json", 4 },
};


static void
test_media(void)
{
    size_t            i;
    api_media_t       a, b;
    api_media_param_t p;

    for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        ut_int(api_media_parse(&a, ut_guard(str(ranges[i].range))), API_OK,
            "%s", ranges[i].range);
        ut_int(api_media_parse(&b, ut_guard(str(ranges[i].media))), API_OK,
            "%s", ranges[i].media);
        ut_int(api_media_match(&a, &b), ranges[i].match, "match");
    }

    ut_int(api_media_parse(&a, str("application")), API_SYNTAX, "no slash");
    ut_int(api_media_parse(&a, str("a/")), API_SYNTAX, "no subtype");
    ut_int(api_media_parse(&a, str("/a")), API_SYNTAX, "no type");
    ut_int(api_media_parse(&a, str("a/b, c/d")), API_SYNTAX, "two types");
    ut_int(api_media_parse(&a, str("a/b c")), API_SYNTAX, "more");
    ut_int(api_media_parse(&a, str("a/b ; x=1")), API_OK, "a blank may stand");

    api_media_parse(&a, str("a/b; C=\"d\\\"e\"; f=g"));
    ut_int(api_media_get(&a, str("c"), &p), API_OK, "a parameter");
    ut_span(p.value, str("d\\\"e"), "in quotes");
    ut_int(api_media_get(&a, str("x"), &p), API_INVALID, "none");
    api_media_parse(&a, str("a/b; c=1; c=2"));
    ut_int(api_media_get(&a, str("c"), &p), API_DUPLICATE, "two");
    api_media_parse(&a, str("a/b; c=\"1"));
    ut_int(api_media_get(&a, str("c"), &p), API_SYNTAX, "an open quote");

    api_media_parse(&a, str("text/json"));
    ut_ok(api_media_is_json(&a), "text/json is JSON");
    api_media_parse(&a, str("image/svg+xml"));
    ut_ok(!api_media_is_json(&a), "+xml is not");
    api_media_parse(&a, str("x/y+JSON"));
    ut_ok(api_media_is_json(&a), "+JSON is");
}


int
main(void)
{
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check(i);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        check_bad(i);
    }

    test_size();
    test_headers();
    test_media();

    return ut_done();
}
