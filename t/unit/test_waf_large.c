/*
 * A megabyte in one value, and in many: what dozens of chains make of it takes
 * no more memory than a few of them, and what stands in it is found as it is in
 * a short value.
 */

#include "waf_ut.h"
#include "api_values.h"
#include "api_waf_scan.h"

#include <stdio.h>
#include <stdlib.h>


#define LARGE ((size_t) 1 << 20)

/* Half of what a request may hold; the texts of all chains are 30 MB. */

#define HELD (API_VALUES_MEMORY / 2)

static const char *const chains[] = { "urlDecodeUni",
    "urlDecodeUni,t:htmlEntityDecode", "urlDecodeUni,t:jsDecode",
    "urlDecodeUni,t:cssDecode", "urlDecodeUni,t:compressWhitespace",
    "urlDecodeUni,t:removeWhitespace", "urlDecodeUni,t:normalisePath",
    "urlDecodeUni,t:replaceComments", "urlDecodeUni,t:cmdLine",
    "urlDecodeUni,t:htmlEntityDecode,t:jsDecode",
    "urlDecodeUni,t:htmlEntityDecode,t:jsDecode,t:cssDecode",
    "htmlEntityDecode", "htmlEntityDecode,t:lowercase", "jsDecode",
    "jsDecode,t:removeWhitespace", "cssDecode",
    "cssDecode,t:compressWhitespace", "cmdLine", "cmdLine,t:normalizePath",
    "removeWhitespace", "compressWhitespace", "replaceComments",
    "replaceComments,t:removeWhitespace", "removeComments",
    "removeCommentsChar", "escapeSeqDecode", "escapeSeqDecode,t:lowercase",
    "normalisePathWin", "utf8toUnicode", "utf8toUnicode,t:urlDecodeUni",
    "hexEncode", "urlEncode", "base64Encode", "sqlHexDecode", "uppercase" };

#define CHAINS (sizeof(chains) / sizeof(chains[0]))

/* Rules 100, 101, ... look behind each; what else a rule does to a text. */

static const char more[] =
    "SecRule ARGS \"@detectSQLi\" \"id:900,phase:2,pass,t:urlDecodeUni,"
    "t:removeNulls,multiMatch\"\n"
    "SecRule ARGS \"@pm needlework pin\" \"id:901,phase:2,pass,t:jsDecode\"\n"
    "SecRule ARGS \"!@pm and\" \"id:902,phase:2,pass,t:cmdLine\"\n"
    "SecRule ARGS \"@rx needle\\d\" \"id:903,phase:2,pass,chain,capture,"
    "t:urlDecodeUni\"\n"
    "SecRule MATCHED_VAR \"@rx needle7\" \"chain,t:compressWhitespace\"\n"
    "SecRule MATCHED_VARS \"@pm needle\" \"t:cmdLine\"\n";

static const char markdown[] =
    "## Orders & *customers*\n\nIt's 5% off -- see [the page](/a/b/../c?x=1+2)"
    ",\n- caf\xc3\xa9 C:\\temp ^1 &amp; \"more\"; and\t a  list /* of */ them"
    "\n\n";

static const char *const attacks[] = { "needle7", "n%65edle7", "n&#101;edle7",
    "n\\u0065edle7", "ne\\65 dle7", "n%26%23101%3bedle7", "n\\145edle7",
    "ne^e\"d\"le7", "%27 or 1=1 union select 1, 2 -- -", "n e e d l e 7",
    "ne/**/edle7 needlework" };

#define ATTACKS (sizeof(attacks) / sizeof(attacks[0]))


static char *
rules(void)
{
    char  *text;
    size_t i, n, size;

    size = CHAINS * 200 + sizeof(more);
    text = malloc(size);

    for (i = 0, n = 0; i < CHAINS; i++) {
        n += (size_t) snprintf(text + n, size - n,
            "SecRule ARGS \"@rx (?i)ne?edle(\\d)\" \"id:%zu,phase:2,pass,"
            "capture,t:%s\"\n",
            100 + i, chains[i]);
    }

    (void) snprintf(text + n, size - n, "%s", more);

    return text;
}


/* Markdown, and an attack at a place of it: up to len bytes. */

static void
fill(char *out, size_t len, const char *attack, size_t at)
{
    size_t i;

    for (i = 0; i < len; i++) {
        out[i] = markdown[i % (sizeof(markdown) - 1)];
    }

    memcpy(out + at, attack, strlen(attack));
}


typedef struct {
    char         ids[1024];
    size_t       held;
    api_waf_rc_t rc;
} said_t;

/* Values of `each` bytes; slice 0: in one go. */

static void
look(const api_waf_view_t *view, const char *text, size_t len, size_t each,
    uint64_t slice, said_t *said)
{
    size_t                  i, n, part;
    waf_run_t               r;
    api_waf_scan_scratch_t *scan;

    waf_begin(&r, view, "", &api_alloc_libc);
    r.arena.limit = HELD;

    for (i = 0; i < len && (i == 0 || len - i > 64); i += part) {
        part = len - i < each ? len - i : each;

        if (api_waf_values_add(&r.values, API_WAF_ARGS_POST, API_SPAN("doc"),
                api_span(text + i, part))
            != API_OK)
        {
            exit(1);
        }
    }

    if (api_waf_scan_scratch_create(
            &scan, api_waf_view_program(view), &api_alloc_libc)
        != API_OK)
    {
        exit(1);
    }

    r.env.scan = scan;
    r.tx = api_waf_tx_create(view, &r.values, &r.env, &r.arena);
    (void) api_waf_tx_run(r.tx, API_WAF_REQUEST_HEADERS_PHASE, 0);

    do {
        said->rc = api_waf_tx_run(r.tx, API_WAF_REQUEST_BODY_PHASE, slice);
    } while (said->rc == API_WAF_AGAIN);

    said->ids[0] = '\0';

    for (i = 0, n = 0; i < api_waf_tx_matches(r.tx) && n < 1000; i++) {
        n += (size_t) snprintf(said->ids + n, sizeof(said->ids) - n, " %u",
            (unsigned) api_waf_tx_match(r.tx, i)->id);
    }

    said->held = r.arena.held;
    waf_end(&r);
    api_waf_scan_scratch_free(scan);
}


/* The twin: what stands around the attack, with as much of the text as makes
   for whole words of each kind. */

#define AROUND ((size_t) 600)

static void
same(const api_waf_view_t *view, char *text, const char *attack, size_t at,
    size_t each, uint64_t slice)
{
    size_t from, to;
    said_t large, twin;

    fill(text, LARGE, attack, at);
    from = at < AROUND ? 0 : at - AROUND;
    to = LARGE - at < AROUND ? LARGE : at + AROUND;

    look(view, text, LARGE, each, slice, &large);
    look(view, text + from, to - from, LARGE, 0, &twin);

    ut_ok(large.rc == API_WAF_PASS && strcmp(large.ids, twin.ids) == 0
              && strlen(twin.ids) > 0,
        "\"%s\" at %zu of a megabyte, values of %zu%s: as of %zu bytes,%s",
        attack, at, each, slice ? ", in slices" : "", to - from, large.ids);
    ut_ok(large.held <= HELD, "... in %zu KB", large.held / 1024);

    if (strcmp(large.ids, twin.ids) != 0) {
        ut_ok(false, "the twin says%s", twin.ids);
    }
}


static void
benign(const api_waf_view_t *view, char *text)
{
    size_t i;
    said_t said;

    static const size_t each[] = { LARGE, LARGE, LARGE / 3, 65536, 65535,
        20000, 1024 };

    fill(text, LARGE, "", 0);

    for (i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
        look(view, text, LARGE, each[i], i % 3 > 0, &said);
        ut_ok(said.rc == API_WAF_PASS && said.ids[0] == '\0',
            "a megabyte of Markdown in values of %zu passes%s", each[i],
            said.ids);
        ut_ok(said.held < HELD, "... in %zu KB", said.held / 1024);
    }
}


static void
test_large(void)
{
    char                 *text, *set;
    size_t                i;
    api_err_t             err;
    api_seclang_t        *s;
    const api_waf_view_t *view;

    /* its beginning, its end, its middle, and across the bounds of parts */

    static const size_t places[] = { 0, LARGE / 2 + 77, LARGE - 40, 16381,
        LARGE - 65539, 32766 };

    set = rules();
    text = malloc(LARGE);

    if (api_waf_view_create(&view,
            waf_load(&s, set, NULL, &api_alloc_libc, &err), NULL,
            &api_alloc_libc, &err)
        != API_OK)
    {
        exit(1);
    }

    benign(view, text);

    for (i = 0; i < ATTACKS; i++) {
        same(view, text, attacks[i], places[i % 6], LARGE, i % 3 > 0);
    }

    same(view, text, attacks[1], places[1], 65536, 1);
    same(view, text, attacks[2], places[3] + 200, 20000, 1);
    same(view, text, attacks[3], 5 * 1024 + 500, 1024, 0);

    free(text);
    free(set);
    api_waf_view_free(view);
    api_seclang_free(s);
}


/* What rules say and set of a text is still that when its memory has others. */

static const char stays[] =
    "SecRule ARGS \"@rx needle\" \"id:1,phase:2,pass,t:lowercase,"
    "msg:'%{MATCHED_VAR}',setvar:'tx.kept=%{MATCHED_VAR}',"
    "setenv:'kept=%{MATCHED_VAR}'\"\n"
    "SecRule ARGS \"@rx never\" \"id:2,phase:2,pass,t:hexEncode\"\n"
    "SecRule ARGS \"@rx nowhere\" "
    "\"id:3,phase:2,pass,t:uppercase,multiMatch\"\n"
    "SecRule ARGS \"@pm nothing\" \"id:4,phase:2,pass,t:removeWhitespace\"\n"
    "SecRule TX:kept|ENV:kept \"@rx ^one needle and\" \"id:5,phase:2,pass\"\n";

/* A text of 100 KB as a request has it; and as t:lowercase leaves it. */

#define STAYS ((size_t) 100000)
#define STAYS_NAME "ARGS_GET:a="
#define STAYS_MORE "\nARGS_GET:b=No" /* a rule is left before it */

static char *
stays_text(void)
{
    char  *text;
    size_t i;

    text = malloc(STAYS + sizeof(STAYS_MORE));
    (void) snprintf(text, STAYS, STAYS_NAME "One Needle AND ");

    for (i = strlen(text); i < STAYS; i++) {
        text[i] = "No Words "[i % 9];
    }

    memcpy(text + STAYS, STAYS_MORE, sizeof(STAYS_MORE));

    return text;
}


static api_span_t
stays_lower(char *text)
{
    size_t i;

    for (i = 0; i < STAYS; i++) {
        text[i] |= text[i] >= 'A' && text[i] <= 'Z' ? 0x20 : 0;
    }

    return api_span(
        text + sizeof(STAYS_NAME) - 1, STAYS - (sizeof(STAYS_NAME) - 1));
}


static void
test_stays(uint64_t slice)
{
    char                  *text;
    waf_run_t              r;
    api_err_t              err;
    api_span_t             value;
    api_seclang_t         *s;
    const api_waf_view_t  *view;
    const api_waf_match_t *m;

    if (api_waf_view_create(&view,
            waf_load(&s, stays, NULL, &api_alloc_libc, &err), NULL,
            &api_alloc_libc, &err)
        != API_OK)
    {
        exit(1);
    }

    text = stays_text();
    waf_begin(&r, view, text, &api_alloc_libc);
    (void) api_waf_tx_run(r.tx, API_WAF_REQUEST_HEADERS_PHASE, 0);

    do {
        r.rc = api_waf_tx_run(r.tx, API_WAF_REQUEST_BODY_PHASE, slice);
    } while (r.rc == API_WAF_AGAIN);

    value = stays_lower(text);
    m = api_waf_tx_match(r.tx, 0);

    ut_int(r.rc, API_WAF_PASS, "a text of 100 KB, and others behind it");
    ut_ok(api_span_eq(api_waf_tx_get(r.tx, API_SPAN("kept")), value),
        "... a variable that was set to it is that");
    ut_ok(m != NULL && m->id == 1 && api_span_eq(m->msg, value),
        "... and the message is");
    ut_ok(m != NULL && m->value.len >= 2048
              && api_span_eq(m->value, api_span(value.data, m->value.len)),
        "... and its beginning is kept of the match");
    ut_int(api_waf_tx_matches(r.tx), 2, "... and a rule behind it");
    ut_ok(api_waf_tx_matches(r.tx) == 2 && api_waf_tx_match(r.tx, 1)->id == 5,
        "... finds it");

    waf_end(&r);
    free(text);
    api_waf_view_free(view);
    api_seclang_free(s);
}


/* A rule that looks at many values is left between two of them, and goes on. */

static const char many[] =
    "SecRule ARGS \"@rx nee(.)le\" \"id:1,phase:2,pass,capture,t:urlDecodeUni,"
    "setvar:tx.n=+1,setvar:'tx.last=%{MATCHED_VAR_NAME}'\"\n"
    "SecRule ARGS|!ARGS:a7 \"!@rx no.such\" \"id:2,phase:2,pass,t:lowercase,"
    "setvar:tx.m=+1,chain\"\n"
    "SecRule ARGS_POST|ARGS_POST_NAMES \"@rx needle|a9\" \"chain,multiMatch,"
    "t:urlDecodeUni,setvar:tx.n=+1000\"\n"
    "SecRule MATCHED_VARS \"@rx needle\" \"setvar:tx.n=+100000\"\n"
    "SecRule &ARGS|ARGS \"@rx ^60$|needle\" \"id:3,phase:2,pass,"
    "setvar:tx.m=+1000\"\n"
    "SecRule TX:n|TX:m|ARGS \"@rx needle|0\" \"id:4,phase:2,pass,"
    "setvar:tx.n=+1\"\n"
    "SecRule ARGS \"@detectSQLi\" \"id:5,phase:2,pass\"\n"
    "SecRule ARGS \"@rx nothing\" \"id:6,phase:2,pass,t:cmdLine\"\n"
    "SecRule ARGS \"@rx ^a needle 0+45\" \"id:7,phase:2,pass,"
    "t:urlDecodeUni\"\n";

#define MANY 60
#define MANY_BYTES ((size_t) 4 << 20)

typedef struct {
    unsigned turns;
    uint64_t most; /* work, in one turn */
    char     ids[512];
    char     values[512]; /* what is kept of those that matched */
    char     set[3][32];
} many_t;

enum { MANY_SCANNED = 1, MANY_HELD = 2 };

static char *
many_text(void)
{
    char  *text;
    size_t i, n, room;

    room = MANY * 1100;
    text = malloc(room);

    for (i = 0, n = 0; i < MANY; i++) {
        n += (size_t) snprintf(text + n, room - n,
            "ARGS_POST:a%zu=%s %0900zu%s\n", i,
            i % 7 == 3 ? "a %6eeedle" : "Words ", i,
            i % 11 == 2 ? " needle ' or 1=1 -- " : "");
    }

    return text;
}


static void
run_many(const api_waf_view_t *view, const char *text, int how, uint64_t slice,
    many_t *out)
{
    size_t                  i, n, k;
    uint64_t                before;
    waf_run_t               r;
    api_span_t              value;
    api_waf_rc_t            rc;
    api_waf_scan_scratch_t *scan;

    static const char *const names[] = { "n", "m", "last" };

    memset(out, 0, sizeof(*out));
    waf_begin(&r, view, text, &api_alloc_libc);

    if (api_waf_scan_scratch_create(
            &scan, api_waf_view_program(view), &api_alloc_libc)
        != API_OK)
    {
        exit(1);
    }

    /* with so much in it, what is made of any value is let go in between */

    if ((how & MANY_HELD) && api_arena_alloc(&r.arena, MANY_BYTES) == NULL) {
        exit(1);
    }

    r.env.scan = how & MANY_SCANNED ? scan : NULL;
    r.tx = api_waf_tx_create(view, &r.values, &r.env, &r.arena);
    (void) api_waf_tx_run(r.tx, API_WAF_REQUEST_HEADERS_PHASE, 0);

    do {
        before = api_waf_tx_work(r.tx);
        rc = api_waf_tx_run(r.tx, API_WAF_REQUEST_BODY_PHASE, slice);
        before = api_waf_tx_work(r.tx) - before;
        out->most = before > out->most ? before : out->most;
        out->turns++;
    } while (rc == API_WAF_AGAIN);

    for (i = 0, n = 0, k = 0; i < api_waf_tx_matches(r.tx) && n < 400; i++) {
        n += (size_t) snprintf(out->ids + n, sizeof(out->ids) - n, " %u",
            (unsigned) api_waf_tx_match(r.tx, i)->id);
        value = api_waf_tx_match(r.tx, i)->value;
        k += (size_t) snprintf(out->values + k, sizeof(out->values) - k,
            " %.*s", value.len < 20 ? (int) value.len : 20,
            value.data ? (const char *) value.data : "");
    }

    for (i = 0; i < 3; i++) {
        value = api_waf_tx_get(r.tx, api_span(names[i], strlen(names[i])));
        (void) snprintf(out->set[i], sizeof(out->set[i]), "%.*s",
            (int) value.len, value.data ? (const char *) value.data : "");
    }

    waf_end(&r);
    api_waf_scan_scratch_free(scan);
}


static void
test_many(void)
{
    int                   i;
    char                 *text;
    many_t                whole, parts;
    api_err_t             err;
    api_seclang_t        *s;
    const api_waf_view_t *view;

    if (api_waf_view_create(&view,
            waf_load(&s, many, NULL, &api_alloc_libc, &err), NULL,
            &api_alloc_libc, &err)
        != API_OK)
    {
        exit(1);
    }

    text = many_text();

    for (i = 0; i <= (MANY_SCANNED | MANY_HELD); i++) {
        run_many(view, text, i, 0, &whole);
        run_many(view, text, i, 1, &parts);

        ut_ok(strcmp(whole.ids, " 1 2 3 4 5 7") == 0
                  && strcmp(parts.ids, whole.ids) == 0,
            "60 values%s%s: the same rules match in %u turns:%s",
            i & MANY_SCANNED ? ", scanned" : "",
            i & MANY_HELD ? ", in a large request" : "", parts.turns,
            parts.ids);
        ut_ok(strcmp(parts.values, whole.values) == 0,
            "... on the same values:%s", parts.values);
        ut_ok(memcmp(parts.set, whole.set, sizeof(whole.set)) == 0
                  && strlen(whole.set[0]) > 5,
            "... and as often: %s, %s, %s", parts.set[0], parts.set[1],
            parts.set[2]);
        ut_ok(parts.turns > 3 * MANY && parts.most < whole.most / 3,
            "... one turn takes %u units of %u", (unsigned) parts.most,
            (unsigned) whole.most);
    }

    free(text);
    api_waf_view_free(view);
    api_seclang_free(s);
}


int
main(void)
{
    test_large();
    test_stays(0);
    test_stays(1);

    test_many();

    return ut_done();
}
