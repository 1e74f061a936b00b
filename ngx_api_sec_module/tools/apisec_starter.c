#include "apisec_starter.h"
#include "apisec_key.h"
#include "api_json.h"


typedef struct {
    const char *name;
    size_t      offset;
} member_t;

static const member_t members[] = {
    { "issuer", offsetof(apisec_starter_t, issuer) },
    { "audience", offsetof(apisec_starter_t, audience) },
    { "scope", offsetof(apisec_starter_t, scope) },
    { "subject", offsetof(apisec_starter_t, subject) },
};

#define NMEMBERS (sizeof(members) / sizeof(members[0]))


static const char **
member(apisec_starter_t *starter, size_t i)
{
    return (const char **) ((char *) starter + members[i].offset);
}


static int
unreadable(const char *path, const char *why)
{
    return apisec_fail(APISEC_FAILED,
        "%s: %s: --dir is for a folder made by  apisec init", path, why);
}


int
apisec_starter(const char *dir, apisec_starter_t *starter)
{
    int          rc;
    size_t       i;
    uint32_t     tok;
    api_err_t    err;
    api_span_t   text;
    api_json_t   doc;
    const char  *path = apisec_text("%s/%s", dir, APISEC_STARTER_FILE);
    api_sipkey_t seed;

    rc = apisec_read(path, 65536, &text);
    if (rc != APISEC_OK) {
        return unreadable(path, "cannot be used");
    }

    apisec_random(&seed, sizeof(seed));

    if (api_json_parse(&doc, text, NULL, 0, seed, apisec_arena(), &err)
        != API_OK) {
        return unreadable(path, err.text);
    }

    for (i = 0; i < NMEMBERS; i++) {
        tok = api_json_get(
            &doc, 0, api_span(members[i].name, strlen(members[i].name)));

        if (tok == API_JSON_NONE
            || api_json_string(&doc, tok, apisec_arena(), &text) != API_OK)
        {
            return unreadable(
                path, apisec_text("lacks \"%s\"", members[i].name));
        }

        *member(starter, i) =
            apisec_text("%.*s", (int) text.len, (const char *) text.data);
    }

    return APISEC_OK;
}


api_span_t
apisec_starter_text(const apisec_starter_t *starter)
{
    size_t           i;
    cJSON           *doc = cJSON_CreateObject();
    apisec_starter_t copy = *starter;

    for (i = 0; i < NMEMBERS; i++) {
        cJSON_AddStringToObject(doc, members[i].name, *member(&copy, i));
    }

    return apisec_json(doc);
}
