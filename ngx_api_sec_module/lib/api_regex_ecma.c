#include "api_regex_int.h"
#include "api_utf8.h"

#include <stdio.h>


/* More than this is no bound to speak of. */

#define ECMA_LARGE 1000

/* PCRE2's own limit on the numbers of a repetition. */

#define ECMA_REPEAT_MAX 65535


int
api_ecma_fail(api_ecma_t *t, int rc, const char *text)
{
    if (t->rc == API_OK) {
        t->rc = api_fail(t->err, rc, 0, t->at, "%s", text);
    }

    return t->rc;
}


void
api_ecma_put_bytes(api_ecma_t *t, api_span_t s)
{
    size_t   cap;
    uint8_t *out;

    if (s.len > t->cap - t->len) {
        cap = 2 * t->cap + s.len + 128;
        out = t->alloc->alloc(t->alloc->ctx, cap);

        if (out == NULL) {
            api_ecma_fail(t, API_NOMEM, "out of memory");
            return;
        }

        if (t->out) {
            memcpy(out, t->out, t->len);

            if (t->alloc->free) {
                t->alloc->free(t->alloc->ctx, t->out);
            }
        }

        t->out = out;
        t->cap = cap;
    }

    if (s.len) {
        memcpy(t->out + t->len, s.data, s.len);
        t->len += s.len;
    }
}


void
api_ecma_put(api_ecma_t *t, const char *s)
{
    api_ecma_put_bytes(t, api_span(s, strlen(s)));
}


void
api_ecma_put_cp(api_ecma_t *t, uint32_t cp)
{
    char buf[16];

    snprintf(buf, sizeof(buf), "\\x{%x}", (unsigned) cp);
    api_ecma_put(t, buf);
}


/* A character of the pattern that stands for itself. */

static void
ecma_literal(api_ecma_t *t)
{
    size_t n;

    if (strchr("]}#/- ", t->p.data[t->at]) && t->p.data[t->at]) {
        api_ecma_put_cp(t, t->p.data[t->at]);
        t->at++;
        return;
    }

    n = api_utf8_seq(t->p.data + t->at, t->p.data + t->p.len);
    n = n ? n : 1;

    if (t->p.data[t->at] < 0x20) {
        api_ecma_put_cp(t, t->p.data[t->at]);

    } else {
        api_ecma_put_bytes(t, api_span(t->p.data + t->at, n));
    }

    t->at += n;
}


static bool
ecma_number(const api_ecma_t *t, size_t *at, uint64_t *v)
{
    size_t start;

    start = *at;

    for (*v = 0; *at < t->p.len && (uint8_t) (t->p.data[*at] - '0') < 10;
         ++*at) {
        if (*v < 100000000) {
            *v = *v * 10 + (uint64_t) (t->p.data[*at] - '0');
        }
    }

    return *at > start;
}


/* {n}, {n,}, {n,m} at t->at: its length, 0 when the brace is a character. */

static size_t
ecma_braces(const api_ecma_t *t, uint64_t *min, uint64_t *max)
{
    size_t at;

    at = t->at + 1;

    if (!ecma_number(t, &at, min)) {
        return 0;
    }

    *max = *min;

    if (at < t->p.len && t->p.data[at] == ',') {
        at++;

        if (!ecma_number(t, &at, max)) {
            *max = UINT64_MAX;
        }
    }

    return at < t->p.len && t->p.data[at] == '}' ? at + 1 - t->at : 0;
}


/* A repetition of what stands before it. */

static void
ecma_repeated(api_ecma_t *t, uint64_t max)
{
    if (max <= ECMA_LARGE) {
        t->atom = false;
        return;
    }

    if (t->group) {
        t->warnings |= API_REGEX_W_NESTED;
    }

    /* one at the very end cannot be made to give back */

    if (t->at < t->p.len) {
        t->unbounded++;
    }

    t->repeats |= UINT64_C(1) << t->depth;
    t->atom = false;
}


static int
ecma_quantifier(api_ecma_t *t)
{
    char     c;
    size_t   n;
    uint64_t min, max;

    c = (char) t->p.data[t->at];
    n = 1;
    min = c == '+';
    max = c == '?' ? 1 : UINT64_MAX;

    if (c == '{') {
        n = ecma_braces(t, &min, &max);

        if (n == 0) {
            api_ecma_put(t, "\\{");
            t->at++;
            t->atom = true;
            t->group = false;
            return t->rc;
        }
    }

    if (!t->atom) {
        return api_ecma_fail(t, API_SYNTAX, "there is nothing to repeat");
    }

    if (min > max) {
        return api_ecma_fail(
            t, API_SYNTAX, "the numbers of a repetition are out of order");
    }

    if (min > ECMA_REPEAT_MAX || (max > ECMA_REPEAT_MAX && max != UINT64_MAX))
    {
        return api_ecma_fail(t, API_UNSUPPORTED,
            "a repetition of more than 65535 times; use maxLength");
    }

    api_ecma_put_bytes(t, api_span(t->p.data + t->at, n));
    t->at += n;

    if (api_ecma_peek(t, 0) == '?') {
        api_ecma_put(t, "?");
        t->at++;
    }

    ecma_repeated(t, max);

    return t->rc;
}


/* Behind "(?": the rest of the opening of the group; 0 when it is none. */

static size_t
ecma_group_kind(api_ecma_t *t)
{
    size_t  n;
    uint8_t c;

    c = api_ecma_peek(t, 2);

    if (c == ':' || c == '=' || c == '!') {
        return 3;
    }

    if (c != '<') {
        return 0;
    }

    c = api_ecma_peek(t, 3);

    if (c == '=' || c == '!') {
        return 4;
    }

    /* a name, of the characters that both grammars have */

    for (n = 3;; n++) {
        c = api_ecma_peek(t, n);

        if (c == '>' && n > 3) {
            return n + 1;
        }

        if (c != '_' && (uint8_t) ((c | 0x20) - 'a') >= 26
            && (n == 3 || (uint8_t) (c - '0') >= 10))
        {
            return 0;
        }
    }
}


static int
ecma_open(api_ecma_t *t)
{
    size_t n;

    n = api_ecma_peek(t, 1) == '?' ? ecma_group_kind(t) : 1;

    if (n == 0 || api_ecma_peek(t, 1) == '*') {
        return api_ecma_fail(
            t, API_SYNTAX, "a group of a kind that ECMA-262 does not have");
    }

    if (t->depth == API_ECMA_MAX_DEPTH) {
        return api_ecma_fail(t, API_UNSUPPORTED, "too many groups in groups");
    }

    api_ecma_put_bytes(t, api_span(t->p.data + t->at, n));
    t->at += n;
    t->depth++;
    t->repeats &= ~(UINT64_C(1) << t->depth);
    t->atom = false;

    return t->rc;
}


static int
ecma_close(api_ecma_t *t)
{
    if (t->depth == 0) {
        return api_ecma_fail(t, API_SYNTAX, "a ) without its (");
    }

    t->group = t->repeats >> t->depth & 1;
    t->depth--;
    t->repeats |= (uint64_t) t->group << t->depth;
    t->atom = true;

    api_ecma_put(t, ")");
    t->at++;

    return t->rc;
}


static int
ecma_escaped(api_ecma_t *t)
{
    int      rc;
    bool     set;
    uint32_t cp;
    uint8_t  c;

    c = api_ecma_peek(t, 1);

    if (c == 'b' || c == 'B') {
        api_ecma_put(t, c == 'b' ? "\\b" : "\\B");
        t->at += 2;
        t->atom = false;
        return t->rc;
    }

    rc = api_ecma_escape(t, false, &set, &cp);

    if (rc == API_OK && !set) {
        if (cp == API_ECMA_NO_CHAR) {
            api_ecma_put(t, "(?!)");

        } else {
            api_ecma_put_cp(t, cp);
        }
    }

    t->atom = true;
    t->group = false;

    return t->rc;
}


static int
ecma_assertion(api_ecma_t *t, const char *out)
{
    api_ecma_put(t, out);
    t->at++;
    t->atom = false;

    return t->rc;
}


static int
ecma_alternative(api_ecma_t *t)
{
    t->alternative |= t->depth == 0;

    return ecma_assertion(t, "|");
}


static int
ecma_term(api_ecma_t *t)
{
    switch (t->p.data[t->at]) {

    case '\\':
        return ecma_escaped(t);

    case '[':
        t->atom = true;
        t->group = false;
        return api_ecma_class(t);

    case '(':
        return ecma_open(t);

    case ')':
        return ecma_close(t);

    case '*':
    case '+':
    case '?':
    case '{':
        return ecma_quantifier(t);

    case '|':
        return ecma_alternative(t);

    case '^':
        return ecma_assertion(t, "^");

    case '$':
        return ecma_assertion(t, "\\z");

    case '.':
        api_ecma_put(t, "[^\\n\\r\\x{2028}\\x{2029}]");
        t->at++;
        break;

    default:
        ecma_literal(t);
        break;
    }

    t->atom = true;
    t->group = false;

    return t->rc;
}


int
api_ecma_translate(api_ecma_t *t)
{
    if (api_utf8_valid(t->p) != t->p.len) {
        return api_ecma_fail(t, API_SYNTAX, "the pattern is not UTF-8");
    }

    if (t->p.len > 1 && t->p.data[0] == '/' && t->p.data[t->p.len - 1] == '/')
    {
        t->warnings |= API_REGEX_W_SLASHES;
    }

    t->anchored = t->p.len && t->p.data[0] == '^';

    while (t->at < t->p.len && t->rc == API_OK) {
        ecma_term(t);
    }

    if (t->rc == API_OK && t->depth) {
        api_ecma_fail(t, API_SYNTAX, "a ( without its )");
    }

    t->anchored &= !t->alternative;

    return t->rc;
}
