/*
 * Boxes in events: only the recipient opens them, and only where they belong.
 * The published one was computed by node:crypto (t/node/box.mjs).
 */

#include "api_seal_box.h"
#include "ut.h"

#include <stdio.h>


#define PUBLISHED_BOX                                                         \
    "7ob34DQBecc50hqLPUgGTuQYP97ZHQVKX5RCtGb54MaZrfJ1z-IRGY7pou1p9a--"
#define PUBLISHED_BY "Fy55Yf6pJcmh234ulEWiPRRW75KhI_x40L9W4enOHk0"
#define PUBLISHED_TO "f3a183ed"

static const uint8_t secret[32] = "a secret of the reader, 32 bytes";
static const uint8_t other[32] = "another one, of somebody else...";
static const uint8_t seed[32] = "an ephemeral key of a writer....";

static api_seal_opener_t *
opener_of(const uint8_t *key)
{
    api_seal_opener_t *o = NULL;

    ut_int(api_seal_opener_create(&o, key, &api_alloc_libc), API_OK, "reader");

    return o;
}


static api_seal_box_t *
box_of(const uint8_t *to)
{
    uint8_t         open[32];
    api_seal_box_t *box = NULL;

    ut_int(api_seal_box_public(to, open), API_OK, "public key");
    ut_int(api_seal_box_create(&box, open, seed, &api_alloc_libc), API_OK,
        "writer");

    return box;
}


static api_span_t
by_of(const api_seal_box_t *box)
{
    return api_span(api_seal_box_by(box), API_SEAL_BOX_BY);
}


static void
test_sizes(void)
{
    int                i, wrong = 0;
    char               out[API_SEAL_BOX_SIZE(API_SEAL_BOX_MAX)];
    char               text[API_SEAL_BOX_MAX + 1], back[API_SEAL_BOX_MAX];
    size_t             len, k;
    uint64_t           n, last = 0;
    api_seal_box_t    *box = box_of(secret);
    api_seal_opener_t *o = opener_of(secret);

    for (k = 0; k < sizeof(text); k++) {
        text[k] = (char) (k % 7 ? k : 0x80); /* the padding's byte too */
    }

    for (i = 0; i <= API_SEAL_BOX_MAX; i += i < 100 ? 1 : 97) {
        api_span_t t = api_span(text, (size_t) i);

        wrong += api_seal_box_close(box, API_SPAN("id"), t, out, &n) != API_OK
                 || (i && n != last + 1)
                 || api_seal_open(o, by_of(box), n, API_SPAN("id"),
                        api_span(out, API_SEAL_BOX_SIZE(t.len)), back, &len)
                        != API_OK
                 || len != t.len || memcmp(back, text, len) != 0;
        last = n;
    }

    ut_int(wrong, 0, "each length comes back");
    ut_int(
        API_SEAL_BOX_SIZE(1), API_SEAL_BOX_SIZE(31), "one size tells little");
    ut_int(api_seal_box_close(box, API_SPAN("id"),
               api_span(text, API_SEAL_BOX_MAX + 1), out, &n),
        API_LIMIT, "what is too long is refused");

    api_seal_box_free(box);
    api_seal_opener_free(o);
}


static void
test_wrong(void)
{
    char               out[API_SEAL_BOX_SIZE(20)], back[API_SEAL_BOX_MAX];
    size_t             i, len, opened = 0;
    uint64_t           n;
    api_span_t         text = API_SPAN("192.0.2.7 and alice."), all;
    api_seal_box_t    *box = box_of(secret);
    api_seal_opener_t *o = opener_of(secret), *no = opener_of(other);

    ut_int(api_seal_box_close(box, API_SPAN("id"), text, out, &n), API_OK,
        "a box");
    all = api_span(out, sizeof(out));

    ut_int(api_seal_open(no, by_of(box), n, API_SPAN("id"), all, back, &len),
        API_DENIED, "not with another key");
    ut_int(
        api_seal_open(o, by_of(box), n + 1, API_SPAN("id"), all, back, &len),
        API_DENIED, "not under another number");
    ut_int(api_seal_open(o, by_of(box), n, API_SPAN("ie"), all, back, &len),
        API_DENIED, "not in another event");

    for (i = 0; i < sizeof(out); i++) {
        char was = out[i];

        out[i] = was == 'A' ? 'B' : 'A';
        opened +=
            api_seal_open(o, by_of(box), n, API_SPAN("id"), all, back, &len)
            == API_OK;
        out[i] = was;
    }

    ut_int(opened, 0, "not when one character differs");

    for (i = 0; i < sizeof(out); i++) {
        opened += api_seal_open(o, by_of(box), n, API_SPAN("id"),
                      api_span(out, i), back, &len)
                  == API_OK;
    }

    ut_int(opened, 0, "not when it is cut off");
    ut_int(api_seal_open(o, by_of(box), n, API_SPAN("id"), all, back, &len),
        API_OK, "but as it was");

    ut_int(api_seal_open(o,
               API_SPAN("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), n,
               API_SPAN("id"), all, back, &len),
        API_DENIED, "a point of small order is no key");

    api_seal_box_free(box);
    api_seal_opener_free(o);
    api_seal_opener_free(no);
}


static void
test_keys(void)
{
    int             rc;
    bool            is_secret;
    char            text[API_SEAL_BOX_KEY_MAX];
    size_t          len;
    uint8_t         key[32], open[32], zero[32] = { 0 };
    api_seal_box_t *box;

    len = api_seal_box_text(secret, true, text);
    text[len++] = '\n';
    ut_ok(api_seal_box_read(api_span(text, len), key, &is_secret) && is_secret
              && memcmp(key, secret, 32) == 0,
        "a private key is read as it was written");

    ut_int(api_seal_box_public(secret, open), API_OK, "its public one");
    len = api_seal_box_text(open, false, text);
    ut_ok(api_seal_box_read(api_span(text, len), key, &is_secret) && !is_secret
              && memcmp(key, open, 32) == 0,
        "... too");
    ut_ok(!api_seal_box_read(api_span(text, len - 1), key, &is_secret),
        "half a key is none");
    ut_ok(!api_seal_box_read(api_span("", 0), key, &is_secret),
        "nothing is none");

    rc = api_seal_box_create(&box, zero, seed, &api_alloc_libc);
    ut_int(rc, API_INVALID,
        "nobody can be written to at a point of small "
        "order");
}


/* node t/node/box.mjs */

static void
test_published(void)
{
    char               out[API_SEAL_BOX_SIZE(5)], back[API_SEAL_BOX_MAX];
    size_t             len;
    uint64_t           n;
    api_seal_box_t    *box = box_of(secret);
    api_seal_opener_t *o = opener_of(secret);

    ut_int(api_seal_box_close(
               box, API_SPAN("support"), API_SPAN("alice"), out, &n),
        API_OK, "the published box");
    ut_span(
        api_span(out, sizeof(out)), API_SPAN(PUBLISHED_BOX), "... is that");
    ut_span(by_of(box), API_SPAN(PUBLISHED_BY), "... by that key");
    ut_span(api_span(api_seal_opener_to(o), API_SEAL_BOX_TO),
        API_SPAN(PUBLISHED_TO), "... to that reader");
    ut_int(api_seal_open(o, API_SPAN(PUBLISHED_BY), 0, API_SPAN("support"),
               API_SPAN(PUBLISHED_BOX), back, &len),
        API_OK, "it opens");
    ut_int(len, 5, "... to what was in it");

    api_seal_box_free(box);
    api_seal_opener_free(o);
}


int
main(void)
{
    test_sizes();
    test_wrong();
    test_keys();
    test_published();

    return ut_done();
}
