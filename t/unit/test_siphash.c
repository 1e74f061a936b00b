/* SipHash: the example of the paper (appendix A), published vectors for the
   other lengths, and independence of alignment. */

#include "api_siphash.h"
#include "ut.h"


/* SipHash-2-4 of 00 01 ... (n - 1) under the key 00 01 ... 0f, from the
   reference implementation's table, n = 0 .. 15 */

static const uint64_t want24[16] = { 0x726fdb47dd0e0e31u, 0x74f839c593dc67fdu,
    0x0d6c8009d9a94f5au, 0x85676696d7fb7e2du, 0xcf2794e0277187b7u,
    0x18765564cd99a68du, 0xcbc9466e58fee3ceu, 0xab0200f58b01d137u,
    0x93f5f5799a932462u, 0x9e0082df0ba9e4b0u, 0x7a5dbbc594ddb9f3u,
    0xf4b32f46226bada7u, 0x751e8fbc860ee5fbu, 0x14ea5627c0843d90u,
    0xf723ca908e7af2eeu, 0xa129ca6149be45e5u };

/* and SipHash-1-3, as other implementations have it */

static const uint64_t want13[16] = { 0xabac0158050fc4dcu, 0xc9f49bf37d57ca93u,
    0x82cb9b024dc7d44du, 0x8bf80ab8e7ddf7fbu, 0xcf75576088d38328u,
    0xdef9d52f49533b67u, 0xc50d2b50c59f22a7u, 0xd3927d989bb11140u,
    0x369095118d299a8eu, 0x25a48eb36c063de4u, 0x79de85ee92ff097fu,
    0x70c118c1f94dc352u, 0x78a384b157b4d9a2u, 0x306f760c1229ffa7u,
    0x605aa111c0f95d34u, 0xd320d86d2a519956u };


static uint8_t bytes[64];


static void
test_moved(api_sipkey_t key)
{
    size_t   i, n;
    uint8_t  moved[64];
    unsigned bad;
    uint64_t h;

    bad = 0;

    for (n = 0; n <= 40; n++) {
        h = api_siphash13(key, api_span(bytes, n));

        for (i = 0; i < 9; i++) {
            memcpy(moved + i, bytes, n);
            bad += api_siphash13(key, api_span(moved + i, n)) != h;
        }
    }

    ut_int(bad, 0, "alignment does not matter");
}


int
main(void)
{
    size_t       i;
    api_span_t   s;
    api_sipkey_t key, other;

    for (i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t) i;
    }

    key = api_sipkey(bytes);

    ut_ok(key.k0 == 0x0706050403020100u && key.k1 == 0x0f0e0d0c0b0a0908u,
        "the key is little-endian");

    for (i = 0; i < 16; i++) {
        s = ut_guard(api_span(bytes, i));
        ut_ok(api_siphash24(key, s) == want24[i], "2-4 of %zu bytes", i);
        ut_ok(api_siphash13(key, s) == want13[i], "1-3 of %zu bytes", i);
    }

    test_moved(key);

    other = key;
    other.k1 ^= 1;

    ut_ok(api_siphash24(other, api_span(bytes, 15)) != want24[15],
        "another key, another hash");
    ut_ok(api_siphash24(key, api_span(NULL, 0)) == want24[0], "no bytes");

    return ut_done();
}
