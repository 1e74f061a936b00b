/*
 * Queries, multipart bodies and GraphQL documents made from a corpus by random
 * changes, with what our parsers say of each, for t/unit/http/node.mjs, which
 * asks others: URLSearchParams, the fetch API's formData(), graphql-js; and
 * paths, for t/suite/path.t, which asks nginx.
 *
 *     diff_http KIND FOLDER N SEED
 *
 * A line each: the input in hex, a tab, "-" when it is refused, or what was
 * read as hex fields separated by commas, records by |.
 */

#define _DEFAULT_SOURCE

#include "api_graphql.h"
#include "api_multipart.h"
#include "api_path.h"
#include "api_urlencoded.h"
#include "ut.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define INPUT_MAX 4096
#define SEEDS_MAX 256

static api_span_t seeds[SEEDS_MAX];
static unsigned   nseeds;

static api_arena_t arena;


static void
hex(api_span_t s)
{
    size_t i;

    for (i = 0; i < s.len; i++) {
        printf("%02x", s.data[i]);
    }
}


/* Name, value. */

static void
say_urlencoded(api_span_t text)
{
    uint32_t    i;
    api_pairs_t p;

    hex(text);

    if (api_urlencoded_parse(&p, text, 0, NULL, &arena, NULL) != API_OK) {
        printf("\t-\n");
        return;
    }

    printf("\t");

    for (i = 0; i < p.n; i++) {
        hex(p.pair[i].name);
        printf(",");
        hex(p.pair[i].value);
        printf("|");
    }

    printf("\n");
}


/* Name, filename or "-", body; of what strict takes. */

static void
say_multipart(api_span_t text)
{
    uint32_t        i;
    api_span_t      type, body;
    const uint8_t  *lf;
    api_multipart_t mp;

    hex(text);
    lf = text.len ? memchr(text.data, '\n', text.len) : NULL;
    type = api_span(text.data, lf ? (size_t) (lf - text.data) : 0);
    body = lf ? api_span(lf + 1, text.len - type.len - 1) : type;

    if (api_multipart_parse(
            &mp, type, body, API_MULTIPART_STRICT, NULL, &arena, NULL)
        != API_OK)
    {
        printf("\t-\n");
        return;
    }

    printf("\t");

    for (i = 0; i < mp.n; i++) {
        hex(mp.part[i].name);
        printf(",");

        if (mp.part[i].filename.data) {
            hex(mp.part[i].filename);

        } else {
            printf("-");
        }

        printf(",");
        hex(mp.part[i].body);
        printf("|");
    }

    printf("\n");
}


/* "?" where a rule beyond the grammar refuses; else fields, strings. */

static void
say_graphql(api_span_t text)
{
    int           rc;
    uint32_t      i, fields;
    api_span_t    v;
    api_graphql_t doc;

    hex(text);
    rc = api_graphql_parse(&doc, text, NULL, &arena, NULL);

    if (rc != API_OK) {
        printf("\t%s\n", rc == API_SYNTAX ? "-" : "?");
        return;
    }

    for (i = 0, fields = 0; i < doc.n; i++) {
        fields += doc.node[i].type == API_GRAPHQL_FIELD;
    }

    printf("\t%x,|", fields);

    for (i = 0; i < doc.n; i++) {
        if (doc.node[i].type == API_GRAPHQL_STRING
            || doc.node[i].type == API_GRAPHQL_BLOCK)
        {
            api_graphql_string(&doc.node[i], &arena, &v);
            hex(v);
            printf("|");
        }
    }

    printf("\n");
}


/* The path as nginx has it, with merge_slashes on and off. */

static void
say_path(api_span_t text)
{
    int        merge;
    api_path_t p;

    /* without the byte of options that the corpus of its fuzzer has */

    if (text.len) {
        text.data++;
        text.len--;
    }

    hex(text);

    for (merge = 1; merge >= 0; merge--) {
        printf("\t");

        if (api_path_parse(&p, text, merge, NULL, &arena, NULL) == API_OK) {
            hex(p.uri);

        } else {
            printf("-");
        }
    }

    printf("\n");
}


static void
read_seeds(const char *folder)
{
    DIR           *dir;
    char           path[512];
    struct dirent *entry;

    dir = opendir(folder);

    while (dir && (entry = readdir(dir)) && nseeds < SEEDS_MAX) {
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
            seeds[nseeds] = ut_file(path);
            nseeds += seeds[nseeds].len > 0;
        }
    }

    if (dir) {
        closedir(dir);
    }
}


/* A seed with a few bytes changed, taken out, doubled or brought in. */

static size_t
change(ut_rand_t *r, uint8_t *out)
{
    size_t     n, at, len, times;
    api_span_t s;

    static const char bytes[] = "&=+%;{}()[]:\"\\.,$@!|-\r\n 0aB#'*//..2eF";

    s = seeds[ut_below(r, nseeds)];
    n = s.len < INPUT_MAX / 2 ? s.len : INPUT_MAX / 2;
    memcpy(out, s.data, n);

    for (times = ut_below(r, 4); times && n > 1; times--) {
        at = ut_below(r, n);
        len = 1 + ut_below(r, 4);
        len = len < n - at ? len : n - at;

        switch (ut_below(r, 3)) {

        case 0:
            out[at] = (uint8_t) bytes[ut_below(r, sizeof(bytes) - 1)];
            break;

        case 1:
            memmove(out + at, out + at + len, n - at - len);
            n -= len;
            break;

        default:
            memmove(out + at + len, out + at, n - at);
            n += len;
            break;
        }
    }

    return n;
}


int
main(int argc, char **argv)
{
    long      i, n;
    size_t    k, len;
    uint8_t   text[INPUT_MAX];
    ut_rand_t r;
    void (*say)(api_span_t);

    static const struct {
        const char *kind;
        void (*say)(api_span_t);
    } kinds[] = {
        { "urlencoded", say_urlencoded },
        { "multipart", say_multipart },
        { "graphql", say_graphql },
        { "path", say_path },
    };

    if (argc != 5) {
        return 2;
    }

    for (k = 0, say = NULL; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        say = strcmp(kinds[k].kind, argv[1]) == 0 ? kinds[k].say : say;
    }

    read_seeds(argv[2]);

    if (say == NULL || nseeds == 0) {
        return 2;
    }

    n = strtol(argv[3], NULL, 10);
    r.s = strtoull(argv[4], NULL, 10);
    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    for (i = 0; i < n; i++) {
        len = change(&r, text);
        say(api_span(text, len));
        api_arena_free(&arena);
    }

    return 0;
}
