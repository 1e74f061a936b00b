
/*
 * Files that are read again when they change, while nginx runs.
 *
 * Every worker looks once a second (one stat a file).  A file that looks
 * different is read when it looks the same once more, a moment later, and
 * when nothing changed while it was read: writers take their time.  Its text
 * goes to `load`, which swaps in what it made of it.  A file that is gone,
 * unreadable or refused leaves the last good state in use and is logged once
 * a change.  The master reads each file once while it reads the
 * configuration; there a mistake is an error.
 *
 *   conf --load ok--> GOOD --looks different--> MOVING --+ looks different
 *                      ^                        |  ^  ^--+
 *                      |        looks the same: |  |
 *                      |             read, load |  | looks different
 *                      +---ok-------------------+  |
 *                                               +--no: log-- STALE
 *
 * A symbolic link is followed, so that what it leads to may be swapped.
 *
 * What load keeps is state of a process, not configuration: workers have
 * their own copies from the fork on.  All of this blocks the worker for the
 * time of a read and a load: files are local and of moderate size.
 */

#ifndef _NGX_API_WATCH_H_INCLUDED_
#define _NGX_API_WATCH_H_INCLUDED_


#include "ngx_api_conf.h"


typedef struct ngx_api_watch_s  ngx_api_watch_t;

/*
 * Make text (valid during the call) the state of data.  API_OK, or a class
 * and err->text; after a failure the old state stands.
 */

typedef int (*ngx_api_watch_load_pt)(void *data, api_span_t text,
    api_err_t *err);

/* What a file looks like from outside; all zero: it is not there. */

typedef struct {
    dev_t                       dev;
    ino_t                       ino;
    off_t                       size;
    struct timespec             mtime;
    struct timespec             ctime;
} ngx_api_watch_look_t;

#define NGX_API_WATCH_PRINT  32               /* SHA-256, to tell two apart */

/* A file has changed while nginx runs, and its new text holds, or was refused;
   `old` is of the text that held before.  Never to be shown as they are: what
   is short could be guessed. */

typedef struct {
    const ngx_str_t            *path;
    const ngx_file_info_t      *fi;
    const u_char               *old;          /* NGX_API_WATCH_PRINT bytes */
    const u_char               *now;
    ngx_uint_t                  holds;
} ngx_api_watch_change_t;

typedef void (*ngx_api_watch_told_pt)(const ngx_api_watch_change_t *change);

struct ngx_api_watch_s {
    ngx_str_t                   path;         /* NUL-terminated */
    size_t                      max;          /* bytes */
    ngx_api_watch_load_pt       load;
    void                       *data;
    const struct ngx_api_watches_s  *all;

    ngx_api_watch_look_t        look;         /* when last looked at */
    u_char                      print[NGX_API_WATCH_PRINT];  /* what holds */
    unsigned                    moving:1;     /* differs from what was read */
    unsigned                    stale:1;      /* what was read last is not in
                                                 use */
};


/* All watches of a module, in its main conf. */

typedef struct ngx_api_watches_s {
    ngx_array_t                 files;        /* of ngx_api_watch_t * */
    ngx_event_t                *timer;

    ngx_api_watch_told_pt       told;         /* in init_process; or NULL */
} ngx_api_watches_t;


/* A directive names a file: read it now, and from now on. */

char *ngx_api_watch_add(ngx_conf_t *cf, ngx_api_watches_t *watches,
    ngx_str_t *path, size_t max, ngx_api_watch_load_pt load, void *data);

/* init_process of the module. */

ngx_int_t ngx_api_watch_start(ngx_cycle_t *cycle, ngx_api_watches_t *watches);


#endif /* _NGX_API_WATCH_H_INCLUDED_ */
