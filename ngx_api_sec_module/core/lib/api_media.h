/*
 * Media types (RFC 9110 section 8.3.1) and parameters behind a semicolon, as
 * Content-Type and Content-Disposition have them.
 */

#ifndef API_MEDIA_H
#define API_MEDIA_H

#include "api_base.h"


typedef struct {
    api_span_t essence; /* type/subtype as written */
    api_span_t type;
    api_span_t subtype;
    api_span_t suffix; /* of application/problem+json: json; else empty */
    api_span_t params; /* from the first ; on, for api_media_param */
} api_media_t;

/*
 * Blanks around s are left out.  API_SYNTAX when it is no type/subtype of two
 * tokens, or when something other than parameters follows.  Parameters are
 * not looked at.  The members point into s.
 */

int api_media_parse(api_media_t *media, api_span_t s);

#define API_MEDIA_F_QUOTED 0x01    /* the value stood in quotes */
#define API_MEDIA_F_ESCAPED 0x02   /* ... with a backslash in it */
#define API_MEDIA_F_SPACE 0x04     /* blanks around = */
#define API_MEDIA_F_SEMICOLON 0x08 /* the semicolon before it is missing */
#define API_MEDIA_F_BAD 0x10       /* no name, no =, no value, quote open */

typedef struct {
    api_span_t name;
    api_span_t value; /* without quotes; backslashes still in it */
    unsigned   flags;
} api_media_param_t;

/* The next parameter of *params, which moves on; false when there is none. */

bool api_media_param(api_span_t *params, api_media_param_t *param);

/*
 * The value of the only parameter of that name, compared without case.
 * API_OK; API_INVALID: none; API_DUPLICATE; API_SYNTAX: it, or one before it,
 * is broken.
 */

int api_media_get(
    const api_media_t *media, api_span_t name, api_media_param_t *param);

/*
 * Does the range cover media: a type, a type and any subtype, any subtype with
 * a suffix (star+json), or any type?
 * Higher is more specific: 0 no, 1 any type, 2 any subtype, 3 any subtype
 * with that suffix, 4 the very type.
 */

unsigned api_media_match(const api_media_t *range, const api_media_t *media);

/* application/json, text/json, and whatever has the suffix +json. */

bool api_media_is_json(const api_media_t *media);


#endif /* API_MEDIA_H */
