/*
 * The inside of a key, for api_jwk*.c and api_jws*.c alone.
 *
 * A key is born in two steps.  Whatever the source (JWK, PEM, a secret), it is
 * first brought to its numbers, api_jwk_parts_t; these are checked
 * (api_jwk_check) and made into OpenSSL objects (api_jwk_make).  So no source
 * has a road around the checks.
 */

#ifndef API_JWK_KEY_H
#define API_JWK_KEY_H

#include "api_jwk.h"

#include <openssl/evp.h>


/* A span in a constant table, where a compound literal may not stand. */

#define API_JOSE(s)                                                           \
    {                                                                         \
        (const uint8_t *) (s), sizeof(s) - 1                                  \
    }


/* What RFC 7518 says of an algorithm. */

typedef struct {
    api_span_t     name;
    api_jwk_type_t type;
    unsigned       slot;     /* its place in api_jwk_s.slots */
    const char    *hash;     /* for EVP_MD_fetch; NULL: part of the scheme */
    size_t         hash_len; /* bytes, and the least HMAC key */
} api_jws_info_t;

extern const api_jws_info_t api_jws_info[API_JWS_NALGS];

#define API_JWK_RSA_MAX_BITS 16384 /* of n; e is below 2^64 */

#define API_JWK_SLOTS 6
#define API_JWK_PSS_SLOT 3 /* this and up: PSS padding */


/* Curves; the row says all that is asked of one. */

typedef enum {
    API_JWK_NO_CURVE = 0,
    API_JWK_P256,
    API_JWK_P384,
    API_JWK_P521,
    API_JWK_SECP256K1,
    API_JWK_ED25519,
    API_JWK_ED448,
    API_JWK_NCURVES
} api_jwk_curve_t;

typedef struct {
    api_span_t     crv;  /* in a JWK */
    const char    *name; /* in OpenSSL: group of EC, type of OKP */
    api_jwk_type_t type;
    api_jws_alg_t  alg;
    size_t         len; /* bytes of a coordinate; OKP: of the key */
    size_t         signature;
} api_jwk_curve_info_t;

extern const api_jwk_curve_info_t api_jwk_curves[API_JWK_NCURVES];


/* The numbers of a key, big-endian, owned by whoever read them. */

typedef struct {
    api_jwk_type_t  type;
    api_jwk_curve_t curve;
    api_jws_alg_t   alg; /* API_JWS_UNKNOWN: not said */
    api_span_t      kid; /* data NULL: none */
    api_span_t      n, e, x, y, k;
} api_jwk_parts_t;

/* What one algorithm needs ready; unused members are NULL. */

typedef struct {
    bool          ready;
    EVP_MD_CTX   *md;
    EVP_PKEY_CTX *verify;
    EVP_MAC_CTX  *mac;
} api_jwk_slot_t;

struct api_jwk_s {
    api_jwk_type_t  type;
    api_jwk_curve_t curve;
    uint32_t        algs;
    size_t          signature; /* bytes; 0: that of the hash (HMAC) */
    api_span_t      kid;       /* data NULL: none */
    EVP_PKEY       *pkey;
    api_jwk_slot_t  slots[API_JWK_SLOTS];
};


/*
 * Is there anything wrong with these numbers?  Leading zeros of n and e are
 * stripped in place.  On success *algs is what the key may serve.
 */

int api_jwk_check(api_jwk_parts_t *parts, uint32_t *algs, api_err_t *err);

/* A point of an Edwards curve whose multiples are not a handful. */

int
api_jwk_check_edwards(api_jwk_curve_t curve, api_span_t point, api_err_t *err);

/* Fill a zeroed key; api_jwk_unmake also after a failure. */

int  api_jwk_make(api_jwk_t *key, const api_jwk_parts_t *parts, uint32_t algs,
     api_err_t *err);
void api_jwk_unmake(api_jwk_t *key);

/* What this algorithm, one of key->algs, needs; NULL: OpenSSL failed.  And
   made anew the next time. */

api_jwk_slot_t *api_jwk_ready(api_jwk_t *key, api_jws_alg_t alg);
void            api_jwk_unready(api_jwk_slot_t *slot);

/* Check, make and append. */

int  api_jwks_add(api_jwks_t *jwks, api_jwk_parts_t *parts, api_err_t *err);
void api_jwks_skip(api_jwks_t *jwks);


#endif /* API_JWK_KEY_H */
