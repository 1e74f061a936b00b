/*
 * Values with one thing wrong in them: in place, and back again.
 */

#include "apisec_parts.h"
#include "apisec_sample.h"

#include <string.h>


#define STRING_MAX 100000
#define ITEMS_MAX 1000


typedef struct {
    api_docs_t      *docs;
    cJSON           *root;
    apisec_mutant_pt take;
    void            *ctx;
    bool             enough;
} walk_t;


static void
emit(walk_t *w, apisec_wrong_t wrong, const char *where)
{
    if (!w->enough) {
        w->enough = !w->take(w->ctx, wrong, where, w->root);
    }
}


/* What item and other are, without where they are. */

static void
swap(cJSON *item, cJSON *other)
{
    cJSON was = *item;

    item->child = other->child;
    item->type = other->type;
    item->valuestring = other->valuestring;
    item->valueint = other->valueint;
    item->valuedouble = other->valuedouble;

    other->child = was.child;
    other->type = was.type;
    other->valuestring = was.valuestring;
    other->valueint = was.valueint;
    other->valuedouble = was.valuedouble;
}


static void
emit_as(walk_t *w, apisec_wrong_t wrong, const char *where, cJSON *item,
    cJSON *other)
{
    swap(item, other);
    emit(w, wrong, where);
    swap(item, other);
    cJSON_Delete(other);
}


static void
wrong_scalar(
    walk_t *w, const apisec_parts_t *parts, const char *where, cJSON *item)
{
    int64_t v;

    if (cJSON_IsString(item)) {
        emit_as(w, APISEC_WRONG_TYPE, where, item,
            apisec_sure(cJSON_CreateObject()));

        if (apisec_bound(parts, "maxLength", &v) && v >= 0 && v < STRING_MAX) {
            emit_as(
                w, APISEC_WRONG_BOUND, where, item, apisec_repeated(v + 1));
        }

        return;
    }

    emit_as(w, APISEC_WRONG_TYPE, where, item,
        apisec_sure(cJSON_CreateString("apisec")));

    if (cJSON_IsNumber(item) && apisec_bound(parts, "maximum", &v)) {
        emit_as(w, APISEC_WRONG_BOUND, where, item,
            apisec_sure(cJSON_CreateNumber((double) v + 1)));
    }

    if (cJSON_IsNumber(item) && apisec_bound(parts, "minimum", &v)) {
        emit_as(w, APISEC_WRONG_BOUND, where, item,
            apisec_sure(cJSON_CreateNumber((double) v - 1)));
    }
}


static void walk(walk_t *w, api_node_t schema, const char *where, cJSON *item,
    unsigned depth);


static void
wrong_array(walk_t *w, const apisec_parts_t *parts, const char *where,
    cJSON *item, unsigned depth)
{
    int64_t n, v;
    cJSON  *many, *first = item->child;

    emit_as(w, APISEC_WRONG_TYPE, where, item,
        apisec_sure(cJSON_CreateString("apisec")));

    if (first && apisec_bound(parts, "maxItems", &v) && v >= 0
        && v < ITEMS_MAX) {
        many = apisec_sure(cJSON_CreateArray());

        for (n = 0; n <= v; n++) {
            cJSON_AddItemToArray(many, apisec_sure(cJSON_Duplicate(first, 1)));
        }

        emit_as(w, APISEC_WRONG_BOUND, where, item, many);
    }

    if (first) {
        walk(w, apisec_facet(parts, "items"), apisec_text("%s/0", where),
            first, depth + 1);
    }
}


static const char *
stranger(const apisec_parts_t *parts)
{
    size_t                   i;
    static const char *const names[] = { "isAdmin", "role", "apisec_extra" };

    for (i = 0; i < 2; i++) {
        if (!api_node_ok(apisec_property(parts, apisec_span(names[i])))) {
            return names[i];
        }
    }

    return names[2];
}


static void
wrong_object(walk_t *w, const apisec_parts_t *parts, const char *where,
    cJSON *item, unsigned depth)
{
    size_t          i;
    cJSON          *member, *next;
    const char     *name = stranger(parts);
    api_node_t      value;
    api_node_iter_t it;

    cJSON_AddItemToObject(item, name, apisec_sure(cJSON_CreateTrue()));
    emit(w, APISEC_WRONG_EXTRA, apisec_text("%s/%s", where, name));
    cJSON_DeleteItemFromObjectCaseSensitive(item, name);

    for (i = 0; i < parts->n; i++) {
        it = api_node_iter(api_node_get(parts->at[i], API_SPAN("required")));

        while (api_node_next(&it, NULL, &value)) {
            name = apisec_span_text(api_node_string(value));
            member = cJSON_DetachItemFromObjectCaseSensitive(item, name);

            if (member) {
                emit(
                    w, APISEC_WRONG_ABSENT, apisec_text("%s/%s", where, name));
                cJSON_AddItemToObject(item, name, member);
            }
        }
    }

    for (member = item->child; member && !w->enough; member = next) {
        next = member->next;
        walk(w, apisec_property(parts, apisec_span(member->string)),
            apisec_text("%s/%s", where, member->string), member, depth + 1);
    }
}


static void
walk(walk_t *w, api_node_t schema, const char *where, cJSON *item,
    unsigned depth)
{
    apisec_parts_t parts;

    if (w->enough || depth > APISEC_PARTS_DEPTH) {
        return;
    }

    apisec_parts(&parts, w->docs, schema);

    if (cJSON_IsObject(item)) {
        wrong_object(w, &parts, where, item, depth);

    } else if (cJSON_IsArray(item)) {
        wrong_array(w, &parts, where, item, depth);

    } else {
        wrong_scalar(w, &parts, where, item);
    }
}


void
apisec_mutants(api_docs_t *docs, api_node_t schema, cJSON *value,
    apisec_mutant_pt take, void *ctx)
{
    walk_t w = { docs, value, take, ctx, false };

    walk(&w, schema, "", value, 0);
}
