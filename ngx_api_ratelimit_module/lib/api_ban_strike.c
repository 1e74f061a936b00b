#include "api_ban_int.h"


static bool
api_strike_dead(const api_strike_t *s, uint64_t now)
{
    return s->key == 0 || (int32_t) ((uint32_t) (now / 1000) - s->dies) >= 0;
}


/* The counter of a key: its own, a free one, or the poorest. */

static api_strike_t *
api_strike_slot(api_ban_t *t, uint64_t key, uint64_t part, uint64_t now)
{
    bool          dead;
    unsigned      i, j, n;
    uint64_t      at[2], sum, least;
    api_strike_t *s, *found;

    api_ban_choices(key, t->nstrikes, at);
    found = NULL;
    least = UINT64_MAX;

    for (n = 0; n < 2; n++) {
        s = &api_ban_strikes(t)[at[n] * API_STRIKE_WAYS];

        for (i = 0; i < API_STRIKE_WAYS; i++, s++) {
            dead = api_strike_dead(s, now);

            if (s->key == key && !dead) {
                return s;
            }

            for (j = 0, sum = 0; !dead && j < API_BAN_PARTS; j++) {
                sum += s->counts[j];
            }

            if (sum < least) {
                least = sum;
                found = s;
            }
        }
    }

    if (!api_strike_dead(found, now)) {
        atomic_fetch_add_explicit(
            &t->strikes_dropped, 1, memory_order_relaxed);
    }

    memset(found, 0, sizeof(*found));
    found->key = key;
    found->part = (uint32_t) part;

    return found;
}


/* One strike more; the number of them in the window. */

static uint64_t
api_strike_count(api_strike_t *s, uint64_t part, uint64_t length)
{
    int32_t  ahead;
    unsigned j;
    uint64_t sum;

    ahead = (int32_t) ((uint32_t) part - s->part);

    if (ahead >= API_BAN_PARTS) {
        memset(s->counts, 0, sizeof(s->counts));
        s->part = (uint32_t) part;
    }

    while (s->part != (uint32_t) part && ahead > 0) {
        s->part++;
        s->counts[s->part % API_BAN_PARTS] = 0;
    }

    if (ahead >= 0) {
        s->dies = (uint32_t) ((part + API_BAN_PARTS) * length / 1000 + 1);
    }

    /* a clock that lags counts for the part that runs */

    if (s->counts[s->part % API_BAN_PARTS] < UINT16_MAX) {
        s->counts[s->part % API_BAN_PARTS]++;
    }

    for (j = 0, sum = 0; j < API_BAN_PARTS; j++) {
        sum += s->counts[j];
    }

    return sum;
}


static uint64_t
api_ban_length(const api_ban_rule_t *rule, uint32_t level)
{
    uint64_t ms;

    for (ms = rule->ban; level && ms < rule->max; level--) {
        ms *= 2;
    }

    return ms < rule->max ? ms : rule->max;
}


static api_ban_verdict_t
api_ban_begin(api_ban_t *t, const api_ban_rule_t *rule,
    const api_ban_strike_t *strike, uint64_t now, uint64_t *ms)
{
    api_ban_entry_t   e;
    api_ban_place_t  *p;
    _Atomic uint64_t *where;

    memset(&e, 0, sizeof(e));

    p = api_ban_lookup(t, strike->key, &where);

    if (p) {
        api_ban_read(p, strike->key, &e);

        if (e.forget <= now) {
            e.level = 0;
        }

    } else {
        p = api_ban_take(t, strike->key, now, &where);

        if (p == NULL) {
            atomic_fetch_add(&t->bans_lost, 1);
            return API_BAN_LOST;
        }
    }

    *ms = api_ban_length(rule, e.level);

    e.key = strike->key;
    e.space = strike->space;
    e.since = now;
    e.until = now + *ms;
    e.forget = e.until + rule->max;
    e.cause = strike->cause;
    e.hits = 0;
    e.level += e.level < API_BAN_LEVEL_MAX;
    e.text_len = (uint32_t) (strike->text.len < API_BAN_TEXT ? strike->text.len
                                                             : API_BAN_TEXT);
    if (e.text_len) {
        memcpy(e.text, strike->text.data, e.text_len);
    }

    api_ban_write(t, p, where, &e);
    atomic_fetch_add_explicit(&t->banned, 1, memory_order_relaxed);

    return API_BAN_BANNED;
}


api_ban_verdict_t
api_ban_strike(api_ban_t *t, const api_ban_rule_t *rule,
    const api_ban_strike_t *strike, uint64_t now, uint64_t *ms)
{
    uint64_t          part, length, key;
    api_strike_t     *s;
    api_ban_place_t  *p;
    _Atomic uint64_t *where;
    api_ban_verdict_t verdict;

    p = api_ban_lookup(t, strike->key, &where);

    if (p && atomic_load(&p->until) > now) {
        return API_BAN_ALREADY;
    }

    atomic_fetch_add_explicit(&t->strikes, 1, memory_order_relaxed);

    length = (rule->window + API_BAN_PARTS - 2) / (API_BAN_PARTS - 1);
    part = now / length;
    key = strike->key ^ (strike->rule * UINT64_C(0xd6e8feb86659fd93));
    key = key ? key : 1;

    s = api_strike_slot(t, key, part, now);

    if (api_strike_count(s, part, length) < rule->strikes) {
        return API_BAN_COUNTED;
    }

    verdict = api_ban_begin(t, rule, strike, now, ms);

    if (verdict == API_BAN_BANNED) {
        memset(s, 0, sizeof(*s));
    }

    return verdict;
}
