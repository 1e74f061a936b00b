#include "apisec_attack.h"

#include <ctype.h>
#include <stdlib.h>


static const char *
node_text(api_node_t node, const char *name)
{
    return apisec_span_text(
        api_node_string(api_node_get(node, apisec_span(name))));
}


const char *
apisec_percent(const char *text)
{
    char *out = apisec_alloc(3 * strlen(text) + 1), *p = out;

    for (/* void */; *text; text++) {
        if (isalnum((unsigned char) *text) || strchr("-._~", *text)) {
            *p++ = *text;

        } else {
            p += sprintf(p, "%%%02X", (unsigned) (unsigned char) *text);
        }
    }

    *p = '\0';

    return out;
}


/* A scalar as text; what is none as JSON. */

static const char *
plain(const cJSON *value)
{
    char       *text;
    const char *made;

    if (cJSON_IsString(value)) {
        return value->valuestring;
    }

    text = cJSON_PrintUnformatted(value);
    made = apisec_text("%s", text ? text : "");
    cJSON_free(text);

    return made;
}


/* The shape */

static void
add_params(apisec_shape_t *shape, api_node_t list)
{
    size_t          i;
    bool            required;
    api_node_t      node;
    api_node_iter_t it;
    apisec_param_t  p;

    for (it = api_node_iter(list); api_node_next(&it, NULL, &node);) {
        node = apisec_deref(shape->attack->docs, node);
        p = (apisec_param_t){ .node = node,
            .name = node_text(node, "name"),
            .in = node_text(node, "in"),
            .schema = api_node_get(node, API_SPAN("schema")) };

        required = false;
        (void) api_node_bool(
            api_node_get(node, API_SPAN("required")), &required);
        p.required = required;

        for (i = 0; i < shape->nparams; i++) {
            if (strcmp(shape->params[i].name, p.name) == 0
                && strcmp(shape->params[i].in, p.in) == 0)
            {
                break;
            }
        }

        if (i == APISEC_PARAMS_MAX) {
            return;
        }

        /* That of the operation comes second, and counts. */

        shape->params[i] = p;
        shape->nparams += i == shape->nparams;
    }
}


/* The media type that can be attacked best: JSON, a form, or the first. */

static void
choose_media(apisec_shape_t *shape, api_node_t content)
{
    int             rank, best = -1;
    api_span_t      name;
    api_node_t      node;
    const char     *text;
    api_node_iter_t it;

    for (it = api_node_iter(content); api_node_next(&it, &name, &node);) {
        text = apisec_span_text(name);
        rank = strcmp(text, "application/json") == 0   ? 3
               : strstr(text, "+json")                 ? 2
               : strstr(text, "x-www-form-urlencoded") ? 1
                                                       : 0;

        if (rank > best) {
            best = rank;
            shape->media = strchr(text, '*') ? "text/plain" : text;
            shape->schema = api_node_get(
                apisec_deref(shape->attack->docs, node), API_SPAN("schema"));
        }
    }
}


static const char *
lower(api_method_t method)
{
    char *text = apisec_text("%s", apisec_span_text(api_method_name(method)));
    char *p;

    for (p = text; *p; p++) {
        *p = (char) tolower((unsigned char) *p);
    }

    return text;
}


void
apisec_shape(apisec_shape_t *shape, const apisec_attack_t *attack,
    const api_operation_t *op)
{
    size_t     i;
    api_node_t item, node;

    memset(shape, 0, sizeof(apisec_shape_t));
    shape->attack = attack;
    shape->op = op;

    item = apisec_deref(attack->docs,
        api_node_get(api_node_get(attack->root, API_SPAN("paths")), op->path));
    node = api_node_get(item, apisec_span(lower(op->method)));

    add_params(shape, api_node_get(item, API_SPAN("parameters")));
    add_params(shape, api_node_get(node, API_SPAN("parameters")));

    for (i = 0; i < shape->nparams; i++) {
        if (api_node_ok(shape->params[i].schema)) {
            shape->params[i].value =
                apisec_sample(attack->docs, shape->params[i].schema);
        }
    }

    choose_media(
        shape, api_node_get(apisec_deref(attack->docs,
                                api_node_get(node, API_SPAN("requestBody"))),
                   API_SPAN("content")));

    if (shape->media) {
        shape->body = apisec_sample(attack->docs, shape->schema);
    }
}


/* A value in the style of its parameter */

static bool
explodes(const apisec_param_t *p)
{
    bool        b;
    const char *style = node_text(p->node, "style");

    if (api_node_bool(api_node_get(p->node, API_SPAN("explode")), &b)) {
        return b;
    }

    return strcmp(p->in, "query") == 0
           && (style[0] == '\0' || strcmp(style, "form") == 0);
}


static const char *
joined(const apisec_param_t *p, const cJSON *value)
{
    const char  *text = "", *style = node_text(p->node, "style");
    const char  *by = strcmp(style, "spaceDelimited") == 0  ? "%20"
                      : strcmp(style, "pipeDelimited") == 0 ? "%7C"
                                                            : ",";
    const cJSON *item;

    for (item = value->child; item; item = item->next) {
        text = apisec_text(
            "%s%s%s", text, *text ? by : "", apisec_percent(plain(item)));
    }

    return text;
}


/* "name=value", or several of them. */

static const char *
pairs(const apisec_param_t *p, const cJSON *value)
{
    bool         deep = strcmp(node_text(p->node, "style"), "deepObject") == 0;
    const char  *text = "";
    const cJSON *item;

    if (!cJSON_IsArray(value) && !cJSON_IsObject(value)) {
        return apisec_text(
            "%s=%s", apisec_percent(p->name), apisec_percent(plain(value)));
    }

    if (!deep && !explodes(p)) {
        return apisec_text("%s=%s", apisec_percent(p->name), joined(p, value));
    }

    for (item = value->child; item; item = item->next) {
        text = apisec_text("%s%s%s=%s", text, *text ? "&" : "",
            deep ? apisec_percent(apisec_text("%s[%s]", p->name, item->string))
            : item->string ? apisec_percent(item->string)
                           : apisec_percent(p->name),
            apisec_percent(plain(item)));
    }

    return text;
}


static const char *
own(const apisec_caller_t *caller, const char *name)
{
    size_t i, len = strlen(name);

    for (i = 0; i < caller->nown; i++) {
        if (strncmp(caller->own[i], name, len) == 0
            && caller->own[i][len] == '=') {
            return caller->own[i] + len + 1;
        }
    }

    return NULL;
}


/* "{name}" in the path becomes the value. */

static const char *
fill(const char *path, const apisec_param_t *p, const char *value)
{
    const char *hole = apisec_text("{%s}", p->name);
    const char *at = strstr(path, hole);

    if (at == NULL) {
        return path;
    }

    return apisec_text(
        "%.*s%s%s", (int) (at - path), path, value, at + strlen(hole));
}


static void
put_param(const apisec_param_t *p, const cJSON *value, const char *fixed,
    apisec_http_t *request, const char **query)
{
    bool        compound = cJSON_IsArray(value) || cJSON_IsObject(value);
    const char *text = fixed      ? apisec_percent(fixed)
                       : compound ? joined(p, value)
                                  : apisec_percent(plain(value));

    if (strcmp(p->in, "path") == 0) {
        request->target = fill(request->target, p, text);

    } else if (strcmp(p->in, "query") == 0) {
        *query = apisec_text("%s%s%s", *query, **query ? "&" : "",
            fixed ? apisec_text("%s=%s", apisec_percent(p->name), text)
                  : pairs(p, value));

    } else if (strcmp(p->in, "header") == 0) {
        apisec_attack_field(request, p->name,
            fixed      ? fixed
            : compound ? text
                       : plain(value));

    } else {
        apisec_attack_field(
            request, "Cookie", apisec_text("%s=%s", p->name, text));
    }
}


bool
apisec_shape_body(
    const apisec_shape_t *shape, const cJSON *value, apisec_http_t *request)
{
    char        *json;
    const char  *text = "";
    const cJSON *item;

    if (strstr(shape->media, "json")) {
        json = cJSON_PrintUnformatted(value);
        text = apisec_text("%s", json ? json : "");
        cJSON_free(json);

    } else if (strstr(shape->media, "x-www-form-urlencoded")) {
        for (item = value->child; item; item = item->next) {
            text = apisec_text("%s%s%s=%s", text, *text ? "&" : "",
                apisec_percent(item->string ? item->string : ""),
                apisec_percent(plain(item)));
        }

    } else if (cJSON_IsString(value)) {
        text = value->valuestring;

    } else {
        return false;
    }

    request->has_body = true;
    request->body = apisec_span(text);
    apisec_attack_field(request, "Content-Type", shape->media);

    return true;
}


/* What the caller shows of himself, in every form the document names. */

static void
put_credentials(
    const apisec_attack_t *attack, apisec_http_t *request, const char **query)
{
    uint32_t            n;
    const char         *name;
    const api_scheme_t *scheme;

    if (attack->caller.token) {
        apisec_attack_field(request, "Authorization",
            apisec_text("Bearer %s", attack->caller.token));
    }

    for (n = 0;
         attack->caller.key && (scheme = api_openapi_scheme(attack->spec, n));
         n++)
    {
        name = apisec_span_text(scheme->param);

        if (scheme->type == API_SCHEME_API_KEY && scheme->in == API_IN_HEADER)
        {
            apisec_attack_field(request, name, attack->caller.key);

        } else if (scheme->type == API_SCHEME_API_KEY
                   && scheme->in == API_IN_QUERY) {
            *query = apisec_text("%s%s%s=%s", *query, **query ? "&" : "",
                apisec_percent(name), apisec_percent(attack->caller.key));
        }
    }
}


void
apisec_shape_request(const apisec_shape_t *shape, size_t with,
    const cJSON *value, apisec_http_t *request)
{
    size_t                i;
    const char           *query = "", *mine;
    const apisec_param_t *p;

    memset(request, 0, sizeof(apisec_http_t));
    request->method = api_method_name(shape->op->method);
    request->target = apisec_span_text(shape->op->route);

    for (i = 0; i < shape->nparams; i++) {
        p = &shape->params[i];
        mine = own(&shape->attack->caller, p->name);

        if (i == with && value) {
            put_param(p, value, NULL, request, &query);

        } else if (i != with && (p->required || mine) && (p->value || mine)) {
            put_param(p, p->value, mine, request, &query);
        }
    }

    put_credentials(shape->attack, request, &query);

    if (*query) {
        request->target = apisec_text("%s?%s", request->target, query);
    }

    if (shape->body) {
        (void) apisec_shape_body(shape, shape->body, request);
    }
}


unsigned
apisec_shape_check(const apisec_attack_t *attack, const apisec_http_t *request)
{
    unsigned            status = 500;
    api_err_t           err;
    api_path_t          path;
    api_arena_t         arena;
    api_verdict_t       v;
    api_request_t       r = { 0 };
    api_contract_opts_t opts = { .route_flags = API_ROUTE_HEAD_AS_GET,
        .deny_query = true,
        .deny_body = true };

    api_arena_init(&arena, &api_alloc_libc, 4096, (size_t) 64 << 20);

    if (api_path_parse(
            &path, apisec_span(request->target), true, NULL, &arena, &err)
        == API_OK)
    {
        r.method = request->method;
        r.path = &path;
        r.fields = request->fields;
        r.nfields = request->nfields;
        r.has_body = request->has_body;
        r.body = request->body;

        (void) api_contract_request(attack->spec, &r, &opts, &arena, &v);
        status = v.status;
    }

    api_arena_free(&arena);

    return status;
}
