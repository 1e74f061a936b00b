/*
 * Looks for what leaves an API open: in the configuration, in the OpenAPI
 * documents it enforces, in the inventory of what was served, and where these
 * three contradict each other.
 *
 *     api_lint_run(&lint);
 *     for (f = lint.first; f; f = f->next) ...
 *
 * A check is a row of api_lint_checks and one function.  A check has a page,
 * docs/checks/ID.md, and tests have a bad and a good configuration for it.
 * Ids are never given to anything else.
 *
 * Reads nothing: files, clock and versions are given.  All that is made lives
 * in the arena.
 */

#ifndef API_LINT_H
#define API_LINT_H

#include "api_doc.h"
#include "api_inventory_report.h"
#include "api_openapi.h"
#include "api_site.h"


typedef enum {
    API_LINT_LOW = 0,
    API_LINT_MEDIUM,
    API_LINT_HIGH,
    API_LINT_NSEVERITIES
} api_lint_severity_t;

const char *api_lint_severity_name(unsigned severity);

/* The severity of that name, or API_LINT_NSEVERITIES. */

unsigned api_lint_severity_of(api_span_t name);


typedef struct api_lint_s api_lint_t;

typedef struct {
    const char         *id;   /* "C01" */
    const char         *name; /* "auth-missing" */
    api_lint_severity_t severity;
    const char         *owasp; /* "API2:2023"; "": none */
    const char         *title;
    const char         *remedy;
    void (*run)(api_lint_t *lint);
} api_lint_check_t;

/* Up to one without an id. */

extern const api_lint_check_t api_lint_checks[];


typedef struct api_lint_finding_s api_lint_finding_t;

struct api_lint_finding_s {
    const api_lint_check_t *check;
    api_span_t              file; /* of what it is about */
    uint32_t                line;
    api_span_t              subject; /* what stays the same when lines move */
    api_span_t              text;
    api_lint_finding_t     *next;
    bool                    old; /* the baseline has it; set by the caller */
};


/* A document of api_schema_spec, or given beside the configuration. */

typedef struct api_lint_spec_s api_lint_spec_t;

struct api_lint_spec_s {
    api_span_t            name; /* as api_schema calls it */
    api_span_t            file;
    const api_conf_dir_t *dir; /* NULL: not of the configuration */
    api_openapi_t        *api; /* NULL: it cannot be compiled */
    api_docs_t           *docs;
    api_node_t            root;
    bool                  differs; /* from the file of the configuration */
    api_lint_spec_t      *next;
};

/* A secret or key that the configuration names. */

typedef struct api_lint_file_s api_lint_file_t;

struct api_lint_file_s {
    const api_conf_dir_t *dir;
    api_span_t            path;
    bool                  secret;
    bool                  missing;
    uint32_t              mode;
    int64_t               changed; /* Unix time */
    api_lint_file_t      *next;
};

/* A program whose releases are known to be vulnerable. */

typedef struct {
    const char *program; /* "nginx" */
    const char *before;  /* the first release that is not */
    const char *what;
} api_lint_advisory_t;

typedef struct {
    const char *program;
    api_span_t  version;
} api_lint_version_t;


struct api_lint_s {
    const api_site_t          *site;
    const api_lint_spec_t     *specs;
    const api_lint_file_t     *files;
    const api_inventory_t     *inventory;  /* NULL: not at hand */
    const api_lint_advisory_t *advisories; /* of the versions that are given */
    size_t                     nadvisories;
    const api_lint_version_t  *versions;
    size_t                     nversions;
    int64_t                    now;
    int64_t      key_age; /* seconds a key may be old; 0: a year */
    api_arena_t *arena;

    /* what comes of it */

    const api_lint_check_t *check; /* that runs */
    api_lint_finding_t     *first;
    api_lint_finding_t     *last;
    uint32_t                n;
    bool                    nomem;
    void                   *scratch; /* of walks over schemas */
};

/* All checks, in their order.  False: memory ran out, findings are missing. */

bool api_lint_run(api_lint_t *lint);


#endif /* API_LINT_H */
