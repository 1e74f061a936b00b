
/*
 * Operands at a request.
 *
 * What the client sends is taken once and decoded once, and only when there is
 * one way to read it: a parameter that stands twice, a second header of that
 * name, an escape within an escape are for the rule to refuse, because the
 * upstream may take the other one.
 */

#include "ngx_api_sec_operand.h"
#include "ngx_api_headers_in.h"
#include "api_path.h"
#include "api_urlencoded.h"


struct ngx_api_sec_query_s {
    ngx_str_t                   args;         /* that was parsed */
    int                         rc;
    api_pairs_t                 pairs;
    api_pairs_t                 split;        /* with ; as a separator */
};


static ngx_uint_t ngx_api_sec_operand_of_claim(
    const ngx_api_sec_caller_t *caller, const ngx_api_sec_operand_t *op,
    api_operand_t *value);
static ngx_uint_t ngx_api_sec_operand_of_key(
    const ngx_api_sec_caller_t *caller, const ngx_api_sec_operand_t *op,
    api_operand_t *value);
static ngx_uint_t ngx_api_sec_operand_of_path(
    const ngx_api_sec_caller_t *caller, const ngx_api_sec_operand_t *op,
    api_operand_t *value);
static ngx_uint_t ngx_api_sec_operand_of_query(
    const ngx_api_sec_caller_t *caller, const ngx_api_sec_operand_t *op,
    api_operand_t *value);
static const ngx_api_sec_query_t *ngx_api_sec_query(
    const ngx_api_sec_caller_t *caller);
static ngx_uint_t ngx_api_sec_query_once(const api_pairs_t *pairs,
    api_span_t name, api_span_t *value);
static ngx_uint_t ngx_api_sec_operand_of_header(
    const ngx_api_sec_caller_t *caller, const ngx_api_sec_operand_t *op,
    api_operand_t *value);
static ngx_uint_t ngx_api_sec_operand_of_variable(
    const ngx_api_sec_caller_t *caller, const ngx_api_sec_operand_t *op,
    api_operand_t *value);
static ngx_uint_t ngx_api_sec_operand_sent(api_span_t text,
    api_operand_t *value);


/* No segment means the same to everybody with one of these in the path. */

#define NGX_API_SEC_PATH_FLAGS                                                \
    (API_PATH_F_SLASH|API_PATH_F_DOTS|API_PATH_F_ENC_DOTS|API_PATH_F_EMPTY    \
     |API_PATH_F_BACKSLASH|API_PATH_F_SEMICOLON|API_PATH_F_CONTROL            \
     |API_PATH_F_UTF8|API_PATH_F_DISAGREE)


ngx_int_t
ngx_api_sec_caller(ngx_http_request_t *r, const ngx_api_sec_main_conf_t *mcf,
    const ngx_api_sec_loc_conf_t *lcf, ngx_api_sec_caller_t *caller)
{
    static const ngx_api_mode_t  enforce = { NGX_API_MODE_ENFORCE, NULL };

    caller->r = r;
    caller->mcf = mcf;
    caller->lcf = lcf;
    caller->mode = ngx_api_sec_mode(r, lcf, lcf->auth ? &lcf->auth->mode
                                                      : &enforce);
    caller->ctx = ngx_api_sec_ctx(r, mcf, &caller->rec);
    if (caller->ctx == NULL) {
        return NGX_ERROR;
    }

    /* a credential counts under the policy it was verified for */

    caller->verified = lcf->auth && caller->ctx->auth == lcf->auth
                       && caller->ctx->result == NGX_API_AUTH_OK;

    return caller->mode == NGX_API_MODE_OFF ? NGX_DECLINED : NGX_OK;
}


ngx_uint_t
ngx_api_sec_operand(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_operand_t *op, api_operand_t *value)
{
    *value = api_operand_text(api_span(NULL, 0));

    switch (op->kind) {

    case NGX_API_SEC_OPERAND_CLAIM:
        return ngx_api_sec_operand_of_claim(caller, op, value);

    case NGX_API_SEC_OPERAND_KEY:
        return ngx_api_sec_operand_of_key(caller, op, value);

    case NGX_API_SEC_OPERAND_PATH:
        return ngx_api_sec_operand_of_path(caller, op, value);

    case NGX_API_SEC_OPERAND_QUERY:
        return ngx_api_sec_operand_of_query(caller, op, value);

    case NGX_API_SEC_OPERAND_HEADER:
        return ngx_api_sec_operand_of_header(caller, op, value);

    case NGX_API_SEC_OPERAND_LITERAL:
        *value = api_operand_text(ngx_api_span(&op->name));
        return NGX_API_SEC_VALUE;

    default: /* NGX_API_SEC_OPERAND_VARIABLE */
        return ngx_api_sec_operand_of_variable(caller, op, value);
    }
}


ngx_uint_t
ngx_api_sec_operand_text(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_operand_t *op, api_span_t *text)
{
    ngx_uint_t     rc;
    api_operand_t  value;

    *text = api_span(NULL, 0);

    rc = ngx_api_sec_operand(caller, op, &value);

    if (rc != NGX_API_SEC_VALUE) {
        return rc;
    }

    if (value.doc == NULL) {
        *text = value.text;
        return NGX_API_SEC_VALUE;
    }

    if (api_claim_text(value.doc, value.tok, &caller->ctx->arena, text)
        != API_OK)
    {
        return NGX_API_SEC_FAILED;
    }

    return text->len ? NGX_API_SEC_VALUE : NGX_API_SEC_ABSENT;
}


static ngx_uint_t
ngx_api_sec_operand_of_claim(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_operand_t *op, api_operand_t *value)
{
    const api_json_t  *claims;

    claims = caller->verified ? ngx_api_sec_claims(caller->ctx) : NULL;

    if (claims == NULL) {
        return NGX_API_SEC_ABSENT;
    }

    *value = api_operand_claim(claims, api_claim_find(claims, 0, &op->claim));

    return api_operand_exists(value) ? NGX_API_SEC_VALUE : NGX_API_SEC_ABSENT;
}


static ngx_uint_t
ngx_api_sec_operand_of_key(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_operand_t *op, api_operand_t *value)
{
    const ngx_api_sec_identity_t  *id;

    id = caller->verified ? ngx_api_sec_key_identity(caller->ctx) : NULL;

    if (id == NULL) {
        return NGX_API_SEC_ABSENT;
    }

    value->text = *(const api_span_t *) ((const u_char *) id + op->attribute);

    return value->text.len ? NGX_API_SEC_VALUE : NGX_API_SEC_ABSENT;
}


static ngx_uint_t
ngx_api_sec_operand_of_path(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_operand_t *op, api_operand_t *value)
{
    ngx_int_t  rc;
    ngx_str_t  text;

    rc = caller->mcf->paths->value(caller->r, caller->mcf, &op->name, &text);

    switch (rc) {

    case NGX_OK:
        return ngx_api_sec_operand_sent(ngx_api_span(&text), value);

    case NGX_DECLINED:
        return NGX_API_SEC_UNUSED;

    case NGX_ABORT:
        return NGX_API_SEC_ABSENT;

    default: /* NGX_ERROR */
        return NGX_API_SEC_FAILED;
    }
}


static ngx_uint_t
ngx_api_sec_operand_of_query(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_operand_t *op, api_operand_t *value)
{
    ngx_uint_t                  rc, other;
    api_span_t                  text, again;
    const ngx_api_sec_query_t  *query;

    query = ngx_api_sec_query(caller);

    if (query == NULL || query->rc == API_NOMEM) {
        return NGX_API_SEC_FAILED;
    }

    if (query->rc != API_OK) {
        return NGX_API_SEC_TWO_READINGS;    /* more than we look at */
    }

    rc = ngx_api_sec_query_once(&query->pairs, ngx_api_span(&op->name), &text);

    if (query->pairs.flags & API_PAIR_F_SEMICOLON) {
        other = ngx_api_sec_query_once(&query->split, ngx_api_span(&op->name),
                                       &again);

        if (rc != other || !api_span_eq(text, again)) {
            return NGX_API_SEC_TWO_READINGS;
        }
    }

    return rc == NGX_API_SEC_VALUE ? ngx_api_sec_operand_sent(text, value)
                                   : rc;
}


/* Parsed once for all rules, and again when a rewrite has changed it. */

static const ngx_api_sec_query_t *
ngx_api_sec_query(const ngx_api_sec_caller_t *caller)
{
    api_span_t            text;
    api_arena_t          *arena;
    ngx_http_request_t   *r;
    ngx_api_sec_query_t  *query;

    r = caller->r;
    query = caller->ctx->query;

    if (query && query->args.data == r->args.data
        && query->args.len == r->args.len)
    {
        return query;
    }

    arena = ngx_api_sec_arena(r, caller->ctx);

    query = api_arena_calloc(arena, 1, sizeof(ngx_api_sec_query_t));
    if (query == NULL) {
        return NULL;
    }

    query->args = r->args;
    text = ngx_api_span(&r->args);

    query->rc = api_urlencoded_parse(&query->pairs, text, 0, NULL, arena,
                                     NULL);

    if (query->rc == API_OK && (query->pairs.flags & API_PAIR_F_SEMICOLON)) {
        query->rc = api_urlencoded_parse(&query->split, text,
                                         API_URLENCODED_SEMICOLON, NULL,
                                         arena, NULL);
    }

    caller->ctx->query = query;

    return query;
}


/* The one parameter that anybody takes for `name`; it bears just that name. */

static ngx_uint_t
ngx_api_sec_query_once(const api_pairs_t *pairs, api_span_t name,
    api_span_t *value)
{
    uint32_t           i;
    const api_pair_t  *found;

    found = NULL;
    *value = api_span(NULL, 0);

    for (i = 0; i < pairs->n; i++) {

        if (!api_operand_alike(pairs->pair[i].name, name)) {
            continue;
        }

        if (found || !api_span_eq(pairs->pair[i].name, name)) {
            return NGX_API_SEC_TWO_READINGS;
        }

        found = &pairs->pair[i];
    }

    if (found == NULL) {
        return NGX_API_SEC_ABSENT;
    }

    if (found->flags & API_PAIR_F_PERCENT) {
        return NGX_API_SEC_TWO_READINGS;
    }

    *value = found->value;

    return NGX_API_SEC_VALUE;
}


static ngx_uint_t
ngx_api_sec_operand_of_header(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_operand_t *op, api_operand_t *value)
{
    ngx_uint_t              i;
    ngx_list_part_t        *part;
    ngx_table_elt_t        *h;
    const ngx_table_elt_t  *found;

    found = NULL;

    for (part = &caller->r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (!ngx_api_headers_alike(&h[i], &op->name)) {
                continue;
            }

            if (found
                || ngx_memcmp(h[i].lowcase_key, op->name.data, op->name.len)
                   != 0)
            {
                return NGX_API_SEC_TWO_READINGS;
            }

            found = &h[i];
        }
    }

    return found ? ngx_api_sec_operand_sent(ngx_api_span(&found->value), value)
                 : NGX_API_SEC_ABSENT;
}


static ngx_uint_t
ngx_api_sec_operand_of_variable(const ngx_api_sec_caller_t *caller,
    const ngx_api_sec_operand_t *op, api_operand_t *value)
{
    ngx_str_t  text;

    if (ngx_http_complex_value(caller->r,
                               (ngx_http_complex_value_t *) &op->cv, &text)
        != NGX_OK)
    {
        return NGX_API_SEC_FAILED;
    }

    *value = api_operand_text(ngx_api_span(&text));

    return text.len ? NGX_API_SEC_VALUE : NGX_API_SEC_ABSENT;
}


static ngx_uint_t
ngx_api_sec_operand_sent(api_span_t text, api_operand_t *value)
{
    *value = api_operand_text(text);

    if (text.len == 0) {
        return NGX_API_SEC_ABSENT;
    }

    return api_operand_ambiguous(text) ? NGX_API_SEC_TWO_READINGS
                                       : NGX_API_SEC_VALUE;
}


ngx_uint_t
ngx_api_sec_path_two_readings(const ngx_api_sec_caller_t *caller)
{
    api_path_t                 path;
    ngx_http_request_t        *r;
    ngx_http_core_srv_conf_t  *cscf;

    r = caller->r;

    if (!r->valid_unparsed_uri) {
        return 0;    /* rewritten: the upstream gets what we see */
    }

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    if (api_path_parse(&path, ngx_api_span(&r->unparsed_uri),
                       cscf->merge_slashes, NULL,
                       ngx_api_sec_arena(r, caller->ctx), NULL)
        != API_OK)
    {
        return 1;
    }

    return (path.flags & NGX_API_SEC_PATH_FLAGS) != 0
           || api_operand_ambiguous(path.uri)
           || !api_span_eq(path.uri, ngx_api_span(&r->uri));
}
