#include "api_openapi_int.h"


/* Where in the URL of a server the path begins; it may be empty. */

static api_span_t
api_openapi_url_path(api_span_t url)
{
    size_t         i;
    const uint8_t *p;

    /* scheme://authority/path, //authority/path, /path */

    for (i = 0; i < url.len && url.data[i] != '/'; i++) {
        if (url.data[i] == ':') {
            i++;
            break;
        }
    }

    if ((i > 0 && url.data[i - 1] != ':') || url.len < i + 2
        || memcmp(url.data + i, "//", 2) != 0)
    {
        return url;
    }

    url = api_span(url.data + i + 2, url.len - i - 2);
    p = url.len ? memchr(url.data, '/', url.len) : NULL;

    return p ? api_span(p, url.len - (size_t) (p - url.data))
             : api_span(url.data, 0);
}


typedef struct {
    api_openapi_load_t *load;
    api_node_t          server;
    api_span_t         *bases;
    uint32_t            n;
} api_servers_t;


/* One path of a server, without variables; a slash at its end is dropped. */

static bool
api_openapi_add_base(api_servers_t *s, api_span_t path)
{
    uint32_t i;

    while (path.len && path.data[path.len - 1] == '/') {
        path.len--;
    }

    for (i = 0; i < s->n; i++) {
        if (api_span_eq(s->bases[i], path)) {
            return true;
        }
    }

    if (s->n == API_OPENAPI_MAX_BASES) {
        api_problem_error(s->load->problems, s->server,
            "servers have more than %d paths; say which one by base=",
            API_OPENAPI_MAX_BASES);
        return false;
    }

    path = api_openapi_copy(s->load, path);
    s->bases[s->n++] = path;

    return path.data != NULL;
}


/* path with the bytes from `from` to `to` replaced by `by`. */

static api_span_t
api_openapi_replace(
    api_servers_t *s, api_span_t path, size_t from, size_t to, api_span_t by)
{
    uint8_t *p;

    p = api_arena_alloc(&s->load->tmp, path.len + by.len);

    if (p == NULL) {
        s->load->rc = API_NOMEM;
        return api_span(NULL, 0);
    }

    memcpy(p, path.data, from);
    memcpy(p + from, by.data, by.len);
    memcpy(p + from + by.len, path.data + to, path.len - to);

    return api_span(p, from + by.len + path.len - to);
}


/*
 * The values of the variable at the first { of path, each put in its place.
 * What has an enum has these values, else the default.  The list grows at its
 * end and is worked off from its start: all combinations, without recursion.
 */

static bool
api_openapi_expand(api_servers_t *s, api_span_t *todo, uint32_t *ntodo,
    api_span_t path, const uint8_t *open)
{
    size_t         from, to;
    uint32_t       i, n;
    api_node_t     var, values;
    const uint8_t *close;
    api_span_t     value;

    from = (size_t) (open - path.data);
    close = memchr(open, '}', path.len - from);

    if (close == NULL) {
        api_problem_error(s->load->problems, s->server,
            "\"{\" without \"}\" in the URL of a server");
        return false;
    }

    to = (size_t) (close - path.data) + 1;
    var = api_node_get(api_node_get(s->server, API_SPAN("variables")),
        api_span(open + 1, to - from - 2));
    values = api_node_get(var, API_SPAN("enum"));
    n = api_node_count(values);

    for (i = 0; i < (n ? n : 1); i++) {
        value = api_node_string(n ? api_node_at(values, i)
                                  : api_node_get(var, API_SPAN("default")));

        if (value.len == 0) {
            api_problem_error(s->load->problems, s->server,
                "a variable in the path of a server needs a \"default\" or "
                "an \"enum\" of strings");
            return false;
        }

        if (*ntodo == 4 * API_OPENAPI_MAX_BASES) {
            api_problem_error(s->load->problems, s->server,
                "the variables of a server have too many values; say the "
                "path by base=");
            return false;
        }

        todo[*ntodo] = api_openapi_replace(s, path, from, to, value);

        if (todo[(*ntodo)++].data == NULL) {
            return false;
        }
    }

    return true;
}


static bool
api_openapi_server(api_servers_t *s)
{
    uint32_t       at, n;
    api_span_t     path, todo[4 * API_OPENAPI_MAX_BASES];
    const uint8_t *open;

    api_openapi_known(s->load, s->server, " url description variables name ");
    path = api_openapi_url_path(api_openapi_text(s->load, s->server, "url"));

    if (path.len
        && (memchr(path.data, '?', path.len)
            || memchr(path.data, '#', path.len)))
    {
        api_problem_error(s->load->problems, s->server,
            "the URL of a server has neither query nor fragment");
        return false;
    }

    todo[0] = path;

    for (at = 0, n = 1; at < n; at++) {
        path = todo[at];
        open = path.len ? memchr(path.data, '{', path.len) : NULL;

        if (open) {
            if (!api_openapi_expand(s, todo, &n, path, open)) {
                return false;
            }

            continue;
        }

        if (path.len && path.data[0] != '/') {
            api_problem_error(s->load->problems, s->server,
                "the path of a server is relative to where the document "
                "lies; say what it is by base=");
            return false;
        }

        if (!api_openapi_add_base(s, path)) {
            return false;
        }
    }

    return true;
}


bool
api_openapi_servers(api_openapi_load_t *load, api_node_t n,
    const api_span_t *above, uint32_t nabove, api_span_t **bases,
    uint32_t *nbases)
{
    uint32_t      i;
    api_node_t    list;
    api_servers_t s;

    *bases = (api_span_t *) (uintptr_t) above;
    *nbases = nabove;
    list = api_openapi_array(load, n, "servers");

    if (load->opts.base.data || api_node_count(list) == 0) {
        return true;
    }

    s.load = load;
    s.n = 0;
    s.bases =
        api_arena_calloc(&load->tmp, API_OPENAPI_MAX_BASES, sizeof(*s.bases));

    if (s.bases == NULL) {
        load->rc = API_NOMEM;
        return false;
    }

    for (i = 0; i < api_node_count(list); i++) {
        s.server = api_node_at(list, i);

        if (!api_openapi_server(&s)) {
            return false;
        }
    }

    *bases = s.bases;
    *nbases = s.n;

    return true;
}
