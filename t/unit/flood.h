/*
 * A flood of junk keys against a table of limits, in simulated time: does a
 * client that is over its limit get a fresh bucket, and what do others pay?
 */

#ifndef FLOOD_H
#define FLOOD_H

#include "api_table.h"


typedef struct {
    const char *rate; /* "5r/m" */
    uint64_t    burst;
    uint64_t    junk;       /* keys, each seen once */
    uint64_t    per_second; /* of them */
    size_t      size;       /* of the table */
    api_full_t  full;
    bool        idle; /* the attacker's own key rests between its bursts, or
                         else asks all the time */
} flood_t;

typedef struct {
    uint64_t         attacker; /* requests of its key that passed */
    uint64_t         nominal;  /* burst + rate * time: what may pass */
    uint64_t         honest;   /* asked, at two thirds of the limit ... */
    uint64_t         refused;  /* ... and were refused */
    api_table_stat_t stat;
} flood_result_t;

/* false: no memory. */

bool flood(const flood_t *f, flood_result_t *result);


#endif /* FLOOD_H */
