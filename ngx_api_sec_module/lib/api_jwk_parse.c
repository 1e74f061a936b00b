#include "api_base64.h"
#include "api_jwk_key.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdio.h>


#define API_JWK_MAX_BYTES (256 * 1024)
#define API_JWK_MAX_KEYS 64
#define API_JWK_MAX_KID 256

/* One document on its way in. */

typedef struct {
    api_jwks_t            *jwks;
    const api_jwks_opts_t *opts;
    api_arena_t            arena;
    api_json_t             doc;
} api_jwk_reader_t;

/* The members that stand in a JWK, as tokens; API_JSON_NONE: absent. */

typedef enum {
    API_JWK_M_KTY,
    API_JWK_M_KID,
    API_JWK_M_USE,
    API_JWK_M_KEY_OPS,
    API_JWK_M_ALG,
    API_JWK_M_CRV,
    API_JWK_M_N,
    API_JWK_M_E,
    API_JWK_M_X,
    API_JWK_M_Y,
    API_JWK_M_K,
    API_JWK_M_D,
    API_JWK_M_P,
    API_JWK_M_Q,
    API_JWK_M_DP,
    API_JWK_M_DQ,
    API_JWK_M_QI,
    API_JWK_M_OTH,
    API_JWK_NMEMBERS
} api_jwk_member_t;

static const api_span_t api_jwk_members[API_JWK_NMEMBERS] = {
    [API_JWK_M_KTY] = API_JOSE("kty"),
    [API_JWK_M_KID] = API_JOSE("kid"),
    [API_JWK_M_USE] = API_JOSE("use"),
    [API_JWK_M_KEY_OPS] = API_JOSE("key_ops"),
    [API_JWK_M_ALG] = API_JOSE("alg"),
    [API_JWK_M_CRV] = API_JOSE("crv"),
    [API_JWK_M_N] = API_JOSE("n"),
    [API_JWK_M_E] = API_JOSE("e"),
    [API_JWK_M_X] = API_JOSE("x"),
    [API_JWK_M_Y] = API_JOSE("y"),
    [API_JWK_M_K] = API_JOSE("k"),
    [API_JWK_M_D] = API_JOSE("d"),
    [API_JWK_M_P] = API_JOSE("p"),
    [API_JWK_M_Q] = API_JOSE("q"),
    [API_JWK_M_DP] = API_JOSE("dp"),
    [API_JWK_M_DQ] = API_JOSE("dq"),
    [API_JWK_M_QI] = API_JOSE("qi"),
    [API_JWK_M_OTH] = API_JOSE("oth"),
};

/* Which numbers a type has, and where they go. */

typedef struct {
    api_span_t     kty;
    api_jwk_type_t type;
    bool           curved;
    struct {
        api_jwk_member_t member;
        size_t           offset; /* in api_jwk_parts_t */
    } numbers[2];
    size_t nnumbers;
} api_jwk_kty_t;

static const api_jwk_kty_t api_jwk_ktys[] = {
    { API_JOSE("RSA"), API_JWK_RSA, false,
        { { API_JWK_M_N, offsetof(api_jwk_parts_t, n) },
            { API_JWK_M_E, offsetof(api_jwk_parts_t, e) } },
        2 },
    { API_JOSE("EC"), API_JWK_EC, true,
        { { API_JWK_M_X, offsetof(api_jwk_parts_t, x) },
            { API_JWK_M_Y, offsetof(api_jwk_parts_t, y) } },
        2 },
    { API_JOSE("OKP"), API_JWK_OKP, true,
        { { API_JWK_M_X, offsetof(api_jwk_parts_t, x) } }, 1 },
    { API_JOSE("oct"), API_JWK_OCT, false,
        { { API_JWK_M_K, offsetof(api_jwk_parts_t, k) } }, 1 },
};

#define API_JWK_NKTYS (sizeof(api_jwk_ktys) / sizeof(api_jwk_ktys[0]))

#define api_jwk_invalid(err, ...)                                             \
    api_fail(err, API_INVALID, API_INVALID, 0, __VA_ARGS__)

#define api_jwk_unknown(err, ...)                                             \
    api_fail(err, API_UNSUPPORTED, API_UNSUPPORTED, 0, __VA_ARGS__)


static bool
api_jwk_is_string(const api_jwk_reader_t *r, uint32_t tok)
{
    return tok != API_JSON_NONE && r->doc.tok[tok].type == API_JSON_STRING;
}


static void
api_jwk_collect(const api_jwk_reader_t *r, uint32_t object,
    uint32_t members[API_JWK_NMEMBERS])
{
    unsigned i;

    for (i = 0; i < API_JWK_NMEMBERS; i++) {
        members[i] = api_json_get(&r->doc, object, api_jwk_members[i]);
    }
}


/* "kid": a string of a decent length, for it is compared and logged. */

static int
api_jwk_read_kid(
    api_jwk_reader_t *r, uint32_t tok, api_span_t *kid, api_err_t *err)
{
    if (tok == API_JSON_NONE) {
        return API_OK;
    }

    if (!api_jwk_is_string(r, tok)) {
        return api_jwk_invalid(err, "kid is not a string");
    }

    if (api_json_string(&r->doc, tok, &r->arena, kid) != API_OK) {
        return api_fail(err, API_NOMEM, API_NOMEM, 0, "no memory");
    }

    if (kid->len == 0 || kid->len > API_JWK_MAX_KID) {
        return api_jwk_invalid(
            err, "a kid of %zu bytes, not 1 to %d", kid->len, API_JWK_MAX_KID);
    }

    return API_OK;
}


/* "use" and "key_ops" (RFC 7517 4.2, 4.3) must allow to verify. */

static int
api_jwk_read_use(
    const api_jwk_reader_t *r, const uint32_t *members, api_err_t *err)
{
    bool     verify;
    uint32_t i, n, tok;

    tok = members[API_JWK_M_USE];

    if (tok != API_JSON_NONE
        && !api_json_string_eq(&r->doc, tok, API_SPAN("sig"))) {
        return api_jwk_invalid(err, "use is not \"sig\"");
    }

    tok = members[API_JWK_M_KEY_OPS];

    if (tok == API_JSON_NONE) {
        return API_OK;
    }

    if (r->doc.tok[tok].type != API_JSON_ARRAY) {
        return api_jwk_invalid(err, "key_ops is not an array");
    }

    verify = false;
    n = r->doc.tok[tok].len;

    for (i = 0, tok++; i < n; i++, tok = api_json_next(&r->doc, tok)) {

        if (!api_jwk_is_string(r, tok)) {
            return api_jwk_invalid(err, "key_ops has more than strings in it");
        }

        verify |= api_json_string_eq(&r->doc, tok, API_SPAN("verify"));
    }

    return verify ? API_OK
                  : api_jwk_invalid(err, "key_ops is without \"verify\"");
}


static int
api_jwk_read_alg(const api_jwk_reader_t *r, uint32_t tok, api_jws_alg_t *alg,
    api_err_t *err)
{
    unsigned i;

    *alg = API_JWS_UNKNOWN;

    if (tok == API_JSON_NONE) {
        return API_OK;
    }

    for (i = API_JWS_UNKNOWN + 1; i < API_JWS_NALGS; i++) {
        if (api_json_string_eq(&r->doc, tok, api_jws_info[i].name)) {
            *alg = (api_jws_alg_t) i;
            return API_OK;
        }
    }

    return api_jwk_unknown(err, "alg is no signature algorithm known here");
}


static const api_jwk_kty_t *
api_jwk_find_kty(const api_jwk_reader_t *r, uint32_t tok)
{
    size_t i;

    for (i = 0; i < API_JWK_NKTYS; i++) {
        if (api_json_string_eq(&r->doc, tok, api_jwk_ktys[i].kty)) {
            return &api_jwk_ktys[i];
        }
    }

    return NULL;
}


static int
api_jwk_read_curve(const api_jwk_reader_t *r, uint32_t tok,
    api_jwk_type_t type, api_jwk_curve_t *curve, api_err_t *err)
{
    unsigned i;

    if (!api_jwk_is_string(r, tok)) {
        return api_jwk_invalid(err, "crv is missing or not a string");
    }

    for (i = API_JWK_NO_CURVE + 1; i < API_JWK_NCURVES; i++) {
        if (api_jwk_curves[i].type == type
            && api_json_string_eq(&r->doc, tok, api_jwk_curves[i].crv))
        {
            *curve = (api_jwk_curve_t) i;
            return API_OK;
        }
    }

    return api_jwk_unknown(err, "crv is no signature curve of this kty");
}


/* A base64url member.  A letter spelled as an escape is no letter to us. */

static int
api_jwk_read_number(api_jwk_reader_t *r, const uint32_t *members,
    api_jwk_member_t member, api_span_t *out, api_err_t *err)
{
    size_t      len;
    uint8_t    *p;
    api_span_t  text;
    const char *name = (const char *) api_jwk_members[member].data;

    if (!api_jwk_is_string(r, members[member])) {
        return api_jwk_invalid(err, "%s is missing or not a string", name);
    }

    text = api_span(r->doc.text + r->doc.tok[members[member]].off,
        r->doc.tok[members[member]].len);

    if (text.len == 0) {
        return api_jwk_invalid(err, "%s is empty", name);
    }

    p = api_arena_alloc(&r->arena, api_base64url_decoded_len(text.len));
    if (p == NULL) {
        return api_fail(err, API_NOMEM, API_NOMEM, 0, "no memory");
    }

    if (api_base64url_decode(text, p, &len) != API_OK) {
        return api_jwk_invalid(
            err, "%s is not base64url without padding", name);
    }

    *out = api_span(p, len);

    return API_OK;
}


static int
api_jwk_read_numbers(api_jwk_reader_t *r, const uint32_t *members,
    const api_jwk_kty_t *kty, api_jwk_parts_t *parts, api_err_t *err)
{
    int         rc;
    size_t      i;
    unsigned    m;
    api_span_t *out;

    for (m = API_JWK_M_D; m <= API_JWK_M_OTH; m++) {
        if (members[m] != API_JSON_NONE) {
            return api_jwk_invalid(err,
                "a private key (it has \"%s\"): give the public one",
                (const char *) api_jwk_members[m].data);
        }
    }

    if (kty->type != API_JWK_OCT && members[API_JWK_M_K] != API_JSON_NONE) {
        return api_jwk_invalid(err, "a secret (\"k\") in a public key");
    }

    for (i = 0; i < kty->nnumbers; i++) {
        out = (api_span_t *) (void *) ((uint8_t *) parts
                                       + kty->numbers[i].offset);

        rc = api_jwk_read_number(r, members, kty->numbers[i].member, out, err);
        if (rc != API_OK) {
            return rc;
        }
    }

    return API_OK;
}


/* What kind of key, and whether it may verify. */

static int
api_jwk_read_kind(const api_jwk_reader_t *r, const uint32_t *members,
    const api_jwk_kty_t *kty, api_jwk_parts_t *parts, api_err_t *err)
{
    int rc;

    parts->type = kty->type;

    if (kty->type == API_JWK_OCT && r->opts->lenient) {
        return api_jwk_invalid(
            err, "a secret in a set fetched from elsewhere");
    }

    if (kty->curved) {
        rc = api_jwk_read_curve(
            r, members[API_JWK_M_CRV], kty->type, &parts->curve, err);

        if (rc != API_OK) {
            return rc;
        }
    }

    rc = api_jwk_read_use(r, members, err);
    if (rc != API_OK) {
        return rc;
    }

    return api_jwk_read_alg(r, members[API_JWK_M_ALG], &parts->alg, err);
}


/* The JWK at tok into parts. */

static int
api_jwk_read(
    api_jwk_reader_t *r, uint32_t tok, api_jwk_parts_t *parts, api_err_t *err)
{
    int                  rc;
    uint32_t             members[API_JWK_NMEMBERS];
    const api_jwk_kty_t *kty;

    if (r->doc.tok[tok].type != API_JSON_OBJECT) {
        return api_jwk_invalid(err, "not an object");
    }

    api_jwk_collect(r, tok, members);

    rc = api_jwk_read_kid(r, members[API_JWK_M_KID], &parts->kid, err);
    if (rc != API_OK) {
        return rc;
    }

    if (!api_jwk_is_string(r, members[API_JWK_M_KTY])) {
        return api_jwk_invalid(err, "kty is missing or not a string");
    }

    kty = api_jwk_find_kty(r, members[API_JWK_M_KTY]);
    if (kty == NULL) {
        return api_jwk_unknown(err, "kty is not RSA, EC, OKP or oct");
    }

    rc = api_jwk_read_kind(r, members, kty, parts, err);
    if (rc != API_OK) {
        return rc;
    }

    return api_jwk_read_numbers(r, members, kty, parts, err);
}


/* Say which key it was: its number, and its kid when that is printable. */

static void
api_jwk_name_fault(size_t i, api_span_t kid, api_err_t *err)
{
    int    n;
    size_t k;
    char   text[API_ERR_TEXT];

    if (err == NULL) {
        return;
    }

    for (k = 0; k < kid.len; k++) {
        if (kid.data[k] < 0x20 || kid.data[k] > 0x7e) {
            kid.len = 0;
        }
    }

    n = kid.len
            ? snprintf(text, sizeof(text), "key %zu (kid \"%.*s%s\"): ", i + 1,
                kid.len > 64 ? 64 : (int) kid.len, (const char *) kid.data,
                kid.len > 64 ? "..." : "")
            : snprintf(text, sizeof(text), "key %zu: ", i + 1);

    if (n > 0 && (size_t) n < sizeof(text)) {
        snprintf(text + n, sizeof(text) - (size_t) n, "%.*s",
            (int) (sizeof(text) - (size_t) n - 1), err->text);
        memcpy(err->text, text, sizeof(text));
    }
}


/* Key i of the set, at tok.  When lenient, only a lack of memory stops us. */

static int
api_jwk_take(api_jwk_reader_t *r, size_t i, uint32_t tok, api_err_t *err)
{
    int             rc;
    api_jwk_parts_t parts;

    memset(&parts, 0, sizeof(parts));

    rc = api_jwk_read(r, tok, &parts, err);

    if (parts.alg == API_JWS_UNKNOWN) {
        parts.alg = r->opts->alg;
    }

    if (rc == API_OK) {
        rc = api_jwks_add(r->jwks, &parts, err);
    }

    if (parts.k.len) {
        OPENSSL_cleanse((void *) (uintptr_t) parts.k.data, parts.k.len);
    }

    if (rc == API_OK || rc == API_NOMEM) {
        return rc;
    }

    api_jwk_name_fault(i, parts.kid, err);

    if (err) {
        err->pos = r->doc.tok[tok].off;
    }

    if (r->opts->lenient) {
        api_jwks_skip(r->jwks);
        return API_OK;
    }

    return rc;
}


static int
api_jwk_take_all(api_jwk_reader_t *r, uint32_t keys, api_err_t *err)
{
    int      rc;
    size_t   max;
    uint32_t i, n, tok;

    if (r->doc.tok[keys].type != API_JSON_ARRAY) {
        return api_jwk_invalid(err, "keys is not an array");
    }

    n = r->doc.tok[keys].len;
    max = r->opts->max_keys ? r->opts->max_keys : API_JWK_MAX_KEYS;

    if (n > max) {
        return api_fail(err, API_LIMIT, API_LIMIT, r->doc.tok[keys].off,
            "%u keys, at most %zu allowed", n, max);
    }

    for (i = 0, tok = keys + 1; i < n; i++, tok = api_json_next(&r->doc, tok))
    {
        rc = api_jwk_take(r, i, tok, err);
        if (rc != API_OK) {
            return rc;
        }
    }

    return API_OK;
}


/* A set has "keys", a single JWK has not. */

static int
api_jwk_read_document(api_jwk_reader_t *r, api_span_t json, api_err_t *err)
{
    int      rc;
    size_t   max;
    uint32_t keys;

    max = r->opts->max_bytes ? r->opts->max_bytes : API_JWK_MAX_BYTES;

    if (json.len > max) {
        return api_fail(err, API_LIMIT, API_LIMIT, max,
            "a document of %zu bytes, at most %zu allowed", json.len, max);
    }

    rc = api_json_parse(&r->doc, json, NULL, 0, r->opts->seed, &r->arena, err);

    if (rc != API_OK) {
        if (err) {
            /* the texts of the parser may show a byte, this one may not:
               it could be part of a secret */
            api_fail(err, rc, rc, err->pos, "not JSON as it must be: %s",
                api_json_error_name(err->code));
        }

        return rc;
    }

    if (r->doc.tok[0].type != API_JSON_OBJECT) {
        return api_jwk_invalid(err, "neither a JWK set nor a JWK");
    }

    keys = api_json_get(&r->doc, 0, API_SPAN("keys"));

    rc = keys == API_JSON_NONE ? api_jwk_take(r, 0, 0, err)
                               : api_jwk_take_all(r, keys, err);

    if (rc != API_OK || api_jwks_count(r->jwks)) {
        return rc;
    }

    if (api_jwks_skipped(r->jwks) == 0) {
        return api_jwk_invalid(err, "no key");
    }

    /* of keys that were skipped, *err still tells about the last */

    if (err) {
        err->code = API_INVALID;
    }

    return API_INVALID;
}


int
api_jwks_parse(api_jwks_t **jwks, api_span_t json, const api_jwks_opts_t *opts,
    const api_alloc_t *alloc, api_err_t *err)
{
    int              rc;
    api_jwk_reader_t r;

    memset(&r, 0, sizeof(r));
    r.opts = opts;
    *jwks = NULL;

    rc = api_jwks_create(&r.jwks, alloc);
    if (rc != API_OK) {
        return api_fail(err, rc, rc, 0, "no memory");
    }

    api_arena_init(&r.arena, alloc, 0, 0);

    rc = api_jwk_read_document(&r, json, err);

    api_arena_free(&r.arena);

    if (rc != API_OK) {
        api_jwks_free(r.jwks);
        return rc;
    }

    *jwks = r.jwks;

    return API_OK;
}
