/* What the files of api_list share; nobody else includes this. */

#ifndef API_LIST_INT_H
#define API_LIST_INT_H

#include "api_list.h"
#include "api_arena.h"


#define API_LIST_NOT UINT32_MAX /* index of no value: not in the list */

/*
 * Networks, flattened: they nest or are disjoint, so the address space falls
 * into ranges of one answer each, and the smallest network around an address
 * is the last range that begins at or before it.  start[0] is 0.
 */

typedef struct {
    uint32_t *start;
    uint32_t *value;
    uint32_t  n;
} api_list_ranges4_t;

typedef struct {
    uint64_t hi, lo;
} api_list_u128_t;

typedef struct {
    api_list_u128_t *start;
    uint32_t        *value;
    uint32_t         n;
} api_list_ranges6_t;

/* Words: open addressing, at most half full. */

typedef struct {
    api_span_t key;
    uint32_t   value;
} api_list_word_t;

typedef struct {
    uint32_t hash;
    uint32_t word; /* index + 1; 0: free */
} api_list_slot_t;

struct api_list_s {
    api_arena_t        arena;
    api_sipkey_t       seed;
    api_span_t        *values;
    api_list_word_t   *words;
    api_list_slot_t   *slots;
    uint32_t           mask; /* of slots; slots NULL: no words */
    api_list_ranges4_t v4;
    api_list_ranges6_t v6;
    api_list_stat_t    stat;
};

/* Entries as read, in memory that dies when the list is made.  off is where
   the entry stands in the text, for messages. */

typedef struct {
    api_net_t net;
    uint32_t  value;
    uint32_t  off;
} api_list_rawnet_t;

typedef struct {
    api_span_t key;
    uint32_t   value;
    uint32_t   off;
} api_list_rawword_t;

typedef struct {
    api_list_t         *list;
    api_arena_t         tmp;
    api_span_t          text;
    api_list_limits_t   limits;
    api_err_t          *err;
    api_list_rawnet_t  *nets;
    api_list_rawword_t *words;
    api_span_t         *values;
    api_list_slot_t    *valueslots; /* as slots of words, to find equal ones */
    uint32_t            nnets, anets;
    uint32_t            nwords, awords;
    uint32_t            nvalues, avalues;
    uint32_t            valuemask;
} api_list_load_t;


/* Fill in the error: line of off, then the message. */

int api_list_fail(const api_list_load_t *load, int rc, int code, size_t off,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
int api_list_nomem(const api_list_load_t *load);

/* The key at off as a network (*is_net), or as a word. */

int api_list_key(const api_list_load_t *load, api_span_t key, size_t off,
    api_net_t *net, bool *is_net);

/* Text to load->nets, words and values. */

int api_list_read(api_list_load_t *load);

/* Sort and flatten load->nets into the list. */

int api_list_build_nets(api_list_load_t *load);

uint32_t api_list_hash(api_sipkey_t seed, api_span_t s);


#endif /* API_LIST_INT_H */
