#include "api_conf_int.h"

#include <stdlib.h>


#define MARK "# configuration file "

/* What one include names, the file of it that is being read, and the block
   that stood open where it was included, which it may not close. */

typedef const api_conf_file_t *file_ref_t;

typedef struct {
    file_ref_t       *files;
    uint32_t          nfiles;
    uint32_t          next;
    api_conf_cursor_t at;
    api_conf_dir_t   *block;
} frame_t;

typedef struct {
    api_conf_t       *conf;
    api_arena_t      *arena;
    api_err_t        *err;
    api_conf_limits_t limits;
    api_conf_file_t  *files;
    api_conf_dir_t   *block; /* where the next directive goes */
    uint32_t          depth;
    frame_t          *frames;
    uint32_t          nframes;
} parser_t;


static const api_conf_limits_t limits_default = { 64 << 20, 10000, 1000000, 64,
    32 };


static int
nomem(const parser_t *p)
{
    return api_fail(p->err, API_NOMEM, API_CONF_E_NOMEM, 0, "no memory");
}


static int
fail(const parser_t *p, int rc, int code, const api_conf_file_t *file,
    uint32_t line, const char *text)
{
    const size_t max = 96;
    size_t       cut = file->name.len > max ? file->name.len - max : 0;

    return api_fail(p->err, rc, code, line, "%s%.*s:%u: %s", cut ? "..." : "",
        (int) (file->name.len - cut), (const char *) file->name.data + cut,
        (unsigned) line, text);
}


/* The line at pos, without its end. */

static api_span_t
line_at(api_span_t text, size_t pos)
{
    const uint8_t *lf = memchr(text.data + pos, '\n', text.len - pos);

    return api_span(text.data + pos,
        lf ? (size_t) (lf - text.data) - pos : text.len - pos);
}


/* "# configuration file NAME:" */

static bool
is_mark(api_span_t line, api_span_t *name)
{
    const size_t n = sizeof(MARK) - 1;

    if (line.len < n + 2 || memcmp(line.data, MARK, n) != 0
        || line.data[line.len - 1] != ':')
    {
        return false;
    }

    *name = api_span(line.data + n, line.len - n - 1);

    return true;
}


static uint32_t
count_marks(api_span_t text)
{
    size_t     pos;
    uint32_t   n = 0;
    api_span_t line, name;

    for (pos = 0; pos < text.len; pos += line.len + 1) {
        line = line_at(text, pos);
        n += is_mark(line, &name);
    }

    return n;
}


/* nginx puts a newline behind each file; what stands before the first mark
   (messages of nginx, when both streams went to one file) is none. */

static void
split(parser_t *p, api_span_t text)
{
    size_t           pos, start;
    uint32_t         line = 1;
    api_span_t       row, name;
    api_conf_file_t *file = NULL;

    for (pos = 0; pos < text.len; pos = start, line++) {
        row = line_at(text, pos);
        start = pos + row.len + 1;

        if (!is_mark(row, &name)) {
            continue;
        }

        if (file) {
            file->text.len = (size_t) (text.data + pos - file->text.data);
        }

        file = file ? file + 1 : p->files;
        file->name = name;
        start = start < text.len ? start : text.len;
        file->text = api_span(text.data + start, text.len - start);
        file->first_line = line + 1;
    }
}


static int
files(parser_t *p, api_span_t text, api_span_t name)
{
    uint32_t n;

    if (text.len > p->limits.text) {
        return api_fail(p->err, API_LIMIT, API_CONF_E_LIMIT, 0,
            "more than %zu bytes of configuration", p->limits.text);
    }

    n = text.len ? count_marks(text) : 0;
    if (n > p->limits.files) {
        return api_fail(p->err, API_LIMIT, API_CONF_E_LIMIT, 0,
            "more than %u files", (unsigned) p->limits.files);
    }

    p->files = api_arena_calloc(p->arena, n ? n : 1, sizeof(api_conf_file_t));
    if (p->files == NULL) {
        return nomem(p);
    }

    if (n == 0) {
        p->files[0] = (api_conf_file_t){ name, text, 1 };

    } else {
        split(p, text);
    }

    p->conf->files = p->files;
    p->conf->nfiles = n ? n : 1;

    return API_OK;
}


/* Begins the next file of the newest frame; false: there is none left. */

static bool
next_file(frame_t *frame)
{
    if (frame->next == frame->nfiles) {
        return false;
    }

    frame->at = (api_conf_cursor_t){ frame->files[frame->next++], 0, 1 };

    return true;
}


static void
enter(parser_t *p, file_ref_t *list, uint32_t n)
{
    frame_t *frame = &p->frames[p->nframes];

    *frame = (frame_t){ .files = list, .nfiles = n, .block = p->block };
    p->nframes += next_file(frame);
}


static int
by_name(const void *a, const void *b)
{
    int               rc;
    size_t            n;
    const file_ref_t *x = a, *y = b;

    n = (*x)->name.len < (*y)->name.len ? (*x)->name.len : (*y)->name.len;
    rc = memcmp((*x)->name.data, (*y)->name.data, n);

    return rc ? rc
              : ((*x)->name.len > (*y)->name.len)
                    - ((*x)->name.len < (*y)->name.len);
}


/* A relative path stands below the folder of the first file. */

static api_span_t
full_name(const parser_t *p, api_span_t path)
{
    uint8_t   *out;
    size_t     n;
    api_span_t main = p->files[0].name;

    if (path.len && path.data[0] == '/') {
        return path;
    }

    for (n = main.len; n && main.data[n - 1] != '/'; n--) {
    }

    out = api_arena_alloc(p->arena, n + path.len + 1);
    if (out == NULL) {
        return api_span(NULL, 0);
    }

    memcpy(out, main.data, n);
    if (path.len) {
        memcpy(out + n, path.data, path.len);
    }

    return api_span(out, n + path.len);
}


static bool
is_pattern(api_span_t s)
{
    size_t i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] == '*' || s.data[i] == '?' || s.data[i] == '[') {
            return true;
        }
    }

    return false;
}


static bool
matches(api_span_t name, bool pattern, const api_conf_file_t *file)
{
    return pattern ? api_conf_glob(name, file->name)
                   : api_span_eq(name, file->name);
}


static int
include(parser_t *p, const api_conf_dir_t *d)
{
    bool        pattern;
    uint32_t    i, n;
    api_span_t  name = full_name(p, api_conf_arg(d, 1));
    file_ref_t *list = NULL;

    if (name.data == NULL) {
        return nomem(p);
    }

    if (p->nframes == p->limits.includes) {
        return fail(p, API_LIMIT, API_CONF_E_LIMIT, d->file, d->line,
            "files include each other too deep");
    }

    pattern = is_pattern(name);

    for (i = 0, n = 0; i < p->conf->nfiles; i++) {
        n += matches(name, pattern, &p->files[i]);
    }

    if (n == 0) {
        return pattern
                   ? API_OK
                   : fail(p, API_INVALID, API_CONF_E_INCLUDE, d->file, d->line,
                       "the included file is not in this text: give what"
                       " nginx -T prints");
    }

    list = api_arena_calloc(p->arena, n, sizeof(void *));
    if (list == NULL) {
        return nomem(p);
    }

    for (i = 0, n = 0; i < p->conf->nfiles; i++) {
        if (matches(name, pattern, &p->files[i])) {
            list[n++] = &p->files[i];
        }
    }

    qsort(list, n, sizeof(void *), by_name);
    enter(p, list, n);

    return API_OK;
}


static api_conf_dir_t *
append(parser_t *p, const api_conf_file_t *file, const api_conf_words_t *w)
{
    api_conf_dir_t *d = api_arena_calloc(p->arena, 1, sizeof(*d));

    if (d == NULL) {
        return NULL;
    }

    d->file = file;
    d->line = w->line;
    d->args = w->words;
    d->nargs = w->n;
    d->parent = p->block;

    if (p->block->last) {
        p->block->last->next = d;

    } else {
        p->block->first = d;
    }

    p->block->last = d;
    p->conf->ndirs++;

    return d;
}


static bool
ends_with(api_span_t s, const char *end)
{
    size_t n = strlen(end);

    return s.len >= n && memcmp(s.data + s.len - n, end, n) == 0;
}


/* A block whose content is of another language. */

static int
foreign(parser_t *p, frame_t *frame, const api_conf_dir_t *d)
{
    if (!api_conf_lex_skip(&frame->at)) {
        return fail(p, API_SYNTAX, API_CONF_E_END, d->file, d->line,
            "the block is not closed");
    }

    return API_OK;
}


static int
open_block(parser_t *p, frame_t *frame, api_conf_dir_t *d)
{
    d->block = true;

    if (ends_with(d->args[0], "_by_lua_block")) {
        return foreign(p, frame, d);
    }

    if (++p->depth > p->limits.depth) {
        return fail(p, API_LIMIT, API_CONF_E_LIMIT, d->file, d->line,
            "blocks stand in each other too deep");
    }

    p->block = d;

    return API_OK;
}


static int
close_block(parser_t *p, const frame_t *frame)
{
    if (p->block == frame->block) {
        return fail(p, API_SYNTAX, API_CONF_E_CLOSE, frame->at.file,
            frame->at.line, "unexpected }: no block is open in this file");
    }

    p->block = p->block->parent;
    p->depth--;

    return API_OK;
}


static int
end_file(parser_t *p, frame_t *frame)
{
    if (p->block != frame->block) {
        return fail(p, API_SYNTAX, API_CONF_E_END, p->block->file,
            p->block->line, "the block is not closed in this file");
    }

    p->nframes -= !next_file(frame);

    return API_OK;
}


static int
directive(parser_t *p, frame_t *frame, const api_conf_words_t *w, bool block)
{
    api_conf_dir_t *d, inc;

    if (!block && w->n == 2 && api_span_eq(w->words[0], API_SPAN("include"))) {
        memset(&inc, 0, sizeof(inc));
        inc.file = frame->at.file;
        inc.line = w->line;
        inc.args = w->words;
        inc.nargs = w->n;

        return include(p, &inc);
    }

    if (p->conf->ndirs == p->limits.directives) {
        return fail(p, API_LIMIT, API_CONF_E_LIMIT, frame->at.file, w->line,
            "too many directives");
    }

    d = append(p, frame->at.file, w);

    return d == NULL ? nomem(p) : block ? open_block(p, frame, d) : API_OK;
}


static int
run(parser_t *p)
{
    int              rc = API_OK;
    frame_t         *frame;
    uint32_t         reads = 0;
    api_conf_words_t w = { .arena = p->arena };

    while (rc == API_OK && p->nframes) {
        frame = &p->frames[p->nframes - 1];

        switch (api_conf_lex(&frame->at, &w)) {
        case API_CONF_T_DIRECTIVE:
            rc = directive(p, frame, &w, false);
            break;
        case API_CONF_T_BLOCK:
            rc = directive(p, frame, &w, true);
            break;
        case API_CONF_T_CLOSE:
            rc = close_block(p, frame);
            break;
        case API_CONF_T_END:
            rc = end_file(p, frame);
            break;
        default:
            rc = w.code == API_CONF_E_NOMEM
                     ? nomem(p)
                     : fail(p, API_SYNTAX, w.code, frame->at.file,
                         frame->at.line, w.bad);
        }

        if (rc == API_OK && reads++ == 2 * p->limits.directives) {
            rc = fail(p, API_LIMIT, API_CONF_E_LIMIT, frame->at.file,
                frame->at.line, "too many directives");
        }
    }

    return rc;
}


static uint32_t
or_default(uint32_t value, uint32_t fallback)
{
    return value ? value : fallback;
}


static void
set_limits(parser_t *p, const api_conf_limits_t *limits)
{
    const api_conf_limits_t none = { 0 }, *l = limits ? limits : &none,
                            *d = &limits_default;

    p->limits.text = l->text ? l->text : d->text;
    p->limits.files = or_default(l->files, d->files);
    p->limits.directives = or_default(l->directives, d->directives);
    p->limits.depth = or_default(l->depth, d->depth);
    p->limits.includes = or_default(l->includes, d->includes);
}


int
api_conf_parse(api_conf_t **conf, api_span_t text, api_span_t name,
    const api_conf_limits_t *limits, api_arena_t *arena, api_err_t *err)
{
    int         rc;
    parser_t    p = { .arena = arena, .err = err };
    file_ref_t *first;

    set_limits(&p, limits);

    p.conf = api_arena_calloc(arena, 1, sizeof(*p.conf));
    p.frames = api_arena_calloc(arena, p.limits.includes, sizeof(*p.frames));
    first = api_arena_calloc(arena, 1, sizeof(void *));

    if (p.conf == NULL || p.frames == NULL || first == NULL) {
        return nomem(&p);
    }

    rc = files(&p, text, name);
    if (rc != API_OK) {
        return rc;
    }

    p.conf->root.block = true;
    p.block = &p.conf->root;
    first[0] = p.conf->files;
    enter(&p, first, 1);

    rc = run(&p);

    if (rc == API_OK) {
        *conf = p.conf;
    }

    return rc;
}
