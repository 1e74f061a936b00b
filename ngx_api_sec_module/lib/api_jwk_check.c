#include "api_jwk_key.h"


#define API_JWK_RSA_MIN_BITS 2048
#define API_JWK_RSA_MAX_E (1ull << 32)

#define api_jwk_bad(err, ...)                                                 \
    api_fail(err, API_INVALID, API_INVALID, 0, __VA_ARGS__)


static api_span_t
api_jwk_strip_zeros(api_span_t s)
{
    while (s.len && s.data[0] == 0) {
        s.data++;
        s.len--;
    }

    return s;
}


static size_t
api_jwk_bits(api_span_t n)
{
    size_t  bits;
    uint8_t top;

    if (n.len == 0) {
        return 0;
    }

    bits = (n.len - 1) * 8;

    for (top = n.data[0]; top; top >>= 1) {
        bits++;
    }

    return bits;
}


/* Small primes, and their products as far as they go into 32 bits. */

#define API_JWK_PRIMES 38
#define API_JWK_PRODUCTS 8

static const uint8_t api_jwk_primes[API_JWK_PRIMES] = { 3, 5, 7, 11, 13, 17,
    19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167 };

static const struct {
    uint32_t product;
    uint8_t  end; /* of the primes in it */
} api_jwk_products[API_JWK_PRODUCTS] = {
    { 3234846615, 9 },  /* 3 to 29 */
    { 95041567, 14 },   /* 31 to 47 */
    { 907383479, 19 },  /* 53 to 71 */
    { 4132280413, 24 }, /* 73 to 97 */
    { 121330189, 28 },  /* 101 to 109 */
    { 257557397, 32 },  /* 113 to 137 */
    { 490995677, 36 },  /* 139 to 157 */
    { 27221, 38 },      /* 163, 167 */
};


/* n modulo each product: these do not wait for one another. */

static void
api_jwk_mod(api_span_t n, uint32_t rest[API_JWK_PRODUCTS])
{
    size_t   i, len;
    uint32_t word;
    unsigned k;

    memset(rest, 0, API_JWK_PRODUCTS * sizeof(rest[0]));

    for (i = 0; i < n.len; i += len) {

        /* words of four bytes, but for the first */

        len = i == 0 && n.len % 4 ? n.len % 4 : 4;
        word = 0;

        for (k = 0; k < len; k++) {
            word = word << 8 | n.data[i + k];
        }

        for (k = 0; k < API_JWK_PRODUCTS; k++) {
            rest[k] = (uint32_t) (((uint64_t) rest[k] << 32 | word)
                                  % api_jwk_products[k].product);
        }
    }
}


/* Is r a power of 65537 modulo the prime p? */

static bool
api_jwk_is_power(unsigned r, unsigned p)
{
    unsigned x = 1;

    do {
        if (x == r) {
            return true;
        }

        x = x * (65537 % p) % p;

    } while (x != 1);

    return false;
}


/*
 * The modulus against small primes.  A factor among them: not a product of
 * two large primes.  Primes of Infineon's RSALib are k * M + (65537^a mod M)
 * with M the product of the first primes, so their product is a power of
 * 65537 modulo each of these: ROCA (Nemec et al. 2017, CVE-2017-15361).  A
 * sound modulus passes for one with a chance of about 2^-28.
 */

static int
api_jwk_check_modulus(api_span_t n, api_err_t *err)
{
    bool     roca;
    size_t   i, k;
    unsigned r;
    uint32_t rest[API_JWK_PRODUCTS];

    if ((n.data[n.len - 1] & 1) == 0) {
        return api_jwk_bad(err, "the RSA modulus is even");
    }

    api_jwk_mod(n, rest);
    roca = true;

    for (i = 0, k = 0; i < API_JWK_PRIMES; i++) {
        k += i == api_jwk_products[k].end;
        r = rest[k] % api_jwk_primes[i];

        if (r == 0) {
            return api_jwk_bad(
                err, "the RSA modulus is divisible by %u", api_jwk_primes[i]);
        }

        roca = roca && api_jwk_is_power(r, api_jwk_primes[i]);
    }

    if (roca) {
        return api_jwk_bad(
            err, "the RSA modulus has ROCA's fingerprint (CVE-2017-15361)");
    }

    return API_OK;
}


static int
api_jwk_check_rsa(api_jwk_parts_t *parts, api_err_t *err)
{
    size_t   i, bits;
    uint64_t e;

    parts->n = api_jwk_strip_zeros(parts->n);
    parts->e = api_jwk_strip_zeros(parts->e);

    bits = api_jwk_bits(parts->n);

    if (bits < API_JWK_RSA_MIN_BITS || bits > API_JWK_RSA_MAX_BITS) {
        return api_jwk_bad(err, "an RSA modulus of %zu bits, not %d to %d",
            bits, API_JWK_RSA_MIN_BITS, API_JWK_RSA_MAX_BITS);
    }

    e = 0;

    for (i = 0; i < parts->e.len && e <= API_JWK_RSA_MAX_E; i++) {
        e = e << 8 | parts->e.data[i];
    }

    if (e < 3 || e > API_JWK_RSA_MAX_E || (e & 1) == 0) {
        return api_jwk_bad(
            err, "the RSA exponent must be odd and from 3 to 2^32");
    }

    return api_jwk_check_modulus(parts->n, err);
}


/* That the point is on the curve is checked where it is made. */

static int
api_jwk_check_ec(api_jwk_parts_t *parts, api_err_t *err)
{
    size_t len = api_jwk_curves[parts->curve].len;

    if (parts->x.len != len || parts->y.len != len) {
        return api_jwk_bad(err,
            "coordinates of %zu and %zu bytes where the curve has %zu",
            parts->x.len, parts->y.len, len);
    }

    return API_OK;
}


static int
api_jwk_check_okp(api_jwk_parts_t *parts, api_err_t *err)
{
    size_t len = api_jwk_curves[parts->curve].len;

    if (parts->x.len != len) {
        return api_jwk_bad(err,
            "a public key of %zu bytes where the curve has %zu", parts->x.len,
            len);
    }

    return api_jwk_check_edwards(parts->curve, parts->x, err);
}


/* Armour anywhere in it: text may stand before a PEM. */

static bool
api_jwk_is_pem(api_span_t s)
{
    const api_span_t armour = API_SPAN("-----BEGIN ");

    for (/* void */; s.len >= armour.len; s.data++, s.len--) {
        if (memcmp(s.data, armour.data, armour.len) == 0) {
            return true;
        }
    }

    return false;
}


/* HMAC with a key shorter than its hash is guessed sooner than forged
   (RFC 7518 3.2); a public key as the secret is known to everybody (RFC 8725
   2.1). */

static int
api_jwk_check_oct(api_jwk_parts_t *parts, api_err_t *err)
{
    size_t least;

    least = api_jws_info[API_JWS_HS256].hash_len;

    if (parts->alg != API_JWS_UNKNOWN
        && api_jws_info[parts->alg].type == API_JWK_OCT)
    {
        least = api_jws_info[parts->alg].hash_len;
    }

    if (parts->k.len < least) {
        return api_jwk_bad(err, "a secret of %zu bytes, at least %zu needed",
            parts->k.len, least);
    }

    if (api_jwk_is_pem(parts->k)) {
        return api_jwk_bad(err,
            "a PEM is no secret; if it is a key, begin the file with its "
            "-----BEGIN line");
    }

    return API_OK;
}


/* Every algorithm the numbers are fit for. */

static uint32_t
api_jwk_fit(const api_jwk_parts_t *parts)
{
    unsigned i;
    uint32_t algs;

    if (parts->curve != API_JWK_NO_CURVE) {
        return API_JWS_BIT(api_jwk_curves[parts->curve].alg);
    }

    algs = 0;

    for (i = API_JWS_UNKNOWN + 1; i < API_JWS_NALGS; i++) {
        if (api_jws_info[i].type == parts->type
            && (parts->type != API_JWK_OCT
                || parts->k.len >= api_jws_info[i].hash_len))
        {
            algs |= API_JWS_BIT(i);
        }
    }

    return algs;
}


int
api_jwk_check(api_jwk_parts_t *parts, uint32_t *algs, api_err_t *err)
{
    int rc;

    static int (*const checks[])(api_jwk_parts_t * parts, api_err_t * err) = {
        [API_JWK_OCT] = api_jwk_check_oct,
        [API_JWK_RSA] = api_jwk_check_rsa,
        [API_JWK_EC] = api_jwk_check_ec,
        [API_JWK_OKP] = api_jwk_check_okp,
    };

    rc = checks[parts->type](parts, err);
    if (rc != API_OK) {
        return rc;
    }

    *algs = api_jwk_fit(parts);

    if (parts->alg != API_JWS_UNKNOWN) {
        *algs &= API_JWS_BIT(parts->alg);
    }

    if (*algs == 0) {
        return api_jwk_bad(err, "alg %s does not fit this type of key",
            api_jws_alg_name(parts->alg));
    }

    return API_OK;
}
