#include "api_urlencoded.h"

#include "api_percent.h"


const api_urlencoded_limits_t api_urlencoded_limits_default = { 1 << 20, 1000,
    1024, 1 << 20 };

static const char *const api_urlencoded_errors[API_URLENCODED_NERRORS] = {
    [API_URLENCODED_E_NONE] = "none",
    [API_URLENCODED_E_TEXT_LEN] = "text_length",
    [API_URLENCODED_E_PAIRS] = "pairs",
    [API_URLENCODED_E_NAME_LEN] = "name_length",
    [API_URLENCODED_E_VALUE_LEN] = "value_length",
    [API_URLENCODED_E_PERCENT] = "percent",
    [API_URLENCODED_E_NUL] = "nul",
    [API_URLENCODED_E_UTF8] = "utf8",
    [API_URLENCODED_E_NOMEM] = "no_memory",
};

typedef struct {
    const api_urlencoded_limits_t *limits;
    unsigned                       how;
    uint8_t                       *out; /* where decoded bytes go */
    api_err_t                     *err;
} api_urlencoded_run_t;


const char *
api_urlencoded_error_name(int code)
{
    return code >= 0 && code < API_URLENCODED_NERRORS
               ? api_urlencoded_errors[code]
               : "unknown";
}


static bool
api_urlencoded_ends(uint8_t c, unsigned how)
{
    return c == '&' || (c == ';' && (how & API_URLENCODED_SEMICOLON));
}


/* Where the sequence that begins at `from` ends. */

static size_t
api_urlencoded_end(api_span_t text, size_t from, unsigned how)
{
    const uint8_t *p;

    if ((how & API_URLENCODED_SEMICOLON) == 0) {
        p = memchr(text.data + from, '&', text.len - from);

        return p ? (size_t) (p - text.data) : text.len;
    }

    while (from < text.len && !api_urlencoded_ends(text.data[from], how)) {
        from++;
    }

    return from;
}


/* Sequences between separators that are not empty; up to max + 1. */

static uint32_t
api_urlencoded_count(api_span_t text, unsigned how, uint32_t max)
{
    size_t   i;
    uint32_t n;

    n = 0;

    for (i = 0; i < text.len && n <= max; i++) {
        if (!api_urlencoded_ends(text.data[i], how)) {
            i = api_urlencoded_end(text, i, how);
            n++;
        }
    }

    return n;
}


static api_span_t
api_urlencoded_decode(
    api_urlencoded_run_t *run, api_span_t raw, unsigned *flags)
{
    size_t n;

    if (run->out == NULL) {
        return raw;
    }

    n = api_percent_decode(raw, API_PERCENT_PLUS, run->out, flags);
    run->out += n;

    return api_span(run->out - n, n);
}


/* What strict refuses, in the order of the flags. */

static int
api_urlencoded_strict(
    const api_urlencoded_run_t *run, unsigned flags, size_t pos)
{
    if (flags & API_PAIR_F_PERCENT) {
        return api_fail(run->err, API_SYNTAX, API_URLENCODED_E_PERCENT, pos,
            "a %% that is not followed by two hex digits");
    }

    if (flags & API_PAIR_F_NUL) {
        return api_fail(
            run->err, API_SYNTAX, API_URLENCODED_E_NUL, pos, "a NUL");
    }

    if (flags & API_PAIR_F_UTF8) {
        return api_fail(
            run->err, API_SYNTAX, API_URLENCODED_E_UTF8, pos, "not UTF-8");
    }

    return API_OK;
}


static int
api_urlencoded_pair(
    api_urlencoded_run_t *run, api_span_t raw, size_t pos, api_pair_t *pair)
{
    unsigned       flags;
    const uint8_t *eq;

    flags = 0;
    eq = memchr(raw.data, '=', raw.len);

    if (eq == NULL) {
        flags |= API_PAIR_F_BARE;
        pair->raw_name = raw;
        pair->raw_value = api_span(raw.data + raw.len, 0);

    } else {
        pair->raw_name = api_span(raw.data, (size_t) (eq - raw.data));
        pair->raw_value =
            api_span(eq + 1, raw.len - 1 - (size_t) (eq - raw.data));
    }

    if (pair->raw_name.len > run->limits->name) {
        return api_fail(run->err, API_LIMIT, API_URLENCODED_E_NAME_LEN, pos,
            "a name is longer than %u bytes", run->limits->name);
    }

    if (pair->raw_value.len > run->limits->value) {
        return api_fail(run->err, API_LIMIT, API_URLENCODED_E_VALUE_LEN, pos,
            "a value is longer than %zu bytes", run->limits->value);
    }

    if (memchr(raw.data, ';', raw.len)) {
        flags |= API_PAIR_F_SEMICOLON;
    }

    pair->name = api_urlencoded_decode(run, pair->raw_name, &flags);
    pair->value = api_urlencoded_decode(run, pair->raw_value, &flags);
    pair->flags = flags;

    return run->how & API_URLENCODED_STRICT
               ? api_urlencoded_strict(run, flags, pos)
               : API_OK;
}


static int
api_urlencoded_read(
    api_urlencoded_run_t *run, api_span_t text, api_pair_t *pair, uint32_t n)
{
    int      rc;
    size_t   from, to;
    uint32_t i;

    from = 0;

    for (i = 0; i < n; i++) {
        while (api_urlencoded_ends(text.data[from], run->how)) {
            from++;
        }

        to = api_urlencoded_end(text, from, run->how);

        rc = api_urlencoded_pair(
            run, api_span(text.data + from, to - from), from, &pair[i]);

        if (rc != API_OK) {
            return rc;
        }

        from = to;
    }

    return API_OK;
}


/* Bytes that need decoding or a flag: % + controls, and those beyond ASCII. */

/* clang-format off */

static const uint8_t api_urlencoded_odd[256] = {
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1
};

/* clang-format on */


/* Text without one is taken as it is. */

static bool
api_urlencoded_plain(api_span_t text)
{
    size_t         i;
    const uint8_t *p = text.data;

    for (i = 0; i + 4 <= text.len; i += 4) {
        if (api_urlencoded_odd[p[i]] | api_urlencoded_odd[p[i + 1]]
            | api_urlencoded_odd[p[i + 2]] | api_urlencoded_odd[p[i + 3]])
        {
            return false;
        }
    }

    while (i < text.len && !api_urlencoded_odd[p[i]]) {
        i++;
    }

    return i == text.len;
}


int
api_urlencoded_parse(api_pairs_t *pairs, api_span_t text, unsigned how,
    const api_urlencoded_limits_t *limits, api_arena_t *arena, api_err_t *err)
{
    int                  rc;
    bool                 plain;
    uint32_t             i, n;
    api_pair_t          *pair;
    api_urlencoded_run_t run;

    memset(pairs, 0, sizeof(*pairs));
    run.limits = limits ? limits : &api_urlencoded_limits_default;
    run.how = how;
    run.out = NULL;
    run.err = err;

    if (text.len > run.limits->text) {
        return api_fail(err, API_LIMIT, API_URLENCODED_E_TEXT_LEN,
            run.limits->text, "longer than %zu bytes", run.limits->text);
    }

    n = api_urlencoded_count(text, how, run.limits->pairs);

    if (n > run.limits->pairs) {
        return api_fail(err, API_LIMIT, API_URLENCODED_E_PAIRS, 0,
            "more than %u pairs", run.limits->pairs);
    }

    if (n == 0) {
        return API_OK;
    }

    plain = api_urlencoded_plain(text);
    pair = api_arena_calloc(arena, n, sizeof(*pair));

    if (pair && !plain) {
        run.out = api_arena_alloc(arena, text.len);
    }

    if (pair == NULL || (run.out == NULL && !plain)) {
        return api_fail(
            err, API_NOMEM, API_URLENCODED_E_NOMEM, 0, "no memory");
    }

    rc = api_urlencoded_read(&run, text, pair, n);

    if (rc != API_OK) {
        return rc;
    }

    for (i = 0; i < n; i++) {
        pairs->flags |= pair[i].flags;
    }

    pairs->pair = pair;
    pairs->n = n;

    return API_OK;
}
