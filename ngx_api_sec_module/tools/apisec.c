/*
 * apisec: the command line of the suite.  One file a command; this one holds
 * the table of them, and help.
 */

#include "apisec.h"


#ifndef APISEC_VERSION
#define APISEC_VERSION "0.1"
#endif


static const apisec_command_t *const commands[] = {
    &apisec_init,
    &apisec_token,
    &apisec_key,
    &apisec_jwks,
    &apisec_schema,
    &apisec_waf,
    &apisec_attack,
    &apisec_inventory,
    &apisec_alert,
    &apisec_why,
    &apisec_log,
    &apisec_where,
    &apisec_lint,
    &apisec_policy,
    &apisec_replay,
    &apisec_doctor,
    &apisec_report,
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))


static const apisec_command_t *
find(const char *name)
{
    size_t i;

    for (i = 0; i < NCOMMANDS; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }

    return NULL;
}


static int
unknown(const char *name)
{
    return apisec_fail(APISEC_USAGE,
        "there is no command \"%s\": run  apisec help  to see them", name);
}


static void
overview(FILE *out)
{
    size_t i;

    fprintf(out, "usage: apisec COMMAND ...\n\n");

    for (i = 0; i < NCOMMANDS; i++) {
        fprintf(out, "    %-9s %s\n", commands[i]->name, commands[i]->summary);
    }

    fprintf(out,
        "    %-9s %s\n    %-9s %s\n\n"
        "exit code: 0 done; 1 the answer is no (not found, not valid);\n"
        "           2 wrong command line; 3 a file or key stood in the way;\n"
        "           4 of log verify: not all is there\n",
        "help", "[COMMAND]: this page, or all about one command", "version",
        "the version");
}


static int
help(int argc, char **argv)
{
    const apisec_command_t *cmd;

    if (argc == 0) {
        overview(stdout);
        return APISEC_OK;
    }

    cmd = find(argv[0]);
    if (cmd == NULL) {
        return unknown(argv[0]);
    }

    apisec_usage(cmd, stdout);

    return APISEC_OK;
}


static int
run(int argc, char **argv)
{
    const char             *name = argv[1];
    const apisec_command_t *cmd;

    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0
        || strcmp(name, "-h") == 0)
    {
        return help(argc - 2, argv + 2);
    }

    if (strcmp(name, "version") == 0 || strcmp(name, "--version") == 0) {
        printf("apisec %s\n", APISEC_VERSION);
        return APISEC_OK;
    }

    cmd = find(name);
    if (cmd == NULL) {
        return unknown(name);
    }

    if (argc > 2 && strcmp(argv[2], "--help") == 0) {
        apisec_usage(cmd, stdout);
        return APISEC_OK;
    }

    return cmd->run(argc - 2, argv + 2);
}


int
main(int argc, char **argv)
{
    int rc;

    if (argc < 2) {
        overview(stderr);
        return APISEC_USAGE;
    }

    rc = run(argc, argv);

    if (fflush(stdout) != 0 || ferror(stdout)) {
        return apisec_fail(
            APISEC_FAILED, "standard output: not all of it could be written");
    }

    return rc;
}
