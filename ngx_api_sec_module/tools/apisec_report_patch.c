/*
 * Virtual patches: how long it took from what alarmed to them.
 */

#include "apisec_report.h"

#include "api_day.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>


#define FILE_MAX (1024 * 1024) /* as nginx reads it */


static const char *
of(api_span_t s)
{
    return apisec_text("%.*s", (int) s.len, (const char *) s.data);
}


/* The words of the directive as a line of such a file. */

static api_span_t
line_of(const api_conf_dir_t *d)
{
    char    *text, *q;
    size_t   len = 1, k;
    uint32_t i;

    for (i = 1; i < d->nargs; i++) {
        len += 2 * d->args[i].len + 3;
    }

    text = apisec_alloc(len);

    for (i = 1, q = text; i < d->nargs; i++) {
        *q++ = '"';

        for (k = 0; k < d->args[i].len; k++) {
            if (d->args[i].data[k] == '"') {
                *q++ = '\\';
            }

            *q++ =
                d->args[i].data[k] == '\n' ? ' ' : (char) d->args[i].data[k];
        }

        *q++ = '"';
        *q++ = ' ';
    }

    return api_span(text, (size_t) (q - text));
}


/* A path of the configuration: below the folder of its first file. */

static const char *
below(const api_lint_t *lint, api_span_t path)
{
    size_t     n;
    api_span_t main = lint->site->conf->files[0].name;

    for (n = main.len; n && main.data[n - 1] != '/'; n--) {
    }

    return path.len && path.data[0] == '/'
               ? of(path)
               : apisec_text(
                   "%.*s%s", (int) n, (const char *) main.data, of(path));
}


static bool
file_of(const char *path, api_span_t *text, int64_t *changed)
{
    struct stat st;

    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX
        || apisec_read(path, FILE_MAX, text) != APISEC_OK)
    {
        return false;
    }

    *changed = (int64_t) st.st_mtime;

    return true;
}


static api_span_t
without_end(api_span_t s, size_t most)
{
    while (most-- && s.len && s.data[s.len - 1] == '\n') {
        s = api_span(s.data, s.len - 1);
    }

    return s;
}


/* What the log calls the file, and its date if this very text is here.
   nginx -T ends each file with a newline more. */

static void
of_conf(apisec_patch_t *p, const apisec_patch_t *list)
{
    size_t     k;
    int64_t    changed;
    api_span_t text = p->dir->file->text, here;

    for (; list < p; list++) { /* often the same as of another one */
        if (!list->own_file && list->dir->file == p->dir->file) {
            memcpy(p->sum, list->sum, sizeof(p->sum));
            p->changed = list->changed;
            return;
        }
    }

    for (k = 0; k < 3; k++) {
        api_jws_sha256(without_end(text, k), p->sum[k]);
    }

    if (file_of(of(p->dir->file->name), &here, &changed)
        && api_span_eq(
            without_end(here, SIZE_MAX), without_end(text, SIZE_MAX)))
    {
        p->changed = changed;
    }
}


/* Room for n more. */

static void
grow(apisec_answers_t *a, size_t n)
{
    apisec_patch_t *p;

    if (a->n + n <= a->room) {
        return;
    }

    a->room = 2 * (a->n + n);
    p = apisec_alloc(a->room * sizeof(*p));

    if (a->n) {
        memcpy(p, a->patches, a->n * sizeof(*p));
    }

    a->patches = p;
}


/* Has a directive before it named the same file? */

static bool
again(const apisec_answers_t *a, const api_conf_dir_t *d)
{
    size_t i;

    for (i = 0; d->nargs == 2 && i < a->n; i++) {
        if (a->patches[i].own_file
            && api_span_eq(a->patches[i].dir->args[1], d->args[1]))
        {
            return true;
        }
    }

    return false;
}


static void
add(const api_lint_t *lint, apisec_answers_t *a, const api_conf_dir_t *d)
{
    uint32_t        i, n;
    int64_t         changed = 0;
    api_err_t       err = { .code = 0 };
    api_span_t      text;
    const char     *name;
    apisec_patch_t *p;
    api_patches_t  *list;
    bool            own_file = d->nargs == 2;

    name = own_file
               ? below(lint, d->args[1])
               : apisec_text("%s:%u", of(d->file->name), (unsigned) d->line);

    if (!own_file) {
        text = line_of(d);

    } else if (!file_of(name, &text, &changed)) {
        apisec_push(&a->unread, apisec_text("%s cannot be read here", name));
        return;
    }

    if (api_patches_parse(&list, text, &api_alloc_libc, &err) != API_OK) {
        apisec_push(&a->unread, apisec_text("%s: %s", name, err.text));
        return;
    }

    n = api_patches_count(list);
    grow(a, n);

    for (i = 0; i < n; i++) {
        p = &a->patches[a->n++];
        *p = (apisec_patch_t){ .patch = api_patches_at(list, i),
            .dir = d,
            .own_file = own_file,
            .changed = changed };

        if (!own_file) {
            of_conf(p, a->patches);
        }
    }
}


/* The lists stay: spans of them are on the page. */

void
apisec_answers_load(const api_lint_t *lint, apisec_answers_t *a)
{
    const api_conf_dir_t *d;

    for (d = lint->site->conf->root.first; d; d = apisec_after(d)) {
        if (api_conf_is(d, "api_waf_patch") && d->nargs > 1
            && !api_conf_arg_is(d, 1, "off") && !again(a, d))
        {
            add(lint, a, d);
        }
    }
}


static const char *
when(int64_t t)
{
    char day[API_DAY_TEXT];

    if (t == 0) {
        return "unknown";
    }

    api_day_print(t, day);

    return apisec_text("%s", day);
}


static const char *
how_long(int64_t s)
{
    if (s >= 86400) {
        return apisec_text(
            "%" PRId64 "d %" PRId64 "h", s / 86400, s % 86400 / 3600);
    }

    if (s >= 3600) {
        return apisec_text(
            "%" PRId64 "h %" PRId64 "m", s / 3600, s % 3600 / 60);
    }

    return s >= 60 ? apisec_text("%" PRId64 "m %" PRId64 "s", s / 60, s % 60)
                   : apisec_text("%" PRId64 "s", s);
}


/* By when the patch was there, and who says so.  The log tells when a text
   held; the date of a file can be set by anybody, so it comes second. */

static int64_t
since(const apisec_patch_t *p, const char **by)
{
    int64_t t = p->loaded ? p->loaded : p->changed;

    *by = p->loaded    ? "configuration loaded, says the log"
          : p->changed ? "date of the file"
                       : "";

    if (p->refused && (t == 0 || p->refused < t)) {
        *by = "refused a request, says the log";
        t = p->refused;
    }

    return t;
}


/* Seconds from what alarmed to the patch; -1: not known; -2: the patch was
   there before. */

static int64_t
between(const apisec_patch_t *p)
{
    const char *by;
    int64_t     t = since(p, &by);

    return t == 0 || p->alert == 0 ? -1 : t < p->alert ? -2 : t - p->alert;
}


static void
row(const apisec_page_t *page, const api_lint_t *lint, const apisec_patch_t *p,
    bool read)
{
    char        day[API_DAY_TEXT];
    size_t      n = 0;
    int64_t     t = between(p), from;
    const char *cells[7], *by;

    api_day_print(p->patch->expires - 1, day);
    from = since(p, &by);

    cells[n++] = of(p->patch->id);
    cells[n++] = of(p->patch->owner);
    cells[n++] =
        apisec_text("%s%s", of(p->patch->path), p->patch->prefix ? "*" : "");
    cells[n++] = p->patch->expires <= lint->now
                     ? apisec_text("!%.10s, stops nothing", day)
                     : apisec_text("%.10s", day);
    cells[n++] = p->alert ? apisec_text(
                     "%s (%" PRIu64 " in all)", when(p->alert), p->alerts)
                          : "unknown";
    cells[n++] = apisec_text("%s%s%s%s%s", when(from), *by ? " (" : "", by,
        *by ? ")" : "",
        read ? apisec_text("; %" PRIu64 " refused", p->refusals) : "");
    cells[n++] = t == -1   ? "unknown"
                 : t == -2 ? "the patch was there before"
                           : how_long(t);

    apisec_page_row(page, cells, n);
}


static int
by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;

    return x < y ? -1 : x > y;
}


static const char *
median(const apisec_answers_t *a)
{
    size_t   i, n = 0;
    int64_t *t = apisec_alloc((a->n + 1) * sizeof(*t)), half;

    for (i = 0; i < a->n; i++) {
        t[n] = between(&a->patches[i]);
        n += t[n] >= 0;
    }

    if (n == 0) {
        return apisec_text(
            "The median is unknown: of 0 of %zu patches both times are"
            " known.",
            a->n);
    }

    qsort(t, n, sizeof(*t), by_size);
    half = n % 2 ? t[n / 2] : t[n / 2 - 1] + (t[n / 2] - t[n / 2 - 1]) / 2;

    return apisec_text("Median of the %zu of %zu patches that came after an"
                       " alert: %s.",
        n, a->n, how_long(half));
}


static void
unanswered(const apisec_page_t *p, const apisec_answers_t *a)
{
    size_t                   i;
    const char              *cells[5];
    const apisec_alarm_t    *m;
    static const char *const heads[] = { "alert without a patch", "at",
        "times", "first", "last" };

    apisec_page_table(p, heads, 5);

    for (i = 0; i < a->nalarms; i++) {
        m = &a->alarms[i];
        cells[0] = *m->name == '!' ? m->name + 1 : m->name;
        cells[1] = *m->at == '!' ? m->at + 1 : m->at;
        cells[2] = apisec_text("%" PRIu64, m->n);
        cells[3] = when(m->first);
        cells[4] = when(m->last);
        apisec_page_row(p, cells, 5);
    }

    apisec_page_table_end(p);

    if (a->more) {
        apisec_page_line(
            p, apisec_text("... and %" PRIu64 " times at places that"
                           " there was no room for.",
                   a->more));
    }
}


void
apisec_answers(const apisec_page_t *p, const api_lint_t *lint,
    const apisec_answers_t *a, bool doubtful)
{
    size_t                   i;
    static const char *const heads[] = { "patch", "owner", "path", "until",
        "first alert or finding of rules", "there since, at the latest",
        "from alert to patch" };

    apisec_page_heading(p, "From alert to patch");
    apisec_page_line(
        p, a->read ? apisec_text("The log begins at %s: what alarmed before is"
                                 " not known. An alert belongs to a patch when"
                                 " the patch's path covers its operation or"
                                 " path, as the record has it.",
               when(a->from))
                   : "No log was given (--log): alerts are unknown.");

    if (doubtful) {
        apisec_page_line(p, "The log is not verified: these times are what it"
                            " says, no more.");
    }

    apisec_page_table(p, heads, 7);

    for (i = 0; i < a->n; i++) {
        row(p, lint, &a->patches[i], a->read);
    }

    apisec_page_table_end(p);

    for (i = 0; i < a->unread.n; i++) {
        apisec_page_line(
            p, apisec_text("Patches not known: %s.", a->unread.item[i]));
    }

    apisec_page_line(p, median(a));

    if (a->read) {
        unanswered(p, a);
    }
}
