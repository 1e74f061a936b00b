
#include "ngx_api_sec_introspect.h"
#include "ngx_api_sec_cert.h"

#include "api_base64.h"


#define NGX_API_SEC_DIGEST_LEN  43    /* SHA-256 in base64url */

/* What a token is bound to; data NULL: not in this way. */

typedef struct {
    ngx_uint_t                  bound;       /* it has a cnf */
    api_span_t                  jkt;
    api_span_t                  x5t;
} ngx_api_sec_cnf_t;


static void ngx_api_sec_proof_note(const ngx_api_sec_bound_t *bind,
    const ngx_str_t **algs, ngx_uint_t *all);
static ngx_int_t ngx_api_sec_proof_cnf(const api_json_t *claims,
    ngx_api_sec_cnf_t *cnf);
static ngx_int_t ngx_api_sec_proof_digest(const api_json_t *claims,
    uint32_t object, api_span_t name, api_span_t *digest);
static ngx_uint_t ngx_api_sec_proof_needed(const ngx_api_sec_bound_t *bind,
    const ngx_api_sec_cnf_t *cnf, const ngx_api_sec_token_t *token,
    ngx_api_sec_fault_t *fault);
static ngx_uint_t ngx_api_sec_proof_cert(ngx_http_request_t *r,
    api_span_t x5t, ngx_api_sec_fault_t *fault);


static const char  ngx_api_sec_proof_token[] = "The access token is not valid";


ngx_uint_t
ngx_api_sec_proof(ngx_http_request_t *r, const ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_ctx_t *ctx, const ngx_api_sec_bound_t *bind,
    const ngx_api_sec_identity_t *id, ngx_api_sec_fault_t *fault)
{
    ngx_uint_t         result;
    ngx_api_sec_cnf_t  cnf;

    if (bind->off) {
        return NGX_API_AUTH_OK;
    }

    if (ngx_api_sec_proof_cnf(id->claims, &cnf) != NGX_OK) {
        return ngx_api_sec_proof_fault(fault, "cnf", "invalid_token",
                                       ngx_api_sec_proof_token,
                                       "cnf is no object with the digest of "
                                       "a key that is understood here");
    }

    result = ngx_api_sec_proof_needed(bind, &cnf, &ctx->token, fault);

    if (result == NGX_API_AUTH_OK && cnf.x5t.data) {
        result = ngx_api_sec_proof_cert(r, cnf.x5t, fault);
    }

    if (result == NGX_API_AUTH_OK && cnf.jkt.data) {
        result = ngx_api_sec_dpop(r, mcf, ctx, bind, id, cnf.jkt, fault);
    }

    return result;
}


/*
 * cnf (RFC 7800): members that are not understood are passed over, but one has
 * to be.
 */

static ngx_int_t
ngx_api_sec_proof_cnf(const api_json_t *claims, ngx_api_sec_cnf_t *cnf)
{
    uint32_t  tok;

    ngx_memzero(cnf, sizeof(ngx_api_sec_cnf_t));

    tok = api_json_get(claims, 0, API_SPAN("cnf"));

    if (tok == API_JSON_NONE) {
        return NGX_OK;
    }

    cnf->bound = 1;

    if (claims->tok[tok].type != API_JSON_OBJECT
        || ngx_api_sec_proof_digest(claims, tok, API_SPAN("jkt"), &cnf->jkt)
           != NGX_OK
        || ngx_api_sec_proof_digest(claims, tok, API_SPAN("x5t#S256"),
                                    &cnf->x5t)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    return cnf->jkt.data || cnf->x5t.data ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_api_sec_proof_digest(const api_json_t *claims, uint32_t object,
    api_span_t name, api_span_t *digest)
{
    uint32_t               tok;
    const api_json_tok_t  *t;

    tok = api_json_get(claims, object, name);

    if (tok == API_JSON_NONE) {
        return NGX_OK;
    }

    t = &claims->tok[tok];

    if (t->type != API_JSON_STRING || t->len != NGX_API_SEC_DIGEST_LEN) {
        return NGX_DECLINED;
    }

    *digest = api_span(claims->text + t->off, t->len);

    return NGX_OK;
}


/* Is the token bound as it has to be, and presented as it has to be? */

static ngx_uint_t
ngx_api_sec_proof_needed(const ngx_api_sec_bound_t *bind,
    const ngx_api_sec_cnf_t *cnf, const ngx_api_sec_token_t *token,
    ngx_api_sec_fault_t *fault)
{
    if ((bind->dpop_required && cnf->jkt.data == NULL)
        || (bind->mtls_required && cnf->x5t.data == NULL))
    {
        return ngx_api_sec_proof_fault(fault, "unbound", "invalid_token",
                                       ngx_api_sec_proof_token,
                                       "the token is not bound to a key, as "
                                       "bind required wants it");
    }

    if (cnf->jkt.data == NULL) {
        return token->dpop
               ? ngx_api_sec_proof_fault(fault, "dpop_unbound",
                                         "invalid_token",
                                         ngx_api_sec_proof_token,
                                         "the scheme is DPoP, but the token "
                                         "is not bound to a key of DPoP")
               : NGX_API_AUTH_OK;
    }

    if (!bind->dpop) {
        return ngx_api_sec_proof_fault(fault, "dpop_off", "invalid_token",
                                       ngx_api_sec_proof_token,
                                       "the token is bound to a key of DPoP: "
                                       "write \"bind dpop;\" in "
                                       "api_jwt_issuer");
    }

    if (!token->dpop) {
        return ngx_api_sec_proof_fault(fault, "dpop_scheme", "invalid_token",
                                       ngx_api_sec_proof_token,
                                       "the token is bound to a key of DPoP "
                                       "and was not sent as \"Authorization: "
                                       "DPoP\"");
    }

    return NGX_API_AUTH_OK;
}


/*
 * TLS has seen to it that the client has the key of its certificate.  Who
 * issued that does not matter (RFC 8705 section 3): the token names it.
 */

static ngx_uint_t
ngx_api_sec_proof_cert(ngx_http_request_t *r, api_span_t x5t,
    ngx_api_sec_fault_t *fault)
{
    char                 text[NGX_API_SEC_DIGEST_LEN];
    ngx_api_sec_cert_t  *cert;

    switch (ngx_api_sec_cert(r, &cert)) {

    case NGX_OK:
        break;

    case NGX_DECLINED:
        return ngx_api_sec_proof_fault(fault, "certificate_missing",
                                       "invalid_token",
                                       ngx_api_sec_proof_token,
                                       "the token is bound to a client "
                                       "certificate, and the connection has "
                                       "none");

    default:
        return ngx_api_sec_proof_fault(fault, "nomem", NULL, NULL, "");
    }

    api_base64url_encode(api_span(cert->digest, sizeof(cert->digest)), text);

    if (api_span_eq(x5t, api_span(text, sizeof(text)))) {
        return NGX_API_AUTH_OK;
    }

    return ngx_api_sec_proof_fault(fault, "certificate_other",
                                   "invalid_token", ngx_api_sec_proof_token,
                                   "the token is bound to another client "
                                   "certificate than that of the connection");
}


ngx_uint_t
ngx_api_sec_proof_fault(ngx_api_sec_fault_t *fault, const char *reason,
    const char *error, const char *title, const char *detail)
{
    fault->reason.data = (u_char *) (uintptr_t) reason;
    fault->reason.len = ngx_strlen(reason);
    fault->detail.data = (u_char *) (uintptr_t) detail;
    fault->detail.len = ngx_strlen(detail);

    if (error == NULL) {
        fault->status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        ngx_str_set(&fault->code, "internal_error");
        ngx_str_set(&fault->title, "The request could not be checked");

        return NGX_API_AUTH_INVALID;
    }

    fault->status = NGX_HTTP_UNAUTHORIZED;
    fault->error = error;
    fault->code.data = (u_char *) (uintptr_t) error;
    fault->code.len = ngx_strlen(error);
    fault->title.data = (u_char *) (uintptr_t) title;
    fault->title.len = ngx_strlen(title);

    return NGX_API_AUTH_INVALID;
}


static void
ngx_api_sec_proof_note(const ngx_api_sec_bound_t *bind,
    const ngx_str_t **algs, ngx_uint_t *all)
{
    if (bind->dpop && *algs == NULL) {
        *algs = &bind->algs;
    }

    if (!bind->dpop_required) {
        *all = NGX_API_PROOF_ONE;
    }
}


const ngx_str_t *
ngx_api_sec_proof_algs(const ngx_api_sec_auth_t *auth, ngx_uint_t *all)
{
    ngx_uint_t                      i;
    const ngx_str_t                *algs;
    const ngx_api_sec_use_t        *use;
    const ngx_api_sec_bound_t      *bind;

    *all = NGX_API_PROOF_ALL;
    algs = NULL;
    use = ngx_api_sec_auth_use(auth, &ngx_api_sec_method_jwt);

    for (i = 0; use && i < use->things.nelts; i++) {
        bind = &((ngx_api_sec_issuer_t **) use->things.elts)[i]->bind;
        ngx_api_sec_proof_note(bind, &algs, all);
    }

    use = ngx_api_sec_auth_use(auth, &ngx_api_sec_method_introspect);

    for (i = 0; use && i < use->things.nelts; i++) {
        bind = &((ngx_api_sec_introspect_t **) use->things.elts)[i]->bind;
        ngx_api_sec_proof_note(bind, &algs, all);
    }

    return algs;
}


u_char *
ngx_api_sec_dpop_challenge(ngx_http_request_t *r,
    const ngx_api_sec_auth_t *auth, const ngx_api_sec_challenge_t *what,
    const ngx_str_t *algs, u_char *p, u_char *last)
{
    p = ngx_cpymem(p, "DPoP", sizeof("DPoP") - 1);
    p = ngx_api_sec_challenge_realm(auth, p);
    p = ngx_slprintf(p, last, ", algs=\"%V\"", algs);

    return ngx_api_sec_challenge_error(r, what, p, last);
}
