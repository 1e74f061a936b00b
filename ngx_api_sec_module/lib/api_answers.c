#include "api_answers.h"
#include "api_siphash.h"

#include <stdatomic.h>


#define API_ANSWERS_MAGIC 0x31534e41u
#define API_ANSWERS_WAYS 4
#define API_ANSWERS_WORDS (API_ANSWERS_MAX / 8)

typedef struct {
    _Atomic uint64_t word[4]; /* digest */
    _Atomic uint64_t sum;
    _Atomic uint64_t until;
    _Atomic uint64_t len;
    _Atomic uint64_t text[API_ANSWERS_WORDS];
} api_answers_slot_t;

struct api_answers_s {
    uint32_t           magic;
    uint32_t           ngroups;
    _Atomic uint64_t   hits;
    _Atomic uint64_t   misses;
    _Atomic uint64_t   added;
    _Atomic uint64_t   too_large;
    _Atomic uint64_t   evicted;
    api_answers_slot_t slots[];
};


#define api_answers_load(p) atomic_load_explicit(p, memory_order_relaxed)
#define api_answers_store(p, v)                                               \
    atomic_store_explicit(p, v, memory_order_relaxed)
#define api_answers_count(p)                                                  \
    (void) atomic_fetch_add_explicit(p, 1, memory_order_relaxed)


static uint32_t
api_answers_groups(size_t size)
{
    size_t n;

    n = (size - sizeof(api_answers_t))
        / (API_ANSWERS_WAYS * sizeof(api_answers_slot_t));

    return n > UINT32_MAX / API_ANSWERS_WAYS ? UINT32_MAX / API_ANSWERS_WAYS
                                             : (uint32_t) n;
}


api_answers_t *
api_answers_init(void *mem, size_t size)
{
    api_answers_t *a = mem;

    if (size < API_ANSWERS_MIN_SIZE) {
        return NULL;
    }

    a->ngroups = api_answers_groups(size);
    a->magic = API_ANSWERS_MAGIC;

    return a;
}


api_answers_t *
api_answers_at(void *mem, size_t size)
{
    api_answers_t *a = mem;

    return size >= API_ANSWERS_MIN_SIZE && a->magic == API_ANSWERS_MAGIC
                   && a->ngroups == api_answers_groups(size)
               ? a
               : NULL;
}


/* Over text, end and length, keyed by the digest: which only who has the
   token knows. */

static uint64_t
api_answers_sum(const uint64_t word[4], api_span_t text, uint64_t until)
{
    api_sipkey_t key = { word[0] ^ until, word[1] };
    uint64_t     sum;

    sum = api_siphash13(key, text);

    return sum ^ word[2] ^ word[3] ^ text.len;
}


static api_answers_slot_t *
api_answers_group(api_answers_t *a, const uint8_t digest[32], uint64_t word[4])
{
    memcpy(word, digest, 32);

    return &a->slots[API_ANSWERS_WAYS
                     * (size_t) (((word[3] >> 32) * a->ngroups) >> 32)];
}


static bool
api_answers_is(const api_answers_slot_t *s, const uint64_t word[4])
{
    return api_answers_load(&s->word[0]) == word[0]
           && api_answers_load(&s->word[1]) == word[1]
           && api_answers_load(&s->word[2]) == word[2]
           && api_answers_load(&s->word[3]) == word[3];
}


static bool
api_answers_copy(const api_answers_slot_t *s, const uint64_t word[4],
    int64_t now, uint8_t *buf, size_t *len)
{
    size_t   i, n;
    uint64_t w, until, size;

    until = api_answers_load(&s->until);
    size = api_answers_load(&s->len);

    if (now < 0 || (uint64_t) now >= until || size > API_ANSWERS_MAX) {
        return false;
    }

    for (i = 0; i < size; i += 8) {
        n = size - i < 8 ? (size_t) size - i : 8;
        w = api_answers_load(&s->text[i / 8]);
        memcpy(buf + i, &w, n);
    }

    *len = (size_t) size;

    return api_answers_load(&s->sum)
           == api_answers_sum(word, api_span(buf, *len), until);
}


bool
api_answers_find(api_answers_t *a, const uint8_t digest[32], int64_t now,
    uint8_t *buf, size_t *len)
{
    size_t              i;
    uint64_t            word[4];
    api_answers_slot_t *s;

    s = api_answers_group(a, digest, word);

    for (i = 0; i < API_ANSWERS_WAYS; i++) {
        if (api_answers_is(&s[i], word)
            && api_answers_copy(&s[i], word, now, buf, len))
        {
            api_answers_count(&a->hits);
            return true;
        }
    }

    api_answers_count(&a->misses);
    return false;
}


static api_answers_slot_t *
api_answers_place(api_answers_t *a, api_answers_slot_t *s,
    const uint64_t word[4], int64_t now)
{
    size_t              i;
    api_answers_slot_t *first = s;

    for (i = 0; i < API_ANSWERS_WAYS; i++) {
        if (api_answers_is(&s[i], word)) {
            return &s[i];
        }

        if (api_answers_load(&s[i].until) < api_answers_load(&first->until)) {
            first = &s[i];
        }
    }

    if (api_answers_load(&first->until) > (uint64_t) now) {
        api_answers_count(&a->evicted);
    }

    return first;
}


void
api_answers_add(api_answers_t *a, const uint8_t digest[32], api_span_t text,
    int64_t until, int64_t now)
{
    size_t              i, n;
    uint64_t            word[4], w;
    api_answers_slot_t *s;

    if (now < 0 || until <= now) {
        return;
    }

    if (text.len > API_ANSWERS_MAX) {
        api_answers_count(&a->too_large);
        return;
    }

    s = api_answers_group(a, digest, word);
    s = api_answers_place(a, s, word, now);

    for (i = 0; i < 4; i++) {
        api_answers_store(&s->word[i], word[i]);
    }

    for (i = 0; i < text.len; i += 8) {
        n = text.len - i < 8 ? text.len - i : 8;
        w = 0;
        memcpy(&w, text.data + i, n);
        api_answers_store(&s->text[i / 8], w);
    }

    api_answers_store(&s->len, (uint64_t) text.len);
    api_answers_store(&s->until, (uint64_t) until);
    api_answers_store(&s->sum, api_answers_sum(word, text, (uint64_t) until));

    api_answers_count(&a->added);
}


void
api_answers_stats(const api_answers_t *a, api_answers_stats_t *stats)
{
    stats->entries = (uint64_t) a->ngroups * API_ANSWERS_WAYS;
    stats->hits = api_answers_load(&a->hits);
    stats->misses = api_answers_load(&a->misses);
    stats->added = api_answers_load(&a->added);
    stats->too_large = api_answers_load(&a->too_large);
    stats->evicted = api_answers_load(&a->evicted);
}
