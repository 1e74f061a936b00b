
/*
 * Events about the configuration: which files it is of, whose they are and
 * since when, and what it was before.  Made in the master once all is read;
 * the first process of the new configuration writes it.
 */

#include "ngx_api_sec_schema.h"
#include "ngx_api_sec_audit.h"
#include "api_jws_sha.h"


#define NGX_API_SEC_CONFIG_FILES  16
#define NGX_API_SEC_CONFIG_PATH   100
#define NGX_API_SEC_CONFIG_SIZE   3000


typedef struct {
    api_jws_sha_t              *sha;
    api_writer_t                w;
    ngx_uint_t                  n;            /* files */
    uint8_t                     sum[API_JWS_SHA_LEN];  /* of all of them */
} ngx_api_sec_config_t;


static ngx_int_t ngx_api_sec_config_files(ngx_cycle_t *cycle,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_config_t *c);
static ngx_int_t ngx_api_sec_config_file(ngx_api_sec_config_t *c,
    const ngx_str_t *path, api_span_t text);
static ngx_int_t ngx_api_sec_config_read(ngx_cycle_t *cycle,
    ngx_api_sec_config_t *c, const ngx_str_t *path);
static void ngx_api_sec_config_tell(ngx_api_sec_config_t *c,
    const ngx_str_t *path, const uint8_t *sum);
static void ngx_api_sec_config_text(api_writer_t *w, const char *name,
    const void *text, size_t len);
static const ngx_api_sec_main_conf_t *ngx_api_sec_config_teller(void);
static void ngx_api_sec_config_print(const ngx_api_sec_main_conf_t *mcf,
    api_writer_t *w, const char *name, api_span_t content);


ngx_int_t
ngx_api_sec_audit_config(ngx_cycle_t *cycle, ngx_api_sec_main_conf_t *mcf)
{
    char                  *buf;
    u_char                *rev;
    api_span_t             text;
    api_alloc_t            alloc;
    ngx_slab_pool_t       *shpool;
    ngx_api_sec_lanes_t   *lanes;
    ngx_api_sec_sink_t   **sink;
    ngx_api_sec_config_t   c;

    if (mcf->audits->sinks.nelts == 0 || ngx_test_config) {
        return NGX_OK;
    }

    buf = ngx_palloc(cycle->pool, NGX_API_SEC_CONFIG_SIZE);
    rev = ngx_pnalloc(cycle->pool, 16);

    if (buf == NULL || rev == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&c, sizeof(ngx_api_sec_config_t));
    ngx_api_pool_alloc(&alloc, cycle->pool);

    c.sha = api_jws_sha_create(&alloc);
    if (c.sha == NULL) {
        return NGX_ERROR;
    }

    api_writer_init(&c.w, buf, NGX_API_SEC_CONFIG_SIZE);

    if (ngx_api_sec_config_files(cycle, mcf, &c) != NGX_OK) {
        api_jws_sha_free(c.sha);
        return NGX_ERROR;
    }

    api_jws_sha_free(c.sha);

    if (api_writer_done(&c.w, &text) != API_OK) {
        return NGX_ERROR;
    }

    mcf->audits->config = ngx_api_str(text);

    (void) ngx_hex_dump(rev, c.sum, 8);
    mcf->audits->rev.data = rev;
    mcf->audits->rev.len = 16;

    sink = mcf->audits->sinks.elts;
    shpool = (ngx_slab_pool_t *) sink[0]->zone->shm.addr;
    lanes = shpool->data;
    lanes->told = 1;    /* there is something to tell */

    return NGX_OK;
}


static ngx_int_t
ngx_api_sec_config_files(ngx_cycle_t *cycle,
    const ngx_api_sec_main_conf_t *mcf, ngx_api_sec_config_t *c)
{
    ngx_uint_t             i;
    ngx_conf_dump_t       *dump;
    ngx_api_sec_spec_t   **spec;

    api_writer_array(&c->w);

    /* nginx keeps the text of its files when it was built for that */

    dump = cycle->config_dump.elts;

    for (i = 0; i < cycle->config_dump.nelts; i++) {
        if (ngx_api_sec_config_file(c, &dump[i].name,
                                    api_span(dump[i].buffer->pos,
                                             dump[i].buffer->last
                                             - dump[i].buffer->pos))
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (i == 0
        && ngx_api_sec_config_read(cycle, c, &cycle->conf_file) != NGX_OK)
    {
        return NGX_ERROR;
    }

    spec = mcf->specs->specs.elts;

    for (i = 0; i < mcf->specs->specs.nelts; i++) {
        if (ngx_api_sec_config_read(cycle, c, &spec[i]->path) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    api_writer_end(&c->w);

    return NGX_OK;
}


static ngx_int_t
ngx_api_sec_config_read(ngx_cycle_t *cycle, ngx_api_sec_config_t *c,
    const ngx_str_t *path)
{
    u_char           *buf;
    ssize_t           n;
    ngx_fd_t          fd;
    ngx_int_t         rc;
    ngx_file_info_t   fi;

    fd = ngx_open_file(path->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);
    if (fd == NGX_INVALID_FILE) {
        return NGX_OK;    /* it was there a moment ago: a digest of nothing */
    }

    n = -1;
    buf = NULL;

    if (ngx_fd_info(fd, &fi) != NGX_FILE_ERROR
        && (buf = ngx_alloc(ngx_file_size(&fi) + 1, cycle->log)) != NULL)
    {
        n = ngx_read_fd(fd, buf, ngx_file_size(&fi));
    }

    (void) ngx_close_file(fd);

    rc = ngx_api_sec_config_file(c, path, api_span(buf, ngx_max(n, 0)));

    ngx_free(buf);

    return rc;
}


/* The revision is a digest over names and digests, in their order. */

static ngx_int_t
ngx_api_sec_config_file(ngx_api_sec_config_t *c, const ngx_str_t *path,
    api_span_t text)
{
    uint8_t     sum[API_JWS_SHA_LEN];
    api_span_t  pieces[3];

    if (api_jws_sha(c->sha, &text, 1, sum) != API_OK) {
        return NGX_ERROR;
    }

    pieces[0] = api_span(c->sum, API_JWS_SHA_LEN);
    pieces[1] = api_span(sum, API_JWS_SHA_LEN);
    pieces[2] = ngx_api_span(path);

    if (api_jws_sha(c->sha, pieces, 3, c->sum) != API_OK) {
        return NGX_ERROR;
    }

    if (c->n++ < NGX_API_SEC_CONFIG_FILES) {
        ngx_api_sec_config_tell(c, path, sum);
    }

    return NGX_OK;
}


static void
ngx_api_sec_config_tell(ngx_api_sec_config_t *c, const ngx_str_t *path,
    const uint8_t *sum)
{
    u_char           hex[2 * API_JWS_SHA_LEN];
    ngx_file_info_t  fi;

    (void) ngx_hex_dump(hex, (u_char *) (uintptr_t) sum, API_JWS_SHA_LEN);

    api_writer_object(&c->w);
    api_writer_name(&c->w, API_SPAN("name"));
    (void) api_writer_cut(&c->w, ngx_api_span(path),
                          NGX_API_SEC_CONFIG_PATH);
    ngx_api_sec_config_text(&c->w, "sha256", hex, sizeof(hex));

    if (ngx_file_info(path->data, &fi) != NGX_FILE_ERROR) {
        api_writer_name(&c->w, API_SPAN("owner"));
        api_writer_uint(&c->w, fi.st_uid);
        api_writer_name(&c->w, API_SPAN("changed"));
        api_writer_int(&c->w, ngx_file_mtime(&fi));
    }

    api_writer_end(&c->w);
}


static void
ngx_api_sec_config_text(api_writer_t *w, const char *name, const void *text,
    size_t len)
{
    api_writer_name(w, api_span(name, ngx_strlen(name)));
    api_writer_string(w, api_span(text, len));
}


/* The first process of a configuration says that it holds. */

void
ngx_api_sec_audit_loaded(const ngx_api_sec_main_conf_t *mcf)
{
    char                          buf[NGX_API_SEC_CONFIG_SIZE + 256];
    api_span_t                    body;
    api_writer_t                  w;
    ngx_api_sec_lanes_t          *lanes;
    ngx_api_sec_sink_t          **sink;
    const ngx_api_sec_audits_t   *audits = mcf->audits;

    sink = audits->sinks.elts;

    if (audits->sinks.nelts == 0 || audits->config.len == 0) {
        return;
    }

    lanes = sink[0]->writer->lanes;

    if (!ngx_atomic_cmp_set(&lanes->told, 1, 0)) {
        return;
    }

    api_writer_init(&w, buf, sizeof(buf));
    api_writer_object(&w);
    ngx_api_sec_config_text(&w, "what", "loaded", 6);

    if (lanes->rev[0]) {
        ngx_api_sec_config_text(&w, "old", lanes->rev, sizeof(lanes->rev));
    }

    ngx_api_sec_config_text(&w, "new", audits->rev.data, audits->rev.len);
    api_writer_name(&w, API_SPAN("master"));
    api_writer_int(&w, ngx_parent);
    api_writer_name(&w, API_SPAN("uid"));
    api_writer_uint(&w, audits->uid);
    api_writer_name(&w, API_SPAN("files"));
    api_writer_raw(&w, ngx_api_span(&audits->config));
    api_writer_end(&w);

    ngx_memcpy(lanes->rev, audits->rev.data, sizeof(lanes->rev));

    if (api_writer_done(&w, &body) == API_OK) {
        (void) ngx_api_sec_audit_note(NULL, mcf, "config", body);
    }
}


/*
 * What changes while nginx runs: one process says so, and nobody while a
 * configuration is read.  NULL: nothing is to be said.
 */

static const ngx_api_sec_main_conf_t *
ngx_api_sec_config_teller(void)
{
    const ngx_api_sec_main_conf_t  *mcf;

    if (ngx_process != NGX_PROCESS_WORKER || ngx_worker != 0) {
        return NULL;
    }

    mcf = ngx_http_cycle_get_module_main_conf(ngx_cycle, ngx_api_sec_module);

    return mcf && mcf->audits->sinks.nelts ? mcf : NULL;
}


/* A digest that tells two contents apart, and is no way to try secrets. */

static void
ngx_api_sec_config_print(const ngx_api_sec_main_conf_t *mcf, api_writer_t *w,
    const char *name, api_span_t content)
{
    char  text[API_REDACT_PSEUDONYM];

    api_redact_pseudonym(mcf->audits->key, content, text);
    ngx_api_sec_config_text(w, name, text, sizeof(text));
}


/* A file of a directive was changed: keys, lists, revocations. */

void
ngx_api_sec_audit_file(const ngx_api_watch_change_t *change)
{
    char                             buf[768];
    api_span_t                       body;
    api_writer_t                     w;
    const ngx_api_sec_main_conf_t   *mcf;

    mcf = ngx_api_sec_config_teller();

    if (mcf == NULL) {
        return;
    }

    api_writer_init(&w, buf, sizeof(buf));
    api_writer_object(&w);
    ngx_api_sec_config_text(&w, "what", "file", 4);
    api_writer_name(&w, API_SPAN("name"));
    (void) api_writer_cut(&w, ngx_api_span(change->path),
                          NGX_API_SEC_CONFIG_PATH);
    api_writer_name(&w, API_SPAN("holds"));
    api_writer_bool(&w, change->holds);
    ngx_api_sec_config_print(mcf, &w, "old",
                             api_span(change->old, NGX_API_WATCH_PRINT));
    ngx_api_sec_config_print(mcf, &w, "new",
                             api_span(change->now, NGX_API_WATCH_PRINT));
    api_writer_name(&w, API_SPAN("owner"));
    api_writer_uint(&w, change->fi->st_uid);
    api_writer_name(&w, API_SPAN("changed"));
    api_writer_int(&w, ngx_file_mtime(change->fi));
    api_writer_end(&w);

    if (api_writer_done(&w, &body) == API_OK) {
        (void) ngx_api_sec_audit_note(NULL, mcf, "config", body);
    }
}


/* Keys of an issuer have changed. */

void
ngx_api_sec_audit_keys(const ngx_str_t *issuer, const uint8_t *old,
    const uint8_t *print)
{
    char                             buf[256];
    api_span_t                       body;
    api_writer_t                     w;
    const ngx_api_sec_main_conf_t   *mcf;

    mcf = ngx_api_sec_config_teller();

    if (mcf == NULL) {
        return;
    }

    api_writer_init(&w, buf, sizeof(buf));
    api_writer_object(&w);
    ngx_api_sec_config_text(&w, "what", "keys", 4);
    api_writer_name(&w, API_SPAN("issuer"));
    (void) api_writer_cut(&w, ngx_api_span(issuer), 64);
    ngx_api_sec_config_print(mcf, &w, "old", api_span(old, API_JWS_SHA_LEN));
    ngx_api_sec_config_print(mcf, &w, "new",
                             api_span(print, API_JWS_SHA_LEN));
    api_writer_end(&w);

    if (api_writer_done(&w, &body) == API_OK) {
        (void) ngx_api_sec_audit_note(NULL, mcf, "config", body);
    }
}


/* Somebody wrote to api_status. */

void
ngx_api_sec_audit_admin(ngx_http_request_t *r, const ngx_str_t *section,
    ngx_uint_t status)
{
    char                             buf[512];
    api_span_t                       body;
    api_writer_t                     w;
    ngx_api_record_t                *rec;
    const ngx_str_t                 *id;
    const ngx_api_sec_main_conf_t   *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_api_sec_module);
    rec = ngx_api_record(r, mcf->self.record);

    if (rec == NULL) {
        return;
    }

    id = ngx_api_support_id(r, rec, mcf->self.request_id);

    api_writer_init(&w, buf, sizeof(buf));
    api_writer_object(&w);
    ngx_api_sec_config_text(&w, "support_id", id->data, id->len);
    ngx_api_sec_config_text(&w, "section", section->data, section->len);
    api_writer_name(&w, API_SPAN("method"));
    (void) api_writer_cut(&w, ngx_api_span(&r->method_name), 32);
    api_writer_name(&w, API_SPAN("status"));
    api_writer_uint(&w, status);
    api_writer_end(&w);

    if (api_writer_done(&w, &body) == API_OK) {
        (void) ngx_api_sec_audit_note(r, mcf, "admin", body);
    }
}
