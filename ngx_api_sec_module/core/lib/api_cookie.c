#include "api_cookie.h"

#include "api_token.h"
#include "api_utf8.h"


const api_cookie_limits_t api_cookie_limits_default = { 100, 256, 4096 };

static const char *const api_cookie_errors[API_COOKIE_NERRORS] = {
    [API_COOKIE_E_NONE] = "none",
    [API_COOKIE_E_PAIRS] = "pairs",
    [API_COOKIE_E_NAME_LEN] = "name_length",
    [API_COOKIE_E_VALUE_LEN] = "value_length",
    [API_COOKIE_E_BARE] = "bare",
    [API_COOKIE_E_NAME] = "name",
    [API_COOKIE_E_OCTET] = "octet",
    [API_COOKIE_E_DOLLAR] = "dollar",
    [API_COOKIE_E_NOMEM] = "no_memory",
};

typedef struct {
    const api_cookie_limits_t *limits;
    unsigned                   how;
    api_pair_t                *pair;
    uint32_t                   n;
    api_err_t                 *err;
} api_cookie_run_t;


const char *
api_cookie_error_name(int code)
{
    return code >= 0 && code < API_COOKIE_NERRORS ? api_cookie_errors[code]
                                                  : "unknown";
}


static bool
api_cookie_octet(uint8_t c)
{
    return c > 0x20 && c < 0x7f && c != '"' && c != ',' && c != ';'
           && c != '\\';
}


static unsigned
api_cookie_value_flags(api_span_t v)
{
    size_t   i;
    unsigned flags;

    flags = 0;

    if (v.len >= 2 && v.data[0] == '"' && v.data[v.len - 1] == '"') {
        flags |= API_PAIR_F_QUOTED;
        v = api_span(v.data + 1, v.len - 2);
    }

    for (i = 0; i < v.len; i++) {
        if (api_cookie_octet(v.data[i])) {
            continue;
        }

        flags |= API_PAIR_F_OCTET;

        if (v.data[i] == 0) {
            flags |= API_PAIR_F_NUL;

        } else if (v.data[i] < 0x20 || v.data[i] == 0x7f) {
            flags |= API_PAIR_F_CONTROL;
        }
    }

    if (api_utf8_valid(v) != v.len) {
        flags |= API_PAIR_F_UTF8;
    }

    return flags;
}


static int
api_cookie_check(const api_cookie_run_t *run, const api_pair_t *pair)
{
    size_t pos;

    pos = run->n;

    if (pair->name.len > run->limits->name) {
        return api_fail(run->err, API_LIMIT, API_COOKIE_E_NAME_LEN, pos,
            "a cookie's name is longer than %u bytes", run->limits->name);
    }

    if (pair->value.len > run->limits->value) {
        return api_fail(run->err, API_LIMIT, API_COOKIE_E_VALUE_LEN, pos,
            "a cookie's value is longer than %u bytes", run->limits->value);
    }

    if (!(run->how & API_COOKIE_STRICT)) {
        return API_OK;
    }

    if (pair->flags & API_PAIR_F_BARE) {
        return api_fail(run->err, API_SYNTAX, API_COOKIE_E_BARE, pos,
            "a cookie without \"=\"");
    }

    if (!api_token_is(pair->name)) {
        return api_fail(run->err, API_SYNTAX, API_COOKIE_E_NAME, pos,
            "a cookie's name is no token");
    }

    if (pair->flags & API_PAIR_F_DOLLAR) {
        return api_fail(run->err, API_SYNTAX, API_COOKIE_E_DOLLAR, pos,
            "a cookie's name begins with \"$\"");
    }

    if (pair->flags & API_PAIR_F_OCTET) {
        return api_fail(run->err, API_SYNTAX, API_COOKIE_E_OCTET, pos,
            "a byte that may not stand in a cookie's value");
    }

    return API_OK;
}


/* One cookie; `first` of its line, where no blank comes before. */

static int
api_cookie_add(api_cookie_run_t *run, api_span_t s, bool first)
{
    int            rc;
    api_pair_t    *pair;
    api_span_t     in;
    const uint8_t *eq;

    in = api_token_trim(s);

    if (in.len == 0) {
        return API_OK;
    }

    pair = &run->pair[run->n];
    pair->flags = 0;

    if (in.len + (first ? 0 : 1) != s.len || (!first && *s.data != ' ')) {
        pair->flags |= API_PAIR_F_SPACE;
    }

    eq = memchr(in.data, '=', in.len);

    if (eq == NULL) {
        pair->flags |= API_PAIR_F_BARE;
        pair->raw_name = in;
        pair->raw_value = api_span(in.data + in.len, 0);

    } else {
        pair->raw_name = api_span(in.data, (size_t) (eq - in.data));
        pair->raw_value = api_span(eq + 1, in.len - pair->raw_name.len - 1);
    }

    pair->name = api_token_trim(pair->raw_name);
    pair->value = api_token_trim(pair->raw_value);

    if (pair->name.len != pair->raw_name.len
        || pair->value.len != pair->raw_value.len)
    {
        pair->flags |= API_PAIR_F_SPACE;
    }

    if (!api_token_is(pair->name)) {
        pair->flags |= API_PAIR_F_OCTET;

    } else if (pair->name.data[0] == '$') {
        pair->flags |= API_PAIR_F_DOLLAR;
    }

    pair->flags |= api_cookie_value_flags(pair->value);

    rc = api_cookie_check(run, pair);
    run->n += rc == API_OK;

    return rc;
}


static int
api_cookie_line(api_cookie_run_t *run, api_span_t line)
{
    int            rc;
    bool           first;
    const uint8_t *p, *e, *end;

    first = true;
    p = line.data;
    end = p + line.len;

    while (p < end) {
        e = memchr(p, ';', (size_t) (end - p));
        e = e ? e : end;
        rc = api_cookie_add(run, api_span(p, (size_t) (e - p)), first);

        if (rc != API_OK) {
            return rc;
        }

        first = false;
        p = e + 1;
    }

    return API_OK;
}


/* At most as many cookies as there are parts that are not empty. */

static uint32_t
api_cookie_count(const api_span_t *lines, size_t nlines, uint32_t max)
{
    bool     open;
    size_t   i, k;
    uint32_t n;

    n = 0;

    for (i = 0; i < nlines; i++) {
        open = false;

        for (k = 0; k < lines[i].len && n <= max; k++) {
            if (lines[i].data[k] == ';') {
                open = false;

            } else if (!open && lines[i].data[k] != ' '
                       && lines[i].data[k] != '\t') {
                open = true;
                n++;
            }
        }
    }

    return n;
}


int
api_cookie_parse(api_pairs_t *pairs, const api_span_t *lines, size_t nlines,
    unsigned how, const api_cookie_limits_t *limits, api_arena_t *arena,
    api_err_t *err)
{
    int              rc;
    size_t           i;
    uint32_t         n;
    api_cookie_run_t run;

    memset(pairs, 0, sizeof(*pairs));
    run.limits = limits ? limits : &api_cookie_limits_default;
    run.how = how;
    run.n = 0;
    run.err = err;

    n = api_cookie_count(lines, nlines, run.limits->pairs);

    if (n > run.limits->pairs) {
        return api_fail(err, API_LIMIT, API_COOKIE_E_PAIRS, 0,
            "more than %u cookies", run.limits->pairs);
    }

    run.pair = api_arena_calloc(arena, n ? n : 1, sizeof(api_pair_t));

    if (run.pair == NULL) {
        return api_fail(err, API_NOMEM, API_COOKIE_E_NOMEM, 0, "no memory");
    }

    for (i = 0; i < nlines; i++) {
        rc = api_cookie_line(&run, lines[i]);

        if (rc != API_OK) {
            return rc;
        }
    }

    for (i = 0; i < run.n; i++) {
        pairs->flags |= run.pair[i].flags;
    }

    pairs->pair = run.pair;
    pairs->n = run.n;

    return API_OK;
}
