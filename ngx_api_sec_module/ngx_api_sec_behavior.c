
/*
 * A request that has ended is an act of somebody: counted for each line of the
 * location.  Who is marked is stopped, or tagged, at the next request.
 */

#include "ngx_api_sec_behavior.h"
#include "ngx_api_sec_monitor.h"


/* A line and a request: who did what. */

typedef struct {
    api_behave_act_t            act;
    api_span_t                  subject;     /* as text */
    api_span_t                  operation;
    ngx_uint_t                  counts;      /* it is an act of that kind */
} ngx_api_sec_deed_t;


static void ngx_api_sec_deed(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_record_t *rec,
    const ngx_api_sec_behavior_t *line, ngx_api_sec_deed_t *deed);
static void ngx_api_sec_deed_things(ngx_http_request_t *r,
    const ngx_api_sec_behavior_t *line, api_sipkey_t key, api_span_t path,
    ngx_api_sec_deed_t *deed);
static api_span_t ngx_api_sec_behavior_subject(ngx_http_request_t *r,
    const ngx_api_record_t *rec, ngx_uint_t kind);
static uint64_t ngx_api_sec_behavior_hash(api_sipkey_t key, ngx_uint_t kind,
    api_span_t subject);
static uint64_t ngx_api_sec_behavior_net(ngx_http_request_t *r,
    api_sipkey_t key);
static ngx_uint_t ngx_api_sec_behavior_object(api_span_t path);
static ngx_uint_t ngx_api_sec_behavior_over(
    const ngx_api_sec_behavior_t *line, const api_behave_state_t *state,
    uint32_t *value);
static ngx_int_t ngx_api_sec_behavior_stop(ngx_http_request_t *r,
    ngx_uint_t principals);
static int64_t ngx_api_sec_behavior_until(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_uint_t kind);
static ngx_int_t ngx_api_sec_behavior_refuse(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t *rec,
    const ngx_api_sec_behavior_t *line, int64_t until);
static ngx_int_t ngx_api_sec_behavior_threat(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


ngx_int_t
ngx_api_sec_behavior_handler(ngx_http_request_t *r)
{
    uint32_t                            value;
    ngx_uint_t                          i;
    api_behave_t                       *table;
    ngx_api_record_t                   *rec;
    api_behave_state_t                  state;
    ngx_api_sec_deed_t                  deed;
    ngx_api_sec_alarm_t                 alarm;
    const ngx_api_sec_loc_conf_t       *lcf;
    const ngx_http_core_srv_conf_t     *cscf;
    ngx_api_sec_behavior_t * const     *line;
    const ngx_api_sec_main_conf_t      *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);
    table = ngx_api_sec_behave(mcf->behaviors);

    if (r != r->main || lcf->behavior.items == NULL || table == NULL
        || r->method_name.len == 0)
    {
        return NGX_OK;
    }

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);
    rec = ngx_api_record_peek(r, mcf->self.record);
    line = lcf->behavior.items->elts;

    for (i = 0; i < lcf->behavior.items->nelts; i++) {
        ngx_api_sec_deed(r, mcf, rec, line[i], &deed);

        if (!deed.counts) {
            continue;
        }

        api_behave_note(table, &deed.act, &state);

        if (!ngx_api_sec_behavior_over(line[i], &state, &value)
            || !api_behave_mark(table, deed.act.subject, ngx_time(),
                                ngx_time() + line[i]->ttl))
        {
            continue;
        }

        ngx_memzero(&alarm, sizeof(ngx_api_sec_alarm_t));

        alarm.kind = line[i]->kind;
        alarm.action = line[i]->action;
        alarm.id = deed.act.subject;
        alarm.host = ngx_api_span(&cscf->server_name);
        alarm.operation = deed.operation;
        alarm.subject = deed.subject;
        alarm.value = value;
        alarm.usual = (uint32_t) line[i]->over;
        alarm.ends = ngx_time() + line[i]->ttl;

        ngx_api_sec_alert_raise(r, mcf, &alarm);
    }

    return NGX_OK;
}


static void
ngx_api_sec_deed(ngx_http_request_t *r, const ngx_api_sec_main_conf_t *mcf,
    const ngx_api_record_t *rec, const ngx_api_sec_behavior_t *line,
    ngx_api_sec_deed_t *deed)
{
    u_char                         *query;
    api_span_t                      path;
    api_sipkey_t                    key;
    const ngx_api_sec_ctx_t        *ctx;

    ngx_memzero(deed, sizeof(ngx_api_sec_deed_t));

    key = api_sipkey(ngx_api_sec_behaved(mcf->behaviors)->key);
    ctx = rec ? rec->own[NGX_API_SEC] : NULL;

    path = ngx_api_span(&r->unparsed_uri);
    query = ngx_strlchr((u_char *) (uintptr_t) path.data,
                        (u_char *) (uintptr_t) path.data + path.len, '?');

    if (query) {
        path.len = query - path.data;
    }

    if (ctx && ctx->routed && ctx->routed->result == NGX_API_SEC_ROUTE_FOUND) {
        deed->operation = ctx->routed->route.op->id;
    }

    deed->subject = ngx_api_sec_behavior_subject(r, rec, line->kind);

    if (line->kind == NGX_API_SEC_ERRORS) {
        deed->subject = deed->operation.len ? deed->operation
                                            : API_SPAN("undocumented");
    }

    if (deed->subject.len == 0 || line->kind == NGX_API_SEC_ANOMALY) {
        return;
    }

    deed->act.subject = ngx_api_sec_behavior_hash(key, line->kind,
                                                  deed->subject);
    deed->act.now = ngx_time();
    deed->act.window = (uint32_t) line->window;

    ngx_api_sec_deed_things(r, line, key, path, deed);
}


static void
ngx_api_sec_deed_things(ngx_http_request_t *r,
    const ngx_api_sec_behavior_t *line, api_sipkey_t key, api_span_t path,
    ngx_api_sec_deed_t *deed)
{
    ngx_str_t   value;
    ngx_uint_t  status;

    status = ngx_api_sec_status_of(r);

    switch (line->kind) {

    case NGX_API_SEC_ENUMERATION:
        deed->counts = ngx_api_sec_behavior_object(path);
        deed->act.bad = status == NGX_HTTP_FORBIDDEN
                        || status == NGX_HTTP_NOT_FOUND;
        deed->act.thing = api_siphash13(key, path);
        break;

    case NGX_API_SEC_STUFFING:
        deed->counts = 1;
        deed->act.bad = status == NGX_HTTP_UNAUTHORIZED
                        || status == NGX_HTTP_FORBIDDEN
                        || status == NGX_HTTP_BAD_REQUEST;

        if (deed->act.bad && line->thing
            && ngx_http_complex_value(r, line->thing, &value) == NGX_OK
            && value.len)
        {
            deed->act.thing = api_siphash13(key, ngx_api_span(&value));
        }

        break;

    case NGX_API_SEC_SCANNER:
        deed->counts = status == NGX_HTTP_NOT_FOUND
                       || status == NGX_HTTP_NOT_ALLOWED
                       || status == NGX_HTTP_FORBIDDEN
                       || status == NGX_HTTP_BAD_REQUEST;
        deed->act.bad = 1;
        deed->act.thing = api_siphash13(key, path);
        break;

    case NGX_API_SEC_SHARING:
        deed->counts = 1;
        deed->act.thing = ngx_api_sec_behavior_net(r, key);
        break;

    default:    /* NGX_API_SEC_ERRORS */
        deed->counts = 1;
        deed->act.bad = status >= NGX_HTTP_INTERNAL_SERVER_ERROR;
        break;
    }
}


/* Objects are looked for by whoever is logged in, else from an address; len 0:
   nobody to be counted. */

static api_span_t
ngx_api_sec_behavior_subject(ngx_http_request_t *r,
    const ngx_api_record_t *rec, ngx_uint_t kind)
{
    const ngx_api_sec_identity_t  *id;

    id = rec ? ngx_api_sec_identity(rec->own[NGX_API_SEC]) : NULL;

    switch (kind) {

    case NGX_API_SEC_SHARING:
        return id ? ngx_api_span(&id->principal) : api_span(NULL, 0);

    case NGX_API_SEC_ENUMERATION:
        return id && id->principal.len
               ? ngx_api_span(&id->principal)
               : ngx_api_span(&r->connection->addr_text);

    default:
        return ngx_api_span(&r->connection->addr_text);
    }
}


static uint64_t
ngx_api_sec_behavior_hash(api_sipkey_t key, ngx_uint_t kind,
    api_span_t subject)
{
    uint64_t  hash;

    key.k0 ^= kind + 1;
    hash = api_siphash13(key, subject);

    return hash ? hash : 1;
}


/* /24 and /48: an address that changes within its network is one place. */

static uint64_t
ngx_api_sec_behavior_net(ngx_http_request_t *r, api_sipkey_t key)
{
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif
    struct sockaddr_in   *sin;

    switch (r->connection->sockaddr->sa_family) {

#if (NGX_HAVE_INET6)
    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) r->connection->sockaddr;
        return api_siphash13(key, api_span(&sin6->sin6_addr, 6));
#endif

    case AF_INET:
        sin = (struct sockaddr_in *) r->connection->sockaddr;
        return api_siphash13(key, api_span(&sin->sin_addr, 3));

    default:
        return 1;
    }
}


/* Is some segment of the path an identifier? */

static ngx_uint_t
ngx_api_sec_behavior_object(api_span_t path)
{
    size_t  i, from;

    for (from = 1, i = 1; i <= path.len; i++) {
        if (i < path.len && path.data[i] != '/') {
            continue;
        }

        if (api_segment_of_path(api_span(path.data + from, i - from))
            != API_SEGMENT_WORD)
        {
            return 1;
        }

        from = i + 1;
    }

    return 0;
}


static ngx_uint_t
ngx_api_sec_behavior_over(const ngx_api_sec_behavior_t *line,
    const api_behave_state_t *state, uint32_t *value)
{
    switch (line->kind) {

    case NGX_API_SEC_ENUMERATION:
        *value = state->things;
        return state->things > line->over
               || (state->things >= 20 && state->bad * 2 > state->acts);

    case NGX_API_SEC_STUFFING:
        *value = line->thing ? state->things : state->bad;
        return *value > line->over;

    case NGX_API_SEC_ERRORS:
        *value = state->bad;
        return state->bad > line->over && state->bad * 2 > state->acts;

    default:    /* NGX_API_SEC_SCANNER, _SHARING */
        *value = state->things;
        return state->things > line->over;
    }
}


/* PREACCESS: by address. */

ngx_int_t
ngx_api_sec_behavior_address(ngx_http_request_t *r)
{
    return ngx_api_sec_behavior_stop(r, 0);
}


/* PRECONTENT: by principal, who is known now. */

ngx_int_t
ngx_api_sec_behavior_principal(ngx_http_request_t *r)
{
    return ngx_api_sec_behavior_stop(r, 1);
}


static ngx_int_t
ngx_api_sec_behavior_stop(ngx_http_request_t *r, ngx_uint_t principals)
{
    int64_t                          until;
    ngx_int_t                        rc;
    ngx_uint_t                       i, by_principal;
    ngx_api_record_t                *rec;
    ngx_api_sec_ctx_t               *ctx;
    const ngx_api_sec_loc_conf_t    *lcf;
    ngx_api_sec_behavior_t * const  *line;
    const ngx_api_sec_main_conf_t   *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);

    if (r != r->main || lcf->behavior.items == NULL
        || ngx_api_sec_behave(mcf->behaviors) == NULL)
    {
        return NGX_DECLINED;
    }

    line = lcf->behavior.items->elts;

    for (i = 0; i < lcf->behavior.items->nelts; i++) {
        by_principal = line[i]->kind == NGX_API_SEC_ENUMERATION
                       || line[i]->kind == NGX_API_SEC_SHARING;

        if (by_principal != principals || line[i]->action < NGX_API_SEC_TAG) {
            continue;
        }

        until = ngx_api_sec_behavior_until(r, mcf, line[i]->kind);

        if (until == 0) {
            continue;
        }

        ctx = ngx_api_sec_ctx(r, mcf, &rec);

        if (ctx == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ctx->threat |= 1U << line[i]->kind;

        rc = line[i]->action == NGX_API_SEC_TAG
             ? NGX_DECLINED
             : ngx_api_sec_behavior_refuse(r, mcf, rec, line[i], until);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    return NGX_DECLINED;
}


/* Until when the caller is marked for that; 0: is not. */

static int64_t
ngx_api_sec_behavior_until(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_uint_t kind)
{
    api_span_t    subject;
    api_sipkey_t  key;

    subject = ngx_api_sec_behavior_subject(r,
                            ngx_api_record_peek(r, mcf->self.record), kind);

    if (subject.len == 0) {
        return 0;
    }

    key = api_sipkey(ngx_api_sec_behaved(mcf->behaviors)->key);

    return api_behave_marked(ngx_api_sec_behave(mcf->behaviors),
                             ngx_api_sec_behavior_hash(key, kind, subject),
                             ngx_time());
}


static ngx_int_t
ngx_api_sec_behavior_refuse(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t *rec,
    const ngx_api_sec_behavior_t *line, int64_t until)
{
    ngx_str_t                      value;
    ngx_uint_t                     mode;
    ngx_api_why_t                  why;
    const ngx_api_sec_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);
    mode = ngx_api_mode(r, &lcf->shared.mode);

    if (mode == NGX_API_MODE_OFF) {
        return NGX_DECLINED;
    }

    ngx_memzero(&why, sizeof(ngx_api_why_t));

    why.check = NGX_API_CHECK_BEHAVIOR;
    why.reason = ngx_api_sec_behavior_names[line->kind];
    ngx_str_set(&why.code, "behavior");
    ngx_str_set(&why.title, "Not now");
    why.status = NGX_HTTP_FORBIDDEN;

    if (line->action == NGX_API_SEC_THROTTLE) {
        why.status = NGX_HTTP_TOO_MANY_REQUESTS;

        value.data = ngx_pnalloc(r->pool, NGX_TIME_T_LEN);

        if (value.data == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        value.len = ngx_sprintf(value.data, "%T", (time_t) until - ngx_time())
                    - value.data;

        if (mode == NGX_API_MODE_ENFORCE
            && ngx_api_add_header(r, "Retry-After", &value) == NULL)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    return ngx_api_refuse(r, &mcf->self, rec, &why, mode);
}


/* $api_threat: behaviours the caller is marked for, separated by commas. */

ngx_int_t
ngx_api_sec_behavior_variable(ngx_conf_t *cf)
{
    static ngx_str_t  name = ngx_string("api_threat");

    return ngx_api_add_variable(cf, &name, ngx_api_sec_behavior_threat, 0, 0);
}


static ngx_int_t
ngx_api_sec_behavior_threat(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                          *p;
    ngx_str_t                        value;
    ngx_uint_t                       i;
    const ngx_api_sec_ctx_t         *ctx;
    const ngx_api_record_t          *rec;
    const ngx_api_sec_main_conf_t   *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    rec = ngx_api_record_peek(r->main, mcf->self.record);
    ctx = rec ? rec->own[NGX_API_SEC] : NULL;

    if (ctx == NULL || ctx->threat == 0) {
        ngx_api_set_variable(v, NULL);
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, 128);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value.data = p;

    for (i = 0; i < NGX_API_SEC_NBEHAVIORS; i++) {
        if (ctx->threat & 1U << i) {
            p = ngx_sprintf(p, "%s%V", p == value.data ? "" : ",",
                            &ngx_api_sec_behavior_names[i]);
        }
    }

    value.len = p - value.data;
    ngx_api_set_variable(v, &value);

    return NGX_OK;
}
