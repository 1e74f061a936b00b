/*
 * apisec alert forward: reads the spool of api_alert_spool from where it was
 * left, and gives each alert to a program or a webhook.
 *
 * What could not be delivered is tried again, ever less often, and nothing
 * overtakes it; the position in the spool is kept beside it after each
 * delivery.  So an alert comes once, or, when this program is killed in the
 * moment between, twice.  An alert that comes again within a minute, the same
 * in all but its count, is left out.
 */

#include "apisec.h"
#include "api_json.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>


#define LINE_MAX_BYTES 65536
#define SEEN 64
#define WAIT_FIRST 1
#define WAIT_MOST 300


typedef struct {
    const char *exec;
    const char *webhook;
    const char *every;
    const char *patience;
    bool        once;
} values_t;

typedef struct {
    char   key[96]; /* fingerprint and whether it is over */
    time_t at;
} seen_t;

typedef struct {
    const char *spool;
    const char *mark; /* the file with the position */
    off_t       at;
    ino_t       inode;
    FILE       *in;    /* the spool, while this program runs */
    bool        moved; /* its name leads to another file */
    int64_t     patience;
    seen_t      seen[SEEN];
    unsigned    next;
    char       *command[16];
} forward_t;

static const apisec_option_t options[] = {
    { "exec", APISEC_TEXT, offsetof(values_t, exec), "PROGRAM",
        "run it for each alert, with the JSON on its standard input" },
    { "webhook", APISEC_TEXT, offsetof(values_t, webhook), "URL",
        "POST each alert there, by curl" },
    { "every", APISEC_TEXT, offsetof(values_t, every), "TIME",
        "look for new ones so often: 1s" },
    { "timeout", APISEC_TEXT, offsetof(values_t, patience), "TIME",
        "what a program has for one alert: 60s" },
    { "once", APISEC_FLAG, offsetof(values_t, once), NULL,
        "deliver what is there, and end" },
    { NULL, APISEC_FLAG, 0, NULL, NULL },
};


static int run(int argc, char **argv);

const apisec_command_t apisec_alert = {
    "alert",
    "forward SPOOL --exec PROGRAM | --webhook URL",
    "alerts of api_alert_spool, given to a program or a webhook",
    "The position is kept in SPOOL.pos. A spool that was moved away is read "
    "to "
    "\n"
    "its end first: one that this program has open, or that is SPOOL.1 now.\n",
    options,
    run,
};


static void
position(forward_t *f)
{
    FILE              *in;
    long long          at;
    unsigned long long inode;

    f->at = 0;
    f->inode = 0;
    in = fopen(f->mark, "re");

    if (in == NULL) {
        return;
    }

    if (fscanf(in, "%llu %lld", &inode, &at) == 2 && at >= 0) {
        f->inode = (ino_t) inode;
        f->at = (off_t) at;
    }

    (void) fclose(in);
}


static int
keep(const forward_t *f)
{
    int         fd;
    FILE       *out;
    const char *tmp;

    tmp = apisec_text("%s.tmp", f->mark);

    /* never through a link that somebody has put there */

    (void) unlink(tmp);
    fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    out = fd == -1 ? NULL : fdopen(fd, "w");

    if (out == NULL) {
        return apisec_fail(APISEC_FAILED, "%s: %s", tmp, strerror(errno));
    }

    fprintf(
        out, "%llu %lld\n", (unsigned long long) f->inode, (long long) f->at);

    if (fclose(out) != 0 || rename(tmp, f->mark) != 0) {
        return apisec_fail(APISEC_FAILED, "%s: %s", f->mark, strerror(errno));
    }

    return APISEC_OK;
}


/* A program that does not come to its end is killed, and has not delivered. */

static bool
ended(pid_t pid, int *status, int64_t seconds)
{
    int64_t         i;
    pid_t           rc;
    struct timespec pause = { 0, 20 * 1000000 };

    for (i = 0; i < seconds * 50; i++) {
        rc = waitpid(pid, status, WNOHANG);

        if (rc != 0 && !(rc == -1 && errno == EINTR)) {
            return rc == pid;
        }

        (void) nanosleep(&pause, NULL);
    }

    (void) kill(pid, SIGKILL);
    (void) waitpid(pid, status, 0);

    return false;
}


/* The program has read it and says yes. */

static bool
deliver(const forward_t *f, const char *line, size_t len)
{
    int   fd[2], status;
    pid_t pid;
    bool  written;

    if (pipe2(fd, O_CLOEXEC) != 0) {
        return false;
    }

    pid = fork();

    if (pid == 0) {
        (void) dup2(fd[0], 0);
        (void) signal(SIGPIPE, SIG_DFL);
        (void) execvp(f->command[0], f->command);
        _exit(127);
    }

    (void) close(fd[0]);
    written = pid > 0 && write(fd[1], line, len) == (ssize_t) len;
    (void) close(fd[1]);

    return pid > 0 && ended(pid, &status, f->patience) && written
           && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}


static bool
text_of(const api_json_t *doc, const char *a, const char *b, char *out,
    size_t size)
{
    uint32_t   at;
    api_span_t s;

    at = api_json_get(doc, 0, api_span(a, strlen(a)));
    at = at == API_JSON_NONE || b == NULL
             ? at
             : api_json_get(doc, at, api_span(b, strlen(b)));

    if (at == API_JSON_NONE
        || api_json_string(doc, at, apisec_arena(), &s) != API_OK
        || s.len >= size)
    {
        return false;
    }

    memcpy(out, s.data, s.len);
    out[s.len] = '\0';

    return true;
}


/* Was the same delivered within the last minute?  Then it is left out.  What
   is no alert is none of ours to judge: it is delivered. */

static bool
again(forward_t *f, const char *line, size_t len)
{
    char             id[40], end[40], key[96];
    time_t           now;
    unsigned         i;
    api_err_t        err;
    api_json_t       doc;
    api_sipkey_t     seed = { 1, 2 };
    api_arena_mark_t mark;

    now = time(NULL);
    mark = api_arena_mark(apisec_arena());
    id[0] = '\0';
    end[0] = '\0';

    if (api_json_parse(
            &doc, api_span(line, len), NULL, 0, seed, apisec_arena(), &err)
        == API_OK)
    {
        (void) text_of(&doc, "labels", "fingerprint", id, sizeof(id));
        (void) text_of(&doc, "endsAt", NULL, end, sizeof(end));
    }

    api_arena_rewind(apisec_arena(), mark);

    if (id[0] == '\0') {
        return false;
    }

    (void) snprintf(key, sizeof(key), "%s %d", id, end[0] != '\0');

    for (i = 0; i < SEEN; i++) {
        if (strcmp(f->seen[i].key, key) == 0 && now - f->seen[i].at < 60) {
            return true;
        }
    }

    i = f->next++ % SEEN;
    (void) snprintf(f->seen[i].key, sizeof(f->seen[i].key), "%s", key);
    f->seen[i].at = now;

    return false;
}


static int
one(forward_t *f, const char *line, size_t len, bool once)
{
    unsigned wait;

    if (again(f, line, len)) {
        return APISEC_OK;
    }

    for (wait = WAIT_FIRST; !deliver(f, line, len); wait *= 2) {
        if (once && wait > 4) {
            return apisec_fail(APISEC_FAILED,
                "%s: not delivered, kept for the next time", f->command[0]);
        }

        wait = wait > WAIT_MOST ? WAIT_MOST : wait;
        (void) sleep(wait);
    }

    return APISEC_OK;
}


/* The file that the position is about: under its name, or, when it was moved
   away since, under the name that logrotate gives it. */

static FILE *
spool(const forward_t *f)
{
    FILE       *in;
    struct stat st;

    if (f->inode && (stat(f->spool, &st) != 0 || st.st_ino != f->inode)) {
        in = fopen(apisec_text("%s.1", f->spool), "re");

        if (in && fstat(fileno(in), &st) == 0 && st.st_ino == f->inode) {
            return in;
        }

        if (in) {
            (void) fclose(in);
        }
    }

    return fopen(f->spool, "re");
}


/* Does another file have the name now?  All that was in this one is read. */

static bool
moved(const forward_t *f)
{
    struct stat st;

    return stat(f->spool, &st) == 0 && st.st_ino != f->inode;
}


static int
start(forward_t *f)
{
    struct stat st;

    f->in = spool(f);

    if (f->in == NULL) {
        return errno == ENOENT ? APISEC_OK
                               : apisec_fail(APISEC_FAILED, "%s: %s", f->spool,
                                   strerror(errno));
    }

    if (fstat(fileno(f->in), &st) != 0 || !S_ISREG(st.st_mode)) {
        return apisec_fail(APISEC_FAILED, "%s: is no regular file", f->spool);
    }

    /* another file, or one that was cut: from its beginning */

    if (st.st_ino != f->inode || st.st_size < f->at) {
        f->inode = st.st_ino;
        f->at = 0;
    }

    return APISEC_OK;
}


/* All whole lines from the position on. */

static int
lines(forward_t *f, bool once)
{
    int     rc;
    char   *line;
    ssize_t n;
    size_t  room;

    line = NULL;
    room = 0;
    clearerr(f->in);
    rc = fseeko(f->in, f->at, SEEK_SET) == 0 ? APISEC_OK : APISEC_FAILED;

    while (rc == APISEC_OK && (n = getline(&line, &room, f->in)) > 0
           && line[n - 1] == '\n')
    {
        if (n <= LINE_MAX_BYTES) {
            rc = one(f, line, (size_t) n, once);
        }

        if (rc == APISEC_OK) {
            f->at += n;
            rc = keep(f);
        }
    }

    free(line);

    return rc;
}


/* A file that was moved away is read once more behind that: who writes it may
   have it open for a while. */

static int
drain(forward_t *f, bool once)
{
    int         rc;
    bool        gone, last;
    struct stat st;

    for (;;) {
        rc = f->in ? APISEC_OK : start(f);

        if (rc != APISEC_OK || f->in == NULL) {
            return rc;
        }

        if (fstat(fileno(f->in), &st) == 0 && st.st_size < f->at) {
            f->at = 0;
        }

        gone = moved(f);
        last = gone && (once || f->moved);
        f->moved = gone;
        rc = lines(f, once);

        if (rc != APISEC_OK || !last) {
            return rc;
        }

        (void) fclose(f->in);
        f->in = NULL;
        f->moved = false;
        f->inode = 0;
        f->at = 0;
    }
}


static int
command(forward_t *f, const values_t *values)
{
    size_t i;

    /* -q: no ~/.curlrc; -g: a URL is one, not a pattern of many */

    static const char *const curl[] = { "curl", "-q", "-g", "-fsS", "-m10",
        "--proto", "=http,https", "-HContent-Type: application/json",
        "--data-binary", "@-", "--url" };

    if ((values->exec == NULL) == (values->webhook == NULL)) {
        return apisec_fail(
            APISEC_USAGE, "forward takes --exec PROGRAM or --webhook URL");
    }

    if (values->exec) {
        f->command[0] = apisec_text("%s", values->exec);
        return APISEC_OK;
    }

    if (strncmp(values->webhook, "http://", 7) != 0
        && strncmp(values->webhook, "https://", 8) != 0)
    {
        return apisec_fail(
            APISEC_USAGE, "--webhook takes a URL of http or https");
    }

    for (i = 0; i < sizeof(curl) / sizeof(curl[0]); i++) {
        f->command[i] = apisec_text("%s", curl[i]);
    }

    f->command[i] = apisec_text("%s", values->webhook);

    return APISEC_OK;
}


static int
run(int argc, char **argv)
{
    int           rc;
    int64_t       every;
    values_t      values = { 0 };
    forward_t     f;
    apisec_list_t args;

    if (argc == 0 || strcmp(argv[0], "forward") != 0) {
        return apisec_fail(
            APISEC_USAGE, "alert takes forward first: run  apisec help alert");
    }

    rc = apisec_options(&apisec_alert, argc - 1, argv + 1, &values, &args);

    if (rc != APISEC_OK) {
        return rc;
    }

    memset(&f, 0, sizeof(f));
    f.patience = 60;
    every = 1;

    if (args.n != 1
        || (values.every
            && (!apisec_seconds(values.every, &every) || every < 1))
        || (values.patience
            && (!apisec_seconds(values.patience, &f.patience) || f.patience < 1
                || f.patience > 3600)))
    {
        return apisec_fail(APISEC_USAGE,
            "forward takes one file, --every and --timeout a time of 1s on");
    }

    f.spool = args.item[0];
    f.mark = apisec_text("%s.pos", f.spool);

    rc = command(&f, &values);

    if (rc != APISEC_OK) {
        return rc;
    }

    (void) signal(SIGPIPE, SIG_IGN);
    position(&f);

    do {
        rc = drain(&f, values.once);

        if (rc == APISEC_OK && !values.once) {
            (void) sleep((unsigned) every);
        }
    } while (rc == APISEC_OK && !values.once);

    return rc;
}
