
#include "ngx_api_refuse.h"


static void ngx_api_refuse_log(ngx_http_request_t *r,
    const ngx_api_self_t *self, ngx_api_record_t *rec,
    const ngx_api_why_t *why, ngx_uint_t verdict);
static ngx_uint_t ngx_api_refuse_ours(ngx_http_request_t *r,
    const ngx_api_record_t *rec, ngx_uint_t owner);
static ngx_int_t ngx_api_refuse_grpc(ngx_http_request_t *r,
    const ngx_api_self_t *self, ngx_api_record_t *rec,
    const ngx_api_shared_t *shared);
static ngx_buf_t *ngx_api_refuse_body(ngx_http_request_t *r,
    const ngx_api_self_t *self);
static void ngx_api_refuse_problem(api_writer_t *w,
    const ngx_api_refusal_t *refusal, const ngx_str_t *support_id,
    const ngx_api_shared_t *shared);


#define NGX_API_PROBLEM_MAX  1024


typedef struct {
    ngx_uint_t                  status;
    ngx_str_t                   grpc;
} ngx_api_grpc_status_t;


/* grpc/doc/http-grpc-status-mapping.md, and 413, 422, 503 by their meaning */

static const ngx_api_grpc_status_t  ngx_api_grpc_statuses[] = {
    { 400, ngx_string("3") },    /* INVALID_ARGUMENT */
    { 401, ngx_string("16") },   /* UNAUTHENTICATED */
    { 403, ngx_string("7") },    /* PERMISSION_DENIED */
    { 404, ngx_string("12") },   /* UNIMPLEMENTED */
    { 413, ngx_string("8") },    /* RESOURCE_EXHAUSTED */
    { 415, ngx_string("3") },
    { 422, ngx_string("3") },
    { 429, ngx_string("8") },
    { 503, ngx_string("14") },   /* UNAVAILABLE */
    { 0, ngx_string("2") }       /* UNKNOWN */
};


ngx_int_t
ngx_api_self_init(ngx_conf_t *cf, ngx_api_self_t *self, ngx_uint_t id)
{
    self->id = id;
    self->record = ngx_api_record_index(cf);
    self->request_id = ngx_api_support_id_index(cf);

    if (self->record == NGX_ERROR || self->request_id == NGX_ERROR) {
        return NGX_ERROR;
    }

    return ngx_api_door_find(cf, NGX_API_SEC, &self->sec);
}


ngx_int_t
ngx_api_refuse(ngx_http_request_t *r, const ngx_api_self_t *self,
    ngx_api_record_t *rec, const ngx_api_why_t *why, ngx_uint_t mode)
{
    mode = ngx_api_excepted_mode(r, self, why->check, &why->reason, mode);

    ngx_api_refuse_log(r, self, rec, why,
                       mode == NGX_API_MODE_ENFORCE ? NGX_API_DENY
                                                    : NGX_API_MONITOR);

    return ngx_api_refuse_quietly(r, self, rec, why, mode);
}


ngx_int_t
ngx_api_refuse_quietly(ngx_http_request_t *r, const ngx_api_self_t *self,
    ngx_api_record_t *rec, const ngx_api_why_t *why, ngx_uint_t mode)
{
    static const char    name[] = "WWW-Authenticate";
    ngx_table_elt_t     *h;
    ngx_api_refusal_t   *refusal;

    if (mode != NGX_API_MODE_ENFORCE) {
        ngx_api_record_decide(rec, why->check, NGX_API_MONITOR, why->status,
                              &why->reason, &why->detail);
        return NGX_DECLINED;
    }

    ngx_api_record_decide(rec, why->check, NGX_API_DENY, why->status,
                          &why->reason, &why->detail);

    if (why->challenge.len) {
        h = r->headers_out.www_authenticate;

        /* that of a refusal before an internal redirect is replaced */

        if (h && h->key.data == (u_char *) (uintptr_t) name) {
            h->hash = 1;
            h->value = why->challenge;

        } else {
            h = ngx_api_add_header(r, name, &why->challenge);
            if (h == NULL) {
                return NGX_HTTP_INTERNAL_SERVER_ERROR;
            }
        }

        r->headers_out.www_authenticate = h;
    }

    refusal = &rec->refusal;

    refusal->status = why->status;
    refusal->uri_changes = r->uri_changes;
    refusal->upstream = r->upstream;
    refusal->owner = self->id;
    refusal->check = why->check;
    refusal->code = why->code;
    refusal->title = why->title;
    refusal->detail = why->detail;

    ngx_str_null(&refusal->type);
    ngx_str_null(&refusal->member);
    ngx_str_null(&refusal->value);

    return why->status;
}


void
ngx_api_refuse_problem_type(ngx_api_record_t *rec, const ngx_str_t *type,
    const ngx_str_t *member, const ngx_str_t *value)
{
    rec->refusal.type = *type;
    rec->refusal.member = *member;
    rec->refusal.value = *value;
}


static void
ngx_api_refuse_log(ngx_http_request_t *r, const ngx_api_self_t *self,
    ngx_api_record_t *rec, const ngx_api_why_t *why, ngx_uint_t verdict)
{
    size_t  len;
    char    detail[API_TEXT_LOG_MAX(128)];

    if (!(r->connection->log->log_level >= NGX_LOG_INFO)) {
        return;
    }

    len = api_text_log(ngx_api_span(&why->detail), detail, sizeof(detail),
                       NULL);

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "%V: %s %ui %V %V%s%*s, support id %V",
                  &ngx_api_module_names[self->id],
                  verdict == NGX_API_DENY ? "refused" : "would refuse",
                  why->status, &ngx_api_check_names[why->check],
                  &why->reason, len ? ": " : "", len, detail,
                  ngx_api_support_id(r, rec, self->request_id));
}


void
ngx_api_refuse_overruled(ngx_http_request_t *r, ngx_api_record_t *rec)
{
    rec->refusal.status = 0;

    if (r->headers_out.www_authenticate) {
        r->headers_out.www_authenticate->hash = 0;
        r->headers_out.www_authenticate = NULL;
    }
}


static ngx_uint_t
ngx_api_refuse_ours(ngx_http_request_t *r, const ngx_api_record_t *rec,
    ngx_uint_t owner)
{
    const ngx_api_refusal_t  *refusal;

    refusal = &rec->refusal;

    return r == r->main && refusal->status && refusal->owner == owner
           && refusal->status == r->headers_out.status
           && refusal->uri_changes == r->uri_changes
           && refusal->upstream == r->upstream;
}


ngx_int_t
ngx_api_refuse_header(ngx_http_request_t *r, const ngx_api_self_t *self,
    ngx_buf_t **body)
{
    ngx_buf_t               *b;
    ngx_api_record_t        *rec;
    const ngx_api_shared_t  *shared;

    *body = NULL;

    rec = ngx_api_record_peek(r, self->record);

    if (rec == NULL || !ngx_api_refuse_ours(r, rec, self->id)) {
        return NGX_OK;
    }

    shared = ngx_api_shared(r, self->sec);

    if (ngx_api_is_grpc(r)) {
        return ngx_api_refuse_grpc(r, self, rec, shared);
    }

    ngx_http_clear_accept_ranges(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_etag(r);

    if (shared->reject == NGX_API_REJECT_EMPTY) {
        ngx_http_clear_content_length(r);
        r->headers_out.content_length_n = 0;
        r->headers_out.content_type.len = 0;
        r->headers_out.content_type_len = 0;
        r->headers_out.content_type.data = NULL;
        r->header_only = 1;
        return NGX_OK;
    }

    b = ngx_api_refuse_body(r, self);
    if (b == NULL) {
        return NGX_ERROR;
    }

    ngx_http_clear_content_length(r);
    r->headers_out.content_length_n = b->last - b->pos;

    ngx_str_set(&r->headers_out.content_type, "application/problem+json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    r->headers_out.charset.len = 0;

    *body = b;

    return NGX_OK;
}


ngx_uint_t
ngx_api_is_grpc(const ngx_http_request_t *r)
{
    const ngx_str_t  *type;

    static const char  grpc[] = "application/grpc";

    /* what calls itself gRPC in HTTP/1 is none */

    if (r->http_version < NGX_HTTP_VERSION_20
        || r->headers_in.content_type == NULL)
    {
        return 0;
    }

    type = &r->headers_in.content_type->value;

    return type->len >= sizeof(grpc) - 1
           && ngx_strncasecmp(type->data, (u_char *) grpc, sizeof(grpc) - 1)
              == 0
           && (type->len == sizeof(grpc) - 1
               || type->data[sizeof(grpc) - 1] == '+'
               || type->data[sizeof(grpc) - 1] == ';');
}


/* A Trailers-Only response: the status stands in the headers. */

static ngx_int_t
ngx_api_refuse_grpc(ngx_http_request_t *r, const ngx_api_self_t *self,
    ngx_api_record_t *rec, const ngx_api_shared_t *shared)
{
    const ngx_api_grpc_status_t  *g;

    g = ngx_api_grpc_statuses;

    while (g->status && g->status != rec->refusal.status) {
        g++;
    }

    if (ngx_api_add_header(r, "grpc-status", &g->grpc) == NULL
        || (shared->detail != NGX_API_DETAIL_NONE
            && ngx_api_add_header(r, "grpc-message", &rec->refusal.title)
               == NULL)
        || ngx_api_add_header(r, "x-support-id",
                              ngx_api_support_id(r, rec, self->request_id))
           == NULL)
    {
        return NGX_ERROR;
    }

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.status_line.len = 0;

    ngx_http_clear_content_length(r);
    ngx_str_set(&r->headers_out.content_type, "application/grpc");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    r->header_only = 1;

    return NGX_OK;
}


static ngx_buf_t *
ngx_api_refuse_body(ngx_http_request_t *r, const ngx_api_self_t *self)
{
    char              *text;
    size_t             size;
    ngx_buf_t         *b;
    api_span_t         json;
    api_writer_t       w;
    ngx_api_record_t  *rec;
    char               small[2 * NGX_API_PROBLEM_MAX];

    rec = ngx_api_record_peek(r, self->record);

    if (rec == NULL) {
        return NULL;
    }

    size = NGX_API_PROBLEM_MAX + rec->refusal.value.len;
    text = size <= sizeof(small) ? small : ngx_pnalloc(r->pool, size);
    b = ngx_calloc_buf(r->pool);

    if (text == NULL || b == NULL) {
        return NULL;
    }

    api_writer_init(&w, text, size);

    ngx_api_refuse_problem(&w, &rec->refusal,
                           ngx_api_support_id(r, rec, self->request_id),
                           ngx_api_shared(r, self->sec));

    if (api_writer_done(&w, &json) != API_OK) {
        return NULL;
    }

    /* what is kept of it has its own length */

    b->pos = ngx_pnalloc(r->pool, json.len + 1);
    if (b->pos == NULL) {
        return NULL;
    }

    b->last = ngx_cpymem(b->pos, json.data, json.len);
    *b->last++ = LF;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    return b;
}


/* RFC 9457, with the members code and support_id of our own. */

static void
ngx_api_refuse_problem(api_writer_t *w, const ngx_api_refusal_t *refusal,
    const ngx_str_t *support_id, const ngx_api_shared_t *shared)
{
    char     url[NGX_API_TYPE_BASE_MAX + 64];
    u_char  *p;
    size_t   room;

    room = sizeof(",\"support_id\":\"\"") + support_id->len;

    api_writer_object(w);
    api_writer_name(w, API_SPAN("type"));

    if (shared->type_base.len && shared->detail != NGX_API_DETAIL_NONE) {
        p = ngx_snprintf((u_char *) url, sizeof(url), "%V%V",
                         &shared->type_base, &refusal->code);
        api_writer_string(w, api_span(url, p - (u_char *) url));

    } else if (refusal->type.len && shared->detail != NGX_API_DETAIL_NONE) {
        api_writer_string(w, ngx_api_span(&refusal->type));

    } else {
        api_writer_string(w, API_SPAN("about:blank"));
    }

    api_writer_name(w, API_SPAN("status"));
    api_writer_uint(w, refusal->status);

    if (shared->detail != NGX_API_DETAIL_NONE) {
        api_writer_name(w, API_SPAN("title"));
        api_writer_string(w, ngx_api_span(&refusal->title));
        api_writer_name(w, API_SPAN("code"));
        api_writer_string(w, ngx_api_span(&refusal->code));
    }

    if (shared->detail != NGX_API_DETAIL_NONE && refusal->member.len) {
        api_writer_name(w, ngx_api_span(&refusal->member));
        api_writer_raw(w, ngx_api_span(&refusal->value));
    }

    if (shared->detail == NGX_API_DETAIL_FULL && refusal->detail.len) {

        /* it may be a client's, and then each byte of it "\ufffd" */

        api_writer_reserve(w, room);
        api_writer_name(w, API_SPAN("detail"));
        (void) api_writer_cut(w, ngx_api_span(&refusal->detail), 200);
        api_writer_release(w, room);
    }

    api_writer_name(w, API_SPAN("support_id"));
    api_writer_string(w, ngx_api_span(support_id));
    api_writer_end(w);
}


ngx_table_elt_t *
ngx_api_add_header(ngx_http_request_t *r, const char *name,
    const ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NULL;
    }

    h->hash = 1;
    h->key.len = ngx_strlen(name);
    h->key.data = (u_char *) (uintptr_t) name;
    h->value = *value;
    ngx_api_header_single(h);

    return h;
}
