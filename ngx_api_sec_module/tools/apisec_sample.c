#include "apisec_sample.h"

#include "api_regex.h"
#include "apisec_parts.h"

#include <stdlib.h>


#define STRING_MAX 100000
#define ITEMS_MAX 1000


/* The value of a document as cJSON has it. */

static cJSON *
tree(api_node_t n)
{
    bool            b = false;
    cJSON          *made;
    api_span_t      name;
    api_node_t      value;
    api_node_iter_t it;

    if (api_node_is_number(n)) {
        return apisec_sure(cJSON_CreateNumber(
            strtod(apisec_span_text(api_node_number(n)), NULL)));
    }

    if (api_node_is(n, API_JSON_STRING)) {
        return apisec_sure(
            cJSON_CreateString(apisec_span_text(api_node_string(n))));
    }

    if (api_node_bool(n, &b)) {
        return apisec_sure(cJSON_CreateBool(b));
    }

    if (!api_node_is(n, API_JSON_OBJECT) && !api_node_is(n, API_JSON_ARRAY)) {
        return apisec_sure(cJSON_CreateNull());
    }

    made = apisec_sure(api_node_is(n, API_JSON_OBJECT) ? cJSON_CreateObject()
                                                       : cJSON_CreateArray());

    for (it = api_node_iter(n); api_node_next(&it, &name, &value);) {
        if (cJSON_IsObject(made)) {
            cJSON_AddItemToObject(made, apisec_span_text(name), tree(value));

        } else {
            cJSON_AddItemToArray(made, tree(value));
        }
    }

    return made;
}


/* Strings */

static const struct {
    const char *format;
    const char *text;
} formats[] = {
    { "date-time", "2024-02-29T12:00:00Z" },
    { "date", "2024-02-29" },
    { "time", "12:00:00Z" },
    { "duration", "P1D" },
    { "uuid", "123e4567-e89b-42d3-a456-426614174000" },
    { "email", "a@example.com" },
    { "uri", "https://example.com/a" },
    { "url", "https://example.com/a" },
    { "uri-reference", "/a" },
    { "hostname", "example.com" },
    { "ipv4", "192.0.2.1" },
    { "ipv6", "2001:db8::1" },
    { "byte", "YWJj" },
};

#define NFORMATS (sizeof(formats) / sizeof(formats[0]))

static const char *const tries[] = { "a", "abc", "ABC", "ABCD", "abcdef", "1",
    "12", "0", "123456", "a1", "A1", "a-b", "a_b", "a/b", "1.0", "1.0.0", "en",
    "en-US", "US", "USD", "12:00", "example.com", "+15551234567", "#aabbcc",
    "abcdef12", "0123456789abcdef", "AAA-000001", "ABC-123456", "SKU-0001",
    "12345-6789", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "00000000-0000-4000-8000-000000000000" };

#define NTRIES (sizeof(tries) / sizeof(tries[0]))


static size_t
characters(const char *s)
{
    size_t n = 0;

    for (/* void */; *s; s++) {
        n += ((unsigned char) *s & 0xC0) != 0x80;
    }

    return n;
}


static bool
fits(const apisec_parts_t *parts, const char *s)
{
    int              rc;
    size_t           len = characters(s);
    int64_t          v;
    api_err_t        err;
    api_node_t       pattern;
    api_regex_t     *re;
    api_regex_work_t work = { .left = 1000000, .arena = apisec_arena() };

    if ((apisec_bound(parts, "minLength", &v) && (int64_t) len < v)
        || (apisec_bound(parts, "maxLength", &v) && (int64_t) len > v))
    {
        return false;
    }

    pattern = apisec_facet(parts, "pattern");

    if (!api_node_ok(pattern)) {
        return true;
    }

    if (api_regex_compile(&re, api_node_string(pattern), &api_alloc_libc, &err)
        != API_OK)
    {
        return false;
    }

    rc = api_regex_match(re, apisec_span(s), &work);
    api_regex_free(re);

    return rc == API_OK;
}


cJSON *
apisec_repeated(int64_t n)
{
    char *s = apisec_alloc((size_t) n + 1);

    memset(s, 'a', (size_t) n);
    s[n] = '\0';

    return apisec_sure(cJSON_CreateString(s));
}


static cJSON *
string_sample(const apisec_parts_t *parts)
{
    size_t     i;
    int64_t    least;
    api_node_t format = apisec_facet(parts, "format");

    for (i = 0; api_node_ok(format) && i < NFORMATS; i++) {
        if (api_span_eq(
                api_node_string(format), apisec_span(formats[i].format))) {
            return apisec_sure(cJSON_CreateString(formats[i].text));
        }
    }

    for (i = 0; i < NTRIES; i++) {
        if (fits(parts, tries[i])) {
            return apisec_sure(cJSON_CreateString(tries[i]));
        }
    }

    if (apisec_bound(parts, "minLength", &least) && least <= STRING_MAX
        && !api_node_ok(apisec_facet(parts, "pattern")))
    {
        return apisec_repeated(least);
    }

    return NULL;
}


static cJSON *
number_sample(const apisec_parts_t *parts)
{
    bool    strict = false;
    int64_t v = 1, low, high, step;

    if (apisec_bound(parts, "minimum", &low)) {
        (void) api_node_bool(apisec_facet(parts, "exclusiveMinimum"), &strict);
        v = low + strict > v ? low + strict : v;
    }

    if (apisec_bound(parts, "exclusiveMinimum", &low) && low + 1 > v) {
        v = low + 1;
    }

    if (apisec_bound(parts, "maximum", &high) && high < v) {
        v = high;
    }

    if (apisec_bound(parts, "multipleOf", &step) && step > 0) {
        v = (v + step - 1) / step * step;
    }

    return apisec_sure(cJSON_CreateNumber((double) v));
}


static cJSON *sample(api_docs_t *docs, api_node_t schema, unsigned depth);


static cJSON *
array_sample(const apisec_parts_t *parts, unsigned depth)
{
    cJSON  *made, *item;
    int64_t i, n = 1, least;

    if (apisec_bound(parts, "minItems", &least) && least > n) {
        n = least;
    }

    if (n > ITEMS_MAX) {
        return NULL;
    }

    made = apisec_sure(cJSON_CreateArray());

    for (i = 0; i < n; i++) {
        item = sample(parts->docs, apisec_facet(parts, "items"), depth + 1);

        if (item == NULL) {
            cJSON_Delete(made);
            return NULL;
        }

        cJSON_AddItemToArray(made, item);
    }

    return made;
}


/* What a client must not send. */

static bool
read_only(api_docs_t *docs, api_node_t schema)
{
    bool b = false;

    return api_node_bool(
               api_node_get(apisec_deref(docs, schema), API_SPAN("readOnly")),
               &b)
           && b;
}


/* Required members, and on the first levels those that are not, so that there
   is something to attack. */

static bool
add_member(const apisec_parts_t *parts, cJSON *made, api_span_t name,
    bool required, unsigned depth)
{
    cJSON      *value;
    const char *text = apisec_span_text(name);
    api_node_t  schema = apisec_property(parts, name);

    if (read_only(parts->docs, schema)
        || cJSON_GetObjectItemCaseSensitive(made, text))
    {
        return true;
    }

    value = sample(parts->docs, schema, depth + 1);

    if (value) {
        cJSON_AddItemToObject(made, text, value);
    }

    return value || !required;
}


static cJSON *
object_sample(const apisec_parts_t *parts, unsigned depth)
{
    bool            ok = true;
    size_t          i;
    cJSON          *made = apisec_sure(cJSON_CreateObject());
    api_node_t      value;
    api_span_t      name;
    api_node_iter_t it;

    for (i = 0; ok && i < parts->n; i++) {
        it = api_node_iter(api_node_get(parts->at[i], API_SPAN("required")));

        while (ok && api_node_next(&it, NULL, &value)) {
            ok = add_member(parts, made, api_node_string(value), true, depth);
        }
    }

    for (i = 0; ok && depth < 2 && i < parts->n; i++) {
        it = api_node_iter(api_node_get(parts->at[i], API_SPAN("properties")));

        while (api_node_next(&it, &name, &value)) {
            (void) add_member(parts, made, name, false, depth);
        }
    }

    if (!ok) {
        cJSON_Delete(made);
        return NULL;
    }

    return made;
}


static cJSON *
sample(api_docs_t *docs, api_node_t schema, unsigned depth)
{
    apisec_parts_t parts;
    api_node_t     node;

    if (depth > APISEC_PARTS_DEPTH) {
        return NULL;
    }

    apisec_parts(&parts, docs, schema);

    node = apisec_facet(&parts, "const");
    node = api_node_ok(node) ? node
                             : api_node_at(apisec_facet(&parts, "enum"), 0);
    node = api_node_ok(node) ? node : apisec_facet(&parts, "example");
    node = api_node_ok(node)
               ? node
               : api_node_at(apisec_facet(&parts, "examples"), 0);
    node = api_node_ok(node) ? node : apisec_facet(&parts, "default");

    if (api_node_ok(node) && !api_node_is(node, API_JSON_NULL)) {
        return tree(node);
    }

    if (apisec_is_type(&parts, "object")) {
        return object_sample(&parts, depth);
    }

    if (apisec_is_type(&parts, "array")) {
        return array_sample(&parts, depth);
    }

    if (apisec_is_type(&parts, "integer") || apisec_is_type(&parts, "number"))
    {
        return number_sample(&parts);
    }

    if (apisec_is_type(&parts, "boolean")) {
        return apisec_sure(cJSON_CreateTrue());
    }

    return apisec_is_type(&parts, "null") ? apisec_sure(cJSON_CreateNull())
                                          : string_sample(&parts);
}


cJSON *
apisec_sample(api_docs_t *docs, api_node_t schema)
{
    return sample(docs, schema, 0);
}
