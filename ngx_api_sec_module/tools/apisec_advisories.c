#include "apisec_advisories.h"

#include <limits.h>
#include <unistd.h>


#define ADVISORIES "share/apisec/advisories.json"
#define ADVISORIES_MAX (4 * 1024 * 1024)


const char *
apisec_advisories_file(void)
{
    int     i;
    char    path[PATH_MAX];
    char   *slash;
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

    if (n <= 0) {
        return "/usr/" ADVISORIES;
    }

    path[n] = '\0';

    for (i = 0; i < 2; i++) {
        slash = strrchr(path, '/');
        if (slash) {
            *slash = '\0';
        }
    }

    return apisec_text("%s/" ADVISORIES, path);
}


cJSON *
apisec_advisories(const char *path, const char **why)
{
    cJSON      *root;
    api_span_t  text;
    const char *format = "format";

    if (access(path, R_OK) != 0) {
        *why = apisec_text("no advisories: %s cannot be read", path);
        return NULL;
    }

    root = apisec_read(path, ADVISORIES_MAX, &text) == APISEC_OK
               ? cJSON_ParseWithLength((const char *) text.data, text.len)
               : NULL;

    if (!cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(root, "debian"))
        || !cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(root, format))
        || cJSON_GetObjectItemCaseSensitive(root, format)->valueint != 1)
    {
        *why = apisec_text(
            "%s is no file of advisories that this apisec knows", path);
        cJSON_Delete(root);
        return NULL;
    }

    return root;
}


const char *
apisec_advisories_text(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsString(item) ? item->valuestring : "";
}
