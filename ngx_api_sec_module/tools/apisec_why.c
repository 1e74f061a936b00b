/*
 * apisec why: the story of one request, by the support_id of its answer.
 */

#include "apisec_why.h"
#include "apisec_starter.h"

#include <ctype.h>
#include <errno.h>


#define WHY_ID_MIN 8
#define WHY_ID_MAX 64

typedef struct {
    const char   *dir;
    apisec_list_t log;
    bool          list;
} values_t;

typedef struct {
    api_span_t     id;
    apisec_lines_t lines;
    unsigned       read; /* files */
    unsigned       found;
} search_t;

static int run(int argc, char **argv);


static const apisec_option_t options[] = {
    { "log", APISEC_LIST, offsetof(values_t, log), "FILE",
        "a file of api_audit or an error_log, with its rotated FILE.1; by\n"
        "        default /var/log/nginx/api-audit.jsonl and error.log" },
    { "dir", APISEC_TEXT, offsetof(values_t, dir), "DIR",
        "the logs of a folder made by apisec init" },
    { "list", APISEC_FLAG, offsetof(values_t, list), NULL,
        "only list the reasons there are" },
    { 0 }
};

const apisec_command_t apisec_why = { "why", "SUPPORT_ID [OPTIONS]",
    "tell why a request was refused, from the logs",
    "Older logs:  zcat api-audit.jsonl.2.gz | apisec why ID --log /dev/stdin\n"
    "Exit code 1: no log that was read knows the id.\n",
    options, run };


/* An id, or no id; upper case is accepted. */

static int
check_id(const char *id)
{
    size_t i, len = strlen(id);

    for (i = 0; i < len; i++) {
        if (!isxdigit((unsigned char) id[i]) && id[i] != '-') {
            break;
        }
    }

    if (i < len || len < WHY_ID_MIN || len > WHY_ID_MAX) {
        return apisec_fail(APISEC_USAGE,
            "why: that is no support id: copy the support_id of the answer,"
            " 32 digits and letters a to f");
    }

    return APISEC_OK;
}


/* The id's letters somewhere in the line, whatever their case, before it is
   looked at closely. */

static bool
mentions(api_span_t line, api_span_t id)
{
    const uint8_t *p = line.data, *end = line.data + line.len;
    const int      lower = tolower(id.data[0]), upper = toupper(id.data[0]);

    for (; (size_t) (end - p) >= id.len; p++) {
        if ((*p == lower || *p == upper)
            && api_span_eq_nocase(api_span(p, id.len), id))
        {
            return true;
        }
    }

    return false;
}


static void
line_of(search_t *s, const char *path, api_span_t line)
{
    bool found;

    if (!mentions(line, s->id)) {
        return;
    }

    found = line.data[0] == '{' ? apisec_story(path, line, s->id)
                                : apisec_story_error(path, line, s->id);

    if (found) {
        s->found++;
        printf("\n");
    }
}


/* 1: read, 0: not there. */

static int
search_file(search_t *s, const char *path, bool must)
{
    api_span_t line;

    if (apisec_lines_open(&s->lines, path) != APISEC_OK) {
        return must || errno != ENOENT ? apisec_fail(
                   APISEC_FAILED, "%s: %s", path, strerror(errno))
                                       : APISEC_OK;
    }

    s->read++;

    while (apisec_lines_next(&s->lines, &line)) {
        line_of(s, path, line);
    }

    if (s->lines.skipped) {
        apisec_fail(0, "%s: %zu lines of more than %d bytes were not read",
            path, s->lines.skipped, APISEC_LINE_MAX);
    }

    apisec_lines_close(&s->lines);

    return APISEC_OK;
}


static int
search_all(search_t *s, const apisec_list_t *logs, bool must)
{
    int    rc;
    size_t i;

    for (i = 0; i < logs->n; i++) {
        rc = search_file(s, logs->item[i], must);

        if (rc == APISEC_OK) {
            rc = search_file(s, apisec_text("%s.1", logs->item[i]), false);
        }

        if (rc != APISEC_OK) {
            return rc;
        }
    }

    return APISEC_OK;
}


static void
choose_logs(values_t *v)
{
    if (v->dir) {
        apisec_push(
            &v->log, apisec_text("%s/%s", v->dir, APISEC_STARTER_AUDIT));
        apisec_push(
            &v->log, apisec_text("%s/%s", v->dir, APISEC_STARTER_ERRORS));

    } else {
        apisec_push(&v->log, "/var/log/nginx/api-audit.jsonl");
        apisec_push(&v->log, "/var/log/nginx/error.log");
    }
}


static int
answer(const search_t *s, const char *id)
{
    if (s->found) {
        return APISEC_OK;
    }

    if (s->read == 0) {
        return apisec_fail(APISEC_FAILED,
            "why: there is no log where one usually is: write --log FILE, the"
            " file that api_audit names");
    }

    return apisec_fail(APISEC_NO,
        "why: no log that was read knows %s: it may be older than they are"
        " (give those with --log), or its location have no api_audit",
        id);
}


static int
list(void)
{
    size_t                 i;
    const apisec_reason_t *r;

    for (i = 0; (r = apisec_reason_at(i)) != NULL; i++) {
        printf("%s\t%s\t%s\t%s\n", r->check ? r->check : "*",
            r->reason ? r->reason : "*", r->means, r->remedy);
    }

    return APISEC_OK;
}


static int
run(int argc, char **argv)
{
    int           rc;
    bool          must;
    search_t      s = { .read = 0 };
    values_t      values = { .dir = NULL };
    apisec_list_t args;

    rc = apisec_options(&apisec_why, argc, argv, &values, &args);
    if (rc != APISEC_OK) {
        return rc;
    }

    if (values.list) {
        return list();
    }

    if (args.n != 1) {
        return apisec_fail(APISEC_USAGE,
            "why: one support id, as in  apisec why"
            " 0123456789abcdef0123456789abcdef");
    }

    rc = check_id(args.item[0]);
    if (rc != APISEC_OK) {
        return rc;
    }

    must = values.log.n > 0;

    if (!must) {
        choose_logs(&values);
    }

    s.id = api_span(args.item[0], strlen(args.item[0]));
    rc = search_all(&s, &values.log, must);

    return rc == APISEC_OK ? answer(&s, args.item[0]) : rc;
}
