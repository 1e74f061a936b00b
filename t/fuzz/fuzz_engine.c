/*
 * Input: a byte of switches, how many rules, five bytes for each of them, and
 * values with a NUL between them.
 *
 * The rules are put together of what those of the Core Rule Set are made of.
 * They find the same with the prefilter and without, and, where none of them
 * depends on another one, what is found when each value is transformed naively
 * and given to PCRE2, or to a search that looks at each place.
 */

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "fuzz_flow.h"
#include "fuzz_waf.h"
#include "api_sqli.h"
#include "api_xss.h"
#include "transform_ref.h"

#include <stdio.h>


#define RULES 8
#define VALUES 24
#define VALUE_MAXIMUM 120
#define TEXT_MAXIMUM 4096

enum { FLOW = 1, ENFORCE = 2, CROWDED = 4 }; /* switches */

typedef enum { RX, PM, CONTAINS, BEGINS, ENDS, STREQ, SQLI, XSS } op_t;

typedef struct {
    op_t        op;
    const char *arg;
} test_t;

/* Operators: matches that begin at few bytes, anywhere, at lines; that read
   back and ahead; that backtrack; literals that a transformation makes. */

static const test_t tests[] = {
    { RX, "(?i)union\\s+select" },
    { RX, "(?i)\\b(?:select|insert|update)\\b.{0,40}?\\bfrom\\b" },
    { RX, "^[a-z]+$" },
    { RX, "(?m)^\\s*root:" },
    { RX, "<script[^>]*>" },
    { RX, "(?i)<[^0-9<>A-Z_a-z]*(?:s[^a-z]*c[^a-z]*r[^a-z]*i)" },
    { RX, "(?:;|\\||&&)\\s*(?:ls|cat|id)\\b" },
    { RX, "\\$\\((?:\\(.*\\)|.*)\\)" },
    { RX, "(?<![a-z])or(?=\\s*1)" },
    { RX, "(['\\x22])\\s*or\\s*\\1" },
    { RX, "(?:a+)+b" },
    { RX, "[\\x00-\\x08]" },
    { RX, "\\xc0\\xaf|\\xff" },
    { RX, "\\.\\./|etc/passwd\\z" },
    { RX, "(?s)/\\*.*?\\*/" },
    { RX, "" },
    { RX, "a?" },
    { RX, "(?:x|y|z){2,3}\\d" },
    { RX, "\\bon[a-z]{3,}\\s*=" },
    { RX, "%[0-9a-f]{2}" },
    { PM, "select insert sleep( <script onload" },
    { PM, "etc/passwd .. && \xff" },
    { CONTAINS, "etc/passwd" },
    { CONTAINS, "sleep" },
    { BEGINS, "root" },
    { ENDS, ".php" },
    { STREQ, "insert" },
    { SQLI, "" },
    { XSS, "" },
};

static const char *const op_names[] = { "rx", "pm", "contains", "beginsWith",
    "endsWith", "streq", "detectSQLi", "detectXSS" };

/* Where a value may be, and from which phase on it is there. */

typedef struct {
    const char   *name;
    api_waf_var_t var;
    int           phase;
} place_t;

static const place_t places[] = {
    { "ARGS_GET", API_WAF_ARGS_GET, 1 },
    { "REQUEST_HEADERS", API_WAF_REQUEST_HEADERS, 1 },
    { "REQUEST_COOKIES", API_WAF_REQUEST_COOKIES, 1 },
    { "ARGS_POST", API_WAF_ARGS_POST, 2 },
    { "FILES", API_WAF_FILES, 2 },
    { "REQUEST_BODY", API_WAF_REQUEST_BODY, 2 },
    { "RESPONSE_HEADERS", API_WAF_RESPONSE_HEADERS, 3 },
    { "RESPONSE_BODY", API_WAF_RESPONSE_BODY, 4 },
};

#define PLACES (sizeof(places) / sizeof(places[0]))

/* Targets: bits of places, values and names. */

typedef struct {
    const char *text;
    unsigned    values;
    unsigned    names;
} target_t;

static const target_t targets[] = {
    { "ARGS", 1 | 8, 0 },
    { "ARGS_NAMES", 0, 1 | 8 },
    { "ARGS_GET|ARGS_POST_NAMES", 1, 8 },
    { "REQUEST_HEADERS", 2, 0 },
    { "REQUEST_COOKIES|REQUEST_COOKIES_NAMES|ARGS|ARGS_NAMES", 1 | 4 | 8,
        1 | 4 | 8 },
    { "REQUEST_BODY|FILES", 16 | 32, 0 },
    { "RESPONSE_HEADERS|RESPONSE_HEADERS_NAMES", 64, 64 },
    { "RESPONSE_BODY", 128, 0 },
    { "RESPONSE_BODY|ARGS|REQUEST_HEADERS_NAMES", 1 | 8 | 128, 2 },
};

#define NTARGETS (sizeof(targets) / sizeof(targets[0]))

static const uint8_t chains[][4] = {
    { 0 },
    { API_T_LOWERCASE },
    { API_T_URL_DECODE_UNI },
    { API_T_URL_DECODE_UNI, API_T_LOWERCASE },
    { API_T_URL_DECODE, API_T_URL_DECODE },
    { API_T_HTML_ENTITY_DECODE, API_T_LOWERCASE, API_T_REMOVE_NULLS },
    { API_T_JS_DECODE, API_T_CSS_DECODE },
    { API_T_REMOVE_WHITESPACE },
    { API_T_URL_DECODE_UNI, API_T_REPLACE_COMMENTS,
        API_T_COMPRESS_WHITESPACE },
    { API_T_CMD_LINE },
    { API_T_NORMALISE_PATH, API_T_LOWERCASE },
    { API_T_BASE64_DECODE },
    { API_T_UTF8_TO_UNICODE, API_T_URL_DECODE_UNI },
    { API_T_LENGTH },
};

#define NCHAINS (sizeof(chains) / sizeof(chains[0]))

typedef struct {
    const target_t *target;
    const uint8_t  *chain;
    const test_t   *test;
    int             phase;
    bool            negate;
    bool            capture;
    bool            multi;
} rule_t;

typedef struct {
    const place_t *place;
    unsigned       bit;
    api_span_t     name;
    api_span_t     value;
} value_t;

typedef struct {
    rule_t   rule[RULES];
    value_t  value[VALUES];
    unsigned nrules;
    unsigned nvalues;
    char     text[TEXT_MAXIMUM];
} case_t;


static size_t
write_rule(char *p, size_t room, const rule_t *r, unsigned i, int flow)
{
    size_t n;
    int    k;

    n = (size_t) snprintf(p, room,
        "SecRule %s \"%s@%s %s\" \"id:%u,phase:%d,%s,t:none", r->target->text,
        r->negate ? "!" : "", op_names[r->test->op], r->test->arg, 100 + i,
        r->phase, flow >= 9 && flow <= 10 ? "log" : "pass");

    for (k = 0; k < 4 && r->chain[k]; k++) {
        n += (size_t) snprintf(p + n, room - n, ",t:%s",
            api_transform_name((api_transform_t) r->chain[k]));
    }

    n += (size_t) snprintf(p + n, room - n, "%s%s%s\"\n",
        r->capture ? ",capture" : "", r->multi ? ",multiMatch" : "",
        flow >= 0 ? flows[flow] : "");
    MUST(n < room);

    return n;
}


static void
read_rules(case_t *c, const uint8_t *code, bool flow)
{
    size_t   n;
    rule_t  *r;
    unsigned i;

    for (i = 0, n = 0; i < c->nrules; i++, code += 5) {
        r = &c->rule[i];
        r->target = &targets[code[0] % NTARGETS];
        r->chain = chains[code[1] % NCHAINS];
        r->test = &tests[code[2] % (sizeof(tests) / sizeof(tests[0]))];
        r->phase = 1 + code[3] % 5;
        r->negate = (code[3] & 0xe0) == 0x20;
        r->capture = (code[3] & 0xc0) == 0x40;
        r->multi = (code[3] & 0xc0) == 0x80;
        n += write_rule(c->text + n, sizeof(c->text) - n, r, i,
            flow && code[4] ? (int) (code[4] % NFLOWS) : -1);
    }

    (void) snprintf(c->text + n, sizeof(c->text) - n, "SecMarker END\n%s",
        flow ? asks : "");
}


/* The place, a name up to an =, the value. */

static void
read_values(case_t *c, api_span_t rest)
{
    size_t         at;
    value_t       *v;
    api_span_t     s;
    const uint8_t *equals;

    while (rest.len && c->nvalues < VALUES) {
        s = fuzz_next(&rest);

        if (s.len == 0 || s.len > VALUE_MAXIMUM) {
            continue;
        }

        v = &c->value[c->nvalues++];
        at = s.data[0] % PLACES;
        v->place = &places[at];
        v->bit = 1U << at;
        s = api_span(s.data + 1, s.len - 1);
        equals = s.len ? memchr(s.data, '=', s.len) : NULL;

        if (api_waf_var_kind(v->place->var) == API_WAF_K_SCALAR || !equals) {
            v->value = s;
            continue;
        }

        v->name = api_span(s.data, (size_t) (equals - s.data));
        v->value = api_span(equals + 1, s.len - v->name.len - 1);
    }
}


static bool
is_scalar(const value_t *v)
{
    return api_waf_var_kind(v->place->var) == API_WAF_K_SCALAR;
}


static void
fill(const void *ctx, api_waf_tx_t *tx, api_waf_values_t *values,
    api_values_t *b, int phase)
{
    unsigned       i;
    const value_t *v;
    const case_t  *c = ctx;

    (void) tx;
    (void) b;

    for (i = 0; i < c->nvalues; i++) {
        v = &c->value[i];

        if (v->place->phase != phase) {
            continue;
        }

        if (is_scalar(v)) {
            MUST(
                api_waf_values_set(values, v->place->var, v->value) == API_OK);
        } else {
            MUST(api_waf_values_add(values, v->place->var, v->name, v->value)
                 == API_OK);
        }
    }
}


/* 1, 0, or -1: more steps than a fuzzer has time for. */

static int
naive_rx(const char *pattern, api_span_t s)
{
    int                  rc, error;
    size_t               at;
    pcre2_code          *code;
    pcre2_match_data    *found;
    pcre2_match_context *limits;

    code = pcre2_compile((PCRE2_SPTR) pattern, strlen(pattern),
        PCRE2_DOTALL | PCRE2_MULTILINE, &error, &at, NULL);
    found = pcre2_match_data_create(1, NULL);
    limits = pcre2_match_context_create(NULL);
    MUST(code && found && limits);
    pcre2_set_match_limit(limits, 100000);
    rc = pcre2_match(
        code, s.data ? s.data : (PCRE2_SPTR) "", s.len, 0, 0, found, limits);
    pcre2_match_context_free(limits);
    pcre2_match_data_free(found);
    pcre2_code_free(code);

    return rc >= 0 ? 1 : rc == PCRE2_ERROR_NOMATCH ? 0 : -1;
}


static bool
naive_at(api_span_t s, size_t at, const char *what, size_t len, bool caseless)
{
    size_t i;

    if (at > s.len || len > s.len - at) {
        return false;
    }

    for (i = 0; i < len; i++) {
        int a = s.data[at + i], b = (uint8_t) what[i];

        if (a != b && (!caseless || tolower(a) != tolower(b))) {
            return false;
        }
    }

    return true;
}


static bool
naive_has(api_span_t s, const char *what, size_t len, bool caseless)
{
    size_t i;

    for (i = 0; i <= s.len; i++) {
        if (naive_at(s, i, what, len, caseless)) {
            return true;
        }
    }

    return false;
}


static bool
naive_pm(const char *p, api_span_t s)
{
    size_t len;

    for (; *p; p += len + (p[len] == ' ')) {
        len = strcspn(p, " ");

        if (naive_has(s, p, len, true)) {
            return true;
        }
    }

    return false;
}


static int
naive_test(const test_t *t, api_span_t s)
{
    size_t len = strlen(t->arg);

    switch (t->op) {
    case RX:
        return naive_rx(t->arg, s);
    case PM:
        return naive_pm(t->arg, s);
    case CONTAINS:
        return naive_has(s, t->arg, len, false);
    case BEGINS:
        return naive_at(s, 0, t->arg, len, false);
    case ENDS:
        return len <= s.len && naive_at(s, s.len - len, t->arg, len, false);
    case STREQ:
        return len == s.len && naive_at(s, 0, t->arg, len, false);
    case SQLI:
        return api_sqli_detect(s, NULL);
    default:
        return api_xss_detect(s, NULL);
    }
}


static api_span_t
naive_transform(api_transform_t id, api_span_t s, api_arena_t *arena)
{
    api_span_t        out;
    static ref_text_t ref;

    if (ref_transform(id, s, &ref)) {
        out = api_arena_dup(arena, api_span(ref.data, ref.len));
        MUST(out.data);
        return out;
    }

    MUST(api_transform_run(id, NULL, s, arena, &out) == API_OK);

    return out;
}


/* Does the rule take the text?  -1: nobody can say. */

static int
naive_text(const rule_t *r, api_span_t s, api_arena_t *arena)
{
    int        k, rc;
    api_span_t next;

    for (k = 0; k < 4 && r->chain[k]; k++) {
        if (r->multi) {
            rc = naive_test(r->test, s);

            if (rc < 0 || (rc == 1) != r->negate) {
                return rc < 0 ? rc : 1;
            }
        }

        next = naive_transform((api_transform_t) r->chain[k], s, arena);
        s = next;
    }

    rc = naive_test(r->test, s);

    return rc < 0 ? rc : (rc == 1) != r->negate;
}


/* A scalar is what it was set to last. */

static bool
is_last(const case_t *c, unsigned i)
{
    unsigned k;

    for (k = i + 1; is_scalar(&c->value[i]) && k < c->nvalues; k++) {
        if (c->value[k].place == c->value[i].place) {
            return false;
        }
    }

    return true;
}


static int
naive_rule(const case_t *c, const rule_t *r, api_arena_t *arena)
{
    int            rc, any = 0;
    unsigned       i;
    const value_t *v;

    for (i = 0; i < c->nvalues; i++) {
        v = &c->value[i];

        if (v->place->phase > r->phase || !is_last(c, i)) {
            continue;
        }

        if (r->target->values & v->bit) {
            rc = naive_text(r, v->value, arena);
            any = any < 0 || rc < 0 ? -1 : any | rc;
        }

        if (r->target->names & v->bit) {
            rc = naive_text(r, v->name, arena);
            any = any < 0 || rc < 0 ? -1 : any | rc;
        }
    }

    return any;
}


static void
check_naive(const case_t *c, const fuzz_said_t *said)
{
    int         want;
    bool        got;
    size_t      k;
    unsigned    i;
    api_arena_t arena;

    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    for (i = 0; i < c->nrules; i++) {
        want = naive_rule(c, &c->rule[i], &arena);

        for (k = 0, got = false; k < said->n; k++) {
            got |= said->ids[k] == 100 + i;
        }

        MUST(want < 0 || got == want);
    }

    api_arena_free(&arena);
}


static void
check(case_t *c, unsigned how)
{
    api_err_t                err;
    fuzz_waf_t               f;
    fuzz_said_t              said;
    api_seclang_t           *s;
    api_seclang_io_t         io = { fuzz_no_file, fuzz_no_glob, NULL };
    const api_waf_program_t *program;

    s = api_seclang_create(&api_alloc_libc, &io, NULL);
    MUST(s);
    MUST(api_seclang_text(s, "rules", api_span(c->text, strlen(c->text)), &err)
         == API_OK);
    MUST(api_seclang_finish(s, &program, &err) == API_OK);

    memset(&f, 0, sizeof(f));
    f.conf = &api_values_conf_default;
    f.engine = how & ENFORCE ? API_WAF_ENGINE_ON : API_WAF_ENGINE_DETECT;
    f.fill = fill;
    f.ctx = c;
    f.scratch = api_scratch_create(&api_alloc_libc);
    MUST(f.scratch);
    MUST(api_waf_view_create(&f.view, program, NULL, &api_alloc_libc, &err)
         == API_OK);
    MUST(api_waf_scan_scratch_create(&f.scan, program, &api_alloc_libc)
         == API_OK);
    MUST(api_waf_scan_scratch_create(&f.memo, program, &api_alloc_libc)
         == API_OK);
    MUST(api_waf_scan_remember(
             f.memo, how & CROWDED ? 4 : 64, (api_sipkey_t){ 3, 4 })
         == API_OK);

    if (fuzz_waf_same(&f, &said) && !(how & FLOW)) {
        check_naive(c, &said);
    }

    api_waf_scan_scratch_free(f.scan);
    api_waf_scan_scratch_free(f.memo);
    api_waf_view_free(f.view);
    api_scratch_free(f.scratch);
    api_seclang_free(s);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    case_t c;

    memset(&c, 0, sizeof(c));

    if (size < 2) {
        return 0;
    }

    c.nrules = 1 + data[1] % RULES;

    if (size < 2 + 5 * c.nrules || size > 2000) {
        return 0;
    }

    read_rules(&c, data + 2, data[0] & FLOW);
    read_values(
        &c, api_span(data + 2 + 5 * c.nrules, size - 2 - 5 * c.nrules));
    check(&c, data[0]);

    return 0;
}
