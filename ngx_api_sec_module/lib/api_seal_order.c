/* Seals of a log in their order, whichever order they stand in. */

#include "api_seal_check_int.h"


/* The seal that this one was made behind; NULL: it is not here yet. */

static const leaf_t *
tip_of(const log_t *log, const leaf_t *leaf)
{
    unsigned i;

    for (i = 0; i < log->ntip; i++) {
        if (memcmp(log->tip[i].after, leaf->before, API_SEAL_LEN) == 0) {
            return &log->tip[i];
        }
    }

    return NULL;
}


static void
settle_on(log_t *log, const leaf_t *leaf)
{
    if (log->size == 0) {
        log->first = leaf->size;
    }

    memcpy(log->kept[leaf->size % KEPT], leaf->before, API_SEAL_LEN);
    log->size = leaf->size;
    log->tip[0] = *leaf;
    log->ntip = 1;
    log->stop = leaf->stop;
}


/* One that was made twice, for its writer was killed before he could note it:
   the next one tells which of them counts. */

static bool
again(log_t *log, const leaf_t *leaf)
{
    if (leaf->size < log->first) {
        return true; /* before what was missing, which was told */
    }

    if (leaf->size + KEPT <= log->size
        || memcmp(log->kept[leaf->size % KEPT], leaf->before, API_SEAL_LEN)
               != 0)
    {
        return false;
    }

    if (leaf->size == log->size) {
        if (log->ntip == TIPS) {
            memmove(log->tip, log->tip + 1, (TIPS - 1) * sizeof(leaf_t));
            log->ntip--;
        }

        log->tip[log->ntip++] = *leaf;
        log->stop = leaf->stop;
    }

    return true;
}


/* Puts it in its place; false: one before it has to come first. */

static bool
take(api_seal_check_t *c, log_t *log, const leaf_t *leaf)
{
    const leaf_t *tip;

    if (log->size && leaf->size <= log->size) {
        return again(log, leaf);
    }

    tip = leaf->size == log->size + 1 ? tip_of(log, leaf) : NULL;

    if (tip == NULL) {
        return false;
    }

    if (tip->stop) {
        api_seal_tell(c, API_SEAL_CHANGED, leaf->place,
            "a seal behind the last one of log %.16s",
            (const char *) log->name);
    }

    if (log->size && leaf->from != tip->epoch + 1) {
        api_seal_tell(c, API_SEAL_CHANGED, leaf->place,
            "seals of log %.16s are gone: epoch %llu was to be the next, this"
            " is %llu",
            (const char *) log->name, (unsigned long long) tip->epoch + 1,
            (unsigned long long) leaf->from);
    }

    if (leaf->from < leaf->epoch) {
        api_seal_tell(c, API_SEAL_MISSING, leaf->place,
            "epochs %llu to %llu were sealed late, in one",
            (unsigned long long) leaf->from, (unsigned long long) leaf->epoch);
    }

    settle_on(log, leaf);

    return true;
}


static void
unwait(log_t *log, size_t i)
{
    log->nwait--;
    memmove(
        &log->wait[i], &log->wait[i + 1], (log->nwait - i) * sizeof(leaf_t));
}


/* Those that have waited for what is here now. */

static void
settle(api_seal_check_t *c, log_t *log)
{
    size_t i = 0;

    while (i < log->nwait && log->wait[i].size <= log->size + 1) {
        leaf_t leaf = log->wait[i];

        if (take(c, log, &leaf)) {
            unwait(log, i);
            i = 0;

        } else {
            i++;
        }
    }
}


static bool
wait_for(api_seal_check_t *c, log_t *log, const leaf_t *leaf)
{
    size_t  i = log->nwait;
    leaf_t *more;

    if (log->nwait == log->room) {
        more = c->alloc->alloc(
            c->alloc->ctx, (2 * log->room + 8) * sizeof(leaf_t));

        if (more == NULL) {
            return false;
        }

        if (log->nwait) {
            memcpy(more, log->wait, log->nwait * sizeof(leaf_t));
        }

        api_seal_drop(c, log->wait);
        log->wait = more;
        log->room = 2 * log->room + 8;
    }

    for (; i && log->wait[i - 1].size > leaf->size; i--) {
        log->wait[i] = log->wait[i - 1];
    }

    log->wait[i] = *leaf;
    log->nwait++;

    return true;
}


/* Of the first one that waits, the one before it does not come. */

static void
give_up(api_seal_check_t *c, log_t *log)
{
    leaf_t             leaf = log->wait[0];
    api_seal_verdict_t verdict = API_SEAL_CHANGED;

    unwait(log, 0);

    if (c->opts.part || c->opts.now - leaf.time < FRESH
        || (c->ending && api_seal_lost_of(c, log)))
    {
        verdict = API_SEAL_MISSING;
    }

    if (log->size == 0) {
        c->middle = true;

        if (!c->opts.part) {
            api_seal_tell(c, API_SEAL_MISSING, leaf.place,
                "%llu seals of log %.16s stand before this one: give the"
                " files before too, or --part",
                (unsigned long long) (leaf.size - 1),
                (const char *) log->name);
        }

    } else if (leaf.size <= log->size) {
        api_seal_tell(c, API_SEAL_CHANGED, leaf.place,
            "seal %llu of log %.16s was made behind others than are here",
            (unsigned long long) leaf.size, (const char *) log->name);
        return;

    } else {
        api_seal_tell(c, verdict, leaf.place,
            "seals of log %.16s %s: epoch %llu was to be the next, this is"
            " %llu",
            (const char *) log->name,
            verdict == API_SEAL_CHANGED ? "are gone" : "are not here",
            (unsigned long long) log->tip[0].epoch + 1,
            (unsigned long long) leaf.from);
    }

    settle_on(log, &leaf);
    settle(c, log);
}


/* How its chains may be looked at: those of one early are looked at again when
   the ones before it have come. */

static api_seal_order_t
unlinked(log_t *log, const leaf_t *leaf)
{
    if (log->size || (log->run && leaf->size != log->run + 1)) {
        return API_SEAL_EARLY;
    }

    log->run = leaf->size;

    return API_SEAL_SOMEWHERE;
}


int
api_seal_order(api_seal_check_t *c, log_t *log, const leaf_t *leaf,
    api_seal_order_t *order)
{
    if (leaf->time >= log->last) {
        log->last = leaf->time;
        log->place = leaf->place;
    }

    log->top = leaf->size > log->top ? leaf->size : log->top;
    log->ended |= leaf->stop;

    if (take(c, log, leaf)) {
        *order = API_SEAL_NEXT;
        settle(c, log);
        return API_OK;
    }

    *order = unlinked(log, leaf);

    if (!wait_for(c, log, leaf)) {
        return API_NOMEM;
    }

    if (log->nwait > BEHIND) {
        give_up(c, log);
    }

    return API_OK;
}


log_t *
api_seal_log(api_seal_check_t *c, const uint8_t name[API_SEAL_CHAIN])
{
    size_t i;

    for (i = 0; i < c->nlogs; i++) {
        if (memcmp(c->logs[i].name, name, API_SEAL_CHAIN) == 0) {
            return &c->logs[i];
        }
    }

    return NULL;
}


/* It is over: what still waits is told of. */

static void
finish(api_seal_check_t *c, log_t *log)
{
    while (log->nwait) {
        give_up(c, log);
    }

    api_seal_drop(c, log->wait);
    api_seal_drop(c, log->kept);
    log->wait = NULL;
    log->kept = NULL;
}


log_t *
api_seal_log_new(
    api_seal_check_t *c, const api_seal_span_t *span, uint64_t place)
{
    log_t          *log;
    uint8_t         root[API_SEAL_LEN];
    api_seal_tree_t none = { .size = 0 };

    if (api_seal_tree_root(c->seal, &none, root) != API_OK) {
        return NULL;
    }

    if (c->nlogs == LOGS) { /* of many starts: the oldest are over */
        finish(c, &c->logs[0]);
        memmove(c->logs, c->logs + 1, (LOGS - 1) * sizeof(log_t));
        c->nlogs--;
        c->forgot = true;
    }

    log = &c->logs[c->nlogs];
    memset(log, 0, sizeof(*log));
    log->kept = c->alloc->alloc(c->alloc->ctx, (size_t) KEPT * API_SEAL_LEN);

    if (log->kept == NULL) {
        return NULL;
    }

    memset(log->kept, 0, (size_t) KEPT * API_SEAL_LEN);
    c->nlogs++;
    memcpy(log->name, span->log, API_SEAL_CHAIN);
    memcpy(log->after, span->after, API_SEAL_CHAIN);
    memcpy(log->tip[0].after, root, API_SEAL_LEN);
    log->ntip = 1;
    log->last = INT64_MIN;
    log->began = INT64_MAX;
    log->met = place;

    return log;
}


/* Does another one name it as the one before? */

static bool
followed(const api_seal_check_t *c, const log_t *log)
{
    size_t i;

    for (i = 0; i < c->nlogs; i++) {
        if (memcmp(c->logs[i].after, log->name, API_SEAL_CHAIN) == 0) {
            return true;
        }
    }

    return false;
}


/* One that says that it ends is over, and one that was just written goes
   on. */

static void
end_of(api_seal_check_t *c, const log_t *log)
{
    static const char zeros[] = "0000000000000000";

    if (!c->forgot && memcmp(log->after, zeros, API_SEAL_CHAIN) != 0
        && api_seal_log(c, log->after) == NULL)
    {
        api_seal_tell(c, API_SEAL_MISSING, log->met,
            "log %.16s, which was before log %.16s, is not here: give its"
            " files too, or --part",
            (const char *) log->after, (const char *) log->name);
    }

    if (!log->stop && (c->opts.now - log->last > 180 || followed(c, log))) {
        api_seal_tell(c, API_SEAL_MISSING, log->place,
            "log %.16s has no seal behind this one that says it is the last:"
            " its end was cut off, or nginx was killed",
            (const char *) log->name);
    }
}


void
api_seal_ends(api_seal_check_t *c)
{
    size_t i;

    if (c->nlogs == 0 && c->sum.sealed && !c->opts.part
        && c->opts.now - c->newest > 180)
    {
        api_seal_tell(c, API_SEAL_MISSING, 0,
            "no seal says where the chains stand: the end was cut off, or"
            " nginx was killed");
    }

    for (i = 0; i < c->nlogs && !c->opts.part; i++) {
        end_of(c, &c->logs[i]);
    }
}


void
api_seal_logs_finish(api_seal_check_t *c)
{
    size_t i;

    for (i = 0; i < c->nlogs; i++) {
        finish(c, &c->logs[i]);
    }
}


void
api_seal_logs_free(api_seal_check_t *c)
{
    size_t i;

    for (i = 0; i < c->nlogs; i++) {
        api_seal_drop(c, c->logs[i].wait);
        api_seal_drop(c, c->logs[i].kept);
    }

    api_seal_drop(c, c->logs);
}
