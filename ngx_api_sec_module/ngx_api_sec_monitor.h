
/*
 * Numbers: what is counted of each request, for api_status/metrics.
 *
 *   ngx_api_sec_monitor.c          the counters, and a request when it ends
 *   ngx_api_sec_monitor_report.c   ... as metrics
 *
 * They lie in the api_zone, in lanes of the processes (api_counters.h); names
 * that checks give beside them (api_series.h).
 */

#ifndef _NGX_API_SEC_MONITOR_H_INCLUDED_
#define _NGX_API_SEC_MONITOR_H_INCLUDED_


#include "ngx_api_sec.h"
#include "api_counters.h"
#include "api_series.h"


#define NGX_API_SEC_PHASE_BOUNDS   14    /* nanoseconds */
#define NGX_API_SEC_TIME_BOUNDS    13    /* milliseconds */

#define NGX_API_SEC_PHASE_COUNTERS                                            \
    API_LANE_HISTOGRAM(NGX_API_SEC_PHASE_BOUNDS)
#define NGX_API_SEC_TIME_COUNTERS                                             \
    API_LANE_HISTOGRAM(NGX_API_SEC_TIME_BOUNDS)

/* Counters of a lane. */

#define NGX_API_SEC_COUNT_PHASES    0
#define NGX_API_SEC_COUNT_REQUEST                                             \
    (NGX_API_NPHASES * NGX_API_SEC_PHASE_COUNTERS)
#define NGX_API_SEC_COUNT_UPSTREAM                                            \
    (NGX_API_SEC_COUNT_REQUEST + NGX_API_SEC_TIME_COUNTERS)
#define NGX_API_SEC_COUNT_STATUS                                              \
    (NGX_API_SEC_COUNT_UPSTREAM + NGX_API_SEC_TIME_COUNTERS)
#define NGX_API_SEC_NSTATUS         6    /* 1xx to 5xx, and none of them */
#define NGX_API_SEC_NCOUNTERS       (NGX_API_SEC_COUNT_STATUS                 \
                                     + NGX_API_SEC_NSTATUS)


/* State of a process; where there is no zone, or a small one, empty. */

struct ngx_api_sec_monitor_s {
    ngx_api_tenant_t            tenant;
    api_lane_t                  lane;
    size_t                      text;         /* room the metrics took last */
};


extern const int64_t  ngx_api_sec_phase_bounds[NGX_API_SEC_PHASE_BOUNDS];
extern const int64_t  ngx_api_sec_time_bounds[NGX_API_SEC_TIME_BOUNDS];


/* create_main_conf, postconfiguration, init_process, exit_process */

ngx_int_t ngx_api_sec_monitor_create(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf);
ngx_int_t ngx_api_sec_monitor_zone(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf);
void ngx_api_sec_monitor_start(ngx_api_sec_main_conf_t *mcf);
void ngx_api_sec_monitor_stop(ngx_api_sec_main_conf_t *mcf);

api_counters_t *ngx_api_sec_monitor_counters(const ngx_api_sec_monitor_t *m);
api_series_t *ngx_api_sec_monitor_series(const ngx_api_sec_monitor_t *m);

/* Run a handler, and count the time it takes where its feature is used. */

ngx_int_t ngx_api_sec_timed(ngx_http_request_t *r, ngx_uint_t phase,
    ngx_http_handler_pt handler);

/* For the doors: one more of a family, and the time of a phase. */

void ngx_api_sec_count(const ngx_api_door_t *door, ngx_api_family_e family,
    const ngx_str_t *first, const ngx_str_t *second);
void ngx_api_sec_observe(const ngx_api_door_t *door, ngx_api_phase_e phase,
    int64_t ns);

/* LOG: a main request has ended. */

ngx_int_t ngx_api_sec_monitor_handler(ngx_http_request_t *r);

/* How long a request took, and its upstream (-1: it had none); in
   milliseconds. */

ngx_msec_int_t ngx_api_sec_took(const ngx_http_request_t *r);
ngx_msec_int_t ngx_api_sec_upstream_took(const ngx_http_request_t *r);

/* The status the client saw. */

ngx_uint_t ngx_api_sec_status_of(const ngx_http_request_t *r);

void ngx_api_sec_monitor_metrics(const ngx_api_sec_main_conf_t *mcf,
    api_metrics_t *m);

/* ... and how many pairs of labels there are, for the document. */

void ngx_api_sec_monitor_status(const ngx_api_sec_main_conf_t *mcf,
    api_writer_t *w);


#endif /* _NGX_API_SEC_MONITOR_H_INCLUDED_ */
