#include "apisec_nginx.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>


#define CONF_MAX (64 * 1024 * 1024)


/* All that comes from fd. */

static int
drain(int fd, const char *what, api_span_t *out)
{
    size_t  len = 0, size = 65536;
    char   *buf = malloc(size), *more;
    ssize_t n;

    while (buf) {
        n = read(fd, buf + len, size - len);

        if (n < 0 && errno == EINTR) {
            continue;
        }

        if (n <= 0 || len > CONF_MAX) {
            break;
        }

        len += (size_t) n;

        if (len == size) {
            size *= 2;
            more = realloc(buf, size);

            if (more == NULL) {
                free(buf);
            }

            buf = more;
        }
    }

    if (buf == NULL || len > CONF_MAX) {
        free(buf);
        return apisec_fail(
            APISEC_FAILED, "%s: more than %d bytes", what, CONF_MAX);
    }

    *out = api_arena_dup(apisec_arena(), api_span(buf, len));
    free(buf);

    return out->data ? APISEC_OK : apisec_fail(APISEC_FAILED, "no memory");
}


static void
child(const apisec_nginx_t *how, int out, int err)
{
    int         n = 0;
    const char *argv[8];

    argv[n++] = how->nginx ? how->nginx : "nginx";
    argv[n++] = "-T";
    argv[n++] = "-q";

    if (how->file) {
        argv[n++] = "-c";
        argv[n++] = how->file;
    }

    if (how->prefix) {
        argv[n++] = "-p";
        argv[n++] = how->prefix;
    }

    argv[n] = NULL;

    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    execvp(argv[0], (char *const *) argv);
    fprintf(stderr, "apisec: %s: %s\n", argv[0], strerror(errno));
    _exit(127);
}


/* What nginx says by the way is for its log; what it finds wrong is not. */

static void
pass_on(FILE *said)
{
    char line[4096];

    rewind(said);

    while (fgets(line, sizeof(line), said)) {
        if (strstr(line, " [info] ") == NULL
            && strstr(line, " [notice] ") == NULL) {
            fputs(line, stderr);
        }
    }
}


static int
ask(const apisec_nginx_t *how, api_span_t *text)
{
    int   rc, status, fds[2];
    FILE *said = tmpfile();
    pid_t pid;

    if (said == NULL) {
        return apisec_fail(APISEC_FAILED, "nginx -T: %s", strerror(errno));
    }

    if (pipe(fds) != 0 || (pid = fork()) < 0) {
        fclose(said);
        return apisec_fail(APISEC_FAILED, "nginx -T: %s", strerror(errno));
    }

    if (pid == 0) {
        close(fds[0]);
        child(how, fds[1], fileno(said));
    }

    close(fds[1]);
    rc = drain(fds[0], "nginx -T", text);
    close(fds[0]);

    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }

    pass_on(said);
    fclose(said);

    if (rc == APISEC_OK && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)) {
        return apisec_fail(APISEC_FAILED,
            "nginx -T failed: run it where the configuration can be read, as"
            " root, and give what it prints with --conf");
    }

    return rc;
}


static int
get(const apisec_nginx_t *how, api_span_t *text)
{
    if (how->conf == NULL) {
        return ask(how, text);
    }

    if (strcmp(how->conf, "-") == 0) {
        return drain(STDIN_FILENO, "standard input", text);
    }

    return apisec_read(how->conf, CONF_MAX, text);
}


int
apisec_nginx(const apisec_nginx_t *how, api_site_t **site)
{
    int         rc;
    api_err_t   err = { 0 };
    api_span_t  text, name;
    api_conf_t *conf;

    rc = get(how, &text);
    if (rc != APISEC_OK) {
        return rc;
    }

    name = how->conf ? api_span(how->conf, strlen(how->conf))
                     : API_SPAN("nginx.conf");

    if (api_conf_parse(&conf, text, name, NULL, apisec_arena(), &err) != API_OK
        || api_site_make(site, conf, apisec_arena(), &err) != API_OK)
    {
        return apisec_fail(APISEC_NO, "%s", err.text);
    }

    return APISEC_OK;
}
