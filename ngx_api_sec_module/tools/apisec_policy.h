/*
 * apisec policy test: a table of requests and what has to become of each,
 * against a stage (apisec_stage.h).
 */

#ifndef APISEC_POLICY_H
#define APISEC_POLICY_H

#include "apisec_put.h"
#include "apisec_stage.h"

#include "api_doc.h"


/* One request of a case. */

typedef struct {
    api_node_t   node;
    const char  *text; /* METHOD URL */
    apisec_ask_t ask;
    bool         dpop; /* the scheme in which its token is sent */
    api_node_t   expect;
    unsigned     repeat;

    bool           asked;
    apisec_reply_t reply;
    apisec_event_t event;   /* of the last one */
    unsigned       allowed; /* how many were not refused */
    const char   **faults;  /* what is not as expected */
    size_t         nfaults;
} apisec_step_t;

typedef struct {
    const char    *name;
    uint32_t       line;
    bool           chosen;
    int64_t        shift; /* of the clock */
    apisec_step_t *steps;
    size_t         nsteps;
    bool           failed;
    int64_t        ms;
} apisec_policy_case_t;

typedef struct {
    const char           *file;
    const char           *folder; /* of it, with its slash; or "" */
    api_docs_t           *docs;
    api_node_t            root;
    apisec_stage_t        stage;
    apisec_policy_case_t *cases;
    size_t                ncases;
    size_t                nfailed;
    size_t                nrun;
} apisec_policy_t;


/* apisec_policy_file.c: the file, all but its requests; then these, for which
   keys and tokens are made.  APISEC_OK, or it was said what is wrong. */

int apisec_policy_read(apisec_policy_t *policy, const char *file);
int apisec_policy_cases(apisec_policy_t *policy);

/* "FILE:LINE: ...", APISEC_USAGE. */

int apisec_policy_wrong(const apisec_policy_t *policy, api_node_t at,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Is every member one of these words?  Else the one that is not is told. */

int apisec_policy_members(
    const apisec_policy_t *policy, api_node_t node, const char *words);

/* A member as text; NULL: there is none. */

const char *apisec_node_text(api_node_t node, const char *name);

/* A value as JSON; none is JSON too: null.  NULL: a text has \u0000 in it,
   which cannot be sent from here. */

const char *apisec_node_json(api_node_t node);

/* apisec_policy_request.c: request, headers, body of a step. */

int apisec_policy_request(apisec_policy_t *policy, apisec_step_t *step);

void
apisec_policy_field(apisec_step_t *step, const char *name, const char *value);

/* apisec_policy_who.c: `as` of a step, at a clock that is ahead. */

int
apisec_policy_who(apisec_policy_t *policy, apisec_step_t *step, int64_t shift);

/* apisec_policy_bound.c: `bound` and `proof` of a token that `of`, a directive
   of the configuration, is about: what its claim cnf has to be (NULL: it is
   not bound), and how it is sent, which the next one does. */

int apisec_policy_bound(apisec_policy_t *policy, apisec_step_t *step,
    api_node_t who, const api_conf_dir_t *of, const char **cnf);

void apisec_policy_present(apisec_step_t *step, const char *token);

/* apisec_policy_expect.c: is `expect` well made; what is not as it says, into
   faults. */

int  apisec_policy_expect(const apisec_policy_t *policy, api_node_t expect);
void apisec_policy_judge(apisec_step_t *step);

/* apisec_policy_out.c */

typedef void (*apisec_policy_write_pt)(
    FILE *out, const apisec_policy_t *policy);

void apisec_policy_text(FILE *out, const apisec_policy_t *policy);
void apisec_policy_json(FILE *out, const apisec_policy_t *policy);
void apisec_policy_junit(FILE *out, const apisec_policy_t *policy);


#endif /* APISEC_POLICY_H */
