/* SHA-256 of pieces: FIPS 180-4 examples, any cut gives the same. */

#include "api_jws_sha.h"
#include "api_jws.h"
#include "ut.h"


static const uint8_t abc[32] = { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf,
    0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61,
    0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15,
    0xad };


int
main(void)
{
    size_t         cut, n;
    uint8_t        out[32], text[300], want[32];
    api_span_t     pieces[3];
    ut_alloc_t     u;
    api_jws_sha_t *sha;

    sha = api_jws_sha_create(&api_alloc_libc);
    ut_ok(sha != NULL, "made");

    pieces[0] = api_span("abc", 3);
    ut_int(api_jws_sha(sha, pieces, 1, out), API_OK, "abc");
    ut_span(api_span(out, 32), api_span(abc, 32), "... is that of FIPS 180-4");

    pieces[0] = api_span(NULL, 0);
    pieces[1] = api_span("a", 1);
    pieces[2] = api_span("bc", 2);
    ut_int(api_jws_sha(sha, pieces, 3, out), API_OK, "in pieces");
    ut_span(api_span(out, 32), api_span(abc, 32), "... the same");

    for (n = 0; n < sizeof(text); n++) {
        text[n] = (uint8_t) (n * 7);
    }

    api_jws_sha256(api_span(text, sizeof(text)), want);

    for (cut = 0, n = 0; cut <= sizeof(text); cut++) {
        pieces[0] = ut_guard(api_span(text, cut));
        pieces[1] = ut_guard(api_span(text + cut, sizeof(text) - cut));
        (void) api_jws_sha(sha, pieces, 2, out);
        n += memcmp(out, want, 32) != 0;
        ut_guard_reset();
    }

    ut_int(n, 0, "cut anywhere");

    api_jws_sha_free(sha);
    api_jws_sha_free(NULL);

    ut_arm(&u, 1);
    ut_ok(api_jws_sha_create(&u.alloc) == NULL, "no memory");
    ut_int(u.live, 0, "... and none kept");

    return ut_done();
}
