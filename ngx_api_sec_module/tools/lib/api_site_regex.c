#define PCRE2_CODE_UNIT_WIDTH 8

#include "api_site_int.h"

#include <pcre2.h>


/* Steps of one match; nginx has PCRE2's own limit, ten millions. */

#define MATCH_LIMIT 1000000


int
api_site_regex(void **regex, api_span_t pattern, bool nocase, api_err_t *err)
{
    int         code;
    PCRE2_SIZE  at;
    pcre2_code *re;
    PCRE2_UCHAR text[128];

    *regex = NULL;

    re = pcre2_compile(pattern.data, pattern.len, nocase ? PCRE2_CASELESS : 0,
        &code, &at, NULL);

    if (re == NULL) {
        pcre2_get_error_message(code, text, sizeof(text));
        return api_fail(err, API_SYNTAX, API_CONF_E_UNEXPECTED, at,
            "regular expression: %s", (char *) text);
    }

    *regex = re;

    return API_OK;
}


bool
api_site_match(const void *regex, api_span_t subject)
{
    int                  rc;
    pcre2_match_data    *data;
    pcre2_match_context *limits;

    if (regex == NULL) {
        return false;
    }

    data = pcre2_match_data_create(1, NULL);
    limits = pcre2_match_context_create(NULL);

    if (data == NULL || limits == NULL) {
        rc = PCRE2_ERROR_NOMEMORY;

    } else {
        pcre2_set_match_limit(limits, MATCH_LIMIT);
        rc = pcre2_match(regex, subject.data, subject.len, 0, 0, data, limits);
    }

    pcre2_match_context_free(limits);
    pcre2_match_data_free(data);

    return rc >= 0;
}


void
api_site_regex_free(void *regex)
{
    pcre2_code_free(regex);
}
