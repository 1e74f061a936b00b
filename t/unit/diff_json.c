/*
 * The JSON parser against a second strict one, jansson, and a third opinion
 * on the grammar, JSON.parse of node.
 *
 *     diff_json table FILE       the verdicts of t/unit/json/conformance.txt,
 *                                of ours and, but for its known differences,
 *                                of jansson
 *     diff_json random FILE N S  N texts made from those of FILE by random
 *                                changes, seed S: same verdict, same values
 *     diff_json emit FILE N S    the same texts with our verdict, a line each,
 *                                for t/unit/json/node.mjs to compare
 *
 * Exit status 0: no difference that the rules below do not explain.
 *
 * What jansson refuses and we do not, by design: integers out of int64_t,
 * reals that overflow, a NUL in a name.  What it accepts and we do not: a raw
 * NUL byte behind a number or a literal, which it skips.
 */

#include "api_json.h"
#include "ut.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX 4096
#define CASES_MAX 1024


typedef struct {
    uint8_t text[TEXT_MAX];
    size_t  len;
    bool    good;
} case_t;

static case_t   cases[CASES_MAX];
static unsigned ncases;

static const api_sipkey_t seed = { 11, 12 };

static api_arena_t arena;

static unsigned long accepted, explained, differences;


static void
print_text(const char *what, const uint8_t *p, size_t len)
{
    size_t i;

    printf("%s: ", what);

    for (i = 0; i < len; i++) {
        printf(
            p[i] > 0x20 && p[i] < 0x7f && p[i] != '%' ? "%c" : "%%%02X", p[i]);
    }

    printf("\n");
}


static void
differ(const char *what, api_span_t text)
{
    differences++;
    print_text(what, text.data, text.len);
}


/* Does the document hold what jansson cannot represent? */

static bool
is_explained(const api_json_t *doc)
{
    double                d;
    uint32_t              i;
    const api_json_tok_t *t;

    for (i = 0; i < doc->ntok; i++) {
        t = &doc->tok[i];

        if ((t->type == API_JSON_INT && !(t->flags & API_JSON_F_INT64))
            || (t->type == API_JSON_REAL && !api_json_double(doc, i, &d))
            || (t->type == API_JSON_NAME && t->flags & API_JSON_F_NUL))
        {
            return true;
        }
    }

    return false;
}


static bool same_value(const api_json_t *doc, uint32_t i, const json_t *v);


static bool
same_object(const api_json_t *doc, uint32_t i, const json_t *v)
{
    json_t     *member;
    uint32_t    k;
    const char *name;

    if (!json_is_object(v) || json_object_size(v) != doc->tok[i].len) {
        return false;
    }

    json_object_foreach((json_t *) (uintptr_t) v, name, member)
    {
        k = api_json_get(doc, i, api_span(name, strlen(name)));

        if (k == API_JSON_NONE || !same_value(doc, k, member)) {
            return false;
        }
    }

    return true;
}


/* Do both see the same value?  jansson's own depth limit bounds this. */

static bool
same_value(const api_json_t *doc, uint32_t i, const json_t *v)
{
    size_t     n;
    double     d;
    int64_t    x;
    api_span_t s;

    switch (doc->tok[i].type) {

    case API_JSON_NULL:
        return json_is_null(v);

    case API_JSON_FALSE:
        return json_is_false(v);

    case API_JSON_TRUE:
        return json_is_true(v);

    case API_JSON_INT:
        return api_json_int64(doc, i, &x) && json_is_integer(v)
               && json_integer_value(v) == x;

    case API_JSON_REAL:
        return api_json_double(doc, i, &d) && json_is_real(v)
               && json_real_value(v) == d;

    case API_JSON_STRING:
        return json_is_string(v)
               && api_json_string(doc, i, &arena, &s) == API_OK
               && api_span_eq(
                   s, api_span(json_string_value(v), json_string_length(v)));

    case API_JSON_ARRAY:
        if (!json_is_array(v) || json_array_size(v) != doc->tok[i].len) {
            return false;
        }

        for (n = 0; n < json_array_size(v); n++) {
            if (!same_value(doc, api_json_at(doc, i, (uint32_t) n),
                    json_array_get(v, n))) {
                return false;
            }
        }

        return true;

    default:
        return same_object(doc, i, v);
    }
}


static bool
parse(api_span_t text, api_json_t *doc, api_err_t *err)
{
    return api_json_parse(
               doc, text, NULL, API_JSON_ALLOW_NUL, seed, &arena, err)
           == API_OK;
}


/* We stopped at a raw NUL in place of a comma or the end: is the text good
   without it, and without more of the kind? */

static bool
is_nul_skipped(api_span_t text, api_err_t err)
{
    size_t     len;
    uint8_t    copy[TEXT_MAX];
    api_json_t doc;

    len = text.len;
    memcpy(copy, text.data, len);

    while (
        err.pos < len && copy[err.pos] == '\0'
        && (err.code == API_JSON_E_COMMA || err.code == API_JSON_E_TRAILING))
    {
        len--;
        memmove(copy + err.pos, copy + err.pos + 1, len - err.pos);

        if (parse(api_span(copy, len), &doc, &err)) {
            return true;
        }
    }

    return false;
}


/* Parse with both; returns our verdict. */

static bool
compare(api_span_t text)
{
    bool             ours;
    json_t          *theirs;
    api_err_t        err;
    api_json_t       doc;
    json_error_t     error;
    api_arena_mark_t mark;

    mark = api_arena_mark(&arena);
    ours = parse(text, &doc, &err);

    theirs = json_loadb((const char *) text.data, text.len,
        JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

    accepted += ours;

    if (!ours && theirs) {
        if (is_nul_skipped(text, err)) {
            explained++;

        } else {
            differ("only jansson accepts", text);
            printf("  ours: %s\n", err.text);
        }

    } else if (ours && !theirs) {
        if (is_explained(&doc)) {
            explained++;

        } else {
            differ("only ours accepts", text);
            printf("  jansson: %s\n", error.text);
        }

    } else if (ours && !same_value(&doc, 0, theirs)) {
        differ("different values", text);
    }

    json_decref(theirs);
    api_arena_rewind(&arena, mark);

    return ours;
}


/* Lines of y or n, a space, and text with %XX; # and nothing are comments. */

static void
read_table(const char *path)
{
    FILE    *f;
    char     line[TEXT_MAX], *p;
    case_t  *c;
    unsigned byte;

    f = fopen(path, "r");
    if (f == NULL) {
        perror(path);
        exit(2);
    }

    while (fgets(line, sizeof(line), f) && ncases < CASES_MAX) {
        line[strcspn(line, "\n")] = '\0';

        if (line[0] != 'y' && line[0] != 'n') {
            continue;
        }

        c = &cases[ncases++];
        c->good = line[0] == 'y';

        for (p = line + 1 + (line[1] == ' '); *p; p++) {
            byte = (unsigned char) *p;

            if (*p == '%') {
                sscanf(p + 1, "%2x", &byte);
                p += 2;
            }

            c->text[c->len++] = (uint8_t) byte;
        }
    }

    fclose(f);
}


static void
table(void)
{
    unsigned i;

    for (i = 0; i < ncases; i++) {
        if (compare(ut_guard(api_span(cases[i].text, cases[i].len)))
            != cases[i].good) {
            differ(cases[i].good ? "refused" : "accepted",
                api_span(cases[i].text, cases[i].len));
        }
    }
}


/* Put the n bytes at p in place of `old` bytes of c at `at`. */

static void
replace(case_t *c, size_t at, size_t old, const void *p, size_t n)
{
    if (c->len - old + n > TEXT_MAX) {
        return;
    }

    memmove(c->text + at + n, c->text + at + old, c->len - at - old);

    if (n) {
        memcpy(c->text + at, p, n);
    }

    c->len = c->len - old + n;
}


static const char *const pieces[] = { "{", "}", "[", "]", ",", ":", "\"", "\\",
    "{}", "[]", "[[", "]]", ",,", "\"\"", "\"a\"", "\"a\":", "{\"a\":1}", "0",
    "1", "-", "+", ".", "e", "E", "-0", "1.5", "1e5", "1e400", "9e18",
    "9223372036854775807", "9223372036854775808", "123456789012345678901",
    "0.1e-7", "true", "false", "null", " ", "\n", "\t", "\r", "\f", "\v",
    "\\u0041", "\\u0000", "\\ud83d", "\\ude00", "\\ud83d\\ude00", "\\n", "\\/",
    "\\u00", "\\x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\x80",
    "\xc0", "\xe2\x82", "\xed\xa0\x80", "\xf4\x90", "\xff", "\x01", "\x7f",
    "/", "//", "/**/", "#", "'", "NaN", "\xef\xbb\xbf", ",\"a\":2", ",1",
    "[1,2,3]", "0123456789abcdef", "                " };

#define NPIECES (sizeof(pieces) / sizeof(pieces[0]))


/* One random change. */

static void
change(case_t *c, ut_rand_t *r)
{
    size_t        at, n;
    uint8_t       byte, run[16];
    const char   *piece;
    const case_t *other;

    at = ut_below(r, c->len + 1);
    n = ut_below(r, (c->len - at < 12 ? c->len - at : 12) + 1);
    piece = pieces[ut_below(r, NPIECES)];
    other = &cases[ut_below(r, ncases)];
    byte = (uint8_t) ut_rand(r);

    switch (ut_below(r, 8)) {

    case 0:
        replace(c, at, at < c->len, &byte, 1);
        break;

    case 1:
        replace(c, at, n, NULL, 0);
        break;

    case 2:
        replace(c, at, n, piece, strlen(piece));
        break;

    case 3:
        /* a run of its own bytes once more */

        memcpy(run, c->text + at, n);
        replace(c, ut_below(r, c->len + 1), 0, run, n);
        break;

    case 4:
        replace(c, at, n, other->text, other->len);
        break;

    case 5:
        c->len = at;
        break;

    default:
        replace(c, at, 0, piece, strlen(piece));
    }
}


/*
 * Text number i: good texts put together with blanks between, and in two of
 * three some changes.
 */

static void
make_text(case_t *c, ut_rand_t *r)
{
    bool          object;
    char          name[16];
    unsigned      i, n;
    const case_t *part;

    c->len = 0;
    object = ut_below(r, 2);
    n = (unsigned) ut_below(r, 5);
    replace(c, c->len, 0, object ? "{" : "[", n != 1);

    for (i = 0; i < n; i++) {
        if (object && n != 1) {
            snprintf(name, sizeof(name),
                "\"%s%x\"%s:", ut_below(r, 4) ? "k" : "\\u006b",
                i - (ut_below(r, 20) == 0), ut_below(r, 4) ? "" : " ");
            replace(c, c->len, 0, name, strlen(name));
        }

        do {
            part = &cases[ut_below(r, ncases)];
        } while (!part->good && ut_below(r, 10));

        replace(c, c->len, 0, part->text, part->len);
        replace(c, c->len, 0, ut_below(r, 4) ? "," : ", ", i + 1 < n);
    }

    replace(c, c->len, 0, object ? "}" : "]", n != 1);

    if (ut_below(r, 3)) {
        for (n = 1 + (unsigned) ut_below(r, 4); n; n--) {
            change(c, r);
        }
    }
}


static void
emit(const case_t *c)
{
    bool       ours;
    size_t     i;
    api_err_t  err;
    api_json_t doc;

    api_arena_mark_t mark = api_arena_mark(&arena);

    ours = parse(api_span(c->text, c->len), &doc, &err);
    api_arena_rewind(&arena, mark);

    printf("%s ", ours ? "ok" : api_json_error_name(err.code));

    for (i = 0; i < c->len; i++) {
        printf("%02x", c->text[i]);
    }

    printf("\n");
}


int
main(int argc, char **argv)
{
    bool          node;
    case_t        c;
    ut_rand_t     r;
    unsigned long i, n;

    if (argc < 3 || (strcmp(argv[1], "table") != 0 && argc < 5)) {
        fprintf(stderr, "usage: diff_json table FILE\n"
                        "       diff_json random|emit FILE N SEED\n");
        return 2;
    }

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    read_table(argv[2]);

    if (strcmp(argv[1], "table") == 0) {
        table();
        n = ncases;

    } else {
        node = strcmp(argv[1], "emit") == 0;
        n = strtoul(argv[3], NULL, 10);
        r.s = strtoul(argv[4], NULL, 10);

        for (i = 0; i < ncases && node; i++) {
            emit(&cases[i]);
        }

        for (i = 0; i < n; i++) {
            make_text(&c, &r);

            if (node) {
                emit(&c);

            } else {
                compare(api_span(c.text, c.len));
            }
        }

        if (node) {
            return 0;
        }
    }

    printf("%lu texts, %lu accepted, %lu differences by design, "
           "%lu others\n",
        n, accepted, explained, differences);

    return differences != 0;
}
