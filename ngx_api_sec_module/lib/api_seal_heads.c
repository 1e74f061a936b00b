/* Chains held against what was sealed of them. */

#include "api_seal_check_int.h"


#define IDLE 8 /* seals that a chain has not moved for */


/* Chains that have not moved for some time are written out: no line of theirs
   comes again, and no statement, unless one is late. */

void
api_seal_retire(api_seal_check_t *c)
{
    size_t   i;
    chain_t *chain;
    uint64_t idle = IDLE;

    for (i = 0; i < c->nlogs; i++) {
        idle = c->logs[i].nwait ? BEHIND : idle;
    }

    for (i = 0; i < c->size; i++) {
        chain = &c->chains[i];

        if (chain->ring && chain->nwait == 0
            && chain->seen + (chain->sealed < chain->tail ? BEHIND : idle)
                   < c->sum.seals)
        {
            api_seal_drop(c, chain->ring);
            chain->ring = NULL;
        }
    }
}


/* The hash of its line `seq`; NULL: it is too long ago. */

static const uint8_t *
hash_at(const chain_t *chain, uint64_t seq)
{
    if (seq == chain->seq && !chain->bare) {
        return chain->head;
    }

    if (chain->ring == NULL || seq + RING <= chain->seq || seq <= chain->since)
    {
        return NULL;
    }

    return chain->ring[seq % RING];
}


/* Is the chain, at that place, what the statement says? */

static void
compare(api_seal_check_t *c, chain_t *chain, const wait_t *w)
{
    const wait_t  *last;
    const uint8_t *hash = hash_at(chain, w->seq);

    if (hash == NULL) {
        if (w->seq > chain->since || !chain->open) {
            api_seal_tell(c, API_SEAL_MISSING, w->place,
                "event %llu of chain %.16s is too long ago to be compared"
                " with its seal",
                (unsigned long long) w->seq, (const char *) chain->name);
        }

    } else if (memcmp(hash, w->head, API_SEAL_LEN) != 0) {
        api_seal_tell(c, API_SEAL_CHANGED, w->place,
            "event %llu of chain %.16s is not the one that was sealed",
            (unsigned long long) w->seq, (const char *) chain->name);
    }

    if (w->seq > chain->sealed) {
        chain->sealed = w->seq;
    }

    if (w->floor < chain->debt) {
        chain->debt = w->floor;
    }

    last = chain->nwait ? &chain->wait[chain->nwait - 1] : w;

    if (last->floor < chain->debt) {
        chain->debt = last->floor; /* it stands for others too */
    }

    if (w->early) {
        return; /* an earlier statement will come, about the same events */
    }

    if (chain->low != INT64_MAX && chain->low < chain->debt) {
        api_seal_tell(c, API_SEAL_CHANGED, w->place,
            "events of chain %.16s before %llu are older than their seal:"
            " sealed again, or the clock was set",
            (const char *) chain->name, (unsigned long long) w->seq);
    }

    chain->low = INT64_MAX;
    chain->debt = INT64_MAX;
}


void
api_seal_meet(api_seal_check_t *c, chain_t *chain)
{
    while (chain->nwait && chain->wait[0].seq <= chain->seq) {
        wait_t w = chain->wait[0];

        chain->nwait--;
        memmove(chain->wait, chain->wait + 1, chain->nwait * sizeof(wait_t));
        compare(c, chain, &w);
    }
}


/* The last one that waits, for the one before it too. */

static void
stand_for(chain_t *chain)
{
    wait_t *one = &chain->wait[chain->nwait - 2], *last = one + 1;

    if (one->floor < last->floor) {
        last->floor = one->floor;
    }

    *one = *last;
    chain->nwait--;
}


/* What the last of its statements says is with the log. */

static void
note_out(
    chain_t *chain, const api_seal_head_t *h, uint64_t size, const log_t *log)
{
    if (memcmp(chain->log, log->name, API_SEAL_CHAIN) == 0 && size < chain->by)
    {
        return;
    }

    memcpy(chain->log, log->name, API_SEAL_CHAIN);
    chain->by = size;
    chain->out = h->seq - h->due;
}


bool
api_seal_lost(api_seal_check_t *c, const chain_t *chain)
{
    const log_t *log = chain->nwait ? api_seal_log(c, chain->log) : NULL;

    return log && !log->ended && chain->by == log->top
           && chain->seq >= chain->out;
}


bool
api_seal_lost_of(api_seal_check_t *c, const log_t *log)
{
    size_t i;

    for (i = 0; i < c->size; i++) {
        if (memcmp(c->chains[i].log, log->name, API_SEAL_CHAIN) == 0
            && api_seal_lost(c, &c->chains[i]))
        {
            return true;
        }
    }

    return false;
}


int
api_seal_heads(
    api_seal_check_t *c, const api_seal_head_t *h, wait_t w, const log_t *log)
{
    unsigned i;
    chain_t *chain = api_seal_chain(c, api_span(h->chain, API_SEAL_CHAIN));

    if (chain == NULL) {
        return API_NOMEM;
    }

    note_out(chain, h, w.size, log);
    w.seq = h->seq;
    memcpy(w.head, h->head, API_SEAL_LEN);

    if (chain->used && h->seq <= chain->seq) {
        compare(c, chain, &w);
        return API_OK;
    }

    if (chain->wait == NULL) {
        chain->wait =
            c->alloc->alloc(c->alloc->ctx, (WAIT + 1) * sizeof(wait_t));

        if (chain->wait == NULL) {
            return API_NOMEM;
        }
    }

    for (i = chain->nwait; i && chain->wait[i - 1].seq > w.seq; i--) {
        chain->wait[i] = chain->wait[i - 1];
    }

    chain->wait[i] = w;

    if (++chain->nwait > WAIT) {
        stand_for(chain);
    }

    return API_OK;
}


/* Was there no log that would have sealed the end of it?  Between the last
   statement of one and the beginning of the next nobody tells what nginx wrote
   before it was killed from what somebody put in. */

static bool
nobody(const api_seal_check_t *c, const chain_t *chain)
{
    size_t       i;
    int64_t      low = chain->low < chain->time ? chain->low : chain->time;
    const log_t *log;

    for (i = 0; i < c->nlogs; i++) {
        log = &c->logs[i];

        if (low < log->until - SLACK
            && chain->time > log->began + (int64_t) c->length + SLACK)
        {
            return false;
        }
    }

    return true;
}


/* A chain that no statement knows was put in. */

void
api_seal_unsealed(api_seal_check_t *c)
{
    size_t   i;
    bool     crash;
    chain_t *chain;

    for (i = 0; c->nlogs && i < c->size; i++) {
        chain = &c->chains[i];

        if (chain->used && !chain->bare && chain->tail > chain->sealed
            && !api_seal_lost(c, chain)
            && chain->time + 3 * (int64_t) c->length + SLACK < c->sum.last)
        {
            crash = nobody(c, chain);
            c->sum.unproven += crash ? chain->tail - chain->sealed : 0;

            api_seal_tell(c, crash ? API_SEAL_MISSING : API_SEAL_CHANGED,
                chain->place,
                "events of chain %.16s up to this one are under no seal:"
                " %llu were sealed%s",
                (const char *) chain->name, (unsigned long long) chain->sealed,
                crash ? ", then nginx was killed, or they were put in" : "");
        }
    }
}
