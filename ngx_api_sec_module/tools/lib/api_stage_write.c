/*
 * The text of a stage, and where each line of it came from.
 */

#include "api_stage_int.h"


static void
bytes(api_stager_t *s, const void *data, size_t len)
{
    size_t         i, size;
    uint8_t       *text;
    const uint8_t *from = data;

    if (s->nomem || len == 0) {
        return;
    }

    if (len > s->size - s->len) {
        size = s->size * 2 > s->len + len ? s->size * 2 : s->len + len + 4096;
        text = api_arena_grow(s->arena, s->text, s->size, size);

        if (text == NULL) {
            s->nomem = true;
            return;
        }

        s->text = text;
        s->size = size;
    }

    memcpy(s->text + s->len, from, len);
    s->len += len;

    for (i = 0; i < len; i++) {
        s->line += from[i] == '\n';
    }
}


void
api_stage_put(api_stager_t *s, const char *text)
{
    bytes(s, text, strlen(text));
}


void
api_stage_inside(api_stager_t *s, api_span_t word)
{
    size_t i;

    for (i = 0; i < word.len; i++) {
        if (word.data[i] == '"' || word.data[i] == '\\') {
            api_stage_put(s, "\\");
        }

        bytes(s, word.data + i, 1);
    }
}


void
api_stage_word(api_stager_t *s, api_span_t word)
{
    api_stage_put(s, " \"");
    api_stage_inside(s, word);
    api_stage_put(s, "\"");
}


void
api_stage_file(api_stager_t *s, const char *before, const char *name)
{
    api_stage_put(s, " ");
    api_stage_put(s, before);
    api_stage_put(s, s->opts->dir);
    api_stage_put(s, "/");
    api_stage_put(s, name);
}


/* Tables that grow: notes and lines */

static void *
room(api_stager_t *s, void *table, uint32_t n, uint32_t *size, size_t each)
{
    void    *grown = table;
    uint32_t more;

    if (s->nomem || n < *size) {
        return s->nomem ? NULL : table;
    }

    more = *size ? *size * 2 : 64;
    grown = api_arena_grow(s->arena, table, *size * each, more * each);

    if (grown == NULL) {
        s->nomem = true;
        return NULL;
    }

    *size = more;

    return grown;
}


void
api_stage_note(api_stager_t *s, const api_conf_dir_t *d, const char *text)
{
    api_stage_t *stage = s->stage;
    void        *table;

    table = room(s, stage->notes, stage->nnotes, &s->size_notes,
        sizeof(api_stage_note_t));

    if (table) {
        stage->notes = table;
        stage->notes[stage->nnotes++] = (api_stage_note_t){ d, text };
    }
}


void
api_stage_begin(api_stager_t *s, const api_conf_dir_t *d, const char *name)
{
    api_stage_t *stage = s->stage;
    void        *table;

    table = room(s, stage->lines, stage->nlines, &s->size_lines,
        sizeof(api_stage_line_t));

    if (table) {
        stage->lines = table;
        stage->lines[stage->nlines++] = (api_stage_line_t){ s->line, d };
    }

    api_stage_put(s, name);
}


void
api_stage_end(api_stager_t *s)
{
    api_stage_put(s, ";\n");
}


const api_conf_dir_t *
api_stage_origin(const api_stage_t *stage, uint32_t line)
{
    uint32_t i = stage->nlines;

    while (i && stage->lines[i - 1].line > line) {
        i--;
    }

    return i ? stage->lines[i - 1].dir : NULL;
}


void
api_stage_open(api_stager_t *s, const api_conf_dir_t *d)
{
    uint32_t i;

    api_stage_begin(s, d, "");

    for (i = 0; i < d->nargs; i++) {
        api_stage_word(s, d->args[i]);
    }

    api_stage_put(s, d->block ? " {\n" : ";\n");
}


void
api_stage_same(api_stager_t *s, const api_conf_dir_t *d)
{
    const api_conf_dir_t *end = d;

    /* without recursion: a map may be deep in what follows another */

    for (;;) {
        api_stage_open(s, d);

        if (d->first) {
            d = d->first;
            continue;
        }

        if (d->block) {
            api_stage_put(s, "}\n");
        }

        while (d != end && d->next == NULL) {
            d = d->parent;
            api_stage_put(s, "}\n");
        }

        if (d == end) {
            return;
        }

        d = d->next;
    }
}
