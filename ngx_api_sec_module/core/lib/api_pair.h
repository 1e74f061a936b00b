/*
 * Names and values as a client sent them: of a query, a form, cookies.
 *
 * A pair points into the text that was parsed and into the arena; both must
 * stay as long as it is used.
 */

#ifndef API_PAIR_H
#define API_PAIR_H

#include "api_base.h"


/* Flags of a pair; those of api_percent.h come first. */

#define API_PAIR_F_ESCAPED 0x0001 /* name or value differs from its raw form */
#define API_PAIR_F_PERCENT 0x0002 /* a % without two hex digits, kept */
#define API_PAIR_F_NUL 0x0004
#define API_PAIR_F_CONTROL 0x0008   /* 0x01-0x1f, 0x7f */
#define API_PAIR_F_UTF8 0x0010      /* decoded name or value is not UTF-8 */
#define API_PAIR_F_BARE 0x0020      /* without = */
#define API_PAIR_F_SEMICOLON 0x0040 /* a raw ; within the pair */
#define API_PAIR_F_QUOTED 0x0080    /* cookie: value in double quotes */
#define API_PAIR_F_SPACE 0x0100     /* cookie: blanks beyond "; " */
#define API_PAIR_F_OCTET 0x0200     /* cookie: byte RFC 6265 does not allow */
#define API_PAIR_F_DOLLAR 0x0400    /* cookie: $Version and its like */

typedef struct {
    api_span_t name; /* decoded */
    api_span_t value;
    api_span_t raw_name; /* as sent */
    api_span_t raw_value;
    unsigned   flags;
} api_pair_t;

typedef struct {
    const api_pair_t *pair;
    uint32_t          n;
    unsigned          flags; /* of all pairs, ORed */
} api_pairs_t;

#define API_PAIR_NONE UINT32_MAX

/* Index of the first pair from `start` on whose decoded name is `name`, or
   API_PAIR_NONE.  O(n). */

uint32_t
api_pairs_find(const api_pairs_t *pairs, api_span_t name, uint32_t start);

/*
 * The value of the only pair of that name.  API_OK; API_INVALID: there is
 * none; API_DUPLICATE: there are several, which no two readers agree about,
 * so none is given.
 */

int
api_pairs_once(const api_pairs_t *pairs, api_span_t name, api_span_t *value);


#endif /* API_PAIR_H */
