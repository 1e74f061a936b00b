#include "api_seclang_int.h"

#include <stdarg.h>
#include <stdio.h>


#define API_SECLANG_FILE_SHOWN 90 /* the end of a path tells most */

static const char *const api_seclang_errors[API_SECLANG_NERRORS] = {
    [API_SECLANG_E_NONE] = "none",
    [API_SECLANG_E_FILE] = "file",
    [API_SECLANG_E_DEPTH] = "depth",
    [API_SECLANG_E_LIMIT] = "limit",
    [API_SECLANG_E_QUOTE] = "quote",
    [API_SECLANG_E_WORDS] = "words",
    [API_SECLANG_E_DIRECTIVE] = "directive",
    [API_SECLANG_E_VALUE] = "value",
    [API_SECLANG_E_VARIABLE] = "variable",
    [API_SECLANG_E_OPERATOR] = "operator",
    [API_SECLANG_E_TRANSFORM] = "transformation",
    [API_SECLANG_E_ACTION] = "action",
    [API_SECLANG_E_ID] = "id",
    [API_SECLANG_E_PHASE] = "phase",
    [API_SECLANG_E_CHAIN] = "chain",
    [API_SECLANG_E_MACRO] = "macro",
    [API_SECLANG_E_MARKER] = "marker",
    [API_SECLANG_E_EXCLUSION] = "exclusion",
    [API_SECLANG_E_UNSUPPORTED] = "unsupported",
    [API_SECLANG_E_NOMEM] = "no_memory",
};


const char *
api_seclang_error_name(int code)
{
    return code >= 0 && code < API_SECLANG_NERRORS ? api_seclang_errors[code]
                                                   : "unknown";
}


int
api_seclang_fail(api_seclang_t *s, int rc, int code, const char *fmt, ...)
{
    char        buf[API_ERR_TEXT];
    size_t      len;
    va_list     ap;
    const char *file;

    va_start(ap, fmt);
    vsnprintf(buf, sizeof(buf), fmt, ap);
    va_end(ap);

    s->failed = true;

    if (s->file == NULL) {
        return api_fail(s->err, rc, code, 0, "%s", buf);
    }

    file = s->file;
    len = strlen(file);

    if (len > API_SECLANG_FILE_SHOWN) {
        file += len - API_SECLANG_FILE_SHOWN;
    }

    return api_fail(
        s->err, rc, code, s->line, "%s:%u: %s", file, (unsigned) s->line, buf);
}


int
api_seclang_nomem(api_seclang_t *s)
{
    return api_seclang_fail(s, API_NOMEM, API_SECLANG_E_NOMEM, "no memory");
}


void *
api_vec_push(api_arena_t *arena, api_vec_t *v, size_t size)
{
    char    *item;
    void    *items;
    uint32_t room;

    if (v->n == v->room) {
        room = v->room ? v->room * 2 : 8;
        items = api_arena_grow(arena, v->items, v->room * size, room * size);

        if (items == NULL) {
            return NULL;
        }

        v->items = items;
        v->room = room;
    }

    item = (char *) v->items + v->n * size;
    memset(item, 0, size);
    v->n++;

    return item;
}


void
api_seclang_say(api_seclang_t *s, uint32_t id, const char *fmt, ...)
{
    char                buf[API_ERR_TEXT];
    va_list             ap;
    api_span_t          what;
    api_seclang_note_t *note;

    va_start(ap, fmt);
    vsnprintf(buf, sizeof(buf), fmt, ap);
    va_end(ap);

    what = api_arena_dup(&s->arena, api_span(buf, strlen(buf)));
    note =
        what.data ? api_vec_push(&s->arena, &s->notes, sizeof(*note)) : NULL;

    if (note) {
        note->file = s->file;
        note->line = s->line;
        note->id = id;
        note->what = (const char *) what.data;
    }
}


api_seclang_t *
api_seclang_create(const api_alloc_t *alloc, const api_seclang_io_t *io,
    const api_seclang_limits_t *limits)
{
    api_seclang_t *s;

    s = alloc->alloc(alloc->ctx, sizeof(*s));

    if (s == NULL) {
        return NULL;
    }

    memset(s, 0, sizeof(*s));

    s->alloc = alloc;
    s->io = *io;
    s->open = API_WAF_NONE;

    if (limits) {
        s->limits = *limits;
    }

    s->limits.depth = s->limits.depth ? s->limits.depth : 16;
    s->limits.files = s->limits.files ? s->limits.files : 1000;
    s->limits.rules = s->limits.rules ? s->limits.rules : 20000;
    s->limits.text = s->limits.text ? s->limits.text : 16 << 20;

    s->settings.engine = API_WAF_ENGINE_OFF;
    s->settings.audit = true;
    s->settings.separator = '&';
    s->settings.request_body = true; /* unless a file says Off */

    api_arena_init(&s->arena, alloc, 65536, 0);

    return s;
}


void
api_seclang_free(api_seclang_t *s)
{
    uint32_t              i;
    const api_alloc_t    *alloc;
    const api_waf_pick_t *pick;

    if (s == NULL) {
        return;
    }

    for (i = 0; i < s->rules.n; i++) {
        api_operator_free(API_VEC(api_waf_rule_t, s->rules, i)->op);
    }

    for (i = 0; i < s->picks.n; i++) {
        pick = API_VEC(api_waf_pick_t, s->picks, i);
        api_operator_free(pick->rx);
    }

    alloc = s->alloc;
    api_transform_env_close(&s->program.transform);
    api_waf_scan_free(s->scan);
    api_arena_free(&s->arena);

    if (alloc->free) {
        alloc->free(alloc->ctx, s);
    }
}


size_t
api_seclang_notes(const api_seclang_t *s)
{
    return s->notes.n;
}


const api_seclang_note_t *
api_seclang_note(const api_seclang_t *s, size_t i)
{
    return i < s->notes.n ? API_VEC(api_seclang_note_t, s->notes, i) : NULL;
}


static int
api_seclang_run(api_seclang_t *s, const char *file, api_span_t text)
{
    int               rc;
    uint32_t          n, line;
    api_span_t        word[API_SECLANG_WORDS];
    const char       *outer;
    api_seclang_lex_t lex;

    if (text.len > s->limits.text) {
        return api_seclang_fail(s, API_LIMIT, API_SECLANG_E_LIMIT,
            "%s has more than %zu bytes; split it", file, s->limits.text);
    }

    if (text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0) {
        text = api_span(text.data + 3, text.len - 3);
    }

    lex.pos = text.data;
    lex.end = text.data + text.len;
    lex.line = 1;
    lex.out = api_arena_alloc(&s->arena, text.len + 1);

    if (lex.out == NULL) {
        return api_seclang_nomem(s);
    }

    outer = s->file;
    line = s->line;
    s->file = file;

    do {
        rc = api_seclang_next(s, &lex, word, &n);

        if (rc == API_OK && n) {
            rc = api_seclang_directive(s, word, n);
        }
    } while (rc == API_OK && n);

    if (rc == API_OK) {
        s->file = outer;
        s->line = line;
    }

    return rc;
}


static int
api_seclang_one(api_seclang_t *s, const char *path)
{
    int        rc;
    api_err_t  err;
    api_span_t text;

    if (s->depth == s->limits.depth) {
        return api_seclang_fail(s, API_LIMIT, API_SECLANG_E_DEPTH,
            "Include is more than %u deep; does a file include itself?",
            (unsigned) s->limits.depth);
    }

    if (s->files++ == s->limits.files) {
        return api_seclang_fail(s, API_LIMIT, API_SECLANG_E_LIMIT,
            "more than %u files", (unsigned) s->limits.files);
    }

    err.text[0] = '\0';
    rc = s->io.read(s->io.ctx, path, &text, &err);

    if (rc != API_OK) {
        return api_seclang_fail(
            s, rc, API_SECLANG_E_FILE, "%s: %s", path, err.text);
    }

    s->depth++;
    rc = api_seclang_run(s, path, text);
    s->depth--;

    return rc;
}


/* A path in a file is looked for beside the file, as the folder of the
   process says nothing. */

static const char *
api_seclang_path(api_seclang_t *s, api_span_t path)
{
    char       *out;
    size_t      folder;
    const char *slash;

    slash = s->file && path.len && path.data[0] != '/' ? strrchr(s->file, '/')
                                                       : NULL;
    folder = slash ? (size_t) (slash - s->file) + 1 : 0;
    out = api_arena_alloc(&s->arena, folder + path.len + 1);

    if (out == NULL) {
        return NULL;
    }

    if (folder) {
        memcpy(out, s->file, folder);
    }

    if (path.len) {
        memcpy(out + folder, path.data, path.len);
    }

    out[folder + path.len] = '\0';

    return out;
}


int
api_seclang_include(api_seclang_t *s, api_span_t path, bool optional)
{
    int         rc;
    size_t      i;
    const char *full, *found;

    if (path.len == 0 || memchr(path.data, '\0', path.len)) {
        return api_seclang_fail(s, API_INVALID, API_SECLANG_E_FILE,
            "no file name; write Include FILE");
    }

    full = api_seclang_path(s, path);

    if (full == NULL) {
        return api_seclang_nomem(s);
    }

    for (i = 0;; i++) {
        rc = s->io.glob(s->io.ctx, full, i, &found);

        if (rc == API_NOMEM) {
            return api_seclang_nomem(s);
        }

        if (rc != API_OK) {
            break;
        }

        rc = api_seclang_one(s, found);

        if (rc != API_OK) {
            return rc;
        }
    }

    if (i == 0 && !optional) {
        return api_seclang_fail(s, API_INVALID, API_SECLANG_E_FILE,
            "%s: no such file; correct the path or write IncludeOptional",
            full);
    }

    return API_OK;
}


int
api_seclang_read(void *ctx, api_span_t name, api_span_t *text, api_err_t *err)
{
    const char    *path;
    api_seclang_t *s;

    s = ctx;
    path = api_seclang_path(s, name);

    if (path == NULL) {
        return api_fail(err, API_NOMEM, 0, 0, "no memory");
    }

    return s->io.read(s->io.ctx, path, text, err);
}


static int
api_seclang_begin(api_seclang_t *s, api_err_t *err)
{
    s->err = err;
    s->file = NULL;
    s->line = 0;

    if (s->failed || s->finished) {
        return api_seclang_fail(
            s, API_INTERNAL, API_SECLANG_E_NONE, "loading is over");
    }

    return s->slots.n ? API_OK : api_seclang_known_slots(s);
}


int
api_seclang_file(api_seclang_t *s, const char *path, api_err_t *err)
{
    int rc;

    rc = api_seclang_begin(s, err);

    return rc == API_OK
               ? api_seclang_include(s, api_span(path, strlen(path)), false)
               : rc;
}


int
api_seclang_text(
    api_seclang_t *s, const char *name, api_span_t text, api_err_t *err)
{
    int rc;

    rc = api_seclang_begin(s, err);

    return rc == API_OK ? api_seclang_run(s, name, text) : rc;
}
