/*
 * Certificates of a stage: its own, its CA, those of clients.
 */

#include "apisec_stage.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>


#define DAY 86400


/* "CN=orders,O=Acme": parts with commas between them, "\," is one. */

static bool
set_subject(X509_NAME *name, const char *subject)
{
    char *value, *to, *part = apisec_text("%s", subject);
    char *next = part;

    while (*next) {
        part = to = next;

        for (; *next && *next != ','; next++) {
            next += *next == '\\' && next[1];
            *to++ = *next;
        }

        next += *next == ',';
        *to = '\0';
        part += strspn(part, " ");
        value = strchr(part, '=');

        if (value == NULL) {
            return false;
        }

        *value++ = '\0';

        if (X509_NAME_add_entry_by_txt(name, part, MBSTRING_UTF8,
                (const unsigned char *) value, -1, -1, 0)
            != 1)
        {
            return false;
        }
    }

    return true;
}


static bool
extend(X509 *cert, int nid, const char *value)
{
    bool            ok;
    X509_EXTENSION *e = X509V3_EXT_nconf_nid(NULL, NULL, nid, value);

    ok = e && X509_add_ext(cert, e, -1) == 1;
    X509_EXTENSION_free(e);

    return ok;
}


static bool
fill(X509 *cert, EVP_PKEY *key, const char *subject, const char *san,
    bool is_ca)
{
    long     serial = 0;
    uint32_t random;

    apisec_random(&random, sizeof(random));
    serial = (long) (random >> 1) + 1;

    return X509_set_version(cert, 2) == 1
           && ASN1_INTEGER_set(X509_get_serialNumber(cert), serial) == 1
           && X509_set_pubkey(cert, key) == 1
           && set_subject(X509_get_subject_name(cert), subject)
           && extend(cert, NID_basic_constraints,
               is_ca ? "critical,CA:TRUE" : "CA:FALSE")
           && (san == NULL || *san == '\0'
               || extend(cert, NID_subject_alt_name, san));
}


X509 *
apisec_cert(EVP_PKEY *key, const char *subject, const char *san,
    EVP_PKEY *issuer, int64_t now)
{
    bool  ok;
    X509 *cert = X509_new();

    ok = cert && fill(cert, key, subject, san, issuer == NULL)
         && X509_time_adj_ex(
             X509_getm_notBefore(cert), -3650, 0, &(time_t){ now })
         && X509_time_adj_ex(
             X509_getm_notAfter(cert), 3650, 0, &(time_t){ now })
         && set_subject(
             X509_get_issuer_name(cert), issuer ? "CN=apisec stage" : subject)
         && X509_sign(cert, issuer ? issuer : key, EVP_sha256()) != 0;

    ERR_clear_error();

    if (!ok) {
        X509_free(cert);
        return NULL;
    }

    return cert;
}
