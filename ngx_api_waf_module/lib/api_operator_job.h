/*
 * Operators that can look at a long value in parts, with others served in
 * between: @detectSQLi, @detectXSS, @pm and its kin.  What they say is what
 * api_operator_match would.
 */

#ifndef API_OPERATOR_JOB_H
#define API_OPERATOR_JOB_H

#include "api_operator.h"


typedef struct api_operator_job_s api_operator_job_t;

/* Is it one of them? */

bool api_operator_in_parts(const api_operator_t *op);

/* The value and the arena are there until the job's end.  NULL: no memory. */

api_operator_job_t *api_operator_job(
    const api_operator_t *op, api_span_t value, api_arena_t *arena);

/* Looks at about that many bytes, and says in *units what that is worth: some
   nanoseconds.  True: there is more. */

bool
api_operator_job_more(api_operator_job_t *job, size_t bytes, uint64_t *units);

/* Of this operator and value, by its place? */

bool api_operator_job_is(
    const api_operator_job_t *job, const api_operator_t *op, api_span_t value);

/* As api_operator_match, when there is no more: charges what that does. */

int api_operator_job_match(const api_operator_job_t *job,
    api_captures_t *captures, api_budget_t *budget);


#endif /* API_OPERATOR_JOB_H */
