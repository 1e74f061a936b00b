#include "api_waf_value.h"


#define API_WAF_VALUES_MAX 65536
#define API_WAF_SET_FIRST 8

typedef struct {
    const char    *name;
    api_waf_kind_t kind;
} api_waf_var_info_t;

#define API_WAF_VAR(name, kind) [API_WAF_##name] = { #name, API_WAF_K_##kind }

static const api_waf_var_info_t api_waf_vars[API_WAF_NVARS] = {
    API_WAF_VAR(ARGS_GET, DICT),
    API_WAF_VAR(ARGS_POST, DICT),
    API_WAF_VAR(REQUEST_HEADERS, DICT),
    API_WAF_VAR(REQUEST_COOKIES, DICT),
    API_WAF_VAR(RESPONSE_HEADERS, DICT),
    API_WAF_VAR(FILES, DICT),
    API_WAF_VAR(FILES_NAMES, DICT),
    API_WAF_VAR(FILES_SIZES, DICT),
    API_WAF_VAR(FILES_TMPNAMES, DICT),
    API_WAF_VAR(FILES_TMP_CONTENT, DICT),
    API_WAF_VAR(MULTIPART_FILENAME, DICT),
    API_WAF_VAR(MULTIPART_NAME, DICT),
    API_WAF_VAR(MULTIPART_PART_HEADERS, DICT),
    API_WAF_VAR(XML, DICT),
    API_WAF_VAR(ARGS_UNPACKED, DICT),
    API_WAF_VAR(ARGS_COMBINED_SIZE, SCALAR),
    API_WAF_VAR(AUTH_TYPE, SCALAR),
    API_WAF_VAR(FILES_COMBINED_SIZE, SCALAR),
    API_WAF_VAR(FULL_REQUEST, SCALAR),
    API_WAF_VAR(FULL_REQUEST_LENGTH, SCALAR),
    API_WAF_VAR(INBOUND_DATA_ERROR, SCALAR),
    API_WAF_VAR(MULTIPART_BOUNDARY_QUOTED, SCALAR),
    API_WAF_VAR(MULTIPART_BOUNDARY_WHITESPACE, SCALAR),
    API_WAF_VAR(MULTIPART_CRLF_LF_LINES, SCALAR),
    API_WAF_VAR(MULTIPART_DATA_AFTER, SCALAR),
    API_WAF_VAR(MULTIPART_DATA_BEFORE, SCALAR),
    API_WAF_VAR(MULTIPART_FILE_LIMIT_EXCEEDED, SCALAR),
    API_WAF_VAR(MULTIPART_HEADER_FOLDING, SCALAR),
    API_WAF_VAR(MULTIPART_INVALID_HEADER_FOLDING, SCALAR),
    API_WAF_VAR(MULTIPART_INVALID_PART, SCALAR),
    API_WAF_VAR(MULTIPART_INVALID_QUOTING, SCALAR),
    API_WAF_VAR(MULTIPART_LF_LINE, SCALAR),
    API_WAF_VAR(MULTIPART_MISSING_SEMICOLON, SCALAR),
    API_WAF_VAR(MULTIPART_STRICT_ERROR, SCALAR),
    API_WAF_VAR(MULTIPART_UNMATCHED_BOUNDARY, SCALAR),
    API_WAF_VAR(OUTBOUND_DATA_ERROR, SCALAR),
    API_WAF_VAR(PATH_INFO, SCALAR),
    API_WAF_VAR(QUERY_STRING, SCALAR),
    API_WAF_VAR(REMOTE_ADDR, SCALAR),
    API_WAF_VAR(REMOTE_HOST, SCALAR),
    API_WAF_VAR(REMOTE_PORT, SCALAR),
    API_WAF_VAR(REMOTE_USER, SCALAR),
    API_WAF_VAR(REQBODY_ERROR, SCALAR),
    API_WAF_VAR(REQBODY_ERROR_MSG, SCALAR),
    API_WAF_VAR(REQBODY_PROCESSOR, SCALAR),
    API_WAF_VAR(REQBODY_PROCESSOR_ERROR, SCALAR),
    API_WAF_VAR(REQBODY_PROCESSOR_ERROR_MSG, SCALAR),
    API_WAF_VAR(REQUEST_BASENAME, SCALAR),
    API_WAF_VAR(REQUEST_BODY, SCALAR),
    API_WAF_VAR(REQUEST_BODY_LENGTH, SCALAR),
    API_WAF_VAR(REQUEST_FILENAME, SCALAR),
    API_WAF_VAR(REQUEST_LINE, SCALAR),
    API_WAF_VAR(REQUEST_METHOD, SCALAR),
    API_WAF_VAR(REQUEST_PROTOCOL, SCALAR),
    API_WAF_VAR(REQUEST_URI, SCALAR),
    API_WAF_VAR(REQUEST_URI_RAW, SCALAR),
    API_WAF_VAR(RESPONSE_BODY, SCALAR),
    API_WAF_VAR(RESPONSE_CONTENT_LENGTH, SCALAR),
    API_WAF_VAR(RESPONSE_CONTENT_TYPE, SCALAR),
    API_WAF_VAR(RESPONSE_PROTOCOL, SCALAR),
    API_WAF_VAR(RESPONSE_STATUS, SCALAR),
    API_WAF_VAR(SERVER_ADDR, SCALAR),
    API_WAF_VAR(SERVER_NAME, SCALAR),
    API_WAF_VAR(SERVER_PORT, SCALAR),
    API_WAF_VAR(STATUS_LINE, SCALAR),
    API_WAF_VAR(UNIQUE_ID, SCALAR),
    API_WAF_VAR(URLENCODED_ERROR, SCALAR),
    API_WAF_VAR(ARGS, DICT),
    API_WAF_VAR(ARGS_NAMES, DICT),
    API_WAF_VAR(ARGS_GET_NAMES, DICT),
    API_WAF_VAR(ARGS_POST_NAMES, DICT),
    API_WAF_VAR(ARGS_UNPACKED_NAMES, DICT),
    API_WAF_VAR(REQUEST_HEADERS_NAMES, DICT),
    API_WAF_VAR(REQUEST_COOKIES_NAMES, DICT),
    API_WAF_VAR(RESPONSE_HEADERS_NAMES, DICT),
    API_WAF_VAR(MATCHED_VAR, SCALAR),
    API_WAF_VAR(MATCHED_VAR_NAME, SCALAR),
    API_WAF_VAR(MATCHED_VARS, DICT),
    API_WAF_VAR(MATCHED_VARS_NAMES, DICT),
    API_WAF_VAR(TX, STORE),
    API_WAF_VAR(IP, STORE),
    API_WAF_VAR(GLOBAL, STORE),
    API_WAF_VAR(RESOURCE, STORE),
    API_WAF_VAR(SESSION, STORE),
    API_WAF_VAR(USER, STORE),
    API_WAF_VAR(SESSIONID, SCALAR),
    API_WAF_VAR(USERID, SCALAR),
    API_WAF_VAR(RULE, DICT),
    API_WAF_VAR(ENV, DICT),
    API_WAF_VAR(GEO, DICT),
    API_WAF_VAR(DURATION, SCALAR),
    API_WAF_VAR(HIGHEST_SEVERITY, SCALAR),
    API_WAF_VAR(MODSEC_BUILD, SCALAR),
    API_WAF_VAR(TIME, SCALAR),
    API_WAF_VAR(TIME_DAY, SCALAR),
    API_WAF_VAR(TIME_EPOCH, SCALAR),
    API_WAF_VAR(TIME_HOUR, SCALAR),
    API_WAF_VAR(TIME_MIN, SCALAR),
    API_WAF_VAR(TIME_MON, SCALAR),
    API_WAF_VAR(TIME_SEC, SCALAR),
    API_WAF_VAR(TIME_WDAY, SCALAR),
    API_WAF_VAR(TIME_YEAR, SCALAR),
    API_WAF_VAR(WEBAPPID, SCALAR),
};


api_span_t
api_waf_var_name(api_waf_var_t var)
{
    const char *name;

    name = var < API_WAF_NVARS ? api_waf_vars[var].name : "?";

    return api_span(name, strlen(name));
}


api_waf_kind_t
api_waf_var_kind(api_waf_var_t var)
{
    return api_waf_vars[var].kind;
}


/* Other spellings that rules use. */

static const struct {
    const char   *name;
    api_waf_var_t var;
} api_waf_aliases[] = {
    { "MULTIPART_SEMICOLON_MISSING", API_WAF_MULTIPART_MISSING_SEMICOLON },
    { "STATUS", API_WAF_RESPONSE_STATUS },
};


api_waf_var_t
api_waf_var_find(api_span_t name)
{
    size_t        i;
    api_waf_var_t var;

    for (var = 0; var < API_WAF_NVARS; var++) {
        if (api_span_eq_nocase(name, api_waf_var_name(var))) {
            return var;
        }
    }

    for (i = 0; i < sizeof(api_waf_aliases) / sizeof(api_waf_aliases[0]); i++)
    {
        if (api_span_eq_nocase(name, api_span(api_waf_aliases[i].name,
                                         strlen(api_waf_aliases[i].name))))
        {
            return api_waf_aliases[i].var;
        }
    }

    return API_WAF_NVARS;
}


void
api_waf_values_init(api_waf_values_t *v, api_arena_t *arena, uint32_t max)
{
    memset(v, 0, sizeof(*v));
    v->arena = arena;
    v->max = max ? max : API_WAF_VALUES_MAX;
}


static int
api_waf_set_grow(api_waf_values_t *v, api_waf_set_t *set, uint32_t room)
{
    void *items;

    items = api_arena_grow(v->arena, set->items,
        set->room * sizeof(api_waf_value_t), room * sizeof(api_waf_value_t));

    if (items == NULL) {
        return API_NOMEM;
    }

    set->items = items;
    set->room = room;

    return API_OK;
}


int
api_waf_values_add(
    api_waf_values_t *v, api_waf_var_t var, api_span_t name, api_span_t value)
{
    int            rc;
    api_waf_set_t *set = &v->set[var];

    if (v->max == 0) {
        v->over = true;
        return API_LIMIT;
    }

    if (set->count == set->room) {
        rc = api_waf_set_grow(
            v, set, set->room ? set->room * 2 : API_WAF_SET_FIRST);

        if (rc != API_OK) {
            return rc;
        }
    }

    api_waf_values_put(v, set, name, value);

    return API_OK;
}


int
api_waf_values_reserve(api_waf_values_t *v, api_waf_var_t var, uint32_t n)
{
    uint32_t       room;
    api_waf_set_t *set = &v->set[var];

    n = n < v->max ? n : v->max;

    if (n <= set->room - set->count) {
        return API_OK;
    }

    room = set->count + n;

    return api_waf_set_grow(
        v, set, room > set->room * 2 ? room : set->room * 2);
}


/* A scalar does not count against the maximum: there are few. */

int
api_waf_values_set(api_waf_values_t *v, api_waf_var_t var, api_span_t value)
{
    api_waf_set_t *set;

    set = &v->set[var];

    if (set->room == 0 && api_waf_set_grow(v, set, 1) != API_OK) {
        return API_NOMEM;
    }

    v->longest = value.len > v->longest ? value.len : v->longest;
    set->items[0] = (api_waf_value_t){ { NULL, 0 }, value, 0, 0, v->seq++ };
    set->count = 1;

    return API_OK;
}


#define INT_DIGITS 20 /* of INT64_MIN, with its sign */

api_span_t
api_waf_decimal(api_arena_t *arena, int64_t value)
{
    size_t   n = INT_DIGITS;
    uint8_t *p;
    uint64_t left = value < 0 ? 0 - (uint64_t) value : (uint64_t) value;

    p = api_arena_alloc(arena, INT_DIGITS);

    if (p == NULL) {
        return (api_span_t){ NULL, 0 };
    }

    do {
        p[--n] = (uint8_t) ('0' + left % 10);
        left /= 10;
    } while (left);

    if (value < 0) {
        p[--n] = '-';
    }

    return api_span(p + n, INT_DIGITS - n);
}


int
api_waf_values_set_int(api_waf_values_t *v, api_waf_var_t var, int64_t value)
{
    api_span_t text = api_waf_decimal(v->arena, value);

    return text.data ? api_waf_values_set(v, var, text) : API_NOMEM;
}


api_span_t
api_waf_values_get(const api_waf_values_t *v, api_waf_var_t var)
{
    const api_waf_set_t *set;

    set = &v->set[var];

    return set->count ? set->items[0].value : (api_span_t){ NULL, 0 };
}


api_span_t
api_waf_values_find(
    const api_waf_values_t *v, api_waf_var_t var, api_span_t name)
{
    uint32_t             i;
    const api_waf_set_t *set;

    set = &v->set[var];

    for (i = 0; i < set->count; i++) {
        if (api_span_eq_nocase(set->items[i].name, name)) {
            return set->items[i].value;
        }
    }

    return (api_span_t){ NULL, 0 };
}
