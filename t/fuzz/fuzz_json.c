/*
 * Input: a byte whose low bits choose limits, flags and seed, then a JSON
 * text.  Whatever the parser says of it, it says wherever the text stands in
 * memory and under every seed; a tape holds all that json/check.h asks; an
 * error gives all memory back and points into the text.
 */

#include "api_json_hash.h"
#include "json/check.h"
#include "fuzz.h"

#include <stdio.h>


/* Under the last one all names of up to 8 bytes have one hash. */

static const api_sipkey_t seeds[] = { { 31, 32 }, { 5, API_JSON_K1 } };

static const api_json_limits_t limits[] = {
    { 64, 100000, 10000, 1024, 1 << 20, 100 },
    { 8, 64, 16, 20, 40, 20 },
    { 3, 8, 4, 4, 6, 3 },
    { UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX },
};


typedef struct {
    int        rc;
    api_err_t  err;
    api_json_t doc;
} result_t;


static result_t
parse(api_span_t text, const api_json_limits_t *l, unsigned flags,
    api_sipkey_t seed, api_arena_t *arena)
{
    size_t   held;
    result_t r;

    held = arena->held;
    memset(&r, 0, sizeof(r));
    r.rc = api_json_parse(&r.doc, text, l, flags, seed, arena, &r.err);

    if (r.rc != API_OK) {
        MUST(r.rc == API_SYNTAX || r.rc == API_DUPLICATE || r.rc == API_LIMIT);
        MUST(r.err.code > API_JSON_E_NONE && r.err.code < API_JSON_E_NOMEM);
        MUST((r.rc == API_DUPLICATE) == (r.err.code == API_JSON_E_DUPLICATE));
        MUST(r.err.pos <= text.len);
        MUST((r.err.pos == text.len)
             == (r.err.code == API_JSON_E_END
                 || r.err.code == API_JSON_E_EMPTY));
        MUST(arena->held == held);
    }

    return r;
}


/* The same tape? */

static void
check_same(const result_t *a, const result_t *b, bool hashes)
{
    uint32_t       i;
    api_json_tok_t x, y;

    MUST(a->rc == b->rc);

    if (a->rc != API_OK) {
        MUST(a->err.code == b->err.code && a->err.pos == b->err.pos);
        return;
    }

    MUST(a->doc.ntok == b->doc.ntok);

    for (i = 0; i < a->doc.ntok; i++) {
        x = a->doc.tok[i];
        y = b->doc.tok[i];

        if (x.type == API_JSON_NAME && !hashes) {
            x.u.hash = 0;
            y.u.hash = 0;
        }

        MUST(memcmp(&x, &y, sizeof(x)) == 0);
    }
}


/* Every other place in a block of 16, the end of the block at the end of the
   text. */

static void
check_moved(const result_t *r, api_span_t text, const api_json_limits_t *l,
    unsigned flags, api_sipkey_t seed, api_arena_t *arena)
{
    size_t           shift;
    uint8_t         *copy;
    result_t         moved;
    api_arena_mark_t mark;

    for (shift = 1; shift < 16; shift += 7) {
        mark = api_arena_mark(arena);
        copy = malloc(shift + text.len);
        MUST(copy);
        memcpy(copy + shift, text.data, text.len);

        moved = parse(api_span(copy + shift, text.len), l, flags, seed, arena);
        check_same(r, &moved, true);

        free(copy);
        api_arena_rewind(arena, mark);
    }
}


/* The first few numbers are in one order, however they are asked. */

static void
check_order(const api_json_t *doc)
{
    int        ab;
    double     x, y;
    uint32_t   i, n, at[8];
    api_span_t a, b;

    n = 0;

    for (i = 0; i < doc->ntok && n < 8; i++) {
        if (doc->tok[i].type == API_JSON_INT
            || doc->tok[i].type == API_JSON_REAL) {
            at[n++] = i;
        }
    }

    for (i = 1; i < n; i++) {
        a = api_json_raw(doc, at[i - 1]);
        b = api_json_raw(doc, at[i]);
        ab = api_json_number_cmp(a, b);

        MUST(ab >= -1 && ab <= 1);
        MUST(api_json_number_cmp(b, a) == -ab);

        if (api_json_double(doc, at[i - 1], &x)
            && api_json_double(doc, at[i], &y)) {
            MUST(x == y || (x < y) == (ab < 0));
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned                 flags;
    result_t                 r, other;
    api_span_t               text;
    api_arena_t              arena;
    const char              *bad;
    api_sipkey_t             seed;
    const api_json_limits_t *l;

    if (size == 0 || size > 1 << 16) {
        return 0;
    }

    l = &limits[data[0] & 3];
    flags = data[0] & 4 ? API_JSON_ALLOW_NUL : 0;
    seed = seeds[data[0] >> 3 & 1];
    text = api_span(data + 1, size - 1);

    api_arena_init(&arena, &api_alloc_libc, 0, 0);
    r = parse(text, l, flags, seed, &arena);
    check_moved(&r, text, l, flags, seed, &arena);

    /* a bad seed may find a duplicate later than a syntax error */

    other = parse(text, l, flags, seeds[data[0] & 8 ? 0 : 1], &arena);
    MUST((r.rc == API_OK) == (other.rc == API_OK));

    if (r.rc == API_OK) {
        check_same(&r, &other, false);

        /* within more generous limits the same */

        other = parse(text, &limits[3], API_JSON_ALLOW_NUL, seed, &arena);
        check_same(&r, &other, true);

        check_order(&r.doc);
        bad = json_check(&r.doc, l, flags, &arena);

        if (bad) {
            fprintf(stderr, "does not hold: %s\n", bad);
            abort();
        }
    }

    api_arena_free(&arena);

    return 0;
}
