/* Nonces that a server need not remember. */

#include "api_nonce.h"
#include "ut.h"

#define NOW 1700000000
#define LIFE 300

static const api_nonce_key_t key = { { { 1, 2 }, { 3, 4 } } };
static const api_nonce_key_t other = { { { 1, 2 }, { 3, 5 } } };


static int
check(const char *nonce, size_t len, int64_t now, bool *renew)
{
    int rc;

    rc = api_nonce_check(
        &key, ut_guard(api_span(nonce, len)), now, LIFE, renew);
    ut_guard_reset();

    return rc;
}


int
main(void)
{
    bool   renew;
    char   nonce[API_NONCE_LEN], again[API_NONCE_LEN];
    size_t i, bit, passed = 0;

    api_nonce_make(&key, NOW, nonce);
    api_nonce_make(&key, NOW + 1, again);
    ut_ok(memcmp(nonce, again, sizeof(nonce)) != 0, "a second, a nonce");

    ut_int(check(nonce, sizeof(nonce), NOW, &renew), API_OK, "ours passes");
    ut_ok(!renew, "a new one needs no other");
    ut_int(check(nonce, sizeof(nonce), NOW + LIFE / 2, &renew), API_OK,
        "half of its life");
    ut_ok(!renew, "is not over");
    ut_int(check(nonce, sizeof(nonce), NOW + LIFE / 2 + 1, &renew), API_OK,
        "more than half");
    ut_ok(renew, "wants another");
    ut_int(check(nonce, sizeof(nonce), NOW + LIFE - 1, &renew), API_OK,
        "the last second");
    ut_int(
        check(nonce, sizeof(nonce), NOW + LIFE, &renew), API_DENIED, "over");
    ut_int(check(nonce, sizeof(nonce), NOW - 5, &renew), API_OK,
        "made by a process whose clock is ahead");
    ut_int(check(nonce, sizeof(nonce), NOW - LIFE - 1, &renew), API_DENIED,
        "the clock was set back");

    for (i = 0; i < sizeof(nonce); i++) {
        for (bit = 0; bit < 8; bit++) {
            nonce[i] = (char) (nonce[i] ^ (1 << bit));
            passed += check(nonce, sizeof(nonce), NOW, &renew) == API_OK;
            nonce[i] = (char) (nonce[i] ^ (1 << bit));
        }

        passed += check(nonce, i, NOW, &renew) == API_OK;
    }

    ut_int(passed, 0, "no flipped and no cut one passes");

    api_nonce_make(&other, NOW, again);
    ut_int(check(again, sizeof(again), NOW, &renew), API_DENIED,
        "that of another key does not");
    ut_int(check("", 0, NOW, &renew), API_DENIED, "nothing does not");

    return ut_done();
}
