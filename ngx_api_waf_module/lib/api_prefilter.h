/*
 * The prefilter: which operators could match which values, for all operators
 * and all values of a request at once.
 *
 * At load the engine hands over what its operators look for (patterns of @rx,
 * phrases of @pm, @contains and the like), each with a bit of its own.  At a
 * request it joins the values that went through one chain of transformations
 * into a text, scans it once, and evaluates only the (bit, value) pairs that
 * the scan left standing.
 *
 *     api_prefilter_create(&pf, &set, alloc, &err);             at load
 *     api_prefilter_attach(pf, hs, file, &err);                 if there is one
 *     api_prefilter_scratch_create(&scratch, pf, alloc);        one a process
 *
 *     api_prefilter_text_init(&text, &arena);                   a request
 *     api_prefilter_text_add(&text, value);          0, 1, 2, ... as they come
 *     api_prefilter_scan(pf, group, &text, scratch, &hits);
 *     if (api_prefilter_candidate(&hits, bit, n)) -> evaluate it exactly
 *
 * The promise: when an operator matches value n, (bit, n) is a candidate.  It
 * never holds the other way round.  A pattern is not handed to any library as
 * it stands: it is parsed here (api_prefilter_parse.h) into what it must at
 * least contain, and everything that cannot be said that way - lookaround,
 * back references, atomic groups, conditions - is widened, never narrowed.
 * What cannot be parsed, or would hit everywhere, is always a candidate.
 *
 * Two ways to scan stand behind this interface.  The one built in walks one
 * Aho-Corasick automaton a group, over literals of which a match must contain
 * one (A. Aho, M. Corasick: Efficient String Matching, 1975; which literals
 * are required: R. Cox, Regular Expression Matching with a Trigram Index).
 * With databases made by `apisec waf compile` and a Hyperscan library at run
 * time, one hs_scan() a group does it, more exactly.  Verdicts are the same.
 *
 * Not for operators that are negated or count: what does not match is no
 * candidate here.
 *
 * A prefilter is const once it is attached and may be read by all; a scratch
 * belongs to one scan at a time.
 */

#ifndef API_PREFILTER_H
#define API_PREFILTER_H

#include "api_arena.h"


typedef enum {
    API_PREFILTER_RX = 0, /* `text`: a PCRE2 pattern, as @rx compiles it:
                             PCRE2_DOTALL | PCRE2_MULTILINE, bytes, LF */
    API_PREFILTER_PHRASES /* one of `phrases` stands in the value, in any
                             case of ASCII letters */
} api_prefilter_kind_t;

#define API_PREFILTER_CASELESS 1 /* RX: as with PCRE2_CASELESS */

/* The operator sees the value in lower case, the text has it as it came:
   t:lowercase at the end of a chain need not be applied before the scan. */

#define API_PREFILTER_LOWERCASE 2

typedef struct {
    uint32_t          bit; /* below set->bits; several may share one */
    uint8_t           kind;
    uint8_t           flags;
    api_span_t        text;
    const api_span_t *phrases;
    uint32_t          nphrases;
} api_prefilter_pattern_t;

/* What is looked for in one text: indexes of patterns.  A pattern may stand
   in several groups; group 0 is nothing special. */

typedef struct {
    const uint32_t *patterns;
    uint32_t        n;
} api_prefilter_group_t;

typedef struct {
    const api_prefilter_pattern_t *patterns;
    uint32_t                       npatterns;
    const api_prefilter_group_t   *groups;
    uint32_t                       ngroups;
    uint32_t                       bits;
} api_prefilter_set_t;

#define API_PREFILTER_BITS 65536
#define API_PREFILTER_GROUPS 1024
#define API_PREFILTER_PATTERNS 65536

typedef enum {
    API_PREFILTER_E_NONE = 0,
    API_PREFILTER_E_SET,   /* a number out of range, too many of them */
    API_PREFILTER_E_FILE,  /* cut short, changed, of another version */
    API_PREFILTER_E_OTHER, /* made of other patterns, or by another library */
    API_PREFILTER_E_LIBRARY, /* it refuses the database or this machine */
    API_PREFILTER_E_PATTERN, /* the library cannot compile it */
    API_PREFILTER_E_NOMEM,
    API_PREFILTER_NERRORS
} api_prefilter_error_t;

/* "set", "file", ...: stable. */

const char *api_prefilter_error_name(int code);


typedef struct api_prefilter_s api_prefilter_t;

/*
 * Make a prefilter of the built-in kind; nothing of the set is needed
 * afterwards.  Everything comes from alloc.  A pattern is never refused (one
 * that PCRE2 would refuse is a candidate always).  API_OK, API_INVALID or
 * API_LIMIT (E_SET), API_NOMEM.
 */

int  api_prefilter_create(api_prefilter_t **pf, const api_prefilter_set_t *set,
     const api_alloc_t *alloc, api_err_t *err);
void api_prefilter_free(api_prefilter_t *pf); /* NULL is fine */

/* The identity of the set, to name a cache file: 32 hex digits and a NUL.
   Patterns, flags, groups and the version of this code are in it; library
   and machine are in the file. */

#define API_PREFILTER_KEY 33

void api_prefilter_key(const api_prefilter_t *pf, char key[API_PREFILTER_KEY]);

/* Always a candidate, whatever the value: worth a word to an operator. */

bool api_prefilter_always(const api_prefilter_t *pf, uint32_t bit);

typedef struct {
    const char *engine;   /* "literals", or the library's version */
    uint32_t    patterns; /* of the set */
    uint32_t    always;   /* bits that no scan can rule out */
    uint32_t    groups;
    size_t      bytes; /* of memory for scanning, but scratch */
} api_prefilter_stat_t;

api_prefilter_stat_t api_prefilter_stat(const api_prefilter_t *pf);


/*
 * Hyperscan and Vectorscan (api_hs.h).  `file` is what api_prefilter_compile
 * wrote; it is not needed afterwards.  It must come from where only root
 * writes: the library trusts a database.  API_OK: scans use it from now on,
 * and the automata are given back.  API_INVALID (E_FILE, E_OTHER, E_LIBRARY)
 * or API_NOMEM: scans are as they were.
 */

struct api_hs_s;

int api_prefilter_attach(api_prefilter_t *pf, const struct api_hs_s *hs,
    api_span_t file, api_err_t *err);

/*
 * The file for attach: takes seconds and much memory, so never in nginx.
 * *file is of alloc.  API_OK, API_INTERNAL (E_LIBRARY, E_PATTERN), API_NOMEM.
 */

int api_prefilter_compile(const api_prefilter_t *pf, const struct api_hs_s *hs,
    const api_alloc_t *alloc, api_span_t *file, api_err_t *err);


/* What scanning works in.  After fork each process has its own copy. */

typedef struct api_prefilter_scratch_s api_prefilter_scratch_t;

int  api_prefilter_scratch_create(api_prefilter_scratch_t **scratch,
     const api_prefilter_t *pf, const api_alloc_t *alloc);
void api_prefilter_scratch_free(api_prefilter_scratch_t *scratch);


/*
 * Values, joined.  Fields are read-only but for the functions here.  A value
 * is copied; no match can begin in one and end in another.
 */

typedef struct {
    api_arena_t *arena;
    uint8_t     *data;
    size_t       len;
    size_t       room;
    uint32_t    *end; /* of value n: behind it, with what stands between */
    uint32_t     n;
    uint32_t     max;
} api_prefilter_text_t;

#define API_PREFILTER_TEXT (256 * 1024 * 1024) /* bytes, at most */

void api_prefilter_text_init(api_prefilter_text_t *text, api_arena_t *arena);

/* Room for n values of len bytes in all, so that none has to be moved. */

int
api_prefilter_text_reserve(api_prefilter_text_t *text, uint32_t n, size_t len);

/* Its number is text->n before the call.  API_OK, API_LIMIT, API_NOMEM. */

int api_prefilter_text_add(api_prefilter_text_t *text, api_span_t value);


typedef struct {
    uint64_t **rows; /* a bit: NULL, or a bit for each value */
    uint64_t  *bits; /* those with a row */
    uint32_t   nbits;
    uint32_t   values;
} api_prefilter_hits_t;

/*
 * Scan a text with the patterns of a group.  hits is of the text's arena.
 * API_OK; API_NOMEM or API_INTERNAL, and then hits has everything as a
 * candidate if that much could be had (hits->bits NULL: it could not;
 * api_prefilter_candidate says true to all).
 */

int api_prefilter_scan(const api_prefilter_t *pf, uint32_t group,
    const api_prefilter_text_t *text, api_prefilter_scratch_t *scratch,
    api_prefilter_hits_t *hits);

/* Is any value a candidate?  Is this one?  Bits that are always candidates
   answer true, those of other groups false. */

static inline bool
api_prefilter_any(const api_prefilter_hits_t *hits, uint32_t bit)
{
    return hits->bits == NULL || (hits->bits[bit / 64] >> (bit % 64) & 1);
}

static inline bool
api_prefilter_candidate(
    const api_prefilter_hits_t *hits, uint32_t bit, uint32_t value)
{
    const uint64_t *row;

    if (hits->bits == NULL) {
        return true;
    }

    row = hits->rows[bit];

    return row != NULL && (row[value / 64] >> (value % 64) & 1);
}


#endif /* API_PREFILTER_H */
