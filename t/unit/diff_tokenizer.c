/*
 * What our tokenizers say of each line of a file, beside libinjection, whose
 * functions ModSecurity's library shows.
 *
 *     diff_tokenizer sqli|xss FILE...   with libmodsecurity.so.3 in the path,
 *                                       or without: then theirs is "-"
 *
 * A line of a file is a value in percent-encoding; empty ones and those that
 * begin with # are skipped.  A line each: ours, theirs (0 or 1), the file,
 * what was found, the value as it stands in the file.
 */

#define _DEFAULT_SOURCE

#include "api_percent.h"
#include "api_sqli.h"
#include "api_xss.h"
#include "ut.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static int (*their_sqli)(const char *s, size_t n, char *fingerprint);
static int (*their_xss)(const char *s, size_t n);


static void
start(void)
{
    void *lib, *symbol;

    lib = dlopen("libmodsecurity.so.3", RTLD_NOW);

    if (lib == NULL) {
        return;
    }

    symbol = dlsym(lib, "libinjection_sqli");
    memcpy(&their_sqli, &symbol, sizeof(symbol));
    symbol = dlsym(lib, "libinjection_xss");
    memcpy(&their_xss, &symbol, sizeof(symbol));
}


static void
sqli(api_span_t value, const char *file, api_span_t line)
{
    int        theirs;
    bool       ours;
    char       fingerprint[16] = "";
    api_sqli_t how;

    ours = api_sqli_detect(value, &how);
    theirs = their_sqli ? their_sqli(
                 (const char *) value.data, value.len, fingerprint)
                        : -1;

    printf("%d\t%d\t%s\t%s%s%s %s\t%.*s\n", ours, theirs, file,
        ours ? how.form : "-", ours ? ":" : "", ours ? how.fingerprint : "",
        fingerprint, (int) line.len, line.data);
}


static void
xss(api_span_t value, const char *file, api_span_t line)
{
    int       theirs;
    bool      ours;
    api_xss_t how;

    ours = api_xss_detect(value, &how);
    theirs = their_xss ? their_xss((const char *) value.data, value.len) : -1;

    printf("%d\t%d\t%s\t%s\t%.*s\n", ours, theirs, file, ours ? how.form : "-",
        (int) line.len, line.data);
}


static void
each(bool is_sqli, const char *path)
{
    size_t      i, n, from;
    uint8_t    *copy;
    unsigned    flags;
    const char *file;
    api_span_t  text, line;

    text = ut_file(path);
    copy = malloc(text.len + 1);

    if (text.data == NULL || copy == NULL) {
        fprintf(stderr, "diff_tokenizer: cannot read %s\n", path);
        exit(2);
    }

    file = strrchr(path, '/');
    file = file ? file + 1 : path;

    for (i = 0, from = 0; i <= text.len; i++) {
        if (i < text.len && text.data[i] != '\n') {
            continue;
        }

        line = api_span(text.data + from, i - from);
        from = i + 1;

        if (line.len == 0 || line.data[0] == '#') {
            continue;
        }

        flags = 0;
        n = api_percent_decode(line, API_PERCENT_PLUS, copy, &flags);
        copy[n] = '\0';

        if (is_sqli) {
            sqli(api_span(copy, n), file, line);

        } else {
            xss(api_span(copy, n), file, line);
        }
    }

    free(copy);
}


int
main(int argc, char **argv)
{
    int i;

    if (argc < 3) {
        fprintf(stderr, "usage: diff_tokenizer sqli|xss FILE...\n");
        return 2;
    }

    start();

    for (i = 2; i < argc; i++) {
        each(strcmp(argv[1], "sqli") == 0, argv[i]);
    }

    return 0;
}
