/*
 * A file of values and networks that an operator keeps, each with a value:
 * api_list, allow-lists of bans.
 *
 *     # partners                    an entry a line:  KEY [VALUE]
 *     10.0.0.0/8         internal
 *     2001:db8::7
 *     "Acme Ltd."        gold       # spaces, # and " stand in quotes
 *     10.1.0.0/16        ""         # the longest prefix wins
 *
 * A KEY that reads as an address or network (api_addr.h) is one, in quotes
 * too; anything else is compared byte by byte.  VALUE is "1" when it is left
 * out.  In quotes \" and \\ stand for " and \.  Lines end in LF or CR LF; a
 * UTF-8 byte order mark is skipped.
 *
 * Refused, with the line and what to write instead: a network with host bits
 * set, what looks like an address and is none (256 in a dotted quad, leading
 * zeros, ranges, wildcards, zones), one key with two values, an empty key,
 * control characters, a `;` at the end of an entry.  The same entry twice is
 * harmless.
 *
 * A list is read-only once it is made and may be read from several places;
 * look-ups take no memory: O(length) for words, expected, and O(log n) for
 * addresses.
 */

#ifndef API_LIST_H
#define API_LIST_H

#include "api_addr.h"
#include "api_siphash.h"


typedef struct {
    size_t   text;    /* bytes of the file; 0: 64 MiB; below 4 GiB */
    uint32_t entries; /* 0: 1 000 000 */
    uint32_t key;     /* bytes of a key; 0: 1024 */
    uint32_t value;   /* 0: 1024 */
} api_list_limits_t;

typedef enum {
    API_LIST_E_NONE = 0,
    API_LIST_E_TEXT_LEN,
    API_LIST_E_ENTRIES,
    API_LIST_E_KEY_LEN,
    API_LIST_E_VALUE_LEN,
    API_LIST_E_CONTROL,   /* control character or NUL */
    API_LIST_E_QUOTE,     /* not closed, or in the middle of a word */
    API_LIST_E_ESCAPE,    /* \ in quotes before something else than \ and " */
    API_LIST_E_WORDS,     /* more than KEY VALUE */
    API_LIST_E_SEMICOLON, /* KEY VALUE; as in an nginx configuration */
    API_LIST_E_EMPTY_KEY,
    API_LIST_E_ADDRESS, /* looks like an address or network, is none */
    API_LIST_E_HOST_BITS,
    API_LIST_E_DUPLICATE, /* one key, two values */
    API_LIST_E_NOMEM,
    API_LIST_NERRORS
} api_list_error_t;

/* "host_bits", ...: stable. */

const char *api_list_error_name(int code);


typedef struct api_list_s api_list_t;

/*
 * Make a list of text, which is not needed afterwards.  `limits` NULL: the
 * defaults; `seed` is random.  Returns API_OK, API_SYNTAX, API_INVALID
 * (addresses), API_DUPLICATE, API_LIMIT or API_NOMEM; err->pos is the offset
 * of the entry at fault, err->text begins with "line N: ".  *list is set
 * on success only, and then goes back with api_list_free.
 */

int api_list_parse(api_list_t **list, api_span_t text,
    const api_list_limits_t *limits, api_sipkey_t seed,
    const api_alloc_t *alloc, api_err_t *err);

void api_list_free(api_list_t *list); /* NULL is fine */

/*
 * Is key in the list?  A key that reads as an address is looked for among the
 * networks, any other among the words.  *value (may be NULL) is set when it
 * is, and lives as long as the list.
 */

bool api_list_find(const api_list_t *list, api_span_t key, api_span_t *value);

/* The value of the smallest network that addr is in. */

bool api_list_find_addr(
    const api_list_t *list, const api_addr_t *addr, api_span_t *value);

typedef struct {
    uint32_t words;
    uint32_t nets4;
    uint32_t nets6;
    size_t   bytes; /* of memory */
} api_list_stat_t;

api_list_stat_t api_list_stat(const api_list_t *list);


#endif /* API_LIST_H */
