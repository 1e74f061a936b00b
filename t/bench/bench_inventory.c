/*
 * What a request costs in the inventory and in the scanner, in CPU time of one
 * thread, and what looking costs a byte.  The status is 1 when a request of the
 * inventory is dearer than a microsecond.
 */

#define _DEFAULT_SOURCE

#include "api_behave.h"
#include "api_inventory.h"
#include "api_recent.h"
#include "api_sensitive.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>


#define SIZE (8 << 20)
#define ROUNDS 2000000
#define OPS 500

static const uint8_t key[16] = "sixteen of these";
static int           missed;


static double
cpu(void)
{
    struct timespec ts;

    (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);

    return (double) ts.tv_sec * 1e9 + (double) ts.tv_nsec;
}


static void
row(const char *what, double ns, double budget)
{
    bool over;

    over = budget > 0 && ns > budget;
    printf("%-58s %8.0f ns", what, ns);

    if (budget > 0) {
        printf("   budget %.0f ns%s", budget, over ? "   MISSED" : "");
    }

    printf("\n");
    missed |= over;
}


static api_span_t
text(const char *s)
{
    return api_span(s, strlen(s));
}


static api_inv_seen_t
seen(uint64_t i)
{
    api_inv_seen_t s;

    memset(&s, 0, sizeof(s));
    s.now = 1700000000 + (int64_t) (i >> 16);
    s.status = i % 50 ? 200 : 404;
    s.auth = API_INV_AUTH_JWT;
    s.type_out = API_INV_TYPE_JSON;
    s.bytes_out = i & 0xffff;
    s.ms = (int64_t) (i & 63);
    s.principal = i * UINT64_C(0x9e3779b97f4a7c15);
    s.object = s.principal ^ i;

    return s;
}


static void
documented(api_inventory_t *inv)
{
    char           name[OPS][32];
    double         begin;
    uint64_t       i;
    api_inv_op_t   op;
    api_inv_doc_t  doc = { API_SPAN("orders"), API_SPAN("team"), 7, false };
    api_inv_what_t what;
    api_inv_seen_t s;

    what.host = API_SPAN("api.example.com");
    what.method = 0;

    for (i = 0; i < OPS; i++) {
        (void) snprintf(
            name[i], sizeof(name[i]), "/v1/op%u/{id}", (unsigned) i);
        what.template = text(name[i]);
        (void) api_inventory_enter(inv, &what, &doc, 1700000000);
    }

    begin = cpu();

    for (i = 0; i < ROUNDS; i++) {
        what.template = text(name[i * 7919 % OPS]);
        op = api_inventory_find(inv, &what);

        if (!api_inventory_current(inv, op, &doc)) {
            abort();
        }

        s = seen(i);
        api_inventory_see(inv, op, &s);
        api_inventory_param(
            inv, op, API_INV_QUERY, API_SPAN("limit"), API_SEGMENT_INT, 0);
        api_inventory_param(
            inv, op, API_INV_QUERY, API_SPAN("status"), API_SEGMENT_WORD, 0);
    }

    row("a request of one of 500 documented operations",
        (cpu() - begin) / ROUNDS, 1000);
}


static void
learned(api_inventory_t *inv)
{
    char            path[64];
    double          begin;
    uint64_t        i;
    api_inv_op_t    op;
    api_inv_path_t  p;
    api_inv_seen_t  s;
    api_inv_rules_t rules = { 12, 20, 600 };

    memset(&p, 0, sizeof(p));
    p.host = API_SPAN("shop.example.com");
    p.served = true;

    begin = cpu();

    for (i = 0; i < ROUNDS; i++) {
        (void) snprintf(path, sizeof(path), "/shop/place%u/%u/items",
            (unsigned) (i % 50), (unsigned) (i % 100000));
        p.path = text(path);
        p.who = i % 300 + 1;
        p.now = 1700000000 + (int64_t) (i >> 12);
        op = api_inventory_learn(inv, &p, &rules);
        s = seen(i);
        api_inventory_see(inv, op, &s);
    }

    row("a request of one of 50 learned ones, with the path made",
        (cpu() - begin) / ROUNDS, 1000);

    p.served = false;
    begin = cpu();

    for (i = 0; i < ROUNDS; i++) {
        (void) snprintf(path, sizeof(path), "/wp%u/admin%u.php", (unsigned) i,
            (unsigned) (i % 977));
        p.path = text(path);
        op = api_inventory_learn(inv, &p, &rules);
        s = seen(i);
        api_inventory_see(inv, op, &s);
    }

    row("a request of a scanner, with the path made", (cpu() - begin) / ROUNDS,
        1000);
}


static void
behaviour(void)
{
    void              *mem;
    double             begin;
    uint64_t           i;
    api_behave_act_t   act;
    api_behave_state_t state;

    mem = aligned_alloc(64, 1 << 20);
    if (mem == NULL || api_behave_init(mem, 1 << 20) != API_OK) {
        abort();
    }

    memset(&act, 0, sizeof(act));
    act.window = 60;
    begin = cpu();

    for (i = 0; i < ROUNDS; i++) {
        act.subject = (i % 3000 + 1) * UINT64_C(0x9e3779b97f4a7c15);
        act.thing = i * UINT64_C(0xbf58476d1ce4e5b9) + 1;
        act.bad = i % 9 == 0;
        act.now = 1700000000 + (int64_t) (i >> 14);
        api_behave_note(api_behave_at(mem), &act, &state);
    }

    row("an act of one of 3000 subjects, for a line of api_behavior",
        (cpu() - begin) / ROUNDS, 0);
    free(mem);
}


static void
recent(void)
{
    void    *mem;
    double   begin;
    uint64_t i;

    mem = aligned_alloc(64, (api_recent_size() + 63) / 64 * 64);
    if (mem == NULL) {
        abort();
    }

    api_recent_init(mem);
    begin = cpu();

    for (i = 0; i < ROUNDS; i++) {
        api_recent_add(
            mem, 1700000000 + (int64_t) (i >> 14), API_RECENT_ALLOWED, 200);
    }

    row("a request in the history of the page", (cpu() - begin) / ROUNDS, 0);
    free(mem);
}


static void
scanned(void)
{
    char                *doc;
    size_t               len, n;
    double               begin, ns;
    unsigned             i, kinds;
    api_sensitive_scan_t scan;

    static const char item[] =
        "{\"id\":1842,\"item\":\"a lamp, green\",\"customer\":\"alice\","
        "\"total\":129.5,\"created\":\"2026-11-24T10:00:00Z\"},";

    len = 65536;
    doc = malloc(len);
    if (doc == NULL) {
        abort();
    }

    for (n = 0; n < len; n++) {
        doc[n] = item[n % (sizeof(item) - 1)];
    }

    begin = cpu();

    for (kinds = 0, i = 0; i < 200; i++) {
        api_sensitive_begin(&scan, (1U << API_NSENSITIVE) - 1, len);

        for (n = 0; n < len; n += 4096) {
            api_sensitive_feed(&scan, api_span(doc + n, 4096));
        }

        api_sensitive_end(&scan);
        kinds |= scan.found;
    }

    ns = (cpu() - begin) / 200 / (double) len;
    printf("%-58s %8.2f ns a byte, %.0f MB/s%s\n",
        "looking for all kinds, orders in buffers of 4k", ns, 1000 / ns,
        kinds ? " (found some)" : "");
    row("... of 1 KB", ns * 1024, 0);
    free(doc);
}


int
main(void)
{
    void            *mem;
    api_inventory_t *inv;

    mem = aligned_alloc(64, SIZE);
    if (mem == NULL
        || api_inventory_init(mem, SIZE, 0, key, 1700000000) != API_OK) {
        abort();
    }

    inv = api_inventory_at(mem, SIZE);

    documented(inv);
    learned(inv);
    behaviour();
    recent();
    scanned();
    free(mem);

    return missed;
}
