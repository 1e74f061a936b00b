/*
 * What the checks of apisec doctor share: what they look at, and how they say
 * what they found.
 */

#ifndef APISEC_DOCTOR_H
#define APISEC_DOCTOR_H

#include "apisec_nginx.h"


typedef enum {
    DOCTOR_PASS,
    DOCTOR_WARN,
    DOCTOR_FAIL,
    DOCTOR_SKIP /* could not be looked at; the text says why */
} doctor_verdict_t;

typedef struct {
    apisec_nginx_t nginx;
    const char    *advisories; /* NULL: the file that came with apisec */
    const char    *url; /* of api_status; NULL: from the configuration */
    const char    *pid; /* of the master; NULL: from the configuration */
    bool           json;
    bool           strict;
} doctor_options_t;

typedef struct doctor_s doctor_t;

typedef struct {
    const char *id;
    const char *title;
    void (*run)(doctor_t *d);
} doctor_check_t;

typedef struct doctor_finding_s doctor_finding_t;

struct doctor_finding_s {
    const doctor_check_t *check;
    doctor_verdict_t      verdict;
    const char           *text;
    const char           *remedy; /* NULL: none is needed */
    const char           *at;     /* FILE:LINE, or NULL */
    doctor_finding_t     *next;
};

struct doctor_s {
    const doctor_options_t *options;
    const api_site_t       *site;
    const char             *prefix; /* relative paths begin there */
    pid_t                   master; /* 0: nginx does not run */
    const char             *user;   /* of the workers */
    uid_t                   uid;
    gid_t                   gid;
    int64_t                 now; /* seconds since 1970 */

    const doctor_check_t *check; /* the one that runs */
    doctor_finding_t     *first;
    doctor_finding_t    **last;
};


/* One finding of the check that runs; at may be NULL, remedy too. */

void doctor_say(doctor_t *d, doctor_verdict_t verdict,
    const api_conf_dir_t *at, const char *remedy, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* Has the check that runs said something that is not well. */

bool doctor_unwell(const doctor_t *d);

/* A span as text; a path of the configuration as nginx takes it: relative to
   the folder of the configuration, or, logs and the pid, to the prefix. */

const char *doctor_text(api_span_t s);
const char *doctor_path(const doctor_t *d, api_span_t path);
const char *doctor_log_path(const doctor_t *d, api_span_t path);

/* The first lines of a small file, such as those of /proc; NULL: unreadable.
   Nothing is said. */

const char *doctor_file(const char *path);

/* The first line that a program prints, arguments up to a NULL; NULL when it
   is not there or fails. */

const char *doctor_ask(const char *const *argv);

/* Every directive below a block, blocks before what is in them: start with
   NULL; NULL is the end. */

const api_conf_dir_t *
doctor_next(const api_conf_dir_t *root, const api_conf_dir_t *d);


/* apisec_doctor_files.c */

void doctor_secrets(doctor_t *d);
void doctor_state(doctor_t *d);
void doctor_patterns(doctor_t *d);
void doctor_log(doctor_t *d);

/* apisec_doctor_conf.c */

void doctor_workers(doctor_t *d);
void doctor_threads(doctor_t *d);
void doctor_addresses(doctor_t *d);

/* apisec_doctor_versions.c */

void doctor_modules(doctor_t *d);
void doctor_versions(doctor_t *d);

/* apisec_doctor_system.c */

void doctor_descriptors(doctor_t *d);
void doctor_core(doctor_t *d);
void doctor_clock(doctor_t *d);
void doctor_confined(doctor_t *d);

/* apisec_doctor_wire.c: one question to the gateway of this machine. */

typedef struct {
    const char *address; /* of IPv4 or IPv6, or a path of a socket */
    unsigned    port;    /* 0: a socket */
    bool        tls;
    const char *host;
    const char *path;
} doctor_url_t;

typedef struct {
    int         status; /* 0: no answer, and error says why */
    const char *error;
    const char *body;
} doctor_answer_t;

doctor_answer_t doctor_get(const doctor_url_t *url);

/* apisec_doctor_live.c */

void doctor_ready(doctor_t *d);
void doctor_zones(doctor_t *d);


#endif /* APISEC_DOCTOR_H */
