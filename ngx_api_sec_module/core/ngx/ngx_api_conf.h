
/*
 * The grammar of the directives (docs/directives/README.md): options, modes,
 * lists that accumulate or replace, secrets by reference.
 */

#ifndef _NGX_API_CONF_H_INCLUDED_
#define _NGX_API_CONF_H_INCLUDED_


#include "ngx_api_compat.h"
#include "api_base.h"


/* Modes, in the order of force: the effective one is the least. */

#define NGX_API_MODE_OFF      0
#define NGX_API_MODE_MONITOR  1
#define NGX_API_MODE_ENFORCE  2

typedef struct {
    ngx_uint_t                  fixed;    /* when cv is NULL */
    ngx_http_complex_value_t   *cv;       /* evaluated for each request */
} ngx_api_mode_t;

#define NGX_API_MODE_UNSET  { NGX_CONF_UNSET_UINT, NULL }

/* `enforce`, `monitor`, `off` or a value with variables. */

char *ngx_api_conf_mode(ngx_conf_t *cf, ngx_str_t *value,
    ngx_api_mode_t *mode);
void ngx_api_merge_mode(ngx_api_mode_t *conf, const ngx_api_mode_t *prev,
    ngx_uint_t dflt);

/*
 * A variable that is empty, missing or says something else means enforce: the
 * lever has to be pulled on purpose.
 */

ngx_uint_t ngx_api_mode(ngx_http_request_t *r, const ngx_api_mode_t *mode);

extern const ngx_str_t  ngx_api_mode_names[];


/* Text with variables. */

char *ngx_api_conf_value(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_complex_value_t *cv);


/* key=value and bare words behind a directive, by table. */

typedef enum {
    NGX_API_OPT_STR = 0,
    NGX_API_OPT_SIZE,      /* size_t */
    NGX_API_OPT_SEC,       /* time_t */
    NGX_API_OPT_NUM,       /* ngx_uint_t */
    NGX_API_OPT_ENUM,      /* ngx_uint_t, from `names` */
    NGX_API_OPT_MODE,      /* ngx_api_mode_t */
    NGX_API_OPT_FLAG,      /* bare word, ngx_flag_t set to 1 */
    NGX_API_OPT_WORDS      /* a,b,c: ngx_array_t * of ngx_str_t */
} ngx_api_opt_type_e;

typedef struct {
    ngx_str_t                   name;
    ngx_uint_t                  type;
    size_t                      offset;
    const ngx_str_t            *names;    /* of an enum, ends with a null */
} ngx_api_opt_t;

#define ngx_api_null_opt  { ngx_null_string, 0, 0, NULL }

/*
 * Read the arguments from `first` on into base; an unknown or malformed one,
 * or one given twice, is an error that names what is possible.
 */

char *ngx_api_conf_opts(ngx_conf_t *cf, ngx_uint_t first,
    const ngx_api_opt_t *opts, void *base);

/* The index of value in names (which ends with a null), or NGX_ERROR. */

ngx_int_t ngx_api_conf_enum(const ngx_str_t *value, const ngx_str_t *names);


/*
 * A list of pointers to things made by a directive.  `off` clears what comes
 * from above; what the same level adds counts, wherever the off stands.
 */

typedef struct {
    ngx_array_t                *items;    /* of void *; NULL: empty */
    unsigned                    off:1;
} ngx_api_conf_list_t;

char *ngx_api_conf_list_add(ngx_conf_t *cf, ngx_api_conf_list_t *list,
    void *item);

/* Restrictions accumulate: what came from above, then our own. */

char *ngx_api_conf_list_join(ngx_conf_t *cf, ngx_api_conf_list_t *conf,
    const ngx_api_conf_list_t *prev);


/*
 * Where a secret may come from: file:PATH, cred:NAME (systemd), env:NAME; a
 * bare word is an error that says so.  `path` is set for the first two.
 */

typedef struct {
    ngx_str_t                   path;     /* NUL-terminated, full */
    ngx_str_t                   text;     /* what it holds */
} ngx_api_source_t;

char *ngx_api_conf_secret(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t permissions, ngx_api_source_t *source);

/* May no more read the file than its permissions setting says? */

char *ngx_api_conf_permissions(ngx_conf_t *cf, ngx_str_t *path,
    ngx_uint_t permissions);

/* api_secret_permissions */

#define NGX_API_SECRET_STRICT  0
#define NGX_API_SECRET_GROUP   1
#define NGX_API_SECRET_WARN    2

/* The whole of a regular file of at most max bytes; logs and returns NULL. */

char *ngx_api_conf_file(ngx_conf_t *cf, ngx_str_t *path, size_t max,
    ngx_str_t *text);

/* Relative to the configuration; NUL-terminated. */

char *ngx_api_conf_path(ngx_conf_t *cf, ngx_str_t *path);


static ngx_inline api_span_t
ngx_api_span(const ngx_str_t *s)
{
    return api_span(s->data, s->len);
}


/* For ngx_str_t that are only read. */

static ngx_inline ngx_str_t
ngx_api_str(api_span_t s)
{
    ngx_str_t  str;

    str.len = s.len;
    str.data = (u_char *) (uintptr_t) s.data;

    return str;
}


/* An api_alloc_t on a pool: nothing is given back before the pool goes. */

void ngx_api_pool_alloc(api_alloc_t *alloc, ngx_pool_t *pool);

/* One seed a start of nginx, for hashes of names. */

ngx_int_t ngx_api_random(void *buf, size_t len);


#endif /* _NGX_API_CONF_H_INCLUDED_ */
