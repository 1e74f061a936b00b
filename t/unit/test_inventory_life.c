/* How long operations are kept, whose they are, and how they are exported in
   steps. */

#include "api_inventory_int.h"
#include "api_inventory_report.h"
#include "ut.h"

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


static const char *
class_name(unsigned n)
{
    return n ? "iban" : "card";
}


/* Owners: of the document, else of a policy; merged, and told. */

static void
test_owner(void)
{
    unsigned         k;
    char             buf[16384];
    api_inv_op_t     op, other;
    api_span_t       s, spec;
    api_writer_t     w;
    api_inv_view_t   v;
    api_inv_what_t   names;
    api_inventory_t *inv, *to;

    inv = make(256 * 1024);
    op = enter(inv, "/a/{id}");

    ut_ok(api_span_eq(api_inventory_owner(inv, op), API_SPAN("team-a")),
        "an owner of the document");
    ut_ok(api_inventory_what(inv, op, &names, &spec)
              && api_span_eq(names.template, API_SPAN("/a/{id}"))
              && api_span_eq(spec, API_SPAN("orders")),
        "its names and its contract");
    ut_ok(!api_inventory_what(inv, API_INV_OTHER, &names, &spec)
              && !api_inventory_what(inv, op + 1, &names, &spec),
        "others have none");

    for (other = 0, k = 1; k < 30; k++) {
        other = learn(inv, "/b/c", true, k);
    }

    see(inv, other, 200, true);
    api_inventory_own(inv, other, API_SPAN("edge"));
    api_inventory_own(inv, API_INV_OTHER, API_SPAN("nobody"));
    ut_ok(api_span_eq(api_inventory_owner(inv, other), API_SPAN("edge"))
              && api_inventory_owner(inv, API_INV_OTHER).len == 0,
        "an owner of a policy");

    to = make(256 * 1024);
    api_inventory_merge(to, inv);

    for (op = 1; op <= api_inventory_top(to); op++) {
        if (api_inventory_view(to, op, &v) && !v.documented) {
            ut_ok(api_span_eq(v.owner, API_SPAN("edge")), "... merged too");
        }
    }

    api_writer_init(&w, buf, sizeof(buf) - 1);
    ut_int(api_inventory_openapi(to, api_span(NULL, 0), true, &w, class_name),
        API_OK, "... and exported");
    ut_int(api_writer_done(&w, &s), API_OK, "... as JSON");
    buf[s.len] = '\0';
    ut_ok(strstr(buf, "\"owner\":\"edge\"") != NULL, "... by name");

    api_inventory_own(inv, other, api_span(NULL, 0));
    ut_int((long) api_inventory_owner(inv, other).len, 0,
        "a policy that has gone leaves none");

    free(inv);
    free(to);
}


/* A path that two and more have called so often that it is learned. */

static api_inv_op_t
learned(api_inventory_t *inv, const char *path)
{
    unsigned     k;
    api_inv_op_t op;

    for (op = 0, k = 1; k < 30; k++) {
        op = learn(inv, path, true, k);
    }

    return op;
}


/* Learned ones go when nobody calls them, with their nodes; those of contracts
   stay; what is called again is learned again. */

static void
test_forget(void)
{
    char             path[32];
    unsigned         i;
    uint32_t         nodes;
    api_inv_op_t     op;
    api_inv_what_t   old;
    api_inv_totals_t t;
    api_inventory_t *inv;

    inv = make(1024 * 1024);
    see(inv, enter(inv, "/kept/{id}"), 200, true); /* at 400 */

    api_inventory_totals(inv, &t);
    nodes = t.nodes;

    for (i = 0; i < 5; i++) {
        (void) snprintf(path, sizeof(path), "/old/%c/x", 'a' + (int) i);
        see(inv, learned(inv, path), 200, true);
    }

    op = learned(inv, "/new");
    api_inventory_see(
        inv, op, &(api_inv_seen_t){ .now = 5000, .status = 200 });

    ut_int(api_inventory_forget(inv, 400), 0, "none is so old");
    ut_int(api_inventory_forget(inv, 401), 5, "all that were called before");
    ut_int(api_inventory_forget(inv, 401), 0, "... once");

    api_inventory_totals(inv, &t);
    ut_int(t.ops, 2, "the contract's stays, and the one in use");
    ut_int((long) t.forgotten, 5, "they are counted");
    ut_int(t.nodes, nodes + 1, "no node of them is left");

    old = what("/old/a/x", 0);
    ut_ok(api_inventory_find(inv, &old) == API_INV_NONE, "they are not found");
    ut_ok(learn(inv, "/new", false, 1) == op, "what is in use is known");

    ut_int(
        api_inventory_forget(inv, INT64_MAX), 1, "of all, what was learned");
    api_inventory_totals(inv, &t);
    ut_int(t.ops, 1, "... and no contract's");

    op = learned(inv, "/old/a/x");
    ut_ok(op != API_INV_OTHER, "what comes back is learned again");
    api_inv_repair(inv);
    ut_ok(learn(inv, "/old/a/x", false, 1) == op, "... and holds together");

    for (i = 0; i < 300; i++) {
        (void) snprintf(path, sizeof(path), "/round%u/x", i);
        (void) learned(inv, path);
        (void) api_inventory_forget(inv, INT64_MAX);
    }

    api_inventory_totals(inv, &t);
    ut_int(t.ops, 1, "three hundred that came and went");
    ut_int(t.nodes, nodes, "... have left no node");
    ut_ok(t.strings < 1000, "... and next to no names: %llu bytes",
        (unsigned long long) t.strings);

    free(inv);
}


/* In steps, and in small buffers, the same text. */

static void
test_export(void)
{
    char             whole[65536], part[65536], name[16];
    size_t           n;
    unsigned         i, steps;
    api_span_t       s;
    api_writer_t     w;
    api_inventory_t *inv;
    api_inv_export_t x;

    inv = make(256 * 1024);

    for (i = 0; i < 60; i++) {
        (void) snprintf(name, sizeof(name), "/p%u/{id}", i);
        see(inv, enter(inv, name), 200, i % 2);
    }

    api_writer_init(&w, whole, sizeof(whole));
    ut_int(
        api_inventory_openapi(inv, api_span(NULL, 0), false, &w, class_name),
        API_OK, "in one piece");
    ut_int(api_writer_done(&w, &s), API_OK, "... well formed");

    for (steps = 1; steps < 40; steps += 6) {
        n = 0;
        api_writer_init(&w, part, 4096);
        api_inventory_export(&x, inv, false, &w);

        while (api_inventory_export_next(&x, &w, steps, class_name)) {
            if (api_writer_room(&w) < 2048) {
                n += api_writer_onward(&w, w.pos, 4096).len;
            }
        }

        api_inventory_export_end(&w);
        n += (size_t) (w.pos - w.start);

        ut_ok(n == s.len && memcmp(part, whole, n) == 0,
            "in steps of %u, in pieces", steps);
    }

    free(inv);
}


int
main(void)
{
    test_owner();
    test_forget();
    test_export();

    return ut_done();
}
