#include "apis.h"

#include <stdio.h>
#include <stdlib.h>


static const char *const nouns[] = { "orders", "users", "invoices", "products",
    "customers", "payments", "carts", "reviews", "shipments", "refunds",
    "accounts", "sessions", "messages", "files", "reports", "teams",
    "projects", "tasks", "comments", "events", "tickets", "devices", "alerts",
    "coupons", "prices", "stocks", "vendors", "regions", "plans", "usage",
    "members", "roles", "webhooks", "exports", "imports", "labels" };

static const char *const verbs[] = { "search", "export", "me", "status",
    "cancel", "summary", "history", "batch", "latest", "count" };

static const char *const words[] = { "red", "blue", "green", "small", "large",
    "old", "new", "shiny", "soft", "hard", "fast", "slow", "light", "dark",
    "round", "flat", "warm", "cold", "quiet", "loud", "shoes", "hat", "chair",
    "table", "lamp", "book", "phone", "watch", "bag", "shirt", "jacket",
    "bike", "mug", "plate", "knife", "spoon", "carpet", "clock", "camera",
    "guitar" };

static const char *const scanned[] = { "wp-admin", "wp-login.php", ".env",
    ".git", "config", "phpmyadmin", "admin", "backup", "vendor", "cgi-bin",
    "shell", "login", "api", "console", "actuator", "server-status", "owa",
    "solr", "jenkins", "manager", "HNAP1", "boaform", "debug", "test", "old",
    "dump.sql", "db.zip", "id_rsa" };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))


static const char *
one(apis_t *a, const char *const *list, size_t n)
{
    return list[ut_below(&a->rand, n)];
}


static size_t
add(char *path, size_t len, const char *more)
{
    return len + (size_t) snprintf(path + len, APIS_PATH - len, "/%s", more);
}


static void template(
    apis_t *a, const char *path, const unsigned *kind, unsigned method)
{
    unsigned         i;
    apis_template_t *t;

    for (i = 0; i < a->n; i++) {
        if (a->t[i].method == method && strcmp(a->t[i].path, path) == 0) {
            return;
        }
    }

    if (a->n == APIS_TEMPLATES) {
        return;
    }

    t = &a->t[a->n++];
    memset(t, 0, sizeof(*t));
    (void) snprintf(t->path, sizeof(t->path), "%s", path);
    memcpy(t->kind, kind, sizeof(t->kind));
    t->method = method;
    t->weight = 1 + (unsigned) (40 / (1 + ut_below(&a->rand, 20)));
    a->sum += t->weight;
}


/* A collection, its items, and what hangs on an item. */

static void
collection(apis_t *a, const char *base, const unsigned *above, unsigned depth)
{
    char        path[APIS_PATH], sub[APIS_PATH + 32];
    size_t      len;
    unsigned    kind[8], i, n;
    const char *noun;

    memcpy(kind, above, sizeof(kind));

    for (i = 0; i < 8 && strstr(base, "{}") && kind[i] != APIS_NKINDS; i++) {
        /* the first that is free */
    }

    len = (size_t) snprintf(path, sizeof(path), "%s", base);
    noun = one(a, nouns, COUNT(nouns));
    len = add(path, len, noun);

    template(a, path, kind, 0);

    if (ut_below(&a->rand, 2)) {
        template(a, path, kind, 2);
    }

    kind[i] = (unsigned) ut_below(&a->rand, APIS_TENANT);
    (void) add(path, len, "{}");
    template(a, path, kind, 0);

    if (ut_below(&a->rand, 2)) {
        template(a, path, kind, 3);
    }

    for (n = (unsigned) ut_below(&a->rand, 3); n > 0; n--) {
        (void) snprintf(
            sub, sizeof(sub), "%s/%s", path, one(a, verbs, COUNT(verbs)));
        template(a, sub, kind, (unsigned) ut_below(&a->rand, 2) * 2);
    }

    if (depth && kind[i] < APIS_SLUG && ut_below(&a->rand, 2)) {
        collection(a, path, kind, depth - 1);
    }
}


void
apis_make(apis_t *a, uint64_t seed)
{
    char     base[APIS_PATH];
    unsigned i, n, kind[8], tenants[8];

    memset(a, 0, sizeof(*a));
    a->rand.s = seed * 77 + 5;

    for (i = 0; i < 8; i++) {
        kind[i] = APIS_NKINDS;
        tenants[i] = APIS_NKINDS;
    }

    (void) snprintf(
        base, sizeof(base), "%s", ut_below(&a->rand, 2) ? "/api/v1" : "/v2");

    for (n = 6 + (unsigned) ut_below(&a->rand, 8); n > 0; n--) {
        collection(a, base, kind, 1);
    }

    if (ut_below(&a->rand, 2)) {
        tenants[0] = APIS_TENANT;
        (void) snprintf(base, sizeof(base), "/t/{}");

        for (n = 3; n > 0; n--) {
            collection(a, base, tenants, 0);
        }
    }
}


static void
value(apis_t *a, unsigned kind, char *out, size_t size)
{
    unsigned long long r;

    r = ut_rand(&a->rand);

    switch (kind) {

    case APIS_INT:
        (void) snprintf(out, size, "%llu", r % 100000);
        break;

    case APIS_UUID:
        (void) snprintf(out, size, "%08llx-%04llx-4%03llx-a%03llx-%012llx",
            r & 0xffffffff, r >> 32 & 0xffff, r >> 48 & 0xfff, r & 0xfff,
            (unsigned long long) ut_rand(&a->rand) & 0xffffffffffff);
        break;

    case APIS_HEX:
        (void) snprintf(out, size, "%016llx%08llx", r, r & 0xffffffff);
        break;

    case APIS_ULID:
        (void) snprintf(out, size, "01J%05lluXK%06lluQZ%06llu", r % 99999,
            r / 7 % 999999, r / 13 % 999999);
        break;

    case APIS_CODE:
        (void) snprintf(out, size, "ord-%llu", 1000 + r % 9000);
        break;

    case APIS_DATE:
        (void) snprintf(
            out, size, "2026-%02llu-%02llu", 1 + r % 12, 1 + r / 12 % 28);
        break;

    case APIS_EMAIL:
        (void) snprintf(
            out, size, "%s%llu@example.com", words[r % COUNT(words)], r % 500);
        break;

    case APIS_USER:
        (void) snprintf(
            out, size, "%s%s", words[r % 20], words[20 + r / 20 % 20]);
        break;

    case APIS_SLUG:
        (void) snprintf(out, size, "%s-%s-%s", words[r % 20],
            words[r / 20 % 20], words[20 + r / 400 % 20]);
        break;

    default: /* APIS_TENANT */
        (void) snprintf(
            out, size, "%s%s", words[r % 8], words[20 + r / 8 % 8]);
        break;
    }
}


apis_template_t *
apis_request(apis_t *a, char path[APIS_PATH], uint64_t *who)
{
    size_t           len;
    unsigned         i, k, at;
    const char      *p;
    apis_template_t *t;

    at = (unsigned) ut_below(&a->rand, a->sum);

    for (i = 0; at >= a->t[i].weight; i++) {
        at -= a->t[i].weight;
    }

    t = &a->t[i];
    *who = 1 + ut_below(&a->rand, 300);

    for (len = 0, k = 0, p = t->path; *p; p++) {
        if (p[0] == '{' && p[1] == '}') {
            value(a, t->kind[k++], path + len, APIS_PATH - len);
            len = strlen(path);
            p++;
            continue;
        }

        path[len++] = *p;
        path[len] = '\0';
    }

    t->hits++;

    return t;
}


void
apis_noise(apis_t *a, char path[APIS_PATH])
{
    size_t   len;
    unsigned n;

    len = 0;
    path[0] = '\0';

    for (n = 1 + (unsigned) ut_below(&a->rand, 3); n > 0; n--) {
        if (ut_below(&a->rand, 2)) {
            len = add(path, len, one(a, scanned, COUNT(scanned)));

        } else {
            len += (size_t) snprintf(path + len, APIS_PATH - len,
                "/%c%c%c%llu%s", (int) ('a' + ut_below(&a->rand, 26)),
                (int) ('a' + ut_below(&a->rand, 26)),
                (int) ('a' + ut_below(&a->rand, 26)),
                (unsigned long long) ut_below(&a->rand, 10),
                ut_below(&a->rand, 2) ? ".php" : "");
        }
    }

    if (ut_below(&a->rand, 3) == 0) {
        (void) snprintf(
            path + len, APIS_PATH - len, "/%s", one(a, nouns, COUNT(nouns)));
    }
}
