/*
 * What checks share: findings, and questions to a configuration.
 */

#include "api_lint_int.h"

#include "api_day.h"

#include <stdarg.h>
#include <stdio.h>


static const char *const severities[] = { "low", "medium", "high" };


const char *
api_lint_severity_name(unsigned severity)
{
    return severity < API_LINT_NSEVERITIES ? severities[severity] : "";
}


unsigned
api_lint_severity_of(api_span_t name)
{
    unsigned i;

    for (i = 0; i < API_LINT_NSEVERITIES; i++) {
        if (api_span_eq(name, api_span(severities[i], strlen(severities[i]))))
        {
            break;
        }
    }

    return i;
}


static void
say(api_lint_t *lint, api_span_t file, uint32_t line, api_span_t subject,
    const char *fmt, va_list args) __attribute__((format(printf, 5, 0)));

static void
say(api_lint_t *lint, api_span_t file, uint32_t line, api_span_t subject,
    const char *fmt, va_list args)
{
    int                 len;
    char                text[512];
    api_lint_finding_t *f;

    len = vsnprintf(text, sizeof(text), fmt, args);
    len = len < 0                     ? 0
          : len >= (int) sizeof(text) ? (int) sizeof(text) - 1
                                      : len;

    f = api_arena_calloc(lint->arena, 1, sizeof(*f));

    if (f) {
        f->check = lint->check;
        f->file = file;
        f->line = line;
        f->subject = api_arena_dup(lint->arena, subject);
        f->text = api_arena_dup(lint->arena, api_span(text, (size_t) len));
    }

    if (f == NULL || f->text.data == NULL || f->subject.data == NULL) {
        lint->nomem = true;
        return;
    }

    if (lint->last) {
        lint->last->next = f;

    } else {
        lint->first = f;
    }

    lint->last = f;
    lint->n++;
}


void
api_lint_say(api_lint_t *lint, const api_conf_dir_t *d, api_span_t subject,
    const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    say(lint, d->file ? d->file->name : API_SPAN("nginx.conf"),
        d->line ? d->line : 1, subject, fmt, args);
    va_end(args);
}


void
api_lint_say_node(api_lint_t *lint, const api_lint_spec_t *spec, uint32_t line,
    api_span_t subject, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    say(lint, spec->file, line ? line : 1, subject, fmt, args);
    va_end(args);
}


bool
api_lint_run(api_lint_t *lint)
{
    const api_lint_check_t *c;

    for (c = api_lint_checks; c->id; c++) {
        lint->check = c;
        c->run(lint);
    }

    return !lint->nomem;
}


const api_conf_dir_t *
api_lint_on(const api_conf_dir_t *block, const char *name)
{
    const api_conf_dir_t *d = api_conf_inherit(block, name);

    return d && !api_conf_arg_is(d, 1, "off") ? d : NULL;
}


static bool
has_off(const api_conf_dir_t *block, const char *name)
{
    const api_conf_dir_t *d;

    for (d = api_conf_child(block, name); d; d = api_conf_more(d)) {
        if (api_conf_arg_is(d, 1, "off")) {
            return true;
        }
    }

    return false;
}


const api_conf_dir_t *
api_lint_sum(
    const api_conf_dir_t **level, const api_conf_dir_t *d, const char *name)
{
    d = d ? api_conf_more(d) : api_conf_child(*level, name);

    for (;;) {
        for (; d; d = api_conf_more(d)) {
            if (!api_conf_arg_is(d, 1, "off")) {
                return d;
            }
        }

        if (*level == NULL || has_off(*level, name)
            || (*level)->parent == NULL) {
            return NULL;
        }

        *level = (*level)->parent;
        d = api_conf_child(*level, name);
    }
}


bool
api_lint_contains(api_span_t s, const char *word)
{
    size_t i, n = strlen(word);

    for (i = 0; i + n <= s.len; i++) {
        if (memcmp(s.data + i, word, n) == 0) {
            return true;
        }
    }

    return false;
}


bool
api_lint_contains_nocase(api_span_t s, const char *word)
{
    size_t           i;
    const api_span_t w = api_span(word, strlen(word));

    for (i = 0; i + w.len <= s.len; i++) {
        if (api_span_eq_nocase(api_span(s.data + i, w.len), w)) {
            return true;
        }
    }

    return false;
}


bool
api_lint_ends(api_span_t s, const char *end)
{
    size_t n = strlen(end);

    return s.len >= n && memcmp(s.data + s.len - n, end, n) == 0;
}


const api_conf_dir_t *
api_lint_upstream(const api_conf_dir_t *block)
{
    size_t                   i;
    const api_conf_dir_t    *d;
    static const char *const names[] = { "proxy_pass", "grpc_pass",
        "fastcgi_pass", "uwsgi_pass", "scgi_pass" };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        d = api_conf_child(block, names[i]);

        if (d) {
            return d;
        }
    }

    return NULL;
}


static bool
begins(api_span_t s, const char *with)
{
    size_t n = strlen(with);

    return s.len >= n && memcmp(s.data, with, n) == 0;
}


/* 172.16.0.0/12 by its second number. */

static bool
is_172(api_span_t s)
{
    unsigned n;

    if (!begins(s, "172.") || s.len < 7 || s.data[4] < '1' || s.data[4] > '3'
        || s.data[5] < '0' || s.data[5] > '9' || s.data[6] != '.')
    {
        return false;
    }

    n = (unsigned) (s.data[4] - '0') * 10 + (unsigned) (s.data[5] - '0');

    return n >= 16 && n <= 31;
}


bool
api_lint_is_private(api_span_t s)
{
    return begins(s, "unix:") || begins(s, "127.") || begins(s, "10.")
           || begins(s, "192.168.") || begins(s, "[::1]") || begins(s, "[fd")
           || begins(s, "localhost") || is_172(s);
}


bool
api_lint_is_public(const api_server_t *server)
{
    uint32_t i;

    if (api_conf_arg_is(
            api_conf_inherit(server->dir, "api_exposure"), 1, "internal"))
    {
        return false;
    }

    for (i = 0; i < server->nlistens; i++) {
        if (!api_lint_is_private(server->listens[i].address)) {
            return true;
        }
    }

    return false;
}


bool
api_lint_is_guarded(const api_conf_dir_t *block)
{
    const api_conf_dir_t *d;

    if (api_conf_child(block, "internal")) {
        return true;
    }

    /* allow and deny of the innermost level that has any */

    for (; block && block->parent; block = block->parent) {
        for (d = block->first; d; d = d->next) {
            if (api_conf_is(d, "deny") && api_conf_arg_is(d, 1, "all")) {
                return true;
            }

            if (api_conf_is(d, "allow") && api_conf_arg_is(d, 1, "all")) {
                return false;
            }
        }

        if (api_conf_child(block, "allow") || api_conf_child(block, "deny")) {
            return false;
        }
    }

    return false;
}


const api_loc_t *
api_lint_each(const api_lint_t *lint, const api_loc_t *l)
{
    const api_loc_t    *next;
    const api_server_t *s;

    next = l ? api_site_next(l->server, l) : NULL;
    s = l ? l->server->next : lint->site->first;

    for (; next == NULL && s; s = s->next) {
        next = api_site_next(s, NULL);
    }

    return next;
}


const api_conf_dir_t *
api_lint_defined(
    const api_lint_t *lint, const char *directive, api_span_t name)
{
    const api_conf_dir_t *d;

    for (d = api_conf_child(lint->site->http, directive); d;
         d = api_conf_more(d)) {
        if (api_span_eq(api_conf_arg(d, 1), name)) {
            return d;
        }
    }

    return NULL;
}


const api_lint_spec_t *
api_lint_spec_of(const api_lint_t *lint, const api_conf_dir_t *block)
{
    const api_conf_dir_t  *d = api_lint_on(block, "api_schema");
    const api_lint_spec_t *s;

    for (s = d ? lint->specs : NULL; s; s = s->next) {
        if (api_span_eq(s->name, api_conf_arg(d, 1))) {
            return s;
        }
    }

    return NULL;
}


bool
api_lint_date(api_span_t s, int64_t *t)
{
    return api_day_parse(s, true, t);
}
