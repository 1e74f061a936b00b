/*
 * Logs that are to be verified, notes, keys: whatever they hold, nothing is
 * read or written beside them, and a log that was not sealed by a key is never
 * taken for one that was.
 */

#include "api_redact.h"
#include "api_seal_check.h"
#include "fuzz.h"


static api_seal_signer_t *signer;


static void
setup(void)
{
    api_err_t err;
    uint8_t   seed[32] = { 9 };

    if (signer == NULL
        && api_seal_signer_make(
               &signer, API_SPAN("fuzz"), seed, &api_alloc_libc, &err)
               != API_OK)
    {
        abort();
    }
}


static void
log_of(api_span_t text)
{
    uint64_t          place = 0;
    api_span_t        line;
    api_seal_sum_t    sum;
    api_seal_opts_t   opts = { .signer = signer,
          .has_key = true,
          .epoch = 1795646000,
          .now = 1795647000 };
    api_seal_check_t *check;
    const uint8_t    *end;

    if (api_seal_check_create(&check, &opts, &api_alloc_libc) != API_OK) {
        abort();
    }

    while (text.len) {
        end = memchr(text.data, '\n', text.len);
        line =
            api_span(text.data, end ? (size_t) (end - text.data) : text.len);
        (void) api_seal_check_line(check, line, ++place);

        text = api_span(line.data + line.len + (end != NULL),
            text.len - line.len - (end != NULL));
    }

    /* nobody here has made a seal under that key */

    if (api_seal_check_end(check, &sum) == API_SEAL_FINE && sum.seals) {
        abort();
    }

    if (sum.requests > sum.events || sum.events > sum.lines) {
        abort();
    }

    api_seal_check_free(check);
}


static void
redacted(api_span_t s)
{
    char         out[300];
    size_t       n;
    uint32_t     masked;
    api_sipkey_t key = { 1, 2 };

    n = api_redact_path(key, s, out, sizeof(out), &masked);

    if (n > sizeof(out)) {
        abort();
    }

    while (n--) {
        if ((unsigned char) out[n] > '~' || out[n] < ' ') {
            abort();
        }
    }

    (void) api_redact_host(key, s, out, sizeof(out), &masked);
    (void) api_redact_agent(s, out, sizeof(out), &masked);
    (void) api_redact_name(s);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    api_err_t             err;
    api_span_t            s = api_span(data, size);
    api_seal_signer_t    *key;
    api_seal_checkpoint_t point;

    setup();

    if (api_seal_signer_read(&key, s, &api_alloc_libc, &err) == API_OK) {
        api_seal_signer_free(key);
    }

    (void) api_seal_note_open(signer, s, &point);
    redacted(s);
    log_of(s);

    return 0;
}
