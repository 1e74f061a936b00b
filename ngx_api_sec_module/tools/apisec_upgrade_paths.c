#include "apisec_upgrade.h"

#include <string.h>


#define BODY_PARAMS 256

static const char *const methods[] = { "get", "put", "post", "delete",
    "options", "head", "patch" };


/* host, basePath and schemes as servers. */

void
apisec_upgrade_servers(cJSON *to, const cJSON *from, const cJSON *base)
{
    cJSON       *list, *server;
    size_t       len;
    const char  *host, *path;
    const cJSON *scheme, *schemes;

    host = apisec_get_text(base, "host");
    path = apisec_get_text(base, "basePath");
    path = path ? path : "";
    len = strlen(path);
    len -= len && path[len - 1] == '/';
    schemes = apisec_get(from, "schemes");
    list = cJSON_CreateArray();

    cJSON_ArrayForEach(scheme, schemes)
    {
        if (host && cJSON_IsString(scheme)) {
            server = cJSON_CreateObject();
            apisec_put_text(server, "url",
                apisec_text("%s://%s%.*s", scheme->valuestring, host,
                    (int) len, path));
            cJSON_AddItemToArray(list, server);
        }
    }

    if (list->child == NULL) {
        server = cJSON_CreateObject();
        apisec_put_text(server, "url",
            host  ? apisec_text("//%s%.*s", host, (int) len, path)
            : len ? apisec_text("%.*s", (int) len, path)
                  : "/");
        cJSON_AddItemToArray(list, server);
    }

    apisec_put(to, "servers", list);
}


/* A header is a parameter without name and place. */

static void
headers(apisec_upgrade_t *up, cJSON *map)
{
    cJSON *header;

    cJSON_ArrayForEach(header, map)
    {
        if (cJSON_IsObject(header)) {
            apisec_upgrade_param(up, header);
        }
    }
}


void
apisec_upgrade_response(
    apisec_upgrade_t *up, cJSON *response, const cJSON *produces)
{
    cJSON       *schema, *examples, *map, *media, *example;
    const cJSON *type;
    bool         any = false;

    if (apisec_get_text(response, "$ref")) {
        apisec_upgrade_ref(up, response);
        return;
    }

    headers(up, apisec_get(response, "headers"));
    schema = apisec_take(response, "schema");
    examples = apisec_take(response, "examples");

    if (schema) {
        apisec_upgrade_schema(up, schema);
        map = cJSON_CreateObject();

        cJSON_ArrayForEach(type, produces)
        {
            any |= cJSON_IsString(type);
        }

        for (type = any ? produces->child : NULL; type || !any;
             type = type ? type->next : NULL)
        {
            media = cJSON_CreateObject();
            apisec_put(media, "schema", cJSON_Duplicate(schema, true));
            example = type ? apisec_get(examples, type->valuestring) : NULL;

            if (example) {
                apisec_put(media, "example", cJSON_Duplicate(example, true));
            }

            apisec_put(map, type ? type->valuestring : "*/*", media);

            if (type == NULL) {
                break;
            }
        }

        apisec_put(response, "content", map);
    }

    if (apisec_get(response, "description") == NULL) {
        apisec_put_text(response, "description", "");
    }

    cJSON_Delete(schema);
    cJSON_Delete(examples);
}


/* The parameter itself, where it is a reference to one in this document. */

static const cJSON *
meant(const apisec_upgrade_t *up, const cJSON *param)
{
    const char *ref = apisec_get_text(param, "$ref");
    const char *prefix = "#/parameters/";

    if (ref == NULL || strncmp(ref, prefix, strlen(prefix)) != 0) {
        return param;
    }

    return apisec_get(
        apisec_get(up->root, "parameters"), ref + strlen(prefix));
}


static bool
in_body(const apisec_upgrade_t *up, const cJSON *param)
{
    const char *in = apisec_get_text(meant(up, param), "in");

    return in && (strcmp(in, "body") == 0 || strcmp(in, "formData") == 0);
}


/* Copies of those of a body; with `take` they leave the list. */

static size_t
body_params(apisec_upgrade_t *up, cJSON *list, cJSON **found, bool take)
{
    cJSON *param, *next;
    size_t n = 0;

    for (param = list ? list->child : NULL; param; param = next) {
        next = param->next;

        if (!in_body(up, param)) {
            continue;
        }

        if (n == BODY_PARAMS) {
            apisec_upgrade_note(up, "more than %d fields", BODY_PARAMS);
            break;
        }

        found[n++] = cJSON_Duplicate(meant(up, param), true);

        if (take) {
            cJSON_Delete(cJSON_DetachItemViaPointer(list, param));
        }
    }

    return n;
}


static void
others(apisec_upgrade_t *up, cJSON *holder)
{
    cJSON *param, *list;

    list = apisec_get(holder, "parameters");

    cJSON_ArrayForEach(param, list)
    {
        apisec_upgrade_param(up, param);
    }

    if (cJSON_IsArray(list) && list->child == NULL) {
        cJSON_Delete(apisec_take(holder, "parameters"));
    }
}


static void
operation(apisec_upgrade_t *up, cJSON *op, cJSON *shared)
{
    cJSON *found[BODY_PARAMS], *consumes, *produces, *response;
    size_t i, n;

    consumes = apisec_take(op, "consumes");
    produces = apisec_take(op, "produces");

    n = body_params(up, apisec_get(op, "parameters"), found, true);

    if (n == 0) {
        n = body_params(up, shared, found, false);
    }

    if (n) {
        apisec_put(op, "requestBody",
            apisec_upgrade_body(up, found, n,
                consumes ? consumes : apisec_get(up->root, "consumes")));
    }

    for (i = 0; i < n; i++) {
        cJSON_Delete(found[i]);
    }

    others(up, op);

    cJSON_ArrayForEach(response, apisec_get(op, "responses"))
    {
        if (strncmp(response->string, "x-", 2) != 0) {
            apisec_upgrade_response(up, response,
                produces ? produces : apisec_get(up->root, "produces"));
        }
    }

    if (apisec_get(op, "schemes")) {
        apisec_upgrade_servers(op, op, up->root);
        cJSON_Delete(apisec_take(op, "schemes"));
    }

    cJSON_Delete(consumes);
    cJSON_Delete(produces);
}


static void
path_item(apisec_upgrade_t *up, cJSON *item)
{
    size_t i, n;
    cJSON *op, *found[BODY_PARAMS];

    if (apisec_get(item, "$ref")) {
        apisec_upgrade_ref(up, item);
    }

    for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        op = apisec_get(item, methods[i]);

        if (cJSON_IsObject(op)) {
            up->where = apisec_text("%s %s", methods[i], item->string);
            operation(up, op, apisec_get(item, "parameters"));
        }
    }

    up->where = item->string;
    n = body_params(up, apisec_get(item, "parameters"), found, true);

    for (i = 0; i < n; i++) {
        cJSON_Delete(found[i]);
    }

    others(up, item);
}


void
apisec_upgrade_paths(apisec_upgrade_t *up, cJSON *paths)
{
    cJSON *item;

    cJSON_ArrayForEach(item, paths)
    {
        if (item->string[0] == '/') {
            path_item(up, item);
        }
    }
}
