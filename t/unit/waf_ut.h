/* Rules from a text and a request in a few words, for the tests of the WAF. */

#ifndef WAF_UT_H
#define WAF_UT_H

#include "api_operator.h"
#include "api_seclang.h"
#include "ut.h"


/* Files that Include and data files are read from: name, text, ..., NULL. */

typedef struct {
    const char *const *file;
} waf_files_t;

/* The program of a text, or NULL with *err; the loader goes back with
   api_seclang_free in any case. */

const api_waf_program_t *waf_load(api_seclang_t **s, const char *text,
    const char *const *files, const api_alloc_t *alloc, api_err_t *err);

/* One run over a request; all of it goes back with waf_end. */

typedef struct {
    api_arena_t      arena;
    api_waf_values_t values;
    api_waf_env_t    env;
    api_waf_tx_t    *tx;
    api_waf_rc_t     rc; /* of the last phase that ran */
    char             ids[512];
} waf_run_t;

/*
 * A transaction with engine ON and the values of `request`: lines NAME=VALUE
 * or NAME:member=VALUE.  waf_go runs phases 1 and 2, or further up to `phase`,
 * and afterwards 5; ids has those that matched, with a blank between.
 */

void waf_begin(waf_run_t *r, const api_waf_view_t *view, const char *request,
    const api_alloc_t *alloc);
void waf_go(waf_run_t *r, int phase);
void waf_end(waf_run_t *r);

/* All of it at once: ids of rules that match, and the status in front when
   the request is refused: "403: 1 2". */

const char *waf_says(const char *rules, const char *request);


#endif /* WAF_UT_H */
