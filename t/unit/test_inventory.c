/* The inventory: what is entered, counted, learned and merged; its bounds;
   what a process that dies in the middle leaves; images that are broken. */

#include "api_inventory_int.h"
#include "ut.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>


static const uint8_t         key[16] = { 7 };
static const api_inv_rules_t rules = { 12, 20, 600 };
static const api_inv_doc_t   doc = { { (const uint8_t *) "orders", 6 },
      { (const uint8_t *) "team-a", 6 }, 17, false };


static api_span_t
text(const char *s)
{
    return api_span(s, strlen(s));
}


static api_inventory_t *
make(size_t size)
{
    void *mem;

    mem = aligned_alloc(64, size);
    if (mem == NULL || api_inventory_init(mem, size, 0, key, 100) != API_OK) {
        abort();
    }

    return api_inventory_at(mem, size);
}


static api_inv_what_t
what(const char *template, unsigned method)
{
    return (api_inv_what_t){ API_SPAN("h"), text(template), method };
}


static api_inv_op_t
enter(api_inventory_t *inv, const char *template)
{
    api_inv_what_t w;

    w = what(template, 0);

    return api_inventory_enter(inv, &w, &doc, 200);
}


static api_inv_op_t
learn(api_inventory_t *inv, const char *path, bool served, uint64_t who)
{
    api_inv_path_t p;

    p = (api_inv_path_t){ API_SPAN("h"), text(path), 0, served, who, 300 };

    return api_inventory_learn(inv, &p, &rules);
}


static void
see(api_inventory_t *inv, api_inv_op_t op, unsigned status, bool verified)
{
    api_inv_seen_t s;

    memset(&s, 0, sizeof(s));
    s.now = 400;
    s.status = status;
    s.auth = verified ? API_INV_AUTH_JWT : API_INV_AUTH_NONE;
    s.type_out = API_INV_TYPE_JSON;
    s.bytes_out = 5000;
    s.ms = 7;
    s.principal = 0x123456789abcdef0u * (status + 1);

    api_inventory_see(inv, op, &s);
}


static void
test_sizes(void)
{
    size_t size;
    void  *mem;

    mem = malloc(1024 * 1024);
    if (mem == NULL) {
        abort();
    }

    ut_int(api_inventory_init(mem, 4096, 0, key, 0), API_LIMIT, "too small");
    ut_int(api_inventory_init(mem, 1024 * 1024, 100000, key, 0), API_LIMIT,
        "no room beside so many nodes");

    for (size = 16384; size <= 1024 * 1024; size *= 2) {
        ut_int(api_inventory_init(mem, size, 0, key, 0), API_OK, "%zu", size);
        ut_ok(api_inventory_bytes(mem) <= size, "... fits");
        ut_ok(api_inventory_at(mem, size) != NULL, "... is one");
        ut_ok(api_inventory_at(mem, api_inventory_bytes(mem) - 1) == NULL,
            "... and is none a byte shorter");
    }

    ut_ok(api_inventory_size(1000, 500) <= 1000 * 1024 + 100000,
        "a thousand operations in about a megabyte");
    ut_ok(api_inventory_at(NULL, 1024) == NULL, "nothing is none");

    free(mem);
}


static void
test_documented(void)
{
    api_inv_op_t     a, b, c;
    api_inv_doc_t    later;
    api_inv_what_t   w;
    api_inv_view_t   v;
    api_inventory_t *inv;

    inv = make(65536);

    w = what("/v1/orders/{orderId}", 0);
    ut_ok(api_inventory_find(inv, &w) == API_INV_NONE, "not there yet");

    a = enter(inv, "/v1/orders/{orderId}");
    b = enter(inv, "/v1/orders/{other}");
    c = enter(inv, "/v1/orders");
    ut_ok(a && a == b && c && c != a, "parameters have no names of their own");

    w = what("/v1/orders/{x}", 0);
    ut_int(api_inventory_find(inv, &w), a, "found");
    w.method = 2;
    ut_ok(api_inventory_find(inv, &w) == API_INV_NONE, "another method");
    w = what("/v1/orders/{x}", 0);
    w.host = API_SPAN("i");
    ut_ok(api_inventory_find(inv, &w) == API_INV_NONE, "another host");

    ut_ok(api_inventory_current(inv, a, &doc), "as the contract has it");
    later = doc;
    later.revision++;
    later.deprecated = true;
    ut_ok(!api_inventory_current(inv, a, &later), "a later one differs");
    w = what("/v1/orders/{x}", 0);
    ut_int(api_inventory_enter(inv, &w, &later, 500), a, "it is told again");
    ut_ok(api_inventory_view(inv, a, &v) && v.deprecated && v.revision == 18,
        "... and known");
    ut_span(v.spec, doc.spec, "the contract");
    ut_span(v.owner, doc.owner, "the owner");
    ut_int(v.first_seen, 200, "since when");

    /* a path that the contract no longer names is still this operation */

    ut_int(learn(inv, "/v1/orders/17", true, 1), a, "an id");
    ut_int(learn(inv, "/v1/orders/seventeen", true, 1), a, "a word");
    ut_int(learn(inv, "/v1/orders", false, 1), c, "not served, but known");

    free(inv);
}


static void
test_counts(void)
{
    unsigned         i;
    api_inv_op_t     op;
    api_inv_view_t   v;
    api_inv_totals_t t;
    api_inventory_t *inv;

    inv = make(65536);
    op = enter(inv, "/x");

    see(inv, op, 200, true);
    see(inv, op, 204, false);
    see(inv, op, 404, false);
    see(inv, op, 429, false);
    see(inv, op, 503, false);
    see(inv, op, 0, false);
    see(inv, API_INV_OTHER, 404, false);

    ut_ok(api_inventory_view(inv, op, &v), "there");
    ut_int(v.status[API_INV_2XX], 2, "2xx");
    ut_int(v.status[API_INV_4XX], 2, "4xx");
    ut_int(v.status[API_INV_404], 1, "404");
    ut_int(v.status[API_INV_429], 1, "429");
    ut_int(v.status[API_INV_5XX], 1, "5xx");
    ut_int(api_inv_requests(&v), 5, "all");
    ut_int(v.auth_success, 1, "a success of somebody");
    ut_int(v.open_success, 1, "a success of nobody");
    ut_int(v.auth, 1U << API_INV_AUTH_JWT | 1U << API_INV_AUTH_NONE, "auth");
    ut_int(v.types_out, 1U << API_INV_TYPE_JSON, "types");
    ut_int(v.last_seen, 400, "last seen");
    ut_int(v.times[3], 6, "7 ms are in the bucket up to 10");
    ut_int(v.sizes_out[3], 6, "5000 bytes are in that up to 16384");
    ut_int(v.ms, 42, "the sum");

    for (i = 0; i < 200; i++) {
        api_inventory_param(
            inv, op, API_INV_QUERY, API_SPAN("limit"), API_SEGMENT_INT, 4);
    }

    api_inventory_param(
        inv, op, API_INV_BODY, API_SPAN("limit"), API_SEGMENT_WORD, 0);
    api_inventory_param(inv, op, API_INV_QUERY,
        API_SPAN("a-name-that-is-longer-than-there-is-room"), 0, 0);

    ut_ok(api_inventory_view(inv, op, &v) && v.nparams == 2, "parameters");
    ut_span(v.params[0].span, API_SPAN("limit"), "name");
    ut_int(v.params[0].count, 200, "how often");
    ut_int(v.params[0].types, 1U << API_SEGMENT_INT, "types");
    ut_int(v.params[0].classes, 4, "classes");
    ut_int(v.unnamed, 1, "one without a name");

    api_inventory_totals(inv, &t);
    ut_int(t.other, 1, "one request of no operation");
    ut_int(t.ops, 1, "one operation");

    free(inv);
}


/* Names that come once, or often and then no more, do not keep out those that
   come again. */

static void
test_param_noise(unsigned often, unsigned rounds)
{
    char             name[16];
    unsigned         i, n;
    api_inv_op_t     op;
    api_inv_view_t   v;
    api_inventory_t *inv;

    inv = make(65536);
    op = enter(inv, "/x");

    for (i = 0; i < 12 * often; i++) {
        (void) snprintf(name, sizeof(name), "old%u", i % 12);
        api_inventory_param(inv, op, API_INV_QUERY, text(name), 0, 0);
    }

    for (i = 0; i < rounds; i++) {
        (void) snprintf(name, sizeof(name), "n%u", i);
        api_inventory_param(inv, op, API_INV_QUERY, text(name), 0, 0);
        (void) snprintf(name, sizeof(name), "real%u", i % 6);
        api_inventory_param(inv, op, API_INV_QUERY, text(name), 0, 0);
    }

    (void) api_inventory_view(inv, op, &v);

    for (n = 0, i = 0; i < v.nparams; i++) {
        n += strncmp(v.params[i].name, "real", 4) == 0
             && v.params[i].count > 300;
    }

    ut_int(n, 6, "six parameters are told from noise");
    free(inv);
}


static void
test_scanner(void)
{
    char             path[64];
    unsigned         i;
    api_inv_totals_t t, later;
    api_inventory_t *inv;

    inv = make(65536);
    api_inventory_totals(inv, &t);

    for (i = 0; i < 100000; i++) {
        (void) snprintf(path, sizeof(path), "/wp%u/%x.php", i, i * 7919);
        (void) learn(inv, path, false, i);
    }

    api_inventory_totals(inv, &later);
    ut_ok(memcmp(&t, &later, sizeof(t)) == 0, "nothing grows");

    /* and an upstream that says yes to everything: bounded */

    for (i = 0; i < 20000; i++) {
        (void) snprintf(path, sizeof(path), "/%c%c%u/%x", 'a' + (int) (i % 26),
            'a' + (int) (i / 26 % 26), i % 3, i);
        (void) learn(inv, path, true, i);
    }

    api_inventory_totals(inv, &later);
    ut_ok(later.nodes <= later.max_nodes && later.ops < 10,
        "%u nodes, %u operations", later.nodes, later.ops);

    free(inv);
}


static void
test_full(void)
{
    char             path[64];
    unsigned         i, k;
    api_inv_view_t   v;
    api_inv_totals_t t;
    api_inventory_t *inv;

    inv = make(32768);

    for (i = 0; i < 100; i++) {
        (void) snprintf(path, sizeof(path), "/name%c%c/list",
            'a' + (int) i % 10, 'a' + (int) i / 10);
        (void) enter(inv, path);
    }

    api_inventory_totals(inv, &t);
    ut_int(t.ops, t.max_ops, "all places are taken");
    ut_ok(t.overflow > 0, "what found none is counted");

    for (k = 0, i = 1; i <= api_inventory_top(inv); i++) {
        k += api_inventory_view(inv, i, &v);
    }

    ut_int(k, t.ops, "and all can be read");
    free(inv);
}


/* Orders of ids by word, used by few; then the operations are one. */

static void
test_group(void)
{
    char             path[64];
    unsigned         i, k;
    api_inv_op_t     op;
    api_inv_view_t   v;
    api_inv_totals_t t;
    api_inventory_t *inv;

    inv = make(131072);

    for (k = 0; k < 25; k++) {
        for (i = 0; i < 11; i++) {
            (void) snprintf(
                path, sizeof(path), "/u/name%c/mail", 'a' + (int) i);
            op = learn(inv, path, true, 1 + k % 2);
            see(inv, op, 200, true);
        }
    }

    api_inventory_totals(inv, &t);
    ut_int(t.ops, 11, "eleven names");
    ut_int(learn(inv, "/u/names/mail", true, 1),
        learn(inv, "/u/namet/mail", true, 2), "the twelfth and thirteenth");

    api_inventory_totals(inv, &t);
    ut_int(t.ops, 1, "make a parameter");

    op = learn(inv, "/u/somebody-else/mail", true, 3);
    ut_ok(api_inventory_view(inv, op, &v), "which others use too");
    ut_span(v.template, API_SPAN("/u/{id}/mail"), "its template");
    ut_int(v.status[API_INV_2XX], 11 * 6, "with what each had counted");

    free(inv);
}


static void
test_merge(void)
{
    char             path[64];
    unsigned         i;
    api_inv_op_t     op;
    api_inv_view_t   v;
    api_inv_totals_t t;
    api_inventory_t *a, *b;

    a = make(65536);
    b = make(131072);

    see(a, enter(a, "/x/{a}"), 200, true);
    see(b, enter(b, "/x/{b}"), 200, false);
    see(b, API_INV_OTHER, 404, false);

    for (i = 0; i < 30; i++) {
        (void) snprintf(path, sizeof(path), "/shadow/%u", i);
        op = learn(b, path, true, 1 + i % 3);
        see(b, op, 200, false);
    }

    api_inventory_merge(a, b);
    api_inventory_totals(a, &t);
    ut_int(t.ops, 2, "two operations");
    ut_int(t.other, 20, "with those of none: 19 before it was one");

    ut_ok(api_inventory_view(a, enter(a, "/x/{c}"), &v), "the documented one");
    ut_int(v.status[API_INV_2XX], 2, "adds up");

    op = learn(a, "/shadow/99", true, 9);
    ut_ok(op && api_inventory_view(a, op, &v), "the learned one is known");
    ut_int(v.status[API_INV_2XX], 11, "... with its counts");
    ut_int(v.segment[1], 1U << API_SEGMENT_INT, "... and what its id is");
    ut_ok(!v.documented, "... and is nobody's");

    free(a);
    free(b);
}


/* As somebody leaves it who is killed while he changes it: nodes and index
   hold anything. */

static void
break_it(api_inventory_t *inv, ut_rand_t *rand)
{
    unsigned i;

    inv->dirty = 1;

    for (i = 1; i <= inv->top_node; i++) {
        api_inv_node(inv, i)->next = (uint32_t) ut_rand(rand);
        api_inv_node(inv, i)->child = (uint32_t) ut_below(rand, 9);
    }

    for (i = 0; i < inv->buckets; i++) {
        *api_inv_bucket(inv, i) = (uint32_t) ut_below(rand, 9);
    }

    inv->free_node = (uint32_t) ut_below(rand, 9);
    inv->free_op = (uint32_t) ut_below(rand, 9);
}


/* A process died with the lock: the next one mends what it left. */

static void
test_repair(void)
{
    size_t           size, i;
    uint8_t         *raw;
    ut_rand_t        rand = { 3 };
    api_inv_op_t     op;
    api_inv_view_t   v;
    api_inv_totals_t t;
    api_inventory_t *inv;

    size = 65536;

    for (i = 0; i < 200; i++) {
        inv = make(size);
        op = enter(inv, "/x/{a}");
        see(inv, op, 200, true);
        (void) learn(inv, "/y/z", true, 1);
        break_it(inv, &rand);

        (void) learn(inv, "/y/z", true, 1);
        api_inventory_totals(inv, &t);

        if (t.repairs != 1 || t.ops != 1 || learn(inv, "/x/15", false, 1) != op
            || !api_inventory_view(inv, op, &v) || v.status[API_INV_2XX] != 1)
        {
            break;
        }

        free(inv);
    }

    ut_int(i, 200, "the tree and the index are made anew");

    /* an image with any byte changed is none, or can be read */

    inv = make(size);
    op = enter(inv, "/x/{a}");
    raw = (uint8_t *) inv;

    for (i = 0; i < 4000; i++) {
        uint8_t *b, old;

        b = &raw[ut_below(&rand, i % 2 ? 400 : api_inventory_bytes(inv))];
        old = *b;
        *b ^= (uint8_t) (1 + ut_below(&rand, 255));

        if (api_inventory_at(raw, size)) {
            api_inventory_t *other = make(size);

            (void) api_inventory_view(inv, op, &v);
            api_inventory_merge(other, inv);
            free(other);
        }

        *b = old;
    }

    ut_ok(api_inventory_view(inv, op, &v), "broken images break nothing");
    free(inv);
}


#define THREADS 4

static api_inventory_t *shared;
static pthread_mutex_t  lock = PTHREAD_MUTEX_INITIALIZER;


static void *
work(void *arg)
{
    char           path[64];
    unsigned       i;
    api_inv_op_t   op;
    api_inv_what_t w;

    for (i = 0; i < 5000; i++) {
        (void) snprintf(path, sizeof(path), "/d%u/{x}", i % 7);
        w = what(path, 0);
        op = api_inventory_find(shared, &w);

        if (op == API_INV_NONE) {
            (void) pthread_mutex_lock(&lock);
            op = api_inventory_enter(shared, &w, &doc, 1);
            (void) pthread_mutex_unlock(&lock);
        }

        see(shared, op, 200, true);
        (void) snprintf(path, sizeof(path), "p%u", i % 5);
        api_inventory_param(shared, op, API_INV_QUERY, text(path), 1, 0);
    }

    return arg;
}


static void
test_threads(void)
{
    int            i;
    uint64_t       sum, params;
    unsigned       k, p;
    pthread_t      id[THREADS];
    api_inv_view_t v;

    shared = make(131072);

    for (i = 0; i < THREADS; i++) {
        if (pthread_create(&id[i], NULL, work, NULL) != 0) {
            abort();
        }
    }

    for (i = 0; i < THREADS; i++) {
        (void) pthread_join(id[i], NULL);
    }

    for (sum = 0, params = 0, k = 1; k <= api_inventory_top(shared); k++) {
        if (api_inventory_view(shared, k, &v)) {
            sum += v.status[API_INV_2XX];

            for (p = 0; p < v.nparams; p++) {
                params += v.params[p].count;
            }
        }
    }

    ut_int(sum, THREADS * 5000, "no request is lost");
    ut_ok(params <= THREADS * 5000 && params > THREADS * 4900,
        "parameters are counted: %llu", (unsigned long long) params);
    free(shared);
}


int
main(void)
{
    test_sizes();
    test_documented();
    test_counts();
    test_param_noise(0, 3000);
    test_param_noise(500, 60000);
    test_scanner();
    test_full();
    test_group();
    test_merge();
    test_repair();
    test_threads();

    return ut_done();
}
