/* Input: the target, a NUL, the type, a NUL, a Cookie, a NUL, the body.  What
   comes out is within its limits, and whatever a body is, it is looked at. */

#include "api_values.h"
#include "fuzz.h"


static void
touch(const api_waf_values_t *v)
{
    size_t     i, j, k, sum = 0;
    api_span_t s;

    for (i = 0; i < API_WAF_NSTORED; i++) {
        for (j = 0; j < v->set[i].count; j++) {
            s = v->set[i].items[j].value;
            for (k = 0; k < s.len; k++) {
                sum += s.data[k];
            }

            s = v->set[i].items[j].name;
            for (k = 0; k < s.len; k++) {
                sum += s.data[k];
            }
        }
    }

    MUST(sum < SIZE_MAX);
}


static void
check(const api_values_t *b, const api_waf_values_t *v, api_span_t body)
{
    api_span_t error = api_waf_values_get(v, API_WAF_REQBODY_ERROR);

    MUST(error.len == 1 && (error.data[0] == '0' || error.data[0] == '1'));
    MUST(v->set[API_WAF_ARGS_GET].count + v->set[API_WAF_ARGS_POST].count
         <= b->conf->args);
    MUST(v->set[API_WAF_ARGS_UNPACKED].count <= b->conf->unpacked);
    MUST(!b->over || error.data[0] == '1');
    MUST(api_span_eq(api_waf_values_get(v, API_WAF_REQUEST_BODY), body));
    touch(v);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned             how;
    api_span_t           rest = api_span(data, size);
    api_arena_t          arena;
    api_values_field_t   field[2];
    api_values_t         b;
    api_values_request_t request;
    api_waf_values_t     v;
    api_values_conf_t    conf = api_values_conf_default;

    memset(&request, 0, sizeof(request));
    request.method = API_SPAN("POST");
    request.protocol = API_SPAN("HTTP/1.1");
    request.uri = fuzz_next(&rest);
    field[0].name = API_SPAN("Content-Type");
    field[0].value = fuzz_next(&rest);
    field[1].name = API_SPAN("Cookie");
    field[1].value = fuzz_next(&rest);
    request.field = field;
    request.nfields = 2;

    conf.args = 50;
    conf.json_depth = 10;
    conf.xml_depth = 10;
    conf.xml_nodes = 50;
    conf.parts = 20;
    conf.unpacked = 60;
    how = size ? data[0] % 8U : 0;

    if (how > API_WAF_BODY_MULTIPART) {
        how = API_WAF_BODY_NONE;
    }

    api_arena_init(&arena, &api_alloc_libc, 0, 64 * 1024 * 1024);
    api_waf_values_init(&v, &arena, 1000);
    api_values_init(&b, &v, &conf, (api_sipkey_t){ 1, 2 }, &arena);

    if (api_values_request(&b, &request) == API_OK
        && api_values_body(&b, rest, (api_waf_body_t) how, false) == API_OK)
    {
        check(&b, &v, rest);
    }

    api_arena_free(&arena);

    return 0;
}
