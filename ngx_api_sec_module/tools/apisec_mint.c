/*
 * Tokens, signed by libjwt, after we have made sure that the key is one of
 * the algorithm: libjwt would sign HS256 with a PEM file and ES256 with any
 * curve.
 */

#include "apisec_token.h"
#include "api_json.h"
#include "api_jws.h"
#include "api_text.h"

#include <jwt.h>
#include <stdlib.h>

#include <openssl/crypto.h>


typedef struct {
    const char *name;
    const char *type;  /* of the key; NULL: a secret */
    const char *usual; /* of an EC key: what apisec_key_alg says of it */
    size_t      least; /* bytes of a secret, RFC 7518 3.2 */
} mint_alg_t;

static const mint_alg_t algs[] = {
    { "HS256", NULL, NULL, 32 },
    { "HS384", NULL, NULL, 48 },
    { "HS512", NULL, NULL, 64 },
    { "RS256", "RSA", NULL, 0 },
    { "RS384", "RSA", NULL, 0 },
    { "RS512", "RSA", NULL, 0 },
    { "ES256", "EC", "ES256", 0 },
    { "ES384", "EC", "ES384", 0 },
    { "ES512", "EC", "ES512", 0 },
};


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


void
apisec_claim_times(apisec_token_t *t, int64_t now, int64_t ttl)
{
    char    jti[33];
    size_t  i;
    uint8_t random[16];

    apisec_random(random, sizeof(random));

    for (i = 0; i < sizeof(random); i++) {
        snprintf(jti + 2 * i, 3, "%02x", random[i]);
    }

    apisec_claim_int(t, "iat", ttl < 0 ? now + ttl - 3600 : now);
    apisec_claim_int(t, "exp", now + ttl);
    set(t, "jti", apisec_text("\"%s\"", jti));
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


static int
unsupported(const char *alg)
{
    if (api_jws_alg(api_span(alg, strlen(alg))) != API_JWS_UNKNOWN) {
        return apisec_fail(APISEC_FAILED,
            "%s: libjwt does not sign with it: nginx takes such tokens, but"
            " make them with another tool (the npm package jose does), or"
            " write --alg ES256 or RS256 with a key of that type",
            alg);
    }

    return apisec_fail(APISEC_USAGE,
        "\"%s\" is no algorithm to sign with: write one of HS256 HS384 HS512"
        " RS256 RS384 RS512 ES256 ES384 ES512",
        alg);
}


static const mint_alg_t *
find_alg(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
        if (strcmp(algs[i].name, name) == 0) {
            return &algs[i];
        }
    }

    return NULL;
}


static bool
looks_like_pem(api_span_t text)
{
    return text.len > 10 && memcmp(text.data, "-----BEGIN", 10) == 0;
}


static int
check_secret(const mint_alg_t *alg, const char *path, api_span_t secret)
{
    if (looks_like_pem(secret)) {
        return apisec_fail(APISEC_FAILED,
            "%s: a key in PEM is no secret for %s: who knows the public half"
            " could sign. Leave --alg away, or make a secret with  openssl"
            " rand -out secret.bin %zu",
            path, alg->name, alg->least);
    }

    if (secret.len < alg->least) {
        return apisec_fail(APISEC_FAILED,
            "%s: %zu bytes are too few for %s, which needs %zu: make a secret"
            " with  openssl rand -out secret.bin %zu",
            path, secret.len, alg->name, alg->least, alg->least);
    }

    return APISEC_OK;
}


static int
check_key(const mint_alg_t *alg, const char *path, EVP_PKEY *key)
{
    const char *usual = apisec_key_alg(key);

    if (!EVP_PKEY_is_a(key, alg->type)
        || (alg->usual && (usual == NULL || strcmp(usual, alg->usual) != 0)))
    {
        return apisec_fail(APISEC_FAILED,
            "%s: this key does not fit %s: write --alg %s", path, alg->name,
            usual ? usual : "RS256, with an RSA key");
    }

    if (EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) < 2048) {
        return apisec_fail(APISEC_FAILED,
            "%s: an RSA key of %d bits, nginx takes 2048 and more: make one"
            " with  apisec init  or  openssl genpkey",
            path, EVP_PKEY_get_bits(key));
    }

    return APISEC_OK;
}


/* What is in the file decides where the command line does not. */

static int
choose(const apisec_token_t *t, const char *path, api_span_t text,
    const mint_alg_t **alg, char kid[APISEC_KID_LEN + 1])
{
    int         rc;
    EVP_PKEY   *key = apisec_key_private(text);
    const char *name = t->alg;

    if (name == NULL) {
        name = key ? apisec_key_alg(key) : NULL;
    }

    if (name == NULL) {
        EVP_PKEY_free(key);
        return apisec_fail(APISEC_FAILED,
            "%s: no private key in PEM without a passphrase: give one, or"
            " --alg HS256 when the file holds a secret",
            path);
    }

    *alg = find_alg(name);

    if (*alg == NULL) {
        rc = unsupported(name);

    } else if ((*alg)->type == NULL) {
        rc = check_secret(*alg, path, text);

    } else if (key == NULL) {
        rc = apisec_fail(APISEC_FAILED,
            "%s: no private key in PEM without a passphrase, which %s needs",
            path, name);

    } else {
        rc = check_key(*alg, path, key);
    }

    if (rc == APISEC_OK && (*alg)->type) {
        apisec_key_thumbprint(key, kid);
    }

    EVP_PKEY_free(key);

    return rc;
}


static int
build(jwt_t *jwt, const apisec_token_t *t, const mint_alg_t *alg,
    const char *kid, api_span_t key)
{
    if (*kid && jwt_add_header(jwt, "kid", kid) != 0) {
        return apisec_fail(
            APISEC_FAILED, "libjwt does not take the kid \"%s\"", kid);
    }

    if (t->typ && jwt_add_header(jwt, "typ", t->typ) != 0) {
        return apisec_fail(
            APISEC_FAILED, "libjwt does not take the typ \"%s\"", t->typ);
    }

    if (jwt_add_grants_json(jwt, claims_text(t)) != 0) {
        return apisec_fail(APISEC_FAILED,
            "libjwt does not take the claims: is a number larger than 64"
            " bits, or a name or text not UTF-8?");
    }

    if (jwt_set_alg(jwt, jwt_str_alg(alg->name), key.data, (int) key.len) != 0)
    {
        return apisec_fail(
            APISEC_FAILED, "libjwt does not take the key for %s", alg->name);
    }

    return APISEC_OK;
}


int
apisec_mint(const apisec_token_t *t, const char *path, char **token)
{
    int               rc;
    char              kid[APISEC_KID_LEN + 1] = "", *text;
    jwt_t            *jwt;
    api_span_t        key;
    const mint_alg_t *alg = NULL;

    rc = apisec_read(path, APISEC_KEY_MAX, &key);
    if (rc != APISEC_OK) {
        return rc;
    }

    rc = choose(t, path, key, &alg, kid);
    if (rc != APISEC_OK) {
        return rc;
    }

    if (jwt_new(&jwt) != 0) {
        return apisec_fail(APISEC_FAILED, "no memory");
    }

    rc = build(jwt, t, alg, t->kid ? t->kid : kid, key);
    text = rc == APISEC_OK ? jwt_encode_str(jwt) : NULL;
    jwt_free(jwt);
    OPENSSL_cleanse((void *) (uintptr_t) key.data, key.len);

    if (rc != APISEC_OK) {
        return rc;
    }

    if (text == NULL) {
        return apisec_fail(
            APISEC_FAILED, "%s: libjwt could not sign with it", path);
    }

    *token = apisec_text("%s", text);
    free(text); /* libjwt 1.10 has no function for it */

    return APISEC_OK;
}
