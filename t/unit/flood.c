#include "flood.h"

#include <stdlib.h>


#define HONEST 64

typedef struct {
    const flood_t  *f;
    flood_result_t *r;
    api_table_t    *t;
    api_gcra_t      g;
    api_now_t       now;
    uint64_t        from;
    uint64_t        burst_at; /* when the attacker comes back */
    uint64_t        honest_at[HONEST];
} sim_t;


static uint64_t
tag(const sim_t *sim, char kind, uint64_t n)
{
    uint8_t key[9];

    key[0] = (uint8_t) kind;
    memcpy(key + 1, &n, 8);

    return api_table_tag(sim->t, 1, api_span(key, 9));
}


static bool
ask(sim_t *sim, char kind, uint64_t n)
{
    uint64_t tat;

    return api_table_rate(sim->t, tag(sim, kind, n), &sim->g, 1, &sim->now,
               sim->f->full, &tat)
           == API_LIMIT_PASS;
}


static void
attacker(sim_t *sim)
{
    uint64_t i;

    if (!sim->f->idle) {
        sim->r->attacker += ask(sim, 'K', 0);
        return;
    }

    if (sim->now.mono < sim->burst_at) {
        return;
    }

    for (i = 0; i <= sim->f->burst; i++) {
        sim->r->attacker += ask(sim, 'K', 0);
    }

    /* it looks again every second */

    sim->burst_at = sim->now.mono + API_NS;
}


static void
honest(sim_t *sim)
{
    int      i;
    uint64_t pause;

    pause = api_rate_ns(&sim->g.rate, sim->g.rate.step) * 3 / 2;

    for (i = 0; i < HONEST; i++) {
        if (sim->now.mono >= sim->honest_at[i]) {
            sim->r->honest++;
            sim->r->refused += !ask(sim, 'H', (uint64_t) i);
            sim->honest_at[i] += pause;
        }
    }
}


static void
run(sim_t *sim)
{
    uint64_t i, every;

    every = sim->f->per_second / 1000;

    for (i = 0; i < sim->f->junk; i++) {
        sim->now.mono = sim->from + i * API_NS / sim->f->per_second;
        sim->now.wall = sim->now.mono / API_NS;

        if (i % (every ? every : 1) == 0) {
            attacker(sim);
            honest(sim);
        }

        (void) ask(sim, 'J', i);
    }

    attacker(sim);

    sim->r->nominal = sim->f->burst
                      + (uint64_t) ((api_u128_t) (sim->now.mono - sim->from)
                                    * sim->g.rate.count / sim->g.rate.period);
}


bool
flood(const flood_t *f, flood_result_t *result)
{
    int        i;
    void      *mem;
    sim_t      sim;
    api_rate_t rate;

    static const uint8_t random[16] = "0123456789abcdef";

    memset(&sim, 0, sizeof(sim));
    memset(result, 0, sizeof(*result));

    if (api_rate_parse(api_span(f->rate, strlen(f->rate)), &rate, NULL)
            != API_OK
        || api_gcra_init(&sim.g, &rate, f->burst) != API_OK
        || (mem = aligned_alloc(64, f->size)) == NULL)
    {
        return false;
    }

    memset(mem, 0, f->size);

    sim.f = f;
    sim.r = result;
    sim.from = 1000 * API_NS;
    sim.now.mono = sim.from;
    sim.burst_at = sim.from;

    for (i = 0; i < HONEST; i++) {
        sim.honest_at[i] =
            sim.from
            + (uint64_t) i * (api_rate_ns(&rate, rate.step) * 3 / 2) / HONEST;
    }

    sim.t = api_table_make(mem, f->size, API_TABLE_RATE, random, &sim.now);

    if (sim.t) {
        run(&sim);
        api_table_stat(sim.t, &result->stat);
    }

    free(mem);

    return sim.t != NULL;
}
