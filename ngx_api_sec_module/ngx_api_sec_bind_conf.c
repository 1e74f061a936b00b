
#include "ngx_api_sec_bind.h"


static char *ngx_api_sec_bind_words(ngx_conf_t *cf, ngx_api_sec_bind_t *bind,
    ngx_str_t *words, ngx_uint_t n);
static char *ngx_api_sec_bind_options(ngx_conf_t *cf,
    ngx_api_sec_bind_t *bind, ngx_str_t *words, ngx_uint_t *n);
static char *ngx_api_sec_bind_operand(ngx_conf_t *cf,
    ngx_api_sec_bind_t *bind, ngx_str_t *word, ngx_api_sec_operand_t *op);
static char *ngx_api_sec_bind_decoded(ngx_conf_t *cf, const ngx_str_t *word);
static char *ngx_api_sec_bind_sense(ngx_conf_t *cf,
    const ngx_api_sec_bind_t *bind);


/* api_bind OPERAND =|in OPERAND [or scope S ...] [absent=deny|skip] */

char *
ngx_api_sec_bind(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    char                *rv;
    ngx_str_t           *value;
    ngx_uint_t           n;
    ngx_api_sec_bind_t  *bind;

    value = cf->args->elts;
    n = cf->args->nelts;

    if (n == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        lcf->bind.off = 1;
        return NGX_CONF_OK;
    }

    bind = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_bind_t));

    if (bind == NULL
        || ngx_api_sec_words(cf, value, n, &bind->text) != NGX_CONF_OK
        || ngx_api_sec_bind_options(cf, bind, value, &n) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    rv = ngx_api_sec_bind_words(cf, bind, value + 1, n - 1);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    ngx_api_sec_uses(cf, NGX_API_SEC_USES_REQUIRE);

    return ngx_api_conf_list_add(cf, &lcf->bind, bind);
}


/* absent= stands last. */

static char *
ngx_api_sec_bind_options(ngx_conf_t *cf, ngx_api_sec_bind_t *bind,
    ngx_str_t *words, ngx_uint_t *n)
{
    ngx_str_t  *last;

    last = &words[*n - 1];

    if (last->len < 7 || ngx_strncmp(last->data, "absent=", 7) != 0) {
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(last->data, "absent=skip") == 0) {
        bind->skip = 1;

    } else if (ngx_strcmp(last->data, "absent=deny") != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown \"%V\": write absent=deny or absent=skip",
                           last);
        return NGX_CONF_ERROR;
    }

    (*n)--;

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_bind_words(ngx_conf_t *cf, ngx_api_sec_bind_t *bind,
    ngx_str_t *words, ngx_uint_t n)
{
    if (n < 3 || n == 4 || n == 5
        || (ngx_strcmp(words[1].data, "=") != 0
            && ngx_strcmp(words[1].data, "in") != 0)
        || (n > 3 && (ngx_strcmp(words[3].data, "or") != 0
                      || ngx_strcmp(words[4].data, "scope") != 0)))
    {
        return "takes OPERAND = OPERAND, or OPERAND in OPERAND, then \"or "
               "scope NAME ...\" and absent=deny or absent=skip if need be, "
               "for example: $cid = claim:sub or scope admin";
    }

    bind->in = words[1].data[0] == 'i';

    if (ngx_api_sec_bind_operand(cf, bind, &words[0], &bind->left)
        != NGX_CONF_OK
        || ngx_api_sec_bind_operand(cf, bind, &words[2], &bind->right)
           != NGX_CONF_OK
        || ngx_api_sec_bind_sense(cf, bind) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return n > 3 ? ngx_api_sec_scopes_conf(cf, words + 5, n - 5,
                                           &bind->scopes)
                 : NGX_CONF_OK;
}


static char *
ngx_api_sec_bind_operand(ngx_conf_t *cf, ngx_api_sec_bind_t *bind,
    ngx_str_t *word, ngx_api_sec_operand_t *op)
{
    if (ngx_api_sec_operand_conf(cf, word, op) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    bind->claims |= ngx_api_sec_operand_is_identity(op);

    switch (op->kind) {

    case NGX_API_SEC_OPERAND_PATH:
        bind->path = 1;
        return NGX_CONF_OK;

    case NGX_API_SEC_OPERAND_VARIABLE:
        bind->path = 1;
        return ngx_api_sec_bind_decoded(cf, word);

    default:
        return NGX_CONF_OK;
    }
}


/* nginx has these as they were sent, and takes the first of several. */

static char *
ngx_api_sec_bind_decoded(ngx_conf_t *cf, const ngx_str_t *word)
{
    size_t      i;
    ngx_uint_t  n;
    ngx_str_t   name;

    static const struct {
        ngx_str_t   prefix;
        const char *operand;
    } raw[] = {
        { ngx_string("arg_"), "query:" },
        { ngx_string("http_"), "header:" },
        { ngx_null_string, NULL }
    };

    for (i = 0; i < word->len; i++) {
        if (word->data[i] != '$') {
            continue;
        }

        name.data = word->data + i + 1;
        name.len = word->len - i - 1;

        if (name.len && name.data[0] == '{') {
            name.data++;
            name.len--;
        }

        for (n = 0; raw[n].prefix.len; n++) {
            if (name.len > raw[n].prefix.len
                && ngx_strncasecmp(name.data, raw[n].prefix.data,
                                   raw[n].prefix.len)
                   == 0)
            {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "\"%V\" is as it was sent, and the first "
                                   "of several: write %sNAME", word,
                                   raw[n].operand);
                return NGX_CONF_ERROR;
            }
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_bind_sense(ngx_conf_t *cf, const ngx_api_sec_bind_t *bind)
{
    if (bind->left.kind == NGX_API_SEC_OPERAND_LITERAL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is the same for every request: what the "
                           "client names stands on the left, what it has to "
                           "be on the right", &bind->left.text);
        return NGX_CONF_ERROR;
    }

    if (bind->in && bind->right.kind != NGX_API_SEC_OPERAND_CLAIM) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no list: \"in\" looks into an array "
                           "that a claim is", &bind->right.text);
        return NGX_CONF_ERROR;
    }

    if (bind->skip && ngx_api_sec_operand_is_identity(&bind->left)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "absent=skip with \"%V\" on the left would let "
                           "everybody pass who has none: what the client "
                           "names stands on the left", &bind->left.text);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}
