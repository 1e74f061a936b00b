/*
 * A small HTTP/1.1 client: one request, one connection, and of the answer
 * what tells whether the request was refused.
 */

#ifndef APISEC_HTTP_H
#define APISEC_HTTP_H

#include "apisec.h"

#include "api_contract.h"

#include <netinet/in.h>
#include <openssl/ssl.h>


typedef struct {
    const char             *host;   /* as the URL has it */
    const char             *name;   /* of the Host header */
    const char             *prefix; /* of paths; "" or "/api" */
    struct sockaddr_storage address;
    socklen_t               length;
    SSL_CTX                *tls;     /* NULL: plain */
    const char             *preface; /* sent before all, or NULL */
    const char             *agent;   /* NULL: apisec-attack; "": none */
    int                     timeout; /* milliseconds, for the whole answer */
} apisec_target_t;

/*
 * http[s]://HOST[:PORT][/PREFIX].  The name is looked up once, and nothing but
 * that address is spoken to.  Unless `allowed` is the host itself, the address
 * has to be one of this machine's loopback.  cafile: whom to believe, or NULL.
 */

int apisec_target(apisec_target_t *target, const char *url,
    const char *allowed, const char *cafile);

typedef struct {
    unsigned    status;  /* 0: no answer */
    const char *why;     /* of no answer; "" */
    const char *code;    /* "code" of a problem, or "" */
    const char *support; /* "support_id" of it, or "" */
    const char *nonce;   /* the header DPoP-Nonce, or "" */
} apisec_reply_t;

/* Lengths are told by us; fields have no Host, Content-Length, Connection. */

typedef struct {
    api_span_t  method;
    const char *target; /* path and query, percent-encoded */
    api_field_t fields[32];
    size_t      nfields;
    bool        has_body;
    api_span_t  body;
    size_t      blanks; /* sent behind it */
} apisec_http_t;

void apisec_http(const apisec_target_t *target, const apisec_http_t *request,
    apisec_reply_t *reply);


#endif /* APISEC_HTTP_H */
