
/*
 * What the module shows below api_status.
 */

#ifndef _NGX_API_RATELIMIT_REPORT_H_INCLUDED_
#define _NGX_API_RATELIMIT_REPORT_H_INCLUDED_


#include "ngx_api_ratelimit.h"


void ngx_api_ratelimit_report(const ngx_api_door_t *door, api_writer_t *w);
void ngx_api_ratelimit_metrics(const ngx_api_door_t *door, api_metrics_t *m);

ngx_uint_t ngx_api_ratelimit_admin_limits(const ngx_api_door_t *door,
    ngx_api_admin_t *a);

extern const ngx_api_section_t  ngx_api_ratelimit_sections[];


#endif /* _NGX_API_RATELIMIT_REPORT_H_INCLUDED_ */
