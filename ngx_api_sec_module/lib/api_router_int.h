/* Between the files of the router. */

#ifndef API_ROUTER_INT_H
#define API_ROUTER_INT_H

#include "api_router.h"


typedef struct api_router_node_s  api_router_node_t;
typedef struct api_router_mixed_s api_router_mixed_t;

typedef struct {
    const uint8_t     *text; /* NULL: the slot is free */
    uint32_t           len;
    uint32_t           hash;
    api_router_node_t *node;
} api_router_slot_t;

/* {p}: lit[0] may be empty, lit[n] too, those between are not.  n parameters. */

struct api_router_mixed_s {
    api_router_mixed_t *next; /* by falling length of the literals */
    api_router_node_t  *node;
    api_span_t         *lit;
    uint32_t            n;
    uint32_t            len; /* of all literals */
};

struct api_router_node_s {
    api_router_slot_t  *slots; /* mask + 1 of them, at most half full */
    uint32_t            mask;
    uint32_t            nlit;
    api_router_mixed_t *mixed;
    api_router_node_t  *param;
    uint32_t            route;
    api_span_t          tmpl; /* that ends here */
};

struct api_router_s {
    api_arena_t        arena;
    api_router_node_t *root;
    uint32_t           nodes;
    uint32_t           depth; /* segments of the longest template */
};

uint32_t api_router_hash(const uint8_t *p, size_t len);

/* The slot of the literal, or the free one where it belongs. */

api_router_slot_t *api_router_slot(const api_router_node_t *node,
    const uint8_t *p, uint32_t len, uint32_t hash);

/* Does raw fit the mixed segment?  Its values go to value[0 .. n-1]. */

bool api_router_fits(
    const api_router_mixed_t *mixed, api_span_t raw, api_span_t *value);


#endif /* API_ROUTER_INT_H */
