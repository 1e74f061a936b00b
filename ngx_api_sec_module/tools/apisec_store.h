/*
 * API keys, as api_key_store reads them: the store has no key in it, only what
 * a key that is presented hashes to (api_keystore.h).
 *
 * The secret has 190 random bits: one HMAC is enough, and is cheap enough to
 * be done for every request.
 */

#ifndef APISEC_STORE_H
#define APISEC_STORE_H

#include "apisec.h"

#include <cjson/cJSON.h>


#define APISEC_PEPPER_LEN 64
#define APISEC_STORE_MAX (16 << 20)

typedef struct {
    const char *principal;
    const char *plan;  /* or NULL */
    const char *scope; /* words; or NULL */
    const char *owner; /* or NULL */
    int64_t     nbf;
    int64_t     exp; /* INT64_MAX: never */
} apisec_grant_t;

/* 64 characters of hex, no newline. */

void apisec_pepper(char pepper[APISEC_PEPPER_LEN + 1]);

/* A new key and the entry that knows it. */

cJSON *
apisec_store_entry(const apisec_grant_t *grant, api_span_t pepper, char **key);

/* The text of a store of one new key. */

api_span_t
apisec_store(const apisec_grant_t *grant, const char *pepper, char **key);


/*
 * A store that is being changed.  From open to save or close nobody else who
 * comes this way can change it.  Saved, it is another file under the old name,
 * with the old owner, group and mode: whoever reads it meanwhile has the one or
 * the other.  What fails is said before a call returns.
 */

typedef struct {
    const char *path; /* what a symbolic link leads to */
    int         fd;
    int         dir; /* its folder */
    cJSON      *root;
    cJSON      *keys;
} apisec_edit_t;

int  apisec_edit_open(apisec_edit_t *edit, const char *path);
int  apisec_edit_save(apisec_edit_t *edit); /* and close */
void apisec_edit_close(apisec_edit_t *edit);

/* The same to look only, without the lock. */

int apisec_edit_read(apisec_edit_t *edit, const char *path);


#endif /* APISEC_STORE_H */
