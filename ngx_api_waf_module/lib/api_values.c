/* The request line, headers, cookies and query; the response. */

#include "api_values_int.h"

#include "api_cookie.h"
#include "api_percent.h"
#include "api_token.h"
#include "api_urlencoded.h"


const api_values_conf_t api_values_conf_default = {
    .args = 1000,
    .json_depth = 512,
    .xml_depth = 64,
    .xml_nodes = 20000,
    .parts = 1000,
    .separator = '&',
    .by_type = true,
    .graphql = true,
    .full_request = false,
    .unpacked = 0,
};

#define VALUES_UNPACKED 40000

/* Of cookies as many as a quarter of the arguments, but 250 in any case:
   browsers keep 180 for a site. */

#define VALUES_COOKIES 250

/* What names may take together: 36 bytes for each argument that may be, and
   eleven times what was sent.  Those in JSON and YAML have their way in them: a
   document of 4 KB that is 500 deep has half a megabyte. */

#define VALUES_NAMES 36
#define VALUES_NAMES_LEAST 36000
#define VALUES_NAMES_FACTOR 11

/* The caller's buffers bound what comes in here already. */

static const api_urlencoded_limits_t pair_limits = { SIZE_MAX, UINT32_MAX,
    UINT32_MAX, SIZE_MAX };
static const api_cookie_limits_t     cookie_limits = { UINT32_MAX, UINT32_MAX,
        UINT32_MAX };


void
api_values_conf(api_values_conf_t *conf, const api_waf_settings_t *s)
{
    *conf = api_values_conf_default;
    conf->args = s->args ? s->args : conf->args;
    conf->json_depth = s->json_depth ? s->json_depth : conf->json_depth;
    conf->separator = s->separator ? s->separator : conf->separator;
    conf->full_request = s->full_request;
    conf->unpacked = s->unpacked ? VALUES_UNPACKED : 0;
}


void
api_values_init(api_values_t *b, api_waf_values_t *values,
    const api_values_conf_t *conf, api_sipkey_t seed, api_arena_t *arena)
{
    memset(b, 0, sizeof(*b));
    b->values = values;
    b->conf = conf;
    b->seed = seed;
    b->arena = arena;
    b->slice = API_VALUES_SLICE;
    b->names_max = (uint64_t) conf->args * VALUES_NAMES;

    if (b->names_max < VALUES_NAMES_LEAST) {
        b->names_max = VALUES_NAMES_LEAST;
    }
}


static void
values_note(api_values_t *b, int rc)
{
    if (rc == API_LIMIT) {
        b->over = true;

    } else if (rc != API_OK) {
        b->nomem = true;
    }
}


void
api_values_add(
    api_values_t *b, api_waf_var_t var, api_span_t name, api_span_t value)
{
    values_note(b, api_waf_values_add(b->values, var, name, value));
}


void
api_values_set(api_values_t *b, api_waf_var_t var, api_span_t value)
{
    values_note(b, api_waf_values_set(b->values, var, value));
}


void
api_values_set_int(api_values_t *b, api_waf_var_t var, int64_t value)
{
    values_note(b, api_waf_values_set_int(b->values, var, value));
}


void
api_values_grant(api_values_t *b, size_t len)
{
    b->names_max += (uint64_t) len * VALUES_NAMES_FACTOR;
}


uint32_t
api_values_left(const api_values_t *b, api_waf_var_t var)
{
    return var == API_WAF_ARGS_UNPACKED ? b->conf->unpacked - b->unpacked
                                        : b->conf->args - b->args;
}


void
api_values_arg(
    api_values_t *b, api_waf_var_t var, api_span_t name, api_span_t value)
{
    api_waf_set_t *set = &b->values->set[var];

    b->names += name.len;

    if (api_values_left(b, var) == 0 || b->names > b->names_max) {
        b->over = true;
        return;
    }

    if (var == API_WAF_ARGS_UNPACKED) {
        b->unpacked++;

    } else {
        b->args++;
        b->args_size += name.len + value.len;
    }

    if (set->count < set->room && b->values->max) {
        api_waf_values_put(b->values, set, name, value);
        return;
    }

    api_values_add(b, var, name, value);
}


/* What ends a pair.  An empty one is none; of cookies, one of blanks neither. */

typedef struct {
    uint8_t one;
    uint8_t other;
    bool    blanks;
} values_ends_t;

/* text up to where one pair more begins than may be. */

static api_span_t
values_cut(api_values_t *b, api_span_t text, uint32_t left, values_ends_t ends)
{
    bool    open = false;
    size_t  i;
    uint8_t c;

    if (text.len / 2 < left) { /* two bytes each, at least */
        return text;
    }

    for (i = 0; i < text.len; i++) {
        c = text.data[i];

        if (c == ends.one || c == ends.other) {
            open = false;
            continue;
        }

        if (open || (ends.blanks && (c == ' ' || c == '\t'))) {
            continue;
        }

        if (left-- == 0) {
            b->over = true;
            return api_span(text.data, i);
        }

        open = true;
    }

    return text;
}


void
api_values_pairs(api_values_t *b, api_waf_var_t var, api_span_t text)
{
    int           rc;
    uint32_t      i;
    api_pairs_t   pairs;
    values_ends_t ends = { '&', b->conf->separator, false };

    text = values_cut(b, text, b->conf->args - b->args, ends);

    rc = api_urlencoded_parse(&pairs, text,
        b->conf->separator == ';' ? API_URLENCODED_SEMICOLON : 0, &pair_limits,
        b->arena, NULL);

    if (rc != API_OK) {
        values_note(b, rc);
        return;
    }

    if (pairs.flags & API_PAIR_F_PERCENT) {
        api_values_set(b, API_WAF_URLENCODED_ERROR, API_SPAN("1"));
    }

    for (i = 0; i < pairs.n; i++) {
        api_values_arg(b, var, pairs.pair[i].name, pairs.pair[i].value);

        if (b->conf->graphql
            && api_span_eq(pairs.pair[i].name, API_SPAN("query"))) {
            api_values_graphql(b, var, pairs.pair[i].value);
        }
    }
}


api_span_t
api_values_join(api_values_t *b, const api_span_t *part, size_t n)
{
    size_t   i, len = 0;
    uint8_t *p, *to;

    for (i = 0; i < n; i++) {
        len += part[i].len;
    }

    p = api_arena_alloc(b->arena, len);

    if (p == NULL) {
        b->nomem = true;
        return api_span("", 0);
    }

    for (i = 0, to = p; i < n; i++) {
        if (part[i].len) {
            memcpy(to, part[i].data, part[i].len);
            to += part[i].len;
        }
    }

    return api_span(p, len);
}


/* s with its percent-encoding taken off once, as ModSecurity does: a bad %
   stays, + too. */

static api_span_t
values_decode(api_values_t *b, api_span_t s)
{
    uint8_t *p;
    unsigned flags = 0;

    if (!api_percent_has(s, 0)) {
        return s;
    }

    p = api_arena_alloc(b->arena, s.len);

    if (p == NULL) {
        b->nomem = true;
        return s;
    }

    return api_span(p, api_percent_decode(s, 0, p, &flags));
}


/* Of http://host/path the path. */

static api_span_t
values_origin_form(api_span_t uri)
{
    size_t         i;
    const uint8_t *colon, *slash;

    if (uri.len == 0 || uri.data[0] == '/') {
        return uri;
    }

    colon = memchr(uri.data, ':', uri.len);

    if (colon == NULL) {
        return uri;
    }

    i = (size_t) (colon - uri.data) + 1;

    if (uri.len - i < 2 || uri.data[i] != '/' || uri.data[i + 1] != '/') {
        return uri;
    }

    i += 2;
    slash = memchr(uri.data + i, '/', uri.len - i);

    return slash ? api_span(slash, uri.len - (size_t) (slash - uri.data))
                 : uri;
}


static api_span_t
values_before(api_span_t s, uint8_t c)
{
    const uint8_t *p = s.len ? memchr(s.data, c, s.len) : NULL;

    return p ? api_span(s.data, (size_t) (p - s.data)) : s;
}


static void
values_uri(api_values_t *b, api_span_t uri)
{
    size_t     i;
    api_span_t decoded, path, query;

    decoded = values_decode(b, uri);
    path = values_before(decoded, '?');

    api_values_set(b, API_WAF_REQUEST_URI_RAW, uri);
    api_values_set(b, API_WAF_REQUEST_URI, values_origin_form(decoded));
    api_values_set(b, API_WAF_REQUEST_FILENAME, path);
    api_values_set(b, API_WAF_PATH_INFO, path);

    for (i = path.len; i > 0; i--) {
        if (path.data[i - 1] == '/' || path.data[i - 1] == '\\') {
            break;
        }
    }

    if (i > 0 && i < path.len) {
        api_values_set(b, API_WAF_REQUEST_BASENAME,
            api_span(path.data + i, path.len - i));
    }

    query = values_before(uri, '?');

    if (query.len == uri.len) {
        return;
    }

    query = api_span(uri.data + query.len + 1, uri.len - query.len - 1);
    api_values_set(b, API_WAF_QUERY_STRING, query);
    api_values_grant(b, query.len);

    if (query.len) {
        api_values_pairs(b, API_WAF_ARGS_GET, query);
    }
}


static void
values_line(api_values_t *b, const api_values_request_t *r)
{
    api_span_t part[5];

    part[0] = r->method;
    part[1] = API_SPAN(" ");
    part[2] = r->uri;
    part[3] = API_SPAN(" ");
    part[4] = r->protocol;

    api_values_set(b, API_WAF_REQUEST_METHOD, r->method);
    api_values_set(b, API_WAF_REQUEST_PROTOCOL, r->protocol);
    api_values_set(b, API_WAF_REQUEST_LINE, api_values_join(b, part, 5));
}


static void
values_cookies(api_values_t *b, api_span_t line)
{
    int                        rc;
    uint32_t                   i, had, max;
    api_pairs_t                pairs;
    static const values_ends_t ends = { ';', ';', true };

    had = b->values->set[API_WAF_REQUEST_COOKIES].count;

    max = b->conf->args / 4 > VALUES_COOKIES ? b->conf->args / 4
                                             : VALUES_COOKIES;

    line = values_cut(b, line, max - had, ends); /* had is never more */
    rc = api_cookie_parse(&pairs, &line, 1, 0, &cookie_limits, b->arena, NULL);

    if (rc != API_OK) {
        values_note(b, rc);
        return;
    }

    for (i = 0; i < pairs.n; i++) {
        api_values_add(b, API_WAF_REQUEST_COOKIES, pairs.pair[i].name,
            pairs.pair[i].value);
    }
}


bool
api_values_type_is(api_span_t type, const char *what)
{
    size_t n = strlen(what);

    return type.len >= n
           && api_span_eq_nocase(api_span(type.data, n), api_span(what, n));
}


static void
values_content_type(api_values_t *b, api_span_t type)
{
    b->types++;
    b->type = api_token_trim(type);

    if (api_values_type_is(b->type, "multipart/form-data")) {
        api_values_set(b, API_WAF_REQBODY_PROCESSOR, API_SPAN("MULTIPART"));

    } else if (api_values_type_is(
                   b->type, "application/x-www-form-urlencoded")) {
        api_values_set(b, API_WAF_REQBODY_PROCESSOR, API_SPAN("URLENCODED"));
    }
}


static void
values_header(api_values_t *b, const api_values_field_t *f)
{
    api_values_add(b, API_WAF_REQUEST_HEADERS, f->name, f->value);

    switch (f->name.len) {

    case 4:
        if (api_span_eq_nocase(f->name, API_SPAN("host"))) {
            api_values_set(
                b, API_WAF_SERVER_NAME, values_before(f->value, ':'));
        }
        break;

    case 6:
        if (api_span_eq_nocase(f->name, API_SPAN("cookie"))) {
            values_cookies(b, f->value);
        }
        break;

    case 12:
        if (api_span_eq_nocase(f->name, API_SPAN("content-type"))) {
            values_content_type(b, f->value);
        }
        break;

    case 13:
        if (api_span_eq_nocase(f->name, API_SPAN("authorization"))) {
            api_values_set(b, API_WAF_AUTH_TYPE, values_before(f->value, ' '));
        }
        break;
    }
}


/* Each request has these: their room is taken at once. */

static void
values_room(api_values_t *b)
{
    size_t           i;
    api_waf_value_t *item;

    static const api_waf_var_t vars[] = { API_WAF_ARGS_COMBINED_SIZE,
        API_WAF_AUTH_TYPE, API_WAF_FILES_COMBINED_SIZE, API_WAF_PATH_INFO,
        API_WAF_QUERY_STRING, API_WAF_REMOTE_ADDR, API_WAF_REMOTE_HOST,
        API_WAF_REMOTE_PORT, API_WAF_REMOTE_USER, API_WAF_REQBODY_PROCESSOR,
        API_WAF_REQUEST_BASENAME, API_WAF_REQUEST_BODY,
        API_WAF_REQUEST_BODY_LENGTH, API_WAF_REQUEST_FILENAME,
        API_WAF_REQUEST_LINE, API_WAF_REQUEST_METHOD, API_WAF_REQUEST_PROTOCOL,
        API_WAF_REQUEST_URI, API_WAF_REQUEST_URI_RAW, API_WAF_SERVER_ADDR,
        API_WAF_SERVER_NAME, API_WAF_SERVER_PORT, API_WAF_UNIQUE_ID,
        API_WAF_URLENCODED_ERROR };

    item = api_arena_alloc(
        b->arena, sizeof(*item) * (sizeof(vars) / sizeof(vars[0])));

    if (item == NULL) {
        b->nomem = true;
        return;
    }

    for (i = 0; i < sizeof(vars) / sizeof(vars[0]); i++) {
        if (b->values->set[vars[i]].room == 0) {
            b->values->set[vars[i]].items = &item[i];
            b->values->set[vars[i]].room = 1;
        }
    }
}


/* Scalars are never absent in ModSecurity: what a request has not is empty. */

static void
values_empty(api_values_t *b)
{
    size_t                     i;
    static const api_waf_var_t vars[] = { API_WAF_REQUEST_BASENAME,
        API_WAF_QUERY_STRING, API_WAF_REQBODY_PROCESSOR, API_WAF_AUTH_TYPE,
        API_WAF_SERVER_NAME, API_WAF_REMOTE_USER, API_WAF_REQUEST_BODY,
        API_WAF_REQUEST_BODY_LENGTH, API_WAF_ARGS_COMBINED_SIZE,
        API_WAF_FILES_COMBINED_SIZE };

    for (i = 0; i < sizeof(vars) / sizeof(vars[0]); i++) {
        api_values_set(b, vars[i], API_SPAN(""));
    }
}


static void
values_connection(api_values_t *b, const api_values_request_t *r)
{
    api_values_set(b, API_WAF_REMOTE_ADDR, r->remote_addr);
    api_values_set(b, API_WAF_REMOTE_HOST, r->remote_addr);
    api_values_set_int(b, API_WAF_REMOTE_PORT, r->remote_port);
    api_values_set(b, API_WAF_SERVER_ADDR, r->server_addr);
    api_values_set_int(b, API_WAF_SERVER_PORT, r->server_port);
    api_values_set(b, API_WAF_UNIQUE_ID, r->unique_id);

    if (r->remote_user.len) {
        api_values_set(b, API_WAF_REMOTE_USER, r->remote_user);
    }
}


/* What has been counted so far. */

void
api_values_sizes(api_values_t *b)
{
    if (b->args) {
        api_values_set_int(
            b, API_WAF_ARGS_COMBINED_SIZE, (int64_t) b->args_size);
    }
}


int
api_values_request(api_values_t *b, const api_values_request_t *request)
{
    uint32_t i;

    b->request = request;

    values_room(b);
    values_empty(b);
    values_connection(b, request);
    values_line(b, request);
    api_values_set(b, API_WAF_URLENCODED_ERROR, API_SPAN("0"));
    values_uri(b, request->uri);

    for (i = 0; i < request->nfields; i++) {
        values_header(b, &request->field[i]);
    }

    api_values_sizes(b);

    return b->nomem ? API_NOMEM : API_OK;
}
