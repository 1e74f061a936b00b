/*
 * Base64url without padding, as JOSE spells it (RFC 7515 section 2, RFC 4648
 * section 5): one spelling for one value.  Padding, the '+' and '/' of plain
 * base64, white space, a length of 4n+1 and non-zero trailing bits are
 * refused: each would give a token a second spelling, which slips past a
 * deny-list by digest and dilutes a cache.
 */

#ifndef API_BASE64_H
#define API_BASE64_H

#include "api_base.h"


#define api_base64url_encoded_len(n) (((n) *4 + 2) / 3)
#define api_base64url_decoded_len(n) ((n) *3 / 4)

/*
 * Decode s into out, which has room for api_base64url_decoded_len(s.len).
 * Returns API_OK and the length in *len, or API_SYNTAX and the offset of the
 * first bad character in *len.  out may not overlap s.
 */

int api_base64url_decode(api_span_t s, uint8_t *out, size_t *len);

/* Encode into out, which has room for api_base64url_encoded_len(s.len);
   returns the number of characters written. */

size_t api_base64url_encode(api_span_t s, char *out);


#endif /* API_BASE64_H */
