#include "api_value.h"
#include "api_decimal.h"

#include <stdlib.h>


/* Two tokens whose values have to be equal. */

typedef struct {
    uint32_t a, b;
} value_pair_t;

typedef struct {
    value_pair_t *p;
    uint32_t      n, cap;
} value_stack_t;


static bool
value_spend(api_value_work_t *w, uint64_t n)
{
    if (n > w->left) {
        w->left = 0;
        return false;
    }

    w->left -= n;

    return true;
}


static uint64_t
value_mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * UINT64_C(0xff51afd7ed558ccd);
    h ^= h >> 32;

    return h * UINT64_C(0xc4ceb9fe1a85ec53);
}


static bool
value_is_text(const api_json_tok_t *t)
{
    return t->type == API_JSON_STRING || t->type == API_JSON_NAME;
}


static bool
value_is_number(const api_json_tok_t *t)
{
    return t->type == API_JSON_INT || t->type == API_JSON_REAL;
}


static api_span_t
value_raw(const api_json_t *json, uint32_t i)
{
    return api_span(json->text + json->tok[i].off, json->tok[i].len);
}


static uint64_t
value_bytes_hash(api_span_t s, uint64_t key)
{
    uint64_t h, v;

    h = value_mix(key, s.len);

    while (s.len) {
        v = 0;
        memcpy(&v, s.data, s.len < 8 ? s.len : 8);
        h = value_mix(h, v);
        s = s.len < 8 ? api_span(NULL, 0) : api_span(s.data + 8, s.len - 8);
    }

    return h;
}


static int
value_text_hash(
    api_value_work_t *w, const api_json_t *json, uint32_t i, uint64_t *hash)
{
    api_span_t            s;
    api_arena_mark_t      mark;
    const api_json_tok_t *t;

    t = &json->tok[i];

    if (!value_spend(w, 1 + t->len / 16)) {
        return API_LIMIT;
    }

    if (!(t->flags & API_JSON_F_ESCAPED)) {
        *hash = value_bytes_hash(value_raw(json, i), w->key);
        return API_OK;
    }

    mark = api_arena_mark(w->arena);

    if (api_json_string(json, i, w->arena, &s) != API_OK) {
        return API_NOMEM;
    }

    *hash = value_bytes_hash(s, w->key);
    api_arena_rewind(w->arena, mark);

    return API_OK;
}


/* Of one token.  A name has its hash on the tape, whose seed all values that
   are compared share. */

static int
value_tok_hash(
    api_value_work_t *w, const api_json_t *json, uint32_t i, uint64_t *hash)
{
    const api_json_tok_t *t;

    t = &json->tok[i];

    if (t->type == API_JSON_STRING) {
        return value_text_hash(w, json, i, hash);
    }

    if (value_is_number(t)) {
        *hash = value_mix(w->key ^ API_JSON_INT,
            api_decimal_hash(value_raw(json, i), w->key));
        return value_spend(w, 1 + t->len / 16) ? API_OK : API_LIMIT;
    }

    *hash = t->type == API_JSON_NAME
                ? value_mix(w->key, t->u.hash)
                : value_mix(w->key, (uint64_t) t->type << 32 | t->len);

    return value_spend(w, 1) ? API_OK : API_LIMIT;
}


/*
 * The tokens of the value from the last to the first: when a container is
 * reached, the hashes of its children stand in the slots of their first
 * tokens.  Elements are chained, members summed up.
 */

static void
value_fold(const api_json_t *json, uint32_t i, uint32_t base, uint64_t *h)
{
    uint32_t k, n;
    uint64_t sum;

    n = json->tok[i].len;
    sum = h[i - base];

    for (k = i + 1; n--; k = api_json_next(json, k)) {
        sum = json->tok[i].type == API_JSON_ARRAY
                  ? value_mix(sum, h[k - base])
                  : sum + value_mix(h[k - base], h[k + 1 - base]);
    }

    h[i - base] = value_mix(sum, json->tok[i].type);
}


int
api_value_hash(
    api_value_work_t *w, const api_json_t *json, uint32_t at, uint64_t *hash)
{
    int              rc;
    uint32_t         i, end;
    uint64_t        *h;
    api_arena_mark_t mark;

    /* a name by itself is a string */

    if (value_is_text(&json->tok[at])) {
        return value_text_hash(w, json, at, hash);
    }

    end = api_json_next(json, at);

    if (end == at + 1) {
        return value_tok_hash(w, json, at, hash);
    }

    mark = api_arena_mark(w->arena);
    h = api_arena_alloc(w->arena, (end - at) * sizeof(*h));

    if (h == NULL) {
        return API_NOMEM;
    }

    for (i = end, rc = API_OK; rc == API_OK && i-- > at; /* void */) {
        rc = value_tok_hash(w, json, i, &h[i - at]);

        if (rc == API_OK && json->tok[i].type >= API_JSON_ARRAY) {
            value_fold(json, i, at, h);
        }
    }

    *hash = h[0];
    api_arena_rewind(w->arena, mark);

    return rc;
}


static int
value_text_equal(api_value_work_t *w, const api_json_t *a, uint32_t i,
    const api_json_t *b, uint32_t k, bool *equal)
{
    api_span_t       s;
    api_arena_mark_t mark;

    if (!value_spend(w, 1 + b->tok[k].len / 16)) {
        return API_LIMIT;
    }

    mark = api_arena_mark(w->arena);

    if (api_json_string(b, k, w->arena, &s) != API_OK) {
        return API_NOMEM;
    }

    *equal = api_json_string_eq(a, i, s);
    api_arena_rewind(w->arena, mark);

    return API_OK;
}


static int
value_scalar_equal(api_value_work_t *w, const api_json_t *a, uint32_t i,
    const api_json_t *b, uint32_t k, bool *equal)
{
    const api_json_tok_t *ta, *tb;

    ta = &a->tok[i];
    tb = &b->tok[k];

    if (value_is_number(ta)) {
        *equal = value_is_number(tb)
                 && api_json_number_cmp(value_raw(a, i), value_raw(b, k)) == 0;
        return value_spend(w, 1 + (ta->len + tb->len) / 16) ? API_OK
                                                            : API_LIMIT;
    }

    if (value_is_text(ta) && value_is_text(tb)) {
        return value_text_equal(w, a, i, b, k, equal);
    }

    if (ta->type != tb->type) {
        *equal = false;
        return API_OK;
    }

    *equal = ta->type < API_JSON_ARRAY || ta->len == tb->len;

    return value_spend(w, 1) ? API_OK : API_LIMIT;
}


static bool
value_push(api_value_work_t *w, value_stack_t *s, uint32_t a, uint32_t b)
{
    uint32_t      cap;
    value_pair_t *p;

    if (s->n == s->cap) {
        cap = s->cap ? 2 * s->cap : 32;
        p = api_arena_grow(
            w->arena, s->p, s->n * sizeof(*p), cap * sizeof(*p));

        if (p == NULL) {
            return false;
        }

        s->p = p;
        s->cap = cap;
    }

    s->p[s->n++] = (value_pair_t){ a, b };

    return true;
}


/* A name's hash under our key, and its token: an order both objects share,
   whatever the seeds of their tapes. */

typedef struct {
    uint64_t hash;
    uint32_t tok;
} value_name_t;


static int
value_name_cmp(const void *a, const void *b)
{
    uint64_t x, y;

    x = ((const value_name_t *) a)->hash;
    y = ((const value_name_t *) b)->hash;

    return (x > y) - (x < y);
}


static int
value_names(api_value_work_t *w, const api_json_t *json, uint32_t at,
    value_name_t **out)
{
    int           rc;
    uint32_t      i, k, n;
    value_name_t *names;

    n = json->tok[at].len;
    names = api_arena_alloc(w->arena, n * sizeof(*names));

    if (names == NULL) {
        return API_NOMEM;
    }

    for (i = at + 1, k = 0; k < n; k++, i = api_json_next(json, i)) {
        names[k].tok = i;
        rc = value_text_hash(w, json, i, &names[k].hash);

        if (rc != API_OK) {
            return rc;
        }
    }

    qsort(names, n, sizeof(*names), value_name_cmp);
    *out = names;

    return API_OK;
}


/*
 * Names sorted by their hashes: equal sets of names give equal rows.  Two
 * different names of one object with one hash (nobody can choose them) might
 * stand in different orders; then the objects count as different.
 */

static int
value_push_members(api_value_work_t *w, value_stack_t *s, const api_json_t *a,
    uint32_t i, const api_json_t *b, uint32_t k, bool *equal)
{
    int           rc;
    uint32_t      n;
    value_name_t *na, *nb;

    rc = value_names(w, a, i, &na);
    rc = rc == API_OK ? value_names(w, b, k, &nb) : rc;

    for (n = 0; rc == API_OK && *equal && n < a->tok[i].len; n++) {
        rc = value_text_equal(w, a, na[n].tok, b, nb[n].tok, equal);

        if (rc == API_OK && !value_push(w, s, na[n].tok + 1, nb[n].tok + 1)) {
            rc = API_NOMEM;
        }
    }

    return rc;
}


static int
value_push_elements(api_value_work_t *w, value_stack_t *s, const api_json_t *a,
    uint32_t i, const api_json_t *b, uint32_t k)
{
    uint32_t n;

    n = a->tok[i].len;

    for (i++, k++; n--; i = api_json_next(a, i), k = api_json_next(b, k)) {
        if (!value_push(w, s, i, k)) {
            return API_NOMEM;
        }
    }

    return API_OK;
}


static int
value_pairs(api_value_work_t *w, const api_json_t *a, uint32_t at,
    const api_json_t *b, uint32_t bt, bool *equal)
{
    int           rc;
    value_pair_t  p;
    value_stack_t s;

    memset(&s, 0, sizeof(s));
    rc = value_push(w, &s, at, bt) ? API_OK : API_NOMEM;
    *equal = true;

    while (rc == API_OK && s.n && *equal) {
        p = s.p[--s.n];
        rc = value_scalar_equal(w, a, p.a, b, p.b, equal);

        if (rc != API_OK || !*equal || a->tok[p.a].type < API_JSON_ARRAY) {
            continue;
        }

        rc = a->tok[p.a].type == API_JSON_ARRAY
                 ? value_push_elements(w, &s, a, p.a, b, p.b)
                 : value_push_members(w, &s, a, p.a, b, p.b, equal);
    }

    return rc;
}


int
api_value_equal(api_value_work_t *w, const api_json_t *a, uint32_t at,
    const api_json_t *b, uint32_t bt, bool *equal)
{
    int              rc;
    api_arena_mark_t mark;

    if (a->tok[at].type < API_JSON_ARRAY) {
        return value_scalar_equal(w, a, at, b, bt, equal);
    }

    mark = api_arena_mark(w->arena);
    rc = value_pairs(w, a, at, b, bt, equal);
    api_arena_rewind(w->arena, mark);

    return rc;
}


/* Equal hashes stand side by side; a run of them is compared pair by pair. */

static int
value_unique_sorted(api_value_work_t *w, const api_json_t *json,
    const value_name_t *v, uint32_t n, uint32_t *later)
{
    int      rc;
    bool     equal;
    uint32_t i, k;

    for (i = 1; i < n; i++) {
        for (k = i; k-- > 0 && v[k].hash == v[i].hash; /* void */) {
            rc = api_value_equal(w, json, v[k].tok, json, v[i].tok, &equal);

            if (rc != API_OK) {
                return rc;
            }

            if (equal) {
                *later = v[k].tok > v[i].tok ? v[k].tok : v[i].tok;
                return API_OK;
            }
        }
    }

    return API_OK;
}


int
api_value_unique(
    api_value_work_t *w, const api_json_t *json, uint32_t at, uint32_t *later)
{
    int              rc;
    uint32_t         i, k, n;
    value_name_t    *v;
    api_arena_mark_t mark;

    *later = API_JSON_NONE;
    n = json->tok[at].len;

    if (n < 2) {
        return API_OK;
    }

    mark = api_arena_mark(w->arena);
    v = api_arena_alloc(w->arena, n * sizeof(*v));
    rc = v ? API_OK : API_NOMEM;

    for (i = at + 1, k = 0; rc == API_OK && k < n; k++) {
        v[k].tok = i;
        rc = api_value_hash(w, json, i, &v[k].hash);
        i = api_json_next(json, i);
    }

    if (rc == API_OK) {
        qsort(v, n, sizeof(*v), value_name_cmp);
        rc = value_unique_sorted(w, json, v, n, later);
    }

    api_arena_rewind(w->arena, mark);

    return rc;
}
