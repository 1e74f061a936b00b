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

#endif /* FUZZ_H */
