
/*
 * Operands: what rules compare and what is passed on to the upstream.
 *
 *   claim:PATH     of the verified token, with its type
 *   key:id         of the verified API key; also key:owner, key:plan
 *   path:NAME      parameter of the operation's template (api_schema)
 *   query:NAME     parameter of the query, decoded
 *   header:NAME    header of the request
 *   literal:TEXT   (where it makes sense)
 *   $variable      text with variables
 */

#ifndef _NGX_API_SEC_OPERAND_H_INCLUDED_
#define _NGX_API_SEC_OPERAND_H_INCLUDED_


#include "ngx_api_sec.h"
#include "api_operand.h"


typedef enum {
    NGX_API_SEC_OPERAND_CLAIM = 0,
    NGX_API_SEC_OPERAND_KEY,
    NGX_API_SEC_OPERAND_PATH,
    NGX_API_SEC_OPERAND_QUERY,
    NGX_API_SEC_OPERAND_HEADER,
    NGX_API_SEC_OPERAND_LITERAL,
    NGX_API_SEC_OPERAND_VARIABLE
} ngx_api_sec_operand_e;


typedef struct {
    ngx_uint_t                  kind;
    ngx_str_t                   text;         /* as written */
    ngx_str_t                   name;         /* behind the colon; of a header
                                                 in lower case */
    api_claim_path_t            claim;
    size_t                      attribute;    /* of a key: offsetof */
    ngx_http_complex_value_t    cv;
} ngx_api_sec_operand_t;

/* Does it tell who the caller is, and need a credential? */

#define ngx_api_sec_operand_is_identity(op)                                   \
    ((op)->kind <= NGX_API_SEC_OPERAND_KEY)


/* ngx_api_sec_operand_conf.c */

char *ngx_api_sec_operand_conf(ngx_conf_t *cf, ngx_str_t *word,
    ngx_api_sec_operand_t *op);

/*
 * path:NAME belongs to the contract.  It sets mcf->paths while directives are
 * read; without it, or for a name that no template has, such an operand fails
 * nginx -t (ngx_api_sec_operand_check, in postconfiguration).
 */

struct ngx_api_sec_paths_s {
    /* NULL: any name is taken */
    ngx_uint_t                (*known)(const ngx_api_sec_main_conf_t *mcf,
                                  const ngx_str_t *name);

    /*
     * The decoded value of the parameter for this request.  NGX_DECLINED: the
     * operation's template has none of that name; NGX_ABORT: the request is
     * of no operation; NGX_ERROR.
     */
    ngx_int_t                 (*value)(ngx_http_request_t *r,
                                  const ngx_api_sec_main_conf_t *mcf,
                                  const ngx_str_t *name, ngx_str_t *value);
};

/* A path: operand that is still to be checked. */

typedef struct {
    ngx_str_t                   name;
    ngx_str_t                   file;
    ngx_uint_t                  line;
} ngx_api_sec_operand_place_t;

char *ngx_api_sec_operand_check(ngx_conf_t *cf,
    const ngx_api_sec_main_conf_t *mcf);


/* ngx_api_sec_operand.c: for whom rules are looked at. */

typedef struct {
    ngx_http_request_t             *r;
    const ngx_api_sec_main_conf_t  *mcf;
    const ngx_api_sec_loc_conf_t   *lcf;
    ngx_api_sec_ctx_t              *ctx;
    ngx_api_record_t               *rec;
    ngx_uint_t                      mode;
    ngx_uint_t                      verified; /* under this policy */
} ngx_api_sec_caller_t;

/* NGX_OK; NGX_DECLINED when the mode is off; NGX_ERROR. */

ngx_int_t ngx_api_sec_caller(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_loc_conf_t *lcf,
    ngx_api_sec_caller_t *caller);

typedef enum {
    NGX_API_SEC_VALUE = 0,
    NGX_API_SEC_ABSENT,         /* also empty */
    NGX_API_SEC_TWO_READINGS,   /* there, and another may read it otherwise */
    NGX_API_SEC_UNUSED,         /* path: not of this operation */
    NGX_API_SEC_FAILED          /* no memory */
} ngx_api_sec_value_e;

ngx_uint_t ngx_api_sec_operand(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_operand_t *op, api_operand_t *value);

/* The value as text, for a header or a variable. */

ngx_uint_t ngx_api_sec_operand_text(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_operand_t *op, api_span_t *text);

/*
 * May the path, as it was sent, be split into other segments by somebody who
 * decodes or cleans it later than we do?
 */

ngx_uint_t ngx_api_sec_path_two_readings(const ngx_api_sec_caller_t *caller);


#endif /* _NGX_API_SEC_OPERAND_H_INCLUDED_ */
