/* Operations: found by their names, entered, dropped. */

#include "api_inventory_int.h"


/* FNV-1a over 64 bits: the same on every machine, so that files of several
   can be merged; whoever makes ids collide makes his own operations one. */

static uint64_t
api_inv_mix(uint64_t h, uint8_t c)
{
    return (h ^ c) * UINT64_C(1099511628211);
}


uint64_t
api_inv_id(const api_inv_what_t *what)
{
    bool     inside;
    size_t   i;
    uint8_t  c;
    uint64_t h;

    h = UINT64_C(14695981039346656037);

    for (i = 0; i < what->host.len; i++) {
        h = api_inv_mix(h, what->host.data[i]);
    }

    h = api_inv_mix(h, 0);
    h = api_inv_mix(h, (uint8_t) what->method);

    for (inside = false, i = 0; i < what->template.len; i++) {
        c = what->template.data[i];

        if (!inside || c == '}') {
            h = api_inv_mix(h, c);
        }

        inside = c == '{' || (inside && c != '}');
    }

    return h ? h : 1;
}


/* Equal but for what stands between braces. */

bool
api_inv_same(api_span_t a, api_span_t b)
{
    size_t i, k;

    for (i = 0, k = 0; i < a.len && k < b.len; i++, k++) {
        if (a.data[i] != b.data[k]) {
            return false;
        }

        if (a.data[i] != '{') {
            continue;
        }

        while (i + 1 < a.len && a.data[i] != '}') {
            i++;
        }

        while (k + 1 < b.len && b.data[k] != '}') {
            k++;
        }
    }

    return i == a.len && k == b.len;
}


static uint32_t
api_inv_lookup(
    const api_inventory_t *inv, const api_inv_what_t *what, uint64_t id)
{
    uint32_t               op, steps;
    const api_inv_entry_t *e;

    op = __atomic_load_n(api_inv_bucket(inv, id), __ATOMIC_ACQUIRE);

    for (steps = 0; op && op < inv->max_ops && steps < inv->max_ops; steps++) {
        e = api_inv_entry(inv, op);

        if (e->id == id && (e->flags & API_INV_F_USED)
            && e->method == what->method
            && api_span_eq(api_inv_string(inv, e->host), what->host)
            && api_inv_same(api_inv_string(inv, e->template), what->template))
        {
            return op;
        }

        op = __atomic_load_n(&e->next, __ATOMIC_ACQUIRE);
    }

    return API_INV_NONE;
}


api_inv_op_t
api_inventory_find(const api_inventory_t *inv, const api_inv_what_t *what)
{
    return api_inv_lookup(inv, what, api_inv_id(what));
}


uint64_t
api_inventory_id(const api_inventory_t *inv, api_inv_op_t op)
{
    return op == API_INV_OTHER ? 0 : api_inv_entry(inv, op)->id;
}


static uint32_t
api_inv_take(api_inventory_t *inv)
{
    uint32_t op;

    op = inv->free_op;

    if (op && op < inv->max_ops) {
        inv->free_op = api_inv_entry(inv, op)->next;
        return op;
    }

    return inv->top_op + 1 < inv->max_ops ? ++inv->top_op : 0;
}


/* Hosts, contracts and owners are few: the string of another operation is used
   again.  field: which of them. */

static uint32_t
api_inv_keep_once(api_inventory_t *inv, api_span_t s, size_t field)
{
    uint32_t               op, at;
    const api_inv_entry_t *e;

    for (op = s.len ? inv->top_op : 0; op; op--) {
        e = api_inv_entry(inv, op);
        memcpy(&at, (const uint8_t *) e + field, sizeof(at));

        if ((e->flags & API_INV_F_USED)
            && api_span_eq(api_inv_string(inv, at), s)) {
            return at;
        }
    }

    return api_inv_keep(inv, s);
}


/* In the place of a template that is no longer used, where it fits. */

static uint32_t
api_inv_keep_template(api_inventory_t *inv, uint32_t old, api_span_t s)
{
    uint8_t *p;

    if (api_inv_string(inv, old).len < s.len) {
        return api_inv_keep(inv, s);
    }

    p = api_inv_bytes_at(inv, inv->at_strings) + old;
    p[0] = (uint8_t) s.len;
    p[1] = (uint8_t) (s.len >> 8);
    memcpy(p + 2, s.data, s.len);

    return old;
}


uint32_t
api_inv_new(api_inventory_t *inv, const api_inv_what_t *what, int64_t now)
{
    uint32_t         op, old, *bucket;
    api_inv_entry_t *e;

    if (what->template.len == 0 || what->template.len > API_INV_TEMPLATE
        || what->host.len > API_INV_HOST)
    {
        inv->overflow++;
        return 0;
    }

    op = api_inv_take(inv);

    if (op == 0) {
        inv->overflow++;
        return 0;
    }

    e = api_inv_entry(inv, op);
    old = e->template;
    memset(e, 0, sizeof(api_inv_entry_t));

    e->id = api_inv_id(what);
    e->method = (uint8_t) what->method;
    e->host =
        api_inv_keep_once(inv, what->host, offsetof(api_inv_entry_t, host));
    e->template = api_inv_keep_template(inv, old, what->template);
    e->first_seen = (uint32_t) now;

    if (e->template == 0) {
        e->next = inv->free_op;
        inv->free_op = op;
        return 0;
    }

    bucket = api_inv_bucket(inv, e->id);
    e->next = *bucket;
    e->flags = API_INV_F_USED;

    __atomic_store_n(bucket, op, __ATOMIC_RELEASE);
    inv->nops++;

    return op;
}


/* Its template is written over by that of the next. */

void
api_inv_drop(api_inventory_t *inv, uint32_t op)
{
    uint32_t        *at, steps;
    api_inv_entry_t *e;

    e = api_inv_entry(inv, op);
    at = api_inv_bucket(inv, e->id);

    for (steps = 0; *at && *at != op && steps < inv->max_ops; steps++) {
        at = &api_inv_entry(inv, *at)->next;
    }

    if (*at == op) {
        __atomic_store_n(at, e->next, __ATOMIC_RELEASE);
    }

    e->flags = 0;
    e->next = inv->free_op;
    inv->free_op = op;
    inv->nops--;
}


void
api_inv_own(api_inventory_t *inv, api_inv_entry_t *e, api_span_t owner)
{
    e->owner = api_inv_keep_once(inv, owner, offsetof(api_inv_entry_t, owner));
}


void
api_inv_document(
    api_inventory_t *inv, api_inv_entry_t *e, const api_inv_doc_t *doc)
{
    unsigned flags;

    if (!api_span_eq(api_inv_string(inv, e->spec), doc->spec)) {
        e->spec =
            api_inv_keep_once(inv, doc->spec, offsetof(api_inv_entry_t, spec));
    }

    if (!api_span_eq(api_inv_string(inv, e->owner), doc->owner)) {
        api_inv_own(inv, e, doc->owner);
    }

    e->revision = doc->revision;
    flags = e->flags | API_INV_F_DOCUMENTED;

    if (doc->deprecated) {
        flags |= API_INV_F_DEPRECATED;

    } else {
        flags &= ~(unsigned) API_INV_F_DEPRECATED;
    }

    e->flags = (uint8_t) flags;
}


api_inv_op_t
api_inventory_enter(api_inventory_t *inv, const api_inv_what_t *what,
    const api_inv_doc_t *doc, int64_t now)
{
    uint32_t op;

    api_inv_begin(inv);

    op = api_inventory_find(inv, what);

    if (op == API_INV_NONE) {
        op = api_inv_new(inv, what, now);
    }

    if (op != API_INV_OTHER) {
        api_inv_document(inv, api_inv_entry(inv, op), doc);
        api_inv_pin(inv, op, true);
    }

    api_inv_end(inv);

    return op;
}


void
api_inventory_own(api_inventory_t *inv, api_inv_op_t op, api_span_t owner)
{
    api_inv_entry_t *e;

    e = api_inv_entry(inv, op);

    if (op == API_INV_OTHER || !(e->flags & API_INV_F_USED)
        || api_span_eq(api_inv_string(inv, e->owner), owner))
    {
        return;
    }

    api_inv_begin(inv);
    api_inv_own(inv, e, owner);
    api_inv_end(inv);
}


api_span_t
api_inventory_owner(const api_inventory_t *inv, api_inv_op_t op)
{
    return api_inv_string(inv, api_inv_entry(inv, op)->owner);
}


bool
api_inventory_current(
    const api_inventory_t *inv, api_inv_op_t op, const api_inv_doc_t *doc)
{
    const api_inv_entry_t *e;

    e = api_inv_entry(inv, op);

    return op == API_INV_OTHER
           || ((e->flags & API_INV_F_DOCUMENTED)
               && e->revision == doc->revision
               && ((e->flags & API_INV_F_DEPRECATED) != 0) == doc->deprecated
               && api_span_eq(api_inv_string(inv, e->owner), doc->owner)
               && api_span_eq(api_inv_string(inv, e->spec), doc->spec));
}
