/*
 * apisec log: the record, read.
 */

#include "apisec_log.h"


static int run(int argc, char **argv);


static const apisec_option_t options[] = {
    { "key", APISEC_TEXT, offsetof(apisec_log_t, key), "FILE",
        "keygen: the file of the new signing key\n"
        "        verify: what keygen printed, or the line \"vkey\" of it\n"
        "        decrypt: the file that keygen --reader made" },
    { "reader", APISEC_TEXT, offsetof(apisec_log_t, reader), "FILE",
        "keygen: instead, the file of the key of a reader; prints the\n"
        "        recipient of api_audit_encrypt" },
    { "state", APISEC_TEXT, offsetof(apisec_log_t, state), "DIR",
        "keygen: the folder that api_state names" },
    { "name", APISEC_TEXT, offsetof(apisec_log_t, name), "NAME",
        "keygen: of this machine or cluster, as in gw1.example.com" },
    { "epoch", APISEC_TEXT, offsetof(apisec_log_t, epoch), "TIME",
        "keygen: how often chains are sealed, 60s if not said" },
    { "checkpoint", APISEC_TEXT, offsetof(apisec_log_t, checkpoint), "FILE",
        "verify: a note that must be among the seals" },
    { "not-older", APISEC_TEXT, offsetof(apisec_log_t, not_older), "TIME",
        "verify: the last seal must be that young, as in 5m" },
    { "part", APISEC_FLAG, offsetof(apisec_log_t, part), NULL,
        "verify: there are files before or behind these" },
    { "kind", APISEC_TEXT, offsetof(apisec_log_t, kind), "KIND",
        "query, tail: request, gap, config, ..." },
    { "id", APISEC_TEXT, offsetof(apisec_log_t, id), "ID",
        "... with this support id" },
    { "principal", APISEC_TEXT, offsetof(apisec_log_t, principal), "ID",
        "... of this caller" },
    { "operation", APISEC_TEXT, offsetof(apisec_log_t, operation), "ID",
        "... of this operation" },
    { "path", APISEC_TEXT, offsetof(apisec_log_t, path), "PATH",
        "... whose path begins so" },
    { "verdict", APISEC_TEXT, offsetof(apisec_log_t, verdict), "VERDICT",
        "... allow, monitor, deny" },
    { "status", APISEC_TEXT, offsetof(apisec_log_t, status), "STATUS",
        "... 403, or 4xx" },
    { "since", APISEC_TEXT, offsetof(apisec_log_t, since), "TIME",
        "... not before 2026-11-24T10:00 (UTC), or as much of it" },
    { "until", APISEC_TEXT, offsetof(apisec_log_t, until), "TIME",
        "... before that" },
    { "follow", APISEC_FLAG, offsetof(apisec_log_t, follow), NULL,
        "tail: go on" },
    { "to", APISEC_TEXT, offsetof(apisec_log_t, to), "FORM",
        "convert: ecs or ocsf" },
    { 0 }
};

const apisec_command_t apisec_log = { "log",
    "keygen|verify|query|tail|convert|decrypt [FILE...] [OPTIONS]",
    "keys for seals; check a log; look for events; ECS and OCSF",
    "keygen    makes the keys of api_audit_seal.  What it prints checks "
    "logs,\n"
    "          and could forge them: keep it where nginx is not\n"
    "verify    is the log as it was written?  Files in order, oldest first,\n"
    "          .gz too.  Exit code 1: it was changed; 4: nothing was, but\n"
    "          not all is there\n"
    "query     prints the events that fit, as they are\n"
    "tail      ... the last ten of them, one short line each\n"
    "convert   prints events in the form of --to\n"
    "decrypt   prints events with what api_audit_encrypt put into their boxes."
    "\n          Exit code 1: one does not open\n",
    options, run };


static const struct {
    const char *name;
    bool        files; /* needs some */
    int (*run)(const apisec_log_t *v, const apisec_list_t *files);
} commands[] = {
    { "verify", true, apisec_log_verify },
    { "query", true, apisec_log_query },
    { "tail", true, apisec_log_tail },
    { "convert", true, apisec_log_convert },
    { "decrypt", true, apisec_log_decrypt },
};


static int
run(int argc, char **argv)
{
    int           rc;
    size_t        i;
    apisec_log_t  values = { .key = NULL };
    apisec_list_t args, files;

    rc = apisec_options(&apisec_log, argc, argv, &values, &args);
    if (rc != APISEC_OK) {
        return rc;
    }

    if (args.n == 0) {
        return apisec_fail(APISEC_USAGE, "log: keygen, verify, query, tail, "
                                         "convert or decrypt?  apisec help"
                                         " log");
    }

    if (strcmp(args.item[0], "keygen") == 0 && args.n == 1) {
        return apisec_log_keygen(&values);
    }

    files = (apisec_list_t){ .item = args.item + 1, .n = args.n - 1 };

    for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(args.item[0], commands[i].name) != 0) {
            continue;
        }

        if (files.n == 0) {
            return apisec_fail(APISEC_USAGE,
                "log: %s of which file?  As api_audit names it",
                commands[i].name);
        }

        return commands[i].run(&values, &files);
    }

    return apisec_fail(APISEC_USAGE,
        "log: there is no \"%s\": keygen, verify, query, tail, convert,"
        " decrypt",
        args.item[0]);
}
