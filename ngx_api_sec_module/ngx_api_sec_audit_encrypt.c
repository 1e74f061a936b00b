
/*
 * api_audit_encrypt: who it was, for the eyes of one reader.  Each process
 * has a key of its own with the reader, another one each hour.
 */

#include "ngx_api_sec_event.h"
#include "api_seal_box.h"


#define NGX_API_SEC_BOX_TIME   3600
#define NGX_API_SEC_BOX_TEXT   1536           /* bytes of what is in one */


/* A byte of a request may be six in JSON: with these all of them fit. */

static const ngx_api_sec_event_caps_t  ngx_api_sec_encrypt_small =
    { 256, 64, 0, 0, 0 };


static char *ngx_api_sec_encrypt_reader(ngx_conf_t *cf,
    ngx_api_sec_reader_t *reader, ngx_str_t *text);
static api_seal_box_t *ngx_api_sec_encrypt_box(ngx_api_sec_reader_t *reader);
static ngx_uint_t ngx_api_sec_encrypt_text(const ngx_api_sec_event_t *e,
    const ngx_api_sec_event_caps_t *caps, ngx_uint_t fields, char *buf,
    api_span_t *text);
static void ngx_api_sec_encrypt_cleanup(void *data);


struct ngx_api_sec_reader_s {
    ngx_uint_t                  fields;       /* NGX_API_SEC_REDACT_* */
    uint8_t                     key[API_SEAL_BOX_KEY];
    u_char                      name[API_SEAL_BOX_TO];

    /* of a process */

    api_seal_box_t             *box;
    ngx_pid_t                   pid;          /* whose it is */
    time_t                      made;
    time_t                      logged;
};


char *
ngx_api_sec_audit_encrypt(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_main_conf_t *mcf = conf;

    ngx_int_t              n;
    ngx_str_t             *value, text;
    ngx_uint_t             i;
    ngx_pool_cleanup_t    *cln;
    ngx_api_sec_reader_t  *reader;

    /* in the order of the bits */

    static const ngx_str_t  names[] = {
        ngx_string("client"),
        ngx_string("principal"),
        ngx_string("agent"),
        ngx_string("path"),
        ngx_string("query"),
        ngx_string("host"),
        ngx_null_string
    };

    if (mcf->audits->reader) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strncmp(value[1].data, "recipient=", 10) != 0) {
        return "takes recipient= first: apisec log keygen --reader FILE makes "
               "a key";
    }

    reader = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_reader_t));
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (reader == NULL || cln == NULL) {
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_api_sec_encrypt_cleanup;
    cln->data = reader;

    text.data = value[1].data + 10;
    text.len = value[1].len - 10;

    for (i = 2; i < cf->args->nelts; i++) {
        n = ngx_api_conf_enum(&value[i], names);

        if (n == NGX_ERROR || names[n].data == names[4].data) {
            return "takes client, principal, agent, path and host";
        }

        reader->fields |= (ngx_uint_t) 1 << n;
    }

    mcf->audits->reader = reader;

    return ngx_api_sec_encrypt_reader(cf, reader, &text);
}


/* The key itself, which is no secret, or a file that holds it. */

static char *
ngx_api_sec_encrypt_reader(ngx_conf_t *cf, ngx_api_sec_reader_t *reader,
    ngx_str_t *text)
{
    bool        is_secret;
    ngx_str_t   path;
    api_span_t  key;

    key = ngx_api_span(text);

    if (text->len > 5 && ngx_strncmp(text->data, "file:", 5) == 0) {
        path.data = text->data + 5;
        path.len = text->len - 5;

        if (ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK
            || ngx_api_conf_file(cf, &path, 4096, text) != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }

        key = ngx_api_span(text);
    }

    if (!api_seal_box_read(key, reader->key, &is_secret)) {
        return "has no key of a reader in recipient=: apisec log keygen "
               "--reader FILE prints one";
    }

    if (is_secret) {
        ngx_explicit_memzero(reader->key, API_SEAL_BOX_KEY);
        return "takes the public key of the reader, which begins with "
               "apisec-log-reader+: the other one stays with the reader";
    }

    if (api_seal_box_name(reader->key, (char *) reader->name) != API_OK
        || ngx_api_sec_encrypt_box(reader) == NULL)
    {
        return "cannot be done with that key: nobody has the other half of it";
    }

    ngx_api_sec_encrypt_cleanup(reader);

    return NGX_CONF_OK;
}


static void
ngx_api_sec_encrypt_cleanup(void *data)
{
    ngx_api_sec_reader_t *reader = data;

    api_seal_box_free(reader->box);
    reader->box = NULL;
}


/* Of this process and of this hour. */

static api_seal_box_t *
ngx_api_sec_encrypt_box(ngx_api_sec_reader_t *reader)
{
    int              rc;
    uint8_t          seed[API_SEAL_BOX_KEY];
    api_seal_box_t  *box;

    if (reader->box && reader->pid == ngx_pid
        && ngx_time() - reader->made < NGX_API_SEC_BOX_TIME)
    {
        return reader->box;
    }

    rc = API_INTERNAL;

    if (ngx_api_random(seed, sizeof(seed)) == NGX_OK) {
        rc = api_seal_box_create(&box, reader->key, seed, &api_alloc_libc);
    }

    ngx_explicit_memzero(seed, sizeof(seed));

    /* who has none goes on with none: what is encrypted is not there then */

    ngx_api_sec_encrypt_cleanup(reader);

    if (rc != API_OK) {
        return NULL;
    }

    reader->box = box;
    reader->pid = ngx_pid;
    reader->made = ngx_time();

    return box;
}


ngx_uint_t
ngx_api_sec_encrypted(const ngx_api_sec_audits_t *audits)
{
    return audits->reader ? audits->reader->fields : 0;
}


/*
 * The member "box".  What api_audit_redact names is left out of it too.  The
 * event without it is whole, so no failure is one of the event.
 */

void
ngx_api_sec_event_box(const ngx_api_sec_event_t *e,
    const ngx_api_sec_event_caps_t *caps, api_writer_t *w)
{
    char                   buf[NGX_API_SEC_BOX_TEXT];
    char                   data[API_SEAL_BOX_SIZE(NGX_API_SEC_BOX_TEXT)];
    uint64_t               n;
    api_span_t             text;
    ngx_uint_t             fields;
    api_seal_box_t        *box;
    ngx_api_sec_reader_t  *reader = e->mcf->audits->reader;

    fields = ngx_api_sec_encrypted(e->mcf->audits) & ~e->lcf->audit_redact;

    if (fields == 0) {
        return;
    }

    box = ngx_api_sec_encrypt_box(reader);

    if (box == NULL
        || !(ngx_api_sec_encrypt_text(e, caps, fields, buf, &text)
             || ngx_api_sec_encrypt_text(e, &ngx_api_sec_encrypt_small,
                                         fields, buf, &text))
        || api_seal_box_close(box, ngx_api_span(
                                  ngx_api_support_id(e->r, e->rec,
                                                e->mcf->self.request_id)),
                              text, data, &n)
           != API_OK)
    {
        if (ngx_time() - reader->logged >= 60) {
            reader->logged = ngx_time();
            ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                          "api_audit_encrypt: an event has no box");
        }

        ngx_api_sec_encrypt_cleanup(reader);
        ngx_explicit_memzero(buf, sizeof(buf));
        return;
    }

    ngx_explicit_memzero(buf, text.len);

    api_writer_name(w, API_SPAN("box"));
    api_writer_object(w);
    api_writer_name(w, API_SPAN("to"));
    api_writer_string(w, api_span(reader->name, API_SEAL_BOX_TO));
    api_writer_name(w, API_SPAN("by"));
    api_writer_string(w, api_span(api_seal_box_by(box), API_SEAL_BOX_BY));
    api_writer_name(w, API_SPAN("n"));
    api_writer_uint(w, n);
    api_writer_name(w, API_SPAN("data"));
    api_writer_string(w, api_span(data, API_SEAL_BOX_SIZE(text.len)));
    api_writer_end(w);
}


static void
ngx_api_sec_encrypt_member(api_writer_t *w, const char *name,
    const ngx_str_t *value, size_t max)
{
    if (value->len) {
        ngx_api_sec_event_text(w, name, value, max);
    }
}


static ngx_uint_t
ngx_api_sec_encrypt_text(const ngx_api_sec_event_t *e,
    const ngx_api_sec_event_caps_t *caps, ngx_uint_t fields, char *buf,
    api_span_t *text)
{
    ngx_str_t                      path;
    const u_char                  *query;
    api_writer_t                   w;
    const ngx_http_request_t      *r = e->r;
    const ngx_api_sec_identity_t  *id;

    api_writer_init(&w, buf, NGX_API_SEC_BOX_TEXT);
    api_writer_object(&w);

    if (fields & NGX_API_SEC_REDACT_CLIENT) {
        ngx_api_sec_encrypt_member(&w, "client.ip",
                                   &r->connection->addr_text, 64);
        ngx_api_sec_event_int(&w, "client.port",
                              ngx_inet_get_port(r->connection->sockaddr));
    }

    id = ngx_api_sec_identity(e->rec->own[NGX_API_SEC]);

    if (id && (fields & NGX_API_SEC_REDACT_PRINCIPAL)) {
        ngx_api_sec_encrypt_member(&w, "principal.id", &id->principal,
                                   caps->who);
    }

    if (fields & NGX_API_SEC_REDACT_HOST) {
        ngx_api_sec_encrypt_member(&w, "http.host", &r->headers_in.server,
                                   caps->who / 2);
    }

    if (fields & NGX_API_SEC_REDACT_PATH) {
        path = r->unparsed_uri;
        query = path.len ? memchr(path.data, '?', path.len) : NULL;
        path.len = query ? (size_t) (query - path.data) : path.len;

        ngx_api_sec_encrypt_member(&w, "http.path", &path, caps->path / 4);
    }

    if (r->headers_in.user_agent && (fields & NGX_API_SEC_REDACT_AGENT)) {
        ngx_api_sec_encrypt_member(&w, "http.agent",
                                   &r->headers_in.user_agent->value,
                                   caps->who / 2);
    }

    api_writer_end(&w);

    return api_writer_done(&w, text) == API_OK;
}
