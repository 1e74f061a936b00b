/* What the files of @detectXSS share. */

#ifndef API_XSS_INT_H
#define API_XSS_INT_H

#include "api_transform_int.h"
#include "api_xss.h"


typedef enum {
    API_XSS_A_PLAIN = 0,
    API_XSS_A_HANDLER, /* runs its value */
    API_XSS_A_STYLE,
    API_XSS_A_ADDRESS, /* takes an address, or a list of them */
    API_XSS_A_DANGER,  /* srcdoc and the like: dangerous with any value */
    API_XSS_A_NAMING   /* attributeName of SVG: its value is a name */
} api_xss_attribute_t;

typedef enum {
    API_XSS_T_PLAIN = 0,
    API_XSS_T_LOADS, /* ... when it has attributes */
    API_XSS_T_DANGER
} api_xss_element_t;

/* Names may be in any case and hold NULs, which some parsers drop.  known:
   only handlers that browsers have, for places that may well be plain text. */

api_xss_attribute_t api_xss_attribute(api_span_t name, bool known);
api_xss_element_t   api_xss_element(api_span_t name);

/* Would following the address run script? */

bool api_xss_address(api_span_t value);
bool api_xss_style(api_span_t value);

/* name, without its NULs, equals text, which is lower case. */

bool api_xss_name_is(api_span_t name, const char *text);

/*
 * Reads from p as a parser does that stands in text, or (inside) in a tag
 * behind the value of an attribute.  NULL, or what was met, with *at.
 */

const char *api_xss_read(
    const uint8_t *p, const uint8_t *end, bool inside, const uint8_t **at);


#endif /* API_XSS_INT_H */
