#include "api_uri.h"


static bool
uri_is_alpha(uint8_t c)
{
    return (uint8_t) ((c | 0x20) - 'a') < 26;
}


static bool
uri_is_scheme(uint8_t c)
{
    return uri_is_alpha(c) || (uint8_t) (c - '0') < 10 || c == '+' || c == '-'
           || c == '.';
}


static size_t
uri_find(api_span_t s, size_t from, const char *stop)
{
    size_t i;

    for (i = from; i < s.len; i++) {
        if (s.data[i] && strchr(stop, s.data[i])) {
            break;
        }
    }

    return i;
}


static api_span_t
uri_part(api_span_t s, size_t from, size_t to)
{
    return api_span(s.data + from, to - from);
}


/* Length of the scheme at the start of s, 0 when there is none. */

static size_t
uri_scheme(api_span_t s)
{
    size_t i;

    if (s.len == 0 || !uri_is_alpha(s.data[0])) {
        return 0;
    }

    for (i = 1; i < s.len && uri_is_scheme(s.data[i]); i++) {
        /* void */
    }

    return i < s.len && s.data[i] == ':' ? i : 0;
}


api_uri_t
api_uri_split(api_span_t s)
{
    size_t                 at, end;
    api_uri_t              u;
    static const api_uri_t none;
    static const uint8_t   empty[1];

    u = none;

    if (s.data == NULL) {
        s = api_span(empty, 0);
    }

    at = 0;
    end = uri_scheme(s);

    if (end) {
        u.scheme = uri_part(s, 0, end);
        at = end + 1;
    }

    if (s.len - at >= 2 && s.data[at] == '/' && s.data[at + 1] == '/') {
        end = uri_find(s, at + 2, "/?#");
        u.authority = uri_part(s, at + 2, end);
        at = end;
    }

    end = uri_find(s, at, "?#");
    u.path = uri_part(s, at, end);
    at = end;

    if (at < s.len && s.data[at] == '?') {
        end = uri_find(s, at + 1, "#");
        u.query = uri_part(s, at + 1, end);
        at = end;
    }

    if (at < s.len) {
        u.fragment = uri_part(s, at + 1, s.len);
    }

    return u;
}


api_span_t
api_uri_defragment(api_span_t s, api_span_t *fragment)
{
    size_t at;

    at = uri_find(s, 0, "#");

    *fragment = at < s.len ? uri_part(s, at + 1, s.len) : api_span(NULL, 0);

    return api_span(s.data, at);
}


/* A growing text; the room was counted before. */

typedef struct {
    uint8_t *start;
    uint8_t *pos;
} uri_text_t;


static void
uri_put(uri_text_t *t, api_span_t s)
{
    if (s.len) {
        memcpy(t->pos, s.data, s.len);
        t->pos += s.len;
    }
}


static void
uri_put_text(uri_text_t *t, const char *s)
{
    uri_put(t, api_span(s, strlen(s)));
}


static bool
uri_is_dots(api_span_t segment, const char *dots)
{
    return api_span_eq(segment, api_span(dots, strlen(dots)));
}


/*
 * Is there a segment behind `path` that a ".." may take away?  None that is
 * ".." itself, left there because it climbs too far.
 */

static bool
uri_pop(uri_text_t *t, uint8_t *root)
{
    uint8_t *p;

    if (t->pos == root) {
        return false;
    }

    for (p = t->pos - 1; p > root && p[-1] != '/'; p--) {
        /* void */
    }

    if (uri_is_dots(api_span(p, (size_t) (t->pos - 1 - p)), "..")) {
        return false;
    }

    t->pos = p;

    return true;
}


/*
 * The path without "." and "..".  `anchored`: it begins with a slash or hangs
 * on an authority, and what climbs above the root stays there.
 */

static void
uri_put_path(uri_text_t *t, api_span_t path)
{
    size_t     at, end;
    bool       anchored;
    uint8_t   *root;
    api_span_t segment;

    anchored = path.len && path.data[0] == '/';

    if (anchored) {
        uri_put_text(t, "/");
        path = uri_part(path, 1, path.len);
    }

    root = t->pos;

    for (at = 0; at <= path.len; at = end + 1) {
        end = uri_find(path, at, "/");
        segment = uri_part(path, at, end);

        if (uri_is_dots(segment, ".")) {
            continue;
        }

        if (uri_is_dots(segment, "..") && (uri_pop(t, root) || anchored)) {
            continue;
        }

        uri_put(t, segment);

        if (end < path.len) {
            uri_put_text(t, "/");
        }
    }
}


/* The path of ref beside that of base (section 5.2.3), with its dots. */

static void
uri_put_merged(uri_text_t *t, const api_uri_t *base, api_span_t ref)
{
    size_t n;

    if (base->authority.data && base->path.len == 0) {
        uri_put_text(t, "/");

    } else {
        for (n = base->path.len; n && base->path.data[n - 1] != '/'; n--) {
            /* void */
        }

        uri_put(t, api_span(base->path.data, n));
    }

    uri_put(t, ref);
}


/* The path of the target: of ref, of base, or of both. */

static void
uri_put_target(uri_text_t *t, const api_uri_t *base, const api_uri_t *ref,
    uint8_t *scratch)
{
    uri_text_t merged;

    if (ref->scheme.data || ref->authority.data
        || (ref->path.len && ref->path.data[0] == '/'))
    {
        uri_put_path(t, ref->path);
        return;
    }

    if (ref->path.len == 0) {
        uri_put(t, base->path);
        return;
    }

    merged.start = scratch;
    merged.pos = scratch;
    uri_put_merged(&merged, base, ref->path);
    uri_put_path(
        t, api_span(merged.start, (size_t) (merged.pos - merged.start)));
}


int
api_uri_resolve(
    api_span_t base, api_span_t ref, api_arena_t *arena, api_span_t *out)
{
    size_t     room;
    uint8_t   *scratch;
    api_uri_t  b, r;
    uri_text_t t;
    api_span_t scheme, authority, query;

    b = api_uri_split(base);
    r = api_uri_split(ref);

    room = base.len + ref.len + 8;
    t.start = api_arena_alloc(arena, room);
    scratch = api_arena_alloc(arena, room);

    if (t.start == NULL || scratch == NULL) {
        return API_NOMEM;
    }

    t.pos = t.start;

    scheme = r.scheme.data ? r.scheme : b.scheme;
    authority = r.scheme.data || r.authority.data ? r.authority : b.authority;
    query = r.scheme.data || r.authority.data || r.path.len || r.query.data
                ? r.query
                : b.query;

    if (scheme.data) {
        uri_put(&t, scheme);
        uri_put_text(&t, ":");
    }

    if (authority.data) {
        uri_put_text(&t, "//");
        uri_put(&t, authority);
    }

    uri_put_target(&t, &b, &r, scratch);

    if (query.data) {
        uri_put_text(&t, "?");
        uri_put(&t, query);
    }

    *t.pos = '\0';
    *out = api_span(t.start, (size_t) (t.pos - t.start));

    return API_OK;
}


static int
uri_hex(uint8_t c)
{
    if ((uint8_t) (c - '0') < 10) {
        return c - '0';
    }

    c |= 0x20;

    return (uint8_t) (c - 'a') < 6 ? c - 'a' + 10 : -1;
}


int
api_uri_decode(api_span_t s, api_arena_t *arena, api_span_t *out)
{
    int      hi, lo;
    size_t   i, n;
    uint8_t *p;

    if (s.len == 0 || memchr(s.data, '%', s.len) == NULL) {
        *out = s;
        return API_OK;
    }

    p = api_arena_alloc(arena, s.len);
    if (p == NULL) {
        return API_NOMEM;
    }

    for (i = 0, n = 0; i < s.len; i++) {
        if (s.data[i] != '%') {
            p[n++] = s.data[i];
            continue;
        }

        hi = s.len - i > 2 ? uri_hex(s.data[i + 1]) : -1;
        lo = s.len - i > 2 ? uri_hex(s.data[i + 2]) : -1;

        if (hi < 0 || lo < 0) {
            return API_INVALID;
        }

        p[n++] = (uint8_t) (hi << 4 | lo);
        i += 2;
    }

    *out = api_span(p, n);

    return API_OK;
}
