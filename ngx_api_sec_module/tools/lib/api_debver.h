/*
 * Versions of Debian's packages, in the order dpkg has them
 * (deb-version(7)): [EPOCH:]UPSTREAM[-REVISION].
 *
 * A version is taken as it comes: what dpkg would refuse compares somehow.
 * Numbers may be of any length.  Pure; time is O(length).
 */

#ifndef API_DEBVER_H
#define API_DEBVER_H

#include "api_base.h"


/* Below 0, 0, above 0: a is older than b, the same, newer. */

int api_debver_compare(api_span_t a, api_span_t b);

/* The part between epoch and revision. */

api_span_t api_debver_upstream(api_span_t version);


#endif /* API_DEBVER_H */
