#include "api_htu.h"


static bool
is_unreserved(uint8_t c)
{
    return (uint8_t) ((c | 0x20) - 'a') < 26 || (uint8_t) (c - '0') < 10
           || c == '-' || c == '.' || c == '_' || c == '~';
}


static int
hex_digit(uint8_t c)
{
    if ((uint8_t) (c - '0') < 10) {
        return c - '0';
    }

    c |= 0x20;

    return (uint8_t) (c - 'a') < 6 ? c - 'a' + 10 : -1;
}


/* What stands before the first of the two bytes. */

static api_span_t
until(api_span_t s, uint8_t a, uint8_t b)
{
    size_t i;

    for (i = 0; i < s.len && s.data[i] != a && s.data[i] != b; i++) {
        /* void */
    }

    return api_span(s.data, i);
}


static bool
is_scheme(api_span_t s, api_span_t name)
{
    return api_span_eq_nocase(s, name);
}


/* Characters that an authority and a path may have: visible ASCII. */

static bool
is_visible(api_span_t s)
{
    size_t i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] <= 0x20 || s.data[i] >= 0x7f) {
            return false;
        }
    }

    return true;
}


int
api_htu_split(api_span_t uri, api_htu_t *parts)
{
    size_t skip;

    parts->scheme = until(uri, ':', '/');
    skip = parts->scheme.len + 3;

    if (!(is_scheme(parts->scheme, API_SPAN("https"))
            || is_scheme(parts->scheme, API_SPAN("http")))
        || uri.len <= skip || memcmp(uri.data + skip - 3, "://", 3) != 0
        || !is_visible(uri))
    {
        return API_INVALID;
    }

    uri = api_span(uri.data + skip, uri.len - skip);
    uri = until(uri, '?', '#');

    parts->authority = until(uri, '/', '/');
    parts->path = api_span(
        uri.data + parts->authority.len, uri.len - parts->authority.len);

    if (parts->authority.len == 0
        || memchr(parts->authority.data, '@', parts->authority.len))
    {
        return API_INVALID;
    }

    return API_OK;
}


/* Host and port of an authority; the port is -1 when it is no number. */

static api_span_t
split_port(const api_htu_t *parts, int *port)
{
    size_t     i, end;
    api_span_t host = parts->authority;

    *port = is_scheme(parts->scheme, API_SPAN("https")) ? 443 : 80;

    for (end = host.len; end && (uint8_t) (host.data[end - 1] - '0') < 10;) {
        end--;
    }

    if (end == 0 || host.data[end - 1] != ':') {
        return host;
    }

    /* "host:" means the default port too */

    if (host.len - end > 5) {
        *port = -1;

    } else if (end < host.len) {
        for (*port = 0, i = end; i < host.len; i++) {
            *port = *port * 10 + (host.data[i] - '0');
        }
    }

    return api_span(host.data, end - 1);
}


bool
api_htu_same_origin(const api_htu_t *a, const api_htu_t *b)
{
    int        port_a, port_b;
    api_span_t host_a, host_b;

    host_a = split_port(a, &port_a);
    host_b = split_port(b, &port_b);

    return api_span_eq_nocase(a->scheme, b->scheme)
           && api_span_eq_nocase(host_a, host_b) && host_a.len != 0
           && port_a == port_b && port_a > 0 && port_a <= 65535;
}


/*
 * The byte at *p in its normal form into out, 1 or 3 bytes; 0 when it is a
 * broken escape.
 */

static size_t
normal_byte(const uint8_t **p, const uint8_t *end, uint8_t *out)
{
    static const char hex[] = "0123456789ABCDEF";

    int     hi, lo;
    uint8_t c = *(*p)++;

    if (c == '%') {
        if (end - *p < 2) {
            return 0;
        }

        hi = hex_digit((*p)[0]);
        lo = hex_digit((*p)[1]);

        if (hi < 0 || lo < 0) {
            return 0;
        }

        c = (uint8_t) (hi << 4 | lo);
        *p += 2;

    } else if (c > 0x20 && c < 0x7f) {
        *out = c;
        return 1;
    }

    if (is_unreserved(c)) {
        *out = c;
        return 1;
    }

    out[0] = '%';
    out[1] = (uint8_t) hex[c >> 4];
    out[2] = (uint8_t) hex[c & 15];

    return 3;
}


/* RFC 3986 5.2.4, in place, on a path that begins with a slash. */

static size_t
remove_dots(uint8_t *path, size_t len)
{
    bool   last;
    size_t in, next, out;

    for (in = 0, out = 0; in < len; in = next) {
        for (next = in + 1; next < len && path[next] != '/'; next++) {
            /* void */
        }

        last = next == len;

        if (next - in == 2 && path[in + 1] == '.') {
            if (last) {
                path[out++] = '/';
            }

            continue;
        }

        if (next - in == 3 && path[in + 1] == '.' && path[in + 2] == '.') {
            while (out && path[--out] != '/') {
                /* void */
            }

            if (last) {
                path[out++] = '/';
            }

            continue;
        }

        memmove(path + out, path + in, next - in);
        out += next - in;
    }

    return out;
}


static int
normal_path(api_span_t path, api_arena_t *arena, api_span_t *out)
{
    size_t         n, len = 0;
    uint8_t       *buf;
    const uint8_t *p, *end;

    if (path.len && path.data[0] != '/') {
        return API_INVALID; /* "*" of OPTIONS */
    }

    buf = api_arena_alloc(arena, 3 * path.len + 1);
    if (buf == NULL) {
        return API_NOMEM;
    }

    buf[0] = '/';

    if (path.len == 0) {
        *out = api_span(buf, 1);
        return API_OK;
    }

    for (p = path.data, end = p + path.len; p < end; len += n) {
        n = normal_byte(&p, end, buf + len);

        if (n == 0) {
            return API_INVALID;
        }
    }

    *out = api_span(buf, remove_dots(buf, len));

    return API_OK;
}


static int
same_path(api_span_t htu, api_span_t path, api_arena_t *arena)
{
    int              rc;
    api_span_t       a, b;
    api_arena_mark_t mark;

    if (api_span_eq(htu, path)) {
        return API_OK;
    }

    mark = api_arena_mark(arena);

    rc = normal_path(htu, arena, &a);

    if (rc == API_OK) {
        rc = normal_path(path, arena, &b);

        if (rc == API_OK) {
            rc = api_span_eq(a, b) ? API_OK : API_DENIED;

        } else if (rc == API_INVALID) {
            rc = API_DENIED;
        }
    }

    api_arena_rewind(arena, mark);

    return rc;
}


int
api_htu_check(api_span_t htu, const api_htu_t *request, api_arena_t *arena)
{
    int       rc;
    api_htu_t parts;

    rc = api_htu_split(htu, &parts);
    if (rc != API_OK) {
        return rc;
    }

    if (!api_htu_same_origin(&parts, request)) {
        return API_DENIED;
    }

    return same_path(parts.path, until(request->path, '?', '#'), arena);
}
