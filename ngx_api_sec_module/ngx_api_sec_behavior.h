
/*
 * api_behavior: who does, lately, what nobody who works does; and which
 * operations are not as usual.
 *
 *   ngx_api_sec_behavior_conf.c   the directive, the share of the zone
 *   ngx_api_sec_behavior.c        a request when it ends; whom to stop
 *   ngx_api_sec_behavior_deed.c   ... who did what with it
 *   ngx_api_sec_usual.c           operations by the minute: anomaly
 *   ngx_api_sec_alert.c           alerts: the section, the spool, events
 *
 * Counting is pure: api_behave.h, api_baseline.h.
 */

#ifndef _NGX_API_SEC_BEHAVIOR_H_INCLUDED_
#define _NGX_API_SEC_BEHAVIOR_H_INCLUDED_


#include "ngx_api_sec_inventory.h"
#include "api_baseline.h"
#include "api_behave.h"


typedef enum {
    NGX_API_SEC_ENUMERATION = 0,    /* of objects, by a principal */
    NGX_API_SEC_STUFFING,           /* of credentials, by an address */
    NGX_API_SEC_SCANNER,            /* for what is not there */
    NGX_API_SEC_SHARING,            /* of a credential, by many networks */
    NGX_API_SEC_ERRORS,             /* of an operation */
    NGX_API_SEC_ANOMALY,            /* of an operation: not as usual */
    NGX_API_SEC_NBEHAVIORS
} ngx_api_sec_behavior_e;

typedef enum {
    NGX_API_SEC_RECORD = 0,
    NGX_API_SEC_ALERT,
    NGX_API_SEC_TAG,
    NGX_API_SEC_THROTTLE,
    NGX_API_SEC_BAN
} ngx_api_sec_action_e;


/* A line api_behavior. */

struct ngx_api_sec_behavior_s {
    ngx_uint_t                  kind;
    ngx_uint_t                  over;
    ngx_uint_t                  action;
    time_t                      ttl;
    time_t                      window;
    ngx_uint_t                  warmup;      /* anomaly: buckets */
    ngx_str_t                   by;
    ngx_http_complex_value_t   *thing;       /* by= */
    uint32_t                    counter;     /* lines that count the same are
                                                equal in it */
};


#define NGX_API_SEC_ALERTS       64
#define NGX_API_SEC_ALERTS_KIND  24     /* of one, while others want room */
#define NGX_API_SEC_ALERTS_TOLD  120    /* a minute */
#define NGX_API_SEC_ALERT_TEXT   128
#define NGX_API_SEC_SIGNALS      5

typedef struct {
    uint64_t                    id;          /* of rule and subject; 0: free */
    int64_t                     starts;
    int64_t                     updated;
    int64_t                     ends;        /* 0: active */
    uint32_t                    count;
    uint32_t                    value;
    uint32_t                    usual;
    uint8_t                     kind;
    uint8_t                     signal;      /* anomaly */
    uint8_t                     action;
    uint8_t                     len[3];
    u_char                      host[NGX_API_SEC_ALERT_TEXT];
    u_char                      operation[NGX_API_SEC_ALERT_TEXT];
    u_char                      subject[NGX_API_SEC_ALERT_TEXT];
} ngx_api_sec_alert_t;

typedef struct {
    uint64_t                    before[NGX_API_SEC_SIGNALS];
    uint64_t                    id;          /* of the operation */
    api_baseline_t              line[NGX_API_SEC_SIGNALS];
} ngx_api_sec_usual_t;

typedef struct {
    ngx_atomic_t                next;        /* ms: the next bucket */
    ngx_atomic_t                raised[NGX_API_SEC_NBEHAVIORS];
    ngx_atomic_t                lost;        /* alerts: nowhere to write */
    ngx_atomic_t                minute;      /* that told is about */
    ngx_atomic_t                told;
    ngx_atomic_t                held;        /* alerts: too many a minute */
    uint8_t                     key[16];
    ngx_api_sec_alert_t         alerts[NGX_API_SEC_ALERTS];
} ngx_api_sec_behaved_t;


struct ngx_api_sec_behaviors_s {
    ngx_api_tenant_t            tenant;
    ngx_shm_zone_t             *zone;
    ngx_uint_t                  used;
    const ngx_api_sec_behavior_t *anomaly;   /* the first line of it */
    ngx_open_file_t            *spool;       /* api_alert_spool */
    ngx_event_t                *timer;
};


/* What is to be said of a new or ended alert. */

typedef struct {
    ngx_uint_t                  kind;
    ngx_uint_t                  signal;
    ngx_uint_t                  action;
    uint64_t                    id;
    api_span_t                  host;
    api_span_t                  operation;
    api_span_t                  subject;     /* may be personal */
    uint32_t                    value;
    uint32_t                    usual;
    int64_t                     ends;        /* behaviours: when it is over */
} ngx_api_sec_alarm_t;


/* A line and a request: who did what. */

typedef struct {
    api_behave_act_t            act;
    uint64_t                    mark;        /* the subject, in any window */
    api_span_t                  subject;     /* as text */
    api_span_t                  operation;
    ngx_uint_t                  counts;      /* it is an act of that kind */
} ngx_api_sec_deed_t;


/* ngx_api_sec_behavior_deed.c */

void ngx_api_sec_deed(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_record_t *rec,
    const ngx_api_sec_behavior_t *line, ngx_api_sec_deed_t *deed);

/* Of whom acts of that kind are; len 0: nobody to be counted.  And a hash. */

api_span_t ngx_api_sec_behavior_subject(ngx_http_request_t *r,
    const ngx_api_record_t *rec, ngx_uint_t kind);
uint64_t ngx_api_sec_behavior_hash(api_sipkey_t key, ngx_uint_t kind,
    api_span_t subject);

/* ngx_api_sec_behavior_conf.c */

ngx_int_t ngx_api_sec_behavior_create(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf);
ngx_int_t ngx_api_sec_behavior_zone(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf);
ngx_api_sec_behaved_t *ngx_api_sec_behaved(
    const ngx_api_sec_behaviors_t *b);
ngx_api_sec_usual_t *ngx_api_sec_usual(const ngx_api_sec_behaviors_t *b,
    ngx_uint_t *n);
api_behave_t *ngx_api_sec_behave(const ngx_api_sec_behaviors_t *b);

extern const ngx_str_t  ngx_api_sec_behavior_names[];
extern const ngx_str_t  ngx_api_sec_action_names[];

/* ngx_api_sec_behavior.c: LOG; PREACCESS and PRECONTENT */

ngx_int_t ngx_api_sec_behavior_handler(ngx_http_request_t *r);
ngx_int_t ngx_api_sec_behavior_address(ngx_http_request_t *r);
ngx_int_t ngx_api_sec_behavior_principal(ngx_http_request_t *r);
ngx_int_t ngx_api_sec_behavior_variable(ngx_conf_t *cf);

/* ngx_api_sec_usual.c */

ngx_int_t ngx_api_sec_usual_start(ngx_cycle_t *cycle,
    ngx_api_sec_main_conf_t *mcf);

/* ngx_api_sec_alert.c; r may be NULL */

void ngx_api_sec_alert_raise(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_alarm_t *alarm);
void ngx_api_sec_alert_resolve(const ngx_api_sec_main_conf_t *mcf,
    uint64_t id);
ngx_uint_t ngx_api_sec_alert_section(const ngx_api_door_t *door,
    ngx_api_admin_t *a);
void ngx_api_sec_alert_metrics(const ngx_api_sec_main_conf_t *mcf,
    api_metrics_t *m);


#endif /* _NGX_API_SEC_BEHAVIOR_H_INCLUDED_ */
