/*
 * Seals of a log: each line carries a hash over itself and all lines of its
 * chain before it, and once an epoch a statement says where the chains stand,
 * under a key that is forgotten when the epoch is over.
 *
 *   line      bytes ,"chain":"C","seq":N[,"prev":"H"] ,"seal":"H'"}
 *             H' = SHA-256(H || what stands before ,"seal") of the raw bytes:
 *             nothing has to be parsed or put in order to check it
 *   H of 1    SHA-256("apisec chain 1\n" || C)
 *   K of e+1  SHA-256("apisec epoch 1\n" || K of e): who has a key cannot
 *             make the ones before (Schneier and Kelsey 1998; the FSS of
 *             journald)
 *   statement text, see api_seal_statement; its HMAC-SHA-256 is under the key
 *             of the last epoch it is about, and it is the next leaf of a tree
 *             (RFC 6962), whose root is signed as a checkpoint
 *             (c2sp.org/tlog-checkpoint, api_seal_note.h)
 *
 * Hashes in lines are base64url without padding, 43 bytes.
 *
 * An api_seal_t is for one thread at a time; the rest is pure.  OpenSSL's
 * error queue is left empty.
 */

#ifndef API_SEAL_H
#define API_SEAL_H

#include "api_base.h"


#define API_SEAL_LEN 32
#define API_SEAL_TEXT 43
#define API_SEAL_CHAIN 16 /* hexadecimal digits */

typedef struct api_seal_s api_seal_t;

/* NULL without memory, or when OpenSSL has no SHA-256. */

api_seal_t *api_seal_create(const api_alloc_t *alloc);
void        api_seal_free(api_seal_t *seal); /* NULL is fine */

/* The hash before the first line of a chain.  API_OK or API_INTERNAL, as all
   below that return an int. */

int
api_seal_first(api_seal_t *seal, api_span_t chain, uint8_t head[API_SEAL_LEN]);

/* head becomes the hash of the line behind it. */

int
api_seal_next(api_seal_t *seal, uint8_t head[API_SEAL_LEN], api_span_t line);

void api_seal_text(const uint8_t hash[API_SEAL_LEN], char out[API_SEAL_TEXT]);

/* False when it is none. */

bool api_seal_read(api_span_t text, uint8_t hash[API_SEAL_LEN]);


/* The key of the next epoch in place of this one; the old one is wiped. */

int api_seal_evolve(api_seal_t *seal, uint8_t key[API_SEAL_LEN]);

int api_seal_mac(const uint8_t key[API_SEAL_LEN], api_span_t statement,
    uint8_t mac[API_SEAL_LEN]);


/*
 * Where the chains stand at the end of epochs from..epoch (more than one only
 * when nobody was there to seal them).  An epoch is `length` seconds since
 * 1970, numbered from 0.
 *
 *     apisec seal 1
 *     LOG AFTER
 *     FROM EPOCH LENGTH STOP
 *     CHAIN SEQ HASH          a line for each chain that moved
 *     CHAIN SEQ HASH DUE      ... or whose last DUE events may not have been
 *                             in the log yet: who is killed loses them
 */

typedef struct {
    uint8_t  chain[API_SEAL_CHAIN];
    uint64_t seq;
    uint8_t  head[API_SEAL_LEN];
    uint64_t due;
} api_seal_head_t;

typedef struct {
    uint8_t  log[API_SEAL_CHAIN];   /* one start of the program, one sink */
    uint8_t  after[API_SEAL_CHAIN]; /* the log before it, or zeros */
    uint64_t from;
    uint64_t epoch;
    uint32_t length;
    bool     stop; /* it is the last one: the program ended */
} api_seal_span_t;

#define API_SEAL_STATEMENT_MAX(n) (160 + (size_t) (n) *128)

/* Writes it to out, which has room for API_SEAL_STATEMENT_MAX(n) bytes. */

size_t api_seal_statement(const api_seal_span_t *span,
    const api_seal_head_t *heads, size_t n, char *out);


/*
 * A tree that only grows, as much of it as the next root needs: the roots of
 * its full subtrees, largest first.
 */

#define API_SEAL_TREE 40 /* up to 2^40 leaves */

typedef struct {
    uint64_t size;
    uint8_t  node[API_SEAL_TREE][API_SEAL_LEN];
} api_seal_tree_t;

/* API_LIMIT when it is full. */

int
api_seal_tree_add(api_seal_t *seal, api_seal_tree_t *tree, api_span_t leaf);

int api_seal_tree_root(
    api_seal_t *seal, const api_seal_tree_t *tree, uint8_t root[API_SEAL_LEN]);

/* How many nodes there are: the ones in the binary form of size. */

unsigned api_seal_tree_nodes(const api_seal_tree_t *tree);


/* A sealed line taken apart; spans point into it. */

typedef struct {
    api_span_t kind;
    api_span_t time;  /* 2026-11-24T10:00:00.123Z */
    api_span_t bytes; /* that the seal is over */
    api_span_t chain;
    uint64_t   seq;
    bool       has_prev;
    bool       sealed;
    uint8_t    prev[API_SEAL_LEN];
    uint8_t    seal[API_SEAL_LEN];
} api_seal_line_t;

/* False: it is no line of such a log. */

bool api_seal_line(api_span_t line, api_seal_line_t *out);

/* Seconds since 1970 of such a time, or -1. */

int64_t api_seal_time(api_span_t time);


#endif /* API_SEAL_H */
