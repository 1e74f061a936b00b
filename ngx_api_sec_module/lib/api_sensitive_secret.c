/* Credentials by their form, and what programs say when they fail.  Forms are
   those their issuers document; the patterns are ours. */

#include "api_sensitive_int.h"


typedef enum {
    API_SENSITIVE_BASE62,
    API_SENSITIVE_BASE32, /* A-Z 2-7 */
    API_SENSITIVE_HEX,
    API_SENSITIVE_URL64, /* and . */
} api_sensitive_set_t;

typedef struct {
    const char         *prefix;
    api_sensitive_set_t set;
    unsigned            min, max; /* behind the prefix; max 0: any more */
} api_sensitive_key_t;

static const api_sensitive_key_t api_sensitive_keys[] = {
    { "AKIA", API_SENSITIVE_BASE32, 16, 16 },
    { "ASIA", API_SENSITIVE_BASE32, 16, 16 },
    { "ABIA", API_SENSITIVE_BASE32, 16, 16 },
    { "ACCA", API_SENSITIVE_BASE32, 16, 16 },
    { "AIza", API_SENSITIVE_URL64, 35, 35 },
    { "SG.", API_SENSITIVE_URL64, 60, 70 },
    { "dop_v1_", API_SENSITIVE_HEX, 64, 64 },
    { "gho_", API_SENSITIVE_BASE62, 36, 0 },
    { "ghp_", API_SENSITIVE_BASE62, 36, 0 },
    { "ghr_", API_SENSITIVE_BASE62, 36, 0 },
    { "ghs_", API_SENSITIVE_BASE62, 36, 0 },
    { "ghu_", API_SENSITIVE_BASE62, 36, 0 },
    { "github_pat_", API_SENSITIVE_URL64, 36, 0 },
    { "glpat-", API_SENSITIVE_URL64, 20, 0 },
    { "hvs.", API_SENSITIVE_URL64, 24, 0 },
    { "npm_", API_SENSITIVE_BASE62, 36, 36 },
    { "pypi-AgE", API_SENSITIVE_URL64, 50, 0 },
    { "rk_live_", API_SENSITIVE_BASE62, 24, 0 },
    { "sk_live_", API_SENSITIVE_BASE62, 24, 0 },
    { "shpat_", API_SENSITIVE_HEX, 32, 32 },
    { "xoxa-", API_SENSITIVE_URL64, 24, 0 },
    { "xoxb-", API_SENSITIVE_URL64, 24, 0 },
    { "xoxp-", API_SENSITIVE_URL64, 24, 0 },
    { "xoxr-", API_SENSITIVE_URL64, 24, 0 },
    { "ya29.", API_SENSITIVE_URL64, 30, 0 },
};

#define API_SENSITIVE_RUN 200   /* of a token that are looked at */
#define API_SENSITIVE_BEGUN 160 /* of a JWT that goes on are enough */


static bool
api_sensitive_in(api_sensitive_set_t set, uint8_t c)
{
    switch (set) {

    case API_SENSITIVE_BASE62:
        return api_sensitive_alnum(c);

    case API_SENSITIVE_BASE32:
        return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7');

    case API_SENSITIVE_HEX:
        return api_sensitive_digit(c) || (c >= 'a' && c <= 'f');

    default: /* API_SENSITIVE_URL64 */
        return api_sensitive_token(c) || c == '.';
    }
}


static bool
api_sensitive_has(api_span_t text, size_t at, const char *s)
{
    size_t len;

    len = strlen(s);

    return text.len - at >= len && memcmp(text.data + at, s, len) == 0;
}


/* The first s in n bytes from p on. */

static const uint8_t *
api_sensitive_find(const uint8_t *p, size_t n, const char *s)
{
    size_t         len;
    const uint8_t *end;

    len = strlen(s);
    end = p + n;

    while ((size_t) (end - p) >= len) {
        p = memchr(p, s[0], (size_t) (end - p) - len + 1);

        if (p == NULL) {
            return NULL;
        }

        if (memcmp(p, s, len) == 0) {
            return p;
        }

        p++;
    }

    return NULL;
}


/* All of one letter is an example, no key. */

static bool
api_sensitive_varied(const uint8_t *p, size_t n)
{
    size_t i;

    for (i = 1; i < n; i++) {
        if (p[i] != p[0]) {
            return true;
        }
    }

    return false;
}


static size_t
api_sensitive_key(api_span_t text, size_t at, const api_sensitive_key_t *k)
{
    size_t n, len, most;

    len = strlen(k->prefix);

    if (!api_sensitive_has(text, at, k->prefix)) {
        return 0;
    }

    most = text.len - at - len;
    most = most > API_SENSITIVE_RUN ? API_SENSITIVE_RUN : most;

    for (n = 0; n < most && api_sensitive_in(k->set, text.data[at + len + n]);
         n++) {
        /* its characters */
    }

    if (n < k->min || !api_sensitive_varied(text.data + at + len, n)
        || (k->max && (n > k->max || !api_sensitive_ends(text, at + len + n))))
    {
        return 0;
    }

    return len + n;
}


/* eyJ... . eyJ... . signature: headers of JWS and payloads are objects. */

static size_t
api_sensitive_jwt(api_span_t text, size_t at, bool more)
{
    size_t   i;
    unsigned dots, part;

    /* a run of its characters is looked at once, from its beginning */

    if (!api_sensitive_has(text, at, "eyJ")
        || (at
            && (api_sensitive_token(text.data[at - 1])
                || text.data[at - 1] == '.')
            && !api_sensitive_escaped(text, at)))
    {
        return 0;
    }

    for (dots = 0, part = 0, i = at; i < text.len; i++, part++) {
        if (text.data[i] == '.') {
            if (part < 8 || dots == 2
                || (dots == 0 && !api_sensitive_has(text, i + 1, "ey")))
            {
                break;
            }

            dots++;
            part = (unsigned) -1;

        } else if (!api_sensitive_token(text.data[i])) {
            break;
        }
    }

    /* a long payload: what is there of it is enough */

    if (more && i == text.len && dots == 1 && part >= 8
        && i - at >= API_SENSITIVE_BEGUN)
    {
        dots = 2;
    }

    return dots == 2 && part >= 8 ? i - at : 0;
}


/* Second letters of keys, by the first: words seldom begin so. */

static bool
api_sensitive_may(uint8_t a, uint8_t b)
{
    static const char pairs[] = "AKASABACAISGdoghgiglhvnppyrkskshxoya";
    size_t            i;

    for (i = 0; i + 1 < sizeof(pairs); i += 2) {
        if ((uint8_t) pairs[i] == a && (uint8_t) pairs[i + 1] == b) {
            return true;
        }
    }

    return false;
}


size_t
api_sensitive_secret(const api_sensitive_text_t *t, size_t at, unsigned *kind)
{
    size_t  i, len;
    uint8_t c;

    c = t->text.data[at];

    if (c == 'e' && (t->kinds & 1U << API_SENSITIVE_JWT)) {
        *kind = API_SENSITIVE_JWT;
        return api_sensitive_jwt(t->text, at, t->more);
    }

    if (!(t->kinds & 1U << API_SENSITIVE_CLOUD_KEY) || at + 1 >= t->text.len
        || !api_sensitive_may(c, t->text.data[at + 1]))
    {
        return 0;
    }

    for (i = 0; i < sizeof(api_sensitive_keys) / sizeof(api_sensitive_keys[0]);
         i++)
    {
        if ((uint8_t) api_sensitive_keys[i].prefix[0] != c) {
            continue;
        }

        len = api_sensitive_key(t->text, at, &api_sensitive_keys[i]);

        if (len) {
            *kind = API_SENSITIVE_CLOUD_KEY;
            return len;
        }
    }

    return 0;
}


/* -----BEGIN ... PRIVATE KEY-----, up to its end where that is there. */

static size_t
api_sensitive_pem(api_span_t text, size_t at)
{
    size_t         i, most;
    const uint8_t *end;

    static const char tail[] = "PRIVATE KEY-----";

    most = text.len - at > 64 ? 64 : text.len - at;

    for (i = 11; i + sizeof(tail) - 1 <= most; i++) {
        if (!api_sensitive_has(text, at + i, tail)) {
            continue;
        }

        i += sizeof(tail) - 1;
        end = api_sensitive_find(
            text.data + at + i, text.len - at - i, "-----END ");

        return end ? (size_t) (end - text.data) - at : text.len - at;
    }

    return 0;
}


typedef struct {
    const char *text;
    const char *behind; /* that has to follow on the same line; or NULL */
} api_sensitive_trace_t;

/* By their first byte: T, g, S, a, and a line feed of node and Java. */

static const api_sensitive_trace_t api_sensitive_traces[] = {
    { "Traceback (most recent call last)", NULL },
    { "goroutine ", " [running]" },
    { "File \"", "\", line " },
    { "File \\\"", "\\\", line " },
    { "Stack trace:", NULL },
    { "Stacktrace:", NULL },
    { "at ", ".java:" },
    { "at ", ".kt:" },
    { "at ", ".scala:" },
    { "at ", ".cs:line " },
    { "at ", ".js:" },
    { "at ", ".mjs:" },
    { "at ", ".ts:" },
    { "at System.", "(" },
    { "PHP Fatal error:", NULL },
    { "Fatal error: Uncaught ", NULL },
};

#define API_SENSITIVE_LINE 160


/* Does a line begin here, but for blanks?  In a string its end is \n. */

static bool
api_sensitive_line(api_span_t text, size_t at)
{
    unsigned n;

    for (n = 0; n < 16 && at && text.data[at - 1] == ' '; n++) {
        at--;
    }

    if (at == 0 || text.data[at - 1] == '\n' || text.data[at - 1] == '\t') {
        return true;
    }

    return at >= 2 && text.data[at - 2] == '\\'
           && (text.data[at - 1] == 'n' || text.data[at - 1] == 't');
}


static size_t
api_sensitive_trace(api_span_t text, size_t at)
{
    size_t                       i, len, most;
    const uint8_t               *end, *p;
    const api_sensitive_trace_t *t;

    if (text.data[at] == 'a' && !api_sensitive_line(text, at)) {
        return 0;
    }

    for (i = 0;
         i < sizeof(api_sensitive_traces) / sizeof(api_sensitive_traces[0]);
         i++)
    {
        t = &api_sensitive_traces[i];

        if (!api_sensitive_has(text, at, t->text)) {
            continue;
        }

        len = strlen(t->text);

        if (t->behind == NULL) {
            return len;
        }

        most = text.len - at - len;
        most = most > API_SENSITIVE_LINE ? API_SENSITIVE_LINE : most;
        end = memchr(text.data + at + len, '\n', most);
        most = end ? (size_t) (end - text.data) - at - len : most;
        p = api_sensitive_find(text.data + at + len, most, t->behind);

        if (p) {
            return (size_t) (p - text.data) - at + strlen(t->behind);
        }
    }

    return 0;
}


/* ://user:password@ */

static size_t
api_sensitive_url(api_span_t text, size_t at)
{
    size_t i, colon;

    static const char ends[8] = "/?#\"'<>\\";

    for (colon = 0, i = at + 3; i < text.len && i - at < 160; i++) {
        if (text.data[i] == ':' && colon == 0) {
            colon = i;
            continue;
        }

        if (text.data[i] == '@') {
            return colon > at + 3 && i > colon + 1 ? i + 1 - at : 0;
        }

        if (text.data[i] <= ' ' || memchr(ends, text.data[i], sizeof(ends))) {
            return 0;
        }
    }

    return 0;
}


size_t
api_sensitive_phrase(const api_sensitive_text_t *t, size_t at, unsigned *kind)
{
    uint8_t c;

    static const char firsts[6] = "aTgSPF";

    c = t->text.data[at];

    if (c == '-') {
        *kind = API_SENSITIVE_PRIVATE_KEY;
        return (t->kinds & 1U << API_SENSITIVE_PRIVATE_KEY)
                       && api_sensitive_has(t->text, at, "-----BEGIN ")
                   ? api_sensitive_pem(t->text, at)
                   : 0;
    }

    if (c == ':') {
        *kind = API_SENSITIVE_PASSWORD;
        return (t->kinds & 1U << API_SENSITIVE_PASSWORD)
                       && api_sensitive_has(t->text, at, "://")
                   ? api_sensitive_url(t->text, at)
                   : 0;
    }

    *kind = API_SENSITIVE_STACK_TRACE;

    if (memchr(firsts, c, sizeof(firsts)) == NULL) {
        return 0;
    }

    return t->kinds & 1U << API_SENSITIVE_STACK_TRACE
               ? api_sensitive_trace(t->text, at)
               : 0;
}
