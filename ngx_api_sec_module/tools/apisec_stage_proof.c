/*
 * Tokens that are bound to a key, and what shows that who sends one has it:
 * proofs of DPoP (RFC 9449), certificates (RFC 8705).
 */

#include "apisec_sign.h"
#include "apisec_stage.h"
#include "apisec_token.h"

#include "api_base64.h"

#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <time.h>


static const char *
encoded(const uint8_t *bytes, size_t len)
{
    char *text = apisec_alloc(api_base64url_encoded_len(len) + 1);

    text[api_base64url_encode(api_span(bytes, len), text)] = '\0';

    return text;
}


/* The line `bind KIND` of an api_jwt_issuer or api_introspect; NULL: none. */

static const api_conf_dir_t *
bind_line(const api_conf_dir_t *of, const char *kind)
{
    const api_conf_dir_t *d = api_conf_child(of, "bind");

    while (d && !api_conf_arg_is(d, 1, kind)) {
        d = api_conf_more(d);
    }

    return d;
}


bool
apisec_stage_binds(const api_conf_dir_t *of, const char *kind)
{
    uint32_t              i;
    const api_conf_dir_t *d = bind_line(of, kind);

    for (i = 2; d && i < d->nargs; i++) {
        if (api_conf_arg_is(d, i, "required")) {
            return true;
        }
    }

    return false;
}


/* What `bind dpop` has as NAME=, as far as the first comma. */

static const char *
first_of(const api_conf_dir_t *of, const char *name)
{
    const char           *text;
    const api_conf_dir_t *d = bind_line(of, "dpop");
    api_span_t            value = { NULL, 0 };

    if (d) {
        value = api_conf_option(d, 2, name);
    }

    if (value.len == 0) {
        return NULL;
    }

    text = apisec_span_text(value);

    return apisec_text("%.*s", (int) strcspn(text, ","), text);
}


/* The public half as it stands in a proof: nothing but what makes the key. */

static bool
public_half(EVP_PKEY *key, const char **json, char jkt[APISEC_KID_LEN + 1])
{
    char  *text;
    cJSON *jwk = key ? apisec_key_jwk(key, NULL) : NULL;

    if (jwk == NULL || !apisec_key_thumbprint(key, jkt)) {
        cJSON_Delete(jwk);
        return false;
    }

    cJSON_DeleteItemFromObject(jwk, "kid");
    cJSON_DeleteItemFromObject(jwk, "use");
    text = cJSON_PrintUnformatted(jwk);
    cJSON_Delete(jwk);
    *json = text ? apisec_text("%s", text) : NULL;
    cJSON_free(text);

    return *json != NULL;
}


int
apisec_stage_proof_key(
    apisec_stage_t *stage, apisec_proof_t *p, const char *whose)
{
    int             rc;
    bool            ok;
    EVP_PKEY       *key;
    api_span_t      pem;
    const char     *name;
    api_stage_key_t kind = api_stage_key_of(apisec_span(p->alg));

    if (kind == API_STAGE_SECRET || kind == API_STAGE_NKEYS) {
        kind = API_STAGE_P256; /* nginx will say what is wrong with it */
    }

    name = apisec_text("%s-%s", whose, api_stage_key_name(kind));
    p->key = apisec_text("%s/keys/%s.key", stage->dir, name);
    rc = apisec_stage_pair(stage, kind, name);
    rc = rc == APISEC_OK ? apisec_read(p->key, APISEC_KEY_MAX, &pem) : rc;

    if (rc != APISEC_OK) {
        return rc;
    }

    key = apisec_key_private(pem);
    ok = public_half(key, &p->jwk, p->jkt);
    EVP_PKEY_free(key);

    return ok ? APISEC_OK : apisec_fail(APISEC_FAILED, "%s: no key", p->key);
}


int
apisec_stage_proof(
    apisec_stage_t *stage, const api_conf_dir_t *of, apisec_ask_t *ask)
{
    const char     *origin = first_of(of, "origin");
    const char     *alg = first_of(of, "algorithms");
    apisec_proof_t *p = &ask->proof;

    if (origin == NULL) {
        origin = apisec_text("http%s://%s",
            stage->plan.listens[ask->listen].ssl ? "s" : "",
            ask->host ? ask->host : "");
    }

    p->alg = alg ? alg : "ES256";
    p->method = apisec_span_text(ask->request.method);
    p->uri = apisec_text("%s%.*s", origin,
        (int) strcspn(ask->request.target, "?#"), ask->request.target);
    p->learns = true;

    return apisec_stage_proof_key(stage, p, "client");
}


int
apisec_stage_prove(apisec_proof_t *p)
{
    int            rc;
    char          *text;
    uint8_t        digest[SHA256_DIGEST_LENGTH];
    apisec_token_t t = {
        .alg = p->alg, .kid = "", .typ = "dpop+jwt", .jwk = p->jwk
    };

    if (p->text && p->reused) {
        return APISEC_OK;
    }

    SHA256((const uint8_t *) p->token, strlen(p->token), digest);

    apisec_claim(&t, "jti", apisec_token_id());
    apisec_claim(&t, "htm", p->method);
    apisec_claim(&t, "htu", p->uri);
    apisec_claim(&t, "ath", encoded(digest, sizeof(digest)));
    apisec_claim_int(&t, "iat", (int64_t) time(NULL) + p->shift);

    if (p->nonce) {
        apisec_claim(&t, "nonce", p->nonce);
    }

    rc = apisec_mint(&t, p->key, &text);
    p->text = rc == APISEC_OK ? text : NULL;

    return rc;
}


const char *
apisec_stage_x5t(SSL_CTX *tls)
{
    unsigned    len = 0;
    uint8_t     digest[EVP_MAX_MD_SIZE];
    const X509 *cert = tls ? SSL_CTX_get0_certificate(tls) : NULL;

    if (cert == NULL || X509_digest(cert, EVP_sha256(), digest, &len) != 1) {
        ERR_clear_error();
        return NULL;
    }

    return encoded(digest, len);
}
