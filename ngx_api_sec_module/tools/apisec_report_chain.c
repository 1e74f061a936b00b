/*
 * The audit log: what the configuration says of it, and whether the files that
 * are given are as they were written.
 */

#include "apisec_report.h"

#include "api_day.h"

#include <inttypes.h>
#include <sys/stat.h>


/* The first fault is kept; the first change goes before what is missing. */

static void
keep(void *ctx, api_seal_verdict_t verdict, const char *file, uint64_t line,
    const char *text)
{
    apisec_chain_t *c = ctx;

    if (c->faults++ == 0 || verdict > c->worst) {
        c->worst = verdict;
        c->file = file;
        c->line = line;
        snprintf(c->text, sizeof(c->text), "%s", text);
    }
}


/* They are read twice: what comes by a pipe would be empty then. */

static int
are_files(const apisec_list_t *logs)
{
    size_t      i;
    struct stat st;

    for (i = 0; i < logs->n; i++) {
        if (stat(logs->item[i], &st) == 0 && !S_ISREG(st.st_mode)) {
            return apisec_fail(APISEC_FAILED,
                "%s is no file: give --log the file that api_audit wrote",
                logs->item[i]);
        }
    }

    return APISEC_OK;
}


int
apisec_chain_check(const apisec_report_t *o, apisec_chain_t *c)
{
    int            rc;
    apisec_log_t   how = { .key = o->key, .part = o->part };
    api_seal_sum_t sum;

    if (o->logs.n == 0) {
        return o->key || o->part ? apisec_fail(APISEC_USAGE,
                   "report: --key and --part are about the files of --log")
                                 : APISEC_OK;
    }

    rc = are_files(&o->logs);
    if (rc != APISEC_OK) {
        return rc;
    }

    rc = apisec_log_check(&how, &o->logs, keep, c, &c->seen);
    if (rc != APISEC_OK) {
        return rc;
    }

    sum = c->seen.sum;
    c->given = true;
    c->proven = sum.verdict == API_SEAL_FINE && c->seen.cut == 0 && sum.events
                && sum.seals && c->seen.signatures && c->seen.epochs;

    return APISEC_OK;
}


static const char *
of(api_span_t s)
{
    return apisec_text("%.*s", (int) s.len, (const char *) s.data);
}


static const char *
sealed(const api_lint_t *lint)
{
    api_span_t            epoch;
    const api_conf_dir_t *d =
        api_conf_child(lint->site->http, "api_audit_seal");

    if (d == NULL) {
        return "!no: api_audit_seal is not there";
    }

    epoch = api_conf_option(d, 1, "epoch");

    return apisec_text("each %s", epoch.data ? of(epoch) : "60s");
}


static void
configured(const apisec_page_t *p, const api_lint_t *lint)
{
    bool                     any = false;
    api_span_t               events;
    const char              *cells[4];
    const api_conf_dir_t    *d;
    const apisec_places_t    at = apisec_places(lint, "api_audit");
    static const char *const heads[] = { "log", "events", "sealed",
        "said at" };

    apisec_page_line(p,
        apisec_text("api_audit is on at %u of %u locations with an upstream.",
            at.on, at.all));
    apisec_page_table(p, heads, 4);

    for (d = lint->site->conf->root.first; d; d = apisec_after(d)) {
        if (!api_conf_is(d, "api_audit") || api_conf_arg_is(d, 1, "off")) {
            continue;
        }

        any = true;
        events = api_conf_option(d, 2, "events");
        cells[0] = of(api_conf_arg(d, 1));
        cells[1] = events.data ? of(events) : "all";
        cells[2] = sealed(lint);
        cells[3] = apisec_text("%s:%u", of(d->file->name), (unsigned) d->line);
        apisec_page_row(p, cells, 4);
    }

    if (!any) {
        cells[0] = "!none: api_audit is off";
        cells[1] = cells[2] = cells[3] = "";
        apisec_page_row(p, cells, 4);
    }

    apisec_page_table_end(p);
}


static const char *
verdict(const apisec_chain_t *c)
{
    const api_seal_sum_t *s = &c->seen.sum;

    if (s->verdict == API_SEAL_CHANGED) {
        return "!CHANGED: it is not as it was written";
    }

    if (s->verdict == API_SEAL_MISSING) {
        return "!INCOMPLETE: nothing was changed, but not all is there";
    }

    if (s->events == 0) {
        return "!no event in it: nothing was looked at";
    }

    if (s->sealed == 0) {
        return "!not sealed: only numbers of events were looked at";
    }

    if (s->seals == 0) {
        return "!no seal of an epoch in it: whoever can write it could have"
               " made it";
    }

    return c->proven ? "verified: it is as it was written"
                     : "!no fault found, but not verified: signatures and keys"
                       " of epochs need --key with both lines of keygen";
}


static const char *
files(const apisec_list_t *logs)
{
    size_t      i;
    const char *s = "";

    for (i = 0; i < logs->n && i < 3; i++) {
        s = apisec_text("%s%s%s", s, i ? ", " : "", logs->item[i]);
    }

    return i < logs->n ? apisec_text("%s and %zu more", s, logs->n - i) : s;
}


static const char *
first_fault(const apisec_chain_t *c)
{
    const char *place;

    if (c->faults == 0) {
        return "none";
    }

    place = c->file ? apisec_text("%s:%" PRIu64 ": ", c->file, c->line) : "";

    return apisec_text(
        "!%s%s (%" PRIu64 " in all)", place, c->text, c->faults);
}


void
apisec_chain(const apisec_page_t *p, const api_lint_t *lint,
    const apisec_report_t *o, const apisec_chain_t *c)
{
    char                     day[API_DAY_TEXT];
    const char              *cells[6];
    const api_seal_sum_t    *s = &c->seen.sum;
    static const char *const heads[] = { "files", "verdict", "events",
        "lost, as it says", "sealed up to", "first fault" };

    apisec_page_heading(p, "Audit log");
    configured(p, lint);

    if (!c->given) {
        apisec_page_line(p, "Not verified: no log was given. --log FILE looks"
                            " at it, with --key at its seals too.");
        return;
    }

    apisec_page_table(p, heads, 6);

    if (s->seals && s->last >= 0) {
        api_day_print(s->last, day);
        cells[4] = apisec_text("%s, by %" PRIu64 " seals", day, s->seals);

    } else {
        cells[4] = "!never";
    }

    cells[0] = files(&o->logs);
    cells[1] = verdict(c);
    cells[2] =
        apisec_text("%" PRIu64 " in %" PRIu64 " chains", s->events, s->chains);
    cells[3] = apisec_text("%s%" PRIu64, s->lost ? "!" : "", s->lost);
    cells[5] = first_fault(c);
    apisec_page_row(p, cells, 6);
    apisec_page_table_end(p);
}
