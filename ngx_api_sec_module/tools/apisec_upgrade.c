/*
 * OpenAPI 2.0 to 3.0 or 3.1.  The document is read as nginx reads one, YAML or
 * JSON, and written as JSON.
 */

#include "apisec_parts.h"
#include "apisec_upgrade.h"

#include "api_doc.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>


#define UPGRADE_MAX (64 * 1024 * 1024)


cJSON *
apisec_get(const cJSON *o, const char *name)
{
    return cJSON_IsObject(o) ? cJSON_GetObjectItemCaseSensitive(o, name)
                             : NULL;
}


const char *
apisec_get_text(const cJSON *o, const char *name)
{
    const cJSON *value = apisec_get(o, name);

    return cJSON_IsString(value) ? value->valuestring : NULL;
}


void
apisec_put(cJSON *o, const char *name, cJSON *value)
{
    if (apisec_get(o, name)) {
        cJSON_ReplaceItemInObjectCaseSensitive(o, name, apisec_sure(value));

    } else {
        cJSON_AddItemToObject(o, name, apisec_sure(value));
    }
}


void
apisec_put_text(cJSON *o, const char *name, const char *text)
{
    apisec_put(o, name, cJSON_CreateString(text));
}


cJSON *
apisec_take(cJSON *o, const char *name)
{
    return cJSON_IsObject(o) ? cJSON_DetachItemFromObjectCaseSensitive(o, name)
                             : NULL;
}


bool
apisec_is_true(const cJSON *o, const char *name)
{
    return cJSON_IsTrue(apisec_get(o, name));
}


void
apisec_upgrade_note(apisec_upgrade_t *up, const char *fmt, ...)
{
    va_list ap;

    fprintf(stderr, "note: %s: ", up->where);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    up->notes++;
}


static cJSON *
read_tree(const char *path)
{
    cJSON           *root = NULL;
    api_err_t        err;
    api_span_t       text;
    api_docs_t      *docs;
    const char      *name;
    const api_doc_t *doc;
    api_docs_opts_t  opts = { 0 };

    apisec_random(&opts.seed, sizeof(opts.seed));

    if (apisec_read(path, UPGRADE_MAX, &text) != APISEC_OK) {
        return NULL;
    }

    if (api_docs_create(&docs, &opts, &api_alloc_libc) != API_OK) {
        exit(apisec_fail(APISEC_FAILED, "no memory"));
    }

    name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

    if (api_docs_add(docs, api_span(name, strlen(name)), text, &doc, &err)
        == API_OK)
    {
        root = apisec_tree(api_doc_root(doc));

        if (root == NULL) {
            apisec_fail(APISEC_NO, "the document has a \\u0000 in a string");
        }

    } else {
        apisec_fail(APISEC_NO, "%s: %s", path, err.text);
    }

    api_docs_free(docs);

    return root;
}


/* flow: "accessCode" as flows: {authorizationCode: ...}. */

static void
oauth(cJSON *scheme)
{
    size_t i;
    cJSON *flow, *flows;

    static const struct {
        const char *from, *to;
    } names[] = {
        { "implicit", "implicit" },
        { "password", "password" },
        { "application", "clientCredentials" },
        { "accessCode", "authorizationCode" },
    };

    static const char *const members[] = { "authorizationUrl", "tokenUrl",
        "scopes" };

    const char *name = apisec_get_text(scheme, "flow");

    flow = cJSON_CreateObject();
    flows = cJSON_CreateObject();

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (apisec_get(scheme, members[i])) {
            apisec_put(flow, members[i], apisec_take(scheme, members[i]));
        }
    }

    if (apisec_get(flow, "scopes") == NULL) {
        apisec_put(flow, "scopes", cJSON_CreateObject());
    }

    for (i = 0; name && i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i].from) == 0) {
            apisec_put(flows, names[i].to, flow);
            flow = NULL;
            break;
        }
    }

    cJSON_Delete(flow);
    cJSON_Delete(apisec_take(scheme, "flow"));
    apisec_put(scheme, "flows", flows);
}


static void
schemes(apisec_upgrade_t *up, cJSON *list)
{
    cJSON      *scheme;
    const char *type;

    cJSON_ArrayForEach(scheme, list)
    {
        type = apisec_get_text(scheme, "type");

        if (type && strcmp(type, "basic") == 0) {
            apisec_put_text(scheme, "type", "http");
            apisec_put_text(scheme, "scheme", "basic");

        } else if (type && strcmp(type, "oauth2") == 0) {
            oauth(scheme);

        } else if (type == NULL || strcmp(type, "apiKey") != 0) {
            apisec_upgrade_note(
                up, "security scheme \"%s\" has no type", scheme->string);
        }
    }
}


static void
components(apisec_upgrade_t *up, cJSON *to)
{
    cJSON *map, *item, *next, *root = up->root;

    up->where = "definitions";
    map = apisec_take(root, "definitions");

    cJSON_ArrayForEach(item, map)
    {
        apisec_upgrade_schema(up, item);
    }

    if (map) {
        apisec_put(to, "schemas", map);
    }

    up->where = "responses";
    map = apisec_take(root, "responses");

    cJSON_ArrayForEach(item, map)
    {
        apisec_upgrade_response(up, item, apisec_get(root, "produces"));
    }

    if (map) {
        apisec_put(to, "responses", map);
    }

    /* those of a body have gone where they were asked for */

    up->where = "parameters";
    map = apisec_take(root, "parameters");

    for (item = map ? map->child : NULL; item; item = next) {
        const char *in = apisec_get_text(item, "in");

        next = item->next;

        if (in && (strcmp(in, "body") == 0 || strcmp(in, "formData") == 0)) {
            cJSON_Delete(cJSON_DetachItemViaPointer(map, item));

        } else {
            apisec_upgrade_param(up, item);
        }
    }

    if (map) {
        apisec_put(to, "parameters", map);
    }

    up->where = "securityDefinitions";
    map = apisec_take(root, "securityDefinitions");
    schemes(up, map);

    if (map) {
        apisec_put(to, "securitySchemes", map);
    }
}


static cJSON *
upgraded(apisec_upgrade_t *up)
{
    size_t i;
    cJSON *out, *all, *item, *root = up->root;

    static const char *const gone[] = { "swagger", "host", "basePath",
        "schemes", "consumes", "produces" };

    out = apisec_sure(cJSON_CreateObject());
    all = apisec_sure(cJSON_CreateObject());
    apisec_put_text(out, "openapi", up->v31 ? "3.1.0" : "3.0.3");
    apisec_upgrade_servers(out, root, root);
    apisec_upgrade_paths(up, apisec_get(root, "paths"));
    components(up, all);

    for (i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
        cJSON_Delete(apisec_take(root, gone[i]));
    }

    while ((item = root->child) != NULL) {
        const char *name = apisec_text("%s", item->string);

        apisec_put(out, name, cJSON_DetachItemViaPointer(root, item));
    }

    if (all->child) {
        apisec_put(out, "components", all);

    } else {
        cJSON_Delete(all);
    }

    return out;
}


int
apisec_upgrade(const char *path, bool v31)
{
    char            *text;
    cJSON           *out;
    const cJSON     *version;
    apisec_upgrade_t up = { .v31 = v31, .where = path };

    up.root = read_tree(path);

    if (up.root == NULL) {
        return APISEC_NO;
    }

    version = apisec_get(up.root, "swagger"); /* in YAML also a number */

    if (version == NULL || version->valuestring == NULL
        || strcmp(version->valuestring, "2.0") != 0)
    {
        cJSON_Delete(up.root);
        return apisec_fail(APISEC_NO,
            "%s: no OpenAPI 2.0: it does not say swagger: '2.0'", path);
    }

    out = upgraded(&up);
    text = cJSON_Print(out);

    if (text == NULL) {
        return apisec_fail(APISEC_FAILED, "no memory");
    }

    puts(text);
    cJSON_free(text);
    cJSON_Delete(out);
    cJSON_Delete(up.root);

    return up.notes ? APISEC_NO : APISEC_OK;
}
