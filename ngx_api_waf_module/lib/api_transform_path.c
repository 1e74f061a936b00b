#include "api_transform_int.h"


/* A path that is made normal where it stands: p[0..to) is done, p[from..n) is
   still to be read. */

typedef struct {
    uint8_t *p;
    size_t   n;
    size_t   from;
    size_t   to;
    bool     windows;  /* \ is / */
    bool     relative; /* does not begin with / */
    bool     above;    /* .. has left the first folder behind it */
} api_path_work_t;


/* Drop .. (its second dot still unread) and the segment before it. */

static void
api_path_back(api_path_work_t *w, bool last)
{
    size_t to;

    to = w->to < 3 ? 0 : w->to - 3;

    while (to > 0 && w->p[to] != '/') {
        to--;
    }

    if (to == 0) {
        w->above = true;
        to = !w->relative && last;
    }

    w->to = to;
}


/*
 * A dot at the end of a segment.  True: nothing of it is to be copied (and
 * the next byte is the slash behind it).
 */

static bool
api_path_dot(api_path_work_t *w, bool last)
{
    if (w->to > 0 && w->p[w->to - 1] == '.') {
        if (w->relative && (w->above || w->to <= 2)) {
            w->above = true;
            return false;
        }

        api_path_back(w, last);
        return true;
    }

    if (w->to == 0) {
        return true;
    }

    if (w->p[w->to - 1] == '/') {
        w->to -= !last;
        return true;
    }

    return false;
}


/* Only the last of several slashes is taken, and none at the beginning of
   what is relative: false then. */

static bool
api_path_slash(api_path_work_t *w)
{
    const uint8_t *p;

    for (p = w->p; w->from + 1 < w->n; w->from++) {
        if (p[w->from + 1] != '/' && !(w->windows && p[w->from + 1] == '\\')) {
            break;
        }
    }

    return !w->relative || w->to > 0;
}


static void
api_path_backslash(const api_path_work_t *w, size_t i)
{
    if (w->windows && i < w->n && w->p[i] == '\\') {
        w->p[i] = '/';
    }
}


static bool
api_path_step(api_path_work_t *w)
{
    bool last;

    api_path_backslash(w, w->from);
    api_path_backslash(w, w->from + 1);

    last = w->from == w->n - 1;

    if (last || w->p[w->from + 1] == '/') {
        if (w->p[w->from] == '.') {
            if (api_path_dot(w, last)) {
                if (last) {
                    return false;
                }

                w->from++;
            }

        } else if ((last || w->p[w->from] != '/') && w->to > 0) {
            w->above = false;
        }
    }

    if (w->p[w->from] == '/' && !api_path_slash(w)) {
        w->from++;
        return true;
    }

    w->p[w->to++] = w->p[w->from++];

    return true;
}


static size_t
api_path_normalise(uint8_t *p, size_t n, bool windows)
{
    bool            trailing;
    api_path_work_t w;

    if (n == 0) {
        return 0;
    }

    w = (api_path_work_t){ p, n, 0, 0, windows, true, false };

    w.relative = p[0] != '/' && !(windows && p[0] == '\\');
    trailing = p[n - 1] == '/' || (windows && p[n - 1] == '\\');

    while (w.from < n && api_path_step(&w)) {
        /* void */
    }

    if (!trailing && w.to > 0 && p[w.to - 1] == '/') {
        w.to--;
    }

    return w.to;
}


API_TRANSFORM_KERNEL(api_transform_normalise_path)
{
    (void) env;

    if (n) {
        memmove(out, in, n);
    }

    return api_path_normalise(out, n, false);
}


API_TRANSFORM_KERNEL(api_transform_normalise_path_win)
{
    (void) env;

    if (n) {
        memmove(out, in, n);
    }

    return api_path_normalise(out, n, true);
}
