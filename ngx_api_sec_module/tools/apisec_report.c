/*
 * apisec report: how an API stands, on one page.
 */

#include "apisec_report.h"

#include "api_day.h"

#include <errno.h>


static const apisec_option_t options[] = {
    APISEC_NGINX_OPTIONS(apisec_report_t, lint.nginx),
    { "spec", APISEC_LIST, offsetof(apisec_report_t, lint.specs),
        "[NAME=]FILE", "a document, as for apisec lint" },
    { "inventory", APISEC_TEXT, offsetof(apisec_report_t, lint.inventory),
        "FILE", "what was served: inventory.snap of api_state" },
    { "format", APISEC_TEXT, offsetof(apisec_report_t, lint.format), "FORMAT",
        "html or markdown" },
    { "output", APISEC_TEXT, offsetof(apisec_report_t, lint.output), "FILE",
        "where to, in place of standard output" },
    { "today", APISEC_TEXT, offsetof(apisec_report_t, lint.today), "DATE",
        "the day on which things are overdue" },
    { "key-age", APISEC_TEXT, offsetof(apisec_report_t, lint.key_age), "TIME",
        "how old keys may be: 365d" },
    { "log", APISEC_LIST, offsetof(apisec_report_t, logs), "FILE",
        "of api_audit, oldest first: is it as it was written, and what of it"
        " do patches answer" },
    { "key", APISEC_TEXT, offsetof(apisec_report_t, key), "FILE",
        "what apisec log keygen printed: looks at the seals too" },
    { "part", APISEC_FLAG, offsetof(apisec_report_t, part), NULL,
        "there are files of the log before or behind these" },
    { NULL, APISEC_FLAG, 0, NULL, NULL },
};


/*
 * OWASP API Security Top 10 of 2023, and the directives that enforce (E1) or
 * detect (E2) something of it: no more is claimed than tests of the suite
 * show, docs/guide/apisec.md.
 */

static const struct {
    const char *item;
    const char *name;
    const char *enforce[4];
    const char *detect;
} items[] = {
    { "API1:2023", "Broken Object Level Authorization",
        { "api_bind", "api_require" }, "api_behavior" },
    { "API2:2023", "Broken Authentication", { "api_auth" }, "api_behavior" },
    { "API3:2023", "Broken Object Property Level Authorization",
        { "api_schema", "api_schema_response" }, "api_leak" },
    { "API4:2023", "Unrestricted Resource Consumption",
        { "api_ratelimit", "api_body_limit" }, NULL },
    { "API5:2023", "Broken Function Level Authorization",
        { "api_require", "api_schema" }, NULL },
    { "API6:2023", "Unrestricted Access to Sensitive Business Flows",
        { "api_ratelimit" }, "api_behavior" },
    { "API7:2023", "Server Side Request Forgery", { "api_schema", "api_waf" },
        NULL },
    { "API8:2023", "Security Misconfiguration", { "api_waf" }, "api_audit" },
    { "API9:2023", "Improper Inventory Management", { "api_schema" },
        "api_inventory" },
    { "API10:2023", "Unsafe Consumption of APIs", { "api_schema_response" },
        NULL },
};


/* Does what stands here only watch?  A variable may say so at any time. */

static bool
watches(const api_conf_dir_t *mode, const api_conf_dir_t *d)
{
    api_span_t own = api_conf_option(d, 1, "mode");

    return (own.data && !api_span_eq(own, API_SPAN("enforce")))
           || (mode && !api_conf_arg_is(mode, 1, "enforce"));
}


apisec_places_t
apisec_places(const api_lint_t *lint, const char *name)
{
    apisec_places_t       n = { 0 };
    const api_loc_t      *l = NULL;
    const api_conf_dir_t *d, *mode;

    while ((l = api_lint_each(lint, l)) != NULL) {
        if (!api_lint_upstream(l->dir)) {
            continue;
        }

        n.all++;
        d = api_lint_on(l->dir, name);

        if (d) {
            mode = api_conf_inherit(l->dir, "api_mode");
            n.on++;

            if (mode && api_conf_arg_is(mode, 1, "off")) {
                n.off++;

            } else {
                n.watch += watches(mode, d);
            }
        }
    }

    return n;
}


const api_conf_dir_t *
apisec_after(const api_conf_dir_t *d)
{
    if (d->first) {
        return d->first;
    }

    while (d && d->next == NULL) {
        d = d->parent;
    }

    return d ? d->next : NULL;
}


/* What holds, and which degrees of evidence it reaches. */

typedef struct {
    const char *text;
    bool        e1;
    bool        e2;
} held_t;


/* Not affected by api_mode: they refuse nothing. */

static bool
sees_all(const char *name)
{
    return strcmp(name, "api_audit") == 0
           || strcmp(name, "api_inventory") == 0;
}


static void
hold(held_t *h, const api_lint_t *lint, const char *name, unsigned degree)
{
    apisec_places_t n = apisec_places(lint, name);

    n.off = sees_all(name) ? 0 : n.off;
    h->e1 |= degree == 1 && n.on > n.watch + n.off;
    h->e2 |= degree == 2 ? n.on > n.off : n.watch > 0;
    h->text = apisec_text("%s%s%s at %u of %u (E%u)", h->text,
        *h->text ? ", " : "", name, n.on, n.all, degree);

    if (degree == 1 && n.watch) {
        h->text =
            apisec_text("%s, only watching at %u (E2)", h->text, n.watch);
    }

    if (n.off) {
        h->text = apisec_text("%s, off by api_mode at %u", h->text, n.off);
    }
}


static held_t
held(const api_lint_t *lint, size_t i)
{
    size_t k;
    held_t h = { .text = "" };

    for (k = 0; k < 4 && items[i].enforce[k]; k++) {
        hold(&h, lint, items[i].enforce[k], 1);
    }

    if (items[i].detect) {
        hold(&h, lint, items[i].detect, 2);
    }

    return h;
}


static unsigned
findings(const api_lint_t *lint, const char *item, unsigned severity)
{
    unsigned                  n = 0;
    const api_lint_finding_t *f;

    for (f = lint->first; f; f = f->next) {
        n += strcmp(f->check->owasp, item) == 0
             && f->check->severity == severity;
    }

    return n;
}


/* E3: the checks that are about it, and what they found.  It is reached when
   there are some, and none of what they found is more than low. */

static const char *
checked(const api_lint_t *lint, const char *item, bool *e3)
{
    unsigned                n = 0, high, medium;
    const char             *ids = "";
    const api_lint_check_t *c;

    for (c = api_lint_checks; c->id; c++) {
        if (strcmp(c->owasp, item) == 0) {
            ids = apisec_text("%s%s%s", ids, n++ ? " " : "", c->id);
        }
    }

    if (n == 0) {
        return "no check is about it";
    }

    high = findings(lint, item, API_LINT_HIGH);
    medium = findings(lint, item, API_LINT_MEDIUM);
    *e3 = high + medium == 0;

    return apisec_text("%s%u high, %u medium, %u low, by %s", high ? "!" : "",
        high, medium, findings(lint, item, API_LINT_LOW), ids);
}


/* A policy somebody answers for, whose review is not overdue. */

static bool
is_fresh(const api_lint_t *lint, const api_conf_dir_t *d)
{
    int64_t t;

    return d && api_conf_option(d, 2, "owner").len
           && api_day_parse(api_conf_option(d, 2, "review_by"), true, &t)
           && t > lint->now;
}


/* E4: what is there to be shown, and is not stale.  It is about all items. */

static const char *
artefacts(const api_lint_t *lint, const apisec_chain_t *chain, bool *e4)
{
    unsigned         n = 0, all = 0;
    const api_loc_t *l = NULL;

    while ((l = api_lint_each(lint, l)) != NULL) {
        if (api_lint_upstream(l->dir)) {
            all++;
            n += is_fresh(lint, api_lint_on(l->dir, "api_policy"));
        }
    }

    *e4 = n > 0 || chain->proven;

    return apisec_text("api_policy with a review to come at %u of %u;"
                       " audit log %s",
        n, all,
        chain->proven                             ? "verified"
        : chain->given && chain->seen.sum.verdict ? "NOT whole"
        : chain->given                            ? "not proven"
                                                  : "not looked at");
}


/* E3 and E4 alone protect nothing. */

static const char *
reached(const held_t *h, bool e3, bool e4)
{
    size_t      i;
    const char *s = "";
    const bool  is[] = { h->e1, h->e2, e3, e4 };

    for (i = 0; i < 4; i++) {
        s = is[i] ? apisec_text("%s%sE%zu", s, *s ? " " : "", i + 1) : s;
    }

    return *s == '\0' ? "!none" : h->e1 || h->e2 ? s : apisec_text("!%s", s);
}


static void
coverage(const apisec_page_t *p, const api_lint_t *lint,
    const apisec_chain_t *chain)
{
    bool                     e3, e4;
    size_t                   i;
    held_t                   h;
    const char              *cells[5];
    static const char *const heads[] = { "OWASP 2023", "reached",
        "what holds, at locations with an upstream", "findings (E3)",
        "artefacts (E4)" };

    apisec_page_heading(p, "Coverage");
    apisec_page_line(p, "E1: tests of the suite show that it refuses an attack"
                        " and lets the honest twin pass. E2: that it detects"
                        " one. E3: apisec lint has looked, and found nothing"
                        " above low. E4: there is something to show that is"
                        " not stale. E3 and E4 support, they do not protect.");
    apisec_page_table(p, heads, 5);

    for (i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
        e3 = false;
        h = held(lint, i);
        cells[0] = apisec_text("%s %s", items[i].item, items[i].name);
        cells[2] = h.text;
        cells[3] = checked(lint, items[i].item, &e3);
        cells[4] = artefacts(lint, chain, &e4);
        cells[1] = reached(&h, e3, e4);
        apisec_page_row(p, cells, 5);
    }

    apisec_page_table_end(p);
    apisec_page_line(p,
        "Not to be had at a gateway: ownership that no id and no claim says;"
        " what the API itself fetches; business logic.");
}


static void
found(const apisec_page_t *p, const api_lint_t *lint)
{
    const char               *cells[4];
    const api_lint_finding_t *f;
    static const char *const  heads[] = { "check", "severity", "where",
         "what" };

    apisec_page_heading(p, "Findings");
    apisec_page_table(p, heads, 4);

    for (f = lint->first; f; f = f->next) {
        cells[0] = f->check->id;
        cells[1] =
            apisec_text("%s%s", f->check->severity == API_LINT_HIGH ? "!" : "",
                api_lint_severity_name(f->check->severity));
        cells[2] = apisec_text("%.*s:%u", (int) f->file.len,
            (const char *) f->file.data, (unsigned) f->line);
        cells[3] = apisec_text(
            "%.*s", (int) f->text.len, (const char *) f->text.data);
        apisec_page_row(p, cells, 4);
    }

    apisec_page_table_end(p);
}


/* All that is on the page. */

typedef struct {
    const apisec_report_t *o;
    api_lint_t             lint;
    apisec_chain_t         chain;
    apisec_answers_t       answers;
} report_t;


static void
page(FILE *out, bool html, const report_t *r)
{
    char          day[API_DAY_TEXT];
    apisec_page_t p = { out, html };

    api_day_print(r->lint.now, day);

    apisec_page_begin(&p, "API security report");
    apisec_page_line(&p, apisec_text("Of %.10s, by apisec report.", day));
    coverage(&p, &r->lint, &r->chain);
    apisec_matrix(&p, &r->lint);
    apisec_owned(&p, &r->lint);
    apisec_chain(&p, &r->lint, r->o, &r->chain);
    apisec_answers(
        &p, &r->lint, &r->answers, r->chain.given && !r->chain.proven);
    found(&p, &r->lint);
    apisec_page_end(&p);
}


static int
put(const apisec_lint_t *o, const report_t *r)
{
    FILE *out = o->output ? fopen(o->output, "w") : stdout;

    if (out == NULL) {
        return apisec_fail(
            APISEC_FAILED, "%s: %s", o->output, strerror(errno));
    }

    page(out, o->format == NULL || strcmp(o->format, "html") == 0, r);

    if (out != stdout && fclose(out) != 0) {
        return apisec_fail(
            APISEC_FAILED, "%s: %s", o->output, strerror(errno));
    }

    return APISEC_OK;
}


static int
make(const apisec_report_t *o, report_t *r)
{
    int rc = apisec_lint_load(&o->lint, &r->lint);

    rc = rc == APISEC_OK ? apisec_chain_check(o, &r->chain) : rc;

    if (rc != APISEC_OK) {
        return rc;
    }

    if (!api_lint_run(&r->lint)) {
        return apisec_fail(APISEC_FAILED, "no memory");
    }

    apisec_answers_load(&r->lint, &r->answers);
    rc = apisec_answers_read(&r->lint, &o->logs, &r->answers);

    return rc == APISEC_OK ? put(&o->lint, r) : rc;
}


static int
run(int argc, char **argv)
{
    int             rc;
    report_t       *r = apisec_alloc(sizeof(*r));
    api_site_t     *site = NULL;
    const char     *format;
    apisec_list_t   args;
    apisec_report_t o = { .key = NULL };

    rc = apisec_options(&apisec_report, argc, argv, &o, &args);
    if (rc != APISEC_OK) {
        return rc;
    }

    format = o.lint.format;

    if (args.n
        || (format && strcmp(format, "html") != 0
            && strcmp(format, "markdown") != 0))
    {
        return apisec_fail(APISEC_USAGE,
            "report takes options alone, and --format html or markdown");
    }

    rc = apisec_nginx(&o.lint.nginx, &site);
    if (rc != APISEC_OK) {
        return rc;
    }

    *r = (report_t){ .o = &o };
    r->lint.site = site;
    r->lint.arena = apisec_arena();
    rc = make(&o, r);

    api_site_free(site);

    return rc;
}


const apisec_command_t apisec_report = {
    .name = "report",
    .args = "[OPTIONS]",
    .summary = "Writes how an API stands on one page: coverage of the OWASP"
               " items, what\nholds for each operation, who answers for what,"
               " keys, the audit log,\nalerts and patches, findings.",
    .options = options,
    .run = run,
};
