/* Input: a request in a file, as apisec schema validate reads it.  What comes
   out lies in the input, and written out again reads the same. */

#include "../../ngx_api_sec_module/tools/apisec_request.c"
#include "fuzz.h"


int
apisec_fail(int code, const char *fmt, ...)
{
    MUST(code == APISEC_USAGE && fmt != NULL);

    return code;
}


static void
inside(api_span_t all, api_span_t s)
{
    MUST(s.len == 0
         || (s.data >= all.data && s.data + s.len <= all.data + all.len));
    MUST(s.len == 0 || memchr(s.data, '\n', s.len) == NULL);
}


static size_t
put(uint8_t *out, size_t n, api_span_t s, const char *end)
{
    if (s.len) {
        memcpy(out + n, s.data, s.len);
    }

    memcpy(out + n + s.len, end, strlen(end));

    return n + s.len + strlen(end);
}


/* A line of its own may have lost what stood behind its target, and blanks. */

static void
again(const apisec_request_t *r, size_t size)
{
    size_t                  i, n;
    uint8_t                *out;
    static apisec_request_t q;

    out = malloc(size * 2 + APISEC_REQUEST_FIELDS * 4 + 16);
    MUST(out != NULL);

    n = put(out, 0, r->method, " ");
    n = put(out, n, r->target, " \r\n");

    for (i = 0; i < r->nfields; i++) {
        n = put(out, n, r->fields[i].name, ":");
        n = put(out, n, r->fields[i].value, " \r\n");
    }

    n = put(out, n, API_SPAN(""), "\r\n");
    n = put(out, n, r->body, "");

    MUST(apisec_request("again", api_span(out, n), &q) == APISEC_OK);
    MUST(api_span_eq(q.method, r->method));
    MUST(api_span_eq(q.target, r->target));
    MUST(api_span_eq(q.body, r->body));
    MUST(q.has_body == r->has_body && q.nfields == r->nfields);

    for (i = 0; i < r->nfields; i++) {
        MUST(api_span_eq(q.fields[i].name, r->fields[i].name));
        MUST(api_span_eq(q.fields[i].value, r->fields[i].value));
    }

    free(out);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                  i;
    api_span_t              text = api_span(data, size);
    static apisec_request_t r;

    if (apisec_request("input", text, &r) != APISEC_OK) {
        return 0;
    }

    MUST(r.target.len != 0);
    inside(text, r.method);
    inside(text, r.target);

    for (i = 0; i < r.nfields; i++) {
        MUST(r.fields[i].name.len != 0);
        inside(text, r.fields[i].name);
        inside(text, r.fields[i].value);
    }

    MUST(r.body.len == 0 || r.body.data + r.body.len == data + size);
    again(&r, size);

    return 0;
}
