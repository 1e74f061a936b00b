/*
 * Is a log as it was written?  Lines go in, one after the other and in the
 * order of its files; what is wrong is told as it is found.
 *
 *     api_seal_check_create(&check, &opts, &api_alloc_libc);
 *     while (line) api_seal_check_line(check, line, place);
 *     verdict = api_seal_check_end(check, now, &sum);
 *
 * Found by the chains: a line that was changed, taken away, put in, moved or
 * brought back.  Found by what is sealed each epoch: lines cut off at the end,
 * seals taken away, seals made later with the key of another epoch (needs the
 * first key), and seals that were not made by the owner of the signing key
 * (needs its public one).
 *
 * Told from these: what nginx loses when all of it is killed, or its machine.
 * The log has no last seal then, events are missing that its last one says
 * were on their way, and those behind it are under no seal; see
 * docs/guide/audit-log.md.
 *
 * Folded: lines that a writer wrote twice because another was killed, and half
 * a line before its repetition.
 *
 * Memory: about 1 MiB for each chain that is being written at a time, and 200
 * bytes for each that ever was.  One thread at a time.
 */

#ifndef API_SEAL_CHECK_H
#define API_SEAL_CHECK_H

#include "api_seal_note.h"


typedef enum {
    API_SEAL_FINE = 0,
    API_SEAL_MISSING, /* nothing was changed, but not all is there */
    API_SEAL_CHANGED
} api_seal_verdict_t;

/* `place` is what api_seal_check_line was called with; text is one line, in
   printable ASCII. */

typedef void (*api_seal_report_t)(
    void *ctx, api_seal_verdict_t verdict, uint64_t place, const char *text);

typedef struct {
    const api_seal_signer_t *signer; /* NULL: signatures are not looked at */
    bool                     has_key;
    uint8_t                  key[API_SEAL_LEN]; /* of epoch `epoch` */
    uint64_t                 epoch;
    int64_t                  now;    /* Unix time: nothing is of a later one */
    bool                     part;   /* something stands before and behind */
    api_span_t               anchor; /* a note that must be in it, or none */
    api_seal_report_t        report;
    void                    *ctx;
} api_seal_opts_t;

typedef struct {
    api_seal_verdict_t verdict;
    uint64_t           lines;
    uint64_t           events; /* without those that came twice */
    uint64_t           requests;
    uint64_t           repeated;
    uint64_t           sealed;
    uint64_t           lost;     /* as events of kind gap tell */
    uint64_t           unproven; /* of before nginx was killed as a whole:
                                    sealed and not there, or never sealed */
    uint64_t           chains;
    uint64_t           seals;   /* statements about epochs */
    int64_t            last;    /* time of the last one, -1: none */
    bool               stopped; /* the last one says that it is the last */
} api_seal_sum_t;

typedef struct api_seal_check_s api_seal_check_t;

/* API_OK, API_NOMEM, API_INTERNAL.  What opts points to stays in use. */

int api_seal_check_create(api_seal_check_t **check,
    const api_seal_opts_t *opts, const api_alloc_t *alloc);

void api_seal_check_free(api_seal_check_t *check);

/* A line without its end.  API_OK whatever it is; API_NOMEM, API_INTERNAL. */

int
api_seal_check_line(api_seal_check_t *check, api_span_t line, uint64_t place);

api_seal_verdict_t
api_seal_check_end(api_seal_check_t *check, api_seal_sum_t *sum);


#endif /* API_SEAL_CHECK_H */
