#include "api_cert.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>


typedef struct {
    api_arena_t *arena;
    api_span_t  *names;
    size_t       n;
    api_err_t   *err;
} cert_reader_t;

#define cert_no(r, rc, ...) api_fail((r)->err, rc, rc, 0, __VA_ARGS__)


static bool
is_printable(api_span_t s)
{
    size_t i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] <= 0x20 || s.data[i] >= 0x7f) {
            return false;
        }
    }

    return s.len != 0;
}


/* Letters, digits, hyphens and underscores, in labels that are not empty. */

static bool
is_dns(api_span_t s)
{
    size_t  i, label = 0;
    uint8_t c;

    for (i = 0; i < s.len; i++) {
        c = s.data[i];

        if (c == '.') {
            if (label == 0) {
                return false;
            }

            label = 0;
            continue;
        }

        if (!((uint8_t) ((c | 0x20) - 'a') < 26 || (uint8_t) (c - '0') < 10
                || c == '-' || c == '_'))
        {
            return false;
        }

        label++;
    }

    return label != 0 && s.len <= 253;
}


static int
take(cert_reader_t *r, api_span_t name)
{
    if (r->n == API_CERT_MAX_NAMES || name.len > API_CERT_MAX_NAME) {
        return cert_no(r, API_LIMIT,
            "the certificate has more than %d names, or one of more than %d "
            "bytes",
            API_CERT_MAX_NAMES, API_CERT_MAX_NAME);
    }

    r->names[r->n] = api_arena_dup(r->arena, name);

    if (r->names[r->n].data == NULL) {
        return cert_no(r, API_NOMEM, "no memory");
    }

    r->n++;

    return API_OK;
}


static int
take_dns(cert_reader_t *r, api_span_t name)
{
    int      rc;
    size_t   i;
    uint8_t *p;

    if (!is_dns(name)) {
        return cert_no(r, API_INVALID,
            "a DNS name of the certificate is no name of a single host");
    }

    rc = take(r, name);

    if (rc == API_OK) {
        p = (uint8_t *) (uintptr_t) r->names[r->n - 1].data;

        for (i = 0; i < name.len; i++) {
            p[i] |= (uint8_t) (p[i] - 'A') < 26 ? 0x20 : 0;
        }
    }

    return rc;
}


static int
take_uri(cert_reader_t *r, api_span_t name)
{
    return is_printable(name)
               ? take(r, name)
               : cert_no(r, API_INVALID,
                   "a URI of the certificate is empty or has bytes in it that "
                   "no URI has");
}


static int
read_san(cert_reader_t *r, const X509 *cert, int type,
    int (*take_name)(cert_reader_t *r, api_span_t name))
{
    int                   i, rc = API_OK, critical = 0;
    GENERAL_NAMES        *san;
    const GENERAL_NAME   *name;
    const ASN1_IA5STRING *text;

    san = X509_get_ext_d2i(cert, NID_subject_alt_name, &critical, NULL);

    if (san == NULL) {
        /* -1: there is none; -2: there are two; else it could not be read */

        return critical == -1 ? API_OK
                              : cert_no(r, API_INVALID,
                                  "the subjectAltName of the certificate "
                                  "cannot be read");
    }

    for (i = 0; i < sk_GENERAL_NAME_num(san) && rc == API_OK; i++) {
        name = sk_GENERAL_NAME_value(san, i);

        if (name->type != type) {
            continue;
        }

        text = name->d.ia5;
        rc = take_name(r, api_span(ASN1_STRING_get0_data(text),
                              (size_t) ASN1_STRING_length(text)));
    }

    GENERAL_NAMES_free(san);

    return rc;
}


static int
read_subject(cert_reader_t *r, const X509 *cert)
{
    int              rc;
    BIO             *bio;
    char            *text;
    long             len;
    const X509_NAME *name = X509_get_subject_name(cert);

    if (X509_NAME_entry_count(name) == 0) {
        return API_OK;
    }

    bio = BIO_new(BIO_s_mem());

    if (bio == NULL || X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) < 0) {
        BIO_free(bio);
        return cert_no(r, API_INVALID,
            "the subject of the certificate cannot be written");
    }

    len = BIO_get_mem_data(bio, &text);
    rc = take(r, api_span(text, len > 0 ? (size_t) len : 0));
    BIO_free(bio);

    return rc;
}


int
api_cert_names(api_span_t der, api_cert_name_t kind, api_arena_t *arena,
    const api_span_t **names, size_t *n, api_err_t *err)
{
    int            rc;
    X509          *cert = NULL;
    cert_reader_t  r = { .arena = arena, .err = err };
    const uint8_t *p = der.data;

    *n = 0;
    *names = NULL;

    r.names = api_arena_calloc(arena, API_CERT_MAX_NAMES, sizeof(api_span_t));
    if (r.names == NULL) {
        return cert_no(&r, API_NOMEM, "no memory");
    }

    if (der.len != 0 && der.len <= INT32_MAX) {
        cert = d2i_X509(NULL, &p, (long) der.len);
    }

    if (cert == NULL || p != der.data + der.len) {
        rc = cert_no(&r, API_SYNTAX, "no certificate");

    } else if (kind == API_CERT_SUBJECT) {
        rc = read_subject(&r, cert);

    } else if (kind == API_CERT_SAN_URI) {
        rc = read_san(&r, cert, GEN_URI, take_uri);

    } else {
        rc = read_san(&r, cert, GEN_DNS, take_dns);
    }

    X509_free(cert);
    ERR_clear_error();

    if (rc == API_OK) {
        *names = r.names;
        *n = r.n;
    }

    return rc;
}
