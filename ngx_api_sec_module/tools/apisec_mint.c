/*
 * Tokens.  libjwt signs those it can: HS, RS and ES with typ JWT.  It knows
 * no other algorithm, writes no other typ, and would take any key: HS256 with
 * a PEM file, ES256 with any curve.  So we look at the key first, and what
 * libjwt cannot do is signed through OpenSSL.
 */

#include "apisec_sign.h"
#include "apisec_token.h"
#include "api_base64.h"
#include "api_json.h"
#include "api_text.h"

#include <jwt.h>
#include <stdlib.h>

#include <openssl/crypto.h>


static const char *
quoted(const char *text)
{
    char      *out;
    size_t     len;
    api_span_t s = api_span(text, strlen(text));

    out = apisec_alloc(API_TEXT_JSON_MAX(s.len) + 3);
    out[0] = '"';
    len = api_text_json(s, out + 1, API_TEXT_JSON_MAX(s.len), NULL);
    out[len + 1] = '"';

    return out;
}


static void
set(apisec_token_t *t, const char *name, const char *json)
{
    size_t i;

    for (i = 0; i < t->n; i++) {
        if (strcmp(t->claims[i].name, name) == 0) {
            break;
        }
    }

    t->claims[i].name = name;
    t->claims[i].json = json;
    t->n += i == t->n;
}


void
apisec_claim(apisec_token_t *t, const char *name, const char *text)
{
    set(t, name, quoted(text));
}


void
apisec_claim_int(apisec_token_t *t, const char *name, int64_t n)
{
    set(t, name, apisec_text("%lld", (long long) n));
}


int
apisec_claim_json(apisec_token_t *t, const char *name, const char *json)
{
    api_err_t    err;
    api_json_t   doc;
    api_sipkey_t seed;

    apisec_random(&seed, sizeof(seed));

    if (api_json_parse(&doc, api_span(json, strlen(json)), NULL, 0, seed,
            apisec_arena(), &err)
        != API_OK)
    {
        return apisec_fail(APISEC_USAGE,
            "--claim-json %s: not JSON at byte %zu: %s: write name=VALUE, a"
            " string in quotes of its own, as in  '%s=\"x\"'",
            name, err.pos, err.text, name);
    }

    set(t, name, json);

    return APISEC_OK;
}


const char *
apisec_token_id(void)
{
    char   *id = apisec_alloc(33);
    size_t  i;
    uint8_t random[16];

    apisec_random(random, sizeof(random));

    for (i = 0; i < sizeof(random); i++) {
        snprintf(id + 2 * i, 3, "%02x", random[i]);
    }

    return id;
}


void
apisec_claim_times(apisec_token_t *t, int64_t now, int64_t ttl)
{
    apisec_claim_int(t, "iat", ttl < 0 ? now + ttl - 3600 : now);
    apisec_claim_int(t, "exp", now + ttl);
    set(t, "jti", apisec_text("\"%s\"", apisec_token_id()));
}


static char *
claims_text(const apisec_token_t *t)
{
    char  *text = apisec_text("{");
    size_t i;

    for (i = 0; i < t->n; i++) {
        text = apisec_text("%s%s%s:%s", text, i ? "," : "",
            quoted(t->claims[i].name), t->claims[i].json);
    }

    return apisec_text("%s}", text);
}


static bool
looks_like_pem(api_span_t text)
{
    return text.len > 10 && memcmp(text.data, "-----BEGIN", 10) == 0;
}


/* Less one newline at the end, as nginx reads it. */

static api_span_t
secret(api_span_t text)
{
    text.len -= text.len && text.data[text.len - 1] == '\n';

    return text;
}


static int
check_secret(const apisec_alg_t *alg, const char *path, api_span_t text)
{
    if (looks_like_pem(text)) {
        return apisec_fail(APISEC_FAILED,
            "%s: a key in PEM is no secret for %s: who knows the public half"
            " could sign. Leave --alg away, or make a secret with  openssl"
            " rand -out secret.bin %zu",
            path, alg->name, alg->least);
    }

    if (text.len < alg->least) {
        return apisec_fail(APISEC_FAILED,
            "%s: %zu bytes are too few for %s, which needs %zu: make a secret"
            " with  openssl rand -out secret.bin %zu",
            path, text.len, alg->name, alg->least, alg->least);
    }

    return APISEC_OK;
}


static int
check_key(const apisec_alg_t *alg, const char *path, EVP_PKEY *key)
{
    bool        fits;
    const char *usual = apisec_key_alg(key);

    if (alg->family == APISEC_RS || alg->family == APISEC_PS) {
        fits = EVP_PKEY_is_a(key, "RSA");
    } else {
        fits = usual && strcmp(usual, alg->name) == 0;
    }

    if (!fits) {
        return apisec_fail(APISEC_FAILED,
            "%s: this key does not fit %s: write --alg %s", path, alg->name,
            usual ? usual : "RS256, with an RSA key");
    }

    if (EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) < 2048) {
        return apisec_fail(APISEC_FAILED,
            "%s: an RSA key of %d bits, nginx takes 2048 and more: make one"
            " with  openssl genpkey -algorithm RSA",
            path, EVP_PKEY_get_bits(key));
    }

    return APISEC_OK;
}


/* What is in the file decides where the command line does not. */

static int
choose(const apisec_token_t *t, const char *path, apisec_signer_t *s)
{
    const char *name = t->alg;

    if (name == NULL) {
        name = s->key ? apisec_key_alg(s->key) : NULL;
    }

    if (name == NULL) {
        return apisec_fail(APISEC_FAILED,
            "%s: no private key in PEM without a passphrase: give one, or"
            " --alg HS256 when the file holds a secret",
            path);
    }

    s->alg = apisec_alg(name);

    if (s->alg == NULL) {
        return apisec_fail(APISEC_USAGE,
            "\"%s\" is no algorithm to sign with: write one of HS256 RS256"
            " PS256 ES256 EdDSA or their kin, with capitals as here",
            name);
    }

    if (s->alg->family == APISEC_HS) {
        s->text = secret(s->text);
        return check_secret(s->alg, path, s->text);
    }

    if (s->key == NULL) {
        return apisec_fail(APISEC_FAILED,
            "%s: no private key in PEM without a passphrase, which %s needs",
            path, name);
    }

    return check_key(s->alg, path, s->key);
}


static int
by_libjwt(jwt_t *jwt, const apisec_token_t *t, const apisec_signer_t *s,
    const char *kid, char **token)
{
    char *text;

    if (*kid && jwt_add_header(jwt, "kid", kid) != 0) {
        return apisec_fail(
            APISEC_FAILED, "libjwt does not take the kid \"%s\"", kid);
    }

    if (jwt_add_grants_json(jwt, claims_text(t)) != 0) {
        return apisec_fail(APISEC_FAILED,
            "libjwt does not take the claims: is a number larger than 64"
            " bits, or a name or text not UTF-8?");
    }

    if (jwt_set_alg(
            jwt, jwt_str_alg(s->alg->name), s->text.data, (int) s->text.len)
        != 0)
    {
        return apisec_fail(APISEC_FAILED,
            "libjwt does not take the key for %s", s->alg->name);
    }

    text = jwt_encode_str(jwt);
    if (text == NULL) {
        return apisec_fail(
            APISEC_FAILED, "libjwt could not sign with %s", s->alg->name);
    }

    *token = apisec_text("%s", text);
    free(text); /* libjwt 1.10 has no function for it */

    return APISEC_OK;
}


static char *
encoded(api_span_t bytes)
{
    char *text = apisec_alloc(api_base64url_encoded_len(bytes.len) + 1);

    text[api_base64url_encode(bytes, text)] = '\0';

    return text;
}


static int
by_openssl(const apisec_token_t *t, const apisec_signer_t *s, const char *kid,
    char **token)
{
    char      *text;
    api_span_t signature;

    text = apisec_text("{\"alg\":\"%s\",%s%s%s\"typ\":%s%s%s}", s->alg->name,
        *kid ? "\"kid\":" : "", *kid ? quoted(kid) : "", *kid ? "," : "",
        quoted(t->typ ? t->typ : "JWT"), t->jwk ? ",\"jwk\":" : "",
        t->jwk ? t->jwk : "");
    text = encoded(api_span(text, strlen(text)));

    *token = claims_text(t);
    text =
        apisec_text("%s.%s", text, encoded(api_span(*token, strlen(*token))));

    if (!apisec_sign(s, api_span(text, strlen(text)), &signature)) {
        return apisec_fail(
            APISEC_FAILED, "OpenSSL could not sign with %s", s->alg->name);
    }

    *token = apisec_text("%s.%s", text, encoded(signature));

    return APISEC_OK;
}


static int
mint(const apisec_token_t *t, const apisec_signer_t *s, char **token)
{
    int         rc;
    char        thumbprint[APISEC_KID_LEN + 1] = "";
    jwt_t      *jwt;
    const char *kid = t->kid;

    if (kid == NULL) {
        if (s->alg->family != APISEC_HS) {
            apisec_key_thumbprint(s->key, thumbprint);
        }

        kid = thumbprint;
    }

    if (!s->alg->libjwt || (t->typ && strcmp(t->typ, "JWT") != 0)) {
        return by_openssl(t, s, kid, token);
    }

    if (jwt_new(&jwt) != 0) {
        return apisec_fail(APISEC_FAILED, "no memory");
    }

    rc = by_libjwt(jwt, t, s, kid, token);
    jwt_free(jwt);

    return rc;
}


int
apisec_mint(const apisec_token_t *t, const char *path, char **token)
{
    int             rc;
    apisec_signer_t s = { .key = NULL };

    rc = apisec_read(path, APISEC_KEY_MAX, &s.text);
    if (rc != APISEC_OK) {
        return rc;
    }

    s.key = apisec_key_private(s.text);
    rc = choose(t, path, &s);

    if (rc == APISEC_OK) {
        rc = mint(t, &s, token);
    }

    EVP_PKEY_free(s.key);
    OPENSSL_cleanse((void *) (uintptr_t) s.text.data, s.text.len);

    return rc;
}
