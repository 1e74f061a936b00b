/* Trees, keys and times, as others have published them. */

#include "api_seal_note.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>


/* Leaves and roots of the tests of Certificate Transparency. */

static const struct {
    const char *leaf;
    size_t      len;
    const char *root;
} ct[] = {
    { "", 0,
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d" },
    { "\0", 1,
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125" },
    { "\x10", 1,
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77" },
    { "\x20\x21", 2,
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7" },
    { "\x30\x31", 2,
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4" },
    { "\x40\x41\x42\x43", 4,
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef" },
    { "\x50\x51\x52\x53\x54\x55\x56\x57", 8,
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c" },
    { "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16,
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328" },
};

/* The key and the note of the documentation of Go's signed notes. */

static const char pub[] = "PeterNeumann+c74f20a3+"
                          "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
static const char priv[] = "PRIVATE+KEY+PeterNeumann+c74f20a3+"
                           "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz\n";


static void
test_tree(api_seal_t *sha)
{
    char            hex[2 * API_SEAL_LEN + 1];
    size_t          i, j;
    uint8_t         root[API_SEAL_LEN];
    api_seal_tree_t tree = { .size = 0 };

    for (i = 0; i < sizeof(ct) / sizeof(*ct); i++) {
        (void) api_seal_tree_add(sha, &tree, api_span(ct[i].leaf, ct[i].len));
        (void) api_seal_tree_root(sha, &tree, root);

        for (j = 0; j < API_SEAL_LEN; j++) {
            snprintf(hex + 2 * j, 3, "%02x", root[j]);
        }

        ut_ok(strcmp(hex, ct[i].root) == 0, "root of %zu leaves", i + 1);
    }
}


static void
test_keys(void)
{
    char               text[API_SEAL_KEY_TEXT], bad[sizeof(pub)];
    size_t             i, len = 0;
    api_err_t          err;
    api_seal_signer_t *s;

    ut_int(api_seal_signer_read(
               &s, api_span(priv, sizeof(priv) - 1), &api_alloc_libc, &err),
        API_OK, "a private key of a note");
    (void) api_seal_signer_text(s, false, text, &len);
    ut_span(api_span(text, len), API_SPAN(pub), "... and its public one");
    (void) api_seal_signer_text(s, true, text, &len);
    ut_span(api_span(text, len), api_span(priv, sizeof(priv) - 2), "itself");
    api_seal_signer_free(s);

    for (i = 0; i < sizeof(pub) - 1; i++) {
        memcpy(bad, pub, sizeof(pub));
        bad[i] = bad[i] == 'B' ? 'C' : 'B';

        if (api_seal_signer_read(
                &s, api_span(bad, sizeof(bad) - 1), &api_alloc_libc, &err)
            == API_OK)
        {
            api_seal_signer_free(s);
            break;
        }
    }

    ut_int(i, sizeof(pub) - 1, "no byte of a key may differ");
}


static void
test_notes(void)
{
    char                  note[API_SEAL_NOTE_MAX];
    size_t                i, len = 0, taken = 0;
    api_err_t             err;
    api_seal_signer_t    *s;
    api_seal_checkpoint_t point = {
        .origin = API_SPAN("a.example/log"), .size = 17, .root = { 1, 2, 3 }
    };

    (void) api_seal_signer_read(
        &s, api_span(priv, sizeof(priv) - 1), &api_alloc_libc, &err);

    ut_int(api_seal_note_sign(s, &point, note, &len), API_OK, "a note");
    ut_int(api_seal_note_open(s, ut_guard(api_span(note, len)), &point),
        API_OK, "... is opened");
    ut_int(point.size, 17, "with what was signed");

    for (i = 0; i < len; i++) {
        note[i] ^= 1;
        taken += api_seal_note_open(s, api_span(note, len), &point) == API_OK;
        note[i] ^= 1;
        taken += api_seal_note_open(s, ut_guard(api_span(note, i)), &point)
                 == API_OK;
        ut_guard_reset();
    }

    ut_int(taken, 0, "no byte may differ, and none be cut off");
    api_seal_signer_free(s);
}


static void
test_times(void)
{
    ut_int(api_seal_time(API_SPAN("2026-11-24T10:00:00.123Z")), 1795514400,
        "a time");
    ut_int(api_seal_time(API_SPAN("2024-02-29T23:59:59.000Z")), 1709251199,
        "... of a leap year");
    ut_int(api_seal_time(API_SPAN("2024-13-29T23:59:59.000Z")), -1, "none");
}


int
main(void)
{
    api_seal_t *sha = api_seal_create(&api_alloc_libc);

    if (sha == NULL) {
        abort();
    }

    test_tree(sha);
    test_keys();
    test_notes();
    test_times();
    api_seal_free(sha);

    return ut_done();
}
