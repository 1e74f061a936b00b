#include "apisec_stage.h"

#include <limits.h>
#include <unistd.h>


/* lib/apisec beside the bin of this program */

const char *
apisec_clock_file(void)
{
    char        path[PATH_MAX];
    char       *slash;
    int         i;
    ssize_t     n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    const char *file;

    if (n <= 0) {
        return NULL;
    }

    path[n] = '\0';

    for (i = 0; i < 2; i++) {
        slash = strrchr(path, '/');

        if (slash) {
            *slash = '\0';
        }
    }

    file = apisec_text("%s/lib/apisec/clock.so", path);

    return access(file, R_OK) == 0 ? file : NULL;
}
