/* What the files of api_reverse share. */

#ifndef API_REVERSE_INT_H
#define API_REVERSE_INT_H

#include "api_pattern.h"
#include "api_reverse.h"


typedef enum {
    API_REVERSE_SET = 0, /* a byte of set `arg`, then next */
    API_REVERSE_SPLIT,   /* next, or arg */
    API_REVERSE_BOL,
    API_REVERSE_EOL,
    API_REVERSE_WORD,
    API_REVERSE_INNER,
    API_REVERSE_DONE /* a match begins here */
} api_reverse_kind_t;

typedef struct {
    uint16_t kind;
    uint16_t arg;
    uint16_t next;
} api_reverse_node_t;

/* What stands behind a place (before it, when reading goes ahead); part of a
   state where the program asks. */

typedef enum {
    API_REVERSE_OTHER = 0,
    API_REVERSE_LETTER,
    API_REVERSE_LINE,
    API_REVERSE_END,
    API_REVERSE_KINDS
} api_reverse_behind_t;

/* Bytes that no set tells apart are a class; the class behind the last one
   stands for what is before the text, or behind it. */

struct api_reverse_s {
    uint64_t                  mark; /* a hash of the pattern, and which way */
    const api_reverse_node_t *node;
    const api_byteset_t      *set; /* of classes */
    uint32_t                  nnodes;
    uint32_t                  nsets;
    uint16_t                  start;
    uint16_t                  nclasses;
    bool                      asks;  /* for what stands behind */
    bool                      ahead; /* from a place on, to the end */
    uint8_t                   classes[256];
    uint8_t                   behind[256]; /* of a class: a kind */
};


/*
 * All states stand in one block of words.  The number of a state is where its
 * row begins: the next state for each class, with API_REVERSE_ACCEPT when a match begins
 * before the byte of that class was read, or API_REVERSE_UNKNOWN.  What it is made of
 * stands before the row, and behind it.
 */

#define API_REVERSE_ACCEPT UINT32_C(0x80000000)
#define API_REVERSE_UNKNOWN UINT32_MAX

#define API_REVERSE_DEAD                                                      \
    UINT32_C(1) /* reading ahead: no match, whatever comes */

#define API_REVERSE_HEAD                                                      \
    3 /* words before a row: chain, nodes, what stands behind */

#define API_REVERSE_BUCKETS 64
#define API_REVERSE_KNOWN 512 /* programs with states, at most */

typedef struct {
    const api_reverse_t *of;
    uint64_t             mark;
    uint32_t             start[API_REVERSE_KINDS]; /* 0: not made */
    uint32_t             bucket[API_REVERSE_BUCKETS];
} api_reverse_states_t;

struct api_reverse_cache_s {
    const api_alloc_t *alloc;
    uint32_t          *word;
    uint32_t           nwords;
    uint32_t           used;
    api_reverse_states_t
            *states[API_REVERSE_KNOWN]; /* by the program's address */
    uint32_t nstates;

    /* What a new state is made in: nodes to go on from, those that were met,
       those behind a byte */

    uint16_t stack[API_REVERSE_NODES];
    uint16_t next[API_REVERSE_NODES];
    uint64_t met[API_REVERSE_NODES / 64];
    uint64_t behind[API_REVERSE_NODES / 64];
};

/* api_reverse_cache.c: words of the block, even in number so that structs may
   stand there; 0: there are not as many. */

uint32_t api_reverse_take(api_reverse_cache_t *c, uint32_t n);

/* Where the states of a program are noted; a place that is NULL: nowhere. */

api_reverse_states_t **
api_reverse_place(api_reverse_cache_t *c, const api_reverse_t *r);


#endif /* API_REVERSE_INT_H */
