#include "api_list_int.h"

#include <stdarg.h>
#include <stdio.h>


static const char *const api_list_errors[API_LIST_NERRORS] = {
    [API_LIST_E_NONE] = "none",
    [API_LIST_E_TEXT_LEN] = "text_length",
    [API_LIST_E_ENTRIES] = "entries",
    [API_LIST_E_KEY_LEN] = "key_length",
    [API_LIST_E_VALUE_LEN] = "value_length",
    [API_LIST_E_CONTROL] = "control_character",
    [API_LIST_E_QUOTE] = "quote",
    [API_LIST_E_ESCAPE] = "escape",
    [API_LIST_E_WORDS] = "words",
    [API_LIST_E_SEMICOLON] = "semicolon",
    [API_LIST_E_EMPTY_KEY] = "empty_key",
    [API_LIST_E_ADDRESS] = "address",
    [API_LIST_E_HOST_BITS] = "host_bits",
    [API_LIST_E_DUPLICATE] = "duplicate",
    [API_LIST_E_NOMEM] = "no_memory",
};


const char *
api_list_error_name(int code)
{
    return code >= 0 && code < API_LIST_NERRORS ? api_list_errors[code]
                                                : "unknown";
}


static size_t
api_list_line(api_span_t text, size_t off)
{
    size_t         n;
    const uint8_t *p, *e;

    n = 1;
    e = text.data + off;

    for (p = text.data; p < e; p++) {
        n += *p == '\n';
    }

    return n;
}


int
api_list_fail(const api_list_load_t *load, int rc, int code, size_t off,
    const char *fmt, ...)
{
    char    buf[API_ERR_TEXT];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(buf, sizeof(buf), fmt, ap);
    va_end(ap);

    return api_fail(load->err, rc, code, off, "line %zu: %s",
        api_list_line(load->text, off), buf);
}


int
api_list_nomem(const api_list_load_t *load)
{
    return api_fail(load->err, API_NOMEM, API_LIST_E_NOMEM, 0, "no memory");
}


uint32_t
api_list_hash(api_sipkey_t seed, api_span_t s)
{
    return (uint32_t) api_siphash13(seed, s);
}


/* The word equal to key, or the free slot where it belongs (word == 0). */

static api_list_slot_t *
api_list_slot(const api_list_t *list, api_span_t key, uint32_t hash)
{
    uint32_t         i;
    api_list_slot_t *s;

    for (i = hash & list->mask;; i = (i + 1) & list->mask) {
        s = &list->slots[i];

        if (s->word == 0
            || (s->hash == hash
                && api_span_eq(list->words[s->word - 1].key, key)))
        {
            return s;
        }
    }
}


/*
 * Words that stand there twice with one value are dropped; load->words is
 * compacted alongside, so that it tells the line of each word kept.
 */

static int
api_list_add_word(
    api_list_load_t *load, const api_list_rawword_t *raw, uint8_t **blob)
{
    uint32_t         hash;
    api_list_t      *list;
    api_list_slot_t *slot;
    api_list_word_t *word;

    list = load->list;
    hash = api_list_hash(list->seed, raw->key);
    slot = api_list_slot(list, raw->key, hash);

    if (slot->word) {
        word = &list->words[slot->word - 1];

        if (word->value == raw->value) {
            return API_OK;
        }

        return api_list_fail(load, API_DUPLICATE, API_LIST_E_DUPLICATE,
            raw->off, "this key has another value in line %zu; keep one",
            api_list_line(load->text, load->words[slot->word - 1].off));
    }

    memcpy(*blob, raw->key.data, raw->key.len);

    word = &list->words[list->stat.words];
    word->key = api_span(*blob, raw->key.len);
    word->value = raw->value;

    *blob += raw->key.len;
    load->words[list->stat.words] = *raw;

    slot->hash = hash;
    slot->word = ++list->stat.words;

    return API_OK;
}


static int
api_list_build_words(api_list_load_t *load)
{
    int                rc;
    size_t             len;
    uint8_t           *blob;
    uint32_t           i, n;
    api_list_t        *list;
    api_list_rawword_t raw;

    if (load->nwords == 0) {
        return API_OK;
    }

    list = load->list;
    len = 0;

    for (i = 0; i < load->nwords; i++) {
        len += load->words[i].key.len;
    }

    for (n = 4; n / 2 < load->nwords; n *= 2) {
        /* void */
    }

    list->mask = n - 1;
    list->slots = api_arena_calloc(&list->arena, n, sizeof(api_list_slot_t));
    list->words =
        api_arena_calloc(&list->arena, load->nwords, sizeof(api_list_word_t));
    blob = api_arena_alloc(&list->arena, len);

    if (list->slots == NULL || list->words == NULL || blob == NULL) {
        return api_list_nomem(load);
    }

    for (i = 0; i < load->nwords; i++) {
        raw = load->words[i];
        rc = api_list_add_word(load, &raw, &blob);

        if (rc != API_OK) {
            return rc;
        }
    }

    return API_OK;
}


/* The values live in the text or in load->tmp until now. */

static int
api_list_build_values(api_list_load_t *load)
{
    size_t      len;
    uint8_t    *blob;
    uint32_t    i;
    api_span_t *v;

    len = 0;

    for (i = 0; i < load->nvalues; i++) {
        len += load->values[i].len;
    }

    v = api_arena_calloc(&load->list->arena, load->nvalues, sizeof(*v));
    blob = api_arena_alloc(&load->list->arena, len);

    if (v == NULL || blob == NULL) {
        return api_list_nomem(load);
    }

    for (i = 0; i < load->nvalues; i++) {
        v[i] = api_span(blob, load->values[i].len);
        memcpy(blob, load->values[i].data, v[i].len);
        blob += v[i].len;
    }

    load->list->values = v;

    return API_OK;
}


static void
api_list_limits(api_list_limits_t *to, const api_list_limits_t *from)
{
    static const api_list_limits_t def = { 64 << 20, 1000000, 1024, 1024 };

    *to = from ? *from : def;

    to->text = to->text ? to->text : def.text;
    to->entries = to->entries ? to->entries : def.entries;
    to->key = to->key ? to->key : def.key;
    to->value = to->value ? to->value : def.value;

    /* offsets and counts, doubled for tables, are 32 bits */

    if (to->text > UINT32_MAX - 1) {
        to->text = UINT32_MAX - 1;
    }

    if (to->entries > UINT32_MAX / 8) {
        to->entries = UINT32_MAX / 8;
    }
}


static int
api_list_load(api_list_load_t *load)
{
    int rc;

    if (load->text.len > load->limits.text) {
        return api_fail(load->err, API_LIMIT, API_LIST_E_TEXT_LEN,
            load->limits.text, "the file is longer than %zu bytes",
            load->limits.text);
    }

    if ((rc = api_list_read(load)) != API_OK
        || (rc = api_list_build_words(load)) != API_OK
        || (rc = api_list_build_nets(load)) != API_OK)
    {
        return rc;
    }

    return api_list_build_values(load);
}


int
api_list_parse(api_list_t **list, api_span_t text,
    const api_list_limits_t *limits, api_sipkey_t seed,
    const api_alloc_t *alloc, api_err_t *err)
{
    int             rc;
    api_list_load_t load;

    memset(&load, 0, sizeof(load));
    load.text = text;
    load.err = err;
    api_list_limits(&load.limits, limits);

    load.list = alloc->alloc(alloc->ctx, sizeof(api_list_t));
    if (load.list == NULL) {
        return api_list_nomem(&load);
    }

    memset(load.list, 0, sizeof(api_list_t));
    load.list->seed = seed;

    api_arena_init(&load.list->arena, alloc, 1024, 0);
    api_arena_init(&load.tmp, alloc, 16384, 0);

    rc = api_list_load(&load);
    api_arena_free(&load.tmp);

    if (rc != API_OK) {
        api_list_free(load.list);
        return rc;
    }

    load.list->stat.bytes = sizeof(api_list_t) + load.list->arena.held;
    *list = load.list;

    return API_OK;
}


void
api_list_free(api_list_t *list)
{
    const api_alloc_t *alloc;

    if (list == NULL) {
        return;
    }

    alloc = list->arena.alloc;
    api_arena_free(&list->arena);

    if (alloc->free) {
        alloc->free(alloc->ctx, list);
    }
}


static bool
api_list_found(const api_list_t *list, uint32_t i, api_span_t *value)
{
    if (i == API_LIST_NOT) {
        return false;
    }

    if (value) {
        *value = list->values[i];
    }

    return true;
}


bool
api_list_find(const api_list_t *list, api_span_t key, api_span_t *value)
{
    uint32_t               hash;
    api_addr_t             addr;
    const api_list_slot_t *slot;

    if (api_addr_parse(key, &addr)) {
        return api_list_find_addr(list, &addr, value);
    }

    if (list->slots == NULL) {
        return false;
    }

    hash = api_list_hash(list->seed, key);
    slot = api_list_slot(list, key, hash);

    return slot->word
           && api_list_found(list, list->words[slot->word - 1].value, value);
}


static uint32_t
api_list_lookup4(const api_list_ranges4_t *r, uint32_t addr)
{
    uint32_t i, n, half;

    i = 0;

    for (n = r->n; n > 1; n -= half) {
        half = n / 2;
        i += r->start[i + half] <= addr ? half : 0;
    }

    return r->value[i];
}


static inline bool
api_list_le(const api_list_u128_t *a, const api_addr_t *b)
{
    return a->hi < b->hi || (a->hi == b->hi && a->lo <= b->lo);
}


static uint32_t
api_list_lookup6(const api_list_ranges6_t *r, const api_addr_t *addr)
{
    uint32_t i, n, half;

    i = 0;

    for (n = r->n; n > 1; n -= half) {
        half = n / 2;
        i += api_list_le(&r->start[i + half], addr) ? half : 0;
    }

    return r->value[i];
}


bool
api_list_find_addr(
    const api_list_t *list, const api_addr_t *addr, api_span_t *value)
{
    uint32_t i;

    if (addr->v6) {
        i = list->v6.n ? api_list_lookup6(&list->v6, addr) : API_LIST_NOT;

    } else {
        i = list->v4.n ? api_list_lookup4(&list->v4, (uint32_t) addr->lo)
                       : API_LIST_NOT;
    }

    return api_list_found(list, i, value);
}


api_list_stat_t
api_list_stat(const api_list_t *list)
{
    return list->stat;
}
