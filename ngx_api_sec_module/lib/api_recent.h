/*
 * What happened lately, for people who look: the traffic of the last hour in
 * pieces of ten seconds, and the last requests that were refused, or would have
 * been.
 *
 * In shared memory of a fixed size, without pointers and without a lock.
 * Counters are added to atomically; two processes that begin the same piece at
 * the same moment may lose a few counts.  A note is written under an odd
 * number and read twice: a reader sees all of it or none, and a process that is
 * killed while it writes costs that note.
 *
 * Nothing in a note is a value of a request: names of checks, reasons and
 * operations, and the id that joins the logs.
 */

#ifndef API_RECENT_H
#define API_RECENT_H

#include "api_base.h"


#define API_RECENT_PIECE 10   /* seconds */
#define API_RECENT_PIECES 360 /* an hour */
#define API_RECENT_NOTES 256

typedef enum {
    API_RECENT_ALLOWED = 0,
    API_RECENT_DENIED,
    API_RECENT_WATCHED, /* would have been denied */
    API_RECENT_OK,      /* 1xx to 3xx */
    API_RECENT_CLIENT,  /* 4xx */
    API_RECENT_SERVER,  /* 5xx */
    API_RECENT_NCOUNTS
} api_recent_count_t;

typedef struct api_recent_s api_recent_t;

size_t api_recent_size(void);

/* Of zeroed or used memory, 8-byte aligned, of api_recent_size bytes. */

void api_recent_init(void *mem);

/* What is at mem, NULL when it is none. */

api_recent_t *api_recent_at(void *mem);

/* A request that ended at `now`; verdict is one of the first three, or
   API_RECENT_NCOUNTS: nobody has judged it. */

void api_recent_add(
    api_recent_t *r, int64_t now, api_recent_count_t verdict, unsigned status);

/*
 * Counts of the piece that began `back` pieces before the one of now (0: that
 * goes on); false: nothing was counted in it.
 */

bool api_recent_piece(const api_recent_t *r, int64_t now, unsigned back,
    uint32_t counts[API_RECENT_NCOUNTS]);

#define API_RECENT_NAME 31

typedef struct {
    int64_t  time;
    uint64_t operation; /* its id in the inventory; 0: none */
    uint16_t status;    /* that was, or would have been answered */
    bool     denied;
    char     check[16];
    char     reason[API_RECENT_NAME + 1];
    char     name[API_RECENT_NAME + 1]; /* operationId, or empty */
    char     support_id[33];
} api_recent_note_t;

/* A string of a note, cut to the room it has. */

void api_recent_text(char *to, size_t room, api_span_t s);

void api_recent_note(api_recent_t *r, const api_recent_note_t *note);

/* Note number i, 0 the newest; false: there is none, or it is being written. */

bool
api_recent_get(const api_recent_t *r, unsigned i, api_recent_note_t *note);


#endif /* API_RECENT_H */
