#include "api_base64.h"
#include "api_dpop_int.h"
#include "api_jwt_int.h"

#include <inttypes.h>


#define dpop_no(err, code, ...) api_fail(err, code, code, 0, __VA_ARGS__)

static const api_json_limits_t json_limits = { .depth = 4,
    .tokens = 128,
    .members = 32,
    .name = 64,
    .string = 4096,
    .number = 32 };

/* A member: whether it must be there, and where its text goes. */

typedef struct {
    api_span_t name;
    size_t     offset; /* of an api_span_t in api_dpop_t */
    bool       required;
} dpop_text_t;

#define TEXT(name, required)                                                  \
    {                                                                         \
        { (const uint8_t *) #name, sizeof(#name) - 1 },                       \
            offsetof(api_dpop_t, name), required                              \
    }

static const dpop_text_t texts[] = {
    TEXT(jti, true),
    TEXT(htm, true),
    TEXT(htu, true),
    TEXT(ath, false),
    TEXT(nonce, false),
};

#define NTEXTS (sizeof(texts) / sizeof(texts[0]))

static const char *const code_names[API_DPOP_NCODES] = {
    [API_DPOP_OK] = "ok",
    [API_DPOP_MALFORMED] = "dpop_malformed",
    [API_DPOP_TOO_LARGE] = "dpop_too_large",
    [API_DPOP_TYP] = "dpop_typ",
    [API_DPOP_CRIT] = "dpop_crit",
    [API_DPOP_ALG_NOT_ALLOWED] = "dpop_alg_not_allowed",
    [API_DPOP_KEY] = "dpop_key",
    [API_DPOP_CLAIM_MISSING] = "dpop_claim_missing",
    [API_DPOP_BINDING] = "dpop_binding",
    [API_DPOP_METHOD] = "dpop_method",
    [API_DPOP_URI] = "dpop_uri",
    [API_DPOP_TOKEN] = "dpop_token",
    [API_DPOP_TOO_OLD] = "dpop_too_old",
    [API_DPOP_IN_FUTURE] = "dpop_in_future",
    [API_DPOP_NONCE] = "dpop_nonce",
    [API_DPOP_SIGNATURE] = "dpop_signature",
    [API_DPOP_REPLAYED] = "dpop_replayed",
    [API_DPOP_REPLAY_UNKNOWN] = "dpop_replay_unknown",
    [API_DPOP_SHARE] = "dpop_share",
    [API_DPOP_NOMEM] = "nomem",
    [API_DPOP_INTERNAL] = "internal",
};


const char *
api_dpop_code_name(int code)
{
    return (unsigned) code < API_DPOP_NCODES ? code_names[code] : "unknown";
}


static int
parse_json(api_json_t *doc, api_span_t segment, const char *what,
    api_sipkey_t seed, api_arena_t *arena, api_err_t *err)
{
    int       rc;
    size_t    len;
    uint8_t  *text;
    api_err_t json;

    text = api_arena_alloc(arena, api_base64url_decoded_len(segment.len));
    if (text == NULL) {
        return dpop_no(err, API_DPOP_NOMEM, "no memory");
    }

    if (api_base64url_decode(segment, text, &len) != API_OK) {
        return dpop_no(err, API_DPOP_MALFORMED,
            "the %s of the proof is not base64url at character %zu", what,
            len);
    }

    rc = api_json_parse(
        doc, api_span(text, len), &json_limits, 0, seed, arena, &json);

    if (rc == API_NOMEM) {
        return dpop_no(err, API_DPOP_NOMEM, "no memory");
    }

    if (rc != API_OK) {
        return dpop_no(err, API_DPOP_MALFORMED,
            "the %s of the proof: %s at byte %zu", what,
            api_json_error_name(json.code), json.pos);
    }

    if (doc->tok[0].type != API_JSON_OBJECT) {
        return dpop_no(
            err, API_DPOP_MALFORMED, "the %s of the proof is no object", what);
    }

    return API_DPOP_OK;
}


static bool
is_string(const api_json_t *doc, uint32_t tok)
{
    return tok != API_JSON_NONE && doc->tok[tok].type == API_JSON_STRING;
}


static int
read_typ(const api_dpop_t *dpop, api_arena_t *arena, api_err_t *err)
{
    uint32_t   tok;
    api_span_t typ;

    tok = api_json_get(&dpop->header, 0, API_SPAN("typ"));

    if (!is_string(&dpop->header, tok)) {
        return dpop_no(err, API_DPOP_TYP, "the proof has no typ");
    }

    if (api_json_string(&dpop->header, tok, arena, &typ) != API_OK) {
        return dpop_no(err, API_DPOP_NOMEM, "no memory");
    }

    /* letters of a media type have no case, application/ may be left out */

    return api_span_eq_nocase(api_jwt_media_type(typ), API_SPAN("dpop+jwt"))
               ? API_DPOP_OK
               : dpop_no(
                   err, API_DPOP_TYP, "the typ of the proof is not dpop+jwt");
}


static int
read_alg(api_dpop_t *dpop, api_arena_t *arena, api_err_t *err)
{
    uint32_t   tok;
    api_span_t alg;

    tok = api_json_get(&dpop->header, 0, API_SPAN("alg"));

    if (!is_string(&dpop->header, tok)) {
        return dpop_no(err, API_DPOP_MALFORMED, "the proof has no alg");
    }

    if (api_json_string(&dpop->header, tok, arena, &alg) != API_OK) {
        return dpop_no(err, API_DPOP_NOMEM, "no memory");
    }

    dpop->alg = api_jws_alg(alg);

    return API_DPOP_OK;
}


static int
read_header(api_dpop_t *dpop, api_arena_t *arena, api_err_t *err)
{
    int               rc;
    const api_json_t *doc = &dpop->header;

    rc = read_typ(dpop, arena, err);

    if (rc == API_DPOP_OK) {
        rc = read_alg(dpop, arena, err);
    }

    if (rc != API_DPOP_OK) {
        return rc;
    }

    if (api_json_get(doc, 0, API_SPAN("crit")) != API_JSON_NONE
        || api_json_get(doc, 0, API_SPAN("b64")) != API_JSON_NONE)
    {
        return dpop_no(err, API_DPOP_CRIT,
            "crit or b64 in the proof: no extension is understood");
    }

    dpop->jwk = api_json_get(doc, 0, API_SPAN("jwk"));

    if (dpop->jwk == API_JSON_NONE
        || doc->tok[dpop->jwk].type != API_JSON_OBJECT) {
        return dpop_no(err, API_DPOP_KEY, "the proof has no jwk");
    }

    return API_DPOP_OK;
}


static int
find_key(api_dpop_t *dpop, api_dpop_keys_t *keys, api_arena_t *arena,
    api_err_t *err)
{
    if (api_dpop_keys_find(keys, dpop)) {
        return API_DPOP_OK;
    }

    switch (api_jwk_thumbprint(&dpop->header, dpop->jwk, arena, dpop->jkt)) {

    case API_OK:
        return API_DPOP_OK;

    case API_NOMEM:
        return dpop_no(err, API_DPOP_NOMEM, "no memory");

    default:
        return dpop_no(err, API_DPOP_KEY,
            "the jwk of the proof is no public key of a kind that is known "
            "here");
    }
}


static int
read_text(api_dpop_t *dpop, const dpop_text_t *text, api_arena_t *arena,
    api_err_t *err)
{
    uint32_t    tok;
    const char *name = (const char *) text->name.data;
    api_span_t *out =
        (api_span_t *) (void *) ((uint8_t *) dpop + text->offset);

    tok = api_json_get(&dpop->claims, 0, text->name);

    if (tok == API_JSON_NONE) {
        return text->required ? dpop_no(err, API_DPOP_CLAIM_MISSING,
                   "%s is missing in the proof", name)
                              : API_DPOP_OK;
    }

    if (!is_string(&dpop->claims, tok)) {
        return dpop_no(
            err, API_DPOP_MALFORMED, "%s in the proof is no string", name);
    }

    return api_json_string(&dpop->claims, tok, arena, out) == API_OK
               ? API_DPOP_OK
               : dpop_no(err, API_DPOP_NOMEM, "no memory");
}


static int
read_iat(api_dpop_t *dpop, api_err_t *err)
{
    uint32_t              tok;
    const api_json_tok_t *t;

    tok = api_json_get(&dpop->claims, 0, API_SPAN("iat"));

    if (tok == API_JSON_NONE) {
        return dpop_no(
            err, API_DPOP_CLAIM_MISSING, "iat is missing in the proof");
    }

    t = &dpop->claims.tok[tok];

    if ((t->type != API_JSON_INT && t->type != API_JSON_REAL)
        || !api_jwt_date(
            api_span(dpop->claims.text + t->off, t->len), &dpop->iat))
    {
        return dpop_no(err, API_DPOP_MALFORMED, "iat in the proof is no date");
    }

    return API_DPOP_OK;
}


static int
read_claims(api_dpop_t *dpop, api_arena_t *arena, api_err_t *err)
{
    int    rc;
    size_t i;

    for (i = 0; i < NTEXTS; i++) {
        rc = read_text(dpop, &texts[i], arena, err);
        if (rc != API_DPOP_OK) {
            return rc;
        }
    }

    if (dpop->jti.len == 0 || dpop->jti.len > API_DPOP_MAX_JTI) {
        return dpop_no(err, API_DPOP_MALFORMED,
            "a jti of %zu bytes in the proof, 1 to %d may be", dpop->jti.len,
            API_DPOP_MAX_JTI);
    }

    return read_iat(dpop, err);
}


static int
read_signature(api_dpop_t *dpop, api_arena_t *arena, api_err_t *err)
{
    size_t   len;
    uint8_t *p;

    p = api_arena_alloc(
        arena, api_base64url_decoded_len(dpop->jws.signature.len));

    if (p == NULL) {
        return dpop_no(err, API_DPOP_NOMEM, "no memory");
    }

    if (api_base64url_decode(dpop->jws.signature, p, &len) != API_OK) {
        return dpop_no(err, API_DPOP_MALFORMED,
            "the signature of the proof is not base64url");
    }

    dpop->signature = api_span(p, len);

    return API_DPOP_OK;
}


int
api_dpop_parse(api_dpop_t *dpop, api_span_t proof, api_sipkey_t seed,
    api_arena_t *arena, api_err_t *err)
{
    int rc;

    memset(dpop, 0, sizeof(*dpop));

    if (proof.len > API_DPOP_MAX_PROOF) {
        return dpop_no(err, API_DPOP_TOO_LARGE,
            "a proof of %zu bytes, at most %d allowed", proof.len,
            API_DPOP_MAX_PROOF);
    }

    if (api_jws_split(&dpop->jws, proof, err) != API_OK) {
        return dpop_no(err, API_DPOP_MALFORMED, "the proof is no compact JWS");
    }

    rc = parse_json(
        &dpop->header, dpop->jws.header, "header", seed, arena, err);

    if (rc == API_DPOP_OK) {
        rc = read_header(dpop, arena, err);
    }

    if (rc == API_DPOP_OK) {
        rc = parse_json(
            &dpop->claims, dpop->jws.payload, "payload", seed, arena, err);
    }

    if (rc == API_DPOP_OK) {
        rc = read_claims(dpop, arena, err);
    }

    return rc == API_DPOP_OK ? read_signature(dpop, arena, err) : rc;
}


/* A digest in base64url: ath, jkt. */

static bool
is_digest(api_span_t text, const uint8_t digest[API_JWS_SHA256_LEN])
{
    char spelt[api_base64url_encoded_len(API_JWS_SHA256_LEN)];

    api_base64url_encode(api_span(digest, API_JWS_SHA256_LEN), spelt);

    return api_span_eq(text, api_span(spelt, sizeof(spelt)));
}


static int
check_age(const api_dpop_t *dpop, const api_dpop_policy_t *policy, int64_t now,
    api_err_t *err)
{
    if (dpop->iat > now + policy->leeway) {
        return dpop_no(err, API_DPOP_IN_FUTURE,
            "the proof is of the future: iat %" PRId64 ", now %" PRId64
            ", leeway %" PRId64,
            dpop->iat, now, policy->leeway);
    }

    if (now > dpop->iat + policy->max_age + policy->leeway) {
        return dpop_no(err, API_DPOP_TOO_OLD,
            "the proof is too old: iat %" PRId64 ", now %" PRId64
            ", max_age %" PRId64,
            dpop->iat, now, policy->max_age);
    }

    return API_DPOP_OK;
}


static int
check_uri(const api_dpop_t *dpop, const api_htu_t *uri, api_arena_t *arena,
    api_err_t *err)
{
    switch (api_htu_check(dpop->htu, uri, arena)) {

    case API_OK:
        return API_DPOP_OK;

    case API_DENIED:
        return dpop_no(err, API_DPOP_URI, "the proof is for another URI");

    case API_INVALID:
        return dpop_no(err, API_DPOP_URI,
            "htu in the proof is no absolute http or https URI");

    default:
        return dpop_no(err, API_DPOP_NOMEM, "no memory");
    }
}


int
api_dpop_check(api_dpop_t *dpop, api_dpop_keys_t *keys,
    const api_dpop_policy_t *policy, const api_dpop_request_t *request,
    int64_t now, api_arena_t *arena, api_err_t *err)
{
    int     rc;
    uint8_t ath[API_JWS_SHA256_LEN];

    if (dpop->alg == API_JWS_UNKNOWN
        || (policy->algorithms & API_DPOP_ALGS & API_JWS_BIT(dpop->alg)) == 0)
    {
        return dpop_no(err, API_DPOP_ALG_NOT_ALLOWED,
            "alg %s is not allowed in a proof", api_jws_alg_name(dpop->alg));
    }

    rc = find_key(dpop, keys, arena, err);
    if (rc != API_DPOP_OK) {
        return rc;
    }

    if (!is_digest(request->jkt, dpop->jkt)) {
        return dpop_no(err, API_DPOP_BINDING,
            "the token is bound to another key than that of the proof");
    }

    if (!api_span_eq(dpop->htm, request->method)) {
        return dpop_no(
            err, API_DPOP_METHOD, "the proof is for another method");
    }

    rc = check_uri(dpop, &request->uri, arena, err);
    if (rc != API_DPOP_OK) {
        return rc;
    }

    rc = check_age(dpop, policy, now, err);
    if (rc != API_DPOP_OK) {
        return rc;
    }

    if (dpop->ath.data == NULL) {
        return dpop_no(
            err, API_DPOP_CLAIM_MISSING, "ath is missing in the proof");
    }

    api_jws_sha256(request->token, ath);

    return is_digest(dpop->ath, ath)
               ? API_DPOP_OK
               : dpop_no(
                   err, API_DPOP_TOKEN, "ath: the proof is for another token");
}
