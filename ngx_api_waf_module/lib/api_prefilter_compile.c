#include "api_prefilter_int.h"

#include <stdio.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>


/* SETs that a tree may have, one try after the other; bytes of its text. */

static const uint32_t compile_sizes[] = { 600, 200, 60, 20 };

#define COMPILE_SIZES (sizeof(compile_sizes) / sizeof(compile_sizes[0]))
#define COMPILE_TEXT 15000

/* Above, a pattern is tried alone first: a refusal costs less. */

#define COMPILE_ALONE 200

typedef struct {
    const api_prefilter_set_t *set;
    const api_hs_t            *hs;
    const api_prefilter_t     *pf;
    api_arena_t                arena;
    const char               **texts;
    unsigned                  *flags;
    unsigned                  *ids;    /* patterns */
    uint8_t                   *tries;  /* of patterns */
    uint32_t                  *places; /* of patterns: in the lists */
    unsigned                   n;
    void                      *db;
} api_prefilter_compile_t;


/*
 * A tree that finds something between values would be found at each of them.
 * Unknown counts as found: the pattern stays out of the database.
 */

static bool
compile_in_gap(const char *text)
{
    int               rc, code;
    size_t            offset;
    pcre2_code       *re;
    pcre2_match_data *match;

    re = pcre2_compile((PCRE2_SPTR) text, PCRE2_ZERO_TERMINATED,
        PCRE2_MULTILINE, &code, &offset, NULL);

    if (re == NULL) {
        return true;
    }

    match = pcre2_match_data_create_from_pattern(re, NULL);
    rc = match == NULL ? PCRE2_ERROR_NOMEMORY
                       : pcre2_match(re,
                           (PCRE2_SPTR) (API_PREFILTER_GAP API_PREFILTER_GAP),
                           2 * API_PREFILTER_GAP_LEN, 0, 0, match, NULL);

    pcre2_match_data_free(match);
    pcre2_code_free(re);

    return rc != PCRE2_ERROR_NOMATCH;
}


static bool
compile_alone(const api_prefilter_compile_t *c, const char *text)
{
    int             rc;
    void           *db;
    unsigned        flags;
    api_hs_error_t *error;

    flags = API_HS_MULTILINE;
    error = NULL;
    rc = c->hs->compile_multi(
        &text, &flags, &flags, 1, API_HS_MODE_BLOCK, NULL, &db, &error);

    if (rc != API_HS_SUCCESS) {
        c->hs->free_compile_error(error);
        return false;
    }

    c->hs->free_database(db);

    return true;
}


/*
 * The text of a pattern with at most `size` SETs; *text NULL: it has none
 * that is worth scanning for.
 */

static int
compile_text(api_prefilter_compile_t *c, uint32_t pattern, uint32_t size,
    const char **text)
{
    int            rc;
    api_span_t     written;
    api_pattern_t *tree;

    *text = NULL;
    rc = api_prefilter_tree(
        &c->set->patterns[pattern], API_PATTERN_NOFF, &c->arena, &tree);

    if (rc != API_OK || tree == NULL) {
        return rc;
    }

    rc = api_pattern_trim(&tree, size, &c->arena);

    if (rc == API_OK) {
        rc = api_pattern_write(tree, &c->arena, &written);
    }

    if (rc == API_OK && api_pattern_min(tree) > 0
        && api_pattern_size(tree) <= size && written.len <= COMPILE_TEXT
        && !compile_in_gap((const char *) written.data)
        && (api_pattern_size(tree) <= COMPILE_ALONE
            || compile_alone(c, (const char *) written.data)))
    {
        *text = (const char *) written.data;
    }

    return rc;
}


/* The next smaller form of a pattern, or none: then out of the lists. */

static int
compile_next(api_prefilter_compile_t *c, uint32_t pattern)
{
    int         rc;
    const char *text;

    for (text = NULL; text == NULL && c->tries[pattern] < COMPILE_SIZES;) {
        rc = compile_text(
            c, pattern, compile_sizes[c->tries[pattern]++], &text);

        if (rc != API_OK) {
            return rc;
        }
    }

    c->texts[c->places[pattern]] = text;

    return API_OK;
}


static int
compile_start(api_prefilter_compile_t *c)
{
    int                         rc;
    uint32_t                    i, n;
    const api_prefilter_info_t *info;

    n = c->set->npatterns;
    c->texts = api_arena_calloc(&c->arena, n, sizeof(c->texts[0]));
    c->flags = api_arena_calloc(&c->arena, n, sizeof(c->flags[0]));
    c->ids = api_arena_calloc(&c->arena, n, sizeof(c->ids[0]));
    c->tries = api_arena_calloc(&c->arena, n, sizeof(c->tries[0]));
    c->places = api_arena_calloc(&c->arena, n, sizeof(c->places[0]));

    if (c->texts == NULL || c->flags == NULL || c->ids == NULL
        || c->tries == NULL || c->places == NULL)
    {
        return API_NOMEM;
    }

    for (i = 0; i < n; i++) {
        info = &c->pf->info[i];

        if (info->needs == 0 || info->always || info->phrases) {
            continue; /* no literals: no candidates that a scan could undo */
        }

        c->places[i] = c->n;
        c->ids[c->n] = i;
        c->flags[c->n++] = API_HS_MULTILINE;
        rc = compile_next(c, i);

        if (rc != API_OK) {
            return rc;
        }
    }

    return API_OK;
}


static void
compile_compact(api_prefilter_compile_t *c)
{
    unsigned i, n;

    for (i = 0, n = 0; i < c->n; i++) {
        if (c->texts[i] != NULL) {
            c->texts[n] = c->texts[i];
            c->ids[n] = c->ids[i];
            c->places[c->ids[n]] = n;
            n++;
        }
    }

    c->n = n;
}


/* All at once; what the library refuses comes smaller the next time. */

static int
compile_run(api_prefilter_compile_t *c, api_err_t *err)
{
    int             rc;
    uint32_t        pattern;
    api_hs_error_t *error;

    for (;;) {
        compile_compact(c);

        if (c->n == 0) {
            return api_fail(err, API_INTERNAL, API_PREFILTER_E_PATTERN, 0,
                "no pattern that the library could help with");
        }

        error = NULL;
        rc = c->hs->compile_multi(c->texts, c->flags, c->ids, c->n,
            API_HS_MODE_BLOCK, NULL, &c->db, &error);

        if (rc == API_HS_SUCCESS) {
            return API_OK;
        }

        if (error == NULL || error->expression < 0
            || (unsigned) error->expression >= c->n)
        {
            rc = api_fail(err, API_INTERNAL, API_PREFILTER_E_LIBRARY, 0,
                "the library says: %.120s",
                error != NULL ? error->message : "nothing");
            c->hs->free_compile_error(error);
            return rc;
        }

        pattern = c->ids[error->expression];
        c->hs->free_compile_error(error);
        rc = compile_next(c, pattern);

        if (rc != API_OK) {
            return rc;
        }
    }
}


/* What values look like, more or less. */

static const char compile_sample[] =
    "The order has been paid and will be delivered to the second address on "
    "Monday; please call if you want to select another date or update "
    "it." API_PREFILTER_GAP "json.items.array_12.description" API_PREFILTER_GAP
    "Hexagon screw M8 x 40, galvanised (100 pcs.)" API_PREFILTER_GAP
    "2026-11-25T10:00:00Z" API_PREFILTER_GAP "AB-1821/7" API_PREFILTER_GAP
    "jane.doe@example.com" API_PREFILTER_GAP "129.90" API_PREFILTER_GAP
    "https://shop.example.com/orders?id=7&sort=-created" API_PREFILTER_GAP
    "Bei Fragen zur Rechnung: Tel. +49 40 123456, Mo-Fr 9-17 "
    "Uhr" API_PREFILTER_GAP;

#define COMPILE_COPIES 16
#define COMPILE_RUNS 8


static int
compile_no_match(unsigned id, unsigned long long from, unsigned long long to,
    unsigned flags, void *ctx)
{
    (void) id;
    (void) from;
    (void) to;
    (void) flags;
    (void) ctx;

    return 0;
}


/* Nanoseconds for 1024 bytes: the best of some runs. */

static uint64_t
compile_price(api_prefilter_compile_t *c)
{
    char    *text;
    void    *scratch;
    size_t   i, len;
    uint64_t start, took, best;

    len = sizeof(compile_sample) - 1;
    text = api_arena_alloc(&c->arena, len * COMPILE_COPIES);
    scratch = NULL;

    if (c->hs->clock == NULL || text == NULL
        || c->hs->alloc_scratch(c->db, &scratch) != API_HS_SUCCESS)
    {
        return API_PREFILTER_PRICE;
    }

    for (i = 0; i < COMPILE_COPIES; i++) {
        memcpy(text + i * len, compile_sample, len);
    }

    len *= COMPILE_COPIES;

    for (i = 0, best = UINT64_MAX; i < COMPILE_RUNS; i++) {
        start = c->hs->clock();
        (void) c->hs->scan(
            c->db, text, (unsigned) len, 0, scratch, compile_no_match, NULL);
        took = c->hs->clock() - start;
        best = took < best ? took : best;
    }

    c->hs->free_scratch(scratch);

    return best * 1024 / len + 1;
}


static void
compile_head(const api_prefilter_compile_t *c, api_prefilter_head_t *head,
    size_t size, uint64_t price, api_span_t body)
{
    memset(head, 0, sizeof(*head));
    memcpy(head->magic, API_PREFILTER_MAGIC, sizeof(head->magic));
    head->format = API_PREFILTER_VERSION;
    head->npatterns = c->set->npatterns;
    head->size = size;
    head->price = price;
    memcpy(head->key, c->pf->key, sizeof(head->key));
    snprintf(head->version, sizeof(head->version), "%s", c->hs->version());
    api_prefilter_seal(head, body, head->sum);
}


static int
compile_file(
    api_prefilter_compile_t *c, const api_alloc_t *alloc, api_span_t *file)
{
    char                *bytes;
    size_t               len, mask;
    uint8_t             *data, *body;
    uint32_t             i;
    uint64_t             word;
    api_prefilter_head_t head;

    if (c->hs->serialize_database(c->db, &bytes, &len) != API_HS_SUCCESS) {
        return API_NOMEM;
    }

    mask = c->pf->pwords * sizeof(uint64_t);
    data = alloc->alloc(alloc->ctx, sizeof(head) + mask + len);

    if (data == NULL) {
        api_alloc_libc.free(NULL, bytes);
        return API_NOMEM;
    }

    body = data + sizeof(head);
    memset(body, 0, mask);

    for (i = 0; i < c->n; i++) {
        memcpy(&word, body + c->ids[i] / 64 * sizeof(word), sizeof(word));
        word |= UINT64_C(1) << (c->ids[i] % 64);
        memcpy(body + c->ids[i] / 64 * sizeof(word), &word, sizeof(word));
    }

    memcpy(body + mask, bytes, len);
    api_alloc_libc.free(NULL, bytes); /* the library took it from malloc */

    compile_head(c, &head, len, compile_price(c), api_span(body, mask + len));
    memcpy(data, &head, sizeof(head));
    *file = api_span(data, sizeof(head) + mask + len);

    return API_OK;
}


int
api_prefilter_compile(const api_prefilter_set_t *set, const api_hs_t *hs,
    const api_alloc_t *alloc, api_span_t *file, api_err_t *err)
{
    int                     rc;
    api_prefilter_t        *pf;
    api_prefilter_compile_t c;

    if (hs->compile_multi == NULL || hs->valid_platform() != API_HS_SUCCESS) {
        return api_fail(err, API_INTERNAL, API_PREFILTER_E_LIBRARY, 0,
            "the library does not compile on this processor");
    }

    rc = api_prefilter_create(&pf, set, alloc, err);

    if (rc != API_OK) {
        return rc;
    }

    memset(&c, 0, sizeof(c));
    c.set = set;
    c.hs = hs;
    c.pf = pf;
    api_arena_init(&c.arena, alloc, 65536, 0);

    rc = compile_start(&c);

    if (rc == API_OK) {
        rc = compile_run(&c, err);
    }

    if (rc == API_OK) {
        rc = compile_file(&c, alloc, file);
        hs->free_database(c.db);
    }

    if (rc == API_NOMEM) {
        api_fail(err, rc, API_PREFILTER_E_NOMEM, 0, "no memory to compile");
    }

    api_arena_free(&c.arena);
    api_prefilter_free(pf);

    return rc;
}
