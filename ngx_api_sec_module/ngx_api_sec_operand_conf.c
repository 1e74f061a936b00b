
#include "ngx_api_sec_operand.h"
#include "api_token.h"


typedef char *(*ngx_api_sec_operand_pt)(ngx_conf_t *cf,
    ngx_api_sec_operand_t *op);

static char *ngx_api_sec_operand_claim(ngx_conf_t *cf,
    ngx_api_sec_operand_t *op);
static char *ngx_api_sec_operand_key(ngx_conf_t *cf,
    ngx_api_sec_operand_t *op);
static char *ngx_api_sec_operand_path(ngx_conf_t *cf,
    ngx_api_sec_operand_t *op);
static char *ngx_api_sec_operand_query(ngx_conf_t *cf,
    ngx_api_sec_operand_t *op);
static char *ngx_api_sec_operand_header(ngx_conf_t *cf,
    ngx_api_sec_operand_t *op);


typedef struct {
    ngx_str_t                   prefix;
    ngx_api_sec_operand_pt      parse;        /* NULL: any text */
} ngx_api_sec_operand_kind_t;


/* by ngx_api_sec_operand_e */

static const ngx_api_sec_operand_kind_t  ngx_api_sec_operand_kinds[] = {
    { ngx_string("claim:"), ngx_api_sec_operand_claim },
    { ngx_string("key:"), ngx_api_sec_operand_key },
    { ngx_string("path:"), ngx_api_sec_operand_path },
    { ngx_string("query:"), ngx_api_sec_operand_query },
    { ngx_string("header:"), ngx_api_sec_operand_header },
    { ngx_string("literal:"), NULL },
    { ngx_null_string, NULL }
};


char *
ngx_api_sec_operand_conf(ngx_conf_t *cf, ngx_str_t *word,
    ngx_api_sec_operand_t *op)
{
    const ngx_api_sec_operand_kind_t  *kind;

    ngx_memzero(op, sizeof(ngx_api_sec_operand_t));

    op->text = *word;

    for (kind = ngx_api_sec_operand_kinds; kind->prefix.len; kind++) {

        if (word->len <= kind->prefix.len
            || ngx_strncmp(word->data, kind->prefix.data, kind->prefix.len)
               != 0)
        {
            continue;
        }

        op->kind = kind - ngx_api_sec_operand_kinds;
        op->name.data = word->data + kind->prefix.len;
        op->name.len = word->len - kind->prefix.len;

        if (ngx_http_script_variables_count(word)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" is a name, no variable is replaced in "
                               "it: write the variable alone", word);
            return NGX_CONF_ERROR;
        }

        return kind->parse ? kind->parse(cf, op) : NGX_CONF_OK;
    }

    if (ngx_http_script_variables_count(word) == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown operand \"%V\": write claim:NAME, "
                           "key:NAME, path:NAME, query:NAME, header:NAME or "
                           "a variable", word);
        return NGX_CONF_ERROR;
    }

    op->kind = NGX_API_SEC_OPERAND_VARIABLE;

    return ngx_api_conf_value(cf, word, &op->cv);
}


static char *
ngx_api_sec_operand_claim(ngx_conf_t *cf, ngx_api_sec_operand_t *op)
{
    api_err_t    err;
    api_alloc_t  alloc;
    api_arena_t  arena;

    ngx_api_pool_alloc(&alloc, cf->pool);
    api_arena_init(&arena, &alloc, 256, 0);

    if (api_claim_path_parse(&op->claim, ngx_api_span(&op->name), &arena,
                             &err)
        != API_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\": %s", &op->text,
                           err.text);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_operand_key(ngx_conf_t *cf, ngx_api_sec_operand_t *op)
{
    ngx_int_t  n;

    static const ngx_str_t  names[] = {
        ngx_string("id"),
        ngx_string("owner"),
        ngx_string("plan"),
        ngx_null_string
    };

    static const size_t  attributes[] = {
        offsetof(ngx_api_sec_identity_t, key),
        offsetof(ngx_api_sec_identity_t, owner),
        offsetof(ngx_api_sec_identity_t, plan)
    };

    n = ngx_api_conf_enum(&op->name, names);

    if (n == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "an API key has no \"%V\": write key:id, "
                           "key:owner or key:plan", &op->name);
        return NGX_CONF_ERROR;
    }

    op->attribute = attributes[n];

    return NGX_CONF_OK;
}


/* Whether there is a contract that has it is known when all has been read. */

static char *
ngx_api_sec_operand_path(ngx_conf_t *cf, ngx_api_sec_operand_t *op)
{
    ngx_api_sec_main_conf_t      *mcf;
    ngx_api_sec_operand_place_t  *place;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_api_sec_module);

    place = ngx_array_push(&mcf->path_operands);
    if (place == NULL) {
        return NGX_CONF_ERROR;
    }

    place->name = op->name;
    place->file = cf->conf_file->file.name;
    place->line = cf->conf_file->line;

    return NGX_CONF_OK;
}


char *
ngx_api_sec_operand_check(ngx_conf_t *cf, const ngx_api_sec_main_conf_t *mcf)
{
    ngx_uint_t                          i;
    const ngx_api_sec_operand_place_t  *place;

    place = mcf->path_operands.elts;

    for (i = 0; i < mcf->path_operands.nelts; i++) {

        if (mcf->paths == NULL) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "\"path:%V\" in %V:%ui is a parameter of an OpenAPI "
                          "document, and no api_schema names one: write such "
                          "a line, or a named capture of the location (\"(?<%V"
                          ">[^/]+)\") and \"$%V\"", &place[i].name,
                          &place[i].file, place[i].line, &place[i].name,
                          &place[i].name);
            return NGX_CONF_ERROR;
        }

        if (mcf->paths->known && !mcf->paths->known(mcf, &place[i].name)) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "no path of an api_schema has the parameter \"%V\" "
                          "of \"path:%V\" in %V:%ui", &place[i].name,
                          &place[i].name, &place[i].file, place[i].line);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_operand_query(ngx_conf_t *cf, ngx_api_sec_operand_t *op)
{
    size_t  i;

    for (i = 0; i < op->name.len; i++) {
        if (op->name.data[i] <= ' ' || op->name.data[i] == '%') {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\": the name of a parameter is written "
                               "decoded, without blanks", &op->text);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_api_sec_operand_header(ngx_conf_t *cf, ngx_api_sec_operand_t *op)
{
    u_char  *name;

    if (!api_token_is(ngx_api_span(&op->name))) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no name of a header", &op->name);
        return NGX_CONF_ERROR;
    }

    name = ngx_pnalloc(cf->pool, op->name.len);
    if (name == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_strlow(name, op->name.data, op->name.len);
    op->name.data = name;

    return NGX_CONF_OK;
}
