
/*
 * api_cors: the directive.  Origins are compared byte by byte with what a
 * browser sends, so what no browser would ever send is an error here.
 */

#include "ngx_api_sec_cors.h"


static char *ngx_api_sec_cors_prepare(ngx_conf_t *cf,
    ngx_api_sec_cors_t *cors);
static const char *ngx_api_sec_origin(const ngx_str_t *name,
    ngx_api_sec_origin_t *origin);
static const char *ngx_api_sec_origin_scheme(const ngx_str_t *name,
    u_char **host);
static const char *ngx_api_sec_origin_host(u_char *p, u_char *last,
    ngx_uint_t labels);
static const char *ngx_api_sec_origin_port(const ngx_str_t *name, u_char *p,
    u_char *last);
static char *ngx_api_sec_cors_words(ngx_conf_t *cf, ngx_array_t *words,
    ngx_str_t *joined, ngx_uint_t *any, ngx_uint_t upper);
static ngx_uint_t ngx_api_sec_is_token(const ngx_str_t *word);


char *
ngx_api_sec_cors(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    ngx_str_t           *value;
    ngx_api_sec_cors_t  *cors;

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("origins"), NGX_API_OPT_WORDS,
          offsetof(ngx_api_sec_cors_t, names), NULL },
        { ngx_string("methods"), NGX_API_OPT_WORDS,
          offsetof(ngx_api_sec_cors_t, methods), NULL },
        { ngx_string("headers"), NGX_API_OPT_WORDS,
          offsetof(ngx_api_sec_cors_t, headers), NULL },
        { ngx_string("expose"), NGX_API_OPT_WORDS,
          offsetof(ngx_api_sec_cors_t, expose), NULL },
        { ngx_string("credentials"), NGX_API_OPT_FLAG,
          offsetof(ngx_api_sec_cors_t, credentials), NULL },
        { ngx_string("max_age"), NGX_API_OPT_SEC,
          offsetof(ngx_api_sec_cors_t, max_age), NULL },
        ngx_api_null_opt
    };

    if (lcf->cors != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 3 && ngx_strncmp(value[1].data, "off", 3) == 0) {
        lcf->cors = NULL;
        return cf->args->nelts == 2 ? NGX_CONF_OK : "off takes nothing more";
    }

    cors = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_cors_t));
    if (cors == NULL) {
        return NGX_CONF_ERROR;
    }

    cors->max_age = -1;

    if (ngx_api_conf_opts(cf, 1, opts, cors) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (cors->names == NULL) {
        return "needs origins=ORIGIN[,ORIGIN...], for example "
               "origins=https://app.example.com";
    }

    ngx_api_sec_uses(cf, NGX_API_SEC_USES_CORS);

    lcf->cors = cors;

    return ngx_api_sec_cors_prepare(cf, cors);
}


static char *
ngx_api_sec_cors_prepare(ngx_conf_t *cf, ngx_api_sec_cors_t *cors)
{
    ngx_str_t   *name;
    ngx_uint_t   i, any_method, any_header, any_expose;

    static ngx_str_t    simple[] = {
        ngx_string("GET"),
        ngx_string("HEAD"),
        ngx_string("POST")
    };

    static ngx_array_t  methods = { simple, 3, sizeof(ngx_str_t), 3, NULL };

    if (cors->methods == NULL) {
        cors->methods = &methods;
    }

    if (ngx_array_init(&cors->origins, cf->pool, cors->names->nelts,
                       sizeof(ngx_api_sec_origin_t))
        != NGX_OK
        || ngx_api_sec_cors_words(cf, cors->methods, &cors->allow_methods,
                                  &any_method, 1)
           != NGX_CONF_OK
        || ngx_api_sec_cors_words(cf, cors->headers, &cors->allow_headers,
                                  &any_header, 0)
           != NGX_CONF_OK
        || ngx_api_sec_cors_words(cf, cors->expose, &cors->expose_headers,
                                  &any_expose, 0)
           != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    cors->any_method = any_method;
    cors->any_header = any_header;

    name = cors->names->elts;

    for (i = 0; i < cors->names->nelts; i++) {
        if (ngx_api_sec_cors_add(cf, cors, &name[i]) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (cors->any_origin && cors->names->nelts > 1) {
        return "takes \"*\" as the only origin, or a list without it";
    }

    if (cors->credentials && (any_method || any_header || any_expose)) {
        return "with credentials takes no \"*\" in methods=, headers= or "
               "expose=, where browsers read it as a name: write them out";
    }

    if (cors->max_age >= 0) {
        cors->max_age_text.data = ngx_pnalloc(cf->pool, NGX_TIME_T_LEN);
        if (cors->max_age_text.data == NULL) {
            return NGX_CONF_ERROR;
        }

        cors->max_age_text.len = ngx_sprintf(cors->max_age_text.data, "%T",
                                             cors->max_age)
                                 - cors->max_age_text.data;
    }

    return NGX_CONF_OK;
}


char *
ngx_api_sec_cors_add(ngx_conf_t *cf, ngx_api_sec_cors_t *cors,
    ngx_str_t *name)
{
    const char            *wrong;
    ngx_api_sec_origin_t  *origin;

    if (name->len == 1 && name->data[0] == '*') {

        if (cors->credentials) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "origins=* with credentials would let every "
                               "site act as its visitor: write the origins "
                               "out, or leave credentials away");
            return NGX_CONF_ERROR;
        }

        cors->any_origin = 1;
        return NGX_CONF_OK;
    }

    origin = ngx_array_push(&cors->origins);
    if (origin == NULL) {
        return NGX_CONF_ERROR;
    }

    origin->text = *name;
    ngx_str_null(&origin->host);

    if (name->len == 4 && ngx_strncmp(name->data, "null", 4) == 0) {

        if (!cors->credentials) {
            return NGX_CONF_OK;
        }

        wrong = "with credentials would let every site act as its visitor, "
                "out of a sandboxed frame: leave one of them away";

    } else {
        wrong = ngx_api_sec_origin(name, origin);

        if (wrong == NULL) {
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "origin \"%V\" %s", name, wrong);

    return NGX_CONF_ERROR;
}


/* scheme://host[:port] as RFC 6454 section 6.2 writes it; or what is wrong. */

static const char *
ngx_api_sec_origin(const ngx_str_t *name, ngx_api_sec_origin_t *origin)
{
    u_char      *p, *host, *last, *port;
    ngx_uint_t   wild;
    const char  *wrong;

    for (p = name->data; p < name->data + name->len; p++) {
        if (*p >= 'A' && *p <= 'Z') {
            return "has capital letters, which browsers never send: write it "
                   "in lower case";
        }
    }

    wrong = ngx_api_sec_origin_scheme(name, &host);
    if (wrong) {
        return wrong;
    }

    last = name->data + name->len;

    if (ngx_strlchr(host, last, '/')) {
        return "has a path or a slash at its end: an origin is "
               "scheme://host[:port] and no more";
    }

    if (ngx_strlchr(host, last, '@')) {
        return "has a user in it: an origin is scheme://host[:port]";
    }

    wild = (last - host > 2 && host[0] == '*' && host[1] == '.');

    p = (host < last && *host == '[') ? ngx_strlchr(host, last, ']') : host;

    port = p ? ngx_strlchr(p, last, ':') : NULL;

    wrong = ngx_api_sec_origin_host(wild ? host + 2 : host,
                                    port ? port : last, wild ? 2 : 1);

    if (wrong == NULL && port) {
        wrong = ngx_api_sec_origin_port(name, port + 1, last);
    }

    if (wrong == NULL && wild) {
        origin->text.len = host - name->data;
        origin->host.data = host + 1;
        origin->host.len = last - (host + 1);
    }

    return wrong;
}


static const char *
ngx_api_sec_origin_scheme(const ngx_str_t *name, u_char **host)
{
    u_char  *p, *last;

    last = name->data + name->len;

    for (p = name->data; p < last; p++) {
        if ((*p < 'a' || *p > 'z')
            && (p == name->data
                || ((*p < '0' || *p > '9') && *p != '+' && *p != '-'
                    && *p != '.')))
        {
            break;
        }
    }

    if (p == name->data || last - p < 4 || ngx_strncmp(p, "://", 3) != 0) {
        return "is none: write scheme://host[:port], for example "
               "https://app.example.com, or null";
    }

    *host = p + 3;

    return NULL;
}


/* Of at least so many labels: *.com would be everybody. */

static const char *
ngx_api_sec_origin_host(u_char *p, u_char *last, ngx_uint_t labels)
{
    u_char  *start;

    static const char  bad[] = "has no valid host: an internationalized name "
                               "is written in its xn-- form, an asterisk "
                               "stands only for the first label";

    if (p < last && *p == '[') {

        if (labels > 1 || last - p < 4 || last[-1] != ']') {
            return bad;
        }

        for (p++; p < last - 1; p++) {
            if ((*p < '0' || *p > '9') && (*p < 'a' || *p > 'f') && *p != ':'
                && *p != '.')
            {
                return bad;
            }
        }

        return NULL;
    }

    for (start = p; p < last; p++) {

        if (*p == '.') {
            if (p == start || p + 1 == last) {
                return bad;
            }

            start = p + 1;
            labels = labels > 1 ? labels - 1 : 1;
            continue;
        }

        if ((*p < 'a' || *p > 'z') && (*p < '0' || *p > '9') && *p != '-'
            && *p != '_')
        {
            return bad;
        }
    }

    if (p == start) {
        return bad;
    }

    return labels > 1 ? "leaves a whole top-level domain open: name a domain "
                        "behind the asterisk, as in https://*.example.com"
                      : NULL;
}


static const char *
ngx_api_sec_origin_port(const ngx_str_t *name, u_char *p, u_char *last)
{
    ngx_int_t  port;

    port = ngx_atoi(p, last - p);

    if (port < 1 || port > 65535 || *p == '0') {
        return "has no valid port";
    }

    if ((port == 80 && ngx_strncmp(name->data, "http:", 5) == 0)
        || (port == 443 && ngx_strncmp(name->data, "https:", 6) == 0))
    {
        return "names the port of its scheme, which browsers leave out: "
               "write it without";
    }

    return NULL;
}


/* Check a list of methods or header names, and write it as it is answered. */

static char *
ngx_api_sec_cors_words(ngx_conf_t *cf, ngx_array_t *words, ngx_str_t *joined,
    ngx_uint_t *any, ngx_uint_t upper)
{
    size_t       len;
    u_char      *p;
    ngx_str_t   *word;
    ngx_uint_t   i, n;

    *any = 0;

    if (words == NULL) {
        return NGX_CONF_OK;
    }

    word = words->elts;
    len = 0;

    for (i = 0; i < words->nelts; i++) {

        if (!ngx_api_sec_is_token(&word[i])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" is no name of a %s", &word[i],
                               upper ? "method" : "header");
            return NGX_CONF_ERROR;
        }

        for (n = 0; upper && n < word[i].len; n++) {
            if (word[i].data[n] != ngx_toupper(word[i].data[n])) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "the method \"%V\" must be written in "
                                   "capital letters", &word[i]);
                return NGX_CONF_ERROR;
            }
        }

        *any |= (word[i].len == 1 && word[i].data[0] == '*');
        len += word[i].len + sizeof(", ") - 1;
    }

    p = ngx_pnalloc(cf->pool, len);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    joined->data = p;

    for (i = 0; i < words->nelts; i++) {
        p = ngx_sprintf(p, "%s%V", i ? ", " : "", &word[i]);
    }

    joined->len = p - joined->data;

    return NGX_CONF_OK;
}


/* RFC 9110 section 5.6.2 */

static ngx_uint_t
ngx_api_sec_is_token(const ngx_str_t *word)
{
    u_char  *p;

    for (p = word->data; p < word->data + word->len; p++) {
        if ((*p < 'a' || *p > 'z') && (*p < 'A' || *p > 'Z')
            && (*p < '0' || *p > '9')
            && ngx_strchr("!#$%&'*+-.^_`|~", *p) == NULL)
        {
            return 0;
        }
    }

    return word->len > 0;
}
