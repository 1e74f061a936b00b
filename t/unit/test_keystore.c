/* API keys: the store and what is presented. */

#include "api_keystore.h"
#include "ut.h"

#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#define NOW 1700000000

static const api_keystore_opts_t opts = { 0, 0, { 1, 2 } };
static const char pepper_text[] = "0123456789abcdef0123456789abcdef";

static api_span_t pepper;
static api_err_t  err;


/* A key for id and secret, and its hash in hex. */

static void
make_key(const char *id, const char *secret, char key[64], char hash[65])
{
    char     text[64];
    unsigned i, len;
    uint8_t  mac[64];

    snprintf(text, sizeof(text), "ak_%s_%s", id, secret);
    snprintf(key, 64, "%.50s_%08x", text,
        (unsigned) crc32(0, (const uint8_t *) text, (uInt) strlen(text)));

    HMAC(EVP_sha256(), pepper_text, sizeof(pepper_text) - 1,
        (const uint8_t *) key, strlen(key), mac, &len);

    for (i = 0; i < 32; i++) {
        snprintf(hash + 2 * i, 3, "%02x", mac[i]);
    }
}


static api_span_t
text(const char *s)
{
    return api_span(s, strlen(s));
}


static int
parse(api_keystore_t **store, const char *json)
{
    int rc;

    rc = api_keystore_parse(
        store, ut_guard(text(json)), pepper, &opts, &api_alloc_libc, &err);
    ut_guard_reset();

    return rc;
}


#define SECRET "abcdefghijklmnopqrstuvwxyz012345"

static void
test_check(void)
{
    int                         code;
    char                        json[4096], key[64], hash[65], other[64];
    char                        odd[64], bad[65];
    api_keystore_t             *store;
    const api_keystore_entry_t *entry;

    make_key("AAAAAAAA", SECRET, key, hash);
    make_key("BBBBBBBB", SECRET, other, bad);

    snprintf(json, sizeof(json),
        "{\"keys\":[{\"id\":\"AAAAAAAA\",\"hash\":\"hmac-sha256:%s\","
        "\"principal\":\"acme\",\"plan\":\"gold\",\"owner\":\"o\","
        "\"scopes\":[\"a:r\",\"b\"],\"nbf\":%d,\"exp\":%d,"
        "\"status\":\"active\"}]}",
        hash, NOW - 10, NOW + 10);

    if (!ut_int(parse(&store, json), API_OK, "a store: %s", err.text)) {
        return;
    }

    ut_int(api_keystore_count(store), 1, "has one key");

    code = api_keystore_check(store, ut_guard(text(key)), NOW, &entry);
    ut_int(code, API_KEYSTORE_OK, "the key passes");
    ut_span(entry->principal, API_SPAN("acme"), "principal");
    ut_span(entry->plan, API_SPAN("gold"), "plan");
    ut_int(entry->nscopes, 2, "scopes");
    ut_span(entry->scopes[1], API_SPAN("b"), "the second scope");

    code = api_keystore_check(store, text(key), NOW - 11, &entry);
    ut_int(code, API_KEYSTORE_NOT_YET_VALID, "before nbf");
    code = api_keystore_check(store, text(key), NOW - 10, &entry);
    ut_int(code, API_KEYSTORE_OK, "at nbf");
    code = api_keystore_check(store, text(key), NOW + 9, &entry);
    ut_int(code, API_KEYSTORE_OK, "the last second");
    code = api_keystore_check(store, text(key), NOW + 10, &entry);
    ut_int(code, API_KEYSTORE_EXPIRED, "at exp");

    code = api_keystore_check(store, text(other), NOW, &entry);
    ut_int(code, API_KEYSTORE_UNKNOWN, "another id");
    ut_check(entry == NULL, __FILE__, __LINE__, "nobody is named");

    make_key("AAAAAAAA", "abcdefghijklmnopqrstuvwxyz012346", odd, bad);
    code = api_keystore_check(store, text(odd), NOW, &entry);
    ut_int(code, API_KEYSTORE_UNKNOWN, "another secret");

    api_keystore_free(store);
}


/* Every bit of a key counts; no prefix of it passes. */

static void
test_flips(void)
{
    char                        json[1024], key[64], hash[65];
    size_t                      i, passed = 0;
    api_keystore_t             *store;
    const api_keystore_entry_t *entry;

    make_key("AAAAAAAA", SECRET, key, hash);
    snprintf(json, sizeof(json),
        "{\"keys\":[{\"id\":\"AAAAAAAA\",\"hash\":\"hmac-sha256:%s\","
        "\"principal\":\"p\"}]}",
        hash);

    ut_int(parse(&store, json), API_OK, "a store of what is required");

    for (i = 0; i < 8 * API_KEYSTORE_KEY_LEN; i++) {
        key[i / 8] = (char) (key[i / 8] ^ (1 << (i % 8)));
        passed += api_keystore_check(store, text(key), NOW, &entry)
                  == API_KEYSTORE_OK;
        key[i / 8] = (char) (key[i / 8] ^ (1 << (i % 8)));
    }

    for (i = 0; i < API_KEYSTORE_KEY_LEN; i++) {
        passed +=
            api_keystore_check(store, ut_guard(api_span(key, i)), NOW, &entry)
            == API_KEYSTORE_OK;
    }

    ut_int(passed, 0, "no flipped and no cut key passes");

    /* letters and digits have the form, and no other byte */

    for (passed = 0, i = 0; i < 256; i++) {
        char c = key[5];

        key[5] = (char) i;
        passed += (api_keystore_check(store, text(key), NOW, &entry)
                      != API_KEYSTORE_MALFORMED)
                  != ((i >= '0' && i <= '9') || (i >= 'A' && i <= 'Z')
                      || (i >= 'a' && i <= 'z'));
        key[5] = c;
    }

    ut_int(passed, 0, "each byte in the place of an id's");
    ut_int(api_keystore_check(store, text(key), NOW, &entry), API_KEYSTORE_OK,
        "the key itself does");

    api_keystore_free(store);
}


#define HASH                                                                  \
    "\"hash\":\"hmac-sha256:0123456789abcdef0123456789abcdef"                 \
    "0123456789abcdef0123456789abcdef\""
#define ENTRY(more)                                                           \
    "{\"keys\":[{\"id\":\"AAAAAAAA\"," HASH ",\"principal\":\"p\"" more "}]}"

static void
test_refused(void)
{
    static const struct {
        const char *json;
        int         rc;
        const char *says;
    } cases[] = {
        { ENTRY(""), API_OK, "" },
        { "{\"keys\":[]}", API_OK, "" },
        { ENTRY(",\"status\":\"revoked\""), API_OK, "" },
        { ENTRY(",\"status\":\"disabled\""), API_INVALID, "status" },
        { ENTRY(",\"status\":true"), API_INVALID, "status" },
        { ENTRY(",\"exp\":\"never\""), API_INVALID, "exp" },
        { ENTRY(",\"exp\":1.5"), API_INVALID, "exp" },
        { ENTRY(",\"epx\":1"), API_INVALID, "none of id" },
        { ENTRY(",\"scopes\":\"a b\""), API_INVALID, "scopes" },
        { ENTRY(",\"scopes\":[\"a b\"]"), API_INVALID, "scopes" },
        { ENTRY(",\"scopes\":[1]"), API_INVALID, "scopes" },
        { ENTRY(",\"owner\":\"\""), API_INVALID, "owner" },
        { ENTRY(",\"owner\":\"a\\nX: b\""), API_INVALID, "owner" },
        { ENTRY(",\"plan\":\"a\\u007f\""), API_INVALID, "plan" },
        { ENTRY(",\"exp\":1,\"exp\":2"), API_DUPLICATE, "twice" },
        { "{\"keys\":[{\"id\":\"AAAAAAAA\"," HASH "}]}", API_INVALID,
            "needs principal" },
        { "{\"keys\":[{\"id\":\"AAAAAAA_\"," HASH "}]}", API_INVALID, "id" },
        { "{\"keys\":[{\"id\":\"AAAAAAAA\",\"hash\":\"md5:00\"}]}",
            API_INVALID, "hash" },
        { "{\"keys\":[{\"id\":\"AAAAAAAA\",\"hash\":\"hmac-sha256:0123456789"
          "ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef\"}]}",
            API_INVALID, "hash" },
        { "{\"keys\":{}}", API_INVALID, "keys" },
        { "{\"keys\":[],\"x\":1}", API_INVALID, "nothing else" },
        { "{\"keys\":[1]}", API_INVALID, "no object" },
        { "[]", API_INVALID, "keys" },
        { "{\"keys\":[", API_SYNTAX, "" },
        { "{\"keys\":[{\"id\":\"AAAAAAAA\"," HASH ",\"principal\":\"p\"},"
          "{\"id\":\"AAAAAAAA\"," HASH ",\"principal\":\"q\"}]}",
            API_DUPLICATE, "stands twice" },
    };

    size_t          i;
    api_keystore_t *store;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        err.text[0] = '\0';

        if (ut_int(parse(&store, cases[i].json), cases[i].rc, "case %zu", i)
            && cases[i].rc == API_OK)
        {
            api_keystore_free(store);

        } else {
            ut_ok(strstr(err.text, cases[i].says) != NULL, "says \"%s\": %s",
                cases[i].says, err.text);
        }
    }

    pepper.len--;
    ut_int(parse(&store, ENTRY("")), API_INVALID, "a short pepper");
    pepper.len++;
}


static void
test_revoked(void)
{
    char                        json[1024], key[64], hash[65];
    api_keystore_t             *store;
    const api_keystore_entry_t *entry;

    make_key("AAAAAAAA", SECRET, key, hash);
    snprintf(json, sizeof(json),
        "{\"keys\":[{\"id\":\"AAAAAAAA\",\"hash\":\"hmac-sha256:%s\","
        "\"principal\":\"p\",\"status\":\"revoked\"}]}",
        hash);

    ut_int(parse(&store, json), API_OK, "a store with a revoked key");
    ut_int(api_keystore_check(store, text(key), NOW, &entry),
        API_KEYSTORE_REVOKED, "it is refused");
    ut_ok(entry != NULL, "and named for the record");
    api_keystore_free(store);
}


static void
test_many(void)
{
    enum { N = 5000 };

    int                         rc;
    char                       *json, *p, key[64], hash[65], id[9];
    size_t                      i, good = 0;
    api_keystore_t             *store;
    const api_keystore_entry_t *entry;

    p = json = malloc(N * 160 + 64);
    p += sprintf(p, "{\"keys\":[");

    for (i = 0; i < N; i++) {
        snprintf(id, sizeof(id), "%08zu", i);
        make_key(id, SECRET, key, hash);
        p += sprintf(p,
            "%s{\"id\":\"%s\",\"hash\":\"hmac-sha256:%s\","
            "\"principal\":\"p\"}",
            i ? "," : "", id, hash);
    }

    p += sprintf(p, "]}");

    rc = api_keystore_parse(&store, api_span(json, (size_t) (p - json)),
        pepper, &opts, &api_alloc_libc, &err);
    ut_int(rc, API_OK, "%d keys", N);

    for (i = 0; i < N; i++) {
        snprintf(id, sizeof(id), "%08zu", i);
        make_key(id, SECRET, key, hash);
        good += api_keystore_check(store, text(key), NOW, &entry)
                    == API_KEYSTORE_OK
                && api_span_eq(entry->id, api_span(id, 8));
    }

    ut_int(good, N, "each is found");
    api_keystore_free(store);
    free(json);
}


static void
test_memory(void)
{
    int             rc;
    size_t          n;
    ut_alloc_t      u;
    api_keystore_t *store;

    for (n = 1; n < 1000; n++) {
        ut_arm(&u, n);
        rc = api_keystore_parse(&store,
            text(ENTRY(",\"scopes\":[\"a\"],\"owner\":\"o\"")), pepper, &opts,
            &u.alloc, &err);

        if (rc == API_OK) {
            api_keystore_free(store);
        }

        if (u.live != 0 || (rc != API_OK && rc != API_NOMEM)) {
            break;
        }

        if (u.calls < n) {
            break;
        }
    }

    ut_int(rc, API_OK, "every allocation can fail (%zu)", n - 1);
    ut_int(u.live, 0, "nothing leaks");
}


int
main(void)
{
    pepper = api_span(pepper_text, sizeof(pepper_text) - 1);

    test_check();
    test_flips();
    test_refused();
    test_revoked();
    test_many();
    test_memory();

    return ut_done();
}
