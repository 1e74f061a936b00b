/*
 * What all targets share: the entry, a claim that ends the program when it does
 * not hold, and an allocator that fails at the n-th call and knows what lives.
 */

#ifndef FUZZ_H
#define FUZZ_H

#include "api_base.h"

#include <stdlib.h>


#define MUST(cond) ((cond) ? (void) 0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


typedef struct {
    size_t fail_at; /* from 1 on; 0: never */
    size_t calls;
    size_t live;
} fuzz_counter_t;


static inline void *
fuzz_alloc(void *ctx, size_t size)
{
    fuzz_counter_t *c = ctx;

    if (++c->calls == c->fail_at) {
        return NULL;
    }

    c->live++;

    return malloc(size ? size : 1);
}


static inline void
fuzz_free(void *ctx, void *p)
{
    fuzz_counter_t *c = ctx;

    c->live--;
    free(p);
}


/* A text for people: there, whole, and of printable ASCII alone. */

static inline void
fuzz_text(const api_err_t *err)
{
    size_t i, len = strlen(err->text);

    MUST(len > 0 && len < API_ERR_TEXT);

    for (i = 0; i < len; i++) {
        MUST(err->text[i] >= 0x20 && err->text[i] < 0x7f);
    }
}


/* The next text up to a NUL. */

static inline api_span_t
fuzz_next(api_span_t *rest)
{
    api_span_t     s = *rest;
    const uint8_t *nul = s.len ? memchr(s.data, 0, s.len) : NULL;

    if (nul == NULL) {
        *rest = api_span(s.data + s.len, 0);
        return s;
    }

    s.len = (size_t) (nul - s.data);
    *rest = api_span(nul + 1, rest->len - s.len - 1);

    return s;
}


#endif /* FUZZ_H */
