/*
 * application/x-www-form-urlencoded, of a query string or a form (WHATWG URL
 * Standard, "urlencoded parsing"): pairs end at &, the name at the first =,
 * + is a space, %XX is decoded once, empty sequences between two & are no
 * pairs.
 *
 * A name that stands several times stays several pairs, in their order; what
 * that means is for the caller (api_pairs_once, styles of parameters).
 *
 * What others read differently, for rules written for them:
 * - ModSecurity 3 counts the empty sequence of a=1&&b=2 as an argument with
 *   an empty name and value; here, as in every browser and framework we know,
 *   it is none.
 * - ModSecurity splits at one separator (SecArgumentSeparator); `;` splits
 *   here only with API_URLENCODED_SEMICOLON, otherwise it is data and flagged.
 * - ModSecurity truncates nothing at %00 and keeps a bad %: so do we, when
 *   not API_URLENCODED_STRICT.  %uXXXX (IIS) is a bad % here.
 * - The WHATWG decodes bytes that are not UTF-8 to U+FFFD; they are kept here
 *   and flagged.
 *
 * Time O(n), two allocations from the arena whatever the number of pairs.
 */

#ifndef API_URLENCODED_H
#define API_URLENCODED_H

#include "api_arena.h"
#include "api_pair.h"


typedef struct {
    size_t   text; /* bytes of all */
    uint32_t pairs;
    uint32_t name;  /* bytes of a name as sent */
    size_t   value; /* bytes of a value as sent */
} api_urlencoded_limits_t;

/* 1 MiB, 1 000 pairs, 1 KiB names, 1 MiB values. */

extern const api_urlencoded_limits_t api_urlencoded_limits_default;

/* Refuse a bad %, a NUL and what is not UTF-8; otherwise pairs are flagged. */

#define API_URLENCODED_STRICT 0x01

/* `;` ends a pair like & (as HTML 4 had it). */

#define API_URLENCODED_SEMICOLON 0x02

/* api_err_t.code after a failure; pos is the first byte of the pair at fault
   (of the text, of a text too long). */

typedef enum {
    API_URLENCODED_E_NONE = 0,
    API_URLENCODED_E_TEXT_LEN,
    API_URLENCODED_E_PAIRS,
    API_URLENCODED_E_NAME_LEN,
    API_URLENCODED_E_VALUE_LEN,
    API_URLENCODED_E_PERCENT,
    API_URLENCODED_E_NUL,
    API_URLENCODED_E_UTF8,
    API_URLENCODED_E_NOMEM,
    API_URLENCODED_NERRORS
} api_urlencoded_error_t;

const char *api_urlencoded_error_name(int code);

/*
 * Pairs of text, which is without the leading ? of a query.  `limits` NULL
 * means the default.  Returns API_OK, API_LIMIT, API_SYNTAX (strict only) or
 * API_NOMEM.
 */

int api_urlencoded_parse(api_pairs_t *pairs, api_span_t text, unsigned how,
    const api_urlencoded_limits_t *limits, api_arena_t *arena, api_err_t *err);


#endif /* API_URLENCODED_H */
