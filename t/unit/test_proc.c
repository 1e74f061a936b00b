/* What is read of /proc, up against a page that cannot be read. */

#include "api_proc.h"
#include "ut.h"

#include <string.h>


static const char limits[] =
    "Limit                     Soft Limit           Hard Limit           "
    "Units     \n"
    "Max cpu time              unlimited            unlimited            "
    "seconds   \n"
    "Max core file size        0                    unlimited            "
    "bytes     \n"
    "Max open files            1024                 1048576              "
    "files     \n"
    "Max odd                   x\n"
    "Max large                 99999999999999999999\n"
    "Max last                  7";

static const char status[] =
    "Name:\tnginx\nUid:\t33\t0\t0\t0\nNoNewPrivs:\t1\n"
    "Seccomp:\t2\nSeccomp_filters:\t1";

typedef struct {
    const char *name;
    bool        found;
    uint64_t    value;
} row_t;

static const row_t limit_rows[] = {
    { "Max open files", true, 1024 },
    { "Max core file size", true, 0 },
    { "Max cpu time", true, API_PROC_UNLIMITED },
    { "Max last", true, 7 },
    { "Max odd", false, 0 },
    { "Max large", false, 0 },
    { "Max none", false, 0 },
};

static const row_t status_rows[] = {
    { "Uid", true, 33 },
    { "NoNewPrivs", true, 1 },
    { "Seccomp", true, 2 },
    { "Seccomp_filters", true, 1 },
    { "Name", false, 0 },
    { "Seccom", false, 0 },
    { "Gid", false, 0 },
};

typedef bool (*reader_t)(api_span_t text, const char *name, uint64_t *value);


static void
read_rows(const row_t *row, size_t n, const char *text, reader_t read)
{
    size_t     i;
    bool       found;
    uint64_t   value;
    api_span_t guarded;

    for (i = 0; i < n; i++) {
        value = 0;
        guarded = ut_guard(api_span(text, strlen(text)));
        found = read(guarded, row[i].name, &value);
        ut_guard_reset();

        ut_ok(found == row[i].found, "%s: %s", row[i].name,
            row[i].found ? "there" : "not there");

        if (found) {
            ut_ok(value == row[i].value, "%s: its value", row[i].name);
        }
    }
}


typedef struct {
    const char *maps;
    const char *stale; /* "": none is */
} maps_t;

static const maps_t maps_rows[] = {
    { "", "" },
    { "7f-80 r-xp 0 fe:00 1 /usr/lib/nginx/modules/ngx_api_sec_module.so\n",
        "" },
    { "7f-80 r-xp 0 fe:00 1 /usr/lib/nginx/modules/ngx_api_sec_module.so"
      " (deleted)\n",
        "ngx_api_sec_module.so" },
    { "7f-80 r-xp 0 fe:00 1 /a\n"
      "7f-80 r-xp 0 fe:00 1 /b/ngx_api_waf_module.so (deleted)",
        "ngx_api_waf_module.so" },
    { "7f-80 rw-s 0 00:01 1 /dev/zero (deleted)\n", "" },
    { "7f-80 rw-s 0 00:01 1 /ngx_api_x/other.so (deleted)\n", "" },
    { " (deleted)\n/ (deleted)\n", "" },
};


int
main(void)
{
    size_t     i;
    api_span_t found, maps;

    read_rows(limit_rows, sizeof(limit_rows) / sizeof(limit_rows[0]), limits,
        api_proc_limit);
    read_rows(status_rows, sizeof(status_rows) / sizeof(status_rows[0]),
        status, api_proc_status);

    for (i = 0; i < sizeof(maps_rows) / sizeof(maps_rows[0]); i++) {
        maps = api_span(maps_rows[i].maps, strlen(maps_rows[i].maps));
        found = api_proc_stale(ut_guard(maps));
        ut_span(found,
            api_span(maps_rows[i].stale, strlen(maps_rows[i].stale)),
            "maps %zu", i);
        ut_guard_reset();
    }

    return ut_done();
}
