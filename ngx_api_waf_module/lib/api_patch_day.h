/* When a virtual patch expires. */

#ifndef API_PATCH_DAY_H
#define API_PATCH_DAY_H

#include "api_base.h"


/* "2027-01-31", to the end of it, or "2027-01-31T12:00:00Z", both UTC: the
   first second behind it, since 1970.  False: text is neither. */

bool api_patch_instant(api_span_t text, int64_t *second);


#endif /* API_PATCH_DAY_H */
