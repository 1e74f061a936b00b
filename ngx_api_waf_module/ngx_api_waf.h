
/*
 * Private to ngx_api_waf_module.
 */

#ifndef _NGX_API_WAF_H_INCLUDED_
#define _NGX_API_WAF_H_INCLUDED_


#include "ngx_api_body.h"
#include "ngx_api_header.h"
#include "ngx_api_tally.h"
#include "ngx_api_watch.h"
#include "api_operator.h"
#include "api_patch.h"
#include "api_seclang.h"
#include "api_text.h"
#include "api_values.h"
#include "api_waf_scan.h"


#define NGX_API_WAF_UNSET  ((ngx_uint_t) -1)

/* About a millisecond: longer work gives way to other requests. */

#define NGX_API_WAF_SLICE  1000000

/* Where nobody can wait (phases 3 and 5) there is no more than this. */

#define NGX_API_WAF_SHORT  4000000

/* What a request may cost: so many times what a benign one of its size costs,
   and so much (5 ms) besides.  See api_waf_budget. */

#define NGX_API_WAF_FACTOR  5
#define NGX_API_WAF_BASE  5000000

#define NGX_API_WAF_FILE_MAX  (16 * 1024 * 1024)

/* What is looked at of a response, unless rules say. */

#define NGX_API_WAF_ANSWER_LIMIT  524288


/* api_waf_ruleset */

typedef struct {
    ngx_str_t                   name;
    ngx_array_t                 files;        /* of ngx_str_t, full paths */
} ngx_api_waf_ruleset_t;


/* Rule sets that an api_waf names together: compiled once, as one program,
   and shared by all that name the same. */

typedef struct {
    ngx_array_t                 names;        /* of ngx_str_t */
    ngx_str_t                   text;         /* "crs core", for messages */
    ngx_str_t                   file;         /* where it was named first */
    ngx_uint_t                  line;
    ngx_uint_t                  index;
    ngx_array_t                 files;        /* of ngx_str_t, of all names */
    api_seclang_t              *loader;
    const api_waf_program_t    *program;
    unsigned                    phases;       /* bit n: phase n has rules */
    uint64_t                    units[5];     /* by paranoia, as in a policy */
} ngx_api_waf_set_t;


/* api_waf_patch; of a file, the list is state of the process. */

typedef struct {
    api_patches_t              *list;
} ngx_api_waf_patches_t;


/* A program as locations see it; what runs once a request. */

typedef struct {
    ngx_api_waf_set_t          *set;
    const api_waf_view_t       *view;
    uint64_t                    units;        /* a benign kilobyte costs */
} ngx_api_waf_policy_t;


/* State of a process. */

typedef struct {
    api_scratch_t              *scratch;
    api_waf_scan_scratch_t    **scan;         /* by index of a set */
    api_sipkey_t                seed;
} ngx_api_waf_worker_t;


typedef struct {
    ngx_api_door_t              door;         /* must be first */
    ngx_api_self_t              self;
    ngx_shm_zone_t             *zone;
    ngx_api_tenant_t            tenant;
    ngx_array_t                 rulesets;     /* ngx_api_waf_ruleset_t * */
    ngx_array_t                 sets;         /* ngx_api_waf_set_t * */
    ngx_array_t                 patches;      /* ngx_api_waf_patches_t * */
    ngx_api_watches_t           watches;
    ngx_api_tenant_t            collections;  /* size 0: there are none */
    api_waf_store_t             store;
    ngx_str_t                   compiler;     /* api_waf_compiler */
    ngx_uint_t                  uses;         /* a set is used */
    ngx_uint_t                  paranoia;     /* the highest of locations */
    ngx_api_waf_worker_t       *worker;
} ngx_api_waf_main_conf_t;


typedef struct {
    ngx_api_waf_set_t          *set;          /* NULL: off */
    ngx_api_mode_t              mode;
    ngx_uint_t                  grpc;         /* skip=grpc */
    ngx_uint_t                  paranoia;     /* 0: as the rules say */
    ngx_uint_t                  in;
    ngx_uint_t                  out;
    ngx_uint_t                  factor;       /* 0: as much as it takes */
    ngx_uint_t                  base;         /* work units */
    ngx_api_conf_list_t         exclude;      /* of api_waf_exclude_t * */
    ngx_api_conf_list_t         patches;      /* ngx_api_waf_patches_t * */
    ngx_uint_t                  own;          /* differs from above */
    ngx_api_waf_policy_t       *policy;       /* made in merge */
} ngx_api_waf_loc_conf_t;


/*
 * One policy on one request.
 *
 *   FRESH --phase 1--> HEADERS --the body is read--> BODY --phase 2--> DONE
 *     |                   |                            |                |
 *     +-------------------+-------- refused -----------+----------------+
 *
 * A phase that takes long is left in the middle (NGX_AGAIN) and gone on with
 * when other requests have had their turn; so is HEADERS while nginx reads,
 * and while its body is taken apart.
 */

typedef enum {
    NGX_API_WAF_FRESH = 0,
    NGX_API_WAF_HEADERS,
    NGX_API_WAF_BODY,
    NGX_API_WAF_DONE
} ngx_api_waf_state_e;


/* $api_waf_action */

typedef enum {
    NGX_API_WAF_NOTHING = 0,
    NGX_API_WAF_PASSED,
    NGX_API_WAF_MONITORED,
    NGX_API_WAF_REFUSED,
    NGX_API_WAF_BROKEN
} ngx_api_waf_action_e;


/* See ngx_api_waf_response.c. */

typedef enum {
    NGX_API_WAF_ANSWER_NONE = 0,
    NGX_API_WAF_ANSWER_HOLDING,
    NGX_API_WAF_ANSWER_WATCHING,
    NGX_API_WAF_ANSWER_JUDGING,
    NGX_API_WAF_ANSWER_REPLACED,
    NGX_API_WAF_ANSWER_DONE
} ngx_api_waf_answer_e;


typedef struct ngx_api_waf_run_s  ngx_api_waf_run_t;

/* What ngx_api_waf_store.c is called with. */

typedef struct {
    const ngx_api_waf_main_conf_t *mcf;
    int64_t                     timeout;      /* of the rule set; 0: unsaid */
} ngx_api_waf_collections_t;


/* What exceptions leave of a policy. */

#define NGX_API_WAF_EXCEPTED  8

typedef struct {
    ngx_uint_t                  mode;
    ngx_uint_t                  nrules;
    uint32_t                    rules[NGX_API_WAF_EXCEPTED];
} ngx_api_waf_excepted_t;


struct ngx_api_waf_run_s {
    api_waf_store_t             store;
    ngx_api_waf_collections_t   collections;
    const ngx_api_waf_policy_t *policy;
    ngx_api_waf_run_t          *next;         /* of a location before */
    ngx_api_why_t               why;          /* when it is refused */
    ngx_uint_t                  state;
    ngx_uint_t                  mode;
    void                      **place;        /* it was begun in */
    ngx_uint_t                  uri_changes;  /* of r then */
    ngx_uint_t                  asked;        /* the mode there */
    ngx_api_waf_excepted_t      excepted;
    ngx_uint_t                  factor;       /* of api_waf_budget, there */
    ngx_uint_t                  action;
    unsigned                    refused:1;
    unsigned                    live:1;       /* tx and its arena are there */
    unsigned                    closed:1;     /* phase 5 has run */
    unsigned                    reading:1;    /* the body, in slices */

    api_alloc_t                 alloc;
    api_arena_t                 arena;
    api_waf_values_t            values;
    api_values_conf_t           conf;
    api_values_t                builder;
    api_values_request_t        request;
    api_waf_env_t               env;
    api_waf_tx_t               *tx;

    ngx_str_t                   location;     /* of a rule that redirects */
    ngx_uint_t                  answer;
    unsigned                    gzip:1;       /* what is held is in gzip */
    u_char                     *held;         /* of the response, in arena */
    size_t                      held_len;
    size_t                      held_room;
    ngx_chain_t                *rest;         /* waits behind what is held */
    ngx_event_t                 turn;         /* of the next slice */
    ngx_http_request_t         *request_of;   /* the turn */
    unsigned                    due:1;        /* it has come */
    unsigned                    holds:1;
    unsigned                    last:1;       /* what is held is all */

    /* what is known at the end of each phase, in the pool of the request */
    int64_t                     score;
    int64_t                     score_out;
    ngx_str_t                   rules;        /* "942100,949110" */
    ngx_str_t                   listed;       /* "942100, 949110" */
    ngx_str_t                   matched;      /* "ARGS:q" */
    uint64_t                    nrules;
    size_t                      counted;      /* matches, in metrics */
    ngx_uint_t                  told;         /* ... of those, logged */
    size_t                      noted;        /* ... in the lists */
};


/* own[NGX_API_WAF] of the record */

typedef struct {
    ngx_list_t                  headers;      /* as the client sent them */
    unsigned                    saved:1;
    ngx_api_waf_run_t          *runs;         /* the latest first */
} ngx_api_waf_ctx_t;


extern ngx_module_t   ngx_api_waf_module;
extern ngx_command_t  ngx_api_waf_commands[];


/* ngx_api_waf_conf.c */

void *ngx_api_waf_create_main_conf(ngx_conf_t *cf);
char *ngx_api_waf_init_main_conf(ngx_conf_t *cf, void *conf);
void *ngx_api_waf_create_loc_conf(ngx_conf_t *cf);
char *ngx_api_waf_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child);

char *ngx_api_waf_switch(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_api_waf_paranoia(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_api_waf_threshold(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_api_waf_budget(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_api_waf_exclude(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


/* ngx_api_waf_ruleset.c */

char *ngx_api_waf_ruleset(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_api_waf_compiler(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* The set of these names, made if it is new; it is compiled later. */

ngx_api_waf_set_t *ngx_api_waf_set(ngx_conf_t *cf,
    ngx_api_waf_main_conf_t *mcf, const ngx_str_t *names, ngx_uint_t n);

/* init_main_conf: read and compile all sets that are named. */

char *ngx_api_waf_compile(ngx_conf_t *cf, ngx_api_waf_main_conf_t *mcf);


/* ngx_api_waf_scan.c */

/* postconfiguration: databases of patterns, from the cache. */

ngx_int_t ngx_api_waf_scan_init(ngx_conf_t *cf,
    ngx_api_waf_main_conf_t *mcf);

/* What scanning works in: init_process and exit_process. */

ngx_int_t ngx_api_waf_scan_start(ngx_cycle_t *cycle,
    ngx_api_waf_main_conf_t *mcf);
void ngx_api_waf_scan_stop(ngx_api_waf_main_conf_t *mcf);


/* ngx_api_waf_patch.c */

char *ngx_api_waf_patch(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* init_process: tell when one expires. */

ngx_int_t ngx_api_waf_patch_start(ngx_cycle_t *cycle,
    const ngx_api_waf_main_conf_t *mcf);

/* How many are in force, and how many are not any more. */

void ngx_api_waf_patch_count(const ngx_api_waf_main_conf_t *mcf,
    ngx_uint_t *valid, ngx_uint_t *expired);

ngx_int_t ngx_api_waf_patch_check(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, const ngx_api_waf_loc_conf_t *lcf,
    ngx_api_record_t *rec, ngx_api_waf_run_t *run);


/* ngx_api_waf_store.c */

char *ngx_api_waf_collections(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_int_t ngx_api_waf_store_init(ngx_conf_t *cf,
    ngx_api_waf_main_conf_t *mcf);


/* ngx_api_waf_handler.c */

ngx_int_t ngx_api_waf_early_handler(ngx_http_request_t *r);
ngx_int_t ngx_api_waf_handler(ngx_http_request_t *r);
ngx_int_t ngx_api_waf_release_handler(ngx_http_request_t *r);
void ngx_api_waf_log_request(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec);


/* ngx_api_waf_run.c: one policy on one request, without phases of nginx */

ngx_api_waf_run_t *ngx_api_waf_run_create(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    const ngx_api_waf_policy_t *policy, const ngx_list_t *headers,
    const ngx_api_waf_excepted_t *excepted);

/* What exceptions leave of mode, and which rules they take out. */

void ngx_api_waf_except(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_uint_t mode,
    ngx_api_waf_excepted_t *excepted);

/* api_waf_tx_run */

api_waf_rc_t ngx_api_waf_run_phase(ngx_http_request_t *r,
    ngx_api_waf_run_t *run, api_waf_phase_t phase, uint64_t slice);

/* Note what has matched so far in the pool of the request. */

size_t ngx_api_waf_size(const api_values_field_t *field, uint32_t n);
void ngx_api_waf_run_grant(ngx_api_waf_run_t *run, size_t bytes);
ngx_int_t ngx_api_waf_run_note(ngx_http_request_t *r, ngx_api_waf_run_t *run);

/* tx and its memory go; what was noted stays. */

void ngx_api_waf_run_end(ngx_api_waf_run_t *run);


/* ngx_api_waf_answer.c: what becomes of a verdict */

/* After a phase: NGX_DECLINED, go on; or a status to return. */

ngx_int_t ngx_api_waf_verdict(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run, api_waf_rc_t rc);


/* By a decision that is no verdict of a rule. */

ngx_int_t ngx_api_waf_refuse(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run, const ngx_api_why_t *why);

/* Refuse once more what was refused, in a location that an error_page or the
   like has led to. */

ngx_int_t ngx_api_waf_again(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run);

/* More arguments than are looked at; a body that cannot be read (gRPC). */

ngx_int_t ngx_api_waf_over(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run);
ngx_int_t ngx_api_waf_stream(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run);

/* A response that is longer than is looked at. */

ngx_int_t ngx_api_waf_long(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run);

/* ... or takes rules that cannot be left and gone on with too long. */

ngx_int_t ngx_api_waf_costly(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run);

/* ... or is in a coding that rules cannot read. */

ngx_int_t ngx_api_waf_coded(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run);

/* Nothing was refused. */

void ngx_api_waf_passed(ngx_api_record_t *rec, ngx_api_waf_run_t *run);


/* ngx_api_waf_response.c */

ngx_int_t ngx_api_waf_response_header(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec);
ngx_int_t ngx_api_waf_response_body(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_chain_t *in, ngx_chain_t **out);

/* Is this the body of a subrequest, while that of the request is held? */

ngx_uint_t ngx_api_waf_response_in_pieces(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf);


/* ngx_api_waf_held.c: what is to be looked at is taken from a chain; given,
   with what waits behind it; what is left of one is dropped */

ngx_int_t ngx_api_waf_held_take(ngx_http_request_t *r,
    ngx_api_waf_run_t *run, ngx_chain_t **in, ngx_uint_t *last);
ngx_int_t ngx_api_waf_held_give(ngx_http_request_t *r,
    ngx_api_waf_run_t *run, ngx_chain_t *in, ngx_uint_t last,
    ngx_chain_t **out);
void ngx_api_waf_held_drop(ngx_chain_t *in);


/* ngx_api_waf_turn.c: the next slice of phase 4 is due, or was the last */

void ngx_api_waf_turn(ngx_http_request_t *r, ngx_api_waf_run_t *run);
void ngx_api_waf_turn_end(ngx_http_request_t *r, ngx_api_waf_run_t *run);


/* ngx_api_waf_readable.c */

/* Header filter: NGX_OK, rules read the body; NGX_DECLINED, they do not want
   it; NGX_ABORT, they cannot. */

ngx_int_t ngx_api_waf_readable(ngx_http_request_t *r, ngx_api_waf_run_t *run);
ngx_int_t ngx_api_waf_readable_text(ngx_api_waf_run_t *run, api_span_t *text,
    ngx_uint_t *cut);
ngx_int_t ngx_api_waf_unread(ngx_http_request_t *r,
    const ngx_api_waf_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_waf_run_t *run);


/* ngx_api_waf_report.c */

void ngx_api_waf_report(const ngx_api_door_t *door, api_writer_t *w);
/* What has matched since the last time, to the metrics of sec; while the run
   is live. */

void ngx_api_waf_count(ngx_http_request_t *r, ngx_api_waf_run_t *run);

void ngx_api_waf_metrics(const ngx_api_door_t *door, api_metrics_t *m);


/* ngx_api_waf_vars.c */

ngx_int_t ngx_api_waf_add_variables(ngx_conf_t *cf);


static ngx_inline size_t
ngx_api_waf_answer_limit(const ngx_api_waf_run_t *run)
{
    size_t  limit;

    limit = api_waf_tx_settings(run->tx)->response_body_limit;

    return limit ? limit : NGX_API_WAF_ANSWER_LIMIT;
}


static ngx_inline ngx_api_waf_ctx_t *
ngx_api_waf_ctx_of(const ngx_api_record_t *rec)
{
    return rec ? rec->own[NGX_API_WAF] : NULL;
}


#endif /* _NGX_API_WAF_H_INCLUDED_ */
