#include "api_contract_int.h"

#include "api_token.h"


/* Headers, of requests and of responses. */

uint32_t
api_contract_field(
    const api_contract_run_t *run, api_span_t name, api_span_t *value)
{
    size_t   i;
    uint32_t n;

    for (i = 0, n = 0; i < run->nfields; i++) {
        if (run->fields[i].name.len == name.len
            && api_span_eq_nocase(run->fields[i].name, name))
        {
            if (n++ == 0) {
                *value = run->fields[i].value;
            }
        }
    }

    return n;
}


/* X_Trace beside X-Trace: both are HTTP_X_TRACE behind a gateway interface. */

bool
api_contract_twin(const api_contract_run_t *run, api_span_t name)
{
    bool       other;
    size_t     i, k;
    uint8_t    a, b;
    api_span_t field;

    for (i = 0; i < run->nfields; i++) {
        field = run->fields[i].name;
        other = false;

        for (k = 0; field.len == name.len && k < name.len; k++) {
            a = field.data[k] == '_' ? '-' : field.data[k];
            b = name.data[k] == '_' ? '-' : name.data[k];
            other |= field.data[k] != name.data[k] && a == b;

            if ((a | 0x20) != (b | 0x20)) {
                break;
            }
        }

        if (other && field.len == name.len && k == name.len) {
            return true;
        }
    }

    return false;
}


/* Several fields of one name are one list (RFC 9110 section 5.3). */

static api_span_t
api_contract_join(
    api_contract_run_t *run, const api_param_t *param, size_t total)
{
    size_t   i, n;
    uint8_t *p;

    p = api_arena_alloc(run->arena, total);

    if (p == NULL) {
        run->rc = API_NOMEM;
        return API_SPAN("");
    }

    for (i = 0, n = 0; i < run->nfields; i++) {
        if (!api_span_eq_nocase(run->fields[i].name, param->name)) {
            continue;
        }

        if (n) {
            p[n++] = ',';
        }

        if (run->fields[i].value.len) {
            memcpy(p + n, run->fields[i].value.data, run->fields[i].value.len);
            n += run->fields[i].value.len;
        }
    }

    return api_span(p, n);
}


void
api_contract_header(api_contract_run_t *run, const api_param_t *param)
{
    size_t     i, total;
    uint32_t   n;
    api_span_t value;

    n = api_contract_field(run, param->name, &value);

    if (api_contract_twin(run, param->name)) {
        api_contract_fault(run, 400, "parameter", API_IN_HEADER, param->name,
            "duplicate", "a header with \"_\" for \"-\" is taken for it");
        return;
    }

    if (n == 0) {
        api_contract_missing(run, param);
        return;
    }

    if (n > 1 && !(param->types & API_SCHEMA_T_ARRAY)) {
        api_contract_fault(run, 400, "parameter", API_IN_HEADER, param->name,
            "duplicate", "it stands there more than once, and has one value");
        return;
    }

    if (n > 1) {
        for (i = 0, total = 0; i < run->nfields; i++) {
            total += run->fields[i].value.len + 1;
        }

        value = api_contract_join(run, param, total);
    }

    api_contract_piece(run, param, api_token_trim(value), false, false);
}


/* Fields that clients, proxies and browsers send without being told to, and
   those that HTTP itself gives a meaning. */

static bool
api_contract_is_common(api_span_t name)
{
    size_t i, len;

    static const char *const common[] = { "accept", "accept-charset",
        "accept-encoding", "accept-language", "access-control-request-headers",
        "access-control-request-method", "authorization", "baggage",
        "cache-control", "connection", "content-encoding", "content-language",
        "content-length", "content-location", "content-type", "cookie", "date",
        "dnt", "dpop", "expect", "forwarded", "from", "host", "if-match",
        "if-modified-since", "if-none-match", "if-range",
        "if-unmodified-since", "keep-alive", "max-forwards", "origin",
        "pragma", "prefer", "priority", "proxy-authorization", "range",
        "referer", "te", "traceparent", "tracestate", "trailer",
        "transfer-encoding", "upgrade", "upgrade-insecure-requests",
        "user-agent", "via", "x-forwarded-for", "x-forwarded-host",
        "x-forwarded-port", "x-forwarded-proto", "x-real-ip", "x-request-id",
        "x-requested-with" };

    for (i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
        len = strlen(common[i]);

        if (len == name.len
            && api_span_eq_nocase(name, api_span(common[i], len))) {
            return true;
        }
    }

    return name.len > 4
           && api_span_eq_nocase(api_span(name.data, 4), API_SPAN("sec-"));
}


static bool
api_contract_is_declared(const api_contract_run_t *run, api_span_t name)
{
    uint32_t i;

    for (i = run->rules->first[API_IN_HEADER];
         i < run->rules->first[API_IN_COOKIE]; i++)
    {
        if (api_span_eq_nocase(run->rules->params[i]->name, name)) {
            return true;
        }
    }

    return api_contract_is_common(name)
           || api_contract_is_key(run, API_IN_HEADER, name);
}


void
api_contract_headers(api_contract_run_t *run)
{
    size_t   i;
    uint32_t k;

    for (k = run->rules->first[API_IN_HEADER];
         k < run->rules->first[API_IN_COOKIE] && api_contract_goes_on(run);
         k++)
    {
        api_contract_header(run, run->rules->params[k]);
    }

    for (i = 0; run->opts->deny_headers && i < run->nfields; i++) {
        if (api_contract_goes_on(run)
            && !api_contract_is_declared(run, run->fields[i].name))
        {
            api_contract_fault(run, 400, "parameter", API_IN_HEADER,
                run->fields[i].name, "unknown",
                "the operation has no such header");
        }
    }
}
