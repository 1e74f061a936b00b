
#include "ngx_api_ratelimit_ban.h"


typedef struct {
    ngx_array_t                *on;
    ngx_str_t                   strikes;
    time_t                      ban;
    time_t                      max;
    ngx_str_t                   key;
    ngx_uint_t                  at;
    ngx_uint_t                  status;
    ngx_api_mode_t              mode;
} ngx_api_ratelimit_ban_args_t;


static char *ngx_api_ratelimit_ban_line(ngx_conf_t *cf,
    ngx_api_ratelimit_ban_args_t *args, ngx_api_ratelimit_ban_t *ban);
static char *ngx_api_ratelimit_ban_on(ngx_conf_t *cf,
    const ngx_api_ratelimit_ban_args_t *args, ngx_api_ratelimit_ban_t *ban);
static char *ngx_api_ratelimit_ban_word(ngx_conf_t *cf, ngx_str_t *word,
    ngx_api_ratelimit_ban_t *ban);
static char *ngx_api_ratelimit_ban_strikes(ngx_conf_t *cf,
    const ngx_api_ratelimit_ban_args_t *args, ngx_api_ratelimit_ban_t *ban);
static char *ngx_api_ratelimit_ban_keyed(ngx_conf_t *cf,
    ngx_api_ratelimit_ban_args_t *args, ngx_api_ratelimit_ban_t *ban);
static uint64_t ngx_api_ratelimit_ban_id(const ngx_api_ratelimit_ban_t *ban);
static char *ngx_api_ratelimit_allow_net(ngx_conf_t *cf,
    ngx_api_ratelimit_bans_t *bans, ngx_str_t *value);
static char *ngx_api_ratelimit_allow_file(ngx_conf_t *cf,
    ngx_api_ratelimit_main_conf_t *mcf, ngx_str_t *value);
static int ngx_api_ratelimit_allow_load(void *data, api_span_t text,
    api_err_t *err);
static void ngx_api_ratelimit_allow_cleanup(void *data);


#define NGX_API_RATELIMIT_ALLOW_MAX  (16 * 1024 * 1024)


static const ngx_str_t  ngx_api_ratelimit_ats[] = {
    ngx_string("address"),
    ngx_string("identity"),
    ngx_null_string
};


/* Checks whose refusals count; cors and ban are no misbehaviour. */

static const ngx_uint_t  ngx_api_ratelimit_ban_checks[] = {
    NGX_API_CHECK_AUTH,
    NGX_API_CHECK_REQUIRE,
    NGX_API_CHECK_BIND,
    NGX_API_CHECK_BODY,
    NGX_API_CHECK_SCHEMA,
    NGX_API_CHECK_LIMIT,
    NGX_API_CHECK_WAF,
    NGX_API_CHECK_BEHAVIOR
};


/* Keys that may be shown and logged: they name somebody, and open nothing. */

static const ngx_str_t  ngx_api_ratelimit_ban_shown[] = {
    ngx_string("$remote_addr"),
    ngx_string("$api_client_net"),
    ngx_string("$api_principal"),
    ngx_string("$remote_user"),
    ngx_string("$ssl_client_s_dn"),
    ngx_string("$server_name"),
    ngx_null_string
};


ngx_api_ratelimit_bans_t *
ngx_api_ratelimit_bans(ngx_conf_t *cf, ngx_api_ratelimit_main_conf_t *mcf)
{
    ngx_api_ratelimit_bans_t  *bans;

    if (mcf->bans) {
        return mcf->bans;
    }

    bans = ngx_pcalloc(cf->pool, sizeof(ngx_api_ratelimit_bans_t));

    if (bans == NULL
        || ngx_array_init(&bans->nets, cf->pool, 4, sizeof(api_net_t))
           != NGX_OK
        || ngx_array_init(&bans->files, cf->pool, 1, sizeof(void *))
           != NGX_OK
        || ngx_api_random(&bans->seed, sizeof(api_sipkey_t)) != NGX_OK)
    {
        return NULL;
    }

    mcf->bans = bans;

    return bans;
}


char *
ngx_api_ratelimit_ban(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_ratelimit_loc_conf_t *lcf = conf;

    char                           *rv;
    ngx_str_t                      *value;
    ngx_api_ratelimit_ban_t        *ban;
    ngx_api_ratelimit_sample_t     *sample;
    ngx_api_ratelimit_ban_args_t    args;
    ngx_api_ratelimit_main_conf_t  *mcf;

    static const ngx_api_opt_t  opts[] = {
        { ngx_string("on"), NGX_API_OPT_WORDS,
          offsetof(ngx_api_ratelimit_ban_args_t, on), NULL },
        { ngx_string("strikes"), NGX_API_OPT_STR,
          offsetof(ngx_api_ratelimit_ban_args_t, strikes), NULL },
        { ngx_string("ban"), NGX_API_OPT_SEC,
          offsetof(ngx_api_ratelimit_ban_args_t, ban), NULL },
        { ngx_string("max"), NGX_API_OPT_SEC,
          offsetof(ngx_api_ratelimit_ban_args_t, max), NULL },
        { ngx_string("key"), NGX_API_OPT_STR,
          offsetof(ngx_api_ratelimit_ban_args_t, key), NULL },
        { ngx_string("at"), NGX_API_OPT_ENUM,
          offsetof(ngx_api_ratelimit_ban_args_t, at),
          ngx_api_ratelimit_ats },
        { ngx_string("status"), NGX_API_OPT_NUM,
          offsetof(ngx_api_ratelimit_ban_args_t, status), NULL },
        { ngx_string("mode"), NGX_API_OPT_MODE,
          offsetof(ngx_api_ratelimit_ban_args_t, mode), NULL },
        ngx_api_null_opt
    };

    value = cf->args->elts;
    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_api_ratelimit_module);

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        lcf->bans.off = 1;
        return NGX_CONF_OK;
    }

    ngx_memzero(&args, sizeof(ngx_api_ratelimit_ban_args_t));

    args.at = NGX_API_RATELIMIT_AT_ADDRESS;
    args.status = NGX_HTTP_TOO_MANY_REQUESTS;
    args.mode.fixed = NGX_API_MODE_ENFORCE;

    ban = ngx_pcalloc(cf->pool, sizeof(ngx_api_ratelimit_ban_t));
    sample = ngx_pcalloc(cf->pool, 2 * sizeof(ngx_api_ratelimit_sample_t));

    if (ban == NULL
        || sample == NULL
        || ngx_api_ratelimit_bans(cf, mcf) == NULL
        || ngx_array_init(&ban->statuses, cf->pool, 2, sizeof(ngx_uint_t))
           != NGX_OK
        || ngx_api_conf_opts(cf, 1, opts, &args) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    ban->refused = &sample[0];
    ban->banned = &sample[1];

    rv = ngx_api_ratelimit_ban_line(cf, &args, ban);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    mcf->used |= args.at == NGX_API_RATELIMIT_AT_ADDRESS
                 ? NGX_API_RATELIMIT_USES_BAN
                 : NGX_API_RATELIMIT_USES_BAN_IDENTITY;

    return ngx_api_conf_list_add(cf, &lcf->bans, ban);
}


static char *
ngx_api_ratelimit_ban_line(ngx_conf_t *cf,
    ngx_api_ratelimit_ban_args_t *args, ngx_api_ratelimit_ban_t *ban)
{
    char  *rv;

    rv = ngx_api_ratelimit_ban_on(cf, args, ban);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    rv = ngx_api_ratelimit_ban_strikes(cf, args, ban);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (args->status < 400 || args->status > 599) {
        return "takes a status from 400 to 599";
    }

    rv = ngx_api_ratelimit_ban_keyed(cf, args, ban);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    ban->at = args->at;
    ban->status = args->status;
    ban->mode = args->mode;
    ban->id = ngx_api_ratelimit_ban_id(ban);

    return NGX_CONF_OK;
}


static char *
ngx_api_ratelimit_ban_on(ngx_conf_t *cf,
    const ngx_api_ratelimit_ban_args_t *args, ngx_api_ratelimit_ban_t *ban)
{
    ngx_str_t   *word;
    ngx_uint_t   i;

    if (args->on == NULL) {
        return "needs on=: what counts as a strike, or on=none to look only";
    }

    word = args->on->elts;

    if (args->on->nelts == 1
        && api_span_eq(ngx_api_span(word), API_SPAN("none")))
    {
        return NGX_CONF_OK;
    }

    for (i = 0; i < args->on->nelts; i++) {
        if (ngx_api_ratelimit_ban_word(cf, &word[i], ban) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_api_ratelimit_ban_word(ngx_conf_t *cf, ngx_str_t *word,
    ngx_api_ratelimit_ban_t *ban)
{
    ngx_int_t         n;
    ngx_uint_t        i, check, *status;
    const ngx_str_t  *name;

    for (i = 0; i < sizeof(ngx_api_ratelimit_ban_checks) / sizeof(ngx_uint_t);
         i++)
    {
        check = ngx_api_ratelimit_ban_checks[i];
        name = &ngx_api_check_names[check];

        if (api_span_eq(ngx_api_span(name), ngx_api_span(word))) {
            ban->checks |= UINT64_C(1) << check;
            return NGX_CONF_OK;
        }
    }

    n = ngx_atoi(word->data, word->len);

    if (n < 400 || n > 599) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "on=%V is nothing that counts: write auth, "
                           "require, bind, body, schema, limit, waf, a "
                           "status from 400 to 599, or none alone", word);
        return NGX_CONF_ERROR;
    }

    status = ngx_array_push(&ban->statuses);
    if (status == NULL) {
        return NGX_CONF_ERROR;
    }

    *status = n;

    return NGX_CONF_OK;
}


/* strikes=N/TIME ban=TIME max=TIME */

static char *
ngx_api_ratelimit_ban_strikes(ngx_conf_t *cf,
    const ngx_api_ratelimit_ban_args_t *args, ngx_api_ratelimit_ban_t *ban)
{
    u_char     *slash, *last;
    ngx_int_t   n, ms;
    ngx_str_t   window;
    time_t      max;

    if (ban->checks == 0 && ban->statuses.nelts == 0) {
        return args->strikes.len || args->ban || args->max
               ? "takes no strikes=, ban= and max= with on=none"
               : NGX_CONF_OK;
    }

    if (args->strikes.len == 0 || args->ban == 0) {
        return "needs strikes=N/TIME and ban=TIME, for example strikes=5/10m "
               "ban=15m max=1d";
    }

    last = args->strikes.data + args->strikes.len;
    slash = ngx_strlchr(args->strikes.data, last, '/');

    n = NGX_ERROR;
    ms = NGX_ERROR;

    if (slash) {
        window.data = slash + 1;
        window.len = last - window.data;

        n = ngx_atoi(args->strikes.data, slash - args->strikes.data);
        ms = ngx_parse_time(&window, 0);
    }

    if (n < 1 || n > 65535 || ms < 1000
        || (uint64_t) ms > UINT64_C(366) * 86400 * 1000)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "strikes=%V is no number in a time: write for "
                           "example 5/10m; up to 65535, in 1s to 366d",
                           &args->strikes);
        return NGX_CONF_ERROR;
    }

    max = args->max ? args->max : args->ban;

    if (max < args->ban || (int64_t) max * 1000 > API_BAN_TIME_MAX) {
        return "needs a max= that is not below ban= and 10 years at most";
    }

    ban->rule.strikes = (uint32_t) n;
    ban->rule.window = ms;
    ban->rule.ban = (uint64_t) args->ban * 1000;
    ban->rule.max = (uint64_t) max * 1000;

    return NGX_CONF_OK;
}


static char *
ngx_api_ratelimit_ban_keyed(ngx_conf_t *cf,
    ngx_api_ratelimit_ban_args_t *args, ngx_api_ratelimit_ban_t *ban)
{
    ngx_uint_t  i;

    if (args->key.len == 0) {
        ban->space = NGX_API_RATELIMIT_SPACE_ADDRESS;
        ban->shown = 1;

        return args->at == NGX_API_RATELIMIT_AT_ADDRESS
               ? NGX_CONF_OK : "needs a key= with at=identity";
    }

    if (ngx_http_script_variables_count(&args->key) == 0) {
        return "needs a variable in key=: one that is the same for all bans "
               "everybody";
    }

    for (i = 0; ngx_api_ratelimit_ban_shown[i].len; i++) {
        if (api_span_eq(ngx_api_span(&ngx_api_ratelimit_ban_shown[i]),
                        ngx_api_span(&args->key)))
        {
            ban->shown = 1;
        }
    }

    ban->space = api_siphash24((api_sipkey_t) { 0, 0 },
                               ngx_api_span(&args->key))
                 >> 2 | 1;

    ban->key = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (ban->key == NULL) {
        return NGX_CONF_ERROR;
    }

    return ngx_api_conf_value(cf, &args->key, ban->key);
}


/* The same for lines that count the same and ban alike, also over reloads. */

static uint64_t
ngx_api_ratelimit_ban_id(const ngx_api_ratelimit_ban_t *ban)
{
    uint64_t  v[7];

    v[0] = ban->checks;
    v[1] = ban->space;
    v[2] = ban->rule.strikes;
    v[3] = ban->rule.window;
    v[4] = api_siphash24((api_sipkey_t) { 0, 0 },
                         api_span(ban->statuses.elts,
                                  ban->statuses.nelts * sizeof(ngx_uint_t)));
    v[5] = ban->rule.ban;
    v[6] = ban->rule.max;

    return api_siphash24((api_sipkey_t) { 0, 0 }, api_span(v, sizeof(v)));
}


char *
ngx_api_ratelimit_ban_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_ratelimit_main_conf_t *mcf = conf;

    ssize_t                    size;
    ngx_str_t                 *value;
    ngx_api_ratelimit_bans_t  *bans;

    value = cf->args->elts;

    bans = ngx_api_ratelimit_bans(cf, mcf);
    if (bans == NULL) {
        return NGX_CONF_ERROR;
    }

    if (bans->size) {
        return "is duplicate";
    }

    size = ngx_parse_size(&value[1]);

    if (size < (ssize_t) (16 * ngx_pagesize)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no size for bans: write 64k or more, "
                           "for example 1m", &value[1]);
        return NGX_CONF_ERROR;
    }

    bans->size = size;

    if (cf->args->nelts == 3) {
        if (ngx_strcmp(value[2].data, "snapshot") != 0) {
            return "takes a size and the word snapshot";
        }

        bans->snapshot = 1;
    }

    return NGX_CONF_OK;
}


char *
ngx_api_ratelimit_ban_allow(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_ratelimit_main_conf_t *mcf = conf;

    char                      *rv;
    api_net_t                  net;
    ngx_str_t                 *value;
    ngx_uint_t                 i;
    ngx_api_ratelimit_bans_t  *bans;

    value = cf->args->elts;

    bans = ngx_api_ratelimit_bans(cf, mcf);
    if (bans == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        /* what is no address is a file */

        rv = api_net_parse(ngx_api_span(&value[i]), &net) == API_NET_ADDRESS
             ? ngx_api_ratelimit_allow_file(cf, mcf, &value[i])
             : ngx_api_ratelimit_allow_net(cf, bans, &value[i]);

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_api_ratelimit_allow_net(ngx_conf_t *cf, ngx_api_ratelimit_bans_t *bans,
    ngx_str_t *value)
{
    char        text[API_NET_TEXT];
    size_t      len;
    api_net_t   net, *n;

    switch (api_net_parse(ngx_api_span(value), &net)) {

    case API_NET_OK:
        n = ngx_array_push(&bans->nets);
        if (n == NULL) {
            return NGX_CONF_ERROR;
        }

        *n = net;
        return NGX_CONF_OK;

    case API_NET_HOST_BITS:
        len = api_net_print(&net, text);
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has bits set behind its prefix: write "
                           "%*s", value, len, text);
        return NGX_CONF_ERROR;

    default:
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has no prefix length of its kind: write 0 "
                           "to 32, or 0 to 128 for IPv6", value);
        return NGX_CONF_ERROR;
    }
}


static char *
ngx_api_ratelimit_allow_file(ngx_conf_t *cf,
    ngx_api_ratelimit_main_conf_t *mcf, ngx_str_t *value)
{
    ngx_pool_cleanup_t         *cln;
    ngx_api_ratelimit_allow_t  *file, **f;

    file = ngx_pcalloc(cf->pool, sizeof(ngx_api_ratelimit_allow_t));
    f = ngx_array_push(&mcf->bans->files);
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (file == NULL || f == NULL || cln == NULL) {
        return NGX_CONF_ERROR;
    }

    *f = file;
    cln->handler = ngx_api_ratelimit_allow_cleanup;
    cln->data = file;

    return ngx_api_watch_add(cf, &mcf->watches, value,
                             NGX_API_RATELIMIT_ALLOW_MAX,
                             ngx_api_ratelimit_allow_load, file);
}


static int
ngx_api_ratelimit_allow_load(void *data, api_span_t text, api_err_t *err)
{
    ngx_api_ratelimit_allow_t *file = data;

    int              rc;
    api_list_t      *list;
    api_sipkey_t     seed;
    api_list_stat_t  stat;

    if (ngx_api_random(&seed, sizeof(api_sipkey_t)) != NGX_OK) {
        return api_fail(err, API_INTERNAL, 0, 0, "no random numbers");
    }

    rc = api_list_parse(&list, text, NULL, seed, &api_alloc_libc, err);
    if (rc != API_OK) {
        return rc;
    }

    stat = api_list_stat(list);

    if (stat.words) {
        api_list_free(list);
        return api_fail(err, API_INVALID, 0, 0,
                        "%u entries are no address or network", stat.words);
    }

    api_list_free(file->list);
    file->list = list;

    return API_OK;
}


static void
ngx_api_ratelimit_allow_cleanup(void *data)
{
    ngx_api_ratelimit_allow_t *file = data;

    api_list_free(file->list);
    file->list = NULL;
}
