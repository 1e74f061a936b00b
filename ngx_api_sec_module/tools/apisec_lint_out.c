/*
 * Findings for people and for programs.
 */

#include "apisec_lint.h"

#include "apisec_junit.h"


static const char *
page(const api_lint_check_t *c)
{
    return apisec_text(APISEC_PAGES, c->id);
}


static void
totals(const api_lint_t *lint, unsigned *n, unsigned *old)
{
    const api_lint_finding_t *f;

    for (f = lint->first; f; f = f->next) {
        if (f->old) {
            (*old)++;

        } else {
            n[f->check->severity]++;
        }
    }
}


void
apisec_lint_text(FILE *out, const api_lint_t *lint)
{
    unsigned                  n[API_LINT_NSEVERITIES] = { 0 }, old = 0;
    const api_lint_finding_t *f;
    const api_lint_check_t   *c = NULL;

    for (f = lint->first; f; f = f->next) {
        if (f->old) {
            continue;
        }

        if (f->check != c) {
            c = f->check;
            fprintf(out, "%s%s %s: %s%s%s\n    %s\n    docs/checks/%s.md\n",
                f == lint->first ? "" : "\n", c->id,
                api_lint_severity_name(c->severity), c->title,
                *c->owasp ? ", OWASP " : "", c->owasp, c->remedy, c->id);
        }

        fputs("  ", out);
        apisec_put_line(out, f->file);
        fprintf(out, ":%u: ", (unsigned) f->line);
        apisec_put_line(out, f->text);
        fputc('\n', out);
    }

    totals(lint, n, &old);
    fprintf(out, "%s%u high, %u medium, %u low", lint->first ? "\n" : "",
        n[API_LINT_HIGH], n[API_LINT_MEDIUM], n[API_LINT_LOW]);

    if (old) {
        fprintf(out, "; %u of the baseline", old);
    }

    fprintf(out, "\nFor nginx itself beside APIs, see gixy.\n");
}


static void
member(FILE *out, const char *name, api_span_t value, const char *after)
{
    fprintf(out, "\"%s\":", name);
    apisec_put_json(out, value);
    fputs(after, out);
}


void
apisec_lint_json(FILE *out, const api_lint_t *lint)
{
    char                      print[17];
    const api_lint_finding_t *f;

    fputs("{\"findings\":[", out);

    for (f = lint->first; f; f = f->next) {
        apisec_lint_fingerprint(f, print);
        fputs(f == lint->first ? "\n{" : ",\n{", out);
        member(out, "check", apisec_span(f->check->id), ",");
        member(out, "name", apisec_span(f->check->name), ",");
        member(out, "severity",
            apisec_span(api_lint_severity_name(f->check->severity)), ",");
        member(out, "owasp", apisec_span(f->check->owasp), ",");
        member(out, "file", f->file, ",");
        fprintf(out, "\"line\":%u,", (unsigned) f->line);
        member(out, "subject", f->subject, ",");
        member(out, "text", f->text, ",");
        member(out, "remedy", apisec_span(f->check->remedy), ",");
        member(out, "page", apisec_span(page(f->check)), ",");
        fprintf(out, "\"fingerprint\":\"%s\",\"new\":%s}", print,
            f->old ? "false" : "true");
    }

    fputs("\n]}\n", out);
}


/* One test case for each check without findings, and one for each finding:
   what is well is seen too. */

static unsigned
count(const api_lint_t *lint, const api_lint_check_t *c)
{
    unsigned                  n = 0;
    const api_lint_finding_t *f;

    for (f = lint->first; f; f = f->next) {
        n += f->check == c && !f->old;
    }

    return n;
}


static void
junit_check(FILE *out, const api_lint_t *lint, const api_lint_check_t *c)
{
    const api_lint_finding_t *f;

    if (count(lint, c) == 0) {
        apisec_junit_case(out, c->id, apisec_span(c->name));
        apisec_junit_close(out, false);
        return;
    }

    for (f = lint->first; f; f = f->next) {
        if (f->check != c || f->old) {
            continue;
        }

        apisec_junit_case(out, c->id,
            apisec_span(apisec_text("%s: %.*s", c->name, (int) f->subject.len,
                (const char *) f->subject.data)));
        apisec_junit_fault(out, "failure", api_lint_severity_name(c->severity),
            f->text,
            apisec_span(apisec_text("%.*s:%u\n%s", (int) f->file.len,
                (const char *) f->file.data, (unsigned) f->line, c->remedy)));
        apisec_junit_close(out, true);
    }
}


void
apisec_lint_junit(FILE *out, const api_lint_t *lint)
{
    unsigned                tests = 0, failures = 0, n;
    const api_lint_check_t *c;

    for (c = api_lint_checks; c->id; c++) {
        n = count(lint, c);
        failures += n;
        tests += n ? n : 1;
    }

    apisec_junit_begin(out, "apisec lint", tests, failures, 0);

    for (c = api_lint_checks; c->id; c++) {
        junit_check(out, lint, c);
    }

    apisec_junit_end(out);
}


void
apisec_lint_markdown(FILE *out, const api_lint_t *lint)
{
    unsigned                  n[API_LINT_NSEVERITIES] = { 0 }, old = 0;
    const api_lint_finding_t *f;

    totals(lint, n, &old);
    fprintf(out,
        "# apisec lint\n\n%u high, %u medium, %u low; %u of the baseline\n\n"
        "| check | severity | OWASP | where | what |\n|---|---|---|---|---|\n",
        n[API_LINT_HIGH], n[API_LINT_MEDIUM], n[API_LINT_LOW], old);

    for (f = lint->first; f; f = f->next) {
        if (f->old) {
            continue;
        }

        fprintf(out, "| [%s](%s) | %s | %s | ", f->check->id, page(f->check),
            api_lint_severity_name(f->check->severity), f->check->owasp);
        apisec_put_markdown(out, f->file);
        fprintf(out, ":%u | ", (unsigned) f->line);
        apisec_put_markdown(out, f->text);
        fputs(" |\n", out);
    }
}
