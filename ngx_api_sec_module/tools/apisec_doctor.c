/*
 * apisec doctor: is this gateway well.  The table of checks, what they share,
 * and the report; the checks themselves are in files by what they look at.
 */

#include "apisec_doctor.h"

#include "api_proc.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>


#define PREFIX "/usr/share/nginx" /* of Debian's nginx */

static const apisec_option_t options[] = {
    APISEC_NGINX_OPTIONS(doctor_options_t, nginx),
    { "pid", APISEC_TEXT, offsetof(doctor_options_t, pid), "FILE",
        "where the running nginx has its number; by default as configured" },
    { "status", APISEC_TEXT, offsetof(doctor_options_t, url), "URL",
        "of api_status, http://ADDRESS:PORT/PATH/; by default as configured" },
    { "advisories", APISEC_TEXT, offsetof(doctor_options_t, advisories),
        "FILE", "known vulnerabilities; by default those apisec came with" },
    { "json", APISEC_FLAG, offsetof(doctor_options_t, json), NULL,
        "one JSON object" },
    { "strict", APISEC_FLAG, offsetof(doctor_options_t, strict), NULL,
        "warnings count as failures" },
    { NULL, APISEC_FLAG, 0, NULL, NULL },
};

static int run(int argc, char **argv);

const apisec_command_t apisec_doctor = {
    "doctor",
    "",
    "whether a gateway is well: permissions, versions, sizes, readiness",
    "Run it as root on the machine of the gateway. Exits with 1 when a check\n"
    "fails. What cannot be looked at is said, and does not fail.\n",
    options,
    run,
};

static const doctor_check_t checks[] = {
    { "secrets", "who can read secrets", doctor_secrets },
    { "state", "the folder of api_state", doctor_state },
    { "patterns", "the databases of patterns", doctor_patterns },
    { "log", "room for the audit log", doctor_log },
    { "workers", "who the workers are", doctor_workers },
    { "threads", "thread pools that are named", doctor_threads },
    { "addresses", "whose address is counted", doctor_addresses },
    { "modules", "the modules that run", doctor_modules },
    { "versions", "known vulnerabilities", doctor_versions },
    { "descriptors", "open files", doctor_descriptors },
    { "core", "memory that reaches a disk", doctor_core },
    { "clock", "the time", doctor_clock },
    { "confined", "rights of the service", doctor_confined },
    { "ready", "requests may come", doctor_ready },
    { "zones", "shared memory", doctor_zones },
};

#define NCHECKS (sizeof(checks) / sizeof(checks[0]))


void
doctor_say(doctor_t *d, doctor_verdict_t verdict, const api_conf_dir_t *at,
    const char *remedy, const char *fmt, ...)
{
    char             *text;
    va_list           args;
    doctor_finding_t *f = apisec_alloc(sizeof(*f));

    va_start(args, fmt);

    if (vasprintf(&text, fmt, args) < 0) {
        exit(apisec_fail(APISEC_FAILED, "no memory"));
    }

    va_end(args);

    f->check = d->check;
    f->verdict = verdict;
    f->text = apisec_text("%s", text);
    f->remedy = remedy;
    f->at = at && at->file ? apisec_text(
                "%s:%u", doctor_text(at->file->name), (unsigned) at->line)
                           : NULL;
    f->next = NULL;

    free(text);

    *d->last = f;
    d->last = &f->next;
}


bool
doctor_unwell(const doctor_t *d)
{
    const doctor_finding_t *f;

    for (f = d->first; f; f = f->next) {
        if (f->check == d->check && f->verdict != DOCTOR_PASS) {
            return true;
        }
    }

    return false;
}


const char *
doctor_text(api_span_t s)
{
    return apisec_text("%.*s", (int) s.len, (const char *) s.data);
}


const char *
doctor_path(const doctor_t *d, api_span_t path)
{
    if (path.len && path.data[0] == '/') {
        return doctor_text(path);
    }

    return apisec_text("%s/%s", d->prefix, doctor_text(path));
}


#define FILE_MAX (1024 * 1024)

static const char *
slurp(FILE *in)
{
    char       *buf = malloc(FILE_MAX);
    size_t      n;
    const char *text = NULL;

    if (buf) {
        n = fread(buf, 1, FILE_MAX - 1, in);
        buf[n] = '\0';
        text = apisec_text("%s", buf);
    }

    free(buf);

    return text;
}


const char *
doctor_file(const char *path)
{
    FILE       *in = fopen(path, "re");
    const char *text;

    if (in == NULL) {
        return NULL;
    }

    text = slurp(in);
    fclose(in);

    return text;
}


/* Both streams: nginx -v speaks on the second. */

static void
ask_child(const char *const *argv, const int fds[2])
{
    dup2(fds[1], STDOUT_FILENO);
    dup2(fds[1], STDERR_FILENO);
    close(fds[0]);
    close(fds[1]);
    setenv("LC_ALL", "C", 1);
    execvp(argv[0], (char *const *) (uintptr_t) argv);
    _exit(127);
}


const char *
doctor_ask(const char *const *argv)
{
    int         status, fds[2];
    FILE       *in;
    pid_t       pid;
    const char *text = NULL;

    if (pipe(fds) != 0) {
        return NULL;
    }

    pid = fork();

    if (pid == 0) {
        ask_child(argv, fds);
    }

    close(fds[1]);
    in = fdopen(fds[0], "r");

    if (in) {
        text = slurp(in);
        fclose(in);
    }

    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }

    if (pid < 0 || text == NULL || !WIFEXITED(status)
        || WEXITSTATUS(status) != 0) {
        return NULL;
    }

    return apisec_text("%.*s", (int) strcspn(text, "\n"), text);
}


const api_conf_dir_t *
doctor_next(const api_conf_dir_t *root, const api_conf_dir_t *d)
{
    if (d == NULL) {
        return root->first;
    }

    if (d->block && d->first) {
        return d->first;
    }

    while (d && d != root && d->next == NULL) {
        d = d->parent;
    }

    return d == NULL || d == root ? NULL : d->next;
}


const char *
doctor_log_path(const doctor_t *d, api_span_t path)
{
    const char *prefix = d->options->nginx.prefix;

    if (path.len && path.data[0] == '/') {
        return doctor_text(path);
    }

    return apisec_text("%s/%s", prefix ? prefix : PREFIX, doctor_text(path));
}


/* What the checks stand on */

static void
find_user(doctor_t *d)
{
    const char           *group = NULL;
    struct group         *gr;
    struct passwd        *pw;
    const api_conf_dir_t *dir;

    dir = api_conf_child(&d->site->conf->root, "user");

    /* what nginx takes where it was not built with --user=, as Debian's */

    d->user = dir ? doctor_text(api_conf_arg(dir, 1)) : "nobody";

    if (dir && dir->nargs > 2) {
        group = doctor_text(api_conf_arg(dir, 2));
    }

    pw = getpwnam(d->user);
    d->uid = pw ? pw->pw_uid : (uid_t) -1;
    d->gid = pw ? pw->pw_gid : (gid_t) -1;

    gr = getgrnam(group ? group : d->user);
    if (gr) {
        d->gid = gr->gr_gid;
    }
}


/* Relative paths begin at the folder of the configuration file. */

static void
find_prefix(doctor_t *d)
{
    const char *name, *slash;

    d->prefix = ".";

    if (d->site->conf->nfiles == 0) {
        return;
    }

    name = doctor_text(d->site->conf->files[0].name);
    slash = strrchr(name, '/');

    if (slash) {
        d->prefix = apisec_text("%.*s", (int) (slash - name), name);
    }
}


static const char *
pid_file(const doctor_t *d)
{
    const api_conf_dir_t *dir;

    if (d->options->pid) {
        return d->options->pid;
    }

    dir = api_conf_child(&d->site->conf->root, "pid");

    return dir ? doctor_log_path(d, api_conf_arg(dir, 1)) : "/run/nginx.pid";
}


static void
find_master(doctor_t *d)
{
    long        pid;
    char       *end;
    uint64_t    uid;
    const char *text = doctor_file(pid_file(d));

    if (text == NULL) {
        return;
    }

    pid = strtol(text, &end, 10);

    if (pid <= 1 || (*end != '\n' && *end != '\0')
        || (kill((pid_t) pid, 0) != 0 && errno != EPERM))
    {
        return;
    }

    /* the number may have become another program's since */

    text = doctor_file(apisec_text("/proc/%ld/comm", pid));
    if (text == NULL || strcmp(text, "nginx\n") != 0) {
        return;
    }

    d->master = (pid_t) pid;

    /* who is not root has workers of the same user, whatever is configured */

    text = doctor_file(apisec_text("/proc/%ld/status", pid));

    if (text && api_proc_status(api_span(text, strlen(text)), "Uid", &uid)
        && uid != 0)
    {
        d->uid = (uid_t) uid;
        d->user = apisec_text("uid %lu", (unsigned long) uid);
    }
}


/* The report */

static const char *const words[] = { "ok", "warn", "FAIL", "--" };
static const char *const names[] = { "pass", "warn", "fail", "skip" };


static void
count(const doctor_t *d, unsigned n[4])
{
    const doctor_finding_t *f;

    memset(n, 0, 4 * sizeof(n[0]));

    for (f = d->first; f; f = f->next) {
        n[f->verdict]++;
    }
}


static void
report_text(const doctor_t *d)
{
    unsigned                n[4];
    const doctor_finding_t *f;

    for (f = d->first; f; f = f->next) {
        printf("%-4s  %-11s  %s\n", words[f->verdict], f->check->id, f->text);

        if (f->at) {
            printf("%19s%s\n", "", f->at);
        }

        if (f->remedy) {
            printf("%19sdo: %s\n", "", f->remedy);
        }
    }

    count(d, n);
    printf("\n%u failed, %u warnings, %u well, %u not looked at\n",
        n[DOCTOR_FAIL], n[DOCTOR_WARN], n[DOCTOR_PASS], n[DOCTOR_SKIP]);
}


static void
report_json(const doctor_t *d)
{
    char                   *text;
    cJSON                  *root, *list, *item;
    unsigned                i, n[4];
    const doctor_finding_t *f;

    root = cJSON_CreateObject();
    list = cJSON_AddArrayToObject(root, "findings");

    for (f = d->first; f; f = f->next) {
        item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "check", f->check->id);
        cJSON_AddStringToObject(item, "title", f->check->title);
        cJSON_AddStringToObject(item, "verdict", names[f->verdict]);
        cJSON_AddStringToObject(item, "text", f->text);

        if (f->at) {
            cJSON_AddStringToObject(item, "at", f->at);
        }

        if (f->remedy) {
            cJSON_AddStringToObject(item, "remedy", f->remedy);
        }

        cJSON_AddItemToArray(list, item);
    }

    count(d, n);

    for (i = 0; i < 4; i++) {
        cJSON_AddNumberToObject(root, names[i], n[i]);
    }

    text = cJSON_Print(root);
    printf("%s\n", text ? text : "{}");
    cJSON_free(text);
    cJSON_Delete(root);
}


static void
examine(doctor_t *d, const doctor_options_t *o, const api_site_t *site)
{
    size_t i;

    d->options = o;
    d->site = site;
    d->last = &d->first;
    d->now = (int64_t) time(NULL);

    find_prefix(d);
    find_user(d);
    find_master(d);

    for (i = 0; i < NCHECKS; i++) {
        d->check = &checks[i];
        checks[i].run(d);
    }
}


static int
run(int argc, char **argv)
{
    int              rc;
    unsigned         n[4];
    doctor_t         d = { 0 };
    api_site_t      *site;
    apisec_list_t    args;
    doctor_options_t o = { 0 };

    rc = apisec_options(&apisec_doctor, argc, argv, &o, &args);
    if (rc != APISEC_OK) {
        return rc;
    }

    if (args.n) {
        return apisec_fail(APISEC_USAGE,
            "doctor takes options only, not \"%s\"", args.item[0]);
    }

    rc = apisec_nginx(&o.nginx, &site);
    if (rc != APISEC_OK) {
        return rc;
    }

    examine(&d, &o, site);
    (o.json ? report_json : report_text)(&d);
    count(&d, n);
    api_site_free(site);

    return n[DOCTOR_FAIL] || (o.strict && n[DOCTOR_WARN]) ? APISEC_NO
                                                          : APISEC_OK;
}
