/*
 * A bump allocator over an api_alloc_t: many small things that die together.
 *
 * Nothing is freed one by one.  A cap on the sum of all chunks bounds what
 * hostile input can make us hold.  Not thread-safe; one owner at a time.
 */

#ifndef API_ARENA_H
#define API_ARENA_H

#include "api_base.h"


#define API_ARENA_ALIGN 16

typedef struct api_arena_chunk_s api_arena_chunk_t;

typedef struct {
    uint8_t           *pos; /* next free byte of the newest chunk */
    uint8_t           *end;
    api_arena_chunk_t *chunks; /* newest first */
    const api_alloc_t *alloc;
    size_t             chunk_size;
    size_t             held;  /* bytes taken from alloc, not given back */
    size_t             limit; /* cap on held; 0: none */
} api_arena_t;

/* A point to go back to; valid until an older mark is rewound to. */

typedef struct {
    api_arena_chunk_t *chunk;
    uint8_t           *pos;
} api_arena_mark_t;


/*
 * Takes no memory yet.  chunk_size 0: 4096; a block that is larger gets a
 * chunk of its own size.  Under a cap the last chunk may be smaller.  alloc
 * need not align to more than a pointer (ngx_palloc does not).
 */

void api_arena_init(
    api_arena_t *a, const api_alloc_t *alloc, size_t chunk_size, size_t limit);

/* API_ARENA_ALIGN-aligned; n == 0 gives a valid unique pointer; NULL when the
   allocator or the cap says no. */

void *api_arena_alloc(api_arena_t *a, size_t n);

/* The same, zeroed. n * size is checked for overflow. */

void *api_arena_calloc(api_arena_t *a, size_t n, size_t size);

/*
 * Make the block p of `from` bytes `to` bytes large: in place when p is the
 * newest allocation and its chunk has room, otherwise a copy (the old bytes
 * stay until the arena is rewound).  p NULL with from 0 allocates.
 */

void *api_arena_grow(api_arena_t *a, void *p, size_t from, size_t to);

/* A copy of s, with a NUL behind it that s->len does not count. data == NULL
   on failure. */

api_span_t api_arena_dup(api_arena_t *a, api_span_t s);

/* What was allocated since the mark is gone.  Chunks go back if alloc has a
   free; those of a pool, which has none, stay counted under the cap. */

api_arena_mark_t api_arena_mark(const api_arena_t *a);
void             api_arena_rewind(api_arena_t *a, api_arena_mark_t mark);

/* Gives every chunk back; the arena is as after api_arena_init. */

void api_arena_free(api_arena_t *a);


#endif /* API_ARENA_H */
