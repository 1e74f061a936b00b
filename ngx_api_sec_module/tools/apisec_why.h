/*
 * Parts of apisec why.  Logs are hostile input: clients write into them.
 * Every byte of theirs that is printed has been through api_text_log, lines
 * are bounded, and an event is believed as far as the strict parser goes.
 */

#ifndef APISEC_WHY_H
#define APISEC_WHY_H

#include "apisec.h"


/* apisec_lines.c: lines of a file, one after the other. */

#define APISEC_LINE_MAX 65536

typedef struct {
    int      fd;
    char    *buf; /* of 2 * APISEC_LINE_MAX */
    size_t   pos;
    size_t   len;
    size_t   skipped; /* lines that were too long */
    unsigned cut : 1; /* the rest of such a line is still to come */
    unsigned end : 1;
} apisec_lines_t;

int  apisec_lines_open(apisec_lines_t *l, const char *path);
bool apisec_lines_next(apisec_lines_t *l, api_span_t *line);
void apisec_lines_close(apisec_lines_t *l);


/* apisec_reason.c: what a reason means and what to do about it. */

typedef struct {
    const char *check; /* NULL: of any check */
    const char *reason;
    const char *means;
    const char *remedy;
} apisec_reason_t;

/* Never NULL: there is an entry for what is not known. */

const apisec_reason_t *apisec_reason(api_span_t check, api_span_t reason);

/* Number i; NULL: there are no more. */

const apisec_reason_t *apisec_reason_at(size_t i);


/* apisec_story.c */

/* Prints the event in the line of an audit file if its support_id is id. */

bool apisec_story(const char *path, api_span_t line, api_span_t id);

/* The same for a line of nginx's error log. */

bool apisec_story_error(const char *path, api_span_t line, api_span_t id);


#endif /* APISEC_WHY_H */
