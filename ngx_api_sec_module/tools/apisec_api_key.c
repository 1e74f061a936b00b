/*
 * apisec key: API keys in a store of api_key_store.
 */

#include "apisec_api_key.h"

#include <openssl/crypto.h>
#include <time.h>


#define MAX_LIVE 2 /* keys of one principal: the old and the new */

typedef struct {
    const char *name;
    size_t      nargs;
    bool        pepper;
    int (*run)(const apisec_key_values_t *v, const char *id);
} verb_t;

static int run(int argc, char **argv);


#define OPTION(name, kind, field, value, help)                                \
    {                                                                         \
        name, kind, offsetof(apisec_key_values_t, field), value, help         \
    }

static const apisec_option_t options[] = {
    OPTION("store", APISEC_TEXT, store, "FILE",
        "the file of api_key_store; by default api-keys.json of --dir"),
    OPTION("pepper", APISEC_TEXT, pepper, "FILE",
        "its pepper; by default api-key-pepper of --dir"),
    OPTION(
        "dir", APISEC_TEXT, dir, "DIR", "a folder that apisec init has made"),
    OPTION("principal", APISEC_TEXT, principal, "NAME",
        "new: whom the key stands for"),
    OPTION("plan", APISEC_TEXT, plan, "NAME", "new: $api_key_plan"),
    OPTION("owner", APISEC_TEXT, owner, "TEXT",
        "new: $api_key_owner, such as an address to write to"),
    OPTION("scope", APISEC_TEXT, scope, "'A B'",
        "new: scopes, with spaces between them"),
    OPTION("ttl", APISEC_TEXT, ttl, "TIME",
        "new, rotate: how long it lives: 365d (the default), 12h, none"),
    OPTION("nbf", APISEC_TEXT, nbf, "TIME",
        "new, rotate: not valid before that much time from now"),
    OPTION("overlap", APISEC_TEXT, overlap, "TIME",
        "rotate: how long the old key still works: 7d (the default), 0"),
    OPTION("force", APISEC_FLAG, force, NULL,
        "new, rotate: also when two keys of the principal work already"),
    { 0 }
};

const apisec_command_t apisec_key = { "key",
    "new | rotate ID | revoke ID | list | check [OPTIONS]",
    "make, change, revoke and check API keys",
    "new, rotate    print the key, once; the store has its hash alone\n"
    "revoke         the key with that id no longer works\n"
    "list           what the store has, no secrets\n"
    "check          whether the key on standard input is good, and whose it "
    "is\n"
    "\n"
    "nginx takes up a change within a second. A store that nginx would not\n"
    "read is never written.\n",
    options, run };


/* A key that works, or will. */

static bool
is_live(const cJSON *entry, int64_t now)
{
    const char *state = apisec_key_state(entry, now);

    return strcmp(state, "active") == 0 || strcmp(state, "to come") == 0;
}


static cJSON *
find(const apisec_edit_t *edit, const char *id)
{
    cJSON *entry;

    cJSON_ArrayForEach(entry, edit->keys)
    {
        if (strcmp(apisec_key_text(entry, "id"), id) == 0) {
            return entry;
        }
    }

    apisec_fail(APISEC_NO,
        "%s: no key has the id \"%s\": run  apisec key list", edit->path, id);

    return NULL;
}


static int
may_add(const apisec_edit_t *edit, const apisec_key_values_t *v,
    const char *principal, int64_t now)
{
    int          n = 0;
    const cJSON *entry;

    cJSON_ArrayForEach(entry, edit->keys)
    {
        n += is_live(entry, now)
             && strcmp(apisec_key_text(entry, "principal"), principal) == 0;
    }

    if (n < MAX_LIVE || v->force) {
        return APISEC_OK;
    }

    return apisec_fail(APISEC_NO,
        "\"%s\" has %d keys that work: revoke one of them, or say --force",
        principal, n);
}


static int
duration(const char *option, const char *text, const char *dflt, int64_t *out)
{
    if (apisec_seconds(text ? text : dflt, out) && *out >= 0) {
        return APISEC_OK;
    }

    return apisec_fail(APISEC_USAGE, "--%s %s: write 90s, 15m, 12h or 7d",
        option, text ? text : dflt);
}


/* From now on, as --nbf and --ttl say. */

static int
lifetime(const apisec_key_values_t *v, int64_t now, apisec_grant_t *grant)
{
    int     rc;
    int64_t ttl = 0, nbf = 0;

    rc = duration("nbf", v->nbf, "0", &nbf);
    grant->nbf = now + nbf;
    grant->exp = INT64_MAX;

    if (rc == APISEC_OK && (v->ttl == NULL || strcmp(v->ttl, "none") != 0)) {
        rc = duration("ttl", v->ttl, "365d", &ttl);
        grant->exp = grant->nbf + ttl;
    }

    return rc;
}


/* Another key for grant; an id that is taken already is not used again. */

static int
add(apisec_edit_t *edit, const apisec_key_values_t *v,
    const apisec_grant_t *grant)
{
    int        rc;
    char      *key;
    cJSON     *entry;
    api_span_t pepper;

    rc = apisec_key_pepper(v, &pepper);

    if (rc != APISEC_OK) {
        apisec_edit_close(edit);
        return rc;
    }

    entry = apisec_store_entry(grant, pepper, &key);
    OPENSSL_cleanse((void *) (uintptr_t) pepper.data, pepper.len);
    cJSON_AddItemToArray(edit->keys, entry);

    rc = apisec_edit_save(edit);

    if (rc == APISEC_OK) {
        printf("%s\n", key);
    }

    OPENSSL_cleanse(key, strlen(key));

    return rc;
}


static int
new_key(const apisec_key_values_t *v, const char *id)
{
    int            rc;
    int64_t        now = time(NULL);
    apisec_edit_t  edit;
    apisec_grant_t grant = { .principal = v->principal,
        .plan = v->plan,
        .owner = v->owner,
        .scope = v->scope };

    (void) id;

    if (v->principal == NULL) {
        return apisec_fail(
            APISEC_USAGE, "key new: write --principal NAME, whose key it is");
    }

    rc = lifetime(v, now, &grant);

    if (rc == APISEC_OK) {
        rc = apisec_edit_open(&edit, apisec_key_store(v));
    }

    if (rc != APISEC_OK) {
        return rc;
    }

    rc = may_add(&edit, v, v->principal, now);

    if (rc != APISEC_OK) {
        apisec_edit_close(&edit);
        return rc;
    }

    return add(&edit, v, &grant);
}


static void
set_time(cJSON *entry, const char *name, int64_t value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(entry, name);
    cJSON_AddNumberToObject(entry, name, (double) value);
}


/* The old key gets an end, and the new one all else that it has. */

static int
rotate(
    apisec_edit_t *edit, const apisec_key_values_t *v, cJSON *old, int64_t now)
{
    int            rc;
    int64_t        overlap;
    apisec_grant_t grant = { .principal = apisec_key_text(old, "principal"),
        .plan = apisec_key_text(old, "plan"),
        .owner = apisec_key_text(old, "owner"),
        .scope = apisec_key_scopes(old) };

    if (!is_live(old, now)) {
        return apisec_fail(APISEC_NO,
            "the key is %s: make a new one with  apisec key new",
            apisec_key_state(old, now));
    }

    rc = lifetime(v, now, &grant);

    if (rc == APISEC_OK) {
        rc = duration("overlap", v->overlap, "7d", &overlap);
    }

    if (rc == APISEC_OK) {
        rc = may_add(edit, v, grant.principal, now);
    }

    if (rc == APISEC_OK) {
        if (now + overlap < apisec_key_time(old, "exp", INT64_MAX)) {
            set_time(old, "exp", now + overlap);
        }

        return add(edit, v, &grant);
    }

    return rc;
}


static int
rotate_key(const apisec_key_values_t *v, const char *id)
{
    int           rc;
    cJSON        *old;
    apisec_edit_t edit;

    rc = apisec_edit_open(&edit, apisec_key_store(v));
    if (rc != APISEC_OK) {
        return rc;
    }

    old = find(&edit, id);
    rc = old ? rotate(&edit, v, old, time(NULL)) : APISEC_NO;
    apisec_edit_close(&edit);

    return rc;
}


static int
revoke_key(const apisec_key_values_t *v, const char *id)
{
    int           rc;
    cJSON        *entry;
    apisec_edit_t edit;

    rc = apisec_edit_open(&edit, apisec_key_store(v));
    if (rc != APISEC_OK) {
        return rc;
    }

    entry = find(&edit, id);

    if (entry == NULL) {
        apisec_edit_close(&edit);
        return APISEC_NO;
    }

    cJSON_DeleteItemFromObjectCaseSensitive(entry, "status");
    cJSON_AddStringToObject(entry, "status", "revoked");

    return apisec_edit_save(&edit);
}


static const verb_t verbs[] = {
    { "new", 1, true, new_key },
    { "rotate", 2, true, rotate_key },
    { "revoke", 2, false, revoke_key },
    { "list", 1, false, apisec_key_list },
    { "check", 1, true, apisec_key_check },
};

#define NVERBS (sizeof(verbs) / sizeof(verbs[0]))


static int
run(int argc, char **argv)
{
    int                 rc;
    size_t              i;
    apisec_key_values_t v = { 0 };
    apisec_list_t       args;

    rc = apisec_options(&apisec_key, argc, argv, &v, &args);
    if (rc != APISEC_OK) {
        return rc;
    }

    for (i = 0; i < NVERBS && args.n; i++) {
        if (strcmp(args.item[0], verbs[i].name) == 0) {
            break;
        }
    }

    if (args.n == 0 || i == NVERBS || args.n != verbs[i].nargs) {
        return apisec_fail(APISEC_USAGE,
            "key: write new, rotate ID, revoke ID, list or check: run  apisec"
            " help key");
    }

    if (v.dir == NULL
        && (v.store == NULL || (verbs[i].pepper && v.pepper == NULL)))
    {
        return apisec_fail(APISEC_USAGE, "key %s: write --store FILE%s",
            verbs[i].name, verbs[i].pepper ? " --pepper FILE" : "");
    }

    return verbs[i].run(&v, args.item[1]);
}
