/*
 * apisec token: one token on standard output.
 */

#include "apisec_token.h"
#include "apisec_starter.h"

#include <time.h>


typedef struct {
    const char   *dir;
    const char   *key;
    const char   *alg;
    const char   *kid;
    const char   *typ;
    const char   *iss;
    const char   *sub;
    const char   *scope;
    const char   *ttl;
    const char   *nbf;
    apisec_list_t aud;
    apisec_list_t claim;
    apisec_list_t claim_json;
} values_t;

static int run(int argc, char **argv);


#define OPTION(name, kind, field, value, help)                                \
    {                                                                         \
        name, kind, offsetof(values_t, field), value, help                    \
    }

static const apisec_option_t options[] = {
    OPTION("dir", APISEC_TEXT, dir, "DIR",
        "take key, issuer, audience, subject and scope from what apisec init\n"
        "        left there, where no other option says so"),
    OPTION("key", APISEC_TEXT, key, "FILE",
        "private key in PEM, or the bytes of a secret for HS256 and its kin"),
    OPTION("alg", APISEC_TEXT, alg, "ALG",
        "HS256 RS256 PS256 ES256 and their kin of 384 and 512, ES256K, "
        "EdDSA;\n"
        "        by default what is usual for the key"),
    OPTION("kid", APISEC_TEXT, kid, "KID",
        "by default the key's thumbprint (RFC 7638); '' for none"),
    OPTION("typ", APISEC_TEXT, typ, "TYP", "such as at+jwt; by default JWT"),
    OPTION("iss", APISEC_TEXT, iss, "URL", "the issuer"),
    OPTION("aud", APISEC_LIST, aud, "NAME", "the audience"),
    OPTION("sub", APISEC_TEXT, sub, "NAME", "the subject"),
    OPTION("scope", APISEC_TEXT, scope, "'A B'",
        "scopes, with spaces between them; '' for none"),
    OPTION("ttl", APISEC_TEXT, ttl, "TIME",
        "lifetime: 90s, 15m, 1h (the default), 7d; -10m: a token that "
        "expired\n"
        "        ten minutes ago; none: a token without exp"),
    OPTION("nbf", APISEC_TEXT, nbf, "TIME",
        "not valid before that much time from now"),
    OPTION("claim", APISEC_LIST, claim, "NAME=TEXT",
        "a claim that is a string, also in place of one from above"),
    OPTION("claim-json", APISEC_LIST, claim_json, "NAME=JSON",
        "a claim of any type: roles='[\"a\",\"b\"]', tenant.id=7 is one name"),
    { 0 }
};

const apisec_command_t apisec_token = { "token", "[OPTIONS]",
    "make a token (JWT)",
    "libjwt signs it; OpenSSL itself does where libjwt 1.10 cannot: PS256 "
    "and\n"
    "its kin, ES256K, EdDSA, and a typ other than JWT.\n"
    "Secrets come from files only: a command line is seen by everybody.\n",
    options, run };


/* NAME=VALUE cut in two. */

static int
split(const char *option, const char *item, char **name, const char **value)
{
    const char *eq = strchr(item, '=');

    if (eq == NULL || eq == item) {
        return apisec_fail(APISEC_USAGE,
            "--%s \"%s\": write NAME=VALUE, as in  --%s tenant=%s", option,
            item, option, strcmp(option, "claim") ? "7" : "blue");
    }

    *name = apisec_text("%.*s", (int) (eq - item), item);
    *value = eq + 1;

    return APISEC_OK;
}


static int
own_claims(apisec_token_t *t, const values_t *v)
{
    int         rc = APISEC_OK;
    char       *name = NULL;
    size_t      i;
    const char *value = NULL;

    for (i = 0; i < v->claim.n && rc == APISEC_OK; i++) {
        rc = split("claim", v->claim.item[i], &name, &value);

        if (rc == APISEC_OK) {
            apisec_claim(t, name, value);
        }
    }

    for (i = 0; i < v->claim_json.n && rc == APISEC_OK; i++) {
        rc = split("claim-json", v->claim_json.item[i], &name, &value);

        if (rc == APISEC_OK) {
            rc = apisec_claim_json(t, name, value);
        }
    }

    return rc;
}


/* A text for one audience, an array for several (RFC 7519 4.1.3). */

static int
audience(apisec_token_t *t, const apisec_list_t *aud)
{
    size_t i;
    cJSON *list;

    if (aud->n == 1) {
        apisec_claim(t, "aud", aud->item[0]);
    }

    if (aud->n < 2) {
        return APISEC_OK;
    }

    list = cJSON_CreateArray();

    for (i = 0; i < aud->n; i++) {
        cJSON_AddItemToArray(list, cJSON_CreateString(aud->item[i]));
    }

    return apisec_claim_json(t, "aud", (const char *) apisec_json(list).data);
}


static int
seconds(const char *option, const char *text, int64_t *n)
{
    return apisec_seconds(text, n)
               ? APISEC_OK
               : apisec_fail(APISEC_USAGE,
                   "--%s \"%s\" is no time: write 90s, 15m, 1h or 7d", option,
                   text);
}


static int
times(apisec_token_t *t, const values_t *v)
{
    int     rc;
    int64_t n = 3600, now = (int64_t) time(NULL);

    if (v->ttl && strcmp(v->ttl, "none") == 0) {
        apisec_claim_int(t, "iat", now);

    } else {
        rc = v->ttl ? seconds("ttl", v->ttl, &n) : APISEC_OK;
        if (rc != APISEC_OK) {
            return rc;
        }

        apisec_claim_times(t, now, n);
    }

    if (v->nbf) {
        rc = seconds("nbf", v->nbf, &n);
        if (rc != APISEC_OK) {
            return rc;
        }

        apisec_claim_int(t, "nbf", now + n);
    }

    return APISEC_OK;
}


static int
defaults(values_t *v)
{
    int              rc;
    apisec_starter_t s;

    if (v->dir == NULL) {
        return APISEC_OK;
    }

    rc = apisec_starter(v->dir, &s);
    if (rc != APISEC_OK) {
        return rc;
    }

    if (v->key == NULL) {
        v->key = apisec_text("%s/%s", v->dir, APISEC_STARTER_KEY);
    }

    if (v->aud.n == 0) {
        apisec_push(&v->aud, s.audience);
    }

    v->iss = v->iss ? v->iss : s.issuer;
    v->sub = v->sub ? v->sub : s.subject;
    v->scope = v->scope ? v->scope : s.scope;

    return APISEC_OK;
}


static int
fill(apisec_token_t *t, const values_t *v)
{
    int rc;

    t->alg = v->alg;
    t->kid = v->kid;
    t->typ = v->typ;

    if (v->iss) {
        apisec_claim(t, "iss", v->iss);
    }

    if (v->sub) {
        apisec_claim(t, "sub", v->sub);
    }

    if (v->scope && *v->scope) {
        apisec_claim(t, "scope", v->scope);
    }

    rc = audience(t, &v->aud);

    if (rc == APISEC_OK) {
        rc = times(t, v);
    }

    return rc == APISEC_OK ? own_claims(t, v) : rc;
}


static int
run(int argc, char **argv)
{
    int            rc;
    char          *token;
    values_t       values = { .dir = NULL };
    apisec_list_t  args;
    apisec_token_t t = { .n = 0 };

    rc = apisec_options(&apisec_token, argc, argv, &values, &args);
    if (rc != APISEC_OK) {
        return rc;
    }

    if (args.n) {
        return apisec_fail(APISEC_USAGE,
            "token: \"%s\" stands alone: write --scope 'a b' with quotes, and"
            " --dir DIR for a folder",
            args.item[0]);
    }

    rc = defaults(&values);
    if (rc != APISEC_OK) {
        return rc;
    }

    if (values.key == NULL) {
        return apisec_fail(APISEC_USAGE,
            "token: which key? Write --key private.pem, or --dir DIR for a"
            " folder made by  apisec init");
    }

    rc = fill(&t, &values);

    if (rc == APISEC_OK) {
        rc = apisec_mint(&t, values.key, &token);
    }

    if (rc == APISEC_OK) {
        puts(token);
    }

    return rc;
}
