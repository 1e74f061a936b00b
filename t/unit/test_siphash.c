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

/* 2-4 with a double output, of the same inputs, as OpenSSL has it */

static const api_sip128_t want24_128[16] = {
    { 0xe6a825ba047f81a3u, 0x930255c71472f66du },
    { 0x44af996bd8c187dau, 0x45fc229b11597634u },
    { 0xc75da4a48d227781u, 0xe4ff0af6de8ba3fcu },
    { 0x4ea967520cb6709cu, 0x51ed8529b0b6335fu },
    { 0xaf8f9c2dc16481f8u, 0x7955cd7b7c6e0f7du },
    { 0x886f778059876813u, 0x27960e69077a5254u },
    { 0x1386208b33caee14u, 0x5ea1d78f30a05e48u },
    { 0x53c1dbd8beebf1a1u, 0x3982f01fa64ab8c0u },
    { 0x61f55862baa9623bu, 0xb49714f364e2830fu },
    { 0xabbad90a06994426u, 0xed716dbb028b7fc4u },
    { 0x56691478c30d1100u, 0xbafbd0f3d34754c9u },
    { 0x77666b3868c55101u, 0x18dce5816fdcb4a2u },
    { 0x58f35e9066b226d6u, 0x25c13285f64d6382u },
    { 0x108bc0e947e26998u, 0xf752b9c44f9329d0u },
    { 0x9cded766aceffc31u, 0x024949e45f48c77eu },
    { 0x11a8b03399e99354u, 0xd9c3cf970fec087eu },
};


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
    api_sip128_t h;
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
        h = api_siphash24_128(key, s);
        ut_ok(h.lo == want24_128[i].lo && h.hi == want24_128[i].hi,
            "2-4 of %zu bytes, 128 bits", i);
    }

    test_moved(key);

    other = key;
    other.k1 ^= 1;

    ut_ok(api_siphash24(other, api_span(bytes, 15)) != want24[15],
        "another key, another hash");
    ut_ok(api_siphash24(key, api_span(NULL, 0)) == want24[0], "no bytes");

    return ut_done();
}
