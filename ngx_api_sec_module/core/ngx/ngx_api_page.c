
#include "ngx_api_page.h"


ngx_uint_t
ngx_api_admin_number(const ngx_api_admin_t *a, const char *name,
    ngx_uint_t dflt, ngx_uint_t max)
{
    ngx_int_t  n;
    ngx_str_t  value;

    if (ngx_http_arg(a->r, (u_char *) (uintptr_t) name, ngx_strlen(name),
                     &value)
        != NGX_OK)
    {
        return dflt;
    }

    n = ngx_atoi(value.data, value.len);

    return n == NGX_ERROR || (ngx_uint_t) n > max ? dflt : (ngx_uint_t) n;
}


void
ngx_api_admin_next(const ngx_api_admin_t *a, ngx_uint_t next)
{
    api_writer_name(a->w, API_SPAN("next"));

    if (next) {
        api_writer_uint(a->w, next);

    } else {
        api_writer_null(a->w);
    }
}
