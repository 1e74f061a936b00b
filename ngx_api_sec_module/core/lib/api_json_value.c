#include "api_json_scan.h"


static inline bool
api_json_is_text(const api_json_tok_t *t)
{
    return t->type == API_JSON_STRING || t->type == API_JSON_NAME;
}


uint32_t
api_json_hash(api_sipkey_t seed, api_span_t name)
{
    return api_json_hash_bytes(api_json_hash_key(seed), name.data, name.len);
}


uint32_t
api_json_get(const api_json_t *doc, uint32_t i, api_span_t name)
{
    uint32_t              n, hash;
    const api_json_tok_t *t;

    t = &doc->tok[i];

    if (t->type != API_JSON_OBJECT) {
        return API_JSON_NONE;
    }

    hash = api_json_hash(doc->seed, name);
    n = t->len;

    for (i++; n--; i = api_json_next(doc, i)) {
        if (doc->tok[i].u.hash == hash && api_json_string_eq(doc, i, name)) {
            return i + 1;
        }
    }

    return API_JSON_NONE;
}


uint32_t
api_json_at(const api_json_t *doc, uint32_t i, uint32_t n)
{
    const api_json_tok_t *t;

    t = &doc->tok[i];

    if (t->type != API_JSON_ARRAY || n >= t->len) {
        return API_JSON_NONE;
    }

    /* an array of scalars needs no walk */

    if (t->u.next - i - 1 == t->len) {
        return i + 1 + n;
    }

    for (i++; n--; i = api_json_next(doc, i)) {
        /* void */
    }

    return i;
}


int
api_json_string(
    const api_json_t *doc, uint32_t i, api_arena_t *arena, api_span_t *out)
{
    uint8_t              *p;
    size_t                len;
    api_span_t            piece;
    api_json_text_t       text;
    const api_json_tok_t *t;

    t = &doc->tok[i];

    if (!api_json_is_text(t)) {
        return API_INVALID;
    }

    if (!(t->flags & API_JSON_F_ESCAPED)) {
        *out = api_span(doc->text + t->off, t->len);
        return API_OK;
    }

    /* no escape is shorter than what it stands for */

    p = api_arena_alloc(arena, t->len);
    if (p == NULL) {
        return API_NOMEM;
    }

    text = api_json_text(doc->text, t);
    len = 0;

    while (api_json_piece(&text, &piece)) {
        memcpy(p + len, piece.data, piece.len);
        len += piece.len;
    }

    *out = api_span(p, len);

    return API_OK;
}


bool
api_json_string_eq(const api_json_t *doc, uint32_t i, api_span_t s)
{
    api_span_t            piece;
    api_json_text_t       text;
    const api_json_tok_t *t;

    t = &doc->tok[i];

    if (!api_json_is_text(t)) {
        return false;
    }

    if (!(t->flags & API_JSON_F_ESCAPED)) {
        return api_span_eq(api_span(doc->text + t->off, t->len), s);
    }

    text = api_json_text(doc->text, t);

    while (api_json_piece(&text, &piece)) {

        if (piece.len > s.len || memcmp(piece.data, s.data, piece.len) != 0) {
            return false;
        }

        s = api_span(s.data + piece.len, s.len - piece.len);
    }

    return s.len == 0;
}


/*
 * The tape does not hold where a container ends.  Only blanks and brackets
 * stand between its last token and there: one bracket for each level that
 * the last token is deeper, and one more if that is an empty container.
 */

static const uint8_t *
api_json_container_end(const api_json_t *doc, const api_json_tok_t *t)
{
    uint32_t              n;
    const uint8_t        *p, *e;
    const api_json_tok_t *last;

    last = &doc->tok[t->u.next - 1];
    n = (uint32_t) last->depth - t->depth;

    p = doc->text + last->off;
    e = doc->text + doc->len;

    if (last->type >= API_JSON_ARRAY) {
        p++;
        n++;

    } else {
        p += last->len + (last->type == API_JSON_STRING);
    }

    while (n--) {
        p = api_json_blank(p, e) + 1;
    }

    return p;
}


api_span_t
api_json_raw(const api_json_t *doc, uint32_t i)
{
    const uint8_t        *p;
    const api_json_tok_t *t;

    t = &doc->tok[i];
    p = doc->text + t->off;

    if (api_json_is_text(t)) {
        return api_span(p - 1, t->len + (size_t) 2);
    }

    if (t->type >= API_JSON_ARRAY) {
        return api_span(p, (size_t) (api_json_container_end(doc, t) - p));
    }

    return api_span(p, t->len);
}
