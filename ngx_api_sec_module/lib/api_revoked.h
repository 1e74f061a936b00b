/*
 * Credentials that are not to be taken any more, though everything about them
 * is good.
 *
 *     # one a line; words with blanks or # in "quotes", \" and \\ in them
 *     jti     6ba7b810-9dad
 *     sub     alice          before=1732500000
 *     client  old-app        issuer=corp
 *     kid     2025-key
 *
 * before=N: only what was issued before that second (or does not say when).
 * issuer=NAME: only what was verified under that name.
 *
 * Two places: a list made of a text, of one process; and a table in shared
 * memory that is written while it is read.  An entry of the table is found by
 * a keyed 64-bit hash of its kind, value and issuer.  Writers take turns (the
 * caller's lock), readers take none.
 */

#ifndef API_REVOKED_H
#define API_REVOKED_H

#include "api_siphash.h"
#include "api_base.h"


typedef enum {
    API_REVOKED_JTI,
    API_REVOKED_SUB,
    API_REVOKED_KID,
    API_REVOKED_CLIENT,
    API_REVOKED_NKINDS
} api_revoked_kind_t;

extern const char *const api_revoked_kinds[API_REVOKED_NKINDS];

/* API_REVOKED_NKINDS: none of them. */

api_revoked_kind_t api_revoked_kind(api_span_t name);

#define API_REVOKED_VALUE 256 /* bytes at most */
#define API_REVOKED_ISSUER 64
#define API_REVOKED_ALWAYS INT64_MAX

typedef struct {
    api_revoked_kind_t kind;
    api_span_t         value;
    api_span_t         issuer; /* len 0: of any */
    int64_t            before; /* API_REVOKED_ALWAYS: whenever issued */
} api_revoked_entry_t;

/* What a credential says of itself; data NULL: not said. */

typedef struct {
    api_span_t values[API_REVOKED_NKINDS];
    api_span_t issuer;
    int64_t    iat; /* INT64_MIN: not said; older than anything */
} api_revoked_of_t;


typedef struct api_revoked_s api_revoked_t;

/* API_OK; API_SYNTAX, API_LIMIT or API_NOMEM, with the line in err->text. */

int api_revoked_parse(api_revoked_t **list, api_span_t text, api_sipkey_t seed,
    const api_alloc_t *alloc, api_err_t *err);
void   api_revoked_free(api_revoked_t *list); /* NULL is fine */
size_t api_revoked_count(const api_revoked_t *list);

/* The kind by which it is revoked, or API_REVOKED_NKINDS. */

api_revoked_kind_t
api_revoked_find(const api_revoked_t *list, const api_revoked_of_t *of);


typedef struct api_revoked_table_s api_revoked_table_t;

#define API_REVOKED_TABLE_MIN 4096

/* In zeroed memory; seed is random and the same for all processes. */

api_revoked_table_t *
api_revoked_table_init(void *mem, size_t size, api_sipkey_t seed);
api_revoked_table_t *api_revoked_table_at(void *mem, size_t size);

api_revoked_kind_t api_revoked_table_find(
    const api_revoked_table_t *table, const api_revoked_of_t *of);

/*
 * Under the caller's lock.  put: API_OK (one that is there gets the new
 * `before`); API_LIMIT when there is no place, or a word is too long.
 * take: API_OK, or API_DENIED when there is none.
 */

int api_revoked_table_put(
    api_revoked_table_t *table, const api_revoked_entry_t *entry);

/* As put, but one that is there keeps the later `before`. */

int api_revoked_table_add(
    api_revoked_table_t *table, const api_revoked_entry_t *entry);
int api_revoked_table_take(
    api_revoked_table_t *table, const api_revoked_entry_t *entry);

/* The entry at or behind place *i, which is moved behind it; false: no more.
   Under the lock too. */

bool api_revoked_table_next(
    const api_revoked_table_t *table, size_t *i, api_revoked_entry_t *entry);

size_t api_revoked_table_places(const api_revoked_table_t *table);
size_t api_revoked_table_count(const api_revoked_table_t *table);


#endif /* API_REVOKED_H */
