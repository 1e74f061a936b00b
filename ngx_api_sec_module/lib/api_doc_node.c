#include "api_doc_int.h"


api_node_t
api_doc_root(const api_doc_t *doc)
{
    return (api_node_t){ doc, 0 };
}


api_span_t
api_doc_name(const api_doc_t *doc)
{
    return doc->name;
}


const api_json_t *
api_doc_json(const api_doc_t *doc)
{
    return &doc->json;
}


static const api_json_tok_t *
node_tok(api_node_t n)
{
    return &n.doc->json.tok[n.at];
}


int
api_node_type(api_node_t n)
{
    return n.doc ? node_tok(n)->type : API_JSON_NTYPES;
}


bool
api_node_is_number(api_node_t n)
{
    return api_node_is(n, API_JSON_INT) || api_node_is(n, API_JSON_REAL);
}


uint32_t
api_node_count(api_node_t n)
{
    return api_node_type(n) == API_JSON_ARRAY
                   || api_node_type(n) == API_JSON_OBJECT
               ? node_tok(n)->len
               : 0;
}


api_span_t
api_doc_text(const api_doc_t *doc, uint32_t t)
{
    uint32_t              lo, hi, mid;
    const api_json_tok_t *tok;

    tok = &doc->json.tok[t];

    if (!(tok->flags & API_JSON_F_ESCAPED)) {
        return api_span(doc->json.text + tok->off, tok->len);
    }

    lo = 0;
    hi = doc->ntexts - 1;

    while (lo < hi) {
        mid = lo + (hi - lo) / 2;

        if (doc->texts[mid].tok < t) {
            lo = mid + 1;

        } else {
            hi = mid;
        }
    }

    return api_span(doc->texts[lo].data, doc->texts[lo].len);
}


static uint32_t
doc_index_get(const api_doc_t *doc, uint32_t object, api_span_t name)
{
    uint32_t              i, hash;
    const api_doc_slot_t *s;

    hash = api_json_hash(doc->json.seed, name);

    for (i = api_doc_slot(object, hash);; i++) {
        s = &doc->slots[i & doc->mask];

        if (s->name == 0) {
            return API_JSON_NONE;
        }

        if (s->object == object && doc->json.tok[s->name].u.hash == hash
            && api_span_eq(api_doc_text(doc, s->name), name))
        {
            return s->name + 1;
        }
    }
}


api_node_t
api_node_get(api_node_t n, api_span_t name)
{
    uint32_t v;

    if (!api_node_is(n, API_JSON_OBJECT)) {
        return API_NODE_NONE;
    }

    v = node_tok(n)->len > API_DOC_SMALL
            ? doc_index_get(n.doc, n.at, name)
            : api_json_get(&n.doc->json, n.at, name);

    return v == API_JSON_NONE ? API_NODE_NONE : (api_node_t){ n.doc, v };
}


api_node_t
api_node_at(api_node_t n, uint32_t i)
{
    uint32_t v;

    if (!api_node_is(n, API_JSON_ARRAY)) {
        return API_NODE_NONE;
    }

    v = api_json_at(&n.doc->json, n.at, i);

    return v == API_JSON_NONE ? API_NODE_NONE : (api_node_t){ n.doc, v };
}


/* A name is followed by its value, and nothing else has it before itself. */

static bool
node_is_member(api_node_t n)
{
    return n.doc && n.at && n.doc->json.tok[n.at - 1].type == API_JSON_NAME;
}


api_span_t
api_node_name(api_node_t n)
{
    return node_is_member(n) ? api_doc_text(n.doc, n.at - 1) : API_SPAN("");
}


api_span_t
api_node_string(api_node_t n)
{
    return api_node_is(n, API_JSON_STRING) ? api_doc_text(n.doc, n.at)
                                           : API_SPAN("");
}


api_span_t
api_node_number(api_node_t n)
{
    if (!api_node_is_number(n)) {
        return API_SPAN("");
    }

    return api_span(n.doc->json.text + node_tok(n)->off, node_tok(n)->len);
}


bool
api_node_int64(api_node_t n, int64_t *v)
{
    return n.doc && api_json_int64(&n.doc->json, n.at, v);
}


bool
api_node_bool(api_node_t n, bool *v)
{
    if (!api_node_is(n, API_JSON_TRUE) && !api_node_is(n, API_JSON_FALSE)) {
        return false;
    }

    *v = api_node_is(n, API_JSON_TRUE);

    return true;
}


uint32_t
api_node_line(api_node_t n)
{
    uint32_t              at, line;
    size_t                off, i;
    const api_json_tok_t *tok;

    if (n.doc == NULL) {
        return 0;
    }

    at = n.at - node_is_member(n);

    if (n.doc->yaml) {
        return n.doc->lines[at];
    }

    tok = &n.doc->json.tok[at];
    off = tok->off;
    line = n.doc->lines[off / API_DOC_STEP] + 1;

    for (i = off - off % API_DOC_STEP; i < off; i++) {
        line += n.doc->json.text[i] == '\n';
    }

    return line;
}


/* The pointer, as far as it fits; len counts what did not, too. */

typedef struct {
    char  *buf;
    size_t size;
    size_t len;
} node_text_t;


static void
node_put(node_text_t *t, char c)
{
    if (t->len < t->size) {
        t->buf[t->len] = c;
    }

    t->len++;
}


static void
node_put_name(node_text_t *t, api_span_t name)
{
    size_t i;

    for (i = 0; i < name.len; i++) {
        if (name.data[i] == '~' || name.data[i] == '/') {
            node_put(t, '~');
            node_put(t, name.data[i] == '~' ? '0' : '1');

        } else {
            node_put(t, (char) name.data[i]);
        }
    }
}


static void
node_put_index(node_text_t *t, uint32_t n)
{
    char buf[10], *p;

    p = buf;

    do {
        *p++ = (char) ('0' + n % 10);
        n /= 10;
    } while (n);

    while (p > buf) {
        node_put(t, *--p);
    }
}


/* From the container at `at` one step down towards `to`; the step's name. */

static uint32_t
node_step(const api_doc_t *doc, uint32_t at, uint32_t to, node_text_t *t)
{
    bool              object;
    uint32_t          i, k;
    const api_json_t *json;

    json = &doc->json;
    object = json->tok[at].type == API_JSON_OBJECT;
    node_put(t, '/');

    for (i = at + 1, k = 0; api_json_next(json, i) <= to; k++) {
        i = api_json_next(json, i);
    }

    if (object) {
        node_put_name(t, api_doc_text(doc, i));
        return i + 1;
    }

    node_put_index(t, k);

    return i;
}


size_t
api_node_pointer(api_node_t n, char *buf, size_t size)
{
    size_t      i;
    uint32_t    at;
    node_text_t t;

    t = (node_text_t){ buf, size, 0 };

    for (at = 0; n.doc && at != n.at; /* void */) {
        at = node_step(n.doc, at, n.at, &t);
    }

    if (t.len <= size) {
        return t.len;
    }

    /* not within a character */

    i = api_span(buf, size).len;
    i = i < 3 ? 0 : i - 3;

    while (i && ((uint8_t) buf[i] & 0xc0) == 0x80) {
        i--;
    }

    for (t.len = i; t.len < size && t.len < i + 3; /* void */) {
        node_put(&t, '.');
    }

    return t.len;
}


/* One reference token of a pointer, unescaped into buf when it has a ~. */

static bool
node_unescape(api_span_t *s, uint8_t *buf, size_t size)
{
    size_t i, n;

    if (s->len == 0 || memchr(s->data, '~', s->len) == NULL) {
        return true;
    }

    if (s->len > size) {
        return false;
    }

    for (i = 0, n = 0; i < s->len; i++) {
        if (s->data[i] != '~') {
            buf[n++] = s->data[i];
            continue;
        }

        if (++i == s->len || (s->data[i] != '0' && s->data[i] != '1')) {
            return false;
        }

        buf[n++] = s->data[i] == '0' ? '~' : '/';
    }

    *s = api_span(buf, n);

    return true;
}


/* "0" or digits without a leading zero. */

static bool
node_number(api_span_t s, uint32_t *v)
{
    size_t i;

    if (s.len == 0 || s.len > 9 || (s.len > 1 && s.data[0] == '0')) {
        return false;
    }

    for (i = 0, *v = 0; i < s.len; i++) {
        if ((uint8_t) (s.data[i] - '0') > 9) {
            return false;
        }

        *v = *v * 10 + (uint32_t) (s.data[i] - '0');
    }

    return true;
}


api_node_t
api_node_find(api_node_t n, api_span_t p)
{
    size_t     end;
    uint8_t    buf[1024];
    uint32_t   i;
    api_span_t token;

    while (p.len && n.doc) {
        if (p.data[0] != '/') {
            return API_NODE_NONE;
        }

        for (end = 1; end < p.len && p.data[end] != '/'; end++) {
            /* void */
        }

        token = api_span(p.data + 1, end - 1);
        p = api_span(p.data + end, p.len - end);

        if (!node_unescape(&token, buf, sizeof(buf))) {
            return API_NODE_NONE;
        }

        if (api_node_is(n, API_JSON_ARRAY)) {
            n = node_number(token, &i) ? api_node_at(n, i) : API_NODE_NONE;

        } else {
            n = api_node_get(n, token);
        }
    }

    return n;
}


api_node_iter_t
api_node_iter(api_node_t n)
{
    return (api_node_iter_t){ n.doc, n.at + 1, api_node_count(n) };
}


bool
api_node_next(api_node_iter_t *it, api_span_t *name, api_node_t *value)
{
    uint32_t at;

    if (it->left == 0) {
        return false;
    }

    at = it->at;
    it->left--;
    it->at = api_json_next(&it->doc->json, at);

    at += it->doc->json.tok[at].type == API_JSON_NAME;
    *value = (api_node_t){ it->doc, at };

    if (name) {
        *name = api_node_name(*value);
    }

    return true;
}
