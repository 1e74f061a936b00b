/*
 * apisec doctor: what the system gives the running nginx: open files, core
 * dumps, the time, rights.
 */

#include "apisec_doctor.h"

#include "api_proc.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/timex.h>


static const char *
of_master(const doctor_t *d, const char *name)
{
    if (d->master == 0) {
        return NULL;
    }

    return doctor_file(apisec_text("/proc/%ld/%s", (long) d->master, name));
}


static uint64_t
number(const api_conf_dir_t *dir, uint64_t otherwise)
{
    char              *end;
    unsigned long long n;

    if (dir == NULL) {
        return otherwise;
    }

    n = strtoull(doctor_text(api_conf_arg(dir, 1)), &end, 10);

    return *end == '\0' ? n : otherwise;
}


/* The limit of a worker: its own, or that of the master it comes from. */

static bool
open_files(doctor_t *d, uint64_t *limit)
{
    const char           *text;
    const api_conf_dir_t *dir;

    dir = api_conf_child(&d->site->conf->root, "worker_rlimit_nofile");
    if (dir) {
        *limit = number(dir, 0);
        return true;
    }

    text = of_master(d, "limits");

    return text
           && api_proc_limit(
               api_span(text, strlen(text)), "Max open files", limit);
}


/* A connection that is proxied needs two; a few are for logs and listeners. */

void
doctor_descriptors(doctor_t *d)
{
    uint64_t              limit, connections;
    const api_conf_dir_t *events, *dir = NULL;

    events = api_conf_child(&d->site->conf->root, "events");
    if (events) {
        dir = api_conf_child(events, "worker_connections");
    }

    connections = number(dir, 512);

    if (!open_files(d, &limit)) {
        doctor_say(d, DOCTOR_SKIP, NULL, NULL,
            "nginx does not run, and worker_rlimit_nofile is not set");
        return;
    }

    if (limit < connections) {
        doctor_say(d, DOCTOR_FAIL, dir,
            apisec_text("worker_rlimit_nofile %llu;",
                (unsigned long long) (2 * connections + 64)),
            "%llu connections and %llu open files: the last ones fail with"
            " \"too many open files\"",
            (unsigned long long) connections, (unsigned long long) limit);

    } else if (limit != API_PROC_UNLIMITED && limit < 2 * connections + 64) {
        doctor_say(d, DOCTOR_WARN, dir,
            apisec_text("worker_rlimit_nofile %llu;",
                (unsigned long long) (2 * connections + 64)),
            "%llu connections need %llu open files when each is proxied;"
            " there are %llu",
            (unsigned long long) connections,
            (unsigned long long) (2 * connections + 64),
            (unsigned long long) limit);

    } else {
        doctor_say(d, DOCTOR_PASS, NULL, NULL,
            "enough open files for %llu connections",
            (unsigned long long) connections);
    }
}


void
doctor_core(doctor_t *d)
{
    uint64_t              size = 0;
    const char           *text;
    const api_conf_dir_t *dir;

    dir = api_conf_child(&d->site->conf->root, "worker_rlimit_core");

    if (dir && !api_conf_arg_is(dir, 1, "0")) {
        doctor_say(d, DOCTOR_FAIL, dir, "worker_rlimit_core 0;",
            "a worker that crashes writes its memory, with keys and tokens,"
            " to a file");
        return;
    }

    text = of_master(d, "limits");

    if (dir == NULL && text == NULL) {
        doctor_say(d, DOCTOR_SKIP, NULL, NULL,
            "nginx does not run, and worker_rlimit_core is not set");
        return;
    }

    if (dir == NULL && text
        && api_proc_limit(
            api_span(text, strlen(text)), "Max core file size", &size)
        && size > 0)
    {
        doctor_say(d, DOCTOR_WARN, NULL,
            "worker_rlimit_core 0;  or LimitCORE=0 in the unit",
            "nginx may write its memory, with keys and tokens, to a file when"
            " it crashes");
        return;
    }

    doctor_say(d, DOCTOR_PASS, NULL, NULL, "no memory is written to a disk");
}


/* Tokens expire, keys rotate and limits count by it. */

void
doctor_clock(doctor_t *d)
{
    int          state;
    struct timex t = { 0 };

    if (d->now < 1735689600) {
        doctor_say(d, DOCTOR_FAIL, NULL, "set the clock",
            "the clock says it is before 2025: no token is valid yet");
        return;
    }

    state = adjtimex(&t);

    if (state < 0) {
        doctor_say(d, DOCTOR_SKIP, NULL, NULL,
            "the kernel does not say whether its clock is kept right");

    } else if (state == TIME_ERROR || (t.status & STA_UNSYNC)) {
        doctor_say(d, DOCTOR_WARN, NULL,
            "systemctl enable --now systemd-timesyncd, or chrony",
            "nothing keeps the clock right: tokens expire early or late by as"
            " much as it is wrong");

    } else {
        doctor_say(d, DOCTOR_PASS, NULL, NULL, "the clock is kept right");
    }
}


void
doctor_confined(doctor_t *d)
{
    uint64_t    no_new = 0, filter = 0;
    api_span_t  s;
    const char *text = of_master(d, "status");

    if (text == NULL) {
        doctor_say(d, DOCTOR_SKIP, NULL, NULL, "nginx does not run");
        return;
    }

    s = api_span(text, strlen(text));
    (void) api_proc_status(s, "NoNewPrivs", &no_new);
    (void) api_proc_status(s, "Seccomp", &filter);

    if (no_new && filter) {
        doctor_say(d, DOCTOR_PASS, NULL, NULL,
            "no new privileges, and a filter of system calls");
        return;
    }

    doctor_say(d, DOCTOR_WARN, NULL,
        "apt install apisec-hardening, then systemctl restart nginx",
        "nginx runs with %s%s%s", no_new ? "" : "all the rights of its user",
        no_new || filter ? "" : " and ",
        filter ? "" : "every system call there is");
}
