/*
 * @detectXSS: would the value, written into a page, run script or load what
 * does?
 *
 * The value is read as an HTML5 parser reads it in five places: as text, and
 * as an attribute's value without quotes, in '...', in "..." and in `...`
 * (which old browsers knew).  What counts: elements that run or load, event
 * handlers, style, addresses of script in attributes that take one, comments
 * and declarations that some parsers act on.  NULs and controls are tolerated
 * where browsers tolerate them, entities are read in addresses.
 *
 * No memory is taken, every byte is looked at a bounded number of times, and
 * nothing is kept: callable from any thread.
 */

#ifndef API_XSS_H
#define API_XSS_H

#include "api_arena.h"
#include "api_transform.h"


typedef enum {
    API_XSS_TEXT = 0,
    API_XSS_UNQUOTED,
    API_XSS_SINGLE,
    API_XSS_DOUBLE,
    API_XSS_BACKQUOTE
} api_xss_context_t;

typedef struct {
    api_xss_context_t context;
    const char       *form; /* "element", "handler", "address", ...: const */
    size_t            pos;  /* offset of what was met */
} api_xss_t;

/* True when value is an attack; *how (may be NULL) is set then only. */

bool api_xss_detect(api_span_t value, api_xss_t *how);

/* The same of a long value in parts, with others served in between.  The value
   and the arena are there until the end; NULL: no memory. */

#define API_XSS_MORE 2

typedef struct api_xss_job_s api_xss_job_t;

api_xss_job_t *api_xss_job(api_span_t value, api_arena_t *arena);

/* Goes on for about that many bytes (a value of an attribute or a comment is
   read to its end).  1: script, 0: none, API_XSS_MORE: there is more. */

int api_xss_job_more(api_xss_job_t *job, size_t bytes);

/* A value none of whose triggers is among these is never an attack. */

#define API_XSS_TRIGGERS                                                      \
    (API_TRIG_ANGLE | API_TRIG_EQUALS | API_TRIG_COLON | API_TRIG_AMP)


#endif /* API_XSS_H */
