/* Operators' lists: grammar, refusals, look-ups against a linear scan,
   memory. */

#include "api_list.h"
#include "ut.h"

#include <stdio.h>
#include <stdlib.h>


static const api_sipkey_t seed = { 11, 12 };


static api_span_t
str(const char *s)
{
    return api_span(s, strlen(s));
}


#define S(literal)                                                            \
    {                                                                         \
        (const uint8_t *) (literal), sizeof(literal) - 1                      \
    }

static const struct {
    api_span_t  text;
    const char *key;
    const char *value; /* NULL: not found */
} finds[] = {
    { S(""), "a", NULL },
    { S("\n\n  \t\n# only this"), "#", NULL },
    { S("a"), "a", "1" },
    { S("a"), "A", NULL },
    { S("a"), "aa", NULL },
    { S("a"), "", NULL },
    { S("  a\tb  # c"), "a", "b" },
    { S("a#b c#d"), "a#b", "c#d" },
    { S("a b\r\nc d\r\n"), "c", "d" },
    { S("a b\r\nc d\r\n"), "a", "b" },
    { S("\xef\xbb\xbf"
        "a b"),
        "a", "b" },
    { S("\"a b\" \"c # d\""), "a b", "c # d" },
    { S("\"q\\\"\\\\\" x"), "q\"\\", "x" },
    { S("a \"\""), "a", "" },
    { S("a 1\na\na \"1\""), "a", "1" },
    { S("gr\xc3\xbc\xc3\x9f 2"), "gr\xc3\xbc\xc3\x9f", "2" },
    { S("00:11:22:33:44:55"), "00:11:22:33:44:55", "1" },
    { S("v1.2.3.4.5\n1.2.3\nhttps://x/y"), "1.2.3", "1" },
    { S("10.0.0.0/8 net\n10.1.0.0/16 in\n10.1.2.3 host"), "10.9.9.9", "net" },
    { S("10.0.0.0/8 net\n10.1.0.0/16 in\n10.1.2.3 host"), "10.1.2.4", "in" },
    { S("10.1.2.3 host\n10.0.0.0/8 net\n10.1.0.0/16 in"), "10.1.2.3", "host" },
    { S("10.0.0.0/8 net\n10.1.0.0/16 in"), "10.2.0.0", "net" },
    { S("10.0.0.0/8 net"), "11.0.0.0", NULL },
    { S("10.0.0.0/8 net"), "9.255.255.255", NULL },
    { S("10.0.0.0/8 net"), "10.0.0.0/8", NULL },
    { S("\"10.0.0.0/8\" net"), "10.1.1.1", "net" },
    { S("::ffff:10.0.0.0/104 net"), "10.1.1.1", "net" },
    { S("10.0.0.0/8 net"), "::ffff:10.1.1.1", "net" },
    { S("10.0.0.0/8 net"), "::ffff:a01:101", "net" },
    { S("0.0.0.0/0 all"), "255.255.255.255", "all" },
    { S("0.0.0.0/0 all\n255.255.255.255 last"), "255.255.255.255", "last" },
    { S("0.0.0.0/0 all"), "::1", NULL },
    { S("::/0 all"), "10.0.0.1", NULL },
    { S("::/0 all\nffff::/16 top"), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "top" },
    { S("::/0 all\nffff::/16 top"), "fffe::", "all" },
    { S("2001:db8::/64 a\n2001:db8:0:1::/64 b"), "2001:DB8:0:1:0::7", "b" },
    { S("10.0.0.0/24 x\n10.0.0.0/32 y"), "10.0.0.0", "y" },
    { S("10.0.0.0/24 x\n10.0.0.255/32 y"), "10.0.0.255", "y" },
    { S("10.0.0.1 a\n10.0.0.1/32 a\n::ffff:10.0.0.1 a"), "10.0.0.1", "a" },
};


static void
test_finds(void)
{
    bool        found;
    size_t      i;
    api_err_t   err;
    api_span_t  v;
    api_list_t *list;

    for (i = 0; i < sizeof(finds) / sizeof(finds[0]); i++) {
        err.text[0] = '\0';

        if (!ut_int(api_list_parse(&list, ut_guard(finds[i].text), NULL, seed,
                        &api_alloc_libc, &err),
                API_OK, "list %zu %s", i, err.text))
        {
            continue;
        }

        ut_guard_reset(); /* the text is not needed any more */
        v = API_SPAN("?");
        found = api_list_find(list, ut_guard(str(finds[i].key)), &v);
        ut_int(found, finds[i].value != NULL, "\"%s\"", finds[i].key);

        if (found && finds[i].value) {
            ut_span(v, str(finds[i].value), "has its value");
        }

        api_list_free(list);
    }

    api_list_free(NULL);
}


static const struct {
    api_span_t  text;
    int         rc;
    int         code;
    int         pos;
    const char *says;
} bad[] = {
    { S("a\nb c d"), API_SYNTAX, API_LIST_E_WORDS, 6, "line 2: " },
    { S("a;"), API_SYNTAX, API_LIST_E_SEMICOLON, 0, "\";\"" },
    { S("a b;"), API_SYNTAX, API_LIST_E_SEMICOLON, 2, "\";\"" },
    { S("a \"b\";"), API_SYNTAX, API_LIST_E_SEMICOLON, 2, "\";\"" },
    { S("a \"b"), API_SYNTAX, API_LIST_E_QUOTE, 2, "closing quote" },
    { S("\"a\nb\""), API_SYNTAX, API_LIST_E_QUOTE, 0, "closing quote" },
    { S("\"a\"b"), API_SYNTAX, API_LIST_E_QUOTE, 0, "space" },
    { S("a\"b"), API_SYNTAX, API_LIST_E_QUOTE, 0, "middle" },
    { S("\"a\\n\""), API_SYNTAX, API_LIST_E_ESCAPE, 0, "write \\\\" },
    { S("\"a\\"), API_SYNTAX, API_LIST_E_ESCAPE, 0, "write \\\\" },
    { S("a\0"), API_SYNTAX, API_LIST_E_CONTROL, 1, "0x00" },
    { S("\"a\x01\""), API_SYNTAX, API_LIST_E_CONTROL, 2, "0x01" },
    { S("a\rb"), API_SYNTAX, API_LIST_E_CONTROL, 1, "0x0d" },
    { S("a\x7f"), API_SYNTAX, API_LIST_E_CONTROL, 1, "0x7f" },
    { S("\"\" x"), API_SYNTAX, API_LIST_E_EMPTY_KEY, 0, "empty" },
    { S("#\n#\n10.1.0.0/8"), API_INVALID, API_LIST_E_HOST_BITS, 4,
        "line 3: bits behind the prefix are set; write 10.0.0.0/8" },
    { S("2001:db8::1/32"), API_INVALID, API_LIST_E_HOST_BITS, 0,
        "write 2001:db8::/32" },
    { S("10.0.0.0/33"), API_INVALID, API_LIST_E_ADDRESS, 0, "from 0 to 32" },
    { S("10.0.0.0/x"), API_INVALID, API_LIST_E_ADDRESS, 0, "from 0 to 32" },
    { S("10.0.0.256"), API_INVALID, API_LIST_E_ADDRESS, 0, "0 to 255" },
    { S("10.0.0.01"), API_INVALID, API_LIST_E_ADDRESS, 0, "leading zeros" },
    { S("10.0.0.300/24"), API_INVALID, API_LIST_E_ADDRESS, 0, "in full" },
    { S("10.0/16"), API_INVALID, API_LIST_E_ADDRESS, 0, "in full" },
    { S("1::2::3"), API_INVALID, API_LIST_E_ADDRESS, 0, "IPv6" },
    { S("1:2:3/48"), API_INVALID, API_LIST_E_ADDRESS, 0, "IPv6" },
    { S("fe80::1%eth0"), API_INVALID, API_LIST_E_ADDRESS, 0, "zone" },
    { S("10.0.0.1-10.0.0.9"), API_INVALID, API_LIST_E_ADDRESS, 0, "range" },
    { S("10.0.0.*"), API_INVALID, API_LIST_E_ADDRESS, 0, "for a *" },
    { S("[::1]:443"), API_INVALID, API_LIST_E_ADDRESS, 0, "brackets" },
    { S("10.0.0.1:443"), API_INVALID, API_LIST_E_ADDRESS, 0, "port" },
    { S("a x\n\nb\na y"), API_DUPLICATE, API_LIST_E_DUPLICATE, 7,
        "line 4: this key has another value in line 1" },
    { S("10.0.0.0/8\n::ffff:10.0.0.0/104 2"), API_DUPLICATE,
        API_LIST_E_DUPLICATE, 11, "line 2: 10.0.0.0/8 has another value" },
};


static void
test_bad(void)
{
    size_t      i;
    api_err_t   err;
    ut_alloc_t  u;
    api_list_t *list;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        memset(&err, 0, sizeof(err));
        ut_arm(&u, 0);

        ut_int(api_list_parse(
                   &list, ut_guard(bad[i].text), NULL, seed, &u.alloc, &err),
            bad[i].rc, "bad %zu: %s", i, err.text);
        ut_int(err.code, bad[i].code, "code %s",
            api_list_error_name(bad[i].code));
        ut_int((int) err.pos, bad[i].pos, "pos");
        ut_ok(strstr(err.text, bad[i].says) != NULL, "says %s", bad[i].says);
        ut_int((int) u.live, 0, "nothing stays");
    }

    ut_ok(strcmp(api_list_error_name(API_LIST_NERRORS), "unknown") == 0
              && strcmp(api_list_error_name(-1), "unknown") == 0,
        "names of codes that are none");
}


static void
test_limits(void)
{
    size_t            i;
    api_err_t         err;
    api_list_t       *list;
    api_list_limits_t l = { 12, 2, 3, 4 };

    static const struct {
        api_span_t text;
        int        code;
    } cases[] = {
        { S("abc 1234\nd e"), API_LIST_E_NONE },
        { S("abc 1234\nd ef"), API_LIST_E_TEXT_LEN },
        { S("abcd"), API_LIST_E_KEY_LEN },
        { S("\"a\\\\\\\\\" "), API_LIST_E_NONE },
        { S("a 12345"), API_LIST_E_VALUE_LEN },
        { S("a\nb\nc"), API_LIST_E_ENTRIES },
        { S("a\nb\n"), API_LIST_E_NONE },
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        err.code = 0;

        if (api_list_parse(
                &list, cases[i].text, &l, seed, &api_alloc_libc, &err)
            == API_OK)
        {
            api_list_free(list);
        }

        ut_int(err.code, cases[i].code, "limit, case %zu", i);
    }
}


/* Every allocation fails once. */

static void
test_memory(void)
{
    int         rc;
    char       *text;
    bool        ok;
    size_t      n, len, cap;
    unsigned    i;
    api_err_t   err;
    ut_alloc_t  u;
    api_list_t *list;

    cap = 300000;
    text = malloc(cap);
    len = 0;

    if (text == NULL) {
        return;
    }

    for (i = 0; i < 3000; i++) {
        len += (size_t) snprintf(text + len, cap - len,
            "10.%u.%u.0/24 v%u\n2001:db8:%x::/48 v\nword%u \"%u\\\"\"\n",
            i / 256, i % 256, i % 700, i, i, i);
    }

    ok = true;

    for (n = 1;; n++) {
        ut_arm(&u, n);
        list = NULL;
        rc = api_list_parse(
            &list, api_span(text, len), NULL, seed, &u.alloc, &err);

        if (rc == API_OK) {
            api_list_free(list);
        }

        ok = ok && u.live == 0;

        if (u.calls < n) {
            break;
        }

        ok = ok && rc == API_NOMEM && err.code == API_LIST_E_NOMEM;
    }

    ut_ok(ok && rc == API_OK && n > 20, "each of %zu allocations fails once",
        n - 1);

    free(text);
}


/* Against a linear scan of the same networks. */

#define NNETS 60

typedef struct {
    api_net_t net;
    unsigned  value;
} entry_t;

static api_addr_t
random_addr(ut_rand_t *r, const entry_t *e, size_t n)
{
    size_t     i;
    uint8_t    b[16];
    api_addr_t a;

    if (n && ut_below(r, 3)) { /* an edge of a network, or next to it */
        e += ut_below(r, n);
        a = ut_below(r, 2) ? e->net.addr : api_net_last(&e->net);
        a.lo += ut_below(r, 3) - 1;
        a.lo &= a.v6 ? UINT64_MAX : UINT32_MAX;
        return a;
    }

    for (i = 0; i < 16; i++) {
        b[i] = (uint8_t) (ut_below(r, 3) ? 0x20 : ut_rand(r));
    }

    return ut_below(r, 2) ? api_addr_v4(b) : api_addr_v6(b);
}


static api_net_t
random_net(ut_rand_t *r)
{
    char       text[API_NET_TEXT + 8], addr[API_ADDR_TEXT];
    api_net_t  net;
    api_addr_t a;

    a = random_addr(r, NULL, 0);
    api_addr_print(&a, addr);
    snprintf(text, sizeof(text), "%s/%u", addr,
        (unsigned) ut_below(r, a.v6 ? 129 : 33));
    api_net_parse(str(text), &net); /* host bits are cut off */

    return net;
}


static const entry_t *
scan(const entry_t *e, size_t n, const api_addr_t *a)
{
    size_t         i;
    const entry_t *best;

    best = NULL;

    for (i = 0; i < n; i++) {
        if (api_net_has(&e[i].net, a)
            && (best == NULL || e[i].net.bits > best->net.bits))
        {
            best = &e[i];
        }
    }

    return best;
}


static bool
is_new(const entry_t *e, size_t n, const api_net_t *net)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (e[i].net.bits == net->bits
            && api_addr_cmp(&e[i].net.addr, &net->addr) == 0)
        {
            return false;
        }
    }

    return true;
}


static bool
round_agrees(ut_rand_t *r)
{
    char           text[NNETS * 64], want[16];
    bool           ok, found;
    size_t         i, n, len, pos;
    entry_t        e[NNETS];
    api_addr_t     a;
    api_span_t     v;
    api_list_t    *list;
    const entry_t *best;

    n = ut_below(r, NNETS);

    for (i = 0, len = 0; i < n; i++) {
        do {
            e[i].net = random_net(r);
        } while (!is_new(e, i, &e[i].net));

        e[i].value = (unsigned) ut_below(r, 4);
        len += api_net_print(&e[i].net, text + len);
        len += (size_t) sprintf(text + len, " %u\n", e[i].value);
    }

    if (api_list_parse(
            &list, api_span(text, len), NULL, seed, &api_alloc_libc, NULL)
        != API_OK)
    {
        return false;
    }

    for (ok = true, i = 0; i < 300 && ok; i++) {
        a = random_addr(r, e, n);
        best = scan(e, n, &a);
        found = api_list_find_addr(list, &a, &v);

        ok = found == (best != NULL);

        if (ok && best) {
            pos = (size_t) sprintf(want, "%u", best->value);
            ok = api_span_eq(v, api_span(want, pos));
        }
    }

    api_list_free(list);

    return ok;
}


static void
test_oracle(void)
{
    int       i;
    bool      ok;
    ut_rand_t r = { 99 };

    for (ok = true, i = 0; i < 300 && ok; i++) {
        ok = round_agrees(&r);
    }

    ut_ok(ok, "the longest prefix wins, as in a linear scan");
}


static bool
value_is(api_span_t v, unsigned n)
{
    char   text[16];
    size_t len;

    len = (size_t) sprintf(text, "%u", n);

    return api_span_eq(v, api_span(text, len));
}


static void
test_many(void)
{
    char            key[32];
    char           *text;
    bool            ok;
    size_t          len, cap;
    unsigned        i, n;
    api_span_t      v;
    api_list_t     *list;
    api_list_stat_t stat;

    n = 50000;
    cap = n * 80;
    len = 0;
    text = malloc(cap);

    if (text == NULL) {
        return;
    }

    for (i = 0; i < n; i++) {
        len += (size_t) snprintf(text + len, cap - len,
            "w%u %u\n10.%u.%u.%u %u\n", i, i % 7, i >> 16, i >> 8 & 255,
            i & 255, i);
    }

    ok = api_list_parse(
             &list, api_span(text, len), NULL, seed, &api_alloc_libc, NULL)
         == API_OK;
    free(text);

    if (!ut_ok(ok, "many entries, many values")) {
        return;
    }

    stat = api_list_stat(list);
    ut_int((int) stat.words, (int) n, "words");
    ut_int((int) stat.nets4, (int) n, "networks");
    ut_int((int) stat.nets6, 0, "no others");

    for (i = 0; i < n + 1000; i++) {
        len = (size_t) sprintf(key, "w%u", i);
        ok = ok && api_list_find(list, api_span(key, len), &v) == (i < n)
             && (i >= n || v.data[0] == '0' + i % 7);

        len = (size_t) sprintf(
            key, "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
        ok = ok && api_list_find(list, api_span(key, len), &v) == (i < n)
             && (i >= n || value_is(v, i));
    }

    ut_ok(ok, "each is found, others are not");
    api_list_free(list);
}


int
main(void)
{
    test_finds();
    test_bad();
    test_limits();
    test_memory();
    test_oracle();
    test_many();

    return ut_done();
}
