#include "api_tape.h"


/* The same bits as API_SCHEMA_T_*; a tape knows no schema. */

#define TAPE_NULL 0x01
#define TAPE_BOOLEAN 0x02
#define TAPE_INTEGER 0x04
#define TAPE_NUMBER 0x0c


void
api_tape_init(api_tape_t *t, api_arena_t *arena, api_sipkey_t seed)
{
    memset(t, 0, sizeof(*t));

    t->arena = arena;
    t->seed = seed;
    t->open = API_JSON_NONE;
}


static void
tape_fail(api_tape_t *t, int rc)
{
    t->rc = t->rc == API_OK ? rc : t->rc;
}


/* Room for n more bytes of text. */

static bool
tape_room(api_tape_t *t, size_t n)
{
    size_t   cap;
    uint8_t *text;

    if (n > UINT32_MAX - t->len) {
        tape_fail(t, API_LIMIT);
        return false;
    }

    if (n <= t->cap - t->len) {
        return true;
    }

    cap = 2 * t->cap + n + 128;
    text = api_arena_grow(t->arena, t->text, t->len, cap);

    if (text == NULL) {
        tape_fail(t, API_NOMEM);
        return false;
    }

    t->text = text;
    t->cap = cap;

    return true;
}


static bool
tape_tok_room(api_tape_t *t)
{
    uint32_t        cap;
    api_json_tok_t *tok;

    if (t->ntok < t->tok_cap) {
        return true;
    }

    if (t->ntok >= UINT32_C(1) << 29) {
        tape_fail(t, API_LIMIT);
        return false;
    }

    cap = t->tok_cap ? 2 * t->tok_cap : 16;
    tok = api_arena_grow(
        t->arena, t->tok, t->ntok * sizeof(*tok), cap * sizeof(*tok));

    if (tok == NULL) {
        tape_fail(t, API_NOMEM);
        return false;
    }

    t->tok = tok;
    t->tok_cap = cap;

    return true;
}


/* May a value stand here?  Then its container counts it. */

static bool
tape_place(api_tape_t *t)
{
    if (t->open != API_JSON_NONE && t->tok[t->open].type == API_JSON_OBJECT
        && !t->named)
    {
        tape_fail(t, API_INTERNAL);
        return false;
    }

    if (t->open != API_JSON_NONE) {
        t->tok[t->open].len++;
    }

    t->named = false;

    return true;
}


/* A token of the bytes s, which are copied. */

static api_json_tok_t *
tape_put(api_tape_t *t, api_json_type_t type, unsigned flags, api_span_t s)
{
    api_json_tok_t *tok;

    if (t->rc != API_OK || !tape_tok_room(t) || !tape_room(t, s.len)) {
        return NULL;
    }

    tok = &t->tok[t->ntok++];
    memset(tok, 0, sizeof(*tok));

    tok->off = (uint32_t) t->len;
    tok->len = (uint32_t) s.len;
    tok->type = (uint8_t) type;
    tok->flags = (uint8_t) flags;
    tok->depth = t->depth;

    if (s.len) {
        memcpy(t->text + t->len, s.data, s.len);
        t->len += s.len;
    }

    return tok;
}


static void
tape_value(api_tape_t *t, api_json_type_t type, unsigned flags, api_span_t s)
{
    if (t->rc == API_OK && tape_place(t)) {
        (void) tape_put(t, type, flags, s);
    }
}


static void
tape_container(api_tape_t *t, api_json_type_t type)
{
    uint32_t        around;
    api_json_tok_t *tok;

    if (t->rc != API_OK || !tape_place(t)) {
        return;
    }

    if (t->depth == UINT16_MAX) {
        tape_fail(t, API_LIMIT);
        return;
    }

    around = t->open;
    tok = tape_put(t, type, 0, API_SPAN(""));

    if (tok) {
        tok->u.next = around;
        t->open = t->ntok - 1;
        t->depth++;
    }
}


void
api_tape_object(api_tape_t *t)
{
    tape_container(t, API_JSON_OBJECT);
}


void
api_tape_array(api_tape_t *t)
{
    tape_container(t, API_JSON_ARRAY);
}


void
api_tape_end(api_tape_t *t)
{
    uint32_t around;

    if (t->open == API_JSON_NONE || t->named) {
        tape_fail(t, API_INTERNAL);
    }

    if (t->rc != API_OK) {
        return;
    }

    around = t->tok[t->open].u.next;
    t->tok[t->open].u.next = t->ntok;
    t->open = around;
    t->depth--;
}


void
api_tape_name(api_tape_t *t, api_span_t name)
{
    api_json_tok_t *tok;

    if (t->rc != API_OK) {
        return;
    }

    if (t->open == API_JSON_NONE || t->named
        || t->tok[t->open].type != API_JSON_OBJECT)
    {
        tape_fail(t, API_INTERNAL);
        return;
    }

    tok = tape_put(t, API_JSON_NAME, 0, name);

    if (tok) {
        tok->u.hash = api_json_hash(t->seed, name);
        t->named = true;
    }
}


void
api_tape_string(api_tape_t *t, api_span_t s)
{
    tape_value(t, API_JSON_STRING, 0, s);
}


void
api_tape_null(api_tape_t *t)
{
    tape_value(t, API_JSON_NULL, 0, API_SPAN("null"));
}


void
api_tape_bool(api_tape_t *t, bool v)
{
    tape_value(t, v ? API_JSON_TRUE : API_JSON_FALSE, 0,
        v ? API_SPAN("true") : API_SPAN("false"));
}


static size_t
tape_digits(api_span_t s, size_t at)
{
    size_t n;

    for (n = 0; at + n < s.len && (uint8_t) (s.data[at + n] - '0') < 10; n++) {
        /* void */
    }

    return n;
}


/* Behind the fraction or exponent at `at`, or 0 when it is broken. */

static size_t
tape_tail(api_span_t s, size_t at)
{
    size_t n;

    if (at < s.len && s.data[at] == '.') {
        n = tape_digits(s, at + 1);
        at = n ? at + 1 + n : s.len + 1;
    }

    if (at < s.len && (s.data[at] | 0x20) == 'e') {
        at++;
        at += at < s.len && (s.data[at] == '+' || s.data[at] == '-');
        n = tape_digits(s, at);
        at = n ? at + n : s.len + 1;
    }

    return at;
}


/* Does the magnitude of n digits at p fit in int64_t with this sign? */

static bool
tape_fits(const uint8_t *p, size_t n, bool negative)
{
    static const char max[] = "9223372036854775807";
    static const char min[] = "9223372036854775808";

    return n < 19 || (n == 19 && memcmp(p, negative ? min : max, 19) <= 0);
}


bool
api_tape_number(api_tape_t *t, api_span_t s)
{
    bool     negative;
    size_t   n, at;
    unsigned flags;

    negative = s.len && s.data[0] == '-';
    n = tape_digits(s, negative);

    if (n == 0 || (n > 1 && s.data[negative] == '0')) {
        return false;
    }

    at = negative + n;

    if (tape_tail(s, at) != s.len) {
        return false;
    }

    flags = negative ? API_JSON_F_NEG : 0;

    if (at < s.len) {
        tape_value(t, API_JSON_REAL, flags, s);
        return true;
    }

    if (tape_fits(s.data + negative, n, negative)) {
        flags |= API_JSON_F_INT64;
    }

    tape_value(t, API_JSON_INT, flags, s);

    return true;
}


/* Digits, where no fraction is allowed: of "9000e-2", which is 90, another
   reader makes 9000. */

static bool
tape_is_number(api_span_t s, unsigned types)
{
    size_t sign;

    if ((types & TAPE_NUMBER) != TAPE_INTEGER) {
        return (types & TAPE_NUMBER) != 0;
    }

    sign = s.len && s.data[0] == '-';

    return tape_digits(s, sign) + sign == s.len;
}


void
api_tape_text(api_tape_t *t, api_span_t s, unsigned types)
{
    if (tape_is_number(s, types) && api_tape_number(t, s)) {
        return;
    }

    if ((types & TAPE_BOOLEAN)
        && (api_span_eq(s, API_SPAN("true"))
            || api_span_eq(s, API_SPAN("false"))))
    {
        api_tape_bool(t, s.len == 4);
        return;
    }

    if ((types & TAPE_NULL) && api_span_eq(s, API_SPAN("null"))) {
        api_tape_null(t);
        return;
    }

    api_tape_string(t, s);
}


/* The tokens from..end of another tape, moved here; their texts decoded. */

static void
tape_copy_tok(api_tape_t *t, const api_json_t *json, uint32_t i, uint32_t move,
    int levels)
{
    api_span_t            s;
    api_json_tok_t       *to;
    const api_json_tok_t *from;

    from = &json->tok[i];
    s = API_SPAN("");

    if (from->type == API_JSON_STRING || from->type == API_JSON_NAME) {
        if (api_json_string(json, i, t->arena, &s) != API_OK) {
            tape_fail(t, API_NOMEM);
            return;
        }

    } else if (from->type < API_JSON_ARRAY) {
        s = api_span(json->text + from->off, from->len);
    }

    to = tape_put(
        t, from->type, from->flags & (unsigned) ~API_JSON_F_ESCAPED, s);

    if (to == NULL) {
        return;
    }

    to->depth = (uint16_t) (from->depth + levels);

    if (from->type >= API_JSON_ARRAY) {
        to->len = from->len;
        to->u.next = from->u.next + move;
    }

    if (from->type == API_JSON_NAME) {
        to->u.hash = api_json_hash(t->seed, s);
    }
}


uint32_t
api_tape_copy(api_tape_t *t, const api_json_t *json, uint32_t at)
{
    int      levels;
    uint32_t i, end, first;

    first = t->ntok;

    if (t->rc != API_OK || !tape_place(t)) {
        return first;
    }

    end = api_json_next(json, at);
    levels = (int) t->depth - (int) json->tok[at].depth;

    for (i = at; t->rc == API_OK && i < end; i++) {
        tape_copy_tok(t, json, i, first - at, levels);
    }

    return first;
}


int
api_tape_done(api_tape_t *t, api_json_t *out)
{
    static const uint8_t nothing[1];

    if (t->rc == API_OK && (t->open != API_JSON_NONE || t->ntok == 0)) {
        tape_fail(t, API_INTERNAL);
    }

    if (t->rc != API_OK) {
        return t->rc;
    }

    out->text = t->text ? t->text : nothing;
    out->len = (uint32_t) t->len;
    out->tok = t->tok;
    out->ntok = t->ntok;
    out->seed = t->seed;

    return API_OK;
}
