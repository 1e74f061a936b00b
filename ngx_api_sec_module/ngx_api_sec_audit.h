
/*
 * The record: what happened, as a line of JSON, to a file, a pipe or syslog.
 *
 *   ngx_api_sec_audit_conf.c    api_audit and what refines it
 *   ngx_api_sec_audit_sink.c    ... where events go
 *   ngx_api_sec_audit.c         LOG phase: which requests have an event
 *   ngx_api_sec_event.h         ... rendered
 *   ngx_api_sec_audit_encrypt.c ... what of it is for one reader
 *   ngx_api_sec_audit_config.c  events about the configuration
 *   ngx_api_sec_audit_queue.c   room for an event, its end, what was lost
 *   ngx_api_sec_audit_lane.c    lanes in shared memory, and their owners
 *   ngx_api_sec_audit_writer.c  from the lanes to the sink, without waiting
 *   ngx_api_sec_audit_put.c     ... one write
 *   ngx_api_sec_audit_stop.c    ... at the end of a process
 *   ngx_api_sec_audit_report.c  counters
 *   ngx_api_sec_seal.h          api_audit_seal: chains, and a statement about
 *                               them once an epoch
 *
 * Each process that serves requests has a lane (api_spool.h) for each sink in
 * a zone of that sink.  An event is rendered into the lane and written when
 * the process comes round to it:
 *
 *   request ends --render--> lane --posted event or timer--> write
 *                              |                              |
 *                              | full: counted; an event      | short, EAGAIN,
 *                              | tells of it when there       | no space:
 *                              | is room                      | again, later
 *
 * A lane whose owner has died is adopted by another process, which writes
 * what is in it and tells how many events the other had begun.
 */

#ifndef _NGX_API_SEC_AUDIT_H_INCLUDED_
#define _NGX_API_SEC_AUDIT_H_INCLUDED_


#include "ngx_api_sec.h"
#include "api_redact.h"
#include "api_seal_note.h"
#include "api_spool.h"


typedef struct ngx_api_sec_sink_s     ngx_api_sec_sink_t;
typedef struct ngx_api_sec_writer_s   ngx_api_sec_writer_t;
typedef struct ngx_api_sec_reader_s   ngx_api_sec_reader_t;


/*
 * api_audit_seal, of a sink.  What is to be sealed next stands in one of two
 * slots: the other one is filled, and then becomes the one that counts.
 * Changed under the mutex of the zone, which a process that dies gives back.
 */

#define NGX_API_SEC_PARTED  1024              /* chains, until the next seal */

typedef struct {
    uint64_t                    epoch;        /* to be sealed next */
    uint8_t                     key[API_SEAL_LEN];
    api_seal_tree_t             tree;
    uint64_t                    stopped;      /* a last seal was written */
} ngx_api_sec_seal_slot_t;

typedef struct {
    uint8_t                     log[API_SEAL_CHAIN];
    uint8_t                     after[API_SEAL_CHAIN];
    ngx_atomic_t                which;
    ngx_atomic_t                set;          /* there is a key */
    ngx_api_sec_seal_slot_t     slot[2];

    api_seal_head_t             parted[NGX_API_SEC_PARTED];
    ngx_atomic_t                nparted;      /* chains that ended */
} ngx_api_sec_seal_t;


/* Shared memory of a sink; the lanes stand behind it. */

typedef struct {
    uint64_t                    size;         /* of one lane */
    uint64_t                    nlanes;
    ngx_atomic_t                writing;      /* pid, while it is writing */
    ngx_atomic_t                told;         /* configuration: which was */
    u_char                      rev[16];      /* ... its revision */

    /* over all processes; the lanes have what is not yet in here */

    ngx_atomic_t                kept;
    ngx_atomic_t                lost[API_SPOOL_NCAUSES];
    ngx_atomic_t                bytes;
    ngx_atomic_t                errors;       /* writes that failed */
    ngx_atomic_t                error;        /* errno of the last */
    ngx_atomic_t                wrote;        /* when, Unix time */

    ngx_api_sec_seal_t          seal;
} ngx_api_sec_lanes_t;


typedef enum {
    NGX_API_SEC_SINK_FILE = 0,
    NGX_API_SEC_SINK_PIPE,                    /* FIFO, stdout */
    NGX_API_SEC_SINK_SOCKET,                  /* stdout that is one */
    NGX_API_SEC_SINK_SYSLOG
} ngx_api_sec_sink_e;

struct ngx_api_sec_sink_s {
    ngx_str_t                   name;         /* as it stands there */
    const ngx_api_sec_audits_t *audits;
    ngx_uint_t                  kind;
    ngx_open_file_t            *file;         /* FILE */
    ngx_fd_t                    fd;           /* PIPE */
    ngx_syslog_peer_t          *syslog;
    size_t                      buffer;       /* of half a lane */
    ngx_thread_pool_t          *threads;      /* NULL: none */
    ngx_str_t                   pool;
    ngx_shm_zone_t             *zone;
    ngx_api_sec_writer_t       *writer;       /* state of a process */
};


#define NGX_API_SEC_AUDIT_BUFFER   (256 * 1024)  /* where none is said */

#define NGX_API_SEC_AUDIT_ALL      0
#define NGX_API_SEC_AUDIT_DENIED   1
#define NGX_API_SEC_AUDIT_SAMPLE   2

#define NGX_API_SEC_AUDIT_PASS     0
#define NGX_API_SEC_AUDIT_DEGRADE  1
#define NGX_API_SEC_AUDIT_DENY     2

/* A line api_audit. */

struct ngx_api_sec_audit_s {
    const ngx_api_sec_sink_t   *sink;
    ngx_str_t                   what;         /* events=, as given */
    ngx_uint_t                  events;       /* NGX_API_SEC_AUDIT_ALL, ... */
    ngx_uint_t                  sample;       /* one of N that pass */
    ngx_uint_t                  on_error;
    ngx_array_t                *always;       /* operations, of ngx_str_t */
    size_t                      buffer;
    ngx_str_t                   pool;
};


/* api_audit_redact: fields that are left out or replaced. */

#define NGX_API_SEC_REDACT_CLIENT     0x01
#define NGX_API_SEC_REDACT_PRINCIPAL  0x02
#define NGX_API_SEC_REDACT_AGENT      0x04
#define NGX_API_SEC_REDACT_PATH       0x08
#define NGX_API_SEC_REDACT_QUERY      0x10
#define NGX_API_SEC_REDACT_HOST       0x20


/* Of the module as a whole. */

struct ngx_api_sec_audits_s {
    ngx_array_t                 sinks;        /* of ngx_api_sec_sink_t * */
    api_sipkey_t                key;          /* of pseudonyms */
    u_char                      key_id[8];
    unsigned                    key_set:1;
    ngx_str_t                   rev;          /* of this configuration */
    ngx_str_t                   config;       /* its files, as JSON */
    uid_t                       uid;          /* of the master */
    ngx_str_t                   host;         /* of this machine, as JSON */

    /* api_audit_seal; the key of the epoch is wiped once it is in a zone */

    api_seal_signer_t          *signer;       /* NULL: no seals */
    uint32_t                    length;       /* of an epoch */
    uint64_t                    epoch;
    uint8_t                     epoch_key[API_SEAL_LEN];
    uint8_t                     log[API_SEAL_CHAIN];
    ngx_str_t                   state;        /* file of the epoch */

    ngx_api_sec_reader_t       *reader;       /* api_audit_encrypt, or NULL */
};


/* A process and a sink. */

#define NGX_API_SEC_LANES  8                  /* adopted at a time */

struct ngx_api_sec_writer_s {
    const ngx_api_sec_sink_t   *sink;
    ngx_api_sec_lanes_t        *lanes;
    api_spool_t                *own;
    api_spool_t                *adopted[NGX_API_SEC_LANES];
    ngx_uint_t                  nadopted;
    api_spool_t                *writing;      /* what of is being written */

    ngx_event_t                 flush;        /* posted, or a timer */
    ngx_event_t                 tick;         /* once a second */
    ngx_thread_task_t          *task;
    ngx_socket_t                sock;         /* SYSLOG; -1: none */
    ngx_msec_t                  last;         /* when it last wrote */
    ngx_msec_t                  deadline;     /* of its end */
    ngx_err_t                   err;          /* of the last write, 0: fine */
    time_t                      logged;       /* about that */
    time_t                      looked;       /* closely, for dead owners */
    time_t                      mourned;      /* logged about what was lost */
    time_t                      gapped;       /* an event told of it */
    uint64_t                    lost;         /* ... so much of it */
    api_seal_t                 *seal;         /* NULL: not sealed */
    char                        tail[192];    /* that ends each event */
    size_t                      tail_len;
    unsigned                    busy:1;       /* task is under way */
    unsigned                    private:1;    /* no lane was free */
    unsigned                    fresh:1;      /* nothing since it was opened */
    unsigned                    ending:1;     /* no timer any more */
};


/* ngx_api_sec_audit_conf.c */

ngx_int_t ngx_api_sec_audit_create(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf);
void ngx_api_sec_audit_merge(ngx_api_sec_loc_conf_t *conf,
    const ngx_api_sec_loc_conf_t *prev);

/* Once merged: NGX_API_SEC_USES_*. */

ngx_uint_t ngx_api_sec_audit_uses(const ngx_api_sec_loc_conf_t *conf);


/*
 * An event that is no request: configuration, a ban, an alert.  `kind` is
 * its kind, `body` the JSON value of the member of that name, in an event of
 * its own to the first sink; nothing personal or secret in it.  Queued at
 * once, written with the others; NGX_DECLINED when there is no api_audit, or
 * no room (counted).  In a worker only; r may be NULL.
 */

ngx_int_t ngx_api_sec_audit_note(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const char *kind, api_span_t body);


ngx_int_t ngx_api_sec_audit_door(const ngx_api_door_t *door,
    ngx_http_request_t *r, const char *kind, api_span_t body);


/*
 * Room for an event in the lane of this process: NULL when there is none,
 * which is then counted.  ASIDE: an event about events.
 */

char *ngx_api_sec_audit_begin(const ngx_api_sec_sink_t *sink,
    ngx_uint_t minor);

/* The JSON object in room, of len bytes, is one: seals it, and sees to it that
   it is written. */

void ngx_api_sec_audit_commit(const ngx_api_sec_sink_t *sink, char *room,
    size_t len);

/* It did not fit. */

void ngx_api_sec_audit_oversize(const ngx_api_sec_sink_t *sink);

#define NGX_API_SEC_EVENT_TAIL  512           /* room that commit needs */

/* The members that every event begins with; the object is left open. */

void ngx_api_sec_audit_head(api_writer_t *w, const char *kind);


/* ngx_api_sec_audit_event.c: the event of a request, into room for `size`. */

typedef struct {
    ngx_http_request_t             *r;
    const ngx_api_sec_main_conf_t  *mcf;
    const ngx_api_sec_loc_conf_t   *lcf;
    ngx_api_record_t               *rec;
    ngx_uint_t                      verdict;
    const ngx_api_decision_t       *why;      /* or NULL */
    const ngx_str_t                *upgrade;  /* or NULL */
    ngx_uint_t                      sample;   /* 0: none */
    ngx_uint_t                      redact;   /* NGX_API_SEC_REDACT_* */
} ngx_api_sec_event_t;

int ngx_api_sec_audit_event(const ngx_api_sec_event_t *e, char *room,
    size_t size, api_span_t *text);


/* ngx_api_sec_audit_encrypt.c: NGX_API_SEC_REDACT_* that go to a reader. */

ngx_uint_t ngx_api_sec_encrypted(const ngx_api_sec_audits_t *audits);
char *ngx_api_sec_audit_encrypt(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


/* ngx_api_sec_audit_config.c: init_module, init_process */

ngx_int_t ngx_api_sec_audit_config(ngx_cycle_t *cycle,
    ngx_api_sec_main_conf_t *mcf);
void ngx_api_sec_audit_loaded(const ngx_api_sec_main_conf_t *mcf);

/* ... other events of kind config, and of kind admin. */

void ngx_api_sec_audit_keys(const ngx_str_t *issuer, const uint8_t *old,
    const uint8_t *print);
void ngx_api_sec_audit_file(const ngx_api_watch_change_t *change);
void ngx_api_sec_audit_admin(ngx_http_request_t *r, const ngx_str_t *section,
    ngx_uint_t status);


/* ngx_api_sec_audit_sink.c */

ngx_api_sec_sink_t *ngx_api_sec_sink_find(const ngx_api_sec_audits_t *audits,
    const ngx_str_t *name);
ngx_api_sec_sink_t *ngx_api_sec_sink_add(ngx_conf_t *cf,
    ngx_api_sec_audits_t *audits, const ngx_str_t *name,
    const ngx_api_sec_audit_t *audit);


/* ngx_api_sec_audit_lane.c */

ngx_int_t ngx_api_sec_lanes_zone(ngx_conf_t *cf, ngx_api_sec_sink_t *sink);
ngx_int_t ngx_api_sec_lanes_claim(ngx_api_sec_writer_t *w,
    ngx_cycle_t *cycle);

/* How many. */

ngx_uint_t ngx_api_sec_lanes_adopt(ngx_api_sec_writer_t *w,
    ngx_cycle_t *cycle);
ngx_uint_t ngx_api_sec_lanes_leave(ngx_api_sec_writer_t *w,
    api_spool_t *lane);

/* Other processes have lanes; or only such as are leaving too, as this one is
   from now on; or nobody has what is in some. */

ngx_uint_t ngx_api_sec_lanes_others(const ngx_api_sec_writer_t *w);
ngx_uint_t ngx_api_sec_lanes_last(ngx_api_sec_writer_t *w);
ngx_uint_t ngx_api_sec_lanes_orphaned(const ngx_api_sec_lanes_t *lanes);
void ngx_api_sec_lanes_count_in(ngx_api_sec_lanes_t *lanes,
    const api_spool_t *lane);
api_spool_t *ngx_api_sec_lanes_at(const ngx_api_sec_lanes_t *lanes,
    ngx_uint_t n);


/* init_process, exit_process and exit_master, for all sinks. */

ngx_int_t ngx_api_sec_audit_start(const ngx_api_sec_main_conf_t *mcf,
    ngx_cycle_t *cycle);
void ngx_api_sec_audit_stop(const ngx_api_sec_main_conf_t *mcf,
    ngx_cycle_t *cycle);
void ngx_api_sec_audit_sweep(const ngx_api_sec_main_conf_t *mcf,
    ngx_cycle_t *cycle);


/* One write. */

typedef struct {
    ngx_uint_t                  kind;
    ngx_fd_t                    fd;
    api_span_t                  bytes;
    ngx_atomic_t               *writing;
    ngx_pid_t                   pid;
    ngx_uint_t                  wait;         /* for others that write */

    size_t                      n;            /* bytes that were taken */
    ngx_err_t                   err;          /* why not all of them */
} ngx_api_sec_put_t;

/* ... by a thread of a pool. */

typedef struct {
    ngx_api_sec_put_t           put;
    ngx_api_sec_writer_t       *w;
    ngx_atomic_t                done;
} ngx_api_sec_writer_task_t;


/* ngx_api_sec_audit_writer.c */

/* A lane for this process; and the timers that write. */

ngx_int_t ngx_api_sec_writer_open(const ngx_api_sec_sink_t *sink,
    ngx_cycle_t *cycle);
ngx_int_t ngx_api_sec_writer_start(const ngx_api_sec_sink_t *sink,
    ngx_cycle_t *cycle);
void ngx_api_sec_writer_stop(const ngx_api_sec_sink_t *sink,
    ngx_cycle_t *cycle);

/* What is to be written next, false: nothing; and one write of it. */

ngx_uint_t ngx_api_sec_writer_next(ngx_api_sec_writer_t *w,
    ngx_api_sec_put_t *p);
void ngx_api_sec_writer_put(ngx_api_sec_writer_t *w, ngx_api_sec_put_t *p);

/* Tells the error log what was lost, once a minute. */

void ngx_api_sec_writer_mourn(ngx_api_sec_writer_t *w);

/* ngx_api_sec_audit_stop.c: writes what there is, and waits for that. */

void ngx_api_sec_writer_drain(ngx_api_sec_writer_t *w);

/* There is something to be written. */

void ngx_api_sec_writer_wake(ngx_api_sec_writer_t *w);

/* Nothing can be written now, or events are lost. */

ngx_uint_t ngx_api_sec_writer_down(const ngx_api_sec_writer_t *w);

/* An event about what was lost, if there is something to tell and room. */

void ngx_api_sec_audit_gap(ngx_api_sec_writer_t *w, api_spool_t *lane);


/* ngx_api_sec_audit_seal_conf.c */

char *ngx_api_sec_seal_init(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf);
void ngx_api_sec_seal_wipe(const ngx_api_sec_main_conf_t *mcf);

/* ngx_api_sec_audit_seal.c */

ngx_int_t ngx_api_sec_seal_zone(ngx_api_sec_lanes_t *lanes,
    const ngx_api_sec_audits_t *audits, const ngx_api_sec_sink_t *sink);
ngx_int_t ngx_api_sec_seal_start(ngx_api_sec_writer_t *w,
    ngx_cycle_t *cycle);

/* Seals what epochs are over; stop: and this one, as the last. */

void ngx_api_sec_seal_tick(ngx_api_sec_writer_t *w, ngx_uint_t stop);

/* The chain of a lane has come to its end, or is not for others to see; false:
   the next seal has to come first. */

ngx_uint_t ngx_api_sec_seal_part(ngx_api_sec_writer_t *w, api_spool_t *lane);

/* An event from what stands in room, not counted. */

void ngx_api_sec_audit_aside(ngx_api_sec_writer_t *w, char *room, size_t len);


/* ngx_api_sec_audit_put.c: one write; may be called by any thread. */

void ngx_api_sec_put(ngx_api_sec_put_t *p);

/* ... one datagram an event, with this before it */

ngx_socket_t ngx_api_sec_put_connect(const ngx_addr_t *server);
void ngx_api_sec_put_syslog(ngx_api_sec_put_t *p, const u_char *head,
    size_t len);


/* ngx_api_sec_audit_report.c */

void ngx_api_sec_audit_metrics(const ngx_api_sec_main_conf_t *mcf,
    api_metrics_t *m);
void ngx_api_sec_audit_files(const ngx_api_sec_main_conf_t *mcf,
    api_metrics_t *m);
void ngx_api_sec_audit_status(const ngx_api_sec_main_conf_t *mcf,
    api_writer_t *w);


#endif /* _NGX_API_SEC_AUDIT_H_INCLUDED_ */
