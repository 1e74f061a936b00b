#include "api_writer.h"
#include "api_utf8.h"


void
api_writer_init(api_writer_t *w, char *buf, size_t size)
{
    memset(w, 0, sizeof(*w));

    w->start = buf;
    w->pos = buf;
    w->end = buf + size;
}


static inline bool
api_writer_in_object(const api_writer_t *w)
{
    return w->depth && (w->objects >> (w->depth - 1) & 1);
}


/* May a value stand here, and len bytes (its comma included) be written?
   Writes the comma. */

static bool
api_writer_value(api_writer_t *w, size_t len)
{
    if (w->full || w->misused) {
        return false;
    }

    if (w->depth ? api_writer_in_object(w) && !w->named : w->comma) {
        w->misused = 1;
        return false;
    }

    if (len + w->comma > api_writer_room(w)) {
        w->full = 1;
        return false;
    }

    if (w->comma) {
        *w->pos++ = ',';
    }

    w->comma = 1;
    w->named = 0;

    return true;
}


static void
api_writer_copy(api_writer_t *w, const void *data, size_t len)
{
    if (len && api_writer_value(w, len)) {
        memcpy(w->pos, data, len);
        w->pos += len;
    }
}


static void
api_writer_open(api_writer_t *w, char bracket, uint32_t object)
{
    if (w->depth == API_WRITER_MAX_DEPTH) {
        w->misused = 1;
    }

    if (!api_writer_value(w, 2)) {
        return;
    }

    *w->pos++ = bracket;

    w->end--; /* for the other bracket */
    w->objects &= ~((uint32_t) 1 << w->depth);
    w->objects |= object << w->depth;
    w->depth++;
    w->comma = 0;
}


void
api_writer_object(api_writer_t *w)
{
    api_writer_open(w, '{', 1);
}


void
api_writer_array(api_writer_t *w)
{
    api_writer_open(w, '[', 0);
}


void
api_writer_end(api_writer_t *w)
{
    if (w->full || w->misused) {
        return;
    }

    if (w->depth == 0 || w->named) {
        w->misused = 1;
        return;
    }

    w->end++;
    *w->pos++ = api_writer_in_object(w) ? '}' : ']';
    w->depth--;
    w->comma = 1;
}


/* It began to be written and turned out not to fit: as if never begun. */

static void
api_writer_undo(api_writer_t *w, const api_writer_t *from)
{
    *w = *from;
    w->full = 1;
}


/* Names are words of ours, nearly always. */

static inline bool
api_writer_is_word(api_span_t s)
{
    size_t i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] < '#' || s.data[i] > 'z' || s.data[i] == '\\') {
            return false;
        }
    }

    return true;
}


static void
api_writer_word(api_writer_t *w, api_span_t name)
{
    char *p = w->pos;

    if (name.len + 3 + w->comma > api_writer_room(w)) {
        w->full = 1;
        return;
    }

    if (w->comma) {
        *p++ = ',';
    }

    *p++ = '"';
    memcpy(p, name.data, name.len);
    p += name.len;
    *p++ = '"';
    *p++ = ':';

    w->pos = p;
    w->comma = 0;
    w->named = 1;
}


void
api_writer_name(api_writer_t *w, api_span_t name)
{
    size_t       taken;
    api_writer_t from;

    if (w->full || w->misused) {
        return;
    }

    if (!api_writer_in_object(w) || w->named) {
        w->misused = 1;
        return;
    }

    if (name.len && api_writer_is_word(name)) {
        api_writer_word(w, name);
        return;
    }

    from = *w;
    w->named = 1;

    if (!api_writer_value(w, name.len + 3)) {
        api_writer_undo(w, &from);
        return;
    }

    *w->pos++ = '"';
    w->pos += api_text_json(name, w->pos, api_writer_room(w), &taken);

    if (taken < name.len || api_writer_room(w) < 2) {
        api_writer_undo(w, &from);
        return;
    }

    *w->pos++ = '"';
    *w->pos++ = ':';
    w->comma = 0;
    w->named = 1;
}


void
api_writer_string(api_writer_t *w, api_span_t s)
{
    size_t       taken;
    api_writer_t from;

    from = *w;

    if (!api_writer_value(w, 2)) {
        return;
    }

    *w->pos++ = '"';
    w->pos += api_text_json(s, w->pos, api_writer_room(w), &taken);

    if (taken < s.len || api_writer_room(w) < 1) {
        api_writer_undo(w, &from);
        return;
    }

    *w->pos++ = '"';
}


bool
api_writer_cut(api_writer_t *w, api_span_t s, size_t max)
{
    size_t     taken;
    api_span_t head;

    if (!api_writer_value(w, 2)) {
        return false;
    }

    head = s.len > max ? api_utf8_cut(s, max) : s;

    *w->pos++ = '"';
    w->pos += api_text_json(head, w->pos, api_writer_room(w) - 1, &taken);
    *w->pos++ = '"';

    return taken == s.len;
}


/* Digits of v, with a point before the last `decimals` of them, in front of
   end; returns their beginning. */

static char *
api_writer_digits(uint64_t v, unsigned decimals, char *end)
{
    unsigned n;

    for (n = 0; v || n <= decimals; n++) {
        if (n == decimals && n) {
            *--end = '.';
        }

        *--end = (char) ('0' + v % 10);
        v /= 10;
    }

    return end;
}


static void
api_writer_number(api_writer_t *w, bool minus, uint64_t v, unsigned decimals)
{
    char  buf[24]; /* sign, point, 20 digits */
    char *p;

    p = api_writer_digits(v, decimals, buf + sizeof(buf));

    if (minus) {
        *--p = '-';
    }

    api_writer_copy(w, p, (size_t) (buf + sizeof(buf) - p));
}


void
api_writer_int(api_writer_t *w, int64_t v)
{
    api_writer_fixed(w, v, 0);
}


void
api_writer_uint(api_writer_t *w, uint64_t v)
{
    api_writer_number(w, false, v, 0);
}


void
api_writer_fixed(api_writer_t *w, int64_t v, unsigned decimals)
{
    if (decimals > 18) {
        w->misused = 1;
        return;
    }

    api_writer_number(
        w, v < 0, v < 0 ? 0 - (uint64_t) v : (uint64_t) v, decimals);
}


void
api_writer_bool(api_writer_t *w, bool v)
{
    api_writer_copy(w, v ? "true" : "false", v ? 4 : 5);
}


void
api_writer_null(api_writer_t *w)
{
    api_writer_copy(w, "null", 4);
}


void
api_writer_raw(api_writer_t *w, api_span_t json)
{
    if (json.len == 0) {
        w->misused = 1; /* a value that is no text */
    }

    api_writer_copy(w, json.data, json.len);
}


void
api_writer_rewind(api_writer_t *w, api_writer_mark_t mark)
{
    mark.misused |= w->misused;
    *w = mark;
}


void
api_writer_reserve(api_writer_t *w, size_t n)
{
    if (n > api_writer_room(w)) {
        w->full = 1;
        return;
    }

    w->end -= n;
    w->reserved += n;
}


void
api_writer_release(api_writer_t *w, size_t n)
{
    n = n < w->reserved ? n : w->reserved;

    w->end += n;
    w->reserved -= n;
}


/* A bracket of each open container is set aside, as before. */

api_span_t
api_writer_onward(api_writer_t *w, char *buf, size_t size)
{
    size_t     aside;
    api_span_t piece;

    piece = api_span(w->start, (size_t) (w->pos - w->start));
    aside = w->depth + w->reserved;

    w->start = buf;
    w->pos = buf;

    if (w->full || size < aside) {
        w->end = buf;
        w->full = 1;

    } else {
        w->end = buf + (size - aside);
    }

    return piece;
}


int
api_writer_done(const api_writer_t *w, api_span_t *out)
{
    if (w->misused || (w->depth && !w->full)) {
        return API_INTERNAL;
    }

    if (w->full) {
        return API_LIMIT;
    }

    if (w->pos == w->start) {
        return API_INTERNAL;
    }

    *out = api_span(w->start, (size_t) (w->pos - w->start));

    return API_OK;
}
