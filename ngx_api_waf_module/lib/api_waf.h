/*
 * The WAF engine: runs a program of rules (api_seclang.h) over one request.
 *
 *     api_seclang_finish(s, &program, &err);           once, at load
 *     api_waf_view_create(&view, program, &conf, ...);  once a location
 *
 *     tx = api_waf_tx_create(view, &values, &env, &arena);     a request
 *     fill values with what is known before the body
 *     rc = api_waf_tx_run(tx, 1, slice)
 *     s = api_waf_tx_settings(tx); parse the body as s says; fill values
 *     rc = api_waf_tx_run(tx, 2, slice)
 *     ... 3 and 4 where api_waf_program_phases() says so, 5 at the log
 *
 * Phases run as ModSecurity v3 runs them: rules in the order of the files,
 * whole chains, transformations in order, setvar at each match, one
 * disruptive action ends the phase.  Verdict, matching rules and TX are the
 * same; where they are not, docs/guide/waf-seclang.md says so.
 *
 * Program and view are const and shared by all requests, workers and
 * threads.  A transaction belongs to one request, takes all memory from its
 * arena and needs no destruction; the arena's cap bounds it.  Memory for a
 * value that then does not match is given back at once: the allocator behind
 * the arena should be one that frees, not a pool.
 */

#ifndef API_WAF_H
#define API_WAF_H

#include "api_siphash.h"
#include "api_waf_value.h"


typedef struct api_waf_program_s api_waf_program_t;
typedef struct api_waf_view_s    api_waf_view_t;
typedef struct api_waf_tx_s      api_waf_tx_t;
typedef struct api_waf_trace_s   api_waf_trace_t;

typedef enum {
    API_WAF_REQUEST_HEADERS_PHASE = 1,
    API_WAF_REQUEST_BODY_PHASE = 2,
    API_WAF_RESPONSE_HEADERS_PHASE = 3,
    API_WAF_RESPONSE_BODY_PHASE = 4,
    API_WAF_LOGGING_PHASE = 5,
    API_WAF_NPHASES = 6 /* [0] is not used */
} api_waf_phase_t;

typedef enum {
    API_WAF_ENGINE_OFF = 0,
    API_WAF_ENGINE_DETECT, /* match, score, log, never refuse */
    API_WAF_ENGINE_ON
} api_waf_engine_t;


/* Work a request may cost when nobody says otherwise, in bytes looked at by
   the cheapest operator (api_operator.h): about half a second. */

#define API_WAF_BUDGET UINT64_C(500000000)


/*
 * Settings of the rule files (SecRequestBodyAccess and the like), then what
 * ctl made of them for this request.  Sizes are bytes; 0: not said.
 */

typedef enum {
    API_WAF_BODY_NONE = 0, /* by content type: form and multipart only */
    API_WAF_BODY_URLENCODED,
    API_WAF_BODY_JSON,
    API_WAF_BODY_XML,
    API_WAF_BODY_MULTIPART
} api_waf_body_t;

typedef struct {
    api_waf_engine_t engine;
    bool             engine_said; /* SecRuleEngine or ctl:ruleEngine */
    bool             request_body;
    bool             response_body;
    bool             response_body_reject;
    bool             force_request_body; /* ctl:forceRequestBodyVariable */
    bool             audit;              /* ctl:auditEngine is not Off */
    api_waf_body_t   body;               /* ctl:requestBodyProcessor */
    uint32_t         args;               /* SecArgumentsLimit */
    uint32_t         json_depth;
    size_t           response_body_limit;
    api_span_t       response_types; /* "text/html text/plain", lower case */
    uint8_t          separator;      /* SecArgumentSeparator, '&' */
    const void      *unicode_map;    /* api_transform.h; NULL: none */
    bool             full_request;   /* something names FULL_REQUEST */
    bool             duration;       /* ... DURATION */
    bool             unpacked;       /* ... ARGS_UNPACKED, or its names */
    uint32_t         collection_timeout; /* SecCollectionTimeout; 0: unsaid */
} api_waf_settings_t;

const api_waf_settings_t *api_waf_program_settings(const api_waf_program_t *p);

/* The paranoia level that the files ask for, by CRS's names of TX; 1 when they
   say nothing. */

uint32_t api_waf_program_level(const api_waf_program_t *p);

/* Bit n: phase n has rules that are not removed. */

unsigned api_waf_program_phases(const api_waf_program_t *p);

/* Rules, chain links not counted; the rule of an id, or none. */

typedef struct {
    uint32_t    id;
    uint32_t    line;
    const char *file;
    uint8_t     phase;
    uint8_t     severity; /* 0 .. 7; 255: none */
    uint8_t     links;    /* of its chain; 0: no chain */
    uint8_t     level;    /* of paranoia, from which on it runs; 0: always */
    bool        removed;
    api_span_t  msg; /* as written, macros not expanded */
    uint32_t    ntags;
} api_waf_rule_info_t;

uint32_t api_waf_program_rules(const api_waf_program_t *p);
void     api_waf_program_rule(
        const api_waf_program_t *p, uint32_t i, api_waf_rule_info_t *info);

/* Tag n of rule i; the rule of an id. */

api_span_t
api_waf_program_tag(const api_waf_program_t *p, uint32_t i, uint32_t n);
bool
api_waf_program_find(const api_waf_program_t *p, uint32_t id, uint32_t *i);


/*
 * A view: the program as one location sees it, without a copy.
 *
 * paranoia sets tx.paranoia_level, tx.executing_paranoia_level,
 * tx.blocking_paranoia_level and tx.detection_paranoia_level; in and out set
 * tx.inbound_anomaly_score_threshold and its outbound twin: in place of what
 * rules of the program set.  0: as the program says.
 *
 * An exclusion takes rules out (target empty), or one target of theirs:
 * "ARGS:password", "REQUEST_COOKIES:/^_ga/", "ARGS".
 */

typedef enum {
    API_WAF_BY_ID = 0, /* "942100" or "942000-942999" */
    API_WAF_BY_TAG,    /* whole tag */
    API_WAF_BY_MSG     /* whole message */
} api_waf_by_t;

typedef struct {
    api_waf_by_t by;
    api_span_t   what;
    api_span_t   target;
} api_waf_exclude_t;

typedef struct {
    uint32_t                 paranoia; /* 1 .. 4 */
    uint32_t                 in;
    uint32_t                 out;
    const api_waf_exclude_t *exclude;
    size_t                   nexclude;
} api_waf_view_conf_t;

/*
 * conf NULL: the program as it is.  API_OK; API_INVALID with a sentence when
 * an exclusion names no rule or no variable, or a level is out of range;
 * API_NOMEM.  The spans of conf are copied.  Lives as long as alloc's memory.
 */

int api_waf_view_create(const api_waf_view_t **view,
    const api_waf_program_t *program, const api_waf_view_conf_t *conf,
    const api_alloc_t *alloc, api_err_t *err);

/* For an alloc that frees; NULL is fine. */

void api_waf_view_free(const api_waf_view_t *view);

const api_waf_program_t *api_waf_view_program(const api_waf_view_t *view);

/*
 * What 1024 bytes of a benign document cost under the view, in work units: the
 * yardstick for what a request may cost.  Runs its rules on documents of its
 * own (values, a long text, base64: the dearest counts), in memory that goes
 * back.  API_OK or API_NOMEM.
 */

int api_waf_view_gauge(
    const api_waf_view_t *view, const api_alloc_t *alloc, uint64_t *units);


/*
 * Collections that outlive a request: IP, GLOBAL, RESOURCE, SESSION, USER.
 * `key` is what initcol said (an address); names are lower case.
 *
 * get: into a buffer of *len bytes; API_OK with *len, API_INVALID when it is
 * not there (or has expired).  Values are at most API_WAF_STORE_VALUE bytes.
 * add: the number there (0 when none) plus delta, atomically; *sum is the
 * new one.  set: value.data NULL takes it away; expires 0: as it was, or the
 * store's own time-out.  touch: sets when the member expires.
 * A store that is full says API_LIMIT, which the engine counts and passes.
 */

#define API_WAF_STORE_VALUE 255

typedef struct {
    int (*get)(void *ctx, api_waf_var_t var, api_span_t key, api_span_t name,
        char *buf, size_t *len);
    int (*set)(void *ctx, api_waf_var_t var, api_span_t key, api_span_t name,
        api_span_t value);
    int (*add)(void *ctx, api_waf_var_t var, api_span_t key, api_span_t name,
        int64_t delta, int64_t *sum);
    int (*touch)(void *ctx, api_waf_var_t var, api_span_t key, api_span_t name,
        int64_t expires);
    void *ctx;
} api_waf_store_t;


/* What a transaction is told from outside. */

typedef struct {
    int64_t  now;        /* seconds since 1970 */
    int64_t  duration;   /* microseconds since the request began, DURATION;
                            may be set anew before each phase */
    int32_t  utc_offset; /* of local time, seconds, for TIME_* */
    uint64_t budget;     /* work units a request; 0: API_WAF_BUDGET */

    /* enforce, monitor: over what rules and ctl say.  OFF: theirs decides. */

    api_waf_engine_t engine;

    const api_waf_store_t *store; /* NULL: such collections stay empty */

    /* What matching works in, one a thread: api_operator.h, and
       api_waf_scratch_create. */

    struct api_scratch_s          *scratch;
    struct api_waf_scan_scratch_s *scan; /* NULL: rules one by one */

    api_sipkey_t seed; /* random; hashes names that clients choose */

    /* Called at each match with what apisec waf explain shows; NULL: none.
       What is made of long values holds until it returns */

    void (*trace)(void *ctx, const api_waf_trace_t *t);
    void *trace_ctx;
} api_waf_env_t;

/*
 * NULL when the arena has no room.  values and env must live as long; values
 * may grow between phases, never shrink.
 */

api_waf_tx_t *api_waf_tx_create(const api_waf_view_t *view,
    api_waf_values_t *values, const api_waf_env_t *env, api_arena_t *arena);

/* The request may cost more units: there is more of it to look at. */

void api_waf_tx_grant(api_waf_tx_t *tx, uint64_t units);

/* Take the rule of that id out, before the first phase; one that the program
   does not have is none.  False: no memory. */

bool api_waf_tx_remove(api_waf_tx_t *tx, uint32_t id);

/* As they are now, after ctl. */

const api_waf_settings_t *api_waf_tx_settings(const api_waf_tx_t *tx);


/*
 * Run a phase, at most about `slice` work units of it (0: to its end); a
 * unit is about one byte looked at once, a nanosecond.  API_WAF_AGAIN: call
 * it again with the same phase after other requests had their turn.
 */

typedef enum {
    API_WAF_PASS = 0, /* the phase is over, go on */
    API_WAF_AGAIN,
    API_WAF_DENY,  /* status, or redirect, in the verdict */
    API_WAF_DROP,  /* close the connection */
    API_WAF_FAILED /* no memory, or over the budget: refuse in enforce */
} api_waf_rc_t;

api_waf_rc_t
api_waf_tx_run(api_waf_tx_t *tx, api_waf_phase_t phase, uint64_t slice);


/* The outcome; may be asked for at any time. */

typedef struct {
    api_waf_rc_t rc;     /* of the phase that decided, else PASS */
    uint16_t     status; /* 403, unless a rule said otherwise */
    uint8_t      phase;
    uint32_t     id;       /* the rule that decided; 0: none */
    api_span_t   location; /* of redirect; data NULL: none */
    api_span_t   msg;      /* expanded */
    const char  *failure;  /* of API_WAF_FAILED */
    bool         over;     /* ... more work than it may be */

    /* A rule would have, were the engine on: same fields */

    bool would; /* engine is detect, a disruptive action was due */
} api_waf_verdict_t;

void api_waf_tx_verdict(const api_waf_tx_t *tx, api_waf_verdict_t *verdict);

/* tx.anomaly_score as CRS 3 and 4 keep it; 0 when no rule counts. */

int64_t api_waf_tx_score(const api_waf_tx_t *tx, bool outbound);

/* TX by name, any case; data NULL: not set. */

api_span_t api_waf_tx_get(const api_waf_tx_t *tx, api_span_t name);


/*
 * Rules that matched, in order; those with nolog have log false.  At most
 * API_WAF_MATCHES are kept, all are counted.  Spans are of the arena or the
 * program.  var_name is "ARGS:q"; value is what the operator saw (of what was
 * made of a long value, 2048 bytes at least), which may be secret: logdata and
 * value are for operators who ask, not for logs.
 */

#define API_WAF_MATCHES 256

typedef struct {
    uint32_t   rule; /* the same for all of a chain, and only for it */
    uint32_t   id;
    uint8_t    phase;
    uint8_t    severity;
    bool       log;
    api_span_t msg;
    api_span_t logdata;
    api_span_t var_name;
    api_span_t value;
} api_waf_match_t;

size_t                 api_waf_tx_matches(const api_waf_tx_t *tx);
const api_waf_match_t *api_waf_tx_match(const api_waf_tx_t *tx, size_t i);
uint64_t               api_waf_tx_matched(const api_waf_tx_t *tx);

/* The first of them from i on that is to be logged, or how many there are. */

size_t api_waf_tx_logged(const api_waf_tx_t *tx, size_t i);

/* Work units used so far. */

uint64_t api_waf_tx_work(const api_waf_tx_t *tx);


/* One match of one operator, also within a chain that then fails. */

struct api_waf_trace_s {
    uint32_t   rule;
    uint32_t   id;
    uint8_t    link; /* 0: the rule itself, n: n-th link of its chain */
    uint8_t    phase;
    api_span_t var_name;
    api_span_t value;       /* as it came */
    api_span_t transformed; /* as the operator saw it */
    api_span_t chain;       /* "urlDecodeUni,lowercase" */
    api_span_t op;          /* "@rx", "!@within" */
    bool       whole;       /* the rule has matched with its whole chain */
    bool       log;         /* then: not nolog */
    api_span_t msg;         /* then; expanded */
    api_span_t logdata;
    uint8_t    severity;
    int64_t    score; /* inbound, then */
};


#endif /* API_WAF_H */
