/*
 * What must hold for every document that the JSON parser accepted; for the
 * unit tests and the fuzz target.  Slow and plain on purpose, and written
 * against the header, not the code.
 */

#ifndef JSON_CHECK_H
#define JSON_CHECK_H

#include "api_json.h"
#include "api_utf8.h"

#include <math.h>
#include <stdlib.h>


#define JSON_MUST(cond)                                                       \
    do {                                                                      \
        if (!(cond)) {                                                        \
            return #cond;                                                     \
        }                                                                     \
    } while (0)


/* A number stands at s: the grammar once more, as a table of states. */

static inline bool
json_is_number(api_span_t s)
{
    size_t  i;
    uint8_t c;
    int     state, class;

    /* classes: 0, 1-9, minus, plus, dot, e; states: 0 start, 1 minus, 2 zero,
       3 integer, 4 dot, 5 fraction, 6 e, 7 sign, 8 exponent */

    static const signed char go[9][6] = {
        { 2, 3, 1, -1, -1, -1 },
        { 2, 3, -1, -1, -1, -1 },
        { -1, -1, -1, -1, 4, 6 },
        { 3, 3, -1, -1, 4, 6 },
        { 5, 5, -1, -1, -1, -1 },
        { 5, 5, -1, -1, -1, 6 },
        { 8, 8, 7, 7, -1, -1 },
        { 8, 8, -1, -1, -1, -1 },
        { 8, 8, -1, -1, -1, -1 },
    };

    state = 0;

    for (i = 0; i < s.len; i++) {
        c = s.data[i];
        class = c == '0'               ? 0
                : c > '0' && c <= '9'  ? 1
                : c == '-'             ? 2
                : c == '+'             ? 3
                : c == '.'             ? 4
                : c == 'e' || c == 'E' ? 5
                                       : -1;

        state = class < 0 ? -1 : go[state][class];

        if (state < 0) {
            return false;
        }
    }

    return state == 2 || state == 3 || state == 5 || state == 8;
}


static inline const char *
json_check_number(const api_json_t *doc, uint32_t i)
{
    bool        integer, fits;
    double      d;
    int64_t     v;
    api_span_t  raw;
    const char *p;

    raw = api_json_raw(doc, i);
    integer = true;

    for (p = (const char *) raw.data; p < (const char *) raw.data + raw.len;
         p++) {
        integer = integer && *p != '.' && *p != 'e' && *p != 'E';
    }

    JSON_MUST(json_is_number(raw));
    JSON_MUST(integer == (doc->tok[i].type == API_JSON_INT));
    JSON_MUST(
        (raw.data[0] == '-') == ((doc->tok[i].flags & API_JSON_F_NEG) != 0));

    fits = integer
           && api_json_number_cmp(raw, API_SPAN("9223372036854775807")) <= 0
           && api_json_number_cmp(raw, API_SPAN("-9223372036854775808")) >= 0;

    JSON_MUST(fits == ((doc->tok[i].flags & API_JSON_F_INT64) != 0));
    JSON_MUST(fits == api_json_int64(doc, i, &v));
    JSON_MUST(api_json_number_cmp(raw, raw) == 0);

    if (api_json_double(doc, i, &d)) {
        JSON_MUST(isfinite(d));
        JSON_MUST(signbit(d) == (raw.data[0] == '-') || d == 0);

        if (fits) {
            JSON_MUST(d == (double) v);
        }

    } else {
        JSON_MUST(!fits);
    }

    return NULL;
}


static inline const char *
json_check_text(const api_json_t *doc, uint32_t i, api_arena_t *arena)
{
    api_span_t            s, raw;
    const api_json_tok_t *t;

    t = &doc->tok[i];
    raw = api_json_raw(doc, i);

    JSON_MUST(raw.len == t->len + 2u && raw.data[0] == '"'
              && raw.data[raw.len - 1] == '"');
    JSON_MUST(api_json_string(doc, i, arena, &s) == API_OK);
    JSON_MUST(s.len <= t->len);
    JSON_MUST(api_utf8_valid(s) == s.len);
    JSON_MUST(api_json_string_eq(doc, i, s));
    JSON_MUST(s.len == 0
              || !api_json_string_eq(doc, i, api_span(s.data, s.len - 1)));
    JSON_MUST((memchr(raw.data, '\\', raw.len) != NULL)
              == ((t->flags & API_JSON_F_ESCAPED) != 0));
    JSON_MUST((s.len && memchr(s.data, 0, s.len) != NULL)
              == ((t->flags & API_JSON_F_NUL) != 0));

    if (t->type == API_JSON_NAME) {
        JSON_MUST(t->u.hash == api_json_hash(doc->seed, s));
    }

    return NULL;
}


/* The container at i: its members, one after the other, and their names. */

static inline const char *
json_check_container(const api_json_t *doc, uint32_t i, api_arena_t *arena)
{
    bool                  object;
    uint32_t              n, k, value;
    api_span_t            name;
    const api_json_tok_t *t;

    t = &doc->tok[i];
    object = t->type == API_JSON_OBJECT;

    JSON_MUST(t->u.next > i && t->u.next <= doc->ntok);
    JSON_MUST(doc->text[t->off] == (object ? '{' : '['));

    k = i + 1;

    for (n = 0; k < t->u.next; n++) {
        value = object ? k + 1 : k;

        JSON_MUST(doc->tok[k].depth == t->depth + 1);
        JSON_MUST(doc->tok[value].depth == t->depth + 1);
        JSON_MUST((doc->tok[k].type == API_JSON_NAME) == object);
        JSON_MUST(doc->tok[value].type != API_JSON_NAME);

        if (object && n < 64) {
            /* the first of that name is this one: so it is the only one */

            JSON_MUST(api_json_string(doc, k, arena, &name) == API_OK);
            JSON_MUST(api_json_get(doc, i, name) == value);
        }

        if (!object && n < 64) {
            JSON_MUST(api_json_at(doc, i, n) == value);
        }

        k = api_json_next(doc, k);
    }

    JSON_MUST(k == t->u.next);
    JSON_MUST(n == t->len);
    JSON_MUST(api_json_at(doc, i, n) == API_JSON_NONE);

    return NULL;
}


/* The raw text of the value at i is a document of its own, with the same
   tokens. */

static inline const char *
json_check_alone(const api_json_t *doc, uint32_t i,
    const api_json_limits_t *limits, unsigned flags, api_arena_t *arena)
{
    uint32_t              k, n;
    api_json_t            alone;
    const api_json_tok_t *a, *b;

    JSON_MUST(api_json_parse(&alone, api_json_raw(doc, i), limits, flags,
                  doc->seed, arena, NULL)
              == API_OK);

    n = doc->tok[i].type >= API_JSON_ARRAY ? doc->tok[i].u.next - i : 1;
    JSON_MUST(alone.ntok == n);

    for (k = 0; k < n; k++) {
        a = &doc->tok[i + k];
        b = &alone.tok[k];

        JSON_MUST(
            a->type == b->type && a->len == b->len && a->flags == b->flags);
        JSON_MUST(a->depth - doc->tok[i].depth == b->depth);
        JSON_MUST(a->off - doc->tok[i].off == b->off - alone.tok[0].off);
        JSON_MUST(a->type < API_JSON_ARRAY || a->u.next - i == b->u.next);
    }

    return NULL;
}


/* NULL, or the text of the first condition that does not hold. */

static inline const char *
json_check(const api_json_t *doc, const api_json_limits_t *limits,
    unsigned flags, api_arena_t *arena)
{
    uint32_t              i;
    const char           *bad;
    api_arena_mark_t      mark;
    const api_json_tok_t *t;

    JSON_MUST(doc->ntok > 0 && doc->ntok <= limits->tokens);
    JSON_MUST(doc->tok[0].depth == 0);
    JSON_MUST(api_json_next(doc, 0) == doc->ntok);

    bad = NULL;

    for (i = 0; i < doc->ntok && bad == NULL; i++) {
        t = &doc->tok[i];
        mark = api_arena_mark(arena);

        JSON_MUST(t->type < API_JSON_NTYPES && t->depth <= limits->depth);
        JSON_MUST((size_t) t->off + (t->type < API_JSON_ARRAY ? t->len : 1)
                  <= doc->len);

        switch (t->type) {

        case API_JSON_INT:
        case API_JSON_REAL:
            JSON_MUST(t->len <= limits->number);
            bad = json_check_number(doc, i);
            break;

        case API_JSON_STRING:
        case API_JSON_NAME:
            JSON_MUST(t->len <= (t->type == API_JSON_NAME ? limits->name
                                                          : limits->string));
            bad = json_check_text(doc, i, arena);
            break;

        case API_JSON_ARRAY:
        case API_JSON_OBJECT:
            JSON_MUST(t->len <= limits->members && t->flags == 0);
            bad = json_check_container(doc, i, arena);
            break;

        default:
            JSON_MUST(api_span_eq(api_json_raw(doc, i),
                api_span(api_json_type_name(t->type),
                    strlen(api_json_type_name(t->type)))));
        }

        if (bad == NULL && t->type != API_JSON_NAME && i < 256) {
            bad = json_check_alone(doc, i, limits, flags, arena);
        }

        api_arena_rewind(arena, mark);
    }

    return bad;
}


#endif /* JSON_CHECK_H */
