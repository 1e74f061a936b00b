/*
 * apisec report: how an API stands, on one page.
 */

#include "apisec_report.h"

#include "api_day.h"

#include <errno.h>


static const apisec_option_t options[] = {
    APISEC_NGINX_OPTIONS(apisec_lint_t, nginx),
    { "spec", APISEC_LIST, offsetof(apisec_lint_t, specs), "[NAME=]FILE",
        "a document, as for apisec lint" },
    { "inventory", APISEC_TEXT, offsetof(apisec_lint_t, inventory), "FILE",
        "what was served: inventory.snap of api_state" },
    { "format", APISEC_TEXT, offsetof(apisec_lint_t, format), "FORMAT",
        "html or markdown" },
    { "output", APISEC_TEXT, offsetof(apisec_lint_t, output), "FILE",
        "where to, in place of standard output" },
    { "today", APISEC_TEXT, offsetof(apisec_lint_t, today), "DATE",
        "the day on which things are overdue" },
    { "key-age", APISEC_TEXT, offsetof(apisec_lint_t, key_age), "TIME",
        "how old keys may be: 365d" },
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


/* At how many of the locations that hand requests on does it hold. */

static unsigned
places(const api_lint_t *lint, const char *name, unsigned *all)
{
    unsigned         n = 0;
    const api_loc_t *l = NULL;

    *all = 0;

    while ((l = api_lint_each(lint, l)) != NULL) {
        if (api_lint_upstream(l->dir)) {
            (*all)++;
            n += api_lint_on(l->dir, name) != NULL;
        }
    }

    return n;
}


static const char *
evidence(const api_lint_t *lint, size_t i)
{
    size_t      k;
    unsigned    n, all;
    const char *s = "";

    for (k = 0; k < 4 && items[i].enforce[k]; k++) {
        n = places(lint, items[i].enforce[k], &all);
        s = apisec_text("%s%s%s at %u of %u (E1)", s, k ? ", " : "",
            items[i].enforce[k], n, all);
    }

    if (items[i].detect) {
        n = places(lint, items[i].detect, &all);
        s = apisec_text("%s, %s at %u of %u (E2)", s, items[i].detect, n, all);
    }

    return s;
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


static void
coverage(const apisec_page_t *p, const api_lint_t *lint)
{
    size_t                   i;
    unsigned                 high, medium;
    const char              *cells[3];
    static const char *const heads[] = { "OWASP 2023",
        "what holds, at locations with an upstream", "findings (E3)" };

    apisec_page_heading(p, "Coverage");
    apisec_page_line(p, "E1: tests of the suite show that it refuses an attack"
                        " and lets the honest twin pass. E2: that it detects"
                        " one. E3: apisec lint has looked.");
    apisec_page_table(p, heads, 3);

    for (i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
        high = findings(lint, items[i].item, API_LINT_HIGH);
        medium = findings(lint, items[i].item, API_LINT_MEDIUM);
        cells[0] = apisec_text("%s %s", items[i].item, items[i].name);
        cells[1] = evidence(lint, i);
        cells[2] = apisec_text("%s%u high, %u medium, %u low", high ? "!" : "",
            high, medium, findings(lint, items[i].item, API_LINT_LOW));
        apisec_page_row(p, cells, 3);
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


static void
page(FILE *out, bool html, const api_lint_t *lint)
{
    char          day[API_DAY_TEXT];
    apisec_page_t p = { out, html };

    api_day_print(lint->now, day);

    apisec_page_begin(&p, "API security report");
    apisec_page_line(&p, apisec_text("Of %.10s, by apisec report.", day));
    coverage(&p, lint);
    apisec_matrix(&p, lint);
    apisec_owned(&p, lint);
    found(&p, lint);
    apisec_page_end(&p);
}


static int
put(const apisec_lint_t *o, const api_lint_t *lint)
{
    FILE *out = o->output ? fopen(o->output, "w") : stdout;

    if (out == NULL) {
        return apisec_fail(
            APISEC_FAILED, "%s: %s", o->output, strerror(errno));
    }

    page(out, o->format == NULL || strcmp(o->format, "html") == 0, lint);

    if (out != stdout && fclose(out) != 0) {
        return apisec_fail(
            APISEC_FAILED, "%s: %s", o->output, strerror(errno));
    }

    return APISEC_OK;
}


static int
run(int argc, char **argv)
{
    int           rc;
    api_lint_t    lint = { 0 };
    api_site_t   *site = NULL;
    apisec_list_t args;
    apisec_lint_t o = { 0 };

    rc = apisec_options(&apisec_report, argc, argv, &o, &args);
    if (rc != APISEC_OK) {
        return rc;
    }

    if (args.n
        || (o.format && strcmp(o.format, "html") != 0
            && strcmp(o.format, "markdown") != 0))
    {
        return apisec_fail(APISEC_USAGE,
            "report takes options alone, and --format html or markdown");
    }

    rc = apisec_nginx(&o.nginx, &site);
    if (rc != APISEC_OK) {
        return rc;
    }

    lint.site = site;
    lint.arena = apisec_arena();
    rc = apisec_lint_load(&o, &lint);

    if (rc == APISEC_OK) {
        rc = api_lint_run(&lint) ? put(&o, &lint)
                                 : apisec_fail(APISEC_FAILED, "no memory");
    }

    api_site_free(site);

    return rc;
}


const apisec_command_t apisec_report = {
    .name = "report",
    .args = "[OPTIONS]",
    .summary = "Writes how an API stands on one page: coverage of the OWASP"
               " items, what\nholds for each operation, who answers for what,"
               " keys, findings.",
    .options = options,
    .run = run,
};
