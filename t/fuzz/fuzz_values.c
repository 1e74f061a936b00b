/* Input: the target, a NUL, the type, a NUL, a Cookie, a NUL, the body.  What
   comes out is within its limits, and whatever a body is, it is looked at; in
   slices as in one go. */

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


typedef struct {
    api_arena_t          arena;
    api_values_field_t   field[2];
    api_values_t         b;
    api_values_request_t request;
    api_waf_values_t     v;
    api_values_conf_t    conf;
} run_t;


/* False: no memory. */

static bool
run(run_t *r, api_span_t rest, unsigned how, size_t slice)
{
    memset(r, 0, sizeof(*r));
    r->conf = api_values_conf_default;
    r->request.method = API_SPAN("POST");
    r->request.protocol = API_SPAN("HTTP/1.1");
    r->request.uri = fuzz_next(&rest);
    r->field[0].name = API_SPAN("Content-Type");
    r->field[0].value = fuzz_next(&rest);
    r->field[1].name = API_SPAN("Cookie");
    r->field[1].value = fuzz_next(&rest);
    r->request.field = r->field;
    r->request.nfields = 2;

    r->conf.args = 50;
    r->conf.json_depth = 10;
    r->conf.xml_depth = 10;
    r->conf.xml_nodes = 50;
    r->conf.parts = 20;
    r->conf.unpacked = 60;

    api_arena_init(&r->arena, &api_alloc_libc, 0, 64 * 1024 * 1024);
    api_waf_values_init(&r->v, &r->arena, 1000);
    api_values_init(&r->b, &r->v, &r->conf, (api_sipkey_t){ 1, 2 }, &r->arena);
    r->b.slice = slice;

    if (api_values_request(&r->b, &r->request) != API_OK
        || api_values_body(&r->b, rest, (api_waf_body_t) how, false) != API_OK)
    {
        return false;
    }

    check(&r->b, &r->v, rest);

    return true;
}


/* Of what is broken the same is said, though more or less of it may have been
   seen. */

static void
same(const api_waf_values_t *a, const api_waf_values_t *b)
{
    size_t     i, j;
    api_span_t error = api_waf_values_get(a, API_WAF_REQBODY_ERROR);

    MUST(api_span_eq(error, api_waf_values_get(b, API_WAF_REQBODY_ERROR)));

    for (i = 0; error.data[0] == '0' && i < API_WAF_NSTORED; i++) {
        MUST(a->set[i].count == b->set[i].count);

        for (j = 0; j < a->set[i].count; j++) {
            MUST(
                api_span_eq(a->set[i].items[j].name, b->set[i].items[j].name));
            MUST(api_span_eq(
                a->set[i].items[j].value, b->set[i].items[j].value));
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    run_t      whole, slices;
    unsigned   how = size ? data[0] % 8U : 0;
    api_span_t rest = api_span(data, size);

    how = how > API_WAF_BODY_MULTIPART ? API_WAF_BODY_NONE : how;

    if (run(&whole, rest, how, SIZE_MAX / 2)) {
        if (run(&slices, rest, how, 1 + size % 16)) {
            same(&whole.v, &slices.v);
        }

        api_arena_free(&slices.arena);
    }

    api_arena_free(&whole.arena);

    return 0;
}
