#include "api_openapi_int.h"


static const struct {
    const char       *name;
    api_scheme_type_t type;
} api_scheme_types[] = {
    { "apiKey", API_SCHEME_API_KEY },
    { "http", API_SCHEME_HTTP },
    { "oauth2", API_SCHEME_OAUTH2 },
    { "openIdConnect", API_SCHEME_OPENID },
    { "mutualTLS", API_SCHEME_MTLS },
};


static bool
api_openapi_is(api_span_t s, const char *word)
{
    return s.len == strlen(word) && memcmp(s.data, word, s.len) == 0;
}


static void
api_openapi_api_key(
    api_openapi_load_t *load, api_node_t n, api_scheme_t *scheme)
{
    unsigned   in;
    api_span_t where;

    where = api_openapi_text(load, n, "in");
    scheme->param = api_openapi_copy(load, api_openapi_text(load, n, "name"));

    for (in = API_IN_QUERY; in <= API_IN_COOKIE; in++) {
        if (api_openapi_is(where, api_in_name(in))) {
            scheme->in = (api_in_t) in;
            break;
        }
    }

    if (in > API_IN_COOKIE || scheme->param.len == 0) {
        api_problem_error(load->problems, n,
            "an apiKey has \"name\" and \"in\": query, header or cookie");
    }
}


static void
api_openapi_http_scheme(
    api_openapi_load_t *load, api_node_t n, api_scheme_t *scheme)
{
    scheme->param =
        api_openapi_copy(load, api_openapi_text(load, n, "scheme"));

    if (scheme->param.len == 0) {
        api_problem_error(load->problems, n,
            "\"scheme\" is missing; write \"bearer\" or \"basic\"");

    } else if (api_span_eq_nocase(scheme->param, API_SPAN("bearer"))) {
        scheme->type = API_SCHEME_BEARER;

    } else if (api_span_eq_nocase(scheme->param, API_SPAN("basic"))) {
        scheme->type = API_SCHEME_BASIC;
    }
}


static void
api_openapi_scheme_read(
    api_openapi_load_t *load, api_node_t n, api_scheme_t *scheme)
{
    size_t     i, ntypes;
    api_span_t type;

    n = api_openapi_deref(load, n);

    if (!api_node_ok(n)) {
        return;
    }

    scheme->line = api_node_line(n);
    type = api_openapi_text(load, n, "type");
    ntypes = sizeof(api_scheme_types) / sizeof(api_scheme_types[0]);

    for (i = 0; i < ntypes; i++) {
        if (api_openapi_is(type, api_scheme_types[i].name)) {
            break;
        }
    }

    if (i == ntypes) {
        api_problem_error(load->problems, n,
            "the \"type\" of a security scheme is apiKey, http, oauth2, "
            "openIdConnect or mutualTLS");
        return;
    }

    scheme->type = api_scheme_types[i].type;

    if (scheme->type == API_SCHEME_API_KEY) {
        api_openapi_api_key(load, n, scheme);

    } else if (scheme->type == API_SCHEME_HTTP) {
        api_openapi_http_scheme(load, n, scheme);
    }
}


void
api_openapi_schemes(api_openapi_load_t *load)
{
    uint32_t        n;
    api_span_t      name;
    api_node_t      list, value;
    api_node_iter_t it;

    list = api_openapi_object(load,
        api_openapi_object(load, load->root, "components"), "securitySchemes");
    n = api_node_count(list);

    if (n == 0) {
        return;
    }

    load->spec->schemes = api_openapi_new(load, n, sizeof(api_scheme_t));

    if (load->spec->schemes == NULL) {
        return;
    }

    for (it = api_node_iter(list); api_node_next(&it, &name, &value);) {
        load->spec->schemes[load->spec->nschemes].name =
            api_openapi_copy(load, name);
        api_openapi_scheme_read(
            load, value, &load->spec->schemes[load->spec->nschemes++]);
    }
}


static const api_scheme_t *
api_openapi_scheme_find(const api_openapi_load_t *load, api_span_t name)
{
    uint32_t i;

    for (i = 0; i < load->spec->nschemes; i++) {
        if (api_span_eq(load->spec->schemes[i].name, name)) {
            return &load->spec->schemes[i];
        }
    }

    return NULL;
}


static void
api_openapi_scopes(api_openapi_load_t *load, api_node_t n, api_need_t *need)
{
    uint32_t    i, count;
    api_node_t  v;
    api_span_t *scopes;

    count = api_node_count(n);
    scopes = api_openapi_new(load, count, sizeof(*scopes));

    if (!api_node_is(n, API_JSON_ARRAY)) {
        api_problem_error(load->problems, n,
            "what a scheme has to grant is a list of scopes, [] for none");
        return;
    }

    for (i = 0; scopes && i < count; i++) {
        v = api_node_at(n, i);

        if (!api_node_is(v, API_JSON_STRING)) {
            api_problem_error(load->problems, v, "a scope is a string");
        }

        scopes[i] = api_openapi_copy(load, api_node_string(v));
    }

    need->scopes = scopes;
    need->nscopes = scopes ? count : 0;
}


static void
api_openapi_requirement(
    api_openapi_load_t *load, api_node_t n, api_requirement_t *requirement)
{
    char            quoted[API_PROBLEM_QUOTE];
    api_need_t     *needs;
    api_node_t      value;
    api_span_t      name;
    api_node_iter_t it;

    if (!api_node_is(n, API_JSON_OBJECT)) {
        api_problem_error(load->problems, n,
            "a security requirement is an object of schemes");
        return;
    }

    needs = api_openapi_new(load, api_node_count(n), sizeof(*needs));

    for (it = api_node_iter(n); needs && api_node_next(&it, &name, &value);) {
        needs[requirement->nneeds].scheme =
            api_openapi_scheme_find(load, name);

        if (needs[requirement->nneeds].scheme == NULL) {
            api_problem_error(load->problems, value,
                "components/securitySchemes has no \"%s\"",
                api_problem_quote(name, quoted));
            continue;
        }

        api_openapi_scopes(load, value, &needs[requirement->nneeds++]);
    }

    requirement->needs = needs;
}


void
api_openapi_security(api_openapi_load_t *load, api_node_t n,
    const api_requirement_t **list, uint32_t *count)
{
    uint32_t           i;
    api_node_t         array;
    api_requirement_t *made;

    array = api_openapi_array(load, n, "security");

    if (!api_node_ok(array)) {
        return;
    }

    *list = NULL;
    *count = 0;
    made = api_openapi_new(load, api_node_count(array), sizeof(*made));

    if (made == NULL) {
        return;
    }

    for (i = 0; i < api_node_count(array); i++) {
        api_openapi_requirement(load, api_node_at(array, i), &made[i]);
    }

    *list = made;
    *count = i;
}
