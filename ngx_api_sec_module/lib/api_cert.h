/*
 * Who an X.509 certificate (RFC 5280) says it is for: names for access rules.
 * Whether it is to be believed is the TLS stack's business; nothing here
 * verifies.
 *
 *   san_uri   URIs of subjectAltName: SPIFFE ids
 *   san_dns   DNS names of subjectAltName, in lower case
 *   subject   the distinguished name, as RFC 2253 writes it (as nginx's
 *             $ssl_client_s_dn does)
 *
 * What could be read in two ways is no name: control characters and NULs, bytes
 * that are not ASCII in a URI or DNS name, wildcards, an empty subject.  The
 * common name of a subject is never taken for a DNS name (RFC 6125 B.2).
 */

#ifndef API_CERT_H
#define API_CERT_H

#include "api_arena.h"


typedef enum {
    API_CERT_SAN_URI,
    API_CERT_SAN_DNS,
    API_CERT_SUBJECT
} api_cert_name_t;

#define API_CERT_MAX_NAMES 64
#define API_CERT_MAX_NAME 2048

/*
 * The names of that kind in the certificate der, in its order, copied into
 * arena.  API_OK, with *n 0 when it has none; API_SYNTAX when it is no
 * certificate; API_INVALID when one of the names is no name (the others are
 * not given either: a certificate with one bad name is not read at all);
 * API_LIMIT; API_NOMEM.  err gets a line that shows nothing of the
 * certificate.
 */

int api_cert_names(api_span_t der, api_cert_name_t kind, api_arena_t *arena,
    const api_span_t **names, size_t *n, api_err_t *err);


#endif /* API_CERT_H */
