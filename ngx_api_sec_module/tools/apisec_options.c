/*
 * The options of a command, from its table; and the small things every
 * command needs.
 */

#include "apisec.h"

#include <stdarg.h>
#include <stdlib.h>

#include <openssl/rand.h>


int
apisec_fail(int code, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fputs("apisec: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);

    return code;
}


api_arena_t *
apisec_arena(void)
{
    static bool        ready;
    static api_arena_t arena;

    if (!ready) {
        api_arena_init(&arena, &api_alloc_libc, 65536, 0);
        ready = true;
    }

    return &arena;
}


void *
apisec_alloc(size_t size)
{
    void *p = api_arena_calloc(apisec_arena(), 1, size);

    if (p == NULL) {
        exit(apisec_fail(APISEC_FAILED, "no memory"));
    }

    return p;
}


char *
apisec_text(const char *fmt, ...)
{
    int     len;
    char   *text;
    va_list args, again;

    va_start(args, fmt);
    va_copy(again, args);

    len = vsnprintf(NULL, 0, fmt, args);
    text = apisec_alloc((size_t) len + 1);
    vsnprintf(text, (size_t) len + 1, fmt, again);

    va_end(again);
    va_end(args);

    return text;
}


void
apisec_random(void *buf, size_t len)
{
    if (RAND_bytes(buf, (int) len) != 1) {
        exit(apisec_fail(APISEC_FAILED, "OpenSSL has no random bytes"));
    }
}


bool
apisec_seconds(const char *text, int64_t *seconds)
{
    static const struct {
        char    unit;
        int64_t seconds;
    } units[] = { { '\0', 1 }, { 's', 1 }, { 'm', 60 }, { 'h', 3600 },
        { 'd', 86400 } };

    size_t  i;
    int64_t n, sign;

    sign = *text == '-' ? -1 : 1;
    text += *text == '-';

    if (*text < '0' || *text > '9') {
        return false;
    }

    for (n = 0; *text >= '0' && *text <= '9'; text++) {
        n = n * 10 + (*text - '0');

        if (n > INT32_MAX) {
            return false;
        }
    }

    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (*text == units[i].unit && (*text == '\0' || text[1] == '\0')) {
            *seconds = sign * n * units[i].seconds;
            return true;
        }
    }

    return false;
}


static void
usage_option(const apisec_option_t *o, FILE *out)
{
    const char *space = o->value ? " " : "";
    const char *value = o->value ? o->value : "";

    fprintf(out, "    --%s%s%s\n        %s%s\n", o->name, space, value,
        o->help, o->kind == APISEC_LIST ? "; may be given again" : "");
}


void
apisec_usage(const apisec_command_t *cmd, FILE *out)
{
    const apisec_option_t *o;

    fprintf(out, "usage: apisec %s %s\n\n%s\n", cmd->name, cmd->args,
        cmd->summary);

    if (cmd->options) {
        fputc('\n', out);

        for (o = cmd->options; o->name; o++) {
            usage_option(o, out);
        }
    }

    if (cmd->more) {
        fprintf(out, "\n%s", cmd->more);
    }
}


void
apisec_push(apisec_list_t *list, const char *item)
{
    const char **more;

    if (list->n == list->room) {
        more = apisec_alloc((2 * list->room + 8) * sizeof(char *));

        if (list->n) {
            memcpy(more, list->item, list->n * sizeof(char *));
        }

        list->item = more;
        list->room = 2 * list->room + 8;
    }

    list->item[list->n++] = item;
}


static const apisec_option_t *
find(const apisec_command_t *cmd, const char *name, size_t len)
{
    const apisec_option_t *o;

    for (o = cmd->options; o && o->name; o++) {
        if (strlen(o->name) == len && memcmp(o->name, name, len) == 0) {
            return o;
        }
    }

    return NULL;
}


/* The option at argv[0]; *used tells how many words it took. */

static int
read_option(const apisec_command_t *cmd, int argc, char **argv, void *values,
    int *used)
{
    void                  *to;
    size_t                 len;
    const char            *name, *value;
    const apisec_option_t *o;

    name = argv[0] + 2;
    len = strcspn(name, "=");
    value = name[len] == '=' ? name + len + 1 : NULL;
    *used = 1;

    o = find(cmd, name, len);
    if (o == NULL) {
        return apisec_fail(APISEC_USAGE,
            "%s has no option --%.*s: run  apisec help %s", cmd->name,
            (int) len, name, cmd->name);
    }

    to = (char *) values + o->offset;

    if (o->kind == APISEC_FLAG) {
        if (value) {
            return apisec_fail(APISEC_USAGE, "--%s takes no value: write --%s",
                o->name, o->name);
        }

        *(bool *) to = true;
        return APISEC_OK;
    }

    if (value == NULL) {
        if (argc < 2) {
            return apisec_fail(APISEC_USAGE,
                "--%s lacks its value: write"
                " --%s %s",
                o->name, o->name, o->value);
        }

        value = argv[1];
        *used = 2;
    }

    if (o->kind == APISEC_TEXT) {
        *(const char **) to = value;
        return APISEC_OK;
    }

    if (((apisec_list_t *) to)->n == APISEC_LIST_MAX) {
        return apisec_fail(APISEC_USAGE,
            "%s: --%s \"%s\" is one too many: %d at most", cmd->name, o->name,
            value, APISEC_LIST_MAX);
    }

    apisec_push(to, value);

    return APISEC_OK;
}


int
apisec_options(const apisec_command_t *cmd, int argc, char **argv,
    void *values, apisec_list_t *args)
{
    int  i, rc, used;
    bool options = true;

    memset(args, 0, sizeof(*args));

    for (i = 0; i < argc; i += used) {
        used = 1;

        if (options && strcmp(argv[i], "--") == 0) {
            options = false;
            continue;
        }

        if (options && strncmp(argv[i], "--", 2) == 0) {
            rc = read_option(cmd, argc - i, argv + i, values, &used);

        } else if (options && argv[i][0] == '-' && argv[i][1] != '\0') {
            rc = apisec_fail(APISEC_USAGE,
                "%s has no option %s: options have two dashes, run  apisec"
                " help %s",
                cmd->name, argv[i], cmd->name);

        } else {
            apisec_push(args, argv[i]);
            rc = APISEC_OK;
        }

        if (rc != APISEC_OK) {
            return rc;
        }
    }

    return APISEC_OK;
}
