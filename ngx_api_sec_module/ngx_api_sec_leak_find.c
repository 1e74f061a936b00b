
/*
 * What was found in a piece of a response.
 */

#include "ngx_api_sec_leak.h"
#include "ngx_api_sec_govern.h"


#define NGX_API_SEC_LEAK_FINDS  32     /* of a piece, for their names */
#define NGX_API_SEC_LEAK_BACK   256    /* bytes from a value to its name */


static api_span_t ngx_api_sec_leak_name(api_span_t text, size_t at);
static void ngx_api_sec_leak_field(ngx_api_sec_scan_t *scan, api_span_t name,
    unsigned kind);


static const ngx_str_t  ngx_api_sec_leak_reasons[API_NSENSITIVE] = {
    ngx_string("card"),
    ngx_string("iban"),
    ngx_string("email"),
    ngx_string("national_id"),
    ngx_string("jwt"),
    ngx_string("cloud_key"),
    ngx_string("private_key"),
    ngx_string("stack_trace"),
    ngx_string("password")
};


/* The worst first. */

const ngx_str_t *
ngx_api_sec_leak_reason(unsigned kinds)
{
    ngx_uint_t  i;

    static const uint8_t  order[API_NSENSITIVE] = {
        API_SENSITIVE_PRIVATE_KEY, API_SENSITIVE_CLOUD_KEY,
        API_SENSITIVE_PASSWORD, API_SENSITIVE_JWT, API_SENSITIVE_CARD,
        API_SENSITIVE_NATIONAL, API_SENSITIVE_IBAN,
        API_SENSITIVE_STACK_TRACE, API_SENSITIVE_EMAIL
    };

    for (i = 0; i < API_NSENSITIVE - 1; i++) {
        if (kinds & 1U << order[i]) {
            break;
        }
    }

    return &ngx_api_sec_leak_reasons[order[i]];
}


/* Kinds less those that an api_exception lets pass. */

unsigned
ngx_api_sec_leak_excepted(ngx_http_request_t *r, unsigned kinds)
{
    ngx_uint_t  i;

    for (i = 0; i < API_NSENSITIVE; i++) {
        if ((kinds & 1U << i)
            && ngx_api_sec_except(r, NGX_API_CHECK_LEAK,
                                  &ngx_api_sec_leak_reasons[i]))
        {
            kinds &= ~(1U << i);
        }
    }

    return kinds;
}


void
ngx_api_sec_leak_fields(ngx_api_sec_scan_t *scan, api_span_t text,
    unsigned kinds)
{
    size_t                at;
    api_span_t            name;
    ngx_uint_t            i;
    api_sensitive_find_t  find;

    for (i = 0, at = 0;
         i < NGX_API_SEC_LEAK_FINDS
         && api_sensitive_next(text, at, kinds, &find);
         i++)
    {
        name = ngx_api_sec_leak_name(text, find.from);
        ngx_api_sec_leak_field(scan, name, find.kind);
        at = find.to;
    }
}


/* "NAME" : "... value: the member it stands in, when that is near. */

static api_span_t
ngx_api_sec_leak_name(api_span_t text, size_t at)
{
    size_t          least, end;
    const uint8_t  *p;

    p = text.data;
    least = at > NGX_API_SEC_LEAK_BACK ? at - NGX_API_SEC_LEAK_BACK : 0;

    while (at > least && p[at - 1] != '"' && p[at - 1] != ':') {
        at--;
    }

    if (at > least && p[at - 1] == '"') {
        at--;
    }

    while (at > least && (p[at - 1] == ':' || p[at - 1] == ' ')) {
        at--;
    }

    if (at <= least + 1 || p[at - 1] != '"') {
        return api_span(NULL, 0);
    }

    for (end = --at; at > least && p[at - 1] != '"'; at--) {
        if (p[at - 1] < ' ' || p[at - 1] == '\\') {
            return api_span(NULL, 0);
        }
    }

    return at > least ? api_span(p + at, end - at) : api_span(NULL, 0);
}


static void
ngx_api_sec_leak_field(ngx_api_sec_scan_t *scan, api_span_t name,
    unsigned kind)
{
    ngx_uint_t  i;

    if (name.len == 0 || name.len > API_INV_PARAM_NAME) {
        return;
    }

    for (i = 0; i < scan->nfields; i++) {
        if (api_span_eq(name, api_span(scan->field[i].name,
                                       scan->field[i].len)))
        {
            break;
        }
    }

    if (i == sizeof(scan->field) / sizeof(scan->field[0])) {
        return;
    }

    if (i == scan->nfields) {
        ngx_memcpy(scan->field[i].name, name.data, name.len);
        scan->field[i].len = (u_char) name.len;
        scan->nfields++;
    }

    scan->field[i].classes |= 1U << kind;
}


/*
 * As many bytes as before.  Digits become 9, so that a number stays one; what
 * holds a text together (quotes, braces, escapes, blanks) stays.
 */

void
ngx_api_sec_leak_mask(u_char *data, size_t len, unsigned kinds)
{
    size_t                i, at;
    u_char                c;
    api_sensitive_find_t  find;

    static const u_char  keep[] = "\"{}[]<>,:\\";

    for (at = 0;
         api_sensitive_next(api_span(data, len), at, kinds, &find);
         at = find.to)
    {
        for (i = find.from; i < find.to; i++) {
            c = data[i];

            if (c <= ' ' || ngx_strlchr((u_char *) keep,
                                        (u_char *) keep + sizeof(keep) - 1,
                                        c))
            {
                i += (c == '\\');    /* and what it escapes */
                continue;
            }

            data[i] = c >= '0' && c <= '9' ? '9' : '*';
        }
    }
}
