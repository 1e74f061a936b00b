
/*
 * api_inventory: which operations are served, and what is known of each.
 *
 *   ngx_api_sec_inventory_conf.c    the directive, the share of the zone
 *   ngx_api_sec_inventory.c         a request, when it ends
 *   ngx_api_sec_inventory_seen.c    ... what it looked like
 *   ngx_api_sec_entry.c             ... where it came in
 *   ngx_api_sec_inventory_report.c  the section of api_status
 *   ngx_api_sec_inventory_series.c  metrics
 *   ngx_api_sec_inventory_keep.c    the file in api_state
 *
 * The inventory itself is pure: api_inventory.h.
 */

#ifndef _NGX_API_SEC_INVENTORY_H_INCLUDED_
#define _NGX_API_SEC_INVENTORY_H_INCLUDED_


#include "ngx_api_sec_schema.h"
#include "api_inventory_report.h"


/* A line api_inventory. */

struct ngx_api_sec_inventory_s {
    ngx_uint_t                  nodes;
    ngx_uint_t                  min_hits;
    ngx_uint_t                  group;
    size_t                      scan;
    time_t                      forget;
    api_inv_rules_t             rules;
};


/* In the zone, before the inventory. */

typedef struct {
    ngx_atomic_t                restored;    /* the file has been read */
    ngx_atomic_t                next;        /* ms: when it is written next */
    ngx_atomic_t                seen;        /* requests */
    ngx_atomic_t                saved;       /* ... that are in the file */
    ngx_atomic_t                saves;
    ngx_atomic_t                failures;
    u_char                      pad[16];
} ngx_api_sec_inventory_zone_t;


/* Of the module; the timer is state of a process. */

struct ngx_api_sec_inventories_s {
    ngx_api_tenant_t            tenant;
    ngx_uint_t                  nodes;       /* the most that a line wants */
    ngx_uint_t                  used;        /* some line is there */
    time_t                      forget;      /* seconds; 0: never */
    u_char                     *owned;       /* bits: who has an operation by
                                                api_policy is written down */
    api_inv_op_t                nowned;      /* there are so many */
    ngx_slab_pool_t            *shpool;      /* its lock */
    ngx_shm_zone_t             *zone;
    ngx_str_t                   path;        /* of the file; len 0: none */
    u_char                     *tmp;
    ngx_event_t                *timer;
};


/* Members of a request's body, noted while it is there. */

struct ngx_api_sec_noted_s {
    ngx_uint_t                  n;
    uint32_t                    classes;
    struct {
        u_char                  name[API_INV_PARAM_NAME];
        u_char                  len;
        u_char                  type;
        uint32_t                classes;
    } field[API_INV_PARAMS];
};


/* ngx_api_sec_inventory_conf.c */

ngx_int_t ngx_api_sec_inventory_create(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf);
ngx_int_t ngx_api_sec_inventory_zone(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf);

/* The inventory in the zone, or NULL; and what stands before it. */

api_inventory_t *ngx_api_sec_inventory_at(
    const ngx_api_sec_inventories_t *inv);
ngx_api_sec_inventory_zone_t *ngx_api_sec_inventory_head(
    const ngx_api_sec_inventories_t *inv);

void ngx_api_sec_inventory_lock(const ngx_api_sec_inventories_t *inv);
void ngx_api_sec_inventory_unlock(const ngx_api_sec_inventories_t *inv);

/* LOG */

ngx_int_t ngx_api_sec_inventory_handler(ngx_http_request_t *r);

/* ngx_api_sec_entry.c: PREACCESS; then, whose lines are in force, and what it
   answered */

ngx_int_t ngx_api_sec_enter(ngx_http_request_t *r);
const ngx_api_sec_loc_conf_t *ngx_api_sec_entered(ngx_http_request_t *r,
    const ngx_api_record_t *rec);
ngx_uint_t ngx_api_sec_answered(const ngx_http_request_t *r,
    const ngx_api_record_t *rec);

/* ngx_api_sec_inventory_seen.c; PRECONTENT, while the body is there */

void ngx_api_sec_inventory_note(ngx_http_request_t *r,
    const ngx_api_record_t *rec);
ngx_uint_t ngx_api_sec_inventory_served(ngx_http_request_t *r,
    const ngx_api_record_t *rec);
void ngx_api_sec_inventory_look(ngx_http_request_t *r,
    const ngx_api_record_t *rec, const api_inventory_t *inv,
    api_inv_seen_t *seen);
void ngx_api_sec_inventory_params(ngx_http_request_t *r,
    const ngx_api_sec_ctx_t *ctx, api_inventory_t *inv, api_inv_op_t op);

/* ngx_api_sec_inventory_keep.c: init_process, exit_process of a worker */

ngx_int_t ngx_api_sec_inventory_path(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf);
ngx_int_t ngx_api_sec_inventory_start(ngx_cycle_t *cycle,
    ngx_api_sec_main_conf_t *mcf);
void ngx_api_sec_inventory_stop(ngx_cycle_t *cycle,
    ngx_api_sec_main_conf_t *mcf);

/* ngx_api_sec_inventory_report.c: the section, and the operation of a contract
   that has this place in the inventory now; NULL: none */

ngx_uint_t ngx_api_sec_inventory_section(const ngx_api_door_t *door,
    ngx_api_admin_t *a);
void ngx_api_sec_inventory_status(const ngx_api_sec_main_conf_t *mcf,
    api_writer_t *w);
const api_operation_t *ngx_api_sec_inventory_known(
    const ngx_api_sec_main_conf_t *mcf, const api_inv_what_t *what,
    api_span_t spec);

/*
 * ngx_api_sec_inventory_series.c: metrics of operations, in slices.  What is
 * counted of operations is taken when it begins, so that it is of one moment.
 * *series is NULL where there is no inventory; NGX_ERROR: no memory.
 * A slice: NGX_AGAIN, or NGX_OK when it was the last; m has room for
 * NGX_API_SEC_SERIES_ROOM bytes, or nothing is written.
 */

#define NGX_API_SEC_SERIES_ROOM  16384

typedef struct ngx_api_sec_series_s  ngx_api_sec_series_t;

ngx_int_t ngx_api_sec_inventory_scrape(const ngx_api_sec_main_conf_t *mcf,
    ngx_pool_t *pool, ngx_api_sec_series_t **series);
ngx_int_t ngx_api_sec_inventory_series(ngx_api_sec_series_t *series,
    api_metrics_t *m);


#endif /* _NGX_API_SEC_INVENTORY_H_INCLUDED_ */
