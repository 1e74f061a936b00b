/*
 * Checkpoints as signed notes (c2sp.org/signed-note, c2sp.org/tlog-checkpoint,
 * Ed25519), so that programs of others can check, countersign and keep them:
 *
 *     ORIGIN
 *     SIZE
 *     BASE64 OF THE ROOT
 *
 *     — NAME BASE64(first 4 bytes of SHA-256(NAME || LF || 1 || KEY), SIGNATURE)
 *
 * Keys are written as there:  PRIVATE+KEY+NAME+HASH+BASE64(1 || SEED)  and
 * NAME+HASH+BASE64(1 || KEY).  A key object is read-only once made, and may be
 * used by several threads.
 */

#ifndef API_SEAL_NOTE_H
#define API_SEAL_NOTE_H

#include "api_seal.h"


#define API_SEAL_NAME_MAX 64
#define API_SEAL_KEY_TEXT 192 /* of a key, either kind */
#define API_SEAL_NOTE_MAX 512

typedef struct api_seal_signer_s api_seal_signer_t;

/*
 * From the text of a key of either kind, white space at its end.  API_SYNTAX,
 * API_NOMEM, API_INTERNAL, with err->text.
 */

int api_seal_signer_read(api_seal_signer_t **signer, api_span_t text,
    const api_alloc_t *alloc, api_err_t *err);

/* A private one from 32 random bytes. */

int api_seal_signer_make(api_seal_signer_t **signer, api_span_t name,
    const uint8_t seed[32], const api_alloc_t *alloc, api_err_t *err);

void api_seal_signer_free(api_seal_signer_t *signer); /* NULL is fine */

bool       api_seal_signer_private(const api_seal_signer_t *signer);
api_span_t api_seal_signer_name(const api_seal_signer_t *signer);

/* Its texts; API_INVALID for the private one of a public key. */

int api_seal_signer_text(const api_seal_signer_t *signer, bool is_private,
    char out[API_SEAL_KEY_TEXT], size_t *len);


typedef struct {
    api_span_t origin; /* without line breaks */
    uint64_t   size;
    uint8_t    root[API_SEAL_LEN];
} api_seal_checkpoint_t;

/* The signed note to out, which has room for API_SEAL_NOTE_MAX bytes; the
   origin is at most 128 bytes. */

int api_seal_note_sign(const api_seal_signer_t *signer,
    const api_seal_checkpoint_t *point, char *out, size_t *len);

/* API_OK; API_SYNTAX; API_DENIED: not signed by that key.  point->origin
   points into note. */

int api_seal_note_open(const api_seal_signer_t *signer, api_span_t note,
    api_seal_checkpoint_t *point);


#endif /* API_SEAL_NOTE_H */
