/*
 * Public keys of EdDSA (RFC 8032).  OpenSSL takes any bytes for one, and with
 * a point of small order, such as the neutral element, whoever likes can sign
 * whatever he likes: S * B = R + h * A then holds with a chance of one in
 * eight or better for S chosen at will and R = S * B.
 *
 * With  a x^2 + y^2 = 1 + d x^2 y^2  the encoding gives y, and everything
 * needed follows from y^2 and x^2 = (y^2 - 1) / (d y^2 - a).
 */

#include "api_jwk_key.h"

#include <openssl/bn.h>


typedef struct {
    const char *p;
    int         a;
    int         d_num;
    unsigned    d_den;
    unsigned    doublings; /* 2 to this is the cofactor */
} api_edwards_t;

/* The curve in numbers, y of the point, and room to reckon. */

typedef struct {
    BN_CTX *ctx;
    BIGNUM *p, *a, *d, *y, *xx, *yy, *u, *v;
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


/* r = num / den mod p; den is changed. */

static int
api_edwards_div(api_edwards_point_t *e, BIGNUM *r, BIGNUM *num, BIGNUM *den)
{
    return BN_mod_inverse(den, den, e->p, e->ctx) != NULL
           && BN_mod_mul(r, num, den, e->p, e->ctx);
}


static int
api_edwards_start(api_edwards_point_t *e, const api_edwards_t *curve)
{
    e->p = BN_CTX_get(e->ctx);
    e->a = BN_CTX_get(e->ctx);
    e->d = BN_CTX_get(e->ctx);
    e->y = BN_CTX_get(e->ctx);
    e->xx = BN_CTX_get(e->ctx);
    e->yy = BN_CTX_get(e->ctx);
    e->u = BN_CTX_get(e->ctx);
    e->v = BN_CTX_get(e->ctx);

    return e->v != NULL && BN_hex2bn(&e->p, curve->p)
           && api_edwards_small(e->a, curve->a, e->p)
           && api_edwards_small(e->u, curve->d_num, e->p)
           && BN_set_word(e->v, curve->d_den)
           && api_edwards_div(e, e->d, e->u, e->v);
}


/* u = y^2 - 1, v = d y^2 - a: x^2 is u / v. */

static int
api_edwards_square(api_edwards_point_t *e)
{
    return BN_mod_sqr(e->yy, e->y, e->p, e->ctx)
           && BN_mod_sub(e->u, e->yy, BN_value_one(), e->p, e->ctx)
           && BN_mod_mul(e->v, e->d, e->yy, e->p, e->ctx)
           && BN_mod_sub(e->v, e->v, e->a, e->p, e->ctx);
}


/* y of the point added to itself: (y^2 - a x^2) / (2 - a x^2 - y^2). */

static int
api_edwards_double(api_edwards_point_t *e)
{
    return api_edwards_square(e) && api_edwards_div(e, e->xx, e->u, e->v)
           && BN_mod_mul(e->xx, e->xx, e->a, e->p, e->ctx)
           && BN_mod_sub(e->u, e->yy, e->xx, e->p, e->ctx)
           && BN_set_word(e->v, 2)
           && BN_mod_sub(e->v, e->v, e->xx, e->p, e->ctx)
           && BN_mod_sub(e->v, e->v, e->yy, e->p, e->ctx)
           && api_edwards_div(e, e->y, e->u, e->v);
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

    if (!api_edwards_square(e) || !BN_mod_mul(e->xx, e->u, e->v, e->p, e->ctx))
    {
        return NULL;
    }

    square = BN_kronecker(e->xx, e->p, e->ctx);

    if (square == -1) {
        return "not a point of its curve";
    }

    if (square < -1) {
        return NULL;
    }

    for (i = 0; i < curve->doublings; i++) {
        if (!api_edwards_double(e)) {
            return NULL;
        }
    }

    return BN_is_one(e->y) ? "a point of small order" : "";
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
