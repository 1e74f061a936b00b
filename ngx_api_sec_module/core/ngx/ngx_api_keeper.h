
/*
 * Tables that survive a restart and an upgrade of the binary: a file for each
 * in api_state.
 *
 *                  zone is made             a worker, once a second
 *     (file) ----- load --> TABLE <-- merge -- file of another inode? (an
 *                             |                 nginx before or after us
 *                             |                 has written it)
 *                             +-- changed? --> tmp --> rename --> (file)
 *
 * One worker does it for all: whoever finds that its second is over.  A large
 * table is written piece by piece between requests.  Each worker that ends
 * writes what is not written yet, to the disk; before that the file is in the
 * system's memory, which outlives nginx and not a power failure.
 *
 * Nothing of a file is trusted: it has to belong to root or the workers, be
 * writable for nobody else, and hold as a whole (api_snapfile.h).
 */

#ifndef _NGX_API_KEEPER_H_INCLUDED_
#define _NGX_API_KEEPER_H_INCLUDED_


#include "ngx_api_compat.h"
#include "api_snapfile.h"


/* In shared memory, zero at first; belongs to one table. */

typedef struct ngx_api_kept_s {
    ngx_atomic_t                next;      /* ms: when it is to be looked at */
    ngx_atomic_t                saved;     /* changes that are in the file */
    ngx_atomic_t                file;      /* of the file we know, mixed with
                                              its time */
    ngx_atomic_t                saves;
    ngx_atomic_t                failures;
} ngx_api_kept_t;


typedef struct ngx_api_keeper_s  ngx_api_keeper_t;


/* A file that is being written. */

typedef struct {
    ngx_api_keeper_t *keeper;
    ngx_fd_t                    fd;
    u_char                     *tmp;
    uint64_t                    changes;   /* that will be in it */
    uint64_t                    at;        /* the table's own position */
    api_snapshot_writer_t       writer;
    ngx_uint_t                  begun;
} ngx_api_saving_t;


struct ngx_api_keeper_s {
    ngx_str_t                   path;      /* NUL-terminated */
    const char                 *owner;     /* in the log: "api_ratelimit" */
    void                       *data;
    size_t                      max;       /* bytes of a file */
    ngx_msec_t                  period;
    const ngx_core_conf_t      *ccf;       /* has the workers' user */

    ngx_api_kept_t *(*kept)(void *data);

    /* differs whenever the file would */
    uint64_t                  (*changes)(void *data);

    /* API_OK or what it is not; wall in ms */
    int                       (*load)(void *data, api_span_t file,
                                  uint64_t wall, api_err_t *err);

    /* some of it; NGX_AGAIN: more is to come */
    ngx_int_t                 (*save)(ngx_api_saving_t *s,
                                  uint64_t wall);

    ngx_event_t                *timer;
    ngx_api_saving_t  saving;    /* fd: NGX_INVALID_FILE, idle */
};


/* postconfiguration: path and user, "NAME.snap" in the state directory dir;
   NGX_DECLINED when it is not there. */

ngx_int_t ngx_api_keeper_init(ngx_conf_t *cf, ngx_api_keeper_t *keeper,
    const ngx_str_t *dir, const ngx_str_t *name);

/* When the zone is made: what the file holds, if there is one.  NGX_ERROR when
   it is not taken, logged. */

ngx_int_t ngx_api_keeper_load(ngx_api_keeper_t *keeper,
    ngx_log_t *log);

/* init_process and exit_process of a worker. */

ngx_int_t ngx_api_keeper_start(ngx_cycle_t *cycle,
    ngx_api_keeper_t *keeper);
void ngx_api_keeper_end(ngx_api_keeper_t *keeper);

/* For save: bytes to the file; false when the disk says no. */

bool ngx_api_keeper_write(void *saving, api_span_t bytes);


#endif /* _NGX_API_KEEPER_H_INCLUDED_ */
