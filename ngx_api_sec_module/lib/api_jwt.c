#include "api_base64.h"
#include "api_jwt_int.h"


#define API_JWT_MAX_TOKEN (16 * 1024)
#define API_JWT_MAX_HEADER (8 * 1024)
#define API_JWT_MAX_KID 256

static const api_json_limits_t api_jwt_json_limits = { .depth = 10,
    .tokens = 1024,
    .members = 256,
    .name = 256,
    .string = 8 * 1024,
    .number = 100 };

/* What a member's setter is given. */

typedef struct {
    api_jwt_t        *jwt;
    const api_json_t *doc;
    api_arena_t      *arena;
    api_err_t        *err;
} api_jwt_reader_t;

typedef int (*api_jwt_set_pt)(
    api_jwt_reader_t *r, uint32_t tok, const char *name);

typedef struct {
    api_span_t     name;
    api_jwt_set_pt set;
} api_jwt_member_t;

#define API_JWT_NAME(s)                                                       \
    {                                                                         \
        (const uint8_t *) (s), sizeof(s) - 1                                  \
    }

#define api_jwt_bad(err, code, ...) api_fail(err, code, code, 0, __VA_ARGS__)


static const char *const api_jwt_codes[API_JWT_NCODES] = {
    [API_JWT_OK] = "ok",
    [API_JWT_MALFORMED] = "malformed",
    [API_JWT_TOO_LARGE] = "too_large",
    [API_JWT_ENCRYPTED] = "encrypted",
    [API_JWT_HEADER_INVALID] = "header_invalid",
    [API_JWT_CLAIM_INVALID] = "claim_invalid",
    [API_JWT_CRIT] = "crit",
    [API_JWT_ALG_NOT_ALLOWED] = "alg_not_allowed",
    [API_JWT_TYP] = "typ",
    [API_JWT_ISSUER] = "issuer",
    [API_JWT_AUDIENCE] = "audience",
    [API_JWT_CLAIM_MISSING] = "claim_missing",
    [API_JWT_EXPIRED] = "expired",
    [API_JWT_NOT_YET_VALID] = "not_yet_valid",
    [API_JWT_ISSUED_IN_FUTURE] = "issued_in_future",
    [API_JWT_TOO_OLD] = "too_old",
    [API_JWT_LIFETIME] = "lifetime",
    [API_JWT_KEY_UNKNOWN] = "key_unknown",
    [API_JWT_SIGNATURE] = "signature",
    [API_JWT_NOMEM] = "nomem",
    [API_JWT_INTERNAL] = "internal",
};


const char *
api_jwt_code_name(int code)
{
    return (unsigned) code < API_JWT_NCODES ? api_jwt_codes[code] : "unknown";
}


/* The decoded bytes of a string; `invalid` when it is none. */

static int
api_jwt_string(api_jwt_reader_t *r, uint32_t tok, const char *name,
    int invalid, api_span_t *out)
{
    *out = api_span(NULL, 0);

    if (r->doc->tok[tok].type != API_JSON_STRING) {
        return api_jwt_bad(r->err, invalid, "%s is %s, not a string", name,
            api_json_type_name(r->doc->tok[tok].type));
    }

    if (api_json_string(r->doc, tok, r->arena, out) != API_OK) {
        return api_jwt_bad(r->err, API_JWT_NOMEM, "no memory");
    }

    return API_JWT_OK;
}


static int
api_jwt_set_alg(api_jwt_reader_t *r, uint32_t tok, const char *name)
{
    int        rc;
    api_span_t s;

    rc = api_jwt_string(r, tok, name, API_JWT_HEADER_INVALID, &s);

    if (rc == API_JWT_OK) {
        r->jwt->alg = api_jws_alg(s);
        r->jwt->has_alg = 1;
    }

    return rc;
}


api_span_t
api_jwt_media_type(api_span_t s)
{
    const api_span_t prefix = API_SPAN("application/");

    if (s.len >= prefix.len
        && api_span_eq_nocase(api_span(s.data, prefix.len), prefix))
    {
        s.data += prefix.len;
        s.len -= prefix.len;
    }

    return s;
}


static int
api_jwt_set_typ(api_jwt_reader_t *r, uint32_t tok, const char *name)
{
    int        rc;
    api_span_t s;

    rc = api_jwt_string(r, tok, name, API_JWT_HEADER_INVALID, &s);

    if (rc == API_JWT_OK) {
        r->jwt->typ = api_jwt_media_type(s);
    }

    return rc;
}


static int
api_jwt_set_cty(api_jwt_reader_t *r, uint32_t tok, const char *name)
{
    int        rc;
    api_span_t s;

    rc = api_jwt_string(r, tok, name, API_JWT_HEADER_INVALID, &s);

    if (rc == API_JWT_OK
        && api_span_eq_nocase(api_jwt_media_type(s), API_SPAN("JWT")))
    {
        return api_jwt_bad(r->err, API_JWT_HEADER_INVALID,
            "cty says that another token is inside");
    }

    return rc;
}


static int
api_jwt_set_kid(api_jwt_reader_t *r, uint32_t tok, const char *name)
{
    int rc;

    rc = api_jwt_string(r, tok, name, API_JWT_HEADER_INVALID, &r->jwt->kid);

    if (rc == API_JWT_OK && r->jwt->kid.len > API_JWT_MAX_KID) {
        return api_jwt_bad(r->err, API_JWT_HEADER_INVALID,
            "a kid of %zu bytes, at most %d allowed", r->jwt->kid.len,
            API_JWT_MAX_KID);
    }

    return rc;
}


static int
api_jwt_refuse_crit(api_jwt_reader_t *r, uint32_t tok, const char *name)
{
    (void) tok;

    return api_jwt_bad(
        r->err, API_JWT_CRIT, "%s: no extension is understood", name);
}


/* Keys come from the configuration; what a token says of them is the word of
   a stranger (RFC 8725 3.10). */

static int
api_jwt_refuse_key(api_jwt_reader_t *r, uint32_t tok, const char *name)
{
    (void) tok;

    return api_jwt_bad(r->err, API_JWT_HEADER_INVALID,
        "%s: the token brings its own key", name);
}


static int
api_jwt_refuse_jwe(api_jwt_reader_t *r, uint32_t tok, const char *name)
{
    (void) tok;

    return api_jwt_bad(r->err, API_JWT_ENCRYPTED,
        "%s belongs to encrypted tokens (JWE)", name);
}


static const api_jwt_member_t api_jwt_header_members[] = {
    { API_JWT_NAME("alg"), api_jwt_set_alg },
    { API_JWT_NAME("typ"), api_jwt_set_typ },
    { API_JWT_NAME("kid"), api_jwt_set_kid },
    { API_JWT_NAME("cty"), api_jwt_set_cty },
    { API_JWT_NAME("crit"), api_jwt_refuse_crit },
    { API_JWT_NAME("b64"), api_jwt_refuse_crit },
    { API_JWT_NAME("jwk"), api_jwt_refuse_key },
    { API_JWT_NAME("jku"), api_jwt_refuse_key },
    { API_JWT_NAME("x5u"), api_jwt_refuse_key },
    { API_JWT_NAME("x5c"), api_jwt_refuse_key },
    { API_JWT_NAME("enc"), api_jwt_refuse_jwe },
    { API_JWT_NAME("zip"), api_jwt_refuse_jwe },
    { { NULL, 0 }, NULL },
};


static int
api_jwt_set_iss(api_jwt_reader_t *r, uint32_t tok, const char *name)
{
    return api_jwt_string(r, tok, name, API_JWT_CLAIM_INVALID, &r->jwt->iss);
}


static int
api_jwt_set_sub(api_jwt_reader_t *r, uint32_t tok, const char *name)
{
    int rc;

    rc = api_jwt_string(r, tok, name, API_JWT_CLAIM_INVALID, &r->jwt->sub);

    if (rc == API_JWT_OK && r->jwt->sub.len == 0) {
        return api_jwt_bad(r->err, API_JWT_CLAIM_INVALID, "sub is empty");
    }

    return rc;
}


static int
api_jwt_set_jti(api_jwt_reader_t *r, uint32_t tok, const char *name)
{
    return api_jwt_string(r, tok, name, API_JWT_CLAIM_INVALID, &r->jwt->jti);
}


/* A string, or an array of nothing but strings. */

static int
api_jwt_set_aud(api_jwt_reader_t *r, uint32_t tok, const char *name)
{
    uint32_t              i, n;
    const api_json_tok_t *t = r->doc->tok;

    r->jwt->aud = tok;

    if (t[tok].type == API_JSON_STRING) {
        return API_JWT_OK;
    }

    if (t[tok].type != API_JSON_ARRAY) {
        return api_jwt_bad(r->err, API_JWT_CLAIM_INVALID,
            "%s is %s, not a string or an array", name,
            api_json_type_name(t[tok].type));
    }

    n = t[tok].len;

    for (i = 0, tok++; i < n; i++, tok = api_json_next(r->doc, tok)) {
        if (t[tok].type != API_JSON_STRING) {
            return api_jwt_bad(r->err, API_JWT_CLAIM_INVALID,
                "%s has %s in it, not only strings", name,
                api_json_type_name(t[tok].type));
        }
    }

    return API_JWT_OK;
}


static int
api_jwt_read_date(
    api_jwt_reader_t *r, uint32_t tok, const char *name, int64_t *date)
{
    const api_json_tok_t *t = &r->doc->tok[tok];

    if (t->type != API_JSON_INT && t->type != API_JSON_REAL) {
        return api_jwt_bad(r->err, API_JWT_CLAIM_INVALID,
            "%s is %s, not a number", name, api_json_type_name(t->type));
    }

    if (!api_jwt_date(api_span(r->doc->text + t->off, t->len), date)) {
        return api_jwt_bad(r->err, API_JWT_CLAIM_INVALID,
            "%s is not in the years 0 to 9999 (milliseconds?)", name);
    }

    return API_JWT_OK;
}


static int
api_jwt_set_exp(api_jwt_reader_t *r, uint32_t tok, const char *name)
{
    r->jwt->has_exp = 1;

    return api_jwt_read_date(r, tok, name, &r->jwt->exp);
}


static int
api_jwt_set_nbf(api_jwt_reader_t *r, uint32_t tok, const char *name)
{
    r->jwt->has_nbf = 1;

    return api_jwt_read_date(r, tok, name, &r->jwt->nbf);
}


static int
api_jwt_set_iat(api_jwt_reader_t *r, uint32_t tok, const char *name)
{
    r->jwt->has_iat = 1;

    return api_jwt_read_date(r, tok, name, &r->jwt->iat);
}


static const api_jwt_member_t api_jwt_claims[] = {
    { API_JWT_NAME("iss"), api_jwt_set_iss },
    { API_JWT_NAME("sub"), api_jwt_set_sub },
    { API_JWT_NAME("aud"), api_jwt_set_aud },
    { API_JWT_NAME("exp"), api_jwt_set_exp },
    { API_JWT_NAME("nbf"), api_jwt_set_nbf },
    { API_JWT_NAME("iat"), api_jwt_set_iat },
    { API_JWT_NAME("jti"), api_jwt_set_jti },
    { { NULL, 0 }, NULL },
};


static inline bool
api_jwt_is_name(const api_json_t *doc, uint32_t tok, api_span_t name)
{
    const api_json_tok_t *t = &doc->tok[tok];

    if (t->flags & API_JSON_F_ESCAPED) {
        return api_json_string_eq(doc, tok, name);
    }

    return api_span_eq(api_span(doc->text + t->off, t->len), name);
}


static int
api_jwt_read_member(
    api_jwt_reader_t *r, const api_jwt_member_t *table, uint32_t tok)
{
    for (/* void */; table->set; table++) {
        if (api_jwt_is_name(r->doc, tok, table->name)) {
            return table->set(r, tok + 1, (const char *) table->name.data);
        }
    }

    return API_JWT_OK;
}


/* Strict JSON, an object, and a setter for each name in the table. */

static int
api_jwt_read(api_jwt_reader_t *r, api_json_t *doc, api_span_t text,
    const api_json_limits_t *limits, api_sipkey_t seed, const char *what,
    const api_jwt_member_t *table)
{
    int       rc;
    uint32_t  i, tok;
    api_err_t json;

    rc = api_json_parse(doc, text, limits, 0, seed, r->arena, &json);

    if (rc == API_NOMEM) {
        return api_jwt_bad(r->err, API_JWT_NOMEM, "no memory");
    }

    if (rc != API_OK) {
        rc = rc == API_LIMIT ? API_JWT_TOO_LARGE : API_JWT_MALFORMED;

        return api_fail(r->err, rc, rc, json.pos, "%s: %s at byte %zu", what,
            api_json_error_name(json.code), json.pos);
    }

    if (doc->tok[0].type != API_JSON_OBJECT) {
        return api_jwt_bad(r->err, API_JWT_MALFORMED,
            "%s is %s, not an object", what,
            api_json_type_name(doc->tok[0].type));
    }

    r->doc = doc;

    for (i = 0, tok = 1; i < doc->tok[0].len; i++) {
        rc = api_jwt_read_member(r, table, tok);
        if (rc != API_JWT_OK) {
            return rc;
        }

        tok = api_json_next(doc, tok);
    }

    return API_JWT_OK;
}


/* Decode one segment at *to and move on. */

static int
api_jwt_decode(api_span_t segment, const char *what, uint8_t **to,
    api_span_t *out, api_err_t *err)
{
    size_t len;

    if (api_base64url_decode(segment, *to, &len) != API_OK) {
        return api_fail(err, API_JWT_MALFORMED, API_JWT_MALFORMED, len,
            "%s: not base64url at character %zu", what, len);
    }

    *out = api_span(*to, len);
    *to += len;

    return API_JWT_OK;
}


static int
api_jwt_split(api_jwt_t *jwt, api_span_t token, api_err_t *err)
{
    int rc;

    rc = api_jws_split(&jwt->jws, token, err);

    if (rc != API_OK) {
        rc = rc == API_UNSUPPORTED ? API_JWT_ENCRYPTED : API_JWT_MALFORMED;

        if (err) {
            err->code = rc;
        }
    }

    return rc;
}


static int
api_jwt_sizes(
    const api_jwt_t *jwt, const api_jwt_limits_t *limits, api_err_t *err)
{
    size_t len, max;

    len = api_base64url_decoded_len(jwt->jws.header.len);
    max = limits && limits->header ? limits->header : API_JWT_MAX_HEADER;

    if (len > max) {
        return api_jwt_bad(err, API_JWT_TOO_LARGE,
            "a header of %zu bytes, at most %zu allowed", len, max);
    }

    return API_JWT_OK;
}


/* All three segments into one block. */

static int
api_jwt_segments(api_jwt_t *jwt, api_span_t *header, api_span_t *payload,
    api_arena_t *arena, api_err_t *err)
{
    int        rc;
    uint8_t   *p;
    api_jws_t *jws = &jwt->jws;

    p = api_arena_alloc(
        arena, api_base64url_decoded_len(jws->header.len)
                   + api_base64url_decoded_len(jws->payload.len)
                   + api_base64url_decoded_len(jws->signature.len));

    if (p == NULL) {
        return api_jwt_bad(err, API_JWT_NOMEM, "no memory");
    }

    rc = api_jwt_decode(jws->header, "header", &p, header, err);

    if (rc == API_JWT_OK) {
        rc = api_jwt_decode(jws->payload, "payload", &p, payload, err);
    }

    if (rc == API_JWT_OK) {
        rc = api_jwt_decode(
            jws->signature, "signature", &p, &jwt->signature, err);
    }

    return rc;
}


int
api_jwt_parse(api_jwt_t *jwt, api_span_t token, const api_jwt_limits_t *limits,
    api_sipkey_t seed, api_arena_t *arena, api_err_t *err)
{
    int                      rc;
    size_t                   max;
    api_span_t               header = { NULL, 0 }, payload = { NULL, 0 };
    api_jwt_reader_t         r = { .jwt = jwt, .arena = arena, .err = err };
    const api_json_limits_t *json;

    memset(jwt, 0, sizeof(*jwt));
    jwt->aud = API_JSON_NONE;

    max = limits && limits->token ? limits->token : API_JWT_MAX_TOKEN;
    json =
        limits && limits->json.tokens ? &limits->json : &api_jwt_json_limits;

    if (token.len > max) {
        return api_jwt_bad(err, API_JWT_TOO_LARGE,
            "a token of %zu bytes, at most %zu allowed", token.len, max);
    }

    rc = api_jwt_split(jwt, token, err);

    if (rc == API_JWT_OK) {
        rc = api_jwt_sizes(jwt, limits, err);
    }

    if (rc == API_JWT_OK) {
        rc = api_jwt_segments(jwt, &header, &payload, arena, err);
    }

    if (rc != API_JWT_OK) {
        return rc;
    }

    rc = api_jwt_read(&r, &jwt->header, header, json, seed, "header",
        api_jwt_header_members);

    if (rc != API_JWT_OK) {
        return rc;
    }

    if (!jwt->has_alg) {
        return api_jwt_bad(
            err, API_JWT_HEADER_INVALID, "the header has no alg");
    }

    return api_jwt_read(
        &r, &jwt->claims, payload, json, seed, "payload", api_jwt_claims);
}
