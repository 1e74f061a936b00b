
/*
 * api_bind: is this object the caller's?  In PRECONTENT, behind api_require.
 *
 * The rule holds for what the upstream will read, not only for what we read:
 * where the two may differ the request is refused.
 */

#include "ngx_api_sec_bind.h"


typedef enum {
    NGX_API_SEC_BIND_HOLDS = 0,
    NGX_API_SEC_BIND_OTHER,
    NGX_API_SEC_BIND_MISSING,       /* what the client has to name */
    NGX_API_SEC_BIND_NOBODY,        /* what the caller has to be */
    NGX_API_SEC_BIND_AMBIGUOUS,
    NGX_API_SEC_BIND_FAILED
} ngx_api_sec_bind_e;


static ngx_uint_t ngx_api_sec_bind_test(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_bind_t *bind);
static ngx_int_t ngx_api_sec_bind_refuse(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_bind_t *bind, ngx_uint_t result);


/* by ngx_api_sec_bind_e: reasons */

static const ngx_str_t  ngx_api_sec_bind_reasons[] = {
    ngx_string("bound"),
    ngx_string("other_owner"),
    ngx_string("object_missing"),
    ngx_string("owner_missing"),
    ngx_string("two_readings"),
    ngx_string("internal_error")
};


ngx_int_t
ngx_api_sec_bind_check(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_loc_conf_t *lcf)
{
    ngx_int_t                    rc;
    ngx_uint_t                   i, result;
    ngx_api_sec_caller_t         caller;
    ngx_api_sec_bind_t * const  *bind;

    rc = ngx_api_sec_caller(r, mcf, lcf, &caller);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_DECLINED
                                  : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    bind = lcf->bind.items->elts;

    for (i = 0; i < lcf->bind.items->nelts; i++) {

        if (ngx_api_sec_scopes_pass(&caller, &bind[i]->scopes)) {
            continue;
        }

        result = ngx_api_sec_bind_test(&caller, bind[i]);

        if (result == NGX_API_SEC_BIND_HOLDS) {
            continue;
        }

        rc = ngx_api_sec_bind_refuse(&caller, bind[i], result);

        /* what an exception lets pass says nothing of the others */

        if (rc != NGX_DECLINED || caller.mode != NGX_API_MODE_ENFORCE) {
            return rc;
        }
    }

    ngx_api_record_decide(caller.rec, NGX_API_CHECK_BIND, NGX_API_ALLOW, 0,
                          &ngx_api_sec_bind_reasons[0], NULL);

    return NGX_DECLINED;
}


static ngx_uint_t
ngx_api_sec_bind_test(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_bind_t *bind)
{
    ngx_uint_t     rc;
    api_operand_t  left, right;

    if (bind->path && ngx_api_sec_path_two_readings(caller)) {
        return NGX_API_SEC_BIND_AMBIGUOUS;
    }

    rc = ngx_api_sec_operand(caller, &bind->left, &left);

    switch (rc) {

    case NGX_API_SEC_VALUE:
        break;

    case NGX_API_SEC_UNUSED:
        return NGX_API_SEC_BIND_HOLDS;

    case NGX_API_SEC_ABSENT:
        if (bind->skip) {
            return NGX_API_SEC_BIND_HOLDS;
        }

        return ngx_api_sec_operand_is_identity(&bind->left)
               ? NGX_API_SEC_BIND_NOBODY : NGX_API_SEC_BIND_MISSING;

    case NGX_API_SEC_TWO_READINGS:
        return NGX_API_SEC_BIND_AMBIGUOUS;

    default: /* NGX_API_SEC_FAILED */
        return NGX_API_SEC_BIND_FAILED;
    }

    /* what it is compared with has to be there, whatever absent= says */

    rc = ngx_api_sec_operand(caller, &bind->right, &right);

    switch (rc) {

    case NGX_API_SEC_VALUE:
        break;

    case NGX_API_SEC_TWO_READINGS:
        return NGX_API_SEC_BIND_AMBIGUOUS;

    case NGX_API_SEC_FAILED:
        return NGX_API_SEC_BIND_FAILED;

    default: /* NGX_API_SEC_ABSENT, NGX_API_SEC_UNUSED */
        return NGX_API_SEC_BIND_NOBODY;
    }

    return (bind->in ? api_operand_in(&left, &right)
                     : api_operand_equal(&left, &right))
           ? NGX_API_SEC_BIND_HOLDS : NGX_API_SEC_BIND_OTHER;
}


static ngx_int_t
ngx_api_sec_bind_refuse(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_bind_t *bind, ngx_uint_t result)
{
    ngx_api_why_t  why;

    static const ngx_str_t  none = ngx_null_string;

    ngx_memzero(&why, sizeof(ngx_api_why_t));

    why.check = NGX_API_CHECK_BIND;
    why.detail = bind->text;
    why.reason = ngx_api_sec_bind_reasons[result];

    switch (result) {

    case NGX_API_SEC_BIND_AMBIGUOUS:
        why.status = NGX_HTTP_BAD_REQUEST;
        ngx_str_set(&why.code, "ambiguous_request");
        ngx_str_set(&why.title, "The request can be read in two ways");
        break;

    case NGX_API_SEC_BIND_FAILED:
        why.status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        ngx_str_set(&why.code, "internal_error");
        ngx_str_set(&why.title, "The request could not be checked");
        break;

    default:
        /*
         * The same whether the object exists or not, and whether another
         * scope would help.
         */
        ngx_str_set(&why.code, "forbidden");
        ngx_str_set(&why.title, "This caller may not do this");

        return ngx_api_sec_not_granted(caller, &why, bind->claims, &none);
    }

    return ngx_api_refuse(caller->r, &caller->mcf->self, caller->rec, &why,
                          caller->mode);
}
