/* The library, and a set of patterns as rules have them, for tests of the
   prefilter. */

#ifndef PREFILTER_UT_H
#define PREFILTER_UT_H

#include "api_prefilter_int.h"
#include "ut.h"


extern api_hs_t prefilter_ut_hs;

#define hs prefilter_ut_hs

/* One TAP line. */

bool prefilter_ut_load(void);

#define NPHRASES 3

extern const api_span_t              phrases[NPHRASES];
extern const api_prefilter_pattern_t rules[7];
extern const api_prefilter_set_t     set;


#endif /* PREFILTER_UT_H */
