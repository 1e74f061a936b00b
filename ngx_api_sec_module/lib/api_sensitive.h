/*
 * Sensitive data in text: what kinds are there, and where.  One pass without
 * going back; each byte is looked at a bounded number of times.
 *
 * For text that comes in pieces, a scanner keeps the last
 * API_SENSITIVE_OVERLAP bytes, so that what a boundary cuts is found too.  What
 * is longer than that is a token whose beginning is enough, or a private key,
 * known by its first line.
 *
 * What is found is told by kind and position, never kept.
 */

#ifndef API_SENSITIVE_H
#define API_SENSITIVE_H

#include "api_base.h"


typedef enum {
    API_SENSITIVE_CARD = 0,    /* 13 to 19 digits of a scheme, Luhn */
    API_SENSITIVE_IBAN,        /* mod 97 */
    API_SENSITIVE_EMAIL,       /* */
    API_SENSITIVE_NATIONAL,    /* US SSN; others with a check digit */
    API_SENSITIVE_JWT,         /* three parts, the first decodes to {" */
    API_SENSITIVE_CLOUD_KEY,   /* by their prefixes */
    API_SENSITIVE_PRIVATE_KEY, /* PEM */
    API_SENSITIVE_STACK_TRACE, /* Java, Python, .NET, PHP, Go, node */
    API_SENSITIVE_PASSWORD,    /* user:password@ of a URL */
    API_NSENSITIVE
} api_sensitive_t;

/* What a leak is made of: credentials and the inside of a program. */

#define API_SENSITIVE_SECRETS                                                 \
    (1U << API_SENSITIVE_JWT | 1U << API_SENSITIVE_CLOUD_KEY                  \
        | 1U << API_SENSITIVE_PRIVATE_KEY | 1U << API_SENSITIVE_STACK_TRACE   \
        | 1U << API_SENSITIVE_PASSWORD)

/* "card", ...; "" for what is none.  And the kind of a name, or NSENSITIVE. */

const char *api_sensitive_name(unsigned kind);
unsigned    api_sensitive_of(api_span_t name);


typedef struct {
    unsigned kind;
    size_t   from, to; /* bytes of the text */
} api_sensitive_find_t;

/*
 * The first at or behind `from` of the kinds wanted (bits); false: there is
 * none.  Times are linear in the text, over all calls that begin where the
 * last find ended.
 */

bool api_sensitive_next(
    api_span_t text, size_t from, unsigned kinds, api_sensitive_find_t *find);

/* The kinds that are in the text; those wanted. */

unsigned api_sensitive_kinds(api_span_t text, unsigned kinds);


#define API_SENSITIVE_OVERLAP 256

typedef struct {
    unsigned kinds;  /* wanted */
    unsigned found;  /* so far */
    size_t   budget; /* bytes that are still looked at */
    size_t   ntail;
    uint8_t  tail[API_SENSITIVE_OVERLAP];
} api_sensitive_scan_t;

void
api_sensitive_begin(api_sensitive_scan_t *scan, unsigned kinds, size_t budget);
void api_sensitive_feed(api_sensitive_scan_t *scan, api_span_t piece);

/* No more comes: what stands at the very end counts too. */

void api_sensitive_end(api_sensitive_scan_t *scan);


#endif /* API_SENSITIVE_H */
