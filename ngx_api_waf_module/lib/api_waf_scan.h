/*
 * A program's rules and the prefilter (api_prefilter.h): which rules could
 * match which of the values stored so far, found in one scan.
 *
 * api_seclang_finish makes the prefilter; with a scratch in api_waf_env_t the
 * engine asks it, without one it evaluates rule by rule.  Verdicts, matching
 * rules and TX are the same.
 *
 * Rules with @rx, @pm, @contains, @containsWord, @beginsWith, @endsWith,
 * @streq and @strmatch take part when they are not negated and have no macro in
 * their argument; one with multiMatch does behind each of its transformations.
 *
 * The chains of transformations behind which rules look at a value are run
 * once a chain and value, and only where its triggers say that they could
 * change it; all values that a chain leaves as they came are scanned together.
 *
 * Rules with other operators that have no macro in their argument, and negated
 * ones, are tried on values whose triggers allow it; the engine walks over
 * these alone.
 */

#ifndef API_WAF_SCAN_H
#define API_WAF_SCAN_H

#include "api_prefilter.h"
#include "api_waf.h"
#include "api_waf_memo.h"


/* Of a program, for api_prefilter_attach, _stat, _key; set is what it was made
   of, for api_prefilter_compile.  Both live as long as the program. */

api_prefilter_t *api_waf_program_prefilter(const api_waf_program_t *p);
const api_prefilter_set_t *
api_waf_program_patterns(const api_waf_program_t *p);

/* Rule i (not the links of its chain) tries its pattern on each of its values,
   plain words too, of which a client may send many: it is negated, or no scan
   and no byte rules it out.  False of rules above the level of the files. */

bool api_waf_program_unscanned(const api_waf_program_t *p, uint32_t i);

/* What scanning works in, one a process; made after api_prefilter_attach.
   For programs of one loader each their own. */

typedef struct api_waf_scan_scratch_s api_waf_scan_scratch_t;

int  api_waf_scan_scratch_create(api_waf_scan_scratch_t **scratch,
     const api_waf_program_t *p, const api_alloc_t *alloc);
void api_waf_scan_scratch_free(api_waf_scan_scratch_t *scratch);

/* From now on it keeps what is known of values that come again
   (api_waf_memo.h); verdicts are the same.  API_OK or API_NOMEM. */

int api_waf_scan_remember(
    api_waf_scan_scratch_t *scratch, uint32_t entries, api_sipkey_t key);


#endif /* API_WAF_SCAN_H */
