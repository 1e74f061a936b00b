/*
 * Words of an nginx configuration.  What ngx_conf_read_token() does a
 * character at a time with flags is done a word at a time here; the
 * differential test of the whole compares the outcome with nginx.
 */

#include "api_conf_int.h"


#define MORE(c) ((c)->pos < (c)->file->text.len)
#define AT(c) ((c)->file->text.data[(c)->pos])


static bool
is_space(uint8_t ch)
{
    return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n';
}


static void
step(api_conf_cursor_t *c)
{
    c->line += AT(c) == '\n';
    c->pos++;
}


/* Space and comments before a word. */

static void
skip(api_conf_cursor_t *c)
{
    bool comment = false;

    for (; MORE(c); step(c)) {
        if (comment) {
            comment = AT(c) != '\n';

        } else if (AT(c) == '#') {
            comment = true;

        } else if (!is_space(AT(c))) {
            return;
        }
    }
}


/* Where a backslash says something else than itself. */

static int
escape(uint8_t ch)
{
    switch (ch) {
    case '"':
    case '\'':
    case '\\':
        return ch;
    case 't':
        return '\t';
    case 'r':
        return '\r';
    case 'n':
        return '\n';
    default:
        return -1;
    }
}


static api_span_t
unescape(api_span_t s, api_arena_t *arena)
{
    int      ch;
    size_t   i, n;
    uint8_t *out;

    if (s.len == 0) {
        return API_SPAN("");
    }

    if (memchr(s.data, '\\', s.len) == NULL) {
        return s;
    }

    out = api_arena_alloc(arena, s.len);
    if (out == NULL) {
        return api_span(NULL, 0);
    }

    for (i = 0, n = 0; i < s.len; i++) {
        ch = s.data[i] == '\\' && i + 1 < s.len ? escape(s.data[i + 1]) : -1;
        i += ch >= 0;
        out[n++] = ch >= 0 ? (uint8_t) ch : s.data[i];
    }

    return api_span(out, n);
}


static api_conf_token_t
bad(api_conf_words_t *w, int code, const char *text)
{
    w->code = code;
    w->bad = text;

    return API_CONF_T_BAD;
}


static bool
push(api_conf_words_t *w, api_span_t raw)
{
    uint32_t    size;
    api_span_t  word;
    api_span_t *words;

    word = unescape(raw, w->arena);

    if (word.data && w->n == w->size) {
        size = w->size ? w->size * 2 : 8;
        words = api_arena_grow(
            w->arena, w->words, w->size * sizeof(word), size * sizeof(word));

        if (words == NULL) {
            word.data = NULL;

        } else {
            w->words = words;
            w->size = size;
        }
    }

    if (word.data == NULL) {
        bad(w, API_CONF_E_NOMEM, "no memory");
        return false;
    }

    w->words[w->n++] = word;

    return true;
}


/* At an opening quote; afterwards behind the closing one. */

static bool
quoted(api_conf_cursor_t *c, api_conf_words_t *w)
{
    size_t        from;
    const uint8_t quote = AT(c);

    step(c);
    from = c->pos;

    while (MORE(c) && AT(c) != quote) {
        if (AT(c) == '\\') {
            step(c);

            if (!MORE(c)) {
                break;
            }
        }

        step(c);
    }

    if (!MORE(c)) {
        bad(w, API_CONF_E_END, "a quote is not closed");
        return false;
    }

    step(c);

    return push(w, api_span(c->file->text.data + from, c->pos - 1 - from));
}


static bool
is_end(uint8_t ch)
{
    return is_space(ch) || ch == ';' || ch == '{';
}


/* A word without quotes.  Its first character may be any; "${" is no
   beginning of a block. */

static bool
bare(api_conf_cursor_t *c, api_conf_words_t *w)
{
    bool         variable = false;
    const size_t from = c->pos;

    while (MORE(c)) {
        if (AT(c) == '{' && variable) {
            step(c);
            continue;
        }

        if (c->pos > from && is_end(AT(c))) {
            break;
        }

        variable = AT(c) == '$';

        if (AT(c) == '\\') {
            step(c);

            if (!MORE(c)) {
                break;
            }
        }

        step(c);
    }

    if (!MORE(c)) {
        bad(w, API_CONF_E_END, "the file ends where ; or { is expected");
        return false;
    }

    return push(w, api_span(c->file->text.data + from, c->pos - from));
}


/* Behind a quoted word: space, an end, or the ) of an if. */

static bool
after_quoted(const api_conf_cursor_t *c, api_conf_words_t *w)
{
    if (MORE(c) && (is_end(AT(c)) || AT(c) == ')')) {
        return true;
    }

    bad(w, MORE(c) ? API_CONF_E_UNEXPECTED : API_CONF_E_END,
        MORE(c) ? "a space, ; or { must follow a closing quote"
                : "the file ends where ; or { is expected");

    return false;
}


static bool
word(api_conf_cursor_t *c, api_conf_words_t *w)
{
    if (AT(c) == '"' || AT(c) == '\'') {
        return quoted(c, w) && after_quoted(c, w);
    }

    return bare(c, w);
}


api_conf_token_t
api_conf_lex(api_conf_cursor_t *c, api_conf_words_t *w)
{
    uint8_t ch;

    w->n = 0;
    w->size = 0;
    w->words = NULL;

    for (;;) {
        skip(c);

        if (!MORE(c)) {
            return w->n == 0 ? API_CONF_T_END
                             : bad(w, API_CONF_E_END,
                                 "the file ends where ; or { is expected");
        }

        ch = AT(c);

        if (w->n == 0) {
            w->line = c->line;
        }

        if (ch == ';' || ch == '{' || ch == '}') {
            if ((ch == '}') != (w->n == 0)) {
                return bad(w, API_CONF_E_UNEXPECTED,
                    ch == '}'   ? "unexpected }"
                    : ch == '{' ? "unexpected {"
                                : "unexpected ;");
            }

            step(c);

            return ch == '}'   ? API_CONF_T_CLOSE
                   : ch == '{' ? API_CONF_T_BLOCK
                               : API_CONF_T_DIRECTIVE;
        }

        if (!word(c, w)) {
            return API_CONF_T_BAD;
        }
    }
}


/* Lua: -- comments, quotes with escapes.  Long brackets are not known, a
   brace in one that has no partner ends the block at the wrong place. */

static void
skip_lua(api_conf_cursor_t *c)
{
    const uint8_t quote = AT(c);

    if (quote == '-') {
        while (MORE(c) && AT(c) != '\n') {
            step(c);
        }

        return;
    }

    step(c);

    while (MORE(c) && AT(c) != quote && AT(c) != '\n') {
        if (AT(c) == '\\' && c->pos + 1 < c->file->text.len) {
            step(c);
        }

        step(c);
    }
}


bool
api_conf_lex_skip(api_conf_cursor_t *c)
{
    uint8_t  ch;
    unsigned depth = 1;

    while (MORE(c)) {
        ch = AT(c);
        depth += ch == '{';
        depth -= ch == '}';

        if (ch == '"' || ch == '\''
            || (ch == '-' && c->pos + 1 < c->file->text.len
                && c->file->text.data[c->pos + 1] == '-'))
        {
            skip_lua(c);
        }

        if (MORE(c)) {
            step(c);
        }

        if (depth == 0) {
            return true;
        }
    }

    return false;
}
