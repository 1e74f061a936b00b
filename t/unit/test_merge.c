/* Merges of nodes: composition against the requests one by one, the table of
   what waits, and nodes, a store and a load simulated to the nanosecond, with
   the bound that the header promises. */

#include "api_merge.h"
#include "ut.h"

#include <stdlib.h>

#define NS INT64_C(1000000000)


/* Batches in any mix of admissions and refunds do what the single maps do. */

static void
test_compose(void)
{
    size_t      i, j, bad, mid;
    int64_t     now, cost, g, back;
    ut_rand_t   r = { 1 };
    api_merge_t a, b;

    bad = 0;

    for (i = 0; i < 50000; i++) {
        a = b = API_MERGE_NONE;
        now = (int64_t) ut_below(&r, 1000000);
        g = back = (int64_t) ut_below(&r, 2000000);
        mid = ut_below(&r, 20);

        for (j = 0; j < 20; j++) {
            now += (int64_t) ut_below(&r, 100000);
            cost = (int64_t) ut_below(&r, 50000);

            if (ut_below(&r, 4) == 0) {
                back -= cost;
                api_merge_refund(j < mid ? &a : &b, cost);

            } else {
                back = (back > now ? back : now) + cost;
                api_merge_admit(j < mid ? &a : &b, now, cost);
            }
        }

        bad += api_merge_apply(&b, api_merge_apply(&a, g)) != back;
        api_merge_then(&a, &b);
        bad += api_merge_apply(&a, g) != back;
    }

    ut_int(bad, 0, "50000 batches, in two parts and joined");

    a = API_MERGE_NONE;
    ut_int(api_merge_apply(&a, 77), 77, "nothing changes nothing");

    for (i = 0; i < 100; i++) {
        api_merge_admit(&a, API_MERGE_MAX, API_MERGE_MAX);
    }

    ut_ok(a.n == API_MERGE_MAX && a.d == API_MERGE_MAX, "sums stop");
    ut_ok(api_merge_adopt(5, NULL, 10, 20) == 30, "the store's is later");
    ut_ok(api_merge_adopt(50, NULL, 10, 20) == 50, "ours is later");
}


static int64_t told[2][512], sum[2][512];
static size_t  changed;

static void
tell(const api_merge_entry_t *out, uint32_t k)
{
    uint32_t n;

    for (n = 0; n < k; n++) {
        told[out[n].policy][out[n].key] += out[n].m.n;
        changed += out[n].limit != -1 || out[n].cap != 7;
    }
}


static void
test_full(api_merge_table_t *t)
{
    bool   made;
    size_t i, bad;

    for (i = 0, bad = 0; i < 256; i++) {
        bad += api_merge_entry(t, 0, i, &made) == NULL;
    }

    ut_int(bad, 0, "all places are free again");
    ut_ok(api_merge_entry(t, 0, 999, &made) == NULL, "and then none");
    ut_ok(api_merge_find(t, 0, 255) && !api_merge_find(t, 1, 255),
        "keys belong to policies");
}


static size_t
admit(api_merge_table_t *t, uint32_t p, uint64_t key, int64_t now)
{
    bool               made;
    size_t             bad;
    api_merge_entry_t *e;

    e = api_merge_entry(t, p, key, &made);

    if (e == NULL) {
        return 0;
    }

    if (made) {
        e->limit = -1;
        e->cap = 7;
    }

    bad = made != (e->m.n == 0 && e->m.d == INT64_MIN);
    api_merge_admit(&e->m, now, 3);
    sum[p][key] += 3;

    return bad;
}


static void
test_table(void)
{
    size_t            i, n, bad;
    uint32_t          k;
    ut_rand_t         r = { 2 };
    api_merge_entry_t out[64];
    api_merge_table_t t;

    ut_int(api_merge_table_init(&t, 100, &api_alloc_libc), API_INVALID,
        "no power of two");
    ut_int(api_merge_table_init(&t, 256, &api_alloc_libc), API_OK, "a table");
    ut_int(api_merge_take(&t, out, 64), 0, "nothing waits");

    bad = 0;

    for (i = 0; i < 200000; i++) {
        uint32_t p = (uint32_t) ut_below(&r, 2);
        uint64_t key = ut_below(&r, 512);

        if (ut_below(&r, 40) == 0) {
            k = api_merge_take(&t, out, (uint32_t) (1 + ut_below(&r, 64)));

            for (n = 1; n < k; n++) {
                bad += out[n].policy != out[0].policy;
            }

            if (ut_below(&r, 3) == 0) {
                api_merge_back(&t, out, k);
                continue;
            }

            tell(out, k);

            continue;
        }

        bad += admit(&t, p, key, (int64_t) i);
    }

    while ((k = api_merge_take(&t, out, 64)) > 0) {
        tell(out, k);
    }

    for (i = 0; i < 1024; i++) {
        bad += told[i / 512][i % 512] != sum[i / 512][i % 512];
    }

    ut_int(bad, 0, "what was admitted was told, and once");
    ut_int(changed, 0, "as it was to be counted, also what was given back");
    ut_int(t.n, 0, "nothing waits");
    ut_ok(t.dropped > 0, "%zu found no room", (size_t) t.dropped);

    test_full(&t);
    free(t.entries);
    free(t.heads);
}


static void
test_memory(void)
{
    int               rc;
    size_t            n;
    ut_alloc_t        u;
    api_merge_table_t t;

    for (n = 1;; n++) {
        ut_arm(&u, n);
        rc = api_merge_table_init(&t, 64, &u.alloc);

        if (u.calls < n) {
            break;
        }

        ut_int(rc, API_NOMEM, "no memory at %zu", n);
        ut_int(u.live, 0, "nothing is kept");
    }

    u.alloc.free(u.alloc.ctx, t.entries);
    u.alloc.free(u.alloc.ctx, t.heads);
}


/*
 * Nodes with a local TAT each, and a store with one.  A node decides by its
 * own, tells the store every `delta`, hears back a round trip later.
 */

typedef struct {
    const char *name;
    int64_t     rate, burst;
    int         nodes;
    int64_t     delta;    /* ns */
    int         offered;  /* times the rate, all nodes */
    int         skew;     /* per cent of it on node 0; 0: even */
    int64_t     down, up; /* the store is away */
    int         least;    /* per mille of the ideal that pass at least */
} sim_t;

typedef struct {
    int64_t     tat, next, heard, ahead, lag;
    api_merge_t pending;
    bool        flying;
} node_t;

typedef struct {
    int64_t admitted, over, ops, offered;
} outcome_t;

#define RTT (NS / 1000)


static void
sim_node(
    const sim_t *s, node_t *node, int64_t *global, int64_t now, outcome_t *out)
{
    int64_t ahead;

    if (node->flying && node->heard <= now) {
        node->flying = false;
        /* relative to when it is read: so clocks may differ */
        ahead = node->ahead - RTT / 2;
        node->tat = api_merge_adopt(
            node->tat, &node->pending, node->heard, ahead > 0 ? ahead : 0);
    }

    if (node->next > now) {
        return;
    }

    node->next += s->delta;

    if (node->pending.n == 0 || node->flying
        || (now >= s->down && now < s->up)) {
        return;
    }

    *global = api_merge_apply(&node->pending, *global);
    node->pending = API_MERGE_NONE;
    node->ahead = *global - now;
    node->heard = now + RTT;
    node->flying = true;
    out->ops++;
}


static void
simulate(const sim_t *s, outcome_t *out)
{
    int       i, j;
    node_t    nodes[8];
    int64_t   now, global, cost, tau, gap, over;
    ut_rand_t r = { 77 };

    memset(nodes, 0, sizeof(nodes));
    memset(out, 0, sizeof(*out));

    cost = NS / s->rate;
    tau = s->burst * cost;
    global = 0;

    for (i = 0; i < s->nodes; i++) {
        nodes[i].pending = API_MERGE_NONE;
        nodes[i].next = (int64_t) ut_below(&r, (uint64_t) s->delta);
    }

    gap = NS / (s->rate * s->offered);

    for (now = 0; now < 20 * NS;
         now += 1 + (int64_t) ut_below(&r, (uint64_t) (2 * gap)))
    {
        for (j = 0; j < s->nodes; j++) {
            sim_node(s, &nodes[j], &global, now, out);
        }

        i = s->skew && ut_below(&r, 100) < (uint64_t) s->skew
                ? 0
                : (int) ut_below(&r, (uint64_t) s->nodes);

        out->offered++;

        if ((nodes[i].tat > now ? nodes[i].tat : now) + cost - now > tau) {
            continue;
        }

        nodes[i].tat = (nodes[i].tat > now ? nodes[i].tat : now) + cost;
        api_merge_admit(&nodes[i].pending, now, cost);

        over = ++out->admitted - s->burst - now / cost;
        out->over = over > out->over ? over : out->over;
    }
}


static const sim_t sims[] = {
    { "100r/s, 4 nodes, 20 ms", 100, 50, 4, NS / 50, 4, 0, 0, 0, 990 },
    { "100r/s, 4 nodes, 100 ms", 100, 50, 4, NS / 10, 4, 0, 0, 0, 990 },
    { "100r/s, 3 nodes, skewed", 100, 50, 3, NS / 10, 2, 95, 0, 0, 970 },
    { "1000r/s, 4 nodes, 20 ms", 1000, 200, 4, NS / 50, 4, 0, 0, 0, 990 },
    { "1000r/s, 4 nodes, 100 ms", 1000, 200, 4, NS / 10, 4, 0, 0, 0, 990 },
    { "1000r/s, 4 nodes, skewed", 1000, 200, 4, NS / 10, 2, 95, 0, 0, 970 },
    { "10r/s, 8 nodes", 10, 20, 8, NS / 10, 8, 0, 0, 0, 990 },
    { "100r/s, 4 nodes, away for 5 s", 100, 50, 4, NS / 50, 4, 0, 5 * NS,
        10 * NS, 950 },
};


static void
test_simulation(void)
{
    size_t    i;
    int64_t   bound, ideal, window;
    outcome_t out;

    for (i = 0; i < sizeof(sims) / sizeof(sims[0]); i++) {
        const sim_t *s = &sims[i];

        simulate(s, &out);

        window = s->delta + RTT + (s->up - s->down);
        bound = (s->nodes - 1) * (s->burst + s->rate * window / NS + 1);
        ideal = s->burst + 20 * s->rate;

        ut_ok(out.over <= bound, "%s: %lld over, %lld may be", s->name,
            (long long) out.over, (long long) bound);
        ut_ok(out.admitted * 1000 >= ideal * s->least, "%s: %lld of %lld pass",
            s->name, (long long) out.admitted, (long long) ideal);

        if (s->up == 0) {
            ut_ok(out.admitted * 100 <= ideal * 105,
                "%s: the rate is kept in the long run", s->name);
            ut_ok(out.ops * 10 <= out.offered * 2,
                "%s: %lld operations, %lld requests", s->name,
                (long long) out.ops, (long long) out.offered);
        }
    }
}


int
main(void)
{
    test_compose();
    test_table();
    test_memory();
    test_simulation();

    return ut_done();
}
