#include "api_path.h"

#include "api_percent.h"
#include "api_utf8.h"


const api_path_limits_t api_path_limits_default = { 8192, 256 };

static const char *const api_path_errors[API_PATH_NERRORS] = {
    [API_PATH_E_NONE] = "none",
    [API_PATH_E_LEN] = "length",
    [API_PATH_E_SEGMENTS] = "segments",
    [API_PATH_E_START] = "start",
    [API_PATH_E_PERCENT] = "percent",
    [API_PATH_E_NUL] = "nul",
    [API_PATH_E_ABOVE] = "above_root",
    [API_PATH_E_NOMEM] = "no_memory",
};


const char *
api_path_error_name(int code)
{
    return code >= 0 && code < API_PATH_NERRORS ? api_path_errors[code]
                                                : "unknown";
}


/* The target cut at ? and #; what is left of it is the path. */

static api_span_t
api_path_cut(api_path_t *path, api_span_t target)
{
    const uint8_t *p;

    p = target.len ? memchr(target.data, '#', target.len) : NULL;

    if (p) {
        path->flags |= API_PATH_F_FRAGMENT;
        target.len = (size_t) (p - target.data);
    }

    p = target.len ? memchr(target.data, '?', target.len) : NULL;

    if (p) {
        path->has_query = true;
        path->query =
            api_span(p + 1, target.len - (size_t) (p - target.data) - 1);
        target.len = (size_t) (p - target.data);
    }

    return target;
}


static int
api_path_room(api_path_t *path, api_span_t raw,
    const api_path_limits_t *limits, api_arena_t *arena, api_err_t *err)
{
    size_t   i;
    uint32_t n;

    if (raw.len > limits->bytes) {
        return api_fail(err, API_LIMIT, API_PATH_E_LEN, limits->bytes,
            "the path is longer than %u bytes", limits->bytes);
    }

    for (i = 0, n = 0; i < raw.len; i++) {
        n += raw.data[i] == '/';
    }

    if (n > limits->segments) {
        return api_fail(err, API_LIMIT, API_PATH_E_SEGMENTS, 0,
            "the path has more than %u segments", limits->segments);
    }

    path->seg = api_arena_calloc(arena, n ? n : 1, sizeof(api_span_t));
    path->uri.data = api_arena_alloc(arena, raw.len + 1);

    if (path->seg == NULL || path->uri.data == NULL) {
        return api_fail(err, API_NOMEM, API_PATH_E_NOMEM, 0, "no memory");
    }

    return API_OK;
}


static int
api_path_decode(api_path_t *path, api_span_t raw, uint8_t *out, size_t *len,
    api_err_t *err)
{
    size_t   n;
    unsigned flags;

    flags = 0;
    n = api_percent_decode(raw, 0, out, &flags);

    if (flags & API_PERCENT_F_BAD) {
        return api_fail(err, API_SYNTAX, API_PATH_E_PERCENT, 0,
            "a %% in the path that is not followed by two hex digits");
    }

    if (flags & API_PERCENT_F_NUL) {
        return api_fail(
            err, API_SYNTAX, API_PATH_E_NUL, 0, "a NUL in the path");
    }

    path->flags |=
        (flags & API_PERCENT_F_ESCAPED ? API_PATH_F_ESCAPED : 0)
        | (flags & API_PERCENT_F_CONTROL ? API_PATH_F_CONTROL : 0)
        | (flags & API_PERCENT_F_UTF8 ? API_PATH_F_UTF8 : 0)
        | (memchr(out, '\\', n) ? API_PATH_F_BACKSLASH : 0)
        | (memchr(raw.data, ';', raw.len) ? API_PATH_F_SEMICOLON : 0);
    *len = n;

    return API_OK;
}


/* 1 for ".", 2 for "..", 0 for anything else. */

static unsigned
api_path_dots(const uint8_t *p, size_t len)
{
    if (len == 0 || len > 2 || p[0] != '.' || p[len - 1] != '.') {
        return 0;
    }

    return (unsigned) len;
}


/*
 * Dot segments and, with merge, empty segments taken out of the decoded path
 * buf in place; returns the new length, 0 when .. leads above the root.  w is
 * always behind a slash, or at the end of what is kept.
 */

static size_t
api_path_normalise(uint8_t *buf, size_t len, bool merge)
{
    size_t   r, w, seg;
    unsigned dots;

    w = 1;

    for (r = 1; r <= len; r += seg + 1) {
        for (seg = 0; r + seg < len && buf[r + seg] != '/'; seg++) {
            /* void */
        }

        dots = api_path_dots(buf + r, seg);

        if (dots == 2) {
            if (w == 1) {
                return 0;
            }

            for (w--; buf[w - 1] != '/'; w--) {
                /* void */
            }

        } else if (dots == 0 && !(merge && seg == 0)) {
            memmove(buf + w, buf + r, seg);
            w += seg;

            if (r + seg < len) {
                buf[w++] = '/';
            }
        }
    }

    return w;
}


/* Where s has c escaped, or its end. */

static size_t
api_path_escape(api_span_t s, uint8_t c)
{
    size_t         i;
    const uint8_t *p;

    for (i = 0; i + 2 < s.len; i++) {
        p = memchr(s.data + i, '%', s.len - 2 - i);

        if (p == NULL) {
            break;
        }

        i = (size_t) (p - s.data);

        if (api_percent_hex(p[1]) == c >> 4
            && api_percent_hex(p[2]) == (c & 0x0f)) {
            return i;
        }
    }

    return s.len;
}


/* Is it . or .. but for parameters behind it?  A ; that is escaped reaches who
   is behind nginx as one that is not. */

#define API_PATH_DOTS 6 /* bytes of .. at most: %2e%2e */

static bool
api_path_dots_part(api_span_t raw)
{
    size_t         len, end;
    uint8_t        two[8];
    unsigned       flags;
    const uint8_t *semi;

    if (raw.len == 0 || (raw.data[0] != '.' && raw.data[0] != '%')) {
        return false;
    }

    end = raw.len < API_PATH_DOTS + 3 ? raw.len : API_PATH_DOTS + 3;
    len = api_path_escape(api_span(raw.data, end), ';');
    semi = memchr(raw.data, ';', len);
    len = semi ? (size_t) (semi - raw.data) : len;

    if (len == end || len > API_PATH_DOTS) {
        return false;
    }

    flags = 0;
    len = api_percent_decode(api_span(raw.data, len), 0, two, &flags);

    return api_path_dots(two, len) != 0;
}


/* Who takes the parameters of a segment off first, as servlets do, reads
   "..;x" as "..": also between slashes that are escaped. */

static bool
api_path_dots_semi(api_span_t raw)
{
    size_t len;

    for (;;) {
        len = api_path_escape(raw, '/');

        if (api_path_dots_part(api_span(raw.data, len))) {
            return true;
        }

        if (len == raw.len) {
            return false;
        }

        raw = api_span(raw.data + len + 3, raw.len - len - 3);
    }
}


/* The same for the raw segments.  Returns false above the root. */

static bool
api_path_segment(api_path_t *path, api_span_t raw, bool last, bool merge)
{
    bool        encoded;
    size_t      len;
    uint8_t     two[8];
    unsigned    flags, dots;
    api_span_t *seg;

    seg = (api_span_t *) (uintptr_t) path->seg;
    dots = 0;
    flags = 0;

    if (raw.len <= 6) {
        len = api_percent_decode(raw, 0, two, &flags);
        dots = api_path_dots(two, len);
    }

    encoded = flags & API_PERCENT_F_ESCAPED;

    if (dots) {
        path->flags |= API_PATH_F_DOTS | (encoded ? API_PATH_F_ENC_DOTS : 0);

        if (dots == 2 && path->nseg-- == 0) {
            path->nseg = 0;
            return false;
        }

        raw.len = 0;

    } else if (raw.len == 0 && !last) {
        path->flags |= API_PATH_F_EMPTY;

    } else if (api_path_dots_semi(raw)) {
        path->flags |= API_PATH_F_DOTS_SEMI;
    }

    /* what is empty is kept at the end, for the slash before it */

    if (last || raw.len || (dots == 0 && !merge)) {
        seg[path->nseg++] = raw;
    }

    return true;
}


static bool
api_path_segments(api_path_t *path, api_span_t raw, bool merge)
{
    const uint8_t *p, *e, *end;

    end = raw.data + raw.len;

    for (p = raw.data + 1;; p = e + 1) {
        e = p < end ? memchr(p, '/', (size_t) (end - p)) : NULL;

        if (!api_path_segment(path, api_span(p, (size_t) ((e ? e : end) - p)),
                e == NULL, merge))
        {
            return false;
        }

        if (e == NULL) {
            return true;
        }
    }
}


/* Do the segments, decoded and joined, spell the normalised path? */

static bool
api_path_agrees(const api_path_t *path)
{
    size_t     i, at;
    uint8_t    c;
    uint32_t   n;
    api_span_t s, uri;

    uri = path->uri;
    at = 0;

    for (n = 0; n < path->nseg; n++) {
        s = path->seg[n];

        if (at == uri.len || uri.data[at++] != '/') {
            return false;
        }

        for (i = 0; i < s.len; i++) {
            c = s.data[i];

            if (c == '%') {
                c = (uint8_t) (api_percent_hex(s.data[i + 1]) << 4
                               | api_percent_hex(s.data[i + 2]));
                i += 2;
            }

            if (at == uri.len || uri.data[at++] != c) {
                return false;
            }
        }
    }

    return at == uri.len;
}


static int
api_path_above(api_err_t *err)
{
    return api_fail(
        err, API_SYNTAX, API_PATH_E_ABOVE, 0, "the path leads above the root");
}


int
api_path_parse(api_path_t *path, api_span_t target, bool merge_slashes,
    const api_path_limits_t *limits, api_arena_t *arena, api_err_t *err)
{
    int        rc;
    size_t     len;
    uint8_t   *buf;
    api_span_t raw;

    memset(path, 0, sizeof(*path));
    len = 0;
    raw = api_path_cut(path, target);

    if (raw.len == 0) {
        raw = API_SPAN("/");

    } else if (raw.data[0] != '/') {
        return api_fail(err, API_SYNTAX, API_PATH_E_START, 0,
            "the path does not begin with \"/\"");
    }

    rc = api_path_room(
        path, raw, limits ? limits : &api_path_limits_default, arena, err);

    if (rc != API_OK) {
        return rc;
    }

    buf = (uint8_t *) (uintptr_t) path->uri.data;
    rc = api_path_decode(path, raw, buf, &len, err);

    if (rc != API_OK) {
        return rc;
    }

    path->uri.len = api_path_normalise(buf, len, merge_slashes);

    if (path->uri.len == 0) {
        return api_path_above(err);
    }

    if (api_path_escape(raw, '/') < raw.len) {
        path->flags |= API_PATH_F_SLASH;
    }

    /* nginx found .. below the root, the segments did not: /%2f/.. */

    if (!api_path_segments(path, raw, merge_slashes) || !api_path_agrees(path))
    {
        path->flags |= API_PATH_F_DISAGREE;
    }

    return API_OK;
}


int
api_path_split(api_path_t *path, api_span_t uri,
    const api_path_limits_t *limits, api_arena_t *arena, api_err_t *err)
{
    int            rc;
    api_span_t    *seg;
    const uint8_t *p, *e, *end;

    memset(path, 0, sizeof(*path));
    path->flags = API_PATH_F_DECODED;

    if (uri.len == 0 || uri.data[0] != '/') {
        return api_fail(err, API_SYNTAX, API_PATH_E_START, 0,
            "the path does not begin with \"/\"");
    }

    rc = api_path_room(
        path, uri, limits ? limits : &api_path_limits_default, arena, err);

    if (rc != API_OK) {
        return rc;
    }

    path->uri = uri;
    seg = (api_span_t *) (uintptr_t) path->seg;
    end = uri.data + uri.len;

    for (p = uri.data + 1;; p = e + 1) {
        e = p < end ? memchr(p, '/', (size_t) (end - p)) : NULL;
        seg[path->nseg] = api_span(p, (size_t) ((e ? e : end) - p));

        if (api_path_dots_semi(seg[path->nseg++])) {
            path->flags |= API_PATH_F_DOTS_SEMI;
        }

        if (e == NULL) {
            break;
        }
    }

    if (memchr(uri.data, '\\', uri.len)) {
        path->flags |= API_PATH_F_BACKSLASH;
    }

    if (api_utf8_valid(uri) != uri.len) {
        path->flags |= API_PATH_F_UTF8;
    }

    return API_OK;
}
