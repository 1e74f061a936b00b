/*
 * What the inventory says: states and findings of operations, as JSON, as
 * OpenAPI 3.1 of what was learned, and as an Overlay (OpenAPI Overlay 1.0) that
 * adds it to a document that exists.
 *
 * Nothing in it is a value that somebody has sent: names, types and numbers.
 */

#ifndef API_INVENTORY_REPORT_H
#define API_INVENTORY_REPORT_H

#include "api_inventory.h"
#include "api_openapi.h"
#include "api_writer.h"


typedef enum {
    API_INV_DOCUMENTED = 0, /* in a contract, and seen */
    API_INV_SHADOW,         /* seen, in no contract */
    API_INV_ZOMBIE,         /* deprecated, past its sunset, or no longer in the
                       contract, and still served */
    API_INV_ORPHAN,         /* in a contract, and never answered 2xx */
    API_INV_NSTATES
} api_inv_state_t;

const char *api_inv_state_name(unsigned state);

/* The state of that name, or API_INV_NSTATES. */

unsigned api_inv_state_of(api_span_t name);

/* How it differs from its contract, and what should not be; bits. */

#define API_INV_DRIFT_AUTH 0x01    /* asks for credentials, answers without */
#define API_INV_DRIFT_TYPE 0x02    /* a content type it does not have */
#define API_INV_DRIFT_PARAM 0x04   /* a parameter it does not have */
#define API_INV_OPEN 0x08          /* in no contract, answers without one */
#define API_INV_SENSITIVE_IN 0x10  /* sensitive data in requests, */
#define API_INV_SENSITIVE_OUT 0x20 /* in responses */
#define API_INV_NFINDINGS 6

const char *api_inv_finding_name(unsigned bit); /* number of the bit */

typedef struct {
    api_inv_state_t state;
    unsigned        findings;
} api_inv_verdict_t;

/*
 * op: of the contract now; NULL: in none.  Without contracts at hand (a
 * snapshot alone) give known: then what the view remembers counts.
 */

api_inv_verdict_t api_inventory_judge(const api_inv_view_t *view,
    const api_operation_t *op, bool known, int64_t now);

/* Names of classes of sensitive data, for reports: bit n. */

typedef const char *(*api_inv_class_name_t)(unsigned n);

/* One operation as an object. */

void api_inventory_json(api_writer_t *w, const api_inv_view_t *view,
    const api_inv_verdict_t *verdict, api_inv_class_name_t name);

/* An operation of a contract that nobody has called. */

void api_inventory_json_orphan(
    api_writer_t *w, const api_operation_t *op, api_span_t spec);

/* Members of an object: what it holds, how full it is. */

void
api_inventory_json_totals(api_writer_t *w, const api_inv_totals_t *totals);

/*
 * The two exports below in steps, for a worker that has others to serve.
 *
 *     api_inventory_export(&x, inv, overlay, &w);
 *     while (api_inventory_export_next(&x, &w, steps, name)) { ... }
 *     api_inventory_export_end(&w);
 *
 * A step writes one path, or none: it looks at so many operations at most,
 * about 16 for each of steps.  After one that filled w up, x and w can be set
 * back to what they were before it.  Operations that are new since the first
 * step are not told.
 */

typedef struct {
    const api_inventory_t *inv;
    api_span_t             host;   /* len 0: all hosts */
    uint32_t               op;     /* looked at last */
    uint32_t               top;    /* the last */
    bool                   shadow; /* without those of contracts */
    bool                   overlay;
} api_inv_export_t;

void api_inventory_export(api_inv_export_t *x, const api_inventory_t *inv,
    bool overlay, api_writer_t *w);

/* False: that was all. */

bool api_inventory_export_next(api_inv_export_t *x, api_writer_t *w,
    uint32_t steps, api_inv_class_name_t name);
void api_inventory_export_end(api_writer_t *w);

/*
 * OpenAPI 3.1 of all operations of a host (len 0: of all hosts), those of a
 * contract left out where `shadow` is set.  API_OK, or API_LIMIT when it does
 * not fit in w.
 */

int api_inventory_openapi(const api_inventory_t *inv, api_span_t host,
    bool shadow, api_writer_t *w, api_inv_class_name_t name);

/* Overlay: the operations of no contract, one action each. */

int api_inventory_overlay(const api_inventory_t *inv, api_span_t host,
    api_writer_t *w, api_inv_class_name_t name);


#endif /* API_INVENTORY_REPORT_H */
