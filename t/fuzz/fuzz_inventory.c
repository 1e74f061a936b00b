/*
 * The inventory: any sequence of paths leaves it whole and within its bounds;
 * any bytes as a file are refused, or can be read and merged.
 *
 * A line is a path; its first byte says method, who, and whether it is served.
 */

#include "api_inventory_report.h"
#include "fuzz.h"


#define SIZE 24576


static uint64_t image[SIZE / 8], other[SIZE / 8], file[SIZE / 4];
static char     text[65536];


static void
check(bool right)
{
    if (!right) {
        abort();
    }
}


static const char *
name(unsigned n)
{
    (void) n;

    return "class";
}


static void
whole(const api_inventory_t *inv)
{
    uint32_t         op, n;
    api_writer_t     w;
    api_inv_view_t   v;
    api_inv_totals_t t;

    api_inventory_totals(inv, &t);
    check(t.ops <= t.max_ops && t.nodes <= t.max_nodes
          && t.strings <= t.max_strings);

    for (n = 0, op = 1; op <= api_inventory_top(inv); op++) {
        if (api_inventory_view(inv, op, &v)) {
            check(v.template.len && v.template.data[0] == '/');
            n++;
        }
    }

    check(n == t.ops);

    api_writer_init(&w, text, sizeof(text));
    (void) api_inventory_openapi(inv, api_span(NULL, 0), false, &w, name);
    api_writer_init(&w, text, sizeof(text));
    (void) api_inventory_overlay(inv, api_span(NULL, 0), &w, name);
}


static void
as_file(const uint8_t *data, size_t size)
{
    uint32_t         op;
    api_inv_view_t   v;
    api_inventory_t *from;

    static const uint8_t key[16] = { 2 };

    if (size > sizeof(file)) {
        return;
    }

    memcpy(file, data, size);
    from = api_inventory_load(file, size);

    if (from == NULL) {
        return;
    }

    for (op = 0; op <= api_inventory_top(from); op++) {
        (void) api_inventory_view(from, op, &v);
    }

    (void) api_inventory_init(other, sizeof(other), 40, key, 0);
    api_inventory_merge(api_inventory_at(other, sizeof(other)), from);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t           from, to;
    api_inv_op_t     op;
    api_inv_path_t   p;
    api_inv_seen_t   seen;
    api_inventory_t *inv;

    static const uint8_t         key[16] = { 1 };
    static const api_inv_rules_t rules = { 4, 2, 0 };

    as_file(data, size);

    check(api_inventory_init(image, sizeof(image), 40, key, 0) == API_OK);
    inv = api_inventory_at(image, sizeof(image));
    memset(&seen, 0, sizeof(seen));
    seen.status = 200;

    for (from = 0; from < size; from = to + 1) {
        for (to = from; to < size && data[to] != '\n'; to++) {
            /* the line */
        }

        if (to == from) {
            continue;
        }

        p.host = API_SPAN("h");
        p.path = api_span(data + from + 1, to - from - 1);
        p.method = data[from] & 7;
        p.served = (data[from] & 8) == 0;
        p.who = data[from] >> 4;
        p.now = (int64_t) from;

        op = api_inventory_learn(inv, &p, &rules);
        check(op <= api_inventory_top(inv));
        api_inventory_see(inv, op, &seen);
    }

    whole(inv);

    (void) api_inventory_init(other, sizeof(other), 40, key, 0);
    api_inventory_merge(api_inventory_at(other, sizeof(other)), inv);
    whole(api_inventory_at(other, sizeof(other)));

    return 0;
}
