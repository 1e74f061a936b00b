/*
 * Formats of strings, asserted:
 *
 *   date-time date time          RFC 3339, the leap second where it may be
 *   duration                     RFC 3339 appendix A
 *   email idn-email              RFC 5321 Mailbox, RFC 6531
 *   hostname idn-hostname        RFC 1123; RFC 5890 with the contextual rules
 *                                of RFC 5892 (not its whole derived table)
 *   ipv4 ipv6                    RFC 2673 section 3.2, RFC 4291 section 2.2
 *   uri uri-reference            RFC 3986
 *   iri iri-reference            RFC 3987
 *   uri-template                 RFC 6570
 *   uuid                         RFC 4122
 *   json-pointer                 RFC 6901
 *   relative-json-pointer        draft-bhutton-relative-json-pointer-00
 *   regex                        ECMA-262's grammar, up to 4 KB
 *   byte base64                  RFC 4648 section 4, padded
 *   base64url                    RFC 4648 section 5, padding optional
 *   color host-name ip-address   the names of draft 3
 *
 * The formats of numbers (int32, ...) are bounds: api_schema compiles them.
 * No function allocates, but for regex.
 */

#ifndef API_FORMAT_H
#define API_FORMAT_H

#include "api_base.h"


/* Number of the format, or -1. */

int api_format_find(api_span_t name);

/* "date-time", ... */

const char *api_format_name(int format);

/* Is s, which is UTF-8, of this format?  O(length). */

bool api_format_check(int format, api_span_t s);

/* Known, and says nothing that could be checked: password, binary, ... */

bool api_format_is_free(api_span_t name);


#endif /* API_FORMAT_H */
