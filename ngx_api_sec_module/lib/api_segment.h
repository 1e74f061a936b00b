/*
 * What kind of text is it: a segment of a path, a value of a parameter?
 *
 * Told by its characters alone, in one pass: an identifier that nobody would
 * give a resource as its name, or a word.  A word may still be an identifier
 * (a user's name); that shows only when many stand in one place.
 */

#ifndef API_SEGMENT_H
#define API_SEGMENT_H

#include "api_base.h"


typedef enum {
    API_SEGMENT_WORD = 0, /* also v1, and anything that is no other kind */
    API_SEGMENT_INT,      /* digits, with a minus sign at most */
    API_SEGMENT_NUMBER,   /* with a fraction; of values only */
    API_SEGMENT_BOOL,     /* of values only */
    API_SEGMENT_UUID,
    API_SEGMENT_DATE, /* 2026-11-25, also with a time behind it */
    API_SEGMENT_EMAIL,
    API_SEGMENT_ADDRESS, /* IPv4 or IPv6 */
    API_SEGMENT_HEX,     /* 16 digits and more, letters among them */
    API_SEGMENT_TOKEN,   /* letters and digits mixed: ULID, base64url, ... */
    API_SEGMENT_OTHER,   /* escaped, or longer than a name */
    API_NSEGMENTS
} api_segment_t;

/* A name of a resource is not longer. */

#define API_SEGMENT_MAX 40

/* Of a raw segment of a path: never BOOL, and NUMBER is OTHER. */

api_segment_t api_segment_of_path(api_span_t s);

/* Of a value. */

api_segment_t api_segment_of_value(api_span_t s);

/* "integer", "uuid", ...: for reports.  And JSON Schema's type and format for
   it; format NULL: none. */

const char *api_segment_name(unsigned type);
const char *api_segment_schema(unsigned type, const char **format);


#endif /* API_SEGMENT_H */
