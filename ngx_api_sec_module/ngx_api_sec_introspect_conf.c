
/*
 * api_introspect NAME { uri; client; secret; cache; ... }
 */

#include "ngx_api_sec_introspect.h"
#include "ngx_api_sec_status.h"


#define NGX_API_INTROSPECT_CACHE      60
#define NGX_API_INTROSPECT_MAX_CACHE  3600
#define NGX_API_INTROSPECT_SECRET     4096
#define NGX_API_INTROSPECT_BIND       8       /* the line that may be twice */


typedef struct {
    ngx_str_t     name;
    ngx_uint_t    min;
    ngx_uint_t    max;
    char       *(*set)(ngx_conf_t *cf, ngx_api_sec_introspect_t *ai);
} ngx_api_sec_introspect_line_t;


static char *ngx_api_sec_introspect_line(ngx_conf_t *cf,
    ngx_command_t *dummy, void *conf);
static char *ngx_api_sec_introspect_finish(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf, ngx_api_sec_introspect_t *ai);
static char *ngx_api_sec_introspect_secret(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf, ngx_api_sec_introspect_t *ai);
static int ngx_api_sec_introspect_load(void *data, api_span_t text,
    api_err_t *err);
static void ngx_api_sec_introspect_cleanup(void *data);
static char *ngx_api_sec_introspect_uri(ngx_conf_t *cf,
    ngx_api_sec_introspect_t *ai);
static char *ngx_api_sec_introspect_client(ngx_conf_t *cf,
    ngx_api_sec_introspect_t *ai);
static char *ngx_api_sec_introspect_source(ngx_conf_t *cf,
    ngx_api_sec_introspect_t *ai);
static char *ngx_api_sec_introspect_cache(ngx_conf_t *cf,
    ngx_api_sec_introspect_t *ai);
static char *ngx_api_sec_introspect_issuer(ngx_conf_t *cf,
    ngx_api_sec_introspect_t *ai);
static char *ngx_api_sec_introspect_audience(ngx_conf_t *cf,
    ngx_api_sec_introspect_t *ai);
static char *ngx_api_sec_introspect_require(ngx_conf_t *cf,
    ngx_api_sec_introspect_t *ai);
static char *ngx_api_sec_introspect_token(ngx_conf_t *cf,
    ngx_api_sec_introspect_t *ai);
static char *ngx_api_sec_introspect_bind(ngx_conf_t *cf,
    ngx_api_sec_introspect_t *ai);
static char *ngx_api_sec_introspect_words(ngx_conf_t *cf,
    ngx_array_t *words);
static void ngx_api_sec_answers_init(void *data, size_t size);


static const ngx_api_sec_introspect_line_t  ngx_api_sec_introspect_lines[] = {
    { ngx_string("uri"), 1, 2, ngx_api_sec_introspect_uri },
    { ngx_string("client"), 1, 1, ngx_api_sec_introspect_client },
    { ngx_string("secret"), 1, 1, ngx_api_sec_introspect_source },
    { ngx_string("cache"), 1, 1, ngx_api_sec_introspect_cache },
    { ngx_string("issuer"), 1, 1, ngx_api_sec_introspect_issuer },
    { ngx_string("audience"), 1, 32, ngx_api_sec_introspect_audience },
    { ngx_string("require"), 1, 32, ngx_api_sec_introspect_require },
    { ngx_string("token"), 1, 8, ngx_api_sec_introspect_token },
    { ngx_string("bind"), 1, 7, ngx_api_sec_introspect_bind },
    { ngx_null_string, 0, 0, NULL }
};


char *
ngx_api_sec_introspect(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_main_conf_t *mcf = conf;

    char                       *rv;
    ngx_str_t                  *value;
    ngx_conf_t                  save;
    ngx_pool_cleanup_t         *cln;
    ngx_api_sec_introspect_t   *ai, **p;

    value = cf->args->elts;

    if (ngx_api_sec_introspect_find(mcf, &value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate api_introspect \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    ai = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_introspect_t));
    p = ngx_array_push(&mcf->introspects);
    cln = ngx_pool_cleanup_add(cf->pool,
                               sizeof(ngx_api_sec_introspect_login_t));

    if (ai == NULL || p == NULL || cln == NULL
        || ngx_array_init(&ai->audience, cf->pool, 2, sizeof(api_span_t))
           != NGX_OK
        || ngx_array_init(&ai->require, cf->pool, 2, sizeof(api_span_t))
           != NGX_OK
        || ngx_array_init(&ai->places, cf->pool, 2,
                          sizeof(ngx_api_sec_place_t))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    *p = ai;

    ai->name = value[1];
    ai->cache = NGX_API_INTROSPECT_CACHE;
    ai->login = cln->data;

    ngx_memzero(ai->login, sizeof(ngx_api_sec_introspect_login_t));
    cln->handler = ngx_api_sec_introspect_cleanup;

    save = *cf;
    cf->handler = ngx_api_sec_introspect_line;
    cf->handler_conf = (void *) ai;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    return rv == NGX_CONF_OK ? ngx_api_sec_introspect_finish(cf, mcf, ai)
                             : rv;
}


static char *
ngx_api_sec_introspect_line(ngx_conf_t *cf, ngx_command_t *dummy, void *conf)
{
    ngx_api_sec_introspect_t *ai = conf;

    u_char                                list[128], *p;
    ngx_str_t                            *value;
    ngx_uint_t                            i, n;
    const ngx_api_sec_introspect_line_t  *line;

    value = cf->args->elts;
    n = cf->args->nelts - 1;
    p = list;

    if (value[0].len == 7 && ngx_strncmp(value[0].data, "include", 7) == 0) {
        return ngx_conf_include(cf, dummy, conf);
    }

    for (i = 0; ngx_api_sec_introspect_lines[i].name.len; i++) {
        line = &ngx_api_sec_introspect_lines[i];

        if (line->name.len != value[0].len
            || ngx_strncmp(line->name.data, value[0].data, value[0].len) != 0)
        {
            p = ngx_slprintf(p, list + sizeof(list), " %V", &line->name);
            continue;
        }

        if (n < line->min || n > line->max
            || ((ai->set & (1u << i)) && i != NGX_API_INTROSPECT_BIND))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" stands once in api_introspect, with "
                               "%ui to %ui words", &value[0], line->min,
                               line->max);
            return NGX_CONF_ERROR;
        }

        ai->set |= 1u << i;

        return line->set(cf, ai);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown line \"%V\" in api_introspect, which takes:"
                       "%*s", &value[0], (size_t) (p - list), list);

    return NGX_CONF_ERROR;
}


static char *
ngx_api_sec_introspect_finish(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_introspect_t *ai)
{
    if (ai->goal.uri.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "api_introspect \"%V\" needs a line \"uri "
                           "/LOCATION;\"", &ai->name);
        return NGX_CONF_ERROR;
    }

    if ((ai->client.len == 0) != (ai->secret.len == 0)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "api_introspect \"%V\" needs both \"client ID;\" "
                           "and \"secret SOURCE;\", or neither, when the "
                           "location itself says who asks", &ai->name);
        return NGX_CONF_ERROR;
    }

    ai->policy.audience = ai->audience.elts;
    ai->policy.naudience = ai->audience.nelts;
    ai->policy.require = ai->require.elts;
    ai->policy.nrequire = ai->require.nelts;

    return ai->secret.len ? ngx_api_sec_introspect_secret(cf, mcf, ai)
                          : NGX_CONF_OK;
}


/* A file: is read again when it changes. */

static char *
ngx_api_sec_introspect_secret(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_introspect_t *ai)
{
    int                rc;
    api_err_t          err;
    ngx_api_source_t   source;

    mcf->secrets = 1;

    if (ngx_api_conf_secret(cf, &ai->secret,
                            mcf->permissions == NGX_CONF_UNSET_UINT
                                ? NGX_API_SECRET_STRICT : mcf->permissions,
                            &source)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (ai->secret.data[0] == 'f') {
        ngx_explicit_memzero(source.text.data, source.text.len);

        return ngx_api_watch_add(cf, &mcf->watches, &source.path,
                                 NGX_API_INTROSPECT_SECRET,
                                 ngx_api_sec_introspect_load, ai);
    }

    rc = ngx_api_sec_introspect_load(ai, ngx_api_span(&source.text), &err);

    ngx_explicit_memzero(source.text.data, source.text.len);

    if (rc != API_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "secret \"%V\": %s",
                           &ai->secret, err.text);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* Basic, of the two encoded as a form is (RFC 6749 section 2.3.1). */

static int
ngx_api_sec_introspect_load(void *data, api_span_t text, api_err_t *err)
{
    ngx_api_sec_introspect_t *ai = data;

    u_char     *p, *plain, *basic;
    ngx_str_t   from, to;

    if (text.len && text.data[text.len - 1] == '\n') {
        text.len--;
    }

    if (text.len == 0) {
        return api_fail(err, API_INVALID, 0, 0, "the secret is empty");
    }

    from.len = 3 * (ai->client.len + text.len) + 1;
    plain = malloc(from.len);
    basic = malloc(sizeof("Basic ") - 1 + ngx_base64_encoded_length(from.len));

    if (plain == NULL || basic == NULL) {
        free(plain);
        free(basic);
        return api_fail(err, API_NOMEM, 0, 0, "no memory");
    }

    p = (u_char *) ngx_escape_uri(plain, ai->client.data, ai->client.len,
                                  NGX_ESCAPE_URI_COMPONENT);
    *p++ = ':';
    p = (u_char *) ngx_escape_uri(p, (u_char *) (uintptr_t) text.data,
                                  text.len, NGX_ESCAPE_URI_COMPONENT);

    from.data = plain;
    from.len = p - plain;
    to.data = ngx_cpymem(basic, "Basic ", sizeof("Basic ") - 1);

    ngx_encode_base64(&to, &from);

    ngx_explicit_memzero(plain, from.len);
    free(plain);

    ngx_api_sec_introspect_cleanup(ai->login);

    ai->login->basic = basic;
    ai->login->len = to.data + to.len - basic;

    return API_OK;
}


static void
ngx_api_sec_introspect_cleanup(void *data)
{
    ngx_api_sec_introspect_login_t *login = data;

    if (login->basic) {
        ngx_explicit_memzero(login->basic, login->len);
        free(login->basic);
        login->basic = NULL;
    }
}


static char *
ngx_api_sec_introspect_uri(ngx_conf_t *cf, ngx_api_sec_introspect_t *ai)
{
    ngx_str_t  *value;

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("server"), NGX_API_OPT_STR,
          offsetof(ngx_api_sec_introspect_t, goal.server), NULL },
        ngx_api_null_opt
    };

    value = cf->args->elts;
    ai->goal.uri = value[1];

    if (ai->goal.uri.len > 4
        && ngx_strncmp(ai->goal.uri.data, "uri:", 4) == 0)
    {
        ai->goal.uri.data += 4;
        ai->goal.uri.len -= 4;
    }

    if (ai->goal.uri.len == 0 || ai->goal.uri.data[0] != '/') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no location: write uri /NAME and a "
                           "\"location = /NAME { internal; proxy_pass "
                           "...; }\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    return ngx_api_conf_opts(cf, 2, opts, ai);
}


static char *
ngx_api_sec_introspect_client(ngx_conf_t *cf, ngx_api_sec_introspect_t *ai)
{
    ai->client = ((ngx_str_t *) cf->args->elts)[1];

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_introspect_source(ngx_conf_t *cf, ngx_api_sec_introspect_t *ai)
{
    ai->secret = ((ngx_str_t *) cf->args->elts)[1];

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_introspect_cache(ngx_conf_t *cf, ngx_api_sec_introspect_t *ai)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        ai->cache = 0;
        return NGX_CONF_OK;
    }

    ai->cache = ngx_parse_time(&value[1], 1);

    if (ai->cache < 1 || ai->cache > NGX_API_INTROSPECT_MAX_CACHE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"cache\" takes off or a time from 1s to 1h");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_introspect_issuer(ngx_conf_t *cf, ngx_api_sec_introspect_t *ai)
{
    ai->policy.issuer = ngx_api_span(&((ngx_str_t *) cf->args->elts)[1]);

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_introspect_audience(ngx_conf_t *cf, ngx_api_sec_introspect_t *ai)
{
    return ngx_api_sec_introspect_words(cf, &ai->audience);
}


static char *
ngx_api_sec_introspect_require(ngx_conf_t *cf, ngx_api_sec_introspect_t *ai)
{
    return ngx_api_sec_introspect_words(cf, &ai->require);
}


static char *
ngx_api_sec_introspect_token(ngx_conf_t *cf, ngx_api_sec_introspect_t *ai)
{
    return ngx_api_sec_place_add(cf, &ai->places);
}


static char *
ngx_api_sec_introspect_bind(ngx_conf_t *cf, ngx_api_sec_introspect_t *ai)
{
    return ngx_api_sec_bound_line(cf, &ai->bind);
}


static char *
ngx_api_sec_introspect_words(ngx_conf_t *cf, ngx_array_t *words)
{
    ngx_str_t   *value;
    ngx_uint_t   i;
    api_span_t  *word;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        word = ngx_array_push(words);
        if (word == NULL) {
            return NGX_CONF_ERROR;
        }

        *word = ngx_api_span(&value[i]);
    }

    return NGX_CONF_OK;
}


ngx_api_sec_introspect_t *
ngx_api_sec_introspect_find(const ngx_api_sec_main_conf_t *mcf,
    const ngx_str_t *name)
{
    ngx_uint_t                         i;
    ngx_api_sec_introspect_t * const  *ai;

    ai = mcf->introspects.elts;

    for (i = 0; i < mcf->introspects.nelts; i++) {
        if (ai[i]->name.len == name->len
            && ngx_strncmp(ai[i]->name.data, name->data, name->len) == 0)
        {
            return ai[i];
        }
    }

    return NULL;
}


/* postconfiguration: where answers are remembered. */

ngx_int_t
ngx_api_sec_introspect_zone(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf)
{
    size_t                       size;
    ngx_uint_t                   i, caches;
    ngx_api_sec_introspect_t   **ai;

    caches = 0;
    ai = mcf->introspects.elts;

    for (i = 0; i < mcf->introspects.nelts; i++) {
        if (ngx_api_sec_goal_resolve(cf, &ai[i]->goal, "api_introspect")
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        caches |= (ai[i]->cache != 0);
    }

    if (!caches || mcf->zone == NULL) {
        return NGX_OK;
    }

    size = mcf->shares.answers ? mcf->shares.answers
                               : mcf->zone->shm.size / 8;

    ngx_str_set(&mcf->answers.name, "answers");
    mcf->answers.abi = 1;
    mcf->answers.size = ngx_max(size - size % ngx_pagesize,
                                API_ANSWERS_MIN_SIZE);
    mcf->answers.init = ngx_api_sec_answers_init;

    return ngx_api_zone_tenant(cf, mcf->zone, &mcf->answers);
}


static void
ngx_api_sec_answers_init(void *data, size_t size)
{
    (void) api_answers_init(data, size);
}


api_answers_t *
ngx_api_sec_answers(const ngx_api_sec_main_conf_t *mcf)
{
    return mcf->answers.data ? api_answers_at(mcf->answers.data,
                                              mcf->answers.size)
                             : NULL;
}


void
ngx_api_sec_answers_status(const ngx_api_sec_main_conf_t *mcf,
    api_writer_t *w)
{
    const api_answers_t  *answers;
    api_answers_stats_t   stats;

    answers = ngx_api_sec_answers(mcf);

    if (answers == NULL) {
        return;
    }

    api_answers_stats(answers, &stats);

    api_writer_name(w, API_SPAN("answers"));
    api_writer_object(w);
    ngx_api_sec_status_cache(w, stats.entries, stats.hits, stats.misses,
                             stats.added, stats.evicted);
    api_writer_end(w);
}
