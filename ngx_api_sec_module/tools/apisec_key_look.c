/*
 * apisec key list, apisec key check; and how a store is looked at.
 */

#include "apisec_api_key.h"
#include "api_keystore.h"

#include <openssl/crypto.h>
#include <time.h>
#include <unistd.h>


#define PEPPER_MAX 65536


const char *
apisec_key_text(const cJSON *entry, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(entry, name);

    return cJSON_IsString(item) ? item->valuestring : NULL;
}


int64_t
apisec_key_time(const cJSON *entry, const char *name, int64_t none)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(entry, name);

    return cJSON_IsNumber(item) ? (int64_t) item->valuedouble : none;
}


static bool
is_revoked(const cJSON *entry)
{
    const char *status = apisec_key_text(entry, "status");

    return status && strcmp(status, "revoked") == 0;
}


const char *
apisec_key_state(const cJSON *entry, int64_t now)
{
    return is_revoked(entry)                                 ? "revoked"
           : now >= apisec_key_time(entry, "exp", INT64_MAX) ? "expired"
           : now < apisec_key_time(entry, "nbf", INT64_MIN)  ? "to come"
                                                             : "active";
}


static const char *
path_of(const apisec_key_values_t *v, const char *given, const char *name)
{
    return given ? given : apisec_text("%s/%s", v->dir, name);
}


const char *
apisec_key_store(const apisec_key_values_t *v)
{
    return path_of(v, v->store, "api-keys.json");
}


int
apisec_key_pepper(const apisec_key_values_t *v, api_span_t *pepper)
{
    int         rc;
    const char *path = path_of(v, v->pepper, "api-key-pepper");

    rc = apisec_read(path, PEPPER_MAX, pepper);

    /* nginx leaves it away too */

    if (rc == APISEC_OK && pepper->len
        && pepper->data[pepper->len - 1] == '\n') {
        pepper->len--;
    }

    if (rc == APISEC_OK && pepper->len < API_KEYSTORE_MIN_PEPPER) {
        rc = apisec_fail(APISEC_FAILED,
            "%s: a pepper has %d random bytes or more: run  openssl rand -hex"
            " 32",
            path, API_KEYSTORE_MIN_PEPPER);
    }

    return rc;
}


const char *
apisec_key_scopes(const cJSON *entry)
{
    const char  *text = NULL;
    const cJSON *scope;

    cJSON_ArrayForEach(
        scope, cJSON_GetObjectItemCaseSensitive(entry, "scopes"))
    {
        text = text ? apisec_text("%s %s", text, scope->valuestring)
                    : apisec_text("%s", scope->valuestring);
    }

    return text;
}


static const char *
date(int64_t t, int64_t none)
{
    char      text[32];
    time_t    when = t;
    struct tm tm;

    if (t == none || gmtime_r(&when, &tm) == NULL
        || strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
    {
        return "-";
    }

    return apisec_text("%s", text);
}


static const char *
or_dash(const char *text)
{
    return text ? text : "-";
}


int
apisec_key_list(const apisec_key_values_t *v, const char *id)
{
    int           rc;
    int64_t       now = time(NULL);
    const cJSON  *entry;
    apisec_edit_t edit;

    (void) id;

    rc = apisec_edit_read(&edit, apisec_key_store(v));
    if (rc != APISEC_OK) {
        return rc;
    }

    cJSON_ArrayForEach(entry, edit.keys)
    {
        printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
            apisec_key_text(entry, "id"), apisec_key_state(entry, now),
            apisec_key_text(entry, "principal"),
            or_dash(apisec_key_text(entry, "plan")),
            or_dash(apisec_key_text(entry, "owner")),
            date(apisec_key_time(entry, "nbf", INT64_MIN), INT64_MIN),
            date(apisec_key_time(entry, "exp", INT64_MAX), INT64_MAX),
            or_dash(apisec_key_scopes(entry)));
    }

    apisec_edit_close(&edit);

    return APISEC_OK;
}


/* A line of standard input: what stands on a command line is seen by all. */

static int
read_key(char *line, size_t size, api_span_t *key)
{
    if (isatty(STDIN_FILENO)) {
        fputs("API key: ", stderr);
    }

    if (fgets(line, (int) size, stdin) == NULL) {
        return apisec_fail(
            APISEC_USAGE, "key check: there is no key on standard input");
    }

    *key = api_span(line, strcspn(line, "\r\n"));

    return APISEC_OK;
}


static int
check_in(api_keystore_t *store)
{
    int                         rc, code;
    char                        line[512];
    api_span_t                  key;
    const api_keystore_entry_t *entry;

    rc = read_key(line, sizeof(line), &key);
    if (rc != APISEC_OK) {
        return rc;
    }

    code = api_keystore_check(store, key, time(NULL), &entry);
    OPENSSL_cleanse(line, sizeof(line));

    printf("%s", api_keystore_code_name(code));

    if (entry) {
        printf("\t%.*s\t%.*s", (int) entry->id.len,
            (const char *) entry->id.data, (int) entry->principal.len,
            (const char *) entry->principal.data);
    }

    printf("\n");

    return code == API_KEYSTORE_OK ? APISEC_OK : APISEC_NO;
}


int
apisec_key_check(const apisec_key_values_t *v, const char *id)
{
    int                 rc;
    api_err_t           err;
    api_span_t          pepper, text;
    const char         *path = apisec_key_store(v);
    api_keystore_t     *store;
    api_keystore_opts_t opts = { .max_bytes = APISEC_STORE_MAX };

    (void) id;

    rc = apisec_key_pepper(v, &pepper);

    if (rc == APISEC_OK) {
        rc = apisec_read(path, APISEC_STORE_MAX, &text);
    }

    if (rc != APISEC_OK) {
        return rc;
    }

    apisec_random(&opts.seed, sizeof(opts.seed));

    if (api_keystore_parse(&store, text, pepper, &opts, &api_alloc_libc, &err)
        != API_OK)
    {
        return apisec_fail(APISEC_FAILED, "%s: %s", path, err.text);
    }

    OPENSSL_cleanse((void *) (uintptr_t) pepper.data, pepper.len);

    rc = check_in(store);
    api_keystore_free(store);

    return rc;
}
