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

/* A reader of one value in one place. */

typedef struct {
    const uint8_t *p;
    const uint8_t *end;
    const uint8_t *at;     /* of what was met */
    const uint8_t *from;   /* of the tag that it stands in */
    bool           tag;    /* among the attributes of one */
    bool           inside; /* ... that began before the value */
    bool           loads;  /* ... that is dangerous with any */
    bool           any;    /* ... and has one */
} api_xss_reader_t;

/*
 * Reads as a parser does that stands in text, or (inside) in a tag behind the
 * value of an attribute, until it is behind `pause`.  NULL, or what was met,
 * with r->at.
 */

void api_xss_enter(
    api_xss_reader_t *r, const uint8_t *p, const uint8_t *end, bool inside);
const char *api_xss_read(api_xss_reader_t *r, const uint8_t *pause);

static inline bool
api_xss_goes_on(const api_xss_reader_t *r)
{
    return r->tag || r->p < r->end;
}


/* For tests: names that begin with a letter are found where it says. */

bool api_xss_words_ok(void);


#endif /* API_XSS_INT_H */
