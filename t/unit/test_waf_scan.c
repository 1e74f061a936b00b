/*
 * With the prefilter and without, and with what is known of values seen before:
 * the same rules match the same values in the same order, with the same TX and
 * verdict, for random requests.
 *
 *     test_waf_scan                      the rules below
 *     test_waf_scan TEXTS N RULES...     N requests of pieces out of the file
 *                                        TEXTS (a line each) and rules of
 *                                        files, at every paranoia level
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "api_operator.h"
#include "api_prefilter_int.h"
#include "api_seclang.h"
#include "api_waf_scan_int.h"
#include "ut.h"


static const char rules_text[] =
    "SecRuleEngine On\n"
    "SecAction \"id:1,phase:1,pass,nolog,setvar:tx.score=0\"\n"
    "SecRule ARGS \"@rx (?i)union\\s+select\" \"id:10,phase:2,pass,"
    "t:none,t:urlDecodeUni,capture,setvar:tx.score=+5,"
    "logdata:'%{TX.0} %{MATCHED_VAR_NAME}'\"\n"
    "SecRule ARGS|ARGS_NAMES|REQUEST_COOKIES|!REQUEST_COOKIES:/^_ga/ "
    "\"@pm select insert sleep\" \"id:11,phase:2,pass,t:lowercase,"
    "setvar:'tx.hit_%{MATCHED_VAR_NAME}=%{MATCHED_VAR}'\"\n"
    "SecRule REQUEST_HEADERS:User-Agent \"@pm nikto sqlmap\" "
    "\"id:12,phase:1,pass,t:none,t:lowercase,setvar:tx.score=+2\"\n"
    "SecRule REQUEST_HEADERS:X-One|ARGS:a \"@rx etc/passwd\" "
    "\"id:13,phase:2,pass,t:normalizePath\"\n"
    "SecRule ARGS \"@rx ^[a-z]+$\" \"id:14,phase:2,pass\"\n"
    "SecRule ARGS \"@rx <script\" \"id:15,phase:2,pass,t:htmlEntityDecode,"
    "t:lowercase,t:removeNulls,chain\"\n"
    "SecRule MATCHED_VARS \"@rx alert\" \"t:none,t:lowercase,chain\"\n"
    "SecRule ARGS|TX:score \"@rx (?:alert|7)\" \"t:none,capture\"\n"
    "SecRule TX:/^hit_/ \"@rx select\" \"id:16,phase:2,pass,t:lowercase\"\n"
    "SecRule ARGS \"@rx 'or'\" \"id:17,phase:2,pass,t:removeWhitespace,"
    "t:lowercase,multiMatch\"\n"
    "SecRule ARGS \"@rx 'or'\" \"id:18,phase:2,pass,t:lowercase,"
    "t:removeWhitespace\"\n"
    "SecRule ARGS \"!@rx ^[\\w %+.'<>()=-]*$\" \"id:19,phase:2,pass\"\n"
    "SecRule ARGS \"@contains passwd\" \"id:20,phase:2,pass\"\n"
    "SecRule ARGS \"@endsWith .php\" \"id:21,phase:2,pass,t:lowercase\"\n"
    "SecRule REQUEST_BODY \"@rx \\xff\\xfe|sleep\\(\" \"id:22,phase:2,pass\"\n"
    "SecRule &ARGS \"@rx 3\" \"id:23,phase:2,pass\"\n"
    "SecRule ARGS:a \"@streq insert\" \"id:24,phase:2,pass,"
    "ctl:ruleRemoveTargetById=25;ARGS:b\"\n"
    "SecRule ARGS \"@rx insert|sleep\" \"id:25,phase:2,pass,"
    "t:urlDecode,t:urlDecode\"\n"
    "SecRule TX:score \"@ge 7\" \"id:26,phase:2,pass,skipAfter:END\"\n"
    "SecRule ARGS \"@rx [A-Z]{3}\" \"id:27,phase:2,pass,t:lowercase\"\n"
    "SecRule ARGS \"@rx (?=select)s|\\bunion\\b\" \"id:28,phase:2,deny\"\n"
    "SecRule REQUEST_BODY \"@rx (?i)union\\s+select|<script|' or '\" "
    "\"id:30,phase:2,pass,t:urlDecodeUni,t:removeNulls\"\n"
    "SecMarker END\n"
    "SecRule ARGS|REQUEST_HEADERS \"@rx sleep\" \"id:29,phase:5,pass,"
    "t:base64Decode\"\n";

static const char *const pieces_here[] = { "union", "select", " ", "  ", "+",
    "%20", "%2520", "UNION", "SELECT", "insert", "sleep(", "sleep", "'", "or",
    "OR", "' or '", "<script>", "&lt;script", "alert(1)", "/etc/passwd",
    "/etc/./passwd", ".php", ".PHP", "sqlmap", "Nikto", "abc", "7", "\xff",
    "\xfe", "\xff\xfe", "c2xlZXA=", "%73leep", "_ga", "plain", "text",
    "2026-11-25", "a@b.c", "%00", "\n", "/*", "*/", "--", "{", "\\" };

typedef struct {
    api_span_t *item;
    size_t      n;
} pieces_t;

/* A hash of everything that a trace says, and of where it ended. */

typedef struct {
    uint64_t hash;
    uint64_t traces;
} seen_t;

static api_hs_t    hs;
static api_arena_t files; /* what was read, until the end */


static void
mix(seen_t *s, api_span_t v)
{
    s->hash = api_siphash13((api_sipkey_t){ s->hash, 7 }, v);
}


static void
mix_number(seen_t *s, uint64_t n)
{
    mix(s, api_span(&n, sizeof(n)));
}


static void
on_trace(void *ctx, const api_waf_trace_t *t)
{
    seen_t *s;

    s = ctx;
    s->traces++;
    mix_number(s, t->id);
    mix_number(s, (uint64_t) t->link << 8 | t->whole);
    mix_number(s, (uint64_t) t->score);
    mix(s, t->var_name);
    mix(s, t->value);
    mix(s, t->transformed);
    mix(s, t->logdata);
}


static int
read_file(void *ctx, const char *path, api_span_t *text, api_err_t *err)
{
    api_span_t read;

    (void) ctx;
    read = ut_file(path);

    if (read.data == NULL) {
        return api_fail(err, API_INVALID, 0, 0, "%s cannot be read", path);
    }

    *text = api_arena_dup(&files, read);
    free((void *) (uintptr_t) read.data);

    return text->data != NULL ? API_OK : API_NOMEM;
}


static int
glob_file(void *ctx, const char *pattern, size_t index, const char **path)
{
    int    rc;
    glob_t g;

    (void) ctx;

    if (glob(pattern, 0, NULL, &g) != 0) {
        return API_INVALID;
    }

    rc = API_INVALID;

    if (index < g.gl_pathc) {
        *path = (const char *) api_arena_dup(
            &files, api_span(g.gl_pathv[index], strlen(g.gl_pathv[index])))
                    .data;
        rc = *path != NULL ? API_OK : API_NOMEM;
    }

    globfree(&g);

    return rc;
}


static api_span_t
make_text(const pieces_t *p, ut_rand_t *r, api_arena_t *arena)
{
    size_t     n, len;
    uint8_t   *buf;
    api_span_t piece;

    buf = api_arena_alloc(arena, 4096);

    if (buf == NULL) {
        exit(1);
    }

    for (n = ut_below(r, 4), len = 0; n > 0; n--) {
        piece = p->item[ut_below(r, p->n)];

        if (len + piece.len <= 4096) {
            memcpy(buf + len, piece.data, piece.len);
            len += piece.len;
        }
    }

    return api_span(buf, len);
}


/* A body, long or short, of which few rules want anything. */

static api_span_t
make_body(const pieces_t *p, ut_rand_t *r, api_arena_t *arena)
{
    size_t            n, before, after;
    uint8_t          *buf;
    api_span_t        text;
    static const char filling[] =
        "{\"note\":\"please ring twice\",\"total\":991.73,\"lines\":[1,2,3]}";

    text = make_text(p, r, arena);
    before = ut_below(r, sizeof(filling));
    after = ut_below(r, sizeof(filling));
    n = before + text.len + after;
    buf = api_arena_alloc(arena, n);

    if (buf == NULL) {
        exit(1);
    }

    memcpy(buf, filling, before);
    memcpy(buf + before + text.len, filling, after);

    if (text.len > 0) {
        memcpy(buf + before, text.data, text.len);
    }

    return api_span(buf, n);
}


static const api_waf_var_t vars[] = { API_WAF_ARGS_GET, API_WAF_ARGS_POST,
    API_WAF_ARGS_POST, API_WAF_REQUEST_COOKIES, API_WAF_REQUEST_HEADERS,
    API_WAF_XML, API_WAF_FILES };

static const char *const names[] = { "a", "b", "User-Agent", "X-One", "_ga",
    "q", "json.items.array_0.name" };


static void
add_values(api_waf_values_t *v, const pieces_t *p, ut_rand_t *r, bool body)
{
    size_t      n;
    api_span_t  name;
    const char *known;

    for (n = ut_below(r, body ? 9 : 5); n > 0; n--) {
        known = names[ut_below(r, sizeof(names) / sizeof(names[0]))];
        name = ut_below(r, 4) == 0 ? make_text(p, r, v->arena)
                                   : api_span(known, strlen(known));
        (void) api_waf_values_add(v,
            vars[ut_below(r, sizeof(vars) / sizeof(vars[0]))], name,
            make_text(p, r, v->arena));
    }

    (void) api_waf_values_set(v, API_WAF_REQBODY_ERROR, API_SPAN("0"));

    if (body) {
        (void) api_waf_values_set(
            v, API_WAF_REQUEST_BODY, make_body(p, r, v->arena));
    } else {
        (void) api_waf_values_set(v, API_WAF_REQUEST_METHOD,
            ut_below(r, 2) ? API_SPAN("POST") : API_SPAN("GET"));
        (void) api_waf_values_set(
            v, API_WAF_REQUEST_FILENAME, make_text(p, r, v->arena));
        (void) api_waf_values_set(
            v, API_WAF_REQUEST_URI, make_text(p, r, v->arena));
        (void) api_waf_values_set(
            v, API_WAF_REQUEST_PROTOCOL, API_SPAN("HTTP/1.1"));
    }
}


/* A request made from a seed, so that it can be made again.  With a slice others
   have their turn in between: whole ones, with what the first works in. */

static void
run(const api_waf_view_t *view, const pieces_t *p, uint64_t seed,
    api_waf_scan_scratch_t *scan, api_scratch_t *scratch, uint64_t slice,
    seen_t *seen)
{
    seen_t            other;
    int               phase;
    ut_rand_t         r = { seed };
    api_arena_t       arena;
    api_waf_tx_t     *tx;
    api_waf_env_t     env;
    api_waf_rc_t      rc;
    api_waf_values_t  values;
    api_waf_verdict_t v;

    memset(&env, 0, sizeof(env));
    memset(seen, 0, sizeof(*seen));
    env.now = 1000000000;
    env.engine = seed % 3 ? API_WAF_ENGINE_DETECT : API_WAF_ENGINE_ON;
    env.scratch = scratch;
    env.scan = scan;
    env.trace = on_trace;
    env.trace_ctx = seen;

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    api_waf_values_init(&values, &arena, 0);
    tx = api_waf_tx_create(view, &values, &env, &arena);

    for (phase = 1, rc = API_WAF_PASS;
         tx != NULL && phase <= 5 && rc == API_WAF_PASS; phase++)
    {
        if (phase < 3) {
            add_values(&values, p, &r, phase == 2);
        }

        while ((rc = api_waf_tx_run(tx, (api_waf_phase_t) phase, slice))
               == API_WAF_AGAIN)
        {
            run(view, p, ++seed * 31, scan, scratch, 0, &other);
        }
    }

    if (tx != NULL) {
        api_waf_tx_verdict(tx, &v);
        mix_number(seen, v.id);
        mix_number(seen, v.status);
        mix_number(seen, (uint64_t) v.rc);
        mix_number(seen, (uint64_t) api_waf_tx_score(tx, false));
        mix(seen, api_waf_tx_get(tx, API_SPAN("0")));
        mix(seen, api_waf_tx_get(tx, API_SPAN("score")));
        mix_number(seen, v.failure != NULL);
    }

    api_arena_free(&arena);
}


static bool
compare(const api_waf_program_t *program, const pieces_t *p, unsigned n,
    uint32_t paranoia, uint64_t *traces)
{
    bool                    ok;
    seen_t                  plain, fast;
    unsigned                i, k;
    api_scratch_t          *scratch;
    const api_waf_view_t   *view;
    api_waf_view_conf_t     conf;
    api_waf_scan_scratch_t *scan, *memo, *small;

    memset(&conf, 0, sizeof(conf));
    conf.paranoia = paranoia;
    scratch = api_scratch_create(&api_alloc_libc);

    ok = api_waf_view_create(&view, program, &conf, &api_alloc_libc, NULL)
             == API_OK
         && api_waf_scan_scratch_create(&scan, program, &api_alloc_libc)
                == API_OK
         && api_waf_scan_scratch_create(&memo, program, &api_alloc_libc)
                == API_OK
         && api_waf_scan_remember(
                memo, API_WAF_MEMO_ENTRIES, (api_sipkey_t){ 1, 2 })
                == API_OK
         && api_waf_scan_scratch_create(&small, program, &api_alloc_libc)
                == API_OK
         && api_waf_scan_remember(small, 32, (api_sipkey_t){ 1, 2 }) == API_OK;

    for (i = 0; i < n && ok; i++) {
        run(view, p, i + paranoia * 1000003, NULL, scratch, 0, &plain);
        run(view, p, i + paranoia * 1000003, scan, scratch, 0, &fast);
        *traces += plain.traces;
        ok = plain.hash == fast.hash && plain.traces == fast.traces;

        /* values seen before: some, all, what a small memo still has, what it
           has when others come in between */

        for (k = 0; k < 5 && ok; k++) {
            run(view, p, i + paranoia * 1000003, k < 2 ? memo : small, scratch,
                k == 4 ? 300 : 0, &fast);
            ok = plain.hash == fast.hash && plain.traces == fast.traces;
        }

        if (!ok) {
            fprintf(stderr, "# request %u: %llu matches, then %llu\n", i,
                (unsigned long long) plain.traces,
                (unsigned long long) fast.traces);
        }
    }

    api_waf_scan_scratch_free(scan);
    api_waf_scan_scratch_free(memo);
    api_waf_scan_scratch_free(small);
    api_waf_view_free(view);
    api_scratch_free(scratch);

    return ok;
}


static void *
symbol(void *lib, const char *name)
{
    return dlsym(lib, name);
}


static bool
attach(const api_waf_program_t *program)
{
    bool             ok;
    void            *lib;
    api_err_t        err;
    api_span_t       file;
    api_prefilter_t *pf;

    lib = dlopen(API_HS_COMPILER, RTLD_NOW);
    pf = api_waf_program_prefilter(program);

    ok = lib != NULL && api_hs_load(&hs, true, symbol, lib, &err) == API_OK
         && api_prefilter_compile(api_waf_program_patterns(program), &hs,
                &api_alloc_libc, &file, &err)
                == API_OK
         && api_prefilter_attach(pf, &hs, file, &err) == API_OK;

    if (ok) {
        pf->eager = true;
        api_alloc_libc.free(NULL, (void *) (uintptr_t) file.data);
    }

    return ok;
}


/* By literals; once a database is attached, through the library as well. */

static void
check(const api_waf_program_t *program, const pieces_t *p, unsigned n,
    uint32_t paranoia)
{
    uint64_t traces;

    traces = 0;
    ut_ok(compare(program, p, n, paranoia, &traces), "paranoia %u: the same",
        (unsigned) paranoia);
    ut_ok(traces > n, "%llu matches", (unsigned long long) traces);
}


static pieces_t
pieces_of(const char *path)
{
    size_t     i, from;
    pieces_t   p = { NULL, 0 };
    api_span_t text = { NULL, 0 };

    (void) read_file(NULL, path, &text, NULL);
    p.item = api_arena_calloc(&files, text.len + 1, sizeof(*p.item));

    for (i = 0, from = 0; p.item != NULL && i < text.len; i++) {
        if (text.data[i] == '\n') {
            p.item[p.n++] = api_span(text.data + from, i - from);
            from = i + 1;
        }
    }

    return p;
}


int
main(int argc, char **argv)
{
    int                      i, rc;
    unsigned                 n;
    uint32_t                 level;
    pieces_t                 p = { NULL, 0 };
    api_err_t                err;
    api_span_t               here[sizeof(pieces_here) / sizeof(char *)];
    api_seclang_io_t         io = { read_file, glob_file, NULL };
    api_seclang_t           *s;
    const api_waf_program_t *program;

    api_arena_init(&files, &api_alloc_libc, 65536, 0);
    s = api_seclang_create(&api_alloc_libc, &io, NULL);
    rc = API_OK;
    n = 3000;

    if (argc > 3) {
        p = pieces_of(argv[1]);
        n = (unsigned) strtoul(argv[2], NULL, 10);

        for (i = 3; i < argc && rc == API_OK; i++) {
            rc = api_seclang_file(s, argv[i], &err);
        }

    } else {
        p.item = here;

        for (p.n = 0; p.n < sizeof(here) / sizeof(here[0]); p.n++) {
            here[p.n] = api_span(pieces_here[p.n], strlen(pieces_here[p.n]));
        }

        rc = api_seclang_text(
            s, "rules", api_span(rules_text, sizeof(rules_text) - 1), &err);
    }

    if (rc == API_OK) {
        rc = api_seclang_finish(s, &program, &err);
    }

    if (!ut_ok(rc == API_OK, "rules load%s", rc == API_OK ? "" : err.text)) {
        return ut_done();
    }

    for (level = argc > 3 ? 1 : 0; level <= (argc > 3 ? 4U : 0U); level++) {
        check(program, &p, n, level);
    }

    if (ut_ok(attach(program), "and with the library")) {
        for (level = argc > 3 ? 1 : 0; level <= (argc > 3 ? 4U : 0U); level++)
        {
            check(program, &p, n, level);
        }
    }

    api_seclang_free(s);
    api_arena_free(&files);

    return ut_done();
}
