/*
 * replay PATH...: feed files, or all files of folders, to the fuzz target
 * that this is linked with, so that a corpus is a test with any compiler.
 * A target that finds something aborts, and the last line says on which file.
 */

#define _DEFAULT_SOURCE

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
replay_fail(const char *what, const char *path)
{
    fprintf(stderr, "replay: %s %s\n", what, path);
    exit(2);
}


static unsigned
replay_file(const char *path)
{
    long     size;
    FILE    *f;
    uint8_t *data;

    f = fopen(path, "rb");

    if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0
        || fseek(f, 0, SEEK_SET) != 0)
    {
        replay_fail("cannot read", path);
        return 0;
    }

    /* of the exact size, for the sanitizers */

    data = malloc((size_t) size);

    if ((data == NULL && size)
        || fread(data, 1, (size_t) size, f) != (size_t) size)
    {
        replay_fail("cannot read", path);
    }

    fclose(f);

    printf("%s\n", path);
    fflush(stdout);

    LLVMFuzzerTestOneInput(data, (size_t) size);
    free(data);

    return 1;
}


static unsigned
replay(const char *path)
{
    DIR           *dir;
    char           name[4096];
    unsigned       n;
    struct dirent *entry;

    dir = opendir(path);
    if (dir == NULL) {
        return replay_file(path);
    }

    n = 0;

    while ((entry = readdir(dir))) {
        if (entry->d_name[0] != '.') {
            snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
            n += replay_file(name);
        }
    }

    closedir(dir);

    return n;
}


int
main(int argc, char **argv)
{
    int      i;
    unsigned n;

    n = 0;

    for (i = 1; i < argc; i++) {
        n += replay(argv[i]);
    }

    printf("%u inputs\n", n);

    return n == 0;
}
