/* apisec log verify */

#include "apisec_log.h"
#include "api_seal_check.h"
#include "api_text.h"

#include <stdlib.h>
#include <time.h>


#define LINE_BITS 44 /* of a place: the rest is the number of the file */

/* Whom a fault is told, with a file in place of a number. */

typedef struct {
    const apisec_list_t *files;
    apisec_log_tell_pt   tell;
    void                *ctx;
} teller_t;

#define TOLD_MAX 20


static void
place_of(
    void *ctx, api_seal_verdict_t verdict, uint64_t place, const char *text)
{
    teller_t *t = ctx;

    t->tell(t->ctx, verdict, place ? t->files->item[place >> LINE_BITS] : NULL,
        place & (((uint64_t) 1 << LINE_BITS) - 1), text);
}


static void
tell(void *ctx, api_seal_verdict_t verdict, const char *file, uint64_t line,
    const char *text)
{
    char      out[1024];
    size_t    len;
    uint64_t *told = ctx;

    if ((*told)++ >= TOLD_MAX) {
        return;
    }

    len = api_text_log(api_span(text, strlen(text)), out, sizeof(out), NULL);

    if (file) {
        printf("%s:%llu: ", file, (unsigned long long) line);
    }

    printf("%s: %.*s\n", verdict == API_SEAL_CHANGED ? "changed" : "missing",
        (int) len, out);
}


/* The next word of *s. */

static api_span_t
word(api_span_t *s)
{
    size_t n = 0;

    while (s->len && s->data[0] <= ' ') {
        *s = api_span(s->data + 1, s->len - 1);
    }

    while (n < s->len && s->data[n] > ' ') {
        n++;
    }

    {
        api_span_t one = api_span(s->data, n);

        *s = api_span(s->data + n, s->len - n);

        return one;
    }
}


static int
digit(uint8_t c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}


static bool
hex_key(api_span_t s, uint8_t key[API_SEAL_LEN])
{
    size_t i;

    if (s.len != 2 * API_SEAL_LEN) {
        return false;
    }

    for (i = 0; i < API_SEAL_LEN; i++) {
        int a = digit(s.data[2 * i]), b = digit(s.data[2 * i + 1]);

        if (a < 0 || b < 0) {
            return false;
        }

        key[i] = (uint8_t) (a << 4 | b);
    }

    return true;
}


/* Lines "vkey ..." and "key LENGTH EPOCH HEX", either or both. */

static int
read_keys(const char *path, api_seal_opts_t *opts)
{
    int                rc;
    api_err_t          err;
    api_span_t         text, name, number;
    api_seal_signer_t *signer;

    rc = apisec_read(path, 65536, &text);

    while (rc == APISEC_OK && (name = word(&text)).len) {
        if (api_span_eq(name, API_SPAN("vkey"))) {
            if (api_seal_signer_read(
                    &signer, word(&text), &api_alloc_libc, &err)
                != API_OK)
            {
                return apisec_fail(APISEC_FAILED, "%s: %s", path, err.text);
            }

            opts->signer = signer;
            continue;
        }

        (void) word(&text);
        number = word(&text);
        opts->epoch = strtoull(
            apisec_text("%.*s", (int) number.len, (const char *) number.data),
            NULL, 10);
        opts->has_key = hex_key(word(&text), opts->key);

        if (!api_span_eq(name, API_SPAN("key")) || !opts->has_key) {
            return apisec_fail(APISEC_FAILED,
                "%s: these are not the lines that keygen printed", path);
        }
    }

    return rc;
}


static int
read_file(api_seal_check_t *check, apisec_log_file_t *f, const char *path,
    uint64_t number, size_t *cut)
{
    int        rc;
    api_span_t line;

    rc = apisec_log_open(f, path);
    if (rc != APISEC_OK) {
        return rc;
    }

    while (apisec_log_next(f, &line)) {
        rc = api_seal_check_line(check, line, number << LINE_BITS | f->line);

        if (rc != API_OK) {
            (void) apisec_log_close(f);
            return apisec_fail(APISEC_FAILED, "%s:%llu: no memory", path,
                (unsigned long long) f->line);
        }
    }

    /* it says so; what could be read is looked at all the same */

    if (apisec_log_close(f) != APISEC_OK) {
        (*cut)++;
    }

    return APISEC_OK;
}


static void
summary(const apisec_log_seen_t *seen, uint64_t told)
{
    const api_seal_sum_t *s = &seen->sum;

    char      when[64] = "";
    time_t    last = (time_t) s->last;
    struct tm tm;

    if (told > TOLD_MAX) {
        printf("... and %llu more\n", (unsigned long long) (told - TOLD_MAX));
    }

    if (s->seals && gmtime_r(&last, &tm)) {
        (void) strftime(when, sizeof(when), ", the last at %FT%TZ", &tm);
    }

    printf("%s: %llu events (%llu requests) of %llu chains, %llu repeated,"
           " %llu lost as the log says; %llu seals%s\n",
        s->verdict == API_SEAL_FINE      ? "ok"
        : s->verdict == API_SEAL_MISSING ? "INCOMPLETE"
                                         : "CHANGED",
        (unsigned long long) s->events, (unsigned long long) s->requests,
        (unsigned long long) s->chains, (unsigned long long) s->repeated,
        (unsigned long long) s->lost, (unsigned long long) s->seals, when);

    if (s->unproven) {
        printf("%llu events are unproven: of before nginx was killed, or"
               " before the end was cut off\n",
            (unsigned long long) s->unproven);
    }

    if (s->events && s->sealed == 0) {
        printf("there are no seals in it (api_audit_seal): only numbers were"
               " looked at\n");

    } else if (!seen->signatures || !seen->epochs) {
        printf("%s not looked at: --key with %s\n",
            seen->signatures ? "keys of epochs were"
            : seen->epochs   ? "signatures were"
                             : "signatures and keys of epochs were",
            seen->signatures ? "the line \"key\""
            : seen->epochs   ? "the line \"vkey\""
                             : "what keygen printed");
    }
}


/* Lines may be missing that no other one knows of. */

static void
wholeness(apisec_log_seen_t *seen, uint64_t *told)
{
    if (seen->cut == 0) {
        return;
    }

    if (seen->sum.verdict == API_SEAL_FINE) {
        seen->sum.verdict = API_SEAL_MISSING;
    }

    tell(told, API_SEAL_MISSING, NULL, 0,
        seen->cut == 1
            ? "the end of a file that cannot be read to it"
            : apisec_text("the ends of %zu files that cannot be read to them",
                seen->cut));
}


/* A log that is whole and of yesterday is that of an nginx that does not run,
   or one that writes elsewhere. */

static void
freshness(const apisec_log_t *v, int64_t seconds, uint64_t *told,
    api_seal_sum_t *sum)
{
    int64_t now = (int64_t) time(NULL);

    if (v->not_older == NULL || (sum->seals && sum->last >= now - seconds)) {
        return;
    }

    if (sum->verdict == API_SEAL_FINE) {
        sum->verdict = API_SEAL_MISSING;
    }

    tell(told, API_SEAL_MISSING, NULL, 0,
        sum->seals
            ? apisec_text("the last seal is %lld seconds old, %lld may be",
                (long long) (now - sum->last), (long long) seconds)
            : "there is no seal, and one was to be that young");
}


static int
age(const apisec_log_t *v, int64_t *seconds)
{
    if (v->not_older
        && (!apisec_seconds(v->not_older, seconds) || *seconds <= 0)) {
        return apisec_fail(APISEC_USAGE,
            "--not-older \"%s\" is no time: write 90s, 15m, 1h", v->not_older);
    }

    return APISEC_OK;
}


static int
read_opts(const apisec_log_t *v, api_seal_opts_t *opts)
{
    int rc = v->key ? read_keys(v->key, opts) : APISEC_OK;

    return rc == APISEC_OK && v->checkpoint
               ? apisec_read(v->checkpoint, 65536, &opts->anchor)
               : rc;
}


int
apisec_log_check(const apisec_log_t *v, const apisec_list_t *files,
    apisec_log_tell_pt to, void *ctx, apisec_log_seen_t *seen)
{
    int             rc;
    size_t          i;
    teller_t        t = { files, to, ctx };
    api_seal_opts_t opts = { .report = place_of,
        .ctx = &t,
        .part = v->part,
        .now = (int64_t) time(NULL) };

    api_seal_check_t *check;
    apisec_log_file_t f = { .buf = NULL };

    memset(seen, 0, sizeof(*seen));

    rc = read_opts(v, &opts);
    if (rc != APISEC_OK) {
        return rc;
    }

    if (api_seal_check_create(&check, &opts, &api_alloc_libc) != API_OK) {
        return apisec_fail(APISEC_FAILED, "no memory");
    }

    for (i = 0; rc == APISEC_OK && i < files->n; i++) {
        rc = read_file(check, &f, files->item[i], i, &seen->cut);
    }

    if (rc == APISEC_OK) {
        (void) api_seal_check_end(check, &seen->sum);
        seen->signatures = opts.signer != NULL;
        seen->epochs = opts.has_key;
    }

    api_seal_check_free(check);

    return rc;
}


int
apisec_log_verify(const apisec_log_t *v, const apisec_list_t *files)
{
    int               rc;
    int64_t           seconds = 0;
    uint64_t          told = 0;
    apisec_log_seen_t seen = { .signatures = false };

    rc = age(v, &seconds);

    if (rc == APISEC_OK) {
        rc = apisec_log_check(v, files, tell, &told, &seen);
    }

    if (rc != APISEC_OK) {
        return rc;
    }

    wholeness(&seen, &told);
    freshness(v, seconds, &told, &seen.sum);
    summary(&seen, told);

    return seen.sum.verdict == API_SEAL_FINE      ? APISEC_OK
           : seen.sum.verdict == API_SEAL_MISSING ? APISEC_INCOMPLETE
                                                  : APISEC_NO;
}
