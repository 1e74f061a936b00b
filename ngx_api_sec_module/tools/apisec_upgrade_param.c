#include "apisec_upgrade.h"

#include <string.h>


#define FORM "application/x-www-form-urlencoded"
#define MULTIPART "multipart/form-data"


/* collectionFormat: how an array is written. */

static const struct {
    const char *format; /* NULL: none is said */
    const char *style;  /* of a query or form; NULL: 3 has no such thing */
    bool        explode;
    bool        simple; /* in a path or header, too */
} formats[] = {
    { "csv", "form", false, true },
    { NULL, "form", false, true },
    { "multi", "form", true, false },
    { "ssv", "spaceDelimited", false, false },
    { "pipes", "pipeDelimited", false, false },
    { "tsv", NULL, false, false },
};


static size_t
format_of(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(formats) / sizeof(formats[0]) - 1; i++) {
        if (name == NULL
                ? formats[i].format == NULL
                : formats[i].format && strcmp(formats[i].format, name) == 0)
        {
            break;
        }
    }

    return i;
}


/* An array that 3 cannot take apart is the text that it comes as. */

static cJSON *
as_text(apisec_upgrade_t *up, const cJSON *param, cJSON *schema)
{
    const char *name = apisec_get_text(param, "name");

    apisec_upgrade_note(up,
        "parameter \"%s\": OpenAPI 3 has no style for its collectionFormat; "
        "it is a string now",
        name ? name : "");
    cJSON_Delete(schema);
    schema = cJSON_CreateObject();
    apisec_put_text(schema, "type", "string");

    return schema;
}


/* The style of an array in *style (NULL: the default of 3 is the same). */

static cJSON *
styled(apisec_upgrade_t *up, cJSON *param, bool query, cJSON *schema,
    const char **style, bool *explode)
{
    size_t      f;
    cJSON      *format;
    const char *type, *inner;

    *style = NULL;
    *explode = false;
    format = apisec_take(param, "collectionFormat");
    type = apisec_get_text(schema, "type");

    if (type && strcmp(type, "array") == 0) {
        f = format_of(cJSON_IsString(format) ? format->valuestring : NULL);
        inner = apisec_get_text(apisec_get(schema, "items"), "type");

        if ((inner && strcmp(inner, "array") == 0)
            || (query ? formats[f].style == NULL : !formats[f].simple))
        {
            schema = as_text(up, param, schema);

        } else if (query) {
            *style = formats[f].style;
            *explode = formats[f].explode;
        }
    }

    cJSON_Delete(format);

    return schema;
}


void
apisec_upgrade_param(apisec_upgrade_t *up, cJSON *param)
{
    bool        explode;
    cJSON      *schema;
    const char *in, *style;

    if (apisec_get_text(param, "$ref")) {
        apisec_upgrade_ref(up, param);
        return;
    }

    in = apisec_get_text(param, "in");
    schema = apisec_upgrade_typed(up, param);
    schema = styled(
        up, param, in && strcmp(in, "query") == 0, schema, &style, &explode);

    if (style) {
        apisec_put_text(param, "style", style);
        apisec_put(param, "explode", cJSON_CreateBool(explode));
    }

    apisec_put(param, "schema", schema);
}


/* A media type for each thing that is consumed. */

static void
content(cJSON *body, const cJSON *types, const char *otherwise, cJSON *media)
{
    cJSON       *map = cJSON_CreateObject();
    const cJSON *type;

    cJSON_ArrayForEach(type, types)
    {
        if (cJSON_IsString(type)) {
            apisec_put(map, type->valuestring, cJSON_Duplicate(media, true));
        }
    }

    if (map->child == NULL) {
        apisec_put(map, otherwise, cJSON_Duplicate(media, true));
    }

    cJSON_Delete(media);
    apisec_put(body, "content", map);
}


static cJSON *
one_body(apisec_upgrade_t *up, cJSON *param, const cJSON *consumes)
{
    cJSON *body, *media, *schema, *item, *next;

    body = cJSON_CreateObject();
    media = cJSON_CreateObject();
    schema = apisec_take(param, "schema");
    schema = schema ? schema : cJSON_CreateObject();
    apisec_upgrade_schema(up, schema);
    apisec_put(media, "schema", schema);

    for (item = param->child; item; item = next) {
        next = item->next;

        if (strcmp(item->string, "description") == 0
            || strcmp(item->string, "required") == 0
            || strncmp(item->string, "x-", 2) == 0)
        {
            apisec_put(body, item->string, cJSON_Duplicate(item, true));
        }
    }

    content(body, consumes, "application/json", media);

    return body;
}


/* A field as a member of the form's schema; true when it is a file. */

static bool
field(apisec_upgrade_t *up, cJSON *param, cJSON *form, cJSON *encoding)
{
    bool        file, explode;
    cJSON      *schema, *how;
    const char *name, *type, *style;

    type = apisec_get_text(param, "type");
    file = type && strcmp(type, "file") == 0;
    name = apisec_get_text(param, "name");
    schema = apisec_upgrade_typed(up, param);
    schema = styled(up, param, true, schema, &style, &explode);

    if (name == NULL) {
        apisec_upgrade_note(up, "a field of a form has no name");
        cJSON_Delete(schema);
        return false;
    }

    if (apisec_get(param, "description")) {
        apisec_put(schema, "description", apisec_take(param, "description"));
    }

    if (apisec_is_true(param, "required")) {
        cJSON_AddItemToArray(
            apisec_get(form, "required"), cJSON_CreateString(name));
    }

    if (style) {
        how = cJSON_CreateObject();
        apisec_put_text(how, "style", style);
        apisec_put(how, "explode", cJSON_CreateBool(explode));
        apisec_put(encoding, name, how);
    }

    apisec_put(apisec_get(form, "properties"), name, schema);

    return file;
}


static bool
consumed(const cJSON *consumes, const char *type)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, consumes)
    {
        if (cJSON_IsString(item)
            && strncmp(item->valuestring, type, strlen(type)) == 0)
        {
            return true;
        }
    }

    return false;
}


/* The types of forms among what is consumed; a file goes in parts alone. */

static void
form_content(cJSON *body, cJSON *form, cJSON *encoding, bool file,
    const cJSON *consumes)
{
    bool   parts, pairs;
    cJSON *map, *media;

    parts = file || consumed(consumes, MULTIPART);
    pairs = !file && (consumed(consumes, FORM) || !parts);
    map = cJSON_CreateObject();

    if (parts) {
        media = cJSON_CreateObject();
        apisec_put(media, "schema", cJSON_Duplicate(form, true));
        apisec_put(map, MULTIPART, media);
    }

    if (pairs) {
        media = cJSON_CreateObject();
        apisec_put(media, "schema", cJSON_Duplicate(form, true));

        if (encoding->child) {
            apisec_put(media, "encoding", cJSON_Duplicate(encoding, true));
        }

        apisec_put(map, FORM, media);
    }

    apisec_put(body, "content", map);
}


/* In parts an array is repeated: it has no delimiter there. */

static void
parts_repeat(apisec_upgrade_t *up, const cJSON *body, const cJSON *encoding)
{
    const cJSON *how;

    if (apisec_get(apisec_get(body, "content"), MULTIPART) == NULL) {
        return;
    }

    cJSON_ArrayForEach(how, encoding)
    {
        if (!apisec_is_true(how, "explode")) {
            apisec_upgrade_note(up,
                "field \"%s\": an array in a part was one text, and is "
                "repeated parts now",
                how->string);
        }
    }
}


static cJSON *
form_body(apisec_upgrade_t *up, cJSON *const *params, size_t n,
    const cJSON *consumes)
{
    bool   file = false, required;
    size_t i;
    cJSON *body, *form, *encoding;

    body = cJSON_CreateObject();
    form = cJSON_CreateObject();
    encoding = cJSON_CreateObject();
    apisec_put_text(form, "type", "object");
    apisec_put(form, "properties", cJSON_CreateObject());
    apisec_put(form, "required", cJSON_CreateArray());

    for (i = 0; i < n; i++) {
        file |= field(up, params[i], form, encoding);
    }

    required = cJSON_GetArraySize(apisec_get(form, "required")) > 0;

    if (!required) {
        cJSON_Delete(apisec_take(form, "required"));
    }

    form_content(body, form, encoding, file, consumes);
    parts_repeat(up, body, encoding);

    if (required) {
        apisec_put(body, "required", cJSON_CreateTrue());
    }

    cJSON_Delete(form);
    cJSON_Delete(encoding);

    return body;
}


cJSON *
apisec_upgrade_body(apisec_upgrade_t *up, cJSON *const *params, size_t n,
    const cJSON *consumes)
{
    size_t      i;
    const char *in;

    for (i = 0; i < n; i++) {
        in = apisec_get_text(params[i], "in");

        if (in && strcmp(in, "body") == 0) {
            if (n > 1) {
                apisec_upgrade_note(
                    up, "a body beside fields of a form: these are left out");
            }

            return one_body(up, params[i], consumes);
        }
    }

    return form_body(up, params, n, consumes);
}
