#include "api_doc_int.h"


static int
doc_decode_texts(api_doc_t *doc)
{
    uint32_t        i, n;
    api_span_t      s;
    api_doc_text_t *t;

    for (i = 0, n = 0; i < doc->json.ntok; i++) {
        n += (doc->json.tok[i].flags & API_JSON_F_ESCAPED) != 0
             && doc->json.tok[i].type >= API_JSON_STRING;
    }

    t = api_arena_calloc(&doc->docs->arena, n + (size_t) 1, sizeof(*t));
    if (t == NULL) {
        return API_NOMEM;
    }

    doc->texts = t;
    doc->ntexts = n;

    for (i = 0; n; i++) {
        if (!(doc->json.tok[i].flags & API_JSON_F_ESCAPED)
            || doc->json.tok[i].type < API_JSON_STRING)
        {
            continue;
        }

        if (api_json_string(&doc->json, i, &doc->docs->arena, &s) != API_OK) {
            return API_NOMEM;
        }

        *t++ = (api_doc_text_t){ s.data, (uint32_t) s.len, i };
        n--;
    }

    return API_OK;
}


static void
doc_index_object(api_doc_t *doc, uint32_t object)
{
    uint32_t i, k, left;

    left = doc->json.tok[object].len;

    for (i = object + 1; left; left--, i = api_json_next(&doc->json, i)) {
        k = api_doc_slot(object, doc->json.tok[i].u.hash);

        while (doc->slots[k & doc->mask].name) {
            k++;
        }

        doc->slots[k & doc->mask] = (api_doc_slot_t){ object, i };
    }
}


static bool
doc_is_large(const api_json_tok_t *t)
{
    return t->type == API_JSON_OBJECT && t->len > API_DOC_SMALL;
}


static int
doc_index_names(api_doc_t *doc)
{
    size_t   size;
    uint32_t i, n;

    for (i = 0, n = 0; i < doc->json.ntok; i++) {
        n += doc_is_large(&doc->json.tok[i]) ? doc->json.tok[i].len : 0;
    }

    for (size = 2; size < 2 * (size_t) n; size *= 2) {
        /* void */
    }

    doc->slots =
        api_arena_calloc(&doc->docs->arena, size, sizeof(*doc->slots));
    if (doc->slots == NULL) {
        return API_NOMEM;
    }

    doc->mask = (uint32_t) (size - 1);

    for (i = 0; n && i < doc->json.ntok; i++) {
        if (doc_is_large(&doc->json.tok[i])) {
            doc_index_object(doc, i);
        }
    }

    return API_OK;
}


static int
doc_count_lines(api_doc_t *doc)
{
    size_t   i;
    uint32_t line;

    doc->lines = api_arena_alloc(&doc->docs->arena,
        (doc->json.len / API_DOC_STEP + 1) * sizeof(*doc->lines));

    if (doc->lines == NULL) {
        return API_NOMEM;
    }

    doc->lines[0] = 0;

    for (i = 0, line = 0; i < doc->json.len; i++) {
        if (i % API_DOC_STEP == 0) {
            doc->lines[i / API_DOC_STEP] = line;
        }

        line += doc->json.text[i] == '\n';
    }

    return API_OK;
}


int
api_doc_index(api_doc_t *doc)
{
    if (doc_decode_texts(doc) != API_OK || doc_index_names(doc) != API_OK) {
        return API_NOMEM;
    }

    return doc->yaml ? API_OK : doc_count_lines(doc);
}
