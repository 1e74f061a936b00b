#include "api_list_int.h"


/* Room for one more in an array of the load; it doubles when full. */

static void *
api_list_more(
    api_list_load_t *load, void *p, uint32_t n, uint32_t *room, size_t size)
{
    void    *q;
    uint32_t more;

    if (n < *room) {
        return p;
    }

    more = *room ? *room * 2 : 64;
    q = api_arena_grow(&load->tmp, p, *room * size, more * size);

    if (q) {
        *room = more;
    }

    return q;
}


static void
api_list_value_link(api_list_load_t *load, uint32_t hash, uint32_t value)
{
    uint32_t i;

    i = hash & load->valuemask;

    while (load->valueslots[i].word) {
        i = (i + 1) & load->valuemask;
    }

    load->valueslots[i].hash = hash;
    load->valueslots[i].word = value + 1;
}


/* Table of values at most half full. */

static bool
api_list_value_room(api_list_load_t *load)
{
    uint32_t         i, old;
    api_list_slot_t *from;

    from = load->valueslots;
    old = from ? load->valuemask + 1 : 0;

    if (load->nvalues < old / 2) {
        return true;
    }

    load->valuemask = (old ? old * 2 : 16) - 1;
    load->valueslots = api_arena_calloc(
        &load->tmp, (size_t) load->valuemask + 1, sizeof(*from));

    if (load->valueslots == NULL) {
        return false;
    }

    for (i = 0; i < old; i++) {
        if (from[i].word) {
            api_list_value_link(load, from[i].hash, from[i].word - 1);
        }
    }

    return true;
}


/* Index of the value s; most lists have few different ones. */

static int
api_list_intern(api_list_load_t *load, api_span_t s, uint32_t *index)
{
    uint32_t         i, hash;
    api_span_t      *v;
    api_list_slot_t *slot;

    if (!api_list_value_room(load)) {
        return api_list_nomem(load);
    }

    hash = api_list_hash(load->list->seed, s);

    for (i = hash & load->valuemask;; i = (i + 1) & load->valuemask) {
        slot = &load->valueslots[i];

        if (slot->word == 0) {
            break;
        }

        if (slot->hash == hash && api_span_eq(load->values[slot->word - 1], s))
        {
            *index = slot->word - 1;
            return API_OK;
        }
    }

    v = api_list_more(
        load, load->values, load->nvalues, &load->avalues, sizeof(*v));

    if (v == NULL) {
        return api_list_nomem(load);
    }

    load->values = v;
    v[load->nvalues] = s;
    api_list_value_link(load, hash, load->nvalues);
    *index = load->nvalues++;

    return API_OK;
}


static bool
api_list_is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}


static int
api_list_control(const api_list_load_t *load, const uint8_t *p)
{
    return api_list_fail(load, API_SYNTAX, API_LIST_E_CONTROL,
        (size_t) (p - load->text.data),
        "control character 0x%02x; the file must be plain text", *p);
}


/* A word in quotes at *p (its opening quote), decoded. */

static int
api_list_quoted(api_list_load_t *load, const uint8_t **p, const uint8_t *e,
    api_span_t *out)
{
    size_t         n, off;
    uint8_t       *d;
    const uint8_t *s;

    off = (size_t) (*p - load->text.data);
    d = NULL;
    n = 0;

    for (s = ++*p; s < e && *s != '"'; s++, n++) {

        if (*s < 0x20 && *s != '\t') {
            return api_list_control(load, s);
        }

        if (*s == '\\') {
            if (e - s < 2 || (s[1] != '\\' && s[1] != '"')) {
                return api_list_fail(load, API_SYNTAX, API_LIST_E_ESCAPE, off,
                    "\\ in quotes stands only before \\ and \"; write \\\\");
            }

            if (d == NULL) {
                d = api_arena_alloc(&load->tmp, (size_t) (e - *p));
                if (d == NULL) {
                    return api_list_nomem(load);
                }

                memcpy(d, *p, n);
            }

            s++;
        }

        if (d) {
            d[n] = *s;
        }
    }

    if (s == e) {
        return api_list_fail(load, API_SYNTAX, API_LIST_E_QUOTE, off,
            "the closing quote is missing");
    }

    *out = api_span(d ? d : *p, n);
    *p = s + 1;

    return API_OK;
}


static int
api_list_bare(const api_list_load_t *load, const uint8_t **p, const uint8_t *e,
    api_span_t *out)
{
    const uint8_t *s;

    for (s = *p; s < e && !api_list_is_blank(*s); s++) {

        if (*s < 0x20 || *s == 0x7f) {
            return api_list_control(load, s);
        }

        if (*s == '"') {
            return api_list_fail(load, API_SYNTAX, API_LIST_E_QUOTE,
                (size_t) (*p - load->text.data),
                "a quote in the middle of a word; quote the whole, "
                "with \\\" for a quote");
        }
    }

    *out = api_span(*p, (size_t) (s - *p));
    *p = s;

    return API_OK;
}


/* The word at *p, which is before e, and *p behind it. */

static int
api_list_take(api_list_load_t *load, const uint8_t **p, const uint8_t *e,
    api_span_t *out)
{
    int    rc;
    bool   quoted;
    size_t off;

    off = (size_t) (*p - load->text.data);
    quoted = **p == '"';

    rc = quoted ? api_list_quoted(load, p, e, out)
                : api_list_bare(load, p, e, out);

    if (rc != API_OK) {
        return rc;
    }

    if (quoted ? *p < e && **p == ';' : out->data[out->len - 1] == ';') {
        return api_list_fail(load, API_SYNTAX, API_LIST_E_SEMICOLON, off,
            "an entry ends with its line; remove the \";\"");
    }

    if (*p < e && !api_list_is_blank(**p)) {
        return api_list_fail(load, API_SYNTAX, API_LIST_E_QUOTE, off,
            "a space must follow the closing quote");
    }

    return API_OK;
}


static int
api_list_too_long(const api_list_load_t *load, int code, size_t off,
    const char *what, uint32_t max)
{
    return api_list_fail(load, API_LIMIT, code, off,
        "the %s is longer than %u bytes", what, max);
}


static int
api_list_add(
    api_list_load_t *load, api_span_t key, api_span_t value, size_t off)
{
    int       rc;
    bool      is_net;
    void     *p;
    uint32_t  v;
    api_net_t net;

    if (key.len == 0) {
        return api_list_fail(load, API_SYNTAX, API_LIST_E_EMPTY_KEY, off,
            "an empty key; remove the line");
    }

    if (key.len > load->limits.key) {
        return api_list_too_long(
            load, API_LIST_E_KEY_LEN, off, "key", load->limits.key);
    }

    if (value.len > load->limits.value) {
        return api_list_too_long(
            load, API_LIST_E_VALUE_LEN, off, "value", load->limits.value);
    }

    if (load->nnets + load->nwords == load->limits.entries) {
        return api_list_fail(load, API_LIMIT, API_LIST_E_ENTRIES, off,
            "more than %u entries", load->limits.entries);
    }

    v = 0;

    if ((rc = api_list_key(load, key, off, &net, &is_net)) != API_OK
        || (rc = api_list_intern(load, value, &v)) != API_OK)
    {
        return rc;
    }

    p = is_net ? api_list_more(load, load->nets, load->nnets, &load->anets,
            sizeof(api_list_rawnet_t))
               : api_list_more(load, load->words, load->nwords, &load->awords,
                   sizeof(api_list_rawword_t));

    if (p == NULL) {
        return api_list_nomem(load);
    }

    if (is_net) {
        load->nets = p;
        load->nets[load->nnets++] =
            (api_list_rawnet_t){ net, v, (uint32_t) off };

    } else {
        load->words = p;
        load->words[load->nwords++] =
            (api_list_rawword_t){ key, v, (uint32_t) off };
    }

    return API_OK;
}


static const uint8_t *
api_list_skip(const uint8_t *p, const uint8_t *e)
{
    while (p < e && api_list_is_blank(*p)) {
        p++;
    }

    return p;
}


/* One line, p to e, without its end. */

static int
api_list_read_line(api_list_load_t *load, const uint8_t *p, const uint8_t *e)
{
    int        rc;
    size_t     off, n;
    api_span_t w[2] = { { NULL, 0 }, { (const uint8_t *) "1", 1 } };

    off = 0;

    for (n = 0;; n++) {
        p = api_list_skip(p, e);

        if (p == e || *p == '#') {
            break;
        }

        if (n == 0) {
            off = (size_t) (p - load->text.data);
        }

        if (n == 2) {
            return api_list_fail(load, API_SYNTAX, API_LIST_E_WORDS,
                (size_t) (p - load->text.data),
                "more than KEY VALUE; quote what has spaces in it");
        }

        rc = api_list_take(load, &p, e, &w[n]);

        if (rc != API_OK) {
            return rc;
        }
    }

    return n ? api_list_add(load, w[0], w[1], off) : API_OK;
}


int
api_list_read(api_list_load_t *load)
{
    int            rc;
    const uint8_t *p, *e, *eol;

    if (load->text.len == 0) {
        return API_OK;
    }

    p = load->text.data;
    e = p + load->text.len;

    if (e - p >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
        p += 3;
    }

    for (; p < e; p = eol + 1) {
        eol = memchr(p, '\n', (size_t) (e - p));

        if (eol == NULL) {
            eol = e;
        }

        rc = api_list_read_line(
            load, p, eol > p && eol[-1] == '\r' ? eol - 1 : eol);

        if (rc != API_OK) {
            return rc;
        }

        if (eol == e) {
            break;
        }
    }

    return API_OK;
}
