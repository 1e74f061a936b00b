/*
 * Findings as SARIF.
 */

#include "apisec_lint.h"

#include "apisec_junit.h"


static const char *
level(const api_lint_check_t *c)
{
    static const char *const levels[] = { "note", "warning", "error" };

    return levels[c->severity];
}


/* CVSS-like number by which code hosts sort. */

static const char *
rank(const api_lint_check_t *c)
{
    static const char *const ranks[] = { "3.0", "5.5", "8.0" };

    return ranks[c->severity];
}


static void
put_rule(FILE *out, const api_lint_check_t *c)
{
    const apisec_sarif_rule_t rule = { .id = c->id,
        .name = c->name,
        .title = c->title,
        .help = apisec_text("%s See " APISEC_PAGES ".", c->remedy, c->id),
        .level = level(c),
        .rank = rank(c),
        .owasp = c->owasp };

    apisec_sarif_rule(out, &rule, c == api_lint_checks);
}


static void
put_result(FILE *out, const api_lint_finding_t *f, bool first)
{
    char                  print[17];
    apisec_sarif_result_t result = { .rule = f->check->id,
        .index = (unsigned) (f->check - api_lint_checks),
        .level = level(f->check),
        .state = f->old ? "unchanged" : "new",
        .fingerprint = print,
        .message = f->text,
        .file = f->file,
        .line = f->line };

    apisec_lint_fingerprint(f, print);
    apisec_sarif_result(out, &result, first);
}


void
apisec_lint_sarif(FILE *out, const api_lint_t *lint)
{
    const api_lint_check_t   *c;
    const api_lint_finding_t *f;

    apisec_sarif_begin(out, "apisec lint");

    for (c = api_lint_checks; c->id; c++) {
        put_rule(out, c);
    }

    apisec_sarif_results(out);

    for (f = lint->first; f; f = f->next) {
        put_result(out, f, f == lint->first);
    }

    apisec_sarif_end(out);
}
