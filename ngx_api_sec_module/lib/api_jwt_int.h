/*
 * What the files of api_jwt.h share.
 */

#ifndef API_JWT_INT_H
#define API_JWT_INT_H

#include "api_jwt.h"


/*
 * NumericDate (RFC 7519 section 2): any JSON number, in seconds, floored
 * exactly from its decimal digits.
 *
 * Only the years 0000 to 9999 are dates: beyond them lie milliseconds taken
 * for seconds and tokens that never expire.
 */

#define API_JWT_DATE_MIN (-62167219200)
#define API_JWT_DATE_MAX 253402300799

/* text is a valid JSON number; false when it is out of range. */

bool api_jwt_date(api_span_t text, int64_t *date);

/* A media type without "application/", which may be left out (RFC 7515
   4.1.9). */

api_span_t api_jwt_media_type(api_span_t s);


#endif /* API_JWT_INT_H */
