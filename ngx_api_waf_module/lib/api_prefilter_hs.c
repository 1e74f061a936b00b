#include "api_prefilter_int.h"


/* Values that are looked at again, joined. */

typedef struct {
    api_prefilter_pair_t *pairs;
    uint32_t             *ends;  /* of a value: behind it and one line end */
    uint32_t             *first; /* of a value: its first pair */
    uint32_t              n;
    uint64_t              budget; /* for matches */
} api_prefilter_joined_t;

#define HS_KEPT (1024 * 1024)


static int
hs_fail(api_err_t *err, int code, const char *what)
{
    return api_fail(err, API_INVALID, code, 0, "%s", what);
}


static int
hs_check(const api_prefilter_t *pf, const api_hs_t *hs,
    const api_prefilter_head_t *head, api_span_t body, api_err_t *err)
{
    uint64_t sum[2];

    if (memcmp(head->magic, API_PREFILTER_MAGIC, sizeof(head->magic)) != 0
        || head->format != API_PREFILTER_VERSION)
    {
        return hs_fail(err, API_PREFILTER_E_FILE,
            "no pattern database, or one of another version");
    }

    if (memcmp(head->key, pf->key, sizeof(head->key)) != 0
        || head->npatterns != pf->npatterns)
    {
        return hs_fail(err, API_PREFILTER_E_OTHER, "made of other patterns");
    }

    if (strncmp(head->version, hs->version(), sizeof(head->version) - 1) != 0)
    {
        return hs_fail(err, API_PREFILTER_E_OTHER, "made by another library");
    }

    if (body.len < pf->pwords * sizeof(uint64_t)
        || head->size != body.len - pf->pwords * sizeof(uint64_t))
    {
        return hs_fail(err, API_PREFILTER_E_FILE, "cut short or too long");
    }

    api_prefilter_seal(head, body, sum);

    if (memcmp(sum, head->sum, sizeof(sum)) != 0) {
        return hs_fail(err, API_PREFILTER_E_FILE, "changed since it was made");
    }

    return API_OK;
}


static int
hs_open(api_prefilter_t *pf, const api_hs_t *hs, api_span_t db, api_err_t *err)
{
    int    rc;
    void  *made;
    size_t size;

    if (hs->valid_platform() != API_HS_SUCCESS) {
        return hs_fail(err, API_PREFILTER_E_LIBRARY,
            "the library does not run on this processor");
    }

    made = NULL;
    rc = hs->deserialize_database((const char *) db.data, db.len, &made);

    if (rc != API_HS_SUCCESS) {
        return api_fail(err, rc == API_HS_NOMEM ? API_NOMEM : API_INVALID,
            API_PREFILTER_E_LIBRARY, 0,
            "refused by the library (%d): made for another processor?", rc);
    }

    if (hs->database_size(made, &size) != API_HS_SUCCESS) {
        size = db.len;
    }

    if (pf->db != NULL) {
        pf->hs->free_database(pf->db);
    }

    pf->hs = hs;
    pf->db = made;
    pf->db_size = size;

    return API_OK;
}


int
api_prefilter_attach(
    api_prefilter_t *pf, const api_hs_t *hs, api_span_t file, api_err_t *err)
{
    int                  rc;
    uint32_t             i;
    uint64_t             word;
    api_span_t           body, db;
    api_prefilter_head_t head;

    if (file.len < sizeof(head)) {
        return hs_fail(err, API_PREFILTER_E_FILE, "cut short");
    }

    memcpy(&head, file.data, sizeof(head));
    body = api_span(file.data + sizeof(head), file.len - sizeof(head));
    rc = hs_check(pf, hs, &head, body, err);

    if (rc != API_OK) {
        return rc;
    }

    db = api_span(body.data + pf->pwords * sizeof(word),
        body.len - pf->pwords * sizeof(word));
    rc = hs_open(pf, hs, db, err);

    if (rc != API_OK) {
        return rc;
    }

    pf->price = head.price;
    pf->stat.scanned = 0;

    for (i = 0; i < pf->npatterns; i++) {
        memcpy(&word, body.data + i / 64 * sizeof(word), sizeof(word));
        pf->info[i].scanned = word >> (i % 64) & 1;
        pf->stat.scanned += pf->info[i].scanned;
    }

    memcpy(pf->version, head.version, sizeof(head.version));
    pf->version[sizeof(head.version) - 1] = '\0';

    return API_OK;
}


int
api_prefilter_scratch_create(api_prefilter_scratch_t **scratch,
    const api_prefilter_t *pf, const api_alloc_t *alloc)
{
    uint32_t                 outputs;
    uint32_t                *stamps;
    api_prefilter_scratch_t *s;

    outputs = pf->automaton.states - pf->automaton.outputs;

    s = alloc->alloc(alloc->ctx, sizeof(*s));

    if (s == NULL) {
        return API_NOMEM;
    }

    memset(s, 0, sizeof(*s));
    s->alloc = alloc;
    s->pf = pf;
    s->room = 256;

    stamps = alloc->alloc(
        alloc->ctx, ((size_t) outputs + pf->npatterns + 1) * sizeof(*stamps));
    s->stamps = stamps;
    s->pairs = alloc->alloc(alloc->ctx, s->room * sizeof(s->pairs[0]));

    if (stamps == NULL || s->pairs == NULL
        || (pf->db != NULL
            && pf->hs->alloc_scratch(pf->db, &s->hs) != API_HS_SUCCESS))
    {
        api_prefilter_scratch_free(s);
        return API_NOMEM;
    }

    s->seen = stamps + outputs;
    memset(stamps, 0, ((size_t) outputs + pf->npatterns) * sizeof(*stamps));
    *scratch = s;

    return API_OK;
}


void
api_prefilter_scratch_free(api_prefilter_scratch_t *scratch)
{
    size_t             i;
    void              *blocks[3];
    const api_alloc_t *alloc;

    if (scratch == NULL) {
        return;
    }

    if (scratch->hs != NULL) {
        scratch->pf->hs->free_scratch(scratch->hs);
    }

    alloc = scratch->alloc;
    blocks[0] = scratch->stamps;
    blocks[1] = scratch->pairs;
    blocks[2] = scratch->joined;

    for (i = 0; i < 3 && alloc->free != NULL; i++) {
        if (blocks[i] != NULL) {
            alloc->free(alloc->ctx, blocks[i]);
        }
    }

    if (alloc->free != NULL) {
        alloc->free(alloc->ctx, scratch);
    }
}


/* One value and what stands behind it; 0xff becomes 0xfe, as in the trees. */

static size_t
hs_copy(uint8_t *to, api_span_t value)
{
    uint8_t *p, *end;

    static const char gap[API_PREFILTER_GAP_LEN] = API_PREFILTER_GAP;

    if (value.len > 0) {
        memcpy(to, value.data, value.len);
    }

    end = to + value.len;

    for (p = to; (p = memchr(p, 0xff, (size_t) (end - p))) != NULL;) {
        *p++ = 0xfe;
    }

    memcpy(end, gap, sizeof(gap));

    return value.len + API_PREFILTER_GAP_LEN;
}


static int
hs_room(api_prefilter_scratch_t *scratch, size_t size)
{
    uint8_t           *joined;
    const api_alloc_t *alloc;

    if (size <= scratch->joined_room) {
        return API_OK;
    }

    alloc = scratch->alloc;
    size = size < HS_KEPT / 2 ? size * 2 : size;
    joined = alloc->alloc(alloc->ctx, size);

    if (joined == NULL) {
        return API_NOMEM;
    }

    if (scratch->joined != NULL && alloc->free != NULL) {
        alloc->free(alloc->ctx, scratch->joined);
    }

    scratch->joined = joined;
    scratch->joined_room = size;

    return API_OK;
}


/* Pairs stand by value: those of the database are in doubt from here on, and
   their values are joined. */

static size_t
hs_join(const api_prefilter_t *pf, const api_prefilter_text_t *text,
    api_prefilter_scratch_t *scratch, api_prefilter_joined_t *j)
{
    bool                  doubt;
    size_t                len;
    uint32_t              i, from;
    api_prefilter_pair_t *pair;

    for (i = 0, from = 0, len = 0, doubt = false; i < scratch->npairs; i++) {
        pair = &scratch->pairs[i];

        if (pair->value != scratch->pairs[from].value) {
            from = i;
            doubt = false;
        }

        if (!pf->info[pair->pattern].scanned) {
            continue;
        }

        pair->found = false;

        if (!doubt) {
            doubt = true;
            len +=
                hs_copy(scratch->joined + len, text->values[pair->value].text);
            j->first[j->n] = from;
            j->ends[j->n++] = (uint32_t) (len - API_PREFILTER_GAP_LEN + 1);
        }
    }

    return len;
}


/* A pattern ends before `to`: its pair of that value, if there is one.  Behind
   the last pair of all stands one of no value. */

static int
hs_match(unsigned id, unsigned long long from, unsigned long long to,
    unsigned flags, void *ctx)
{
    uint32_t                lo, hi, mid, value;
    api_prefilter_pair_t   *pair;
    api_prefilter_joined_t *j;

    (void) from;
    (void) flags;

    j = ctx;

    if (j->budget-- == 0) {
        return 1;
    }

    for (lo = 0, hi = j->n - 1; lo < hi;) {
        mid = (lo + hi) / 2;

        if (to <= j->ends[mid]) {
            hi = mid;
        } else {
            lo = mid + 1;
        }
    }

    pair = &j->pairs[j->first[lo]];

    for (value = pair->value; pair->value == value; pair++) {
        if (pair->pattern == id) {
            pair->found = true;
            break;
        }
    }

    return 0;
}


static int
hs_run(const api_prefilter_t *pf, const api_prefilter_text_t *text,
    api_prefilter_scratch_t *scratch)
{
    size_t                 len;
    uint32_t               n;
    api_prefilter_joined_t j;

    n = scratch->npairs < text->n ? scratch->npairs : text->n;
    memset(&j, 0, sizeof(j));
    j.ends = api_arena_alloc(text->arena, n * sizeof(uint32_t));
    j.first = api_arena_alloc(text->arena, n * sizeof(uint32_t));

    if (j.ends == NULL || j.first == NULL
        || hs_room(scratch, text->len + (size_t) n * API_PREFILTER_GAP_LEN)
               != API_OK)
    {
        return API_NOMEM;
    }

    j.pairs = scratch->pairs;
    len = hs_join(pf, text, scratch, &j);
    j.budget = len + 1000;

    return j.n > 0
                   && pf->hs->scan(pf->db, (const char *) scratch->joined,
                          (unsigned) len, 0, scratch->hs, hs_match, &j)
                          != API_HS_SUCCESS
               ? API_INTERNAL
               : API_OK;
}


int
api_prefilter_refine(const api_prefilter_t *pf,
    const api_prefilter_text_t *text, api_prefilter_scratch_t *scratch)
{
    int              rc;
    uint32_t         i;
    api_arena_mark_t mark;

    scratch->pairs[scratch->npairs].value = UINT32_MAX;

    mark = api_arena_mark(text->arena);
    rc = hs_run(pf, text, scratch);
    api_arena_rewind(text->arena, mark);

    for (i = 0; i < scratch->npairs && rc != API_OK; i++) {
        scratch->pairs[i].found = true;
    }

    if (scratch->joined_room > HS_KEPT && scratch->alloc->free != NULL) {
        scratch->alloc->free(scratch->alloc->ctx, scratch->joined);
        scratch->joined = NULL;
        scratch->joined_room = 0;
    }

    return rc;
}
