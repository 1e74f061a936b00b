/*
 * apisec policy test
 */

#include "apisec_policy.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>


typedef struct {
    apisec_nginx_t nginx;
    const char    *format;
    const char    *output;
    apisec_list_t  only;
    bool           shared;
} policy_options_t;

static const apisec_option_t options[] = {
    APISEC_NGINX_OPTIONS(policy_options_t, nginx),
    { "format", APISEC_TEXT, offsetof(policy_options_t, format), "FORMAT",
        "text, json or junit" },
    { "output", APISEC_TEXT, offsetof(policy_options_t, output), "FILE",
        "in place of standard output" },
    { "only", APISEC_LIST, offsetof(policy_options_t, only), "TEXT",
        "cases with that in their name; may be given again" },
    { "shared", APISEC_FLAG, offsetof(policy_options_t, shared), NULL,
        "one nginx for all cases: faster, and limits count on" },
    { NULL, APISEC_FLAG, 0, NULL, NULL },
};

static int run(int argc, char **argv);

const apisec_command_t apisec_policy = { "policy", "test FILE",
    "a table of requests, and what has to become of each",
    "The configuration is that of --nginx-conf or --conf, else the file names"
    " it\n(\"config\"). It is run on its own: nothing it would reach is"
    " reached.\nExit code 1: something is not as expected.\n"
    "How the file looks: docs/guide/policy-test.md",
    options, run };


static const struct {
    const char            *name;
    apisec_policy_write_pt write;
} formats[] = {
    { "text", apisec_policy_text },
    { "json", apisec_policy_json },
    { "junit", apisec_policy_junit },
};


/* What is left when we are told to end: folders. */

static const char *volatile left[2];

static void
clean_up(int signal)
{
    size_t      i;
    const char *dir;

    for (i = 0; i < 2; i++) {
        dir = left[i];
        left[i] = NULL;

        if (dir) {
            apisec_folder_drop(dir);
        }
    }

    _exit(128 + signal);
}


void
apisec_policy_guard(const char *dir)
{
    struct sigaction act = { .sa_handler = clean_up };

    left[left[0] != NULL] = dir;
    (void) sigaction(SIGINT, &act, NULL);
    (void) sigaction(SIGTERM, &act, NULL);
    (void) sigaction(SIGHUP, &act, NULL);
    (void) signal(SIGPIPE, SIG_IGN);
}


static int
ask(apisec_policy_t *policy, apisec_step_t *step)
{
    int      rc = APISEC_OK;
    unsigned i;

    for (i = 0; rc == APISEC_OK && i < step->repeat; i++) {
        rc = apisec_stage_ask(
            &policy->stage, &step->ask, &step->reply, &step->event);
        step->allowed += !api_span_eq(step->event.verdict, API_SPAN("deny"));
    }

    step->asked = rc == APISEC_OK;

    return rc;
}


static int
run_case(apisec_policy_t *policy, apisec_policy_case_t *c, bool shared)
{
    int    rc = APISEC_OK;
    size_t i;

    if (policy->stage.pid == 0 || !shared || c->shift) {
        apisec_stage_stop(&policy->stage);
        rc = apisec_stage_start(&policy->stage, c->shift);
    }

    for (i = 0; rc == APISEC_OK && i < c->nsteps; i++) {
        rc = ask(policy, &c->steps[i]);

        if (rc == APISEC_OK) {
            apisec_policy_judge(&c->steps[i]);
            c->failed = c->failed || c->steps[i].nfaults;
        }
    }

    if (!shared || c->shift) {
        apisec_stage_stop(&policy->stage);
    }

    policy->nrun++;
    policy->nfailed += c->failed;

    return rc;
}


static bool
is_chosen(const policy_options_t *o, const apisec_policy_case_t *c)
{
    size_t i;

    for (i = 0; i < o->only.n && strstr(c->name, o->only.item[i]) == NULL; i++)
    {
    }

    return o->only.n == 0 || i < o->only.n;
}


/* What the file names stands below the file. */

static void
where(apisec_policy_t *policy, apisec_nginx_t *nginx)
{
    const char *conf = apisec_node_text(policy->root, "config");
    const char *prefix = apisec_node_text(policy->root, "prefix");

    if (conf && nginx->conf == NULL && nginx->file == NULL) {
        nginx->file =
            apisec_text("%s%s", *conf == '/' ? "" : policy->folder, conf);
    }

    if (prefix && nginx->prefix == NULL) {
        nginx->prefix =
            apisec_text("%s%s", *prefix == '/' ? "" : policy->folder, prefix);
    }
}


static int
test(apisec_policy_t *policy, policy_options_t *o)
{
    int    rc;
    size_t i;

    where(policy, &o->nginx);
    rc = apisec_stage_open(&policy->stage, &o->nginx);

    if (policy->stage.dir) {
        apisec_policy_guard(policy->stage.dir);
    }

    rc = rc == APISEC_OK ? apisec_policy_cases(policy) : rc;

    for (i = 0; rc == APISEC_OK && i < policy->ncases; i++) {
        policy->cases[i].chosen = is_chosen(o, &policy->cases[i]);

        if (policy->cases[i].chosen) {
            rc = run_case(policy, &policy->cases[i], o->shared);
        }
    }

    if (rc == APISEC_OK && policy->nrun == 0) {
        rc = apisec_fail(APISEC_USAGE, "no case has that in its name");
    }

    return rc;
}


static int
report(const policy_options_t *o, const apisec_policy_t *policy, size_t format)
{
    bool  ok;
    FILE *out = o->output ? fopen(o->output, "w") : stdout;

    if (out == NULL) {
        return apisec_fail(
            APISEC_FAILED, "%s: %s", o->output, strerror(errno));
    }

    formats[format].write(out, policy);
    ok = fflush(out) == 0;
    ok = (out == stdout || fclose(out) == 0) && ok;

    if (!ok) {
        return apisec_fail(APISEC_FAILED, "%s: not all could be written",
            o->output ? o->output : "standard output");
    }

    return policy->nfailed ? APISEC_NO : APISEC_OK;
}


static int
run(int argc, char **argv)
{
    int              rc;
    size_t           i;
    apisec_list_t    args;
    apisec_policy_t  policy = { .file = NULL };
    policy_options_t o = { .format = "text" };

    rc = apisec_options(&apisec_policy, argc, argv, &o, &args);
    if (rc != APISEC_OK) {
        return rc;
    }

    if (args.n != 2 || strcmp(args.item[0], "test") != 0) {
        return apisec_fail(APISEC_USAGE, "write  apisec policy test FILE");
    }

    for (i = 0; i < 3 && strcmp(o.format, formats[i].name) != 0; i++) {
    }

    if (i == 3) {
        return apisec_fail(
            APISEC_USAGE, "--format is text, json or junit, not %s", o.format);
    }

    rc = apisec_policy_read(&policy, args.item[1]);
    rc = rc == APISEC_OK ? test(&policy, &o) : rc;
    rc = rc == APISEC_OK ? report(&o, &policy, i) : rc;

    apisec_stage_close(&policy.stage);
    api_docs_free(policy.docs);

    return rc;
}
