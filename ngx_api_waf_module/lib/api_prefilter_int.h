/* What the files of api_prefilter share. */

#ifndef API_PREFILTER_INT_H
#define API_PREFILTER_INT_H

#include "api_automaton.h"
#include "api_hs.h"
#include "api_literals.h"
#include "api_prefilter.h"


/* Part of the key of a cache file: one more whenever trees, literals or the
   way they are written change. */

#define API_PREFILTER_VERSION 2

/* Trees are made for subjects with 0xff replaced by 0xfe: 0xff stands between
   values when they are joined, with a line end on either side for ^ and $. */

#define API_PREFILTER_GAP "\n\xff\n"
#define API_PREFILTER_GAP_LEN 3

typedef struct {
    uint32_t bit;
    uint8_t  needs;   /* mask of sets of literals; 0: none that helps */
    bool     always;  /* a candidate everywhere */
    bool     scanned; /* in the database */
    bool     phrases;
} api_prefilter_info_t;

/* A literal of one byte that most texts have: the automaton would be in a state
   that has found something all the time.  It is looked for by itself, where
   anybody wants it. */

typedef struct {
    uint8_t  byte; /* in lower case */
    uint32_t id;   /* as in the automaton */
} api_prefilter_common_t;

#define API_PREFILTER_COMMON 24

struct api_prefilter_s {
    const api_alloc_t     *alloc;
    api_arena_t            arena;
    api_automaton_t        automaton;
    api_prefilter_common_t common[API_PREFILTER_COMMON];
    uint32_t               ncommon;
    api_prefilter_info_t  *info; /* of patterns */
    uint32_t               npatterns;
    uint32_t               ngroups;
    uint32_t               words;    /* of a mask of bits */
    uint32_t               pwords;   /* of a mask of patterns */
    uint64_t              *members;  /* of a group: patterns */
    uint64_t              *always;   /* of a group: bits */
    uint64_t              *anywhere; /* bits */
    const api_hs_t        *hs;
    void                  *db;
    size_t                 db_size;
    uint64_t               price; /* as in the file */
    char                   key[API_PREFILTER_KEY];
    char                   version[64];
    api_prefilter_stat_t   stat;
    bool                   eager; /* scan with the library whatever it costs */
};

/* A pattern that may match a value. */

typedef struct {
    uint32_t pattern;
    uint32_t value;
    bool     found; /* by the library too */
} api_prefilter_pair_t;

/* What a mask of patterns asks for. */

#define API_PREFILTER_MASKS 8

typedef struct {
    const uint64_t *only;   /* NULL: it is not known */
    uint32_t        common; /* a bit for each of pf->common */
    bool            none;   /* no pattern at all */
} api_prefilter_mask_t;

struct api_prefilter_scratch_s {
    const api_alloc_t     *alloc;
    const api_prefilter_t *pf;
    uint32_t               epoch;  /* of the value that is looked at */
    uint32_t              *stamps; /* of outputs: the epoch it was noted in */
    uint32_t              *seen;   /* of patterns: epoch << 2 | sets */
    api_prefilter_mask_t   masks[API_PREFILTER_MASKS]; /* of one scan */
    api_prefilter_pair_t  *pairs;
    uint32_t               npairs;
    uint32_t               room;
    uint64_t               price; /* of evaluating what hs_scan may rule out */
    void                  *hs;
    uint8_t               *joined;
    size_t                 joined_room;
};

/*
 * The trees of a pattern, one for each way to be a match.  *tree NULL: it
 * cannot be said (always a candidate).  API_OK or API_NOMEM.
 */

int api_prefilter_tree(const api_prefilter_pattern_t *pattern, unsigned flags,
    api_arena_t *arena, api_pattern_t **tree);

/* api_prefilter_check.c: numbers in range. */

int api_prefilter_check(const api_prefilter_set_t *set, api_err_t *err);

/*
 * Rule out, with the library, pairs of a scan: those it does not find lose
 * their `found`.  API_OK, or anything else and all keep it.
 */

int api_prefilter_refine(const api_prefilter_t *pf,
    const api_prefilter_text_t *text, api_prefilter_scratch_t *scratch);


/* What a scan is taken to cost when nobody has measured it. */

#define API_PREFILTER_PRICE (24 * 1024)

/* The file of a database: this, the mask of its patterns, the database. */

#define API_PREFILTER_MAGIC "apiwafdb"

typedef struct {
    char     magic[8];
    uint32_t format;
    uint32_t npatterns;
    char     key[API_PREFILTER_KEY];
    char     version[63]; /* of the library; with the key no gap is left */
    uint64_t size;        /* of the database */
    uint64_t price;       /* of a scan: nanoseconds for 1024 bytes */
    uint64_t sum[2];      /* of everything, this one zero */
} api_prefilter_head_t;

void api_prefilter_sum(api_span_t data, uint64_t sum[2]);
void api_prefilter_seal(
    const api_prefilter_head_t *head, api_span_t body, uint64_t sum[2]);


#endif /* API_PREFILTER_INT_H */
