/* The block that states stand in. */

#include "api_reverse_int.h"


#define LEAST (64 * 1024)

api_reverse_cache_t *
api_reverse_cache_create(const api_alloc_t *alloc, size_t bytes)
{
    api_reverse_cache_t *c;

    bytes = bytes < LEAST ? LEAST : bytes;
    c = alloc->alloc(alloc->ctx, sizeof(*c));

    if (c == NULL) {
        return NULL;
    }

    memset(c, 0, sizeof(*c));
    c->alloc = alloc;
    c->word = alloc->alloc(alloc->ctx, bytes);
    c->nwords = (uint32_t) (bytes / sizeof(uint32_t));
    c->used = 2;

    if (c->word == NULL) {
        api_reverse_cache_free(c);
        return NULL;
    }

    return c;
}


void
api_reverse_cache_free(api_reverse_cache_t *c)
{
    const api_alloc_t *alloc;

    if (c == NULL || c->alloc->free == NULL) {
        return;
    }

    alloc = c->alloc;

    if (c->word != NULL) {
        alloc->free(alloc->ctx, c->word);
    }

    alloc->free(alloc->ctx, c);
}


/* Words of the block, even in number so that structs may stand there; 0:
   there are not as many. */

uint32_t
api_reverse_take(api_reverse_cache_t *c, uint32_t n)
{
    uint32_t at;

    n = (n + 1) & ~UINT32_C(1);

    if (n > c->nwords - c->used) {
        return 0;
    }

    at = c->used;
    c->used += n;

    return at;
}


/*
 * Where the states of a program are noted; a place that is NULL: nowhere.  An
 * address alone is no name: programs come and go with the rules of a watched
 * file, and the next one may stand where another one stood.
 */

api_reverse_states_t **
api_reverse_place(api_reverse_cache_t *c, const api_reverse_t *r)
{
    size_t i;

    i = (size_t) ((uintptr_t) r / 16 * UINT64_C(0x9e3779b97f4a7c15) >> 40);

    while (c->states[i % API_REVERSE_KNOWN] != NULL
           && (c->states[i % API_REVERSE_KNOWN]->of != r
               || c->states[i % API_REVERSE_KNOWN]->mark != r->mark))
    {
        i++;
    }

    return &c->states[i % API_REVERSE_KNOWN];
}
