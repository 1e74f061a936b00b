
/*
 * One request for api_status.
 *
 *   GET  ""               the document of all modules, or the page
 *   GET  metrics          for Prometheus
 *   *    SECTION[/PATH]   a resource of the module that has it
 *
 * A page of another site can make a browser send requests here: by a name
 * that resolves to us (so Host has to be one of the server's), or across
 * origins (so what writes has a header and a type that need a preflight).
 */

#include "ngx_api_sec_status.h"
#include "ngx_api_sec_audit.h"


typedef struct {
    const ngx_api_door_t       *door;
    const ngx_api_section_t    *section;
    ngx_str_t                   path;
} ngx_api_sec_target_t;


typedef struct {
    ngx_uint_t                  status;
    ngx_str_t                   title;        /* of a refusal */
    ngx_str_t                   type;
    api_span_t                  text;
    ngx_uint_t                  slices;       /* is made by them */
} ngx_api_sec_answer_t;


static ngx_uint_t ngx_api_sec_status_target(ngx_http_request_t *r,
    const ngx_api_sec_status_t *status, ngx_api_sec_target_t *target);
static ngx_int_t ngx_api_sec_status_body_type(ngx_http_request_t *r);
static void ngx_api_sec_status_body(ngx_http_request_t *r);
static ngx_int_t ngx_api_sec_status_write(ngx_http_request_t *r);
static ngx_int_t ngx_api_sec_status_text(ngx_http_request_t *r,
    api_span_t *text);
static ngx_int_t ngx_api_sec_status_call(ngx_http_request_t *r,
    const ngx_api_sec_target_t *target, const api_json_t *body,
    api_arena_t *arena);
static ngx_int_t ngx_api_sec_status_missed(ngx_http_request_t *r,
    const ngx_api_sec_target_t *target, ngx_uint_t status);
static int ngx_api_sec_status_ask(ngx_http_request_t *r,
    const ngx_api_sec_target_t *target, const api_json_t *body,
    api_arena_t *arena, size_t size, ngx_api_sec_answer_t *answer);
static void ngx_api_sec_status_log(ngx_http_request_t *r,
    const ngx_api_sec_target_t *target, ngx_uint_t status);


#define NGX_API_SEC_STATUS_SIZE  32768


static const ngx_str_t  ngx_api_sec_status_json =
    ngx_string("application/json");
ngx_int_t
ngx_api_sec_status_handler(ngx_http_request_t *r)
{
    ngx_int_t                        rc;
    ngx_uint_t                       status;
    api_alloc_t                      alloc;
    api_arena_t                      arena;
    ngx_api_sec_target_t             target;
    const ngx_api_sec_loc_conf_t    *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);

    rc = ngx_api_sec_status_host(r, lcf->status);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        rc = ngx_api_sec_status_may_write(r, lcf);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    status = ngx_api_sec_status_target(r, lcf->status, &target);

    if (status) {
        return ngx_api_sec_status_missed(r, &target, status);
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_api_sec_status_body_type(r);
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    ngx_api_pool_alloc(&alloc, r->pool);
    api_arena_init(&arena, &alloc, 4096, 0);

    return ngx_api_sec_status_call(r, &target, NULL, &arena);
}


/* What follows the location's name: 0, or the status that says no. */

static ngx_uint_t
ngx_api_sec_status_target(ngx_http_request_t *r,
    const ngx_api_sec_status_t *status, ngx_api_sec_target_t *target)
{
    u_char                    *p, *last, *slash;
    ngx_str_t                  name;
    ngx_uint_t                 i, method;
    const ngx_api_door_t      *doors[NGX_API_NMODULES];
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (r->uri.len < clcf->name.len
        || ngx_memcmp(r->uri.data, clcf->name.data, clcf->name.len) != 0)
    {
        return NGX_HTTP_NOT_FOUND;
    }

    p = r->uri.data + clcf->name.len;
    last = r->uri.data + r->uri.len;

    if (p < last && p[-1] != '/' && *p++ != '/') {
        return NGX_HTTP_NOT_FOUND;
    }

    slash = ngx_strlchr(p, last, '/');

    name.data = p;
    name.len = (slash ? slash : last) - p;

    target->path.data = slash ? slash + 1 : last;
    target->path.len = last - target->path.data;

    for (i = 0; i < NGX_API_NMODULES; i++) {
        doors[i] = ngx_api_door(r, i);
    }

    if (name.len == 0 && slash == NULL
        && ngx_api_sec_page_wanted(r, status))
    {
        ngx_str_set(&name, "ui");
    }

    if (name.len == 0 && slash == NULL) {
        target->door = doors[NGX_API_SEC];
        target->section = &ngx_api_sec_status_document;

    } else {
        target->section = ngx_api_sec_status_find(doors, &name,
                                                  &target->door);
    }

    if (target->section == NULL
        || !ngx_api_sec_status_shown(status, &target->section->name))
    {
        return NGX_HTTP_NOT_FOUND;
    }

    method = r->method == NGX_HTTP_HEAD ? NGX_HTTP_GET : r->method;

    return target->section->methods & method ? 0 : NGX_HTTP_NOT_ALLOWED;
}


static ngx_int_t
ngx_api_sec_status_missed(ngx_http_request_t *r,
    const ngx_api_sec_target_t *target, ngx_uint_t status)
{
    static const ngx_str_t  title = ngx_string("There is no such section");

    return status == NGX_HTTP_NOT_ALLOWED
           ? ngx_api_sec_status_not_allowed(r, target->section)
           : ngx_api_sec_status_problem(r, status, &title);
}


const ngx_api_section_t *
ngx_api_sec_status_find(const ngx_api_door_t * const *doors,
    const ngx_str_t *name, const ngx_api_door_t **door)
{
    ngx_uint_t                i;
    const ngx_api_section_t  *s;

    for (i = 0; i < NGX_API_NMODULES; i++) {
        *door = doors[i];

        if (doors[i] == NULL || doors[i]->sections == NULL) {
            continue;
        }

        for (s = doors[i]->sections; s->handler; s++) {
            if (api_span_eq(ngx_api_span(&s->name), ngx_api_span(name))) {
                return s;
            }
        }
    }

    return NULL;
}


/* The document itself always is. */

ngx_uint_t
ngx_api_sec_status_shown(const ngx_api_sec_status_t *status,
    const ngx_str_t *name)
{
    ngx_uint_t        i;
    const ngx_str_t  *shown;

    if (status->sections == NULL || name->len == 0) {
        return 1;
    }

    shown = status->sections->elts;

    for (i = 0; i < status->sections->nelts; i++) {
        if (api_span_eq(ngx_api_span(&shown[i]), ngx_api_span(name))) {
            return 1;
        }
    }

    return 0;
}


/* Before it is read: its size and type. */

static ngx_int_t
ngx_api_sec_status_body_type(ngx_http_request_t *r)
{
    ngx_int_t    rc;
    ngx_str_t   *type;
    api_span_t   rest;

    static const ngx_str_t  length = ngx_string("Send a Content-Length");
    static const ngx_str_t  large = ngx_string("64 KiB may be sent");
    static const ngx_str_t  json = ngx_string("Send application/json");

    if (r->headers_in.chunked) {
        return ngx_api_sec_status_problem(r, NGX_HTTP_LENGTH_REQUIRED,
                                          &length);
    }

    if (r->headers_in.content_length_n > NGX_API_ADMIN_BODY) {
        return ngx_api_sec_status_problem(r,
                                  NGX_HTTP_REQUEST_ENTITY_TOO_LARGE, &large);
    }

    if (r->headers_in.content_length_n > 0) {
        type = r->headers_in.content_type ? &r->headers_in.content_type->value
                                          : NULL;
        rest = type ? ngx_api_span(type) : api_span(NULL, 0);

        if (!api_span_eq_nocase(ngx_api_header_word(&rest, ';'),
                                ngx_api_span(&ngx_api_sec_status_json)))
        {
            return ngx_api_sec_status_problem(r,
                                        NGX_HTTP_UNSUPPORTED_MEDIA_TYPE,
                                        &json);
        }
    }

    r->request_body_in_single_buf = 1;

    rc = ngx_http_read_client_request_body(r, ngx_api_sec_status_body);

    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}


static void
ngx_api_sec_status_body(ngx_http_request_t *r)
{
    ngx_http_finalize_request(r, ngx_api_sec_status_write(r));
}


static ngx_int_t
ngx_api_sec_status_write(ngx_http_request_t *r)
{
    u_char                          *p;
    ngx_int_t                        rc;
    ngx_str_t                        title;
    api_err_t                        err;
    api_json_t                       body;
    api_span_t                       text;
    ngx_uint_t                       status;
    api_alloc_t                      alloc;
    api_arena_t                      arena;
    ngx_api_sec_target_t             target;
    const ngx_api_sec_loc_conf_t    *lcf;
    const ngx_api_sec_main_conf_t   *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);

    status = ngx_api_sec_status_target(r, lcf->status, &target);

    if (status) {
        return ngx_api_sec_status_missed(r, &target, status);
    }

    if (ngx_api_sec_status_text(r, &text) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_api_pool_alloc(&alloc, r->pool);
    api_arena_init(&arena, &alloc, 4096, 0);

    if (text.len == 0) {
        return ngx_api_sec_status_call(r, &target, NULL, &arena);
    }

    rc = api_json_parse(&body, text, NULL, 0, mcf->seed, &arena, &err);

    if (rc == API_OK) {
        return ngx_api_sec_status_call(r, &target, &body, &arena);
    }

    p = ngx_pnalloc(r->pool, 128);

    if (p == NULL || rc == API_NOMEM) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    title.data = p;
    title.len = ngx_snprintf(p, 128, "The body is no JSON: %s at byte %uz",
                             api_json_error_name(err.code), err.pos) - p;

    return ngx_api_sec_status_problem(r, NGX_HTTP_BAD_REQUEST, &title);
}


/* The body in one piece. */

static ngx_int_t
ngx_api_sec_status_text(ngx_http_request_t *r, api_span_t *text)
{
    u_char       *buf, *p;
    ssize_t       n;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    *text = api_span(NULL, 0);

    if (r->request_body == NULL || r->headers_in.content_length_n <= 0) {
        return NGX_OK;
    }

    buf = ngx_pnalloc(r->pool, NGX_API_ADMIN_BODY);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    p = buf;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        b = cl->buf;

        if (ngx_buf_size(b) > buf + NGX_API_ADMIN_BODY - p) {
            return NGX_ERROR;
        }

        if (ngx_buf_in_memory(b)) {
            p = ngx_cpymem(p, b->pos, b->last - b->pos);
            continue;
        }

        n = ngx_read_file(b->file, p, (size_t) ngx_buf_size(b), b->file_pos);

        if (n != (ssize_t) ngx_buf_size(b)) {
            return NGX_ERROR;
        }

        p += n;
    }

    *text = api_span(buf, p - buf);

    return NGX_OK;
}


static ngx_int_t
ngx_api_sec_status_call(ngx_http_request_t *r,
    const ngx_api_sec_target_t *target, const api_json_t *body,
    api_arena_t *arena)
{
    int                     rc;
    size_t                  size;
    ngx_api_sec_answer_t    answer;

    size = NGX_API_SEC_STATUS_SIZE;

    do {
        rc = ngx_api_sec_status_ask(r, target, body, arena, size, &answer);
        size *= 4;

        /* what has changed something is not done twice */

    } while (rc == API_LIMIT && size <= NGX_API_ADMIN_MAX
             && (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)));

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        ngx_api_sec_status_log(r, target, answer.status);
    }

    if (rc == API_LIMIT || rc == API_INTERNAL) {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                      "api_status: the answer of section \"%V\" %s",
                      &target->section->name,
                      rc == API_LIMIT ? "does not fit" : "is no JSON");
    }

    if (rc != API_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (answer.slices) {
        return NGX_DONE;
    }

    if (answer.status >= NGX_HTTP_BAD_REQUEST) {
        return ngx_api_sec_status_problem(r, answer.status, &answer.title);
    }

    return ngx_api_sec_status_send(r, answer.status, &answer.type,
                                   answer.text);
}


/* The section's word, in at most size bytes of JSON. */

static int
ngx_api_sec_status_ask(ngx_http_request_t *r,
    const ngx_api_sec_target_t *target, const api_json_t *body,
    api_arena_t *arena, size_t size, ngx_api_sec_answer_t *answer)
{
    int               rc;
    char             *buf;
    api_writer_t      w;
    ngx_api_admin_t   a;

    ngx_memzero(answer, sizeof(ngx_api_sec_answer_t));
    ngx_memzero(&a, sizeof(ngx_api_admin_t));

    buf = ngx_palloc(r->pool, size);
    if (buf == NULL) {
        return API_NOMEM;
    }

    api_writer_init(&w, buf, size - 1);

    a.r = r;
    a.method = r->method == NGX_HTTP_HEAD ? NGX_HTTP_GET : r->method;
    a.path = target->path;
    a.body = body;
    a.arena = arena;
    a.w = &w;

    answer->status = target->section->handler(target->door, &a);

    if (a.method != NGX_HTTP_GET) {
        ngx_api_sec_audit_admin(r, &target->section->name, answer->status);
    }

    if (a.slice && answer->status < NGX_HTTP_BAD_REQUEST) {
        answer->slices = 1;

        return ngx_api_sec_status_slices(&a, answer->status,
                                         &target->section->name)
               == NGX_DONE
               ? API_OK : API_NOMEM;
    }

    answer->title = a.title;
    answer->type = a.type;
    answer->text = ngx_api_span(&a.raw);

    if (answer->status >= NGX_HTTP_BAD_REQUEST
        || answer->status == NGX_HTTP_NO_CONTENT || a.type.len)
    {
        return API_OK;
    }

    rc = api_writer_done(&w, &answer->text);

    if (rc != API_OK) {
        ngx_pfree(r->pool, buf);
        return rc;
    }

    buf[answer->text.len++] = '\n';
    answer->type = ngx_api_sec_status_json;

    return API_OK;
}


/* Who changed what: the path is what a stranger wrote. */

static void
ngx_api_sec_status_log(ngx_http_request_t *r,
    const ngx_api_sec_target_t *target, ngx_uint_t status)
{
    size_t                          n, len;
    char                            path[256], who[256];
    ngx_api_record_t               *rec;
    const ngx_api_sec_ctx_t        *ctx;
    const ngx_api_sec_main_conf_t  *mcf;
    const ngx_api_sec_identity_t   *id;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    rec = ngx_api_record_peek(r, mcf->self.record);
    ctx = rec ? rec->own[NGX_API_SEC] : NULL;

    n = api_text_log(ngx_api_span(&target->path), path, sizeof(path), NULL);
    len = 0;

    id = ctx ? ngx_api_sec_identity(ctx) : NULL;

    if (id) {
        len = api_text_log(ngx_api_span(&id->principal), who, sizeof(who),
                           NULL);
    }

    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                  "api_status: %V \"%V/%*s\" by \"%*s\": %ui",
                  &r->method_name, &target->section->name, n, path, len, who,
                  status);
}
