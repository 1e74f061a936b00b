#include "corpus.h"

#include "api_percent.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>


corpus_count_t
corpus_ask(const char *path, corpus_detect_t detect, bool want)
{
    bool           found;
    size_t         i, n, from;
    uint8_t       *copy;
    unsigned       flags;
    api_span_t     text, line;
    corpus_count_t count = { 0, 0 };

    text = ut_file(path);
    copy = malloc(text.len + 1);

    for (i = 0, from = 0; copy && i < text.len; i++) {
        if (text.data[i] != '\n') {
            continue;
        }

        line = api_span(text.data + from, i - from);
        from = i + 1;

        if (line.len == 0 || line.data[0] == '#') {
            continue;
        }

        flags = 0;
        n = api_percent_decode(line, API_PERCENT_PLUS, copy, &flags);
        found = detect(ut_guard(api_span(copy, n)));
        ut_guard_reset();

        count.yes += found;
        count.no += !found;

        if (found != want) {
            printf("# %sdetected: %.*s\n", found ? "" : "not ", (int) line.len,
                line.data);
        }
    }

    free(copy);
    free((void *) (uintptr_t) text.data);

    return count;
}


double
corpus_cost(const char *piece, size_t n, corpus_detect_t detect)
{
    size_t   i, len;
    double   best, t;
    clock_t  from;
    int      round;
    uint8_t *text;

    len = strlen(piece);
    text = malloc(n);
    best = 1e9;

    if (text == NULL) {
        return 0;
    }

    for (i = 0; i < n; i++) {
        text[i] = (uint8_t) piece[i % len];
    }

    for (round = 0; round < 3; round++) {
        from = clock();
        (void) detect(api_span(text, n));
        t = (double) (clock() - from) / CLOCKS_PER_SEC;
        best = t < best ? t : best;
    }

    free(text);

    return best;
}
