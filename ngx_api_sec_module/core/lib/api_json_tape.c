#include "api_json_scan.h"


/* Make room for one more token, which begins at p. */

static bool
api_json_room(api_json_parser_t *s, const uint8_t *p)
{
    size_t          used, cap, open;
    api_json_tok_t *tok;

    used = s->tok ? (size_t) (s->next - s->tok) : 0;
    open = s->open ? (size_t) (s->open - s->tok) : 0;

    if (used >= s->limits.tokens) {
        api_json_fault(s, API_JSON_E_TOKENS, p);
        return false;
    }

    /* a first guess of six bytes a token is too small for few texts */

    cap = used ? 2 * used : (size_t) (s->end - s->text) / 6 + 8;
    cap = cap < s->limits.tokens ? cap : s->limits.tokens;
    tok = NULL;

    if (cap <= SIZE_MAX / sizeof(*tok)) {
        tok = api_arena_grow(
            s->arena, s->tok, used * sizeof(*tok), cap * sizeof(*tok));
    }

    if (tok == NULL) {
        api_json_fault(s, API_JSON_E_NOMEM, p);
        return false;
    }

    s->tok = tok;
    s->next = tok + used;
    s->tok_end = tok + cap;
    s->open = tok + open;

    return true;
}


/* Behind the string at p. */

static inline const uint8_t *
api_json_string_at(api_json_parser_t *s, const uint8_t *p)
{
    unsigned       flags;
    const uint8_t *start;

    start = p + 1;
    flags = 0;

    p = api_json_plain(start, s->end);

    if (p == s->end || *p != '"' || (size_t) (p - start) > s->limits.string) {
        p = api_json_quote(s, start, p, false, &flags);

        if (p == NULL) {
            return NULL;
        }
    }

    api_json_put(s, start, (size_t) (p - start), API_JSON_STRING, flags, 0);

    return p + 1;
}


/* Behind the number at p. */

static inline const uint8_t *
api_json_number_at(api_json_parser_t *s, const uint8_t *p)
{
#if defined(API_JSON_SSE2)

    unsigned        bits, n, frac, flags;
    const uint8_t  *digits;
    api_json_type_t type;

    if (p >= s->fast) {
        return api_json_number(s, p);
    }

    flags = *p == '-' ? API_JSON_F_NEG | API_JSON_F_INT64 : API_JSON_F_INT64;
    type = API_JSON_INT;
    digits = p + (*p == '-');

    bits = ~api_json_digit_bits(api_json_load(digits));
    n = (unsigned) __builtin_ctz(bits);

    if (n == 0 || (n > 1 && *digits == '0')) {
        return api_json_number(s, p);
    }

    if (digits[n] == '.') {
        flags &= API_JSON_F_NEG;
        type = API_JSON_REAL;
        frac = (unsigned) __builtin_ctz(bits >> 1 >> n);
        n = frac ? n + 1 + frac : 16;
    }

    if (n >= 16 || (digits[n] | 0x20) == 'e' || n >= s->limits.number) {
        return api_json_number(s, p);
    }

    digits += n;
    api_json_put(s, p, (size_t) (digits - p), type, flags, 0);

    return digits;

#else

    return api_json_number(s, p);

#endif
}


/* Behind the literal at p. */

static inline const uint8_t *
api_json_literal_at(api_json_parser_t *s, const uint8_t *p, const char *word,
    size_t len, api_json_type_t type)
{
    /* the first letter is right, and five can be read */

    if (p >= s->fast || memcmp(p + len - 4, word + len - 4, 4) != 0) {
        return api_json_literal(s, p, word, len, type);
    }

    api_json_put(s, p, len, type, 0, 0);

    return p + len;
}


/* Is h among the n < API_JSON_FEW hashes on top?  Put it on top of them. */

static inline bool
api_json_seen(api_json_parser_t *s, uint32_t n, uint32_t h)
{
#if defined(API_JSON_SSE2)

    uint32_t *p;
    __m128i   one, all, hit;

    one = _mm_cvtsi32_si128((int) h);
    all = _mm_shuffle_epi32(one, 0);
    hit = _mm_setzero_si128();

    /* zeros behind the top fill up the last four */

    for (p = s->hash_top - n; p < s->hash_top; p += 4) {
        hit = _mm_or_si128(
            hit, _mm_cmpeq_epi32(all, _mm_loadu_si128((const __m128i *) p)));
    }

    _mm_storeu_si128((__m128i *) s->hash_top++, one);

    return _mm_movemask_epi8(hit) != 0;

#else

    bool            hit;
    const uint32_t *p;

    hit = false;

    for (p = s->hash_top - n; p < s->hash_top; p++) {
        hit |= *p == h;
    }

    *s->hash_top++ = h;

    return hit;

#endif
}


/* The name is the newest token, behind n others: is it new to its object? */

static inline bool
api_json_unique(api_json_parser_t *s, uint32_t n, uint32_t h)
{
    if (n >= API_JSON_FEW) {
        return api_json_dup_many(s);
    }

    return !api_json_seen(s, n, h) || api_json_dup_suspect(s);
}


/* A name of any length and kind whose text begins at `start`; behind it. */

static const uint8_t *
api_json_name_any(api_json_parser_t *s, const uint8_t *start)
{
    size_t          len;
    unsigned        flags;
    const uint8_t  *p;
    api_json_tok_t *t;

    flags = 0;

    p = api_json_quote(s, start, start, true, &flags);

    if (p == NULL) {
        return NULL;
    }

    len = (size_t) (p - start);
    t = api_json_put(s, start, len, API_JSON_NAME, flags, 0);

    t->u.hash = flags & API_JSON_F_ESCAPED
                    ? api_json_text_hash(s->key, api_json_text(s->text, t))
                    : api_json_hash_bytes(s->key, start, len);

    return p + 1;
}


/* Behind the name at p. */

static inline const uint8_t *
api_json_name(api_json_parser_t *s, const uint8_t *p)
{
#if defined(API_JSON_SSE2)

    size_t   len;
    __m128i  v;
    unsigned m;

    if (p < s->fast) {
        v = api_json_load(p + 1);
        m = api_json_special(v);
        len = (size_t) __builtin_ctz(m | 0x10000);

        if (p[len + 1] == '"' && len <= s->short_name) {
            api_json_put(s, p + 1, len, API_JSON_NAME, 0,
                api_json_hash_short(s->key, v, len));

            return p + len + 2;
        }
    }

#endif

    return api_json_name_any(s, p + 1);
}


/* Past the mark, a comma or a colon, that is expected at p or behind blanks,
   to the first byte of what follows. */

static inline const uint8_t *
api_json_mark(api_json_parser_t *s, const uint8_t *p, uint8_t mark,
    api_json_error_t code)
{
    p = api_json_blank(p, s->end);

    if (p < s->end && *p != mark) {
        return api_json_fault(s, code, p);
    }

    if (p < s->end) {
        p = api_json_blank(p + 1, s->end);
    }

    return p < s->end ? p : api_json_fault(s, API_JSON_E_END, p);
}


/*
 * A member of an object begins at p: count it, take its name, and go to its
 * value.
 */

static inline const uint8_t *
api_json_member(api_json_parser_t *s, const uint8_t *p)
{
    uint32_t n;

    if (*p != '"') {
        return api_json_fault(s, API_JSON_E_NAME, p);
    }

    n = s->open->len;

    if (n >= s->limits.members) {
        return api_json_fault(s, API_JSON_E_MEMBERS, p);
    }

    if (s->next == s->tok_end && !api_json_room(s, p)) {
        return NULL;
    }

    s->open->len = n + 1;
    p = api_json_name(s, p);

    if (p == NULL || !api_json_unique(s, n, s->next[-1].u.hash)) {
        return NULL;
    }

    if (p < s->fast && p[0] == ':' && p[1] > ' ') {
        return p + 1;
    }

    return api_json_mark(s, p, ':', API_JSON_E_COLON);
}


/* A member or an element begins at p; returns where its value begins. */

static inline const uint8_t *
api_json_inside(api_json_parser_t *s, const uint8_t *p)
{
    if (s->closer == '}') {
        return api_json_member(s, p);
    }

    if (s->open->len >= s->limits.members) {
        return api_json_fault(s, API_JSON_E_MEMBERS, p);
    }

    s->open->len++;

    return p;
}


/* Close the innermost container. */

static inline bool
api_json_close(api_json_parser_t *s)
{
    uint32_t        outer;
    api_json_tok_t *t;

    t = s->open;

    if (t->type == API_JSON_OBJECT && t->len) {

        if (t->flags & API_JSON_F_SORT && !api_json_dup_sorted(s)) {
            return false;
        }

        s->hash_top -= t->len < API_JSON_FEW ? t->len : API_JSON_FEW;
        memset(s->hash_top, 0, 4 * sizeof(uint32_t));
    }

    outer = t->u.next;
    t->u.next = (uint32_t) (s->next - s->tok);
    s->level -= API_JSON_LEVEL;

    if (outer == API_JSON_NONE) {
        s->closer = API_JSON_NO_CLOSER;
        return true;
    }

    s->open = s->tok + outer;
    s->closer = s->open->type == API_JSON_OBJECT ? '}' : ']';

    return true;
}


/* Open the container at p; returns its first byte inside, or its end. */

static inline const uint8_t *
api_json_open(api_json_parser_t *s, const uint8_t *p)
{
    uint32_t outer;

    if (s->level >= s->limits.depth * API_JSON_LEVEL) {
        return api_json_fault(s, API_JSON_E_DEPTH, p);
    }

    outer = s->closer == API_JSON_NO_CLOSER ? API_JSON_NONE
                                            : (uint32_t) (s->open - s->tok);

    s->open = api_json_put(
        s, p, 0, *p == '{' ? API_JSON_OBJECT : API_JSON_ARRAY, 0, outer);

    s->closer = *p + 2u; /* [ ] and { } in ASCII */
    s->level += API_JSON_LEVEL;

    if (s->hash_end - s->hash_top < API_JSON_HASH_ROOM
        && !api_json_dup_room(s)) {
        return NULL;
    }

    p = api_json_blank(p + 1, s->end);

    return p < s->end ? p : api_json_fault(s, API_JSON_E_END, p);
}


/* Behind the value at p that is neither a string nor a container. */

static inline const uint8_t *
api_json_scalar(api_json_parser_t *s, const uint8_t *p)
{
    switch (*p) {

    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return api_json_number_at(s, p);

    case 't':
        return api_json_literal_at(s, p, "true", 4, API_JSON_TRUE);

    case 'f':
        return api_json_literal_at(s, p, "false", 5, API_JSON_FALSE);

    case 'n':
        return api_json_literal_at(s, p, "null", 4, API_JSON_NULL);

    default:
        return api_json_fault(s, API_JSON_E_VALUE, p);
    }
}


/*
 * Behind a value: close what closes here, then go behind the comma.  NULL at
 * the end of the text or with a fault.
 */

static inline const uint8_t *
api_json_after(api_json_parser_t *s, const uint8_t *p)
{
    for (;;) {

        if (p < s->fast && p[0] == ',' && p[1] > ' '
            && s->closer != API_JSON_NO_CLOSER)
        {
            return p + 1;
        }

        p = api_json_blank(p, s->end);

        if (s->closer == API_JSON_NO_CLOSER) {
            return p == s->end ? NULL
                               : api_json_fault(s, API_JSON_E_TRAILING, p);
        }

        if (p == s->end || *p != s->closer) {
            return api_json_mark(s, p, ',', API_JSON_E_COMMA);
        }

        if (!api_json_close(s)) {
            return NULL;
        }

        p++;
    }
}


/* The value at p; where the next member or element begins. */

static inline const uint8_t *
api_json_value(api_json_parser_t *s, const uint8_t *p)
{
    if (s->next == s->tok_end && !api_json_room(s, p)) {
        return NULL;
    }

    if (*p == '"') {
        p = api_json_string_at(s, p);

    } else if (*p == '{' || *p == '[') {
        p = api_json_open(s, p);

        if (p && *p != s->closer) {
            return p;
        }

    } else {
        p = api_json_scalar(s, p);
    }

    return p ? api_json_after(s, p) : NULL;
}


void
api_json_run(api_json_parser_t *s)
{
    const uint8_t *p;

    static const uint8_t bom[] = { 0xef, 0xbb, 0xbf };

    p = api_json_blank(s->text, s->end);

    if (p == s->end) {
        api_json_fault(s, API_JSON_E_EMPTY, p);
        return;
    }

    if (p == s->text && s->end - p >= 3 && memcmp(p, bom, 3) == 0) {
        api_json_fault(s, API_JSON_E_BOM, p);
        return;
    }

    do {
        p = api_json_value(s, p);

        if (p) {
            p = api_json_inside(s, p);
        }
    } while (p);
}
