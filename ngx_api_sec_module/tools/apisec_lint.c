/*
 * apisec lint: what leaves an API open, in configuration, documents and
 * inventory.
 */

#include "apisec_lint.h"

#include <errno.h>


static const apisec_option_t options[] = {
    APISEC_NGINX_OPTIONS(apisec_lint_t, nginx),
    { "spec", APISEC_LIST, offsetof(apisec_lint_t, specs), "[NAME=]FILE",
        "a document in place of that of api_schema_spec NAME, or beside all" },
    { "inventory", APISEC_TEXT, offsetof(apisec_lint_t, inventory), "FILE",
        "what was served: inventory.snap of api_state" },
    { "advisories", APISEC_TEXT, offsetof(apisec_lint_t, advisories), "FILE",
        "for C30; by default the file that came with apisec" },
    { "version", APISEC_LIST, offsetof(apisec_lint_t, versions),
        "PROGRAM=VERSION", "nginx, openssl or pcre2, for C30" },
    { "check", APISEC_LIST, offsetof(apisec_lint_t, checks), "ID",
        "only this check" },
    { "format", APISEC_TEXT, offsetof(apisec_lint_t, format), "FORMAT",
        "text, json, sarif, junit or markdown" },
    { "output", APISEC_TEXT, offsetof(apisec_lint_t, output), "FILE",
        "where to, in place of standard output" },
    { "fail-on", APISEC_TEXT, offsetof(apisec_lint_t, fail_on), "SEVERITY",
        "exit with 1 from this severity on: low, medium, high (the default)"
        " or none" },
    { "baseline", APISEC_TEXT, offsetof(apisec_lint_t, baseline), "FILE",
        "SARIF of before: what it has is neither shown nor counted" },
    { "today", APISEC_TEXT, offsetof(apisec_lint_t, today), "DATE",
        "the day on which things are overdue" },
    { "key-age", APISEC_TEXT, offsetof(apisec_lint_t, key_age), "TIME",
        "how old keys may be: 365d" },
    { "list", APISEC_FLAG, offsetof(apisec_lint_t, list), NULL,
        "only list the checks" },
    { NULL, APISEC_FLAG, 0, NULL, NULL },
};


static const struct {
    const char          *name;
    apisec_lint_write_pt write;
} formats[] = {
    { "text", apisec_lint_text },
    { "json", apisec_lint_json },
    { "sarif", apisec_lint_sarif },
    { "junit", apisec_lint_junit },
    { "markdown", apisec_lint_markdown },
};


static apisec_lint_write_pt
format(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (name == NULL || strcmp(name, formats[i].name) == 0) {
            return formats[i].write;
        }
    }

    return NULL;
}


static int
list(void)
{
    const api_lint_check_t *c;

    for (c = api_lint_checks; c->id; c++) {
        printf("%s\t%s\t%s\t%s\t%s\n", c->id,
            api_lint_severity_name(c->severity), c->owasp, c->name, c->title);
    }

    return APISEC_OK;
}


static bool
wanted(const apisec_lint_t *o, const api_lint_check_t *c)
{
    size_t i;

    for (i = 0; i < o->checks.n; i++) {
        if (strcmp(o->checks.item[i], c->id) == 0
            || strcmp(o->checks.item[i], c->name) == 0)
        {
            return true;
        }
    }

    return o->checks.n == 0;
}


static void
keep_wanted(const apisec_lint_t *o, api_lint_t *lint)
{
    api_lint_finding_t **at = &lint->first;

    while (*at) {
        if (wanted(o, (*at)->check)) {
            at = &(*at)->next;

        } else {
            *at = (*at)->next;
        }
    }
}


static int
put(const apisec_lint_t *o, const api_lint_t *lint)
{
    FILE *out = stdout;

    if (o->output) {
        out = fopen(o->output, "w");

        if (out == NULL) {
            return apisec_fail(
                APISEC_FAILED, "%s: %s", o->output, strerror(errno));
        }
    }

    format(o->format)(out, lint);

    if (out != stdout && fclose(out) != 0) {
        return apisec_fail(
            APISEC_FAILED, "%s: %s", o->output, strerror(errno));
    }

    return APISEC_OK;
}


static int
verdict(const api_lint_t *lint, unsigned from)
{
    const api_lint_finding_t *f;

    for (f = lint->first; f; f = f->next) {
        if (!f->old && f->check->severity >= from) {
            return APISEC_NO;
        }
    }

    return APISEC_OK;
}


static int
known_checks(const apisec_lint_t *o)
{
    size_t                  i;
    apisec_lint_t           one;
    const api_lint_check_t *c;

    for (i = 0; i < o->checks.n; i++) {
        one.checks = (apisec_list_t){ .item = &o->checks.item[i], .n = 1 };

        for (c = api_lint_checks; c->id && !wanted(&one, c); c++) {
        }

        if (c->id == NULL) {
            return apisec_fail(APISEC_USAGE,
                "there is no check %s: run  apisec lint --list",
                o->checks.item[i]);
        }
    }

    return APISEC_OK;
}


static int
parse(int argc, char **argv, apisec_lint_t *o, unsigned *from)
{
    int           rc;
    apisec_list_t args;

    rc = apisec_options(&apisec_lint, argc, argv, o, &args);
    if (rc != APISEC_OK) {
        return rc;
    }

    if (args.n) {
        return apisec_fail(APISEC_USAGE,
            "lint takes no %s: what nginx -T printed is --conf FILE",
            args.item[0]);
    }

    if (format(o->format) == NULL) {
        return apisec_fail(APISEC_USAGE,
            "--format %s: write text, json, sarif, junit or markdown",
            o->format);
    }

    *from = API_LINT_HIGH;

    if (o->fail_on) {
        *from = api_lint_severity_of(apisec_span(o->fail_on));

        if (*from == API_LINT_NSEVERITIES && strcmp(o->fail_on, "none") != 0) {
            return apisec_fail(APISEC_USAGE,
                "--fail-on %s: write low, medium, high or none", o->fail_on);
        }
    }

    return known_checks(o);
}


static int
run(int argc, char **argv)
{
    int           rc;
    unsigned      from = API_LINT_HIGH;
    api_lint_t    lint = { 0 };
    api_site_t   *site = NULL;
    apisec_lint_t o = { 0 };

    rc = parse(argc, argv, &o, &from);
    if (rc != APISEC_OK || o.list) {
        return rc != APISEC_OK ? rc : list();
    }

    rc = apisec_nginx(&o.nginx, &site);
    if (rc != APISEC_OK) {
        return rc;
    }

    lint.site = site;
    lint.arena = apisec_arena();
    rc = apisec_lint_load(&o, &lint);

    if (rc == APISEC_OK && !api_lint_run(&lint)) {
        rc = apisec_fail(APISEC_FAILED, "no memory");
    }

    if (rc == APISEC_OK) {
        keep_wanted(&o, &lint);
        rc = o.baseline ? apisec_lint_baseline(o.baseline, &lint) : rc;
    }

    rc = rc == APISEC_OK ? put(&o, &lint) : rc;
    api_site_free(site);

    return rc == APISEC_OK ? verdict(&lint, from) : rc;
}


const apisec_command_t apisec_lint = {
    .name = "lint",
    .args = "[OPTIONS]",
    .summary = "Looks for what leaves an API open: in the configuration, in"
               " its OpenAPI\ndocuments, in the inventory, and where they"
               " contradict each other.",
    .more = "Exit code 1 when something from --fail-on on is new.\n",
    .options = options,
    .run = run,
};
