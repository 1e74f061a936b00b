#include "api_seal_check_int.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>


static void *
get(api_seal_check_t *c, size_t size)
{
    void *p = c->alloc->alloc(c->alloc->ctx, size);

    if (p) {
        memset(p, 0, size);
    }

    return p;
}


void
api_seal_drop(api_seal_check_t *c, void *p)
{
    if (p && c->alloc->free) {
        c->alloc->free(c->alloc->ctx, p);
    }
}


int
api_seal_check_create(api_seal_check_t **check, const api_seal_opts_t *opts,
    const api_alloc_t *alloc)
{
    api_seal_check_t *c;

    c = alloc->alloc(alloc->ctx, sizeof(*c));
    if (c == NULL) {
        return API_NOMEM;
    }

    memset(c, 0, sizeof(*c));
    c->opts = *opts;
    c->alloc = alloc;
    c->key_epoch = opts->epoch;
    c->sum.last = -1;
    c->size = 64;
    memcpy(c->key, opts->key, API_SEAL_LEN);
    api_arena_init(&c->arena, alloc, 65536, 0);

    c->seal = api_seal_create(alloc);
    c->chains = get(c, c->size * sizeof(chain_t));
    c->logs = get(c, LOGS * sizeof(log_t));
    c->parts = get(c, PARTS * sizeof(parts_t));

    if (!c->seal || !c->chains || !c->logs || !c->parts) {
        api_seal_check_free(c);
        return API_NOMEM;
    }

    *check = c;

    return API_OK;
}


void
api_seal_check_free(api_seal_check_t *c)
{
    size_t i;

    if (c == NULL) {
        return;
    }

    for (i = 0; c->chains && i < c->size; i++) {
        api_seal_drop(c, c->chains[i].ring);
        api_seal_drop(c, c->chains[i].wait);
    }

    for (i = 0; i < c->ntorn; i++) {
        api_seal_drop(c, c->torn[i]);
    }

    api_seal_logs_free(c);
    api_arena_free(&c->arena);
    api_seal_free(c->seal);
    api_seal_drop(c, c->chains);
    api_seal_drop(c, c->parts);
    OPENSSL_cleanse(c->key, sizeof(c->key));
    OPENSSL_cleanse(&c->opts.key, sizeof(c->opts.key));
    api_seal_drop(c, c);
}


void
api_seal_tell(api_seal_check_t *c, api_seal_verdict_t verdict, uint64_t place,
    const char *fmt, ...)
{
    char    text[512];
    va_list args;

    if (verdict > c->sum.verdict) {
        c->sum.verdict = verdict;
    }

    if (c->opts.report) {
        va_start(args, fmt);
        (void) vsnprintf(text, sizeof(text), fmt, args);
        va_end(args);
        c->opts.report(c->opts.ctx, verdict, place, text);
    }
}


static chain_t *
find(chain_t *table, size_t size, const uint8_t *name)
{
    size_t i, h = 14695981039346656037u;

    for (i = 0; i < API_SEAL_CHAIN; i++) {
        h = (h ^ name[i]) * 1099511628211u;
    }

    for (h ^= h >> 32;; h++) {
        chain_t *one = &table[h & (size - 1)];

        if (one->name[0] == 0 || memcmp(one->name, name, API_SEAL_CHAIN) == 0)
        {
            return one;
        }
    }
}


static bool
grow(api_seal_check_t *c)
{
    size_t   i, size = 2 * c->size;
    chain_t *table = get(c, size * sizeof(chain_t));

    if (table == NULL) {
        return false;
    }

    for (i = 0; i < c->size; i++) {
        if (c->chains[i].name[0]) {
            *find(table, size, c->chains[i].name) = c->chains[i];
        }
    }

    api_seal_drop(c, c->chains);
    c->chains = table;
    c->size = size;

    return true;
}


chain_t *
api_seal_chain(api_seal_check_t *c, api_span_t name)
{
    chain_t *chain;

    if (c->nchains * 2 >= c->size && !grow(c)) {
        return NULL;
    }

    chain = find(c->chains, c->size, name.data);

    if (chain->name[0] == 0) {
        memcpy(chain->name, name.data, API_SEAL_CHAIN);
        chain->low = INT64_MAX;
        chain->debt = INT64_MAX;
        c->nchains++;
    }

    return chain;
}


/* The hash before a line that was there already; false: it is not known. */

static bool
before(api_seal_check_t *c, const chain_t *chain, const api_seal_line_t *l,
    uint8_t head[API_SEAL_LEN])
{
    if (chain->ring == NULL || l->seq + RING <= chain->seq + 1
        || l->seq <= chain->since)
    {
        return false;
    }

    if (l->seq > chain->since + 1) {
        memcpy(head, chain->ring[(l->seq - 1) % RING], API_SEAL_LEN);
        return true;
    }

    return l->seq == 1
           && api_seal_first(
                  c->seal, api_span(chain->name, API_SEAL_CHAIN), head)
                  == API_OK;
}


/* A line that is not new: written twice, or brought back. */

static int
again(api_seal_check_t *c, chain_t *chain, const api_seal_line_t *l,
    uint64_t place)
{
    int     rc;
    uint8_t head[API_SEAL_LEN];

    if (chain->bare && !l->sealed) {
        c->sum.repeated++;
        return API_OK;
    }

    if (before(c, chain, l, head)) {
        rc = api_seal_next(c->seal, head, l->bytes);

        if (rc != API_OK) {
            return rc;
        }

        if (l->sealed && memcmp(head, l->seal, API_SEAL_LEN) == 0
            && memcmp(head, chain->ring[l->seq % RING], API_SEAL_LEN) == 0)
        {
            c->sum.repeated++;
            return API_OK;
        }
    }

    api_seal_tell(c, API_SEAL_CHANGED, place,
        "event %llu of chain %.16s stands here again, and differs or is long"
        " past",
        (unsigned long long) l->seq, (const char *) chain->name);

    return API_OK;
}


/* Its hashes, from the next line on. */

static bool
remember(api_seal_check_t *c, chain_t *chain)
{
    if (chain->since < chain->seq) {
        chain->since = chain->seq;
    }

    chain->ring = c->alloc->alloc(c->alloc->ctx, (size_t) RING * API_SEAL_LEN);

    return chain->ring != NULL;
}


/* The first line of a chain that we see: where does it begin? */

static int
begin(api_seal_check_t *c, chain_t *chain, const api_seal_line_t *l,
    uint64_t place)
{
    chain->used = true;
    chain->bare = !l->sealed;
    chain->seq = l->seq - 1;
    chain->since = l->seq - 1;
    c->sum.chains++;

    if (l->seq > 1) {
        chain->open = true;

        if (!c->opts.part) {
            api_seal_tell(c, API_SEAL_MISSING, place,
                "chain %.16s begins with event %llu: give the files before"
                " too, or --part",
                (const char *) chain->name, (unsigned long long) l->seq);
        }
    }

    if (chain->bare) {
        return API_OK;
    }

    if (!remember(c, chain)) {
        return API_NOMEM;
    }

    if (l->seq > 1 && l->has_prev) {
        memcpy(chain->head, l->prev, API_SEAL_LEN);
        return API_OK;
    }

    return api_seal_first(
        c->seal, api_span(chain->name, API_SEAL_CHAIN), chain->head);
}


/* Is its hash that of its bytes?  The head moves on in any case, so that one
   wrong line is told once. */

static int
seal_of(api_seal_check_t *c, chain_t *chain, const api_seal_line_t *l,
    uint64_t place, bool unknown)
{
    int rc;

    if (l->sealed == chain->bare) {
        api_seal_tell(c, API_SEAL_CHANGED, place,
            "event %llu of chain %.16s has %s seal",
            (unsigned long long) l->seq, (const char *) chain->name,
            l->sealed ? "a" : "no");
        return API_OK;
    }

    if (chain->bare) {
        return API_OK;
    }

    if (chain->ring == NULL && !remember(c, chain)) {
        return API_NOMEM;
    }

    if (l->has_prev && !unknown
        && memcmp(l->prev, chain->head, API_SEAL_LEN) != 0) {
        api_seal_tell(c, API_SEAL_CHANGED, place,
            "event %llu of chain %.16s names another one before it",
            (unsigned long long) l->seq, (const char *) chain->name);
    }

    rc = api_seal_next(c->seal, chain->head, l->bytes);

    if (rc == API_OK && !unknown
        && memcmp(chain->head, l->seal, API_SEAL_LEN) != 0)
    {
        api_seal_tell(c, API_SEAL_CHANGED, place,
            "event %llu of chain %.16s was changed",
            (unsigned long long) l->seq, (const char *) chain->name);
    }

    memcpy(chain->head, l->seal, API_SEAL_LEN);
    memcpy(chain->ring[l->seq % RING], l->seal, API_SEAL_LEN);
    c->sum.sealed++;

    return rc;
}


static int
advance(api_seal_check_t *c, chain_t *chain, const api_seal_line_t *l,
    uint64_t place, bool unknown)
{
    int rc;

    rc = seal_of(c, chain, l, place, unknown);

    chain->seq = l->seq;
    chain->tail =
        api_span_eq(l->kind, API_SPAN("seal")) ? chain->tail : l->seq;
    chain->place = place;
    chain->seen = c->sum.seals;
    chain->time = api_seal_time(l->time);

    if (chain->time > c->newest) {
        c->newest = chain->time;
    }

    if (chain->time < chain->low) {
        chain->low = chain->time;
    }

    if (chain->nwait) {
        api_seal_meet(c, chain);
    }

    return rc;
}


static void
hole(api_seal_check_t *c, chain_t *chain, const api_seal_line_t *l,
    uint64_t place)
{
    api_seal_tell(c, API_SEAL_CHANGED, place,
        "before this line %llu events of chain %.16s are gone, from %llu on",
        (unsigned long long) (l->seq - chain->seq - 1),
        (const char *) chain->name, (unsigned long long) (chain->seq + 1));

    chain->since = l->seq;

    if (l->has_prev) {
        memcpy(chain->head, l->prev, API_SEAL_LEN);
    }
}


int
api_seal_check_line(api_seal_check_t *c, api_span_t line, uint64_t place)
{
    int             rc;
    bool            unknown = false;
    chain_t        *chain;
    api_seal_line_t l;

    c->sum.lines++;

    if (line.len == 0) {
        return API_OK;
    }

    if (!api_seal_line(line, &l)) {
        return api_seal_torn(c, line, place);
    }

    if (c->ntorn) {
        api_seal_mend(c, line, l.seq == 1);
    }

    chain = api_seal_chain(c, l.chain);
    rc = chain ? API_OK : API_NOMEM;

    if (rc == API_OK && !chain->used) {
        rc = begin(c, chain, &l, place);
        unknown = l.seq > 1 && !l.has_prev;
    }

    if (rc != API_OK) {
        return rc;
    }

    if (l.seq <= chain->seq) {
        return again(c, chain, &l, place);
    }

    if (l.seq != chain->seq + 1) {
        hole(c, chain, &l, place);
        unknown = !l.has_prev;
    }

    c->sum.events++;
    c->sum.requests +=
        l.kind.len == 7 && memcmp(l.kind.data, "request", 7) == 0;

    rc = advance(c, chain, &l, place, unknown);

    if (rc == API_OK && api_span_eq(l.kind, API_SPAN("seal"))) {
        return api_seal_point(c, line, place, &l);
    }

    if (rc == API_OK && api_span_eq(l.kind, API_SPAN("gap"))) {
        return api_seal_gap(c, line, place);
    }

    return rc;
}


/* What was sealed and is not there. */

static void
cut_off(api_seal_check_t *c)
{
    size_t   i;
    chain_t *chain;
    wait_t  *last;

    for (i = 0; i < c->size; i++) {
        chain = &c->chains[i];

        if (chain->nwait == 0) {
            continue;
        }

        last = &chain->wait[chain->nwait - 1];

        if (api_seal_lost(c, chain)) {
            c->sum.unproven += last->seq - chain->sealed;
            api_seal_tell(c, API_SEAL_MISSING, last->place,
                "the last %llu of %llu sealed events of chain %.16s had not"
                " come to the log when nginx was killed, or are still on their"
                " way: those behind %llu are unproven",
                (unsigned long long) (last->seq - chain->seq),
                (unsigned long long) last->seq, (const char *) chain->name,
                (unsigned long long) chain->sealed);
            continue;
        }

        if (!c->sum.stopped && !c->opts.part
            && c->opts.now - last->time < FRESH) {
            api_seal_tell(c, API_SEAL_MISSING, last->place,
                "events of chain %.16s are sealed and not written yet",
                (const char *) chain->name);
            continue;
        }

        if (chain->used) {
            api_seal_tell(c, API_SEAL_CHANGED, chain->place,
                "behind this line events of chain %.16s were cut off: %llu"
                " were sealed, %llu are there",
                (const char *) chain->name, (unsigned long long) last->seq,
                (unsigned long long) chain->seq);

        } else if (!c->opts.part) {
            api_seal_tell(c, c->middle ? API_SEAL_MISSING : API_SEAL_CHANGED,
                last->place,
                "%llu events of chain %.16s were sealed, none are there",
                (unsigned long long) last->seq, (const char *) chain->name);
        }
    }
}


api_seal_verdict_t
api_seal_check_end(api_seal_check_t *c, api_seal_sum_t *sum)
{
    c->ending = true;
    api_seal_halves(c);
    api_seal_logs_finish(c);
    cut_off(c);
    api_seal_unsealed(c);

    if (c->opts.anchor.len && !c->anchored) {
        api_seal_tell(c, API_SEAL_CHANGED, 0,
            "the checkpoint that was given is not in the log");
    }

    api_seal_ends(c);

    *sum = c->sum;

    return c->sum.verdict;
}
