/*
 * Compare-and-swap of two adjacent words, for tables in memory that several
 * processes share.
 *
 * x86-64 has an instruction for it since 2006, arm64 a pair.  Elsewhere, or
 * with API_CAS_PORTABLE defined, one of the locks given guards the words for
 * the few instructions this takes; a process that is killed just there leaves
 * a lock that the next one breaks after API_CAS_PATIENCE looks at it.
 *
 * A failed compare sets *old to what was seen.  Sequentially consistent.
 */

#ifndef API_CAS128_H
#define API_CAS128_H

#include "api_base.h"


typedef struct {
    _Alignas(16) uint64_t tag;
    uint64_t val;
} api_slot_t;

#define API_CAS_LOCKS 32
#define API_CAS_PATIENCE (1U << 24)

#if !defined(API_CAS_PORTABLE) && defined(__x86_64__)

static inline bool
api_cas128(api_slot_t *slot, api_slot_t *old, api_slot_t next, uint32_t *locks)
{
    bool ok;

    (void) locks;

    __asm__ volatile("lock cmpxchg16b %1"
                     : "=@ccz"(ok), "+m"(*slot), "+a"(old->tag), "+d"(old->val)
                     : "b"(next.tag), "c"(next.val)
                     : "memory");

    return ok;
}

#elif !defined(API_CAS_PORTABLE) && defined(__aarch64__)

/*
 * Exclusive load and store of the pair.  What a failed compare reports may be
 * two halves of different times: every caller compares again.
 */

static inline bool
api_cas128(api_slot_t *slot, api_slot_t *old, api_slot_t next, uint32_t *locks)
{
    uint64_t tag, val;
    uint32_t busy;

    (void) locks;

    __asm__ volatile(
        "1: ldaxp %0, %1, %3\n"
        "   cmp %0, %4\n"
        "   ccmp %1, %5, #0, eq\n"
        "   b.ne 2f\n"
        "   stlxp %w2, %6, %7, %3\n"
        "   cbnz %w2, 1b\n"
        "   dmb ish\n"
        "   b 3f\n"
        "2: clrex\n"
        "   mov %w2, #1\n"
        "3:\n"
        : "=&r"(tag), "=&r"(val), "=&r"(busy), "+Q"(*slot)
        : "r"(old->tag), "r"(old->val), "r"(next.tag), "r"(next.val)
        : "cc", "memory");

    if (busy) {
        old->tag = tag;
        old->val = val;
    }

    return busy == 0;
}

#else

static inline bool
api_cas128(api_slot_t *slot, api_slot_t *old, api_slot_t next, uint32_t *locks)
{
    bool      ok;
    uint32_t *lock, n, free;

    lock = &locks[(uintptr_t) slot / sizeof(api_slot_t) % API_CAS_LOCKS];

    for (n = 0; n < API_CAS_PATIENCE; n++) {
        free = 0;

        if (__atomic_compare_exchange_n(
                lock, &free, 1, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
        {
            break;
        }
    }

    ok = slot->tag == old->tag && slot->val == old->val;

    if (ok) {
        __atomic_store_n(&slot->val, next.val, __ATOMIC_SEQ_CST);
        __atomic_store_n(&slot->tag, next.tag, __ATOMIC_SEQ_CST);

    } else {
        old->tag = __atomic_load_n(&slot->tag, __ATOMIC_SEQ_CST);
        old->val = __atomic_load_n(&slot->val, __ATOMIC_SEQ_CST);
    }

    __atomic_store_n(lock, 0, __ATOMIC_SEQ_CST);

    return ok;
}

#endif


#endif /* API_CAS128_H */
