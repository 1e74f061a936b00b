/* Files of percent-encoded values, a line each, and a detector asked about
   every one, with the end of the value at an unreadable page. */

#ifndef CORPUS_H
#define CORPUS_H

#include "ut.h"

typedef bool (*corpus_detect_t)(api_span_t value);

typedef struct {
    unsigned yes;
    unsigned no;
} corpus_count_t;

/* Values that it is wrong about are named in a TAP comment. */

corpus_count_t corpus_ask(const char *path, corpus_detect_t detect, bool want);

/*
 * CPU seconds, the best of three, that a value of n bytes made by repeating
 * piece costs.
 */

double corpus_cost(const char *piece, size_t n, corpus_detect_t detect);


#endif /* CORPUS_H */
