#include "api_base64.h"
#include "api_jwk_key.h"


/* RFC 7638 3.2, RFC 8037 2: what is hashed, in this order, with nothing
   between.  A curve is written as its name in our table. */

typedef struct {
    api_span_t kty;
    bool       curved;
    api_span_t members[3];
    size_t     nmembers;
} thumbprint_t;

static const thumbprint_t thumbprints[] = {
    { API_JOSE("EC"), true, { API_JOSE("kty"), API_JOSE("x"), API_JOSE("y") },
        3 },
    { API_JOSE("RSA"), false,
        { API_JOSE("e"), API_JOSE("kty"), API_JOSE("n") }, 3 },
    { API_JOSE("OKP"), true, { API_JOSE("kty"), API_JOSE("x") }, 2 },
};

#define NTHUMBPRINTS (sizeof(thumbprints) / sizeof(thumbprints[0]))


static const thumbprint_t *
find_kind(const api_json_t *doc, uint32_t object)
{
    size_t   i;
    uint32_t tok = api_json_get(doc, object, API_SPAN("kty"));

    if (tok == API_JSON_NONE || doc->tok[tok].type != API_JSON_STRING) {
        return NULL;
    }

    for (i = 0; i < NTHUMBPRINTS; i++) {
        if (api_json_string_eq(doc, tok, thumbprints[i].kty)) {
            return &thumbprints[i];
        }
    }

    return NULL;
}


static bool
find_curve(const api_json_t *doc, uint32_t object, api_span_t *crv)
{
    unsigned i;
    uint32_t tok = api_json_get(doc, object, API_SPAN("crv"));

    if (tok == API_JSON_NONE || doc->tok[tok].type != API_JSON_STRING) {
        return false;
    }

    for (i = API_JWK_NO_CURVE + 1; i < API_JWK_NCURVES; i++) {
        if (api_json_string_eq(doc, tok, api_jwk_curves[i].crv)) {
            *crv = api_jwk_curves[i].crv;
            return true;
        }
    }

    return false;
}


/* The text of a number, which has one spelling only: no escape, no padding, no
   stray bits. */

static int
find_number(const api_json_t *doc, uint32_t object, api_span_t name,
    api_arena_t *arena, api_span_t *text)
{
    size_t           len;
    uint8_t         *scratch;
    uint32_t         tok = api_json_get(doc, object, name);
    api_arena_mark_t mark;

    if (tok == API_JSON_NONE || doc->tok[tok].type != API_JSON_STRING
        || doc->tok[tok].len == 0)
    {
        return API_INVALID;
    }

    *text = api_span(doc->text + doc->tok[tok].off, doc->tok[tok].len);

    mark = api_arena_mark(arena);
    scratch = api_arena_alloc(arena, api_base64url_decoded_len(text->len));

    if (scratch == NULL) {
        return API_NOMEM;
    }

    if (api_base64url_decode(*text, scratch, &len) != API_OK) {
        return API_INVALID;
    }

    api_arena_rewind(arena, mark);

    return API_OK;
}


static uint8_t *
put(uint8_t *p, api_span_t s)
{
    if (s.len) {
        memcpy(p, s.data, s.len);
    }

    return p + s.len;
}


static uint8_t *
put_member(uint8_t *p, bool first, api_span_t name, api_span_t value)
{
    p = put(p, first ? API_SPAN("{\"") : API_SPAN(",\""));
    p = put(p, name);
    p = put(p, API_SPAN("\":\""));
    p = put(p, value);

    return put(p, API_SPAN("\""));
}


int
api_jwk_thumbprint(const api_json_t *doc, uint32_t tok, api_arena_t *arena,
    uint8_t out[API_JWS_SHA256_LEN])
{
    int                 rc;
    size_t              i, len;
    uint8_t            *text, *p;
    api_span_t          crv = { NULL, 0 }, values[3] = { { NULL, 0 } };
    const thumbprint_t *kind = find_kind(doc, tok);

    if (kind == NULL || (kind->curved && !find_curve(doc, tok, &crv))) {
        return API_UNSUPPORTED;
    }

    len = 64 + crv.len;

    for (i = 0; i < kind->nmembers; i++) {
        if (api_span_eq(kind->members[i], API_SPAN("kty"))) {
            values[i] = kind->kty;

        } else {
            rc = find_number(doc, tok, kind->members[i], arena, &values[i]);

            if (rc != API_OK) {
                return rc;
            }
        }

        len += values[i].len;
    }

    p = text = api_arena_alloc(arena, len);
    if (text == NULL) {
        return API_NOMEM;
    }

    if (kind->curved) {
        p = put_member(p, true, API_SPAN("crv"), crv);
    }

    for (i = 0; i < kind->nmembers; i++) {
        p = put_member(p, p == text, kind->members[i], values[i]);
    }

    *p++ = '}';

    api_jws_sha256(api_span(text, (size_t) (p - text)), out);

    return API_OK;
}
