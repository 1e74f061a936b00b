#include "api_base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>


static inline uint8_t
api_lower(uint8_t c)
{
    return (uint8_t) (c - 'A') < 26 ? (uint8_t) (c | 0x20) : c;
}


bool
api_span_eq_nocase(api_span_t a, api_span_t b)
{
    size_t i;

    if (a.len != b.len) {
        return false;
    }

    for (i = 0; i < a.len; i++) {
        if (api_lower(a.data[i]) != api_lower(b.data[i])) {
            return false;
        }
    }

    return true;
}


/* Word by word, each of them whatever the others were. */

bool
api_span_eq_secret(api_span_t a, api_span_t b)
{
    size_t            i;
    uint64_t          x, y;
    volatile uint64_t diff;

    if (a.len != b.len) {
        return false;
    }

    diff = 0;

    for (i = 0; a.len - i >= sizeof(x); i += sizeof(x)) {
        memcpy(&x, a.data + i, sizeof(x));
        memcpy(&y, b.data + i, sizeof(y));
        diff |= x ^ y;
    }

    for (/* void */; i < a.len; i++) {
        diff |= (uint64_t) (a.data[i] ^ b.data[i]);
    }

    return diff == 0;
}


int
api_fail(api_err_t *err, int rc, int code, size_t pos, const char *fmt, ...)
{
    va_list ap;

    if (err == NULL) {
        return rc;
    }

    err->code = code;
    err->pos = pos;

    va_start(ap, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);

    return rc;
}


static void *
api_libc_alloc(void *ctx, size_t size)
{
    (void) ctx;

    return malloc(size ? size : 1);
}


static void
api_libc_free(void *ctx, void *p)
{
    (void) ctx;
    free(p);
}


const api_alloc_t api_alloc_libc = { api_libc_alloc, api_libc_free, NULL };
