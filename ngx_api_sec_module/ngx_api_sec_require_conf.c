
#include "ngx_api_sec_require.h"


#define NGX_API_SEC_REGEX_LIMIT  "(*LIMIT_MATCH=100000)"


static char *ngx_api_sec_test_parse(ngx_conf_t *cf,
    ngx_api_sec_require_t *req, ngx_str_t *words, ngx_uint_t n);
static char *ngx_api_sec_test_operand(ngx_conf_t *cf,
    ngx_api_sec_require_t *req, ngx_api_sec_test_t *test, ngx_str_t *word);
static char *ngx_api_sec_test_regex(ngx_conf_t *cf, ngx_api_sec_test_t *test);
#if (NGX_PCRE)
static ngx_regex_t *ngx_api_sec_regex(ngx_conf_t *cf,
    const ngx_str_t *pattern);
#endif
static ngx_uint_t ngx_api_sec_test_replaced(const ngx_str_t *word);
static char *ngx_api_sec_test_values(ngx_conf_t *cf,
    ngx_api_sec_test_t *test, ngx_str_t *words, ngx_uint_t n);


char *
ngx_api_sec_require(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_api_sec_loc_conf_t *lcf = conf;

    ngx_str_t              *value;
    ngx_uint_t              i, first;
    ngx_api_sec_require_t  *req;

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        lcf->require.off = 1;
        return NGX_CONF_OK;
    }

    req = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_require_t));

    if (req == NULL
        || ngx_array_init(&req->tests, cf->pool, 2,
                          sizeof(ngx_api_sec_test_t))
           != NGX_OK
        || ngx_api_sec_words(cf, value, cf->args->nelts, &req->text)
           != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    first = 1;

    for (i = 1; i <= cf->args->nelts; i++) {
        if (i < cf->args->nelts && ngx_strcmp(value[i].data, "or") != 0) {
            continue;
        }

        if (ngx_api_sec_test_parse(cf, req, &value[first], i - first)
            != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }

        first = i + 1;
    }

    ngx_api_sec_uses(cf, NGX_API_SEC_USES_REQUIRE);

    return ngx_api_conf_list_add(cf, &lcf->require, req);
}


char *
ngx_api_sec_words(ngx_conf_t *cf, const ngx_str_t *words, ngx_uint_t n,
    ngx_str_t *out)
{
    size_t       len;
    u_char      *p;
    ngx_uint_t   i;

    len = 0;

    for (i = 0; i < n; i++) {
        len += words[i].len + 1;
    }

    p = ngx_pnalloc(cf->pool, len);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    out->data = p;
    out->len = len - 1;

    for (i = 0; i < n; i++) {
        p = ngx_cpymem(p, words[i].data, words[i].len);
        *p++ = ' ';
    }

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_test_parse(ngx_conf_t *cf, ngx_api_sec_require_t *req,
    ngx_str_t *words, ngx_uint_t n)
{
    ngx_api_sec_test_t  *test;

    if (n < 2) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "a test is missing in \"%V\": write \"scope NAME\" "
                           "or \"claim:NAME eq VALUE\"", &req->text);
        return NGX_CONF_ERROR;
    }

    test = ngx_array_push(&req->tests);
    if (test == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(test, sizeof(ngx_api_sec_test_t));

    if (ngx_array_init(&test->values, cf->pool, n, sizeof(api_span_t))
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (ngx_strcmp(words[0].data, "scope") == 0) {
        req->claims = 1;

        if (ngx_api_sec_scopes_conf(cf, words + 1, n - 1, &test->scopes)
            != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }

        /* the challenge names the scopes of the first such test */

        if (req->scope.len == 0) {
            req->scope = test->scopes.text;
        }

        return NGX_CONF_OK;
    }

    if (ngx_api_sec_test_operand(cf, req, test, &words[0]) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    test->op = api_claim_op(ngx_api_span(&words[1]));

    if (test->op == API_CLAIM_NOPS) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown comparison \"%V\"; there are eq, ne, in, "
                           "any, contains, prefix, ~, exists, gt, ge, lt, le",
                           &words[1]);
        return NGX_CONF_ERROR;
    }

    return ngx_api_sec_test_values(cf, test, words + 2, n - 2);
}


static char *
ngx_api_sec_test_operand(ngx_conf_t *cf, ngx_api_sec_require_t *req,
    ngx_api_sec_test_t *test, ngx_str_t *word)
{
    if (ngx_api_sec_operand_conf(cf, word, &test->operand) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (test->operand.kind == NGX_API_SEC_OPERAND_LITERAL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is the same for every request: nothing is "
                           "tested", word);
        return NGX_CONF_ERROR;
    }

    if (ngx_api_sec_operand_is_identity(&test->operand)) {
        req->claims = 1;
    }

    return NGX_CONF_OK;
}


char *
ngx_api_sec_scopes_conf(ngx_conf_t *cf, ngx_str_t *words, ngx_uint_t n,
    ngx_api_sec_scopes_t *scopes)
{
    ngx_uint_t   i, c;
    api_span_t  *scope;

    if (n > 1 && ngx_strcmp(words[0].data, "any") == 0) {
        scopes->any = 1;
        words++;
        n--;
    }

    if (ngx_array_init(&scopes->names, cf->pool, n, sizeof(api_span_t))
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < n; i++) {
        for (c = 0; c < words[i].len; c++) {
            if (words[i].data[c] <= ' ' || words[i].data[c] == '"'
                || words[i].data[c] == '\\' || words[i].data[c] >= 0x7f)
            {
                break;
            }
        }

        if (c < words[i].len || c == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" is no scope (RFC 6749 3.3): write each "
                               "as a word of its own", &words[i]);
            return NGX_CONF_ERROR;
        }

        scope = ngx_array_push(&scopes->names);
        *scope = ngx_api_span(&words[i]);
    }

    return ngx_api_sec_words(cf, words, n, &scopes->text);
}


/* Does it look as if a variable were replaced in it? */

static ngx_uint_t
ngx_api_sec_test_replaced(const ngx_str_t *word)
{
    u_char  c, *p, *last;

    last = word->data + word->len;

    for (p = word->data; last - p > 1; p++) {
        c = ngx_tolower(p[1]);

        if (*p == '$' && ((c >= 'a' && c <= 'z') || c == '_' || c == '{')) {
            return 1;
        }
    }

    return 0;
}


static char *
ngx_api_sec_test_values(ngx_conf_t *cf, ngx_api_sec_test_t *test,
    ngx_str_t *words, ngx_uint_t n)
{
    ngx_uint_t   i;
    api_span_t  *value;

    for (i = 0; i < n; i++) {
        value = ngx_array_push(&test->values);
        if (value == NULL) {
            return NGX_CONF_ERROR;
        }

        *value = ngx_api_span(&words[i]);

        /* as text it differs from everything, and "ne" always passes */

        if (test->op != API_CLAIM_MATCH
            && ngx_api_sec_test_replaced(&words[i]))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" is text here, no variable is replaced "
                               "in it: variables stand on the left",
                               &words[i]);
            return NGX_CONF_ERROR;
        }
    }

    if (!api_claim_values_ok(test->op, test->values.elts, n)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%s\" does not take these values: exists takes "
                           "none; eq, ne, ~, gt, ge, lt and le one, the last "
                           "four a number; the others one or more",
                           api_claim_op_name(test->op));
        return NGX_CONF_ERROR;
    }

    return test->op == API_CLAIM_MATCH ? ngx_api_sec_test_regex(cf, test)
                                       : NGX_CONF_OK;
}


/*
 * What somebody else writes is matched in so many steps, with and without
 * JIT; a value that takes more does not match.  The expression is compiled by
 * itself first, so that its errors are about what was written.
 */

static char *
ngx_api_sec_test_regex(ngx_conf_t *cf, ngx_api_sec_test_t *test)
{
#if (NGX_PCRE)
    ngx_str_t    pattern, limited;
    api_span_t  *value;

    value = test->values.elts;
    pattern = ngx_api_str(value[0]);

    limited.len = sizeof(NGX_API_SEC_REGEX_LIMIT) - 1 + pattern.len;
    limited.data = ngx_pnalloc(cf->pool, limited.len + 1);

    if (limited.data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_snprintf(limited.data, limited.len + 1,
                 NGX_API_SEC_REGEX_LIMIT "%V%Z", &pattern);

    if (ngx_api_sec_regex(cf, &pattern) == NULL) {
        return NGX_CONF_ERROR;
    }

    test->regex = ngx_api_sec_regex(cf, &limited);

    return test->regex ? NGX_CONF_OK : NGX_CONF_ERROR;
#else
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"~\" needs an nginx that is built with PCRE");
    return NGX_CONF_ERROR;
#endif
}


#if (NGX_PCRE)

static ngx_regex_t *
ngx_api_sec_regex(ngx_conf_t *cf, const ngx_str_t *pattern)
{
    u_char               errstr[NGX_MAX_CONF_ERRSTR];
    ngx_regex_compile_t  rc;

    ngx_memzero(&rc, sizeof(ngx_regex_compile_t));

    rc.pattern = *pattern;
    rc.pool = cf->pool;
    rc.err.len = NGX_MAX_CONF_ERRSTR;
    rc.err.data = errstr;

    if (ngx_regex_compile(&rc) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%V", &rc.err);
        return NULL;
    }

    return rc.regex;
}

#endif
