#include "api_json_scan.h"


/* Tokens: 2^29 of them keep every index and table size within 32 bits. */

#define API_JSON_MAX_DEPTH UINT16_MAX
#define API_JSON_MAX_TOKENS (UINT32_C(1) << 29)


const api_json_limits_t api_json_limits_default = { .depth = 64,
    .tokens = 100000,
    .members = 10000,
    .name = 1024,
    .string = 1 << 20,
    .number = 100 };


const uint8_t *
api_json_fault(api_json_parser_t *s, api_json_error_t code, const uint8_t *p)
{
    s->code = (int) code;
    s->at = p;

    return NULL;
}


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


/* The next token; there is room for it. */

static inline api_json_tok_t *
api_json_put(api_json_parser_t *s, const uint8_t *p, size_t len,
    api_json_type_t type, unsigned flags)
{
    uint32_t        tail;
    api_json_tok_t *t;

    t = s->next++;
    t->off = (uint32_t) (p - s->text);
    t->len = (uint32_t) len;
    t->u.next = 0;

    /* written so that it is one store */

    tail = s->depth << 16 | flags << 8 | (uint32_t) type;
    t->type = (uint8_t) tail;
    t->flags = (uint8_t) (tail >> 8);
    t->depth = (uint16_t) (tail >> 16);

    return t;
}


static const uint8_t *
api_json_literal(api_json_parser_t *s, const uint8_t *p, const char *word,
    size_t len, api_json_type_t type)
{
    size_t i;

    for (i = 1; i < len; i++) {

        if (p + i == s->end) {
            return api_json_fault(s, API_JSON_E_END, s->end);
        }

        if (p[i] != (uint8_t) word[i]) {
            return api_json_fault(s, API_JSON_E_LITERAL, p + i);
        }
    }

    api_json_put(s, p, len, type, 0);

    return p + len;
}


static inline const uint8_t *
api_json_digits(const uint8_t *p, const uint8_t *e)
{
    while (p < e && api_json_is_digit(*p)) {
        p++;
    }

    return p;
}


/* Does the integer of 19 digits at p fit in int64_t? */

static bool
api_json_fits(const uint8_t *p, unsigned flags)
{
    return memcmp(p,
               flags & API_JSON_F_NEG ? "9223372036854775808"
                                      : "9223372036854775807",
               19)
           <= 0;
}


/* Behind the digits, at least one, at p. */

static const uint8_t *
api_json_some_digits(api_json_parser_t *s, const uint8_t *p)
{
    const uint8_t *q;

    q = api_json_digits(p, s->end);

    if (q > p) {
        return q;
    }

    return api_json_fault(
        s, p == s->end ? API_JSON_E_END : API_JSON_E_NUMBER, p);
}


/* Behind the fraction and the exponent, one of which begins at p. */

static const uint8_t *
api_json_real(api_json_parser_t *s, const uint8_t *p)
{
    if (*p == '.') {
        p = api_json_some_digits(s, p + 1);

        if (p == NULL || p == s->end) {
            return p;
        }
    }

    if ((*p | 0x20) == 'e') {
        p++;

        if (p < s->end && (*p == '+' || *p == '-')) {
            p++;
        }

        p = api_json_some_digits(s, p);
    }

    return p;
}


static const uint8_t *
api_json_number_at(api_json_parser_t *s, const uint8_t *p)
{
    unsigned        flags;
    const uint8_t  *start, *digits;
    api_json_type_t type;

    start = p;
    flags = 0;
    type = API_JSON_INT;

    if (*p == '-') {
        flags = API_JSON_F_NEG;
        p++;
    }

    digits = p;
    p = api_json_some_digits(s, p);

    if (p && *digits == '0' && p - digits > 1) {
        p = api_json_fault(s, API_JSON_E_NUMBER, digits + 1);
    }

    if (p && p < s->end && (*p == '.' || (*p | 0x20) == 'e')) {
        type = API_JSON_REAL;
        p = api_json_real(s, p);

    } else if (p
               && (p - digits < 19
                   || (p - digits == 19 && api_json_fits(digits, flags))))
    {
        flags |= API_JSON_F_INT64;
    }

    if ((size_t) ((p ? p : s->at) - start) > s->limits.number) {
        p = api_json_fault(s, API_JSON_E_NUMBER_LEN, start + s->limits.number);
    }

    if (p) {
        api_json_put(s, start, (size_t) (p - start), type, flags);
    }

    return p;
}


/* Behind the string whose quote is at p. */

static inline const uint8_t *
api_json_string_at(api_json_parser_t *s, const uint8_t *p)
{
    unsigned       flags;
    const uint8_t *start;

    start = ++p;
    flags = 0;

    p = api_json_plain(p, s->end);

    if (p == s->end || *p != '"' || (size_t) (p - start) > s->limits.string) {
        p = api_json_quote(s, start, p, false, &flags);

        if (p == NULL) {
            return NULL;
        }
    }

    api_json_put(s, start, (size_t) (p - start), API_JSON_STRING, flags);

    return p + 1;
}


/* Is h among the n < API_JSON_FEW hashes on top?  Put it on top of them. */

static inline bool
api_json_seen(api_json_parser_t *s, uint32_t n, uint32_t h)
{
#if defined(API_JSON_SSE2)

    uint32_t i;
    __m128i  one, all, hit;

    one = _mm_cvtsi32_si128((int) h);
    all = _mm_shuffle_epi32(one, 0);
    hit = _mm_setzero_si128();

    /* zeros behind the top fill up the last four */

    for (i = 0; i < n; i += 4) {
        hit = _mm_or_si128(hit,
            _mm_cmpeq_epi32(all,
                _mm_loadu_si128((const __m128i *) (s->hash_top - n + i))));
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


/* The name is the newest token: keep it if it is new to its object. */

static inline bool
api_json_unique(api_json_parser_t *s, uint32_t h)
{
    uint32_t n;

    n = s->open->len;

    if (n >= API_JSON_FEW) {
        return api_json_dup_many(s);
    }

    if (s->hash_end - s->hash_top < 5 && !api_json_dup_room(s)) {
        return false;
    }

    return !api_json_seen(s, n, h) || api_json_dup_suspect(s);
}


/* Behind the colon of the name at p, where a quote is expected. */

static inline const uint8_t *
api_json_name_at(api_json_parser_t *s, const uint8_t *p)
{
    unsigned        flags;
    const uint8_t  *start;
    api_json_tok_t *t;

    start = ++p;
    flags = 0;

    p = api_json_plain(p, s->end);

    if (p == s->end || *p != '"' || (size_t) (p - start) > s->limits.name) {
        p = api_json_quote(s, start, p, true, &flags);

        if (p == NULL) {
            return NULL;
        }
    }

    t = api_json_put(s, start, (size_t) (p - start), API_JSON_NAME, flags);

    t->u.hash = flags & API_JSON_F_ESCAPED
                    ? api_json_text_hash(s->seed, api_json_text(s->text, t))
                    : api_json_hash_plain(s->seed, start, t->len);

    if (!api_json_unique(s, t->u.hash)) {
        return NULL;
    }

    p = api_json_blank(p + 1, s->end);

    if (p == s->end || *p != ':') {
        return api_json_fault(
            s, p == s->end ? API_JSON_E_END : API_JSON_E_COLON, p);
    }

    return api_json_blank(p + 1, s->end);
}


/* Count the member or element at p; behind its name if it has one. */

static inline const uint8_t *
api_json_member(api_json_parser_t *s, const uint8_t *p)
{
    if (p == s->end) {
        return api_json_fault(s, API_JSON_E_END, p);
    }

    if (s->closer == '}' && *p != '"') {
        return api_json_fault(s, API_JSON_E_NAME, p);
    }

    if (s->open->len >= s->limits.members) {
        return api_json_fault(s, API_JSON_E_MEMBERS, p);
    }

    if (s->closer == '}') {
        if (s->next == s->tok_end && !api_json_room(s, p)) {
            return NULL;
        }

        p = api_json_name_at(s, p);
    }

    s->open->len++;

    return p;
}


/* Close the innermost container. */

static inline bool
api_json_close(api_json_parser_t *s)
{
    uint32_t        outer, n;
    api_json_tok_t *t;

    t = s->open;

    if (t->type == API_JSON_OBJECT) {

        if (t->flags & API_JSON_F_SORT && !api_json_dup_sorted(s)) {
            return false;
        }

        n = t->len < API_JSON_FEW ? t->len : API_JSON_FEW;
        s->hash_top -= n;
        memset(s->hash_top, 0, 4 * sizeof(uint32_t));
    }

    outer = t->u.next;
    t->u.next = (uint32_t) (s->next - s->tok);
    s->depth--;

    if (outer == API_JSON_NONE) {
        s->closer = 0;
        return true;
    }

    s->open = s->tok + outer;
    s->closer = s->open->type == API_JSON_OBJECT ? '}' : ']';

    return true;
}


/*
 * Behind a value: close what closes here, then go to where the next value
 * begins.  NULL at the end of the text, or with a fault.
 */

static inline const uint8_t *
api_json_after(api_json_parser_t *s, const uint8_t *p)
{
    for (;;) {
        p = api_json_blank(p, s->end);

        if (s->closer == 0) {
            return p == s->end ? NULL
                               : api_json_fault(s, API_JSON_E_TRAILING, p);
        }

        if (p == s->end) {
            return api_json_fault(s, API_JSON_E_END, p);
        }

        if (*p == ',') {
            return api_json_member(s, api_json_blank(p + 1, s->end));
        }

        if (*p != s->closer) {
            return api_json_fault(s, API_JSON_E_COMMA, p);
        }

        if (!api_json_close(s)) {
            return NULL;
        }

        p++;
    }
}


/* Open the container at p; returns where its first value or its end is. */

static inline const uint8_t *
api_json_open(api_json_parser_t *s, const uint8_t *p)
{
    uint32_t        outer;
    api_json_tok_t *t;

    if (s->depth >= s->limits.depth) {
        return api_json_fault(s, API_JSON_E_DEPTH, p);
    }

    outer = s->closer ? (uint32_t) (s->open - s->tok) : API_JSON_NONE;
    t = api_json_put(s, p, 0, *p == '{' ? API_JSON_OBJECT : API_JSON_ARRAY, 0);

    t->u.next = outer;
    s->open = t;
    s->closer = (uint8_t) (*p + 2); /* [ ] and { } in ASCII */
    s->depth++;

    p = api_json_blank(p + 1, s->end);

    if (p < s->end && *p == s->closer) {
        return api_json_after(s, p);
    }

    return api_json_member(s, p);
}


/* The value at p; where the next one begins, or NULL. */

static inline const uint8_t *
api_json_value(api_json_parser_t *s, const uint8_t *p)
{
    if (p == s->end) {
        return api_json_fault(s, API_JSON_E_END, p);
    }

    if (s->next == s->tok_end && !api_json_room(s, p)) {
        return NULL;
    }

    switch (*p) {

    case '"':
        p = api_json_string_at(s, p);
        break;

    case '{':
    case '[':
        return api_json_open(s, p);

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
        p = api_json_number_at(s, p);
        break;

    case 't':
        p = api_json_literal(s, p, "true", 4, API_JSON_TRUE);
        break;

    case 'f':
        p = api_json_literal(s, p, "false", 5, API_JSON_FALSE);
        break;

    case 'n':
        p = api_json_literal(s, p, "null", 4, API_JSON_NULL);
        break;

    default:
        return api_json_fault(s, API_JSON_E_VALUE, p);
    }

    return p ? api_json_after(s, p) : NULL;
}


static void
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
    } while (p);
}


static void
api_json_start(api_json_parser_t *s, api_span_t text,
    const api_json_limits_t *limits, unsigned flags, api_sipkey_t seed,
    api_arena_t *arena)
{
    static const uint8_t nothing[1];

    s->text = text.len ? text.data : nothing;
    s->end = s->text + text.len;

    s->tok = NULL;
    s->next = NULL;
    s->tok_end = NULL;
    s->open = NULL;
    s->depth = 0;
    s->closer = 0;
    s->keep_nul = (flags & API_JSON_ALLOW_NUL) != 0;

    s->hash = s->hash_few;
    s->hash_top = s->hash_few;
    s->hash_end = s->hash_few + API_JSON_HASHES;
    memset(s->hash_top, 0, 4 * sizeof(uint32_t));

    s->slot = NULL;
    s->nslot = 0;
    s->slot_cap = 0;
    s->nused = 0;

    s->limits = limits ? *limits : api_json_limits_default;

    if (s->limits.depth > API_JSON_MAX_DEPTH) {
        s->limits.depth = API_JSON_MAX_DEPTH;
    }

    if (s->limits.tokens > API_JSON_MAX_TOKENS) {
        s->limits.tokens = API_JSON_MAX_TOKENS;
    }

    s->seed = seed;
    s->arena = arena;
    s->code = API_JSON_E_NONE;
    s->at = s->text;
    s->work = 0;
}


int
api_json_parse_work(api_json_t *doc, api_span_t text,
    const api_json_limits_t *limits, unsigned flags, api_sipkey_t seed,
    api_arena_t *arena, api_err_t *err, uint64_t *work)
{
    api_arena_mark_t  mark;
    api_json_parser_t s;

    if (text.len > UINT32_MAX) {
        return api_json_report(err, API_JSON_E_TEXT_LEN, UINT32_MAX);
    }

    mark = api_arena_mark(arena);

    api_json_start(&s, text, limits, flags, seed, arena);
    api_json_run(&s);

    *work += s.work;

    if (s.code != API_JSON_E_NONE) {
        api_arena_rewind(arena, mark);
        return api_json_report(err, s.code, (size_t) (s.at - s.text));
    }

    doc->text = s.text;
    doc->len = (uint32_t) text.len;
    doc->tok = s.tok;
    doc->ntok = (uint32_t) (s.next - s.tok);
    doc->seed = seed;

    return API_OK;
}


int
api_json_parse(api_json_t *doc, api_span_t text,
    const api_json_limits_t *limits, unsigned flags, api_sipkey_t seed,
    api_arena_t *arena, api_err_t *err)
{
    uint64_t work;

    work = 0;

    return api_json_parse_work(
        doc, text, limits, flags, seed, arena, err, &work);
}
