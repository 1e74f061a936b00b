
/*
 * The keys of an issuer: one JWK set file, or `key` lines.  Each file is read
 * again when it changes; then the whole set is made anew and swapped, or, when
 * it is refused, the old one stays.
 *
 * Verification runs to its end within one turn of the event loop, so nothing
 * holds a key across a swap.
 */

#include "ngx_api_sec.h"
#include "ngx_api_sec_audit.h"


#define NGX_API_SEC_JWKS_MAX  (256 * 1024)
#define NGX_API_SEC_KEY_MAX   65536


typedef struct {
    ngx_api_sec_issuer_t       *issuer;
    ngx_str_t                   source;
    ngx_str_t                   kid;
    ngx_str_t                   alg_name;
    api_jws_alg_t               alg;
    ngx_uint_t                  public;      /* a bare path: PEM only */
    uint8_t                    *text;        /* from malloc */
    size_t                      len;
} ngx_api_sec_key_t;


static char *ngx_api_sec_jwks_open(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf, ngx_api_sec_issuer_t *issuer);
static char *ngx_api_sec_key_open(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf, ngx_api_sec_key_t *key);
static int ngx_api_sec_jwks_load(void *data, api_span_t text, api_err_t *err);
static int ngx_api_sec_key_load(void *data, api_span_t text, api_err_t *err);
static int ngx_api_sec_keys_build(ngx_api_sec_issuer_t *issuer,
    api_err_t *err);
static int ngx_api_sec_key_add(api_jwks_t *set, const ngx_api_sec_key_t *key,
    api_err_t *err);
static int ngx_api_sec_key_print(const ngx_api_sec_issuer_t *issuer,
    const ngx_api_sec_key_t *key, uint8_t print[API_JWS_SHA_LEN]);
static int ngx_api_sec_keys_parse(const ngx_api_sec_issuer_t *issuer,
    api_span_t text, api_jwks_t **set, api_err_t *err);
static int ngx_api_sec_keys_fit(const ngx_api_sec_issuer_t *issuer,
    const api_jwks_t *set, api_err_t *err);
static void ngx_api_sec_keys_swap(const ngx_api_sec_issuer_t *issuer,
    api_jwks_t *set, const uint8_t print[API_JWS_SHA_LEN]);
static void ngx_api_sec_keys_cleanup(void *data);


ngx_int_t
ngx_api_sec_keys_create(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_issuer_t *issuer)
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_api_sec_keys_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    issuer->keys = cln->data;
    issuer->seed = mcf->seed;
    issuer->hash = mcf->tokens->hash;

    ngx_memzero(issuer->keys, sizeof(ngx_api_sec_keys_t));

    if (ngx_array_init(&issuer->keys->lines, cf->pool, 2, sizeof(void *))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    cln->handler = ngx_api_sec_keys_cleanup;

    return NGX_OK;
}


char *
ngx_api_sec_keys_jwks(ngx_conf_t *cf, ngx_api_sec_issuer_t *issuer)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (value[1].len >= 4 && ngx_strncmp(value[1].data, "uri:", 4) == 0) {
        return ngx_api_sec_remote_line(cf, issuer);
    }

    if (cf->args->nelts > 2) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"jwks\" takes no more behind a file, which is "
                           "read again whenever it changes");
        return NGX_CONF_ERROR;
    }

    issuer->jwks = value[1];

    if (issuer->jwks.len > 5
        && ngx_strncmp(issuer->jwks.data, "file:", 5) == 0)
    {
        issuer->jwks.data += 5;
        issuer->jwks.len -= 5;
    }

    return ngx_api_conf_path(cf, &issuer->jwks);
}


char *
ngx_api_sec_keys_key(ngx_conf_t *cf, ngx_api_sec_issuer_t *issuer)
{
    ngx_str_t           *value;
    ngx_api_sec_key_t   *key, **p;

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("kid"), NGX_API_OPT_STR,
          offsetof(ngx_api_sec_key_t, kid), NULL },
        { ngx_string("alg"), NGX_API_OPT_STR,
          offsetof(ngx_api_sec_key_t, alg_name), NULL },
        ngx_api_null_opt
    };

    value = cf->args->elts;

    key = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_key_t));
    if (key == NULL || ngx_api_conf_opts(cf, 2, opts, key) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    p = ngx_array_push(&issuer->keys->lines);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    *p = key;

    key->issuer = issuer;
    key->source = value[1];

    if (key->alg_name.len == 0) {
        return NGX_CONF_OK;
    }

    key->alg = api_jws_alg(ngx_api_span(&key->alg_name));

    if (key->alg == API_JWS_UNKNOWN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown algorithm \"%V\"", &key->alg_name);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* The block is complete: read the keys. */

char *
ngx_api_sec_keys_open(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_issuer_t *issuer)
{
    ngx_uint_t            i;
    ngx_api_sec_key_t   **line;

    if ((issuer->jwks.len != 0 || issuer->remote != NULL)
        == (issuer->keys->lines.nelts != 0))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "api_jwt_issuer \"%V\" needs keys in one place: "
                           "\"jwks FILE;\", \"jwks uri:/LOCATION;\" or \"key "
                           "SOURCE;\" lines",
                           &issuer->name);
        return NGX_CONF_ERROR;
    }

    if (issuer->remote) {
        return NGX_CONF_OK;
    }

    if (issuer->jwks.len) {
        return ngx_api_sec_jwks_open(cf, mcf, issuer);
    }

    line = issuer->keys->lines.elts;

    for (i = 0; i < issuer->keys->lines.nelts; i++) {
        if (ngx_api_sec_key_open(cf, mcf, line[i]) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/* All of a set is public, or all of it is secret and kept like that. */

static char *
ngx_api_sec_jwks_open(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_issuer_t *issuer)
{
    if (ngx_api_watch_add(cf, &mcf->watches, &issuer->jwks,
                          NGX_API_SEC_JWKS_MAX, ngx_api_sec_jwks_load, issuer)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (api_jwk_type(api_jwks_key(issuer->keys->set, 0)) != API_JWK_OCT) {
        return NGX_CONF_OK;
    }

    return ngx_api_conf_permissions(cf, &issuer->jwks,
                                    ngx_api_sec_permissions(mcf));
}


ngx_uint_t
ngx_api_sec_permissions(ngx_api_sec_main_conf_t *mcf)
{
    mcf->secrets = 1;

    return mcf->permissions == NGX_CONF_UNSET_UINT ? NGX_API_SECRET_STRICT
                                                   : mcf->permissions;
}


/*
 * A bare path names a public key.  A secret is named by file: (watched),
 * cred: or env: (read once: a worker could not read them again).
 */

static char *
ngx_api_sec_key_open(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_key_t *key)
{
    int                rc;
    ngx_str_t          path;
    api_err_t          err;
    ngx_api_source_t   source;

    if (ngx_strlchr(key->source.data, key->source.data + key->source.len, ':')
        == NULL)
    {
        key->public = 1;
        path = key->source;

        if (ngx_api_conf_path(cf, &path) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }

    } else {
        if (ngx_api_conf_secret(cf, &key->source,
                                ngx_api_sec_permissions(mcf), &source)
            != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }

        path = source.path;

        if (key->source.data[0] != 'f') {
            rc = ngx_api_sec_key_load(key, ngx_api_span(&source.text), &err);

            ngx_explicit_memzero(source.text.data, source.text.len);

            if (rc != API_OK) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "key \"%V\": %s",
                                   &key->source, err.text);
                return NGX_CONF_ERROR;
            }

            return NGX_CONF_OK;
        }

        ngx_explicit_memzero(source.text.data, source.text.len);
    }

    return ngx_api_watch_add(cf, &mcf->watches, &path, NGX_API_SEC_KEY_MAX,
                             ngx_api_sec_key_load, key);
}


static int
ngx_api_sec_jwks_load(void *data, api_span_t text, api_err_t *err)
{
    return ngx_api_sec_keys_load(data, text, err);
}


int
ngx_api_sec_keys_load(const ngx_api_sec_issuer_t *issuer, api_span_t text,
    api_err_t *err)
{
    int          rc;
    uint8_t      print[API_JWS_SHA_LEN];
    api_jwks_t  *set;

    rc = ngx_api_sec_keys_parse(issuer, text, &set, err);

    if (rc != API_OK) {
        return rc;
    }

    rc = api_jws_sha(issuer->hash, &text, 1, print);

    if (rc != API_OK) {
        api_jwks_free(set);
        return api_fail(err, rc, 0, 0, "OpenSSL failed");
    }

    ngx_api_sec_keys_swap(issuer, set, print);

    return API_OK;
}


/* A set from elsewhere need not be perfect: bad keys are left out. */

static int
ngx_api_sec_keys_parse(const ngx_api_sec_issuer_t *issuer, api_span_t text,
    api_jwks_t **set, api_err_t *err)
{
    int               rc;
    api_jwks_opts_t   opts;

    ngx_memzero(&opts, sizeof(api_jwks_opts_t));

    opts.max_bytes = NGX_API_SEC_JWKS_MAX;
    opts.seed = issuer->seed;

    if (issuer->remote) {
        opts.lenient = 1;
        opts.max_keys = issuer->remote->max_keys;
    }

    rc = api_jwks_parse(set, text, &opts, &api_alloc_libc, err);

    if (rc != API_OK) {
        return rc;
    }

    rc = ngx_api_sec_keys_fit(issuer, *set, err);

    if (rc != API_OK) {
        api_jwks_free(*set);
    }

    return rc;
}


int
ngx_api_sec_keys_try(const ngx_api_sec_issuer_t *issuer, api_span_t text,
    size_t *skipped, api_err_t *err)
{
    int          rc;
    api_jwks_t  *set;

    rc = ngx_api_sec_keys_parse(issuer, text, &set, err);

    if (rc == API_OK) {
        *skipped = api_jwks_skipped(set);
        api_jwks_free(set);
    }

    return rc;
}


ngx_uint_t
ngx_api_sec_keys_same(const ngx_api_sec_issuer_t *issuer, api_span_t text)
{
    uint8_t  print[API_JWS_SHA_LEN];

    return issuer->keys->set
           && api_jws_sha(issuer->hash, &text, 1, print) == API_OK
           && ngx_memcmp(issuer->keys->print, print, API_JWS_SHA_LEN) == 0;
}


static int
ngx_api_sec_key_load(void *data, api_span_t text, api_err_t *err)
{
    ngx_api_sec_key_t *key = data;

    int                 rc;
    uint8_t            *copy;
    ngx_api_sec_key_t   old;

    copy = malloc(text.len + 1);
    if (copy == NULL) {
        return api_fail(err, API_NOMEM, 0, 0, "no memory");
    }

    memcpy(copy, text.data, text.len);

    old = *key;
    key->text = copy;
    key->len = text.len;

    rc = ngx_api_sec_keys_build(key->issuer, err);

    if (rc != API_OK) {
        ngx_explicit_memzero(copy, text.len);
        free(copy);

        key->text = old.text;
        key->len = old.len;

        return rc;
    }

    if (old.text) {
        ngx_explicit_memzero(old.text, old.len);
        free(old.text);
    }

    return API_OK;
}


/* The set that the lines read so far make. */

static int
ngx_api_sec_keys_build(ngx_api_sec_issuer_t *issuer, api_err_t *err)
{
    int                   rc;
    uint8_t               print[API_JWS_SHA_LEN];
    api_jwks_t           *set;
    ngx_uint_t            i;
    ngx_api_sec_key_t   **line;

    ngx_memzero(print, sizeof(print));

    rc = api_jwks_create(&set, &api_alloc_libc);
    if (rc != API_OK) {
        return api_fail(err, rc, 0, 0, "no memory");
    }

    line = issuer->keys->lines.elts;

    for (i = 0; i < issuer->keys->lines.nelts; i++) {
        if (line[i]->text == NULL) {
            continue;
        }

        rc = ngx_api_sec_key_add(set, line[i], err);

        if (rc == API_OK
            && ngx_api_sec_key_print(issuer, line[i], print) != API_OK)
        {
            rc = api_fail(err, API_INTERNAL, 0, 0, "OpenSSL failed");
        }

        if (rc != API_OK) {
            api_jwks_free(set);
            return rc;
        }
    }

    rc = ngx_api_sec_keys_fit(issuer, set, err);

    if (rc != API_OK) {
        api_jwks_free(set);
        return rc;
    }

    ngx_api_sec_keys_swap(issuer, set, print);

    return API_OK;
}


/* print becomes that of what it was for, and of the key. */

static int
ngx_api_sec_key_print(const ngx_api_sec_issuer_t *issuer,
    const ngx_api_sec_key_t *key, uint8_t print[API_JWS_SHA_LEN])
{
    size_t      sizes[2];
    api_span_t  pieces[5];

    sizes[0] = key->kid.len;
    sizes[1] = key->alg_name.len;

    pieces[0] = api_span(print, API_JWS_SHA_LEN);
    pieces[1] = api_span(sizes, sizeof(sizes));
    pieces[2] = ngx_api_span(&key->kid);
    pieces[3] = ngx_api_span(&key->alg_name);
    pieces[4] = api_span(key->text, key->len);

    return api_jws_sha(issuer->hash, pieces, 5, print);
}


static int
ngx_api_sec_key_add(api_jwks_t *set, const ngx_api_sec_key_t *key,
    api_err_t *err)
{
    api_span_t  text, kid;

    static const char  pem[] = "-----BEGIN ";

    text = api_span(key->text, key->len);
    kid = ngx_api_span(&key->kid);

    if (text.len >= sizeof(pem) - 1
        && memcmp(text.data, pem, sizeof(pem) - 1) == 0)
    {
        return api_jwks_add_pem(set, text, kid, key->alg, err);
    }

    if (key->public) {
        return api_fail(err, API_INVALID, 0, 0,
                        "no PEM; if it is a secret, name it file:PATH");
    }

    /* an editor's or echo's newline is not part of the secret */

    if (text.len && text.data[text.len - 1] == '\n') {
        text.len--;
    }

    return api_jwks_add_secret(set, text, kid, key->alg, err);
}


static int
ngx_api_sec_keys_fit(const ngx_api_sec_issuer_t *issuer,
    const api_jwks_t *set, api_err_t *err)
{
    size_t  i;

    for (i = 0; i < api_jwks_count(set); i++) {
        if (api_jwk_algs(api_jwks_key(set, i)) & issuer->policy.algorithms) {
            return API_OK;
        }
    }

    return api_fail(err, API_INVALID, 0, 0,
                    "no key in it fits the \"algorithms\" of api_jwt_issuer "
                    "\"%.*s\"", (int) issuer->name.len, issuer->name.data);
}


static void
ngx_api_sec_keys_swap(const ngx_api_sec_issuer_t *issuer, api_jwks_t *set,
    const uint8_t print[API_JWS_SHA_LEN])
{
    if (issuer->keys->set
        && ngx_memcmp(issuer->keys->print, print, API_JWS_SHA_LEN) != 0)
    {
        ngx_api_sec_audit_keys(&issuer->name, issuer->keys->print, print);
    }

    api_jwks_free(issuer->keys->set);

    issuer->keys->set = set;
    issuer->keys->epoch++;
    ngx_memcpy(issuer->keys->print, print, API_JWS_SHA_LEN);
}


static void
ngx_api_sec_keys_cleanup(void *data)
{
    ngx_api_sec_keys_t *keys = data;

    ngx_uint_t            i;
    ngx_api_sec_key_t   **line;

    api_jwks_free(keys->set);

    line = keys->lines.elts;

    for (i = 0; i < keys->lines.nelts; i++) {
        if (line[i]->text) {
            ngx_explicit_memzero(line[i]->text, line[i]->len);
            free(line[i]->text);
        }
    }
}
