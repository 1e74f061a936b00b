/*
 * apisec replay: what another configuration would have decided about requests
 * that are in the record, as far as the record tells.
 *
 * A check is decided anew by the stage of a configuration (apisec_stage.h)
 * where all that it looks at is recorded: the route, who was verified, from
 * where.  Where it is not (values, bodies, claims, counts), the recorded
 * decision stands when what the check does is the same in both configurations;
 * else it is unknown, and why is said.
 */

#ifndef APISEC_REPLAY_H
#define APISEC_REPLAY_H

#include "apisec_put.h"
#include "apisec_stage.h"


typedef enum {
    APISEC_CHECK_NGINX = 0, /* return, rewrite, ... */
    APISEC_CHECK_ACCESS,    /* allow, deny */
    APISEC_CHECK_CORS,
    APISEC_CHECK_BAN,
    APISEC_CHECK_AUTH,
    APISEC_CHECK_ROUTE, /* of the contract: path and method */
    APISEC_CHECK_REQUIRE,
    APISEC_CHECK_BIND,
    APISEC_CHECK_LIMIT,
    APISEC_CHECK_BODY,
    APISEC_CHECK_SCHEMA,
    APISEC_CHECK_WAF,
    APISEC_CHECK_BEHAVIOR,
    APISEC_CHECK_LEAK,
    APISEC_NCHECKS
} apisec_check_t;

typedef enum {
    APISEC_MODE_OFF = 0, /* in that order: the weaker one counts */
    APISEC_MODE_MONITOR,
    APISEC_MODE_ENFORCE,
    APISEC_MODE_VARIABLE
} apisec_mode_t;

/* What stands at a place of a configuration, by check. */

typedef struct {
    const api_conf_dir_t *dir; /* the location or server; NULL: nowhere */
    bool                  there[APISEC_NCHECKS];
    uint64_t              print[APISEC_NCHECKS];
    apisec_mode_t         mode[APISEC_NCHECKS];
    bool                  by_claims; /* api_bind reads more than is recorded */
} apisec_place_t;

#define APISEC_PLACES_MAX 4096

typedef struct {
    const char     *name; /* of the file */
    apisec_stage_t  stage;
    apisec_place_t *places;
    size_t          nplaces;
    bool            by_client; /* it looks at addresses */
    bool            by_who;    /* ... at who it is */
    unsigned        asked;     /* requests so far */
    const char     *scopes;    /* all that api_require asks for */
    cJSON          *keys;      /* API keys by store and principal */
} apisec_side_t;

typedef enum {
    APISEC_SAME = 0,
    APISEC_DIFFERENT,
    APISEC_UNKNOWN,
    APISEC_NRESULTS
} apisec_result_t;

/* What became of one request. */

typedef struct {
    apisec_result_t result;
    const char     *operation;
    const char     *what; /* "allow -> deny by bind", "waf: ..." */
} apisec_change_t;

#define APISEC_EXAMPLES 3
#define APISEC_GROUPS_MAX 2000

typedef struct {
    apisec_result_t result;
    char           *operation;
    char           *what;
    uint64_t        n;
    char           *examples[APISEC_EXAMPLES];
} apisec_group_t;

typedef struct {
    apisec_side_t  *a;
    apisec_side_t  *b; /* NULL: a against what is recorded */
    apisec_group_t *groups;
    size_t          ngroups;
    uint64_t        n[APISEC_NRESULTS];
    uint64_t        events;
    uint64_t        others; /* of another kind */
    uint64_t        broken; /* lines that are no event */
    uint64_t        left;   /* not looked at: --sample, --max */
} apisec_replay_t;


/* apisec_replay_place.c */

/* Where a request came to; *doubt is set when more than one place could be
   meant.  NULL: nowhere. */

const apisec_place_t *apisec_replay_place(apisec_side_t *side,
    const apisec_event_t *event, uint32_t *listen, const char **doubt);

void apisec_replay_cares(apisec_side_t *side);

/* apisec_replay_ask.c: the request as far as it is recorded, with keys of the
   stage.  APISEC_OK; APISEC_NO: it cannot be made, *why says why. */

int apisec_replay_ask(apisec_side_t *side, const apisec_side_t *from,
    const apisec_event_t *event, uint32_t listen, apisec_event_t *answer,
    const char **why);

/* The path with a value in the place of each pseudonym. */

const char *apisec_replay_path(api_span_t path, const char *value);
bool        apisec_replay_masked(api_span_t path);

/* apisec_replay_judge.c */

int apisec_replay_judge(apisec_replay_t *replay, const apisec_event_t *event,
    apisec_change_t *change);

/* apisec_replay_out.c */

extern const char *const apisec_replay_results[APISEC_NRESULTS];

void apisec_replay_count(apisec_replay_t *replay,
    const apisec_change_t *change, api_span_t support);
void apisec_replay_text(FILE *out, apisec_replay_t *replay);
void apisec_replay_json(FILE *out, apisec_replay_t *replay);


#endif /* APISEC_REPLAY_H */
