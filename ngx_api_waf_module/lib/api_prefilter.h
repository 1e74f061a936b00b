/*
 * The prefilter: which operators could match which values, for all operators
 * and all values of a request at once.
 *
 * At load the engine hands over what its operators look for (patterns of @rx,
 * phrases of @pm, @contains and the like), each with a bit of its own.  At a
 * request it gathers the values that went through one chain of
 * transformations, scans them once, and evaluates only the (bit, value) pairs
 * that the scan left standing.
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
 * it stands: it is parsed (api_pattern.h) into what a match must at least
 * contain, and what cannot be said that way is widened, never narrowed.  What
 * cannot be parsed, or would hit everywhere, is always a candidate.
 *
 * First one automaton of all literals (api_automaton.h) goes over the values:
 * of a pattern with sets of required literals (api_literals.h) a value must
 * hold one of each.  That leaves next to nothing of short values.  Where it
 * leaves more than a scan would cost, and databases made by `apisec waf
 * compile` and a Hyperscan library are there, those values are joined and
 * scanned with hs_scan(), and what it does not find is no candidate either.
 * Without it candidates are more, verdicts the same.
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
   in several groups; bits of other patterns are no candidates. */

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
 * Make a prefilter; nothing of the set is needed afterwards.  Everything
 * comes from alloc, which should give back what is freed: more is taken while
 * it is made than stays.  A pattern is never refused.  API_OK, API_INVALID or
 * API_LIMIT (E_SET), API_NOMEM.
 */

int  api_prefilter_create(api_prefilter_t **pf, const api_prefilter_set_t *set,
     const api_alloc_t *alloc, api_err_t *err);
void api_prefilter_free(api_prefilter_t *pf); /* NULL is fine */

/* The identity of a set, to name a cache file: 32 hex digits and a NUL.
   Patterns, their order and the version of this code are in it; library and
   machine are in the file. */

#define API_PREFILTER_KEY 33

int api_prefilter_key(const api_prefilter_set_t *set, const api_alloc_t *alloc,
    char key[API_PREFILTER_KEY]);

/* No scan can rule it out, whatever the value: worth a word to an operator. */

bool api_prefilter_always(const api_prefilter_t *pf, uint32_t bit);

/* Scans do not tell letters by their case: there is no database. */

bool api_prefilter_caseless(const api_prefilter_t *pf);

typedef struct {
    const char *engine;   /* "literals", or the version of the library */
    uint32_t    patterns; /* of the set */
    uint32_t    always;   /* of them, those that no scan rules out */
    uint32_t    scanned;  /* of them, those in the database */
    uint32_t    states;   /* of the automaton */
    size_t      literals; /* bytes of the automaton and what belongs to it */
    size_t      database; /* bytes of the database; 0: there is none */
} api_prefilter_stat_t;

api_prefilter_stat_t api_prefilter_stat(const api_prefilter_t *pf);

/*
 * Hyperscan and Vectorscan (api_hs.h).  `file` is what api_prefilter_compile
 * wrote; it is not needed afterwards.  It must come from where only root
 * writes: the library trusts a database.  API_OK: scans use it from now on.
 * API_INVALID (E_FILE, E_OTHER, E_LIBRARY) or API_NOMEM: scans are as before.
 * `hs` stays as long as the prefilter.
 */

struct api_hs_s;

int api_prefilter_attach(api_prefilter_t *pf, const struct api_hs_s *hs,
    api_span_t file, api_err_t *err);

/*
 * The file for attach: takes seconds and much memory, so never in nginx.
 * *file is of alloc.  API_OK, API_INTERNAL (E_LIBRARY, E_PATTERN), API_NOMEM.
 */

int api_prefilter_compile(const api_prefilter_set_t *set,
    const struct api_hs_s *hs, const api_alloc_t *alloc, api_span_t *file,
    api_err_t *err);

/*
 * What scanning works in; made after attach.  After fork each process has its
 * own copy.
 */

typedef struct api_prefilter_scratch_s api_prefilter_scratch_t;

int  api_prefilter_scratch_create(api_prefilter_scratch_t **scratch,
     const api_prefilter_t *pf, const api_alloc_t *alloc);
void api_prefilter_scratch_free(api_prefilter_scratch_t *scratch);


/* Values of one scan; they are not copied and stay until it is done. */

typedef struct {
    api_span_t      text;
    const uint64_t *only;
} api_prefilter_value_t;

typedef struct {
    api_arena_t           *arena;
    api_prefilter_value_t *values;
    uint32_t               n;
    uint32_t               room;
    size_t                 len; /* of all */
} api_prefilter_text_t;

#define API_PREFILTER_TEXT (1024 * 1024 * 1024) /* bytes, at most */
#define API_PREFILTER_VALUES (1 << 24)

void api_prefilter_text_init(api_prefilter_text_t *text, api_arena_t *arena);

/* Room for n values, so that the list has not to be moved. */

int api_prefilter_text_reserve(api_prefilter_text_t *text, uint32_t n);

/*
 * Its number is text->n before the call.  `only` is a mask of the patterns
 * that look at this value: others are no candidates; NULL: all of the group.
 * It stays until the scan is done.  API_OK, API_LIMIT, API_NOMEM.
 */

int api_prefilter_text_add(
    api_prefilter_text_t *text, api_span_t value, const uint64_t *only);


/* Candidates: a bit of `bits` for each with a row, a row a bit for each
   value; and those that always are. */

typedef struct {
    const uint64_t *always;
    uint64_t       *bits; /* NULL: everything is a candidate */
    uint32_t       *rank; /* rows of the words of bits before this one */
    uint64_t       *rows;
    uint32_t        words; /* of a row */
    uint32_t        pairs; /* candidates, but those of always */
} api_prefilter_hits_t;

/*
 * Scan a text with the patterns of a group.  hits is of the text's arena.
 * API_OK; API_NOMEM or API_INTERNAL, and then everything is a candidate.
 */

int api_prefilter_scan(const api_prefilter_t *pf, uint32_t group,
    const api_prefilter_text_t *text, api_prefilter_scratch_t *scratch,
    api_prefilter_hits_t *hits);

/* Candidates of a bit that is not `always`: a bit for each value, hits->words of
   them; NULL: there are none. */

const uint64_t *
api_prefilter_find(const api_prefilter_hits_t *hits, uint32_t bit);

/* Is any value a candidate?  Is this one? */

static inline bool
api_prefilter_any(const api_prefilter_hits_t *hits, uint32_t bit)
{
    return hits->bits == NULL
           || ((hits->bits[bit / 64] | hits->always[bit / 64]) >> (bit % 64)
               & 1);
}


static inline bool
api_prefilter_candidate(
    const api_prefilter_hits_t *hits, uint32_t bit, uint32_t value)
{
    uint32_t        row;
    uint64_t        mask;
    const uint64_t *words;

    if (!api_prefilter_any(hits, bit)) {
        return false;
    }

    mask = UINT64_C(1) << (bit % 64);

    if (hits->bits == NULL || (hits->always[bit / 64] & mask)) {
        return true;
    }

    row = hits->rank[bit / 64]
          + (uint32_t) __builtin_popcountll(hits->bits[bit / 64] & (mask - 1));
    words = hits->rows + (size_t) row * hits->words;

    return words[value / 64] >> (value % 64) & 1;
}


#endif /* API_PREFILTER_H */
