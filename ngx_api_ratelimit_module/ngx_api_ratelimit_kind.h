
/*
 * What the kinds of policies and their directive share.
 */

#ifndef _NGX_API_RATELIMIT_KIND_H_INCLUDED_
#define _NGX_API_RATELIMIT_KIND_H_INCLUDED_


#include "ngx_api_ratelimit.h"


/* Bytes are known when they have been sent: a bucket may go so far below its
   bottom. */

#define NGX_API_RATELIMIT_OVERDRAFT  (86400 * API_NS)

/* A rate on this machine, for those that are shared with others. */

ngx_int_t ngx_api_ratelimit_rate_prepare(ngx_http_request_t *r,
    ngx_api_ratelimit_item_t *item);
int ngx_api_ratelimit_rate_peek(ngx_api_ratelimit_item_t *item);
int ngx_api_ratelimit_rate_charge(ngx_http_request_t *r,
    ngx_api_ratelimit_item_t *item);
void ngx_api_ratelimit_rate_refund(ngx_api_ratelimit_item_t *item,
    uint64_t cost);
void ngx_api_ratelimit_rate_more(ngx_api_ratelimit_item_t *item,
    uint64_t cost);
void ngx_api_ratelimit_rate_report(const ngx_api_ratelimit_item_t *item,
    ngx_api_ratelimit_report_t *report);

/*
 * A number of requests or bytes (with a size's unit): NGX_OK; NGX_DECLINED
 * for "off"; NGX_ERROR.
 */

ngx_int_t ngx_api_ratelimit_number(const ngx_str_t *text, ngx_uint_t bytes,
    uint64_t *n);
ngx_int_t ngx_api_ratelimit_value(ngx_http_request_t *r,
    const ngx_http_complex_value_t *cv, ngx_uint_t bytes, uint64_t *n);

/* NGX_ERROR when that is none, or too many. */

ngx_int_t ngx_api_ratelimit_window_limit(const api_rate_t *rate,
    uint64_t length, uint64_t *limit);


/* The parameters of the directives that define a limit, as written. */

typedef struct {
    ngx_str_t                   zone;
    ngx_str_t                   key;
    ngx_str_t                   when;
    ngx_uint_t                  at;
    ngx_uint_t                  empty;
    ngx_uint_t                  status;

    ngx_str_t                   cost;
    ngx_array_t                *charge;
    ngx_array_t                *refund;

    ngx_str_t                   rate;
    ngx_str_t                   burst;
    ngx_uint_t                  delay;
    time_t                      window;
    ngx_str_t                   store;
    ngx_uint_t                  sync;

    ngx_str_t                   limit;
    ngx_str_t                   period;
    ngx_str_t                   tz;
    ngx_uint_t                  unit;
} ngx_api_ratelimit_words_t;

#define NGX_API_RATELIMIT_WORD(name, type, field, names)                      \
    { ngx_string(name), type, offsetof(ngx_api_ratelimit_words_t, field),     \
      names }

#define NGX_API_RATELIMIT_COMMON_WORDS                                        \
    NGX_API_RATELIMIT_WORD("zone", NGX_API_OPT_STR, zone, NULL),              \
    NGX_API_RATELIMIT_WORD("key", NGX_API_OPT_STR, key, NULL),                \
    NGX_API_RATELIMIT_WORD("when", NGX_API_OPT_STR, when, NULL),              \
    NGX_API_RATELIMIT_WORD("at", NGX_API_OPT_ENUM, at,                        \
                           ngx_api_ratelimit_ats),                            \
    NGX_API_RATELIMIT_WORD("empty", NGX_API_OPT_ENUM, empty,                  \
                           ngx_api_ratelimit_empties),                        \
    NGX_API_RATELIMIT_WORD("status", NGX_API_OPT_NUM, status, NULL)

#define NGX_API_RATELIMIT_CHARGE_WORDS                                        \
    NGX_API_RATELIMIT_WORD("cost", NGX_API_OPT_STR, cost, NULL),              \
    NGX_API_RATELIMIT_WORD("charge", NGX_API_OPT_WORDS, charge, NULL),        \
    NGX_API_RATELIMIT_WORD("refund", NGX_API_OPT_WORDS, refund, NULL)

extern const ngx_str_t  ngx_api_ratelimit_ats[];
extern const ngx_str_t  ngx_api_ratelimit_empties[];

/*
 * A new policy, named by the first argument; the others go to words.  NULL:
 * an error, logged.  Then what they mean.
 */

ngx_api_ratelimit_policy_t *ngx_api_ratelimit_define(ngx_conf_t *cf,
    ngx_api_ratelimit_main_conf_t *mcf, ngx_api_ratelimit_words_t *words,
    const ngx_api_opt_t *opts);
char *ngx_api_ratelimit_common(ngx_conf_t *cf,
    ngx_api_ratelimit_policy_t *policy,
    const ngx_api_ratelimit_words_t *words);
char *ngx_api_ratelimit_charges(ngx_conf_t *cf,
    ngx_api_ratelimit_policy_t *policy,
    const ngx_api_ratelimit_words_t *words);

/* *cv is NULL when there is no variable in text. */

char *ngx_api_ratelimit_compile(ngx_conf_t *cf, const ngx_str_t *text,
    ngx_http_complex_value_t **cv);


#endif /* _NGX_API_RATELIMIT_KIND_H_INCLUDED_ */
