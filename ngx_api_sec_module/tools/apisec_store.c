#include "apisec_store.h"
#include "apisec_key.h"

#include <openssl/hmac.h>
#include <zlib.h>


#define STORE_ID_LEN 8
#define STORE_SECRET_LEN 32
#define STORE_HEX_LEN 64


static void
hex(const uint8_t *bytes, size_t len, char *out)
{
    size_t i;

    for (i = 0; i < len; i++) {
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    }
}


void
apisec_pepper(char pepper[APISEC_PEPPER_LEN + 1])
{
    uint8_t bytes[APISEC_PEPPER_LEN / 2];

    apisec_random(bytes, sizeof(bytes));
    hex(bytes, sizeof(bytes), pepper);
}


/* Random bytes that would make some letters likelier are thrown away. */

static void
letters(char *out, size_t len)
{
    static const char set[] = "0123456789"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "abcdefghijklmnopqrstuvwxyz";
    const unsigned    n = sizeof(set) - 1;

    size_t  i = 0;
    uint8_t byte;

    while (i < len) {
        apisec_random(&byte, 1);

        if (byte < 256 / n * n) {
            out[i++] = set[byte % n];
        }
    }

    out[len] = '\0';
}


static char *
make_key(char id[STORE_ID_LEN + 1])
{
    char     secret[STORE_SECRET_LEN + 1];
    char    *text;
    unsigned crc;

    letters(id, STORE_ID_LEN);
    letters(secret, STORE_SECRET_LEN);

    text = apisec_text("ak_%s_%s", id, secret);
    crc = (unsigned) crc32(0, (const Bytef *) text, (uInt) strlen(text));

    return apisec_text("%s_%08x", text, crc);
}


static char *
hash(const char *key, api_span_t pepper)
{
    char     text[STORE_HEX_LEN + 1];
    uint8_t  mac[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    HMAC(EVP_sha256(), pepper.data, (int) pepper.len, (const uint8_t *) key,
        strlen(key), mac, &len);
    hex(mac, len, text);

    return apisec_text("hmac-sha256:%s", text);
}


static cJSON *
scopes(const char *text)
{
    char  *copy = apisec_text("%s", text), *next, *word;
    cJSON *list = cJSON_CreateArray();

    for (word = strtok_r(copy, " ", &next); word;
         word = strtok_r(NULL, " ", &next))
    {
        cJSON_AddItemToArray(list, cJSON_CreateString(word));
    }

    return list;
}


static void
add_text(cJSON *entry, const char *name, const char *text)
{
    if (text) {
        cJSON_AddStringToObject(entry, name, text);
    }
}


cJSON *
apisec_store_entry(const apisec_grant_t *grant, api_span_t pepper, char **key)
{
    char   id[STORE_ID_LEN + 1];
    cJSON *entry;

    *key = make_key(id);

    entry = cJSON_CreateObject();
    add_text(entry, "id", id);
    add_text(entry, "hash", hash(*key, pepper));
    add_text(entry, "principal", grant->principal);
    add_text(entry, "plan", grant->plan);

    if (grant->scope) {
        cJSON_AddItemToObject(entry, "scopes", scopes(grant->scope));
    }

    cJSON_AddNumberToObject(entry, "nbf", (double) grant->nbf);

    if (grant->exp != INT64_MAX) {
        cJSON_AddNumberToObject(entry, "exp", (double) grant->exp);
    }

    add_text(entry, "status", "active");
    add_text(entry, "owner", grant->owner);

    return entry;
}


api_span_t
apisec_store(const apisec_grant_t *grant, const char *pepper, char **key)
{
    cJSON *store, *keys;

    keys = cJSON_CreateArray();
    cJSON_AddItemToArray(keys,
        apisec_store_entry(grant, api_span(pepper, strlen(pepper)), key));

    store = cJSON_CreateObject();
    cJSON_AddItemToObject(store, "keys", keys);

    return apisec_json(store);
}
