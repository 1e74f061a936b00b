#include "api_keystore_int.h"
#include "api_text.h"


/* A member of an entry: where it goes and how it is read. */

typedef int (*keystore_read_pt)(
    api_keystore_t *store, const api_json_t *doc, uint32_t tok, void *field);

typedef struct {
    api_span_t       name;
    keystore_read_pt read;
    size_t           offset;
    bool             required;
} keystore_member_t;


/* Texts go into variables, headers and logs: one line, nothing hidden. */

static bool
is_text(api_span_t s)
{
    size_t i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] < 0x20 || s.data[i] == 0x7f) {
            return false;
        }
    }

    return s.len != 0 && s.len <= 256;
}


static int
read_text(
    api_keystore_t *store, const api_json_t *doc, uint32_t tok, void *field)
{
    int         rc;
    api_span_t  s;
    api_span_t *out = field;

    rc = api_json_string(doc, tok, &store->arena, &s);
    if (rc != API_OK) {
        return rc;
    }

    if (!is_text(s)) {
        return API_INVALID;
    }

    *out = api_arena_dup(&store->arena, s);

    return out->data ? API_OK : API_NOMEM;
}


static int
read_id(
    api_keystore_t *store, const api_json_t *doc, uint32_t tok, void *field)
{
    int         rc;
    api_span_t *id = field;

    rc = read_text(store, doc, tok, field);

    if (rc == API_OK
        && (id->len != KEYSTORE_ID || !api_keystore_alnum(id->data, id->len)))
    {
        rc = API_INVALID;
    }

    return rc;
}


static int
read_hash(
    api_keystore_t *store, const api_json_t *doc, uint32_t tok, void *field)
{
    static const char scheme[] = "hmac-sha256:";

    int        rc, hi, lo;
    size_t     i;
    uint8_t   *hash = field;
    api_span_t s;

    rc = api_json_string(doc, tok, &store->arena, &s);
    if (rc != API_OK) {
        return rc;
    }

    if (s.len != sizeof(scheme) - 1 + 64
        || memcmp(s.data, scheme, sizeof(scheme) - 1) != 0)
    {
        return API_INVALID;
    }

    s.data += sizeof(scheme) - 1;

    for (i = 0; i < 32; i++) {
        hi = api_keystore_hex(s.data[2 * i]);
        lo = api_keystore_hex(s.data[2 * i + 1]);

        if (hi < 0 || lo < 0) {
            return API_INVALID;
        }

        hash[i] = (uint8_t) (hi << 4 | lo);
    }

    return API_OK;
}


static int
read_time(
    api_keystore_t *store, const api_json_t *doc, uint32_t tok, void *field)
{
    (void) store;

    return api_json_int64(doc, tok, field) ? API_OK : API_INVALID;
}


static int
read_status(
    api_keystore_t *store, const api_json_t *doc, uint32_t tok, void *field)
{
    bool *revoked = field;

    (void) store;

    if (doc->tok[tok].type != API_JSON_STRING) {
        return API_INVALID;
    }

    *revoked = api_json_string_eq(doc, tok, API_SPAN("revoked"));

    return *revoked || api_json_string_eq(doc, tok, API_SPAN("active"))
               ? API_OK
               : API_INVALID;
}


/* field is the entry itself: two members are set. */

static int
read_scopes(
    api_keystore_t *store, const api_json_t *doc, uint32_t tok, void *field)
{
    int                   rc;
    uint32_t              i, end;
    api_span_t           *scopes;
    api_keystore_entry_t *entry = field;

    if (doc->tok[tok].type != API_JSON_ARRAY) {
        return API_INVALID;
    }

    scopes = api_arena_calloc(
        &store->arena, doc->tok[tok].len + 1u, sizeof(api_span_t));
    if (scopes == NULL) {
        return API_NOMEM;
    }

    end = api_json_next(doc, tok);

    for (i = tok + 1; i < end; i = api_json_next(doc, i)) {
        rc = read_text(store, doc, i, &scopes[entry->nscopes]);

        if (rc != API_OK) {
            return rc;
        }

        if (memchr(scopes[entry->nscopes].data, ' ',
                scopes[entry->nscopes].len)) {
            return API_INVALID;
        }

        entry->nscopes++;
    }

    entry->scopes = scopes;

    return API_OK;
}


#define MEMBER(name, read, field, required)                                   \
    {                                                                         \
        { (const uint8_t *) (name), sizeof(name) - 1 }, read,                 \
            offsetof(api_keystore_entry_t, field), required                   \
    }

static const keystore_member_t members[] = {
    MEMBER("id", read_id, id, true),
    MEMBER("hash", read_hash, hash, true),
    MEMBER("principal", read_text, principal, true),
    MEMBER("plan", read_text, plan, false),
    MEMBER("owner", read_text, owner, false),
    MEMBER("nbf", read_time, nbf, false),
    MEMBER("exp", read_time, exp, false),
    MEMBER("status", read_status, revoked, false),
    { { (const uint8_t *) "scopes", 6 }, read_scopes, 0, false },
};

#define NMEMBERS (sizeof(members) / sizeof(members[0]))


static int
entry_fail(api_err_t *err, int rc, size_t n, const api_keystore_entry_t *entry,
    const char *what, api_span_t name)
{
    char   id[4 * KEYSTORE_ID + 1];
    size_t len;

    /* what was refused as an id may be anything */

    len = api_text_log(entry->id, id, sizeof(id), NULL);

    return api_fail(err, rc, rc, 0, "keys[%zu]%s%.*s%s: %s%s%.*s", n,
        entry->id.data ? " (id " : "", (int) len, id,
        entry->id.data ? ")" : "", what, name.len ? " " : "", (int) name.len,
        name.len ? (const char *) name.data : "");
}


static int
read_entry(api_keystore_t *store, const api_json_t *doc, uint32_t tok,
    size_t n, api_keystore_entry_t *entry, api_err_t *err)
{
    int                      rc;
    size_t                   m;
    uint32_t                 i, end;
    unsigned                 seen = 0;
    const keystore_member_t *member;

    memset(entry, 0, sizeof(*entry));
    entry->nbf = INT64_MIN;
    entry->exp = INT64_MAX;

    if (doc->tok[tok].type != API_JSON_OBJECT) {
        return entry_fail(
            err, API_INVALID, n, entry, "is no object", API_SPAN(""));
    }

    end = api_json_next(doc, tok);

    for (i = tok + 1; i < end; i = api_json_next(doc, i)) {
        for (m = 0; m < NMEMBERS; m++) {
            if (api_json_string_eq(doc, i, members[m].name)) {
                break;
            }
        }

        if (m == NMEMBERS) {
            return entry_fail(err, API_INVALID, n, entry,
                "has a member that is none of id, hash, principal, plan, "
                "owner, scopes, nbf, exp, status",
                API_SPAN(""));
        }

        member = &members[m];
        rc = member->read(
            store, doc, i + 1, (uint8_t *) entry + member->offset);

        if (rc != API_OK) {
            return entry_fail(err, rc, n, entry, "bad value of", member->name);
        }

        seen |= 1u << m;
    }

    for (m = 0; m < NMEMBERS; m++) {
        if (members[m].required && !(seen & (1u << m))) {
            return entry_fail(
                err, API_INVALID, n, entry, "needs", members[m].name);
        }
    }

    return API_OK;
}


static int
read_keys(api_keystore_t *store, const api_json_t *doc, uint32_t keys,
    api_err_t *err)
{
    int        rc;
    size_t     n, size = 2;
    uint32_t   i, *slot;
    api_span_t none = API_SPAN("");

    n = doc->tok[keys].len;

    while (size < 2 * n) {
        size *= 2;
    }

    store->mask = size - 1;
    store->slots = api_arena_calloc(&store->arena, size, sizeof(uint32_t));
    store->entries =
        api_arena_calloc(&store->arena, n + 1, sizeof(api_keystore_entry_t));

    if (store->slots == NULL || store->entries == NULL) {
        return api_fail(err, API_NOMEM, API_NOMEM, 0, "no memory");
    }

    for (i = keys + 1; i < api_json_next(doc, keys); i = api_json_next(doc, i))
    {
        n = store->nentries;

        rc = read_entry(store, doc, i, n, &store->entries[n], err);
        if (rc != API_OK) {
            return rc;
        }

        slot = api_keystore_slot(store, store->entries[n].id);

        if (*slot) {
            return entry_fail(err, API_DUPLICATE, n, &store->entries[n],
                "this id stands twice", none);
        }

        *slot = (uint32_t) ++store->nentries;
    }

    return API_OK;
}


static int
read_store(api_keystore_t *store, api_span_t json,
    const api_keystore_opts_t *opts, api_err_t *err)
{
    int               rc;
    uint32_t          keys;
    api_json_t        doc;
    api_arena_t       scratch;
    api_json_limits_t limits = api_json_limits_default;

    limits.depth = 8;
    limits.tokens = UINT32_MAX / 16;
    limits.members = (uint32_t) (opts->max_keys ? opts->max_keys : 100000);

    if (json.len > (opts->max_bytes ? opts->max_bytes : 16u << 20)) {
        return api_fail(
            err, API_LIMIT, API_LIMIT, 0, "the store is too large");
    }

    api_arena_init(&scratch, store->alloc, 65536, 0);

    rc = api_json_parse(&doc, json, &limits, 0, opts->seed, &scratch, err);

    if (rc == API_OK) {
        keys = api_json_get(&doc, 0, API_SPAN("keys"));

        if (keys == API_JSON_NONE || doc.tok[keys].type != API_JSON_ARRAY
            || doc.tok[0].len != 1)
        {
            rc = api_fail(err, API_INVALID, API_INVALID, 0,
                "the store is {\"keys\": [...]} and nothing else");

        } else {
            rc = read_keys(store, &doc, keys, err);
        }
    }

    api_arena_free(&scratch);

    return rc;
}


int
api_keystore_parse(api_keystore_t **out, api_span_t json, api_span_t pepper,
    const api_keystore_opts_t *opts, const api_alloc_t *alloc, api_err_t *err)
{
    int             rc;
    api_keystore_t *store;

    if (pepper.len < API_KEYSTORE_MIN_PEPPER) {
        return api_fail(err, API_INVALID, API_INVALID, 0,
            "a pepper has %d random bytes or more, this one has %zu",
            API_KEYSTORE_MIN_PEPPER, pepper.len);
    }

    store = alloc->alloc(alloc->ctx, sizeof(api_keystore_t));
    if (store == NULL) {
        return api_fail(err, API_NOMEM, API_NOMEM, 0, "no memory");
    }

    memset(store, 0, sizeof(*store));
    store->alloc = alloc;
    store->seed = opts->seed;
    api_arena_init(&store->arena, alloc, 16384, 0);

    rc = api_jwks_create(&store->pepper, alloc);

    if (rc == API_OK) {
        rc = api_jwks_add_secret(
            store->pepper, pepper, api_span(NULL, 0), API_JWS_HS256, err);
    } else {
        rc = api_fail(err, rc, rc, 0, "no memory");
    }

    if (rc == API_OK) {
        rc = read_store(store, json, opts, err);
    }

    if (rc == API_OK && api_keystore_sort(store) != API_OK) {
        rc = api_fail(err, API_NOMEM, API_NOMEM, 0, "no memory");
    }

    if (rc != API_OK) {
        api_keystore_free(store);
        return rc;
    }

    *out = store;

    return API_OK;
}


void
api_keystore_free(api_keystore_t *store)
{
    const api_alloc_t *alloc;

    if (store == NULL) {
        return;
    }

    alloc = store->alloc;
    api_jwks_free(store->pepper);
    api_arena_free(&store->arena);

    if (alloc->free) {
        alloc->free(alloc->ctx, store);
    }
}


size_t
api_keystore_count(const api_keystore_t *store)
{
    return store->nentries;
}
