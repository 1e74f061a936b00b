/*
 * Who answers for what, and until when.
 */

#include "apisec_report.h"

#include "api_day.h"


static const char *
of(api_span_t s)
{
    return apisec_text("%.*s", (int) s.len, (const char *) s.data);
}


static const char *
due(const api_lint_t *lint, api_span_t day)
{
    int64_t t;

    return day.len && api_day_parse(day, true, &t) && t <= lint->now
               ? apisec_text("!%s, overdue", of(day))
               : of(day);
}


static void
row(const apisec_page_t *p, const api_lint_t *lint, const api_conf_dir_t *d)
{
    const char *cells[5];
    bool        policy = api_conf_is(d, "api_policy");

    cells[0] = of(api_conf_option(d, 2, "owner"));
    cells[1] = policy ? "policy" : "exception";
    cells[2] = of(api_conf_arg(d, 1));
    cells[3] =
        due(lint, api_conf_option(d, 2, policy ? "review_by" : "expires"));
    cells[4] = policy
                   ? ""
                   : apisec_text("%s %s %s", of(api_conf_option(d, 2, "rule")),
                       of(api_conf_option(d, 2, "scope")),
                       of(api_conf_option(d, 2, "ticket")));

    apisec_page_row(p, cells, 5);
}


static void
keys(const apisec_page_t *p, const api_lint_t *lint)
{
    const char              *cells[3];
    int64_t                  most, days;
    const api_lint_file_t   *f;
    static const char *const heads[] = { "file", "days", "used by" };

    most = (lint->key_age ? lint->key_age : 365 * 86400) / 86400;

    apisec_page_heading(p, "Keys and secrets");
    apisec_page_table(p, heads, 3);

    for (f = lint->files; f; f = f->next) {
        days = (lint->now - f->changed) / 86400;
        cells[0] = of(f->path);
        cells[1] = f->missing ? "!not there"
                              : apisec_text("%s%lld", days > most ? "!" : "",
                                  (long long) days);
        cells[2] = of(f->dir->args[0]);
        apisec_page_row(p, cells, 3);
    }

    apisec_page_table_end(p);
}


void
apisec_owned(const apisec_page_t *p, const api_lint_t *lint)
{
    const api_conf_dir_t    *d;
    static const char *const heads[] = { "owner", "what", "name", "until",
        "of what" };

    apisec_page_heading(p, "Policies and exceptions");
    apisec_page_table(p, heads, 5);

    for (d = lint->site->conf->root.first; d; d = apisec_after(d)) {
        if ((api_conf_is(d, "api_policy") || api_conf_is(d, "api_exception"))
            && !api_conf_arg_is(d, 1, "off"))
        {
            row(p, lint, d);
        }
    }

    apisec_page_table_end(p);
    keys(p, lint);
}
