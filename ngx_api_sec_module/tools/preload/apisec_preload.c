/*
 * A clock that is ahead of the machine's, for an nginx that apisec runs to
 * test what a policy says on another day: loaded by LD_PRELOAD, with the
 * seconds in APISEC_CLOCK.  Clocks that only measure are left alone.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>


static long
shift(void)
{
    static int  ready;
    static long seconds;
    const char *text;

    if (!ready) {
        text = getenv("APISEC_CLOCK");
        seconds = text ? strtol(text, NULL, 10) : 0;
        ready = 1;
    }

    return seconds;
}


int
clock_gettime(clockid_t id, struct timespec *ts)
{
    /* not through dlsym, which may come here itself */

    if (syscall(SYS_clock_gettime, id, ts) != 0) {
        return -1;
    }

    if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) {
        ts->tv_sec += shift();
    }

    return 0;
}


int
gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    struct timespec ts;

    (void) zone;

    if (clock_gettime(CLOCK_REALTIME, &ts) != 0) {
        return -1;
    }

    tv->tv_sec = ts.tv_sec;
    tv->tv_usec = ts.tv_nsec / 1000;

    return 0;
}


time_t
time(time_t *out)
{
    struct timespec ts;

    if (clock_gettime(CLOCK_REALTIME, &ts) != 0) {
        return -1;
    }

    if (out) {
        *out = ts.tv_sec;
    }

    return ts.tv_sec;
}
