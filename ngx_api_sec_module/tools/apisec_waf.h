/* Parts of apisec waf. */

#ifndef APISEC_WAF_H
#define APISEC_WAF_H

#include "apisec.h"
#include "api_seclang.h"
#include "api_values.h"


typedef struct {
    const char *request;
    const char *response;
    const char *paranoia;
    const char *remote;
    const char *cache;
    const char *count;
    bool        detect;
    bool        all;
    bool        ids;
    bool        seen;
} apisec_waf_values_t;

/* apisec_waf_load.c: the rules of files and patterns, by the code that nginx
   runs.  APISEC_OK, or it has said what is wrong. */

int
apisec_waf_load(const apisec_list_t *files, const apisec_waf_values_t *values,
    api_seclang_t **loader, const api_waf_program_t **program);

/* apisec_waf_message.c: a request, or an answer when `answer`, of a file. */

#define APISEC_WAF_FIELDS 500

typedef struct {
    api_span_t         word[3]; /* of the first line */
    api_values_field_t field[APISEC_WAF_FIELDS];
    uint32_t           nfields;
    api_span_t         body;
} apisec_waf_message_t;

int apisec_waf_message(const char *path, apisec_waf_message_t *message);

/* apisec_waf_check.c, apisec_waf_explain.c */

int apisec_waf_check(
    const api_seclang_t *loader, const api_waf_program_t *program);
int apisec_waf_explain(
    const api_waf_program_t *program, const apisec_waf_values_t *values);

/* apisec_waf_bench.c */

int apisec_waf_bench(
    const api_waf_program_t *program, const apisec_waf_values_t *values);

/* apisec_waf_compile.c: the database into the cache, and out of it. */

int apisec_waf_compile(
    const api_waf_program_t *program, const apisec_waf_values_t *values);
int apisec_waf_attach(
    const api_waf_program_t *program, const apisec_waf_values_t *values);

/* apisec_waf_explain.c */

void apisec_waf_request(api_values_request_t *request,
    const apisec_waf_message_t *in, const apisec_waf_values_t *values);

/* Bytes of strangers, safe for a terminal, at most max of them. */

void apisec_waf_print(api_span_t s, size_t max);


#endif /* APISEC_WAF_H */
