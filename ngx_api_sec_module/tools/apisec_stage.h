/*
 * A private nginx with the configuration of another one (api_stage.h): asked
 * one request at a time, and its own record read for what was decided.
 *
 *     apisec_stage_open(&stage, &how);           reads, rewrites, makes keys
 *     apisec_stage_start(&stage, 0);
 *     apisec_stage_ask(&stage, &ask, &answer);
 *     apisec_stage_stop(&stage);                 forgets what was counted
 *     apisec_stage_close(&stage);
 *
 * All of it lives in a folder of its own that nobody else can enter, and goes
 * with it.  The kernel sees to it that nothing else is touched: this nginx can
 * open no socket but local ones (seccomp), and write nothing outside of the
 * folder (Landlock, where there is it).
 */

#ifndef APISEC_STAGE_H
#define APISEC_STAGE_H

#include "apisec_http.h"
#include "apisec_key.h"
#include "apisec_nginx.h"
#include "apisec_parts.h"

#include "api_stage.h"


typedef struct {
    const char *dir;
    const char *nginx;
    const char *prefix; /* of the real one */
    const char *folder; /* of the real configuration */
    uid_t       uid;    /* of the workers, when we are root */
    gid_t       gid;
    api_site_t *site;
    api_stage_t plan;
    cJSON      *stores;  /* an array of keys for each api_key_store */
    const char *answers; /* lines of a map: tokens of api_introspect */
    EVP_PKEY   *ca;
    pid_t       pid; /* 0: does not run */
    FILE       *events;
    char       *line; /* of events, as far as it is there */
    size_t      len;
    size_t      size;
} apisec_stage_t;

/* What fails is said.  close may follow a failed open. */

int  apisec_stage_open(apisec_stage_t *stage, const apisec_nginx_t *how);
void apisec_stage_close(apisec_stage_t *stage);

/* shift: seconds that its clock is ahead of ours. */

int  apisec_stage_start(apisec_stage_t *stage, int64_t shift);
void apisec_stage_stop(apisec_stage_t *stage);


/* A proof that who sends a token has the key it is bound to (RFC 9449): made
   anew for each request. */

typedef struct {
    const char *key; /* file of the key that signs; NULL: there is no proof */
    const char *jwk; /* its public half, and the thumbprint of that */
    char        jkt[APISEC_KID_LEN + 1];
    const char *alg;
    const char *method; /* that it is made for, as the next two */
    const char *uri;
    const char *token;
    const char *nonce;  /* the last one that the gateway gave; NULL: none */
    bool        learns; /* ... and taken up, as clients do */
    bool        reused; /* one proof for all requests */
    int64_t     shift;  /* of its time against our clock */
    const char *text;   /* the last one that was made */
} apisec_proof_t;

/* A request, and who sends it. */

typedef struct {
    apisec_http_t  request;
    const char    *host;   /* NULL: none is sent */
    uint32_t       listen; /* of plan.listens */
    const char    *client; /* an address; NULL: 192.0.2.1 */
    SSL_CTX       *tls;    /* with a certificate of the client; NULL: none */
    apisec_proof_t proof;
} apisec_ask_t;

#define APISEC_DECIDED_MAX 16
#define APISEC_EXCEPTED_MAX 8

typedef struct {
    api_span_t check;
    api_span_t verdict;
    api_span_t reason;
    api_span_t detail;
} apisec_decided_t;

/* An event of the record.  Spans live in apisec_arena(), or in the line. */

typedef struct {
    api_span_t kind;
    api_span_t support;
    api_span_t verdict;
    api_span_t by;
    api_span_t reason;
    api_span_t method;
    api_span_t host;
    api_span_t server;
    api_span_t path;
    api_span_t client;
    api_span_t spec;
    api_span_t operation;
    api_span_t template;
    api_span_t       who; /* principal.id, type, issuer */
    api_span_t       type;
    api_span_t       issuer;
    api_span_t       policy; /* governance.policy, owner */
    api_span_t       owner;
    api_span_t       revision;
    api_span_t       tls; /* its version */
    int64_t          status;
    int64_t          bytes_in;
    unsigned         queries; /* names of parameters */
    api_span_t       query[16];
    apisec_decided_t decided[APISEC_DECIDED_MAX];
    size_t           ndecided;
    api_span_t       excepted[APISEC_EXCEPTED_MAX];
    size_t           nexcepted;
    bool             truncated;
    bool             boxed;    /* api_audit_encrypt */
    unsigned         redacted; /* bits: apisec_redacted_t */
} apisec_event_t;

enum {
    APISEC_REDACTED_CLIENT = 1,
    APISEC_REDACTED_WHO = 2,
    APISEC_REDACTED_PATH = 4,
    APISEC_REDACTED_HOST = 8
};

/* apisec_stage_event.c: one line of a log.  False: no event. */

bool apisec_event(api_span_t line, apisec_event_t *event);

/* Of a check; NULL: it decided nothing. */

const apisec_decided_t *
apisec_decided(const apisec_event_t *event, const char *check);

/* APISEC_OK; APISEC_FAILED: it answers no more, and why was said.  When a
   nonce is asked for that the proof can have, it is asked once more, and what
   is told is of that. */

int apisec_stage_ask(apisec_stage_t *stage, apisec_ask_t *ask,
    apisec_reply_t *reply, apisec_event_t *event);

/* The next event of a request in its record; false: none came. */

bool apisec_stage_event(apisec_stage_t *stage, apisec_event_t *event);


/* apisec_stage_key.c: the test keys of a plan, and who may have which. */

int apisec_stage_keys(apisec_stage_t *stage);

/* A key pair of the stage's own, keys/NAME.key and NAME.pem, unless it is
   there. */

int apisec_stage_pair(
    const apisec_stage_t *stage, api_stage_key_t kind, const char *name);

/* Files of the stores and the map of answers, before a start. */

int apisec_stage_files(apisec_stage_t *stage);

/* The directive api_jwt_issuer NAME and the like, or NULL. */

const api_conf_dir_t *apisec_stage_named(
    const apisec_stage_t *stage, const char *directive, const char *name);

/* A client with a certificate that the test CA has made. */

SSL_CTX *apisec_stage_client(
    apisec_stage_t *stage, const char *subject, const char *san);

/* apisec_stage_proof.c: does an api_jwt_issuer or api_introspect have `bind
   KIND required`? */

bool apisec_stage_binds(const api_conf_dir_t *of, const char *kind);

/* What a proof for this request has to say, all but its token, signed by
   "client"; by the key of somebody else; a proof that is made now. */

int apisec_stage_proof(
    apisec_stage_t *stage, const api_conf_dir_t *of, apisec_ask_t *ask);
int apisec_stage_proof_key(
    apisec_stage_t *stage, apisec_proof_t *proof, const char *whose);
int apisec_stage_prove(apisec_proof_t *proof);

/* The digest of a client's certificate, for cnf.x5t#S256; NULL: none. */

const char *apisec_stage_x5t(SSL_CTX *tls);

/* apisec_stage_cert.c: a certificate; issuer NULL: signs itself, and is a CA.
   NULL: OpenSSL refused. */

X509 *apisec_cert(EVP_PKEY *key, const char *subject, const char *san,
    EVP_PKEY *issuer, int64_t now);

/* apisec_stage_wall.c: from then on this process cannot reach anybody, nor
   write outside of dir.  False: this kernel cannot do it. */

bool apisec_wall(const char *dir);

/* apisec_stage_clock.c: the library that shifts a clock; NULL: it is not where
   it should be. */

const char *apisec_clock_file(void);

/* apisec_nginx_files.c: the text of a configuration as nginx -T prints it,
   without asking nginx: that would need its secrets. */

int apisec_nginx_files(const char *file, api_span_t *text);

/* apisec_policy.c: the folder goes when this process is told to end. */

void apisec_policy_guard(const char *dir);

/* apisec_stage_folder.c: a new folder; gone with all in it; a file in it; a
   link for each entry of `from` in `to` that has none. */

const char *apisec_folder_make(void);
void        apisec_folder_drop(const char *dir);
void        apisec_folder_mirror(const char *from, const char *to);
int         apisec_folder_put(const apisec_stage_t *stage, const char *name,
            api_span_t text, mode_t mode);
void        apisec_folder_own(const apisec_stage_t *stage);


#endif /* APISEC_STAGE_H */
