#include "api_bulletin.h"
#include "api_siphash.h"

#include <stdatomic.h>


struct api_bulletin_s {
    size_t           max;
    _Atomic uint64_t lease; /* end << 24 | pid; 0: free */
    _Atomic uint64_t number;
    _Atomic int64_t  fetched;
    _Atomic int64_t  next;
    _Atomic uint64_t attempts;
    _Atomic uint32_t failures;
    _Atomic uint32_t reason;
    _Atomic size_t   len;
    _Atomic uint64_t sum;     /* of the text: two who write at once, a holder
                             whose lease ran out and the next, leave none */
    _Atomic uint64_t words[]; /* the text */
};


#define API_BULLETIN_PID_BITS 24

#define api_bulletin_load(p) atomic_load_explicit(p, memory_order_relaxed)
#define api_bulletin_store(p, v)                                              \
    atomic_store_explicit(p, v, memory_order_relaxed)


static uint64_t
api_bulletin_sum(api_span_t text)
{
    static const api_sipkey_t key = { 1, 2 };

    return api_siphash13(key, text);
}


static size_t
api_bulletin_words(size_t bytes)
{
    return (bytes + 7) / 8;
}


size_t
api_bulletin_size(size_t max)
{
    return sizeof(api_bulletin_t) + api_bulletin_words(max) * 8;
}


void
api_bulletin_init(api_bulletin_t *b, size_t max)
{
    b->max = max;
}


static bool
api_bulletin_holds(uint64_t lease, int64_t now, api_bulletin_alive_pt alive)
{
    return lease != 0 && now < (int64_t) (lease >> API_BULLETIN_PID_BITS)
           && alive((uint32_t) (lease & API_BULLETIN_MAX_PID));
}


uint64_t
api_bulletin_lease(api_bulletin_t *b, uint32_t pid, int64_t now,
    int64_t seconds, api_bulletin_alive_pt alive)
{
    uint64_t held, lease;

    held = atomic_load_explicit(&b->lease, memory_order_acquire);

    if (api_bulletin_holds(held, now, alive)) {
        return 0;
    }

    lease = ((uint64_t) (now + seconds) << API_BULLETIN_PID_BITS)
            | (pid & API_BULLETIN_MAX_PID);

    return atomic_compare_exchange_strong(&b->lease, &held, lease) ? lease : 0;
}


bool
api_bulletin_leased(
    const api_bulletin_t *b, int64_t now, api_bulletin_alive_pt alive)
{
    return api_bulletin_holds(api_bulletin_load(&b->lease), now, alive);
}


/* Whose lease is over must not write: another one may be doing so. */

static bool
api_bulletin_mine(const api_bulletin_t *b, uint64_t lease)
{
    return lease != 0
           && atomic_load_explicit(&b->lease, memory_order_acquire) == lease;
}


static bool
api_bulletin_release(api_bulletin_t *b, uint64_t lease)
{
    return atomic_compare_exchange_strong(&b->lease, &lease, 0);
}


static void
api_bulletin_good(api_bulletin_t *b, int64_t now, int64_t next)
{
    api_bulletin_store(&b->fetched, now);
    api_bulletin_store(&b->next, next);
    api_bulletin_store(&b->failures, 0);
    api_bulletin_store(&b->reason, 0);
    atomic_fetch_add(&b->attempts, 1);
}


static void
api_bulletin_write(api_bulletin_t *b, api_span_t text)
{
    size_t   i, n;
    uint64_t number, word;

    number = api_bulletin_load(&b->number) | 1; /* odd, perhaps already */

    atomic_store_explicit(&b->number, number, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);

    api_bulletin_store(&b->len, text.len);
    api_bulletin_store(&b->sum, api_bulletin_sum(text));

    for (i = 0; i < text.len; i += 8) {
        n = text.len - i < 8 ? text.len - i : 8;
        word = 0;
        memcpy(&word, text.data + i, n);
        api_bulletin_store(&b->words[i / 8], word);
    }

    atomic_store_explicit(&b->number, number + 1, memory_order_release);
}


bool
api_bulletin_publish(api_bulletin_t *b, uint64_t lease, api_span_t text,
    int64_t now, int64_t next)
{
    if (!api_bulletin_mine(b, lease) || text.len > b->max) {
        return false;
    }

    api_bulletin_write(b, text);
    api_bulletin_good(b, now, next);

    return api_bulletin_release(b, lease);
}


bool
api_bulletin_confirm(
    api_bulletin_t *b, uint64_t lease, int64_t now, int64_t next)
{
    if (!api_bulletin_mine(b, lease)) {
        return false;
    }

    api_bulletin_good(b, now, next);

    return api_bulletin_release(b, lease);
}


bool
api_bulletin_fail(
    api_bulletin_t *b, uint64_t lease, uint32_t reason, int64_t next)
{
    if (!api_bulletin_mine(b, lease)) {
        return false;
    }

    api_bulletin_store(&b->next, next);
    api_bulletin_store(&b->reason, reason);
    atomic_fetch_add(&b->failures, 1);
    atomic_fetch_add(&b->attempts, 1);

    return api_bulletin_release(b, lease);
}


bool
api_bulletin_give_up(api_bulletin_t *b, uint64_t lease)
{
    return api_bulletin_mine(b, lease) && api_bulletin_release(b, lease);
}


uint64_t
api_bulletin_number(const api_bulletin_t *b)
{
    return atomic_load_explicit(&b->number, memory_order_acquire);
}


bool
api_bulletin_read(
    const api_bulletin_t *b, uint8_t *buf, size_t *len, uint64_t *number)
{
    size_t   i, n;
    uint64_t before, word, sum;

    before = api_bulletin_number(b);

    if (before == 0 || before % 2 == 1) {
        return false;
    }

    *len = api_bulletin_load(&b->len);
    sum = api_bulletin_load(&b->sum);

    if (*len > b->max) {
        return false;
    }

    for (i = 0; i < *len; i += 8) {
        n = *len - i < 8 ? *len - i : 8;
        word = api_bulletin_load(&b->words[i / 8]);
        memcpy(buf + i, &word, n);
    }

    atomic_thread_fence(memory_order_acquire);

    *number = before;

    return api_bulletin_load(&b->number) == before
           && api_bulletin_sum(api_span(buf, *len)) == sum;
}


void
api_bulletin_state(const api_bulletin_t *b, api_bulletin_state_t *state)
{
    state->fetched = api_bulletin_load(&b->fetched);
    state->next = api_bulletin_load(&b->next);
    state->attempts = api_bulletin_load(&b->attempts);
    state->failures = api_bulletin_load(&b->failures);
    state->reason = api_bulletin_load(&b->reason);
}


void
api_bulletin_copy(api_bulletin_t *to, const api_bulletin_t *from)
{
    size_t   i, len;
    uint64_t number;

    number = api_bulletin_number(from);
    len = api_bulletin_load(&from->len);

    if (number == 0 || number % 2 == 1 || len > to->max || len > from->max) {
        return;
    }

    for (i = 0; i < api_bulletin_words(len); i++) {
        api_bulletin_store(&to->words[i], api_bulletin_load(&from->words[i]));
    }

    api_bulletin_store(&to->len, len);
    api_bulletin_store(&to->sum, api_bulletin_load(&from->sum));
    api_bulletin_store(&to->fetched, api_bulletin_load(&from->fetched));
    api_bulletin_store(&to->next, api_bulletin_load(&from->next));

    atomic_thread_fence(memory_order_acquire);

    if (api_bulletin_load(&from->number) == number) {
        api_bulletin_store(&to->number, number);
    }
}
