/*
 * Input: a digit (the kind of name) and a certificate in DER.  Names that are
 * given are names; what OpenSSL's own look-up of a DNS name says fits.
 */

#include "api_cert.h"
#include "fuzz.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>


static void
check_name(api_span_t der, api_cert_name_t kind, api_span_t name)
{
    size_t         i;
    X509          *cert;
    const uint8_t *p = der.data;

    MUST(name.len <= API_CERT_MAX_NAME && name.data[name.len] == '\0');

    if (kind != API_CERT_SUBJECT) {
        MUST(name.len > 0);

        for (i = 0; i < name.len; i++) {
            MUST(name.data[i] > 0x20 && name.data[i] < 0x7f);
        }
    }

    /* names with an underscore are beyond what OpenSSL compares */

    if (kind == API_CERT_SAN_DNS && memchr(name.data, '_', name.len) == NULL) {
        cert = d2i_X509(NULL, &p, (long) der.len);
        MUST(cert
             && X509_check_host(cert, (const char *) name.data, name.len,
                    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT
                        | X509_CHECK_FLAG_NO_WILDCARDS,
                    NULL)
                    == 1);
        X509_free(cert);
    }

    ERR_clear_error();
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int               rc;
    size_t            i, n;
    api_err_t         err = { 0, 0, "" };
    api_span_t        der;
    api_arena_t       arena;
    api_cert_name_t   kind;
    const api_span_t *names;

    if (size == 0 || data[0] < '0' || data[0] > '2') {
        return 0;
    }

    kind = (api_cert_name_t) (data[0] - '0');
    der = api_span(data + 1, size - 1);

    api_arena_init(&arena, &api_alloc_libc, 0, 0);

    rc = api_cert_names(der, kind, &arena, &names, &n, &err);

    MUST(ERR_peek_error() == 0);
    MUST(n <= API_CERT_MAX_NAMES && (rc == API_OK || n == 0));
    MUST((rc == API_OK) == (err.text[0] == '\0'));

    for (i = 0; i < n; i++) {
        check_name(der, kind, names[i]);
    }

    api_arena_free(&arena);

    return 0;
}
