#include "api_operator_int.h"

#include "api_operator_job.h"
#include "api_sqli.h"
#include "api_xss.h"

/* What a byte takes, about: of the two looks of @detectSQLi at it, the first
   is for what it could hold alone. */

#define JOB_SQLI 12
#define JOB_XSS 8
#define JOB_PM 24

struct api_operator_job_s {
    const api_operator_t *op;
    api_span_t            value;
    int                   rc;
    api_sqli_job_t       *sqli;
    api_xss_job_t        *xss;
    size_t                at;   /* of @pm */
    uint32_t              node; /* ... there */
};


bool
api_operator_in_parts(const api_operator_t *op)
{
    return op->id == API_OPERATOR_SQLI || op->id == API_OPERATOR_XSS
           || op->id == API_OPERATOR_PM;
}


api_operator_job_t *
api_operator_job(
    const api_operator_t *op, api_span_t value, api_arena_t *arena)
{
    api_operator_job_t *job;

    job = api_arena_calloc(arena, 1, sizeof(*job));

    if (job == NULL) {
        return NULL;
    }

    job->op = op;
    job->value = value;

    if (op->id == API_OPERATOR_SQLI) {
        job->sqli = api_sqli_job(value, arena);
        return job->sqli != NULL ? job : NULL;
    }

    if (op->id == API_OPERATOR_XSS) {
        job->xss = api_xss_job(value, arena);
        return job->xss != NULL ? job : NULL;
    }

    return job;
}


bool
api_operator_job_more(api_operator_job_t *job, size_t bytes, uint64_t *units)
{
    size_t left;

    if (job->sqli != NULL) {
        *units = (uint64_t) JOB_SQLI * bytes;
        job->rc = api_sqli_job_more(job->sqli, bytes);

        return job->rc == API_SQLI_MORE;
    }

    if (job->xss != NULL) {
        *units = (uint64_t) JOB_XSS * bytes;
        job->rc = api_xss_job_more(job->xss, bytes);

        return job->rc == API_XSS_MORE;
    }

    left = job->value.len - job->at;
    bytes = bytes < left ? bytes : left;
    *units = (uint64_t) JOB_PM * bytes;
    job->rc = api_operator_pm_walk(
        job->op, api_span(job->value.data + job->at, bytes), &job->node);
    job->at += bytes;

    return job->rc == 0 && job->at < job->value.len;
}


bool
api_operator_job_is(
    const api_operator_job_t *job, const api_operator_t *op, api_span_t value)
{
    return job->op == op && job->value.data == value.data
           && job->value.len == value.len;
}


static void
job_captures(const api_operator_job_t *job, api_captures_t *captures)
{
    const char *text;

    if (job->sqli != NULL) {
        text = api_sqli_job_how(job->sqli)->fingerprint;
        api_operator_capture(captures, api_span(text, strlen(text)));

    } else if (job->xss != NULL) {
        api_operator_capture(captures, job->value);

    } else {
        api_operator_capture(
            captures, api_operator_pm_phrase(job->op, job->node));
    }
}


int
api_operator_job_match(const api_operator_job_t *job, api_captures_t *captures,
    api_budget_t *budget)
{
    if (captures != NULL) {
        captures->n = 0;
    }

    if (!api_operator_charge(job->op, job->value.len, budget)) {
        return API_LIMIT;
    }

    if (job->sqli != NULL) {
        api_operator_charge_tokens(
            api_sqli_job_how(job->sqli)->tokens, budget);
    }

    if (job->rc == 1) {
        job_captures(job, captures);
    }

    return job->rc;
}
