/* Addresses and networks; the C library's parser and printer are the
   oracle. */

#define _DEFAULT_SOURCE

#include "api_addr.h"
#include "ut.h"

#include <arpa/inet.h>
#include <stdio.h>


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


static const struct {
    const char    *text;
    api_net_code_t code;
    const char    *net; /* as printed; also of the one that was meant */
} nets[] = {
    { "10.0.0.0/8", API_NET_OK, "10.0.0.0/8" },
    { "10.1.2.3", API_NET_OK, "10.1.2.3/32" },
    { "0.0.0.0/0", API_NET_OK, "0.0.0.0/0" },
    { "255.255.255.255/32", API_NET_OK, "255.255.255.255/32" },
    { "::/0", API_NET_OK, "::/0" },
    { "2001:DB8::/32", API_NET_OK, "2001:db8::/32" },
    { "::1/128", API_NET_OK, "::1/128" },
    { "::ffff:10.0.0.0/104", API_NET_OK, "10.0.0.0/8" },
    { "::ffff:0:0/96", API_NET_OK, "0.0.0.0/0" },
    { "::ffff:a00:1", API_NET_OK, "10.0.0.1/32" },
    { "::10.0.0.1", API_NET_OK, "::a00:1/128" },
    { "10.0.0.1/8", API_NET_HOST_BITS, "10.0.0.0/8" },
    { "1.2.3.4/0", API_NET_HOST_BITS, "0.0.0.0/0" },
    { "2001:db8::1/64", API_NET_HOST_BITS, "2001:db8::/64" },
    { "2001:db8:0:1::/63", API_NET_HOST_BITS, "2001:db8::/63" },
    { "::ffff:10.0.0.1/104", API_NET_HOST_BITS, "10.0.0.0/8" },
    { "10.0.0.0/33", API_NET_BITS, NULL },
    { "10.0.0.0/", API_NET_BITS, NULL },
    { "10.0.0.0/08", API_NET_BITS, NULL },
    { "10.0.0.0/-1", API_NET_BITS, NULL },
    { "10.0.0.0/8 ", API_NET_BITS, NULL },
    { "10.0.0.0/8/8", API_NET_BITS, NULL },
    { "10.0.0.0/4294967304", API_NET_BITS, NULL },
    { "10.0.0.0/255.0.0.0", API_NET_BITS, NULL },
    { "::/129", API_NET_BITS, NULL },
    { "::ffff:0:0/95", API_NET_BITS, NULL },
    { "::ffff:1.2.3.4/24", API_NET_BITS, NULL },
    { "", API_NET_ADDRESS, NULL },
    { "/8", API_NET_ADDRESS, NULL },
    { "10/8", API_NET_ADDRESS, NULL },
    { "010.0.0.0/8", API_NET_ADDRESS, NULL },
};


static void
test_nets(void)
{
    char           text[API_NET_TEXT];
    size_t         i;
    api_net_t      net;
    api_net_code_t code;

    for (i = 0; i < sizeof(nets) / sizeof(nets[0]); i++) {
        code = api_net_parse(ut_guard(str(nets[i].text)), &net);
        ut_int(code, nets[i].code, "net \"%s\"", nets[i].text);

        if (nets[i].net && code == nets[i].code) {
            api_net_print(&net, text);
            ut_span(str(text), str(nets[i].net), "is %s", nets[i].net);
        }
    }
}


/* As inet_pton sees it; IPv4-mapped ones are IPv4. */

static bool
oracle(const char *s, api_addr_t *a)
{
    uint8_t b[16];

    if (inet_pton(AF_INET, s, b) == 1) {
        *a = api_addr_v4(b);
        return true;
    }

    if (inet_pton(AF_INET6, s, b) == 1) {
        *a = api_addr_v6(b);
        return true;
    }

    return false;
}


static bool
agrees(const char *s)
{
    bool       x, y;
    api_addr_t a, b;

    ut_guard_reset();
    x = api_addr_parse(ut_guard(str(s)), &a);
    y = oracle(s, &b);

    if (x != y || (x && api_addr_cmp(&a, &b) != 0)) {
        printf("# differs: %s (%d, %d)\n", s, x, y);
        return false;
    }

    return true;
}


static void
test_oracle(void)
{
    char       text[64];
    size_t     i, n, wrong, valid;
    ut_rand_t  r = { 3 };
    api_addr_t a;

    static const char *const edges[] = { "0.0.0.0", "255.255.255.255",
        "256.1.1.1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3",
        "01.2.3.4", "00.0.0.0", "1.2.3.4 ", " 1.2.3.4", "+1.2.3.4",
        "0x1.2.3.4", "::", "::1", "1::", ":::", "1:::2", ":1",
        "1:", "::1::", "1::2::3", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8",
        "1:2:3:4::5:6:7:8", "1:2:3::5:6:7:8", "12345::", "::g", "::1.2.3.4",
        "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:1.2.3.4",
        "1:2:3:4:5:6:7:1.2.3.4", "::ffff:1.2.3.4", "::FFFF:102:304", "::1.2.3",
        "::1.2.3.256", "::12345.1.1.1", "::a.1.1.1", "fe80::1%eth0", "[::1]",
        "0000:0000:0000:0000:0000:ffff:255.255.255.255",
        "00000:0000:0000:0000:0000:ffff:255.255.255.255", "", "1", ":" };

    for (wrong = 0, i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
        wrong += !agrees(edges[i]);
    }

    ut_int((int) wrong, 0, "edges agree with inet_pton");

    for (wrong = 0, valid = 0, i = 0; i < 300000; i++) {
        static const char set[] = "0123::::..af29";
        size_t            k;

        n = ut_below(&r, 20);

        for (k = 0; k < n; k++) {
            text[k] = set[ut_below(&r, sizeof(set) - 1)];
        }

        text[n] = '\0';
        wrong += !agrees(text);
        valid += oracle(text, &a);
    }

    ut_int((int) wrong, 0, "random texts agree with inet_pton");
    ut_ok(valid > 1000, "and enough of them are addresses");
}


static void
test_print(void)
{
    char       mine[API_ADDR_TEXT], theirs[64];
    size_t     i, j, wrong;
    uint8_t    b[16];
    ut_rand_t  r = { 4 };
    api_addr_t a, again;

    for (wrong = 0, i = 0; i < 100000; i++) {
        for (j = 0; j < 16; j += 2) {
            b[j] = (uint8_t) (ut_below(&r, 3) ? 0 : ut_rand(&r));
            b[j + 1] = (uint8_t) (ut_below(&r, 2) ? 0 : ut_rand(&r));
        }

        b[0] |= 0x20; /* ::a.b.c.d is printed in another way by libc */

        a = api_addr_v6(b);
        inet_ntop(AF_INET6, b, theirs, sizeof(theirs));

        wrong += api_addr_print(&a, mine) != strlen(theirs)
                 || strcmp(mine, theirs) != 0;
        wrong += !api_addr_parse(str(mine), &again)
                 || api_addr_cmp(&a, &again) != 0;

        a = api_addr_v4(b);
        inet_ntop(AF_INET, b, theirs, sizeof(theirs));
        api_addr_print(&a, mine);
        wrong += strcmp(mine, theirs) != 0;
    }

    ut_int((int) wrong, 0, "printed as in RFC 5952, and read back");
}


static void
test_has(void)
{
    api_net_t  net;
    api_addr_t a;

    api_net_parse(str("10.0.0.0/8"), &net);
    api_addr_parse(str("10.255.255.255"), &a);
    ut_ok(api_net_has(&net, &a), "the last address");
    api_addr_parse(str("11.0.0.0"), &a);
    ut_ok(!api_net_has(&net, &a), "the one behind it");
    api_addr_parse(str("::ffff:10.0.0.1"), &a);
    ut_ok(api_net_has(&net, &a), "an IPv4-mapped one");
    api_addr_parse(str("::10.0.0.1"), &a);
    ut_ok(!api_net_has(&net, &a), "not one that only looks so");

    api_net_parse(str("::/0"), &net);
    ut_ok(api_net_has(&net, &a), "::/0 has every IPv6 address");
    api_addr_parse(str("10.0.0.1"), &a);
    ut_ok(!api_net_has(&net, &a), "and no IPv4 address");

    api_net_parse(str("2001:db8::/65"), &net);
    api_addr_parse(str("2001:db8::7fff:ffff:ffff:ffff"), &a);
    ut_ok(api_net_has(&net, &a), "past the middle");
    api_addr_parse(str("2001:db8::8000:0:0:0"), &a);
    ut_ok(!api_net_has(&net, &a), "and behind it");
}


int
main(void)
{
    test_nets();
    test_oracle();
    test_print();
    test_has();

    return ut_done();
}
