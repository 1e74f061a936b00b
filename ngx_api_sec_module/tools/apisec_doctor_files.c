/*
 * apisec doctor: files and folders that a gateway stands on, who can read them,
 * and whether there is room.
 */

#include "apisec_doctor.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>


#define STATE "/var/lib/nginx/api"


/* Can the workers read it: they are of one user and, here, of one group. */

static bool
workers_read(const doctor_t *d, const struct stat *st)
{
    if (st->st_uid == d->uid) {
        return st->st_mode & S_IRUSR;
    }

    return st->st_gid == d->gid ? st->st_mode & S_IRGRP
                                : st->st_mode & S_IROTH;
}


/* A folder that others may write into lets them put another file there. */

static void
check_folder(doctor_t *d, const api_conf_dir_t *dir, const char *path)
{
    struct stat st;
    const char *slash = strrchr(path, '/');
    const char *folder;

    folder = apisec_text("%.*s", (int) (slash - path), path);

    if (*folder && stat(folder, &st) == 0 && (st.st_mode & S_IWOTH)
        && !(st.st_mode & S_ISVTX))
    {
        doctor_say(d, DOCTOR_FAIL, dir, apisec_text("chmod o-w %s", folder),
            "everybody can put another file in the place of %s: %s is 0%o",
            path, folder, (unsigned) (st.st_mode & 07777));
    }
}


static void
check_secret(
    doctor_t *d, const api_conf_dir_t *dir, const char *path, bool watched)
{
    struct stat st;

    if (stat(path, &st) != 0) {
        doctor_say(d, DOCTOR_FAIL, dir, "put the file there, or name another",
            "%s: %s", path, strerror(errno));
        return;
    }

    if (st.st_mode & (S_IROTH | S_IWOTH)) {
        doctor_say(d, DOCTOR_FAIL, dir, apisec_text("chmod o-rwx %s", path),
            "everybody can %s the secret %s (0%o)",
            st.st_mode & S_IWOTH ? "write" : "read", path,
            (unsigned) (st.st_mode & 07777));

    } else if (st.st_mode & S_IWGRP) {
        doctor_say(d, DOCTOR_WARN, dir, apisec_text("chmod g-w %s", path),
            "its group can write the secret %s (0%o)", path,
            (unsigned) (st.st_mode & 07777));
    }

    if (watched && d->uid != (uid_t) -1 && !workers_read(d, &st)) {
        doctor_say(d, DOCTOR_WARN, dir,
            apisec_text("chgrp %lu %s && chmod g+r %s", (unsigned long) d->gid,
                path, path),
            "the workers (%s) cannot read %s: a change of it counts only"
            " after a reload",
            d->user, path);
    }

    check_folder(d, dir, path);
}


/* The file of an argument such as pepper=file:/a/b or file:/a/b. */

static api_span_t
file_of(api_span_t arg)
{
    static const char word[] = "file:";
    unsigned char    *at;

    at = memmem(arg.data, arg.len, word, sizeof(word) - 1);

    if (at == NULL || (at > arg.data && at[-1] != '=')) {
        return api_span(NULL, 0);
    }

    at += sizeof(word) - 1;

    return api_span(at, arg.len - (size_t) (at - arg.data));
}


static bool
is_ours(const api_conf_dir_t *dir)
{
    return dir->nargs && dir->args[0].len > 4
           && memcmp(dir->args[0].data, "api_", 4) == 0;
}


/* Of the suite, `file:` is a secret, also inside its blocks; of nginx, keys of
   certificates are, which the master alone reads. */

static unsigned
secrets_of(doctor_t *d, const api_conf_dir_t *dir)
{
    uint32_t   i;
    unsigned   n = 0;
    api_span_t path;

    if (api_conf_is(dir, "ssl_certificate_key")
        || api_conf_is(dir, "proxy_ssl_certificate_key"))
    {
        path = api_conf_arg(dir, 1);

        if (memchr(path.data, '$', path.len) == NULL
            && memchr(path.data, ':', path.len) == NULL)
        {
            check_secret(d, dir, doctor_path(d, path), false);
            n++;
        }

        return n;
    }

    if (!is_ours(dir) && (dir->parent == NULL || !is_ours(dir->parent))) {
        return 0;
    }

    for (i = 1; i < dir->nargs; i++) {
        path = file_of(dir->args[i]);

        if (path.data) {
            check_secret(d, dir, doctor_path(d, path), true);
            n++;
        }
    }

    return n;
}


void
doctor_secrets(doctor_t *d)
{
    unsigned              n = 0;
    const api_conf_dir_t *dir = NULL;

    while ((dir = doctor_next(&d->site->conf->root, dir)) != NULL) {
        n += secrets_of(d, dir);
    }

    if (!doctor_unwell(d)) {
        doctor_say(d, DOCTOR_PASS, NULL, NULL,
            "%u secrets in files, each for those alone that need it", n);
    }
}


static const char *
state_folder(const doctor_t *d, const api_conf_dir_t **dir)
{
    *dir = d->site->http ? api_conf_child(d->site->http, "api_state") : NULL;

    return *dir ? doctor_path(d, api_conf_arg(*dir, 1)) : STATE;
}


/* What writes there when it is not told where. */

static bool
keeps_state(const doctor_t *d)
{
    size_t                i;
    const api_conf_dir_t *dir = NULL;

    static const char *const names[] = { "api_zone", "api_audit_seal",
        "api_ratelimit_zone", "api_ratelimit_ban", "api_waf_compiler" };

    while ((dir = doctor_next(&d->site->conf->root, dir)) != NULL) {
        for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            if (api_conf_is(dir, names[i])) {
                return true;
            }
        }
    }

    return false;
}


void
doctor_state(doctor_t *d)
{
    struct stat           st;
    const char           *path;
    const api_conf_dir_t *dir;

    path = state_folder(d, &dir);

    if (dir == NULL && !keeps_state(d)) {
        doctor_say(d, DOCTOR_PASS, NULL, NULL, "nothing needs one");
        return;
    }

    if (stat(path, &st) != 0) {
        doctor_say(d, dir ? DOCTOR_FAIL : DOCTOR_WARN, dir,
            apisec_text("install -d -m 0750 -o %s %s", d->user, path),
            "%s: %s: nothing outlives a restart", path, strerror(errno));
        return;
    }

    if (!S_ISDIR(st.st_mode) || (st.st_mode & S_IRWXO)) {
        doctor_say(d, DOCTOR_FAIL, dir, apisec_text("chmod 0750 %s", path),
            "%s is open to everybody (0%o)", path,
            (unsigned) (st.st_mode & 07777));
    }

    if (d->uid != (uid_t) -1 && st.st_uid != d->uid
        && !(st.st_gid == d->gid && (st.st_mode & S_IWGRP)))
    {
        doctor_say(d, DOCTOR_FAIL, dir,
            apisec_text("chown %s %s", d->user, path),
            "the workers (%s) cannot write into %s", d->user, path);
    }

    if (!doctor_unwell(d)) {
        doctor_say(d, DOCTOR_PASS, NULL, NULL, "%s is the workers' own", path);
    }
}


/* How many files a folder has; -1: it cannot be read. */

static int
files_in(const char *path)
{
    int            n = 0;
    DIR           *dir = opendir(path);
    struct dirent *entry;

    if (dir == NULL) {
        return -1;
    }

    while ((entry = readdir(dir)) != NULL) {
        n += entry->d_name[0] != '.';
    }

    closedir(dir);

    return n;
}


static void
check_patterns(
    doctor_t *d, const api_conf_dir_t *compiler, const api_conf_dir_t *waf)
{
    struct stat           st;
    const char           *path;
    const api_conf_dir_t *state;

    path = apisec_text("%s/waf", state_folder(d, &state));

    if (compiler == NULL) {
        doctor_say(d, DOCTOR_WARN, waf, "api_waf_compiler /usr/bin/apisec;",
            "rules are used without api_waf_compiler: patterns are searched"
            " by the slower way");

    } else if (stat(path, &st) != 0 || files_in(path) == 0) {
        doctor_say(d, DOCTOR_WARN, compiler,
            "apt install libvectorscan5, then reload nginx",
            "%s has no database of patterns: they are searched by the slower"
            " way",
            path);

    } else if ((st.st_mode & 077) || (st.st_uid != 0 && st.st_uid != d->uid)) {
        doctor_say(d, DOCTOR_FAIL, compiler,
            apisec_text("chown root %s && chmod 0700 %s", path, path),
            "%s could have been written by others (0%o): it is not used", path,
            (unsigned) (st.st_mode & 07777));

    } else {
        doctor_say(d, DOCTOR_PASS, NULL, NULL, "%d files in %s",
            files_in(path), path);
    }
}


void
doctor_patterns(doctor_t *d)
{
    const api_conf_dir_t *dir = NULL, *compiler = NULL, *waf = NULL;

    while ((dir = doctor_next(&d->site->conf->root, dir)) != NULL) {
        if (api_conf_is(dir, "api_waf_compiler")) {
            compiler = dir;
        }

        if (api_conf_is(dir, "api_waf") && !api_conf_arg_is(dir, 1, "off")) {
            waf = dir;
        }
    }

    if (waf == NULL) {
        doctor_say(d, DOCTOR_PASS, NULL, NULL, "no rules, no patterns");
        return;
    }

    check_patterns(d, compiler, waf);
}


/* Full is when the system keeps the rest for root, or no file can be made. */

static void
check_room(doctor_t *d, const api_conf_dir_t *dir, const char *path)
{
    double         left;
    struct statvfs fs;
    const char    *folder;
    const char    *slash = strrchr(path, '/');

    folder =
        slash == path ? "/" : apisec_text("%.*s", (int) (slash - path), path);

    if (statvfs(folder, &fs) != 0) {
        doctor_say(d, DOCTOR_FAIL, dir, apisec_text("mkdir %s", folder),
            "%s: %s", folder, strerror(errno));
        return;
    }

    left = fs.f_blocks ? 100.0 * (double) fs.f_bavail / (double) fs.f_blocks
                       : 100.0;

    if (fs.f_files && fs.f_favail * 100 < fs.f_files) {
        left = 0;
    }

    if (left < 10) {
        doctor_say(d, left < 2 ? DOCTOR_FAIL : DOCTOR_WARN, dir,
            "rotate sooner, keep fewer, or make room",
            "%s has %.0f %% of its file system left", folder, left);
    }
}


void
doctor_log(doctor_t *d)
{
    unsigned              n = 0;
    api_span_t            to;
    const api_conf_dir_t *dir = NULL;

    while ((dir = doctor_next(&d->site->conf->root, dir)) != NULL) {
        to = api_conf_arg(dir, 1);

        if (!api_conf_is(dir, "api_audit") || api_conf_arg_is(dir, 1, "off")
            || api_conf_arg_is(dir, 1, "stdout")
            || (to.len > 7 && memcmp(to.data, "syslog:", 7) == 0))
        {
            continue;
        }

        n++;
        check_room(d, dir, doctor_log_path(d, to));
    }

    if (!doctor_unwell(d)) {
        doctor_say(d, DOCTOR_PASS, NULL, NULL, "%u files, with room", n);
    }
}
