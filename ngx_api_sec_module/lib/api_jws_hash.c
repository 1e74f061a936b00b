#include "api_jws.h"

#include <openssl/sha.h>


void
api_jws_sha256(api_span_t s, uint8_t out[API_JWS_SHA256_LEN])
{
    SHA256(s.len ? s.data : (const uint8_t *) "", s.len, out);
}
