
/*
 * How many requests a module has seen decided, and how: a tenant of the
 * suite's zone, the same in each module.
 */

#ifndef _NGX_API_TALLY_H_INCLUDED_
#define _NGX_API_TALLY_H_INCLUDED_


#include "ngx_api_record.h"
#include "ngx_api_zone.h"
#include "api_writer.h"


typedef struct {
    ngx_atomic_t                requests;
    ngx_atomic_t                verdicts[NGX_API_NVERDICTS];
} ngx_api_tally_t;


/* create_main_conf: the tenant, under this name. */

void ngx_api_tally_init(ngx_api_tenant_t *tenant, const char *name);

/* LOG: count a request with a decision, under its harshest verdict. */

void ngx_api_tally(const ngx_api_tenant_t *tenant,
    const ngx_api_record_t *rec);

/* Members of an object; none without a zone. */

void ngx_api_tally_status(const ngx_api_tenant_t *tenant, api_writer_t *w);


#endif /* _NGX_API_TALLY_H_INCLUDED_ */
