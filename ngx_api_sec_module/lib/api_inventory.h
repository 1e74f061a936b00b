/*
 * The inventory: which operations an API really serves, and what is known of
 * each, in a fixed piece of shared memory.
 *
 * An operation is (host, method, template of the path).  Those of a contract
 * are told by name.  The others are learned from paths that an upstream has
 * served: identifiers become parameters by their characters, and by the number
 * of like siblings; names stay.  What nobody serves is never learned, so a
 * scanner fills nothing; what is learned is bounded, and what does not fit is
 * counted as `other`.
 *
 *     api_inventory_init(mem, size, &key)         once, in new memory
 *     inv = api_inventory_at(mem, size)           in each process
 *
 *     op = api_inventory_documented(inv, &what, &missing);    no lock
 *     op = api_inventory_learn(inv, &path, &rules, ...);      under a lock
 *     api_inventory_see(inv, op, &seen);                      no lock
 *
 * Positions instead of pointers throughout: the memory may be copied, written
 * to a file and mapped elsewhere.  Counters are added to atomically by any
 * number of processes.  What changes the shape (learning, a new documented
 * operation, merging) is done under a lock that the caller has; a process that
 * dies in the middle of it leaves a mark, and the next who has the lock drops
 * what was not learned yet: operations and their counts stay.
 *
 * An operation is 920 bytes with all counters, its names some 100 more.
 */

#ifndef API_INVENTORY_H
#define API_INVENTORY_H

#include "api_hll.h"
#include "api_segment.h"
#include "api_siphash.h"


typedef struct api_inventory_s api_inventory_t;

/* Number of an operation; 0: that of all that have no place. */

typedef uint32_t api_inv_op_t;

#define API_INV_OTHER 0
#define API_INV_NONE UINT32_MAX

#define API_INV_METHODS 8 /* those of api_openapi.h, in its order */
#define API_INV_TEMPLATE 512
#define API_INV_HOST 255
#define API_INV_SEGMENTS 16
#define API_INV_PARAMS 12
#define API_INV_PARAM_NAME 23

/* Bounds of the histograms: milliseconds, bytes. */

#define API_INV_TIMES 12
#define API_INV_SIZES 6

extern const int64_t api_inv_time_bounds[API_INV_TIMES];
extern const int64_t api_inv_size_bounds[API_INV_SIZES];

/* Counted statuses: classes, and four of their own. */

typedef enum {
    API_INV_1XX = 0,
    API_INV_2XX,
    API_INV_3XX,
    API_INV_4XX,
    API_INV_5XX,
    API_INV_401,
    API_INV_403,
    API_INV_404,
    API_INV_429,
    API_INV_NSTATUS
} api_inv_status_t;

/* How callers proved who they are, as bits. */

typedef enum {
    API_INV_AUTH_NONE = 0,
    API_INV_AUTH_JWT,
    API_INV_AUTH_KEY,
    API_INV_AUTH_MTLS,
    API_INV_AUTH_INTROSPECT,
    API_INV_AUTH_BASIC, /* seen, not verified by us, as the next two */
    API_INV_AUTH_BEARER,
    API_INV_AUTH_COOKIE,
    API_INV_NAUTH
} api_inv_auth_t;

const char *api_inv_auth_name(unsigned auth);

/* Content types, as bits. */

typedef enum {
    API_INV_TYPE_NONE = 0,
    API_INV_TYPE_JSON,
    API_INV_TYPE_FORM,
    API_INV_TYPE_MULTIPART,
    API_INV_TYPE_XML,
    API_INV_TYPE_HTML,
    API_INV_TYPE_TEXT,
    API_INV_TYPE_GRPC,
    API_INV_TYPE_EVENTS,
    API_INV_TYPE_BINARY, /* and all others */
    API_INV_NTYPES
} api_inv_type_t;

const char *api_inv_type_name(unsigned type);
unsigned    api_inv_type_of(api_span_t content_type);

/* Where a parameter or field stands. */

typedef enum {
    API_INV_QUERY = 1,
    API_INV_BODY,    /* a member of the request's object, or a form field */
    API_INV_RESPONSE /* known only for what is sensitive in it */
} api_inv_place_t;


/* Memory for so many operations and nodes of learning. */

size_t api_inventory_size(uint32_t ops, uint32_t nodes);

/*
 * As many operations as fit beside `nodes` of learning (0: a fifth of the
 * memory).  API_OK, or API_LIMIT when not even 8 operations do.  now: Unix
 * time, from when on it has been looking.
 */

int api_inventory_init(void *mem, size_t size, uint32_t nodes,
    const uint8_t key[16], int64_t now);

/* What is at mem; NULL when it is none, of another release or size, or does
   not hold together: it may come from a file. */

api_inventory_t *api_inventory_at(void *mem, size_t size);

api_sipkey_t api_inventory_key(const api_inventory_t *inv);
size_t       api_inventory_bytes(const api_inventory_t *inv);


/* A documented operation, as a contract has it. */

typedef struct {
    api_span_t host;
    api_span_t template; /* of the path, with {names} */
    unsigned method;     /* below API_INV_METHODS */
} api_inv_what_t;

typedef struct {
    api_span_t spec;     /* name of the contract */
    api_span_t owner;    /* or empty */
    uint32_t   revision; /* of the document */
    bool       deprecated;
} api_inv_doc_t;

/*
 * Its operation, API_INV_NONE when it has none yet: then api_inventory_enter,
 * under the lock; that of others when it is full.
 */

api_inv_op_t
api_inventory_find(const api_inventory_t *inv, const api_inv_what_t *what);
api_inv_op_t api_inventory_enter(api_inventory_t *inv,
    const api_inv_what_t *what, const api_inv_doc_t *doc, int64_t now);

/* Whose it is where no document says so: of a policy.  Under the lock. */

void
api_inventory_own(api_inventory_t *inv, api_inv_op_t op, api_span_t owner);

api_span_t api_inventory_owner(const api_inventory_t *inv, api_inv_op_t op);

/*
 * Drop operations that were learned and that nobody has called since `before`
 * (Unix time), and what the tree has of them; those of contracts stay.  Under
 * the lock.  Returns how many went.
 */

uint32_t api_inventory_forget(api_inventory_t *inv, int64_t before);

/* Is what is written of it still so?  Else api_inventory_enter once more. */

bool api_inventory_current(
    const api_inventory_t *inv, api_inv_op_t op, const api_inv_doc_t *doc);


/* Learning. */

typedef struct {
    uint32_t group;    /* like siblings that make a parameter: 12 */
    uint32_t min_hits; /* of a candidate, before it is an operation: 20 */
    uint32_t min_span; /* seconds, or two callers: 600 */
} api_inv_rules_t;

typedef struct {
    api_span_t host; /* of the server's configuration, not of the client */
    api_span_t path; /* raw, without the query; begins with / */
    unsigned   method;
    bool       served; /* an upstream has answered 2xx or 304 */
    uint64_t   who;    /* a hash of who called, 0: nobody known */
    int64_t    now;
} api_inv_path_t;

/*
 * The operation of a path; under the lock.  What is not served changes
 * nothing, and belongs to an operation that is known already, or to `other`.
 */

api_inv_op_t api_inventory_learn(api_inventory_t *inv,
    const api_inv_path_t *path, const api_inv_rules_t *rules);


/* A request that has ended. */

typedef struct {
    int64_t  now;
    unsigned status;
    unsigned auth; /* api_inv_auth_t */
    unsigned type_in, type_out;
    uint64_t bytes_in, bytes_out;
    int64_t  ms;
    uint64_t principal; /* keyed hashes; 0: none */
    uint64_t object;
    uint32_t classes_in, classes_out; /* of api_sensitive.h */
} api_inv_seen_t;

void api_inventory_see(
    api_inventory_t *inv, api_inv_op_t op, const api_inv_seen_t *seen);

/*
 * A parameter of a request that succeeded, its type, and classes of sensitive
 * data in it.  A name that is longer than API_INV_PARAM_NAME, or no text, is
 * counted, and not named.
 */

void api_inventory_param(api_inventory_t *inv, api_inv_op_t op, unsigned place,
    api_span_t name, unsigned type, uint32_t classes);


/* Reading: a copy that no longer changes. */

typedef struct {
    char       name[API_INV_PARAM_NAME + 1];
    unsigned   place;
    uint32_t   types; /* bits of api_segment_t */
    uint32_t   classes;
    uint32_t   count;
    api_span_t span; /* name */
} api_inv_param_t;

typedef struct {
    api_inv_op_t    op;
    uint64_t        id; /* stable over restarts and machines */
    api_span_t      host, template;
    unsigned        method;
    bool            documented; /* by a contract, when it was entered */
    bool            deprecated;
    api_span_t      spec, owner;
    uint32_t        revision;
    int64_t         first_seen, last_seen; /* 0: never */
    uint64_t        status[API_INV_NSTATUS];
    uint64_t        open_success; /* 2xx without any credential */
    uint64_t        auth_success; /* ... with one */
    uint32_t        auth;         /* bits */
    uint32_t        types_in, types_out;
    uint32_t        classes_in, classes_out;
    uint64_t        bytes_in, bytes_out;
    uint64_t        ms; /* sum */
    uint32_t        times[API_INV_TIMES + 1];
    uint32_t        sizes_in[API_INV_SIZES + 1];
    uint32_t        sizes_out[API_INV_SIZES + 1];
    uint32_t        principals, objects; /* about */
    api_inv_param_t params[API_INV_PARAMS];
    unsigned        nparams;
    uint32_t        unnamed; /* parameters that found no place */
    uint32_t        segment[API_INV_SEGMENTS]; /* types of {parameters} */
} api_inv_view_t;

/* Operation number op, from 1 up to api_inventory_top; false: it is none. */

api_inv_op_t api_inventory_top(const api_inventory_t *inv);
bool         api_inventory_view(
            const api_inventory_t *inv, api_inv_op_t op, api_inv_view_t *view);

/* Its names alone, and its contract; cheaper. */

bool api_inventory_what(const api_inventory_t *inv, api_inv_op_t op,
    api_inv_what_t *what, api_span_t *spec);

/* What is counted of it, for metrics. */

typedef struct {
    uint64_t status[API_INV_5XX + 1];
    uint64_t ms;
    uint32_t times[API_INV_TIMES + 1];
    uint32_t classes_in, classes_out;
} api_inv_counts_t;

void api_inventory_counts(
    const api_inventory_t *inv, api_inv_op_t op, api_inv_counts_t *counts);

uint64_t api_inv_requests(const api_inv_view_t *view);

/* The id of an operation, 0 for that of others. */

uint64_t api_inventory_id(const api_inventory_t *inv, api_inv_op_t op);

typedef struct {
    int64_t  since; /* has been looking */
    uint32_t ops, max_ops;
    uint32_t nodes, max_nodes;
    uint64_t strings, max_strings;
    uint64_t overflow; /* what found no room */
    uint64_t evicted;
    uint64_t forgotten; /* operations that nobody called for long */
    uint64_t other;     /* requests of no operation */
    uint64_t repairs;
} api_inv_totals_t;

void api_inventory_totals(const api_inventory_t *inv, api_inv_totals_t *t);


/*
 * Bring over all operations of another inventory, adding counts up; under the
 * lock of inv.  `from` is only read.  Learned templates are known from then
 * on; candidates are not brought over.
 */

void api_inventory_merge(api_inventory_t *inv, const api_inventory_t *from);


/*
 * As a file: a head with a sum, then the memory.  The sum finds accidents, not
 * forgery: files belong into a directory that others cannot write.
 *
 * api_inventory_save writes api_inventory_saved_size bytes.  api_inventory_load
 * gives what is in them, to be merged into another or viewed; NULL when it is
 * none, is broken, or is of another release.  bytes stays where it is, aligned
 * to 8.
 */

size_t           api_inventory_saved_size(const api_inventory_t *inv);
void             api_inventory_save(const api_inventory_t *inv, void *bytes);
api_inventory_t *api_inventory_load(void *bytes, size_t size);


#endif /* API_INVENTORY_H */
