/*
 * Unit tests without a framework: TAP on stdout, read by prove.
 *
 *     int main(void)
 *     {
 *         ut_ok(1 + 1 == 2, "sums");
 *         return ut_done();
 *     }
 *
 * A test is one program, t/unit/test_NOUN.c, linked with every pure library.
 */

#ifndef UT_H
#define UT_H

#include "api_base.h"


/* One TAP line; a failed one says file and line on stderr. Returns cond. */

#define ut_ok(cond, ...) ut_check((cond), __FILE__, __LINE__, __VA_ARGS__)

/* Equal integers, or equal bytes; both print what they saw when not. */

#define ut_int(got, want, ...)                                                \
    ut_check_int((long long) (got), (long long) (want), __FILE__, __LINE__,   \
        __VA_ARGS__)
#define ut_span(got, want, ...)                                               \
    ut_check_span((got), (want), __FILE__, __LINE__, __VA_ARGS__)

bool ut_check(bool cond, const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
bool ut_check_int(long long got, long long want, const char *file, int line,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
bool ut_check_span(api_span_t got, api_span_t want, const char *file, int line,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* The plan, and the exit status for main. */

int ut_done(void);


/*
 * A copy of s that ends at an unreadable page (or, ut_guard_front, begins
 * behind one): reading one byte too many is a crash even without a
 * sanitizer.  Valid until ut_guard_reset.
 */

api_span_t ut_guard(api_span_t s);
api_span_t ut_guard_front(api_span_t s);
void       ut_guard_reset(void);


/*
 * An allocator that fails at its n-th call (0: never), and counts: for the
 * sweep that fails every allocation of an operation once.
 *
 *     for (n = 1; ; n++) {
 *         ut_alloc_t u;  ut_arm(&u, n);
 *         rc = operation(&u.alloc);
 *         u.live must be 0 after the clean-up
 *         if (u.calls < n) break;          // it got through
 *         rc must be API_NOMEM
 *     }
 */

typedef struct {
    api_alloc_t alloc; /* hand out &u->alloc; alloc.ctx is set by ut_arm */
    size_t      fail_at;
    size_t      calls;
    size_t      live;
} ut_alloc_t;

/* u stays where it is as long as its allocator is used. */

void ut_arm(ut_alloc_t *u, size_t fail_at);


/* A small reproducible random source, for property tests. */

typedef struct {
    uint64_t s;
} ut_rand_t;

uint64_t ut_rand(ut_rand_t *r);
uint64_t ut_below(ut_rand_t *r, uint64_t n); /* 0 .. n-1 */


/* The whole of a file, with libc's malloc; data NULL when it cannot be read. */

api_span_t ut_file(const char *path);


#endif /* UT_H */
