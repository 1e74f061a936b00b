/* What is kept of values that were seen before: entries, what becomes of them
   when many come, and names that are not asked about. */

#include "api_waf_memo.h"
#include "ut.h"


static api_waf_memo_t *
make(uint32_t entries)
{
    api_waf_memo_t *m;

    m = NULL;
    ut_ok(api_waf_memo_create(
              &m, entries, (api_sipkey_t){ 1, 2 }, &api_alloc_libc)
              == API_OK,
        "a memo of %u", (unsigned) entries);

    return m;
}


static api_sip128_t
key_of(const api_waf_memo_t *m, unsigned n, uint32_t who)
{
    return api_waf_memo_key(m, api_span(&n, sizeof(n)), who);
}


/* Is it known?  If not it is from now on, with one bit. */

static bool
meet(api_waf_memo_t *m, unsigned n, uint32_t bit)
{
    api_sip128_t          key;
    api_waf_memo_entry_t *e, *open;

    key = key_of(m, n, 0);
    e = api_waf_memo_find(m, key, 1, &open);

    if (e == NULL) {
        (void) api_waf_memo_add(open, bit);
        open->state = API_WAF_MEMO_KNOWN;
    }

    return e != NULL;
}


static void
test_entry(void)
{
    unsigned              i;
    api_waf_memo_t       *m;
    api_sip128_t          key, other;
    api_waf_memo_entry_t *e, *open;

    m = make(64);
    key = key_of(m, 7, 3);
    other = key_of(m, 7, 4);
    ut_ok(key.lo != other.lo || key.hi != other.hi,
        "who looks makes another key");

    ut_ok(api_waf_memo_find(m, key, 1, &open) == NULL, "nothing is known");
    e = open;
    ut_ok(api_waf_memo_own(e, key, 1), "it is the first one's");
    ut_ok(api_waf_memo_find(m, key, 2, &open) == NULL && open == e,
        "an open one is not known, and may be taken over");
    ut_ok(!api_waf_memo_own(e, key, 1) && api_waf_memo_own(e, key, 2),
        "and is the second one's");

    ut_ok(api_waf_memo_add(e, 5) && api_waf_memo_add(e, 9)
              && api_waf_memo_add(e, 5) && e->n == 2,
        "bits are in it once");
    api_waf_memo_learn(e, key, 5);
    ut_int(e->n, 2, "nothing is learned of an open one");

    e->state = API_WAF_MEMO_KNOWN;
    ut_ok(api_waf_memo_find(m, key, 3, &open) == e, "it is known");
    api_waf_memo_learn(e, other, 5);
    ut_int(e->n, 2, "nothing is learned by another key");
    api_waf_memo_learn(e, key, 6);
    ut_int(e->n, 2, "nor of a bit that is not there");
    api_waf_memo_learn(e, key, 5);
    ut_ok(e->n == 1 && e->bit[0] == 9, "one bit is learned, the other stays");

    (void) api_waf_memo_find(m, other, 1, &e);

    for (i = 0; i < API_WAF_MEMO_BITS; i++) {
        (void) api_waf_memo_add(e, i);
    }

    ut_ok(api_waf_memo_own(e, other, 1), "it holds all of its bits");
    ut_ok(!api_waf_memo_add(e, 1000) && !api_waf_memo_own(e, other, 1),
        "with one more it is given up");
    ut_ok(api_waf_memo_find(m, other, 2, &open) == NULL, "and is not known");

    api_waf_memo_free(m);
}


/* A hundred values that are used, and 50 000 that come once. */

static void
test_flood(void)
{
    unsigned        i, kept;
    api_waf_memo_t *m;

    m = make(1024);

    for (i = 0; i < 400; i++) {
        (void) meet(m, i % 100, 1);
    }

    for (i = 0; i < 50000; i++) {
        (void) meet(m, 1000 + i, 1);

        if (i % 5 == 0) {
            (void) meet(m, i / 5 % 100, 1);
        }
    }

    for (i = 0, kept = 0; i < 100; i++) {
        kept += meet(m, i, 1);
    }

    ut_ok(kept >= 98, "%u of 100 that are used stay in a flood", kept);

    for (i = 0, kept = 0; i < 50000; i++) {
        kept += meet(m, 1000 + i, 1);
    }

    ut_ok(kept < 1024, "what came once goes: %u are left", kept);
    api_waf_memo_free(m);
}


static void
test_secret(void)
{
    size_t i;

    static const char *const yes[] = { "Authorization", "Proxy-Authorization",
        "authorization", "Cookie", "Set-Cookie", "X-Api-Key", "x-api-key",
        "PASSWORD", "json.user.password", "passwd", "json.new_pwd", "api_key",
        "client_secret", "access_token", "X-CSRF-Token", "PHPSESSION", "otp",
        "X-Amz-Signature", "client_assertion", "json.credentials.id", "cvv",
        "json.card.CVV2", "csrf", "session_id", "Credential", "pwd", "PWD",
        "OTP", "key", "KEY", "Token", "x.SECRET.y", "Signature", "ASSERTION",
        "cookies", "Pass", "xAuthx" };

    static const char *const no[] = { "", "Host", "User-Agent", "Accept",
        "Accept-Encoding", "Content-Type", "json.items.array_0.sku", "q",
        "json.shipping.city", "page", "status", "pas", "toke", "coo" };

    for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        ut_ok(api_waf_memo_secret(ut_guard(api_span(yes[i], strlen(yes[i])))),
            "%s is a secret", yes[i]);
    }

    for (i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        ut_ok(!api_waf_memo_secret(ut_guard(api_span(no[i], strlen(no[i])))),
            "%s is none", no[i][0] ? no[i] : "nothing");
    }
}


static void
test_memory(void)
{
    int             rc;
    size_t          n;
    ut_alloc_t      u;
    api_waf_memo_t *m;

    for (n = 1, rc = API_NOMEM, m = NULL; n < 5 && rc == API_NOMEM; n++) {
        ut_arm(&u, n);
        rc = api_waf_memo_create(&m, 64, (api_sipkey_t){ 1, 2 }, &u.alloc);
    }

    ut_ok(rc == API_OK && n == 4, "it is made of two allocations");
    api_waf_memo_free(m);
    ut_int(u.live, 0, "and gives them back");
    api_waf_memo_free(NULL);
}


int
main(void)
{
    test_entry();
    test_flood();
    test_secret();
    test_memory();

    return ut_done();
}
