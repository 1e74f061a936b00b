/* Chains held against what was sealed of them. */

#include "api_seal_check_int.h"


/* Chains that have not moved for some time are written out: no line of theirs
   comes again. */

void
api_seal_retire(api_seal_check_t *c)
{
    size_t   i;
    chain_t *chain;

    for (i = 0; i < c->size; i++) {
        chain = &c->chains[i];

        if (chain->ring && chain->nwait == 0 && chain->seen + 8 < c->sum.seals)
        {
            if (c->alloc->free) {
                c->alloc->free(c->alloc->ctx, chain->ring);
            }

            chain->ring = NULL;
        }
    }
}


/* Is the chain, at that place, what the statement says? */

static void
compare(api_seal_check_t *c, chain_t *chain, const wait_t *w, uint64_t from,
    uint32_t length)
{
    if (chain->ring == NULL || w->seq + RING <= chain->seq
        || w->seq <= chain->since)
    {
        if (w->seq > chain->since || !chain->open) {
            api_seal_tell(c, API_SEAL_MISSING, w->place,
                "event %llu of chain %.16s is too long ago to be compared"
                " with its seal",
                (unsigned long long) w->seq, (const char *) chain->name);
        }

    } else if (memcmp(chain->ring[w->seq % RING], w->head, API_SEAL_LEN) != 0)
    {
        api_seal_tell(c, API_SEAL_CHANGED, w->place,
            "event %llu of chain %.16s is not the one that was sealed",
            (unsigned long long) w->seq, (const char *) chain->name);
    }

    if (length && chain->low != INT64_MAX
        && chain->low < ((int64_t) from - 1) * length - SLACK)
    {
        api_seal_tell(c, API_SEAL_CHANGED, w->place,
            "events of chain %.16s before %llu are older than their seal:"
            " sealed again, or the clock was set",
            (const char *) chain->name, (unsigned long long) w->seq);
    }

    chain->low = INT64_MAX;
    chain->sealed = w->seq;
}


void
api_seal_meet(api_seal_check_t *c, chain_t *chain)
{
    while (chain->nwait && chain->wait[0].seq <= chain->seq) {
        wait_t w = chain->wait[0];

        chain->nwait--;
        memmove(chain->wait, chain->wait + 1, chain->nwait * sizeof(wait_t));
        compare(c, chain, &w, 0, 0);
    }
}


int
api_seal_heads(api_seal_check_t *c, const api_seal_head_t *h, uint64_t place)
{
    wait_t   w = { .seq = h->seq, .place = place, .time = c->parts->time };
    chain_t *chain = api_seal_chain(c, api_span(h->chain, API_SEAL_CHAIN));

    if (chain == NULL) {
        return API_NOMEM;
    }

    memcpy(w.head, h->head, API_SEAL_LEN);

    if (chain->used && h->seq <= chain->seq) {
        compare(c, chain, &w, c->parts->span.from, c->parts->span.length);
        return API_OK;
    }

    if (chain->wait == NULL) {
        chain->wait = c->alloc->alloc(c->alloc->ctx, WAIT * sizeof(wait_t));

        if (chain->wait == NULL) {
            return API_NOMEM;
        }
    }

    if (chain->nwait == WAIT) {
        chain->nwait--; /* the last one stands for those before */
    }

    chain->wait[chain->nwait++] = w;

    return API_OK;
}


/* A log that says that it ends is over, and one that was just written goes
   on. */

void
api_seal_ends(api_seal_check_t *c)
{
    int64_t now = c->opts.now;
    size_t  i;
    log_t  *log;

    if (c->nlogs == 0 && c->sum.sealed && !c->opts.part
        && now - c->newest > 180) {
        api_seal_tell(c, API_SEAL_MISSING, 0,
            "no seal says where the chains stand: the end was cut off, or"
            " nginx was killed");
    }

    for (i = 0; i < c->nlogs && !c->opts.part; i++) {
        log = &c->logs[i];

        if (!log->stop && now - log->last > 180) {
            api_seal_tell(c, API_SEAL_MISSING, log->place,
                "log %.16s has no seal behind this one that says it is the"
                " last: its end was cut off, or nginx was killed",
                (const char *) log->name);
        }
    }
}


/* A chain that no statement knows was put in. */

void
api_seal_unsealed(api_seal_check_t *c)
{
    size_t   i;
    chain_t *chain;

    for (i = 0; c->nlogs && i < c->size; i++) {
        chain = &c->chains[i];

        if (chain->used && !chain->bare && chain->tail > chain->sealed
            && chain->time + 3 * (int64_t) c->parts->span.length + SLACK
                   < c->sum.last)
        {
            api_seal_tell(c, API_SEAL_CHANGED, chain->place,
                "events of chain %.16s up to this one are under no seal:"
                " %llu were sealed",
                (const char *) chain->name,
                (unsigned long long) chain->sealed);
        }
    }
}
