#include "apisec_upgrade.h"

#include <string.h>


/* References into 2.0's places lead to those of 3; in another file, too,
   which has to be upgraded as well. */

static const struct {
    const char *from, *to;
} places[] = {
    { "#/definitions/", "#/components/schemas/" },
    { "#/parameters/", "#/components/parameters/" },
    { "#/responses/", "#/components/responses/" },
};


void
apisec_upgrade_ref(apisec_upgrade_t *up, cJSON *holder)
{
    size_t      i;
    const char *ref, *hash;

    ref = apisec_get_text(holder, "$ref");
    hash = ref ? strchr(ref, '#') : NULL;

    if (ref && hash != ref) {
        apisec_upgrade_note(up, "$ref \"%s\": upgrade that file, too", ref);
    }

    for (i = 0; hash && i < sizeof(places) / sizeof(places[0]); i++) {
        if (strncmp(hash, places[i].from, strlen(places[i].from)) == 0) {
            apisec_put_text(holder, "$ref",
                apisec_text("%.*s%s%s", (int) (hash - ref), ref, places[i].to,
                    hash + strlen(places[i].from)));
            return;
        }
    }

    if (hash && hash[1] != '\0') {
        apisec_upgrade_note(
            up, "$ref \"%s\" may lead elsewhere now: look at it", ref);
    }
}


/* A list of types, which 2.0 does not have and documents do. */

static void
types(apisec_upgrade_t *up, cJSON *schema)
{
    cJSON *list, *item, *any, *one;

    list = apisec_get(schema, "type");

    if (!cJSON_IsArray(list) || up->v31) {
        return;
    }

    list = apisec_take(schema, "type");
    any = cJSON_CreateArray();

    cJSON_ArrayForEach(item, list)
    {
        if (cJSON_IsString(item) && strcmp(item->valuestring, "null") == 0) {
            apisec_put(schema, "nullable", cJSON_CreateTrue());
            continue;
        }

        one = cJSON_CreateObject();
        apisec_put(one, "type", cJSON_Duplicate(item, true));
        cJSON_AddItemToArray(any, one);
    }

    if (cJSON_GetArraySize(any) == 1) {
        apisec_put(
            schema, "type", apisec_take(cJSON_GetArrayItem(any, 0), "type"));
        cJSON_Delete(any);

    } else {
        apisec_put(schema, "anyOf", any);
    }

    cJSON_Delete(list);
}


/* 2020-12 has a type for null, and numbers for exclusive bounds. */

static void
bound(cJSON *schema, const char *name, const char *exclusive)
{
    bool is = apisec_is_true(schema, exclusive);

    if (cJSON_IsBool(apisec_get(schema, exclusive))) {
        cJSON_Delete(apisec_take(schema, exclusive));

        if (is && apisec_get(schema, name)) {
            apisec_put(schema, exclusive, apisec_take(schema, name));
        }
    }
}


static void
modern(cJSON *schema)
{
    cJSON *type, *list;

    bound(schema, "minimum", "exclusiveMinimum");
    bound(schema, "maximum", "exclusiveMaximum");

    if (!apisec_is_true(schema, "nullable")) {
        return;
    }

    type = apisec_get(schema, "type");

    if (!cJSON_IsString(type)) {
        return;
    }

    cJSON_Delete(apisec_take(schema, "nullable"));
    list = cJSON_CreateArray();
    cJSON_AddItemToArray(list, apisec_take(schema, "type"));
    cJSON_AddItemToArray(list, cJSON_CreateString("null"));
    apisec_put(schema, "type", list);
}


static void
words(apisec_upgrade_t *up, cJSON *schema)
{
    cJSON      *object;
    const char *text;

    text = apisec_get_text(schema, "discriminator");

    if (text) {
        object = cJSON_CreateObject();
        apisec_put_text(object, "propertyName", text);
        apisec_put(schema, "discriminator", object);
    }

    if (cJSON_IsBool(apisec_get(schema, "x-nullable"))) {
        apisec_put(schema, "nullable", apisec_take(schema, "x-nullable"));
    }

    text = apisec_get_text(schema, "type");

    if (text && strcmp(text, "file") == 0) {
        apisec_put_text(schema, "type", "string");
        apisec_put_text(schema, "format", "binary");
    }

    if (cJSON_IsBool(apisec_get(schema, "required"))) {
        apisec_upgrade_note(up,
            "a schema says \"required\": true: it is a list of names of "
            "members, and was left out");
        cJSON_Delete(apisec_take(schema, "required"));
    }

    cJSON_Delete(apisec_take(schema, "collectionFormat"));
    types(up, schema);
}


void
apisec_upgrade_schema(apisec_upgrade_t *up, cJSON *schema)
{
    size_t i;
    cJSON *value, *item;

    static const char *const inside[] = { "allOf", "anyOf", "oneOf", "items",
        "properties", "patternProperties" };

    static const char *const single[] = { "additionalProperties", "not" };

    if (!cJSON_IsObject(schema)) {
        return;
    }

    if (apisec_get_text(schema, "$ref")) {
        apisec_upgrade_ref(up, schema);
        return;
    }

    words(up, schema);

    for (i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
        value = apisec_get(schema, inside[i]);

        if (i == 3 && cJSON_IsObject(value)) {
            apisec_upgrade_schema(up, value);
            continue;
        }

        cJSON_ArrayForEach(item, value)
        {
            apisec_upgrade_schema(up, item);
        }
    }

    for (i = 0; i < sizeof(single) / sizeof(single[0]); i++) {
        apisec_upgrade_schema(up, apisec_get(schema, single[i]));
    }

    if (up->v31) {
        modern(schema);
    }
}


cJSON *
apisec_upgrade_typed(apisec_upgrade_t *up, cJSON *param)
{
    size_t i;
    cJSON *schema;

    static const char *const keywords[] = { "type", "format", "items",
        "default", "maximum", "exclusiveMaximum", "minimum",
        "exclusiveMinimum", "maxLength", "minLength", "pattern", "maxItems",
        "minItems", "uniqueItems", "enum", "multipleOf", "x-nullable" };

    schema = cJSON_CreateObject();

    for (i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
        if (apisec_get(param, keywords[i])) {
            apisec_put(schema, keywords[i], apisec_take(param, keywords[i]));
        }
    }

    apisec_upgrade_schema(up, schema);

    return schema;
}
