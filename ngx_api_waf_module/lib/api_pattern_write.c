#include "api_pattern_int.h"

#include <stdio.h>


typedef struct {
    api_arena_t *arena;
    char        *data;
    size_t       len;
    size_t       room;
    bool         failed;
} api_pattern_out_t;


static void
write_text(api_pattern_out_t *w, const char *text)
{
    char  *data;
    size_t len, room;

    len = strlen(text);

    if (w->room - w->len <= len) {
        room = w->room * 2 + len + 64;
        data = api_arena_grow(w->arena, w->data, w->room, room);

        if (data == NULL) {
            w->failed = true;
            return;
        }

        w->data = data;
        w->room = room;
    }

    memcpy(w->data + w->len, text, len + 1);
    w->len += len;
}


/* A letter or digit as it is, else \xNN. */

static void
write_byte(api_pattern_out_t *w, unsigned c)
{
    char buf[8];

    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
        || (c >= 'a' && c <= 'z')) {
        buf[0] = (char) c;
        buf[1] = '\0';

    } else {
        snprintf(buf, sizeof(buf), "\\x%02x", c & 0xff);
    }

    write_text(w, buf);
}


/* a, or [A-Za] */

static void
write_set(api_pattern_out_t *w, const api_byteset_t *set)
{
    unsigned c, from;
    bool     one;

    if (api_byteset_count(set) == 0) {
        write_text(w, "[^\\x00-\\xff]");
        return;
    }

    one = api_byteset_count(set) == 1;
    write_text(w, one ? "" : "[");

    for (c = 0; c < 256; c++) {
        if (!api_byteset_has(set, c)) {
            continue;
        }

        for (from = c; c < 255 && api_byteset_has(set, c + 1); c++) {
            /* void */
        }

        write_byte(w, from);

        if (c > from) {
            write_text(w, "-");
            write_byte(w, c);
        }
    }

    write_text(w, one ? "" : "]");
}


static void
write_times(api_pattern_out_t *w, uint32_t min, uint32_t max)
{
    char buf[32];

    if (max == API_PATTERN_INF) {
        snprintf(buf, sizeof(buf), "{%u,}", (unsigned) min);
    } else {
        snprintf(buf, sizeof(buf), "{%u,%u}", (unsigned) min, (unsigned) max);
    }

    write_text(w, min == 0 && max == 1                 ? "?"
                  : min == 0 && max == API_PATTERN_INF ? "*"
                  : min == 1 && max == API_PATTERN_INF ? "+"
                                                       : buf);
}


static void
write_node(api_pattern_out_t *w, const api_pattern_t *node)
{
    const api_pattern_t *child;

    switch (node->kind) {

    case API_PATTERN_SET:
        write_set(w, &node->set);
        break;

    case API_PATTERN_BOL:
        write_text(w, "^");
        break;

    case API_PATTERN_EOL:
        write_text(w, "$");
        break;

    case API_PATTERN_WORD:
        write_text(w, "\\b");
        break;

    case API_PATTERN_INNER:
        write_text(w, "\\B");
        break;

    case API_PATTERN_REP:
        write_text(w, "(?:");
        write_node(w, node->first);
        write_text(w, ")");
        write_times(w, node->min, node->max);
        break;

    case API_PATTERN_ALT:
        write_text(w, "(?:");

        for (child = node->first; child != NULL; child = child->next) {
            write_node(w, child);
            write_text(w, child->next != NULL ? "|" : "");
        }

        write_text(w, ")");
        break;

    case API_PATTERN_CAT:
        for (child = node->first; child != NULL; child = child->next) {
            write_node(w, child);
        }
        break;
    }
}


int
api_pattern_write(
    const api_pattern_t *tree, api_arena_t *arena, api_span_t *text)
{
    api_pattern_out_t w;

    memset(&w, 0, sizeof(w));
    w.arena = arena;

    write_text(&w, "");
    write_node(&w, tree);

    if (w.failed) {
        return API_NOMEM;
    }

    *text = api_span(w.data, w.len);

    return API_OK;
}
