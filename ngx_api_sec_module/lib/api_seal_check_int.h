/* Shared by api_seal_check.c (lines and chains), api_seal_torn.c (lines that
   are none), api_seal_point.c (what is sealed each epoch), api_seal_order.c (in which order) and api_seal_heads.c
   (chains and seals held together). */

#ifndef API_SEAL_CHECK_INT_H
#define API_SEAL_CHECK_INT_H

#include "api_seal_check.h"
#include "api_json.h"


#define RING 32768 /* hashes of a chain that are remembered */
#define TORN 16    /* half lines that wait for their repetition */
#define WAIT 64    /* sealed places of a chain that are still to come */
#define LOGS 256
#define HEADS 2048  /* of one statement */
#define SLACK 5     /* seconds between the clocks of two processes */
#define FRESH 10    /* ... that an event may wait to be written */
#define PARTS 8     /* statements that come in parts, at a time */
#define TIPS 4      /* statements made in one another's place */
#define BEHIND 4096 /* statements that wait for one before them */
#define UNSURE 64   /* epochs that a log may be mixed up by where we begin */
#define KEPT 1024   /* statements whose repetition is known */

typedef struct {
    uint64_t seq;
    uint64_t place;
    uint64_t size;  /* of the tree with the statement */
    int64_t  time;  /* of the statement */
    int64_t  floor; /* no event of it is of an earlier time */
    uint8_t  head[API_SEAL_LEN];
    bool     early; /* some of those events are of an earlier statement */
} wait_t;

typedef struct {
    uint8_t  name[API_SEAL_CHAIN];
    uint64_t seq;
    uint64_t sealed; /* a statement says so */
    uint64_t by;     /* size of the tree with the last one about it */
    uint64_t out;    /* ... which says that the log has so many, or more */
    uint8_t  log[API_SEAL_CHAIN]; /* ... of that log */
    uint64_t tail;                /* the last one that is no seal itself */
    uint64_t lost;
    uint64_t place;
    uint64_t seen; /* statements there were when it last moved */
    int64_t  low;  /* earliest time since it was looked at */
    int64_t  debt; /* ... floor of early statements since */
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

/* A statement as a leaf of its log's tree; trees are told by their roots. */

typedef struct {
    uint64_t size; /* of the tree with it */
    uint64_t from;
    uint64_t epoch;
    uint64_t place;
    int64_t  time;
    uint8_t  before[API_SEAL_LEN];
    uint8_t  after[API_SEAL_LEN];
    bool     stop;
} leaf_t;

/*
 * Each statement stands in the lane of the process that made it, and lanes are
 * written as processes come round to it: behind a full disk a statement may
 * stand before others that were made earlier.  It waits for them here.
 */

typedef struct {
    uint64_t size;      /* of the tree, as far as none is missing */
    uint64_t first;     /* statement in there; more than 1: others were not */
    leaf_t   tip[TIPS]; /* that have that size */
    uint8_t (*kept)[API_SEAL_LEN]; /* `before`, by size % KEPT */
    leaf_t  *wait;                 /* by size */
    size_t   nwait;
    size_t   room;
    uint64_t run;   /* size up to which they came, from somewhere */
    uint64_t top;   /* greatest size there was */
    int64_t  began; /* events of before, and from `until` on, it does not */
    int64_t  until; /* ... seal */
    bool     ended; /* there was a last one, in its place or not */
    uint64_t met;   /* place of the first */
    uint64_t place; /* ... of the last by its time */
    int64_t  last;
    unsigned ntip;
    uint8_t  name[API_SEAL_CHAIN];
    uint8_t  after[API_SEAL_CHAIN];
    bool     stop;
} log_t;

/* How a statement stands to those that were here before. */

typedef enum {
    API_SEAL_NEXT = 0,
    API_SEAL_SOMEWHERE, /* next to those here, which are not its beginning */
    API_SEAL_EARLY      /* before others that were made earlier */
} api_seal_order_t;

/* A statement in several parts, while they come. */

typedef struct {
    api_seal_span_t span;
    api_seal_head_t head[HEADS];
    size_t          n;
    uint64_t        part; /* that came last; 0: none */
    uint64_t        used; /* lines there were */
    uint8_t         chain[API_SEAL_CHAIN];
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
    parts_t *parts;  /* PARTS of them */
    uint32_t length; /* of an epoch, as the last statement has it */

    api_arena_t  arena;
    api_sipkey_t seed;

    uint8_t  key[API_SEAL_LEN]; /* of key_epoch */
    uint64_t key_epoch;

    char    *torn[TORN];
    size_t   torn_len[TORN];
    uint64_t torn_place[TORN];
    bool     torn_end[TORN];  /* behind it comes nothing, or a new chain */
    bool     torn_done[TORN]; /* ... and that is known */
    unsigned ntorn;

    int64_t newest; /* time of a line */
    bool    anchored;
    bool    middle; /* of a log: files before are not here */
    bool    forgot; /* a log: there were too many */
    bool    ending; /* all lines were here */
};

void
api_seal_tell(api_seal_check_t *c, api_seal_verdict_t verdict, uint64_t place,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

void api_seal_drop(api_seal_check_t *c, void *p); /* NULL is fine */

/* NULL without memory. */

chain_t *api_seal_chain(api_seal_check_t *c, api_span_t name);

/* Half a line, or something else: it may be the beginning of one to come, or
   the last that somebody wrote.  A line that is one comes behind it; and the
   end. */

int  api_seal_torn(api_seal_check_t *c, api_span_t line, uint64_t place);
void api_seal_mend(api_seal_check_t *c, api_span_t line, bool begins);
void api_seal_halves(api_seal_check_t *c);

/* An event of kind seal or gap. */

int api_seal_point(api_seal_check_t *c, api_span_t line, uint64_t place,
    const api_seal_line_t *parsed);
int api_seal_gap(api_seal_check_t *c, api_span_t line, uint64_t place);

/* A place of a chain that a statement of that log is about; w is for that
   place. */

int api_seal_heads(
    api_seal_check_t *c, const api_seal_head_t *h, wait_t w, const log_t *log);

/*
 * nginx was killed as a whole, or so it looks: a log that has no last statement
 * and whose last one says itself that it did not have these events yet.  Who
 * takes others away, or more of them, is not believed; who has the key of that
 * epoch could have said anything else too.
 */

bool api_seal_lost(api_seal_check_t *c, const chain_t *chain);

/* ... of that log: any chain of it. */

bool api_seal_lost_of(api_seal_check_t *c, const log_t *log);

/* The log of that name, or NULL; a new one, NULL without memory. */

log_t *api_seal_log(api_seal_check_t *c, const uint8_t name[API_SEAL_CHAIN]);
log_t *api_seal_log_new(
    api_seal_check_t *c, const api_seal_span_t *span, uint64_t place);

/* A statement goes to its place, or waits for those before it. */

int api_seal_order(api_seal_check_t *c, log_t *log, const leaf_t *leaf,
    api_seal_order_t *order);

/* At the end: statements that still wait; logs without their last statement;
   chains without any. */

void api_seal_logs_finish(api_seal_check_t *c);
void api_seal_logs_free(api_seal_check_t *c);
void api_seal_ends(api_seal_check_t *c);
void api_seal_unsealed(api_seal_check_t *c);

/* Forgets what chains that are over were like. */

void api_seal_retire(api_seal_check_t *c);

/* A chain has come to a place that was sealed. */

void api_seal_meet(api_seal_check_t *c, chain_t *chain);


#endif /* API_SEAL_CHECK_INT_H */
