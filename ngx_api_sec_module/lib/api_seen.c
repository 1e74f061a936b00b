#include "api_seen.h"

#include <stdatomic.h>


#define API_SEEN_MAGIC 0x314e4553u
#define API_SEEN_WAYS 8
#define API_SEEN_SHARE (API_SEEN_WAYS / 4)

/* meta: the end above, the subject below, and a 1 that says "in use" */

#define API_SEEN_SUBJECT_BITS 23
#define API_SEEN_SUBJECT_MASK ((UINT64_C(1) << API_SEEN_SUBJECT_BITS) - 1)
#define API_SEEN_UNTIL_MAX ((INT64_C(1) << 40) - 1)

/* How much later a look-up has to be to be worth a write. */

#define API_SEEN_USED_STEP 8


typedef struct {
    _Atomic uint64_t word[4]; /* word[0] is mixed with meta */
    _Atomic uint64_t meta;
    _Atomic uint64_t used; /* when it was looked up, about */
} api_seen_entry_t;

struct api_seen_s {
    uint32_t         magic;
    uint32_t         ngroups;
    _Atomic uint64_t hits;
    _Atomic uint64_t misses;
    _Atomic uint64_t added;
    _Atomic uint64_t evicted;
    _Atomic uint64_t own;
    api_seen_entry_t entries[];
};


#define api_seen_load(p) atomic_load_explicit(p, memory_order_relaxed)
#define api_seen_store(p, v) atomic_store_explicit(p, v, memory_order_relaxed)
#define api_seen_count(p)                                                     \
    (void) atomic_fetch_add_explicit(p, 1, memory_order_relaxed)


static uint32_t
api_seen_groups(size_t size)
{
    size_t n;

    n = (size - sizeof(api_seen_t))
        / (API_SEEN_WAYS * sizeof(api_seen_entry_t));

    return n > UINT32_MAX / API_SEEN_WAYS ? UINT32_MAX / API_SEEN_WAYS
                                          : (uint32_t) n;
}


api_seen_t *
api_seen_init(void *mem, size_t size)
{
    api_seen_t *seen = mem;

    if (size < API_SEEN_MIN_SIZE) {
        return NULL;
    }

    memset(mem, 0, size);

    seen->ngroups = api_seen_groups(size);
    seen->magic = API_SEEN_MAGIC;

    return seen;
}


api_seen_t *
api_seen_at(void *mem, size_t size)
{
    api_seen_t *seen = mem;

    return size >= API_SEEN_MIN_SIZE && seen->magic == API_SEEN_MAGIC
                   && seen->ngroups == api_seen_groups(size)
               ? seen
               : NULL;
}


static uint64_t
api_seen_mix(uint64_t meta)
{
    return meta * UINT64_C(0x9e3779b97f4a7c15);
}


static int64_t
api_seen_until(uint64_t meta)
{
    return (int64_t) (meta >> (API_SEEN_SUBJECT_BITS + 1));
}


static api_seen_entry_t *
api_seen_group(api_seen_t *seen, const uint8_t digest[32], uint64_t word[4])
{
    memcpy(word, digest, 32);

    /* the group by the last word: a uniform number, scaled */

    return &seen->entries[API_SEEN_WAYS
                          * (size_t) (((word[3] >> 32) * seen->ngroups)
                                      >> 32)];
}


static bool
api_seen_is(const api_seen_entry_t *e, const uint64_t word[4], uint64_t *meta)
{
    *meta = api_seen_load(&e->meta);

    return *meta != 0
           && (api_seen_load(&e->word[0]) ^ api_seen_mix(*meta)) == word[0]
           && api_seen_load(&e->word[1]) == word[1]
           && api_seen_load(&e->word[2]) == word[2]
           && api_seen_load(&e->word[3]) == word[3];
}


bool
api_seen_find(api_seen_t *seen, const uint8_t digest[32], int64_t now)
{
    size_t            i;
    uint64_t          word[4], meta;
    api_seen_entry_t *e;

    e = api_seen_group(seen, digest, word);

    for (i = 0; i < API_SEEN_WAYS; i++, e++) {
        if (!api_seen_is(e, word, &meta)) {
            continue;
        }

        if (now >= api_seen_until(meta)) {
            break;
        }

        if ((int64_t) api_seen_load(&e->used) + API_SEEN_USED_STEP <= now) {
            api_seen_store(&e->used, (uint64_t) now);
        }

        api_seen_count(&seen->hits);
        return true;
    }

    api_seen_count(&seen->misses);
    return false;
}


/* The place for a new entry: its own, an empty or ended one, the oldest of a
   subject that holds its share, or the one longest unused. */

static api_seen_entry_t *
api_seen_place(api_seen_t *seen, api_seen_entry_t *group,
    const uint64_t word[4], uint64_t subject, int64_t now)
{
    size_t            i, mine;
    uint64_t          meta;
    api_seen_entry_t *e, *free, *oldest, *own;

    free = NULL;
    oldest = group;
    own = NULL;
    mine = 0;

    for (i = 0; i < API_SEEN_WAYS; i++) {
        e = &group[i];

        if (api_seen_is(e, word, &meta)) {
            return e;
        }

        if (meta == 0 || now >= api_seen_until(meta)) {
            free = e;
            continue;
        }

        if (api_seen_load(&e->used) < api_seen_load(&oldest->used)) {
            oldest = e;
        }

        if (((meta >> 1) & API_SEEN_SUBJECT_MASK) == subject) {
            mine++;

            if (own == NULL
                || api_seen_load(&e->used) < api_seen_load(&own->used)) {
                own = e;
            }
        }
    }

    if (free) {
        return free;
    }

    api_seen_count(&seen->evicted);

    if (mine >= API_SEEN_SHARE) {
        api_seen_count(&seen->own);
        return own;
    }

    return oldest;
}


void
api_seen_add(api_seen_t *seen, const uint8_t digest[32], uint64_t subject,
    int64_t until, int64_t now)
{
    uint64_t          word[4], meta;
    api_seen_entry_t *e;

    if (until <= now || until <= 0 || now < 0) {
        return;
    }

    if (until > API_SEEN_UNTIL_MAX) {
        until = API_SEEN_UNTIL_MAX;
    }

    subject &= API_SEEN_SUBJECT_MASK;
    meta =
        ((uint64_t) until << (API_SEEN_SUBJECT_BITS + 1)) | (subject << 1) | 1;

    e = api_seen_group(seen, digest, word);
    e = api_seen_place(seen, e, word, subject, now);

    api_seen_store(&e->word[0], word[0] ^ api_seen_mix(meta));
    api_seen_store(&e->word[1], word[1]);
    api_seen_store(&e->word[2], word[2]);
    api_seen_store(&e->word[3], word[3]);
    api_seen_store(&e->used, (uint64_t) now);
    api_seen_store(&e->meta, meta);

    api_seen_count(&seen->added);
}


void
api_seen_stats(const api_seen_t *seen, api_seen_stats_t *stats)
{
    stats->entries = (uint64_t) seen->ngroups * API_SEEN_WAYS;
    stats->hits = api_seen_load(&seen->hits);
    stats->misses = api_seen_load(&seen->misses);
    stats->added = api_seen_load(&seen->added);
    stats->evicted = api_seen_load(&seen->evicted);
    stats->own = api_seen_load(&seen->own);
}
