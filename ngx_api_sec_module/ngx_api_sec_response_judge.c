
/*
 * Is a response as described; and what becomes of one that is not.
 */

#include "ngx_api_sec_schema_response.h"
#include "api_gzip.h"


static api_field_t *ngx_api_sec_answer_more(ngx_http_request_t *r,
    api_field_t *field, u_char *p);
static ngx_int_t ngx_api_sec_answer_text(ngx_api_sec_answer_t *answer,
    api_arena_t *arena);
static ngx_int_t ngx_api_sec_answer_replace(ngx_http_request_t *r);


typedef struct {
    const char                 *code;       /* of the verdict, or NULL */
    ngx_str_t                   reason;
    ngx_str_t                   detail;
} ngx_api_sec_answer_no_t;


/* by ngx_api_sec_answer_no_e */

static const ngx_api_sec_answer_no_t  ngx_api_sec_answer_nos[] = {

    { "", ngx_null_string, ngx_null_string },

    { "status", ngx_string("response_status"), ngx_null_string },

    { "parameter", ngx_string("response_header"), ngx_null_string },

    { "media_type", ngx_string("response_media_type"), ngx_null_string },

    { "body", ngx_string("response_body"), ngx_null_string },

    { "body_syntax", ngx_string("response_syntax"), ngx_null_string },

    { "body_limit", ngx_string("response_too_large"),
      ngx_string("the response is larger than api_schema_response allows") },

    { NULL, ngx_string("response_coding"),
      ngx_string("a response in this Content-Encoding cannot be checked: "
                 "write proxy_set_header Accept-Encoding gzip") },

    { NULL, ngx_string("response_cut"),
      ngx_string("the response ended before its end") },

    { "memory", ngx_string("body_budget"),
      ngx_string("no memory under api_body_budget to hold the response") }
};


/* Those nginx keeps elsewhere, or adds behind us, are put to the others. */

ngx_int_t
ngx_api_sec_answer_fields(ngx_http_request_t *r, api_response_t *response)
{
    u_char                 *p;
    size_t                  n;
    ngx_uint_t              i;
    api_field_t            *field;
    const ngx_list_part_t  *part;
    const ngx_table_elt_t  *h;

    n = 4;

    for (part = &r->headers_out.headers.part; part; part = part->next) {
        n += part->nelts;
    }

    field = ngx_palloc(r->pool, n * sizeof(api_field_t) + NGX_OFF_T_LEN
                                + sizeof("Mon, 28 Sep 1970 06:00:00 GMT"));
    if (field == NULL) {
        return NGX_ERROR;
    }

    response->fields = field;
    p = (u_char *) (field + n);

    for (part = &r->headers_out.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].hash == 0) {
                continue;
            }

            field->name = ngx_api_span(&h[i].key);
            field->value = ngx_api_span(&h[i].value);
            field++;
        }
    }

    field = ngx_api_sec_answer_more(r, field, p);
    response->nfields = field - response->fields;

    return NGX_OK;
}


static api_field_t *
ngx_api_sec_answer_more(ngx_http_request_t *r, api_field_t *field, u_char *p)
{
    if (r->headers_out.content_type.len) {
        field->name = API_SPAN("Content-Type");
        field->value = ngx_api_span(&r->headers_out.content_type);
        field++;
    }

    if (r->headers_out.content_length_n >= 0
        && r->headers_out.content_length == NULL)
    {
        field->name = API_SPAN("Content-Length");
        field->value.data = p;
        p = ngx_sprintf(p, "%O", r->headers_out.content_length_n);
        field->value.len = p - field->value.data;
        field++;
    }

    if (r->headers_out.last_modified == NULL
        && r->headers_out.last_modified_time != -1)
    {
        field->name = API_SPAN("Last-Modified");
        field->value.data = p;
        field->value.len = ngx_http_time(p,
                                         r->headers_out.last_modified_time)
                           - p;
        field++;
    }

    if (r->headers_out.date == NULL) {
        field->name = API_SPAN("Date");
        field->value = ngx_api_span((ngx_str_t *) &ngx_cached_http_time);
        field++;
    }

    return field;
}


ngx_int_t
ngx_api_sec_answer_judge(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_sec_answer_t *answer)
{
    ngx_int_t        rc;
    api_arena_t      arena;
    api_response_t  *response;

    response = &answer->response;
    response->skip_body = 0;
    response->body = api_span(answer->data, answer->len);

    api_arena_init(&arena, &answer->alloc, 0, 0);

    rc = answer->gzip ? ngx_api_sec_answer_text(answer, &arena)
                      : NGX_API_SEC_ANSWER_FITS;

    rc = rc == NGX_API_SEC_ANSWER_FITS
         ? ngx_api_sec_answer_run(r, mcf, rec, answer, &arena)
         : ngx_api_sec_answer_no(r, mcf, rec, answer, rc, NULL);

    api_arena_free(&arena);

    return rc;
}


static ngx_int_t
ngx_api_sec_answer_text(ngx_api_sec_answer_t *answer, api_arena_t *arena)
{
    api_err_t          err;
    api_gzip_limits_t  limits;

    if (answer->len == 0) {
        return NGX_API_SEC_ANSWER_FITS;
    }

    limits.size = answer->conf->size;
    limits.ratio = 0;
    limits.members = 0;

    switch (api_gzip_decode(&answer->response.body, 1, &limits, arena,
                            &answer->response.body, &err))
    {
    case API_OK:
        return NGX_API_SEC_ANSWER_FITS;

    case API_LIMIT:
        return NGX_API_SEC_ANSWER_LIMIT;

    case API_NOMEM:
        return NGX_API_SEC_ANSWER_BUDGET;

    default:
        return NGX_API_SEC_ANSWER_SYNTAX;
    }
}


/*
 * With the limits of the location, of which those that count give way to the
 * size: a response has as many values as there are.
 */

ngx_int_t
ngx_api_sec_answer_run(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_sec_answer_t *answer, api_arena_t *arena)
{
    char                  line[512];
    uint32_t              len;
    ngx_str_t             detail;
    ngx_uint_t            no;
    api_verdict_t         verdict;
    api_json_limits_t     json;
    api_contract_opts_t   opts;

    len = (uint32_t) ngx_min(answer->response.body.len,
                             (size_t) NGX_MAX_INT32_VALUE);

    json = answer->rules->json;
    json.tokens = ngx_max(json.tokens, len);
    json.members = ngx_max(json.members, len);
    json.string = ngx_max(json.string, len);

    opts = answer->rules->opts;
    opts.json = &json;

    (void) api_contract_response(answer->rules->contract->spec->doc,
                                 &answer->response, &opts, arena, &verdict);

    if (verdict.status == 0) {
        return NGX_OK;
    }

    for (no = NGX_API_SEC_ANSWER_STATUS; no < NGX_API_SEC_ANSWER_BUDGET; no++)
    {
        if (ngx_api_sec_answer_nos[no].code
            && ngx_strcmp(ngx_api_sec_answer_nos[no].code, verdict.code) == 0)
        {
            break;
        }
    }

    ngx_str_null(&detail);

    if (verdict.nfaults) {
        detail.data = (u_char *) line;
        detail.len = api_fault_print(&verdict.faults[0], line, sizeof(line));
    }

    return ngx_api_sec_answer_no(r, mcf, rec, answer, no,
                                 detail.len ? &detail : NULL);
}


ngx_int_t
ngx_api_sec_answer_no(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_api_sec_answer_t *answer, ngx_uint_t no, const ngx_str_t *detail)
{
    ngx_api_why_t           why;
    ngx_api_sec_ctx_t      *ctx;
    ngx_api_sec_checked_t  *checked;

    ngx_memzero(&why, sizeof(ngx_api_why_t));

    why.check = NGX_API_CHECK_SCHEMA;
    why.status = NGX_HTTP_BAD_GATEWAY;
    why.reason = ngx_api_sec_answer_nos[no].reason;
    why.detail = ngx_api_sec_answer_nos[no].detail;

    ngx_str_set(&why.code, "invalid_response");
    ngx_str_set(&why.title, "The response of the API is not as described");

    if (detail) {
        why.detail.len = detail->len;
        why.detail.data = ngx_pstrdup(r->main->pool,
                                      (ngx_str_t *) (uintptr_t) detail);
        if (why.detail.data == NULL) {
            return NGX_ERROR;
        }
    }

    answer->state = NGX_API_SEC_ANSWER_DONE;

    ctx = rec->own[NGX_API_SEC];
    checked = ctx->checked;
    checked->error = why.detail.len ? why.detail : why.reason;

    if (ngx_api_refuse(r, &mcf->self, rec, &why, answer->mode)
        == NGX_DECLINED)
    {
        checked->result = NGX_API_SEC_SCHEMA_MONITORED;
        return NGX_DECLINED;
    }

    checked->result = NGX_API_SEC_SCHEMA_REFUSED;
    checked->refused = answer->rules;
    answer->refused = 1;

    return ngx_api_sec_answer_replace(r);
}


/*
 * Once more from the top, with nothing of the upstream in it: modules that run
 * before us add their headers again, ours becomes a problem in the header
 * filter.  ngx_http_filter_finalize_request() would not do, for an error_page
 * that has to be fetched is given up by nginx when it comes from here.
 */

static ngx_int_t
ngx_api_sec_answer_replace(ngx_http_request_t *r)
{
    ngx_int_t   rc;
    ngx_uint_t  status;

    status = r->headers_out.status;

    ngx_http_clean_header(r);

    if (status == NGX_HTTP_SWITCHING_PROTOCOLS) {
        return NGX_HTTP_BAD_GATEWAY;    /* and there is no tunnel */
    }

    r->err_status = NGX_HTTP_BAD_GATEWAY;
    r->headers_out.status = NGX_HTTP_BAD_GATEWAY;

    rc = ngx_http_top_header_filter(r);

    return rc == NGX_ERROR ? NGX_ERROR : NGX_DONE;
}
