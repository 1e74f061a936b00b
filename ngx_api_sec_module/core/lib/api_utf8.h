/*
 * UTF-8 (RFC 3629): shortest form only, no surrogates, nothing past U+10FFFF.
 */

#ifndef API_UTF8_H
#define API_UTF8_H

#include "api_base.h"


/* Length of the valid prefix of s: s.len when all of it is UTF-8. */

size_t api_utf8_valid(api_span_t s);

/* Length (1-4) of the sequence at p, which is before e; 0 when it is not
   valid or not complete. */

size_t api_utf8_seq(const uint8_t *p, const uint8_t *e);

/* Decode the valid sequence at p into *cp; returns its length. */

size_t api_utf8_decode(const uint8_t *p, uint32_t *cp);

/* Write cp (a scalar value) to out, which has room for 4; returns its length,
   0 for a surrogate or a value past U+10FFFF. */

size_t api_utf8_encode(uint32_t cp, uint8_t *out);

/* The longest prefix of s that is at most max bytes and does not cut a
   sequence; for capped fields. */

api_span_t api_utf8_cut(api_span_t s, size_t max);


#endif /* API_UTF8_H */
