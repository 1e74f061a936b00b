/* Parts of apisec log. */

#ifndef APISEC_LOG_H
#define APISEC_LOG_H

#include "apisec.h"
#include "api_json.h"
#include "api_seal_check.h"


typedef struct {
    const char *key;
    const char *reader;
    const char *state;
    const char *name;
    const char *epoch;
    const char *checkpoint;
    const char *to;
    const char *kind;
    const char *id;
    const char *principal;
    const char *operation;
    const char *verdict;
    const char *status;
    const char *path;
    const char *since;
    const char *until;
    const char *not_older;
    bool        part;
    bool        follow;
} apisec_log_t;

/* The commands; files are the arguments behind their name. */

int apisec_log_keygen(const apisec_log_t *v);
int apisec_log_reader(const apisec_log_t *v);
int apisec_log_verify(const apisec_log_t *v, const apisec_list_t *files);
int apisec_log_decrypt(const apisec_log_t *v, const apisec_list_t *files);
int apisec_log_query(const apisec_log_t *v, const apisec_list_t *files);
int apisec_log_tail(const apisec_log_t *v, const apisec_list_t *files);
int apisec_log_convert(const apisec_log_t *v, const apisec_list_t *files);


/*
 * apisec_log_verify.c: are these files as they were written?  Faults are told
 * as they are found; file NULL: it is about no line.  APISEC_OK whatever is
 * wrong with them: seen says that; else it has said why it cannot tell.
 * sum.verdict is of what could be read: with seen->cut it is not of all.
 */

typedef void (*apisec_log_tell_pt)(void *ctx, api_seal_verdict_t verdict,
    const char *file, uint64_t line, const char *text);

typedef struct {
    api_seal_sum_t sum;
    bool           signatures; /* were looked at: the key is there */
    bool           epochs;     /* likewise */
    size_t         cut;        /* files that were not read to their end */
} apisec_log_seen_t;

int apisec_log_check(const apisec_log_t *v, const apisec_list_t *files,
    apisec_log_tell_pt tell, void *ctx, apisec_log_seen_t *seen);


/* A new file at path, for its owner alone. */

int apisec_create(const char *path, const char *text);


/* apisec_log_file.c: lines of a file, also of one that gzip has packed. */

#define APISEC_LOG_LINE 65536

typedef struct {
    void       *gz;
    const char *path; /* the caller's */
    char       *buf;
    size_t      pos;
    size_t      len;
    uint64_t    line; /* number of the last one */
    bool        end;
    bool        failed; /* it ended before its end */
} apisec_log_file_t;

int apisec_log_open(apisec_log_file_t *f, const char *path);

/* APISEC_OK; or, when it could not be read to its end (it is cut, damaged, no
   file), APISEC_FAILED, and then it has said so. */

int apisec_log_close(apisec_log_file_t *f);

/* A line without its end; what is longer than APISEC_LOG_LINE comes in pieces.
   False at the end. */

bool apisec_log_next(apisec_log_file_t *f, api_span_t *line);


/* apisec_log_query.c: an event, and does it fit?  False: it is none, or does
   not.  The event is in apisec_arena(), for the caller to rewind. */

bool
apisec_log_match(const apisec_log_t *v, api_span_t line, api_json_t *event);

/* Its member "a.b" as text; data NULL: there is none. */

api_span_t apisec_log_value(const api_json_t *event, const char *path);


#endif /* APISEC_LOG_H */
