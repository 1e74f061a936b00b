/*
 * Public keys of EdDSA (RFC 8032).  OpenSSL takes any bytes for one, and with
 * a point of small order, such as the neutral element, whoever likes can sign
 * whatever he likes: S * B = R + h * A then holds with a chance of one in
 * eight or better for S chosen at will and R = S * B.
 *
 * With  a x^2 + y^2 = 1 + d x^2 y^2  the encoding gives y, and everything
 * needed follows from y^2 and x^2 = (y^2 - 1) / (d y^2 - a).  y is kept as Y/Z
 * and d is a fraction too, so nothing has to be divided.  No denominator is
 * zero: a is a square in both fields and d is none (Bernstein and others,
 * "Twisted Edwards Curves", 2008, section 6).
 */

#include "api_jwk_key.h"

#include <openssl/bn.h>


typedef struct {
    const char *p;
    int         a;
    int         d_num;
    int         d_den;
    unsigned    doublings; /* 2 to this is the cofactor */
} api_edwards_t;

/* The curve in numbers, the point, and room to reckon. */

typedef struct {
    BN_CTX *ctx;
    BIGNUM *p;
    BIGNUM *d, *a;   /* d_num, and a d_den */
    BIGNUM *y, *z;   /* y is y/z */
    BIGNUM *yy, *zz; /* their squares */
    BIGNUM *u, *v;   /* a x^2 is u/v */
} api_edwards_point_t;


static const api_edwards_t api_edwards[API_JWK_NCURVES] = {
    [API_JWK_ED25519] = { "7ffffffffffffffffffffffffffffffffffffffffffffffffff"
                          "fffffffffffed",
        -1, -121665, 121666, 3 },
    [API_JWK_ED448] = { "fffffffffffffffffffffffffffffffffffffffffffffffffffff"
                        "ffe"
                        "fffffffffffffffffffffffffffffffffffffffffffffffffffff"
                        "fff",
        1, -39081, 1, 2 },
};


/* r = v mod p, for a small v of any sign. */

static int
api_edwards_small(BIGNUM *r, int v, const BIGNUM *p)
{
    if (v >= 0) {
        return BN_set_word(r, (BN_ULONG) v);
    }

    return BN_set_word(r, (BN_ULONG) -v) && BN_sub(r, p, r);
}


static int
api_edwards_start(api_edwards_point_t *e, const api_edwards_t *curve)
{
    e->p = BN_CTX_get(e->ctx);
    e->d = BN_CTX_get(e->ctx);
    e->a = BN_CTX_get(e->ctx);
    e->y = BN_CTX_get(e->ctx);
    e->z = BN_CTX_get(e->ctx);
    e->yy = BN_CTX_get(e->ctx);
    e->zz = BN_CTX_get(e->ctx);
    e->u = BN_CTX_get(e->ctx);
    e->v = BN_CTX_get(e->ctx);

    return e->v != NULL && BN_hex2bn(&e->p, curve->p)
           && api_edwards_small(e->d, curve->d_num, e->p)
           && api_edwards_small(e->a, curve->a * curve->d_den, e->p)
           && BN_one(e->z);
}


static int
api_edwards_mul(api_edwards_point_t *e, BIGNUM *r, const BIGNUM *by)
{
    return BN_mod_mul(r, r, by, e->p, e->ctx);
}


/* u = a d_den (Y^2 - Z^2), v = d_num Y^2 - a d_den Z^2; clobbers z. */

static int
api_edwards_square(api_edwards_point_t *e)
{
    return BN_mod_sqr(e->yy, e->y, e->p, e->ctx)
           && BN_mod_sqr(e->zz, e->z, e->p, e->ctx)
           && BN_mod_sub_quick(e->u, e->yy, e->zz, e->p)
           && api_edwards_mul(e, e->u, e->a)
           && BN_mod_mul(e->v, e->d, e->yy, e->p, e->ctx)
           && BN_mod_mul(e->z, e->a, e->zz, e->p, e->ctx)
           && BN_mod_sub_quick(e->v, e->v, e->z, e->p);
}


/*
 * y of the point added to itself: (y^2 - a x^2) / (2 - a x^2 - y^2), times
 * Z^2 v above and below.
 */

static int
api_edwards_double(api_edwards_point_t *e)
{
    return api_edwards_square(e) && api_edwards_mul(e, e->u, e->zz)
           && api_edwards_mul(e, e->yy, e->v)
           && api_edwards_mul(e, e->zz, e->v)
           && BN_mod_sub_quick(e->y, e->yy, e->u, e->p)
           && BN_mod_lshift1_quick(e->z, e->zz, e->p)
           && BN_mod_sub_quick(e->z, e->z, e->u, e->p)
           && BN_mod_sub_quick(e->z, e->z, e->yy, e->p);
}


/* What is wrong with the encoded point: "" nothing, NULL OpenSSL failed. */

static const char *
api_edwards_fault(
    api_edwards_point_t *e, const api_edwards_t *curve, api_span_t point)
{
    int      square;
    unsigned i;
    uint8_t  bytes[64];

    memcpy(bytes, point.data, point.len);
    bytes[point.len - 1] &= 0x7f; /* the sign of x */

    if (!api_edwards_start(e, curve)
        || BN_lebin2bn(bytes, (int) point.len, e->y) == NULL)
    {
        return NULL;
    }

    if (BN_cmp(e->y, e->p) >= 0) {
        return "not the only spelling of its point";
    }

    /* a is a square: so is a x^2 when x^2 is, and u/v when u v is */

    if (!api_edwards_square(e) || !api_edwards_mul(e, e->u, e->v)) {
        return NULL;
    }

    square = BN_kronecker(e->u, e->p, e->ctx);

    if (square == -1) {
        return "not a point of its curve";
    }

    if (square < -1) {
        return NULL;
    }

    if (!BN_one(e->z)) {
        return NULL;
    }

    for (i = 0; i < curve->doublings; i++) {
        if (!api_edwards_double(e)) {
            return NULL;
        }
    }

    return BN_cmp(e->y, e->z) == 0 ? "a point of small order" : "";
}


int
api_jwk_check_edwards(api_jwk_curve_t curve, api_span_t point, api_err_t *err)
{
    const char         *fault;
    api_edwards_point_t e;

    e.ctx = BN_CTX_new();

    if (e.ctx == NULL) {
        return api_fail(err, API_NOMEM, API_NOMEM, 0, "no memory");
    }

    BN_CTX_start(e.ctx);
    fault = api_edwards_fault(&e, &api_edwards[curve], point);
    BN_CTX_end(e.ctx);
    BN_CTX_free(e.ctx);

    if (fault == NULL) {
        return api_fail(
            err, API_INTERNAL, API_INTERNAL, 0, "arithmetic failed");
    }

    if (*fault) {
        return api_fail(
            err, API_INVALID, API_INVALID, 0, "the public key is %s", fault);
    }

    return API_OK;
}
