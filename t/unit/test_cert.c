/* Names of certificates: good ones, and those that try to be two. */

#include "api_cert.h"
#include "ut.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

static api_err_t   err;
static api_arena_t arena;


typedef struct {
    int        type; /* GEN_URI, GEN_DNS; 0: the end */
    api_span_t text;
} san_t;

#define URI(s)                                                                \
    {                                                                         \
        GEN_URI,                                                              \
        {                                                                     \
            (const uint8_t *) (s), sizeof(s) - 1                              \
        }                                                                     \
    }
#define DNS(s)                                                                \
    {                                                                         \
        GEN_DNS,                                                              \
        {                                                                     \
            (const uint8_t *) (s), sizeof(s) - 1                              \
        }                                                                     \
    }
#define END                                                                   \
    {                                                                         \
        0,                                                                    \
        {                                                                     \
            NULL, 0                                                           \
        }                                                                     \
    }


static void
add_san(X509 *cert, const san_t *san)
{
    GENERAL_NAME  *name;
    ASN1_STRING   *text;
    GENERAL_NAMES *all = sk_GENERAL_NAME_new_null();

    for (/* void */; san->type; san++) {
        name = GENERAL_NAME_new();
        text = ASN1_IA5STRING_new();
        ASN1_STRING_set(text, san->text.data, (int) san->text.len);
        GENERAL_NAME_set0_value(name, san->type, text);
        sk_GENERAL_NAME_push(all, name);
    }

    X509_add1_ext_i2d(cert, NID_subject_alt_name, all, 0, X509V3_ADD_APPEND);
    GENERAL_NAMES_free(all);
}


/* In DER; cn NULL: an empty subject. */

static api_span_t
make(const char *cn, const san_t *san, const san_t *again)
{
    int        len;
    X509      *cert = X509_new();
    uint8_t   *der = NULL;
    EVP_PKEY  *key = EVP_EC_gen("P-256");
    X509_NAME *name = X509_get_subject_name(cert);

    if (cn) {
        X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
            (const uint8_t *) "Acme, Ltd", -1, -1, 0);
        X509_NAME_add_entry_by_txt(
            name, "CN", MBSTRING_UTF8, (const uint8_t *) cn, -1, -1, 0);
    }

    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), 0);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);

    if (san) {
        add_san(cert, san);
    }

    if (again) {
        add_san(cert, again);
    }

    X509_sign(cert, key, EVP_sha256());
    len = i2d_X509(cert, &der);

    X509_free(cert);
    EVP_PKEY_free(key);

    return api_span(der, (size_t) len);
}


static int
names(api_span_t der, api_cert_name_t kind, const api_span_t **out, size_t *n)
{
    int rc;

    rc = api_cert_names(ut_guard(der), kind, &arena, out, n, &err);
    ut_guard_reset();
    ut_ok(ERR_peek_error() == 0, "nothing is left in the queue of OpenSSL");

    return rc;
}


static void
test_good(void)
{
    static const san_t san[] = { DNS("Orders.Example.com"),
        URI("spiffe://prod/ns/a/sa/Orders"), DNS("b.example"), END };

    size_t            n;
    api_span_t        der = make("orders.cn", san, NULL);
    const api_span_t *got;

    ut_int(names(der, API_CERT_SAN_URI, &got, &n), API_OK, "URIs");
    ut_int(n, 1, "one");
    ut_span(
        got[0], API_SPAN("spiffe://prod/ns/a/sa/Orders"), "as it is written");

    ut_int(names(der, API_CERT_SAN_DNS, &got, &n), API_OK, "DNS names");
    ut_int(n, 2, "two");
    ut_span(got[0], API_SPAN("orders.example.com"), "in lower case");
    ut_span(got[1], API_SPAN("b.example"), "in their order");

    ut_int(names(der, API_CERT_SUBJECT, &got, &n), API_OK, "the subject");
    ut_span(got[0], API_SPAN("CN=orders.cn,O=Acme\\, Ltd"), "by RFC 2253");
    free((void *) (uintptr_t) der.data);

    der = make("a.example", NULL, NULL);
    ut_int(names(der, API_CERT_SAN_DNS, &got, &n), API_OK, "without names");
    ut_int(n, 0, "the common name is no DNS name");
    free((void *) (uintptr_t) der.data);

    der = make(NULL, san, NULL);
    ut_int(names(der, API_CERT_SUBJECT, &got, &n), API_OK, "without subject");
    ut_int(n, 0, "there is no name");
    free((void *) (uintptr_t) der.data);
}


static void
test_bad(void)
{
    static const struct {
        const char     *what;
        api_cert_name_t kind;
        san_t           san[3];
    } cases[] = {
        { "a NUL in a URI", API_CERT_SAN_URI,
            { URI("spiffe://a\0.evil"), END } },
        { "a line feed in a URI", API_CERT_SAN_URI,
            { URI("spiffe://a\nX: y"), END } },
        { "a space in a URI", API_CERT_SAN_URI, { URI("spiffe://a b"), END } },
        { "a letter of Latin-1 in a URI", API_CERT_SAN_URI,
            { URI("spiffe://\xe4"), END } },
        { "an empty URI", API_CERT_SAN_URI, { URI(""), END } },
        { "a good URI beside a bad one", API_CERT_SAN_URI,
            { URI("spiffe://a"), URI("b\0"), END } },
        { "a NUL in a DNS name", API_CERT_SAN_DNS,
            { DNS("a.example\0.evil"), END } },
        { "a wildcard", API_CERT_SAN_DNS, { DNS("*.example"), END } },
        { "an empty label", API_CERT_SAN_DNS, { DNS("a..example"), END } },
        { "a dot in front", API_CERT_SAN_DNS, { DNS(".example"), END } },
        { "a dot behind", API_CERT_SAN_DNS, { DNS("a.example."), END } },
        { "an empty DNS name", API_CERT_SAN_DNS, { DNS(""), END } },
        { "a slash", API_CERT_SAN_DNS, { DNS("a/b"), END } },
    };

    static const san_t one[] = { URI("spiffe://a"), END };
    static const san_t two[] = { URI("spiffe://b"), END };

    size_t            i, n;
    api_span_t        der;
    const api_span_t *got;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        der = make("a", cases[i].san, NULL);
        ut_int(names(der, cases[i].kind, &got, &n), API_INVALID, "%s",
            cases[i].what);
        ut_int(n, 0, "no name is given");

        ut_int(names(der,
                   cases[i].kind == API_CERT_SAN_URI ? API_CERT_SAN_DNS
                                                     : API_CERT_SAN_URI,
                   &got, &n),
            API_OK, "whoever wants the other kind is not concerned");
        free((void *) (uintptr_t) der.data);
    }

    der = make("a", one, two);
    ut_int(names(der, API_CERT_SAN_URI, &got, &n), API_INVALID,
        "two subjectAltNames");
    free((void *) (uintptr_t) der.data);
}


static void
test_limits(void)
{
    static const char name[] = "a.example";

    size_t            i, n;
    san_t             san[API_CERT_MAX_NAMES + 2];
    api_span_t        der;
    const api_span_t *got;

    for (i = 0; i <= API_CERT_MAX_NAMES; i++) {
        san[i].type = GEN_DNS;
        san[i].text = api_span(name, sizeof(name) - 1);
    }

    san[API_CERT_MAX_NAMES + 1].type = 0;
    der = make("a", san, NULL);
    ut_int(names(der, API_CERT_SAN_DNS, &got, &n), API_LIMIT, "65 names");
    free((void *) (uintptr_t) der.data);

    der = make("a", san + 1, NULL);
    ut_int(names(der, API_CERT_SAN_DNS, &got, &n), API_OK, "64 names");
    ut_int(n, 64, "all of them");
    free((void *) (uintptr_t) der.data);
}


/* Every shorter text, and one with a byte behind it. */

static void
test_cut(void)
{
    static const san_t san[] = { URI("spiffe://a"), END };

    size_t            i, n, passed = 0;
    uint8_t          *longer;
    api_span_t        der = make("a", san, NULL);
    const api_span_t *got;

    for (i = 0; i < der.len; i++) {
        passed += api_cert_names(ut_guard(api_span(der.data, i)),
                      API_CERT_SAN_URI, &arena, &got, &n, &err)
                  != API_SYNTAX;
        ut_guard_reset();
    }

    ut_int(passed, 0, "no cut certificate is read");

    longer = malloc(der.len + 1);
    memcpy(longer, der.data, der.len);
    longer[der.len] = 0;
    ut_int(names(api_span(longer, der.len + 1), API_CERT_SAN_URI, &got, &n),
        API_SYNTAX, "a byte behind it");

    free(longer);
    free((void *) (uintptr_t) der.data);
}


static void
test_nomem(void)
{
    static const san_t san[] = { URI("spiffe://a"), URI("spiffe://b"), END };

    int               rc;
    size_t            n, count;
    ut_alloc_t        u;
    api_span_t        der = make("a", san, NULL);
    api_arena_t       a;
    const api_span_t *got;

    for (n = 1;; n++) {
        ut_arm(&u, n);
        api_arena_init(&a, &u.alloc, 16, 0);
        rc = api_cert_names(der, API_CERT_SAN_URI, &a, &got, &count, &err);
        api_arena_free(&a);
        ut_int(u.live, 0, "allocation %zu: nothing is left", n);

        if (u.calls < n) {
            break;
        }

        ut_int(rc, API_NOMEM, "allocation %zu fails", n);
    }

    ut_int(rc, API_OK, "then it gets through");
    free((void *) (uintptr_t) der.data);
}


int
main(void)
{
    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    test_good();
    test_bad();
    test_limits();
    test_cut();
    test_nomem();

    api_arena_free(&arena);

    return ut_done();
}
