/*
 * Input: a byte for the paranoia level, the target, a NUL, the type, a NUL, a
 * Cookie, a NUL, the value of a header, a NUL, the body.  The rules for APIs,
 * from ngx_api_waf_module/rules, find the same with the prefilter and without.
 */

#define _POSIX_C_SOURCE 200809L

#include "fuzz_waf.h"

#include <glob.h>
#include <stdio.h>


#define RULES "ngx_api_waf_module/rules/*.conf"
#define LEVELS 4
#define INPUT_MAXIMUM 4000
#define FILES 40
#define MEMO_ENTRIES 512 /* so that some are thrown out */

static struct {
    glob_t                  files;
    uint8_t                *text[FILES];
    size_t                  nread;
    api_scratch_t          *scratch;
    api_seclang_t          *loader;
    api_waf_scan_scratch_t *scan;
    api_waf_scan_scratch_t *memo;
    const api_waf_view_t   *view[LEVELS];
    api_values_conf_t       conf;
} core;


/* Files are a few kilobytes, and stay to the end. */

static int
read_file(void *ctx, const char *path, api_span_t *text, api_err_t *err)
{
    FILE    *in;
    size_t   n;
    uint8_t *buf;

    (void) ctx;
    (void) err;
    in = fopen(path, "rb");
    buf = malloc(65536);
    MUST(in && buf && core.nread < FILES);
    core.text[core.nread++] = buf;
    n = fread(buf, 1, 65536, in);
    MUST(n > 0 && n < 65536);
    fclose(in);
    *text = api_span(buf, n);

    return API_OK;
}


static int
glob_file(void *ctx, const char *pattern, size_t index, const char **path)
{
    (void) ctx;
    (void) pattern;

    if (index >= core.files.gl_pathc) {
        return API_INVALID;
    }

    *path = core.files.gl_pathv[index];

    return API_OK;
}


static void
load(void)
{
    uint32_t                 i;
    api_err_t                err;
    api_seclang_io_t         io = { read_file, glob_file, NULL };
    api_waf_view_conf_t      conf;
    const api_waf_program_t *program;

    MUST(glob(RULES, 0, NULL, &core.files) == 0); /* in the repository */
    core.loader = api_seclang_create(&api_alloc_libc, &io, NULL);
    MUST(api_seclang_file(core.loader, RULES, &err) == API_OK);
    api_seclang_paranoia(core.loader, LEVELS);
    MUST(api_seclang_finish(core.loader, &program, &err) == API_OK);

    for (i = 0; i < LEVELS; i++) {
        memset(&conf, 0, sizeof(conf));
        conf.paranoia = i + 1;
        MUST(api_waf_view_create(
                 &core.view[i], program, &conf, &api_alloc_libc, &err)
             == API_OK);
    }

    api_values_conf(&core.conf, api_waf_program_settings(program));
    core.scratch = api_scratch_create(&api_alloc_libc);
    MUST(core.scratch);
    MUST(api_waf_scan_scratch_create(&core.scan, program, &api_alloc_libc)
         == API_OK);
    MUST(api_waf_scan_scratch_create(&core.memo, program, &api_alloc_libc)
         == API_OK);
    MUST(api_waf_scan_remember(core.memo, MEMO_ENTRIES, (api_sipkey_t){ 3, 4 })
         == API_OK);
}


typedef struct {
    api_values_request_t request;
    api_values_field_t   field[4];
    api_span_t           body;
} sent_t;


static void
fill(const void *ctx, api_waf_tx_t *tx, api_waf_values_t *values,
    api_values_t *b, int phase)
{
    const sent_t *s = ctx;

    (void) values;

    if (phase == API_WAF_REQUEST_HEADERS_PHASE) {
        MUST(api_values_request(b, &s->request) == API_OK);

    } else if (phase == API_WAF_REQUEST_BODY_PHASE) {
        MUST(api_values_body(b, s->body, api_waf_tx_settings(tx)->body, false)
             == API_OK);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t      i;
    sent_t      s;
    api_span_t  rest;
    fuzz_waf_t  f;
    fuzz_said_t said;

    static const char *const name[] = { "Content-Type", "Cookie", "X-Note",
        "Host" };

    if (size == 0 || size > INPUT_MAXIMUM) {
        return 0;
    }

    if (core.loader == NULL) {
        load();
    }

    memset(&s, 0, sizeof(s));
    rest = api_span(data + 1, size - 1);
    s.request.method = API_SPAN("POST");
    s.request.protocol = API_SPAN("HTTP/1.1");
    s.request.uri = fuzz_next(&rest);
    s.request.field = s.field;
    s.request.nfields = 4;

    for (i = 0; i < 4; i++) {
        s.field[i].name = api_span(name[i], strlen(name[i]));
        s.field[i].value = i < 3 ? fuzz_next(&rest) : API_SPAN("a.example");
    }

    s.body = rest;

    memset(&f, 0, sizeof(f));
    f.view = core.view[data[0] % LEVELS];
    f.conf = &core.conf;
    f.scan = core.scan;
    f.memo = core.memo;
    f.scratch = core.scratch;
    f.engine = API_WAF_ENGINE_DETECT;
    f.fill = fill;
    f.ctx = &s;
    (void) fuzz_waf_same(&f, &said);

    return 0;
}
