/*
 * For the files of the checks: what they ask of a location, and how they say
 * what they found.
 */

#ifndef API_LINT_INT_H
#define API_LINT_INT_H

#include "api_lint.h"


typedef void (*api_lint_run_pt)(api_lint_t *lint);

#define API_LINT_CHECK(name) void name(api_lint_t *lint)

API_LINT_CHECK(api_lint_auth_missing);
API_LINT_CHECK(api_lint_op_open);
API_LINT_CHECK(api_lint_no_contract);
API_LINT_CHECK(api_lint_shadowed);
API_LINT_CHECK(api_lint_two_ways);
API_LINT_CHECK(api_lint_normalised);
API_LINT_CHECK(api_lint_no_bind);
API_LINT_CHECK(api_lint_admin_scope);
API_LINT_CHECK(api_lint_additional);
API_LINT_CHECK(api_lint_response_schema);
API_LINT_CHECK(api_lint_unbounded);
API_LINT_CHECK(api_lint_no_limit);
API_LINT_CHECK(api_lint_flow);
API_LINT_CHECK(api_lint_ssrf);
API_LINT_CHECK(api_lint_tls);
API_LINT_CHECK(api_lint_cors);
API_LINT_CHECK(api_lint_jwt);
API_LINT_CHECK(api_lint_credentials);
API_LINT_CHECK(api_lint_weakened);
API_LINT_CHECK(api_lint_no_audit);
API_LINT_CHECK(api_lint_admin_open);
API_LINT_CHECK(api_lint_inventory);
API_LINT_CHECK(api_lint_spec_owner);
API_LINT_CHECK(api_lint_exceptions);
API_LINT_CHECK(api_lint_realip);
API_LINT_CHECK(api_lint_waf_global);
API_LINT_CHECK(api_lint_zone);
API_LINT_CHECK(api_lint_errors);
API_LINT_CHECK(api_lint_egress);
API_LINT_CHECK(api_lint_versions);
API_LINT_CHECK(api_lint_cache);
API_LINT_CHECK(api_lint_satisfy);
API_LINT_CHECK(api_lint_nested);
API_LINT_CHECK(api_lint_anonymous);
API_LINT_CHECK(api_lint_query_token);
API_LINT_CHECK(api_lint_key_age);
API_LINT_CHECK(api_lint_upstream_tls);


/* A finding about a directive, and about a place in a document.  The subject
   is what tells it from others of its check when lines have moved. */

void
api_lint_say(api_lint_t *lint, const api_conf_dir_t *d, api_span_t subject,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void api_lint_say_node(api_lint_t *lint, const api_lint_spec_t *spec,
    uint32_t line, api_span_t subject, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

#define S(span) (int) (span).len, (const char *) (span).data


/* The directive that holds, unless it says off. */

const api_conf_dir_t *
api_lint_on(const api_conf_dir_t *block, const char *name);

/* The directives of that name which add up in a block, from the inside out,
   up to an "off": iterate with d = NULL first, and *level = block. */

const api_conf_dir_t *api_lint_sum(
    const api_conf_dir_t **level, const api_conf_dir_t *d, const char *name);

bool api_lint_contains(api_span_t s, const char *word);
bool api_lint_contains_nocase(api_span_t s, const char *word);
bool api_lint_ends(api_span_t s, const char *end);

/* What hands requests on: proxy_pass and its like, in this block itself. */

const api_conf_dir_t *api_lint_upstream(const api_conf_dir_t *block);

/* Does anybody outside the machine reach the server; may anybody enter the
   location (no allow and deny all, no internal, no api_exposure internal). */

bool api_lint_is_public(const api_server_t *server);
bool api_lint_is_guarded(const api_conf_dir_t *block);

/* A loopback, private or unix address, with or without a port. */

bool api_lint_is_private(api_span_t address);

/* All locations: for (l = NULL; (l = api_lint_each(lint, l)); ). */

const api_loc_t *api_lint_each(const api_lint_t *lint, const api_loc_t *l);

/* The definition of that directive with that name in http. */

const api_conf_dir_t *api_lint_defined(
    const api_lint_t *lint, const char *directive, api_span_t name);

/* The document in force in a block, or NULL. */

const api_lint_spec_t *
api_lint_spec_of(const api_lint_t *lint, const api_conf_dir_t *block);

/*
 * Where requests of an operation go: the location that a path made of its
 * template leads to.  Walks over the servers that enforce the document, or,
 * when none names it, all with an upstream:
 *
 *     for (at.server = NULL; api_lint_route(lint, spec, op, &at); )
 */

typedef struct {
    const api_server_t   *server;
    const api_loc_t      *loc; /* NULL: none, the server itself */
    const api_conf_dir_t *block;
} api_lint_at_t;

bool api_lint_route(const api_lint_t *lint, const api_lint_spec_t *spec,
    const api_operation_t *op, api_lint_at_t *at);

/* The operation's object in the document, $ref of the path item followed. */

api_node_t
api_lint_op_node(const api_lint_spec_t *spec, const api_operation_t *op);

/* n, or what it refers to. */

api_node_t api_lint_deref(const api_lint_spec_t *spec, api_node_t n);

/* Calls visit for a schema and those in it (properties, items, allOf and so
   on), each once and at most some thousand; name is that of a property. */

typedef void (*api_lint_visit_pt)(api_lint_t *lint,
    const api_lint_spec_t *spec, const api_operation_t *op, api_node_t schema,
    api_span_t name, void *data);

void api_lint_schemas(api_lint_t *lint, const api_lint_spec_t *spec,
    const api_operation_t *op, api_node_t schema, api_lint_visit_pt visit,
    void *data);

/* Schemas of the JSON request body; and of successful responses. */

void api_lint_request(api_lint_t *lint, const api_lint_spec_t *spec,
    const api_operation_t *op, api_lint_visit_pt visit, void *data);
void api_lint_response(api_lint_t *lint, const api_lint_spec_t *spec,
    const api_operation_t *op, api_lint_visit_pt visit, void *data);

/* "2026-11-26" as Unix time of its end; false: no date. */

bool api_lint_date(api_span_t s, int64_t *t);


#endif /* API_LINT_INT_H */
