
/*
 * What a level takes over, and what its contract asks of the location: that
 * its operations can be authenticated and their bodies be seen.
 */

#include "ngx_api_sec_schema_response.h"


static char *ngx_api_sec_rules_make(ngx_conf_t *cf,
    ngx_api_sec_main_conf_t *mcf, ngx_api_sec_schema_conf_t *conf);
static char *ngx_api_sec_rules_operations(ngx_conf_t *cf,
    const ngx_api_sec_schema_conf_t *conf, ngx_api_sec_rules_t *rules);
static char *ngx_api_sec_rules_check(ngx_conf_t *cf,
    const ngx_api_sec_loc_conf_t *lcf);
static ngx_uint_t ngx_api_sec_rules_enforce(const ngx_api_sec_rules_t *rules,
    const api_operation_t *op);
static ngx_uint_t ngx_api_sec_rules_near(
    const ngx_http_core_loc_conf_t *clcf,
    const ngx_api_sec_contract_t *contract, const api_operation_t *op);
static char *ngx_api_sec_rules_operation(ngx_conf_t *cf,
    const ngx_api_sec_loc_conf_t *lcf, const api_operation_t *op);


char *
ngx_api_sec_schema_merge(ngx_conf_t *cf, ngx_api_sec_loc_conf_t *lcf,
    const ngx_api_sec_loc_conf_t *above)
{
    ngx_uint_t                        own, auth, streams;
    ngx_api_sec_main_conf_t          *mcf;
    ngx_api_sec_schema_conf_t        *conf;
    const ngx_api_sec_schema_conf_t  *prev;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_api_sec_module);
    conf = lcf->schema;
    prev = above->schema;

    own = conf->contract != NGX_CONF_UNSET_PTR || conf->operations.items
          || conf->has_unknown || conf->has_verbs || conf->has_bounds
          || conf->exposure != NGX_CONF_UNSET_UINT;
    streams = conf->response != NGX_CONF_UNSET_PTR && conf->response;

    ngx_conf_merge_ptr_value(conf->contract, prev->contract, NULL);
    ngx_conf_merge_uint_value(conf->exposure, prev->exposure,
                              NGX_API_SEC_PUBLIC);
    ngx_conf_merge_ptr_value(conf->response, prev->response, NULL);

    if (!conf->has_unknown) {
        conf->unknown = prev->unknown;
        conf->has_unknown = prev->has_unknown;
    }

    if (!conf->has_verbs) {
        conf->verbs = prev->verbs;
        conf->has_verbs = prev->has_verbs;
    }

    if (!conf->has_bounds) {
        conf->bounds = prev->bounds;
        conf->has_bounds = prev->has_bounds;
    }

    if (ngx_api_conf_list_join(cf, &conf->operations, &prev->operations)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (ngx_api_sec_bare_merge(cf, conf, prev, own) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (conf->contract == NULL || conf->contract == NGX_CONF_UNSET_PTR) {
        return NGX_CONF_OK;
    }

    auth = lcf->auth != above->auth || lcf->body != above->body;

    if (!own && prev->rules) {
        conf->rules = prev->rules;

    } else if (ngx_api_sec_rules_make(cf, mcf, conf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    return own || auth || streams || prev->rules == NULL
           ? ngx_api_sec_rules_check(cf, lcf) : NGX_CONF_OK;
}


static char *
ngx_api_sec_rules_make(ngx_conf_t *cf, ngx_api_sec_main_conf_t *mcf,
    ngx_api_sec_schema_conf_t *conf)
{
    ngx_api_sec_rules_t     *rules;
    ngx_api_sec_contract_t  *contract;

    contract = (ngx_api_sec_contract_t *) (uintptr_t) conf->contract;

    if (contract->spec == NULL) {
        contract->spec = ngx_api_sec_spec_find(mcf, &contract->name);
    }

    if (contract->spec == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "no api_schema_spec \"%V\" for \"api_schema\" in %V:%ui",
                      &contract->name, &contract->file, contract->line);
        return NGX_CONF_ERROR;
    }

    rules = ngx_pcalloc(cf->pool, sizeof(ngx_api_sec_rules_t));
    if (rules == NULL) {
        return NGX_CONF_ERROR;
    }

    if (!conf->has_unknown) {
        conf->unknown.headers = NGX_API_SEC_IGNORE;
        conf->unknown.cookies = NGX_API_SEC_IGNORE;
    }

    rules->contract = contract;
    rules->options = conf->verbs.options;
    rules->override = conf->verbs.override;
    rules->exposure = conf->exposure;
    rules->json = api_json_limits_default;

    if (conf->has_bounds) {
        ngx_api_sec_rules_bounds(&conf->bounds, rules);
    }

    rules->opts.route_flags = conf->verbs.head == NGX_API_SEC_HEAD_AS_GET
                              ? API_ROUTE_HEAD_AS_GET : 0;
    rules->opts.deny_query = conf->unknown.query == NGX_API_SEC_DENY;
    rules->opts.deny_headers = conf->unknown.headers == NGX_API_SEC_DENY;
    rules->opts.deny_cookies = conf->unknown.cookies == NGX_API_SEC_DENY;
    rules->opts.deny_body = conf->unknown.body == NGX_API_SEC_DENY;
    rules->opts.deny_override = rules->override == NGX_API_SEC_DENY;
    rules->opts.json = &rules->json;
    rules->opts.schema = &rules->schema;

    conf->rules = rules;

    return ngx_api_sec_rules_operations(cf, conf, rules);
}


static char *
ngx_api_sec_rules_operations(ngx_conf_t *cf,
    const ngx_api_sec_schema_conf_t *conf, ngx_api_sec_rules_t *rules)
{
    ngx_uint_t                        i;
    const api_openapi_t              *doc;
    const api_operation_t            *op;
    ngx_api_sec_operation_t * const  *line;

    if (conf->operations.items == NULL) {
        return NGX_CONF_OK;
    }

    doc = rules->contract->spec->doc;
    line = conf->operations.items->elts;

    rules->operations = ngx_pcalloc(cf->pool,
                                    sizeof(void *) * api_openapi_count(doc));
    if (rules->operations == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < conf->operations.items->nelts; i++) {
        op = api_openapi_find(doc, ngx_api_span(&line[i]->id));

        if (op == NULL) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "api_schema_spec \"%V\" has no operation \"%V\" for "
                          "\"api_schema_operation\" in %V:%ui: write an "
                          "operationId of the document",
                          &rules->contract->name, &line[i]->id,
                          &line[i]->file, line[i]->line);
            return NGX_CONF_ERROR;
        }

        /* what a lower level says comes last, and holds */

        rules->operations[op->index] = line[i];
    }

    return NGX_CONF_OK;
}


#define ngx_api_sec_bound(to, from)                                           \
    (to) = (from) == NGX_CONF_UNSET_UINT ? (to) : (uint32_t) (from)


void
ngx_api_sec_rules_bounds(const ngx_api_sec_bounds_t *bounds,
    ngx_api_sec_rules_t *rules)
{
    ngx_api_sec_bound(rules->json.depth, bounds->depth);
    ngx_api_sec_bound(rules->json.tokens, bounds->tokens);
    ngx_api_sec_bound(rules->json.members, bounds->members);
    ngx_api_sec_bound(rules->json.string, bounds->string);
    ngx_api_sec_bound(rules->json.number, bounds->number);
    ngx_api_sec_bound(rules->schema.steps, bounds->steps);
    ngx_api_sec_bound(rules->schema.regex, bounds->regex);
    ngx_api_sec_bound(rules->opts.max_errors, bounds->errors);

    rules->own_json = ngx_memcmp(&rules->json, &api_json_limits_default,
                                 sizeof(api_json_limits_t))
                      != 0;
}


/*
 * A server only hands its settings down: which location serves a path is known
 * below.  What no location serves is refused at the request.
 */

static char *
ngx_api_sec_rules_check(ngx_conf_t *cf, const ngx_api_sec_loc_conf_t *lcf)
{
    uint32_t                         n;
    const api_openapi_t             *doc;
    const api_operation_t           *op;
    const ngx_api_sec_rules_t       *rules;
    const ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->name.len == 0) {
        return NGX_CONF_OK;
    }

    rules = lcf->schema->rules;
    doc = rules->contract->spec->doc;

    for (n = 0; n < api_openapi_count(doc); n++) {
        op = api_openapi_at(doc, n);

        if (ngx_api_sec_rules_near(clcf, rules->contract, op)
            && ngx_api_sec_rules_enforce(rules, op)
            && ngx_api_sec_rules_operation(cf, lcf, op) != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_api_sec_rules_enforce(const ngx_api_sec_rules_t *rules,
    const api_operation_t *op)
{
    const ngx_api_mode_t           *mode;
    const ngx_api_sec_operation_t  *line;

    mode = &rules->contract->mode;

    if (mode->cv == NULL && mode->fixed != NGX_API_MODE_ENFORCE) {
        return 0;
    }

    line = rules->operations ? rules->operations[op->index] : NULL;

    return line == NULL || line->mode.cv
           || line->mode.fixed == NGX_API_MODE_ENFORCE;
}


/* May the location serve it?  Beyond its first parameter nobody knows. */

static ngx_uint_t
ngx_api_sec_rules_near(const ngx_http_core_loc_conf_t *clcf,
    const ngx_api_sec_contract_t *contract, const api_operation_t *op)
{
    size_t   len;
    u_char  *p;

    if (clcf->named
#if (NGX_PCRE)
        || clcf->regex
#endif
        || contract->path == NGX_API_SEC_PATH_REWRITTEN)
    {
        return 1;
    }

    p = ngx_strlchr((u_char *) (uintptr_t) op->route.data,
                    (u_char *) (uintptr_t) op->route.data + op->route.len,
                    '{');

    len = p ? (size_t) (p - op->route.data) : op->route.len;

    if (p == NULL && (clcf->exact_match || len < clcf->name.len)) {
        return len == clcf->name.len
               && ngx_strncmp(op->route.data, clcf->name.data, len) == 0;
    }

    return ngx_strncmp(op->route.data, clcf->name.data,
                       ngx_min(len, clcf->name.len))
           == 0;
}


static char *
ngx_api_sec_rules_operation(ngx_conf_t *cf,
    const ngx_api_sec_loc_conf_t *lcf, const api_operation_t *op)
{
    ngx_str_t                      id, scheme;
    const api_need_t              *unmet;
    const ngx_api_sec_contract_t  *contract;

    contract = lcf->schema->rules->contract;
    id = ngx_api_str(op->id);
    unmet = NULL;

    if (!ngx_api_sec_needs_can_be_met(contract->spec, op, lcf->auth, &unmet))
    {
        scheme = ngx_api_str(unmet->scheme->name);

        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "operation \"%V\" (line %uD of the document) asks for "
                      "the security scheme \"%V\", and no caller under "
                      "\"api_schema %V\" in %V:%ui can have it: map it by "
                      "\"api_schema_security %V %V METHOD=NAME;\" and name "
                      "that METHOD=NAME in api_auth of the location",
                      &id, op->line, &scheme, &contract->name,
                      &contract->file, contract->line, &contract->name,
                      &scheme);
        return NGX_CONF_ERROR;
    }

    if (op->streams_request && !(lcf->body & NGX_API_SEC_BODY_GRPC)) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "operation \"%V\" (line %uD of the document) streams "
                      "its body, which \"api_schema %V\" in %V:%ui cannot "
                      "see: write \"api_body any skip=grpc;\" where it is "
                      "gRPC, or \"api_schema_operation %V mode=off;\"",
                      &id, op->line, &contract->name, &contract->file,
                      contract->line, &id);
        return NGX_CONF_ERROR;
    }

    if (op->streams_response && lcf->schema->response) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "operation \"%V\" (line %uD of the document) streams "
                      "its response: under \"api_schema %V\" in %V:%ui "
                      "api_schema_response looks at status, headers and media "
                      "type of it alone", &id, op->line, &contract->name,
                      &contract->file, contract->line);
    }

    return NGX_CONF_OK;
}
