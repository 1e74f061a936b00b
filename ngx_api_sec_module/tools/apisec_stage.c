/*
 * The nginx of a stage, from its first line to its last.
 */

#include "apisec_stage.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>


#define CONF_MAX (64 * 1024 * 1024)
#define START_MS 120000
#define STOP_MS 20000


static void
pause_ms(long ms)
{
    struct timespec ts = { 0, ms * 1000000 };

    (void) nanosleep(&ts, NULL);
}


static int64_t
now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


/* How nginx was built */

static char *
built(const char *nginx)
{
    char  *text = apisec_alloc(16384);
    FILE  *f;
    size_t n;

    /* a name, not a text from elsewhere: it is what the user would run */

    if (strpbrk(nginx, "'\\") != NULL) {
        return NULL;
    }

    f = popen(apisec_text("'%s' -V 2>&1", nginx), "r");
    if (f == NULL) {
        return NULL;
    }

    n = fread(text, 1, 16383, f);
    text[n] = '\0';

    return pclose(f) == 0 ? text : NULL;
}


static const char *
argument(const char *text, const char *name)
{
    const char *at = strstr(text, name);

    return at ? apisec_text("%.*s", (int) strcspn(at + strlen(name), " \n'"),
               at + strlen(name))
              : NULL;
}


/* The text of the configuration, and where it stands */

static int
read_conf(apisec_stage_t *stage, const apisec_nginx_t *how, const char *usual)
{
    int         rc;
    char       *real;
    api_err_t   err = { 0 };
    api_span_t  text;
    api_conf_t *conf;
    const char *file = how->conf ? how->conf : how->file ? how->file : usual;

    rc = how->conf ? apisec_read(file, CONF_MAX, &text)
                   : apisec_nginx_files(file, &text);

    if (rc != APISEC_OK) {
        return rc;
    }

    real = realpath(file, NULL);

    if (api_conf_parse(&conf, text, apisec_span(real ? real : file), NULL,
            apisec_arena(), &err)
            != API_OK
        || api_site_make(&stage->site, conf, apisec_arena(), &err) != API_OK)
    {
        free(real);
        return apisec_fail(APISEC_NO, "%s", err.text);
    }

    free(real);
    file = apisec_span_text(conf->files[0].name);
    stage->folder = strchr(file, '/') ? apisec_text(
                        "%.*s", (int) (strrchr(file, '/') - file), file)
                                      : ".";

    return APISEC_OK;
}


/* As root, whom the workers will be. */

static const char *
user_of(apisec_stage_t *stage)
{
    const char           *user = "nobody", *group = NULL;
    const struct passwd  *pw;
    const struct group   *gr;
    const api_conf_dir_t *d;

    if (geteuid() != 0) {
        return NULL;
    }

    d = api_conf_child(&stage->site->conf->root, "user");

    if (d) {
        user = apisec_span_text(api_conf_arg(d, 1));
        group = d->nargs > 2 ? apisec_span_text(api_conf_arg(d, 2)) : NULL;
    }

    pw = getpwnam(user);
    gr = group ? getgrnam(group) : NULL;

    if (pw == NULL || (group && gr == NULL)) {
        return NULL;
    }

    stage->uid = pw->pw_uid;
    stage->gid = gr ? gr->gr_gid : pw->pw_gid;

    return apisec_text("%s%s%s", user, group || !gr ? " " : "",
        group ? group : getgrgid(stage->gid)->gr_name);
}


static int
plan(apisec_stage_t *stage, const char *how)
{
    int              rc;
    api_err_t        err = { 0 };
    api_stage_opts_t opts = { .dir = stage->dir };

    opts.user = user_of(stage);
    opts.realip = strstr(how, "http_realip_module") != NULL;
    opts.fastcgi = strstr(how, "without-http_fastcgi_module") == NULL;
    opts.uwsgi = strstr(how, "without-http_uwsgi_module") == NULL;
    opts.scgi = strstr(how, "without-http_scgi_module") == NULL;

    rc =
        api_stage_make(&stage->plan, stage->site, &opts, apisec_arena(), &err);

    return rc == API_OK ? APISEC_OK : apisec_fail(APISEC_NO, "%s", err.text);
}


int
apisec_stage_open(apisec_stage_t *stage, const apisec_nginx_t *how)
{
    int         rc;
    const char *text;

    memset(stage, 0, sizeof(*stage));
    stage->nginx = how->nginx ? how->nginx : "nginx";
    text = built(stage->nginx);

    if (text == NULL) {
        return apisec_fail(APISEC_FAILED,
            "%s -V: does not run: say which nginx by --nginx PROGRAM",
            stage->nginx);
    }

    stage->prefix = how->prefix ? how->prefix : argument(text, "--prefix=");
    rc = read_conf(stage, how, argument(text, "--conf-path="));

    if (rc != APISEC_OK) {
        return rc;
    }

    stage->dir = apisec_folder_make();
    rc = stage->dir ? plan(stage, text) : APISEC_FAILED;

    if (rc != APISEC_OK) {
        return rc;
    }

    apisec_folder_own(stage);
    apisec_folder_mirror(stage->folder, apisec_text("%s/conf", stage->dir));

    if (stage->prefix) {
        apisec_folder_mirror(stage->prefix, stage->dir);
    }

    rc = apisec_folder_put(
        stage, "conf/.apisec-stage.conf", stage->plan.text, 0600);

    return rc == APISEC_OK ? apisec_stage_keys(stage) : rc;
}


void
apisec_stage_close(apisec_stage_t *stage)
{
    apisec_stage_stop(stage);

    if (stage->dir) {
        apisec_folder_drop(stage->dir);
    }

    cJSON_Delete(stage->stores);
    EVP_PKEY_free(stage->ca);
    free(stage->line);
    api_site_free(stage->site);
    memset(stage, 0, sizeof(*stage));
}


/* In the child: nothing of ours but nginx is left when we are gone. */

static void
become(const apisec_stage_t *stage, int64_t shift)
{
    int         fd;
    const char *dir = stage->dir;

    (void) prctl(PR_SET_PDEATHSIG, SIGTERM);
    (void) unsetenv("NGINX");

    if (shift) {
        (void) setenv("LD_PRELOAD", apisec_clock_file(), 1);
        (void) setenv(
            "APISEC_CLOCK", apisec_text("%lld", (long long) shift), 1);
    }

    fd = open(apisec_text("%s/out", dir), O_WRONLY | O_CREAT | O_APPEND, 0600);

    if (fd == -1 || dup2(fd, STDOUT_FILENO) == -1
        || dup2(fd, STDERR_FILENO) == -1) {
        _exit(126);
    }

    if (!apisec_wall(dir)) {
        fprintf(stderr, "nginx: [emerg] this kernel cannot keep a program from"
                        " the network (seccomp): nothing is run\n");
        _exit(126);
    }

    execlp(stage->nginx, stage->nginx, "-p", dir, "-c",
        apisec_text("%s/conf/.apisec-stage.conf", dir), "-e",
        apisec_text("%s/error.log", dir), (char *) NULL);
    fprintf(stderr, "nginx: [emerg] %s: %s\n", stage->nginx, strerror(errno));
    _exit(127);
}


/* What nginx said, with the line of the real configuration. */

static const char *
original(const apisec_stage_t *stage, const char *line)
{
    const char           *at = strstr(line, " in /");
    const char           *name = "/.apisec-stage.conf:";
    const char           *number = strstr(line, name);
    const api_conf_dir_t *d;

    if (at == NULL || number == NULL) {
        return line;
    }

    d = api_stage_origin(
        &stage->plan, (uint32_t) strtoul(number + strlen(name), NULL, 10));

    return d ? apisec_text("%.*s in %s:%u", (int) (at - line), line,
               apisec_span_text(d->file->name), (unsigned) d->line)
             : line;
}


static int
complain(const apisec_stage_t *stage)
{
    size_t      i, end;
    char       *line;
    api_span_t  text;
    const char *files[] = { "error.log", "out" };

    for (i = 0; i < 2; i++) {
        const char *path = apisec_text("%s/%s", stage->dir, files[i]);

        if (access(path, R_OK) != 0
            || apisec_read(path, CONF_MAX, &text) != APISEC_OK) {
            continue;
        }

        line = strstr((const char *) text.data, "[emerg]");

        if (line) {
            line += 8;
            end = strcspn(line, "\n");

            if (strspn(line, "0123456789#: ") > 4) {
                end -= strspn(line, "0123456789#: ");
                line += strspn(line, "0123456789#: ");
            }

            return apisec_fail(APISEC_NO, "nginx does not start: %s",
                original(stage, apisec_text("%.*s", (int) end, line)));
        }
    }

    return apisec_fail(APISEC_FAILED, "nginx does not start");
}


static bool
answers(const char *path)
{
    int                fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool               ok;
    struct sockaddr_un at = { .sun_family = AF_UNIX };

    snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
    ok = fd != -1 && connect(fd, (const void *) &at, sizeof(at)) == 0;

    if (fd != -1) {
        close(fd);
    }

    return ok;
}


/* All listen: nginx makes one socket after the other. */

static bool
is_up(const apisec_stage_t *stage)
{
    uint32_t    i;
    const char *dir = stage->dir;

    for (i = 0; i < stage->plan.nlistens; i++) {
        if (!answers(apisec_text("%s/s%u.sock", dir, (unsigned) i))) {
            return false;
        }
    }

    return answers(apisec_text("%s/up.sock", dir))
           && answers(apisec_text("%s/idp.sock", dir))
           && answers(apisec_text("%s/say.sock", dir));
}


static void
forget(const apisec_stage_t *stage)
{
    uint32_t    i;
    const char *dir = stage->dir;

    for (i = 0; i < stage->plan.nlistens; i++) {
        (void) unlink(apisec_text("%s/s%u.sock", dir, (unsigned) i));
    }

    (void) unlink(apisec_text("%s/up.sock", dir));
    (void) unlink(apisec_text("%s/idp.sock", dir));
    (void) unlink(apisec_text("%s/say.sock", dir));
    (void) unlink(apisec_text("%s/events.jsonl", dir));
    (void) unlink(apisec_text("%s/error.log", dir));
    (void) unlink(apisec_text("%s/nginx.pid", dir));
    (void) unlink(apisec_text("%s/out", dir));
    apisec_folder_drop(apisec_text("%s/state", dir));
    apisec_folder_own(stage);
}


int
apisec_stage_start(apisec_stage_t *stage, int64_t shift)
{
    int     rc, status;
    int64_t until = now_ms() + START_MS;

    forget(stage);
    rc = apisec_stage_files(stage);

    if (rc != APISEC_OK) {
        return rc;
    }

    fflush(NULL);
    stage->pid = fork();

    if (stage->pid == 0) {
        become(stage, shift);
    }

    while (stage->pid > 0 && now_ms() < until) {
        if (waitpid(stage->pid, &status, WNOHANG) == stage->pid) {
            stage->pid = 0;
            return complain(stage);
        }

        if (is_up(stage)) {
            stage->events =
                fopen(apisec_text("%s/events.jsonl", stage->dir), "re");
            return stage->events ? APISEC_OK
                                 : apisec_fail(APISEC_FAILED, "no record");
        }

        pause_ms(2);
    }

    return apisec_fail(APISEC_FAILED, "nginx does not come up");
}


void
apisec_stage_stop(apisec_stage_t *stage)
{
    int64_t until = now_ms() + STOP_MS;

    if (stage->events) {
        fclose(stage->events);
        stage->events = NULL;
    }

    stage->len = 0;

    if (stage->pid <= 0) {
        return;
    }

    (void) kill(stage->pid, SIGTERM);

    while (waitpid(stage->pid, NULL, WNOHANG) == 0) {
        if (now_ms() > until) {
            (void) kill(stage->pid, SIGKILL);
        }

        pause_ms(1);
    }

    stage->pid = 0;
}
