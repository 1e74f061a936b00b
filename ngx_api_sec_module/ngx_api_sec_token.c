
/*
 * Where a bearer token stands in a request (RFC 6750 section 2.1).
 */

#include "ngx_api_sec.h"


static ngx_uint_t ngx_api_sec_is_token(api_span_t s);


/*
 * A request without an Authorization header, or with another scheme, has no
 * token.  nginx itself refuses a second Authorization line.
 */

ngx_uint_t
ngx_api_sec_token(ngx_http_request_t *r, api_span_t *token)
{
    u_char           *p, *last;
    ngx_table_elt_t  *h;

    static const char  scheme[] = "Bearer";

    h = r->headers_in.authorization;

    if (h == NULL) {
        return NGX_API_TOKEN_NONE;
    }

    p = h->value.data;
    last = p + h->value.len;

    if (h->value.len < sizeof(scheme) - 1
        || ngx_strncasecmp(p, (u_char *) scheme, sizeof(scheme) - 1) != 0)
    {
        return NGX_API_TOKEN_NONE;
    }

    p += sizeof(scheme) - 1;

    if (p < last && *p != ' ' && *p != '\t') {
        return NGX_API_TOKEN_NONE;    /* a scheme with a longer name */
    }

    while (p < last && (*p == ' ' || *p == '\t')) {
        p++;
    }

    while (p < last && (last[-1] == ' ' || last[-1] == '\t')) {
        last--;
    }

    *token = api_span(p, last - p);

    return ngx_api_sec_is_token(*token) ? NGX_API_TOKEN_ONE
                                        : NGX_API_TOKEN_MALFORMED;
}


/* token68 of RFC 9110 11.2, which is what a bearer token may be made of. */

static ngx_uint_t
ngx_api_sec_is_token(api_span_t s)
{
    size_t  i;
    u_char  c;

    for (i = 0; i < s.len && s.data[i] != '='; i++) {
        c = s.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'
              || c == '~' || c == '+' || c == '/'))
        {
            return 0;
        }
    }

    if (i == 0) {
        return 0;
    }

    while (i < s.len && s.data[i] == '=') {
        i++;
    }

    return i == s.len;
}
