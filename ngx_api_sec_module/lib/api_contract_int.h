/* Between the files that check a request. */

#ifndef API_CONTRACT_INT_H
#define API_CONTRACT_INT_H

#include "api_contract.h"
#include "api_style.h"


typedef struct {
    const api_openapi_t       *spec;
    const api_contract_opts_t *opts;
    api_arena_t               *arena;
    api_verdict_t             *verdict;
    api_schema_direction_t     direction;
    const api_op_rules_t      *rules;
    const api_field_t         *fields; /* of the message */
    size_t                     nfields;
    bool                       decoded; /* the path is */
    api_fault_t               *faults;
    uint32_t                   nfaults, max;
    int                        rc; /* API_NOMEM once it happened */
} api_contract_run_t;

void api_contract_init(api_contract_run_t *run, const api_openapi_t *spec,
    const api_contract_opts_t *opts, api_arena_t *arena,
    api_verdict_t *verdict);
int  api_contract_done(api_contract_run_t *run);

/* The first fault decides the status. */

void api_contract_fault(api_contract_run_t *run, unsigned status,
    const char *code, api_in_t in, api_span_t name, const char *keyword,
    const char *fmt, ...) __attribute__((format(printf, 7, 8)));

/* Validate what stands on a tape; faults are of `in` and `name`, pointers
   begin behind `token` of the tape. */

void api_contract_validate(api_contract_run_t *run, unsigned status,
    const char *code, api_in_t in, api_span_t name, uint32_t entry,
    const api_json_t *json);

/* The fields of that name: how many there are, and the first one's value. */

uint32_t api_contract_field(
    const api_contract_run_t *run, api_span_t name, api_span_t *value);

/* Is there a field that a gateway interface takes for this one: with "_" where
   the name has "-"? */

bool api_contract_twin(const api_contract_run_t *run, api_span_t name);

static inline bool
api_contract_overrides(const api_contract_run_t *run, api_span_t name)
{
    return run->opts->deny_override && api_span_eq(name, API_SPAN("_method"));
}

/* Of a form, a field that no rule is for: true, with a fault, when it is such
   a one, or when nobody knows it. */

bool api_contract_refuses(api_contract_run_t *run,
    const api_media_rule_t *rule, api_span_t name, uint32_t entry);

/* May more faults be noted? */

static inline bool
api_contract_goes_on(const api_contract_run_t *run)
{
    return run->rc == API_OK && run->nfaults < run->max;
}

void api_contract_params(api_contract_run_t *run, const api_path_t *path);

bool api_contract_is_key(
    const api_contract_run_t *run, api_in_t in, api_span_t name);
void api_contract_missing(api_contract_run_t *run, const api_param_t *param);
void api_contract_headers(api_contract_run_t *run);

/* One header against its rule, among the fields of the run. */

void api_contract_header(api_contract_run_t *run, const api_param_t *param);

/* One parameter that stands in one piece. */

void api_contract_piece(api_contract_run_t *run, const api_param_t *param,
    api_span_t raw, bool decode, bool plus);

/* The best of the media types that are declared; NULL: none covers it. */

const api_media_rule_t *api_contract_rule(
    const api_media_rule_t *const *media, uint32_t n, const api_media_t *type);

/* The rule of the declared media type, and that type; NULL, with a fault,
   where there is none. */

const api_media_rule_t *api_contract_media(api_contract_run_t *run,
    const api_media_rule_t *const *media, uint32_t nmedia, api_span_t *text,
    api_media_t *type);

void api_contract_body(api_contract_run_t *run,
    const api_media_rule_t *const *media, uint32_t nmedia, api_span_t body,
    const api_json_t *json);

void api_contract_form(
    api_contract_run_t *run, const api_media_rule_t *rule, api_span_t body);
void api_contract_form_semicolons(api_contract_run_t *run,
    const api_media_rule_t *rule, const api_pairs_t *pairs);
void api_contract_multipart(api_contract_run_t *run,
    const api_media_rule_t *rule, api_span_t type, api_span_t body);

/* Bytes as a string on a tape: each byte a character of its own, so that
   lengths are counted in bytes. */

void
api_contract_bytes(api_contract_run_t *run, api_tape_t *tape, api_span_t body);

/* A JSON text; false, with a fault, when it is none. */

bool api_contract_json(api_contract_run_t *run, api_in_t in, api_span_t name,
    api_span_t text, api_json_t *json);


#endif /* API_CONTRACT_INT_H */
