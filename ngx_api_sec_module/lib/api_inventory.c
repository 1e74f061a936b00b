/* The memory: where everything is, and how it is mended. */

#include "api_inventory_int.h"


#define API_INV_LEAST 8   /* operations */
#define API_INV_NAMES 104 /* bytes of names an operation has, about */
#define API_INV_ALIGN 64
#define API_INV_SPREAD 2     /* operations in a bucket */
#define API_INV_MOST 1000000 /* operations, nodes */


static size_t
api_inv_align(size_t n)
{
    return (n + API_INV_ALIGN - 1) / API_INV_ALIGN * API_INV_ALIGN;
}


static uint32_t
api_inv_buckets(uint32_t ops)
{
    uint32_t n;

    for (n = 8; n * API_INV_SPREAD < ops; n *= 2) {
        /* a power of two */
    }

    return n;
}


typedef struct {
    size_t ops, index, nodes, strings, end;
} api_inv_layout_t;


static api_inv_layout_t
api_inv_layout(uint32_t ops, uint32_t nodes, size_t strings)
{
    api_inv_layout_t at;

    at.ops = api_inv_align(sizeof(api_inventory_t));
    at.index = at.ops + api_inv_align((size_t) ops * sizeof(api_inv_entry_t));
    at.nodes =
        at.index + api_inv_align(api_inv_buckets(ops) * sizeof(uint32_t));
    at.strings =
        at.nodes + api_inv_align((size_t) nodes * sizeof(api_inv_node_t));
    at.end = at.strings + api_inv_align(strings);

    return at;
}


uint8_t *
api_inv_bytes_at(const api_inventory_t *inv, size_t at)
{
    return (uint8_t *) ((uintptr_t) inv + at);
}


static api_inv_layout_t
api_inv_layout_of(const api_inventory_t *inv)
{
    return api_inv_layout(
        inv->max_ops, inv->max_nodes, (size_t) inv->max_strings);
}


/* Does the head say what its numbers make of it? */

static bool
api_inv_laid_out(const api_inventory_t *inv)
{
    api_inv_layout_t at;

    at = api_inv_layout_of(inv);

    return inv->at_ops == at.ops && inv->at_index == at.index
           && inv->at_nodes == at.nodes && inv->at_strings == at.strings
           && inv->size == at.end;
}


size_t
api_inventory_size(uint32_t ops, uint32_t nodes)
{
    return api_inv_layout(ops + 1, nodes + 1, (size_t) ops * API_INV_NAMES)
        .end;
}


int
api_inventory_init(
    void *mem, size_t size, uint32_t nodes, const uint8_t key[16], int64_t now)
{
    size_t           room;
    uint32_t         ops;
    api_inv_layout_t at;
    api_inventory_t *inv = mem;

    if (nodes == 0) {
        room = size / 5 / sizeof(api_inv_node_t);
        nodes = room > API_INV_MOST ? API_INV_MOST : (uint32_t) room;
    }

    room = size / (sizeof(api_inv_entry_t) + API_INV_NAMES);
    ops = room > API_INV_MOST ? API_INV_MOST : (uint32_t) room;

    while (ops >= API_INV_LEAST && api_inventory_size(ops, nodes) > size) {
        ops -= ops / 64 + 1;
    }

    if (ops < API_INV_LEAST || nodes < API_INV_LEAST) {
        return API_LIMIT;
    }

    memset(mem, 0, api_inventory_size(ops, nodes));

    inv->entry_size = sizeof(api_inv_entry_t);
    inv->node_size = sizeof(api_inv_node_t);
    inv->max_ops = ops + 1;
    inv->buckets = api_inv_buckets(inv->max_ops);
    inv->max_nodes = nodes + 1;
    inv->max_strings = (uint64_t) ops * API_INV_NAMES;
    inv->since = now;
    inv->strings = 1; /* 0 is none */

    at = api_inv_layout_of(inv);
    inv->at_ops = at.ops;
    inv->at_index = at.index;
    inv->at_nodes = at.nodes;
    inv->at_strings = at.strings;
    inv->size = at.end;

    memcpy(inv->key, key, sizeof(inv->key));
    __atomic_store_n(&inv->magic, API_INV_MAGIC, __ATOMIC_RELEASE);

    return API_OK;
}


api_inventory_t *
api_inventory_at(void *mem, size_t size)
{
    api_inventory_t *inv = mem;

    if (inv == NULL || size < sizeof(api_inventory_t)
        || inv->magic != API_INV_MAGIC
        || inv->entry_size != sizeof(api_inv_entry_t)
        || inv->node_size != sizeof(api_inv_node_t)
        || inv->max_ops <= API_INV_LEAST || inv->max_ops > API_INV_MOST + 1
        || inv->max_nodes <= API_INV_LEAST || inv->max_nodes > API_INV_MOST + 1
        || inv->max_strings > (uint64_t) API_INV_MOST * API_INV_NAMES
        || inv->buckets != api_inv_buckets(inv->max_ops))
    {
        return NULL;
    }

    if (inv->size > size || !api_inv_laid_out(inv)
        || inv->top_op >= inv->max_ops || inv->top_node >= inv->max_nodes
        || inv->strings > inv->max_strings)
    {
        return NULL;
    }

    return inv;
}


api_sipkey_t
api_inventory_key(const api_inventory_t *inv)
{
    return api_sipkey(inv->key);
}


size_t
api_inventory_bytes(const api_inventory_t *inv)
{
    return (size_t) inv->size;
}


/* What stands in the memory is not trusted as a position: it may come from a
   file, or a process may have died while it wrote it. */

api_inv_entry_t *
api_inv_entry(const api_inventory_t *inv, uint32_t op)
{
    if (op >= inv->max_ops) {
        op = API_INV_OTHER;
    }

    return (api_inv_entry_t *) (void *) api_inv_bytes_at(inv, inv->at_ops)
           + op;
}


api_inv_node_t *
api_inv_node(const api_inventory_t *inv, uint32_t node)
{
    if (node >= inv->max_nodes) {
        node = 0;
    }

    return (api_inv_node_t *) (void *) api_inv_bytes_at(inv, inv->at_nodes)
           + node;
}


uint32_t *
api_inv_bucket(const api_inventory_t *inv, uint64_t id)
{
    return (uint32_t *) (void *) api_inv_bytes_at(inv, inv->at_index)
           + (id & (inv->buckets - 1));
}


/* Two bytes of length, then the bytes. */

api_span_t
api_inv_string(const api_inventory_t *inv, uint32_t at)
{
    size_t         len;
    const uint8_t *p;

    if (at == 0 || (uint64_t) at + 2 > inv->max_strings) {
        return api_span(NULL, 0);
    }

    p = api_inv_bytes_at(inv, inv->at_strings) + at;
    len = (size_t) p[0] | (size_t) p[1] << 8;

    if (at + 2 + len > inv->max_strings) {
        return api_span(NULL, 0);
    }

    return api_span(p + 2, len);
}


uint32_t
api_inv_keep(api_inventory_t *inv, api_span_t s)
{
    uint8_t *p;
    uint32_t at;

    if (s.len == 0) {
        return 0;
    }

    if (s.len > UINT16_MAX || inv->strings + 2 + s.len > inv->max_strings) {
        inv->overflow++;
        return 0;
    }

    at = (uint32_t) inv->strings;
    p = api_inv_bytes_at(inv, inv->at_strings) + at;

    p[0] = (uint8_t) s.len;
    p[1] = (uint8_t) (s.len >> 8);
    memcpy(p + 2, s.data, s.len);

    inv->strings += 2 + s.len;

    return at;
}


/* The index and the free list, from the operations. */

static void
api_inv_index(api_inventory_t *inv)
{
    uint32_t         op, *bucket;
    api_inv_entry_t *e;

    memset(api_inv_bytes_at(inv, inv->at_index), 0,
        inv->buckets * sizeof(uint32_t));

    inv->nops = 0;
    inv->free_op = 0;

    for (op = 1; op <= inv->top_op && op < inv->max_ops; op++) {
        e = api_inv_entry(inv, op);

        if (!(e->flags & API_INV_F_USED)) {
            e->next = inv->free_op;
            inv->free_op = op;
            continue;
        }

        bucket = api_inv_bucket(inv, e->id);
        e->next = *bucket;
        *bucket = op;
        inv->nops++;
    }
}


void
api_inv_repair(api_inventory_t *inv)
{
    uint32_t               op;
    const api_inv_entry_t *e;

    inv->repairs++;
    api_inv_index(inv);
    api_inv_forget_tree(inv);

    for (op = 1; op <= inv->top_op && op < inv->max_ops; op++) {
        e = api_inv_entry(inv, op);

        if (e->flags & API_INV_F_USED) {
            api_inv_pin(inv, op, (e->flags & API_INV_F_DOCUMENTED) != 0);
        }
    }
}


/* Whoever finds the mark of another who did not come to the end builds what
   may be broken anew, from the operations. */

void
api_inv_begin(api_inventory_t *inv)
{
    if (inv->dirty) {
        api_inv_repair(inv);
    }

    inv->dirty = 1;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}


void
api_inv_end(api_inventory_t *inv)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    inv->dirty = 0;
}
