/* Requests that have more than rules look at: cookies, names, lines; and all
   characters in escapes of JSON. */

#include "api_json.h"
#include "api_values.h"
#include "ut.h"

#include <stdio.h>


#define JSON "application/json"

static const api_sipkey_t seed = { 5, 6 };

typedef struct {
    api_arena_t          arena;
    api_waf_values_t     values;
    api_values_t         b;
    api_values_conf_t    conf;
    api_values_request_t request;
    api_values_field_t   field[4];
} run_t;


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


static void
run_init(run_t *run, uint32_t args)
{
    memset(run, 0, sizeof(*run));
    run->conf = api_values_conf_default;
    run->conf.args = args;
    api_arena_init(&run->arena, &api_alloc_libc, 256, 0);
    api_waf_values_init(&run->values, &run->arena, 0);
    api_values_init(&run->b, &run->values, &run->conf, seed, &run->arena);

    run->request.method = API_SPAN("POST");
    run->request.uri = API_SPAN("/");
    run->request.protocol = API_SPAN("HTTP/1.1");
    run->request.field = run->field;
}


static void
run_field(run_t *run, const char *name, api_span_t value)
{
    run->field[run->request.nfields++] =
        (api_values_field_t){ str(name), value };
}


/* It is REQBODY_ERROR if there was too much, and nothing else is. */

static void
run_end(run_t *run, bool over, const char *what)
{
    ut_int(run->b.over, over, "%s: %s", what,
        over ? "it is noted that there were more" : "not too much");
    ut_span(api_waf_values_get(&run->values, API_WAF_REQBODY_ERROR),
        over ? str("1") : str("0"), "%s: REQBODY_ERROR", what);
    api_arena_free(&run->arena);
}


static uint32_t
count(const run_t *run, api_waf_var_t var)
{
    return run->values.set[var].count;
}


/* So many numbers in so many brackets. */

static void
nested(run_t *run, size_t deep, size_t numbers)
{
    size_t      i, n = 0;
    static char body[16384];

    for (i = 0; i < deep; i++) {
        n += (size_t) sprintf(body + n, "{\"sixteen\":");
    }

    n += (size_t) sprintf(body + n, "[1");

    for (i = 1; i < numbers; i++) {
        n += (size_t) sprintf(body + n, ",1");
    }

    body[n++] = ']';

    for (i = 0; i < deep; i++) {
        body[n++] = '}';
    }

    run_init(run, 1000);
    run_field(run, "Content-Type", str(JSON));
    api_values_request(&run->b, &run->request);
    ut_int(api_values_body(&run->b, api_span(body, n), 0, false), API_OK,
        "%zu numbers, %zu deep", numbers, deep);
}


static void
test_names(void)
{
    run_t      run;
    uint32_t   n;
    api_span_t last;

    nested(&run, 100, 10);
    ut_int(count(&run, API_WAF_ARGS_POST), 10, "all are looked at");
    last = run.values.set[API_WAF_ARGS_POST].items[9].name;
    ut_int((long long) last.len, 4 + 800 + 8, "by names that have their way");
    ut_ok(last.len > 8
              && api_span_eq(api_span(last.data + last.len - 16, 16),
                  str(".sixteen.array_9")),
        "in them");
    run_end(&run, false, "deep");

    nested(&run, 500, 900);
    n = count(&run, API_WAF_ARGS_POST);
    ut_ok(n > 15 && n < 40,
        "those are looked at whose names take 36 KB, and 11 times the body");
    run_end(&run, true, "deep and many");

    nested(&run, 4, 999);
    ut_int(count(&run, API_WAF_ARGS_POST), 999, "all of a list of numbers");
    run_end(&run, false, "many");
}


static void
cookies(run_t *run, uint32_t args, size_t n, const char *more)
{
    size_t      i;
    static char line[4096];

    for (i = 0; i < n; i++) {
        memcpy(line + i * 4, "a=1;", 4);
    }

    run_init(run, args);
    run_field(run, "Cookie", api_span(line, n * 4));
    run_field(run, "Cookie", str(more));
    ut_int(api_values_request(&run->b, &run->request), API_OK,
        "%zu cookies, and %s", n, more);
    ut_int(api_values_body(&run->b, str(""), 0, false), API_OK, "no body");
}


static void
test_cookies(void)
{
    run_t run;

    cookies(&run, 1000, 249, "b=2");
    ut_int(count(&run, API_WAF_REQUEST_COOKIES), 250, "all of 250");
    run_end(&run, false, "250 cookies");

    cookies(&run, 1000, 249, "b=2; c=3");
    ut_int(count(&run, API_WAF_REQUEST_COOKIES), 250, "the first of more");
    run_end(&run, true, "251 cookies");

    cookies(&run, 1000, 300, "b=2");
    ut_int(count(&run, API_WAF_REQUEST_COOKIES), 250, "the first of a line");
    run_end(&run, true, "300 cookies in a line");

    cookies(&run, 10, 249, "b=2");
    ut_int(count(&run, API_WAF_REQUEST_COOKIES), 250, "all of 250");
    run_end(&run, false, "250 cookies, and few arguments allowed");

    cookies(&run, 4000, 999, "b=2");
    ut_int(count(&run, API_WAF_REQUEST_COOKIES), 1000,
        "a quarter as many as arguments, where that is more");
    run_end(&run, false, "1000 cookies, and many arguments allowed");
}


/* What ends no pair is none: separators side by side and at an end, and of
   cookies blanks between them. */

typedef struct {
    const char *piece;
    uint32_t    n;    /* pieces */
    const char *tail; /* behind them */
    const char *more; /* another line of cookies, or a form */
    uint32_t    args; /* allowed */
    uint32_t    want;
    bool        over;
    uint8_t     separator;
} empty_case_t;

static const empty_case_t queries[] = {
    { "a=1&", 1000, "", "", 1000, 1000, false, '&' },
    { "a=1&", 1000, "b", "", 1000, 1000, true, '&' },
    { "a=1&", 1000, "&&&", "", 1000, 1000, false, '&' },
    { "a=1&", 1000, "&&&=", "", 1000, 1000, true, '&' },
    { "a=1&", 1000, ";", "", 1000, 1000, true, '&' },
    { "a=1&", 1000, ";&;", "", 1000, 1000, false, ';' },
    { "a=1;", 1000, "b", "", 1000, 1000, true, ';' },
    { "a=1&&", 600, "", "", 1000, 600, false, '&' },
    { "a=1&&", 1000, "", "", 1000, 1000, false, '&' },
    { "a=1&&", 1001, "", "", 1000, 1000, true, '&' },
    { "a=1;&", 1000, "", "", 1000, 1000, false, ';' },
    { "a=1;&", 1001, "", "", 1000, 1000, true, ';' },
    { "a&", 1000, "", "", 1000, 1000, false, '&' },
    { "a&", 1001, "", "", 1000, 1000, true, '&' },
    { "&", 5000, "a=1", "", 1000, 1, false, '&' },
    { "&", 5000, "a=1&b", "", 1, 1, true, '&' },
    { " &", 1001, "", "", 1000, 1000, true, '&' },
    { "a=1&", 999, "", "&&b=2&&", 1000, 1000, false, '&' },
    { "a=1&", 999, "", "&&b=2&&c", 1000, 1000, true, '&' },
    { "a=1&", 1000, "", "&&&", 1000, 1000, false, '&' },
    { "a=1&", 1000, "", "&&b", 1000, 1000, true, '&' },
};

static const empty_case_t lines[] = {
    { "a=1; ", 250, "", "", 1000, 250, false, '&' },
    { "a=1; ", 250, "b", "", 1000, 250, true, '&' },
    { "a=1; ", 250, " ;\t ; ", "", 1000, 250, false, '&' },
    { "a=1; ", 250, " ;\t ; =", "", 1000, 250, true, '&' },
    { "a=1;", 250, "&", "", 1000, 250, true, '&' },
    { "a=1;;", 250, "", "", 1000, 250, false, '&' },
    { "a=1;;", 251, "", "", 1000, 250, true, '&' },
    { "a=1;;", 600, "", "", 2400, 600, false, '&' },
    { "a=1;;", 601, "", "", 2400, 600, true, '&' },
    { " ;\t;", 500, "a=1", "", 1000, 1, false, '&' },
    { "a; ", 249, "", " ;; b=2 ;", 1000, 250, false, '&' },
    { "a; ", 249, "", " ;; b=2 ; c", 1000, 250, true, '&' },
    { "a; ", 250, "", " ;\t; ", 1000, 250, false, '&' },
    { "a; ", 250, "", " ;\t;b", 1000, 250, true, '&' },
};


static void
empty(const empty_case_t *c, bool cookie)
{
    run_t       run;
    size_t      n = 2;
    uint32_t    i, had;
    static char text[8192] = "/?";

    for (i = 0; i < c->n; i++) {
        n += (size_t) sprintf(text + n, "%s", c->piece);
    }

    n += (size_t) sprintf(text + n, "%s", c->tail);

    run_init(&run, c->args);
    run.conf.separator = c->separator;

    if (cookie) {
        run_field(&run, "Cookie", ut_guard(api_span(text + 2, n - 2)));
        run_field(&run, "Cookie", ut_guard(str(c->more)));
    } else {
        run.request.uri = ut_guard(api_span(text, n));
        run_field(
            &run, "Content-Type", str("application/x-www-form-urlencoded"));
    }

    api_values_request(&run.b, &run.request);
    ut_int(api_values_body(
               &run.b, cookie ? str("") : ut_guard(str(c->more)), 0, false),
        API_OK, "%u of \"%s\", \"%s\" and \"%s\"", c->n, c->piece, c->tail,
        c->more);

    had = cookie
              ? count(&run, API_WAF_REQUEST_COOKIES)
              : count(&run, API_WAF_ARGS_GET) + count(&run, API_WAF_ARGS_POST);
    ut_int(had, c->want, "are so many");
    run_end(&run, c->over, "empty ones");
    ut_guard_reset();
}


static void
test_empty(void)
{
    size_t i;

    for (i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        empty(&queries[i], false);
    }

    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        empty(&lines[i], true);
    }
}


/* Lines behind which there is no room for what is wrong with the next one. */

static void
test_lines(void)
{
    run_t run;

    run_init(&run, 2);
    run_field(&run, "Content-Type", str("application/x-ndjson"));
    api_values_request(&run.b, &run.request);
    ut_int(api_values_body(
               &run.b, str("[1]\n[[]]\n[{}]\n[2]\n[3\n[4]"), 0, false),
        API_OK, "a line that is broken, and no more arguments");
    ut_int(count(&run, API_WAF_ARGS_POST), 2, "those before it");
    ut_span(run.values.set[API_WAF_ARGS_POST].items[0].name,
        str("json.array_0"), "by name");
    ut_span(run.values.set[API_WAF_ARGS_POST].items[1].value, str("2"),
        "and value");
    ut_span(api_waf_values_get(&run.values, API_WAF_REQBODY_ERROR_MSG),
        str("JSON parsing error: end at byte 2"),
        "what is wrong with it is kept");
    run_end(&run, true, "lines");
}


/* Of every character, and with others around it, what the parser's own function
   makes. */

static void
test_escapes(void)
{
    run_t       run;
    size_t      n = 1, bad = 0;
    uint32_t    c, i;
    api_json_t  doc;
    api_span_t  want;
    static char body[1200000];

    api_json_limits_t limits = api_json_limits_default;

    static const char *const others[] = { "\"\\\\\"", "\"\\/a\\\"\"",
        "\"\\b\\f\\n\\r\\tz\"", "\"\\ud83d\\ude00\\uDBFF\\uDFFF\"",
        "\"a\\u00e9\\u20AC\"", "\"no escape\"" };

    limits.members = 70000;
    body[0] = '[';

    for (c = 0; c < 0x10000; c++) {
        if (c < 0xd800 || c >= 0xe000) {
            n += (size_t) sprintf(
                body + n, c % 2 ? "\"\\u%04x\"," : "\"b\\u%04Xa\",", c);
        }
    }

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        n += (size_t) sprintf(body + n, "%s%s", i ? "," : "", others[i]);
    }

    body[n++] = ']';

    run_init(&run, 70000);
    run.values.max = 70000;
    run_field(&run, "Content-Type", str(JSON));
    api_values_request(&run.b, &run.request);
    ut_int(api_values_body(&run.b, api_span(body, n), 0, false), API_OK,
        "all characters in escapes");
    ut_int(api_json_parse(&doc, api_span(body, n), &limits, API_JSON_ALLOW_NUL,
               seed, &run.arena, NULL),
        API_OK, "and the document as such");
    ut_int(count(&run, API_WAF_ARGS_POST), doc.ntok - 1, "are read");

    for (i = 1; i < doc.ntok; i++) {
        bad += api_json_string(&doc, i, &run.arena, &want) != API_OK
               || !api_span_eq(
                   run.values.set[API_WAF_ARGS_POST].items[i - 1].value, want);
    }

    ut_int((long long) bad, 0, "as the parser's own function does");
    run_end(&run, false, "escapes");
}


int
main(void)
{
    test_escapes();
    test_names();
    test_cookies();
    test_empty();
    test_lines();

    return ut_done();
}
