/*
 * apisec inventory: files of api_inventory, listed, compared, merged and
 * exported.
 */

#include "apisec_inventory.h"
#include "api_sensitive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>


#define INVENTORY_MAX (64 * 1024 * 1024)
#define EXPORT_MAX (64 * 1024 * 1024)


typedef struct {
    const char *host;
    const char *state;
    const char *output;
    bool        json;
    bool        overlay;
    bool        shadow;
} values_t;

static const apisec_option_t options[] = {
    { "json", APISEC_FLAG, offsetof(values_t, json), NULL,
        "list: one JSON object a line" },
    { "state", APISEC_TEXT, offsetof(values_t, state), "STATE",
        "list: documented, shadow, zombie or orphan" },
    { "host", APISEC_TEXT, offsetof(values_t, host), "NAME",
        "list, export: of this server alone" },
    { "overlay", APISEC_FLAG, offsetof(values_t, overlay), NULL,
        "export: an OpenAPI Overlay of what no contract has" },
    { "shadow", APISEC_FLAG, offsetof(values_t, shadow), NULL,
        "export: without what a contract has" },
    { "output", APISEC_TEXT, offsetof(values_t, output), "FILE",
        "merge: the new file" },
    { NULL, APISEC_FLAG, 0, NULL, NULL },
};


static int run(int argc, char **argv);

const apisec_command_t apisec_inventory = {
    "inventory",
    "list FILE | diff OLD NEW | merge --output NEW FILE... | export FILE",
    "what api_inventory has seen: list, diff, merge, export",
    "FILE is the inventory.snap of api_state. diff tells what has come, gone\n"
    "or changed, and exits with 1 when something has. merge adds up the "
    "files\n"
    "of several machines. export writes OpenAPI 3.1.\n",
    options,
    run,
};


int
apisec_inventory_load(const char *path, api_inventory_t **inv)
{
    int        rc;
    void      *bytes;
    api_span_t text;

    rc = apisec_read(path, INVENTORY_MAX, &text);

    if (rc != APISEC_OK) {
        return rc;
    }

    /* aligned, and not const */

    bytes = apisec_alloc(text.len + 1);
    memcpy(bytes, text.data, text.len);
    *inv = api_inventory_load(bytes, text.len);

    return *inv ? APISEC_OK
                : apisec_fail(APISEC_FAILED,
                    "%s: no file of an inventory, broken, or of another "
                    "release",
                    path);
}


static bool
wanted(const api_inv_view_t *v, const values_t *values)
{
    return values->host == NULL
           || api_span_eq(
               v->host, api_span(values->host, strlen(values->host)));
}


/* Printable ASCII of a span, for a terminal. */

static const char *
safe(api_span_t s)
{
    char  *out;
    size_t n;

    out = apisec_alloc(API_TEXT_LOG_MAX(s.len) + 1);
    n = api_text_log(s, out, API_TEXT_LOG_MAX(s.len), NULL);
    out[n] = '\0';

    return out;
}


static const char *
method(const api_inv_view_t *v)
{
    return safe(api_method_name(v->method));
}


static const char *
day(int64_t t, char *buf, size_t size)
{
    time_t    at = (time_t) t;
    struct tm tm;

    if (t == 0 || gmtime_r(&at, &tm) == NULL
        || strftime(buf, size, "%Y-%m-%d", &tm) == 0)
    {
        return "never";
    }

    return buf;
}


static void
line(const api_inv_view_t *v, const api_inv_verdict_t *verdict)
{
    char     last[32];
    unsigned bit;

    printf("%-10s %-6s %s%s  %llu requests, last %s",
        api_inv_state_name(verdict->state), method(v), safe(v->host),
        safe(v->template), (unsigned long long) api_inv_requests(v),
        day(v->last_seen, last, sizeof(last)));

    if (v->owner.len) {
        printf(", of %s", safe(v->owner));
    }

    for (bit = 0; bit < API_INV_NFINDINGS; bit++) {
        if (verdict->findings >> bit & 1) {
            printf(" [%s]", api_inv_finding_name(bit));
        }
    }

    printf("\n");
}


static int
json(const api_inv_view_t *v, const api_inv_verdict_t *verdict)
{
    char        *buf;
    api_span_t   text;
    api_writer_t w;

    buf = apisec_alloc(65536);
    api_writer_init(&w, buf, 65536);
    api_inventory_json(&w, v, verdict, api_sensitive_name);

    if (api_writer_done(&w, &text) != API_OK) {
        return apisec_fail(APISEC_FAILED, "an operation does not fit");
    }

    printf("%.*s\n", (int) text.len, (const char *) text.data);

    return APISEC_OK;
}


static int
list(const char *path, const values_t *values)
{
    int               rc;
    uint32_t          op;
    unsigned          state;
    api_inv_view_t    v;
    api_inventory_t  *inv;
    api_inv_verdict_t verdict;

    rc = apisec_inventory_load(path, &inv);
    state = API_INV_NSTATES;

    if (rc == APISEC_OK && values->state) {
        state =
            api_inv_state_of(api_span(values->state, strlen(values->state)));

        if (state == API_INV_NSTATES) {
            return apisec_fail(APISEC_USAGE,
                "--state takes documented, shadow, zombie or orphan");
        }
    }

    for (op = 1; rc == APISEC_OK && op <= api_inventory_top(inv); op++) {
        if (!api_inventory_view(inv, op, &v) || !wanted(&v, values)) {
            continue;
        }

        verdict = api_inventory_judge(&v, NULL, true, (int64_t) time(NULL));

        if (state != API_INV_NSTATES && state != verdict.state) {
            continue;
        }

        if (values->json) {
            rc = json(&v, &verdict);

        } else {
            line(&v, &verdict);
        }
    }

    return rc;
}


static bool
same(
    const api_inventory_t *inv, const api_inv_view_t *v, api_inv_view_t *other)
{
    api_inv_what_t what = { v->host, v->template, v->method };
    uint32_t       op;

    op = api_inventory_find(inv, &what);

    return op != API_INV_NONE && api_inventory_view(inv, op, other);
}


/* In a, and not in b. */

static unsigned
missing(const char *mark, const api_inventory_t *a, const api_inventory_t *b)
{
    uint32_t       op;
    unsigned       n;
    api_inv_view_t v, w;

    for (n = 0, op = 1; op <= api_inventory_top(a); op++) {
        if (api_inventory_view(a, op, &v) && !same(b, &v, &w)) {
            printf("%s %s %s%s\n", mark, method(&v), safe(v.host),
                safe(v.template));
            n++;
        }
    }

    return n;
}


/* State, findings, and names of parameters that came. */

static unsigned
changed(const api_inv_view_t *old, const api_inv_view_t *new)
{
    unsigned          i, k, n;
    api_inv_verdict_t was, is;

    was = api_inventory_judge(old, NULL, true, (int64_t) time(NULL));
    is = api_inventory_judge(new, NULL, true, (int64_t) time(NULL));
    n = 0;

    if (was.state != is.state || (is.findings & ~was.findings)
        || (new->auth & ~old->auth))
    {
        printf("~ %s %s%s  %s, now ", method(new), safe(new->host),
            safe(new->template), api_inv_state_name(was.state));
        line(new, &is);
        n++;
    }

    for (i = 0; i < new->nparams; i++) {
        for (k = 0; k < old->nparams; k++) {
            if (api_span_eq(new->params[i].span, old->params[k].span)) {
                break;
            }
        }

        if (k == old->nparams) {
            printf("~ %s %s%s  parameter %s\n", method(new), safe(new->host),
                safe(new->template), safe(new->params[i].span));
            n++;
        }
    }

    return n;
}


static int
diff(const char *before, const char *after)
{
    int              rc;
    uint32_t         op;
    unsigned         n;
    api_inv_view_t   v, old;
    api_inventory_t *a, *b;

    rc = apisec_inventory_load(before, &a);
    rc = rc == APISEC_OK ? apisec_inventory_load(after, &b) : rc;

    if (rc != APISEC_OK) {
        return rc;
    }

    n = missing("-", a, b) + missing("+", b, a);

    for (op = 1; op <= api_inventory_top(b); op++) {
        if (api_inventory_view(b, op, &v) && same(a, &v, &old)) {
            n += changed(&old, &v);
        }
    }

    return n ? APISEC_NO : APISEC_OK;
}


static int
put(const char *path, const void *bytes, size_t size)
{
    int     fd;
    ssize_t n;

    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd == -1) {
        return apisec_fail(APISEC_FAILED, "%s: %s", path, strerror(errno));
    }

    n = write(fd, bytes, size);

    if (close(fd) == -1 || n != (ssize_t) size) {
        (void) unlink(path);
        return apisec_fail(
            APISEC_FAILED, "%s: not all of it could be written", path);
    }

    return APISEC_OK;
}


static int
merge(const apisec_list_t *args, const char *output)
{
    int              rc;
    void            *mem, *bytes;
    size_t           size, i;
    uint8_t          key[16];
    uint32_t         ops;
    api_inv_totals_t t;
    api_inventory_t *from[APISEC_LIST_MAX], *inv;

    if (output == NULL || args->n < 2) {
        return apisec_fail(
            APISEC_USAGE, "merge takes --output NEW and two files or more");
    }

    if (args->n > APISEC_LIST_MAX) {
        return apisec_fail(APISEC_USAGE,
            "merge takes %d files at a time: merge what that gives with the"
            " others",
            APISEC_LIST_MAX);
    }

    for (ops = 16, i = 0; i < args->n; i++) {
        rc = apisec_inventory_load(args->item[i], &from[i]);

        if (rc != APISEC_OK) {
            return rc;
        }

        api_inventory_totals(from[i], &t);
        ops += t.max_ops;
    }

    size = api_inventory_size(ops, ops * 4);
    mem = apisec_alloc(size);
    apisec_random(key, sizeof(key));

    if (api_inventory_init(mem, size, ops * 4, key, (int64_t) time(NULL))
        != API_OK)
    {
        return apisec_fail(APISEC_FAILED, "there is no room for so many");
    }

    inv = api_inventory_at(mem, size);

    for (i = 0; i < args->n; i++) {
        api_inventory_merge(inv, from[i]);
    }

    bytes = apisec_alloc(api_inventory_saved_size(inv));
    api_inventory_save(inv, bytes);

    return put(output, bytes, api_inventory_saved_size(inv));
}


static int export(const char *path, const values_t *values)
{
    int              rc;
    char            *buf;
    api_span_t       host, text;
    api_writer_t     w;
    api_inventory_t *inv;

    rc = apisec_inventory_load(path, &inv);

    if (rc != APISEC_OK) {
        return rc;
    }

    host = values->host ? api_span(values->host, strlen(values->host))
                        : api_span(NULL, 0);
    buf = apisec_alloc(EXPORT_MAX);
    api_writer_init(&w, buf, EXPORT_MAX);

    rc = values->overlay
             ? api_inventory_overlay(inv, host, &w, api_sensitive_name)
             : api_inventory_openapi(
                 inv, host, values->shadow, &w, api_sensitive_name);

    if (rc != API_OK || api_writer_done(&w, &text) != API_OK) {
        return apisec_fail(APISEC_FAILED, "%s: too much for a document", path);
    }

    (void) fwrite(text.data, 1, text.len, stdout);
    printf("\n");

    return APISEC_OK;
}


static int
run(int argc, char **argv)
{
    int           rc;
    const char   *what = argc ? argv[0] : "";
    values_t      values = { 0 };
    apisec_list_t args;

    if (strcmp(what, "list") != 0 && strcmp(what, "diff") != 0
        && strcmp(what, "merge") != 0 && strcmp(what, "export") != 0)
    {
        return apisec_fail(APISEC_USAGE,
            "inventory takes list, diff, merge or export first: run  apisec "
            "help inventory");
    }

    rc = apisec_options(&apisec_inventory, argc - 1, argv + 1, &values, &args);

    if (rc != APISEC_OK) {
        return rc;
    }

    if (what[0] == 'm') {
        return merge(&args, values.output);
    }

    if (args.n != (what[0] == 'd' ? 2 : 1)) {
        return apisec_fail(APISEC_USAGE, "%s takes %s", what,
            what[0] == 'd' ? "two files" : "one file");
    }

    if (what[0] == 'd') {
        return diff(args.item[0], args.item[1]);
    }

    return what[0] == 'l' ? list(args.item[0], &values)
                          : export(args.item[0], &values);
}
