/*
 * What a hostile request costs the WAF, a byte, beside a benign one.
 *
 *     bench_shapes [-a] [-f] [-n KB] [-o TEXT] [-r] [-c N] [-p LEVEL] FILE...
 *
 * FILE are rules, as api_waf_ruleset takes them.  Shapes are texts that rules
 * may find hard (runs of quotes, brackets, blanks, encodings; many small
 * arguments, cookies, header lines; deep JSON), and near misses of each @rx of
 * the program: texts that its pattern could match, cut before their end,
 * repeated.  Each goes in a JSON string, in many of them, in a form, in
 * cookies and header lines, and in the body of the answer.
 *
 * Printed are the worst, as a factor of a benign JSON document of 686 leaves,
 * with the work that the engine counts (api_waf_tx_work) beside the time.
 * Work is bounded as by api_waf_budget 5; -f: it is not.  -a: all; -o: those
 * with TEXT in their name; -r: for these, which rules; -c: run the one shape N
 * times and nothing else, for callgrind.  Times are the least of three runs, of
 * twenty more where that is much.  Exit status 1: one costs more than
 * 5 times the benign one and 5 ms, with a tenth for a busy machine.
 */

#define _POSIX_C_SOURCE 200809L

#include "shapes.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>


#define MOST 5.0
#define BASE 5e6 /* nanoseconds */

typedef enum {
    IN_STRING = 0, /* one JSON string */
    IN_STRINGS,    /* many, of 24 bytes */
    IN_FORM,       /* one argument */
    IN_ARGS,       /* many, of 8 bytes */
    IN_COOKIES,
    IN_HEADERS,
    IN_QUERY,
    IN_RESPONSE, /* the body of the answer */
    IN_BODY,     /* the body itself is the text, JSON by its type */
    IN_PLACES
} place_t;

static const char *const places[IN_PLACES] = { "string", "strings", "form",
    "args", "cookies", "headers", "query", "response", "body" };


typedef struct {
    char   name[96];
    double factor;
    double spent;
    double work; /* units a nanosecond */
    double bytes;
    char   says[80];
} result_t;

static double      benign; /* nanoseconds a byte */
static result_t   *results;
static size_t      nresults;
static const char *only;
static bool        rules;
static long        repeat;
static size_t      want = 16384;


/* Fields of `each` bytes, `most` of them. */

static void
add_fields(
    sent_t *s, const char *name, api_span_t text, size_t each, size_t most)
{
    size_t i, n, part;

    for (i = 0, n = 0; i < text.len && n < most; i += part, n++) {
        part = text.len - i < each ? text.len - i : each;
        add_field(s, name, text.data + i, part);
    }
}


static void
make(sent_t *s, place_t place, const uint8_t *p, size_t len)
{
    char   buf[32];
    size_t i, n, part;

    s->type = place == IN_RESPONSE ? NULL : "application/json";
    say(&s->uri, "/orders/17?page=3");

    switch (place) {
    case IN_STRING:
        say(&s->body, "{\"v\":\"");
        put_json(&s->body, p, len);
        say(&s->body, "\"}");
        return;

    case IN_STRINGS:
        say(&s->body, "{\"v\":[\"\"");

        for (i = 0; i < len; i += part) {
            part = len - i < 24 ? len - i : 24;
            say(&s->body, ",\"");
            put_json(&s->body, p + i, part);
            say(&s->body, "\"");
        }

        say(&s->body, "]}");
        return;

    case IN_FORM:
        s->type = "application/x-www-form-urlencoded";
        say(&s->body, "v=");
        put_form(&s->body, p, len);
        return;

    case IN_ARGS:
        s->type = "application/x-www-form-urlencoded";
        for (i = 0, n = 0; i < len && n < 990; i += part, n++) {
            part = len - i < 8 ? len - i : 8;
            snprintf(buf, sizeof(buf), "&a%zu=", n);
            say(&s->body, buf);
            put_form(&s->body, p + i, part);
        }

        return;

    case IN_COOKIES:
        add_fields(s, "Cookie", api_span(p, len), 6000, 4);
        return;

    case IN_HEADERS:
        add_fields(s, "X-Note", api_span(p, len), 64, 500);
        return;

    case IN_QUERY:
        s->type = NULL;
        say(&s->uri, "&v=");
        put_form(&s->uri, p, len < 30000 ? len : 30000);
        return;

    default:
        put(place == IN_RESPONSE ? &s->answer : &s->body, p, len);
    }
}


/* Which rules make it expensive: what it costs without each of them. */

static void
blame(const sent_t *made, const cost_t *whole)
{
    cost_t              c;
    sent_t             *s;
    uint32_t            i, n;
    api_waf_rule_info_t info;

    n = api_waf_program_rules(bench.program);
    s = malloc(sizeof(*s));

    for (i = 0; i < n && s; i++) {
        api_waf_program_rule(bench.program, i, &info);
        bench.without = info.id;
        *s = *made;
        (void) measure(s, 2, &c);

        if (c.spent < whole->spent * 9 / 10) {
            printf("    %u: %.0f us of %.0f\n", info.id,
                (double) (whole->spent - c.spent) / 1e3,
                (double) whole->spent / 1e3);
        }
    }

    bench.without = 0;
    free(s);
}


static void
shape(const char *name, place_t place, const uint8_t *p, size_t len)
{
    cost_t    c, more;
    size_t    bytes;
    sent_t    s;
    result_t *r;
    char      full[96];

    snprintf(full, sizeof(full), "%s in %s, %zu", name, places[place], len);

    if (only && strstr(full, only) == NULL) {
        return;
    }

    memset(&s, 0, sizeof(s));
    make(&s, place, p, len);

    if (repeat) {
        (void) measure(&s, (unsigned) repeat, &c);
        printf("%s: %llu\n", full, (unsigned long long) c.work);
        exit(0);
    }

    bytes = measure(&s, 3, &c);

    if (bytes < want / 8) { /* nothing of it is left */
        drop(&s);
        return;
    }

    /* a busy machine is no hard shape */

    if ((double) c.spent > MOST * 0.9 * benign * (double) bytes) {
        (void) measure(&s, 20, &more);
        c = more.spent < c.spent ? more : c;
    }

    results = realloc(results, (nresults + 1) * sizeof(*results));
    r = &results[nresults++];
    memcpy(r->name, full, sizeof(full));
    r->spent = (double) c.spent;
    r->bytes = (double) bytes;
    r->factor = (double) c.spent / (double) bytes;
    r->work = (double) c.work / (double) c.spent;
    snprintf(r->says, sizeof(r->says), "%llu rules%s%s",
        (unsigned long long) c.matched, c.failure ? ", " : "",
        c.failure ? c.failure : "");

    if (rules) {
        printf("%s: %.1f\n", full, r->factor / benign);
        blame(&s, &c);
    }

    drop(&s);
}


/* clang-format off */

static const char *const units[] = {
    "a", " ", "\n", "\r\n", "\t", "'", "\"", "`", "\\", "/", "//", "/*", "*/",
    "/*/", "--", "-- ", "#", ";", "; ", "|", "||", "&", "&&", "$", "$(", "${",
    "$((", "(", ")", "()", "(a", "((a),", "{", "}", "{}", "[", "]", "[]", "<",
    ">", "<>", "<a", "<a ", "<a b=", "</", "<!", "<!--", "<?", "<%", "<script",
    "<svg/on", "%", "%25", "%2525", "%u0041", "%00", "&#", "&#x41;", "&lt;",
    "&quot;", "\\x41", "\\u0041", "\\'", "\xff", "\xc0\xaf", "\xef\xbc\x9c",
    "@", "@@", "!", "!=", "=", "==", "a=b;", "a=b ", "a=", "=a", ",", "a,",
    "1,", "1", "1 ", "0x", "1e", "1.", ".", "..", "../", "..\\", "a.", "a/",
    "a\\", "~", "^", "*", "?", ":", "::", "a:", "javascript:", "data:",
    "http://", "on", "onx=", " on", "a on", " onx", "style=", "union ",
    "union select ", "select ", "select a from ", "' or ", "' or 1", "1 or 1 ",
    "and 1", "or a ", "not ", "like ", "between ", "case when ", "having ",
    "order by ", "waitfor ", "sleep(", "benchmark(", "char(", "concat(",
    "0 div 1 ", "a b ", "aA", "aB1 ", "Aa0_", "ls ", ";ls", "; cat", "|cat ",
    "`cat", "$(cat", "c'a't", "c\\at", "w\"h\"o", "nc -", "/bin/", "/etc/",
    "echo ", "ping ", "if(", "for x in ", "eval(", "exec(", "system(",
    "$_GET[", "<?php", "php://", "base64_", "function(", "=>", "__proto__",
    "constructor", "require(", "process.", "java.lang.", "ognl", "#{", "%{",
    "{{", "{%", "${jndi:", "(|(", "(&(", "*)(", "[$ne]", "$where", "\"$gt\":",
    "file://", "169.254.", "127.0.0.1", "localhost", "@import", "expression(",
    "url(", "\\\\", "eyJ", "eyJhbGciOiJub25l", "QUJD", "=3D", "=?", "\r\nTo:",
    "<!DOCTYPE ", "<!ENTITY ", "]]>", "<![CDATA[", "SYSTEM ", "&a;", "O:1:",
    "rO0AB", "\xac\xed", "a'b\"c`", "'\"`", "\"'", "x'y", "x' ", "' ", "'a",
    "'='", "''", "'||'", "'+'", "a'+'", ")'(", "q'[", "{a ", "{`a` ", "/*!",
    "/*!50000", "-1", "~1", "+1", "- ", "a-", "--a", "a--", "_", "a_b",
    "aaaaaaaa", "the order ", "Zoll und "
};

/* clang-format on */

#define UNITS (sizeof(units) / sizeof(units[0]))


/* A text over and over, in all places. */

static void
fill(const char *name, const uint8_t *unit, size_t n, size_t len,
    unsigned where)
{
    size_t   i;
    uint8_t *p;
    place_t  place;

    p = malloc(len);

    if (p == NULL || n == 0) {
        free(p);
        return;
    }

    for (i = 0; i < len; i++) {
        p[i] = unit[i % n];
    }

    for (place = 0; place < IN_BODY; place++) {
        if (where >> place & 1) {
            shape(name, place, p, len);
        }
    }

    free(p);
}


/* A text that a tree matches, of moderate length. */

static uint64_t chance = 88172645463325252;

static uint32_t
dice(uint32_t n)
{
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;

    return (uint32_t) (chance >> 20) % n;
}


static void
sample(text_t *t, const api_pattern_t *tree)
{
    unsigned             c, k;
    uint32_t             i, n;
    const api_pattern_t *p;

    switch (tree->kind) {
    case API_PATTERN_SET:
        for (k = 0, c = dice(256); k < 256; k++, c = (c + 1) % 256) {
            if (api_byteset_has(&tree->set, c)
                && (c > 0x20 || k > 200 || dice(8) == 0)) {
                put(t, &(uint8_t){ (uint8_t) c }, 1);
                return;
            }
        }

        return;

    case API_PATTERN_CAT:
        for (p = tree->first; p; p = p->next) {
            sample(t, p);
        }

        return;

    case API_PATTERN_ALT:
        for (n = 0, p = tree->first; p; p = p->next) {
            n++;
        }

        for (n = dice(n), p = tree->first; n; n--) {
            p = p->next;
        }

        sample(t, p);
        return;

    case API_PATTERN_REP:
        n = tree->min + dice(3);
        n = n > tree->max ? tree->max : n;

        for (i = 0; i < n && t->len < 2000; i++) {
            sample(t, tree->first);
        }

        return;

    default:
        return;
    }
}


static void
near_misses(size_t len)
{
    char                       name[64];
    text_t                     t;
    unsigned                   k;
    uint32_t                   i;
    api_arena_t                arena;
    api_pattern_t             *tree;
    const api_prefilter_set_t *set;

    set = api_waf_program_patterns(bench.program);
    api_arena_init(&arena, &api_alloc_libc, 65536, 0);

    for (i = 0; i < set->npatterns; i++) {
        if (set->patterns[i].kind != API_PREFILTER_RX
            || api_pattern_parse(&tree, set->patterns[i].text, 0, &arena, NULL)
                   != API_OK)
        {
            continue;
        }

        for (k = 0; k < 4; k++) {
            memset(&t, 0, sizeof(t));
            sample(&t, tree);
            snprintf(name, sizeof(name), "near %u.%u %.20s", i, k,
                (const char *) set->patterns[i].text.data);

            for (size_t j = 0; name[j]; j++) {
                if ((uint8_t) name[j] < 0x20) {
                    name[j] = '.';
                }
            }

            /* its beginning over and over, all but its end, or its end */

            if (t.len > 1) {
                if (k == 3) {
                    fill(name, t.data + 1, t.len - 1, len,
                        1U << IN_STRING | 1U << IN_RESPONSE);
                } else {
                    fill(name, t.data, k == 0 ? (t.len + 1) / 2 : t.len - 1,
                        len, 1U << IN_STRING | 1U << IN_FORM);
                }
            }

            free(t.data);
        }
    }

    api_arena_free(&arena);
}


/* Documents that are hard as documents. */

static void
bodies(size_t len)
{
    size_t i;
    text_t t = { NULL, 0, 0 };

    for (i = 0; i < 500 && i < len / 8; i++) {
        say(&t, "{\"a\":");
    }

    for (size_t k = 0; t.len + i + 4 < len; k++) {
        say(&t, k ? ",1" : "[1");
    }

    say(&t, "]");

    for (; i; i--) {
        say(&t, "}");
    }

    shape("500 deep, then numbers", IN_BODY, t.data, t.len);
    t.len = 0;
    say(&t, "[1");

    while (t.len + 3 < len) {
        say(&t, ",1");
    }

    say(&t, "]");
    shape("small numbers", IN_BODY, t.data, t.len);
    t.len = 0;
    say(&t, "{\"\":\"\"");

    for (i = 0; t.len + 12 < len; i++) {
        char buf[32];

        snprintf(buf, sizeof(buf), ",\"%zx\":1", i);
        say(&t, buf);
    }

    say(&t, "}");
    shape("many names", IN_BODY, t.data, t.len);
    free(t.data);
}


/* Again now and then: the least counts, as of the others. */

static void
yardstick(const text_t *t)
{
    cost_t c;
    sent_t s;
    size_t bytes;

    memset(&s, 0, sizeof(s));
    make(&s, IN_BODY, t->data, t->len);
    bytes = measure(&s, 20, &c);

    if (benign <= 0 || (double) c.spent / (double) bytes < benign) {
        benign = (double) c.spent / (double) bytes;
    }

    drop(&s);
}


static int
by_factor(const void *a, const void *b)
{
    double x = ((const result_t *) a)->factor;
    double y = ((const result_t *) b)->factor;

    return x < y ? 1 : x > y ? -1 : 0;
}


static int
report(bool all)
{
    size_t i, over, beyond;

    for (i = 0, beyond = 0; i < nresults; i++) {
        results[i].factor /= benign;
    }

    qsort(results, nresults, sizeof(*results), by_factor);

    for (i = 0, over = 0; i < nresults; i++) {
        over += results[i].factor > MOST;
        beyond +=
            results[i].spent > (MOST * benign * results[i].bytes + BASE) * 1.1;

        if (all || i < 40) {
            printf("%7.1f x %9.0f us %5.2f units/ns  %s: %s\n",
                results[i].factor, results[i].spent / 1e3, results[i].work,
                results[i].name, results[i].says);
        }
    }

    printf(
        "%zu shapes, %zu above %.1f, %zu above that and 5 ms; benign %.1f ns"
        " and %.1f units a byte\n",
        nresults, over, MOST, beyond, benign, (double) bench.units / 1024);

    return beyond > 0;
}


int
main(int argc, char **argv)
{
    int      opt;
    bool     all = false;
    size_t   i;
    text_t   t = { NULL, 0, 0 };
    uint32_t level = 0;

    while ((opt = getopt(argc, argv, "afn:o:rc:p:")) != -1) {
        all |= opt == 'a';
        bench.free |= opt == 'f';
        rules |= opt == 'r';
        only = opt == 'o' ? optarg : only;
        want = opt == 'n' ? strtoul(optarg, NULL, 10) * 1024 : want;
        repeat = opt == 'c' ? strtol(optarg, NULL, 10) : repeat;
        level = opt == 'p' ? (uint32_t) strtoul(optarg, NULL, 10) : level;
    }

    load(argc - optind, argv + optind, level);
    leaves(&t);

    if (!repeat) {
        yardstick(&t);
    }

    shape("benign leaves", IN_BODY, t.data, t.len);

    for (i = 0; i < UNITS; i++) {
        char   name[24];
        size_t k;

        snprintf(name, sizeof(name), "%.20s", units[i]);

        for (k = 0; name[k]; k++) {
            name[k] = (uint8_t) name[k] < 0x20 ? '.' : name[k];
        }

        fill(name, (const uint8_t *) units[i], strlen(units[i]), want,
            (1U << IN_BODY) - 1);
    }

    if (!repeat) {
        yardstick(&t);
    }

    bodies(want);
    near_misses(want);
    yardstick(&t);

    return report(all);
}
