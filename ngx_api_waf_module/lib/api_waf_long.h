/*
 * Long values, for api_waf_*.c alone: before a rule runs, what transformations
 * and operators make of them is found in parts, and the rule looks it up.  The
 * rule itself then runs in one go, as it would have.
 */

#ifndef API_WAF_LONG_H
#define API_WAF_LONG_H

#include "api_operator_job.h"
#include "api_waf_int.h"
#include "api_waf_size.h"


typedef struct api_waf_long_s api_waf_long_t;

/* Goes on for the rule that is next, until the budget would be below `until`.
   True: there is more, or the tx has failed. */

bool api_waf_long_more(
    api_waf_tx_t *tx, const api_waf_rule_t *rule, uint64_t until);

/* Meanwhile the link walks over its values and tries none of them: here they
   come.  False: enough for now. */

bool api_waf_long_look(
    api_waf_tx_t *tx, const api_waf_rule_t *rule, const api_waf_item_t *item);

bool api_waf_long_waits(const api_waf_tx_t *tx);

/* Of a rule that runs: a value as its chain leaves it; behind step i, with
   multiMatch, of its chain; what the operator says of a text.  False, NULL: not
   known, do it. */

bool api_waf_long_text(const api_waf_tx_t *tx, const api_waf_rule_t *rule,
    api_span_t value, api_span_t *text);
bool api_waf_long_step(const api_waf_tx_t *tx, const api_waf_rule_t *rule,
    api_span_t value, uint32_t i, api_span_t *text);
const api_operator_job_t *api_waf_long_job(
    const api_waf_tx_t *tx, const api_waf_rule_t *rule, api_span_t text);


#endif /* API_WAF_LONG_H */
