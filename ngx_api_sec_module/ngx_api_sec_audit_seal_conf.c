
/*
 * api_audit_seal: the key that checkpoints are signed with, and where the key
 * of the epoch is kept while nginx is not running.
 */

#include "ngx_api_sec_audit.h"


static char *ngx_api_sec_seal_signer(ngx_conf_t *cf,
    ngx_api_sec_audits_t *audits, ngx_str_t *text);
static char *ngx_api_sec_seal_state(ngx_conf_t *cf,
    ngx_api_sec_audits_t *audits);
static ngx_uint_t ngx_api_sec_seal_read(ngx_api_sec_audits_t *audits,
    api_span_t text, uint64_t *length);
static ngx_uint_t ngx_api_sec_seal_number(api_span_t *text, const char *name,
    uint64_t *value);
static ngx_uint_t ngx_api_sec_seal_hex(api_span_t *text, const char *name,
    uint8_t *out, size_t len);


#define NGX_API_SEC_SEAL_STATE  "/seal.epoch"


typedef struct {
    ngx_str_t                   key;
    time_t                      epoch;
} ngx_api_sec_seal_opts_t;


char *
ngx_api_sec_audit_seal(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_main_conf_t *mcf = conf;

    ngx_api_source_t          source;
    ngx_api_sec_audits_t     *audits = mcf->audits;
    ngx_api_sec_seal_opts_t   opts;

    static const ngx_api_opt_t  table[] = {
        { ngx_string("key"), NGX_API_OPT_STR,
          offsetof(ngx_api_sec_seal_opts_t, key), NULL },
        { ngx_string("epoch"), NGX_API_OPT_SEC,
          offsetof(ngx_api_sec_seal_opts_t, epoch), NULL },
        ngx_api_null_opt
    };

    if (audits->signer) {
        return "is duplicate";
    }

    ngx_memzero(&opts, sizeof(ngx_api_sec_seal_opts_t));
    opts.epoch = 60;

    if (ngx_api_conf_opts(cf, 1, table, &opts) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (opts.key.len == 0) {
        return "needs key=: apisec log keygen makes one";
    }

    if (opts.epoch < 1 || opts.epoch > 3600) {
        return "takes an epoch from 1s to 1h";
    }

    mcf->secrets = 1;
    audits->length = (uint32_t) opts.epoch;

    if (ngx_api_conf_secret(cf, &opts.key, ngx_api_sec_permissions(mcf),
                            &source)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_api_sec_seal_signer(cf, audits, &source.text);
}


static char *
ngx_api_sec_seal_signer(ngx_conf_t *cf, ngx_api_sec_audits_t *audits,
    ngx_str_t *text)
{
    api_err_t            err;
    api_alloc_t         *alloc;
    ngx_pool_cleanup_t  *cln;

    alloc = ngx_palloc(cf->pool, sizeof(api_alloc_t));
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (alloc == NULL || cln == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_api_pool_alloc(alloc, cf->pool);

    if (api_seal_signer_read(&audits->signer, ngx_api_span(text),
                             alloc, &err)
        != API_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "the key of api_audit_seal: "
                           "%s", err.text);
        return NGX_CONF_ERROR;
    }

    cln->handler = (ngx_pool_cleanup_pt) api_seal_signer_free;
    cln->data = audits->signer;

    ngx_explicit_memzero(text->data, text->len);

    if (!api_seal_signer_private(audits->signer)) {
        return "takes the private key, which begins with PRIVATE+KEY";
    }

    return NGX_CONF_OK;
}


/* Once api_state is known. */

char *
ngx_api_sec_seal_init(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    u_char                *p;
    ngx_api_sec_audits_t  *audits = mcf->audits;

    if (audits->signer == NULL) {
        return NGX_CONF_OK;
    }

    audits->state.len = mcf->state.len + sizeof(NGX_API_SEC_SEAL_STATE) - 1;
    audits->state.data = ngx_pnalloc(cf->pool, audits->state.len + 1);

    if (audits->state.data == NULL) {
        return NGX_CONF_ERROR;
    }

    p = ngx_cpymem(audits->state.data, mcf->state.data, mcf->state.len);
    ngx_memcpy(p, NGX_API_SEC_SEAL_STATE, sizeof(NGX_API_SEC_SEAL_STATE));

    return ngx_api_sec_seal_state(cf, audits);
}


static char *
ngx_api_sec_seal_state(ngx_conf_t *cf, ngx_api_sec_audits_t *audits)
{
    u_char           buf[512];
    ssize_t          n;
    uint64_t         length;
    ngx_fd_t         fd;
    ngx_uint_t       ok;
    ngx_file_info_t  fi;

    fd = ngx_open_file(audits->state.data, NGX_FILE_RDONLY|O_NOFOLLOW,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "api_audit_seal needs \"%V\": apisec log keygen "
                           "makes it", &audits->state);
        return NGX_CONF_ERROR;
    }

    n = ngx_fd_info(fd, &fi) == NGX_FILE_ERROR ? -1
                                               : ngx_read_fd(fd, buf,
                                                             sizeof(buf));
    (void) ngx_close_file(fd);

    if (n > 0 && (fi.st_mode & 077)) {
        ngx_explicit_memzero(buf, sizeof(buf));
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" holds a key and is open to others: run  "
                           "chmod 600 %V", &audits->state, &audits->state);
        return NGX_CONF_ERROR;
    }

    ok = n > 0
         && ngx_api_sec_seal_read(audits, api_span(buf, n), &length);

    ngx_explicit_memzero(buf, sizeof(buf));

    if (!ok) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no state of seals: make one anew with  "
                           "apisec log keygen", &audits->state);
        return NGX_CONF_ERROR;
    }

    if (length != audits->length) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "epochs of \"%V\" have %uL seconds: write "
                           "epoch=%uL, or make new keys with  apisec log "
                           "keygen", &audits->state, length, length);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/*
 * apisec-seal-epoch 1
 * length 60
 * epoch 29407123
 * log 0000000000000000
 * key HEX
 */

static ngx_uint_t
ngx_api_sec_seal_read(ngx_api_sec_audits_t *audits, api_span_t text,
    uint64_t *length)
{
    size_t      i;
    uint64_t    version;
    uint8_t     log[API_SEAL_CHAIN / 2];

    if (!ngx_api_sec_seal_number(&text, "apisec-seal-epoch ", &version)
        || version != 1
        || !ngx_api_sec_seal_number(&text, "length ", length)
        || !ngx_api_sec_seal_number(&text, "epoch ", &audits->epoch)
        || !ngx_api_sec_seal_hex(&text, "log ", log, sizeof(log))
        || !ngx_api_sec_seal_hex(&text, "key ", audits->epoch_key,
                                 API_SEAL_LEN))
    {
        return 0;
    }

    for (i = 0; i < sizeof(log); i++) {
        (void) ngx_hex_dump(audits->log + 2 * i, log + i, 1);
    }

    return 1;
}


/* A line `name value`; text is what stands behind it. */

static ngx_uint_t
ngx_api_sec_seal_number(api_span_t *text, const char *name, uint64_t *value)
{
    size_t  n, len;

    len = ngx_strlen(name);
    *value = 0;

    if (text->len < len || ngx_memcmp(text->data, name, len) != 0) {
        return 0;
    }

    for (n = len; n < text->len && n < len + 18; n++) {
        if (text->data[n] < '0' || text->data[n] > '9') {
            break;
        }

        *value = *value * 10 + (text->data[n] - '0');
    }

    if (n == len || n == text->len || text->data[n] != LF) {
        return 0;
    }

    *text = api_span(text->data + n + 1, text->len - n - 1);

    return 1;
}


static ngx_uint_t
ngx_api_sec_seal_hex(api_span_t *text, const char *name, uint8_t *out,
    size_t len)
{
    size_t     i, at;
    ngx_int_t  byte;

    at = ngx_strlen(name);

    if (text->len < at + 2 * len + 1
        || ngx_memcmp(text->data, name, at) != 0
        || text->data[at + 2 * len] != LF)
    {
        return 0;
    }

    for (i = 0; i < len; i++) {
        byte = ngx_hextoi((u_char *) (uintptr_t) text->data + at + 2 * i, 2);

        if (byte == NGX_ERROR) {
            return 0;
        }

        out[i] = (uint8_t) byte;
    }

    at += 2 * len + 1;
    *text = api_span(text->data + at, text->len - at);

    return 1;
}


/* Once all zones are there: workers are to inherit no key but through them. */

void
ngx_api_sec_seal_wipe(const ngx_api_sec_main_conf_t *mcf)
{
    ngx_explicit_memzero(mcf->audits->epoch_key, API_SEAL_LEN);
}
