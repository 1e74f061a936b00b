
/*
 * A request that has ended is an act of somebody: counted for each line of the
 * location.  Who is marked is stopped, or tagged, at the next request.
 */

#include "ngx_api_sec_behavior.h"
#include "ngx_api_sec_monitor.h"


static ngx_uint_t ngx_api_sec_behavior_same(const ngx_api_sec_behavior_t *a,
    const ngx_api_sec_behavior_t *b);
static ngx_uint_t ngx_api_sec_behavior_counted(
    ngx_api_sec_behavior_t * const *line, ngx_uint_t i);
static void ngx_api_sec_behavior_act(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_record_t *rec,
    ngx_api_sec_behavior_t * const *line, ngx_uint_t n);
static void ngx_api_sec_behavior_tell(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_behavior_t *line,
    const ngx_api_sec_deed_t *deed, uint32_t value);
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
    ngx_uint_t                       i;
    ngx_api_record_t                *rec;
    const ngx_array_t               *lines;
    ngx_api_sec_behavior_t * const  *line;
    const ngx_api_sec_main_conf_t   *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);

    if (r != r->main || r->method_name.len == 0
        || ngx_api_sec_behave(mcf->behaviors) == NULL)
    {
        return NGX_OK;
    }

    rec = ngx_api_record_peek(r, mcf->self.record);
    lines = ngx_api_sec_entered(r, rec)->behavior.items;

    /* what is refused for what came before is no new act: a ban would never
       end for who goes on as usual */

    if (lines == NULL
        || (rec && rec->refusal.status
            && (rec->refusal.check == NGX_API_CHECK_BEHAVIOR
                || rec->refusal.check == NGX_API_CHECK_BAN)))
    {
        return NGX_OK;
    }

    line = lines->elts;

    for (i = 0; i < lines->nelts; i++) {
        if (!ngx_api_sec_behavior_counted(line, i)) {
            ngx_api_sec_behavior_act(r, mcf, rec, &line[i],
                                     lines->nelts - i);
        }
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_api_sec_behavior_same(const ngx_api_sec_behavior_t *a,
    const ngx_api_sec_behavior_t *b)
{
    return a->kind == b->kind && a->counter == b->counter;
}


/* Has a line before counted it? */

static ngx_uint_t
ngx_api_sec_behavior_counted(ngx_api_sec_behavior_t * const *line,
    ngx_uint_t i)
{
    ngx_uint_t  k;

    for (k = 0; k < i; k++) {
        if (ngx_api_sec_behavior_same(line[k], line[i])) {
            return 1;
        }
    }

    return 0;
}


/* One act, and what each of the n lines from here on that counts the same has
   to say of it. */

static void
ngx_api_sec_behavior_act(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_record_t *rec,
    ngx_api_sec_behavior_t * const *line, ngx_uint_t n)
{
    uint32_t             value;
    ngx_uint_t           i;
    api_behave_t        *table;
    api_behave_state_t   state;
    ngx_api_sec_deed_t   deed;

    ngx_api_sec_deed(r, mcf, rec, line[0], &deed);

    if (!deed.counts) {
        return;
    }

    table = ngx_api_sec_behave(mcf->behaviors);
    api_behave_note(table, &deed.act, &state);

    for (i = 0; i < n; i++) {
        if (ngx_api_sec_behavior_same(line[0], line[i])
            && ngx_api_sec_behavior_over(line[i], &state, &value)
            && api_behave_mark(table, deed.mark, ngx_time(),
                               ngx_time() + line[i]->ttl))
        {
            ngx_api_sec_behavior_tell(r, mcf, line[i], &deed, value);
        }
    }
}


static void
ngx_api_sec_behavior_tell(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_behavior_t *line,
    const ngx_api_sec_deed_t *deed, uint32_t value)
{
    ngx_api_sec_alarm_t              alarm;
    const ngx_http_core_srv_conf_t  *cscf;

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    ngx_memzero(&alarm, sizeof(ngx_api_sec_alarm_t));

    alarm.kind = line->kind;
    alarm.action = line->action;
    alarm.id = deed->mark;
    alarm.host = ngx_api_span(&cscf->server_name);
    alarm.operation = deed->operation;
    alarm.subject = deed->subject;
    alarm.value = value;
    alarm.usual = (uint32_t) line->over;
    alarm.ends = ngx_time() + line->ttl;

    ngx_api_sec_alert_raise(r, mcf, &alarm);
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

    mode = ngx_api_excepted_mode(r, &mcf->self, NGX_API_CHECK_BEHAVIOR,
                                 &why.reason, mode);

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
