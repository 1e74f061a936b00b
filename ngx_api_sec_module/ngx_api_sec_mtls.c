
#include "ngx_api_sec_mtls.h"


static void *ngx_api_sec_mtls_find(const ngx_api_sec_main_conf_t *mcf,
    const ngx_str_t *name);
static ngx_uint_t ngx_api_sec_mtls_check(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_use_t *use, ngx_api_sec_identity_t *id,
    ngx_api_sec_fault_t *fault);
static const char *ngx_api_sec_mtls_identify(ngx_http_request_t *r,
    const ngx_api_sec_mtls_t *mtls, ngx_api_sec_cert_t *cert,
    ngx_api_sec_identity_t *id);
static const char *ngx_api_sec_mtls_allowed(ngx_http_request_t *r,
    const ngx_api_sec_mtls_t *mtls, const api_span_t *names, size_t n,
    ngx_api_sec_identity_t *id);
static ngx_uint_t ngx_api_sec_mtls_fault(ngx_http_request_t *r,
    const char *reason, const ngx_api_sec_cert_t *cert,
    ngx_api_sec_fault_t *fault);
static u_char *ngx_api_sec_mtls_challenge(ngx_http_request_t *r,
    const ngx_api_sec_auth_t *auth, const ngx_api_sec_challenge_t *what,
    u_char *p, u_char *last);


const ngx_api_sec_method_t  ngx_api_sec_method_mtls = {
    ngx_string("mtls"),
    ngx_string("api_mtls"),
    ngx_string("missing_certificate"),
    ngx_string("A client certificate is required"),
    ngx_api_sec_mtls_find,
    NULL,
    ngx_api_sec_mtls_check,
    ngx_api_sec_mtls_challenge
};


static const char  ngx_api_sec_mtls_unverified[] = "certificate_unverified";
static const char  ngx_api_sec_mtls_unnamed[] = "certificate_name";
static const char  ngx_api_sec_mtls_several[] = "certificate_names";
static const char  ngx_api_sec_mtls_stranger[] = "certificate_not_allowed";
static const char  ngx_api_sec_mtls_nomem[] = "nomem";


static void *
ngx_api_sec_mtls_find(const ngx_api_sec_main_conf_t *mcf,
    const ngx_str_t *name)
{
    ngx_uint_t                    i;
    ngx_api_sec_mtls_t * const   *mtls;

    mtls = mcf->mtls.elts;

    for (i = 0; i < mcf->mtls.nelts; i++) {
        if (mtls[i]->name.len == name->len
            && ngx_strncmp(mtls[i]->name.data, name->data, name->len) == 0)
        {
            return mtls[i];
        }
    }

    return NULL;
}


static ngx_uint_t
ngx_api_sec_mtls_check(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_use_t *use, ngx_api_sec_identity_t *id,
    ngx_api_sec_fault_t *fault)
{
    const char                   *reason;
    ngx_uint_t                    i;
    ngx_api_sec_cert_t           *cert;
    ngx_api_sec_mtls_t * const   *mtls;

    switch (ngx_api_sec_cert(r, &cert)) {

    case NGX_OK:
        break;

    case NGX_DECLINED:
        return NGX_API_AUTH_MISSING;

    default:
        return ngx_api_sec_mtls_fault(r, ngx_api_sec_mtls_nomem, NULL, fault);
    }

    /* nginx itself lets optional_no_ca pass: it is for others to look at */

    if (cert->verify.len != 7
        || ngx_strncmp(cert->verify.data, "SUCCESS", 7) != 0)
    {
        return ngx_api_sec_mtls_fault(r, ngx_api_sec_mtls_unverified, cert,
                                      fault);
    }

    mtls = use->things.elts;
    reason = NULL;

    for (i = 0; i < use->things.nelts; i++) {
        reason = ngx_api_sec_mtls_identify(r, mtls[i], cert, id);

        if (reason == NULL) {
            id->name = &mtls[i]->name;
            return NGX_API_AUTH_OK;
        }
    }

    return ngx_api_sec_mtls_fault(r, reason, cert, fault);
}


/* NULL, or why not. */

static const char *
ngx_api_sec_mtls_identify(ngx_http_request_t *r,
    const ngx_api_sec_mtls_t *mtls, ngx_api_sec_cert_t *cert,
    ngx_api_sec_identity_t *id)
{
    size_t             n;
    const api_span_t  *names;

    switch (ngx_api_sec_cert_names(cert, mtls->principal, &names, &n)) {

    case API_OK:
        break;

    case API_NOMEM:
        return ngx_api_sec_mtls_nomem;

    default:
        return ngx_api_sec_mtls_unnamed;
    }

    if (n == 0) {
        return ngx_api_sec_mtls_unnamed;
    }

    if (mtls->state->list) {
        return ngx_api_sec_mtls_allowed(r, mtls, names, n, id);
    }

    if (n > 1) {
        return ngx_api_sec_mtls_several;
    }

    /* of the connection, which outlives the request */

    id->principal = ngx_api_str(names[0]);

    return NULL;
}


/* The first of its names that is in the list; a value there is who that is. */

static const char *
ngx_api_sec_mtls_allowed(ngx_http_request_t *r,
    const ngx_api_sec_mtls_t *mtls, const api_span_t *names, size_t n,
    ngx_api_sec_identity_t *id)
{
    size_t      i;
    api_span_t  value;

    for (i = 0; i < n; i++) {
        if (api_list_find(mtls->state->list, names[i], &value)) {
            break;
        }
    }

    if (i == n) {
        return ngx_api_sec_mtls_stranger;
    }

    if (value.len == 0 || api_span_eq(value, API_SPAN("1"))) {
        id->principal = ngx_api_str(names[i]);
        return NULL;
    }

    /* the list may be swapped while the request still lives */

    id->principal.len = value.len;
    id->principal.data = ngx_pnalloc(r->main->pool, value.len);

    if (id->principal.data == NULL) {
        return ngx_api_sec_mtls_nomem;
    }

    ngx_memcpy(id->principal.data, value.data, value.len);

    return NULL;
}


static ngx_uint_t
ngx_api_sec_mtls_fault(ngx_http_request_t *r, const char *reason,
    const ngx_api_sec_cert_t *cert, ngx_api_sec_fault_t *fault)
{
    char  text[128];

    fault->reason.data = (u_char *) (uintptr_t) reason;
    fault->reason.len = ngx_strlen(reason);

    if (reason == ngx_api_sec_mtls_nomem) {
        fault->status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        ngx_str_set(&fault->code, "internal_error");
        ngx_str_set(&fault->title, "The request could not be checked");

        return NGX_API_AUTH_INVALID;
    }

    if (reason == ngx_api_sec_mtls_unverified) {
        *ngx_snprintf((u_char *) text, sizeof(text) - 1,
                      "ssl_client_verify is %V", &cert->verify)
            = '\0';
        ngx_api_sec_fault_detail(r, fault, text);
    }

    fault->status = NGX_HTTP_UNAUTHORIZED;
    ngx_str_set(&fault->code, "invalid_certificate");
    ngx_str_set(&fault->title, "The client certificate is not accepted");

    return NGX_API_AUTH_INVALID;
}


/* TLS asks for certificates, not HTTP; but RFC 9110 wants a challenge with
   every 401. */

static u_char *
ngx_api_sec_mtls_challenge(ngx_http_request_t *r,
    const ngx_api_sec_auth_t *auth, const ngx_api_sec_challenge_t *what,
    u_char *p, u_char *last)
{
    p = ngx_cpymem(p, "Certificate", sizeof("Certificate") - 1);
    p = ngx_api_sec_challenge_realm(auth, p);

    return what->scope ? ngx_api_sec_challenge_error(r, what, p, last) : p;
}
