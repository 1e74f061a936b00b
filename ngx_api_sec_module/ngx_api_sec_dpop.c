
/*
 * A DPoP proof of a request (RFC 9449 section 7), for a token that has been
 * verified already: nobody else makes us verify a second signature.
 */

#include "ngx_api_sec.h"
#include "ngx_api_header.h"


static int ngx_api_sec_dpop_check(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_bound_t *bind, const ngx_api_sec_identity_t *id,
    const api_dpop_request_t *request, api_span_t proof, api_err_t *err);
static int ngx_api_sec_dpop_nonce(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const api_dpop_t *dpop, api_err_t *err);
static int ngx_api_sec_dpop_once(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_bound_t *bind,
    const ngx_api_sec_identity_t *id, const api_dpop_t *dpop,
    api_err_t *err);
static int ngx_api_sec_dpop_full(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, int rc, api_err_t *err);
static ngx_int_t ngx_api_sec_dpop_offer(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx);
static void ngx_api_sec_dpop_uri(ngx_http_request_t *r,
    const ngx_api_sec_bound_t *bind, const api_dpop_t *dpop, api_htu_t *uri);
static api_span_t ngx_api_sec_dpop_authority(ngx_http_request_t *r);
static ngx_uint_t ngx_api_sec_dpop_fault(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, int code, const api_err_t *err,
    ngx_api_sec_fault_t *fault);


ngx_uint_t
ngx_api_sec_dpop(ngx_http_request_t *r, const ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_ctx_t *ctx, const ngx_api_sec_bound_t *bind,
    const ngx_api_sec_identity_t *id, api_span_t jkt,
    ngx_api_sec_fault_t *fault)
{
    int                  code;
    api_err_t            err;
    const ngx_str_t     *proof;
    api_dpop_request_t   request;

    if (ngx_api_header_in(r, "dpop", &proof) != NGX_OK) {
        return ngx_api_sec_proof_fault(fault, "dpop_several",
                                       "invalid_dpop_proof",
                                       "The request has several DPoP proofs",
                                       "the header DPoP stands twice");
    }

    if (proof == NULL) {
        return ngx_api_sec_proof_fault(fault, "dpop_missing",
                                       "invalid_dpop_proof",
                                       "A DPoP proof is required",
                                       "there is no header DPoP");
    }

    request.method = ngx_api_span(&r->method_name);
    request.token = ctx->token.token;
    request.jkt = jkt;

    err.text[0] = '\0';

    code = ngx_api_sec_dpop_check(r, mcf, ctx, bind, id, &request,
                                  ngx_api_span(proof), &err);

    return code == API_DPOP_OK
           ? NGX_API_AUTH_OK
           : ngx_api_sec_dpop_fault(r, mcf, code, &err, fault);
}


static int
ngx_api_sec_dpop_check(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const ngx_api_sec_bound_t *bind, const ngx_api_sec_identity_t *id,
    const api_dpop_request_t *want, api_span_t proof, api_err_t *err)
{
    int                  code;
    api_dpop_t           dpop;
    api_dpop_request_t   request;

    code = api_dpop_parse(&dpop, proof, mcf->seed, &ctx->arena, err);

    if (code != API_DPOP_OK) {
        return code;
    }

    request = *want;
    ngx_api_sec_dpop_uri(r, bind, &dpop, &request.uri);

    code = api_dpop_check(&dpop, mcf->proofs->keys, &bind->policy, &request,
                          ngx_time(), &ctx->arena, err);

    if (code == API_DPOP_OK && bind->nonce) {
        code = ngx_api_sec_dpop_nonce(r, mcf, ctx, &dpop, err);
    }

    if (code == API_DPOP_OK) {
        code = api_dpop_verify(&dpop, mcf->proofs->keys, err);
    }

    if (code != API_DPOP_OK || ctx->proof_used) {
        return code;
    }

    code = ngx_api_sec_dpop_once(r, mcf, bind, id, &dpop, err);

    if (code == API_DPOP_OK) {
        ctx->proof_used = 1;
    }

    return code;
}


/*
 * A nonce says that the proof was made after it was handed out.  One that gets
 * old is replaced in time, so that nobody has to ask twice.
 */

static int
ngx_api_sec_dpop_nonce(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx,
    const api_dpop_t *dpop, api_err_t *err)
{
    bool       renew;
    ngx_int_t  rc;

    rc = ngx_api_sec_proofs_check(mcf, dpop->nonce, &renew);

    if (rc == NGX_ERROR
        || (renew && ngx_api_sec_dpop_offer(r, mcf, ctx) != NGX_OK))
    {
        return api_fail(err, API_DPOP_INTERNAL, API_DPOP_INTERNAL, 0,
                        "no nonce could be made");
    }

    return rc == NGX_OK
           ? API_DPOP_OK
           : api_fail(err, API_DPOP_NONCE, API_DPOP_NONCE, 0,
                      dpop->nonce.data
                          ? "the nonce of the proof is not ours, or too old"
                          : "the proof has no nonce");
}


/* A response with a nonce is for nobody else (RFC 9449 8.2). */

static ngx_int_t
ngx_api_sec_dpop_offer(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_ctx_t *ctx)
{
    ngx_str_t  value;

    static const ngx_str_t  no_store = ngx_string("no-store");

    if (ctx->proof_nonce) {
        return NGX_OK;
    }

    ctx->proof_nonce = 1;

    value.len = API_NONCE_LEN;
    value.data = ngx_pnalloc(r->main->pool, API_NONCE_LEN);

    if (value.data == NULL
        || ngx_api_sec_proofs_nonce(mcf, (char *) value.data) != NGX_OK
        || ngx_api_add_header(r, "DPoP-Nonce", &value) == NULL
        || ngx_api_add_header(r, "Cache-Control", &no_store) == NULL)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static int
ngx_api_sec_dpop_once(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_bound_t *bind,
    const ngx_api_sec_identity_t *id, const api_dpop_t *dpop,
    api_err_t *err)
{
    int  rc;

    rc = ngx_api_sec_proofs_use(mcf, dpop, &bind->policy, id);

    switch (rc) {

    case API_OK:
        return API_DPOP_OK;

    case API_DUPLICATE:
        return api_fail(err, API_DPOP_REPLAYED, API_DPOP_REPLAYED, 0,
                        "the proof was used before");

    case API_DENIED:
    case API_LIMIT:
        return ngx_api_sec_dpop_full(r, mcf, rc, err);

    default:
        return api_fail(err, API_DPOP_INTERNAL, API_DPOP_INTERNAL, 0,
                        "there is no table of proofs");
    }
}


/* There is no room: of one's own, or at all.  A line a minute says so. */

static int
ngx_api_sec_dpop_full(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, int rc, api_err_t *err)
{
    time_t                *warned;
    const char            *what;
    ngx_api_sec_proofs_t  *proofs;

    proofs = mcf->proofs;

    if (rc == API_DENIED) {
        warned = &proofs->warned_share;
        what = "of a principal that has a quarter of their places "
               "(\"proofs=\" of api_zone)";

    } else {
        warned = &proofs->warned;
        what = "that may have been used before: the table is full "
               "(\"proofs=\" of api_zone), or was made after they were";
    }

    if (ngx_time() - *warned >= 60) {
        *warned = ngx_time();
        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "DPoP proofs are refused %s", what);
    }

    if (rc == API_DENIED) {
        return api_fail(err, API_DPOP_SHARE, API_DPOP_SHARE, 0,
                        "the principal has used as many proofs lately as one "
                        "may");
    }

    return api_fail(err, API_DPOP_REPLAY_UNKNOWN, API_DPOP_REPLAY_UNKNOWN, 0,
                    "whether the proof was used before cannot be told");
}


/*
 * The URI as the client knows it: where the gateway is known under other
 * names than it sees itself (behind a proxy that ends TLS), `origin=` says
 * under which.
 */

static void
ngx_api_sec_dpop_uri(ngx_http_request_t *r, const ngx_api_sec_bound_t *bind,
    const api_dpop_t *dpop, api_htu_t *uri)
{
    api_htu_t         parts;
    ngx_uint_t        i;
    const api_htu_t  *origin;

    uri->path = ngx_api_span(&r->unparsed_uri);

    if (bind->origins == NULL) {
        uri->scheme = r->connection->ssl ? API_SPAN("https")
                                         : API_SPAN("http");
        uri->authority = ngx_api_sec_dpop_authority(r);
        return;
    }

    origin = bind->origins->elts;

    uri->scheme = origin[0].scheme;
    uri->authority = origin[0].authority;

    if (api_htu_split(dpop->htu, &parts) != API_OK) {
        return;
    }

    for (i = 1; i < bind->origins->nelts; i++) {
        if (api_htu_same_origin(&parts, &origin[i])) {
            uri->scheme = origin[i].scheme;
            uri->authority = origin[i].authority;
            return;
        }
    }
}


/* nginx keeps the host without its port; the port stands in Host alone.  A
   host in the request line goes before Host. */

static api_span_t
ngx_api_sec_dpop_authority(ngx_http_request_t *r)
{
    size_t      len;
    api_span_t  host, header;

    host = ngx_api_span(&r->headers_in.server);

    if (r->headers_in.host == NULL) {
        return host;
    }

    header = ngx_api_span(&r->headers_in.host->value);
    len = host.len;

    if (header.len > len && header.data[len] == ':'
        && api_span_eq_nocase(api_span(header.data, len), host))
    {
        return header;
    }

    return host;
}


static ngx_uint_t
ngx_api_sec_dpop_fault(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, int code, const api_err_t *err,
    ngx_api_sec_fault_t *fault)
{
    const char  *error, *title;

    switch (code) {

    case API_DPOP_SHARE:
        error = "too_many_proofs";
        title = "Too many DPoP proofs";
        break;

    case API_DPOP_NOMEM:
    case API_DPOP_INTERNAL:
        error = NULL;
        title = NULL;
        break;

    case API_DPOP_NONCE:
        error = "use_dpop_nonce";
        title = "The DPoP proof needs a nonce of this server";
        break;

    case API_DPOP_BINDING:
        error = "invalid_token";
        title = "The access token is bound to another key";
        break;

    default:
        error = "invalid_dpop_proof";
        title = "The DPoP proof is not valid";
    }

    (void) ngx_api_sec_proof_fault(fault, api_dpop_code_name(code), error,
                                   title, "");
    ngx_api_sec_fault_detail(r, fault, err->text);

    if (code == API_DPOP_SHARE) {
        fault->status = NGX_HTTP_TOO_MANY_REQUESTS;
        fault->error = NULL;    /* the credential is good */
        fault->retry = mcf->proofs->life / 3 + 1;
    }

    return NGX_API_AUTH_INVALID;
}
