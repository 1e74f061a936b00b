#include "api_arena.h"
#include "api_poison.h"


/* The data begins at the first aligned byte behind it. */

struct api_arena_chunk_s {
    api_arena_chunk_t *next;
    size_t             total; /* taken from the allocator */
};


static inline uint8_t *
api_arena_data(api_arena_chunk_t *c)
{
    uintptr_t p;

    p = (uintptr_t) (c + 1);

    return (uint8_t *) (c + 1) + (-p & (API_ARENA_ALIGN - 1));
}


/* Of a chunk, at most: an allocator may align less than we promise. */

#define API_ARENA_HEAD (sizeof(api_arena_chunk_t) + API_ARENA_ALIGN - 1)


static inline size_t
api_arena_round(size_t n)
{
    return (n + API_ARENA_ALIGN - 1) & ~(size_t) (API_ARENA_ALIGN - 1);
}


void
api_arena_init(
    api_arena_t *a, const api_alloc_t *alloc, size_t chunk_size, size_t limit)
{
    a->pos = NULL;
    a->end = NULL;
    a->chunks = NULL;
    a->alloc = alloc;
    a->chunk_size = chunk_size ? chunk_size : 4096;
    a->held = 0;
    a->limit = limit;
}


static bool
api_arena_new_chunk(api_arena_t *a, size_t n)
{
    size_t             size, total, left;
    api_arena_chunk_t *c;

    size = n > a->chunk_size ? n : a->chunk_size;
    left = a->limit ? a->limit - a->held : SIZE_MAX;

    if (left < API_ARENA_HEAD || n > left - API_ARENA_HEAD) {
        return false;
    }

    /* the last chunk under a cap may be a small one */

    size = size < left - API_ARENA_HEAD ? size : left - API_ARENA_HEAD;
    total = API_ARENA_HEAD + size;

    c = a->alloc->alloc(a->alloc->ctx, total);
    if (c == NULL) {
        return false;
    }

    api_unpoison(c, total);

    c->next = a->chunks;
    c->total = total;

    a->chunks = c;
    a->pos = api_arena_data(c);
    a->end = (uint8_t *) c + total;
    a->held += total;

    api_poison(a->pos, (size_t) (a->end - a->pos));

    return true;
}


void *
api_arena_alloc(api_arena_t *a, size_t n)
{
    size_t   used;
    uint8_t *p;

    if (n > SIZE_MAX / 2) {
        return NULL;
    }

    used = n;
    n = api_arena_round(n ? n : 1);

    if ((a->chunks == NULL || n > (size_t) (a->end - a->pos))
        && !api_arena_new_chunk(a, n))
    {
        return NULL;
    }

    p = a->pos;
    a->pos += n;
    api_unpoison(p, used);

    return p;
}


void *
api_arena_calloc(api_arena_t *a, size_t n, size_t size)
{
    void *p;

    if (size && n > SIZE_MAX / size) {
        return NULL;
    }

    p = api_arena_alloc(a, n * size);

    if (p) {
        memset(p, 0, n * size);
    }

    return p;
}


void *
api_arena_grow(api_arena_t *a, void *p, size_t from, size_t to)
{
    void  *q;
    size_t old;

    if (to > SIZE_MAX / 2) {
        return NULL;
    }

    old = api_arena_round(from ? from : 1);

    if (p && (uint8_t *) p + old == a->pos) {
        /* the newest block: move its end */

        if (api_arena_round(to) <= old) {
            api_unpoison(p, to);
            return p;
        }

        if (api_arena_round(to) - old <= (size_t) (a->end - a->pos)) {
            a->pos += api_arena_round(to) - old;
            api_unpoison(p, to);
            return p;
        }
    }

    q = api_arena_alloc(a, to);

    if (q && p && from) {
        memcpy(q, p, from < to ? from : to);
    }

    return q;
}


api_span_t
api_arena_dup(api_arena_t *a, api_span_t s)
{
    uint8_t *p;

    p = api_arena_alloc(a, s.len + 1);
    if (p == NULL) {
        return api_span(NULL, 0);
    }

    if (s.len) {
        memcpy(p, s.data, s.len);
    }

    p[s.len] = '\0';

    return api_span(p, s.len);
}


api_arena_mark_t
api_arena_mark(const api_arena_t *a)
{
    return (api_arena_mark_t){ a->chunks, a->pos };
}


void
api_arena_rewind(api_arena_t *a, api_arena_mark_t mark)
{
    api_arena_chunk_t *c;

    while (a->chunks != mark.chunk) {
        c = a->chunks;
        a->chunks = c->next;

        if (a->alloc->free) {
            a->held -= c->total;
            api_unpoison(c, c->total);
            a->alloc->free(a->alloc->ctx, c);
        }
    }

    a->pos = mark.pos;
    a->end = a->chunks ? (uint8_t *) a->chunks + a->chunks->total : NULL;

    if (a->chunks) {
        api_poison(a->pos, (size_t) (a->end - a->pos));
    }
}


void
api_arena_free(api_arena_t *a)
{
    api_arena_rewind(a, (api_arena_mark_t){ NULL, NULL });
    a->held = 0;
}
