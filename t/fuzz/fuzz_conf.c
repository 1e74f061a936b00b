/* Input: an nginx configuration.  Each word is found again when the tree is
   written down and read once more; the model takes what the parser took. */

#include "api_site.h"
#include "fuzz.h"


typedef struct {
    uint8_t *p;
    uint8_t *end;
} sink_t;


static void
put(sink_t *s, uint8_t ch)
{
    MUST(s->p < s->end);
    *s->p++ = ch;
}


/* A word that has a mark in it would cut what is written in two. */

static bool
has_mark(api_span_t s)
{
    size_t           i;
    const api_span_t mark = API_SPAN("# configuration file ");

    for (i = 0; i + mark.len <= s.len; i++) {
        if (memcmp(s.data + i, mark.data, mark.len) == 0) {
            return true;
        }
    }

    return false;
}


static void
word(sink_t *s, api_span_t w)
{
    size_t i;

    put(s, '"');

    for (i = 0; i < w.len; i++) {
        if (w.data[i] == '"' || w.data[i] == '\\') {
            put(s, '\\');
        }

        put(s, w.data[i]);
    }

    put(s, '"');
    put(s, ' ');
}


static void
print(sink_t *s, const api_conf_dir_t *d)
{
    uint32_t i;

    for (; d; d = d->next) {
        for (i = 0; i < d->nargs; i++) {
            word(s, d->args[i]);
        }

        put(s, d->block ? '{' : ';');

        if (d->block) {
            print(s, d->first);
            put(s, '}');
        }
    }
}


static void
same(const api_conf_dir_t *a, const api_conf_dir_t *b)
{
    uint32_t i;

    for (; a && b; a = a->next, b = b->next) {
        MUST(a->nargs == b->nargs && a->block == b->block);

        for (i = 0; i < a->nargs; i++) {
            MUST(api_span_eq(a->args[i], b->args[i]));
        }

        MUST(a->parent && b->parent && a->line > 0);
        same(a->first, b->first);
    }

    MUST(a == NULL && b == NULL);
}


static void
ask(const api_conf_t *conf, api_arena_t *arena)
{
    api_err_t           err;
    api_site_t         *site;
    api_where_t         where;
    const api_loc_t    *l;
    const api_server_t *s;

    if (api_site_make(&site, conf, arena, &err) != API_OK) {
        return;
    }

    for (s = site->first; s; s = s->next) {
        for (l = api_site_next(s, NULL); l; l = api_site_next(s, l)) {
            api_site_locate(s, l->name, &where);
            MUST(l->kind != API_LOC_EXACT || l->parent || where.loc);
        }

        MUST(api_site_server(
            site, s->listens[0].address, s->listens[0].port, s->names[0]));
    }

    api_site_free(site);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sink_t            sink;
    uint8_t          *buf;
    api_err_t         err = { 0 };
    api_conf_t       *conf, *again;
    api_arena_t       a;
    api_conf_limits_t limits = { .directives = 2000, .depth = 32 };

    api_arena_init(&a, &api_alloc_libc, 0, 64 << 20);

    if (api_conf_parse(
            &conf, api_span(data, size), API_SPAN("/f"), &limits, &a, &err)
        != API_OK)
    {
        MUST(err.text[0] != '\0');
        api_arena_free(&a);
        return 0;
    }

    ask(conf, &a);

    buf = malloc(1 << 22);
    MUST(buf);
    sink = (sink_t){ buf, buf + (1 << 22) };
    print(&sink, conf->root.first);

    if (!has_mark(api_span(buf, (size_t) (sink.p - buf)))) {
        MUST(api_conf_parse(&again, api_span(buf, (size_t) (sink.p - buf)),
                 API_SPAN("/f"), &limits, &a, &err)
             == API_OK);
        same(conf->root.first, again->root.first);
    }

    free(buf);
    api_arena_free(&a);

    return 0;
}
