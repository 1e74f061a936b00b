
/*
 * A token about the caller.  libjwt takes 0.7 to 1.7 ms to make one, so that
 * it is kept: the same caller with the same claims gets the same token until
 * half of its time is over.  It never outlives the credential that was shown.
 */

#include "ngx_api_sec_assert.h"


static void ngx_api_sec_assert_write(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_identity_t *id, api_writer_t *w);
static time_t ngx_api_sec_assert_until(const ngx_api_sec_caller_t *caller,
    time_t now);
static ngx_api_sec_asserted_t *ngx_api_sec_assert_slot(
    const ngx_api_sec_caller_t *caller, api_span_t claims);
static ngx_uint_t ngx_api_sec_assert_is_good(
    const ngx_api_sec_assert_t *assert, const ngx_api_sec_asserted_t *slot,
    api_span_t claims, time_t now, time_t until);
static ngx_int_t ngx_api_sec_assert_make(const ngx_api_sec_caller_t *caller,
    const api_minter_t *minter, api_span_t claims, time_t until,
    ngx_api_sec_asserted_t *slot);


ngx_int_t
ngx_api_sec_assert(const ngx_api_sec_caller_t *caller, ngx_str_t *header)
{
    char                            buf[NGX_API_SEC_CLAIMS_MAX];
    u_char                         *p;
    time_t                          now, until;
    api_span_t                      claims;
    api_writer_t                    w;
    const api_minter_t             *minter;
    ngx_api_sec_asserted_t         *slot;
    const ngx_api_sec_assert_t     *assert;
    const ngx_api_sec_identity_t   *id;

    ngx_str_null(header);

    id = caller->verified ? ngx_api_sec_identity(caller->ctx) : NULL;

    if (id == NULL || id->principal.len == 0) {
        return NGX_OK;
    }

    assert = caller->lcf->assert;
    now = ngx_time();

    api_writer_init(&w, buf, sizeof(buf));
    ngx_api_sec_assert_write(caller, id, &w);

    if (api_writer_done(&w, &claims) != API_OK) {
        ngx_log_error(NGX_LOG_ERR, caller->r->connection->log, 0,
                      "the claims for api_identity_token do not fit in %d "
                      "bytes", NGX_API_SEC_CLAIMS_MAX);
        return NGX_ERROR;
    }

    minter = ngx_api_sec_signer(assert->signer, now);
    until = ngx_api_sec_assert_until(caller, now);
    slot = ngx_api_sec_assert_slot(caller, claims);

    if (!ngx_api_sec_assert_is_good(assert, slot, claims, now, until)
        && ngx_api_sec_assert_make(caller, minter, claims, until, slot)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    p = ngx_pnalloc(caller->r->pool, 7 + slot->ntoken);
    if (p == NULL) {
        return NGX_ERROR;
    }

    header->data = p;

    if (assert->bearer) {
        p = ngx_cpymem(p, "Bearer ", 7);
    }

    p = ngx_cpymem(p, slot->text + slot->nclaims, slot->ntoken);
    header->len = p - header->data;

    return NGX_OK;
}


/* All but the times. */

static void
ngx_api_sec_assert_write(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_identity_t *id, api_writer_t *w)
{
    uint32_t                           tok;
    ngx_uint_t                         i;
    const api_json_t                  *claims;
    const ngx_api_sec_assert_t        *assert;
    const ngx_api_sec_assert_claim_t  *claim;

    assert = caller->lcf->assert;

    api_writer_object(w);
    api_writer_name(w, API_SPAN("iss"));
    api_writer_string(w, ngx_api_span(&assert->iss));
    api_writer_name(w, API_SPAN("sub"));
    api_writer_string(w, ngx_api_span(&id->principal));

    if (assert->aud.len) {
        api_writer_name(w, API_SPAN("aud"));
        api_writer_string(w, ngx_api_span(&assert->aud));
    }

    api_writer_name(w, API_SPAN("auth_method"));
    api_writer_string(w, ngx_api_span(&id->method->name));

    claims = ngx_api_sec_claims(caller->ctx);
    claim = assert->claims.elts;

    for (i = 0; claims && i < assert->claims.nelts; i++) {
        tok = api_claim_find(claims, 0, &claim[i].path);

        if (tok != API_JSON_NONE) {
            api_writer_name(w, ngx_api_span(&claim[i].name));
            api_writer_raw(w, api_json_raw(claims, tok));
        }
    }

    api_writer_end(w);
}


/* The last second of a token that is made now. */

static time_t
ngx_api_sec_assert_until(const ngx_api_sec_caller_t *caller, time_t now)
{
    int64_t            exp;
    uint32_t           tok;
    time_t             until;
    const api_json_t  *claims;

    until = now + caller->lcf->assert->ttl;
    claims = ngx_api_sec_claims(caller->ctx);

    if (claims == NULL) {
        return until;
    }

    tok = api_json_get(claims, 0, API_SPAN("exp"));

    /* a credential that is good has a number there, not always an integer */

    if (tok != API_JSON_NONE
        && (claims->tok[tok].type == API_JSON_INT
            || claims->tok[tok].type == API_JSON_REAL)
        && api_jwt_date(api_json_raw(claims, tok), &exp)
        && exp < until)
    {
        return ngx_max((time_t) exp, now + 1);    /* within its leeway */
    }

    return until;
}


/* The place of these claims, or the one that can best be spared. */

static ngx_api_sec_asserted_t *
ngx_api_sec_assert_slot(const ngx_api_sec_caller_t *caller, api_span_t claims)
{
    uint64_t                 hash;
    ngx_uint_t               i;
    ngx_api_sec_asserted_t  *slot, *best;

    hash = api_siphash13(caller->mcf->seed, claims)
           % (NGX_API_SEC_ASSERTED / NGX_API_SEC_ASSERT_WAYS);

    slot = &caller->lcf->assert->asserted[hash * NGX_API_SEC_ASSERT_WAYS];
    best = slot;

    for (i = 0; i < NGX_API_SEC_ASSERT_WAYS; i++, slot++) {

        if (slot->text
            && api_span_eq(claims, api_span(slot->text, slot->nclaims)))
        {
            return slot;
        }

        /* an empty one ends at 0 */

        if (slot->exp < best->exp) {
            best = slot;
        }
    }

    return best;
}


static ngx_uint_t
ngx_api_sec_assert_is_good(const ngx_api_sec_assert_t *assert,
    const ngx_api_sec_asserted_t *slot, api_span_t claims, time_t now,
    time_t until)
{
    return slot->text
           && slot->generation == assert->signer->generation
           && now >= slot->iat
           && slot->exp - now >= assert->ttl / 2
           && slot->exp <= until
           && api_span_eq(claims, api_span(slot->text, slot->nclaims));
}


static ngx_int_t
ngx_api_sec_assert_make(const ngx_api_sec_caller_t *caller,
    const api_minter_t *minter, api_span_t claims, time_t until,
    ngx_api_sec_asserted_t *slot)
{
    char        text[NGX_API_SEC_CLAIMS_MAX + 64];
    char        token[NGX_API_SEC_ASSERT_MAX];
    size_t      len;
    u_char     *p;
    time_t      now;
    api_err_t   err;

    now = ngx_time();

    /* the brace at the end makes room for the times */

    (void) ngx_snprintf((u_char *) text, sizeof(text),
                        "%*s,\"iat\":%T,\"exp\":%T}%Z", claims.len - 1,
                        claims.data, now, until);

    if (api_minter_sign(minter, text, token, sizeof(token), &len, &err)
        != API_OK)
    {
        ngx_log_error(NGX_LOG_ERR, caller->r->connection->log, 0,
                      "api_identity_token: %s", err.text);
        return NGX_ERROR;
    }

    p = malloc(claims.len + len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    free(slot->text);

    slot->text = p;
    slot->nclaims = claims.len;
    slot->ntoken = len;
    slot->iat = now;
    slot->exp = until;
    slot->generation = caller->lcf->assert->signer->generation;

    p = ngx_cpymem(p, claims.data, claims.len);
    ngx_memcpy(p, token, len);

    return NGX_OK;
}
