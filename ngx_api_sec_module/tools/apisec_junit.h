/*
 * Reports as CI systems read them: JUnit's XML, SARIF 2.1.0 (OASIS).
 */

#ifndef APISEC_JUNIT_H
#define APISEC_JUNIT_H

#include "apisec_put.h"


/*
 *     apisec_junit_begin(out, "apisec lint", tests, failures, skipped);
 *     apisec_junit_case(out, "C01", name);      the name may be foreign bytes
 *     apisec_junit_fault(out, "failure", "high", message, text);   if any
 *     apisec_junit_close(out, had_fault);
 *     apisec_junit_end(out);
 */

void apisec_junit_begin(FILE *out, const char *suite, size_t tests,
    size_t failures, size_t skipped);
void apisec_junit_case(FILE *out, const char *class, api_span_t name);
void apisec_junit_fault(FILE *out, const char *element, const char *type,
    api_span_t message, api_span_t text);
void apisec_junit_close(FILE *out, bool fault);
void apisec_junit_end(FILE *out);


/*
 *     apisec_sarif_begin(out, "apisec lint");
 *     apisec_sarif_rule(out, &rule);            each, `first` set of the first
 *     apisec_sarif_results(out);
 *     apisec_sarif_result(out, &result);        likewise
 *     apisec_sarif_end(out);
 */

typedef struct {
    const char *id;
    const char *name; /* NULL: as the id */
    const char *title;
    const char *help;
    const char *level; /* "note", "warning", "error" */
    const char *rank;  /* security-severity, "8.0" */
    const char *owasp; /* "API1:2023", or "" */
} apisec_sarif_rule_t;

typedef struct {
    const char *rule;
    unsigned    index; /* of the rule */
    const char *level;
    const char *state;       /* baselineState, or NULL */
    const char *fingerprint; /* or NULL */
    api_span_t  message;
    api_span_t  file;
    unsigned    line;
} apisec_sarif_result_t;

void apisec_sarif_begin(FILE *out, const char *tool);
void apisec_sarif_rule(FILE *out, const apisec_sarif_rule_t *rule, bool first);
void apisec_sarif_results(FILE *out);
void apisec_sarif_result(
    FILE *out, const apisec_sarif_result_t *result, bool first);
void apisec_sarif_end(FILE *out);


#endif /* APISEC_JUNIT_H */
