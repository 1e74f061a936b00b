/*
 * Where a server listens, and how it is called.
 */

#include "api_site_int.h"


static bool
number(api_span_t s, unsigned *n)
{
    size_t i;

    for (i = 0, *n = 0; i < s.len && i < 5; i++) {
        if (s.data[i] < '0' || s.data[i] > '9') {
            return false;
        }

        *n = *n * 10 + (unsigned) (s.data[i] - '0');
    }

    return s.len > 0 && i == s.len && *n > 0 && *n < 65536;
}


/* ADDRESS, ADDRESS:PORT, PORT, [V6]:PORT, unix:PATH. */

static bool
read_address(api_span_t s, api_listen_t *l)
{
    size_t  i;
    uint8_t ch;

    l->address = API_SPAN("*");
    l->port = 80;

    if (s.len > 5 && memcmp(s.data, "unix:", 5) == 0) {
        l->address = s;
        l->port = 0;
        return true;
    }

    if (number(s, &l->port)) {
        return true;
    }

    for (i = s.len; i > 0; i--) {
        ch = s.data[i - 1];

        if (ch == ':' || ch == ']') {
            break;
        }
    }

    if (i > 0 && s.data[i - 1] == ':') {
        l->address = api_span(s.data, i - 1);
        return i > 1 && number(api_span(s.data + i, s.len - i), &l->port);
    }

    l->address = s;
    l->port = 80;

    return s.len > 0;
}


static uint32_t
count(const api_conf_dir_t *block, const char *name, bool args)
{
    uint32_t              n = 0;
    const api_conf_dir_t *d;

    for (d = api_conf_child(block, name); d; d = api_conf_more(d)) {
        n += args ? d->nargs - 1 : 1;
    }

    return n;
}


static bool
has(const api_conf_dir_t *d, const char *word)
{
    uint32_t i;

    for (i = 2; i < d->nargs; i++) {
        if (api_conf_arg_is(d, i, word)) {
            return true;
        }
    }

    return false;
}


int
api_site_listens(api_server_t *s, api_arena_t *arena, api_err_t *err)
{
    uint32_t              n = count(s->dir, "listen", false);
    api_listen_t         *l;
    const api_conf_dir_t *d;

    l = api_arena_calloc(arena, n ? n : 1, sizeof(*l));
    if (l == NULL) {
        return API_NOMEM;
    }

    s->listens = l;
    s->nlistens = n ? n : 1;

    if (n == 0) {
        return read_address(API_SPAN("80"), l) ? API_OK : API_INTERNAL;
    }

    for (d = api_conf_child(s->dir, "listen"); d; d = api_conf_more(d), l++) {
        if (!read_address(api_conf_arg(d, 1), l)) {
            return api_site_fail(err, API_SYNTAX, d, "no address or port");
        }

        l->dir = d;
        l->is_default = has(d, "default_server") || has(d, "default");
        l->ssl = has(d, "ssl");
    }

    return API_OK;
}


static api_span_t
lower(api_span_t s, api_arena_t *arena)
{
    size_t   i;
    uint8_t *out = api_arena_alloc(arena, s.len);

    for (i = 0; out && i < s.len; i++) {
        out[i] = s.data[i] >= 'A' && s.data[i] <= 'Z'
                     ? (uint8_t) (s.data[i] | 0x20)
                     : s.data[i];
    }

    return api_span(out, s.len);
}


static int
read_name(api_server_t *s, api_span_t *name, const api_conf_dir_t *d,
    uint32_t arg, api_arena_t *arena, api_err_t *err)
{
    int        rc;
    api_span_t word = d->args[arg];

    if (word.len && word.data[0] == '~') {
        *name = word;
        rc = api_site_regex(&s->regexes[s->nnames],
            api_span(word.data + 1, word.len - 1), true, err);

        return rc == API_SYNTAX ? api_site_fail(
                   err, rc, d, "server_name: not a regular expression")
                                : rc;
    }

    *name = lower(word, arena);

    return name->data ? API_OK : API_NOMEM;
}


int
api_site_names(api_server_t *s, api_arena_t *arena, api_err_t *err)
{
    int                   rc;
    uint32_t              i, n = count(s->dir, "server_name", true);
    api_span_t           *names;
    const api_conf_dir_t *d;

    names = api_arena_calloc(arena, n ? n : 1, sizeof(*names));
    s->regexes = api_arena_calloc(arena, n ? n : 1, sizeof(*s->regexes));
    s->names = names;

    if (names == NULL || s->regexes == NULL) {
        return API_NOMEM;
    }

    if (n == 0) {
        names[0] = API_SPAN("");
        s->nnames = 1;
        return API_OK;
    }

    for (d = api_conf_child(s->dir, "server_name"); d; d = api_conf_more(d)) {
        for (i = 1; i < d->nargs; i++, s->nnames++) {
            rc = read_name(s, &names[s->nnames], d, i, arena, err);

            if (rc != API_OK) {
                return rc;
            }
        }
    }

    return API_OK;
}
