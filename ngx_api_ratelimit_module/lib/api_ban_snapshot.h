/*
 * Bans to a file and back (api_snapfile.h).
 */

#ifndef API_BAN_SNAPSHOT_H
#define API_BAN_SNAPSHOT_H

#include "api_ban.h"


/* Takes bytes in order; false ends the saving. */

typedef bool (*api_ban_sink_t)(void *ctx, api_span_t bytes);

/*
 * All that is remembered, as of now (the table's clock) and wall (ms since
 * 1970).  API_OK, or API_INTERNAL when the sink said no.  Needs the lock as
 * far as no ban must be missing that is made meanwhile; without it the file is
 * sound all the same.
 */

int api_ban_save(const api_ban_t *t, uint64_t wall, uint64_t now,
    api_ban_sink_t sink, void *ctx);


typedef struct {
    size_t taken;   /* entries that are there now, or are over */
    size_t lost;    /* no room */
    size_t unsound; /* values that cannot be: left out */
} api_ban_restored_t;

/*
 * Put what a file holds into t, under the lock.  A fresh table takes over the
 * file's seed; a table that is in use takes only a file of its own descent,
 * and then the later ban wins: to read a file twice is harmless.  Nothing is
 * taken from a file that does not hold as a whole: API_SYNTAX, API_INVALID,
 * API_UNSUPPORTED, with err->text.
 */

int api_ban_restore(api_ban_t *t, api_span_t file, uint64_t wall, uint64_t now,
    api_ban_restored_t *done, api_err_t *err);


#endif /* API_BAN_SNAPSHOT_H */
