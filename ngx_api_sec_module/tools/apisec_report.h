/*
 * Parts of apisec report: a page in HTML or Markdown, of headings, lines and
 * tables.
 */

#ifndef APISEC_REPORT_H
#define APISEC_REPORT_H

#include "apisec_lint.h"
#include "apisec_log.h"

#include "api_jws.h"
#include "api_patch.h"


typedef struct {
    apisec_lint_t lint;
    apisec_list_t logs; /* of api_audit, oldest first */
    const char   *key;  /* what keygen printed */
    bool          part; /* there are files before or behind these */
} apisec_report_t;

typedef struct {
    FILE *out;
    bool  html;
} apisec_page_t;

/* apisec_page.c */

void apisec_page_begin(const apisec_page_t *p, const char *title);
void apisec_page_end(const apisec_page_t *p);
void apisec_page_heading(const apisec_page_t *p, const char *text);
void apisec_page_line(const apisec_page_t *p, const char *text);

/* A table: its heads, a row each with as many cells, its end.  A cell that
   begins with "!" is shown as a fault, without the mark. */

void
apisec_page_table(const apisec_page_t *p, const char *const *heads, size_t n);
void
apisec_page_row(const apisec_page_t *p, const char *const *cells, size_t n);
void apisec_page_table_end(const apisec_page_t *p);

/* At how many locations with an upstream does a directive of that name stand;
   how many of them only record, where api_mode is off, how many there are. */

typedef struct {
    unsigned on;
    unsigned watch;
    unsigned off;
    unsigned all;
} apisec_places_t;

apisec_places_t apisec_places(const api_lint_t *lint, const char *name);

/* The directive that follows in the document, blocks from the inside. */

const api_conf_dir_t *apisec_after(const api_conf_dir_t *d);


/* apisec_report_chain.c: is the audit log as it was written?  What is not
   looked at is not called verified. */

#define APISEC_CHAIN_TEXT 256

typedef struct {
    bool               given;  /* there were files to look at */
    bool               proven; /* whole, and with both keys */
    apisec_log_seen_t  seen;
    uint64_t           faults;
    api_seal_verdict_t worst; /* of the fault that is kept */
    const char        *file;
    uint64_t           line;
    char               text[APISEC_CHAIN_TEXT];
} apisec_chain_t;

int  apisec_chain_check(const apisec_report_t *o, apisec_chain_t *c);
void apisec_chain(const apisec_page_t *p, const api_lint_t *lint,
    const apisec_report_t *o, const apisec_chain_t *c);


/*
 * Virtual patches, and what of the log concerns them.  Times are Unix times,
 * 0: not known.  That a patch was there says only the log or the date of its
 * file, and both that it was there by then.
 */

typedef struct {
    const api_patch_t    *patch;
    const api_conf_dir_t *dir;
    bool                  own_file; /* not in the configuration itself */
    int64_t               changed;  /* date of the file */
    int64_t               loaded;   /* the log: that very text holds */
    int64_t               refused;  /* the log: the first refusal by it */
    int64_t               alert;    /* the first thing that concerns it */
    uint64_t              refusals;
    uint64_t              alerts;
    uint8_t               sum[3][API_JWS_SHA256_LEN]; /* of the file */
} apisec_patch_t;

/* An alert, or what rules only watched, at a place that no patch covers. */

#define APISEC_ALARMS 200
#define APISEC_ALARM_TEXT 160

typedef struct {
    char     name[APISEC_ALARM_TEXT];
    char     at[APISEC_ALARM_TEXT];
    uint64_t n;
    int64_t  first;
    int64_t  last;
} apisec_alarm_t;

typedef struct {
    apisec_patch_t *patches;
    size_t          n;
    size_t          room;
    apisec_list_t   unread; /* files of patches, and why */
    bool            read;   /* a log was */
    int64_t         from;   /* the first event of the log */
    apisec_alarm_t  alarms[APISEC_ALARMS];
    size_t          nalarms;
    uint64_t        more; /* events there was no room for */
} apisec_answers_t;

/* apisec_report_event.c */

int apisec_answers_read(
    const api_lint_t *lint, const apisec_list_t *logs, apisec_answers_t *a);

/* apisec_report_patch.c */

void apisec_answers_load(const api_lint_t *lint, apisec_answers_t *a);
void apisec_answers(const apisec_page_t *p, const api_lint_t *lint,
    const apisec_answers_t *a, bool doubtful);

/* apisec_matrix.c: what holds for each operation. */

void apisec_matrix(const apisec_page_t *p, const api_lint_t *lint);

/* apisec_owned.c: policies, exceptions, keys. */

void apisec_owned(const apisec_page_t *p, const api_lint_t *lint);


#endif /* APISEC_REPORT_H */
