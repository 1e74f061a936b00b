#define _DEFAULT_SOURCE

#include "ut.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define UT_MAX_GUARDS 4096

static unsigned ut_run, ut_failed;

static struct {
    void  *base;
    size_t size;
} ut_guards[UT_MAX_GUARDS];

static unsigned ut_nguards;


static bool ut_report(bool cond, const char *file, int line, const char *fmt,
    va_list ap) __attribute__((format(printf, 4, 0)));

static bool
ut_report(bool cond, const char *file, int line, const char *fmt, va_list ap)
{
    printf("%sok %u - ", cond ? "" : "not ", ++ut_run);
    vprintf(fmt, ap);
    printf("\n");

    if (!cond) {
        ut_failed++;
        printf("#   failed at %s:%d\n", file, line);
    }

    fflush(stdout);

    return cond;
}


bool
ut_check(bool cond, const char *file, int line, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    ut_report(cond, file, line, fmt, ap);
    va_end(ap);

    return cond;
}


bool
ut_check_int(long long got, long long want, const char *file, int line,
    const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    ut_report(got == want, file, line, fmt, ap);
    va_end(ap);

    if (got != want) {
        printf("#   got %lld, want %lld\n", got, want);
    }

    return got == want;
}


static void
ut_print_span(const char *what, api_span_t s)
{
    size_t i;

    printf("#   %s %zu bytes: \"", what, s.len);

    for (i = 0; i < s.len && i < 200; i++) {
        if (s.data[i] >= 0x20 && s.data[i] < 0x7f) {
            putchar(s.data[i]);
        } else {
            printf("\\x%02x", s.data[i]);
        }
    }

    printf("\"\n");
}


bool
ut_check_span(api_span_t got, api_span_t want, const char *file, int line,
    const char *fmt, ...)
{
    bool    same;
    va_list ap;

    same = got.len == want.len
           && (got.len == 0 || memcmp(got.data, want.data, got.len) == 0);

    va_start(ap, fmt);
    ut_report(same, file, line, fmt, ap);
    va_end(ap);

    if (!same) {
        ut_print_span("got ", got);
        ut_print_span("want", want);
    }

    return same;
}


int
ut_done(void)
{
    ut_guard_reset();
    printf("1..%u\n", ut_run);

    return ut_failed != 0;
}


static uint8_t *
ut_guard_map(size_t len, size_t *body)
{
    size_t   page;
    uint8_t *p;

    page = (size_t) sysconf(_SC_PAGESIZE);
    *body = (len + page - 1) / page * page;

    if (ut_nguards == UT_MAX_GUARDS) {
        ut_guard_reset();
    }

    p = mmap(
        NULL, *body + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED
        || (*body && mprotect(p + page, *body, PROT_READ | PROT_WRITE)))
    {
        printf("Bail out! no memory for a guard page\n");
        exit(2);
    }

    ut_guards[ut_nguards].base = p;
    ut_guards[ut_nguards++].size = *body + 2 * page;

    return p + page;
}


api_span_t
ut_guard(api_span_t s)
{
    size_t   body;
    uint8_t *p;

    p = ut_guard_map(s.len, &body);
    p += body - s.len;

    if (s.len) {
        memcpy(p, s.data, s.len);
    }

    return api_span(p, s.len);
}


api_span_t
ut_guard_front(api_span_t s)
{
    size_t   body;
    uint8_t *p;

    p = ut_guard_map(s.len, &body);

    if (s.len) {
        memcpy(p, s.data, s.len);
    }

    return api_span(p, s.len);
}


void
ut_guard_reset(void)
{
    while (ut_nguards) {
        ut_nguards--;
        munmap(ut_guards[ut_nguards].base, ut_guards[ut_nguards].size);
    }
}


static void *
ut_alloc_alloc(void *ctx, size_t size)
{
    void       *p;
    ut_alloc_t *u = ctx;

    if (++u->calls == u->fail_at) {
        return NULL;
    }

    p = malloc(size ? size : 1);

    if (p) {
        u->live++;
    }

    return p;
}


static void
ut_alloc_free(void *ctx, void *p)
{
    ut_alloc_t *u = ctx;

    if (p) {
        u->live--;
        free(p);
    }
}


void
ut_arm(ut_alloc_t *u, size_t fail_at)
{
    u->alloc.alloc = ut_alloc_alloc;
    u->alloc.free = ut_alloc_free;
    u->alloc.ctx = u;
    u->fail_at = fail_at;
    u->calls = 0;
    u->live = 0;
}


/* splitmix64 (Steele, Lea, Flood 2014) */

uint64_t
ut_rand(ut_rand_t *r)
{
    uint64_t z;

    z = (r->s += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;

    return z ^ (z >> 31);
}


uint64_t
ut_below(ut_rand_t *r, uint64_t n)
{
    return ut_rand(r) % n;
}


api_span_t
ut_file(const char *path)
{
    long     size;
    FILE    *f;
    uint8_t *p;

    f = fopen(path, "rb");
    if (f == NULL) {
        return api_span(NULL, 0);
    }

    p = NULL;

    if (fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0
        && fseek(f, 0, SEEK_SET) == 0 && (p = malloc((size_t) size + 1)))
    {
        if (fread(p, 1, (size_t) size, f) == (size_t) size) {
            fclose(f);
            return api_span(p, (size_t) size);
        }
    }

    free(p);
    fclose(f);

    return api_span(NULL, 0);
}
