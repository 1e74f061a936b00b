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

/* What stands behind a place; part of a state where the program asks. */

typedef enum {
    API_REVERSE_OTHER = 0,
    API_REVERSE_LETTER,
    API_REVERSE_LINE,
    API_REVERSE_END,
    API_REVERSE_KINDS
} api_reverse_behind_t;

/* Bytes that no set tells apart are a class; the class behind the last one
   stands for what is before the text. */

struct api_reverse_s {
    uint64_t                  mark; /* a hash of the pattern */
    const api_reverse_node_t *node;
    const api_byteset_t      *set; /* of classes */
    uint32_t                  nnodes;
    uint32_t                  nsets;
    uint16_t                  start;
    uint16_t                  nclasses;
    bool                      asks; /* for what stands behind */
    uint8_t                   classes[256];
    uint8_t                   behind[256]; /* of a class: a kind */
};


#endif /* API_REVERSE_INT_H */
