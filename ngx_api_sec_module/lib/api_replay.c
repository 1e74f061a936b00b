#include "api_replay.h"


#define REPLAY_WAYS 15

/* Of the memory, what may go to counting, and no more counters than can be
   wiped at once while others wait; of the places, one principal's. */

#define REPLAY_COUNTING 12
#define REPLAY_CELLS 16384
#define REPLAY_SHARE 4

typedef struct {
    uint64_t tag;
    uint32_t made;
    uint32_t until; /* 0: free */
} replay_use_t;

/* Four cache lines. */

typedef struct {
    uint32_t     floor; /* what is not younger cannot be told */
    uint32_t     spare[3];
    replay_use_t uses[REPLAY_WAYS];
} replay_bucket_t;

struct api_replay_s {
    api_sipkey_t      seed;
    api_replay_stat_t stat;
    size_t            nbuckets;
    replay_bucket_t   buckets[]; /* and an api_share_t */
};


static uint32_t
seconds(int64_t t)
{
    return t < 0 ? 0 : t > UINT32_MAX ? UINT32_MAX : (uint32_t) t;
}


static api_share_t *
share_of(api_replay_t *table)
{
    return (api_share_t *) (void *) &table->buckets[table->nbuckets];
}


api_replay_t *
api_replay_init(void *mem, size_t size, api_sipkey_t seed, int64_t now)
{
    size_t        i, cells;
    api_replay_t *table = mem;

    cells = 1;

    while (cells < REPLAY_CELLS
           && api_share_size(2 * cells) <= size / REPLAY_COUNTING)
    {
        cells *= 2;
    }

    table->seed = seed;
    table->nbuckets = (size - sizeof(*table) - api_share_size(cells))
                      / sizeof(replay_bucket_t);
    (void) api_share_init(share_of(table), cells);
    table->stat.room = table->nbuckets * REPLAY_WAYS;

    for (i = 0; i < table->nbuckets; i++) {
        table->buckets[i].floor = seconds(now - 1);
    }

    return table;
}


static replay_bucket_t *
bucket_of(api_replay_t *table, uint64_t tag)
{
    return &table->buckets[(tag >> 16) % table->nbuckets];
}


/* Of two texts, such that none can be moved into the other. */

static uint64_t
hash_of(const api_replay_t *table, api_span_t a, api_span_t b)
{
    uint64_t parts[2];

    parts[0] = api_siphash24(table->seed, a);
    parts[1] = api_siphash24(table->seed, b);

    return api_siphash24(table->seed, api_span(parts, sizeof(parts)));
}


/* The use with this tag, or the best place for it: one that is over, else the
   oldest. */

static replay_use_t *
find(replay_bucket_t *bucket, uint64_t tag, uint32_t now)
{
    unsigned      i;
    replay_use_t *use, *best = &bucket->uses[0];

    for (i = 0; i < REPLAY_WAYS; i++) {
        use = &bucket->uses[i];

        if (use->tag == tag && use->until >= now && use->until) {
            return use;
        }

        if (best->until < now) {
            continue;
        }

        if (use->until < now || use->made < best->made) {
            best = use;
        }
    }

    return best;
}


/* The order of the stores: whoever dies between two of them leaves a use that
   is over. */

static void
put(replay_use_t *use, uint64_t tag, uint32_t made, uint32_t until)
{
    __atomic_store_n(&use->until, 0, __ATOMIC_RELEASE);
    use->tag = tag;
    use->made = made;
    __atomic_store_n(&use->until, until, __ATOMIC_RELEASE);
}


/* The oldest of a full bucket goes, and with it all that is as old. */

static void
drop(api_replay_t *table, replay_bucket_t *bucket, const replay_use_t *use)
{
    if (use->made > bucket->floor) {
        bucket->floor = use->made;
    }

    table->stat.dropped++;
}


int
api_replay_use(api_replay_t *table, const api_replay_use_t *what, int64_t life,
    int64_t now)
{
    uint32_t         at, born, until;
    uint64_t         tag, who;
    api_share_t     *share = share_of(table);
    replay_use_t    *use;
    replay_bucket_t *bucket;

    tag = hash_of(table, what->owner, what->id);
    at = seconds(now) ? seconds(now) : 1;
    born = seconds(what->made);
    until = seconds(what->until);
    bucket = bucket_of(table, tag);
    use = find(bucket, tag, at);

    if (use->tag == tag && use->until >= at) {
        table->stat.repeated++;
        return API_DUPLICATE;
    }

    who = hash_of(table, what->realm, what->principal);
    api_share_turn(share, life, now);

    if (api_share_of(share, who) >= table->stat.room / REPLAY_SHARE) {
        table->stat.over++;
        return API_DENIED;
    }

    if (born <= bucket->floor || (use->until >= at && born < use->made)) {
        table->stat.refused++;
        return API_LIMIT;
    }

    if (use->until >= at) {
        drop(table, bucket, use);
    }

    put(use, tag, born, until < at ? at : until);
    api_share_add(share, who);
    table->stat.used++;

    return API_OK;
}


/* What a use is put over in a smaller table is remembered by its date, as
   always. */

static void
migrate_use(api_replay_t *table, const replay_use_t *use)
{
    replay_use_t    *to;
    replay_bucket_t *bucket = bucket_of(table, use->tag);

    to = find(bucket, use->tag, 1);

    if (to->until && to->made > use->made) {
        if (use->made > bucket->floor) {
            bucket->floor = use->made;
        }

        return;
    }

    if (to->until && to->made > bucket->floor) {
        bucket->floor = to->made;
    }

    put(to, use->tag, use->made, use->until);
}


void
api_replay_migrate(api_replay_t *table, const api_replay_t *old)
{
    size_t                 i, way;
    uint32_t               floor = 0;
    const replay_bucket_t *bucket;

    table->seed = old->seed;
    api_share_merge(
        share_of(table), share_of((api_replay_t *) (uintptr_t) old));

    for (i = 0; i < old->nbuckets; i++) {
        bucket = &old->buckets[i];

        for (way = 0; way < REPLAY_WAYS; way++) {
            if (bucket->uses[way].until) {
                migrate_use(table, &bucket->uses[way]);
            }
        }

        floor = bucket->floor > floor ? bucket->floor : floor;
    }

    /* a bucket of the old table is spread over all of the new one */

    for (i = 0; i < table->nbuckets; i++) {
        if (table->buckets[i].floor < floor) {
            table->buckets[i].floor = floor;
        }
    }
}


api_replay_stat_t
api_replay_stat(const api_replay_t *table)
{
    return table->stat;
}
