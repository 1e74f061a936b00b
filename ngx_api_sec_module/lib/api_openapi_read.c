#include "api_openapi_int.h"

#include <stdio.h>


void *
api_openapi_new(api_openapi_load_t *load, size_t n, size_t size)
{
    void *p;

    p = api_arena_calloc(&load->spec->arena, n, size);

    if (p == NULL) {
        load->rc = API_NOMEM;
    }

    return p;
}


api_span_t
api_openapi_copy(api_openapi_load_t *load, api_span_t s)
{
    s = api_arena_dup(&load->spec->arena, s);

    if (s.data == NULL) {
        load->rc = API_NOMEM;
        s.len = 0;
    }

    return s;
}


static uint32_t
api_openapi_memo_hash(const api_doc_t *doc, uint32_t at, uint32_t kind)
{
    uint64_t h;

    h = ((uint64_t) (uintptr_t) doc ^ at ^ (uint64_t) kind << 32)
        * 0x9e3779b97f4a7c15u;

    return (uint32_t) (h >> 32);
}


static api_openapi_memo_t *
api_openapi_memo_slot(const api_openapi_load_t *load, const api_doc_t *doc,
    uint32_t at, uint32_t kind)
{
    uint32_t            i;
    api_openapi_memo_t *m;

    for (i = api_openapi_memo_hash(doc, at, kind) & load->memo_mask;;
         i = (i + 1) & load->memo_mask)
    {
        m = &load->memo[i];

        if (m->doc == NULL
            || (m->doc == doc && m->at == at && m->kind == kind)) {
            return m;
        }
    }
}


void *
api_openapi_made(
    const api_openapi_load_t *load, api_node_t n, api_memo_kind_t kind)
{
    return load->memo ? api_openapi_memo_slot(load, n.doc, n.at, kind)->made
                      : NULL;
}


static bool
api_openapi_memo_room(api_openapi_load_t *load)
{
    uint32_t            i, old;
    api_openapi_memo_t *from;

    old = load->memo ? load->memo_mask + 1 : 0;

    if (load->nmemo + 1 < old / 2) {
        return true;
    }

    from = load->memo;
    load->memo_mask = (old ? old * 2 : 256) - 1;
    load->memo = api_arena_calloc(
        &load->tmp, (size_t) load->memo_mask + 1, sizeof(*from));

    if (load->memo == NULL) {
        load->memo = from;
        load->memo_mask = old ? old - 1 : 0;
        load->rc = API_NOMEM;
        return false;
    }

    for (i = 0; i < old; i++) {
        if (from[i].doc) {
            *api_openapi_memo_slot(
                load, from[i].doc, from[i].at, from[i].kind) = from[i];
        }
    }

    return true;
}


void
api_openapi_remember(
    api_openapi_load_t *load, api_node_t n, api_memo_kind_t kind, void *made)
{
    api_openapi_memo_t *m;

    if (!api_node_ok(n) || !api_openapi_memo_room(load)) {
        return;
    }

    m = api_openapi_memo_slot(load, n.doc, n.at, kind);
    load->nmemo += m->doc == NULL;
    *m = (api_openapi_memo_t){ n.doc, n.at, kind, made };
}


static api_span_t
api_openapi_str(const char *s)
{
    return api_span(s, strlen(s));
}


api_node_t
api_openapi_deref(api_openapi_load_t *load, api_node_t n)
{
    unsigned   hops;
    api_err_t  err;
    api_node_t ref, to;

    for (hops = 0; hops < API_OPENAPI_MAX_REFS; hops++) {
        ref = api_node_get(n, API_SPAN("$ref"));

        if (!api_node_is(ref, API_JSON_STRING)) {
            return n;
        }

        if (api_docs_resolve(load->docs, ref, api_node_string(ref), &to, &err)
            != API_OK)
        {
            api_problem_error(load->problems, ref, "%s", err.text);
            return API_NODE_NONE;
        }

        n = to;
    }

    api_problem_error(load->problems, n,
        "references lead to each other without an end; "
        "one of them has to be what it names");

    return API_NODE_NONE;
}


static api_node_t
api_openapi_typed(api_openapi_load_t *load, api_node_t n, const char *name,
    api_json_type_t type, const char *what)
{
    api_node_t v;

    v = api_node_get(n, api_openapi_str(name));

    if (api_node_ok(v) && !api_node_is(v, type)) {
        api_problem_error(
            load->problems, v, "\"%s\" has to be %s", name, what);
        return API_NODE_NONE;
    }

    return v;
}


api_span_t
api_openapi_text(api_openapi_load_t *load, api_node_t n, const char *name)
{
    return api_node_string(
        api_openapi_typed(load, n, name, API_JSON_STRING, "a string"));
}


bool
api_openapi_flag(
    api_openapi_load_t *load, api_node_t n, const char *name, bool absent)
{
    bool       v;
    api_node_t node;

    v = absent;
    node = api_node_get(n, api_openapi_str(name));

    if (api_node_ok(node) && !api_node_bool(node, &v)) {
        api_problem_error(
            load->problems, node, "\"%s\" has to be true or false", name);
    }

    return v;
}


api_node_t
api_openapi_object(api_openapi_load_t *load, api_node_t n, const char *name)
{
    return api_openapi_typed(load, n, name, API_JSON_OBJECT, "an object");
}


api_node_t
api_openapi_array(api_openapi_load_t *load, api_node_t n, const char *name)
{
    return api_openapi_typed(load, n, name, API_JSON_ARRAY, "an array");
}


void
api_openapi_known(api_openapi_load_t *load, api_node_t n, const char *names)
{
    char            word[64], quoted[API_PROBLEM_QUOTE];
    api_span_t      name;
    api_node_t      value;
    api_node_iter_t it;

    for (it = api_node_iter(n); api_node_next(&it, &name, &value);) {

        if (name.len >= 2 && memcmp(name.data, "x-", 2) == 0) {
            continue;
        }

        word[0] = '\0';

        if (name.len < sizeof(word) - 2 && !memchr(name.data, 0, name.len)) {
            snprintf(word, sizeof(word), " %.*s ", (int) name.len,
                (const char *) name.data);
        }

        if (word[0] == '\0' || strstr(names, word) == NULL) {
            api_problem_warning(load->problems, value,
                "\"%s\" means nothing here, and is not enforced; "
                "names of your own begin with \"x-\"",
                api_problem_quote(name, quoted));
        }
    }
}


uint32_t
api_openapi_schema(api_openapi_load_t *load, api_node_t n)
{
    int      rc;
    uint32_t entry;

    if (!api_node_ok(n)) {
        return API_SCHEMA_NONE;
    }

    entry = API_SCHEMA_NONE;
    rc = api_schema_add(load->build, n, load->dialect, &entry);

    if (rc != API_OK && load->rc == API_OK) {
        load->rc = rc;
    }

    return entry;
}
