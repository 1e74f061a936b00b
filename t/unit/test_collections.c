/* Collections: against a naive table, expiry, what gives way, limits. */

#include "api_collections.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>


static const api_sipkey_t seed = { 3, 4 };


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


static api_collections_t *
make(size_t size)
{
    void              *memory = calloc(1, size);
    api_collections_t *c;

    c = memory ? api_collections_make(memory, size, seed) : NULL;

    if (c == NULL) {
        free(memory);
    }

    return c;
}


static api_span_t
get(api_collections_t *c, int64_t now, const char *key, const char *name)
{
    size_t      len;
    static char buf[API_WAF_STORE_VALUE];

    len = sizeof(buf);

    if (api_collections_get(c, now, API_WAF_IP, str(key), str(name), buf, &len)
        != API_OK)
    {
        return (api_span_t){ NULL, 0 };
    }

    return api_span(buf, len);
}


static void
test_basic(void)
{
    int64_t            sum;
    api_collections_t *c = make(65536);

    ut_ok(get(c, 1, "a", "x").data == NULL, "nothing at first");
    ut_int(api_collections_set(
               c, 1, 60, API_WAF_IP, str("a"), str("x"), str("v")),
        API_OK, "set");
    ut_span(get(c, 1, "a", "x"), str("v"), "got");
    ut_ok(get(c, 1, "b", "x").data == NULL, "not of another key");
    ut_ok(get(c, 1, "a", "y").data == NULL, "not of another name");
    ut_ok(get(c, 1, "ax", "").data == NULL, "key and name are two");
    ut_span(get(c, 60, "a", "x"), str("v"), "still there");
    ut_ok(get(c, 61, "a", "x").data == NULL, "gone after its time");

    api_collections_add(c, 1, 60, API_WAF_IP, str("a"), str("n"), 5, &sum);
    ut_int(sum, 5, "from nothing");
    api_collections_add(c, 30, 60, API_WAF_IP, str("a"), str("n"), -7, &sum);
    ut_int(sum, -2, "and on");
    ut_span(get(c, 60, "a", "n"), str("-2"), "as text");
    ut_ok(get(c, 61, "a", "n").data == NULL,
        "a sum does not make it live longer");
    api_collections_add(c, 61, 60, API_WAF_IP, str("a"), str("n"), 3, &sum);
    ut_int(sum, 3, "an expired one counts from 0");

    api_collections_add(
        c, 61, 60, API_WAF_IP, str("a"), str("m"), INT64_MAX, &sum);
    api_collections_add(c, 61, 60, API_WAF_IP, str("a"), str("m"), 1, &sum);
    ut_ok(sum > 0, "no overflow");

    ut_int(api_collections_touch(c, 61, API_WAF_IP, str("a"), str("n"), 1000),
        API_OK, "expirevar");
    ut_span(get(c, 999, "a", "n"), str("3"), "lives as long as was said");
    ut_ok(get(c, 1000, "a", "n").data == NULL, "and no longer");
    ut_int(api_collections_touch(c, 61, API_WAF_IP, str("a"), str("q"), 9),
        API_INVALID, "nothing to touch");

    api_collections_set(c, 70, 60, API_WAF_IP, str("a"), str("z"), str("1"));
    api_collections_set(
        c, 70, 60, API_WAF_IP, str("a"), str("z"), (api_span_t){ NULL, 0 });
    ut_ok(get(c, 70, "a", "z").data == NULL, "taken away");

    free(c);
}


static void
test_limits(void)
{
    int                    i;
    char                   key[32], text[500];
    api_collections_t     *c;
    api_collections_stat_t stat;

    memset(text, 'k', sizeof(text));
    c = make(API_COLLECTIONS_MIN);
    ut_ok(c != NULL, "the least");

    ut_int(api_collections_set(c, 1, 60, API_WAF_IP, str("a"), str("x"),
               api_span(text, API_WAF_STORE_VALUE + 1)),
        API_LIMIT, "a value too long");
    ut_int(api_collections_set(
               c, 1, 60, API_WAF_IP, api_span(text, 400), str("x"), str("v")),
        API_LIMIT, "a key too long");
    ut_int(api_collections_set(c, 1, 60, API_WAF_IP, api_span(text, 100),
               api_span(text, 77), api_span(text, API_WAF_STORE_VALUE)),
        API_OK, "as long as can be");

    for (i = 0; i < 100; i++) {
        snprintf(key, sizeof(key), "k%d", i);
        api_collections_set(
            c, 1, 60, API_WAF_IP, str(key), str("x"), str("v"));
        get(c, 1, "k0", "x");
    }

    stat = api_collections_stat(c);
    ut_ok(stat.used <= stat.room, "never more than fit");
    ut_ok(stat.evicted >= 100 - stat.room, "some gave way, which is counted");
    ut_int((long long) stat.refused, 2, "what was too long is counted");
    ut_span(get(c, 1, "k0", "x"), str("v"), "who is used stays");
    ut_span(get(c, 1, "k99", "x"), str("v"), "and the latest");

    free(c);

    ut_ok(make(100) == NULL, "too little");
}


/* Random calls, and a list that knows what must be (all fit, none gives way:
   few names in a large table). */

static void
test_naive(void)
{
    int                bad = 0;
    char               name[8];
    bool               want;
    size_t             i, k;
    int64_t            now = 0, sum, value[20] = { 0 }, expires[20] = { 0 };
    ut_rand_t          r = { 9 };
    api_span_t         got;
    api_collections_t *c = make(1 << 20);

    for (i = 0; i < 20000; i++) {
        now += (int64_t) ut_below(&r, 3);
        k = ut_below(&r, 20);
        snprintf(name, sizeof(name), "n%zu", k);

        if (expires[k] <= now) {
            value[k] = 0;
        }

        switch (ut_below(&r, 3)) {

        case 0:
            expires[k] = expires[k] > now ? expires[k] : now + 50;
            value[k]++;
            api_collections_add(
                c, now, 50, API_WAF_IP, str("k"), str(name), 1, &sum);
            bad += sum != value[k];
            break;

        case 1:
            if (api_collections_touch(
                    c, now, API_WAF_IP, str("k"), str(name), now + 9)
                == API_OK)
            {
                bad += expires[k] <= now;
                expires[k] = now + 9;
            } else {
                bad += expires[k] > now;
            }
            break;

        default:
            want = expires[k] > now;
            got = get(c, now, "k", name);
            bad += want != (got.data != NULL);
            bad += want
                   && atoll((const char *) memcpy(
                          (char[32]){ 0 }, got.data, got.len))
                          != value[k];
        }
    }

    ut_int(bad, 0, "as a naive table has it");
    free(c);
}


int
main(void)
{
    test_basic();
    test_limits();
    test_naive();

    return ut_done();
}
