/*
 * Compiled patterns of @rx, one of each in the process.  A configuration that
 * is read again finds what the one before it compiled: PCRE2's JIT has nothing
 * to do, and its heap does not break into pieces where old code and new code
 * alternate.
 */

#include "api_operator_int.h"
#include "api_siphash.h"

#include <stdlib.h>

#define CODE_SLOTS 1024

struct api_operator_code_s {
    api_operator_code_t *next;
    size_t               refs;
    pcre2_code          *code;
    bool                 jit;
    size_t               len;
    uint8_t              text[];
};

static api_operator_code_t *code_slots[CODE_SLOTS];


/* Patterns are the administrator's: the key need not be a secret. */

static api_operator_code_t **
code_slot(api_span_t pattern)
{
    api_sipkey_t key = { 0, 0 };

    return &code_slots[api_siphash13(key, pattern) % CODE_SLOTS];
}


static api_operator_code_t *
code_find(api_operator_code_t *c, api_span_t pattern)
{
    while (c && !api_span_eq(pattern, api_span(c->text, c->len))) {
        c = c->next;
    }

    return c;
}


static api_operator_code_t *
code_new(api_span_t pattern, int *error, size_t *at)
{
    api_operator_code_t *c;

    c = malloc(sizeof(*c) + pattern.len);

    if (c == NULL) {
        *error = PCRE2_ERROR_NOMEMORY;
        *at = 0;
        return NULL;
    }

    c->len = pattern.len;

    if (pattern.len) {
        memcpy(c->text, pattern.data, pattern.len);
    }

    c->code = api_operator_rx_compile(
        api_span(c->text, c->len), PCRE2_USE_OFFSET_LIMIT, error, at);

    if (c->code == NULL) {
        free(c);
        return NULL;
    }

    c->jit = pcre2_jit_compile(c->code, PCRE2_JIT_COMPLETE) == 0;
    c->refs = 0;

    return c;
}


api_operator_code_t *
api_operator_code_take(api_span_t pattern, int *error, size_t *at)
{
    api_operator_code_t *c, **slot;

    slot = code_slot(pattern);
    c = code_find(*slot, pattern);

    if (c == NULL) {
        c = code_new(pattern, error, at);

        if (c == NULL) {
            return NULL;
        }

        c->next = *slot;
        *slot = c;
    }

    c->refs++;

    return c;
}


const pcre2_code *
api_operator_code(const api_operator_code_t *c, bool *jit)
{
    *jit = c->jit;

    return c->code;
}


void
api_operator_code_release(api_operator_code_t *c)
{
    api_operator_code_t **p;

    if (c == NULL || --c->refs > 0) {
        return;
    }

    p = code_slot(api_span(c->text, c->len));

    while (*p != c) {
        p = &(*p)->next;
    }

    *p = c->next;
    pcre2_code_free(c->code);
    free(c);
}
