/*
 * Two members of one object with the same decoded name.
 *
 * The parser itself compares the hash of each name with those of the up to
 * API_JSON_FEW before it in its object.  Here is what comes after: a hash met
 * again, and objects with more names, which share one hash table.
 *
 * Any token behind the innermost open container is inside it, so a name is
 * one of its members exactly if it stands behind it and is one level deeper:
 * the table needs no owners, and closed objects need not be cleaned out.
 *
 * Whoever knows the seed can make names collide.  After API_JSON_PROBES steps
 * the object is therefore left to be sorted when it closes: O(n log n)
 * comparisons at worst, whatever the names.
 */

#include "api_json_int.h"


static bool
api_json_dup_same(
    api_json_parser_t *s, const api_json_tok_t *a, const api_json_tok_t *b)
{
    s->work++;

    if (a->u.hash != b->u.hash) {
        return false;
    }

    if ((a->flags | b->flags) & API_JSON_F_ESCAPED) {
        return api_json_text_cmp(
                   api_json_text(s->text, a), api_json_text(s->text, b))
               == 0;
    }

    return a->len == b->len
           && memcmp(s->text + a->off, s->text + b->off, a->len) == 0;
}


static bool
api_json_dup_fault(api_json_parser_t *s, const api_json_tok_t *name)
{
    api_json_fault(s, API_JSON_E_DUPLICATE, s->text + name->off - 1);

    return false;
}


/* The name behind the member whose name is at t; its value is closed. */

static inline api_json_tok_t *
api_json_dup_next(const api_json_parser_t *s, api_json_tok_t *t)
{
    return t[1].type >= API_JSON_ARRAY ? s->tok + t[1].u.next : t + 2;
}


bool
api_json_dup_suspect(api_json_parser_t *s)
{
    api_json_tok_t *t, *name;

    name = s->next - 1;

    for (t = s->open + 1; t < name; t = api_json_dup_next(s, t)) {
        if (api_json_dup_same(s, t, name)) {
            return api_json_dup_fault(s, name);
        }
    }

    return true;
}


bool
api_json_dup_room(api_json_parser_t *s)
{
    size_t    used, cap;
    uint32_t *p;

    used = (size_t) (s->hash_top - s->hash);
    cap = 2 * used + API_JSON_HASH_ROOM;

    p = api_arena_alloc(s->arena, cap * sizeof(uint32_t));
    if (p == NULL) {
        api_json_fault(s, API_JSON_E_NOMEM, s->text + s->open->off);
        return false;
    }

    memcpy(p, s->hash, used * sizeof(uint32_t));
    memset(p + used, 0, 4 * sizeof(uint32_t));

    s->hash = p;
    s->hash_top = p + used;
    s->hash_end = p + cap;

    return true;
}


/*
 * Put the name in the table.  Sets API_JSON_F_SORT of its object when it
 * cannot be done in a few steps.  False when it is there already.
 */

static bool
api_json_dup_put(
    api_json_parser_t *s, api_json_tok_t *object, api_json_tok_t *name)
{
    uint32_t        i, n;
    api_json_tok_t *t;

    /* the object's index: siblings tend to have the same names */

    i = name->u.hash ^ (uint32_t) (object - s->tok) * 0x9e3779b1u;

    for (n = 0; n < API_JSON_PROBES; n++, i++) {
        i &= s->nslot - 1;
        s->work++;

        if (s->slot[i] == 0) {
            s->slot[i] = (uint32_t) (name - s->tok);
            s->nused++;
            return true;
        }

        t = s->tok + s->slot[i];

        if (t > object && t->depth == name->depth
            && api_json_dup_same(s, t, name)) {
            return false;
        }
    }

    object->flags |= API_JSON_F_SORT;

    return true;
}


/* Put the first n names of an open object in the table. */

static void
api_json_dup_refill(api_json_parser_t *s, api_json_tok_t *object, uint32_t n)
{
    api_json_tok_t *t;

    t = object + 1;

    while (n-- && !(object->flags & API_JSON_F_SORT)) {
        api_json_dup_put(s, object, t);

        if (n) {
            t = api_json_dup_next(s, t);
        }
    }
}


static api_json_tok_t *
api_json_dup_outer(const api_json_parser_t *s, const api_json_tok_t *t)
{
    return t->u.next == API_JSON_NONE ? NULL : s->tok + t->u.next;
}


static bool
api_json_dup_in_table(const api_json_tok_t *t)
{
    return t->type == API_JSON_OBJECT && t->len > API_JSON_FEW
           && !(t->flags & API_JSON_F_SORT);
}


/*
 * A fresh table with the names of the objects that are still open, four
 * slots for each: it will be full again only after as many names more as it
 * takes steps to fill it now, those up the levels included.
 */

static bool
api_json_dup_rebuild(api_json_parser_t *s)
{
    size_t          live, n;
    api_json_tok_t *t;

    live = s->open->len + (size_t) (s->level / API_JSON_LEVEL);

    for (t = api_json_dup_outer(s, s->open); t; t = api_json_dup_outer(s, t)) {
        s->work++;

        if (api_json_dup_in_table(t)) {
            live += t->len;
        }
    }

    for (n = 4 * API_JSON_FEW; n < 4 * live; n *= 2) {
        /* void */
    }

    if (n > s->slot_cap) {
        s->slot = api_arena_alloc(s->arena, n * sizeof(uint32_t));
        if (s->slot == NULL) {
            s->slot_cap = 0;
            s->nslot = 0;
            api_json_fault(s, API_JSON_E_NOMEM, s->text + s->next[-1].off - 1);
            return false;
        }

        s->slot_cap = (uint32_t) n;
    }

    memset(s->slot, 0, n * sizeof(uint32_t));
    s->nslot = (uint32_t) n;
    s->nused = 0;

    /* an outer object counts the member whose value is open by now */

    api_json_dup_refill(s, s->open, s->open->len - 1);

    for (t = api_json_dup_outer(s, s->open); t; t = api_json_dup_outer(s, t)) {
        if (api_json_dup_in_table(t)) {
            api_json_dup_refill(s, t, t->len);
        }
    }

    return true;
}


bool
api_json_dup_many(api_json_parser_t *s)
{
    bool            first;
    api_json_tok_t *name;

    name = s->next - 1;
    first = s->open->len == API_JSON_FEW + 1;

    if (s->open->flags & API_JSON_F_SORT) {
        return true;
    }

    if (first && s->nslot && s->nused + API_JSON_FEW < s->nslot / 2) {
        api_json_dup_refill(s, s->open, API_JSON_FEW);
    }

    else if (first || s->nused >= s->nslot / 2)
    {
        if (!api_json_dup_rebuild(s)) {
            return false;
        }
    }

    if (s->open->flags & API_JSON_F_SORT) {
        return true;
    }

    return api_json_dup_put(s, s->open, name) || api_json_dup_fault(s, name);
}


/* Hash, then decoded text, then place: equal names end up side by side. */

static int
api_json_dup_order(api_json_parser_t *s, uint32_t a, uint32_t b)
{
    int                   diff;
    const api_json_tok_t *ta, *tb;

    ta = s->tok + a;
    tb = s->tok + b;
    s->work++;

    if (ta->u.hash != tb->u.hash) {
        return ta->u.hash < tb->u.hash ? -1 : 1;
    }

    diff = api_json_text_cmp(
        api_json_text(s->text, ta), api_json_text(s->text, tb));

    if (diff) {
        return diff;
    }

    return a < b ? -1 : 1;
}


/* Let v[i] sink to its place in the heap v[0 .. n - 1]. */

static void
api_json_dup_sink(api_json_parser_t *s, uint32_t *v, uint32_t i, uint32_t n)
{
    uint32_t child, x;

    x = v[i];

    while (i < n / 2) {
        child = 2 * i + 1;

        if (child + 1 < n && api_json_dup_order(s, v[child], v[child + 1]) < 0)
        {
            child++;
        }

        if (api_json_dup_order(s, x, v[child]) >= 0) {
            break;
        }

        v[i] = v[child];
        i = child;
    }

    v[i] = x;
}


/* Heapsort: no recursion, no worst case. */

static void
api_json_dup_sort(api_json_parser_t *s, uint32_t *v, uint32_t n)
{
    uint32_t i, x;

    for (i = n / 2; i-- > 0; /* void */) {
        api_json_dup_sink(s, v, i, n);
    }

    for (i = n - 1; i > 0; i--) {
        x = v[0];
        v[0] = v[i];
        v[i] = x;
        api_json_dup_sink(s, v, 0, i);
    }
}


bool
api_json_dup_sorted(api_json_parser_t *s)
{
    uint32_t         i, n, twice, *v;
    api_json_tok_t  *t;
    api_arena_mark_t mark;

    n = s->open->len;
    mark = api_arena_mark(s->arena);

    v = api_arena_alloc(s->arena, n * sizeof(uint32_t));
    if (v == NULL) {
        api_json_fault(s, API_JSON_E_NOMEM, s->text + s->open->off);
        return false;
    }

    t = s->open + 1;

    for (i = 0; i < n; i++) {
        v[i] = (uint32_t) (t - s->tok);
        t = api_json_dup_next(s, t);
    }

    api_json_dup_sort(s, v, n);

    /* of several the first in the text, as without sorting */

    twice = API_JSON_NONE;

    for (i = 1; i < n; i++) {
        if (v[i] < twice
            && api_json_dup_same(s, s->tok + v[i - 1], s->tok + v[i])) {
            twice = v[i];
        }
    }

    api_arena_rewind(s->arena, mark);

    if (twice != API_JSON_NONE) {
        return api_json_dup_fault(s, s->tok + twice);
    }

    s->open->flags &= (uint8_t) ~API_JSON_F_SORT;

    return true;
}
