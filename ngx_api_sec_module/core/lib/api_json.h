/*
 * Strict JSON (RFC 8259, I-JSON's unique names) to a flat tape, in one pass,
 * without recursion and without copying a string.
 *
 * The tape is an array of 16-byte tokens in document order; a string token
 * points into the input, which must stay where it is as long as the document
 * is used.  All memory comes from the arena given.  A document is read-only
 * after api_json_parse and may then be read from several places.
 *
 * Refused beyond the RFC: a byte order mark, bytes that are not UTF-8, lone
 * surrogates, two members of one object whose *decoded* names are equal,
 * U+0000 in any form unless allowed, anything over a limit.  Time is linear
 * in the input (names: expected, with the seed unknown to the sender;
 * O(n log n) in the worst case even when it is known).
 */

#ifndef API_JSON_H
#define API_JSON_H

#include "api_arena.h"
#include "api_siphash.h"


typedef enum {
    API_JSON_NULL = 0,
    API_JSON_FALSE,
    API_JSON_TRUE,
    API_JSON_INT,  /* a number without fraction and exponent */
    API_JSON_REAL, /* any other number */
    API_JSON_STRING,
    API_JSON_NAME, /* name of a member; its value is the next token */
    API_JSON_ARRAY,
    API_JSON_OBJECT,
    API_JSON_NTYPES
} api_json_type_t;

/* Flags of a token. */

#define API_JSON_F_ESCAPED 0x01 /* string or name with a backslash in it */
#define API_JSON_F_NUL 0x02     /* string or name that decodes to a NUL */
#define API_JSON_F_INT64 0x04   /* API_JSON_INT that fits in int64_t */
#define API_JSON_F_NEG 0x08     /* a number with a minus sign */

typedef struct {
    uint32_t off; /* of the value; of a string: behind its quote */
    uint32_t len; /* bytes of text between the quotes, or of the number;
                     array: elements; object: members */
    union {
        uint32_t next; /* array, object: token behind the whole value */
        uint32_t hash; /* name: seeded hash of the decoded name */
    } u;
    uint8_t  type;
    uint8_t  flags;
    uint16_t depth; /* containers around it; the root has 0 */
} api_json_tok_t;

typedef struct {
    uint32_t depth;   /* containers in containers */
    uint32_t tokens;  /* values and names together */
    uint32_t members; /* of one object, or elements of one array */
    uint32_t name;    /* bytes of a name as written */
    uint32_t string;  /* bytes of a string as written */
    uint32_t number;  /* bytes of a number as written */
} api_json_limits_t;

/* More than 65 535 levels or 2^29 tokens count as that many.  0 is no special
   value: nothing of the kind is allowed. */

/* 64 levels, 100 000 tokens, 10 000 members, 1 KiB names, 1 MiB strings,
   100-byte numbers. */

extern const api_json_limits_t api_json_limits_default;

#define API_JSON_ALLOW_NUL 0x01 /* accept \u0000 in strings and names */

typedef struct {
    const uint8_t  *text;
    uint32_t        len;
    api_json_tok_t *tok; /* tok[0] is the root value */
    uint32_t        ntok;
    api_sipkey_t    seed;
} api_json_t;

/*
 * What api_err_t.code holds after a failure; the first fault in the text
 * counts.  (Only a duplicate among names that collide on purpose is found as
 * late as where its object closes.)  api_err_t.pos is
 *
 * - the byte that may not stand there; the length of the text when it ends
 *   too early;
 * - of a bad UTF-8 sequence its first byte, of a bad surrogate and of a NUL
 *   the backslash, of other bad escapes the wrong character;
 * - of a duplicate name its opening quote;
 * - of a text too long the first byte over the limit, of any other limit the
 *   first byte of the value or name that is too much.
 */

typedef enum {
    API_JSON_E_NONE = 0,
    API_JSON_E_EMPTY, /* nothing but white space */
    API_JSON_E_BOM,
    API_JSON_E_VALUE, /* a value was expected */
    API_JSON_E_NAME,  /* a name in quotes was expected */
    API_JSON_E_COLON,
    API_JSON_E_COMMA,   /* a comma or a closing bracket was expected */
    API_JSON_E_LITERAL, /* not true, false or null */
    API_JSON_E_NUMBER,
    API_JSON_E_CONTROL, /* raw control character in a string */
    API_JSON_E_ESCAPE,
    API_JSON_E_SURROGATE,
    API_JSON_E_UTF8,
    API_JSON_E_NUL,
    API_JSON_E_END,      /* the text ends inside a value */
    API_JSON_E_TRAILING, /* something behind the value */
    API_JSON_E_DUPLICATE,
    API_JSON_E_DEPTH,
    API_JSON_E_TOKENS,
    API_JSON_E_MEMBERS,
    API_JSON_E_NAME_LEN,
    API_JSON_E_STRING_LEN,
    API_JSON_E_NUMBER_LEN,
    API_JSON_E_TEXT_LEN, /* 4 GiB or more */
    API_JSON_E_NOMEM,
    API_JSON_NERRORS
} api_json_error_t;

/* "duplicate_name", ...: stable, for logs, variables and docs. */

const char *api_json_error_name(int code);
const char *api_json_type_name(int type);


/*
 * Parse text into *doc.  `limits` NULL means the default; `seed` is random
 * and stays the same for the life of the process, so that hashes of names
 * known at load can be compared with those on the tape.  Returns API_OK,
 * API_SYNTAX, API_DUPLICATE, API_LIMIT or API_NOMEM; err->pos is the offset
 * of the byte at fault.
 */

int api_json_parse(api_json_t *doc, api_span_t text,
    const api_json_limits_t *limits, unsigned flags, api_sipkey_t seed,
    api_arena_t *arena, api_err_t *err);

/* The hash that a name with these decoded bytes has on the tape. */

uint32_t api_json_hash(api_sipkey_t seed, api_span_t name);

/* Token behind the value (or name and value) at i. */

static inline uint32_t
api_json_next(const api_json_t *doc, uint32_t i)
{
    const api_json_tok_t *t = &doc->tok[i];

    if (t->type == API_JSON_NAME) {
        t = &doc->tok[++i];
    }

    return t->type >= API_JSON_ARRAY ? t->u.next : i + 1;
}

#define API_JSON_NONE UINT32_MAX

/* Value of the member `name` (decoded bytes) of the object at i;
   API_JSON_NONE when i is no object or has no such member.  O(members). */

uint32_t api_json_get(const api_json_t *doc, uint32_t i, api_span_t name);

/* Element n of the array at i, or API_JSON_NONE. */

uint32_t api_json_at(const api_json_t *doc, uint32_t i, uint32_t n);

/*
 * The decoded bytes of the string or name at i: a view of the text when it
 * has no escapes, otherwise decoded into the arena.  API_INVALID when i is
 * neither, API_NOMEM.
 */

int api_json_string(
    const api_json_t *doc, uint32_t i, api_arena_t *arena, api_span_t *out);

/* Are the decoded bytes of the string or name at i those of s?  No memory. */

bool api_json_string_eq(const api_json_t *doc, uint32_t i, api_span_t s);

/* The value at i as it stands in the text, a string with its quotes. */

api_span_t api_json_raw(const api_json_t *doc, uint32_t i);

/* Exact: false when the token is no API_JSON_INT in the range of int64_t. */

bool api_json_int64(const api_json_t *doc, uint32_t i, int64_t *v);

/* Nearest double, correctly rounded, of any number; false for a token that
   is none and for a magnitude that overflows to infinity. */

bool api_json_double(const api_json_t *doc, uint32_t i, double *v);

/*
 * Order of two numbers by exact decimal value, of any size and form
 * (1.0 == 1, 1e2 == 100, 2^53+1 > 2^53): -1, 0 or 1.  The texts must be valid
 * JSON numbers.  Time O(length); exponents out of int32_t saturate.
 */

int api_json_number_cmp(api_span_t a, api_span_t b);


#endif /* API_JSON_H */
