#include "api_revoked.h"


#define API_REVOKED_MAX 100000

typedef struct {
    api_revoked_entry_t entry;
    uint32_t            next; /* in its chain, + 1 */
} api_revoked_node_t;

struct api_revoked_s {
    const api_alloc_t  *alloc;
    api_sipkey_t        seed;
    size_t              count;
    size_t              mask;
    api_revoked_node_t *nodes;
    uint32_t           *heads; /* node + 1; 0: none */
    uint8_t            *text;  /* words, decoded */
};

const char *const api_revoked_kinds[API_REVOKED_NKINDS] = { "jti", "sub",
    "kid", "client" };


api_revoked_kind_t
api_revoked_kind(api_span_t name)
{
    int i;

    for (i = 0; i < API_REVOKED_NKINDS; i++) {
        if (api_span_eq(name,
                api_span(api_revoked_kinds[i], strlen(api_revoked_kinds[i]))))
        {
            return (api_revoked_kind_t) i;
        }
    }

    return API_REVOKED_NKINDS;
}


static void
api_revoked_give(const api_alloc_t *alloc, void *p)
{
    if (p && alloc->free) {
        alloc->free(alloc->ctx, p);
    }
}


void
api_revoked_free(api_revoked_t *list)
{
    if (list == NULL) {
        return;
    }

    api_revoked_give(list->alloc, list->nodes);
    api_revoked_give(list->alloc, list->heads);
    api_revoked_give(list->alloc, list->text);
    api_revoked_give(list->alloc, list);
}


size_t
api_revoked_count(const api_revoked_t *list)
{
    return list ? list->count : 0;
}


static size_t
api_revoked_slot(
    const api_revoked_t *list, api_revoked_kind_t kind, api_span_t value)
{
    return (size_t) (api_siphash13(list->seed, value) + (uint64_t) kind)
           & list->mask;
}


static bool
api_revoked_applies(
    const api_revoked_entry_t *entry, const api_revoked_of_t *of)
{
    return (entry->issuer.len == 0 || api_span_eq(entry->issuer, of->issuer))
           && of->iat < entry->before;
}


api_revoked_kind_t
api_revoked_find(const api_revoked_t *list, const api_revoked_of_t *of)
{
    int                       kind;
    uint32_t                  i;
    api_span_t                value;
    const api_revoked_node_t *node;

    if (list == NULL || list->count == 0) {
        return API_REVOKED_NKINDS;
    }

    for (kind = 0; kind < API_REVOKED_NKINDS; kind++) {
        value = of->values[kind];

        if (value.data == NULL) {
            continue;
        }

        i = list->heads[api_revoked_slot(
            list, (api_revoked_kind_t) kind, value)];

        for (; i; i = node->next) {
            node = &list->nodes[i - 1];

            if ((int) node->entry.kind == kind
                && api_span_eq(node->entry.value, value)
                && api_revoked_applies(&node->entry, of))
            {
                return (api_revoked_kind_t) kind;
            }
        }
    }

    return API_REVOKED_NKINDS;
}


/* Where the reading of a text is. */

typedef struct {
    const uint8_t *p;
    const uint8_t *end;
    uint8_t       *out; /* decoded words go there */
    size_t         line;
} api_revoked_text_t;


static bool
api_revoked_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}


/* The next word of the line; data NULL: there is none.  False: broken. */

static bool
api_revoked_word(api_revoked_text_t *t, api_span_t *word)
{
    bool     quoted = false;
    uint8_t *begin = t->out;

    *word = api_span(NULL, 0);

    while (t->p < t->end && api_revoked_blank(*t->p)) {
        t->p++;
    }

    if (t->p == t->end || *t->p == '\n' || *t->p == '#') {
        return true;
    }

    for (; t->p < t->end && *t->p != '\n'; t->p++) {
        if (*t->p == '"') {
            quoted = !quoted;
            continue;
        }

        if (!quoted && api_revoked_blank(*t->p)) {
            break;
        }

        if (quoted && *t->p == '\\') {
            t->p++;

            if (t->p == t->end || (*t->p != '"' && *t->p != '\\')) {
                return false;
            }
        }

        *t->out++ = *t->p;
    }

    *word = api_span(begin, (size_t) (t->out - begin));

    return !quoted;
}


static bool
api_revoked_prefix(api_span_t *word, const char *name)
{
    size_t len = strlen(name);

    if (word->len < len || memcmp(word->data, name, len) != 0) {
        return false;
    }

    word->data += len;
    word->len -= len;

    return true;
}


static bool
api_revoked_number(api_span_t word, int64_t *n)
{
    size_t i;

    if (word.len == 0 || word.len > 12) {
        return false;
    }

    for (i = 0, *n = 0; i < word.len; i++) {
        if (word.data[i] < '0' || word.data[i] > '9') {
            return false;
        }

        *n = *n * 10 + (word.data[i] - '0');
    }

    return true;
}


/* NULL, or what is wrong. */

static const char *
api_revoked_option(api_revoked_entry_t *entry, api_span_t word)
{
    if (api_revoked_prefix(&word, "before=")) {
        return api_revoked_number(word, &entry->before)
                   ? NULL
                   : "before= takes seconds since 1970";
    }

    if (api_revoked_prefix(&word, "issuer=")) {
        entry->issuer = word;

        return word.len && word.len <= API_REVOKED_ISSUER
                   ? NULL
                   : "issuer= takes a name of 64 bytes at most";
    }

    return "behind the value there may be before= and issuer=";
}


static const char *
api_revoked_line(
    api_revoked_text_t *t, api_span_t kind, api_revoked_entry_t *entry)
{
    api_span_t  word;
    const char *why;

    entry->kind = api_revoked_kind(kind);
    entry->issuer = api_span(NULL, 0);
    entry->before = API_REVOKED_ALWAYS;

    if (entry->kind == API_REVOKED_NKINDS) {
        return "a line begins with jti, sub, kid or client";
    }

    if (!api_revoked_word(t, &entry->value)) {
        return "a quote is not closed";
    }

    if (entry->value.data == NULL || entry->value.len == 0) {
        return "there is no value";
    }

    if (entry->value.len > API_REVOKED_VALUE) {
        return "a value has 256 bytes at most";
    }

    for (;;) {
        if (!api_revoked_word(t, &word)) {
            return "a quote is not closed";
        }

        if (word.data == NULL) {
            return NULL;
        }

        why = api_revoked_option(entry, word);

        if (why) {
            return why;
        }
    }
}


static size_t
api_revoked_lines(api_span_t text)
{
    size_t i, n;

    for (i = 0, n = 1; i < text.len; i++) {
        n += text.data[i] == '\n';
    }

    return n;
}


static void
api_revoked_link(api_revoked_t *list, const api_revoked_entry_t *entry)
{
    size_t              slot;
    api_revoked_node_t *node;

    slot = api_revoked_slot(list, entry->kind, entry->value);

    node = &list->nodes[list->count++];
    node->entry = *entry;
    node->next = list->heads[slot];

    list->heads[slot] = (uint32_t) list->count;
}


static int
api_revoked_read(api_revoked_t *list, api_span_t text, api_err_t *err)
{
    api_span_t          kind;
    const char         *why;
    api_revoked_text_t  t;
    api_revoked_entry_t entry;

    t.p = text.data;
    t.end = text.data + text.len;
    t.out = list->text;

    for (t.line = 1; t.p < t.end; t.line++) {
        why = NULL;

        if (!api_revoked_word(&t, &kind)) {
            why = "a quote is not closed";

        } else if (kind.data) {
            why = api_revoked_line(&t, kind, &entry);
        }

        if (why) {
            return api_fail(err, API_SYNTAX, 0, (size_t) (t.p - text.data),
                "line %zu: %s", t.line, why);
        }

        if (kind.data) {
            api_revoked_link(list, &entry);
        }

        while (t.p < t.end && *t.p != '\n') {
            t.p++;
        }

        t.p += t.p < t.end;
    }

    return API_OK;
}


static int
api_revoked_make(api_revoked_t *list, size_t lines, size_t len)
{
    size_t             heads;
    const api_alloc_t *alloc = list->alloc;

    for (heads = 16; heads < lines; heads *= 2) {
    }

    list->mask = heads - 1;
    list->nodes = alloc->alloc(alloc->ctx, lines * sizeof(*list->nodes));
    list->heads = alloc->alloc(alloc->ctx, heads * sizeof(*list->heads));
    list->text = alloc->alloc(alloc->ctx, len + 1);

    if (list->nodes == NULL || list->heads == NULL || list->text == NULL) {
        return API_NOMEM;
    }

    memset(list->heads, 0, heads * sizeof(*list->heads));

    return API_OK;
}


int
api_revoked_parse(api_revoked_t **out, api_span_t text, api_sipkey_t seed,
    const api_alloc_t *alloc, api_err_t *err)
{
    int            rc;
    size_t         lines;
    api_revoked_t *list;

    *out = NULL;
    lines = api_revoked_lines(text);

    if (lines > API_REVOKED_MAX) {
        return api_fail(
            err, API_LIMIT, 0, 0, "more than %d lines", API_REVOKED_MAX);
    }

    list = alloc->alloc(alloc->ctx, sizeof(api_revoked_t));
    if (list == NULL) {
        return api_fail(err, API_NOMEM, 0, 0, "no memory");
    }

    memset(list, 0, sizeof(api_revoked_t));
    list->alloc = alloc;
    list->seed = seed;

    rc = api_revoked_make(list, lines, text.len);

    if (rc != API_OK) {
        (void) api_fail(err, rc, 0, 0, "no memory");

    } else {
        rc = api_revoked_read(list, text, err);
    }

    if (rc != API_OK) {
        api_revoked_free(list);
        return rc;
    }

    *out = list;

    return API_OK;
}
