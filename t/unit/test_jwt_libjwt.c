/*
 * A second opinion: libjwt mints, we verify; and of tokens that were changed,
 * signed or not, we take no other than libjwt takes (save for at+jwt, which
 * 1.10 refuses, see below).
 */

#include "jwt_expect.h"
#include "ut.h"

#include <openssl/pem.h>
#include <jwt.h>
#include <stdio.h>
#include <stdlib.h>


typedef struct {
    api_jws_alg_t alg;
    jwt_alg_t     theirs;
    sign_key_t    key;
    api_jwks_t   *keys;
    const char *private; /* what libjwt signs and verifies with */
    const char *public;
} pair_t;

static const struct {
    api_jws_alg_t alg;
    jwt_alg_t     theirs;
} algs[] = {
    { API_JWS_HS256, JWT_ALG_HS256 },
    { API_JWS_HS384, JWT_ALG_HS384 },
    { API_JWS_HS512, JWT_ALG_HS512 },
    { API_JWS_RS256, JWT_ALG_RS256 },
    { API_JWS_RS384, JWT_ALG_RS384 },
    { API_JWS_RS512, JWT_ALG_RS512 },
    { API_JWS_ES256, JWT_ALG_ES256 },
    { API_JWS_ES384, JWT_ALG_ES384 },
    { API_JWS_ES512, JWT_ALG_ES512 },
};

#define NALGS (sizeof(algs) / sizeof(algs[0]))


static pair_t
pair_of(size_t i)
{
    BIO   *bio;
    long   n;
    char  *data;
    pair_t p = { .alg = algs[i].alg, .theirs = algs[i].theirs };

    if (i < 3) {
        p.key = jwt_secret();
        p.private = p.public = (const char *) p.key.secret.data;
    } else {
        p.key = sign_new_for(p.alg);
        bio = BIO_new(BIO_s_mem());
        PEM_write_bio_PrivateKey(bio, p.key.pkey, NULL, NULL, 0, NULL, NULL);
        n = BIO_get_mem_data(bio, &data);
        p.private = sign_text("%.*s", (int) n, data);
        p.public = sign_pem(&p.key);
        BIO_free(bio);
    }

    p.keys = jwt_set(&p.key);

    return p;
}


static bool
ours(const pair_t *p, const char *token)
{
    api_jwt_policy_t policy = jwt_policy();

    policy.algorithms = API_JWS_BIT(p->alg);

    return jwt_verdict(token, &policy, p->keys) == API_JWT_OK;
}


static bool
theirs(const pair_t *p, const char *token)
{
    bool   ok;
    jwt_t *jwt = NULL;

    ok = jwt_decode(&jwt, token, (const unsigned char *) p->public,
             (int) strlen(p->public))
         == 0;

    ok = ok && jwt_get_alg(jwt) == p->theirs;
    jwt_free(jwt);

    return ok;
}


static void
test_minted(const pair_t *p)
{
    char       *text;
    jwt_t      *jwt;
    const char *token;

    jwt_new(&jwt);
    jwt_add_grant(jwt, "iss", "https://idp.example");
    jwt_add_grant(jwt, "aud", "orders");
    jwt_add_grant(jwt, "sub", "\xc3\xa9\"\\/\n");
    jwt_add_grant_int(jwt, "exp", JWT_NOW + 60);
    jwt_add_grants_json(jwt, "{\"a\":[1,{\"b\":null}],\"c\":true}");
    jwt_set_alg(jwt, p->theirs, (const unsigned char *) p->private,
        (int) strlen(p->private));

    text = jwt_encode_str(jwt);
    jwt_free(jwt);

    if (!ut_ok(text != NULL, "libjwt mints %s", api_jws_alg_name(p->alg))) {
        return;
    }

    token = sign_text("%s", text);
    free(text);

    ut_ok(ours(p, token), "... we verify it");
    ut_ok(theirs(p, token), "... and so does libjwt");
}


/* One change of the text, at random. */

static const char *
mutate(const char *token, ut_rand_t *r)
{
    size_t n = strlen(token), at = ut_below(r, n), len;
    char  *p = sign_alloc(n + 8);

    static const char letters[] = "ABCgwxyz019-_+/=. \n";

    memcpy(p, token, n + 1);

    switch (ut_below(r, 6)) {
    case 0:
        p[at] = letters[ut_below(r, sizeof(letters) - 1)];
        break;
    case 1:
        memmove(p + at, p + at + 1, n - at);
        break;
    case 2:
        memmove(p + at + 1, p + at, n - at + 1);
        p[at] = letters[ut_below(r, sizeof(letters) - 1)];
        break;
    case 3:
        p[at] = '\0';
        break;
    case 4:
        len = ut_below(r, 4);
        memset(p + n, letters[ut_below(r, sizeof(letters) - 1)], len);
        break;
    default:
        p[at] = (char) (p[at] ^ 1 << ut_below(r, 7));
    }

    return p;
}


static void
test_mutated(const pair_t *p, ut_rand_t *r)
{
    int         i, both = 0, only_ours = 0;
    const char *base, *token;

    base = sign_token(&p->key, p->alg,
        sign_text(
            "{\"typ\":\"JWT\",\"alg\":\"%s\"}", api_jws_alg_name(p->alg)),
        jwt_claims(""));

    for (i = 0; i < 150; i++) {
        token = i ? mutate(base, r) : base;

        if (ours(p, token)) {
            both++;
            only_ours += !theirs(p, token);
        }
    }

    ut_int(only_ours, 0, "%s: changed text, nothing that libjwt refuses",
        api_jws_alg_name(p->alg));
    ut_ok(both > 0, "... the unchanged one passes both");
}


/* JSON that is odd or wrong, properly signed: here the parsers differ. */

static const char *const headers[] = {
    "{\"alg\":\"%s\"}",
    "{\"typ\":\"JWT\",\"alg\":\"%s\"}",
    "{\"typ\":\"jwt\",\"alg\":\"%s\",\"kid\":\"1\"}",
    "{\"alg\":\"%s\",\"kid\":\"2\"}",
    "{\"alg\":\"%s\",\"kid\":7}",
    "{\"alg\":\"%s\",\"crit\":[\"x\"],\"x\":1}",
    "{\"alg\":\"%s\",\"alg\":\"none\"}",
    "{\"alg\":\"none\",\"alg\":\"%s\"}",
    "{\"alg\":\"%s\",\"typ\":null}",
    "{\"alg\":\"%s\",\"jku\":\"x\"}",
    " {\"alg\" : \"%s\"}\n",
    "{\"alg\":\"%s\"} x",
    "{\"alg\":\"%s\",}",
    "[\"%s\"]",
    "{\"Alg\":\"%s\"}",
    "{\"typ\":\"JOSE\",\"alg\":\"%s\"}",
    "{\"alg\":\"%s\",\"x\":\"\\ud800\"}",
    "{\"alg\":\"%s\",\"b64\":true}",
};

static const char *const payloads[] = {
    "{%s}",
    " {%s}\t",
    "{%s,\"a\":1.5e3,\"b\":[[[[]]]],\"c\":\"\\u00e9\\ud83d\\ude00\"}",
    "{%s,\"sub\":\"x\",\"sub\":\"y\"}",
    "{%s,\"sub\":\"\"}",
    "{%s,\"sub\":5}",
    "{%s,\"nbf\":\"5\"}",
    "{%s,\"nbf\":null}",
    "{%s,\"nbf\":1.5}",
    "{%s,\"nbf\":1800000000}",
    "{%s,\"x\":01}",
    "{%s,\"x\":\"\xff\"}",
    "{%s,\"x\":\"\\u0000\"}",
    "{%s,\"x\":'y'}",
    "{%s}{}",
    "{%s,}",
    "[{%s}]",
    "{%s,\"x\":tru}",
    "{\"x\":{%s}}",
    "{%s,\"\":\"\",\" \":{}}",
};

#define NHEADERS (sizeof(headers) / sizeof(headers[0]))
#define NPAYLOADS (sizeof(payloads) / sizeof(payloads[0]))

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"


static void
test_signed(const pair_t *p)
{
    int         both = 0, only_ours = 0, only_theirs = 0;
    bool        a, b;
    size_t      h, c;
    const char *token, *claims;

    claims = "\"iss\":\"https://idp.example\",\"aud\":\"orders\","
             "\"exp\":1700000060";

    for (h = 0; h < NHEADERS; h++) {
        for (c = 0; c < NPAYLOADS; c++) {
            token = sign_token(&p->key, p->alg,
                sign_text(headers[h], api_jws_alg_name(p->alg)),
                sign_text(payloads[c], claims));

            a = ours(p, token);
            b = theirs(p, token);
            both += a && b;
            only_theirs += b && !a;

            if (a && !b) {
                only_ours++;
                printf("# %s %s\n", headers[h], payloads[c]);
            }
        }
    }

    ut_int(only_ours, 0, "%s: signed oddities, nothing that libjwt refuses",
        api_jws_alg_name(p->alg));
    ut_int(both, 4 * 5, "... four headers and five payloads pass both");
    ut_ok(only_theirs > 50, "... %d pass libjwt alone", only_theirs);
}

#pragma GCC diagnostic pop


/* The exception: RFC 9068 asks for this typ. */

static void
test_at_jwt(const pair_t *p)
{
    const char *token;

    token = sign_token(&p->key, p->alg,
        sign_text(
            "{\"typ\":\"at+jwt\",\"alg\":\"%s\"}", api_jws_alg_name(p->alg)),
        jwt_claims(""));

    ut_ok(ours(p, token) && !theirs(p, token), "at+jwt is ours alone");
}


int
main(void)
{
    size_t    i;
    pair_t    p;
    ut_rand_t r = { 11 };

    for (i = 0; i < NALGS; i++) {
        p = pair_of(i);
        test_minted(&p);
        test_mutated(&p, &r);

        if (i % 3 == 0) {
            test_signed(&p);
            test_at_jwt(&p);
        }

        api_jwks_free(p.keys);
    }

    sign_reset();

    return ut_done();
}
