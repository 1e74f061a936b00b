/*
 * The compiled program, as the compiler writes it and the runner reads it;
 * nobody else includes this.
 *
 * A schema is a node: the types it allows and a row of operations.  Nodes
 * name each other by number, so that cycles cost nothing.  What an operation
 * needs besides stands in tables of the program.
 */

#ifndef API_SCHEMA_PROG_H
#define API_SCHEMA_PROG_H

#include "api_schema.h"
#include "api_decimal.h"
#include "api_regex.h"


/* Keywords that an error may name. */

typedef enum {
    API_SCHEMA_K_FALSE = 0,
    API_SCHEMA_K_LIMIT,
    API_SCHEMA_K_TYPE,
    API_SCHEMA_K_ENUM,
    API_SCHEMA_K_CONST,
    API_SCHEMA_K_MULTIPLE_OF,
    API_SCHEMA_K_MAXIMUM,
    API_SCHEMA_K_EXCLUSIVE_MAXIMUM,
    API_SCHEMA_K_MINIMUM,
    API_SCHEMA_K_EXCLUSIVE_MINIMUM,
    API_SCHEMA_K_MAX_LENGTH,
    API_SCHEMA_K_MIN_LENGTH,
    API_SCHEMA_K_PATTERN,
    API_SCHEMA_K_FORMAT,
    API_SCHEMA_K_ITEMS,
    API_SCHEMA_K_MAX_ITEMS,
    API_SCHEMA_K_MIN_ITEMS,
    API_SCHEMA_K_UNIQUE_ITEMS,
    API_SCHEMA_K_CONTAINS,
    API_SCHEMA_K_MAX_CONTAINS,
    API_SCHEMA_K_MIN_CONTAINS,
    API_SCHEMA_K_MAX_PROPERTIES,
    API_SCHEMA_K_MIN_PROPERTIES,
    API_SCHEMA_K_REQUIRED,
    API_SCHEMA_K_DEPENDENT_REQUIRED,
    API_SCHEMA_K_ADDITIONAL_PROPERTIES,
    API_SCHEMA_K_UNEVALUATED_PROPERTIES,
    API_SCHEMA_K_UNEVALUATED_ITEMS,
    API_SCHEMA_K_ANY_OF,
    API_SCHEMA_K_ONE_OF,
    API_SCHEMA_K_NOT,
    API_SCHEMA_K_READ_ONLY,
    API_SCHEMA_K_WRITE_ONLY,
    API_SCHEMA_K_DISCRIMINATOR,
    API_SCHEMA_NKEYWORDS
} api_schema_keyword_t;


typedef enum {
    API_OP_ENUM = 0,  /* a: first in values, b: number; c: K_ENUM, K_CONST */
    API_OP_MULTIPLE,  /* a: divisor */
    API_OP_BOUND,     /* a: number; c: K_MINIMUM ... */
    API_OP_LENGTH,    /* a: min, b: max */
    API_OP_PATTERN,   /* a: regex */
    API_OP_FORMAT,    /* a: format */
    API_OP_OBJECT,    /* a: object */
    API_OP_ARRAY,     /* a: array */
    API_OP_ALL,       /* a: first in nodes list, b: number */
    API_OP_REF,       /* a: node */
    API_OP_ANY,       /* a: first in list, b: number */
    API_OP_ONE,       /* same */
    API_OP_NOT,       /* a: node */
    API_OP_IF,        /* a: if, b: then, c: else; NONE where there is none */
    API_OP_DEPENDENT, /* a: name, b: node */
    API_OP_DYNAMIC, /* a: first in anchors, b: number, c: node if none fits */
    API_OP_DISCRIMINATOR, /* a: discriminator */
    API_OP_UNEVALUATED,   /* a: node for members, b: node for elements */
    API_NOPS
} api_op_code_t;

/* Before this one: looks at one scalar and calls nothing. */

#define API_OP_SCALAR API_OP_OBJECT


typedef struct {
    uint8_t  code;
    uint8_t  types; /* of values it looks at */
    uint16_t keyword;
    uint32_t a, b, c;
} api_op_t;


#define API_NODE_F_SCALAR 0x01 /* all operations are before API_OP_SCALAR */
#define API_NODE_F_READ 0x02   /* readOnly */
#define API_NODE_F_WRITE 0x04  /* writeOnly */
#define API_NODE_F_NAMES                                                      \
    0x08                          /* it, or what it applies in place, names
                                    properties: strict closes it */
#define API_NODE_F_PLAIN 0x10     /* applies nothing in place */
#define API_NODE_F_ANYTHING 0x20  /* no operation, every type */
#define API_NODE_F_LEXICAL 0x40   /* draft 4: 1.0 is no integer */
#define API_NODE_F_EVALUATES 0x80 /* has API_OP_UNEVALUATED */

typedef struct {
    uint32_t ops;
    uint16_t nops;
    uint8_t  types;
    uint8_t  flags;
    uint32_t resource; /* for $dynamicRef */
} api_node_prog_t;


/* A name that an object knows. */

#define API_PROP_NONE UINT32_MAX

typedef struct {
    uint32_t       hash;
    uint32_t       node; /* NONE: not in properties */
    uint32_t       bit;  /* to remember that it was there; NONE */
    uint32_t       name; /* in names */
    const uint8_t *text; /* the name again, set when all is compiled */
    size_t         len;
} api_prop_t;

typedef struct {
    uint32_t regex;
    uint32_t node;
} api_pattern_prop_t;

typedef struct {
    uint32_t when, need; /* bits */
} api_need_t;

typedef struct {
    uint32_t props, nprops;
    uint32_t slots, mask; /* of the hash table; slots of props + 1 */
    uint32_t patterns, npatterns;
    uint32_t additional; /* node; NONE: not said */
    uint32_t names;      /* propertyNames; NONE */
    uint32_t min, max;
    uint32_t nbits;
    uint32_t required; /* in words: 3 x (nbits + 63) / 64, by direction */
    uint32_t needs, nneeds;
    bool     plain; /* no propertyNames, no patterns */
} api_object_t;

typedef struct {
    uint32_t prefix, nprefix; /* in list */
    uint32_t items;           /* behind the prefix; NONE */
    uint32_t contains;        /* NONE */
    uint32_t min_contains, max_contains;
    uint32_t min, max;
    bool     unique;
    bool     marks; /* contains counts as evaluated */
} api_array_t;

typedef struct {
    int64_t    v; /* small: the value is v / 10^scale */
    uint8_t    scale;
    bool       small;
    api_span_t text;
} api_number_t;

typedef struct {
    uint32_t resource;
    uint32_t node;
} api_anchor_t;

typedef struct {
    uint32_t name;     /* of the member; in names */
    uint32_t first, n; /* in cases */
    bool     base;     /* stands in the schema that others extend: only where a
                      value is met, not within allOf of one of them */
} api_discriminator_t;

typedef struct {
    uint32_t value; /* in names */
    uint32_t node;
} api_case_t;

/* Values of enum and const, by hash. */

typedef struct {
    uint64_t hash;
    uint32_t tok; /* in the program's own tape */
} api_const_t;


struct api_schema_s {
    const api_alloc_t *alloc;
    api_arena_t        arena;
    api_sipkey_t       seed;
    bool               strict;

    api_node_prog_t *nodes;
    uint32_t         nnodes;
    api_op_t        *ops;
    uint32_t         nops;

    uint32_t              *list;
    api_span_t            *names;
    api_prop_t            *props;
    uint32_t              *slots;
    api_pattern_prop_t    *patterns;
    api_need_t            *needs;
    uint64_t              *words;
    api_object_t          *objects;
    api_array_t           *arrays;
    api_number_t          *numbers;
    api_decimal_divisor_t *divisors;
    api_regex_t          **regexes;
    uint32_t               nregexes;
    api_span_t            *sources; /* of the patterns */
    api_anchor_t          *anchors;
    api_discriminator_t   *discriminators;
    api_case_t            *cases;
    api_const_t           *consts;
    api_json_t             values;
};


/* The key of hashes of values (api_value.h). */

static inline uint64_t
api_schema_value_key(const api_schema_t *s)
{
    return s->seed.k0 ^ (s->seed.k1 << 1 | 1);
}


#endif /* API_SCHEMA_PROG_H */
