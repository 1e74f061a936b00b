/*
 * Speed of the JSON parser.
 *
 *     bench_json FILE N    parse FILE N times and nothing else; the cost of a
 *                          parse under callgrind is the difference of two
 *                          runs, so that start-up cancels (t/bench/json.sh)
 *     bench_json FILE      MB/s of CPU time beside cJSON and jansson, the
 *                          medians of interleaved rounds
 *
 * cJSON does not look for duplicate names and does not check UTF-8; ours and
 * jansson do.
 */

#define _POSIX_C_SOURCE 200809L

#include "api_json.h"

#include <cjson/cJSON.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 31
#define ROUND_NS 10000000


static const api_sipkey_t seed = { 0x243f6a8885a308d3u, 0x13198a2e03707344u };

static api_arena_t arena;


static bool
parse_ours(api_span_t text)
{
    int              rc;
    api_json_t       doc;
    api_arena_mark_t mark;

    mark = api_arena_mark(&arena);
    rc = api_json_parse(&doc, text, NULL, 0, seed, &arena, NULL);
    api_arena_rewind(&arena, mark);

    return rc == API_OK;
}


static bool
parse_cjson(api_span_t text)
{
    cJSON *doc;

    doc = cJSON_ParseWithLength((const char *) text.data, text.len);
    cJSON_Delete(doc);

    return doc != NULL;
}


static bool
parse_jansson(api_span_t text)
{
    json_t      *doc;
    json_error_t err;

    doc = json_loadb((const char *) text.data, text.len,
        JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &err);
    json_decref(doc);

    return doc != NULL;
}


static struct {
    const char *name;
    bool (*parse)(api_span_t text);
    double mbs[ROUNDS];
} parsers[] = {
    { "ours", parse_ours, { 0 } },
    { "cJSON", parse_cjson, { 0 } },
    { "jansson", parse_jansson, { 0 } },
};

#define NPARSERS (sizeof(parsers) / sizeof(parsers[0]))


static double
now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);

    return (double) t.tv_sec * 1e9 + (double) t.tv_nsec;
}


static double
round_mbs(bool (*parse)(api_span_t text), api_span_t text)
{
    int    i, n;
    double start, ns;

    n = 0;
    start = now_ns();

    do {
        for (i = 0; i < 8; i++) {
            if (!parse(text)) {
                return 0;
            }
        }

        n += 8;
        ns = now_ns() - start;
    } while (ns < ROUND_NS);

    return (double) text.len * n / ns * 1e3;
}


static int
compare_double(const void *a, const void *b)
{
    double x, y;

    x = *(const double *) a;
    y = *(const double *) b;

    return (x > y) - (x < y);
}


static void
compare(api_span_t text)
{
    int    r;
    size_t i;
    double ours;

    for (r = 0; r < ROUNDS; r++) {
        for (i = 0; i < NPARSERS; i++) {
            parsers[i].mbs[r] = round_mbs(parsers[i].parse, text);
        }
    }

    ours = 0;

    for (i = 0; i < NPARSERS; i++) {
        qsort(parsers[i].mbs, ROUNDS, sizeof(double), compare_double);
        ours = i ? ours : parsers[i].mbs[ROUNDS / 2];

        printf("%-8s %7.0f MB/s   ours is %.1f x\n", parsers[i].name,
            parsers[i].mbs[ROUNDS / 2], ours / parsers[i].mbs[ROUNDS / 2]);
    }
}


static api_span_t
read_file(const char *path)
{
    FILE          *f;
    size_t         len;
    static uint8_t buf[1 << 24];

    f = fopen(path, "rb");
    if (f == NULL) {
        return api_span(NULL, 0);
    }

    len = fread(buf, 1, sizeof(buf), f);
    fclose(f);

    /* in a block of its own size, as a request body is */

    return api_span(memcpy(malloc(len + 1), buf, len), len);
}


int
main(int argc, char **argv)
{
    long       n;
    api_span_t text;

    text = argc > 1 ? read_file(argv[1]) : api_span(NULL, 0);

    if (text.len == 0) {
        fprintf(stderr, "usage: bench_json FILE [N]\n");
        return 2;
    }

    /* one chunk that stays: what a parse takes, the rewind gives back to it */

    api_arena_init(&arena, &api_alloc_libc, 64 * text.len, 0);

    if (api_arena_alloc(&arena, 1) == NULL) {
        return 1;
    }

    if (!parse_ours(text)) {
        fprintf(stderr, "%s: not JSON\n", argv[1]);
        return 1;
    }

    if (argc < 3) {
        compare(text);

    } else {
        for (n = strtol(argv[2], NULL, 10); n > 0; n--) {
            parse_ours(text);
        }
    }

    return 0;
}
