
/*
 * api_audit: one JSON object a line for each main request.
 *
 * A line is written by one write(2) to a file opened for appending, so lines
 * of several workers do not mix.  Never in it: tokens, bodies, query strings,
 * values of headers.
 */

#include "ngx_api_sec.h"


#define NGX_API_AUDIT_ALL     0
#define NGX_API_AUDIT_DENIED  1

/*
 * Holds any event: each byte of a text may become six ("\ufffd").  An event
 * that did not fit would be one that its client has kept out of the audit.
 */

#define NGX_API_AUDIT_TEXT    (64 + 64 + 32 + 256 + 1024 + 256 + 256 + 64     \
                               + NGX_API_NCHECKS * (64 + 160))
#define NGX_API_AUDIT_LINE    (6 * NGX_API_AUDIT_TEXT + 2048)


static void ngx_api_sec_audit_event(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_uint_t verdict, const ngx_str_t *upgrade, api_writer_t *w);
static void ngx_api_sec_audit_send(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_open_file_t *file,
    ngx_api_record_t *rec, ngx_uint_t verdict, const ngx_str_t *upgrade);
static void ngx_api_sec_audit_request(ngx_http_request_t *r,
    api_writer_t *w);
static void ngx_api_sec_audit_who(const ngx_api_record_t *rec,
    api_writer_t *w);
static void ngx_api_sec_audit_decisions(const ngx_api_record_t *rec,
    api_writer_t *w);
static void ngx_api_sec_audit_time(api_writer_t *w);
static void ngx_api_sec_audit_write(ngx_http_request_t *r,
    ngx_open_file_t *file, u_char *line, size_t len);
static void ngx_api_sec_audit_member(api_writer_t *w, const char *name,
    const ngx_str_t *value, size_t max);


static const ngx_str_t  ngx_api_sec_audit_opened = ngx_string("open");
static const ngx_str_t  ngx_api_sec_audit_closed = ngx_string("close");


char *
ngx_api_sec_audit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    ngx_str_t  *value;

    static const ngx_str_t  events[] = {
        ngx_string("all"),
        ngx_string("denied"),
        ngx_null_string
    };

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("events"), NGX_API_OPT_ENUM,
          offsetof(ngx_api_sec_audit_t, events), events },
        ngx_api_null_opt
    };

    if (lcf->audit.file != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;
    lcf->audit.file = NULL;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    if (value[1].len == 0 || ngx_strcmp(value[1].data, "stdout") == 0
        || ngx_strncmp(value[1].data, "syslog:", 7) == 0)
    {
        return "takes the path of a file, or off";
    }

    if (ngx_http_script_variables_count(&value[1])) {
        return "takes a path without variables: one file for all requests of "
               "a location";
    }

    if (ngx_api_conf_opts(cf, 2, opts, &lcf->audit) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_api_sec_uses(cf, NGX_API_SEC_USES_AUDIT);

    lcf->audit.file = ngx_conf_open_file(cf->cycle, &value[1]);

    return lcf->audit.file ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* A request may come here broken, without a location, without a record. */

ngx_int_t
ngx_api_sec_log_handler(ngx_http_request_t *r)
{
    ngx_uint_t                       verdict;
    ngx_api_record_t                *rec;
    const ngx_api_decision_t        *why;
    const ngx_api_sec_loc_conf_t    *lcf;
    const ngx_api_sec_main_conf_t   *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_api_sec_module);

    if (r != r->main || (lcf->audit.file == NULL && mcf->tenant.data == NULL))
    {
        return NGX_OK;
    }

    rec = ngx_api_record_peek(r, mcf->self.record);

    if (rec == NULL) {
        if (lcf->audit.file == NULL
            || lcf->audit.events == NGX_API_AUDIT_DENIED)
        {
            return NGX_OK;
        }

        rec = ngx_api_record(r, mcf->self.record);
        if (rec == NULL) {
            return NGX_OK;
        }
    }

    verdict = ngx_api_record_verdict(rec, &why);

    ngx_api_tally(&mcf->tenant, rec);

    if (lcf->audit.file == NULL
        || (lcf->audit.events == NGX_API_AUDIT_DENIED
            && verdict == NGX_API_ALLOW))
    {
        return NGX_OK;
    }

    ngx_api_sec_audit_send(r, mcf, lcf->audit.file, rec, verdict,
                           r->headers_out.status
                           == NGX_HTTP_SWITCHING_PROTOCOLS
                           ? &ngx_api_sec_audit_closed : NULL);

    return NGX_OK;
}


void
ngx_api_sec_audit_upgrade(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, const ngx_api_sec_loc_conf_t *lcf)
{
    ngx_uint_t                 verdict;
    ngx_api_record_t          *rec;
    const ngx_api_decision_t  *why;

    if (lcf->audit.file == NULL) {
        return;
    }

    rec = ngx_api_record(r, mcf->self.record);
    if (rec == NULL) {
        return;
    }

    verdict = ngx_api_record_verdict(rec, &why);

    if (lcf->audit.events == NGX_API_AUDIT_DENIED
        && verdict == NGX_API_ALLOW)
    {
        return;
    }

    ngx_api_sec_audit_send(r, mcf, lcf->audit.file, rec, verdict,
                           &ngx_api_sec_audit_opened);
}


static void
ngx_api_sec_audit_send(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_open_file_t *file,
    ngx_api_record_t *rec, ngx_uint_t verdict, const ngx_str_t *upgrade)
{
    char          line[NGX_API_AUDIT_LINE + 1];
    api_span_t    text;
    api_writer_t  w;

    api_writer_init(&w, line, NGX_API_AUDIT_LINE);
    ngx_api_sec_audit_event(r, mcf, rec, verdict, upgrade, &w);

    if (api_writer_done(&w, &text) != API_OK) {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                      "ngx_api_sec_module: an event does not fit in %d bytes",
                      NGX_API_AUDIT_LINE);
        return;
    }

    line[text.len] = '\n';

    ngx_api_sec_audit_write(r, file, (u_char *) line, text.len + 1);
}


static void
ngx_api_sec_audit_event(ngx_http_request_t *r,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_record_t *rec,
    ngx_uint_t verdict, const ngx_str_t *upgrade, api_writer_t *w)
{
    api_writer_object(w);

    ngx_api_sec_audit_time(w);
    ngx_api_sec_audit_member(w, "support_id",
                             ngx_api_support_id(r, rec, mcf->self.request_id),
                             64);
    ngx_api_sec_audit_request(r, w);

    if (upgrade) {
        ngx_api_sec_audit_member(w, "upgrade", upgrade, 16);
    }

    ngx_api_sec_audit_who(rec, w);

    ngx_api_sec_audit_member(w, "verdict", &ngx_api_verdict_names[verdict],
                             16);
    ngx_api_sec_audit_decisions(rec, w);

    api_writer_end(w);
}


static void
ngx_api_sec_audit_time(api_writer_t *w)
{
    u_char       buf[sizeof("2026-11-24T10:00:00.123Z")];
    ngx_tm_t     tm;
    ngx_time_t  *tp;

    tp = ngx_timeofday();
    ngx_gmtime(tp->sec, &tm);

    (void) ngx_snprintf(buf, sizeof(buf),
                        "%4d-%02d-%02dT%02d:%02d:%02d.%03MZ",
                        tm.ngx_tm_year, tm.ngx_tm_mon, tm.ngx_tm_mday,
                        tm.ngx_tm_hour, tm.ngx_tm_min, tm.ngx_tm_sec,
                        tp->msec);

    api_writer_name(w, API_SPAN("time"));
    api_writer_string(w, api_span(buf, sizeof(buf) - 1));
}


static void
ngx_api_sec_audit_request(ngx_http_request_t *r, api_writer_t *w)
{
    u_char                    *query;
    ngx_str_t                  host, path;
    ngx_time_t                *tp;
    ngx_msec_int_t             ms;
    ngx_http_core_srv_conf_t  *cscf;

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);
    host = r->headers_in.server;

    /* as the client sent it, whatever was rewritten since; without query */

    path = r->unparsed_uri;
    query = ngx_strlchr(path.data, path.data + path.len, '?');

    if (query) {
        path.len = query - path.data;
    }

    ngx_api_sec_audit_member(w, "client", &r->connection->addr_text, 64);
    ngx_api_sec_audit_member(w, "method", &r->method_name, 32);
    ngx_api_sec_audit_member(w, "host", &host, 256);
    ngx_api_sec_audit_member(w, "path", &path, 1024);
    ngx_api_sec_audit_member(w, "server", &cscf->server_name, 256);

    api_writer_name(w, API_SPAN("status"));
    api_writer_uint(w, r->err_status ? r->err_status
                                     : r->headers_out.status);

    api_writer_name(w, API_SPAN("bytes_out"));
    api_writer_int(w, r->connection->sent);

    tp = ngx_timeofday();
    ms = (ngx_msec_int_t) ((tp->sec - r->start_sec) * 1000
                           + (tp->msec - r->start_msec));

    api_writer_name(w, API_SPAN("duration_ms"));
    api_writer_int(w, ngx_max(ms, 0));
}


static void
ngx_api_sec_audit_who(const ngx_api_record_t *rec, api_writer_t *w)
{
    const ngx_api_sec_identity_t  *id;

    id = ngx_api_sec_identity(rec->own[NGX_API_SEC]);

    if (id == NULL) {
        return;
    }

    ngx_api_sec_audit_member(w, "principal", &id->principal, 256);
    ngx_api_sec_audit_member(w, "auth", &id->method->name, 16);
    ngx_api_sec_audit_member(w, "issuer", id->name, 64);
}


static void
ngx_api_sec_audit_decisions(const ngx_api_record_t *rec, api_writer_t *w)
{
    uint32_t                    i;
    const ngx_api_decision_t   *d;

    api_writer_name(w, API_SPAN("decisions"));
    api_writer_array(w);

    for (i = 0; i < rec->ndecisions; i++) {
        d = &rec->decisions[i];

        api_writer_object(w);
        ngx_api_sec_audit_member(w, "check", &ngx_api_check_names[d->check],
                                 16);
        ngx_api_sec_audit_member(w, "verdict",
                                 &ngx_api_verdict_names[d->verdict], 16);

        if (d->status) {
            api_writer_name(w, API_SPAN("status"));
            api_writer_uint(w, d->status);
        }

        ngx_api_sec_audit_member(w, "reason", &d->reason, 64);

        if (d->detail.len) {
            ngx_api_sec_audit_member(w, "detail", &d->detail, 160);
        }

        api_writer_end(w);
    }

    api_writer_end(w);
}


static void
ngx_api_sec_audit_member(api_writer_t *w, const char *name,
    const ngx_str_t *value, size_t max)
{
    api_writer_name(w, api_span(name, ngx_strlen(name)));
    (void) api_writer_cut(w, ngx_api_span(value), max);
}


static void
ngx_api_sec_audit_write(ngx_http_request_t *r, ngx_open_file_t *file,
    u_char *line, size_t len)
{
    ssize_t  n;

    n = ngx_write_fd(file->fd, line, len);

    if (n != (ssize_t) len) {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log,
                      n == -1 ? ngx_errno : 0,
                      "ngx_api_sec_module: the event of a request is lost: "
                      ngx_write_fd_n " to \"%V\" wrote %z of %uz",
                      &file->name, n, len);
    }
}
