/* Shared by api_seal_check.c (lines and chains), api_seal_point.c (what is
   sealed each epoch) and api_seal_heads.c (the two held together). */

#ifndef API_SEAL_CHECK_INT_H
#define API_SEAL_CHECK_INT_H

#include "api_seal_check.h"
#include "api_json.h"


#define RING 32768 /* hashes of a chain that are remembered */
#define TORN 16    /* half lines that wait for their repetition */
#define WAIT 64    /* sealed places of a chain that are still to come */
#define LOGS 256
#define HEADS 2048 /* of one statement */
#define SLACK 5    /* seconds between the clocks of two processes */

typedef struct {
    uint64_t seq;
    uint64_t place;
    int64_t  time; /* of the statement */
    uint8_t  head[API_SEAL_LEN];
} wait_t;

typedef struct {
    uint8_t  name[API_SEAL_CHAIN];
    uint64_t seq;
    uint64_t sealed; /* a statement says so */
    uint64_t tail;   /* the last one that is no seal itself */
    uint64_t lost;
    uint64_t place;
    uint64_t seen; /* statements there were when it last moved */
    int64_t  low;  /* earliest time since `sealed` */
    int64_t  time; /* of the last line */
    uint8_t  head[API_SEAL_LEN];
    uint8_t (*ring)[API_SEAL_LEN]; /* by seq % RING, or NULL */
    uint64_t since;                /* first seq that is in there */
    wait_t  *wait;
    unsigned nwait;
    bool     used; /* lines of it have been seen */
    bool     open; /* its first line was not among them */
    bool     bare; /* no seals in it */
} chain_t;

typedef struct {
    uint8_t         name[API_SEAL_CHAIN];
    api_seal_tree_t tree;
    uint64_t        next;   /* epoch that is to be sealed next */
    uint64_t        before; /* ... before the last one */
    api_seal_tree_t old;
    int64_t         last; /* time of its last statement */
    uint64_t        place;
    bool            stop;
} log_t;

/* A statement in several parts, while they come. */

typedef struct {
    api_seal_span_t span;
    api_seal_head_t head[HEADS];
    size_t          n;
    uint64_t        part; /* that came last */
    int64_t         time; /* of its line */
} parts_t;

struct api_seal_check_s {
    api_seal_opts_t    opts;
    const api_alloc_t *alloc;
    api_seal_t        *seal;
    api_seal_sum_t     sum;

    chain_t *chains; /* an open table of a power of two */
    size_t   size;
    size_t   nchains;

    log_t   *logs;
    size_t   nlogs;
    parts_t *parts;

    api_arena_t  arena;
    api_sipkey_t seed;

    uint8_t  key[API_SEAL_LEN]; /* of key_epoch */
    uint64_t key_epoch;

    char    *torn[TORN];
    size_t   torn_len[TORN];
    uint64_t torn_place[TORN];
    unsigned ntorn;

    int64_t newest; /* time of a line */
    bool    anchored;
    bool    middle; /* of a log: files before are not here */
};

void
api_seal_tell(api_seal_check_t *c, api_seal_verdict_t verdict, uint64_t place,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* NULL without memory. */

chain_t *api_seal_chain(api_seal_check_t *c, api_span_t name);

/* An event of kind seal or gap. */

int api_seal_point(api_seal_check_t *c, api_span_t line, uint64_t place,
    const api_seal_line_t *parsed);
int api_seal_gap(api_seal_check_t *c, api_span_t line, uint64_t place);

/* A place of a chain that the statement just read is about. */

int
api_seal_heads(api_seal_check_t *c, const api_seal_head_t *h, uint64_t place);

/* At the end: logs without their last statement, chains without any. */

void api_seal_ends(api_seal_check_t *c);
void api_seal_unsealed(api_seal_check_t *c);

/* Forgets what chains that are over were like. */

void api_seal_retire(api_seal_check_t *c);

/* A chain has come to a place that was sealed. */

void api_seal_meet(api_seal_check_t *c, chain_t *chain);


#endif /* API_SEAL_CHECK_INT_H */
