/*
 * Percent-encoding (RFC 3986 section 2.1), decoded once and never twice.
 */

#ifndef API_PERCENT_H
#define API_PERCENT_H

#include "api_base.h"


/* How to decode: + is a space (queries and forms, never paths). */

#define API_PERCENT_PLUS 0x01

/* What was met.  A % that no two hex digits follow is kept as it is. */

#define API_PERCENT_F_ESCAPED 0x01 /* the result differs from the text */
#define API_PERCENT_F_BAD 0x02     /* % without two hex digits */
#define API_PERCENT_F_NUL 0x04     /* the result has a NUL, raw or %00 */
#define API_PERCENT_F_CONTROL 0x08 /* 0x01-0x1f or 0x7f in the result */
#define API_PERCENT_F_UTF8 0x10    /* the result is not UTF-8 */

/*
 * Decodes s to out, which has room for s.len bytes and may be s.data itself.
 * Returns the bytes written; *flags (never NULL) gets what was met ORed in.
 */

size_t
api_percent_decode(api_span_t s, unsigned how, uint8_t *out, unsigned *flags);

/* Would decoding change s?  Then `how` is as above. */

bool api_percent_has(api_span_t s, unsigned how);

/* 0-15, or 16 for what is no hex digit. */

unsigned api_percent_hex(uint8_t c);


#endif /* API_PERCENT_H */
