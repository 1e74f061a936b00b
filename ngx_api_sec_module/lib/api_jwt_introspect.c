#include "api_jwt_introspect.h"
#include "api_jwt_int.h"


typedef enum {
    API_INTROSPECT_ACTIVE,
    API_INTROSPECT_TEXT,
    API_INTROSPECT_AUD,
    API_INTROSPECT_EXP,
    API_INTROSPECT_NBF,
    API_INTROSPECT_IAT
} api_introspect_kind_t;

typedef struct {
    const char           *name;
    api_introspect_kind_t kind;
    size_t                offset; /* of TEXT: an api_span_t */
} api_introspect_member_t;

static const api_introspect_member_t api_introspect_members[] = {
    { "active", API_INTROSPECT_ACTIVE, 0 },
    { "iss", API_INTROSPECT_TEXT, offsetof(api_introspection_t, iss) },
    { "sub", API_INTROSPECT_TEXT, offsetof(api_introspection_t, sub) },
    { "jti", API_INTROSPECT_TEXT, offsetof(api_introspection_t, jti) },
    { "client_id", API_INTROSPECT_TEXT,
        offsetof(api_introspection_t, client) },
    { "username", API_INTROSPECT_TEXT,
        offsetof(api_introspection_t, username) },
    { "aud", API_INTROSPECT_AUD, 0 },
    { "exp", API_INTROSPECT_EXP, 0 },
    { "nbf", API_INTROSPECT_NBF, 0 },
    { "iat", API_INTROSPECT_IAT, 0 },
};

#define API_INTROSPECT_NMEMBERS                                               \
    (sizeof(api_introspect_members) / sizeof(api_introspect_members[0]))

static const api_json_limits_t api_introspect_limits = { 10, 1024, 256, 256,
    8192, 100 };


static uint32_t
api_introspect_find(const api_json_t *doc, const char *name)
{
    uint32_t i;

    for (i = 1; i < doc->tok[0].u.next; i = api_json_next(doc, i)) {
        if (api_json_string_eq(doc, i, api_span(name, strlen(name)))) {
            return i + 1;
        }
    }

    return API_JSON_NONE;
}


static int
api_introspect_wrong(const char *name, api_err_t *err)
{
    return api_fail(err, API_INVALID, 0, 0,
        "\"%s\" in the answer is of a wrong type", name);
}


static bool
api_introspect_aud_ok(const api_json_t *doc, uint32_t tok)
{
    uint32_t i;

    if (doc->tok[tok].type == API_JSON_STRING) {
        return true;
    }

    if (doc->tok[tok].type != API_JSON_ARRAY) {
        return false;
    }

    for (i = tok + 1; i < doc->tok[tok].u.next; i = api_json_next(doc, i)) {
        if (doc->tok[i].type != API_JSON_STRING) {
            return false;
        }
    }

    return true;
}


static bool
api_introspect_date(const api_json_t *doc, uint32_t tok, int64_t *date)
{
    const api_json_tok_t *t = &doc->tok[tok];

    return (t->type == API_JSON_INT || t->type == API_JSON_REAL)
           && api_jwt_date(api_span(doc->text + t->off, t->len), date);
}


static int
api_introspect_text(api_introspection_t *in, const api_introspect_member_t *m,
    uint32_t tok, api_arena_t *arena, api_err_t *err)
{
    api_span_t *text;

    text = (api_span_t *) (void *) ((uint8_t *) in + m->offset);

    if (in->claims.tok[tok].type != API_JSON_STRING) {
        return api_introspect_wrong(m->name, err);
    }

    if (api_json_string(&in->claims, tok, arena, text) != API_OK) {
        return api_fail(err, API_NOMEM, 0, 0, "no memory");
    }

    return API_OK;
}


/* null is as absent: some servers write it for what they do not know. */

static int
api_introspect_member(api_introspection_t *in,
    const api_introspect_member_t *m, api_arena_t *arena, api_err_t *err)
{
    bool        fine = true;
    uint32_t    tok;
    api_json_t *doc = &in->claims;

    tok = api_introspect_find(doc, m->name);

    if (tok == API_JSON_NONE || doc->tok[tok].type == API_JSON_NULL) {
        return API_OK;
    }

    switch (m->kind) {

    case API_INTROSPECT_TEXT:
        return api_introspect_text(in, m, tok, arena, err);

    case API_INTROSPECT_AUD:
        fine = api_introspect_aud_ok(doc, tok);
        in->aud = tok;
        break;

    case API_INTROSPECT_EXP:
        fine = api_introspect_date(doc, tok, &in->exp);
        in->has_exp = 1;
        break;

    case API_INTROSPECT_NBF:
        fine = api_introspect_date(doc, tok, &in->nbf);
        in->has_nbf = 1;
        break;

    case API_INTROSPECT_IAT:
        fine = api_introspect_date(doc, tok, &in->iat);
        in->has_iat = 1;
        break;

    default: /* API_INTROSPECT_ACTIVE, seen to before */
        break;
    }

    return fine ? API_OK : api_introspect_wrong(m->name, err);
}


int
api_introspect_parse(api_introspection_t *in, api_span_t text,
    api_sipkey_t seed, api_arena_t *arena, api_err_t *err)
{
    int      rc;
    size_t   i;
    uint32_t tok;

    memset(in, 0, sizeof(api_introspection_t));
    in->aud = API_JSON_NONE;

    rc = api_json_parse(
        &in->claims, text, &api_introspect_limits, 0, seed, arena, err);

    if (rc != API_OK) {
        return rc;
    }

    if (in->claims.tok[0].type != API_JSON_OBJECT) {
        return api_fail(
            err, API_INVALID, 0, 0, "the answer is no JSON object");
    }

    tok = api_introspect_find(&in->claims, "active");

    if (tok == API_JSON_NONE
        || (in->claims.tok[tok].type != API_JSON_TRUE
            && in->claims.tok[tok].type != API_JSON_FALSE))
    {
        return api_fail(err, API_INVALID, 0, 0,
            "the answer has no \"active\" that is true or false");
    }

    in->active = in->claims.tok[tok].type == API_JSON_TRUE;

    for (i = 0; in->active && i < API_INTROSPECT_NMEMBERS; i++) {
        rc = api_introspect_member(in, &api_introspect_members[i], arena, err);

        if (rc != API_OK) {
            return rc;
        }
    }

    return API_OK;
}


static bool
api_introspect_for(const api_introspection_t *in,
    const api_jwt_policy_t *policy, uint32_t tok)
{
    size_t i;

    for (i = 0; i < policy->naudience; i++) {
        if (api_json_string_eq(&in->claims, tok, policy->audience[i])) {
            return true;
        }
    }

    return false;
}


static bool
api_introspect_audience(
    const api_introspection_t *in, const api_jwt_policy_t *policy)
{
    uint32_t          i;
    const api_json_t *doc = &in->claims;

    if (policy->naudience == 0) {
        return true;
    }

    if (in->aud == API_JSON_NONE) {
        return false;
    }

    if (doc->tok[in->aud].type == API_JSON_STRING) {
        return api_introspect_for(in, policy, in->aud);
    }

    for (i = in->aud + 1; i < doc->tok[in->aud].u.next;
         i = api_json_next(doc, i)) {
        if (api_introspect_for(in, policy, i)) {
            return true;
        }
    }

    return false;
}


static bool
api_introspect_has(const api_json_t *doc, api_span_t name)
{
    uint32_t i;

    for (i = 1; i < doc->tok[0].u.next; i = api_json_next(doc, i)) {
        if (api_json_string_eq(doc, i, name)) {
            return doc->tok[i + 1].type != API_JSON_NULL;
        }
    }

    return false;
}


/* code is kept in err too */

static int
api_introspect_no(int code, const char *why, api_err_t *err)
{
    (void) api_fail(err, API_DENIED, code, 0, "%s", why);

    return code;
}


int
api_introspect_check(const api_introspection_t *in,
    const api_jwt_policy_t *policy, int64_t now, api_err_t *err)
{
    size_t i;

    if (policy->issuer.data && !api_span_eq(in->iss, policy->issuer)) {
        return api_introspect_no(
            API_JWT_ISSUER, "\"iss\" of the answer is another", err);
    }

    if (!api_introspect_audience(in, policy)) {
        return api_introspect_no(
            API_JWT_AUDIENCE, "\"aud\" of the answer names nobody here", err);
    }

    if (in->has_exp && now >= in->exp + policy->leeway) {
        return api_introspect_no(
            API_JWT_EXPIRED, "\"exp\" of the answer has passed", err);
    }

    if (in->has_nbf && now < in->nbf - policy->leeway) {
        return api_introspect_no(
            API_JWT_NOT_YET_VALID, "\"nbf\" of the answer lies ahead", err);
    }

    for (i = 0; i < policy->nrequire; i++) {
        if (!api_introspect_has(&in->claims, policy->require[i])) {
            (void) api_fail(err, API_DENIED, API_JWT_CLAIM_MISSING, 0,
                "the answer has no \"%.*s\"", (int) policy->require[i].len,
                (const char *) policy->require[i].data);
            return API_JWT_CLAIM_MISSING;
        }
    }

    return API_JWT_OK;
}
