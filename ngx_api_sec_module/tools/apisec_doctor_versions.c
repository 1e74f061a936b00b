/*
 * apisec doctor: the modules that run, and what is known of the versions of
 * what the gateway stands on.
 *
 * The file of advisories (.ci/advisories makes it) has, for each Debian
 * package, which version fixed which CVEs, and the same for nginx itself.  It
 * has a date: what was found since then is not in it.
 */

#include "apisec_advisories.h"
#include "apisec_doctor.h"

#include "api_debver.h"
#include "api_proc.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>


#define STALE_DAYS 45


void
doctor_modules(doctor_t *d)
{
    unsigned              n = 0;
    api_span_t            gone, file;
    const char           *maps;
    const api_conf_dir_t *dir;

    for (dir = api_conf_child(&d->site->conf->root, "load_module"); dir;
         dir = api_conf_more(dir))
    {
        file = api_conf_arg(dir, 1);
        n += memmem(file.data, file.len, "ngx_api_", 8) != NULL;
    }

    if (n == 0) {
        doctor_say(d, DOCTOR_WARN, NULL,
            "load_module ...ngx_api_sec_module.so;",
            "no module of the suite is loaded from a file");
        return;
    }

    maps = d->master
               ? doctor_file(apisec_text("/proc/%ld/maps", (long) d->master))
               : NULL;

    if (maps == NULL) {
        doctor_say(d, DOCTOR_SKIP, NULL, NULL, "%s",
            d->master
                ? "what the running nginx has mapped is not for everybody"
                : "nginx does not run");
        return;
    }

    gone = api_proc_stale(api_span(maps, strlen(maps)));

    if (gone.data) {
        doctor_say(d, DOCTOR_FAIL, NULL, "systemctl restart nginx",
            "nginx runs an old %s: another file has its name since, and a"
            " reload keeps the old one",
            doctor_text(gone));

    } else {
        doctor_say(d, DOCTOR_PASS, NULL, NULL,
            "%u modules, as they are on the disk", n);
    }
}


/* Ids of all fixes that came after a version; the newest of these versions. */

static const char *
missing(const cJSON *fixes, const char *version, const char **fixed, int *n)
{
    const char  *ids = "";
    const char  *in;
    const cJSON *fix, *id;

    *n = 0;
    *fixed = NULL;

    cJSON_ArrayForEach(fix, fixes)
    {
        in = apisec_advisories_text(fix, "version");

        if (api_debver_compare(
                api_span(version, strlen(version)), api_span(in, strlen(in)))
            >= 0)
        {
            continue;
        }

        if (*fixed == NULL
            || api_debver_compare(
                   api_span(in, strlen(in)), api_span(*fixed, strlen(*fixed)))
                   > 0)
        {
            *fixed = in;
        }

        cJSON_ArrayForEach(id, cJSON_GetObjectItemCaseSensitive(fix, "ids"))
        {
            if ((*n)++ < 6 && cJSON_IsString(id)) {
                ids = apisec_text(
                    "%s%s%s", ids, *ids ? ", " : "", id->valuestring);
            }
        }
    }

    return *n > 6 ? apisec_text("%s and %d more", ids, *n - 6) : ids;
}


static const char *
package_version(const char *package)
{
    const char *const argv[] = { "dpkg-query", "-W", "-f",
        "${db:Status-Status} ${Version}\n", package, NULL };
    const char       *text = doctor_ask(argv);

    return text && strncmp(text, "installed ", 10) == 0 ? text + 10 : NULL;
}


/* As in PRETTY terms of os-release: "debian bookworm". */

static bool
is_suite(const char *suite)
{
    char        id[64] = "", codename[64] = "";
    const char *line = doctor_file("/etc/os-release");

    for (; line; line = strchr(line, '\n'), line += line != NULL) {
        (void) sscanf(line, "ID=%63[a-z]", id);
        (void) sscanf(line, "VERSION_CODENAME=%63[a-z]", codename);
    }

    return strcmp(suite, apisec_text("%s %s", id, codename)) == 0;
}


static void
check_packages(doctor_t *d, const cJSON *root, int *looked)
{
    int          n;
    const char  *ids, *fixed, *version;
    const cJSON *row;

    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(root, "debian"))
    {
        version = package_version(apisec_advisories_text(row, "package"));
        if (version == NULL) {
            continue;
        }

        (*looked)++;
        ids = missing(cJSON_GetObjectItemCaseSensitive(row, "fixes"), version,
            &fixed, &n);

        if (n) {
            doctor_say(d, DOCTOR_FAIL, NULL,
                apisec_text("apt install %s   (%s or later), then restart"
                            " nginx",
                    apisec_advisories_text(row, "package"), fixed),
                "%s %s lacks the fixes of %s",
                apisec_advisories_text(row, "package"), version, ids);
        }
    }
}


/* An nginx that no package brought: its own version, by its own list. */

static void
check_nginx(doctor_t *d, const cJSON *root)
{
    int         n;
    char        version[64];
    const char *ids, *fixed, *said;
    const char *nginx = d->options->nginx.nginx;

    const char *const argv[] = { nginx ? nginx : "nginx", "-v", NULL };
    const char *const owner[] = { "dpkg-query", "-S",
        nginx ? nginx : "/usr/sbin/nginx", NULL };

    if (doctor_ask(owner)) {
        return;
    }

    said = doctor_ask(argv);

    if (said == NULL
        || sscanf(said, "nginx version: nginx/%63[0-9.]", version) != 1)
    {
        doctor_say(
            d, DOCTOR_SKIP, NULL, NULL, "the version of nginx is not known");
        return;
    }

    ids = missing(
        cJSON_GetObjectItemCaseSensitive(root, "nginx"), version, &fixed, &n);

    if (n) {
        doctor_say(d, DOCTOR_FAIL, NULL, "a newer nginx",
            "nginx %s, which no package brought, lacks the fixes of %s (%s"
            " has them)",
            version, ids, fixed);
    }
}


static int64_t
age_in_days(const doctor_t *d, const char *date)
{
    struct tm tm = { 0 };

    if (sscanf(date, "%4d-%2d-%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday) != 3)
    {
        return -1;
    }

    tm.tm_year -= 1900;
    tm.tm_mon -= 1;

    return (d->now - (int64_t) timegm(&tm)) / 86400;
}


static void
check_age(doctor_t *d, const cJSON *root, const char *path)
{
    int64_t     days;
    const char *date = apisec_advisories_text(root, "date");

    days = age_in_days(d, date);

    if (days < -1 || *date == '\0') {
        doctor_say(d, DOCTOR_WARN, NULL, "look at the clock, and at the file",
            "%s is of \"%s\", which is not in the past", path, date);

    } else if (days > STALE_DAYS) {
        doctor_say(d, DOCTOR_WARN, NULL,
            "upgrade apisec, or --advisories FILE",
            "%s is %lld days old: what was found since is not in it", path,
            (long long) days);
    }
}


static void
check_all(doctor_t *d, const cJSON *root, const char *path)
{
    int looked = 0;

    check_age(d, root, path);
    check_nginx(d, root);

    if (is_suite(apisec_advisories_text(root, "suite"))) {
        check_packages(d, root, &looked);

    } else {
        doctor_say(d, DOCTOR_SKIP, NULL, NULL,
            "packages: the advisories are for %s, this is another system",
            apisec_advisories_text(root, "suite"));
    }

    if (!doctor_unwell(d)) {
        doctor_say(d, DOCTOR_PASS, NULL, NULL,
            "%d packages have all fixes that were known on %s", looked,
            apisec_advisories_text(root, "date"));
    }
}


void
doctor_versions(doctor_t *d)
{
    cJSON      *root;
    const char *why, *path = d->options->advisories;

    path = path ? path : apisec_advisories_file();
    root = apisec_advisories(path, &why);

    if (root == NULL) {
        doctor_say(d, DOCTOR_WARN, NULL, "--advisories FILE", "%s", why);
        return;
    }

    check_all(d, root, path);
    cJSON_Delete(root);
}
