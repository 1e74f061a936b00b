/*
 * Parts of an event for the eyes of one recipient: who writes the log cannot
 * read them again, and who reads it needs the recipient's private key.
 *
 *   R, r      the recipient's X25519 key (RFC 7748), public and private
 *   E, e      one of the writer, for some time; e is forgotten at once
 *   Z         X25519(e, R) = X25519(r, E); all zeros is refused
 *   K         HKDF-SHA-256 (RFC 5869) of Z, 32 bytes: salt E || R, info
 *             "apisec box 1"
 *   P         the text, 0x80, and zeros up to a multiple of 32 bytes, so that
 *             its length tells little
 *   box n     AES-256-GCM under K of P, the nonce four zero bytes and n as
 *             eight bytes, most significant first; additional data "apisec box
 *             1\n" and what it belongs to; the tag of 16 bytes behind it
 *
 * No n comes twice under one K: a box counts them, and ends at 2^32.  Boxes
 * and E are written as base64url without padding; keys as
 * apisec-log-reader+BASE64URL(R) and APISEC-LOG-READER-SECRET+BASE64URL(r).
 *
 * An object is for one thread at a time.  OpenSSL's error queue is left empty,
 * secrets are wiped.
 */

#ifndef API_SEAL_BOX_H
#define API_SEAL_BOX_H

#include "api_base.h"


#define API_SEAL_BOX_KEY 32
#define API_SEAL_BOX_BY 43      /* bytes of E as text */
#define API_SEAL_BOX_TO 8       /* ... of the recipient's name: hexadecimal */
#define API_SEAL_BOX_KEY_MAX 80 /* ... of a key */

/* Bytes of a box of text. */

#define API_SEAL_BOX_SIZE(text)                                               \
    (((((size_t) (text) + 32) / 32 * 32 + 16) * 4 + 2) / 3)

typedef struct api_seal_box_s    api_seal_box_t;
typedef struct api_seal_opener_s api_seal_opener_t;

/* A public key of a private one, which is any 32 random bytes.  API_OK or
   API_INTERNAL. */

int api_seal_box_public(
    const uint8_t secret[API_SEAL_BOX_KEY], uint8_t open[API_SEAL_BOX_KEY]);

/* The text of a key, its length; and back: white space at its end may be.
   False: it is none. */

size_t api_seal_box_text(const uint8_t key[API_SEAL_BOX_KEY], bool is_secret,
    char out[API_SEAL_BOX_KEY_MAX]);
bool   api_seal_box_read(
      api_span_t text, uint8_t key[API_SEAL_BOX_KEY], bool *is_secret);

/* The recipient's name: of SHA-256 over R. */

int api_seal_box_name(
    const uint8_t open[API_SEAL_BOX_KEY], char out[API_SEAL_BOX_TO]);


/*
 * Boxes for R; seed is e, fresh random bytes.  API_NOMEM, API_INTERNAL, or
 * API_INVALID for a key that is none.
 */

int
api_seal_box_create(api_seal_box_t **box, const uint8_t to[API_SEAL_BOX_KEY],
    const uint8_t seed[API_SEAL_BOX_KEY], const api_alloc_t *alloc);

void api_seal_box_free(api_seal_box_t *box); /* NULL is fine */

const char *api_seal_box_by(const api_seal_box_t *box); /* not terminated */

/*
 * The next box: its number to *n, API_SEAL_BOX_SIZE(text.len) bytes to out.
 * API_OK, API_INTERNAL; API_LIMIT at the end of the numbers, or for more than
 * API_SEAL_BOX_MAX bytes.
 */

#define API_SEAL_BOX_MAX 2048 /* bytes of a text */

int api_seal_box_close(api_seal_box_t *box, api_span_t belongs,
    api_span_t text, char *out, uint64_t *n);


/* The other side, with r. */

int api_seal_opener_create(api_seal_opener_t **opener,
    const uint8_t secret[API_SEAL_BOX_KEY], const api_alloc_t *alloc);

void api_seal_opener_free(api_seal_opener_t *opener); /* NULL is fine */

const char *api_seal_opener_to(const api_seal_opener_t *opener);

/*
 * The text of a box to out, which has room for API_SEAL_BOX_MAX bytes.
 * API_OK; API_SYNTAX: that is no box; API_DENIED: not for this key, of another
 * place, or changed; API_INTERNAL.
 */

int api_seal_open(api_seal_opener_t *opener, api_span_t by, uint64_t n,
    api_span_t belongs, api_span_t box, char *out, size_t *len);


#endif /* API_SEAL_BOX_H */
