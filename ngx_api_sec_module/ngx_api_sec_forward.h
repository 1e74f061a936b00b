
/*
 * What the upstream learns of the caller, and what it does not get to see.
 *
 *   POST_READ    headers that api_forward or api_identity_token name anywhere
 *                in the server are taken out of every request: a client
 *                cannot say who it is
 *   REWRITE      after an internal redirect the headers are the client's again
 *   PRECONTENT   last of ours: credentials out, headers about the caller in
 *
 *   ngx_api_sec_forward_conf.c  api_forward, api_forward_token
 *   ngx_api_sec_forward.c       the handlers
 *   ngx_api_sec_strip.c         credentials taken out
 */

#ifndef _NGX_API_SEC_FORWARD_H_INCLUDED_
#define _NGX_API_SEC_FORWARD_H_INCLUDED_


#include "ngx_api_sec_operand.h"
#include "ngx_api_headers_in.h"


/* One line of api_forward. */

typedef struct {
    ngx_str_t                       name;     /* as written */
    ngx_str_t                       lowcase;
    ngx_api_sec_operand_t           operand;
} ngx_api_sec_forward_t;


/* Of a request whose headers are those for the upstream now. */

struct ngx_api_sec_forwarded_s {
    ngx_api_headers_t               headers;  /* the client's */
    ngx_str_t                       args;
    ngx_str_t                       unparsed_uri;
    ngx_str_t                       stripped; /* args that are sent */
    unsigned                        applied:1;
    unsigned                        query:1;  /* args were changed */
};


/*
 * Most headers of a request are told from ours by this alone.  "_" and "-"
 * are alike, also where they end a name, and so are letters of either case:
 * those differ in bit 5, or in all of these six for the two signs.
 */

static ngx_inline uint64_t
ngx_api_sec_forward_bit(const ngx_str_t *name)
{
    u_char  last;

    last = name->len ? name->data[name->len - 1] : 0;
    last = last == '_' ? '-' : (last & 0x1f);

    return (uint64_t) 1 << ((name->len * 8 + last) & 63);
}


/* ngx_api_sec_forward_conf.c */

ngx_int_t ngx_api_sec_forward_name(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *lowcase);
char *ngx_api_sec_forward_merge(ngx_conf_t *cf, ngx_api_sec_loc_conf_t *conf,
    const ngx_api_sec_loc_conf_t *prev);

/* ngx_api_sec_forward.c */

ngx_int_t ngx_api_sec_forward_clean_handler(ngx_http_request_t *r);
ngx_int_t ngx_api_sec_forward_restore_handler(ngx_http_request_t *r);
ngx_int_t ngx_api_sec_forward_handler(ngx_http_request_t *r);

/* May it stand in a header?  Says so in the log when not. */

ngx_uint_t ngx_api_sec_forward_fits(ngx_http_request_t *r,
    const ngx_str_t *name, api_span_t value);

/*
 * ngx_api_sec_strip.c: the places where the policy's methods look for a
 * credential, and Authorization with Bearer or DPoP in any case.
 */

ngx_int_t ngx_api_sec_strip(ngx_http_request_t *r,
    const ngx_api_sec_auth_t *auth, ngx_api_sec_forwarded_t *forwarded);


#endif /* _NGX_API_SEC_FORWARD_H_INCLUDED_ */
