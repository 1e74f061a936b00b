/*
 * Private to api_inventory*.c: the memory.
 *
 *     head | operations | index | nodes | strings
 *
 * Strings are {len, bytes}, each once for an operation; 0 is no string.
 */

#ifndef API_INVENTORY_INT_H
#define API_INVENTORY_INT_H

#include "api_inventory.h"


#define API_INV_MAGIC 0x31766e69
#define API_INV_KEY 38 /* bytes of a segment in a node */

/* Flags of an operation. */

#define API_INV_F_USED 0x01
#define API_INV_F_DOCUMENTED 0x02
#define API_INV_F_DEPRECATED 0x04

typedef struct {
    uint32_t hash; /* of the name; 0: free; set last */
    uint32_t count;
    uint16_t types;
    uint8_t  place;
    uint8_t  ready; /* 0: is being written; else 1, and what it has gained */
    uint32_t classes;
    char     name[API_INV_PARAM_NAME + 1];
} api_inv_slot_t;

typedef struct {
    uint64_t status[API_INV_NSTATUS];
    uint64_t open_success;
    uint64_t auth_success;
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint64_t ms;
    uint64_t id;
    uint32_t host; /* strings */
    uint32_t template;
    uint32_t       spec;
    uint32_t       owner;
    uint32_t       revision;
    uint32_t       first_seen;
    uint32_t       last_seen;
    uint32_t       next; /* of the index, or of the free list */
    uint32_t       classes_in;
    uint32_t       classes_out;
    uint32_t       unnamed;
    uint16_t       auth;
    uint16_t       types_in;
    uint16_t       types_out;
    uint8_t        method;
    uint8_t        flags;
    uint16_t       segment[API_INV_SEGMENTS];
    uint32_t       times[API_INV_TIMES + 1];
    uint32_t       sizes_in[API_INV_SIZES + 1];
    uint32_t       sizes_out[API_INV_SIZES + 1];
    api_hll_t      principals;
    api_hll_t      objects;
    api_inv_slot_t params[API_INV_PARAMS];
} api_inv_entry_t;

/* Flags of a node. */

#define API_INV_N_USED 0x01
#define API_INV_N_WILD 0x02   /* a parameter; at most one among siblings */
#define API_INV_N_PINNED 0x04 /* stands in a contract, or is a host */
#define API_INV_N_FREE 0x08   /* a parameter made of words */
#define API_INV_N_TOUCHED 0x10
#define API_INV_N_KNOWN 0x20 /* three callers and more: a name, no id */
#define API_INV_N_ALL 0x40   /* a parameter made of such names too */

/* slot[method]: hits of a candidate, or an operation. */

#define API_INV_N_OP 0x80000000U

typedef struct {
    uint32_t parent; /* 0: none; of a free node: the next free one */
    uint32_t child;  /* first */
    uint32_t prev, next;
    uint32_t hash;  /* of the key */
    uint32_t shape; /* methods, and the names of its children */
    uint32_t born;
    uint32_t hits; /* paths that were served and led here */
    uint32_t who[2];
    uint32_t slot[API_INV_METHODS];
    uint16_t types; /* of a parameter: bits of api_segment_t */
    uint16_t children;
    uint8_t  flags;
    uint8_t  len;
    uint8_t  key[API_INV_KEY];
} api_inv_node_t;

struct api_inventory_s {
    uint32_t magic;
    uint32_t entry_size; /* of this build */
    uint32_t node_size;
    uint32_t max_ops; /* with number 0 */
    uint32_t buckets; /* of the index, a power of two */
    uint32_t max_nodes;
    uint64_t max_strings;
    uint64_t at_ops; /* where they begin */
    uint64_t at_index;
    uint64_t at_nodes;
    uint64_t at_strings;
    uint64_t size;
    uint8_t  key[16];
    int64_t  since;

    uint32_t top_op; /* highest in use */
    uint32_t free_op;
    uint32_t nops;
    uint32_t top_node;
    uint32_t free_node;
    uint32_t nnodes;
    uint32_t hand; /* of the clock that evicts */
    uint32_t dirty;
    uint64_t strings; /* bytes in use */
    uint64_t overflow;
    uint64_t evicted;
    uint64_t repairs;
    uint64_t forgotten;
};


uint8_t         *api_inv_bytes_at(const api_inventory_t *inv, size_t at);
api_inv_entry_t *api_inv_entry(const api_inventory_t *inv, uint32_t op);
api_inv_node_t  *api_inv_node(const api_inventory_t *inv, uint32_t node);
uint32_t        *api_inv_bucket(const api_inventory_t *inv, uint64_t id);
api_span_t       api_inv_string(const api_inventory_t *inv, uint32_t at);

/* 0: empty, or no room. */

uint32_t api_inv_keep(api_inventory_t *inv, api_span_t s);

/* The id of an operation: templates are the same whatever their parameters
   are called. */

uint64_t api_inv_id(const api_inv_what_t *what);

bool api_inv_same(api_span_t a, api_span_t b);

/* A new operation, in the index; 0 when there is no room. */

uint32_t
api_inv_new(api_inventory_t *inv, const api_inv_what_t *what, int64_t now);
void api_inv_drop(api_inventory_t *inv, uint32_t op);

void api_inv_document(
    api_inventory_t *inv, api_inv_entry_t *e, const api_inv_doc_t *doc);

void api_inv_own(api_inventory_t *inv, api_inv_entry_t *e, api_span_t owner);

/* Counts of from added to those of to. */

void api_inv_add(api_inv_entry_t *to, const api_inv_entry_t *from);

/* api_inventory_see.c: atomically; 32 bits stay at their most. */

void api_inv_add64(uint64_t *n, uint64_t v);
void api_inv_add32(uint32_t *n, uint32_t v);
void api_inv_bits16(uint16_t *n, unsigned bits);
void api_inv_bits32(uint32_t *n, uint32_t bits);

/* The slot of a parameter, or a new one; NULL: all are taken. */

api_inv_slot_t *api_inv_slot(api_inv_entry_t *e, uint32_t hash, bool *is_new);

/* api_inventory_tree.c: nodes.  0: none. */

#define API_INV_CHILDREN 1024 /* of one node */

uint32_t api_inv_hash(api_span_t s);
uint32_t api_inv_child(const api_inventory_t *inv, uint32_t parent,
    api_span_t key, uint32_t *wild);
uint32_t api_inv_grow(api_inventory_t *inv, uint32_t parent, api_span_t key,
    unsigned flags, int64_t now);
void     api_inv_link(api_inventory_t *inv, uint32_t parent, uint32_t at);
void     api_inv_unlink(api_inventory_t *inv, uint32_t at);
void     api_inv_free(api_inventory_t *inv, uint32_t at);

/* api_inventory_group.c: the operation of a node under the name it has now;
   and whether nodes like this one have become a parameter. */

uint32_t api_inv_name(api_inventory_t *inv, uint32_t at, unsigned method,
    api_span_t host, int64_t now);
bool     api_inv_group(api_inventory_t *inv, uint32_t at,
        const api_inv_rules_t *rules, int64_t now);

/* api_inventory_forget.c: a leaf that leads to nothing, and what is above it
   and then does not either; those of contracts stay. */

void api_inv_prune(api_inventory_t *inv, uint32_t at);

/* api_inventory_learn.c: the nodes of a template that is known. */

void api_inv_pin(api_inventory_t *inv, uint32_t op, bool contract);
void api_inv_forget_tree(api_inventory_t *inv);

/* Before and behind what changes the shape. */

void api_inv_begin(api_inventory_t *inv);
void api_inv_repair(api_inventory_t *inv);
void api_inv_end(api_inventory_t *inv);


#endif /* API_INVENTORY_INT_H */
