/* apisec log decrypt, and the keys for it. */

#include "apisec_log.h"
#include "api_seal_box.h"

#include <unistd.h>


static const api_json_limits_t limits = { .depth = 12,
    .tokens = 4096,
    .members = 1024,
    .name = 256,
    .string = APISEC_LOG_LINE,
    .number = 100 };

typedef struct {
    uint64_t opened;
    uint64_t others;
    uint64_t failed;
} count_t;


int
apisec_log_reader(const apisec_log_t *v)
{
    int     rc;
    char    text[API_SEAL_BOX_KEY_MAX + 1];
    size_t  len;
    uint8_t secret[API_SEAL_BOX_KEY], open[API_SEAL_BOX_KEY];

    apisec_random(secret, sizeof(secret));

    if (api_seal_box_public(secret, open) != API_OK) {
        return apisec_fail(APISEC_FAILED, "log: no key could be made");
    }

    len = api_seal_box_text(secret, true, text);
    text[len] = '\n';
    text[len + 1] = '\0';
    rc = apisec_create(v->reader, text);
    memset(secret, 0, sizeof(secret));

    if (rc == APISEC_OK) {
        len = api_seal_box_text(open, false, text);
        printf("%.*s\n", (int) len, text);
        fprintf(stderr,
            "That is the recipient of api_audit_encrypt.  %s opens what it"
            " encrypts: keep\nit where nginx is not.\n",
            v->reader);
    }

    return rc;
}


/* Anybody may have made a box, and put anything into it: only an object comes
   out, without what a terminal would obey. */

static bool
is_clean(api_span_t text)
{
    size_t     i;
    api_json_t doc;

    for (i = 0; i + 1 < text.len; i++) {
        if (text.data[i] == 0x7f
            || (text.data[i] == 0xc2 && text.data[i + 1] < 0xa0)) {
            return false;
        }
    }

    return api_json_parse(&doc, text, &limits, 0, (api_sipkey_t){ 0 },
               apisec_arena(), NULL)
               == API_OK
           && doc.tok[0].type == API_JSON_OBJECT;
}


/* The line with what is in its box; 0: it has none for us, -1: it does not
   open. */

static int
open_line(api_seal_opener_t *o, api_span_t line, char *text, size_t *len,
    api_span_t *raw)
{
    int64_t    n;
    uint32_t   at, num;
    api_json_t event;
    api_span_t by, data, id;

    if (api_json_parse(&event, line, &limits, 0, (api_sipkey_t){ 0 },
            apisec_arena(), NULL)
        != API_OK)
    {
        return 0;
    }

    at = api_json_get(&event, 0, API_SPAN("box"));

    if (at == API_JSON_NONE || event.tok[at].type != API_JSON_OBJECT
        || !api_span_eq(apisec_log_value(&event, "box.to"),
            api_span(api_seal_opener_to(o), API_SEAL_BOX_TO)))
    {
        return 0;
    }

    by = apisec_log_value(&event, "box.by");
    data = apisec_log_value(&event, "box.data");
    id = apisec_log_value(&event, "support_id");
    num = api_json_get(&event, at, API_SPAN("n"));
    *raw = api_json_raw(&event, at);

    if (num == API_JSON_NONE || !api_json_int64(&event, num, &n) || n < 0
        || api_seal_open(o, by, (uint64_t) n, id, data, text, len) != API_OK)
    {
        return -1;
    }

    return is_clean(api_span(text, *len)) ? 1 : -1;
}


static void
print_line(
    api_seal_opener_t *o, api_span_t line, const char *where, count_t *count)
{
    int        rc;
    char       text[API_SEAL_BOX_MAX];
    size_t     len, before;
    api_span_t raw;

    rc = open_line(o, line, text, &len, &raw);

    if (rc != 1) {
        count->others += rc == 0;
        count->failed += rc < 0;

        if (rc < 0) {
            fprintf(stderr,
                "apisec: %s: a box does not open: it was changed,"
                " or stands in another event\n",
                where);
        }

        (void) fwrite(line.data, 1, line.len, stdout);
        putchar('\n');
        return;
    }

    before = (size_t) (raw.data - line.data);
    count->opened++;
    (void) fwrite(line.data, 1, before, stdout);
    (void) fwrite(text, 1, len, stdout);
    (void) fwrite(raw.data + raw.len, 1, line.len - before - raw.len, stdout);
    putchar('\n');
}


static int
read_key(const char *path, api_seal_opener_t **o)
{
    int        rc;
    bool       is_secret;
    uint8_t    key[API_SEAL_BOX_KEY];
    api_span_t text;

    rc = apisec_read(path, 4096, &text);
    if (rc != APISEC_OK) {
        return rc;
    }

    if (!api_seal_box_read(text, key, &is_secret) || !is_secret) {
        return apisec_fail(APISEC_FAILED,
            "%s: that is no private key of a reader, which begins with"
            " APISEC-LOG-READER-SECRET+",
            path);
    }

    rc = api_seal_opener_create(o, key, &api_alloc_libc);
    memset(key, 0, sizeof(key));

    return rc == API_OK ? APISEC_OK : apisec_fail(APISEC_FAILED, "no memory");
}


int
apisec_log_decrypt(const apisec_log_t *v, const apisec_list_t *files)
{
    int                rc;
    size_t             i;
    count_t            count = { .opened = 0 };
    api_span_t         line;
    api_arena_mark_t   mark;
    apisec_log_file_t  f = { .buf = NULL };
    api_seal_opener_t *o = NULL;

    if (v->key == NULL) {
        return apisec_fail(APISEC_USAGE,
            "log: decrypt --key FILE: the one that keygen --reader made");
    }

    rc = read_key(v->key, &o);

    for (i = 0; rc == APISEC_OK && i < files->n; i++) {
        rc = apisec_log_open(&f, files->item[i]);

        while (rc == APISEC_OK && apisec_log_next(&f, &line)) {
            mark = api_arena_mark(apisec_arena());
            print_line(o, line,
                apisec_text(
                    "%s:%llu", files->item[i], (unsigned long long) f.line),
                &count);
            api_arena_rewind(apisec_arena(), mark);
        }

        if (rc == APISEC_OK) {
            rc = apisec_log_close(&f);
        }
    }

    if (rc == APISEC_OK) {
        fprintf(stderr,
            "%llu opened, %llu without a box for this key, %llu"
            " that do not open\n",
            (unsigned long long) count.opened,
            (unsigned long long) count.others,
            (unsigned long long) count.failed);
        rc = count.failed ? APISEC_NO : APISEC_OK;
    }

    api_seal_opener_free(o);

    return rc;
}
