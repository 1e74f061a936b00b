/*
 * apisec jwks: public keys in PEM become a JWK set, a JWK set is checked the
 * way nginx will.
 */

#include "apisec_key.h"
#include "api_jwk.h"
#include "api_text.h"


#define JWKS_MAX (256 * 1024)

typedef struct {
    const char *alg;
} values_t;

static int run(int argc, char **argv);


static const apisec_option_t options[] = {
    { "alg", APISEC_TEXT, offsetof(values_t, alg), "ALG",
        "of keys in PEM: the only algorithm they are for, such as PS256" },
    { 0 }
};

const apisec_command_t apisec_jwks = { "jwks", "FILE... [OPTIONS]",
    "make a JWK set of public keys (PEM), or check a JWK set (JSON)",
    "Keys and certificates in PEM are printed as one set; the kid of each is\n"
    "its thumbprint (RFC 7638).  A set is parsed as api_jwt_issuer's "
    "\"jwks\"\n"
    "does it, and its keys are listed; exit code 1 when it is refused.\n",
    options, run };


static void
print_safe(api_span_t s, int width)
{
    char   out[API_TEXT_LOG_MAX(64)];
    size_t len, taken;

    len = api_text_log(s, out, sizeof(out), &taken);
    printf("%-*.*s%s", width, (int) len, out, taken < s.len ? "..." : "");
}


static void
print_key(api_jwk_t *key)
{
    static const char *const types[] = { "oct", "RSA", "EC", "OKP" };

    unsigned    alg;
    api_span_t  kid = api_jwk_kid(key);
    const char *comma = "";

    printf("%-4s ", types[api_jwk_type(key)]);
    print_safe(kid.len ? kid : API_SPAN("-"), 44);
    printf(" ");

    for (alg = API_JWS_UNKNOWN + 1; alg < API_JWS_NALGS; alg++) {
        if (api_jwk_algs(key) & API_JWS_BIT(alg)) {
            printf("%s%s", comma, api_jws_alg_name((api_jws_alg_t) alg));
            comma = ",";
        }
    }

    printf("\n");
}


static int
parse(const char *path, api_span_t json, api_jwks_t **set)
{
    api_err_t       err;
    api_jwks_opts_t opts = { .max_bytes = JWKS_MAX };

    apisec_random(&opts.seed, sizeof(opts.seed));

    if (api_jwks_parse(set, json, &opts, &api_alloc_libc, &err) != API_OK) {
        return apisec_fail(
            APISEC_NO, "%s: refused at byte %zu: %s", path, err.pos, err.text);
    }

    return APISEC_OK;
}


static int
check(const char *path, api_span_t json)
{
    int         rc;
    size_t      i;
    api_jwks_t *set;

    rc = parse(path, json, &set);
    if (rc != APISEC_OK) {
        return rc;
    }

    printf("%s: %zu key%s\n", path, api_jwks_count(set),
        api_jwks_count(set) == 1 ? "" : "s");

    for (i = 0; i < api_jwks_count(set); i++) {
        print_key(api_jwks_key(set, i));
    }

    api_jwks_free(set);

    return APISEC_OK;
}


/* Why there is no public key in it. */

static int
no_key(const char *path, api_span_t pem)
{
    EVP_PKEY *key = apisec_key_private(pem);

    if (key) {
        EVP_PKEY_free(key);
        return apisec_fail(APISEC_FAILED,
            "%s: a private key, which has no place in a JWK set: give the"
            " public one,  openssl pkey -in %s -pubout",
            path, path);
    }

    return apisec_fail(APISEC_FAILED,
        "%s: neither a public key nor a certificate in PEM, nor JSON", path);
}


static int
add(cJSON *keys, const char *path, api_span_t pem, const char *alg)
{
    cJSON    *jwk;
    EVP_PKEY *key;

    key = apisec_key_public(pem);
    if (key == NULL) {
        return no_key(path, pem);
    }

    if (alg == NULL && !EVP_PKEY_is_a(key, "RSA")) {
        alg = apisec_key_alg(key);
    }

    jwk = apisec_key_jwk(key, alg);
    EVP_PKEY_free(key);

    if (jwk == NULL) {
        return apisec_fail(APISEC_FAILED,
            "%s: no JWS algorithm has keys of this type: take RSA, EC on"
            " P-256, P-384 or P-521, Ed25519 or Ed448",
            path);
    }

    cJSON_AddItemToArray(keys, jwk);

    return APISEC_OK;
}


/* Printed only when nginx would take it. */

static int
finish(cJSON *keys)
{
    int         rc;
    api_span_t  text = apisec_key_set(keys);
    api_jwks_t *set;

    rc = parse("the set of these keys", text, &set);
    if (rc != APISEC_OK) {
        return rc;
    }

    api_jwks_free(set);
    printf("%.*s", (int) text.len, (const char *) text.data);

    return APISEC_OK;
}


static bool
is_json(api_span_t text)
{
    size_t i = 0;

    while (i < text.len && text.data[i] && strchr(" \t\r\n", text.data[i])) {
        i++;
    }

    return i < text.len && text.data[i] == '{';
}


static int
each(const apisec_list_t *args, const char *alg)
{
    int        rc;
    bool       json;
    size_t     i;
    cJSON     *keys = cJSON_CreateArray();
    api_span_t text;

    for (i = 0, rc = APISEC_OK; i < args->n && rc == APISEC_OK; i++) {
        rc = apisec_read(args->item[i], JWKS_MAX, &text);
        if (rc != APISEC_OK) {
            break;
        }

        json = is_json(text);

        if (json != (cJSON_GetArraySize(keys) == 0) && i > 0) {
            rc = apisec_fail(APISEC_USAGE,
                "jwks: PEM files to make a set of, or sets to check, not"
                " both at once");

        } else {
            rc = json ? check(args->item[i], text)
                      : add(keys, args->item[i], text, alg);
        }
    }

    if (rc == APISEC_OK && cJSON_GetArraySize(keys)) {
        return finish(keys);
    }

    cJSON_Delete(keys);

    return rc;
}


static int
run(int argc, char **argv)
{
    int           rc;
    values_t      values = { NULL };
    apisec_list_t args;

    rc = apisec_options(&apisec_jwks, argc, argv, &values, &args);
    if (rc != APISEC_OK) {
        return rc;
    }

    if (args.n == 0) {
        return apisec_fail(APISEC_USAGE,
            "jwks: which file? Write  apisec jwks public.pem > jwks.json  or"
            "  apisec jwks jwks.json");
    }

    if (values.alg
        && api_jws_alg(api_span(values.alg, strlen(values.alg)))
               == API_JWS_UNKNOWN)
    {
        return apisec_fail(APISEC_USAGE,
            "jwks: --alg \"%s\" is no algorithm: write one of RS256 PS256"
            " ES256 EdDSA or their kin, with capitals as here",
            values.alg);
    }

    return each(&args, values.alg);
}
