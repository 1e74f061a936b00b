/*
 * What is wrong with a document, place by place: a compiler goes on after an
 * error, so that an operator sees all of them at once.
 */

#ifndef API_PROBLEM_H
#define API_PROBLEM_H

#include "api_doc.h"


typedef struct api_problem_s api_problem_t;

struct api_problem_s {
    api_problem_t *next;
    api_span_t     doc; /* name of the document */
    uint32_t       line;
    bool           warning;
    api_span_t     pointer; /* "/paths/~1x/get" */
    api_span_t     text;    /* what is wrong, and what to write instead */
};

/* In the order they were found.  All memory is of the arena. */

typedef struct {
    api_arena_t    *arena;
    api_problem_t  *first;
    api_problem_t **last;
    uint32_t        errors; /* counted, also those not kept */
    uint32_t        warnings;
    uint32_t        left; /* of the number that is kept */
    bool            nomem;
} api_problems_t;

void
api_problems_init(api_problems_t *list, api_arena_t *arena, uint32_t limit);

/* Note a problem of the node.  Bytes of the document in the arguments are
   made safe for a log by the caller, or are names that api_problem_quote
   gave. */

void api_problem_error(api_problems_t *list, api_node_t n, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));
void api_problem_warning(api_problems_t *list, api_node_t n, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* Up to 80 characters of s in buf, safe for a log, NUL behind them. */

#define API_PROBLEM_QUOTE 96

const char *api_problem_quote(api_span_t s, char buf[API_PROBLEM_QUOTE]);

/* "orders.yaml:12: /paths/~1x/get: text" of a problem, NUL behind it; returns
   its length, less than size. */

size_t api_problem_print(const api_problem_t *p, char *buf, size_t size);


#endif /* API_PROBLEM_H */
