/*
 * apisec attack: requests that an API has to refuse, made from its OpenAPI
 * document, and what became of them.
 *
 * Each is a valid request with one thing wrong in it.  The valid one is sent
 * too: an attack is refused when it is answered by another status of 400 to
 * 499 than the valid request.
 */

#ifndef APISEC_ATTACK_H
#define APISEC_ATTACK_H

#include "apisec_http.h"
#include "apisec_parts.h"
#include "apisec_sample.h"
#include "apisec_schema.h"


typedef enum {
    APISEC_NO_TOKEN = 0,
    APISEC_BAD_TOKEN,
    APISEC_TAMPERED_TOKEN,
    APISEC_ALG_NONE,
    APISEC_ALG_CONFUSION,
    APISEC_WRONG_SCOPE,
    APISEC_FOREIGN_OBJECT,
    APISEC_UNDOCUMENTED_METHOD,
    APISEC_METHOD_OVERRIDE,
    APISEC_EXTRA_MEMBER,
    APISEC_MISSING_MEMBER,
    APISEC_TYPE,
    APISEC_BOUND,
    APISEC_BIG_BODY,
    APISEC_MEDIA_TYPE,
    APISEC_BROKEN_BODY,
    APISEC_DUPLICATE_MEMBER,
    APISEC_UNKNOWN_PARAMETER,
    APISEC_UNDOCUMENTED_PATH,
    APISEC_TRAVERSAL,
    APISEC_INTERNAL,
    APISEC_NO_LIMIT,
    APISEC_NATTACKS
} apisec_attack_kind_t;

typedef struct {
    const char *id;    /* "no-token" */
    const char *owasp; /* "API2:2023" */
    const char *title; /* what is wrong when it is let through */
    const char *expect;
    const char *page; /* in docs/, how to close it */
} apisec_attack_row_t;

extern const apisec_attack_row_t apisec_attacks[APISEC_NATTACKS];


typedef enum {
    APISEC_REFUSED = 0,
    APISEC_ACCEPTED,  /* answered otherwise, or by a 5xx */
    APISEC_UNDECIDED, /* as the valid request, or not at all */
    APISEC_NOT_SENT,  /* over --max or --time */
    APISEC_NOUTCOMES
} apisec_outcome_t;

typedef struct apisec_case_s apisec_case_t;

struct apisec_case_s {
    apisec_attack_kind_t   kind;
    const api_operation_t *op;     /* NULL: of none */
    const char            *detail; /* "/lines/0/quantity", "limit"; or "" */
    apisec_http_t          request;
    unsigned               times; /* sent so often: a limit is looked for */
    apisec_reply_t         reply;
    apisec_outcome_t       outcome;
    apisec_case_t         *next;
};

typedef struct {
    const char *token;        /* of a caller who may do everything; or NULL */
    const char *weak;         /* of one who may do nothing */
    const char *key;          /* an API key */
    const char *public;       /* the text of the issuer's public key, PEM */
    const char *const *own;   /* "customerId=alice": what is the caller's */
    const char *const *other; /* "customerId=bob": what is not */
    size_t             nown;
    size_t             nother;
} apisec_caller_t;

/* The valid request of an operation. */

typedef struct {
    apisec_http_t  request;
    const char    *missing; /* why there is none; NULL: there is one */
    apisec_reply_t reply;
} apisec_valid_t;

typedef struct {
    api_openapi_t  *spec;
    api_docs_t     *docs;
    api_node_t      root;
    apisec_caller_t caller;
    unsigned        burst;
    bool            read_only; /* GET and HEAD alone */

    apisec_valid_t *valid; /* a place an operation */
    apisec_case_t  *first;
    apisec_case_t  *last;
} apisec_attack_t;


/* apisec_attack_plan.c: fills valid, first, last. */

void apisec_attack_plan(apisec_attack_t *attack);

apisec_case_t *apisec_attack_add(apisec_attack_t *attack,
    apisec_attack_kind_t kind, const api_operation_t *op, const char *detail,
    const apisec_http_t *request);

/* A field in place of one of that name; value NULL: none at all. */

void apisec_attack_field(
    apisec_http_t *request, const char *name, const char *value);


/* apisec_attack_request.c */

typedef struct {
    api_node_t  node; /* the parameter */
    const char *name;
    const char *in;
    bool        required;
    api_node_t  schema;
    cJSON      *value; /* NULL: none was found */
} apisec_param_t;

#define APISEC_PARAMS_MAX 64

typedef struct {
    const apisec_attack_t *attack;
    const api_operation_t *op;
    apisec_param_t         params[APISEC_PARAMS_MAX];
    size_t                 nparams;
    const char            *media; /* of the body; NULL: it has none */
    api_node_t             schema;
    cJSON                 *body;
} apisec_shape_t;

/* What the document says of the operation. */

void apisec_shape(apisec_shape_t *shape, const apisec_attack_t *attack,
    const api_operation_t *op);

/*
 * The request: with required parameters, those of the caller's own, and
 * parameter number `with` (or none: SIZE_MAX) as `value`, which may be NULL
 * to leave it out.
 */

void apisec_shape_request(const apisec_shape_t *shape, size_t with,
    const cJSON *value, apisec_http_t *request);

/* A body in the shape's media type; false: it has no form in it. */

bool apisec_shape_body(
    const apisec_shape_t *shape, const cJSON *value, apisec_http_t *request);

/* What the compiled document says of a request: 0 or its status. */

unsigned apisec_shape_check(
    const apisec_attack_t *attack, const apisec_http_t *request);

const char *apisec_percent(const char *text); /* all but unreserved */


/* apisec_attack_token.c: a JWT changed; NULL when token is none. */

const char *apisec_tampered(const char *token);
const char *apisec_unsigned(const char *token);
const char *apisec_confused(const char *token, const char *public);


/* apisec_attack_report.c */

typedef enum {
    APISEC_REPORT_TEXT = 0,
    APISEC_REPORT_JSON,
    APISEC_REPORT_SARIF,
    APISEC_REPORT_JUNIT,
    APISEC_NREPORTS
} apisec_report_t;

extern const char *const apisec_report_names[APISEC_NREPORTS];

void apisec_attack_report(const apisec_attack_t *attack, apisec_report_t form,
    const char *document, const char *url);


#endif /* APISEC_ATTACK_H */
